#include "dialect/dialect.h"

#include "base/text.h"
#include "dialect/json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace waystation {

namespace {

using Json = nlohmann::json;

constexpr std::size_t mostBodyOctets = 256u << 10;
constexpr std::size_t mostMessageOctets = 400;

/// What an error says about itself, whatever its shape.
struct Words
{
    std::string message;
    std::string type;
    std::string code; // numbers as text
    std::string param;
    int status = 0; // a number that looks like an HTTP status
    bool asksToWait = false; // a RetryInfo
};

std::string textOf(const Json& object, std::initializer_list<const char*> names)
{
    for (const char* name : names) {
        const auto at = object.find(name);
        if (at == object.end())
            continue;
        if (at->is_string() && !at->get_ref<const std::string&>().empty())
            return at->get<std::string>();
        if (at->is_number_integer())
            return std::to_string(at->get<std::int64_t>());
    }
    return {};
}

void fill(std::string& known, std::string found)
{
    if (known.empty())
        known = std::move(found);
}

void noteStatus(Words& words, const std::string& code)
{
    const auto number = json::numberFrom(code);
    if (words.status == 0 && number && *number >= 400 && *number <= 599)
        words.status = static_cast<int>(*number);
}

/// FastAPI's list of {msg, loc}.
void readDetail(const Json& detail, Words& words)
{
    if (detail.is_string())
        return fill(words.message, detail.get<std::string>());
    const Json& one = detail.is_array() && !detail.empty() ? detail.front() : detail;
    if (!one.is_object())
        return;
    fill(words.message, textOf(one, {"msg", "message", "error"}));
    fill(words.code, textOf(one, {"code"}));
    if (const auto at = one.find("loc");
        at != one.end() && at->is_array() && !at->empty() && at->back().is_string())
        fill(words.param, at->back().get<std::string>());
}

void readWords(const Json& value, Words& words, int levels);

/// OpenRouter and relays pack the upstream's own body into a text.
void readPacked(const std::string& packed, Words& words, int levels)
{
    const std::string_view text = trimmed(packed);
    if (!text.starts_with('{') || levels == 0)
        return;
    const Json inner = Json::parse(text, nullptr, false);
    if (inner.is_object())
        readWords(inner, words, levels - 1);
}

void readObject(const Json& object, Words& words, int levels)
{
    std::string message = textOf(object,
        {"message", "msg", "error_msg", "errorMessage", "status_msg", "Message",
            "error_description"});
    if (levels > 0 && trimmed(message).starts_with('{')) {
        Words inner;
        readPacked(message, inner, levels);
        if (!inner.message.empty()) {
            message = inner.message;
            fill(words.type, inner.type);
            fill(words.code, inner.code);
        }
    }
    if (const auto metadata = object.find("metadata");
        metadata != object.end() && metadata->is_object()) {
        Words inner;
        const std::string raw = textOf(*metadata, {"raw"});
        readPacked(raw, inner, levels);
        if (inner.message.empty() && !trimmed(raw).starts_with('{'))
            inner.message = raw;
        if (!inner.message.empty())
            message += (message.empty() ? "" : ": ") + inner.message;
        fill(words.type, inner.type);
        fill(words.code, inner.code);
    }
    fill(words.message, std::move(message));

    const std::string code = textOf(object, {"code", "error_code", "status_code"});
    noteStatus(words, code);
    noteStatus(words, textOf(object, {"status_code"}));
    noteStatus(words, textOf(object, {"status", "http_code"}));
    fill(words.type, textOf(object, {"type", "__type"}));
    // Google writes the number into code and the word into status.
    const std::string status = textOf(object, {"status"});
    if (!status.empty() && !json::numberFrom(status))
        fill(words.type, status);
    fill(words.code, code);
    fill(words.param, textOf(object, {"param", "field"}));

    if (const auto details = object.find("details");
        details != object.end() && details->is_array()) {
        for (const Json& detail : *details) {
            if (!detail.is_object())
                continue;
            if (detail.contains("retryDelay"))
                words.asksToWait = true;
            if (const std::string reason = textOf(detail, {"reason"}); !reason.empty())
                words.code = reason;
        }
    }
}

void readWords(const Json& value, Words& words, int levels)
{
    if (levels == 0)
        return;
    if (value.is_array()) {
        if (!value.empty())
            readWords(value.front(), words, levels - 1);
        return;
    }
    if (!value.is_object())
        return;

    if (const auto error = value.find("error"); error != value.end()) {
        if (error->is_string())
            fill(words.message, error->get<std::string>());
        else if (error->is_object())
            readObject(*error, words, levels);
        else if (error->is_array())
            readWords(*error, words, levels - 1);
        // {"error":"text","message":"more"}: the longer one is for people.
        if (error->is_string() && value.contains("message") && value["message"].is_string()) {
            words.type = words.message;
            words.message = value["message"].get<std::string>();
        }
    }
    for (const char* name : {"base_resp", "response", "errors"}) {
        const auto inner = value.find(name);
        if (inner == value.end())
            continue;
        if (std::string_view(name) == "base_resp" && inner->is_object())
            readObject(*inner, words, levels);
        else
            readWords(*inner, words, levels - 1);
    }
    if (const auto choices = value.find("choices");
        choices != value.end() && choices->is_array() && !choices->empty())
        readWords(choices->front(), words, levels - 1);
    if (const auto detail = value.find("detail"); detail != value.end())
        readDetail(*detail, words);
    // Of an envelope {"type":"error"} only the inside tells anything.
    if (!value.contains("error") || words.message.empty())
        readObject(value, words, levels);
    else
        noteStatus(words, textOf(value, {"code", "status", "status_code"}));
    if (words.type == "error" || words.type == "response.failed")
        words.type.clear();
    if (words.message.empty())
        fill(words.message, textOf(value, {"title"}));
}

bool isHtml(std::string_view text)
{
    return text.starts_with('<')
        && (containsIgnoringCase(text.substr(0, 1024), "<html")
            || startsWithIgnoringCase(text, "<!doctype")
            || containsIgnoringCase(text.substr(0, 4096), "<title"));
}

std::string titleIn(std::string_view html)
{
    const std::string text = lower(html.substr(0, 64 << 10));
    const std::size_t tag = text.find("<title");
    const std::size_t from = tag == std::string::npos ? tag : text.find('>', tag);
    const std::size_t to = from == std::string::npos ? from : text.find("</title", from);
    if (to == std::string::npos)
        return {};
    return std::string(trimmed(html.substr(from + 1, to - from - 1)));
}

template <std::size_t size>
bool isOneOf(std::string_view word, const std::array<std::string_view, size>& words)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

template <std::size_t size>
bool holdsOneOf(std::string_view text, const std::array<std::string_view, size>& words)
{
    return std::any_of(words.begin(), words.end(),
        [&](std::string_view word) { return json::contains(text, word); });
}

/// Numbers of one vendor must not be read as another's statuses, hence the texts.
constexpr std::array<std::string_view, 16> billingCodes{"insufficient_quota", "billing_error",
    "insufficient_user_quota", "exceeded_current_quota", "exceeded_current_quota_error",
    "insufficient_balance", "billing_hard_limit_reached", "payment_required", "arrearage",
    "insufficient_credits", "insufficient_funds", "credit_exhausted", "billing_not_active",
    "account_deactivated", "pre_consume_token_quota_failed", "1113"};
constexpr std::array<std::string_view, 17> billingTexts{"insufficient balance",
    "insufficient credit", "insufficient account balance", "insufficient quota",
    "insufficient_quota", "credit balance is too low", "out of credits", "more credits",
    "used all available credits", "payment required", "billing hard limit", "not enough balance",
    "余额不足", "额度不足", "额度已用", "欠费", "quota is not enough"};
constexpr std::array<std::string_view, 5> authCodes{"invalid_api_key", "authentication_error",
    "invalid_authentication_error", "api_key_invalid", "unauthenticated"};
/// GLM's, which come with a status; MiniMax means other things by them in a 200.
constexpr std::array<std::string_view, 5> numberedAuthCodes{"1000", "1001", "1002", "1003", "1004"};
constexpr std::array<std::string_view, 8> authTexts{"api key not valid", "incorrect api key",
    "invalid api key", "api key expired", "invalid api-key", "api key is invalid",
    "invalid x-api-key", "no auth credentials"};
constexpr std::array<std::string_view, 2> contextCodes{
    "context_length_exceeded", "model_context_window_exceeded"};
constexpr std::array<std::string_view, 10> contextTexts{"maximum context length",
    "prompt is too long", "exceeds the context window", "exceed the context window",
    "context length exceeded", "context_length_exceeded", "exceeds the available context",
    "exceeds the model's context", "exceed context limit", "maximum prompt length"};
constexpr std::array<std::string_view, 9> contentCodes{"content_filter", "content_policy_violation",
    "data_inspection_failed", "datainspectionfailed", "1301", "sensitive_words_detected",
    "responsibleaipolicyviolation", "prohibited_content", "moderation_blocked"};
constexpr std::array<std::string_view, 5> contentTexts{"content management policy",
    "content policy", "requires moderation", "flagged for", "flagged by"};
constexpr std::array<std::string_view, 5> missingCodes{
    "model_not_found", "not_found_error", "not_found", "model_not_exist", "deploymentnotfound"};
constexpr std::array<std::string_view, 5> missingTexts{"no available channel", "无可用渠道",
    "model not exist", "model not found", "no endpoints found"};
constexpr std::array<std::string_view, 12> rateCodes{"rate_limit_exceeded", "rate_limit_error",
    "rate_limit_reached", "rate_limit_reached_error", "too_many_requests", "resource_exhausted",
    "throttling", "throttlingexception", "1302", "1303", "1305", "1308"};
constexpr std::array<std::string_view, 2> rateTexts{"too many requests", "rate limit"};
constexpr std::array<std::string_view, 6> overloadCodes{"engine_overloaded",
    "engine_overloaded_error", "overloaded_error", "overloaded", "server_is_overloaded",
    "slow_down"};
constexpr std::array<std::string_view, 4> overloadTexts{
    "at capacity", "overloaded", "currently experiencing high", "over capacity"};
constexpr std::array<std::string_view, 3> timeoutCodes{
    "timeout_error", "deadline_exceeded", "timeout"};

struct Verdict
{
    ErrorKind kind = ErrorKind::UpstreamFailed;
    std::string_view about = {};
};

Verdict verdictOn(int status, const Words& words)
{
    const std::string type = lower(words.type);
    const std::string code = lower(words.code);
    const std::string text = lower(words.message);
    const auto says
        = [&](const auto& codes) { return isOneOf(type, codes) || isOneOf(code, codes); };
    const bool inStream = status == 0;

    // A free tier's "exceeded your current quota" that says when to come back is a rate limit.
    const bool isQuotaText = json::contains(text, "exceeded your current quota")
        && type != "resource_exhausted" && !words.asksToWait;
    if (status == 402 || says(billingCodes) || holdsOneOf(text, billingTexts) || isQuotaText)
        return {ErrorKind::UpstreamBilling};
    if ((says(contextCodes) || holdsOneOf(text, contextTexts)
            || (json::contains(text, "input token count") && json::contains(text, "exceeds"))
            || (json::contains(text, "too many tokens") && status != 429))
        && status != 429)
        return {ErrorKind::UpstreamRefused, refusal::context};
    if (says(contentCodes)
        || (status >= 400 && status < 500 && status != 429 && holdsOneOf(text, contentTexts)))
        return {ErrorKind::UpstreamRefused, refusal::content};
    const bool namesModel = json::contains(text, "model")
        && (json::contains(text, "does not exist") || json::contains(text, "is not found")
            || json::contains(text, "not supported for"));
    if (says(missingCodes) || holdsOneOf(text, missingTexts) || status == 404 || status == 405
        || status == 410 || (namesModel && (status == 400 || status == 403)))
        return {ErrorKind::UpstreamNotFound};
    if (status == 401 || status == 403 || says(authCodes) || (!inStream && says(numberedAuthCodes))
        || type == "permission_error" || type == "permission_denied"
        || ((status == 400 || inStream) && holdsOneOf(text, authTexts)))
        return {ErrorKind::UpstreamAuth};
    // Some answer 429 for want of machines.
    if (says(overloadCodes))
        return {ErrorKind::Overloaded};
    if (status == 429 || says(rateCodes))
        return {ErrorKind::RateLimited};
    if (status == 503 || status == 529 || status == 498 || type == "unavailable")
        return {ErrorKind::Overloaded};
    if (status == 408 || status == 504 || status == 524 || says(timeoutCodes))
        return {ErrorKind::Timeout};
    if (status == 413 || type == "request_too_large")
        return {ErrorKind::UpstreamRefused, refusal::requestSize};
    if (status >= 500 || inStream) {
        if (holdsOneOf(text, overloadTexts))
            return {ErrorKind::Overloaded};
        if (inStream && holdsOneOf(text, rateTexts))
            return {ErrorKind::RateLimited};
        if (inStream && (type == "invalid_request_error" || type == "invalid_argument"))
            return {ErrorKind::UpstreamRefused};
        return {ErrorKind::UpstreamFailed};
    }
    if (status >= 300 && status < 400)
        return {ErrorKind::BadReply};
    return {ErrorKind::UpstreamRefused};
}

}

Error readError(int status, const Headers& headers, std::string_view body, TimePoint now)
{
    const std::string_view text = trimmed(body);
    Words words;
    bool isPage = false;
    if ((text.starts_with('{') || text.starts_with('[')) && text.size() <= mostBodyOctets) {
        const Json value = Json::parse(text, nullptr, false);
        if (!value.is_discarded())
            readWords(value, words, 6);
        else
            words.message = text.substr(0, mostMessageOctets);
    } else if (isHtml(text)) {
        isPage = true;
        words.message = titleIn(text);
        if (words.message.empty())
            words.message = "a web page in place of an answer";
    } else {
        words.message = text.substr(0, 2 * mostMessageOctets);
    }

    // In a stream, and behind relays that answer 200 to everything, the number inside is the
    // status.
    const bool isPlain = status == 0 || (status >= 200 && status < 300);
    const int effective = isPlain ? words.status : status;
    Error error;
    const Verdict verdict = verdictOn(effective, words);
    error.kind = isPage && isPlain ? ErrorKind::BadReply : verdict.kind;
    if (error.kind == ErrorKind::UpstreamRefused)
        error.field
            = verdict.about.empty() ? oneLine(words.param, 100) : std::string(verdict.about);
    if (words.message.empty())
        words.message = !words.code.empty() ? words.code
            : !words.type.empty()           ? words.type
                                            : std::string();
    if (words.message.empty())
        words.message = effective > 0 ? "HTTP status " + std::to_string(effective)
                                      : std::string("an error without words");
    error.message = oneLine(words.message, mostMessageOctets);
    error.retryAfter = retryAfterOf(headers, isPage ? std::string_view() : text, now);
    return error;
}

}
