#include "relay/authenticate.h"
#include "relay/practice.h"
#include "relay/route.h"

#include <algorithm>
#include <map>

namespace waystation {

namespace {

bool hasLiveTarget(const PlanAlias& alias, const Plan& plan)
{
    return std::any_of(alias.targets.begin(), alias.targets.end(), [&](const PlanTarget& target) {
        const PlanChannel* const channel = findChannel(plan, target.channel);
        return channel && channel->enabled;
    });
}

}

std::vector<ServedModel> servedModels(const Plan& plan, const PlanClient& client)
{
    std::map<std::string, std::string> owners; // by name; the first owner stays
    const auto add = [&](const std::string& name, const std::string& owner) {
        if (!name.empty() && mayUse(client, ModelName(name)))
            owners.emplace(name, owner);
    };
    for (const PlanAlias& alias : plan.aliases) {
        if (alias.pattern.find('*') == std::string::npos && hasLiveTarget(alias, plan))
            add(alias.pattern, "alias");
    }
    for (const PlanChannel& channel : plan.channels) {
        if (!channel.enabled)
            continue;
        for (const ModelName& model : channel.models)
            add(model.text(), channel.name);
        if (channel.isPractice && channel.models.empty()) {
            for (const std::string& model : practiceModels())
                add(model, channel.name);
        }
    }
    std::vector<ServedModel> models;
    models.reserve(owners.size());
    for (const auto& [name, owner] : owners)
        models.push_back({name, owner});
    return models;
}

}
