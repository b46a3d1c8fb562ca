#include "settings/network_reach.h"

#include "base/url.h"

#include <array>
#include <charconv>
#include <optional>

namespace waystation {

namespace {

std::optional<std::array<int, 4>> v4From(std::string_view host)
{
    std::array<int, 4> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t end = i == 3 ? host.size() : host.find('.');
        if (end == std::string_view::npos || end == 0 || end > 3 || host[0] == '-')
            return std::nullopt;
        const auto [stop, error] = std::from_chars(host.data(), host.data() + end, parts[i]);
        if (error != std::errc() || stop != host.data() + end || parts[i] > 255)
            return std::nullopt;
        host = host.substr(i == 3 ? end : end + 1);
    }
    return parts;
}

bool isPrivateV6(std::string_view host)
{
    // fc00::/7 and fe80::/10
    return host.size() > 4 && host[4] == ':'
        && (host.starts_with("fc") || host.starts_with("fd") || host.starts_with("fe8")
            || host.starts_with("fe9") || host.starts_with("fea") || host.starts_with("feb"));
}

}

bool isPrivateHost(std::string_view host)
{
    if (isLoopbackHost(host))
        return true;
    if (host.find(':') != std::string_view::npos) {
        if (host.starts_with("::ffff:"))
            return isPrivateHost(host.substr(7));
        return isPrivateV6(host);
    }
    if (const auto v4 = v4From(host)) {
        const auto [a, b, c, d] = *v4;
        return a == 10 || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168)
            || (a == 169 && b == 254)
            || (a == 100 && b >= 64
                && b < 128); // the last: addresses that carriers and overlay networks hand out
    }
    if (host.find_first_not_of("0123456789.") == std::string_view::npos)
        return false; // "134744072" is an address too, in some resolvers' eyes
    for (const std::string_view ending : {".local", ".lan", ".internal", ".home.arpa"}) {
        if (host.ends_with(ending))
            return true;
    }
    return host.find('.') == std::string_view::npos;
}

}
