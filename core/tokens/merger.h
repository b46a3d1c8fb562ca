#pragma once

#include "tokens/vocabulary.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace waystation {

/// Counts the tokens of a piece by merging its octets: always the pair of the lowest rank, the leftmost of equals. Keeps
/// its memory from piece to piece.
class Merger
{
public:
    /// A piece longer than this is merged in parts that overlap.
    static constexpr std::size_t longestPart = 32 * 1024;
    static constexpr std::size_t overlap = 1024; // several times the longest token

    std::int64_t count(std::string_view piece, const Vocabulary& vocabulary);

    /// Parts looked at so far.
    std::uint64_t steps() const { return m_steps; }
    std::size_t memoryBytes() const;

private:
    struct Part
    {
        Rank rank = noRank;
        Rank joined = noRank; // what it makes with the next part
        std::uint32_t previous = 0;
        std::uint32_t next = 0;
    };

    std::int64_t countShort(std::string_view piece, const Vocabulary& vocabulary);
    void merge(std::string_view piece, const Vocabulary& vocabulary);
    void push(std::uint32_t at);

    std::vector<Part> m_parts;          // by the octet that they begin with; those merged into another are left behind
    std::vector<std::uint64_t> m_pairs; // a heap of joined << 32 | at, with pairs that are no more
    std::uint64_t m_steps = 0;
};

}
