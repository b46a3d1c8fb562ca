#include "bridge/verbs_parts.h"

#include "base/text.h"
#include "provider/provider.h"
#include "provider/quirks.h"

#include <QPointer>

#include <algorithm>

namespace waystation {

namespace {

Json keyJson(const Station& station, const ChannelSettings& channel, const KeySettings& key)
{
    return Json{{"id", key.id.text()}, {"label", key.label}, {"masked", key.masked},
        {"state", key.enabled ? nameOf(station.keyState(channel.id, key.id)) : "disabled"},
        {"detail", station.keyDetail(channel.id, key.id).toStdString()}, {"enabled", key.enabled},
        {"weight", key.weight}, {"environment", key.environment}, {"storedIn", key.storedIn}};
}

std::string proxyText(const ProxySettings& proxy)
{
    switch (proxy.mode) {
    case ProxyMode::Inherit:
        return "inherit";
    case ProxyMode::None:
        return "none";
    case ProxyMode::System:
        return "system";
    case ProxyMode::Manual:
        break;
    }
    return proxy.url;
}

Result<ProxySettings> proxyFrom(const std::string& text)
{
    if (text == "inherit")
        return ProxySettings{ProxyMode::Inherit, {}, false};
    if (text == "none")
        return ProxySettings{ProxyMode::None, {}, false};
    if (text == "system")
        return ProxySettings{ProxyMode::System, {}, false};
    const auto place = text.find("://");
    const std::string scheme = place == std::string::npos ? std::string() : text.substr(0, place);
    if (scheme != "http" && scheme != "socks5")
        return wrongUse(
            "a proxy is http://host:port, socks5://host:port, system, none or inherit", "proxy");
    const auto at = text.rfind('@');
    if (at != std::string::npos
        && text.substr(place + 3, at - place - 3).find(':') != std::string::npos)
        return wrongUse(
            "a proxy's password is no part of its address; give it with --proxy-password-stdin",
            "proxy");
    return ProxySettings{ProxyMode::Manual, text, false};
}

Result<std::vector<DialectId>> dialectsFrom(const std::vector<std::string>& names)
{
    std::vector<DialectId> dialects;
    for (const std::string& name : names) {
        const auto dialect = dialectFrom(name);
        if (!dialect)
            return wrongUse("\"" + name
                    + "\" is no protocol; there are openai-chat, openai-responses, anthropic, "
                      "gemini",
                "dialect");
        dialects.push_back(*dialect);
    }
    return dialects;
}

/// Every protocol of the channel and where its calls go.
Json endpointsJson(const ChannelSettings& channel)
{
    Json endpoints = Json::array();
    const Provider* const provider = findProvider(channel.provider);
    if (!provider)
        return endpoints;
    for (const Endpoint& endpoint : endpointsFor(*provider, channel.dialects)) {
        std::string address = "in this program";
        if (!provider->isPractice) {
            const auto base = effectiveBase(*provider, endpoint.dialect, channel.baseUrl);
            address = base ? toText(*base) : base.error().message;
        }
        endpoints.push_back(
            {{"dialect", nameOf(endpoint.dialect)}, {"address", std::move(address)}});
    }
    return endpoints;
}

/// One word, or a few: what a person wants to know first.
std::string stateOf(const Station& station, const ChannelSettings& channel)
{
    if (!channel.enabled)
        return "disabled";
    const Provider* const provider = findProvider(channel.provider);
    if (!provider)
        return "unknown provider";
    if (const auto rest = station.restOf(channel.id);
        rest && rest->restingUntil && *rest->restingUntil > wallNow())
        return "resting until " + timeText(*rest->restingUntil)
            + (rest->reason.empty() ? std::string() : " (" + rest->reason + ")");
    if (!provider->needsKey)
        return "ready";
    std::string state = "no key";
    for (const KeySettings& key : channel.keys) {
        if (!key.enabled)
            continue;
        const SecretState one = station.keyState(channel.id, key.id);
        if (one == SecretState::Ready)
            return "ready";
        state = std::string("key ") + nameOf(one);
    }
    return state;
}

Json channelJson(const Station& station, const ChannelSettings& channel)
{
    Json keys = Json::array();
    for (const KeySettings& key : channel.keys)
        keys.push_back(keyJson(station, channel, key));
    Json headers = Json::object();
    for (const auto& [name, value] : channel.extraHeaders)
        headers[name] = value;
    return Json{{"name", channel.name}, {"id", channel.id.text()},
        {"provider", channel.provider.text()}, {"enabled", channel.enabled},
        {"state", stateOf(station, channel)}, {"baseUrl", channel.baseUrl},
        {"endpoints", endpointsJson(channel)}, {"keys", std::move(keys)},
        {"models", channel.models}, {"priority", channel.priority}, {"weight", channel.weight},
        {"proxy", proxyText(channel.proxy)}, {"proxyPassword", channel.proxy.hasPassword},
        {"caFile", channel.extraCaFile}, {"headers", std::move(headers)},
        {"connectSeconds", channel.connectSeconds}, {"firstByteSeconds", channel.firstByteSeconds},
        {"idleSeconds", channel.idleSeconds},
        {"multiplierThousandths", channel.multiplierThousandths}, {"tags", channel.tags},
        {"quirks", channel.quirks}};
}

Result<const ChannelSettings*> channelOf(const Ask& ask)
{
    const std::string name = ask.text("name");
    const ChannelSettings* const channel = findChannel(ask.station.settings(), name);
    if (!channel)
        return Error{ErrorKind::NotFound, "there is no channel \"" + name + "\"", "name"};
    return channel;
}

Result<const KeySettings*> keyOf(const ChannelSettings& channel, const std::string& name)
{
    for (const KeySettings& key : channel.keys) {
        if (key.label == name || key.id.text() == name)
            return &key;
    }
    if (name.empty() && channel.keys.size() == 1)
        return &channel.keys.front();
    return Error{
        ErrorKind::NotFound, "channel \"" + channel.name + "\" has no key \"" + name + "\"", "key"};
}

/// Puts what `ask` says into `channel`; what it does not name stays.
Result<void> apply(const Ask& ask, ChannelSettings& channel)
{
    if (ask.has("newName"))
        channel.name = ask.text("newName");
    if (ask.has("baseUrl"))
        channel.baseUrl = ask.text("baseUrl");
    if (ask.has("dialects")) {
        auto dialects = dialectsFrom(ask.list("dialects"));
        if (!dialects)
            return dialects.error();
        channel.dialects = std::move(*dialects);
    }
    if (ask.has("models"))
        channel.models = ask.list("models");
    if (ask.has("tags"))
        channel.tags = ask.list("tags");
    if (ask.has("quirks"))
        channel.quirks = ask.list("quirks");
    if (ask.has("proxy")) {
        auto proxy = proxyFrom(ask.text("proxy"));
        if (!proxy)
            return proxy.error();
        channel.proxy = std::move(*proxy);
    }
    if (ask.has("caFile"))
        channel.extraCaFile = ask.text("caFile");
    if (ask.has("headers")) {
        channel.extraHeaders.clear();
        for (const auto& [name, value] : ask.args.at("headers").items())
            channel.extraHeaders.emplace_back(name, value.get<std::string>());
    }
    channel.priority = int(ask.number("priority", channel.priority));
    channel.weight = int(ask.number("weight", channel.weight));
    channel.connectSeconds = ask.number("connectSeconds", channel.connectSeconds);
    channel.firstByteSeconds = ask.number("firstByteSeconds", channel.firstByteSeconds);
    channel.idleSeconds = ask.number("idleSeconds", channel.idleSeconds);
    channel.multiplierThousandths
        = ask.number("multiplierThousandths", channel.multiplierThousandths);
    channel.enabled = ask.args.value("enabled", channel.enabled);
    return {};
}

/// Stores the key that came with `ask`, or names its variable where keys stay in the environment.
void addKeyFrom(Ask& ask, const QString& channel, std::function<void(Result<KeyId>)> done)
{
    const QString label = ask.qtext("keyLabel");
    const std::string variable = ask.text("keyEnvironment");
    if (ask.station.vaultKind() == VaultKind::Environment && !variable.empty())
        return done(
            ask.station.addEnvironmentKey(channel, label, QString::fromStdString(variable)));
    if (ask.secret.isEmpty() && !variable.empty())
        return done(
            Error{ErrorKind::NotFound, "the environment has no variable " + variable, "key-env"});
    ask.station.addKey(channel, label, std::move(ask.secret), std::move(done));
}

void listChannels(Ask ask, Answer answer)
{
    Json rows = Json::array();
    for (const ChannelSettings& channel : ask.station.settings().channels)
        rows.push_back(channelJson(ask.station, channel));
    answer(Json{{"channels", std::move(rows)}});
}

void showChannel(Ask ask, Answer answer)
{
    const auto channel = channelOf(ask);
    if (!channel)
        return answer(channel.error());
    answer(channelJson(ask.station, **channel));
}

void addChannelVerb(Ask ask, Answer answer)
{
    ChannelSettings wanted;
    wanted.name = ask.text("name");
    wanted.provider = ProviderId(ask.text("provider"));
    wanted.priority = 0;
    const Provider* const provider = findProvider(wanted.provider);
    if (!provider) {
        std::string known;
        for (const Provider& one : providers())
            known += (known.empty() ? "" : ", ") + one.id.text();
        return answer(
            wrongUse("there is no provider \"" + wanted.provider.text() + "\"; there are " + known,
                "provider"));
    }
    if (const auto applied = apply(ask, wanted); !applied)
        return answer(applied.error());
    if (provider->needsBaseUrl && wanted.baseUrl.empty())
        return answer(wrongUse(provider->name + " needs an address: --base-url "
                + (provider->exampleBaseUrl.empty() ? std::string("URL")
                                                    : provider->exampleBaseUrl),
            "baseUrl"));
    const bool hasKey = !ask.secret.isEmpty() || !ask.text("keyEnvironment").empty();
    const std::string name = wanted.name;
    const auto added = ask.station.change([&](Settings& settings) -> Result<void> {
        const auto id = addChannel(settings, wanted);
        if (!id)
            return id.error();
        return {};
    });
    if (!added)
        return answer(added.error());
    Station* const station = &ask.station;
    const auto show = [station, name](const Answer& answer) {
        const ChannelSettings* const channel = findChannel(station->settings(), name);
        answer(channel ? channelJson(*station, *channel) : Json::object());
    };
    if (!hasKey)
        return show(answer);
    const QString channel = QString::fromStdString(name);
    addKeyFrom(
        ask, channel, [station = QPointer(station), channel, answer, show](Result<KeyId> key) {
            if (!station)
                return;
            if (key)
                return show(answer);
            // Half a channel helps nobody: it goes again.
            station->removeChannel(channel, [](Result<void>) {});
            answer(Error{key.error().kind, "the channel was not added: " + key.error().message,
                key.error().field});
        });
}

void editChannelVerb(Ask ask, Answer answer)
{
    const auto found = channelOf(ask);
    if (!found)
        return answer(found.error());
    ChannelSettings wanted = **found;
    if (const auto applied = apply(ask, wanted); !applied)
        return answer(applied.error());
    const auto changed
        = ask.station.change([&](Settings& settings) { return editChannel(settings, wanted); });
    if (!changed)
        return answer(changed.error());
    const ChannelSettings* const now = findChannel(ask.station.settings(), wanted.name);
    answer(now ? channelJson(ask.station, *now) : Json::object());
}

void setProxyPasswordVerb(Ask ask, Answer answer)
{
    const auto channel = channelOf(ask);
    if (!channel)
        return answer(channel.error());
    if ((*channel)->proxy.mode != ProxyMode::Manual)
        return answer(wrongUse("the channel has no proxy of its own; set --proxy first", "proxy"));
    ask.station.setProxyPassword((*channel)->id.text(), std::move(ask.secret),
        [answer](Result<void> done) { answer(plainly(done)); });
}

void setEnabled(Ask& ask, Answer& answer, bool enabled)
{
    const std::string name = ask.text("name");
    answer(plainly(ask.station.change([&](Settings& settings) -> Result<void> {
        ChannelSettings* const channel = findChannel(settings, name);
        if (!channel)
            return Error{ErrorKind::NotFound, "there is no channel \"" + name + "\"", "name"};
        channel->enabled = enabled;
        return {};
    })));
}

void enableChannel(Ask ask, Answer answer)
{
    setEnabled(ask, answer, true);
}

void disableChannel(Ask ask, Answer answer)
{
    setEnabled(ask, answer, false);
}

void removeChannelVerb(Ask ask, Answer answer)
{
    ask.station.removeChannel(
        ask.qtext("name"), [answer](Result<void> done) { answer(plainly(done)); });
}

void testChannelVerb(Ask ask, Answer answer)
{
    if (const auto channel = channelOf(ask); !channel)
        return answer(channel.error());
    ask.station.testChannel(ask.qtext("name"), ask.qtext("model"), [answer](ChannelTest test) {
        answer(Json{{"ok", test.ok}, {"status", test.status}, {"model", test.model.toStdString()},
            {"firstByteMs", test.firstByte.count()}, {"totalMs", test.total.count()},
            {"answer", test.answer.toStdString()}, {"error", test.error.toStdString()},
            {"call", test.call.text()}});
    });
}

void fetchModelsVerb(Ask ask, Answer answer)
{
    ask.station.fetchModels(ask.qtext("name"), [answer](Result<std::vector<std::string>> models) {
        if (!models)
            return answer(models.error());
        answer(Json{{"models", *models}});
    });
}

void clearRestVerb(Ask ask, Answer answer)
{
    const auto channel = channelOf(ask);
    if (!channel)
        return answer(channel.error());
    ask.station.clearRest((*channel)->id);
    answer(Json::object());
}

void listKeys(Ask ask, Answer answer)
{
    const auto channel = channelOf(ask);
    if (!channel)
        return answer(channel.error());
    Json rows = Json::array();
    for (const KeySettings& key : (*channel)->keys)
        rows.push_back(keyJson(ask.station, **channel, key));
    answer(Json{{"keys", std::move(rows)}});
}

void addKeyVerb(Ask ask, Answer answer)
{
    const auto channel = channelOf(ask);
    if (!channel)
        return answer(channel.error());
    Station* const station = &ask.station;
    addKeyFrom(ask, QString::fromStdString((*channel)->name),
        [station = QPointer(station), id = (*channel)->id, answer](Result<KeyId> key) {
            if (!station)
                return;
            if (!key)
                return answer(key.error());
            for (const ChannelSettings& channel : station->settings().channels) {
                if (channel.id != id)
                    continue;
                if (const auto found = keyOf(channel, key->text()))
                    return answer(keyJson(*station, channel, **found));
            }
            answer(Json::object());
        });
}

void replaceKeyVerb(Ask ask, Answer answer)
{
    const auto channel = channelOf(ask);
    if (!channel)
        return answer(channel.error());
    const auto key = keyOf(**channel, ask.text("key"));
    if (!key)
        return answer(key.error());
    ask.station.replaceKey(QString::fromStdString((*channel)->name), (*key)->id,
        std::move(ask.secret), [answer](Result<void> done) { answer(plainly(done)); });
}

void removeKeyVerb(Ask ask, Answer answer)
{
    const auto channel = channelOf(ask);
    if (!channel)
        return answer(channel.error());
    const auto key = keyOf(**channel, ask.text("key"));
    if (!key)
        return answer(key.error());
    ask.station.removeKey(QString::fromStdString((*channel)->name), (*key)->id,
        [answer](Result<void> done) { answer(plainly(done)); });
}

void listProviders(Ask, Answer answer)
{
    Json rows = Json::array();
    for (const Provider& provider : providers()) {
        Json dialects = Json::array();
        for (const Endpoint& endpoint : provider.endpoints)
            dialects.push_back(nameOf(endpoint.dialect));
        rows.push_back(
            {{"id", provider.id.text()}, {"name", provider.name}, {"dialects", std::move(dialects)},
                {"needsBaseUrl", provider.needsBaseUrl}, {"needsKey", provider.needsKey}});
    }
    answer(Json{{"providers", std::move(rows)}});
}

void listQuirks(Ask, Answer answer)
{
    Json rows = Json::array();
    for (const Quirk& quirk : quirks())
        rows.push_back({{"name", quirk.name}, {"about", quirk.about}});
    answer(Json{{"quirks", std::move(rows)}});
}

constexpr Verb verbs[] = {
    {"channel.list", listChannels},
    {"channel.show", showChannel},
    {"channel.add", addChannelVerb},
    {"channel.edit", editChannelVerb},
    {"channel.enable", enableChannel},
    {"channel.disable", disableChannel},
    {"channel.remove", removeChannelVerb},
    {"channel.test", testChannelVerb},
    {"channel.models", fetchModelsVerb},
    {"channel.clear_rest", clearRestVerb},
    {"channel.proxy_password", setProxyPasswordVerb},
    {"key.list", listKeys},
    {"key.add", addKeyVerb},
    {"key.replace", replaceKeyVerb},
    {"key.remove", removeKeyVerb},
    {"provider.list", listProviders},
    {"quirk.list", listQuirks},
};

}

std::span<const Verb> channelVerbs()
{
    return verbs;
}

}
