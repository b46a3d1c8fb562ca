#include <string>

#include "chat/collect.h"
#include "chat/json_form.h"
#include "chat/repair.h"
#include "dialect/convert.h"
#include "dialect/sse.h"
#include "rules.h"
#include "support/golden.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <random>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

/// A folder under conversion/<dialect>/, see README.md there.
struct Case
{
    QString folder;
    DialectId dialect = DialectId::OpenaiChat;
    Json options = Json::object();

    QString file(const QString& name) const { return folder + QLatin1Char('/') + name; }
    bool has(const char* name) const { return QFile::exists(file(QLatin1String(name))); }
    std::string read(const char* name) const { return golden::read(file(QLatin1String(name))).toStdString(); }
};

Case caseFrom(const QString& name)
{
    Case found;
    found.folder = QStringLiteral(WAYSTATION_TEST_DATA "/conversion/") + name;
    found.dialect = dialectFrom(name.section(QLatin1Char('/'), 0, 0).toStdString()).value();
    if (found.has("case.json"))
        found.options = Json::parse(found.read("case.json"));
    return found;
}

/// An ordinary upstream of each protocol.
Target targetOf(DialectId dialect)
{
    Target target;
    target.model = "upstream-model";
    target.origin = 1;
    switch (dialect) {
    case DialectId::OpenaiChat:
        target.issuer = "openai";
        target.promptCacheKey = target.safetyIdentifier = target.serviceTier = target.verbosity = true;
        target.customTools = false;
        break;
    case DialectId::OpenaiResponses:
        target.issuer = "openai";
        target.ids = IdRule::OpenaiResponses;
        target.promptCacheKey = target.safetyIdentifier = target.serviceTier = target.verbosity = true;
        break;
    case DialectId::Anthropic:
        target.issuer = "anthropic";
        target.ids = IdRule::Anthropic;
        target.mostTemperature = 1;
        target.takesTopK = true;
        break;
    case DialectId::Gemini:
        target.issuer = "gemini";
        target.ids = IdRule::Any;
        break;
    }
    return target;
}

Address addressFor(const Case& each)
{
    Address address;
    address.dialect = each.dialect;
    address.operation = Operation::Generate;
    if (each.dialect == DialectId::Gemini) {
        address.model = each.options.value("model", "asked-model");
        address.modelInPath = true;
        address.streams = each.options.value("stream", false);
    }
    return address;
}

QString nameFor(DialectId dialect)
{
    return QString::fromLatin1(nameOf(dialect));
}

QByteArray pretty(const std::string& json)
{
    const Json value = Json::parse(json, nullptr, false);
    return QByteArray::fromStdString(value.is_discarded() ? "NOT JSON: " + json : value.dump(1));
}

/// What a client's call becomes for `to`: its body and what was lost, or why it is refused.
Json converted(const Case& each, const std::string& body, DialectId to, std::string* written = nullptr)
{
    auto call = readCall(each.dialect, addressFor(each), body);
    if (!call)
        return {{"refused", call.error().message}, {"field", call.error().field}};
    Losses losses;
    repairHistory(*call, losses);
    ToolNames names;
    const auto out = writeCall(to, *call, targetOf(to), names, losses);
    if (!out)
        return {{"refused", out.error().message}, {"field", out.error().field}};
    if (written)
        *written = *out;
    Json shown;
    if (!losses.tokens().empty())
        shown["warnings"] = losses.tokens();
    const Json parsed = Json::parse(*out, nullptr, false);
    shown["body"] = parsed.is_discarded() ? Json("NOT JSON: " + *out) : parsed;
    return shown;
}

/// The call that an answer belongs to: the case's own, or one that shows everything.
struct Answering
{
    explicit Answering(const Case& each, DialectId to)
    {
        const std::string asked = "asked." + std::string(nameOf(to)) + ".json";
        body = each.has(asked.c_str()) ? each.read(asked.c_str()) : plainBody(to);
        Address address;
        address.dialect = to;
        address.model = "asked-model";
        address.modelInPath = to == DialectId::Gemini;
        auto read = readCall(to, address, body);
        call = read ? std::move(*read) : ChatCall();
        context.call = &call;
        context.id = "0000answer";
        context.created = 1700000000;
        context.inputEstimate = 11;
        names = ToolNames(call, NameRule::Openai, true);
    }

    static std::string plainBody(DialectId to)
    {
        switch (to) {
        case DialectId::OpenaiChat:
            return R"({"model":"asked-model","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})";
        case DialectId::OpenaiResponses:
            return R"({"model":"asked-model","stream":true,"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"summary":"auto"},"input":"hi"})";
        case DialectId::Anthropic:
            return R"({"model":"asked-model","stream":true,"max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":2000},"messages":[{"role":"user","content":"hi"}]})";
        case DialectId::Gemini:
            break;
        }
        return R"({"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"thinkingConfig":{"includeThoughts":true}}})";
    }

    std::string body;
    ChatCall call;
    ReplyContext context;
    ToolNames names;
};

/// Feeds a stream in the given pieces to whatever reads it.
void feed(const std::vector<std::string>& pieces, bool isArray, EventReader& reader)
{
    const auto each = [&](const StreamEvent& event) {
        if (!event.isComment)
            reader.event(event.name, event.data);
    };
    if (isArray) {
        JsonArrayReader array;
        for (const std::string& piece : pieces)
            array.feed(piece, each);
        array.finish(each);
    } else {
        SseReader sse;
        for (const std::string& piece : pieces)
            sse.feed(piece, each);
        sse.finish(each);
    }
    reader.endOfStream();
}

std::string streamed(const Case& each, const std::vector<std::string>& pieces, bool isArray, DialectId to)
{
    Answering answering(each, to);
    std::string out;
    const auto writer = makeStreamWriter(to, answering.context, out);
    Sequence sequence(*writer, answering.names, 42);
    const auto reader = makeEventReader(each.dialect, sequence);
    feed(pieces, isArray, *reader);
    return out;
}

ChatReply collected(const Case& each, const std::string& stream, bool isArray)
{
    Collector collector;
    ToolNames names;
    Sequence sequence(collector, names, 42);
    const auto reader = makeEventReader(each.dialect, sequence);
    feed({stream}, isArray, *reader);
    return collector.take();
}

std::string withEnds(const std::string& stream, const char* end)
{
    std::string out;
    for (const char c : stream) {
        if (c == '\n')
            out += end;
        else if (c != '\r')
            out += c;
    }
    return out;
}

/// A conversation that no client would have, but some do: calls without results, results without calls, in any order, ids
/// twice or missing, instructions in the middle, empty texts, turns of one role in a row.
class OddHistory
{
public:
    explicit OddHistory(unsigned seed) : m_random(seed)
    {
        const int count = 1 + pick(9);
        for (int i = 0; i < count; ++i)
            m_moves.push_back(move());
    }

    std::string body(DialectId dialect) const
    {
        Json list = Json::array();
        for (const Move& each : m_moves)
            add(list, each, dialect);
        const Json tool {{"type", "object"}, {"properties", Json {{"a", Json {{"type", "integer"}}}}}};
        switch (dialect) {
        case DialectId::OpenaiChat:
            return Json {{"model", "m"}, {"messages", list}, {"tools", Json::array({Json {{"type", "function"}, {"function", Json {{"name", "add"}, {"parameters", tool}}}}})}}.dump();
        case DialectId::OpenaiResponses:
            return Json {{"model", "m"}, {"input", list}, {"tools", Json::array({Json {{"type", "function"}, {"name", "add"}, {"parameters", tool}}})}}.dump();
        case DialectId::Anthropic:
            return Json {{"model", "m"}, {"max_tokens", 5000}, {"messages", list}, {"tools", Json::array({Json {{"name", "add"}, {"input_schema", tool}}})}}.dump();
        case DialectId::Gemini:
            break;
        }
        return Json {{"contents", list}, {"tools", Json::array({Json {{"functionDeclarations", Json::array({Json {{"name", "add"}, {"parametersJsonSchema", tool}}})}}})}}.dump();
    }

private:
    enum class Kind { User, Assistant, System, Call, Result, Picture };

    struct Move
    {
        Kind kind = Kind::User;
        std::string text;
        std::string id;
    };

    int pick(int most) { return static_cast<int>(m_random() % static_cast<unsigned>(most)); }

    Move move()
    {
        static const std::vector<std::string> texts {"hi", "", "two words", " ", "\u4e2d\u6587", "line\nline"};
        static const std::vector<std::string> ids {"c1", "c2", "c1", "functions.add:0", "toolu_01A", std::string(70, 'x')};
        Move made;
        made.kind = static_cast<Kind>(pick(6));
        made.text = texts[static_cast<std::size_t>(pick(static_cast<int>(texts.size())))];
        made.id = ids[static_cast<std::size_t>(pick(static_cast<int>(ids.size())))];
        return made;
    }

    static void add(Json& list, const Move& each, DialectId dialect)
    {
        const bool isAssistant = each.kind == Kind::Assistant || each.kind == Kind::Call;
        const std::string picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";
        switch (dialect) {
        case DialectId::OpenaiChat:
            if (each.kind == Kind::Call)
                list.push_back({{"role", "assistant"}, {"content", nullptr}, {"tool_calls", Json::array({Json {{"id", each.id}, {"type", "function"}, {"function", Json {{"name", "add"}, {"arguments", "{\"a\":1}"}}}}})}});
            else if (each.kind == Kind::Result)
                list.push_back({{"role", "tool"}, {"tool_call_id", each.id}, {"content", each.text}});
            else if (each.kind == Kind::Picture)
                list.push_back({{"role", "user"}, {"content", Json::array({Json {{"type", "image_url"}, {"image_url", Json {{"url", "data:image/png;base64," + picture}}}}})}});
            else
                list.push_back({{"role", each.kind == Kind::System ? "system" : isAssistant ? "assistant" : "user"}, {"content", each.text}});
            break;
        case DialectId::OpenaiResponses:
            if (each.kind == Kind::Call)
                list.push_back({{"type", "function_call"}, {"call_id", each.id}, {"name", "add"}, {"arguments", "{\"a\":1}"}});
            else if (each.kind == Kind::Result)
                list.push_back({{"type", "function_call_output"}, {"call_id", each.id}, {"output", each.text}});
            else if (each.kind == Kind::Picture)
                list.push_back({{"role", "user"}, {"content", Json::array({Json {{"type", "input_image"}, {"image_url", "data:image/png;base64," + picture}}})}});
            else
                list.push_back({{"role", each.kind == Kind::System ? "developer" : isAssistant ? "assistant" : "user"}, {"content", each.text}});
            break;
        case DialectId::Anthropic: {
            Json block {{"type", "text"}, {"text", each.text}};
            if (each.kind == Kind::Call)
                block = {{"type", "tool_use"}, {"id", each.id}, {"name", "add"}, {"input", Json {{"a", 1}}}};
            else if (each.kind == Kind::Result)
                block = {{"type", "tool_result"}, {"tool_use_id", each.id}, {"content", each.text}};
            else if (each.kind == Kind::Picture)
                block = {{"type", "image"}, {"source", Json {{"type", "base64"}, {"media_type", "image/png"}, {"data", picture}}}};
            list.push_back({{"role", each.kind == Kind::System ? "system" : isAssistant ? "assistant" : "user"}, {"content", Json::array({block})}});
            break;
        }
        case DialectId::Gemini: {
            Json part {{"text", each.text}};
            if (each.kind == Kind::Call)
                part = {{"functionCall", Json {{"name", "add"}, {"args", Json {{"a", 1}}}}}};
            else if (each.kind == Kind::Result)
                part = {{"functionResponse", Json {{"name", "add"}, {"response", Json {{"output", each.text}}}}}};
            else if (each.kind == Kind::Picture)
                part = {{"inlineData", Json {{"mimeType", "image/png"}, {"data", picture}}}};
            list.push_back({{"role", isAssistant ? "model" : "user"}, {"parts", Json::array({part})}});
            break;
        }
        }
    }

    std::mt19937 m_random;
    std::vector<Move> m_moves;
};

std::vector<DialectId> othersThan(DialectId dialect)
{
    std::vector<DialectId> others;
    for (const DialectId other : allDialects) {
        if (other != dialect)
            others.push_back(other);
    }
    return others;
}

void addCases(std::initializer_list<const char*> files)
{
    QTest::addColumn<QString>("name");
    const QStringList all = golden::casesUnder(QStringLiteral(WAYSTATION_TEST_DATA "/conversion"));
    for (const QString& name : all) {
        for (const char* file : files) {
            if (caseFrom(name).has(file)) {
                QTest::newRow(qPrintable(name)) << name;
                break;
            }
        }
    }
}

}

class TestConversion : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyCallIsWrittenInEveryOtherProtocol_data() { addCases({"call.json"}); }

    void everyCallIsWrittenInEveryOtherProtocol()
    {
        QFETCH(QString, name);
        const Case each = caseFrom(name);
        const std::string body = each.read("call.json");
        bool isRight = true;
        if (const auto call = readCall(each.dialect, addressFor(each), body))
            isRight = golden::matches(each.file(QStringLiteral("chat.json")), QByteArray::fromStdString(toJson(*call))) && isRight;
        for (const DialectId other : othersThan(each.dialect)) {
            const QByteArray shown = QByteArray::fromStdString(converted(each, body, other).dump(1));
            isRight = golden::matches(each.file(QStringLiteral("call.%1.json").arg(nameFor(other))), shown) && isRight;
        }
        QVERIFY2(isRight, "see the .actual files");
    }

    void everyCallIsOneThatItsTargetTakes_data() { addCases({"call.json"}); }

    void everyCallIsOneThatItsTargetTakes()
    {
        QFETCH(QString, name);
        const Case each = caseFrom(name);
        for (const DialectId other : othersThan(each.dialect)) {
            std::string written;
            converted(each, each.read("call.json"), other, &written);
            if (written.empty())
                continue;
            const std::string complaint = rules::call(other, Json::parse(written));
            QVERIFY2(complaint.empty(), (complaint + ": " + written).c_str());
        }
    }

    void anOddHistoryBecomesOneThatItsTargetTakes()
    {
        for (unsigned seed = 1; seed <= 400; ++seed) {
            const OddHistory history(seed);
            for (const DialectId from : allDialects) {
                Case each;
                each.dialect = from;
                const std::string body = history.body(from);
                for (const DialectId other : othersThan(from)) {
                    std::string written;
                    const Json shown = converted(each, body, other, &written);
                    if (written.empty()) {
                        // Only a conversation in which nobody said anything may be refused.
                        const std::string why = shown["refused"].get<std::string>();
                        QVERIFY2(why.find("needs") != std::string::npos || why.find("required") != std::string::npos || why.find("has no") != std::string::npos, (why + ": " + body).c_str());
                        continue;
                    }
                    const std::string complaint = rules::call(other, Json::parse(written));
                    QVERIFY2(complaint.empty(), (std::to_string(seed) + " " + nameOf(from) + " to " + nameOf(other) + ": " + complaint + "\n" + body + "\n" + written).c_str());
                }
            }
        }
    }

    void everyStreamIsOneThatItsClientUnderstands_data() { addCases({"stream.sse", "stream.json"}); }

    void everyStreamIsOneThatItsClientUnderstands()
    {
        QFETCH(QString, name);
        const Case each = caseFrom(name);
        const bool isArray = each.has("stream.json");
        const std::string stream = each.read(isArray ? "stream.json" : "stream.sse");
        for (const DialectId other : othersThan(each.dialect)) {
            const std::string out = streamed(each, {stream}, isArray, other);
            std::vector<rules::Event> events;
            SseReader reader;
            const auto take = [&](const StreamEvent& event) {
                if (!event.isComment)
                    events.push_back({std::string(event.name), std::string(event.data)});
            };
            reader.feed(out, take);
            reader.finish(take);
            const std::string complaint = rules::stream(other, events, Answering(each, other).call.wantsUsage);
            QVERIFY2(complaint.empty(), (complaint + ": " + out).c_str());
        }
    }

    void aWrittenCallIsReadAndWrittenTheSame_data() { addCases({"call.json"}); }

    void aWrittenCallIsReadAndWrittenTheSame()
    {
        QFETCH(QString, name);
        const Case each = caseFrom(name);
        const std::string body = each.read("call.json");
        for (const DialectId other : othersThan(each.dialect)) {
            std::string first;
            std::string again;
            converted(each, body, other, &first);
            converted(each, body, other, &again);
            QCOMPARE(again, first); // the same history gives the same octets
            if (first.empty())
                continue;
            // What was written is a call of its protocol like any other.
            Case written;
            written.dialect = other;
            written.options["model"] = "upstream-model";
            std::string second;
            converted(written, first, other, &second);
            QVERIFY2(!second.empty(), first.c_str());
            std::string third;
            converted(written, second, other, &third);
            QCOMPARE(QString::fromStdString(third), QString::fromStdString(second));
        }
    }

    void everyAnswerIsWrittenInEveryOtherProtocol_data() { addCases({"reply.json"}); }

    void everyAnswerIsWrittenInEveryOtherProtocol()
    {
        QFETCH(QString, name);
        const Case each = caseFrom(name);
        const std::string body = each.read("reply.json");
        const auto reply = readReply(each.dialect, body);
        bool isRight = golden::matches(each.file(QStringLiteral("reply.chat.json")),
            reply ? QByteArray::fromStdString(toJson(*reply))
                  : QByteArray::fromStdString(Json {{"error", nameOf(reply.error().kind)}, {"message", reply.error().message}}.dump(1)));
        if (reply) {
            for (const DialectId other : othersThan(each.dialect)) {
                const Answering answering(each, other);
                const QByteArray shown = pretty(writeReply(other, *reply, answering.context));
                isRight = golden::matches(each.file(QStringLiteral("reply.%1.json").arg(nameFor(other))), shown) && isRight;
            }
        }
        QVERIFY2(isRight, "see the .actual files");
    }

    void everyStreamIsWrittenInEveryOtherProtocol_data() { addCases({"stream.sse", "stream.json"}); }

    void everyStreamIsWrittenInEveryOtherProtocol()
    {
        QFETCH(QString, name);
        const Case each = caseFrom(name);
        const bool isArray = each.has("stream.json");
        const std::string stream = each.read(isArray ? "stream.json" : "stream.sse");
        bool isRight = golden::matches(
            each.file(QStringLiteral("stream.chat.json")), QByteArray::fromStdString(toJson(collected(each, stream, isArray))));
        for (const DialectId other : othersThan(each.dialect)) {
            const std::string out = streamed(each, {stream}, isArray, other);
            QByteArray shown = QByteArray::fromStdString(out);
            shown.replace("\r\n", "\n");
            isRight = golden::matches(each.file(QStringLiteral("stream.%1.sse").arg(nameFor(other))), shown) && isRight;
        }
        QVERIFY2(isRight, "see the .actual files");
    }

    void aStreamMayComeInAnyPieces_data() { addCases({"stream.sse", "stream.json"}); }

    void aStreamMayComeInAnyPieces()
    {
        QFETCH(QString, name);
        const Case each = caseFrom(name);
        const bool isArray = each.has("stream.json");
        const std::string stream = each.read(isArray ? "stream.json" : "stream.sse");
        for (const DialectId other : othersThan(each.dialect)) {
            const std::string whole = streamed(each, {stream}, isArray, other);
            // Each octet alone, then in two pieces at every place of the first and last 400 octets.
            std::vector<std::string> octets;
            for (const char c : stream)
                octets.emplace_back(1, c);
            QCOMPARE(streamed(each, octets, isArray, other), whole);
            // Where a stream is cut is the reader's affair alone, so one writer shows it.
            const bool isFirst = other == othersThan(each.dialect).front();
            for (std::size_t cut = 0; isFirst && cut < stream.size(); ++cut) {
                if (cut > 400 && cut + 400 < stream.size())
                    continue;
                const std::string out = streamed(each, {stream.substr(0, cut), stream.substr(cut)}, isArray, other);
                if (out != whole)
                    QCOMPARE(QString::fromStdString(out), QString::fromStdString(whole));
            }
            if (!isArray) {
                QCOMPARE(streamed(each, {withEnds(stream, "\n")}, false, other), whole);
                QCOMPARE(streamed(each, {withEnds(stream, "\r\n")}, false, other), whole);
                QCOMPARE(streamed(each, {withEnds(stream, "\r")}, false, other), whole);
            }
        }
    }

    void anAnswerIsTheSameWholeAndStreamed_data() { addCases({"reply.json"}); }

    void anAnswerIsTheSameWholeAndStreamed()
    {
        QFETCH(QString, name);
        const Case each = caseFrom(name);
        if (!each.has("stream.sse") || !each.has("reply.json"))
            QSKIP("has only one of the two");
        const std::string body = each.read("reply.json");
        const auto whole = readReply(each.dialect, body);
        if (!whole)
            QSKIP("is an error");
        const ChatReply stream = collected(each, each.read("stream.sse"), false);
        // Told once more as a stream both are blocks in the same manner.
        const auto told = [](const ChatReply& reply) {
            Collector collector;
            ToolNames names;
            Sequence sequence(collector, names, 42);
            play(reply, sequence);
            return toJson(collector.take());
        };
        QCOMPARE(QString::fromStdString(told(stream)), QString::fromStdString(told(*whole)));
    }
};

QTEST_GUILESS_MAIN(TestConversion)
#include "tst_conversion.moc"
