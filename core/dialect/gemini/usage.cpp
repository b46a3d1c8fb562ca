#include "dialect/gemini/usage.h"

#include "base/text.h"
#include "dialect/openai_chat/usage.h"

#include <algorithm>
#include <array>

namespace waystation::gemini {

using openai::countAt;

namespace {

void replace(Tokens& known, Tokens count)
{
    if (count > 0)
        known = count;
}

constexpr std::string_view askedDetails = "promptTokensDetails";
constexpr std::string_view madeDetails = "candidatesTokensDetails";

bool isTier(std::string_view name)
{
    return name == "serviceTier" || name == "trafficType";
}

Tokens countOf(std::optional<double> number)
{
    return number ? clampedTokens(*number) : 0;
}

}

void Counts::merge(const json::Maybe& chunk)
{
    mergeGrounding(chunk);
    const json::Maybe usage = json::member(chunk, "usageMetadata");
    simdjson::dom::object fields;
    if (!usage || usage->get_object().get(fields))
        return;
    for (const auto [name, value] : fields) {
        simdjson::dom::array parts;
        if (isTier(name)) {
            takeTier(json::text(value));
        } else if (value.get_array().get(parts)) {
            take(name, countOf(json::number(value)));
        } else {
            Modalities sums;
            for (const json::Element part : parts)
                sums.add(json::text(json::member(part, "modality")),
                    countOf(json::number(json::member(part, "tokenCount"))));
            take(name, sums);
        }
    }
}

void Counts::merge(json::Value usageMetadata)
{
    for (const json::Field field : usageMetadata.fields()) {
        const std::string_view name = field.key.escaped();
        if (isTier(name)) {
            takeTier(field.value.text().escaped());
        } else if (!field.value.isArray()) {
            take(name, countOf(field.value.number()));
        } else {
            Modalities sums;
            for (const json::Value part : field.value)
                sums.add(part["modality"].text().escaped(), countOf(part["tokenCount"].number()));
            take(name, sums);
        }
    }
}

void Counts::Modalities::add(std::string_view modality, Tokens count)
{
    if (equalsIgnoringCase(modality, "AUDIO"))
        audio = std::min(audio + count, mostTokens);
    else if (equalsIgnoringCase(modality, "IMAGE"))
        image = std::min(image + count, mostTokens);
}

void Counts::take(std::string_view name, Tokens count)
{
    struct Row
    {
        std::string_view name;
        Tokens Counts::*known;
    };

    static constexpr std::array rows{Row{"promptTokenCount", &Counts::m_prompt},
        Row{"candidatesTokenCount", &Counts::m_candidates},
        Row{"responseTokenCount", &Counts::m_candidates},
        Row{"thoughtsTokenCount", &Counts::m_thoughts}, Row{"totalTokenCount", &Counts::m_total},
        Row{"cachedContentTokenCount", &Counts::m_cached},
        Row{"toolUsePromptTokenCount", &Counts::m_toolPrompt}};
    for (const Row& row : rows) {
        if (name == row.name)
            replace(this->*row.known, count);
    }
}

void Counts::take(std::string_view name, const Modalities& sums)
{
    if (name == askedDetails) {
        replace(m_audioIn, sums.audio);
        replace(m_imageIn, sums.image);
    } else if (name == madeDetails) {
        replace(m_audioOut, sums.audio);
        replace(m_imageOut, sums.image);
    }
}

void Counts::takeTier(std::string_view word)
{
    if (word.empty())
        return;
    m_tier = openai::tierFrom(word);
    if (m_tier == "traffic_type_unspecified")
        m_tier.clear();
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
