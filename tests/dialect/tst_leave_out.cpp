#include <string>

#include "chat/carry.h"
#include "dialect/leave_out.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;

namespace {

const std::string ours = wrapped({CarryKind::GeminiSignature, 7, "sig"});

/// The body without what is to be left out; what is left has to be JSON.
std::string leftOf(DialectId dialect, const std::string& body, bool isAnthropicHost = false)
{
    std::string left;
    std::size_t done = 0;
    for (const CallSketch::Span& span : spansToLeaveOut(dialect, body, isAnthropicHost)) {
        left += body.substr(done, span.offset - done);
        done = span.offset + span.length;
    }
    left += body.substr(done);
    return nlohmann::json::accept(left) ? left : "NOT JSON: " + left;
}

/// A turn of the assistant in Messages, with these blocks.
std::string turn(const std::string& blocks)
{
    return "{\"messages\":[{\"role\":\"assistant\",\"content\":[" + blocks + "]}]}";
}

const std::string text = "{\"type\":\"text\",\"text\":\"a\"}";

std::string thinking(const std::string& signature)
{
    return "{\"type\":\"thinking\",\"thinking\":\"t\",\"signature\":\"" + signature + "\"}";
}

}

class TestLeaveOut : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aBodyWithoutAnythingOfOursPassesUntouched()
    {
        const std::string body = turn(thinking("EuYB") + "," + text);
        QVERIFY(spansToLeaveOut(DialectId::Anthropic, body, false).empty());
        QVERIFY(spansToLeaveOut(DialectId::OpenaiChat, "no json \"d3Mx", false).empty());
    }

    void theBillingLineIsForAnthropicAlone()
    {
        const std::string blocks = "{\"system\":[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: cch=1;\"},{\"type\":\"text\",\"text\":\"S\"}]}";
        QCOMPARE(leftOf(DialectId::Anthropic, blocks), std::string("{\"system\":[{\"type\":\"text\",\"text\":\"S\"}]}"));
        QCOMPARE(leftOf(DialectId::Anthropic, blocks, true), blocks);
        QCOMPARE(leftOf(DialectId::Anthropic, "{\"system\":\"x-anthropic-billing-header: cch=1;\\nS\"}"), std::string("{\"system\":\"S\"}"));
    }

    void ourStateLeavesAtEveryPlace()
    {
        QCOMPARE(leftOf(DialectId::Anthropic, turn(thinking(ours) + " , " + text)), turn(text));
        QCOMPARE(leftOf(DialectId::Anthropic, turn(text + " , " + thinking(ours))), turn(text));
        QCOMPARE(leftOf(DialectId::Anthropic, turn(text + "," + thinking(ours) + "," + text)), turn(text + "," + text));
        QCOMPARE(leftOf(DialectId::Anthropic, turn(thinking(ours) + "," + thinking(ours) + "," + text)), turn(text));
        QCOMPARE(leftOf(DialectId::Anthropic, turn("{\"type\":\"redacted_thinking\",\"data\":\"" + ours + "\"}," + text)), turn(text));
    }

    void thoughtsWithoutASignatureLeaveWithIt()
    {
        const std::string carried = "{\"type\":\"redacted_thinking\",\"data\":\"" + ours + "\"}";
        QCOMPARE(leftOf(DialectId::Anthropic, turn(thinking("") + "," + carried + "," + text)), turn(text));
    }

    void aRoundThatLostItsThinkingGoesOnWithout()
    {
        const std::string use = "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}";
        const std::string before = "{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000},\"messages\":[{\"role\":\"assistant\",\"content\":[";
        const std::string behind = "]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"1\"}]}]}";
        QCOMPARE(leftOf(DialectId::Anthropic, before + thinking(ours) + "," + use + behind),
            "{\"messages\":[{\"role\":\"assistant\",\"content\":[" + use + behind);
        // A thought of the upstream's own keeps the round thinking.
        QCOMPARE(leftOf(DialectId::Anthropic, before + thinking("EuYB") + "," + thinking(ours) + "," + use + behind),
            before + thinking("EuYB") + "," + use + behind);
    }

    void responsesLoseReasoningThatNobodyThereKnows()
    {
        const std::string message = "{\"role\":\"user\",\"content\":\"hi\"}";
        const auto input = [](const std::string& items) { return "{\"input\":[" + items + "]}"; };
        QCOMPARE(leftOf(DialectId::OpenaiResponses, input("{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"" + ours + "\"}," + message)), input(message));
        const std::string theirs = "{\"type\":\"reasoning\",\"summary\":[],\"encrypted_content\":\"gAAAA\"}";
        QCOMPARE(leftOf(DialectId::OpenaiResponses, input(theirs + "," + message)), input(theirs + "," + message));
    }

    void chatLosesDetailsThatAreOurs()
    {
        const std::string detail = "{\"type\":\"reasoning.encrypted\",\"format\":\"waystation-v1\",\"data\":\"" + ours + "\"}";
        QCOMPARE(leftOf(DialectId::OpenaiChat, "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"reasoning_details\":[" + detail + "]}]}"),
            std::string("{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]}"));
        const std::string theirs = "{\"type\":\"reasoning.text\",\"text\":\"t\"}";
        QCOMPARE(leftOf(DialectId::OpenaiChat, "{\"messages\":[{\"role\":\"assistant\",\"reasoning_details\":[" + theirs + "," + detail + "],\"content\":\"a\"}]}"),
            "{\"messages\":[{\"role\":\"assistant\",\"reasoning_details\":[" + theirs + "],\"content\":\"a\"}]}");
    }

    void geminiPartsLoseOnlyTheirSignature()
    {
        const auto parts = [](const std::string& part) { return "{\"contents\":[{\"role\":\"model\",\"parts\":[" + part + "]}]}"; };
        QCOMPARE(leftOf(DialectId::Gemini, parts("{\"text\":\"a\",\"thoughtSignature\":\"" + ours + "\"}")), parts("{\"text\":\"a\"}"));
        QCOMPARE(leftOf(DialectId::Gemini, parts("{\"thoughtSignature\":\"" + ours + "\",\"text\":\"a\"}")), parts("{\"text\":\"a\"}"));
        const std::string theirs = parts("{\"text\":\"" + ours.substr(0, 4) + "\",\"thoughtSignature\":\"CsUB\"}");
        QCOMPARE(leftOf(DialectId::Gemini, theirs), theirs);
    }
};

QTEST_GUILESS_MAIN(TestLeaveOut)
#include "tst_leave_out.moc"
