#pragma once

#include "chat/call.h"
#include "chat/reply.h"

#include <string>

namespace waystation {

/// The middle form as JSON for people and tests: fields that say nothing are left out, long media data is cut. The same
/// value always gives the same text.
std::string toJson(const ChatCall& call);
std::string toJson(const ChatReply& reply);

}
