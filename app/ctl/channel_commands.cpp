#include "app/ctl/command.h"
#include "app/ctl/console.h"
#include "app/ctl/terminal.h"

namespace waystation::ctl {

namespace {

QString joined(const Json& list)
{
    QStringList words;
    if (list.is_array()) {
        for (const Json& word : list)
            words << (word.is_string() ? shown(word.get<std::string>()) : QString());
    }
    return words.join(QStringLiteral(", "));
}

/// A number of an option; false when it is none.
bool putNumber(
    const Given& given, const char* option, const char* field, Json& args, double factor = 1)
{
    if (!given.has(option))
        return true;
    bool isNumber = false;
    const double number = given.value(option).toDouble(&isNumber);
    args[field] = static_cast<std::int64_t>(number * factor + 0.5);
    return isNumber && number >= 0 && number < 1e12;
}

Json listJson(const QStringList& values)
{
    Json list = Json::array();
    for (const QString& value : values) {
        if (!value.isEmpty())
            list.push_back(value.toStdString());
    }
    return list;
}

/// What channel add and channel edit share.
Reply channelArgs(const Given& given)
{
    const auto wrong = [](const char* text) { return Error{ErrorKind::Invalid, text}; };
    Json args = Json::object();
    args["name"] = given.operands.value(0).toStdString();
    if (given.has("--base-url"))
        args["baseUrl"] = given.value("--base-url").toStdString();
    if (given.has("--dialect"))
        args["dialects"] = listJson(given.list("--dialect"));
    if (given.has("--model"))
        args["models"] = listJson(given.list("--model"));
    if (given.has("--tag"))
        args["tags"] = listJson(given.list("--tag"));
    if (given.has("--quirk"))
        args["quirks"] = listJson(given.list("--quirk"));
    if (given.has("--proxy"))
        args["proxy"] = given.value("--proxy").toStdString();
    if (given.has("--ca-file"))
        args["caFile"] = given.value("--ca-file").toStdString();
    if (given.has("--header")) {
        Json headers = Json::object();
        for (const QString& header : given.list("--header")) {
            if (header.isEmpty())
                continue;
            const auto colon = header.indexOf(QLatin1Char(':'));
            if (colon < 1)
                return wrong("--header is \"Name: value\"");
            headers[header.left(colon).trimmed().toStdString()]
                = header.mid(colon + 1).trimmed().toStdString();
        }
        args["headers"] = std::move(headers);
    }
    if (!putNumber(given, "--priority", "priority", args)
        || !putNumber(given, "--weight", "weight", args)
        || !putNumber(given, "--connect-seconds", "connectSeconds", args)
        || !putNumber(given, "--first-byte-seconds", "firstByteSeconds", args)
        || !putNumber(given, "--idle-seconds", "idleSeconds", args)
        || !putNumber(given, "--multiplier", "multiplierThousandths", args, 1000))
        return wrong("--priority, --weight, --multiplier and the limits in seconds are numbers");
    return args;
}

/// The key from where the options say; empty when nobody gives one.
Result<Secret> keyFrom(const Given& given, const QString& question, bool asks)
{
    if (given.has("--key-env") && given.has("--key-stdin"))
        return Error{ErrorKind::Invalid, "--key-env and --key-stdin do not go together"};
    if (given.has("--key-stdin"))
        return secretFromStdin();
    if (given.has("--key-env")) {
        std::string value
            = qgetenv(given.value("--key-env").toLocal8Bit().constData()).toStdString();
        return Secret::taking(value);
    }
    if (asks && hasTerminal()) {
        auto typed = promptSecret(question);
        if (typed)
            return typed;
    }
    return Secret();
}

void printChannel(const Json& channel)
{
    const auto row = [](const QString& name, const QString& value) {
        if (!value.isEmpty())
            print(QStringLiteral("%1  %2").arg(name.leftJustified(12), value));
    };
    row(translate("ctl", "Name"), shown(textOf(channel, "name")));
    row(translate("ctl", "Provider"), shown(textOf(channel, "provider")));
    row(translate("ctl", "State"), shown(textOf(channel, "state"), 300));
    for (const Json& endpoint : channel.value("endpoints", Json::array()))
        row(translate("ctl", "Address"),
            QStringLiteral("%1  %2").arg(
                shown(textOf(endpoint, "dialect")), shown(textOf(endpoint, "address"), 300)));
    for (const Json& key : channel.value("keys", Json::array())) {
        QString words = QStringLiteral("%1  %2  %3")
                            .arg(shown(textOf(key, "label")), shown(textOf(key, "masked")),
                                shown(textOf(key, "state")));
        if (const std::string detail = textOf(key, "detail"); !detail.empty())
            words += QStringLiteral(": ") + shown(detail, 200);
        row(translate("ctl", "Key"), words);
    }
    const QString models = joined(channel.value("models", Json::array()));
    row(translate("ctl", "Models"), models.isEmpty() ? translate("ctl", "any") : models);
    row(translate("ctl", "Priority"), QString::number(numberOf(channel, "priority")));
    row(translate("ctl", "Weight"), QString::number(numberOf(channel, "weight")));
    row(translate("ctl", "Proxy"), shown(textOf(channel, "proxy")));
    row(translate("ctl", "Tags"), joined(channel.value("tags", Json::array())));
    row(translate("ctl", "Habits"), joined(channel.value("quirks", Json::array())));
}

int finish(Console& console, Reply& reply, const QString& done)
{
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(done);
    return Done;
}

int add(Console& console, const Given& given)
{
    Reply args = channelArgs(given);
    if (!args)
        return console.fail(args);
    if (!given.has("--provider"))
        return console.fail(Error{ErrorKind::Invalid,
            "--provider is missing; \"waystationctl channel providers\" lists them"});
    (*args)["provider"] = given.value("--provider").toStdString();
    if (given.has("--key-label"))
        (*args)["keyLabel"] = given.value("--key-label").toStdString();
    if (given.has("--key-env"))
        (*args)["keyEnvironment"] = given.value("--key-env").toStdString();
    auto key = keyFrom(given,
        translate("ctl", "Key for %1 (nothing: later):").arg(given.operands.first()),
        given.value("--provider") != QLatin1String("practice"));
    if (!key)
        return console.fail(key.error());
    const bool hasKey = !key->isEmpty() || given.has("--key-env");
    Reply reply = console.ask("channel.add", std::move(*args),
        hasKey ? Needs::Vault : Needs::Nothing, {std::move(*key), Secret()});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "Added channel %1.").arg(shown(textOf(*reply, "name"))));
    printChannel(*reply);
    if (textOf(*reply, "state") == "no key")
        print(translate("ctl", "It has no key yet: waystationctl channel key add %1")
                  .arg(given.operands.first()));
    else
        print(
            translate("ctl", "Try it: waystationctl channel test %1").arg(given.operands.first()));
    return Done;
}

int list(Console& console, const Given&)
{
    Reply reply = console.ask("channel.list");
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson((*reply)["channels"]);
    Table table;
    table.addColumn(translate("ctl", "NAME"));
    table.addColumn(translate("ctl", "PROVIDER"));
    table.addColumn(translate("ctl", "STATE"));
    table.addColumn(translate("ctl", "PRIORITY"), Table::Side::Right);
    table.addColumn(translate("ctl", "KEYS"), Table::Side::Right);
    table.addColumn(translate("ctl", "MODELS"));
    for (const Json& channel : (*reply)["channels"]) {
        const QString models = joined(channel.value("models", Json::array()));
        table.addRow({shown(textOf(channel, "name")), shown(textOf(channel, "provider")),
            shown(textOf(channel, "state"), 60), QString::number(numberOf(channel, "priority")),
            QString::number(channel.value("keys", Json::array()).size()),
            models.isEmpty() ? translate("ctl", "any") : shown(models.toStdString(), 60)});
    }
    table.print();
    return Done;
}

int show(Console& console, const Given& given)
{
    Reply reply = console.ask("channel.show", {{"name", given.operands.first().toStdString()}});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    printChannel(*reply);
    return Done;
}

int edit(Console& console, const Given& given)
{
    Reply args = channelArgs(given);
    if (!args)
        return console.fail(args);
    if (given.has("--name"))
        (*args)["newName"] = given.value("--name").toStdString();
    const bool hasPassword = given.has("--proxy-password-stdin");
    if (args->size() < 2 && !hasPassword)
        return console.fail(Error{
            ErrorKind::Invalid, "nothing to change; see \"waystationctl channel edit --help\""});
    Reply reply = console.ask("channel.edit", *args);
    if (reply && hasPassword) {
        auto password = secretFromStdin();
        if (!password)
            return console.fail(password.error());
        const Json name{{"name", textOf(*reply, "name")}};
        if (Reply stored = console.ask(
                "channel.proxy_password", name, Needs::Vault, {std::move(*password), Secret()});
            !stored)
            return console.fail(stored);
    }
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    printChannel(*reply);
    return Done;
}

int test(Console& console, const Given& given)
{
    Json args{{"name", given.operands.first().toStdString()}};
    args["model"] = given.value("--model").toStdString();
    Reply reply = console.ask("channel.test", std::move(args), Needs::Relay);
    if (!reply)
        return console.fail(reply);
    const bool isOk = flagOf(*reply, "ok");
    if (console.wantsJson()) {
        console.printJson(*reply);
        return isOk ? Done : Failed;
    }
    if (!isOk) {
        complain(
            translate("ctl", "The call failed: %1").arg(shown(textOf(*reply, "error"), 2'000)));
        if (const std::string call = textOf(*reply, "call"); !call.empty())
            complain(
                translate("ctl", "What was tried: waystationctl calls show %1").arg(shown(call)));
        return Failed;
    }
    print(translate("ctl", "%1 answered after %2 ms, whole after %3 ms:")
              .arg(shown(textOf(*reply, "model")))
              .arg(numberOf(*reply, "firstByteMs"))
              .arg(numberOf(*reply, "totalMs")));
    print(shown(textOf(*reply, "answer"), 600));
    return Done;
}

int fetchModels(Console& console, const Given& given)
{
    Reply reply = console.ask(
        "channel.models", {{"name", given.operands.first().toStdString()}}, Needs::Relay);
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson((*reply)["models"]);
    for (const Json& model : (*reply)["models"])
        print(shown(model.get<std::string>(), 200));
    return Done;
}

int enable(Console& console, const Given& given)
{
    Reply reply = console.ask("channel.enable", {{"name", given.operands.first().toStdString()}});
    return finish(console, reply, translate("ctl", "Enabled %1.").arg(given.operands.first()));
}

int disable(Console& console, const Given& given)
{
    Reply reply = console.ask("channel.disable", {{"name", given.operands.first().toStdString()}});
    return finish(console, reply, translate("ctl", "Disabled %1.").arg(given.operands.first()));
}

int remove(Console& console, const Given& given)
{
    Reply reply = console.ask(
        "channel.remove", {{"name", given.operands.first().toStdString()}}, Needs::Vault);
    return finish(
        console, reply, translate("ctl", "Removed %1 and its keys.").arg(given.operands.first()));
}

int listProviders(Console& console, const Given&)
{
    Reply reply = console.ask("provider.list");
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson((*reply)["providers"]);
    Table table;
    table.addColumn(translate("ctl", "ID"));
    table.addColumn(translate("ctl", "NAME"));
    table.addColumn(translate("ctl", "SPEAKS"));
    table.addColumn(translate("ctl", "NEEDS"));
    for (const Json& provider : (*reply)["providers"]) {
        QStringList needs;
        if (flagOf(provider, "needsBaseUrl"))
            needs << QStringLiteral("--base-url");
        if (flagOf(provider, "needsKey"))
            needs << translate("ctl", "a key");
        table.addRow({shown(textOf(provider, "id")), shown(textOf(provider, "name")),
            joined(provider.value("dialects", Json::array())), needs.join(QStringLiteral(", "))});
    }
    table.print();
    return Done;
}

int listQuirks(Console& console, const Given&)
{
    Reply reply = console.ask("quirk.list");
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson((*reply)["quirks"]);
    Table table;
    table.addColumn(translate("ctl", "NAME"));
    table.addColumn(translate("ctl", "WHAT IT MEANS"));
    for (const Json& quirk : (*reply)["quirks"])
        table.addRow({shown(textOf(quirk, "name")), shown(textOf(quirk, "about"), 200)});
    table.print();
    return Done;
}

// Keys of a channel

int addKey(Console& console, const Given& given)
{
    auto key = keyFrom(given, translate("ctl", "Key for %1:").arg(given.operands.first()), true);
    if (!key)
        return console.fail(key.error());
    if (key->isEmpty() && !given.has("--key-env"))
        return console.fail(
            Error{ErrorKind::Invalid, "no key was given; say --key-stdin or --key-env NAME"});
    Json args{{"name", given.operands.first().toStdString()}};
    args["keyLabel"] = given.value("--label").toStdString();
    if (given.has("--key-env"))
        args["keyEnvironment"] = given.value("--key-env").toStdString();
    Reply reply
        = console.ask("key.add", std::move(args), Needs::Vault, {std::move(*key), Secret()});
    if (!reply)
        return console.fail(reply);
    return finish(
        console, reply, translate("ctl", "Added %1.").arg(shown(textOf(*reply, "label"))));
}

Json keyArgs(const Given& given)
{
    return Json{{"name", given.operands.first().toStdString()},
        {"key", given.operands.value(1).toStdString()}};
}

int replaceKey(Console& console, const Given& given)
{
    auto key
        = keyFrom(given, translate("ctl", "New key for %1:").arg(given.operands.first()), true);
    if (!key)
        return console.fail(key.error());
    if (key->isEmpty())
        return console.fail(
            Error{ErrorKind::Invalid, "no key was given; say --key-stdin or --key-env NAME"});
    Reply reply
        = console.ask("key.replace", keyArgs(given), Needs::Vault, {std::move(*key), Secret()});
    return finish(console, reply, translate("ctl", "Replaced."));
}

int removeKey(Console& console, const Given& given)
{
    Reply reply = console.ask("key.remove", keyArgs(given), Needs::Vault);
    return finish(console, reply, translate("ctl", "Removed."));
}

int listKeys(Console& console, const Given& given)
{
    Reply reply = console.ask("key.list", {{"name", given.operands.first().toStdString()}});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson((*reply)["keys"]);
    Table table;
    table.addColumn(translate("ctl", "KEY"));
    table.addColumn(translate("ctl", "MASKED"));
    table.addColumn(translate("ctl", "STATE"));
    table.addColumn(translate("ctl", "STORED IN"));
    table.addColumn(translate("ctl", "WHY"));
    for (const Json& key : (*reply)["keys"]) {
        const std::string variable = textOf(key, "environment");
        table.addRow(
            {shown(textOf(key, "label")), shown(textOf(key, "masked")), shown(textOf(key, "state")),
                variable.empty() ? shown(textOf(key, "storedIn"))
                                 : QStringLiteral("$") + shown(variable),
                shown(textOf(key, "detail"))});
    }
    table.print();
    return Done;
}

const std::vector<Option> keyOptions{
    {"--key-env", "NAME", QT_TRANSLATE_NOOP("ctl", "take the key from that environment variable")},
    {"--key-stdin", nullptr, QT_TRANSLATE_NOOP("ctl", "read the key from standard input")},
    {"--label", "TEXT", QT_TRANSLATE_NOOP("ctl", "what the key is called")},
};

std::vector<Option> channelOptions(std::vector<Option> own)
{
    const std::vector<Option> shared{
        {"--base-url", "URL",
            QT_TRANSLATE_NOOP("ctl", "the upstream's address; empty: the provider's own")},
        {"--dialect", "NAME",
            QT_TRANSLATE_NOOP("ctl", "openai-chat, openai-responses, anthropic or gemini"), true},
        {"--model", "MODEL", QT_TRANSLATE_NOOP("ctl", "a model that it serves; without any: all"),
            true},
        {"--quirk", "+NAME|-NAME",
            QT_TRANSLATE_NOOP("ctl",
                "switch a habit of the upstream on or off; \"channel quirks\" lists them"),
            true},
        {"--priority", "N", QT_TRANSLATE_NOOP("ctl", "lower is asked first")},
        {"--weight", "N", QT_TRANSLATE_NOOP("ctl", "share among channels of one priority")},
        {"--proxy", "URL",
            QT_TRANSLATE_NOOP(
                "ctl", "http://host:port, socks5://host:port, system, none or inherit")},
        {"--ca-file", "FILE",
            QT_TRANSLATE_NOOP("ctl", "certificates to trust for this channel, PEM")},
        {"--header", "\"N: V\"",
            QT_TRANSLATE_NOOP("ctl", "a header to add to its calls; nothing secret"), true},
        {"--multiplier", "X", QT_TRANSLATE_NOOP("ctl", "factor on its prices")},
        {"--tag", "WORD", QT_TRANSLATE_NOOP("ctl", "a word to find it by"), true},
        {"--connect-seconds", "N", QT_TRANSLATE_NOOP("ctl", "limit for connecting")},
        {"--first-byte-seconds", "N",
            QT_TRANSLATE_NOOP("ctl", "limit for the first octet of an answer")},
        {"--idle-seconds", "N", QT_TRANSLATE_NOOP("ctl", "limit for silence within an answer")},
    };
    own.insert(own.end(), shared.begin(), shared.end());
    return own;
}

const std::vector<Command> commands{
    {"channel add", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "add an upstream"),
        channelOptions({
            {"--provider", "ID",
                QT_TRANSLATE_NOOP("ctl", "which service; \"channel providers\" lists them")},
            {"--key-env", "NAME",
                QT_TRANSLATE_NOOP("ctl", "take the key from that environment variable")},
            {"--key-stdin", nullptr, QT_TRANSLATE_NOOP("ctl", "read the key from standard input")},
            {"--key-label", "TEXT", QT_TRANSLATE_NOOP("ctl", "what the key is called")},
        }),
        add},
    {"channel list", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "all channels and their state"), {}, list},
    {"channel show", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "one channel in full"), {}, show},
    {"channel edit", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "change what the options name"),
        channelOptions({
            {"--name", "NAME", QT_TRANSLATE_NOOP("ctl", "a new name")},
            {"--proxy-password-stdin", nullptr,
                QT_TRANSLATE_NOOP("ctl", "read the proxy's password from standard input")},
        }),
        edit},
    {"channel test", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "make one real streamed call"),
        {{"--model", "MODEL",
            QT_TRANSLATE_NOOP("ctl", "the model to ask; else the first that fits")}},
        test},
    {"channel models", "NAME", 1, 1,
        QT_TRANSLATE_NOOP("ctl", "ask the upstream which models it has"), {}, fetchModels},
    {"channel enable", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "use it"), {}, enable},
    {"channel disable", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "keep it, but do not use it"), {},
        disable},
    {"channel remove", "NAME", 1, 1, QT_TRANSLATE_NOOP("ctl", "remove it and its keys"), {},
        remove},
    {"channel providers", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "the services that can be chosen"), {},
        listProviders},
    {"channel quirks", "", 0, 0,
        QT_TRANSLATE_NOOP("ctl", "habits of upstreams that can be switched for a channel"), {},
        listQuirks},
    {"channel key add", "CHANNEL", 1, 1, QT_TRANSLATE_NOOP("ctl", "store one more key"), keyOptions,
        addKey},
    {"channel key replace", "CHANNEL [KEY]", 1, 2,
        QT_TRANSLATE_NOOP("ctl", "store a new value for a key"), keyOptions, replaceKey},
    {"channel key remove", "CHANNEL [KEY]", 1, 2, QT_TRANSLATE_NOOP("ctl", "forget a key"), {},
        removeKey},
    {"channel key list", "CHANNEL", 1, 1,
        QT_TRANSLATE_NOOP("ctl", "its keys, masked, and their state"), {}, listKeys},
};

}

std::span<const Command> channelCommands()
{
    return commands;
}

}
