#include "provider/prices.h"

#include "base/text.h"

#include <algorithm>

namespace waystation {

namespace {

std::string rateText(Rate rate)
{
    return toDecimal({rate.microUsdPerMillion});
}

/// Adds the parts up and writes down what it did.
class Bill
{
public:
    void tokens(Tokens count, const char* what, Rate rate)
    {
        if (count <= 0)
            return;
        m_sum.add(count, rate);
        append(m_perMillion, std::to_string(count) + " " + what + " x " + rateText(rate));
    }

    void each(std::int64_t count, const char* what, MicroUsd price)
    {
        if (count <= 0 || price.value <= 0)
            return;
        m_sum.add(count, perPiece(price));
        append(m_pieces, std::to_string(count) + " " + what + " x " + toDecimal(price));
    }

    void hours(std::int64_t millis, MicroUsd price)
    {
        if (millis <= 0 || price.value <= 0)
            return;
        // 3600 ms are a thousandth of an hour; what is left of them is small enough to round.
        constexpr std::int64_t thousandth = 3600;
        m_sum.add(millis / thousandth, Rate{price.value * 1000});
        m_sum.add(millis % thousandth, Rate{(price.value * 1000 + thousandth / 2) / thousandth});
        append(m_pieces,
            std::to_string(millis / 1000) + " s of audio x " + toDecimal(price) + " per hour");
    }

    void factor(std::int64_t thousandths, const std::string& why)
    {
        if (thousandths == 1000)
            return;
        m_sum.scale(thousandths);
        m_factors += " x " + toDecimal({thousandths * 1000}) + " (" + why + ")";
    }

    MicroUsd total() const { return m_sum.total(); }

    std::string formula() const
    {
        std::string text = m_perMillion.empty() ? std::string() : m_perMillion + " per million";
        if (!m_pieces.empty())
            append(text, m_pieces);
        if (text.empty())
            text = "0";
        if (!m_factors.empty())
            text = "(" + text + ")" + m_factors;
        return text + " = " + toDecimal(total());
    }

private:
    static Rate perPiece(MicroUsd price)
    {
        return {std::min(price.value, std::int64_t(1'000'000'000'000)) * 1'000'000};
    }

    static void append(std::string& text, const std::string& part)
    {
        if (!text.empty())
            text += " + ";
        text += part;
    }

    CostSum m_sum;
    std::string m_perMillion;
    std::string m_pieces;
    std::string m_factors;
};

struct TierFactor
{
    std::int64_t thousandths = 1000;
    bool isAssumed = false;
};

/// What sellers of several service tiers charge for them; others have one price.
TierFactor factorOf(std::string_view tier, std::string_view model)
{
    const std::string_view seller = model.substr(0, model.find('/'));
    const bool isGroq = seller == "groq"; // its flex costs the same
    const bool isAnthropic = seller == "anthropic"; // its priority is paid for beforehand
    if (equalsIgnoringCase(tier, "batch"))
        return {500, false};
    if (equalsIgnoringCase(tier, "flex") && !isGroq)
        return {500, false};
    if (equalsIgnoringCase(tier, "priority") && seller == "google")
        return {1800, false};
    // Priority differs by model, from 1.7 to 2.5 times.
    if (equalsIgnoringCase(tier, "priority") && !isGroq && !isAnthropic)
        return {2000, true};
    return {};
}

bool isCountedInTokens(const Usage& usage)
{
    return usage.input > 0 || usage.output > 0;
}

/// False when all that was counted is in units that the price has no figure for.
bool knowsUnitsOf(const Prices& prices, const Usage& usage)
{
    if (isEmpty(usage))
        return prices.perRequest.value > 0;
    if (isCountedInTokens(usage)) {
        const bool onlyByHour = prices.input.microUsdPerMillion == 0
            && prices.output.microUsdPerMillion == 0 && prices.perAudioHour.value > 0;
        return !onlyByHour || usage.audioMillis > 0;
    }
    return (usage.audioMillis > 0 && prices.perAudioHour.value > 0)
        || (usage.images > 0 && prices.perImage.value > 0)
        || (usage.webSearches > 0 && prices.perWebSearch.value > 0) || prices.perRequest.value > 0;
}

}

std::optional<Cost> costOf(
    const Usage& usage, const PriceFound& found, std::int64_t multiplierThousandths)
{
    const Prices& prices = found.prices;
    const bool isFree = prices == Prices{};
    if (!isFree && !knowsUnitsOf(prices, usage))
        return std::nullopt;

    const Rate read = prices.cacheRead.value_or(prices.input);
    const Rate write5m = prices.cacheWrite5m.value_or(prices.input);
    const Rate write1h = prices.cacheWrite1h.value_or(
        Rate{write5m.microUsdPerMillion / 5 * 8 + write5m.microUsdPerMillion % 5 * 8 / 5});
    const Tokens plainIn = std::max<Tokens>(0,
        usage.input - usage.cacheRead - usage.cacheWrite5m - usage.cacheWrite1h - usage.audioIn
            - usage.imageIn);
    const Tokens reasoning = prices.reasoning ? usage.reasoning : 0;
    const Tokens plainOut
        = std::max<Tokens>(0, usage.output - usage.audioOut - usage.imageOut - reasoning);

    Bill bill;
    bill.tokens(plainIn, "in", prices.input);
    bill.tokens(usage.cacheRead, "read", read);
    bill.tokens(usage.cacheWrite5m, "write", write5m);
    bill.tokens(usage.cacheWrite1h, "write 1h", write1h);
    bill.tokens(usage.audioIn, "audio in", prices.audioIn.value_or(prices.input));
    bill.tokens(usage.imageIn, "image in", prices.imageIn.value_or(prices.input));
    bill.tokens(plainOut, "out", prices.output);
    bill.tokens(reasoning, "reasoning", prices.reasoning.value_or(prices.output));
    bill.tokens(usage.audioOut, "audio out", prices.audioOut.value_or(prices.output));
    bill.tokens(usage.imageOut, "image out", prices.imageOut.value_or(prices.output));
    bill.each(usage.webSearches, "searches", prices.perWebSearch);
    bill.each(usage.images, "images", prices.perImage);
    bill.each(1, "request", prices.perRequest);
    // Some models have both prices; a call is billed by one.
    if (!isCountedInTokens(usage) || prices.input.microUsdPerMillion == 0)
        bill.hours(usage.audioMillis, prices.perAudioHour);

    Cost cost;
    cost.source = found.source;
    const TierFactor tier = factorOf(usage.tier, found.model);
    bill.factor(tier.thousandths, usage.tier + (tier.isAssumed ? ", assumed" : ""));
    if (tier.isAssumed)
        cost.source = PriceSource::Assumed;
    bill.factor(std::max<std::int64_t>(0, multiplierThousandths), "channel");

    cost.total = bill.total();
    cost.model = found.model;
    cost.formula = isFree ? "free" : bill.formula();
    cost.prices = prices;
    return cost;
}

}
