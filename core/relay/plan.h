#pragma once

#include "base/clock.h"
#include "base/hash.h"
#include "base/headers.h"
#include "base/ids.h"
#include "base/secret.h"
#include "base/url.h"
#include "dialect/dialect.h"
#include "provider/prices.h"
#include "provider/provider.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waystation {

/// Whether the vault gave the secret, and if not, why (reliability.md T4: a locked keyring is no empty one).
enum class SecretState { Ready, Pending, Locked, Missing, Slow, Unavailable };

const char* nameOf(SecretState state);

struct PlanKey
{
    KeyId id;
    std::string label;  // for rows and errors; never the key
    std::string masked; // "sk-...abcd"
    int weight = 1;
    SecretState state = SecretState::Ready;
    Secret secret;      // empty unless Ready (or the provider needs none)
};

struct PlanEndpoint
{
    DialectId dialect = DialectId::OpenaiChat;
    Url base; // Address::tail goes behind it
    SignIn signIn = SignIn::Bearer;
};

/// How to reach an upstream; worked out already ("system" and "inherit" do not exist here).
struct PlanProxy
{
    enum class Kind { None, HttpConnect, Socks5 };
    Kind kind = Kind::None;
    std::string host;
    std::uint16_t port = 0;
    std::string user;
    Secret password;
};

struct Timeouts
{
    Millis connect {10'000};
    Millis firstByte {600'000};
    Millis idle {300'000};
};

struct PlanChannel
{
    ChannelId id;
    std::string name;
    ProviderId provider;
    std::string pricesId;
    bool isPractice = false;
    bool enabled = true;
    std::vector<PlanEndpoint> endpoints;
    std::vector<PlanKey> keys;          // empty when the provider needs none
    bool needsKey = true;
    std::vector<ModelName> models;      // empty: takes any model name
    int priority = 0;                   // lower is asked first
    int weight = 1;
    PlanProxy proxy;
    std::string extraCaPem;             // trusted beside the system's, for this channel only
    Headers extraHeaders;
    Timeouts timeouts;
    std::int64_t multiplierThousandths = 1000;
    bool refusesStreamOptions = false;
    std::vector<std::string> quirks;    // switched by hand: "+name", "-name" (provider/quirks.h)
};

struct PlanTarget
{
    ChannelId channel;
    ModelName model; // as the upstream calls it; `*` stands for what the alias's `*` matched
    int tier = 0;    // lower is asked first; targets of one tier share by weight
    int weight = 1;
};

struct PlanAlias
{
    std::string pattern; // may hold one `*`
    std::vector<PlanTarget> targets;
    bool rejectsLosses = false; // on_loss=reject
};

struct PlanClient
{
    ClientId id;
    std::string name;
    Sha256 hash {};                         // of the whole key
    std::vector<std::string> allowedModels; // globs; empty: all
    std::optional<TimePoint> expires;
    bool isInternal = false;                // this program's own tests of a channel; may name the channel to use
};

/// Everything a call needs to know, as of one moment. Immutable; a call keeps the plan it began with.
struct Plan
{
    std::vector<PlanChannel> channels;
    std::vector<PlanAlias> aliases;
    std::vector<PlanClient> clients;
    std::vector<PriceOverride> priceOverrides;
    std::shared_ptr<const PriceTable> prices;

    std::vector<std::string> hostNames;      // Host values that are served, with port, lower case: "127.0.0.1:8411"
    std::vector<std::string> allowedOrigins; // exactly as browsers send them
    std::vector<Origin> ownOrigins;          // every spelling of this listener's address
    std::string instanceId;                  // marks a request as having passed here
    std::uint64_t maxBodyBytes = 64u << 20;
    bool maskUpstreamAuth = true;            // an upstream's 401 and 403 are not shown as the client's own
    bool answersWebSockets = true;           // the Responses API over a WebSocket
    bool paused = false;
};

const PlanChannel* findChannel(const Plan& plan, const ChannelId& id);
const PlanChannel* findChannelByName(const Plan& plan, std::string_view name);

}
