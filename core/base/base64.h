#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace waystation {

/// Standard base64 with its padding.
std::string base64(std::string_view octets);
/// nullopt for what is no base64. Blanks and line breaks are passed over, missing padding is forgiven, the URL alphabet
/// is understood.
std::optional<std::string> base64Decoded(std::string_view text);

}
