#include "base/hash.h"
#include "settings/edit.h"
#include "settings/settings_file.h"

#include "full_settings.h"

#include <QTest>

using namespace waystation;

namespace {

const TimePoint noon = fromMicrosSinceEpoch(1'780'000'000'000'000);

ChannelSettings newChannel(const char* name, const char* provider = "openai")
{
    ChannelSettings channel;
    channel.name = name;
    channel.provider = ProviderId(provider);
    channel.priority = 0;
    return channel;
}

/// fullSettings() with the channel's keys both usable.
Settings withKeys()
{
    Settings settings = fullSettings();
    settings.channels[0].keys[1].enabled = true;
    return settings;
}

}

class TestEdit : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void anAddedChannelGetsAnIdAndTheNextPriority()
    {
        Settings settings = firstSettings();
        const auto first = addChannel(settings, newChannel("A"));
        const auto second = addChannel(settings, newChannel("B"));
        QVERIFY(first && second && *first != *second && !first->isEmpty());
        QCOMPARE(findChannel(settings, "A")->priority, 10);
        QCOMPARE(findChannel(settings, "B")->priority, 20);
        QCOMPARE(findChannel(settings, "Practice")->priority, 1000);
        ChannelSettings chosen = newChannel("C");
        chosen.priority = 7;
        QVERIFY(addChannel(settings, chosen).has_value());
        QCOMPARE(findChannel(settings, "C")->priority, 7);
        QVERIFY(validate(settings).empty());
    }

    void aPastedAddressIsRepaired()
    {
        Settings settings = firstSettings();
        ChannelSettings channel = newChannel("A");
        channel.baseUrl = "gateway.example.com/v1/chat/completions";
        QVERIFY(addChannel(settings, channel).has_value());
        QCOMPARE(findChannel(settings, "A")->baseUrl, std::string("https://gateway.example.com"));
        channel.name = "B";
        channel.baseUrl = "https://";
        const auto refused = addChannel(settings, channel);
        QVERIFY(!refused && refused.error().kind == ErrorKind::Invalid);
    }

    void whatDoesNotFitChangesNothing()
    {
        Settings settings = fullSettings();
        const Settings before = settings;
        QCOMPARE(addChannel(settings, newChannel("Practice")).error().kind, ErrorKind::Conflict);
        const auto invalid = addChannel(settings, newChannel("a/b"));
        QCOMPARE(invalid.error().kind, ErrorKind::Invalid);
        QCOMPARE(invalid.error().field, std::string("channels[2].name"));
        QCOMPARE(addChannel(settings, newChannel("X", "nobody")).error().kind, ErrorKind::Invalid);
        ChannelSettings unknown = newChannel("X");
        unknown.id = ChannelId("gone");
        QCOMPARE(editChannel(settings, unknown).error().kind, ErrorKind::NotFound);
        ChannelSettings renamed = settings.channels[0];
        renamed.name = "Practice";
        QCOMPARE(editChannel(settings, renamed).error().kind, ErrorKind::Conflict);
        ChannelSettings wrong = settings.channels[0];
        wrong.weight = -1;
        QCOMPARE(editChannel(settings, wrong).error().field, std::string("channels[0].weight"));
        QCOMPARE(removeChannel(settings, "gone").error().kind, ErrorKind::NotFound);
        QCOMPARE(setAlias(settings, {"x", {{"gone", "m", 0, 1}}}).error().kind, ErrorKind::Invalid);
        QCOMPARE(setAlias(settings, {"a*b*", {{"Practice", "m", 0, 1}}}).error().kind,
            ErrorKind::Invalid);
        QCOMPARE(removeAlias(settings, "gone").error().kind, ErrorKind::NotFound);
        QCOMPARE(addClient(settings, "Codex", {}, {}, noon).error().kind, ErrorKind::Conflict);
        QCOMPARE(addClient(settings, "", {}, {}, noon).error().kind, ErrorKind::Invalid);
        QCOMPARE(rotateClient(settings, "gone", noon).error().kind, ErrorKind::NotFound);
        QCOMPARE(revokeClient(settings, "gone").error().kind, ErrorKind::NotFound);
        QVERIFY(settings == before);
    }

    void aliasesAndPricesFollowANewName()
    {
        Settings settings = fullSettings();
        ChannelSettings channel = settings.channels[0];
        channel.name = "renamed";
        QVERIFY(editChannel(settings, channel).has_value());
        QCOMPARE(settings.aliases[0].targets[0].channel, std::string("renamed"));
        QCOMPARE(settings.aliases[0].targets[1].channel, std::string("Practice"));
        QCOMPARE(settings.prices[0].channel, std::string("renamed"));
        QCOMPARE(settings.channels[0].keys[0].storedIn, std::string("keychain: Secret Service"));
        QVERIFY(validate(settings).empty());
    }

    void anotherOriginWantsTheKeysAgain_data()
    {
        QTest::addColumn<QByteArray>("baseUrl");
        QTest::addColumn<bool>("isBound");
        QTest::newRow("another host") << QByteArray("https://evil.example.com/v1") << false;
        QTest::newRow("another port") << QByteArray("https://gateway.example.com:8443/v1") << false;
        QTest::newRow("another scheme") << QByteArray("http://gateway.local/v1") << false;
        QTest::newRow("a host that begins alike")
            << QByteArray("https://gateway.example.com.evil.net/v1") << false;
        QTest::newRow("the provider's own") << QByteArray("") << false;
        QTest::newRow("another path") << QByteArray("https://gateway.example.com/team/v1") << true;
        QTest::newRow("other case") << QByteArray("https://GATEWAY.example.com/v1") << true;
        QTest::newRow("the same port") << QByteArray("https://gateway.example.com:443/v1") << true;
    }

    void anotherOriginWantsTheKeysAgain()
    {
        QFETCH(const QByteArray, baseUrl);
        QFETCH(const bool, isBound);
        Settings settings = withKeys();
        ChannelSettings channel = settings.channels[0];
        channel.baseUrl = baseUrl.toStdString();
        QVERIFY(editChannel(settings, channel).has_value());
        const std::vector<KeySettings>& keys = settings.channels[0].keys;
        QCOMPARE(keys.size(), std::size_t(2));
        QCOMPARE(keys[0].storedIn, std::string(isBound ? "keychain: Secret Service" : ""));
        QCOMPARE(keys[0].masked, std::string(isBound ? "sk-...abcd" : ""));
        QCOMPARE(keys[1].environment, std::string(isBound ? "OPENAI_KEY" : ""));
        QCOMPARE(keys[0].label, std::string("main"));
    }

    void anotherProviderWantsTheKeysAgain()
    {
        Settings settings = withKeys();
        settings.channels[0].baseUrl.clear();
        ChannelSettings channel = settings.channels[0];
        channel.dialects.clear();
        channel.provider = ProviderId("deepseek");
        QVERIFY(editChannel(settings, channel).has_value());
        QVERIFY(settings.channels[0].keys[0].storedIn.empty());
    }

    void aVariableNamedWithTheNewAddressIsTaken()
    {
        Settings settings = withKeys();
        ChannelSettings channel = settings.channels[0];
        channel.baseUrl = "https://new.example.com";
        channel.keys[1].environment = "NEW_KEY";
        channel.keys.push_back({KeyId("k3"), "new", 1, true, "sk-...zzzz", "THIRD_KEY", ""});
        QVERIFY(editChannel(settings, channel).has_value());
        QCOMPARE(settings.channels[0].keys[1].environment, std::string("NEW_KEY"));
        QCOMPARE(settings.channels[0].keys[2].environment, std::string("THIRD_KEY"));
    }

    void aRemovedChannelLeavesNothingDangling()
    {
        Settings settings = fullSettings();
        QVERIFY(setAlias(settings, {"only", {{"主渠道", "m", 0, 1}}}).has_value());
        QVERIFY(removeChannel(settings, settings.channels[0].name).has_value());
        QCOMPARE(settings.aliases.size(), std::size_t(1));
        QCOMPARE(settings.aliases[0].targets.size(), std::size_t(1));
        QVERIFY(settings.prices.empty());
        QVERIFY(validate(settings).empty());
    }

    void anAliasIsAddedReplacedAndRemoved()
    {
        Settings settings = fullSettings();
        QVERIFY(setAlias(settings, {"fast", {{"Practice", "practice-echo", 0, 1}}}).has_value());
        QVERIFY(setAlias(settings, {"fast", {{"主渠道", "o4-mini", 0, 2}}}).has_value());
        QCOMPARE(settings.aliases.size(), std::size_t(2));
        QCOMPARE(settings.aliases[1].targets[0].model, std::string("o4-mini"));
        QVERIFY(removeAlias(settings, "fast").has_value());
        QCOMPARE(settings.aliases.size(), std::size_t(1));
    }

    void aClientKeyIsShownOnceAndKeptAsAHash()
    {
        Settings settings = firstSettings();
        const auto made
            = addClient(settings, "Codex", {"gpt-*"}, noon + std::chrono::hours(1), noon);
        QVERIFY(made.has_value());
        QCOMPARE(made->key.size(), std::size_t(46));
        QVERIFY(made->key.starts_with("ws-"));
        const ClientSettings& client = settings.clients.at(0);
        QCOMPARE(client.id, made->id);
        QCOMPARE(client.hash, sha256Hex(made->key));
        QCOMPARE(client.created, noon);
        QVERIFY(settingsToJson(settings).find(made->key.substr(10, 12)) == std::string::npos);
        QVERIFY(validate(settings).empty());

        const auto rotated = rotateClient(settings, "Codex", noon + std::chrono::hours(2));
        QVERIFY(rotated && rotated->key != made->key && rotated->id == made->id);
        QCOMPARE(settings.clients.at(0).hash, sha256Hex(rotated->key));
        QCOMPARE(settings.clients.at(0).allowedModels.size(), std::size_t(1));
        QVERIFY(revokeClient(settings, "Codex").has_value());
        QVERIFY(settings.clients.empty());
    }

    void targetsAreReadFromText()
    {
        const auto targets
            = targetsFrom("A/gpt-5@3, B/org/model , C/claude@20240620,D/claude@20240620@7", 2);
        QVERIFY(targets.has_value());
        QCOMPARE(targets->size(), std::size_t(4));
        QCOMPARE((*targets)[0].channel, std::string("A"));
        QCOMPARE((*targets)[0].model, std::string("gpt-5"));
        QCOMPARE((*targets)[0].weight, 3);
        QCOMPARE((*targets)[0].tier, 2);
        QCOMPARE((*targets)[1].model, std::string("org/model"));
        QCOMPARE((*targets)[1].weight, 1);
        QCOMPARE((*targets)[2].model, std::string("claude@20240620"));
        QCOMPARE((*targets)[3].model, std::string("claude@20240620"));
        QCOMPARE((*targets)[3].weight, 7);
        for (const char* wrong : {"", "A", "A/", "/m", "A/m,", "A/@3"})
            QVERIFY2(!targetsFrom(wrong, 0), wrong);
    }
};

QTEST_GUILESS_MAIN(TestEdit)

#include "tst_edit.moc"
