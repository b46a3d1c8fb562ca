#include "chat/collect.h"
#include "dialect/convert_parts.h"
#include "dialect/openai_chat/chunk_reader.h"

namespace waystation::openai_chat {

Result<ChatReply> readReply(std::string_view body)
{
    // A whole answer says what its stream would say, so it goes the same way.
    Collector collector;
    const ToolNames names;
    Sequence sequence(collector, names, 0);
    ChunkReader chunks(sequence);
    if (!chunks.read({}, body))
        return Error {ErrorKind::BadReply, "the upstream's answer is not JSON"};
    if (!sequence.hasEnded() && !sequence.hasContent())
        return Error {ErrorKind::BadReply, "the upstream's answer holds no choices"};
    chunks.settle();
    sequence.end();
    if (collector.error())
        return *collector.error();
    ChatReply reply = collector.take();
    // An id that is made has to be new in its conversation, which is known to whoever tells this answer.
    for (ReplyChoice& choice : reply.choices) {
        for (Part& part : choice.parts) {
            if (part.kind == PartKind::ToolCall && !chunks.gaveId(part.callId)) {
                part.callId = {};
                part.idIsNative = false;
            }
        }
    }
    return reply;
}

}
