#include "settings/settings_file.h"
#include "settings/upgrade.h"

#include "full_settings.h"
#include "random_settings.h"

#include <QFile>
#include <QTest>

using namespace waystation;

namespace {

Error errorOf(std::string_view json)
{
    const auto settings = settingsFromJson(json);
    return settings ? Error{ErrorKind::None, {}} : settings.error();
}

}

class TestSettingsJson : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theFileLooksAsRecorded()
    {
        const QString path = QStringLiteral(WAYSTATION_TEST_DATA "/settings.golden.json");
        const QByteArray written = QByteArray::fromStdString(settingsToJson(fullSettings()));
        QFile recorded(path);
        QByteArray expected;
        if (recorded.open(QIODevice::ReadOnly))
            expected = recorded.readAll();
        QFile actual(path + QStringLiteral(".actual"));
        if (written != expected && actual.open(QIODevice::WriteOnly))
            actual.write(written);
        QCOMPARE(written, expected);
    }

    void everyFieldComesBack()
    {
        const auto again = settingsFromJson(settingsToJson(fullSettings()));
        QVERIFY2(again.has_value(), again ? "" : again.error().message.c_str());
        QVERIFY(*again == fullSettings());
        QVERIFY(!(*again == firstSettings()));
        QVERIFY(validate(fullSettings()).empty());
        const auto first = settingsFromJson(settingsToJson(firstSettings()));
        QVERIFY(first && *first == firstSettings());
    }

    void randomSettingsComeBack()
    {
        RandomSettings random(20260923);
        for (int i = 0; i < 1'000; ++i) {
            const Settings settings = random.make();
            const std::string json = settingsToJson(settings);
            const auto again = settingsFromJson(json);
            QVERIFY2(again.has_value(), again ? "" : again.error().message.c_str());
            QVERIFY2(*again == settings, json.c_str());
            QCOMPARE(settingsToJson(*again), json);
        }
    }

    void brokenTextNeverHurts()
    {
        std::mt19937 random(5);
        const std::string good = settingsToJson(fullSettings());
        const auto below = [&](std::size_t end) {
            return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
        };
        int refused = 0;
        for (int i = 0; i < 3'000; ++i) {
            std::string text = good;
            for (std::size_t changes = below(6) + 1; changes > 0; --changes) {
                switch (below(5)) {
                case 0:
                    text[below(text.size())] = static_cast<char>(below(256));
                    break;
                case 1:
                    text.resize(below(text.size()) + 1);
                    break;
                case 2:
                    text.insert(below(text.size()), text.substr(below(text.size()), below(40)));
                    break;
                case 3:
                    text.erase(below(text.size()), below(20));
                    break;
                default:
                    text.replace(below(text.size()), 1,
                        std::array{"null", "-1", "1e999", "{}", "[]", "\"\\ud800\"",
                            "99999999999999999999"}[below(7)]);
                }
                if (text.empty())
                    text = "x";
            }
            const auto settings = settingsFromJson(text);
            if (!settings) {
                ++refused;
                QVERIFY(settings.error().kind == ErrorKind::Invalid
                    || settings.error().kind == ErrorKind::Conflict);
                QVERIFY(!settings.error().message.empty());
            } else {
                validate(*settings);
                settingsToJson(*settings);
            }
        }
        QVERIFY(refused > 500);
        for (std::size_t size = 0; size + 2 < good.size(); ++size)
            QVERIFY(!settingsFromJson(std::string_view(good).substr(0, size)).has_value());
    }

    void deepNestingDoesNotExhaustTheStack()
    {
        QVERIFY(!settingsFromJson(std::string(2'000'000, '[')).has_value());
        std::string deep = R"({"version":1,"other":)" + std::string(500'000, '[')
            + std::string(500'000, ']') + "}";
        QVERIFY(settingsFromJson(deep).has_value());
    }

    void aWrongFieldIsNamed()
    {
        QCOMPARE(errorOf(R"({"version":1,"relay":{"port":"x"}})").field, std::string("relay.port"));
        QCOMPARE(
            errorOf(R"({"version":1,"relay":{"port":70000}})").field, std::string("relay.port"));
        QCOMPARE(errorOf(R"({"version":1,"relay":{"port":-1}})").field, std::string("relay.port"));
        QCOMPARE(
            errorOf(R"({"version":1,"relay":{"port":8411.5}})").field, std::string("relay.port"));
        QCOMPARE(errorOf(R"({"version":1,"relay":[]})").field, std::string("relay"));
        QCOMPARE(errorOf(R"({"version":1,"storage":{"max_ledger_megabytes":18446744073709551615}})")
                     .field,
            std::string("storage.max_ledger_megabytes"));
        QCOMPARE(errorOf(R"({"version":1,"channels":[{},{"dialects":["openai-chat","klingon"]}]})")
                     .field,
            std::string("channels[1].dialects[1]"));
        QCOMPARE(errorOf(R"({"version":1,"channels":[{"proxy":{"mode":"maybe"}}]})").field,
            std::string("channels[0].proxy.mode"));
        QCOMPARE(errorOf(R"({"version":1,"clients":[{"created":"yesterday"}]})").field,
            std::string("clients[0].created"));
        QCOMPARE(
            errorOf(R"({"version":1,"clients":[{"created":"2026-02-30T00:00:00.000000Z"}]})").field,
            std::string("clients[0].created"));
        QCOMPARE(errorOf(R"({"version":1,"prices":[{"input":3.5}]})").field,
            std::string("prices[0].input"));
        QCOMPARE(errorOf(R"({"version":1,"prices":[{"input":"-3"}]})").field,
            std::string("prices[0].input"));
        QCOMPARE(errorOf(R"({"relay":{}})").field, std::string("version"));
        QCOMPARE(errorOf("[]").kind, ErrorKind::Invalid);
        QCOMPARE(errorOf("").kind, ErrorKind::Invalid);
    }

    void absentNullAndUnknownFieldsArePassedOver()
    {
        const auto settings = settingsFromJson(
            R"({"version":1,"relay":{"port":null,"new":1},"channels":null,"later":{"a":[1]}})");
        QVERIFY(settings.has_value());
        QVERIFY(*settings == Settings());
    }

    void aNewerVersionIsAConflict()
    {
        const auto settings = settingsFromJson(R"({"version":2,"relay":"of another kind"})");
        QVERIFY(!settings);
        QCOMPARE(settings.error().kind, ErrorKind::Conflict);
    }

    void olderVersionsAreUpgradedStepByStep()
    {
        static const UpgradeStep steps[] = {
            {-1,
                [](nlohmann::json& document) {
                    document["relay_port"] = document["listen"];
                    document.erase("listen");
                }},
            {0,
                [](nlohmann::json& document) {
                    document["relay"]["port"] = document["relay_port"].get<int>() + 1;
                }},
        };
        const auto fromOldest = settingsFromJson(R"({"version":-1,"listen":7000})", steps);
        QVERIFY(fromOldest && fromOldest->port == 7001 && fromOldest->version == settingsVersion);
        const auto fromOlder = settingsFromJson(R"({"version":0,"relay_port":8000})", steps);
        QVERIFY(fromOlder && fromOlder->port == 8001);
        const auto current = settingsFromJson(R"({"version":1,"relay":{"port":9000}})", steps);
        QVERIFY(current && current->port == 9000);
        const auto tooOld = settingsFromJson(R"({"version":-2})", steps);
        QVERIFY(!tooOld && tooOld.error().kind == ErrorKind::Invalid);
        QVERIFY(!settingsFromJson(R"({"version":-9223372036854775808})", steps));
    }

    void aStepThatMeetsNonsenseIsRefused()
    {
        // A step reads fields of an older file, which may be of any kind.
        static const UpgradeStep steps[] = {{0, [](nlohmann::json& document) {
                                                 document["relay"]["port"]
                                                     = document.at("relay_port").get<int>();
                                             }}};
        QCOMPARE(settingsFromJson(R"({"version":0})", steps).error().kind, ErrorKind::Invalid);
        QCOMPARE(settingsFromJson(R"({"version":0,"relay_port":"x"})", steps).error().kind,
            ErrorKind::Invalid);
        QCOMPARE(settingsFromJson(R"({"version":0,"relay_port":1,"relay":[]})", steps).error().kind,
            ErrorKind::Invalid);
    }
};

QTEST_GUILESS_MAIN(TestSettingsJson)

#include "tst_settings_json.moc"
