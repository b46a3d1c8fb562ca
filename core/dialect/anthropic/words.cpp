#include "dialect/anthropic/words.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace waystation::anthropic {

namespace {

struct StopWord
{
    FinishReason reason;
    const char* word;
};

// The first row of a reason is the word that is written.
constexpr std::array<StopWord, 8> stopWords{{
    {FinishReason::Stop, "end_turn"},
    {FinishReason::StopSequence, "stop_sequence"},
    {FinishReason::Length, "max_tokens"},
    {FinishReason::Tool, "tool_use"},
    {FinishReason::Refusal, "refusal"},
    {FinishReason::Filter, "refusal"},
    {FinishReason::Context, "model_context_window_exceeded"},
    {FinishReason::Pause, "pause_turn"},
}};

/// Octets of the code point that begins at `at` of an escaped text.
std::size_t codePointAt(std::string_view escaped, std::size_t at)
{
    const auto escapeAt = [&](std::size_t i) -> std::size_t {
        if (i + 1 >= escaped.size() || escaped[i] != '\\')
            return 0;
        return std::min<std::size_t>(escaped[i + 1] == 'u' ? 6 : 2, escaped.size() - i);
    };
    if (const std::size_t length = escapeAt(at)) {
        const bool isHighHalf = length == 6 && (escaped[at + 2] | 0x20) == 'd'
            && hexValue(escaped[at + 3]) >= 8 && hexValue(escaped[at + 3]) < 12;
        return isHighHalf && escapeAt(at + 6) == 6 ? 12 : length;
    }
    std::size_t length = 1;
    while (at + length < escaped.size() && (escaped[at + length] & 0xC0) == 0x80)
        ++length;
    return length;
}

std::string_view tierWord(std::string_view tier)
{
    if (tier.empty() || tier == "priority" || tier == "batch")
        return tier;
    return "standard";
}

}

FinishReason finishFrom(json::Value stopReason)
{
    if (!stopReason.isString() || stopReason.text().isEmpty())
        return FinishReason::Unknown;
    for (const StopWord& each : stopWords) {
        if (stopReason.is(each.word))
            return each.reason;
    }
    return FinishReason::Stop;
}

const char* stopReasonFor(FinishReason reason)
{
    for (const StopWord& each : stopWords) {
        if (each.reason == reason)
            return each.word;
    }
    return "end_turn";
}

RawText refusalFrom(json::Value stopDetails)
{
    return stopDetails["explanation"].text();
}

std::optional<Citation> citationFrom(json::Value citation)
{
    const json::Value type = citation["type"];
    Citation read;
    if (type.is("web_search_result_location"))
        read.url = citation["url"].text();
    else if (type.is("search_result_location"))
        read.url = citation["source"].text();
    if (read.url.isEmpty())
        return std::nullopt;
    read.title = citation["title"].text();
    read.cited = citation["cited_text"].text();
    return read;
}

RawText segmentOf(std::string_view escaped, std::int64_t start, std::int64_t end)
{
    if (start < 0 || end <= start)
        return {};
    std::size_t at = 0;
    std::int64_t count = 0;
    const auto walkTo = [&](std::int64_t wanted) {
        for (; count < wanted && at < escaped.size(); ++count)
            at += codePointAt(escaped, at);
        return std::min(at, escaped.size());
    };
    const std::size_t from = walkTo(start);
    const std::size_t to = walkTo(end);
    return RawText(escaped.substr(from, to - from));
}

void writeCitation(json::Writer& writer, const Citation& citation, std::string_view text)
{
    RawText cited = citation.cited;
    if (cited.isEmpty())
        cited = segmentOf(text, citation.start, citation.end);
    writer.beginObject().field("type", "web_search_result_location");
    writer.field("url", citation.url).field("title", citation.title);
    writer.field("cited_text", cited).field("encrypted_index", "").endObject();
}

void writeUsage(json::Writer& writer, const Usage& usage, std::string_view tier)
{
    const Tokens write = usage.cacheWrite5m + usage.cacheWrite1h;
    writer.beginObject();
    writer.field("input_tokens", std::max<Tokens>(0, usage.input - usage.cacheRead - write));
    writer.field("cache_creation_input_tokens", write);
    writer.field("cache_read_input_tokens", usage.cacheRead);
    if (usage.cacheWrite1h > 0) {
        writer.key("cache_creation").beginObject();
        writer.field("ephemeral_5m_input_tokens", usage.cacheWrite5m);
        writer.field("ephemeral_1h_input_tokens", usage.cacheWrite1h).endObject();
    }
    writer.field("output_tokens", usage.output);
    if (usage.reasoning > 0) {
        writer.key("output_tokens_details").beginObject();
        writer.field("thinking_tokens", usage.reasoning).endObject();
    }
    if (usage.webSearches > 0) {
        writer.key("server_tool_use").beginObject();
        writer.field("web_search_requests", usage.webSearches).endObject();
    }
    if (!tier.empty())
        writer.field("service_tier", tierWord(tier));
    writer.endObject();
}

void writeStop(json::Writer& writer, FinishReason reason, RawText stopSequence, RawText detail)
{
    writer.field("stop_reason", stopReasonFor(reason));
    writer.key("stop_sequence");
    if (reason == FinishReason::StopSequence && !stopSequence.isEmpty())
        writer.text(stopSequence);
    else
        writer.null();
    if (reason != FinishReason::Refusal && reason != FinishReason::Filter)
        return;
    writer.key("stop_details").beginObject().field("type", "refusal");
    writer.key("category").null().key("explanation");
    if (detail.isEmpty())
        writer.null();
    else
        writer.text(detail);
    writer.endObject();
}

ThinkingView thinkingViewOf(const ReplyContext& context)
{
    if (!context.call)
        return ThinkingView::Shown;
    const ReasoningWish& wish = context.call->reasoning;
    if (wish.on != true)
        return ThinkingView::Hidden;
    return wish.show == false ? ThinkingView::Omitted : ThinkingView::Shown;
}

std::string_view askedModel(const ReplyContext& context, std::string_view answered)
{
    return context.call && !context.call->model.isEmpty() ? std::string_view(context.call->model.text()) : answered;
}

}
