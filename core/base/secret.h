#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace waystation {

/// A key or a passphrase. Lives in memory that is locked against swapping where the system allows it, is
/// wiped when it goes, is never copied by accident (`share()` gives another handle to the same octets) and
/// has no way into a stream, a log or a QString but `reveal()`.
class Secret
{
public:
    Secret() = default;
    explicit Secret(std::string_view text);
    Secret(Secret&&) noexcept = default;
    Secret& operator=(Secret&&) noexcept = default;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    /// Takes the text and wipes the string it came in.
    static Secret taking(std::string& text);

    Secret share() const;
    bool isEmpty() const { return !m_octets; }
    /// The octets themselves; valid while any handle lives. For headers to an upstream and the vault only.
    std::string_view reveal() const;
    /// "sk-...abcd": at most the first three and last four characters, and never more than half of it.
    std::string masked() const;

private:
    struct Octets;
    std::shared_ptr<const Octets> m_octets;
};

/// True when both are equal; takes the same time wherever they differ.
bool equalInConstantTime(std::string_view a, std::string_view b);
/// Overwrites the characters in a way the compiler keeps.
void wipe(std::string& text);
/// As Secret::masked, for a text that is at hand anyway.
std::string maskedSecret(std::string_view text);
/// Sets up the locked memory; call once at the start of a program, before threads. False when the system
/// refused to lock it (secrets are then still wiped).
bool prepareSecretMemory();

}
