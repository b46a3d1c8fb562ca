#pragma once

#include "base/ids.h"
#include "dialect/dialect.h"

#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// What to change in a body, all else stays as it is.
struct Edits
{
    ModelName model;          // empty: leave it
    bool pathNamesModel = false; // what the body calls the model was not looked at: it is written over, or put in
    bool askForUsage = false; // put in stream_options.include_usage (Chat and legacy completions)
    std::vector<CallSketch::Span> leaveOut; // ascending, apart from each other and from what the sketch names
};

/// The body as slices: views into `body` and into `made`, which holds the few octets that are new.
std::vector<std::string_view> splice(const std::string& body, const CallSketch& sketch, const Edits& edits, std::string& made);

}
