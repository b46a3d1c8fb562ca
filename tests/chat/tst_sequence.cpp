#include <string>

#include "chat/collect.h"
#include "chat/sequence.h"

#include <QTest>

using namespace waystation;

namespace {

/// Writes down what it is told, in one line an event.
class Notes final : public ReplyWriter
{
public:
    void started(const ReplyStart& start) override { say("start " + std::string(start.model)); }

    void opened(const Block& block) override
    {
        std::string line = "open " + std::to_string(block.index) + " ";
        if (block.kind == PartKind::ToolCall) {
            line += "call " + std::to_string(block.callIndex) + " " + std::string(block.callId) + " ";
            if (!block.nameSpace.empty())
                line += std::string(block.nameSpace) + "/";
            line += std::string(block.toolName) + (block.isCustom ? " custom" : "");
        } else {
            line += block.kind == PartKind::Text ? "text" : block.kind == PartKind::Reasoning ? "reasoning" : "other";
        }
        if (block.choice != 0)
            line += " of " + std::to_string(block.choice);
        say(line);
    }

    void added(const Block&, RawText piece) override { say("+ " + std::string(piece.escaped())); }
    void cited(const Block&, const Citation& citation) override { say("cite " + citation.url.toString()); }
    void carried(const Block&, const Carry& carry) override { say("carry " + std::string(carry.payload)); }
    void closed(const Block& block) override { say("close " + std::to_string(block.index)); }
    void choiceFinished(int choice, FinishReason reason) override { say("choice " + std::to_string(choice) + " " + nameOf(reason)); }

    void finished(const ReplyEnd& end) override
    {
        say(std::string("end ") + nameOf(end.reason) + (end.usage ? " " + std::to_string(end.usage->output) : ""));
    }

    void failed(const Error& error) override { say(std::string("fail ") + nameOf(error.kind)); }

    QStringList lines;

private:
    void say(const std::string& line) { lines << QString::fromStdString(line); }
};

struct Fixture
{
    Notes notes;
    ToolNames names;
    Sequence sequence {notes, names, 42};
};

QStringList lines(const char* text)
{
    return QString::fromLatin1(text).split(QLatin1Char('|'));
}

}

class TestSequence : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void textAndReasoningFollowEachOther()
    {
        Fixture f;
        f.sequence.start({"id", "m", 0});
        f.sequence.reasoning(0, RawText("hm"));
        f.sequence.text(0, RawText("a"));
        f.sequence.text(0, RawText(""));
        f.sequence.text(0, RawText("b"));
        f.sequence.finish(0, FinishReason::Stop);
        Usage usage;
        usage.output = 7;
        f.sequence.usage(usage);
        f.sequence.end();
        QCOMPARE(f.notes.lines, lines("start m|open 0 reasoning|+ hm|close 0|open 1 text|+ a|+ b|close 1|end stop 7"));
    }

    void aCallIsNotOpenedBeforeItsNameIsKnown()
    {
        Fixture f;
        f.sequence.call(0, 0, "c1", "");
        f.sequence.arguments(0, 0, RawText("{\\\"a\\\":"));
        f.sequence.call(0, 0, "", "add");
        f.sequence.arguments(0, 0, RawText("1}"));
        f.sequence.end();
        QCOMPARE(f.notes.lines, lines("start |open 0 call 0 c1 add|+ {\\\"a\\\":|+ 1}|close 0|end tool"));
    }

    void interleavedCallsComeOneAfterTheOther()
    {
        Fixture f;
        f.sequence.call(0, 0, "c1", "one");
        f.sequence.call(0, 1, "c2", "two");
        f.sequence.arguments(0, 1, RawText("{\\\"b\\\":"));
        f.sequence.finish(0, FinishReason::Tool);
        f.sequence.end();
        // The first had no arguments when the second began, so it is whole.
        QCOMPARE(f.notes.lines, lines("start |open 0 call 0 c1 one|close 0|open 1 call 1 c2 two|+ {\\\"b\\\":|close 1|end tool"));

        Fixture g;
        g.sequence.call(0, 0, "c1", "one");
        g.sequence.arguments(0, 0, RawText("{\\\"a\\\":"));
        g.sequence.call(0, 1, "c2", "two");
        g.sequence.arguments(0, 1, RawText("{}"));
        g.sequence.arguments(0, 0, RawText("\\\"}\\\"}"));
        g.sequence.end();
        QCOMPARE(g.notes.lines,
            lines("start |open 0 call 0 c1 one|+ {\\\"a\\\":|+ \\\"}\\\"}|close 0|open 1 call 1 c2 two|+ {}|close 1|end tool"));
    }

    void aBraceInsideAStringDoesNotEndTheArguments()
    {
        Fixture f;
        f.sequence.call(0, 0, "c1", "one");
        f.sequence.arguments(0, 0, RawText("{\\\"a\\\":\\\"}"));
        f.sequence.call(0, 1, "c2", "two");
        QCOMPARE(f.notes.lines.last(), QStringLiteral("+ {\\\"a\\\":\\\"}"));
        f.sequence.arguments(0, 0, RawText("\\\\\\\"\\\"}"));
        QCOMPARE(f.notes.lines.last(), QStringLiteral("open 1 call 1 c2 two"));
    }

    void textInTheMiddleOfACallComesBehindIt()
    {
        Fixture f;
        f.sequence.call(0, 0, "c1", "one");
        f.sequence.arguments(0, 0, RawText("{\\\"a\\\":"));
        f.sequence.text(0, RawText("by the way"));
        f.sequence.arguments(0, 0, RawText("1}"));
        f.sequence.end();
        QCOMPARE(f.notes.lines, lines("start |open 0 call 0 c1 one|+ {\\\"a\\\":|+ 1}|close 0|open 1 text|+ by the way|close 1|end tool"));
    }

    void textBehindAWholeCallIsABlockOfItsOwn()
    {
        Fixture f;
        f.sequence.call(0, 0, "c1", "one");
        f.sequence.arguments(0, 0, RawText("{}"));
        f.sequence.text(0, RawText("done"));
        f.sequence.finish(0, FinishReason::Stop);
        f.sequence.end();
        QCOMPARE(f.notes.lines, lines("start |open 0 call 0 c1 one|+ {}|close 0|open 1 text|+ done|close 1|end tool"));
    }

    void aCallThatIsNeverNamedIsAnError()
    {
        Fixture f;
        f.sequence.text(0, RawText("a"));
        f.sequence.call(0, 0, "c1", "");
        f.sequence.arguments(0, 0, RawText("{}"));
        f.sequence.end();
        QCOMPARE(f.notes.lines.last(), QStringLiteral("fail bad_reply"));
    }

    void anEmptyEntryIsNoCall()
    {
        Fixture f;
        f.sequence.text(0, RawText("a"));
        f.sequence.call(0, 0, "", "");
        f.sequence.finish(0, FinishReason::Stop);
        f.sequence.end();
        QCOMPARE(f.notes.lines, lines("start |open 0 text|+ a|close 0|end stop"));
    }

    void lengthWinsOverCalls()
    {
        Fixture f;
        f.sequence.call(0, 0, "c1", "one");
        f.sequence.finish(0, FinishReason::Length);
        f.sequence.end();
        QCOMPARE(f.notes.lines.last(), QStringLiteral("end length"));
    }

    void anEndWithoutAnAnswerIsNoSuccess()
    {
        Fixture f;
        f.sequence.start({"id", "m", 0});
        f.sequence.end();
        QCOMPARE(f.notes.lines, lines("start m|fail cut"));
    }

    void nothingComesBehindTheEnd()
    {
        Fixture f;
        f.sequence.text(0, RawText("a"));
        f.sequence.end();
        const QStringList before = f.notes.lines;
        f.sequence.text(0, RawText("b"));
        f.sequence.fail({ErrorKind::Cut, "late"});
        f.sequence.end();
        QCOMPARE(f.notes.lines, before);
    }

    void wholeArgumentsAddOnlyWhatIsMissing()
    {
        Fixture f;
        f.sequence.call(0, 0, "c1", "one");
        f.sequence.arguments(0, 0, RawText("{\\\"a\\\":"));
        f.sequence.wholeArguments(0, 0, RawText("{\\\"a\\\":1}"));
        f.sequence.wholeArguments(0, 0, RawText("{\\\"a\\\":1}"));
        f.sequence.endCall(0, 0);
        f.sequence.end();
        QCOMPARE(f.notes.lines, lines("start |open 0 call 0 c1 one|+ {\\\"a\\\":|+ 1}|close 0|end tool"));
    }

    void carriedStateFindsItsBlock()
    {
        Fixture f;
        f.sequence.reasoning(0, RawText("hm"));
        f.sequence.carryReasoning(0, {CarryKind::AnthropicSignature, 0, "sig"});
        f.sequence.breakBlock(0);
        f.sequence.carryReasoning(0, {CarryKind::AnthropicRedacted, 0, "red"});
        f.sequence.carryCall(0, 0, {CarryKind::GeminiSignature, 0, "call"});
        f.sequence.call(0, 0, "c1", "one");
        f.sequence.end();
        QCOMPARE(f.notes.lines,
            lines("start |open 0 reasoning|+ hm|carry sig|close 0|open 1 reasoning|carry red|close 1|open 2 call 0 c1 one|carry call|close 2|end tool"));
    }

    void aPairThatWasCutApartIsPutTogether()
    {
        Fixture f;
        f.sequence.text(0, RawText("a\\ud83d"));
        f.sequence.text(0, RawText("\\ude89b"));
        f.sequence.text(0, RawText("\\\\ud83d"));
        f.sequence.text(0, RawText("\\uD83D"));
        f.sequence.end();
        QCOMPARE(f.notes.lines, lines("start |open 0 text|+ a|+ \\ud83d\\ude89b|+ \\\\ud83d|+ \\ufffd|close 0|end stop"));
    }

    void aCustomToolsInputIsUnwrapped()
    {
        ChatCall call;
        Tool patch;
        patch.kind = Tool::Kind::Custom;
        patch.name = "apply_patch";
        patch.nameSpace = "functions";
        call.tools.push_back(patch);
        const ToolNames names(call, NameRule::Openai, true);
        Notes notes;
        Sequence sequence(notes, names, 1);
        sequence.call(0, 0, "c1", "functions__apply_patch");
        sequence.arguments(0, 0, RawText("{\\\"input\\\": \\\"a\\\\n"));
        sequence.arguments(0, 0, RawText("\\\\\\\"b\\\"}"));
        sequence.end();
        QCOMPARE(notes.lines, lines("start |open 0 call 0 c1 functions/apply_patch custom|+ a\\n\\\"b|close 0|end tool"));
    }

    void callsWithoutAnIdGetOne()
    {
        Fixture f;
        f.sequence.call(0, 0, "", "one");
        f.sequence.call(0, 1, "", "two");
        f.sequence.end();
        QVERIFY(f.notes.lines[1].startsWith(QLatin1String("open 0 call 0 call_")));
        QVERIFY(f.notes.lines[3].startsWith(QLatin1String("open 1 call 1 call_")));
        QVERIFY(f.notes.lines[1].section(QLatin1Char(' '), 4, 4) != f.notes.lines[3].section(QLatin1Char(' '), 4, 4));
    }

    void severalChoicesAreKeptApart()
    {
        Fixture f;
        f.sequence.text(0, RawText("a"));
        f.sequence.text(1, RawText("b"));
        f.sequence.text(0, RawText("c"));
        f.sequence.finish(0, FinishReason::Stop);
        f.sequence.finish(1, FinishReason::Length);
        f.sequence.end();
        QCOMPARE(f.notes.lines,
            lines("start |open 0 text|+ a|open 0 text of 1|+ b|+ c|close 0|close 0|choice 0 stop|choice 1 length|end stop"));
    }

    void aWholeAnswerIsTheSameAsItsStream()
    {
        Collector first;
        ToolNames names;
        Sequence sequence(first, names, 9);
        sequence.start({"id-1", "m", 5});
        sequence.reasoning(0, RawText("hm"));
        sequence.carryReasoning(0, {CarryKind::AnthropicSignature, 0, "sig"});
        sequence.text(0, RawText("a"));
        sequence.cite(0, {RawText("https://x"), {}, {}, 0, 1});
        sequence.call(0, 0, "c1", "one");
        sequence.arguments(0, 0, RawText("{\\\"a\\\":1}"));
        sequence.finish(0, FinishReason::Stop);
        sequence.end();
        const ChatReply reply = first.take();
        Notes notes;
        Sequence again(notes, names, 9);
        play(reply, again);
        QCOMPARE(notes.lines,
            lines("start m|open 0 reasoning|+ hm|carry sig|close 0|open 1 text|+ a|cite https://x|close 1|open 2 call 0 c1 one|+ {\\\"a\\\":1}|close 2|end tool"));
    }
};

QTEST_GUILESS_MAIN(TestSequence)
#include "tst_sequence.moc"
