#include <string>

#include "chat/names.h"

#include <QTest>

#include <set>

using namespace waystation;

namespace {

Tool function(std::string_view name, std::string_view nameSpace = {})
{
    Tool tool;
    tool.name = name;
    tool.nameSpace = nameSpace;
    return tool;
}

}

class TestNames : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aNameThatFitsStaysAsItIs()
    {
        QCOMPARE(foldedName("read_file-2", NameRule::Openai), std::string("read_file-2"));
        QCOMPARE(foldedName("mcp.read:file", NameRule::Gemini), std::string("mcp.read:file"));
    }

    void aNameThatDoesNotFitIsFoldedAndStaysApart()
    {
        const std::string dotted = foldedName("mcp.read:file", NameRule::Openai);
        QVERIFY(dotted.starts_with("mcp_read_file_"));
        QVERIFY(dotted != foldedName("mcp:read.file", NameRule::Openai));
        const std::string longName(80, 'x');
        QCOMPARE(foldedName(longName, NameRule::Openai).size(), std::size_t(64));
        QVERIFY(foldedName(longName, NameRule::Openai) != foldedName(longName + "y", NameRule::Openai));
        QVERIFY(foldedName("9lives", NameRule::Gemini).starts_with("_9lives_"));
        QVERIFY(!foldedName("", NameRule::Openai).empty());
    }

    void theUpstreamsNameLeadsBack()
    {
        ChatCall call;
        call.tools.push_back(function("run", "shell"));
        call.tools.push_back(function("a b"));
        Tool patch = function("apply");
        patch.kind = Tool::Kind::Custom;
        call.tools.push_back(patch);
        const ToolNames names(call, NameRule::Openai, true);
        QCOMPARE(names.upstreamName("shell", "run"), std::string_view("shell__run"));
        QCOMPARE(names.ownName("shell__run")->name, std::string("run"));
        QCOMPARE(names.ownName("shell__run")->nameSpace, std::string("shell"));
        QCOMPARE(names.ownName(names.upstreamName("", "a b"))->name, std::string("a b"));
        QVERIFY(names.ownName("apply")->isCustom);
        QVERIFY(!ToolNames(call, NameRule::Openai, false).ownName("apply")->isCustom);
        QVERIFY(!names.ownName("unheard_of"));
    }

    void anIdIsRewrittenOnlyWhenItsTargetRefusesIt()
    {
        CallIds anthropic(IdRule::Anthropic);
        QCOMPARE(anthropic.idFor("toolu_01"), std::string_view("toolu_01"));
        const std::string folded(anthropic.idFor("functions.read:0"));
        QVERIFY(folded.starts_with("call_"));
        QCOMPARE(anthropic.idFor("functions.read:0"), std::string_view(folded));
        CallIds again(IdRule::Anthropic);
        QCOMPARE(again.idFor("functions.read:0"), std::string_view(folded)); // the same in every request
        CallIds chat(IdRule::OpenaiChat);
        QVERIFY(chat.idFor(std::string(50, 'a')).size() <= 40);
    }

    void mistralsIdsAreNineLettersAndDigits()
    {
        CallIds ids(IdRule::Mistral);
        std::set<std::string> seen;
        for (int i = 0; i < 500; ++i) {
            const std::string id(ids.idFor("call_" + std::to_string(i)));
            QCOMPARE(id.size(), std::size_t(9));
            QVERIFY(id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
            seen.insert(id);
        }
        QCOMPARE(seen.size(), std::size_t(500));
        QCOMPARE(ids.idFor("aB3dE6gH9"), std::string_view("aB3dE6gH9"));
    }

    void madeIdsDiffer()
    {
        QCOMPARE(madeCallId(1, 2), madeCallId(1, 2));
        QVERIFY(madeCallId(1, 2) != madeCallId(1, 3));
        QVERIFY(madeCallId(1, 2) != madeCallId(2, 2));
        QCOMPARE(madeCallId(1, 2).size(), std::size_t(25));
    }
};

QTEST_GUILESS_MAIN(TestNames)
#include "tst_names.moc"
