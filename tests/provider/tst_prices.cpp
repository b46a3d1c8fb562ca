#include "provider/prices.h"

#include "prices_data.h"

#include <QTest>

#include <chrono>

using namespace waystation;

namespace {

TimePoint at(int year, unsigned month, unsigned day, int hour = 12, int minute = 0)
{
    return std::chrono::sys_days(
               std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day))
        + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

const TimePoint september = at(2026, 9, 23);

const PriceTable& table()
{
    static const PriceTable shipped = PriceTable::read(builtInPrices()).value();
    return shipped;
}

PriceTable tableOf(const std::string& providers)
{
    return PriceTable::read("{\"v\":1,\"providers\":{" + providers + "}}").value();
}

double dollars(Rate rate)
{
    return double(rate.microUsdPerMillion) / 1e6;
}

}

class tst_prices : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theShippedListIsWhole()
    {
        QCOMPARE(table().date(), std::string("2026-09-23"));
        QVERIFY(table().version().find("genai-prices 0.1.8") != std::string::npos);
        QVERIFY(table().modelCount() > 1000);
    }

    void readingIsQuick()
    {
        auto best = std::chrono::steady_clock::duration::max();
        for (int i = 0; i < 5; ++i) {
            const auto start = std::chrono::steady_clock::now();
            QVERIFY(PriceTable::read(builtInPrices()).has_value());
            best = std::min(best, std::chrono::steady_clock::now() - start);
        }
        const auto millis = std::chrono::duration<double, std::milli>(best).count();
        qInfo("read in %.2f ms", millis);
        // 10 ms is meant; sanitizers and a busy machine are slower.
        QVERIFY2(millis < 1000, "orders of magnitude are lost");
    }

    void sampleFigures_data()
    {
        QTest::addColumn<QString>("seller");
        QTest::addColumn<QString>("model");
        QTest::addColumn<qint64>("inputTokens");
        QTest::addColumn<double>("in");
        QTest::addColumn<double>("out");
        QTest::addColumn<double>("read");
        const auto row = [](const char* seller, const char* model, qint64 tokens, double in,
                             double out, double read) {
            QTest::addRow("%s %lld", model, static_cast<long long>(tokens)) << QString::fromLatin1(
                seller) << QString::fromLatin1(model) << tokens << in << out << read;
        };
        row("anthropic", "claude-opus-5", 1000, 5, 25, 0.5);
        row("anthropic", "claude-opus-5-20260801", 900'000, 5, 25, 0.5);
        row("anthropic", "claude-haiku-4-5", 1000, 1, 5, 0.1);
        row("anthropic", "claude-haiku-4-5-20251001", 1000, 1, 5, 0.1);
        row("openai", "gpt-5.5", 1000, 5, 30, 0.5);
        row("openai", "gpt-5.5", 271'999, 5, 30, 0.5);
        row("openai", "gpt-5.5", 272'000, 10, 45, 1);
        row("google", "gemini-3.1-pro-preview", 200'000, 2, 12, 0.2);
        row("google", "gemini-3.1-pro-preview", 200'001, 4, 18, 0.4);
        row("moonshotai", "kimi-k3", 1000, 3, 15, 0.3);
        row("x-ai", "grok-4.6", 199'999, 2, 6, 0.5);
        row("x-ai", "grok-4.6", 200'000, 4, 12, 1);
        row("google", "gemini-2.5-pro-preview-06-05", 1000, 1.25, 10, 0.125);
    }

    void sampleFigures()
    {
        QFETCH(QString, seller);
        QFETCH(QString, model);
        QFETCH(qint64, inputTokens);
        const auto found
            = table().find(seller.toStdString(), model.toStdString(), inputTokens, september);
        QVERIFY(found);
        QCOMPARE(found->source, PriceSource::Table);
        QTEST(dollars(found->prices.input), "in");
        QTEST(dollars(found->prices.output), "out");
        QVERIFY(found->prices.cacheRead);
        QTEST(dollars(*found->prices.cacheRead), "read");
    }

    void aWriteForAnHourHasItsOwnPrice()
    {
        const auto found = table().find("anthropic", "claude-opus-5", 1000, september);
        QCOMPARE(dollars(*found->prices.cacheWrite5m), 6.25);
        QCOMPARE(dollars(*found->prices.cacheWrite1h), 10.0);
        QCOMPARE(found->prices.perWebSearch, MicroUsd{10'000});
    }

    void namesAreComparedInLowerCase()
    {
        QVERIFY(table().find("anthropic", "Claude-Opus-5", 0, september));
        const auto found = table().find("minimax", "MiniMax-M2", 0, september);
        QVERIFY(found);
        QCOMPARE(found->source, PriceSource::Table);
    }

    void aCallOverTheCliffPaysMoreForEveryToken()
    {
        const PriceTable table = tableOf("\"a\":{\"models\":[[\"m\",[\"=\",\"m\"],0,[{\"i\":[1,["
                                         "100,2],[1000,3]],\"o\":[4,[1000,5]]}]]]}");
        const auto input = [&](Tokens tokens) {
            return dollars(table.find("a", "m", tokens, september)->prices.input);
        };
        const auto output = [&](Tokens tokens) {
            return dollars(table.find("a", "m", tokens, september)->prices.output);
        };
        QCOMPARE(input(100), 1.0);
        QCOMPARE(input(101), 2.0);
        QCOMPARE(input(1001), 3.0);
        QCOMPARE(output(101), 4.0);
        QCOMPARE(output(1001), 5.0);
    }

    void hoursAndDatesAreUtc()
    {
        const auto input = [&](TimePoint when) {
            return dollars(table().find("deepseek", "deepseek-v4-flash", 1000, when)->prices.input);
        };
        QCOMPARE(input(at(2026, 8, 16, 12)), 0.14);
        QCOMPARE(input(at(2026, 8, 16, 2)), 0.14); // the hours came with the new list
        QCOMPARE(input(at(2026, 8, 17, 0, 0)), 0.22);
        QCOMPARE(input(at(2026, 8, 17, 0, 59)), 0.22);
        QCOMPARE(input(at(2026, 8, 17, 1, 0)), 0.44);
        QCOMPARE(input(at(2026, 8, 17, 3, 59)), 0.44);
        QCOMPARE(input(at(2026, 8, 17, 4, 0)), 0.22);
        QCOMPARE(input(at(2026, 8, 17, 9, 59)), 0.44);
        QCOMPARE(input(at(2026, 8, 17, 10, 0)), 0.22);
    }

    void hoursMayCrossMidnight()
    {
        const PriceTable table = tableOf("\"a\":{\"models\":[[\"m\",[\"=\",\"m\"],0,[{\"i\":1,"
                                         "\"o\":1},{\"utc\":\"22:00-02:00\",\"i\":2,\"o\":2}]]]}");
        const auto input = [&](int hour) {
            return dollars(table.find("a", "m", 1, at(2026, 1, 1, hour))->prices.input);
        };
        QCOMPARE(input(21), 1.0);
        QCOMPARE(input(22), 2.0);
        QCOMPARE(input(1), 2.0);
        QCOMPARE(input(2), 1.0);
    }

    void beforeTheFirstDateThereIsNoPrice()
    {
        const PriceTable table = tableOf("\"a\":{\"models\":[[\"m\",[\"=\",\"m\"],0,[{\"from\":"
                                         "\"2026-05-01\",\"i\":1,\"o\":1}]]]}");
        QVERIFY(!table.find("a", "m", 1, at(2026, 4, 30, 23, 59)));
        QVERIFY(table.find("a", "m", 1, at(2026, 5, 1, 0, 0)));
    }

    void everyKindOfMatch()
    {
        const PriceTable table
            = tableOf("\"a\":{\"models\":["
                      "[\"equals\",[\"=\",\"one\"],0,[{\"i\":1}]],"
                      "[\"starts\",[\"^\",\"two-\"],0,[{\"i\":1}]],"
                      "[\"ends\",[\"$\",\"-three\"],0,[{\"i\":1}]],"
                      "[\"contains\",[\"*\",\"four\"],0,[{\"i\":1}]],"
                      "[\"digits\",[\"#\",\"five-####\"],0,[{\"i\":1}]],"
                      "[\"expression\",[\"~\",\"^six-(?!mini)\"],0,[{\"i\":1}]],"
                      "[\"any\",[\"|\",[\"=\",\"seven\"],[\"=\",\"eight\"]],0,[{\"i\":1}]],"
                      "[\"all\",[\"&\",[\"^\",\"nine\"],[\"$\",\"ten\"]],0,[{\"i\":1}]]]}");
        const auto entry = [&](const char* name) {
            const auto found = table.find("a", name, 1, september);
            return found ? found->model : std::string();
        };
        QCOMPARE(entry("one"), std::string("a/equals"));
        QCOMPARE(entry("ones"), std::string());
        QCOMPARE(entry("two-x"), std::string("a/starts"));
        QCOMPARE(entry("x-two-"), std::string());
        QCOMPARE(entry("x-three"), std::string("a/ends"));
        QCOMPARE(entry("x-four-x"), std::string("a/contains"));
        QCOMPARE(entry("five-1234"), std::string("a/digits"));
        QCOMPARE(entry("five-123x"), std::string());
        QCOMPARE(entry("five-12345"), std::string());
        QCOMPARE(entry("six-maxi"), std::string("a/expression"));
        QCOMPARE(entry("six-mini"), std::string());
        QCOMPARE(entry("eight"), std::string("a/any"));
        QCOMPARE(entry("nine or ten"), std::string("a/all"));
        QCOMPARE(entry("nine"), std::string());
    }

    void theFirstModelThatMatchesWins()
    {
        const PriceTable table = tableOf("\"a\":{\"models\":[[\"first\",[\"^\",\"m\"],0,[{\"i\":1}]"
                                         "],[\"second\",[\"=\",\"mm\"],0,[{\"i\":2}]]]}");
        QCOMPARE(table.find("a", "mm", 1, september)->model, std::string("a/first"));
    }

    void anUnknownSellerChargesWhatTheMakerDoesPerhaps_data()
    {
        QTest::addColumn<QString>("seller");
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("entry");
        const auto row = [](const char* seller, const char* model, const char* entry) {
            QTest::addRow("%s %s", seller, model)
                << QString::fromLatin1(seller) << QString::fromLatin1(model)
                << QString::fromLatin1(entry);
        };
        row("", "claude-opus-5", "anthropic/claude-opus-5");
        row("", "anthropic/claude-opus-5", "anthropic/claude-opus-5");
        row("", "claude-opus-5-free", "anthropic/claude-opus-5");
        row("", "claude-opus-5:thinking", "anthropic/claude-opus-5");
        row("siliconflow", "deepseek-ai/DeepSeek-V4-Flash", "deepseek/deepseek-v4-flash");
        row("siliconflow", "Qwen/Qwen3-32B", "openrouter/qwen/qwen3-32b");
        row("alibaba-cn", "qwen3.7-max", "openrouter/qwen/qwen3.7-max");
        row("", "us.anthropic/claude-opus-5", "anthropic/claude-opus-5");
        row("", "gpt-5.5-2026-12-24", "openai/gpt-5.5");
        row("openai", "gpt-5.5-2026-12-24", "openai/gpt-5.5");
        row("", "kimi-k3-20261224", "moonshotai/kimi-k3");
        row("openrouter", "moonshotai/kimi-k3:thinking", "openrouter/moonshotai/kimi-k3");
    }

    void anUnknownSellerChargesWhatTheMakerDoesPerhaps()
    {
        QFETCH(QString, seller);
        QFETCH(QString, model);
        QFETCH(QString, entry);
        const auto found = table().find(seller.toStdString(), model.toStdString(), 1000, september);
        QVERIFY(found);
        QCOMPARE(QString::fromStdString(found->model), entry);
        QCOMPARE(found->source, PriceSource::Assumed);
    }

    void aNearNameIsNoPrice_data()
    {
        QTest::addColumn<QString>("model");
        for (const char* const name : {"gpt-5.55", "gpt-77", "claude", "some-model", "kimi-k33",
                 "qwen99-max", "llama3:8b", "", "claude-opus-5x"})
            QTest::newRow(*name ? name : "empty") << QString::fromLatin1(name);
    }

    void aNearNameIsNoPrice()
    {
        QFETCH(QString, model);
        for (const char* const seller : {"", "openai", "no-such-seller", "siliconflow"})
            QVERIFY(!table().find(seller, model.toStdString(), 1000, september));
    }

    void anEndlessNameIsNoPrice()
    {
        QVERIFY(!table().find(
            "google", "gemini-2.5-pro" + std::string(5'000'000, 'x'), 1000, september));
    }

    void azureSellsWhatOthersMake()
    {
        const auto found = table().find("azure", "gpt-5.5", 1000, september);
        QVERIFY(found);
        QCOMPARE(found->source, PriceSource::Table);
        QCOMPARE(dollars(found->prices.input), 5.0);
    }

    void freeSaysSo()
    {
        const auto found = table().find(freePricesId, "llama3:8b", 1000, september);
        QVERIFY(found);
        QCOMPARE(found->source, PriceSource::Table);
        QCOMPARE(found->prices, Prices{});
        const auto marked = table().find("openrouter", "qwen/qwen3-coder:free", 1000, september);
        QVERIFY(marked);
        QCOMPARE(marked->source, PriceSource::Table);
        QCOMPARE(marked->prices, Prices{});
    }

    void contextWindows()
    {
        QCOMPARE(table().contextWindow("anthropic", "claude-opus-5"), Tokens(1'000'000));
        QCOMPARE(table().contextWindow("", "claude-haiku-4-5"), Tokens(200'000));
        QCOMPARE(table().contextWindow("", "nobody-knows-it"), Tokens(0));
    }

    void brokenListsAreRefused_data()
    {
        QTest::addColumn<QString>("json");
        const auto row = [](const char* what, const char* json) {
            QTest::newRow(what) << QString::fromLatin1(json);
        };
        row("no json", "{");
        row("empty", "");
        row("other version", "{\"v\":2,\"providers\":{}}");
        row("no providers", "{\"v\":1}");
        row("negative price",
            "{\"v\":1,\"providers\":{\"a\":{\"models\":[[\"m\",[\"=\",\"m\"],0,[{\"i\":-1}]]]}}}");
        row("price of text",
            "{\"v\":1,\"providers\":{\"a\":{\"models\":[[\"m\",[\"=\",\"m\"],0,[{\"i\":\"1\"}]]]}}"
            "}");
        row("unknown match",
            "{\"v\":1,\"providers\":{\"a\":{\"models\":[[\"m\",[\"?\",\"m\"],0,[{\"i\":1}]]]}}}");
        row("bad expression",
            "{\"v\":1,\"providers\":{\"a\":{\"models\":[[\"m\",[\"~\",\"*\"],0,[{\"i\":1}]]]}}}");
        row("bad date",
            "{\"v\":1,\"providers\":{\"a\":{\"models\":[[\"m\",[\"=\",\"m\"],0,[{\"from\":\"2026-"
            "13-01\",\"i\":1}]]]}}}");
        row("bad hours",
            "{\"v\":1,\"providers\":{\"a\":{\"models\":[[\"m\",[\"=\",\"m\"],0,[{\"utc\":\"1-2\","
            "\"i\":1}]]]}}}");
    }

    void brokenListsAreRefused()
    {
        QFETCH(QString, json);
        const auto result = PriceTable::read(json.toStdString());
        QVERIFY(!result);
        QCOMPARE(result.error().kind, ErrorKind::Invalid);
    }
};

QTEST_GUILESS_MAIN(tst_prices)
#include "tst_prices.moc"
