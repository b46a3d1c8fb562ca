#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waystation {

/// Header fields in the order they came; names compare without case. Values are as received, trimmed.
class Headers
{
public:
    struct Field
    {
        std::string name;
        std::string value;
    };

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : m_fields(fields) { }

    void add(std::string_view name, std::string_view value);
    /// Replaces the first of that name and removes the others, or adds it.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);

    /// The first value; nullopt when there is no such field.
    std::optional<std::string_view> find(std::string_view name) const;
    /// The first value, or an empty text.
    std::string_view value(std::string_view name) const { return find(name).value_or(std::string_view()); }
    bool has(std::string_view name) const { return find(name).has_value(); }
    std::size_t count(std::string_view name) const;
    /// True when a comma list under that name holds the word, without case.
    bool listHas(std::string_view name, std::string_view word) const;

    bool isEmpty() const { return m_fields.empty(); }
    std::size_t size() const { return m_fields.size(); }
    auto begin() const { return m_fields.begin(); }
    auto end() const { return m_fields.end(); }

private:
    std::vector<Field> m_fields;
};

}
