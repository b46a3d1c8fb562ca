#include "tokens/utf8.h"

namespace waystation {

namespace {

/// What may follow a first octet: how many, and the bounds of the next, which keep out overlong forms, surrogates and what
/// is beyond U+10FFFF.
struct Lead
{
    std::size_t following = 0;
    unsigned char lowest = 0x80;
    unsigned char highest = 0xBF;
};

Lead leadOf(unsigned char first)
{
    if (first >= 0xC2 && first <= 0xDF)
        return {1};
    if (first == 0xE0)
        return {2, 0xA0};
    if (first == 0xED)
        return {2, 0x80, 0x9F};
    if (first >= 0xE1 && first <= 0xEF)
        return {2};
    if (first == 0xF0)
        return {3, 0x90};
    if (first == 0xF4)
        return {3, 0x80, 0x8F};
    if (first >= 0xF1 && first <= 0xF3)
        return {3};
    return {};
}

}

std::string withReplacements(std::string_view text)
{
    std::string result;
    result.reserve(text.size() + 16);
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        const Lead lead = leadOf(first);
        std::size_t size = 1;
        while (size <= lead.following && at + size < text.size()) {
            const auto octet = static_cast<unsigned char>(text[at + size]);
            if (octet < (size == 1 ? lead.lowest : 0x80) || octet > (size == 1 ? lead.highest : 0xBF))
                break;
            ++size;
        }
        const bool isWhole = first < 0x80 || (lead.following > 0 && size == lead.following + 1);
        result += isWhole ? text.substr(at, size) : std::string_view("\xEF\xBF\xBD");
        at += size;
    }
    return result;
}

}
