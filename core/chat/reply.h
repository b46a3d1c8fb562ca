#pragma once

#include "base/error.h"
#include "chat/call.h"

#include <cstdint>
#include <string>
#include <vector>

namespace waystation {

/// Why an answer ended (protocols.md 5.2).
enum class FinishReason {
    Unknown, // the upstream did not say
    Stop,
    StopSequence,
    Length,
    Tool,
    Filter,
    Refusal,
    Context, // the window is full
    Pause, // a server tool's turn goes on when asked again
    Error, // the upstream gave up
};

const char* nameOf(FinishReason reason); // "stop", "stop_sequence", "length", "tool", ...
std::optional<FinishReason> finishReasonFrom(std::string_view name);

/// How likely a token was, and others in its place.
struct TokenChance
{
    RawText token;
    double logprob = 0;
    std::vector<TokenChance> others;
};

/// What is known when an answer begins.
struct ReplyStart
{
    std::string_view id; // the upstream's
    std::string_view model; // as the upstream calls it
    std::int64_t created = 0; // seconds since 1970, UTC; 0: not told
};

/// What is known when it has ended.
struct ReplyEnd
{
    FinishReason reason = FinishReason::Unknown;
    RawText stopSequence; // StopSequence: which, where it was told
    RawText detail; // of a filter or refusal, for people; may be empty
    std::optional<Usage> usage;
    UsageKind usageKind = UsageKind::None;
    std::string_view tier; // of the answer, as the upstream calls it
};

/// One of several answers; nearly always the only one.
struct ReplyChoice
{
    std::vector<Part> parts; // Text, Reasoning, ToolCall, Refusal, Image, in order of arrival
    std::vector<TokenChance> chances;
    FinishReason reason = FinishReason::Unknown;
    RawText stopSequence;
    RawText detail;
};

/// A whole answer in the middle form.
struct ChatReply
{
    std::string id;
    std::string model;
    std::int64_t created = 0;
    std::string tier;
    std::vector<ReplyChoice> choices; // at least one
    std::optional<Usage> usage;
    UsageKind usageKind = UsageKind::None;

    TextStore texts;

    ChatReply() = default;
    ChatReply(ChatReply&&) = default;
    ChatReply& operator=(ChatReply&&) = default;
};

}
