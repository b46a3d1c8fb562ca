#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace waystation {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view text);
std::string toHex(const std::uint8_t* data, std::size_t size);
/// 64 lower-case hex digits.
std::string sha256Hex(std::string_view text);
/// Octets fit for keys, from the system's generator; never fails (aborts when the system has none).
std::string randomOctets(std::size_t count);
std::uint64_t randomNumber();
/// `count` characters of 0-9A-Za-z, evenly spread.
std::string randomBase62(std::size_t count);

}
