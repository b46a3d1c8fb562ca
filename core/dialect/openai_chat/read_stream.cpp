#include "base/text.h"
#include "dialect/convert_parts.h"
#include "dialect/dialect.h"
#include "dialect/openai_chat/chunk_reader.h"
#include "dialect/sse.h"

namespace waystation::openai_chat {

namespace {

constexpr std::string_view doneMark = "[DONE]";

class StreamEvents final : public EventReader
{
public:
    explicit StreamEvents(Sequence& sequence) : m_sequence(sequence), m_chunks(sequence) { }

    void event(std::string_view name, std::string_view data) override
    {
        if (m_sequence.hasEnded())
            return;
        std::string_view words = trimmed(data);
        // A relay that leaves blank lines out has its last chunk and the mark in one event.
        const bool isDone = words.ends_with(doneMark);
        if (isDone)
            words = trimmed(words.substr(0, words.size() - doneMark.size()));
        if (!words.empty() && !m_chunks.read(name, words))
            readSeveral(name, words);
        if (isDone)
            end();
    }

    void endOfStream() override
    {
        if (m_sequence.hasEnded())
            return;
        if (m_sequence.hasFinish())
            return end();
        m_chunks.settle();
        m_sequence.fail({ErrorKind::Cut, "the upstream's answer broke off before its end"});
    }

private:
    void end()
    {
        m_chunks.settle();
        m_sequence.end();
    }

    /// Some gateways put two values into one event.
    void readSeveral(std::string_view name, std::string_view words)
    {
        bool isRead = false;
        bool isWhole = true;
        JsonArrayReader values;
        const auto take = [&](const StreamEvent& part) {
            if (part.isComment)
                return;
            if (m_chunks.read(name, part.data))
                isRead = true;
            else
                isWhole = false;
        };
        values.feed(words, take);
        isWhole = isWhole && values.pending() == 0;
        if (name == "error" && !isRead)
            m_sequence.fail(readError(0, {}, words, TimePoint()));
        else if (!isWhole && (isRead || words.front() == '{' || words.front() == '['))
            // What it said is lost, and an answer with a hole must not look like a whole one.
            m_sequence.fail({ErrorKind::BadReply, "the upstream sent an event that is not JSON"});
    }

    Sequence& m_sequence;
    ChunkReader m_chunks;
};

}

std::unique_ptr<EventReader> makeEventReader(Sequence& sequence)
{
    return std::make_unique<StreamEvents>(sequence);
}

}
