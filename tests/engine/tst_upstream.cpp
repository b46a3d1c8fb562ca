#include "engine/dial.h"
#include "engine/resolve.h"
#include "engine/upstream.h"

#include "engine/pool.h"

#include "support/printers.h"
#include "support/scripted_upstream.h"
#include "upstream_bench.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <zlib.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

using namespace waystation;
using namespace waystation::test;

namespace {

ReplyScript ok()
{
    return jsonReply("{\"ok\":true}");
}

std::string gzipped(const std::string& text, std::uint64_t times = 1)
{
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out;
    std::string block(64 * 1024, '\0');
    for (std::uint64_t i = 0; i <= times; ++i) {
        stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
        stream.avail_in = i < times ? static_cast<unsigned>(text.size()) : 0;
        do {
            stream.next_out = reinterpret_cast<unsigned char*>(block.data());
            stream.avail_out = static_cast<unsigned>(block.size());
            deflate(&stream, i < times ? Z_NO_FLUSH : Z_FINISH);
            out.append(block, 0, block.size() - stream.avail_out);
        } while (stream.avail_out == 0);
    }
    deflateEnd(&stream);
    return out;
}

long residentKb()
{
    long pages = 0;
    if (FILE* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%*d %ld", &pages) != 1)
            pages = 0;
        std::fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/// A listener that never takes a connection: its queue is full, so connecting to it hangs.
class FullListener
{
public:
    explicit FullListener(const char* address, std::uint16_t port = 0)
    {
        m_listener = ::socket(AF_INET, SOCK_STREAM, 0);
        m_place.sin_family = AF_INET;
        m_place.sin_port = htons(port);
        inet_pton(AF_INET, address, &m_place.sin_addr);
        const int yes = 1;
        setsockopt(m_listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        m_isGood = ::bind(m_listener, reinterpret_cast<sockaddr*>(&m_place), sizeof m_place) == 0
            && ::listen(m_listener, 0) == 0;
        socklen_t size = sizeof m_place;
        getsockname(m_listener, reinterpret_cast<sockaddr*>(&m_place), &size);
        for (int i = 0; i < 4; ++i) {
            const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            [[maybe_unused]] const int begun
                = ::connect(filler, reinterpret_cast<sockaddr*>(&m_place), sizeof m_place);
            m_fillers.push_back(filler);
        }
    }

    ~FullListener()
    {
        for (const int filler : m_fillers)
            ::close(filler);
        ::close(m_listener);
    }

    bool isGood() const { return m_isGood; }

    std::uint16_t port() const { return ntohs(m_place.sin_port); }

private:
    int m_listener = -1;
    bool m_isGood = false;
    sockaddr_in m_place{};
    std::vector<int> m_fillers;
};

}

class UpstreamTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aRequestArrivesAsItWasAsked()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        UpstreamBench bench;
        UpstreamRequest request = post(server.origin(), "{\"a\":", "/v1/x?y=1");
        request.body.push_back("1");
        request.body.push_back("}");
        request.headers.add("Connection", "upgrade");
        request.headers.add("Content-Length", "999");
        const Told told = bench.fetch(request);
        QVERIFY2(told.isWhole(), told.message().c_str());
        QCOMPARE(told.status, 200);
        QCOMPARE(told.body, std::string("{\"ok\":true}"));
        QCOMPARE(told.headers.value("content-type"), std::string_view("application/json"));
        QVERIFY(told.timings.connect && told.timings.firstByte && !told.timings.tls);
        QVERIFY(*told.timings.connect <= *told.timings.firstByte);

        const auto seen = server.requests();
        QCOMPARE(seen.size(), std::size_t(1));
        QCOMPARE(seen[0].method, std::string("POST"));
        QCOMPARE(seen[0].target, std::string("/v1/x?y=1"));
        QCOMPARE(seen[0].body, std::string("{\"a\":1}"));
        QCOMPARE(seen[0].headers.value("host"), std::string_view(hostField(server.origin())));
        QCOMPARE(seen[0].headers.value("content-length"), std::string_view("7"));
        QCOMPARE(seen[0].headers.value("accept-encoding"), std::string_view("identity"));
        QCOMPARE(seen[0].headers.value("authorization"), std::string_view("Bearer sk-test-canary"));
        QVERIFY(!seen[0].headers.has("connection"));
        QCOMPARE(seen[0].headers.count("content-length"), std::size_t(1));
    }

    void aGetHasNoLength()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        UpstreamBench bench;
        QVERIFY(bench.fetch(get(server.origin())).isWhole());
        QVERIFY(!server.requests().front().headers.has("content-length"));
    }

    void aHeadThatWouldBreakLinesIsNotSent()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        UpstreamBench bench;
        UpstreamRequest evil = post(server.origin());
        evil.headers.add("X", "a\r\nY: b");
        QCOMPARE(bench.fetch(evil).kind(), ErrorKind::BadRequest);
        QCOMPARE(bench.fetch(post(server.origin(), "{}", "/a b")).kind(), ErrorKind::BadRequest);
        QCOMPARE(server.connectionCount(), 0);
    }

    void eachEventIsHandedOnAsItComes()
    {
        std::vector<std::string> events;
        for (int i = 0; i < 20; ++i)
            events.push_back("data: " + std::to_string(i) + "\n\n");
        ScriptedUpstream server(
            [&](const SeenRequest&) { return eventStream(events, Millis(10)); });
        UpstreamBench bench;
        const Told told = bench.fetch(post(server.origin()));
        QVERIFY2(told.isWhole(), told.message().c_str());
        std::string all;
        for (const auto& event : events)
            all += event;
        QCOMPARE(told.body, all);
        QVERIFY2(told.pieces >= 15, std::to_string(told.pieces).c_str());
    }

    void aConnectionIsUsedAgain()
    {
        ScriptedUpstream server([](const SeenRequest& request) {
            return request.target == "/stream" ? eventStream({"data: x\n\n", "data: y\n\n"}) : ok();
        });
        UpstreamBench bench;
        for (const auto* target : {"/a", "/stream", "/b"}) {
            const Told told = bench.fetch(post(server.origin(), "{}", target));
            QVERIFY(told.isWhole());
            QCOMPARE(told.reused, std::string(target) != "/a");
            QCOMPARE(told.timings.connect.has_value(), !told.reused);
        }
        QCOMPARE(server.connectionCount(), 1);
        QCOMPARE(bench.upstream.openConnections(), std::int64_t(1));
        bench.upstream.closeIdle();
        QCOMPARE(bench.upstream.openConnections(), std::int64_t(0));
        QVERIFY(server.waitForClosed(1));
    }

    void aConnectionThatMayNotBeKeptIsNot_data()
    {
        QTest::addColumn<QByteArray>("raw");
        QTest::newRow("said close")
            << QByteArray("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        QTest::newRow("1.0") << QByteArray("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
        QTest::newRow("octets too many")
            << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n");
        QTest::newRow("until close") << QByteArray("HTTP/1.1 200 OK\r\n\r\nok");
    }

    void aConnectionThatMayNotBeKeptIsNot()
    {
        QFETCH(QByteArray, raw);
        ScriptedUpstream server([&](const SeenRequest&) {
            ReplyScript script;
            script.raw = raw.toStdString();
            return script;
        });
        UpstreamBench bench;
        const Told told = bench.fetch(post(server.origin()));
        QCOMPARE(told.body, std::string("ok"));
        QVERIFY(told.isWhole());
        QCOMPARE(bench.upstream.openConnections(), std::int64_t(0));
    }

    void anIdleConnectionIsClosedInTime()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        UpstreamBench bench(Millis(400));
        QVERIFY(bench.fetch(post(server.origin())).isWhole());
        QCOMPARE(bench.upstream.openConnections(), std::int64_t(1));
        QVERIFY(
            bench.runUntil([&] { return bench.upstream.openConnections() == 0; }, Millis(3'000)));
    }

    void idleConnectionsAreLimitedInNumber()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            ReplyScript script = ok();
            script.pause = Millis(100);
            return script;
        });
        UpstreamBench bench;
        std::vector<std::unique_ptr<UpstreamBench::Call>> calls;
        const int count = static_cast<int>(Pool::mostIdlePerKey) + 40;
        for (int i = 0; i < count; ++i)
            calls.push_back(bench.start(post(server.origin())));
        QVERIFY(bench.runUntil([&] {
            return std::all_of(calls.begin(), calls.end(),
                [](const auto& call) { return call->told.has_value(); });
        }));
        QCOMPARE(server.connectionCount(), count);
        QCOMPARE(bench.upstream.openConnections(), static_cast<std::int64_t>(Pool::mostIdlePerKey));
    }

    void aConnectionKnownToBeClosedIsNotTried()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        UpstreamBench bench;
        QVERIFY(bench.fetch(post(server.origin())).isWhole());
        server.closeConnections();
        QTest::qWait(150); // older than what is taken at its word
        const Told told = bench.fetch(post(server.origin()));
        QVERIFY(told.isWhole());
        QVERIFY(!told.reused);
        QCOMPARE(server.requestCount(), std::size_t(2));
    }

    void aStaleConnectionIsTriedAnewOnce()
    {
        // The second request on a connection is read and the connection closed without an answer.
        ScriptedUpstream server([](const SeenRequest& request) {
            ReplyScript script = ok();
            if (request.place == 2) {
                script.raw = "";
                script.ending = ReplyScript::Ending::Reset;
            }
            return script;
        });
        UpstreamBench bench;
        QVERIFY(bench.fetch(post(server.origin())).isWhole());
        const Told told = bench.fetch(post(server.origin(), "{\"second\":1}"));
        QVERIFY2(told.isWhole(), told.message().c_str());
        QVERIFY(!told.reused);
        QCOMPARE(server.connectionCount(), 2);
        const auto seen = server.requests();
        QCOMPARE(seen.size(), std::size_t(3));
        QCOMPARE(seen[2].body, std::string("{\"second\":1}"));
    }

    void aFreshConnectionIsNeverTriedAnew()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            ReplyScript script;
            script.raw = "";
            script.ending = ReplyScript::Ending::Cut;
            return script;
        });
        UpstreamBench bench;
        const Told told = bench.fetch(post(server.origin()));
        QCOMPARE(told.kind(), ErrorKind::ConnectFailed);
        QVERIFY(told.failure->requestWasSent);
        QVERIFY(!told.failure->reusedConnection);
        QCOMPARE(server.requestCount(), std::size_t(1));
    }

    void aReusedConnectionIsNotTriedAnewAfterAnOctetCame()
    {
        ScriptedUpstream server([](const SeenRequest& request) {
            ReplyScript script = ok();
            if (request.place == 2) {
                script.raw = "H";
                script.ending = ReplyScript::Ending::Cut;
            }
            return script;
        });
        UpstreamBench bench;
        QVERIFY(bench.fetch(post(server.origin())).isWhole());
        const Told told = bench.fetch(post(server.origin()));
        QCOMPARE(told.kind(), ErrorKind::Cut);
        QVERIFY(told.failure->requestWasSent);
        QVERIFY(told.failure->reusedConnection);
        QCOMPARE(server.requestCount(), std::size_t(2));
    }

    void aReusedConnectionThatTimesOutIsNotTriedAnew()
    {
        ScriptedUpstream server([](const SeenRequest& request) {
            ReplyScript script = ok();
            if (request.place == 2) {
                script.raw = "";
                script.ending = ReplyScript::Ending::Stall;
            }
            return script;
        });
        UpstreamBench bench;
        bench.reach.timeouts.firstByte = Millis(300);
        QVERIFY(bench.fetch(post(server.origin())).isWhole());
        QCOMPARE(bench.fetch(post(server.origin())).kind(), ErrorKind::Timeout);
        QCOMPARE(server.requestCount(), std::size_t(2));
    }

    // F1
    void aRefusedConnectionFailsAtOnce()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        server.stopListening();
        UpstreamBench bench;
        for (int i = 0; i < 100; ++i) {
            const Told told = bench.fetch(post(server.origin()));
            QCOMPARE(told.kind(), ErrorKind::ConnectFailed);
            QVERIFY(!told.failure->requestWasSent);
            QVERIFY(told.took < Millis(1'000));
            QVERIFY(told.message().find("127.0.0.1:" + std::to_string(server.port()))
                != std::string::npos);
        }
        server.listen();
        QVERIFY(bench.fetch(post(server.origin())).isWhole());
    }

    // F2
    void silenceBeforeTheHeadEndsAtTheLimit()
    {
        ScriptedUpstream::Options options;
        options.isMute = true;
        ScriptedUpstream server([](const SeenRequest&) { return ok(); }, options);
        UpstreamBench bench;
        bench.reach.timeouts.firstByte = Millis(500);
        const Told told = bench.fetch(post(server.origin()));
        QCOMPARE(told.kind(), ErrorKind::Timeout);
        QVERIFY(told.failure->requestWasSent);
        QVERIFY2(told.took >= Millis(490) && told.took < Millis(1'500),
            std::to_string(told.took.count()).c_str());
        QVERIFY(server.waitForClosed(1));
    }

    void connectingEndsAtTheLimit()
    {
        const FullListener full("127.0.0.1");
        QVERIFY(full.isGood());
        UpstreamBench bench;
        bench.reach.timeouts.connect = Millis(500);
        const Told told = bench.fetch(post(Origin{false, "127.0.0.1", full.port()}));
        QCOMPARE(told.kind(), ErrorKind::Timeout);
        QVERIFY(!told.failure->requestWasSent);
        QVERIFY(told.took >= Millis(490) && told.took < Millis(1'500));
    }

    // F3
    void silenceInAStreamEndsAtTheLimit()
    {
        ScriptedUpstream server([](const SeenRequest& request) {
            ReplyScript script = eventStream({});
            script.pieces.push_back(
                ScriptPiece{"data: x\n\n", Millis(0), std::stoul(request.body)});
            script.ending = ReplyScript::Ending::Stall;
            return script;
        });
        UpstreamBench bench;
        bench.reach.timeouts.idle = Millis(400);
        std::vector<std::string> bodies;
        for (int k = 0; k < 20; ++k)
            bodies.push_back(std::to_string(k));
        std::vector<std::unique_ptr<UpstreamBench::Call>> calls;
        for (const auto& body : bodies)
            calls.push_back(bench.start(post(server.origin(), body)));
        QVERIFY(bench.runUntil([&] {
            return std::all_of(calls.begin(), calls.end(),
                [](const auto& call) { return call->told.has_value(); });
        }));
        for (int k = 0; k < 20; ++k) {
            const Told& told = *calls[static_cast<std::size_t>(k)]->told;
            QCOMPARE(told.kind(), ErrorKind::Timeout);
            QCOMPARE(told.bodyOctets, std::uint64_t(k) * 9);
            QVERIFY(told.took >= Millis(390) && told.took < Millis(2'000));
        }
    }

    void theIdleLimitCountsOctets()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            ReplyScript script = eventStream({});
            script.pieces.push_back(ScriptPiece{".", Millis(200), 6});
            return script;
        });
        UpstreamBench bench;
        bench.reach.timeouts.idle = Millis(700);
        const Told told = bench.fetch(post(server.origin()));
        QVERIFY2(told.isWhole(), told.message().c_str());
        QVERIFY(told.took > Millis(1'100));
    }

    // F4
    void everyCutOfAChunkedStreamIsSeen()
    {
        std::vector<std::string> events;
        std::size_t framed = 5;
        for (int i = 0; framed < 2'000; ++i) {
            events.push_back(
                "data: {\"n\":" + std::to_string(i) + ",\"text\":\"some words of an answer\"}\n\n");
            framed += events.back().size() + 6; // two digits of size and two line ends
        }
        ScriptedUpstream server([&](const SeenRequest& request) {
            ReplyScript script = eventStream(events);
            script.bodyOctets = std::stoul(request.body);
            if (script.bodyOctets < framed)
                script.ending
                    = script.bodyOctets % 2 ? ReplyScript::Ending::Cut : ReplyScript::Ending::Reset;
            return script;
        });
        UpstreamBench bench;
        int cut = 0;
        for (std::size_t octets = 0; octets < framed; ++octets) {
            const std::string body = std::to_string(octets);
            const Told told = bench.fetch(post(server.origin(), body));
            cut += told.kind() == ErrorKind::Cut || told.kind() == ErrorKind::ConnectFailed ? 1 : 0;
        }
        QCOMPARE(cut, static_cast<int>(framed));
        const std::string all = std::to_string(framed);
        QVERIFY(bench.fetch(post(server.origin(), all)).isWhole());
        qInfo("%d of %zu cuts seen", cut, framed);
    }

    void aShortBodyIsCut()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            ReplyScript script = jsonReply("0123456789");
            script.bodyOctets = 9;
            script.ending = ReplyScript::Ending::Cut;
            return script;
        });
        UpstreamBench bench;
        const Told told = bench.fetch(post(server.origin()));
        QCOMPARE(told.kind(), ErrorKind::Cut);
        QCOMPARE(told.body, std::string("012345678"));
    }

    // F5
    void theCurlCorpusOverASocket()
    {
        QFile file(QStringLiteral(WAYSTATION_SOURCE_DIR "/../shared/corpora/curl/replies.jsonl"));
        if (!file.open(QIODevice::ReadOnly))
            QSKIP("the curl corpus is not here");
        std::string raw;
        ScriptedUpstream server([&](const SeenRequest&) {
            ReplyScript script;
            script.raw = raw;
            script.ending = ReplyScript::Ending::Cut;
            return script;
        });
        UpstreamBench bench;
        int count = 0;
        int whole = 0;
        while (!file.atEnd()) {
            const auto line = QJsonDocument::fromJson(file.readLine()).object();
            raw = QByteArray::fromBase64(line[QStringLiteral("reply")].toString().toLatin1())
                      .toStdString();
            const Told told = bench.fetch(post(server.origin()));
            QVERIFY(told.isWhole() || told.kind() == ErrorKind::BadReply
                || told.kind() == ErrorKind::Cut || told.kind() == ErrorKind::ConnectFailed);
            whole += told.isWhole() ? 1 : 0;
            ++count;
        }
        QCOMPARE(count, 611);
        QVERIFY(whole > 300);
        qInfo("%d of %d replies are whole", whole, count);
    }

    // F6
    void aGiganticHeadIsRefused()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            ReplyScript script = ok();
            script.headers.add("X", std::string(300'000, 'x'));
            return script;
        });
        UpstreamBench bench;
        QCOMPARE(bench.fetch(post(server.origin())).kind(), ErrorKind::BadReply);
    }

    void aStormOfInterimHeadsIsRefused()
    {
        ScriptedUpstream server([](const SeenRequest& request) {
            ReplyScript script = ok();
            for (int i = 0; i < (request.target == "/few" ? 3 : 5'000); ++i)
                script.before += "HTTP/1.1 102 Processing\r\n\r\n";
            return script;
        });
        UpstreamBench bench;
        QVERIFY(bench.fetch(post(server.origin(), "{}", "/few")).isWhole());
        QCOMPARE(bench.fetch(post(server.origin(), "{}", "/many")).kind(), ErrorKind::BadReply);
    }

    void aGibibyteStreamsThroughLittleMemory()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            ReplyScript script = eventStream({});
            script.pieces.push_back(ScriptPiece{std::string(256 * 1024, 'x'), Millis(0), 4096});
            return script;
        });
        UpstreamBench bench;
        bench.fetch(get(server.origin()), {.body = false, .most = 1u << 20});
        const long before = residentKb();
        const Told told = bench.fetch(get(server.origin()), {.body = false});
        QVERIFY2(told.isWhole(), told.message().c_str());
        QCOMPARE(told.bodyOctets, std::uint64_t(1) << 30);
        const long grown = residentKb() - before;
        QVERIFY2(grown < 50'000, std::to_string(grown).c_str());
        qInfo(
            "1 GiB in %lld ms, resident +%ld kB", static_cast<long long>(told.took.count()), grown);
    }

    void aReaderWhoWaitsHoldsTheSenderBack()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            ReplyScript script = eventStream({});
            script.pieces.push_back(ScriptPiece{std::string(64 * 1024, 'x'), Millis(0), 100'000});
            return script;
        });
        UpstreamBench bench;
        const auto request = get(server.origin());
        Stopper stopper;
        std::unique_ptr<UpstreamReply> reply;
        net::co_spawn(bench.context, bench.upstream.send(request, bench.reach, stopper),
            [&](std::exception_ptr, SendResult result) { reply = std::move(*result); });
        QVERIFY(bench.runUntil([&] { return reply != nullptr; }));
        // Nobody asks for a piece: the server stops once the kernel's buffers are full.
        std::uint64_t sent = 0;
        QTRY_VERIFY_WITH_TIMEOUT(
            [&] {
                const auto now = server.octetsSent();
                const bool same = now == std::exchange(sent, now);
                return same && now > 0;
            }(),
            5'000);
        QVERIFY2(sent < (32u << 20), std::to_string(sent).c_str());
        reply.reset();
        QVERIFY(server.waitForClosed(1));
        QCOMPARE(bench.upstream.openConnections(), std::int64_t(0));
    }

    void compressedAnswersAreDecoded()
    {
        const std::string text = "{\"answer\":\"" + std::string(1000, 'a') + "\"}";
        ScriptedUpstream server([&](const SeenRequest& request) {
            ReplyScript script = jsonReply(gzipped(text));
            script.headers.add("Content-Encoding", request.target == "/br" ? "br" : "gzip");
            return script;
        });
        UpstreamBench bench;
        const Told told = bench.fetch(post(server.origin()));
        QVERIFY2(told.isWhole(), told.message().c_str());
        QCOMPARE(told.body, text);
        QVERIFY(!told.headers.has("content-encoding") && !told.headers.has("content-length"));
        QVERIFY(bench.fetch(post(server.origin())).reused);
        QCOMPARE(bench.fetch(post(server.origin(), "{}", "/br")).kind(), ErrorKind::BadReply);
    }

    void aBombIsRefused()
    {
        const std::string bomb = gzipped(std::string(1u << 20, '\0'), 200);
        ScriptedUpstream server([&](const SeenRequest&) {
            ReplyScript script = jsonReply(bomb);
            script.headers.add("Content-Encoding", "gzip");
            return script;
        });
        UpstreamBench bench;
        const Told told = bench.fetch(post(server.origin()));
        QCOMPARE(told.kind(), ErrorKind::BadReply);
        QVERIFY(told.bodyOctets < (16u << 20));
    }

    // T1
    void redirectsAreNotFollowed_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("place");
        for (const int status : {301, 302, 303, 307, 308}) {
            for (const auto* place :
                {"http://localhost:%1/x", "http://127.0.0.1:%1/x", "https://127.0.0.1:%1/x"})
                QTest::addRow("%d %s", status, place) << status << QString::fromLatin1(place);
        }
    }

    void redirectsAreNotFollowed()
    {
        QFETCH(int, status);
        QFETCH(QString, place);
        ScriptedUpstream other([](const SeenRequest&) { return ok(); });
        ScriptedUpstream server([&](const SeenRequest&) {
            ReplyScript script = jsonReply("{}", status);
            script.headers.add("Location", place.arg(other.port()).toStdString());
            return script;
        });
        UpstreamBench bench;
        const Told told = bench.fetch(post(server.origin()));
        QVERIFY(told.isWhole());
        QCOMPARE(told.status, status);
        QVERIFY(told.headers.has("location"));
        QCOMPARE(other.connectionCount(), 0);
        QCOMPARE(server.requestCount(), std::size_t(1));
    }

    // T2
    void twoHundredStreamsRunAtOnce()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            return eventStream({"data: 1\n\n", "data: 2\n\n"}, Millis(1'500));
        });
        UpstreamBench bench;
        std::vector<std::unique_ptr<UpstreamBench::Call>> calls;
        const Tick start = tickNow();
        for (int i = 0; i < 200; ++i)
            calls.push_back(bench.start(post(server.origin())));
        QVERIFY(bench.runUntil([&] {
            return std::all_of(
                calls.begin(), calls.end(), [](const auto& call) { return call->pieces > 0; });
        }));
        const auto took = std::chrono::duration_cast<Millis>(tickNow() - start);
        QVERIFY2(took < Millis(1'000), std::to_string(took.count()).c_str());
        QVERIFY(bench.runUntil([&] {
            return std::all_of(calls.begin(), calls.end(),
                [](const auto& call) { return call->told.has_value(); });
        }));
        for (const auto& call : calls)
            QVERIFY2(call->told->isWhole(), call->told->message().c_str());
        qInfo("200 first octets after %lld ms", static_cast<long long>(took.count()));
    }

    void aLargeBodyIsSentWhole()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        UpstreamBench bench;
        std::string big(24u << 20, '\0');
        for (std::size_t i = 0; i < big.size(); ++i)
            big[i] = static_cast<char>(i * 31 + (i >> 12));
        UpstreamRequest request = post(server.origin(), std::string_view(big).substr(0, 1000));
        for (std::size_t at = 1000; at < big.size(); at += 100'000)
            request.body.push_back(std::string_view(big).substr(at, 100'000));
        const Told told = bench.fetch(request);
        QVERIFY2(told.isWhole(), told.message().c_str());
        QVERIFY(server.requests().front().body == big);
        QVERIFY(bench.fetch(post(server.origin())).reused);
    }

    void anEarlyRefusalIsSeen()
    {
        ScriptedUpstream::Options options;
        options.answersAtHead = true;
        ScriptedUpstream server(
            [](const SeenRequest&) {
                ReplyScript script = jsonReply("{\"error\":\"too large\"}", 413);
                script.ending = ReplyScript::Ending::Stall; // it neither reads the body nor closes
                return script;
            },
            options);
        UpstreamBench bench;
        const std::string big(64u << 20, 'x');
        const Told told = bench.fetch(post(server.origin(), big));
        QVERIFY2(told.isWhole(), told.message().c_str());
        QCOMPARE(told.status, 413);
        QCOMPARE(told.body, std::string("{\"error\":\"too large\"}"));
        QVERIFY(told.took < Millis(5'000));
        QCOMPARE(bench.upstream.openConnections(), std::int64_t(0));
    }

    void aReplyThatIsDroppedClosesItsConnection()
    {
        ScriptedUpstream server([](const SeenRequest&) {
            ReplyScript script = eventStream({"data: 1\n\n"});
            script.ending = ReplyScript::Ending::Stall;
            return script;
        });
        UpstreamBench bench;
        const Told told = bench.fetch(post(server.origin()), {.most = 1});
        QVERIFY(told.isWhole());
        QVERIFY(server.waitForClosed(1, Millis(1'000)));
    }

    void aStopEndsEveryStage_data()
    {
        QTest::addColumn<QString>("stage");
        for (const auto* stage : {"connect", "write", "head", "stream", "begun"})
            QTest::newRow(stage) << QString::fromLatin1(stage);
    }

    void aStopEndsEveryStage()
    {
        QFETCH(QString, stage);
        ScriptedUpstream::Options options;
        options.answersAtHead = stage == QStringLiteral("write");
        ScriptedUpstream server(
            [&](const SeenRequest&) {
                ReplyScript script = eventStream({"data: 1\n\n"});
                if (stage != QStringLiteral("stream"))
                    script.raw = "";
                script.ending = ReplyScript::Ending::Stall;
                return script;
            },
            options);
        const FullListener full("127.0.0.1");
        const std::string big(64u << 20, 'x');
        UpstreamBench bench;
        Origin origin = server.origin();
        if (stage == QStringLiteral("connect"))
            origin.port = full.port();
        const std::string_view body
            = stage == QStringLiteral("write") ? std::string_view(big) : "{}";
        const auto call = bench.start(post(origin, body));
        if (stage == QStringLiteral("stream")) {
            QVERIFY(bench.runUntil([&] { return call->pieces == 1; }));
        } else if (stage == QStringLiteral("head") || stage == QStringLiteral("write")) {
            QVERIFY(bench.runUntil([&] { return server.requestCount() == 1; }));
        } else if (stage == QStringLiteral("connect")) {
            bench.runUntil([] { return false; }, Millis(50));
        }
        QVERIFY(!call->told);
        const Tick stopped = tickNow();
        call->stopper.stop(StopReason::ClientLeft);
        QVERIFY(bench.runUntil([&] { return call->told.has_value(); }, Millis(1'000)));
        QVERIFY(tickNow() - stopped < Millis(100));
        QCOMPARE(call->told->kind(), ErrorKind::Cancelled);
        QCOMPARE(bench.upstream.openConnections(), std::int64_t(0));
        if (stage != QStringLiteral("connect") && stage != QStringLiteral("begun"))
            QVERIFY(server.waitForOpen(0, Millis(1'000)) || stage == QStringLiteral("write"));
    }

    // F11
    void anUnknownNameIsToldAndForgotten()
    {
        UpstreamBench bench;
        const Told told = bench.fetch(post(Origin{false, "no-such-host.invalid", 80}));
        QCOMPARE(told.kind(), ErrorKind::NameNotFound);
        QVERIFY(told.took < Millis(5'500));
        QVERIFY(told.message().find("no-such-host.invalid") != std::string::npos);
        QVERIFY(!told.failure->requestWasSent);
    }

    void aNameIsAskedOnceAndAFailureAgain()
    {
        net::io_context context;
        Deadlines deadlines(context);
        int asked = 0;
        bool isUp = false;
        const auto home = net::ip::make_address("127.0.0.1");
        Resolver resolver(context, [&](const std::string&, auto answer) {
            ++asked;
            net::post(context, [&, answer] {
                if (isUp)
                    answer({}, {home});
                else
                    answer(net::error::host_not_found_try_again, {});
            });
        });
        const auto ask = [&](int times) {
            std::vector<ErrorKind> kinds;
            for (int i = 0; i < times; ++i) {
                net::co_spawn(
                    context,
                    [&]() -> net::awaitable<void> {
                        Breaker breaker(deadlines);
                        std::string name = "api.example";
                        const auto found = co_await resolver.addressesOf(std::move(name), breaker);
                        kinds.push_back(found ? ErrorKind::None : found.error().kind);
                    },
                    [](std::exception_ptr) {});
            }
            context.restart();
            context.run();
            return kinds;
        };
        QVERIFY(ask(3) == std::vector<ErrorKind>(3, ErrorKind::NameNotFound));
        QCOMPARE(asked, 1);
        isUp = true;
        QVERIFY(ask(3) == std::vector<ErrorKind>(3, ErrorKind::None));
        QCOMPARE(asked, 2);
        QVERIFY(ask(1) == std::vector<ErrorKind>(1, ErrorKind::None));
        QCOMPARE(asked, 2);
    }

    void aNameThatHangsIsLeftAtOnce()
    {
        net::io_context context;
        Deadlines deadlines(context);
        std::function<void(boost::system::error_code, Addresses)> pending;
        Resolver resolver(context, [&](const std::string&, auto answer) { pending = answer; });
        Stopper stopper;
        std::optional<ErrorKind> kind;
        net::co_spawn(
            context,
            [&]() -> net::awaitable<void> {
                Breaker breaker(deadlines);
                const Breaker::Ear ear(breaker, stopper);
                std::string name = "api.example";
                const auto found = co_await resolver.addressesOf(std::move(name), breaker);
                kind = found ? ErrorKind::None : found.error().kind;
            },
            [](std::exception_ptr) {});
        context.poll();
        QVERIFY(!kind);
        stopper.stop(StopReason::ByUser);
        context.poll();
        QCOMPARE(*kind, ErrorKind::Cancelled);
        pending({}, {}); // late, and nobody is hurt
    }

    void familiesTakeTurns()
    {
        const auto at = [](const char* text) { return net::ip::make_address(text); };
        const Addresses mixed{at("::1"), at("::2"), at("::3"), at("1.1.1.1"), at("2.2.2.2")};
        const Addresses turns{at("::1"), at("1.1.1.1"), at("::2"), at("2.2.2.2"), at("::3")};
        QVERIFY(inTurns(mixed) == turns);
        QVERIFY(inTurns({}).empty());
    }

    void theNextAddressIsTriedWhenOneIsSilentOrRefuses()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        const FullListener silent("127.0.0.9", server.port());
        QVERIFY(silent.isGood());
        const auto at = [&](const char* address) {
            return net::ip::tcp::endpoint(net::ip::make_address(address), server.port());
        };
        net::io_context context;
        Deadlines deadlines(context);
        const auto dialled = [&](std::vector<net::ip::tcp::endpoint> endpoints) {
            std::optional<Result<net::ip::tcp::socket>> result;
            const Tick start = tickNow();
            net::co_spawn(
                context,
                [&]() -> net::awaitable<void> {
                    Breaker breaker(deadlines);
                    std::string name = "api.example:80";
                    result = co_await dial(endpoints, std::move(name), breaker);
                },
                [](std::exception_ptr) {});
            context.restart();
            context.run();
            return std::make_pair(
                std::move(*result), std::chrono::duration_cast<Millis>(tickNow() - start));
        };
        const auto [afterSilence, waited] = dialled({at("127.0.0.9"), at("127.0.0.1")});
        QVERIFY(afterSilence.has_value());
        QVERIFY(waited >= Millis(240) && waited < Millis(600));
        const auto [afterRefusal, hurried] = dialled({at("127.0.0.8"), at("127.0.0.1")});
        QVERIFY(afterRefusal.has_value());
        QVERIFY(hurried < Millis(200));
        const auto [none, late] = dialled({at("127.0.0.8"), at("127.0.0.7")});
        QVERIFY(!none && late < Millis(500));
        QCOMPARE(none.error().kind, ErrorKind::ConnectFailed);
        QVERIFY(none.error().message.find("2 addresses") != std::string::npos);
    }

    void localhostIsThisMachine()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        UpstreamBench bench;
        QVERIFY(bench.fetch(post(Origin{false, "localhost", server.port()})).isWhole());
        QVERIFY(bench.fetch(post(Origin{false, "ollama.localhost", server.port()})).isWhole());
    }

    void aReplyMayOutliveItsUpstream()
    {
        ScriptedUpstream server([](const SeenRequest&) { return ok(); });
        net::io_context context;
        Deadlines deadlines(context);
        auto upstream = std::make_unique<Upstream>(context, deadlines, Millis(45'000));
        const auto request = post(server.origin());
        const Reach reach;
        Stopper stopper;
        std::unique_ptr<UpstreamReply> reply;
        net::co_spawn(context, upstream->send(request, reach, stopper),
            [&](std::exception_ptr, SendResult result) { reply = std::move(*result); });
        while (!reply)
            context.run_one();
        upstream.reset();
        reply.reset();
        QVERIFY(server.waitForOpen(0));
    }
};

QTEST_GUILESS_MAIN(UpstreamTest)
#include "tst_upstream.moc"
