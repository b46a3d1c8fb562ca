#include "engine/upstream.h"

#include "support/printers.h"
#include "support/scripted_proxy.h"
#include "support/scripted_upstream.h"
#include "support/test_certificates.h"
#include "upstream_bench.h"

#include <QTest>

using namespace waystation;
using namespace waystation::test;

namespace {

ReplyScript ok(const SeenRequest&)
{
    return jsonReply("{\"ok\":true}");
}

PlanProxy proxyAt(std::uint16_t port, ScriptedProxy::Kind kind, const std::string& user = {},
    const std::string& password = {})
{
    PlanProxy proxy;
    proxy.kind = kind == ScriptedProxy::Kind::Http ? PlanProxy::Kind::HttpConnect
                                                   : PlanProxy::Kind::Socks5;
    proxy.host = "127.0.0.1";
    proxy.port = port;
    proxy.user = user;
    if (!password.empty())
        proxy.password = Secret(password);
    return proxy;
}

bool holds(const std::string& text, std::string_view word)
{
    return text.find(word) != std::string::npos;
}

const Origin plainOrigin{false, "api.example", 8080};
const Origin secureOrigin{true, "api.example", 8443};

}

class UpstreamProxyTest : public QObject
{
    Q_OBJECT

    static void kinds()
    {
        QTest::addColumn<bool>("isHttp");
        QTest::newRow("CONNECT") << true;
        QTest::newRow("SOCKS5") << false;
    }

    static ScriptedProxy::Kind kind()
    {
        QFETCH(bool, isHttp);
        return isHttp ? ScriptedProxy::Kind::Http : ScriptedProxy::Kind::Socks5;
    }

private Q_SLOTS:

    void aCallGoesThroughTheProxy_data() { kinds(); }

    void aCallGoesThroughTheProxy()
    {
        ScriptedUpstream server(ok);
        ScriptedProxy proxy({kind(), ScriptedProxy::Manner::Honest, {}, {}, server.port()});
        const PlanProxy plan = proxyAt(proxy.port(), kind());
        UpstreamBench bench;
        bench.reach.proxy = &plan;
        // The name is not one that this machine could resolve: the proxy does.
        const Told told = bench.fetch(post(plainOrigin));
        QVERIFY2(told.isWhole(), told.message().c_str());
        QVERIFY(proxy.targets() == std::vector<std::string>{"api.example:8080"});
        QCOMPARE(
            server.requests().front().headers.value("host"), std::string_view("api.example:8080"));
        QVERIFY(bench.fetch(post(plainOrigin)).reused);
        QCOMPARE(proxy.connectionCount(), 1);
        for (const auto& heard : proxy.heard())
            QVERIFY(!holds(heard, "sk-test-canary"));
    }

    void addressesAreAskedAsSuch_data() { kinds(); }

    void addressesAreAskedAsSuch()
    {
        ScriptedUpstream server(ok);
        ScriptedProxy proxy({kind(), ScriptedProxy::Manner::Honest, {}, {}, server.port()});
        const PlanProxy plan = proxyAt(proxy.port(), kind());
        UpstreamBench bench;
        bench.reach.proxy = &plan;
        for (const auto* address : {"192.0.2.7", "2001:db8::7"}) {
            const Told told = bench.fetch(post(Origin{false, address, 8080}));
            QVERIFY2(told.isWhole(), told.message().c_str());
        }
        const auto targets = proxy.targets();
        if (kind() == ScriptedProxy::Kind::Http)
            QVERIFY(targets == (std::vector<std::string>{"192.0.2.7:8080", "[2001:db8::7]:8080"}));
        else
            QVERIFY(targets == (std::vector<std::string>{"address:8080", "address:8080"}));
    }

    void tlsReachesThroughTheProxy_data() { kinds(); }

    void tlsReachesThroughTheProxy()
    {
        const TestAuthority authority;
        TestAuthority::Wish wish;
        wish.names = {"api.example"};
        ScriptedUpstream::Options options;
        options.tls = authority.issue(wish);
        ScriptedUpstream server(ok, options);
        ScriptedProxy proxy({kind(), ScriptedProxy::Manner::Honest, {}, {}, server.port()});
        const PlanProxy plan = proxyAt(proxy.port(), kind());
        UpstreamBench bench;
        bench.upstream.setTrustRoots({authority.der()});
        bench.reach.proxy = &plan;
        const Told told = bench.fetch(post(secureOrigin));
        QVERIFY2(told.isWhole(), told.message().c_str());
        QVERIFY(told.timings.tls);
        // A proxy that leads elsewhere is found out by the certificate.
        const Origin other{true, "other.example", 8443};
        const Told wrong = bench.fetch(post(other));
        QCOMPARE(wrong.kind(), ErrorKind::TlsFailed);
        QCOMPARE(server.requestCount(), std::size_t(1));
    }

    void theProxysPasswordIsGiven_data() { kinds(); }

    void theProxysPasswordIsGiven()
    {
        ScriptedUpstream server(ok);
        ScriptedProxy proxy(
            {kind(), ScriptedProxy::Manner::Honest, "user", "pass word", server.port()});
        UpstreamBench bench;
        const PlanProxy good = proxyAt(proxy.port(), kind(), "user", "pass word");
        const PlanProxy wrong = proxyAt(proxy.port(), kind(), "user", "passw0rd");
        const PlanProxy none = proxyAt(proxy.port(), kind());
        bench.reach.proxy = &good;
        QVERIFY(bench.fetch(post(plainOrigin)).isWhole());
        // Another user does not get the first one's connection. F12: 407
        for (const auto* plan : {&wrong, &none}) {
            bench.reach.proxy = plan;
            const Told told = bench.fetch(post(plainOrigin));
            QCOMPARE(told.kind(), ErrorKind::ProxyFailed);
            QVERIFY2(holds(told.message(), "password"), told.message().c_str());
            QVERIFY(!holds(told.message(), "passw0rd"));
            QVERIFY2(holds(told.message(), "127.0.0.1:" + std::to_string(proxy.port())),
                told.message().c_str());
        }
        QCOMPARE(server.requestCount(), std::size_t(1));
    }

    // F12
    void aProxyThatFailsIsNamedAndNotPassedBy_data()
    {
        QTest::addColumn<bool>("isHttp");
        QTest::addColumn<int>("manner");
        using Manner = ScriptedProxy::Manner;
        for (const bool isHttp : {true, false}) {
            const char* name = isHttp ? "CONNECT" : "SOCKS5";
            QTest::addRow("%s refuses", name) << isHttp << int(Manner::Refuses);
            QTest::addRow("%s hangs", name) << isHttp << int(Manner::Hangs);
            QTest::addRow("%s closes", name) << isHttp << int(Manner::Closes);
            QTest::addRow("%s babbles", name) << isHttp << int(Manner::Babbles);
        }
        QTest::addRow("CONNECT lies") << true << int(Manner::LiesAtOnce);
        QTest::addRow("CONNECT is down") << true << -1;
        QTest::addRow("SOCKS5 is down") << false << -1;
    }

    void aProxyThatFailsIsNamedAndNotPassedBy()
    {
        QFETCH(int, manner);
        ScriptedUpstream server(ok);
        std::uint16_t port = 0;
        std::unique_ptr<ScriptedProxy> proxy;
        if (manner >= 0) {
            proxy = std::make_unique<ScriptedProxy>(ScriptedProxy::Options{
                kind(), ScriptedProxy::Manner(manner), {}, {}, server.port()});
            port = proxy->port();
        } else {
            ScriptedUpstream gone(ok);
            port = gone.port();
        }
        const PlanProxy plan = proxyAt(port, kind());
        UpstreamBench bench;
        bench.reach.proxy = &plan;
        bench.reach.timeouts.connect = Millis(500);
        // An address that could be reached directly, too.
        for (const auto* host : {"api.example", "192.0.2.1"}) {
            const Told told = bench.fetch(post(Origin{false, host, server.port()}));
            QCOMPARE(told.kind(), ErrorKind::ProxyFailed);
            QVERIFY2(holds(told.message(), "proxy"), told.message().c_str());
            QVERIFY2(
                holds(told.message(), "127.0.0.1:" + std::to_string(port)), told.message().c_str());
            QVERIFY(!told.failure->requestWasSent);
        }
        QCOMPARE(server.requestCount(), std::size_t(0));
        QCOMPARE(bench.upstream.openConnections(), std::int64_t(0));
    }

    void aProxyThatClosesBehindItsYesIsNoAnswer()
    {
        ScriptedUpstream server(ok);
        ScriptedProxy proxy({ScriptedProxy::Kind::Http, ScriptedProxy::Manner::LiesThenCloses, {},
            {}, server.port()});
        const PlanProxy plan = proxyAt(proxy.port(), ScriptedProxy::Kind::Http);
        UpstreamBench bench;
        bench.reach.proxy = &plan;
        QCOMPARE(bench.fetch(post(plainOrigin)).kind(), ErrorKind::ConnectFailed);
        QCOMPARE(server.requestCount(), std::size_t(0));
    }

    void aProxyWhoseNameIsUnknownIsTold()
    {
        PlanProxy plan = proxyAt(3128, ScriptedProxy::Kind::Http);
        plan.host = "no-such-proxy.invalid";
        UpstreamBench bench;
        bench.reach.proxy = &plan;
        const Told told = bench.fetch(post(plainOrigin));
        QCOMPARE(told.kind(), ErrorKind::ProxyFailed);
        QVERIFY(holds(told.message(), "no-such-proxy.invalid"));
    }

    void thisMachineIsReachedDirectly()
    {
        ScriptedUpstream server(ok);
        ScriptedProxy proxy({ScriptedProxy::Kind::Http, ScriptedProxy::Manner::Refuses, {}, {}, 0});
        const PlanProxy plan = proxyAt(proxy.port(), ScriptedProxy::Kind::Http);
        UpstreamBench bench;
        bench.reach.proxy = &plan;
        for (const auto* host : {"127.0.0.1", "localhost"})
            QVERIFY(bench.fetch(post(Origin{false, host, server.port()})).isWhole());
        QCOMPARE(proxy.connectionCount(), 0);
    }

    void aStopEndsTheWaitForAProxy()
    {
        ScriptedProxy proxy({ScriptedProxy::Kind::Socks5, ScriptedProxy::Manner::Hangs, {}, {}, 0});
        const PlanProxy plan = proxyAt(proxy.port(), ScriptedProxy::Kind::Socks5);
        UpstreamBench bench;
        bench.reach.proxy = &plan;
        const auto call = bench.start(post(plainOrigin));
        QVERIFY(bench.runUntil([&] { return proxy.connectionCount() == 1; }));
        bench.runUntil([] { return false; }, Millis(30));
        const Tick stopped = tickNow();
        call->stopper.stop(StopReason::ByUser);
        QVERIFY(bench.runUntil([&] { return call->told.has_value(); }));
        QVERIFY(tickNow() - stopped < Millis(100));
        QCOMPARE(call->told->kind(), ErrorKind::Cancelled);
    }
};

QTEST_GUILESS_MAIN(UpstreamProxyTest)
#include "tst_upstream_proxy.moc"
