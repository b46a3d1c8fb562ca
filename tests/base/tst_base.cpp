#include "base/bounded_queue.h"
#include "base/call_id.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/headers.h"
#include "base/money.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/url.h"

#include "support/printers.h"

#include <QTest>

#include <thread>

using namespace waystation;

class TestBase : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void moneyIsRoundedOnceHalfAwayFromZero()
    {
        CostSum sum;
        sum.add(1, {500'000}); // half a micro-dollar
        QCOMPARE(sum.total().value, 1);
        CostSum lower;
        lower.add(1, {499'999});
        QCOMPARE(lower.total().value, 0);
        lower.add(1, {1});
        QCOMPARE(lower.total().value, 1);
    }

    void moneySaturatesInsteadOfWrapping()
    {
        CostSum sum;
        sum.add(1'000'000'000, {INT64_MAX});
        sum.add(1'000'000'000, {INT64_MAX});
        QVERIFY(sum.total().value > 9'000'000'000'000);
        sum.scale(2000);
        QVERIFY(sum.total().value > 9'000'000'000'000);
    }

    void moneyScalesByThousandths()
    {
        CostSum sum;
        sum.add(1000, {3'000'000});
        sum.scale(1250);
        QCOMPARE(sum.total().value, 3750);
    }

    void moneyAsText()
    {
        QCOMPARE(toDecimal({67'500}), "0.0675");
        QCOMPARE(toDecimal({0}), "0.00");
        QCOMPARE(toDecimal({-1'500'000}), "-1.50");
        QCOMPARE(toDecimal({1}), "0.000001");
        QCOMPARE(microUsdFromDecimal("12.345678")->value, 12'345'678);
        QCOMPARE(microUsdFromDecimal("3")->value, 3'000'000);
        for (const char* bad : {"", ".", "1.", ".5", "-1", "1e3", "1.2345678", "1 ", "99999999999999999999"})
            QVERIFY2(!microUsdFromDecimal(bad), bad);
        QVERIFY(!microUsdFromDouble(-0.5));
        QVERIFY(!microUsdFromDouble(std::numeric_limits<double>::quiet_NaN()));
    }

    void secretsShowLittleOfThemselves()
    {
        prepareSecretMemory();
        std::string text = "sk-proj-0123456789abcdefWXYZ";
        const Secret secret = Secret::taking(text);
        QVERIFY(text.empty());
        QCOMPARE(secret.masked(), "sk-...WXYZ");
        QCOMPARE(Secret("short").masked(), "...");
        QCOMPARE(Secret().masked(), "");
        const Secret other = secret.share();
        QVERIFY(equalInConstantTime(secret.reveal(), other.reveal()));
        QVERIFY(!equalInConstantTime("abc", "abd"));
        QVERIFY(!equalInConstantTime("abc", "abcd"));
    }

    void hashes()
    {
        QCOMPARE(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        QCOMPARE(randomBase62(43).size(), std::size_t(43));
        QVERIFY(randomBase62(20) != randomBase62(20));
    }

    void headersCompareWithoutCase()
    {
        Headers headers {{"Content-Type", "a"}, {"X-Two", "1"}, {"x-two", "2"}, {"Connection", "keep-alive, Upgrade"}};
        QCOMPARE(std::string(headers.value("content-type")), "a");
        QCOMPARE(headers.count("X-TWO"), std::size_t(2));
        QVERIFY(headers.listHas("connection", "upgrade"));
        headers.set("X-Two", "3");
        QCOMPARE(headers.count("x-two"), std::size_t(1));
        headers.remove("x-two");
        QVERIFY(!headers.has("x-two"));
    }

    void urls_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("back"); // empty: refused
        QTest::newRow("plain") << "https://api.openai.com/v1" << "https://api.openai.com/v1";
        QTest::newRow("default port") << "https://Host.Example:443" << "https://host.example";
        QTest::newRow("port") << "http://127.0.0.1:8080/a?b=c#d" << "http://127.0.0.1:8080/a?b=c";
        QTest::newRow("ipv6") << "http://[::1]:99/x" << "http://[::1]:99/x";
        QTest::newRow("no scheme") << "api.openai.com" << "";
        QTest::newRow("user") << "https://user@host/" << "";
        QTest::newRow("port zero") << "https://host:0/" << "";
        QTest::newRow("port huge") << "https://host:65536/" << "";
        QTest::newRow("port empty") << "https://host:/" << "";
        QTest::newRow("space") << "https://ho st/" << "";
        QTest::newRow("line break") << "https://host/\r\nX: y" << "";
        QTest::newRow("no host") << "https:///x" << "";
        QTest::newRow("bad bracket") << "https://[::1/x" << "";
        QTest::newRow("name in brackets") << "https://[host]/x" << "";
    }

    void urls()
    {
        QFETCH(QString, text);
        QFETCH(QString, back);
        const auto url = parseUrl(text.toStdString());
        QCOMPARE(url.has_value(), !back.isEmpty());
        if (url)
            QCOMPARE(toText(*url), back.toStdString());
    }

    void loopbackHasManyNames()
    {
        for (const char* host : {"127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1", "::ffff:127.0.0.1", "a.localhost"})
            QVERIFY2(isLoopbackHost(host), host);
        for (const char* host : {"128.0.0.1", "localhost.example", "127.evil.example", "::2", ""})
            QVERIFY2(!isLoopbackHost(host), host);
    }

    void queries()
    {
        QCOMPARE(queryValue("a=1&key=x%2Fy", "key"), "x/y");
        QCOMPARE(queryWithout("a=1&key=x&b=2&k%65y=z", "key"), "a=1&b=2");
        QCOMPARE(percentEncoded("a/b c"), "a%2Fb%20c");
    }

    void globs()
    {
        QVERIFY(matchesGlob("claude-*", "claude-opus-5"));
        QVERIFY(matchesGlob("*", ""));
        QVERIFY(matchesGlob("a*b*c", "a12b34c"));
        QVERIFY(!matchesGlob("claude-*", "gpt-5"));
        QVERIFY(!matchesGlob("", "x"));
        QCOMPARE(globCapture("anthropic/*", "anthropic/opus").value(), "opus");
        QVERIFY(!globCapture("aa*aa", "aaa"));
    }

    void linesForLogsHoldNoControls()
    {
        QCOMPARE(oneLine("a\nb\x1b[31m"), "a b\\x1b[31m");
        QCOMPARE(oneLine("\xff"), "\\xff");
        QCOMPARE(oneLine("\xc2\x9b"), "\\xc2\\x9b");
        QCOMPARE(oneLine("驿站"), "驿站");
        QCOMPARE(elided("驿站驿站", 8), "驿...");
        QVERIFY(!isValidUtf8("\xc0\x80"));
        QVERIFY(!isValidUtf8("\xed\xa0\x80"));
        QVERIFY(isValidUtf8("\xf0\x9f\x90\x8e"));
    }

    void callIdsSortByTime()
    {
        const CallId first = makeCallId(TimePoint(Micros(1'000'000)), 0xFFFF, ~0ull);
        const CallId later = makeCallId(TimePoint(Micros(1'001'000)), 0, 0);
        QCOMPARE(first.text().size(), std::size_t(26));
        QVERIFY(first < later);
        // Every bit of the random part shows.
        for (int bit = 0; bit < 80; ++bit) {
            const std::uint64_t low = bit < 64 ? 1ull << bit : 0;
            const auto high = static_cast<std::uint16_t>(bit >= 64 ? 1u << (bit - 64) : 0);
            QVERIFY(makeCallId({}, high, low) != makeCallId({}, 0, 0));
        }
    }

    void aFullQueueRefusesAndCounts()
    {
        BoundedQueue<int> queue(2);
        bool wasEmpty = false;
        QVERIFY(queue.push(1, wasEmpty) && wasEmpty);
        QVERIFY(queue.push(2, wasEmpty) && !wasEmpty);
        QVERIFY(!queue.push(3, wasEmpty));
        QCOMPARE(queue.refused(), std::uint64_t(1));
        QCOMPARE(queue.takeAll(), (std::vector<int> {1, 2}));
    }

    void errorKindsHaveNamesThatComeBack()
    {
        for (int kind = 0; kind <= int(ErrorKind::Internal); ++kind)
            QCOMPARE(errorKindFrom(nameOf(ErrorKind(kind))), std::optional(ErrorKind(kind)));
    }
};

QTEST_GUILESS_MAIN(TestBase)
#include "tst_base.moc"
