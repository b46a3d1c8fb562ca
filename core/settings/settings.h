#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "dialect/dialect.h"
#include "provider/prices.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waystation {

constexpr int settingsVersion = 1;

enum class ProxyMode {
    Inherit,
    None,
    System,
    Manual
}; // Inherit: on a channel, as the settings say

/// Manual: "http://[user@]host:port" (CONNECT) or "socks5://[user@]host:port". A password lives in
/// the vault under "proxy/<channel id or 'global'>".
struct ProxySettings
{
    ProxyMode mode = ProxyMode::System;
    std::string url;
    bool hasPassword = false;

    friend bool operator==(const ProxySettings&, const ProxySettings&) = default;
};

struct KeySettings
{
    KeyId id;
    std::string label;
    int weight = 1;
    bool enabled = true;
    std::string masked; // "sk-...abcd", written when the key was stored
    std::string environment; // name of a variable to take it from; empty: it is in the vault
    std::string storedIn; // which vault and backend took it ("keychain: Secret Service"); empty:
                          // never stored

    friend bool operator==(const KeySettings&, const KeySettings&) = default;
};

struct ChannelSettings
{
    ChannelId id;
    std::string name; // unique, no "/" and no control characters, 1..60 characters
    ProviderId provider;
    std::string baseUrl; // empty: the provider's own
    std::vector<DialectId> dialects; // empty: the provider's own
    std::vector<KeySettings> keys;
    std::vector<std::string> models; // empty: any
    bool enabled = true;
    int priority = 10; // lower is asked first
    int weight = 1; // 0..1000
    ProxySettings proxy{ProxyMode::Inherit, {}, false};
    std::string extraCaFile;
    std::vector<std::pair<std::string, std::string>> extraHeaders; // nothing secret
    std::int64_t connectSeconds = 10;
    std::int64_t firstByteSeconds = 600;
    std::int64_t idleSeconds = 300;
    std::int64_t multiplierThousandths = 1000;
    std::vector<std::string> tags;
    /// Habits of the upstream switched by hand: "+name" on, "-name" off (provider/quirks.h).
    std::vector<std::string> quirks;

    friend bool operator==(const ChannelSettings&, const ChannelSettings&) = default;
};

struct AliasTargetSettings
{
    std::string channel; // by name
    std::string model;
    int tier = 0;
    int weight = 1;

    friend bool operator==(const AliasTargetSettings&, const AliasTargetSettings&) = default;
};

struct AliasSettings
{
    std::string name; // may hold one *
    std::vector<AliasTargetSettings> targets;
    /// A call that would lose something on its way into another protocol is refused, naming the field.
    bool rejectsLosses = false;

    friend bool operator==(const AliasSettings&, const AliasSettings&) = default;
};

struct ClientSettings
{
    ClientId id;
    std::string name; // unique
    std::string hash; // SHA-256 of the key, hex
    std::string masked; // "ws-...abcd"
    std::vector<std::string> allowedModels;
    std::optional<TimePoint> expires;
    TimePoint created;

    friend bool operator==(const ClientSettings&, const ClientSettings&) = default;
};

struct PriceSettings
{
    std::string channel; // by name; empty: all
    std::string model;
    Prices prices;

    friend bool operator==(const PriceSettings&, const PriceSettings&) = default;
};

struct Settings
{
    int version = settingsVersion;

    // Relay
    std::uint16_t port = 8411;
    bool lanAccess = false;
    std::vector<std::string> allowedOrigins;
    std::vector<std::string> hostNames; // further Host values, for LAN access
    std::int64_t maxBodyMegabytes = 64; // 1..256
    bool maskUpstreamAuth = true;
    bool responsesOverWebSocket = true; // what Codex tries first; when off it is told to POST

    // Where secrets live: "keychain", "file", "environment"; empty: not chosen yet
    std::string vault;

    // General
    std::string language = "system"; // "system", "en", "zh_CN"
    std::string theme = "system"; // "system", "light", "dark"
    bool startHidden = false;
    bool closeHintShown = false;

    // Network
    ProxySettings proxy;

    // Storage
    int retentionDays = 90;
    std::int64_t maxLedgerMegabytes = 1024;

    std::vector<ChannelSettings> channels;
    std::vector<AliasSettings> aliases;
    std::vector<ClientSettings> clients;
    std::vector<PriceSettings> prices;

    friend bool operator==(const Settings&, const Settings&) = default;
};

/// What a fresh folder starts with: the practice channel, no client keys.
Settings firstSettings();

ChannelSettings* findChannel(Settings& settings, std::string_view name);
const ChannelSettings* findChannel(const Settings& settings, std::string_view name);

/// The vault's name for a channel's key.
std::string vaultNameOf(const ChannelId& channel, const KeyId& key);

}
