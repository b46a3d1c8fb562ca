#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// ASCII only throughout: these serve protocol words, not language.
std::string lower(std::string_view text);
bool equalsIgnoringCase(std::string_view a, std::string_view b);
bool startsWithIgnoringCase(std::string_view text, std::string_view prefix);
bool containsIgnoringCase(std::string_view text, std::string_view needle);
std::string_view trimmed(std::string_view text); // spaces, tabs, CR, LF
std::vector<std::string_view> split(std::string_view text, char separator);
std::string joined(const std::vector<std::string>& texts, std::string_view between);
/// At most `most` octets, cut at a UTF-8 boundary, "..." at the end when cut.
std::string elided(std::string_view text, std::size_t most);
/// One line for logs and errors: control characters and invalid UTF-8 become escapes, cut to `most` octets.
std::string oneLine(std::string_view text, std::size_t most = 400);
/// Matches `*` (any run, also empty) in `pattern`; everything else literally, case kept.
bool matchesGlob(std::string_view pattern, std::string_view text);
/// The part of `text` that the (single) `*` of `pattern` stood for; nullopt when it does not match.
std::optional<std::string> globCapture(std::string_view pattern, std::string_view text);
/// 0..15; -1 for what is no hex digit.
int hexValue(char c);
bool isValidUtf8(std::string_view text);

}
