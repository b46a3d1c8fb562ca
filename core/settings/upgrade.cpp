#include "settings/upgrade.h"

#include <algorithm>
#include <string>

namespace waystation {

namespace {

Error invalidVersion(std::string message)
{
    return {ErrorKind::Invalid, std::move(message), "version"};
}

}

std::span<const UpgradeStep> upgradeSteps()
{
    return {}; // version 1 is the first
}

Result<void> upgrade(nlohmann::json& document, std::span<const UpgradeStep> steps)
{
    const auto found = document.find("version");
    if (found == document.end() || !found->is_number_integer())
        return invalidVersion("the settings do not say which version they are");
    const auto told = found->get<std::int64_t>();
    if (told > settingsVersion)
        return Error{ErrorKind::Conflict,
            "the settings were written by a newer version of this program (" + std::to_string(told)
                + ", known is " + std::to_string(settingsVersion) + ")",
            "version"};
    for (std::int64_t version = told; version < settingsVersion; ++version) {
        const auto step = std::find_if(steps.begin(), steps.end(),
            [&](const UpgradeStep& one) { return one.from == version; });
        if (step == steps.end())
            return invalidVersion(
                "there is no way from version " + std::to_string(version) + " of the settings");
        try {
            step->apply(document);
        } catch (const nlohmann::json::exception&) {
            return Error{ErrorKind::Invalid,
                "the settings of version " + std::to_string(version)
                    + " are not as that version wrote them"};
        }
    }
    document["version"] = settingsVersion;
    return {};
}

}
