#include "ledger/ledger.h"
#include "ledger/reports.h"
#include "some_calls.h"

#include <QDir>
#include <QSignalSpy>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

using namespace waystation;

namespace {

constexpr int patience = 60'000;

template <class Answer, class Ask> Answer answerOf(Ask ask)
{
    std::optional<Answer> got;
    ask([&](Answer answer) { got = std::move(answer); });
    if (!QTest::qWaitFor([&] { return got.has_value(); }, patience))
        qFatal("no answer came");
    return std::move(*got);
}

void waitForWrites(Ledger& ledger)
{
    bool done = false;
    ledger.flush([&] { done = true; });
    QVERIFY(QTest::qWaitFor([&] { return done; }, patience));
}

CallsPage callsOf(Ledger& ledger, const CallsQuery& query)
{
    return answerOf<CallsPage>([&](auto done) { ledger.calls(query, &ledger, done); });
}

LedgerFigures figuresOf(Ledger& ledger)
{
    return answerOf<LedgerFigures>([&](auto done) { ledger.figures(&ledger, done); });
}

std::vector<UsageRow> usageOf(Ledger& ledger, const UsageQuery& query)
{
    return answerOf<std::vector<UsageRow>>([&](auto done) { ledger.usage(query, &ledger, done); });
}

std::vector<std::int64_t> rowsOf(const CallsPage& page)
{
    std::vector<std::int64_t> rows;
    for (const CallRow& row : page.rows)
        rows.push_back(row.row);
    return rows;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

bool fits(const CallRecord& call, const CallFilter& filter)
{
    if (filter.from && call.startedAt < *filter.from)
        return false;
    if (filter.until && call.startedAt >= *filter.until)
        return false;
    if (!filter.client.empty() && call.clientName != filter.client)
        return false;
    if (!filter.channel.empty() && call.channelName != filter.channel)
        return false;
    if (!filter.model.empty() && call.askedModel.text() != filter.model
        && call.servedModel.text() != filter.model)
        return false;
    if (filter.failedOnly && call.outcome == Outcome::Done)
        return false;
    if (filter.text.empty())
        return true;
    for (const std::string& text :
        {call.askedModel.text(), call.servedModel.text(), call.answeredModel.text(),
            call.clientName, call.channelName, call.error ? call.error->message : std::string()}) {
        if (contains(text, filter.text))
            return true;
    }
    return false;
}

}

class TestLedger : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void aRowComesBackAsItWent();
    void aRowIsWrittenExactlyOnce();
    void namesStayAsTheyWere();
    void oddTextIsKept();
    void theFileIsForItsOwnerOnly();
    void rollupsEqualTheRows();
    void brokenHoursAtTheEndsAreExact();
    void pagesFollowEachOther();
    void newRowsAreFollowed();
    void filtersPick_data();
    void filtersPick();
    void aFilterFarFromTheNewestRowsIsFound();
    void percentilesAreClose_data();
    void percentilesAreClose();
    void speedIsPerChannel();
    void stripsHaveAnHour();
    void tasksAreRemembered();
    void oldRowsGoAndSumsStay();
    void oldRowsLeaveNoTraces();
    void aFileTooLargeLosesItsOldestRows();
    void eraseLeavesNothing();
    void aBackupIsWhole();
    void aFullQueueRefusesAndCounts();
    void signalsComeAtMostFourTimesASecond();
    void rowsFromManyThreadsAllArrive();
    void whoLeavesGetsNoAnswer();
    void withoutAFileRowsAreKeptForNow();
    void closingWritesWhatWaits();

private:
    void open(LedgerOptions options = {});
    std::vector<CallRecord> submitSome(int count, TimePoint from, Seconds span, unsigned seed = 7);

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    std::unique_ptr<Ledger> m_ledger;
};

void TestLedger::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(QStringLiteral("ledger.db"));
    m_ledger = std::make_unique<Ledger>();
}

void TestLedger::cleanup()
{
    m_ledger.reset();
    m_folder.reset();
}

void TestLedger::open(LedgerOptions options)
{
    options.path = m_path;
    options.retentionDays = 0; // unless a test sets it
    QVERIFY(m_ledger->open(options));
}

std::vector<CallRecord> TestLedger::submitSome(
    int count, TimePoint from, Seconds span, unsigned seed)
{
    std::mt19937 chance(seed);
    std::vector<CallRecord> calls;
    for (int i = 0; i < count; ++i) {
        calls.push_back(
            someCall(chance, std::to_string(seed) + "-" + std::to_string(i), from, span));
        CallRecord copy = calls.back();
        if (!m_ledger->submit(std::move(copy)))
            qFatal("the queue is full");
    }
    waitForWrites(*m_ledger);
    return calls;
}

void TestLedger::aRowComesBackAsItWent()
{
    open();
    std::vector<CallRecord> calls = submitSome(200, autumn(), Seconds(86'400));
    CallRecord odd = calls.front();
    odd.id = CallId("odd");
    odd.usage.vendorCost = MicroUsd{12};
    odd.usage.webSearches = 3;
    odd.usage.audioMillis = 1234;
    odd.usage.searchUnits = 2;
    odd.usage.toolPrompt = 17;
    odd.warnings = {"one", "two"};
    odd.timings.tls = Micros(77);
    odd.cost.reset();
    odd.task = TaskBinding{"task-1", ChannelId("c"), KeyId("k"), DialectId::Gemini, autumn()};
    calls.push_back(odd);
    QVERIFY(m_ledger->submit(CallRecord(odd)));
    waitForWrites(*m_ledger);

    for (const CallRecord& call : calls) {
        const auto back = answerOf<std::optional<CallRecord>>(
            [&](auto done) { m_ledger->call(call.id, this, done); });
        QVERIFY(back);
        QCOMPARE(QByteArray::fromStdString(toJson(*back)), QByteArray::fromStdString(toJson(call)));
        QCOMPARE(back->usage, call.usage);
        QCOMPARE(back->timings.tls, call.timings.tls);
        QCOMPARE(back->task.has_value(), call.task.has_value());
    }
    const auto none = answerOf<std::optional<CallRecord>>(
        [&](auto done) { m_ledger->call(CallId("no such"), this, done); });
    QVERIFY(!none);

    // The list is the same but for the detail.
    CallsQuery query;
    query.limit = 1;
    const CallsPage page = callsOf(*m_ledger, query);
    QCOMPARE(page.rows.size(), std::size_t(1));
    QVERIFY(page.more);
    QVERIFY(page.rows.front().record.id == odd.id);
    QCOMPARE(page.rows.front().record.costFormula, odd.costFormula);
    QVERIFY(page.rows.front().record.attempts.empty());
    QVERIFY(page.rows.front().record.warnings.empty());
}

void TestLedger::aRowIsWrittenExactlyOnce()
{
    open();
    const std::vector<CallRecord> calls = submitSome(50, autumn(), Seconds(3600));
    for (const CallRecord& call : calls) // again, and twice in the same batch
        for (int i = 0; i < 2; ++i)
            QVERIFY(m_ledger->submit(CallRecord(call)));
    waitForWrites(*m_ledger);
    m_ledger->close();
    open();
    for (const CallRecord& call : calls)
        QVERIFY(m_ledger->submit(CallRecord(call)));
    waitForWrites(*m_ledger);

    QCOMPARE(figuresOf(*m_ledger).rows, 50);
    const auto usage = usageOf(*m_ledger, {autumn(), autumn() + std::chrono::hours(2)});
    QCOMPARE(usage.size(), std::size_t(1));
    QCOMPARE(usage.front().calls, 50);
    std::int64_t waits = 0;
    for (const CallRecord& call : calls)
        waits += call.timings.firstToken.has_value();
    const auto speed = answerOf<std::vector<SpeedRow>>([&](auto done) {
        m_ledger->speed(autumn(), autumn() + std::chrono::hours(2), this, done);
    });
    QCOMPARE(speed.front().calls, waits);
}

void TestLedger::namesStayAsTheyWere()
{
    open();
    std::mt19937 chance(3);
    CallRecord before = someCall(chance, "before", autumn(), Seconds(60));
    before.outcome = Outcome::Done;
    before.channel = ChannelId("one");
    before.channelName = "Old name";
    CallRecord after = before;
    after.id = CallId("after");
    after.channelName = "New name";
    QVERIFY(m_ledger->submit(CallRecord(before)));
    QVERIFY(m_ledger->submit(CallRecord(after)));
    waitForWrites(*m_ledger);
    const CallsPage page = callsOf(*m_ledger, {});
    QCOMPARE(page.rows.at(0).record.channelName, std::string("New name"));
    QCOMPARE(page.rows.at(1).record.channelName, std::string("Old name"));
    QVERIFY(page.rows.at(0).record.channel == page.rows.at(1).record.channel);
}

void TestLedger::oddTextIsKept()
{
    open();
    const std::vector<std::string> texts{"'; DROP TABLE calls; --", "\xe6\xa8\xa1\xe5\x9e\x8b",
        "100%", "a_b", "a\\b", std::string("nul\0nul", 7)};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        CallRecord call;
        call.id = CallId(std::to_string(i));
        call.startedAt = autumn();
        call.askedModel = ModelName(texts[i]);
        call.error = Error{ErrorKind::Internal, texts[i]};
        QVERIFY(m_ledger->submit(std::move(call)));
    }
    CallRecord broken; // not UTF-8, and endless
    broken.id = CallId("broken");
    broken.startedAt = autumn();
    broken.askedModel = ModelName(std::string("\xff\xfe") + std::string(5000, 'x'));
    QVERIFY(m_ledger->submit(CallRecord(broken)));
    broken.id = CallId("broken again");
    QVERIFY(m_ledger->submit(CallRecord(broken)));
    waitForWrites(*m_ledger);
    QCOMPARE(figuresOf(*m_ledger).rows, std::int64_t(texts.size() + 2));
    for (std::size_t i = 0; i < texts.size(); ++i) {
        CallsQuery query;
        query.filter.model = texts[i];
        const CallsPage page = callsOf(*m_ledger, query);
        QCOMPARE(page.rows.size(), std::size_t(1));
        QCOMPARE(page.rows.front().record.askedModel.text(), texts[i]);
        QCOMPARE(page.rows.front().record.error->message, texts[i]);
    }
    for (const char* literal : {"100%", "a_b", "a\\b"}) { // not as wildcards
        CallsQuery query;
        query.filter.text = literal;
        QCOMPARE(callsOf(*m_ledger, query).rows.size(), std::size_t(1));
    }
}

void TestLedger::theFileIsForItsOwnerOnly()
{
    open();
    submitSome(5, autumn(), Seconds(60));
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const QString path = m_path + QLatin1String(suffix);
        QVERIFY(QFile::exists(path));
        QVERIFY(!(QFile::permissions(path) & others));
    }
}

void TestLedger::rollupsEqualTheRows()
{
    open();
    constexpr auto span = Seconds(4 * 86'400); // the clocks change in it
    const std::vector<CallRecord> calls = submitSome(5000, autumn(), span);
    const TimePoint until = autumn() + span;

    const auto keyOf = [](GroupBy by, const CallRecord& call, int offset) -> std::string {
        const TimePoint hour = std::chrono::floor<std::chrono::hours>(call.startedAt);
        const auto format = [](TimePoint when, const char* form) {
            const std::time_t time = std::chrono::system_clock::to_time_t(when);
            char text[40];
            std::strftime(text, sizeof text, form, std::gmtime(&time));
            return std::string(text);
        };
        switch (by) {
        case GroupBy::Model:
            return call.servedModel.isEmpty() ? call.askedModel.text() : call.servedModel.text();
        case GroupBy::Channel:
            return call.channelName;
        case GroupBy::Client:
            return call.clientName;
        case GroupBy::Hour:
            return format(hour, "%Y-%m-%dT%H:00Z");
        case GroupBy::Day:
            return format(hour + std::chrono::minutes(offset), "%Y-%m-%d");
        case GroupBy::None:
            break;
        }
        return {};
    };
    const auto all = {GroupBy::None, GroupBy::Model, GroupBy::Channel, GroupBy::Client,
        GroupBy::Hour, GroupBy::Day};
    for (const int offset : {0, 60, 120, -480, 345}) {
        for (const GroupBy by : all) {
            for (const GroupBy split : {GroupBy::None, GroupBy::Model, GroupBy::Day}) {
                std::map<std::pair<std::string, std::string>, UsageRow> sums;
                for (const CallRecord& call : calls) {
                    UsageRow& row = sums[{keyOf(by, call, offset), keyOf(split, call, offset)}];
                    ++row.calls;
                    row.failed += call.outcome != Outcome::Done
                        && call.outcome != Outcome::CancelledByClient;
                    row.unpriced += call.usageKind != UsageKind::None && !call.cost;
                    row.estimated += call.usageKind == UsageKind::Estimated;
                    row.input += call.usage.input;
                    row.cacheRead += call.usage.cacheRead;
                    row.cacheWrite += call.usage.cacheWrite5m + call.usage.cacheWrite1h;
                    row.output += call.usage.output;
                    row.reasoning += call.usage.reasoning;
                    row.cost += call.cost.value_or(MicroUsd{});
                }
                const auto rows = usageOf(*m_ledger, {autumn(), until, by, split, offset});
                QCOMPARE(rows.size(), sums.size());
                for (const UsageRow& row : rows) {
                    const auto expected = sums.find({row.key, row.split});
                    QVERIFY2(expected != sums.end(), row.key.c_str());
                    const UsageRow& sum = expected->second;
                    QCOMPARE(row.calls, sum.calls);
                    QCOMPARE(row.failed, sum.failed);
                    QCOMPARE(row.unpriced, sum.unpriced);
                    QCOMPARE(row.estimated, sum.estimated);
                    QCOMPARE(row.input, sum.input);
                    QCOMPARE(row.cacheRead, sum.cacheRead);
                    QCOMPARE(row.cacheWrite, sum.cacheWrite);
                    QCOMPARE(row.output, sum.output);
                    QCOMPARE(row.reasoning, sum.reasoning);
                    QCOMPARE(row.cost.value, sum.cost.value);
                }
                if (by == GroupBy::Hour || by == GroupBy::Day)
                    QVERIFY(std::is_sorted(
                        rows.begin(), rows.end(), [](auto& a, auto& b) { return a.key < b.key; }));
            }
        }
    }
}

void TestLedger::brokenHoursAtTheEndsAreExact()
{
    open();
    const std::vector<CallRecord> calls = submitSome(2000, autumn(), Seconds(6 * 3600), 11);
    std::mt19937 chance(5);
    std::uniform_int_distribution<std::int64_t> minute(0, 6 * 60);
    for (int i = 0; i < 40; ++i) {
        TimePoint from = autumn() + std::chrono::minutes(minute(chance));
        TimePoint until = autumn() + std::chrono::minutes(minute(chance)) + Seconds(13);
        if (until < from)
            std::swap(from, until);
        const auto expected
            = std::count_if(calls.begin(), calls.end(), [&](const CallRecord& call) {
                  return call.startedAt >= from && call.startedAt < until;
              });
        const auto rows = usageOf(*m_ledger, {from, until});
        QCOMPARE(rows.empty() ? 0 : rows.front().calls, expected);
    }
}

void TestLedger::pagesFollowEachOther()
{
    open();
    submitSome(1234, autumn(), Seconds(86'400));
    for (int order = 0; order < 3; ++order) {
        CallsQuery query;
        query.limit = 100;
        query.filter.costlyFirst = order == 1;
        query.filter.slowFirst = order == 2;
        std::vector<CallRow> all;
        for (;;) {
            CallsPage page = callsOf(*m_ledger, query);
            QVERIFY(page.rows.size() <= 100);
            for (CallRow& row : page.rows)
                all.push_back(std::move(row));
            if (!page.more)
                break;
            QVERIFY(!all.empty());
            query.beforeRow = all.back().row;
        }
        QCOMPARE(all.size(), std::size_t(1234));
        std::set<std::int64_t> rows;
        for (const CallRow& row : all)
            rows.insert(row.row);
        QCOMPARE(rows.size(), all.size());
        const auto value = [&](const CallRow& row) {
            if (order == 0)
                return row.row;
            return order == 1 ? (row.record.cost ? row.record.cost->value : -1)
                              : row.record.timings.end->count();
        };
        QVERIFY(std::is_sorted(
            all.begin(), all.end(), [&](auto& a, auto& b) { return value(a) > value(b); }));
    }
}

void TestLedger::newRowsAreFollowed()
{
    open();
    submitSome(30, autumn(), Seconds(60), 1);
    const std::int64_t newest = callsOf(*m_ledger, {}).rows.front().row;
    CallsQuery query;
    query.afterRow = newest;
    QVERIFY(callsOf(*m_ledger, query).rows.empty());
    submitSome(7, autumn(), Seconds(60), 2);
    const CallsPage page = callsOf(*m_ledger, query);
    QCOMPARE(page.rows.size(), std::size_t(7));
    QVERIFY(!page.more);
    QVERIFY(page.rows.back().row > newest);
}

void TestLedger::filtersPick_data()
{
    QTest::addColumn<QByteArray>("client");
    QTest::addColumn<QByteArray>("channel");
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("fromHour");
    QTest::addColumn<int>("untilHour");
    QTest::addColumn<bool>("failed");
    QTest::newRow("everything") << QByteArray() << QByteArray() << QByteArray() << QByteArray()
                                << -1 << -1 << false;
    QTest::newRow("client") << QByteArray("Client 2") << QByteArray() << QByteArray()
                            << QByteArray() << -1 << -1 << false;
    QTest::newRow("unknown client") << QByteArray("Client") << QByteArray() << QByteArray()
                                    << QByteArray() << -1 << -1 << false;
    QTest::newRow("channel") << QByteArray() << QByteArray("Channel 1") << QByteArray()
                             << QByteArray() << -1 << -1 << false;
    QTest::newRow("served model") << QByteArray() << QByteArray() << QByteArray("served-3")
                                  << QByteArray() << -1 << -1 << false;
    QTest::newRow("asked model") << QByteArray() << QByteArray() << QByteArray("asked-3")
                                 << QByteArray() << -1 << -1 << false;
    QTest::newRow("failed") << QByteArray() << QByteArray() << QByteArray() << QByteArray() << -1
                            << -1 << true;
    QTest::newRow("text in names") << QByteArray() << QByteArray() << QByteArray()
                                   << QByteArray("wered-4") << -1 << -1 << false;
    QTest::newRow("text in errors") << QByteArray() << QByteArray() << QByteArray()
                                    << QByteArray("number 42") << -1 << -1 << false;
    QTest::newRow("from") << QByteArray() << QByteArray() << QByteArray() << QByteArray() << 20
                          << -1 << false;
    QTest::newRow("until") << QByteArray() << QByteArray() << QByteArray() << QByteArray() << -1
                           << 3 << false;
    QTest::newRow("an hour") << QByteArray() << QByteArray() << QByteArray() << QByteArray() << 7
                             << 8 << false;
    QTest::newRow("failed in a time")
        << QByteArray() << QByteArray() << QByteArray() << QByteArray() << 2 << 9 << true;
    QTest::newRow("all at once") << QByteArray("Client 1") << QByteArray("Channel 2")
                                 << QByteArray("asked-1") << QByteArray("1") << 1 << 23 << true;
    QTest::newRow("client and channel") << QByteArray("Client 1") << QByteArray("Channel 2")
                                        << QByteArray() << QByteArray() << -1 << 20 << false;
}

void TestLedger::filtersPick()
{
    QFETCH(QByteArray, client);
    QFETCH(QByteArray, channel);
    QFETCH(QByteArray, model);
    QFETCH(QByteArray, text);
    QFETCH(int, fromHour);
    QFETCH(int, untilHour);
    QFETCH(bool, failed);
    open();
    const std::vector<CallRecord> calls = submitSome(3000, autumn(), Seconds(86'400));
    CallsQuery query;
    query.limit = 70;
    query.filter.client = client.toStdString();
    query.filter.channel = channel.toStdString();
    query.filter.model = model.toStdString();
    query.filter.text = text.toStdString();
    query.filter.failedOnly = failed;
    if (fromHour >= 0)
        query.filter.from = autumn() + std::chrono::hours(fromHour);
    if (untilHour >= 0)
        query.filter.until = autumn() + std::chrono::hours(untilHour);

    std::vector<std::string> expected; // newest row first
    for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
        if (fits(*call, query.filter))
            expected.push_back(call->id.text());
    }
    for (int order = 0; order < 3; ++order) {
        query.filter.costlyFirst = order == 1;
        query.filter.slowFirst = order == 2;
        query.beforeRow = 0;
        std::vector<std::string> found;
        for (;;) {
            const CallsPage page = callsOf(*m_ledger, query);
            for (const CallRow& row : page.rows)
                found.push_back(row.record.id.text());
            if (!page.more)
                break;
            query.beforeRow = page.rows.back().row;
        }
        if (order == 0)
            QVERIFY(found == expected);
        std::sort(found.begin(), found.end());
        std::vector<std::string> sorted = expected;
        std::sort(sorted.begin(), sorted.end());
        QVERIFY(found == sorted);
    }
}

void TestLedger::aFilterFarFromTheNewestRowsIsFound()
{
    open();
    // An early time that lies more rows back than the short look at the newest ones.
    submitSome(50, autumn(), Seconds(3600), 1);
    submitSome(7000, autumn() + std::chrono::hours(50), Seconds(3600), 2);
    CallsQuery query;
    query.filter.until = autumn() + std::chrono::hours(2);
    const CallsPage page = callsOf(*m_ledger, query);
    QCOMPARE(page.rows.size(), std::size_t(50));
    QVERIFY(!page.more);
    const auto rows = rowsOf(page);
    QVERIFY(std::is_sorted(rows.rbegin(), rows.rend()));
}

void TestLedger::percentilesAreClose_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("all the same") << 0;
    QTest::newRow("even") << 1;
    QTest::newRow("long tail") << 2;
    QTest::newRow("two humps") << 3;
}

void TestLedger::percentilesAreClose()
{
    QFETCH(int, kind);
    open();
    std::mt19937 chance(9);
    std::vector<double> millis;
    for (int i = 0; i < 4000; ++i) {
        double value = 1000;
        if (kind == 1)
            value = std::uniform_real_distribution<>(100, 5000)(chance);
        else if (kind == 2)
            value = std::lognormal_distribution<>(6, 1)(chance) + 20;
        else if (kind == 3)
            value = i % 10 ? std::normal_distribution<>(400, 20)(chance)
                           : std::normal_distribution<>(9000, 300)(chance);
        millis.push_back(value);
        CallRecord call;
        call.id = CallId(std::to_string(i));
        call.startedAt = autumn() + Seconds(i);
        call.channelName = "Channel";
        call.timings.firstToken = Micros(static_cast<std::int64_t>(value * 1000));
        QVERIFY(m_ledger->submit(std::move(call)));
    }
    waitForWrites(*m_ledger);
    std::sort(millis.begin(), millis.end());
    const auto rows = answerOf<std::vector<SpeedRow>>([&](auto done) {
        m_ledger->speed(autumn(), autumn() + std::chrono::hours(2), this, done);
    });
    QCOMPARE(rows.size(), std::size_t(2));
    const double p50 = millis[1999];
    const double p95 = millis[3799];
    for (const SpeedRow& row : rows) {
        QCOMPARE(row.calls, 4000);
        QVERIFY(std::abs(double(row.firstTokenP50.count()) - p50) <= 0.08 * p50);
        QVERIFY(std::abs(double(row.firstTokenP95.count()) - p95) <= 0.08 * p95);
    }
}

void TestLedger::speedIsPerChannel()
{
    open();
    for (int i = 0; i < 20; ++i) {
        CallRecord call;
        call.id = CallId(std::to_string(i));
        call.startedAt = autumn();
        call.outcome = Outcome::Done;
        call.channelName = i % 2 ? "fast" : "slow";
        call.stream = true;
        call.usageKind = UsageKind::Reported;
        call.usage.output = 100;
        call.timings.firstToken = Millis(500);
        call.timings.end = Millis(i % 2 ? 1500 : 4500); // 100 and 25 tokens a second
        QVERIFY(m_ledger->submit(std::move(call)));
    }
    CallRecord whole; // an answer in one piece says nothing about streaming
    whole.id = CallId("whole");
    whole.startedAt = autumn();
    whole.channelName = "fast";
    whole.usage.output = 5000;
    whole.timings.end = Millis(700);
    QVERIFY(m_ledger->submit(std::move(whole)));
    waitForWrites(*m_ledger);
    const auto rows = answerOf<std::vector<SpeedRow>>([&](auto done) {
        m_ledger->speed(autumn(), autumn() + std::chrono::hours(1), this, done);
    });
    QCOMPARE(rows.size(), std::size_t(3));
    QCOMPARE(rows[0].channel, std::string());
    QCOMPARE(rows[0].outputTokensPerSecond, 40.0);
    QCOMPARE(rows[1].channel, std::string("fast"));
    QCOMPARE(rows[1].calls, 10);
    QCOMPARE(rows[1].outputTokensPerSecond, 100.0);
    QCOMPARE(rows[2].outputTokensPerSecond, 25.0);
}

void TestLedger::stripsHaveAnHour()
{
    open();
    const TimePoint now = autumn() + std::chrono::hours(5);
    const auto add
        = [&](const char* id, const char* channel, std::chrono::seconds ago, Outcome outcome) {
              CallRecord call;
              call.id = CallId(id);
              call.startedAt = now - ago;
              call.channelName = channel;
              call.outcome = outcome;
              QVERIFY(m_ledger->submit(std::move(call)));
          };
    add("1", "A", Seconds(0), Outcome::Done);
    add("2", "A", Seconds(59), Outcome::Failed);
    add("3", "A", Seconds(60), Outcome::Cut);
    add("4", "A", Seconds(61), Outcome::CancelledByClient);
    add("5", "A", Seconds(3599), Outcome::Done);
    add("6", "A", Seconds(3600), Outcome::Done); // too old
    add("7", "", Seconds(10), Outcome::Refused); // reached no channel
    add("8", "B", Seconds(1800), Outcome::Failed);
    waitForWrites(*m_ledger);
    const auto strips = answerOf<std::vector<ChannelStrip>>(
        [&](auto done) { m_ledger->strips(now, this, done); });
    QCOMPARE(strips.size(), std::size_t(2));
    QCOMPARE(strips[0].channel, std::string("A"));
    QCOMPARE(strips[0].slots.size(), std::size_t(60));
    QCOMPARE(strips[0].slots[59].done, 1);
    QCOMPARE(strips[0].slots[59].failed, 1);
    QCOMPARE(strips[0].slots[58].done, 1);
    QCOMPARE(strips[0].slots[58].failed, 1);
    QCOMPARE(strips[0].slots[0].done, 1);
    int all = 0;
    for (const auto& slot : strips[0].slots)
        all += slot.done + slot.failed;
    QCOMPARE(all, 5);
    QCOMPARE(strips[1].slots[29].failed, 1);
}

void TestLedger::tasksAreRemembered()
{
    open();
    for (int i = 0; i < 5; ++i) {
        CallRecord call;
        call.id = CallId(std::to_string(i));
        call.startedAt = autumn();
        call.task = TaskBinding{"video-" + std::to_string(i), ChannelId("channel"), KeyId("key"),
            DialectId::OpenaiResponses, autumn() + std::chrono::hours(i)};
        QVERIFY(m_ledger->submit(std::move(call)));
    }
    waitForWrites(*m_ledger);
    const auto tasks = answerOf<std::vector<TaskBinding>>(
        [&](auto done) { m_ledger->tasks(autumn() + std::chrono::hours(2), this, done); });
    QCOMPARE(tasks.size(), std::size_t(3));
    QCOMPARE(tasks[0].taskId, std::string("video-2"));
    QVERIFY(tasks[0].channel == ChannelId("channel"));
    QVERIFY(tasks[0].key == KeyId("key"));
    QVERIFY(tasks[0].dialect == DialectId::OpenaiResponses);
    QVERIFY(tasks[2].made == autumn() + std::chrono::hours(4));
}

void TestLedger::oldRowsGoAndSumsStay()
{
    open();
    const TimePoint now = wallNow();
    const TimePoint old = now - std::chrono::hours(24 * 40);
    submitSome(1800, old, Seconds(3 * 86'400), 1);
    const auto fresh = submitSome(300, now - std::chrono::hours(48), Seconds(86'400), 2);
    const UsageQuery query{now - std::chrono::hours(24 * 60), now + std::chrono::hours(1),
        GroupBy::Model, GroupBy::Day};
    const auto before = usageOf(*m_ledger, query);
    const auto speedBefore = answerOf<std::vector<SpeedRow>>(
        [&](auto done) { m_ledger->speed(query.from, now, this, done); });

    m_ledger->setRetention(30, 0);
    QVERIFY(QTest::qWaitFor([&] { return figuresOf(*m_ledger).rows == 300; }, patience));
    const LedgerFigures figures = figuresOf(*m_ledger);
    QVERIFY(figures.oldest && *figures.oldest >= now - std::chrono::hours(48));
    const auto after = usageOf(*m_ledger, query);
    QCOMPARE(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        QCOMPARE(after[i].key, before[i].key);
        QCOMPARE(after[i].calls, before[i].calls);
        QCOMPARE(after[i].cost.value, before[i].cost.value);
    }
    const auto speedAfter = answerOf<std::vector<SpeedRow>>(
        [&](auto done) { m_ledger->speed(query.from, now, this, done); });
    QCOMPARE(speedAfter.front().calls, speedBefore.front().calls);
    QCOMPARE(speedAfter.front().firstTokenP95, speedBefore.front().firstTokenP95);

    // A broken hour whose rows are gone counts where it begins, and only there.
    const TimePoint cut = std::chrono::floor<std::chrono::hours>(old + std::chrono::hours(30))
        + std::chrono::minutes(20);
    const auto callsIn = [&](TimePoint from, TimePoint until) {
        const auto rows = usageOf(*m_ledger, {from, until});
        return rows.empty() ? 0 : rows.front().calls;
    };
    QCOMPARE(
        callsIn(query.from, cut) + callsIn(cut, query.until), callsIn(query.from, query.until));
    QCOMPARE(callsIn(query.from, query.until), 2100);
}

void TestLedger::oldRowsLeaveNoTraces()
{
    open();
    const std::string canary = "canary-91d27c0f5be84a33";
    const TimePoint now = wallNow();
    for (int i = 0; i < 300; ++i) { // old and new rows share pages
        CallRecord call;
        call.id = CallId(std::to_string(i));
        const bool isOld = i % 2 == 0;
        call.startedAt = isOld ? now - std::chrono::hours(24 * 40) : now;
        call.upstreamId = isOld ? canary : "fresh";
        call.warnings = {call.upstreamId};
        QVERIFY(m_ledger->submit(std::move(call)));
    }
    waitForWrites(*m_ledger);
    m_ledger->close();
    const auto holdsCanary = [&] {
        QFile file(m_path);
        return file.open(QIODevice::ReadOnly) && file.readAll().contains(canary.c_str());
    };
    QVERIFY(holdsCanary());
    open();
    m_ledger->setRetention(30, 0);
    QVERIFY(QTest::qWaitFor([&] { return figuresOf(*m_ledger).rows == 150; }, patience));
    m_ledger->close();
    QVERIFY(!holdsCanary());
}

void TestLedger::aFileTooLargeLosesItsOldestRows()
{
    open();
    const TimePoint from = wallNow() - std::chrono::hours(48);
    submitSome(6000, from, Seconds(86'400));
    const std::int64_t before = figuresOf(*m_ledger).rows;
    QCOMPARE(before, 6000);
    constexpr std::int64_t most = 1'500'000;
    m_ledger->setRetention(0, most);
    {
        QSqlDatabase other
            = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("other"));
        other.setDatabaseName(m_path);
        QVERIFY(other.open());
        QVERIFY(QTest::qWaitFor(
            [&] {
                QSqlQuery query(
                    QStringLiteral(
                        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"),
                    other);
                return query.next() && query.value(0).toLongLong() <= most;
            },
            patience));
    }
    QSqlDatabase::removeDatabase(QStringLiteral("other"));
    const std::int64_t rows = figuresOf(*m_ledger).rows;
    QVERIFY(rows > 500 && rows < before);
    const auto usage
        = usageOf(*m_ledger, {from - std::chrono::hours(1), from + std::chrono::hours(30)});
    QCOMPARE(usage.front().calls, 6000);
    m_ledger->close();
    QVERIFY(QFileInfo(m_path).size() <= most);
}

void TestLedger::eraseLeavesNothing()
{
    open();
    const std::string canary = "canary-2f8c1e77d0b94a6e";
    for (int i = 0; i < 800; ++i) {
        CallRecord call;
        call.id = CallId(canary + std::to_string(i));
        call.startedAt = autumn() + Seconds(i);
        call.askedModel = ModelName(canary);
        call.upstreamId = canary;
        call.warnings = {canary};
        call.task = TaskBinding{canary + std::to_string(i), ChannelId(canary), KeyId("k"),
            DialectId::OpenaiChat, autumn()};
        QVERIFY(m_ledger->submit(std::move(call)));
    }
    waitForWrites(*m_ledger);
    QFile::copy(m_path, m_path + QStringLiteral(".before-3"));
    const auto result = answerOf<Result<void>>([&](auto done) { m_ledger->eraseAll(done); });
    QVERIFY(result);
    QCOMPARE(figuresOf(*m_ledger).rows, 0);
    QVERIFY(usageOf(*m_ledger, {autumn(), autumn() + std::chrono::hours(2)}).empty());
    QVERIFY(callsOf(*m_ledger, {}).rows.empty());
    for (const QString& name : QDir(m_folder->path()).entryList(QDir::Files)) {
        QFile file(m_folder->filePath(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY2(!file.readAll().contains(canary.c_str()), qPrintable(name));
    }
    QVERIFY(QFileInfo(m_path).size() < 200'000);
    QVERIFY(!QFile::exists(m_path + QStringLiteral(".before-3"))); // a copy that an upgrade left
    // And goes on.
    submitSome(20, autumn(), Seconds(60));
    QCOMPARE(callsOf(*m_ledger, {}).rows.size(), std::size_t(20));
    QCOMPARE(
        callsOf(*m_ledger, {}).rows.front().record.clientName.substr(0, 6), std::string("Client"));
}

void TestLedger::aBackupIsWhole()
{
    open();
    submitSome(700, autumn(), Seconds(3600));
    std::mt19937 chance(4);
    QVERIFY(m_ledger->submit(someCall(chance, "last", autumn(), Seconds(60)))); // not yet on disk
    const QString copy = m_folder->filePath(QStringLiteral("it's a copy.db"));
    const auto result = answerOf<Result<void>>([&](auto done) { m_ledger->backupTo(copy, done); });
    QVERIFY(result);
    QVERIFY(!(QFile::permissions(copy) & (QFile::ReadGroup | QFile::ReadOther)));

    const auto itself
        = answerOf<Result<void>>([&](auto done) { m_ledger->backupTo(m_path, done); });
    QVERIFY(!itself);
    const auto nowhere = answerOf<Result<void>>([&](auto done) {
        m_ledger->backupTo(m_folder->filePath(QStringLiteral("no/such/folder/x.db")), done);
    });
    QVERIFY(!nowhere);
    QVERIFY(nowhere.error().kind == ErrorKind::Io);

    m_path = copy;
    open();
    QCOMPARE(figuresOf(*m_ledger).rows, 701);
    QVERIFY(figuresOf(*m_ledger).trouble.empty());
}

void TestLedger::aFullQueueRefusesAndCounts()
{
    LedgerOptions options;
    options.queueLimit = 100;
    options.batchEvery = Millis(2000);
    open(options);
    std::mt19937 chance(1);
    int taken = 0;
    for (int i = 0; i < 150; ++i)
        taken += m_ledger->submit(someCall(chance, std::to_string(i), autumn(), Seconds(60)));
    QCOMPARE(taken, 100);
    LedgerFigures figures = figuresOf(*m_ledger);
    QCOMPARE(figures.notRecorded, 50);
    QCOMPARE(figures.waiting, 100);
    waitForWrites(*m_ledger);
    figures = figuresOf(*m_ledger);
    QCOMPARE(figures.rows, 100);
    QCOMPARE(figures.waiting, 0);
    QVERIFY(m_ledger->submit(someCall(chance, "again", autumn(), Seconds(60))));
}

void TestLedger::signalsComeAtMostFourTimesASecond()
{
    LedgerOptions options;
    options.batchEvery = Millis(5);
    open(options);
    std::vector<Tick> times;
    qint64 last = 0;
    connect(m_ledger.get(), &Ledger::rowsWritten, this, [&](qint64 upTo) {
        QCOMPARE(QThread::currentThread(), m_ledger->thread());
        times.push_back(tickNow());
        last = upTo;
    });
    std::mt19937 chance(1);
    int submitted = 0;
    const Tick end = tickNow() + Millis(1200);
    QVERIFY(QTest::qWaitFor(
        [&] {
            m_ledger->submit(someCall(chance, std::to_string(submitted++), autumn(), Seconds(60)));
            return tickNow() > end;
        },
        patience));
    QVERIFY(QTest::qWaitFor([&] { return last == submitted; }, patience));
    QVERIFY(times.size() >= 2);
    for (std::size_t i = 1; i < times.size(); ++i)
        QVERIFY(times[i] - times[i - 1] >= Millis(240));
}

void TestLedger::rowsFromManyThreadsAllArrive()
{
    open();
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([this, t] {
            std::mt19937 chance(t);
            for (int i = 0; i < 1000; ++i)
                m_ledger->submit(someCall(chance, std::to_string(t) + "/" + std::to_string(i),
                    autumn(), Seconds(86'400)));
        });
    }
    int answers = 0;
    QVERIFY(QTest::qWaitFor(
        [&] { // reports meanwhile
            m_ledger->usage({autumn(), autumn() + std::chrono::hours(24), GroupBy::Model}, this,
                [&](auto) { ++answers; });
            return answers > 20;
        },
        patience));
    for (std::thread& thread : threads)
        thread.join();
    waitForWrites(*m_ledger);
    QCOMPARE(figuresOf(*m_ledger).rows, 4000);
    const auto usage = usageOf(*m_ledger, {autumn(), autumn() + std::chrono::hours(24)});
    QCOMPARE(usage.front().calls, 4000);
}

void TestLedger::whoLeavesGetsNoAnswer()
{
    open();
    submitSome(10, autumn(), Seconds(60));
    bool called = false;
    auto context = std::make_unique<QObject>();
    m_ledger->calls({}, context.get(), [&](const CallsPage&) { called = true; });
    context.reset();
    figuresOf(*m_ledger); // answered after it
    QVERIFY(!called);
}

void TestLedger::withoutAFileRowsAreKeptForNow()
{
    QVERIFY(m_ledger->open({}));
    submitSome(600, wallNow() - std::chrono::hours(2), Seconds(3600));
    const LedgerFigures figures = figuresOf(*m_ledger);
    QCOMPARE(figures.rows, 600);
    QVERIFY(figures.path.empty());
    QVERIFY(figures.trouble.empty());
    m_ledger->close();
    QVERIFY(!m_ledger->submit({}));
    QVERIFY(m_ledger->open({}));
    QCOMPARE(figuresOf(*m_ledger).rows, 0);
}

void TestLedger::closingWritesWhatWaits()
{
    LedgerOptions options;
    options.batchEvery = Millis(60'000);
    open(options);
    QSignalSpy written(m_ledger.get(), &Ledger::rowsWritten);
    std::mt19937 chance(1);
    for (int i = 0; i < 300; ++i)
        QVERIFY(m_ledger->submit(someCall(chance, std::to_string(i), autumn(), Seconds(60))));
    m_ledger->close();
    QCOMPARE(written.size(), 1);
    QCOMPARE(written.front().front().toLongLong(), 300);
    QVERIFY(!QFile::exists(m_path + QStringLiteral("-wal")));
    open();
    QCOMPARE(figuresOf(*m_ledger).rows, 300);
}

QTEST_GUILESS_MAIN(TestLedger)
#include "tst_ledger.moc"
