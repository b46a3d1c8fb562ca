#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/headers.h"
#include "base/ids.h"
#include "chat/usage.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// The wire formats. The names in brackets are those of settings and the console.
enum class DialectId {
    OpenaiChat, // "openai-chat": /v1/chat/completions and the OpenAI family's other paths
    OpenaiResponses, // "openai-responses": /v1/responses
    Anthropic, // "anthropic": /v1/messages
    Gemini, // "gemini": /v1beta/models/{m}:generateContent
};

const char* nameOf(DialectId id);
std::optional<DialectId> dialectFrom(std::string_view name);
/// For people: "OpenAI Chat Completions".
const char* titleOf(DialectId id);
constexpr DialectId allDialects[]
    = {DialectId::OpenaiChat, DialectId::OpenaiResponses, DialectId::Anthropic, DialectId::Gemini};

/// What a path asks for.
enum class Operation {
    Generate, // chat, responses, messages, generateContent, streamGenerateContent
    CountTokens, // messages/count_tokens, :countTokens, responses/input_tokens
    Completions, // legacy /v1/completions
    Embeddings, // /v1/embeddings, :embedContent, :batchEmbedContents
    Images, // /v1/images/generations, edits, variations; Gemini :predict
    Speech, // /v1/audio/speech
    Transcription, // /v1/audio/transcriptions, translations
    VideoCreate, // POST /v1/videos, /v1/video/generations
    VideoTask, // GET, DELETE, /content, /remix on a task id
    Rerank, // /v1/rerank
    Moderations, // /v1/moderations
    ResponseTask, // GET, DELETE, /cancel, /input_items on /v1/responses/{id}
    ListModels, // /v1/models, /v1beta/models
    GetModel, // /v1/models/{id}, /v1beta/models/{id}
    Hello, // HEAD /, GET /, HEAD /api/hello, GET /health
};

const char* nameOf(Operation operation); // "generate", "count_tokens", ...
std::optional<Operation> operationFrom(std::string_view name);
/// True for those that spend tokens or money and make a row in the ledger even when refused.
bool isMetered(Operation operation);

/// What a method and path mean.
struct Address
{
    DialectId dialect = DialectId::OpenaiChat;
    Operation operation = Operation::Hello;
    std::string
        model; // named by the path (Gemini, Azure deployments, GetModel), decoded; else empty
    std::string taskId; // VideoTask, ResponseTask
    std::string
        tail; // what follows the channel's base URL: "/chat/completions", "/messages/count_tokens",
              // "/videos/{id}/content"; for Gemini ":streamGenerateContent" (after the model)
    bool streams = false; // the path itself says so (Gemini :streamGenerateContent)
    bool streamsAsArray = false; // the same without alt=sse: a JSON array comes back
    bool modelInPath = false;
};

/// Errors: NotFound for a path that nobody serves, Unsupported with the field "method" for a known
/// path with another method. `path` is as received, without the query; a `/v1` prefix may be
/// missing, a leading `/anthropic`, `/openai` or `/gemini` folder is passed over. `headers` tell
/// the form of a model list (`anthropic-version`, `x-goog-api-key`, `x-goog-api-client`).
Result<Address> addressOf(
    std::string_view method, std::string_view path, std::string_view query, const Headers& headers);

/// What a body says about itself, found in one pass without copying it.
struct CallSketch
{
    struct Span
    {
        std::size_t offset = 0;
        std::size_t length = 0; // 0: not there
    };

    ModelName model; // unescaped; from the body, or the path
    Span modelAt; // the JSON string with its quotes, or the multipart value
    bool stream = false; // asked for by the body or the path
    Span streamOptionsAt; // the object after "stream_options":, braces included; or the word null
                          // in its place
    bool asksForUsage = false; // stream_options.include_usage is true
    std::size_t firstFieldAt = 0; // just behind the opening brace: where a field may be put in
    bool hasFields = false;
    Tokens maxOutput = 0; // max_tokens and kin, 0 when not said
    bool isJson = true; // false for multipart
};

/// Errors: BadRequest with a readable reason: no JSON object, a second "model", "stream" or
/// "stream_options" (in other case or with escapes too, since some servers read those as the same),
/// no model where the operation needs one, a model that is no string. `body` should have 64
/// readable octets behind its end (any value), which std::string::reserve(size + 64) gives; without
/// them it is copied.
///
/// A model in the path counts, not one in the body: for an Azure deployment `modelAt` still says
/// where the body has one, empty when it has none; in a Gemini body a model must be the path's.
Result<CallSketch> sketchOf(
    const Address& address, std::string_view contentType, const std::string& body);

/// An error in the shape of a protocol.
struct ErrorReply
{
    int status = 500;
    std::string body; // JSON
    Headers headers; // content-type, retry-after, x-should-retry
};

/// Status and shape by protocols.md 13 and what clients do with them (clients.md 4). `callId` goes
/// where the protocol has a request id.
ErrorReply writeError(DialectId dialect, const Error& error, std::string_view callId);
/// The octets that end a started SSE stream with an error, in the protocol's own last event.
/// `responseId` is the id of the reply that is cut off, where the protocol's last event repeats it
/// (Responses).
std::string writeStreamError(
    DialectId dialect, const Error& error, std::string_view responseId = {});
/// What keeps a silent SSE stream alive without meaning anything (clients.md 2.4).
std::string_view keepAliveOf(DialectId dialect);

/// What an error of kind UpstreamRefused is about, in Error::field, where that decides what clients
/// do. Other fields are the upstream's own word for the parameter.
namespace refusal {
constexpr std::string_view context
    = "context_length"; // the prompt is longer than the model's window
constexpr std::string_view content = "content_filter"; // refused for what it says
constexpr std::string_view requestSize = "request_size"; // 413
}

/// Reads any vendor's error (protocols.md 13). `status` is the HTTP status, 0 or 200 for an error
/// inside a stream; `body` may be anything, HTML too. The message is one line of at most 400
/// octets.
Error readError(int status, const Headers& headers, std::string_view body, TimePoint now);
/// How long to wait, from retry-after-ms, retry-after (seconds or date), RetryInfo or the text.
std::optional<std::chrono::milliseconds> retryAfterOf(
    const Headers& headers, std::string_view body, TimePoint now);

/// Reads the counts of a whole reply (metering.md 2). nullopt when it holds none.
std::optional<Usage> readUsage(DialectId dialect, Operation operation, std::string_view body);

/// Watches the events of a reply as they pass. One for each attempt.
class StreamReader
{
public:
    virtual ~StreamReader() = default;

    /// What an event turned out to be.
    struct Seen
    {
        bool isContent
            = false; // text, reasoning or a call: the first one stops the time to first token
        bool isUsageOnly = false; // the extra chunk that a client which did not ask must not see
        bool isTerminal = false; // the protocol's last event
        bool isError = false; // an error in place of an event; see `error`
    };

    /// `name` is the SSE event field (may be empty), `data` the joined data lines.
    virtual Seen event(std::string_view name, std::string_view data) = 0;

    const std::optional<Usage>& usage() const { return m_usage; }

    const std::optional<Error>& error() const { return m_error; }

    const std::string& answeredModel() const
    {
        return m_answeredModel;
    } // as the upstream called it; may be empty

    const std::string& upstreamId() const { return m_upstreamId; }

    /// True when the reply may end here by its protocol (finish seen; Chat may lack [DONE]).
    bool mayEnd() const { return m_mayEnd; }

    /// Octets of text, reasoning and arguments seen, for an estimate when no usage comes.
    std::int64_t contentOctets() const { return m_contentOctets; }

protected:
    std::optional<Usage> m_usage;
    std::optional<Error> m_error;
    std::string m_answeredModel;
    std::string m_upstreamId;
    bool m_mayEnd = false;
    std::int64_t m_contentOctets = 0;
};

std::unique_ptr<StreamReader> makeStreamReader(DialectId dialect, Operation operation);

/// A rough count for what nobody counted: octets of text to tokens. Always marked as an estimate.
Tokens estimatedTokens(std::int64_t octets);

}
