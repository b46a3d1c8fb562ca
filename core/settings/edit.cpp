#include "settings/edit.h"

#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"
#include "provider/provider.h"
#include "settings/settings_file.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace waystation {

namespace {

constexpr int priorityStep = 10;
constexpr int heaviest = 1'000;

Error notFound(std::string_view what, std::string_view name)
{
    return {
        ErrorKind::NotFound, "there is no " + std::string(what) + " called " + oneLine(name, 80)};
}

Error taken(std::string_view what, std::string_view name)
{
    return {ErrorKind::Conflict,
        "there is already a " + std::string(what) + " called " + oneLine(name, 80), "name"};
}

/// The first complaint about what lies under `path`.
Result<void> fits(const Settings& settings, const std::string& path)
{
    for (const Complaint& complaint : validate(settings)) {
        if (complaint.field == path || complaint.field.starts_with(path + "."))
            return Error{ErrorKind::Invalid,
                complaint.field.substr(std::min(path.size() + 1, complaint.field.size())) + " "
                    + complaint.message,
                complaint.field};
    }
    return {};
}

std::string pathOf(std::string_view list, std::size_t index)
{
    return std::string(list) + "[" + std::to_string(index) + "]";
}

std::size_t indexOfId(const Settings& settings, const ChannelId& id)
{
    const auto found = std::find_if(settings.channels.begin(), settings.channels.end(),
        [&](const ChannelSettings& one) { return one.id == id; });
    return static_cast<std::size_t>(found - settings.channels.begin());
}

template <class List> auto named(List& list, std::string_view name)
{
    return std::find_if(
        list.begin(), list.end(), [&](const auto& one) { return one.name == name; });
}

Result<void> repairAddress(ChannelSettings& channel)
{
    if (channel.baseUrl.empty())
        return {};
    const auto url = repairedBaseUrl(channel.baseUrl);
    if (!url)
        return url.error();
    channel.baseUrl = toText(*url);
    return {};
}

/// Where the channel's keys are sent.
std::set<Origin> originsOf(const ChannelSettings& channel)
{
    std::set<Origin> origins;
    const Provider* provider = findProvider(channel.provider);
    if (provider == nullptr)
        return origins;
    for (const Endpoint& endpoint : endpointsFor(*provider, channel.dialects)) {
        if (const auto base = effectiveBase(*provider, endpoint.dialect, channel.baseUrl))
            origins.insert(base->origin);
    }
    return origins;
}

/// A key was given for the places where it went before. When there is a new one among them it has
/// to be given again.
void unbindKeys(ChannelSettings& channel, const ChannelSettings& before)
{
    const std::set<Origin> allowed = originsOf(before);
    const std::set<Origin> wanted = originsOf(channel);
    if (std::includes(allowed.begin(), allowed.end(), wanted.begin(), wanted.end()))
        return;
    for (KeySettings& key : channel.keys) {
        const auto old = std::find_if(before.keys.begin(), before.keys.end(),
            [&](const KeySettings& one) { return one.id == key.id; });
        if (old == before.keys.end())
            continue; // given with this change
        key.storedIn.clear();
        key.masked.clear();
        if (key.environment == old->environment)
            key.environment.clear();
    }
}

int nextPriority(const Settings& settings)
{
    int last = 0;
    for (const ChannelSettings& channel : settings.channels) {
        const Provider* provider = findProvider(channel.provider);
        if (provider == nullptr || !provider->isPractice) // practice stays last
            last = std::max(last, channel.priority);
    }
    return last + priorityStep;
}

NewClient newKey(ClientSettings& client, TimePoint now)
{
    NewClient made{client.id, "ws-" + randomBase62(43)};
    client.hash = sha256Hex(made.key);
    client.masked = maskedSecret(made.key);
    client.created = now;
    return made;
}

/// The weight behind the last @, when it is one: "claude@20240620" is all name.
std::optional<int> weightAt(std::string_view text, std::size_t mark)
{
    const std::string_view digits = text.substr(mark + 1);
    int weight = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
    if (digits.empty() || digits.front() == '-' || error != std::errc()
        || end != digits.data() + digits.size() || weight > heaviest)
        return std::nullopt;
    return weight;
}

}

Result<ChannelId> addChannel(Settings& settings, ChannelSettings channel)
{
    if (findChannel(settings, channel.name) != nullptr)
        return taken("channel", channel.name);
    const auto repaired = repairAddress(channel);
    if (!repaired)
        return repaired.error();
    if (channel.id.isEmpty())
        channel.id = ChannelId(randomBase62(12));
    if (channel.priority == 0)
        channel.priority = nextPriority(settings);
    Settings changed = settings;
    changed.channels.push_back(std::move(channel));
    const std::size_t index = changed.channels.size() - 1;
    const auto good = fits(changed, pathOf("channels", index));
    if (!good)
        return good.error();
    ChannelId id = changed.channels[index].id;
    settings = std::move(changed);
    return id;
}

Result<void> editChannel(Settings& settings, ChannelSettings channel)
{
    const std::size_t index = indexOfId(settings, channel.id);
    if (index == settings.channels.size())
        return notFound("channel", channel.name);
    const ChannelSettings& before = settings.channels[index];
    const std::string oldName = before.name;
    if (channel.name != oldName && findChannel(settings, channel.name) != nullptr)
        return taken("channel", channel.name);
    if (channel.baseUrl != before.baseUrl) {
        const auto repaired = repairAddress(channel);
        if (!repaired)
            return repaired.error();
    }
    unbindKeys(channel, before);

    Settings changed = settings;
    const std::string newName = channel.name;
    changed.channels[index] = std::move(channel);
    for (AliasSettings& alias : changed.aliases) {
        for (AliasTargetSettings& target : alias.targets) {
            if (target.channel == oldName)
                target.channel = newName;
        }
    }
    for (PriceSettings& price : changed.prices) {
        if (price.channel == oldName)
            price.channel = newName;
    }
    const auto good = fits(changed, pathOf("channels", index));
    if (!good)
        return good.error();
    settings = std::move(changed);
    return {};
}

Result<void> removeChannel(Settings& settings, std::string_view name)
{
    const auto found = named(settings.channels, name);
    if (found == settings.channels.end())
        return notFound("channel", name);
    const std::string gone(name); // `name` may lie in what is erased
    settings.channels.erase(found);
    for (AliasSettings& alias : settings.aliases)
        std::erase_if(alias.targets,
            [&](const AliasTargetSettings& target) { return target.channel == gone; });
    std::erase_if(
        settings.aliases, [](const AliasSettings& alias) { return alias.targets.empty(); });
    std::erase_if(
        settings.prices, [&](const PriceSettings& price) { return price.channel == gone; });
    return {};
}

Result<void> setAlias(Settings& settings, AliasSettings alias)
{
    Settings changed = settings;
    auto place = named(changed.aliases, alias.name);
    if (place == changed.aliases.end())
        place = changed.aliases.insert(place, AliasSettings());
    *place = std::move(alias);
    const auto good = fits(
        changed, pathOf("aliases", static_cast<std::size_t>(place - changed.aliases.begin())));
    if (!good)
        return good.error();
    settings = std::move(changed);
    return {};
}

Result<void> removeAlias(Settings& settings, std::string_view name)
{
    const auto found = named(settings.aliases, name);
    if (found == settings.aliases.end())
        return notFound("alias", name);
    settings.aliases.erase(found);
    return {};
}

Result<NewClient> addClient(Settings& settings, std::string name,
    std::vector<std::string> allowedModels, std::optional<TimePoint> expires, TimePoint now)
{
    if (named(settings.clients, name) != settings.clients.end())
        return taken("client key", name);
    ClientSettings client;
    client.id = ClientId(randomBase62(12));
    client.name = std::move(name);
    client.allowedModels = std::move(allowedModels);
    client.expires = expires;
    NewClient made = newKey(client, now);
    Settings changed = settings;
    changed.clients.push_back(std::move(client));
    const auto good = fits(changed, pathOf("clients", changed.clients.size() - 1));
    if (!good) {
        wipe(made.key);
        return good.error();
    }
    settings = std::move(changed);
    return made;
}

Result<NewClient> rotateClient(Settings& settings, std::string_view name, TimePoint now)
{
    const auto found = named(settings.clients, name);
    if (found == settings.clients.end())
        return notFound("client key", name);
    return newKey(*found, now);
}

Result<void> revokeClient(Settings& settings, std::string_view name)
{
    const auto found = named(settings.clients, name);
    if (found == settings.clients.end())
        return notFound("client key", name);
    settings.clients.erase(found);
    return {};
}

Result<std::vector<AliasTargetSettings>> targetsFrom(std::string_view text, int tier)
{
    std::vector<AliasTargetSettings> targets;
    for (const std::string_view part : split(text, ',')) {
        const std::string_view word = trimmed(part);
        const std::size_t slash = word.find('/');
        if (slash == std::string_view::npos || slash == 0)
            return Error{ErrorKind::Invalid,
                "a target is written CHANNEL/MODEL or CHANNEL/MODEL@WEIGHT, not "
                    + oneLine(word, 80),
                "targets"};
        AliasTargetSettings target;
        target.channel = std::string(word.substr(0, slash));
        std::string_view model = word.substr(slash + 1);
        if (const std::size_t mark = model.rfind('@'); mark != std::string_view::npos) {
            if (const auto weight = weightAt(model, mark)) {
                target.weight = *weight;
                model = model.substr(0, mark);
            }
        }
        if (model.empty())
            return Error{ErrorKind::Invalid, "the target " + oneLine(word, 80) + " names no model",
                "targets"};
        target.model = std::string(model);
        target.tier = tier;
        targets.push_back(std::move(target));
    }
    return targets;
}

}
