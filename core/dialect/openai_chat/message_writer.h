#pragma once

// For the sources of this folder only: the list of messages inside a request.

#include "chat/call.h"
#include "chat/names.h"
#include "dialect/target.h"
#include "dialect/writer.h"

namespace waystation::openai_chat {

/// What the rest of the request decides about the messages.
struct MessagePlan
{
    RawText extraSystem; // behind the client's instructions; may be empty
    bool mayThink = true; // the request does not switch thinking off
};

/// As a value. Makes texts on the way, which the call keeps.
void writeMessages(
    ChatCall& call, const Target& target, const ToolNames& names, const MessagePlan& plan, json::Writer& writer, Losses& losses);

}
