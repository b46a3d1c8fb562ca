#include "provider/provider.h"

#include <QTest>

using namespace waystation;

class tst_base_url : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void whatPeoplePasteIsRepaired_data()
    {
        QTest::addColumn<QString>("pasted");
        QTest::addColumn<QString>("root");
        const auto row = [](const char* pasted, const char* root) {
            QTest::newRow(pasted) << QString::fromLatin1(pasted) << QString::fromLatin1(root);
        };
        row("https://api.example.com", "https://api.example.com");
        row("api.example.com", "https://api.example.com");
        row("  api.example.com/ \n", "https://api.example.com");
        row("\"https://api.example.com/\"", "https://api.example.com");
        row("localhost:11434", "http://localhost:11434");
        row("127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1");
        row("[::1]:8000", "http://[::1]:8000");
        row("192.168.1.20:3000", "http://192.168.1.20:3000");
        row("172.20.0.5:3000", "http://172.20.0.5:3000");
        row("172.32.0.5:3000", "https://172.32.0.5:3000");
        row("https://api.example.com/v1/", "https://api.example.com/v1");
        row("https://api.example.com/v1/chat/completions", "https://api.example.com");
        row("https://api.example.com/v1/messages", "https://api.example.com");
        row("https://api.example.com/v1/messages/count_tokens", "https://api.example.com");
        row("https://api.example.com/v1/responses?x=1", "https://api.example.com");
        row("https://api.example.com/v1/models", "https://api.example.com");
        row("https://api.example.com/v1beta/models/gemini-2.5-pro:generateContent",
            "https://api.example.com");
        row("https://open.bigmodel.cn/api/paas/v4/chat/completions",
            "https://open.bigmodel.cn/api/paas/v4");
        row("https://api.deepseek.com/anthropic/v1/messages",
            "https://api.deepseek.com/anthropic/v1");
        row("https://api.example.com//v1//chat/completions/", "https://api.example.com");
        row("HTTPS://Api.Example.com/Base", "https://api.example.com/Base");
    }

    void whatPeoplePasteIsRepaired()
    {
        QFETCH(QString, pasted);
        QFETCH(QString, root);
        const auto url = repairedBaseUrl(pasted.toStdString());
        QVERIFY(url.has_value());
        QCOMPARE(QString::fromStdString(toText(*url)), root);
    }

    void whatIsNoAddressIsRefused_data()
    {
        QTest::addColumn<QString>("pasted");
        for (const char* const text :
            {"", "   ", "ftp://api.example.com", "https://", "https://user:secret@api.example.com",
                "api example com", "https://api.example.com:0", "https://api.example.com:99999"})
            QTest::newRow(*text ? text : "empty") << QString::fromLatin1(text);
    }

    void whatIsNoAddressIsRefused()
    {
        QFETCH(QString, pasted);
        const auto url = repairedBaseUrl(pasted.toStdString());
        QVERIFY(!url.has_value());
        QCOMPARE(url.error().kind, ErrorKind::Invalid);
        QCOMPARE(url.error().field, std::string("baseUrl"));
        QVERIFY(url.error().message.find("secret") == std::string::npos);
    }

    void basesOfCalls_data()
    {
        QTest::addColumn<QString>("provider");
        QTest::addColumn<QString>("dialect");
        QTest::addColumn<QString>("given");
        QTest::addColumn<QString>("base");
        const auto row
            = [](const char* provider, const char* dialect, const char* given, const char* base) {
                  QTest::addRow("%s %s %s", provider, dialect, given)
                      << QString::fromLatin1(provider) << QString::fromLatin1(dialect)
                      << QString::fromLatin1(given) << QString::fromLatin1(base);
              };
        row("openai", "openai-chat", "", "https://api.openai.com/v1");
        row("openai", "openai-responses", "", "https://api.openai.com/v1");
        row("openai", "openai-chat", "https://gw.example.com", "https://gw.example.com/v1");
        row("openai", "openai-chat", "https://gw.example.com/v1", "https://gw.example.com/v1");
        row("openai", "openai-chat", "https://gw.example.com/openai",
            "https://gw.example.com/openai/v1");
        row("openai", "openai-chat", "gw.example.com/v1/chat/completions",
            "https://gw.example.com/v1");
        row("openai", "openai-chat", "https://gw.example.com/v4", "https://gw.example.com/v4");
        row("anthropic", "anthropic", "", "https://api.anthropic.com/v1");
        row("gemini", "gemini", "", "https://generativelanguage.googleapis.com/v1beta");
        row("gemini", "openai-chat", "", "https://generativelanguage.googleapis.com/v1beta/openai");
        row("gemini", "openai-chat", "https://generativelanguage.googleapis.com/v1beta",
            "https://generativelanguage.googleapis.com/v1beta/openai");
        row("gemini", "gemini", "https://generativelanguage.googleapis.com/v1beta/openai",
            "https://generativelanguage.googleapis.com/v1beta");
        row("gemini", "gemini", "https://generativelanguage.googleapis.com",
            "https://generativelanguage.googleapis.com/v1beta");
        row("deepseek", "anthropic", "", "https://api.deepseek.com/anthropic/v1");
        row("deepseek", "anthropic", "https://api.deepseek.com",
            "https://api.deepseek.com/anthropic/v1");
        row("deepseek", "anthropic", "https://api.deepseek.com/v1",
            "https://api.deepseek.com/anthropic/v1");
        row("deepseek", "anthropic", "https://api.deepseek.com/anthropic",
            "https://api.deepseek.com/anthropic/v1");
        row("deepseek", "openai-chat", "https://api.deepseek.com/anthropic",
            "https://api.deepseek.com/v1");
        row("zhipu", "openai-chat", "", "https://open.bigmodel.cn/api/paas/v4");
        row("zhipu", "openai-chat", "https://open.bigmodel.cn/api/coding/paas/v4",
            "https://open.bigmodel.cn/api/coding/paas/v4");
        row("zhipu", "anthropic", "https://open.bigmodel.cn/api/coding/paas/v4",
            "https://open.bigmodel.cn/api/anthropic/v1");
        row("zhipu", "anthropic", "https://open.bigmodel.cn/api/paas/v4",
            "https://open.bigmodel.cn/api/anthropic/v1");
        row("dashscope", "openai-chat", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1");
        row("dashscope", "anthropic", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
            "https://dashscope-intl.aliyuncs.com/apps/anthropic/v1");
        row("dashscope", "openai-chat", "https://dashscope-intl.aliyuncs.com",
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1");
        row("azure", "openai-chat", "https://me.openai.azure.com",
            "https://me.openai.azure.com/openai/v1");
        row("azure", "openai-chat", "https://me.openai.azure.com/openai/v1/",
            "https://me.openai.azure.com/openai/v1");
        row("azure", "openai-responses", "https://me.openai.azure.com/openai",
            "https://me.openai.azure.com/openai/v1");
        row("newapi", "openai-chat", "https://relay.example.com", "https://relay.example.com/v1");
        row("newapi", "gemini", "https://relay.example.com", "https://relay.example.com/v1beta");
        row("newapi", "gemini", "https://relay.example.com/v1", "https://relay.example.com/v1beta");
        row("newapi", "anthropic", "https://relay.example.com/v1", "https://relay.example.com/v1");
        row("openai-compatible", "openai-chat", "https://x.example.com/compatible-mode/v1",
            "https://x.example.com/compatible-mode/v1");
        row("openai-compatible", "openai-chat", "https://x.example.com/api/paas/v4",
            "https://x.example.com/api/paas/v4");
        row("openai-compatible", "openai-chat", "http://127.0.0.1:9000",
            "http://127.0.0.1:9000/v1");
        row("anthropic-compatible", "anthropic", "https://x.example.com/anthropic",
            "https://x.example.com/anthropic/v1");
        row("gemini-compatible", "gemini", "https://x.example.com", "https://x.example.com/v1beta");
        row("vllm", "openai-chat", "127.0.0.1:8000", "http://127.0.0.1:8000/v1");
        row("ollama", "anthropic", "", "http://127.0.0.1:11434/v1");
        row("ollama", "openai-chat", "192.168.0.9:11434", "http://192.168.0.9:11434/v1");
    }

    void basesOfCalls()
    {
        QFETCH(QString, provider);
        QFETCH(QString, dialect);
        QFETCH(QString, given);
        QFETCH(QString, base);
        const Provider* const known = findProvider(ProviderId(provider.toStdString()));
        QVERIFY(known);
        const auto url
            = effectiveBase(*known, *dialectFrom(dialect.toStdString()), given.toStdString());
        QVERIFY(url.has_value());
        QCOMPARE(QString::fromStdString(toText(*url)), base);
    }

    void aProviderWithoutAnAddressWantsOne()
    {
        const auto url
            = effectiveBase(*findProvider(ProviderId("newapi")), DialectId::OpenaiChat, " ");
        QVERIFY(!url.has_value());
        QCOMPARE(url.error().kind, ErrorKind::Invalid);
    }

    void aProviderIsNotAskedInForeignWords()
    {
        const auto url = effectiveBase(*findProvider(ProviderId("mistral")), DialectId::Gemini, "");
        QVERIFY(!url.has_value());
        QCOMPARE(url.error().kind, ErrorKind::Unsupported);
    }
};

QTEST_GUILESS_MAIN(tst_base_url)
#include "tst_base_url.moc"
