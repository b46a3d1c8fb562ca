#include "vault/secret_map.h"

#include <sodium.h>

#include <cstring>

namespace waystation {

namespace {

constexpr int base64Kind = sodium_base64_VARIANT_ORIGINAL;
constexpr std::string_view opening = R"({"secrets":{)";
constexpr std::string_view closing = "}}";

class Writer
{
public:
    explicit Writer(std::size_t most)
        : m_octets(most)
    {
    }

    void add(std::string_view text)
    {
        if (text.size() > m_octets.size() - m_used)
            return;
        std::memcpy(m_octets.data() + m_used, text.data(), text.size());
        m_used += text.size();
    }

    void addName(std::string_view name)
    {
        static constexpr char digits[] = "0123456789abcdef";
        add("\"");
        for (const char c : name) {
            const auto octet = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                const char escaped[] = {'\\', c};
                add({escaped, 2});
            } else if (octet < 0x20) {
                const char escaped[]
                    = {'\\', 'u', '0', '0', digits[octet >> 4], digits[octet & 15]};
                add({escaped, 6});
            } else {
                add({&c, 1});
            }
        }
        add("\"");
    }

    void addValue(std::string_view value)
    {
        add("\"");
        const std::size_t room
            = sodium_base64_encoded_len(value.size(), base64Kind); // with the closing zero
        if (room <= m_octets.size() - m_used) {
            sodium_bin2base64(reinterpret_cast<char*>(m_octets.data() + m_used), room,
                reinterpret_cast<const unsigned char*>(value.data()), value.size(), base64Kind);
            m_used += room - 1;
        }
        add("\"");
    }

    LockedOctets cut() const
    {
        LockedOctets result(m_used);
        if (!result.isEmpty())
            std::memcpy(result.data(), m_octets.data(), m_used);
        return result;
    }

private:
    LockedOctets m_octets;
    std::size_t m_used = 0;
};

class Reader
{
public:
    explicit Reader(std::string_view text)
        : m_rest(text)
    {
    }

    bool take(std::string_view text)
    {
        if (!m_rest.starts_with(text))
            return false;
        m_rest.remove_prefix(text.size());
        return true;
    }

    bool atEnd() const { return m_rest.empty(); }

    bool takeName(std::string& name)
    {
        if (!take("\""))
            return false;
        while (!m_rest.empty() && m_rest[0] != '"') {
            if (!takeCharacter(name))
                return false;
        }
        return take("\"");
    }

    bool takeValue(Secret& value)
    {
        if (!take("\""))
            return false;
        const std::size_t end = m_rest.find('"');
        if (end == std::string_view::npos)
            return false;
        const std::string_view text = m_rest.substr(0, end);
        m_rest.remove_prefix(end + 1);
        LockedOctets octets(text.size() + 1);
        std::size_t length = 0;
        if (octets.isEmpty()
            || sodium_base642bin(octets.data(), octets.size(), text.data(), text.size(), nullptr,
                   &length, nullptr, base64Kind)
                != 0)
            return false;
        value = Secret(std::string_view(reinterpret_cast<const char*>(octets.data()), length));
        return true;
    }

private:
    bool takeCharacter(std::string& name)
    {
        if (m_rest[0] != '\\') {
            name += m_rest[0];
            m_rest.remove_prefix(1);
            return true;
        }
        if (m_rest.size() >= 2 && (m_rest[1] == '"' || m_rest[1] == '\\')) {
            name += m_rest[1];
            m_rest.remove_prefix(2);
            return true;
        }
        unsigned char octet = 0;
        std::size_t length = 0;
        if (m_rest.size() < 6 || !m_rest.starts_with("\\u00")
            || sodium_hex2bin(&octet, 1, m_rest.data() + 4, 2, nullptr, &length, nullptr) != 0
            || length != 1)
            return false;
        name += static_cast<char>(octet);
        m_rest.remove_prefix(6);
        return true;
    }

    std::string_view m_rest;
};

}

LockedOctets toLockedJson(const SecretMap& secrets)
{
    std::size_t most = opening.size() + closing.size();
    for (const auto& [name, secret] : secrets)
        most += name.size() * 6 + sodium_base64_encoded_len(secret.reveal().size(), base64Kind) + 8;
    Writer writer(most);
    writer.add(opening);
    bool isFirst = true;
    for (const auto& [name, secret] : secrets) {
        if (!isFirst)
            writer.add(",");
        isFirst = false;
        writer.addName(name);
        writer.add(":");
        writer.addValue(secret.reveal());
    }
    writer.add(closing);
    return writer.cut();
}

std::optional<SecretMap> fromLockedJson(const LockedOctets& json)
{
    Reader reader(std::string_view(reinterpret_cast<const char*>(json.data()), json.size()));
    SecretMap secrets;
    if (!reader.take(opening))
        return std::nullopt;
    while (!reader.take(closing)) {
        std::string name;
        Secret value;
        if (!secrets.empty() && !reader.take(","))
            return std::nullopt;
        if (!reader.takeName(name) || !reader.take(":") || !reader.takeValue(value))
            return std::nullopt;
        if (!secrets.emplace(std::move(name), std::move(value)).second)
            return std::nullopt;
    }
    if (!reader.atEnd())
        return std::nullopt;
    return secrets;
}

}
