#include <string>

#include "relay/converted_other.h"
#include "relay/exchange.h"
#include "relay/guard.h"
#include "relay/route.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* threeAsBase64 = "AAAAPwAAoL8AAEBA"; // 0.5, -1.25, 3

/// One call to an upstream of another protocol.
struct Played
{
    Played(const char* path, std::string body, DialectId upstream)
    {
        raw.head.method = "POST";
        raw.head.path = path;
        raw.head.headers = {{"authorization", "Bearer ws-secret"}, {"x-goog-api-key", "ws-secret"}, {"user-agent", "tester/1"},
            {"openai-organization", "org"}};
        raw.body = std::move(body);
        raw.body.reserve(raw.body.size() + 64);
        channel.id = ChannelId("c1");
        channel.name = "first";
        channel.keys.emplace_back();
        channel.keys[0].secret = Secret("sk-upstream-0123456789");
        endpoint.dialect = upstream;
        const bool isGemini = upstream == DialectId::Gemini;
        endpoint.base = *parseUrl(isGemini ? "https://generativelanguage.googleapis.com/v1beta" : "https://api.example.com/v1");
        endpoint.signIn = isGemini ? SignIn::XGoogApiKey : SignIn::Bearer;
        route = Route {&channel, &endpoint, &channel.keys[0], ModelName("served")};
    }

    /// What is refused, and as what; empty when the call is taken.
    QString open()
    {
        address = *addressOf(raw.head.method, raw.head.path, raw.head.query, raw.head.headers);
        sketch = *sketchOf(address, contentType, raw.body);
        auto opened = Exchange::open(raw, address, sketch, route, {"instance-1", "0000answer", 1700000000, 42});
        if (!opened)
            return QStringLiteral("%1 %2").arg(QLatin1String(nameOf(opened.error().kind)), QString::fromStdString(opened.error().field));
        exchange = std::move(*opened);
        request = exchange->request();
        for (const std::string_view slice : request.body)
            sent += slice;
        return {};
    }

    /// What the client gets of a reply that comes in pieces of `size` octets.
    std::string play(const std::string& reply, std::size_t size = 7, const char* type = "application/json")
    {
        head = exchange->replyHead({200, {{"content-type", type}, {"x-request-id", "up-1"}}});
        std::string out;
        for (std::size_t at = 0; at < reply.size(); at += size)
            out += exchange->feed(std::string_view(reply).substr(at, size), tickNow());
        out += exchange->finish(nullptr);
        return out;
    }

    const char* contentType = "application/json";
    PlanChannel channel;
    PlanEndpoint endpoint;
    Route route;
    RawCall raw;
    Address address;
    CallSketch sketch;
    std::unique_ptr<Exchange> exchange;
    UpstreamRequest request;
    ReplyHead head;
    std::string sent;
};

QString shown(const std::string& json)
{
    const Json parsed = Json::parse(json, nullptr, false);
    return QString::fromStdString(parsed.is_discarded() ? "NOT JSON: " + json : parsed.dump(1));
}

std::string valueOf(const Headers& headers, const char* name)
{
    return std::string(headers.value(name));
}

const TimePoint noon {std::chrono::hours(12)};

/// How a plan with one channel that speaks only `spoken` serves the call.
QString served(DialectId asked, Operation operation, DialectId spoken)
{
    Plan plan;
    PlanChannel& channel = plan.channels.emplace_back();
    channel.id = ChannelId("c1");
    channel.name = "a";
    channel.needsKey = false;
    channel.models = {ModelName("m")};
    channel.endpoints.emplace_back();
    channel.endpoints[0].dialect = spoken;
    channel.endpoints[0].base = *parseUrl("https://api.example.com/v1");
    RouteWish wish;
    wish.dialect = asked;
    wish.operation = operation;
    wish.model = ModelName("m");
    const auto routes = routesFor(wish, plan, Health {}, noon);
    return routes ? QLatin1String(nameOf(routes->best[0].endpoint->dialect)) : QLatin1String(nameOf(routes.error().error.kind));
}

}

class TestConvertedOther : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void embeddingsGoToGemini()
    {
        Played played("/v1/embeddings", R"({"model":"asked","input":["one","two"],"encoding_format":"base64"})", DialectId::Gemini);
        QCOMPARE(played.open(), QString());
        QCOMPARE(played.request.target, "/v1beta/models/served:batchEmbedContents");
        QCOMPARE(valueOf(played.request.headers, "x-goog-api-key"), "sk-upstream-0123456789");
        QCOMPARE(valueOf(played.request.headers, "user-agent"), "tester/1");
        QCOMPARE(valueOf(played.request.headers, "content-type"), "application/json");
        QCOMPARE(std::string(played.request.headers.value(hopHeader)), "instance-1");
        QVERIFY(!played.request.headers.has("authorization"));
        QVERIFY(!played.request.headers.has("openai-organization"));
        QCOMPARE(shown(played.sent), shown(R"({"requests": [
            {"model": "models/served", "content": {"parts": [{"text": "one"}]}},
            {"model": "models/served", "content": {"parts": [{"text": "two"}]}}]})"));

        const std::string out = played.play(R"({"embeddings":[{"values":[0.5,-1.25,3]},{"values":[1.5]}]})");
        QCOMPARE(shown(out), shown(R"({"object": "list", "data": [
            {"object": "embedding", "index": 0, "embedding": "AAAAPwAAoL8AAEBA"},
            {"object": "embedding", "index": 1, "embedding": "AADAPw=="}],
            "model": "asked", "usage": {"prompt_tokens": 2, "total_tokens": 2}})"));
        QCOMPARE(valueOf(played.head.headers, "content-type"), "application/json");
        QCOMPARE(int(played.exchange->usageKind()), int(UsageKind::Estimated));
        QCOMPARE(played.exchange->usage().input, 2);
        QCOMPARE(played.exchange->upstreamId(), "up-1");
        QVERIFY(played.exchange->sawEnd());
        QVERIFY(played.exchange->firstTokenAt());
        QVERIFY(!played.exchange->isStream());
        QVERIFY(played.exchange->warnings().empty());
    }

    void embeddingsGoToTheOpenaiFamily()
    {
        Played played("/v1beta/models/asked:embedContent",
            R"({"model":"models/asked","content":{"parts":[{"text":"one"}]},"taskType":"CLUSTERING","outputDimensionality":3})", DialectId::OpenaiChat);
        QCOMPARE(played.open(), QString());
        QCOMPARE(played.request.target, "/v1/embeddings");
        QCOMPARE(valueOf(played.request.headers, "authorization"), "Bearer sk-upstream-0123456789");
        QVERIFY(!played.request.headers.has("x-goog-api-key"));
        QCOMPARE(shown(played.sent), shown(R"({"model": "served", "input": ["one"], "dimensions": 3, "encoding_format": "float"})"));
        QCOMPARE(played.exchange->warnings(), std::vector<std::string> {"drop:taskType"});

        const std::string out = played.play(R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAoL8AAEBA"}],"model":"served-1","usage":{"prompt_tokens":4,"total_tokens":4}})");
        QCOMPARE(shown(out), shown(R"({"embedding": {"values": [0.5, -1.25, 3]}, "usageMetadata": {"promptTokenCount": 4}})"));
        QCOMPARE(int(played.exchange->usageKind()), int(UsageKind::Reported));
        QCOMPARE(played.exchange->usage().input, 4);
        QCOMPARE(played.exchange->answeredModel(), "served-1");
    }

    void vectorsInTheOtherFormAreChangedOnTheWay()
    {
        const std::string start = R"({"object":"list","data":[{"object":"embedding","embedding":)";
        const std::string end = R"(,"index":0}],"model":"served-1","usage":{"prompt_tokens":4,"total_tokens":4},"own":true})";
        const std::string numbers = start + "[0.5,-1.25,3]" + end;
        const std::string coded = start + '"' + threeAsBase64 + '"' + end;
        const auto passed = [](const char* body, const std::string& reply, const char* type) {
            Played played("/v1/embeddings", body, DialectId::OpenaiChat);
            if (!played.open().isEmpty())
                return std::string("refused");
            const std::string out = played.play(reply, 7, type);
            return played.exchange->usage().input == 4 || std::string_view(type) != "application/json" ? out : std::string("not counted");
        };
        const char* wantsBase64 = R"({"model":"asked","input":"a","encoding_format":"base64"})";
        const char* wantsNumbers = R"({"model":"asked","input":"a"})";
        const char* json = "application/json";
        QCOMPARE(passed(wantsBase64, numbers, json), coded);
        QCOMPARE(passed(wantsNumbers, coded, json), numbers);
        QCOMPARE(passed(wantsBase64, coded, json), coded);
        QCOMPARE(passed(wantsNumbers, numbers, json), numbers);
        // What is no JSON by its own word is passed piece by piece.
        QCOMPARE(passed(wantsBase64, numbers, "application/octet-stream"), numbers);
    }

    void tokenIdsAreRefusedByName()
    {
        Played played("/v1/embeddings", R"({"model":"asked","input":[[1,2,3]]})", DialectId::Gemini);
        QCOMPARE(played.open(), QStringLiteral("unsupported input"));
    }

    void lossesAreRefusedWhereTheAliasSaysSo()
    {
        Played embeddings("/v1beta/models/asked:embedContent", R"({"content":{"parts":[{"text":"one"}]},"taskType":"CLUSTERING"})", DialectId::OpenaiChat);
        embeddings.route.rejectsLosses = true;
        QCOMPARE(embeddings.open(), QStringLiteral("unsupported taskType"));
        Played pictures("/v1/images/generations", R"({"model":"asked","prompt":"p","n":2})", DialectId::Gemini);
        pictures.route.rejectsLosses = true;
        QCOMPARE(pictures.open(), QStringLiteral("unsupported n"));
    }

    void picturesAreMadeByGemini()
    {
        Played played("/v1/images/generations", R"({"model":"asked","prompt":"a cat","size":"1024x1024"})", DialectId::Gemini);
        QCOMPARE(played.open(), QString());
        QCOMPARE(played.request.target, "/v1beta/models/served:generateContent");
        QCOMPARE(shown(played.sent), shown(R"({"contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
            "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "1:1"}}})"));
        QCOMPARE(played.exchange->warnings(), std::vector<std::string> {"adapt:size"});

        const std::string out = played.play(R"({"candidates":[{"content":{"parts":[{"text":"Here."},{"inlineData":{"mimeType":"image/webp","data":"QUJD"}}]},"finishReason":"STOP"}],"modelVersion":"v1"})");
        QCOMPARE(shown(out), shown(R"({"created": 1700000000, "data": [{"b64_json": "QUJD"}], "output_format": "webp"})"));
        QCOMPARE(played.exchange->usage().images, 1);
        QCOMPARE(int(played.exchange->usageKind()), int(UsageKind::Reported));
        QCOMPARE(played.exchange->answeredModel(), "v1");
    }

    void picturesThatAreWantedAsAStreamComeAsEvents()
    {
        Played played("/v1/images/generations", R"({"model":"asked","prompt":"a cat","stream":true})", DialectId::Gemini);
        QCOMPARE(played.open(), QString());
        QVERIFY(played.exchange->isStream());
        const std::string out = played.play(R"({"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QUJD"}}]}}]})");
        QCOMPARE(valueOf(played.head.headers, "content-type"), "text/event-stream");
        QCOMPARE(out, "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"QUJD\","
                      "\"created_at\":1700000000,\"output_format\":\"png\"}\n\n");
    }

    void imagensCallsGoToTheOpenaiFamily()
    {
        Played played("/v1beta/models/asked:predict", R"({"instances":[{"prompt":"a cat"}],"parameters":{"sampleCount":1,"aspectRatio":"1:1"}})", DialectId::OpenaiChat);
        QCOMPARE(played.open(), QString());
        QCOMPARE(played.request.target, "/v1/images/generations");
        QCOMPARE(shown(played.sent), shown(R"({"model": "served", "prompt": "a cat", "n": 1, "size": "1024x1024", "response_format": "b64_json"})"));
        QCOMPARE(shown(played.play(R"({"created":5,"data":[{"b64_json":"QUJD"}]})")),
            shown(R"({"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": "QUJD"}]})"));
        QCOMPARE(played.exchange->usage().images, 1);
    }

    void whatHasNoCounterpartIsRefused()
    {
        Played edits("/v1/images/edits", "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nasked\r\n--b--\r\n", DialectId::Gemini);
        edits.contentType = "multipart/form-data; boundary=b";
        QCOMPARE(edits.open(), QStringLiteral("unsupported "));
        Played toAnthropic("/v1/embeddings", R"({"model":"asked","input":"a"})", DialectId::Anthropic);
        QCOMPARE(toAnthropic.open(), QStringLiteral("unsupported "));
        Played speech("/v1/audio/speech", R"({"model":"asked","input":"a"})", DialectId::Gemini);
        QCOMPARE(speech.open(), QStringLiteral("unsupported "));
    }

    void anErrorInsideTheReplyMayMoveOn()
    {
        Played played("/v1/embeddings", R"({"model":"asked","input":"a"})", DialectId::Gemini);
        played.open();
        QCOMPARE(played.play(R"({"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}})"), "");
        QVERIFY(played.exchange->earlyError());
        QCOMPARE(int(played.exchange->earlyError()->kind), int(ErrorKind::Overloaded));
        QVERIFY(!played.exchange->sawEnd());
        QCOMPARE(int(played.exchange->usageKind()), int(UsageKind::None));
    }

    void aReplyThatBreaksOffIsNoAnswer()
    {
        Played played("/v1/embeddings", R"({"model":"asked","input":"a"})", DialectId::Gemini);
        played.open();
        played.exchange->replyHead({200, {}});
        QVERIFY(played.exchange->feed(R"({"embeddings":[{"values":[1]}]})", tickNow()).empty());
        QVERIFY(!played.exchange->worthCommitting());
        const Error cut {ErrorKind::Cut, "gone"};
        QVERIFY(played.exchange->finish(&cut).empty());
        QCOMPARE(int(played.exchange->ending()->kind), int(ErrorKind::Cut));
    }

    // ---- completions, told as a chat

    void aPromptIsAnsweredByEveryChat_data()
    {
        QTest::addColumn<int>("upstream");
        QTest::addColumn<QByteArray>("target");
        QTest::addColumn<QByteArray>("reply");
        QTest::newRow("responses") << int(DialectId::OpenaiResponses) << QByteArray("/v1/responses")
                                   << QByteArray(R"({"id":"r","object":"response","status":"completed","model":"served-1","output":[{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":" upon a time","annotations":[]}]}],"usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}})");
        QTest::newRow("anthropic") << int(DialectId::Anthropic) << QByteArray("/v1/messages")
                                   << QByteArray(R"({"id":"m","type":"message","role":"assistant","model":"served-1","content":[{"type":"text","text":" upon a time"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":4}})");
        QTest::newRow("gemini") << int(DialectId::Gemini) << QByteArray("/v1beta/models/served:generateContent")
                                << QByteArray(R"({"candidates":[{"content":{"role":"model","parts":[{"text":" upon a time"}]},"finishReason":"STOP","index":0}],"modelVersion":"served-1","usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7}})");
    }

    void aPromptIsAnsweredByEveryChat()
    {
        QFETCH(int, upstream);
        QFETCH(QByteArray, target);
        QFETCH(QByteArray, reply);
        Played played("/v1/completions", R"({"model":"asked","prompt":"Once","max_tokens":20,"suffix":"end"})", DialectId(upstream));
        QCOMPARE(played.open(), QString());
        QCOMPARE(played.request.target, target.toStdString());
        QVERIFY(played.sent.find("\"Once\"") != std::string::npos);
        QCOMPARE(played.exchange->warnings().front(), "drop:suffix");
        const Json answer = Json::parse(played.play(reply.toStdString()));
        QCOMPARE(answer["object"].get<std::string>(), "text_completion");
        QCOMPARE(answer["id"].get<std::string>(), "cmpl-0000answer");
        QCOMPARE(answer["model"].get<std::string>(), "asked");
        QCOMPARE(shown(answer["choices"].dump()), shown(R"([{"text": " upon a time", "index": 0, "logprobs": null, "finish_reason": "stop"}])"));
        QCOMPARE(answer["usage"]["total_tokens"].get<int>(), 7);
        QCOMPARE(played.exchange->usage().output, 4);
    }

    void aStreamedPromptEndsWithDone()
    {
        Played played("/v1/completions", R"({"model":"asked","prompt":"Once","max_tokens":20,"stream":true})", DialectId::Gemini);
        QCOMPARE(played.open(), QString());
        QCOMPARE(played.request.target, "/v1beta/models/served:streamGenerateContent?alt=sse");
        const std::string out = played.play("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" upon\"}]},\"index\":0}]}\n\n"
                                            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" a\"}]},\"finishReason\":\"MAX_TOKENS\",\"index\":0}]}\n\n",
            7, "text/event-stream");
        const std::string head = R"(data: {"id":"cmpl-0000answer","object":"text_completion","created":1700000000,"model":"asked","choices":[)";
        QCOMPARE(QString::fromStdString(out), QString::fromStdString(
            head + R"({"text":" upon","index":0,"logprobs":null,"finish_reason":null}]})" + "\n\n"
            + head + R"({"text":" a","index":0,"logprobs":null,"finish_reason":null}]})" + "\n\n"
            + head + R"({"text":"","index":0,"logprobs":null,"finish_reason":"length"}]})" + "\n\ndata: [DONE]\n\n"));
        QVERIFY(played.exchange->sawEnd());
    }

    // ---- who may serve them

    void otherFamiliesServeWhatCanBeToldToThem()
    {
        const QString refused = QStringLiteral("unsupported");
        for (const Operation operation : {Operation::Embeddings, Operation::Images}) {
            QCOMPARE(served(DialectId::OpenaiChat, operation, DialectId::OpenaiChat), QStringLiteral("openai-chat"));
            QCOMPARE(served(DialectId::OpenaiChat, operation, DialectId::Gemini), QStringLiteral("gemini"));
            QCOMPARE(served(DialectId::Gemini, operation, DialectId::OpenaiChat), QStringLiteral("openai-chat"));
            QCOMPARE(served(DialectId::OpenaiChat, operation, DialectId::Anthropic), refused);
            QCOMPARE(served(DialectId::Gemini, operation, DialectId::OpenaiResponses), refused);
        }
        for (const DialectId spoken : allDialects) {
            QCOMPARE(served(DialectId::OpenaiChat, Operation::Completions, spoken), QLatin1String(nameOf(spoken)));
            const QString speech = served(DialectId::OpenaiChat, Operation::Speech, spoken);
            QCOMPARE(speech, spoken == DialectId::OpenaiChat ? QStringLiteral("openai-chat") : refused);
        }
    }
};

QTEST_GUILESS_MAIN(TestConvertedOther)
#include "tst_converted_other.moc"
