#include "tokens/vocabulary.h"

#include "tokens/o200k_data.h"

#include <zstd.h>

#include <cstdlib>
#include <cstring>

namespace waystation {

namespace {

constexpr int slotBits = 19; // 524'288 slots for 199'998 tokens
constexpr std::size_t slotMask = (std::size_t(1) << slotBits) - 1;
constexpr std::uint64_t emptySlot = ~std::uint64_t(0);

constexpr int rankBits = 18;
constexpr std::uint64_t rankMask = (std::uint64_t(1) << rankBits) - 1;
constexpr int offsetBits = 22;
constexpr int lengthBits = 8;
constexpr std::uint64_t offsetMask = (std::uint64_t(1) << offsetBits) - 1;

constexpr std::uint64_t spread = 0x9E3779B97F4A7C15; // 2^64 over the golden ratio: neighbouring keys land far apart

std::uint64_t word(const char* at, std::size_t size)
{
    std::uint64_t value = 0;
    std::memcpy(&value, at, size);
    return value;
}

std::uint64_t hashOf(std::string_view text)
{
    std::uint64_t hash = text.size() * spread;
    const auto mix = [&](std::uint64_t value) {
        hash = (hash ^ value) * spread;
        hash ^= hash >> 29;
    };
    const char* const data = text.data();
    const std::size_t size = text.size();
    if (size >= 8) {
        for (std::size_t at = 0; at + 8 < size; at += 8)
            mix(word(data + at, 8));
        mix(word(data + size - 8, 8)); // the last eight, which may overlap those before
    } else if (size >= 4) {
        mix(word(data, 4) << 32 | word(data + size - 4, 4));
    } else if (size > 0) {
        const auto octet = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(data[i])); };
        mix(octet(0) << 16 | octet(size / 2) << 8 | octet(size - 1));
    }
    return hash * spread;
}

std::size_t firstSlot(std::uint64_t hash)
{
    return hash >> (64 - slotBits);
}

/// What two texts in the same slot are told apart by before their octets are compared. The top bits chose the slot.
std::uint64_t tagOf(std::uint64_t hash, std::size_t length)
{
    return (hash << slotBits) >> (offsetBits + lengthBits) << lengthBits | length;
}

std::uint64_t pairKey(Rank left, Rank right)
{
    return static_cast<std::uint64_t>(left) << rankBits | right;
}

std::string unpacked()
{
    const auto size = ZSTD_getFrameContentSize(o200kData, o200kSize);
    std::string plain;
    // The data came with the program: when it cannot be read, the program is not what was built.
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        std::abort();
    plain.resize(size);
    if (ZSTD_decompress(plain.data(), plain.size(), o200kData, o200kSize) != plain.size())
        std::abort();
    return plain;
}

}

Vocabulary::Vocabulary()
    : m_pairs(slotMask + 1, emptySlot)
    , m_texts(slotMask + 1, emptySlot)
    , m_octetPairs(0x10000, noRank)
{
    const std::string plain = unpacked();
    const auto octet = [&](std::size_t at) { return static_cast<Rank>(static_cast<unsigned char>(plain[at])); };
    const Rank count = octet(0) | octet(1) << 8 | octet(2) << 16 | octet(3) << 24;
    const std::size_t pairs = count - 256;
    const std::size_t lefts = 4 + 256;
    const std::size_t rights = lefts + 3 * pairs;
    const auto rankAt = [&](std::size_t plane, std::size_t i) {
        return octet(plane + i) | octet(plane + pairs + i) << 8 | octet(plane + 2 * pairs + i) << 16;
    };

    std::vector<std::uint32_t> offsets;
    offsets.reserve(count + 1);
    m_text.reserve(std::size_t(7) * count + 8);
    for (Rank rank = 0; rank < 256; ++rank) {
        offsets.push_back(rank);
        m_text += plain[4 + rank];
        m_octets[octet(4 + rank)] = rank;
        addText(rank, 1);
    }
    for (std::size_t i = 0; i < pairs; ++i) {
        const Rank left = rankAt(lefts, i);
        const Rank right = rankAt(rights, i);
        const std::size_t offset = m_text.size();
        const auto append = [&](Rank part) {
            const std::size_t end = part + 1 < offsets.size() ? offsets[part + 1] : offset;
            m_text.append(m_text, offsets[part], end - offsets[part]);
        };
        append(left);
        append(right);
        offsets.push_back(static_cast<std::uint32_t>(offset));
        addText(offset, m_text.size() - offset);
        addPair(left, right, static_cast<Rank>(256 + i));
        if (left < 256 && right < 256)
            m_octetPairs[octet(4 + left) << 8 | octet(4 + right)] = static_cast<Rank>(256 + i);
    }
}

void Vocabulary::addText(std::size_t offset, std::size_t length)
{
    const std::uint64_t hash = hashOf(std::string_view(m_text).substr(offset, length));
    std::size_t slot = firstSlot(hash);
    while (m_texts[slot] != emptySlot)
        slot = (slot + 1) & slotMask;
    m_texts[slot] = tagOf(hash, length) << offsetBits | offset;
}

void Vocabulary::addPair(Rank left, Rank right, Rank made)
{
    const std::uint64_t key = pairKey(left, right);
    std::size_t slot = firstSlot(key * spread);
    while (m_pairs[slot] != emptySlot)
        slot = (slot + 1) & slotMask;
    m_pairs[slot] = key << rankBits | made;
}

bool Vocabulary::holds(std::string_view piece) const
{
    if (piece.size() > longestToken)
        return false;
    const std::uint64_t hash = hashOf(piece);
    const std::uint64_t tag = tagOf(hash, piece.size());
    for (std::size_t slot = firstSlot(hash); m_texts[slot] != emptySlot; slot = (slot + 1) & slotMask) {
        if (m_texts[slot] >> offsetBits == tag
            && std::memcmp(m_text.data() + (m_texts[slot] & offsetMask), piece.data(), piece.size()) == 0)
            return true;
    }
    return false;
}

Rank Vocabulary::ofPair(Rank left, Rank right) const
{
    const std::uint64_t key = pairKey(left, right);
    for (std::size_t slot = firstSlot(key * spread); m_pairs[slot] != emptySlot; slot = (slot + 1) & slotMask) {
        if (m_pairs[slot] >> rankBits == key)
            return static_cast<Rank>(m_pairs[slot] & rankMask);
    }
    return noRank;
}

std::size_t Vocabulary::memoryBytes() const
{
    return (m_pairs.capacity() + m_texts.capacity()) * sizeof(std::uint64_t) + m_text.capacity()
        + m_octetPairs.capacity() * sizeof(Rank);
}

}
