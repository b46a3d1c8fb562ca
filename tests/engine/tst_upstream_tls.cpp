#include "engine/upstream.h"

#include "support/printers.h"
#include "support/scripted_upstream.h"
#include "support/test_certificates.h"
#include "upstream_bench.h"

#include <QTest>

#include <algorithm>

using namespace waystation;
using namespace waystation::test;

namespace {

ReplyScript ok(const SeenRequest&)
{
    return jsonReply("{\"ok\":true}");
}

ScriptedUpstream::Options with(TestIdentity identity)
{
    ScriptedUpstream::Options options;
    options.tls = std::move(identity);
    return options;
}

bool holds(const std::string& text, std::string_view word)
{
    return text.find(word) != std::string::npos;
}

}

class UpstreamTlsTest : public QObject
{
    Q_OBJECT

    TestAuthority m_authority;

    /// Trusts the test's authority only.
    std::unique_ptr<UpstreamBench> trusting() const
    {
        auto bench = std::make_unique<UpstreamBench>();
        bench->upstream.setTrustRoots({m_authority.der()});
        return bench;
    }

private Q_SLOTS:

    void aGoodCertificateIsTrusted_data()
    {
        QTest::addColumn<QString>("host");
        QTest::newRow("address") << QStringLiteral("127.0.0.1");
        QTest::newRow("name") << QStringLiteral("localhost");
    }

    void aGoodCertificateIsTrusted()
    {
        QFETCH(QString, host);
        ScriptedUpstream server(ok, with(m_authority.good()));
        const auto bench = trusting();
        Origin origin = server.origin();
        origin.host = host.toStdString();
        const Told told = bench->fetch(post(origin));
        QVERIFY2(told.isWhole(), told.message().c_str());
        QCOMPARE(told.body, std::string("{\"ok\":true}"));
        QVERIFY(told.timings.tls && told.timings.connect);
        QVERIFY(bench->fetch(post(origin)).reused);
        QCOMPARE(server.connectionCount(), 1);
    }

    void aChainWithIntermediateIsTrusted()
    {
        TestAuthority::Wish wish;
        wish.throughIntermediate = true;
        ScriptedUpstream server(ok, with(m_authority.issue(wish)));
        QVERIFY(trusting()->fetch(post(server.origin())).isWhole());
    }

    // F10
    void aFailureIsNamedAndNothingIsSent_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("words");
        const auto row = [](const char* what, const char* words) {
            QTest::newRow(what) << QString::fromLatin1(what) << QString::fromLatin1(words);
        };
        row("expired", "has expired");
        row("not yet valid", "not yet valid");
        row("wrong name", "another host name");
        row("self-signed", "self-signed");
        row("unknown authority", "unknown authority");
        row("TLS 1.0 only", "no TLS version that is safe enough");
        row("truncated chain", "in between was not sent");
        row("cut in the handshake", "closed the connection during the handshake");
        row("not TLS", "does not answer in TLS");
    }

    void aFailureIsNamedAndNothingIsSent()
    {
        QFETCH(QString, what);
        QFETCH(QString, words);
        const TestAuthority stranger("Stranger CA");
        ScriptedUpstream::Options options = with(m_authority.good());
        if (what == QStringLiteral("expired"))
            options.tls = m_authority.expired();
        else if (what == QStringLiteral("not yet valid"))
            options.tls = m_authority.notYetValid();
        else if (what == QStringLiteral("wrong name"))
            options.tls = m_authority.wrongName();
        else if (what == QStringLiteral("self-signed"))
            options.tls = TestAuthority::selfSigned();
        else if (what == QStringLiteral("unknown authority"))
            options.tls = stranger.good();
        else if (what == QStringLiteral("TLS 1.0 only"))
            options.onlyOldTls = true;
        else if (what == QStringLiteral("truncated chain"))
            options.tls = m_authority.withoutItsChain();
        else if (what == QStringLiteral("cut in the handshake"))
            options.cutsHandshake = true;
        else
            options.tls.reset();
        ScriptedUpstream server(
            [](const SeenRequest&) {
                ReplyScript script;
                script.raw = "HTTP/1.1 400 Bad Request\r\n\r\n";
                return script;
            },
            options);
        Origin origin = server.origin();
        origin.tls = true;
        const auto bench = trusting();
        if (what == QStringLiteral("not TLS"))
            bench->reach.timeouts.connect = Millis(1'000);
        const Told told = bench->fetch(post(origin));
        if (what == QStringLiteral("not TLS")) {
            // It waits for the end of what looks like no request to it, or says so.
            QVERIFY(told.kind() == ErrorKind::TlsFailed || told.kind() == ErrorKind::Timeout);
        } else {
            QCOMPARE(told.kind(), ErrorKind::TlsFailed);
            QVERIFY2(holds(told.message(), words.toStdString()), told.message().c_str());
            QCOMPARE(server.octetsReceived(), std::uint64_t(0));
        }
        QVERIFY2(holds(told.message(), "127.0.0.1"), told.message().c_str());
        QVERIFY(!told.failure->requestWasSent);
        QCOMPARE(server.requestCount(), std::size_t(0));
        QCOMPARE(bench->upstream.openConnections(), std::int64_t(0));
    }

    void aFailureDoesNotStickToTheOrigin()
    {
        auto bench = trusting();
        std::uint16_t port = 0;
        {
            ScriptedUpstream server(ok, with(m_authority.expired()));
            port = server.port();
            QCOMPARE(bench->fetch(post(server.origin())).kind(), ErrorKind::TlsFailed);
        }
        auto options = with(m_authority.good());
        options.port = port;
        ScriptedUpstream server(ok, options);
        QVERIFY(bench->fetch(post(server.origin())).isWhole());
    }

    void aChannelsOwnAuthorityIsForThatChannelOnly()
    {
        const TestAuthority own("Own CA");
        const std::string pem = own.pem();
        ScriptedUpstream server(ok, with(own.good()));
        const auto bench = trusting();
        bench->reach.extraCaPem = pem;
        QVERIFY(bench->fetch(post(server.origin())).isWhole());
        // Neither the kept connection nor the session serves a channel without it.
        bench->reach.extraCaPem = {};
        QCOMPARE(bench->fetch(post(server.origin())).kind(), ErrorKind::TlsFailed);
        bench->reach.extraCaPem = pem;
        QVERIFY(bench->fetch(post(server.origin())).reused);
        QCOMPARE(server.requestCount(), std::size_t(2));
    }

    void aSelfSignedCertificateMayBeTrustedByName()
    {
        const TestIdentity identity = TestAuthority::selfSigned();
        ScriptedUpstream server(ok, with(identity));
        const auto bench = trusting();
        bench->reach.extraCaPem = identity.certificatePem;
        QVERIFY(bench->fetch(post(server.origin())).isWhole());
    }

    void ownAuthoritiesThatCannotBeReadAreTold()
    {
        ScriptedUpstream server(ok, with(m_authority.good()));
        const auto bench = trusting();
        bench->reach.extraCaPem = "no certificate";
        QCOMPARE(bench->fetch(post(server.origin())).kind(), ErrorKind::TlsFailed);
        QCOMPARE(server.connectionCount(), 0);
    }

    void aHandshakeWaitsForTheRoots()
    {
        ScriptedUpstream server(ok, with(m_authority.good()));
        net::io_context context;
        Deadlines deadlines(context);
        Upstream upstream(context, deadlines, Millis(45'000));
        Reach reach;
        reach.timeouts.connect = Millis(3'000);
        const auto request = post(server.origin());
        Stopper stopper;
        std::optional<Told> told;
        const auto begin = [&] {
            net::co_spawn(context,
                UpstreamBench::ask(upstream, request, reach, stopper, Keep(), {}),
                [&](std::exception_ptr, Told result) { told = std::move(result); });
        };
        const auto runFor = [&](Millis span) {
            const Tick until = tickNow() + span;
            while (!told && tickNow() < until)
                context.run_one_for(std::chrono::milliseconds(10));
        };
        begin();
        runFor(Millis(100));
        QVERIFY(!told);
        QCOMPARE(server.connectionCount(), 0);
        upstream.setTrustRoots({m_authority.der()});
        runFor(Millis(5'000));
        QVERIFY(told && told->isWhole());
    }

    void rootsThatNeverComeAreTold()
    {
        ScriptedUpstream server(ok, with(m_authority.good()));
        net::io_context context;
        Deadlines deadlines(context);
        Upstream upstream(context, deadlines, Millis(45'000));
        Reach reach;
        reach.timeouts.connect = Millis(200);
        const auto request = post(server.origin());
        Stopper stopper;
        std::optional<Told> told;
        net::co_spawn(context, UpstreamBench::ask(upstream, request, reach, stopper, Keep(), {}),
            [&](std::exception_ptr, Told result) { told = std::move(result); });
        while (!told)
            context.run_one();
        QCOMPARE(told->kind(), ErrorKind::TlsFailed);
        QCOMPARE(server.connectionCount(), 0);
    }

    void aKeptConnectionWithWaitingTicketsIsNotTakenForClosed()
    {
        ScriptedUpstream server(ok, with(m_authority.good()));
        const auto bench = trusting();
        QVERIFY(bench->fetch(post(server.origin())).isWhole());
        for (int i = 0; i < 3; ++i) {
            QTest::qWait(150); // older than what is taken at its word
            QVERIFY(bench->fetch(post(server.origin())).reused);
        }
        server.closeConnections();
        QTest::qWait(150);
        const Told told = bench->fetch(post(server.origin()));
        QVERIFY2(told.isWhole(), told.message().c_str());
        QVERIFY(!told.reused);
        QCOMPARE(server.requestCount(), std::size_t(5));
    }

    void sessionsAreResumed()
    {
        ScriptedUpstream server(ok, with(m_authority.good()));
        const auto bench = trusting();
        QVERIFY(bench->fetch(post(server.origin())).isWhole());
        const int before = server.resumedCount();
        bench->upstream.closeIdle();
        QVERIFY(bench->fetch(post(server.origin())).isWhole());
        QCOMPARE(server.connectionCount(), 2);
        QCOMPARE(server.resumedCount(), before + 1);
    }

    void everythingArrivesThroughTls()
    {
        std::string big;
        for (int i = 0; i < 400'000; ++i)
            big += std::to_string(i);
        ScriptedUpstream server(
            [&](const SeenRequest& request) {
                ReplyScript script = eventStream({});
                for (std::size_t at = 0; at < request.body.size(); at += 50'000)
                    script.pieces.push_back(ScriptPiece{request.body.substr(at, 50'000)});
                return script;
            },
            with(m_authority.good()));
        const auto bench = trusting();
        UpstreamRequest request = post(server.origin(), std::string_view(big).substr(0, 10));
        request.body.push_back(std::string_view(big).substr(10, 100));
        request.body.push_back(std::string_view(big).substr(110));
        for (int i = 0; i < 3; ++i) {
            const Told told = bench->fetch(request);
            QVERIFY2(told.isWhole(), told.message().c_str());
            QVERIFY(told.body == big);
        }
    }

    void eventsAreNotHeldBack()
    {
        std::vector<std::string> events(10, "data: x\n\n");
        ScriptedUpstream server([&](const SeenRequest&) { return eventStream(events, Millis(20)); },
            with(m_authority.good()));
        const auto bench = trusting();
        const Told told = bench->fetch(post(server.origin()));
        QVERIFY(told.isWhole());
        QVERIFY2(told.pieces >= 8, std::to_string(told.pieces).c_str());
    }

    void aCutIsSeenAlsoWhereOnlyTheEndTellsTheLength()
    {
        ScriptedUpstream server(
            [](const SeenRequest& request) {
                ReplyScript script = jsonReply("some words");
                script.framing = ReplyScript::Framing::UntilClose;
                if (request.target == "/cut")
                    script.ending = ReplyScript::Ending::Cut;
                return script;
            },
            with(m_authority.good()));
        const auto bench = trusting();
        const Told whole = bench->fetch(post(server.origin(), "{}", "/whole"));
        QVERIFY2(whole.isWhole(), whole.message().c_str());
        QCOMPARE(whole.body, std::string("some words"));
        const Told cut = bench->fetch(post(server.origin(), "{}", "/cut"));
        QCOMPARE(cut.kind(), ErrorKind::Cut);
    }

    void everyCutOfAStreamIsSeen()
    {
        ScriptedUpstream server(
            [](const SeenRequest& request) {
                ReplyScript script = eventStream({"data: one\n\n", "data: two\n\n"});
                script.bodyOctets = std::stoul(request.body);
                script.ending = ReplyScript::Ending::Cut;
                return script;
            },
            with(m_authority.good()));
        const auto bench = trusting();
        const int framed = 2 * (11 + 5) + 5;
        for (int octets = 0; octets < framed; ++octets) {
            const std::string body = std::to_string(octets);
            QCOMPARE(bench->fetch(post(server.origin(), body)).kind(), ErrorKind::Cut);
        }
    }

    void aCrowdOfHandshakesIsLetInByTurns()
    {
        ScriptedUpstream server(
            [](const SeenRequest&) {
                ReplyScript script = ok({});
                script.pause = Millis(200);
                return script;
            },
            with(m_authority.good()));
        const auto bench = trusting();
        std::vector<std::unique_ptr<UpstreamBench::Call>> calls;
        for (int i = 0; i < 60; ++i)
            calls.push_back(bench->start(post(server.origin())));
        QVERIFY(bench->runUntil([&] {
            return std::all_of(calls.begin(), calls.end(),
                [](const auto& call) { return call->told.has_value(); });
        }));
        for (const auto& call : calls)
            QVERIFY2(call->told->isWhole(), call->told->message().c_str());
    }

    void whoHangsInAHandshakeFreesItsPlace()
    {
        ScriptedUpstream::Options options;
        options.isMute = true;
        ScriptedUpstream mute(ok, options);
        ScriptedUpstream server(ok, with(m_authority.good()));
        Origin hanging = mute.origin();
        hanging.tls = true;
        const auto bench = trusting();
        std::vector<std::unique_ptr<UpstreamBench::Call>> calls;
        for (int i = 0; i < 12; ++i)
            calls.push_back(bench->start(post(hanging)));
        QVERIFY(bench->runUntil([&] { return mute.connectionCount() == 12; }));
        const auto waiting = bench->start(post(server.origin()));
        QVERIFY(bench->runUntil([&] { return server.connectionCount() == 1; }));
        bench->runUntil([] { return false; }, Millis(100));
        QVERIFY(!waiting->told); // eight are in, four and this one wait
        const Tick stopped = tickNow();
        for (const auto& call : calls)
            call->stopper.stop(StopReason::ByUser);
        QVERIFY(bench->runUntil([&] { return waiting->told.has_value(); }));
        QVERIFY2(waiting->told->isWhole(), waiting->told->message().c_str());
        for (const auto& call : calls) {
            QVERIFY(call->told);
            QCOMPARE(call->told->kind(), ErrorKind::Cancelled);
        }
        QVERIFY(tickNow() - stopped < Millis(500));
    }

    void aHandshakeEndsAtTheLimit()
    {
        ScriptedUpstream::Options options;
        options.isMute = true;
        ScriptedUpstream mute(ok, options);
        Origin hanging = mute.origin();
        hanging.tls = true;
        const auto bench = trusting();
        bench->reach.timeouts.connect = Millis(400);
        const Told told = bench->fetch(post(hanging));
        QCOMPARE(told.kind(), ErrorKind::Timeout);
        QVERIFY(told.took < Millis(1'500));
    }
};

QTEST_GUILESS_MAIN(UpstreamTlsTest)
#include "tst_upstream_tls.moc"
