// The parser is ours and not Beast's: it accepts less (no bare LF, no folding, no guessing at
// lengths), and one pass over a received block is all the work there is.
#include "engine/http_head.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace waystation {

namespace {

enum CharClass : unsigned char { TokenChar = 1, ValueChar = 2, TargetChar = 4, HostChar = 8 };

constexpr std::array<unsigned char, 256> makeClasses()
{
    std::array<unsigned char, 256> classes{};
    const auto add = [&classes](std::string_view chars, unsigned char which) {
        for (const char c : chars)
            classes[static_cast<unsigned char>(c)] |= which;
    };
    constexpr std::string_view letters
        = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    add(letters, TokenChar | HostChar);
    add("!#$%&'*+-.^_`|~", TokenChar);
    add("-._~!$&'()*+;=%", HostChar); // no comma: a list of hosts is no host
    for (int c = 0; c < 256; ++c) {
        if (c == '\t' || (c >= 0x20 && c != 0x7f))
            classes[static_cast<std::size_t>(c)] |= ValueChar;
        // A fragment is never sent, and a backslash is a slash to some readers.
        if (c > 0x20 && c < 0x7f && c != '#' && c != '\\')
            classes[static_cast<std::size_t>(c)] |= TargetChar;
    }
    return classes;
}

constexpr auto charClasses = makeClasses();

bool allOf(std::string_view text, CharClass which)
{
    return std::all_of(text.begin(), text.end(),
        [which](char c) { return (charClasses[static_cast<unsigned char>(c)] & which) != 0; });
}

std::string_view withoutBlanks(std::string_view text)
{
    const auto isBlank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back()))
        text.remove_suffix(1);
    return text;
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

std::optional<std::uint64_t> decimal(std::string_view text)
{
    if (text.empty() || text.size() > 19 || !std::all_of(text.begin(), text.end(), isDigit))
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text)
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    return value;
}

/// host [":" port], an IPv6 address in brackets.
bool isAuthority(std::string_view text)
{
    std::string_view port;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || end < 3)
            return false;
        const std::string_view address = text.substr(1, end - 1);
        if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
            return false;
        const std::string_view rest = text.substr(end + 1);
        if (rest.empty())
            return true;
        if (rest.front() != ':')
            return false;
        port = rest.substr(1);
    } else {
        const std::size_t colon = text.find(':');
        const std::string_view name = text.substr(0, colon);
        if (name.empty() || !allOf(name, HostChar))
            return false;
        if (colon == std::string_view::npos)
            return true;
        port = text.substr(colon + 1);
    }
    return port.size() <= 5 && std::all_of(port.begin(), port.end(), isDigit);
}

/// An escaped NUL or line end in a target has no honest use and cuts strings or log lines further
/// on.
bool hidesControl(std::string_view target)
{
    for (std::size_t at = target.find('%'); at != std::string_view::npos;
         at = target.find('%', at + 1)) {
        const std::string_view digits = target.substr(at + 1, 2);
        if (digits == "00" || equalsIgnoringCase(digits, "0a") || equalsIgnoringCase(digits, "0d"))
            return true;
    }
    return false;
}

struct RequestLine
{
    std::string_view method;
    std::string_view path;
    std::string_view query;
    std::string_view authority; // of an absolute target, else empty
    bool isHttp10 = false;
};

HeadResult<RequestLine> parseRequestLine(std::string_view line, const HeadLimits& limits)
{
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    RequestLine parsed;
    parsed.method = line.substr(0, first);
    if (parsed.method.empty() || parsed.method.size() > 32 || !allOf(parsed.method, TokenChar))
        return HeadRefusal{400, "The method is not a token."};
    if (first == std::string_view::npos || last == first)
        return HeadRefusal{400, "The request line has not three parts."};

    const std::string_view version = line.substr(last + 1);
    const bool looksLikeVersion = version.size() == 8 && version.substr(0, 5) == "HTTP/"
        && isDigit(version[5]) && version[6] == '.' && isDigit(version[7]);
    if (!looksLikeVersion)
        return HeadRefusal{400, "The request line does not end in an HTTP version."};
    if (version[5] != '1' || version[7] > '1')
        return HeadRefusal{505, "This listener speaks HTTP/1.1 and HTTP/1.0."};
    parsed.isHttp10 = version[7] == '0';

    std::string_view target = line.substr(first + 1, last - first - 1);
    if (target.size() > limits.target)
        return HeadRefusal{414, "The request target is too long."};
    if (target.empty() || !allOf(target, TargetChar) || hidesControl(target))
        return HeadRefusal{400, "The request target has characters that do not belong there."};

    constexpr std::array<std::string_view, 7> methods{
        "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"};
    if (std::find(methods.begin(), methods.end(), parsed.method) == methods.end())
        return HeadRefusal{501, "This listener has no use for that method."};

    if (target == "*") {
        if (parsed.method != "OPTIONS")
            return HeadRefusal{400, "Only OPTIONS may ask for the target \"*\"."};
        parsed.path = target;
        return parsed;
    }
    if (target.front() != '/') {
        std::size_t prefix = 0;
        if (startsWithIgnoringCase(target, "http://"))
            prefix = 7;
        else if (startsWithIgnoringCase(target, "https://"))
            prefix = 8;
        else
            return HeadRefusal{400, "The request target does not begin with a slash."};
        target.remove_prefix(prefix);
        const std::size_t end = std::min(target.find_first_of("/?"), target.size());
        parsed.authority = target.substr(0, end);
        if (!isAuthority(parsed.authority))
            return HeadRefusal{400, "The request target names no valid host."};
        target.remove_prefix(end);
    }
    const std::size_t mark = target.find('?');
    parsed.path = target.substr(0, mark);
    if (parsed.path.empty())
        parsed.path = "/";
    if (mark != std::string_view::npos)
        parsed.query = target.substr(mark + 1);
    return parsed;
}

/// What the fields say about the message itself, gathered while they are read.
struct MessageFields
{
    std::optional<std::string_view> host;
    std::optional<std::string_view> length;
    std::optional<std::string_view> coding;
    bool closes = false;
    bool keepsAlive = false;
    bool expectsContinue = false;
};

HeadResult<void> noteField(std::string_view name, std::string_view value, MessageFields& message)
{
    const auto is = [name](std::string_view other) { return equalsIgnoringCase(name, other); };
    switch (name.size()) {
    case 4:
        if (!is("host"))
            break;
        if (message.host)
            return HeadRefusal{400, "There is more than one Host field."};
        if (!isAuthority(value))
            return HeadRefusal{400, "The Host field is not a host."};
        message.host = value;
        break;
    case 6:
        if (!is("expect"))
            break;
        if (!equalsIgnoringCase(value, "100-continue"))
            return HeadRefusal{417, "The expectation is not one that this listener knows."};
        message.expectsContinue = true;
        break;
    case 10:
        if (!is("connection"))
            break;
        for (const std::string_view part : split(value, ',')) {
            message.closes |= equalsIgnoringCase(withoutBlanks(part), "close");
            message.keepsAlive |= equalsIgnoringCase(withoutBlanks(part), "keep-alive");
        }
        break;
    case 14:
        // An underscore is a hyphen to CGI-like readers, so it may frame the message for somebody
        // else.
        if (is("content_length"))
            return HeadRefusal{400, "A field name looks like Content-Length but is not."};
        if (!is("content-length"))
            break;
        if (message.length)
            return HeadRefusal{400, "There is more than one Content-Length field."};
        message.length = value;
        break;
    case 17:
        if (is("transfer_encoding"))
            return HeadRefusal{400, "A field name looks like Transfer-Encoding but is not."};
        if (!is("transfer-encoding"))
            break;
        if (message.coding)
            return HeadRefusal{400, "There is more than one Transfer-Encoding field."};
        message.coding = value;
        break;
    default:
        break;
    }
    return {};
}

HeadResult<void> frame(const MessageFields& message, ParsedHead& parsed)
{
    if (message.coding) {
        if (message.length)
            return HeadRefusal{400, "Content-Length and Transfer-Encoding exclude each other."};
        if (parsed.isHttp10)
            return HeadRefusal{400, "HTTP/1.0 has no Transfer-Encoding."};
        if (!equalsIgnoringCase(*message.coding, "chunked")) {
            const int status = isToken(*message.coding) ? 501 : 400;
            return HeadRefusal{status, "The only Transfer-Encoding served is chunked."};
        }
        parsed.framing = Framing::Chunked;
    } else if (message.length) {
        const auto length = decimal(*message.length);
        if (!length)
            return HeadRefusal{400, "Content-Length is not a number."};
        parsed.framing = Framing::Length;
        parsed.length = *length;
    }
    return {};
}

}

bool isToken(std::string_view text)
{
    return !text.empty() && allOf(text, TokenChar);
}

bool isFieldValue(std::string_view text)
{
    return allOf(text, ValueChar);
}

HeadResult<std::size_t> HeadScan::find(std::string_view received)
{
    const std::size_t lookedBefore = m_looked;
    for (;;) {
        const std::size_t feed = received.find('\n', m_looked);
        if (feed == std::string_view::npos) {
            m_looked = received.size();
            break;
        }
        m_looked = feed + 1;
        if (feed == m_lineStart || received[feed - 1] != '\r')
            return HeadRefusal{400, "A line ends without CRLF."};
        const std::string_view line = received.substr(m_lineStart, feed - 1 - m_lineStart);
        m_lineStart = m_looked;
        if (!line.empty()) {
            if (!m_sawRequestLine && received.size() == m_looked) {
                // Nothing follows yet, so what is wrong with the first line is told now and not at
                // the time limit.
                if (const auto parsed = parseRequestLine(line, m_limits); !parsed)
                    return parsed.error();
            }
            m_sawRequestLine = true;
            continue;
        }
        if (m_sawRequestLine) {
            if (m_looked > m_limits.bytes)
                return HeadRefusal{431, "The head of the request is too large."};
            return m_looked;
        }
        // Some clients send an empty line after a body; two are borne.
        if (m_looked > 4)
            return HeadRefusal{400, "The request begins with empty lines."};
    }

    // A carriage return anywhere but before a line feed ends a line for some readers and not for
    // others.
    const std::size_t from = std::max(m_lineStart, lookedBefore > 0 ? lookedBefore - 1 : 0);
    const std::size_t carriageReturn = received.find('\r', from);
    if (carriageReturn != std::string_view::npos && carriageReturn + 1 < received.size())
        return HeadRefusal{400, "A line ends without CRLF."};
    if (!m_sawRequestLine) {
        const std::string_view begun = received.substr(m_lineStart);
        if (!begun.empty() && begun.front() != '\r' && !allOf(begun.substr(0, 1), TokenChar))
            return HeadRefusal{400, "This is not HTTP."};
        if (begun.size() > m_limits.target + 64)
            return HeadRefusal{414, "The request target is too long."};
    }
    if (received.size() > m_limits.bytes)
        return HeadRefusal{431, "The head of the request is too large."};
    return 0;
}

HeadResult<ParsedHead> parseHead(std::string_view block, const HeadLimits& limits)
{
    while (block.substr(0, 2) == "\r\n")
        block.remove_prefix(2);
    // The block ends with the blank line; every line here is known to end in CRLF.
    const auto takeLine = [&block] {
        const std::size_t feed = std::min(block.find('\n'), block.size());
        const std::string_view line = block.substr(0, feed > 0 ? feed - 1 : 0);
        block.remove_prefix(std::min(feed + 1, block.size()));
        return line;
    };

    const auto requestLine = parseRequestLine(takeLine(), limits);
    if (!requestLine)
        return requestLine.error();

    ParsedHead parsed;
    parsed.isHttp10 = requestLine->isHttp10;
    parsed.head.method = requestLine->method;
    parsed.head.path = requestLine->path;
    parsed.head.query = requestLine->query;

    MessageFields message;
    for (std::string_view line = takeLine(); !line.empty(); line = takeLine()) {
        if (parsed.head.headers.size() == limits.fields)
            return HeadRefusal{431, "The request has too many fields."};
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos)
            return HeadRefusal{400, "A field has no colon."};
        const std::string_view name = line.substr(0, colon);
        if (!isToken(name)) // also a folded line and a space before the colon
            return HeadRefusal{400, "A field name is not a token."};
        const std::string_view value = withoutBlanks(line.substr(colon + 1));
        if (!isFieldValue(value))
            return HeadRefusal{400, "A field value has control characters."};
        if (const auto noted = noteField(name, value, message); !noted)
            return noted.error();
        parsed.head.headers.add(name, value);
    }

    if (!parsed.isHttp10 && !message.host)
        return HeadRefusal{400, "The Host field is missing."};
    if (!requestLine->authority.empty()) {
        if (message.host && !equalsIgnoringCase(*message.host, requestLine->authority))
            return HeadRefusal{400, "The target and the Host field name different hosts."};
        if (!message.host)
            parsed.head.headers.add("Host", requestLine->authority);
    }
    if (const auto framed = frame(message, parsed); !framed)
        return framed.error();

    parsed.keepsAlive = !message.closes && (!parsed.isHttp10 || message.keepsAlive);
    parsed.expectsContinue
        = message.expectsContinue && !parsed.isHttp10 && parsed.framing != Framing::None;
    return parsed;
}

std::string_view reasonPhrase(int status)
{
    switch (status) {
    case 100:
        return "Continue";
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 301:
        return "Moved Permanently";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 402:
        return "Payment Required";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 411:
        return "Length Required";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 416:
        return "Range Not Satisfiable";
    case 417:
        return "Expectation Failed";
    case 421:
        return "Misdirected Request";
    case 422:
        return "Unprocessable Content";
    case 424:
        return "Failed Dependency";
    case 425:
        return "Too Early";
    case 426:
        return "Upgrade Required";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 499:
        return "Client Closed Request";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    case 505:
        return "HTTP Version Not Supported";
    case 507:
        return "Insufficient Storage";
    case 508:
        return "Loop Detected";
    case 529:
        return "Overloaded";
    default:
        return "Unknown";
    }
}

}
