#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace waystation {

struct CodePoint
{
    char32_t value = 0;
    std::size_t size = 0; // octets
};

/// The character at `at`, which is the start of one in valid UTF-8.
inline CodePoint codePointAt(std::string_view text, std::size_t at)
{
    const auto octet = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
    const char32_t first = octet(0);
    if (first < 0x80)
        return {first, 1};
    if (first < 0xE0)
        return {(first & 0x1F) << 6 | (octet(1) & 0x3F), 2};
    if (first < 0xF0)
        return {(first & 0x0F) << 12 | (octet(1) & 0x3F) << 6 | (octet(2) & 0x3F), 3};
    return {(first & 0x07) << 18 | (octet(1) & 0x3F) << 12 | (octet(2) & 0x3F) << 6 | (octet(3) & 0x3F), 4};
}

/// `text` with U+FFFD for whatever is no UTF-8, as the WHATWG decoder and with it JavaScript and Python do: one for the
/// longest beginning of a character, and one for each other octet.
std::string withReplacements(std::string_view text);

}
