#include "app/ctl/command.h"
#include "app/ctl/console.h"
#include "app/ctl/terminal.h"

#include <QDir>
#include <QLocale>

namespace waystation::ctl {

namespace {

void row(const QString& name, const QString& value)
{
    if (value.isEmpty())
        return;
    print(name + QString(std::max(1, 14 - widthOf(name)), QLatin1Char(' ')) + value);
}

QString vaultText(const Json& vault)
{
    QString text = shown(textOf(vault, "kind"));
    if (const std::string backend = textOf(vault, "backend"); !backend.empty())
        text += QStringLiteral(" (%1)").arg(shown(backend));
    text += QStringLiteral(", ") + shown(textOf(vault, "state"));
    text += translate("ctl", "; keys ready: %1, not ready: %2")
                .arg(numberOf(vault, "keysReady"))
                .arg(numberOf(vault, "keysNotReady"));
    return text;
}

int status(Console& console, const Given&)
{
    const bool isRunning = console.isRunning();
    Reply reply = console.ask("status");
    if (!reply)
        return console.fail(reply);
    if (!isRunning)
        (*reply)["state"] = "not_running";
    if (console.wantsJson())
        return console.printJson(*reply);
    const std::string state = textOf(*reply, "state");
    QString words = shown(state);
    if (state == "serving")
        words = translate("ctl", "serving %1").arg(shown(textOf(*reply, "address")));
    else if (state == "paused")
        words = translate("ctl", "paused; go on with: waystationctl resume");
    else if (state == "cannot_listen")
        words = translate("ctl", "cannot listen: %1").arg(shown(textOf(*reply, "detail"), 300));
    else if (!isRunning)
        words = translate("ctl", "not running; start it with: waystationctl serve");
    row(translate("ctl", "State"), words);
    row(translate("ctl", "Version"), shown(textOf(*reply, "version")));
    row(translate("ctl", "Data folder"), shown(textOf(*reply, "dataDir"), 400));
    if (isRunning) {
        row(translate("ctl", "Process"), QString::number(numberOf(*reply, "process")));
        row(translate("ctl", "Calls"),
            translate("ctl", "%1 under way, %2 since start")
                .arg(numberOf(*reply, "callsInFlight"))
                .arg(numberOf(*reply, "callsSinceStart")));
    }
    row(translate("ctl", "Channels"),
        translate("ctl", "%1 (%2 enabled)")
            .arg(numberOf(*reply, "channels"))
            .arg(numberOf(*reply, "channelsEnabled")));
    row(translate("ctl", "Client keys"), QString::number(numberOf(*reply, "clients")));
    row(translate("ctl", "Vault"), vaultText((*reply)["vault"]));
    row(QString(), shown(textOf((*reply)["vault"], "detail"), 400));
    const Json& ledger = (*reply)["ledger"];
    row(translate("ctl", "Rows"),
        translate("ctl", "%1 in %2")
            .arg(numberOf(ledger, "rows"))
            .arg(QLocale::c().formattedDataSize(numberOf(ledger, "bytes"))));
    if (const auto lost = numberOf(ledger, "notRecorded"); lost > 0)
        row(translate("ctl", "Not recorded"), QString::number(lost));
    row(translate("ctl", "Trouble"), shown(textOf(ledger, "trouble"), 400));
    row(translate("ctl", "Prices of"), shown(textOf((*reply)["prices"], "date")));
    row(translate("ctl", "Notice"), shown(textOf(*reply, "notice"), 400));
    return Done;
}

int simple(Console& console, const char* verb, const QString& done)
{
    if (!console.isRunning())
        return console.fail(Error{ErrorKind::NotFound, "no Waystation runs on this folder"});
    Reply reply = console.ask(verb);
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(done);
    return Done;
}

int pause(Console& console, const Given&)
{
    return simple(console, "relay.pause",
        translate("ctl", "Paused: calls are refused until \"waystationctl resume\"."));
}

int resume(Console& console, const Given&)
{
    return simple(console, "relay.resume", translate("ctl", "Serving again."));
}

int quit(Console& console, const Given&)
{
    return simple(console, "quit", translate("ctl", "It finishes running calls and stops."));
}

int setPort(Console& console, const Given& given)
{
    bool isNumber = false;
    const int port = given.operands.first().toInt(&isNumber);
    if (!isNumber)
        return console.fail(Error{ErrorKind::Invalid, "a port is a number from 1 to 65535"});
    Reply reply = console.ask("relay.port", {{"port", port}});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "The port is %1 from now on.").arg(port));
    return Done;
}

int vaultStatus(Console& console, const Given&)
{
    Reply reply = console.ask("vault.status");
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(vaultText(*reply));
    if (const std::string detail = textOf(*reply, "detail"); !detail.empty())
        print(shown(detail, 600));
    return Done;
}

/// The passphrase for a verb that needs one: from the environment's file, else asked.
Result<Secret> passphraseFor(bool isNew)
{
    auto named = passphraseOfEnvironment();
    if (!named || !named->isEmpty())
        return named;
    return promptPassphrase(isNew);
}

int unlock(Console& console, const Given&)
{
    if (!console.isRunning())
        return console.fail(Error{ErrorKind::NotFound,
            "no Waystation runs on this folder; each command asks for the passphrase by itself"});
    Reply status = console.ask("vault.status");
    if (!status)
        return console.fail(status);
    Secret passphrase;
    if (textOf(*status, "kind") == "file") {
        auto given = passphraseFor(!hasVaultFile(console.options().dataDir));
        if (!given)
            return console.fail(
                Error{ErrorKind::KeyUnavailable, "no passphrase: " + given.error().message});
        passphrase = std::move(*given);
    }
    Reply reply = console.ask(
        "vault.unlock", Json::object(), Needs::Nothing, {Secret(), std::move(passphrase)});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "The vault is open."));
    return Done;
}

int moveVault(Console& console, const Given& given)
{
    if (!given.has("--to"))
        return console.fail(Error{ErrorKind::Invalid, "--to keychain or --to file is missing"});
    Secret passphrase;
    if (given.value("--to") == QLatin1String("file")) {
        auto typed = passphraseFor(!hasVaultFile(console.options().dataDir));
        if (!typed)
            return console.fail(Error{
                ErrorKind::KeyUnavailable, "no passphrase for the file: " + typed.error().message});
        passphrase = std::move(*typed);
    }
    Reply reply = console.ask("vault.move", {{"to", given.value("--to").toStdString()}},
        Needs::Vault, {Secret(), std::move(passphrase)});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "Every key was moved and checked; they are in the %1 now.")
              .arg(given.value("--to")));
    return Done;
}

int backup(Console& console, const Given& given)
{
    const QString folder = QDir(given.operands.first()).absolutePath();
    Reply reply = console.ask("backup", {{"folder", folder.toStdString()}});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "Settings and rows are in %1. Keys are not: they stay in the vault.")
              .arg(folder));
    return Done;
}

int restore(Console& console, const Given& given)
{
    if (console.isRunning())
        return console.fail(Error{ErrorKind::Conflict,
            "Waystation runs on this folder; stop it first: waystationctl quit"});
    const auto kept
        = restoreBackup(QDir(given.operands.first()).absolutePath(), console.options().dataDir);
    if (!kept)
        return console.fail(kept.error());
    if (console.wantsJson())
        return console.printJson(Json{{"kept", kept->toStdString()}});
    print(translate("ctl", "Restored. What was here before is in %1.").arg(*kept));
    return Done;
}

const std::vector<Command> commands{
    {"status", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "what runs, where, and whether all is well"), {},
        status},
    {"pause", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "refuse calls for now"), {}, pause},
    {"resume", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "serve again"), {}, resume},
    {"port", "N", 1, 1, QT_TRANSLATE_NOOP("ctl", "listen on another port, now and later"), {},
        setPort},
    {"quit", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "stop the running program in order"), {}, quit},
    {"vault status", "", 0, 0,
        QT_TRANSLATE_NOOP("ctl", "where keys are kept and whether they can be read"), {},
        vaultStatus},
    {"vault unlock", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "open the vault of the running program"),
        {}, unlock},
    {"vault move", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "move every key to another vault"),
        {{"--to", "KIND", QT_TRANSLATE_NOOP("ctl", "keychain or file")}}, moveVault},
    {"backup", "DIR", 1, 1, QT_TRANSLATE_NOOP("ctl", "copy settings and rows to a new folder"), {},
        backup},
    {"restore", "DIR", 1, 1,
        QT_TRANSLATE_NOOP("ctl", "put a backup in place; what is here is kept beside it"), {},
        restore},
};

}

std::span<const Command> stationCommands()
{
    return commands;
}

}
