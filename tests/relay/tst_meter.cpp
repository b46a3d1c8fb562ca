#include "relay/meter.h"

#include "prices_data.h"
#include "support/plan_with.h"

#include <QTest>

using namespace waystation;

namespace {

Plan pricedPlan(const char* pricesId)
{
    Plan plan = planWith(channelNamed("a"));
    plan.channels[0].pricesId = pricesId;
    static const auto shipped
        = std::make_shared<const PriceTable>(PriceTable::read(builtInPrices()).value());
    plan.prices = shipped;
    return plan;
}

CallRecord recordOf(const char* model, Tokens input, Tokens output)
{
    CallRecord record;
    record.startedAt = noon;
    record.channel = ChannelId("a");
    record.askedModel = ModelName("asked");
    record.servedModel = ModelName(model);
    record.outcome = Outcome::Done;
    record.usage.input = input;
    record.usage.output = output;
    return record;
}

CallRecord priced(CallRecord record, const Plan& plan)
{
    priceRecord(record, plan);
    return record;
}

PriceOverride ownPrice(const char* channel, const char* model, std::int64_t dollarsIn)
{
    PriceOverride own;
    own.channel = ChannelId(channel);
    own.model = model;
    own.prices.input = {dollarsIn * 1'000'000};
    return own;
}

}

class tst_meter : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theTablePrices()
    {
        const CallRecord record
            = priced(recordOf("claude-opus-5", 1000, 100), pricedPlan("anthropic"));
        QCOMPARE(record.cost, std::optional(MicroUsd{7500}));
        QCOMPARE(record.priceSource, PriceSource::Table);
        QCOMPARE(record.costFormula,
            std::string("1000 in x 5.00 + 100 out x 25.00 per million = 0.0075"));
    }

    void anotherSellersPriceIsAssumed()
    {
        const CallRecord record
            = priced(recordOf("anthropic/claude-opus-5", 1000, 100), pricedPlan(""));
        QCOMPARE(record.cost, std::optional(MicroUsd{7500}));
        QCOMPARE(record.priceSource, PriceSource::Assumed);
    }

    void theHourOfTheStartCounts()
    {
        CallRecord record = recordOf("deepseek-v4-flash", 1'000'000, 0);
        QCOMPARE(priced(record, pricedPlan("deepseek")).cost, std::optional(MicroUsd{220'000}));
        record.startedAt = noon - std::chrono::hours(10);
        QCOMPARE(priced(record, pricedPlan("deepseek")).cost, std::optional(MicroUsd{440'000}));
    }

    void theInputPicksTheTier()
    {
        QCOMPARE(priced(recordOf("gpt-5.5", 271'999, 0), pricedPlan("openai")).cost,
            std::optional(MicroUsd{1'359'995}));
        QCOMPARE(priced(recordOf("gpt-5.5", 272'000, 0), pricedPlan("openai")).cost,
            std::optional(MicroUsd{2'720'000}));
    }

    void theUnknownStaysUnknown()
    {
        const CallRecord record
            = priced(recordOf("nobody-knows-it", 1000, 100), pricedPlan("openai"));
        QVERIFY(!record.cost);
        QCOMPARE(record.priceSource, PriceSource::None);
        Plan plan = pricedPlan("openai");
        plan.prices.reset();
        QVERIFY(!priced(recordOf("gpt-5.5", 1000, 100), plan).cost);
        QVERIFY(!priced(recordOf("gpt-5.5", 0, 0), pricedPlan("openai"))
                     .cost); // done, and nobody counted
        CallRecord elsewhere = recordOf("gpt-5.5", 1000, 100);
        elsewhere.channel = ChannelId("gone");
        QVERIFY(!priced(elsewhere, pricedPlan("openai")).cost);
    }

    void theUsersPriceComesBeforeTheTable()
    {
        Plan plan = pricedPlan("openai");
        const CallRecord record = recordOf("gpt-5.5", 1'000'000, 0);
        const auto cost = [&] { return priced(record, plan).cost->value / 1'000'000; };
        QCOMPARE(cost(), 10); // over the cliff
        plan.priceOverrides.push_back(ownPrice("", "gpt-*", 2));
        QCOMPARE(cost(), 2);
        QCOMPARE(priced(record, plan).priceSource, PriceSource::Override);
        plan.priceOverrides.push_back(ownPrice("", "gpt-5.5", 3));
        QCOMPARE(cost(), 3);
        plan.priceOverrides.push_back(ownPrice("a", "*", 4));
        QCOMPARE(cost(), 4);
        plan.priceOverrides.push_back(ownPrice("a", "gpt-5.5", 6));
        QCOMPARE(cost(), 6);
        plan.priceOverrides.push_back(ownPrice("b", "gpt-5.5", 7));
        QCOMPARE(cost(), 6);
    }

    void aVendorsWordCountsWhereItIsTheVendors()
    {
        CallRecord record = recordOf("anthropic/claude-opus-5", 1000, 100);
        record.usage.vendorCost = MicroUsd{1234};
        const CallRecord trusted = priced(record, pricedPlan("openrouter"));
        QCOMPARE(trusted.cost, std::optional(MicroUsd{1234}));
        QCOMPARE(trusted.priceSource, PriceSource::Vendor);
        // A relay that says 0 must not get around a budget.
        record.usage.vendorCost = MicroUsd{0};
        const CallRecord doubted = priced(record, pricedPlan(""));
        QCOMPARE(doubted.cost, std::optional(MicroUsd{7500}));
        QCOMPARE(doubted.priceSource, PriceSource::Assumed);
    }

    void theChannelsMultiplierCounts()
    {
        Plan plan = pricedPlan("anthropic");
        plan.channels[0].multiplierThousandths = 2000;
        QCOMPARE(priced(recordOf("claude-opus-5", 1000, 100), plan).cost,
            std::optional(MicroUsd{15'000}));
        plan.channels[0].pricesId = "openrouter";
        CallRecord record = recordOf("anthropic/claude-opus-5", 1000, 100);
        record.usage.vendorCost = MicroUsd{1000};
        QCOMPARE(priced(record, plan).cost, std::optional(MicroUsd{2000}));
    }

    void practiceIsFree()
    {
        CallRecord record = recordOf("practice-echo", 1000, 100);
        record.isPractice = true;
        const CallRecord done = priced(record, pricedPlan("openai"));
        QCOMPARE(done.cost, std::optional(MicroUsd{}));
        QCOMPARE(done.priceSource, PriceSource::Table);
        QCOMPARE(done.costFormula, std::string("free"));
        QCOMPARE(priced(recordOf("llama3:8b", 1000, 100), pricedPlan("free")).cost,
            std::optional(MicroUsd{}));
    }

    void whatCameToNothingCostsNothing()
    {
        const Plan plan = pricedPlan("openai");
        CallRecord record = recordOf("gpt-5.5", 0, 0);
        record.outcome = Outcome::Failed;
        QCOMPARE(priced(record, plan).cost, std::optional(MicroUsd{}));
        record.outcome = Outcome::Refused;
        QCOMPARE(priced(record, plan).cost, std::optional(MicroUsd{}));
        record.outcome = Outcome::CancelledByClient;
        QCOMPARE(priced(record, plan).cost, std::optional(MicroUsd{})); // nothing was sent yet
        record.attempts.emplace_back();
        QVERIFY(!priced(record, plan).cost);
        record.outcome = Outcome::Failed;
        record.usage.input = 1'000'000;
        QCOMPARE(
            priced(record, plan).cost, std::optional(MicroUsd{10'000'000})); // counted is counted
        CallRecord list = recordOf("gpt-5.5", 0, 0);
        list.operation = Operation::CountTokens;
        QCOMPARE(priced(list, plan).cost, std::optional(MicroUsd{}));
    }
};

QTEST_GUILESS_MAIN(tst_meter)
#include "tst_meter.moc"
