#include <string>

#include "chat/collect.h"
#include "chat/repair.h"
#include "dialect/convert_parts.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <deque>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk";
constexpr std::uint32_t ours = 7;

/// Bodies outlive what is read from them.
std::string_view kept(std::string body)
{
    static std::deque<std::string> bodies;
    return bodies.emplace_back(std::move(body));
}

Result<ChatCall> reading(std::string body)
{
    Address address;
    address.dialect = DialectId::OpenaiResponses;
    return openai_responses::readCall(address, kept(std::move(body)));
}

/// A call with these fields beside its model.
ChatCall callWith(const std::string& fields)
{
    auto call = reading("{\"model\":\"asked\"," + fields + "}");
    if (!call)
        qFatal("%s", call.error().message.c_str());
    return std::move(*call);
}

ChatCall callOf(const std::string& items, const std::string& fields = {})
{
    return callWith("\"input\":[" + items + "]" + (fields.empty() ? "" : "," + fields));
}

ErrorKind refusalOf(const std::string& fields, std::string* field = nullptr)
{
    const auto call = reading("{\"model\":\"asked\"," + fields + "}");
    if (call)
        return ErrorKind::None;
    if (field)
        *field = call.error().field;
    return call.error().kind;
}

Target openaiTarget()
{
    Target target;
    target.model = "upstream";
    target.origin = ours;
    target.issuer = "openai";
    return target;
}

struct Written
{
    Json body;
    std::string text;
    std::vector<std::string> losses;
    std::optional<Error> error;
    ToolNames names;

    bool lost(const char* token) const { return std::find(losses.begin(), losses.end(), token) != losses.end(); }
};

Written writing(ChatCall& call, const Target& target = openaiTarget())
{
    Losses losses;
    repairHistory(call, losses);
    Written written;
    const auto out = openai_responses::writeCall(call, target, written.names, losses);
    written.losses = losses.tokens();
    if (!out) {
        written.error = out.error();
        return written;
    }
    written.text = *out;
    written.body = Json::parse(*out);
    return written;
}

Written writing(ChatCall&& call, const Target& target = openaiTarget())
{
    return writing(call, target);
}

/// The call a client sends with just a text, to be changed by the test.
ChatCall plainCall()
{
    return callWith(R"("input":"hi")");
}

Part part(PartKind kind, const char* text = "")
{
    Part made;
    made.kind = kind;
    made.text = RawText(text);
    return made;
}

Part callPart(const char* id, const char* name, const char* arguments)
{
    Part made = part(PartKind::ToolCall);
    made.callId = id;
    made.toolName = name;
    made.arguments = {arguments, false};
    return made;
}

Part resultPart(const char* id, std::vector<Part> parts)
{
    Part made = part(PartKind::ToolResult);
    made.callId = id;
    made.result = std::move(parts);
    return made;
}

Json parsed(const char* json)
{
    return Json::parse(json);
}

// ---- answers

ChatReply replying(std::string body)
{
    auto reply = openai_responses::readReply(kept(std::move(body)));
    if (!reply)
        qFatal("%s", reply.error().message.c_str());
    return std::move(*reply);
}

ChatReply replyWith(const std::string& output, const std::string& fields = R"("status":"completed")")
{
    return replying(R"({"id":"resp_u","model":"up-model","created_at":1788000000,)" + fields + R"(,"output":[)" + output + "]}");
}

/// Reads events, each given as JSON, as an upstream's stream.
struct Read
{
    explicit Read(std::initializer_list<const char*> events, const ChatCall* call = nullptr)
    {
        if (call)
            names = ToolNames(*call, NameRule::Openai, true);
        Sequence sequence(collector, names, 1);
        const auto reader = openai_responses::makeEventReader(sequence);
        for (const char* event : events)
            reader->event({}, event);
        hadContent = sequence.hasContent();
        if (!sequence.hasEnded())
            reader->endOfStream();
        error = collector.error();
        reply = collector.take();
    }

    const std::vector<Part>& parts() const { return reply.choices.at(0).parts; }

    ToolNames names;
    Collector collector;
    ChatReply reply;
    std::optional<Error> error;
    bool hadContent = false;
};

constexpr const char* done = R"({"type":"response.completed","response":{"id":"resp_u","status":"completed","output":[],"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}}})";

/// A stream for a client, written block by block.
struct Writing
{
    explicit Writing(ChatCall&& asked = plainCall()) : call(std::move(asked))
    {
        context.call = &call;
        context.id = "01hx";
        context.created = 1700000000;
        writer = openai_responses::makeStreamWriter(context, out);
        writer->started({"chatcmpl-1", "up-model", 1788000001});
    }

    Block block(PartKind kind)
    {
        Block made;
        made.index = index++;
        made.kind = kind;
        return made;
    }

    void say(PartKind kind, std::initializer_list<const char*> pieces)
    {
        const Block said = block(kind);
        writer->opened(said);
        for (const char* piece : pieces)
            writer->added(said, RawText(piece));
        writer->closed(said);
    }

    Block callBlock(const char* name, const char* id = "call_1")
    {
        Block made = block(PartKind::ToolCall);
        made.callIndex = 0;
        made.callId = id;
        made.toolName = name;
        return made;
    }

    void askFor(const Block& block, std::initializer_list<const char*> pieces)
    {
        writer->opened(block);
        if (!block.carry.isEmpty())
            writer->carried(block, block.carry);
        for (const char* piece : pieces)
            writer->added(block, RawText(piece));
        writer->closed(block);
    }

    void finish(FinishReason reason = FinishReason::Stop, bool withUsage = true)
    {
        ReplyEnd end;
        end.reason = reason;
        if (withUsage) {
            end.usage = Usage();
            end.usage->input = 10;
            end.usage->cacheRead = 4;
            end.usage->output = 5;
            end.usage->reasoning = 2;
        }
        writer->finished(end);
    }

    /// The events so far, checked for what holds of every stream.
    std::vector<Json> events() const
    {
        std::vector<Json> all;
        std::size_t at = 0;
        while (at < out.size()) {
            const std::size_t end = out.find("\n\n", at);
            const std::string block = out.substr(at, end - at);
            at = end + 2;
            const std::size_t line = block.find('\n');
            const Json event = Json::parse(block.substr(line + 1 + 6));
            if (block.substr(0, line) != "event: " + event["type"].get<std::string>() || event["sequence_number"] != all.size())
                qFatal("a bad event: %s", block.c_str());
            all.push_back(event);
        }
        return all;
    }

    std::vector<Json> eventsOf(const char* type) const
    {
        std::vector<Json> some;
        for (const Json& event : events()) {
            if (event["type"] == type)
                some.push_back(event);
        }
        return some;
    }

    Json response() const { return events().back()["response"]; }

    ChatCall call;
    ReplyContext context;
    std::string out;
    std::unique_ptr<ReplyWriter> writer;
    int index = 0;
};

/// A whole answer of these parts for a client.
Json answerOf(std::vector<Part> parts, FinishReason reason = FinishReason::Stop, ChatCall&& asked = plainCall())
{
    ChatReply reply;
    reply.created = 1788000001;
    reply.choices.emplace_back();
    reply.choices[0].parts = std::move(parts);
    reply.choices[0].reason = reason;
    ReplyContext context;
    context.call = &asked;
    context.id = "01hx";
    return Json::parse(openai_responses::writeReply(reply, context));
}

/// A call and the beginning of its result.
const std::string callItems = R"({"role":"user","content":"go"},{"type":"function_call","call_id":"call_a","name":"f","arguments":"{}"},)"
                              R"({"type":"function_call_output","call_id":"call_a","output":)";

}

#define SAME_JSON(actual, expected) QCOMPARE(QString::fromStdString((actual).dump()), QString::fromStdString((expected).dump()))
#define COMPARE_JSON(actual, expected) QCOMPARE(QString::fromStdString((actual).dump()), QString::fromStdString(parsed(expected).dump()))

class TestOpenaiResponsesConversion : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    // ---- a client's call is read

    void aPlainInputIsAUserTurn()
    {
        const ChatCall call = callWith(R"("input":"hi")");
        QCOMPARE(call.turns.size(), std::size_t(1));
        QCOMPARE(call.turns[0].role, Role::User);
        QVERIFY(call.turns[0].parts[0].text.is("hi"));
    }

    void aMessageNeedsNoType()
    {
        const ChatCall call = callOf(R"({"role":"user","content":"a"},{"role":"assistant","content":[{"type":"output_text","text":"b"}]})");
        QCOMPARE(call.turns.size(), std::size_t(2));
        QCOMPARE(call.turns[1].role, Role::Assistant);
    }

    void instructionsAndLeadingDeveloperItemsAreTheSystem()
    {
        const ChatCall call = callWith(
            R"("instructions":"one","input":[{"role":"developer","content":"two"},{"role":"system","content":"three"},{"role":"user","content":"go"},{"role":"developer","content":"four"}])");
        QCOMPARE(call.system.size(), std::size_t(3));
        QVERIFY(call.system[2].text.is("three"));
        QCOMPARE(call.turns.size(), std::size_t(2));
        QCOMPARE(call.turns[1].role, Role::System); // in the middle it keeps its place
    }

    void itemsOfTheAssistantAreOneTurn()
    {
        const ChatCall call = callOf(
            R"({"role":"user","content":"go"},{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA"},)"
            R"({"role":"assistant","content":"I look"},{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call","call_id":"b","name":"f","arguments":"{}"},)"
            R"({"type":"function_call_output","call_id":"a","output":"1"},{"type":"function_call_output","call_id":"b","output":"2"},{"role":"user","content":"and"})");
        QCOMPARE(call.turns.size(), std::size_t(4));
        QCOMPARE(call.turns[1].parts.size(), std::size_t(4));
        QCOMPARE(call.turns[1].parts[0].carry, (Carry {CarryKind::OpenaiEncrypted, 0, "gAAA"}));
        QCOMPARE(call.turns[2].parts.size(), std::size_t(2));
        QCOMPARE(call.turns[3].parts[0].kind, PartKind::Text);
    }

    void argumentsStayAsTheyWereReceived()
    {
        const ChatCall call = callOf(
            "{\"role\":\"user\",\"content\":\"go\"},{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\": 1}\"},{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"f\",\"arguments\":{\"x\":2}}");
        const std::vector<Part>& parts = call.turns[1].parts;
        QVERIFY(parts[0].arguments.isEscaped);
        QCOMPARE(parts[0].arguments.text, std::string_view(R"({\"x\": 1})"));
        QVERIFY(!parts[1].arguments.isEscaped); // an object, as some relays send
        QCOMPARE(parts[1].arguments.text, std::string_view(R"({"x":2})"));
    }

    void anOutputWithoutAnIdAnswersTheOldestCall()
    {
        const ChatCall call = callOf(
            R"({"role":"user","content":"go"},{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call","call_id":"b","name":"f","arguments":"{}"},)"
            R"({"type":"function_call_output","output":"1"},{"type":"function_call_output","output":"2"})");
        QCOMPARE(call.turns[2].parts[0].callId, std::string_view("a"));
        QCOMPARE(call.turns[2].parts[1].callId, std::string_view("b"));
    }

    void anOutputThatBelongsToNoCallIsRefused()
    {
        std::string field;
        QCOMPARE(refusalOf(R"("input":[{"role":"user","content":"go"},{"type":"function_call_output","output":"1"}])", &field), ErrorKind::BadRequest);
        QCOMPARE(field, std::string("input[1].call_id"));
    }

    void anErrorIsKnownByItsMark()
    {
        const ChatCall call = callOf(callItems + R"("[tool error] no such file"})");
        const Part& result = call.turns[2].parts[0];
        QVERIFY(result.isError);
        QVERIFY(result.result[0].text.is("no such file"));
        QVERIFY(!callOf(callItems + R"("error: no"})").turns[2].parts[0].isError);
    }

    void anOutputMayBeAList()
    {
        const ChatCall call = callOf(std::string(callItems)
            + R"([{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}]})");
        const Part& result = call.turns[2].parts[0];
        QCOMPARE(result.result.size(), std::size_t(3));
        QCOMPARE(result.result[1].kind, PartKind::Image);
        QCOMPARE(result.result[2].media.mime, std::string_view("application/pdf"));
    }

    void customCallsAreReadWithTheirInput()
    {
        const ChatCall call = callOf(
            "{\"role\":\"user\",\"content\":\"go\"},{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"patch\",\"input\":\"a \\\"b\\\"\"},{\"type\":\"custom_tool_call_output\",\"call_id\":\"c\",\"output\":[{\"type\":\"input_text\",\"text\":\"ok\"}]}",
            R"("tools":[{"type":"custom","name":"patch","description":"d","format":{"type":"grammar","syntax":"lark","definition":"start: x"}}])");
        QVERIFY(call.turns[1].parts[0].isCustom);
        QVERIFY(call.turns[1].parts[0].text.is("a \"b\""));
        QVERIFY(call.turns[2].parts[0].isCustom);
        QCOMPARE(call.tools[0].kind, Tool::Kind::Custom);
        QCOMPARE(call.tools[0].grammarSyntax, std::string_view("lark"));
        QVERIFY(call.tools[0].grammar.is("start: x"));
    }

    void toolsInANamespaceKeepIt()
    {
        const ChatCall call = callOf(
            R"({"role":"user","content":"go"},{"type":"function_call","call_id":"a","name":"read","namespace":"files","arguments":"{}"})",
            R"("tools":[{"type":"namespace","name":"files","tools":[{"type":"function","name":"read","parameters":{"type":"object"}},{"type":"custom","name":"grep"}]}])");
        QCOMPARE(call.tools.size(), std::size_t(2));
        QCOMPARE(call.tools[0].nameSpace, std::string_view("files"));
        QCOMPARE(call.tools[1].kind, Tool::Kind::Custom);
        QCOMPARE(call.turns[1].parts[0].nameSpace, std::string_view("files"));
    }

    void additionalToolsJoinTheOthersAndReplaceThem()
    {
        const ChatCall call = callOf(
            R"({"type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"functions","tools":[{"type":"custom","name":"exec"}]},{"type":"function","name":"f","description":"new"}]},)"
            R"({"role":"user","content":"go"},{"type":"tool_search_output","call_id":"t","tools":[{"type":"function","name":"g"}]})",
            R"("tools":[{"type":"function","name":"f","description":"old"}])");
        QCOMPARE(call.tools.size(), std::size_t(3));
        QVERIFY(call.tools[0].description.is("new"));
        QCOMPARE(call.tools[1].nameSpace, std::string_view("functions"));
        QCOMPARE(call.tools[2].name, std::string_view("g"));
        QCOMPARE(call.turns.size(), std::size_t(1));
    }

    void typedToolsAreFunctionsWithTheirTypeAsName()
    {
        for (const char* type : {"local_shell", "shell", "apply_patch"}) {
            const ChatCall call = callOf(R"({"role":"user","content":"go"})", std::string("\"tools\":[{\"type\":\"") + type + "\"}]");
            QCOMPARE(call.tools[0].kind, Tool::Kind::Function);
            QCOMPARE(call.tools[0].name, std::string_view(type));
            QCOMPARE(call.tools[0].serverType, std::string_view(type));
            QVERIFY(Json::parse(call.tools[0].schema).contains("required"));
        }
        const ChatCall hosted = callOf(R"({"role":"user","content":"go"})", R"("tools":[{"type":"shell","environment":{"type":"container_auto"}}])");
        QCOMPARE(hosted.tools[0].kind, Tool::Kind::Server);
    }

    void typedCallsAreFunctionCallsWithTheirActionAsArguments()
    {
        const ChatCall call = callOf(
            R"({"role":"user","content":"go"},{"type":"local_shell_call","id":"lsh_1","call_id":"a","status":"completed","action":{"type":"exec","command":["ls"],"env":{}}},)"
            R"({"type":"shell_call","call_id":"b","action":{"commands":["ls"]}},{"type":"apply_patch_call","call_id":"c","operation":{"type":"delete_file","path":"x"}},)"
            "{\"type\":\"local_shell_call_output\",\"id\":\"a\",\"output\":\"{\\\"output\\\":\\\"x\\\"}\"},{\"type\":\"shell_call_output\",\"call_id\":\"b\",\"output\":[{\"stdout\":\"y\"}]},{\"type\":\"apply_patch_call_output\",\"call_id\":\"c\",\"status\":\"failed\",\"output\":\"gone\"}");
        const std::vector<Part>& calls = call.turns[1].parts;
        QCOMPARE(calls[0].toolName, std::string_view("local_shell"));
        QCOMPARE(calls[0].arguments.text, std::string_view(R"({"type":"exec","command":["ls"],"env":{}})"));
        QCOMPARE(calls[1].toolName, std::string_view("shell"));
        QCOMPARE(calls[2].arguments.text, std::string_view(R"({"type":"delete_file","path":"x"})"));
        const std::vector<Part>& results = call.turns[2].parts;
        QCOMPARE(results[0].callId, std::string_view("a"));
        QVERIFY(results[1].result[0].text.is(R"([{"stdout":"y"}])"));
        QVERIFY(results[2].isError);
        QVERIFY(results[2].result[0].text.is("gone"));
    }

    void hostedItemsAreKeptRawWithAWordAboutThem()
    {
        const ChatCall call = callOf(
            R"({"role":"user","content":"go"},{"type":"web_search_call","id":"ws_1","action":{"type":"search","query":"q"}},{"role":"assistant","content":"a"})");
        QCOMPARE(call.turns[1].parts[0].kind, PartKind::Server);
        QVERIFY(call.turns[1].parts[0].text.is("web search: q"));
        QVERIFY(call.turns[1].parts[0].raw.starts_with("{\"type\":\"web_search_call\""));
    }

    void hostedToolsAreKnown()
    {
        const ChatCall call = callOf(R"({"role":"user","content":"go"})",
            R"("tools":[{"type":"web_search_preview"},{"type":"file_search"},{"type":"code_interpreter"},{"type":"image_generation"},{"type":"mcp"},{"type":"computer_use_preview"},{"type":"tool_search"},{"type":"new"}])");
        const ServerTool kinds[] = {ServerTool::WebSearch, ServerTool::FileSearch, ServerTool::CodeExecution, ServerTool::ImageGeneration,
            ServerTool::Mcp, ServerTool::Computer, ServerTool::ToolSearch, ServerTool::Other};
        for (std::size_t i = 0; i < std::size(kinds); ++i)
            QCOMPARE(call.tools[i].server, kinds[i]);
    }

    void aCarryOfOursIsUnwrapped()
    {
        const std::string sealed = wrapped({CarryKind::AnthropicSignature, 9, "sig"});
        const ChatCall call = callOf("{\"role\":\"user\",\"content\":\"go\"},{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"a\"},{\"type\":\"summary_text\",\"text\":\"b\"}],\"encrypted_content\":\""
            + sealed + "\"},{\"role\":\"assistant\",\"content\":\"x\"}");
        const Part& reasoning = call.turns[1].parts[0];
        QCOMPARE(reasoning.carry, (Carry {CarryKind::AnthropicSignature, 9, "sig"}));
        QVERIFY(reasoning.text.is("a\n\nb"));
        // Cut on its way it is none, and no vendor's either.
        const ChatCall cut = callOf("{\"role\":\"user\",\"content\":\"go\"},{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"a\"}],\"encrypted_content\":\""
            + sealed.substr(0, sealed.size() - 6) + "\"}");
        QVERIFY(cut.turns[1].parts[0].carry.isEmpty());
    }

    void aSignatureOfGeminiGoesBackToItsPart()
    {
        const std::string one = wrapped({CarryKind::GeminiSignature, 3, "one"});
        const std::string two = wrapped({CarryKind::GeminiSignature, 3, "two"});
        const auto item = [](const std::string& sealed) { return "{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"" + sealed + "\"}"; };
        const ChatCall call = callOf(R"({"role":"user","content":"go"},{"role":"assistant","content":"a"},)" + item(one) + "," + item(two)
            + R"(,{"type":"function_call","call_id":"c","name":"f","arguments":"{}"})");
        const std::vector<Part>& parts = call.turns[1].parts;
        QCOMPARE(parts.size(), std::size_t(2));
        QCOMPARE(parts[0].carry.payload, std::string_view("one"));
        QCOMPARE(parts[1].carry.payload, std::string_view("two"));
    }

    void reasoningIsNeverVisibleText()
    {
        const ChatCall call = callOf(R"({"role":"user","content":"go"},{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"deep"}]},{"type":"reasoning","summary":[]})");
        QCOMPARE(call.turns[1].parts.size(), std::size_t(1)); // an empty one is nothing
        QCOMPARE(call.turns[1].parts[0].kind, PartKind::Reasoning);
        QVERIFY(call.turns[1].parts[0].text.is("deep"));
    }

    void contentPartsAreRead()
    {
        const ChatCall call = callOf(
            "{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"t\",\"prompt_cache_breakpoint\":{\"mode\":\"explicit\"}},{\"type\":\"input_image\",\"image_url\":\"https://example.com/a.png\",\"detail\":\"high\"},{\"type\":\"input_image\",\"file_id\":\"file-1\"},"
            "{\"type\":\"input_file\",\"file_url\":\"https://example.com/a.pdf\"},{\"type\":\"input_file\",\"file_id\":\"file-2\",\"filename\":\"n\"},{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"UklG\",\"format\":\"mp3\"}},{\"type\":\"input_text\",\"text\":\"\"},{\"type\":\"new_kind\"}]},"
            R"({"role":"assistant","content":[{"type":"refusal","refusal":"no"},{"type":"output_text","text":"x","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":1},{"type":"file_citation","file_id":"f"}]}]})");
        const std::vector<Part>& parts = call.turns[0].parts;
        QCOMPARE(parts.size(), std::size_t(6));
        QCOMPARE(parts[0].cache, CacheMark::FiveMinutes);
        QCOMPARE(parts[1].media.source, Media::Source::Url);
        QCOMPARE(parts[1].media.detail, std::string_view("high"));
        QCOMPARE(parts[2].media.source, Media::Source::FileId);
        QCOMPARE(parts[3].kind, PartKind::Document);
        QVERIFY(parts[4].media.name.is("n"));
        QCOMPARE(parts[5].media.mime, std::string_view("audio/mp3"));
        QCOMPARE(call.turns[1].parts[0].kind, PartKind::Refusal);
        QCOMPARE(call.turns[1].parts[1].citations.size(), std::size_t(1));
        QCOMPARE(call.turns[1].parts[1].citations[0].end, std::int64_t(1));
    }

    void limitsAndSamplingAreReadFromNumbersAndTexts()
    {
        const ChatCall call = callWith(
            R"("input":"x","max_output_tokens":"4096","temperature":0.5,"top_p":0.9,"top_logprobs":3,"include":["message.output_text.logprobs"],"service_tier":"flex","prompt_cache_key":"k","user":"u","metadata":{"a":"b"},"store":true,"stream":true,"parallel_tool_calls":false)");
        QCOMPARE(call.maxOutput, std::optional<Tokens>(4096));
        QCOMPARE(call.temperature, std::optional(0.5));
        QCOMPARE(call.topP, std::optional(0.9));
        QVERIFY(call.logprobs);
        QCOMPARE(call.topLogprobs, std::optional<std::int64_t>(3));
        QCOMPARE(call.tier, std::string_view("flex"));
        QCOMPARE(call.cacheKey, std::string_view("k"));
        QCOMPARE(call.userRef, std::string_view("u"));
        QCOMPARE(call.metadata, std::string_view(R"({"a":"b"})"));
        QCOMPARE(call.store, std::optional(true));
        QVERIFY(call.stream);
        QVERIFY(!call.wantsEncryptedReasoning);
        QCOMPARE(call.toolChoice.parallel, std::optional(false));
    }

    void sealedReasoningIsWantedByIncludeOrWithoutStore()
    {
        QVERIFY(callWith(R"("input":"x","include":["reasoning.encrypted_content"])").wantsEncryptedReasoning);
        QVERIFY(callWith(R"("input":"x","store":false)").wantsEncryptedReasoning);
    }

    void theWishForReasoningIsRead()
    {
        const ChatCall call = callWith(R"("input":"x","reasoning":{"effort":"xhigh","summary":"auto"})");
        QCOMPARE(call.reasoning.effort, std::optional(Effort::XHigh));
        QCOMPARE(call.reasoning.show, std::optional(true));
        const ChatCall off = callWith(R"("input":"x","reasoning":{"effort":"none","summary":null})");
        QCOMPARE(off.reasoning.on, std::optional(false));
        QCOMPARE(off.reasoning.show, std::optional(false));
        QVERIFY(callWith(R"("input":"x")").reasoning.isUnset());
    }

    void formatAndVerbosityAreRead()
    {
        const ChatCall call = callWith(
            R"("input":"x","text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true,"description":"d"}})");
        QCOMPARE(call.verbosity, std::string_view("low"));
        QCOMPARE(call.format.kind, OutputFormat::Kind::JsonSchema);
        QCOMPARE(call.format.name, std::string_view("n"));
        QCOMPARE(call.format.schema, std::string_view(R"({"type":"object"})"));
        QCOMPARE(call.format.strict, std::optional(true));
        QCOMPARE(callWith(R"("input":"x","text":{"format":{"type":"json_object"}})").format.kind, OutputFormat::Kind::JsonObject);
    }

    void theToolChoiceIsRead()
    {
        using Mode = ToolChoice::Mode;
        const auto choiceOf = [](const char* choice) { return callWith(std::string(R"("input":"x","tool_choice":)") + choice).toolChoice; };
        QCOMPARE(choiceOf("\"auto\"").mode, Mode::Auto);
        QCOMPARE(choiceOf("\"required\"").mode, Mode::Any);
        QCOMPARE(choiceOf("\"none\"").mode, Mode::None);
        QCOMPARE(choiceOf(R"({"type":"function","name":"f"})").name, std::string_view("f"));
        QCOMPARE(choiceOf(R"({"type":"custom","name":"c"})").mode, Mode::Named);
        QCOMPARE(choiceOf(R"({"type":"apply_patch"})").name, std::string_view("apply_patch"));
        const ToolChoice allowed = choiceOf(R"({"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"web_search"}]})");
        QCOMPARE(allowed.mode, Mode::Any);
        QCOMPARE(allowed.only, (std::vector<std::string_view> {"f", "web_search"}));
    }

    void whatTheAnswerRepeatsIsKept()
    {
        const ChatCall call = callWith(R"("input":"x","instructions":"i","reasoning":{"effort":"low"},"text":{"verbosity":"low"},"tools":[],"stream":true)");
        const auto told = [&](std::string_view name) {
            for (const auto& [field, value] : call.echo) {
                if (field == name)
                    return std::string(value);
            }
            return std::string("nothing");
        };
        QCOMPARE(told("instructions"), std::string("\"i\""));
        QCOMPARE(told("reasoning"), std::string(R"({"effort":"low","summary":null})"));
        QCOMPARE(told("text"), std::string(R"({"format":{"type":"text"},"verbosity":"low"})"));
        QCOMPARE(told("tools"), std::string("[]"));
        QCOMPARE(told("stream"), std::string("nothing"));
    }

    void referencesWaitForWhoeverKeepsThem()
    {
        const ChatCall call = callWith(R"("previous_response_id":"resp_1","input":[{"type":"item_reference","id":"msg_1"},{"id":"msg_2"}])");
        QCOMPARE(call.previousResponse, std::string_view("resp_1"));
        QCOMPARE(call.itemReferences, (std::vector<std::string_view> {"msg_1", "msg_2"}));
    }

    void whatNoUpstreamCanDoIsRefused()
    {
        std::string field;
        QCOMPARE(refusalOf(R"("input":"x","conversation":"conv_1")", &field), ErrorKind::Unsupported);
        QCOMPARE(field, std::string("conversation"));
        QCOMPARE(refusalOf(R"("input":"x","background":true)", &field), ErrorKind::Unsupported);
        QCOMPARE(field, std::string("background"));
        QCOMPARE(refusalOf(R"("input":"x","prompt":{"id":"p"})", &field), ErrorKind::Unsupported);
        QCOMPARE(field, std::string("prompt"));
        QCOMPARE(refusalOf(R"("input":[{"role":"user","content":"x"},{"type":"compaction_trigger"}])", &field), ErrorKind::Unsupported);
        QCOMPARE(refusalOf(R"("input":"x","tools":[{"type":"mcp","server_label":"a"}])", &field), ErrorKind::Unsupported);
        QCOMPARE(field, std::string("tools"));
        QCOMPARE(refusalOf(R"("instructions":"only","input":[])", &field), ErrorKind::BadRequest);
        QCOMPARE(field, std::string("input"));
        QCOMPARE(reading("[1]").error().kind, ErrorKind::BadRequest);
        QCOMPARE(reading("{").error().kind, ErrorKind::BadRequest);
        QCOMPARE(reading(R"({"input":"x"})").error().field, std::string("model"));
    }

    void nullsAndUnknownFieldsAreNothing()
    {
        const ChatCall call = callWith(
            R"("input":[{"role":"user","content":"x","phase":"commentary"},{"type":"news"}],"tools":null,"tool_choice":null,"conversation":null,"prompt":null,"background":null,"temperature":null,"client_metadata":{})");
        QCOMPARE(call.turns.size(), std::size_t(1));
        QVERIFY(!call.temperature);
    }

    void whatNoOtherProtocolHasIsNamed()
    {
        const ChatCall call = callWith(R"("input":"x","truncation":"auto","context_management":[{"type":"compaction"}],"max_tool_calls":4)");
        QCOMPARE(call.leftOut, (std::vector<std::string_view> {"truncation", "context_management", "max_tool_calls"}));
        QVERIFY(callWith(R"("input":"x","truncation":"disabled")").leftOut.empty());
    }

    // ---- a call is written for an upstream

    void theExampleOfTheMapIsWrittenAsItStandsThere()
    {
        ChatCall call = plainCall();
        call.maxOutput = 64;
        call.system.push_back(part(PartKind::Text, "S"));
        call.turns.push_back({Role::Assistant, {part(PartKind::Text, "ok"), callPart("t1", "add", R"({"a":1})")}});
        call.turns.push_back({Role::User, {resultPart("t1", {part(PartKind::Text, "2")}), part(PartKind::Text, "and?")}});
        Target target = openaiTarget();
        target.efforts = 0;
        QCOMPARE(QString::fromStdString(writing(call, target).text),
            QString::fromLatin1(R"({"model":"upstream","max_output_tokens":64,"instructions":"S","store":false,"input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]},)"
                                "{\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"ok\"}]},{\"type\":\"function_call\",\"call_id\":\"t1\",\"name\":\"add\",\"arguments\":\"{\\\"a\\\":1}\"},"
                                R"({"type":"function_call_output","call_id":"t1","output":"2"},{"role":"user","content":[{"type":"input_text","text":"and?"}]}]})"));
    }

    void theSameCallGivesTheSameOctets()
    {
        const char* items = R"({"role":"user","content":"go"},{"type":"function_call","call_id":"a|very|long|id|that|is|longer|than|sixty|four|octets|and|so|must|be|folded","name":"f","arguments":"{}"})";
        QCOMPARE(writing(callOf(items)).text, writing(callOf(items)).text);
    }

    void instructionsAreJoinedByABlankLine()
    {
        ChatCall call = plainCall();
        call.system = {part(PartKind::Text, "one"), part(PartKind::Text, ""), part(PartKind::Text, "two")};
        QCOMPARE(writing(call).body["instructions"].get<std::string>(), std::string("one\n\ntwo"));
    }

    void systemInTheMiddleStaysUnlessTheTargetRefusesIt()
    {
        const char* items = R"({"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"developer","content":"c"},{"role":"user","content":"d"})";
        QCOMPARE(writing(callOf(items)).body["input"][2]["role"].get<std::string>(), std::string("system"));
        Target target = openaiTarget();
        target.developerRole = true;
        QCOMPARE(writing(callOf(items), target).body["input"][2]["role"].get<std::string>(), std::string("developer"));
        target.systemFirstOnly = true;
        const Written wrapped = writing(callOf(items), target);
        for (const Json& item : wrapped.body["input"])
            QVERIFY(item["role"] != "system" && item["role"] != "developer");
        QVERIFY(wrapped.text.find("system-reminder") != std::string::npos);
    }

    void emptyTextsAreLeftOut()
    {
        ChatCall call = plainCall();
        call.turns[0].parts.push_back(part(PartKind::Text, ""));
        QCOMPARE(writing(call).body["input"][0]["content"].size(), std::size_t(1));
    }

    void mediaOfAUserAreWritten()
    {
        ChatCall call = plainCall();
        Part image = part(PartKind::Image);
        image.media.data = png;
        image.media.mime = "image/png";
        image.media.detail = "low";
        Part address = part(PartKind::Image);
        address.media.source = Media::Source::Url;
        address.media.url = RawText("https://example.com/a.png");
        Part document = part(PartKind::Document);
        document.media.data = "JVBERi0=";
        document.media.mime = "application/pdf";
        Part page = part(PartKind::Document);
        page.media.source = Media::Source::Url;
        page.media.url = RawText("https://example.com/a.pdf");
        Part plain = part(PartKind::Document, "words");
        plain.media.source = Media::Source::Text;
        plain.media.name = RawText("T");
        call.turns[0].parts = {image, address, document, page, plain};
        const Written written = writing(call);
        COMPARE_JSON(written.body["input"][0]["content"],
            (std::string("[{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64,") + png
                + "\",\"detail\":\"low\"},{\"type\":\"input_image\",\"image_url\":\"https://example.com/a.png\"},{\"type\":\"input_file\",\"filename\":\"document.pdf\",\"file_data\":\"data:application/pdf;base64,JVBERi0=\"},"
                  "{\"type\":\"input_file\",\"file_url\":\"https://example.com/a.pdf\"},{\"type\":\"input_text\",\"text\":\"<document title=\\\"T\\\">\\nwords\\n</document>\"}]")
                .c_str());
        QVERIFY(written.losses.empty());
    }

    void whatTheTargetCannotTakeIsNamedInItsPlace()
    {
        ChatCall call = plainCall();
        Part image = part(PartKind::Image);
        image.media.data = png;
        Part audio = part(PartKind::Audio);
        audio.media.data = "UklG";
        Part video = part(PartKind::Video);
        Part foreign = part(PartKind::Image);
        foreign.media.source = Media::Source::FileId;
        foreign.media.url = RawText("file_011C");
        Part own = foreign;
        own.media.url = RawText("file-1");
        call.turns[0].parts = {image, audio, video, foreign, own};
        Target target = openaiTarget();
        Written written = writing(call, target);
        const Json& content = written.body["input"][0]["content"];
        QCOMPARE(content[0]["type"].get<std::string>(), std::string("input_image"));
        QVERIFY(content[1]["text"].get<std::string>().starts_with("[audio omitted"));
        QVERIFY(content[2]["text"].get<std::string>().starts_with("[video omitted"));
        QVERIFY(content[3]["text"].get<std::string>().starts_with("[image omitted"));
        QCOMPARE(content[4]["file_id"].get<std::string>(), std::string("file-1"));
        QVERIFY(written.lost("drop:audio") && written.lost("drop:video") && written.lost("drop:image"));
        target.vision = false;
        QVERIFY(writing(call, target).body["input"][0]["content"][0]["text"].get<std::string>().starts_with("[image omitted"));
        target.issuer.clear();
        QVERIFY(writing(call, target).body["input"][0]["content"][4].contains("text"));
    }

    void picturesByAddressNeedATargetThatFetchesThem()
    {
        ChatCall call = plainCall();
        Part address = part(PartKind::Image);
        address.media.source = Media::Source::Url;
        address.media.url = RawText("https://example.com/a.png");
        call.turns[0].parts = {address};
        Target target = openaiTarget();
        target.takesUrls = false;
        QVERIFY(writing(call, target).body["input"][0]["content"][0]["text"].get<std::string>().starts_with("[image omitted"));
    }

    void aRefusalOfTheAssistantStaysOne()
    {
        ChatCall call = plainCall();
        call.turns.push_back({Role::Assistant, {part(PartKind::Refusal, "no")}});
        call.turns.push_back({Role::User, {part(PartKind::Text, "why")}});
        COMPARE_JSON(writing(call).body["input"][1], R"({"role":"assistant","content":[{"type":"refusal","refusal":"no"}]})");
    }

    void sealedReasoningGoesBackToItsIssuerOnly()
    {
        const auto reasoning = [](CarryKind kind, std::uint32_t origin) {
            ChatCall call = plainCall();
            Part thought = part(PartKind::Reasoning, "hm");
            thought.carry = {kind, origin, "gAAA"};
            call.turns.push_back({Role::Assistant, {thought, part(PartKind::Text, "ok")}});
            call.turns.push_back({Role::User, {part(PartKind::Text, "so")}});
            return writing(call).body["input"];
        };
        const Json own = reasoning(CarryKind::OpenaiEncrypted, ours);
        QCOMPARE(own.size(), std::size_t(4));
        COMPARE_JSON(own[1], R"({"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA"})");
        QVERIFY(!own[1].contains("id"));
        QCOMPARE(reasoning(CarryKind::OpenaiEncrypted, 0).size(), std::size_t(4));
        QCOMPARE(reasoning(CarryKind::OpenaiEncrypted, ours + 1).size(), std::size_t(3));
        QCOMPARE(reasoning(CarryKind::AnthropicSignature, ours).size(), std::size_t(3));
        QCOMPARE(reasoning(CarryKind::None, 0).size(), std::size_t(3));
    }

    void reasoningThatNothingFollowsIsLeftOut()
    {
        const Written written = writing(callOf(
            R"({"role":"user","content":"a"},{"role":"assistant","content":"b"},{"type":"reasoning","summary":[],"encrypted_content":"gAAA"},{"role":"user","content":"c"})"));
        QCOMPARE(written.body["input"].size(), std::size_t(3));
    }

    void callsAndResultsAreItems()
    {
        ChatCall call = plainCall();
        call.turns.push_back({Role::Assistant, {callPart("a", "f", ""), callPart("b", "g", "{\"q\":\"\\\"\"}")}});
        Part bad = resultPart("b", {part(PartKind::Text, "one"), part(PartKind::Text, "two")});
        bad.isError = true;
        call.turns.push_back({Role::User, {resultPart("a", {}), bad}});
        const Json input = writing(call).body["input"];
        COMPARE_JSON(input[1], R"({"type":"function_call","call_id":"a","name":"f","arguments":"{}"})");
        QCOMPARE(input[2]["arguments"].get<std::string>(), std::string("{\"q\":\"\\\"\"}"));
        QCOMPARE(input[3]["output"].get<std::string>(), std::string("(no output)"));
        QCOMPARE(input[4]["output"].get<std::string>(), std::string("[tool error] one\ntwo"));
    }

    void picturesInResultsMakeAList()
    {
        ChatCall call = plainCall();
        call.turns.push_back({Role::Assistant, {callPart("a", "f", "{}")}});
        Part image = part(PartKind::Image);
        image.media.data = png;
        image.media.mime = "image/png";
        Part result = resultPart("a", {part(PartKind::Text, "see"), image});
        result.isError = true;
        call.turns.push_back({Role::User, {result}});
        const Json output = writing(call).body["input"][2]["output"];
        QCOMPARE(output.size(), std::size_t(2));
        QCOMPARE(output[0]["text"].get<std::string>(), std::string("[tool error] see"));
        QCOMPARE(output[1]["type"].get<std::string>(), std::string("input_image"));
    }

    void longCallIdsAreFoldedAlike()
    {
        const std::string id(65, 'x');
        const Written written = writing(callOf("{\"role\":\"user\",\"content\":\"a\"},{\"type\":\"function_call\",\"call_id\":\"" + id
            + R"(","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":")" + id + "\",\"output\":\"1\"}"));
        const Json& input = written.body["input"];
        QVERIFY(input[1]["call_id"].get<std::string>().size() <= 64);
        SAME_JSON(input[1]["call_id"], input[2]["call_id"]);
        QCOMPARE(writing(callOf(callItems + "\"1\"}")).body["input"][1]["call_id"].get<std::string>(), std::string("call_a"));
    }

    void customToolsStayCustomWhereTheTargetHasThem()
    {
        const char* items
            = "{\"role\":\"user\",\"content\":\"go\"},{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"patch\",\"input\":\"a \\\"b\\\"\"},{\"type\":\"custom_tool_call_output\",\"call_id\":\"c\",\"output\":\"ok\"}";
        const char* fields
            = "\"tools\":[{\"type\":\"custom\",\"name\":\"patch\",\"description\":\"d\",\"format\":{\"type\":\"grammar\",\"syntax\":\"lark\",\"definition\":\"start: \\\"x\\\"\"}},{\"type\":\"custom\",\"name\":\"free\"}],\"tool_choice\":{\"type\":\"custom\",\"name\":\"patch\"}";
        const Written native = writing(callOf(items, fields));
        COMPARE_JSON(native.body["input"][1], "{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"patch\",\"input\":\"a \\\"b\\\"\"}");
        COMPARE_JSON(native.body["input"][2], R"({"type":"custom_tool_call_output","call_id":"c","output":"ok"})");
        COMPARE_JSON(native.body["tools"],
            "[{\"type\":\"custom\",\"name\":\"patch\",\"description\":\"d\",\"format\":{\"type\":\"grammar\",\"syntax\":\"lark\",\"definition\":\"start: \\\"x\\\"\"}},{\"type\":\"custom\",\"name\":\"free\",\"format\":{\"type\":\"text\"}}]");
        COMPARE_JSON(native.body["tool_choice"], R"({"type":"custom","name":"patch"})");

        Target target = openaiTarget();
        target.customTools = false;
        const Written emulated = writing(callOf(items, fields), target);
        QCOMPARE(Json::parse(emulated.body["input"][1]["arguments"].get<std::string>())["input"].get<std::string>(), std::string("a \"b\""));
        QCOMPARE(emulated.body["input"][2]["type"].get<std::string>(), std::string("function_call_output"));
        QCOMPARE(emulated.body["tools"][0]["type"].get<std::string>(), std::string("function"));
        QCOMPARE(emulated.body["tools"][0]["description"].get<std::string>(), std::string("d\n\nThe input has to follow this lark grammar:\nstart: \"x\""));
        COMPARE_JSON(emulated.body["tool_choice"], R"({"type":"function","name":"patch"})");
        QVERIFY(emulated.names.ownName("patch")->isCustom);
    }

    void toolsOfANamespaceAreFlattened()
    {
        const Written written = writing(callOf(
            R"({"role":"user","content":"go"},{"type":"function_call","call_id":"a","name":"read","namespace":"files","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":"1"})",
            R"("tools":[{"type":"namespace","name":"files","tools":[{"type":"function","name":"read"}]}],"tool_choice":{"type":"function","name":"read"})"));
        QCOMPARE(written.body["tools"][0]["name"].get<std::string>(), std::string("files__read"));
        QCOMPARE(written.body["input"][1]["name"].get<std::string>(), std::string("files__read"));
        QVERIFY(!written.body["input"][1].contains("namespace"));
        QCOMPARE(written.body["tool_choice"]["name"].get<std::string>(), std::string("files__read"));
        QCOMPARE(written.names.ownName("files__read")->nameSpace, std::string("files"));
    }

    void strictIsFalseUnlessTheClientSaidTrue()
    {
        const char* fields = R"("tools":[{"type":"function","name":"a","strict":true,"parameters":{"type":"object"}},{"type":"function","name":"b","description":"d"}])";
        const Written written = writing(callOf(R"({"role":"user","content":"go"})", fields));
        COMPARE_JSON(written.body["tools"],
            R"([{"type":"function","name":"a","parameters":{"type":"object"},"strict":true},{"type":"function","name":"b","description":"d","parameters":{"type":"object","properties":{}},"strict":false}])");
        Target target = openaiTarget();
        target.strictTools = false;
        QVERIFY(!writing(callOf(R"({"role":"user","content":"go"})", fields), target).body["tools"][0].contains("strict"));
    }

    void hostedToolsOfOthersAreDropped()
    {
        ChatCall call = plainCall();
        Tool tool;
        tool.kind = Tool::Kind::Server;
        tool.server = ServerTool::CodeExecution;
        tool.name = tool.serverType = "code_execution_20250825";
        call.tools.push_back(tool);
        call.toolChoice.mode = ToolChoice::Mode::Auto;
        const Written written = writing(call);
        QVERIFY(!written.body.contains("tools"));
        QVERIFY(!written.body.contains("tool_choice")); // no tools, no choice
        QVERIFY(written.lost("drop:code_execution_20250825"));
        call.toolChoice.mode = ToolChoice::Mode::Named;
        call.toolChoice.name = "code_execution_20250825";
        QCOMPARE(writing(call).error->field, std::string("tool_choice"));
    }

    void webSearchIsAskedForWithItsOptions()
    {
        ChatCall call = plainCall();
        Tool tool;
        tool.kind = Tool::Kind::Server;
        tool.server = ServerTool::WebSearch;
        tool.name = "web_search";
        tool.raw = R"({"type":"web_search_20250305","name":"web_search","max_uses":3,"allowed_domains":["example.com"],"user_location":{"type":"approximate","city":"Bern"}})";
        call.tools.push_back(tool);
        call.toolChoice.mode = ToolChoice::Mode::Named;
        call.toolChoice.name = "web_search";
        const Written written = writing(call);
        COMPARE_JSON(written.body["tools"],
            R"([{"type":"web_search","filters":{"allowed_domains":["example.com"]},"user_location":{"type":"approximate","city":"Bern"}}])");
        COMPARE_JSON(written.body["tool_choice"], R"({"type":"web_search"})");
        QVERIFY(written.lost("drop:max_uses"));

        ChatCall chat = plainCall();
        chat.webSearchOptions = R"({"search_context_size":"low","user_location":{"type":"approximate","approximate":{"country":"CH"}}})";
        COMPARE_JSON(writing(chat).body["tools"],
            R"([{"type":"web_search","search_context_size":"low","user_location":{"type":"approximate","country":"CH"}}])");
    }

    void whatAServerToolDidIsToldInWordsWhereNoTextFollows()
    {
        ChatCall call = plainCall();
        call.turns.push_back({Role::Assistant, {part(PartKind::Server, "web search: q"), part(PartKind::Text, "found")}});
        call.turns.push_back({Role::User, {part(PartKind::Text, "more")}});
        call.turns.push_back({Role::Assistant, {part(PartKind::Server, "web search: r")}});
        call.turns.push_back({Role::User, {part(PartKind::Text, "so")}});
        const Json input = writing(call).body["input"];
        COMPARE_JSON(input[1]["content"], R"([{"type":"output_text","text":"found"}])");
        COMPARE_JSON(input[3]["content"], R"([{"type":"output_text","text":"[web search: r]"}])");
    }

    void theToolChoiceIsWritten()
    {
        const auto choiceOf = [](const char* choice, const Target& target = openaiTarget()) {
            return writing(callOf(R"({"role":"user","content":"go"})",
                std::string(R"("tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],"parallel_tool_calls":false,"tool_choice":)") + choice), target);
        };
        QCOMPARE(choiceOf("\"auto\"").body["tool_choice"].get<std::string>(), std::string("auto"));
        QCOMPARE(choiceOf("\"required\"").body["tool_choice"].get<std::string>(), std::string("required"));
        QCOMPARE(choiceOf("\"none\"").body["tool_choice"].get<std::string>(), std::string("none"));
        COMPARE_JSON(choiceOf(R"({"type":"function","name":"g"})").body["tool_choice"], R"({"type":"function","name":"g"})");
        QCOMPARE(choiceOf("\"auto\"").body["parallel_tool_calls"].get<bool>(), false);
        const char* allowed = R"({"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]})";
        const Written narrowed = choiceOf(allowed);
        COMPARE_JSON(narrowed.body["tool_choice"], allowed);
        QCOMPARE(narrowed.body["tools"].size(), std::size_t(2));
        Target other = openaiTarget();
        other.issuer.clear();
        const Written filtered = choiceOf(allowed, other);
        QCOMPARE(filtered.body["tools"].size(), std::size_t(1));
        QCOMPARE(filtered.body["tool_choice"].get<std::string>(), std::string("required"));
        other.namedToolChoice = false;
        other.parallelToolCalls = false;
        const Written automatic = choiceOf("\"required\"", other);
        QCOMPARE(automatic.body["tool_choice"].get<std::string>(), std::string("auto"));
        QVERIFY(automatic.lost("adapt:tool_choice"));
        QVERIFY(!automatic.body.contains("parallel_tool_calls"));
        const Written none = writing(callWith(R"("input":"x","tool_choice":"auto","parallel_tool_calls":true)"));
        QVERIFY(!none.body.contains("tool_choice") && !none.body.contains("parallel_tool_calls"));
    }

    void limitsAndSamplingAreWritten()
    {
        ChatCall call = plainCall();
        call.maxOutput = 4;
        call.temperature = 3;
        call.topP = 0.9;
        call.logprobs = true;
        call.topLogprobs = 40;
        const Written written = writing(call);
        QCOMPARE(written.body["max_output_tokens"].get<int>(), 16);
        QCOMPARE(written.body["temperature"].get<double>(), 2.0);
        QCOMPARE(written.body["top_p"].get<double>(), 0.9);
        QCOMPARE(written.body["top_logprobs"].get<int>(), 20);
        QVERIFY(written.body["include"].dump().find("message.output_text.logprobs") != std::string::npos);
        QVERIFY(written.lost("adapt:temperature") && written.lost("adapt:max_output_tokens"));
        Target target = openaiTarget();
        target.sampling = false;
        target.logprobs = false;
        const Written plain = writing(call, target);
        QVERIFY(!plain.body.contains("temperature") && !plain.body.contains("top_p") && !plain.body.contains("top_logprobs"));
        QVERIFY(plain.lost("drop:temperature") && plain.lost("drop:top_p") && plain.lost("drop:logprobs"));
    }

    void whatResponsesDoNotHaveIsDropped()
    {
        ChatCall call = plainCall();
        call.topK = 5;
        call.stop = {RawText("END")};
        call.seed = 1;
        call.frequencyPenalty = 0.5;
        call.presencePenalty = 0;
        call.logitBias = "{}";
        call.prediction = "{}";
        const Written written = writing(call);
        QCOMPARE(written.losses,
            (std::vector<std::string> {"drop:top_k", "drop:stop", "drop:seed", "drop:frequency_penalty", "drop:logit_bias", "drop:prediction"}));
    }

    void whatResponsesCannotDoIsRefused()
    {
        ChatCall audio = plainCall();
        audio.wantsAudio = true;
        QCOMPARE(writing(audio).error->field, std::string("modalities"));
        ChatCall many = plainCall();
        many.candidates = 2;
        QCOMPARE(writing(many).error->field, std::string("n"));
        ChatCall none = plainCall();
        none.maxOutput = 0;
        QCOMPARE(writing(none).error->kind, ErrorKind::Unsupported);
        ChatCall empty = plainCall();
        empty.turns.clear();
        QCOMPARE(writing(empty).error->kind, ErrorKind::BadRequest);
    }

    void reasoningIsAskedForByEffort()
    {
        ChatCall call = plainCall();
        const Written unset = writing(call);
        QVERIFY(!unset.body.contains("reasoning"));
        QCOMPARE(unset.body["store"].get<bool>(), false);
        COMPARE_JSON(unset.body["include"], R"(["reasoning.encrypted_content"])");
        call.reasoning.budget = 8000;
        COMPARE_JSON(writing(call).body["reasoning"], R"({"effort":"medium","summary":"auto"})");
        call.reasoning.show = false;
        COMPARE_JSON(writing(call).body["reasoning"], R"({"effort":"medium"})");
        call.reasoning.effort = Effort::Max;
        const Written most = writing(call);
        COMPARE_JSON(most.body["reasoning"], R"({"effort":"high"})");
        QVERIFY(most.lost("adapt:reasoning.effort"));
    }

    void reasoningIsSwitchedOffWhereTheModelCan()
    {
        ChatCall call = plainCall();
        call.reasoning.on = false;
        Target target = openaiTarget();
        target.efforts = 0b0011111;
        COMPARE_JSON(writing(call, target).body["reasoning"], R"({"effort":"none"})");
        target.efforts = 0b0011110;
        const Written least = writing(call, target);
        QCOMPARE(least.body["reasoning"]["effort"].get<std::string>(), std::string("minimal"));
        QVERIFY(least.lost("adapt:reasoning.off"));
    }

    void aModelWithoutReasoningIsNotAskedForIt()
    {
        ChatCall call = plainCall();
        call.reasoning.effort = Effort::High;
        Target target = openaiTarget();
        target.efforts = 0;
        const Written written = writing(call, target);
        QVERIFY(!written.body.contains("reasoning") && !written.body.contains("include"));
        QVERIFY(written.lost("drop:reasoning"));
    }

    void formatsAreFlat()
    {
        ChatCall call = plainCall();
        call.format.kind = OutputFormat::Kind::JsonSchema;
        call.format.schema = R"({"type":"object"})";
        call.format.strict = true;
        call.verbosity = "low";
        Target target = openaiTarget();
        target.verbosity = true;
        COMPARE_JSON(writing(call, target).body["text"],
            R"({"format":{"type":"json_schema","name":"response","schema":{"type":"object"},"strict":true},"verbosity":"low"})");
        target.verbosity = false;
        QVERIFY(writing(call, target).lost("drop:verbosity"));
        target.json = JsonSupport::ObjectOnly;
        const Written object = writing(call, target);
        COMPARE_JSON(object.body["text"], R"({"format":{"type":"json_object"}})");
        QVERIFY(object.body["instructions"].get<std::string>().find(R"({"type":"object"})") != std::string::npos);
        target.json = JsonSupport::None;
        QVERIFY(!writing(call, target).body.contains("text"));
    }

    void theWordJsonStandsInTheMessages()
    {
        ChatCall call = callWith(R"("input":"a point","text":{"format":{"type":"json_object"}})");
        const Written added = writing(call);
        QCOMPARE(added.body["input"].size(), std::size_t(2));
        QCOMPARE(added.body["input"].back()["role"].get<std::string>(), std::string("system"));
        ChatCall said = callWith(R"("input":"a point as Json","text":{"format":{"type":"json_object"}})");
        QCOMPARE(writing(said).body["input"].size(), std::size_t(1));
    }

    void namesOfUsersGoWhereTheTargetTakesThem()
    {
        ChatCall call = plainCall();
        call.userRef = "somebody";
        call.tier = "standard_only";
        call.metadata = R"({"a":"b"})";
        Target target = openaiTarget();
        const Written plain = writing(call, target);
        QCOMPARE(plain.body["user"].get<std::string>(), std::string("somebody"));
        QVERIFY(!plain.body.contains("prompt_cache_key") && !plain.body.contains("metadata") && !plain.body.contains("service_tier"));
        target.safetyIdentifier = target.serviceTier = target.storeAndMetadata = true;
        const Written full = writing(call, target);
        QCOMPARE(full.body["safety_identifier"].get<std::string>(), std::string("somebody"));
        QCOMPARE(full.body["service_tier"].get<std::string>(), std::string("default"));
        COMPARE_JSON(full.body["metadata"], R"({"a":"b"})");
        const std::string longName(200, 'u');
        call.userRef = longName;
        QVERIFY(writing(call, target).body["safety_identifier"].get<std::string>().size() <= 64);
        call.tier = "priority";
        QVERIFY(writing(call).lost("drop:service_tier"));
    }

    void theCacheKeyIsTheClientsOrItsSessionsOrOfItsStart()
    {
        Target target = openaiTarget();
        target.promptCacheKey = true;
        const auto keyOf = [&](ChatCall& call) { return writing(call, target).body["prompt_cache_key"].get<std::string>(); };
        ChatCall call = plainCall();
        const std::string first = keyOf(call);
        call.turns.push_back({Role::Assistant, {part(PartKind::Text, "a")}});
        call.turns.push_back({Role::User, {part(PartKind::Text, "b")}});
        QCOMPARE(keyOf(call), first);
        ChatCall other = callWith(R"("input":"another start")");
        QVERIFY(keyOf(other) != first);
        const std::string record = R"({"device_id":"d","session_id":"5b1c"})";
        call.userRef = record;
        QCOMPARE(keyOf(call), std::string("5b1c"));
        QVERIFY(!writing(call, target).body.contains("user")); // a record of a session is nobody's name
        call.userRef = "user_1_account__session_5b1c";
        QCOMPARE(keyOf(call), std::string("5b1c"));
        call.cacheKey = "own";
        QCOMPARE(keyOf(call), std::string("own"));
    }

    void aStreamIsAskedForOnlyWhenTheClientWantsOne()
    {
        ChatCall call = plainCall();
        QVERIFY(!writing(call).body.contains("stream"));
        call.stream = true;
        QCOMPARE(writing(call).body["stream"].get<bool>(), true);
    }

    // ---- an upstream's whole answer is read

    void aWholeAnswerIsRead()
    {
        const ChatReply reply = replying(
            R"({"id":"resp_u","model":"up-model","created_at":1788000000,"status":"completed","error":null,"service_tier":"default","output":[)"
            R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"gAAA"},)"
            R"({"type":"message","content":[{"type":"output_text","text":"Hi","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":2}],"logprobs":[{"token":"Hi","logprob":-0.5,"top_logprobs":[{"token":"Yo","logprob":-1}]}]}]},)"
            "{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"},{\"type\":\"custom_tool_call\",\"call_id\":\"call_2\",\"name\":\"p\",\"input\":\"raw\"},"
            R"({"type":"image_generation_call","result":"iVBORw0KGgo=","output_format":"png"},{"type":"web_search_call","action":{"type":"search","query":"q"}}],)"
            R"("usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}})");
        QCOMPARE(reply.id, std::string("resp_u"));
        QCOMPARE(reply.model, std::string("up-model"));
        QCOMPARE(reply.created, std::int64_t(1788000000));
        const std::vector<Part>& parts = reply.choices.at(0).parts;
        QCOMPARE(parts.size(), std::size_t(5));
        QVERIFY(parts[0].text.is("a\n\nb"));
        QCOMPARE(parts[0].carry, (Carry {CarryKind::OpenaiEncrypted, 0, "gAAA"}));
        QVERIFY(parts[1].text.is("Hi"));
        QCOMPARE(parts[1].citations.at(0).end, std::int64_t(2));
        QCOMPARE(parts[2].callId, std::string_view("call_1"));
        QVERIFY(parts[3].isCustom);
        QCOMPARE(parts[4].media.mime, std::string_view("image/png"));
        QCOMPARE(reply.choices[0].chances.at(0).others.at(0).logprob, -1.0);
        QCOMPARE(reply.choices[0].reason, FinishReason::Tool);
        QCOMPARE(reply.usage->input, Tokens(10));
        QCOMPARE(reply.usage->cacheRead, Tokens(4));
        QCOMPARE(reply.usage->reasoning, Tokens(2));
        QCOMPARE(reply.usage->webSearches, std::int64_t(1));
    }

    void theEndsOfWholeAnswersAreRead()
    {
        const std::string text = R"({"type":"message","content":[{"type":"output_text","text":"x"}]})";
        const auto reasonOf = [](const std::string& output, const char* fields) { return replyWith(output, fields).choices[0].reason; };
        QCOMPARE(reasonOf(text, R"("status":"completed")"), FinishReason::Stop);
        QCOMPARE(reasonOf(text, R"("status":"incomplete","incomplete_details":{"reason":"max_output_tokens"})"), FinishReason::Length);
        QCOMPARE(reasonOf(text, R"("status":"incomplete","incomplete_details":{"reason":"content_filter"})"), FinishReason::Filter);
        QCOMPARE(reasonOf(R"({"type":"message","content":[{"type":"refusal","refusal":"no"}]})", R"("status":"completed")"), FinishReason::Refusal);
    }

    void failuresInWholeAnswersAreErrors()
    {
        const auto errorOf = [](const char* body) { return openai_responses::readReply(kept(body)).error(); };
        const Error failed = errorOf(R"({"status":"failed","error":{"code":"rate_limit_exceeded","message":"Slow down"},"output":[]})");
        QCOMPARE(failed.kind, ErrorKind::RateLimited);
        QCOMPARE(failed.message, std::string("Slow down"));
        QCOMPARE(errorOf(R"({"error":{"message":"no such model","code":"model_not_found"}})").kind, ErrorKind::UpstreamNotFound);
        QCOMPARE(errorOf(R"({"id":"x"})").kind, ErrorKind::BadReply);
        QCOMPARE(errorOf("<html>").kind, ErrorKind::BadReply);
        QCOMPARE(errorOf(R"({"status":"cancelled","output":[]})").kind, ErrorKind::UpstreamFailed);
    }

    // ---- an upstream's stream is read

    void aStreamOfTextIsRead()
    {
        const Read read({R"({"type":"response.created","response":{"id":"resp_u","model":"up","created_at":1788000000,"status":"in_progress","output":[]}})",
            R"({"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1","content":[]}})",
            R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"})",
            R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"lo"})",
            R"({"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hello"})",
            R"({"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hello"}]}})", done});
        QVERIFY(!read.error);
        QCOMPARE(read.parts().size(), std::size_t(1));
        QVERIFY(read.parts()[0].text.is("Hello"));
        QCOMPARE(read.reply.id, std::string("resp_u"));
        QCOMPARE(read.reply.created, std::int64_t(1788000000));
        QCOMPARE(read.reply.choices[0].reason, FinishReason::Stop);
        QCOMPARE(read.reply.usage->cacheRead, Tokens(4));
    }

    void whatWasNotStreamedIsTakenFromTheFinishedItem()
    {
        const Read read({R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAA"}})",
            R"({"type":"response.output_item.done","output_index":1,"item":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":1}]}]}})",
            "{\"type\":\"response.output_item.done\",\"output_index\":2,\"item\":{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}", done});
        QCOMPARE(read.parts().size(), std::size_t(3));
        QVERIFY(read.parts()[0].text.is("hm"));
        QCOMPARE(read.parts()[0].carry.payload, std::string_view("gAAA"));
        QCOMPARE(read.parts()[1].citations.size(), std::size_t(1));
        QCOMPARE(RawText(read.parts()[2].arguments.text).toString(), std::string(R"({"x":1})"));
        QCOMPARE(read.reply.choices[0].reason, FinishReason::Tool);
    }

    void whatWasNotStreamedAtAllIsTakenFromTheEnd()
    {
        const Read read({R"({"type":"response.completed","response":{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"all"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}})"});
        QCOMPARE(read.parts().size(), std::size_t(2));
        QVERIFY(read.parts()[0].text.is("all"));
        QCOMPARE(read.reply.usage->output, Tokens(2));
    }

    void theEndDoesNotRepeatWhatWasStreamed()
    {
        const Read read({R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"all"})",
            R"({"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"all"}]}]}})"});
        QCOMPARE(read.parts().size(), std::size_t(1));
        QVERIFY(read.parts()[0].text.is("all"));
    }

    void aCallIsKnownByItsOutputIndex()
    {
        const Read read({"{\"type\":\"response.output_item.added\",\"output_index\":3,\"item\":{\"type\":\"function_call\",\"id\":\"fc_1\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"\"}}",
            "{\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"other_1\",\"output_index\":3,\"delta\":\"{\\\"x\\\"\"}",
            "{\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"other_2\",\"output_index\":3,\"delta\":\":1}\"}",
            "{\"type\":\"response.function_call_arguments.done\",\"item_id\":\"other_3\",\"output_index\":3,\"arguments\":\"{\\\"x\\\":1}\"}",
            "{\"type\":\"response.function_call_arguments.delta\",\"item_id\":\"other_3\",\"output_index\":3,\"delta\":\"\"}",
            "{\"type\":\"response.output_item.done\",\"output_index\":3,\"item\":{\"type\":\"function_call\",\"arguments\":\"{\\\"x\\\":1}\"}}", done});
        QCOMPARE(read.parts().size(), std::size_t(1));
        QCOMPARE(read.parts()[0].callId, std::string_view("call_1")); // from the beginning, the end had none
        QCOMPARE(read.parts()[0].toolName, std::string_view("f"));
        QCOMPARE(RawText(read.parts()[0].arguments.text).toString(), std::string("{\"x\":1}"));
    }

    void whatIsMissingOfArgumentsIsAdded()
    {
        const Read read({R"({"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":""}})",
            "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"delta\":\"{\\\"x\\\"\"}",
            "{\"type\":\"response.function_call_arguments.done\",\"output_index\":0,\"arguments\":\"{\\\"x\\\":1}\"}", done});
        QCOMPARE(RawText(read.parts()[0].arguments.text).toString(), std::string(R"({"x":1})"));
    }

    void aCallThatWasNeverAddedIsToldAtItsEnd()
    {
        const Read read({R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"})",
            R"({"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}})", done});
        QCOMPARE(read.parts().size(), std::size_t(1));
        QCOMPARE(read.parts()[0].callId, std::string_view("c"));
        QCOMPARE(read.parts()[0].arguments.text, std::string_view("{}"));
    }

    void customCallsAreStreamedAsText()
    {
        const Read read({R"({"type":"response.output_item.added","output_index":0,"item":{"type":"custom_tool_call","call_id":"c","name":"p","input":""}})",
            "{\"type\":\"response.custom_tool_call_input.delta\",\"output_index\":0,\"delta\":\"a \\\"b\"}",
            "{\"type\":\"response.custom_tool_call_input.done\",\"output_index\":0,\"input\":\"a \\\"b\\\"\"}",
            "{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"custom_tool_call\",\"call_id\":\"c\",\"name\":\"p\",\"input\":\"a \\\"b\\\"\"}}", done});
        QCOMPARE(read.parts().size(), std::size_t(1));
        QVERIFY(read.parts()[0].isCustom);
        QVERIFY(read.parts()[0].text.is("a \"b\""));
    }

    void partsOfASummaryAreParagraphs()
    {
        const Read read({R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"one"})",
            R"({"type":"response.reasoning_summary_text.done","output_index":0,"summary_index":0,"text":"one"})",
            R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"two"})",
            R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[{"type":"summary_text","text":"one"},{"type":"summary_text","text":"two"}],"encrypted_content":"gAAA"}})",
            done});
        QCOMPARE(read.parts().size(), std::size_t(1));
        QVERIFY(read.parts()[0].text.is("one\n\ntwo"));
        QCOMPARE(read.parts()[0].carry.kind, CarryKind::OpenaiEncrypted);
    }

    void aSummaryIsNotToldTwice()
    {
        const Read read({R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"short"})",
            R"({"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"long"})", done});
        QVERIFY(read.parts()[0].text.is("short"));
        const Read plain({R"({"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"long"})", done});
        QVERIFY(plain.parts()[0].text.is("long"));
    }

    void sealedReasoningWithoutWordsIsKept()
    {
        const Read read({R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[],"encrypted_content":"gAAA"}})",
            R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"x"})", done});
        QCOMPARE(read.parts().size(), std::size_t(2));
        QCOMPARE(read.parts()[0].kind, PartKind::Reasoning);
        QCOMPARE(read.parts()[0].carry.payload, std::string_view("gAAA"));
    }

    void refusalsCitationsChancesAndPicturesAreStreamed()
    {
        const Read read({R"({"type":"response.output_item.done","output_index":0,"item":{"type":"image_generation_call","result":"iVBORw0KGgo="}})",
            R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"Hi","logprobs":[{"token":"Hi","logprob":-0.5}]})",
            R"({"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"annotation_index":0,"annotation":{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":2}})",
            R"({"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[{"type":"output_text","text":"Hi","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":2}]}]}})",
            R"({"type":"response.refusal.delta","output_index":2,"content_index":0,"delta":"no"})", done});
        QCOMPARE(read.parts().size(), std::size_t(3));
        QCOMPARE(read.parts()[0].kind, PartKind::Image);
        QCOMPARE(read.parts()[1].citations.size(), std::size_t(1));
        QCOMPARE(read.reply.choices[0].chances.size(), std::size_t(1));
        QCOMPARE(read.parts()[2].kind, PartKind::Refusal);
        QCOMPARE(read.reply.choices[0].reason, FinishReason::Refusal);
    }

    void anIncompleteStreamSaysWhy()
    {
        const auto reasonOf = [](const char* reason) {
            const std::string end = std::string("{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"") + reason + "\"},\"output\":[]}}";
            return Read({R"({"type":"response.output_text.delta","output_index":0,"delta":"x"})", end.c_str()}).reply.choices[0].reason;
        };
        QCOMPARE(reasonOf("max_output_tokens"), FinishReason::Length);
        QCOMPARE(reasonOf("content_filter"), FinishReason::Filter);
    }

    void errorsInAStreamAreRead()
    {
        const auto errorOf = [](const char* event) { return Read({event}).error.value(); };
        QCOMPARE(errorOf(R"({"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"},"output":[]}})").kind, ErrorKind::RateLimited);
        const Error flat = errorOf(R"({"type":"error","code":"context_length_exceeded","message":"too long","param":"input"})");
        QCOMPARE(flat.kind, ErrorKind::UpstreamRefused);
        QCOMPARE(flat.field, std::string(refusal::context));
        QCOMPARE(errorOf(R"({"type":"error","error":{"type":"server_error","code":"overloaded","message":"busy"}})").kind, ErrorKind::Overloaded);
        QCOMPARE(errorOf(R"({"error":{"message":"bad","type":"server_error"}})").kind, ErrorKind::UpstreamFailed);
        QCOMPARE(errorOf("<html><title>502</title></html>").kind, ErrorKind::BadReply);
        QCOMPARE(errorOf("{\"type\":\"response.outp").kind, ErrorKind::BadReply);
        QCOMPARE(errorOf(R"({"type":"response.cancelled","response":{"status":"cancelled"}})").kind, ErrorKind::UpstreamFailed);
    }

    void aStreamWithoutItsEndIsCut()
    {
        const Read read({R"({"type":"response.output_text.delta","output_index":0,"delta":"half"})", "[DONE]"});
        QCOMPARE(read.error->kind, ErrorKind::Cut);
        QVERIFY(read.hadContent);
    }

    void twoValuesInOneEventAreBothRead()
    {
        const Read read({R"({"type":"response.output_text.delta","output_index":0,"delta":"a"}{"type":"response.output_text.delta","output_index":0,"delta":"b"})", "ping", done});
        QVERIFY(read.parts()[0].text.is("ab"));
    }

    // ---- an answer is written for a client

    void aWholeStreamIsWrittenInEveryOctet()
    {
        Writing writing(callWith("\"input\":\"hi\",\"instructions\":\"Be \\\"brief\\\"\",\"store\":false,\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"},\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],\"stream\":true"));
        const Block thought = writing.block(PartKind::Reasoning);
        writing.writer->opened(thought);
        writing.writer->added(thought, RawText("hm"));
        writing.writer->carried(thought, {CarryKind::AnthropicSignature, 9, "sig"});
        writing.writer->closed(thought);
        writing.say(PartKind::Text, {"Hel", "lo"});
        writing.askFor(writing.callBlock("f"), {"{\\\"x\\\"", ":1}"});
        writing.finish(FinishReason::Tool);
        const std::string sealed = wrapped({CarryKind::AnthropicSignature, 9, "sig"});
        const auto response = [](const std::string& status, const std::string& output, const std::string& usage) {
            return "\"response\":{\"id\":\"resp_01hx\",\"object\":\"response\",\"created_at\":1788000001,\"status\":\"" + status
                + "\",\"background\":false,\"error\":null,\"incomplete_details\":null,\"instructions\":\"Be \\\"brief\\\"\",\"max_output_tokens\":null,\"max_tool_calls\":null,\"model\":\"asked\",\"output\":[" + output
                + "],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"prompt_cache_key\":null,\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"},\"safety_identifier\":null,\"service_tier\":\"default\",\"store\":false,\"temperature\":1,"
                  "\"text\":{\"format\":{\"type\":\"text\"}},\"tool_choice\":\"auto\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}],\"top_logprobs\":0,\"top_p\":1,\"truncation\":\"disabled\",\"usage\":"
                + usage + ",\"user\":null,\"metadata\":{}}}";
        };
        const std::string rs = "{\"type\":\"reasoning\",\"id\":\"rs_01hx_0\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}],\"encrypted_content\":\"" + sealed + "\"}";
        const std::string msg = "{\"type\":\"message\",\"id\":\"msg_01hx_1\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hello\",\"annotations\":[],\"logprobs\":[]}]}";
        const std::string fc = "{\"type\":\"function_call\",\"id\":\"fc_01hx_2\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\",\"status\":\"completed\"}";
        std::string expected;
        int number = 0;
        const auto event = [&](const std::string& type, const std::string& rest) {
            expected += "event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":" + std::to_string(number++) + "," + rest + "\n\n";
        };
        event("response.created", response("in_progress", "", "null"));
        event("response.in_progress", response("in_progress", "", "null"));
        event("response.output_item.added", "\"output_index\":0,\"item\":{\"type\":\"reasoning\",\"id\":\"rs_01hx_0\",\"summary\":[]}}");
        event("response.reasoning_summary_part.added", "\"item_id\":\"rs_01hx_0\",\"output_index\":0,\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"\"}}");
        event("response.reasoning_summary_text.delta", "\"item_id\":\"rs_01hx_0\",\"output_index\":0,\"summary_index\":0,\"delta\":\"hm\"}");
        event("response.reasoning_summary_text.done", "\"item_id\":\"rs_01hx_0\",\"output_index\":0,\"summary_index\":0,\"text\":\"hm\"}");
        event("response.reasoning_summary_part.done", "\"item_id\":\"rs_01hx_0\",\"output_index\":0,\"summary_index\":0,\"part\":{\"type\":\"summary_text\",\"text\":\"hm\"}}");
        event("response.output_item.done", "\"output_index\":0,\"item\":" + rs + "}");
        event("response.output_item.added", "\"output_index\":1,\"item\":{\"type\":\"message\",\"id\":\"msg_01hx_1\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}}");
        event("response.content_part.added", "\"item_id\":\"msg_01hx_1\",\"output_index\":1,\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[],\"logprobs\":[]}}");
        event("response.output_text.delta", "\"item_id\":\"msg_01hx_1\",\"output_index\":1,\"content_index\":0,\"delta\":\"Hel\",\"logprobs\":[]}");
        event("response.output_text.delta", "\"item_id\":\"msg_01hx_1\",\"output_index\":1,\"content_index\":0,\"delta\":\"lo\",\"logprobs\":[]}");
        event("response.output_text.done", "\"item_id\":\"msg_01hx_1\",\"output_index\":1,\"content_index\":0,\"text\":\"Hello\",\"logprobs\":[]}");
        event("response.content_part.done", "\"item_id\":\"msg_01hx_1\",\"output_index\":1,\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"Hello\",\"annotations\":[],\"logprobs\":[]}}");
        event("response.output_item.done", "\"output_index\":1,\"item\":" + msg + "}");
        event("response.output_item.added", "\"output_index\":2,\"item\":{\"type\":\"function_call\",\"id\":\"fc_01hx_2\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"\",\"status\":\"in_progress\"}}");
        event("response.function_call_arguments.delta", "\"item_id\":\"fc_01hx_2\",\"output_index\":2,\"delta\":\"{\\\"x\\\"\"}");
        event("response.function_call_arguments.delta", "\"item_id\":\"fc_01hx_2\",\"output_index\":2,\"delta\":\":1}\"}");
        event("response.function_call_arguments.done", "\"item_id\":\"fc_01hx_2\",\"output_index\":2,\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}");
        event("response.output_item.done", "\"output_index\":2,\"item\":" + fc + "}");
        event("response.completed",
            response("completed", rs + "," + msg + "," + fc,
                "{\"input_tokens\":10,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":5,\"output_tokens_details\":{\"reasoning_tokens\":2},\"total_tokens\":15}"));
        QCOMPARE(QString::fromStdString(writing.out), QString::fromStdString(expected));
    }

    void aRunOfTextsIsOneMessage()
    {
        Writing writing;
        writing.say(PartKind::Text, {"one"});
        writing.say(PartKind::Text, {"two"});
        writing.say(PartKind::Refusal, {"no"});
        writing.finish();
        QCOMPARE(writing.eventsOf("response.output_item.added").size(), std::size_t(1));
        const Json content = writing.response()["output"][0]["content"];
        QCOMPARE(content.size(), std::size_t(3));
        QCOMPARE(content[1]["text"].get<std::string>(), std::string("two"));
        QCOMPARE(writing.eventsOf("response.output_text.delta")[1]["content_index"].get<int>(), 1);
        QCOMPARE(writing.eventsOf("response.refusal.delta")[0]["content_index"].get<int>(), 2);
        QCOMPARE(writing.eventsOf("response.refusal.done")[0]["refusal"].get<std::string>(), std::string("no"));
    }

    void everyAddedItemIsDoneWithItsWhole()
    {
        Writing writing;
        writing.say(PartKind::Reasoning, {"hm"});
        writing.say(PartKind::Text, {"a"});
        writing.askFor(writing.callBlock("f"), {});
        writing.say(PartKind::Text, {"b"});
        writing.finish();
        const auto added = writing.eventsOf("response.output_item.added");
        const auto ended = writing.eventsOf("response.output_item.done");
        QCOMPARE(added.size(), std::size_t(4));
        QCOMPARE(ended.size(), std::size_t(4));
        for (std::size_t i = 0; i < added.size(); ++i) {
            QCOMPARE(added[i]["output_index"].get<std::size_t>(), i);
            SAME_JSON(added[i]["item"]["id"], ended[i]["item"]["id"]);
            SAME_JSON(writing.response()["output"][i], ended[i]["item"]);
        }
        QCOMPARE(ended[2]["item"]["arguments"].get<std::string>(), std::string("{}"));
        QCOMPARE(writing.eventsOf("response.function_call_arguments.done")[0]["arguments"].get<std::string>(), std::string("{}"));
    }

    void stateIsSealedOnlyForThoseWhoWantIt()
    {
        for (const bool wants : {true, false}) {
            Writing writing(callWith(wants ? R"("input":"x","include":["reasoning.encrypted_content"])" : R"("input":"x")"));
            const Block silent = writing.block(PartKind::Reasoning);
            writing.writer->opened(silent);
            writing.writer->carried(silent, {CarryKind::OpenaiEncrypted, 9, "gAAA"});
            writing.writer->closed(silent);
            writing.say(PartKind::Text, {"a"});
            writing.finish();
            QCOMPARE(writing.response()["output"].size(), std::size_t(wants ? 2 : 1));
            if (wants)
                QCOMPARE(writing.response()["output"][0]["encrypted_content"].get<std::string>(), wrapped({CarryKind::OpenaiEncrypted, 9, "gAAA"}));
        }
    }

    void signaturesOfPartsComeBackFromTheClient()
    {
        Writing writing(callWith(R"("input":"x","store":false)"));
        const Block text = writing.block(PartKind::Text);
        writing.writer->opened(text);
        writing.writer->added(text, RawText("a"));
        writing.writer->carried(text, {CarryKind::GeminiSignature, 9, "of text"});
        writing.writer->closed(text);
        Block call = writing.callBlock("f");
        call.carry = {CarryKind::GeminiSignature, 9, "of call"};
        writing.askFor(call, {"{}"});
        writing.finish();
        const std::string output = writing.response()["output"].dump();
        const ChatCall back = callOf(R"({"role":"user","content":"x"},)" + output.substr(1, output.size() - 2));
        const std::vector<Part>& parts = back.turns.at(1).parts;
        QCOMPARE(parts.size(), std::size_t(2));
        QCOMPARE(parts[0].carry.payload, std::string_view("of text"));
        QCOMPARE(parts[1].carry.payload, std::string_view("of call"));
    }

    void customCallsAreWrittenAsSuch()
    {
        Writing writing;
        Block call = writing.callBlock("patch");
        call.isCustom = true;
        call.nameSpace = "functions";
        writing.askFor(call, {"a \\\"", "b"});
        writing.finish();
        QCOMPARE(writing.eventsOf("response.custom_tool_call_input.delta").size(), std::size_t(2));
        QCOMPARE(writing.eventsOf("response.custom_tool_call_input.done")[0]["input"].get<std::string>(), std::string("a \"b"));
        COMPARE_JSON(writing.eventsOf("response.output_item.done")[0]["item"],
            "{\"type\":\"custom_tool_call\",\"id\":\"ctc_01hx_0\",\"call_id\":\"call_1\",\"name\":\"patch\",\"namespace\":\"functions\",\"input\":\"a \\\"b\",\"status\":\"completed\"}");
    }

    void typedToolsAreCalledByTheirItems()
    {
        const auto itemOf = [](const char* tool, const char* arguments) {
            Writing writing(callWith(std::string("\"input\":\"x\",\"tools\":[{\"type\":\"") + tool + "\"}]"));
            std::string escaped;
            appendEscaped(escaped, arguments);
            writing.askFor(writing.callBlock(tool), {escaped.c_str()});
            writing.finish();
            if (writing.eventsOf("response.output_item.added").size() != 1 || !writing.eventsOf("response.function_call_arguments.delta").empty())
                qFatal("a typed call is told by its item alone");
            return writing.eventsOf("response.output_item.done").at(0)["item"];
        };
        COMPARE_JSON(itemOf("local_shell", R"({"command":["ls","-l"],"timeout_ms":1000,"working_directory":"/tmp"})"),
            R"({"type":"local_shell_call","id":"lsh_01hx_0","call_id":"call_1","action":{"type":"exec","command":["ls","-l"],"env":{},"timeout_ms":1000,"working_directory":"/tmp"},"status":"completed"})");
        COMPARE_JSON(itemOf("local_shell", R"({"command":"ls | wc"})")["action"]["command"], R"(["bash","-lc","ls | wc"])");
        COMPARE_JSON(itemOf("local_shell", "torn {")["action"]["command"], "[]");
        COMPARE_JSON(itemOf("shell", R"({"commands":["ls"],"max_output_length":10})"),
            R"({"type":"shell_call","id":"sh_01hx_0","call_id":"call_1","action":{"commands":["ls"],"max_output_length":10},"status":"completed"})");
        COMPARE_JSON(itemOf("apply_patch", R"({"type":"create_file","path":"a","diff":"+x"})"),
            R"({"type":"apply_patch_call","id":"apc_01hx_0","call_id":"call_1","operation":{"type":"create_file","path":"a","diff":"+x"},"status":"completed"})");
    }

    void aFunctionOfTheClientMayHaveATypedToolsName()
    {
        Writing writing(callWith(R"("input":"x","tools":[{"type":"function","name":"shell"}])"));
        writing.askFor(writing.callBlock("shell"), {"{}"});
        writing.finish();
        QCOMPARE(writing.response()["output"][0]["type"].get<std::string>(), std::string("function_call"));
    }

    void citationsAreAnnotations()
    {
        Writing writing;
        const Block text = writing.block(PartKind::Text);
        writing.writer->opened(text);
        writing.writer->added(text, RawText("Zoë \\u00e9"));
        Citation placed;
        placed.url = RawText("u");
        placed.title = RawText("t");
        placed.start = 0;
        placed.end = 3;
        writing.writer->cited(text, placed);
        Citation whole = placed;
        whole.start = whole.end = -1;
        writing.writer->cited(text, whole);
        writing.writer->closed(text);
        writing.finish();
        const auto events = writing.eventsOf("response.output_text.annotation.added");
        QCOMPARE(events.size(), std::size_t(2));
        QCOMPARE(events[1]["annotation_index"].get<int>(), 1);
        COMPARE_JSON(writing.response()["output"][0]["content"][0]["annotations"],
            R"([{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":3},{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":5}])");
    }

    void chancesAreWrittenWithTheText()
    {
        Writing writing;
        const Block text = writing.block(PartKind::Text);
        writing.writer->opened(text);
        writing.writer->added(text, RawText("Hi"));
        writing.writer->chances(text, {{RawText("Hi"), -0.5, {{RawText("Yo"), -1, {}}}}});
        writing.writer->closed(text);
        writing.finish();
        COMPARE_JSON(writing.response()["output"][0]["content"][0]["logprobs"],
            R"([{"token":"Hi","bytes":[72,105],"logprob":-0.5,"top_logprobs":[{"token":"Yo","bytes":[89,111],"logprob":-1}]}])");
        QCOMPARE(writing.eventsOf("response.output_text.done")[0]["logprobs"].size(), std::size_t(1));
    }

    void picturesAreGenerationCalls()
    {
        Writing writing;
        Block image = writing.block(PartKind::Image);
        image.media.data = png;
        image.media.mime = "image/png";
        writing.writer->opened(image);
        writing.writer->closed(image);
        writing.finish();
        const Json item = writing.response()["output"][0];
        QCOMPARE(item["type"].get<std::string>(), std::string("image_generation_call"));
        QCOMPARE(item["result"].get<std::string>(), std::string(png));
        SAME_JSON(writing.eventsOf("response.output_item.done")[0]["item"], item);
    }

    void theEndSaysHowItEnded()
    {
        const auto endOf = [](FinishReason reason) {
            Writing writing;
            writing.say(PartKind::Text, {"a"});
            writing.finish(reason);
            return writing.events().back();
        };
        for (const FinishReason reason : {FinishReason::Stop, FinishReason::StopSequence, FinishReason::Tool, FinishReason::Pause}) {
            QCOMPARE(endOf(reason)["type"].get<std::string>(), std::string("response.completed"));
            QCOMPARE(endOf(reason)["response"]["status"].get<std::string>(), std::string("completed"));
        }
        for (const FinishReason reason : {FinishReason::Length, FinishReason::Context}) {
            QCOMPARE(endOf(reason)["type"].get<std::string>(), std::string("response.incomplete"));
            QCOMPARE(endOf(reason)["response"]["incomplete_details"]["reason"].get<std::string>(), std::string("max_output_tokens"));
        }
        QCOMPARE(endOf(FinishReason::Filter)["response"]["incomplete_details"]["reason"].get<std::string>(), std::string("content_filter"));
        const Json refused = endOf(FinishReason::Refusal);
        QCOMPARE(refused["response"]["status"].get<std::string>(), std::string("completed"));
        QCOMPARE(refused["response"]["output"][0]["content"][1]["type"].get<std::string>(), std::string("refusal"));
    }

    void countsAreIntegersOrNotThere()
    {
        Writing writing;
        writing.say(PartKind::Text, {"a"});
        writing.finish(FinishReason::Stop, false);
        QVERIFY(writing.response()["usage"].is_null());
        Writing counted;
        counted.say(PartKind::Text, {"a"});
        counted.finish();
        const Json usage = counted.response()["usage"];
        QVERIFY(usage["input_tokens_details"]["cached_tokens"].is_number_integer());
        QVERIFY(usage["output_tokens_details"]["reasoning_tokens"].is_number_integer());
        QCOMPARE(usage["total_tokens"].get<int>(), 15);
    }

    void aFailedStreamTellsWhatCame()
    {
        const auto failedAfter = [](auto&& say) {
            Writing writing;
            writing.say(PartKind::Text, {"done"});
            say(writing);
            writing.writer->failed({ErrorKind::Overloaded, "at capacity"});
            return writing.events().back();
        };
        const Json end = failedAfter([](Writing& writing) {
            const Block thought = writing.block(PartKind::Reasoning);
            writing.writer->opened(thought);
            writing.writer->added(thought, RawText("hm"));
        });
        QCOMPARE(end["type"].get<std::string>(), std::string("response.failed"));
        QCOMPARE(end["response"]["id"].get<std::string>(), std::string("resp_01hx"));
        QCOMPARE(end["response"]["status"].get<std::string>(), std::string("failed"));
        COMPARE_JSON(end["response"]["error"], R"({"code":"overloaded","message":"at capacity"})");
        QCOMPARE(end["response"]["output"].size(), std::size_t(2));
        QCOMPARE(end["response"]["output"][1]["summary"][0]["text"].get<std::string>(), std::string("hm"));
        const Json inText = failedAfter([](Writing& writing) {
            const Block text = writing.block(PartKind::Text);
            writing.writer->opened(text);
            writing.writer->added(text, RawText("half"));
        });
        QCOMPARE(inText["response"]["output"][0]["status"].get<std::string>(), std::string("incomplete"));
        QCOMPARE(inText["response"]["output"][0]["content"][1]["text"].get<std::string>(), std::string("half"));
        const Json inCall = failedAfter([](Writing& writing) {
            static Block call;
            call = writing.callBlock("f");
            writing.writer->opened(call);
            writing.writer->added(call, RawText("{\\\"x"));
        });
        COMPARE_JSON(inCall["response"]["output"][1], "{\"type\":\"function_call\",\"id\":\"fc_01hx_1\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"{\\\"x\",\"status\":\"incomplete\"}");
    }

    void errorsHaveTheCodesThatCodexKnows()
    {
        const auto codeOf = [](const Error& error) {
            Writing writing;
            writing.writer->failed(error);
            return writing.response()["error"]["code"].get<std::string>();
        };
        QCOMPARE(codeOf({ErrorKind::UpstreamRefused, "long", std::string(refusal::context)}), std::string("context_length_exceeded"));
        QCOMPARE(codeOf({ErrorKind::UpstreamBilling, "empty"}), std::string("insufficient_quota"));
        QCOMPARE(codeOf({ErrorKind::RateLimited, "slow"}), std::string("rate_limit_exceeded"));
    }

    void aWholeAnswerIsWrittenLikeAStream()
    {
        Part thought = part(PartKind::Reasoning, "hm");
        thought.carry = {CarryKind::AnthropicSignature, 9, "sig"};
        Part custom = callPart("call_2", "p", "");
        custom.isCustom = true;
        custom.text = RawText("raw");
        Part cited = part(PartKind::Text, "a");
        cited.citations.push_back({RawText("u"), RawText("t"), {}, -1, -1});
        const Json answer = answerOf({thought, cited, part(PartKind::Text, "b"), callPart("call_1", "f", R"({"x":1})"), custom},
            FinishReason::Tool, callWith(R"("input":"x","store":false,"metadata":{"a":"b"},"temperature":0.5)"));
        QCOMPARE(answer["id"].get<std::string>(), std::string("resp_01hx"));
        QCOMPARE(answer["object"].get<std::string>(), std::string("response"));
        QCOMPARE(answer["status"].get<std::string>(), std::string("completed"));
        QCOMPARE(answer["model"].get<std::string>(), std::string("asked"));
        QCOMPARE(answer["created_at"].get<int>(), 1788000001);
        QCOMPARE(answer["temperature"].get<double>(), 0.5);
        COMPARE_JSON(answer["metadata"], R"({"a":"b"})");
        const Json& output = answer["output"];
        QCOMPARE(output.size(), std::size_t(4));
        QCOMPARE(output[0]["encrypted_content"].get<std::string>(), wrapped(thought.carry));
        QCOMPARE(output[1]["content"].size(), std::size_t(2));
        QCOMPARE(output[1]["content"][0]["annotations"][0]["end_index"].get<int>(), 1);
        COMPARE_JSON(output[2], "{\"type\":\"function_call\",\"id\":\"fc_01hx_2\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\",\"status\":\"completed\"}");
        COMPARE_JSON(output[3], R"({"type":"custom_tool_call","id":"ctc_01hx_3","call_id":"call_2","name":"p","input":"raw","status":"completed"})");
        for (const char* key : {"error", "incomplete_details", "instructions", "max_output_tokens", "parallel_tool_calls", "previous_response_id", "reasoning",
                 "store", "text", "tool_choice", "tools", "top_p", "truncation", "usage", "user"})
            QVERIFY2(answer.contains(key), key);
    }

    void anAnswerWithNothingHasAnEmptyOutput()
    {
        QCOMPARE(answerOf({}, FinishReason::Stop)["output"].size(), std::size_t(0));
    }

    void whatAnUpstreamStreamsComesOutTheSame()
    {
        const ChatCall call = callWith(R"("input":"x","store":false,"tools":[{"type":"namespace","name":"ns","tools":[{"type":"custom","name":"exec"}]}])");
        ReplyContext context;
        context.call = &call;
        context.id = "01hx";
        std::string out;
        const auto writer = openai_responses::makeStreamWriter(context, out);
        const ToolNames names(call, NameRule::Openai, true);
        Sequence sequence(*writer, names, 1);
        const auto reader = openai_responses::makeEventReader(sequence);
        for (const char* event :
            {"{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"ns__exec\",\"arguments\":\"{\\\"input\\\":\\\"run \\\\\\\"it\\\\\\\"\\\"}\"}}", done})
            reader->event({}, event);
        QVERIFY(out.find("\"type\":\"custom_tool_call\",\"id\":\"ctc_01hx_0\",\"call_id\":\"c\",\"name\":\"exec\",\"namespace\":\"ns\",\"input\":\"run \\\"it\\\"\"") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestOpenaiResponsesConversion)

#include "tst_openai_responses_conversion.moc"
