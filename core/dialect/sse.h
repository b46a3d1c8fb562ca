#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace waystation {

/// Cuts a text/event-stream into events, whatever pieces it comes in (the WHATWG rules: LF, CR or CRLF, BOM,
/// several data lines, comments). An event that lies whole in one piece is not copied.
class SseReader
{
public:
    struct Event
    {
        std::string_view name;  // "" when there is no event field
        std::string_view data;  // data lines joined with LF; "" for a block of comments only
        std::string_view raw;   // the octets of the block with its blank line
        bool isComment = false; // nothing but comments or unknown fields
    };

    /// Largest block kept while it waits for its end: 32 MiB.
    static constexpr std::size_t mostOctets = 32u << 20;

    /// Calls `each` for every event that `piece` completes; views are good until `each` returns.
    /// False when a block grew over mostOctets.
    bool feed(std::string_view piece, const std::function<void(const Event&)>& each);
    /// At the end of the stream: a last block without its blank line still counts.
    void finish(const std::function<void(const Event&)>& each);
    /// Octets of a begun event that wait for the rest.
    std::size_t pending() const { return m_pending.size(); }

private:
    std::string m_pending;
    std::string m_joined;
    bool m_started = false;
    // further members as the reader needs them
};

}
