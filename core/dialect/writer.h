#pragma once

// For the sources of this room only: writes JSON onto a string, commas and quotes included.

#include "chat/raw_text.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace waystation::json {

/// `w.object(); w.key("role").word("user"); w.close('}')`. Every value follows a key inside an object. Numbers are
/// written in their shortest form, so the same value gives the same octets.
class Writer
{
public:
    explicit Writer(std::string& out) : m_out(out) { }

    Writer& beginObject();
    Writer& endObject();
    Writer& beginArray();
    Writer& endArray();
    /// `name` needs no escapes.
    Writer& key(std::string_view name);
    Writer& key(RawText name);

    Writer& text(RawText text);
    Writer& plain(std::string_view text); // escaped here
    Writer& raw(std::string_view json); // a JSON value as it is
    Writer& integer(std::int64_t value);
    Writer& number(double value);
    Writer& boolean(bool value);
    Writer& null();

    // A field at once.
    Writer& field(std::string_view name, RawText value) { return key(name).text(value); }
    Writer& field(std::string_view name, std::string_view value) { return key(name).plain(value); }
    Writer& field(std::string_view name, const char* value) { return key(name).plain(value); }
    Writer& field(std::string_view name, std::int64_t value) { return key(name).integer(value); }
    Writer& field(std::string_view name, bool value) { return key(name).boolean(value); }
    Writer& number(std::string_view name, double value) { return key(name).number(value); }
    Writer& raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

    std::string& out() { return m_out; }

private:
    void comma();

    std::string& m_out;
    bool m_needsComma = false;
};

}
