#include "dialect/anthropic/turns.h"

#include "chat/repair.h"
#include "dialect/convert_parts.h"

#include <algorithm>

namespace waystation::anthropic {

namespace {

Part textPart(RawText text)
{
    Part part;
    part.text = text;
    return part;
}

bool isReplayable(const Carry& carry, const Target& target)
{
    const bool isNative = carry.kind == CarryKind::AnthropicSignature || carry.kind == CarryKind::AnthropicRedacted;
    return isNative && belongsTo(carry, target.origin);
}

/// What another vendor's server tool did is told only where nothing else is said after it.
void settleServerParts(Turn& turn, TextStore& store)
{
    bool textFollows = false;
    for (auto part = turn.parts.rbegin(); part != turn.parts.rend(); ++part) {
        if (part->kind == PartKind::Text && !part->text.isBlank())
            textFollows = true;
        if (part->kind != PartKind::Server)
            continue;
        const RawText said = part->text;
        *part = textPart({});
        if (!textFollows && !said.isEmpty())
            part->text = RawText(store.keep("[" + std::string(said.escaped()) + "]"));
    }
}

void keepWhatCanBeWritten(Turn& turn, const Target& target, TextStore& store)
{
    settleServerParts(turn, store);
    const auto isNothing = [&](Part& part) {
        switch (part.kind) {
        case PartKind::Refusal:
            part.kind = PartKind::Text;
            return part.text.isBlank();
        case PartKind::Text:
            return part.text.isBlank();
        case PartKind::Reasoning:
            part.cache = CacheMark::None; // thinking takes no mark
            return !isReplayable(part.carry, target);
        case PartKind::Image:
        case PartKind::Document:
        case PartKind::Audio:
        case PartKind::Video:
            // Only users show things.
            if (turn.role == Role::Assistant)
                part = textPart(store.escape(placeholderFor(part)));
            return false;
        default:
            return false;
        }
    };
    turn.parts.erase(std::remove_if(turn.parts.begin(), turn.parts.end(), isNothing), turn.parts.end());
}

/// Instructions in the middle may stand behind a user's turn and before the assistant's or the end, one at a time. Those
/// anywhere else become the user's.
void placeSystemTurns(ChatCall& call)
{
    std::vector<Turn>& turns = call.turns;
    std::vector<Turn> placed;
    placed.reserve(turns.size());
    for (Turn& turn : turns) {
        if (turn.role == Role::System && !placed.empty() && placed.back().role == Role::System) {
            std::move(turn.parts.begin(), turn.parts.end(), std::back_inserter(placed.back().parts));
            continue;
        }
        placed.push_back(std::move(turn));
    }
    for (std::size_t at = 0; at < placed.size(); ++at) {
        if (placed[at].role != Role::System)
            continue;
        const bool followsUser = at > 0 && placed[at - 1].role == Role::User;
        const bool leadsToAnswer = at + 1 == placed.size() || placed[at + 1].role == Role::Assistant;
        if (followsUser && leadsToAnswer)
            continue;
        placed[at].role = Role::User;
        for (Part& part : placed[at].parts) {
            const std::string text = "<system-reminder>\\n" + std::string(part.text.escaped()) + "\\n</system-reminder>";
            part.text = RawText(call.texts.keep(text));
        }
    }
    turns = std::move(placed);
}

void dropEmptyTurns(ChatCall& call)
{
    const auto isEmpty = [](const Turn& turn) { return turn.parts.empty(); };
    call.turns.erase(std::remove_if(call.turns.begin(), call.turns.end(), isEmpty), call.turns.end());
}

/// Blanks at the end, as they are written inside a string.
RawText withoutTrailingBlanks(RawText text)
{
    std::string_view rest = text.escaped();
    while (!rest.empty()) {
        if (rest.back() == ' ') {
            rest.remove_suffix(1);
            continue;
        }
        const char letter = rest.back();
        // An escaped backslash in front of the letter makes no blank of it.
        std::size_t slashes = 0;
        while (slashes + 1 < rest.size() && rest[rest.size() - 2 - slashes] == '\\')
            ++slashes;
        if ((letter != 'n' && letter != 't' && letter != 'r') || slashes % 2 == 0)
            break;
        rest.remove_suffix(2);
    }
    return RawText(rest);
}

/// A last assistant turn is a beginning to go on from: it ends in words, without blanks behind them.
void trimPrefill(ChatCall& call)
{
    while (!call.turns.empty() && call.turns.back().role == Role::Assistant) {
        std::vector<Part>& parts = call.turns.back().parts;
        if (parts.empty()) {
            call.turns.pop_back();
            continue;
        }
        Part& last = parts.back();
        if (last.kind == PartKind::Text)
            last.text = withoutTrailingBlanks(last.text);
        if (last.kind != PartKind::Reasoning && (last.kind != PartKind::Text || !last.text.isEmpty()))
            break;
        parts.pop_back();
    }
}

}

void shapeTurns(ChatCall& call, const Target& target)
{
    for (Turn& turn : call.turns)
        keepWhatCanBeWritten(turn, target, call.texts);
    dropEmptyTurns(call);
    if (target.midSystem)
        placeSystemTurns(call);
    else
        wrapSystemTurns(call);
    mergeNeighbours(call);
    for (Turn& turn : call.turns) {
        if (turn.role == Role::User)
            std::stable_partition(turn.parts.begin(), turn.parts.end(),
                [](const Part& part) { return part.kind == PartKind::ToolResult; });
    }
    if (!call.turns.empty() && call.turns.front().role == Role::Assistant) {
        Turn opening;
        opening.parts.push_back(textPart(RawText("(conversation continues)")));
        call.turns.insert(call.turns.begin(), std::move(opening));
    }
    trimPrefill(call);
}

bool endsInPrefill(const ChatCall& call)
{
    return !call.turns.empty() && call.turns.back().role == Role::Assistant;
}

void answerPrefill(ChatCall& call, Losses& losses)
{
    losses.adapt("prefill");
    call.turns.emplace_back().parts.push_back(textPart(RawText("Continue from there.")));
}

}
