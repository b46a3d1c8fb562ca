#include "relay/splice.h"

#include "chat/raw_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace waystation {

namespace {

/// A change: `length` octets at `offset` give way to `made[from, from + size)`.
struct Change
{
    std::size_t offset = 0;
    std::size_t length = 0;
    std::size_t from = 0;
    std::size_t size = 0;
};

/// The stream_options of a client with include_usage switched on and its other keys kept; empty when it is no object.
std::string withUsageAsked(std::string_view options)
{
    auto json = nlohmann::ordered_json::parse(options, nullptr, false);
    if (json.is_null())
        json = nlohmann::ordered_json::object();
    if (!json.is_object())
        return {};
    json["include_usage"] = true;
    return json.dump();
}

}

std::vector<std::string_view> splice(const std::string& body, const CallSketch& sketch, const Edits& edits, std::string& made)
{
    made.clear();
    std::vector<Change> changes;
    const auto change = [&](std::size_t offset, std::size_t length, std::string_view text) {
        changes.push_back({offset, length, made.size(), text.size()});
        made += text;
    };

    const auto putIn = [&](std::string field) {
        if (sketch.hasFields)
            field += ',';
        change(sketch.firstFieldAt, 0, field);
    };

    const bool isOther = edits.model != sketch.model || edits.pathNamesModel;
    if (!edits.model.isEmpty() && isOther) {
        const std::string name = sketch.isJson ? jsonString(edits.model.text()) : edits.model.text();
        if (sketch.modelAt.length > 0)
            change(sketch.modelAt.offset, sketch.modelAt.length, name);
        else if (edits.pathNamesModel && sketch.isJson)
            putIn("\"model\":" + name);
    }
    if (edits.askForUsage && sketch.isJson) {
        if (sketch.streamOptionsAt.length > 0) {
            const std::string_view options
                = std::string_view(body).substr(sketch.streamOptionsAt.offset, sketch.streamOptionsAt.length);
            const std::string asked = withUsageAsked(options);
            if (!asked.empty())
                change(sketch.streamOptionsAt.offset, sketch.streamOptionsAt.length, asked);
        } else {
            putIn("\"stream_options\":{\"include_usage\":true}");
        }
    }
    for (const CallSketch::Span& span : edits.leaveOut)
        change(span.offset, span.length, {});
    std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.offset < b.offset; });

    std::vector<std::string_view> slices;
    const std::string_view all = body;
    const std::string_view fresh = made;
    std::size_t done = 0;
    for (const Change& each : changes) {
        if (each.offset > done)
            slices.push_back(all.substr(done, each.offset - done));
        if (each.size > 0)
            slices.push_back(fresh.substr(each.from, each.size));
        done = each.offset + each.length;
    }
    if (done < all.size())
        slices.push_back(all.substr(done));
    return slices;
}

}
