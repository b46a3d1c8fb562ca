#include "settings/proxy_address.h"

#include "base/text.h"

namespace waystation {

Result<PlanProxy> proxyFrom(std::string_view text)
{
    PlanProxy proxy;
    std::string_view rest;
    for (const auto& [scheme, kind] : {std::pair{"http://", PlanProxy::Kind::HttpConnect},
             std::pair{"socks5://", PlanProxy::Kind::Socks5},
             std::pair{"socks5h://", PlanProxy::Kind::Socks5}}) {
        if (startsWithIgnoringCase(text, scheme)) {
            proxy.kind = kind;
            rest = text.substr(std::string_view(scheme).size());
        }
    }
    if (proxy.kind == PlanProxy::Kind::None)
        return Error{ErrorKind::Invalid, "a proxy address starts with http:// or socks5://"};
    if (rest.ends_with('/'))
        rest.remove_suffix(1);
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view user = rest.substr(0, at);
        if (user.find(':') != std::string_view::npos)
            return Error{ErrorKind::Invalid,
                "the password of a proxy belongs in the vault, not in its address"};
        proxy.user = percentDecoded(user);
        rest = rest.substr(at + 1);
    }
    const auto url = parseUrl("http://" + std::string(rest));
    if (!url)
        return url.error();
    if (!url->path.empty() || !url->query.empty())
        return Error{ErrorKind::Invalid, "a proxy address ends with its port"};
    proxy.host = url->origin.host;
    proxy.port = url->origin.port;
    const std::size_t bracket = rest.rfind(']');
    if (rest.find(':', bracket == std::string_view::npos ? 0 : bracket) == std::string_view::npos)
        return Error{ErrorKind::Invalid, "a proxy address names its port"};
    return proxy;
}

}
