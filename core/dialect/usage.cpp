#include "dialect/dialect.h"

#include "base/text.h"
#include "dialect/anthropic/usage.h"
#include "dialect/gemini/usage.h"
#include "dialect/json.h"
#include "dialect/openai_chat/usage.h"
#include "dialect/openai_responses/usage.h"
#include "dialect/sse.h"

#include <algorithm>

namespace waystation {

namespace {

/// Fields that may hold counts and are small.
constexpr std::string_view smallFields[] = {"usage", "usageMetadata", "x_groq", "service_tier",
    "meta", "metadata", "statistics", "model", "modelVersion", "duration", "seconds", "status"};

/// Fields with the whole answer in them, worth a look only when they hold this word.
struct LargeField
{
    std::string_view name;
    std::string_view word;
};

constexpr LargeField largeFields[] = {{"choices", "\"usage\""}, {"output", "\"web_search_call\""},
    {"candidates", "\"webSearchQueries\""}, {"embedding", "\"statistics\""},
    {"embeddings", "\"statistics\""}, {"predictions", "\"statistics\""}};

constexpr std::size_t mostFieldOctets = 4u << 20;

struct Summary
{
    std::string object; // the reply with nothing but what can hold counts
    std::int64_t pictures = 0;
};

bool isWorthALook(std::string_view key, std::string_view raw)
{
    if (raw.size() > mostFieldOctets)
        return false;
    if (std::find(std::begin(smallFields), std::end(smallFields), key) != std::end(smallFields))
        return true;
    return std::any_of(
        std::begin(largeFields), std::end(largeFields), [&](const LargeField& field) {
            return field.name == key && json::contains(raw, field.word);
        });
}

std::int64_t objectsIn(std::string_view array)
{
    std::int64_t count = 0;
    JsonArrayReader reader;
    reader.feed(array, [&](const StreamEvent& event) { count += event.isComment ? 0 : 1; });
    return count;
}

/// Answers can be large (vectors, pictures), their counts are small: one walk over the outer fields
/// picks them out.
std::optional<Summary> summaryOf(std::string_view body, Operation operation)
{
    namespace ondemand = simdjson::ondemand;

    const simdjson::padded_string padded(body);
    static thread_local ondemand::parser kept;
    ondemand::parser own;
    ondemand::parser& parser = body.size() > json::mostKept ? own : kept;

    ondemand::document document;
    ondemand::object object;
    if (parser.iterate(padded).get(document) || document.get_object().get(object))
        return std::nullopt;
    Summary summary;
    for (auto next : object) {
        ondemand::field field;
        std::string_view key;
        std::string_view raw;
        if (std::move(next).get(field) || json::unescapedKey(field).get(key))
            return std::nullopt;
        ondemand::value value = field.value();
        if (simdjson::to_json_string(value).get(raw))
            return std::nullopt;
        if (operation == Operation::Images && (key == "data" || key == "predictions"))
            summary.pictures = objectsIn(raw);
        if (!isWorthALook(key, raw))
            continue;
        summary.object += summary.object.empty() ? '{' : ',';
        summary.object.append("\"").append(key).append("\":").append(raw);
    }
    summary.object += summary.object.empty() ? "{}" : "}";
    return summary;
}

std::optional<Usage> usageOfRerank(const json::Maybe& reply)
{
    std::optional<Usage> usage = openai::usageFrom(json::member(reply, "usage"));
    if (!usage)
        usage = openai::usageFrom(json::at(reply, {"meta", "tokens"}));
    if (!usage)
        usage = openai::usageFrom(json::at(reply, {"meta", "billed_units"}));
    const Tokens units = openai::countAt(reply, {{"meta", "billed_units", "search_units"}});
    if (units > 0) {
        usage = usage.value_or(Usage{});
        usage->searchUnits = units;
    }
    return usage;
}

std::optional<Usage> usageOfImages(const json::Maybe& reply, std::int64_t pictures)
{
    std::optional<Usage> usage = openai::usageFrom(json::member(reply, "usage"));
    if (usage && usage->output > 0) {
        // Without a split all that came out is picture.
        if (!json::at(reply, {"usage", "output_tokens_details"}))
            usage->imageOut = usage->output;
        return usage;
    }
    if (pictures == 0)
        return usage;
    usage = usage.value_or(Usage{});
    usage->images = pictures;
    return usage;
}

std::optional<Usage> usageOfTime(const json::Maybe& reply, std::string_view field)
{
    Usage usage;
    usage.audioMillis = clampedTokens(json::number(json::member(reply, field)).value_or(0) * 1000);
    return isEmpty(usage) ? std::nullopt : std::optional(usage);
}

std::optional<Usage> usageOfVideo(const json::Maybe& reply)
{
    // A task is paid for when it is done, and only then.
    const std::string status = lower(json::text(json::member(reply, "status")));
    if (status != "completed" && status != "succeeded" && status != "success")
        return std::nullopt;
    std::optional<Usage> usage = openai::usageFrom(json::member(reply, "usage"));
    if (!usage)
        usage = usageOfTime(reply, "seconds");
    if (!usage)
        usage = usageOfTime(json::member(reply, "metadata"), "duration");
    return usage;
}

}

std::optional<Usage> readUsage(DialectId dialect, Operation operation, std::string_view body)
{
    const auto summary = summaryOf(body, operation);
    if (!summary)
        return std::nullopt;
    const json::Maybe reply = json::parse(summary->object);
    if (!reply)
        return std::nullopt;

    switch (operation) {
    case Operation::Images:
        if (dialect == DialectId::Gemini && json::member(reply, "usageMetadata"))
            break;
        return usageOfImages(reply, summary->pictures);
    case Operation::Transcription: {
        const auto usage = openai::usageFrom(json::member(reply, "usage"));
        return usage ? usage : usageOfTime(reply, "duration");
    }
    case Operation::VideoCreate:
    case Operation::VideoTask:
        return usageOfVideo(reply);
    case Operation::Rerank:
        return usageOfRerank(reply);
    case Operation::Embeddings:
        if (dialect == DialectId::Gemini)
            return gemini::usageOfEmbedding(reply);
        break;
    case Operation::CountTokens:
    case Operation::ResponseTask:
    case Operation::ListModels:
    case Operation::GetModel:
    case Operation::Hello:
        return std::nullopt;
    default:
        break;
    }

    switch (dialect) {
    case DialectId::OpenaiChat:
        break;
    case DialectId::OpenaiResponses:
        return responses::usageOfResponse(reply);
    case DialectId::Anthropic: {
        anthropic::Counts counts;
        counts.merge(json::member(reply, "usage"));
        return counts.usage();
    }
    case DialectId::Gemini: {
        gemini::Counts counts;
        counts.merge(reply);
        return counts.usage();
    }
    }
    return openai::usageOfChat(reply);
}

Tokens estimatedTokens(std::int64_t octets)
{
    // About four octets a token in English and code; a few signs of CJK in nine.
    return octets > 0 ? clampedTokens(double((octets + 3) / 4)) : 0;
}

}
