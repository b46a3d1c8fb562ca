// Whatever an upstream streams, in whatever pieces: the client gets the same octets, whole events of its protocol, and an end.

#include "dialect/convert.h"
#include "dialect/sse.h"
#include "fuzz/dialect_of.h"

using namespace waystation;

namespace {

std::string told(const fuzz::Input& input, std::size_t pieceOctets)
{
    ChatCall call;
    ReplyContext context;
    context.call = &call;
    context.id = "0000answer";
    std::string out;
    const auto writer = makeStreamWriter(input.to, context, out);
    const ToolNames names;
    Sequence sequence(*writer, names, 1);
    const auto reader = makeEventReader(input.from, sequence);
    SseReader sse;
    const auto take = [&](const StreamEvent& event) {
        if (!event.isComment)
            reader->event(event.name, event.data);
    };
    for (std::size_t at = 0; at < input.text.size(); at += pieceOctets)
        sse.feed(std::string_view(input.text).substr(at, pieceOctets), take);
    sse.finish(take);
    reader->endOfStream();
    fuzz::require(sequence.hasEnded());
    return out;
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::Input input = fuzz::inputFrom(data, size);
    const std::string whole = told(input, input.text.size() + 1);
    fuzz::require(told(input, 1) == whole);
    SseReader reader;
    const auto take = [](const StreamEvent& event) {
        fuzz::require(event.isComment || event.data == "[DONE]" || fuzz::isJson(event.data));
    };
    reader.feed(whole, take);
    fuzz::require(reader.pending() == 0);
    return 0;
}
