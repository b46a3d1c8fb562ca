#include "tokens/char_kinds.h"

#include "tokens/unicode_ranges.h"

#include <algorithm>
#include <iterator>

namespace waystation {

namespace {

CharKind kindIn(std::uint32_t range)
{
    return static_cast<CharKind>(range & 7);
}

}

CharKinds::CharKinds()
{
    std::size_t from = 0;
    CharKind kind = CharKind::Other;
    for (const std::uint32_t range : unicodeRanges) {
        const std::size_t to = std::min<std::size_t>(range >> 3, m_plane.size());
        std::fill(m_plane.begin() + from, m_plane.begin() + to, kind);
        from = to;
        kind = kindIn(range);
    }
    std::fill(m_plane.begin() + from, m_plane.end(), kind);
}

CharKind CharKinds::beyond(char32_t point) const
{
    const std::uint32_t last = static_cast<std::uint32_t>(point) << 3 | 7;
    return kindIn(*std::prev(std::upper_bound(std::begin(unicodeRanges), std::end(unicodeRanges), last)));
}

}
