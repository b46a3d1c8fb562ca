#include "base/hash.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <cstring>

namespace waystation {

Sha256 sha256(std::string_view text)
{
    Sha256 digest {};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return digest;
}

std::string toHex(const std::uint8_t* data, std::size_t size)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(size * 2);
    for (std::size_t i = 0; i < size; ++i) {
        text += digits[data[i] >> 4];
        text += digits[data[i] & 15];
    }
    return text;
}

std::string sha256Hex(std::string_view text)
{
    const Sha256 digest = sha256(text);
    return toHex(digest.data(), digest.size());
}

std::string randomOctets(std::size_t count)
{
    std::string octets(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(count)) != 1)
        std::abort();
    return octets;
}

std::uint64_t randomNumber()
{
    const std::string octets = randomOctets(sizeof(std::uint64_t));
    std::uint64_t number = 0;
    std::memcpy(&number, octets.data(), sizeof number);
    return number;
}

std::string randomBase62(std::size_t count)
{
    static constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string text;
    while (text.size() < count) {
        for (const char octet : randomOctets(count)) {
            const auto value = static_cast<unsigned char>(octet);
            if (value < 62 * 4 && text.size() < count) // 248 is the largest multiple of 62 in an octet
                text += alphabet[value % 62];
        }
    }
    return text;
}

}
