#pragma once

#include <array>
#include <cstdint>

namespace waystation {

/// What the division into pieces tells apart. The numbers are those of unicode_ranges.h.
enum class CharKind : std::uint8_t {
    Upper = 0,   // Lu, Lt
    Lower = 1,   // Ll
    Letter = 2,  // Lm, Lo: goes with both cases
    Mark = 3,    // M
    Number = 4,  // N
    Newline = 5, // CR, LF
    Space = 6,   // other white space
    Other = 7,
};

class CharKinds
{
public:
    CharKinds();

    CharKind of(char32_t point) const { return point < m_plane.size() ? m_plane[point] : beyond(point); }

private:
    CharKind beyond(char32_t point) const;

    std::array<CharKind, 0x10000> m_plane; // nearly all text is in the basic plane, where one look has to do
};

}
