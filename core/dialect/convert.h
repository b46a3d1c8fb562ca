#pragma once

#include "chat/call.h"
#include "chat/events.h"
#include "chat/names.h"
#include "chat/reply.h"
#include "chat/sequence.h"
#include "dialect/dialect.h"
#include "dialect/target.h"

#include <memory>
#include <string>
#include <string_view>

namespace waystation {

/// A client's request in the middle form. `body` outlives the call, which points into it. Unknown fields are left out.
/// Errors: BadRequest, Unsupported with the field's name in `field` (what protocols.md 14 refuses whatever the target).
Result<ChatCall> readCall(DialectId dialect, const Address& address, std::string_view body);

/// The request as `dialect` has it, in fixed field order: the same call gives the same octets. Expects repairHistory to
/// have been at it; may change the shape of its turns. `names` is filled for the way back.
/// Errors: BadRequest, Unsupported (what the target cannot do and protocols.md 14 refuses).
Result<std::string> writeCall(DialectId dialect, ChatCall& call, const Target& target, ToolNames& names, Losses& losses);

/// An upstream's whole answer. `body` outlives the reply. Errors: BadReply, or the error that it holds.
Result<ChatReply> readReply(DialectId dialect, std::string_view body);

/// What a writer of answers needs of the call that it answers; outlives the writer.
struct ReplyContext
{
    const ChatCall* call = nullptr;
    std::string id; // of the answer, without the protocol's prefix: letters and digits
    std::int64_t created = 0; // now, for answers that do not say
    Tokens inputEstimate = 0; // for what is shown before the upstream counted
    bool alsoReasoningField = false; // Chat: `reasoning` beside `reasoning_content`
};

/// A whole answer for the client. Usage that nobody told is left out or 0, as the protocol wants it.
std::string writeReply(DialectId dialect, const ChatReply& reply, const ReplyContext& context);

/// Reads the events of an upstream's stream into a sequence.
class EventReader
{
public:
    virtual ~EventReader() = default;
    /// `name` is the SSE event field, `data` the joined data lines; comments are not given. Errors go to sequence.fail,
    /// the protocol's last event to sequence.end.
    virtual void event(std::string_view name, std::string_view data) = 0;
    /// The upstream closed its stream: sequence.end where the protocol may end here, else sequence.fail(Cut).
    virtual void endOfStream() = 0;
};

std::unique_ptr<EventReader> makeEventReader(DialectId dialect, Sequence& sequence);

/// Writes a client's stream. What is due stands in `out`, which the caller empties.
std::unique_ptr<ReplyWriter> makeStreamWriter(DialectId dialect, const ReplyContext& context, std::string& out, bool asArray = false);

}
