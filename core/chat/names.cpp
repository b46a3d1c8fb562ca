#include "chat/names.h"


#include <algorithm>
#include <cstdint>

namespace waystation {

namespace {

constexpr std::size_t mostNameOctets = 64;
constexpr std::size_t hashDigits = 8;

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool fits(char c, NameRule rule)
{
    if (isLetter(c) || isDigit(c) || c == '_' || c == '-')
        return true;
    return rule == NameRule::Gemini && (c == '.' || c == ':');
}

/// FNV-1a: short texts only need to be told apart.
std::uint64_t hashOf(std::string_view text)
{
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ull;
    }
    // The low digits of FNV hardly mix on short texts.
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdull;
    return hash ^ (hash >> 33);
}

std::string hexOf(std::uint64_t number, std::size_t digits)
{
    constexpr char alphabet[] = "0123456789abcdef";
    std::string out(digits, '0');
    for (std::size_t i = digits; i-- > 0; number >>= 4)
        out[i] = alphabet[number & 15];
    return out;
}

std::string lettersOf(std::uint64_t number, std::size_t count)
{
    constexpr char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        out += alphabet[number % 62];
        number /= 62;
        if (number == 0)
            number = hashOf(out) | 1;
    }
    return out;
}

bool idFits(std::string_view id, IdRule rule)
{
    const auto isWord = [](char c) { return isLetter(c) || isDigit(c) || c == '_' || c == '-'; };
    switch (rule) {
    case IdRule::Any:
        break;
    case IdRule::Anthropic:
        return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), isWord);
    case IdRule::OpenaiChat:
        return !id.empty() && id.size() <= 40;
    case IdRule::OpenaiResponses:
        return !id.empty() && id.size() <= 64;
    case IdRule::Mistral:
        return id.size() == 9 && std::all_of(id.begin(), id.end(), [](char c) { return isLetter(c) || isDigit(c); });
    }
    return !id.empty();
}

std::string foldedId(std::string_view id, IdRule rule, unsigned round)
{
    const std::uint64_t hash = hashOf(id) + round;
    if (rule == IdRule::Mistral)
        return lettersOf(hashOf(hexOf(hash, 16)), 9);
    return "call_" + lettersOf(hashOf(hexOf(hash, 16)), 20);
}

std::string keyOf(std::string_view nameSpace, std::string_view name)
{
    std::string key(nameSpace);
    key += '\0';
    key += name;
    return key;
}

}

std::string foldedName(std::string_view name, NameRule rule)
{
    const bool startsWell = rule != NameRule::Gemini || (!name.empty() && (isLetter(name[0]) || name[0] == '_'));
    const bool isFit = !name.empty() && startsWell && name.size() <= mostNameOctets
        && std::all_of(name.begin(), name.end(), [&](char c) { return fits(c, rule); });
    if (isFit)
        return std::string(name);
    std::string folded = startsWell ? "" : "_";
    for (const char c : name) {
        if (folded.size() == mostNameOctets - hashDigits - 1)
            break;
        folded += fits(c, rule) ? c : '_';
    }
    return folded + '_' + hexOf(hashOf(name), hashDigits);
}

ToolNames::ToolNames(const ChatCall& call, NameRule rule, bool customAsFunction) : m_rule(rule)
{
    for (const Tool& tool : call.tools) {
        if (tool.kind == Tool::Kind::Server)
            continue;
        Own own {std::string(tool.name), std::string(tool.nameSpace), customAsFunction && tool.kind == Tool::Kind::Custom};
        m_own.insert_or_assign(std::string(upstreamName(tool.nameSpace, tool.name)), std::move(own));
    }
}

std::string_view ToolNames::upstreamName(std::string_view nameSpace, std::string_view name) const
{
    const auto [entry, isNew] = m_upstream.try_emplace(keyOf(nameSpace, name));
    if (isNew) {
        std::string whole(nameSpace);
        if (!whole.empty())
            whole += "__";
        whole += name;
        entry->second = foldedName(whole, m_rule);
    }
    return entry->second;
}

const ToolNames::Own* ToolNames::ownName(std::string_view upstreamName) const
{
    const auto found = m_own.find(std::string(upstreamName));
    return found == m_own.end() ? nullptr : &found->second;
}

std::string_view CallIds::idFor(std::string_view id)
{
    const auto [entry, isNew] = m_folded.try_emplace(std::string(id));
    if (!isNew)
        return entry->second;
    if (idFits(id, m_rule)) {
        entry->second = id;
    } else {
        unsigned round = 0;
        do {
            entry->second = foldedId(id, m_rule, round++);
        } while (m_taken.count(entry->second));
    }
    m_taken.emplace(entry->second, id);
    return entry->second;
}

std::string madeCallId(std::uint64_t seed, std::uint64_t number)
{
    return "call_" + lettersOf(hashOf(hexOf(seed, 16) + hexOf(number, 16)), 20);
}

}
