// The relay between a real client socket and a real upstream on loopback.

#include "engine/engine.h"

#include "relay/guard.h"
#include "support/http_client.h"
#include "support/printers.h"
#include "support/running_relay.h"
#include "support/scripted_upstream.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <atomic>
#include <thread>

using namespace waystation;
using namespace waystation::test;
using Json = nlohmann::json;

namespace {

Url baseOf(const ScriptedUpstream& upstream)
{
    return *parseUrl(upstream.url() + "/v1");
}

std::function<void(Plan&)> channelsTo(std::vector<const ScriptedUpstream*> upstreams, DialectId dialect = DialectId::OpenaiChat)
{
    return [=](Plan& plan) {
        int number = 0;
        for (const ScriptedUpstream* upstream : upstreams) {
            plan.channels.push_back(channelTo(("up" + std::to_string(++number)).c_str(), baseOf(*upstream), dialect));
            plan.channels.back().priority = number;
        }
    };
}

const std::string body = R"({"model":"served", "stream":true,"messages":[{"role":"user","content":"hi"}] , "odd":1.50e3})";

std::string textEvent(const std::string& text)
{
    return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"served-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
}

const std::string finish = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const std::string usage = "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,\"total_tokens\":15,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n";
const std::string done = "data: [DONE]\n\n";

}

class TestRelaying : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void octetsPassAsTheyAre()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("he"), textEvent("llo"), finish, usage, done}); });
        Relay relay(channelsTo({&upstream}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body, "User-Agent: tester/1\r\nCookie: a=b\r\n");
        const auto reply = client.read();
        QCOMPARE(reply.status, 200);
        QCOMPARE(reply.body, textEvent("he") + textEvent("llo") + finish + done); // the chunk that nobody asked for is withheld
        QVERIFY(reply.headers.at("content-type").starts_with("text/event-stream"));

        const SeenRequest seen = upstream.requests().at(0);
        QCOMPARE(seen.target, "/v1/chat/completions");
        QCOMPARE(seen.body, R"({"stream_options":{"include_usage":true},"model":"served", "stream":true,"messages":[{"role":"user","content":"hi"}] , "odd":1.50e3})");
        QCOMPARE(std::string(seen.headers.value("authorization")), "Bearer " + upstreamKey);
        QCOMPARE(std::string(seen.headers.value("accept-encoding")), "identity");
        QCOMPARE(std::string(seen.headers.value("user-agent")), "tester/1");
        QCOMPARE(seen.headers.count("host"), std::size_t(1));
        QVERIFY(!seen.headers.has("cookie"));
        QCOMPARE(std::string(seen.headers.value(hopHeader)), "this-one");

        const CallRecord record = relay.seen.record(0);
        QCOMPARE(record.usage.input, 12);
        QCOMPARE(record.usage.cacheRead, 4);
        QCOMPARE(record.usage.output, 3);
        QCOMPARE(record.answeredModel.text(), "served-1");
        QCOMPARE(int(record.outcome), int(Outcome::Done));
        QVERIFY(!record.cost.has_value()); // no price is known, which is not zero
    }

    void eachEventLeavesAsItArrives()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("one"), textEvent("two"), textEvent("three"), finish, done}, Millis(300)); });
        Relay relay(channelsTo({&upstream}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body);
        QVERIFY(client.readUntil("one"));
        QVERIFY(client.seen().find("two") == std::string::npos);
        QVERIFY(client.readUntil("two"));
        QVERIFY(client.seen().find("three") == std::string::npos);
        QVERIFY(client.readUntil("[DONE]"));
    }

    void twoHundredStreamsStartAtOnce()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return eventStream({textEvent("first"), finish, done}, Millis(1500)); });
        Relay relay(channelsTo({&upstream}));
        std::vector<HttpClient> clients;
        for (int i = 0; i < 200; ++i)
            clients.emplace_back(relay.port);
        const auto began = std::chrono::steady_clock::now();
        for (HttpClient& client : clients)
            client.send("POST", "/v1/chat/completions", key, body);
        for (HttpClient& client : clients)
            QVERIFY(client.readUntil("first", std::chrono::seconds(5)));
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
        QVERIFY2(took < std::chrono::milliseconds(1500), qPrintable(QString::number(took.count()))); // none waited for another to end
        for (HttpClient& client : clients)
            QVERIFY(client.readUntil("[DONE]"));
        QCOMPARE(upstream.connectionCount(), 200);
    }

    void theUpstreamIsLetGoWithinASecondWhenTheClientLeaves()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("begun")});
            script.ending = ReplyScript::Ending::Stall;
            return script;
        });
        Relay relay(channelsTo({&upstream}));
        for (const bool hard : {false, true}) {
            const int before = upstream.closedByPeerCount();
            HttpClient client(relay.port);
            client.send("POST", "/v1/chat/completions", key, body);
            QVERIFY(client.readUntil("begun"));
            const auto left = std::chrono::steady_clock::now();
            hard ? client.reset() : client.close();
            QVERIFY(upstream.waitForClosed(before + 1, Millis(1000)));
            QVERIFY(std::chrono::steady_clock::now() - left < std::chrono::seconds(1));
        }
        const CallRecord record = relay.seen.record(1);
        QCOMPARE(int(record.outcome), int(Outcome::CancelledByClient));
        QCOMPARE(int(record.usageKind), int(UsageKind::Estimated));
    }

    void aClientThatLeavesBeforeTheHeadIsNoticedToo()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script;
            script.pause = Millis(20'000);
            return script;
        });
        Relay relay(channelsTo({&upstream}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body);
        QVERIFY(upstream.waitForRequests(1));
        client.close();
        QVERIFY(upstream.waitForClosed(1, Millis(1000)));
        const CallRecord record = relay.seen.record(0);
        QCOMPARE(int(record.outcome), int(Outcome::CancelledByClient));
        QCOMPARE(record.status, 0);
    }

    void leavingRightBehindTheLastEventIsASuccess()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({textEvent("all"), finish, usage, done});
            script.ending = ReplyScript::Ending::Stall; // the end of the body does not come
            return script;
        });
        Relay relay(channelsTo({&upstream}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body);
        QVERIFY(client.readUntil("[DONE]"));
        client.close();
        const CallRecord record = relay.seen.record(0);
        QCOMPARE(int(record.outcome), int(Outcome::Done));
        QCOMPARE(record.usage.output, 3);
    }

    void aCutAnywhereIsToldInTheStream()
    {
        const std::string all = textEvent("one") + textEvent("two") + finish + done;
        std::atomic<std::uint64_t> cutAt {0};
        ScriptedUpstream upstream([&](const SeenRequest&) {
            ReplyScript script = eventStream({all});
            script.ending = ReplyScript::Ending::Cut;
            script.bodyOctets = cutAt;
            return script;
        });
        Relay relay(channelsTo({&upstream}));
        const std::size_t finishedAt = all.size() - done.size();
        for (std::size_t at = 0; at < finishedAt - 1; at += 7) {
            cutAt = at;
            HttpClient client(relay.port);
            client.send("POST", "/v1/chat/completions", key, body);
            const auto reply = client.read();
            QVERIFY2(reply.body.find("\"error\"") != std::string::npos, reply.body.c_str());
            QVERIFY(reply.body.find("[DONE]") == std::string::npos);
            QCOMPARE(reply.status, at < textEvent("one").size() ? 502 : 200);
        }
    }

    void refusedKeysAreNotShownAsTheClientsOwn()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            return jsonReply(R"({"error":{"message":"Incorrect API key provided: )" + upstreamKey + R"(.","type":"invalid_request_error","code":"invalid_api_key"}})", 401);
        });
        Relay relay(channelsTo({&upstream}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body);
        const auto reply = client.read();
        QCOMPARE(reply.status, 502);
        QVERIFY2(reply.body.find(upstreamKey.substr(0, 16)) == std::string::npos, reply.body.c_str());
        const CallRecord record = relay.seen.record(0);
        QCOMPARE(int(record.error->kind), int(ErrorKind::UpstreamAuth));
        QVERIFY(toJson(record).find(upstreamKey.substr(0, 16)) == std::string::npos);
    }

    void limitsPassUnchanged()
    {
        const std::string words = R"({"error":{"message":"slow down","type":"rate_limit_error","x":1}})";
        for (const int status : {429, 503, 529}) {
            for (const char* after : {"7", "Wed, 21 Oct 2065 07:28:00 GMT"}) {
                ScriptedUpstream upstream([&](const SeenRequest&) {
                    ReplyScript script = jsonReply(words, status);
                    script.headers.add("Retry-After", after);
                    return script;
                });
                Relay relay(channelsTo({&upstream}));
                HttpClient client(relay.port);
                client.send("POST", "/v1/chat/completions", key, body);
                const auto reply = client.read();
                QCOMPARE(reply.status, status);
                QCOMPARE(reply.body, words);
                QCOMPARE(reply.headers.at("retry-after"), after);
                QCOMPARE(upstream.requestCount(), std::size_t(1)); // no hidden retries
                QCOMPARE(relay.seen.record(0).cost.value_or(MicroUsd {-1}).value, 0);
            }
        }
    }

    void redirectsLeadNowhere()
    {
        ScriptedUpstream thief([](const SeenRequest&) { return jsonReply("{}"); });
        for (const int status : {301, 302, 303, 307, 308}) {
            ScriptedUpstream upstream([&](const SeenRequest&) {
                ReplyScript script = jsonReply("{}", status);
                script.headers.add("Location", thief.url() + "/v1/chat/completions");
                return script;
            });
            Relay relay(channelsTo({&upstream}));
            HttpClient client(relay.port);
            client.send("POST", "/v1/chat/completions", key, body);
            const auto reply = client.read();
            QCOMPARE(reply.status, 502);
            QVERIFY(!reply.headers.count("location"));
        }
        QCOMPARE(thief.octetsReceived(), std::uint64_t(0));
    }

    void aDeadChannelIsPassedOver()
    {
        ScriptedUpstream dead([](const SeenRequest&) { return jsonReply("{}"); });
        dead.stopListening();
        ScriptedUpstream alive([](const SeenRequest&) { return eventStream({textEvent("here"), finish, done}); });
        Relay relay(channelsTo({&dead, &alive}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body);
        QVERIFY(client.read().body.find("here") != std::string::npos);
        const CallRecord record = relay.seen.record(0);
        QCOMPARE(record.attempts.size(), std::size_t(2));
        QCOMPARE(int(record.attempts[0].error->kind), int(ErrorKind::ConnectFailed));
    }

    void nothingIsSentTwiceThatMayHaveBeenProcessed()
    {
        ScriptedUpstream first([](const SeenRequest&) {
            ReplyScript script;
            script.raw = "";
            script.ending = ReplyScript::Ending::Cut; // took the request and closed
            return script;
        });
        ScriptedUpstream second([](const SeenRequest&) { return eventStream({textEvent("x"), finish, done}); });
        Relay relay(channelsTo({&first, &second}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body);
        QCOMPARE(client.read().status, 502);
        QCOMPARE(first.requestCount(), std::size_t(1));
        QCOMPARE(second.requestCount(), std::size_t(0));
    }

    void aSlowReaderSlowsTheUpstream()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = eventStream({});
            script.pieces.push_back({textEvent(std::string(60'000, 'x')), Millis(0), 3000}); // 180 MB in all
            return script;
        });
        Relay relay(channelsTo({&upstream}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body);
        QVERIFY(client.readUntil("xxx"));
        // Nobody reads on: what has left the upstream stops growing at what the sockets hold.
        std::uint64_t before = 0;
        QTRY_VERIFY_WITH_TIMEOUT([&] {
            const std::uint64_t now = upstream.octetsSent();
            const bool still = now == before;
            before = now;
            QTest::qWait(200);
            return still;
        }(),
            10'000);
        QVERIFY2(before < 60u << 20, qPrintable(QString::number(before)));
        client.close();
        QVERIFY(upstream.waitForClosed(1, Millis(2000)));
    }

    void connectionsAreKeptAndAStaleOneIsTriedAnew()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return jsonReply(R"({"id":"c","model":"served-1","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}})"); });
        Relay relay(channelsTo({&upstream}));
        const auto ask = [&] {
            HttpClient client(relay.port);
            client.send("POST", "/v1/chat/completions", key, R"({"model":"served","messages":[]})");
            return client.read().status;
        };
        QCOMPARE(ask(), 200);
        QCOMPARE(ask(), 200);
        QCOMPARE(upstream.connectionCount(), 1);
        QVERIFY(relay.seen.record(1).attempts[0].reusedConnection);
        upstream.closeConnections();
        QCOMPARE(ask(), 200);
        QCOMPARE(upstream.connectionCount(), 2);
    }

    void everyDialectOverTls()
    {
        const TestAuthority authority;
        ScriptedUpstream::Options options;
        options.tls = authority.good();
        ScriptedUpstream upstream(
            [](const SeenRequest& request) {
                if (request.target.find("generateContent") != std::string::npos)
                    return jsonReply(R"({"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"thoughtsTokenCount":3}})");
                if (request.target.find("messages") != std::string::npos)
                    return jsonReply(R"({"id":"m","type":"message","model":"served-1","content":[],"usage":{"input_tokens":5,"output_tokens":5}})");
                return jsonReply(R"({"id":"r","model":"served-1","output":[],"choices":[],"usage":{"input_tokens":5,"output_tokens":5,"prompt_tokens":5,"completion_tokens":5}})");
            },
            options);
        struct Case
        {
            DialectId dialect;
            const char* path;
            const char* target;
            const char* header;
        };
        for (const Case& each : {Case {DialectId::OpenaiChat, "/v1/chat/completions", "/v1/chat/completions", "authorization"},
                 Case {DialectId::OpenaiResponses, "/v1/responses", "/v1/responses", "authorization"}, Case {DialectId::Anthropic, "/v1/messages", "/v1/messages", "x-api-key"},
                 Case {DialectId::Gemini, "/v1beta/models/served:generateContent", "/v1/models/served:generateContent", "x-goog-api-key"}}) {
            Relay relay([&](Plan& plan) {
                plan.channels.push_back(channelTo("tls", *parseUrl("https://localhost:" + std::to_string(upstream.port()) + "/v1"), each.dialect));
                plan.channels.back().extraCaPem = authority.pem();
            });
            relay.engine().setTrustRoots({});
            HttpClient client(relay.port);
            client.send("POST", each.path, key, R"({"model":"served","messages":[],"input":"x","contents":[]})");
            const auto reply = client.read();
            QVERIFY2(reply.status == 200, reply.body.c_str());
            const SeenRequest seen = upstream.requests().back();
            QCOMPARE(seen.target, each.target);
            QVERIFY(seen.headers.value(each.header).find(upstreamKey) != std::string::npos);
            const CallRecord record = relay.seen.record(0);
            QCOMPARE(record.usage.input, 5);
            QCOMPARE(record.usage.output, 5);
            QVERIFY(record.timings.tls.has_value());
        }
    }

    void anUntrustedUpstreamGetsNothing()
    {
        ScriptedUpstream::Options options;
        options.tls = TestAuthority::selfSigned();
        ScriptedUpstream upstream([](const SeenRequest&) { return jsonReply("{}"); }, options);
        Relay relay([&](Plan& plan) { plan.channels.push_back(channelTo("tls", *parseUrl("https://localhost:" + std::to_string(upstream.port()) + "/v1"))); });
        relay.engine().setTrustRoots({});
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, body);
        const auto reply = client.read();
        QCOMPARE(reply.status, 502);
        QCOMPARE(reply.headers.at("x-waystation-error"), "tls_failed");
        QCOMPARE(upstream.octetsReceived(), std::uint64_t(0));
    }

    void multipartPassesByOctets()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return jsonReply(R"({"text":"spoken","usage":{"type":"duration","seconds":3}})"); });
        Relay relay([&](Plan& plan) {
            channelsTo({&upstream})(plan);
            plan.aliases = {alias("whisper", {{"up1", "served"}})};
        });
        const std::string form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
            + std::string("\0\x01\r\n--x\xff", 8) + "\r\n--b--\r\n";
        HttpClient client(relay.port);
        client.sendRaw("POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(relay.port) + "\r\nAuthorization: Bearer " + key
            + "\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " + std::to_string(form.size()) + "\r\n\r\n" + form);
        QCOMPARE(client.read().status, 200);
        std::string expected = form;
        expected.replace(expected.find("whisper"), 7, "served");
        QCOMPARE(shown(upstream.requests().at(0).body), shown(expected));
        QCOMPARE(relay.seen.record(0).usage.audioMillis, 3000);
    }

    void compressedRequestsGoOnPlain()
    {
        ScriptedUpstream upstream([](const SeenRequest&) { return jsonReply(R"({"id":"c","choices":[]})"); });
        Relay relay(channelsTo({&upstream}));
        const std::string plain = R"({"model":"served","messages":[]})";
        // qCompress puts four octets of length before a zlib stream, which is what "deflate" means
        const QByteArray zipped = qCompress(QByteArray::fromStdString(plain)).mid(4);
        const auto post = [&](const std::string& coding, const std::string& octets) {
            HttpClient client(relay.port);
            client.sendRaw("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(relay.port) + "\r\nAuthorization: Bearer " + key
                + "\r\nContent-Type: application/json\r\nContent-Encoding: " + coding + "\r\nContent-Length: " + std::to_string(octets.size()) + "\r\n\r\n" + octets);
            return client.read().status;
        };
        QCOMPARE(post("deflate", zipped.toStdString()), 200);
        QCOMPARE(upstream.requests().at(0).body, plain);
        QVERIFY(!upstream.requests().at(0).headers.has("content-encoding"));
        QCOMPARE(post("br", plain), 400);
        QCOMPARE(upstream.requestCount(), std::size_t(1));
    }

    void hugeWholeAnswersAreBounded()
    {
        ScriptedUpstream upstream([](const SeenRequest&) {
            ReplyScript script = jsonReply("");
            script.framing = ReplyScript::Framing::Chunked;
            script.pieces = {{std::string(1 << 20, ' '), Millis(0), 100}};
            return script;
        });
        Relay relay(channelsTo({&upstream}));
        HttpClient client(relay.port);
        client.send("POST", "/v1/chat/completions", key, R"({"model":"served","messages":[]})");
        QCOMPARE(client.read().status, 502);
        QCOMPARE(int(relay.seen.record(0).error->kind), int(ErrorKind::BadReply));
    }
};

QTEST_GUILESS_MAIN(TestRelaying)
#include "tst_relaying.moc"
