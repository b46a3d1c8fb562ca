#include "dialect/convert_parts.h"
#include "dialect/dialect.h"
#include "dialect/openai_chat/words.h"

#include <deque>

namespace waystation::openai_chat {

namespace {

using json::Writer;

class StreamWriter final : public ReplyWriter
{
public:
    StreamWriter(const ReplyContext& context, std::string& out)
        : m_context(context), m_out(out), m_showsReasoning(showsReasoning(context)), m_usesFunctions(usesFunctions(context))
    {
    }

    void started(const ReplyStart& start) override
    {
        m_head = "data: ";
        Writer writer(m_head);
        writer.beginObject().key("id").plain("chatcmpl-" + m_context.id).field("object", "chat.completion.chunk");
        writer.field("created", start.created > 0 ? start.created : m_context.created);
        writer.field("model", askedModel(m_context, start.model));
        m_head += ",\"choices\":[";
        choiceAt(0);
    }

    void opened(const Block& block) override
    {
        Choice& choice = choiceAt(block.choice);
        choice.isBlockEmpty = true;
        switch (block.kind) {
        case PartKind::Text:
            choice.blockStart = choice.textLength;
            break;
        case PartKind::ToolCall:
            beginCall(choice, block);
            break;
        case PartKind::Image:
            beginChunk(choice).key("images").beginArray();
            writePicture(*m_writer, block.media, choice.images++);
            m_writer->endArray();
            endChunk();
            break;
        case PartKind::Refusal:
            choice.hasRefusal = true;
            break;
        default:
            break;
        }
    }

    void added(const Block& block, RawText piece) override
    {
        Choice& choice = choiceAt(block.choice);
        switch (block.kind) {
        case PartKind::Text:
            choice.textLength += codePointsIn(piece);
            beginChunk(choice).field("content", piece);
            endChunk();
            break;
        case PartKind::Refusal:
            beginChunk(choice).field("refusal", piece);
            endChunk();
            break;
        case PartKind::Reasoning:
            addReasoning(choice, piece);
            break;
        case PartKind::ToolCall:
            addArguments(choice, block, piece);
            break;
        default:
            break;
        }
        choice.isBlockEmpty = false;
    }

    void cited(const Block& block, const Citation& citation) override
    {
        Choice& choice = choiceAt(block.choice);
        // Without a range of its own a citation is about its whole block, which is known when it ends.
        if (citation.start < 0 || citation.end < citation.start) {
            choice.waiting.push_back({std::string(citation.url.escaped()), std::string(citation.title.escaped())});
            return;
        }
        annotate(choice, citation);
    }

    void chances(const Block& block, const std::vector<TokenChance>& chances) override
    {
        if (!m_context.call || !m_context.call->logprobs)
            return;
        beginChunk(choiceAt(block.choice)).endObject().key("logprobs");
        writeChances(*m_writer, chances);
        endChoice();
    }

    void carried(const Block& block, const Carry& carry) override
    {
        Choice& choice = choiceAt(block.choice);
        if (block.kind == PartKind::Reasoning) {
            beginChunk(choice).key("reasoning_details").beginArray();
            writeCarry(*m_writer, carry, choice.carries++);
            m_writer->endArray();
            endChunk();
        } else if (block.kind == PartKind::Text) {
            beginChunk(choice);
            writeSignature(*m_writer, carry);
            endChunk();
        } else if (block.kind == PartKind::ToolCall && block.carry.isEmpty() && !m_usesFunctions) {
            beginChunk(choice).key("tool_calls").beginArray().beginObject();
            m_writer->field("index", std::int64_t(block.callIndex));
            writeSignature(*m_writer, carry);
            m_writer->endObject().endArray();
            endChunk();
        }
    }

    void closed(const Block& block) override
    {
        Choice& choice = choiceAt(block.choice);
        if (block.kind == PartKind::Text) {
            for (const Waiting& waiting : choice.waiting) {
                Citation citation;
                citation.url = RawText(waiting.url);
                citation.title = RawText(waiting.title);
                annotate(choice, citation);
            }
            choice.waiting.clear();
        } else if (block.kind == PartKind::Reasoning) {
            choice.hasReasoning = choice.hasReasoning || !choice.isBlockEmpty;
        } else if (block.kind == PartKind::ToolCall) {
            endCall(choice, block);
        }
    }

    void choiceFinished(int index, FinishReason reason) override
    {
        m_toldFinishes = true;
        finish(choiceAt(index), reason, {});
    }

    void finished(const ReplyEnd& end) override
    {
        m_tier = tierWord(end.tier);
        Choice& first = choiceAt(0);
        if (!m_toldFinishes) {
            if (end.reason == FinishReason::Refusal && !first.hasRefusal && !end.detail.isEmpty()) {
                beginChunk(first).field("refusal", end.detail);
                endChunk();
            }
            finish(first, end.reason, m_tier);
        }
        if (m_context.call && m_context.call->wantsUsage) {
            m_out += m_head;
            m_out += "],\"usage\":";
            Writer writer(m_out);
            // A client that asked gets one, also where the upstream did not count.
            Usage usage;
            usage.input = m_context.inputEstimate;
            writeUsage(writer, end.usage.value_or(usage));
            m_out += "}\n\n";
        }
        m_out += "data: [DONE]\n\n";
    }

    void failed(const Error& error) override { m_out += writeStreamError(DialectId::OpenaiChat, error); }

private:
    struct Waiting
    {
        std::string url;
        std::string title;
    };

    struct Choice
    {
        int index = 0;
        bool isBlockEmpty = true;
        bool hasReasoning = false; // a reasoning block with words has gone by
        bool hasRefusal = false;
        bool isWrapped = false; // the open call's custom input goes as a function's argument
        std::int64_t textLength = 0; // code points
        std::int64_t blockStart = 0;
        std::int64_t carries = 0;
        std::int64_t images = 0;
        std::vector<Waiting> waiting; // citations of the open block
    };

    /// The first sight of a choice tells its role.
    Choice& choiceAt(int index)
    {
        while (m_choices.size() <= static_cast<std::size_t>(index)) {
            Choice& choice = m_choices.emplace_back();
            choice.index = static_cast<int>(m_choices.size()) - 1;
            beginChunk(choice).field("role", "assistant").field("content", "");
            endChunk();
        }
        return m_choices[static_cast<std::size_t>(index)];
    }

    /// Up to the inside of the delta.
    Writer& beginChunk(const Choice& choice)
    {
        m_out += m_head;
        m_writer.emplace(m_out);
        m_writer->beginObject().field("index", std::int64_t(choice.index)).key("delta").beginObject();
        return *m_writer;
    }

    void endChunk()
    {
        m_writer->endObject();
        endChoice();
    }

    void endChoice() { m_out += ",\"finish_reason\":null}]}\n\n"; }

    void finish(const Choice& choice, FinishReason reason, std::string_view tier)
    {
        const bool isFunction = m_usesFunctions && reason == FinishReason::Tool;
        beginChunk(choice).endObject().field("finish_reason", isFunction ? "function_call" : finishWord(reason)).endObject();
        m_out += ']';
        if (!tier.empty())
            m_writer->field("service_tier", tier);
        m_out += "}\n\n";
    }

    void addReasoning(Choice& choice, RawText piece)
    {
        if (!m_showsReasoning)
            return;
        // Two blocks are one text for the client, with a blank line between.
        const bool isSecond = choice.hasReasoning && choice.isBlockEmpty;
        beginChunk(choice);
        for (const char* name : {"reasoning_content", "reasoning"}) {
            m_writer->key(name);
            if (isSecond) {
                m_writer->text(RawText("\\n\\n"));
                m_out.pop_back();
                m_out += piece.escaped();
                m_out += '"';
            } else {
                m_writer->text(piece);
            }
            if (!m_context.alsoReasoningField)
                break;
        }
        endChunk();
    }

    void annotate(const Choice& choice, const Citation& citation)
    {
        beginChunk(choice).key("annotations").beginArray();
        writeAnnotation(*m_writer, citation, choice.blockStart, choice.textLength - choice.blockStart);
        m_writer->endArray();
        endChunk();
    }

    // ---- calls

    /// The old form has room for one call.
    bool isHidden(const Block& block) const { return m_usesFunctions && block.callIndex > 0; }

    void beginCallChunk(Choice& choice, const Block& block)
    {
        beginChunk(choice).key("tool_calls").beginArray().beginObject();
        m_writer->field("index", std::int64_t(block.callIndex));
    }

    void endCallChunk()
    {
        m_writer->endObject().endArray();
        endChunk();
    }

    bool isCustom(const Choice& choice, const Block& block) const { return block.isCustom && !choice.isWrapped; }

    void beginCall(Choice& choice, const Block& block)
    {
        choice.isWrapped = block.isCustom && !isCustomTool(m_context, block.toolName);
        if (isHidden(block))
            return;
        if (m_usesFunctions) {
            beginChunk(choice).key("function_call").beginObject();
            m_writer->field("name", block.toolName).field("arguments", "").endObject();
            return endChunk();
        }
        beginCallChunk(choice, block);
        const bool custom = isCustom(choice, block);
        m_writer->field("id", block.callId).field("type", custom ? "custom" : "function");
        m_writer->key(custom ? "custom" : "function").beginObject();
        m_writer->field("name", block.toolName).field(custom ? "input" : "arguments", "").endObject();
        if (!block.carry.isEmpty())
            writeSignature(*m_writer, block.carry);
        endCallChunk();
    }

    void addArguments(Choice& choice, const Block& block, RawText piece)
    {
        if (isHidden(block))
            return;
        if (!choice.isWrapped)
            return sendArguments(choice, block, piece);
        // The input is a text inside the arguments, which are a text themselves.
        std::string inner = choice.isBlockEmpty ? "{\\\"input\\\":\\\"" : "";
        appendEscaped(inner, piece.escaped());
        sendArguments(choice, block, RawText(inner));
    }

    void endCall(Choice& choice, const Block& block)
    {
        if (isHidden(block))
            return;
        if (choice.isWrapped)
            sendArguments(choice, block, RawText(choice.isBlockEmpty ? "{\\\"input\\\":\\\"\\\"}" : "\\\"}"));
        else if (choice.isBlockEmpty && !isCustom(choice, block))
            sendArguments(choice, block, RawText("{}"));
    }

    void sendArguments(Choice& choice, const Block& block, RawText piece)
    {
        if (m_usesFunctions) {
            beginChunk(choice).key("function_call").beginObject().field("arguments", piece).endObject();
            return endChunk();
        }
        beginCallChunk(choice, block);
        const bool custom = isCustom(choice, block);
        m_writer->key(custom ? "custom" : "function").beginObject().field(custom ? "input" : "arguments", piece).endObject();
        endCallChunk();
    }

    const ReplyContext& m_context;
    std::string& m_out;
    std::optional<Writer> m_writer; // of the chunk under way
    bool m_showsReasoning;
    bool m_usesFunctions;
    std::string m_head; // of every chunk, up to the inside of its choices
    std::deque<Choice> m_choices;
    std::string m_tier;
    bool m_toldFinishes = false;
};

}

std::unique_ptr<ReplyWriter> makeStreamWriter(const ReplyContext& context, std::string& out)
{
    return std::make_unique<StreamWriter>(context, out);
}

}
