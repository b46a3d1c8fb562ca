// Clients of one protocol and upstreams of another, and what keeps a silent stream alive, over real sockets.

#include "engine/engine.h"

#include "support/http_client.h"
#include "support/printers.h"
#include "support/running_relay.h"
#include "support/scripted_upstream.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using namespace waystation::test;
using Json = nlohmann::json;

namespace {

Url baseOf(const ScriptedUpstream& upstream)
{
    return *parseUrl(upstream.url() + "/v1");
}

std::function<void(Plan&)> one(const ScriptedUpstream& upstream, DialectId dialect = DialectId::OpenaiChat)
{
    return [&upstream, dialect](Plan& plan) { plan.channels.push_back(channelTo("first", baseOf(upstream), dialect)); };
}

const std::string messages = R"({"model":"served","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"hi"}]})";

std::string textEvent(const std::string& text)
{
    return "data: {\"id\":\"c\",\"model\":\"served-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
}

const std::string finish = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const std::string usage = "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,\"total_tokens\":15}}\n\n";
const std::string done = "data: [DONE]\n\n";

std::size_t countOf(const std::string& text, const std::string& what)
{
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
        ++count;
    return count;
}

}

class TestTranslating : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aClientGetsItsOwnProtocolEventByEvent()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("one"), textEvent("two"), finish, usage, done}, Millis(200)); });
        Relay relay(one(upstream));
        HttpClient client(relay.port);
        client.send("POST", "/v1/messages", key, messages);
        QVERIFY(client.readUntil("\"one\""));
        QVERIFY(client.seen().find("two") == std::string::npos);
        QVERIFY(client.readUntil("message_stop"));
        QCOMPARE(upstream.requests().at(0).target, "/v1/chat/completions");
        const CallRecord record = relay.seen.record(0);
        QCOMPARE(record.usage.input, 12);
        QCOMPARE(record.usage.output, 3);
        QCOMPARE(int(record.outcome), int(Outcome::Done));
        QCOMPARE(int(record.dialect), int(DialectId::Anthropic));
    }

    void lossesStandInTheHeadAndInTheRow()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            return jsonReply(R"({"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}]})");
        });
        Relay relay(one(upstream));
        HttpClient client(relay.port);
        client.send("POST", "/v1/messages", key, R"({"model":"served","max_tokens":64,"top_k":4,"messages":[{"role":"user","content":"hi"}]})");
        const auto reply = client.read();
        QCOMPARE(reply.status, 200);
        QCOMPARE(reply.headers.at("x-waystation-warnings"), std::string("drop:top_k"));
        QCOMPARE(relay.seen.record(0).warnings, std::vector<std::string> {"drop:top_k"});
        QCOMPARE(int(relay.seen.record(0).usageKind), int(UsageKind::Estimated));
    }

    void anUpstreamsErrorIsToldInTheClientsShape()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = jsonReply(R"({"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}})", 429);
            script.headers.add("retry-after", "7");
            return script;
        });
        Relay relay(one(upstream));
        HttpClient client(relay.port);
        client.send("POST", "/v1/messages", key, messages);
        const auto reply = client.read();
        QCOMPARE(reply.status, 429);
        QCOMPARE(reply.headers.at("retry-after"), std::string("7"));
        const Json body = Json::parse(reply.body);
        QCOMPARE(body["type"].get<std::string>(), std::string("error"));
        QCOMPARE(body["error"]["type"].get<std::string>(), std::string("rate_limit_error"));
        QCOMPARE(body["error"]["message"].get<std::string>(), std::string("first: slow down"));
    }

    void aChannelOfAnotherProtocolIsTriedWhenTheFirstFails()
    {
        ScriptedUpstream broken([](const SeenRequest&) { return jsonReply(R"({"error":{"message":"down"}})", 500); });
        ScriptedUpstream other([](const SeenRequest&) {
            return jsonReply(R"({"candidates":[{"content":{"role":"model","parts":[{"text":"ok"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1}})");
        });
        Relay relay([&](Plan& plan) {
            plan.channels.push_back(channelTo("first", baseOf(broken), DialectId::OpenaiChat, 1));
            plan.channels.push_back(channelTo("second", baseOf(other), DialectId::Gemini, 2));
        });
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, R"({"model":"served","messages":[{"role":"user","content":"hi"}]})");
        const auto reply = client.read();
        QCOMPARE(reply.status, 200);
        QCOMPARE(Json::parse(reply.body)["choices"][0]["message"]["content"].get<std::string>(), std::string("ok"));
        QCOMPARE(relay.seen.record(0).attempts.size(), std::size_t(2));
    }

    void aCutStreamEndsInTheClientsError()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("one")});
            script.ending = ReplyScript::Ending::Cut;
            return script;
        });
        Relay relay(one(upstream));
        HttpClient client(relay.port);
        client.send("POST", "/v1/messages", key, messages);
        const auto reply = client.read();
        QVERIFY(reply.body.find("event: error\n") != std::string::npos);
        QVERIFY(reply.body.find("message_stop") == std::string::npos);
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::Cut));
    }

    void aConversationGoesOnFromAnAnswerKeptHere()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("ho"), finish, usage, done}); });
        Relay relay(one(upstream));
        const auto ask = [&](const std::string& request) {
            HttpClient client(relay.port);
            client.send("POST", "/v1/responses", key, request);
            return client.read();
        };
        const Json first = Json::parse(ask(R"({"model":"served","input":"hi"})").body);
        const std::string id = first["id"].get<std::string>();
        QCOMPARE(ask(R"({"model":"served","stream":true,"previous_response_id":")" + id + R"(","input":"more"})").status, 200);
        QCOMPARE(Json::parse(upstream.requests().at(1).body)["messages"].dump(),
            std::string(R"([{"content":"hi","role":"user"},{"content":"ho","role":"assistant"},{"content":"more","role":"user"}])"));

        HttpClient reader(relay.port);
        reader.send("GET", "/v1/responses/" + id, key, "");
        QCOMPARE(Json::parse(reader.read().body)["output"].dump(), first["output"].dump());

        const auto unknown = ask(R"({"model":"served","previous_response_id":"resp_gone","input":"more"})");
        QCOMPARE(unknown.status, 400);
        QCOMPARE(Json::parse(unknown.body)["error"]["code"].get<std::string>(), std::string("previous_response_not_found"));

        HttpClient remover(relay.port);
        remover.send("DELETE", "/v1/responses/" + id, key, "");
        QVERIFY(Json::parse(remover.read().body)["deleted"].get<bool>());
        QCOMPARE(ask(R"({"model":"served","previous_response_id":")" + id + R"(","input":"more"})").status, 400);
    }

    void anAnswerThatTheClientWillNotHaveStoredIsNotKept()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("ho"), finish, usage, done}); });
        Relay relay(one(upstream));
        HttpClient client(relay.port);
        client.send("POST", "/v1/responses", key, R"({"model":"served","store":false,"input":"hi"})");
        const std::string id = Json::parse(client.read().body)["id"].get<std::string>();
        HttpClient again(relay.port);
        again.send("POST", "/v1/responses", key, R"({"model":"served","previous_response_id":")" + id + R"(","input":"more"})");
        QCOMPARE(again.read().status, 400);
    }

    void tokensAreCountedHereWhereTheUpstreamCannot()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return jsonReply(R"({"error":{"message":"no such path"}})", 404); });
        Relay relay([&](Plan& plan) {
            plan.channels.push_back(channelTo("chat", baseOf(upstream), DialectId::OpenaiChat));
            plan.channels.push_back(channelTo("third", baseOf(upstream), DialectId::Anthropic));
            plan.channels.back().models = {ModelName("other")};
        });
        const auto count = [&](const char* path, const std::string& request) {
            HttpClient client(relay.port);
            client.send("POST", path, key, request);
            const auto reply = client.read();
            [&] { QCOMPARE(reply.status, 200); }();
            [&] { QCOMPARE(reply.headers.at("x-waystation-estimate"), std::string("o200k")); }();
            return Json::parse(reply.body);
        };
        const std::string said = "The quick brown fox jumps over the lazy dog."; // ten tokens
        const Json here = count("/v1/messages/count_tokens", R"({"model":"served","messages":[{"role":"user","content":")" + said + R"("}]})");
        QVERIFY(here["input_tokens"].get<int>() >= 10 && here["input_tokens"].get<int>() < 20);
        QCOMPARE(upstream.requestCount(), std::size_t(0));
        QVERIFY(count("/v1/messages/count_tokens", R"({"model":"other","messages":[{"role":"user","content":"hi"}]})")["input_tokens"].get<int>() > 0);
        QCOMPARE(upstream.requestCount(), std::size_t(1)); // asked first, since it speaks the protocol
        QVERIFY(count("/v1beta/models/served:countTokens", R"({"contents":[{"parts":[{"text":")" + said + R"("}]}]})")["totalTokens"].get<int>() >= 10);
        QCOMPARE(count("/v1/responses/input_tokens", R"({"model":"served","input":")" + said + R"("})")["object"].get<std::string>(), std::string("response.input_tokens"));
    }

    void silenceIsBridgedInEachProtocol_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("request");
        QTest::addColumn<QString>("nothing");
        QTest::newRow("chat") << "/v1/chat/completions" << R"({"model":"served","stream":true,"messages":[{"role":"user","content":"hi"}]})" << ": keepalive\n\n";
        QTest::newRow("responses") << "/v1/responses" << R"({"model":"served","stream":true,"input":"hi"})" << ": keepalive\n\n";
        QTest::newRow("messages") << "/v1/messages" << QString::fromStdString(messages) << "event: ping\n";
        QTest::newRow("gemini") << "/v1beta/models/served:streamGenerateContent?alt=sse" << R"({"contents":[{"parts":[{"text":"hi"}]}]})" << "data: {}\n\n";
    }

    void silenceIsBridgedInEachProtocol()
    {
        QFETCH(QString, path);
        QFETCH(QString, request);
        QFETCH(QString, nothing);
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("one"), textEvent("two") + finish + usage + done}, Millis(2200)); });
        Relay relay(one(upstream), [](EngineOptions& options) { options.keepAliveEvery = Millis(500); });
        HttpClient client(relay.port);
        client.send("POST", path.toStdString(), key, request.toStdString());
        const auto reply = client.read();
        QCOMPARE(reply.status, 200);
        const std::size_t between = reply.body.find(nothing.toStdString(), reply.body.find("one"));
        QVERIFY2(between < reply.body.find("two"), reply.body.c_str());
        QVERIFY(countOf(reply.body, nothing.toStdString()) >= 2);
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::Done));
    }

    void aLateFirstByteDoesNotLoseTheClient()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("one"), finish, usage, done});
            script.pause = Millis(1800);
            return script;
        });
        Relay relay(one(upstream), [](EngineOptions& options) {
            options.keepAliveEvery = Millis(400);
            options.firstByteGrace = Millis(300);
        });
        HttpClient client(relay.port);
        client.send("POST", "/v1/messages", key, messages);
        QVERIFY(client.readUntil("event: ping"));
        QVERIFY(client.seen().find("message_start") == std::string::npos);
        const auto reply = client.read();
        QCOMPARE(reply.status, 200);
        QVERIFY(reply.headers.at("content-type").starts_with("text/event-stream"));
        QVERIFY(reply.headers.count("request-id") == 1);
        QVERIFY2(reply.body.ends_with("\"message_stop\"}\n\n"), reply.body.c_str());
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::Done));
        QCOMPARE(relay.seen.record(0).status, 200);
    }

    void anErrorAfterTheHeadIsAnEventOfTheStream()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = jsonReply(R"({"error":{"message":"down","type":"server_error"}})", 503);
            script.pause = Millis(1200);
            return script;
        });
        Relay relay(one(upstream), [](EngineOptions& options) { options.firstByteGrace = Millis(300); });
        HttpClient client(relay.port);
        client.send("POST", "/v1/messages", key, messages);
        const auto reply = client.read();
        QCOMPARE(reply.status, 200);
        QVERIFY2(reply.body.find("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"") != std::string::npos, reply.body.c_str());
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::Failed));
    }

    void theHeadWaitsWhileAnotherRouteIsLeft()
    {
        ScriptedUpstream slow([](const SeenRequest&) {
            ReplyScript script = jsonReply(R"({"error":{"message":"down"}})", 500);
            script.pause = Millis(1000);
            return script;
        });
        ScriptedUpstream good([](const SeenRequest&) { return eventStream({textEvent("one"), finish, usage, done}); });
        Relay relay([&](Plan& plan) {
            plan.channels.push_back(channelTo("first", baseOf(slow), DialectId::OpenaiChat, 1));
            plan.channels.push_back(channelTo("second", baseOf(good), DialectId::OpenaiChat, 2));
        },
            [](EngineOptions& options) { options.firstByteGrace = Millis(200); });
        HttpClient client(relay.port);
        client.send("POST", "/v1/messages", key, messages);
        const auto reply = client.read();
        QVERIFY(reply.body.find("event: error") == std::string::npos);
        QVERIFY(reply.body.ends_with("\"message_stop\"}\n\n"));
    }
};

QTEST_GUILESS_MAIN(TestTranslating)
#include "tst_translating.moc"
