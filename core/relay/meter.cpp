#include "relay/meter.h"

#include "base/text.h"

#include <array>

namespace waystation {

namespace {

/// Sellers whose answers say truly what they cost. Anybody else's word could be a way around a
/// budget.
constexpr std::array<std::string_view, 3> honestSellers{"openrouter", "x-ai", "perplexity"};

bool isTrusted(std::string_view pricesId)
{
    for (const std::string_view seller : honestSellers) {
        if (pricesId == seller)
            return true;
    }
    return false;
}

/// The user's own price: for this channel before all channels, for this name before a pattern, else
/// the first.
const PriceOverride* overrideFor(const CallRecord& record, const Plan& plan)
{
    const PriceOverride* best = nullptr;
    int bestRank = 0;
    for (const PriceOverride& candidate : plan.priceOverrides) {
        if (!candidate.channel.isEmpty() && candidate.channel != record.channel)
            continue;
        if (!matchesGlob(candidate.model, record.servedModel.text()))
            continue;
        const bool isExact = candidate.model == record.servedModel.text();
        const int rank = 1 + (candidate.channel.isEmpty() ? 0 : 2) + (isExact ? 1 : 0);
        if (rank > bestRank) {
            best = &candidate;
            bestRank = rank;
        }
    }
    return best;
}

void take(CallRecord& record, const std::optional<Cost>& cost)
{
    if (!cost)
        return;
    record.cost = cost->total;
    record.priceSource = cost->source;
    record.costFormula = cost->formula;
}

/// True when nothing can have been spent: nothing was sent, or the upstream refused and counted
/// nothing.
bool wasInVain(const CallRecord& record)
{
    if (!isEmpty(record.usage))
        return false;
    switch (record.outcome) {
    case Outcome::Refused:
    case Outcome::Failed:
        return true;
    case Outcome::CancelledByClient:
    case Outcome::CancelledByUser:
        return record.attempts.empty();
    case Outcome::Done:
    case Outcome::Cut:
        break;
    }
    return false;
}

}

void priceRecord(CallRecord& record, const Plan& plan)
{
    record.cost.reset();
    record.priceSource = PriceSource::None;
    record.costFormula.clear();

    const PlanChannel* const channel = findChannel(plan, record.channel);
    if (record.isPractice || (channel && channel->isPractice)) {
        record.cost = MicroUsd{};
        record.priceSource = PriceSource::Table;
        record.costFormula = "free";
        return;
    }
    if (!isMetered(record.operation) || wasInVain(record)) {
        record.cost = MicroUsd{};
        return;
    }
    if (!channel)
        return;

    const std::int64_t multiplier = channel->multiplierThousandths;
    if (record.usage.vendorCost && record.usage.vendorCost->value >= 0
        && isTrusted(channel->pricesId)) {
        CostSum sum;
        sum.add(record.usage.vendorCost->value, Rate{1'000'000});
        sum.scale(multiplier);
        record.cost = sum.total();
        record.priceSource = PriceSource::Vendor;
        record.costFormula = toDecimal(*record.usage.vendorCost) + " as the upstream said";
        if (multiplier != 1000)
            record.costFormula += " x " + toDecimal({multiplier * 1000})
                + " (channel) = " + toDecimal(*record.cost);
        return;
    }
    if (const PriceOverride* const own = overrideFor(record, plan)) {
        take(record,
            costOf(record.usage, PriceFound{own->prices, PriceSource::Override, own->model},
                multiplier));
        return;
    }
    if (!plan.prices)
        return;
    const auto found = plan.prices->find(
        channel->pricesId, record.servedModel.text(), record.usage.input, record.startedAt);
    if (found)
        take(record, costOf(record.usage, *found, multiplier));
}

}
