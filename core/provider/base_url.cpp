#include "provider/provider.h"

#include "base/text.h"

#include <algorithm>

#include <optional>

namespace waystation {

namespace {

/// "v1", "v4", "v1beta", "v1alpha2": a folder that says which version of an interface lies below
/// it.
bool isVersionFolder(std::string_view segment)
{
    if (segment.size() < 2 || segment[0] != 'v')
        return false;
    const std::size_t end = segment.find_first_not_of("0123456789", 1);
    if (end == 1)
        return false;
    const std::string_view rest
        = end == std::string_view::npos ? std::string_view() : segment.substr(end);
    return rest.empty() || rest.starts_with("beta") || rest.starts_with("alpha");
}

std::vector<std::string_view> segmentsOf(std::string_view path)
{
    std::vector<std::string_view> segments;
    for (const std::string_view part : split(path, '/')) {
        if (!part.empty())
            segments.push_back(part);
    }
    return segments;
}

std::string pathOf(const std::vector<std::string_view>& segments)
{
    std::string path;
    for (const std::string_view segment : segments) {
        path += '/';
        path += segment;
    }
    return path;
}

/// How many first segments of `suffix` the path already ends with.
std::size_t overlap(
    const std::vector<std::string_view>& path, const std::vector<std::string_view>& suffix)
{
    for (std::size_t count = std::min(path.size(), suffix.size()); count > 0; --count) {
        const auto most = static_cast<std::ptrdiff_t>(count);
        if (std::equal(path.end() - most, path.end(), suffix.begin(), suffix.begin() + most))
            return count;
    }
    return 0;
}

bool isPrivateV4(std::string_view host)
{
    if (host.empty() || host.find_first_not_of("0123456789.") != std::string_view::npos)
        return false;
    if (host.starts_with("10.") || host.starts_with("192.168.") || host.starts_with("169.254."))
        return true;
    for (int second = 16; second < 32; ++second) {
        if (host.starts_with("172." + std::to_string(second) + "."))
            return true;
    }
    return false;
}

/// https, unless it is a machine close by, where hardly any service has a certificate.
std::string_view schemeFor(std::string_view withoutScheme)
{
    std::string_view host = withoutScheme.substr(0, withoutScheme.find_first_of("/?#"));
    if (host.starts_with('['))
        host = host.substr(1, host.find(']') - 1);
    else
        host = host.substr(0, host.find(':'));
    return isLoopbackHost(host) || isPrivateV4(host) ? "http://" : "https://";
}

/// What paths of calls end with, longest first where one ends with another.
constexpr std::string_view callPaths[] = {
    "/chat/completions",
    "/completions",
    "/responses",
    "/messages/count_tokens",
    "/messages",
    "/embeddings",
    "/images/generations",
    "/models",
};

/// True when something was cut.
bool cutCallPath(std::string& path)
{
    if (const std::size_t model = path.rfind("/models/"); model != std::string::npos) {
        path.resize(model);
        return true;
    }
    for (const std::string_view call : callPaths) {
        if (path.ends_with(call)) {
            path.resize(path.size() - call.size());
            return true;
        }
    }
    return false;
}

struct Repaired
{
    Url url; // with its version folder
    bool wasCall = false;
};

Result<Repaired> repaired(std::string_view pasted)
{
    std::string_view text = trimmed(pasted);
    while (text.size() >= 2 && (text.front() == '"' || text.front() == '\'')
        && text.back() == text.front())
        text = trimmed(text.substr(1, text.size() - 2));
    if (text.empty())
        return Error{ErrorKind::Invalid, "the address is empty", "baseUrl"};
    std::string whole(text);
    if (text.find("://") == std::string_view::npos)
        whole.insert(0, schemeFor(text));
    auto url = parseUrl(whole);
    if (!url) {
        Error error = url.error();
        error.field = "baseUrl";
        return error;
    }
    Repaired result{std::move(*url), false};
    result.url.query.clear();
    result.url.path = pathOf(segmentsOf(result.url.path));
    result.wasCall = cutCallPath(result.url.path);
    return result;
}

/// What an endpoint's base adds to a root address.
std::string suffixOf(const Provider& provider, const Endpoint& endpoint)
{
    if (provider.needsBaseUrl)
        return endpoint.base;
    const auto url = parseUrl(endpoint.base);
    return url ? url->path : std::string();
}

/// Where servers of a dialect usually speak it.
Endpoint usualEndpoint(DialectId dialect)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
    case DialectId::OpenaiResponses:
        break;
    case DialectId::Anthropic:
        return {dialect, "/v1", SignIn::XApiKey};
    case DialectId::Gemini:
        return {dialect, "/v1beta", SignIn::XGoogApiKey};
    }
    return {dialect, "/v1", SignIn::Bearer};
}

std::optional<Endpoint> endpointFor(const Provider& provider, DialectId dialect)
{
    for (const Endpoint& endpoint : provider.endpoints) {
        if (endpoint.dialect == dialect)
            return endpoint;
    }
    if (provider.needsBaseUrl)
        return usualEndpoint(dialect);
    return std::nullopt;
}

}

std::vector<Endpoint> endpointsFor(const Provider& provider, const std::vector<DialectId>& dialects)
{
    if (dialects.empty())
        return provider.endpoints;
    std::vector<Endpoint> endpoints;
    for (const DialectId dialect : dialects) {
        if (const auto endpoint = endpointFor(provider, dialect))
            endpoints.push_back(*endpoint);
    }
    return endpoints;
}

Result<Url> repairedBaseUrl(std::string_view pasted)
{
    auto result = repaired(pasted);
    if (!result)
        return result.error();
    Url url = std::move(result->url);
    if (!result->wasCall)
        return url;
    // The whole address of a call: its version folder belongs to the dialect that it was copied
    // from.
    for (const std::string_view folder : {"/v1beta", "/v1"}) {
        if (url.path == folder)
            url.path.clear();
    }
    return url;
}

Result<Url> effectiveBase(const Provider& provider, DialectId dialect, std::string_view userBaseUrl)
{
    const std::optional<Endpoint> target = endpointFor(provider, dialect);
    if (!target)
        return Error{ErrorKind::Unsupported, provider.name + " does not speak " + titleOf(dialect),
            "dialects"};
    if (trimmed(userBaseUrl).empty()) {
        if (provider.needsBaseUrl)
            return Error{ErrorKind::Invalid, provider.name + " needs a base URL", "baseUrl"};
        return parseUrl(target->base);
    }
    const auto given = repaired(userBaseUrl);
    if (!given)
        return given.error();
    Url url = given->url;
    std::vector<std::string_view> path = segmentsOf(given->url.path);
    const std::string suffix = suffixOf(provider, *target);
    const std::vector<std::string_view> wanted = segmentsOf(suffix);

    std::size_t present = overlap(path, wanted);
    if (present == 0) {
        // The address may be that of another dialect of this provider, which hangs on the same
        // root.
        std::string longest;
        for (const Endpoint& other : provider.endpoints) {
            const std::string otherSuffix = suffixOf(provider, other);
            if (otherSuffix.size() > longest.size() && overlap(path, segmentsOf(otherSuffix)) > 0)
                longest = otherSuffix;
        }
        const std::size_t foreign = overlap(path, segmentsOf(longest));
        path.resize(path.size() - foreign);
        if (foreign == 0 && !path.empty() && isVersionFolder(path.back())) {
            // A folder of its own: right for the dialect that the provider names first, and for
            // others only when they lie in the same place.
            const bool isFirst = suffix == suffixOf(provider, provider.endpoints.front());
            const auto own = provider.needsBaseUrl ? Result<Url>(url) : parseUrl(target->base);
            if (isFirst || !own || own->origin != url.origin)
                return url;
            return own;
        }
        present = overlap(path, wanted);
    }
    path.insert(path.end(), wanted.begin() + static_cast<std::ptrdiff_t>(present), wanted.end());
    url.path = pathOf(path);
    return url;
}

}
