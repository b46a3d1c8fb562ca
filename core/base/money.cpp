#include "base/money.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace waystation {

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

std::int64_t saturatingMultiply(std::int64_t a, std::int64_t b)
{
    if (a == 0 || b == 0)
        return 0;
    if (a > most / b)
        return most;
    return a * b;
}

}

void CostSum::add(std::int64_t units, Rate rate)
{
    if (units <= 0 || rate.microUsdPerMillion <= 0)
        return;
    // One micro-dollar per million units is one pico-dollar per unit.
    const std::int64_t pico = saturatingMultiply(units, rate.microUsdPerMillion);
    m_pico = m_pico > most - pico ? most : m_pico + pico;
}

void CostSum::scale(std::int64_t thousandths)
{
    if (thousandths < 0)
        return;
    const std::int64_t whole = m_pico / 1000;
    const std::int64_t rest = m_pico % 1000;
    const std::int64_t scaled = saturatingMultiply(whole, thousandths);
    const std::int64_t small = (rest * thousandths + 500) / 1000;
    m_pico = scaled > most - small ? most : scaled + small;
}

MicroUsd CostSum::total() const
{
    const std::int64_t whole = m_pico / 1'000'000;
    return {whole + (m_pico % 1'000'000 >= 500'000 ? 1 : 0)};
}

std::string toDecimal(MicroUsd money)
{
    const bool negative = money.value < 0;
    const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(money.value) : static_cast<std::uint64_t>(money.value);
    std::string fraction = std::to_string(size % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    while (fraction.size() > 2 && fraction.back() == '0')
        fraction.pop_back();
    return (negative ? "-" : "") + std::to_string(size / 1'000'000) + "." + fraction;
}

std::optional<MicroUsd> microUsdFromDecimal(std::string_view text)
{
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    std::string fraction(point == std::string_view::npos ? std::string_view() : text.substr(point + 1));
    if (whole.empty() || (point != std::string_view::npos && fraction.empty()) || fraction.size() > 6)
        return std::nullopt;
    for (const std::string_view part : {whole, std::string_view(fraction)}) {
        for (const char c : part) {
            if (c < '0' || c > '9')
                return std::nullopt;
        }
    }
    fraction.append(6 - fraction.size(), '0');
    std::int64_t dollars = 0;
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), dollars);
    if (error != std::errc() || end != whole.data() + whole.size() || dollars > 1'000'000'000'000)
        return std::nullopt;
    std::int64_t micros = 0;
    std::from_chars(fraction.data(), fraction.data() + fraction.size(), micros);
    return MicroUsd {dollars * 1'000'000 + micros};
}

std::optional<MicroUsd> microUsdFromDouble(double dollars)
{
    if (!std::isfinite(dollars) || dollars < 0 || dollars > 1e12)
        return std::nullopt;
    return MicroUsd {std::llround(dollars * 1e6)};
}

}
