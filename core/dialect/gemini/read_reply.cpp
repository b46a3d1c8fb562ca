#include "base/text.h"
#include "dialect/convert_parts.h"
#include "dialect/gemini/fields.h"
#include "dialect/gemini/partial_arguments.h"
#include "dialect/gemini/reply_parts.h"
#include "dialect/stream_reader.h"

#include <algorithm>

namespace waystation::gemini {

namespace {

using json::Value;

constexpr int mostChoices = 128;

/// Collects an answer from one object, or from the chunks of a stream that came as one array.
class ReplyBuilder
{
public:
    explicit ReplyBuilder(ChatReply& reply)
        : m_reply(reply)
        , m_store(reply.texts)
    {
    }

    void add(Value chunk)
    {
        keep(m_reply.id, fieldOf(chunk, "responseId"));
        keep(m_reply.model, fieldOf(chunk, "modelVersion"));
        if (m_reply.created == 0)
            m_reply.created = secondsFrom(fieldOf(chunk, "createTime").text().escaped());
        m_isCounted = mergeCounts(m_counts, chunk) || m_isCounted;
        for (const Value candidate : chunk["candidates"])
            addCandidate(candidate);
        const Value feedback = fieldOf(chunk, "promptFeedback");
        if (const Value blocked = fieldOf(feedback, "blockReason")) {
            Draft& draft = draftAt(0);
            draft.reason = FinishReason::Filter;
            const Value said = fieldOf(feedback, "blockReasonMessage");
            draft.detail = said ? said.text() : blocked.text();
        }
    }

    bool hasAnswer() const { return !m_drafts.empty(); }

    void finish()
    {
        for (Draft& draft : m_drafts)
            finishChoice(draft);
        if (auto usage = m_counts.usage(); usage && m_isCounted) {
            m_reply.tier = usage->tier;
            m_reply.usage = std::move(usage);
            m_reply.usageKind = UsageKind::Reported;
        }
    }

private:
    struct Draft
    {
        std::vector<Part> parts;
        std::vector<RawText> pieces; // of the last part, a text or a thought
        std::vector<TokenChance> chances;
        std::vector<std::size_t> partStarts; // of the answer's parts, in `answer`
        std::string answer; // plain
        std::vector<Value> grounding;
        PartialArguments partial;
        bool isPartial = false; // the last call goes on
        FinishReason reason = FinishReason::Unknown;
        RawText detail;
    };

    static void keep(std::string& known, Value value)
    {
        if (known.empty() && value.isString())
            known = value.text().toString();
    }

    Draft& draftAt(std::int64_t index)
    {
        const auto at
            = static_cast<std::size_t>(std::clamp<std::int64_t>(index, 0, mostChoices - 1));
        if (m_drafts.size() <= at)
            m_drafts.resize(at + 1);
        return m_drafts[at];
    }

    void addCandidate(Value candidate)
    {
        Draft& draft = draftAt(candidate["index"].integer().value_or(0));
        const Value parts = candidate["content"]["parts"];
        if (parts.isObject())
            addPart(draft, parts);
        for (const Value part : parts)
            addPart(draft, part);
        for (TokenChance& chance : chancesFrom(fieldOf(candidate, "logprobsResult")))
            draft.chances.push_back(std::move(chance));
        if (const Value grounding = fieldOf(candidate, "groundingMetadata"))
            draft.grounding.push_back(grounding);
        if (const Value reason = fieldOf(candidate, "finishReason")) {
            const FinishReason known = finishFrom(reason.text().escaped(), !draft.parts.empty());
            if (known != FinishReason::Unknown)
                draft.reason = known;
            if (const Value said = fieldOf(candidate, "finishMessage"))
                draft.detail = said.text();
        }
    }

    void addPart(Draft& draft, Value part)
    {
        draft.partStarts.push_back(draft.answer.size());
        const Value signature = fieldOf(part, "thoughtSignature");
        Carry carry;
        if (signature && !signature.text().isEmpty())
            carry = {CarryKind::GeminiSignature, 0, signature.word(m_store)};
        Media media;
        if (const Value call = fieldOf(part, "functionCall")) {
            addCall(draft, call, carry);
        } else if (part["text"]) {
            const bool isThought = part["thought"].boolean().value_or(false);
            addText(draft, isThought ? PartKind::Reasoning : PartKind::Text, part["text"].text(),
                carry);
        } else if (readPicture(part, media, m_store)) {
            settle(draft);
            Part& picture = draft.parts.emplace_back();
            picture.kind = PartKind::Image;
            picture.media = media;
        } else {
            addText(draft, PartKind::Text, codeAsText(part, m_store), carry);
        }
    }

    void addText(Draft& draft, PartKind kind, RawText text, const Carry& carry)
    {
        if (text.isEmpty() && carry.isEmpty())
            return;
        if (draft.parts.empty() || draft.parts.back().kind != kind) {
            settle(draft);
            draft.parts.emplace_back().kind = kind;
        }
        if (!text.isEmpty())
            draft.pieces.push_back(text);
        if (!carry.isEmpty())
            draft.parts.back().carry = carry;
        if (kind == PartKind::Text)
            appendPlain(draft.answer, text.escaped());
    }

    void addCall(Draft& draft, Value call, const Carry& carry)
    {
        const Value name = call["name"];
        const bool goesOn = draft.isPartial && name.text().isEmpty();
        // An empty one only says that the last has ended.
        if (!goesOn && name.text().isEmpty() && !call["id"] && !call["args"])
            return;
        if (!goesOn) {
            endPartial(draft);
            settle(draft);
            Part& part = draft.parts.emplace_back();
            part.kind = PartKind::ToolCall;
            part.callId = call["id"].word(m_store);
            part.idIsNative = !part.callId.empty();
            part.toolName = name.word(m_store);
            part.carry = carry;
            const Value arguments = call["args"];
            if (arguments.isString())
                part.arguments = {arguments.text().escaped(), true};
            else if (arguments)
                part.arguments = {compacted(arguments.raw(), m_store), false};
        }
        const Value pieces = fieldOf(call, "partialArgs");
        draft.isPartial = draft.isPartial || bool(pieces);
        draft.partial.add(pieces);
        if (fieldOf(call, "willContinue").boolean().value_or(false))
            draft.isPartial = true;
        else
            endPartial(draft);
    }

    void endPartial(Draft& draft)
    {
        if (!draft.isPartial)
            return;
        draft.isPartial = false;
        Part& part = draft.parts.back();
        std::string whole = draft.partial.take();
        if (part.kind == PartKind::ToolCall && part.arguments.text.empty())
            part.arguments = {m_store.keep(std::move(whole)), false};
    }

    /// Gives the last part its text.
    void settle(Draft& draft)
    {
        endPartial(draft);
        if (draft.pieces.size() == 1) {
            draft.parts.back().text = draft.pieces.front();
        } else if (!draft.pieces.empty()) {
            std::string whole;
            for (const RawText piece : draft.pieces)
                whole += piece.escaped();
            draft.parts.back().text = RawText(m_store.keep(std::move(whole)));
        }
        draft.pieces.clear();
    }

    void finishChoice(Draft& draft)
    {
        settle(draft);
        cite(draft);
        const bool calls = std::any_of(draft.parts.begin(), draft.parts.end(),
            [](const Part& part) { return part.kind == PartKind::ToolCall; });
        if (calls && draft.reason == FinishReason::Stop)
            draft.reason = FinishReason::Tool;
        ReplyChoice& choice = m_reply.choices.emplace_back();
        choice.parts = std::move(draft.parts);
        choice.chances = std::move(draft.chances);
        choice.reason = draft.reason;
        choice.detail = draft.detail;
    }

    /// Each source goes to the text block in which its range begins, and counts from there.
    static void cite(Draft& draft)
    {
        std::vector<Part*> texts;
        std::vector<std::int64_t> starts;
        std::int64_t at = 0;
        for (Part& part : draft.parts) {
            if (part.kind != PartKind::Text)
                continue;
            texts.push_back(&part);
            starts.push_back(at);
            std::string scratch;
            at += codePointsIn(part.text.plain(scratch));
        }
        if (texts.empty())
            return;
        for (const Value grounding : draft.grounding) {
            for (Citation citation : citationsFrom(grounding, draft.answer, draft.partStarts)) {
                std::size_t block = texts.size() - 1;
                while (block > 0 && citation.start >= 0 && starts[block] > citation.start)
                    --block;
                if (citation.start >= 0) {
                    citation.start -= starts[block];
                    citation.end -= starts[block];
                }
                texts[block]->citations.push_back(citation);
            }
        }
    }

    ChatReply& m_reply;
    TextStore& m_store;
    Counts m_counts;
    std::vector<Draft> m_drafts;
    bool m_isCounted = false;
};

bool isError(Value chunk)
{
    if (chunk["error"])
        return true;
    if (chunk["candidates"] || fieldOf(chunk, "promptFeedback"))
        return false;
    const json::Maybe parsed = json::parse(chunk.raw());
    return parsed && looksLikeError(*parsed);
}

}

Result<ChatReply> readReply(std::string_view body)
{
    json::Tree tree;
    if (!tree.parse(body))
        return Error{ErrorKind::BadReply,
            std::string("the upstream's answer is no JSON: ") + tree.problem()};
    ChatReply reply;
    ReplyBuilder builder(reply);
    const auto add = [&](Value chunk) -> std::optional<Error> {
        if (isError(chunk))
            return readError(0, {}, chunk.raw(), TimePoint());
        builder.add(chunk);
        return std::nullopt;
    };
    const Value root = tree.root();
    if (root.isObject()) {
        if (auto error = add(root))
            return *error;
    }
    for (const Value chunk : root) {
        if (auto error = add(chunk))
            return *error;
    }
    if (!builder.hasAnswer())
        return Error{ErrorKind::BadReply, "the upstream's answer has no candidates"};
    builder.finish();
    return reply;
}

}
