#include "settings/edit.h"
#include "settings/plan_builder.h"

#include "full_settings.h"

#include <QTest>

#include <algorithm>
#include <map>

using namespace waystation;

namespace {

/// Answers every question and remembers what was asked.
struct Machine
{
    std::vector<std::string> askedKeys;
    std::vector<std::string> askedProxies;
    std::string systemProxy;
    PlanInputs inputs;

    Machine()
    {
        inputs.keyOf = [this](const ChannelSettings& channel, const KeySettings& key) {
            askedKeys.push_back(vaultNameOf(channel.id, key.id));
            return std::pair(Secret("sk-" + key.id.text()), SecretState::Ready);
        };
        inputs.proxyPasswordOf
            = [](const std::string& name) { return Secret("password of " + name); };
        inputs.systemProxyFor = [this](const Url& url) {
            askedProxies.push_back(url.origin.host);
            return systemProxy;
        };
        inputs.readFile = [](const std::string& path) { return "PEM of " + path; };
        inputs.servedPort = 8411;
        inputs.instanceId = "instance";
    }
};

bool has(const std::vector<std::string>& list, const char* text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool has(const std::vector<Origin>& list, const char* host, std::uint16_t port)
{
    return std::find(list.begin(), list.end(), Origin{false, host, port}) != list.end();
}

}

class TestPlanBuilder : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aChannelArrivesWhole()
    {
        Machine machine;
        Settings settings = fullSettings();
        settings.channels[0].keys[1].enabled = true;
        const auto plan = buildPlan(settings, machine.inputs);
        QCOMPARE(plan->channels.size(), std::size_t(2));
        const PlanChannel& channel = plan->channels[0];
        QCOMPARE(channel.id, settings.channels[0].id);
        QCOMPARE(channel.name, settings.channels[0].name);
        QCOMPARE(channel.pricesId, std::string("openai"));
        QVERIFY(!channel.enabled && !channel.isPractice && channel.needsKey);
        QCOMPARE(channel.endpoints.size(), std::size_t(2));
        QCOMPARE(channel.endpoints[0].dialect, DialectId::OpenaiResponses); // in the user's order
        QCOMPARE(toText(channel.endpoints[0].base), std::string("https://gateway.example.com/v1"));
        QCOMPARE(channel.endpoints[1].dialect, DialectId::OpenaiChat);
        QCOMPARE(channel.keys.size(), std::size_t(2));
        QCOMPARE(channel.keys[0].secret.reveal(), std::string_view("sk-k1"));
        QCOMPARE(channel.keys[0].state, SecretState::Ready);
        QCOMPARE(channel.keys[0].weight, 3);
        QCOMPARE(channel.keys[0].masked, std::string("sk-...abcd"));
        QCOMPARE(channel.models.size(), std::size_t(2));
        QCOMPARE(channel.priority, 20);
        QCOMPARE(channel.weight, 5);
        QCOMPARE(channel.proxy.kind, PlanProxy::Kind::Socks5);
        QCOMPARE(channel.extraCaPem, std::string("PEM of /etc/ssl/own.pem"));
        QCOMPARE(channel.extraHeaders.value("x-team"), std::string_view("blue"));
        QCOMPARE(channel.timeouts.connect, Millis(5'000));
        QCOMPARE(channel.timeouts.firstByte, Millis(60'000));
        QCOMPARE(channel.timeouts.idle, Millis(30'000));
        QCOMPARE(channel.multiplierThousandths, std::int64_t(1250));
        QVERIFY(has(machine.askedKeys, "channel/Ab3-_x/k1")
            && has(machine.askedKeys, "channel/Ab3-_x/k2"));
    }

    void practiceNeedsNoNetworkAndNoKey()
    {
        Machine machine;
        machine.systemProxy = "http://proxy.example.com:3128";
        const auto plan = buildPlan(firstSettings(), machine.inputs);
        QCOMPARE(plan->channels.size(), std::size_t(1));
        const PlanChannel& practice = plan->channels[0];
        QVERIFY(practice.isPractice && !practice.needsKey && practice.keys.empty());
        QCOMPARE(practice.endpoints.size(), std::size_t(4));
        for (const PlanEndpoint& endpoint : practice.endpoints)
            QCOMPARE(endpoint.signIn, SignIn::None);
        QCOMPARE(practice.proxy.kind, PlanProxy::Kind::None);
    }

    void aKeyThatWasNeverGivenIsNotAskedFor()
    {
        Machine machine;
        Settings settings = fullSettings();
        settings.channels[0].enabled = true;
        ChannelSettings moved = settings.channels[0];
        moved.baseUrl = "https://other.example.com/v1"; // and so the stored key must not go there
        QVERIFY(editChannel(settings, moved).has_value());
        const auto plan = buildPlan(settings, machine.inputs);
        QCOMPARE(plan->channels[0].endpoints[0].base.origin.host, std::string("other.example.com"));
        QCOMPARE(plan->channels[0].keys.size(), std::size_t(1)); // the other is not enabled
        QCOMPARE(plan->channels[0].keys[0].state, SecretState::Missing);
        QVERIFY(plan->channels[0].keys[0].secret.isEmpty());
        QVERIFY(machine.askedKeys.empty());
    }

    void theStateOfAKeyIsTold()
    {
        Machine machine;
        machine.inputs.keyOf = [](const ChannelSettings&, const KeySettings&) {
            return std::pair(Secret(), SecretState::Locked);
        };
        QCOMPARE(buildPlan(fullSettings(), machine.inputs)->channels[0].keys[0].state,
            SecretState::Locked);
        machine.inputs.keyOf = [](const ChannelSettings&, const KeySettings&) {
            return std::pair(Secret(), SecretState::Ready);
        };
        QCOMPARE(buildPlan(fullSettings(), machine.inputs)->channels[0].keys[0].state,
            SecretState::Missing);
    }

    void hostNamesAreThoseOfThisListenerOnly()
    {
        Machine machine;
        Settings settings = firstSettings();
        machine.inputs.ownAddresses = {"192.168.1.5", "fd00::5"};
        QCOMPARE(buildPlan(settings, machine.inputs)->hostNames,
            (std::vector<std::string>{"127.0.0.1:8411", "localhost:8411", "[::1]:8411"}));
        settings.lanAccess = true;
        settings.hostNames = {"Desk.lan", "box:9001"};
        const std::vector<std::string> names = buildPlan(settings, machine.inputs)->hostNames;
        QVERIFY(has(names, "192.168.1.5:8411") && has(names, "[fd00::5]:8411")
            && has(names, "desk.lan:8411") && has(names, "box:9001"));
        QVERIFY(!has(names, "localhost") && !has(names, "desk.lan"));
        machine.inputs.servedPort = 80;
        const std::vector<std::string> plain = buildPlan(settings, machine.inputs)->hostNames;
        for (const char* name : {"127.0.0.1", "127.0.0.1:80", "localhost", "localhost:80", "[::1]",
                 "[::1]:80", "desk.lan"})
            QVERIFY2(has(plain, name), name);
    }

    void everySpellingOfThisListenerIsKnown()
    {
        Machine machine;
        machine.inputs.ownAddresses = {"192.168.1.5", "fe80::5%eth0", "127.0.0.1"};
        Settings settings = firstSettings();
        settings.hostNames = {"Desk.lan"};
        const auto plan = buildPlan(settings, machine.inputs);
        for (const char* host :
            {"localhost", "127.0.0.1", "::1", "0.0.0.0", "192.168.1.5", "fe80::5", "desk.lan"})
            QVERIFY2(has(plan->ownOrigins, host, 8411), host);
        QVERIFY(!has(plan->ownOrigins, "localhost", 8412));
        QCOMPARE(std::count(plan->ownOrigins.begin(), plan->ownOrigins.end(),
                     Origin{false, "127.0.0.1", 8411}),
            std::ptrdiff_t(1));
    }

    void proxiesAreWorkedOut()
    {
        Machine machine;
        Settings settings = fullSettings();
        ChannelSettings& channel = settings.channels[0];
        const auto proxy = [&] {
            const auto plan = buildPlan(settings, machine.inputs);
            return std::shared_ptr<const PlanProxy>(plan, &plan->channels.at(0).proxy);
        };

        channel.proxy = {ProxyMode::Inherit, {}, false}; // the settings say manual
        const auto inherited = proxy();
        QCOMPARE(inherited->kind, PlanProxy::Kind::HttpConnect);
        QCOMPARE(inherited->host, std::string("proxy.example.com"));
        QCOMPARE(inherited->port, std::uint16_t(3128));
        QCOMPARE(inherited->user, std::string("me"));
        QCOMPARE(inherited->password.reveal(), std::string_view("password of global"));

        channel.proxy = {ProxyMode::Manual, "socks5://u%40x@[::1]:1080", true};
        const auto own = proxy();
        QCOMPARE(own->kind, PlanProxy::Kind::Socks5);
        QCOMPARE(own->host, std::string("::1"));
        QCOMPARE(own->user, std::string("u@x"));
        QCOMPARE(own->password.reveal(), std::string_view("password of Ab3-_x"));

        channel.proxy = {ProxyMode::None, {}, false};
        QCOMPARE(proxy()->kind, PlanProxy::Kind::None);
        channel.proxy = {ProxyMode::System, {}, false};
        QCOMPARE(proxy()->kind, PlanProxy::Kind::None);
        machine.systemProxy = "http://system.example.com:8080";
        QCOMPARE(proxy()->host, std::string("system.example.com"));
        QVERIFY(has(machine.askedProxies, "gateway.example.com"));

        for (const char* local :
            {"http://127.0.0.1:9/v1", "http://localhost:9/v1", "http://[::1]:9/v1"}) {
            channel.baseUrl = local;
            channel.proxy = {ProxyMode::Manual, "http://proxy.example.com:1", false};
            QCOMPARE(proxy()->kind, PlanProxy::Kind::None);
        }
    }

    void aProxyThatCannotBeReadNeverMeansDirect()
    {
        Machine machine;
        Settings settings = fullSettings();
        settings.channels[0].proxy = {ProxyMode::Manual, "nonsense", false};
        QVERIFY(findChannelByName(*buildPlan(settings, machine.inputs), settings.channels[0].name)
            == nullptr);
        settings.channels[0].proxy = {ProxyMode::System, {}, false};
        machine.systemProxy = "pac+http://x";
        QVERIFY(findChannelByName(*buildPlan(settings, machine.inputs), settings.channels[0].name)
            == nullptr);
    }

    void aChannelWithoutAnAddressIsLeftOut()
    {
        Machine machine;
        Settings settings = fullSettings();
        settings.channels[0].baseUrl = "https://me:pw@x";
        QCOMPARE(buildPlan(settings, machine.inputs)->channels.size(), std::size_t(1));
        settings.channels[0].provider = ProviderId("nobody");
        QCOMPARE(buildPlan(settings, machine.inputs)->channels.size(), std::size_t(1));
    }

    void namesBecomeIds()
    {
        Machine machine;
        Settings settings = fullSettings();
        settings.aliases[0].targets.push_back({"gone", "m", 0, 1});
        const auto plan = buildPlan(settings, machine.inputs);
        QCOMPARE(plan->aliases[0].pattern, std::string("claude-*"));
        QCOMPARE(plan->aliases[0].targets.size(), std::size_t(2));
        QCOMPARE(plan->aliases[0].targets[0].channel, ChannelId("Ab3-_x"));
        QCOMPARE(plan->aliases[0].targets[1].channel, ChannelId("practice"));
        QCOMPARE(plan->aliases[0].targets[1].tier, 1);
        QCOMPARE(plan->priceOverrides[0].channel, ChannelId("Ab3-_x"));
        settings.prices[0].channel.clear();
        QVERIFY(buildPlan(settings, machine.inputs)->priceOverrides[0].channel.isEmpty());
        settings.prices[0].channel = "gone";
        QVERIFY(buildPlan(settings, machine.inputs)->priceOverrides.empty());
    }

    void clientsArriveWithTheirHashes()
    {
        Machine machine;
        machine.inputs.internalClient.id = ClientId("internal");
        machine.inputs.internalClient.hash = sha256("own");
        const auto plan = buildPlan(fullSettings(), machine.inputs);
        QCOMPARE(plan->clients.size(), std::size_t(2));
        QVERIFY(plan->clients[0].hash == sha256("ws-test"));
        QCOMPARE(plan->clients[0].allowedModels.size(), std::size_t(1));
        QVERIFY(plan->clients[0].expires.has_value());
        QVERIFY(!plan->clients[0].isInternal && plan->clients[1].isInternal);
        Settings broken = fullSettings();
        broken.clients[0].hash = std::string(64, 'g');
        QCOMPARE(buildPlan(broken, Machine().inputs)->clients.size(), std::size_t(0));
    }

    void theRestIsCarriedOver()
    {
        Machine machine;
        machine.inputs.paused = true;
        const auto plan = buildPlan(fullSettings(), machine.inputs);
        QCOMPARE(plan->maxBodyBytes, std::uint64_t(128) << 20);
        QVERIFY(!plan->maskUpstreamAuth && plan->paused);
        QCOMPARE(plan->instanceId, std::string("instance"));
        QCOMPARE(plan->allowedOrigins.size(), std::size_t(2));
    }

    void noQuestionNeedsToBeAnswered()
    {
        PlanInputs nothing;
        nothing.servedPort = 1;
        Settings settings = fullSettings();
        settings.channels[0].proxy = {ProxyMode::System, {}, false};
        const auto plan = buildPlan(settings, nothing);
        QCOMPARE(plan->channels.size(), std::size_t(2));
        QCOMPARE(plan->channels[0].keys[0].state, SecretState::Missing);
        QVERIFY(plan->clients.size() == 1);
    }
};

QTEST_GUILESS_MAIN(TestPlanBuilder)

#include "tst_plan_builder.moc"
