#include "relay/call_record.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace waystation {

namespace {

using Json = nlohmann::ordered_json;

// These names are read by scripts and stand in databases: they may be joined by others, and never
// change.

struct SpanName
{
    const char* name;
    std::optional<Micros> Timings::*span;
};

constexpr std::array spanNames{
    SpanName{"queue_us", &Timings::queue},
    SpanName{"connect_us", &Timings::connect},
    SpanName{"tls_us", &Timings::tls},
    SpanName{"first_byte_us", &Timings::firstByte},
    SpanName{"first_token_us", &Timings::firstToken},
    SpanName{"end_us", &Timings::end},
};

/// "2026-11-24T05:55:32.123456Z"
std::string isoText(TimePoint when)
{
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(when - day);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count()));
    return text.data();
}

Json jsonOf(const std::optional<Error>& error)
{
    if (!error)
        return nullptr;
    Json json{{"kind", nameOf(error->kind)}, {"message", error->message}};
    if (!error->field.empty())
        json["field"] = error->field;
    if (error->retryAfter)
        json["retry_after_ms"] = error->retryAfter->count();
    return json;
}

Json jsonOf(const Timings& timings)
{
    Json json = Json::object();
    for (const SpanName& known : spanNames) {
        if (const auto& span = timings.*known.span)
            json[known.name] = span->count();
    }
    return json;
}

Json jsonOf(const Usage& usage)
{
    Json json{
        {"input", usage.input},
        {"cache_read", usage.cacheRead},
        {"cache_write_5m", usage.cacheWrite5m},
        {"cache_write_1h", usage.cacheWrite1h},
        {"output", usage.output},
        {"reasoning", usage.reasoning},
        {"audio_in", usage.audioIn},
        {"audio_out", usage.audioOut},
        {"image_in", usage.imageIn},
        {"image_out", usage.imageOut},
        {"tool_prompt", usage.toolPrompt},
        {"web_searches", usage.webSearches},
        {"images", usage.images},
        {"audio_ms", usage.audioMillis},
        {"characters", usage.characters},
        {"search_units", usage.searchUnits},
        {"tier", usage.tier},
    };
    json["vendor_cost_micro_usd"]
        = usage.vendorCost ? Json(usage.vendorCost->value) : Json(nullptr);
    return json;
}

Json jsonOf(const std::vector<Attempt>& attempts)
{
    Json list = Json::array();
    for (const Attempt& attempt : attempts) {
        list.push_back({
            {"channel_id", attempt.channel.text()},
            {"channel", attempt.channelName},
            {"key", attempt.keyLabel},
            {"model", attempt.model.text()},
            {"started_after_us", attempt.startedAfter.count()},
            {"timings", jsonOf(attempt.timings)},
            {"reused_connection", attempt.reusedConnection},
            {"status", attempt.status},
            {"error", jsonOf(attempt.error)},
            {"upstream_id", attempt.upstreamId},
        });
    }
    return list;
}

Json jsonOf(const std::vector<RouteNote>& notes)
{
    Json list = Json::array();
    for (const RouteNote& note : notes)
        list.push_back({{"channel", note.channelName}, {"model", note.model.text()},
            {"taken", note.taken}, {"reason", note.reason}});
    return list;
}

/// Foreign octets that are no UTF-8 become the replacement character.
std::string textOf(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Reading: what is missing or of another type keeps its default.

std::string textAt(const Json& object, const char* name)
{
    const auto at = object.find(name);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<std::int64_t> numberAt(const Json& object, const char* name)
{
    const auto at = object.find(name);
    return at != object.end() && at->is_number_integer() ? std::optional(at->get<std::int64_t>())
                                                         : std::nullopt;
}

bool isTrueAt(const Json& object, const char* name)
{
    const auto at = object.find(name);
    return at != object.end() && at->is_boolean() && at->get<bool>();
}

std::optional<Error> errorAt(const Json& object, const char* name)
{
    const auto at = object.find(name);
    if (at == object.end() || !at->is_object())
        return std::nullopt;
    Error error{
        errorKindFrom(textAt(*at, "kind")).value_or(ErrorKind::Internal), textAt(*at, "message")};
    error.field = textAt(*at, "field");
    if (const auto millis = numberAt(*at, "retry_after_ms"))
        error.retryAfter = Millis(*millis);
    return error;
}

Timings timingsAt(const Json& object, const char* name)
{
    Timings timings;
    const auto at = object.find(name);
    if (at == object.end() || !at->is_object())
        return timings;
    for (const SpanName& known : spanNames) {
        if (const auto micros = numberAt(*at, known.name))
            timings.*known.span = Micros(*micros);
    }
    return timings;
}

Attempt attemptOf(const Json& json)
{
    Attempt attempt;
    attempt.channel = ChannelId(textAt(json, "channel_id"));
    attempt.channelName = textAt(json, "channel");
    attempt.keyLabel = textAt(json, "key");
    attempt.model = ModelName(textAt(json, "model"));
    attempt.startedAfter = Micros(numberAt(json, "started_after_us").value_or(0));
    attempt.timings = timingsAt(json, "timings");
    attempt.reusedConnection = isTrueAt(json, "reused_connection");
    attempt.status = static_cast<int>(numberAt(json, "status").value_or(0));
    attempt.error = errorAt(json, "error");
    attempt.upstreamId = textAt(json, "upstream_id");
    return attempt;
}

template <class Each> void eachObject(const Json& root, const char* name, Each each)
{
    const auto list = root.find(name);
    if (list == root.end() || !list->is_array())
        return;
    for (const Json& entry : *list) {
        if (entry.is_object())
            each(entry);
    }
}

}

std::string toJson(const CallRecord& record)
{
    Json json{
        {"id", record.id.text()},
        {"started_at", isoText(record.startedAt)},
        {"utc_offset_minutes", record.utcOffsetMinutes},
        {"client_id", record.client.text()},
        {"client", record.clientName},
        {"user_agent", record.userAgent},
        {"dialect", nameOf(record.dialect)},
        {"operation", nameOf(record.operation)},
        {"asked_model", record.askedModel.text()},
        {"stream", record.stream},
        {"channel_id", record.channel.text()},
        {"channel", record.channelName},
        {"key", record.keyLabel},
        {"served_model", record.servedModel.text()},
        {"answered_model", record.answeredModel.text()},
        {"status", record.status},
        {"outcome", nameOf(record.outcome)},
        {"error", jsonOf(record.error)},
        {"attempts", jsonOf(record.attempts)},
        {"route", jsonOf(record.route)},
        {"warnings", record.warnings},
        {"timings", jsonOf(record.timings)},
        {"usage", jsonOf(record.usage)},
        {"usage_kind", nameOf(record.usageKind)},
    };
    json["cost_micro_usd"] = record.cost ? Json(record.cost->value) : Json(nullptr);
    json["cost_usd"] = record.cost ? Json(toDecimal(*record.cost)) : Json(nullptr);
    json["price_source"] = nameOf(record.priceSource);
    json["cost_formula"] = record.costFormula;
    json["request_bytes"] = record.requestBytes;
    json["reply_bytes"] = record.replyBytes;
    json["upstream_id"] = record.upstreamId;
    json["is_practice"] = record.isPractice;
    json["task_id"] = record.task ? Json(record.task->taskId) : Json(nullptr);
    return textOf(json);
}

std::string detailToJson(const CallRecord& record)
{
    return textOf(Json{{"attempts", jsonOf(record.attempts)}, {"route", jsonOf(record.route)},
        {"warnings", record.warnings}});
}

void detailFromJson(std::string_view text, CallRecord& record)
{
    record.attempts.clear();
    record.route.clear();
    record.warnings.clear();
    const Json root = Json::parse(text, nullptr, false);
    if (!root.is_object())
        return;
    eachObject(
        root, "attempts", [&](const Json& entry) { record.attempts.push_back(attemptOf(entry)); });
    eachObject(root, "route", [&](const Json& entry) {
        record.route.push_back({textAt(entry, "channel"), ModelName(textAt(entry, "model")),
            isTrueAt(entry, "taken"), textAt(entry, "reason")});
    });
    const auto warnings = root.find("warnings");
    if (warnings == root.end() || !warnings->is_array())
        return;
    for (const Json& warning : *warnings) {
        if (warning.is_string())
            record.warnings.push_back(warning.get<std::string>());
    }
}

}
