#pragma once

#include "base/error.h"
#include "settings/settings.h"

#include <string>
#include <string_view>

namespace waystation {

// Changes to settings that the window and the console share. Each checks what it needs and leaves
// `settings` alone on an error. Errors: Conflict (name taken), NotFound, Invalid.

/// Gives it an id and, when `priority` is 0, the next priority. The base URL is repaired.
Result<ChannelId> addChannel(Settings& settings, ChannelSettings channel);
/// Replaces the channel of that id; aliases follow a new name.
Result<void> editChannel(Settings& settings, ChannelSettings channel);
/// Also takes its targets out of aliases (an alias without targets goes).
Result<void> removeChannel(Settings& settings, std::string_view name);
Result<void> setAlias(Settings& settings, AliasSettings alias); // adds or replaces
Result<void> removeAlias(Settings& settings, std::string_view name);

struct NewClient
{
    ClientId id;
    std::string key; // "ws-" and 43 characters; shown once, wiped by the caller
};

Result<NewClient> addClient(Settings& settings, std::string name,
    std::vector<std::string> allowedModels, std::optional<TimePoint> expires, TimePoint now);
Result<NewClient> rotateClient(Settings& settings, std::string_view name, TimePoint now);
Result<void> revokeClient(Settings& settings, std::string_view name);
/// "CHANNEL/MODEL[@WEIGHT][,CHANNEL/MODEL[@WEIGHT]]..." to targets of tier `tier`.
Result<std::vector<AliasTargetSettings>> targetsFrom(std::string_view text, int tier);

}
