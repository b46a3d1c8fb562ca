#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace waystation {

/// Where a connection goes, and what a key is bound to: scheme, host and port together.
struct Origin
{
    bool tls = true;
    std::string host; // lower case; an IPv6 address without brackets
    std::uint16_t port = 443;

    friend bool operator==(const Origin&, const Origin&) = default;
    friend auto operator<=>(const Origin&, const Origin&) = default;
};

/// "https://host:port", the port left out when it is the scheme's own; IPv6 in brackets.
std::string toText(const Origin& origin);
/// The value of a Host field for it.
std::string hostField(const Origin& origin);
/// 127.0.0.0/8, ::1, ::ffff:127.x, "localhost" and "*.localhost". Names are not resolved.
bool isLoopbackHost(std::string_view host);

/// An http or https address without user information and fragment.
struct Url
{
    Origin origin;
    std::string path;  // "" or starts with "/", no trailing "/" is implied or removed
    std::string query; // without "?"

    friend bool operator==(const Url&, const Url&) = default;
};

/// Errors: Invalid, with what is wrong with it. Refuses user information, control characters and spaces.
Result<Url> parseUrl(std::string_view text);
std::string toText(const Url& url);

/// "%41" to "A"; "+" stays. Broken escapes stay as they are.
std::string percentDecoded(std::string_view text);
/// Everything but A-Za-z0-9-._~ as %XX.
std::string percentEncoded(std::string_view text);
/// The value of `name` in a query string, decoded; empty when absent.
std::string queryValue(std::string_view query, std::string_view name);
/// The query without every parameter called `name`.
std::string queryWithout(std::string_view query, std::string_view name);

}
