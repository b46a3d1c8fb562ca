#pragma once

#include "base/hash.h"
#include "settings/settings.h"

namespace waystation {

/// Valid settings in which every field differs from its default.
inline Settings fullSettings()
{
    Settings s = firstSettings();
    s.port = 9000;
    s.lanAccess = true;
    s.allowedOrigins = {"https://chat.example.com", "chrome-extension://abcdefgh"};
    s.hostNames = {"desk.lan", "box:9001"};
    s.maxBodyMegabytes = 128;
    s.maskUpstreamAuth = false;
    s.responsesOverWebSocket = false;
    s.vault = "file";
    s.language = "zh_CN";
    s.theme = "dark";
    s.startHidden = true;
    s.closeHintShown = true;
    s.proxy = {ProxyMode::Manual, "http://me@proxy.example.com:3128", true};
    s.retentionDays = 30;
    s.maxLedgerMegabytes = 256;

    ChannelSettings c;
    c.id = ChannelId("Ab3-_x");
    c.name = "主渠道";
    c.provider = ProviderId("openai");
    c.baseUrl = "https://gateway.example.com/v1";
    c.dialects = {DialectId::OpenaiResponses, DialectId::OpenaiChat};
    c.keys = {{KeyId("k1"), "main", 3, true, "sk-...abcd", "", "keychain: Secret Service"},
        {KeyId("k2"), "spare", 0, false, "", "OPENAI_KEY", ""}};
    c.models = {"gpt-5", "o4-mini"};
    c.enabled = false;
    c.priority = 20;
    c.weight = 5;
    c.proxy = {ProxyMode::Manual, "socks5://127.0.0.1:1080", false};
    c.extraCaFile = "/etc/ssl/own.pem";
    c.extraHeaders = {{"X-Team", "blue"}};
    c.connectSeconds = 5;
    c.firstByteSeconds = 60;
    c.idleSeconds = 30;
    c.multiplierThousandths = 1250;
    c.tags = {"work"};
    c.quirks = {"+top-k", "-no-strict"};
    s.channels.insert(s.channels.begin(), c);

    s.aliases = {{"claude-*", {{"主渠道", "gpt-5", 0, 3}, {"Practice", "practice-echo", 1, 1}}, true}};
    ClientSettings client;
    client.id = ClientId("cl1");
    client.name = "Codex";
    client.hash = sha256Hex("ws-test");
    client.masked = "ws-...9xYz";
    client.allowedModels = {"claude-*"};
    client.expires = fromMicrosSinceEpoch(1'790'000'000'000'345);
    client.created = fromMicrosSinceEpoch(1'780'000'000'000'001);
    s.clients = {client};

    PriceSettings price;
    price.channel = "主渠道";
    price.model = "gpt-*";
    price.prices.input = {1'250'000};
    price.prices.output = {10'000'000};
    price.prices.cacheRead = Rate{125'000};
    price.prices.cacheWrite5m = Rate{1'562'500};
    price.prices.cacheWrite1h = Rate{2'500'000};
    price.prices.reasoning = Rate{10'000'001};
    price.prices.audioIn = Rate{1};
    price.prices.audioOut = Rate{2};
    price.prices.imageIn = Rate{3};
    price.prices.imageOut = Rate{4};
    price.prices.perRequest = {5};
    price.prices.perWebSearch = {10'000};
    price.prices.perImage = {40'000};
    s.prices = {price};
    return s;
}

}
