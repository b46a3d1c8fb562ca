#pragma once

// For the sources of this folder and for dialect/completions.cpp: the protocol's words that readers and writers share.

#include "chat/reply.h"
#include "dialect/convert.h"
#include "dialect/tree.h"
#include "dialect/writer.h"

#include <string>
#include <string_view>

namespace waystation::openai_chat {

/// The format of a reasoning_details entry that is a carry of ours.
constexpr std::string_view carryFormat = "waystation-v1";

/// What any vendor's finish_reason means. Calls are known by themselves, so their word is a plain stop.
FinishReason finishFrom(std::string_view word);
const char* finishWord(FinishReason reason);

/// Reads a field that tells how an answer is drawn (temperature, seed, stop, ...); false for any other.
bool takeSampling(ChatCall& call, std::string_view key, json::Value value);

/// As a value, both details objects included.
void writeUsage(json::Writer& writer, const Usage& usage);
/// As a value. `offset` is where the citation's text begins in the whole answer, `length` how long it is: the range of
/// a citation that tells none.
void writeAnnotation(json::Writer& writer, const Citation& citation, std::int64_t offset, std::int64_t length);
/// As a value: an entry of reasoning_details.
void writeCarry(json::Writer& writer, const Carry& carry, std::int64_t index);
/// The fields of an object with a signature in Google's own place for it.
void writeSignature(json::Writer& writer, const Carry& carry);
/// As a value: {"content":[...],"refusal":null}.
void writeChances(json::Writer& writer, const std::vector<TokenChance>& chances);
/// As a value: an image_url part.
void writePicture(json::Writer& writer, const Media& media, std::int64_t index);

std::int64_t codePointsIn(RawText text);
/// JSON without the blanks between its values.
std::string compact(std::string_view text);

/// The tier of an answer in the words that the client knows; empty when nobody told.
std::string_view tierWord(std::string_view tier);
/// The model as the client asked for it.
std::string_view askedModel(const ReplyContext& context, std::string_view answered);
/// The client has this tool as a custom one.
bool isCustomTool(const ReplyContext& context, std::string_view name);
/// The client speaks the form from before tools: functions and function_call.
bool usesFunctions(const ReplyContext& context);
bool showsReasoning(const ReplyContext& context);

}
