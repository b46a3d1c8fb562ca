#pragma once

#include "base/error.h"
#include "relay/request.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waystation {

/// Reads one HTTP/1.x reply from octets that others receive. Knows no socket.
///
/// The head is kept (at most 256 KiB with all 1xx heads before it); 1xx heads are passed over, a
/// limited number of them. Of the body nothing is kept: pieces are views into what the caller gave.
/// Bare LF ends a line of the head, never one of the chunk framing. Every contradiction about where
/// the body ends is a BadReply.
class ReplyParser
{
public:
    static constexpr std::size_t mostHeadOctets = 256 * 1024;
    static constexpr std::size_t mostFields = 2000;
    static constexpr int mostInterimHeads = 64;

    enum class Framing { None, Length, Chunked, UntilClose };

    /// `withoutBody`: the answer to HEAD or CONNECT.
    explicit ReplyParser(bool withoutBody = false)
        : m_withoutBody(withoutBody)
    {
    }

    /// Takes what belongs to the head from the front of `octets`; true when the head is whole (what
    /// is left is body). Errors: BadReply.
    Result<bool> readHead(std::string_view& octets);

    /// Good once readHead said true.
    ReplyHead& head() { return m_head; }

    Framing framing() const { return m_framing; }

    /// True while no octet of the final head has come.
    bool headIsUntouched() const { return m_text.empty(); }

    /// True once any octet of any head has come.
    bool hasBegun() const { return m_begun; }

    /// The body octets among `octets`, in one run: the data of several chunks is moved together in
    /// place. `used` says how many octets were taken, all of them unless the body ended before.
    /// Errors: BadReply.
    Result<std::string_view> readBody(char* octets, std::size_t count, std::size_t& used);

    /// The body's end was seen.
    bool isDone() const { return m_done; }

    /// The connection ended in an orderly way. Errors: Cut unless the body may end like this.
    Result<void> inputEnded();

    /// Both the version and the fields let another request follow on the connection.
    bool keepsConnection() const { return m_keeps && m_framing != Framing::UntilClose; }

private:
    enum class Chunk {
        SizeStart,
        Size,
        Extension,
        SizeEnd,
        Data,
        DataCr,
        DataLf,
        LineStart,
        Line,
        LineEnd,
        LastEnd
    };

    Result<void> parseHead();
    Result<void> parseFraming();
    Result<std::string_view> readChunks(char* octets, std::size_t count, std::size_t& used);

    std::string m_text;
    std::size_t m_lineStart = 0;
    std::size_t m_headOctets = 0;
    int m_interimHeads = 0;
    bool m_withoutBody = false;
    bool m_begun = false;
    bool m_isHttp11 = true;
    bool m_keeps = false;
    bool m_done = false;
    Framing m_framing = Framing::None;
    ReplyHead m_head;

    std::uint64_t m_left = 0; // of the length, or of the chunk
    Chunk m_chunk = Chunk::SizeStart;
    int m_sizeDigits = 0;
    std::size_t m_sideOctets = 0; // of a chunk's extension, or of all trailers
};

}
