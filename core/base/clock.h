#pragma once

#include <chrono>
#include <cstdint>

namespace waystation {

/// UTC wall time, for what people read and rows keep. Never used to measure a span.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
/// Monotonic time, for spans and limits.
using Tick = std::chrono::steady_clock::time_point;
using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

inline TimePoint wallNow()
{
    return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

inline Tick tickNow()
{
    return std::chrono::steady_clock::now();
}

inline std::int64_t microsSinceEpoch(TimePoint when)
{
    return when.time_since_epoch().count();
}

inline TimePoint fromMicrosSinceEpoch(std::int64_t micros)
{
    return TimePoint(Micros(micros));
}

inline Micros between(Tick from, Tick to)
{
    return to > from ? std::chrono::duration_cast<Micros>(to - from) : Micros(0);
}

}
