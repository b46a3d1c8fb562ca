#include "relay/practice.h"

#include "dialect/sse.h"
#include "support/printers.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;

namespace {

struct Asked
{
    Address address;
    std::string body;
    CallSketch sketch;
    PracticeScript script;
    std::string reply;
};

Asked ask(const char* path, const std::string& body, const char* query = "")
{
    Asked asked;
    const auto address = addressOf("POST", path, query, {});
    asked.address = *address;
    asked.body = body;
    asked.body.reserve(body.size() + 64);
    asked.sketch = *sketchOf(asked.address, "application/json", asked.body);
    UpstreamRequest request;
    request.body = {asked.body};
    asked.script = practiceReply(asked.address, asked.sketch, request, 7, TimePoint(Seconds(1'790'000'000)));
    for (const PracticeScript::Piece& piece : asked.script.pieces)
        asked.reply += piece.octets;
    return asked;
}

struct Form
{
    const char* path;
    const char* streamPath;
    const char* streamQuery;
    const char* body; // %1 the model, %2 a further field
};

constexpr Form forms[] = {
    {"/v1/chat/completions", "/v1/chat/completions", "",
        R"({"model":"%1","messages":[{"role":"system","content":"no"},{"role":"user","content":"one two three"}],"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city","days"]}}}]%2})"},
    {"/v1/responses", "/v1/responses", "",
        R"({"model":"%1","input":[{"role":"user","content":[{"type":"input_text","text":"one two three"}]}],"tools":[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city","days"]}}]%2})"},
    {"/v1/messages", "/v1/messages", "",
        R"({"model":"%1","max_tokens":99,"messages":[{"role":"user","content":"one two three"}],"tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city","days"]}}]%2})"},
    {"/v1beta/models/%1:generateContent", "/v1beta/models/%1:streamGenerateContent", "alt=sse",
        R"({"contents":[{"role":"user","parts":[{"text":"one two three"}]}],"tools":[{"functionDeclarations":[{"name":"get_weather","parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING"},"days":{"type":"INTEGER"}},"required":["city","days"]}}]}]%2})"},
};

std::string filled(const char* text, const char* model, const char* field)
{
    QString filled = QString::fromLatin1(text);
    filled.replace(QStringLiteral("%1"), QString::fromLatin1(model)).replace(QStringLiteral("%2"), QString::fromLatin1(field));
    return filled.toStdString();
}

Asked askForm(const Form& form, const char* model, bool stream)
{
    const bool isGemini = std::string_view(form.streamQuery) == "alt=sse";
    const std::string path = filled(stream ? form.streamPath : form.path, model, "");
    return ask(path.c_str(), filled(form.body, model, stream && !isGemini ? ",\"stream\":true" : ""), stream ? form.streamQuery : "");
}

}

class TestPractice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void echoAnswersInEveryProtocol_data()
    {
        QTest::addColumn<int>("form");
        for (int i = 0; i < 4; ++i)
            QTest::newRow(forms[i].path) << i;
    }

    void echoAnswersInEveryProtocol()
    {
        QFETCH(int, form);
        const Asked whole = askForm(forms[form], "practice-echo", false);
        QCOMPARE(whole.script.head.status, 200);
        const auto json = nlohmann::json::parse(whole.reply);
        QVERIFY2(json.dump().find("one two three") != std::string::npos, whole.reply.c_str());
        const auto usage = readUsage(whole.address.dialect, Operation::Generate, whole.reply);
        QVERIFY(usage.has_value());
        QVERIFY(usage->input > 0 && usage->output > 0);

        const Asked stream = askForm(forms[form], "practice-echo", true);
        QCOMPARE(std::string(stream.script.head.headers.value("content-type")), "text/event-stream");
        const auto reader = makeStreamReader(stream.address.dialect, Operation::Generate);
        SseReader sse;
        int terminals = 0;
        bool content = false;
        QVERIFY(sse.feed(stream.reply, [&](const SseReader::Event& event) {
            const auto seen = reader->event(event.name, event.data);
            terminals += seen.isTerminal;
            content = content || seen.isContent;
            QVERIFY(!seen.isError);
        }));
        QVERIFY(content);
        QVERIFY(reader->mayEnd());
        QVERIFY(terminals <= 1);
        QVERIFY(sse.pending() == 0);
    }

    void toolsAreCalledWithWhatTheyRequire()
    {
        for (const Form& form : forms) {
            for (const bool stream : {false, true}) {
                const Asked asked = askForm(form, "practice-tool", stream);
                QVERIFY2(asked.reply.find("get_weather") != std::string::npos, asked.reply.c_str());
                QVERIFY2(asked.reply.find("city") != std::string::npos, asked.reply.c_str());
                QVERIFY2(asked.reply.find("days") != std::string::npos, asked.reply.c_str());
            }
        }
    }

    void failuresHaveTheirStatus()
    {
        for (const int status : {401, 402, 404, 429, 500, 529}) {
            for (const Form& form : forms) {
                const Asked asked = askForm(form, ("practice-" + std::to_string(status)).c_str(), true);
                QCOMPARE(asked.script.head.status, status);
                QVERIFY(nlohmann::json::parse(asked.reply).contains("error"));
                QCOMPARE(asked.script.head.headers.has("retry-after"), status == 429);
            }
        }
    }

    void cutsAndStallsStopInTheMiddle()
    {
        for (const Form& form : forms) {
            const Asked cut = askForm(form, "practice-cut", true);
            QCOMPARE(int(cut.script.ending), int(PracticeScript::Ending::Cut));
            const auto reader = makeStreamReader(cut.address.dialect, Operation::Generate);
            SseReader sse;
            sse.feed(cut.reply, [&](const SseReader::Event& event) { QVERIFY(!reader->event(event.name, event.data).isTerminal); });
            QCOMPARE(int(askForm(form, "practice-stall", true).script.ending), int(PracticeScript::Ending::Stall));
        }
    }

    void theSameCallGivesTheSameAnswer()
    {
        QCOMPARE(askForm(forms[0], "practice-echo", true).reply, askForm(forms[0], "practice-echo", true).reply);
    }

    void otherOperations()
    {
        const auto embedded = nlohmann::json::parse(ask("/v1/embeddings", R"({"model":"practice-echo","input":["a","b"]})").reply);
        QCOMPARE(embedded["data"].size(), std::size_t(2));
        QCOMPARE(embedded["data"][1]["embedding"].size(), std::size_t(4));
        const auto ranked = nlohmann::json::parse(ask("/v1/rerank", R"({"model":"practice-echo","query":"q","documents":["a","b","c"]})").reply);
        QCOMPARE(ranked["results"].size(), std::size_t(3));
        const auto video = nlohmann::json::parse(ask("/v1/videos", R"({"model":"practice-echo","prompt":"p"})").reply);
        QVERIFY(video["id"].get<std::string>().starts_with("video_"));
        const auto counted = nlohmann::json::parse(ask("/v1/messages/count_tokens", R"({"model":"practice-echo","messages":[]})").reply);
        QVERIFY(counted["input_tokens"].get<int>() > 0);
    }

    void hostileBodiesAreAnsweredToo()
    {
        for (const char* body : {R"({"model":"practice-echo","messages":5})", R"({"model":"practice-echo","messages":[1,null,{"role":7}]})",
                 R"({"model":"practice-tool","tools":[{"function":{"name":5}},{"name":"x","parameters":{"required":[1,"y"]}}]})",
                 R"({"model":"practice-echo","stream":true,"stream_options":{"include_usage":"yes"}})"}) {
            const Asked asked = ask("/v1/chat/completions", body);
            QCOMPARE(asked.script.head.status, 200);
        }
    }
};

QTEST_GUILESS_MAIN(TestPractice)
#include "tst_practice.moc"
