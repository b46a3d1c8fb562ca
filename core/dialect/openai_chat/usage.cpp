#include "dialect/openai_chat/usage.h"

#include "base/text.h"

#include <algorithm>

namespace waystation::openai {

namespace {

std::optional<MicroUsd> vendorCostOf(const json::Maybe& usage)
{
    const json::Maybe cost = json::member(usage, "cost");
    if (const auto dollars = json::number(cost)) {
        // OpenRouter's own share; with the user's key behind it, the key's account pays the rest.
        double sum = *dollars;
        if (json::isTrue(json::member(usage, "is_byok")))
            sum += json::number(json::at(usage, {"cost_details", "upstream_inference_cost"}))
                       .value_or(0);
        return microUsdFromDouble(sum);
    }
    if (const auto total = json::number(json::member(cost, "total_cost")))
        return microUsdFromDouble(*total);
    if (const auto ticks = json::number(json::member(usage, "cost_in_usd_ticks")))
        return microUsdFromDouble(*ticks / 1e10);
    return std::nullopt;
}

void readCacheWrites(const json::Maybe& usage, Usage& result)
{
    const json::Maybe split = json::member(usage, "cache_creation");
    result.cacheWrite5m = countAt(split, {{"ephemeral_5m_input_tokens"}});
    result.cacheWrite1h = countAt(split, {{"ephemeral_1h_input_tokens"}});
    if (!split) {
        // New API's names for the same split.
        result.cacheWrite5m = countAt(usage, {{"claude_cache_creation_5_m_tokens"}});
        result.cacheWrite1h = countAt(usage, {{"claude_cache_creation_1_h_tokens"}});
    }
    const Tokens all = countAt(usage,
        {{"cache_creation_input_tokens"}, {"prompt_tokens_details", "cache_write_tokens"},
            {"input_tokens_details", "cache_write_tokens"},
            {"prompt_tokens_details", "cache_creation_input_tokens"},
            {"prompt_tokens_details", "cached_creation_tokens"}});
    result.cacheWrite5m += std::max<Tokens>(0, all - result.cacheWrite5m - result.cacheWrite1h);
}

/// metering.md 2.3: what the sums give away about what is counted in what.
void checkArithmetic(const json::Maybe& usage, Usage& result)
{
    const Tokens cache = result.cacheRead + result.cacheWrite5m + result.cacheWrite1h;
    const Tokens total = countAt(usage, {{"total_tokens"}});
    const Tokens plain = result.input + result.output;

    bool cacheIsBeside = result.cacheRead > result.input;
    bool reasoningIsBeside = total == 0 && result.reasoning > result.output;
    if (total > plain) {
        if (result.reasoning > 0 && total == plain + result.reasoning)
            reasoningIsBeside = true;
        else if (cache > 0 && total == plain + cache)
            cacheIsBeside = true;
        else if (cache > 0 && result.reasoning > 0 && total == plain + cache + result.reasoning)
            cacheIsBeside = reasoningIsBeside = true;
    }
    // Anthropic's names with Anthropic's meaning, passed on by a relay in an OpenAI reply.
    const bool namesOfAnthropic = !json::member(usage, "prompt_tokens")
        && !json::member(usage, "input_tokens_details")
        && (json::member(usage, "cache_read_input_tokens")
            || json::member(usage, "cache_creation_input_tokens"));
    if (namesOfAnthropic && total != plain)
        cacheIsBeside = true;

    if (cacheIsBeside)
        result.input += cache;
    if (reasoningIsBeside)
        result.output += result.reasoning;
}

void readParts(const json::Maybe& usage, Usage& result)
{
    result.audioIn = countAt(usage,
        {{"prompt_tokens_details", "audio_tokens"}, {"input_tokens_details", "audio_tokens"},
            {"input_token_details", "audio_tokens"}});
    result.imageIn = countAt(usage,
        {{"prompt_tokens_details", "image_tokens"}, {"input_tokens_details", "image_tokens"},
            {"input_token_details", "image_tokens"}});
    result.audioOut = countAt(usage,
        {{"completion_tokens_details", "audio_tokens"}, {"output_tokens_details", "audio_tokens"},
            {"output_token_details", "audio_tokens"}});
    result.imageOut = countAt(usage,
        {{"completion_tokens_details", "image_tokens"}, {"output_tokens_details", "image_tokens"},
            {"output_token_details", "image_tokens"}});
}

}

Tokens countAt(
    const json::Maybe& object, std::initializer_list<std::initializer_list<std::string_view>> paths)
{
    for (const auto& path : paths) {
        const Tokens count = clampedTokens(json::number(json::at(object, path)).value_or(0));
        if (count > 0)
            return count;
    }
    return 0;
}

std::string tierFrom(std::string_view word)
{
    const std::string tier = lower(word.substr(0, 40));
    for (const std::string_view ordinary :
        {"default", "standard", "auto", "on_demand", "on-demand", "unspecified"}) {
        if (tier == ordinary)
            return {};
    }
    return tier;
}

std::optional<Usage> usageFrom(const json::Maybe& usage)
{
    if (!usage || !usage->is_object())
        return std::nullopt;

    Usage result;
    if (json::text(json::member(usage, "type")) == "duration") {
        const double seconds = json::number(json::member(usage, "seconds")).value_or(0);
        result.audioMillis = clampedTokens(seconds * 1000);
        return isEmpty(result) ? std::nullopt : std::optional(result);
    }

    result.cacheRead = countAt(usage,
        {{"prompt_tokens_details", "cached_tokens"}, {"input_tokens_details", "cached_tokens"},
            {"input_token_details", "cached_tokens"}, {"cache_read_input_tokens"},
            {"prompt_cache_hit_tokens"}, {"cached_tokens"}});
    readCacheWrites(usage, result);
    result.input
        = countAt(usage, {{"prompt_tokens"}, {"input_tokens"}, {"tokens", "input_tokens"}});
    result.output
        = countAt(usage, {{"completion_tokens"}, {"output_tokens"}, {"tokens", "output_tokens"}});
    result.reasoning = countAt(usage,
        {{"completion_tokens_details", "reasoning_tokens"},
            {"output_tokens_details", "reasoning_tokens"},
            {"output_tokens_details", "thinking_tokens"}, {"reasoning_tokens"}});
    if (result.input == 0)
        result.input = clampedTokens(double(countAt(usage, {{"prompt_cache_hit_tokens"}})
            + countAt(usage, {{"prompt_cache_miss_tokens"}})));
    if (result.input == 0)
        result.input = std::max<Tokens>(0, countAt(usage, {{"total_tokens"}}) - result.output);
    readParts(usage, result);
    checkArithmetic(usage, result);

    result.input = std::min(result.input, mostTokens);
    result.output = std::min(result.output, mostTokens);
    result.reasoning = std::min(result.reasoning, result.output);
    result.audioIn = std::min(result.audioIn, result.input);
    result.imageIn = std::min(result.imageIn, result.input);
    result.audioOut = std::min(result.audioOut, result.output);
    result.imageOut = std::min(result.imageOut, result.output);

    result.webSearches = countAt(usage,
        {{"server_tool_use", "web_search_requests"},
            {"server_tool_use_details", "web_search_requests"}, {"num_sources_used"}});
    if (result.webSearches == 0 && json::member(usage, "search_context_size"))
        result.webSearches = 1; // Perplexity asks one fee for a request
    if (isEmpty(result))
        return std::nullopt;
    result.tier = tierFrom(json::text(json::member(usage, "service_tier")));
    result.vendorCost = vendorCostOf(usage);
    return result;
}

std::optional<Usage> usageOfChat(const json::Maybe& reply)
{
    std::optional<Usage> usage = usageFrom(json::member(reply, "usage"));
    if (!usage)
        usage = usageFrom(json::at(reply, {"x_groq", "usage"}));
    if (!usage)
        usage = usageFrom(json::member(json::first(json::member(reply, "choices")), "usage"));
    if (usage && usage->tier.empty())
        usage->tier = tierFrom(json::text(json::member(reply, "service_tier")));
    return usage;
}

}
