#include "provider/provider.h"

#include "prices_data.h"
#include "provider/prices.h"

#include <QTest>

#include <algorithm>
#include <set>

using namespace waystation;

class tst_providers : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theListHasEveryPreset()
    {
        for (const char* const id : {"openai", "anthropic", "gemini", "deepseek", "moonshot",
                 "moonshot-cn", "zhipu", "zai", "dashscope", "siliconflow", "ark", "minimax",
                 "stepfun", "openrouter", "xai", "groq", "mistral", "together", "azure", "ollama",
                 "lmstudio", "vllm", "newapi", "oneapi", "openai-compatible",
                 "anthropic-compatible", "gemini-compatible", "practice"})
            QVERIFY2(findProvider(ProviderId(id)), id);
        QCOMPARE(providers().size(), std::size_t(28));
        QVERIFY(!findProvider(ProviderId("nobody")));
    }

    void everyEntryIsUsable()
    {
        std::set<std::string> ids;
        std::set<std::string> names;
        for (const Provider& provider : providers()) {
            QVERIFY2(ids.insert(provider.id.text()).second, provider.id.text().c_str());
            QVERIFY2(names.insert(provider.name).second, provider.name.c_str());
            QVERIFY2(!provider.endpoints.empty(), provider.id.text().c_str());
            std::set<DialectId> dialects;
            for (const Endpoint& endpoint : provider.endpoints) {
                QVERIFY2(dialects.insert(endpoint.dialect).second, provider.id.text().c_str());
                QVERIFY2(!endpoint.base.ends_with('/'), endpoint.base.c_str());
                if (provider.needsBaseUrl) {
                    QVERIFY2(endpoint.base.starts_with('/'), endpoint.base.c_str());
                    QVERIFY2(parseUrl(provider.exampleBaseUrl).has_value(),
                        provider.exampleBaseUrl.c_str());
                    continue;
                }
                const auto url = parseUrl(endpoint.base);
                QVERIFY2(url.has_value(), endpoint.base.c_str());
                // In the clear only where nothing leaves the machine.
                QVERIFY2(url->origin.tls || provider.isLocal || provider.isPractice,
                    endpoint.base.c_str());
            }
            if (!provider.consoleUrl.empty())
                QVERIFY2(parseUrl(provider.consoleUrl).has_value(), provider.consoleUrl.c_str());
        }
    }

    void pricesAreThere()
    {
        const std::string shipped(builtInPrices());
        for (const Provider& provider : providers()) {
            if (provider.pricesId.empty() || provider.pricesId == freePricesId)
                continue;
            // What the list does not have is found under its makers.
            const bool isKnownGap
                = provider.pricesId == "siliconflow" || provider.pricesId == "volcengine";
            const bool isThere
                = shipped.find("\"" + provider.pricesId + "\":{\"url\"") != std::string::npos;
            QVERIFY2(isThere || isKnownGap, provider.pricesId.c_str());
        }
    }

    void signIn()
    {
        const auto first
            = [](const char* id) { return findProvider(ProviderId(id))->endpoints.front(); };
        QCOMPARE(first("anthropic").signIn, SignIn::XApiKey);
        QCOMPARE(first("gemini").signIn, SignIn::XGoogApiKey);
        QCOMPARE(first("azure").signIn, SignIn::ApiKey);
        QCOMPARE(first("openai").signIn, SignIn::Bearer);
        QCOMPARE(first("practice").signIn, SignIn::None);
    }

    void practiceSpeaksEverythingAndGoesNowhere()
    {
        const Provider& practice = *findProvider(ProviderId("practice"));
        QVERIFY(practice.isPractice);
        QVERIFY(!practice.needsKey);
        for (const DialectId dialect : allDialects) {
            const auto base = effectiveBase(practice, dialect, "");
            QVERIFY(base.has_value());
            QVERIFY(base->origin.host.ends_with(".invalid"));
        }
    }

    void glmRefusesStreamOptions()
    {
        QVERIFY(findProvider(ProviderId("zhipu"))->refusesStreamOptions);
        QVERIFY(findProvider(ProviderId("zai"))->refusesStreamOptions);
        QVERIFY(!findProvider(ProviderId("openai"))->refusesStreamOptions);
    }

    void keysAreRecognised_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("provider");
        const auto row = [](const char* key, const char* provider) {
            QTest::newRow(key) << QString::fromLatin1(key) << QString::fromLatin1(provider);
        };
        row("sk-ant-api03-abcdefgh", "anthropic");
        row("  sk-ant-api03-abcdefgh\n", "anthropic");
        row("sk-proj-abcdefgh", "openai");
        row("sk-svcacct-abcdefgh", "openai");
        row("sk-or-v1-abcdefgh", "openrouter");
        row("AIzaSyAbcdefgh", "gemini");
        row("xai-abcdefgh", "xai");
        row("gsk_abcdefgh", "groq");
        row("sk-abcdefgh", ""); // half of all makers
        row("", "");
        row("hello", "");
    }

    void keysAreRecognised()
    {
        QFETCH(QString, key);
        QFETCH(QString, provider);
        const Provider* const found = providerOfKey(key.toStdString());
        QCOMPARE(found ? QString::fromStdString(found->id.text()) : QString(), provider);
    }

    void addressesAreRecognised_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("provider");
        const auto row = [](const char* url, const char* provider) {
            QTest::newRow(url) << QString::fromLatin1(url) << QString::fromLatin1(provider);
        };
        row("https://api.openai.com/v1", "openai");
        row("https://API.DeepSeek.com/anthropic", "deepseek");
        row("https://api.moonshot.cn/v1", "moonshot-cn");
        row("https://api.moonshot.ai/anthropic", "moonshot");
        row("https://open.bigmodel.cn/api/coding/paas/v4", "zhipu");
        row("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope");
        row("https://my-name.openai.azure.com", "azure");
        row("https://api.minimaxi.com/anthropic", "minimax");
        row("http://localhost:11434", "ollama");
        row("http://127.0.0.1:1234/v1", "lmstudio");
        row("http://127.0.0.1:8411", "");
        row("http://127.0.0.1:443", "");
        row("https://api.openai.com.evil.example/v1", "");
        row("https://evilopenai.azure.com", "");
        row("https://api.example.com/v1", "");
    }

    void addressesAreRecognised()
    {
        QFETCH(QString, url);
        QFETCH(QString, provider);
        const Provider* const found = providerOfUrl(parseUrl(url.toStdString()).value());
        QCOMPARE(found ? QString::fromStdString(found->id.text()) : QString(), provider);
    }
};

QTEST_GUILESS_MAIN(tst_providers)
#include "tst_providers.moc"
