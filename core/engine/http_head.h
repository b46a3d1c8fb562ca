#pragma once

#include "relay/request.h"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waystation {

struct HeadLimits
{
    std::size_t bytes = 64 * 1024; // request line and fields together, else 431
    std::size_t target = 16 * 1024; // else 414
    std::size_t fields = 200; // else 431
};

/// Why a head is not served: the status to answer with and a fixed English sentence.
struct HeadRefusal
{
    HeadRefusal() = default;

    HeadRefusal(int status, const char* reason)
        : status(status)
        , reason(reason)
    {
    }

    int status = 400;
    const char* reason = "";
};

template <class T> using HeadResult = boost::system::result<T, HeadRefusal>;

enum class Framing { None, Length, Chunked };

/// A head that leaves no doubt about where its body ends.
struct ParsedHead
{
    RequestHead head; // `fromLoopback` is the connection's to say
    Framing framing = Framing::None;
    std::uint64_t length = 0; // with Framing::Length
    bool isHttp10 = false;
    bool keepsAlive = true; // by version and Connection field
    bool expectsContinue = false;
};

/// Looks for the end of a head while its octets come in, without looking at any of them twice, and
/// tells early what can never become one.
class HeadScan
{
public:
    explicit HeadScan(const HeadLimits& limits)
        : m_limits(limits)
    {
    }

    /// `received` is everything since the head began; it only grows between calls. Gives the octets
    /// of the head with its blank line, 0 while it is not whole.
    HeadResult<std::size_t> find(std::string_view received);

private:
    HeadLimits m_limits;
    std::size_t m_lineStart = 0;
    std::size_t m_looked = 0;
    bool m_sawRequestLine = false;
};

/// Reads a whole head as HeadScan found it (empty lines before the request line are skipped).
/// Accepts HTTP/1.0 and 1.1 in their strict grammar only; where RFC 9112 lets a server repair or
/// guess, this refuses.
HeadResult<ParsedHead> parseHead(std::string_view block, const HeadLimits& limits);

/// RFC 9110 token characters.
bool isToken(std::string_view text);
/// A field value without control characters other than tab.
bool isFieldValue(std::string_view text);

/// "OK" for 200; "Unknown" for a status without a registered phrase.
std::string_view reasonPhrase(int status);

}
