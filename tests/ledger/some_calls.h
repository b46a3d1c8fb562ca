#pragma once

#include "ledger/ledger.h"

#include <random>
#include <string>

namespace waystation {

/// 2026-10-24 00:00 UTC; European summer time ends a day and an hour later.
inline TimePoint autumn()
{
    return fromMicrosSinceEpoch(1'792'800'000'000'000);
}

/// A call with everything filled in, as chance has it. `id` makes it one of a kind.
inline CallRecord someCall(
    std::mt19937& chance, const std::string& id, TimePoint from, Seconds span)
{
    const auto upTo = [&](std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(0, most)(chance);
    };
    CallRecord call;
    call.id = CallId(id);
    call.startedAt = from + Micros(upTo(Micros(span).count() - 1));
    call.utcOffsetMinutes = upTo(1) ? 120 : 345;
    const std::string client = std::to_string(upTo(4));
    call.client = ClientId("client-id-" + client);
    call.clientName = "Client " + client;
    call.userAgent = "agent/1." + std::to_string(upTo(3));
    call.dialect = allDialects[upTo(3)];
    call.operation = upTo(9) ? Operation::Generate : Operation::Embeddings;
    const std::string model = std::to_string(upTo(5));
    call.askedModel = ModelName("asked-" + model);
    call.stream = upTo(2) > 0;
    call.outcome = Outcome(upTo(3) ? 0 : upTo(5));
    if (call.outcome != Outcome::Refused) {
        const std::string channel = std::to_string(upTo(3));
        call.channel = ChannelId("channel-id-" + channel);
        call.channelName = "Channel " + channel;
        call.keyLabel = "key " + channel;
        call.servedModel = ModelName(upTo(3) ? "served-" + model : call.askedModel.text());
        call.answeredModel = ModelName("answered-" + model);
    }
    call.status = call.outcome == Outcome::Done ? 200 : 502;
    if (call.outcome == Outcome::Failed || call.outcome == Outcome::Cut) {
        call.error = Error{upTo(1) ? ErrorKind::RateLimited : ErrorKind::Timeout,
            "upstream number " + std::to_string(upTo(99)), "model",
            std::chrono::milliseconds(upTo(9000))};
    }
    Attempt attempt;
    attempt.channel = call.channel;
    attempt.channelName = call.channelName;
    attempt.model = call.servedModel;
    attempt.status = call.status;
    call.attempts.push_back(attempt);
    call.route.push_back({call.channelName, call.servedModel, true, "first in order"});
    call.timings.queue = Micros(upTo(2000));
    if (upTo(1))
        call.timings.connect = Micros(upTo(90'000));
    call.timings.firstByte = Micros(upTo(800'000));
    if (call.outcome == Outcome::Done)
        call.timings.firstToken = Micros(1000 + upTo(4'000'000));
    call.timings.end = Micros(5'000'000 + upTo(60'000'000));
    call.usageKind = UsageKind(upTo(2));
    if (call.usageKind != UsageKind::None) {
        call.usage.input = upTo(200'000);
        call.usage.cacheRead = upTo(call.usage.input);
        call.usage.cacheWrite5m = upTo(1000);
        call.usage.cacheWrite1h = upTo(500);
        call.usage.output = upTo(9000);
        call.usage.reasoning = upTo(call.usage.output);
        call.usage.tier = upTo(4) ? "" : "priority";
        if (upTo(4))
            call.cost = MicroUsd{upTo(900'000)};
        call.priceSource = call.cost ? PriceSource::Table : PriceSource::None;
        call.costFormula = call.cost ? "1000 in x 5.00 per million" : "";
    }
    call.requestBytes = upTo(200'000);
    call.replyBytes = upTo(90'000);
    call.upstreamId = "req_" + std::to_string(upTo(1'000'000'000));
    call.isPractice = upTo(9) == 0;
    return call;
}

}
