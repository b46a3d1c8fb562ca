#include "dialect/anthropic/thinking.h"

#include "dialect/convert_parts.h"

#include <algorithm>

namespace waystation::anthropic {

namespace {

using Mode = ThinkingPlan::Mode;

constexpr Tokens leastBudget = 1024;
constexpr Tokens roomForAnswer = 1024;

bool knows(const Target& target, Effort effort)
{
    return target.efforts & (1u << static_cast<unsigned>(effort));
}

std::optional<Effort> effortFor(Effort wanted, const Target& target, Losses& losses)
{
    if (!target.takesEffort || target.efforts == 0) {
        losses.adapt("reasoning.effort");
        return std::nullopt;
    }
    Effort effort = wanted == Effort::Minimal ? Effort::Low : wanted;
    // The one level that rises where it is missing: models without it have the level above.
    if (effort == Effort::XHigh && !knows(target, effort) && knows(target, Effort::Max))
        return Effort::Max;
    effort = nearestEffort(effort, target.efforts);
    if (effort != wanted && wanted != Effort::Minimal)
        losses.adapt("reasoning.effort");
    return effort;
}

bool thinksByBudget(const ReasoningWish& wish, const Target& target)
{
    if (target.anthropicThinking == AnthropicThinking::Both)
        return wish.budget && !wish.effort && !wish.isAdaptive;
    return target.anthropicThinking == AnthropicThinking::Budget;
}

/// Whether the conversation ends in results of calls that a model made without thinking first.
bool endsInThoughtlessRound(const ChatCall& call)
{
    const auto& turns = call.turns;
    if (turns.size() < 2 || turns.back().role != Role::User || turns.back().parts.front().kind != PartKind::ToolResult)
        return false;
    const Turn& assistant = turns[turns.size() - 2];
    return assistant.role == Role::Assistant && assistant.parts.front().kind != PartKind::Reasoning;
}

void fitBudget(ThinkingPlan& plan, const ChatCall& call, const Target& target, Tokens maxTokens, Losses& losses)
{
    const Tokens wanted = plan.budget;
    const bool isClients = call.reasoning.budget == wanted;
    plan.budget = std::max(plan.budget, leastBudget);
    if (target.mostOutput > 0)
        plan.budget = std::min(plan.budget, target.mostOutput);
    plan.budget = std::min(plan.budget, maxTokens - roomForAnswer);
    if (plan.budget < leastBudget)
        plan.mode = Mode::Off;
    if (plan.budget < wanted || (isClients && plan.budget != wanted))
        losses.adapt("reasoning.budget");
    else if (plan.mode == Mode::Off)
        losses.adapt("reasoning");
}

}

ThinkingPlan planThinking(const ChatCall& call, const Target& target, Tokens maxTokens, Losses& losses)
{
    const ReasoningWish& wish = call.reasoning;
    ThinkingPlan plan;
    plan.isShown = wish.show != false;
    const std::optional<Effort> level = effortOf(wish);
    if (!level)
        return plan;

    const bool byBudget = thinksByBudget(wish, target);
    if (*level == Effort::None) {
        if (target.canSwitchThinkingOff) {
            plan.mode = Mode::Off;
            return plan;
        }
        losses.adapt("reasoning");
        plan.mode = byBudget ? Mode::Budget : Mode::Adaptive;
        plan.budget = leastBudget;
        if (target.takesEffort)
            plan.effort = nearestEffort(Effort::Low, target.efforts);
    } else if (byBudget) {
        plan.mode = Mode::Budget;
        const bool effortWins = wish.effort && target.takesEffort;
        plan.budget = wish.budget && !effortWins ? *wish.budget : budgetFor(*level);
        if (effortWins)
            plan.effort = effortFor(*wish.effort, target, losses);
    } else {
        plan.mode = Mode::Adaptive;
        if (wish.effort) {
            plan.effort = effortFor(*wish.effort, target, losses);
        } else if (wish.budget) {
            losses.adapt("reasoning.budget");
            plan.effort = effortFor(*level, target, losses);
        }
    }
    if (plan.mode == Mode::Budget)
        fitBudget(plan, call, target, maxTokens, losses);
    if (plan.mode == Mode::Budget && endsInThoughtlessRound(call)) {
        plan.mode = Mode::Off;
        losses.adapt("reasoning");
    }
    return plan;
}

}
