#include "dialect/json.h"

#include "base/text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace waystation::json {

namespace {

struct Reader
{
    simdjson::dom::parser parser;
    std::string padded;
};

}

Maybe parse(std::string_view text)
{
    // One for each thread: a parser for each of a thousand streams would cost more than the
    // streams.
    static thread_local Reader reader;
    if (reader.padded.capacity() > mostKept)
        reader = Reader();

    constexpr std::size_t least = 4096;
    if (text.size() > reader.parser.capacity()) {
        if (reader.parser.allocate(std::bit_ceil(std::max(text.size(), least))))
            return std::nullopt;
    }
    if (reader.padded.capacity() < text.size() + padding)
        reader.padded.reserve(std::bit_ceil(std::max(text.size() + padding, least)));
    reader.padded.assign(text);

    Element element;
    if (reader.parser.parse(reader.padded.data(), reader.padded.size(), false).get(element))
        return std::nullopt;
    return element;
}

Maybe member(const Maybe& object, std::string_view key)
{
    if (!object)
        return std::nullopt;
    simdjson::dom::object fields;
    if (object->get_object().get(fields))
        return std::nullopt;
    Element value;
    if (fields.at_key(key).get(value) || value.is_null())
        return std::nullopt;
    return value;
}

Maybe at(Maybe from, std::initializer_list<std::string_view> path)
{
    for (const std::string_view key : path)
        from = member(from, key);
    return from;
}

Maybe first(const Maybe& array)
{
    simdjson::dom::array elements;
    if (!array || array->get_array().get(elements))
        return std::nullopt;
    for (const Element element : elements)
        return element;
    return std::nullopt;
}

std::optional<double> numberFrom(std::string_view text)
{
    text = trimmed(text);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()
        || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<double> number(const Maybe& value)
{
    if (!value)
        return std::nullopt;
    double result = 0;
    if (!value->get_double().get(result)) // integers too
        return result;
    std::string_view text;
    if (!value->get_string().get(text))
        return numberFrom(text);
    return std::nullopt;
}

std::string_view text(const Maybe& value)
{
    std::string_view result;
    if (value && !value->get_string().get(result))
        return result;
    return {};
}

bool isTrue(const Maybe& value)
{
    bool result = false;
    return value && !value->get_bool().get(result) && result;
}

std::size_t sizeOf(const Maybe& array)
{
    simdjson::dom::array elements;
    if (!array || array->get_array().get(elements))
        return 0;
    return elements.size();
}

std::size_t find(std::string_view text, std::string_view needle, std::size_t from)
{
#if defined(__GLIBC__) || defined(__APPLE__)
    // string_view::find falls back to one memchr a candidate, slow where the first octet is
    // frequent.
    if (from > text.size())
        return std::string_view::npos;
    const void* hit = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
    return hit ? static_cast<std::size_t>(static_cast<const char*>(hit) - text.data())
               : std::string_view::npos;
#else
    return text.find(needle, from);
#endif
}

}
