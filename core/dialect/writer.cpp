#include "dialect/writer.h"

#include <charconv>
#include <cmath>

namespace waystation::json {

void Writer::comma()
{
    if (m_needsComma)
        m_out += ',';
    m_needsComma = true;
}

Writer& Writer::beginObject()
{
    comma();
    m_out += '{';
    m_needsComma = false;
    return *this;
}

Writer& Writer::endObject()
{
    m_out += '}';
    m_needsComma = true;
    return *this;
}

Writer& Writer::beginArray()
{
    comma();
    m_out += '[';
    m_needsComma = false;
    return *this;
}

Writer& Writer::endArray()
{
    m_out += ']';
    m_needsComma = true;
    return *this;
}

Writer& Writer::key(std::string_view name)
{
    return key(RawText(name));
}

Writer& Writer::key(RawText name)
{
    comma();
    m_out += '"';
    m_out += name.escaped();
    m_out += "\":";
    m_needsComma = false;
    return *this;
}

Writer& Writer::text(RawText text)
{
    comma();
    m_out += '"';
    m_out += text.escaped();
    m_out += '"';
    return *this;
}

Writer& Writer::plain(std::string_view text)
{
    comma();
    m_out += '"';
    appendEscaped(m_out, text);
    m_out += '"';
    return *this;
}

Writer& Writer::raw(std::string_view json)
{
    comma();
    m_out += json;
    return *this;
}

Writer& Writer::integer(std::int64_t value)
{
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    comma();
    m_out.append(digits, error == std::errc() ? end : digits);
    return *this;
}

Writer& Writer::number(double value)
{
    if (std::abs(value) < 9e15 && value == std::floor(value))
        return integer(static_cast<std::int64_t>(value));
    if (!std::isfinite(value))
        return null();
    char digits[40];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    comma();
    m_out.append(digits, error == std::errc() ? end : digits);
    return *this;
}

Writer& Writer::boolean(bool value)
{
    comma();
    m_out += value ? "true" : "false";
    return *this;
}

Writer& Writer::null()
{
    comma();
    m_out += "null";
    return *this;
}

}
