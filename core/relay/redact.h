#pragma once

#include "relay/plan.h"

#include <string>
#include <string_view>

namespace waystation {

/// `text` with every secret of the plan (and every 12 octets in a row of one) and what looks like a
/// key replaced by "[removed]". For upstream error texts on their way to clients, rows and logs.
std::string scrubbed(std::string_view text, const Plan& plan);
/// By shape only (sk-..., AIza..., Bearer ...), where no plan is at hand.
std::string scrubbedByShape(std::string_view text);
/// A header value as it may be shown: credentials masked, all else as is.
std::string shownHeaderValue(std::string_view name, std::string_view value);

}
