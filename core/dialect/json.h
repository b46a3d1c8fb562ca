#pragma once

// For the sources of this room only: small reading helpers over simdjson.

#include <simdjson.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace waystation::json {

using Element = simdjson::dom::element;
using Maybe = std::optional<Element>;

/// nullopt for broken JSON. The element and its texts are good until the next call on this thread.
Maybe parse(std::string_view text);

/// An absent field, a null and a field of something that is no object are all nullopt.
Maybe member(const Maybe& object, std::string_view key);
Maybe at(Maybe from, std::initializer_list<std::string_view> path);
/// The first element of an array.
Maybe first(const Maybe& array);

/// A number, or a text that reads as one.
std::optional<double> number(const Maybe& value);
/// The text, or an empty one.
std::string_view text(const Maybe& value);
bool isTrue(const Maybe& value);
/// How many elements an array has; 0 for everything else.
std::size_t sizeOf(const Maybe& array);

/// A text that stands for a number as a whole.
std::optional<double> numberFrom(std::string_view text);

/// Where `needle` begins, npos when nowhere.
std::size_t find(std::string_view text, std::string_view needle, std::size_t from = 0);

inline bool contains(std::string_view text, std::string_view needle)
{
    return find(text, needle) != std::string_view::npos;
}

/// The key of an on-demand field, unescaped. simdjson 3.6 wants to be told what to do with half a surrogate pair.
template <class Field> auto unescapedKey(Field& field)
{
    if constexpr (requires { field.unescaped_key(); })
        return field.unescaped_key();
    else
        return field.unescaped_key(false);
}

/// Octets that a simdjson parser may read behind the end of its input.
constexpr std::size_t padding = simdjson::SIMDJSON_PADDING;
/// Parsers that grew beyond this are not kept.
constexpr std::size_t mostKept = 1u << 20;

}
