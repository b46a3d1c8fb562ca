#include "relay/exchange.h"

#include "chat/carry.h"
#include "relay/guard.h"
#include "support/printers.h"

#include <QTest>

using namespace waystation;

namespace {

/// One call on one route, fed with whatever a test likes.
struct Played
{
    explicit Played(const char* path, std::string body, DialectId dialect = DialectId::OpenaiChat, const char* query = "")
    {
        raw.head.method = "POST";
        raw.head.path = path;
        raw.head.query = query;
        raw.body = std::move(body);
        raw.body.reserve(raw.body.size() + 64);
        channel.id = ChannelId("c1");
        channel.name = "first";
        channel.keys.emplace_back();
        channel.keys[0].secret = Secret("sk-upstream-0123456789");
        endpoint.dialect = dialect;
        endpoint.base = *parseUrl("https://api.example.com/v1");
        route = Route {&channel, &endpoint, &channel.keys[0], ModelName("served")};
    }

    Exchange& open()
    {
        address = *addressOf(raw.head.method, raw.head.path, raw.head.query, raw.head.headers);
        sketch = *sketchOf(address, "application/json", raw.body);
        exchange = std::move(*Exchange::open(raw, address, sketch, route, {"instance-1", "0000answer", 1700000000, 42}));
        return *exchange;
    }

    std::string sentBody()
    {
        std::string joined;
        request = exchange->request();
        for (const std::string_view slice : request.body)
            joined += slice;
        return joined;
    }

    /// Feeds the reply in pieces of `size` octets and returns what the client got.
    std::string play(const std::string& reply, std::size_t size, const Error* cause = nullptr, const char* type = "text/event-stream")
    {
        exchange->replyHead({200, {{"content-type", type}}});
        std::string out;
        for (std::size_t at = 0; at < reply.size(); at += size)
            out += exchange->feed(std::string_view(reply).substr(at, size), tickNow());
        out += exchange->finish(cause);
        return out;
    }

    PlanChannel channel;
    PlanEndpoint endpoint;
    Route route;
    RawCall raw;
    Address address;
    CallSketch sketch;
    std::unique_ptr<Exchange> exchange;
    UpstreamRequest request;
};

const std::string chatBody = R"({"model":"asked","messages":[{"role":"user","content":"hi"}],"stream":true})";
const std::string chatStart = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"served-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"he\"}}]}\n\n"
                              "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"served-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"llo\"}}]}\n\n";
const std::string chatFinish = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const std::string chatUsage = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n";
const std::string chatDone = "data: [DONE]\n\n";

}

class TestExchange : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theRequestCarriesTheUpstreamsKeyAndNoOther()
    {
        Played played("/v1/chat/completions", chatBody, DialectId::OpenaiChat, "key=ws-secret&x=1");
        played.raw.head.headers = {{"Host", "127.0.0.1:8411"}, {"Authorization", "Bearer ws-secret"}, {"x-api-key", "ws-secret"},
            {"api-key", "ws-secret"}, {"x-goog-api-key", "ws-secret"}, {"Cookie", "a=b"}, {"X-Forwarded-For", "10.0.0.1"},
            {"X-Stainless-OS", "Linux"}, {"anthropic-beta", "x"}, {"Connection", "keep-alive, X-Hop"}, {"X-Hop", "1"},
            {"Accept-Encoding", "gzip"}, {"Idempotency-Key", "abc"}, {"X-Custom", "kept"}};
        played.open();
        played.sentBody();
        const UpstreamRequest& request = played.request;
        QCOMPARE(request.target, "/v1/chat/completions?x=1");
        QCOMPARE(std::string(request.headers.value("authorization")), "Bearer sk-upstream-0123456789");
        QCOMPARE(std::string(request.headers.value("x-custom")), "kept");
        QCOMPARE(std::string(request.headers.value("idempotency-key")), "abc");
        QCOMPARE(std::string(request.headers.value(hopHeader)), "instance-1");
        for (const char* gone : {"host", "x-api-key", "api-key", "x-goog-api-key", "cookie", "x-forwarded-for", "x-stainless-os", "anthropic-beta", "connection", "x-hop", "accept-encoding"})
            QVERIFY2(!request.headers.has(gone), gone);
        for (const Headers::Field& field : request.headers)
            QVERIFY2(field.value.find("ws-secret") == std::string::npos, field.name.c_str());
    }

    void targetsOfEachDialect()
    {
        Played gemini("/v1beta/models/asked:streamGenerateContent", "{}", DialectId::Gemini, "alt=sse&key=ws-x");
        gemini.endpoint.base = *parseUrl("https://generativelanguage.googleapis.com/v1beta");
        gemini.endpoint.signIn = SignIn::XGoogApiKey;
        gemini.open();
        gemini.sentBody();
        QCOMPARE(gemini.request.target, "/v1beta/models/served:streamGenerateContent?alt=sse");
        QVERIFY(gemini.request.headers.has("x-goog-api-key"));

        Played anthropic("/v1/messages", R"({"model":"asked","messages":[]})", DialectId::Anthropic, "beta=true");
        anthropic.endpoint.signIn = SignIn::XApiKey;
        anthropic.raw.head.headers = {{"anthropic-beta", "b1"}};
        anthropic.open();
        QCOMPARE(anthropic.sentBody(), R"({"model":"served","messages":[]})");
        QCOMPARE(anthropic.request.target, "/v1/messages?beta=true");
        QVERIFY(anthropic.request.headers.has("x-api-key"));
        QVERIFY(!anthropic.request.headers.has("authorization"));
        QCOMPARE(std::string(anthropic.request.headers.value("anthropic-version")), "2023-06-01");
        QCOMPARE(std::string(anthropic.request.headers.value("anthropic-beta")), "b1");
    }

    void usageIsAskedForAndItsChunkHidden()
    {
        const std::string upstream = chatStart + chatFinish + chatUsage + chatDone;
        for (const std::size_t size : {std::size_t(1), std::size_t(7), std::size_t(300), upstream.size()}) {
            Played played("/v1/chat/completions", chatBody);
            played.open();
            QVERIFY(played.sentBody().find("\"include_usage\":true") != std::string::npos);
            const std::string out = played.play(upstream, size);
            QCOMPARE(shown(out), shown(chatStart + chatFinish + chatDone));
            QCOMPARE(played.exchange->usage().input, 9);
            QCOMPARE(played.exchange->usage().output, 2);
            QCOMPARE(int(played.exchange->usageKind()), int(UsageKind::Reported));
            QVERIFY(!played.exchange->ending());
            QVERIFY(played.exchange->sawEnd());
            QCOMPARE(played.exchange->answeredModel(), "served-1");
        }
    }

    void aClientThatAskedGetsTheChunk()
    {
        Played played("/v1/chat/completions", R"({"model":"asked","stream":true,"stream_options":{"include_usage":true}})");
        played.open();
        QCOMPARE(played.play(chatStart + chatFinish + chatUsage + chatDone, 50), chatStart + chatFinish + chatUsage + chatDone);
    }

    void azuresFirstChunkPasses()
    {
        const std::string first = "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n";
        Played played("/v1/chat/completions", chatBody);
        played.open();
        QCOMPARE(played.play(first + chatStart + chatFinish + chatDone, 1000), first + chatStart + chatFinish + chatDone);
    }

    void wholeEventsPassWithoutACopy()
    {
        Played played("/v1/chat/completions", chatBody);
        played.open();
        played.exchange->replyHead({200, {{"content-type", "text/event-stream"}}});
        const std::string_view out = played.exchange->feed(chatStart, tickNow());
        QCOMPARE(out.size(), chatStart.size());
        QCOMPARE(static_cast<const void*>(out.data()), static_cast<const void*>(chatStart.data()));
    }

    void aStreamWithoutItsEndIsToldAsAnError()
    {
        for (std::size_t cut = 0; cut <= chatStart.size(); ++cut) {
            Played played("/v1/chat/completions", chatBody);
            played.open();
            const Error cause {ErrorKind::Cut, "reset"};
            const std::string out = played.play(chatStart.substr(0, cut), 64, cut % 2 ? &cause : nullptr);
            QVERIFY(played.exchange->ending().has_value());
            QVERIFY2(out.ends_with("}\n\n") && out.find("data: {\"error\":") != std::string::npos, out.c_str());
            QVERIFY(out.find("[DONE]") == std::string::npos);
            // No half event before the error: every block parses.
            QVERIFY(out.find("}data:") == std::string::npos);
        }
    }

    void finishedWithoutDoneIsWhole()
    {
        Played played("/v1/chat/completions", chatBody);
        played.open();
        QCOMPARE(played.play(chatStart + chatFinish, 64), chatStart + chatFinish);
        QVERIFY(!played.exchange->ending());
        QCOMPARE(int(played.exchange->usageKind()), int(UsageKind::Estimated));
        QVERIFY(played.exchange->usage().output > 0);
    }

    void aCutAfterTheLastEventIsASuccess()
    {
        Played played("/v1/chat/completions", chatBody);
        played.open();
        const Error cause {ErrorKind::Cut, "reset"};
        QCOMPARE(played.play(chatStart + chatFinish + chatDone, 64, &cause), chatStart + chatFinish + chatDone);
        QVERIFY(!played.exchange->ending());
    }

    void anErrorAsFirstEventCommitsNothing()
    {
        Played played("/v1/chat/completions", chatBody);
        played.open();
        played.exchange->replyHead({200, {{"content-type", "text/event-stream"}}});
        played.exchange->feed(": OPENROUTER PROCESSING\n\n", tickNow());
        QVERIFY(!played.exchange->worthCommitting());
        played.exchange->feed("data: {\"error\":{\"message\":\"busy\",\"code\":429}}\n\n", tickNow());
        QVERIFY(!played.exchange->worthCommitting());
        QVERIFY(played.exchange->earlyError().has_value());
    }

    void wholeReplies()
    {
        const std::string reply = R"({"id":"c9","object":"chat.completion","model":"served-1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}})";
        Played played("/v1/chat/completions", R"({"model":"asked","messages":[]})");
        played.open();
        QCOMPARE(played.play(reply, 10, nullptr, "application/json"), reply);
        QCOMPARE(played.exchange->usage().output, 6);
        QCOMPARE(played.exchange->answeredModel(), "served-1");
        QCOMPARE(played.exchange->upstreamId(), "c9");
        QVERIFY(played.exchange->worthCommitting());

        for (const char* bad : {"<html>no</html>", "{\"id\":\"c\", \"choi", ""}) {
            Played broken("/v1/chat/completions", R"({"model":"asked","messages":[]})");
            broken.open();
            QCOMPARE(broken.play(bad, 10, nullptr, "application/json"), std::string());
            QCOMPARE(int(broken.exchange->ending()->kind), int(ErrorKind::BadReply));
        }
        Played error("/v1/chat/completions", R"({"model":"asked","messages":[]})");
        error.open();
        error.play(R"({"error":{"message":"no credit","code":"insufficient_quota"}})", 10, nullptr, "application/json");
        QVERIFY(error.exchange->earlyError().has_value());
        QVERIFY(!error.exchange->worthCommitting());
    }

    void repliesKeepNoCookiesAndNoFraming()
    {
        Played played("/v1/chat/completions", chatBody);
        Exchange& exchange = played.open();
        const ReplyHead head = exchange.replyHead({200,
            {{"Content-Type", "text/event-stream"}, {"Set-Cookie", "a=b"}, {"Transfer-Encoding", "chunked"}, {"Access-Control-Allow-Origin", "*"},
                {"X-RateLimit-Remaining-Tokens", "5"}, {"x-request-id", "up-1"}, {"Content-Length", "4"}, {"Location", "https://evil"}}});
        QCOMPARE(head.headers.size(), std::size_t(2));
        QVERIFY(head.headers.has("content-type"));
        QVERIFY(head.headers.has("x-ratelimit-remaining-tokens"));
        QCOMPARE(exchange.upstreamId(), "up-1");
    }

    void operationsThatOtherProtocolsLackAreRefusedClearly()
    {
        Played played("/v1/moderations", R"({"model":"asked","input":"hi"})", DialectId::Anthropic);
        played.address = *addressOf("POST", "/v1/moderations", "", {});
        played.sketch = *sketchOf(played.address, "application/json", played.raw.body);
        const auto exchange = Exchange::open(played.raw, played.address, played.sketch, played.route, {"i", "0000answer", 1700000000, 42});
        QVERIFY(!exchange);
        QCOMPARE(int(exchange.error().kind), int(ErrorKind::Unsupported));
        QVERIFY(exchange.error().message.find("Anthropic Messages") != std::string::npos);
    }

    void aResponseThatFailedIsNoSuccess()
    {
        Played played("/v1/responses", "{\"model\":\"asked\",\"stream\":true,\"input\":\"hi\"}", DialectId::OpenaiResponses);
        played.open();
        const std::string begun = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"he\"}\n\n";
        const std::string failed = "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"down\"}}}\n\n";
        QCOMPARE(played.play(begun + failed, 9), begun + failed); // said once, in the upstream's words
        QVERIFY(played.exchange->ending());
        QVERIFY(!played.exchange->sawEnd());
    }

    void theBillingLineStaysAtHome()
    {
        const std::string body = R"({"model":"asked","system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2; cch=1a2b;"},{"type":"text","text":"S"}],"messages":[{"role":"user","content":"hi"}]})";
        Played other("/v1/messages", body, DialectId::Anthropic);
        other.open();
        QCOMPARE(QString::fromStdString(other.sentBody()),
            QStringLiteral(R"({"model":"served","system":[{"type":"text","text":"S"}],"messages":[{"role":"user","content":"hi"}]})"));
        Played own("/v1/messages", body, DialectId::Anthropic);
        own.endpoint.base = *parseUrl("https://api.anthropic.com/v1");
        own.open();
        QVERIFY(own.sentBody().find("billing") != std::string::npos);
    }

    void stateOfAnotherUpstreamIsLeftOut()
    {
        const std::string carried = wrapped({CarryKind::OpenaiEncrypted, 7, "gAAA"});
        Played played("/v1/messages",
            R"({"model":"asked","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":")" + carried
                + R"("},{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"EuYB"},{"type":"text","text":"b"}]}]})",
            DialectId::Anthropic);
        played.open();
        const std::string sent = played.sentBody();
        QVERIFY(sent.find(carried) == std::string::npos);
        QVERIFY(sent.find(R"({"role":"assistant","content":[{"type":"text","text":"a"}]})") != std::string::npos);
        QVERIFY(sent.find("EuYB") != std::string::npos);
    }

    void aWholeAnswerToAStreamingClientIsToldAsAStream()
    {
        Played played("/v1/chat/completions", chatBody, DialectId::OpenaiChat);
        played.open();
        const std::string out = played.play(
            R"({"id":"c","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})",
            7, nullptr, "application/json");
        QVERIFY(played.exchange->isStream());
        QVERIFY2(out.starts_with("data: {"), out.c_str());
        QVERIFY(out.find("\"content\":\"hello\"") != std::string::npos);
        QVERIFY(out.ends_with("data: [DONE]\n\n"));
        QCOMPARE(played.exchange->usage().output, Tokens(2));
    }

    void storedAnswersRememberTheirChannel()
    {
        Played played("/v1/responses", R"({"model":"asked","input":"hi","stream":true})", DialectId::OpenaiResponses);
        played.open();
        played.play("event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"status\":\"in_progress\"}}\n\n"
                    "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":4,\"total_tokens\":7}}}\n\n",
            33);
        QCOMPARE(played.exchange->madeTask(), "resp_1");
        QCOMPARE(played.exchange->usage().input, 3);
        QVERIFY(played.exchange->sawEnd());
    }
};

QTEST_GUILESS_MAIN(TestExchange)
#include "tst_exchange.moc"
