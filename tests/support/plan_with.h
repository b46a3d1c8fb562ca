#pragma once

#include "relay/plan.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waystation {

/// A key that is at hand.
PlanKey keyNamed(std::string label, std::string_view secret, int weight = 1);
/// The same key as it looks while the vault does not give it.
PlanKey keyWithout(std::string label, SecretState state);

/// An enabled channel of that name and id at https://NAME.example with one key, which speaks
/// `dialects` under /v1 (Gemini: /v1beta) and lists `models`.
PlanChannel channelNamed(std::string name, std::vector<std::string> models = {},
    std::vector<DialectId> dialects = {DialectId::OpenaiChat});

/// A client whose key is `key`.
PlanClient clientNamed(std::string name, std::string_view key);

PlanTarget targetOf(std::string channel, std::string model, int tier = 0, int weight = 1);
PlanAlias aliasOf(std::string pattern, std::vector<PlanTarget> targets);

/// A plan that serves 127.0.0.1:8411 and localhost:8411.
Plan emptyPlan();

/// A plan with these channels. They hold secrets and therefore move.
template <class... Channels> Plan planWith(Channels&&... channels)
{
    Plan plan = emptyPlan();
    (plan.channels.push_back(std::forward<Channels>(channels)), ...);
    return plan;
}

/// 2026-09-23 12:00:00 UTC.
extern const TimePoint noon;

}
