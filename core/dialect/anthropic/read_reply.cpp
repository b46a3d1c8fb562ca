#include "dialect/anthropic/words.h"
#include "dialect/convert_parts.h"
#include "dialect/stream_reader.h"

namespace waystation::anthropic {

namespace {

using json::Value;

class ReplyReader
{
public:
    explicit ReplyReader(ChatReply& reply) : m_reply(reply), m_store(reply.texts), m_choice(reply.choices.emplace_back()) { }

    void read(Value message)
    {
        m_reply.id = message["id"].text().toString();
        m_reply.model = message["model"].text().toString();
        m_reply.tier = message["usage"]["service_tier"].text().toString();
        const Value content = message["content"];
        if (content.isString())
            addPart(PartKind::Text, content.text());
        for (const Value block : content)
            readBlock(block);

        m_choice.reason = finishFrom(message["stop_reason"]);
        if (m_choice.reason == FinishReason::Tool && !m_hasCalls)
            m_choice.reason = FinishReason::Stop;
        m_choice.stopSequence = message["stop_sequence"].text();
        if (m_choice.reason == FinishReason::Refusal) {
            m_choice.detail = refusalFrom(message["stop_details"]);
            addPart(PartKind::Refusal, m_choice.detail);
        }
    }

private:
    Part* addPart(PartKind kind, RawText text)
    {
        if (text.isEmpty())
            return nullptr;
        Part& part = m_choice.parts.emplace_back();
        part.kind = kind;
        part.text = text;
        return &part;
    }

    void readBlock(Value block)
    {
        const Value type = block["type"];
        if (type.is("text")) {
            Part* part = addPart(PartKind::Text, block["text"].text());
            for (const Value citation : block["citations"]) {
                const auto read = citationFrom(citation);
                if (part && read)
                    part->citations.push_back(*read);
            }
        } else if (type.is("thinking")) {
            const std::string_view signature = block["signature"].word(m_store);
            if (block["thinking"].text().isEmpty() && signature.empty())
                return;
            Part& part = m_choice.parts.emplace_back();
            part.kind = PartKind::Reasoning;
            part.text = block["thinking"].text();
            if (!signature.empty())
                part.carry = {CarryKind::AnthropicSignature, 0, signature};
        } else if (type.is("redacted_thinking")) {
            const std::string_view data = block["data"].word(m_store);
            if (data.empty())
                return;
            Part& part = m_choice.parts.emplace_back();
            part.kind = PartKind::Reasoning;
            part.carry = {CarryKind::AnthropicRedacted, 0, data};
        } else if (type.is("tool_use")) {
            readToolUse(block);
        }
    }

    void readToolUse(Value block)
    {
        const Value input = block["input"];
        if (block["name"].is(answerTool)) {
            addPart(PartKind::Text, input.isString() ? input.text() : m_store.escape(input.raw()));
            return;
        }
        m_hasCalls = true;
        Part& part = m_choice.parts.emplace_back();
        part.kind = PartKind::ToolCall;
        part.callId = block["id"].word(m_store);
        part.toolName = block["name"].word(m_store);
        if (input.isString())
            part.arguments = {input.text().escaped(), true};
        else if (input.size() > 0)
            part.arguments = {input.raw(), false};
    }

    ChatReply& m_reply;
    TextStore& m_store;
    ReplyChoice& m_choice;
    bool m_hasCalls = false;
};

}

Result<ChatReply> readReply(std::string_view body)
{
    json::Tree tree;
    if (!tree.parse(body))
        return Error{ErrorKind::BadReply, std::string("the upstream's answer is ") + tree.problem()};
    const Value root = tree.root();
    if (!root["content"] && !root["type"].is("message")) {
        const json::Maybe value = json::parse(body);
        if (value && looksLikeError(*value))
            return readError(0, {}, body, TimePoint());
        return Error{ErrorKind::BadReply, "the upstream's answer is no message"};
    }
    ChatReply reply;
    ReplyReader(reply).read(root);
    reply.usage = readUsage(DialectId::Anthropic, Operation::Generate, body);
    reply.usageKind = reply.usage ? UsageKind::Reported : UsageKind::None;
    return reply;
}

}
