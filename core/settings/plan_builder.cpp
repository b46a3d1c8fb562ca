#include "settings/plan_builder.h"

#include "base/text.h"
#include "provider/provider.h"
#include "settings/proxy_address.h"

#include <algorithm>
#include <unordered_map>

namespace waystation {

namespace {

constexpr std::string_view loopbackHosts[] = {"127.0.0.1", "localhost", "::1"};

/// In the user's order of dialects where there is one, else in the provider's.
std::vector<PlanEndpoint> endpointsOf(const ChannelSettings& channel, const Provider& provider)
{
    std::vector<PlanEndpoint> endpoints;
    for (const Endpoint& endpoint : endpointsFor(provider, channel.dialects)) {
        if (const auto base = effectiveBase(provider, endpoint.dialect, channel.baseUrl))
            endpoints.push_back({endpoint.dialect, *base, endpoint.signIn});
    }
    return endpoints;
}

PlanKey keyOf(const ChannelSettings& channel, const KeySettings& key, const PlanInputs& inputs)
{
    PlanKey made{key.id, key.label, key.masked, key.weight, SecretState::Missing, {}};
    // A key that is neither stored nor named is not asked for: after a change of the address it may
    // still lie in the vault, and must not go to the new one.
    const bool isGiven = !key.storedIn.empty() || !key.environment.empty();
    if (isGiven && inputs.keyOf) {
        auto [secret, state] = inputs.keyOf(channel, key);
        made.secret = std::move(secret);
        made.state
            = state == SecretState::Ready && made.secret.isEmpty() ? SecretState::Missing : state;
    }
    return made;
}

/// Errors: Invalid. A proxy that cannot be understood must not turn into a direct connection.
Result<PlanProxy> proxyOf(const Settings& settings, const ChannelSettings& channel,
    const Url& target, const PlanInputs& inputs)
{
    const bool isInherited = channel.proxy.mode == ProxyMode::Inherit;
    const ProxySettings& chosen = isInherited ? settings.proxy : channel.proxy;
    if (isLoopbackHost(target.origin.host) || chosen.mode == ProxyMode::None
        || chosen.mode == ProxyMode::Inherit)
        return PlanProxy();
    if (chosen.mode == ProxyMode::System) {
        const std::string address
            = inputs.systemProxyFor ? inputs.systemProxyFor(target) : std::string();
        return address.empty() ? Result<PlanProxy>(PlanProxy()) : proxyFrom(address);
    }
    auto proxy = proxyFrom(chosen.url);
    if (proxy && chosen.hasPassword && inputs.proxyPasswordOf)
        proxy->password = inputs.proxyPasswordOf(isInherited ? "global" : channel.id.text());
    return proxy;
}

std::optional<PlanChannel> channelOf(
    const Settings& settings, const ChannelSettings& from, const PlanInputs& inputs)
{
    const Provider* provider = findProvider(from.provider);
    if (provider == nullptr)
        return std::nullopt;
    PlanChannel channel;
    channel.endpoints = endpointsOf(from, *provider);
    if (channel.endpoints.empty())
        return std::nullopt;
    auto proxy = provider->isPractice
        ? Result<PlanProxy>(PlanProxy())
        : proxyOf(settings, from, channel.endpoints.front().base, inputs);
    if (!proxy)
        return std::nullopt;

    channel.id = from.id;
    channel.name = from.name;
    channel.provider = from.provider;
    channel.pricesId = provider->pricesId;
    channel.isPractice = provider->isPractice;
    channel.enabled = from.enabled;
    channel.needsKey = provider->needsKey;
    for (const KeySettings& key : from.keys) {
        if (key.enabled)
            channel.keys.push_back(keyOf(from, key, inputs));
    }
    for (const std::string& model : from.models)
        channel.models.emplace_back(model);
    channel.priority = from.priority;
    channel.weight = from.weight;
    channel.proxy = std::move(*proxy);
    if (!from.extraCaFile.empty() && inputs.readFile)
        channel.extraCaPem = inputs.readFile(from.extraCaFile);
    for (const auto& [name, value] : from.extraHeaders)
        channel.extraHeaders.add(name, value);
    channel.timeouts
        = {Seconds(from.connectSeconds), Seconds(from.firstByteSeconds), Seconds(from.idleSeconds)};
    channel.multiplierThousandths = from.multiplierThousandths;
    channel.refusesStreamOptions = provider->refusesStreamOptions;
    channel.quirks = from.quirks;
    return channel;
}

/// "fe80::5%eth0" to "fe80::5", as nobody writes it in a URL.
std::string_view withoutZone(std::string_view address)
{
    return address.substr(0, address.find('%'));
}

/// "host" with the served port; without it too where a browser leaves it out.
void addHost(std::vector<std::string>& names, std::string_view host, std::uint16_t port)
{
    const bool isBare6 = std::count(host.begin(), host.end(), ':') > 1 && !host.starts_with('[');
    const std::string name = isBare6 ? "[" + lower(host) + "]" : lower(host);
    const std::size_t bracket = name.find(']');
    if (name.find(':', bracket == std::string::npos ? 0 : bracket) != std::string::npos) {
        names.push_back(name); // with a port of its own
        return;
    }
    names.push_back(name + ":" + std::to_string(port));
    if (port == 80)
        names.push_back(name);
}

std::vector<std::string> hostNamesOf(const Settings& settings, const PlanInputs& inputs)
{
    std::vector<std::string> names;
    for (const std::string_view host : loopbackHosts)
        addHost(names, host, inputs.servedPort);
    // An address is safe against rebinding, which needs a name.
    if (settings.lanAccess) {
        for (const std::string& address : inputs.ownAddresses)
            addHost(names, withoutZone(address), inputs.servedPort);
    }
    for (const std::string& host : settings.hostNames)
        addHost(names, host, inputs.servedPort);
    return names;
}

std::vector<Origin> ownOriginsOf(const Settings& settings, const PlanInputs& inputs)
{
    std::vector<Origin> origins;
    const auto add = [&](std::string host, std::uint16_t port) {
        const Origin origin{false, lower(host), port};
        if (std::find(origins.begin(), origins.end(), origin) == origins.end())
            origins.push_back(origin);
    };
    for (const char* host :
        {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"})
        add(host, inputs.servedPort);
    for (const std::string& address : inputs.ownAddresses)
        add(std::string(withoutZone(address)), inputs.servedPort);
    for (const std::string& name : settings.hostNames) {
        if (const auto url = parseUrl("http://" + name))
            add(url->origin.host, inputs.servedPort);
    }
    return origins;
}

std::optional<Sha256> hashFrom(std::string_view hex)
{
    Sha256 hash{};
    if (hex.size() != hash.size() * 2)
        return std::nullopt;
    for (std::size_t i = 0; i < hash.size(); ++i) {
        int octet = 0;
        for (const char c : hex.substr(i * 2, 2)) {
            const std::size_t digit = std::string_view("0123456789abcdef").find(c);
            if (digit == std::string_view::npos)
                return std::nullopt;
            octet = octet * 16 + static_cast<int>(digit);
        }
        hash[i] = static_cast<std::uint8_t>(octet);
    }
    return hash;
}

using ChannelIds = std::unordered_map<std::string_view, ChannelId>; // by name

PlanAlias aliasOf(const AliasSettings& from, const ChannelIds& ids)
{
    PlanAlias alias;
    alias.pattern = from.name;
    alias.rejectsLosses = from.rejectsLosses;
    for (const AliasTargetSettings& target : from.targets) {
        if (const auto channel = ids.find(target.channel); channel != ids.end())
            alias.targets.push_back(
                {channel->second, ModelName(target.model), target.tier, target.weight});
    }
    return alias;
}

}

std::shared_ptr<const Plan> buildPlan(const Settings& settings, const PlanInputs& inputs)
{
    auto plan = std::make_shared<Plan>();
    ChannelIds ids;
    for (const ChannelSettings& from : settings.channels) {
        ids.emplace(from.name, from.id);
        if (auto channel = channelOf(settings, from, inputs))
            plan->channels.push_back(std::move(*channel));
    }
    for (const AliasSettings& from : settings.aliases)
        plan->aliases.push_back(aliasOf(from, ids));
    for (const ClientSettings& from : settings.clients) {
        if (const auto hash = hashFrom(from.hash))
            plan->clients.push_back(
                {from.id, from.name, *hash, from.allowedModels, from.expires, false});
    }
    if (!inputs.internalClient.id.isEmpty()) {
        plan->clients.push_back(inputs.internalClient);
        plan->clients.back().isInternal = true;
    }
    for (const PriceSettings& from : settings.prices) {
        const auto channel = ids.find(from.channel);
        if (from.channel.empty() || channel != ids.end())
            plan->priceOverrides.push_back(
                {from.channel.empty() ? ChannelId() : channel->second, from.model, from.prices});
    }
    plan->prices = inputs.prices;
    plan->hostNames = hostNamesOf(settings, inputs);
    plan->allowedOrigins = settings.allowedOrigins;
    plan->ownOrigins = ownOriginsOf(settings, inputs);
    plan->instanceId = inputs.instanceId;
    plan->maxBodyBytes
        = static_cast<std::uint64_t>(std::clamp<std::int64_t>(settings.maxBodyMegabytes, 1, 256))
        << 20;
    plan->maskUpstreamAuth = settings.maskUpstreamAuth;
    plan->answersWebSockets = settings.responsesOverWebSocket;
    plan->paused = inputs.paused;
    return plan;
}

}
