#include "dialect/anthropic/usage.h"

#include "dialect/openai_chat/usage.h"

#include <algorithm>

namespace waystation::anthropic {

using openai::countAt;

namespace {

void replace(Tokens& known, Tokens count)
{
    if (count > 0)
        known = count;
}

/// Compaction and advisor rounds of a server-side loop are paid for but not in the outer counts.
Usage besideIn(const json::Maybe& iterations)
{
    Usage sum;
    simdjson::dom::array rounds;
    if (!iterations || iterations->get_array().get(rounds))
        return sum;
    for (const json::Element round : rounds) {
        const std::string_view type = json::text(json::member(round, "type"));
        if (!json::contains(type, "compaction") && !json::contains(type, "advisor"))
            continue;
        const Tokens read = countAt(round, {{"cache_read_input_tokens"}});
        const Tokens write = countAt(round, {{"cache_creation_input_tokens"}});
        sum.input += countAt(round, {{"input_tokens"}}) + read + write;
        sum.cacheRead += read;
        sum.cacheWrite5m += write;
        sum.output += countAt(round, {{"output_tokens"}});
    }
    return sum;
}

}

void Counts::merge(const json::Maybe& usage)
{
    if (!usage)
        return;
    replace(m_input, countAt(usage, {{"input_tokens"}, {"prompt_tokens"}}));
    replace(m_cacheRead, countAt(usage, {{"cache_read_input_tokens"}}));
    replace(m_cacheWrite, countAt(usage, {{"cache_creation_input_tokens"}}));
    replace(m_cacheWrite5m, countAt(usage, {{"cache_creation", "ephemeral_5m_input_tokens"}}));
    replace(m_cacheWrite1h, countAt(usage, {{"cache_creation", "ephemeral_1h_input_tokens"}}));
    replace(m_output, countAt(usage, {{"output_tokens"}, {"completion_tokens"}}));
    replace(m_thinking,
        countAt(usage,
            {{"output_tokens_details", "thinking_tokens"},
                {"output_tokens_details", "reasoning_tokens"}}));
    replace(m_webSearches, countAt(usage, {{"server_tool_use", "web_search_requests"}}));
    if (const json::Maybe tier = json::member(usage, "service_tier"))
        m_tier = openai::tierFrom(json::text(tier));
    if (json::text(json::member(usage, "speed")) == "fast")
        m_tier = "fast";
    if (const json::Maybe iterations = json::member(usage, "iterations"))
        m_beside = besideIn(iterations);
}

std::optional<Usage> Counts::usage() const
{
    Usage usage;
    usage.cacheRead = m_cacheRead;
    usage.cacheWrite1h = m_cacheWrite1h;
    // Without a split everything is of the shorter kind.
    usage.cacheWrite5m = std::max(m_cacheWrite5m, m_cacheWrite - m_cacheWrite1h);
    usage.input = m_input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
    usage.output = m_output;
    usage.reasoning = m_thinking;
    usage.webSearches = m_webSearches;

    usage.input = clampedTokens(double(usage.input + m_beside.input));
    usage.cacheRead = clampedTokens(double(usage.cacheRead + m_beside.cacheRead));
    usage.cacheWrite5m = clampedTokens(double(usage.cacheWrite5m + m_beside.cacheWrite5m));
    usage.output = clampedTokens(double(usage.output + m_beside.output));
    usage.reasoning = std::min(usage.reasoning, usage.output);
    if (isEmpty(usage))
        return std::nullopt;
    usage.tier = m_tier;
    return usage;
}

}
