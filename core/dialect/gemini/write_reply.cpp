#include "dialect/convert_parts.h"
#include "dialect/gemini/reply_parts.h"
#include "dialect/gemini/signatures.h"

namespace waystation::gemini {

namespace {

using json::Writer;

class ReplyWriterWhole
{
public:
    ReplyWriterWhole(const ReplyContext& context, std::string& out)
        : m_writer(out)
        , m_showsThoughts(context.call && context.call->reasoning.show == true)
    {
    }

    void writeCandidate(const ReplyChoice& choice, std::int64_t index)
    {
        m_writer.beginObject().key("content").beginObject().key("parts").beginArray();
        m_sources.clear();
        m_pending = {};
        m_parts = 0;
        for (const Part& part : choice.parts)
            writePart(part);
        if (!m_pending.isEmpty())
            writeText({}, wrapped(m_pending));
        if (m_parts == 0)
            writeText({}, {});
        m_writer.endArray().field("role", "model").endObject();
        m_writer.field("finishReason", finishWordFor(choice.reason));
        if (!choice.detail.isEmpty())
            m_writer.field("finishMessage", choice.detail);
        m_writer.field("index", index);
        if (!m_sources.empty()) {
            m_writer.key("groundingMetadata");
            writeGrounding(m_writer, m_sources);
        }
        if (!choice.chances.empty()) {
            m_writer.key("logprobsResult");
            writeChances(m_writer, choice.chances);
        }
        m_writer.endObject();
    }

    Writer& writer() { return m_writer; }

private:
    void writePart(const Part& part)
    {
        switch (part.kind) {
        case PartKind::Reasoning:
            writeThought(part);
            break;
        case PartKind::Text:
            noteSources(part);
            [[fallthrough]];
        case PartKind::Refusal:
            if (!part.text.isEmpty() || !part.carry.isEmpty())
                writeText(part.text, signatureFor(part));
            break;
        case PartKind::ToolCall:
            writeCall(part);
            break;
        case PartKind::Image:
            m_writer.beginObject();
            writePicture(m_writer, part.media);
            m_writer.endObject();
            ++m_parts;
            break;
        default:
            break;
        }
    }

    /// State of the part, or of the thought in front of it.
    std::string signatureFor(const Part& part)
    {
        const Carry carry = part.carry.isEmpty() ? m_pending : part.carry;
        m_pending = {};
        return carry.isEmpty() ? std::string() : wrapped(carry);
    }

    void writeThought(const Part& part)
    {
        const bool isAlone = travelsAlone(part.carry);
        if (isAlone)
            m_pending = part.carry;
        if (!m_showsThoughts || (part.text.isEmpty() && (isAlone || part.carry.isEmpty())))
            return;
        m_writer.beginObject().field("text", part.text).field("thought", true);
        if (!isAlone && !part.carry.isEmpty())
            m_writer.field("thoughtSignature", wrapped(part.carry));
        m_writer.endObject();
        ++m_parts;
    }

    void writeText(RawText text, const std::string& signature)
    {
        m_writer.beginObject().field("text", text);
        if (!signature.empty())
            m_writer.field("thoughtSignature", signature);
        m_writer.endObject();
        ++m_parts;
    }

    void writeCall(const Part& part)
    {
        m_writer.beginObject().key("functionCall").beginObject();
        if (!part.callId.empty())
            m_writer.field("id", part.callId);
        m_writer.field("name", part.toolName);
        Losses unheard;
        m_writer.raw("args",
            part.isCustom ? customInputAsObject(part.text)
                          : argumentsAsObject(part.arguments, unheard));
        m_writer.endObject();
        if (const std::string signature = signatureFor(part); !signature.empty())
            m_writer.field("thoughtSignature", signature);
        m_writer.endObject();
        ++m_parts;
    }

    void noteSources(const Part& part)
    {
        if (part.citations.empty())
            return;
        std::string scratch;
        const std::string_view plain = part.text.plain(scratch);
        for (const Citation& citation : part.citations) {
            Grounding source{citation.url.escaped(), citation.title.escaped(),
                citation.cited.escaped(), 0, plain.size(), m_parts};
            // Nobody told a range: it is the whole text.
            if (citation.start >= 0 && citation.end >= citation.start) {
                source.start = octetsOf(plain, citation.start);
                source.end = octetsOf(plain, citation.end);
            }
            m_sources.push_back(source);
        }
    }

    Writer m_writer;
    bool m_showsThoughts = false;
    Carry m_pending;
    std::size_t m_parts = 0;
    std::vector<Grounding> m_sources;
};

}

std::string writeReply(const ChatReply& reply, const ReplyContext& context)
{
    std::size_t octets = 512;
    for (const ReplyChoice& choice : reply.choices) {
        for (const Part& part : choice.parts)
            octets += 128 + part.text.size() + part.arguments.text.size() + part.media.data.size()
                + part.carry.payload.size() * 2;
    }
    std::string out;
    out.reserve(octets);
    ReplyWriterWhole whole(context, out);
    Writer& writer = whole.writer();
    writer.beginObject().key("candidates").beginArray();
    std::int64_t index = 0;
    for (const ReplyChoice& choice : reply.choices)
        whole.writeCandidate(choice, index++);
    writer.endArray();
    if (reply.usage) {
        writer.key("usageMetadata");
        writeUsage(writer, *reply.usage, reply.tier);
    }
    writer.field("modelVersion",
        context.call ? std::string_view(context.call->model.text())
                     : std::string_view(reply.model));
    writer.field("responseId", std::string_view(context.id));
    writer.endObject();
    return out;
}

}
