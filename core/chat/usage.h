#pragma once

#include "base/money.h"

#include <cstdint>
#include <optional>
#include <string>

namespace waystation {

using Tokens = std::int64_t;

/// Where the counts of a call come from.
enum class UsageKind { None, Reported, Estimated };

const char* nameOf(UsageKind kind); // "none", "reported", "estimated"
std::optional<UsageKind> usageKindFrom(std::string_view name);

/// Counts of one call in canonical form, whatever the protocol said. Containment, spelled out:
/// cacheRead, cacheWrite5m, cacheWrite1h, audioIn, imageIn and toolPrompt are parts of input;
/// reasoning, audioOut and imageOut are parts of output. There is no total: it is input + output.
/// Every count is from 0 to 10^9 (clamped when read).
struct Usage
{
    Tokens input = 0;
    Tokens cacheRead = 0;
    Tokens cacheWrite5m = 0;
    Tokens cacheWrite1h = 0;
    Tokens output = 0;
    Tokens reasoning = 0;
    Tokens audioIn = 0;
    Tokens audioOut = 0;
    Tokens imageIn = 0;
    Tokens imageOut = 0;
    Tokens toolPrompt = 0;

    std::int64_t webSearches = 0; // server tool uses that carry a fee
    std::int64_t images = 0;      // pictures made, where billing is by picture
    std::int64_t audioMillis = 0; // heard or spoken, where billing is by time
    std::int64_t characters = 0;  // spoken, where billing is by character
    std::int64_t searchUnits = 0; // rerank
    std::string tier;             // of the answer: "priority", "flex", "batch"; empty for the ordinary one
    std::optional<MicroUsd> vendorCost; // what the upstream said that the call cost

    friend bool operator==(const Usage&, const Usage&) = default;
};

/// True when nothing was counted at all.
bool isEmpty(const Usage& usage);
constexpr Tokens mostTokens = 1'000'000'000;
/// 0..mostTokens; NaN and negatives become 0.
Tokens clampedTokens(double count);

}
