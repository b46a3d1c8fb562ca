#include "app/ctl/command.h"
#include "app/ctl/console.h"
#include "app/ctl/terminal.h"

namespace waystation::ctl {

namespace {

Json textList(const QStringList& values)
{
    Json list = Json::array();
    for (const QString& value : values)
        list.push_back(value.toStdString());
    return list;
}

QString joined(const Json& list, const QString& whenEmpty)
{
    QStringList words;
    for (const Json& word : list)
        words << shown(word.is_string() ? word.get<std::string>() : std::string());
    return words.isEmpty() ? whenEmpty : words.join(QStringLiteral(", "));
}

int tellKey(Console& console, Reply& reply)
{
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    std::string key = textOf(*reply, "key");
    print(QString::fromStdString(key));
    complain(
        translate("ctl", "This key of %1 is shown only now.").arg(shown(textOf(*reply, "name"))));
    wipe(key);
    return Done;
}

int addClient(Console& console, const Given& given)
{
    Json args{{"name", given.operands.first().toStdString()}};
    args["models"] = textList(given.list("--models"));
    if (given.has("--expires"))
        args["expires"] = given.value("--expires").toStdString();
    Reply reply = console.ask("client.add", std::move(args));
    return tellKey(console, reply);
}

int rotateClient(Console& console, const Given& given)
{
    Reply reply = console.ask("client.rotate", {{"name", given.operands.first().toStdString()}});
    return tellKey(console, reply);
}

int revokeClient(Console& console, const Given& given)
{
    Reply reply = console.ask("client.revoke", {{"name", given.operands.first().toStdString()}});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "Revoked %1: its key is refused from now on.")
              .arg(given.operands.first()));
    return Done;
}

int listClients(Console& console, const Given&)
{
    Reply reply = console.ask("client.list");
    if (!reply)
        return console.fail(reply);
    const Json& clients = (*reply)["clients"];
    if (console.wantsJson())
        return console.printJson(clients);
    if (clients.empty()) {
        print(translate("ctl", "No client keys yet: waystationctl client add NAME"));
        return Done;
    }
    Table table;
    table.addColumn(translate("ctl", "NAME"));
    table.addColumn(translate("ctl", "KEY"));
    table.addColumn(translate("ctl", "MODELS"));
    table.addColumn(translate("ctl", "CREATED"));
    table.addColumn(translate("ctl", "EXPIRES"));
    for (const Json& client : clients) {
        const std::string expires = textOf(client, "expires");
        table.addRow({shown(textOf(client, "name")), shown(textOf(client, "masked")),
            joined(client.value("models", Json::array()), translate("ctl", "all")),
            shown(textOf(client, "created")),
            expires.empty() ? translate("ctl", "never") : shown(expires)});
    }
    table.print();
    return Done;
}

QString targetsText(const Json& alias)
{
    QStringList targets;
    for (const Json& target : alias.value("targets", Json::array())) {
        QString words = shown(textOf(target, "channel") + "/" + textOf(target, "model"));
        if (numberOf(target, "weight") != 1)
            words += QStringLiteral("@%1").arg(numberOf(target, "weight"));
        targets << words;
    }
    return targets.join(QStringLiteral(", "));
}

int addAlias(Console& console, const Given& given)
{
    if (!given.has("--to"))
        return console.fail(Error{ErrorKind::Invalid, "--to CHANNEL/MODEL is missing"});
    Json args{{"name", given.operands.first().toStdString()}};
    args["to"] = textList(given.list("--to"));
    args["replace"] = given.has("--replace");
    if (given.has("--on-loss"))
        args["onLoss"] = given.value("--on-loss").toStdString();
    Reply reply = console.ask("alias.add", std::move(args));
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(QStringLiteral("%1 -> %2").arg(shown(textOf(*reply, "name")), targetsText(*reply)));
    return Done;
}

int listAliases(Console& console, const Given&)
{
    Reply reply = console.ask("alias.list");
    if (!reply)
        return console.fail(reply);
    const Json& aliases = (*reply)["aliases"];
    if (console.wantsJson())
        return console.printJson(aliases);
    Table table;
    table.addColumn(translate("ctl", "ALIAS"));
    table.addColumn(translate("ctl", "TARGETS"));
    for (const Json& alias : aliases)
        table.addRow({shown(textOf(alias, "name")), targetsText(alias)});
    if (table.isEmpty())
        print(translate("ctl", "No aliases yet: waystationctl alias add NAME --to CHANNEL/MODEL"));
    else
        table.print();
    return Done;
}

int removeAlias(Console& console, const Given& given)
{
    Reply reply = console.ask("alias.remove", {{"name", given.operands.first().toStdString()}});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "Removed %1.").arg(given.operands.first()));
    return Done;
}

int listModels(Console& console, const Given&)
{
    Reply reply = console.ask("models");
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    Table table;
    table.addColumn(translate("ctl", "NAME"));
    table.addColumn(translate("ctl", "KIND"));
    table.addColumn(translate("ctl", "TARGETS"));
    for (const Json& model : (*reply)["models"])
        table.addRow({shown(textOf(model, "name")),
            textOf(model, "kind") == "alias" ? translate("ctl", "alias")
                                             : translate("ctl", "model"),
            joined(model.value("targets", Json::array()), QString())});
    if (!table.isEmpty())
        table.print();
    const QString any = joined((*reply)["channelsForAnyModel"], QString());
    if (!any.isEmpty())
        print(translate("ctl", "Any other name goes to: %1").arg(any));
    return Done;
}

const std::vector<Command> commands{
    {"alias add", "NAME", 1, 1,
        QT_TRANSLATE_NOOP("ctl", "a name that clients may ask for, and where it leads"),
        {
            {"--to", "CH/MODEL[@W],...",
                QT_TRANSLATE_NOOP("ctl",
                    "targets that share by weight; each further --to is asked when those before "
                    "fail"),
                true},
            {"--replace", nullptr, QT_TRANSLATE_NOOP("ctl", "change one that is there")},
            {"--on-loss", "warn|reject",
                QT_TRANSLATE_NOOP("ctl",
                    "what to do when the upstream's protocol cannot say all of a call")},
        },
        addAlias},
    {"alias list", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "all aliases"), {}, listAliases},
    {"alias remove", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "remove one"), {}, removeAlias},
    {"client add", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "make a client key; it is printed once"),
        {
            {"--models", "GLOB",
                QT_TRANSLATE_NOOP("ctl", "models that it may use; without any: all"), true},
            {"--expires", "DATE", QT_TRANSLATE_NOOP("ctl", "2026-12-31: void from that day on")},
            {"--budget", "USD/day", QT_TRANSLATE_NOOP("ctl", "money limit"), false, true},
            {"--rpm", "N", QT_TRANSLATE_NOOP("ctl", "calls a minute"), false, true},
        },
        addClient},
    {"client list", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "all client keys, masked"), {}, listClients},
    {"client rotate", "NAME", 1, 1,
        QT_TRANSLATE_NOOP("ctl", "make a new key for it; the old one is void"), {}, rotateClient},
    {"client revoke", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "refuse its key from now on"), {},
        revokeClient},
    {"models", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "every name that a client can ask for"), {},
        listModels},
};

}

std::span<const Command> clientCommands()
{
    return commands;
}

}
