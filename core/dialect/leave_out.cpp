#include "dialect/leave_out.h"

#include "chat/carry.h"
#include "dialect/json.h"
#include "dialect/tree.h"

#include <algorithm>

namespace waystation {

namespace {

constexpr std::string_view billingLine = "x-anthropic-billing-header:";
constexpr std::string_view wrappedStart = "\"d3Mx";
constexpr std::string_view ownReasoning = "\"rs_0"; // the call's letters begin with its time

using json::Value;

bool isWrapped(Value block)
{
    return looksWrapped(block["signature"].text().escaped()) || (block["type"].is("redacted_thinking") && looksWrapped(block["data"].text().escaped()));
}

bool isThinking(Value block)
{
    return block["type"].is("thinking") || block["type"].is("redacted_thinking");
}

template <class Test>
bool anyOf(Value list, Test isMeant)
{
    for (const Value element : list) {
        if (isMeant(element))
            return true;
    }
    return false;
}

/// An id that this relay gave to reasoning: "rs_", the call's 26 letters, "_" and a number.
bool isOwnReasoningId(std::string_view id)
{
    constexpr std::size_t numberAt = 3 + 26 + 1;
    return id.size() > numberAt && id.starts_with("rs_") && id[numberAt - 1] == '_'
        && std::all_of(id.begin() + numberAt, id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class Search
{
public:
    Search(DialectId dialect, std::string_view body, bool isAnthropicHost) : m_dialect(dialect), m_body(body), m_isAnthropicHost(isAnthropicHost) { }

    std::vector<CallSketch::Span> run()
    {
        json::Tree tree;
        if (!tree.parse(m_body))
            return {};
        const Value root = tree.root();
        switch (m_dialect) {
        case DialectId::Anthropic:
            lookAtAnthropic(root);
            break;
        case DialectId::OpenaiResponses:
            cutFrom(root["input"], [](Value item) {
                if (!item["type"].is("reasoning"))
                    return false;
                const std::string_view state = item["encrypted_content"].text().escaped();
                return looksWrapped(state) || (state.empty() && isOwnReasoningId(item["id"].text().escaped()));
            });
            break;
        case DialectId::OpenaiChat:
            for (const Value message : root["messages"])
                lookAtDetails(message);
            break;
        case DialectId::Gemini:
            for (const Value content : root["contents"]) {
                // A part keeps its text or call and loses only the signature.
                for (const Value part : content["parts"])
                    cutField(part, [](const json::Field& field) {
                        return (field.key.is("thoughtSignature") || field.key.is("thought_signature")) && looksWrapped(field.value.text().escaped());
                    });
            }
            break;
        }
        std::sort(m_spans.begin(), m_spans.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
        return std::move(m_spans);
    }

private:
    std::size_t offsetOf(std::string_view raw) const { return static_cast<std::size_t>(raw.data() - m_body.data()); }

    void lookAtAnthropic(Value root)
    {
        if (!m_isAnthropicHost)
            lookAtSystem(root["system"]);
        Value assistant; // the last one, and whether it lost something
        bool hasLost = false;
        Value last;
        for (const Value message : root["messages"]) {
            const Value content = message["content"];
            const bool hasWrapped = anyOf(content, isWrapped);
            // Thoughts without a signature stand beside state that stood on a call; Anthropic itself refuses them anywhere.
            const bool leavesUnsigned = hasWrapped || m_isAnthropicHost;
            const std::size_t before = m_spans.size();
            cutFrom(content, [&](Value block) {
                return isWrapped(block) || (leavesUnsigned && block["type"].is("thinking") && block["signature"].text().isEmpty());
            });
            if (message["role"].is("assistant")) {
                assistant = message;
                hasLost = m_spans.size() > before;
            }
            last = message;
        }
        // A round of tools that lacks its thinking cannot go on thinking (protocols.md 4.5).
        const auto isResult = [](Value block) { return block["type"].is("tool_result"); };
        if (!root["thinking"]["type"].is("enabled") || !anyOf(last["content"], isResult) || !(hasLost || m_isAnthropicHost))
            return;
        const bool stillThinks = anyOf(assistant["content"], [](Value block) {
            return isThinking(block) && !isWrapped(block) && !(block["type"].is("thinking") && block["signature"].text().isEmpty());
        });
        if (!stillThinks)
            cutField(root, [](const json::Field& field) { return field.key.is("thinking"); });
    }

    void lookAtDetails(Value message)
    {
        const auto isOurs = [](Value detail) { return looksWrapped(detail["data"].text().escaped()); };
        const Value details = message["reasoning_details"];
        if (details.size() > 0 && !anyOf(details, [&](Value detail) { return !isOurs(detail); }))
            cutField(message, [](const json::Field& field) { return field.key.is("reasoning_details"); });
        else
            cutFrom(details, isOurs);
    }

    void lookAtSystem(Value system)
    {
        if (system.isString()) {
            // A line of its own at the beginning.
            const std::string_view text = system.text().escaped();
            if (!text.starts_with(billingLine))
                return;
            const std::size_t end = text.find("\\n");
            m_spans.push_back({offsetOf(text), end == std::string_view::npos ? text.size() : end + 2});
            return;
        }
        cutFrom(system, [](Value block) { return block["text"].text().escaped().starts_with(billingLine); });
    }

    /// Cuts the elements that `isUnwanted`, each with one comma; not when none would be left.
    template <class Test>
    void cutFrom(Value list, Test isUnwanted)
    {
        if (!list.isArray())
            return;
        std::vector<std::string_view> all;
        std::vector<bool> unwanted;
        for (const Value element : list) {
            all.push_back(element.raw());
            unwanted.push_back(element.isObject() && isUnwanted(element));
        }
        const auto count = static_cast<std::size_t>(std::count(unwanted.begin(), unwanted.end(), true));
        if (count == 0 || count == all.size())
            return;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!unwanted[i])
                continue;
            std::size_t from = offsetOf(all[i]);
            std::size_t to = from + all[i].size();
            // The comma behind it goes too; behind a run at the end there is none, so the one in front goes.
            const bool isInLastRun = std::all_of(unwanted.begin() + static_cast<std::ptrdiff_t>(i), unwanted.end(), [](bool u) { return u; });
            if (isInLastRun)
                from = offsetOf(all[i - 1]) + all[i - 1].size();
            else
                to = offsetOf(all[i + 1]);
            m_spans.push_back({from, to - from});
        }
    }

    /// Cuts the first field that `isUnwanted`, with one comma.
    template <class Test>
    void cutField(Value object, Test isUnwanted)
    {
        std::string_view before;
        std::size_t begin = 0;
        std::size_t end = 0;
        bool isFirst = true;
        bool found = false;
        for (const json::Field field : object.fields()) {
            if (found) {
                end = offsetOf(field.key.escaped()) - 1; // up to the next key's quote
                break;
            }
            if (isUnwanted(field)) {
                found = true;
                begin = isFirst ? offsetOf(field.key.escaped()) - 1 : offsetOf(before) + before.size();
                end = offsetOf(field.value.raw()) + field.value.raw().size();
                if (!isFirst)
                    break; // the comma in front is cut with it
            }
            before = field.value.raw();
            isFirst = false;
        }
        if (found)
            m_spans.push_back({begin, end - begin});
    }

    DialectId m_dialect;
    std::string_view m_body;
    bool m_isAnthropicHost;
    std::vector<CallSketch::Span> m_spans;
};

}

std::vector<CallSketch::Span> spansToLeaveOut(DialectId dialect, std::string_view body, bool isAnthropicHost)
{
    const auto has = [&](std::string_view word) { return json::contains(body, word); };
    bool mayHold = has(wrappedStart);
    if (dialect == DialectId::Anthropic && isAnthropicHost)
        mayHold = mayHold || has("\"enabled\"") || has("\"signature\":\"\"") || has("\"signature\": \"\"");
    else if (dialect == DialectId::Anthropic)
        mayHold = mayHold || has(billingLine);
    else if (dialect == DialectId::OpenaiResponses)
        mayHold = mayHold || has(ownReasoning);
    if (!mayHold)
        return {};
    return Search(dialect, body, isAnthropicHost).run();
}

}
