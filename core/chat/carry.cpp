#include "chat/carry.h"

#include "base/base64.h"

#include <boost/crc.hpp>

namespace waystation {

namespace {

constexpr std::string_view mark = "ws1";
constexpr std::string_view markEncoded = "d3Mx";
constexpr std::size_t headOctets = 3 + 1 + 4 + 4; // mark, kind, origin, check

std::uint32_t checkOf(std::string_view text)
{
    boost::crc_32_type crc;
    crc.process_bytes(text.data(), text.size());
    return crc.checksum();
}

void appendNumber(std::string& out, std::uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(number >> shift);
}

std::uint32_t numberAt(std::string_view text, std::size_t at)
{
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number = (number << 8) | static_cast<unsigned char>(text[at + i]);
    return number;
}

}

std::uint32_t originOf(std::string_view issuer)
{
    const std::uint32_t number = checkOf(issuer);
    return number == 0 ? 1 : number;
}

std::string wrapped(const Carry& carry)
{
    std::string octets(mark);
    octets.reserve(headOctets + carry.payload.size());
    octets += static_cast<char>(carry.kind);
    appendNumber(octets, carry.origin);
    appendNumber(octets, checkOf(carry.payload));
    octets += carry.payload;
    return base64(octets);
}

std::optional<Carry> unwrapped(std::string_view text, TextStore& store)
{
    if (!looksWrapped(text))
        return std::nullopt;
    auto octets = base64Decoded(text);
    if (!octets || octets->size() < headOctets)
        return std::nullopt;
    const auto kind = static_cast<unsigned char>((*octets)[3]);
    if (kind == 0 || kind > static_cast<unsigned char>(CarryKind::ReasoningDetails))
        return std::nullopt;
    const std::string_view whole = store.keep(std::move(*octets));
    Carry carry;
    carry.kind = static_cast<CarryKind>(kind);
    carry.origin = numberAt(whole, 4);
    carry.payload = whole.substr(headOctets);
    if (checkOf(carry.payload) != numberAt(whole, 8))
        return std::nullopt;
    return carry;
}

bool looksWrapped(std::string_view text)
{
    return text.substr(0, markEncoded.size()) == markEncoded;
}

}
