#include "relay/authenticate.h"

#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/url.h"

#include <algorithm>

namespace waystation {

namespace {

std::string_view octetsOf(const Sha256& hash)
{
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string_view bearerOf(std::string_view authorization)
{
    constexpr std::string_view scheme = "bearer ";
    const std::string_view value = trimmed(authorization);
    return startsWithIgnoringCase(value, scheme) ? trimmed(value.substr(scheme.size()))
                                                 : std::string_view();
}

}

std::string presentedKey(const RequestHead& head)
{
    if (const std::string_view key = bearerOf(head.headers.value("authorization")); !key.empty())
        return std::string(key);
    for (const std::string_view name : {"x-api-key", "api-key", "x-goog-api-key"}) {
        if (const std::string_view key = trimmed(head.headers.value(name)); !key.empty())
            return std::string(key);
    }
    return queryValue(head.query, "key");
}

Result<const PlanClient*> authenticate(const RequestHead& head, const Plan& plan, TimePoint now)
{
    const std::string key = presentedKey(head);
    if (key.empty())
        return Error{ErrorKind::Unauthenticated,
            "no key was sent: use one of this relay's own keys (ws-...)"};
    const Sha256 hash = sha256(key);
    const PlanClient* found = nullptr;
    // No early way out: how long it takes must not tell which keys exist.
    for (const PlanClient& client : plan.clients) {
        const bool isSame = equalInConstantTime(octetsOf(client.hash), octetsOf(hash));
        const bool mayComeFromThere = !client.isInternal || head.fromLoopback;
        found = isSame && mayComeFromThere ? &client : found;
    }
    if (!found)
        return Error{
            ErrorKind::Unauthenticated, "the key is not one of this relay's own keys (ws-...)"};
    if (found->expires && *found->expires <= now)
        return Error{ErrorKind::NotAllowed, "the key \"" + found->name + "\" has expired"};
    return found;
}

Result<void> mayUse(const PlanClient& client, const ModelName& model)
{
    const bool isListed = std::any_of(client.allowedModels.begin(), client.allowedModels.end(),
        [&](const std::string& pattern) { return matchesGlob(pattern, model.text()); });
    if (client.allowedModels.empty() || isListed)
        return {};
    return Error{ErrorKind::NotAllowed,
        "the key \"" + client.name + "\" may not use the model \"" + oneLine(model.text(), 100)
            + "\"",
        "model"};
}

}
