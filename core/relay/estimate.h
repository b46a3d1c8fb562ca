#pragma once

#include "base/error.h"
#include "chat/call.h"
#include "dialect/dialect.h"
#include "tokens/token_counter.h"

#include <string>
#include <string_view>

namespace waystation {

/// How many tokens the input of a call is likely to have: instructions, tools with their schemas, text, reasoning, calls,
/// results, and a flat figure for each picture and page (protocols.md 12). Exact for no vendor but OpenAI's text; never 0.
Tokens estimatedInput(const ChatCall& call, TokenCounter& counter);

/// Answers a count_tokens, countTokens or input_tokens call in its own form. Errors: those of readCall.
Result<std::string> countedHere(const Address& address, std::string_view body, TokenCounter& counter);

}
