// Whatever octets come, in whatever pieces: the events are the same, and their raw octets together are the stream.

#include "dialect/sse.h"
#include "fuzz/dialect_of.h"

#include <vector>

using namespace waystation;

namespace {

std::vector<std::string> eventsOf(std::string_view stream, std::size_t pieceOctets)
{
    std::vector<std::string> events;
    SseReader reader;
    const auto take = [&](const StreamEvent& event) {
        if (!event.isComment)
            events.push_back(std::string(event.name) + '\n' + std::string(event.data));
    };
    for (std::size_t at = 0; at < stream.size(); at += pieceOctets)
        reader.feed(stream.substr(at, pieceOctets), take);
    reader.finish(take);
    return events;
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = eventsOf(stream, stream.size() + 1);
    fuzz::require(eventsOf(stream, 1) == whole);
    fuzz::require(eventsOf(stream, data[0] % 17u + 2u) == whole);
    return 0;
}
