#include "engine/engine.h"

#include "support/http_client.h"
#include "support/printers.h"
#include "support/running_relay.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <atomic>
#include <thread>

using namespace waystation;
using namespace waystation::test;
using Json = nlohmann::json;

namespace {

std::string chat(const char* model, bool stream, const char* more = "")
{
    return std::string("{\"model\":\"") + model + "\",\"stream\":" + (stream ? "true" : "false") + ",\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]" + more + "}";
}

struct Form
{
    DialectId dialect;
    const char* path;
    const char* streamPath;
    std::string body;
    std::string streamBody;
    const char* lastEvent;
};

const std::vector<Form>& forms()
{
    static const std::vector<Form> all {
        {DialectId::OpenaiChat, "/v1/chat/completions", "/v1/chat/completions", chat("@", false), chat("@", true), "data: [DONE]\n\n"},
        {DialectId::OpenaiResponses, "/v1/responses", "/v1/responses", R"({"model":"@","input":"one two three"})", R"({"model":"@","input":"one two three","stream":true})", "response.completed"},
        {DialectId::Anthropic, "/v1/messages", "/v1/messages", R"({"model":"@","max_tokens":9,"messages":[{"role":"user","content":"one two three"}]})",
            R"({"model":"@","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"one two three"}]})", "message_stop"},
        {DialectId::Gemini, "/v1beta/models/@:generateContent", "/v1beta/models/@:streamGenerateContent?alt=sse", R"({"contents":[{"role":"user","parts":[{"text":"one two three"}]}]})",
            R"({"contents":[{"role":"user","parts":[{"text":"one two three"}]}]})", "\"finishReason\":\"STOP\""},
    };
    return all;
}

std::string with(std::string text, const std::string& model)
{
    const std::size_t at = text.find('@');
    return at == std::string::npos ? text : text.replace(at, 1, model);
}

HttpClient::Reply call(Relay& relay, const Form& form, const std::string& model, bool stream)
{
    HttpClient client(relay.port);
    client.send("POST", with(stream ? form.streamPath : form.path, model), key, with(stream ? form.streamBody : form.body, model));
    return client.read();
}

}

class TestServe : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyProtocolAnswersWholeAndStreamed()
    {
        Relay relay;
        std::size_t row = 0;
        for (const Form& form : forms()) {
            for (const bool stream : {false, true}) {
                const auto reply = call(relay, form, "practice-echo", stream);
                QCOMPARE(reply.status, 200);
                QVERIFY(reply.isWhole);
                QVERIFY2(reply.body.find(stream ? "one " : "one two three") != std::string::npos, reply.body.c_str());
                if (stream)
                    QVERIFY2(reply.body.find(form.lastEvent) != std::string::npos, reply.body.c_str());
                const CallRecord record = relay.seen.record(row++);
                QCOMPARE(int(record.outcome), int(Outcome::Done));
                QCOMPARE(int(record.dialect), int(form.dialect));
                QCOMPARE(record.stream, stream);
                QCOMPARE(record.status, 200);
                QCOMPARE(record.clientName, "tester");
                QCOMPARE(record.askedModel.text(), "practice-echo");
                QCOMPARE(record.channelName, "practice");
                QCOMPARE(int(record.usageKind), int(UsageKind::Reported));
                QVERIFY(record.usage.input > 0 && record.usage.output > 0);
                QCOMPARE(record.cost.value_or(MicroUsd {-1}).value, 0);
                QVERIFY(record.isPractice);
                QCOMPARE(record.attempts.size(), std::size_t(1));
                QVERIFY(record.timings.firstToken && record.timings.end && *record.timings.firstToken <= *record.timings.end);
                QCOMPARE(reply.headers.at("x-waystation-call"), record.id.text());
            }
        }
    }

    void failuresComeInTheClientsProtocol()
    {
        Relay relay;
        for (const Form& form : forms()) {
            for (const bool stream : {false, true}) {
                const auto limited = call(relay, form, "practice-429", stream);
                QCOMPARE(limited.status, 429);
                QCOMPARE(limited.headers.at("retry-after"), "2");
                QVERIFY(Json::parse(limited.body).contains("error"));
                QCOMPARE(limited.headers.at("x-waystation-error"), "rate_limited");

                const auto refused = call(relay, form, "practice-401", stream);
                QCOMPARE(refused.status, 502); // the client's own key is fine
                QCOMPARE(refused.headers.at("x-waystation-error"), "upstream_auth");
                QCOMPARE(refused.headers.at("x-should-retry"), "false");

                QCOMPARE(call(relay, form, "practice-402", stream).headers.at("x-should-retry"), "false");
                QCOMPARE(call(relay, form, "practice-404", stream).status, 404);
                QCOMPARE(call(relay, form, "practice-500", stream).status, 500);
                QCOMPARE(call(relay, form, "practice-529", stream).status, 529);

                const auto garbage = call(relay, form, "practice-garbage", stream);
                QCOMPARE(garbage.status, 502);
                QVERIFY(Json::parse(garbage.body).contains("error"));
            }
        }
    }

    void aCutStreamEndsInTheProtocolsError()
    {
        Relay relay;
        std::size_t row = 0;
        for (const Form& form : forms()) {
            const auto reply = call(relay, form, "practice-cut", true);
            QCOMPARE(reply.status, 200);
            QVERIFY2(reply.body.find("error") != std::string::npos, reply.body.c_str());
            QVERIFY2(reply.body.find(form.lastEvent) == std::string::npos, reply.body.c_str());
            const CallRecord record = relay.seen.record(row++);
            QCOMPARE(int(record.outcome), int(Outcome::Cut));
            QCOMPARE(int(record.error->kind), int(ErrorKind::Cut));
            QVERIFY(record.usageKind != UsageKind::None);

            QCOMPARE(call(relay, form, "practice-cut", false).status, 502);
            QCOMPARE(int(relay.seen.record(row++).outcome), int(Outcome::Failed));
        }
    }

    void aStallEndsAtTheIdleLimit()
    {
        Relay relay([](Plan& plan) { plan.channels[0].timeouts.idle = Millis(300); });
        for (const Form& form : forms()) {
            const auto reply = call(relay, form, "practice-stall", true);
            QVERIFY2(reply.body.find("error") != std::string::npos, reply.body.c_str());
        }
        QCOMPARE(int(relay.seen.record(0).error->kind), int(ErrorKind::Timeout));
    }

    void everyPathWantsAKey()
    {
        Relay relay;
        for (const char* path : {"/v1/models", "/v1beta/models", "/v1/chat/completions", "/v1/nothing", "/", "/health"}) {
            HttpClient client(relay.port);
            client.send(std::string_view(path).ends_with("completions") ? "POST" : "GET", path, "", "");
            QCOMPARE(client.read().status, 401);
            HttpClient wrong(relay.port);
            wrong.send("GET", path, "ws-wrong", "");
            QCOMPARE(wrong.read().status, 401);
        }
        for (const char* header : {"x-api-key", "api-key", "x-goog-api-key"}) {
            HttpClient client(relay.port);
            client.send("GET", "/v1/models", "", "", std::string(header) + ": " + key + "\r\n");
            QCOMPARE(client.read().status, 200);
        }
        HttpClient query(relay.port);
        query.send("GET", "/v1beta/models?key=" + key, "", "");
        QCOMPARE(query.read().status, 200);
        for (const char* path : {"/", "/api/hello"}) {
            HttpClient hello(relay.port);
            hello.send("HEAD", path, "", "");
            QCOMPARE(hello.read().status, 200);
        }
    }

    void strangersAreTurnedAway()
    {
        Relay relay;
        const std::string auth = "Authorization: Bearer " + key + "\r\n";
        const std::string host = "Host: 127.0.0.1:" + std::to_string(relay.port) + "\r\n";
        for (const std::string& head : {"Host: evil.example\r\n" + auth, "Host: 127.0.0.1:1\r\n" + auth, host + auth + "Origin: https://evil.example\r\n", host + auth + "Origin: null\r\n",
                 host + auth + "Sec-Fetch-Site: cross-site\r\n"}) {
            HttpClient client(relay.port);
            client.sendRaw("GET /v1/models HTTP/1.1\r\n" + head + "\r\n");
            const auto reply = client.read();
            QCOMPARE(reply.status, 403);
            QVERIFY(!reply.headers.count("access-control-allow-origin"));
        }
        HttpClient loop(relay.port);
        loop.sendRaw("POST /v1/chat/completions HTTP/1.1\r\n" + host + auth + "x-waystation-hop: other, this-one\r\nContent-Length: 2\r\n\r\n{}");
        QCOMPARE(loop.read().headers.at("x-waystation-error"), "loop_detected");
    }

    void webSocketsAreToldToPostWhereTheyAreSwitchedOff()
    {
        Relay relay([](Plan& plan) { plan.answersWebSockets = false; });
        HttpClient client(relay.port);
        client.send("GET", "/v1/responses", key, "", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n");
        QCOMPARE(client.read().status, 426);
    }

    void badBodiesGetAClearRefusal()
    {
        Relay relay([](Plan& plan) { plan.maxBodyBytes = 1000; });
        const auto post = [&](const std::string& body, const char* type = "application/json") {
            HttpClient client(relay.port);
            client.sendRaw("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(relay.port) + "\r\nAuthorization: Bearer " + key
                + "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
            return client.read();
        };
        for (const char* body : {"", "[]", "{", "{\"messages\":[]}", "{\"model\":\"a\",\"model\":\"b\"}", "{\"model\":5}", "nonsense"}) {
            const auto reply = post(body);
            QCOMPARE(reply.status, 400);
            QVERIFY(Json::parse(reply.body).contains("error"));
        }
        QCOMPARE(post(chat("practice-echo", false), "text/plain").status, 400);
        QCOMPARE(post(std::string(2000, ' ')).status, 413);
        const auto unknown = post(chat("no-such-model", false));
        QCOMPARE(unknown.status, 404);
        QCOMPARE(unknown.headers.at("x-should-retry"), "false");
    }

    void aFailedAttemptMovesOnBeforeAnyByte()
    {
        Relay relay([](Plan& plan) {
            plan.channels.push_back(practiceChannel("second"));
            plan.aliases = {alias("works", {{"practice", "practice-500"}, {"second", "practice-echo"}}),
                alias("late", {{"practice", "practice-garbage"}, {"second", "practice-529"}, {"second", "practice-echo"}}),
                alias("mine", {{"practice", "practice-404"}, {"second", "practice-echo"}}), alias("begun", {{"practice", "practice-cut"}, {"second", "practice-echo"}})};
        });
        const Form& form = forms()[0];
        QCOMPARE(call(relay, form, "works", true).status, 200);
        const CallRecord moved = relay.seen.record(0);
        QCOMPARE(moved.attempts.size(), std::size_t(2));
        QCOMPARE(moved.attempts[0].status, 500);
        QVERIFY(moved.attempts[0].error.has_value());
        QCOMPARE(moved.channelName, "second");
        QCOMPARE(moved.servedModel.text(), "practice-echo");
        QVERIFY(moved.route.size() >= 2);

        QCOMPARE(call(relay, form, "late", true).status, 200);
        QCOMPARE(relay.seen.record(1).attempts.size(), std::size_t(3));

        QCOMPARE(call(relay, form, "mine", true).status, 404); // the client's own to mend
        QCOMPARE(relay.seen.record(2).attempts.size(), std::size_t(1));

        const auto cut = call(relay, form, "begun", true); // bytes had left
        QVERIFY(cut.body.find("error") != std::string::npos);
        QCOMPARE(relay.seen.record(3).attempts.size(), std::size_t(1));
    }

    void aClientThatLeavesIsNoticedWithinASecond()
    {
        Relay relay;
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, chat("practice-slow", true));
        QVERIFY(client.readUntil("practice "));
        const auto left = std::chrono::steady_clock::now();
        client.close();
        const CallRecord record = relay.seen.record(0);
        QVERIFY(std::chrono::steady_clock::now() - left < std::chrono::seconds(1));
        QCOMPARE(int(record.outcome), int(Outcome::CancelledByClient));
        QCOMPARE(int(record.usageKind), int(UsageKind::Estimated));
        QVERIFY(record.usage.output > 0);
    }

    void progressIsToldInOctets()
    {
        Relay relay;
        const auto reply = call(relay, forms()[0], "practice-slow", true);
        QCOMPARE(reply.status, 200);
        relay.seen.record(0);
        // The answer has 89 octets, which are 23 tokens; the news come every other word.
        const std::int64_t most = relay.seen.mostContentOctets();
        QVERIFY2(most > 60 && most <= 89, std::to_string(most).c_str());
    }

    void theUserCancelsACall()
    {
        Relay relay;
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, chat("practice-stall", true));
        QVERIFY(client.readUntil("one "));
        relay.engine().cancel(relay.seen.started());
        const auto reply = client.read();
        QVERIFY2(reply.body.find("cancelled") != std::string::npos, reply.body.c_str());
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::CancelledByUser));
    }

    void stoppingLetsRunningCallsFinish()
    {
        Relay relay;
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, chat("practice-slow", true));
        QVERIFY(client.readUntil("practice "));
        relay.engine().stop(Millis(20'000));
        QVERIFY(client.readUntil("[DONE]"));
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::Done));
        QVERIFY(!relay.engine().isRunning());
    }

    void stoppingCancelsWhatTakesTooLong()
    {
        Relay relay;
        std::vector<HttpClient> clients;
        for (int i = 0; i < 20; ++i) {
            clients.emplace_back(relay.port);
            clients.back().send("POST", "/v1/chat/completions", key, chat(i % 2 ? "practice-stall" : "practice-slow", true));
        }
        for (HttpClient& client : clients)
            QVERIFY(client.readUntil("data: "));
        const auto began = std::chrono::steady_clock::now();
        relay.engine().stop(Millis(200));
        QVERIFY(std::chrono::steady_clock::now() - began < std::chrono::seconds(3));
        QCOMPARE(relay.seen.count(), std::size_t(20));
        for (std::size_t i = 0; i < 20; ++i)
            QCOMPARE(int(relay.seen.record(i).outcome), int(Outcome::CancelledByUser));
    }

    void oneConnectionServesManyCallsInTurn()
    {
        Relay relay;
        HttpClient client(relay.port);
        for (int i = 0; i < 5; ++i)
            client.send("POST", "/v1/chat/completions", key, chat("practice-echo", i % 2 == 0));
        for (int i = 0; i < 5; ++i) {
            const auto reply = client.read();
            QCOMPARE(reply.status, 200);
            QVERIFY(reply.isWhole);
        }
        QCOMPARE(relay.engine().figures().callsEver, 5);
    }

    void modelListsInEveryForm()
    {
        Relay relay([](Plan& plan) { plan.aliases = {alias("mine", {{"practice", "practice-echo"}})}; });
        HttpClient openai(relay.port);
        openai.send("GET", "/v1/models", key, "");
        const Json list = Json::parse(openai.read().body);
        QCOMPARE(list["object"].get<std::string>(), "list");
        QVERIFY(list["models"].is_array());
        QCOMPARE(list["data"].size(), practiceModels().size() + 1);

        HttpClient anthropic(relay.port);
        anthropic.send("GET", "/v1/models?limit=1000", key, "", "anthropic-version: 2023-06-01\r\n");
        QCOMPARE(Json::parse(anthropic.read().body)["has_more"].get<bool>(), false);

        HttpClient gemini(relay.port);
        gemini.send("GET", "/v1beta/models", key, "");
        QVERIFY(Json::parse(gemini.read().body)["models"][0]["name"].get<std::string>().starts_with("models/"));

        HttpClient one(relay.port);
        one.send("GET", "/v1/models/mine", key, "");
        QCOMPARE(Json::parse(one.read().body)["id"].get<std::string>(), "mine");
        HttpClient none(relay.port);
        none.send("GET", "/v1/models/nothing", key, "");
        QCOMPARE(none.read().status, 404);
    }

    void onlyOurselvesMayNameAChannel()
    {
        Relay relay([](Plan& plan) {
            plan.channels.push_back(practiceChannel("second"));
            plan.channels.back().priority = 5; // asked after the other
        });
        HttpClient stranger(relay.port);
        stranger.send("POST", "/v1/chat/completions", key, chat("practice-echo", false), "x-waystation-channel: second\r\n");
        QCOMPARE(stranger.read().status, 200);
        QCOMPARE(relay.seen.record(0).channelName, "practice");
        HttpClient own(relay.port);
        own.send("POST", "/v1/chat/completions", internalKey, chat("practice-echo", false), "x-waystation-channel: second\r\n");
        QCOMPARE(own.read().status, 200);
        QCOMPARE(relay.seen.record(1).channelName, "second");
        HttpClient models(relay.port);
        models.send("GET", "/v1/models", internalKey, "", "x-waystation-channel: second\r\n");
        const Json list = Json::parse(models.read().body);
        QCOMPARE(list["data"][0]["owned_by"].get<std::string>(), "practice"); // the upstream's own list
    }

    void pausedMeansPausedForOthers()
    {
        Relay relay([](Plan& plan) { plan.paused = true; });
        QCOMPARE(call(relay, forms()[0], "practice-echo", false).status, 503);
        HttpClient own(relay.port);
        own.send("POST", "/v1/chat/completions", internalKey, chat("practice-echo", false));
        QCOMPARE(own.read().status, 200);
    }

    void tasksAreAskedWhereTheyWereMade()
    {
        Relay relay([](Plan& plan) { plan.channels.push_back(practiceChannel("second")); });
        HttpClient maker(relay.port);
        maker.send("POST", "/v1/videos", internalKey, R"({"model":"practice-echo","prompt":"x"})", "x-waystation-channel: second\r\n");
        const std::string id = Json::parse(maker.read().body)["id"].get<std::string>();
        const CallRecord made = relay.seen.record(0);
        QCOMPARE(made.task->taskId, id);
        QCOMPARE(made.task->channel.text(), "second");
        HttpClient asker(relay.port);
        asker.send("GET", "/v1/videos/" + id, key, "");
        QCOMPARE(Json::parse(asker.read().body)["status"].get<std::string>(), "completed");
        HttpClient content(relay.port);
        content.send("GET", "/v1/videos/" + id + "/content", key, "");
        const auto reply = content.read();
        QCOMPARE(reply.headers.at("content-type"), "video/mp4");
        QCOMPARE(reply.body, "practice");
    }

    void manyAtOnce()
    {
        Relay relay;
        std::vector<std::thread> threads;
        std::atomic<int> good {0};
        for (int i = 0; i < 20; ++i)
            threads.emplace_back([&, i] {
                for (int n = 0; n < 10; ++n)
                    good += call(relay, forms()[std::size_t(i % 4)], "practice-echo", n % 2).status == 200;
            });
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(good.load(), 200);
        relay.engine().stop(Millis(1000));
        QCOMPARE(relay.seen.count(), std::size_t(200));
        QCOMPARE(relay.engine().figures().callsInFlight, 0);
    }

    void echoBuildsAnswerAnything()
    {
        Relay relay({}, [](EngineOptions& options) { options.echo = true; });
        HttpClient client(relay.port);
        client.send("POST", "/any/where", "", "octets \x01\x02");
        QCOMPARE(client.read().body, "octets \x01\x02");
    }
};

QTEST_GUILESS_MAIN(TestServe)
#include "tst_serve.moc"
