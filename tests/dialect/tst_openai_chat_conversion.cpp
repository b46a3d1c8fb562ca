#include "chat/collect.h"
#include "chat/repair.h"
#include "dialect/convert.h"
#include "dialect/sse.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::json;

#define COMPARE_JSON(actual, ...) \
    QCOMPARE(QString::fromStdString(Json(actual).dump()), QString::fromStdString(Json(__VA_ARGS__).dump()))

namespace {

constexpr auto chat = DialectId::OpenaiChat;

/// `text` with an escaped quote for each "~": moc loses its way in raw strings that hold them.
std::string escapes(std::string text)
{
    for (std::size_t at = text.find('~'); at != std::string::npos; at = text.find('~', at))
        text.replace(at, 1, "\\\"");
    return text;
}

Result<ChatCall> readText(const std::string& body, DialectId dialect = chat)
{
    static std::deque<std::string> bodies; // calls point into them
    Address address;
    address.dialect = dialect;
    return readCall(dialect, address, bodies.emplace_back(body));
}

ChatCall callOf(const Json& fields, DialectId dialect = chat)
{
    Json body = fields;
    if (!body.contains("model"))
        body["model"] = "asked";
    if (!body.contains("messages"))
        body["messages"] = Json::parse(R"([{"role":"user","content":"hi"}])");
    auto call = readText(body.dump(), dialect);
    if (!call)
        qFatal("%s", call.error().message.c_str());
    return std::move(*call);
}

ChatCall callOf(const char* fields, DialectId dialect = chat)
{
    return callOf(Json::parse(fields), dialect);
}

/// One user turn and nothing else, as a client of any protocol may have sent it.
ChatCall plainCall()
{
    ChatCall call;
    call.model = ModelName("asked");
    Part part;
    part.text = RawText("hi");
    call.turns.push_back({Role::User, {part}});
    return call;
}

Target plainTarget()
{
    Target target;
    target.model = "up";
    target.origin = 1;
    return target;
}

struct Written
{
    std::string text;
    Json body;
    std::vector<std::string> losses;
    Error error {ErrorKind::None, {}};
};

Written write(ChatCall& call, const Target& target = plainTarget())
{
    Written written;
    Losses losses;
    repairHistory(call, losses);
    ToolNames names;
    auto out = writeCall(chat, call, target, names, losses);
    if (out) {
        written.text = *out;
        written.body = Json::parse(*out);
    } else {
        written.error = out.error();
    }
    written.losses = losses.tokens();
    return written;
}

Written write(ChatCall&& call, const Target& target = plainTarget())
{
    return write(call, target);
}

Json messagesOf(ChatCall&& call, const Target& target = plainTarget())
{
    return write(call, target).body["messages"];
}

bool lost(const Written& written, const char* token)
{
    return std::find(written.losses.begin(), written.losses.end(), token) != written.losses.end();
}

Part textPart(const char* text)
{
    Part part;
    part.text = RawText(text);
    return part;
}

Part reasoningPart(const char* text, Carry carry)
{
    Part part = textPart(text);
    part.kind = PartKind::Reasoning;
    part.carry = carry;
    return part;
}

Part callPart(const char* id, const char* name, const char* escapedArguments)
{
    Part part;
    part.kind = PartKind::ToolCall;
    part.callId = id;
    part.toolName = name;
    part.arguments = {escapedArguments, true};
    return part;
}

/// A call with one tool turn: what the assistant said, its result and a last question.
ChatCall toolTurnWith(std::vector<Part> assistant)
{
    ChatCall call = plainCall();
    Part result;
    result.kind = PartKind::ToolResult;
    result.callId = "c1";
    result.result.push_back(textPart("1"));
    assistant.push_back(callPart("c1", "add", "{}"));
    call.turns.push_back({Role::Assistant, std::move(assistant)});
    call.turns.push_back({Role::User, {result}});
    return call;
}

/// What a writer of answers gets told, as one line a call.
class Told final : public ReplyWriter
{
public:
    void started(const ReplyStart& start) override { add("start " + std::string(start.id) + " " + std::to_string(start.created)); }
    void opened(const Block& block) override
    {
        std::string line = "open " + std::to_string(block.choice) + "." + std::to_string(block.index) + " " + kindOf(block.kind);
        if (block.kind == PartKind::ToolCall)
            line += " " + std::string(block.callId) + " " + std::string(block.toolName) + (block.isCustom ? " custom" : "");
        if (block.kind == PartKind::Image)
            line += " " + std::string(block.media.mime) + " " + std::string(block.media.data);
        add(line);
    }
    void added(const Block&, RawText piece) override
    {
        // How the text was cut does not matter here.
        if (!lines.empty() && lines.back().starts_with("+ "))
            lines.back() += piece.escaped();
        else
            add("+ " + std::string(piece.escaped()));
    }
    void cited(const Block&, const Citation& citation) override
    {
        add("cite " + std::string(citation.url.escaped()) + " " + std::string(citation.title.escaped()) + " " + std::to_string(citation.start) + "-"
            + std::to_string(citation.end));
    }
    void chances(const Block&, const std::vector<TokenChance>& chances) override
    {
        std::string line = "chances";
        for (const TokenChance& chance : chances)
            line += " " + std::string(chance.token.escaped()) + "/" + std::to_string(chance.others.size());
        add(line);
    }
    void carried(const Block&, const Carry& carry) override
    {
        add("carry " + std::to_string(int(carry.kind)) + " " + std::string(carry.payload));
    }
    void closed(const Block&) override { add("close"); }
    void choiceFinished(int choice, FinishReason reason) override { add("choice " + std::to_string(choice) + " " + nameOf(reason)); }
    void finished(const ReplyEnd& end) override
    {
        add(std::string("finish ") + nameOf(end.reason) + (end.stopSequence.isEmpty() ? "" : " " + end.stopSequence.toString()));
        usage = end.usage;
        tier = end.tier;
    }
    void failed(const Error& error) override { add(std::string("fail ") + nameOf(error.kind)); }

    std::vector<std::string> lines;
    std::optional<Usage> usage;
    std::string tier;

private:
    static std::string kindOf(PartKind kind)
    {
        switch (kind) {
        case PartKind::Text:
            return "text";
        case PartKind::Reasoning:
            return "reasoning";
        case PartKind::ToolCall:
            return "call";
        case PartKind::Refusal:
            return "refusal";
        case PartKind::Image:
            return "image";
        default:
            return "?";
        }
    }
    void add(std::string line) { lines.push_back(std::move(line)); }
};

Told told(const std::vector<std::string>& events, const char* eventName = "")
{
    Told told;
    const ToolNames names;
    Sequence sequence(told, names, 1);
    const auto reader = makeEventReader(chat, sequence);
    for (const std::string& event : events)
        reader->event(eventName, event);
    reader->endOfStream();
    return told;
}

/// A stream whose deltas are these, with a finish and its mark.
Told deltas(const std::vector<std::string>& deltas, const char* finish = "stop")
{
    std::vector<std::string> events;
    for (const std::string& delta : deltas)
        events.push_back(R"({"id":"u1","choices":[{"index":0,"delta":)" + delta + "}]}");
    events.push_back(std::string(R"({"choices":[{"index":0,"delta":{},"finish_reason":")") + finish + "\"}]}");
    events.push_back("[DONE]");
    return told(events);
}

/// All but the first line, joined.
std::string inside(const Told& told)
{
    std::string all;
    for (std::size_t i = 1; i < told.lines.size(); ++i)
        all += (i > 1 ? "|" : "") + told.lines[i];
    return all;
}

std::string finishOf(const char* word, const char* more = "")
{
    const Told seen = told({R"({"id":"u1","choices":[{"index":0,"delta":{"content":"x"}}]})",
        std::string(R"({"choices":[{"index":0,"delta":{},"finish_reason":")") + word + "\"" + more + "}]}", "[DONE]"});
    return seen.lines.back();
}

/// What a client with this request gets of an answer that is told by `tell`.
template <class Tell> std::string streamFor(const ChatCall& call, Tell&& tell, bool alsoReasoning = false)
{
    ReplyContext context;
    context.call = &call;
    context.id = "own";
    context.created = 1700000000;
    context.inputEstimate = 5;
    context.alsoReasoningField = alsoReasoning;
    std::string out;
    const auto writer = makeStreamWriter(chat, context, out);
    ToolNames names(call, NameRule::Openai, true);
    Sequence sequence(*writer, names, 1);
    tell(sequence);
    return out;
}

/// The deltas of a stream, in order.
std::vector<Json> deltasOf(const std::string& stream)
{
    std::vector<Json> found;
    SseReader reader;
    reader.feed(stream, [&](const StreamEvent& event) {
        const Json value = Json::parse(event.data, nullptr, false);
        if (value.is_object() && value.contains("choices") && !value["choices"].empty())
            found.push_back(value["choices"][0]["delta"]);
    });
    return found;
}

/// The values of one field of the deltas, in order.
std::vector<Json> fieldOf(const std::string& stream, const char* name)
{
    std::vector<Json> found;
    for (const Json& delta : deltasOf(stream)) {
        if (delta.contains(name))
            found.push_back(delta[name]);
    }
    return found;
}

Json wholeFor(const ChatCall& call, const std::string& upstreamBody)
{
    static std::deque<std::string> bodies;
    const auto reply = readReply(chat, bodies.emplace_back(upstreamBody));
    if (!reply)
        qFatal("%s", reply.error().message.c_str());
    ReplyContext context;
    context.call = &call;
    context.id = "own";
    context.created = 1700000000;
    return Json::parse(writeReply(chat, *reply, context));
}

const std::string dotPng = "iVBORw0KGgoAAAANSUhEUg==";

}

class TestOpenaiChatConversion : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    // ---- reading a client's call

    void aCallNeedsAModelAndATurn()
    {
        QCOMPARE(readText(R"({"messages":[{"role":"user","content":"x"}]})").error().field, std::string("model"));
        QCOMPARE(readText(R"({"model":"m","messages":[]})").error().field, std::string("messages"));
        QCOMPARE(readText(R"({"model":"m","messages":[{"role":"system","content":"x"}]})").error().kind, ErrorKind::BadRequest);
        QCOMPARE(readText("[1]").error().kind, ErrorKind::BadRequest);
        QCOMPARE(readText("{\"model\":").error().kind, ErrorKind::BadRequest);
    }

    void noTokensAtAllAreRefused()
    {
        const auto call = readText(R"({"model":"m","max_tokens":0,"messages":[{"role":"user","content":"x"}]})");
        QCOMPARE(call.error().kind, ErrorKind::Unsupported);
        QCOMPARE(call.error().field, std::string("max_tokens"));
    }

    void aModelInThePathCounts()
    {
        Address address;
        address.model = "deployment";
        static const std::string body = R"({"model":"other","messages":[{"role":"user","content":"x"}]})";
        QCOMPARE(readCall(chat, address, body)->model.text(), std::string("deployment"));
    }

    void leadingSystemAndDeveloperMessagesAreInstructions()
    {
        const ChatCall call = callOf(R"({"messages":[{"role":"developer","content":"a"},{"role":"system","content":[{"type":"text","text":"b"}]},
            {"role":"user","content":"c"},{"role":"system","content":"d"}]})");
        QCOMPARE(call.system.size(), std::size_t(2));
        QVERIFY(call.system[1].text.is("b"));
        QCOMPARE(call.turns.size(), std::size_t(2));
        QVERIFY(call.turns[1].role == Role::System);
    }

    void numbersMayBeTextsAndNullsAreAbsent()
    {
        const ChatCall call = callOf(R"({"max_tokens":"4096","temperature":"0.5","seed":7.0,"stop":null,"tools":null,"n":null,"user":null})");
        QCOMPARE(*call.maxOutput, Tokens(4096));
        QCOMPARE(*call.temperature, 0.5);
        QCOMPARE(*call.seed, std::int64_t(7));
        QVERIFY(call.stop.empty());
        QCOMPARE(call.candidates, std::int64_t(1));
    }

    void theNewerLimitCountsOverTheOlder()
    {
        QCOMPARE(*callOf(R"({"max_tokens":5,"max_completion_tokens":6})").maxOutput, Tokens(6));
        QCOMPARE(*callOf(R"({"max_completion_tokens":6,"max_tokens":5})").maxOutput, Tokens(6));
    }

    void partsOfAnyProtocolAreUnderstood()
    {
        const ChatCall call = callOf(Json::parse(R"({"messages":[{"role":"user","content":[
            {"type":"text","text":"a"},{"type":"input_text","text":"b"},
            {"type":"image_url","image_url":{"url":"https:\/\/e.org/x.png","detail":"low"}},
            {"type":"input_image","image_url":"https:\/\/e.org/y.png","detail":"high"},
            {"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"iVBORw0KGgoA AAAN"}},
            {"type":"document","title":"T","source":{"type":"text","media_type":"text/plain","data":"words"}},
            {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0x"}},
            {"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}},
            {"type":"video_url","video_url":{"url":"https:\/\/e.org/z.mp4"}}]}]})"));
        const auto& parts = call.turns[0].parts;
        QCOMPARE(parts.size(), std::size_t(9));
        QVERIFY(parts[1].text.is("b"));
        QCOMPARE(parts[2].media.detail, std::string_view("low"));
        QVERIFY(parts[3].media.source == Media::Source::Url);
        QCOMPARE(parts[4].media.data, std::string_view("iVBORw0KGgoAAAAN")); // without its blank
        QCOMPARE(parts[4].media.mime, std::string_view("image/png")); // the octets are trusted, not the label
        QVERIFY(parts[5].kind == PartKind::Document && parts[5].text.is("words") && parts[5].media.name.is("T"));
        QCOMPARE(parts[6].media.mime, std::string_view("application/pdf"));
        QCOMPARE(parts[7].media.mime, std::string_view("audio/mp3"));
        QVERIFY(parts[8].kind == PartKind::Video);
    }

    void blocksOfAnthropicInsideAChatBodyAreTurns()
    {
        const ChatCall call = callOf(Json::parse(R"({"system":"S","messages":[{"role":"user","content":"go"},
            {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig"},{"type":"redacted_thinking","data":"red"},
              {"type":"tool_use","id":"t1","name":"add","input":{"a":1}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"1","is_error":true},{"type":"text","text":"and?"}]}],
            "tools":[{"name":"add","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"tool","name":"add","disable_parallel_tool_use":true}})"));
        QVERIFY(call.system[0].text.is("S"));
        const auto& said = call.turns[1].parts;
        QCOMPARE(said[0].carry, (Carry {CarryKind::AnthropicSignature, 0, "sig"}));
        QCOMPARE(said[1].carry, (Carry {CarryKind::AnthropicRedacted, 0, "red"}));
        QVERIFY(said[2].kind == PartKind::ToolCall);
        QCOMPARE(said[2].arguments.text, std::string_view(R"({"a":1})"));
        QVERIFY(call.turns[2].parts[0].isError);
        QCOMPARE(call.tools[0].name, std::string_view("add"));
        QVERIFY(call.toolChoice.mode == ToolChoice::Mode::Named);
        QVERIFY(call.toolChoice.parallel == false);
    }

    void aBodyOfResponsesIsReadAsOne()
    {
        const auto call = readText(R"({"model":"m","input":"hi","stream":true,"stream_options":{"include_usage":true}})");
        QVERIFY(call.has_value());
        QVERIFY(call->turns[0].parts[0].text.is("hi"));
        QVERIFY(call->wantsUsage);
    }

    void theMarkOfAnErrorIsTakenOffAResult()
    {
        const ChatCall call = callOf(R"({"messages":[{"role":"tool","tool_call_id":"c","content":"[tool error] gone"},{"role":"tool","tool_call_id":"d","content":"fine"}]})");
        QCOMPARE(call.turns.size(), std::size_t(1)); // results of one round are one turn
        QVERIFY(call.turns[0].parts[0].isError);
        QVERIFY(call.turns[0].parts[0].result[0].text.is("gone"));
        QVERIFY(!call.turns[0].parts[1].isError);
    }

    void functionsOfOldAreTools()
    {
        const ChatCall call = callOf(Json::parse(R"({"functions":[{"name":"add","parameters":{"type":"object"}}],"function_call":{"name":"add"},
            "messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"function_call":{"name":"add","arguments":"{}"}},
              {"role":"function","name":"add","content":"1"}]})"));
        QCOMPARE(call.tools[0].name, std::string_view("add"));
        QCOMPARE(call.toolChoice.name, std::string_view("add"));
        QVERIFY(call.toolChoice.parallel == false);
        QCOMPARE(call.turns[1].parts[0].toolName, std::string_view("add"));
        QCOMPARE(call.turns[2].parts[0].toolName, std::string_view("add"));
        QVERIFY(call.turns[2].parts[0].callId.empty());
        // The made id is the same in both places and on every turn.
        const Json messages = messagesOf(callOf(Json::parse(R"({"messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":null,"function_call":{"name":"add","arguments":"{}"}},{"role":"function","name":"add","content":"1"}]})")));
        COMPARE_JSON(messages[1]["tool_calls"][0]["id"], messages[2]["tool_call_id"]);
    }

    void customToolsAreReadWithTheirGrammar()
    {
        const ChatCall call = callOf(Json::parse(R"({"tools":[{"type":"custom","custom":{"name":"p","description":"d",
            "format":{"type":"grammar","grammar":{"syntax":"regex","definition":"a+"}}}},{"type":"custom","name":"q"}],
            "messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"custom","custom":{"name":"p","input":"aa"}}]},{"role":"user","content":"x"}]})"));
        QVERIFY(call.tools[0].kind == Tool::Kind::Custom);
        QVERIFY(call.tools[0].grammar.is("a+"));
        QCOMPARE(call.tools[0].grammarSyntax, std::string_view("regex"));
        QVERIFY(call.tools[1].kind == Tool::Kind::Custom);
        QVERIFY(call.turns[0].parts[0].isCustom && call.turns[0].parts[0].text.is("aa"));
    }

    void choicesAreReadInAllForms()
    {
        const auto choice = [](const char* value) {
            return callOf(std::string("{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\"}}],\"tool_choice\":" + std::string(value) + "}").c_str())
                .toolChoice;
        };
        QVERIFY(choice("\"auto\"").mode == ToolChoice::Mode::Auto);
        QVERIFY(choice("\"required\"").mode == ToolChoice::Mode::Any);
        QVERIFY(choice("\"any\"").mode == ToolChoice::Mode::Any);
        QVERIFY(choice("\"none\"").mode == ToolChoice::Mode::None);
        QCOMPARE(choice(R"({"type":"function","function":{"name":"a"}})").name, std::string_view("a"));
        QCOMPARE(choice(R"({"type":"function","name":"a"})").name, std::string_view("a"));
        QCOMPARE(choice(R"({"type":"custom","custom":{"name":"a"}})").name, std::string_view("a"));
        const auto allowed = choice(R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"a"}}]}})");
        QVERIFY(allowed.mode == ToolChoice::Mode::Any);
        QCOMPARE(allowed.only, std::vector<std::string_view> {"a"});
    }

    void reasoningIsAskedForInEveryVendorsWords()
    {
        const auto wish = [](const char* fields) { return callOf(fields).reasoning; };
        QVERIFY(wish(R"({"reasoning_effort":"high"})").effort == Effort::High);
        QVERIFY(wish(R"({"reasoning_effort":"none"})").on == false);
        QVERIFY(wish(R"({"reasoning":{"effort":"low","exclude":true}})").effort == Effort::Low);
        QVERIFY(wish(R"({"reasoning":{"effort":"low","exclude":true}})").show == false);
        QVERIFY(wish(R"({"reasoning":{"max_tokens":2000}})").budget == Tokens(2000));
        QVERIFY(wish(R"({"reasoning":{"enabled":false}})").on == false);
        QVERIFY(wish(R"({"thinking":{"type":"enabled","budget_tokens":9}})").budget == Tokens(9));
        QVERIFY(wish(R"({"thinking":{"type":"disabled"}})").on == false);
        QVERIFY(wish(R"({"thinking":{"type":"adaptive"}})").isAdaptive);
        QVERIFY(wish(R"({"enable_thinking":false})").on == false);
        QVERIFY(wish(R"({"enable_thinking":true,"thinking_budget":"77"})").budget == Tokens(77));
        QVERIFY(wish(R"({"chat_template_kwargs":{"enable_thinking":true}})").on == true);
        QVERIFY(wish(R"({"extra_body":{"google":{"thinking_config":{"thinking_budget":0}}}})").on == false);
        QVERIFY(wish(R"({"google":{"thinking_config":{"thinking_level":"LOW","include_thoughts":true}}})").effort == Effort::Low);
        QVERIFY(wish("{}").isUnset());
    }

    void ourCarryInReasoningDetailsComesBackWithItsWords()
    {
        const std::string secret = wrapped({CarryKind::AnthropicRedacted, 9, "red"});
        const std::string signature = wrapped({CarryKind::AnthropicSignature, 9, "sig"});
        Json body = Json::parse(R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","reasoning_content":"words","reasoning_details":[]}]})");
        for (const std::string& data : {secret, signature})
            body["messages"][1]["reasoning_details"].push_back(
                {{"type", "reasoning.encrypted"}, {"format", "waystation-v1"}, {"data", data}, {"index", 0}});
        const ChatCall call = callOf(body);
        const auto& parts = call.turns[1].parts;
        QCOMPARE(parts[0].carry, (Carry {CarryKind::AnthropicRedacted, 9, "red"}));
        QVERIFY(parts[0].text.isEmpty());
        QCOMPARE(parts[1].carry, (Carry {CarryKind::AnthropicSignature, 9, "sig"}));
        QVERIFY(parts[1].text.is("words"));
        QVERIFY(parts[2].text.is("y"));
    }

    void twoSignaturesOfOneTextFitNeither()
    {
        const std::string signature = wrapped({CarryKind::AnthropicSignature, 9, "sig"});
        Json body = Json::parse(R"({"messages":[{"role":"assistant","content":"y","reasoning_content":"a\n\nb","reasoning_details":[]},{"role":"user","content":"x"}]})");
        for (int i = 0; i < 2; ++i)
            body["messages"][0]["reasoning_details"].push_back({{"format", "waystation-v1"}, {"data", signature}});
        const ChatCall call = callOf(body);
        QCOMPARE(call.turns[0].parts.size(), std::size_t(2));
        QVERIFY(call.turns[0].parts[0].carry.isEmpty());
        QVERIFY(call.turns[0].parts[0].text.is("a\n\nb"));
    }

    void signaturesStandInGooglesOwnPlace()
    {
        const ChatCall call = callOf(Json::parse(R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y",
            "extra_content":{"google":{"thought_signature":"text"}},
            "tool_calls":[{"id":"c","type":"function","function":{"name":"a","arguments":"{}"},"extra_content":{"google":{"thought_signature":"call"}}}]}]})"));
        QCOMPARE(call.turns[1].parts[0].carry, (Carry {CarryKind::GeminiSignature, 0, "text"}));
        QCOMPARE(call.turns[1].parts[1].carry, (Carry {CarryKind::GeminiSignature, 0, "call"}));
    }

    void foreignDetailsAreKeptAsTheyCame()
    {
        const std::string details = R"([{"type":"reasoning.text","text":"once","signature":"s","index":0}])";
        const ChatCall call = callOf(std::string(R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","reasoning":"twice","reasoning_details":)"
            + details + "}]}").c_str());
        const Part& part = call.turns[1].parts[0];
        QVERIFY(part.text.is("once"));
        QVERIFY(part.carry.kind == CarryKind::ReasoningDetails);
        COMPARE_JSON(Json::parse(part.carry.payload), Json::parse(details));
    }

    void theRestOfTheFieldsIsRead()
    {
        const ChatCall call = callOf(Json::parse(R"({"stream":true,"stream_options":{"include_usage":true},"stop":["a","b"],"logit_bias":{"1":2},"logprobs":true,
            "top_logprobs":3,"n":2,"verbosity":"low","service_tier":"flex","prompt_cache_key":"k","user":"u","safety_identifier":"s","metadata":{"a":"b"},"store":false,
            "modalities":["text","audio"],"web_search_options":{},"frequency_penalty":1,"presence_penalty":2,"top_k":4,
            "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}})"));
        QVERIFY(call.stream && call.wantsUsage && call.logprobs && call.wantsAudio);
        QCOMPARE(call.stop.size(), std::size_t(2));
        QCOMPARE(*call.topLogprobs, std::int64_t(3));
        QCOMPARE(call.candidates, std::int64_t(2));
        QCOMPARE(call.verbosity, std::string_view("low"));
        QCOMPARE(call.tier, std::string_view("flex"));
        QCOMPARE(call.cacheKey, std::string_view("k"));
        QCOMPARE(call.userRef, std::string_view("s"));
        QVERIFY(call.store == false);
        QVERIFY(call.tools.size() == 1 && call.tools[0].server == ServerTool::WebSearch);
        QVERIFY(call.format.kind == OutputFormat::Kind::JsonSchema && call.format.strict == true);
    }

    // ---- writing an upstream's request

    void theExampleOfTheSpecificationIsWrittenExactly()
    {
        ChatCall call = plainCall();
        call.maxOutput = 64;
        call.system.push_back(textPart("S"));
        Part arguments = callPart("t1", "add", "");
        arguments.arguments = {R"({"a":1})", false};
        Part result;
        result.kind = PartKind::ToolResult;
        result.callId = "t1";
        result.result.push_back(textPart("2"));
        call.turns.push_back({Role::Assistant, {textPart("ok"), arguments}});
        call.turns.push_back({Role::User, {result, textPart("and?")}});
        Target target = plainTarget();
        target.oldMaxTokens = true;
        QCOMPARE(write(call, target).text,
            std::string(escapes(R"({"model":"up","max_tokens":64,"messages":[{"role":"system","content":"S"},{"role":"user","content":"hi"},)"
                        R"({"role":"assistant","content":"ok","tool_calls":[{"id":"t1","type":"function","function":{"name":"add","arguments":"{~a~:1}"}}]},)"
                        R"({"role":"tool","tool_call_id":"t1","content":"2"},{"role":"user","content":"and?"}]})")));
    }

    void systemBlocksAreJoinedAndTakeTheTargetsRole()
    {
        const auto withSystem = [] {
            ChatCall call = plainCall();
            call.system = {textPart("a"), textPart("b")};
            call.turns.push_back({Role::System, {textPart("later")}});
            return call;
        };
        Target target = plainTarget();
        Json messages = messagesOf(withSystem(), target);
        COMPARE_JSON(messages[0]["role"], Json("system"));
        COMPARE_JSON(messages[0]["content"], Json("a\n\nb"));
        COMPARE_JSON(messages[2], Json({{"role", "system"}, {"content", "later"}})); // never hoisted to the top
        target.developerRole = true;
        COMPARE_JSON(messagesOf(withSystem(), target)[0]["role"], Json("developer"));
        target = plainTarget();
        target.systemAsUser = true;
        COMPARE_JSON(messagesOf(withSystem(), target)[0]["role"], Json("user"));
        target = plainTarget();
        target.systemFirstOnly = true;
        messages = messagesOf(withSystem(), target);
        QCOMPARE(messages.size(), std::size_t(2));
        COMPARE_JSON(messages[1]["content"][1]["text"], Json("<system-reminder>\nlater\n</system-reminder>"));
    }

    void picturesAreSentByDataOrAddress()
    {
        const auto withImage = [](const Media& media) {
            ChatCall call = plainCall();
            Part image;
            image.kind = PartKind::Image;
            image.media = media;
            call.turns[0].parts.push_back(image);
            return call;
        };
        Media data;
        data.data = dotPng;
        data.mime = "image/png";
        data.detail = "low";
        Media address;
        address.source = Media::Source::Url;
        address.url = RawText("https://e.org/a.png");
        Media file;
        file.source = Media::Source::FileId;
        file.url = RawText("file_011");
        COMPARE_JSON(messagesOf(withImage(data))[0]["content"][1],
            Json({{"type", "image_url"}, {"image_url", {{"url", "data:image/png;base64," + dotPng}, {"detail", "low"}}}}));
        COMPARE_JSON(messagesOf(withImage(address))[0]["content"][1]["image_url"]["url"], Json("https://e.org/a.png"));

        Target target = plainTarget();
        target.takesUrls = false;
        Written written = write(withImage(address), target);
        COMPARE_JSON(written.body["messages"][0]["content"][1]["type"], Json("text"));
        QVERIFY(lost(written, "drop:image.url"));
        written = write(withImage(file));
        COMPARE_JSON(written.body["messages"][0]["content"][1]["type"], Json("text"));
        QVERIFY(lost(written, "drop:image.file_id"));
        target = plainTarget();
        target.vision = false;
        written = write(withImage(data), target);
        COMPARE_JSON(written.body["messages"][0]["content"][1]["text"], Json("[image omitted: this model takes no images]"));
        QVERIFY(lost(written, "drop:image"));
    }

    void documentsSoundsAndFilms()
    {
        const auto withPart = [](PartKind kind, const Media& media, const char* text = "") {
            ChatCall call = plainCall();
            Part part = textPart(text);
            part.kind = kind;
            part.media = media;
            call.turns[0].parts.push_back(part);
            return call;
        };
        Media pdf;
        pdf.data = "JVBERi0x";
        pdf.mime = "application/pdf";
        pdf.name = RawText("a.pdf");
        COMPARE_JSON(messagesOf(withPart(PartKind::Document, pdf))[0]["content"][1],
            Json({{"type", "file"}, {"file", {{"filename", "a.pdf"}, {"file_data", "data:application/pdf;base64,JVBERi0x"}}}}));
        Media note;
        note.source = Media::Source::Text;
        note.name = RawText("T");
        COMPARE_JSON(messagesOf(withPart(PartKind::Document, note, "words"))[0]["content"][1]["text"], Json("<document title=\"T\">\nwords\n</document>"));
        Media plain;
        plain.data = "d29yZHM=";
        plain.mime = "text/plain";
        COMPARE_JSON(messagesOf(withPart(PartKind::Document, plain))[0]["content"][1]["text"], Json("<document>\nwords\n</document>"));
        Media far;
        far.source = Media::Source::Url;
        far.url = RawText("https://e.org/a.pdf");
        QVERIFY(lost(write(withPart(PartKind::Document, far)), "drop:document.url"));
        Media file;
        file.source = Media::Source::FileId;
        file.url = RawText("file-abc");
        QVERIFY(lost(write(withPart(PartKind::Document, file)), "drop:document.file_id"));
        Target target = plainTarget();
        target.issuer = "openai";
        COMPARE_JSON(messagesOf(withPart(PartKind::Document, file), target)[0]["content"][1]["file"]["file_id"], Json("file-abc"));
        Media sound;
        sound.data = "AAAA";
        sound.mime = "audio/mpeg";
        COMPARE_JSON(messagesOf(withPart(PartKind::Audio, sound))[0]["content"][1]["input_audio"], Json({{"data", "AAAA"}, {"format", "mp3"}}));
        Media film;
        film.data = "AAAA";
        film.mime = "video/mp4";
        QVERIFY(lost(write(withPart(PartKind::Video, film)), "drop:video"));
        target.video = true;
        COMPARE_JSON(messagesOf(withPart(PartKind::Video, film), target)[0]["content"][1]["video_url"]["url"], Json("data:video/mp4;base64,AAAA"));
    }

    void resultsComeFirstAndTheirPicturesFollowInOneMessage()
    {
        ChatCall call = plainCall();
        call.turns.push_back({Role::Assistant, {callPart("c1", "look", "{}"), callPart("c2", "look", "{}")}});
        Part failed;
        failed.kind = PartKind::ToolResult;
        failed.callId = "c1";
        failed.isError = true;
        failed.result = {textPart("gone"), textPart("for good")};
        Part shown;
        shown.kind = PartKind::ToolResult;
        shown.callId = "c2";
        Part image;
        image.kind = PartKind::Image;
        image.media.data = dotPng;
        image.media.mime = "image/png";
        shown.result.push_back(image);
        call.turns.push_back({Role::User, {shown, failed, textPart("Well?")}});
        const Json messages = messagesOf(std::move(call));
        QCOMPARE(messages.size(), std::size_t(5));
        COMPARE_JSON(messages[2], Json({{"role", "tool"}, {"tool_call_id", "c1"}, {"content", "[tool error] gone\nfor good"}}));
        COMPARE_JSON(messages[3]["content"], Json("(no output)"));
        COMPARE_JSON(messages[4]["role"], Json("user"));
        COMPARE_JSON(messages[4]["content"][0]["text"], Json("[image from tool result c2]"));
        COMPARE_JSON(messages[4]["content"][1]["type"], Json("image_url"));
        COMPARE_JSON(messages[4]["content"][2]["text"], Json("Well?"));
    }

    void aResultWhosePictureCannotBeShownSaysSo()
    {
        ChatCall call = toolTurnWith({});
        Part image;
        image.kind = PartKind::Image;
        image.media.data = dotPng;
        call.turns[2].parts[0].result.push_back(image);
        Target target = plainTarget();
        target.vision = false;
        COMPARE_JSON(messagesOf(std::move(call), target)[2]["content"], Json("1\n[image omitted: this model takes no images]"));
    }

    void callsAloneHaveNullOrEmptyContent()
    {
        Target target = plainTarget();
        COMPARE_JSON(messagesOf(toolTurnWith({}), target)[1]["content"], Json());
        target.emptyContentString = true;
        COMPARE_JSON(messagesOf(toolTurnWith({}), target)[1]["content"], Json(""));
        COMPARE_JSON(messagesOf(toolTurnWith({textPart("a"), textPart("b")}), target)[1]["content"], Json("ab"));
    }

    void emptyArgumentsAreAnEmptyObject()
    {
        ChatCall call = plainCall();
        call.turns.push_back({Role::Assistant, {callPart("c1", "a", ""), callPart("c2", "a", "{\\\"x\\\":")}});
        const Json messages = messagesOf(std::move(call));
        COMPARE_JSON(messages[1]["tool_calls"][0]["function"]["arguments"], Json("{}"));
        COMPARE_JSON(messages[1]["tool_calls"][1]["function"]["arguments"], Json("{\"x\":")); // as the history has it
    }

    void idsThatAreTooLongAreFoldedInBothPlaces()
    {
        const std::string id(60, 'x');
        ChatCall call = toolTurnWith({});
        call.turns[1].parts[0].callId = id;
        call.turns[2].parts[0].callId = id;
        Target target = plainTarget();
        Json messages = messagesOf(std::move(call), target);
        QVERIFY(messages[1]["tool_calls"][0]["id"].get<std::string>().size() <= 40);
        COMPARE_JSON(messages[1]["tool_calls"][0]["id"], messages[2]["tool_call_id"]);
        target.ids = IdRule::Mistral;
        messages = messagesOf(toolTurnWith({}), target);
        QCOMPARE(messages[1]["tool_calls"][0]["id"].get<std::string>().size(), std::size_t(9));
        COMPARE_JSON(messages[1]["tool_calls"][0]["id"], messages[2]["tool_call_id"]);
    }

    void reasoningGoesBackAsTheTargetWantsIt()
    {
        const auto withReasoning = [](const Carry& carry) { return toolTurnWith({reasoningPart("words", carry)}); };
        const Carry own {CarryKind::PlainReasoning, 1, {}};
        Target target = plainTarget();
        QVERIFY(!messagesOf(withReasoning(own), target)[1].contains("reasoning_content"));
        target.replay = ReasoningReplay::ReasoningContent;
        COMPARE_JSON(messagesOf(withReasoning(own), target)[1]["reasoning_content"], Json("words"));
        COMPARE_JSON(messagesOf(withReasoning({CarryKind::PlainReasoning, 0, {}}), target)[1]["reasoning_content"], Json("words"));
        // Another upstream's, or none: these answer 400 where nothing stands on a turn with calls.
        COMPARE_JSON(messagesOf(withReasoning({CarryKind::PlainReasoning, 2, {}}), target)[1]["reasoning_content"], Json("(reasoning not kept)"));
        COMPARE_JSON(messagesOf(withReasoning({CarryKind::AnthropicSignature, 1, "s"}), target)[1]["reasoning_content"], Json("(reasoning not kept)"));
        target.replay = ReasoningReplay::ThinkingParts;
        COMPARE_JSON(messagesOf(withReasoning(own), target)[1]["content"][0],
            Json::parse(R"({"type":"thinking","thinking":[{"type":"text","text":"words"}]})"));
        target.replay = ReasoningReplay::ReasoningDetails;
        const Carry details {CarryKind::ReasoningDetails, 1, R"([{"type":"reasoning.encrypted","data":"x"}])"};
        COMPARE_JSON(messagesOf(withReasoning(details), target)[1]["reasoning_details"], Json::parse(R"([{"type":"reasoning.encrypted","data":"x"}])"));
        QVERIFY(!messagesOf(withReasoning(own), target)[1].contains("reasoning_details"));
    }

    void reasoningOfTurnsWithoutCallsGoesBackOnlyWhereAllOfItDoes()
    {
        const auto withTurn = [](const Carry& carry) {
            ChatCall call = plainCall();
            call.turns.push_back({Role::Assistant, {reasoningPart("words", carry), textPart("answer")}});
            call.turns.push_back({Role::User, {textPart("next")}});
            return call;
        };
        Target target = plainTarget();
        target.replay = ReasoningReplay::ReasoningContent;
        COMPARE_JSON(messagesOf(withTurn({CarryKind::PlainReasoning, 1, {}}), target)[1]["reasoning_content"], Json("words"));
        QVERIFY(!messagesOf(withTurn({}), target)[1].contains("reasoning_content"));
        target.replay = ReasoningReplay::ReasoningContentOnCalls;
        QVERIFY(!messagesOf(withTurn({CarryKind::PlainReasoning, 1, {}}), target)[1].contains("reasoning_content"));
    }

    void googlesSignaturesGoToGoogleOnly()
    {
        const auto withSignature = [] {
            ChatCall call = toolTurnWith({});
            call.turns[1].parts[0].carry = {CarryKind::GeminiSignature, 1, "sig"};
            return call;
        };
        Target target = plainTarget();
        QVERIFY(!messagesOf(withSignature(), target)[1]["tool_calls"][0].contains("extra_content"));
        target.issuer = "gemini";
        COMPARE_JSON(messagesOf(withSignature(), target)[1]["tool_calls"][0]["extra_content"]["google"]["thought_signature"], Json("sig"));
        target.origin = 2;
        QVERIFY(!messagesOf(withSignature(), target)[1]["tool_calls"][0].contains("extra_content"));
    }

    void aLastTurnOfTheAssistantIsMarkedWhereThatIsAsked()
    {
        const auto prefilled = [] {
            ChatCall call = plainCall();
            call.turns.push_back({Role::Assistant, {textPart("One, ")}});
            return call;
        };
        Target target = plainTarget();
        COMPARE_JSON(messagesOf(prefilled(), target)[1], Json({{"role", "assistant"}, {"content", "One, "}}));
        target.prefixFlag = true;
        COMPARE_JSON(messagesOf(prefilled(), target)[1]["prefix"], Json(true));
        target = plainTarget();
        target.partialFlag = true;
        COMPARE_JSON(messagesOf(prefilled(), target)[1]["partial"], Json(true));
    }

    void refusalsAndServerToolsInAHistory()
    {
        ChatCall call = plainCall();
        Part refusal = textPart("no");
        refusal.kind = PartKind::Refusal;
        Part search = textPart("web search: x");
        search.kind = PartKind::Server;
        call.turns.push_back({Role::Assistant, {refusal}});
        call.turns.push_back({Role::User, {textPart("a")}});
        call.turns.push_back({Role::Assistant, {search, textPart("found")}});
        call.turns.push_back({Role::User, {textPart("b")}});
        call.turns.push_back({Role::Assistant, {search}});
        const Json messages = messagesOf(std::move(call));
        COMPARE_JSON(messages[1], Json::parse(R"({"role":"assistant","content":null,"refusal":"no"})"));
        COMPARE_JSON(messages[3]["content"], Json("found"));
        COMPARE_JSON(messages[5]["content"], Json("[web search: x]"));
    }

    void cacheMarksStayOnPartsWhereTheTargetTakesThem()
    {
        const auto marked = [](int marks) {
            ChatCall call = plainCall();
            call.turns[0].parts.clear();
            for (int i = 0; i < marks; ++i) {
                Part part = textPart("x");
                part.cache = i == marks - 1 ? CacheMark::OneHour : CacheMark::FiveMinutes;
                call.turns[0].parts.push_back(part);
            }
            return call;
        };
        COMPARE_JSON(messagesOf(marked(1))[0]["content"], Json("x"));
        Target target = plainTarget();
        target.cacheMarksOnParts = true;
        COMPARE_JSON(messagesOf(marked(1), target)[0]["content"],
            Json::parse(R"([{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}])"));
        const Json parts = messagesOf(marked(6), target)[0]["content"];
        QVERIFY(!parts[1].contains("cache_control")); // the last four reach furthest
        QVERIFY(parts[2].contains("cache_control") && parts[5].contains("cache_control"));
    }

    void toolsHaveSchemasAndFoldedNames()
    {
        ChatCall call = plainCall();
        Tool bare;
        bare.name = "bare name";
        bare.strict = true;
        Tool inside;
        inside.name = "run";
        inside.nameSpace = "functions";
        inside.schema = R"({"properties":{"a":{}}})";
        call.tools = {bare, inside};
        Target target = plainTarget();
        Written written = write(call, target);
        const Json tools = written.body["tools"];
        QVERIFY(tools[0]["function"]["name"].get<std::string>().starts_with("bare_name_"));
        COMPARE_JSON(tools[0]["function"]["parameters"], Json::parse(R"({"type":"object","properties":{}})"));
        COMPARE_JSON(tools[0]["function"]["strict"], Json(true));
        COMPARE_JSON(tools[1]["function"]["name"], Json("functions__run"));
        COMPARE_JSON(tools[1]["function"]["parameters"]["type"], Json("object"));
        QVERIFY(!tools[1]["function"].contains("strict"));
        target.strictTools = false;
        written = write(call, target);
        QVERIFY(!written.body["tools"][0]["function"].contains("strict"));
        QVERIFY(lost(written, "drop:strict"));
    }

    void customToolsBecomeFunctionsWhereThereAreNone()
    {
        const auto withCustom = [] {
            ChatCall call = toolTurnWith({});
            Tool tool;
            tool.kind = Tool::Kind::Custom;
            tool.name = "add";
            tool.description = RawText("Edits.");
            tool.grammar = RawText("start: x");
            tool.grammarSyntax = "lark";
            call.tools.push_back(tool);
            call.toolChoice.mode = ToolChoice::Mode::Named;
            call.toolChoice.name = "add";
            Part& made = call.turns[1].parts[0];
            made.isCustom = true;
            made.text = RawText("a \\\"b\\\"");
            return call;
        };
        Target target = plainTarget();
        Json body = write(withCustom(), target).body;
        COMPARE_JSON(body["tools"][0]["custom"]["format"]["grammar"]["definition"], Json("start: x"));
        COMPARE_JSON(body["messages"][1]["tool_calls"][0]["custom"], Json({{"name", "add"}, {"input", "a \"b\""}}));
        COMPARE_JSON(body["tool_choice"]["type"], Json("custom"));
        target.customTools = false;
        body = write(withCustom(), target).body;
        COMPARE_JSON(body["tools"][0]["function"]["parameters"]["required"][0], Json("input"));
        COMPARE_JSON(body["tools"][0]["function"]["description"], Json("Edits.\n\nThe input has to follow this Lark grammar:\nstart: x"));
        COMPARE_JSON(Json::parse(body["messages"][1]["tool_calls"][0]["function"]["arguments"].get<std::string>()), Json({{"input", "a \"b\""}}));
        COMPARE_JSON(body["tool_choice"], Json::parse(R"({"type":"function","function":{"name":"add"}})"));
    }

    void choicesFollowTheTarget()
    {
        const auto chosen = [](ToolChoice::Mode mode, const Target& target, Written* out = nullptr) {
            ChatCall call = plainCall();
            Tool tool;
            tool.name = "add";
            call.tools.push_back(tool);
            call.toolChoice.mode = mode;
            call.toolChoice.name = mode == ToolChoice::Mode::Named ? "add" : "";
            Written written = write(call, target);
            if (out)
                *out = written;
            return written.body.value("tool_choice", Json("-"));
        };
        Target target = plainTarget();
        COMPARE_JSON(chosen(ToolChoice::Mode::Unset, target), Json("-"));
        COMPARE_JSON(chosen(ToolChoice::Mode::Auto, target), Json("auto"));
        COMPARE_JSON(chosen(ToolChoice::Mode::Any, target), Json("required"));
        COMPARE_JSON(chosen(ToolChoice::Mode::None, target), Json("none"));
        COMPARE_JSON(chosen(ToolChoice::Mode::Named, target), Json::parse(R"({"type":"function","function":{"name":"add"}})"));
        target.toolChoiceAny = true;
        COMPARE_JSON(chosen(ToolChoice::Mode::Any, target), Json("any"));
        target = plainTarget();
        target.namedToolChoice = false;
        Written written;
        COMPARE_JSON(chosen(ToolChoice::Mode::Any, target, &written), Json("auto"));
        QVERIFY(lost(written, "adapt:tool_choice"));
        chosen(ToolChoice::Mode::None, target, &written);
        QVERIFY(!written.body.contains("tools")); // a tool that is not there is not called either
    }

    void withoutToolsThereIsNoChoice()
    {
        ChatCall call = plainCall();
        call.toolChoice.mode = ToolChoice::Mode::Auto;
        call.toolChoice.parallel = true;
        const Json body = write(call).body;
        QVERIFY(!body.contains("tool_choice") && !body.contains("parallel_tool_calls"));
    }

    void allowedToolsArePassedToOpenaiAndFilteredElsewhere()
    {
        const auto allowed = [] {
            ChatCall call = plainCall();
            for (const char* name : {"add", "sub"}) {
                Tool tool;
                tool.name = name;
                call.tools.push_back(tool);
            }
            call.toolChoice.mode = ToolChoice::Mode::Any;
            call.toolChoice.only = {"sub"};
            return call;
        };
        Target target = plainTarget();
        const Written written = write(allowed(), target);
        QCOMPARE(written.body["tools"].size(), std::size_t(1));
        COMPARE_JSON(written.body["tool_choice"], Json("required"));
        QVERIFY(lost(written, "adapt:tool_choice"));
        target.issuer = "openai";
        const Json body = write(allowed(), target).body;
        QCOMPARE(body["tools"].size(), std::size_t(2));
        COMPARE_JSON(body["tool_choice"],
            Json::parse(R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"sub"}}]}})"));
    }

    void oneCallAtATime()
    {
        const auto single = [] {
            ChatCall call = plainCall();
            Tool tool;
            tool.name = "add";
            call.tools.push_back(tool);
            call.toolChoice.parallel = false;
            return call;
        };
        Target target = plainTarget();
        COMPARE_JSON(write(single(), target).body["parallel_tool_calls"], Json(false));
        target.parallelToolCalls = false;
        const Written written = write(single(), target);
        QVERIFY(!written.body.contains("parallel_tool_calls"));
        QVERIFY(lost(written, "drop:parallel_tool_calls"));
    }

    void aForcedToolAndThinkingDoNotGoTogetherEverywhere()
    {
        const auto forced = [](std::optional<Effort> effort) {
            ChatCall call = plainCall();
            Tool tool;
            tool.name = "add";
            call.tools.push_back(tool);
            call.toolChoice.mode = ToolChoice::Mode::Any;
            call.reasoning.effort = effort;
            return call;
        };
        Target target = plainTarget();
        target.reasoning = ReasoningStyle::ThinkingType;
        target.forcedToolWhileThinking = false;
        Written written = write(forced({}), target); // nobody asked for thinking
        COMPARE_JSON(written.body["tool_choice"], Json("required"));
        COMPARE_JSON(written.body["thinking"]["type"], Json("disabled"));
        written = write(forced(Effort::High), target);
        COMPARE_JSON(written.body["tool_choice"], Json("auto"));
        QVERIFY(lost(written, "adapt:tool_choice"));
        target.canSwitchThinkingOff = false;
        COMPARE_JSON(write(forced({}), target).body["tool_choice"], Json("auto"));
    }

    void hostedToolsAreDroppedAndSearchIsAskedForInTheTargetsWay()
    {
        const auto searching = [](const char* chosen = "") {
            ChatCall call = plainCall();
            Tool search;
            search.kind = Tool::Kind::Server;
            search.server = ServerTool::WebSearch;
            search.name = "web_search";
            search.serverType = "web_search_20250305";
            call.tools.push_back(search);
            if (*chosen) {
                call.toolChoice.mode = ToolChoice::Mode::Named;
                call.toolChoice.name = chosen;
            }
            return call;
        };
        Target target = plainTarget();
        Written written = write(searching(), target);
        QVERIFY(!written.body.contains("tools"));
        QVERIFY(lost(written, "drop:web_search_20250305"));
        written = write(searching("web_search"), target);
        QCOMPARE(written.error.kind, ErrorKind::Unsupported);
        QCOMPARE(written.error.field, std::string("tool_choice"));
        target.webSearch = "options";
        COMPARE_JSON(write(searching(), target).body["web_search_options"], Json::object());
        target.webSearch = "plugin";
        COMPARE_JSON(write(searching(), target).body["plugins"], Json::parse(R"([{"id":"web"}])"));
        target.webSearch = "enable_search";
        COMPARE_JSON(write(searching(), target).body["enable_search"], Json(true));
        target.webSearch = "glm";
        COMPARE_JSON(write(searching(), target).body["tools"][0]["type"], Json("web_search"));
    }

    void mcpServersAloneAreRefused()
    {
        ChatCall call = plainCall();
        Tool server;
        server.kind = Tool::Kind::Server;
        server.server = ServerTool::Mcp;
        server.serverType = "mcp_servers";
        call.tools.push_back(server);
        QCOMPARE(write(call).error.kind, ErrorKind::Unsupported);
    }

    void limitsAndSamplingFollowTheTarget()
    {
        const auto sampled = [] {
            ChatCall call = plainCall();
            call.maxOutput = 100;
            call.temperature = 1.8;
            call.topP = 0.5;
            call.topK = 3;
            call.seed = 7;
            call.frequencyPenalty = 0.5;
            call.presencePenalty = 0.25;
            call.stop = {RawText("a"), RawText("b")};
            call.logprobs = true;
            call.topLogprobs = 2;
            call.candidates = 2;
            return call;
        };
        Written written = write(sampled());
        COMPARE_JSON(written.body["max_completion_tokens"], Json(100));
        COMPARE_JSON(written.body["temperature"], Json(1.8));
        COMPARE_JSON(written.body["seed"], Json(7));
        COMPARE_JSON(written.body["frequency_penalty"], Json(0.5));
        COMPARE_JSON(written.body["stop"], Json({"a", "b"}));
        COMPARE_JSON(written.body["top_logprobs"], Json(2));
        COMPARE_JSON(written.body["n"], Json(2));
        QVERIFY(!written.body.contains("top_k") && lost(written, "drop:top_k"));

        Target target = plainTarget();
        target.oldMaxTokens = target.takesTopK = target.randomSeed = true;
        target.sampling = target.penalties = target.stopWords = target.logprobs = false;
        target.mostOutput = 50;
        written = write(sampled(), target);
        COMPARE_JSON(written.body["max_tokens"], Json(50));
        COMPARE_JSON(written.body["top_k"], Json(3));
        COMPARE_JSON(written.body["random_seed"], Json(7));
        for (const char* name : {"temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "logprobs"}) {
            QVERIFY(!written.body.contains(name));
            QVERIFY2(lost(written, ("drop:" + std::string(name)).c_str()), name);
        }
        target = plainTarget();
        target.mostTemperature = 1;
        target.mostStops = 1;
        written = write(sampled(), target);
        COMPARE_JSON(written.body["temperature"], Json(1));
        QVERIFY(lost(written, "adapt:temperature"));
        COMPARE_JSON(written.body["stop"], Json({"a"}));
        QVERIFY(lost(written, "adapt:stop"));
    }

    void effortIsAskedForInEveryVendorsWay()
    {
        const auto asked = [](const ReasoningWish& wish, const Target& target, Written* out = nullptr) {
            ChatCall call = plainCall();
            call.reasoning = wish;
            Written written = write(call, target);
            written.body.erase("model");
            written.body.erase("messages");
            if (out)
                *out = written;
            return written.body;
        };
        ReasoningWish high;
        high.effort = Effort::High;
        ReasoningWish medium;
        medium.effort = Effort::Medium;
        ReasoningWish top;
        top.effort = Effort::XHigh;
        ReasoningWish budget;
        budget.budget = 5000;
        ReasoningWish off;
        off.on = false;
        off.effort = Effort::High; // said beside it, refused by some
        ReasoningWish on;
        on.on = true;
        Written written;

        Target target = plainTarget();
        COMPARE_JSON(asked({}, target), Json::object());
        COMPARE_JSON(asked(high, target), Json({{"reasoning_effort", "high"}}));
        COMPARE_JSON(asked(budget, target), Json({{"reasoning_effort", "medium"}}));
        COMPARE_JSON(asked(top, target, &written), Json({{"reasoning_effort", "high"}}));
        QVERIFY(lost(written, "adapt:reasoning.effort"));
        COMPARE_JSON(asked(off, target, &written), Json({{"reasoning_effort", "low"}}));
        QVERIFY(lost(written, "adapt:reasoning.off"));
        target.efforts |= 1u << unsigned(Effort::None);
        COMPARE_JSON(asked(off, target, &written), Json({{"reasoning_effort", "none"}}));
        QVERIFY(written.losses.empty());

        target = plainTarget();
        target.reasoning = ReasoningStyle::OpenRouter;
        COMPARE_JSON(asked(high, target), Json::parse(R"({"reasoning":{"effort":"high"}})"));
        COMPARE_JSON(asked(budget, target), Json::parse(R"({"reasoning":{"max_tokens":5000}})"));
        COMPARE_JSON(asked(off, target), Json::parse(R"({"reasoning":{"effort":"none"}})"));
        COMPARE_JSON(asked(on, target), Json::parse(R"({"reasoning":{"enabled":true}})"));

        target.reasoning = ReasoningStyle::ThinkingType; // DeepSeek
        target.efforts = 1u << unsigned(Effort::Low) | 1u << unsigned(Effort::High) | 1u << unsigned(Effort::Max);
        COMPARE_JSON(asked(off, target), Json::parse(R"({"thinking":{"type":"disabled"}})"));
        COMPARE_JSON(asked(on, target), Json::parse(R"({"thinking":{"type":"enabled"}})"));
        COMPARE_JSON(asked(medium, target), Json::parse(R"({"thinking":{"type":"enabled"},"reasoning_effort":"high"})"));
        COMPARE_JSON(asked(top, target), Json::parse(R"({"thinking":{"type":"enabled"},"reasoning_effort":"high"})"));
        target.canSwitchThinkingOff = false; // Kimi K3, GLM
        COMPARE_JSON(asked(top, target), Json::parse(R"({"reasoning_effort":"max"})"));
        COMPARE_JSON(asked(off, target, &written), Json::parse(R"({"reasoning_effort":"low"})"));
        QVERIFY(lost(written, "adapt:reasoning.off"));

        target = plainTarget();
        target.reasoning = ReasoningStyle::EnableThinking;
        COMPARE_JSON(asked(off, target), Json::parse(R"({"enable_thinking":false})"));
        COMPARE_JSON(asked(budget, target), Json::parse(R"({"enable_thinking":true,"thinking_budget":5000})"));
        COMPARE_JSON(asked(medium, target), Json::parse(R"({"enable_thinking":true,"thinking_budget":8192})"));
        target.reasoning = ReasoningStyle::TemplateKwargs;
        COMPARE_JSON(asked(off, target), Json::parse(R"({"chat_template_kwargs":{"enable_thinking":false}})"));
        target.reasoning = ReasoningStyle::None;
        COMPARE_JSON(asked(high, target, &written), Json::object());
        QVERIFY(lost(written, "drop:reasoning_effort"));
    }

    void structuredOutputFollowsTheTarget()
    {
        const auto formatted = [](OutputFormat::Kind kind, const char* text = "hi") {
            ChatCall call = plainCall();
            call.turns[0].parts[0].text = RawText(text);
            call.format.kind = kind;
            if (kind == OutputFormat::Kind::JsonSchema)
                call.format.schema = R"({"type":"object"})";
            return call;
        };
        Target target = plainTarget();
        Json body = write(formatted(OutputFormat::Kind::JsonSchema), target).body;
        COMPARE_JSON(body["response_format"], Json::parse(R"({"type":"json_schema","json_schema":{"name":"response","schema":{"type":"object"}}})"));
        body = write(formatted(OutputFormat::Kind::JsonObject), target).body;
        COMPARE_JSON(body["response_format"], Json::parse(R"({"type":"json_object"})"));
        COMPARE_JSON(body["messages"][0]["role"], Json("system")); // the prompt has to say it
        body = write(formatted(OutputFormat::Kind::JsonObject, "as Json, please"), target).body;
        COMPARE_JSON(body["messages"][0]["role"], Json("user"));
        target.json = JsonSupport::ObjectOnly;
        Written written = write(formatted(OutputFormat::Kind::JsonSchema), target);
        COMPARE_JSON(written.body["response_format"]["type"], Json("json_object"));
        QVERIFY(written.body["messages"][0]["content"].get<std::string>().ends_with(R"({"type":"object"})"));
        QVERIFY(lost(written, "adapt:response_format"));
        target.json = JsonSupport::None;
        written = write(formatted(OutputFormat::Kind::JsonObject), target);
        QVERIFY(!written.body.contains("response_format"));
        COMPARE_JSON(written.body["messages"][0]["role"], Json("system"));
        QVERIFY(lost(written, "adapt:response_format"));
    }

    void namesKeysAndTiersFollowTheTarget()
    {
        const auto named = [] {
            ChatCall call = plainCall();
            call.userRef = "u";
            call.tier = "flex";
            call.verbosity = "low";
            call.metadata = R"({"a":"b"})";
            call.cacheKey = "k";
            return call;
        };
        Target target = plainTarget();
        Written written = write(named(), target);
        COMPARE_JSON(written.body["user"], Json("u"));
        for (const char* name : {"service_tier", "verbosity", "metadata", "prompt_cache_key", "store"})
            QVERIFY2(!written.body.contains(name), name);
        QVERIFY(lost(written, "drop:service_tier") && lost(written, "drop:verbosity"));
        target.safetyIdentifier = target.serviceTier = target.verbosity = target.storeAndMetadata = target.promptCacheKey = true;
        const Json body = write(named(), target).body;
        COMPARE_JSON(body["safety_identifier"], Json("u"));
        COMPARE_JSON(body["service_tier"], Json("flex"));
        COMPARE_JSON(body["verbosity"], Json("low"));
        COMPARE_JSON(body["metadata"], Json({{"a", "b"}}));
        COMPARE_JSON(body["prompt_cache_key"], Json("k"));
    }

    void theCacheKeyIsTheSessionOrTheBeginning()
    {
        Target target = plainTarget();
        target.promptCacheKey = true;
        const auto keyOf = [&](const char* user, const char* text) {
            ChatCall call = plainCall();
            call.userRef = user;
            call.turns[0].parts[0].text = RawText(text);
            call.turns.push_back({Role::Assistant, {textPart("grows")}});
            const Json body = write(call, target).body;
            if (*user)
                Q_ASSERT(!body.contains("user")); // a bundle of ids is no name
            return body["prompt_cache_key"].get<std::string>();
        };
        QCOMPARE(keyOf(R"({"device_id":"d","session_id":"0f3a-12"})", "hi"), std::string("0f3a-12"));
        QCOMPARE(keyOf("user_0123456789012345678901234567890123456789_account__session_77-88", "hi"), std::string("77-88"));
        QCOMPARE(keyOf("", "hi"), keyOf("", "hi"));
        QVERIFY(keyOf("", "hi") != keyOf("", "ho"));
    }

    void streamsAskForTheirUsage()
    {
        ChatCall call = plainCall();
        call.stream = true;
        Tool tool;
        tool.name = "add";
        call.tools.push_back(tool);
        Target target = plainTarget();
        Json body = write(call, target).body;
        COMPARE_JSON(body["stream"], Json(true));
        COMPARE_JSON(body["stream_options"], Json::parse(R"({"include_usage":true})"));
        target.streamOptions = false;
        target.toolStream = true;
        body = write(call, target).body;
        QVERIFY(!body.contains("stream_options"));
        COMPARE_JSON(body["tool_stream"], Json(true));
    }

    void theSameHistoryGivesTheSameOctets()
    {
        const char* body = R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"a","arguments":"{}"}}]},
            {"role":"tool","content":"1"}],"tools":[{"type":"function","function":{"name":"odd name"}}]})";
        QCOMPARE(write(callOf(body)).text, write(callOf(body)).text);
    }

    // ---- reading an upstream's stream

    void aStreamIsToldInOrder()
    {
        const Told seen = told({R"({"id":"u1","created":17,"model":"up","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})",
            R"({"choices":[{"index":0,"delta":{"content":"He"}}]})", R"({"choices":[{"index":0,"delta":{"content":"y"},"finish_reason":"stop"}]})",
            R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5},"service_tier":"flex"})", "[DONE]"});
        QCOMPARE(seen.lines[0], std::string("start u1 17"));
        QCOMPARE(inside(seen), std::string("open 0.0 text|+ Hey|close|finish stop"));
        QCOMPARE(seen.usage->input, Tokens(3));
        QCOMPARE(seen.tier, std::string("flex"));
    }

    void reasoningComesByManyNames()
    {
        const std::string expected = "open 0.0 reasoning|+ hm|carry 5 |close|open 0.1 text|+ x|close|finish stop";
        QCOMPARE(inside(deltas({R"({"reasoning_content":"hm"})", R"({"content":"x"})"})), expected);
        QCOMPARE(inside(deltas({R"({"reasoning":"hm"})", R"({"content":"x"})"})), expected);
        QCOMPARE(inside(deltas({R"({"reasoning":"hm","reasoning_content":"hm"})", R"({"content":"x"})"})), expected);
        QCOMPARE(inside(deltas({R"({"reasoning_content":"hm","content":""})", R"({"content":"x","reasoning_content":null})"})), expected);
        QCOMPARE(inside(deltas({R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"x"}]})"})), expected);
        QCOMPARE(inside(deltas({R"({"content":"<think>hm</think>x"})"})), expected);
    }

    void reasoningDetailsAreTheAuthorityAndAreKeptWhole()
    {
        const Told seen = deltas({R"({"reasoning":"a","reasoning_details":[{"type":"reasoning.text","text":"a","index":0,"format":"f"}]})",
            R"({"reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b","index":0}]})",
            R"({"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0},{"type":"reasoning.encrypted","data":"d","index":1}]})", R"({"content":"x"})"});
        QCOMPARE(seen.lines[2], std::string("+ ab")); // not twice
        QVERIFY(seen.lines[3].starts_with("carry 6 "));
        COMPARE_JSON(Json::parse(seen.lines[3].substr(8)),
            Json::parse(R"([{"type":"reasoning.text","text":"ab","index":0,"format":"f","signature":"s"},{"type":"reasoning.encrypted","data":"d","index":1}])"));
    }

    void thinkTagsCountOnlyAtTheVeryStartAndMayBeCutAnywhere()
    {
        const std::string text = "<think>\\nI <b> </thin \\ud83d\\ude00.</think>\\n\\nYes <think>";
        const std::string expected = "open 0.0 reasoning|+ I <b> </thin \\ud83d\\ude00.|carry 5 |close|open 0.1 text|+ Yes <think>|close|finish stop";
        QCOMPARE(inside(deltas({"{\"content\":\"" + text + "\"}"})), expected);
        for (std::size_t cut = 1; cut < text.size(); ++cut) {
            const std::size_t slash = text.rfind('\\', cut - 1);
            const bool isInEscape = slash != std::string::npos && cut - slash < (text[slash + 1] == 'u' ? 6u : 2u);
            if (isInEscape)
                continue;
            QCOMPARE(inside(deltas({"{\"content\":\"" + text.substr(0, cut) + "\"}", "{\"content\":\"" + text.substr(cut) + "\"}"})), expected);
        }
        // Go writes the angles as escapes.
        QCOMPARE(inside(deltas({R"({"content":"\u003cthink\u003ea\u003c/think\u003eb"})"})),
            std::string("open 0.0 reasoning|+ a|carry 5 |close|open 0.1 text|+ b|close|finish stop"));
        QCOMPARE(inside(deltas({R"({"content":"so <think>a</think>"})"})), std::string("open 0.0 text|+ so <think>a</think>|close|finish stop"));
        QCOMPARE(inside(deltas({R"({"content":"<thi"})"})), std::string("open 0.0 text|+ <thi|close|finish stop"));
        QCOMPARE(inside(deltas({R"({"content":"<think>a</thi"})"}, "length")), std::string("open 0.0 reasoning|+ a</thi|carry 5 |close|finish length"));
        QCOMPARE(inside(deltas({R"({"content":"<think>\n\n</think>\n\nb"})"})), std::string("open 0.0 text|+ b|close|finish stop")); // Qwen, not thinking
    }

    void callsAreKnownByTheirNumber()
    {
        QCOMPARE(inside(deltas({R"({"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"add","arguments":""}}]})",
                     escapes(R"({"tool_calls":[{"index":0,"id":"","function":{"arguments":"{~a~:"}}]})"), R"({"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]})"},
                     "tool_calls")),
            std::string(escapes(R"(open 0.0 call c1 add|+ {~a~:1}|close|finish tool)")));
        // Two entries of one call in one chunk are put together.
        QCOMPARE(inside(deltas({R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"add","arguments":"{"}},{"index":0,"function":{"arguments":"}"}}]})"})),
            std::string("open 0.0 call c1 add|+ {}|close|finish tool"));
        // Woven into each other, they come one behind the other.
        QCOMPARE(inside(deltas({R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"a"}},{"index":1,"id":"c2","function":{"name":"b"}}]})",
                     R"({"tool_calls":[{"index":1,"function":{"arguments":"{}"}},{"index":0,"function":{"arguments":"[]"}}]})"})),
            std::string("open 0.0 call c1 a|+ []|close|open 0.1 call c2 b|+ {}|close|finish tool"));
    }

    void callsWithoutNumbersAreKnownByTheirId()
    {
        QCOMPARE(inside(deltas({R"({"tool_calls":[{"id":"c1","function":{"name":"a","arguments":"{}"}},{"id":"c2","function":{"name":"a","arguments":"[]"}}]})"})),
            std::string("open 0.0 call c1 a|+ {}|close|open 0.1 call c2 a|+ []|close|finish tool"));
        QCOMPARE(inside(deltas({R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"a","arguments":"{}"}}]})",
                     R"({"tool_calls":[{"index":0,"id":"c2","function":{"name":"a","arguments":"[]"}}]})"})),
            std::string("open 0.0 call c1 a|+ {}|close|open 0.1 call c2 a|+ []|close|finish tool"));
    }

    void argumentsMayBeAnObject()
    {
        QCOMPARE(inside(deltas({R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"a","arguments":{"x": "b c", "y": [1, 2]}}}]})"})),
            std::string(escapes(R"(open 0.0 call c1 a|+ {~x~:~b c~,~y~:[1,2]}|close|finish tool)")));
    }

    void aCallThatIsNeverNamedIsAnError()
    {
        QCOMPARE(deltas({R"({"tool_calls":[{"index":0,"id":"c1","function":{"arguments":"{}"}}]})"}).lines.back(), std::string("fail bad_reply"));
    }

    void functionsOfOldAndCustomCalls()
    {
        const Told old = deltas({R"({"function_call":{"name":"add","arguments":""}})", R"({"function_call":{"arguments":"{}"}})"}, "function_call");
        QVERIFY(old.lines[1].starts_with("open 0.0 call call_"));
        QVERIFY(inside(old).ends_with(" add|+ {}|close|finish tool"));
        QCOMPARE(inside(deltas({R"({"tool_calls":[{"index":0,"id":"c1","type":"custom","custom":{"name":"p","input":""}}]})",
                     R"({"tool_calls":[{"index":0,"custom":{"input":"a\nb"}}]})"})),
            std::string("open 0.0 call c1 p custom|+ a\\nb|close|finish tool"));
    }

    void signaturesOfGoogleAreCarried()
    {
        QCOMPARE(inside(deltas({R"({"content":"x"})", R"({"extra_content":{"google":{"thought_signature":"t"}}})"})),
            std::string("open 0.0 text|+ x|carry 4 t|close|finish stop"));
        QCOMPARE(inside(deltas({R"({"tool_calls":[{"id":"c1","function":{"name":"a","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]})"})),
            std::string("open 0.0 call c1 a|carry 4 s|+ {}|close|finish tool"));
    }

    void finishReasonsOfAllVendors()
    {
        for (const char* word : {"stop", "STOP", "end_turn", "something_new"})
            QCOMPARE(finishOf(word), std::string("finish stop"));
        for (const char* word : {"length", "model_length", "MAX_TOKENS"})
            QCOMPARE(finishOf(word), std::string("finish length"));
        for (const char* word : {"content_filter", "sensitive", "SAFETY"})
            QCOMPARE(finishOf(word), std::string("finish filter"));
        QCOMPARE(finishOf("model_context_window_exceeded"), std::string("finish context"));
        QCOMPARE(finishOf("stop", R"(,"stop_reason":"END")"), std::string("finish stop_sequence END"));
        QCOMPARE(finishOf("stop", R"(,"stop_reason":128009)"), std::string("finish stop"));
        for (const char* word : {"error", "insufficient_system_resource", "network_error"})
            QCOMPARE(finishOf(word), std::string("fail upstream_failed"));
        QCOMPARE(deltas({R"({"refusal":"no"})"}).lines.back(), std::string("finish refusal"));
        // Length wins over calls, a plain stop does not.
        QCOMPARE(deltas({R"({"tool_calls":[{"index":0,"id":"c","function":{"name":"a","arguments":"tru"}}]})"}, "length").lines.back(), std::string("finish length"));
        QCOMPARE(deltas({R"({"tool_calls":[{"index":0,"id":"c","function":{"name":"a","arguments":"{}"}}]})"}, "stop").lines.back(), std::string("finish tool"));
    }

    void theEndMustBeProven()
    {
        const std::string text = R"({"choices":[{"index":0,"delta":{"content":"x"}}]})";
        const std::string finish = R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
        QCOMPARE(told({text, finish}).lines.back(), std::string("finish stop"));
        QCOMPARE(told({text, "[DONE]"}).lines.back(), std::string("finish stop"));
        QCOMPARE(told({text}).lines.back(), std::string("fail cut"));
        QCOMPARE(told({"[DONE]"}).lines.back(), std::string("fail cut"));
        QCOMPARE(told({}).lines.back(), std::string("fail cut"));
        const Told twice = told({text, finish, finish, "[DONE]", text, "[DONE]"});
        QCOMPARE(std::count(twice.lines.begin(), twice.lines.end(), "finish stop"), std::ptrdiff_t(1));
        QCOMPARE(twice.lines.back(), std::string("finish stop"));
    }

    void severalValuesInOneLineAreReadInTurn()
    {
        const std::string one = R"({"choices":[{"index":0,"delta":{"content":"a"}}]})";
        QCOMPARE(inside(told({one + one + "\n" + R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})" + "\n[DONE]"})),
            std::string("open 0.0 text|+ aa|close|finish stop"));
    }

    void brokenJsonIsNoAnswer()
    {
        const std::string one = R"({"choices":[{"index":0,"delta":{"content":"a"}}]})";
        QCOMPARE(told({one, "{\"choices\":[{\"delta\":{\"con", "[DONE]"}).lines.back(), std::string("fail bad_reply"));
        QCOMPARE(told({one, "keep-alive", "[DONE]"}).lines.back(), std::string("finish stop")); // says nothing, loses nothing
    }

    void errorsOfAllShapes()
    {
        QCOMPARE(told({R"({"error":{"message":"x","code":"rate_limit_exceeded"}})"}).lines.back(), std::string("fail rate_limited"));
        QCOMPARE(told({R"({"error":{"message":"over capacity","status_code":503}})"}, "error").lines.back(), std::string("fail overloaded"));
        QCOMPARE(told({"upstream went away"}, "error").lines.back().substr(0, 4), std::string("fail"));
        QCOMPARE(told({R"([{"error":{"code":429,"message":"x"}}])"}).lines.back(), std::string("fail rate_limited"));
        QCOMPARE(told({R"({"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","error":{"code":429,"message":"x"}}]})"}).lines.back(),
            std::string("fail rate_limited"));
        QCOMPARE(told({R"({"choices":[{"delta":{}}],"error":{"code":429,"message":"x"}})"}).lines.back(), std::string("fail rate_limited"));
        QCOMPARE(told({R"({"base_resp":{"status_code":1002,"status_msg":"rate limit"}})"}).lines.back().substr(0, 4), std::string("fail"));
        QCOMPARE(told({R"({"code":500,"msg":"broken"})"}).lines.back().substr(0, 4), std::string("fail"));
        // These only look like one.
        QVERIFY(deltas({R"({"content":"x"})"}).lines.back() == "finish stop");
        QCOMPARE(told({R"({"error":null,"code":200,"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})"}).lines.back(), std::string("finish stop"));
    }

    void usageIsReadWhereverItStands()
    {
        const std::string text = R"({"choices":[{"index":0,"delta":{"content":"x"}}]})";
        const auto input = [&](const std::string& last) { return told({text, last, "[DONE]"}).usage.value_or(Usage {}); };
        QCOMPARE(input(R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":2}})").input, Tokens(4));
        QCOMPARE(input(R"({"choices":[{"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"prompt_tokens":4,"completion_tokens":2}}})").input, Tokens(4));
        QCOMPARE(input(R"({"choices":[{"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":4,"cached_tokens":1,"completion_tokens":2}}]})").cacheRead, Tokens(1));
        QCOMPARE(input(R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null})").input, Tokens(0));
        // The sums tell what is counted beside what.
        QCOMPARE(input(R"({"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":9,"completion_tokens_details":{"reasoning_tokens":3}}})").output,
            Tokens(5));
        // Cumulative figures: the last word counts.
        QCOMPARE(told({R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":4,"completion_tokens":1}})",
                          R"({"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":2}})"})
                     .usage->output,
            Tokens(2));
    }

    void picturesChancesAndCitations()
    {
        QCOMPARE(inside(deltas({R"({"content":"a"})", R"({"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]})"})),
            std::string("open 0.0 text|+ a|close|open 0.1 image image/png iVBORw0KGgo=|close|finish stop"));
        QCOMPARE(inside(deltas({R"({"content":"ab"})",
                     R"({"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":0,"end_index":2}},{"type":"url_citation","url":"v","title":""}]})"})),
            std::string("open 0.0 text|+ ab|cite u t 0-2|cite v  -1--1|close|finish stop"));
        QCOMPARE(inside(told({R"({"id":"x","choices":[{"delta":{"content":"a"}}],"citations":["u"],"search_results":[{"url":"u","title":"t"}]})",
                     R"({"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"citations":["u"],"search_results":[{"url":"u","title":"t"}]})"})),
            std::string("open 0.0 text|+ ab|cite u t -1--1|close|finish stop"));
        const Told seen = told({R"({"id":"x","choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.5,"top_logprobs":[{"token":"b","logprob":-1}]}]}}]})",
            R"({"choices":[{"delta":{},"finish_reason":"stop"}]})"});
        QCOMPARE(inside(seen), std::string("open 0.0 text|+ a|chances a/1|close|finish stop"));
    }

    void severalAnswersAreKeptApart()
    {
        QCOMPARE(inside(told({R"({"id":"x","choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]})",
                     R"({"choices":[{"index":1,"delta":{},"finish_reason":"length"}]})", R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})", "[DONE]"})),
            std::string("open 0.0 text|+ a|open 1.0 text|+ b|close|close|choice 0 stop|choice 1 length|finish stop"));
    }

    void azureBeginsWithoutChoices()
    {
        const Told seen = told({R"({"id":"","created":0,"model":"","choices":[],"prompt_filter_results":[]})",
            R"({"id":"u1","created":17,"model":"up","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]})"});
        QCOMPARE(seen.lines[0], std::string("start  0"));
        QCOMPARE(inside(seen), std::string("open 0.0 text|+ x|close|finish stop"));
    }

    // ---- reading a whole answer

    void aWholeAnswerIsReadLikeItsStream()
    {
        static const std::string body = escapes(R"({"id":"u1","created":17,"model":"up","choices":[{"index":0,"message":{"role":"assistant","reasoning_content":"hm","content":"x",
            "tool_calls":[{"id":"c1","type":"function","function":{"name":"add","arguments":"{~a~:1}"}}]},"finish_reason":"tool_calls"}],
            "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})");
        const auto reply = readReply(chat, body);
        QVERIFY(reply.has_value());
        QCOMPARE(reply->id, std::string("u1"));
        const auto& parts = reply->choices[0].parts;
        QCOMPARE(parts.size(), std::size_t(3));
        QVERIFY(parts[0].kind == PartKind::Reasoning && parts[0].carry.kind == CarryKind::PlainReasoning);
        QVERIFY(parts[1].text.is("x"));
        QCOMPARE(parts[2].callId, std::string_view("c1"));
        QVERIFY(RawText(parts[2].arguments.text).is(R"({"a":1})"));
        QVERIFY(reply->choices[0].reason == FinishReason::Tool);
        QCOMPARE(reply->usage->output, Tokens(2));
    }

    void whatIsNoAnswerIsAnError()
    {
        QCOMPARE(readReply(chat, R"({"error":{"message":"x","code":"context_length_exceeded"}})").error().field, std::string(refusal::context));
        QCOMPARE(readReply(chat, R"({"id":"x","choices":[]})").error().kind, ErrorKind::BadReply);
        QCOMPARE(readReply(chat, "{}").error().kind, ErrorKind::BadReply);
        QCOMPARE(readReply(chat, "<html>").error().kind, ErrorKind::BadReply);
        QVERIFY(readReply(chat, R"({"choices":[{"message":{"content":""},"finish_reason":"stop"}]})").has_value());
    }

    // ---- writing a client's stream

    void aStreamIsWrittenOctetForOctet()
    {
        ChatCall call = plainCall();
        call.stream = call.wantsUsage = true;
        const std::string stream = streamFor(call, [](Sequence& sequence) {
            sequence.start({"up-id", "up", 1764000000});
            sequence.reasoning(0, RawText("hm"));
            sequence.carryReasoning(0, {CarryKind::AnthropicSignature, 9, "sig"});
            sequence.text(0, RawText("a\\\"b"));
            sequence.call(0, 7, "toolu_1", "add");
            sequence.arguments(0, 7, RawText("{\\\"a\\\":"));
            sequence.arguments(0, 7, RawText("1}"));
            sequence.call(0, 8, "toolu_2", "now");
            sequence.finish(0, FinishReason::Stop);
            Usage usage;
            usage.input = 20;
            usage.cacheRead = 8;
            usage.output = 5;
            usage.reasoning = 2;
            sequence.usage(usage);
            sequence.tier("standard");
            sequence.end();
        });
        const std::string head = R"(data: {"id":"chatcmpl-own","object":"chat.completion.chunk","created":1764000000,"model":"asked","choices":[)";
        const auto chunk = [&](const std::string& delta) { return head + R"({"index":0,"delta":)" + delta + R"(,"finish_reason":null}]})" + "\n\n"; };
        std::string expected = chunk(R"({"role":"assistant","content":""})");
        expected += chunk(R"({"reasoning_content":"hm"})");
        expected += chunk(R"({"reasoning_details":[{"type":"reasoning.encrypted","format":"waystation-v1","data":")"
            + wrapped({CarryKind::AnthropicSignature, 9, "sig"}) + R"(","index":0}]})");
        expected += chunk(escapes(R"({"content":"a~b"})"));
        expected += chunk(R"({"tool_calls":[{"index":0,"id":"toolu_1","type":"function","function":{"name":"add","arguments":""}}]})");
        expected += chunk(escapes(R"({"tool_calls":[{"index":0,"function":{"arguments":"{~a~:"}}]})"));
        expected += chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]})");
        expected += chunk(R"({"tool_calls":[{"index":1,"id":"toolu_2","type":"function","function":{"name":"now","arguments":""}}]})");
        expected += chunk(R"({"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]})");
        expected += head + R"({"index":0,"delta":{},"finish_reason":"tool_calls"}],"service_tier":"default"})" + "\n\n";
        expected += head
            + R"(],"usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":2}}})"
            + "\n\ndata: [DONE]\n\n";
        QCOMPARE(stream, expected);
    }

    void usageGoesOnlyToThoseWhoAskedAndThenAlways()
    {
        const auto tell = [](Sequence& sequence) {
            sequence.text(0, RawText("x"));
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        };
        ChatCall call = plainCall();
        QVERIFY(streamFor(call, tell).find("\"usage\"") == std::string::npos);
        call.wantsUsage = true;
        const std::string stream = streamFor(call, tell); // nobody counted: the estimate stands in
        QVERIFY(stream.find(R"("choices":[],"usage":{"prompt_tokens":5,"completion_tokens":0)") != std::string::npos);
    }

    void reasoningBlocksAreOneTextWithABlankLine()
    {
        ChatCall call = plainCall();
        const auto tell = [](Sequence& sequence) {
            sequence.reasoning(0, RawText("a"));
            sequence.breakBlock(0);
            sequence.reasoning(0, RawText("b"));
            sequence.reasoning(0, RawText("c"));
            sequence.text(0, RawText("x"));
            sequence.end();
        };
        COMPARE_JSON(fieldOf(streamFor(call, tell), "reasoning_content"), (std::vector<Json> {"a", "\n\nb", "c"}));
        QVERIFY(fieldOf(streamFor(call, tell), "reasoning").empty());
        COMPARE_JSON(fieldOf(streamFor(call, tell, true), "reasoning"), (std::vector<Json> {"a", "\n\nb", "c"}));
        call.reasoning.show = false;
        QVERIFY(fieldOf(streamFor(call, tell), "reasoning_content").empty());
    }

    void signaturesOfGeminiGoInGooglesOwnPlace()
    {
        const std::string stream = streamFor(plainCall(), [](Sequence& sequence) {
            sequence.text(0, RawText("x"));
            sequence.carryText(0, {CarryKind::GeminiSignature, 9, "t"});
            sequence.carryCall(0, 0, {CarryKind::GeminiSignature, 9, "c"});
            sequence.call(0, 0, "c1", "add");
            sequence.end();
        });
        COMPARE_JSON(fieldOf(stream, "extra_content"), (std::vector<Json> {Json::parse(R"({"google":{"thought_signature":"t"}})")}));
        const auto calls = fieldOf(stream, "tool_calls");
        COMPARE_JSON(calls[0][0]["extra_content"]["google"]["thought_signature"], Json("c"));
        QVERIFY(!calls[1][0].contains("extra_content")); // told once
    }

    void refusalsPicturesAndCitations()
    {
        const std::string stream = streamFor(plainCall(), [](Sequence& sequence) {
            sequence.text(0, RawText("\\u00e9\\ud83d\\ude00"));
            sequence.breakBlock(0);
            sequence.text(0, RawText("ab\xC3\xA9"));
            Citation ranged;
            ranged.url = RawText("u");
            ranged.title = RawText("t");
            ranged.start = 1;
            ranged.end = 2;
            sequence.cite(0, ranged);
            Citation unranged;
            unranged.url = RawText("v");
            sequence.cite(0, unranged);
            Media media;
            media.data = "AAAA";
            media.mime = "image/png";
            sequence.picture(0, media);
            sequence.refusal(0, RawText("no"));
            sequence.finish(0, FinishReason::Refusal);
            sequence.end();
        });
        const auto annotations = fieldOf(stream, "annotations");
        COMPARE_JSON(annotations[0][0]["url_citation"], Json({{"url", "u"}, {"title", "t"}, {"start_index", 3}, {"end_index", 4}}));
        COMPARE_JSON(annotations[1][0]["url_citation"], Json({{"url", "v"}, {"title", ""}, {"start_index", 2}, {"end_index", 5}})); // its whole block
        COMPARE_JSON(fieldOf(stream, "images")[0][0]["image_url"]["url"], Json("data:image/png;base64,AAAA"));
        COMPARE_JSON(fieldOf(stream, "refusal"), std::vector<Json> {"no"});
        QVERIFY(stream.find(R"("finish_reason":"stop")") != std::string::npos);
    }

    void aRefusalWithoutWordsGetsItsReason()
    {
        const std::string stream = streamFor(plainCall(), [](Sequence& sequence) {
            sequence.text(0, RawText("x"));
            sequence.finish(0, FinishReason::Refusal, {}, RawText("because"));
            sequence.end();
        });
        COMPARE_JSON(fieldOf(stream, "refusal"), std::vector<Json> {"because"});
    }

    void finishWordsOfTheProtocol()
    {
        const auto word = [](FinishReason reason) {
            const std::string stream = streamFor(plainCall(), [&](Sequence& sequence) {
                sequence.text(0, RawText("x"));
                sequence.finish(0, reason);
                sequence.end();
            });
            const std::string key = "\"finish_reason\":\"";
            const std::size_t at = stream.find(key) + key.size();
            return stream.substr(at, stream.find('"', at) - at);
        };
        QCOMPARE(word(FinishReason::Stop), std::string("stop"));
        QCOMPARE(word(FinishReason::StopSequence), std::string("stop"));
        QCOMPARE(word(FinishReason::Length), std::string("length"));
        QCOMPARE(word(FinishReason::Context), std::string("length"));
        QCOMPARE(word(FinishReason::Filter), std::string("content_filter"));
        QCOMPARE(word(FinishReason::Pause), std::string("stop"));
        QCOMPARE(word(FinishReason::Refusal), std::string("stop"));
    }

    void everyChoiceHasOneRoleAndOneFinish()
    {
        const std::string stream = streamFor(plainCall(), [](Sequence& sequence) {
            sequence.text(0, RawText("a"));
            sequence.text(1, RawText("b"));
            sequence.finish(0, FinishReason::Stop);
            sequence.finish(1, FinishReason::Length);
            sequence.end();
        });
        QCOMPARE(fieldOf(stream, "role").size(), std::size_t(2));
        QCOMPARE(stream.find(R"("index":1,"delta":{},"finish_reason":"length")") != std::string::npos, true);
        QCOMPARE(stream.find(R"("index":0,"delta":{},"finish_reason":"stop")") != std::string::npos, true);
        QVERIFY(stream.ends_with("data: [DONE]\n\n"));
    }

    void chancesGoToThoseWhoAsked()
    {
        ChatCall call = plainCall();
        call.logprobs = true;
        const auto tell = [](Sequence& sequence) {
            sequence.text(0, RawText("a"));
            TokenChance chance;
            chance.token = RawText("a");
            chance.logprob = -0.5;
            sequence.chances(0, {chance});
            sequence.end();
        };
        QVERIFY(streamFor(call, tell).find(
                    R"("delta":{},"logprobs":{"content":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}],"refusal":null},"finish_reason":null)")
            != std::string::npos);
        call.logprobs = false;
        QVERIFY(streamFor(call, tell).find("logprobs") == std::string::npos);
    }

    void customCallsAreCustomForThoseWhoDeclaredThem()
    {
        ChatCall call = plainCall();
        Tool tool;
        tool.kind = Tool::Kind::Custom;
        tool.name = "patch";
        call.tools.push_back(tool);
        const auto tell = [](Sequence& sequence) {
            sequence.call(0, 0, "c1", "patch");
            sequence.arguments(0, 0, RawText("{\\\"input\\\":\\\"a b\\\"}"));
            sequence.end();
        };
        const auto calls = fieldOf(streamFor(call, tell), "tool_calls");
        COMPARE_JSON(calls[0][0], Json::parse(R"({"index":0,"id":"c1","type":"custom","custom":{"name":"patch","input":""}})"));
        COMPARE_JSON(calls[1][0], Json::parse(R"({"index":0,"custom":{"input":"a b"}})"));

        std::string arguments;
        const std::string plain = streamFor(plainCall(), [](Sequence& sequence) {
            sequence.customCall(0, 0, "c1", "patch", {});
            sequence.arguments(0, 0, RawText("a \\\"b"));
            sequence.arguments(0, 0, RawText("\\\"\\n"));
            sequence.end();
        });
        for (const Json& each : fieldOf(plain, "tool_calls"))
            arguments += each[0]["function"]["arguments"].get<std::string>();
        COMPARE_JSON(Json::parse(arguments), Json({{"input", "a \"b\"\n"}}));
    }

    void clientsOfOldGetOneFunctionCall()
    {
        const ChatCall call = callOf(R"({"functions":[{"name":"add"}]})");
        const std::string stream = streamFor(call, [](Sequence& sequence) {
            sequence.call(0, 0, "c1", "add");
            sequence.arguments(0, 0, RawText("{}"));
            sequence.call(0, 1, "c2", "add");
            sequence.end();
        });
        const auto calls = fieldOf(stream, "function_call");
        COMPARE_JSON(calls, (std::vector<Json> {Json({{"name", "add"}, {"arguments", ""}}), Json({{"arguments", "{}"}})}));
        QVERIFY(fieldOf(stream, "tool_calls").empty());
        QVERIFY(stream.find(R"("finish_reason":"function_call")") != std::string::npos);
        const Json whole = wholeFor(call, R"({"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"add","arguments":"{}"}}]},"finish_reason":"tool_calls"}]})");
        COMPARE_JSON(whole["choices"][0]["message"]["function_call"], Json({{"name", "add"}, {"arguments", "{}"}}));
        COMPARE_JSON(whole["choices"][0]["finish_reason"], Json("function_call"));
    }

    void aStreamThatBreaksOffEndsWithItsErrorAndNoMark()
    {
        const std::string stream = streamFor(plainCall(), [](Sequence& sequence) {
            sequence.text(0, RawText("x"));
            sequence.fail({ErrorKind::Overloaded, "too many"});
        });
        QVERIFY(stream.find("[DONE]") == std::string::npos);
        QVERIFY(stream.find("finish_reason\":\"") == std::string::npos);
        QVERIFY(stream.ends_with(writeStreamError(chat, {ErrorKind::Overloaded, "too many"})));
    }

    // ---- writing a whole answer

    void aWholeAnswerIsWrittenOctetForOctet()
    {
        ChatCall call = plainCall();
        call.logprobs = true;
        ChatReply reply;
        reply.id = "up-id";
        reply.model = "up";
        reply.tier = "standard";
        ReplyChoice choice;
        Part second = reasoningPart("b", {CarryKind::AnthropicSignature, 9, "sig"});
        Part cited = textPart("y\\n");
        Citation citation;
        citation.url = RawText("u");
        cited.citations.push_back(citation);
        choice.parts = {reasoningPart("a", {}), second, textPart("x"), cited, callPart("c1", "add", "{\\\"a\\\":1}")};
        choice.reason = FinishReason::Tool;
        TokenChance chance;
        chance.token = RawText("x");
        chance.logprob = -1;
        choice.chances.push_back(chance);
        reply.choices.push_back(choice);
        Usage usage;
        usage.input = 3;
        usage.cacheWrite5m = 1;
        usage.output = 2;
        reply.usage = usage;
        ReplyContext context;
        context.call = &call;
        context.id = "own";
        context.created = 1700000000;
        std::string expected = escapes(
            R"({"id":"chatcmpl-own","object":"chat.completion","created":1700000000,"model":"asked","choices":[{"index":0,"message":{"role":"assistant",)"
            R"("content":"xy\n","refusal":null,"reasoning_content":"a\n\nb","reasoning_details":[{"type":"reasoning.encrypted","format":"waystation-v1",)"
            R"("data":"CARRY","index":0}],"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"","start_index":1,"end_index":3}}],)"
            R"("tool_calls":[{"id":"c1","type":"function","function":{"name":"add","arguments":"{~a~:1}"}}]},)"
            R"("logprobs":{"content":[{"token":"x","logprob":-1,"bytes":[120],"top_logprobs":[]}],"refusal":null},"finish_reason":"tool_calls"}],)"
            R"("usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":1},)"
            R"("completion_tokens_details":{"reasoning_tokens":0}},"service_tier":"default"})");
        expected.replace(expected.find("CARRY"), 5, wrapped({CarryKind::AnthropicSignature, 9, "sig"}));
        QCOMPARE(writeReply(chat, reply, context), expected);
    }

    void anAnswerWithoutTextHasNullContent()
    {
        const Json whole = wholeFor(plainCall(), R"({"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"add"}}]},"finish_reason":"tool_calls"}]})");
        COMPARE_JSON(whole["choices"][0]["message"]["content"], Json());
        COMPARE_JSON(whole["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"], Json("{}"));
        QVERIFY(!whole.contains("usage"));
        const Json refused = wholeFor(plainCall(), R"({"choices":[{"message":{"refusal":"no"},"finish_reason":"stop"}]})");
        COMPARE_JSON(refused["choices"][0]["message"]["refusal"], Json("no"));
        COMPARE_JSON(refused["choices"][0]["finish_reason"], Json("stop"));
    }

    void severalAnswersAreWrittenWithTheirOwnReasons()
    {
        const Json whole = wholeFor(plainCall(),
            R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"},{"index":1,"message":{"content":"b"},"finish_reason":"length"}]})");
        COMPARE_JSON(whole["choices"][1]["message"]["content"], Json("b"));
        COMPARE_JSON(whole["choices"][1]["finish_reason"], Json("length"));
        COMPARE_JSON(whole["choices"][0]["finish_reason"], Json("stop"));
    }

    void whatAnAnswerCarriesComesBackAsHistory()
    {
        // An answer of another protocol's upstream, as this client sends it back.
        ChatReply reply;
        ReplyChoice choice;
        Part call = callPart("c1", "add", "{}");
        call.carry = {CarryKind::GeminiSignature, 9, "sig"};
        choice.parts = {reasoningPart("words", {CarryKind::OpenaiEncrypted, 9, "enc"}), textPart("x"), call};
        choice.reason = FinishReason::Tool;
        reply.choices.push_back(choice);
        ReplyContext context;
        Json message = Json::parse(writeReply(chat, reply, context))["choices"][0]["message"];
        Json body;
        body["messages"] = Json::array({{{"role", "user"}, {"content", "hi"}}, message});
        const ChatCall again = callOf(body);
        const auto& parts = again.turns[1].parts;
        QCOMPARE(parts[0].carry, (Carry {CarryKind::OpenaiEncrypted, 9, "enc"}));
        QVERIFY(parts[0].text.is("words"));
        QVERIFY(parts[1].text.is("x"));
        QCOMPARE(parts[2].carry, (Carry {CarryKind::GeminiSignature, 0, "sig"}));
    }
};

QTEST_GUILESS_MAIN(TestOpenaiChatConversion)
#include "tst_openai_chat_conversion.moc"
