#include "provider/provider.h"

#include <QTest>

using namespace waystation;

class tst_model_list : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void everyForm_data()
    {
        QTest::addColumn<QString>("dialect");
        QTest::addColumn<QString>("body");
        QTest::addColumn<QString>("names");
        const auto row
            = [](const char* what, const char* dialect, const char* body, const char* names) {
                  QTest::newRow(what) << QString::fromLatin1(dialect) << QString::fromUtf8(body)
                                      << QString::fromUtf8(names);
              };
        row("openai", "openai-chat",
            "{\"object\":\"list\",\"data\":[{\"id\":\"gpt-5.5\",\"object\":\"model\"},{\"id\":"
            "\"o3\"}]}",
            "gpt-5.5 o3");
        row("anthropic", "anthropic",
            "{\"data\":[{\"type\":\"model\",\"id\":\"claude-opus-5\",\"display_name\":\"x\"}],"
            "\"has_more\":false}",
            "claude-opus-5");
        row("gemini", "gemini",
            "{\"models\":[{\"name\":\"models/gemini-3.1-pro\"},{\"name\":\"tunedModels/mine\"}]}",
            "gemini-3.1-pro tunedModels/mine");
        row("gemini's openai form", "openai-chat",
            "{\"data\":[{\"id\":\"models/gemini-3.1-pro\"}]}", "models/gemini-3.1-pro");
        row("ollama", "openai-chat",
            "{\"models\":[{\"name\":\"llama3:8b\",\"model\":\"llama3:8b\"}]}", "llama3:8b");
        row("bare list", "openai-chat", "[{\"id\":\"a\"},{\"id\":\"b\"}]", "a b");
        row("bare names", "openai-chat", "[\"a\",\"b\"]", "a b");
        row("names in data", "openai-chat", "{\"data\":[\"a\"]}", "a");
        row("new api", "openai-chat",
            "{\"success\":true,\"data\":[{\"id\":\"a\"}],\"message\":\"\"}", "a");
        row("codex beside", "openai-chat", "{\"models\":[],\"data\":[{\"id\":\"a\"}]}", "a");
        row("codex beside, other order", "openai-chat", "{\"data\":[{\"id\":\"a\"}],\"models\":[]}",
            "a");
        row("null", "openai-chat", "{\"data\":null}", "");
        row("empty", "openai-chat", "{\"data\":[]}", "");
        row("doubles once", "openai-chat",
            "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"a\"}]}", "a b");
        row("odd entries passed over", "openai-chat",
            "{\"data\":[null,1,{},{\"id\":\"\"},{\"id\":5},{\"id\":\"a "
            "b\"},{\"id\":\"x\\u001b[0m\"},{\"id\":\"ok\"}]}",
            "ok");
        row("vendor paths stay", "openai-chat", "{\"data\":[{\"id\":\"Qwen/Qwen3-8B\"}]}",
            "Qwen/Qwen3-8B");
    }

    void everyForm()
    {
        QFETCH(QString, dialect);
        QFETCH(QString, body);
        QFETCH(QString, names);
        const auto list = readModelList(*dialectFrom(dialect.toStdString()), body.toStdString());
        QVERIFY(list.has_value());
        QStringList read;
        for (const std::string& name : *list)
            read += QString::fromStdString(name);
        QCOMPARE(read.join(QLatin1Char(' ')), names);
    }

    void whatIsNoListIsRefused_data()
    {
        QTest::addColumn<QString>("body");
        QTest::addColumn<QString>("said");
        const auto row = [](const char* what, const char* body, const char* said) {
            QTest::newRow(what) << QString::fromLatin1(body) << QString::fromLatin1(said);
        };
        row("html", "<html>Not found</html>", "no JSON");
        row("empty", "", "no JSON");
        row("error", "{\"error\":{\"message\":\"bad key\"}}", "bad key");
        row("error text", "{\"error\":\"bad key\"}", "bad key");
        row("new api", "{\"success\":false,\"message\":\"no token\"}", "no token");
        row("number", "5", "no list");
        row("data of text", "{\"data\":\"x\"}", "no list");
    }

    void whatIsNoListIsRefused()
    {
        QFETCH(QString, body);
        QFETCH(QString, said);
        const auto list = readModelList(DialectId::OpenaiChat, body.toStdString());
        QVERIFY(!list.has_value());
        QCOMPARE(list.error().kind, ErrorKind::BadReply);
        QVERIFY2(list.error().message.find(said.toStdString()) != std::string::npos,
            list.error().message.c_str());
    }

    void anEndlessListEnds()
    {
        std::string body = "{\"data\":[";
        for (int i = 0; i < 20'000; ++i)
            body += (i ? ",\"m" : "\"m") + std::to_string(i) + "\"";
        const auto list = readModelList(DialectId::OpenaiChat, body + "]}");
        QVERIFY(list.has_value());
        QCOMPARE(list->size(), std::size_t(10'000));
    }

    void deepNestingIsNoDanger()
    {
        QVERIFY(!readModelList(DialectId::OpenaiChat, std::string(200'000, '[')).has_value());
    }
};

QTEST_GUILESS_MAIN(tst_model_list)
#include "tst_model_list.moc"
