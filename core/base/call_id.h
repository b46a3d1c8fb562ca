#pragma once

#include "base/clock.h"
#include "base/ids.h"

#include <cstdint>

namespace waystation {

/// 26 characters of Crockford base 32: 48 bits of milliseconds, then 80 of `randomHigh` and `randomLow`
/// (16 and 64 used), so that ids sort by time and collide never. Form: the ULID spec (github.com/ulid/spec).
CallId makeCallId(TimePoint when, std::uint16_t randomHigh, std::uint64_t randomLow);

}
