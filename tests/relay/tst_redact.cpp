#include "relay/redact.h"

#include "support/plan_with.h"

#include <QTest>

#include <chrono>

using namespace waystation;

namespace {

// No shape that a pattern would know.
constexpr std::string_view plainSecret = "Wq7Zp0Lm3Kc9Vb2Xt5Rn";

Plan planOfSecrets()
{
    Plan plan = planWith(channelNamed("a"), channelNamed("b"));
    plan.channels[0].keys[0].secret = Secret(plainSecret);
    plan.channels[1].keys[0].secret = Secret("short-one");
    plan.channels[1].proxy.password = Secret("proxy+Password!");
    return plan;
}

}

class tst_redact : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void secretsOfThePlanAreRemovedByValue()
    {
        const Plan plan = planOfSecrets();
        QCOMPARE(scrubbed("key " + std::string(plainSecret) + " refused", plan),
            std::string("key [removed] refused"));
        QCOMPARE(scrubbed(plainSecret, plan), std::string("[removed]"));
        QCOMPARE(scrubbed("x" + std::string(plainSecret) + std::string(plainSecret) + "y", plan)
                     .find("Wq7"),
            std::string::npos);
        QCOMPARE(scrubbed("wrong: short-one.", plan), std::string("wrong: [removed]."));
        QCOMPARE(scrubbed("proxy+Password!", plan), std::string("[removed]"));
        QCOMPARE(scrubbed("nothing here", plan), std::string("nothing here"));
        QCOMPARE(scrubbed("", plan), std::string());
    }

    void anyTwelveOctetsInARowAreRemoved()
    {
        const Plan plan = planOfSecrets();
        for (std::size_t length = 1; length <= plainSecret.size(); ++length) {
            for (std::size_t from = 0; from + length <= plainSecret.size(); ++from) {
                const std::string part(plainSecret.substr(from, length));
                const std::string shown = scrubbed("<" + part + ">", plan);
                if (length >= 12)
                    QCOMPARE(shown, std::string("<[removed]>"));
                else
                    QCOMPARE(shown, "<" + part + ">");
            }
        }
    }

    void keysAreKnownByTheirShape_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("shown");
        const auto row = [](const char* text, const char* shown) {
            QTest::newRow(text) << QString::fromLatin1(text) << QString::fromLatin1(shown);
        };
        row("Incorrect API key provided: sk-proj-Ab1_cd2-ef3Gh4.",
            "Incorrect API key provided: [removed].");
        row("sk-ant-api03-abcdefghijkl", "[removed]");
        row("sk-abcd************wxyz", "[removed]");
        row("key AIzaSyA1234567890abcdefgh!", "key [removed]!");
        row("gsk_abcdefgh1234 and xai-abcdefgh1234", "[removed] and [removed]");
        row("ws-0123456789abcdef0123", "[removed]");
        row("0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp", "[removed]");
        row("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh", "[removed]");
        row("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [removed]");
        row("bearer authentication failed", "bearer authentication failed");
        row("https://x.example/v1?key=abcdefgh1234&alt=sse",
            "https://x.example/v1?key=[removed]&alt=sse");
        row("{\"api_key\":\"abcdefgh1234\"}", "{\"api_key\":\"[removed]\"}");
        row("x-api-key: abcdefgh1234", "x-api-key: [removed]");
        row("access_token=abcdefgh1234", "access_token=[removed]");
        // Not keys.
        row("sk-...abcd", "sk-...abcd");
        row("ask-someone-about-desk-lamps", "ask-someone-about-desk-lamps");
        row("task-sk-abcdefgh", "task-sk-abcdefgh");
        row("the key is missing", "the key is missing");
        row("claude-opus-5-20260801", "claude-opus-5-20260801");
        row("req_011CSHoEeqs5C35K2UUqR7Fy", "req_011CSHoEeqs5C35K2UUqR7Fy");
        row("max_tokens: 128000", "max_tokens: 128000");
    }

    void keysAreKnownByTheirShape()
    {
        QFETCH(QString, text);
        QFETCH(QString, shown);
        QCOMPARE(QString::fromStdString(scrubbedByShape(text.toStdString())), shown);
        QCOMPARE(QString::fromStdString(scrubbed(text.toStdString(), emptyPlan())), shown);
    }

    void longTextsTakeLinearTime_data()
    {
        QTest::addColumn<QByteArray>("piece");
        QTest::newRow("prose") << QByteArray("the quick brown fox ");
        QTest::newRow("one letter") << QByteArray("a");
        QTest::newRow("almost a key") << QByteArray("sk-a ");
        QTest::newRow("almost a token") << QByteArray("eyJ.");
        QTest::newRow("almost led") << QByteArray("key=a ");
        QTest::newRow("stars") << QByteArray("sk-***.");
        QTest::newRow("half of the secret") << QByteArray("Wq7Zp0Lm3Kc");
    }

    void longTextsTakeLinearTime()
    {
        QFETCH(QByteArray, piece);
        const Plan plan = planOfSecrets();
        std::string text;
        while (text.size() < (1u << 20))
            text += piece.toStdString();
        const auto start = std::chrono::steady_clock::now();
        QVERIFY(!scrubbed(text, plan).empty());
        const auto spent = std::chrono::steady_clock::now() - start;
        // A mebibyte; a quadratic scan would take hours.
        QVERIFY(spent < std::chrono::seconds(5));
    }

    void headersAreShownWithoutCredentials()
    {
        QCOMPARE(shownHeaderValue("Authorization", "Bearer sk-proj-abcdefghijklmnop"),
            std::string("Bearer sk-...mnop"));
        QCOMPARE(shownHeaderValue("x-api-key", "abcdefghijklmnopqrst"), std::string("abc...qrst"));
        QCOMPARE(shownHeaderValue("x-goog-api-key", "short"), std::string("..."));
        QCOMPARE(shownHeaderValue("Cookie", "session=abcdefgh"), std::string("[removed]"));
        QCOMPARE(
            shownHeaderValue("x-auth-token", "abcdefghijklmnopqrst"), std::string("abc...qrst"));
        QCOMPARE(shownHeaderValue("user-agent", "claude-cli/2.1"), std::string("claude-cli/2.1"));
        QCOMPARE(shownHeaderValue("x-ratelimit-remaining-tokens", "149984"), std::string("149984"));
        QCOMPARE(shownHeaderValue("referer", "https://x.example/?key=abcdefgh1234"),
            std::string("https://x.example/?key=[removed]"));
    }
};

QTEST_GUILESS_MAIN(tst_redact)
#include "tst_redact.moc"
