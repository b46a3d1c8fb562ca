#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace waystation {

/// An event of a stream, in views that are good until the callee returns.
struct StreamEvent
{
    std::string_view name; // "" when there is no event field
    std::string_view data; // data lines joined with LF; "" for a block of comments only
    std::string_view
        raw; // the octets of the block with its blank line; all raws together are the stream
    bool isComment = false; // nothing but comments, blank lines or unknown fields
};

/// Who is told of events, without an allocation.
struct EventSink
{
    void* context = nullptr;
    void (*call)(void* context, const StreamEvent& event) = nullptr;

    void operator()(const StreamEvent& event) const { call(context, event); }
};

template <class Each> EventSink sinkFor(Each& each)
{
    return {const_cast<void*>(static_cast<const void*>(&each)),
        [](void* context, const StreamEvent& event) { (*static_cast<Each*>(context))(event); }};
}

/// Cuts a text/event-stream into events, whatever pieces it comes in (the WHATWG rules: LF, CR or
/// CRLF, BOM, several data lines, comments). An event that lies whole in one piece is not copied.
///
/// What upstreams do beyond those rules: a field line `error: {...}` comes as an event named
/// "error" with that data; a body of plain JSON in place of events comes as an event without a
/// name, one of HTML as an "error".
class SseReader
{
public:
    using Event = StreamEvent;

    /// Largest block kept while it waits for its end: 32 MiB.
    static constexpr std::size_t mostOctets = 32u << 20;

    /// Calls `each` for every event that `piece` completes; views are good until `each` returns.
    /// False when a block grew over mostOctets; the reader stays useless then.
    bool feed(std::string_view piece, const std::function<void(const Event&)>& each)
    {
        return feedTo(piece, sinkFor(each));
    }

    template <class Each> bool feed(std::string_view piece, Each&& each)
    {
        return feedTo(piece, sinkFor(each));
    }

    /// At the end of the stream: a last block without its blank line still counts.
    void finish(const std::function<void(const Event&)>& each) { finishTo(sinkFor(each)); }

    template <class Each> void finish(Each&& each) { finishTo(sinkFor(each)); }

    /// Octets of a begun event that wait for the rest.
    std::size_t pending() const { return m_pending.size(); }

private:
    bool feedTo(std::string_view piece, EventSink sink);
    void finishTo(EventSink sink);
    void emit(std::string_view raw, EventSink sink);

    std::string m_pending;
    std::string m_joined;
    bool m_started = false;
    bool m_lineHasOctets = false; // the line that the next piece goes on with
    bool m_afterCr = false; // the last octet was a CR, so a LF belongs to it
    bool m_tooLarge = false;
};

/// Cuts a JSON array that arrives in pieces (Gemini's stream without alt=sse) into its objects,
/// with the face of SseReader. Objects that follow each other without an array are taken too. `raw`
/// begins with the comma and blanks before the object; the closing bracket comes as a comment.
class JsonArrayReader
{
public:
    using Event = StreamEvent;

    static constexpr std::size_t mostOctets = SseReader::mostOctets;

    bool feed(std::string_view piece, const std::function<void(const Event&)>& each)
    {
        return feedTo(piece, sinkFor(each));
    }

    template <class Each> bool feed(std::string_view piece, Each&& each)
    {
        return feedTo(piece, sinkFor(each));
    }

    /// What is left comes as a comment: an object without its end is none.
    void finish(const std::function<void(const Event&)>& each) { finishTo(sinkFor(each)); }

    template <class Each> void finish(Each&& each) { finishTo(sinkFor(each)); }

    std::size_t pending() const { return m_pending.size(); }

    /// True once the array's closing bracket has passed.
    bool isClosed() const { return m_closed; }

private:
    bool feedTo(std::string_view piece, EventSink sink);
    void finishTo(EventSink sink);

    std::string m_pending;
    std::size_t m_elementAt
        = std::string::npos; // where the object begins, from the start of its raw
    std::size_t m_depth = 0; // inside the object
    bool m_inArray = false;
    bool m_inString = false;
    bool m_escaped = false;
    bool m_closed = false;
    bool m_tooLarge = false;
};

}
