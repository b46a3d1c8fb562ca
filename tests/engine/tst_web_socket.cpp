// The Responses API over a WebSocket: a client's turns through a whole relay, over real sockets.

#include "engine/engine.h"
#include "engine/web_socket.h"

#include "door_bench.h"
#include "support/http_client.h"
#include "support/printers.h"
#include "support/running_relay.h"
#include "support/scripted_upstream.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using namespace waystation::test;
using Json = nlohmann::json;
namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

/// A client that a test drives step by step.
class SocketClient
{
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    explicit SocketClient(std::uint16_t port, const std::string& clientKey = key, const std::string& path = "/v1/responses", const Fields& fields = {})
    {
        m_socket.next_layer().connect({net::ip::address_v4::loopback(), port});
        m_socket.set_option(websocket::stream_base::decorator([=](websocket::request_type& request) {
            if (!clientKey.empty())
                request.set(http::field::authorization, "Bearer " + clientKey);
            for (const auto& [name, value] : fields)
                request.set(name, value);
        }));
        m_socket.control_callback([this](websocket::frame_type type, std::string_view) {
            pings += type == websocket::frame_type::ping;
            pongs += type == websocket::frame_type::pong;
        });
        bool isDone = false;
        m_socket.async_handshake(m_response, "127.0.0.1:" + std::to_string(port), path, [&](error_code) { isDone = true; });
        waitFor(isDone, Millis(10'000));
        status = m_response.result_int();
    }

    websocket::stream<net::ip::tcp::socket>& socket() { return m_socket; }
    const websocket::response_type& response() const { return m_response; }

    void send(const std::string& message)
    {
        error_code ignored;
        m_socket.write(net::buffer(message), ignored);
    }

    /// The next message; nothing when the socket was closed or none came in time.
    std::optional<Json> next(Millis limit = Millis(10'000))
    {
        bool isDone = false;
        m_socket.async_read(m_buffer, [&](error_code error, std::size_t) {
            isDone = true;
            ended = error;
        });
        if (!waitFor(isDone, limit)) {
            error_code ignored;
            m_socket.next_layer().close(ignored);
            waitFor(isDone, Millis(1'000));
            return std::nullopt;
        }
        if (ended)
            return std::nullopt;
        const std::string text(static_cast<const char*>(m_buffer.cdata().data()), m_buffer.size());
        m_buffer.clear();
        return Json::parse(text);
    }

    /// Messages up to one of that type, the last; empty when it did not come.
    std::vector<Json> until(const std::string& type)
    {
        std::vector<Json> messages;
        for (;;) {
            auto message = next();
            if (!message)
                return {};
            messages.push_back(std::move(*message));
            if (messages.back()["type"] == type)
                return messages;
        }
    }

    /// The code that the relay closed with, waited for.
    int closeCode()
    {
        while (next()) { }
        return m_socket.reason().code;
    }

    void close()
    {
        error_code ignored;
        m_socket.next_layer().close(ignored);
    }

    unsigned status = 0;
    int pings = 0;
    int pongs = 0;
    error_code ended;

private:
    bool waitFor(const bool& isDone, Millis limit)
    {
        const auto end = std::chrono::steady_clock::now() + limit;
        m_context.restart();
        while (!isDone && std::chrono::steady_clock::now() < end)
            m_context.run_one_until(end);
        return isDone;
    }

    net::io_context m_context;
    websocket::stream<net::ip::tcp::socket> m_socket {m_context};
    websocket::response_type m_response;
    boost::beast::flat_buffer m_buffer;
};

std::function<void(Plan&)> one(const ScriptedUpstream& upstream, DialectId dialect = DialectId::OpenaiChat)
{
    return [&upstream, dialect](Plan& plan) { plan.channels.push_back(channelTo("first", *parseUrl(upstream.url() + "/v1"), dialect)); };
}

std::string textEvent(const std::string& text)
{
    return "data: {\"id\":\"c\",\"model\":\"served-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
}

const std::string finish = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const std::string usage = "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,\"total_tokens\":15}}\n\n";
const std::string done = "data: [DONE]\n\n";

/// An upstream that speaks Chat and says "ho".
ReplyScript chatReply(const SeenRequest&)
{
    return eventStream({textEvent("ho"), finish, usage, done});
}

/// One that speaks Responses; answer number `place` has the id resp_<place>.
ReplyScript responsesReply(int place, bool tellsOutput = true)
{
    const std::string id = "resp_" + std::to_string(place);
    const std::string item = R"({"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"ho","annotations":[]}]})";
    const std::string thought = R"({"id":"rs_1","type":"reasoning","summary":[]})";
    const std::string begun = R"({"type":"response.created","response":{"id":")" + id + R"(","model":"served-1","status":"in_progress","output":[]}})";
    const std::string told = R"({"type":"response.output_item.done","output_index":1,"item":)" + item + "}";
    const std::string ended = R"({"type":"response.completed","response":{"id":")" + id + R"(","model":"served-1","status":"completed","output":[)"
        + (tellsOutput ? thought + "," + item : "") + R"(],"usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7}}})";
    return eventStream({"event: response.created\ndata: " + begun + "\n\n", "event: response.output_item.done\ndata: " + told + "\n\n",
        "event: response.completed\ndata: " + ended + "\n\n"});
}

std::string create(const std::string& input, const std::string& more = {})
{
    return R"({"type":"response.create","model":"served","store":false,"input":")" + input + "\"" + more + "}";
}

std::string goingOnFrom(const std::string& id)
{
    return R"(,"previous_response_id":")" + id + "\"";
}

/// The id of the answer that ended these messages.
std::string idIn(const std::vector<Json>& messages)
{
    return messages.empty() ? std::string() : messages.back()["response"]["id"].get<std::string>();
}

}

class TestWebSocket : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aTurnIsTranslatedAndLeavesItsRow()
    {
        ScriptedUpstream upstream(chatReply);
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        QCOMPARE(client.status, 101u);
        client.send(create("hi"));
        const auto messages = client.until("response.completed");
        QVERIFY(!messages.empty());
        QCOMPARE(messages.front()["type"].get<std::string>(), std::string("response.created"));
        QCOMPARE(messages.back()["response"]["output"][0]["content"][0]["text"].get<std::string>(), std::string("ho"));
        QCOMPARE(upstream.requests().at(0).target, "/v1/chat/completions");
        const CallRecord record = relay.seen.record(0);
        QCOMPARE(int(record.outcome), int(Outcome::Done));
        QCOMPARE(record.clientName, std::string("tester"));
        QCOMPARE(record.usage.input, 12);
        QVERIFY(record.stream);
    }

    void aTurnOfTheSameProtocolPassesAsItIs()
    {
        ScriptedUpstream upstream([](const SeenRequest& request) { return responsesReply(request.place); });
        Relay relay(one(upstream, DialectId::OpenaiResponses));
        const SocketClient::Fields fields {{"OpenAI-Beta", "responses_websockets=2026-02-06, other=1"}, {"session-id", "s1"}};
        SocketClient client(relay.port, key, "/v1/responses", fields);
        client.send(create("hi", R"(,"background":false,"stream":false,"client_metadata":{"a":"b"})"));
        const auto messages = client.until("response.completed");
        QCOMPARE(messages.size(), std::size_t(3));
        const std::string sent = responsesReply(1).pieces[1].octets;
        QCOMPARE(messages[1].dump(), Json::parse(sent.substr(sent.find('{'))).dump());
        const SeenRequest seen = upstream.requests().at(0);
        QCOMPARE(seen.method, "POST");
        QCOMPARE(seen.target, "/v1/responses");
        QCOMPARE(Json::parse(seen.body).dump(), std::string(R"({"client_metadata":{"a":"b"},"input":"hi","model":"served","store":false,"stream":true})"));
        QVERIFY(!seen.headers.has("sec-websocket-key"));
        QVERIFY(!seen.headers.has("upgrade"));
        QVERIFY(seen.headers.value("openai-beta").find("websockets") == std::string_view::npos);
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::Done));
        QCOMPARE(relay.seen.record(0).usage.input, 5);
    }

    void turnsGoOnFromAnswersThatNobodyStores()
    {
        ScriptedUpstream upstream(chatReply);
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("hi"));
        const std::string first = idIn(client.until("response.completed"));
        client.send(create("more", goingOnFrom(first)));
        const std::string second = idIn(client.until("response.completed"));
        client.send(create("last", goingOnFrom(second)));
        QVERIFY(!client.until("response.completed").empty());
        QCOMPARE(Json::parse(upstream.requests().at(2).body)["messages"].dump(),
            std::string(R"([{"content":"hi","role":"user"},{"content":"ho","role":"assistant"},{"content":"more","role":"user"},)"
                        R"({"content":"ho","role":"assistant"},{"content":"last","role":"user"}])"));

        SocketClient other(relay.port); // each connection remembers its own
        other.send(create("more", goingOnFrom(first)));
        QCOMPARE(other.next()->at("status").get<int>(), 400);
    }

    void theSameGoesForAnUpstreamOfTheSameProtocol_data()
    {
        QTest::addColumn<bool>("tellsOutput");
        QTest::newRow("output in the last event") << true;
        QTest::newRow("items in their own events only") << false;
    }

    void theSameGoesForAnUpstreamOfTheSameProtocol()
    {
        QFETCH(bool, tellsOutput);
        ScriptedUpstream upstream([=](const SeenRequest& request) { return responsesReply(request.place, tellsOutput); });
        Relay relay(one(upstream, DialectId::OpenaiResponses));
        SocketClient client(relay.port);
        client.send(create("hi"));
        const std::string id = idIn(client.until("response.completed"));
        QCOMPARE(id, std::string("resp_1"));
        client.send(create("more", goingOnFrom(id)));
        QVERIFY(!client.until("response.completed").empty());
        const Json body = Json::parse(upstream.requests().at(1).body);
        QVERIFY(!body.contains("previous_response_id"));
        QCOMPARE(body["input"].size(), std::size_t(3)); // reasoning without its sealed form is lost
        QCOMPARE(body["input"][1]["role"].get<std::string>(), std::string("assistant"));
        QCOMPARE(body["input"][2]["content"].get<std::string>(), std::string("more"));
    }

    void aSecondCreateWaitsForTheFirst()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("one"), textEvent("two"), finish, usage, done}, Millis(150)); });
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("a"));
        client.send(create("b"));
        QVERIFY(!client.until("response.output_text.delta").empty());
        QTest::qWait(50);
        QCOMPARE(upstream.requestCount(), std::size_t(1));
        const std::string first = idIn(client.until("response.completed"));
        const auto second = client.until("response.completed");
        QVERIFY(!second.empty());
        QCOMPARE(second.front()["type"].get<std::string>(), std::string("response.created"));
        QVERIFY(idIn(second) != first);
        QCOMPARE(upstream.requestCount(), std::size_t(2));
    }

    void sixteenMayWaitAndNoMore()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("one")});
            script.ending = ReplyScript::Ending::Stall;
            return script;
        });
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("a"));
        QVERIFY(!client.until("response.output_text.delta").empty());
        for (int i = 0; i < 16; ++i)
            client.send(create("b"));
        client.send(create("one too many"));
        const auto refused = client.until("error");
        QCOMPARE(refused.at(0)["status"].get<int>(), 503);
        QCOMPARE(refused.at(0)["error"]["code"].get<std::string>(), std::string("busy"));
    }

    void anErrorBeforeTheStreamIsAnEvent()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = jsonReply(R"({"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}})", 429);
            script.headers.add("retry-after", "7");
            return script;
        });
        Relay relay(one(upstream, DialectId::OpenaiResponses));
        SocketClient client(relay.port);
        client.send(create("hi"));
        const Json event = *client.next();
        QCOMPARE(event["type"].get<std::string>(), std::string("error"));
        QCOMPARE(event["status"].get<int>(), 429);
        QCOMPARE(event["error"]["code"].get<std::string>(), std::string("rate_limit_exceeded"));
        QCOMPARE(event["headers"]["retry-after"].get<std::string>(), std::string("7"));

        upstream.setHandler([](const SeenRequest&) { return responsesReply(1); });
        relay.engine().clearRest(ChannelId("first"));
        client.send(create("again")); // the socket is still good
        QVERIFY(!client.until("response.completed").empty());
    }

    void anIdThatNobodyKnowsIsToldByItsCode()
    {
        ScriptedUpstream upstream(chatReply);
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("more", goingOnFrom("resp_gone")));
        const Json event = *client.next();
        QCOMPARE(event["type"].get<std::string>(), std::string("error"));
        QCOMPARE(event["status"].get<int>(), 400);
        QCOMPARE(event["error"]["type"].get<std::string>(), std::string("invalid_request_error"));
        QCOMPARE(event["error"]["code"].get<std::string>(), std::string("previous_response_not_found"));
        QCOMPARE(event["error"]["param"].get<std::string>(), std::string("previous_response_id"));
        QCOMPARE(upstream.requestCount(), std::size_t(0));
    }

    void aClientThatLeavesCancelsTheCall()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("one")});
            script.ending = ReplyScript::Ending::Stall;
            return script;
        });
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("hi"));
        QVERIFY(!client.until("response.output_text.delta").empty());
        client.close();
        QVERIFY(upstream.waitForClosed(1, Millis(1000)));
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::CancelledByClient));
        QTRY_COMPARE(relay.engine().figures().clientConnections, 0);
    }

    void aClientMayCancelAndGoOn()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("one")});
            script.ending = ReplyScript::Ending::Stall;
            return script;
        });
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(R"({"type":"response.cancel"})");
        QCOMPARE(client.next()->at("status").get<int>(), 400); // nothing runs
        client.send(create("hi"));
        QVERIFY(!client.until("response.output_text.delta").empty());
        client.send(R"({"type":"response.cancel"})");
        const auto messages = client.until("error");
        QCOMPARE(messages.back()["error"]["code"].get<std::string>(), std::string("cancelled"));
        QVERIFY(upstream.waitForClosed(1, Millis(1000)));
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::CancelledByClient));
        upstream.setHandler(chatReply);
        client.send(create("again"));
        QVERIFY(!client.until("response.completed").empty());
    }

    void aCutStreamFails()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("one")});
            script.ending = ReplyScript::Ending::Cut;
            return script;
        });
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("hi"));
        QVERIFY(!client.until("response.failed").empty());
        upstream.setHandler(chatReply);
        relay.engine().clearRest(ChannelId("first"));
        client.send(create("again"));
        QVERIFY(!client.until("response.completed").empty());
    }

    void aWarmUpCostsNothingAndIsGoneOnFrom()
    {
        ScriptedUpstream upstream(chatReply);
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("hi", R"(,"generate":false)"));
        const auto messages = client.until("response.completed");
        QCOMPARE(messages.size(), std::size_t(2));
        QCOMPARE(messages[0]["type"].get<std::string>(), std::string("response.created"));
        QCOMPARE(messages[0]["response"]["id"].dump(), messages[1]["response"]["id"].dump());
        QVERIFY(messages[1]["response"]["output"].empty());
        QCOMPARE(messages[1]["response"]["model"].get<std::string>(), std::string("served"));
        QCOMPARE(messages[1]["response"]["usage"]["total_tokens"].get<int>(), 0);
        QCOMPARE(upstream.requestCount(), std::size_t(0));

        client.send(create("more", goingOnFrom(idIn(messages))));
        QVERIFY(!client.until("response.completed").empty());
        QCOMPARE(Json::parse(upstream.requests().at(0).body)["messages"].dump(), std::string(R"([{"content":"hi","role":"user"},{"content":"more","role":"user"}])"));

        client.send(create("hi", R"(,"generate":false)" + goingOnFrom("resp_gone")));
        QCOMPARE(client.next()->at("error")["code"].get<std::string>(), std::string("previous_response_not_found"));
    }

    void whatIsNotUnderstoodIsAnErrorEvent_data()
    {
        QTest::addColumn<QString>("message");
        QTest::addColumn<QString>("words");
        QTest::newRow("no JSON") << "{\"type\":" << "JSON";
        QTest::newRow("no object") << "[1]" << "object";
        QTest::newRow("no type") << "{}" << "response.create";
        QTest::newRow("another type") << R"({"type":"response.steer"})" << "response.steer";
        QTest::newRow("no model") << R"({"type":"response.create","input":"hi"})" << "model";
    }

    void whatIsNotUnderstoodIsAnErrorEvent()
    {
        QFETCH(QString, message);
        QFETCH(QString, words);
        ScriptedUpstream upstream(chatReply);
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(message.toStdString());
        const auto event = client.next();
        QVERIFY(event.has_value());
        QCOMPARE(event->at("type").get<std::string>(), std::string("error"));
        QCOMPARE(event->at("status").get<int>(), 400);
        QVERIFY2(event->at("error")["message"].get<std::string>().find(words.toStdString()) != std::string::npos, event->dump().c_str());
        client.send(create("hi"));
        QVERIFY(!client.until("response.completed").empty());
    }

    void tooLargeAMessageClosesTheSocket()
    {
        Relay relay([](Plan& plan) { plan.maxBodyBytes = 100'000; });
        SocketClient client(relay.port);
        client.send(create(std::string(120'000, 'x')));
        QCOMPARE(client.closeCode(), int(websocket::close_code::too_big));
    }

    void onlyClientsGetASocket()
    {
        Relay relay;
        SocketClient client(relay.port, "");
        QCOMPARE(client.status, 401u);
        SocketClient stranger(relay.port, "ws-somebody-elses");
        QCOMPARE(stranger.status, 401u);
        QCOMPARE(int(relay.seen.record(1).outcome), int(Outcome::Refused));
        QCOMPARE(int(relay.seen.record(1).dialect), int(DialectId::OpenaiResponses));
    }

    void pagesOfOtherSitesGetNone()
    {
        ScriptedUpstream upstream(chatReply);
        Relay relay([&](Plan& plan) {
            one(upstream)(plan);
            plan.allowedOrigins = {"https://chat.example"};
        });
        SocketClient stranger(relay.port, key, "/v1/responses", {{"Origin", "https://evil.example"}});
        QCOMPARE(stranger.status, 403u);
        SocketClient friendly(relay.port, key, "/v1/responses", {{"Origin", "https://chat.example"}});
        QCOMPARE(friendly.status, 101u);
        friendly.send(create("hi"));
        QVERIFY(!friendly.until("response.completed").empty());
    }

    void otherUpgradesAreToldToPost()
    {
        Relay relay([](Plan& plan) { plan.answersWebSockets = false; });
        SocketClient off(relay.port);
        QCOMPARE(off.status, 426u);
        relay.publish();
        for (const char* path : {"/v1/chat/completions", "/v1/responses/compact", "/v1/responses/resp_1", "/nowhere"}) {
            SocketClient other(relay.port, key, path);
            QCOMPARE(other.status, 426u);
        }
        HttpClient plain(relay.port);
        plain.send("GET", "/v1/responses", key, "", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n");
        QCOMPARE(plain.read().status, 426);
    }

    void aConnectionMayServeOtherCallsBefore()
    {
        Relay relay;
        HttpClient client(relay.port);
        client.send("POST", "/v1/responses", key, R"({"model":"practice-echo","input":"hi"})");
        QVERIFY(client.read().isWhole);
        client.send("GET", "/v1/responses", key, "", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n");
        QVERIFY(client.readUntil("101 Switching Protocols"));
        client.sendRaw(std::string("\x81\x82\0\0\0\0{}", 8)); // masked, with nothing
        QVERIFY(client.readUntil("response.cancel"));
    }

    void framesInPiecesAndPingsAreUnderstood()
    {
        ScriptedUpstream upstream(chatReply);
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.socket().auto_fragment(true);
        client.socket().write_buffer_bytes(16);
        client.send(create(std::string(500, 'x')));
        client.socket().ping("are you there");
        client.socket().write_some(false, net::buffer(std::string(R"({"type":"response.c)")));
        client.socket().ping("still");
        client.socket().write_some(true, net::buffer(std::string(R"(reate","model":"served","input":"hi"})")));
        QVERIFY(!client.until("response.completed").empty());
        QVERIFY(!client.until("response.completed").empty());
        QCOMPARE(client.pongs, 2);
        QCOMPARE(Json::parse(upstream.requests().at(0).body)["messages"][0]["content"].get<std::string>().size(), std::size_t(500));
    }

    void framesWithoutAMaskEndTheConnection()
    {
        Relay relay;
        HttpClient client(relay.port);
        client.send("GET", "/v1/responses", key, "", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n");
        QVERIFY(client.readUntil("101 Switching Protocols"));
        client.sendRaw("\x81\x02{}");
        QVERIFY(client.readUntil(std::string_view("\x88\x02\x03\xea", 4)));
        QVERIFY(client.waitForEnd());
    }

    void aSilentUpstreamIsBridgedWithPings()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("one"), textEvent("two") + finish + usage + done}, Millis(1800)); });
        Relay relay(one(upstream), [](EngineOptions& options) { options.keepAliveEvery = Millis(400); });
        SocketClient client(relay.port);
        client.send(create("hi"));
        QVERIFY(!client.until("response.completed").empty());
        QVERIFY(client.pings >= 2);
    }

    void aHeldOpenStreamDoesNotHoldTheNextTurn()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = responsesReply(1);
            script.ending = ReplyScript::Ending::Stall;
            return script;
        });
        Relay relay(one(upstream, DialectId::OpenaiResponses));
        SocketClient client(relay.port);
        for (int turn = 0; turn < 2; ++turn) {
            client.send(create("hi"));
            QVERIFY(!client.until("response.completed").empty());
        }
        QCOMPARE(int(relay.seen.record(0).outcome), int(Outcome::Done));
    }

    void theRelayStopsWithAGoodbye()
    {
        Relay relay;
        SocketClient client(relay.port);
        QTRY_COMPARE(relay.engine().figures().clientConnections, 1);
        std::thread stopping([&] { relay.engine().stop(Millis(2000)); });
        QCOMPARE(client.closeCode(), int(websocket::close_code::going_away));
        stopping.join();
    }

    void aTurnUnderWayEndsBeforeTheGoodbye()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("one"), textEvent("two"), finish, usage, done}, Millis(200)); });
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("hi"));
        QVERIFY(!client.until("response.output_text.delta").empty());
        std::thread stopping([&] { relay.engine().stop(Millis(5000)); });
        const bool isWhole = !client.until("response.completed").empty();
        const int code = client.closeCode();
        stopping.join();
        QVERIFY(isWhole);
        QCOMPARE(code, int(websocket::close_code::going_away));
    }

    void aTurnThatLastsTooLongIsCutBeforeTheGoodbye()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("one")});
            script.ending = ReplyScript::Ending::Stall;
            return script;
        });
        Relay relay(one(upstream));
        SocketClient client(relay.port);
        client.send(create("hi"));
        QVERIFY(!client.until("response.output_text.delta").empty());
        std::thread stopping([&] { relay.engine().stop(Millis(100)); });
        const bool hasFailed = !client.until("response.failed").empty();
        const int code = client.closeCode();
        stopping.join();
        QVERIFY(hasFailed);
        QCOMPARE(code, int(websocket::close_code::going_away));
    }

    void aSocketDoesNotGrowTooOld()
    {
        bench::DoorServer server([](Door& door) -> net::awaitable<void> {
            auto head = co_await door.nextHead();
            const auto executor = co_await net::this_coro::executor;
            Deadlines deadlines(static_cast<net::io_context&>(executor.context()));
            ResponsesSocket::Limits limits;
            limits.lifetime = Millis(300);
            {
                ResponsesSocket socket(deadlines, door.release(), std::move(*head), limits);
                co_await socket.run();
            }
            deadlines.stop();
            co_await net::post(executor, net::use_awaitable); // behind its last tick
        });
        SocketClient client(server.port());
        QCOMPARE(client.status, 101u);
        const auto last = client.next();
        QVERIFY(last.has_value());
        QCOMPARE(last->at("error")["code"].get<std::string>(), std::string("websocket_connection_limit_reached"));
        QCOMPARE(client.closeCode(), int(websocket::close_code::normal));
    }
};

QTEST_GUILESS_MAIN(TestWebSocket)
#include "tst_web_socket.moc"
