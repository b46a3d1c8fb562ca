#include "base/text.h"
#include "dialect/convert_parts.h"
#include "dialect/gemini/fields.h"
#include "dialect/gemini/partial_arguments.h"
#include "dialect/gemini/reply_parts.h"
#include "dialect/sse.h"
#include "dialect/stream_reader.h"

#include <algorithm>
#include <deque>

namespace waystation::gemini {

namespace {

using json::Field;
using json::Value;

constexpr int mostChoices = 128;

class GeminiEvents final : public EventReader
{
public:
    explicit GeminiEvents(Sequence& sequence)
        : m_sequence(sequence)
    {
    }

    void event(std::string_view name, std::string_view data) override
    {
        const std::string_view words = trimmed(data);
        if (words.empty() || words == "[DONE]")
            return;
        if (m_tree.parse(words)) {
            look(name, m_tree.root());
            return;
        }
        // Some gateways put two values into one event.
        bool found = false;
        JsonArrayReader values;
        values.feed(words, [&](const StreamEvent& part) {
            if (part.isComment || !m_tree.parse(part.data))
                return;
            found = true;
            look(name, m_tree.root());
        });
        if (found)
            return;
        if (name == "error")
            m_sequence.fail(readError(0, {}, words, TimePoint()));
        else
            m_sequence.fail({ErrorKind::BadReply, "the upstream sent an event that is no JSON"});
    }

    void endOfStream() override
    {
        for (Choice& choice : m_choices)
            endPartial(choice);
        if (m_sequence.hasFinish())
            m_sequence.end();
        else
            m_sequence.fail({ErrorKind::Cut, "the upstream's answer broke off before its end"});
    }

private:
    struct Choice
    {
        int index = 0;
        std::int64_t calls = 0;
        PartialArguments partial;
        bool isPartial = false; // the last call goes on
        bool hasPieces = false; // of its arguments
        bool hasContent = false;
        bool inText = false;
        std::string answer; // plain, for the places of sources
        std::size_t blockStart = 0; // of the open text, in `answer`
        std::vector<std::string> cited; // what was told already
    };

    void look(std::string_view name, Value value)
    {
        // An error may come in an array of one, chunks in an array of many.
        for (const Value inner : value)
            look(name, inner);
        if (value.isObject())
            readChunk(name, value);
    }

    void readChunk(std::string_view name, Value chunk)
    {
        Value candidates, usage, feedback, id, model, time;
        bool isError = name == "error";
        for (const Field field : chunk.fields()) {
            const std::string_view key = field.key.escaped();
            if (!field.value)
                continue;
            if (key == "candidates")
                candidates = field.value;
            else if (isNamed(key, "usageMetadata"))
                usage = field.value;
            else if (isNamed(key, "modelVersion"))
                model = field.value;
            else if (isNamed(key, "responseId"))
                id = field.value;
            else if (isNamed(key, "promptFeedback"))
                feedback = field.value;
            else if (isNamed(key, "createTime"))
                time = field.value;
            else if (key == "error")
                isError = true;
        }
        const bool isAnswer = candidates || usage || feedback || id || model;
        if (!isError && !isAnswer) {
            const json::Maybe parsed = json::parse(chunk.raw());
            isError = parsed && looksLikeError(*parsed);
        }
        if (isError) {
            m_sequence.fail(readError(0, {}, chunk.raw(), TimePoint()));
            return;
        }
        if (!isAnswer)
            return;
        start(id, model, time);
        for (const Value candidate : candidates)
            readCandidate(candidate);
        if (const Value blocked = fieldOf(feedback, "blockReason")) {
            const Value said = fieldOf(feedback, "blockReasonMessage");
            m_sequence.finish(0, FinishReason::Filter, {}, said ? said.text() : blocked.text());
        }
        if (mergeCounts(m_counts, chunk)) {
            if (const auto counted = m_counts.usage()) {
                m_sequence.usage(*counted);
                m_sequence.tier(counted->tier);
            }
        }
    }

    void start(Value id, Value model, Value time)
    {
        if (m_sequence.hasStarted() && !m_sequence.id().empty() && !m_sequence.model().empty())
            return;
        ReplyStart start;
        start.id = id.text().plain(m_scratch);
        start.model = model.text().plain(m_scratchTwo);
        if (!m_sequence.hasStarted())
            start.created = secondsFrom(time.text().escaped());
        m_sequence.start(start);
    }

    Choice& choiceAt(std::int64_t index)
    {
        const auto wanted = std::clamp<std::int64_t>(index, 0, mostChoices - 1);
        while (static_cast<std::int64_t>(m_choices.size()) <= wanted) {
            const int next = static_cast<int>(m_choices.size());
            m_choices.emplace_back().index = next;
        }
        return m_choices[static_cast<std::size_t>(wanted)];
    }

    void readCandidate(Value candidate)
    {
        Value content, reason, message, grounding, chances;
        std::int64_t index = 0;
        for (const Field field : candidate.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "content")
                content = field.value;
            else if (key == "index")
                index = field.value.integer().value_or(0);
            else if (isNamed(key, "finishReason"))
                reason = field.value;
            else if (isNamed(key, "finishMessage"))
                message = field.value;
            else if (isNamed(key, "groundingMetadata"))
                grounding = field.value;
            else if (isNamed(key, "logprobsResult"))
                chances = field.value;
        }
        Choice& choice = choiceAt(index);
        const Value parts = content["parts"];
        if (parts.isObject())
            readPart(choice, parts);
        for (const Value part : parts)
            readPart(choice, part);
        if (chances)
            m_sequence.chances(choice.index, chancesFrom(chances));
        if (grounding)
            cite(choice, grounding);
        if (reason)
            m_sequence.finish(choice.index, finishFrom(reason.text().escaped(), choice.hasContent),
                {}, message.text());
    }

    void readPart(Choice& choice, Value part)
    {
        Value text, call, signature;
        bool isThought = false;
        for (const Field field : part.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "text")
                text = field.value;
            else if (key == "thought")
                isThought = field.value.boolean().value_or(false);
            else if (isNamed(key, "functionCall"))
                call = field.value;
            else if (isNamed(key, "thoughtSignature"))
                signature = field.value;
        }
        Carry carry;
        if (!signature.text().isEmpty())
            carry = {CarryKind::GeminiSignature, 0, signature.text().plain(m_signature)};

        if (call) {
            readCall(choice, call, carry);
            return;
        }
        endPartial(choice);
        if (text && isThought) {
            addThought(choice, text.text(), carry);
        } else if (text) {
            addText(choice, text.text(), carry);
        } else {
            addOther(choice, part, carry);
        }
    }

    void addThought(Choice& choice, RawText text, const Carry& carry)
    {
        choice.inText = choice.inText && text.isEmpty() && carry.isEmpty();
        m_sequence.reasoning(choice.index, text);
        m_sequence.carryReasoning(choice.index, carry);
        choice.hasContent = choice.hasContent || !text.isEmpty();
    }

    void addText(Choice& choice, RawText text, const Carry& carry)
    {
        if (text.isEmpty() && carry.isEmpty())
            return;
        if (!choice.inText)
            choice.blockStart = choice.answer.size();
        choice.inText = true;
        choice.hasContent = choice.hasContent || !text.isEmpty();
        appendPlain(choice.answer, text.escaped());
        m_sequence.text(choice.index, text);
        m_sequence.carryText(choice.index, carry);
    }

    void addOther(Choice& choice, Value part, const Carry& carry)
    {
        TextStore store;
        Media media;
        if (readPicture(part, media, store)) {
            choice.inText = false;
            choice.hasContent = true;
            m_sequence.picture(choice.index, media);
        } else {
            addText(choice, codeAsText(part, store), carry);
        }
    }

    void readCall(Choice& choice, Value call, const Carry& carry)
    {
        Value id, name, arguments, pieces;
        bool goesOn = false;
        for (const Field field : call.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "id")
                id = field.value;
            else if (key == "name")
                name = field.value;
            else if (key == "args")
                arguments = field.value;
            else if (isNamed(key, "partialArgs"))
                pieces = field.value;
            else if (isNamed(key, "willContinue"))
                goesOn = field.value.boolean().value_or(false);
        }
        // An empty one only says that the last has ended.
        const bool isNew = !name.text().isEmpty() || !id.text().isEmpty() || arguments;
        if (!isNew && !choice.isPartial)
            return;
        choice.inText = false;
        choice.hasContent = true;
        if (!choice.isPartial || !name.text().isEmpty()) {
            endPartial(choice);
            const std::int64_t key = choice.calls++;
            m_sequence.carryCall(choice.index, key, carry);
            m_sequence.call(
                choice.index, key, id.text().plain(m_scratch), name.text().plain(m_scratchTwo));
            giveArguments(choice, key, arguments);
            choice.isPartial = true;
        } else if (!carry.isEmpty()) {
            m_sequence.carryCall(choice.index, choice.calls - 1, carry);
        }
        choice.partial.add(pieces);
        choice.hasPieces = choice.hasPieces || bool(pieces);
        if (!goesOn)
            endPartial(choice);
    }

    void giveArguments(Choice& choice, std::int64_t key, Value arguments)
    {
        if (arguments.isString()) {
            m_sequence.arguments(choice.index, key, arguments.text());
        } else if (arguments) {
            TextStore store;
            m_arguments.clear();
            appendEscaped(m_arguments, compacted(arguments.raw(), store));
            m_sequence.arguments(choice.index, key, RawText(m_arguments));
        }
    }

    /// The last call has all that it will get.
    void endPartial(Choice& choice)
    {
        if (!choice.isPartial)
            return;
        choice.isPartial = false;
        const std::int64_t key = choice.calls - 1;
        if (choice.hasPieces) {
            m_arguments.clear();
            appendEscaped(m_arguments, choice.partial.take());
            m_sequence.arguments(choice.index, key, RawText(m_arguments));
        }
        choice.hasPieces = false;
        m_sequence.endCall(choice.index, key);
    }

    void cite(Choice& choice, Value grounding)
    {
        // The metadata may come again with more in it.
        for (Citation citation : citationsFrom(grounding, choice.answer, {})) {
            std::string mark = std::to_string(citation.start) + ' ' + std::to_string(citation.end);
            mark += ' ';
            mark += citation.url.escaped();
            if (std::find(choice.cited.begin(), choice.cited.end(), mark) != choice.cited.end())
                continue;
            choice.cited.push_back(std::move(mark));
            if (citation.start >= 0) {
                const std::int64_t base
                    = codePointsIn(std::string_view(choice.answer).substr(0, choice.blockStart));
                // What an earlier block said can no longer be marked there.
                const bool isHere = citation.start >= base;
                citation.start = isHere ? citation.start - base : -1;
                citation.end = isHere ? citation.end - base : -1;
            }
            m_sequence.cite(choice.index, citation);
        }
    }

    Sequence& m_sequence;
    json::Tree m_tree;
    Counts m_counts;
    std::deque<Choice> m_choices;
    std::string m_scratch;
    std::string m_scratchTwo;
    std::string m_signature;
    std::string m_arguments;
};

}

std::unique_ptr<EventReader> makeEventReader(Sequence& sequence)
{
    return std::make_unique<GeminiEvents>(sequence);
}

}
