#pragma once

#include "relay/call_record.h"

#include <string>
#include <variant>

namespace waystation {

/// A call began. Sent when its body is whole and its client known.
struct CallStarted
{
    CallId id;
    TimePoint startedAt;
    std::string clientName;
    ModelName askedModel;
    DialectId dialect = DialectId::OpenaiChat;
    bool stream = false;
};

/// An attempt was chosen.
struct CallRouted
{
    CallId id;
    std::string channelName;
    ModelName model;
};

/// Octets of content seen so far, at most a few times a second for a call.
struct CallProgress
{
    CallId id;
    std::int64_t contentOctets = 0;
};

/// The row is made; the same values went to the ledger.
struct CallEnded
{
    CallId id;
    Outcome outcome = Outcome::Done;
    ChannelId channel;
    std::optional<MicroUsd> cost;
    Usage usage;
};

/// A channel rests, or works again (until is nullopt).
struct ChannelNews
{
    ChannelId channel;
    std::string keyLabel;
    std::optional<TimePoint> restingUntil;
    std::string reason;
};

using News = std::variant<CallStarted, CallRouted, CallProgress, CallEnded, ChannelNews>;

}
