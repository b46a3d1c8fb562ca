#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waystation {

/// Money in micro-dollars (1 USD = 1'000'000), exact integers. May be negative only as a difference.
struct MicroUsd
{
    std::int64_t value = 0;

    friend auto operator<=>(const MicroUsd&, const MicroUsd&) = default;
    friend MicroUsd operator+(MicroUsd a, MicroUsd b) { return {a.value + b.value}; }
    friend MicroUsd operator-(MicroUsd a, MicroUsd b) { return {a.value - b.value}; }
    MicroUsd& operator+=(MicroUsd other)
    {
        value += other.value;
        return *this;
    }
};

/// A price in micro-dollars per million units (tokens), so 3 USD per million tokens is 3'000'000.
struct Rate
{
    std::int64_t microUsdPerMillion = 0;

    friend auto operator<=>(const Rate&, const Rate&) = default;
};

/// A sum of `units * rate` in pico-dollars (10^-12 USD). Exact up to 9 million dollars; saturates beyond.
class CostSum
{
public:
    void add(std::int64_t units, Rate rate);
    /// Multiplies by a factor given in thousandths (1.25 is 1250). Factors apply to all that was added so far.
    void scale(std::int64_t thousandths);
    /// Rounded once, half away from zero.
    MicroUsd total() const;

private:
    std::int64_t m_pico = 0;
};

/// "0.0675" for 67'500; at least two digits after the point, no trailing zeros beyond, no currency sign.
std::string toDecimal(MicroUsd money);
/// Reads "3", "0.25", "12.345678"; nullopt on anything else, more than six decimals included.
std::optional<MicroUsd> microUsdFromDecimal(std::string_view text);
/// Dollars as a double (price tables, vendors' answers) to micro-dollars, half away from zero; nullopt when
/// negative, not finite or above 10^12.
std::optional<MicroUsd> microUsdFromDouble(double dollars);

}
