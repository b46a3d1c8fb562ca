#pragma once

#include "settings/settings.h"

#include <random>

namespace waystation {

/// Settings with every field of a random value, valid or not; the texts are UTF-8.
class RandomSettings
{
public:
    explicit RandomSettings(unsigned seed)
        : m_random(seed)
    {
    }

    Settings make()
    {
        Settings s;
        s.port = static_cast<std::uint16_t>(number(0, 65535));
        s.lanAccess = coin();
        s.allowedOrigins = texts();
        s.hostNames = texts();
        s.maxBodyMegabytes = number(INT64_MIN, INT64_MAX);
        s.maskUpstreamAuth = coin();
        s.responsesOverWebSocket = coin();
        s.vault = text();
        s.language = text();
        s.theme = text();
        s.startHidden = coin();
        s.closeHintShown = coin();
        s.proxy = proxy();
        s.retentionDays = whole();
        s.maxLedgerMegabytes = number(INT64_MIN, INT64_MAX);
        fill(s.channels, [&] { return channel(); });
        fill(s.aliases, [&] { return alias(); });
        fill(s.clients, [&] { return client(); });
        fill(s.prices, [&] { return price(); });
        return s;
    }

private:
    std::int64_t number(std::int64_t least, std::int64_t most)
    {
        return std::uniform_int_distribution<std::int64_t>(least, most)(m_random);
    }

    int whole() { return static_cast<int>(number(INT32_MIN, INT32_MAX)); }

    bool coin() { return number(0, 1) == 1; }

    std::string text()
    {
        static constexpr const char* pieces[] = {"a", "Z", "0", "/", "\\", "\"", "\n", "\t", "\x01",
            "\x7F", " ", "*", "{", "[", ",", "é", "渠道", "😀", "</script>", "\xE2\x80\xA8"};
        std::string made;
        for (std::int64_t length = number(0, 8); length > 0; --length)
            made += pieces[number(0, std::size(pieces) - 1)];
        return made;
    }

    template <class Value, class Make> void fill(std::vector<Value>& values, Make make)
    {
        for (std::int64_t length = number(0, 3); length > 0; --length)
            values.push_back(make());
    }

    std::vector<std::string> texts()
    {
        std::vector<std::string> made;
        fill(made, [&] { return text(); });
        return made;
    }

    TimePoint time()
    {
        return fromMicrosSinceEpoch(number(0, 253'370'764'800'000'000));
    } // until 9998

    ProxySettings proxy() { return {static_cast<ProxyMode>(number(0, 3)), text(), coin()}; }

    KeySettings key() { return {KeyId(text()), text(), whole(), coin(), text(), text(), text()}; }

    ChannelSettings channel()
    {
        ChannelSettings c;
        c.id = ChannelId(text());
        c.name = text();
        c.provider = ProviderId(text());
        c.baseUrl = text();
        fill(c.dialects, [&] { return static_cast<DialectId>(number(0, 3)); });
        fill(c.keys, [&] { return key(); });
        c.models = texts();
        c.enabled = coin();
        c.priority = whole();
        c.weight = whole();
        c.proxy = proxy();
        c.extraCaFile = text();
        fill(c.extraHeaders, [&] { return std::pair(text(), text()); });
        c.connectSeconds = number(INT64_MIN, INT64_MAX);
        c.firstByteSeconds = number(INT64_MIN, INT64_MAX);
        c.idleSeconds = number(INT64_MIN, INT64_MAX);
        c.multiplierThousandths = number(INT64_MIN, INT64_MAX);
        c.tags = texts();
        c.quirks = texts();
        return c;
    }

    AliasSettings alias()
    {
        AliasSettings a;
        a.name = text();
        fill(a.targets, [&] { return AliasTargetSettings{text(), text(), whole(), whole()}; });
        a.rejectsLosses = coin();
        return a;
    }

    ClientSettings client()
    {
        ClientSettings c;
        c.id = ClientId(text());
        c.name = text();
        c.hash = text();
        c.masked = text();
        c.allowedModels = texts();
        if (coin())
            c.expires = time();
        c.created = time();
        return c;
    }

    Rate rate() { return {number(0, 1'000'000'000'000'000'000)}; }

    std::optional<Rate> maybeRate() { return coin() ? std::optional(rate()) : std::nullopt; }

    PriceSettings price()
    {
        PriceSettings p;
        p.channel = text();
        p.model = text();
        p.prices.input = rate();
        p.prices.output = rate();
        p.prices.cacheRead = maybeRate();
        p.prices.cacheWrite5m = maybeRate();
        p.prices.cacheWrite1h = maybeRate();
        p.prices.reasoning = maybeRate();
        p.prices.audioIn = maybeRate();
        p.prices.audioOut = maybeRate();
        p.prices.imageIn = maybeRate();
        p.prices.imageOut = maybeRate();
        p.prices.perRequest = {number(0, 1'000'000'000'000'000'000)};
        p.prices.perWebSearch = {number(0, 1'000'000)};
        p.prices.perImage = {number(0, 1'000'000)};
        return p;
    }

    std::mt19937 m_random;
};

}
