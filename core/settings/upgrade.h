#pragma once

#include "base/error.h"
#include "settings/settings.h"

#include <nlohmann/json.hpp>

#include <span>
#include <string_view>

namespace waystation {

/// Turns a document of version `from` into one of the next version. May throw what nlohmann::json
/// throws when a field is not as expected; upgrade() makes an error of it.
struct UpgradeStep
{
    int from = 0;
    void (*apply)(nlohmann::json& document) = nullptr;
};

/// Every step there is, oldest first.
std::span<const UpgradeStep> upgradeSteps();

/// Brings a document to settingsVersion, step by step, and writes the version into it. Errors:
/// Conflict for a newer version, Invalid for one that no step starts from or a document without a
/// version.
Result<void> upgrade(nlohmann::json& document, std::span<const UpgradeStep> steps);

/// settingsFromJson() with other steps.
Result<Settings> settingsFromJson(std::string_view json, std::span<const UpgradeStep> steps);

}
