#pragma once

// For the sources of this folder only: what items of `input` and of `output` have in common, and the typed tools.

#include "chat/reply.h"
#include "dialect/tree.h"
#include "dialect/writer.h"

#include <string_view>
#include <vector>

namespace waystation::openai_responses {

enum class ItemKind {
    Unknown,
    Message,
    Reasoning,
    FunctionCall,
    FunctionOutput,
    CustomCall,
    CustomOutput,
    TypedCall, // of a TypedTool
    TypedOutput,
    MoreTools, // additional_tools, tool_search_output
    Hosted, // what a tool of the vendor's did
    Compaction,
    CompactionTrigger,
    Reference,
};

ItemKind kindOf(json::Value item);

/// A tool that the protocol knows by its type and the client carries out. Upstreams of other protocols see a function with
/// the type as its name.
struct TypedTool
{
    std::string_view type; // "local_shell"
    std::string_view item; // "local_shell_call"
    std::string_view field; // of the item: what is to be done
    std::string_view idPrefix;
    std::string_view description;
    std::string_view schema;
};

/// Null for every other type.
const TypedTool* typedTool(std::string_view type);
const TypedTool* typedToolOfItem(std::string_view itemType);
/// The value of the item's field, from the arguments that the model gave the function.
void writeAction(json::Writer& writer, const TypedTool& tool, RawText arguments);

Part textPart(RawText text);
/// The parts of a message's `content`.
void readContent(json::Value content, TextStore& store, std::vector<Part>& parts);
/// One part of it, or of a tool's output; nothing for a kind that nobody knows.
void readContentPart(json::Value part, TextStore& store, std::vector<Part>& parts);
/// Text from the summary, or from the content where there is none.
RawText reasoningText(json::Value item, TextStore& store);
Part readReasoning(json::Value item, TextStore& store);
Part readFunctionCall(json::Value item, TextStore& store);
Part readCustomCall(json::Value item, TextStore& store);
/// The picture that an image_generation_call made; without data when it made none.
Media readMadeImage(json::Value item, TextStore& store);
/// False for what is no citation of an address.
bool readCitation(json::Value annotation, Citation& citation);
std::vector<TokenChance> readChances(json::Value logprobs);

/// Why a response object says that it ended.
FinishReason finishOf(json::Value response, bool hasRefusal);

}
