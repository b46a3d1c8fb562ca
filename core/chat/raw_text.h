#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace waystation {

/// A text as it stands between the quotes of a JSON string: escaped and valid. Long texts walk through a translation
/// in this form, as views of the received octets, and are unescaped only where somebody looks at them. Two halves of a
/// surrogate pair may come in two pieces; put together they are right again.
class RawText
{
public:
    constexpr RawText() = default;
    /// `escaped` is valid inside quotes; what it points to outlives the text.
    explicit constexpr RawText(std::string_view escaped) : m_escaped(escaped) { }

    constexpr std::string_view escaped() const { return m_escaped; }
    constexpr bool isEmpty() const { return m_escaped.empty(); }
    /// True for nothing but white space.
    bool isBlank() const;
    constexpr std::size_t size() const { return m_escaped.size(); }

    /// Unescaped, as UTF-8; `scratch` is used only when there is an escape. A broken escape or half a pair becomes U+FFFD.
    std::string_view plain(std::string& scratch) const;
    std::string toString() const;
    /// True when it says exactly `plain`.
    bool is(std::string_view plain) const;

    friend constexpr bool operator==(RawText a, RawText b) { return a.m_escaped == b.m_escaped; }

private:
    std::string_view m_escaped;
};

/// Appends `plain` escaped (quotes not included). Invalid UTF-8 becomes U+FFFD.
void appendEscaped(std::string& out, std::string_view plain);
/// Appends what `escaped` says.
void appendPlain(std::string& out, std::string_view escaped);
/// True when `escaped` has an escape that is half of a surrogate pair without its other half.
bool hasLoneHalves(std::string_view escaped);
/// `escaped` with U+FFFD in place of such halves, which strict JSON readers refuse.
std::string withoutLoneHalves(std::string_view escaped);
/// A text as a JSON string with its quotes.
std::string jsonString(std::string_view text);

/// Keeps texts that are made on the way. What it hands out is good as long as the store; moving it keeps them good.
class TextStore
{
public:
    TextStore() = default;
    TextStore(TextStore&&) = default;
    TextStore& operator=(TextStore&&) = default;
    TextStore(const TextStore&) = delete;
    TextStore& operator=(const TextStore&) = delete;

    std::string_view keep(std::string text) { return m_texts.emplace_back(std::move(text)); }
    /// `plain`, escaped.
    RawText escape(std::string_view plain);
    /// What `text` says; a copy is kept only when it has escapes.
    std::string_view plain(RawText text);

private:
    std::deque<std::string> m_texts;
};

}
