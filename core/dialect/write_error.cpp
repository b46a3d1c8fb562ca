#include "dialect/dialect.h"

#include "base/text.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

namespace waystation {

namespace {

using Json = nlohmann::ordered_json;

/// How one kind reads in each protocol. Statuses are chosen by what clients do with them: an
/// upstream's 401 would make a client drop its own login, an empty account sent as 429 without a
/// wait stops Codex, 402 stops Claude Code.
struct Row
{
    ErrorKind kind;
    int openaiStatus;
    const char* openaiType;
    const char* openaiCode;
    int anthropicStatus;
    const char* anthropicType;
    int geminiStatus;
    const char* geminiWord;
    bool mayRetry; // asking again may help
};

constexpr const char* invalid = "invalid_request_error";

constexpr std::array rows{
    Row{ErrorKind::BadRequest, 400, invalid, "invalid_request", 400, invalid, 400,
        "INVALID_ARGUMENT", false},
    Row{ErrorKind::Unauthenticated, 401, invalid, "invalid_api_key", 401, "authentication_error",
        401, "UNAUTHENTICATED", false},
    Row{ErrorKind::NotAllowed, 403, "permission_error", "not_allowed", 403, "permission_error", 403,
        "PERMISSION_DENIED", false},
    Row{ErrorKind::Forbidden, 403, "permission_error", "forbidden", 403, "permission_error", 403,
        "PERMISSION_DENIED", false},
    Row{ErrorKind::NoRoute, 404, invalid, "model_not_found", 404, "not_found_error", 404,
        "NOT_FOUND", false},
    Row{ErrorKind::NotFound, 404, invalid, "not_found", 404, "not_found_error", 404, "NOT_FOUND",
        false},
    Row{ErrorKind::Unsupported, 400, invalid, "unsupported_endpoint", 400, invalid, 400,
        "INVALID_ARGUMENT", false},
    Row{ErrorKind::TooLarge, 413, invalid, "request_too_large", 413, "request_too_large", 413,
        "INVALID_ARGUMENT", false},
    Row{ErrorKind::ClientTimeout, 408, invalid, "request_timeout", 408, "timeout_error", 408,
        "DEADLINE_EXCEEDED", true},
    Row{ErrorKind::LoopDetected, 508, "server_error", "loop_detected", 508, "api_error", 508,
        "FAILED_PRECONDITION", false},

    Row{ErrorKind::KeyUnavailable, 503, "server_error", "key_unavailable", 503, "api_error", 503,
        "UNAVAILABLE", false},
    Row{ErrorKind::UpstreamAuth, 502, "upstream_auth_error", "upstream_auth_error", 502,
        "api_error", 502, "UNAVAILABLE", false},
    Row{ErrorKind::UpstreamBilling, 429, "insufficient_quota", "insufficient_quota", 402,
        "billing_error", 429, "RESOURCE_EXHAUSTED", false},

    Row{ErrorKind::UpstreamRefused, 400, invalid, "invalid_request", 400, invalid, 400,
        "INVALID_ARGUMENT", false},
    Row{ErrorKind::UpstreamNotFound, 404, invalid, "model_not_found", 404, "not_found_error", 404,
        "NOT_FOUND", false},
    Row{ErrorKind::RateLimited, 429, "rate_limit_error", "rate_limit_exceeded", 429,
        "rate_limit_error", 429, "RESOURCE_EXHAUSTED", true},
    Row{ErrorKind::Overloaded, 503, "server_error", "overloaded", 529, "overloaded_error", 503,
        "UNAVAILABLE", true},
    Row{ErrorKind::UpstreamFailed, 502, "server_error", "upstream_failed", 502, "api_error", 502,
        "UNAVAILABLE", true},
    Row{ErrorKind::ConnectFailed, 502, "server_error", "connect_failed", 502, "api_error", 502,
        "UNAVAILABLE", true},
    Row{ErrorKind::NameNotFound, 502, "server_error", "name_not_found", 502, "api_error", 502,
        "UNAVAILABLE", true},
    Row{ErrorKind::TlsFailed, 502, "server_error", "tls_failed", 502, "api_error", 502,
        "UNAVAILABLE", false},
    Row{ErrorKind::ProxyFailed, 502, "server_error", "proxy_failed", 502, "api_error", 502,
        "UNAVAILABLE", true},
    Row{ErrorKind::Timeout, 504, "server_error", "timeout", 504, "timeout_error", 504,
        "DEADLINE_EXCEEDED", true},
    Row{ErrorKind::Cut, 502, "server_error", "cut", 502, "api_error", 502, "UNAVAILABLE", true},
    Row{ErrorKind::BadReply, 502, "server_error", "bad_reply", 502, "api_error", 502, "UNAVAILABLE",
        true},

    Row{ErrorKind::Cancelled, 499, "server_error", "cancelled", 499, "api_error", 499, "CANCELLED",
        false},
    Row{ErrorKind::Busy, 503, "server_error", "busy", 503, "overloaded_error", 503, "UNAVAILABLE",
        true},
    Row{ErrorKind::Io, 500, "server_error", "io", 500, "api_error", 500, "INTERNAL", true},
    Row{ErrorKind::Invalid, 400, invalid, "invalid", 400, invalid, 400, "INVALID_ARGUMENT", false},
    Row{ErrorKind::Conflict, 409, invalid, "conflict", 409, invalid, 409, "ABORTED", false},
    Row{ErrorKind::Internal, 500, "server_error", "internal", 500, "api_error", 500, "INTERNAL",
        true},
};

constexpr Row lastRow = rows.back();

Row rowOf(const Error& error)
{
    Row row = lastRow;
    for (const Row& known : rows) {
        if (known.kind == error.kind)
            row = known;
    }
    if (error.kind == ErrorKind::Unsupported && error.field == "method") {
        row.openaiStatus = row.anthropicStatus = row.geminiStatus = 405;
        row.openaiCode = "method_not_allowed";
    }
    if (error.kind == ErrorKind::Unsupported && !error.field.empty() && error.field != "method" && error.field != "model")
        row.openaiCode = "unsupported_parameter";
    if (error.kind == ErrorKind::BadRequest && error.field == "previous_response_id")
        row.openaiCode = "previous_response_not_found";
    if (error.kind == ErrorKind::UpstreamRefused) {
        if (error.field == refusal::context) {
            row.openaiCode = "context_length_exceeded";
        } else if (error.field == refusal::content) {
            row.openaiCode = "content_filter";
        } else if (error.field == refusal::requestSize) {
            row.openaiStatus = row.anthropicStatus = row.geminiStatus = 413;
            row.openaiCode = "request_too_large";
            row.anthropicType = "request_too_large";
        }
    }
    return row;
}

bool isReserved(const Error& error)
{
    if (error.kind == ErrorKind::Unsupported)
        return error.field == "method";
    return error.kind == ErrorKind::UpstreamRefused
        && (error.field == refusal::context || error.field == refusal::content
            || error.field == refusal::requestSize);
}

/// "1.5" for 1500 ms.
std::string secondsText(std::chrono::milliseconds wait)
{
    std::string text = std::to_string(wait.count() / 1000);
    if (const auto rest = wait.count() % 1000; rest > 0) {
        std::string digits = std::to_string(1000 + rest).substr(1);
        while (digits.ends_with('0'))
            digits.pop_back();
        text += '.' + digits;
    }
    return text;
}

/// A wait is passed on only where waiting helps: with one, Codex would try an empty account five
/// times more.
std::optional<std::chrono::milliseconds> waitOf(const Row& row, const Error& error)
{
    if (!row.mayRetry || !error.retryAfter || error.retryAfter->count() < 0)
        return std::nullopt;
    return error.retryAfter;
}

std::string openaiMessage(const Row& row, const Error& error)
{
    std::string message = error.message;
    const auto wait = waitOf(row, error);
    if (row.openaiStatus == 429 && wait && !containsIgnoringCase(message, "try again in ")) {
        while (message.ends_with(' '))
            message.pop_back();
        if (!message.empty() && !message.ends_with('.'))
            message += '.';
        message += " Please try again in " + secondsText(*wait) + "s.";
    }
    return message;
}

Json openaiError(const Row& row, const Error& error)
{
    Json inner;
    inner["message"] = openaiMessage(row, error);
    inner["type"] = row.openaiType;
    inner["param"] = error.field.empty() || isReserved(error) ? Json() : Json(error.field);
    inner["code"] = row.openaiCode;
    return inner;
}

Json anthropicError(const Row& row, const Error& error)
{
    std::string message = error.message;
    // Claude Code makes room and goes on when it reads this beginning.
    if (error.kind == ErrorKind::UpstreamRefused && error.field == refusal::context
        && !startsWithIgnoringCase(message, "prompt is too long"))
        message = "prompt is too long: " + message;
    Json inner;
    inner["type"] = row.anthropicType;
    inner["message"] = std::move(message);
    return inner;
}

Json geminiError(const Row& row, const Error& error)
{
    Json inner;
    inner["code"] = row.geminiStatus;
    inner["message"] = error.message;
    inner["status"] = row.geminiWord;
    if (const auto wait = waitOf(row, error)) {
        Json detail;
        detail["@type"] = "type.googleapis.com/google.rpc.RetryInfo";
        detail["retryDelay"] = secondsText(*wait) + "s";
        inner["details"] = Json::array({detail});
    }
    return inner;
}

std::string textOf(const Json& value)
{
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}

ErrorReply writeError(DialectId dialect, const Error& error, std::string_view callId)
{
    const Row row = rowOf(error);
    ErrorReply reply;
    reply.headers.add("content-type", "application/json");
    Json body;
    switch (dialect) {
    case DialectId::OpenaiChat:
    case DialectId::OpenaiResponses:
        reply.status = row.openaiStatus;
        body["error"] = openaiError(row, error);
        if (!callId.empty())
            reply.headers.add("x-request-id", callId);
        break;
    case DialectId::Anthropic:
        reply.status = row.anthropicStatus;
        body["type"] = "error";
        body["error"] = anthropicError(row, error);
        if (!callId.empty()) {
            body["request_id"] = callId;
            reply.headers.add("request-id", callId);
        }
        break;
    case DialectId::Gemini:
        reply.status = row.geminiStatus;
        body["error"] = geminiError(row, error);
        break;
    }
    reply.body = textOf(body);

    reply.headers.add("x-waystation-error", nameOf(error.kind));
    if (!row.mayRetry)
        reply.headers.add("x-should-retry", "false");
    if (const auto wait = waitOf(row, error)) {
        reply.headers.add("retry-after", std::to_string((wait->count() + 999) / 1000));
        reply.headers.add("retry-after-ms", std::to_string(wait->count()));
    }
    return reply;
}

std::string writeStreamError(DialectId dialect, const Error& error, std::string_view responseId)
{
    const Row row = rowOf(error);
    Json body;
    switch (dialect) {
    case DialectId::OpenaiChat:
        body["error"] = openaiError(row, error);
        return "data: " + textOf(body) + "\n\n";
    case DialectId::OpenaiResponses: {
        // Codex ignores a bare error event; the response has to fail.
        Json response;
        response["id"] = responseId.empty() ? std::string("resp_failed") : std::string(responseId);
        response["object"] = "response";
        response["status"] = "failed";
        response["error"] = Json{{"code", row.openaiCode}, {"message", openaiMessage(row, error)}};
        response["output"] = Json::array();
        body["type"] = "response.failed";
        body["response"] = std::move(response);
        return "event: response.failed\ndata: " + textOf(body) + "\n\n";
    }
    case DialectId::Anthropic:
        body["type"] = "error";
        body["error"] = anthropicError(row, error);
        return "event: error\ndata: " + textOf(body) + "\n\n";
    case DialectId::Gemini:
        break;
    }
    // Gemini CLI breaks on event lines and needs the blank behind the colon.
    body["error"] = geminiError(row, error);
    return "data: " + textOf(body) + "\n\n";
}

std::string_view keepAliveOf(DialectId dialect)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
    case DialectId::OpenaiResponses:
        break;
    case DialectId::Anthropic:
        return "event: ping\ndata: {\"type\": \"ping\"}\n\n";
    case DialectId::Gemini:
        return "data: {}\n\n"; // a comment ends Gemini CLI
    }
    return ": keepalive\n\n";
}

}
