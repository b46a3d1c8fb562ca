#include "base/text.h"
#include "chat/collect.h"
#include "dialect/anthropic/usage.h"
#include "dialect/anthropic/words.h"
#include "dialect/convert_parts.h"
#include "dialect/sse.h"
#include "dialect/stream_reader.h"

#include <algorithm>

namespace waystation::anthropic {

namespace {

using json::Field;
using json::Value;

/// A citation whose texts outlive the event that told it.
struct HeldCitation
{
    std::string url;
    std::string title;
    std::string cited;
};

class MessageEvents final : public EventReader
{
public:
    explicit MessageEvents(Sequence& sequence) : m_sequence(sequence) { }

    void event(std::string_view name, std::string_view data) override
    {
        const std::string_view words = trimmed(data);
        if (words.empty() || words == "[DONE]")
            return;
        if (m_tree.parse(words))
            look(name, m_tree.root(), words);
        else
            lookAtEach(name, words);
    }

    void endOfStream() override
    {
        if (m_hasStop)
            end();
        else
            m_sequence.fail({ErrorKind::Cut, "the upstream's stream broke off before its end"});
    }

private:
    enum class Kind { Text, Thinking, Call, Answer, Other };

    struct OpenBlock
    {
        std::int64_t index = 0;
        Kind kind = Kind::Other;
        std::string input; // whole, from the start event; counts only when no pieces come
    };

    /// Some gateways put two values into one event.
    void lookAtEach(std::string_view name, std::string_view words)
    {
        bool found = false;
        JsonArrayReader values;
        values.feed(words, [&](const StreamEvent& part) {
            if (part.isComment || !m_tree.parse(part.data))
                return;
            found = true;
            look(name, m_tree.root(), part.data);
        });
        if (!found && name == "error")
            fail(words);
    }

    void look(std::string_view name, Value value, std::string_view words)
    {
        const Value type = value["type"];
        const std::string_view kind = type.isString() ? type.text().escaped() : name;
        if (kind == "content_block_delta")
            readDelta(value);
        else if (kind == "content_block_start")
            startBlock(value);
        else if (kind == "content_block_stop")
            stopBlock(value["index"].integer().value_or(m_lastIndex));
        else if (kind == "message_delta")
            readMessageDelta(value);
        else if (kind == "message_start")
            startMessage(value["message"]);
        else if (kind == "message_stop")
            end();
        else if (kind == "message")
            readWhole(words);
        else if (kind == "error" || name == "error")
            fail(words);
        else if (kind != "ping")
            lookForError(words);
    }

    void lookForError(std::string_view words)
    {
        const json::Maybe value = json::parse(words);
        if (value && looksLikeError(*value))
            fail(words);
    }

    void fail(std::string_view words) { m_sequence.fail(readError(0, {}, words, TimePoint())); }

    /// An answer in one piece where a stream was asked for.
    void readWhole(std::string_view words)
    {
        const Result<ChatReply> reply = readReply(words);
        if (reply)
            play(*reply, m_sequence);
        else
            m_sequence.fail(reply.error());
    }

    void startMessage(Value message)
    {
        if (m_hasBlocks && !m_sequence.restart()) {
            m_sequence.fail({ErrorKind::Cut, "the upstream began its answer a second time"});
            return;
        }
        if (m_hasBlocks)
            forget();
        std::string id;
        std::string model;
        ReplyStart start;
        start.id = message["id"].text().plain(id);
        start.model = message["model"].text().plain(model);
        m_sequence.start(start);
        count(message["usage"]);
    }

    /// A relay that asks again makes a second answer; what the first one left is not part of it.
    void forget()
    {
        m_open.clear();
        m_citations.clear();
        m_signature.clear();
        m_counts = Counts();
        m_lastIndex = -1;
        m_hasBlocks = false;
        m_hasStop = false;
    }

    void count(Value usage)
    {
        if (!usage.isObject())
            return;
        m_counts.merge(json::parse(usage.raw()));
        if (const auto counted = m_counts.usage())
            m_sequence.usage(*counted);
        m_sequence.tier(usage["service_tier"].text().plain(m_scratch));
    }

    OpenBlock* blockAt(std::int64_t index)
    {
        const auto found = std::find_if(m_open.begin(), m_open.end(), [&](const OpenBlock& block) { return block.index == index; });
        return found == m_open.end() ? nullptr : &*found;
    }

    void startBlock(Value value)
    {
        // Words end where something else begins, even when nobody said so.
        finishBlocks([](const OpenBlock& block) { return block.kind != Kind::Call; });
        const Value block = value["content_block"];
        m_lastIndex = value["index"].integer().value_or(m_lastIndex + 1);
        m_hasBlocks = true;
        OpenBlock& open = m_open.emplace_back();
        open.index = m_lastIndex;

        const Value type = block["type"];
        if (type.is("text")) {
            open.kind = Kind::Text;
            m_sequence.breakBlock(0);
            m_sequence.text(0, block["text"].text());
            for (const Value citation : block["citations"])
                hold(citation);
        } else if (type.is("thinking")) {
            open.kind = Kind::Thinking;
            m_sequence.breakBlock(0);
            m_signature.clear();
            m_sequence.reasoning(0, block["thinking"].text());
            appendPlain(m_signature, block["signature"].text().escaped());
        } else if (type.is("redacted_thinking")) {
            m_sequence.breakBlock(0);
            const std::string_view data = block["data"].text().plain(m_scratch);
            if (!data.empty())
                m_sequence.carryReasoning(0, {CarryKind::AnthropicRedacted, 0, data});
        } else if (type.is("tool_use")) {
            startCall(block, open);
        }
    }

    void startCall(Value block, OpenBlock& open)
    {
        const Value input = block["input"];
        if (input.isString())
            open.input = input.text().escaped();
        else if (input.isObject() && input.size() > 0)
            appendEscaped(open.input, input.raw());

        if (block["name"].is(answerTool)) {
            open.kind = Kind::Answer;
            m_sequence.breakBlock(0);
            return;
        }
        open.kind = Kind::Call;
        std::string id;
        m_sequence.call(0, open.index, block["id"].text().plain(id), block["name"].text().plain(m_scratch));
    }

    void readDelta(Value value)
    {
        Value delta;
        std::int64_t index = m_lastIndex;
        for (const Field field : value.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "delta")
                delta = field.value;
            else if (key == "index")
                index = field.value.integer().value_or(m_lastIndex);
        }
        for (const Field field : delta.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "text")
                m_sequence.text(0, field.value.text());
            else if (key == "partial_json")
                readInput(index, field.value.text());
            else if (key == "thinking")
                m_sequence.reasoning(0, field.value.text());
            else if (key == "signature")
                appendPlain(m_signature, field.value.text().escaped());
            else if (key == "citation")
                hold(field.value);
        }
    }

    void readInput(std::int64_t index, RawText piece)
    {
        OpenBlock* block = blockAt(index);
        // Without a start there is no name either, and a lost call must not look like an answer.
        if (!block) {
            m_sequence.arguments(0, index, piece);
            return;
        }
        if (piece.isEmpty() || block->kind == Kind::Other)
            return;
        block->input.clear();
        if (block->kind == Kind::Answer)
            m_sequence.text(0, piece);
        else
            m_sequence.arguments(0, index, piece);
    }

    void hold(Value citation)
    {
        if (const auto read = citationFrom(citation))
            m_citations.push_back({std::string(read->url.escaped()), std::string(read->title.escaped()), std::string(read->cited.escaped())});
    }

    void stopBlock(std::int64_t index)
    {
        finishBlocks([&](const OpenBlock& block) { return block.index == index; });
    }

    template <class Which> void finishBlocks(Which which)
    {
        for (std::size_t i = 0; i < m_open.size();) {
            if (!which(m_open[i])) {
                ++i;
                continue;
            }
            finishBlock(m_open[i]);
            m_open.erase(m_open.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    void finishBlock(const OpenBlock& block)
    {
        switch (block.kind) {
        case Kind::Text:
            // The words may come behind their citations, and a citation needs them.
            for (const HeldCitation& held : m_citations)
                m_sequence.cite(0, {RawText(held.url), RawText(held.title), RawText(held.cited)});
            m_citations.clear();
            m_sequence.breakBlock(0);
            break;
        case Kind::Thinking:
            if (!m_signature.empty())
                m_sequence.carryReasoning(0, {CarryKind::AnthropicSignature, 0, m_signature});
            m_signature.clear();
            m_sequence.breakBlock(0);
            break;
        case Kind::Call:
            m_sequence.arguments(0, block.index, RawText(block.input));
            m_sequence.endCall(0, block.index);
            break;
        case Kind::Answer:
            m_sequence.text(0, RawText(block.input));
            m_sequence.breakBlock(0);
            break;
        case Kind::Other:
            break;
        }
    }

    void finishAllBlocks()
    {
        finishBlocks([](const OpenBlock&) { return true; });
    }

    void readMessageDelta(Value value)
    {
        const Value delta = value["delta"];
        count(value["usage"]);
        const FinishReason reason = finishFrom(delta["stop_reason"]);
        if (reason == FinishReason::Unknown)
            return;
        m_hasStop = true;
        finishAllBlocks();
        RawText detail;
        if (reason == FinishReason::Refusal) {
            detail = refusalFrom(delta["stop_details"]);
            m_sequence.refusal(0, detail);
        }
        m_sequence.finish(0, reason, delta["stop_sequence"].text(), detail);
    }

    void end()
    {
        finishAllBlocks();
        m_sequence.end();
    }

    Sequence& m_sequence;
    json::Tree m_tree;
    Counts m_counts;
    std::vector<OpenBlock> m_open;
    std::vector<HeldCitation> m_citations;
    std::string m_signature;
    std::string m_scratch;
    std::int64_t m_lastIndex = -1;
    bool m_hasBlocks = false;
    bool m_hasStop = false;
};

}

std::unique_ptr<EventReader> makeEventReader(Sequence& sequence)
{
    return std::make_unique<MessageEvents>(sequence);
}

}
