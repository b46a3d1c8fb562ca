#include "relay/plan.h"

namespace waystation {

const char* nameOf(SecretState state)
{
    switch (state) {
    case SecretState::Ready:
        return "ready";
    case SecretState::Pending:
        return "pending";
    case SecretState::Locked:
        return "locked";
    case SecretState::Missing:
        return "missing";
    case SecretState::Slow:
        return "slow";
    case SecretState::Unavailable:
        break;
    }
    return "unavailable";
}

const PlanChannel* findChannel(const Plan& plan, const ChannelId& id)
{
    for (const PlanChannel& channel : plan.channels) {
        if (channel.id == id)
            return &channel;
    }
    return nullptr;
}

const PlanChannel* findChannelByName(const Plan& plan, std::string_view name)
{
    for (const PlanChannel& channel : plan.channels) {
        if (channel.name == name)
            return &channel;
    }
    return nullptr;
}

}
