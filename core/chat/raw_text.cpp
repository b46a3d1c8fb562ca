#include "chat/raw_text.h"

#include "base/text.h"

#include <array>
#include <cstdint>
#include <optional>

namespace waystation {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

constexpr auto needsCare = [] {
    std::array<bool, 256> table {};
    for (std::size_t c = 0; c < 256; ++c)
        table[c] = c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
    return table;
}();

/// Octets of the well-formed UTF-8 sequence at `at`; 0 when there is none.
std::size_t sequenceAt(std::string_view text, std::size_t at)
{
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char first = octet(0);
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        if (first == 0xE0)
            low = 0xA0;
        if (first == 0xED)
            high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        if (first == 0xF0)
            low = 0x90;
        if (first == 0xF4)
            high = 0x8F;
    } else {
        return 0;
    }
    if (text.size() - at < length || octet(1) < low || octet(1) > high)
        return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (octet(i) < 0x80 || octet(i) > 0xBF)
            return 0;
    }
    return length;
}

void appendUtf8(std::string& out, std::uint32_t code)
{
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

/// The four hex digits at `at`.
std::optional<std::uint32_t> unitAt(std::string_view text, std::size_t at)
{
    if (text.size() < at + 4)
        return std::nullopt;
    std::uint32_t unit = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const int digit = hexValue(text[at + i]);
        if (digit < 0)
            return std::nullopt;
        unit = unit * 16 + static_cast<std::uint32_t>(digit);
    }
    return unit;
}

/// Reads what follows "\u" at `at`; returns how far it went.
std::size_t appendUnit(std::string& out, std::string_view text, std::size_t at)
{
    const auto unit = unitAt(text, at);
    if (!unit) {
        out += replacement;
        return at;
    }
    at += 4;
    const bool isHigh = *unit >= 0xD800 && *unit <= 0xDBFF;
    if (isHigh && text.substr(at, 2) == "\\u") {
        const auto low = unitAt(text, at + 2);
        if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
            appendUtf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
            return at + 6;
        }
    }
    if (*unit >= 0xD800 && *unit <= 0xDFFF)
        out += replacement;
    else
        appendUtf8(out, *unit);
    return at;
}

/// Where the next half without its other one stands, from `at` on; npos when there is none.
std::size_t nextLoneHalf(std::string_view escaped, std::size_t at)
{
    while ((at = escaped.find('\\', at)) != std::string_view::npos) {
        if (escaped.substr(at, 2) != "\\u") {
            at += 2;
            continue;
        }
        const auto unit = unitAt(escaped, at + 2);
        if (!unit || *unit < 0xD800 || *unit > 0xDFFF) {
            at += 6;
            continue;
        }
        const auto low = *unit < 0xDC00 && escaped.substr(at + 6, 2) == "\\u" ? unitAt(escaped, at + 8) : std::nullopt;
        if (!low || *low < 0xDC00 || *low > 0xDFFF)
            return at;
        at += 12;
    }
    return at;
}

}

bool hasLoneHalves(std::string_view escaped)
{
    return nextLoneHalf(escaped, 0) != std::string_view::npos;
}

std::string withoutLoneHalves(std::string_view escaped)
{
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = nextLoneHalf(escaped, 0); at != std::string_view::npos; at = nextLoneHalf(escaped, done)) {
        out.append(escaped, done, at - done);
        out += "\\ufffd";
        done = at + 6;
    }
    out.append(escaped, done);
    return out;
}

void appendEscaped(std::string& out, std::string_view plain)
{
    std::size_t done = 0;
    for (std::size_t at = 0; at < plain.size();) {
        const auto c = static_cast<unsigned char>(plain[at]);
        if (!needsCare[c]) {
            ++at;
            continue;
        }
        if (c >= 0x80) {
            if (const std::size_t length = sequenceAt(plain, at)) {
                at += length;
                continue;
            }
        }
        out.append(plain, done, at - done);
        switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        default:
            if (c >= 0x80) {
                out += replacement;
            } else {
                constexpr char digits[] = "0123456789abcdef";
                out += "\\u00";
                out += digits[c >> 4];
                out += digits[c & 15];
            }
        }
        done = ++at;
    }
    out.append(plain, done);
}

void appendPlain(std::string& out, std::string_view escaped)
{
    for (std::size_t at = 0; at < escaped.size();) {
        const std::size_t slash = escaped.find('\\', at);
        if (slash == std::string_view::npos) {
            out.append(escaped, at);
            return;
        }
        out.append(escaped, at, slash - at);
        at = slash + 1;
        const char c = at < escaped.size() ? escaped[at] : '\0';
        ++at;
        switch (c) {
        case 'n':
            out += '\n';
            break;
        case 't':
            out += '\t';
            break;
        case 'r':
            out += '\r';
            break;
        case 'b':
            out += '\b';
            break;
        case 'f':
            out += '\f';
            break;
        case '"':
        case '\\':
        case '/':
            out += c;
            break;
        case 'u':
            at = appendUnit(out, escaped, at);
            break;
        default:
            out += replacement;
        }
    }
}

std::string jsonString(std::string_view text)
{
    std::string out = "\"";
    appendEscaped(out, text);
    out += '"';
    return out;
}

std::string_view RawText::plain(std::string& scratch) const
{
    if (m_escaped.find('\\') == std::string_view::npos)
        return m_escaped;
    scratch.clear();
    appendPlain(scratch, m_escaped);
    return scratch;
}

std::string RawText::toString() const
{
    std::string out;
    appendPlain(out, m_escaped);
    return out;
}

bool RawText::isBlank() const
{
    for (std::size_t at = 0; at < m_escaped.size(); ++at) {
        if (m_escaped[at] == ' ')
            continue;
        const char next = m_escaped[at] == '\\' && at + 1 < m_escaped.size() ? m_escaped[++at] : 'x';
        if (next != 'n' && next != 'r' && next != 't')
            return false;
    }
    return true;
}

bool RawText::is(std::string_view plain) const
{
    if (m_escaped == plain)
        return plain.find('\\') == std::string_view::npos;
    return m_escaped.find('\\') != std::string_view::npos && toString() == plain;
}

RawText TextStore::escape(std::string_view plain)
{
    std::string escaped;
    appendEscaped(escaped, plain);
    return RawText(keep(std::move(escaped)));
}

std::string_view TextStore::plain(RawText text)
{
    if (text.escaped().find('\\') == std::string_view::npos)
        return text.escaped();
    return keep(text.toString());
}

}
