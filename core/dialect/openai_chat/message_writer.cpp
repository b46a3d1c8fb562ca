#include "dialect/openai_chat/message_writer.h"

#include "base/base64.h"
#include "base/text.h"
#include "dialect/convert_parts.h"
#include "dialect/openai_chat/words.h"

#include <algorithm>

namespace waystation::openai_chat {

namespace {

using json::Writer;

constexpr std::string_view keptNothing = "(reasoning not kept)";
constexpr std::size_t mostCacheMarks = 4;

bool isBlankText(const Part& part)
{
    return part.kind == PartKind::Text && part.text.isEmpty();
}

std::string_view audioFormat(std::string_view mime)
{
    std::string_view format = mime.substr(std::min(mime.size(), mime.find('/') + 1));
    if (format.starts_with("x-"))
        format.remove_prefix(2);
    if (format == "mpeg" || format == "mp3")
        return "mp3";
    return format.empty() || format == "wave" ? std::string_view("wav") : format;
}

std::size_t marksIn(const std::vector<Part>& parts)
{
    return static_cast<std::size_t>(std::count_if(parts.begin(), parts.end(),
        [](const Part& part) { return part.kind == PartKind::Text && part.cache != CacheMark::None && !part.text.isEmpty(); }));
}

class MessageWriter
{
public:
    MessageWriter(ChatCall& call, const Target& target, const ToolNames& names, const MessagePlan& plan, Writer& writer, Losses& losses)
        : m_call(call)
        , m_target(target)
        , m_names(names)
        , m_plan(plan)
        , m_losses(losses)
        , m_writer(writer)
        , m_out(writer.out())
        , m_ids(target.ids)
    {
    }

    void write()
    {
        planMarks();
        m_writer.beginArray();
        writeSystem();
        for (std::size_t i = 0; i < m_call.turns.size(); ++i) {
            const Turn& turn = m_call.turns[i];
            switch (turn.role) {
            case Role::System:
                writeSystemTurn(turn);
                break;
            case Role::User:
                writeUser(turn, userFollows(i));
                break;
            case Role::Assistant:
                writeAssistant(turn, i + 1 == m_call.turns.size());
                m_ready.clear();
                break;
            }
        }
        m_writer.endArray();
    }

private:
    TextStore& texts() { return m_call.texts; }

    /// The last marks are the ones that reach furthest.
    void planMarks()
    {
        if (!m_target.cacheMarksOnParts)
            return;
        std::size_t marks = marksIn(m_call.system);
        for (const Turn& turn : m_call.turns)
            marks += marksIn(turn.parts);
        m_marksToSkip = marks > mostCacheMarks ? marks - mostCacheMarks : 0;
    }

    /// The user goes on behind results.
    bool userFollows(std::size_t at) const
    {
        if (at + 1 >= m_call.turns.size())
            return false;
        const Turn& next = m_call.turns[at + 1];
        return next.role == Role::User && !next.parts.empty() && next.parts.front().kind != PartKind::ToolResult;
    }

    std::string_view systemRole() const
    {
        return m_target.systemAsUser ? "user" : m_target.developerRole ? "developer" : "system";
    }

    bool showsMarks(const std::vector<Part>& parts) const { return m_target.cacheMarksOnParts && marksIn(parts) > 0; }

    void writeSystem()
    {
        const bool hasText = !std::all_of(m_call.system.begin(), m_call.system.end(), isBlankText);
        if (!hasText && m_plan.extraSystem.isEmpty())
            return;
        m_writer.beginObject().field("role", systemRole()).key("content");
        if (showsMarks(m_call.system)) {
            m_writer.beginArray();
            writeTextParts(m_call.system);
            if (!m_plan.extraSystem.isEmpty())
                writeTextPart(m_plan.extraSystem, CacheMark::None);
            m_writer.endArray();
        } else {
            writeJoined(m_call.system, "\\n\\n", m_plan.extraSystem);
        }
        m_writer.endObject();
    }

    void writeSystemTurn(const Turn& turn)
    {
        if (std::all_of(turn.parts.begin(), turn.parts.end(), isBlankText))
            return;
        m_writer.beginObject().field("role", systemRole()).key("content");
        if (showsMarks(turn.parts)) {
            m_writer.beginArray();
            writeTextParts(turn.parts);
            m_writer.endArray();
        } else {
            writeJoined(turn.parts, "\\n\\n", {});
        }
        m_writer.endObject();
    }

    /// A string value that is put together in place, so that long texts are copied once.
    void beginText()
    {
        m_writer.text({});
        m_out.pop_back();
    }

    void endText() { m_out += '"'; }

    void writeJoined(const std::vector<Part>& parts, std::string_view between, RawText last)
    {
        beginText();
        bool isFirst = true;
        const auto add = [&](RawText text) {
            if (text.isEmpty())
                return;
            if (!isFirst)
                m_out += between;
            isFirst = false;
            m_out += text.escaped();
        };
        for (const Part& part : parts) {
            if (part.kind == PartKind::Text)
                add(part.text);
        }
        add(last);
        endText();
    }

    void writeTextParts(const std::vector<Part>& parts)
    {
        for (const Part& part : parts) {
            if (part.kind == PartKind::Text && !part.text.isEmpty())
                writeTextPart(part.text, part.cache);
        }
    }

    void writeTextPart(RawText text, CacheMark mark)
    {
        m_writer.beginObject().field("type", "text").field("text", text);
        if (mark != CacheMark::None && m_target.cacheMarksOnParts) {
            if (m_marksToSkip > 0) {
                --m_marksToSkip;
            } else {
                m_writer.key("cache_control").beginObject().field("type", "ephemeral");
                if (mark == CacheMark::OneHour)
                    m_writer.field("ttl", "1h");
                m_writer.endObject();
            }
        }
        m_writer.endObject();
    }

    // ---- user turns

    void writeUser(const Turn& turn, bool userFollows)
    {
        for (const Part& part : turn.parts) {
            if (part.kind == PartKind::ToolResult)
                writeResult(part);
        }
        for (const Part& part : turn.parts) {
            if (part.kind != PartKind::ToolResult)
                prepare(part);
        }
        const bool hasResults = !turn.parts.empty() && turn.parts.front().kind == PartKind::ToolResult;
        // Pictures out of results go into what the user says next, since two messages of one role are refused by some.
        if (hasResults && (m_ready.empty() || userFollows))
            return;
        m_writer.beginObject().field("role", "user").key("content");
        writeReady();
        m_writer.endObject();
        m_ready.clear();
    }

    /// A part as it will be written: what the target does not take has become text.
    struct Ready
    {
        const Part* media = nullptr;
        RawText text;
        CacheMark cache = CacheMark::None;
    };

    void prepare(const Part& part)
    {
        switch (part.kind) {
        case PartKind::Text:
        case PartKind::Refusal:
            if (!part.text.isEmpty())
                m_ready.push_back({nullptr, part.text, part.cache});
            break;
        case PartKind::Image:
        case PartKind::Document:
        case PartKind::Audio:
        case PartKind::Video:
            if (const RawText text = textInsteadOf(part); !text.isEmpty())
                m_ready.push_back({nullptr, text, part.cache});
            else
                m_ready.push_back({&part, {}, part.cache});
            break;
        case PartKind::Server:
            if (!part.text.isEmpty())
                m_ready.push_back({nullptr, joined(RawText("["), part.text, "]"), CacheMark::None});
            break;
        default:
            break; // reasoning and calls are the assistant's
        }
    }

    RawText joined(RawText a, RawText b, std::string_view end)
    {
        std::string text(a.escaped());
        text += b.escaped();
        text += end;
        return RawText(texts().keep(std::move(text)));
    }

    RawText placeholder(const Part& part, std::string_view lost)
    {
        m_losses.drop(lost);
        return texts().escape(placeholderFor(part));
    }

    /// Empty when the target takes the part as it is.
    RawText textInsteadOf(const Part& part)
    {
        const Media& media = part.media;
        switch (part.kind) {
        case PartKind::Image:
            if (!m_target.vision)
                return placeholder(part, "image");
            if (media.source == Media::Source::FileId)
                return placeholder(part, "image.file_id");
            if (media.source == Media::Source::Url && !m_target.takesUrls)
                return placeholder(part, "image.url");
            return {};
        case PartKind::Document:
            return textInsteadOfDocument(part);
        case PartKind::Audio:
            return media.source == Media::Source::Data ? RawText() : placeholder(part, "audio");
        case PartKind::Video:
            return m_target.video && media.source != Media::Source::FileId ? RawText() : placeholder(part, "video");
        default:
            return {};
        }
    }

    RawText textInsteadOfDocument(const Part& part)
    {
        const Media& media = part.media;
        switch (media.source) {
        case Media::Source::Text:
            return documentAsText(part, texts());
        case Media::Source::Url:
            return placeholder(part, "document.url");
        case Media::Source::FileId:
            // A file's name tells whose it is: OpenAI's begin "file-".
            if (m_target.issuer == "openai" && media.url.escaped().starts_with("file-"))
                return {};
            return placeholder(part, "document.file_id");
        case Media::Source::Data:
            break;
        }
        if (!media.mime.starts_with("text/"))
            return {};
        const auto text = base64Decoded(media.data);
        if (!text)
            return placeholder(part, "document");
        Part plain;
        plain.kind = PartKind::Document;
        plain.media.source = Media::Source::Text;
        plain.media.name = media.name;
        plain.text = texts().escape(*text);
        return documentAsText(plain, texts());
    }

    /// The content of a user message: a lone text is a plain string.
    void writeReady()
    {
        const bool isLone = m_ready.size() == 1 && !m_ready[0].media;
        const bool isMarked = m_target.cacheMarksOnParts && !m_ready.empty() && m_ready[0].cache != CacheMark::None;
        if (m_ready.empty() || (isLone && !isMarked)) {
            m_writer.text(m_ready.empty() ? RawText() : m_ready[0].text);
            return;
        }
        m_writer.beginArray();
        for (const Ready& ready : m_ready) {
            if (ready.media)
                writeMedia(*ready.media);
            else
                writeTextPart(ready.text, ready.cache);
        }
        m_writer.endArray();
    }

    void writeMediaUrl(std::string_view key, const Media& media)
    {
        m_writer.key(key);
        if (media.source != Media::Source::Data) {
            m_writer.text(media.url);
            return;
        }
        beginText();
        m_out += "data:";
        m_out += typeOf(media);
        m_out += ";base64,";
        m_out += media.data;
        endText();
    }

    void writeMedia(const Part& part)
    {
        const Media& media = part.media;
        m_writer.beginObject();
        switch (part.kind) {
        case PartKind::Image:
            m_writer.field("type", "image_url").key("image_url").beginObject();
            writeMediaUrl("url", media);
            if (!media.detail.empty())
                m_writer.field("detail", media.detail);
            m_writer.endObject();
            break;
        case PartKind::Video:
            m_writer.field("type", "video_url").key("video_url").beginObject();
            writeMediaUrl("url", media);
            m_writer.endObject();
            break;
        case PartKind::Audio:
            m_writer.field("type", "input_audio").key("input_audio").beginObject();
            m_writer.field("data", media.data).field("format", audioFormat(media.mime)).endObject();
            break;
        default:
            m_writer.field("type", "file").key("file").beginObject();
            if (media.source == Media::Source::FileId) {
                m_writer.field("file_id", media.url);
            } else {
                m_writer.field("filename", media.name.isEmpty() ? RawText("document.pdf") : media.name);
                writeMediaUrl("file_data", media);
            }
            m_writer.endObject();
        }
        m_writer.endObject();
    }

    /// The message of a result. Pictures and files, which it has no place for, wait in m_ready for the user's message.
    void writeResult(const Part& result)
    {
        const std::string_view id = m_ids.idFor(result.callId);
        RawText text = resultText(result, true, texts());
        for (const Part& part : result.result) {
            const bool isMedia = part.kind != PartKind::Text && !(part.kind == PartKind::Document && part.media.source == Media::Source::Text);
            if (!isMedia)
                continue;
            if (const RawText instead = textInsteadOf(part); !instead.isEmpty()) {
                text = text.is("(no output)") ? instead : joined(joined(text, RawText("\\n"), {}), instead, {});
                continue;
            }
            const std::string lead = std::string(part.kind == PartKind::Image ? "[image" : "[file") + " from tool result ";
            m_ready.push_back({nullptr, texts().escape(lead + std::string(id) + "]"), CacheMark::None});
            m_ready.push_back({&part, {}, CacheMark::None});
        }
        m_writer.beginObject().field("role", "tool").field("tool_call_id", id).field("content", text).endObject();
    }

    // ---- assistant turns

    void writeAssistant(const Turn& turn, bool isLast)
    {
        RawText refusal;
        bool hasCalls = false;
        for (std::size_t i = 0; i < turn.parts.size(); ++i) {
            const Part& part = turn.parts[i];
            if (part.kind == PartKind::ToolCall)
                hasCalls = true;
            else if (part.kind == PartKind::Refusal)
                refusal = part.text;
            else if (part.kind == PartKind::Server && textFollows(turn, i))
                continue;
            else if (part.kind == PartKind::Text || part.kind == PartKind::Server)
                prepare(part);
            else if (part.kind == PartKind::Image)
                m_ready.push_back({nullptr, placeholder(part, "image"), CacheMark::None}); // only users show pictures
        }
        if (m_ready.empty() && !hasCalls && refusal.isEmpty())
            return;

        m_writer.beginObject().field("role", "assistant");
        writeAssistantContent(turn, hasCalls, !refusal.isEmpty());
        if (!refusal.isEmpty())
            m_writer.field("refusal", refusal);
        writeReplayedReasoning(turn, hasCalls);
        if (hasCalls)
            writeCalls(turn);
        else if (isLast && m_target.prefixFlag)
            m_writer.field("prefix", true);
        else if (isLast && m_target.partialFlag)
            m_writer.field("partial", true);
        if (m_target.issuer == "gemini")
            writeTextSignature(turn);
        m_writer.endObject();
    }

    static bool textFollows(const Turn& turn, std::size_t at)
    {
        return std::any_of(turn.parts.begin() + static_cast<std::ptrdiff_t>(at), turn.parts.end(),
            [](const Part& part) { return part.kind == PartKind::Text && !part.text.isEmpty(); });
    }

    bool canReplay(const Part& part, CarryKind kind) const
    {
        return part.kind == PartKind::Reasoning && part.carry.kind == kind && belongsTo(part.carry, m_target.origin);
    }

    void writeAssistantContent(const Turn& turn, bool hasCalls, bool isRefused)
    {
        m_writer.key("content");
        const bool isMarked = m_target.cacheMarksOnParts
            && std::any_of(m_ready.begin(), m_ready.end(), [](const Ready& ready) { return ready.cache != CacheMark::None; });
        const bool hasThinking = m_target.replay == ReasoningReplay::ThinkingParts
            && std::any_of(turn.parts.begin(), turn.parts.end(),
                [&](const Part& part) { return canReplay(part, CarryKind::PlainReasoning) && !part.text.isEmpty(); });
        if (isMarked || hasThinking) {
            m_writer.beginArray();
            for (const Part& part : turn.parts) {
                if (!hasThinking || !canReplay(part, CarryKind::PlainReasoning) || part.text.isEmpty())
                    continue;
                m_writer.beginObject().field("type", "thinking").key("thinking").beginArray();
                m_writer.beginObject().field("type", "text").field("text", part.text).endObject();
                m_writer.endArray().endObject();
            }
            for (const Ready& ready : m_ready)
                writeTextPart(ready.text, ready.cache);
            m_writer.endArray();
        } else if (!m_ready.empty()) {
            beginText();
            for (const Ready& ready : m_ready)
                m_out += ready.text.escaped();
            endText();
        } else if ((hasCalls && m_target.emptyContentString) || (!hasCalls && !isRefused)) {
            m_writer.text({});
        } else {
            m_writer.null();
        }
    }

    void writeReplayedReasoning(const Turn& turn, bool hasCalls)
    {
        switch (m_target.replay) {
        case ReasoningReplay::Omit:
        case ReasoningReplay::ThinkingParts:
            return;
        case ReasoningReplay::ReasoningDetails:
            return writeDetails(turn);
        case ReasoningReplay::ReasoningContentOnCalls:
            if (!hasCalls)
                return;
            break;
        case ReasoningReplay::ReasoningContent:
            break;
        }
        RawText kept;
        for (const Part& part : turn.parts) {
            if (!canReplay(part, CarryKind::PlainReasoning))
                continue;
            const RawText text = part.text.isEmpty() ? texts().escape(part.carry.payload) : part.text;
            kept = kept.isEmpty() ? text : joined(joined(kept, RawText("\\n\\n"), {}), text, {});
        }
        if (!kept.isEmpty())
            m_writer.field("reasoning_content", kept);
        else if (hasCalls && m_plan.mayThink)
            m_writer.field("reasoning_content", RawText(keptNothing)); // left out, it would be a refused request
    }

    /// The lists of the reasoning parts as one, each entry unchanged.
    void writeDetails(const Turn& turn)
    {
        bool isFirst = true;
        for (const Part& part : turn.parts) {
            if (!canReplay(part, CarryKind::ReasoningDetails))
                continue;
            const std::string_view list = trimmed(part.carry.payload);
            if (list.size() < 2 || list.front() != '[' || list.back() != ']')
                continue;
            const std::string_view entries = trimmed(list.substr(1, list.size() - 2));
            if (entries.empty())
                continue;
            if (isFirst)
                m_writer.key("reasoning_details").beginArray();
            isFirst = false;
            m_writer.raw(entries);
        }
        if (!isFirst)
            m_writer.endArray();
    }

    void writeCalls(const Turn& turn)
    {
        m_writer.key("tool_calls").beginArray();
        for (const Part& part : turn.parts) {
            if (part.kind != PartKind::ToolCall)
                continue;
            const std::string_view name = m_names.upstreamName(part.nameSpace, part.toolName);
            m_writer.beginObject().field("id", m_ids.idFor(part.callId));
            if (part.isCustom && m_target.customTools) {
                m_writer.field("type", "custom").key("custom").beginObject();
                m_writer.field("name", name).field("input", part.text).endObject();
            } else {
                m_writer.field("type", "function").key("function").beginObject().field("name", name);
                if (part.isCustom)
                    m_writer.field("arguments", std::string_view(customInputAsObject(part.text)));
                else if (part.arguments.isEscaped || part.arguments.text.empty())
                    m_writer.field("arguments", argumentsAsText(part.arguments, texts()));
                else // an object, as other protocols have it
                    m_writer.field("arguments", argumentsAsText({compact(part.arguments.text), false}, texts()));
                m_writer.endObject();
            }
            if (m_target.issuer == "gemini")
                writeSignature(part);
            m_writer.endObject();
        }
        m_writer.endArray();
    }

    /// Google's own field for it, which others would refuse.
    void writeSignature(const Part& part)
    {
        if (part.carry.kind != CarryKind::GeminiSignature || !belongsTo(part.carry, m_target.origin))
            return;
        m_writer.key("extra_content").beginObject().key("google").beginObject();
        m_writer.field("thought_signature", part.carry.payload).endObject().endObject();
    }

    void writeTextSignature(const Turn& turn)
    {
        for (const Part& part : turn.parts) {
            if (part.kind == PartKind::Text && part.carry.kind == CarryKind::GeminiSignature)
                return writeSignature(part);
        }
    }

    ChatCall& m_call;
    const Target& m_target;
    const ToolNames& m_names;
    const MessagePlan& m_plan;
    Losses& m_losses;
    Writer& m_writer;
    std::string& m_out;
    CallIds m_ids;
    std::size_t m_marksToSkip = 0;
    std::vector<Ready> m_ready;
};

}

void writeMessages(
    ChatCall& call, const Target& target, const ToolNames& names, const MessagePlan& plan, Writer& writer, Losses& losses)
{
    MessageWriter(call, target, names, plan, writer, losses).write();
}

}
