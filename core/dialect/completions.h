#pragma once

#include "dialect/convert.h"

#include <memory>
#include <string>
#include <string_view>

namespace waystation {

// The endpoint from before chats, /v1/completions, for upstreams that have chats only.

/// A prompt as a conversation of one user message. `body` outlives the call, which points into it.
/// Errors: BadRequest; Unsupported for what a chat cannot be asked: several prompts at once, token ids, no tokens at all.
Result<ChatCall> readCompletionsCall(const Address& address, std::string_view body);

/// A whole answer. Only the text of it is told: the protocol has no place for reasoning, calls and pictures.
std::string writeCompletionsReply(const ChatReply& reply, const ReplyContext& context);

/// Writes a client's stream. What is due stands in `out`, which the caller empties.
std::unique_ptr<ReplyWriter> makeCompletionsWriter(const ReplyContext& context, std::string& out);

}
