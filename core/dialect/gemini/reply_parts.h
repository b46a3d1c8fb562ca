#pragma once

// For the sources of this room only: what whole answers and streams have in common.

#include "chat/reply.h"
#include "dialect/gemini/usage.h"
#include "dialect/tree.h"
#include "dialect/writer.h"

#include <string>
#include <string_view>
#include <vector>

namespace waystation::gemini {

// ---- reading

/// `hasContent`: something was said before. Unknown words are a plain stop.
FinishReason finishFrom(std::string_view word, bool hasContent);
/// Seconds since 1970 of "2026-09-01T10:00:00.123Z"; 0 for what is none.
std::int64_t secondsFrom(std::string_view time);
std::vector<TokenChance> chancesFrom(json::Value logprobsResult);
/// Sources of a grounded answer. `answer` is its plain text so far; ranges are code points of that,
/// -1 where none is told. `partStarts` says where the parts of the answer begin in it, where they
/// are known.
std::vector<Citation> citationsFrom(json::Value groundingMetadata, std::string_view answer,
    const std::vector<std::size_t>& partStarts);
/// Takes in what a chunk counts. True when it said anything.
bool mergeCounts(Counts& counts, json::Value chunk);
/// The picture in an answer's part; false when it has none.
bool readPicture(json::Value part, Media& into, TextStore& store);

std::int64_t codePointsIn(std::string_view utf8);
/// How many octets the first `codePoints` take.
std::size_t octetsOf(std::string_view utf8, std::int64_t codePoints);

// ---- writing

const char* finishWordFor(FinishReason reason);
/// The value behind "usageMetadata".
void writeUsage(json::Writer& writer, const Usage& usage, std::string_view tier);
/// The value behind "logprobsResult".
void writeChances(json::Writer& writer, const std::vector<TokenChance>& chances);
/// The value behind "inlineData" or "fileData", with its name.
void writePicture(json::Writer& writer, const Media& media);

/// A source and what it stands for, in octets of the answer.
struct Grounding
{
    std::string_view url; // escaped
    std::string_view title; // escaped
    std::string_view cited; // escaped
    std::size_t start = 0;
    std::size_t end = 0;
    std::size_t part = 0;
};

/// The value behind "groundingMetadata".
void writeGrounding(json::Writer& writer, const std::vector<Grounding>& sources);

}
