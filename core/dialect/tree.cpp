#include "dialect/tree.h"

#include "dialect/json.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace waystation::json {

namespace {

constexpr std::size_t deepest = 256;
constexpr std::size_t leastCapacity = 4096;

bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// The number grammar of JSON.
bool isNumber(std::string_view text)
{
    std::size_t at = 0;
    const auto digits = [&] {
        const std::size_t first = at;
        while (at < text.size() && isDigit(text[at]))
            ++at;
        return at > first;
    };
    if (at < text.size() && text[at] == '-')
        ++at;
    const std::size_t whole = at;
    if (!digits() || (text[whole] == '0' && at - whole > 1))
        return false;
    if (at < text.size() && text[at] == '.') {
        ++at;
        if (!digits())
            return false;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-'))
            ++at;
        if (!digits())
            return false;
    }
    return at == text.size();
}

bool isHex(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Whether every escape inside a string is one that JSON knows; the first backslash stands at `at`.
bool hasGoodEscapes(const char* at, const char* end)
{
    // Code has an escape every few octets, so the octets are walked over one by one from here.
    while (at < end) {
        if (*at != '\\') {
            ++at;
            continue;
        }
        switch (end - at > 1 ? at[1] : '\0') {
        case 'u':
            if (end - at < 6 || !isHex(at[2]) || !isHex(at[3]) || !isHex(at[4]) || !isHex(at[5]))
                return false;
            at += 6;
            break;
        case '"':
        case '\\':
        case '/':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't':
            at += 2;
            break;
        default:
            return false;
        }
    }
    return true;
}

/// simdjson's first stage finds where every token begins and checks the encoding; the values are put together here, so
/// that their texts stay as they were received.
struct Scanner
{
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
    std::size_t capacity = 0;

    bool scan(std::string_view text)
    {
        if (text.size() > capacity || !stages || capacity > 8 * mostKept) {
            const std::size_t wanted = std::bit_ceil(std::max(text.size(), leastCapacity));
            capacity = 0;
            if (simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, deepest, stages))
                return false;
            capacity = wanted;
        }
        const auto* octets = reinterpret_cast<const std::uint8_t*>(text.data());
        return stages->stage1(octets, text.size(), simdjson::stage1_mode::regular) == simdjson::SUCCESS;
    }
};

}

bool Tree::parse(std::string_view text)
{
    m_text = text;
    m_nodes.clear();
    m_open.clear();
    m_problem = "";
    // One for each thread: a thousand streams do not each need one.
    static thread_local Scanner scanner;
    if (text.size() >= 0xFFFFFFF0u)
        m_problem = "larger than 4 GiB";
    else if (!scanner.scan(text))
        m_problem = "not JSON, or not UTF-8";
    else if (build(scanner.stages->structural_indexes.get(), scanner.stages->n_structural_indexes))
        return true;
    m_nodes.clear();
    return false;
}

bool Tree::build(const std::uint32_t* starts, std::uint32_t count)
{
    m_nodes.reserve(count / 2 + 1);
    m_problem = "not JSON";

    enum class Expects { Value, ValueOrClose, KeyOrClose, Key, Colon, CommaOrClose, Nothing };
    Expects expects = Expects::Value;
    // Where the token that begins at start `i` ends: behind its last octet that is no blank.
    const auto endOf = [&](std::uint32_t i) {
        std::size_t end = i + 1 < count ? starts[i + 1] : m_text.size();
        while (end > starts[i] && isBlank(m_text[end - 1]))
            --end;
        return static_cast<std::uint32_t>(end);
    };
    const auto afterValue = [&] { return m_open.empty() ? Expects::Nothing : Expects::CommaOrClose; };

    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t at = starts[i];
        const char c = m_text[at];
        switch (c) {
        case '{':
        case '[':
            if (expects != Expects::Value && expects != Expects::ValueOrClose)
                return false;
            if (m_open.size() >= deepest) {
                m_problem = "nested deeper than 256 levels";
                return false;
            }
            m_open.push_back(static_cast<std::uint32_t>(m_nodes.size()));
            m_nodes.push_back({at, 0, 0, c == '{' ? Kind::Object : Kind::Array});
            expects = c == '{' ? Expects::KeyOrClose : Expects::ValueOrClose;
            break;
        case '}':
        case ']': {
            const bool mayClose = expects == Expects::CommaOrClose || expects == (c == '}' ? Expects::KeyOrClose : Expects::ValueOrClose);
            if (!mayClose || m_open.empty())
                return false;
            Node& opened = m_nodes[m_open.back()];
            if (opened.kind != (c == '}' ? Kind::Object : Kind::Array))
                return false;
            opened.length = at + 1 - opened.at;
            opened.next = static_cast<std::uint32_t>(m_nodes.size());
            m_open.pop_back();
            expects = afterValue();
            break;
        }
        case ':':
            if (expects != Expects::Colon)
                return false;
            expects = Expects::Value;
            break;
        case ',':
            if (expects != Expects::CommaOrClose)
                return false;
            expects = m_nodes[m_open.back()].kind == Kind::Object ? Expects::Key : Expects::Value;
            break;
        case '"': {
            const std::uint32_t end = endOf(i);
            if (end < at + 2 || m_text[end - 1] != '"')
                return false;
            const bool isKey = expects == Expects::KeyOrClose || expects == Expects::Key;
            if (!isKey && expects != Expects::Value && expects != Expects::ValueOrClose)
                return false;
            const char* const inside = m_text.data() + at + 1;
            const char* const insideEnd = m_text.data() + end - 1;
            const auto* const slash = static_cast<const char*>(std::memchr(inside, '\\', static_cast<std::size_t>(insideEnd - inside)));
            if (slash && !hasGoodEscapes(slash, insideEnd))
                return false;
            const auto next = static_cast<std::uint32_t>(m_nodes.size() + 1);
            m_nodes.push_back({at, end - at, next, Kind::String, slash != nullptr});
            expects = isKey ? Expects::Colon : afterValue();
            break;
        }
        default: {
            if (expects != Expects::Value && expects != Expects::ValueOrClose)
                return false;
            const std::string_view token = m_text.substr(at, endOf(i) - at);
            Kind kind = Kind::Number;
            if (token == "true")
                kind = Kind::True;
            else if (token == "false")
                kind = Kind::False;
            else if (token == "null")
                kind = Kind::Null;
            else if (!isNumber(token))
                return false;
            const auto next = static_cast<std::uint32_t>(m_nodes.size() + 1);
            m_nodes.push_back({at, static_cast<std::uint32_t>(token.size()), next, kind});
            expects = afterValue();
        }
        }
    }
    if (expects != Expects::Nothing)
        return false;
    m_problem = "";
    return true;
}

Value Value::operator[](std::string_view key) const
{
    if (!isObject())
        return {};
    const std::vector<Tree::Node>& nodes = m_tree->m_nodes;
    const char* const text = m_tree->m_text.data();
    for (std::uint32_t at = m_index + 1; at < nodes[m_index].next; at = nodes[at + 1].next) {
        const Tree::Node& name = nodes[at];
        const bool isIt = name.hasEscapes ? RawText({text + name.at + 1, name.length - 2}).toString() == key
                                          : name.length == key.size() + 2 && std::memcmp(text + name.at + 1, key.data(), key.size()) == 0;
        if (isIt)
            return {m_tree, at + 1};
    }
    return {};
}

std::optional<double> Value::number() const
{
    std::string_view digits;
    if (kind() == Kind::Number)
        digits = raw();
    else if (kind() == Kind::String)
        digits = text().escaped();
    if (digits.empty())
        return std::nullopt;
    return numberFrom(digits);
}

std::optional<std::int64_t> Value::integer() const
{
    if (kind() == Kind::Number) {
        const std::string_view digits = raw();
        std::int64_t whole = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
        if (error == std::errc() && end == digits.data() + digits.size())
            return whole;
    }
    const auto value = number();
    if (!value || !(std::abs(*value) < 9e18))
        return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

std::optional<bool> Value::boolean() const
{
    switch (kind()) {
    case Kind::True:
        return true;
    case Kind::False:
        return false;
    case Kind::String:
        if (is("true"))
            return true;
        if (is("false"))
            return false;
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

std::size_t Value::size() const
{
    std::size_t count = 0;
    if (isArray()) {
        for (Iterator each = begin(); each != end(); ++each)
            ++count;
    } else if (isObject()) {
        const Fields all = fields();
        for (auto each = all.begin(); each != all.end(); ++each)
            ++count;
    }
    return count;
}

Value::Iterator Value::begin() const
{
    return {m_tree, isArray() ? m_index + 1 : 0};
}

Value::Iterator Value::end() const
{
    return {m_tree, isArray() ? m_tree->m_nodes[m_index].next : 0};
}

Value::Fields Value::fields() const
{
    if (!isObject())
        return {m_tree, 0, 0};
    return {m_tree, m_index + 1, m_tree->m_nodes[m_index].next};
}

}
