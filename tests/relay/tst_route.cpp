#include "relay/route.h"

#include "support/plan_with.h"

#include <QTest>

#include <map>

using namespace waystation;

namespace {

RouteWish wishFor(std::string model, DialectId dialect = DialectId::OpenaiChat)
{
    RouteWish wish;
    wish.dialect = dialect;
    wish.model = ModelName(std::move(model));
    return wish;
}

/// "channel/model" of each route, in order.
std::string order(const boost::system::result<Routes, RouteFailure>& routes)
{
    if (!routes)
        return std::string("error: ") + nameOf(routes.error().error.kind);
    std::string text;
    for (const Route& route : routes->best)
        text += (text.empty() ? "" : " ") + route.channel->name + "/" + route.model.text();
    return text;
}

std::string orderFor(const Plan& plan, const RouteWish& wish)
{
    return order(routesFor(wish, plan, Health{}, noon));
}

std::string keysOf(const Routes& routes)
{
    std::string text;
    for (const Route& route : routes.best)
        text += (text.empty() ? "" : " ") + route.channel->name + ":"
            + (route.key ? route.key->label : "-");
    return text;
}

std::string reasonFor(const std::vector<RouteNote>& notes, std::string_view channel)
{
    for (const RouteNote& note : notes) {
        if (note.channelName == channel)
            return note.reason;
    }
    return {};
}

Error limited(Millis retryAfter)
{
    Error error{ErrorKind::RateLimited, "x"};
    error.retryAfter = retryAfter;
    return error;
}

void rest(Health& health, const char* channel, const Error& error, const char* key = "main")
{
    health.noteFailure(ChannelId(channel), KeyId(std::string("key-") + key), error,
        "api.example.com", false, noon);
}

PlanChannel practiceChannel()
{
    PlanChannel channel
        = channelNamed("practice", {}, {DialectId::OpenaiChat, DialectId::Anthropic});
    channel.isPractice = true;
    channel.needsKey = false;
    channel.keys.clear();
    return channel;
}

PlanChannel withPriority(PlanChannel channel, int priority)
{
    channel.priority = priority;
    return channel;
}

PlanChannel withWeight(PlanChannel channel, int weight)
{
    channel.weight = weight;
    return channel;
}

PlanChannel withKeys(PlanChannel channel, std::vector<PlanKey> keys)
{
    channel.keys = std::move(keys);
    return channel;
}

template <class... Keys> std::vector<PlanKey> keyList(Keys&&... keys)
{
    std::vector<PlanKey> list;
    (list.push_back(std::forward<Keys>(keys)), ...);
    return list;
}

}

class tst_route : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void anExactAliasDecidesAlone()
    {
        Plan plan = planWith(channelNamed("a", {"m"}), channelNamed("b", {"fast"}));
        plan.aliases
            = {aliasOf("*", {targetOf("b", "star")}), aliasOf("fast", {targetOf("a", "m")})};
        QCOMPARE(orderFor(plan, wishFor("fast")), std::string("a/m"));
        const auto routes = routesFor(wishFor("fast"), plan, Health{}, noon);
        QCOMPARE(routes->best[0].endpoint->dialect, DialectId::OpenaiChat);
        QCOMPARE(routes->best[0].key->label, std::string("main"));
        QVERIFY(routes->notes[0].taken);
        QCOMPARE(routes->notes[0].reason, std::string("first in order"));
    }

    void theAliasThatLeavesLeastToTheStarWins()
    {
        Plan plan = planWith(channelNamed("a"), channelNamed("b"));
        plan.aliases = {aliasOf("claude-*", {targetOf("a", "wide-*")}),
            aliasOf("claude-sonnet-*", {targetOf("b", "narrow-*")})};
        QCOMPARE(orderFor(plan, wishFor("claude-sonnet-5")), std::string("b/narrow-5"));
        QCOMPARE(orderFor(plan, wishFor("claude-opus-5")), std::string("a/wide-opus-5"));
    }

    void targetsGoByTier()
    {
        Plan plan = planWith(channelNamed("a"), channelNamed("b"), channelNamed("c"));
        plan.aliases = {
            aliasOf("fast", {targetOf("a", "m", 2), targetOf("b", "m", 0), targetOf("c", "m", 1)})};
        QCOMPARE(orderFor(plan, wishFor("fast")), std::string("b/m c/m a/m"));
    }

    void aTargetThatIsGoneIsPassedOver()
    {
        Plan plan = planWith(channelNamed("a"));
        plan.aliases = {aliasOf("fast", {targetOf("gone", "m"), targetOf("a", "m", 1)})};
        const auto routes = routesFor(wishFor("fast"), plan, Health{}, noon);
        QCOMPARE(order(routes), std::string("a/m"));
        QCOMPARE(reasonFor(routes->notes, "gone"), std::string("the channel is gone"));
    }

    void aChannelMayBeNamed()
    {
        const Plan plan
            = planWith(channelNamed("a", {"m"}), channelNamed("b", {"m"}), channelNamed("open"));
        QCOMPARE(orderFor(plan, wishFor("b/m")), std::string("b/m"));
        QCOMPARE(orderFor(plan, wishFor("open/vendor/m")), std::string("open/vendor/m"));
        // A channel that does not list it says nothing about "b/other" as a name of its own.
        QCOMPARE(orderFor(plan, wishFor("b/other")), std::string("open/b/other"));
    }

    void channelsThatListTheModelComeBeforeThoseThatTakeAny()
    {
        const Plan plan = planWith(withPriority(channelNamed("any"), 0),
            withPriority(channelNamed("second", {"m"}), 20),
            withPriority(channelNamed("first", {"m"}), 10), channelNamed("other", {"n"}));
        QCOMPARE(orderFor(plan, wishFor("m")), std::string("first/m second/m any/m"));
    }

    void equalsAreDrawnByWeight()
    {
        const Plan plan = planWith(withWeight(channelNamed("heavy", {"m"}), 3),
            channelNamed("light", {"m"}), withWeight(channelNamed("none", {"m"}), 0));
        std::map<std::string, int> firsts;
        for (std::uint64_t i = 0; i < 4000; ++i) {
            RouteWish wish = wishFor("m");
            wish.random = i * 0x9E3779B97F4A7C15u;
            const auto routes = routesFor(wish, plan, Health{}, noon);
            QCOMPARE(routes->best.size(), std::size_t(2));
            ++firsts[routes->best[0].channel->name];
        }
        QVERIFY2(firsts["heavy"] > 2850 && firsts["heavy"] < 3150,
            std::to_string(firsts["heavy"]).c_str());
        QCOMPARE(firsts["heavy"] + firsts["light"], 4000);
        RouteWish wish = wishFor("m");
        wish.random = 42;
        QCOMPARE(orderFor(plan, wish), orderFor(plan, wish));
    }

    void eachKeyIsARouteOfItsOwn()
    {
        const Plan plan = planWith(
            withPriority(withKeys(channelNamed("a", {"m"}),
                             keyList(keyNamed("one", "11111111"), keyNamed("two", "22222222", 9),
                                 keyNamed("off", "33333333", 0))),
                0),
            withPriority(channelNamed("b", {"m"}), 1));
        std::map<std::string, int> orders;
        for (std::uint64_t i = 0; i < 2000; ++i) {
            RouteWish wish = wishFor("m");
            wish.random = i * 7919;
            ++orders[keysOf(*routesFor(wish, plan, Health{}, noon))];
        }
        QCOMPARE(orders.size(), std::size_t(2));
        const int heavyFirst = orders["a:two a:one b:main"];
        QVERIFY2(heavyFirst > 1700 && heavyFirst < 1900, std::to_string(heavyFirst).c_str());
        QCOMPARE(heavyFirst + orders["a:one a:two b:main"], 2000);
    }

    void practiceTakesOnlyItsOwnModels()
    {
        Plan plan = planWith(practiceChannel());
        QCOMPARE(orderFor(plan, wishFor("practice-echo")), std::string("practice/practice-echo"));
        QCOMPARE(orderFor(plan, wishFor("gpt-5.5")), std::string("error: no_route"));
        QCOMPARE(orderFor(plan, wishFor("practice/gpt-5.5")), std::string("practice/gpt-5.5"));
        plan.aliases = {aliasOf("gpt-*", {targetOf("practice", "practice-slow")})};
        QCOMPARE(orderFor(plan, wishFor("gpt-5.5")), std::string("practice/practice-slow"));
        const auto routes = routesFor(wishFor("practice-echo"), plan, Health{}, noon);
        QVERIFY(!routes->best[0].key);
    }

    void whatIsSwitchedOffIsPassedOver()
    {
        PlanChannel off = channelNamed("off", {"m"});
        off.enabled = false;
        const Plan plan = planWith(std::move(off));
        const auto routes = routesFor(wishFor("m"), plan, Health{}, noon);
        QCOMPARE(order(routes), std::string("error: no_route"));
        QVERIFY2(routes.error().error.message.find("off (switched off)") != std::string::npos,
            routes.error().error.message.c_str());
        RouteWish chosen = wishFor("m");
        chosen.channel = "off";
        QCOMPARE(orderFor(plan, chosen), std::string("error: no_route"));
    }

    void aConversationIsTranslatedWhereItsDialectIsNotSpoken()
    {
        const Plan plan = planWith(
            channelNamed("a", {"m"}, {DialectId::OpenaiResponses, DialectId::OpenaiChat}),
            withPriority(channelNamed("b", {"m"}, {DialectId::Anthropic}), 1));
        const auto routes = routesFor(wishFor("m", DialectId::Anthropic), plan, Health{}, noon);
        QCOMPARE(order(routes), std::string("a/m b/m"));
        QCOMPARE(int(routes->best[0].endpoint->dialect), int(DialectId::OpenaiResponses));
        QCOMPARE(int(routes->best[1].endpoint->dialect), int(DialectId::Anthropic));
    }

    void whatHasNoTranslationNeedsItsDialect()
    {
        const Plan plan = planWith(channelNamed("a", {"m"}, {DialectId::Anthropic}));
        RouteWish wish = wishFor("m", DialectId::OpenaiChat);
        wish.operation = Operation::Moderations;
        const auto routes = routesFor(wish, plan, Health{}, noon);
        QCOMPARE(order(routes), std::string("error: unsupported"));
        QCOMPARE(reasonFor(routes.error().notes, "a"), std::string("speaks anthropic, not openai-chat"));
    }

    void theEndpointIsThatOfTheDialect()
    {
        const Plan plan
            = planWith(channelNamed("a", {"m"}, {DialectId::OpenaiChat, DialectId::Gemini}));
        const auto routes = routesFor(wishFor("m", DialectId::Gemini), plan, Health{}, noon);
        QCOMPARE(routes->best[0].endpoint->base.path, std::string("/v1beta"));
    }

    void operationsBesideChatNeedTheirFamily_data()
    {
        QTest::addColumn<int>("operation");
        QTest::addColumn<int>("asked");
        QTest::addColumn<int>("needed");
        const auto row = [](Operation operation, DialectId asked, DialectId needed) {
            QTest::addRow("%s over %s", nameOf(operation), nameOf(asked))
                << int(operation) << int(asked) << int(needed);
        };
        for (const Operation operation :
            {Operation::Speech, Operation::Transcription, Operation::VideoCreate,
                Operation::VideoTask, Operation::Rerank, Operation::Moderations})
            row(operation, DialectId::OpenaiChat, DialectId::OpenaiChat);
        row(Operation::CountTokens, DialectId::Anthropic, DialectId::Anthropic);
        row(Operation::CountTokens, DialectId::OpenaiResponses, DialectId::OpenaiResponses);
        row(Operation::ResponseTask, DialectId::OpenaiChat, DialectId::OpenaiResponses);
    }

    void operationsBesideChatNeedTheirFamily()
    {
        QFETCH(int, operation);
        QFETCH(int, asked);
        QFETCH(int, needed);
        for (const DialectId spoken : allDialects) {
            const Plan plan = planWith(channelNamed("a", {"m"}, {spoken}));
            RouteWish wish = wishFor("m", DialectId(asked));
            wish.operation = Operation(operation);
            QCOMPARE(orderFor(plan, wish),
                int(spoken) == needed ? std::string("a/m") : std::string("error: unsupported"));
        }
    }

    void keysThatAreNotAtHand_data()
    {
        QTest::addColumn<int>("state");
        QTest::addColumn<QString>("reason");
        QTest::newRow("locked") << int(SecretState::Locked)
                                << QStringLiteral("the key is in a locked keychain");
        QTest::newRow("pending") << int(SecretState::Pending)
                                 << QStringLiteral(
                                        "the key is still being fetched from the keychain");
        QTest::newRow("missing") << int(SecretState::Missing)
                                 << QStringLiteral("the keychain no longer holds the key");
        QTest::newRow("slow") << int(SecretState::Slow)
                              << QStringLiteral("the keychain does not answer");
        QTest::newRow("unavailable")
            << int(SecretState::Unavailable) << QStringLiteral("the keychain cannot be reached");
    }

    void keysThatAreNotAtHand()
    {
        QFETCH(int, state);
        QFETCH(QString, reason);
        Plan plan = planWith(
            withKeys(channelNamed("a", {"m"}), keyList(keyWithout("main", SecretState(state)))));
        const auto routes = routesFor(wishFor("m"), plan, Health{}, noon);
        QCOMPARE(order(routes), std::string("error: key_unavailable"));
        QVERIFY2(routes.error().error.message.find(reason.toStdString()) != std::string::npos,
            routes.error().error.message.c_str());
        // Others go on.
        plan.channels.push_back(channelNamed("b", {"m"}));
        QCOMPARE(orderFor(plan, wishFor("m")), std::string("b/m"));
        plan.channels[0].keys.push_back(keyNamed("spare", "44444444"));
        plan.channels[1].priority = 1;
        QCOMPARE(orderFor(plan, wishFor("m")), std::string("a/m b/m"));
    }

    void noKeyAtAll()
    {
        const Plan plan = planWith(withKeys(channelNamed("a", {"m"}), {}));
        QCOMPARE(orderFor(plan, wishFor("m")), std::string("error: key_unavailable"));
        Plan local = planWith(withKeys(channelNamed("a", {"m"}), {}));
        local.channels[0].needsKey = false;
        QCOMPARE(orderFor(local, wishFor("m")), std::string("a/m"));
    }

    void thisRelayIsNoUpstreamOfItsOwn()
    {
        PlanChannel self = channelNamed("self", {"m"});
        self.endpoints[0].base = parseUrl("http://localhost:8411/v1").value();
        Plan plan = planWith(std::move(self));
        QCOMPARE(orderFor(plan, wishFor("m")), std::string("error: loop_detected"));
        plan.channels.push_back(channelNamed("b", {"m"}));
        QCOMPARE(orderFor(plan, wishFor("m")), std::string("b/m"));
        plan.channels[0].endpoints[0].base = parseUrl("http://localhost:8412/v1").value();
        plan.channels.pop_back();
        QCOMPARE(orderFor(plan, wishFor("m")), std::string("self/m"));
    }

    void restingChannelsComeLast()
    {
        const Plan plan = planWith(
            withPriority(channelNamed("a", {"m"}), 0), withPriority(channelNamed("b", {"m"}), 1));
        Health health;
        rest(health, "a", limited(Millis(42'000)));
        const auto routes = routesFor(wishFor("m"), plan, health, noon);
        QCOMPARE(order(routes), std::string("b/m a/m"));
        QCOMPARE(reasonFor(routes->notes, "a"),
            std::string("resting 42 s after 429 from api.example.com (Retry-After 42)"));
        QCOMPARE(order(routesFor(wishFor("m"), plan, health, noon + Seconds(42))),
            std::string("a/m b/m"));
    }

    void onlyTheKeyThatRestsIsPassedOver()
    {
        const Plan plan = planWith(withKeys(channelNamed("a", {"m"}),
            keyList(keyNamed("one", "11111111"), keyNamed("two", "22222222"))));
        Health health;
        rest(health, "a", limited(Millis(42'000)), "one");
        const auto routes = routesFor(wishFor("m"), plan, health, noon);
        QCOMPARE(keysOf(*routes), std::string("a:two a:one"));
    }

    void whenAllRestTheCallIsToldHowLong()
    {
        const Plan plan = planWith(channelNamed("a", {"m"}), channelNamed("b", {"m"}));
        Health health;
        rest(health, "a", limited(Millis(42'000)));
        rest(health, "b", limited(Millis(7000)));
        const auto routes = routesFor(wishFor("m"), plan, health, noon + Seconds(1));
        QCOMPARE(order(routes), std::string("error: rate_limited"));
        QCOMPARE(routes.error().error.retryAfter, std::optional<Millis>(Millis(6000)));
        QCOMPARE(routes.error().notes.size(), std::size_t(2));
        Health busy;
        rest(busy, "a", {ErrorKind::Overloaded, "x"});
        rest(busy, "b", {ErrorKind::Overloaded, "x"});
        QCOMPARE(
            order(routesFor(wishFor("m"), plan, busy, noon)), std::string("error: overloaded"));
    }

    void aChannelThatFailedIsAskedWhenNothingElseIsLeft()
    {
        const Plan plan = planWith(
            withPriority(channelNamed("a", {"m"}), 0), withPriority(channelNamed("b", {"m"}), 1));
        Health health;
        rest(health, "a", {ErrorKind::ConnectFailed, "x"});
        rest(health, "b", limited(Millis(7000)));
        QCOMPARE(order(routesFor(wishFor("m"), plan, health, noon)), std::string("a/m"));
    }

    void aChosenChannelTakesTheModelAsItIs()
    {
        Plan plan = planWith(channelNamed("a", {"m"}), withWeight(channelNamed("b", {"n"}), 0));
        plan.channels[1].id = ChannelId("id-of-b");
        plan.aliases = {aliasOf("m", {targetOf("a", "else")})};
        RouteWish wish = wishFor("m");
        wish.channel = "b";
        QCOMPARE(orderFor(plan, wish), std::string("b/m"));
        wish.channel = "id-of-b";
        QCOMPARE(orderFor(plan, wish), std::string("b/m"));
        wish.channel = "c";
        QCOMPARE(orderFor(plan, wish), std::string("error: no_route"));
        // Polling a task names no model.
        wish = wishFor("");
        wish.operation = Operation::VideoTask;
        wish.channel = "a";
        QCOMPARE(orderFor(plan, wish), std::string("a/"));
        wish.channel = "";
        QCOMPARE(orderFor(plan, wish), std::string("error: no_route"));
    }

    void aBoundKeyIsTheOnlyOne()
    {
        const Plan plan = planWith(withKeys(channelNamed("a"),
            keyList(keyNamed("one", "11111111"), keyNamed("two", "22222222", 0))));
        RouteWish wish = wishFor("m");
        wish.channel = "a";
        wish.key = KeyId("key-two");
        QCOMPARE(keysOf(*routesFor(wish, plan, Health{}, noon)), std::string("a:two"));
        wish.key = KeyId("key-gone");
        QCOMPARE(orderFor(plan, wish), std::string("error: key_unavailable"));
    }

    void anErrorSaysWhatWasLookedAt()
    {
        Plan plan = planWith(channelNamed("a", {"x"}), channelNamed("b", {"y"}));
        const auto routes = routesFor(wishFor("m\nm"), plan, Health{}, noon);
        QCOMPARE(routes.error().error.message,
            std::string("no channel serves the model \"m m\"; looked at: a (does not list it), b "
                        "(does not list it)"));
        for (int i = 0; i < 1000; ++i)
            plan.channels.push_back(withKeys(channelNamed("c" + std::to_string(i)), {}));
        const auto many = routesFor(wishFor("m"), plan, Health{}, noon);
        QVERIFY(many.error().error.message.size() < 600);
        QVERIFY(many.error().notes.size() <= 60);
        QCOMPARE(orderFor(emptyPlan(), wishFor("m")), std::string("error: no_route"));
    }

    void namesThatClientsCanAskFor()
    {
        PlanChannel off = channelNamed("off", {"hidden"});
        off.enabled = false;
        Plan plan = planWith(channelNamed("b", {"zeta", "both"}),
            channelNamed("a", {"both", "alpha"}), std::move(off), practiceChannel());
        plan.aliases = {aliasOf("fast", {targetOf("a", "alpha")}),
            aliasOf("claude-*", {targetOf("a", "*")}), aliasOf("zeta", {targetOf("a", "alpha")}),
            aliasOf("dead", {targetOf("off", "hidden")})};
        PlanClient client = clientNamed("laptop", "k");
        std::string names;
        for (const ServedModel& model : servedModels(plan, client)) {
            if (!model.name.starts_with("practice-"))
                names += model.name + ":" + model.ownedBy + " ";
        }
        QCOMPARE(names, std::string("alpha:a both:b fast:alias zeta:alias "));
        client.allowedModels = {"practice-e*", "fast"};
        const auto few = servedModels(plan, client);
        QCOMPARE(few.size(), std::size_t(2));
        QCOMPARE(few[0].name, std::string("fast"));
        QCOMPARE(few[1].name, std::string("practice-echo"));
        QCOMPARE(few[1].ownedBy, std::string("practice"));
    }
};

QTEST_GUILESS_MAIN(tst_route)
#include "tst_route.moc"
