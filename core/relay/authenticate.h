#pragma once

#include "base/error.h"
#include "relay/plan.h"
#include "relay/request.h"

#include <string_view>

namespace waystation {

/// The key that a request shows: Bearer, x-api-key, api-key, x-goog-api-key or ?key=, in that
/// order; empty when none.
std::string presentedKey(const RequestHead& head);

/// Who asks. Compares hashes in constant time and looks at every client whatever it finds.
/// Errors: Unauthenticated (none, unknown), NotAllowed (expired).
Result<const PlanClient*> authenticate(const RequestHead& head, const Plan& plan, TimePoint now);

/// Errors: NotAllowed when the client's list does not hold the model.
Result<void> mayUse(const PlanClient& client, const ModelName& model);

}
