#pragma once

#include "dialect/dialect.h"

#include <string_view>
#include <vector>

namespace waystation {

/// What a body must not take along where both sides speak `dialect` and all else passes as it is (protocols.md 1, rule 6):
/// - reasoning whose state this relay wrapped on an earlier turn, when the session ran on an upstream of another protocol,
///   and what stands or falls with it: thoughts without a signature, reasoning items under ids of this relay, and the wish
///   to think in a round of tools that began without (a vendor answers 400 to each);
/// - Claude Code's billing line, which is different in every request and would defeat the prompt cache, when the upstream
///   is not Anthropic itself.
/// Spans of `body` to cut, ascending, commas included; empty when there is nothing, and that is found without reading the
/// body as JSON.
std::vector<CallSketch::Span> spansToLeaveOut(DialectId dialect, std::string_view body, bool isAnthropicHost);

}
