#pragma once

#include "chat/call.h"

#include <string>

namespace waystation::anthropic {

/// A schema in the part of JSON Schema that structured output takes: limits on numbers, lengths and patterns are taken
/// away, `oneOf` becomes `anyOf`, objects are closed.
std::string cleanedSchema(RawJson schema);
/// True when what it describes is an object, as the input of a tool has to be.
bool describesObject(RawJson schema);

}
