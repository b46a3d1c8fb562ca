#pragma once

#include "relay/call_record.h"

#include <compare>
#include <cstdint>
#include <map>

namespace waystation {

constexpr std::int64_t microsPerHour = 3'600'000'000;
constexpr int latencyBuckets = 120;

std::int64_t hourOf(TimePoint when); // hours since 1970, UTC

/// Bucket b holds 1.15^b to 1.15^(b+1) milliseconds; the ends hold what lies beyond them.
int latencyBucketOf(Micros firstToken);
/// The geometric middle of a bucket, at most 7.3 % from anything in it.
double middleMillisOf(int bucket);

/// Sums of a batch, folded in memory so that each rollup row is written once a transaction. Numbers
/// are ids of names.
struct Rollup
{
    struct UsageKey
    {
        std::int64_t hour = 0;
        std::int64_t model = 0;
        std::int64_t channel = 0;
        std::int64_t client = 0;

        friend auto operator<=>(const UsageKey&, const UsageKey&) = default;
    };

    struct UsageSums
    {
        std::int64_t calls = 0;
        std::int64_t failed = 0;
        std::int64_t unpriced = 0;
        std::int64_t estimated = 0;
        Tokens input = 0;
        Tokens cacheRead = 0;
        Tokens cacheWrite = 0;
        Tokens output = 0;
        Tokens reasoning = 0;
        std::int64_t cost = 0; // micro-dollars
    };

    struct LatencyKey
    {
        std::int64_t hour = 0;
        std::int64_t channel = 0;
        int bucket = 0;

        friend auto operator<=>(const LatencyKey&, const LatencyKey&) = default;
    };

    struct LatencySums
    {
        std::int64_t calls = 0;
        Tokens tokens = 0;
        std::int64_t micros = 0;
    };

    void add(const CallRecord& call, std::int64_t model, std::int64_t channel, std::int64_t client);

    std::map<UsageKey, UsageSums> usage;
    std::map<LatencyKey, LatencySums> latency;
};

}
