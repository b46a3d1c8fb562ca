// A whole answer that can be read can be told in every protocol, whole and as a stream.

#include "chat/collect.h"
#include "dialect/convert.h"
#include "fuzz/dialect_of.h"

using namespace waystation;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::Input input = fuzz::inputFrom(data, size);
    const auto reply = readReply(input.from, input.text);
    if (!reply)
        return 0;
    ChatCall call;
    ReplyContext context;
    context.call = &call;
    context.id = "0000answer";
    fuzz::require(fuzz::isJson(writeReply(input.to, *reply, context)));
    std::string out;
    const auto writer = makeStreamWriter(input.to, context, out);
    const ToolNames names;
    Sequence sequence(*writer, names, 1);
    play(*reply, sequence);
    fuzz::require(sequence.hasEnded());
    return 0;
}
