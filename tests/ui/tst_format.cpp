#include "ui/text/error_text.h"
#include "ui/text/format.h"
#include "ui/widgets/period_chooser.h"
#include "ui/widgets/stacked_bars.h"
#include "ui/widgets/timeline.h"

#include <QTest>

using namespace waystation;

namespace {

TimePoint at(std::int64_t seconds)
{
    return TimePoint(std::chrono::seconds(seconds));
}

}

class TestFormat : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    void moneyKeepsWhatIsSmall_data()
    {
        QTest::addColumn<qint64>("micro");
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << qint64(0) << QStringLiteral("$0.00");
        QTest::newRow("a millionth") << qint64(1) << QStringLiteral("$0.000001");
        QTest::newRow("less than a cent") << qint64(1'234) << QStringLiteral("$0.001234");
        QTest::newRow("zeros go") << qint64(1'200) << QStringLiteral("$0.0012");
        QTest::newRow("cents") << qint64(120'000) << QStringLiteral("$0.12");
        QTest::newRow("cents and parts") << qint64(123'400) << QStringLiteral("$0.1234");
        QTest::newRow("dollars") << qint64(12'345'678) << QStringLiteral("$12.35");
        QTest::newRow("thousands") << qint64(1'234'567'890) << QStringLiteral("$1,234.57");
        QTest::newRow("difference") << qint64(-2'500'000) << QStringLiteral("\u2212$2.50");
    }

    void moneyKeepsWhatIsSmall()
    {
        QFETCH(qint64, micro);
        QFETCH(QString, text);
        QCOMPARE(moneyText({micro}), text);
    }

    void anUnknownPriceIsNotZero()
    {
        QCOMPARE(costText(std::nullopt), QStringLiteral("unknown"));
        QCOMPARE(costText(MicroUsd{0}), QStringLiteral("$0.00"));
    }

    void countsGrowShort_data()
    {
        QTest::addColumn<qint64>("count");
        QTest::addColumn<QString>("text");
        QTest::newRow("0") << qint64(0) << QStringLiteral("0");
        QTest::newRow("whole") << qint64(9'994) << QStringLiteral("9,994");
        QTest::newRow("thousands") << qint64(12'345) << QStringLiteral("12.3k");
        QTest::newRow("many thousands") << qint64(123'456) << QStringLiteral("123k");
        QTest::newRow("no 1000k") << qint64(999'600) << QStringLiteral("1.00M");
        QTest::newRow("millions") << qint64(4'560'000) << QStringLiteral("4.56M");
        QTest::newRow("thousand millions") << qint64(7'800'000'000) << QStringLiteral("7.80G");
    }

    void countsGrowShort()
    {
        QFETCH(qint64, count);
        QFETCH(QString, text);
        QCOMPARE(shortCountText(count), text);
    }

    void durationsPickTheirUnit_data()
    {
        QTest::addColumn<qint64>("micros");
        QTest::addColumn<QString>("text");
        QTest::newRow("0") << qint64(0) << QStringLiteral("0 ms");
        QTest::newRow("ms") << qint64(340'400) << QStringLiteral("340 ms");
        QTest::newRow("rounds into seconds") << qint64(999'600) << QStringLiteral("1.00 s");
        QTest::newRow("s") << qint64(1'240'000) << QStringLiteral("1.24 s");
        QTest::newRow("tens") << qint64(42'340'000) << QStringLiteral("42.3 s");
        QTest::newRow("min") << qint64(125'000'000) << QStringLiteral("2 min 05 s");
        QTest::newRow("h") << qint64(3'780'000'000) << QStringLiteral("1 h 03 min");
    }

    void durationsPickTheirUnit()
    {
        QFETCH(qint64, micros);
        QFETCH(QString, text);
        QCOMPARE(durationText(Micros(micros)), text);
    }

    void sharesAndChanges()
    {
        QCOMPARE(shareText(0, 0), QStringLiteral("0 %"));
        QCOMPARE(shareText(1, 40), QStringLiteral("2.5 %"));
        QCOMPARE(shareText(40, 40), QStringLiteral("100 %"));
        QCOMPARE(changeText(5, 0), QString());
        QCOMPARE(changeText(112, 100), QStringLiteral("+12 %"));
        QCOMPARE(changeText(50, 100), QStringLiteral("\u221250 %"));
        QCOMPARE(changeText(100.2, 100), QStringLiteral("as before"));
    }

    void todayBeginsAtLocalMidnight()
    {
        // 20:00 UTC is 01:45 of the next day in Kathmandu (+5:45).
        const TimePoint now = at(20 * 3600);
        const PeriodSpan span = spanOf(Period::Today, now, 345);
        QCOMPARE(microsSinceEpoch(span.from), microsSinceEpoch(at(24 * 3600 - 345 * 60)));
        QCOMPARE(microsSinceEpoch(before(span).until), microsSinceEpoch(span.from));
    }

    void chartsEndAtRoundFigures()
    {
        QCOMPARE(roundTop(0), 1.0);
        QCOMPARE(roundTop(0.013), 0.02);
        QCOMPARE(roundTop(7), 10.0);
        QCOMPARE(roundTop(21), 25.0);
        QCOMPARE(roundTop(100), 100.0);
    }

    void everyKindOfErrorHasItsOwnWords()
    {
        QStringList seen;
        for (int kind = 0; kind <= static_cast<int>(ErrorKind::Internal); ++kind) {
            const QString text = textOf(static_cast<ErrorKind>(kind));
            QVERIFY(!text.isEmpty());
            QVERIFY2(!seen.contains(text), qPrintable(text));
            seen << text;
        }
    }

    void aChannelSaysItsWorstTrouble()
    {
        ChannelFacts facts;
        facts.needsKey = true;
        QCOMPARE(channelState(facts, at(0)).text, QStringLiteral("Key missing"));
        facts.keys = {SecretState::Locked};
        QCOMPARE(channelState(facts, at(0)).text, QStringLiteral("Vault locked"));
        facts.keys = {SecretState::Ready};
        QCOMPARE(channelState(facts, at(0)).text, QStringLiteral("No traffic yet"));
        facts.done = 7;
        QCOMPARE(channelState(facts, at(0)).text, QStringLiteral("Serving"));
        facts.failed = 3;
        QCOMPARE(channelState(facts, at(0)).text, QStringLiteral("3 of 10 failed"));
        facts.rest = ChannelNews{ChannelId("c"), "key 1", at(42), "429 from api.example.com"};
        const ChannelState resting = channelState(facts, at(0));
        QVERIFY(resting.resting);
        QCOMPARE(resting.text, QStringLiteral("Resting 42.0 s: 429 from api.example.com"));
        QVERIFY(!channelState(facts, at(43)).resting);
        facts.enabled = false;
        QCOMPARE(channelState(facts, at(0)).text, QStringLiteral("Disabled"));
    }

    void aTimelineCoversItsAttempt()
    {
        CallRecord record;
        record.timings.end = Micros(1'000'000);
        Attempt attempt;
        attempt.channelName = "first";
        attempt.model = ModelName("m");
        attempt.timings.connect = Micros(100'000);
        attempt.timings.tls = Micros(50'000);
        attempt.timings.firstByte = Micros(400'000);
        attempt.timings.firstToken = Micros(450'000);
        attempt.timings.end = Micros(1'000'000);
        record.attempts.push_back(attempt);
        const auto rows = timelineOf(record);
        QCOMPARE(rows.size(), std::size_t(1));
        const auto& spans = rows[0].spans;
        QCOMPARE(spans.size(), std::size_t(4));
        QCOMPARE(spans[2].phase, Phase::Waiting);
        QCOMPARE(spans[2].until.count(), 450'000);
        QCOMPARE(spans[3].until.count(), 1'000'000);
        for (std::size_t i = 1; i < spans.size(); ++i)
            QCOMPARE(spans[i].from.count(), spans[i - 1].until.count());
    }
};

QTEST_MAIN(TestFormat)
#include "tst_format.moc"
