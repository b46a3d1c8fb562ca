#pragma once

#include "chat/raw_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waystation {

/// Opaque state that an upstream wants back on the next turn, whatever protocol the client speaks (protocols.md 4.5).
enum class CarryKind : std::uint8_t {
    None = 0,
    AnthropicSignature = 1, // of a thinking block whose text stands beside it
    AnthropicRedacted = 2, // redacted_thinking.data
    OpenaiEncrypted = 3, // encrypted_content of a reasoning item
    GeminiSignature = 4, // thoughtSignature of a part
    PlainReasoning = 5, // the text itself is what is wanted back (DeepSeek, Kimi)
    ReasoningDetails = 6, // OpenRouter's reasoning_details, a JSON array
};

struct Carry
{
    CarryKind kind = CarryKind::None;
    /// Whose it is (originOf); 0 for one that came in its own protocol, whose issuer is not told.
    std::uint32_t origin = 0;
    std::string_view payload; // plain octets, as the issuer gave them

    bool isEmpty() const { return kind == CarryKind::None; }

    friend bool operator==(const Carry&, const Carry&) = default;
};

/// A short name for an issuer: its family, with the account where state opens only there. Never 0.
std::uint32_t originOf(std::string_view issuer);

/// The state in standard base64, so that it goes through every protocol's field for such things; begins "d3Mx".
std::string wrapped(const Carry& carry);
/// nullopt for what `wrapped` did not make, or what was cut on its way. The payload is kept in `store`.
std::optional<Carry> unwrapped(std::string_view text, TextStore& store);
/// True for a text that `wrapped` made, by its beginning.
bool looksWrapped(std::string_view text);

/// Whether an upstream with `origin` takes it.
inline bool belongsTo(const Carry& carry, std::uint32_t origin)
{
    return carry.origin == 0 || carry.origin == origin;
}

}
