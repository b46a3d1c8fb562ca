#include "dialect/anthropic/words.h"
#include "dialect/convert_parts.h"

namespace waystation::anthropic {

namespace {

using json::Writer;

class BlockWriter
{
public:
    BlockWriter(Writer& writer, ThinkingView view) : m_writer(writer), m_view(view) { }

    void write(const Part& part)
    {
        switch (part.kind) {
        case PartKind::Text:
        case PartKind::Refusal:
            writeText(part);
            break;
        case PartKind::Reasoning:
            writeReasoning(part);
            break;
        case PartKind::ToolCall:
            writeState(part.carry);
            m_writer.beginObject().field("type", "tool_use").field("id", part.callId).field("name", part.toolName);
            m_writer.raw("input", part.isCustom ? customInputAsObject(part.text) : argumentsAsObject(part.arguments, m_losses));
            m_writer.endObject();
            break;
        case PartKind::Image:
            m_writer.beginObject().field("type", "text").field("text", pictureNote).endObject();
            break;
        default:
            break;
        }
    }

private:
    void writeText(const Part& part)
    {
        if (!part.text.isEmpty()) {
            m_writer.beginObject().field("type", "text").field("text", part.text);
            if (!part.citations.empty()) {
                m_writer.key("citations").beginArray();
                for (const Citation& citation : part.citations)
                    writeCitation(m_writer, citation, part.text.escaped());
                m_writer.endArray();
            }
            m_writer.endObject();
        }
        writeState(part.carry);
    }

    void writeReasoning(const Part& part)
    {
        if (part.text.isEmpty()) {
            writeState(part.carry);
            return;
        }
        const bool isShown = m_view == ThinkingView::Shown;
        if (m_view == ThinkingView::Hidden || (!isShown && part.carry.isEmpty()))
            return;
        m_writer.beginObject().field("type", "thinking").field("thinking", isShown ? part.text : RawText());
        m_writer.key("signature").plain(part.carry.isEmpty() ? std::string() : wrapped(part.carry)).endObject();
    }

    /// State that has no words of its own.
    void writeState(const Carry& carry)
    {
        if (carry.isEmpty() || m_view == ThinkingView::Hidden)
            return;
        m_writer.beginObject().field("type", "redacted_thinking").field("data", std::string_view(wrapped(carry))).endObject();
    }

    Writer& m_writer;
    ThinkingView m_view;
    Losses m_losses; // a reply tells of none
};

}

std::string writeReply(const ChatReply& reply, const ReplyContext& context)
{
    std::string out;
    Writer writer(out);
    writer.beginObject();
    writer.field("id", std::string_view("msg_" + context.id)).field("type", "message").field("role", "assistant");
    writer.field("model", askedModel(context, reply.model));
    writer.key("content").beginArray();
    static const ReplyChoice nothing;
    const ReplyChoice& choice = reply.choices.empty() ? nothing : reply.choices.front();
    BlockWriter blocks(writer, thinkingViewOf(context));
    for (const Part& part : choice.parts)
        blocks.write(part);
    writer.endArray();
    writeStop(writer, choice.reason, choice.stopSequence, choice.detail);
    writer.key("usage");
    writeUsage(writer, reply.usage.value_or(Usage()), reply.tier);
    writer.endObject();
    return out;
}

}
