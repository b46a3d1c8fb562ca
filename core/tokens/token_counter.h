#pragma once

#include "base/clock.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace waystation {

/// Counts the tokens of text in OpenAI's o200k_base, the encoding of its models since GPT-4o; for the models of others it
/// is an estimate. The vocabulary is unpacked from the program itself by the first count and given back when asked.
/// Belongs to one thread: counting reuses memory, and several threads have several counters.
class TokenCounter
{
public:
    TokenCounter();
    ~TokenCounter();
    TokenCounter(TokenCounter&&) noexcept;
    TokenCounter& operator=(TokenCounter&&) noexcept;

    /// Exact for text as it stands: the names of special tokens count as the letters that they are written with, and octets
    /// that are no UTF-8 as the replacement characters (U+FFFD) that a decoder puts in their place. A run of more than 32 KiB
    /// that nothing divides (one letter a million times) is counted in overlapping parts, which a run made for it could
    /// bring off by a token or two. The time is O(n log n) for every text, the memory that it needs beside the vocabulary
    /// is bounded unless there are octets to replace. Counts of the pieces of a text need not add up to its own.
    std::int64_t count(std::string_view utf8Text);

    /// Gives the memory back when nothing was counted for `idle`. There is no clock in here: a count is taken to have been
    /// at the first call that follows it, so this wants to be called now and then.
    void releaseIfIdle(Tick now, std::chrono::seconds idle);

    bool isLoaded() const { return m_loaded != nullptr; }
    /// What is held now, in octets; 0 when not loaded.
    std::size_t memoryBytes() const;
    /// Parts looked at while merging, since the vocabulary was loaded: what the work can be measured by without a clock.
    std::uint64_t steps() const;

private:
    struct Loaded;

    std::unique_ptr<Loaded> m_loaded;
    bool m_hasCounted = false; // since releaseIfIdle was called last
    Tick m_lastUse;
};

}
