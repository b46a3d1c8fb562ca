#include "tokens/token_counter.h"

#include "tokens/char_kinds.h"
#include "tokens/merger.h"
#include "tokens/pieces.h"
#include "tokens/utf8.h"
#include "tokens/vocabulary.h"

#include "base/text.h"

#include <string>

namespace waystation {

struct TokenCounter::Loaded
{
    Vocabulary vocabulary;
    CharKinds kinds;
    Merger merger;
};

TokenCounter::TokenCounter() = default;
TokenCounter::~TokenCounter() = default;
TokenCounter::TokenCounter(TokenCounter&&) noexcept = default;
TokenCounter& TokenCounter::operator=(TokenCounter&&) noexcept = default;

std::int64_t TokenCounter::count(std::string_view utf8Text)
{
    if (utf8Text.empty())
        return 0;
    if (!m_loaded)
        m_loaded = std::make_unique<Loaded>();
    m_hasCounted = true;

    std::string repaired;
    std::string_view text = utf8Text;
    if (!isValidUtf8(text)) {
        repaired = withReplacements(text);
        text = repaired;
    }
    std::int64_t tokens = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = pieceEnd(text, at, m_loaded->kinds);
        const std::string_view piece = text.substr(at, end - at);
        tokens += m_loaded->vocabulary.holds(piece) ? 1 : m_loaded->merger.count(piece, m_loaded->vocabulary);
        at = end;
    }
    return tokens;
}

void TokenCounter::releaseIfIdle(Tick now, std::chrono::seconds idle)
{
    if (m_hasCounted)
        m_lastUse = now;
    m_hasCounted = false;
    if (m_loaded && now - m_lastUse >= idle)
        m_loaded.reset();
}

std::size_t TokenCounter::memoryBytes() const
{
    if (!m_loaded)
        return 0;
    return sizeof(Loaded) + m_loaded->vocabulary.memoryBytes() + m_loaded->merger.memoryBytes();
}

std::uint64_t TokenCounter::steps() const
{
    return m_loaded ? m_loaded->merger.steps() : 0;
}

}
