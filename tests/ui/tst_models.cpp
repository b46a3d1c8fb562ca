#include "ui/models/aliases_model.h"
#include "ui/models/calls_model.h"
#include "ui/models/clients_model.h"
#include "ui/models/rows_model.h"
#include "ui/pages/overview_page.h"

#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QSignalSpy>
#include <QTest>

using namespace waystation;

namespace {

struct Letter
{
    std::string key;
    QString text;
};

RowsModel<Letter> letters()
{
    return RowsModel<Letter>(
        {{QStringLiteral("Letter"), [](const Letter& row) { return row.text; }}},
        [](const Letter& row) { return row.key; });
}

std::vector<Letter> rowsOf(const char* keys)
{
    std::vector<Letter> rows;
    for (; *keys; ++keys)
        rows.push_back({std::string(1, *keys), QString(QLatin1Char(*keys))});
    return rows;
}

QString shownIn(const RowsModel<Letter>& model)
{
    QString shown;
    for (int i = 0; i < model.rowCount(); ++i)
        shown += model.data(model.index(i, 0), Qt::DisplayRole).toString();
    return shown;
}

CallRow callRow(std::int64_t number)
{
    CallRow row;
    row.row = number;
    row.record.id = CallId("call" + std::to_string(number));
    row.record.outcome = Outcome::Done;
    return row;
}

CallsPage pageOf(std::int64_t newest, std::int64_t oldest, bool more)
{
    CallsPage page;
    for (std::int64_t i = newest; i >= oldest; --i)
        page.rows.push_back(callRow(i));
    page.more = more;
    return page;
}

ChannelSettings channelOf(const char* name, std::vector<std::string> models)
{
    ChannelSettings channel;
    channel.id = ChannelId(name);
    channel.name = name;
    channel.provider = ProviderId("openai");
    channel.models = std::move(models);
    return channel;
}

}

class TestModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void rowsBecomeWhateverIsGiven_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        for (const char* from : {"", "abc", "abcdef"}) {
            for (const char* to : {"", "abc", "cba", "xabc", "abx", "bdfa", "fx"})
                QTest::addRow("%s to %s", from, to) << QByteArray(from) << QByteArray(to);
        }
    }

    void rowsBecomeWhateverIsGiven()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        auto model = letters();
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        model.setRows(rowsOf(from.constData()));
        model.setRows(rowsOf(to.constData()));
        QCOMPARE(shownIn(model), QString::fromLatin1(to));
    }

    void aChosenRowStaysChosenWhenOthersMove()
    {
        auto model = letters();
        model.setRows(rowsOf("abcd"));
        const QPersistentModelIndex chosen = model.index(2, 0);
        model.setRows(rowsOf("xdca"));
        QCOMPARE(chosen.data().toString(), QStringLiteral("c"));
        QCOMPARE(chosen.row(), 2);
    }

    void callsPageBackAndFollow()
    {
        CallsModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        QSignalSpy wanted(&model, &CallsModel::wantMore);
        model.reset(pageOf(300, 101, true));
        if (model.canFetchMore({})) // the tester may have asked already
            model.fetchMore({});
        QCOMPARE(wanted.count(), 1);
        QVERIFY2(!model.canFetchMore({}), "one page is asked for at a time");
        model.append(pageOf(100, 1, false));
        QVERIFY(!model.canFetchMore({}));
        QCOMPARE(model.rowCount(), 300);
        model.prepend(pageOf(302, 299, false).rows);
        QCOMPARE(model.rowCount(), 302);
        QCOMPARE(model.newestRow(), 302);
        QCOMPARE(model.oldestRow(), 1);
        QCOMPARE(model.rowOf(CallId("call302")), 0);
    }

    void aLongFollowedListStaysBounded()
    {
        CallsModel model;
        model.reset(pageOf(static_cast<std::int64_t>(CallsModel::mostRows), 1, false));
        model.prepend(pageOf(static_cast<std::int64_t>(CallsModel::mostRows) + 50,
            static_cast<std::int64_t>(CallsModel::mostRows) + 1, false)
                          .rows);
        QCOMPARE(model.rowCount(), static_cast<int>(CallsModel::mostRows));
        QVERIFY2(model.canFetchMore({}), "what left can be fetched again");
    }

    void anUnknownCostIsSaid()
    {
        CallsModel model;
        CallsPage page = pageOf(2, 1, false);
        page.rows[0].record.usageKind = UsageKind::Reported;
        page.rows[1].record.usageKind = UsageKind::Reported;
        page.rows[1].record.cost = MicroUsd{0};
        model.reset(std::move(page));
        QCOMPARE(
            model.index(0, CallsModel::CostColumn).data().toString(), QStringLiteral("unknown"));
        QCOMPARE(model.index(1, CallsModel::CostColumn).data().toString(), QStringLiteral("$0.00"));
    }

    void deadTargetsAndTakenNamesAreFlagged()
    {
        Settings settings;
        settings.channels = {channelOf("one", {"gpt-x"}), channelOf("two", {})};
        settings.channels[1].enabled = false;
        settings.aliases = {
            {"fast", {{"one", "gpt-x"}}},
            {"gone", {{"nowhere", "m"}}},
            {"gpt-x", {{"one", "gpt-x"}}},
            {"half", {{"one", "gpt-x"}, {"two", "m"}}},
            {"unlisted", {{"one", "gpt-y"}}},
        };
        const auto rows = aliasRows(settings);
        QCOMPARE(rows[0].tone, Tone::Good);
        QCOMPARE(rows[1].tone, Tone::Bad);
        QCOMPARE(rows[2].tone, Tone::Warn);
        QCOMPARE(rows[3].tone, Tone::Warn);
        QVERIFY(rows[4].note.contains(QStringLiteral("gpt-y")));
    }

    void anExpiredKeySaysSo()
    {
        Settings settings;
        ClientSettings client;
        client.name = "old";
        client.expires = TimePoint(std::chrono::hours(24));
        settings.clients.push_back(client);
        const auto rows = clientRows(settings, {}, TimePoint(std::chrono::hours(48)));
        QCOMPARE(rows[0].tone, Tone::Bad);
        QVERIFY(rows[0].expires.contains(QStringLiteral("1970-01-0")));
    }

    void barsCoverThePeriodAndRankTheirSeries()
    {
        const TimePoint now(std::chrono::hours(24 * 10) + std::chrono::minutes(30));
        const PeriodSpan span = spanOf(Period::Day, now, 0);
        std::vector<UsageRow> rows;
        for (int i = 0; i < 10; ++i) {
            UsageRow row;
            row.key = "1970-01-10T05:00Z";
            row.split = "model" + std::to_string(i);
            row.calls = i + 1;
            rows.push_back(row);
        }
        const BarsData bars = barsOf(rows, span, Period::Day, Measure::Calls, 0);
        QCOMPARE(bars.values.size(), std::size_t(25));
        QCOMPARE(bars.series.size(), 8);
        QCOMPARE(bars.series.first(), QStringLiteral("model9"));
        QVERIFY2(bars.series.last().isEmpty(), "the small ones are together");
        double sum = 0;
        for (const auto& slot : bars.values) {
            for (const double value : slot)
                sum += value;
        }
        QCOMPARE(sum, 55.0);
    }
};

QTEST_MAIN(TestModels)
#include "tst_models.moc"
