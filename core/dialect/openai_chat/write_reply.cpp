#include "dialect/convert_parts.h"
#include "dialect/openai_chat/words.h"

#include <algorithm>

namespace waystation::openai_chat {

namespace {

using json::Writer;

class ReplyBody
{
public:
    ReplyBody(const ReplyContext& context, std::string& out) : m_context(context), m_out(out), m_writer(out) { }

    void write(const ChatReply& reply)
    {
        m_writer.beginObject().key("id").plain("chatcmpl-" + m_context.id).field("object", "chat.completion");
        m_writer.field("created", reply.created > 0 ? reply.created : m_context.created);
        m_writer.field("model", askedModel(m_context, reply.model));
        m_writer.key("choices").beginArray();
        std::int64_t index = 0;
        for (const ReplyChoice& choice : reply.choices) {
            m_writer.beginObject().field("index", index++).key("message");
            writeMessage(choice);
            m_writer.key("logprobs");
            if (choice.chances.empty() || !m_context.call || !m_context.call->logprobs)
                m_writer.null();
            else
                writeChances(m_writer, choice.chances);
            const bool isFunction = usesFunctions(m_context) && choice.reason == FinishReason::Tool;
            m_writer.field("finish_reason", isFunction ? "function_call" : finishWord(choice.reason)).endObject();
        }
        m_writer.endArray();
        if (reply.usage) {
            m_writer.key("usage");
            writeUsage(m_writer, *reply.usage);
        }
        if (!reply.tier.empty())
            m_writer.field("service_tier", tierWord(reply.tier));
        m_writer.endObject();
    }

private:
    static bool holds(const ReplyChoice& choice, PartKind kind)
    {
        return std::any_of(choice.parts.begin(), choice.parts.end(), [&](const Part& part) { return part.kind == kind; });
    }

    void writeMessage(const ReplyChoice& choice)
    {
        m_writer.beginObject().field("role", "assistant").key("content");
        writeJoined(choice, PartKind::Text, {});
        m_writer.key("refusal");
        if (!holds(choice, PartKind::Refusal) && choice.reason == FinishReason::Refusal && !choice.detail.isEmpty())
            m_writer.text(choice.detail);
        else
            writeJoined(choice, PartKind::Refusal, {});
        writeReasoning(choice);
        writeAnnotations(choice);
        writeImages(choice);
        writeCalls(choice);
        for (const Part& part : choice.parts) {
            if (part.kind == PartKind::Text && !part.carry.isEmpty()) {
                writeSignature(m_writer, part.carry);
                break;
            }
        }
        m_writer.endObject();
    }

    /// The texts of one kind as one; null where there are none.
    void writeJoined(const ReplyChoice& choice, PartKind kind, std::string_view between)
    {
        bool isFirst = true;
        for (const Part& part : choice.parts) {
            if (part.kind != kind || part.text.isEmpty())
                continue;
            if (isFirst) {
                m_writer.text(part.text);
                m_out.pop_back(); // more may follow
            } else {
                m_out += between;
                m_out += part.text.escaped();
            }
            isFirst = false;
        }
        if (isFirst)
            m_writer.null();
        else
            m_out += '"';
    }

    void writeReasoning(const ReplyChoice& choice)
    {
        const bool hasWords = std::any_of(choice.parts.begin(), choice.parts.end(),
            [](const Part& part) { return part.kind == PartKind::Reasoning && !part.text.isEmpty(); });
        if (hasWords && showsReasoning(m_context)) {
            m_writer.key("reasoning_content");
            writeJoined(choice, PartKind::Reasoning, "\\n\\n");
            if (m_context.alsoReasoningField) {
                m_writer.key("reasoning");
                writeJoined(choice, PartKind::Reasoning, "\\n\\n");
            }
        }
        std::int64_t index = 0;
        for (const Part& part : choice.parts) {
            if (part.kind != PartKind::Reasoning || part.carry.isEmpty())
                continue;
            if (index == 0)
                m_writer.key("reasoning_details").beginArray();
            writeCarry(m_writer, part.carry, index++);
        }
        if (index > 0)
            m_writer.endArray();
    }

    void writeAnnotations(const ReplyChoice& choice)
    {
        std::int64_t offset = 0;
        bool isFirst = true;
        for (const Part& part : choice.parts) {
            if (part.kind != PartKind::Text)
                continue;
            const std::int64_t length = codePointsIn(part.text);
            for (const Citation& citation : part.citations) {
                if (isFirst)
                    m_writer.key("annotations").beginArray();
                isFirst = false;
                writeAnnotation(m_writer, citation, offset, length);
            }
            offset += length;
        }
        if (!isFirst)
            m_writer.endArray();
    }

    void writeImages(const ReplyChoice& choice)
    {
        std::int64_t index = 0;
        for (const Part& part : choice.parts) {
            if (part.kind != PartKind::Image)
                continue;
            if (index == 0)
                m_writer.key("images").beginArray();
            writePicture(m_writer, part.media, index++);
        }
        if (index > 0)
            m_writer.endArray();
    }

    void writeCalls(const ReplyChoice& choice)
    {
        const bool isOld = usesFunctions(m_context);
        bool isFirst = true;
        for (const Part& part : choice.parts) {
            if (part.kind != PartKind::ToolCall)
                continue;
            if (isOld) { // which has room for one call
                m_writer.key("function_call");
                return writeFunction(part);
            }
            if (isFirst)
                m_writer.key("tool_calls").beginArray();
            isFirst = false;
            writeCall(part);
        }
        if (!isFirst)
            m_writer.endArray();
    }

    void writeFunction(const Part& part)
    {
        m_writer.beginObject().field("name", part.toolName);
        TextStore texts;
        if (part.isCustom)
            m_writer.field("arguments", std::string_view(customInputAsObject(part.text)));
        else
            m_writer.field("arguments", argumentsAsText(part.arguments, texts));
        m_writer.endObject();
    }

    void writeCall(const Part& part)
    {
        m_writer.beginObject().field("id", part.callId);
        if (part.isCustom && isCustomTool(m_context, part.toolName)) {
            m_writer.field("type", "custom").key("custom").beginObject();
            m_writer.field("name", part.toolName).field("input", part.text).endObject();
        } else {
            m_writer.field("type", "function").key("function");
            writeFunction(part);
        }
        if (!part.carry.isEmpty())
            writeSignature(m_writer, part.carry);
        m_writer.endObject();
    }

    const ReplyContext& m_context;
    std::string& m_out;
    Writer m_writer;
};

}

std::string writeReply(const ChatReply& reply, const ReplyContext& context)
{
    std::string out;
    std::size_t octets = 512;
    for (const ReplyChoice& choice : reply.choices) {
        for (const Part& part : choice.parts)
            octets += part.text.size() + part.arguments.text.size() + part.media.data.size() + 2 * part.carry.payload.size() + 128;
    }
    out.reserve(octets);
    ReplyBody(context, out).write(reply);
    return out;
}

}
