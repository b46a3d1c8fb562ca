#include "tokens/merger.h"

#include <algorithm>
#include <array>
#include <functional>

namespace waystation {

namespace {

// Up to here looking at every pair is faster than keeping them in order.
constexpr std::size_t shortPiece = 32;

}

std::int64_t Merger::count(std::string_view piece, const Vocabulary& vocabulary)
{
    if (piece.size() <= shortPiece)
        return countShort(piece, vocabulary);
    std::int64_t tokens = 0;
    while (!piece.empty()) {
        const bool isLast = piece.size() <= longestPart;
        const std::string_view part = piece.substr(0, longestPart);
        merge(part, vocabulary);
        // What is far from the cut is as in the whole: a part that begins where a token does is merged as if alone.
        const std::size_t settled = isLast ? part.size() : part.size() - overlap;
        std::size_t at = 0;
        while (at < settled) {
            at = m_parts[at].next;
            ++tokens;
        }
        piece.remove_prefix(at);
    }
    return tokens;
}

std::int64_t Merger::countShort(std::string_view piece, const Vocabulary& vocabulary)
{
    std::array<Rank, shortPiece> ranks;
    std::array<Rank, shortPiece> joined; // of each part with the next; the last one's is none
    std::size_t count = piece.size();
    for (std::size_t i = 0; i < count; ++i) {
        ranks[i] = vocabulary.ofOctet(piece[i]);
        joined[i] = i + 1 < count ? vocabulary.ofOctets(piece[i], piece[i + 1]) : noRank;
    }
    while (count > 1) {
        m_steps += count;
        const auto lowest = std::min_element(joined.begin(), joined.begin() + count);
        if (*lowest == noRank)
            break;
        const std::size_t at = lowest - joined.begin();
        ranks[at] = *lowest;
        --count;
        std::copy(ranks.begin() + at + 2, ranks.begin() + count + 1, ranks.begin() + at + 1);
        std::copy(joined.begin() + at + 2, joined.begin() + count + 1, joined.begin() + at + 1);
        joined[at] = at + 1 < count ? vocabulary.ofPair(ranks[at], ranks[at + 1]) : noRank;
        if (at > 0)
            joined[at - 1] = vocabulary.ofPair(ranks[at - 1], ranks[at]);
    }
    return static_cast<std::int64_t>(count);
}

void Merger::merge(std::string_view piece, const Vocabulary& vocabulary)
{
    const auto size = static_cast<std::uint32_t>(piece.size());
    m_parts.resize(size);
    m_pairs.clear();
    for (std::uint32_t at = 0; at < size; ++at) {
        const Rank joined = at + 1 < size ? vocabulary.ofOctets(piece[at], piece[at + 1]) : noRank;
        m_parts[at] = {vocabulary.ofOctet(piece[at]), joined, at == 0 ? size : at - 1, at + 1};
        if (joined != noRank)
            m_pairs.push_back(static_cast<std::uint64_t>(joined) << 32 | at);
    }
    std::make_heap(m_pairs.begin(), m_pairs.end(), std::greater<>());
    m_steps += size;

    while (!m_pairs.empty()) {
        std::pop_heap(m_pairs.begin(), m_pairs.end(), std::greater<>());
        const std::uint64_t lowest = m_pairs.back();
        m_pairs.pop_back();
        ++m_steps;
        const auto at = static_cast<std::uint32_t>(lowest);
        Part& part = m_parts[at];
        if (part.joined != static_cast<Rank>(lowest >> 32))
            continue; // one of the two has been merged with another since
        Part& gone = m_parts[part.next];
        part.rank = part.joined;
        part.next = gone.next;
        part.joined = noRank;
        gone.joined = noRank;
        if (part.next < size) {
            m_parts[part.next].previous = at;
            part.joined = vocabulary.ofPair(part.rank, m_parts[part.next].rank);
            push(at);
        }
        if (part.previous < size) {
            Part& previous = m_parts[part.previous];
            previous.joined = vocabulary.ofPair(previous.rank, part.rank);
            push(part.previous);
        }
    }
}

void Merger::push(std::uint32_t at)
{
    if (m_parts[at].joined == noRank)
        return;
    m_pairs.push_back(static_cast<std::uint64_t>(m_parts[at].joined) << 32 | at);
    std::push_heap(m_pairs.begin(), m_pairs.end(), std::greater<>());
}

std::size_t Merger::memoryBytes() const
{
    return m_parts.capacity() * sizeof(Part) + m_pairs.capacity() * sizeof(std::uint64_t);
}

}
