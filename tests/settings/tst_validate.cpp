#include "settings/network_reach.h"
#include "settings/settings_file.h"

#include "full_settings.h"

#include <QTest>

#include <functional>

using namespace waystation;

namespace {

/// The fields that draw complaints after `change`.
std::string complaintsAfter(const std::function<void(Settings&)>& change)
{
    Settings settings = fullSettings();
    change(settings);
    std::string fields;
    for (const Complaint& complaint : validate(settings)) {
        fields += (fields.empty() ? "" : " ") + complaint.field;
        if (complaint.message.empty())
            fields += "(no message)";
    }
    return fields;
}

struct Case
{
    const char* fields;
    std::function<void(Settings&)> change;
};

}

class TestValidate : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void goodSettingsDrawNoComplaint()
    {
        QCOMPARE(complaintsAfter([](Settings&) {}), std::string());
        QVERIFY(validate(firstSettings()).empty());
    }

    void everyRuleNamesItsField()
    {
        const std::string longName(61, 'x');
        const std::vector<Case> cases = {
            {"version", [](Settings& s) { s.version = 2; }},
            {"port", [](Settings& s) { s.port = 0; }},
            {"maxBodyMegabytes", [](Settings& s) { s.maxBodyMegabytes = 0; }},
            {"maxBodyMegabytes", [](Settings& s) { s.maxBodyMegabytes = 257; }},
            {"vault", [](Settings& s) { s.vault = "plain"; }},
            {"language", [](Settings& s) { s.language = "xx"; }},
            {"theme", [](Settings& s) { s.theme = "pink"; }},
            {"retentionDays", [](Settings& s) { s.retentionDays = 0; }},
            {"maxLedgerMegabytes", [](Settings& s) { s.maxLedgerMegabytes = 1; }},
            {"proxy.mode",
                [](Settings& s) {
                    s.proxy = {ProxyMode::Inherit, {}, false};
                }},
            {"proxy.url",
                [](Settings& s) { s.proxy.url = "http://me:secret@proxy.example.com:1"; }},
            {"proxy.url", [](Settings& s) { s.proxy.url = "http://proxy.example.com"; }},
            {"proxy.url", [](Settings& s) { s.proxy.url = "ftp://proxy.example.com:1"; }},
            {"proxy.url", [](Settings& s) { s.proxy.url = ""; }},
            {"allowedOrigins[0]", [](Settings& s) { s.allowedOrigins[0] = "*"; }},
            {"allowedOrigins[0]", [](Settings& s) { s.allowedOrigins[0] = "null"; }},
            {"allowedOrigins[0]",
                [](Settings& s) { s.allowedOrigins[0] = "https://*.example.com"; }},
            {"allowedOrigins[1]",
                [](Settings& s) { s.allowedOrigins[1] = "https://example.com/"; }},
            {"hostNames[1]", [](Settings& s) { s.hostNames[1] = "a/b"; }},
            {"hostNames[1]", [](Settings& s) { s.hostNames[1] = "a b"; }},
            {"hostNames[1]", [](Settings& s) { s.hostNames[1] = "*"; }},
            {"channels[0].id", [](Settings& s) { s.channels[0].id = ChannelId("a/b"); }},
            {"channels[1].id", [](Settings& s) { s.channels[1].id = s.channels[0].id; }},
            {"channels[1].name aliases[0].targets[1].channel",
                [](Settings& s) { s.channels[1].name = s.channels[0].name; }},
            {"channels[1].name aliases[0].targets[1].channel",
                [](Settings& s) { s.channels[1].name = "a/b"; }},
            {"channels[1].name aliases[0].targets[1].channel",
                [](Settings& s) { s.channels[1].name = ""; }},
            {"channels[1].name aliases[0].targets[1].channel",
                [](Settings& s) { s.channels[1].name = "a\nb"; }},
            {"channels[1].name aliases[0].targets[1].channel",
                [&](Settings& s) { s.channels[1].name = longName; }},
            {"channels[1].name aliases[0].targets[1].channel",
                [](Settings& s) { s.channels[1].name = "\xFF"; }},
            {"channels[0].provider",
                [](Settings& s) { s.channels[0].provider = ProviderId("nobody"); }},
            {"channels[0].baseUrl", [](Settings& s) { s.channels[0].baseUrl = "gateway"; }},
            {"channels[0].baseUrl",
                [](Settings& s) { s.channels[0].baseUrl = "https://me:pw@gateway.example.com"; }},
            {"channels[0].baseUrl",
                [](Settings& s) { s.channels[0].baseUrl = "http://gateway.example.com/v1"; }},
            {"channels[0].baseUrl",
                [](Settings& s) {
                    s.channels[0].provider = ProviderId("azure");
                    s.channels[0].baseUrl.clear();
                }},
            {"channels[0].dialects",
                [](Settings& s) {
                    s.channels[0].dialects = {DialectId::Gemini, DialectId::Gemini};
                }},
            {"channels[0].keys[1].id", [](Settings& s) { s.channels[0].keys[1].id = KeyId("k1"); }},
            {"channels[0].keys[1].label",
                [&](Settings& s) { s.channels[0].keys[1].label = longName; }},
            {"channels[0].keys[1].weight", [](Settings& s) { s.channels[0].keys[1].weight = -1; }},
            {"channels[0].keys[0].masked",
                [](Settings& s) { s.channels[0].keys[0].masked = "sk-proj-abcdefghijklmnop"; }},
            {"channels[0].keys[0].masked",
                [](Settings& s) { s.channels[0].keys[0].masked = "sk-abcdefg"; }},
            {"channels[0].keys[1].environment",
                [](Settings& s) { s.channels[0].keys[1].environment = "A B"; }},
            {"channels[0].keys[1].environment",
                [](Settings& s) { s.channels[0].keys[1].environment = "sk-proj-abcdef"; }},
            {"channels[0].models[1]", [](Settings& s) { s.channels[0].models[1] = ""; }},
            {"channels[0].priority", [](Settings& s) { s.channels[0].priority = -1; }},
            {"channels[0].weight", [](Settings& s) { s.channels[0].weight = 1'001; }},
            {"channels[0].proxy.url",
                [](Settings& s) { s.channels[0].proxy.url = "socks5://u:p@h:1"; }},
            {"channels[0].extraHeaders[0]",
                [](Settings& s) { s.channels[0].extraHeaders[0].first = "X Team"; }},
            {"channels[0].extraHeaders[0]",
                [](Settings& s) {
                    s.channels[0].extraHeaders[0].second = "a\r\nAuthorization: b";
                }},
            {"channels[0].extraHeaders[0]",
                [](Settings& s) { s.channels[0].extraHeaders[0].first = "Authorization"; }},
            {"channels[0].extraHeaders[0]",
                [](Settings& s) { s.channels[0].extraHeaders[0].first = "X-API-Key"; }},
            {"channels[0].extraHeaders[0]",
                [](Settings& s) { s.channels[0].extraHeaders[0].first = "cookie"; }},
            {"channels[0].extraHeaders[0]",
                [](Settings& s) { s.channels[0].extraHeaders[0].first = "Host"; }},
            {"channels[0].extraHeaders[0]",
                [](Settings& s) { s.channels[0].extraHeaders[0].second = std::string(8193, 'x'); }},
            {"channels[0].connectSeconds", [](Settings& s) { s.channels[0].connectSeconds = 0; }},
            {"channels[0].firstByteSeconds",
                [](Settings& s) { s.channels[0].firstByteSeconds = 100'000; }},
            {"channels[0].idleSeconds", [](Settings& s) { s.channels[0].idleSeconds = -5; }},
            {"channels[0].multiplierThousandths",
                [](Settings& s) { s.channels[0].multiplierThousandths = -1; }},
            {"channels[0].tags[0]", [](Settings& s) { s.channels[0].tags[0] = ""; }},
            {"aliases[0].name", [](Settings& s) { s.aliases[0].name = "a*b*"; }},
            {"aliases[1].name", [](Settings& s) { s.aliases.push_back(s.aliases[0]); }},
            {"aliases[0].targets", [](Settings& s) { s.aliases[0].targets.clear(); }},
            {"aliases[0].targets[0].channel",
                [](Settings& s) { s.aliases[0].targets[0].channel = "gone"; }},
            {"aliases[0].targets[0].model",
                [](Settings& s) { s.aliases[0].targets[0].model = ""; }},
            {"aliases[0].targets[0].model",
                [](Settings& s) {
                    s.aliases[0].name = "claude";
                    s.aliases[0].targets[0].model = "gpt-*";
                }},
            {"aliases[0].targets[0].tier", [](Settings& s) { s.aliases[0].targets[0].tier = -1; }},
            {"aliases[0].targets[0].weight",
                [](Settings& s) { s.aliases[0].targets[0].weight = 1'001; }},
            {"clients[1].id clients[1].name clients[1].hash",
                [](Settings& s) { s.clients.push_back(s.clients[0]); }},
            {"clients[0].hash", [](Settings& s) { s.clients[0].hash = "ws-plain-key"; }},
            {"clients[0].masked", [](Settings& s) { s.clients[0].masked = "ws-0123456789"; }},
            {"clients[0].allowedModels[0]",
                [](Settings& s) { s.clients[0].allowedModels[0] = ""; }},
            {"clients[0].expires",
                [](Settings& s) { s.clients[0].expires = fromMicrosSinceEpoch(-1); }},
            {"clients[0].created",
                [](Settings& s) { s.clients[0].created = fromMicrosSinceEpoch(INT64_MAX / 2); }},
            {"prices[0].channel", [](Settings& s) { s.prices[0].channel = "gone"; }},
            {"prices[0].model", [](Settings& s) { s.prices[0].model = "*-*"; }},
            {"prices[0].prices", [](Settings& s) { s.prices[0].prices.input = {-1}; }},
            {"channels",
                [](Settings& s) {
                    for (int i = 0; i < 1'000; ++i) {
                        ChannelSettings channel = s.channels[1];
                        channel.id = ChannelId("c" + std::to_string(i));
                        channel.name = "c" + std::to_string(i);
                        s.channels.push_back(channel);
                    }
                }},
        };
        for (const Case& one : cases)
            QCOMPARE(complaintsAfter(one.change), std::string(one.fields));
    }

    void plainHttpIsForNetworksOfOnesOwn()
    {
        for (const char* host : {"127.0.0.1", "localhost", "::1", "10.1.2.3", "172.16.0.1",
                 "172.31.255.255", "192.168.1.1", "169.254.1.1", "100.64.0.1", "fd12::1", "fe80::1",
                 "::ffff:10.0.0.1", "nas", "nas.local", "gpu.lan", "a.internal", "x.home.arpa"})
            QVERIFY2(isPrivateHost(host), host);
        for (const char* host : {"8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1",
                 "100.128.0.1", "11.0.0.1", "2001:db8::1", "example.com", "local.example.com",
                 "10.1.2.3.example.com", "134744072", "010.1.2", "fdexample.com", "::ffff:8.8.8.8"})
            QVERIFY2(!isPrivateHost(host), host);
        QCOMPARE(complaintsAfter(
                     [](Settings& s) { s.channels[0].baseUrl = "http://192.168.1.9:8000/v1"; }),
            std::string());
    }
};

QTEST_GUILESS_MAIN(TestValidate)

#include "tst_validate.moc"
