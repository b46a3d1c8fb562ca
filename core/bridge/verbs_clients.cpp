#include "bridge/verbs_parts.h"

#include "provider/provider.h"

#include <algorithm>
#include <map>

namespace waystation {

namespace {

Json clientJson(const ClientSettings& client)
{
    Json json{{"name", client.name}, {"masked", client.masked}, {"models", client.allowedModels},
        {"created", timeText(client.created)}};
    json["expires"] = client.expires ? Json(timeText(*client.expires)) : Json();
    return json;
}

void listClients(Ask ask, Answer answer)
{
    Json rows = Json::array();
    for (const ClientSettings& client : ask.station.settings().clients)
        rows.push_back(clientJson(client));
    answer(Json{{"clients", std::move(rows)}});
}

/// The one time that a client's key is told.
Json tellOnce(const std::string& name, NewClient& made)
{
    Json json{{"name", name}, {"key", made.key}};
    wipe(made.key);
    return json;
}

void addClientVerb(Ask ask, Answer answer)
{
    const std::string name = ask.text("name");
    std::optional<TimePoint> expires;
    if (ask.has("expires")) {
        const auto when = timeFrom(ask.text("expires"), "expires");
        if (!when)
            return answer(when.error());
        if (*when <= wallNow())
            return answer(wrongUse("that day is past", "expires"));
        expires = *when;
    }
    NewClient made;
    const auto changed = ask.station.change([&](Settings& settings) -> Result<void> {
        auto added = addClient(settings, name, ask.list("models"), expires, wallNow());
        if (!added)
            return added.error();
        made = std::move(*added);
        return {};
    });
    if (!changed)
        return answer(changed.error());
    answer(tellOnce(name, made));
}

void rotateClientVerb(Ask ask, Answer answer)
{
    const std::string name = ask.text("name");
    NewClient made;
    const auto changed = ask.station.change([&](Settings& settings) -> Result<void> {
        auto rotated = rotateClient(settings, name, wallNow());
        if (!rotated)
            return rotated.error();
        made = std::move(*rotated);
        return {};
    });
    if (!changed)
        return answer(changed.error());
    answer(tellOnce(name, made));
}

void revokeClientVerb(Ask ask, Answer answer)
{
    const std::string name = ask.text("name");
    answer(plainly(
        ask.station.change([&](Settings& settings) { return revokeClient(settings, name); })));
}

Json aliasJson(const AliasSettings& alias)
{
    Json targets = Json::array();
    for (const AliasTargetSettings& target : alias.targets)
        targets.push_back({{"channel", target.channel}, {"model", target.model},
            {"tier", target.tier}, {"weight", target.weight}});
    return Json{{"name", alias.name}, {"targets", std::move(targets)},
        {"onLoss", alias.rejectsLosses ? "reject" : "warn"}};
}

void listAliases(Ask ask, Answer answer)
{
    Json rows = Json::array();
    for (const AliasSettings& alias : ask.station.settings().aliases)
        rows.push_back(aliasJson(alias));
    answer(Json{{"aliases", std::move(rows)}});
}

void addAlias(Ask ask, Answer answer)
{
    AliasSettings alias;
    alias.name = ask.text("name");
    int tier = 0;
    for (const std::string& to : ask.list("to")) {
        auto targets = targetsFrom(to, tier++);
        if (!targets)
            return answer(targets.error());
        alias.targets.insert(alias.targets.end(), targets->begin(), targets->end());
    }
    if (ask.has("onLoss")) {
        const std::string onLoss = ask.text("onLoss");
        if (onLoss != "warn" && onLoss != "reject")
            return answer(Error{ErrorKind::Invalid, "onLoss is \"warn\" or \"reject\"", "onLoss"});
        alias.rejectsLosses = onLoss == "reject";
    }
    const auto& aliases = ask.station.settings().aliases;
    const bool isThere = std::any_of(aliases.begin(), aliases.end(),
        [&](const AliasSettings& one) { return one.name == alias.name; });
    if (isThere && !ask.flag("replace"))
        return answer(Error{ErrorKind::Conflict,
            "there is an alias \"" + alias.name + "\" already; say --replace to change it",
            "name"});
    const auto changed
        = ask.station.change([&](Settings& settings) { return setAlias(settings, alias); });
    if (!changed)
        return answer(changed.error());
    answer(aliasJson(alias));
}

void removeAliasVerb(Ask ask, Answer answer)
{
    const std::string name = ask.text("name");
    answer(plainly(
        ask.station.change([&](Settings& settings) { return removeAlias(settings, name); })));
}

/// Every name that a client can ask for, and where it leads.
void listModels(Ask ask, Answer answer)
{
    struct Name
    {
        std::string kind;
        std::vector<std::string> targets;
    };

    std::map<std::string, Name> names;
    Json takesAny = Json::array();
    for (const AliasSettings& alias : ask.station.settings().aliases) {
        Name& name = names[alias.name];
        name.kind = "alias";
        for (const AliasTargetSettings& target : alias.targets)
            name.targets.push_back(target.channel + "/" + target.model);
    }
    for (const ChannelSettings& channel : ask.station.settings().channels) {
        if (!channel.enabled)
            continue;
        if (channel.models.empty())
            takesAny.push_back(channel.name);
        for (const std::string& model : channel.models) {
            Name& name = names[model];
            if (name.kind == "alias")
                continue; // the alias decides
            name.kind = "model";
            name.targets.push_back(channel.name + "/" + model);
        }
    }
    Json rows = Json::array();
    for (const auto& [name, what] : names)
        rows.push_back({{"name", name}, {"kind", what.kind}, {"targets", what.targets}});
    answer(Json{{"models", std::move(rows)}, {"channelsForAnyModel", std::move(takesAny)}});
}

constexpr Verb verbs[] = {
    {"client.list", listClients},
    {"client.add", addClientVerb},
    {"client.rotate", rotateClientVerb},
    {"client.revoke", revokeClientVerb},
    {"alias.list", listAliases},
    {"alias.add", addAlias},
    {"alias.remove", removeAliasVerb},
    {"models", listModels},
};

}

std::span<const Verb> clientVerbs()
{
    return verbs;
}

}
