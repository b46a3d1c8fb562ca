#pragma once

#include "relay/call_record.h"

#include <QByteArray>
#include <QString>
#include <QVariant>

#include <string>
#include <vector>

namespace waystation {

/// The number of an outcome in the database, which outlives the order of the enum.
int codeOf(Outcome outcome);
int codeOf(UsageKind kind);
Outcome outcomeOfCode(int code);
UsageKind usageKindOfCode(int code);

/// "everything but done and cancelled by the client"
inline bool countsAsFailed(Outcome outcome)
{
    return outcome != Outcome::Done && outcome != Outcome::CancelledByClient;
}

/// Names are kept to this many octets.
constexpr std::size_t longestName = 300;

inline QString fromStd(const std::string& text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// Walks the columns of `calls` after `id` in their order. A visitor says what happens: columns are
/// listed, bound or read by the same walk, so that the three cannot disagree.
template <class Visitor, class Record> void eachColumn(Visitor& visit, Record& call)
{
    visit.id("call_id", call.id);
    visit.time("started_at", call.startedAt);
    visit.outcome("outcome", call.outcome);
    visit.name("client", call.clientName);
    visit.name("channel", call.channelName);
    visit.nameId("asked", call.askedModel);
    visit.nameId("served", call.servedModel);
    visit.nameId("answered", call.answeredModel);
    visit.error(call.error);
    visit.money("cost", call.cost);
    visit.span("t_end", call.timings.end);
    visit.number("utc_offset", call.utcOffsetMinutes);
    visit.nameId("client_id", call.client);
    visit.name("user_agent", call.userAgent);
    visit.word("dialect", call.dialect, dialectFrom);
    visit.word("operation", call.operation, operationFrom);
    visit.number("stream", call.stream);
    visit.nameId("channel_id", call.channel);
    visit.name("key_label", call.keyLabel);
    visit.number("status", call.status);
    visit.span("t_queue", call.timings.queue);
    visit.span("t_connect", call.timings.connect);
    visit.span("t_tls", call.timings.tls);
    visit.span("t_first_byte", call.timings.firstByte);
    visit.span("t_first_token", call.timings.firstToken);
    visit.usageKind("usage_kind", call.usageKind);
    visit.number("input", call.usage.input);
    visit.number("cache_read", call.usage.cacheRead);
    visit.number("cache_write_5m", call.usage.cacheWrite5m);
    visit.number("cache_write_1h", call.usage.cacheWrite1h);
    visit.number("output", call.usage.output);
    visit.number("reasoning", call.usage.reasoning);
    visit.number("audio_in", call.usage.audioIn);
    visit.number("audio_out", call.usage.audioOut);
    visit.number("image_in", call.usage.imageIn);
    visit.number("image_out", call.usage.imageOut);
    visit.number("tool_prompt", call.usage.toolPrompt);
    visit.number("web_searches", call.usage.webSearches);
    visit.number("images", call.usage.images);
    visit.number("audio_ms", call.usage.audioMillis);
    visit.number("characters", call.usage.characters);
    visit.number("search_units", call.usage.searchUnits);
    visit.name("tier", call.usage.tier);
    visit.money("vendor_cost", call.usage.vendorCost);
    visit.word("price_source", call.priceSource, priceSourceFrom);
    visit.number("request_bytes", call.requestBytes);
    visit.number("reply_bytes", call.replyBytes);
    visit.text("upstream_id", call.upstreamId);
    visit.number("practice", call.isPractice);
}

/// The columns' names in the order of the walk, separated by ", ".
const std::string& columnList();
int columnCount();

}
