#pragma once

#include "chat/call.h"
#include "dialect/target.h"

#include <optional>

namespace waystation::anthropic {

/// How a request asks for thinking.
struct ThinkingPlan
{
    enum class Mode { Unsaid, Off, Budget, Adaptive };

    Mode mode = Mode::Unsaid;
    Tokens budget = 0; // Budget: from 1024 to max_tokens - 1024
    std::optional<Effort> effort; // output_config.effort, as the target has it
    bool isShown = true;

    bool isOn() const { return mode == Mode::Budget || mode == Mode::Adaptive; }
};

/// What the client said about thinking, as the target takes it beside `maxTokens`. Expects the turns in their last shape:
/// a round of tools that lacks its thinking cannot go on thinking.
ThinkingPlan planThinking(const ChatCall& call, const Target& target, Tokens maxTokens, Losses& losses);

}
