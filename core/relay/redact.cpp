#include "relay/redact.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace waystation {

namespace {

constexpr std::string_view removed = "[removed]";
constexpr std::size_t windowOctets = 12;
constexpr std::size_t shortestSecret = 4; // a shorter one would take words apart and guards nothing

using Window = std::pair<std::uint64_t, std::uint32_t>;

Window windowAt(const char* octets)
{
    Window window;
    std::memcpy(&window.first, octets, 8);
    std::memcpy(&window.second, octets + 8, 4);
    return window;
}

struct WindowHash
{
    std::size_t operator()(const Window& window) const
    {
        const std::uint64_t mixed
            = (window.first ^ (std::uint64_t(window.second) << 29)) * 0x9E3779B97F4A7C15u;
        return static_cast<std::size_t>(mixed ^ (mixed >> 32));
    }
};

/// Every 12 octets in a row of the plan's secrets, and the secrets that are shorter than that.
struct Secrets
{
    std::unordered_set<Window, WindowHash> windows;
    std::vector<std::string_view> shorter;

    void add(const Secret& secret)
    {
        if (secret.isEmpty())
            return;
        const std::string_view octets = secret.reveal();
        if (octets.size() < windowOctets) {
            if (octets.size() >= shortestSecret)
                shorter.push_back(octets);
            return;
        }
        for (std::size_t at = 0; at + windowOctets <= octets.size(); ++at)
            windows.insert(windowAt(octets.data() + at));
    }
};

std::string withoutSecrets(std::string_view text, const Secrets& secrets)
{
    std::string result;
    std::size_t kept = 0; // up to where `text` is in `result`
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t end = at;
        if (at + windowOctets <= text.size()
            && secrets.windows.contains(windowAt(text.data() + at))) {
            end = at + windowOctets;
            while (end < text.size()
                && secrets.windows.contains(windowAt(text.data() + end + 1 - windowOctets)))
                ++end;
        }
        for (const std::string_view secret : secrets.shorter) {
            if (text.substr(at).starts_with(secret))
                end = std::max(end, at + secret.size());
        }
        if (end == at) {
            ++at;
            continue;
        }
        result.append(text.substr(kept, at - kept)).append(removed);
        kept = at = end;
    }
    return result.append(text.substr(kept));
}

bool isWordOctet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
        || c == '-';
}

/// Key makers put their mark in front; stars are what upstreams hide the middle of a key with.
bool isKeyOctet(char c)
{
    return isWordOctet(c) || c == '*';
}

bool isTokenOctet(char c)
{
    return isWordOctet(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=' || c == '*';
}

template <class Predicate> std::size_t runLength(std::string_view text, Predicate fits)
{
    const auto end = std::find_if_not(text.begin(), text.end(), fits);
    return static_cast<std::size_t>(end - text.begin());
}

struct KeyMark
{
    std::string_view prefix;
    std::size_t least; // octets after the prefix
};

constexpr std::array keyMarks{
    KeyMark{"sk-", 8},
    KeyMark{"sk_", 12},
    KeyMark{"pk-", 16},
    KeyMark{"rk_", 16},
    KeyMark{"ws-", 16},
    KeyMark{"AIza", 16},
    KeyMark{"AQ.", 20},
    KeyMark{"gsk_", 8},
    KeyMark{"xai-", 8},
    KeyMark{"tgp_v1_", 8},
    KeyMark{"pplx-", 12},
    KeyMark{"hf_", 12},
    KeyMark{"r8_", 12},
    KeyMark{"nvapi-", 12},
    KeyMark{"fw_", 12},
    KeyMark{"csk-", 12},
    KeyMark{"ghp_", 12},
    KeyMark{"github_pat_", 12},
    KeyMark{"glpat-", 12},
    KeyMark{"AKIA", 12},
    KeyMark{"ya29.", 12},
    KeyMark{"eyJ", 20},
};

bool hasDigit(std::string_view text)
{
    return text.find_first_of("0123456789") != std::string_view::npos;
}

/// Length of a key that starts at the beginning of `text`; 0 when there is none. `text` starts at a
/// word's start.
std::size_t keyLength(std::string_view text)
{
    for (const KeyMark& mark : keyMarks) {
        if (!text.starts_with(mark.prefix))
            continue;
        const bool isJwt = mark.prefix == "eyJ";
        const std::string_view rest = text.substr(mark.prefix.size());
        const std::size_t length = isJwt
            ? runLength(rest, [](char c) { return isKeyOctet(c) || c == '.'; })
            : runLength(rest, isKeyOctet);
        if (length >= mark.least)
            return mark.prefix.size() + length;
    }
    // Zhipu: 32 hex digits, a point, 16 letters and digits.
    const std::size_t hex = runLength(text.substr(0, 33),
        [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (hex == 32 && text.size() > 33 && text[32] == '.') {
        const std::size_t rest = runLength(text.substr(33), isWordOctet);
        if (rest >= 16)
            return 33 + rest;
    }
    return 0;
}

/// What ends a name of which the value is a credential: "api_key=", `"access_token": "`,
/// "Authorization: ".
constexpr std::array<std::string_view, 7> credentialWords{
    "key", "token", "secret", "password", "passwd", "credential", "authorization"};

struct Led
{
    std::size_t before = 0; // octets of name and separator
    std::size_t credential = 0;
};

/// A credential after the word of `wordLength` at the beginning of `text`.
std::optional<Led> ledCredential(std::string_view text, std::size_t wordLength)
{
    const std::string word = lower(text.substr(0, std::min<std::size_t>(wordLength, 64)));
    std::size_t at = wordLength;
    const auto skip = [&](std::string_view octets, std::size_t most) {
        for (std::size_t i = 0;
             i < most && at < text.size() && octets.find(text[at]) != std::string_view::npos; ++i)
            ++at;
    };
    if (word == "bearer") {
        skip(" \t", 4);
    } else if (std::any_of(credentialWords.begin(), credentialWords.end(),
                   [&](std::string_view end) { return word.ends_with(end); })) {
        skip("\"'\\", 2);
        skip(" ", 2);
        skip(":=", 1);
        if (at == wordLength)
            return std::nullopt;
        skip(" ", 2);
        skip("\"'\\", 2);
    }
    if (at == wordLength)
        return std::nullopt;
    const std::size_t length = runLength(text.substr(at), isTokenOctet);
    // "bearer authentication failed" is prose.
    if (length >= 24 || (length >= 8 && hasDigit(text.substr(at, length))))
        return Led{at, length};
    return std::nullopt;
}

bool isCredentialName(std::string_view name)
{
    static constexpr std::array<std::string_view, 6> exact{
        "authorization", "proxy-authorization", "cookie", "set-cookie", "key", "token"};
    static constexpr std::array<std::string_view, 6> endings{
        "-authorization", "-key", "apikey", "-token", "-secret", "-password"};
    const std::string small = lower(name);
    if (small == "idempotency-key")
        return false;
    return std::find(exact.begin(), exact.end(), small) != exact.end()
        || std::any_of(endings.begin(), endings.end(),
            [&](std::string_view ending) { return small.ends_with(ending); });
}

}

std::string scrubbedByShape(std::string_view text)
{
    std::string result;
    std::size_t kept = 0;
    std::size_t at = 0;
    const auto remove = [&](std::size_t from, std::size_t length) {
        result.append(text.substr(kept, from - kept)).append(removed);
        kept = at = from + length;
    };
    while (at < text.size()) {
        const bool startsWord = isWordOctet(text[at]) && (at == 0 || !isWordOctet(text[at - 1]));
        if (!startsWord) {
            ++at;
            continue;
        }
        const std::string_view rest = text.substr(at);
        const std::size_t word = runLength(rest, isWordOctet);
        if (const std::size_t length = keyLength(rest); length > 0)
            remove(at, length);
        else if (const auto led = ledCredential(rest, word))
            remove(at + led->before, led->credential);
        else
            at += word;
    }
    return result.append(text.substr(kept));
}

std::string scrubbed(std::string_view text, const Plan& plan)
{
    Secrets secrets;
    for (const PlanChannel& channel : plan.channels) {
        for (const PlanKey& key : channel.keys)
            secrets.add(key.secret);
        secrets.add(channel.proxy.password);
    }
    if (secrets.windows.empty() && secrets.shorter.empty())
        return scrubbedByShape(text);
    return scrubbedByShape(withoutSecrets(text, secrets));
}

std::string shownHeaderValue(std::string_view name, std::string_view value)
{
    if (!isCredentialName(name))
        return scrubbedByShape(value);
    const std::string_view text = trimmed(value);
    const std::size_t space = text.find(' ');
    const std::string small = lower(name);
    if (space != std::string_view::npos && small.ends_with("authorization"))
        return std::string(text.substr(0, space + 1))
            + maskedSecret(trimmed(text.substr(space + 1)));
    if (small == "cookie" || small == "set-cookie")
        return std::string(removed);
    return maskedSecret(text);
}

}
