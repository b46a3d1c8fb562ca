#include "dialect/gemini/usage.h"

#include "base/text.h"
#include "dialect/openai_chat/usage.h"

#include <algorithm>

namespace waystation::gemini {

using openai::countAt;

namespace {

void replace(Tokens& known, Tokens count)
{
    if (count > 0)
        known = count;
}

/// The tokens of one modality in a list of {modality, tokenCount}.
Tokens modalityIn(const json::Maybe& list, std::string_view modality)
{
    simdjson::dom::array parts;
    if (!list || list->get_array().get(parts))
        return 0;
    Tokens sum = 0;
    for (const json::Element part : parts) {
        if (equalsIgnoringCase(json::text(json::member(part, "modality")), modality))
            sum += countAt(part, {{"tokenCount"}});
    }
    return std::min(sum, mostTokens);
}

}

void Counts::merge(const json::Maybe& chunk)
{
    mergeGrounding(chunk);
    const json::Maybe usage = json::member(chunk, "usageMetadata");
    if (!usage)
        return;
    replace(m_prompt, countAt(usage, {{"promptTokenCount"}}));
    replace(m_toolPrompt, countAt(usage, {{"toolUsePromptTokenCount"}}));
    replace(m_cached, countAt(usage, {{"cachedContentTokenCount"}}));
    replace(m_candidates, countAt(usage, {{"candidatesTokenCount"}, {"responseTokenCount"}}));
    replace(m_thoughts, countAt(usage, {{"thoughtsTokenCount"}}));
    replace(m_total, countAt(usage, {{"totalTokenCount"}}));

    const json::Maybe asked = json::member(usage, "promptTokensDetails");
    replace(m_audioIn, modalityIn(asked, "AUDIO"));
    replace(m_imageIn, modalityIn(asked, "IMAGE"));
    const json::Maybe made = json::member(usage, "candidatesTokensDetails");
    replace(m_audioOut, modalityIn(made, "AUDIO"));
    replace(m_imageOut, modalityIn(made, "IMAGE"));

    for (const std::string_view name : {"serviceTier", "trafficType"}) {
        if (const json::Maybe word = json::member(usage, name)) {
            m_tier = openai::tierFrom(json::text(word));
            if (m_tier == "traffic_type_unspecified")
                m_tier.clear();
        }
    }
}

void Counts::mergeGrounding(const json::Maybe& chunk)
{
    const json::Maybe queries = json::at(
        json::first(json::member(chunk, "candidates")), {"groundingMetadata", "webSearchQueries"});
    const auto count = static_cast<std::int64_t>(json::sizeOf(queries));
    if (count == 0)
        return;
    // Up to 2.x the fee is for the grounded prompt, later for each query.
    const std::string_view model = json::text(json::member(chunk, "modelVersion"));
    const bool byPrompt = model.starts_with("gemini-1") || model.starts_with("gemini-2");
    m_searches = std::max(m_searches, byPrompt ? 1 : count);
}

std::optional<Usage> Counts::usage() const
{
    Usage usage;
    Tokens output = m_candidates + m_thoughts;
    Tokens toolPrompt = m_toolPrompt;
    const Tokens rest = m_total - m_prompt - output - toolPrompt;
    if (rest > 0) {
        // With nothing said about the answer the rest is the answer, else what tools put into the
        // prompt.
        if (output == 0)
            output = rest;
        else if (toolPrompt == 0)
            toolPrompt = rest;
    }
    usage.input = clampedTokens(double(m_prompt + toolPrompt));
    usage.toolPrompt = toolPrompt;
    usage.cacheRead = std::min(m_cached, usage.input);
    usage.output = clampedTokens(double(output));
    usage.reasoning = m_thoughts;
    usage.audioIn = std::min(m_audioIn, usage.input);
    usage.imageIn = std::min(m_imageIn, usage.input);
    usage.audioOut = std::min(m_audioOut, usage.output);
    usage.imageOut = std::min(m_imageOut, usage.output);
    if (isEmpty(usage))
        return std::nullopt;
    usage.webSearches = m_searches;
    usage.tier = m_tier;
    return usage;
}

std::optional<Usage> usageOfEmbedding(const json::Maybe& reply)
{
    Counts counts;
    counts.merge(reply);
    if (auto usage = counts.usage())
        return usage;

    Tokens sum = countAt(reply,
        {{"metadata", "tokenCount"}, {"statistics", "tokenCount"},
            {"embedding", "statistics", "tokenCount"}});
    for (const std::string_view list : {"embeddings", "predictions"}) {
        simdjson::dom::array parts;
        const json::Maybe found = json::member(reply, list);
        if (!found || found->get_array().get(parts))
            continue;
        for (const json::Element part : parts)
            sum += countAt(
                part, {{"statistics", "tokenCount"}, {"embeddings", "statistics", "token_count"}});
    }
    if (sum == 0)
        return std::nullopt;
    Usage usage;
    usage.input = clampedTokens(double(sum));
    return usage;
}

}
