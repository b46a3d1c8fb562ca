#pragma once

// The first octet of an input says which protocols it is about: the one that it is read in, and the one that it is told in.

#include "dialect/dialect.h"
#include "dialect/tree.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waystation::fuzz {

struct Input
{
    DialectId from = DialectId::OpenaiChat;
    DialectId to = DialectId::OpenaiChat;
    std::string text;
};

inline Input inputFrom(const std::uint8_t* data, std::size_t size)
{
    Input input;
    if (size == 0)
        return input;
    input.from = allDialects[data[0] & 3];
    // Where both are the same octets pass, so the other three are left.
    input.to = allDialects[((data[0] & 3) + 1 + (data[0] >> 2) % 3) & 3];
    input.text.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
    input.text.reserve(input.text.size() + 64);
    return input;
}

inline Address addressFor(DialectId dialect)
{
    Address address;
    address.dialect = dialect;
    address.operation = Operation::Generate;
    address.model = "m";
    address.modelInPath = dialect == DialectId::Gemini;
    return address;
}

/// By the grammar alone: a number too large for any reader is still one.
inline bool isJson(std::string_view text)
{
    json::Tree tree;
    return tree.parse(text);
}

/// Ends the run: what should never be came about.
inline void require(bool isTrue)
{
    if (!isTrue)
        __builtin_trap();
}

}
