#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "chat/usage.h"
#include "dialect/dialect.h"
#include "provider/prices.h"

#include <optional>
#include <string>
#include <vector>

namespace waystation {

/// How a call ended.
enum class Outcome {
    Done,
    CancelledByClient, // it left before the end
    CancelledByUser, // from the window, or by a stop
    Cut, // the answer began and did not end
    Refused, // by this relay: key, route, guard, body
    Failed, // no upstream gave an answer
};

const char* nameOf(Outcome
        outcome); // "done", "cancelled_by_client", "cancelled_by_user", "cut", "refused", "failed"
std::optional<Outcome> outcomeFrom(std::string_view name);

/// Spans of a call or an attempt, measured on the monotonic clock; nullopt where it did not come so
/// far.
struct Timings
{
    std::optional<Micros> queue; // waiting for a place, before anything was sent
    std::optional<Micros> connect; // DNS, TCP and proxy; absent on a reused connection
    std::optional<Micros> tls;
    std::optional<Micros> firstByte; // of the reply's head, from the start
    std::optional<Micros> firstToken; // of content, from the start
    std::optional<Micros> end; // from the start
};

/// One try at one upstream with one key.
struct Attempt
{
    ChannelId channel;
    std::string channelName;
    std::string keyLabel;
    ModelName model; // as the upstream was asked
    Micros startedAfter{0};
    Timings timings; // from the start of the attempt
    bool reusedConnection = false;
    bool wasSent = false; // an octet of the request may have been processed
    int status = 0; // HTTP, 0 when none came
    std::optional<Error> error;
    std::string upstreamId; // its request id
};

/// Why a candidate was taken or passed over.
struct RouteNote
{
    std::string channelName;
    ModelName model;
    bool taken = false;
    std::string
        reason; // English: "first in order", "resting 42 s after 429", "speaks openai-chat only"
};

/// A task that must be asked where it was made.
struct TaskBinding
{
    std::string taskId;
    ChannelId channel;
    KeyId key;
    DialectId dialect = DialectId::OpenaiChat;
    TimePoint made;
};

/// What is kept of a call: one row, written once. No prompt, no answer, no secret.
struct CallRecord
{
    CallId id;
    TimePoint startedAt;
    int utcOffsetMinutes = 0;
    ClientId client;
    std::string clientName;
    std::string userAgent; // at most 200 octets, one line
    DialectId dialect = DialectId::OpenaiChat;
    Operation operation = Operation::Generate;
    ModelName askedModel;
    bool stream = false;

    ChannelId channel; // of the attempt that answered, or of the last one
    std::string channelName;
    std::string keyLabel;
    ModelName servedModel; // as the upstream was asked
    ModelName answeredModel; // as the upstream called itself; empty when it did not

    int status = 0; // what the client got, 0 when it left before
    Outcome outcome = Outcome::Failed;
    std::optional<Error> error;
    std::vector<Attempt> attempts;
    std::vector<RouteNote> route;
    std::vector<std::string> warnings;
    Timings timings;

    Usage usage;
    UsageKind usageKind = UsageKind::None;
    std::optional<MicroUsd> cost; // nullopt: the price is unknown
    PriceSource priceSource = PriceSource::None;
    std::string costFormula;

    std::int64_t requestBytes = 0;
    std::int64_t replyBytes = 0;
    std::string upstreamId;
    bool isPractice = false;
    std::optional<TaskBinding> task;
};

/// The record as JSON with stable names, for `--json`, evidence and the detail pane; holds nothing
/// secret.
std::string toJson(const CallRecord& record);
/// Attempts, route and warnings only, as the ledger keeps them beside the row; and back into
/// `record`.
std::string detailToJson(const CallRecord& record);
void detailFromJson(std::string_view json, CallRecord& record);

}
