#pragma once

// For the sources of this room only: the two ways in which Gemini's callers describe arguments.

#include "dialect/tree.h"

#include <string>

namespace waystation::gemini {

/// A JSON schema in the part of OpenAPI that `parameters` and `responseSchema` take: references put
/// in place, keywords that Gemini refuses left out, types in capitals (protocols.md 7.2). What a
/// property is called is data and stays, whatever it looks like.
std::string openApiSchema(json::Value schema);

/// A schema in Gemini's own words (capital types, nullable) as a JSON schema.
std::string jsonSchema(json::Value schema);

}
