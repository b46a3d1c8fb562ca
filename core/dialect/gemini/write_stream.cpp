#include "dialect/convert_parts.h"
#include "dialect/dialect.h"
#include "dialect/gemini/reply_parts.h"
#include "dialect/gemini/signatures.h"

#include <algorithm>
#include <deque>

namespace waystation::gemini {

namespace {

using json::Writer;

constexpr std::string_view lineEnd = "\r\n";

class GeminiStream final : public ReplyWriter
{
public:
    GeminiStream(const ReplyContext& context, std::string& out, bool asArray)
        : m_out(out)
        , m_asArray(asArray)
        , m_showsThoughts(context.call && context.call->reasoning.show == true)
    {
        m_tail = "\"modelVersion\":\"";
        if (context.call)
            appendEscaped(m_tail, context.call->model.text());
        m_tail += "\",\"responseId\":\"";
        appendEscaped(m_tail, context.id);
        m_tail += "\"}";
    }

    void started(const ReplyStart&) override { }

    void opened(const Block& block) override
    {
        Choice& choice = choiceAt(block.choice);
        choice.arguments.clear();
        choice.callCarry.clear();
        if (block.kind == PartKind::Text)
            choice.blockStart = choice.answer.size();
        if (block.kind != PartKind::Image)
            return;
        beginChunk();
        Writer writer(m_out);
        writer.beginObject();
        writePicture(writer, block.media);
        writer.endObject();
        endChunk(block.choice);
    }

    void added(const Block& block, RawText piece) override
    {
        Choice& choice = choiceAt(block.choice);
        if (block.kind == PartKind::ToolCall) {
            choice.arguments += piece.escaped();
            return;
        }
        const bool isThought = block.kind == PartKind::Reasoning;
        if (isThought && !m_showsThoughts)
            return;
        say(choice, isThought, piece.escaped());
    }

    void cited(const Block& block, const Citation& citation) override
    {
        Choice& choice = choiceAt(block.choice);
        Source& source = choice.sources.emplace_back();
        source.url = citation.url.escaped();
        source.title = citation.title.escaped();
        source.cited = citation.cited.escaped();
        source.start = citation.start;
        source.end = citation.end;
        source.blockStart = choice.blockStart;
        source.blockEnd = std::string::npos;
    }

    void chances(const Block& block, const std::vector<TokenChance>& chances) override
    {
        beginData();
        m_out += R"({"candidates":[{"index":)";
        m_out += std::to_string(block.choice);
        m_out += R"(,"logprobsResult":)";
        Writer writer(m_out);
        writeChances(writer, chances);
        m_out += "}],";
        endData();
    }

    void carried(const Block& block, const Carry& carry) override
    {
        Choice& choice = choiceAt(block.choice);
        switch (block.kind) {
        case PartKind::ToolCall:
            choice.callCarry = wrapped(carry);
            break;
        case PartKind::Reasoning:
            if (travelsAlone(carry))
                choice.pending = wrapped(carry);
            else if (m_showsThoughts)
                writeTextChunk(choice.index, {}, true, wrapped(carry));
            break;
        default:
            writeTextChunk(choice.index, {}, false, wrapped(carry));
        }
    }

    void closed(const Block& block) override
    {
        Choice& choice = choiceAt(block.choice);
        if (block.kind == PartKind::ToolCall) {
            writeCall(block, choice);
            return;
        }
        for (Source& source : choice.sources) {
            if (source.blockEnd == std::string::npos)
                source.blockEnd = choice.answer.size();
        }
    }

    void choiceFinished(int index, FinishReason reason) override
    {
        choiceAt(index).reason = reason;
    }

    void finished(const ReplyEnd& end) override
    {
        if (choiceAt(0).reason == FinishReason::Unknown)
            choiceAt(0).reason = end.reason;
        beginData();
        Writer writer(m_out);
        writer.beginObject().key("candidates").beginArray();
        for (Choice& choice : m_choices) {
            writer.beginObject().key("content").beginObject().key("parts").beginArray();
            writer.beginObject().field("text", "");
            if (!choice.pending.empty())
                writer.field("thoughtSignature", choice.pending);
            writer.endObject().endArray().field("role", "model").endObject();
            writer.field("finishReason", finishWordFor(choice.reason));
            if (choice.index == 0 && !end.detail.isEmpty())
                writer.field("finishMessage", end.detail);
            writer.field("index", static_cast<std::int64_t>(choice.index));
            if (!choice.sources.empty())
                writeSources(writer, choice);
            writer.endObject();
        }
        writer.endArray();
        if (end.usage) {
            writer.key("usageMetadata");
            writeUsage(writer, *end.usage, end.tier);
        }
        m_out += ',';
        endData();
        if (m_asArray)
            m_out += ']';
    }

    void failed(const Error& error) override
    {
        // The shared form ends its lines in LF; this stream has CRLF.
        constexpr std::string_view field = "data: ";
        const std::string event = writeStreamError(DialectId::Gemini, error);
        std::string_view text = event;
        text.remove_prefix(field.size());
        text = text.substr(0, text.find('\n'));
        beginData();
        m_out += text;
        if (m_asArray)
            m_out += ']';
        else
            (m_out += lineEnd) += lineEnd;
    }

private:
    struct Source
    {
        std::string url;
        std::string title;
        std::string cited;
        std::int64_t start = -1; // code points of its block
        std::int64_t end = -1;
        std::size_t blockStart = 0; // octets of the answer
        std::size_t blockEnd = 0;
    };

    struct Choice
    {
        int index = 0;
        FinishReason reason = FinishReason::Unknown;
        std::string answer; // plain, for the places of sources
        std::size_t blockStart = 0;
        std::string arguments; // of the open call
        std::string callCarry; // state of the open call
        std::string pending; // state of a thought, for the part behind it
        std::vector<Source> sources;
    };

    Choice& choiceAt(int index)
    {
        while (m_choices.size() <= static_cast<std::size_t>(index)) {
            const int next = static_cast<int>(m_choices.size());
            m_choices.emplace_back().index = next;
        }
        return m_choices[static_cast<std::size_t>(index)];
    }

    void beginData()
    {
        if (!m_asArray)
            m_out += "data: ";
        else
            m_out += m_hasData ? ",\r\n" : "[";
        m_hasData = true;
    }

    /// After the last field and its comma.
    void endData()
    {
        m_out += m_tail;
        if (m_asArray)
            return;
        m_out += lineEnd;
        m_out += lineEnd;
    }

    void beginChunk()
    {
        beginData();
        m_out += R"({"candidates":[{"content":{"parts":[)";
    }

    void endChunk(int choice)
    {
        m_out += R"(],"role":"model"},"index":)";
        m_out += std::to_string(choice);
        m_out += "}],";
        endData();
    }

    void say(Choice& choice, bool isThought, std::string_view escaped)
    {
        std::string_view signature;
        if (!isThought) {
            appendPlain(choice.answer, escaped);
            signature = choice.pending;
        }
        writeTextChunk(choice.index, escaped, isThought, signature);
        if (!isThought)
            choice.pending.clear();
    }

    void writeTextChunk(
        int choice, std::string_view escaped, bool isThought, std::string_view signature)
    {
        beginChunk();
        m_out += R"({"text":")";
        m_out += escaped;
        m_out += '"';
        if (isThought)
            m_out += R"(,"thought":true)";
        if (!signature.empty()) {
            m_out += R"(,"thoughtSignature":")";
            m_out += signature;
            m_out += '"';
        }
        m_out += '}';
        endChunk(choice);
    }

    void writeCall(const Block& block, Choice& choice)
    {
        beginChunk();
        Writer writer(m_out);
        writer.beginObject().key("functionCall").beginObject();
        writer.field("id", block.callId).field("name", block.toolName);
        Losses unheard;
        writer.raw("args",
            block.isCustom ? customInputAsObject(RawText(choice.arguments))
                           : argumentsAsObject({choice.arguments, true}, unheard));
        writer.endObject();
        const std::string& signature = choice.callCarry.empty() ? choice.pending : choice.callCarry;
        if (!signature.empty())
            writer.field("thoughtSignature", signature);
        choice.pending.clear();
        writer.endObject();
        endChunk(block.choice);
    }

    static void writeSources(Writer& writer, const Choice& choice)
    {
        std::vector<Grounding> sources;
        const std::string_view answer = choice.answer;
        for (const Source& source : choice.sources) {
            const std::size_t end = std::min(source.blockEnd, answer.size());
            Grounding grounding{source.url, source.title, source.cited, source.blockStart, end, 0};
            // Nobody told a range: it is the whole text.
            if (source.start >= 0 && source.end >= source.start) {
                const std::string_view block
                    = answer.substr(source.blockStart, end - source.blockStart);
                grounding.start = source.blockStart + octetsOf(block, source.start);
                grounding.end = source.blockStart + octetsOf(block, source.end);
            }
            sources.push_back(grounding);
        }
        writer.key("groundingMetadata");
        writeGrounding(writer, sources);
    }

    std::string& m_out;
    const bool m_asArray;
    const bool m_showsThoughts;
    std::string m_tail; // the fields that end every chunk
    bool m_hasData = false;
    std::deque<Choice> m_choices;
};

}

std::unique_ptr<ReplyWriter> makeStreamWriter(
    const ReplyContext& context, std::string& out, bool asArray)
{
    return std::make_unique<GeminiStream>(context, out, asArray);
}

}
