#include "engine/chunked_decoder.h"

#include "base/text.h"
#include "engine/http_head.h"

#include <algorithm>
#include <array>

namespace waystation {

namespace {

constexpr std::size_t longestLine = 8 * 1024;
constexpr std::size_t mostExtensionBytes = 16 * 1024; // of a whole body
constexpr std::size_t mostTrailerBytes = 8 * 1024;

Error broken(const char* what)
{
    return Error{ErrorKind::BadRequest, what};
}

std::string_view takeToken(std::string_view& text)
{
    std::size_t end = 0;
    while (end < text.size() && isToken(text.substr(end, 1)))
        ++end;
    const std::string_view token = text.substr(0, end);
    text.remove_prefix(end);
    return token;
}

/// The octets of a quoted string at the front of `text`, quotes included; 0 when there is none.
std::size_t quotedLength(std::string_view text)
{
    if (text.empty() || text.front() != '"')
        return 0;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            return at + 1;
    }
    return 0;
}

/// *( ";" [blanks] token [ "=" ( token / quoted string ) ] )
bool areExtensions(std::string_view text)
{
    if (!isFieldValue(text))
        return false;
    while (!text.empty()) {
        if (text.front() != ';')
            return false;
        text.remove_prefix(1);
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        if (takeToken(text).empty())
            return false;
        if (text.empty() || text.front() != '=')
            continue;
        text.remove_prefix(1);
        if (const std::size_t quoted = quotedLength(text))
            text.remove_prefix(quoted);
        else if (takeToken(text).empty())
            return false;
    }
    return true;
}

bool mayNotTrail(std::string_view name)
{
    constexpr std::array<std::string_view, 18> names{"transfer-encoding", "content-length", "host",
        "authorization", "proxy-authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie",
        "set-cookie", "content-encoding", "connection", "te", "trailer", "expect", "upgrade",
        "origin", "www-authenticate"};
    return std::any_of(names.begin(), names.end(),
        [name](std::string_view other) { return equalsIgnoringCase(name, other); });
}

}

Result<void> ChunkedDecoder::sizeLine(std::string_view line)
{
    std::uint64_t size = 0;
    std::size_t digits = 0;
    for (; digits < line.size() && hexValue(line[digits]) >= 0; ++digits) {
        if (size >> 56)
            return broken("A chunk's size is out of range.");
        size = size * 16 + static_cast<std::uint64_t>(hexValue(line[digits]));
    }
    if (digits == 0 || digits > 32)
        return broken("A chunk has no valid size.");
    const std::string_view extensions = line.substr(digits);
    m_extensionBytes += extensions.size();
    if (m_extensionBytes > mostExtensionBytes)
        return broken("The chunk extensions are too long.");
    if (!areExtensions(extensions))
        return broken("A chunk's size is followed by something that is no extension.");
    if (size > m_most - m_payload)
        return Error{ErrorKind::TooLarge, "The body is larger than this listener takes."};
    m_left = size;
    m_state = size > 0 ? State::Payload : State::Trailer;
    return {};
}

Result<void> ChunkedDecoder::trailerLine(std::string_view line)
{
    if (line.empty()) {
        m_state = State::Done;
        return {};
    }
    m_trailerBytes += line.size() + 2;
    if (m_trailerBytes > mostTrailerBytes)
        return broken("The trailer of the body is too long.");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !isToken(line.substr(0, colon))
        || !isFieldValue(line.substr(colon + 1)))
        return broken("The trailer of the body has a broken field.");
    if (mayNotTrail(line.substr(0, colon)))
        return broken("The trailer of the body has a field that belongs in the head.");
    return {};
}

Result<std::size_t> ChunkedDecoder::feed(std::string_view received, std::string& out)
{
    const std::size_t all = received.size();
    while (!received.empty() && m_state != State::Done) {
        if (m_state == State::Payload) {
            const std::size_t part
                = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, received.size()));
            out.append(received.substr(0, part));
            received.remove_prefix(part);
            m_left -= part;
            m_payload += part;
            if (m_left == 0)
                m_state = State::PayloadEnd;
            continue;
        }
        if (m_state == State::PayloadEnd) {
            // Told by the first wrong octet: a chunk longer than its size must not wait for a line
            // end.
            const char expected = m_line.empty() ? '\r' : '\n';
            if (received.front() != expected)
                return broken("A chunk does not end where its size says.");
            received.remove_prefix(1);
            if (m_line.empty()) {
                m_line.push_back('\r');
            } else {
                m_line.clear();
                m_state = State::Size;
            }
            continue;
        }
        const std::size_t feed = received.find('\n');
        const std::size_t part = feed == std::string_view::npos ? received.size() : feed + 1;
        if (m_line.size() + part > longestLine)
            return broken("A line of the chunked body is too long.");
        if (m_state == State::Size && m_line.empty() && hexValue(received.front()) < 0)
            return broken("A chunk has no valid size.");
        m_line.append(received.substr(0, part));
        received.remove_prefix(part);
        if (feed == std::string_view::npos)
            break;
        if (m_line.size() < 2 || m_line[m_line.size() - 2] != '\r')
            return broken("A line of the chunked body ends without CRLF.");
        const std::string_view line = std::string_view(m_line).substr(0, m_line.size() - 2);
        const auto read = m_state == State::Size ? sizeLine(line) : trailerLine(line);
        m_line.clear();
        if (!read)
            return read.error();
    }
    return all - received.size();
}

}
