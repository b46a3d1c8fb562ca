#include "settings/settings_file.h"
#include "settings/upgrade.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstdio>
#include <limits>
#include <type_traits>

namespace waystation {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t largestFile = 32u << 20;

const char* nameOf(ProxyMode mode)
{
    switch (mode) {
    case ProxyMode::Inherit:
        return "inherit";
    case ProxyMode::None:
        return "none";
    case ProxyMode::System:
        return "system";
    case ProxyMode::Manual:
        break;
    }
    return "manual";
}

std::optional<ProxyMode> proxyModeFrom(std::string_view name)
{
    for (const ProxyMode mode :
        {ProxyMode::Inherit, ProxyMode::None, ProxyMode::System, ProxyMode::Manual}) {
        if (name == nameOf(mode))
            return mode;
    }
    return std::nullopt;
}

/// "2026-09-23T10:11:12.000345Z"
std::string timeText(TimePoint when)
{
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::int64_t micros = (when - day).count();
    const std::int64_t seconds = micros / 1'000'000;
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(seconds / 3600),
        static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60),
        static_cast<int>(micros % 1'000'000));
    return text;
}

std::optional<int> digitsAt(std::string_view text, std::size_t at, std::size_t count)
{
    int number = 0;
    const char* const begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + count, number);
    if (error != std::errc() || end != begin + count || *begin == '-')
        return std::nullopt;
    return number;
}

std::optional<TimePoint> timeFrom(std::string_view text)
{
    constexpr std::string_view form = "....-..-..T..:..:.........Z";
    if (text.size() != form.size() || text[19] != '.')
        return std::nullopt;
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] != '.' && form[i] != text[i])
            return std::nullopt;
    }
    const auto year = digitsAt(text, 0, 4);
    const auto month = digitsAt(text, 5, 2);
    const auto day = digitsAt(text, 8, 2);
    const auto hour = digitsAt(text, 11, 2);
    const auto minute = digitsAt(text, 14, 2);
    const auto second = digitsAt(text, 17, 2);
    const auto micros = digitsAt(text, 20, 6);
    if (!year || !month || !day || !hour || !minute || !second || !micros || *hour > 23
        || *minute > 59 || *second > 59)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
        std::chrono::month(static_cast<unsigned>(*month)),
        std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok())
        return std::nullopt;
    return TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(*hour)
        + std::chrono::minutes(*minute) + std::chrono::seconds(*second) + Micros(*micros);
}

// Every type below has its fields listed once, in the order of the file; `Fields` is the writer or
// the reader.

template <class Fields, class Proxy> void proxyFields(Fields& fields, Proxy& proxy)
{
    fields.add("mode", proxy.mode);
    fields.add("url", proxy.url);
    fields.add("has_password", proxy.hasPassword);
}

template <class Fields, class Key> void keyFields(Fields& fields, Key& key)
{
    fields.add("id", key.id);
    fields.add("label", key.label);
    fields.add("weight", key.weight);
    fields.add("enabled", key.enabled);
    fields.add("masked", key.masked);
    fields.add("environment", key.environment);
    fields.add("stored_in", key.storedIn);
}

template <class Fields, class Header> void headerFields(Fields& fields, Header& header)
{
    fields.add("name", header.first);
    fields.add("value", header.second);
}

template <class Fields, class Channel> void channelFields(Fields& fields, Channel& channel)
{
    fields.add("id", channel.id);
    fields.add("name", channel.name);
    fields.add("provider", channel.provider);
    fields.add("base_url", channel.baseUrl);
    fields.add("dialects", channel.dialects);
    fields.add("keys", channel.keys);
    fields.add("models", channel.models);
    fields.add("enabled", channel.enabled);
    fields.add("priority", channel.priority);
    fields.add("weight", channel.weight);
    fields.add("proxy", channel.proxy);
    fields.add("extra_ca_file", channel.extraCaFile);
    fields.add("extra_headers", channel.extraHeaders);
    fields.add("connect_seconds", channel.connectSeconds);
    fields.add("first_byte_seconds", channel.firstByteSeconds);
    fields.add("idle_seconds", channel.idleSeconds);
    fields.add("multiplier_thousandths", channel.multiplierThousandths);
    fields.add("tags", channel.tags);
    fields.add("quirks", channel.quirks);
}

template <class Fields, class Target> void targetFields(Fields& fields, Target& target)
{
    fields.add("channel", target.channel);
    fields.add("model", target.model);
    fields.add("tier", target.tier);
    fields.add("weight", target.weight);
}

template <class Fields, class Alias> void aliasFields(Fields& fields, Alias& alias)
{
    fields.add("name", alias.name);
    fields.add("targets", alias.targets);
    fields.add("rejects_losses", alias.rejectsLosses);
}

template <class Fields, class Client> void clientFields(Fields& fields, Client& client)
{
    fields.add("id", client.id);
    fields.add("name", client.name);
    fields.add("hash", client.hash);
    fields.add("masked", client.masked);
    fields.add("allowed_models", client.allowedModels);
    fields.add("expires", client.expires);
    fields.add("created", client.created);
}

/// Dollars as decimal text: per million tokens for rates, each for the rest.
template <class Fields, class Price> void priceFields(Fields& fields, Price& price)
{
    fields.add("channel", price.channel);
    fields.add("model", price.model);
    fields.add("input", price.prices.input);
    fields.add("output", price.prices.output);
    fields.add("cache_read", price.prices.cacheRead);
    fields.add("cache_write_5m", price.prices.cacheWrite5m);
    fields.add("cache_write_1h", price.prices.cacheWrite1h);
    fields.add("reasoning", price.prices.reasoning);
    fields.add("audio_in", price.prices.audioIn);
    fields.add("audio_out", price.prices.audioOut);
    fields.add("image_in", price.prices.imageIn);
    fields.add("image_out", price.prices.imageOut);
    fields.add("per_request", price.prices.perRequest);
    fields.add("per_web_search", price.prices.perWebSearch);
    fields.add("per_image", price.prices.perImage);
}

template <class Fields, class All> void settingsFields(Fields& fields, All& settings)
{
    fields.add("version", settings.version);
    fields.open("relay", [&](Fields& relay) {
        relay.add("port", settings.port);
        relay.add("lan_access", settings.lanAccess);
        relay.add("allowed_origins", settings.allowedOrigins);
        relay.add("host_names", settings.hostNames);
        relay.add("max_body_megabytes", settings.maxBodyMegabytes);
        relay.add("mask_upstream_auth", settings.maskUpstreamAuth);
        relay.add("responses_over_websocket", settings.responsesOverWebSocket);
    });
    fields.add("vault", settings.vault);
    fields.open("general", [&](Fields& general) {
        general.add("language", settings.language);
        general.add("theme", settings.theme);
        general.add("start_hidden", settings.startHidden);
        general.add("close_hint_shown", settings.closeHintShown);
    });
    fields.open("network", [&](Fields& network) { network.add("proxy", settings.proxy); });
    fields.open("storage", [&](Fields& storage) {
        storage.add("retention_days", settings.retentionDays);
        storage.add("max_ledger_megabytes", settings.maxLedgerMegabytes);
    });
    fields.add("channels", settings.channels);
    fields.add("aliases", settings.aliases);
    fields.add("clients", settings.clients);
    fields.add("prices", settings.prices);
}

template <class Fields, class Value> void fieldsOf(Fields& fields, Value& value)
{
    using Plain = std::remove_const_t<Value>;
    if constexpr (std::is_same_v<Plain, ProxySettings>)
        proxyFields(fields, value);
    else if constexpr (std::is_same_v<Plain, KeySettings>)
        keyFields(fields, value);
    else if constexpr (std::is_same_v<Plain, ChannelSettings>)
        channelFields(fields, value);
    else if constexpr (std::is_same_v<Plain, AliasTargetSettings>)
        targetFields(fields, value);
    else if constexpr (std::is_same_v<Plain, AliasSettings>)
        aliasFields(fields, value);
    else if constexpr (std::is_same_v<Plain, ClientSettings>)
        clientFields(fields, value);
    else if constexpr (std::is_same_v<Plain, PriceSettings>)
        priceFields(fields, value);
    else if constexpr (std::is_same_v<Plain, Settings>)
        settingsFields(fields, value);
    else
        headerFields(fields, value);
}

class Writer
{
public:
    template <class Value> void add(const char* name, const Value& value)
    {
        m_object[name] = written(value);
    }

    template <class Fill> void open(const char* name, Fill fill)
    {
        Writer inner;
        fill(inner);
        m_object[name] = std::move(inner.m_object);
    }

    ordered_json take() { return std::move(m_object); }

private:
    static ordered_json written(const std::string& text) { return text; }

    static ordered_json written(ProxyMode mode) { return nameOf(mode); }

    static ordered_json written(DialectId dialect) { return waystation::nameOf(dialect); }

    static ordered_json written(TimePoint when) { return timeText(when); }

    static ordered_json written(Rate rate) { return toDecimal(MicroUsd{rate.microUsdPerMillion}); }

    static ordered_json written(MicroUsd money) { return toDecimal(money); }

    template <class Tag> static ordered_json written(const Id<Tag>& id) { return id.text(); }

    template <class Value> static ordered_json written(const std::optional<Value>& value)
    {
        return value ? written(*value) : ordered_json(nullptr);
    }

    template <class Value> static ordered_json written(const std::vector<Value>& values)
    {
        ordered_json list = ordered_json::array();
        for (const Value& value : values)
            list.push_back(written(value));
        return list;
    }

    template <class Value> static ordered_json written(const Value& value)
    {
        if constexpr (std::is_arithmetic_v<Value>) {
            return value;
        } else {
            Writer inner;
            fieldsOf(inner, value);
            return inner.take();
        }
    }

    ordered_json m_object = ordered_json::object();
};

/// Fields that are absent or null keep their defaults; the first one of a wrong kind is the error.
class Reader
{
public:
    Reader(const json& object, std::string path, std::optional<Error>& error)
        : m_object(object)
        , m_path(std::move(path))
        , m_error(error)
    {
    }

    template <class Value> void add(const char* name, Value& value)
    {
        const auto found = m_object.find(name);
        if (m_error || found == m_object.end() || found->is_null())
            return;
        read(*found, value, pathOf(name));
    }

    template <class Fill> void open(const char* name, Fill fill)
    {
        const auto found = m_object.find(name);
        if (m_error || found == m_object.end() || found->is_null())
            return;
        if (!found->is_object()) {
            complain(pathOf(name), "must be an object");
            return;
        }
        Reader inner(*found, pathOf(name), m_error);
        fill(inner);
    }

private:
    std::string pathOf(const char* name) const
    {
        return m_path.empty() ? name : m_path + "." + name;
    }

    void complain(const std::string& path, const char* what)
    {
        if (!m_error)
            m_error = Error{ErrorKind::Invalid, path + " " + what, path};
    }

    void read(const json& from, std::string& text, const std::string& path)
    {
        if (from.is_string())
            text = from.get_ref<const std::string&>();
        else
            complain(path, "must be text");
    }

    void read(const json& from, bool& flag, const std::string& path)
    {
        if (from.is_boolean())
            flag = from.get<bool>();
        else
            complain(path, "must be true or false");
    }

    template <class Tag> void read(const json& from, Id<Tag>& id, const std::string& path)
    {
        std::string text;
        read(from, text, path);
        id = Id<Tag>(std::move(text));
    }

    void read(const json& from, ProxyMode& mode, const std::string& path)
    {
        readWord(from, mode, path, proxyModeFrom);
    }

    void read(const json& from, DialectId& dialect, const std::string& path)
    {
        readWord(from, dialect, path, dialectFrom);
    }

    void read(const json& from, TimePoint& when, const std::string& path)
    {
        readWord(from, when, path, timeFrom);
    }

    void read(const json& from, MicroUsd& money, const std::string& path)
    {
        readWord(from, money, path, microUsdFromDecimal);
    }

    void read(const json& from, Rate& rate, const std::string& path)
    {
        MicroUsd perMillion;
        read(from, perMillion, path);
        rate = Rate{perMillion.value};
    }

    template <class Value, class From>
    void readWord(const json& from, Value& value, const std::string& path, From wordFrom)
    {
        const auto word = from.is_string()
            ? wordFrom(std::string_view(from.get_ref<const std::string&>()))
            : std::nullopt;
        if (word)
            value = *word;
        else
            complain(path, "has a value that is not known");
    }

    template <class Value>
    void read(const json& from, std::optional<Value>& value, const std::string& path)
    {
        value.emplace();
        read(from, *value, path);
    }

    template <class Value>
    void read(const json& from, std::vector<Value>& values, const std::string& path)
    {
        if (!from.is_array()) {
            complain(path, "must be a list");
            return;
        }
        values.clear();
        values.reserve(from.size());
        for (std::size_t i = 0; i < from.size() && !m_error; ++i)
            read(from[i], values.emplace_back(), path + "[" + std::to_string(i) + "]");
    }

    template <class Value> void read(const json& from, Value& value, const std::string& path)
    {
        if constexpr (std::is_integral_v<Value>) {
            readNumber(from, value, path);
        } else if (!from.is_object()) {
            complain(path, "must be an object");
        } else {
            Reader inner(from, path, m_error);
            fieldsOf(inner, value);
        }
    }

    template <class Number>
    void readNumber(const json& from, Number& number, const std::string& path)
    {
        if (!from.is_number_integer()) {
            complain(path, "must be a whole number");
            return;
        }
        const bool isHuge = from.is_number_unsigned()
            && from.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
        const std::int64_t told = isHuge ? INT64_MAX : from.get<std::int64_t>();
        if (isHuge || !std::in_range<Number>(told))
            complain(path, "is out of range");
        else
            number = static_cast<Number>(told);
    }

    const json& m_object;
    std::string m_path;
    std::optional<Error>& m_error;
};

}

std::string settingsToJson(const Settings& settings)
{
    Writer writer;
    settingsFields(writer, settings);
    // validate() refuses broken UTF-8; replacing it keeps this function from throwing when nobody
    // asked.
    return writer.take().dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<Settings> settingsFromJson(std::string_view text, std::span<const UpgradeStep> steps)
{
    if (text.size() > largestFile)
        return Error{ErrorKind::Invalid, "the settings are larger than 32 MiB"};
    json document = json::parse(text, nullptr, false);
    if (!document.is_object())
        return Error{ErrorKind::Invalid, "the settings are not a JSON object"};
    const auto upgraded = upgrade(document, steps);
    if (!upgraded)
        return upgraded.error();
    Settings settings;
    std::optional<Error> error;
    Reader reader(document, {}, error);
    settingsFields(reader, settings);
    if (error)
        return *error;
    return settings;
}

Result<Settings> settingsFromJson(std::string_view text)
{
    return settingsFromJson(text, upgradeSteps());
}

}
