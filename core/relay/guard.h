#pragma once

#include "base/error.h"
#include "relay/plan.h"
#include "relay/request.h"

#include <string_view>

namespace waystation {

/// Every call that leaves this relay carries the ids of the relays it has passed in this field.
inline constexpr std::string_view hopHeader = "x-waystation-hop";

/// Whether a request may be looked at at all (reliability.md A1-A3): Host names this listener, no
/// Origin that the user did not allow, no cross-site fetch from anywhere else, no loop through
/// ourselves. Errors: Forbidden, LoopDetected.
Result<void> guardHead(const RequestHead& head, const Plan& plan);

}
