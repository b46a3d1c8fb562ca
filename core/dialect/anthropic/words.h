#pragma once

// For the sources of this folder only: the protocol's words that readers and writers share.

#include "chat/reply.h"
#include "dialect/convert.h"
#include "dialect/tree.h"
#include "dialect/writer.h"

#include <optional>
#include <string_view>

namespace waystation::anthropic {

/// The tool that stands for structured output where a service has none: its arguments are the answer.
constexpr std::string_view answerTool = "respond_json";

FinishReason finishFrom(json::Value stopReason);
const char* stopReasonFor(FinishReason reason);
/// Why a refusal happened, from `stop_details`; empty when nobody said.
RawText refusalFrom(json::Value stopDetails);

/// nullopt for a place in a document, which means nothing elsewhere.
std::optional<Citation> citationFrom(json::Value citation);
/// The piece of a text, counted in code points, that a citation is about.
RawText segmentOf(std::string_view escaped, std::int64_t start, std::int64_t end);
/// As a value. What is cited comes from `text`, escaped, where the source did not say it.
void writeCitation(json::Writer& writer, const Citation& citation, std::string_view text);

/// As a value: input without cache and its two kinds of cache beside it.
void writeUsage(json::Writer& writer, const Usage& usage, std::string_view tier);
/// The fields stop_reason, stop_sequence and, for a refusal, stop_details.
void writeStop(json::Writer& writer, FinishReason reason, RawText stopSequence, RawText detail);

/// How much of the model's thinking the client is to see.
enum class ThinkingView {
    Hidden, // it did not switch thinking on
    Omitted, // it wants the state but not the words
    Shown,
};

ThinkingView thinkingViewOf(const ReplyContext& context);
/// The model as the client asked for it.
std::string_view askedModel(const ReplyContext& context, std::string_view answered);

/// What stands for a picture in an answer, which this protocol has no block for.
constexpr std::string_view pictureNote = "[image omitted: this protocol has no images in answers]";

}
