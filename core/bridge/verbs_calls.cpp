#include "bridge/verbs_parts.h"

#include "provider/provider.h"

#include <algorithm>

namespace waystation {

namespace {

constexpr int mostRows = 1'000;

Result<std::pair<std::optional<TimePoint>, std::optional<TimePoint>>> spanOf(const Ask& ask)
{
    std::optional<TimePoint> from;
    std::optional<TimePoint> until;
    if (ask.has("sinceSeconds"))
        from = wallNow() - Seconds(ask.number("sinceSeconds"));
    if (ask.has("from")) {
        const auto when = timeFrom(ask.text("from"), "from");
        if (!when)
            return when.error();
        from = *when;
    }
    if (ask.has("until")) {
        const auto when = timeFrom(ask.text("until"), "until");
        if (!when)
            return when.error();
        until = *when;
    }
    return std::pair{from, until};
}

/// A row of the list, flat; calls.show tells all of it.
Json rowJson(const CallRow& row)
{
    const CallRecord& call = row.record;
    Json json{{"row", row.row}, {"id", call.id.text()}, {"startedAt", timeText(call.startedAt)},
        {"client", call.clientName}, {"dialect", nameOf(call.dialect)},
        {"operation", nameOf(call.operation)}, {"askedModel", call.askedModel.text()},
        {"servedModel", call.servedModel.text()}, {"channel", call.channelName},
        {"key", call.keyLabel}, {"stream", call.stream}, {"status", call.status},
        {"outcome", nameOf(call.outcome)}, {"error", call.error ? nameOf(call.error->kind) : ""},
        {"errorMessage", call.error ? call.error->message : std::string()},
        {"inputTokens", call.usage.input}, {"cacheReadTokens", call.usage.cacheRead},
        {"outputTokens", call.usage.output}, {"reasoningTokens", call.usage.reasoning},
        {"usageKind", nameOf(call.usageKind)}};
    const auto millis = [&json](const char* name, const std::optional<Micros>& span) {
        json[name] = span ? Json(span->count() / 1000) : Json();
    };
    millis("firstTokenMs", call.timings.firstToken);
    millis("endMs", call.timings.end);
    json["costUsd"] = call.cost ? Json(toDecimal(*call.cost)) : Json();
    json["priceSource"] = nameOf(call.priceSource);
    json["practice"] = call.isPractice;
    return json;
}

void listCalls(Ask ask, Answer answer)
{
    const auto span = spanOf(ask);
    if (!span)
        return answer(span.error());
    CallsQuery query;
    query.filter.from = span->first;
    query.filter.until = span->second;
    query.filter.text = ask.text("text");
    query.filter.client = ask.text("client");
    query.filter.channel = ask.text("channel");
    query.filter.model = ask.text("model");
    query.filter.failedOnly = ask.flag("failed");
    query.afterRow = ask.number("afterRow");
    query.beforeRow = ask.number("beforeRow");
    query.limit = int(std::clamp<std::int64_t>(ask.number("limit", 50), 1, mostRows));
    const auto read = [&ledger = ask.station.ledger(), query, context = ask.context, answer] {
        ledger.calls(query, context, [answer](CallsPage page) {
            Json rows = Json::array();
            for (const CallRow& row : page.rows)
                rows.push_back(rowJson(row));
            answer(Json{{"calls", std::move(rows)}, {"more", page.more}});
        });
    };
    // What was answered a moment ago is to be seen, even before its row is on disk by itself.
    ask.station.ledger().flush(read);
}

void showCall(Ask ask, Answer answer)
{
    const CallId id(ask.text("id"));
    ask.station.ledger().call(id, ask.context, [id, answer](std::optional<CallRecord> record) {
        if (!record)
            return answer(
                Error{ErrorKind::NotFound, "there is no call \"" + id.text() + "\"", "id"});
        Json json = Json::parse(toJson(*record), nullptr, false);
        answer(json.is_object() ? json : Json::object());
    });
}

std::optional<GroupBy> groupFrom(const std::string& name)
{
    if (name.empty())
        return GroupBy::None;
    if (name == "model")
        return GroupBy::Model;
    if (name == "channel")
        return GroupBy::Channel;
    if (name == "client")
        return GroupBy::Client;
    if (name == "day")
        return GroupBy::Day;
    if (name == "hour")
        return GroupBy::Hour;
    return std::nullopt;
}

void usageVerb(Ask ask, Answer answer)
{
    const auto span = spanOf(ask);
    if (!span)
        return answer(span.error());
    const auto group = groupFrom(ask.text("by"));
    if (!group)
        return answer(wrongUse("usage is told by model, channel, client, day or hour", "by"));
    UsageQuery query;
    query.until = span->second.value_or(wallNow() + std::chrono::hours(1));
    query.from = span->first.value_or(wallNow() - std::chrono::hours(24 * 30));
    query.groupBy = *group;
    query.utcOffsetMinutes = int(ask.number("utcOffsetMinutes"));
    const auto read = [&ledger = ask.station.ledger(), query, context = ask.context, answer] {
        ledger.usage(query, context, [query, answer](std::vector<UsageRow> found) {
            Json rows = Json::array();
            for (const UsageRow& row : found)
                rows.push_back({{"key", row.key}, {"calls", row.calls}, {"failed", row.failed},
                    {"unpriced", row.unpriced}, {"estimated", row.estimated}, {"input", row.input},
                    {"cacheRead", row.cacheRead}, {"cacheWrite", row.cacheWrite},
                    {"output", row.output}, {"reasoning", row.reasoning},
                    {"costUsd", toDecimal(row.cost)}});
            answer(Json{{"from", timeText(query.from)}, {"until", timeText(query.until)},
                {"rows", std::move(rows)}});
        });
    };
    ask.station.ledger().flush(read);
}

// Prices

Json rateJson(const Rate& rate)
{
    return toDecimal(MicroUsd{rate.microUsdPerMillion});
}

Json pricesJson(const Prices& prices)
{
    Json json{{"input", rateJson(prices.input)}, {"output", rateJson(prices.output)}};
    if (prices.cacheRead)
        json["cacheRead"] = rateJson(*prices.cacheRead);
    if (prices.cacheWrite5m)
        json["cacheWrite"] = rateJson(*prices.cacheWrite5m);
    if (prices.cacheWrite1h)
        json["cacheWrite1h"] = rateJson(*prices.cacheWrite1h);
    if (prices.reasoning)
        json["reasoning"] = rateJson(*prices.reasoning);
    return json;
}

/// USD per million tokens. What the channels would charge for `model`, by the user's own prices and
/// by the list.
void listPrices(Ask ask, Answer answer)
{
    const std::string model = ask.text("model");
    const Settings& settings = ask.station.settings();
    const PriceTable& table = ask.station.prices();
    Json own = Json::array();
    for (const PriceSettings& price : settings.prices) {
        if (model.empty() || model == price.model)
            own.push_back({{"channel", price.channel}, {"model", price.model},
                {"prices", pricesJson(price.prices)}});
    }
    Json found = Json::array();
    const auto look = [&](const ChannelSettings& channel, const std::string& name) {
        const Provider* const provider = findProvider(channel.provider);
        if (!provider)
            return;
        const auto price = table.find(provider->pricesId, name, 0, wallNow());
        Json row{{"channel", channel.name}, {"model", name}};
        if (price) {
            row["source"] = nameOf(price->source);
            row["entry"] = price->model;
            row["prices"] = pricesJson(price->prices);
        } else {
            row["source"] = "unknown";
        }
        found.push_back(std::move(row));
    };
    for (const ChannelSettings& channel : settings.channels) {
        if (!model.empty())
            look(channel, model);
        else
            for (const std::string& one : channel.models)
                look(channel, one);
    }
    answer(Json{{"list", {{"date", table.date()}, {"models", table.modelCount()}}},
        {"own", std::move(own)}, {"found", std::move(found)}});
}

Result<std::optional<Rate>> rateOf(const Ask& ask, const char* name)
{
    if (!ask.has(name))
        return std::optional<Rate>();
    const auto money = microUsdFromDecimal(ask.text(name));
    if (!money || money->value < 0)
        return wrongUse("\"" + ask.text(name)
                + "\" is no price; write USD per million tokens, such as 3 or 0.25",
            name);
    return std::optional(Rate{money->value});
}

void setPrice(Ask ask, Answer answer)
{
    PriceSettings price;
    price.model = ask.text("model");
    price.channel = ask.text("channel");
    if (!price.channel.empty() && !findChannel(ask.station.settings(), price.channel))
        return answer(
            Error{ErrorKind::NotFound, "there is no channel \"" + price.channel + "\"", "channel"});
    const auto input = rateOf(ask, "input");
    const auto output = rateOf(ask, "output");
    const auto cacheRead = rateOf(ask, "cacheRead");
    const auto cacheWrite = rateOf(ask, "cacheWrite");
    for (const auto* rate : {&input, &output, &cacheRead, &cacheWrite}) {
        if (!*rate)
            return answer(rate->error());
    }
    if (price.model.empty() || !*input || !*output)
        return answer(wrongUse("a price has a model, --input and --output", "input"));
    price.prices.input = **input;
    price.prices.output = **output;
    price.prices.cacheRead = *cacheRead;
    price.prices.cacheWrite5m = *cacheWrite;
    answer(plainly(ask.station.change([&](Settings& settings) -> Result<void> {
        const auto same = [&](const PriceSettings& one) {
            return one.channel == price.channel && one.model == price.model;
        };
        const auto found = std::find_if(settings.prices.begin(), settings.prices.end(), same);
        if (found != settings.prices.end())
            *found = price;
        else
            settings.prices.push_back(price);
        return {};
    })));
}

void removePrice(Ask ask, Answer answer)
{
    const std::string model = ask.text("model");
    const std::string channel = ask.text("channel");
    answer(plainly(ask.station.change([&](Settings& settings) -> Result<void> {
        const auto same = [&](const PriceSettings& one) {
            return one.channel == channel && one.model == model;
        };
        if (std::erase_if(settings.prices, same) == 0)
            return Error{ErrorKind::NotFound, "there is no price of your own for \"" + model + "\"",
                "model"};
        return {};
    })));
}

constexpr Verb verbs[] = {
    {"calls.list", listCalls},
    {"calls.show", showCall},
    {"usage", usageVerb},
    {"prices.list", listPrices},
    {"prices.set", setPrice},
    {"prices.remove", removePrice},
};

}

std::span<const Verb> callVerbs()
{
    return verbs;
}

}
