#include <string>

#include "chat/json_form.h"
#include "chat/repair.h"

#include <QTest>

using namespace waystation;

namespace {

Part text(std::string_view said)
{
    Part part;
    part.text = RawText(said);
    return part;
}

Part use(std::string_view id, std::string_view name = "tool")
{
    Part part;
    part.kind = PartKind::ToolCall;
    part.callId = id;
    part.toolName = name;
    return part;
}

Part result(std::string_view id, std::string_view said, std::string_view name = {})
{
    Part part;
    part.kind = PartKind::ToolResult;
    part.callId = id;
    part.toolName = name;
    part.result.push_back(text(said));
    return part;
}

Turn turn(Role role, std::vector<Part> parts)
{
    return {role, std::move(parts)};
}

/// "u:hi a:+c1 u:=c1(2),and?" for a history.
std::string shape(const ChatCall& call)
{
    std::string out;
    for (const Turn& each : call.turns) {
        if (!out.empty())
            out += ' ';
        out += each.role == Role::User ? "u:" : each.role == Role::Assistant ? "a:" : "s:";
        for (std::size_t i = 0; i < each.parts.size(); ++i) {
            const Part& part = each.parts[i];
            if (i > 0)
                out += ',';
            if (part.kind == PartKind::ToolCall)
                out += "+" + std::string(part.callId);
            else if (part.kind == PartKind::ToolResult)
                out += "=" + std::string(part.callId) + "(" + part.result.at(0).text.toString() + ")";
            else
                out += part.text.toString();
        }
    }
    return out;
}

std::string repaired(std::vector<Turn> turns, Losses* losses = nullptr)
{
    ChatCall call;
    call.turns = std::move(turns);
    Losses mine;
    repairHistory(call, losses ? *losses : mine);
    return shape(call);
}

constexpr Role user = Role::User;
constexpr Role assistant = Role::Assistant;
constexpr Role system_ = Role::System;

}

class TestRepair : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aGoodHistoryStaysAsItIs()
    {
        Losses losses;
        QCOMPARE(repaired({turn(user, {text("hi")}), turn(assistant, {text("ok"), use("c1")}), turn(user, {result("c1", "2"), text("and?")}),
                              turn(assistant, {text("bye")})},
                     &losses),
            std::string("u:hi a:ok,+c1 u:=c1(2) u:and? a:bye"));
        QVERIFY(losses.tokens().empty());
    }

    void resultsComeInTheOrderOfTheCalls()
    {
        QCOMPARE(repaired({turn(assistant, {use("c1"), use("c2")}), turn(user, {result("c2", "b"), result("c1", "a")})}),
            std::string("a:+c1,+c2 u:=c1(a),=c2(b)"));
    }

    void callsToldOneByOneAreOneRound()
    {
        QCOMPARE(repaired({turn(assistant, {use("c1")}), turn(assistant, {use("c2")}), turn(user, {result("c1", "a")}), turn(user, {result("c2", "b")})}),
            std::string("a:+c1,+c2 u:=c1(a),=c2(b)"));
    }

    void aCallWithoutAResultGetsOne()
    {
        Losses losses;
        QCOMPARE(repaired({turn(assistant, {use("c1")}), turn(user, {text("go on")})}, &losses), std::string("a:+c1 u:=c1([no result recorded]) u:go on"));
        QCOMPARE(losses.tokens(), std::vector<std::string> {"adapt:history.missing_result"});
    }

    void aResultWithoutACallBecomesText()
    {
        Losses losses;
        QCOMPARE(repaired({turn(user, {text("hi"), result("c9", "42")})}, &losses), std::string("u:hi,[result of an unknown tool call c9: 42]"));
        QCOMPARE(losses.tokens(), std::vector<std::string> {"adapt:history.unknown_call"});
    }

    void onlyAnAssistantCalls()
    {
        QCOMPARE(repaired({turn(user, {use("c1", "add")}), turn(user, {text("x")})}), std::string("u:[call of add] u:x"));
    }

    void textBetweenCallAndResultMovesBehindIt()
    {
        QCOMPARE(repaired({turn(assistant, {use("c1")}), turn(user, {text("wait")}), turn(user, {result("c1", "a")})}),
            std::string("a:+c1 u:=c1(a) u:wait"));
        QCOMPARE(repaired({turn(assistant, {use("c1")}), turn(system_, {text("note")}), turn(user, {result("c1", "a")})}),
            std::string("a:+c1 u:=c1(a) s:note"));
    }

    void missingIdsAreMatchedByNameAndOrder()
    {
        const std::string shaped
            = repaired({turn(assistant, {use("", "add"), use("", "mul"), use("", "add")}), turn(user, {result("", "m", "mul"), result("", "a1", "add"), result("", "a2", "add")})});
        QVERIFY2(shaped.find("(a1),=") < shaped.find("(m)"), shaped.c_str());
        QVERIFY(shaped.find("(m)") < shaped.find("(a2)"));
        // The same place gives the same id on every turn.
        QCOMPARE(repaired({turn(assistant, {use("", "add")}), turn(user, {result("", "1", "add")})}),
            repaired({turn(assistant, {use("", "add")}), turn(user, {result("", "1", "add")})}));
    }

    void idsThatComeTwiceAreNumbered()
    {
        QCOMPARE(repaired({turn(assistant, {use("call_0")}), turn(user, {result("call_0", "a")}), turn(assistant, {use("call_0")}), turn(user, {result("call_0", "b")})}),
            std::string("a:+call_0 u:=call_0(a) a:+call_0_2 u:=call_0_2(b)"));
    }

    void emptyTurnsAreDropped()
    {
        QCOMPARE(repaired({turn(user, {text("hi")}), turn(assistant, {}), turn(user, {text("there")})}), std::string("u:hi u:there"));
    }

    void neighboursOfOneRoleAreMerged()
    {
        ChatCall call;
        call.turns.push_back(turn(user, {result("c1", "a")}));
        call.turns.push_back(turn(user, {text("b")}));
        call.turns.push_back(turn(assistant, {text("c")}));
        mergeNeighbours(call);
        QCOMPARE(shape(call), std::string("u:=c1(a),b a:c"));
    }

    void systemTurnsAreWrappedIntoTheirNeighbour()
    {
        ChatCall call;
        call.turns.push_back(turn(user, {text("hi")}));
        call.turns.push_back(turn(system_, {text("be kind")}));
        call.turns.push_back(turn(assistant, {text("ok")}));
        wrapSystemTurns(call);
        QCOMPARE(shape(call), std::string("u:hi,<system-reminder>\nbe kind\n</system-reminder> a:ok"));

        ChatCall after;
        after.turns.push_back(turn(assistant, {text("ok")}));
        after.turns.push_back(turn(system_, {text("x")}));
        after.turns.push_back(turn(user, {text("go")}));
        wrapSystemTurns(after);
        QCOMPARE(shape(after), std::string("a:ok u:<system-reminder>\nx\n</system-reminder>,go"));
    }
};

QTEST_GUILESS_MAIN(TestRepair)
#include "tst_repair.moc"
