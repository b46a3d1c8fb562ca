#pragma once

#include "chat/usage.h"
#include "dialect/json.h"

namespace waystation::responses {

/// The counts of a response object.
std::optional<Usage> usageOfResponse(const json::Maybe& response);

/// True for an output item that is a paid web search (opening a page that was found is none).
bool isWebSearch(const json::Maybe& item);

}
