#include "engine/reply_decoder.h"
#include "engine/reply_parser.h"

#include "support/printers.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <zlib.h>

#include <algorithm>
#include <string>

using namespace waystation;

namespace {

struct Read
{
    int status = 0;
    std::string body;
    bool isDone = false;
    bool keeps = false;
    ErrorKind error = ErrorKind::None;
    std::string leftOver;
    int runs = 0;
    Headers headers;
};

/// Feeds `octets` in parts of `part`; the input's end follows.
Read readWhole(
    const std::string& octets, std::size_t part = ~std::size_t(0), bool withoutBody = false)
{
    ReplyParser parser(withoutBody);
    Read read;
    bool headIsWhole = false;
    for (std::size_t at = 0; at < octets.size(); at += std::min(part, octets.size() - at)) {
        std::string block = octets.substr(at, part);
        std::string_view rest = block;
        if (!headIsWhole) {
            const auto whole = parser.readHead(rest);
            if (!whole) {
                read.error = whole.error().kind;
                return read;
            }
            headIsWhole = *whole;
            if (!headIsWhole)
                continue;
            read.status = parser.head().status;
            read.headers = parser.head().headers;
        }
        std::size_t begin = block.size() - rest.size();
        while (begin < block.size() && !parser.isDone()) {
            std::size_t used = 0;
            const auto piece = parser.readBody(block.data() + begin, block.size() - begin, used);
            if (!piece) {
                read.error = piece.error().kind;
                return read;
            }
            read.body += *piece;
            read.runs += piece->empty() ? 0 : 1;
            begin += used;
        }
        read.leftOver += block.substr(begin);
    }
    read.keeps = headIsWhole && parser.keepsConnection();
    const auto ended = parser.inputEnded();
    read.isDone = headIsWhole && ended.has_value();
    if (!read.isDone)
        read.error = ErrorKind::Cut;
    return read;
}

std::string withFields(const std::string& fields, const std::string& body = {})
{
    return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

std::string compressed(const std::string& text, int window, int flushEvery = 0)
{
    z_stream stream{};
    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, text.size()) + text.size() + 1024, '\0');
    stream.next_out = reinterpret_cast<unsigned char*>(out.data());
    stream.avail_out = static_cast<unsigned>(out.size());
    const std::size_t step = flushEvery ? static_cast<std::size_t>(flushEvery) : text.size();
    for (std::size_t at = 0; at < text.size(); at += step) {
        stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data() + at));
        stream.avail_in = static_cast<unsigned>(std::min(step, text.size() - at));
        deflate(&stream, Z_SYNC_FLUSH);
    }
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// Decodes in parts of `part`; what it gave until then and the error that ended it.
std::pair<std::string, ErrorKind> decoded(
    const std::string& coding, const std::string& octets, std::size_t part)
{
    const auto decoder = ReplyDecoder::forCoding(coding);
    std::string out;
    for (std::size_t at = 0; at < octets.size(); at += part) {
        (*decoder)->give(std::string_view(octets).substr(at, part));
        for (;;) {
            const auto piece = (*decoder)->take();
            if (!piece)
                return {out, piece.error().kind};
            if (piece->empty())
                break;
            out += *piece;
        }
    }
    const auto ended = (*decoder)->inputEnded();
    return {out, ended ? ErrorKind::None : ended.error().kind};
}

}

class ReplyParserTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aReplyReadsTheSameHoweverItIsCut()
    {
        const std::string chunked = withFields("Transfer-Encoding: Chunked\r\nX-A:  b \r\n",
            "5\r\nhello\r\n1;ext=\"v\"\r\n,\r\n06\r\n world\r\n0\r\nTrailer: x\r\n\r\n");
        const std::string sized = withFields("content-length: 12\r\n", "hello, world");
        const std::string open = withFields("", "hello, world");
        for (const auto& octets : {chunked, sized, open}) {
            for (std::size_t part = 1; part <= octets.size(); ++part) {
                const Read read = readWhole(octets, part);
                QCOMPARE(read.body, std::string("hello, world"));
                QVERIFY(read.isDone);
                QCOMPARE(read.status, 200);
            }
        }
        QVERIFY(readWhole(chunked).keeps);
        QCOMPARE(readWhole(chunked).headers.value("x-a"), std::string_view("b"));
        QVERIFY(readWhole(sized).keeps);
        QVERIFY(!readWhole(open).keeps);
    }

    void chunksThatCameTogetherAreOneRun()
    {
        const Read read = readWhole(withFields(
            "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n3\r\ndef\r\n2\r\ngh\r\n0\r\n\r\n"));
        QCOMPARE(read.body, std::string("abcdefgh"));
        QCOMPARE(read.runs, 1);
    }

    void whatFollowsTheEndIsLeft()
    {
        QCOMPARE(
            readWhole(withFields("Content-Length: 2\r\n", "okHTTP")).leftOver, std::string("HTTP"));
        QCOMPARE(readWhole(withFields("Transfer-Encoding: chunked\r\n", "0\r\n\r\nHTTP")).leftOver,
            std::string("HTTP"));
    }

    void aShortReplyIsCut()
    {
        for (const auto& octets : {withFields("Content-Length: 12\r\n", "hello"),
                 withFields("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"),
                 withFields("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n"),
                 std::string("HTTP/1.1 200 OK\r\nContent-Le")})
            QCOMPARE(readWhole(octets).error, ErrorKind::Cut);
    }

    void interimHeadsArePassedOver()
    {
        const std::string interim = "HTTP/1.1 102 Processing\r\n\r\n";
        const Read read = readWhole("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" + interim
            + withFields("Content-Length: 2\r\n", "ok"));
        QCOMPARE(read.status, 200);
        QCOMPARE(read.body, std::string("ok"));
        QVERIFY(!read.headers.has("x"));

        std::string storm;
        for (int i = 0; i < 1000; ++i)
            storm += interim;
        QCOMPARE(readWhole(storm).error, ErrorKind::BadReply);
        QCOMPARE(readWhole("HTTP/1.1 101 Switching\r\n\r\n").error, ErrorKind::BadReply);
    }

    void someRepliesHaveNoBody()
    {
        for (const auto& head : {std::string("HTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\n"),
                 std::string("HTTP/1.1 304 Not\r\nTransfer-Encoding: chunked\r\n\r\n")}) {
            QVERIFY(readWhole(head).isDone);
            QVERIFY(readWhole(head).keeps);
        }
        QVERIFY(readWhole(withFields("Content-Length: 7\r\n"), 1, true).isDone);
    }

    void whetherTheConnectionStays()
    {
        QVERIFY(!readWhole(withFields("Content-Length: 0\r\nConnection: x, Close\r\n")).keeps);
        QVERIFY(!readWhole("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keeps);
        QVERIFY(readWhole("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n")
                    .keeps);
    }

    void leniencyInTheHead()
    {
        QCOMPARE(readWhole("HTTP/1.1 200\nContent-Length: 2\n\nok").body, std::string("ok"));
        QCOMPARE(readWhole(withFields("A: b\r\n  c\r\nContent-Length: 0\r\n")).headers.value("a"),
            std::string_view("b c"));
        QVERIFY(readWhole(withFields("Content-Length: 2\r\nContent-Length: 2\r\n", "ok")).isDone);
        QVERIFY(readWhole(withFields("Content-Length: 2, 2\r\n", "ok")).isDone);
    }

    void contradictionsAreRefused_data()
    {
        QTest::addColumn<QByteArray>("octets");
        const auto row = [](const char* name, const std::string& octets) {
            QTest::newRow(name) << QByteArray::fromStdString(octets);
        };
        row("two lengths", withFields("Content-Length: 2\r\nContent-Length: 3\r\n", "ok!"));
        row("listed lengths", withFields("Content-Length: 2, 3\r\n", "ok!"));
        row("length and chunks",
            withFields("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
        row("negative length", withFields("Content-Length: -2\r\n"));
        row("signed length", withFields("Content-Length: +2\r\n"));
        row("hex length", withFields("Content-Length: 0x2\r\n"));
        row("endless length", withFields("Content-Length: 99999999999999999999999\r\n"));
        row("empty length", withFields("Content-Length:\r\n"));
        row("unknown coding", withFields("Transfer-Encoding: gzip, chunked\r\n"));
        row("coding twice",
            withFields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
        row("coding in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        row("space before colon", withFields("Content-Length : 2\r\n"));
        row("no colon", withFields("Content-Length\r\n"));
        row("empty name", withFields(": x\r\n"));
        row("continued at once", withFields(" x\r\n"));
        row("NUL", withFields(std::string("A: b\0c\r\n", 8)));
        row("bare CR", withFields("A: b\rc\r\n"));
        row("HTTP/2", "HTTP/2 200\r\n\r\n");
        row("HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n");
        row("lower case", "http/1.1 200 OK\r\n\r\n");
        row("status 99", "HTTP/1.1 099 OK\r\n\r\n");
        row("status 600", "HTTP/1.1 600 OK\r\n\r\n");
        row("status 20", "HTTP/1.1 20 OK\r\n\r\n");
        row("status 2000", "HTTP/1.1 2000 OK\r\n\r\n");
        row("not HTTP", "SSH-2.0-OpenSSH_9.2\r\n");
        row("chunk size empty", withFields("Transfer-Encoding: chunked\r\n", "\r\n"));
        row("chunk size word", withFields("Transfer-Encoding: chunked\r\n", "xyz\r\n"));
        row("chunk size signed", withFields("Transfer-Encoding: chunked\r\n", "-1\r\n"));
        row("chunk size huge",
            withFields("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"));
        row("chunk size bare LF",
            withFields("Transfer-Encoding: chunked\r\n", "2\nok\r\n0\r\n\r\n"));
        row("chunk too long",
            withFields("Transfer-Encoding: chunked\r\n", "2\r\nokay\r\n0\r\n\r\n"));
        row("chunk end bare LF",
            withFields("Transfer-Encoding: chunked\r\n", "2\r\nok\n0\r\n\r\n"));
        row("extension endless",
            withFields("Transfer-Encoding: chunked\r\n", "2;" + std::string(100'000, 'x')));
        row("extension bare LF",
            withFields("Transfer-Encoding: chunked\r\n", "2;a\nok\r\n0\r\n\r\n"));
        row("trailers endless",
            withFields("Transfer-Encoding: chunked\r\n", "0\r\n" + std::string(100'000, 'x')));
        row("head too large", withFields("A: " + std::string(300'000, 'x') + "\r\n"));
        std::string flood;
        for (int i = 0; i < 3000; ++i)
            flood += "a:b\r\n";
        row("too many fields", withFields(flood));
    }

    void contradictionsAreRefused()
    {
        QFETCH(QByteArray, octets);
        for (const std::size_t part : {octets.size(), qsizetype(1), qsizetype(7)})
            QCOMPARE(readWhole(octets.toStdString(), part).error, ErrorKind::BadReply);
    }

    void aLargeHeadWithinTheLimitIsRead()
    {
        const Read read = readWhole(
            withFields("A: " + std::string(250'000, 'x') + "\r\nContent-Length: 0\r\n"), 1000);
        QVERIFY(read.isDone);
        QCOMPARE(read.headers.value("a").size(), std::size_t(250'000));
    }

    void theCurlCorpusNeitherCrashesNorHangs()
    {
        QFile file(QStringLiteral(WAYSTATION_SOURCE_DIR "/../shared/corpora/curl/replies.jsonl"));
        if (!file.open(QIODevice::ReadOnly))
            QSKIP("the curl corpus is not here");
        int count = 0;
        int whole = 0;
        while (!file.atEnd()) {
            const auto line = QJsonDocument::fromJson(file.readLine()).object();
            const auto octets
                = QByteArray::fromBase64(line[QStringLiteral("reply")].toString().toLatin1())
                      .toStdString();
            const Read atOnce = readWhole(octets);
            if (octets.size() < 20'000) {
                const Read byOctet = readWhole(octets, 1);
                QCOMPARE(byOctet.error, atOnce.error);
                if (atOnce.error == ErrorKind::None)
                    QCOMPARE(byOctet.body, atOnce.body);
            }
            whole += atOnce.isDone ? 1 : 0;
            ++count;
        }
        QCOMPARE(count, 611);
        qInfo("%d of %d replies are whole", whole, count);
        QVERIFY(whole > 300);
    }

    void codingsAreUndone()
    {
        std::string text;
        for (int i = 0; i < 20'000; ++i)
            text += "data: {\"n\":" + std::to_string(i * 7919 % 10007) + "}\n\n";
        for (const std::size_t part : {std::size_t(1), std::size_t(777), std::size_t(1'000'000)}) {
            QVERIFY(decoded("gzip", compressed(text, 15 + 16), part)
                == std::make_pair(text, ErrorKind::None));
            QVERIFY(decoded("X-GZip", compressed(text, 15 + 16), part)
                == std::make_pair(text, ErrorKind::None));
            QVERIFY(decoded("deflate", compressed(text, 15), part)
                == std::make_pair(text, ErrorKind::None));
            QVERIFY(decoded("deflate", compressed(text, -15), part)
                == std::make_pair(text, ErrorKind::None));
            const auto twice = compressed(text, 15 + 16) + compressed(text, 15 + 16);
            QVERIFY(decoded("gzip", twice, part) == std::make_pair(text + text, ErrorKind::None));
        }
        QVERIFY(!*ReplyDecoder::forCoding(""));
        QVERIFY(!*ReplyDecoder::forCoding("Identity"));
        for (const auto* unknown : {"br", "zstd", "gzip, gzip", "compress"})
            QCOMPARE(ReplyDecoder::forCoding(unknown).error().kind, ErrorKind::BadReply);
    }

    void whatWasFlushedLeavesAtOnce()
    {
        const std::string text = "data: one\n\ndata: two\n\n";
        const std::string octets = compressed(text, 15 + 16, 11);
        const auto decoder = ReplyDecoder::forCoding("gzip");
        std::string out;
        std::size_t firstAt = 0;
        for (std::size_t i = 0; i < octets.size(); ++i) {
            (*decoder)->give(std::string_view(octets).substr(i, 1));
            for (auto piece = (*decoder)->take(); piece && !piece->empty();
                 piece = (*decoder)->take())
                out += *piece;
            if (out.size() >= 11 && !firstAt)
                firstAt = i + 1;
        }
        QCOMPARE(out, text);
        QVERIFY(firstAt < octets.size() - 20);
    }

    void brokenCodingsAreTold()
    {
        const std::string octets = compressed(std::string(5000, 'a') + "end", 15 + 16);
        for (std::size_t cut = 1; cut < octets.size(); ++cut)
            QCOMPARE(decoded("gzip", octets.substr(0, cut), 100).second, ErrorKind::Cut);
        std::string spoilt = octets;
        spoilt[spoilt.size() - 6] ^= 1; // in the checksum
        QCOMPARE(decoded("gzip", spoilt, 100).second, ErrorKind::BadReply);
        QCOMPARE(decoded("gzip", "this is not gzip at all", 100).second, ErrorKind::BadReply);
    }

    void aBombIsNotLetOff()
    {
        const std::string bomb = compressed(std::string(50'000'000, '\0'), 15 + 16);
        const auto [out, error] = decoded("gzip", bomb, 16 * 1024);
        QCOMPARE(error, ErrorKind::BadReply);
        QVERIFY(out.size() < 4'000'000);
    }
};

QTEST_GUILESS_MAIN(ReplyParserTest)
#include "tst_reply_parser.moc"
