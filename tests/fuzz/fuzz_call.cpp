// A request that can be read can be written in every protocol, the same twice, and what is written is JSON that can be read.

#include "chat/repair.h"
#include "dialect/convert.h"
#include "dialect/leave_out.h"
#include "fuzz/dialect_of.h"

using namespace waystation;

namespace {

std::string written(const fuzz::Input& input)
{
    auto call = readCall(input.from, fuzz::addressFor(input.from), input.text);
    if (!call)
        return {};
    Losses losses;
    repairHistory(*call, losses);
    Target target;
    target.model = "m";
    ToolNames names;
    const auto out = writeCall(input.to, *call, target, names, losses);
    return out ? *out : std::string();
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::Input input = fuzz::inputFrom(data, size);
    const std::string first = written(input);
    fuzz::require(first == written(input));
    // Half a surrogate pair goes on as the client sent it.
    fuzz::require(first.empty() || fuzz::isJson(withoutLoneHalves(first)));
    if (!first.empty())
        fuzz::require(readCall(input.to, fuzz::addressFor(input.to), first).has_value());

    std::size_t done = 0;
    for (const CallSketch::Span& span : spansToLeaveOut(input.from, input.text, false)) {
        fuzz::require(span.offset >= done && span.offset + span.length <= input.text.size());
        done = span.offset + span.length;
    }
    return 0;
}
