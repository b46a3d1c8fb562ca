#include "bridge/verbs_parts.h"

#include <QCoreApplication>
#include <QDir>
#include <QPointer>

#include <algorithm>

namespace waystation {

namespace {

const char* nameOfState(RelayState::Kind kind)
{
    switch (kind) {
    case RelayState::Kind::Starting:
        return "starting";
    case RelayState::Kind::Serving:
        return "serving";
    case RelayState::Kind::Paused:
        return "paused";
    case RelayState::Kind::CannotListen:
        return "cannot_listen";
    case RelayState::Kind::Stopped:
        break;
    }
    return "stopped";
}

Json vaultJson(const Station& station, const VaultStatus& status)
{
    int ready = 0;
    int waiting = 0;
    for (const ChannelSettings& channel : station.settings().channels) {
        for (const KeySettings& key : channel.keys) {
            if (key.enabled)
                ++(station.keyState(channel.id, key.id) == SecretState::Ready ? ready : waiting);
        }
    }
    return Json{{"kind", nameOf(status.kind)},
        {"state", status.answer == VaultAnswer::Found ? "ready" : nameOf(status.answer)},
        {"backend", status.backend.toStdString()}, {"detail", status.detail.toStdString()},
        {"keysReady", ready}, {"keysNotReady", waiting}};
}

void statusVerb(Ask ask, Answer answer)
{
    Station* const station = &ask.station;
    station->vaultStatus([station = QPointer(station), context = QPointer(ask.context), answer](
                             VaultStatus vault) {
        if (!station || !context)
            return;
        station->ledger().figures(context, [station, vault, answer](LedgerFigures rows) {
            const RelayState state = station->relayState();
            const EngineFigures engine = station->engineFigures();
            const Settings& settings = station->settings();
            const auto enabled = std::count_if(settings.channels.begin(), settings.channels.end(),
                [](const ChannelSettings& one) { return one.enabled; });
            Json json{{"version", WAYSTATION_VERSION},
                {"process", QCoreApplication::applicationPid()}, {"state", nameOfState(state.kind)},
                {"address", station->address().toStdString()},
                {"detail", state.detail.toStdString()},
                {"dataDir", station->dataDir().toStdString()},
                {"callsInFlight", engine.callsInFlight}, {"callsSinceStart", engine.callsEver},
                {"clientConnections", engine.clientConnections},
                {"upstreamConnections", engine.upstreamConnections},
                {"channels", settings.channels.size()}, {"channelsEnabled", enabled},
                {"clients", settings.clients.size()}, {"aliases", settings.aliases.size()},
                {"vault", vaultJson(*station, vault)}};
            json["ledger"]
                = {{"rows", rows.rows}, {"bytes", rows.bytes}, {"notRecorded", rows.notRecorded},
                    {"waiting", rows.waiting}, {"trouble", rows.trouble}, {"path", rows.path}};
            json["prices"]
                = {{"date", station->prices().date()}, {"models", station->prices().modelCount()}};
            json["notice"] = station->settingsNotice().toStdString();
            answer(std::move(json));
        });
    });
}

void pauseVerb(Ask ask, Answer answer)
{
    ask.station.setPaused(true);
    answer(Json::object());
}

void resumeVerb(Ask ask, Answer answer)
{
    ask.station.setPaused(false);
    answer(Json::object());
}

void setPortVerb(Ask ask, Answer answer)
{
    const std::int64_t port = ask.number("port");
    if (port < 1 || port > 65'535)
        return answer(wrongUse("a port is a number from 1 to 65535", "port"));
    answer(plainly(ask.station.setPort(static_cast<std::uint16_t>(port))));
}

void cancelVerb(Ask ask, Answer answer)
{
    ask.station.cancelCall(CallId(ask.text("id")));
    answer(Json::object());
}

void liveVerb(Ask ask, Answer answer)
{
    Json rows = Json::array();
    for (const LiveCall& call : ask.station.liveCalls())
        rows.push_back({{"id", call.id.text()}, {"startedAt", timeText(call.startedAt)},
            {"client", call.client.toStdString()}, {"askedModel", call.askedModel.toStdString()},
            {"channel", call.channel.toStdString()}, {"model", call.model.toStdString()},
            {"dialect", nameOf(call.dialect)}, {"stream", call.stream},
            {"contentOctets", call.contentOctets}});
    answer(Json{{"calls", std::move(rows)}});
}

void vaultStatusVerb(Ask ask, Answer answer)
{
    Station* const station = &ask.station;
    station->vaultStatus([station = QPointer(station), answer](VaultStatus status) {
        if (station)
            answer(vaultJson(*station, status));
    });
}

void unlockVerb(Ask ask, Answer answer)
{
    if (ask.station.vaultKind() == VaultKind::File && ask.passphrase.isEmpty())
        return answer(wrongUse("the passphrase is missing", "passphrase"));
    ask.station.unlockVault(
        std::move(ask.passphrase), [answer](Result<void> done) { answer(plainly(done)); });
}

void moveVerb(Ask ask, Answer answer)
{
    const auto to = vaultKindFrom(ask.text("to"));
    if (!to)
        return answer(wrongUse("secrets can be moved to keychain or file", "to"));
    if (*to == VaultKind::File && ask.passphrase.isEmpty())
        return answer(wrongUse("the passphrase for the file is missing", "passphrase"));
    ask.station.moveVault(
        *to, std::move(ask.passphrase), [answer](Result<void> done) { answer(plainly(done)); });
}

void backupVerb(Ask ask, Answer answer)
{
    const QString folder = ask.qtext("folder");
    if (folder.isEmpty() || !QDir::isAbsolutePath(folder))
        return answer(wrongUse("a backup goes to a folder", "folder"));
    ask.station.backupTo(folder, [folder, answer](Result<void> done) {
        if (!done)
            return answer(done.error());
        answer(Json{{"folder", folder.toStdString()}});
    });
}

constexpr Verb verbs[] = {
    {"status", statusVerb},
    {"relay.pause", pauseVerb},
    {"relay.resume", resumeVerb},
    {"relay.port", setPortVerb},
    {"live.list", liveVerb},
    {"live.cancel", cancelVerb},
    {"vault.status", vaultStatusVerb},
    {"vault.unlock", unlockVerb},
    {"vault.move", moveVerb},
    {"backup", backupVerb},
};

}

std::span<const Verb> stationVerbs()
{
    return verbs;
}

}
