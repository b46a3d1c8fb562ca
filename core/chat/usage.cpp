#include "chat/usage.h"

#include <string_view>

namespace waystation {

const char* nameOf(UsageKind kind)
{
    switch (kind) {
    case UsageKind::Reported:
        return "reported";
    case UsageKind::Estimated:
        return "estimated";
    case UsageKind::None:
        break;
    }
    return "none";
}

std::optional<UsageKind> usageKindFrom(std::string_view name)
{
    for (const UsageKind kind : {UsageKind::None, UsageKind::Reported, UsageKind::Estimated}) {
        if (name == nameOf(kind))
            return kind;
    }
    return std::nullopt;
}

bool isEmpty(const Usage& usage)
{
    return usage == Usage {};
}

Tokens clampedTokens(double count)
{
    if (!(count > 0))
        return 0;
    return count < double(mostTokens) ? static_cast<Tokens>(count) : mostTokens;
}

}
