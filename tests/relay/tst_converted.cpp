#include <string>

#include "dialect/dialect.h"
#include "relay/exchange.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

/// A call of a client that speaks one protocol, on a channel that speaks another.
struct Pair
{
    Pair(std::string path, std::string body, DialectId upstream, std::string query = {})
    {
        raw.head.method = "POST";
        raw.head.path = std::move(path);
        raw.head.query = std::move(query);
        raw.head.headers = {{"Host", "127.0.0.1:8411"}, {"x-api-key", "ws-secret"}, {"anthropic-beta", "x"}, {"x-app", "cli"},
            {"User-Agent", "claude-cli/2"}, {"Content-Type", "application/json"}};
        raw.body = std::move(body);
        raw.body.reserve(raw.body.size() + 64);
        channel.id = ChannelId("c1");
        channel.name = "first";
        channel.provider = ProviderId("openai-compatible");
        channel.keys.emplace_back();
        channel.keys[0].secret = Secret("sk-upstream-0123456789");
        endpoint.dialect = upstream;
        endpoint.base = *parseUrl("https://api.example.com/v1");
        route = Route {&channel, &endpoint, &channel.keys[0], ModelName("served")};
    }

    Result<void> open()
    {
        address = *addressOf(raw.head.method, raw.head.path, raw.head.query, raw.head.headers);
        sketch = *sketchOf(address, "application/json", raw.body);
        auto opened = Exchange::open(raw, address, sketch, route, {"instance-1", "0000answer", 1700000000, 42});
        if (!opened)
            return opened.error();
        exchange = std::move(*opened);
        request = exchange->request();
        return {};
    }

    Json sent() const
    {
        std::string joined;
        for (const std::string_view slice : request.body)
            joined += slice;
        return Json::parse(joined);
    }

    std::string play(const std::string& reply, const Error* cause = nullptr, const char* type = "text/event-stream")
    {
        head = exchange->replyHead({200, {{"content-type", type}, {"x-request-id", "up-1"}}});
        std::string out;
        for (std::size_t at = 0; at < reply.size(); at += 11)
            out += exchange->feed(std::string_view(reply).substr(at, 11), tickNow());
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
    ReplyHead head;
};

const std::string messages = R"({"model":"asked","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]})";
const std::string messagesWhole = R"({"model":"asked","max_tokens":64,"messages":[{"role":"user","content":"hi"}]})";
const std::string chunks = "data: {\"id\":\"c\",\"model\":\"served-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hel\"}}]}\n\n"
                           "data: {\"id\":\"c\",\"model\":\"served-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"}}]}\n\n";
const std::string finish = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                           "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n"
                           "data: [DONE]\n\n";
const std::string whole = R"({"id":"c","object":"chat.completion","model":"served-1","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}})";

}

class TestConverted : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theUpstreamIsAskedInItsOwnProtocol()
    {
        Pair pair("/v1/messages", messages, DialectId::OpenaiChat, "beta=true");
        QVERIFY(pair.open());
        QCOMPARE(pair.request.target, std::string("/v1/chat/completions"));
        QCOMPARE(std::string(pair.request.headers.value("authorization")), std::string("Bearer sk-upstream-0123456789"));
        QCOMPARE(std::string(pair.request.headers.value("user-agent")), std::string("claude-cli/2"));
        for (const char* gone : {"x-api-key", "anthropic-beta", "anthropic-version", "x-app", "host"})
            QVERIFY2(!pair.request.headers.has(gone), gone);
        const Json sent = pair.sent();
        QCOMPARE(sent["model"].get<std::string>(), std::string("served"));
        QCOMPARE(sent["messages"].dump(), std::string(R"([{"role":"user","content":"hi"}])"));
        QVERIFY(sent["stream_options"]["include_usage"].get<bool>());
    }

    void eachProtocolHasItsPath()
    {
        const std::string chat = R"({"model":"asked","stream":true,"messages":[{"role":"user","content":"hi"}]})";
        Pair gemini("/v1/chat/completions", chat, DialectId::Gemini);
        QVERIFY(gemini.open());
        QCOMPARE(gemini.request.target, std::string("/v1/models/served:streamGenerateContent?alt=sse"));
        Pair anthropic("/v1/chat/completions", chat, DialectId::Anthropic);
        QVERIFY(anthropic.open());
        QCOMPARE(anthropic.request.target, std::string("/v1/messages"));
        QVERIFY(anthropic.request.headers.has("anthropic-version"));
        Pair responses("/v1/chat/completions", chat, DialectId::OpenaiResponses);
        QVERIFY(responses.open());
        QCOMPARE(responses.request.target, std::string("/v1/responses"));
    }

    void aStreamIsToldInTheClientsProtocol()
    {
        Pair pair("/v1/messages", messages, DialectId::OpenaiChat);
        QVERIFY(pair.open());
        const std::string out = pair.play(chunks + finish);
        QCOMPARE(std::string(pair.head.headers.value("content-type")), std::string("text/event-stream"));
        QVERIFY2(out.starts_with("event: message_start\n"), out.c_str());
        QVERIFY(out.find("\"text\":\"hel\"") != std::string::npos);
        QVERIFY(out.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
        QVERIFY(pair.exchange->sawEnd());
        QCOMPARE(pair.exchange->usage().input, Tokens(9));
        QCOMPARE(int(pair.exchange->usageKind()), int(UsageKind::Reported));
        QCOMPARE(pair.exchange->answeredModel(), std::string("served-1"));
        QCOMPARE(pair.exchange->upstreamId(), std::string("up-1"));
        QVERIFY(pair.exchange->firstTokenAt());
    }

    void aWholeAnswerIsToldInTheClientsProtocol()
    {
        Pair pair("/v1/messages", messagesWhole, DialectId::OpenaiChat);
        QVERIFY(pair.open());
        const Json out = Json::parse(pair.play(whole, nullptr, "application/json"));
        QCOMPARE(out["type"].get<std::string>(), std::string("message"));
        QCOMPARE(out["content"][0]["text"].get<std::string>(), std::string("hello"));
        QCOMPARE(out["model"].get<std::string>(), std::string("asked"));
        QCOMPARE(out["usage"]["input_tokens"].get<int>(), 9);
    }

    void whatTheUpstreamSendsDecidesNotWhatWasAsked()
    {
        Pair streaming("/v1/messages", messages, DialectId::OpenaiChat);
        QVERIFY(streaming.open());
        QVERIFY(streaming.play(whole, nullptr, "application/json").ends_with("\"message_stop\"}\n\n"));
        Pair plain("/v1/messages", messagesWhole, DialectId::OpenaiChat);
        QVERIFY(plain.open());
        QCOMPARE(Json::parse(plain.play(chunks + finish))["content"][0]["text"].get<std::string>(), std::string("hello"));
    }

    void anErrorAsFirstEventCanStillMoveOn()
    {
        Pair pair("/v1/messages", messages, DialectId::OpenaiChat);
        QVERIFY(pair.open());
        pair.exchange->replyHead({200, {{"content-type", "text/event-stream"}}});
        pair.exchange->feed("data: {\"error\":{\"message\":\"busy\",\"code\":429}}\n\n", tickNow());
        QVERIFY(pair.exchange->earlyError());
        QVERIFY(!pair.exchange->worthCommitting());
        QCOMPARE(int(pair.exchange->earlyError()->kind), int(ErrorKind::RateLimited));
    }

    void aCutStreamEndsInTheClientsError()
    {
        Pair pair("/v1/messages", messages, DialectId::OpenaiChat);
        QVERIFY(pair.open());
        const std::string out = pair.play(chunks);
        QVERIFY2(out.find("event: error\n") != std::string::npos, out.c_str());
        QVERIFY(out.find("message_stop") == std::string::npos);
        QVERIFY(pair.exchange->ending());
        QCOMPARE(int(pair.exchange->ending()->kind), int(ErrorKind::Cut));
        QVERIFY(!pair.exchange->sawEnd());
        QCOMPARE(int(pair.exchange->usageKind()), int(UsageKind::Estimated));
    }

    void lossesAreToldOrRefused()
    {
        const std::string body = R"({"model":"asked","max_tokens":64,"top_k":5,"messages":[{"role":"user","content":"hi"}]})";
        Pair told("/v1/messages", body, DialectId::OpenaiChat);
        QVERIFY(told.open());
        QCOMPARE(told.exchange->warnings(), std::vector<std::string> {"drop:top_k"});
        Pair refused("/v1/messages", body, DialectId::OpenaiChat);
        refused.route.rejectsLosses = true;
        const auto opened = refused.open();
        QVERIFY(!opened);
        QCOMPARE(opened.error().field, std::string("top_k"));
        QCOMPARE(writeError(DialectId::Anthropic, opened.error(), "").status, 400);
    }

    void habitsOfTheChannelAreObeyed()
    {
        Pair pair("/v1/messages", R"({"model":"asked","max_tokens":64,"top_k":5,"messages":[{"role":"user","content":"hi"}]})", DialectId::OpenaiChat);
        pair.channel.quirks = {"+top-k", "-old-max-tokens"};
        QVERIFY(pair.open());
        QCOMPARE(pair.sent()["top_k"].get<int>(), 5);
        QCOMPARE(pair.sent()["max_completion_tokens"].get<int>(), 64);
        QVERIFY(pair.exchange->warnings().empty());
    }

    void theSameHistoryGivesTheSameOctets()
    {
        const auto bodyOf = [](const std::string& body) {
            Pair pair("/v1beta/models/asked:generateContent", body, DialectId::OpenaiChat);
            [&] { QVERIFY(pair.open()); }();
            return pair.sent().dump();
        };
        const std::string body = R"({"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"functionCall":{"name":"add","args":{"a":1}}}]},{"role":"user","parts":[{"functionResponse":{"name":"add","response":{"output":"2"}}}]}]})";
        QCOMPARE(bodyOf(body), bodyOf(body));
    }
};

QTEST_GUILESS_MAIN(TestConverted)
#include "tst_converted.moc"
