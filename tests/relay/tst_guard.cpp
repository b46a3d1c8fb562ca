#include "relay/guard.h"

#include "support/plan_with.h"

#include <QTest>

using namespace waystation;

namespace {

RequestHead headWith(Headers headers)
{
    RequestHead head;
    head.method = "POST";
    head.path = "/v1/chat/completions";
    head.headers = std::move(headers);
    return head;
}

ErrorKind verdict(Headers headers, const Plan& plan = emptyPlan())
{
    const auto result = guardHead(headWith(std::move(headers)), plan);
    return result ? ErrorKind::None : result.error().kind;
}

}

class tst_guard : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theHostMustNameThisRelay_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<bool>("passes");
        QTest::newRow("address") << QStringLiteral("127.0.0.1:8411") << true;
        QTest::newRow("name") << QStringLiteral("localhost:8411") << true;
        QTest::newRow("case") << QStringLiteral("LocalHost:8411") << true;
        QTest::newRow("other port") << QStringLiteral("127.0.0.1:8412") << false;
        QTest::newRow("no port") << QStringLiteral("127.0.0.1") << false;
        QTest::newRow("rebound name") << QStringLiteral("evil.example:8411") << false;
        QTest::newRow("prefix") << QStringLiteral("localhost:8411.evil.example") << false;
        QTest::newRow("listed") << QStringLiteral("127.0.0.1:8411, evil.example") << false;
        QTest::newRow("mdns") << QStringLiteral("mymachine.local:8411") << false;
        QTest::newRow("any address") << QStringLiteral("0.0.0.0:8411") << false;
        QTest::newRow("empty") << QString() << false;
    }

    void theHostMustNameThisRelay()
    {
        QFETCH(QString, host);
        QFETCH(bool, passes);
        QCOMPARE(verdict({{"Host", host.toStdString()}}),
            passes ? ErrorKind::None : ErrorKind::Forbidden);
    }

    void noHostAndTwoHostsAreRefused()
    {
        QCOMPARE(verdict({}), ErrorKind::Forbidden);
        QCOMPARE(verdict({{"Host", "127.0.0.1:8411"}, {"host", "127.0.0.1:8411"}}),
            ErrorKind::Forbidden);
        QCOMPARE(
            verdict({{"Host", "127.0.0.1:8411"}, {"Host", "evil.example"}}), ErrorKind::Forbidden);
    }

    void foreignPagesAreRefused()
    {
        Plan plan = emptyPlan();
        plan.allowedOrigins = {"https://app.example.com", "null"};
        const auto withOrigin = [&](const char* origin) {
            return verdict({{"Host", "127.0.0.1:8411"}, {"Origin", origin}}, plan);
        };
        QCOMPARE(withOrigin("https://app.example.com"), ErrorKind::None);
        QCOMPARE(withOrigin("https://app.example.com:8443"), ErrorKind::Forbidden);
        QCOMPARE(withOrigin("http://app.example.com"), ErrorKind::Forbidden);
        QCOMPARE(withOrigin("https://evil.example"), ErrorKind::Forbidden);
        QCOMPARE(withOrigin("http://127.0.0.1:8411"), ErrorKind::Forbidden);
        QCOMPARE(withOrigin("null"), ErrorKind::Forbidden);
        QCOMPARE(withOrigin(""), ErrorKind::Forbidden);
        QCOMPARE(verdict({{"Host", "127.0.0.1:8411"}, {"Origin", "https://app.example.com"},
                             {"origin", "https://evil.example"}},
                     plan),
            ErrorKind::Forbidden);
    }

    void crossSiteFetchesAreRefused()
    {
        const auto withSite = [](const char* site) {
            return verdict({{"Host", "127.0.0.1:8411"}, {"Sec-Fetch-Site", site}});
        };
        QCOMPARE(withSite("cross-site"), ErrorKind::Forbidden);
        QCOMPARE(withSite("Cross-Site"), ErrorKind::Forbidden);
        QCOMPARE(withSite("none"), ErrorKind::None);
        QCOMPARE(withSite("same-origin"), ErrorKind::None);
        QCOMPARE(verdict({{"Host", "127.0.0.1:8411"}, {"Sec-Fetch-Site", "none"},
                     {"Sec-Fetch-Site", "cross-site"}}),
            ErrorKind::Forbidden);
        Plan plan = emptyPlan();
        plan.allowedOrigins = {"https://app.example.com"};
        QCOMPARE(verdict({{"Host", "127.0.0.1:8411"}, {"Origin", "https://app.example.com"},
                             {"Sec-Fetch-Site", "cross-site"}},
                     plan),
            ErrorKind::None);
    }

    void aCallThatCameThroughHereBeforeIsALoop()
    {
        const auto withHop = [](const char* hops) {
            return verdict({{"Host", "127.0.0.1:8411"}, {"X-Waystation-Hop", hops}});
        };
        QCOMPARE(withHop("this-relay"), ErrorKind::LoopDetected);
        QCOMPARE(withHop("other-relay, this-relay"), ErrorKind::LoopDetected);
        QCOMPARE(withHop("other-relay"), ErrorKind::None);
        QCOMPARE(verdict({{"Host", "127.0.0.1:8411"}, {"x-waystation-hop", "other"},
                     {"x-waystation-hop", "this-relay"}}),
            ErrorKind::LoopDetected);
    }
};

QTEST_GUILESS_MAIN(tst_guard)
#include "tst_guard.moc"
