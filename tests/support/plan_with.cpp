#include "support/plan_with.h"

namespace waystation {

const TimePoint noon
    = std::chrono::sys_days(std::chrono::year(2026) / 9 / 23) + std::chrono::hours(12);

PlanKey keyNamed(std::string label, std::string_view secret, int weight)
{
    PlanKey key;
    key.id = KeyId("key-" + label);
    key.label = std::move(label);
    key.secret = Secret(secret);
    key.masked = key.secret.masked();
    key.weight = weight;
    return key;
}

PlanKey keyWithout(std::string label, SecretState state)
{
    PlanKey key;
    key.id = KeyId("key-" + label);
    key.label = std::move(label);
    key.state = state;
    return key;
}

PlanChannel channelNamed(
    std::string name, std::vector<std::string> models, std::vector<DialectId> dialects)
{
    PlanChannel channel;
    channel.id = ChannelId(name);
    channel.provider = ProviderId("openai-compatible");
    for (const DialectId dialect : dialects) {
        PlanEndpoint endpoint;
        endpoint.dialect = dialect;
        endpoint.base.origin.host = name + ".example";
        endpoint.base.path = dialect == DialectId::Gemini ? "/v1beta" : "/v1";
        channel.endpoints.push_back(std::move(endpoint));
    }
    channel.keys.push_back(keyNamed("main", "secret-of-" + name));
    for (std::string& model : models)
        channel.models.emplace_back(std::move(model));
    channel.name = std::move(name);
    return channel;
}

PlanClient clientNamed(std::string name, std::string_view key)
{
    PlanClient client;
    client.id = ClientId("client-" + name);
    client.name = std::move(name);
    client.hash = sha256(key);
    return client;
}

PlanTarget targetOf(std::string channel, std::string model, int tier, int weight)
{
    return {ChannelId(std::move(channel)), ModelName(std::move(model)), tier, weight};
}

PlanAlias aliasOf(std::string pattern, std::vector<PlanTarget> targets)
{
    return {std::move(pattern), std::move(targets)};
}

Plan emptyPlan()
{
    Plan plan;
    plan.hostNames = {"127.0.0.1:8411", "localhost:8411"};
    plan.ownOrigins
        = {{false, "127.0.0.1", 8411}, {false, "localhost", 8411}, {false, "::1", 8411}};
    plan.instanceId = "this-relay";
    return plan;
}

}
