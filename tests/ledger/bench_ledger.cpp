#include "ledger/ledger.h"
#include "some_calls.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

using namespace waystation;

namespace {

double millisSince(Tick start)
{
    return static_cast<double>(between(start, tickNow()).count()) / 1000;
}

double processMillis()
{
    return static_cast<double>(std::clock()) * 1000 / CLOCKS_PER_SEC;
}

void flushed(Ledger& ledger)
{
    // A flush gives up after some seconds of other work, so it is asked until nothing waits.
    for (;;) {
        QEventLoop loop;
        std::int64_t waiting = 0;
        ledger.flush([&] {
            ledger.figures(&ledger, [&](const LedgerFigures& figures) {
                waiting = figures.waiting;
                loop.quit();
            });
        });
        loop.exec();
        if (waiting == 0)
            return;
    }
}

/// Submits `count` copies of a few hundred calls, spread evenly over `span`.
void submitMany(Ledger& ledger, int count, TimePoint from, Seconds span, const std::string& prefix)
{
    std::mt19937 chance(1);
    std::vector<CallRecord> kinds;
    for (int i = 0; i < 500; ++i)
        kinds.push_back(someCall(chance, "", from, span));
    for (int i = 0; i < count; ++i) {
        CallRecord call = kinds[static_cast<std::size_t>(i) * 7919 % kinds.size()];
        char id[40];
        std::snprintf(id, sizeof id, "%s%018d", prefix.c_str(), i);
        call.id = CallId(id);
        call.startedAt = from + Micros(Micros(span).count() / count * i);
        if (!ledger.submit(std::move(call)))
            --i, flushed(ledger);
    }
    flushed(ledger);
}

template <class Ask> void report(const char* name, Ask ask)
{
    std::vector<double> times;
    std::size_t size = 0;
    for (int i = 0; i < 5; ++i) {
        QEventLoop loop;
        const Tick start = tickNow();
        ask([&](const auto& answer) {
            if constexpr (requires { answer.rows.size(); })
                size = answer.rows.size();
            else if constexpr (requires { answer.size(); })
                size = answer.size();
            loop.quit();
        });
        loop.exec();
        times.push_back(millisSince(start));
    }
    std::sort(times.begin(), times.end());
    std::printf("%-44s best %9.2f ms, median %9.2f, worst %9.2f, %6zu rows\n", name, times.front(),
        times[times.size() / 2], times.back(), size);
    std::fflush(stdout);
}

}

int main(int count, char** arguments)
{
    QCoreApplication application(count, arguments);
    const int rows = count > 1 ? std::atoi(arguments[1]) : 1'000'000;

    std::printf("rows written, by batch size\n");
    for (const int batch : {1, 10, 100, 500}) {
        QTemporaryDir folder;
        Ledger ledger;
        LedgerOptions options;
        options.path = folder.filePath(QStringLiteral("ledger.db"));
        options.batchRows = batch;
        if (!ledger.open(options))
            return 1;
        const int some = batch == 1 ? 3000 : 40'000;
        const Tick start = tickNow();
        const double cpu = processMillis();
        submitMany(ledger, some, autumn(), Seconds(86'400), "batch");
        const double millis = millisSince(start);
        std::printf(
            "  %4d: %9.0f rows/s, %6.1f us of CPU a row (making the records is part of it)\n",
            batch, some / millis * 1000, (processMillis() - cpu) * 1000 / some);
        std::fflush(stdout);
    }

    QTemporaryDir folder;
    Ledger ledger;
    LedgerOptions options;
    options.path = count > 2 ? QString::fromLocal8Bit(arguments[2])
                             : folder.filePath(QStringLiteral("ledger.db"));
    options.retentionDays = 0;
    options.mostBytes = 0;
    if (!ledger.open(options))
        return 1;
    constexpr Seconds span(90 * 86'400);
    const TimePoint from = autumn() - span;
    const Tick start = tickNow();
    submitMany(ledger, rows, from, span, "call");
    std::printf("%d rows over 90 days in %.1f s\n", rows, millisSince(start) / 1000);
    ledger.close();
    const Tick opening = tickNow();
    if (!ledger.open(options))
        return 1;
    std::printf("opened in %.1f ms, %.0f octets a row with details and indexes\n",
        millisSince(opening), static_cast<double>(QFileInfo(options.path).size()) / rows);

    const TimePoint now = autumn();
    const auto days = [&](int n) { return now - std::chrono::hours(24 * n); };
    const auto calls = [&](const char* name, const CallsQuery& query) {
        report(name, [&](auto done) { ledger.calls(query, nullptr, done); });
    };
    report("figures", [&](auto done) { ledger.figures(nullptr, done); });
    calls("last 200 rows", {});
    CallsQuery query;
    query.beforeRow = rows / 2;
    calls("200 rows in the middle", query);
    query = {};
    query.filter.failedOnly = true;
    query.filter.channel = "Channel 2";
    calls("200 failed of a channel", query);
    query = {};
    query.filter.client = "Client 3";
    calls("200 of a client", query);
    query = {};
    query.filter.model = "served-3";
    calls("200 of a model", query);
    query = {};
    query.filter.model = "asked-no-such";
    calls("none of an unknown model", query);
    query = {};
    query.filter.text = "number 4";
    calls("200 by text", query);
    query = {};
    query.filter.text = "no such words";
    calls("none by text (reads every row)", query);
    query = {};
    query.filter.from = days(7);
    calls("200 of the last 7 days", query);
    query.filter.until = days(6);
    calls("200 of the day 6 days ago", query);
    query = {};
    query.filter.until = days(85);
    calls("200 before 85 days ago", query);
    query = {};
    query.filter.costlyFirst = true;
    calls("200 costliest of all (reads every row)", query);
    query.filter.from = days(7);
    calls("200 costliest of 7 days", query);
    query = {};
    query.filter.slowFirst = true;
    query.filter.from = days(1);
    calls("200 slowest of a day", query);

    const auto usage = [&](const char* name, const UsageQuery& asked) {
        report(name, [&](auto done) { ledger.usage(asked, nullptr, done); });
    };
    usage("usage by day and model, 90 days", {from, now, GroupBy::Day, GroupBy::Model, 60});
    usage("usage by day and model, 7 days", {days(7), now, GroupBy::Day, GroupBy::Model, 60});
    usage("usage by hour, 24 hours, broken ends",
        {days(1) - Seconds(1000), now - Seconds(1000), GroupBy::Hour, GroupBy::None, 0});
    usage("usage in all, 90 days", {from, now, GroupBy::None, GroupBy::None, 0});
    report("speed, 24 hours", [&](auto done) { ledger.speed(days(1), now, nullptr, done); });
    report("speed, 90 days", [&](auto done) { ledger.speed(from, now, nullptr, done); });
    report("strips", [&](auto done) { ledger.strips(now, nullptr, done); });
    report("a call with its detail",
        [&](auto done) { ledger.call(CallId("call000000000000001234"), nullptr, done); });

    const Tick copying = tickNow();
    QEventLoop loop;
    ledger.backupTo(folder.filePath(QStringLiteral("copy.db")), [&](const Result<void>& result) {
        std::printf("backup %s in %.0f ms\n", result ? "made" : "failed", millisSince(copying));
        loop.quit();
    });
    loop.exec();
    const Tick erasing = tickNow();
    ledger.eraseAll([&](const Result<void>& result) {
        std::printf("erased%s in %.0f ms\n", result ? "" : " with traces", millisSince(erasing));
        loop.quit();
    });
    loop.exec();
    return 0;
}
