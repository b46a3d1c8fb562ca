#include "engine/chunked_decoder.h"
#include "engine/http_head.h"

#include "support/printers.h"

#include <QTest>

#include <string>

using namespace waystation;

namespace {

const HeadLimits limits;

/// The refusal's status, 200 when the head is served, 0 when it is not whole.
int verdictOn(const std::string& octets)
{
    HeadScan scan(limits);
    const auto size = scan.find(octets);
    if (!size)
        return size.error().status;
    if (*size == 0)
        return 0;
    const auto parsed = parseHead(std::string_view(octets).substr(0, *size), limits);
    return parsed ? 200 : parsed.error().status;
}

int verdictOnField(const std::string& line)
{
    return verdictOn("POST / HTTP/1.1\r\nHost: localhost\r\n" + line + "\r\n\r\n");
}

int verdictOnTarget(const std::string& target, const std::string& method = "GET")
{
    return verdictOn(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

ParsedHead parsed(const std::string& octets)
{
    auto head = parseHead(octets, limits);
    if (!head)
        throw std::runtime_error(head.error().reason);
    return std::move(*head);
}

/// A row's name on one line.
QByteArray named(const char* octets)
{
    return QByteArray(octets).toPercentEncoding(" /:;,=+\"*()");
}

struct Chunks
{
    bool isWhole = false;
    bool isBroken = false;
    std::string payload;
    std::size_t used = 0;
};

/// Decodes `octets` given in pieces of `step`.
Chunks decoded(std::string_view octets, std::size_t step, std::uint64_t most = 1000)
{
    Chunks chunks;
    ChunkedDecoder decoder(most);
    while (!octets.empty() && !decoder.isDone()) {
        const std::string_view piece = octets.substr(0, step);
        const auto used = decoder.feed(piece, chunks.payload);
        if (!used) {
            chunks.isBroken = true;
            return chunks;
        }
        chunks.used += *used;
        octets.remove_prefix(*used);
    }
    chunks.isWhole = decoder.isDone();
    return chunks;
}

}

class TestHttpHead : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aPlainHeadIsReadAsItCame()
    {
        const ParsedHead head
            = parsed("POST /v1/messages?beta=true&x HTTP/1.1\r\nHost: localhost:8411\r\n"
                     "X-Api-Key:  a b\t\r\nContent-Length: 12\r\n\r\n");
        QCOMPARE(head.head.method, std::string("POST"));
        QCOMPARE(head.head.path, std::string("/v1/messages"));
        QCOMPARE(head.head.query, std::string("beta=true&x"));
        QCOMPARE(head.head.headers.size(), std::size_t(3));
        QCOMPARE(head.head.headers.value("x-api-key"), std::string_view("a b"));
        QCOMPARE(head.framing, Framing::Length);
        QCOMPARE(head.length, std::uint64_t(12));
        QVERIFY(head.keepsAlive);
        QVERIFY(!head.isHttp10);
    }

    void theConnectionFieldAndTheVersionSayWhetherToStay()
    {
        const auto stays = [](const std::string& version, const std::string& field) {
            return parsed("GET / " + version + "\r\nHost: a\r\n" + field + "\r\n").keepsAlive;
        };
        QVERIFY(stays("HTTP/1.1", ""));
        QVERIFY(!stays("HTTP/1.1", "Connection: Close\r\n"));
        QVERIFY(!stays("HTTP/1.1", "Connection: x\r\nConnection: keep-alive , close\r\n"));
        QVERIFY(!stays("HTTP/1.0", ""));
        QVERIFY(stays("HTTP/1.0", "Connection: Keep-Alive\r\n"));
        QVERIFY(!stays("HTTP/1.0", "Connection: keep-alive, close\r\n"));
    }

    void requestLines_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<int>("verdict");
        const auto row = [](const char* line, int verdict) {
            QTest::newRow(named(line).constData()) << QByteArray(line) << verdict;
        };
        row("GET / HTTP/1.1", 200);
        row("GET / HTTP/1.0", 200);
        row("GET /a//b/../c?d=e?f HTTP/1.1", 200);
        row("OPTIONS * HTTP/1.1", 200);
        row("GET * HTTP/1.1", 400);
        row("GET http://localhost/a HTTP/1.1", 200);
        row("GET HTTP://LOCALHOST HTTP/1.1", 200);
        row("GET http://localhost?x HTTP/1.1", 200);
        row("GET http://elsewhere/a HTTP/1.1", 400);
        row("GET http://localhost:80/a HTTP/1.1", 400);
        row("GET http://user@localhost/a HTTP/1.1", 400);
        row("GET ftp://localhost/a HTTP/1.1", 400);
        row("GET http:/// HTTP/1.1", 400);
        row("CONNECT localhost:443 HTTP/1.1", 501);
        row("TRACE / HTTP/1.1", 501);
        row("BREW / HTTP/1.1", 501);
        row("get / HTTP/1.1", 501);
        row("GET localhost:443 HTTP/1.1", 400);
        row("GET a/b HTTP/1.1", 400);
        row("GET  / HTTP/1.1", 400);
        row("GET /  HTTP/1.1", 400);
        row("GET /a b HTTP/1.1", 400);
        row("GET\t/ HTTP/1.1", 400);
        row("GET / HTTP/1.1 ", 400);
        row(" GET / HTTP/1.1", 400);
        row("GET /", 400);
        row("GET HTTP/1.1", 400);
        row("GET", 400);
        row("G(T / HTTP/1.1", 400);
        row("GET / http/1.1", 400);
        row("GET / HTTP/1.", 400);
        row("GET / HTTP/1", 400);
        row("GET / HTTP/01.1", 400);
        row("GET / HTTP/1.10", 400);
        row("GET / HTTP/1.2", 505);
        row("GET / HTTP/0.9", 505);
        row("GET / HTTP/2.0", 505);
        row("GET / HTTP/9.9", 505);
        row("GET / ICE/1.1", 400);
        row("GET /caf\xc3\xa9 HTTP/1.1", 400);
        row("GET /a\\b HTTP/1.1", 400);
        row("GET /a#b HTTP/1.1", 400);
        row("GET /a\x7f HTTP/1.1", 400);
        row("GET /a%00 HTTP/1.1", 400);
        row("GET /a%0d%0ab HTTP/1.1", 400);
        row("GET /a%0Ab HTTP/1.1", 400);
        row("GET /a%2fb%zz% HTTP/1.1", 200);
        QTest::newRow("NUL in target") << QByteArray("GET /a\0b HTTP/1.1", 17) << 400;
        QTest::newRow("NUL in method") << QByteArray("GE\0T / HTTP/1.1", 15) << 400;
        QTest::newRow("a method without end") << QByteArray(40, 'A') + " / HTTP/1.1" << 400;
    }

    void requestLines()
    {
        QFETCH(QByteArray, line);
        QFETCH(int, verdict);
        QCOMPARE(verdictOn(line.toStdString() + "\r\nHost: localhost\r\n\r\n"), verdict);
    }

    void anAbsoluteTargetIsServedAsItsPath()
    {
        const ParsedHead head
            = parsed("GET http://localhost:1/a?b HTTP/1.1\r\nHost: localhost:1\r\n\r\n");
        QCOMPARE(head.head.path, std::string("/a"));
        QCOMPARE(head.head.query, std::string("b"));
        const ParsedHead bare = parsed("GET http://h?b HTTP/1.0\r\n\r\n");
        QCOMPARE(bare.head.path, std::string("/"));
        QCOMPARE(bare.head.headers.value("host"), std::string_view("h"));
    }

    void fields_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<int>("verdict");
        const auto row = [](const char* line, int verdict) {
            QTest::newRow(named(line).constData()) << QByteArray(line) << verdict;
        };
        row("A: b", 200);
        row("A:", 200);
        row("A:\tb\t", 200);
        row("X.Custom|Pipe!#$%&'*+-^_`~: ok", 200);
        row("A: caf\xc3\xa9", 200);
        row("A : b", 400);
        row("A\t: b", 400);
        row(" A: b", 400);
        row("A: b\r\n c", 400);
        row("A: b\r\n\tc", 400);
        row("A", 400);
        row(": b", 400);
        row("A B: c", 400);
        row("A(: c", 400);
        row("\xc3\xa9: c", 400);
        row("A: b\x01", 400);
        row("A: b\x7f", 400);
        row("A: b\rC: d", 400);
        row("A: b\nC: d", 400);
        row("A: b\r\r", 400);
        row("Content-Length: 0", 200);
        row("content-LENGTH:   7  ", 200);
        row("Content-Length: 9999999999999999999", 200);
        row("Content-Length: 18446744073709551617", 400);
        row("Content-Length: -1", 400);
        row("Content-Length: +1", 400);
        row("Content-Length: 1 2", 400);
        row("Content-Length: 0x1", 400);
        row("Content-Length: 1_0", 400);
        row("Content-Length: 1.0", 400);
        row("Content-Length: ", 400);
        row("Content-Length: 5, 5", 400);
        row("Content-Length: 5, 6", 400);
        row("Content-Length: 5\r\nContent-Length: 5", 400);
        row("Content-Length: 5\r\nContent-Length: 6", 400);
        row("Content_Length: 5", 400);
        row("Content-Length : 5", 400);
        row("Transfer-Encoding: chunked", 200);
        row("Transfer-Encoding:\tChunked", 200);
        row("Transfer_Encoding: chunked", 400);
        row("Transfer-Encoding : chunked", 400);
        row("Transfer-Encoding: xchunked", 501);
        row("Transfer-Encoding: identity", 501);
        row("Transfer-Encoding: gzip", 501);
        row("Transfer-Encoding: gzip, chunked", 400);
        row("Transfer-Encoding: chunked, chunked", 400);
        row("Transfer-Encoding: chunked,", 400);
        row("Transfer-Encoding: , chunked", 400);
        row("Transfer-Encoding: \"chunked\"", 400);
        row("Transfer-Encoding: chunked;a=b", 400);
        row("Transfer-Encoding: ", 400);
        row("Transfer-Encoding: chunked\x0b", 400);
        row("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400);
        row("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", 400);
        row("Transfer-Encoding: chunked\r\nContent-Length: 5", 400);
        row("Content-Length: 5\r\nTransfer-Encoding: chunked", 400);
        row("Content-Length: 5\r\nTransfer-Encoding: identity", 400);
        row("Host: localhost", 400);
        row("Host: elsewhere", 400);
        row("Expect: 100-continue", 200);
        row("Expect: 200-ok", 417);
        QTest::newRow("NUL in value") << QByteArray("A: b\0c", 6) << 400;
        QTest::newRow("NUL in name") << QByteArray("A\0: b", 5) << 400;
    }

    void fields()
    {
        QFETCH(QByteArray, line);
        QFETCH(int, verdict);
        QCOMPARE(verdictOnField(line.toStdString()), verdict);
    }

    void hosts()
    {
        const auto verdict = [](const std::string& host) {
            return verdictOn("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        };
        for (const char* good :
            {"localhost", "localhost:8411", "127.0.0.1:1", "[::1]", "[::1]:8411", "a.b-c_d", "a:"})
            QVERIFY2(verdict(good) == 200, good);
        for (const char* bad : {"", "a b", "a/b", "a@b", "a,b", "a:b", "a:123456", "[::1", "[::1]x",
                 "[]", "[gg]", ":80", "a:80:80", "a?b", "a#b", "\xc3\xa9", "a\\b", "http://a"})
            QVERIFY2(verdict(bad) == 400, bad);
        QCOMPARE(verdictOn("GET / HTTP/1.1\r\nA: b\r\n\r\n"), 400);
        QCOMPARE(verdictOn("GET / HTTP/1.0\r\nA: b\r\n\r\n"), 200);
        QCOMPARE(verdictOn("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
    }

    void http10HasNoTransferEncoding()
    {
        QCOMPARE(
            verdictOn("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    }

    void limitsAreKept()
    {
        QCOMPARE(verdictOnTarget("/" + std::string(16 * 1024 - 1, 'a')), 200);
        QCOMPARE(verdictOnTarget("/" + std::string(16 * 1024, 'a')), 414);
        QCOMPARE(verdictOn("GET /" + std::string(17 * 1024, 'a')), 414); // no line end needed
        std::string fields;
        for (int i = 0; i < 199; ++i)
            fields += "A: b\r\n";
        QCOMPARE(verdictOn("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"), 200);
        QCOMPARE(verdictOn("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "A: b\r\n\r\n"), 431);
        const std::string most = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
        QCOMPARE(verdictOn(most + std::string(64 * 1024 - most.size() - 4, 'a') + "\r\n\r\n"), 200);
        QCOMPARE(verdictOn(most + std::string(64 * 1024 - most.size() - 3, 'a') + "\r\n\r\n"), 431);
        QCOMPARE(verdictOn(most + std::string(65 * 1024, 'a')), 431); // no end needed
    }

    void whatCannotBecomeAHeadIsToldAtOnce()
    {
        QCOMPARE(verdictOn("GET / HTTP/1.1\n"), 400);
        QCOMPARE(verdictOn("GET / HTTP/1.1\r\nHost: a\n"), 400);
        QCOMPARE(verdictOn("GET / HTTP/1.1\rHost: a\r\r"), 400);
        QCOMPARE(verdictOn("\x16\x03\x01\x02"), 400); // TLS
        QCOMPARE(verdictOn(std::string("\0\0", 2)), 400);
        QCOMPARE(verdictOn("GET /\r\n"), 400); // HTTP/0.9
        QCOMPARE(verdictOn("\n"), 400);
        QCOMPARE(verdictOn("GET / HTTP/1.1\r\nHost: a\r\n"), 0);
        QCOMPARE(verdictOn("GET / HTTP/1.1\r"), 0);
    }

    void emptyLinesBeforeARequestAreBorneButNotMany()
    {
        QCOMPARE(verdictOn("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
        QCOMPARE(verdictOn("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
        QCOMPARE(verdictOn("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
    }

    void everyCutGivesTheSameVerdict()
    {
        for (const std::string& octets :
            {std::string("\r\nGET /a HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\nGET"),
                std::string("GET / HTTP/1.1\r\nHost: a\rB: c\r\n\r\n"),
                std::string("GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n")}) {
            HeadScan whole(limits);
            const auto expected = whole.find(octets);
            HeadScan byOne(limits);
            std::size_t size = 0;
            bool isRefused = false;
            for (std::size_t count = 1; count <= octets.size() && size == 0 && !isRefused;
                 ++count) {
                const auto found = byOne.find(std::string_view(octets).substr(0, count));
                isRefused = !found;
                size = found ? *found : 0;
            }
            // A bare CR is found by the scan when it comes alone and by the parser otherwise.
            const bool refusedWhole
                = !expected || !parseHead(std::string_view(octets).substr(0, *expected), limits);
            QCOMPARE(isRefused, refusedWhole);
            if (!isRefused)
                QCOMPARE(size, *expected);
        }
    }

    void chunkedBodies_data()
    {
        QTest::addColumn<QByteArray>("octets");
        QTest::addColumn<bool>("isWhole");
        QTest::addColumn<QByteArray>("payload");
        const auto good = [](const char* octets, const char* payload) {
            QTest::newRow(named(octets).constData())
                << QByteArray(octets) << true << QByteArray(payload);
        };
        const auto bad = [](const char* octets) {
            QTest::newRow(named(octets).constData()) << QByteArray(octets) << false << QByteArray();
        };
        good("0\r\n\r\n", "");
        good("5\r\nhello\r\n0\r\n\r\n", "hello");
        good("5\r\nhello\r\n0006\r\n world\r\n000\r\n\r\n", "hello world");
        good("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789");
        good("5;a=b;c;d=\"e \\\" f\"\r\nhello\r\n0;z\r\n\r\n", "hello");
        good("5\r\nhello\r\n0\r\nX-Sum: 1\r\nVary: *\r\n\r\n", "hello");
        bad("5\nhello\r\n0\r\n\r\n");
        bad("5\r\nhello\n0\r\n\r\n");
        bad("5\r\nhello0\r\n\r\n");
        bad("5\r\nhelloX\r\n0\r\n\r\n");
        bad("5\r\nhello\rX0\r\n\r\n");
        bad("5\r\nhello\r\n0\n\r\n");
        bad("5\r\nhello\r\n0\r\n\n");
        bad("+5\r\nhello\r\n0\r\n\r\n");
        bad("-5\r\nhello\r\n0\r\n\r\n");
        bad("0x5\r\nhello\r\n0\r\n\r\n");
        bad("5_0\r\nhello\r\n0\r\n\r\n");
        bad(" 5\r\nhello\r\n0\r\n\r\n");
        bad("5 \r\nhello\r\n0\r\n\r\n");
        bad("5\t\r\nhello\r\n0\r\n\r\n");
        bad("\r\nhello\r\n0\r\n\r\n");
        bad(";a\r\nhello\r\n0\r\n\r\n");
        bad("g\r\nhello\r\n0\r\n\r\n");
        bad("5;\r\nhello\r\n0\r\n\r\n");
        bad("5;a=\r\nhello\r\n0\r\n\r\n");
        bad("5;a=\"b\r\nhello\r\n0\r\n\r\n");
        bad("5;a\rb\r\nhello\r\n0\r\n\r\n");
        bad("5;a\x01\r\nhello\r\n0\r\n\r\n");
        bad("ffffffffffffffffff\r\nhello\r\n0\r\n\r\n");
        bad("1000000000000000005\r\nhello\r\n0\r\n\r\n");
        bad("5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n");
        bad("5\r\nhello\r\n0\r\ntransfer-encoding: chunked\r\n\r\n");
        bad("5\r\nhello\r\n0\r\nHost: a\r\n\r\n");
        bad("5\r\nhello\r\n0\r\nAuthorization: b\r\n\r\n");
        bad("5\r\nhello\r\n0\r\nX-Api-Key: b\r\n\r\n");
        bad("5\r\nhello\r\n0\r\nbroken\r\n\r\n");
        bad("5\r\nhello\r\n0\r\n folded: a\r\n\r\n");
        bad("3e9\r\n"); // 1001 octets where 1000 are the most: told before they come
    }

    void chunkedBodies()
    {
        QFETCH(QByteArray, octets);
        QFETCH(bool, isWhole);
        QFETCH(QByteArray, payload);
        const std::string text = octets.toStdString();
        for (const std::size_t step :
            {std::size_t(1), std::size_t(2), std::size_t(3), text.size()}) {
            const Chunks chunks = decoded(text, step);
            QCOMPARE(chunks.isWhole, isWhole);
            QCOMPARE(chunks.isBroken, !isWhole);
            if (isWhole)
                QCOMPARE(chunks.payload, payload.toStdString());
        }
        if (isWhole) {
            const Chunks chunks = decoded(text + "GET / HTTP/1.1\r\n", 4);
            QCOMPARE(chunks.used, text.size()); // the next request is left alone
            for (std::size_t cut = 0; cut < text.size(); ++cut)
                QVERIFY(!decoded(text.substr(0, cut), 1000).isWhole);
        }
    }

    void chunkExtensionsAndTrailersAreBounded()
    {
        std::string many;
        for (int i = 0; i < 40; ++i)
            many += "1;" + std::string(500, 'a') + "\r\nx\r\n";
        QVERIFY(decoded(many, 1000).isBroken);
        QVERIFY(decoded("5;" + std::string(9000, 'a'), 1000).isBroken);
        std::string trailer = "0\r\n";
        for (int i = 0; i < 200; ++i)
            trailer += "A: " + std::string(60, 'a') + "\r\n";
        QVERIFY(decoded(trailer, 1000).isBroken);
        QVERIFY(decoded(std::string(9000, '0'), 1000).isBroken);
    }
};

QTEST_GUILESS_MAIN(TestHttpHead)
#include "tst_http_head.moc"
