#include "engine/reply_parser.h"

#include "base/text.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace waystation {

namespace {

constexpr std::size_t mostSideOctets = 16 * 1024;
constexpr int mostSizeDigits = 15;

Error bad(std::string message)
{
    return Error{ErrorKind::BadReply, std::move(message)};
}

bool isTokenCharacter(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    return c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
}

bool isToken(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), isTokenCharacter);
}

bool isFieldValue(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet == '\t' || (octet >= 0x20 && octet != 0x7f);
    });
}

std::optional<std::uint64_t> readLength(std::string_view text)
{
    if (text.empty() || text.size() > 18)
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9')
            return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

}

Result<bool> ReplyParser::readHead(std::string_view& octets)
{
    while (!octets.empty()) {
        m_begun = true;
        const auto end = octets.find('\n');
        const auto part = octets.substr(0, end == std::string_view::npos ? end : end + 1);
        m_headOctets += part.size();
        if (m_headOctets > mostHeadOctets)
            return bad("The head of the answer is larger than 256 KiB.");
        m_text += part;
        octets.remove_prefix(part.size());

        constexpr std::string_view start = "HTTP/1.";
        if (m_text.compare(0, std::min(m_text.size(), start.size()), start, 0,
                std::min(m_text.size(), start.size()))
            != 0)
            return bad("The answer is not HTTP/1.");
        if (end == std::string_view::npos)
            return false;

        const std::string_view line = std::string_view(m_text).substr(m_lineStart);
        const bool isLast = line == "\n" || line == "\r\n";
        m_lineStart = m_text.size();
        if (!isLast)
            continue;

        if (const auto parsed = parseHead(); !parsed)
            return parsed.error();
        if (m_head.status >= 200)
            return true;
        if (m_head.status == 101)
            return bad("The answer switches to another protocol, which was not asked for.");
        if (++m_interimHeads > mostInterimHeads)
            return bad("The answer has too many interim (1xx) heads.");
        m_text.clear();
        m_lineStart = 0;
        m_head = ReplyHead{};
    }
    return false;
}

Result<void> ReplyParser::parseHead()
{
    std::string_view rest = m_text;
    const auto nextLine = [&rest] {
        const auto end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        return line;
    };

    // "HTTP/1.1 200 OK"; the reason and the space before it may be absent.
    const std::string_view first = nextLine();
    const bool shaped = first.size() >= 12 && (first[7] == '0' || first[7] == '1')
        && first[8] == ' ' && (first.size() == 12 || first[12] == ' ') && isFieldValue(first);
    const auto status = shaped ? readLength(first.substr(9, 3)) : std::nullopt;
    if (!status || *status < 100 || *status > 599)
        return bad("The answer has no proper status line.");
    m_isHttp11 = first[7] == '1';
    m_head.status = static_cast<int>(*status);

    std::string name;
    std::string value;
    std::size_t fields = 0;
    const auto addField = [&] {
        if (!name.empty())
            m_head.headers.add(name, value);
    };
    for (;;) {
        const std::string_view line = nextLine();
        if (line.empty())
            break;
        if (!isFieldValue(line))
            return bad("The head of the answer holds control characters.");
        if (line.front() == ' ' || line.front() == '\t') {
            if (name.empty())
                return bad("The head of the answer begins with a continued line.");
            value += ' ';
            value += trimmed(line);
            continue;
        }
        addField();
        if (++fields > mostFields)
            return bad("The head of the answer has too many fields.");
        const auto colon = line.find(':');
        if (colon == std::string_view::npos || !isToken(line.substr(0, colon)))
            return bad("The head of the answer has a broken field.");
        name = line.substr(0, colon);
        value = trimmed(line.substr(colon + 1));
    }
    addField();
    if (m_head.status < 200)
        return {};
    return parseFraming();
}

Result<void> ReplyParser::parseFraming()
{
    const Headers& headers = m_head.headers;
    std::optional<std::uint64_t> length;
    std::string_view coding;
    bool isCoded = false;
    bool saysClose = false;
    bool saysKeep = false;
    for (const auto& field : headers) {
        if (equalsIgnoringCase(field.name, "content-length")) {
            for (const auto part : split(field.value, ',')) {
                const auto one = readLength(trimmed(part));
                if (!one || (length && *length != *one))
                    return bad("The answer contradicts itself about its length.");
                length = one;
            }
        } else if (equalsIgnoringCase(field.name, "transfer-encoding")) {
            if (isCoded)
                return bad("The answer has several transfer codings.");
            isCoded = true;
            coding = field.value;
        } else if (equalsIgnoringCase(field.name, "connection")) {
            for (const auto part : split(field.value, ',')) {
                saysClose = saysClose || equalsIgnoringCase(trimmed(part), "close");
                saysKeep = saysKeep || equalsIgnoringCase(trimmed(part), "keep-alive");
            }
        }
    }
    m_keeps = !saysClose && (m_isHttp11 || saysKeep);

    if (isCoded && length)
        return bad("The answer has both a length and a transfer coding.");
    if (isCoded && (!m_isHttp11 || !equalsIgnoringCase(coding, "chunked")))
        return bad("The answer has a transfer coding that is not known here.");

    if (m_withoutBody || m_head.status == 204 || m_head.status == 304) {
        m_framing = Framing::None;
        m_done = true;
    } else if (isCoded) {
        m_framing = Framing::Chunked;
    } else if (length) {
        m_framing = Framing::Length;
        m_left = *length;
        m_done = m_left == 0;
    } else {
        m_framing = Framing::UntilClose;
    }
    return {};
}

Result<std::string_view> ReplyParser::readBody(char* octets, std::size_t count, std::size_t& used)
{
    used = 0;
    if (m_done || count == 0)
        return std::string_view();
    if (m_framing == Framing::Chunked)
        return readChunks(octets, count, used);
    used = count;
    if (m_framing == Framing::Length) {
        used = static_cast<std::size_t>(std::min<std::uint64_t>(count, m_left));
        m_left -= used;
        m_done = m_left == 0;
    }
    return std::string_view(octets, used);
}

Result<std::string_view> ReplyParser::readChunks(char* octets, std::size_t count, std::size_t& used)
{
    char* out = nullptr; // where the run of data began
    std::size_t outSize = 0;
    std::size_t at = 0;
    const auto broken = [] { return bad("The answer's chunks are broken."); };

    while (at < count && !m_done) {
        const char c = octets[at];
        switch (m_chunk) {
        case Chunk::SizeStart:
        case Chunk::Size:
            if (const int digit = hexValue(c); digit >= 0) {
                if (++m_sizeDigits > mostSizeDigits)
                    return broken();
                m_left = m_left * 16 + static_cast<std::uint64_t>(digit);
                m_chunk = Chunk::Size;
            } else if (m_chunk == Chunk::SizeStart) {
                return broken();
            } else if (c == '\r') {
                m_chunk = Chunk::SizeEnd;
            } else if (c == ';' || c == ' ' || c == '\t') {
                m_chunk = Chunk::Extension;
                m_sideOctets = 0;
            } else {
                return broken();
            }
            ++at;
            break;
        case Chunk::Extension:
            if (c == '\r')
                m_chunk = Chunk::SizeEnd;
            else if (c == '\n' || ++m_sideOctets > mostSideOctets)
                return broken();
            ++at;
            break;
        case Chunk::SizeEnd:
            if (c != '\n')
                return broken();
            m_sideOctets = 0;
            m_chunk = m_left == 0 ? Chunk::LineStart : Chunk::Data;
            ++at;
            break;
        case Chunk::Data: {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, count - at));
            if (!out)
                out = octets + at;
            else
                std::memmove(out + outSize, octets + at, size);
            outSize += size;
            at += size;
            m_left -= size;
            if (m_left == 0)
                m_chunk = Chunk::DataCr;
            break;
        }
        case Chunk::DataCr:
            if (c != '\r')
                return broken();
            m_chunk = Chunk::DataLf;
            ++at;
            break;
        case Chunk::DataLf:
            if (c != '\n')
                return broken();
            m_chunk = Chunk::SizeStart;
            m_sizeDigits = 0;
            ++at;
            break;
        case Chunk::LineStart:
            m_chunk = c == '\r' ? Chunk::LastEnd : Chunk::Line;
            if (c == '\n')
                return broken();
            ++at;
            break;
        case Chunk::Line:
            if (c == '\r')
                m_chunk = Chunk::LineEnd;
            else if (c == '\n' || ++m_sideOctets > mostSideOctets)
                return broken();
            ++at;
            break;
        case Chunk::LineEnd:
            if (c != '\n')
                return broken();
            m_chunk = Chunk::LineStart;
            ++at;
            break;
        case Chunk::LastEnd:
            if (c != '\n')
                return broken();
            m_done = true;
            ++at;
            break;
        }
    }
    used = at;
    return std::string_view(out ? out : octets, outSize);
}

Result<void> ReplyParser::inputEnded()
{
    if (m_framing == Framing::UntilClose)
        m_done = true;
    if (m_done)
        return {};
    return Error{ErrorKind::Cut, "The answer ended before its end."};
}

}
