#pragma once

#include "chat/usage.h"
#include "dialect/json.h"
#include "dialect/tree.h"

#include <string>
#include <string_view>

namespace waystation::gemini {

/// Counts of a stream: every chunk may carry them, cumulative, and not every chunk carries all.
class Counts
{
public:
    /// `chunk` is a whole reply or an event of a stream.
    void merge(const json::Maybe& chunk);
    /// The same for the object behind "usageMetadata" alone.
    void merge(json::Value usageMetadata);
    std::optional<Usage> usage() const;

private:
    struct Modalities
    {
        Tokens audio = 0;
        Tokens image = 0;

        void add(std::string_view modality, Tokens count);
    };

    void mergeGrounding(const json::Maybe& chunk);
    void take(std::string_view name, Tokens count);
    void take(std::string_view name, const Modalities& sums);
    void takeTier(std::string_view word);

    Tokens m_prompt = 0;
    Tokens m_toolPrompt = 0;
    Tokens m_cached = 0;
    Tokens m_candidates = 0;
    Tokens m_thoughts = 0;
    Tokens m_total = 0;
    Tokens m_audioIn = 0;
    Tokens m_imageIn = 0;
    Tokens m_audioOut = 0;
    Tokens m_imageOut = 0;
    std::int64_t m_searches = 0;
    std::string m_tier;
};

/// The counts of embedContent, batchEmbedContents and Vertex' predict.
std::optional<Usage> usageOfEmbedding(const json::Maybe& reply);

}
