#include "ledger/rollup.h"

#include "ledger/columns.h"

#include <algorithm>
#include <cmath>

namespace waystation {

std::int64_t hourOf(TimePoint when)
{
    return microsSinceEpoch(when) / microsPerHour;
}

int latencyBucketOf(Micros firstToken)
{
    const double millis = static_cast<double>(firstToken.count()) / 1000;
    if (!(millis >= 1.15))
        return 0;
    return std::min(static_cast<int>(std::log(millis) / std::log(1.15)), latencyBuckets - 1);
}

double middleMillisOf(int bucket)
{
    return std::pow(1.15, bucket + 0.5);
}

void Rollup::add(
    const CallRecord& call, std::int64_t model, std::int64_t channel, std::int64_t client)
{
    const std::int64_t hour = hourOf(call.startedAt);
    UsageSums& sums = usage[{hour, model, channel, client}];
    ++sums.calls;
    sums.failed += countsAsFailed(call.outcome);
    sums.unpriced += !call.cost && call.usageKind != UsageKind::None;
    sums.estimated += call.usageKind == UsageKind::Estimated;
    sums.input += call.usage.input;
    sums.cacheRead += call.usage.cacheRead;
    sums.cacheWrite += call.usage.cacheWrite5m + call.usage.cacheWrite1h;
    sums.output += call.usage.output;
    sums.reasoning += call.usage.reasoning;
    sums.cost += call.cost.value_or(MicroUsd{}).value;

    const auto& firstToken = call.timings.firstToken;
    if (!firstToken)
        return;
    LatencySums& speed = latency[{hour, channel, latencyBucketOf(*firstToken)}];
    ++speed.calls;
    if (call.stream && call.timings.end && *call.timings.end > *firstToken
        && call.usage.output > 0) {
        speed.tokens += call.usage.output;
        speed.micros += (*call.timings.end - *firstToken).count();
    }
}

}
