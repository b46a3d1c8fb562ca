#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace waystation {

/// A string that cannot be mistaken for another kind of string.
template <class Tag>
class Id
{
public:
    Id() = default;
    explicit Id(std::string text) : m_text(std::move(text)) { }
    explicit Id(std::string_view text) : m_text(text) { }
    explicit Id(const char* text) : m_text(text) { }

    const std::string& text() const { return m_text; }
    bool isEmpty() const { return m_text.empty(); }

    friend bool operator==(const Id&, const Id&) = default;
    friend auto operator<=>(const Id&, const Id&) = default;

private:
    std::string m_text;
};

using ChannelId = Id<struct ChannelTag>;         // made once, survives renaming
using KeyId = Id<struct KeyTag>;                 // an upstream key of a channel
using ClientId = Id<struct ClientTag>;           // a client key
using CallId = Id<struct CallTag>;               // 26 characters, sorts by time
using ModelName = Id<struct ModelTag>;           // as somebody spells it
using ProviderId = Id<struct ProviderTag>;       // "openai", "deepseek", "practice"

}

template <class Tag>
struct std::hash<waystation::Id<Tag>>
{
    std::size_t operator()(const waystation::Id<Tag>& id) const noexcept { return std::hash<std::string> {}(id.text()); }
};
