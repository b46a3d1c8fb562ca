#include "base/call_id.h"

#include <string>

namespace waystation {

CallId makeCallId(TimePoint when, std::uint16_t randomHigh, std::uint64_t randomLow)
{
    static constexpr char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const auto millis = static_cast<std::uint64_t>(std::chrono::duration_cast<Millis>(when.time_since_epoch()).count());
    std::string text(26, '0');
    for (int i = 0; i < 10; ++i)
        text[static_cast<std::size_t>(9 - i)] = alphabet[(millis >> (5 * i)) & 31];
    for (int i = 0; i < 16; ++i) {
        const int shift = 5 * i;
        std::uint64_t bits = shift < 64 ? randomLow >> shift : 0;
        if (shift > 59) // the digit that straddles both numbers, and those above it
            bits |= shift < 64 ? std::uint64_t(randomHigh) << (64 - shift) : std::uint64_t(randomHigh) >> (shift - 64);
        text[static_cast<std::size_t>(25 - i)] = alphabet[bits & 31];
    }
    return CallId(text);
}

}
