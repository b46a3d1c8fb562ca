#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// A token's place in the vocabulary. Two neighbours with the lowest rank are merged first.
using Rank = std::uint32_t;
constexpr Rank noRank = 0xFFFFFFFF;

/// The tokens of o200k_base. Unpacked from the program's own data when made, which takes some 30 ms.
class Vocabulary
{
public:
    static constexpr std::size_t longestToken = 128;

    Vocabulary();

    /// Whether the whole piece is one token.
    bool holds(std::string_view piece) const;
    Rank ofOctet(char octet) const { return m_octets[static_cast<unsigned char>(octet)]; }
    /// The token that two neighbouring octets make, or noRank.
    Rank ofOctets(char left, char right) const
    {
        const auto row = static_cast<std::size_t>(static_cast<unsigned char>(left));
        return m_octetPairs[row << 8 | static_cast<unsigned char>(right)];
    }
    /// The token that two neighbouring tokens make, or noRank.
    Rank ofPair(Rank left, Rank right) const;

    std::size_t memoryBytes() const;

private:
    void addText(std::size_t offset, std::size_t length);
    void addPair(Rank left, Rank right, Rank made);

    // Open addressing, less than half full, so that a search ends soon even for what is not there.
    std::vector<std::uint64_t> m_pairs; // left, right, made: 18 bits each
    std::vector<std::uint64_t> m_texts; // 34 bits of hash, 8 of length, 22 of the offset in m_text
    std::string m_text;                 // the octets of every token, by rank
    std::array<Rank, 256> m_octets {};
    std::vector<Rank> m_octetPairs; // by both octets
};

}
