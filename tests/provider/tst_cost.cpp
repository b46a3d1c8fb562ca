#include "provider/prices.h"

#include "prices_data.h"

#include <QTest>

using namespace waystation;

namespace {

const TimePoint september = std::chrono::sys_days(std::chrono::year(2026) / 9 / 23);

PriceFound shipped(const char* seller, const char* model, Tokens inputTokens)
{
    static const PriceTable table = PriceTable::read(builtInPrices()).value();
    return table.find(seller, model, inputTokens, september).value();
}

PriceFound priced(double in, double out, std::string model = "a/m")
{
    Prices prices;
    prices.input = {std::int64_t(in * 1e6)};
    prices.output = {std::int64_t(out * 1e6)};
    return {prices, PriceSource::Table, std::move(model)};
}

Usage tokens(Tokens input, Tokens output)
{
    Usage usage;
    usage.input = input;
    usage.output = output;
    return usage;
}

std::int64_t total(const Usage& usage, const PriceFound& found, std::int64_t multiplier = 1000)
{
    const auto cost = costOf(usage, found, multiplier);
    return cost ? cost->total.value : -1;
}

}

class tst_cost : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theWorkedExample()
    {
        Usage usage = tokens(25'000, 500);
        usage.cacheRead = 20'000;
        usage.cacheWrite1h = 4000;
        const auto cost = costOf(usage, shipped("anthropic", "claude-opus-5", usage.input), 1000);
        QVERIFY(cost);
        QCOMPARE(cost->total, MicroUsd{67'500});
        QCOMPARE(cost->source, PriceSource::Table);
        QCOMPARE(cost->model, std::string("anthropic/claude-opus-5"));
        QCOMPARE(cost->formula,
            std::string("1000 in x 5.00 + 20000 read x 0.50 + 4000 write 1h x 10.00 + 500 out x "
                        "25.00 per million = 0.0675"));
    }

    void aWriteForAnHourIsNotPricedAsOneForFiveMinutes()
    {
        Usage usage = tokens(4000, 0);
        usage.cacheWrite1h = 4000;
        QCOMPARE(total(usage, shipped("anthropic", "claude-opus-5", 4000)), std::int64_t(40'000));
        usage.cacheWrite1h = 0;
        usage.cacheWrite5m = 4000;
        QCOMPARE(total(usage, shipped("anthropic", "claude-opus-5", 4000)), std::int64_t(25'000));
    }

    void theCliffRepricesTheWholeCall()
    {
        QCOMPARE(total(tokens(200'000, 1000), shipped("google", "gemini-3.1-pro-preview", 200'000)),
            std::int64_t(412'000));
        QCOMPARE(total(tokens(200'001, 1000), shipped("google", "gemini-3.1-pro-preview", 200'001)),
            std::int64_t(818'004));
        QCOMPARE(total(tokens(271'999, 1000), shipped("openai", "gpt-5.5", 271'999)),
            std::int64_t(1'389'995));
        QCOMPARE(total(tokens(272'000, 1000), shipped("openai", "gpt-5.5", 272'000)),
            std::int64_t(2'765'000));
    }

    void missingPricesFallBack()
    {
        Usage usage = tokens(1'000'000, 0);
        usage.cacheRead = 1'000'000;
        QCOMPARE(total(usage, priced(2, 8)), std::int64_t(2'000'000)); // read as input
        usage.cacheRead = 0;
        usage.cacheWrite5m = 1'000'000;
        QCOMPARE(total(usage, priced(2, 8)), std::int64_t(2'000'000)); // write as input
        usage.cacheWrite5m = 0;
        usage.cacheWrite1h = 1'000'000;
        QCOMPARE(total(usage, priced(2, 8)), std::int64_t(3'200'000)); // an hour as 1.6 x write
        PriceFound withWrite = priced(2, 8);
        withWrite.prices.cacheWrite5m = Rate{2'500'000};
        QCOMPARE(total(usage, withWrite), std::int64_t(4'000'000));
        usage.cacheWrite1h = 0;
        usage.audioIn = 500'000;
        usage.imageIn = 500'000;
        QCOMPARE(total(usage, priced(2, 8)), std::int64_t(2'000'000));
        usage = tokens(0, 1'000'000);
        usage.audioOut = 300'000;
        usage.imageOut = 300'000;
        usage.reasoning = 400'000;
        QCOMPARE(total(usage, priced(2, 8)), std::int64_t(8'000'000));
    }

    void partsAreTakenOutOfTheWholeOnce()
    {
        PriceFound found = priced(1, 10);
        found.prices.audioIn = Rate{20'000'000};
        found.prices.imageIn = Rate{3'000'000};
        found.prices.audioOut = Rate{50'000'000};
        found.prices.imageOut = Rate{40'000'000};
        Usage usage = tokens(1'000'000, 1'000'000);
        usage.audioIn = 100'000;
        usage.imageIn = 200'000;
        usage.audioOut = 100'000;
        usage.imageOut = 300'000;
        // 0.7 x 1 + 0.1 x 20 + 0.2 x 3 + 0.6 x 10 + 0.1 x 50 + 0.3 x 40
        QCOMPARE(total(usage, found), std::int64_t(26'300'000));
    }

    void reasoningIsAPartOfOutput()
    {
        Usage usage = tokens(0, 1000);
        usage.reasoning = 800;
        PriceFound found = priced(1, 10);
        QCOMPARE(total(usage, found), std::int64_t(10'000));
        found.prices.reasoning = Rate{30'000'000};
        QCOMPARE(total(usage, found), std::int64_t(200 * 10 + 800 * 30));
    }

    void moreCacheThanInputIsLegal()
    {
        Usage usage = tokens(1000, 0);
        usage.cacheRead = 900;
        usage.cacheWrite5m = 300;
        PriceFound found = priced(10, 0);
        found.prices.cacheRead = Rate{1'000'000};
        found.prices.cacheWrite5m = Rate{12'500'000};
        QCOMPARE(total(usage, found), std::int64_t(900 + 3750));
    }

    void searchesRequestsAndPictures()
    {
        PriceFound found = priced(1, 1);
        found.prices.perWebSearch = {10'000};
        found.prices.perRequest = {5000};
        found.prices.perImage = {40'000};
        Usage usage = tokens(1'000'000, 0);
        usage.webSearches = 3;
        usage.images = 2;
        const auto cost = costOf(usage, found, 1000);
        QCOMPARE(cost->total, MicroUsd{1'000'000 + 30'000 + 5000 + 80'000});
        QCOMPARE(cost->formula,
            std::string("1000000 in x 1.00 per million + 3 searches x 0.01 + 2 images x 0.04 + 1 "
                        "request x 0.005 = 1.115"));
    }

    void audioByTheHour()
    {
        Usage usage;
        usage.audioMillis = 90'000;
        QCOMPARE(
            total(usage, shipped("openai", "whisper-1", 0)), std::int64_t(9000)); // 0.36 an hour
        usage.audioMillis = 3'600'000;
        QCOMPARE(total(usage, shipped("groq", "whisper-large-v3", 0)), std::int64_t(111'000));
    }

    void tiersOfTheAnswer_data()
    {
        QTest::addColumn<QString>("tier");
        QTest::addColumn<QString>("entry");
        QTest::addColumn<qint64>("micros");
        QTest::addColumn<bool>("assumed");
        QTest::newRow("none") << QString() << QStringLiteral("openai/m") << qint64(1'000'000)
                              << false;
        QTest::newRow("default") << QStringLiteral("default") << QStringLiteral("openai/m")
                                 << qint64(1'000'000) << false;
        QTest::newRow("standard") << QStringLiteral("standard") << QStringLiteral("anthropic/m")
                                  << qint64(1'000'000) << false;
        QTest::newRow("flex") << QStringLiteral("flex") << QStringLiteral("openai/m")
                              << qint64(500'000) << false;
        QTest::newRow("batch") << QStringLiteral("batch") << QStringLiteral("anthropic/m")
                               << qint64(500'000) << false;
        QTest::newRow("groq flex")
            << QStringLiteral("flex") << QStringLiteral("groq/m") << qint64(1'000'000) << false;
        QTest::newRow("gemini priority") << QStringLiteral("priority") << QStringLiteral("google/m")
                                         << qint64(1'800'000) << false;
        QTest::newRow("openai priority") << QStringLiteral("priority") << QStringLiteral("openai/m")
                                         << qint64(2'000'000) << true;
        QTest::newRow("anthropic priority")
            << QStringLiteral("priority") << QStringLiteral("anthropic/m") << qint64(1'000'000)
            << false;
    }

    void tiersOfTheAnswer()
    {
        QFETCH(QString, tier);
        QFETCH(QString, entry);
        QFETCH(qint64, micros);
        QFETCH(bool, assumed);
        Usage usage = tokens(1'000'000, 0);
        usage.tier = tier.toStdString();
        const auto cost = costOf(usage, priced(1, 1, entry.toStdString()), 1000);
        QCOMPARE(qint64(cost->total.value), micros);
        QCOMPARE(cost->source == PriceSource::Assumed, assumed);
    }

    void theChannelsMultiplierCountsLast()
    {
        const auto cost = costOf(tokens(1'000'000, 0), priced(3, 0.5), 1250);
        QCOMPARE(cost->total, MicroUsd{3'750'000});
        QCOMPARE(
            cost->formula, std::string("(1000000 in x 3.00 per million) x 1.25 (channel) = 3.75"));
        QCOMPARE(total(tokens(1'000'000, 0), priced(3, 0.5), 0), std::int64_t(0));
        // 7 micro-dollars and a half: rounded once, at the end.
        QCOMPARE(total(tokens(5, 0), priced(3, 0.5), 500), std::int64_t(8));
    }

    void roundingHappensOnce()
    {
        // Each part alone would round to 0.
        Usage usage = tokens(2, 2);
        usage.cacheRead = 1;
        QCOMPARE(total(usage, priced(0.2, 0.2)), std::int64_t(1));
    }

    void theUnknownIsNotZero()
    {
        QVERIFY(!costOf(Usage{}, priced(1, 1), 1000)); // nothing was counted
        Usage spoken;
        spoken.characters = 500;
        QVERIFY(!costOf(spoken, priced(1, 1), 1000)); // counted in a unit without a price
        Usage pictures;
        pictures.images = 1;
        QVERIFY(!costOf(pictures, priced(1, 1), 1000));
        PriceFound byHour = priced(0, 0);
        byHour.prices.perAudioHour = {360'000};
        QVERIFY(!costOf(tokens(100, 100), byHour, 1000));
    }

    void freeIsZero()
    {
        const auto cost
            = costOf(tokens(1000, 1000), PriceFound{Prices{}, PriceSource::Table, "free"}, 1000);
        QVERIFY(cost);
        QCOMPARE(cost->total, MicroUsd{});
        QCOMPARE(cost->formula, std::string("free"));
    }

    void hugeCountsSaturate()
    {
        Usage usage = tokens(mostTokens, mostTokens);
        usage.webSearches = mostTokens;
        PriceFound found = priced(1'000'000, 1'000'000);
        found.prices.perWebSearch = {1'000'000'000};
        QVERIFY(total(usage, found) > 0);
    }
};

QTEST_GUILESS_MAIN(tst_cost)
#include "tst_cost.moc"
