#include "base/headers.h"

#include "base/text.h"

#include <algorithm>

namespace waystation {

void Headers::add(std::string_view name, std::string_view value)
{
    m_fields.push_back({std::string(name), std::string(value)});
}

void Headers::set(std::string_view name, std::string_view value)
{
    const auto first = std::find_if(m_fields.begin(), m_fields.end(),
        [&](const Field& field) { return equalsIgnoringCase(field.name, name); });
    if (first == m_fields.end()) {
        add(name, value);
        return;
    }
    first->value = std::string(value);
    m_fields.erase(std::remove_if(first + 1, m_fields.end(),
                       [&](const Field& field) { return equalsIgnoringCase(field.name, name); }),
        m_fields.end());
}

void Headers::remove(std::string_view name)
{
    std::erase_if(m_fields, [&](const Field& field) { return equalsIgnoringCase(field.name, name); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const
{
    for (const Field& field : m_fields) {
        if (equalsIgnoringCase(field.name, name))
            return field.value;
    }
    return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const
{
    return static_cast<std::size_t>(std::count_if(m_fields.begin(), m_fields.end(),
        [&](const Field& field) { return equalsIgnoringCase(field.name, name); }));
}

bool Headers::listHas(std::string_view name, std::string_view word) const
{
    for (const Field& field : m_fields) {
        if (!equalsIgnoringCase(field.name, name))
            continue;
        for (const std::string_view part : split(field.value, ',')) {
            if (equalsIgnoringCase(trimmed(part), word))
                return true;
        }
    }
    return false;
}

}
