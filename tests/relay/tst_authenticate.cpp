#include "relay/authenticate.h"

#include "support/plan_with.h"

#include <QTest>

using namespace waystation;

namespace {

RequestHead headWith(Headers headers, std::string query = {})
{
    RequestHead head;
    head.headers = std::move(headers);
    head.query = std::move(query);
    return head;
}

Plan planOfClients()
{
    Plan plan = emptyPlan();
    plan.clients.push_back(clientNamed("laptop", "ws-laptop-key"));
    plan.clients.push_back(clientNamed("editor", "ws-editor-key"));
    plan.clients.push_back(clientNamed("old", "ws-old-key"));
    plan.clients.back().expires = noon;
    plan.clients.push_back(clientNamed("self", "ws-self-key"));
    plan.clients.back().isInternal = true;
    return plan;
}

}

class tst_authenticate : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void keysArriveInFiveWays()
    {
        QCOMPARE(presentedKey(headWith({{"Authorization", "Bearer abc"}})), std::string("abc"));
        QCOMPARE(presentedKey(headWith({{"authorization", "bearer   abc "}})), std::string("abc"));
        QCOMPARE(presentedKey(headWith({{"X-Api-Key", "abc"}})), std::string("abc"));
        QCOMPARE(presentedKey(headWith({{"api-key", "abc"}})), std::string("abc"));
        QCOMPARE(presentedKey(headWith({{"x-goog-api-key", "abc"}})), std::string("abc"));
        QCOMPARE(presentedKey(headWith({}, "alt=sse&key=a%2Fbc")), std::string("a/bc"));
        QCOMPARE(presentedKey(headWith({{"Authorization", "Basic abc"}})), std::string());
        QCOMPARE(presentedKey(headWith({})), std::string());
    }

    void theFirstWayCounts()
    {
        QCOMPARE(presentedKey(headWith({{"x-goog-api-key", "4"}, {"api-key", "3"},
                                           {"x-api-key", "2"}, {"authorization", "Bearer 1"}},
                     "key=5")),
            std::string("1"));
        QCOMPARE(presentedKey(headWith(
                     {{"x-goog-api-key", "4"}, {"api-key", "3"}, {"x-api-key", "2"}}, "key=5")),
            std::string("2"));
        QCOMPARE(presentedKey(headWith({{"x-goog-api-key", "4"}, {"api-key", "3"}}, "key=5")),
            std::string("3"));
        QCOMPARE(presentedKey(headWith({{"x-goog-api-key", "4"}}, "key=5")), std::string("4"));
        QCOMPARE(presentedKey(headWith({{"authorization", "Basic x"}, {"x-api-key", "2"}})),
            std::string("2"));
    }

    void aKnownKeyNamesItsClient()
    {
        const Plan plan = planOfClients();
        for (const char* const name : {"laptop", "editor"}) {
            const auto client = authenticate(
                headWith({{"x-api-key", std::string("ws-") + name + "-key"}}), plan, noon);
            QVERIFY(client.has_value());
            QCOMPARE((*client)->name, std::string(name));
        }
    }

    void strangersAreRefused()
    {
        const Plan plan = planOfClients();
        for (const char* const key : {"", "ws-laptop-ke", "ws-laptop-keyy", "WS-LAPTOP-KEY", "x"}) {
            const auto client = authenticate(headWith({{"x-api-key", key}}), plan, noon);
            QVERIFY(!client.has_value());
            QCOMPARE(client.error().kind, ErrorKind::Unauthenticated);
            QVERIFY(*key == '\0' || client.error().message.find(key) == std::string::npos
                || std::string_view(key) == "x");
        }
        QVERIFY(!authenticate(headWith({}), emptyPlan(), noon).has_value());
        // The hash itself opens nothing.
        const Sha256 hash = sha256("ws-laptop-key");
        QVERIFY(
            !authenticate(headWith({{"x-api-key", toHex(hash.data(), hash.size())}}), plan, noon)
                 .has_value());
    }

    void aKeyEndsAtItsTime()
    {
        const Plan plan = planOfClients();
        const RequestHead head = headWith({{"x-api-key", "ws-old-key"}});
        QVERIFY(authenticate(head, plan, noon - Micros(1)).has_value());
        const auto late = authenticate(head, plan, noon);
        QVERIFY(!late.has_value());
        QCOMPARE(late.error().kind, ErrorKind::NotAllowed);
    }

    void thisProgramsOwnKeyWorksOnlyFromThisMachine()
    {
        const Plan plan = planOfClients();
        RequestHead head = headWith({{"x-api-key", "ws-self-key"}});
        QVERIFY(authenticate(head, plan, noon).has_value());
        head.fromLoopback = false;
        QCOMPARE(authenticate(head, plan, noon).error().kind, ErrorKind::Unauthenticated);
    }

    void aListOfModelsIsKept()
    {
        PlanClient client = clientNamed("laptop", "k");
        QVERIFY(mayUse(client, ModelName("anything")).has_value());
        client.allowedModels = {"gpt-*", "claude-opus-5"};
        QVERIFY(mayUse(client, ModelName("gpt-5.5")).has_value());
        QVERIFY(mayUse(client, ModelName("claude-opus-5")).has_value());
        const auto refused = mayUse(client, ModelName("claude-opus-5-5"));
        QVERIFY(!refused.has_value());
        QCOMPARE(refused.error().kind, ErrorKind::NotAllowed);
        QVERIFY(!mayUse(client, ModelName("openai/gpt-5.5")).has_value());
    }
};

QTEST_GUILESS_MAIN(tst_authenticate)
#include "tst_authenticate.moc"
