#include <string>

#include "relay/response_store.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

const ClientId anna("anna");
const ClientId bert("bert");
const TimePoint noon = TimePoint(std::chrono::hours(490'000));

const std::string firstCall = R"({"model":"m","input":"hi"})";
const std::string firstAnswer = R"({"id":"resp_1","object":"response","status":"completed","output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"ho"}]}]})";

}

class TestResponseStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anEarlierAnswerIsPutInFront()
    {
        ResponseStore store;
        store.remember(anna, firstCall, firstAnswer, noon);
        const auto expanded = store.expanded(anna, R"({"model":"m","previous_response_id":"resp_1","input":[{"role":"user","content":"more"}]})", noon);
        QVERIFY(expanded);
        const Json json = Json::parse(*expanded);
        QVERIFY(!json.contains("previous_response_id"));
        QCOMPARE(json["input"].dump(),
            std::string(R"([{"type":"message","role":"user","content":"hi"},{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"ho"}]},{"role":"user","content":"more"}])"));
    }

    void aChainHoldsTheWholeConversation()
    {
        ResponseStore store;
        store.remember(anna, firstCall, firstAnswer, noon);
        const auto second = store.expanded(anna, R"({"model":"m","previous_response_id":"resp_1","input":"two"})", noon);
        store.remember(anna, *second, R"({"id":"resp_2","output":[{"type":"message","id":"msg_2","role":"assistant","content":[]}]})", noon);
        const auto third = store.expanded(anna, R"({"model":"m","previous_response_id":"resp_2","input":"three"})", noon);
        QCOMPARE(Json::parse(*third)["input"].size(), std::size_t(5));
    }

    void referencesAreReplaced()
    {
        ResponseStore store;
        store.remember(anna, firstCall, firstAnswer, noon);
        const auto expanded = store.expanded(anna, R"({"input":[{"type":"item_reference","id":"msg_1"},{"type":"item_reference","id":"msg_9"}]})", noon);
        const Json input = Json::parse(*expanded)["input"];
        QCOMPARE(input[0]["content"][0]["text"].get<std::string>(), std::string("ho"));
        QCOMPARE(input[1]["type"].get<std::string>(), std::string("item_reference")); // unknown: left for others to judge
    }

    void whatIsNotKeptIsLeftAsItIs()
    {
        ResponseStore store;
        store.remember(anna, firstCall, firstAnswer, noon);
        QVERIFY(!store.expanded(anna, R"({"previous_response_id":"resp_9","input":"x"})", noon));
        QVERIFY(!store.expanded(anna, firstCall, noon));
        QVERIFY(!store.expanded(anna, "no json \"previous_response_id\"", noon));
    }

    void anotherKeySeesNothing()
    {
        ResponseStore store;
        store.remember(anna, firstCall, firstAnswer, noon);
        QVERIFY(!store.find(bert, "resp_1", noon));
        QVERIFY(!store.expanded(bert, R"({"previous_response_id":"resp_1","input":"x"})", noon));
        QVERIFY(!store.expanded(bert, R"({"input":[{"type":"item_reference","id":"msg_1"}]})", noon));
        QVERIFY(!store.forget(bert, "resp_1"));
        QVERIFY(store.find(anna, "resp_1", noon));
    }

    void itIsBoundedInNumberAgeAndSize()
    {
        ResponseStore store;
        for (std::size_t i = 0; i < ResponseStore::mostAnswers + 5; ++i)
            store.remember(anna, firstCall, "{\"id\":\"resp_" + std::to_string(i) + "\",\"output\":[]}", noon);
        QCOMPARE(store.count(), ResponseStore::mostAnswers);
        QVERIFY(!store.find(anna, "resp_4", noon));
        QVERIFY(store.find(anna, "resp_5", noon));
        QVERIFY(!store.find(anna, "resp_5", noon + ResponseStore::keptFor + std::chrono::seconds(1)));
        QCOMPARE(store.count(), std::size_t(0));
        QCOMPARE(store.octets(), std::size_t(0));

        ResponseStore small(64'000);
        const std::string large(6'000, 'x');
        for (int i = 0; i < 12; ++i)
            small.remember(anna, "{\"input\":\"" + large + "\"}", "{\"id\":\"resp_" + std::to_string(i) + "\",\"output\":[]}", noon);
        QVERIFY(small.octets() <= 64'000 && small.octets() > 50'000);
        QVERIFY(small.find(anna, "resp_11", noon));
        QVERIFY(!small.find(anna, "resp_0", noon));
        small.remember(anna, "{\"input\":\"" + std::string(9'000, 'x') + "\"}", "{\"id\":\"resp_big\",\"output\":[]}", noon);
        QVERIFY(!small.find(anna, "resp_big", noon)); // more than its share
    }

    void aForgottenAnswerIsGone()
    {
        ResponseStore store;
        store.remember(anna, firstCall, firstAnswer, noon);
        QVERIFY(store.inputItems(anna, "resp_1", noon).find("\"hi\"") != std::string::npos);
        QVERIFY(store.forget(anna, "resp_1"));
        QVERIFY(!store.find(anna, "resp_1", noon));
        QVERIFY(store.inputItems(anna, "resp_1", noon).empty());
    }
};

QTEST_GUILESS_MAIN(TestResponseStore)
#include "tst_response_store.moc"
