// GCC 12 warns about the inside of std::regex when it builds with sanitizers.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "provider/prices.h"

#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <atomic>
#include <array>
#include <charconv>
#include <map>
#include <regex>
#include <utility>

namespace waystation {

namespace {

using Json = nlohmann::ordered_json; // makers are asked in the order of the list

// Longer names are nobody's; the bound keeps std::regex, which recurses, off hostile ones.
constexpr std::size_t mostNameOctets = 200;

bool fitsDigitPicture(std::string_view picture, std::string_view name)
{
    return std::equal(picture.begin(), picture.end(), name.begin(), name.end(),
        [](char p, char n) { return p == '#' ? n >= '0' && n <= '9' : p == n; });
}

/// A test of a model name, as the list writes it.
struct Match
{
    enum class Kind { Never, Equals, Starts, Ends, Contains, Digits, Expression, Any, All };

    Kind kind = Kind::Never;
    std::string text;
    std::regex expression;
    std::vector<Match> parts;

    bool fits(std::string_view name) const
    {
        const auto fitsName = [&](const Match& part) { return part.fits(name); };
        switch (kind) {
        case Kind::Never:
            return false;
        case Kind::Equals:
            return name == text;
        case Kind::Starts:
            return name.starts_with(text);
        case Kind::Ends:
            return name.ends_with(text);
        case Kind::Contains:
            return name.find(text) != std::string_view::npos;
        case Kind::Digits:
            return fitsDigitPicture(text, name);
        case Kind::Expression:
            return std::regex_search(name.begin(), name.end(), expression);
        case Kind::Any:
            return std::any_of(parts.begin(), parts.end(), fitsName);
        case Kind::All:
            return std::all_of(parts.begin(), parts.end(), fitsName);
        }
        return false;
    }
};

/// A rate that may jump with the size of the input.
struct TieredRate
{
    Rate base;
    std::vector<std::pair<Tokens, Rate>> tiers; // from more input than `first` on

    Rate at(Tokens inputTokens) const
    {
        Rate rate = base;
        for (const auto& [start, price] : tiers) {
            if (inputTokens > start)
                rate = price;
        }
        return rate;
    }
};

struct TimedPrices
{
    std::optional<TimePoint> from;
    std::optional<std::pair<int, int>> minutes; // of the UTC day; the second is outside
    TieredRate input;
    TieredRate output;
    std::optional<TieredRate> cacheRead;
    std::optional<TieredRate> cacheWrite5m;
    std::optional<TieredRate> cacheWrite1h;
    std::optional<TieredRate> reasoning;
    std::optional<TieredRate> audioIn;
    std::optional<TieredRate> audioOut;
    std::optional<TieredRate> imageIn;
    std::optional<TieredRate> imageOut;
    MicroUsd perRequest;
    MicroUsd perWebSearch;
    MicroUsd perAudioHour;

    bool holdsAt(TimePoint when) const
    {
        if (from && when < *from)
            return false;
        if (!minutes)
            return true;
        const auto ofDay = when - std::chrono::floor<std::chrono::days>(when);
        const auto minute
            = static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(ofDay).count());
        const auto [start, end] = *minutes;
        return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
    }

    Prices at(Tokens inputTokens) const
    {
        const auto rateOf = [&](const std::optional<TieredRate>& rate) {
            return rate ? std::optional<Rate>(rate->at(inputTokens)) : std::nullopt;
        };
        Prices prices;
        prices.input = input.at(inputTokens);
        prices.output = output.at(inputTokens);
        prices.cacheRead = rateOf(cacheRead);
        prices.cacheWrite5m = rateOf(cacheWrite5m);
        prices.cacheWrite1h = rateOf(cacheWrite1h);
        prices.reasoning = rateOf(reasoning);
        prices.audioIn = rateOf(audioIn);
        prices.audioOut = rateOf(audioOut);
        prices.imageIn = rateOf(imageIn);
        prices.imageOut = rateOf(imageOut);
        prices.perRequest = perRequest;
        prices.perWebSearch = perWebSearch;
        prices.perAudioHour = perAudioHour;
        return prices;
    }
};

struct Model
{
    std::string name;
    Match match;
    Tokens contextWindow = 0;
    std::vector<TimedPrices> prices;
};

struct Seller
{
    std::string id;
    std::optional<Match> own;
    std::vector<std::string> also;
    std::string hintSeller;
    std::string hintPrefix;
    std::vector<Model> models;
};

// The reading below throws std::invalid_argument or a Json exception; read() turns both into an
// Error.

[[noreturn]] void complain(const std::string& what)
{
    throw std::invalid_argument(what);
}

Match matchOf(const Json& json)
{
    static constexpr std::array signs{
        std::pair{'=', Match::Kind::Equals},
        std::pair{'^', Match::Kind::Starts},
        std::pair{'$', Match::Kind::Ends},
        std::pair{'*', Match::Kind::Contains},
        std::pair{'#', Match::Kind::Digits},
        std::pair{'~', Match::Kind::Expression},
        std::pair{'|', Match::Kind::Any},
        std::pair{'&', Match::Kind::All},
    };
    const auto& sign = json.at(0).get_ref<const std::string&>();
    const auto known = std::find_if(signs.begin(), signs.end(),
        [&](const auto& pair) { return sign.size() == 1 && sign[0] == pair.first; });
    if (known == signs.end())
        complain("unknown match " + sign);
    Match match;
    match.kind = known->second;
    if (match.kind == Match::Kind::Any || match.kind == Match::Kind::All) {
        for (std::size_t i = 1; i < json.size(); ++i)
            match.parts.push_back(matchOf(json[i]));
        return match;
    }
    match.text = json.at(1).get<std::string>();
    if (match.kind == Match::Kind::Expression)
        match.expression = std::regex(match.text, std::regex::ECMAScript | std::regex::optimize);
    return match;
}

MicroUsd dollarsOf(const Json& json, double divisor = 1)
{
    const auto money = microUsdFromDouble(json.get<double>() / divisor);
    if (!money)
        complain("a price that is no amount");
    return *money;
}

Rate rateOf(const Json& json)
{
    return {dollarsOf(json).value};
}

TieredRate tieredRateOf(const Json& json)
{
    TieredRate rate;
    if (!json.is_array()) {
        rate.base = rateOf(json);
        return rate;
    }
    rate.base = rateOf(json.at(0));
    for (std::size_t i = 1; i < json.size(); ++i)
        rate.tiers.emplace_back(json[i].at(0).get<Tokens>(), rateOf(json[i].at(1)));
    return rate;
}

int numberAt(std::string_view text, std::size_t at, std::size_t length)
{
    int number = -1;
    if (at + length > text.size())
        complain("a time that is too short");
    const char* const end = text.data() + at + length;
    if (std::from_chars(text.data() + at, end, number).ptr != end || number < 0)
        complain("a time that is no number");
    return number;
}

TimePoint dateOf(std::string_view text)
{
    const std::chrono::year_month_day date{std::chrono::year(numberAt(text, 0, 4)),
        std::chrono::month(static_cast<unsigned>(numberAt(text, 5, 2))),
        std::chrono::day(static_cast<unsigned>(numberAt(text, 8, 2)))};
    if (!date.ok())
        complain("a date that is none");
    return std::chrono::sys_days(date);
}

std::pair<int, int> minutesOf(std::string_view text) // "01:00-04:00"
{
    return {numberAt(text, 0, 2) * 60 + numberAt(text, 3, 2),
        numberAt(text, 6, 2) * 60 + numberAt(text, 9, 2)};
}

TimedPrices timedPricesOf(const Json& json)
{
    TimedPrices prices;
    for (const auto& [key, value] : json.items()) {
        if (key == "from")
            prices.from = dateOf(value.get_ref<const std::string&>());
        else if (key == "utc")
            prices.minutes = minutesOf(value.get_ref<const std::string&>());
        else if (key == "i")
            prices.input = tieredRateOf(value);
        else if (key == "o")
            prices.output = tieredRateOf(value);
        else if (key == "r")
            prices.cacheRead = tieredRateOf(value);
        else if (key == "w")
            prices.cacheWrite5m = tieredRateOf(value);
        else if (key == "w1")
            prices.cacheWrite1h = tieredRateOf(value);
        else if (key == "z")
            prices.reasoning = tieredRateOf(value);
        else if (key == "ia")
            prices.audioIn = tieredRateOf(value);
        else if (key == "oa")
            prices.audioOut = tieredRateOf(value);
        else if (key == "ii")
            prices.imageIn = tieredRateOf(value);
        else if (key == "oi")
            prices.imageOut = tieredRateOf(value);
        else if (key == "q")
            prices.perRequest = dollarsOf(value.is_array() ? value.at(0) : value, 1000);
        else if (key == "s")
            prices.perWebSearch = dollarsOf(value.is_array() ? value.at(0) : value, 1000);
        else if (key == "h")
            prices.perAudioHour = dollarsOf(value);
    }
    return prices;
}

Seller sellerOf(const std::string& id, const Json& json)
{
    Seller seller;
    seller.id = id;
    if (json.contains("own"))
        seller.own = matchOf(json["own"]);
    if (json.contains("also"))
        seller.also = json["also"].get<std::vector<std::string>>();
    if (json.contains("hint")) {
        seller.hintSeller = json["hint"].at(0).get<std::string>();
        seller.hintPrefix = json["hint"].at(1).get<std::string>();
    }
    const Json& models = json.at("models");
    seller.models.reserve(models.size());
    for (const Json& entry : models) {
        Model model;
        model.name = entry.at(0).get<std::string>();
        model.match = matchOf(entry.at(1));
        model.contextWindow = entry.at(2).get<Tokens>();
        for (const Json& prices : entry.at(3))
            model.prices.push_back(timedPricesOf(prices));
        seller.models.push_back(std::move(model));
    }
    return seller;
}

bool isDigits(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Without a date at the end: "-20250929", "-2025-09-29", "@20250929", "-250615".
std::string_view withoutDate(std::string_view name)
{
    if (name.size() > 11 && fitsDigitPicture("-####-##-##", name.substr(name.size() - 11)))
        return name.substr(0, name.size() - 11);
    const std::size_t mark = name.find_last_of("-@");
    if (mark == std::string_view::npos || mark == 0)
        return name;
    const std::string_view tail = name.substr(mark + 1);
    const bool isDate = isDigits(tail)
        && ((tail.size() == 8 && tail.starts_with("20"))
            || (tail.size() == 6 && tail.starts_with("2")));
    return isDate ? name.substr(0, mark) : name;
}

/// The name as it is and then barer and barer: no variant, no vendor, no region, no date.
std::vector<std::string> namesToTry(std::string_view model)
{
    std::vector<std::string> names{lower(trimmed(model))};
    const auto add = [&](std::string_view name) {
        if (!name.empty() && names.back() != name)
            names.emplace_back(name);
    };
    std::string name = names.back();
    for (const std::string_view variant :
        {":thinking", ":free", ":beta", ":nitro", ":floor", ":online", ":exacto", "-free"}) {
        if (name.ends_with(variant))
            name.resize(name.size() - variant.size());
    }
    add(name);
    if (const std::size_t slash = name.rfind('/'); slash != std::string::npos)
        name.erase(0, slash + 1);
    add(name);
    for (const std::string_view region : {"us.", "eu.", "apac.", "jp.", "global."}) {
        if (name.starts_with(region))
            name.erase(0, region.size());
    }
    add(name);
    name = std::string(withoutDate(name));
    add(name);
    return names;
}

}

struct PriceTable::Tables
{
    /// No two tables of a run share it, so that what is remembered of one is not taken for another.
    const std::uint64_t serial = [] {
        static std::atomic<std::uint64_t> next {1};
        return next++;
    }();
    std::string date;
    std::string version;
    std::vector<Seller> sellers;
    std::map<std::string, std::size_t, std::less<>> sellerAt;

    struct Hit
    {
        const Seller* seller = nullptr;
        const Model* model = nullptr;
    };

    const Seller* seller(std::string_view id) const
    {
        const auto at = sellerAt.find(id);
        return at == sellerAt.end() ? nullptr : &sellers[at->second];
    }

    static const Model* modelOf(const Seller& seller, std::string_view name)
    {
        for (const Model& model : seller.models) {
            if (model.match.fits(name))
                return &model;
        }
        return nullptr;
    }

    std::optional<Hit> sold(const Seller* seller, std::string_view name) const
    {
        if (!seller)
            return std::nullopt;
        if (const Model* model = modelOf(*seller, name))
            return Hit{seller, model};
        for (const std::string& id : seller->also) {
            const Seller* const other = this->seller(id);
            if (!other || (other->own && !other->own->fits(name)))
                continue;
            if (const Model* model = modelOf(*other, name))
                return Hit{other, model};
        }
        return std::nullopt;
    }

    std::optional<Hit> made(std::string_view name) const
    {
        for (const Seller& maker : sellers) {
            if (!maker.own || !maker.own->fits(name))
                continue;
            if (const Model* model = modelOf(maker, name))
                return Hit{&maker, model};
            const Seller* const hint = seller(maker.hintSeller);
            if (!hint)
                continue;
            if (const Model* model = modelOf(*hint, maker.hintPrefix + std::string(name)))
                return Hit{hint, model};
        }
        return std::nullopt;
    }

    std::optional<std::pair<Hit, PriceSource>> lookUp(
        std::string_view pricesId, std::string_view model) const
    {
        if (model.empty() || model.size() > mostNameOctets)
            return std::nullopt;
        const std::vector<std::string> names = namesToTry(model);
        const Seller* const own = seller(pricesId);
        if (const auto hit = sold(own, names.front()))
            return std::pair{*hit, PriceSource::Table};
        for (const std::string& name : names) {
            if (const auto hit = sold(own, name))
                return std::pair{*hit, PriceSource::Assumed};
        }
        for (const std::string& name : names) {
            if (const auto hit = made(name))
                return std::pair{*hit, PriceSource::Assumed};
        }
        return std::nullopt;
    }

    /// As lookUp, but the few names that come again and again are looked up once a thread: an unknown one costs a look
    /// at every seller.
    std::optional<std::pair<Hit, PriceSource>> find(
        std::string_view pricesId, std::string_view model) const
    {
        struct Memory
        {
            std::uint64_t serial = 0;
            std::unordered_map<std::string, std::optional<std::pair<Hit, PriceSource>>> found;
        };
        thread_local Memory memory;
        constexpr std::size_t mostNames = 256;
        if (memory.serial != serial || memory.found.size() > mostNames) {
            memory.found.clear();
            memory.serial = serial;
        }
        std::string key(pricesId);
        key += '\n';
        key += model;
        const auto known = memory.found.find(key);
        if (known != memory.found.end())
            return known->second;
        return memory.found.emplace(std::move(key), lookUp(pricesId, model)).first->second;
    }
};

PriceTable::PriceTable(std::unique_ptr<Tables> tables)
    : m_tables(std::move(tables))
{
}

PriceTable::PriceTable(PriceTable&&) noexcept = default;
PriceTable& PriceTable::operator=(PriceTable&&) noexcept = default;
PriceTable::~PriceTable() = default;

Result<PriceTable> PriceTable::read(std::string_view json)
{
    try {
        const Json root = Json::parse(json);
        if (root.at("v").get<int>() != 1)
            return Error{ErrorKind::Invalid,
                "the price list is of a version that this program does not know"};
        auto tables = std::make_unique<Tables>();
        tables->date = root.value("date", "");
        tables->version = root.value("version", "");
        for (const auto& [id, seller] : root.at("providers").items()) {
            tables->sellerAt.emplace(id, tables->sellers.size());
            tables->sellers.push_back(sellerOf(id, seller));
        }
        return PriceTable(std::move(tables));
    } catch (const std::exception& problem) {
        return Error{
            ErrorKind::Invalid, "the price list cannot be read: " + oneLine(problem.what(), 200)};
    }
}

const std::string& PriceTable::date() const
{
    return m_tables->date;
}

const std::string& PriceTable::version() const
{
    return m_tables->version;
}

std::size_t PriceTable::modelCount() const
{
    std::size_t count = 0;
    for (const Seller& seller : m_tables->sellers)
        count += seller.models.size();
    return count;
}

std::optional<PriceFound> PriceTable::find(
    std::string_view pricesId, std::string_view model, Tokens inputTokens, TimePoint when) const
{
    if (pricesId == freePricesId)
        return PriceFound{Prices{}, PriceSource::Table, std::string(freePricesId)};
    const auto found = m_tables->find(pricesId, model);
    if (!found)
        return std::nullopt;
    const auto& [hit, source] = *found;
    const std::vector<TimedPrices>& prices = hit.model->prices;
    const auto holds = std::find_if(prices.rbegin(), prices.rend(),
        [&](const TimedPrices& timed) { return timed.holdsAt(when); });
    if (holds == prices.rend())
        return std::nullopt;
    return PriceFound{holds->at(inputTokens), source, hit.seller->id + "/" + hit.model->name};
}

Tokens PriceTable::contextWindow(std::string_view pricesId, std::string_view model) const
{
    const auto found = m_tables->find(pricesId, model);
    return found ? found->first.model->contextWindow : 0;
}

}
