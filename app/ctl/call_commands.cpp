#include "app/ctl/command.h"
#include "app/ctl/console.h"
#include "app/ctl/stop_signals.h"
#include "app/ctl/terminal.h"

#include <QDateTime>
#include <QEventLoop>
#include <QTimer>

namespace waystation::ctl {

namespace {

constexpr int followMillis = 500;

/// "45s", "30m", "1h", "7d" in seconds.
std::optional<std::int64_t> secondsFrom(const QString& text)
{
    if (text.size() < 2)
        return std::nullopt;
    bool isNumber = false;
    const qlonglong count = text.left(text.size() - 1).toLongLong(&isNumber);
    if (!isNumber || count < 0 || count > 100'000'000)
        return std::nullopt;
    switch (text.back().unicode()) {
    case 's':
        return count;
    case 'm':
        return count * 60;
    case 'h':
        return count * 3'600;
    case 'd':
        return count * 86'400;
    default:
        return std::nullopt;
    }
}

/// False when --since or --from cannot be read.
bool putSpan(const Given& given, Json& args)
{
    if (given.has("--since")) {
        const auto seconds = secondsFrom(given.value("--since"));
        if (!seconds)
            return false;
        args["sinceSeconds"] = *seconds;
    }
    for (const char* name : {"from", "until"}) {
        const QByteArray option = QByteArray("--") + name;
        if (given.has(option.constData()))
            args[name] = given.value(option.constData()).toStdString();
    }
    return true;
}

const Error badSince{ErrorKind::Invalid, "--since is a span such as 30m, 1h or 7d"};

QString millisText(const Json& call, const char* field)
{
    if (!call.contains(field) || !call[field].is_number())
        return QStringLiteral("-");
    const double seconds = double(numberOf(call, field)) / 1000.0;
    return QString::number(seconds, 'f', seconds < 10 ? 2 : 1) + QStringLiteral(" s");
}

QString costText(const Json& call)
{
    const std::string cost = textOf(call, "costUsd");
    // An unknown price is told as unknown, never as nothing.
    return cost.empty() ? translate("ctl", "unknown") : QStringLiteral("$") + shown(cost);
}

Table callTable()
{
    Table table;
    table.addColumn(translate("ctl", "TIME"));
    table.addColumn(translate("ctl", "CLIENT"));
    table.addColumn(translate("ctl", "MODEL"));
    table.addColumn(translate("ctl", "CHANNEL"));
    table.addColumn(translate("ctl", "OUTCOME"));
    table.addColumn(translate("ctl", "FIRST"), Table::Side::Right);
    table.addColumn(translate("ctl", "WHOLE"), Table::Side::Right);
    table.addColumn(translate("ctl", "IN"), Table::Side::Right);
    table.addColumn(translate("ctl", "OUT"), Table::Side::Right);
    table.addColumn(translate("ctl", "COST"), Table::Side::Right);
    return table;
}

QStringList callCells(const Json& call)
{
    const QDateTime when
        = QDateTime::fromString(QString::fromStdString(textOf(call, "startedAt")), Qt::ISODate)
              .toLocalTime();
    QString model = shown(textOf(call, "askedModel"), 40);
    if (const std::string served = textOf(call, "servedModel");
        !served.empty() && served != textOf(call, "askedModel"))
        model += QStringLiteral(" -> ") + shown(served, 40);
    QString outcome = shown(textOf(call, "outcome"));
    if (const std::int64_t status = numberOf(call, "status"); status != 0 && status != 200)
        outcome += QStringLiteral(" %1").arg(status);
    if (const std::string kind = textOf(call, "error"); !kind.empty())
        outcome += QStringLiteral(" (%1)").arg(shown(kind, 40));
    return {when.toString(QStringLiteral("MM-dd HH:mm:ss")), shown(textOf(call, "client"), 24),
        model, shown(textOf(call, "channel"), 24), outcome, millisText(call, "firstTokenMs"),
        millisText(call, "endMs"), QString::number(numberOf(call, "inputTokens")),
        QString::number(numberOf(call, "outputTokens")), costText(call)};
}

int listCalls(Console& console, const Given& given)
{
    Json args = Json::object();
    if (!putSpan(given, args))
        return console.fail(badSince);
    for (const char* name : {"client", "channel", "model", "text"}) {
        const QByteArray option = QByteArray("--") + name;
        if (given.has(option.constData()))
            args[name] = given.value(option.constData()).toStdString();
    }
    args["failed"] = given.has("--failed");
    if (given.has("--limit")) {
        bool isNumber = false;
        args["limit"] = given.value("--limit").toInt(&isNumber);
        if (!isNumber)
            return console.fail(Error{ErrorKind::Invalid, "--limit is a number"});
    }
    const bool follows = given.has("--follow");
    Reply reply = console.ask("calls.list", args);
    if (!reply)
        return console.fail(reply);
    if (!follows) {
        if (console.wantsJson())
            return console.printJson((*reply)["calls"]);
        Table table = callTable();
        // Newest last, where the eye is on a terminal.
        const Json& calls = (*reply)["calls"];
        for (auto call = calls.rbegin(); call != calls.rend(); ++call)
            table.addRow(callCells(*call));
        if (table.isEmpty())
            print(translate("ctl", "No calls."));
        else
            table.print();
        return Done;
    }

    StopSignals signals_;
    bool isStopped = false;
    QEventLoop pause;
    QObject::connect(&signals_, &StopSignals::asked, &pause, [&] {
        isStopped = true;
        pause.quit();
    });
    std::int64_t last = 0;
    while (true) {
        const Json& calls = (*reply)["calls"];
        for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
            last = std::max(last, numberOf(*call, "row"));
            if (console.wantsJson())
                console.printJson(*call);
            else
                print(callCells(*call).join(QStringLiteral("  ")));
        }
        QTimer::singleShot(followMillis, &pause, &QEventLoop::quit);
        pause.exec();
        if (isStopped)
            return Done;
        args["afterRow"] = last;
        reply = console.ask("calls.list", args);
        if (!reply)
            return console.fail(reply);
    }
}

int showCall(Console& console, const Given& given)
{
    Reply reply = console.ask("calls.show", {{"id", given.operands.first().toStdString()}});
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    // The record with its attempts and route is a tree; it is shown as one.
    const std::string tree = reply->dump(2, ' ', false, Json::error_handler_t::replace);
    for (const QString& line : QString::fromStdString(tree).split(QLatin1Char('\n')))
        print(line);
    return Done;
}

int usage(Console& console, const Given& given)
{
    Json args = Json::object();
    if (!putSpan(given, args))
        return console.fail(badSince);
    args["by"] = given.has("--by") ? given.value("--by").toStdString() : std::string("model");
    args["utcOffsetMinutes"] = QDateTime::currentDateTime().offsetFromUtc() / 60;
    Reply reply = console.ask("usage", std::move(args));
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    Table table;
    table.addColumn(given.has("--by") ? given.value("--by").toUpper() : translate("ctl", "MODEL"));
    for (const QString& title :
        {translate("ctl", "CALLS"), translate("ctl", "FAILED"), translate("ctl", "INPUT"),
            translate("ctl", "CACHED"), translate("ctl", "OUTPUT"), translate("ctl", "COST")})
        table.addColumn(title, Table::Side::Right);
    for (const Json& row : (*reply)["rows"]) {
        QString cost = QStringLiteral("$") + shown(textOf(row, "costUsd"));
        if (const auto unpriced = numberOf(row, "unpriced"); unpriced > 0)
            cost += translate("ctl", " + %1 calls of unknown price").arg(unpriced);
        table.addRow({shown(textOf(row, "key"), 60), QString::number(numberOf(row, "calls")),
            QString::number(numberOf(row, "failed")), QString::number(numberOf(row, "input")),
            QString::number(numberOf(row, "cacheRead")), QString::number(numberOf(row, "output")),
            cost});
    }
    if (table.isEmpty())
        print(translate("ctl", "No calls."));
    else
        table.print();
    return Done;
}

QString pricesText(const Json& prices)
{
    const auto one = [&](const char* field) {
        const std::string value = textOf(prices, field);
        return value.empty() ? QStringLiteral("-") : shown(value);
    };
    return translate("ctl", "in %1  out %2  cached %3")
        .arg(one("input"), one("output"), one("cacheRead"));
}

int listPrices(Console& console, const Given& given)
{
    Json args = Json::object();
    args["model"] = given.operands.value(0).toStdString();
    Reply reply = console.ask("prices.list", std::move(args));
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    const Json& list = (*reply)["list"];
    print(translate("ctl", "Built-in list of %1 with %2 models; USD per million tokens.")
              .arg(shown(textOf(list, "date")))
              .arg(numberOf(list, "models")));
    Table table;
    table.addColumn(translate("ctl", "CHANNEL"));
    table.addColumn(translate("ctl", "MODEL"));
    table.addColumn(translate("ctl", "PRICE"));
    table.addColumn(translate("ctl", "SOURCE"));
    for (const Json& row : (*reply)["own"])
        table.addRow({textOf(row, "channel").empty() ? translate("ctl", "all")
                                                     : shown(textOf(row, "channel")),
            shown(textOf(row, "model")), pricesText(row["prices"]), translate("ctl", "your own")});
    for (const Json& row : (*reply)["found"]) {
        const bool isKnown = row.contains("prices");
        table.addRow({shown(textOf(row, "channel")), shown(textOf(row, "model")),
            isKnown ? pricesText(row["prices"]) : translate("ctl", "unknown"),
            isKnown ? shown(textOf(row, "source") + ": " + textOf(row, "entry")) : QString()});
    }
    if (!table.isEmpty())
        table.print();
    return Done;
}

int setPrice(Console& console, const Given& given)
{
    Json args{{"model", given.operands.first().toStdString()}};
    args["channel"] = given.value("--channel").toStdString();
    const std::pair<const char*, const char*> fields[] = {{"--input", "input"},
        {"--output", "output"}, {"--cache-read", "cacheRead"}, {"--cache-write", "cacheWrite"}};
    for (const auto& [option, field] : fields) {
        if (given.has(option))
            args[field] = given.value(option).toStdString();
    }
    Reply reply = console.ask("prices.set", std::move(args));
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "Set. Calls that begin from now on cost that."));
    return Done;
}

int removePrice(Console& console, const Given& given)
{
    Json args{{"model", given.operands.first().toStdString()}};
    args["channel"] = given.value("--channel").toStdString();
    Reply reply = console.ask("prices.remove", std::move(args));
    if (!reply)
        return console.fail(reply);
    if (console.wantsJson())
        return console.printJson(*reply);
    print(translate("ctl", "Removed; the built-in list counts again."));
    return Done;
}

const std::vector<Command> commands{
    {"calls", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "the log of calls, newest last"),
        {
            {"--follow", nullptr, QT_TRANSLATE_NOOP("ctl", "go on with new ones until Ctrl-C")},
            {"--since", "SPAN", QT_TRANSLATE_NOOP("ctl", "30m, 1h, 7d")},
            {"--from", "DATE", QT_TRANSLATE_NOOP("ctl", "from that day or moment on")},
            {"--until", "DATE", QT_TRANSLATE_NOOP("ctl", "before that day or moment")},
            {"--client", "NAME", QT_TRANSLATE_NOOP("ctl", "of one client")},
            {"--channel", "NAME", QT_TRANSLATE_NOOP("ctl", "of one channel")},
            {"--model", "MODEL", QT_TRANSLATE_NOOP("ctl", "of one model, asked or served")},
            {"--text", "TEXT", QT_TRANSLATE_NOOP("ctl", "with that in models, names or error")},
            {"--failed", nullptr, QT_TRANSLATE_NOOP("ctl", "only those that were not done")},
            {"--limit", "N", QT_TRANSLATE_NOOP("ctl", "at most so many; 50 else")},
        },
        listCalls},
    {"calls show", "ID", 1, 1,
        QT_TRANSLATE_NOOP("ctl", "one call with its attempts, route, usage and cost"), {},
        showCall},
    {"usage", "", 0, 0, QT_TRANSLATE_NOOP("ctl", "calls, tokens and money, summed"),
        {
            {"--by", "WHAT", QT_TRANSLATE_NOOP("ctl", "model, channel, client, day or hour")},
            {"--since", "SPAN", QT_TRANSLATE_NOOP("ctl", "30m, 1h, 7d; 30 days else")},
            {"--from", "DATE", QT_TRANSLATE_NOOP("ctl", "from that day or moment on")},
            {"--until", "DATE", QT_TRANSLATE_NOOP("ctl", "before that day or moment")},
        },
        usage},
    {"prices list", "[MODEL]", 0, 1, QT_TRANSLATE_NOOP("ctl", "what models cost on each channel"),
        {}, listPrices},
    {"prices set", "MODEL", 1, 1,
        QT_TRANSLATE_NOOP("ctl", "your own price, in USD per million tokens"),
        {
            {"--input", "USD", QT_TRANSLATE_NOOP("ctl", "input")},
            {"--output", "USD", QT_TRANSLATE_NOOP("ctl", "output")},
            {"--cache-read", "USD",
                QT_TRANSLATE_NOOP("ctl", "input that was cached; else as input")},
            {"--cache-write", "USD",
                QT_TRANSLATE_NOOP("ctl", "input that is put in the cache; else as input")},
            {"--channel", "NAME", QT_TRANSLATE_NOOP("ctl", "on that channel only")},
        },
        setPrice},
    {"prices remove", "MODEL", 1, 1, QT_TRANSLATE_NOOP("ctl", "go back to the built-in list"),
        {{"--channel", "NAME", QT_TRANSLATE_NOOP("ctl", "the price of that channel")}},
        removePrice},
};

}

std::span<const Command> callCommands()
{
    return commands;
}

}
