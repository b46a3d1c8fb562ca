#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waystation {

/// Takes a chunked request body apart, strictly: sizes are bare hexadecimal digits, lines end in
/// CRLF, extensions are read by their grammar and dropped, trailers are bounded, checked and
/// dropped.
class ChunkedDecoder
{
public:
    /// `most` octets of payload, else TooLarge (told from the chunk's size, before its octets
    /// come).
    explicit ChunkedDecoder(std::uint64_t most)
        : m_most(most)
    {
    }

    /// Takes octets from the front of `received` and appends payload to `out`; gives how many it
    /// took. All of them, unless the body ended before. Errors: BadRequest, TooLarge.
    Result<std::size_t> feed(std::string_view received, std::string& out);

    bool isDone() const { return m_state == State::Done; }

    std::uint64_t payloadBytes() const { return m_payload; }

private:
    enum class State { Size, Payload, PayloadEnd, Trailer, Done };

    Result<void> sizeLine(std::string_view line);
    Result<void> trailerLine(std::string_view line);

    std::uint64_t m_most;
    std::uint64_t m_payload = 0;
    std::uint64_t m_left = 0; // of the chunk
    std::size_t m_extensionBytes = 0;
    std::size_t m_trailerBytes = 0;
    State m_state = State::Size;
    std::string m_line; // the part of a line that came so far
};

}
