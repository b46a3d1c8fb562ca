#include "chat/collect.h"
#include "chat/repair.h"
#include "dialect/convert_parts.h"
#include "dialect/gemini/partial_arguments.h"
#include "dialect/gemini/schema.h"
#include "dialect/sse.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::uint32_t google = 7;

/// A call as Gemini's clients send it. `body` outlives it.
ChatCall callFrom(const std::string& body, bool streams = false)
{
    Address address;
    address.dialect = DialectId::Gemini;
    address.model = "models/asked";
    address.streams = streams;
    auto call = gemini::readCall(address, body);
    if (!call)
        qFatal("%s", call.error().message.c_str());
    return std::move(*call);
}

Error refusalOf(const std::string& body)
{
    const auto call = gemini::readCall(Address(), body);
    return call ? Error{ErrorKind::None, ""} : call.error();
}

Target target25()
{
    Target target;
    target.model = "gemini-2.5-flash";
    target.issuer = "gemini";
    target.origin = google;
    return target;
}

Target target3()
{
    Target target = target25();
    target.model = "gemini-3-flash";
    target.geminiThinking = GeminiThinking::Level;
    target.efforts = 0b0011110;
    target.mediaInResults = target.signatureCheck = target.jsonWithTools = true;
    return target;
}

Target targetBefore2()
{
    Target target = target25();
    target.jsonSchemaFields = false;
    return target;
}

struct Written
{
    std::string text;
    Json json;
    std::vector<std::string> losses;
    Error error{ErrorKind::None, ""};
    ToolNames names;
};

Written written(ChatCall& call, const Target& target = target25())
{
    Written result;
    Losses losses;
    repairHistory(call, losses);
    const auto out = gemini::writeCall(call, target, result.names, losses);
    result.losses = losses.tokens();
    if (out) {
        result.text = *out;
        result.json = Json::parse(*out);
    } else {
        result.error = out.error();
    }
    return result;
}

Written rewritten(const std::string& body, const Target& target = target25())
{
    ChatCall call = callFrom(body);
    return written(call, target);
}

/// A request with a text and these other fields.
std::string asking(const std::string& fields)
{
    return R"({"contents":[{"role":"user","parts":[{"text":"hi"}]}],)" + fields + "}";
}

std::string withParts(const std::string& parts, const char* role = "user")
{
    return std::string(R"({"contents":[{"role":")") + role + R"(","parts":[)" + parts + "]}]}";
}

/// A part with these fields and a signature.
std::string signedPart(const std::string& fields, const std::string& signature)
{
    return '{' + fields + ",\"thoughtSignature\":" + Json(signature).dump() + '}';
}

Json config(const std::string& fields, const Target& target = target25())
{
    return rewritten(asking(R"("generationConfig":{)" + fields + "}"), target)
        .json.value("generationConfig", Json());
}

Part textPart(std::string_view text)
{
    Part part;
    part.text = RawText(text);
    return part;
}

Part callPart(std::string_view id, std::string_view name, std::string_view arguments)
{
    Part part;
    part.kind = PartKind::ToolCall;
    part.callId = id;
    part.toolName = name;
    part.arguments = {arguments, false};
    return part;
}

Part resultPart(std::string_view id, std::string_view text)
{
    Part part;
    part.kind = PartKind::ToolResult;
    part.callId = id;
    part.result.push_back(textPart(text));
    return part;
}

Part imagePart(std::string_view data = "iVBORw0KGgo=")
{
    Part part;
    part.kind = PartKind::Image;
    part.media.data = data;
    part.media.mime = "image/png";
    return part;
}

ChatCall talk(std::vector<std::pair<Role, std::vector<Part>>> turns)
{
    ChatCall call;
    call.model = ModelName("asked");
    for (auto& [role, parts] : turns)
        call.turns.push_back({role, std::move(parts)});
    return call;
}

Carry googles(std::string_view signature, std::uint32_t origin = google)
{
    return {CarryKind::GeminiSignature, origin, signature};
}

/// The losses, joined with blanks.
std::string told(const Written& written)
{
    std::string all;
    for (const std::string& token : written.losses)
        all += all.empty() ? token : ' ' + token;
    return all;
}

QString show(const std::string& text)
{
    return QString::fromStdString(text);
}

QString show(const Json& json)
{
    return QString::fromStdString(json.dump());
}

std::string toGemini(const std::string& schema)
{
    json::Tree tree;
    return tree.parse(schema) ? gemini::openApiSchema(tree.root()) : "no JSON";
}

std::string fromGemini(const std::string& schema)
{
    json::Tree tree;
    return tree.parse(schema) ? gemini::jsonSchema(tree.root()) : "no JSON";
}

// ---- answers

struct Heard
{
    ChatReply reply;
    std::optional<Error> error;
};

/// What a stream of these events becomes.
Heard heard(const std::vector<std::string>& events)
{
    Collector collector;
    ToolNames names;
    Sequence sequence(collector, names, 1);
    const auto reader = gemini::makeEventReader(sequence);
    for (const std::string& event : events)
        reader->event("", event);
    reader->endOfStream();
    Heard result;
    result.error = collector.error();
    result.reply = collector.take();
    return result;
}

std::string chunk(const std::string& parts, const std::string& more = "")
{
    return R"({"candidates":[{"content":{"parts":[)" + parts + R"(],"role":"model"},"index":0)"
        + more + R"(}],"modelVersion":"gemini-2.5-pro","responseId":"r1"})";
}

const std::string stop = R"(,"finishReason":"STOP")";

std::string argumentsOf(const Part& part)
{
    return part.arguments.isEscaped ? RawText(part.arguments.text).toString()
                                    : std::string(part.arguments.text);
}

FinishReason finishOf(const std::string& word, const std::string& parts = R"({"text":"x"})")
{
    const std::string body = chunk(parts, R"(,"finishReason":")" + word + '"');
    const auto reply = gemini::readReply(body);
    return reply ? reply->choices.front().reason : FinishReason::Unknown;
}

/// A client's stream: what a writer makes of what a sequence is told.
template <class Tell>
std::string streamed(Tell tell, bool showThoughts = false, bool asArray = false)
{
    ChatCall call;
    call.model = ModelName("asked");
    call.reasoning.show = showThoughts;
    ReplyContext context;
    context.call = &call;
    context.id = "abc123";
    std::string out;
    const auto writer = gemini::makeStreamWriter(context, out, asArray);
    ToolNames names;
    Sequence sequence(*writer, names, 1);
    sequence.start({"up", "upstream", 5});
    tell(sequence);
    return out;
}

std::vector<Json> chunksOf(const std::string& stream)
{
    std::vector<Json> chunks;
    SseReader reader;
    const auto each = [&](const StreamEvent& event) {
        if (!event.isComment)
            chunks.push_back(Json::parse(event.data));
    };
    reader.feed(stream, each);
    reader.finish(each);
    return chunks;
}

Json partOf(const Json& chunk)
{
    return chunk["candidates"][0]["content"]["parts"][0];
}

Json wholeFor(const ChatReply& reply, bool showThoughts = false)
{
    ChatCall call;
    call.model = ModelName("asked");
    call.reasoning.show = showThoughts;
    ReplyContext context;
    context.call = &call;
    context.id = "abc123";
    return Json::parse(gemini::writeReply(reply, context));
}

ChatReply answer(std::vector<Part> parts, FinishReason reason = FinishReason::Stop)
{
    ChatReply reply;
    ReplyChoice& choice = reply.choices.emplace_back();
    choice.parts = std::move(parts);
    choice.reason = reason;
    return reply;
}

Json partsOf(const Json& whole)
{
    return whole["candidates"][0]["content"]["parts"];
}

}

class TestGeminiConversion : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    // ---- reading a client's call (7.1)

    void theModelOfThePathLosesItsPrefix()
    {
        const std::string body = asking(R"("x":1)");
        QCOMPARE(callFrom(body).model.text(), std::string("asked"));
        Address address;
        address.model = "tunedModels/mine";
        QCOMPARE(gemini::readCall(address, body)->model.text(), std::string("mine"));
    }

    void thePathSaysWhetherItStreams()
    {
        const std::string body = asking(R"("x":1)");
        QVERIFY(callFrom(body, true).stream);
        QVERIFY(!callFrom(body).stream);
    }

    void rolesAreUserModelAndFunction()
    {
        const std::string body
            = R"({"contents":[{"parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"function","parts":[{"functionResponse":{"name":"f","response":{}}}]}]})";
        const ChatCall call = callFrom(body);
        QVERIFY(call.turns[0].role == Role::User);
        QVERIFY(call.turns[1].role == Role::Assistant);
        QVERIFY(call.turns[2].role == Role::User);
    }

    void bothSpellingsAreUnderstood()
    {
        const std::string body
            = R"({"system_instruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"inline_data":{"mime_type":"image/png","data":"iVBORw0KGgo="}},{"file_data":{"mime_type":"application/pdf","file_uri":"https:\/\/x.org\/a.pdf"}}]},
{"role":"model","parts":[{"function_call":{"name":"f","args":{"a":1}},"thought_signature":"c2ln"}]},{"role":"user","parts":[{"function_response":{"name":"f","response":{"output":"2"}}}]}],
"tools":[{"function_declarations":[{"name":"f","parameters_json_schema":{"type":"object"}}]}],"tool_config":{"function_calling_config":{"mode":"ANY","allowed_function_names":["f"]}},
"generation_config":{"max_output_tokens":5,"top_p":0.5,"top_k":3,"stop_sequences":["X"],"candidate_count":2,"response_mime_type":"application/json","response_json_schema":{"type":"object"},"presence_penalty":0.1,"frequency_penalty":0.2,"response_logprobs":true,"logprobs":3,"thinking_config":{"thinking_budget":100,"include_thoughts":true}},"service_tier":"flex"})";
        const ChatCall call = callFrom(body);
        QVERIFY(call.system[0].text.is("S"));
        QVERIFY(call.turns[0].parts[0].kind == PartKind::Image);
        QVERIFY(call.turns[0].parts[1].kind == PartKind::Document);
        QCOMPARE(call.turns[1].parts[0].toolName, std::string_view("f"));
        QVERIFY(call.turns[1].parts[0].carry == googles("c2ln", 0));
        QVERIFY(call.turns[2].parts[0].kind == PartKind::ToolResult);
        QCOMPARE(call.tools[0].schema, std::string_view(R"({"type":"object"})"));
        QVERIFY(call.toolChoice.mode == ToolChoice::Mode::Named);
        QCOMPARE(call.maxOutput.value(), Tokens(5));
        QCOMPARE(call.topP.value(), 0.5);
        QCOMPARE(call.topK.value(), std::int64_t(3));
        QCOMPARE(call.stop.size(), std::size_t(1));
        QCOMPARE(call.candidates, std::int64_t(2));
        QVERIFY(call.format.kind == OutputFormat::Kind::JsonSchema);
        QCOMPARE(call.presencePenalty.value(), 0.1);
        QCOMPARE(call.frequencyPenalty.value(), 0.2);
        QVERIFY(call.logprobs);
        QCOMPARE(call.topLogprobs.value(), std::int64_t(3));
        QCOMPARE(call.reasoning.budget.value(), Tokens(100));
        QCOMPARE(call.reasoning.show, std::optional<bool>(true));
        QCOMPARE(call.tier, std::string_view("flex"));
    }

    void nullIsLikeAbsentAndTextsMayBeNumbers()
    {
        const std::string body = asking(
            R"("systemInstruction":null,"tools":null,"toolConfig":null,"cachedContent":null,"generationConfig":{"maxOutputTokens":"4096","temperature":null,"topK":40.0,"seed":"7"})");
        const ChatCall call = callFrom(body);
        QCOMPARE(call.maxOutput.value(), Tokens(4096));
        QVERIFY(!call.temperature);
        QCOMPARE(call.topK.value(), std::int64_t(40));
        QCOMPARE(call.seed.value(), std::int64_t(7));
        QVERIFY(call.system.empty());
    }

    void instructionsMayBeATextOrOnePart()
    {
        const std::string text = asking(R"("systemInstruction":"S")");
        QVERIFY(callFrom(text).system[0].text.is("S"));
        const std::string part = asking(R"("systemInstruction":{"parts":{"text":"S"}})");
        QVERIFY(callFrom(part).system[0].text.is("S"));
    }

    void aThoughtIsReasoning()
    {
        const std::string body = withParts(
            R"({"text":"hm","thought":true,"thoughtSignature":"c2ln"},{"text":"a"})", "model");
        const ChatCall call = callFrom(body);
        const Part& thought = call.turns[0].parts[0];
        QVERIFY(thought.kind == PartKind::Reasoning);
        QVERIFY(thought.text.is("hm"));
        QVERIFY(thought.carry == googles("c2ln", 0));
        QVERIFY(call.turns[0].parts[1].kind == PartKind::Text);
    }

    void wrappedStateIsUnwrapped()
    {
        const Carry other{CarryKind::OpenaiEncrypted, 9, "state"};
        const Carry own{CarryKind::GeminiSignature, google, "c2ln"};
        const std::string body
            = withParts(signedPart(R"("functionCall":{"name":"f"})", wrapped(other)) + ','
                    + signedPart(R"("text":"x")", wrapped(own)),
                "model");
        const ChatCall call = callFrom(body);
        const std::vector<Part>& parts = call.turns[0].parts;
        QCOMPARE(parts.size(), std::size_t(3));
        QVERIFY(parts[0].kind == PartKind::Reasoning); // what is not Google's is a thought in front
        QVERIFY(parts[0].carry == other);
        QVERIFY(parts[1].carry.isEmpty());
        QVERIFY(parts[2].carry == own);
    }

    void standInsAndCutStateAreNoSignature()
    {
        const std::string cut = wrapped(googles("c2lnbmF0dXJl")).substr(0, 20);
        for (const std::string& signature : {std::string("skip_thought_signature_validator"),
                 std::string("context_engineering_is_the_way_to_go"), cut, std::string()}) {
            const std::string body = withParts(signedPart(R"("text":"x")", signature), "model");
            QVERIFY(callFrom(body).turns[0].parts[0].carry.isEmpty());
        }
    }

    void theSignatureOfAnEmptyTextIsKept()
    {
        const std::string body
            = withParts(R"({"text":"a"},{"text":"","thoughtSignature":"c2ln"})", "model");
        QVERIFY(callFrom(body).turns[0].parts[1].carry == googles("c2ln", 0));
    }

    void mediaAreToldByTheirType()
    {
        const std::string body = withParts(
            R"({"inlineData":{"mimeType":"audio/wav","data":"UklG"}},{"inlineData":{"mimeType":"video/mp4","data":"AAAA"}},{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0x"}},{"inlineData":{"mimeType":"image/gif","data":"iVBORw0KGgo="}},{"fileData":{"fileUri":"https:\/\/youtu.be\/abc"}})");
        const ChatCall call = callFrom(body);
        const std::vector<Part>& parts = call.turns[0].parts;
        QVERIFY(parts[0].kind == PartKind::Audio);
        QVERIFY(parts[1].kind == PartKind::Video);
        QVERIFY(parts[2].kind == PartKind::Document);
        QCOMPARE(parts[3].media.mime, std::string_view("image/png")); // its octets count
        QVERIFY(parts[4].kind == PartKind::Video);
        QVERIFY(parts[4].media.source == Media::Source::Url);
    }

    void base64OfTheUrlAlphabetBecomesStandard()
    {
        const std::string body
            = withParts(R"({"inlineData":{"mimeType":"image/png","data":"ab-_\n cd=="}})");
        QCOMPARE(callFrom(body).turns[0].parts[0].media.data, std::string_view("ab+/cd=="));
    }

    void aPlainDocumentIsItsText()
    {
        const std::string body = withParts(
            R"({"inlineData":{"mimeType":"text/plain","data":"aGkKdGhlcmU=","displayName":"a.txt"}})");
        const ChatCall call = callFrom(body);
        const Part& part = call.turns[0].parts[0];
        QVERIFY(part.kind == PartKind::Document);
        QVERIFY(part.media.source == Media::Source::Text);
        QVERIFY(part.text.is("hi\nthere"));
        QVERIFY(part.media.name.is("a.txt"));
    }

    void filesOfGoogleAreIds()
    {
        const std::string body = withParts(
            R"({"fileData":{"mimeType":"image/png","fileUri":"https:\/\/generativelanguage.googleapis.com\/v1beta\/files\/x"}},{"fileData":{"mimeType":"image/png","fileUri":"gs:\/\/b\/x.png"}},{"fileData":{"fileUri":"https:\/\/x.org\/a.png"}})");
        const ChatCall call = callFrom(body);
        const std::vector<Part>& parts = call.turns[0].parts;
        QVERIFY(parts[0].media.source == Media::Source::FileId);
        QVERIFY(parts[1].media.source == Media::Source::FileId);
        QVERIFY(parts[2].media.source == Media::Source::Url);
        QCOMPARE(parts[2].media.mime, std::string_view("image/png"));
    }

    void resolutionIsDetail()
    {
        const std::string body
            = R"({"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"aaaa"}},{"inlineData":{"mimeType":"image/png","data":"aaaa"},"mediaResolution":{"level":"MEDIA_RESOLUTION_HIGH"}}]}],"generationConfig":{"mediaResolution":"MEDIA_RESOLUTION_LOW"}})";
        const ChatCall call = callFrom(body);
        QCOMPARE(call.turns[0].parts[0].media.detail, std::string_view("low"));
        QCOMPARE(call.turns[0].parts[1].media.detail, std::string_view("high"));
    }

    void aCallWithoutAnIdHasNone()
    {
        const std::string body = withParts(
            R"({"functionCall":{"name":"f","args":{ "a" : [1, 2] }}},{"functionCall":{"id":"c1","name":"g"}})",
            "model");
        ChatCall call = callFrom(body);
        QVERIFY(call.turns[0].parts[0].callId.empty());
        QVERIFY(!call.turns[0].parts[0].idIsNative);
        QCOMPARE(call.turns[0].parts[0].arguments.text, std::string_view(R"({"a":[1,2]})"));
        QCOMPARE(call.turns[0].parts[1].callId, std::string_view("c1"));
        QVERIFY(call.turns[0].parts[1].idIsNative);

        // Repaired it has one that is the same every time.
        Losses losses;
        repairHistory(call, losses);
        ChatCall again = callFrom(body);
        repairHistory(again, losses);
        QVERIFY(!call.turns[0].parts[0].callId.empty());
        QCOMPARE(call.turns[0].parts[0].callId, again.turns[0].parts[0].callId);
    }

    void resultsWithoutIdsFindTheirCallsByName()
    {
        const std::string body
            = R"({"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"g","args":{}}},{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"g","response":{"output":"G"}}},{"functionResponse":{"name":"f","response":{"output":"F1"}}},{"functionResponse":{"name":"f","response":{"output":"F2"}}}]}]})";
        ChatCall call = callFrom(body);
        Losses losses;
        repairHistory(call, losses);
        const std::vector<Part>& results = call.turns[2].parts;
        QVERIFY(results[0].result[0].text.is("F1"));
        QVERIFY(results[1].result[0].text.is("G"));
        QVERIFY(results[2].result[0].text.is("F2"));
        QCOMPARE(results[2].callId, call.turns[1].parts[2].callId);
    }

    void aResponseIsWhatItWraps()
    {
        const auto result = [](const std::string& response) {
            const std::string body = withParts(
                R"({"functionResponse":{"id":"c","name":"f","response":)" + response + "}}");
            const ChatCall call = callFrom(body);
            const Part& part = call.turns[0].parts[0];
            std::string text = part.isError ? "error: " : "";
            for (const Part& inner : part.result)
                text += inner.text.toString();
            return text;
        };
        QCOMPARE(result(R"({"output":"x"})"), std::string("x"));
        QCOMPARE(result(R"({"result":"x"})"), std::string("x"));
        QCOMPARE(result(R"({"error":"x"})"), std::string("error: x"));
        QCOMPARE(result(R"({"output":{"a": 1}})"), std::string(R"({"a":1})"));
        QCOMPARE(result(R"({"output":"x","b":2})"), std::string(R"({"output":"x","b":2})"));
        QCOMPARE(result(R"({"temperature": 21})"), std::string(R"({"temperature":21})"));
        QCOMPARE(result("{}"), std::string());
    }

    void aResponseMayHoldPictures()
    {
        const std::string body = withParts(
            R"({"functionResponse":{"name":"f","response":{"output":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"aaaa"}}]}})");
        const ChatCall call = callFrom(body);
        const Part& part = call.turns[0].parts[0];
        QCOMPARE(part.result.size(), std::size_t(2));
        QVERIFY(part.result[1].kind == PartKind::Image);
    }

    void codeThatRanIsFencedText()
    {
        const std::string body = withParts(
            R"({"executableCode":{"language":"PYTHON","code":"x = 1"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1\n"}})",
            "model");
        const ChatCall call = callFrom(body);
        QVERIFY(call.turns[0].parts[0].text.is("```python\nx = 1\n```"));
        QVERIFY(call.turns[0].parts[1].text.is("```\n1\n```"));
    }

    void allDeclarationsAreOneList()
    {
        const std::string body = asking(
            R"("tools":[{"functionDeclarations":[{"name":"a"},{"name":"b","description":"B","parametersJsonSchema":{"type":"object"}}]},{"functionDeclarations":[{"name":"c","parameters":{"type":"OBJECT","properties":{"x":{"type":"STRING","nullable":true}}}}]},{"googleSearch":{}},{"codeExecution":{}}])");
        const ChatCall call = callFrom(body);
        QCOMPARE(call.tools.size(), std::size_t(5));
        QVERIFY(call.tools[0].schema.empty());
        QVERIFY(call.tools[1].description.is("B"));
        QCOMPARE(call.tools[2].schema,
            std::string_view(R"({"type":"object","properties":{"x":{"type":["string","null"]}}})"));
        QVERIFY(call.tools[3].server == ServerTool::WebSearch);
        QCOMPARE(call.tools[3].serverType, std::string_view("googleSearch"));
        QVERIFY(call.tools[4].server == ServerTool::CodeExecution);
    }

    void modesOfChoosing_data()
    {
        QTest::addColumn<QString>("config");
        QTest::addColumn<int>("mode");
        QTest::addColumn<int>("names");
        using Mode = ToolChoice::Mode;
        const auto row = [](const char* config, Mode mode, int names) {
            QTest::newRow(config) << QString::fromLatin1(config) << int(mode) << names;
        };
        row(R"({"mode":"AUTO"})", Mode::Auto, 0);
        row(R"({"mode":"ANY"})", Mode::Any, 0);
        row(R"({"mode":"NONE"})", Mode::None, 0);
        row(R"({"mode":"VALIDATED"})", Mode::Auto, 0);
        row(R"({"mode":"any","allowedFunctionNames":["f"]})", Mode::Named, 0);
        row(R"({"mode":"ANY","allowedFunctionNames":["f","g"]})", Mode::Any, 2);
        row(R"({"mode":"VALIDATED","allowedFunctionNames":["f"]})", Mode::Auto, 1);
        row(R"({"mode":"MODE_UNSPECIFIED"})", Mode::Unset, 0);
    }

    void modesOfChoosing()
    {
        QFETCH(QString, config);
        QFETCH(int, mode);
        QFETCH(int, names);
        const std::string body
            = asking(R"("toolConfig":{"functionCallingConfig":)" + config.toStdString() + "}");
        const ChatCall call = callFrom(body);
        QCOMPARE(int(call.toolChoice.mode), mode);
        QCOMPARE(int(call.toolChoice.only.size()), names);
        if (mode == int(ToolChoice::Mode::Named))
            QCOMPARE(call.toolChoice.name, std::string_view("f"));
    }

    void thinkingIsReadAsSaid()
    {
        const auto wish = [](const std::string& config) {
            const std::string body
                = asking(R"("generationConfig":{"thinkingConfig":)" + config + "}");
            return callFrom(body).reasoning;
        };
        QCOMPARE(wish(R"({"thinkingBudget":0})").on, std::optional<bool>(false));
        QVERIFY(wish(R"({"thinkingBudget":-1})").isAdaptive);
        QCOMPARE(wish(R"({"thinkingBudget":1024})").budget, std::optional<Tokens>(1024));
        QVERIFY(wish(R"({"thinkingLevel":"LOW"})").effort == Effort::Low);
        QVERIFY(wish(R"({"thinkingLevel":"high"})").effort == Effort::High);
        QVERIFY(wish(R"({"includeThoughts":true})").isUnset());
        QCOMPARE(wish(R"({"includeThoughts":true})").show, std::optional<bool>(true));
    }

    void formatsAreJsonWithOrWithoutSchema()
    {
        const auto format = [](const std::string& config) {
            const std::string body = asking(R"("generationConfig":)" + config);
            const ChatCall call = callFrom(body);
            return std::pair(call.format.kind, std::string(call.format.schema));
        };
        using Kind = OutputFormat::Kind;
        QVERIFY(format(R"({"responseMimeType":"application/json"})").first == Kind::JsonObject);
        const auto own = format(
            R"({"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"INTEGER"}}}})");
        QVERIFY(own.first == Kind::JsonSchema);
        QCOMPARE(
            own.second, std::string(R"({"type":"object","properties":{"a":{"type":"integer"}}})"));
        const auto plain = format(
            R"({"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}})");
        QCOMPARE(plain.second, std::string(R"({"type":"object"})"));
        QVERIFY(format(R"({"responseMimeType":"text/plain"})").first == Kind::Text);
        QVERIFY(
            format(R"({"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING"}})").first
            == Kind::Unset);
    }

    void modalitiesAreWishes()
    {
        const std::string body
            = asking(R"("generationConfig":{"responseModalities":["TEXT","IMAGE"]})");
        QVERIFY(callFrom(body).wantsImages);
        const std::string audio = asking(R"("generationConfig":{"responseModalities":["AUDIO"]})");
        QVERIFY(callFrom(audio).wantsAudio);
    }

    void whatIsRefusedAtOnce()
    {
        QVERIFY(refusalOf("[]").kind == ErrorKind::BadRequest);
        QVERIFY(refusalOf("{").kind == ErrorKind::BadRequest);
        const Error none = refusalOf(R"({"systemInstruction":{"parts":[{"text":"S"}]}})");
        QVERIFY(none.kind == ErrorKind::BadRequest);
        QCOMPARE(none.field, std::string("contents"));
        const Error cached = refusalOf(asking(R"("cachedContent":"cachedContents/x")"));
        QVERIFY(cached.kind == ErrorKind::Unsupported);
        QCOMPARE(cached.field, std::string("cachedContent"));
    }

    void aCountingRequestMayHoldTheWholeCall()
    {
        const std::string body
            = R"({"generateContentRequest":{"model":"models/m","contents":[{"parts":[{"text":"hi"}]}]}})";
        const auto call = gemini::readCall(Address(), body);
        QVERIFY(call.has_value());
        QCOMPARE(call->model.text(), std::string("m"));
    }

    // ---- writing an upstream's call

    void theExampleOfTheTables()
    {
        ChatCall call = talk({{Role::User, {textPart("hi")}},
            {Role::Assistant, {textPart("ok"), callPart("t1", "add", R"({"a":1})")}},
            {Role::User, {resultPart("t1", "2"), textPart("and?")}}});
        call.system.push_back(textPart("S"));
        call.maxOutput = 64;
        QCOMPARE(show(written(call).text),
            show(std::string(
                R"({"systemInstruction":{"parts":[{"text":"S"}]},"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"ok"},{"functionCall":{"name":"add","args":{"a":1}}}]},{"role":"user","parts":[{"functionResponse":{"name":"add","response":{"output":"2"}}},{"text":"and?"}]}],"generationConfig":{"maxOutputTokens":64}})")));
    }

    void systemBlocksAreJoined()
    {
        ChatCall call = talk({{Role::User, {textPart("hi")}}});
        call.system = {textPart("A"), textPart(""), textPart("B")};
        QCOMPARE(show(written(call).json["systemInstruction"]),
            show(std::string(R"({"parts":[{"text":"A\n\nB"}]})")));
    }

    void laterInstructionsAreWrapped()
    {
        ChatCall call
            = talk({{Role::User, {textPart("hi")}}, {Role::System, {textPart("be brief")}}});
        const Json json = written(call).json;
        QVERIFY(!json.contains("systemInstruction"));
        QCOMPARE(show(json["contents"]),
            show(std::string(
                R"([{"role":"user","parts":[{"text":"hi"},{"text":"<system-reminder>\nbe brief\n</system-reminder>"}]}])")));
    }

    void neighboursAreMergedAndTheFirstIsAUser()
    {
        ChatCall call = talk({{Role::Assistant, {textPart("a")}}, {Role::User, {textPart("b")}},
            {Role::User, {textPart("c")}}});
        const Json contents = written(call).json["contents"];
        QCOMPARE(contents.size(), std::size_t(3));
        QCOMPARE(
            show(contents[0]["parts"][0]["text"]), QStringLiteral("\"(conversation continues)\""));
        QCOMPARE(show(contents[1]["role"]), QStringLiteral("\"model\""));
        QCOMPARE(show(contents[2]["parts"]), show(std::string(R"([{"text":"b"},{"text":"c"}])")));
    }

    void emptyTurnsGoAndThenNeighboursMeet()
    {
        Part thought;
        thought.kind = PartKind::Reasoning;
        thought.text = RawText("hm");
        ChatCall call = talk({{Role::User, {textPart("a")}},
            {Role::Assistant, {thought, textPart("")}}, {Role::User, {textPart("b")}}});
        QCOMPARE(show(written(call).json["contents"]),
            show(std::string(R"([{"role":"user","parts":[{"text":"a"},{"text":"b"}]}])")));
    }

    void aLastAnswerLosesItsTrailingBlanks()
    {
        ChatCall call
            = talk({{Role::User, {textPart("a")}}, {Role::Assistant, {textPart(R"(so: \n\t )")}}});
        QCOMPARE(show(written(call).json["contents"][1]["parts"]),
            show(std::string(R"([{"text":"so:"}])")));
        // A backslash and a letter are no blank.
        ChatCall path
            = talk({{Role::User, {textPart("a")}}, {Role::Assistant, {textPart(R"(C:\\n)")}}});
        QCOMPARE(show(written(path).json["contents"][1]["parts"][0]["text"].get<std::string>()),
            QStringLiteral("C:\\n"));
    }

    void noTurnsAreRefused()
    {
        ChatCall call;
        call.system.push_back(textPart("S"));
        QVERIFY(written(call).error.kind == ErrorKind::BadRequest);
    }

    void noTokensAreRefused()
    {
        ChatCall call = talk({{Role::User, {textPart("a")}}});
        call.maxOutput = 0;
        const Written result = written(call);
        QVERIFY(result.error.kind == ErrorKind::Unsupported);
        QCOMPARE(result.error.field, std::string("max_tokens"));
    }

    void mediaByDataAndAddress()
    {
        Part image = imagePart();
        image.media.mime = "image/jpeg"; // the octets say png
        Part far;
        far.kind = PartKind::Image;
        far.media.source = Media::Source::Url;
        far.media.url = RawText("https:\\/\\/x.org\\/a.webp?x=1");
        Part audio;
        audio.kind = PartKind::Audio;
        audio.media.data = "UklG";
        audio.media.mime = "audio/mp3";
        Part pdf;
        pdf.kind = PartKind::Document;
        pdf.media.data = "JVBERi0x";
        Part text;
        text.kind = PartKind::Document;
        text.media.source = Media::Source::Text;
        text.media.name = RawText("n");
        text.text = RawText("body");
        ChatCall call = talk({{Role::User, {image, far, audio, pdf, text}}});
        Json parts = written(call).json["contents"][0]["parts"];
        const std::string words = parts[4]["text"].get<std::string>();
        QCOMPARE(words, std::string("<document title=\"n\">\nbody\n</document>"));
        parts.erase(4);
        const std::string expected
            = R"([{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}},{"fileData":{"mimeType":"image/webp","fileUri":"https:\/\/x.org\/a.webp?x=1"}},{"inlineData":{"mimeType":"audio/mp3","data":"UklG"}},{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0x"}}])";
        QCOMPARE(show(parts), show(Json::parse(expected)));
    }

    void whatCannotBeTakenIsSaidInWords()
    {
        Part file = imagePart();
        file.media.source = Media::Source::FileId;
        file.media.url = RawText("file-1");
        ChatCall call = talk({{Role::User, {file}}});
        const Written result = written(call);
        QCOMPARE(show(result.json["contents"][0]["parts"][0]["text"]),
            QStringLiteral("\"[image omitted: it is a file of another vendor]\""));
        QCOMPARE(told(result), std::string("drop:image"));

        Target blind = target25();
        blind.vision = false;
        ChatCall picture = talk({{Role::User, {imagePart()}}});
        QCOMPARE(show(written(picture, blind).json["contents"][0]["parts"][0]["text"]),
            QStringLiteral("\"[image omitted: this model takes no images]\""));
    }

    void detailIsResolution()
    {
        Part low = imagePart();
        low.media.detail = "low";
        ChatCall call = talk({{Role::User, {low}}});
        QCOMPARE(show(written(call).json["generationConfig"]),
            show(std::string(R"({"mediaResolution":"MEDIA_RESOLUTION_LOW"})")));
        Part any = imagePart();
        any.media.detail = "auto";
        ChatCall quiet = talk({{Role::User, {any}}});
        QVERIFY(!written(quiet).json.contains("generationConfig"));
    }

    void resultsTakeTheNamesOfTheirCalls()
    {
        ChatCall call = talk({{Role::User, {textPart("q")}},
            {Role::Assistant, {callPart("1", "f", "{}"), callPart("2", "g", "")}},
            {Role::User, {resultPart("2", "G"), resultPart("1", R"({\"a\": [1]})")}}});
        QCOMPARE(show(written(call).json["contents"][2]["parts"]),
            show(std::string(
                R"([{"functionResponse":{"name":"f","response":{"a":[1]}}},{"functionResponse":{"name":"g","response":{"output":"G"}}}])")));
    }

    void errorsAndEmptyResults()
    {
        Part failed = resultPart("1", "no such file");
        failed.isError = true;
        Part empty = resultPart("2", "");
        ChatCall call = talk({{Role::User, {textPart("q")}},
            {Role::Assistant, {callPart("1", "f", "{}"), callPart("2", "g", "{}")}},
            {Role::User, {failed, empty}}});
        QCOMPARE(show(written(call).json["contents"][2]["parts"]),
            show(std::string(
                R"([{"functionResponse":{"name":"f","response":{"error":"no such file"}}},{"functionResponse":{"name":"g","response":{"output":""}}}])")));
    }

    void picturesOfResultsAreInsideOrBehind()
    {
        const auto make = [] {
            Part result = resultPart("1", "see");
            result.result.push_back(imagePart());
            return talk({{Role::User, {textPart("q")}},
                {Role::Assistant, {callPart("1", "f", "{}")}}, {Role::User, {result}}});
        };
        ChatCall inside = make();
        QCOMPARE(show(written(inside, target3()).json["contents"][2]["parts"]),
            show(std::string(
                R"([{"functionResponse":{"name":"f","response":{"output":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}}])")));
        ChatCall behind = make();
        QCOMPARE(show(written(behind).json["contents"][2]["parts"]),
            show(std::string(
                R"([{"functionResponse":{"name":"f","response":{"output":"see"}}},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}])")));
    }

    void argumentsAreAlwaysAnObject()
    {
        ChatCall call = talk({{Role::User, {textPart("q")}},
            {Role::Assistant,
                {callPart("1", "f", ""), callPart("2", "f", "[1]"), callPart("3", "f", "oops")}}});
        const Written result = written(call);
        const Json parts = result.json["contents"][1]["parts"];
        QCOMPARE(show(parts[0]["functionCall"]["args"]), QStringLiteral("{}"));
        QCOMPARE(show(parts[1]["functionCall"]["args"]), QStringLiteral(R"({"value":[1]})"));
        QCOMPARE(show(parts[2]["functionCall"]["args"]), QStringLiteral(R"({"_raw":"oops"})"));
        QVERIFY(!result.losses.empty());
    }

    void idsGoBackOnlyWhereGoogleGaveThem()
    {
        Part signedCall = callPart("fc-1", "f", "{}");
        signedCall.carry = googles("c2ln");
        Part made = callPart("call_0123456789abcdefghij", "f", "{}");
        ChatCall own = talk({{Role::User, {textPart("q")}}, {Role::Assistant, {signedCall, made}},
            {Role::User, {resultPart("fc-1", "1"), resultPart("call_0123456789abcdefghij", "2")}}});
        const Json json = written(own).json["contents"];
        QCOMPARE(show(json[1]["parts"][0]["functionCall"]["id"]), QStringLiteral("\"fc-1\""));
        QVERIFY(!json[1]["parts"][1]["functionCall"].contains("id"));
        QCOMPARE(show(json[2]["parts"][0]["functionResponse"]["id"]), QStringLiteral("\"fc-1\""));
        QVERIFY(!json[2]["parts"][1]["functionResponse"].contains("id"));
    }

    void otherNamesAreFoldedEverywhere()
    {
        ChatCall call = talk(
            {{Role::User, {textPart("q")}}, {Role::Assistant, {callPart("1", "1 bad name", "{}")}},
                {Role::User, {resultPart("1", "r")}}});
        Tool tool;
        tool.name = "1 bad name";
        call.tools.push_back(tool);
        call.toolChoice.mode = ToolChoice::Mode::Named;
        call.toolChoice.name = "1 bad name";
        const Written result = written(call);
        const std::string name
            = result.json["tools"][0]["functionDeclarations"][0]["name"].get<std::string>();
        QVERIFY(name.starts_with("_1_bad_name_"));
        QCOMPARE(result.json["contents"][1]["parts"][0]["functionCall"]["name"].get<std::string>(),
            name);
        QCOMPARE(
            result.json["contents"][2]["parts"][0]["functionResponse"]["name"].get<std::string>(),
            name);
        QCOMPARE(result.json["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"][0]
                     .get<std::string>(),
            name);
        QCOMPARE(result.names.ownName(name)->name, std::string("1 bad name"));
        // Dots and colons are fine here.
        ChatCall dotted = talk({{Role::User, {textPart("q")}}});
        tool.name = "a.b:c";
        dotted.tools.push_back(tool);
        QCOMPARE(show(written(dotted).json["tools"]),
            show(std::string(R"([{"functionDeclarations":[{"name":"a.b:c"}]}])")));
    }

    void refusalsAreText()
    {
        Part refusal = textPart("I will not");
        refusal.kind = PartKind::Refusal;
        ChatCall call = talk({{Role::User, {textPart("q")}}, {Role::Assistant, {refusal}},
            {Role::User, {textPart("r")}}});
        QCOMPARE(show(written(call).json["contents"][1]["parts"]),
            show(std::string(R"([{"text":"I will not"}])")));
    }

    void serverToolsOfOthersLeaveAWordOnlyWhereNoTextFollows()
    {
        Part server;
        server.kind = PartKind::Server;
        server.text = RawText("web search: qt");
        ChatCall alone = talk({{Role::User, {textPart("q")}}, {Role::Assistant, {server}},
            {Role::User, {textPart("r")}}});
        QCOMPARE(show(written(alone).json["contents"][1]["parts"]),
            show(std::string(R"([{"text":"[web search: qt]"}])")));
        ChatCall followed = talk({{Role::User, {textPart("q")}},
            {Role::Assistant, {server, textPart("found")}}, {Role::User, {textPart("r")}}});
        QCOMPARE(show(written(followed).json["contents"][1]["parts"]),
            show(std::string(R"([{"text":"found"}])")));
    }

    // ---- signatures (4.5)

    void ownSignaturesGoBackOnCallsAndTexts()
    {
        Part call = callPart("1", "f", "{}");
        call.carry = googles("Y2FsbA==");
        Part text = textPart("so");
        text.carry = googles("dGV4dA==");
        ChatCall history = talk({{Role::User, {textPart("q")}}, {Role::Assistant, {text, call}}});
        const Json parts = written(history, target3()).json["contents"][1]["parts"];
        QCOMPARE(
            show(parts[0]), show(std::string(R"({"text":"so","thoughtSignature":"dGV4dA=="})")));
        QCOMPARE(show(parts[1]["thoughtSignature"]), QStringLiteral("\"Y2FsbA==\""));
    }

    void aSignatureThatCameOnItsOwnFindsItsPart()
    {
        Part thought;
        thought.kind = PartKind::Reasoning;
        thought.carry = googles("c2ln");
        ChatCall history = talk({{Role::User, {textPart("q")}},
            {Role::Assistant, {textPart("so"), thought, callPart("1", "f", "{}")}}});
        const Json parts = written(history, target3()).json["contents"][1]["parts"];
        QCOMPARE(parts.size(), std::size_t(2));
        QVERIFY(!parts[0].contains("thoughtSignature"));
        QCOMPARE(show(parts[1]["thoughtSignature"]), QStringLiteral("\"c2ln\""));

        ChatCall last = talk({{Role::User, {textPart("q")}},
            {Role::Assistant, {textPart("so"), thought}}, {Role::User, {textPart("r")}}});
        QCOMPARE(show(written(last, target3()).json["contents"][1]["parts"][1]),
            show(std::string(R"({"text":"","thoughtSignature":"c2ln"})")));
    }

    void foreignStateIsLeftOut()
    {
        Part call = callPart("1", "f", "{}");
        call.carry = googles("c2ln", google + 1);
        Part thought;
        thought.kind = PartKind::Reasoning;
        thought.text = RawText("hm");
        thought.carry = {CarryKind::AnthropicSignature, 5, "sig"};
        ChatCall history
            = talk({{Role::User, {textPart("q")}}, {Role::Assistant, {thought, call}}});
        const Written result = written(history);
        QCOMPARE(show(result.json["contents"][1]["parts"]),
            show(std::string(R"([{"functionCall":{"name":"f","args":{}}}])")));
        QVERIFY(result.losses.empty() || told(result).find("reasoning") == std::string::npos);
    }

    void theFirstCallOfEachStepOfTheCurrentTurnIsLetPass()
    {
        const auto make = [] {
            return talk({{Role::User, {textPart("old")}},
                {Role::Assistant, {callPart("0", "f", "{}")}}, {Role::User, {resultPart("0", "r")}},
                {Role::Assistant, {textPart("done")}}, {Role::User, {textPart("new")}},
                {Role::Assistant,
                    {textPart("a"), callPart("1", "f", "{}"), callPart("2", "f", "{}")}},
                {Role::User, {resultPart("1", "r"), resultPart("2", "r"), textPart("<reminder>")}},
                {Role::Assistant, {callPart("3", "f", "{}")}},
                {Role::User, {resultPart("3", "r")}}});
        };
        ChatCall call = make();
        const Json contents = written(call, target3()).json["contents"];
        const auto signatureAt = [&](int turn, int part) {
            return contents[turn]["parts"][part].value("thoughtSignature", std::string());
        };
        const std::string skip = "skip_thought_signature_validator";
        QCOMPARE(signatureAt(1, 0), std::string()); // an earlier turn is not looked at
        QCOMPARE(signatureAt(5, 1), skip);
        QCOMPARE(signatureAt(5, 2), std::string()); // only the first
        QCOMPARE(signatureAt(7, 0), skip); // a reminder beside results starts no turn
        ChatCall unchecked = make();
        QVERIFY(written(unchecked).text.find(skip) == std::string::npos);
    }

    void aCallWithItsOwnSignatureNeedsNoStandIn()
    {
        Part first = callPart("1", "f", "{}");
        first.carry = googles("c2ln");
        ChatCall call = talk(
            {{Role::User, {textPart("q")}}, {Role::Assistant, {first, callPart("2", "f", "{}")}}});
        QVERIFY(written(call, target3()).text.find("skip_") == std::string::npos);
    }

    // ---- tools

    void schemasGoAsTheyAreOrConverted()
    {
        const std::string body = asking(
            R"("tools":[{"functionDeclarations":[{"name":"f","description":"F","parametersJsonSchema":{"type":"object","properties":{"a":{"type":"string","default":"x"}},"additionalProperties":false}},{"name":"g","parametersJsonSchema":{"type":"object","properties":{}}},{"name":"h"}]}])");
        QCOMPARE(show(rewritten(body).json["tools"]),
            show(std::string(
                R"([{"functionDeclarations":[{"name":"f","description":"F","parametersJsonSchema":{"type":"object","properties":{"a":{"type":"string","default":"x"}},"additionalProperties":false}},{"name":"g","parametersJsonSchema":{"type":"object","properties":{}}},{"name":"h"}]}])")));
        QCOMPARE(show(rewritten(body, targetBefore2()).json["tools"]),
            show(std::string(
                R"([{"functionDeclarations":[{"name":"f","description":"F","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}},{"name":"g"},{"name":"h"}]}])")));
    }

    void customToolsAreFunctionsWithOneText()
    {
        ChatCall call = talk({{Role::User, {textPart("q")}}});
        Tool tool;
        tool.kind = Tool::Kind::Custom;
        tool.name = "patch";
        tool.description = RawText("Edits");
        tool.grammar = RawText("start: x");
        call.tools.push_back(tool);
        Part use = callPart("1", "patch", "");
        use.isCustom = true;
        use.text = RawText("a \\\"b\\\"");
        call.turns.push_back({Role::Assistant, {use}});
        const Written result = written(call);
        QCOMPARE(show(result.json["tools"][0]["functionDeclarations"][0]),
            show(std::string(
                R"({"name":"patch","description":"Edits\n\nstart: x","parametersJsonSchema":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}})")));
        QCOMPARE(result.json["contents"][1]["parts"][0]["functionCall"]["args"]["input"]
                     .get<std::string>(),
            std::string("a \"b\""));
        QVERIFY(result.names.ownName("patch")->isCustom);
    }

    void choicesAreModes()
    {
        const auto mode = [](ToolChoice choice) {
            ChatCall call = talk({{Role::User, {textPart("q")}}});
            for (const char* name : {"f", "g", "h"}) {
                Tool tool;
                tool.name = name;
                call.tools.push_back(tool);
            }
            call.toolChoice = std::move(choice);
            const Written result = written(call);
            return result.json.value("toolConfig", Json())
                       .value("functionCallingConfig", Json::object())
                       .dump()
                + std::to_string(result.json["tools"][0]["functionDeclarations"].size());
        };
        using Mode = ToolChoice::Mode;
        QCOMPARE(mode({Mode::Auto, "", {}, {}}), std::string(R"({"mode":"AUTO"}3)"));
        QCOMPARE(mode({Mode::Any, "", {}, {}}), std::string(R"({"mode":"ANY"}3)"));
        QCOMPARE(mode({Mode::None, "", {}, {}}), std::string(R"({"mode":"NONE"}3)"));
        QCOMPARE(mode({Mode::Named, "g", {}, {}}),
            std::string(R"({"mode":"ANY","allowedFunctionNames":["g"]}3)"));
        QCOMPARE(mode({Mode::Any, "", {"f", "h"}, {}}),
            std::string(R"({"mode":"ANY","allowedFunctionNames":["f","h"]}3)"));
        // A list without a must is kept by offering no others.
        QCOMPARE(mode({Mode::Auto, "", {"f", "h"}, {}}), std::string(R"({"mode":"AUTO"}2)"));
    }

    void choicesWithoutToolsAreLeftOut()
    {
        ChatCall call = talk({{Role::User, {textPart("q")}}});
        call.toolChoice.mode = ToolChoice::Mode::Auto;
        QVERIFY(!written(call).json.contains("toolConfig"));
    }

    void aChoiceOfADroppedToolIsRefused()
    {
        ChatCall call = talk({{Role::User, {textPart("q")}}});
        Tool tool;
        tool.kind = Tool::Kind::Server;
        tool.server = ServerTool::CodeExecution;
        tool.name = "code_execution";
        tool.serverType = "code_execution_20250522";
        call.tools.push_back(tool);
        call.toolChoice.mode = ToolChoice::Mode::Named;
        call.toolChoice.name = "code_execution";
        const Written result = written(call);
        QVERIFY(result.error.kind == ErrorKind::Unsupported);
        QCOMPARE(result.error.field, std::string("tool_choice"));
    }

    void serverToolsAreSearchOrNothing()
    {
        const auto tool = [](ServerTool kind, const char* type) {
            Tool tool;
            tool.kind = Tool::Kind::Server;
            tool.server = kind;
            tool.serverType = type;
            return tool;
        };
        ChatCall search = talk({{Role::User, {textPart("q")}}});
        search.tools = {tool(ServerTool::WebSearch, "web_search_20250305"),
            tool(ServerTool::CodeExecution, "code_interpreter")};
        const Written result = written(search);
        QCOMPARE(show(result.json["tools"]), show(std::string(R"([{"googleSearch":{}}])")));
        QCOMPARE(told(result), std::string("drop:code_interpreter"));

        ChatCall both = talk({{Role::User, {textPart("q")}}});
        both.tools = {tool(ServerTool::WebSearch, "web_search"), Tool()};
        both.tools[1].name = "f";
        const Written mixed = written(both);
        QCOMPARE(show(mixed.json["tools"]),
            show(std::string(R"([{"functionDeclarations":[{"name":"f"}]}])")));
        QCOMPARE(told(mixed), std::string("drop:web_search"));

        ChatCall remote = talk({{Role::User, {textPart("q")}}});
        remote.tools = {tool(ServerTool::Mcp, "mcp")};
        QVERIFY(written(remote).error.kind == ErrorKind::Unsupported);

        ChatCall option = talk({{Role::User, {textPart("q")}}});
        option.webSearchOptions = "{}";
        QCOMPARE(
            show(written(option).json["tools"]), show(std::string(R"([{"googleSearch":{}}])")));
    }

    void oneCallAtATimeCannotBeAsked()
    {
        ChatCall call = talk({{Role::User, {textPart("q")}}});
        Tool tool;
        tool.name = "f";
        call.tools.push_back(tool);
        call.toolChoice.parallel = false;
        QCOMPARE(told(written(call)), std::string("drop:parallel_tool_calls"));
    }

    // ---- generationConfig (3.7, 3.8, 4)

    void samplingPassesInFixedOrder()
    {
        QCOMPARE(
            show(config(
                R"("seed":7,"topK":40,"topP":0.9,"temperature":0.5,"presencePenalty":0.1,"frequencyPenalty":-0.2,"stopSequences":["a","b"],"maxOutputTokens":99,"candidateCount":3,"responseLogprobs":true,"logprobs":5)")),
            show(std::string(
                R"({"candidateCount":3,"stopSequences":["a","b"],"maxOutputTokens":99,"temperature":0.5,"topP":0.9,"topK":40,"seed":7,"presencePenalty":0.1,"frequencyPenalty":-0.2,"responseLogprobs":true,"logprobs":5})")));
    }

    void aTemperatureOverTheRangeIsClamped()
    {
        const Written result = rewritten(asking(R"("generationConfig":{"temperature":2.5})"));
        QCOMPARE(show(result.json["generationConfig"]), QStringLiteral(R"({"temperature":2})"));
        QCOMPARE(told(result), std::string("adapt:temperature"));
    }

    void fiveStopsAreTaken()
    {
        const Written result = rewritten(
            asking(R"("generationConfig":{"stopSequences":["1","2","","3","4","5","6"]})"));
        QCOMPARE(show(result.json["generationConfig"]["stopSequences"]),
            show(std::string(R"(["1","2","3","4","5"])")));
        QCOMPARE(told(result), std::string("adapt:stop"));
    }

    void whatGeminiLacksIsDropped()
    {
        ChatCall call = talk({{Role::User, {textPart("q")}}});
        call.logitBias = "{\"1\":2}";
        call.verbosity = "low";
        call.prediction = "{}";
        call.tier = "scale";
        call.metadata = "{}";
        call.userRef = "u";
        call.store = true;
        call.cacheKey = "k";
        const Written result = written(call);
        QCOMPARE(told(result),
            std::string("drop:service_tier drop:logit_bias drop:verbosity drop:prediction"));
        QCOMPARE(show(result.text),
            show(std::string(R"({"contents":[{"role":"user","parts":[{"text":"q"}]}]})")));
    }

    void tiersAreTranslated()
    {
        const auto tier = [](const char* said) {
            ChatCall call = talk({{Role::User, {textPart("q")}}});
            call.tier = said;
            return written(call).json.value("serviceTier", std::string());
        };
        QCOMPARE(tier("default"), std::string("standard"));
        QCOMPARE(tier("standard_only"), std::string("standard"));
        QCOMPARE(tier("flex"), std::string("flex"));
        QCOMPARE(tier("priority"), std::string("priority"));
        QCOMPARE(tier("auto"), std::string());
    }

    void modalitiesAreAsked()
    {
        QCOMPARE(show(config(R"("responseModalities":["IMAGE"])")),
            show(std::string(R"({"responseModalities":["TEXT","IMAGE"]})")));
        QCOMPARE(show(config(R"("responseModalities":["AUDIO"])")),
            show(std::string(R"({"responseModalities":["AUDIO"]})")));
    }

    void jsonIsAskedForByTypeAndSchema()
    {
        QCOMPARE(show(config(R"("responseMimeType":"application/json")")),
            show(std::string(R"({"responseMimeType":"application/json"})")));
        const std::string schema
            = R"("responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":["string","null"]}}})";
        QCOMPARE(show(config(schema)),
            show(std::string(
                R"({"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":["string","null"]}}}})")));
        QCOMPARE(show(config(schema, targetBefore2())),
            show(std::string(
                R"({"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}}}})")));
    }

    void jsonBesideToolsIsAskedInWordsBefore3()
    {
        const std::string body = asking(
            R"("tools":[{"functionDeclarations":[{"name":"f"}]}],"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}})");
        const Written old = rewritten(body);
        QVERIFY(!old.json.contains("generationConfig"));
        QCOMPARE(old.json["systemInstruction"]["parts"][0]["text"].get<std::string>(),
            std::string(
                "Answer with nothing but JSON that fits this schema:\n{\"type\":\"object\"}"));
        QCOMPARE(told(old), std::string("adapt:response_format"));
        const Written three = rewritten(body, target3());
        QVERIFY(three.json["generationConfig"].contains("responseJsonSchema"));
        QVERIFY(three.losses.empty());
    }

    void thinkingByBudget_data()
    {
        QTest::addColumn<QString>("said");
        QTest::addColumn<QString>("written");
        const auto row = [](const char* said, const char* written) {
            QTest::newRow(said) << QString::fromLatin1(said) << QString::fromLatin1(written);
        };
        row(R"({"thinkingBudget":0})", R"({"thinkingBudget":0})");
        row(R"({"thinkingBudget":-1})", R"({"thinkingBudget":-1,"includeThoughts":true})");
        row(R"({"thinkingBudget":2000})", R"({"thinkingBudget":2000,"includeThoughts":true})");
        row(R"({"thinkingBudget":2000,"includeThoughts":false})", R"({"thinkingBudget":2000})");
        row(R"({"thinkingBudget":99999})", R"({"thinkingBudget":24576,"includeThoughts":true})");
        row(R"({"thinkingLevel":"LOW"})", R"({"thinkingBudget":1024,"includeThoughts":true})");
        row(R"({"thinkingLevel":"MEDIUM"})", R"({"thinkingBudget":8192,"includeThoughts":true})");
        row(R"({"thinkingLevel":"HIGH"})", R"({"thinkingBudget":24576,"includeThoughts":true})");
        row(R"({"includeThoughts":true})", R"({"includeThoughts":true})");
        row(R"({"includeThoughts":false})", "null");
        row(R"({})", "null");
    }

    void thinkingByBudget()
    {
        QFETCH(QString, said);
        QFETCH(QString, written);
        const Json json = config(R"("thinkingConfig":)" + said.toStdString());
        QCOMPARE(show(json.is_null() ? json : json["thinkingConfig"]), written);
    }

    void thinkingByLevel_data()
    {
        QTest::addColumn<QString>("said");
        QTest::addColumn<QString>("written");
        const auto row = [](const char* said, const char* written) {
            QTest::newRow(said) << QString::fromLatin1(said) << QString::fromLatin1(written);
        };
        row(R"({"thinkingBudget":0})", R"({"thinkingLevel":"MINIMAL"})");
        row(R"({"thinkingBudget":-1})", R"({"includeThoughts":true})");
        row(R"({"thinkingBudget":300})", R"({"thinkingLevel":"MINIMAL","includeThoughts":true})");
        row(R"({"thinkingBudget":1000})", R"({"thinkingLevel":"LOW","includeThoughts":true})");
        row(R"({"thinkingBudget":8000})", R"({"thinkingLevel":"MEDIUM","includeThoughts":true})");
        row(R"({"thinkingBudget":50000})", R"({"thinkingLevel":"HIGH","includeThoughts":true})");
        row(R"({"thinkingLevel":"LOW"})", R"({"thinkingLevel":"LOW","includeThoughts":true})");
    }

    void thinkingByLevel()
    {
        QFETCH(QString, said);
        QFETCH(QString, written);
        const Json json = config(R"("thinkingConfig":)" + said.toStdString(), target3());
        QCOMPARE(show(json["thinkingConfig"]), written);
    }

    void levelsThatAModelLacks()
    {
        Target pro = target3();
        pro.efforts = 0b0010100; // low, high
        QCOMPARE(show(config(R"("thinkingConfig":{"thinkingLevel":"MEDIUM"})",
                     pro)["thinkingConfig"]["thinkingLevel"]),
            QStringLiteral("\"HIGH\""));
        QCOMPARE(show(config(R"("thinkingConfig":{"thinkingLevel":"MINIMAL"})",
                     pro)["thinkingConfig"]["thinkingLevel"]),
            QStringLiteral("\"LOW\""));
        QCOMPARE(show(config(R"("thinkingConfig":{"thinkingBudget":0})", pro)["thinkingConfig"]),
            QStringLiteral(R"({"thinkingLevel":"LOW"})"));
    }

    void aModelThatAlwaysThinksThinksLeast()
    {
        Target pro = target25();
        pro.model = "gemini-2.5-pro";
        pro.canSwitchThinkingOff = false;
        const Written result = rewritten(
            asking(R"("generationConfig":{"thinkingConfig":{"thinkingBudget":0}})"), pro);
        QCOMPARE(show(result.json["generationConfig"]["thinkingConfig"]),
            QStringLiteral(R"({"thinkingBudget":128})"));
        QCOMPARE(told(result), std::string("adapt:reasoning"));
    }

    void theSameCallGivesTheSameOctets()
    {
        const std::string body
            = R"({"contents":[{"parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},{"parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}]})";
        const Written first = rewritten(body, target3());
        QCOMPARE(rewritten(body, target3()).text, first.text);
        QCOMPARE(rewritten(first.text, target3()).text, first.text);
    }

    // ---- schemas (7.2)

    void schemasForGemini_data()
    {
        QTest::addColumn<QString>("schema");
        QTest::addColumn<QString>("written");
        const auto row = [](const char* name, const char* schema, const char* written) {
            QTest::newRow(name) << QString::fromLatin1(schema) << QString::fromLatin1(written);
        };
        row("types are in capitals", R"({"type":"object","properties":{"a":{"type":"integer"}}})",
            R"({"type":"OBJECT","properties":{"a":{"type":"INTEGER"}}})");
        row("keywords that are refused go",
            R"({"$schema":"x","$id":"i","$comment":"c","type":"object","properties":{"a":{"type":"number","default":1,"examples":[1],"exclusiveMinimum":0,"exclusiveMaximum":9,"multipleOf":2,"minimum":1},"b":{"type":"string","contentEncoding":"base64"},"c":{"type":"array","items":{"type":"string"},"uniqueItems":true,"minItems":1}},"additionalProperties":false,"patternProperties":{},"propertyNames":{},"unevaluatedProperties":false,"not":{},"if":{},"then":{},"else":{}})",
            R"({"type":"OBJECT","properties":{"a":{"type":"NUMBER","minimum":1},"b":{"type":"STRING"},"c":{"type":"ARRAY","items":{"type":"STRING"},"minItems":1}}})");
        row("names of properties are data",
            R"({"type":"object","properties":{"$ref":{"type":"string"},"default":{"type":"string"},"format":{"type":"string"},"type":{"type":"string"}},"required":["default","$ref"]})",
            R"({"type":"OBJECT","properties":{"$ref":{"type":"STRING"},"default":{"type":"STRING"},"format":{"type":"STRING"},"type":{"type":"STRING"}},"required":["default","$ref"]})");
        row("references are put in place",
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/A","description":"mine"},"b":{"$ref":"#/definitions/B~1x"}},"$defs":{"A":{"type":"string","description":"its"}},"definitions":{"B/x":{"type":"boolean"}}})",
            R"({"type":"OBJECT","properties":{"a":{"type":"STRING","description":"mine"},"b":{"type":"BOOLEAN"}}})");
        row("recursion is cut",
            R"({"$ref":"#/$defs/N","$defs":{"N":{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}}}}})",
            R"({"type":"OBJECT","properties":{"n":{"type":"OBJECT","properties":{"n":{"type":"OBJECT","properties":{"n":{"type":"OBJECT"}}}}}}})");
        row("a reference to nowhere",
            R"({"type":"object","properties":{"a":{"$ref":"#/$defs/Gone"}}})",
            R"({"type":"OBJECT","properties":{"a":{"type":"OBJECT"}}})");
        row("null in a list of types", R"({"type":["string","null"],"description":"d"})",
            R"({"type":"STRING","description":"d","nullable":true})");
        row("several types", R"({"type":["string","number"],"description":"d"})",
            R"({"anyOf":[{"type":"STRING","description":"d"},{"type":"NUMBER"}]})");
        row("null as an alternative",
            R"({"anyOf":[{"type":"integer"},{"type":"null"}],"default":null,"title":"T"})",
            R"({"type":"INTEGER","title":"T","nullable":true})");
        row("oneOf is anyOf",
            R"({"oneOf":[{"type":"string"},{"type":"integer"}],"description":"d"})",
            R"({"anyOf":[{"type":"STRING","description":"d"},{"type":"INTEGER"}]})");
        row("conditions beside a shape",
            R"({"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{"required":["a"]},{"required":["b"]}]})",
            R"({"type":"OBJECT","properties":{"a":{"type":"STRING"}}})");
        row("allOf is merged",
            R"({"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]})",
            R"({"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"STRING"}},"required":["a","b"]})");
        row("const is a list of one", R"({"const":"x"})", R"({"type":"STRING","enum":["x"]})");
        row("values are texts", R"({"type":"integer","enum":[1,2,null,""]})",
            R"({"type":"STRING","enum":["1","2"],"nullable":true})");
        row("formats of texts",
            R"({"type":"object","properties":{"a":{"type":"string","format":"date-time"},"b":{"type":"string","format":"uri"},"c":{"type":"integer","format":"int64"},"d":{"type":"number","format":"decimal"}}})",
            R"({"type":"OBJECT","properties":{"a":{"type":"STRING","format":"date-time"},"b":{"type":"STRING"},"c":{"type":"INTEGER","format":"int64"},"d":{"type":"NUMBER"}}})");
        row("lists have elements", R"({"type":"array"})",
            R"({"type":"ARRAY","items":{"type":"STRING"}})");
        row("lists of places",
            R"({"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}]})",
            R"({"type":"ARRAY","items":{"type":"INTEGER"}})");
        row("objects of nothing", R"({"type":"object","properties":{},"required":["x"]})",
            R"({"type":"OBJECT"})");
        row("only properties that exist are required",
            R"({"type":"object","properties":{"a":{}},"required":["a","b"]})",
            R"({"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]})");
        row("a type that nobody said", R"({"properties":{"a":{"items":{"type":"number"}}}})",
            R"({"type":"OBJECT","properties":{"a":{"type":"ARRAY","items":{"type":"NUMBER"}}}})");
        row("limits of texts", R"({"type":"string","minLength":1,"maxLength":9,"pattern":"^a+$"})",
            R"({"type":"STRING","minLength":1,"maxLength":9,"pattern":"^a+$"})");
        row("true and false", R"({"type":"object","properties":{"a":true,"b":false}})",
            R"({"type":"OBJECT","properties":{"a":{"type":"STRING"}}})");
    }

    void schemasForGemini()
    {
        QFETCH(QString, schema);
        QFETCH(QString, written);
        QCOMPARE(show(toGemini(schema.toStdString())), written);
    }

    void typesThatHoldEachOtherStaySmall()
    {
        Json schema = {{"$ref", "#/$defs/D0"}};
        for (int i = 0; i < 12; ++i) {
            Json& type = schema["$defs"]["D" + std::to_string(i)];
            type["type"] = "object";
            for (int j = 0; j < 12; ++j)
                type["properties"]["p" + std::to_string(j)]["$ref"]
                    = "#/$defs/D" + std::to_string(j);
        }
        const std::string out = toGemini(schema.dump());
        QVERIFY(Json::accept(out));
        QVERIFY(out.size() < 1u << 20);
    }

    void schemasFromGemini_data()
    {
        QTest::addColumn<QString>("schema");
        QTest::addColumn<QString>("written");
        const auto row = [](const char* name, const char* schema, const char* written) {
            QTest::newRow(name) << QString::fromLatin1(schema) << QString::fromLatin1(written);
        };
        row("types are small",
            R"({"type":"OBJECT","properties":{"a":{"type":"ARRAY","items":{"type":"STRING"}}},"required":["a"]})",
            R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}}},"required":["a"]})");
        row("nullable is a type", R"({"type":"STRING","nullable":true})",
            R"({"type":["string","null"]})");
        row("nullable values", R"({"type":"STRING","format":"enum","enum":["a"],"nullable":true})",
            R"({"type":["string","null"],"enum":["a",null]})");
        row("nullable alternatives", R"({"anyOf":[{"type":"STRING"}],"nullable":true})",
            R"({"anyOf":[{"type":"string"},{"type":"null"}]})");
        row("not nullable", R"({"type":"STRING","nullable":false})", R"({"type":"string"})");
        row("counts may be texts",
            R"({"type":"ARRAY","items":{"type":"STRING"},"minItems":"1","maxItems":3})",
            R"({"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3})");
        row("the other spelling",
            R"({"any_of":[{"type":"STRING","max_length":"5"}],"property_ordering":["a"]})",
            R"({"anyOf":[{"type":"string","maxLength":5}]})");
        row("names of properties are data",
            R"({"type":"OBJECT","properties":{"nullable":{"type":"STRING"},"type":{"type":"NUMBER"},"any_of":{"type":"BOOLEAN"}}})",
            R"({"type":"object","properties":{"nullable":{"type":"string"},"type":{"type":"number"},"any_of":{"type":"boolean"}}})");
        row("what Gemini alone knows",
            R"({"type":"OBJECT","propertyOrdering":["a"],"example":{},"properties":{"a":{"type":"TYPE_UNSPECIFIED","description":"d"}}})",
            R"({"type":"object","properties":{"a":{"description":"d"}}})");
        row("the rest passes",
            R"({"type":"NUMBER","minimum":1.5,"default":2,"title":"T","description":"a, b"})",
            R"({"type":"number","minimum":1.5,"default":2,"title":"T","description":"a, b"})");
    }

    void schemasFromGemini()
    {
        QFETCH(QString, schema);
        QFETCH(QString, written);
        QCOMPARE(show(fromGemini(schema.toStdString())), written);
    }

    // ---- reading an upstream's answer (7.3)

    void aWholeAnswer()
    {
        const std::string body
            = R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"so","thoughtSignature":"dA=="},{"functionCall":{"id":"f1","name":"f","args":{ "a": 1 }},"thoughtSignature":"Yw=="},{"functionCall":{"name":"g"}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"toolUsePromptTokenCount":5,"cachedContentTokenCount":4,"candidatesTokenCount":3,"thoughtsTokenCount":2,"totalTokenCount":20},"modelVersion":"gemini-2.5-pro","responseId":"r1","createTime":"2026-09-01T10:00:00.5Z"})";
        const auto reply = gemini::readReply(body);
        QVERIFY(reply.has_value());
        QCOMPARE(reply->id, std::string("r1"));
        QCOMPARE(reply->model, std::string("gemini-2.5-pro"));
        QCOMPARE(reply->created, std::int64_t(1788256800));
        const ReplyChoice& choice = reply->choices[0];
        QVERIFY(choice.reason == FinishReason::Tool);
        QVERIFY(choice.parts[0].kind == PartKind::Reasoning);
        QVERIFY(choice.parts[1].carry == googles("dA==", 0));
        QCOMPARE(choice.parts[2].callId, std::string_view("f1"));
        QCOMPARE(argumentsOf(choice.parts[2]), std::string(R"({"a":1})"));
        QVERIFY(choice.parts[2].carry == googles("Yw==", 0));
        QVERIFY(choice.parts[3].callId.empty());
        QVERIFY(!choice.parts[3].idIsNative);
        QCOMPARE(reply->usage->input, Tokens(15));
        QCOMPARE(reply->usage->cacheRead, Tokens(4));
        QCOMPARE(reply->usage->output, Tokens(5));
        QCOMPARE(reply->usage->reasoning, Tokens(2));
    }

    void aStreamOfTheSame()
    {
        const Heard result = heard({chunk(R"({"text":"h","thought":true})"),
            chunk(R"({"text":"m","thought":true})"), chunk(R"({"text":"s"})"),
            chunk(R"({"text":"o"})"),
            chunk(
                R"({"functionCall":{"id":"f1","name":"f","args":{"a":1}},"thoughtSignature":"Yw=="},{"functionCall":{"name":"f","args":{"a":2}}})"),
            chunk(R"({"text":""})", stop)});
        QVERIFY(!result.error);
        const std::vector<Part>& parts = result.reply.choices[0].parts;
        QCOMPARE(parts.size(), std::size_t(4));
        QVERIFY(parts[0].text.is("hm"));
        QVERIFY(parts[1].text.is("so"));
        QCOMPARE(parts[2].callId, std::string_view("f1"));
        QVERIFY(parts[2].carry == googles("Yw==", 0));
        QCOMPARE(argumentsOf(parts[3]), std::string(R"({"a":2})"));
        QVERIFY(parts[3].callId.starts_with("call_"));
        // Calls are remembered over the chunks, a plain stop behind them means them.
        QVERIFY(result.reply.choices[0].reason == FinishReason::Tool);
        QCOMPARE(result.reply.id, std::string("r1"));
    }

    void theSignatureOfTheLastEmptyTextIsThatOfTheText()
    {
        const Heard result = heard(
            {chunk(R"({"text":"so"})"), chunk(R"({"text":"","thoughtSignature":"dA=="})", stop)});
        QCOMPARE(result.reply.choices[0].parts.size(), std::size_t(1));
        QVERIFY(result.reply.choices[0].parts[0].carry == googles("dA==", 0));
    }

    void argumentsInPiecesArePutTogether()
    {
        const Heard result = heard(
            {chunk(
                 R"({"functionCall":{"name":"f","id":"1","willContinue":true},"thoughtSignature":"Yw=="})"),
                chunk(
                    R"({"functionCall":{"partialArgs":[{"jsonPath":"$.city","stringValue":"New ","willContinue":true}],"willContinue":true}})"),
                chunk(
                    R"({"functionCall":{"partialArgs":[{"jsonPath":"$.city","stringValue":"York"},{"jsonPath":"$.list[1].n","numberValue":2.5},{"jsonPath":"$.list[0]","boolValue":true},{"jsonPath":"$['a b']","nullValue":"NULL_VALUE"}],"willContinue":true}})"),
                chunk(R"({"functionCall":{}})"),
                chunk(R"({"functionCall":{"name":"g","args":{}}})", stop)});
        QVERIFY(!result.error);
        const std::vector<Part>& parts = result.reply.choices[0].parts;
        QCOMPARE(parts.size(), std::size_t(2));
        QCOMPARE(argumentsOf(parts[0]),
            std::string(R"({"city":"New York","list":[true,{"n":2.5}],"a b":null})"));
        QVERIFY(parts[0].carry == googles("Yw==", 0));
        QCOMPARE(parts[1].toolName, std::string_view("g"));
    }

    void piecesInAWholeArrayToo()
    {
        const std::string body = "[" + chunk(R"({"functionCall":{"name":"f","willContinue":true}})")
            + ","
            + chunk(
                R"({"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"\u00e4"}]}})",
                stop)
            + "]";
        const auto reply = gemini::readReply(body);
        QVERIFY(reply.has_value());
        QCOMPARE(argumentsOf(reply->choices[0].parts[0]), std::string(R"({"a":"\u00e4"})"));
    }

    void pathsOfPieces()
    {
        const auto built = [](const std::string& pieces) {
            json::Tree tree;
            gemini::PartialArguments arguments;
            if (!tree.parse(pieces))
                return std::string("no JSON");
            arguments.add(tree.root());
            return arguments.take();
        };
        QCOMPARE(built("[]"), std::string("{}"));
        QCOMPARE(built("[{\"jsonPath\":\"$['it\\\\'s']\",\"numberValue\":1}]"),
            std::string("{\"it's\":1}"));
        QCOMPARE(built("[{\"jsonPath\":\"$[\\\"q\\\"].x\",\"stringValue\":\"a\\\"b\"}]"),
            std::string("{\"q\":{\"x\":\"a\\\"b\"}}"));
        QCOMPARE(built(R"([{"jsonPath":"$.m[0][1]","boolValue":false}])"),
            std::string(R"({"m":[[null,false]]})"));
        QCOMPARE(
            built(
                R"([{"jsonPath":"$.m[99999999]","boolValue":false},{"jsonPath":"$.k[x]","boolValue":false}])"),
            std::string(R"({"m":null,"k":null})"));
    }

    void finishReasons_data()
    {
        QTest::addColumn<int>("reason");
        const auto row
            = [](const char* word, FinishReason reason) { QTest::newRow(word) << int(reason); };
        row("STOP", FinishReason::Stop);
        row("MAX_TOKENS", FinishReason::Length);
        for (const char* word : {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
                 "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT"})
            row(word, FinishReason::Filter);
        for (const char* word :
            {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"})
            row(word, FinishReason::Error);
        row("OTHER", FinishReason::Stop); // something was said
        row("SOMETHING_NEW", FinishReason::Stop);
        row("FINISH_REASON_UNSPECIFIED", FinishReason::Unknown);
    }

    void finishReasons()
    {
        QFETCH(int, reason);
        QCOMPARE(int(finishOf(QTest::currentDataTag())), reason);
    }

    void anotherReasonWithoutContentIsAnError()
    {
        QVERIFY(finishOf("OTHER", "") == FinishReason::Error);
        const Heard result = heard({chunk("", R"(,"finishReason":"OTHER")")});
        QVERIFY(result.error.has_value());
    }

    void lengthWinsOverCalls()
    {
        QVERIFY(finishOf("MAX_TOKENS", R"({"functionCall":{"name":"f"}})") == FinishReason::Length);
        QVERIFY(finishOf("STOP", R"({"functionCall":{"name":"f"}})") == FinishReason::Tool);
    }

    void aBlockedPromptIsFiltered()
    {
        const std::string body
            = R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9},"modelVersion":"m"})";
        const auto reply = gemini::readReply(body);
        QVERIFY(reply.has_value());
        QVERIFY(reply->choices[0].reason == FinishReason::Filter);
        QVERIFY(reply->choices[0].parts.empty());
        QCOMPARE(reply->usage->input, Tokens(9));
        const Heard stream = heard({body});
        QVERIFY(!stream.error);
        QVERIFY(stream.reply.choices[0].reason == FinishReason::Filter);
    }

    void severalCandidatesAreSeveralChoices()
    {
        const std::string two
            = R"({"candidates":[{"content":{"parts":[{"text":"b"}]},"index":1,"finishReason":"MAX_TOKENS"},{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]})";
        const auto reply = gemini::readReply(two);
        QCOMPARE(reply->choices.size(), std::size_t(2));
        QVERIFY(reply->choices[0].parts[0].text.is("a"));
        QVERIFY(reply->choices[1].reason == FinishReason::Length);
        const Heard stream = heard({two});
        QVERIFY(stream.reply.choices[1].parts[0].text.is("b"));
        QVERIFY(stream.reply.choices[1].reason == FinishReason::Length);
        QVERIFY(stream.reply.choices[0].reason == FinishReason::Stop);
    }

    void usageIsCumulativeAndItsLastFieldsCount()
    {
        const auto counting = [](const std::string& usage, const std::string& more) {
            std::string text = chunk(R"({"text":"x"})", more);
            text.insert(text.size() - 1, R"(,"usageMetadata":)" + usage);
            return text;
        };
        const Heard result = heard({counting(R"({"promptTokenCount":10,"totalTokenCount":10})", ""),
            counting(
                R"({"promptTokenCount":10,"candidatesTokenCount":2,"thoughtsTokenCount":7})", ""),
            counting(
                R"({"promptTokenCount":10,"candidatesTokenCount":4,"thoughtsTokenCount":null})",
                stop)});
        QCOMPARE(result.reply.usage->input, Tokens(10));
        QCOMPARE(result.reply.usage->output, Tokens(11));
        QCOMPARE(result.reply.usage->reasoning, Tokens(7));
    }

    void anEndWithoutAReasonIsACut()
    {
        const Heard result = heard({chunk(R"({"text":"x"})")});
        QVERIFY(result.error && result.error->kind == ErrorKind::Cut);
        QVERIFY(heard({}).error.has_value());
    }

    void errorsOfAllShapes()
    {
        const std::string error
            = R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})";
        for (const std::string& event : {error, "[" + error + "]"}) {
            const Heard result = heard({chunk(R"({"text":"x"})"), event});
            QVERIFY(result.error && result.error->kind == ErrorKind::Overloaded);
            const auto reply = gemini::readReply(event);
            QVERIFY(!reply && reply.error().kind == ErrorKind::Overloaded);
        }
        QVERIFY(heard({"<html>"}).error->kind == ErrorKind::BadReply);
        QVERIFY(gemini::readReply("<html>").error().kind == ErrorKind::BadReply);
        QVERIFY(gemini::readReply("{}").error().kind == ErrorKind::BadReply);
    }

    void emptyEventsSayNothing()
    {
        const Heard result = heard({"{}", chunk(R"({"text":"x"})"), "", "[DONE]", chunk("", stop)});
        QVERIFY(!result.error);
        QVERIFY(result.reply.choices[0].parts[0].text.is("x"));
    }

    void twoValuesInOneEvent()
    {
        const Heard result = heard({chunk(R"({"text":"a"})") + chunk(R"({"text":"b"})", stop)});
        QVERIFY(!result.error);
        QVERIFY(result.reply.choices[0].parts[0].text.is("ab"));
    }

    void anArrayOfChunksIsAnAnswer()
    {
        const std::string body
            = "[" + chunk(R"({"text":"a"})") + ",\r\n" + chunk(R"({"text":"b"})", stop) + "]";
        const auto reply = gemini::readReply(body);
        QVERIFY(reply->choices[0].parts[0].text.is("ab"));
        QVERIFY(heard({body}).reply.choices[0].parts[0].text.is("ab"));
    }

    void picturesAndCodeInAnAnswer()
    {
        const std::string parts
            = R"({"text":"see"},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}},{"executableCode":{"language":"PYTHON","code":"1+1"}},{"codeExecutionResult":{"output":"2"}})";
        const std::string body = chunk(parts, stop);
        const auto whole = gemini::readReply(body);
        const Heard stream = heard({body});
        for (const ReplyChoice* choice : {&whole->choices[0], &stream.reply.choices[0]}) {
            QCOMPARE(choice->parts.size(), std::size_t(3));
            QVERIFY(choice->parts[1].kind == PartKind::Image);
            QCOMPARE(choice->parts[1].media.data, std::string_view("iVBORw0KGgo="));
            QVERIFY(choice->parts[2].text.is("```python\n1+1\n``````\n2\n```"));
        }
    }

    void sourcesCountCodePoints()
    {
        const std::string grounding
            = R"(,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.org","title":"A"}},{"web":{"uri":"https://b.org"}},{"web":{"uri":"https://c.org"}}],"groundingSupports":[{"segment":{"startIndex":3,"endIndex":8,"text":"\u00e4\u00f6!"},"groundingChunkIndices":[0,1]}]})";
        // "über äö!": the range begins behind three octets, which are two characters.
        const std::string first = chunk("{\"text\":\"\xC3\xBC"
                                        "b\"}");
        const std::string last = chunk("{\"text\":\"\xC3\xA4\xC3\xB6!\"}", grounding + stop);
        const Heard stream = heard({first, last});
        const std::string joined = "[" + first + "," + last + "]";
        const auto whole = gemini::readReply(joined);
        for (const ReplyChoice* choice : {&whole->choices[0], &stream.reply.choices[0]}) {
            const std::vector<Citation>& citations = choice->parts[0].citations;
            QCOMPARE(citations.size(), std::size_t(3));
            QVERIFY(citations[0].url.is("https://a.org"));
            QVERIFY(citations[0].title.is("A"));
            QCOMPARE(citations[0].start, std::int64_t(2));
            QCOMPARE(citations[0].end, std::int64_t(5));
            QVERIFY(citations[1].url.is("https://b.org"));
            QVERIFY(citations[2].url.is("https://c.org")); // supports nothing in particular
            QCOMPARE(citations[2].start, std::int64_t(-1));
        }
    }

    void sourcesThatComeAgainAreToldOnce()
    {
        const std::string grounding
            = R"(,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.org"}}],"groundingSupports":[{"segment":{"endIndex":1},"groundingChunkIndices":[0]}]})";
        const Heard result = heard(
            {chunk(R"({"text":"x"})", grounding), chunk(R"({"text":"y"})", grounding + stop)});
        QCOMPARE(result.reply.choices[0].parts[0].citations.size(), std::size_t(1));
    }

    void chancesOfTokens()
    {
        const std::string body = chunk(R"({"text":"ab"})",
            R"(,"logprobsResult":{"topCandidates":[{"candidates":[{"token":"a","logProbability":-0.1},{"token":"x","logProbability":-2}]}],"chosenCandidates":[{"token":"a","logProbability":-0.1},{"token":"b","logProbability":-0.5}]})"
                + stop);
        const auto whole = gemini::readReply(body);
        const Heard stream = heard({body});
        for (const ReplyChoice* choice : {&whole->choices[0], &stream.reply.choices[0]}) {
            QCOMPARE(choice->chances.size(), std::size_t(2));
            QVERIFY(choice->chances[0].token.is("a"));
            QCOMPARE(choice->chances[0].others.size(), std::size_t(2));
            QCOMPARE(choice->chances[1].logprob, -0.5);
        }
    }

    // ---- writing a client's answer

    void aWholeAnswerForAClient()
    {
        Part thought;
        thought.kind = PartKind::Reasoning;
        thought.text = RawText("hm");
        ChatReply reply = answer(
            {thought, textPart("so"), callPart("c1", "f", R"({"a":1})")}, FinishReason::Tool);
        Usage usage;
        usage.input = 10;
        usage.cacheRead = 4;
        usage.output = 7;
        usage.reasoning = 2;
        reply.usage = usage;
        QCOMPARE(show(wholeFor(reply, true)),
            show(std::string(
                R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"so"},{"functionCall":{"id":"c1","name":"f","args":{"a":1}}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":17,"cachedContentTokenCount":4,"thoughtsTokenCount":2},"modelVersion":"asked","responseId":"abc123"})")));
        // Thoughts are for those who asked.
        QCOMPARE(partsOf(wholeFor(reply)).size(), std::size_t(2));
    }

    void finishReasonsForAClient()
    {
        const auto word = [](FinishReason reason) {
            return wholeFor(answer({textPart("x")}, reason))["candidates"][0]["finishReason"]
                .get<std::string>();
        };
        QCOMPARE(word(FinishReason::Stop), std::string("STOP"));
        QCOMPARE(word(FinishReason::StopSequence), std::string("STOP"));
        QCOMPARE(word(FinishReason::Tool), std::string("STOP"));
        QCOMPARE(word(FinishReason::Pause), std::string("STOP"));
        QCOMPARE(word(FinishReason::Unknown), std::string("STOP"));
        QCOMPARE(word(FinishReason::Length), std::string("MAX_TOKENS"));
        QCOMPARE(word(FinishReason::Context), std::string("MAX_TOKENS"));
        QCOMPARE(word(FinishReason::Filter), std::string("SAFETY"));
        QCOMPARE(word(FinishReason::Refusal), std::string("SAFETY"));
        QCOMPARE(word(FinishReason::Error), std::string("OTHER"));
    }

    void anAnswerOfNothingHasAnEmptyText()
    {
        QCOMPARE(show(partsOf(wholeFor(answer({})))), QStringLiteral(R"([{"text":""}])"));
        QVERIFY(!wholeFor(answer({})).contains("usageMetadata"));
    }

    void stateTravelsOnThePartBehindTheThought()
    {
        Part thought;
        thought.kind = PartKind::Reasoning;
        thought.text = RawText("hm");
        thought.carry = {CarryKind::OpenaiEncrypted, 9, "state"};
        const Json parts = partsOf(wholeFor(answer({thought, callPart("c", "f", "{}")}), true));
        QVERIFY(!parts[0].contains("thoughtSignature"));
        QCOMPARE(parts[1]["thoughtSignature"].get<std::string>(), wrapped(thought.carry));

        // It is the thought's again when it comes back.
        const std::string body = R"({"contents":[{"parts":[{"text":"q"}]},{"role":"model","parts":)"
            + parts.dump() + "}]}";
        const ChatCall call = callFrom(body);
        QVERIFY(call.turns[1].parts[0].kind == PartKind::Reasoning);
        QVERIFY(call.turns[1].parts[0].text.is("hm"));
        QVERIFY(call.turns[1].parts[0].carry == thought.carry);
        QVERIFY(call.turns[1].parts[1].kind == PartKind::ToolCall);
    }

    void aSignatureOverATextStaysWithIt()
    {
        Part thought;
        thought.kind = PartKind::Reasoning;
        thought.text = RawText("hm");
        thought.carry = {CarryKind::AnthropicSignature, 9, "sig"};
        const ChatReply reply = answer({thought, textPart("so")});
        const Json parts = partsOf(wholeFor(reply, true));
        QCOMPARE(parts[0]["thoughtSignature"].get<std::string>(), wrapped(thought.carry));
        QVERIFY(!parts[1].contains("thoughtSignature"));
        QVERIFY(wholeFor(reply).dump().find("thoughtSignature") == std::string::npos);
        // Plain reasoning is wanted back as the text that it is.
        thought.carry = {CarryKind::PlainReasoning, 9, ""};
        const Json plain = partsOf(wholeFor(answer({thought, textPart("so")}), true));
        QCOMPARE(plain[0]["thoughtSignature"].get<std::string>(), wrapped(thought.carry));
        QVERIFY(!plain[1].contains("thoughtSignature"));
    }

    void sourcesCountOctets()
    {
        Part text = textPart("\xC3\xBC"
                             "b\xC3\xA4!");
        Citation ranged;
        ranged.url = RawText("https://a.org");
        ranged.title = RawText("A");
        ranged.cited = RawText("b\xC3\xA4");
        ranged.start = 1;
        ranged.end = 3;
        Citation whole;
        whole.url = RawText("https://b.org");
        text.citations = {ranged, whole};
        QCOMPARE(show(wholeFor(answer({text}))["candidates"][0]["groundingMetadata"]),
            QString::fromUtf8(
                "{\"groundingChunks\":[{\"web\":{\"uri\":\"https://"
                "a.org\",\"title\":\"A\"}},{\"web\":{\"uri\":\"https://"
                "b.org\"}}],\"groundingSupports\":[{\"segment\":{\"startIndex\":2,\"endIndex\":5,"
                "\"text\":\"b\xC3\xA4\"},\"groundingChunkIndices\":[0]},{\"segment\":{"
                "\"startIndex\":0,\"endIndex\":6},\"groundingChunkIndices\":[1]}]}"));
    }

    void severalChoicesForAClient()
    {
        ChatReply reply = answer({textPart("a")});
        ReplyChoice second;
        second.parts.push_back(textPart("b"));
        second.reason = FinishReason::Length;
        TokenChance chance;
        chance.token = RawText("b");
        chance.logprob = -0.25;
        second.chances.push_back(chance);
        reply.choices.push_back(std::move(second));
        QCOMPARE(show(wholeFor(reply)["candidates"]),
            show(std::string(
                R"([{"content":{"parts":[{"text":"a"}],"role":"model"},"finishReason":"STOP","index":0},{"content":{"parts":[{"text":"b"}],"role":"model"},"finishReason":"MAX_TOKENS","index":1,"logprobsResult":{"topCandidates":[{"candidates":[]}],"chosenCandidates":[{"token":"b","logProbability":-0.25}]}}])")));
    }

    void picturesForAClient()
    {
        const Json parts = partsOf(wholeFor(answer({imagePart()})));
        QCOMPARE(show(parts),
            show(
                std::string(R"([{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}])")));
    }

    // ---- writing a client's stream

    void theOctetsOfAStream()
    {
        const std::string out = streamed(
            [](Sequence& sequence) {
                sequence.reasoning(0, RawText("hm"));
                sequence.text(0, RawText("Hel"));
                sequence.text(0, RawText("lo \\\"you\\\""));
                sequence.call(0, 0, "c1", "f");
                sequence.arguments(0, 0, RawText("{\\\"a\\\":"));
                sequence.arguments(0, 0, RawText("1}"));
                sequence.endCall(0, 0);
                Usage usage;
                usage.input = 10;
                usage.output = 5;
                usage.reasoning = 2;
                sequence.usage(usage);
                sequence.finish(0, FinishReason::Stop);
                sequence.end();
            },
            true);
        const std::string tail = "\"modelVersion\":\"asked\",\"responseId\":\"abc123\"}\r\n\r\n";
        const auto line = [&](const std::string& part) {
            return "data: {\"candidates\":[{\"content\":{\"parts\":[" + part
                + "],\"role\":\"model\"},\"index\":0}]," + tail;
        };
        QCOMPARE(show(out),
            show(line(R"({"text":"hm","thought":true})") + line(R"({"text":"Hel"})")
                + line("{\"text\":\"lo \\\"you\\\"\"}")
                + line(R"({"functionCall":{"id":"c1","name":"f","args":{"a":1}}})")
                + R"(data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":3,"totalTokenCount":15,"thoughtsTokenCount":2},)"
                + tail));
    }

    void theOctetsOfAnArray()
    {
        const std::string out = streamed(
            [](Sequence& sequence) {
                sequence.text(0, RawText("a"));
                sequence.finish(0, FinishReason::Length);
                sequence.end();
            },
            false, true);
        QCOMPARE(show(out),
            show(std::string(
                "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}],\"role\":\"model\"},"
                "\"index\":0}],\"modelVersion\":\"asked\",\"responseId\":\"abc123\"},\r\n"
                "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},"
                "\"finishReason\":\"MAX_TOKENS\",\"index\":0}],\"modelVersion\":\"asked\","
                "\"responseId\":\"abc123\"}]")));
    }

    void anArrayGrowsWithTheAnswer()
    {
        const std::string out
            = streamed([](Sequence& sequence) { sequence.text(0, RawText("a")); }, false, true);
        QVERIFY(out.starts_with("[{") && out.ends_with('}'));
    }

    void noCommentsNoEventLinesNoDone()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.text(0, RawText("a"));
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        });
        for (const std::string_view line : {"\r\n:", "event:", "[DONE]"})
            QVERIFY(out.find(line) == std::string::npos);
        for (std::size_t at = 0; at < out.size(); at = out.find("\r\n\r\n", at) + 4)
            QVERIFY(out.compare(at, 7, "data: {") == 0);
    }

    void thoughtsThatNobodyAskedForAreLeftOut()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.reasoning(0, RawText("hm"));
            sequence.carryReasoning(0, {CarryKind::OpenaiEncrypted, 9, "state"});
            sequence.text(0, RawText("a"));
            sequence.text(0, RawText("b"));
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        });
        const std::vector<Json> chunks = chunksOf(out);
        QCOMPARE(chunks.size(), std::size_t(3));
        // Their state goes with what follows, once.
        QCOMPARE(partOf(chunks[0])["thoughtSignature"].get<std::string>(),
            wrapped({CarryKind::OpenaiEncrypted, 9, "state"}));
        QVERIFY(!partOf(chunks[1]).contains("thoughtSignature"));
    }

    void stateBehindWhichNothingComesIsInTheLastChunk()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.carryReasoning(0, {CarryKind::OpenaiEncrypted, 9, "state"});
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        });
        const std::vector<Json> chunks = chunksOf(out);
        QCOMPARE(chunks.size(), std::size_t(1));
        QVERIFY(partOf(chunks[0]).contains("thoughtSignature"));
        QCOMPARE(show(chunks[0]["candidates"][0]["finishReason"]), QStringLiteral("\"STOP\""));
    }

    void signaturesOfCallsAndTexts()
    {
        const std::string out = streamed(
            [](Sequence& sequence) {
                sequence.reasoning(0, RawText("hm"));
                sequence.carryReasoning(0, {CarryKind::AnthropicSignature, 9, "sig"});
                sequence.text(0, RawText("a"));
                sequence.carryText(0, googles("dA=="));
                sequence.carryCall(0, 0, googles("Yw=="));
                sequence.call(0, 0, "c1", "f");
                sequence.endCall(0, 0);
                sequence.finish(0, FinishReason::Stop);
                sequence.end();
            },
            true);
        const std::vector<Json> chunks = chunksOf(out);
        QCOMPARE(show(partOf(chunks[1])),
            show(std::string(R"({"text":"","thought":true,"thoughtSignature":")")
                + wrapped({CarryKind::AnthropicSignature, 9, "sig"}) + "\"}"));
        QCOMPARE(
            partOf(chunks[3])["thoughtSignature"].get<std::string>(), wrapped(googles("dA==")));
        QCOMPARE(partOf(chunks[4])["functionCall"]["args"].dump(), std::string("{}"));
        QCOMPARE(
            partOf(chunks[4])["thoughtSignature"].get<std::string>(), wrapped(googles("Yw==")));
    }

    void aCallIsHeldUntilItIsWhole()
    {
        std::string before;
        const std::string out = streamed([&](Sequence& sequence) {
            sequence.call(0, 0, "c1", "f");
            sequence.arguments(0, 0, RawText("{\\\"a\\\":1"));
            sequence.arguments(0, 0, RawText("}"));
            sequence.finish(0, FinishReason::Tool);
            sequence.end();
        });
        const std::vector<Json> chunks = chunksOf(out);
        QCOMPARE(chunks.size(), std::size_t(2));
        QCOMPARE(show(partOf(chunks[0])),
            show(std::string(R"({"functionCall":{"id":"c1","name":"f","args":{"a":1}}})")));
    }

    void halvesOfACharacterArePutTogether()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.text(0, RawText("a\\ud83d"));
            sequence.text(0, RawText("\\ude00b"));
            sequence.text(0, RawText("\\\\ud83d")); // a backslash and words
            sequence.text(0, RawText("\\ud83d")); // never gets its other half
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        });
        const auto has = [&](const char* text) { return out.find(text) != std::string::npos; };
        QVERIFY(has(R"({"text":"a"})"));
        QVERIFY(has(R"({"text":"\ud83d\ude00b"})"));
        QVERIFY(has(R"({"text":"\\ud83d"})"));
        QVERIFY(has(R"({"text":"\ufffd"})"));
    }

    void sourcesAreInTheLastChunk()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.text(0, RawText("\xC3\xBC"));
            sequence.text(0, RawText("ber"));
            Citation citation;
            citation.url = RawText("https://a.org");
            citation.start = 1;
            citation.end = 3;
            sequence.cite(0, citation);
            sequence.call(0, 0, "c", "f");
            sequence.endCall(0, 0);
            sequence.text(0, RawText("more"));
            citation.start = citation.end = -1;
            citation.url = RawText("https://b.org");
            sequence.cite(0, citation);
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        });
        const Json supports
            = chunksOf(out).back()["candidates"][0]["groundingMetadata"]["groundingSupports"];
        QCOMPARE(show(supports),
            show(std::string(
                R"([{"segment":{"startIndex":2,"endIndex":4},"groundingChunkIndices":[0]},{"segment":{"startIndex":5,"endIndex":9},"groundingChunkIndices":[1]}])")));
    }

    void severalChoicesInAStream()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.text(0, RawText("a"));
            sequence.text(1, RawText("b\\ud83d"));
            sequence.text(0, RawText("c"));
            sequence.text(1, RawText("\\ude00"));
            sequence.finish(0, FinishReason::Stop);
            sequence.finish(1, FinishReason::Length);
            sequence.end();
        });
        const std::vector<Json> chunks = chunksOf(out);
        QCOMPARE(chunks.size(), std::size_t(5));
        QCOMPARE(show(chunks[1]["candidates"][0]["index"]), QStringLiteral("1"));
        const Json last = chunks[4]["candidates"];
        QCOMPARE(show(last[0]["finishReason"]), QStringLiteral("\"STOP\""));
        QCOMPARE(show(last[1]["finishReason"]), QStringLiteral("\"MAX_TOKENS\""));
        QCOMPARE(show(last[1]["index"]), QStringLiteral("1"));
    }

    void chancesHaveAChunk()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.text(0, RawText("a"));
            TokenChance chance;
            chance.token = RawText("a");
            chance.logprob = -0.5;
            sequence.chances(0, {chance});
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        });
        QCOMPARE(show(chunksOf(out)[1]["candidates"]),
            show(std::string(
                R"([{"index":0,"logprobsResult":{"topCandidates":[{"candidates":[]}],"chosenCandidates":[{"token":"a","logProbability":-0.5}]}}])")));
    }

    void anErrorIsTheLastChunk()
    {
        const auto tell = [](Sequence& sequence) {
            sequence.text(0, RawText("a"));
            sequence.fail({ErrorKind::Overloaded, "too busy"});
        };
        const std::string error
            = R"({"error":{"code":503,"message":"too busy","status":"UNAVAILABLE"}})";
        const std::string out = streamed(tell);
        QVERIFY(out.ends_with("\r\n\r\ndata: " + error + "\r\n\r\n"));
        const std::string array = streamed(tell, false, true);
        QVERIFY(array.ends_with("},\r\n" + error + "]"));
        const std::string first = streamed(
            [](Sequence& sequence) {
                sequence.fail({ErrorKind::Overloaded, "too busy"});
            },
            false, true);
        QCOMPARE(first, "[" + error + "]");
    }

    void aFilterSaysWhyInTheLastChunk()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.refusal(0, RawText("no"));
            sequence.finish(0, FinishReason::Filter, {}, RawText("because"));
            sequence.end();
        });
        const Json last = chunksOf(out).back()["candidates"][0];
        QCOMPARE(show(last["finishReason"]), QStringLiteral("\"SAFETY\""));
        QCOMPARE(show(last["finishMessage"]), QStringLiteral("\"because\""));
    }

    void picturesInAStream()
    {
        const std::string out = streamed([](Sequence& sequence) {
            sequence.picture(0, imagePart().media);
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        });
        QCOMPARE(show(partOf(chunksOf(out)[0])),
            show(std::string(R"({"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}})")));
    }
};

QTEST_GUILESS_MAIN(TestGeminiConversion)
#include "tst_gemini_conversion.moc"
