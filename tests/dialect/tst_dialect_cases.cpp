#include "dialect/dialect.h"
#include "dialect/sse.h"
#include "support/golden.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

/// What a folder under cases/ holds, see README.md beside it.
struct Case
{
    QString folder;
    DialectId dialect = DialectId::OpenaiChat;
    Operation operation = Operation::Generate;

    QString file(const char* name) const { return folder + QLatin1Char('/') + QLatin1String(name); }
};

Case caseFrom(const QString& name)
{
    Case found;
    found.folder = QStringLiteral(WAYSTATION_TEST_DATA "/cases/") + name;
    found.dialect = dialectFrom(name.section(QLatin1Char('/'), 0, 0).toStdString()).value();
    const QByteArray said = golden::read(found.file("case.json"));
    if (!said.isEmpty())
        found.operation
            = operationFrom(Json::parse(said.toStdString()).at("operation").get<std::string>())
                  .value();
    return found;
}

QByteArray shown(const std::optional<Usage>& usage)
{
    if (!usage)
        return "null";
    Json json = Json::object();
    const auto put = [&](const char* name, std::int64_t count) {
        if (count != 0)
            json[name] = count;
    };
    put("input", usage->input);
    put("cacheRead", usage->cacheRead);
    put("cacheWrite5m", usage->cacheWrite5m);
    put("cacheWrite1h", usage->cacheWrite1h);
    put("output", usage->output);
    put("reasoning", usage->reasoning);
    put("audioIn", usage->audioIn);
    put("audioOut", usage->audioOut);
    put("imageIn", usage->imageIn);
    put("imageOut", usage->imageOut);
    put("toolPrompt", usage->toolPrompt);
    put("webSearches", usage->webSearches);
    put("images", usage->images);
    put("audioMillis", usage->audioMillis);
    put("characters", usage->characters);
    put("searchUnits", usage->searchUnits);
    if (!usage->tier.empty())
        json["tier"] = usage->tier;
    if (usage->vendorCost)
        json["vendorCost"] = toDecimal(*usage->vendorCost);
    return QByteArray::fromStdString(json.dump());
}

QByteArray shown(const CallSketch& sketch, const std::string& body)
{
    const auto text = [&](CallSketch::Span span) { return body.substr(span.offset, span.length); };
    Json json;
    json["model"] = sketch.model.text();
    json["modelAt"] = text(sketch.modelAt);
    json["stream"] = sketch.stream;
    json["streamOptionsAt"] = text(sketch.streamOptionsAt);
    json["asksForUsage"] = sketch.asksForUsage;
    json["maxOutput"] = sketch.maxOutput;
    return QByteArray::fromStdString(json.dump(1));
}

struct Replay
{
    QByteArray events; // a line an event, then what is known at the end
    QByteArray usage;
    QByteArray raw;
};

template <class Cutter>
Replay replayWith(const Case& one, const std::vector<std::string_view>& pieces)
{
    Replay replay;
    const auto reader = makeStreamReader(one.dialect, one.operation);
    const auto each = [&](const StreamEvent& event) {
        replay.raw.append(event.raw.data(), qsizetype(event.raw.size()));
        if (event.isComment)
            return;
        const StreamReader::Seen seen = reader->event(event.name, event.data);
        QByteArray words;
        const auto say = [&](bool said, const char* word) {
            if (said)
                words += words.isEmpty() ? QByteArray(word) : QByteArray(" ") + word;
        };
        say(seen.isContent, "content");
        say(seen.isUsageOnly, "usage-only");
        say(seen.isTerminal, "terminal");
        say(seen.isError, "error");
        replay.events += '"' + words + "\"\n";
    };
    Cutter cutter;
    for (const std::string_view piece : pieces)
        cutter.feed(piece, each);
    cutter.finish(each);

    Json end;
    end["model"] = reader->answeredModel();
    end["id"] = reader->upstreamId();
    end["mayEnd"] = reader->mayEnd();
    end["contentOctets"] = reader->contentOctets();
    if (reader->error()) {
        end["error"] = nameOf(reader->error()->kind);
        end["message"] = reader->error()->message;
        if (!reader->error()->field.empty())
            end["field"] = reader->error()->field;
    }
    replay.events += QByteArray::fromStdString(end.dump()) + '\n';
    replay.usage = shown(reader->usage());
    return replay;
}

Replay replay(const Case& one, bool isArray, const std::vector<std::string_view>& pieces)
{
    return isArray ? replayWith<JsonArrayReader>(one, pieces) : replayWith<SseReader>(one, pieces);
}

}

class TestDialectCases : public QObject
{
    Q_OBJECT

    static void addCases(std::initializer_list<const char*> files)
    {
        QTest::addColumn<QString>("name");
        const QStringList names = golden::casesUnder(QStringLiteral(WAYSTATION_TEST_DATA "/cases"));
        for (const QString& name : names) {
            for (const char* file : files) {
                if (QFile::exists(caseFrom(name).file(file))) {
                    QTest::newRow(qPrintable(name)) << name;
                    break;
                }
            }
        }
    }

private Q_SLOTS:

    void aCallIsSketched_data() { addCases({"call.json"}); }

    void aCallIsSketched()
    {
        QFETCH(QString, name);
        const Case one = caseFrom(name);
        std::string body = golden::read(one.file("call.json")).toStdString();
        body.reserve(body.size() + 64);
        Address address;
        address.dialect = one.dialect;
        address.operation = one.operation;
        if (one.dialect == DialectId::Gemini) {
            address.model = "gemini-in-path";
            address.modelInPath = true;
        }
        const auto sketch = sketchOf(address, "application/json", body);
        QVERIFY2(sketch, sketch ? "" : sketch.error().message.c_str());
        QVERIFY(golden::matches(one.file("sketch.json"), shown(*sketch, body)));
    }

    void aReplyIsCounted_data() { addCases({"reply.json"}); }

    void aReplyIsCounted()
    {
        QFETCH(QString, name);
        const Case one = caseFrom(name);
        const std::string body = golden::read(one.file("reply.json")).toStdString();
        QVERIFY(golden::matches(
            one.file("usage.json"), shown(readUsage(one.dialect, one.operation, body))));
    }

    void aStreamIsWatched_data() { addCases({"stream.sse", "stream.json"}); }

    void aStreamIsWatched()
    {
        QFETCH(QString, name);
        const Case one = caseFrom(name);
        const bool isArray = QFile::exists(one.file("stream.json"));
        const QByteArray recorded = golden::read(one.file(isArray ? "stream.json" : "stream.sse"));
        const Replay whole = replay(
            one, isArray, {std::string_view(recorded.constData(), std::size_t(recorded.size()))});
        QVERIFY(golden::matches(one.file("usage.json"), whole.usage));
        QVERIFY(golden::matches(one.file("events.jsonl"), whole.events));
        QCOMPARE(whole.raw, recorded);

        // However it is cut, and whatever ends its lines, it stays the same.
        for (const char* lineEnd : {"\n", "\r\n", "\r"}) {
            const QByteArray stream
                = isArray ? recorded : QByteArray(recorded).replace("\n", lineEnd);
            const std::string_view all(stream.constData(), std::size_t(stream.size()));
            std::vector<std::string_view> octets;
            for (std::size_t i = 0; i < all.size(); ++i) {
                octets.push_back(all.substr(i, 1));
                const Replay cut = replay(one, isArray, {all.substr(0, i), all.substr(i)});
                QCOMPARE(cut.events, whole.events);
                QCOMPARE(cut.usage, whole.usage);
                QCOMPARE(cut.raw, stream);
            }
            const Replay single = replay(one, isArray, octets);
            QCOMPARE(single.events, whole.events);
            QCOMPARE(single.usage, whole.usage);
        }
    }

    void aStreamCutOffIsNoEnd_data() { addCases({"stream.sse"}); }

    void aStreamCutOffIsNoEnd()
    {
        // Before the event that ends it, a stream never says that it may end, whatever was cut.
        QFETCH(QString, name);
        const Case one = caseFrom(name);
        const QByteArray stream = golden::read(one.file("stream.sse"));
        const std::string_view all(stream.constData(), std::size_t(stream.size()));
        std::size_t firstEnd = all.size();
        const auto endsAt = [&](std::size_t length) {
            return replay(one, false, {all.substr(0, length)}).events.contains("\"mayEnd\":true");
        };
        if (!endsAt(all.size()))
            return;
        for (std::size_t length = 0; length < all.size(); ++length) {
            const bool ends = endsAt(length);
            if (ends)
                firstEnd = std::min(firstEnd, length);
            QVERIFY(ends == (length >= firstEnd));
        }
        QVERIFY(firstEnd > 0);
    }

    void thereAreCases()
    {
        QVERIFY(golden::casesUnder(QStringLiteral(WAYSTATION_TEST_DATA "/cases")).size() >= 30);
    }
};

QTEST_GUILESS_MAIN(TestDialectCases)
#include "tst_dialect_cases.moc"
