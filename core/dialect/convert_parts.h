#pragma once

// For the sources of this room only: what several readers and writers of calls and answers share.

#include "chat/call.h"
#include "dialect/convert.h"
#include "dialect/tree.h"
#include "dialect/writer.h"

#include <string>
#include <string_view>

namespace waystation {

// ---- reading

/// A "data:...;base64,..." address as Data; any other as Url. `url` as received.
Media mediaFromUrl(RawText url, TextStore& store);
/// Base64 as received, freed of escapes, blanks and line breaks.
std::string_view cleanBase64(RawText text, TextStore& store);
/// What the octets are by their beginning: image/png, jpeg, gif, webp, application/pdf; `said` for everything else.
std::string_view sniffedMime(std::string_view base64, std::string_view said);
/// The type that an address ends in; empty when it tells none.
std::string_view mimeFromName(std::string_view name);
/// {5: "5m"...}: what a cache_control object says.
CacheMark cacheMarkFrom(json::Value cacheControl);
/// Text from a string, or from a list of parts with text in them, joined by LF.
RawText joinedText(json::Value content, TextStore& store);
/// Two texts with `between` (already escaped) in the middle.
RawText joined(RawText a, std::string_view between, RawText b, TextStore& store);

/// A field that is a number, or a string that reads as one.
std::optional<Tokens> tokensFrom(json::Value value);

// ---- writing

/// As an object: {} for nothing, {"value":...} for what is none, {"_raw":"..."} (a loss) for what is no JSON.
std::string argumentsAsObject(const Arguments& arguments, Losses& losses);
/// As the inside of a JSON string: "{}" for nothing.
RawText argumentsAsText(const Arguments& arguments, TextStore& store);
/// The input of a custom tool as the arguments of a function: {"input":"..."}, escaped inside a string or plain.
std::string customInputAsObject(RawText input);
/// What a function's arguments say as a custom tool's input: `input` of the object, else all of it.
std::string customInputFrom(std::string_view argumentsJson);

/// What a picture, document, sound or film is called in losses and placeholders: "image", "document", "audio", "video".
const char* wordFor(PartKind kind);
/// What stands for something that the target cannot take: "[image omitted: this model takes no images]".
std::string placeholderFor(const Part& part);
/// The type as it may stand in an address: what a client calls one may be anything, and application/octet-stream stands for
/// what is none.
std::string_view typeOf(const Media& media);
/// "data:image/png;base64,..." ; escapes are not needed.
std::string dataUrl(const Media& media);
/// A document's text in tags: <document title="...">...</document>, escaped.
RawText documentAsText(const Part& part, TextStore& store);
/// The text of a tool result: texts joined by LF, "[tool error] " in front of an error, "(no output)" for nothing.
RawText resultText(const Part& result, bool markErrors, TextStore& store);
/// A schema that has a type and properties: {"type":"object","properties":{}} where there is none.
std::string objectSchema(RawJson schema);

/// The effort nearest to `wanted` that `efforts` (bit numbers) has: the next lower one, below the lowest the lowest.
Effort nearestEffort(Effort wanted, std::uint32_t efforts);
/// What the client said about thinking as one effort; nullopt when it said nothing.
std::optional<Effort> effortOf(const ReasoningWish& wish);

/// What tells an upstream's prompt cache one conversation from another (protocols.md 3.9): the client's own key, the session
/// that Claude Code names in its user's id, else one made of how the conversation begins, which stays the same through it.
std::string cacheKeyOf(const ChatCall& call);

/// Tools after `only` of the choice has been applied, for targets without allowed_tools.
std::vector<const Tool*> offeredTools(const ChatCall& call);

// ---- one of each for every dialect

namespace openai_chat {
Result<ChatCall> readCall(const Address& address, std::string_view body);
Result<std::string> writeCall(ChatCall& call, const Target& target, ToolNames& names, Losses& losses);
Result<ChatReply> readReply(std::string_view body);
std::string writeReply(const ChatReply& reply, const ReplyContext& context);
std::unique_ptr<EventReader> makeEventReader(Sequence& sequence);
std::unique_ptr<ReplyWriter> makeStreamWriter(const ReplyContext& context, std::string& out);
}

namespace openai_responses {
Result<ChatCall> readCall(const Address& address, std::string_view body);
Result<std::string> writeCall(ChatCall& call, const Target& target, ToolNames& names, Losses& losses);
Result<ChatReply> readReply(std::string_view body);
std::string writeReply(const ChatReply& reply, const ReplyContext& context);
std::unique_ptr<EventReader> makeEventReader(Sequence& sequence);
std::unique_ptr<ReplyWriter> makeStreamWriter(const ReplyContext& context, std::string& out);
}

namespace anthropic {
Result<ChatCall> readCall(const Address& address, std::string_view body);
Result<std::string> writeCall(ChatCall& call, const Target& target, ToolNames& names, Losses& losses);
Result<ChatReply> readReply(std::string_view body);
std::string writeReply(const ChatReply& reply, const ReplyContext& context);
std::unique_ptr<EventReader> makeEventReader(Sequence& sequence);
std::unique_ptr<ReplyWriter> makeStreamWriter(const ReplyContext& context, std::string& out);
}

namespace gemini {
Result<ChatCall> readCall(const Address& address, std::string_view body);
Result<std::string> writeCall(ChatCall& call, const Target& target, ToolNames& names, Losses& losses);
Result<ChatReply> readReply(std::string_view body);
std::string writeReply(const ChatReply& reply, const ReplyContext& context);
std::unique_ptr<EventReader> makeEventReader(Sequence& sequence);
std::unique_ptr<ReplyWriter> makeStreamWriter(const ReplyContext& context, std::string& out, bool asArray);
}

}
