#include "chat/collect.h"
#include "chat/repair.h"
#include "dialect/convert_parts.h"
#include "dialect/sse.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

/// Reads `body` with the fields that every request has put in front.
Result<ChatCall> read(const std::string& fields)
{
    static std::deque<std::string> bodies; // calls point into them
    const std::string start = R"({"model":"asked","max_tokens":4000)";
    const bool hasTurns = fields.find("\"messages\"") != std::string::npos;
    const std::string turns = hasTurns ? "" : R"(,"messages":[{"role":"user","content":"hi"}])";
    return anthropic::readCall({}, bodies.emplace_back(start + turns + (fields.empty() ? "" : ",") + fields + "}"));
}

ChatCall good(const std::string& fields)
{
    auto call = read(fields);
    if (!call)
        qFatal("%s", call.error().message.c_str());
    return std::move(*call);
}

ChatCall withBlock(const std::string& block, const char* role = "user")
{
    return good(std::string(R"("messages":[{"role":"user","content":"hi"},{"role":")") + role + R"(","content":[)" + block + "]}]");
}

/// The part that a block of a message becomes.
Part partOf(ChatCall& call)
{
    return call.turns.at(1).parts.at(0);
}

Target upstream()
{
    Target target;
    target.model = "up";
    target.origin = 7;
    target.issuer = "anthropic";
    target.ids = IdRule::Anthropic;
    target.autoCacheMarks = false;
    return target;
}

Target adaptive()
{
    Target target = upstream();
    target.anthropicThinking = AnthropicThinking::Adaptive;
    target.takesEffort = true;
    target.efforts = 0b1111100;
    return target;
}

struct Written
{
    Json body;
    std::vector<std::string> losses;
    std::string refused; // the field
    ToolNames names;

    bool lost(const char* token) const { return std::find(losses.begin(), losses.end(), token) != losses.end(); }
    Json at(const char* pointer) const
    {
        const Json::json_pointer path(pointer);
        return body.contains(path) ? body.at(path) : Json("nothing here");
    }
    bool has(const char* field) const { return body.contains(field); }
};

Written write(ChatCall call, const Target& target = upstream())
{
    Written written;
    Losses losses;
    repairHistory(call, losses);
    const auto out = anthropic::writeCall(call, target, written.names, losses);
    written.losses = losses.tokens();
    if (out)
        written.body = Json::parse(*out);
    else
        written.refused = out.error().field;
    return written;
}

Written write(const std::string& fields, const Target& target = upstream())
{
    return write(good(fields), target);
}

/// A call with one user turn that holds `part`.
ChatCall callWith(Part part, Role role = Role::User)
{
    ChatCall call;
    Turn hello;
    hello.parts.emplace_back().text = RawText("hi");
    call.turns.push_back(hello);
    Turn turn;
    turn.role = role;
    turn.parts.push_back(std::move(part));
    call.turns.push_back(std::move(turn));
    return call;
}

Part mediaPart(PartKind kind, Media::Source source, std::string_view content, std::string_view mime = {})
{
    Part part;
    part.kind = kind;
    part.media.source = source;
    part.media.mime = mime;
    if (source == Media::Source::Data)
        part.media.data = content;
    else if (source == Media::Source::Text)
        part.text = RawText(content);
    else
        part.media.url = RawText(content);
    return part;
}

ChatCall withTool(Tool tool)
{
    ChatCall call = good("");
    call.tools.push_back(std::move(tool));
    return call;
}

Json parsed(const std::string& text)
{
    return Json::parse(text, nullptr, false);
}

QString shown(const Json& value)
{
    return QString::fromStdString(value.dump());
}

/// What a writer is told, one word after another.
class Transcript final : public ReplyWriter
{
public:
    void started(const ReplyStart& start) override { say("start " + std::string(start.id) + " " + std::string(start.model)); }
    void opened(const Block& block) override
    {
        const char* const kinds[] = {"text", "image", "document", "audio", "video", "reasoning", "call", "result", "refusal", "server"};
        std::string words = std::string("open ") + kinds[static_cast<int>(block.kind)];
        if (block.kind == PartKind::ToolCall)
            words += " " + std::string(block.callId) + " " + std::string(block.toolName);
        say(words);
    }
    void added(const Block&, RawText piece) override { say("+" + piece.toString()); }
    void cited(const Block&, const Citation& citation) override { say("cite " + citation.url.toString() + " " + citation.cited.toString()); }
    void carried(const Block&, const Carry& carry) override
    {
        say("carry " + std::to_string(static_cast<int>(carry.kind)) + " " + std::string(carry.payload));
    }
    void closed(const Block&) override { say("close"); }
    void finished(const ReplyEnd& reply) override
    {
        say(std::string("end ") + nameOf(reply.reason) + (reply.stopSequence.isEmpty() ? "" : " " + reply.stopSequence.toString()));
        end = reply;
        detail = reply.detail.toString();
    }
    void failed(const Error& error) override
    {
        say("fail");
        failure = error;
    }

    QString text;
    ReplyEnd end;
    std::string detail;
    std::optional<Error> failure;

private:
    void say(const std::string& words)
    {
        if (!text.isEmpty())
            text += QStringLiteral(" | ");
        text += QString::fromStdString(words);
    }
};

const char* const messageStart = R"({"type":"message_start","message":{"id":"msg_up","type":"message","role":"assistant","model":"claude-up","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}})";
const char* const messageStop = R"({"type":"message_stop"})";

std::string stopFor(const char* reason)
{
    return std::string(R"({"type":"message_delta","delta":{"stop_reason":")") + reason + R"(","stop_sequence":null},"usage":{"output_tokens":9}})";
}

std::string start(int index, const char* block)
{
    return R"({"type":"content_block_start","index":)" + std::to_string(index) + R"(,"content_block":)" + block + "}";
}

std::string delta(int index, const char* inside)
{
    return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" + inside + "}";
}

std::string stop(int index)
{
    return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}";
}

/// Gives the events, named by their type, to a reader; `isWhole` when the stream also ends.
void tell(ReplyWriter& writer, const std::vector<std::string>& events, const ToolNames& names = {})
{
    Sequence sequence(writer, names, 1);
    const auto reader = anthropic::makeEventReader(sequence);
    for (const std::string& event : events)
        reader->event("", event);
    reader->endOfStream();
}

QString told(const std::vector<std::string>& events)
{
    Transcript transcript;
    tell(transcript, events);
    return transcript.text;
}

/// The blocks alone, between a start and a stop.
QString toldOf(std::vector<std::string> blocks, const char* reason = "end_turn")
{
    blocks.insert(blocks.begin(), messageStart);
    blocks.push_back(stopFor(reason));
    blocks.push_back(messageStop);
    QString text = told(blocks);
    return text.remove(QStringLiteral("start msg_up claude-up | ")).remove(QStringLiteral(" | end ") + QLatin1String(reason == std::string("end_turn") ? "stop" : reason));
}

/// A client's stream, made by what `play` does with a sequence.
template <class Play> std::string streamed(const ChatCall& call, Play play)
{
    ReplyContext context;
    context.call = &call;
    context.id = "0abc";
    context.inputEstimate = 12;
    std::string out;
    const auto writer = anthropic::makeStreamWriter(context, out);
    const ToolNames names(call, NameRule::Openai, true);
    Sequence sequence(*writer, names, 1);
    sequence.start({"chatcmpl-1", "gpt", 0});
    play(sequence);
    return out;
}

/// The data of its events.
std::vector<Json> eventsOf(const std::string& stream)
{
    std::vector<Json> events;
    SseReader reader;
    reader.feed(stream, [&](const StreamEvent& event) {
        events.push_back(Json::parse(event.data));
        if (events.back().at("type") != std::string(event.name))
            qFatal("an event's name and type differ");
    });
    return events;
}

/// Types and deltas in short, without the message's own events.
std::string shortly(const std::string& stream)
{
    std::string words;
    for (const Json& event : eventsOf(stream)) {
        const std::string type = event.at("type");
        std::string word;
        if (type == "content_block_start")
            word = "start" + std::to_string(event.at("index").get<int>()) + " " + event.at("content_block").at("type").get<std::string>();
        else if (type == "content_block_delta")
            word = event.at("delta").at("type").get<std::string>().substr(0, 4);
        else if (type == "content_block_stop")
            word = "stop" + std::to_string(event.at("index").get<int>());
        else
            continue;
        words += (words.empty() ? "" : ", ") + word;
    }
    return words;
}

ChatCall thinkingCall(const char* thinking = R"({"type":"enabled","budget_tokens":2000})")
{
    return good(std::string("\"thinking\":") + thinking);
}

ReplyContext contextFor(const ChatCall& call)
{
    ReplyContext context;
    context.call = &call;
    context.id = "0abc";
    return context;
}

Json wholeReply(const ChatReply& reply, const ChatCall& call)
{
    return parsed(anthropic::writeReply(reply, contextFor(call)));
}

ChatReply replyWith(Part part, FinishReason reason = FinishReason::Stop)
{
    ChatReply reply;
    reply.model = "gpt";
    ReplyChoice& choice = reply.choices.emplace_back();
    choice.parts.push_back(std::move(part));
    choice.reason = reason;
    return reply;
}

constexpr const char* roundOfTools = R"("messages":[{"role":"user","content":"go"},
    {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"add","input":{"a":1}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"2"}]}])";
constexpr const char* addTool = R"("tools":[{"name":"add","input_schema":{"type":"object","properties":{"a":{"type":"number"}}}}])";

}

class TestAnthropicConversion : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // ---- readCall
    void whatIsNoObjectIsRefused();
    void aCallWithoutTurnsIsRefused();
    void warmingACacheIsRefused();
    void numbersMayBeStringsAndNullIsAbsent();
    void unknownFieldsAreLeftOut();
    void whatNoOtherProtocolHasIsTold();
    void mcpServersAreRefusedWhereNothingElseIsOffered();
    void systemIsAStringOrBlocks();
    void theBillingLineIsLeftOut();
    void instructionsInTheMiddleStayThere();
    void instructionsInFrontOfTheFirstTurnAreTheSystemText();
    void contentIsAStringOrBlocks();
    void aPictureHasThreeSources();
    void aDocumentHasFiveSources();
    void aSearchResultIsTextWithTitleAndSource();
    void aCallKeepsItsArgumentsAsTheyCame();
    void aResultIsAStringOrBlocks();
    void aSignatureOfThisVendorIsItsOwn();
    void aWrappedSignatureIsWhatItWas();
    void aGeminiSignatureInFrontOfACallIsTheCalls();
    void aServerToolsBlocksAreRaw();
    void toolsAreRead();
    void deferredToolsAreSentAndTheirPlaceholderIsNot();
    void typedToolsThatTheClientRunsBecomeFunctions();
    void hostedToolsAreTheServers();
    void toolChoiceIsRead();
    void thinkingIsRead();
    void theFormOfTheAnswerIsRead();
    void theUserIsAWordOrAnObjectWithItsSession();
    void settingsAreRead();

    // ---- writeCall
    void fieldsComeInOneOrder();
    void textsPassAsTheyCame();
    void severalAnswersAreRefused();
    void maxTokensHasADefaultAndACap();
    void instructionsInTheMiddleAreTheUsersWhereTheModelTakesNone();
    void instructionsInTheMiddleStandOnlyWhereTheyMay();
    void neighboursOfOneRoleAreMerged();
    void theFirstTurnIsTheUsers();
    void emptyTextsAndTurnsAreLeftOut();
    void aLastAssistantTurnIsABeginning();
    void picturesAreWritten();
    void whatCannotBeShownIsNoted();
    void onlyUsersShowThings();
    void documentsAreWritten();
    void resultsComeFirstInTheirTurn();
    void aResultMayBeEmptyOrHoldPictures();
    void argumentsAreAnObject();
    void idsAreFoldedInCallAndResultAlike();
    void namesAreFoldedEverywhere();
    void aNamespaceIsPartOfTheName();
    void aCustomToolIsAFunctionOfItsInput();
    void aMissingSchemaIsAnEmptyObject();
    void strictnessIsKeptWhereItIsTaken();
    void toolChoiceIsWritten();
    void aChoiceWithoutToolsIsLeftOut();
    void allowedToolsFilterTheList();
    void aChoiceOfADroppedToolIsRefused();
    void toolsOfAHistoryAreDeclared();
    void webSearchIsWritten();
    void theClientsOwnWebSearchCounts();
    void otherServerToolsAreDropped();
    void whatAServerToolDidIsToldOnlyWhereNothingFollows();
    void temperatureIsFromNoughtToOne();
    void topPYieldsToTemperatureWhereOnlyOneIsTaken();
    void samplingIsDroppedWhereItIsRefused();
    void stopWordsAreNotBlank();
    void whatHasNoPlaceHereIsDropped();
    void theTierIsToldInThisProtocolsWords();

    // ---- thinking
    void nothingSaidIsNothingSent();
    void thinkingOffIsDisabled();
    void aModelWithoutASwitchThinksLeast();
    void effortsBecomeBudgets();
    void theBudgetLeavesRoomForAnAnswer();
    void adaptiveModelsTakeEfforts();
    void adaptiveModelsTakeNoBudget();
    void olderModelsTakeNoAdaptiveThinking();
    void modelsOfBothKindsTakeWhatIsSaid();
    void effortWinsOverABudgetWhereBothAreTaken();
    void whoWantsNoWordsGetsNone();
    void thinkingFreesSamplingAndChoice();
    void thinkingOfThisUpstreamGoesBackUnchanged();
    void aRoundWithoutItsThinkingCannotGoOnThinking();

    // ---- structured output
    void aSchemaIsTheFormOfTheAnswer();
    void aSchemaIsCleanedByPosition();
    void aSchemaIsAForcedToolWhereThereIsNoSuchForm();
    void aJsonObjectIsAskedForInWords();

    // ---- cache marks
    void theClientsMarksAreKept();
    void theLastFourMarksAreKept();
    void marksAreMadeWhereTheClientSetNone();

    // ---- readReply
    void aWholeAnswerIsRead();
    void everyStopReasonIsKnown();
    void aRefusalSaysWhy();
    void theToolThatStoodForTheAnswerIsTheAnswer();
    void citationsAreRead();
    void anErrorInPlaceOfAnAnswerIsOne();

    // ---- the upstream's stream
    void aTextIsStreamed();
    void textInTheStartCounts();
    void thinkingIsStreamedWithItsSignature();
    void thinkingWithoutWordsKeepsItsSignature();
    void redactedThinkingIsStateAlone();
    void aCallIsStreamed();
    void argumentsInTheStartCountWhereNoPiecesCome();
    void aBlockThatNobodyStoppedEndsWithTheNext();
    void aServerToolsBlocksAreNotTheAnswers();
    void theToolThatStoodForTheAnswerIsStreamedAsText();
    void aStopSequenceIsTold();
    void aRefusalIsStreamedWithItsReason();
    void laterCountsWin();
    void aStreamMayEndAfterItsStopReason();
    void aStreamThatBreaksOffIsCut();
    void anErrorEventIsAnError();
    void aSecondMessageStartBeforeAnyBlockIsNothing();
    void aSecondMessageStartAfterBlocksBeginsAnew();
    void aSecondAnswerHoldsNothingOfTheFirst();
    void anAnswerInOnePieceIsStreamedToo();
    void twoValuesInOneEventAreTwo();
    void eventsMayBeNamedByTheirLineOnly();

    // ---- the client's stream
    void aWholeStreamIsWritten();
    void theEstimateIsNeverNothing();
    void emptyBlocksAreNotOpened();
    void whoDidNotAskForThinkingGetsNone();
    void whoWantsStateWithoutWordsGetsIt();
    void stateWithoutWordsIsRedactedThinking();
    void theStateOfACallStandsInFrontOfIt();
    void aCallWithoutArgumentsHasNoDelta();
    void aCustomToolsInputBecomesAnObject();
    void citationsAreStreamedWithTheirSegment();
    void aPictureIsNoted();
    void everyReasonHasItsWord();
    void aBrokenAnswerEndsInAnError();

    // ---- the client's whole answer
    void aWholeAnswerIsWritten();
    void anEmptyAnswerKeepsItsContent();
    void theWholeAnswerHidesThinkingThatNobodyAskedFor();
    void citationsOfAWholeAnswerStandOnTheirText();
    void aRefusalIsTextWithItsReason();
    void inputIsNeverLessThanNothing();

    // ---- the way there and back
    void anAnswerOfAnotherVendorComesBackAsHistory();
};

// moc takes raw strings with quotes in them apart and loses its way.
#ifndef Q_MOC_RUN

// ---- readCall

void TestAnthropicConversion::whatIsNoObjectIsRefused()
{
    for (const char* body : {"", "[]", "{\"model\":", "7"})
        QCOMPARE(anthropic::readCall({}, body).error().kind, ErrorKind::BadRequest);
    QCOMPARE(read(R"("messages":"hi")").error().field, std::string("messages"));
}

void TestAnthropicConversion::aCallWithoutTurnsIsRefused()
{
    QCOMPARE(read(R"("messages":[])").error().field, std::string("messages"));
    QCOMPARE(read(R"("messages":[],"system":"S")").error().kind, ErrorKind::BadRequest);
    QCOMPARE(read(R"("messages":[{"role":"system","content":"only instructions"}])").error().field, std::string("messages"));
    QCOMPARE(read(R"("messages":[{"role":"user","content":""}])").error().field, std::string("messages"));
}

void TestAnthropicConversion::warmingACacheIsRefused()
{
    const auto call = anthropic::readCall({}, R"({"model":"m","max_tokens":0,"messages":[{"role":"user","content":"hi"}]})");
    QCOMPARE(call.error().kind, ErrorKind::Unsupported);
    QCOMPARE(call.error().field, std::string("max_tokens"));
}

void TestAnthropicConversion::numbersMayBeStringsAndNullIsAbsent()
{
    const ChatCall call = *anthropic::readCall({}, R"({"model":"m","max_tokens":"4096","temperature":"0.5","top_p":null,"top_k":5.0,"system":null,"tools":null,"thinking":null,"stop_sequences":null,"metadata":null,"stream":null,"messages":[{"role":"user","content":"hi"}]})");
    QCOMPARE(*call.maxOutput, Tokens(4096));
    QCOMPARE(*call.temperature, 0.5);
    QVERIFY(!call.topP);
    QCOMPARE(*call.topK, std::int64_t(5));
    QVERIFY(call.reasoning.isUnset() && call.system.empty() && call.tools.empty() && call.stop.empty() && !call.stream);
}

void TestAnthropicConversion::unknownFieldsAreLeftOut()
{
    QVERIFY(read(R"("context_management":{"edits":[]},"safeguards":[{"type":"dangerous_tool_use"}],"betas":["x"],"future":1)").has_value());
}

void TestAnthropicConversion::whatNoOtherProtocolHasIsTold()
{
    const auto leftOut = good(R"("container":"c","inference_geo":"us","speed":"fast","fallbacks":[],"context_management":{})").leftOut;
    QCOMPARE(leftOut, (std::vector<std::string_view> {"container", "inference_geo", "speed", "fallbacks"}));
    QVERIFY(good(R"("container":null,"speed":"standard")").leftOut.empty());
}

void TestAnthropicConversion::mcpServersAreRefusedWhereNothingElseIsOffered()
{
    QCOMPARE(read(R"("mcp_servers":[{"type":"url","url":"https://m","name":"m"}])").error().field, std::string("mcp_servers"));
    QCOMPARE(read(R"("mcp_servers":[{"name":"m"}],"tools":[{"type":"mcp_toolset","mcp_server_name":"m"}])").error().field, std::string("mcp_servers"));
    QVERIFY(read(R"("mcp_servers":[])").has_value());
    const ChatCall call = good(std::string(R"("mcp_servers":[{"name":"m"}],)") + addTool);
    QCOMPARE(call.leftOut, std::vector<std::string_view> {"mcp_servers"});
}

void TestAnthropicConversion::systemIsAStringOrBlocks()
{
    QVERIFY(good(R"("system":"S")").system.at(0).text.is("S"));
    const ChatCall call = good(R"("system":[{"type":"text","text":"A"},{"type":"text","text":"B","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":""}])");
    QCOMPARE(call.system.size(), std::size_t(2));
    QVERIFY(call.system[1].text.is("B") && call.system[1].cache == CacheMark::OneHour && call.system[0].cache == CacheMark::None);
}

void TestAnthropicConversion::theBillingLineIsLeftOut()
{
    ChatCall call = good(R"("system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1; cch=1f;"},{"type":"text","text":"You are"}])");
    QCOMPARE(call.system.size(), std::size_t(1));
    QVERIFY(call.system[0].text.is("You are"));
    call = good(R"("system":"x-anthropic-billing-header: cch=1;\n\nYou are")");
    QVERIFY(call.system.at(0).text.is("You are"));
    QVERIFY(good(R"("system":"About x-anthropic-billing-header: it is odd")").system.size() == 1);
}

void TestAnthropicConversion::instructionsInTheMiddleStayThere()
{
    const ChatCall call = good(R"("messages":[{"role":"user","content":"hi"},{"role":"system","content":[{"type":"text","text":"# Environment"}]},{"role":"assistant","content":"ok"},{"role":"system","content":"more"}])");
    QCOMPARE(call.turns.size(), std::size_t(4));
    QVERIFY(call.turns[1].role == Role::System && call.turns[1].parts[0].text.is("# Environment"));
    QVERIFY(call.turns[3].role == Role::System && call.turns[3].parts[0].text.is("more"));
    QVERIFY(call.system.empty());
}

void TestAnthropicConversion::instructionsInFrontOfTheFirstTurnAreTheSystemText()
{
    const ChatCall call = good(R"("system":"A","messages":[{"role":"system","content":"B"},{"role":"user","content":"hi"}])");
    QCOMPARE(call.turns.size(), std::size_t(1));
    QVERIFY(call.system.at(0).text.is("B") || call.system.at(1).text.is("B"));
}

void TestAnthropicConversion::contentIsAStringOrBlocks()
{
    const ChatCall call = good(R"("messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"b","cache_control":{"type":"ephemeral"}},{"type":"text","text":""}]}])");
    QVERIFY(call.turns[0].parts.at(0).text.is("a"));
    QCOMPARE(call.turns[1].parts.size(), std::size_t(1));
    QCOMPARE(call.turns[1].parts[0].cache, CacheMark::FiveMinutes);
}

void TestAnthropicConversion::aPictureHasThreeSources()
{
    ChatCall call = withBlock(R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"\/9j\/4AA Q\nSk"}})");
    Part part = partOf(call);
    QVERIFY(part.kind == PartKind::Image && part.media.source == Media::Source::Data);
    QCOMPARE(part.media.data, std::string_view("/9j/4AAQSk")); // blanks and escapes are gone
    QCOMPARE(part.media.mime, std::string_view("image/jpeg")); // its octets know better
    call = withBlock(R"({"type":"image","source":{"type":"url","url":"https://x/y.webp"}})");
    part = partOf(call);
    QVERIFY(part.media.source == Media::Source::Url && part.media.url.is("https://x/y.webp"));
    QCOMPARE(part.media.mime, std::string_view("image/webp"));
    call = withBlock(R"({"type":"image","source":{"type":"file","file_id":"file_1"}})");
    QVERIFY(partOf(call).media.source == Media::Source::FileId && partOf(call).media.url.is("file_1"));
}

void TestAnthropicConversion::aDocumentHasFiveSources()
{
    ChatCall call = withBlock(R"({"type":"document","title":"T","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0x"}})");
    QVERIFY(partOf(call).kind == PartKind::Document && partOf(call).media.name.is("T") && partOf(call).media.mime == "application/pdf");
    call = withBlock(R"({"type":"document","title":"T","source":{"type":"url","url":"https://x/a.pdf"}})");
    QVERIFY(partOf(call).media.source == Media::Source::Url && partOf(call).media.name.is("T"));
    call = withBlock(R"({"type":"document","source":{"type":"file","file_id":"f"}})");
    QVERIFY(partOf(call).media.source == Media::Source::FileId);
    call = withBlock(R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}})");
    QVERIFY(partOf(call).media.source == Media::Source::Text && partOf(call).text.is("words"));
    call = withBlock(R"({"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lGODlh"}},{"type":"text","text":"b"}]}})");
    QVERIFY(partOf(call).text.is("a\nb"));
    QCOMPARE(call.turns[1].parts.at(1).kind, PartKind::Image);
}

void TestAnthropicConversion::aSearchResultIsTextWithTitleAndSource()
{
    ChatCall call = withBlock(R"({"type":"search_result","source":"https://s","title":"T","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})");
    QCOMPARE(QString::fromStdString(partOf(call).text.toString()),
        QStringLiteral("<search_result title=\"T\" source=\"https://s\">\na\nb\n</search_result>"));
}

void TestAnthropicConversion::aCallKeepsItsArgumentsAsTheyCame()
{
    ChatCall call = withBlock(R"({"type":"tool_use","id":"toolu_1","name":"add","input":{"b": 1.0,"a":"\u00e9"}})", "assistant");
    const Part part = partOf(call);
    QVERIFY(part.kind == PartKind::ToolCall && part.callId == "toolu_1" && part.toolName == "add");
    QCOMPARE(part.arguments.text, std::string_view(R"({"b": 1.0,"a":"\u00e9"})"));
    QVERIFY(!part.arguments.isEscaped);
}

void TestAnthropicConversion::aResultIsAStringOrBlocks()
{
    ChatCall call = withBlock(R"({"type":"tool_result","tool_use_id":"t","content":"out","is_error":true})");
    Part part = partOf(call);
    QVERIFY(part.kind == PartKind::ToolResult && part.callId == "t" && part.isError && part.result.at(0).text.is("out"));
    call = withBlock(R"({"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"url","url":"https://i"}},{"type":"tool_reference","tool_name":"WebFetch"}],"cache_control":{"type":"ephemeral"}})");
    part = partOf(call);
    QCOMPARE(part.result.size(), std::size_t(3));
    QCOMPARE(part.result[1].kind, PartKind::Image);
    QVERIFY(part.result[2].kind == PartKind::Text && part.result[2].text.toString().find("WebFetch") != std::string::npos);
    QVERIFY(part.cache == CacheMark::FiveMinutes && !part.isError);
    call = withBlock(R"({"type":"tool_result","tool_use_id":"t"})");
    QVERIFY(partOf(call).result.empty());
}

void TestAnthropicConversion::aSignatureOfThisVendorIsItsOwn()
{
    ChatCall call = withBlock(R"({"type":"thinking","thinking":"hm","signature":"EqQB"})", "assistant");
    QVERIFY(partOf(call).kind == PartKind::Reasoning && partOf(call).text.is("hm"));
    QVERIFY((partOf(call).carry == Carry{CarryKind::AnthropicSignature, 0, "EqQB"}));
    call = withBlock(R"({"type":"redacted_thinking","data":"xyz"})", "assistant");
    QVERIFY((partOf(call).carry == Carry{CarryKind::AnthropicRedacted, 0, "xyz"}));
    call = withBlock(R"({"type":"thinking","thinking":"hm","signature":""})", "assistant");
    QVERIFY(partOf(call).carry.isEmpty());
}

void TestAnthropicConversion::aWrappedSignatureIsWhatItWas()
{
    const Carry carry{CarryKind::OpenaiEncrypted, 5, "gAAA"};
    const std::string token = wrapped(carry);
    ChatCall call = withBlock(R"({"type":"thinking","thinking":"hm","signature":")" + token + "\"}", "assistant");
    QVERIFY(partOf(call).carry == carry);
    call = withBlock(R"({"type":"redacted_thinking","data":")" + token + "\"}", "assistant");
    QVERIFY(partOf(call).carry == carry && partOf(call).kind == PartKind::Reasoning);
    call = withBlock(R"({"type":"thinking","thinking":"hm","signature":")" + token.substr(0, token.size() - 5) + "\"}", "assistant");
    QVERIFY(partOf(call).carry.isEmpty()); // cut on its way
}

void TestAnthropicConversion::aGeminiSignatureInFrontOfACallIsTheCalls()
{
    const std::string token = wrapped({CarryKind::GeminiSignature, 5, "sig"});
    const std::string block = R"({"type":"redacted_thinking","data":")" + token + "\"}";
    ChatCall call = withBlock(block + R"(,{"type":"tool_use","id":"t","name":"f","input":{}})", "assistant");
    QCOMPARE(call.turns[1].parts.size(), std::size_t(1));
    QCOMPARE(partOf(call).kind, PartKind::ToolCall);
    QCOMPARE(partOf(call).carry.payload, std::string_view("sig"));
    call = withBlock(R"({"type":"text","text":"a"},)" + block, "assistant");
    QVERIFY(partOf(call).kind == PartKind::Text && partOf(call).carry.payload == "sig");
}

void TestAnthropicConversion::aServerToolsBlocksAreRaw()
{
    ChatCall call = withBlock(R"({"type":"server_tool_use","id":"s1","name":"web_search","input":{"query":"rain"}},{"type":"web_search_tool_result","tool_use_id":"s1","content":[]},{"type":"text","text":"wet","citations":[{"type":"web_search_result_location","url":"https://r","title":"R","cited_text":"c","encrypted_index":"e"},{"type":"char_location","cited_text":"x"}]})", "assistant");
    const auto& parts = call.turns[1].parts;
    QVERIFY(parts[0].kind == PartKind::Server && parts[0].text.is("web search: rain"));
    QVERIFY(parts[1].kind == PartKind::Server && parts[1].text.isEmpty() && parts[1].raw.starts_with("{\"type\":\"web_search_tool_result\""));
    QCOMPARE(parts[2].citations.size(), std::size_t(1)); // a place in a document means nothing elsewhere
    QVERIFY(parts[2].citations[0].url.is("https://r") && parts[2].citations[0].cited.is("c"));
}

void TestAnthropicConversion::toolsAreRead()
{
    const ChatCall call = good(R"("tools":[{"name":"a","description":"d","input_schema":{"type":"object"},"strict":true,"cache_control":{"type":"ephemeral"},"eager_input_streaming":true,"input_examples":[{}],"allowed_callers":["direct"]},{"type":"custom","name":"b","input_schema":{}},{"name":"c"}])");
    QCOMPARE(call.tools.size(), std::size_t(3));
    const Tool& tool = call.tools[0];
    QVERIFY(tool.kind == Tool::Kind::Function && tool.name == "a" && tool.description.is("d") && tool.schema == "{\"type\":\"object\"}");
    QVERIFY(tool.strict == true && tool.cache == CacheMark::FiveMinutes);
    QVERIFY(call.tools[1].kind == Tool::Kind::Function && call.tools[2].schema.empty());
}

void TestAnthropicConversion::deferredToolsAreSentAndTheirPlaceholderIsNot()
{
    const ChatCall call = good(R"("tools":[{"name":"DeferredToolPlaceholder","input_schema":{},"defer_loading":true},{"name":"WebFetch","input_schema":{},"defer_loading":true}])");
    QCOMPARE(call.tools.size(), std::size_t(1));
    QCOMPARE(call.tools[0].name, std::string_view("WebFetch"));
}

void TestAnthropicConversion::typedToolsThatTheClientRunsBecomeFunctions()
{
    const ChatCall call = good(R"("tools":[{"type":"bash_20250124","name":"bash"},{"type":"text_editor_20250728","name":"str_replace_based_edit_tool","max_characters":10},{"type":"memory_20250818","name":"memory"}])");
    QCOMPARE(call.tools.size(), std::size_t(3));
    for (const Tool& tool : call.tools) {
        QCOMPARE(tool.kind, Tool::Kind::Function);
        QVERIFY(!tool.description.isEmpty());
        QCOMPARE(parsed(std::string(tool.schema)).at("type").get<std::string>(), std::string("object"));
    }
    QCOMPARE(call.tools[1].name, std::string_view("str_replace_based_edit_tool"));
}

void TestAnthropicConversion::hostedToolsAreTheServers()
{
    const ChatCall call = good(R"("tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3},{"type":"code_execution_20250825","name":"code_execution"},{"type":"computer_20250124","name":"computer"},{"type":"tool_search_tool_regex_20251119","name":"tool_search_tool_regex"},{"type":"web_fetch_20250910","name":"web_fetch"}])");
    const ServerTool expected[] = {ServerTool::WebSearch, ServerTool::CodeExecution, ServerTool::Computer, ServerTool::ToolSearch, ServerTool::Other};
    for (std::size_t i = 0; i < 5; ++i) {
        QCOMPARE(call.tools.at(i).kind, Tool::Kind::Server);
        QCOMPARE(call.tools[i].server, expected[i]);
    }
    QCOMPARE(call.tools[0].serverType, std::string_view("web_search_20250305"));
    QVERIFY(call.tools[0].raw.find("max_uses") != std::string_view::npos);
}

void TestAnthropicConversion::toolChoiceIsRead()
{
    const auto choice = [](const char* json) { return good(std::string("\"tool_choice\":") + json).toolChoice; };
    QCOMPARE(choice(R"({"type":"auto"})").mode, ToolChoice::Mode::Auto);
    QCOMPARE(choice(R"({"type":"any"})").mode, ToolChoice::Mode::Any);
    QCOMPARE(choice(R"({"type":"none"})").mode, ToolChoice::Mode::None);
    QCOMPARE(choice(R"({"type":"tool","name":"f"})").mode, ToolChoice::Mode::Named);
    QCOMPARE(choice(R"({"type":"tool","name":"f"})").name, std::string_view("f"));
    QCOMPARE(choice(R"({"type":"auto","disable_parallel_tool_use":true})").parallel, std::optional<bool>(false));
    QVERIFY(!choice(R"({"type":"auto"})").parallel);
}

void TestAnthropicConversion::thinkingIsRead()
{
    ReasoningWish wish = thinkingCall().reasoning;
    QVERIFY(wish.on == true && *wish.budget == 2000 && !wish.isAdaptive && wish.show == true);
    wish = thinkingCall(R"({"type":"adaptive","display":"omitted"})").reasoning;
    QVERIFY(wish.on == true && wish.isAdaptive && wish.show == false && !wish.effort);
    QCOMPARE(effortOf(wish), std::optional<Effort>(Effort::High));
    wish = thinkingCall(R"({"type":"disabled"})").reasoning;
    QVERIFY(wish.on == false);
    QCOMPARE(good(R"("output_config":{"effort":"xhigh"})").reasoning.effort, std::optional<Effort>(Effort::XHigh));
    QVERIFY(good("").reasoning.isUnset());
}

void TestAnthropicConversion::theFormOfTheAnswerIsRead()
{
    for (const char* fields : {R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}})", R"("output_format":{"type":"json_schema","schema":{"type":"object"}})"}) {
        const ChatCall call = good(fields);
        QCOMPARE(call.format.kind, OutputFormat::Kind::JsonSchema);
        QCOMPARE(call.format.schema, RawJson(R"({"type":"object"})"));
    }
}

void TestAnthropicConversion::theUserIsAWordOrAnObjectWithItsSession()
{
    ChatCall call = good(R"("metadata":{"user_id":"u-1"})");
    QVERIFY(call.userRef == "u-1" && call.cacheKey.empty());
    call = good(R"("metadata":{"user_id":"{\"device_id\":\"d1\",\"account_uuid\":\"a1\",\"session_id\":\"s1\"}"})");
    QVERIFY(call.cacheKey == "s1");
    QCOMPARE(call.userRef, std::string_view("d1")); // not the account
    call = good(R"("metadata":{"user_id":"user_1f_account_2a_session_9c"})");
    QCOMPARE(call.cacheKey, std::string_view("9c"));
}

void TestAnthropicConversion::settingsAreRead()
{
    const ChatCall call = good(R"("stream":true,"temperature":0.3,"top_p":0.9,"top_k":40,"stop_sequences":["a","b"],"service_tier":"standard_only")");
    QVERIFY(call.stream && *call.temperature == 0.3 && *call.topP == 0.9 && *call.topK == 40 && call.tier == "standard_only");
    QVERIFY(call.stop.size() == 2 && call.stop[1].is("b"));
    QVERIFY(call.model == ModelName("asked") && *call.maxOutput == 4000);
}

// ---- writeCall

void TestAnthropicConversion::fieldsComeInOneOrder()
{
    ChatCall call = good(R"("system":"S","temperature":0.5,"stop_sequences":["x"],"stream":true,"metadata":{"user_id":"u"},"service_tier":"auto","tool_choice":{"type":"auto"},)" + std::string(addTool));
    ToolNames names;
    Losses losses;
    const auto out = anthropic::writeCall(call, upstream(), names, losses);
    QCOMPARE(QString::fromStdString(*out),
        QStringLiteral(R"({"model":"up","max_tokens":4000,"system":[{"type":"text","text":"S"}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"tools":[{"name":"add","input_schema":{"type":"object","properties":{"a":{"type":"number"}}}}],"tool_choice":{"type":"auto"},"stop_sequences":["x"],"temperature":0.5,"metadata":{"user_id":"u"},"service_tier":"auto","stream":true})"));
    QVERIFY(losses.tokens().empty());
}

void TestAnthropicConversion::textsPassAsTheyCame()
{
    ChatCall call = good(R"("messages":[{"role":"user","content":"\u00e9 \"q\" \/ \ud83d\ude00 é"}])");
    ToolNames names;
    Losses losses;
    const auto out = anthropic::writeCall(call, upstream(), names, losses);
    QVERIFY(out->find(R"(\u00e9 \"q\" \/ \ud83d\ude00 é)") != std::string::npos);
}

void TestAnthropicConversion::severalAnswersAreRefused()
{
    ChatCall call = good("");
    call.candidates = 2;
    QCOMPARE(write(std::move(call)).refused, std::string("n"));
    ChatCall spoken = good("");
    spoken.wantsAudio = true;
    QCOMPARE(write(std::move(spoken)).refused, std::string("modalities"));
}

void TestAnthropicConversion::maxTokensHasADefaultAndACap()
{
    const auto maxTokens = [](std::optional<Tokens> asked, Tokens most) {
        ChatCall call = good("");
        call.maxOutput = asked;
        Target target = upstream();
        target.mostOutput = most;
        return write(std::move(call), target);
    };
    QCOMPARE(maxTokens({}, 0).at("/max_tokens").get<int>(), 8192);
    QCOMPARE(maxTokens({}, 64000).at("/max_tokens").get<int>(), 32000);
    QCOMPARE(maxTokens({}, 4096).at("/max_tokens").get<int>(), 4096);
    QCOMPARE(maxTokens(500, 4096).at("/max_tokens").get<int>(), 500);
    QCOMPARE(maxTokens(9000, 4096).at("/max_tokens").get<int>(), 4096);
    QVERIFY(maxTokens(9000, 4096).lost("adapt:max_tokens"));
}

void TestAnthropicConversion::instructionsInTheMiddleAreTheUsersWhereTheModelTakesNone()
{
    const char* const fields = R"("system":"S","messages":[{"role":"user","content":"a"},{"role":"system","content":"E"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}])";
    const Written wrappedText = write(fields);
    QCOMPARE(wrappedText.at("/messages").size(), std::size_t(3));
    QCOMPARE(wrappedText.at("/messages/0/content/1/text").get<std::string>(), std::string("<system-reminder>\nE\n</system-reminder>"));
    QCOMPARE(wrappedText.at("/system").size(), std::size_t(1)); // not put to the top
    Target target = upstream();
    target.midSystem = true;
    const Written kept = write(fields, target);
    QCOMPARE(kept.at("/messages/1/role").get<std::string>(), std::string("system"));
    QCOMPARE(kept.at("/messages/1/content/0/text").get<std::string>(), std::string("E"));
}

void TestAnthropicConversion::instructionsInTheMiddleStandOnlyWhereTheyMay()
{
    Target target = upstream();
    target.midSystem = true;
    // Two in a row are one; one between two user turns is the user's.
    const Written two = write(R"("messages":[{"role":"user","content":"a"},{"role":"system","content":"E"},{"role":"system","content":"F"}])", target);
    QCOMPARE(two.at("/messages").size(), std::size_t(2));
    QCOMPARE(two.at("/messages/1/content/1/text").get<std::string>(), std::string("F"));
    const Written between = write(R"("messages":[{"role":"user","content":"a"},{"role":"system","content":"E"},{"role":"user","content":"b"}])", target);
    QCOMPARE(between.at("/messages").size(), std::size_t(1));
    QCOMPARE(between.at("/messages/0/content/1/text").get<std::string>(), std::string("<system-reminder>\nE\n</system-reminder>"));
    const Written afterAnswer = write(R"("messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"system","content":"E"},{"role":"user","content":"c"}])", target);
    QCOMPARE(afterAnswer.at("/messages/2/role").get<std::string>(), std::string("user"));
}

void TestAnthropicConversion::neighboursOfOneRoleAreMerged()
{
    const Written written = write(R"("messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"}])");
    QCOMPARE(written.at("/messages").size(), std::size_t(3));
    QCOMPARE(written.at("/messages/1/content/1/text").get<std::string>(), std::string("d"));
}

void TestAnthropicConversion::theFirstTurnIsTheUsers()
{
    const Written written = write(R"("messages":[{"role":"assistant","content":"a"},{"role":"user","content":"b"}])");
    QCOMPARE(written.at("/messages/0/content/0/text").get<std::string>(), std::string("(conversation continues)"));
    QCOMPARE(written.at("/messages/0/role").get<std::string>(), std::string("user"));
}

void TestAnthropicConversion::emptyTextsAndTurnsAreLeftOut()
{
    ChatCall call = good("");
    Turn empty;
    empty.role = Role::Assistant;
    empty.parts.emplace_back();
    call.turns.push_back(empty);
    call.turns.push_back({Role::User, {}});
    call.turns.back().parts.emplace_back().text = RawText("b");
    call.system.emplace_back();
    const Written written = write(std::move(call));
    QCOMPARE(written.at("/messages").size(), std::size_t(1));
    QVERIFY(!written.has("system"));
}

void TestAnthropicConversion::aLastAssistantTurnIsABeginning()
{
    const char* const fields = R"("messages":[{"role":"user","content":"a"},{"role":"assistant","content":"{\"x\": \n\t "}])";
    const Written kept = write(fields);
    QCOMPARE(kept.at("/messages/1/content/0/text").get<std::string>(), std::string("{\"x\":"));
    QVERIFY(kept.losses.empty());
    Target target = upstream();
    target.prefill = false;
    const Written answered = write(fields, target);
    QCOMPARE(answered.at("/messages/2/content/0/text").get<std::string>(), std::string("Continue from there."));
    QVERIFY(answered.lost("adapt:prefill"));
    const Written thinking = write(std::string(R"("thinking":{"type":"enabled","budget_tokens":2000},)") + fields);
    QVERIFY(thinking.lost("adapt:prefill"));
    // A backslash before the letter is one of the text's own.
    QCOMPARE(write(R"("messages":[{"role":"user","content":"a"},{"role":"assistant","content":"c:\\n"}])").at("/messages/1/content/0/text").get<std::string>(), std::string("c:\\n"));
    QCOMPARE(write(R"("messages":[{"role":"user","content":"a"},{"role":"assistant","content":" \n"}])").at("/messages").size(), std::size_t(1));
}

void TestAnthropicConversion::picturesAreWritten()
{
    const Written data = write(callWith(mediaPart(PartKind::Image, Media::Source::Data, "iVBORw0KGgo=", "image/png")));
    QCOMPARE(shown(data.at("/messages/0/content/1")), shown(parsed(R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}})")));
    const Written url = write(callWith(mediaPart(PartKind::Image, Media::Source::Url, "https://x/y.png", "image/png")));
    QCOMPARE(shown(url.at("/messages/0/content/1")), shown(parsed(R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}})")));
    QVERIFY(url.losses.empty());
}

void TestAnthropicConversion::whatCannotBeShownIsNoted()
{
    const auto isNote = [](const Written& written, const char* word) {
        const Json block = written.at("/messages/0/content/1");
        return block.at("type") == "text" && block.at("text").get<std::string>().starts_with(std::string("[") + word + " omitted")
            && written.lost((std::string("drop:") + word).c_str());
    };
    Target blind = upstream();
    blind.vision = false;
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Image, Media::Source::Data, "iVBORw0KGgo=", "image/png")), blind), "image"));
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Document, Media::Source::Data, "JVBERi0x", "application/pdf")), blind), "document"));
    Target offline = upstream();
    offline.takesUrls = false;
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Image, Media::Source::Url, "https://x")), offline), "image"));
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Image, Media::Source::Url, "gs://x/y.png"))), "image"));
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Image, Media::Source::FileId, "file-1"))), "image"));
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Image, Media::Source::Data, "AAAA", "image/heic"))), "image"));
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Audio, Media::Source::Data, "AAAA", "audio/wav"))), "audio"));
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Video, Media::Source::Url, "https://v"))), "video"));
    QVERIFY(isNote(write(callWith(mediaPart(PartKind::Document, Media::Source::Data, "AAAA", "application/msword"))), "document"));
}

void TestAnthropicConversion::onlyUsersShowThings()
{
    ChatCall call = callWith(mediaPart(PartKind::Image, Media::Source::Data, "iVBORw0KGgo=", "image/png"), Role::Assistant);
    call.turns.push_back(call.turns[0]);
    const Written written = write(std::move(call));
    QCOMPARE(written.at("/messages/1/content/0/type").get<std::string>(), std::string("text"));
}

void TestAnthropicConversion::documentsAreWritten()
{
    Part pdf = mediaPart(PartKind::Document, Media::Source::Data, "JVBERi0x", "application/pdf");
    pdf.media.name = RawText("a.pdf");
    QCOMPARE(shown(write(callWith(pdf)).at("/messages/0/content/1")), shown(parsed(R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0x"},"title":"a.pdf"})")));
    QCOMPARE(shown(write(callWith(mediaPart(PartKind::Document, Media::Source::Url, "https://x/a.pdf"))).at("/messages/0/content/1/source")), shown(parsed(R"({"type":"url","url":"https://x/a.pdf"})")));
    const Part words = mediaPart(PartKind::Document, Media::Source::Text, "a\\nb");
    QCOMPARE(shown(write(callWith(words)).at("/messages/0/content/1/source")), shown(parsed(R"({"type":"text","media_type":"text/plain","data":"a\nb"})")));
    QCOMPARE(write(callWith(mediaPart(PartKind::Document, Media::Source::Data, "aGkK", "text/plain"))).at("/messages/0/content/1/source/data").get<std::string>(), std::string("hi\n"));
    Target plain = upstream();
    plain.anthropicExtras = false;
    QCOMPARE(write(callWith(words), plain).at("/messages/0/content/1/text").get<std::string>(), std::string("<document>\na\nb\n</document>"));
}

void TestAnthropicConversion::resultsComeFirstInTheirTurn()
{
    const Written written = write(std::string(addTool) + R"(,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"text","text":"x"},{"type":"tool_use","id":"t1","name":"add","input":{"a":1}}]},{"role":"user","content":[{"type":"text","text":"and?"},{"type":"tool_result","tool_use_id":"t1","content":"2","is_error":true}]}])");
    QCOMPARE(shown(written.at("/messages/1/content/1")), shown(parsed(R"({"type":"tool_use","id":"t1","name":"add","input":{"a":1}})")));
    QCOMPARE(shown(written.at("/messages/2/content/0")), shown(parsed(R"({"type":"tool_result","tool_use_id":"t1","content":"2","is_error":true})")));
    QCOMPARE(written.at("/messages/2/content/1/text").get<std::string>(), std::string("and?"));
}

void TestAnthropicConversion::aResultMayBeEmptyOrHoldPictures()
{
    const auto result = [](const char* content) {
        return write(std::string(addTool) + R"(,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"add","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":)" + content + "}]}]").at("/messages/2/content/0/content");
    };
    QCOMPARE(shown(result("\"\"")), shown(Json("")));
    QCOMPARE(shown(result(R"([{"type":"text","text":"a"},{"type":"text","text":"b"}])")), shown(parsed(R"([{"type":"text","text":"a"},{"type":"text","text":"b"}])")));
    QCOMPARE(shown(result(R"([{"type":"image","source":{"type":"url","url":"https://i"}}])")), shown(parsed(R"([{"type":"image","source":{"type":"url","url":"https://i"}}])")));
}

void TestAnthropicConversion::argumentsAreAnObject()
{
    const auto input = [](const char* text, bool isEscaped, Losses* = nullptr) {
        ChatCall call = good(std::string(addTool) + "," + roundOfTools);
        call.turns[1].parts[0].arguments = {text, isEscaped};
        return write(std::move(call));
    };
    QCOMPARE(shown(input("", false).at("/messages/1/content/0/input")), shown(Json::object()));
    QCOMPARE(shown(input("null", true).at("/messages/1/content/0/input")), shown(Json::object()));
    QCOMPARE(shown(input(R"({\"a\":\"\\n\"})", true).at("/messages/1/content/0/input")), shown(parsed(R"({"a":"\n"})")));
    QCOMPARE(shown(input("[1]", false).at("/messages/1/content/0/input")), shown(parsed(R"({"value":[1]})")));
    const Written broken = input(R"({\"a\":)", true);
    QCOMPARE(shown(broken.at("/messages/1/content/0/input")), shown(parsed(R"({"_raw":"{\"a\":"})")));
    QVERIFY(broken.lost("adapt:tool_call.arguments"));
}

void TestAnthropicConversion::idsAreFoldedInCallAndResultAlike()
{
    const Written written = write(std::string(addTool) + R"(,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"functions.add:0","name":"add","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions.add:0","content":"2"}]}])");
    const std::string id = written.at("/messages/1/content/0/id").get<std::string>();
    QVERIFY(id.find_first_of(".:") == std::string::npos && !id.empty());
    QCOMPARE(written.at("/messages/2/content/0/tool_use_id").get<std::string>(), id);
}

void TestAnthropicConversion::namesAreFoldedEverywhere()
{
    ChatCall call = good(std::string(addTool) + R"(,"tool_choice":{"type":"tool","name":"my.tool"},)" + roundOfTools);
    call.tools[0].name = "my.tool";
    call.turns[1].parts[0].toolName = "my.tool";
    const Written written = write(std::move(call));
    const std::string name = written.at("/tools/0/name").get<std::string>();
    QVERIFY(name.starts_with("my_tool_"));
    QCOMPARE(written.at("/tool_choice/name").get<std::string>(), name);
    QCOMPARE(written.at("/messages/1/content/0/name").get<std::string>(), name);
    QCOMPARE(written.names.ownName(name)->name, std::string("my.tool"));
}

void TestAnthropicConversion::aNamespaceIsPartOfTheName()
{
    Tool tool;
    tool.name = "exec";
    tool.nameSpace = "functions";
    QCOMPARE(write(withTool(tool)).at("/tools/0/name").get<std::string>(), std::string("functions__exec"));
}

void TestAnthropicConversion::aCustomToolIsAFunctionOfItsInput()
{
    Tool tool;
    tool.kind = Tool::Kind::Custom;
    tool.name = "apply_patch";
    tool.description = RawText("Edits.");
    tool.grammar = RawText("start: x");
    tool.grammarSyntax = "lark";
    ChatCall call = withTool(tool);
    Turn& turn = call.turns.emplace_back();
    turn.role = Role::Assistant;
    Part& part = turn.parts.emplace_back();
    part.kind = PartKind::ToolCall;
    part.isCustom = true;
    part.callId = "c1";
    part.toolName = "apply_patch";
    part.text = RawText("*** \\\"Begin\\\"");
    const Written written = write(std::move(call));
    QCOMPARE(written.at("/tools/0/input_schema/properties/input/type").get<std::string>(), std::string("string"));
    QCOMPARE(written.at("/tools/0/description").get<std::string>(), std::string("Edits.\n\n`input` follows this grammar (lark):\nstart: x"));
    QCOMPARE(shown(written.at("/messages/1/content/0/input")), shown(parsed(R"({"input":"*** \"Begin\""})")));
    QVERIFY(written.names.ownName("apply_patch")->isCustom);
}

void TestAnthropicConversion::aMissingSchemaIsAnEmptyObject()
{
    Tool tool;
    tool.name = "now";
    QCOMPARE(shown(write(withTool(tool)).at("/tools/0/input_schema")), shown(parsed(R"({"type":"object","properties":{}})")));
    tool.schema = R"({"properties":{"a":{}}})";
    QCOMPARE(write(withTool(tool)).at("/tools/0/input_schema/type").get<std::string>(), std::string("object"));
}

void TestAnthropicConversion::strictnessIsKeptWhereItIsTaken()
{
    Tool tool;
    tool.name = "f";
    tool.strict = true;
    tool.schema = R"({"type":"object","properties":{"a":{"type":"number","minimum":1}}})";
    const Written written = write(withTool(tool));
    QCOMPARE(shown(written.at("/tools/0/strict")), shown(Json(true)));
    QCOMPARE(shown(written.at("/tools/0/input_schema")), shown(parsed(R"({"type":"object","properties":{"a":{"type":"number"}},"additionalProperties":false})")));
    Target older = upstream();
    older.structuredOutput = false;
    QVERIFY(!write(withTool(tool), older).at("/tools/0").contains("strict"));
    QCOMPARE(write(withTool(tool), older).at("/tools/0/input_schema/properties/a/minimum").get<int>(), 1);
}

void TestAnthropicConversion::toolChoiceIsWritten()
{
    const auto choice = [](ToolChoice::Mode mode, std::optional<bool> parallel) {
        ChatCall call = good(addTool);
        call.toolChoice.mode = mode;
        call.toolChoice.name = "add";
        call.toolChoice.parallel = parallel;
        return write(std::move(call)).at("/tool_choice");
    };
    using Mode = ToolChoice::Mode;
    QCOMPARE(shown(choice(Mode::Unset, {})), shown(Json("nothing here")));
    QCOMPARE(shown(choice(Mode::Unset, true)), shown(Json("nothing here")));
    QCOMPARE(shown(choice(Mode::Unset, false)), shown(parsed(R"({"type":"auto","disable_parallel_tool_use":true})")));
    QCOMPARE(shown(choice(Mode::Auto, {})), shown(parsed(R"({"type":"auto"})")));
    QCOMPARE(shown(choice(Mode::Any, false)), shown(parsed(R"({"type":"any","disable_parallel_tool_use":true})")));
    QCOMPARE(shown(choice(Mode::Named, {})), shown(parsed(R"({"type":"tool","name":"add"})")));
    QCOMPARE(shown(choice(Mode::None, false)), shown(parsed(R"({"type":"none"})")));
}

void TestAnthropicConversion::aChoiceWithoutToolsIsLeftOut()
{
    const Written written = write(R"("tool_choice":{"type":"any","disable_parallel_tool_use":true})");
    QVERIFY(!written.has("tool_choice") && !written.has("tools"));
}

void TestAnthropicConversion::allowedToolsFilterTheList()
{
    ChatCall call = good(R"("tools":[{"name":"a"},{"name":"b"}])");
    call.toolChoice.only = {"b"};
    call.toolChoice.mode = ToolChoice::Mode::Any;
    const Written written = write(std::move(call));
    QCOMPARE(written.at("/tools").size(), std::size_t(1));
    QCOMPARE(written.at("/tools/0/name").get<std::string>(), std::string("b"));
}

void TestAnthropicConversion::aChoiceOfADroppedToolIsRefused()
{
    ChatCall call = good(addTool);
    call.tools[0].kind = Tool::Kind::Server;
    call.tools[0].server = ServerTool::FileSearch;
    call.tools[0].serverType = "file_search";
    call.toolChoice.mode = ToolChoice::Mode::Named;
    call.toolChoice.name = "file_search";
    QCOMPARE(write(std::move(call)).refused, std::string("tool_choice"));
}

void TestAnthropicConversion::toolsOfAHistoryAreDeclared()
{
    const Written written = write(roundOfTools);
    QCOMPARE(shown(written.at("/tools")), shown(parsed(R"([{"name":"add","input_schema":{"type":"object","properties":{}}}])")));
    QCOMPARE(shown(written.at("/tool_choice")), shown(parsed(R"({"type":"none"})")));
}

void TestAnthropicConversion::webSearchIsWritten()
{
    Tool tool;
    tool.kind = Tool::Kind::Server;
    tool.server = ServerTool::WebSearch;
    tool.serverType = "web_search";
    tool.raw = R"({"type":"web_search","filters":{"allowed_domains":["a.org"]},"user_location":{"type":"approximate","city":"Bonn"},"search_context_size":"low"})";
    QCOMPARE(shown(write(withTool(tool)).at("/tools/0")), shown(parsed(R"({"type":"web_search_20250305","name":"web_search","allowed_domains":["a.org"],"user_location":{"type":"approximate","city":"Bonn"}})")));
    ChatCall call = good("");
    call.webSearchOptions = R"({"user_location":{"type":"approximate","approximate":{"country":"DE"}}})";
    QCOMPARE(shown(write(std::move(call)).at("/tools/0/user_location")), shown(parsed(R"({"type":"approximate","country":"DE"})")));
    ChatCall chosen = withTool(tool);
    chosen.toolChoice.mode = ToolChoice::Mode::Named;
    chosen.toolChoice.name = "web_search";
    QCOMPARE(write(std::move(chosen)).at("/tool_choice/name").get<std::string>(), std::string("web_search"));
    Target third = upstream();
    third.anthropicExtras = false;
    const Written dropped = write(withTool(tool), third);
    QVERIFY(!dropped.has("tools") && dropped.lost("drop:web_search"));
}

void TestAnthropicConversion::theClientsOwnWebSearchCounts()
{
    ChatCall call = good(R"("tools":[{"name":"web_search","input_schema":{}},{"type":"web_search_20250305","name":"web_search"}])");
    const Written written = write(std::move(call));
    QCOMPARE(written.at("/tools").size(), std::size_t(1));
    QVERIFY(written.lost("drop:web_search_20250305"));
}

void TestAnthropicConversion::otherServerToolsAreDropped()
{
    Tool tool;
    tool.kind = Tool::Kind::Server;
    tool.server = ServerTool::CodeExecution;
    tool.serverType = "code_interpreter";
    const Written written = write(withTool(tool));
    QVERIFY(!written.has("tools") && written.lost("drop:code_interpreter"));
}

void TestAnthropicConversion::whatAServerToolDidIsToldOnlyWhereNothingFollows()
{
    Part part;
    part.kind = PartKind::Server;
    part.text = RawText("web search: rain");
    ChatCall call = callWith(part, Role::Assistant);
    call.turns.push_back(call.turns[0]);
    QCOMPARE(write(std::move(call)).at("/messages/1/content/0/text").get<std::string>(), std::string("[web search: rain]"));
    ChatCall followed = callWith(part, Role::Assistant);
    followed.turns[1].parts.push_back(followed.turns[0].parts[0]);
    followed.turns.push_back(followed.turns[0]);
    QCOMPARE(write(std::move(followed)).at("/messages/1/content").size(), std::size_t(1));
}

void TestAnthropicConversion::temperatureIsFromNoughtToOne()
{
    ChatCall call = good("");
    call.temperature = 1.7;
    const Written written = write(std::move(call));
    QCOMPARE(written.at("/temperature").get<double>(), 1.0);
    QVERIFY(written.lost("adapt:temperature"));
}

void TestAnthropicConversion::topPYieldsToTemperatureWhereOnlyOneIsTaken()
{
    Target target = upstream();
    QVERIFY(write(R"("temperature":0.5,"top_p":0.9)", target).has("top_p"));
    target.bothTemperatureAndTopP = false;
    const Written written = write(R"("temperature":0.5,"top_p":0.9)", target);
    QVERIFY(!written.has("top_p") && written.has("temperature") && written.lost("drop:top_p"));
    QVERIFY(write(R"("top_p":0.9)", target).has("top_p"));
}

void TestAnthropicConversion::samplingIsDroppedWhereItIsRefused()
{
    Target target = upstream();
    target.sampling = false;
    const Written written = write(R"("temperature":0.5,"top_p":0.97,"top_k":4)", target);
    QVERIFY(!written.has("temperature") && !written.has("top_p") && !written.has("top_k"));
    QVERIFY(written.lost("drop:temperature") && written.lost("drop:top_p") && written.lost("drop:top_k"));
    QVERIFY(write(R"("temperature":1)", target).losses.empty());
    QCOMPARE(write(R"("top_k":4)").at("/top_k").get<int>(), 4);
}

void TestAnthropicConversion::stopWordsAreNotBlank()
{
    const Written written = write(R"("stop_sequences":["END","\n\n",""])");
    QCOMPARE(shown(written.at("/stop_sequences")), shown(parsed(R"(["END"])")));
    QVERIFY(written.lost("drop:stop"));
    QVERIFY(!write(R"("stop_sequences":[" "])").has("stop_sequences"));
}

void TestAnthropicConversion::whatHasNoPlaceHereIsDropped()
{
    ChatCall call = good("");
    call.seed = 1;
    call.frequencyPenalty = 0.5;
    call.presencePenalty = 0;
    call.logitBias = R"({"1":2})";
    call.logprobs = true;
    call.verbosity = "low";
    call.prediction = "{}";
    call.wantsImages = true;
    call.metadata = R"({"a":"b"})";
    call.store = true;
    call.cacheKey = "k";
    const Written written = write(std::move(call));
    QCOMPARE(written.losses, (std::vector<std::string> {"drop:seed", "drop:frequency_penalty", "drop:logit_bias", "drop:logprobs", "drop:verbosity", "drop:prediction", "drop:modalities"}));
    QVERIFY(!written.has("metadata") && !written.has("store"));
}

void TestAnthropicConversion::theTierIsToldInThisProtocolsWords()
{
    const auto tier = [](const char* word) {
        ChatCall call = good("");
        call.tier = word;
        return write(std::move(call));
    };
    for (const char* word : {"auto", "priority"})
        QCOMPARE(tier(word).at("/service_tier").get<std::string>(), std::string("auto"));
    for (const char* word : {"default", "flex", "standard", "standard_only"})
        QCOMPARE(tier(word).at("/service_tier").get<std::string>(), std::string("standard_only"));
    QVERIFY(!tier("scale").has("service_tier") && tier("scale").lost("drop:service_tier"));
}

// ---- thinking

void TestAnthropicConversion::nothingSaidIsNothingSent()
{
    QVERIFY(!write("").has("thinking") && !write("", adaptive()).has("output_config"));
}

void TestAnthropicConversion::thinkingOffIsDisabled()
{
    QCOMPARE(shown(write(R"("thinking":{"type":"disabled"},"output_config":{"effort":"max"})", adaptive()).at("/thinking")), shown(parsed(R"({"type":"disabled"})")));
    QVERIFY(!write(R"("thinking":{"type":"disabled"},"output_config":{"effort":"max"})", adaptive()).has("output_config"));
    ChatCall call = good("");
    call.reasoning.effort = Effort::None;
    QCOMPARE(write(std::move(call)).at("/thinking/type").get<std::string>(), std::string("disabled"));
}

void TestAnthropicConversion::aModelWithoutASwitchThinksLeast()
{
    Target target = adaptive();
    target.canSwitchThinkingOff = false;
    const Written written = write(R"("thinking":{"type":"disabled"})", target);
    QCOMPARE(written.at("/thinking/type").get<std::string>(), std::string("adaptive"));
    QCOMPARE(written.at("/output_config/effort").get<std::string>(), std::string("low"));
    QVERIFY(written.lost("adapt:reasoning"));
}

void TestAnthropicConversion::effortsBecomeBudgets()
{
    const auto budget = [](Effort effort, Tokens maxTokens) {
        ChatCall call = good("");
        call.reasoning.effort = effort;
        call.maxOutput = maxTokens;
        return write(std::move(call)).at("/thinking");
    };
    QCOMPARE(shown(budget(Effort::Minimal, 60000)), shown(parsed(R"({"type":"enabled","budget_tokens":1024})")));
    QCOMPARE(budget(Effort::Low, 60000).at("budget_tokens").get<int>(), 1024);
    QCOMPARE(budget(Effort::Medium, 60000).at("budget_tokens").get<int>(), 8192);
    QCOMPARE(budget(Effort::High, 60000).at("budget_tokens").get<int>(), 24576);
    QCOMPARE(budget(Effort::XHigh, 60000).at("budget_tokens").get<int>(), 32768);
    QCOMPARE(budget(Effort::Max, 200000).at("budget_tokens").get<int>(), 128000);
}

void TestAnthropicConversion::theBudgetLeavesRoomForAnAnswer()
{
    const Written written = write(R"("thinking":{"type":"enabled","budget_tokens":10000})");
    QCOMPARE(written.at("/thinking/budget_tokens").get<int>(), 4000 - 1024);
    QVERIFY(written.lost("adapt:reasoning.budget"));
    ChatCall call = thinkingCall();
    call.maxOutput = 2000;
    const Written off = write(std::move(call));
    QCOMPARE(shown(off.at("/thinking")), shown(parsed(R"({"type":"disabled"})")));
    QVERIFY(off.lost("adapt:reasoning.budget"));
    QVERIFY(write(R"("thinking":{"type":"enabled","budget_tokens":2000})").losses.empty());
    QCOMPARE(write(R"("thinking":{"type":"enabled","budget_tokens":100})").at("/thinking/budget_tokens").get<int>(), 1024);
}

void TestAnthropicConversion::adaptiveModelsTakeEfforts()
{
    const auto written = [](Effort effort, std::uint32_t efforts) {
        ChatCall call = good("");
        call.reasoning.effort = effort;
        Target target = adaptive();
        target.efforts = efforts;
        return write(std::move(call), target);
    };
    const Written high = written(Effort::High, 0b1111100);
    QCOMPARE(shown(high.at("/thinking")), shown(parsed(R"({"type":"adaptive","display":"summarized"})")));
    QCOMPARE(high.at("/output_config/effort").get<std::string>(), std::string("high"));
    QVERIFY(high.losses.empty());
    QCOMPARE(written(Effort::Minimal, 0b1111100).at("/output_config/effort").get<std::string>(), std::string("low"));
    QCOMPARE(written(Effort::XHigh, 0b1111100).at("/output_config/effort").get<std::string>(), std::string("xhigh"));
    QCOMPARE(written(Effort::XHigh, 0b1011100).at("/output_config/effort").get<std::string>(), std::string("max")); // 4.6
    QCOMPARE(written(Effort::XHigh, 0b0011100).at("/output_config/effort").get<std::string>(), std::string("high"));
    QVERIFY(written(Effort::XHigh, 0b0011100).lost("adapt:reasoning.effort"));
}

void TestAnthropicConversion::adaptiveModelsTakeNoBudget()
{
    const Written written = write(R"("thinking":{"type":"enabled","budget_tokens":8000})", adaptive());
    QCOMPARE(written.at("/thinking/type").get<std::string>(), std::string("adaptive"));
    QVERIFY(!written.at("/thinking").contains("budget_tokens"));
    QCOMPARE(written.at("/output_config/effort").get<std::string>(), std::string("medium"));
    QVERIFY(written.lost("adapt:reasoning.budget"));
}

void TestAnthropicConversion::olderModelsTakeNoAdaptiveThinking()
{
    ChatCall call = thinkingCall(R"({"type":"adaptive"})");
    call.maxOutput = 60000;
    QCOMPARE(shown(write(std::move(call)).at("/thinking")), shown(parsed(R"({"type":"enabled","budget_tokens":24576})")));
}

void TestAnthropicConversion::modelsOfBothKindsTakeWhatIsSaid()
{
    Target target = adaptive();
    target.anthropicThinking = AnthropicThinking::Both;
    QCOMPARE(write(R"("thinking":{"type":"enabled","budget_tokens":2000})", target).at("/thinking/type").get<std::string>(), std::string("enabled"));
    QCOMPARE(write(R"("thinking":{"type":"adaptive"})", target).at("/thinking/type").get<std::string>(), std::string("adaptive"));
    QCOMPARE(write(R"("output_config":{"effort":"low"})", target).at("/thinking/type").get<std::string>(), std::string("adaptive"));
}

void TestAnthropicConversion::effortWinsOverABudgetWhereBothAreTaken()
{
    Target target = upstream();
    target.takesEffort = true;
    ChatCall call = good(R"("thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"medium"})");
    call.maxOutput = 60000;
    const Written written = write(std::move(call), target);
    QCOMPARE(written.at("/output_config/effort").get<std::string>(), std::string("medium"));
    QCOMPARE(written.at("/thinking/budget_tokens").get<int>(), 8192);
}

void TestAnthropicConversion::whoWantsNoWordsGetsNone()
{
    QCOMPARE(write(R"("thinking":{"type":"adaptive","display":"omitted"})", adaptive()).at("/thinking/display").get<std::string>(), std::string("omitted"));
    Target third = adaptive();
    third.anthropicExtras = false;
    QVERIFY(!write(R"("thinking":{"type":"adaptive"})", third).at("/thinking").contains("display"));
}

void TestAnthropicConversion::thinkingFreesSamplingAndChoice()
{
    const Written written = write(std::string(R"("thinking":{"type":"enabled","budget_tokens":2000},"temperature":0.5,"top_p":0.5,"top_k":3,"tool_choice":{"type":"tool","name":"add"},)") + addTool);
    QVERIFY(!written.has("temperature") && !written.has("top_p") && !written.has("top_k"));
    QVERIFY(written.lost("drop:temperature") && written.lost("drop:top_p") && written.lost("drop:top_k"));
    QCOMPARE(shown(written.at("/tool_choice")), shown(parsed(R"({"type":"auto"})")));
    QVERIFY(written.lost("adapt:tool_choice"));
    QVERIFY(write(R"("thinking":{"type":"enabled","budget_tokens":2000},"top_p":0.96)").has("top_p"));
    QVERIFY(write(R"("thinking":{"type":"enabled","budget_tokens":2000},"temperature":1)").losses.empty());
}

void TestAnthropicConversion::thinkingOfThisUpstreamGoesBackUnchanged()
{
    const auto history = [](const std::string& blocks) {
        return std::string(addTool) + R"(,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[)" + blocks + R"({"type":"tool_use","id":"t1","name":"add","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"2"}]}])";
    };
    const auto first = [&](const std::string& blocks) { return write(history(blocks)).at("/messages/1/content/0"); };
    QCOMPARE(shown(first(R"({"type":"thinking","thinking":"hm","signature":"EqQB"},)")), shown(parsed(R"({"type":"thinking","thinking":"hm","signature":"EqQB"})")));
    QCOMPARE(shown(first(R"({"type":"redacted_thinking","data":"xyz"},)")), shown(parsed(R"({"type":"redacted_thinking","data":"xyz"})")));
    const std::string mine = wrapped({CarryKind::AnthropicSignature, 7, "EqQB"});
    QCOMPARE(first(R"({"type":"thinking","thinking":"hm","signature":")" + mine + "\"},").at("signature").get<std::string>(), std::string("EqQB"));
    // Nobody else's, and none without state.
    for (const Carry& carry : {Carry{CarryKind::AnthropicSignature, 8, "E"}, Carry{CarryKind::OpenaiEncrypted, 7, "g"}, Carry{CarryKind::PlainReasoning, 7, ""}})
        QCOMPARE(first(R"({"type":"thinking","thinking":"hm","signature":")" + wrapped(carry) + "\"},").at("type").get<std::string>(), std::string("tool_use"));
    QCOMPARE(first(R"({"type":"thinking","thinking":"hm","signature":""},)").at("type").get<std::string>(), std::string("tool_use"));
}

void TestAnthropicConversion::aRoundWithoutItsThinkingCannotGoOnThinking()
{
    const std::string thinking = R"("thinking":{"type":"enabled","budget_tokens":2000},)";
    const Written off = write(thinking + addTool + "," + roundOfTools);
    QCOMPARE(shown(off.at("/thinking")), shown(parsed(R"({"type":"disabled"})")));
    QVERIFY(off.lost("adapt:reasoning"));
    const Written on = write(thinking + addTool + R"(,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"EqQB"},{"type":"tool_use","id":"t1","name":"add","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"2"}]}])");
    QCOMPARE(on.at("/thinking/type").get<std::string>(), std::string("enabled"));
    // Adaptive thinking does not mind.
    QCOMPARE(write(thinking + addTool + "," + roundOfTools, adaptive()).at("/thinking/type").get<std::string>(), std::string("adaptive"));
}

// ---- structured output

void TestAnthropicConversion::aSchemaIsTheFormOfTheAnswer()
{
    const Written written = write(R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string","maxLength":3}}}}})");
    QCOMPARE(shown(written.at("/output_config")), shown(parsed(R"({"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}})")));
    QVERIFY(written.losses.empty());
}

void TestAnthropicConversion::aSchemaIsCleanedByPosition()
{
    ChatCall call = good("");
    call.format.kind = OutputFormat::Kind::JsonSchema;
    call.format.schema = R"({"$defs":{"p":{"type":"object","properties":{"pattern":{"type":"string","pattern":"^x"},"format":{"type":"string","format":"regex"}},"additionalProperties":{"type":"string"}}},"type":"object","properties":{"list":{"type":"array","minItems":2,"uniqueItems":true,"items":{"$ref":"#/$defs/p"}},"one":{"type":"array","minItems":1,"maxItems":9},"n":{"oneOf":[{"type":"integer","multipleOf":2,"exclusiveMinimum":0},{"type":["object","null"]}]},"d":{"type":"string","format":"date-time","minLength":1},"e":{"enum":[{"minimum":1}],"default":{"pattern":"x"}}},"required":["list"]})";
    QCOMPARE(write(std::move(call)).at("/output_config/format/schema").dump(),
        parsed(R"({"$defs":{"p":{"type":"object","properties":{"pattern":{"type":"string"},"format":{"type":"string"}},"additionalProperties":false}},"type":"object","properties":{"list":{"type":"array","items":{"$ref":"#/$defs/p"}},"one":{"type":"array","minItems":1},"n":{"anyOf":[{"type":"integer"},{"type":["object","null"],"additionalProperties":false}]},"d":{"type":"string","format":"date-time"},"e":{"enum":[{"minimum":1}],"default":{"pattern":"x"}}},"required":["list"],"additionalProperties":false})").dump());
}

void TestAnthropicConversion::aSchemaIsAForcedToolWhereThereIsNoSuchForm()
{
    Target older = upstream();
    older.structuredOutput = false;
    const char* const format = R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}}}}})";
    const Written written = write(format, older);
    QCOMPARE(written.at("/tools/0/name").get<std::string>(), std::string("respond_json"));
    QCOMPARE(shown(written.at("/tools/0/input_schema")), shown(parsed(R"({"type":"object","properties":{"a":{"type":"string"}}})")));
    QCOMPARE(shown(written.at("/tool_choice")), shown(parsed(R"({"type":"tool","name":"respond_json"})")));
    QVERIFY(!written.has("output_config") && written.losses.empty());
    // Beside the client's own tools it is one of several.
    QCOMPARE(shown(write(std::string(format) + "," + addTool, older).at("/tool_choice")), shown(parsed(R"({"type":"any"})")));
    // A forced tool and thinking exclude each other.
    const Written thinking = write(std::string(R"("thinking":{"type":"enabled","budget_tokens":2000},)") + format, older);
    QVERIFY(!thinking.has("tools") && thinking.lost("adapt:response_format"));
    QVERIFY(thinking.at("/system/0/text").get<std::string>().find(R"({"type":"object","properties":{"a":{"type":"string"}}})") != std::string::npos);
}

void TestAnthropicConversion::aJsonObjectIsAskedForInWords()
{
    ChatCall call = good(R"("system":"S")");
    call.format.kind = OutputFormat::Kind::JsonObject;
    const Written written = write(std::move(call));
    QCOMPARE(written.at("/system").size(), std::size_t(2));
    QVERIFY(written.at("/system/1/text").get<std::string>().find("JSON") != std::string::npos && written.lost("adapt:response_format"));
}

// ---- cache marks

void TestAnthropicConversion::theClientsMarksAreKept()
{
    Target target = upstream();
    target.autoCacheMarks = true;
    const Written written = write(R"("system":[{"type":"text","text":"A"},{"type":"text","text":"B","cache_control":{"type":"ephemeral","ttl":"1h"}}])", target);
    QCOMPARE(shown(written.at("/system/1/cache_control")), shown(parsed(R"({"type":"ephemeral","ttl":"1h"})")));
    QVERIFY(!written.at("/messages/0/content/0").contains("cache_control"));
}

void TestAnthropicConversion::theLastFourMarksAreKept()
{
    const Written written = write(R"("tools":[{"name":"t","cache_control":{"type":"ephemeral"}}],"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"1","cache_control":{"type":"ephemeral"}},{"type":"text","text":"2","cache_control":{"type":"ephemeral"}},{"type":"text","text":"3","cache_control":{"type":"ephemeral"}},{"type":"text","text":"4","cache_control":{"type":"ephemeral"}}]}])");
    QVERIFY(!written.at("/tools/0").contains("cache_control") && !written.at("/system/0").contains("cache_control"));
    for (int i = 0; i < 4; ++i)
        QVERIFY(written.body["messages"][0]["content"][i].contains("cache_control"));
}

void TestAnthropicConversion::marksAreMadeWhereTheClientSetNone()
{
    Target target = upstream();
    target.autoCacheMarks = true;
    const std::string fields = R"("system":[{"type":"text","text":"A"},{"type":"text","text":"B"}],"tools":[{"name":"s"},{"name":"t"}],"messages":[{"role":"user","content":"1"},{"role":"assistant","content":"a"},{"role":"user","content":"2"},{"role":"assistant","content":"b"},{"role":"user","content":[{"type":"text","text":"3"},{"type":"text","text":"4"}]}])";
    const Written written = write(fields, target);
    const Json mark = parsed(R"({"type":"ephemeral"})");
    QCOMPARE(shown(written.at("/tools/1/cache_control")), shown(mark));
    QCOMPARE(shown(written.at("/system/1/cache_control")), shown(mark));
    QCOMPARE(shown(written.at("/messages/2/content/0/cache_control")), shown(mark));
    QCOMPARE(shown(written.at("/messages/4/content/1/cache_control")), shown(mark));
    std::size_t count = 0;
    const std::string text = written.body.dump();
    for (std::size_t at = text.find("cache_control"); at != std::string::npos; at = text.find("cache_control", at + 1))
        ++count;
    QCOMPARE(count, std::size_t(4));
    QVERIFY(write(fields).body.dump().find("cache_control") == std::string::npos);
}

// ---- readReply

void TestAnthropicConversion::aWholeAnswerIsRead()
{
    const auto reply = anthropic::readReply(R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"thinking","thinking":"hm","signature":"EqQB"},{"type":"redacted_thinking","data":"xyz"},{"type":"text","text":"a\n"},{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"tool_use","id":"toolu_1","name":"add","input":{"a":1}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":2,"output_tokens":9,"service_tier":"priority"}})");
    QCOMPARE(reply->id, std::string("msg_1"));
    QCOMPARE(reply->model, std::string("claude"));
    QCOMPARE(reply->tier, std::string("priority"));
    const auto& parts = reply->choices.at(0).parts;
    QCOMPARE(parts.size(), std::size_t(4)); // a server tool's block is none
    QVERIFY(parts[0].text.is("hm") && (parts[0].carry == Carry{CarryKind::AnthropicSignature, 0, "EqQB"}));
    QVERIFY((parts[1].carry == Carry{CarryKind::AnthropicRedacted, 0, "xyz"}));
    QVERIFY(parts[2].text.is("a\n"));
    QVERIFY(parts[3].toolName == "add" && parts[3].callId == "toolu_1" && parts[3].arguments.text == "{\"a\":1}");
    QCOMPARE(reply->choices[0].reason, FinishReason::Tool);
    QCOMPARE(reply->usage->input, Tokens(17));
    QCOMPARE(reply->usage->cacheRead, Tokens(5));
    QCOMPARE(reply->usage->cacheWrite5m, Tokens(2));
    QCOMPARE(reply->usageKind, UsageKind::Reported);
}

void TestAnthropicConversion::everyStopReasonIsKnown()
{
    const auto reason = [](const char* word) {
        static std::string body;
        body = std::string(R"({"type":"message","content":[{"type":"tool_use","id":"t","name":"f","input":{}}],"stop_reason":)") + word + R"(,"stop_sequence":"END"})";
        return anthropic::readReply(body)->choices[0].reason;
    };
    QCOMPARE(reason("\"end_turn\""), FinishReason::Stop);
    QCOMPARE(reason("\"stop_sequence\""), FinishReason::StopSequence);
    QCOMPARE(reason("\"max_tokens\""), FinishReason::Length);
    QCOMPARE(reason("\"tool_use\""), FinishReason::Tool);
    QCOMPARE(reason("\"refusal\""), FinishReason::Refusal);
    QCOMPARE(reason("\"pause_turn\""), FinishReason::Pause);
    QCOMPARE(reason("\"model_context_window_exceeded\""), FinishReason::Context);
    QCOMPARE(reason("\"something new\""), FinishReason::Stop);
    QCOMPARE(reason("null"), FinishReason::Unknown);
}

void TestAnthropicConversion::aRefusalSaysWhy()
{
    const auto reply = anthropic::readReply(R"({"type":"message","content":[],"stop_reason":"refusal","stop_details":{"type":"refusal","category":"bio","explanation":"No."}})");
    QVERIFY(reply->choices[0].detail.is("No."));
    QVERIFY(reply->choices[0].parts.at(0).kind == PartKind::Refusal && reply->choices[0].parts[0].text.is("No."));
}

void TestAnthropicConversion::theToolThatStoodForTheAnswerIsTheAnswer()
{
    const auto reply = anthropic::readReply(R"({"type":"message","content":[{"type":"tool_use","id":"t","name":"respond_json","input":{"a":"\"q\""}}],"stop_reason":"tool_use"})");
    QCOMPARE(reply->choices[0].reason, FinishReason::Stop);
    QCOMPARE(QString::fromStdString(reply->choices[0].parts.at(0).text.toString()), QStringLiteral(R"({"a":"\"q\""})"));
    QCOMPARE(reply->choices[0].parts[0].kind, PartKind::Text);
}

void TestAnthropicConversion::citationsAreRead()
{
    const auto reply = anthropic::readReply(R"({"type":"message","content":[{"type":"text","text":"wet","citations":[{"type":"web_search_result_location","url":"https://r","title":"R","cited_text":"c","encrypted_index":"e"},{"type":"page_location","cited_text":"p"}]}],"stop_reason":"end_turn"})");
    const auto& citations = reply->choices[0].parts[0].citations;
    QCOMPARE(citations.size(), std::size_t(1));
    QVERIFY(citations[0].url.is("https://r") && citations[0].title.is("R") && citations[0].cited.is("c") && citations[0].start == -1);
}

void TestAnthropicConversion::anErrorInPlaceOfAnAnswerIsOne()
{
    QCOMPARE(anthropic::readReply(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})").error().kind, ErrorKind::Overloaded);
    QCOMPARE(anthropic::readReply("<html>").error().kind, ErrorKind::BadReply);
    QCOMPARE(anthropic::readReply(R"({"hello":1})").error().kind, ErrorKind::BadReply);
}

// ---- the upstream's stream

void TestAnthropicConversion::aTextIsStreamed()
{
    Transcript transcript;
    tell(transcript, {messageStart, start(0, R"({"type":"text","text":""})"), R"({"type":"ping"})", delta(0, R"({"type":"text_delta","text":"Hel"})"), delta(0, R"({"type":"text_delta","text":"lo\n"})"), stop(0), stopFor("end_turn"), messageStop});
    QCOMPARE(transcript.text, QStringLiteral("start msg_up claude-up | open text | +Hel | +lo\n | close | end stop"));
    QCOMPARE(transcript.end.usage->input, Tokens(15));
    QCOMPARE(transcript.end.usage->output, Tokens(9));
}

void TestAnthropicConversion::textInTheStartCounts()
{
    QCOMPARE(toldOf({start(0, R"({"type":"text","text":"Hi"})"), stop(0)}), QStringLiteral("open text | +Hi | close"));
}

void TestAnthropicConversion::thinkingIsStreamedWithItsSignature()
{
    QCOMPARE(toldOf({start(0, R"({"type":"thinking","thinking":"","signature":""})"), delta(0, R"({"type":"thinking_delta","thinking":"hm"})"), delta(0, R"({"type":"signature_delta","signature":"Eq"})"), delta(0, R"({"type":"signature_delta","signature":"QB"})"), stop(0), start(1, R"({"type":"text","text":""})"), delta(1, R"({"type":"text_delta","text":"a"})"), stop(1)}),
        QStringLiteral("open reasoning | +hm | carry 1 EqQB | close | open text | +a | close"));
}

void TestAnthropicConversion::thinkingWithoutWordsKeepsItsSignature()
{
    QCOMPARE(toldOf({start(0, R"({"type":"thinking","thinking":"","signature":""})"), delta(0, R"({"type":"signature_delta","signature":"EqQB"})"), stop(0), start(1, R"({"type":"text","text":"a"})"), stop(1)}),
        QStringLiteral("open reasoning | carry 1 EqQB | close | open text | +a | close"));
}

void TestAnthropicConversion::redactedThinkingIsStateAlone()
{
    QCOMPARE(toldOf({start(0, R"({"type":"thinking","thinking":""})"), delta(0, R"({"type":"thinking_delta","thinking":"hm"})"), stop(0), start(1, R"({"type":"redacted_thinking","data":"xyz"})"), stop(1)}),
        QStringLiteral("open reasoning | +hm | close | open reasoning | carry 2 xyz | close"));
}

void TestAnthropicConversion::aCallIsStreamed()
{
    QCOMPARE(toldOf({start(0, R"({"type":"text","text":"x"})"), stop(0), start(1, R"({"type":"tool_use","id":"toolu_1","name":"add","input":{}})"), delta(1, R"({"type":"input_json_delta","partial_json":""})"), delta(1, R"({"type":"input_json_delta","partial_json":"{\"a\":"})"), delta(1, R"({"type":"input_json_delta","partial_json":"1}"})"), stop(1), start(2, R"({"type":"tool_use","id":"toolu_2","name":"now","input":{}})"), stop(2)}, "tool_use").remove(QStringLiteral(" | end tool")),
        QStringLiteral("open text | +x | close | open call toolu_1 add | +{\"a\": | +1} | close | open call toolu_2 now | close"));
}

void TestAnthropicConversion::argumentsInTheStartCountWhereNoPiecesCome()
{
    QCOMPARE(toldOf({start(0, R"({"type":"tool_use","id":"t","name":"add","input":{"a":"\n"}})"), stop(0)}, "tool_use").remove(QStringLiteral(" | end tool")),
        QStringLiteral("open call t add | +{\"a\":\"\\n\"} | close"));
    QCOMPARE(toldOf({start(0, R"({"type":"tool_use","id":"t","name":"add","input":{"a":1}})"), delta(0, R"({"type":"input_json_delta","partial_json":"{\"a\":2}"})"), stop(0)}, "tool_use").remove(QStringLiteral(" | end tool")),
        QStringLiteral("open call t add | +{\"a\":2} | close"));
}

void TestAnthropicConversion::aBlockThatNobodyStoppedEndsWithTheNext()
{
    QCOMPARE(toldOf({start(0, R"({"type":"thinking","thinking":"hm","signature":"Eq"})"), start(1, R"({"type":"text","text":"a"})")}),
        QStringLiteral("open reasoning | +hm | carry 1 Eq | close | open text | +a | close"));
}

void TestAnthropicConversion::aServerToolsBlocksAreNotTheAnswers()
{
    QCOMPARE(toldOf({start(0, R"({"type":"server_tool_use","id":"s","name":"web_search","input":{}})"), delta(0, R"({"type":"input_json_delta","partial_json":"{\"query\":\"rain\"}"})"), stop(0), start(1, R"({"type":"web_search_tool_result","tool_use_id":"s","content":[]})"), stop(1), start(2, R"({"type":"text","text":""})"), delta(2, R"({"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://r","title":"R","cited_text":"c","encrypted_index":"e"}})"), delta(2, R"({"type":"text_delta","text":"wet"})"), stop(2)}),
        QStringLiteral("open text | +wet | cite https://r c | close"));
}

void TestAnthropicConversion::theToolThatStoodForTheAnswerIsStreamedAsText()
{
    QCOMPARE(told({messageStart, start(0, R"({"type":"tool_use","id":"t","name":"respond_json","input":{}})"), delta(0, R"({"type":"input_json_delta","partial_json":"{\"a\":"})"), delta(0, R"({"type":"input_json_delta","partial_json":"\"x\"}"})"), stop(0), stopFor("tool_use"), messageStop}),
        QStringLiteral("start msg_up claude-up | open text | +{\"a\": | +\"x\"} | close | end stop"));
}

void TestAnthropicConversion::aStopSequenceIsTold()
{
    QCOMPARE(told({messageStart, start(0, R"({"type":"text","text":"a"})"), stop(0), R"({"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"output_tokens":1}})", messageStop}).section(QStringLiteral(" | "), -1),
        QStringLiteral("end stop_sequence END"));
}

void TestAnthropicConversion::aRefusalIsStreamedWithItsReason()
{
    Transcript transcript;
    tell(transcript, {messageStart, R"({"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"No."}},"usage":{"output_tokens":1}})", messageStop});
    QCOMPARE(transcript.text.section(QStringLiteral("claude-up | "), 1), QStringLiteral("open refusal | +No. | close | end refusal"));
    QCOMPARE(transcript.detail, std::string("No."));
}

void TestAnthropicConversion::laterCountsWin()
{
    Transcript transcript;
    tell(transcript, {messageStart, start(0, R"({"type":"text","text":"a"})"), stop(0), R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":40,"output_tokens":7,"output_tokens_details":{"thinking_tokens":3},"service_tier":"standard"}})", messageStop});
    QCOMPARE(transcript.end.usage->input, Tokens(45));
    QCOMPARE(transcript.end.usage->reasoning, Tokens(3));
}

void TestAnthropicConversion::aStreamMayEndAfterItsStopReason()
{
    QVERIFY(told({messageStart, start(0, R"({"type":"text","text":"a"})"), stop(0), stopFor("end_turn")}).endsWith(QStringLiteral("close | end stop")));
}

void TestAnthropicConversion::aStreamThatBreaksOffIsCut()
{
    Transcript transcript;
    tell(transcript, {messageStart, start(0, R"({"type":"text","text":"a"})"), stop(0)});
    QCOMPARE(transcript.failure->kind, ErrorKind::Cut);
    Transcript nothing;
    tell(nothing, {});
    QCOMPARE(nothing.failure->kind, ErrorKind::Cut);
}

void TestAnthropicConversion::anErrorEventIsAnError()
{
    for (const char* event : {R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})", R"({"error":{"type":"overloaded_error","message":"Overloaded"}})"}) {
        Transcript transcript;
        tell(transcript, {messageStart, start(0, R"({"type":"text","text":"a"})"), event, messageStop});
        QCOMPARE(transcript.failure->kind, ErrorKind::Overloaded);
        QVERIFY(transcript.text.endsWith(QStringLiteral("| fail")));
    }
}

void TestAnthropicConversion::aSecondMessageStartBeforeAnyBlockIsNothing()
{
    QCOMPARE(told({messageStart, messageStart, start(0, R"({"type":"text","text":"a"})"), stop(0), stopFor("end_turn"), messageStop}),
        QStringLiteral("start msg_up claude-up | open text | +a | close | end stop"));
}

void TestAnthropicConversion::aSecondMessageStartAfterBlocksBeginsAnew()
{
    const std::vector<std::string> events {messageStart, start(0, R"({"type":"text","text":"first"})"), stop(0), messageStart, start(0, R"({"type":"text","text":"second"})"), stop(0), stopFor("end_turn"), messageStop};
    // A client that has the first one already cannot be given the second.
    Transcript transcript;
    tell(transcript, events);
    QCOMPARE(transcript.failure->kind, ErrorKind::Cut);
    Collector collector;
    tell(collector, events);
    QVERIFY(collector.isFinished());
    const ChatReply reply = collector.take();
    QCOMPARE(reply.choices.at(0).parts.size(), std::size_t(1));
    QVERIFY(reply.choices[0].parts[0].text.is("second"));
}

void TestAnthropicConversion::aSecondAnswerHoldsNothingOfTheFirst()
{
    Collector collector;
    tell(collector,
        {messageStart, start(0, R"({"type":"thinking","thinking":"hm","signature":"Eq"})"),
            R"({"type":"message_delta","delta":{},"usage":{"output_tokens":500}})", R"({"type":"message_start","message":{"id":"b"}})",
            start(0, R"({"type":"text","text":"second"})"), stop(0), R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})", messageStop});
    const ChatReply reply = collector.take();
    QCOMPARE(reply.choices.at(0).parts.size(), std::size_t(1));
    QCOMPARE(reply.choices[0].parts[0].kind, PartKind::Text);
    QVERIFY(!reply.usage);
}

void TestAnthropicConversion::anAnswerInOnePieceIsStreamedToo()
{
    QCOMPARE(told({R"({"id":"msg_1","type":"message","model":"c","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}})"}),
        QStringLiteral("start msg_1 c | open text | +a | close | end stop"));
}

void TestAnthropicConversion::twoValuesInOneEventAreTwo()
{
    QCOMPARE(toldOf({start(0, R"({"type":"text","text":""})"), delta(0, R"({"type":"text_delta","text":"a"})") + delta(0, R"({"type":"text_delta","text":"b"})"), stop(0)}),
        QStringLiteral("open text | +a | +b | close"));
}

void TestAnthropicConversion::eventsMayBeNamedByTheirLineOnly()
{
    Transcript transcript;
    const ToolNames names;
    Sequence sequence(transcript, names, 1);
    const auto reader = anthropic::makeEventReader(sequence);
    reader->event("content_block_start", R"({"index":0,"content_block":{"type":"text","text":"a"}})");
    reader->event("message_delta", R"({"delta":{"stop_reason":"end_turn"}})");
    reader->event("message_stop", "{}");
    QCOMPARE(transcript.text, QStringLiteral("start   | open text | +a | close | end stop"));
}

// ---- the client's stream

void TestAnthropicConversion::aWholeStreamIsWritten()
{
    const ChatCall call = thinkingCall();
    const std::string out = streamed(call, [](Sequence& sequence) {
        sequence.reasoning(0, RawText("hm"));
        sequence.carryReasoning(0, {CarryKind::OpenaiEncrypted, 9, "g"});
        sequence.text(0, RawText("Hi \\u00e9"));
        sequence.call(0, 0, "call_1", "add");
        sequence.arguments(0, 0, RawText("{\\\"a\\\":1}"));
        sequence.endCall(0, 0);
        sequence.finish(0, FinishReason::Tool);
        Usage usage;
        usage.input = 20;
        usage.cacheRead = 5;
        usage.output = 9;
        usage.reasoning = 4;
        sequence.usage(usage);
        sequence.end();
    });
    const std::string expected = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_0abc","type":"message","role":"assistant","model":"asked","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":")"
        + wrapped({CarryKind::OpenaiEncrypted, 9, "g"}) + R"("}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi \u00e9"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"call_1","name":"add","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":15,"cache_creation_input_tokens":0,"cache_read_input_tokens":5,"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}}

event: message_stop
data: {"type":"message_stop"}

)";
    QCOMPARE(QString::fromStdString(out), QString::fromStdString(expected));
}

void TestAnthropicConversion::theEstimateIsNeverNothing()
{
    ReplyContext context;
    std::string out;
    anthropic::makeStreamWriter(context, out)->started({});
    QCOMPARE(eventsOf(out).at(0)["message"]["usage"]["input_tokens"].get<int>(), 1);
}

void TestAnthropicConversion::emptyBlocksAreNotOpened()
{
    QCOMPARE(shortly(streamed(good(""), [](Sequence& sequence) {
        sequence.carryText(0, {CarryKind::GeminiSignature, 9, "s"});
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
    })), std::string());
}

void TestAnthropicConversion::whoDidNotAskForThinkingGetsNone()
{
    for (const char* thinking : {"null", R"({"type":"disabled"})"}) {
        const ChatCall call = thinkingCall(thinking);
        QCOMPARE(shortly(streamed(call, [](Sequence& sequence) {
            sequence.reasoning(0, RawText("hm"));
            sequence.carryReasoning(0, {CarryKind::OpenaiEncrypted, 9, "g"});
            sequence.text(0, RawText("a"));
            sequence.finish(0, FinishReason::Stop);
            sequence.end();
        })), std::string("start0 text, text, stop0"));
    }
}

void TestAnthropicConversion::whoWantsStateWithoutWordsGetsIt()
{
    const ChatCall call = thinkingCall(R"({"type":"adaptive","display":"omitted"})");
    const std::string out = streamed(call, [](Sequence& sequence) {
        sequence.reasoning(0, RawText("hm"));
        sequence.carryReasoning(0, {CarryKind::OpenaiEncrypted, 9, "g"});
        sequence.text(0, RawText("a"));
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
    });
    QCOMPARE(shortly(out), std::string("start0 thinking, sign, stop0, start1 text, text, stop1"));
}

void TestAnthropicConversion::stateWithoutWordsIsRedactedThinking()
{
    const ChatCall call = thinkingCall();
    const std::string out = streamed(call, [](Sequence& sequence) {
        sequence.carryReasoning(0, {CarryKind::OpenaiEncrypted, 9, "g"});
        sequence.text(0, RawText("a"));
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
    });
    QCOMPARE(shortly(out), std::string("start0 redacted_thinking, stop0, start1 text, text, stop1"));
    QCOMPARE(eventsOf(out).at(1)["content_block"]["data"].get<std::string>(), wrapped({CarryKind::OpenaiEncrypted, 9, "g"}));
}

void TestAnthropicConversion::theStateOfACallStandsInFrontOfIt()
{
    const ChatCall call = thinkingCall();
    const std::string out = streamed(call, [](Sequence& sequence) {
        sequence.carryCall(0, 0, {CarryKind::GeminiSignature, 9, "s"});
        sequence.call(0, 0, "c1", "add");
        sequence.endCall(0, 0);
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
    });
    QCOMPARE(shortly(out), std::string("start0 redacted_thinking, stop0, start1 tool_use, stop1"));
}

void TestAnthropicConversion::aCallWithoutArgumentsHasNoDelta()
{
    QCOMPARE(shortly(streamed(good(""), [](Sequence& sequence) {
        sequence.call(0, 0, "c1", "now");
        sequence.endCall(0, 0);
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
    })), std::string("start0 tool_use, stop0"));
}

void TestAnthropicConversion::aCustomToolsInputBecomesAnObject()
{
    const std::string out = streamed(good(""), [](Sequence& sequence) {
        sequence.customCall(0, 0, "c1", "apply_patch", {});
        sequence.arguments(0, 0, RawText("a \\\"q\\\"\\n"));
        sequence.arguments(0, 0, RawText("b"));
        sequence.endCall(0, 0);
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
    });
    std::string input;
    for (const Json& event : eventsOf(out)) {
        if (event.at("type") == "content_block_delta")
            input += event["delta"]["partial_json"].get<std::string>();
    }
    QCOMPARE(shown(parsed(input)), shown(parsed(R"({"input":"a \"q\"\nb"})")));
}

void TestAnthropicConversion::citationsAreStreamedWithTheirSegment()
{
    const std::string out = streamed(good(""), [](Sequence& sequence) {
        sequence.text(0, RawText("\\u00e9\\ud83d\\ude00ü is wet"));
        Citation citation;
        citation.url = RawText("https://r");
        citation.title = RawText("R");
        citation.start = 1;
        citation.end = 3;
        sequence.cite(0, citation);
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
    });
    const Json event = eventsOf(out).at(3);
    QCOMPARE(shown(event["delta"]["citation"]), shown(parsed(R"({"type":"web_search_result_location","url":"https://r","title":"R","cited_text":"\ud83d\ude00ü","encrypted_index":""})")));
}

void TestAnthropicConversion::aPictureIsNoted()
{
    const std::string out = streamed(good(""), [](Sequence& sequence) {
        Media media;
        media.data = "AAAA";
        sequence.picture(0, media);
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
    });
    QCOMPARE(shortly(out), std::string("start0 text, text, stop0"));
}

void TestAnthropicConversion::everyReasonHasItsWord()
{
    const auto stopReason = [](FinishReason reason, const char* sequence = "") {
        const std::string out = streamed(good(""), [&](Sequence& answer) {
            answer.text(0, RawText("a"));
            answer.finish(0, reason, RawText(sequence), RawText("why"));
            answer.end();
        });
        const auto events = eventsOf(out);
        return events.at(events.size() - 2)["delta"];
    };
    QCOMPARE(shown(stopReason(FinishReason::Stop)["stop_reason"]), shown(Json("end_turn")));
    QCOMPARE(shown(stopReason(FinishReason::Length)["stop_reason"]), shown(Json("max_tokens")));
    QCOMPARE(shown(stopReason(FinishReason::StopSequence, "END")), shown(parsed(R"({"stop_reason":"stop_sequence","stop_sequence":"END"})")));
    QCOMPARE(shown(stopReason(FinishReason::Context)["stop_reason"]), shown(Json("model_context_window_exceeded")));
    QCOMPARE(shown(stopReason(FinishReason::Pause)["stop_reason"]), shown(Json("pause_turn")));
    for (const FinishReason reason : {FinishReason::Filter, FinishReason::Refusal}) {
        QCOMPARE(shown(stopReason(reason)["stop_reason"]), shown(Json("refusal")));
        QCOMPARE(shown(stopReason(reason)["stop_details"]["explanation"]), shown(Json("why")));
    }
}

void TestAnthropicConversion::aBrokenAnswerEndsInAnError()
{
    const std::string out = streamed(good(""), [](Sequence& sequence) {
        sequence.text(0, RawText("a"));
        sequence.fail({ErrorKind::Overloaded, "busy"});
    });
    const auto events = eventsOf(out);
    QCOMPARE(shown(events.back()["type"]), shown(Json("error")));
    QCOMPARE(shown(events.back()["error"]["type"]), shown(Json("overloaded_error")));
    QVERIFY(out.find("message_stop") == std::string::npos && out.find("content_block_stop") == std::string::npos);
}

// ---- the client's whole answer

void TestAnthropicConversion::aWholeAnswerIsWritten()
{
    ChatReply reply = replyWith(Part(), FinishReason::Tool);
    auto& parts = reply.choices[0].parts;
    parts[0].kind = PartKind::Reasoning;
    parts[0].text = RawText("hm");
    parts[0].carry = {CarryKind::OpenaiEncrypted, 9, "g"};
    parts.emplace_back().text = RawText("Hi");
    Part& call = parts.emplace_back();
    call.kind = PartKind::ToolCall;
    call.callId = "c1";
    call.toolName = "add";
    call.arguments = {"{\\\"a\\\":1}", true};
    parts.emplace_back(); // an empty text is left out
    reply.usage = Usage();
    reply.usage->input = 20;
    reply.usage->cacheRead = 5;
    reply.usage->cacheWrite1h = 3;
    reply.usage->output = 9;
    reply.tier = "default";
    const ChatCall asked = thinkingCall();
    QCOMPARE(QString::fromStdString(anthropic::writeReply(reply, contextFor(asked))),
        QString::fromStdString(R"({"id":"msg_0abc","type":"message","role":"assistant","model":"asked","content":[{"type":"thinking","thinking":"hm","signature":")" + wrapped({CarryKind::OpenaiEncrypted, 9, "g"}) + R"("},{"type":"text","text":"Hi"},{"type":"tool_use","id":"c1","name":"add","input":{"a":1}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":3},"output_tokens":9,"service_tier":"standard"}})"));
}

void TestAnthropicConversion::anEmptyAnswerKeepsItsContent()
{
    ChatReply reply;
    reply.choices.emplace_back();
    QCOMPARE(shown(wholeReply(reply, good("")).at("content")), shown(Json::array()));
    QCOMPARE(wholeReply(reply, good("")).at("usage").at("output_tokens").get<int>(), 0);
}

void TestAnthropicConversion::theWholeAnswerHidesThinkingThatNobodyAskedFor()
{
    Part part;
    part.kind = PartKind::Reasoning;
    part.text = RawText("hm");
    QCOMPARE(shown(wholeReply(replyWith(part), good("")).at("content")), shown(Json::array()));
    QCOMPARE(shown(wholeReply(replyWith(part), thinkingCall()).at("content")), shown(parsed(R"([{"type":"thinking","thinking":"hm","signature":""}])")));
    part.text = {};
    part.carry = {CarryKind::OpenaiEncrypted, 9, "g"};
    QCOMPARE(shown(wholeReply(replyWith(part), thinkingCall()).at("content").at(0).at("type")), shown(Json("redacted_thinking")));
}

void TestAnthropicConversion::citationsOfAWholeAnswerStandOnTheirText()
{
    Part part;
    part.text = RawText("wet");
    part.citations.push_back({RawText("https://r"), RawText("R"), RawText("c")});
    QCOMPARE(shown(wholeReply(replyWith(part), good("")).at("content").at(0).at("citations").at(0).at("cited_text")), shown(Json("c")));
}

void TestAnthropicConversion::aRefusalIsTextWithItsReason()
{
    Part part;
    part.kind = PartKind::Refusal;
    part.text = RawText("No.");
    const Json reply = wholeReply(replyWith(part, FinishReason::Refusal), good(""));
    QCOMPARE(shown(reply.at("content")), shown(parsed(R"([{"type":"text","text":"No."}])")));
    QCOMPARE(shown(reply.at("stop_reason")), shown(Json("refusal")));
}

void TestAnthropicConversion::inputIsNeverLessThanNothing()
{
    ChatReply reply = replyWith(Part());
    reply.usage = Usage();
    reply.usage->input = 3;
    reply.usage->cacheRead = 5;
    QCOMPARE(wholeReply(reply, good("")).at("usage").at("input_tokens").get<int>(), 0);
}

// ---- the way there and back

void TestAnthropicConversion::anAnswerOfAnotherVendorComesBackAsHistory()
{
    const ChatCall asked = thinkingCall();
    Part thought;
    thought.kind = PartKind::Reasoning;
    thought.text = RawText("hm");
    thought.carry = {CarryKind::OpenaiEncrypted, 9, "g"};
    const Json reply = wholeReply(replyWith(thought), asked);
    ChatCall next = good(R"("messages":[{"role":"user","content":"hi"},{"role":"assistant","content":)" + reply.at("content").dump() + "}]");
    QVERIFY((partOf(next).carry == Carry{CarryKind::OpenaiEncrypted, 9, "g"}));
}

#endif

QTEST_GUILESS_MAIN(TestAnthropicConversion)
#include "tst_anthropic_conversion.moc"
