#pragma once

#include "chat/call.h"
#include "dialect/target.h"

namespace waystation::anthropic {

/// Puts repaired turns into the shape that Messages takes: nothing in them that cannot be written, roles that take turns
/// and begin with the user, instructions in the middle where they may stand, results first in their turn.
void shapeTurns(ChatCall& call, const Target& target);

/// Whether the last turn is the assistant's: a beginning that the model is to go on from.
bool endsInPrefill(const ChatCall& call);
/// For a model that takes no beginning: the user asks it to go on (a loss).
void answerPrefill(ChatCall& call, Losses& losses);

}
