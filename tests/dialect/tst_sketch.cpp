#include "dialect/dialect.h"

#include <nlohmann/json.hpp>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTest>

using namespace waystation;

namespace {

Address chat()
{
    return *addressOf("POST", "/v1/chat/completions", "", {});
}

/// A body with the room that the reader wants behind it, filled with what would lead it astray.
std::string padded(std::string_view text)
{
    std::string body;
    body.reserve(text.size() + 64);
    body.assign(text);
    std::memset(body.data() + body.size(), '"', body.capacity() - body.size());
    body.data()[body.size()] = '\0';
    return body;
}

Result<CallSketch> sketch(std::string_view text, const Address& address = chat())
{
    return sketchOf(address, "application/json", padded(text));
}

QByteArray at(std::string_view body, CallSketch::Span span)
{
    return QByteArray::fromStdString(std::string(body.substr(span.offset, span.length)));
}

QByteArray text(const ModelName& model)
{
    return QByteArray::fromStdString(model.text());
}

}

class TestSketch : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aBodySaysWhatIsAsked()
    {
        const std::string_view body
            = " { \"messages\":[{\"role\":\"user\",\"content\":\"model: \\\"x\\\", stream\"}], "
              "\"max_completion_tokens\" : 512, "
              "\"model\" : \"gpt-5\\u002Dmini\" , \"stream\":true,\"stream_options\": "
              "{\"include_usage\" : true, \"x\":{}} }";
        const auto found = sketch(body);
        QVERIFY(found);
        QCOMPARE(text(found->model), QByteArray("gpt-5-mini"));
        QCOMPARE(at(body, found->modelAt), QByteArray("\"gpt-5\\u002Dmini\""));
        QCOMPARE(
            at(body, found->streamOptionsAt), QByteArray("{\"include_usage\" : true, \"x\":{}}"));
        QVERIFY(found->stream);
        QVERIFY(found->asksForUsage);
        QVERIFY(found->isJson);
        QVERIFY(found->hasFields);
        QCOMPARE(found->firstFieldAt, std::size_t(2));
        QCOMPARE(found->maxOutput, Tokens(512));
    }

    void whatIsNotSaidIsNotThere()
    {
        const auto found = sketch(R"({"model":"m","stream":false,"stream_options":null})");
        QVERIFY(found);
        QVERIFY(!found->stream);
        QVERIFY(!found->asksForUsage);
        QCOMPARE(found->maxOutput, Tokens(0));
        QCOMPARE(
            at(R"({"model":"m","stream":false,"stream_options":null})", found->streamOptionsAt),
            QByteArray("null"));
        QCOMPARE(sketch(R"({"model":"m"})")->streamOptionsAt.length, std::size_t(0));
        QVERIFY(!sketch(R"({"model":"m","stream":null})")->stream);
    }

    void nestedNamesakesDoNotCount()
    {
        const auto found = sketch(
            R"({"tools":[{"model":"inner","stream":true}],"metadata":{"model":"inner","stream_options":{}},"model":"outer"})");
        QVERIFY(found);
        QCOMPARE(text(found->model), QByteArray("outer"));
        QVERIFY(!found->stream);
        QCOMPARE(found->streamOptionsAt.length, std::size_t(0));
    }

    void aBodyIsRefused_data()
    {
        QTest::addColumn<QByteArray>("body");
        const auto row
            = [](const char* name, const char* body) { QTest::newRow(name) << QByteArray(body); };
        row("empty", "");
        row("blank", "  \n ");
        row("array", R"([{"model":"m"}])");
        row("text", R"("model")");
        row("number", "7");
        row("null", "null");
        row("no model", R"({"messages":[]})");
        row("no field", "{}");
        row("model is a number", R"({"model":7})");
        row("model is null", R"({"model":null})");
        row("model is an object", R"({"model":{"model":"m"}})");
        row("model is empty", R"({"model":""})");
        row("model with a control sign", "{\"model\":\"a\\u0000b\"}");
        row("model with a line end", "{\"model\":\"a\\nb\"}");
        row("two models", R"({"model":"a","model":"b"})");
        row("two models, one with escapes", "{\"model\":\"a\",\"mod\\u0065l\":\"b\"}");
        row("two models, the first with escapes", "{\"\\u006dodel\":\"a\",\"model\":\"b\"}");
        row("two models, one in capitals", R"({"model":"a","Model":"b"})");
        row("two models far apart",
            R"({"model":"a","messages":[{"model":"c"}],"x":{"model":"d"},"model":"b"})");
        row("two streams", R"({"model":"a","stream":false,"stream":true})");
        row("two streams, escaped", "{\"model\":\"a\",\"stream\":false,\"\\u0073tream\":true}");
        row("two stream_options", R"({"model":"a","stream_options":{},"stream_options":null})");
        row("stream_options is a text", R"({"model":"a","stream_options":"x"})");
        row("cut in a text", "{\"model\":\"a");
        row("cut in an object", R"({"model":"a","x":{"y":1})");
        row("cut in an array", R"({"model":"a","x":[1,2)");
        row("cut behind a comma", R"({"model":"a",)");
        row("cut behind a key", R"({"model")");
        row("more behind it", R"({"model":"a"} {"model":"b"})");
        row("a brace behind it", R"({"model":"a"}})");
        row("no colon", R"({"model" "a"})");
        row("no comma", R"({"model":"a" "x":1})");
        row("broken escape in the model", "{\"model\":\"\\q\"}");
        row("broken UTF-8", "{\"model\":\"a\xff\"}");
        row("only in capitals", R"({"MODEL":"a"})");
    }

    void aBodyIsRefused()
    {
        QFETCH(QByteArray, body);
        const auto found = sketch(std::string_view(body.constData(), std::size_t(body.size())));
        QVERIFY(!found);
        QCOMPARE(found.error().kind, ErrorKind::BadRequest);
        QVERIFY(!found.error().message.empty());
    }

    void aBodyWithoutRoomBehindItIsReadToo()
    {
        std::string body = R"({"model":"m"})";
        body.shrink_to_fit();
        QCOMPARE(text(sketchOf(chat(), "application/json", body)->model), QByteArray("m"));
    }

    void anyTruncationIsRefused()
    {
        const std::string whole
            = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a \\\"b\\\" {[ "
              "c\"}],\"stream\":true,\"x\":{\"y\":[1,{\"z\":null}]}}";
        QVERIFY(sketch(whole));
        for (std::size_t length = 0; length < whole.size(); ++length)
            QVERIFY2(!sketch(whole.substr(0, length)), whole.substr(0, length).c_str());
    }

    void aModelInThePathCounts()
    {
        const Address gemini
            = *addressOf("POST", "/v1beta/models/gemini-x:streamGenerateContent", "alt=sse", {});
        const auto found
            = sketch(R"({"contents":[],"generationConfig":{"maxOutputTokens":"99"}})", gemini);
        QVERIFY(found);
        QCOMPARE(text(found->model), QByteArray("gemini-x"));
        QVERIFY(found->stream);
        QCOMPARE(found->maxOutput, Tokens(99));
        QVERIFY(sketch(R"({"model":"models/gemini-x","content":{}})", gemini));
        QCOMPARE(sketch(R"({"model":"models/gemini-y","content":{}})", gemini).error().kind,
            ErrorKind::BadRequest);

        const Address azure
            = *addressOf("POST", "/openai/deployments/mine/chat/completions", "", {});
        const std::string_view body = R"({"model":"other","messages":[]})";
        const auto deployed = sketch(body, azure);
        QCOMPARE(text(deployed->model), QByteArray("mine"));
        QCOMPARE(at(body, deployed->modelAt), QByteArray("\"other\""));
        QCOMPARE(text(sketch(R"({"messages":[]})", azure)->model), QByteArray("mine"));
    }

    void operationsWithoutABodyNeedNone()
    {
        const Address task = *addressOf("GET", "/v1/videos/v_1", "", {});
        QVERIFY(sketchOf(task, "", std::string()));
        QVERIFY(sketchOf(*addressOf("GET", "/v1/models", "", {}), "", std::string()));
    }

    void moderationsHaveADefaultModel()
    {
        const Address address = *addressOf("POST", "/v1/moderations", "", {});
        QCOMPARE(
            text(sketch(R"({"input":"x"})", address)->model), QByteArray("omni-moderation-latest"));
    }

    void aFormNamesItsModel()
    {
        const Address address = *addressOf("POST", "/v1/audio/transcriptions", "", {});
        const std::string body
            = "--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a "
              "\\\"x\\\".wav\"\r\n\r\n"
              "name=\"model\"\r\n--b1\r\n\r\nnoise\r\n--b0\r\ncontent-disposition: form-data; "
              "name=model\r\n\r\nwhisper-1\r\n"
              "--b0\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\nTrue\r\n--b0--\r\n";
        for (const char* type : {"multipart/form-data; boundary=b0",
                 "Multipart/Form-Data; charset=utf-8; boundary=\"b0\""}) {
            const auto found = sketchOf(address, type, body);
            QVERIFY(found);
            QVERIFY(!found->isJson);
            QVERIFY(found->stream);
            QCOMPARE(text(found->model), QByteArray("whisper-1"));
            QCOMPARE(at(body, found->modelAt), QByteArray("whisper-1"));
        }
        for (std::size_t length = 0; length + 4 < body.size(); ++length)
            QVERIFY(!sketchOf(address, "multipart/form-data; boundary=b0", body.substr(0, length)));
    }

    void aFormIsRefused_data()
    {
        QTest::addColumn<QByteArray>("type");
        QTest::addColumn<QByteArray>("body");
        const QByteArray type = "multipart/form-data; boundary=b";
        const QByteArray model
            = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n";
        QTest::newRow("two models") << type << model + model + "--b--";
        QTest::newRow("two models, one in capitals")
            << type << model + QByteArray(model).replace("\"model\"", "\"MODEL\"") + "--b--";
        QTest::newRow("two names")
            << type << QByteArray(model).replace("name=", "name=x; name=") + "--b--";
        QTest::newRow("two kinds of name")
            << type << QByteArray(model).replace("name=", "name*=utf-8''x; name=") + "--b--";
        QTest::newRow("a model beside one with two names")
            << type << model + QByteArray(model).replace("name=", "name=x; name=") + "--b--";
        QTest::newRow("no model") << type
                                  << QByteArray(model).replace("\"model\"", "\"other\"") + "--b--";
        QTest::newRow("bare line ends")
            << type << QByteArray(model).replace("\r\n", "\n") + "--b--";
        QTest::newRow("no boundary") << QByteArray("multipart/form-data") << model + "--b--";
        QTest::newRow("two boundaries")
            << QByteArray("multipart/form-data; boundary=b; boundary=c") << model + "--b--";
        QTest::newRow("another boundary")
            << QByteArray("multipart/form-data; boundary=c") << model + "--b--";
        QTest::newRow("empty") << type << QByteArray();
        QTest::newRow("no end") << type << model;
    }

    void aFormIsRefused()
    {
        QFETCH(QByteArray, type);
        QFETCH(QByteArray, body);
        const Address address = *addressOf("POST", "/v1/audio/transcriptions", "", {});
        const auto found = sketchOf(address, type.toStdString(), body.toStdString());
        QVERIFY(!found);
        QCOMPARE(found.error().kind, ErrorKind::BadRequest);
    }

    void deepAndWideBodiesEnd()
    {
        QElapsedTimer timer;
        timer.start();
        std::string deep = R"({"model":"m","x":)" + std::string(2'000'000, '[');
        QVERIFY(!sketch(deep));
        deep += std::string(2'000'000, ']') + "}";
        QVERIFY(sketch(deep));
        std::string objects = R"({"model":"m","x":)";
        for (int i = 0; i < 200'000; ++i)
            objects += "{\"a\":";
        QVERIFY(!sketch(objects));
        std::string wide = "{";
        for (int i = 0; i < 200'000; ++i)
            wide += "\"model" + std::to_string(i) + "\":1,";
        QVERIFY(sketch(wide + R"("model":"m"})"));
        QVERIFY(!sketch(wide + R"("model":"m","model":"n"})"));
        QVERIFY(timer.elapsed() < 20'000);
    }

    void thePublicSuiteOfJsonTextsDoesNoHarm()
    {
        const QDir folder(QStringLiteral(WAYSTATION_SOURCE_DIR)
            + QStringLiteral("/../shared/corpora/jsontestsuite/test_parsing"));
        if (!folder.exists())
            QSKIP("JSONTestSuite is not beside this source tree (../shared/corpora/jsontestsuite)");
        int seen = 0;
        int objects = 0;
        const QStringList names = folder.entryList({QStringLiteral("*.json")}, QDir::Files);
        for (const QString& name : names) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const std::string text = file.readAll().toStdString();
            ++seen;

            // As the whole body, as the value of a field, and as every other kind of input.
            (void)sketch(text);
            const std::string field = R"({"model":"m","x":)" + text + "}";
            const auto inField = sketch(field);
            for (const DialectId dialect : allDialects) {
                (void)readUsage(dialect, Operation::Generate, text);
                (void)readUsage(dialect, Operation::Generate, R"({"usage":)" + text + "}");
                (void)readError(500, {}, text, TimePoint());
                (void)makeStreamReader(dialect, Operation::Generate)->event("", text);
                (void)makeStreamReader(dialect, Operation::Generate)
                    ->event("", R"({"choices":[)" + text + R"(],"usage":)" + text + "}");
            }
            if (name.startsWith(QLatin1String("y_"))) {
                QVERIFY2(inField, qPrintable(name));
                const auto value = nlohmann::json::parse(text, nullptr, false);
                if (value.is_object() && !value.contains("model")) {
                    ++objects;
                    const std::size_t brace = text.find('{');
                    const std::string body = text.substr(0, brace + 1) + R"("model":"m")"
                        + (value.empty() ? "" : ",") + text.substr(brace + 1);
                    QVERIFY2(sketch(body), qPrintable(name));
                }
            }
        }
        QVERIFY(seen > 300);
        QVERIFY(objects > 5);
    }
};

QTEST_GUILESS_MAIN(TestSketch)
#include "tst_sketch.moc"
