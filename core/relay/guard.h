#pragma once

#include "base/error.h"
#include "relay/plan.h"
#include "relay/request.h"

namespace waystation {

/// Whether a request may be looked at at all (reliability.md A1-A3): Host names this listener, no Origin that
/// the user did not allow, no cross-site fetch, no loop through ourselves. Errors: Forbidden, LoopDetected.
Result<void> guardHead(const RequestHead& head, const Plan& plan);

}
