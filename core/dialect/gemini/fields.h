#pragma once

// For the sources of this room only: Gemini's names of fields, which come in two spellings.

#include "chat/call.h"
#include "dialect/tree.h"

#include <string_view>

namespace waystation::gemini {

/// True when `key` is `camelCase` as it stands, or in its snake_case spelling.
bool isNamed(std::string_view key, std::string_view camelCase);

/// The field with this name in either spelling.
json::Value fieldOf(json::Value object, std::string_view camelCase);

/// `json` without blanks between its tokens; kept in `store` only when there were some.
std::string_view compacted(std::string_view json, TextStore& store);

/// Code that Gemini ran, or what came of it, as fenced text; empty for everything else.
RawText codeAsText(json::Value part, TextStore& store);

/// A part's picture, document, sound or film. False when it has none.
bool readMedia(json::Value part, Part& into, TextStore& store);

}
