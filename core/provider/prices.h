#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "chat/usage.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// Prices of a model for one call, all tiers and times already decided.
struct Prices
{
    Rate input;
    Rate output;
    std::optional<Rate> cacheRead; // missing: as input
    std::optional<Rate> cacheWrite5m; // missing: as input
    std::optional<Rate> cacheWrite1h; // missing: 1.6 x cacheWrite5m
    std::optional<Rate> reasoning; // missing: as output
    std::optional<Rate> audioIn;
    std::optional<Rate> audioOut;
    std::optional<Rate> imageIn;
    std::optional<Rate> imageOut;
    MicroUsd perRequest;
    MicroUsd perWebSearch;
    MicroUsd perImage;
    MicroUsd perAudioHour;

    friend bool operator==(const Prices&, const Prices&) = default;
};

/// Who says so. Assumed: the maker's price, the seller is unknown.
enum class PriceSource { None, Vendor, Override, Table, Assumed };

const char* nameOf(PriceSource source); // "none", "vendor", "override", "table", "assumed"
std::optional<PriceSource> priceSourceFrom(std::string_view name);

struct PriceFound
{
    Prices prices;
    PriceSource source = PriceSource::Table;
    std::string model; // the entry that matched: "anthropic/claude-opus-5"
};

/// A price that the user set; wins over the table.
struct PriceOverride
{
    ChannelId channel; // empty: every channel
    std::string model; // may hold one *
    Prices prices;
};

/// The prices id of what costs nothing: the user's own machine, the practice channel.
inline constexpr std::string_view freePricesId = "free";

/// The shipped list. Immutable after reading; share it by shared_ptr.
class PriceTable
{
public:
    /// Reads the compact JSON of resources/prices/prices.json. Errors: Invalid.
    static Result<PriceTable> read(std::string_view json);

    PriceTable(PriceTable&&) noexcept;
    PriceTable& operator=(PriceTable&&) noexcept;
    ~PriceTable();

    const std::string& date() const; // "2026-09-23"
    const std::string& version() const; // of the package that it was made from
    std::size_t modelCount() const;

    /// The seller's own entry for that name (Table); else, for the name without vendor, date and
    /// variant, the seller's or the maker's (Assumed); else nothing, for a near name is no price.
    /// `inputTokens` picks the tier, `when` the dates and hours (UTC). `freePricesId` costs
    /// nothing, whatever the model.
    std::optional<PriceFound> find(std::string_view pricesId, std::string_view model,
        Tokens inputTokens, TimePoint when) const;
    /// Context window in tokens, 0 when unknown.
    Tokens contextWindow(std::string_view pricesId, std::string_view model) const;

private:
    struct Tables;
    explicit PriceTable(std::unique_ptr<Tables> tables);
    std::unique_ptr<Tables> m_tables;
};

/// The cost of a call with its parts, so that a person can check the sum.
struct Cost
{
    MicroUsd total;
    PriceSource source = PriceSource::None;
    std::string model; // the price entry used
    std::string formula; // "1000 in x 5.00 + 20000 read x 0.50 per million = 0.015", English
    Prices prices;
};

/// The sum over the parts of the usage, rounded once. nullopt: the price is unknown, which is not
/// zero: nothing was counted, or only in units that the price does not know.
/// `multiplierThousandths` is the channel's own; the tier of the answer (flex, batch, priority)
/// counts too.
std::optional<Cost> costOf(
    const Usage& usage, const PriceFound& found, std::int64_t multiplierThousandths);

}
