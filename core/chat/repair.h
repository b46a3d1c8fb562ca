#pragma once

#include "chat/call.h"

namespace waystation {

/// Puts a history into the one shape that every target takes (protocols.md 3.5, 3.6), in place:
/// - neighbouring assistant turns whose calls belong together are one turn; every turn with calls is followed by a user turn
///   that begins with their results in the order of the calls, one for each, and then whatever the user said;
/// - a call without a result gets "[no result recorded]" (a loss); a result without a call becomes text (a loss); text
///   between calls and results moves behind them;
/// - calls without an id get one that depends on their place only, results without one are matched by name and order;
///   ids that come twice in a history are numbered from the second on, with their results;
/// - empty texts and empty turns are dropped.
/// System turns stay where they are, behind the results that they would part from their calls.
void repairHistory(ChatCall& call, Losses& losses);

/// Neighbouring turns of one role become one (Anthropic, Gemini). System turns are left alone.
void mergeNeighbours(ChatCall& call);

/// Wraps system turns in the middle as `<system-reminder>` text inside the neighbouring user turn, for targets that take
/// instructions only in front.
void wrapSystemTurns(ChatCall& call);

}
