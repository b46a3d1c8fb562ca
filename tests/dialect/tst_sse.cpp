#include "dialect/sse.h"

#include <QElapsedTimer>
#include <QTest>

using namespace waystation;

namespace {

struct Heard
{
    QByteArray events; // "name|data;" for each that is no comment
    QByteArray raw;
};

template <class Reader> Heard hear(const std::vector<std::string_view>& pieces)
{
    Heard heard;
    Reader reader;
    const auto each = [&](const StreamEvent& event) {
        heard.raw.append(event.raw.data(), qsizetype(event.raw.size()));
        if (event.isComment)
            return;
        heard.events.append(event.name.data(), qsizetype(event.name.size())).append('|');
        heard.events.append(event.data.data(), qsizetype(event.data.size())).append(';');
    };
    for (const std::string_view piece : pieces)
        reader.feed(piece, each);
    reader.finish(each);
    return heard;
}

template <class Reader> void checkAtEveryCut(const QByteArray& stream, const QByteArray& expected)
{
    const std::string_view all(stream.constData(), std::size_t(stream.size()));
    QCOMPARE(hear<Reader>({all}).events, expected);
    std::vector<std::string_view> octets;
    for (std::size_t i = 0; i < all.size(); ++i) {
        octets.push_back(all.substr(i, 1));
        const Heard heard = hear<Reader>({all.substr(0, i), all.substr(i)});
        QCOMPARE(heard.events, expected);
        QCOMPARE(heard.raw, stream);
    }
    const Heard heard = hear<Reader>(octets);
    QCOMPARE(heard.events, expected);
    QCOMPARE(heard.raw, stream);
}

}

class TestSse : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void eventsAreCut_data()
    {
        QTest::addColumn<QByteArray>("stream");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char* name, const char* stream, const char* expected) {
            QTest::newRow(name) << QByteArray(stream) << QByteArray(expected);
        };
        row("one", "data: a\n\n", "|a;");
        row("two", "data: a\n\ndata: b\n\n", "|a;|b;");
        row("no blank behind the colon", "data:a\n\n", "|a;");
        row("two blanks", "data:  a\n\n", "| a;");
        row("a name", "event: ping\ndata: {}\n\n", "ping|{};");
        row("the name behind the data", "data: {}\nevent: ping\n\n", "ping|{};");
        row("lines join", "data: a\ndata: b\ndata\ndata: c\n\n", "|a\nb\n\nc;");
        row("comments", ": keepalive\n\ndata: a\n: more\n\n", "|a;");
        row("unknown fields", "id: 7\nretry: 10\n\nfoo: bar\ndata: a\nid: 8\n\n", "|a;");
        row("blank lines", "\n\n\ndata: a\n\n\n\ndata: b\n\n\n", "|a;|b;");
        row("byte order mark",
            "\xEF\xBB\xBF"
            "data: a\n\n",
            "|a;");
        row("a mark later is none",
            "data: a\n\n\xEF\xBB\xBF"
            "data: b\n\ndata: c\n\n",
            "|a;|c;");
        row("no blank line at the end", "data: a\n\ndata: b\n", "|a;|b;");
        row("no line end at the end", "data: a\n\ndata: b", "|a;|b;");
        row("utf-8", "data: \xE2\x82\xAC\xF0\x9F\x98\x80\n\n", "|\xE2\x82\xAC\xF0\x9F\x98\x80;");
        row("an error field", "error: {\"code\":500}\n\n", "error|{\"code\":500};");
        row("plain JSON", "{\"error\":{\"message\":\"no\"}}\n",
            "|{\"error\":{\"message\":\"no\"}};");
        row("a web page", "<html><title>Bad</title></html>\n",
            "error|<html><title>Bad</title></html>;");
        row("done", "data: [DONE]\n\n", "|[DONE];");
        row("empty data", "data:\n\ndata: a\n\n", "|;|a;");
    }

    void eventsAreCut()
    {
        QFETCH(QByteArray, stream);
        QFETCH(QByteArray, expected);
        checkAtEveryCut<SseReader>(stream, expected);
        checkAtEveryCut<SseReader>(QByteArray(stream).replace("\n", "\r\n"), expected);
        checkAtEveryCut<SseReader>(QByteArray(stream).replace("\n", "\r"), expected);
    }

    void mixedLineEndsAreOne()
    {
        checkAtEveryCut<SseReader>(
            "data: a\r\ndata: b\r\r\ndata: c\n\r\ndata: d\r\n\n", "|a\nb;|c;|d;");
    }

    void anEventGoesOutWithItsLastOctet()
    {
        SseReader reader;
        int count = 0;
        const auto each = [&](const StreamEvent& event) { count += event.isComment ? 0 : 1; };
        reader.feed("data: a\n", each);
        QCOMPARE(count, 0);
        QVERIFY(reader.pending() > 0);
        reader.feed("\n", each);
        QCOMPARE(count, 1);
        QCOMPARE(reader.pending(), std::size_t(0));
        reader.feed("data: b\r\n\r", each);
        QCOMPARE(count, 2);
        reader.feed("\n", each);
        QCOMPARE(count, 2);
        QCOMPARE(reader.pending(), std::size_t(0));
    }

    void aWholeEventIsNotCopied()
    {
        const std::string piece = "data: {\"a\":1}\n\nevent: x\ndata: y\n\ndata: unfinis";
        SseReader reader;
        int inside = 0;
        reader.feed(piece, [&](const StreamEvent& event) {
            for (const std::string_view view : {event.data, event.raw})
                inside += view.data() >= piece.data() && view.data() < piece.data() + piece.size()
                    ? 1
                    : 0;
        });
        QCOMPARE(inside, 4);
        QCOMPARE(reader.pending(), std::string_view("data: unfinis").size());
    }

    void aFunctionObjectMayBeHandedIn()
    {
        int count = 0;
        const std::function<void(const SseReader::Event&)> each
            = [&](const SseReader::Event&) { ++count; };
        SseReader reader;
        QVERIFY(reader.feed("data: a\n\n", each));
        reader.finish(each);
        QCOMPARE(count, 1);
    }

    void tooLargeABlockIsRefused()
    {
        const std::string piece(1 << 20, 'x');
        const auto none = [](const StreamEvent&) {};
        SseReader reader;
        int pieces = 0;
        while (reader.feed(piece, none) && pieces < 64)
            ++pieces;
        QCOMPARE(pieces, 32);
        QVERIFY(!reader.feed("\n\n", none));
        QCOMPARE(reader.pending(), std::size_t(0));

        JsonArrayReader array;
        QVERIFY(array.feed("[{\"a\":\"", none));
        pieces = 0;
        while (array.feed(piece, none) && pieces < 64)
            ++pieces;
        QCOMPARE(pieces, 31);
        QVERIFY(!array.feed("\"}]", none));
        QCOMPARE(array.pending(), std::size_t(0));
    }

    void theTimeIsLinear()
    {
        // 16 MiB in single octets, and line ends of one kind only: looking again from the start
        // would take hours.
        QElapsedTimer timer;
        timer.start();
        std::string event = "data: " + std::string(16 << 20, 'x') + "\n\n";
        SseReader reader;
        std::size_t octets = 0;
        const auto each = [&](const StreamEvent& found) { octets += found.data.size(); };
        for (const char& octet : event)
            reader.feed(std::string_view(&octet, 1), each);
        QCOMPARE(octets, std::size_t(16 << 20));
        SseReader ends;
        ends.feed(std::string(4 << 20, '\r'), each);
        ends.feed(std::string(4 << 20, '\n'), each);
        std::string lines = "data: a\r";
        while (lines.size() < (4 << 20))
            lines += "data: b\r";
        ends.feed(lines, each);
        ends.feed("\r", each);
        JsonArrayReader array;
        std::string element = "[{\"a\":\"" + std::string(4 << 20, 'x') + "\"}]";
        for (const char& octet : element)
            array.feed(std::string_view(&octet, 1), each);
        QVERIFY2(timer.elapsed() < 30'000, qPrintable(QString::number(timer.elapsed())));
    }

    void anArrayIsCutIntoItsObjects_data()
    {
        QTest::addColumn<QByteArray>("stream");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char* name, const char* stream, const char* expected) {
            QTest::newRow(name) << QByteArray(stream) << QByteArray(expected);
        };
        row("two", "[{\"a\":1},\r\n{\"b\":[2,{}]}\n]\n", "|{\"a\":1};|{\"b\":[2,{}]};");
        row("brackets in texts", "[{\"a\":\"}]{\\\"\\\\\"},{\"b\":\"[\"}]",
            "|{\"a\":\"}]{\\\"\\\\\"};|{\"b\":\"[\"};");
        row("empty", "[]", "");
        row("one object", "{\"error\":{\"code\":400}}", "|{\"error\":{\"code\":400}};");
        row("objects in a row", "{\"a\":1}{\"b\":2} {\"c\":3}",
            "|{\"a\":1};|{\"b\":2};|{\"c\":3};");
        row("cut", "[{\"a\":1},{\"b\":", "|{\"a\":1};");
        row("cut in a text", "[{\"a\":1},{\"b\":\"}", "|{\"a\":1};");
        row("blanks", "  \n[ \n ]  ", "");
    }

    void anArrayIsCutIntoItsObjects()
    {
        QFETCH(QByteArray, stream);
        QFETCH(QByteArray, expected);
        checkAtEveryCut<JsonArrayReader>(stream, expected);
    }
};

QTEST_GUILESS_MAIN(TestSse)
#include "tst_sse.moc"
