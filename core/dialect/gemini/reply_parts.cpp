#include "dialect/gemini/reply_parts.h"

#include "base/text.h"
#include "dialect/gemini/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace waystation::gemini {

using json::Value;
using json::Writer;

namespace {

bool isContinuation(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

TokenChance chanceFrom(Value candidate)
{
    TokenChance chance;
    chance.token = candidate["token"].text();
    chance.logprob = fieldOf(candidate, "logProbability").number().value_or(0);
    return chance;
}

void writeChance(Writer& writer, const TokenChance& chance)
{
    writer.beginObject().field("token", chance.token);
    writer.number("logProbability", chance.logprob).endObject();
}

std::string_view tierWord(std::string_view tier)
{
    if (tier == "default" || tier == "standard")
        return "standard";
    return tier == "flex" || tier == "priority" ? tier : std::string_view();
}

}

FinishReason finishFrom(std::string_view said, bool hasContent)
{
    const std::string word = lower(said);

    struct Row
    {
        std::string_view word;
        FinishReason reason;
    };

    static constexpr std::array rows{Row{"stop", FinishReason::Stop},
        Row{"max_tokens", FinishReason::Length}, Row{"safety", FinishReason::Filter},
        Row{"recitation", FinishReason::Filter}, Row{"blocklist", FinishReason::Filter},
        Row{"prohibited_content", FinishReason::Filter}, Row{"spii", FinishReason::Filter},
        Row{"language", FinishReason::Filter}, Row{"model_armor", FinishReason::Filter},
        Row{"malformed_function_call", FinishReason::Error},
        Row{"unexpected_tool_call", FinishReason::Error},
        Row{"too_many_tool_calls", FinishReason::Error},
        Row{"missing_thought_signature", FinishReason::Error},
        Row{"malformed_response", FinishReason::Error}};
    if (word.empty() || word == "finish_reason_unspecified")
        return FinishReason::Unknown;
    for (const Row& row : rows) {
        if (word == row.word)
            return row.reason;
    }
    if (word.starts_with("image_"))
        return FinishReason::Filter;
    return word == "other" && !hasContent ? FinishReason::Error : FinishReason::Stop;
}

std::int64_t secondsFrom(std::string_view time)
{
    const auto number = [&](std::size_t at, std::size_t count) {
        int value = -1;
        if (time.size() >= at + count)
            std::from_chars(time.data() + at, time.data() + at + count, value);
        return value;
    };
    namespace chrono = std::chrono;
    const chrono::year_month_day day{chrono::year(number(0, 4)),
        chrono::month(static_cast<unsigned>(number(5, 2))),
        chrono::day(static_cast<unsigned>(number(8, 2)))};
    const int hour = number(11, 2);
    const int minute = number(14, 2);
    const int second = number(17, 2);
    if (!day.ok() || hour < 0 || minute < 0 || second < 0)
        return 0;
    const auto moment = chrono::sys_days(day) + chrono::hours(hour) + chrono::minutes(minute)
        + chrono::seconds(second);
    return std::max<std::int64_t>(0, chrono::sys_seconds(moment).time_since_epoch().count());
}

std::vector<TokenChance> chancesFrom(Value result)
{
    std::vector<TokenChance> chances;
    for (const Value chosen : fieldOf(result, "chosenCandidates"))
        chances.push_back(chanceFrom(chosen));
    std::size_t at = 0;
    for (const Value top : fieldOf(result, "topCandidates")) {
        if (at == chances.size())
            break;
        for (const Value candidate : top["candidates"])
            chances[at].others.push_back(chanceFrom(candidate));
        ++at;
    }
    return chances;
}

std::vector<Citation> citationsFrom(
    Value metadata, std::string_view answer, const std::vector<std::size_t>& partStarts)
{
    std::vector<Citation> sources;
    for (const Value chunk : fieldOf(metadata, "groundingChunks")) {
        Citation source;
        for (const std::string_view kind : {"web", "retrievedContext", "maps"}) {
            const Value found = fieldOf(chunk, kind);
            if (!found)
                continue;
            source.url = found["uri"].text();
            source.title = found["title"].text();
        }
        sources.push_back(source);
    }

    std::vector<Citation> citations;
    std::vector<bool> isUsed(sources.size());
    for (const Value support : fieldOf(metadata, "groundingSupports")) {
        const Value segment = support["segment"];
        const auto part
            = static_cast<std::size_t>(fieldOf(segment, "partIndex").integer().value_or(0));
        const std::size_t base = part < partStarts.size() ? partStarts[part] : 0;
        // Zero is left out in this protocol.
        const auto start = fieldOf(segment, "startIndex").integer().value_or(0);
        const auto end = fieldOf(segment, "endIndex").integer();
        for (const Value index : fieldOf(support, "groundingChunkIndices")) {
            const auto at = static_cast<std::size_t>(index.integer().value_or(-1));
            if (at >= sources.size() || sources[at].url.isEmpty())
                continue;
            isUsed[at] = true;
            Citation citation = sources[at];
            citation.cited = segment["text"].text();
            if (end && start >= 0 && *end >= start) {
                const auto octets = [&](std::int64_t offset) {
                    return answer.substr(
                        0, base + std::min(static_cast<std::size_t>(offset), answer.size()));
                };
                citation.start = codePointsIn(octets(start));
                citation.end = codePointsIn(octets(*end));
            }
            citations.push_back(citation);
        }
    }
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (!isUsed[i] && !sources[i].url.isEmpty())
            citations.push_back(sources[i]);
    }
    return citations;
}

bool mergeCounts(Counts& counts, Value chunk)
{
    Value candidates;
    Value usage;
    for (const json::Field field : chunk.fields()) {
        if (field.key.escaped() == "candidates")
            candidates = field.value;
        else if (isNamed(field.key.escaped(), "usageMetadata"))
            usage = field.value;
    }
    // Searches are counted by what the answer rests on; such chunks are few.
    for (const Value candidate : candidates) {
        if (fieldOf(candidate, "groundingMetadata")) {
            counts.merge(json::parse(chunk.raw()));
            break;
        }
    }
    counts.merge(usage);
    return usage.isObject();
}

bool readPicture(Value part, Media& into, TextStore& store)
{
    Part media;
    if (!readMedia(part, media, store) || media.kind != PartKind::Image)
        return false;
    into = media.media;
    return true;
}

std::int64_t codePointsIn(std::string_view utf8)
{
    return std::count_if(utf8.begin(), utf8.end(), [](char c) { return !isContinuation(c); });
}

std::size_t octetsOf(std::string_view utf8, std::int64_t codePoints)
{
    std::size_t at = 0;
    for (; at < utf8.size(); ++at) {
        if (!isContinuation(utf8[at]) && codePoints-- <= 0)
            break;
    }
    return at;
}

const char* finishWordFor(FinishReason reason)
{
    switch (reason) {
    case FinishReason::Length:
    case FinishReason::Context:
        return "MAX_TOKENS";
    case FinishReason::Filter:
    case FinishReason::Refusal:
        return "SAFETY";
    case FinishReason::Error:
        return "OTHER";
    default:
        return "STOP";
    }
}

void writeUsage(Writer& writer, const Usage& usage, std::string_view tier)
{
    writer.beginObject();
    writer.field("promptTokenCount", usage.input);
    writer.field("candidatesTokenCount", std::max<Tokens>(0, usage.output - usage.reasoning));
    writer.field("totalTokenCount", usage.input + usage.output);
    if (usage.cacheRead > 0)
        writer.field("cachedContentTokenCount", usage.cacheRead);
    if (usage.reasoning > 0)
        writer.field("thoughtsTokenCount", usage.reasoning);
    if (const std::string_view word = tierWord(tier); !word.empty())
        writer.field("serviceTier", word);
    writer.endObject();
}

void writeChances(Writer& writer, const std::vector<TokenChance>& chances)
{
    writer.beginObject().key("topCandidates").beginArray();
    for (const TokenChance& chance : chances) {
        writer.beginObject().key("candidates").beginArray();
        for (const TokenChance& other : chance.others)
            writeChance(writer, other);
        writer.endArray().endObject();
    }
    writer.endArray().key("chosenCandidates").beginArray();
    for (const TokenChance& chance : chances)
        writeChance(writer, chance);
    writer.endArray().endObject();
}

void writePicture(Writer& writer, const Media& media)
{
    if (media.source == Media::Source::Data) {
        writer.key("inlineData").beginObject();
        writer.field("mimeType", media.mime.empty() ? std::string_view("image/png") : media.mime);
        writer.field("data", RawText(media.data));
    } else {
        writer.key("fileData").beginObject();
        if (!media.mime.empty())
            writer.field("mimeType", media.mime);
        writer.field("fileUri", media.url);
    }
    writer.endObject();
}

void writeGrounding(Writer& writer, const std::vector<Grounding>& sources)
{
    std::vector<std::string_view> urls; // each once
    writer.beginObject().key("groundingChunks").beginArray();
    for (const Grounding& source : sources) {
        if (std::find(urls.begin(), urls.end(), source.url) != urls.end())
            continue;
        urls.push_back(source.url);
        writer.beginObject().key("web").beginObject();
        writer.field("uri", RawText(source.url));
        if (!source.title.empty())
            writer.field("title", RawText(source.title));
        writer.endObject().endObject();
    }
    writer.endArray().key("groundingSupports").beginArray();
    for (const Grounding& source : sources) {
        const auto index = std::find(urls.begin(), urls.end(), source.url) - urls.begin();
        writer.beginObject().key("segment").beginObject();
        if (source.part > 0)
            writer.field("partIndex", static_cast<std::int64_t>(source.part));
        writer.field("startIndex", static_cast<std::int64_t>(source.start));
        writer.field("endIndex", static_cast<std::int64_t>(source.end));
        if (!source.cited.empty())
            writer.field("text", RawText(source.cited));
        writer.endObject();
        writer.key("groundingChunkIndices").beginArray().integer(index).endArray();
        writer.endObject();
    }
    writer.endArray().endObject();
}

}
