#pragma once

#include "bridge/station.h"
#include "relay/call_record.h"
#include "ui/theme/colours.h"

#include <QString>

namespace waystation {

// Core speaks kinds; here they become the user's words.

QString textOf(ErrorKind kind);
/// The kind in words and then core's exact message, on two lines when both say something.
QString textOf(const Error& error);
QString textOf(SecretState state);
QString textOf(Outcome outcome);
/// "Done", or what went wrong in few words: "Rate limited (429)".
QString outcomeText(const CallRecord& record);
Tone toneOf(const CallRecord& record);
QString textOf(const RelayState& state, bool withDetail = true);
Tone toneOf(const RelayState& state);
QString textOf(VaultKind kind);
QString textOf(VaultAnswer answer);
QString textOf(UsageKind kind);
QString textOf(PriceSource source);
QString textOf(Operation operation);
/// Short name of a protocol: "Chat", "Responses", "Messages", "Gemini".
QString shortTextOf(DialectId dialect);

/// How a channel does, worked out from what is known of it.
struct ChannelState
{
    Tone tone = Tone::Idle;
    QString text;
    bool resting = false;
};

struct ChannelFacts
{
    bool enabled = true;
    bool isPractice = false;
    bool needsKey = true;
    std::vector<SecretState> keys; // of the enabled keys
    std::optional<ChannelNews> rest;
    int done = 0; // calls of the last hour
    int failed = 0;
};

ChannelState channelState(const ChannelFacts& facts, TimePoint now);
ChannelFacts factsOf(const ChannelSettings& channel, const Station& station);

}
