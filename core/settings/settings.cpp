#include "settings/settings.h"

#include <algorithm>

namespace waystation {

Settings firstSettings()
{
    ChannelSettings practice;
    practice.id = ChannelId("practice");
    practice.name = "Practice";
    practice.provider = ProviderId("practice");
    practice.priority = 1000;
    Settings settings;
    settings.channels.push_back(std::move(practice));
    return settings;
}

ChannelSettings* findChannel(Settings& settings, std::string_view name)
{
    const auto found = std::find_if(settings.channels.begin(), settings.channels.end(),
        [&](const ChannelSettings& channel) { return channel.name == name; });
    return found == settings.channels.end() ? nullptr : &*found;
}

const ChannelSettings* findChannel(const Settings& settings, std::string_view name)
{
    return findChannel(const_cast<Settings&>(settings), name);
}

std::string vaultNameOf(const ChannelId& channel, const KeyId& key)
{
    return "channel/" + channel.text() + "/" + key.text();
}

}
