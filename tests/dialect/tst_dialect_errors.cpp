#include "dialect/dialect.h"
#include "dialect/sse.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::json;

namespace {

constexpr TimePoint noon
    = TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 9 / 1).time_since_epoch()
        + std::chrono::hours(12));

struct Written
{
    ErrorKind kind;
    const char* field;
    const char* openai; // "status type code"
    const char* anthropic; // "status type"
    const char* gemini; // "status word"
    bool mayRetry;
};

const Written written[] = {
    {ErrorKind::BadRequest, "", "400 invalid_request_error invalid_request",
        "400 invalid_request_error", "400 INVALID_ARGUMENT", false},
    {ErrorKind::Unauthenticated, "", "401 invalid_request_error invalid_api_key",
        "401 authentication_error", "401 UNAUTHENTICATED", false},
    {ErrorKind::NotAllowed, "", "403 permission_error not_allowed", "403 permission_error",
        "403 PERMISSION_DENIED", false},
    {ErrorKind::Forbidden, "", "403 permission_error forbidden", "403 permission_error",
        "403 PERMISSION_DENIED", false},
    {ErrorKind::NoRoute, "", "404 invalid_request_error model_not_found", "404 not_found_error",
        "404 NOT_FOUND", false},
    {ErrorKind::NotFound, "", "404 invalid_request_error not_found", "404 not_found_error",
        "404 NOT_FOUND", false},
    {ErrorKind::Unsupported, "", "400 invalid_request_error unsupported_endpoint",
        "400 invalid_request_error", "400 INVALID_ARGUMENT", false},
    {ErrorKind::Unsupported, "method", "405 invalid_request_error method_not_allowed",
        "405 invalid_request_error", "405 INVALID_ARGUMENT", false},
    {ErrorKind::TooLarge, "", "413 invalid_request_error request_too_large",
        "413 request_too_large", "413 INVALID_ARGUMENT", false},
    {ErrorKind::ClientTimeout, "", "408 invalid_request_error request_timeout", "408 timeout_error",
        "408 DEADLINE_EXCEEDED", true},
    {ErrorKind::LoopDetected, "", "508 server_error loop_detected", "508 api_error",
        "508 FAILED_PRECONDITION", false},
    {ErrorKind::KeyUnavailable, "", "503 server_error key_unavailable", "503 api_error",
        "503 UNAVAILABLE", false},
    {ErrorKind::UpstreamAuth, "", "502 upstream_auth_error upstream_auth_error", "502 api_error",
        "502 UNAVAILABLE", false},
    {ErrorKind::UpstreamBilling, "", "429 insufficient_quota insufficient_quota",
        "402 billing_error", "429 RESOURCE_EXHAUSTED", false},
    {ErrorKind::UpstreamRefused, "temperature", "400 invalid_request_error invalid_request",
        "400 invalid_request_error", "400 INVALID_ARGUMENT", false},
    {ErrorKind::UpstreamRefused, "context_length",
        "400 invalid_request_error context_length_exceeded", "400 invalid_request_error",
        "400 INVALID_ARGUMENT", false},
    {ErrorKind::UpstreamRefused, "content_filter", "400 invalid_request_error content_filter",
        "400 invalid_request_error", "400 INVALID_ARGUMENT", false},
    {ErrorKind::UpstreamRefused, "request_size", "413 invalid_request_error request_too_large",
        "413 request_too_large", "413 INVALID_ARGUMENT", false},
    {ErrorKind::UpstreamNotFound, "", "404 invalid_request_error model_not_found",
        "404 not_found_error", "404 NOT_FOUND", false},
    {ErrorKind::RateLimited, "", "429 rate_limit_error rate_limit_exceeded", "429 rate_limit_error",
        "429 RESOURCE_EXHAUSTED", true},
    {ErrorKind::Overloaded, "", "503 server_error overloaded", "529 overloaded_error",
        "503 UNAVAILABLE", true},
    {ErrorKind::UpstreamFailed, "", "502 server_error upstream_failed", "502 api_error",
        "502 UNAVAILABLE", true},
    {ErrorKind::ConnectFailed, "", "502 server_error connect_failed", "502 api_error",
        "502 UNAVAILABLE", true},
    {ErrorKind::NameNotFound, "", "502 server_error name_not_found", "502 api_error",
        "502 UNAVAILABLE", true},
    {ErrorKind::TlsFailed, "", "502 server_error tls_failed", "502 api_error", "502 UNAVAILABLE",
        false},
    {ErrorKind::ProxyFailed, "", "502 server_error proxy_failed", "502 api_error",
        "502 UNAVAILABLE", true},
    {ErrorKind::Timeout, "", "504 server_error timeout", "504 timeout_error",
        "504 DEADLINE_EXCEEDED", true},
    {ErrorKind::Cut, "", "502 server_error cut", "502 api_error", "502 UNAVAILABLE", true},
    {ErrorKind::BadReply, "", "502 server_error bad_reply", "502 api_error", "502 UNAVAILABLE",
        true},
    {ErrorKind::Cancelled, "", "499 server_error cancelled", "499 api_error", "499 CANCELLED",
        false},
    {ErrorKind::Busy, "", "503 server_error busy", "503 overloaded_error", "503 UNAVAILABLE", true},
    {ErrorKind::Internal, "", "500 server_error internal", "500 api_error", "500 INTERNAL", true},
};

struct Read
{
    int status;
    const char* body;
    const char* kind; // with "/field" when there is one
    const char* message;
};

const Read reads[] = {
    // Shapes
    {400,
        R"({"error":{"message":"Bad temperature","type":"invalid_request_error","param":"temperature","code":null}})",
        "upstream_refused/temperature", "Bad temperature"},
    {400, R"([{"error":{"code":400,"message":"Bad field","status":"INVALID_ARGUMENT"}}])",
        "upstream_refused", "Bad field"},
    {529,
        R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"})",
        "overloaded", "Overloaded"},
    {500, R"({"error":"it broke"})", "upstream_failed", "it broke"},
    {400, R"({"code":"invalid","error":"bad thing"})", "upstream_refused", "bad thing"},
    {400, R"({"code":20012,"message":"bad thing","data":null})", "upstream_refused", "bad thing"},
    {500, R"({"message":"only words"})", "upstream_failed", "only words"},
    {422,
        R"({"detail":[{"loc":["body","messages",0,"role"],"msg":"field required","type":"missing"}]})",
        "upstream_refused/role", "field required"},
    {400, R"({"detail":"just words"})", "upstream_refused", "just words"},
    {500, R"({"error_msg":"baidu words","error_code":6})", "upstream_failed", "baidu words"},
    {500, R"({"msg":"short words"})", "upstream_failed", "short words"},
    {400, R"({"object":"error","message":"vllm words","type":"BadRequestError","code":400})",
        "upstream_refused", "vllm words"},
    {502, "<html><head><title>502 Bad Gateway</title></head><body>x</body></html>",
        "upstream_failed", "502 Bad Gateway"},
    {200, "<!doctype html><title>Sign in</title>", "bad_reply", "Sign in"},
    {500, "plain words\nof two lines", "upstream_failed", "plain words of two lines"},
    {500, "", "upstream_failed", "HTTP status 500"},
    {500, "{}", "upstream_failed", "HTTP status 500"},
    {500, "{\"error\":{\"message\":\"cut", "upstream_failed", "{\"error\":{\"message\":\"cut"},
    {429,
        R"({"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{\"error\":{\"message\":\"slow down please\"}}","provider_name":"X"}}})",
        "rate_limited", "Provider returned error: slow down please"},
    {302, "", "bad_reply", "HTTP status 302"},

    // Keys
    {401,
        R"({"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}})",
        "upstream_auth", "Incorrect API key provided"},
    {400, R"({"code":"invalid-argument","error":"Incorrect API key provided: xa***"})",
        "upstream_auth", "Incorrect API key provided: xa***"},
    {400,
        R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}})",
        "upstream_auth", "API key not valid. Please pass a valid API key."},
    {401, R"({"error":{"code":"1002","message":"Authorization Token invalid"}})", "upstream_auth",
        "Authorization Token invalid"},
    {403, R"({"error":{"type":"permission_error","message":"not yours"}})", "upstream_auth",
        "not yours"},

    // Money
    {402, R"({"error":{"message":"Insufficient Balance"}})", "upstream_billing",
        "Insufficient Balance"},
    {429,
        R"({"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}})",
        "upstream_billing",
        "You exceeded your current quota, please check your plan and billing details."},
    {429, R"({"error":{"code":"1113","message":"recharge"}})", "upstream_billing", "recharge"},
    {403,
        R"({"error":{"message":"user quota is not enough","type":"new_api_error","code":"insufficient_user_quota"}})",
        "upstream_billing", "user quota is not enough"},
    {403,
        "{\"error\":{\"message\":"
        "\"\xe7\x94\xa8\xe6\x88\xb7\xe9\xa2\x9d\xe5\xba\xa6\xe4\xb8\x8d\xe8\xb6\xb3\"}}",
        "upstream_billing",
        "\xe7\x94\xa8\xe6\x88\xb7\xe9\xa2\x9d\xe5\xba\xa6\xe4\xb8\x8d\xe8\xb6\xb3"},
    {400,
        R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}})",
        "upstream_billing", "Your credit balance is too low to access the Anthropic API."},
    {429, R"({"error":{"type":"exceeded_current_quota_error","message":"suspended"}})",
        "upstream_billing", "suspended"},
    {429,
        R"({"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"48s"}]}})",
        "rate_limited", "You exceeded your current quota"},

    // Models
    {404, R"({"error":{"message":"The model `x` does not exist","code":"model_not_found"}})",
        "upstream_not_found", "The model `x` does not exist"},
    {400, R"({"error":{"message":"no such model","code":"model_not_found"}})", "upstream_not_found",
        "no such model"},
    {400, R"({"error":{"message":"Model Not Exist","type":"invalid_request_error"}})",
        "upstream_not_found", "Model Not Exist"},
    {503,
        R"({"error":{"message":"No available channel for model x under group default","type":"new_api_error"}})",
        "upstream_not_found", "No available channel for model x under group default"},

    // Length and content
    {400, R"({"error":{"message":"too long","code":"context_length_exceeded"}})",
        "upstream_refused/context_length", "too long"},
    {400, "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens.\"}}",
        "upstream_refused/context_length", "This model's maximum context length is 8192 tokens."},
    {400,
        R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}})",
        "upstream_refused/context_length", "prompt is too long: 210000 tokens > 200000 maximum"},
    {400,
        R"({"error":{"code":400,"message":"The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}})",
        "upstream_refused/context_length",
        "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576)."},
    {429, R"({"error":{"message":"too many tokens this minute"}})", "rate_limited",
        "too many tokens this minute"},
    {400, R"({"error":{"message":"filtered","code":"content_filter"}})",
        "upstream_refused/content_filter", "filtered"},
    {400, R"({"error":{"message":"unsafe","code":"1301"}})", "upstream_refused/content_filter",
        "unsafe"},
    {400,
        R"({"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."})",
        "upstream_refused/content_filter", "Input data may contain inappropriate content."},
    {413, R"({"error":{"type":"request_too_large","message":"Request exceeds the maximum size"}})",
        "upstream_refused/request_size", "Request exceeds the maximum size"},

    // Load
    {429, R"({"error":{"message":"Rate limit reached"}})", "rate_limited", "Rate limit reached"},
    {400, R"({"error":{"code":"1302","message":"concurrency"}})", "rate_limited", "concurrency"},
    {503, "", "overloaded", "HTTP status 503"},
    {429, R"({"error":{"type":"engine_overloaded_error","message":"later"}})", "overloaded",
        "later"},
    {500, R"({"error":{"message":"We are at capacity"}})", "overloaded", "We are at capacity"},
    {504, "", "timeout", "HTTP status 504"},
    {408, "", "timeout", "HTTP status 408"},

    // Inside a stream there is no status.
    {0, R"({"error":{"message":"x","code":429}})", "rate_limited", "x"},
    {0, R"({"error":{"message":"x","type":"server_error"}})", "upstream_failed", "x"},
    {200, R"({"base_resp":{"status_code":1002,"status_msg":"rate limit"}})", "rate_limited",
        "rate limit"},
    {0, R"({"type":"response.failed","response":{"error":{"code":"insufficient_quota","message":"no money"}}})",
        "upstream_billing", "no money"},
};

struct Wait
{
    Headers headers;
    const char* body;
    int millis; // -1: none
};

const Wait waits[] = {
    {{}, "", -1},
    {{{"Retry-After", "20"}}, "", 20'000},
    {{{"retry-after", "1.5"}}, "", 1'500},
    {{{"retry-after", "0"}}, "", 0},
    {{{"retry-after", "-5"}}, "", -1},
    {{{"retry-after", "soon"}}, "", -1},
    {{{"retry-after", "nan"}}, "", -1},
    {{{"retry-after", "99999999999"}}, "", 604'800'000},
    {{{"retry-after", "20"}, {"retry-after-ms", "750"}}, "", 750},
    {{{"retry-after", "Tue, 01 Sep 2026 12:00:30 GMT"}}, "", 30'000},
    {{{"retry-after", "Tuesday, 01-Sep-26 12:00:31 GMT"}}, "", 31'000},
    {{{"retry-after", "Tue Sep  1 12:00:32 2026"}}, "", 32'000},
    {{{"retry-after", "Tue, 01 Sep 2026 11:00:00 GMT"}}, "", 0},
    {{{"retry-after", "Tue, 99 Xxx 2026 11:00:00 GMT"}}, "", -1},
    {{},
        R"({"error":{"details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"48s"}]}})",
        48'000},
    {{}, R"([{"error":{"details":[{"retryDelay":"1.25s"}]}}])", 1'250},
    {{}, R"({"error":{"message":"Rate limit reached. Please try again in 1.2s. Visit x"}})", 1'200},
    {{}, R"({"error":{"message":"Please try again in 6m0s."}})", 360'000},
    {{}, R"({"error":{"message":"Please try again in 20ms."}})", 20},
    {{}, R"({"error":{"message":"Please retry in 17.5 seconds."}})", 17'500},
    {{}, "try again in 2 minutes", 120'000},
    {{}, R"({"error":{"message":"please try again in a moment"}})", -1},
    {{}, R"({"retry_after":3})", 3'000},
    {{}, R"({"error":{"retry_after_ms":"350"}})", 350},
    {{{"x-ratelimit-reset-requests", "6m0s"}, {"x-ratelimit-remaining-requests", "0"},
         {"x-ratelimit-reset-tokens", "1s"}, {"x-ratelimit-remaining-tokens", "500"}},
        "", 360'000},
    {{{"x-ratelimit-reset-tokens", "250ms"}}, "", 250},
    {{{"x-ratelimit-reset", "1788264010"}}, "", 10'000},
    {{{"x-ratelimit-reset", "1788264010500"}}, "", 10'500},
    {{{"anthropic-ratelimit-requests-reset", "2026-09-01T12:00:07Z"},
         {"anthropic-ratelimit-requests-remaining", "0"}},
        "", 7'000},
};

QByteArray text(std::string_view view)
{
    return QByteArray(view.data(), qsizetype(view.size()));
}

}

class TestDialectErrors : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void anErrorIsWritten_data()
    {
        QTest::addColumn<int>("row");
        for (int i = 0; i < int(std::size(written)); ++i)
            QTest::addRow("%s %s", nameOf(written[i].kind), written[i].field) << i;
    }

    void anErrorIsWritten()
    {
        QFETCH(int, row);
        const Written& expected = written[row];
        Error error{expected.kind, "It says \"no\"", expected.field};
        error.retryAfter = std::chrono::milliseconds(2'300);

        for (const DialectId dialect : allDialects) {
            const ErrorReply reply = writeError(dialect, error, "01CALL");
            const Json body = Json::parse(reply.body);
            const Json& inner = body.at("error");
            QByteArray shown = QByteArray::number(reply.status) + ' ';
            if (dialect == DialectId::Gemini) {
                QCOMPARE(inner.at("code").get<int>(), reply.status);
                shown += text(inner.at("status").get<std::string>());
                QCOMPARE(shown, QByteArray(expected.gemini));
                QCOMPARE(inner.contains("details"), expected.mayRetry);
                if (expected.mayRetry)
                    QCOMPARE(text(inner["details"][0]["retryDelay"].get<std::string>()),
                        QByteArray("2.3s"));
            } else if (dialect == DialectId::Anthropic) {
                QCOMPARE(text(body.at("type").get<std::string>()), QByteArray("error"));
                QCOMPARE(text(body.at("request_id").get<std::string>()), QByteArray("01CALL"));
                QCOMPARE(text(reply.headers.value("request-id")), QByteArray("01CALL"));
                shown += text(inner.at("type").get<std::string>());
                QCOMPARE(shown, QByteArray(expected.anthropic));
            } else {
                shown += text(inner.at("type").get<std::string>() + ' '
                    + inner.at("code").get<std::string>());
                QCOMPARE(shown, QByteArray(expected.openai));
                QCOMPARE(text(reply.headers.value("x-request-id")), QByteArray("01CALL"));
                QVERIFY(inner.contains("param"));
            }
            QVERIFY(text(inner.at("message").get<std::string>()).contains("It says \"no\""));
            QCOMPARE(text(reply.headers.value("content-type")), QByteArray("application/json"));
            QCOMPARE(
                text(reply.headers.value("x-waystation-error")), QByteArray(nameOf(expected.kind)));
            // What a retry cannot cure is said so, and names no time to come back.
            QCOMPARE(text(reply.headers.value("x-should-retry")),
                QByteArray(expected.mayRetry ? "" : "false"));
            QCOMPARE(
                text(reply.headers.value("retry-after")), QByteArray(expected.mayRetry ? "3" : ""));
            QCOMPARE(text(reply.headers.value("retry-after-ms")),
                QByteArray(expected.mayRetry ? "2300" : ""));
        }
    }

    void everyKindIsWritten()
    {
        for (int i = 1; i <= int(ErrorKind::Internal); ++i) {
            const auto kind = static_cast<ErrorKind>(i);
            for (const DialectId dialect : allDialects) {
                const ErrorReply reply = writeError(dialect, {kind, "x"}, "");
                QVERIFY(reply.status >= 400);
                QCOMPARE(reply.status == 500, kind == ErrorKind::Internal || kind == ErrorKind::Io);
                QVERIFY(!reply.headers.has("retry-after"));
            }
        }
    }

    void clientsReadWhatTheyActOn()
    {
        Error limited{ErrorKind::RateLimited, "Slow down"};
        limited.retryAfter = std::chrono::milliseconds(1'500);
        QVERIFY(text(writeError(DialectId::OpenaiResponses, limited, "").body)
                    .contains("Slow down. Please try again in 1.5s."));
        limited.message = "Please try again in 9s.";
        QVERIFY(!text(writeError(DialectId::OpenaiChat, limited, "").body).contains("1.5s"));

        const Error context{
            ErrorKind::UpstreamRefused, "Input is 9 too many", std::string(refusal::context)};
        QVERIFY(text(writeError(DialectId::Anthropic, context, "").body)
                    .contains("\"message\":\"prompt is too long: Input is 9 too many\""));
        const Error already{
            ErrorKind::UpstreamRefused, "prompt is too long: 9", std::string(refusal::context)};
        QCOMPARE(text(writeError(DialectId::Anthropic, already, "").body).count("too long"), 1);

        const Json parameter = Json::parse(
            writeError(DialectId::OpenaiChat, {ErrorKind::UpstreamRefused, "x", "top_k"}, "").body);
        QCOMPARE(text(parameter["error"]["param"].get<std::string>()), QByteArray("top_k"));
        QVERIFY(Json::parse(writeError(DialectId::OpenaiChat, context, "").body)["error"]["param"]
                    .is_null());
    }

    void brokenUtf8MakesWholeJson()
    {
        const ErrorReply reply = writeError(DialectId::Anthropic,
            {ErrorKind::UpstreamFailed,
                "a\xff"
                "b\nc"},
            "");
        QVERIFY(!Json::parse(reply.body, nullptr, false).is_discarded());
        QVERIFY(
            !text(writeStreamError(DialectId::OpenaiChat, {ErrorKind::Cut, "a\nb\r\n\r\ndata: x"}))
                 .contains("\ndata: x"));
    }

    void aStreamEndsInItsProtocolsWords()
    {
        const Error error{ErrorKind::Overloaded, "Busy there"};
        for (const DialectId dialect : allDialects) {
            const auto reader = makeStreamReader(dialect, Operation::Generate);
            SseReader sse;
            int errors = 0;
            sse.feed(writeStreamError(dialect, error, "resp_1"), [&](const StreamEvent& event) {
                errors += reader->event(event.name, event.data).isError ? 1 : 0;
            });
            QCOMPARE(errors, 1);
            QCOMPARE(sse.pending(), std::size_t(0));
            QCOMPARE(reader->error()->kind, ErrorKind::Overloaded);
            QCOMPARE(text(reader->error()->message), QByteArray("Busy there"));
        }
        QVERIFY(text(writeStreamError(DialectId::OpenaiChat, error))
                    .startsWith("data: {\"error\":{\"message\":\"Busy there\""));
        QVERIFY(!text(writeStreamError(DialectId::OpenaiChat, error)).contains("[DONE]"));
        const QByteArray responses
            = text(writeStreamError(DialectId::OpenaiResponses, error, "resp_1"));
        QVERIFY(
            responses.startsWith("event: response.failed\ndata: "
                                 "{\"type\":\"response.failed\",\"response\":{\"id\":\"resp_1\""));
        QVERIFY(
            responses.contains("\"error\":{\"code\":\"overloaded\",\"message\":\"Busy there\"}"));
        QVERIFY(text(writeStreamError(DialectId::Anthropic, error))
                    .startsWith("event: error\ndata: "
                                "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\""));
        QVERIFY(text(writeStreamError(DialectId::Gemini, error))
                    .startsWith("data: {\"error\":{\"code\":503,"));
    }

    void anErrorIsRead_data()
    {
        QTest::addColumn<int>("row");
        for (int i = 0; i < int(std::size(reads)); ++i)
            QTest::addRow("%02d %d %.40s", i, reads[i].status, reads[i].body) << i;
    }

    void anErrorIsRead()
    {
        QFETCH(int, row);
        const Read& expected = reads[row];
        const Error error = readError(expected.status, {}, expected.body, noon);
        QByteArray shown = nameOf(error.kind);
        if (!error.field.empty())
            shown += '/' + text(error.field);
        QCOMPARE(text(error.message), QByteArray(expected.message));
        QCOMPARE(shown, QByteArray(expected.kind));
    }

    void messagesAreOneShortLine()
    {
        const std::string long_
            = "{\"error\":{\"message\":\"" + std::string(5000, 'x') + "\\u001b[31m\\u0000\"}}";
        const Error error = readError(500, {}, long_, noon);
        QVERIFY(error.message.size() <= 400);
        for (const std::string& body : {std::string(3 << 20, '{'), std::string(3 << 20, '['),
                 "<title>" + std::string(1 << 20, 'x'),
                 std::string(100'000, '[') + std::string(100'000, ']'),
                 "{\"error\":" + std::string(50'000, '[') + std::string(50'000, ']') + "}"}) {
            const Error harsh = readError(500, {}, body, noon);
            QVERIFY(harsh.message.size() <= 400);
            QCOMPARE(harsh.kind, ErrorKind::UpstreamFailed);
        }
        const Error colours = readError(500, {}, "a\x1b[31m\x01 b", noon);
        QVERIFY(!text(colours.message).contains('\x1b'));
    }

    void theWaitIsRead_data()
    {
        QTest::addColumn<int>("row");
        for (int i = 0; i < int(std::size(waits)); ++i)
            QTest::addRow("%02d", i) << i;
    }

    void theWaitIsRead()
    {
        QFETCH(int, row);
        const auto wait = retryAfterOf(waits[row].headers, waits[row].body, noon);
        QCOMPARE(wait ? int(wait->count()) : -1, waits[row].millis);
        const Error error = readError(429, waits[row].headers, waits[row].body, noon);
        QCOMPARE(error.retryAfter, wait);
    }
};

QTEST_GUILESS_MAIN(TestDialectErrors)
#include "tst_dialect_errors.moc"
