#include "base/text.h"
#include "provider/provider.h"
#include "provider/quirks.h"
#include "settings/network_reach.h"
#include "settings/proxy_address.h"
#include "settings/settings_file.h"

#include <algorithm>
#include <set>
#include <string>

namespace waystation {

namespace {

constexpr std::size_t mostChannels = 1'000;
constexpr std::size_t mostKeys = 200;
constexpr std::size_t mostNames = 10'000; // aliases, clients, prices, models of a channel
constexpr std::size_t mostTargets = 200;
constexpr std::size_t mostHeaders = 50;
constexpr std::size_t mostOrigins = 100;
constexpr std::int64_t dearest = 1'000'000'000'000'000; // a thousand million dollars

/// Never set by hand: keys live in the vault, and the rest is the relay's own to write.
constexpr std::string_view reservedHeaders[]
    = {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie",
        "set-cookie", "host", "content-length", "transfer-encoding", "connection", "upgrade", "te",
        "trailer", "keep-alive", "accept-encoding", "content-encoding", "expect"};

std::size_t characterCount(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(),
        [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool hasControls(std::string_view text)
{
    return std::any_of(text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool isPlain(std::string_view text, std::size_t most)
{
    return isValidUtf8(text) && !hasControls(text) && characterCount(text) <= most;
}

bool isName(std::string_view text, std::size_t most)
{
    return !text.empty() && isPlain(text, most) && trimmed(text).size() == text.size();
}

bool isId(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || c == '-' || c == '_';
    });
}

/// What Secret::masked() gives, so that a whole key in this field is refused.
bool looksMasked(std::string_view text)
{
    return text.empty()
        || (text.size() <= 10 && text.find("...") != std::string_view::npos && isPlain(text, 10));
}

bool isVariableName(std::string_view text)
{
    return !text.empty() && text.size() <= 200 && !(text[0] >= '0' && text[0] <= '9')
        && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                   || c == '_';
           });
}

bool isQuirkChoice(std::string_view text)
{
    return !text.empty() && (text[0] == '+' || text[0] == '-') && findQuirk(text.substr(1));
}

bool isHeaderName(std::string_view text)
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && text.size() <= 100
        && std::all_of(text.begin(), text.end(), [&](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                   || marks.find(c) != std::string_view::npos;
           });
}

bool isHeaderValue(std::string_view text)
{
    return text.size() <= 8192 && trimmed(text).size() == text.size()
        && std::none_of(text.begin(), text.end(), [](char c) {
               return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
           });
}

/// As browsers send it: scheme, host and port, nothing behind. Extensions have schemes of their
/// own.
bool isWebOrigin(std::string_view text)
{
    const std::size_t mark = text.find("://");
    if (mark == std::string_view::npos || mark == 0 || text.size() > 300 || !isPlain(text, 300))
        return false;
    const std::string_view scheme = text.substr(0, mark);
    const std::string_view host = text.substr(mark + 3);
    return std::all_of(scheme.begin(), scheme.end(),
               [](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-'
                       || c == '.';
               })
        && !host.empty() && host.find_first_of("/?#@* ,;") == std::string_view::npos;
}

/// "name" or "name:port", without a scheme.
bool isHostValue(std::string_view text)
{
    const auto url = parseUrl("http://" + std::string(text));
    return url && url->path.empty() && url->query.empty()
        && text.find_first_of("/?#") == std::string_view::npos;
}

std::size_t starsIn(std::string_view text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '*'));
}

std::string at(std::string_view list, std::size_t index, std::string_view field = {})
{
    std::string path = std::string(list) + "[" + std::to_string(index) + "]";
    if (!field.empty())
        path += "." + std::string(field);
    return path;
}

class Check
{
public:
    explicit Check(const Settings& settings)
        : m_settings(settings)
    {
    }

    std::vector<Complaint> run()
    {
        general();
        for (std::size_t i = 0; i < m_settings.channels.size(); ++i)
            channel(m_settings.channels[i], at("channels", i));
        for (std::size_t i = 0; i < m_settings.aliases.size(); ++i)
            alias(m_settings.aliases[i], at("aliases", i));
        for (std::size_t i = 0; i < m_settings.clients.size(); ++i)
            client(m_settings.clients[i], at("clients", i));
        for (std::size_t i = 0; i < m_settings.prices.size(); ++i)
            price(m_settings.prices[i], at("prices", i));
        return std::move(m_complaints);
    }

private:
    void expect(bool fits, std::string field, const char* message)
    {
        if (!fits)
            m_complaints.push_back({std::move(field), message});
    }

    template <class Number> void range(Number number, Number least, Number most, std::string field)
    {
        if (number < least || number > most)
            m_complaints.push_back({std::move(field),
                "must be from " + std::to_string(least) + " to " + std::to_string(most)});
    }

    void unique(std::set<std::string>& seen, const std::string& text, std::string field)
    {
        expect(seen.insert(text).second, std::move(field), "is taken already");
    }

    void general()
    {
        const Settings& s = m_settings;
        expect(s.version == settingsVersion, "version", "is not the version of this program");
        expect(s.port != 0, "port", "must be from 1 to 65535");
        range<std::int64_t>(s.maxBodyMegabytes, 1, 256, "maxBodyMegabytes");
        expect(s.vault.empty() || s.vault == "keychain" || s.vault == "file"
                || s.vault == "environment",
            "vault", "must be keychain, file or environment");
        expect(s.language == "system" || s.language == "en" || s.language == "zh_CN", "language",
            "is not a language of this program");
        expect(s.theme == "system" || s.theme == "light" || s.theme == "dark", "theme",
            "must be system, light or dark");
        range(s.retentionDays, 1, 36'500, "retentionDays");
        range<std::int64_t>(s.maxLedgerMegabytes, 16, 1'048'576, "maxLedgerMegabytes");
        expect(s.proxy.mode != ProxyMode::Inherit, "proxy.mode", "must be none, system or manual");
        proxy(s.proxy, "proxy");
        expect(s.allowedOrigins.size() <= mostOrigins, "allowedOrigins", "has too many entries");
        for (std::size_t i = 0; i < s.allowedOrigins.size(); ++i)
            expect(isWebOrigin(s.allowedOrigins[i]), at("allowedOrigins", i),
                "must be an origin such as https://example.com, without a path");
        expect(s.hostNames.size() <= mostOrigins, "hostNames", "has too many entries");
        for (std::size_t i = 0; i < s.hostNames.size(); ++i)
            expect(isHostValue(s.hostNames[i]), at("hostNames", i),
                "must be a host name, with a port or without");
        expect(s.channels.size() <= mostChannels, "channels", "has too many entries");
        expect(s.aliases.size() <= mostNames, "aliases", "has too many entries");
        expect(s.clients.size() <= mostNames, "clients", "has too many entries");
        expect(s.prices.size() <= mostNames, "prices", "has too many entries");
    }

    void proxy(const ProxySettings& proxy, const std::string& path)
    {
        if (proxy.mode != ProxyMode::Manual && proxy.url.empty())
            return;
        const auto address = proxyFrom(proxy.url);
        if (!address)
            m_complaints.push_back({path + ".url", address.error().message});
    }

    void channel(const ChannelSettings& c, const std::string& path)
    {
        expect(isId(c.id.text()), path + ".id", "must be 1 to 64 letters, digits, - or _");
        unique(m_channelIds, c.id.text(), path + ".id");
        expect(isName(c.name, 60) && c.name.find('/') == std::string::npos, path + ".name",
            "must be 1 to 60 characters without / and control characters");
        unique(m_channelNames, c.name, path + ".name");
        address(c, path);
        std::set<DialectId> dialects(c.dialects.begin(), c.dialects.end());
        expect(dialects.size() == c.dialects.size(), path + ".dialects", "names a protocol twice");
        expect(c.keys.size() <= mostKeys, path + ".keys", "has too many entries");
        std::set<std::string> ids;
        for (std::size_t i = 0; i < c.keys.size(); ++i)
            key(c.keys[i], at(path + ".keys", i), ids);
        expect(c.models.size() <= mostNames, path + ".models", "has too many entries");
        for (std::size_t i = 0; i < c.models.size(); ++i)
            expect(
                isName(c.models[i], 200), at(path + ".models", i), "must be 1 to 200 characters");
        range(c.priority, 0, 1'000'000, path + ".priority");
        range(c.weight, 0, 1'000, path + ".weight");
        proxy(c.proxy, path + ".proxy");
        expect(isPlain(c.extraCaFile, 4096), path + ".extraCaFile", "is not a path");
        headers(c, path);
        range<std::int64_t>(c.connectSeconds, 1, 300, path + ".connectSeconds");
        range<std::int64_t>(c.firstByteSeconds, 1, 7'200, path + ".firstByteSeconds");
        range<std::int64_t>(c.idleSeconds, 1, 7'200, path + ".idleSeconds");
        range<std::int64_t>(c.multiplierThousandths, 0, 1'000'000, path + ".multiplierThousandths");
        expect(c.tags.size() <= 20, path + ".tags", "has too many entries");
        for (std::size_t i = 0; i < c.tags.size(); ++i)
            expect(isName(c.tags[i], 40), at(path + ".tags", i), "must be 1 to 40 characters");
        for (std::size_t i = 0; i < c.quirks.size(); ++i)
            expect(isQuirkChoice(c.quirks[i]), at(path + ".quirks", i),
                "must be + or - and the name of a habit that is known here");
    }

    void address(const ChannelSettings& c, const std::string& path)
    {
        const Provider* provider = findProvider(c.provider);
        expect(provider != nullptr, path + ".provider", "is not known");
        if (c.baseUrl.empty()) {
            expect(provider == nullptr || !provider->needsBaseUrl, path + ".baseUrl",
                "is needed for this provider");
            return;
        }
        const auto url = parseUrl(c.baseUrl);
        if (!url)
            m_complaints.push_back({path + ".baseUrl", url.error().message});
        else
            expect(url->origin.tls || isPrivateHost(url->origin.host), path + ".baseUrl",
                "must start with https://: a key would cross a public network unencrypted");
    }

    void key(const KeySettings& k, const std::string& path, std::set<std::string>& ids)
    {
        expect(isId(k.id.text()), path + ".id", "must be 1 to 64 letters, digits, - or _");
        unique(ids, k.id.text(), path + ".id");
        expect(isPlain(k.label, 60), path + ".label", "must be at most 60 characters");
        range(k.weight, 0, 1'000, path + ".weight");
        expect(looksMasked(k.masked), path + ".masked", "must be the masked form of a key");
        expect(k.environment.empty() || isVariableName(k.environment), path + ".environment",
            "is not the name of a variable");
        expect(isPlain(k.storedIn, 100), path + ".storedIn", "must be at most 100 characters");
    }

    void headers(const ChannelSettings& c, const std::string& path)
    {
        expect(
            c.extraHeaders.size() <= mostHeaders, path + ".extraHeaders", "has too many entries");
        for (std::size_t i = 0; i < c.extraHeaders.size(); ++i) {
            const auto& [name, value] = c.extraHeaders[i];
            const std::string field = at(path + ".extraHeaders", i);
            expect(isHeaderName(name), field, "has a name that no header can have");
            expect(isHeaderValue(value), field, "has a value that no header can have");
            const bool isReserved
                = std::find(std::begin(reservedHeaders), std::end(reservedHeaders), lower(name))
                != std::end(reservedHeaders);
            expect(!isReserved, field, "is written by the relay itself; keys belong in the vault");
        }
    }

    void alias(const AliasSettings& a, const std::string& path)
    {
        expect(isName(a.name, 200), path + ".name",
            "must be 1 to 200 characters without control characters");
        expect(starsIn(a.name) <= 1, path + ".name", "may hold one * only");
        unique(m_aliasNames, a.name, path + ".name");
        expect(!a.targets.empty(), path + ".targets", "needs at least one target");
        expect(a.targets.size() <= mostTargets, path + ".targets", "has too many entries");
        for (std::size_t i = 0; i < a.targets.size(); ++i) {
            const AliasTargetSettings& target = a.targets[i];
            const std::string field = at(path + ".targets", i);
            expect(
                m_channelNames.count(target.channel) != 0, field + ".channel", "is not a channel");
            expect(isName(target.model, 200), field + ".model", "must be 1 to 200 characters");
            expect(starsIn(target.model) <= starsIn(a.name), field + ".model",
                "may hold a * only when the alias does");
            range(target.tier, 0, 100, field + ".tier");
            range(target.weight, 0, 1'000, field + ".weight");
        }
    }

    void client(const ClientSettings& c, const std::string& path)
    {
        expect(isId(c.id.text()), path + ".id", "must be 1 to 64 letters, digits, - or _");
        unique(m_clientIds, c.id.text(), path + ".id");
        expect(isName(c.name, 60), path + ".name",
            "must be 1 to 60 characters without control characters");
        unique(m_clientNames, c.name, path + ".name");
        expect(c.hash.size() == 64
                && c.hash.find_first_not_of("0123456789abcdef") == std::string::npos,
            path + ".hash", "is not a SHA-256 in hex");
        unique(m_clientHashes, c.hash, path + ".hash");
        expect(looksMasked(c.masked), path + ".masked", "must be the masked form of a key");
        expect(c.allowedModels.size() <= 500, path + ".allowedModels", "has too many entries");
        for (std::size_t i = 0; i < c.allowedModels.size(); ++i)
            expect(isName(c.allowedModels[i], 200), at(path + ".allowedModels", i),
                "must be 1 to 200 characters");
        // The years that settings.json can write.
        const TimePoint last(std::chrono::sys_days(std::chrono::year(9999) / 12 / 31));
        expect(c.created >= TimePoint() && c.created <= last, path + ".created", "is no time");
        expect(!c.expires || (*c.expires >= TimePoint() && *c.expires <= last), path + ".expires",
            "is no time");
    }

    void price(const PriceSettings& p, const std::string& path)
    {
        expect(p.channel.empty() || m_channelNames.count(p.channel) != 0, path + ".channel",
            "is not a channel");
        expect(isName(p.model, 200) && starsIn(p.model) <= 1, path + ".model",
            "must be 1 to 200 characters with one * at most");
        const Prices& prices = p.prices;
        std::vector<std::int64_t> amounts{prices.input.microUsdPerMillion,
            prices.output.microUsdPerMillion, prices.perRequest.value, prices.perWebSearch.value,
            prices.perImage.value};
        for (const auto& rate :
            {prices.cacheRead, prices.cacheWrite5m, prices.cacheWrite1h, prices.reasoning,
                prices.audioIn, prices.audioOut, prices.imageIn, prices.imageOut})
            amounts.push_back(rate.value_or(Rate()).microUsdPerMillion);
        for (const std::int64_t amount : amounts) {
            if (amount < 0 || amount > dearest) {
                expect(false, path + ".prices", "must be from 0 to 1000000000 dollars");
                break;
            }
        }
    }

    const Settings& m_settings;
    std::vector<Complaint> m_complaints;
    std::set<std::string> m_channelIds;
    std::set<std::string> m_channelNames;
    std::set<std::string> m_aliasNames;
    std::set<std::string> m_clientIds;
    std::set<std::string> m_clientNames;
    std::set<std::string> m_clientHashes;
};

}

std::vector<Complaint> validate(const Settings& settings)
{
    return Check(settings).run();
}

}
