#include "door_bench.h"

#include "support/printers.h"

#include <QTest>

#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <mutex>
#include <vector>

#include <sys/resource.h>

using namespace waystation;
using namespace waystation::bench;

namespace {

const Headers noFields;
const std::string cutShort = post("hello!").substr(0, post("hello").size());

EngineOptions hurried()
{
    EngineOptions options = anyPort();
    options.headLimit = Millis(400);
    options.bodyStallLimit = Millis(400);
    options.keepAliveLimit = Millis(400);
    return options;
}

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t residentBytes()
{
    std::ifstream file("/proc/self/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    file >> size >> resident;
    return resident * 4096;
}

std::string zerosGzipped(std::size_t size)
{
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    const std::string zeros(1024 * 1024, '\0');
    std::string out;
    std::string part(1024 * 1024, '\0');
    for (std::size_t done = 0; done < size; done += zeros.size()) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
        stream.avail_in = static_cast<uInt>(zeros.size());
        stream.next_out = reinterpret_cast<Bytef*>(part.data());
        stream.avail_out = static_cast<uInt>(part.size());
        deflate(&stream, done + zeros.size() >= size ? Z_FINISH : Z_NO_FLUSH);
        out.append(part, 0, part.size() - stream.avail_out);
    }
    deflateEnd(&stream);
    return out;
}

std::string zstandard(const std::string& text)
{
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

/// Sleeps on the server's context.
net::awaitable<void> rest(Millis time)
{
    net::steady_timer timer(co_await net::this_coro::executor, time);
    co_await timer.async_wait(net::use_awaitable);
}

/// Serves each head with whatever `answer` does; the body is read first.
DoorServer::Handler answering(std::function<net::awaitable<bool>(Door&)> answer)
{
    return [answer = std::move(answer)](Door& door) -> net::awaitable<void> {
        while (const auto head = co_await door.nextHead()) {
            const auto body = co_await door.readBody(64 * 1024 * 1024);
            if (!body || !co_await answer(door))
                co_return;
        }
    };
}

}

class TestDoor : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void initTestCase() { QVERIFY(raiseDescriptorLimit() >= 2048); }

    // Requests and replies

    void oneConnectionServesManyRequests()
    {
        DoorServer server;
        RawClient client(server.port());
        for (int i = 0; i < 200; ++i) {
            const std::string body(static_cast<std::size_t>(i * 97), 'x');
            const Reply reply = client.ask(post(body));
            QCOMPARE(reply.status, 200);
            QVERIFY(reply.isWhole && reply.body == body && !reply.closes());
        }
        QCOMPARE(server.accepted.load(), 1);
    }

    void largeAndChunkedBodiesComeWhole()
    {
        DoorServer server;
        RawClient client(server.port());
        std::string body;
        for (int i = 0; body.size() < 6'000'000; ++i)
            body += std::to_string(i);
        std::thread sender([&] { client.send(post(body)); });
        Reply reply = client.reply();
        sender.join();
        QCOMPARE(reply.status, 200);
        QVERIFY(reply.body == body);

        std::string framed;
        for (std::size_t at = 0; at < body.size(); at += 70'000) {
            const std::string piece = body.substr(at, 70'000);
            char size[16];
            std::snprintf(size, sizeof size, "%zX\r\n", piece.size());
            framed += size + piece + "\r\n";
        }
        std::thread chunker([&] { client.send(chunked(framed + "0\r\nX-Sum: 1\r\n\r\n")); });
        reply = client.reply();
        chunker.join();
        QCOMPARE(reply.status, 200);
        QVERIFY(reply.body == body);
        QCOMPARE(client.ask(post("after")).body, std::string("after"));
    }

    void aBodyHasRoomBehindItsEnd()
    {
        std::atomic<int> short_ = 0;
        DoorServer server([&](Door& door) -> net::awaitable<void> {
            while (const auto head = co_await door.nextHead()) {
                const auto body = co_await door.readBody(10'000'000);
                if (!body || body->capacity() < body->size() + 64)
                    ++short_;
                co_await door.reply(200, noFields, "");
            }
        });
        RawClient client(server.port());
        for (const std::size_t size : {0, 1, 15, 16, 16'000, 131'072, 200'000, 5'000'000}) {
            QCOMPARE(client.ask(post(std::string(size, 'x'))).status, 200);
            if (size > 0 && size < 1000) {
                const std::string hex = size == 1 ? "1" : (size == 15 ? "f" : "10");
                QCOMPARE(
                    client.ask(chunked(hex + "\r\n" + std::string(size, 'x') + "\r\n0\r\n\r\n"))
                        .status,
                    200);
            }
        }
        QCOMPARE(short_.load(), 0);
    }

    void requestsByteByByteAreServed()
    {
        DoorServer server;
        RawClient client(server.port());
        for (const std::string& request : {post("hello"),
                 chunked("5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n"), "\r\n" + post("hello")}) {
            for (const char c : request)
                QVERIFY(client.send(std::string_view(&c, 1)));
            const Reply reply = client.reply();
            QCOMPARE(reply.status, 200);
            QCOMPARE(reply.body, std::string("hello"));
        }
    }

    void aThousandPipelinedRequestsAreServedOneByOneInOrder()
    {
        std::atomic<int> running = 0;
        std::atomic<int> mostRunning = 0;
        DoorServer server([&](Door& door) -> net::awaitable<void> {
            while (const auto head = co_await door.nextHead()) {
                mostRunning = std::max(mostRunning.load(), ++running);
                if (head->path.ends_with("00"))
                    co_await rest(Millis(1));
                --running;
                if (!co_await door.reply(200, noFields, head->path))
                    co_return;
            }
        });
        RawClient client(server.port());
        std::string all;
        for (int i = 0; i < 1000; ++i)
            all += get("/" + std::to_string(i));
        std::thread sender([&] { client.send(all); });
        int inOrder = 0;
        while (inOrder < 1000 && client.reply().body == "/" + std::to_string(inOrder))
            ++inOrder;
        sender.join();
        QCOMPARE(inOrder, 1000);
        QCOMPARE(mostRunning.load(), 1);
    }

    void connectionCloseAndHttp10AreHonoured()
    {
        DoorServer server;
        const auto endsAfter = [&](const std::string& request) {
            RawClient client(server.port());
            const Reply reply = client.ask(request + get("/second"));
            return reply.status == 200 && reply.closes() && client.ends();
        };
        QVERIFY(endsAfter(get("/", "Connection: close\r\n")));
        QVERIFY(endsAfter("GET / HTTP/1.0\r\n\r\n"));

        RawClient client(server.port());
        const Reply reply = client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        QVERIFY(reply.head.find("Connection: keep-alive\r\n") != std::string::npos);
        QCOMPARE(client.ask(get("/second")).status, 200);
    }

    void headAndNotModifiedCarryNoBody()
    {
        std::atomic<int> status = 200;
        DoorServer server(
            answering([&](Door& door) { return door.reply(status, noFields, "hello"); }));
        RawClient client(server.port());
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        const Reply reply = client.reply(10, true);
        QVERIFY(reply.head.find("Content-Length: 5\r\n") != std::string::npos);
        QCOMPARE(client.ask(get("/")).body, std::string("hello"));
        for (const int bare : {304, 204}) {
            status = bare;
            const Reply none = client.ask(get("/"));
            QCOMPARE(none.status, bare);
            QVERIFY(none.head.find("Content-Length") == std::string::npos);
        }
        status = 200;
        QCOMPARE(client.ask(get("/")).body, std::string("hello"));
    }

    void aReplyCannotBeBrokenApartByItsFields()
    {
        Headers fields;
        fields.add("X-Model", "a\r\nX-Evil: 1");
        fields.add("X Y", "b");
        fields.add("Content-Length", "3");
        fields.add("Transfer-Encoding", "chunked");
        fields.add("Connection", "upgrade");
        fields.add("X-Fine", "c");
        DoorServer server(answering([&](Door& door) { return door.reply(200, fields, "hello"); }));
        RawClient client(server.port());
        const Reply reply = client.ask(get("/"));
        QCOMPARE(reply.head, std::string("HTTP/1.1 200 OK\r\nX-Fine: c\r\nContent-Length: 5\r\n"));
        QCOMPARE(reply.body, std::string("hello"));
    }

    void oneHundredContinueIsSaidWhenAsked()
    {
        DoorServer server;
        RawClient client(server.port());
        client.send(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        QCOMPARE(client.reply().status, 100);
        QCOMPARE(client.ask("hello").body, std::string("hello"));
        // Not for a body that is already there, and not for HTTP/1.0.
        QCOMPARE(client.ask(post("hello", "Expect: 100-continue\r\n")).status, 200);
        RawClient old(server.port());
        old.send("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        QVERIFY(!old.receive(0.2));
        QCOMPARE(old.ask("hello").status, 200);
        RawClient other(server.port());
        QCOMPARE(other.ask(post("hello", "Expect: tea\r\n")).status, 417);
    }

    void loopbackIsTold()
    {
        std::atomic<bool> isLoopback = false;
        DoorServer server([&](Door& door) -> net::awaitable<void> {
            const auto head = co_await door.nextHead();
            isLoopback = head && head->fromLoopback;
            co_await door.reply(200, noFields, "");
        });
        QCOMPARE(RawClient(server.port()).ask(get("/")).status, 200);
        QVERIFY(isLoopback);
    }

    // What is not served

    void whatIsNotHttpIsAnsweredAndEnded_data()
    {
        QTest::addColumn<QByteArray>("octets");
        QTest::addColumn<int>("status");
        const auto row = [](const char* name, const std::string& octets, int status) {
            QTest::newRow(name) << QByteArray::fromStdString(octets) << status;
        };
        row("bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400);
        row("TLS", std::string("\x16\x03\x01\x00\xa5\x01", 6), 400);
        row("folded", get("/", "A: b\r\n c\r\n"), 400);
        row("no Host", "GET / HTTP/1.1\r\n\r\n", 400);
        row("two Hosts", get("/", "Host: a\r\n"), 400);
        row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
        row("CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501);
        row("long target", get("/" + std::string(20'000, 'a')), 414);
        row("large head", get("/", "A: " + std::string(70'000, 'a') + "\r\n"), 431);
        row("endless head", "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(200'000, 'a'), 431);
        std::string many;
        for (int i = 0; i < 300; ++i)
            many += "A: b\r\n";
        row("many fields", get("/", many), 431);
    }

    void whatIsNotHttpIsAnsweredAndEnded()
    {
        QFETCH(QByteArray, octets);
        QFETCH(int, status);
        DoorServer server;
        RawClient client(server.port());
        const Reply reply = client.ask(octets.toStdString());
        QCOMPARE(reply.status, status);
        QVERIFY(reply.isWhole && reply.closes());
        QVERIFY(client.ends());
        QVERIFY(!client.wasReset);
    }

    void smuggledRequestsAreNeverServed_data()
    {
        QTest::addColumn<QByteArray>("first");
        const auto row = [](const char* name, const std::string& fields, const std::string& body) {
            QTest::newRow(name) << QByteArray::fromStdString(
                "POST / HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n" + body);
        };
        const std::string hidden = get("/hidden");
        row("CL.TE", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden);
        row("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5c\r\n" + hidden);
        row("CL.CL", "Content-Length: 0\r\nContent-Length: 60\r\n", hidden);
        row("CL list", "Content-Length: 0, 60\r\n", hidden);
        row("CL plus", "Content-Length: +0\r\n", hidden);
        row("CL folded", "Content-Length:\r\n 0\r\n", hidden);
        row("TE.TE", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
            "0\r\n\r\n" + hidden);
        row("TE tab",
            "Transfer-Encoding:\x0b"
            "chunked\r\n",
            "0\r\n\r\n" + hidden);
        row("TE space", "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n", hidden);
        row("TE bare LF", "A: b\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden);
        row("TE bare CR", "A: b\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden);
        row("TE underscore", "Transfer_Encoding: chunked\r\nContent-Length: 0\r\n", hidden);
        row("chunk size sign", "Transfer-Encoding: chunked\r\n", "+0\r\n\r\n" + hidden);
        row("chunk size prefix", "Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n" + hidden);
        row("chunk bare LF", "Transfer-Encoding: chunked\r\n", "0\n\n" + hidden);
        row("chunk spill", "Transfer-Encoding: chunked\r\n",
            "5\r\nhelloworld\r\n0\r\n\r\n" + hidden);
        row("chunk overflow", "Transfer-Encoding: chunked\r\n", "10000000000000000\r\n" + hidden);
        row("trailer", "Transfer-Encoding: chunked\r\n",
            "0\r\nContent-Length: 60\r\n\r\n" + hidden);
        row("extension LF", "Transfer-Encoding: chunked\r\n", "0;a\n\r\n\r\n" + hidden);
    }

    void smuggledRequestsAreNeverServed()
    {
        QFETCH(QByteArray, first);
        DoorServer server;
        RawClient client(server.port());
        const Reply reply = client.ask(first.toStdString());
        QCOMPARE(reply.status, 400);
        QVERIFY(reply.closes());
        QVERIFY(client.ends());
    }

    // Limits

    void aHeadMustBeWholeInTime()
    {
        DoorServer server(echo, hurried());
        RawClient silent(server.port());
        RawClient begun(server.port());
        begun.send("GET / HTTP/1.1\r\nHost:");
        RawClient idle(server.port());
        QCOMPARE(idle.ask(get("/")).status, 200);
        RawClient second(server.port());
        QCOMPARE(second.ask(get("/") + "G").status, 200);

        const auto begin = Clock::now();
        const Reply reply = begun.reply();
        QCOMPARE(reply.status, 408);
        QVERIFY(reply.closes() && begun.ends());
        QVERIFY(silent.ends()); // not one octet came, so nothing is said
        QVERIFY(idle.ends());
        QCOMPARE(second.reply().status, 408);
        QVERIFY(secondsSince(begin) < 1.5);
    }

    void aDrippingHeadEndsAllTheSame()
    {
        DoorServer server(echo, hurried());
        RawClient client(server.port());
        const auto begin = Clock::now();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n");
        while (!client.receive(0.05) && client.timedOut && secondsSince(begin) < 3)
            client.send("A: b\r\n");
        QCOMPARE(client.reply().status, 408);
        QVERIFY(secondsSince(begin) < 1.5);
    }

    void aBodyMustGoOn()
    {
        DoorServer server(echo, hurried());
        RawClient client(server.port());
        client.send(cutShort);
        QCOMPARE(client.reply().status, 408);
        QVERIFY(client.ends());

        RawClient chunks(server.port());
        chunks.send(chunked("5\r\nhel"));
        QCOMPARE(chunks.reply().status, 408);

        // Slow but alive: longer than the limit in all, never that long without an octet.
        RawClient steady(server.port());
        const std::string body = "0123456789";
        steady.send(post(body).substr(0, post(body).size() - body.size()));
        for (const char c : body) {
            std::this_thread::sleep_for(Millis(80));
            steady.send(std::string_view(&c, 1));
        }
        QCOMPARE(steady.reply().body, body);
    }

    void slowClientsDoNotHinderOthers()
    {
        EngineOptions options = anyPort();
        options.headLimit = Millis(1000);
        DoorServer server(echo, options);
        std::vector<RawClient> halfOpen;
        for (int i = 0; i < 500; ++i)
            halfOpen.emplace_back(server.port());
        std::vector<RawClient> slow;
        for (int i = 0; i < 50; ++i)
            slow.emplace_back(server.port()).send("POST / HTTP/1.1\r\nHost: a\r\n");

        const auto begin = Clock::now();
        double worst = 0;
        while (secondsSince(begin) < 0.6) {
            for (RawClient& client : slow)
                client.send("A: b\r\n");
            const auto asked = Clock::now();
            RawClient client(server.port());
            QCOMPARE(client.ask(get("/")).status, 200);
            worst = std::max(worst, secondsSince(asked));
            std::this_thread::sleep_for(Millis(10));
        }
        QVERIFY2(worst < 0.2, std::to_string(worst).c_str());
        int refused = 0;
        for (RawClient& client : slow)
            refused += client.reply(3).status == 408;
        QCOMPARE(refused, 50);
        int ended = 0;
        for (RawClient& client : halfOpen)
            ended += client.ends(3);
        QCOMPARE(ended, 500);
    }

    void claimedLengthsCostNothing()
    {
        DoorServer server;
        const std::size_t before = residentBytes();
        std::vector<RawClient> clients;
        for (int i = 0; i < 100; ++i)
            clients.emplace_back(server.port())
                .send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\n{");
        QVERIFY(within(5, [&] { return server.accepted == 100; }));
        QCOMPARE(RawClient(server.port()).ask(get("/")).status, 200);
        const std::size_t grown = residentBytes() - std::min(before, residentBytes());
        // 6 GB are claimed; a sanitizer alone takes 70 MB for the connections.
        QVERIFY2(grown < 300'000'000, std::to_string(grown).c_str());
    }

    void tooLargeABodyIsRefusedBeforeItCame()
    {
        DoorServer server([](Door& door) -> net::awaitable<void> {
            while (const auto head = co_await door.nextHead()) {
                const auto body = co_await door.readBody(1000);
                if (body)
                    co_await door.reply(200, noFields, *body);
                else
                    co_await door.reply(
                        body.error().kind == ErrorKind::TooLarge ? 413 : 400, noFields, "");
            }
        });
        RawClient length(server.port());
        QCOMPARE(
            length.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n").status, 413);
        RawClient expecting(server.port());
        const Reply reply = expecting.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n"
                                          "Expect: 100-continue\r\n\r\n");
        QCOMPARE(reply.status, 413);
        QVERIFY(reply.closes());
        RawClient chunk(server.port());
        QCOMPARE(chunk.ask(chunked("3e9\r\n")).status, 413);
        RawClient many(server.port());
        QCOMPARE(many.ask(chunked("3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\n")).status, 413);
        QCOMPARE(RawClient(server.port()).ask(post(std::string(1000, 'x'))).status, 200);
    }

    void compressedBodiesAreReadAndBombsAreNot()
    {
        DoorServer server;
        RawClient client(server.port());
        const std::string text(100'000, 'a');
        QCOMPARE(client.ask(post(zstandard(text), "Content-Encoding: zstd\r\n")).body, text);
        QVERIFY(client.ask(post(zerosGzipped(1'000'000), "Content-Encoding: gzip\r\n")).body.size()
            == 1024 * 1024);
        QCOMPARE(client.ask(post("", "Content-Encoding: gzip\r\n")).status, 200);
        QCOMPARE(client.ask(post("{}", "Content-Encoding: identity\r\n")).body, std::string("{}"));

        const std::size_t before = residentBytes();
        QCOMPARE(RawClient(server.port())
                     .ask(post(zerosGzipped(200'000'000), "Content-Encoding: gzip\r\n"))
                     .status,
            413);
        QCOMPARE(
            RawClient(server.port())
                .ask(post(zstandard(std::string(50'000'000, 'x')), "Content-Encoding: zstd\r\n"))
                .status,
            413);
        const std::size_t grown = residentBytes() - std::min(before, residentBytes());
        QVERIFY2(grown < 150'000'000, std::to_string(grown).c_str());
        for (const char* coding : {"br", "gzip, gzip"})
            QCOMPARE(RawClient(server.port())
                         .ask(post("{}", "Content-Encoding: " + std::string(coding) + "\r\n"))
                         .status,
                415);
        QCOMPARE(RawClient(server.port())
                     .ask(post("{}", "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"))
                     .status,
            415);
        QCOMPARE(
            RawClient(server.port()).ask(post("{}", "Content-Encoding: gzip\r\n")).status, 400);
    }

    // Replies before the body was read

    void anEarlyReplyKeepsTheConnectionWhenTheBodyIsSmall()
    {
        DoorServer server([](Door& door) -> net::awaitable<void> {
            while (const auto head = co_await door.nextHead()) {
                if (!co_await door.reply(401, noFields, head->path))
                    co_return;
            }
        });
        RawClient client(server.port());
        QCOMPARE(client.ask(post(std::string(200'000, 'x'))).status, 401);
        QCOMPARE(client.ask(chunked("5\r\nhello\r\n0\r\n\r\n")).status, 401);
        QCOMPARE(client.ask(get("/next")).body, std::string("/next"));

        const Reply expecting = client.ask(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        QCOMPARE(expecting.status, 401);
        QVERIFY(expecting.closes() && client.ends());

        // Only a part of a chunked body is passed over.
        RawClient endless(server.port());
        QCOMPARE(endless.ask(chunked("40001\r\n")).status, 401);
        QVERIFY(endless.ends());
    }

    void anEarlyReplyReachesAClientThatStillSends()
    {
        DoorServer server([](Door& door) -> net::awaitable<void> {
            const auto head = co_await door.nextHead();
            co_await door.reply(401, noFields, std::string(100'000, 'x'));
        });
        const std::string request = post(std::string(8'000'000, 'x'));
        for (int i = 0; i < 5; ++i) {
            RawClient client(server.port());
            QVERIFY(client.send(request)); // reads nothing before all is sent
            const Reply reply = client.reply();
            QCOMPARE(reply.status, 401);
            QVERIFY(reply.isWhole && reply.closes());
            QVERIFY(client.ends());
            QVERIFY(!client.wasReset);
        }
    }

    // Streams

    void aStreamIsChunkedAndKeepsTheConnection()
    {
        DoorServer server(answering([](Door& door) -> net::awaitable<bool> {
            co_await door.beginStream(200, noFields, "first ");
            co_await door.writePiece("");
            co_await door.writePiece("second ");
            co_await door.writePiece(std::string(100'000, 'x'));
            co_return co_await door.endStream();
        }));
        RawClient client(server.port());
        for (int i = 0; i < 3; ++i) {
            const Reply reply = client.ask(get("/"));
            QVERIFY(reply.isWhole && !reply.closes());
            QVERIFY(reply.body == "first second " + std::string(100'000, 'x'));
        }
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        QVERIFY(client.reply(10, true).isWhole);
        QVERIFY(client.ask(get("/")).isWhole);

        RawClient old(server.port());
        const Reply reply = old.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        QVERIFY(reply.closes() && reply.isWhole);
        QVERIFY(reply.head.find("Transfer-Encoding") == std::string::npos);
        QVERIFY(reply.body == "first second " + std::string(100'000, 'x'));
    }

    void aStreamThatBreaksOffIsSeenToBeBroken()
    {
        DoorServer server(answering([](Door& door) -> net::awaitable<bool> {
            co_await door.beginStream(200, noFields, "first");
            co_await door.writePiece("event: error\n\n");
            door.breakOff();
            const bool more = co_await door.writePiece("more");
            co_return more || door.staysOpen();
        }));
        RawClient client(server.port());
        const Reply reply = client.ask(get("/"));
        QCOMPARE(reply.status, 200);
        QVERIFY(!reply.isWhole);
        QCOMPARE(reply.body, std::string("firstevent: error\n\n")); // all that was written came
        QVERIFY(client.ends());

        RawClient old(server.port());
        QVERIFY(!old.ask("GET / HTTP/1.0\r\n\r\n").isWhole);
        QVERIFY(old.wasReset);
    }

    void smallEventsAreNotHeldBack()
    {
        DoorServer server(answering([](Door& door) -> net::awaitable<bool> {
            co_await door.beginStream(200, noFields, "");
            for (int i = 0; i < 40; ++i) {
                const auto now = Clock::now().time_since_epoch().count();
                co_await door.writePiece(std::to_string(now) + "\n");
                co_await rest(Millis(10));
            }
            co_return co_await door.endStream();
        }));
        RawClient client(server.port());
        client.send(get("/"));
        std::vector<double> delays;
        std::size_t seen = 0;
        while (delays.size() < 40 && client.receive()) {
            const auto now = Clock::now().time_since_epoch().count();
            const std::size_t end = client.unread().rfind('\n', client.unread().size() - 3);
            if (end == std::string::npos || end <= seen || client.unread()[end - 1] == '\r')
                continue;
            const std::size_t begin = client.unread().rfind('\n', end - 1) + 1;
            seen = end;
            delays.push_back(
                static_cast<double>(now - std::atoll(client.unread().c_str() + begin)) / 1e6);
        }
        QVERIFY(delays.size() > 30);
        std::sort(delays.begin(), delays.end());
        QVERIFY2(
            delays[delays.size() / 2] < 2.0, std::to_string(delays[delays.size() / 2]).c_str());
    }

    void aClientThatDoesNotReadHoldsTheStream()
    {
        std::atomic<std::uint64_t> written = 0;
        std::atomic<bool> isDone = false;
        DoorServer server(answering([&](Door& door) -> net::awaitable<bool> {
            const std::string piece(64 * 1024, 'x');
            co_await door.beginStream(200, noFields, "");
            for (int i = 0; i < 1000; ++i) {
                co_await door.writePiece(piece);
                written = door.bytesWritten();
            }
            isDone = true;
            co_return co_await door.endStream();
        }));
        RawClient client(server.port(), 16 * 1024);
        client.send(get("/"));
        std::uint64_t before = 0;
        QVERIFY(within(5, [&] {
            std::this_thread::sleep_for(Millis(50));
            return written > 0 && before == std::exchange(before, written.load());
        }));
        QVERIFY2(written < 16'000'000, std::to_string(written).c_str());
        QVERIFY(!isDone);
        const Reply reply = client.reply();
        QVERIFY(reply.isWhole);
        QCOMPARE(reply.body.size(), std::size_t(64 * 1024 * 1000));
        QVERIFY(isDone);
    }

    void aClientThatTakesNothingIsGivenUp()
    {
        std::atomic<bool> gaveUp = false;
        DoorServer server(answering([&](Door& door) -> net::awaitable<bool> {
            door.setWriteStallLimit(Millis(300));
            const std::string piece(1024 * 1024, 'x');
            bool goesOn = co_await door.beginStream(200, noFields, "");
            while (goesOn)
                goesOn = co_await door.writePiece(piece);
            gaveUp = true;
            co_return false;
        }));
        RawClient client(server.port(), 16 * 1024);
        client.send(get("/"));
        QVERIFY(within(3, [&] { return server.ended == 1; }));
        QVERIFY(gaveUp);
    }

    void writingToAClientThatLeftIsNoHarm()
    {
        std::atomic<int> falses = 0;
        DoorServer server(answering([&](Door& door) -> net::awaitable<bool> {
            bool goesOn = co_await door.beginStream(200, noFields, "x");
            while (goesOn)
                goesOn = co_await door.writePiece("xxxxxxxxxxxxxxxxxxxx");
            for (int i = 0; i < 3; ++i)
                falses += !co_await door.writePiece("more");
            falses += !co_await door.endStream();
            falses += !co_await door.reply(200, noFields, "late");
            door.breakOff();
            co_return false;
        }));
        for (int i = 0; i < 20; ++i) {
            RawClient client(server.port());
            client.send(get("/"));
            client.receive();
            if (i % 2)
                client.reset();
        }
        QVERIFY(within(5, [&] { return server.ended == 20; }));
        QCOMPARE(falses.load(), 100);
    }

    // Leaving

    void leaving_data()
    {
        QTest::addColumn<QByteArray>("pipelined");
        QTest::addColumn<QByteArray>("how");
        QTest::addColumn<bool>("leaves");
        QTest::newRow("close") << QByteArray() << QByteArray("close") << true;
        QTest::newRow("reset") << QByteArray() << QByteArray("reset") << true;
        QTest::newRow("half") << QByteArray() << QByteArray("half") << true;
        QTest::newRow("stays") << QByteArray() << QByteArray("stay") << false;
        QTest::newRow("pipelined") << QByteArray("G") << QByteArray("stay") << false;
        QTest::newRow("pipelined, close") << QByteArray("GET /") << QByteArray("close") << true;
        QTest::newRow("pipelined, reset") << QByteArray("GET /") << QByteArray("reset") << true;
        QTest::newRow("pipelined, half") << QByteArray("GET /") << QByteArray("half") << true;
    }

    void leaving()
    {
        QFETCH(QByteArray, pipelined);
        QFETCH(QByteArray, how);
        QFETCH(bool, leaves);
        std::atomic<int> left = 0;
        std::atomic<bool> isWatching = false;
        DoorServer server(answering([&](Door& door) -> net::awaitable<bool> {
            std::function<void()> onLeft = [&] { ++left; };
            door.watch(onLeft);
            isWatching = true;
            for (int i = 0; i < 70 && left == 0; ++i)
                co_await rest(Millis(10));
            door.unwatch();
            co_return co_await door.reply(200, noFields, "done");
        }));
        RawClient client(server.port());
        client.send(post("hello"));
        QVERIFY(within(5, [&] { return isWatching.load(); }));
        client.send(pipelined.toStdString());
        std::this_thread::sleep_for(Millis(20));
        const double cpuBefore = cpuSeconds();
        const auto begin = Clock::now();
        if (how == "close")
            client.close();
        else if (how == "reset")
            client.reset();
        else if (how == "half")
            client.endSending();
        if (!leaves) {
            const Reply reply = client.reply();
            QCOMPARE(reply.status, 200);
            QCOMPARE(left.load(), 0);
            const double cpu = (cpuSeconds() - cpuBefore) / secondsSince(begin);
            QVERIFY2(cpu < 0.2, std::to_string(cpu).c_str());
            if (!pipelined.isEmpty())
                QCOMPARE(client.ask(get("/").substr(1)).status, 200); // the octet was not lost
            return;
        }
        QVERIFY(within(1, [&] { return left == 1; }));
        QVERIFY(within(2, [&] { return server.ended == 1 || how == "half"; }));
        QCOMPARE(left.load(), 1);
    }

    void watchingAgainAndAgainTellsOnlyTheWatchInForce()
    {
        std::atomic<int> left = 0;
        std::atomic<int> calls = 0;
        DoorServer server(answering([&](Door& door) -> net::awaitable<bool> {
            const int call = ++calls;
            std::function<void()> onLeft = [&left, call] { left = call; };
            door.watch(onLeft);
            co_await rest(Millis(call == 20 ? 700 : 1));
            door.unwatch();
            co_return co_await door.reply(200, noFields, "done");
        }));
        RawClient client(server.port());
        for (int i = 0; i < 19; ++i)
            QCOMPARE(client.ask(post("hello")).status, 200);
        QCOMPARE(left.load(), 0);
        client.send(post("hello"));
        QVERIFY(within(5, [&] { return calls == 20; }));
        client.close();
        QVERIFY(within(1, [&] { return left == 20; }));
        QVERIFY(within(2, [&] { return server.ended == 1; }));
    }

    void aClientThatLeavesAmidItsBodyIsTold()
    {
        std::atomic<int> kinds = 0;
        DoorServer server([&](Door& door) -> net::awaitable<void> {
            const auto head = co_await door.nextHead();
            const auto body = co_await door.readBody(1000);
            kinds += !body && body.error().kind == ErrorKind::Cancelled;
        });
        for (int i = 0; i < 10; ++i) {
            RawClient client(server.port());
            client.send(i % 2 ? cutShort : chunked("5\r\nhel"));
            if (i % 3)
                client.reset();
        }
        QVERIFY(within(5, [&] { return server.ended == 10; }));
        QCOMPARE(kinds.load(), 10);
    }

    void doorsMayGoInEveryState()
    {
        std::vector<RawClient> clients;
        {
            DoorServer server(answering([](Door& door) -> net::awaitable<bool> {
                std::function<void()> onLeft = [] {};
                door.watch(onLeft);
                bool goesOn = co_await door.beginStream(200, noFields, "first");
                const std::string piece(1024 * 1024, 'x');
                while (goesOn)
                    goesOn = co_await door.writePiece(piece);
                co_return false;
            }));
            for (int i = 0; i < 60; ++i) {
                RawClient& client = clients.emplace_back(server.port(), 16 * 1024);
                switch (i % 6) {
                case 0:
                    break;
                case 1:
                    client.send("GET / HT");
                    break;
                case 2:
                    client.send(cutShort);
                    break;
                case 3:
                    client.send(get("/"));
                    break;
                case 4:
                    client.send(get("/") + get("/"));
                    break;
                case 5:
                    client.send("BREW / HTTP/1.1\r\nHost: a\r\n\r\nmore");
                    break;
                }
            }
            QVERIFY(within(5, [&] { return server.accepted == 60; }));
            std::this_thread::sleep_for(Millis(50));
        }
        for (RawClient& client : clients) {
            while (client.receive(5)) { }
            QVERIFY(!client.timedOut);
        }
    }
};

QTEST_GUILESS_MAIN(TestDoor)
#include "tst_door.moc"
