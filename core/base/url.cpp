#include "base/url.h"

#include "base/text.h"

#include <charconv>
#include <optional>

namespace waystation {

namespace {

bool isUnreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
        || c == '~';
}

Error invalid(std::string message)
{
    return {ErrorKind::Invalid, std::move(message)};
}

bool isHostName(std::string_view host)
{
    for (const char c : host) {
        const bool fits = isUnreserved(c) || (static_cast<unsigned char>(c) >= 0x80);
        if (!fits)
            return false;
    }
    return !host.empty() && host.size() <= 253;
}

bool isIpv6(std::string_view host)
{
    return host.find(':') != std::string_view::npos && host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

}

std::string hostField(const Origin& origin)
{
    const bool bare = origin.host.find(':') != std::string::npos;
    std::string text = bare ? "[" + origin.host + "]" : origin.host;
    if (origin.port != (origin.tls ? 443 : 80))
        text += ":" + std::to_string(origin.port);
    return text;
}

std::string toText(const Origin& origin)
{
    return (origin.tls ? "https://" : "http://") + hostField(origin);
}

bool isLoopbackHost(std::string_view host)
{
    const std::string name = lower(host);
    if (name == "localhost" || name == "::1" || name == "0:0:0:0:0:0:0:1" || name.ends_with(".localhost"))
        return true;
    const std::string_view v4 = name.starts_with("::ffff:") ? std::string_view(name).substr(7) : std::string_view(name);
    return v4.starts_with("127.") && v4.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<Url> parseUrl(std::string_view text)
{
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F)
            return invalid("an address holds no spaces or control characters");
    }
    Url url;
    std::string_view rest;
    if (startsWithIgnoringCase(text, "https://")) {
        rest = text.substr(8);
    } else if (startsWithIgnoringCase(text, "http://")) {
        rest = text.substr(7);
        url.origin.tls = false;
        url.origin.port = 80;
    } else {
        return invalid("an address starts with https:// or http://");
    }
    rest = rest.substr(0, rest.find('#'));
    const std::size_t end = rest.find_first_of("/?");
    const std::string_view authority = rest.substr(0, end);
    if (authority.find('@') != std::string_view::npos)
        return invalid("an address holds no user name or password");

    std::string_view host = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos)
            return invalid("the address has an unclosed [");
        host = authority.substr(1, close - 1);
        if (!isIpv6(host))
            return invalid("the address in brackets is not IPv6");
        const std::string_view after = authority.substr(close + 1);
        if (!after.empty() && after[0] != ':')
            return invalid("after ] only a port may follow");
        port = after.empty() ? after : after.substr(1);
        if (!after.empty() && port.empty())
            return invalid("the port is empty");
    } else {
        const std::size_t colon = authority.find(':');
        host = authority.substr(0, colon);
        if (colon != std::string_view::npos) {
            port = authority.substr(colon + 1);
            if (port.empty())
                return invalid("the port is empty");
        }
        if (!isHostName(host))
            return invalid("the address has no valid host name");
    }
    if (!port.empty()) {
        unsigned number = 0;
        const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (error != std::errc() || stop != port.data() + port.size() || number == 0 || number > 65535)
            return invalid("the port is not a number from 1 to 65535");
        url.origin.port = static_cast<std::uint16_t>(number);
    }
    url.origin.host = lower(host);
    if (end != std::string_view::npos) {
        const std::string_view tail = rest.substr(end);
        const std::size_t mark = tail.find('?');
        url.path = std::string(tail.substr(0, mark));
        if (mark != std::string_view::npos)
            url.query = std::string(tail.substr(mark + 1));
    }
    return url;
}

std::string toText(const Url& url)
{
    return toText(url.origin) + url.path + (url.query.empty() ? "" : "?" + url.query);
}

std::string percentDecoded(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hexValue(text[i + 1]) >= 0 && hexValue(text[i + 2]) >= 0) {
            result += static_cast<char>(hexValue(text[i + 1]) * 16 + hexValue(text[i + 2]));
            i += 2;
        } else {
            result += text[i];
        }
    }
    return result;
}

std::string percentEncoded(std::string_view text)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        if (isUnreserved(c)) {
            result += c;
        } else {
            const auto octet = static_cast<unsigned char>(c);
            result += {'%', digits[octet >> 4], digits[octet & 15]};
        }
    }
    return result;
}

std::string queryValue(std::string_view query, std::string_view name)
{
    for (const std::string_view part : split(query, '&')) {
        const std::size_t equals = part.find('=');
        if (percentDecoded(part.substr(0, equals)) == name)
            return equals == std::string_view::npos ? std::string() : percentDecoded(part.substr(equals + 1));
    }
    return {};
}

std::string queryWithout(std::string_view query, std::string_view name)
{
    std::string rest;
    for (const std::string_view part : split(query, '&')) {
        if (part.empty() || percentDecoded(part.substr(0, part.find('='))) == name)
            continue;
        if (!rest.empty())
            rest += '&';
        rest += part;
    }
    return rest;
}

}
