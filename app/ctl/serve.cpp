#include "app/ctl/command.h"
#include "app/ctl/console.h"
#include "app/ctl/stop_signals.h"
#include "app/ctl/terminal.h"

#include "bridge/control.h"
#include "settings/edit.h"

#include <QCoreApplication>
#include <QPointer>

#include <algorithm>
#include <memory>
#include <thread>

namespace waystation::ctl {

namespace {

constexpr Millis patience{60'000}; // for running calls after the first signal

QString stateText(const Station& station)
{
    const RelayState state = station.relayState();
    switch (state.kind) {
    case RelayState::Kind::Serving:
        return translate("ctl", "Serving %1").arg(station.address());
    case RelayState::Kind::Paused:
        return translate("ctl", "Paused");
    case RelayState::Kind::CannotListen:
        return translate(
            "ctl", "Cannot listen: %1. Tried again every 2 seconds; another port is --port N.")
            .arg(shown(state.detail.toStdString(), 400));
    case RelayState::Kind::Starting:
    case RelayState::Kind::Stopped:
        break;
    }
    return {};
}

QString vaultText(const VaultStatus& status)
{
    QString text = QString::fromLatin1(nameOf(status.kind));
    if (!status.backend.isEmpty())
        text += QStringLiteral(" (%1)").arg(status.backend);
    if (status.answer == VaultAnswer::Locked)
        text += translate("ctl", ", locked; unlock it with: waystationctl vault unlock");
    else if (status.answer != VaultAnswer::Found)
        text = translate("ctl", "not ready: %1").arg(status.detail);
    return text;
}

void printTryOut(const QString& address, const QString& key)
{
    print(QStringLiteral("  curl %1/v1/chat/completions \\").arg(address));
    print(QStringLiteral("    -H 'Authorization: Bearer %1' -H 'Content-Type: application/json' \\")
              .arg(key));
    print(QStringLiteral("    -d "
                         "'{\"model\":\"practice-echo\",\"messages\":[{\"role\":\"user\","
                         "\"content\":\"Hello\"}]}'"));
}

/// A key to try things with: made new each time, as only its hash is kept.
Result<NewClient> makeDemoKey(Station& station, bool& wasThere)
{
    const std::string name = "first";
    NewClient made;
    const auto changed = station.change([&](Settings& settings) -> Result<void> {
        const auto isDemo = [&](const ClientSettings& client) { return client.name == name; };
        wasThere = std::any_of(settings.clients.begin(), settings.clients.end(), isDemo);
        auto result = wasThere ? rotateClient(settings, name, wallNow())
                               : addClient(settings, name, {}, std::nullopt, wallNow());
        if (!result)
            return result.error();
        made = std::move(*result);
        return {};
    });
    if (!changed)
        return changed.error();
    return made;
}

void tell(Station& station, const VaultStatus& vault, bool wantsDemoKey)
{
    const RelayState state = station.relayState();
    (state.kind == RelayState::Kind::CannotListen ? complain : print)(stateText(station));
    print(translate("ctl", "Data folder: %1").arg(station.dataDir()));
    print(translate("ctl", "Keys: %1").arg(vaultText(vault)));
    const auto& channels = station.settings().channels;
    const auto enabled = std::count_if(
        channels.begin(), channels.end(), [](const ChannelSettings& one) { return one.enabled; });
    print(translate("ctl", "Channels: %1 (%2 enabled)").arg(channels.size()).arg(enabled));
    if (!wantsDemoKey) {
        print(translate("ctl", "A key for a client: waystationctl client add NAME. Then:"));
        printTryOut(station.address(), QStringLiteral("ws-..."));
        return;
    }
    bool wasThere = false;
    auto key = makeDemoKey(station, wasThere);
    if (!key) {
        complain(translate("ctl", "No key could be made: %1").arg(shown(key.error().message)));
        return;
    }
    print(wasThere ? translate("ctl",
              "The client key \"first\" was made anew; the one of the last start is void. Try it:")
                   : translate(
                       "ctl", "A client key \"first\" was made; it is shown only now. Try it:"));
    printTryOut(station.address(), QString::fromStdString(key->key));
    wipe(key->key);
}

int serve(Console& console, const Given& given)
{
    StationOptions options;
    options.dataDir = console.options().dataDir;
    options.vault = console.options().vault;
    if (given.has("--port")) {
        bool isNumber = false;
        const uint port = given.value("--port").toUInt(&isNumber);
        if (!isNumber || port > 65'535)
            return console.fail(
                Error{ErrorKind::Invalid, "--port is a number from 0 (any free one) to 65535"});
        options.port = static_cast<std::uint16_t>(port);
    }
    auto passphrase = passphraseOfEnvironment();
    if (!passphrase)
        return console.fail(passphrase.error());
    const bool hasPassphrase = !passphrase->isEmpty();
    options.passphrase = std::move(*passphrase);

    Station station;
    bool isTold = false;
    QObject::connect(&station, &Station::trouble, [](const QString& what) {
        complain(QStringLiteral("waystationctl: ") + shown(what.toStdString(), 400));
    });
    const auto openOnce = [&] {
        StationOptions wanted;
        wanted.dataDir = options.dataDir;
        wanted.vault = options.vault;
        wanted.port = options.port;
        wanted.passphrase = options.passphrase.share();
        return station.open(std::move(wanted));
    };
    auto opened = openOnce();
    if (!opened && opened.error().kind == ErrorKind::Conflict) {
        if (console.isRunning())
            complain(translate(
                "ctl", "Waystation serves this folder already; see \"waystationctl status\"."));
        else
            opened = openOnce(); // a short command had it, and is done
    }
    if (!opened)
        return console.fail(opened.error());
    QObject::connect(&station, &Station::relayStateChanged, [&] {
        const RelayState::Kind kind = station.relayState().kind;
        if (isTold && kind != RelayState::Kind::Stopped)
            (kind == RelayState::Kind::CannotListen ? complain : print)(stateText(station));
    });
    if (!station.settingsNotice().isEmpty())
        complain(station.settingsNotice());

    Verbs verbs(station);
    ControlServer control(verbs);
    if (const auto listening = control.listen(console.options().dataDir); !listening)
        complain(translate("ctl", "Other consoles cannot reach this program: %1")
                     .arg(shown(listening.error().message, 400)));

    const bool wantsDemoKey = given.has("--demo-key");
    station.vaultStatus([&](VaultStatus status) {
        tell(station, status, wantsDemoKey);
        isTold = true;
    });

    if (station.vaultKind() == VaultKind::File && !hasPassphrase && hasTerminal()) {
        // Serving goes on meanwhile: the question waits on a thread of its own, for as long as
        // nobody answers.
        std::thread([asked = QPointer(&station), isNew = !hasVaultFile(console.options().dataDir)] {
            auto typed = promptPassphrase(isNew);
            if (!typed)
                return complain(translate(
                    "ctl", "The vault stays locked: %1. Unlock it with: waystationctl vault unlock")
                                    .arg(shown(typed.error().message)));
            const auto held = std::make_shared<Secret>(std::move(*typed));
            QMetaObject::invokeMethod(QCoreApplication::instance(), [asked, held] {
                if (!asked)
                    return;
                asked->unlockVault(held->share(), [](Result<void> unlocked) {
                    if (!unlocked)
                        complain(shown(unlocked.error().message));
                    else
                        print(translate("ctl", "The vault is open."));
                });
            });
        }).detach();
    }

    int stops = 0;
    const auto stop = [&] {
        if (++stops > 1)
            return station.close(Millis(0), [] {});
        const std::int64_t running = station.engineFigures().callsInFlight;
        if (running > 0)
            print(translate("ctl", "Finishing %1 calls; once more stops at once.").arg(running));
        station.close(patience, [] { QCoreApplication::quit(); });
    };
    StopSignals signals_;
    QObject::connect(&signals_, &StopSignals::asked, stop);
    QObject::connect(&control, &ControlServer::quitRequested, stop);
    QCoreApplication::exec();
    restoreTerminal();
    print(translate("ctl", "Stopped."));
    return Done;
}

const std::vector<Command> commands{
    {"serve", "", 0, 0,
        QT_TRANSLATE_NOOP("ctl", "relay without a window; Ctrl-C finishes running calls first"),
        {
            {"--port", "N",
                QT_TRANSLATE_NOOP(
                    "ctl", "listen there instead of the port of the settings; 0: any free one")},
            {"--demo-key", nullptr,
                QT_TRANSLATE_NOOP("ctl", "make a client key \"first\" and print a call to try")},
        },
        serve},
};

}

std::span<const Command> serveCommands()
{
    return commands;
}

}
