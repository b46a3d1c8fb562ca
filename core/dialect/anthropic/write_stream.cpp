#include "dialect/anthropic/words.h"
#include "dialect/convert_parts.h"
#include "dialect/dialect.h"

#include <algorithm>
#include <charconv>

namespace waystation::anthropic {

namespace {

using json::Writer;

class StreamWriter final : public ReplyWriter
{
public:
    StreamWriter(const ReplyContext& context, std::string& out)
        : m_context(context), m_out(out), m_view(thinkingViewOf(context))
    {
    }

    void started(const ReplyStart& start) override
    {
        m_out += "event: message_start\ndata: ";
        Writer writer(m_out);
        writer.beginObject().field("type", "message_start").key("message").beginObject();
        writer.field("id", std::string_view("msg_" + m_context.id)).field("type", "message").field("role", "assistant");
        writer.field("model", askedModel(m_context, start.model)).key("content").beginArray().endArray();
        writer.key("stop_reason").null().key("stop_sequence").null();
        // Clients show from it how full the context is, so it is never nothing.
        Usage estimate;
        estimate.input = std::max<Tokens>(1, m_context.inputEstimate);
        writer.key("usage");
        writeUsage(writer, estimate, {});
        writer.endObject().endObject();
        m_out += "\n\n";
    }

    void opened(const Block& block) override
    {
        if (isOther(block))
            return;
        m_isOpen = false;
        m_hasThought = false;
        m_text.clear();
        m_carry.clear();
        if (block.kind == PartKind::ToolCall) {
            openCall(block);
        } else if (block.kind == PartKind::Image) {
            openText();
            writeDelta("text_delta", "text", RawText(pictureNote));
        }
    }

    void added(const Block& block, RawText piece) override
    {
        if (isOther(block))
            return;
        switch (block.kind) {
        case PartKind::Text:
        case PartKind::Refusal:
            openText();
            writeDelta("text_delta", "text", piece);
            m_text += piece.escaped();
            break;
        case PartKind::Reasoning:
            m_hasThought = true;
            if (m_view != ThinkingView::Shown)
                break;
            openThinking();
            writeDelta("thinking_delta", "thinking", piece);
            break;
        case PartKind::ToolCall:
            if (block.isCustom)
                writeCustomInput(piece.escaped());
            else
                writeDelta("input_json_delta", "partial_json", piece);
            break;
        default:
            break;
        }
    }

    void cited(const Block& block, const Citation& citation) override
    {
        if (isOther(block))
            return;
        openText();
        beginDelta();
        m_out += R"("citations_delta","citation":)";
        Writer writer(m_out);
        writeCitation(writer, citation, m_text);
        m_out += "}}\n\n";
    }

    void carried(const Block& block, const Carry& carry) override
    {
        // That of a call stands in front of it.
        if (m_view != ThinkingView::Hidden && block.kind != PartKind::ToolCall && !isOther(block))
            m_carry = wrapped(carry);
    }

    void closed(const Block& block) override
    {
        if (isOther(block))
            return;
        if (block.kind == PartKind::Reasoning) {
            closeThinking();
            return;
        }
        if (block.kind == PartKind::ToolCall && block.isCustom)
            writeCustomEnd();
        stop();
        if (!m_carry.empty())
            writeState(m_carry);
    }

    void finished(const ReplyEnd& end) override
    {
        m_out += "event: message_delta\ndata: ";
        Writer writer(m_out);
        writer.beginObject().field("type", "message_delta").key("delta").beginObject();
        writeStop(writer, end.reason, end.stopSequence, end.detail);
        writer.endObject().key("usage");
        if (end.usage)
            writeUsage(writer, *end.usage, end.tier);
        else
            writer.raw(R"({"output_tokens":0})");
        writer.endObject();
        m_out += "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    }

    void failed(const Error& error) override { m_out += writeStreamError(DialectId::Anthropic, error); }

private:
    /// This protocol has one answer; others that an upstream gives unasked would overlap it.
    static bool isOther(const Block& block) { return block.choice != 0; }

    void writeIndex()
    {
        char digits[16];
        const auto end = std::to_chars(digits, digits + sizeof digits, m_index).ptr;
        m_out.append(digits, end);
    }

    /// Up to the block's own fields, which follow.
    void beginStart()
    {
        m_out += "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":";
        writeIndex();
        m_out += ",\"content_block\":";
        m_isOpen = true;
    }

    void start(std::string_view block)
    {
        beginStart();
        m_out += block;
        m_out += "}\n\n";
    }

    void openText()
    {
        if (!m_isOpen)
            start(R"({"type":"text","text":""})");
    }

    void openThinking()
    {
        if (!m_isOpen)
            start(R"({"type":"thinking","thinking":"","signature":""})");
    }

    void openCall(const Block& block)
    {
        if (!block.carry.isEmpty() && m_view != ThinkingView::Hidden)
            writeState(wrapped(block.carry));
        beginStart();
        Writer writer(m_out);
        writer.beginObject().field("type", "tool_use").field("id", block.callId).field("name", block.toolName);
        writer.key("input").beginObject().endObject().endObject();
        m_out += "}\n\n";
        m_hasInput = false;
    }

    /// Up to the delta's type.
    void beginDelta()
    {
        m_out += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
        writeIndex();
        m_out += ",\"delta\":{\"type\":";
    }

    void writeDelta(std::string_view type, std::string_view field, RawText piece)
    {
        beginDelta();
        m_out += '"';
        m_out += type;
        m_out += "\",\"";
        m_out += field;
        m_out += "\":\"";
        m_out += piece.escaped();
        m_out += "\"}}\n\n";
    }

    /// Free text becomes the one field of an object: it is a string within JSON that is a string itself.
    void writeCustomInput(std::string_view escaped)
    {
        m_piece.clear();
        if (!m_hasInput)
            m_piece = "{\\\"input\\\":\\\"";
        m_hasInput = true;
        appendEscaped(m_piece, escaped);
        writeDelta("input_json_delta", "partial_json", RawText(m_piece));
    }

    void writeCustomEnd()
    {
        if (!m_hasInput)
            writeCustomInput({});
        writeDelta("input_json_delta", "partial_json", RawText("\\\"}"));
    }

    void closeThinking()
    {
        if (m_view == ThinkingView::Omitted && m_hasThought && !m_carry.empty())
            openThinking();
        if (!m_isOpen) {
            if (!m_carry.empty())
                writeState(m_carry);
            return;
        }
        if (!m_carry.empty())
            writeDelta("signature_delta", "signature", RawText(m_carry));
        stop();
    }

    /// State that has no words of its own.
    void writeState(const std::string& carry)
    {
        beginStart();
        Writer writer(m_out);
        writer.beginObject().field("type", "redacted_thinking").field("data", std::string_view(carry)).endObject();
        m_out += "}\n\n";
        stop();
    }

    void stop()
    {
        if (!m_isOpen)
            return;
        m_out += "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":";
        writeIndex();
        m_out += "}\n\n";
        m_isOpen = false;
        ++m_index;
    }

    const ReplyContext& m_context;
    std::string& m_out;
    ThinkingView m_view;
    int m_index = 0; // of the block that is open, or of the next one
    bool m_isOpen = false; // the client knows of the block
    bool m_hasThought = false;
    bool m_hasInput = false;
    std::string m_text; // of the open block, for citations
    std::string m_carry; // of the open block, wrapped
    std::string m_piece;
};

}

std::unique_ptr<ReplyWriter> makeStreamWriter(const ReplyContext& context, std::string& out)
{
    return std::make_unique<StreamWriter>(context, out);
}

}
