#pragma once

#include "base/ids.h"
#include "chat/carry.h"
#include "chat/raw_text.h"
#include "chat/usage.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waystation {

// The middle form of a request: what any protocol can say, once. Views point into the received body or into
// ChatCall::store. A plain string_view here is short and unescaped; RawText is what may be long and passes as it is;
// RawJson is a JSON value as received.

using RawJson = std::string_view;

enum class Role { User, Assistant, System }; // System: instructions in the middle of a conversation

enum class PartKind {
    Text,
    Image,
    Document,
    Audio,
    Video,
    Reasoning,
    ToolCall,
    ToolResult,
    Refusal, // the assistant's
    Server, // a server tool's use or result, raw; means nothing to another vendor
};

/// Where the octets of a picture, document, sound or film are.
struct Media
{
    enum class Source { Data, Url, FileId, Text };

    Source source = Source::Data;
    std::string_view data; // Data: base64 without blanks or escapes
    RawText url; // Url: the address; FileId: the vendor's id
    std::string_view mime; // "image/png"; empty when nobody said
    RawText name; // file name or title
    std::string_view detail; // "low", "high", "auto"; empty: not said
};

/// Arguments of a call: JSON text, either plain or still escaped inside a string, as the protocol had it. A client's
/// history may hold anything; empty means {}.
struct Arguments
{
    std::string_view text;
    bool isEscaped = false;
};

enum class CacheMark { None, FiveMinutes, OneHour };

struct Citation
{
    RawText url;
    RawText title;
    RawText cited;
    std::int64_t start = -1; // code points of its text block; -1: not told
    std::int64_t end = -1;
};

struct Part
{
    PartKind kind = PartKind::Text;
    /// Text, Reasoning, Refusal: what it says. Document from Media::Source::Text: the text. ToolCall of a custom tool: its
    /// input. Server: a short description such as "web search: query", may be empty.
    RawText text;
    Media media; // Image, Document, Audio, Video

    std::string_view callId; // ToolCall, ToolResult; empty when the protocol gave none
    std::string_view toolName; // ToolCall; ToolResult where it was said
    std::string_view nameSpace; // ToolCall, of a tool inside a namespace (Responses)
    Arguments arguments; // ToolCall of a function
    bool isCustom = false; // ToolCall, ToolResult: of a custom tool, whose input is free text
    bool idIsNative = true; // ToolCall: the client or upstream gave the id (Gemini often gives none)

    std::vector<Part> result; // ToolResult: text, pictures, documents
    bool isError = false; // ToolResult

    Carry carry; // Reasoning, ToolCall, Text
    CacheMark cache = CacheMark::None;
    std::vector<Citation> citations; // Text

    RawJson raw; // Server: the part as received
};

struct Turn
{
    Role role = Role::User;
    std::vector<Part> parts;
};

enum class ServerTool { None, WebSearch, CodeExecution, FileSearch, ImageGeneration, Mcp, Computer, ToolSearch, Other };

struct Tool
{
    enum class Kind { Function, Custom, Server };

    Kind kind = Kind::Function;
    std::string_view name;
    std::string_view nameSpace; // of a tool inside a namespace (Responses); the upstream sees both in one name
    RawText description;
    RawJson schema; // of the arguments; empty: none was given
    std::optional<bool> strict;
    RawText grammar; // Custom: the definition of its grammar, empty for free text
    std::string_view grammarSyntax; // "lark", "regex"
    CacheMark cache = CacheMark::None;
    ServerTool server = ServerTool::None; // Server
    std::string_view serverType; // Server: the client's word for it ("web_search_20250305")
    RawJson raw; // Server: as received
};

struct ToolChoice
{
    enum class Mode { Unset, Auto, Any, None, Named };

    Mode mode = Mode::Unset;
    std::string_view name; // Named
    std::vector<std::string_view> only; // the client allows just these (allowed_tools, allowedFunctionNames)
    std::optional<bool> parallel; // false: at most one call in a turn
};

enum class Effort { None, Minimal, Low, Medium, High, XHigh, Max };

/// What a client said about thinking. Nothing said: everything is unset.
struct ReasoningWish
{
    std::optional<bool> on;
    std::optional<Effort> effort;
    std::optional<Tokens> budget;
    bool isAdaptive = false; // the model chooses how much
    std::optional<bool> show; // the client wants to read it

    bool isUnset() const { return !on && !effort && !budget && !isAdaptive; }
};

struct OutputFormat
{
    enum class Kind { Unset, Text, JsonObject, JsonSchema };

    Kind kind = Kind::Unset;
    std::string_view name;
    RawText description;
    RawJson schema;
    std::optional<bool> strict;
};

struct ChatCall
{
    ModelName model; // as asked
    std::vector<Part> system; // instructions before the first turn: Text parts, one a block
    std::vector<Turn> turns;
    std::vector<Tool> tools;
    ToolChoice toolChoice;

    std::optional<Tokens> maxOutput;
    std::optional<double> temperature;
    std::optional<double> topP;
    std::optional<std::int64_t> topK;
    std::optional<double> frequencyPenalty;
    std::optional<double> presencePenalty;
    std::optional<std::int64_t> seed;
    std::vector<RawText> stop;
    RawJson logitBias;
    bool logprobs = false;
    std::optional<std::int64_t> topLogprobs;
    std::int64_t candidates = 1;

    ReasoningWish reasoning;
    OutputFormat format;
    std::string_view verbosity; // "low", "medium", "high"
    std::string_view tier; // in OpenAI's words: "auto", "default", "flex", "priority"; "standard_only" from Anthropic
    std::string_view cacheKey; // prompt_cache_key
    std::string_view userRef; // safety_identifier, user, metadata.user_id
    RawJson metadata;
    std::optional<bool> store;
    bool wantsAudio = false;
    bool wantsImages = false;
    RawJson prediction;
    std::string_view webSearchOptions; // Chat's web_search_options, raw JSON

    bool stream = false;
    bool wantsUsage = false; // Chat: stream_options.include_usage
    bool wantsEncryptedReasoning = false; // Responses: include or store:false
    std::string_view previousResponse; // Responses: previous_response_id, still to be put in front
    std::vector<std::string_view> itemReferences; // Responses: ids that stand for stored items

    /// Fields that no other protocol has and whose loss the answer feels; told as drop:<field>.
    std::vector<std::string_view> leftOut;
    /// What a reply repeats of its request (Responses): field name and JSON value as received.
    std::vector<std::pair<std::string_view, RawJson>> echo;

    TextStore texts; // keeps what was made on the way

    ChatCall() = default;
    ChatCall(ChatCall&&) = default;
    ChatCall& operator=(ChatCall&&) = default;
};

/// What a translation left out or changed. A loss that the answer feels is told to the client in `x-waystation-warnings`
/// ("drop:top_k", "adapt:reasoning.budget") and noted in the row; `quiet` ones are not.
class Losses
{
public:
    /// Left out. `field` is the client's own name for it.
    void drop(std::string_view field);
    /// Said in another way, with almost the same meaning.
    void adapt(std::string_view what);

    const std::vector<std::string>& tokens() const { return m_tokens; }
    /// The first field that was left out, empty when none was.
    std::string firstDrop() const;

private:
    void add(std::string token);

    std::vector<std::string> m_tokens; // each once, in order
};

/// The nearest words for a number of thinking tokens and back (protocols.md 4.2).
Effort effortFor(Tokens budget);
Tokens budgetFor(Effort effort);
const char* nameOf(Effort effort); // "none", "minimal", "low", "medium", "high", "xhigh", "max"
std::optional<Effort> effortFrom(std::string_view name);

}
