#pragma once

// For the sources of this room only: thoughtSignature, Google's own state and the place where that
// of others travels.

#include "chat/call.h"

#include <string_view>

namespace waystation::gemini {

/// Google's word for a call whose signature is lost; its check then lets the call pass.
constexpr std::string_view skipSignature = "skip_thought_signature_validator";

/// What a client's signature is: state of any upstream that went through `wrapped`, or Google's
/// own. Empty for none, for a stand-in, and for what was cut on its way.
Carry carryFrom(std::string_view signature, TextStore& store);

/// True for state that says all by itself. Anthropic's signature holds only for the text beside it,
/// and plain reasoning is that text, so they stay on the thought; all other state goes on the part
/// behind the thought, as Google does it: clients give back calls and texts, but seldom thoughts.
inline bool travelsAlone(const Carry& carry)
{
    return !carry.isEmpty() && !carry.payload.empty()
        && carry.kind != CarryKind::AnthropicSignature;
}

}
