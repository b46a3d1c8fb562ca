#include "relay/guard.h"

#include "base/text.h"

#include <algorithm>

namespace waystation {

namespace {

Error forbidden(std::string message)
{
    return {ErrorKind::Forbidden, std::move(message)};
}

bool isServedHost(std::string_view host, const Plan& plan)
{
    const std::string asked = lower(host);
    return std::any_of(plan.hostNames.begin(), plan.hostNames.end(),
        [&](const std::string& name) { return lower(name) == asked; });
}

bool isCrossSite(const Headers& headers)
{
    return std::any_of(headers.begin(), headers.end(), [](const Headers::Field& field) {
        return equalsIgnoringCase(field.name, "sec-fetch-site")
            && equalsIgnoringCase(trimmed(field.value), "cross-site");
    });
}

}

Result<void> guardHead(const RequestHead& head, const Plan& plan)
{
    const std::size_t hosts = head.headers.count("host");
    if (hosts != 1)
        return forbidden(
            hosts == 0 ? "the request names no host" : "the request names more than one host");
    const std::string_view host = head.headers.value("host");
    if (!isServedHost(host, plan))
        return forbidden("\"" + oneLine(host, 100) + "\" is not a name of this relay");

    bool hasAllowedOrigin = false;
    for (const Headers::Field& field : head.headers) {
        if (!equalsIgnoringCase(field.name, "origin"))
            continue;
        // Sandboxed and local pages all call themselves "null", so it can never be allowed.
        const bool isAllowed = field.value != "null"
            && std::find(plan.allowedOrigins.begin(), plan.allowedOrigins.end(), field.value)
                != plan.allowedOrigins.end();
        if (!isAllowed)
            return forbidden(
                "web pages of \"" + oneLine(field.value, 100) + "\" may not use this relay");
        hasAllowedOrigin = true;
    }
    // A page that is allowed is on another site too; every other one has no business here, with an
    // Origin or without.
    if (isCrossSite(head.headers) && !hasAllowedOrigin)
        return forbidden("web pages of other sites may not use this relay");

    if (!plan.instanceId.empty() && head.headers.listHas(hopHeader, plan.instanceId))
        return Error{ErrorKind::LoopDetected,
            "the call has passed through this relay before: one of its channels leads back to it"};
    return {};
}

}
