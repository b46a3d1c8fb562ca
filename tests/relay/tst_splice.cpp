#include <string> // before the others: moc 6.4 stumbles when <compare> comes first

#include "relay/splice.h"

#include "support/printers.h"

#include <QTest>

using namespace waystation;

namespace {

/// A body with the capacity that a sketch needs, and its sketch.
struct Sketched
{
    explicit Sketched(std::string text) : body(std::move(text))
    {
        body.reserve(body.size() + 64);
        Address address;
        address.operation = Operation::Generate;
        address.tail = "/chat/completions";
        const auto found = sketchOf(address, "application/json", body);
        if (found)
            sketch = *found;
        isGood = found.has_value();
    }

    std::string with(const Edits& edits) const
    {
        std::string made;
        std::string joined;
        for (const std::string_view slice : splice(body, sketch, edits, made))
            joined += slice;
        return joined;
    }

    std::string body;
    CallSketch sketch;
    bool isGood = false;
};

}

class TestSplice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void onlyTheModelChanges()
    {
        const std::string before = "{ \"messages\" : [ {\"role\":\"user\",\"content\":\"model \\\"model\\\": 1.0e5\"} ],\"model\" :";
        const std::string after = " , \"x\":1.50 }";
        const Sketched call(before + "\"fast\"" + after);
        QVERIFY(call.isGood);
        QCOMPARE(shown(call.with({ModelName("deepseek-chat"), false, false})), shown(before + "\"deepseek-chat\"" + after));
    }

    void nothingAskedChangesNothing()
    {
        const Sketched call(R"({"model":"a","messages":[]})");
        QCOMPARE(shown(call.with({})), shown(call.body));
        QCOMPARE(shown(call.with({ModelName("a"), false, false})), shown(call.body));
        std::string made;
        const auto slices = splice(call.body, call.sketch, {}, made);
        QCOMPARE(slices.size(), std::size_t(1));
        QCOMPARE(static_cast<const void*>(slices[0].data()), static_cast<const void*>(call.body.data())); // no copy
    }

    void aModelNameIsWrittenAsJson()
    {
        const Sketched call(R"({"model":"a","messages":[]})");
        QCOMPARE(shown(call.with({ModelName("we\"ird\\\n"), false, false})), shown("{\"model\":\"we\\\"ird\\\\\\n\",\"messages\":[]}"));
    }

    void usageIsAskedFor_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QByteArray>("result");
        QTest::newRow("absent") << QByteArray(R"({"model":"a","stream":true})")
                                << QByteArray(R"({"stream_options":{"include_usage":true},"model":"a","stream":true})");
        QTest::newRow("false") << QByteArray(R"({"model":"a","stream":true,"stream_options":{"include_usage":false,"x":[1]}})")
                               << QByteArray(R"({"model":"a","stream":true,"stream_options":{"include_usage":true,"x":[1]}})");
        QTest::newRow("empty object") << QByteArray(R"({"model":"a","stream":true,"stream_options":{}})")
                                      << QByteArray(R"({"model":"a","stream":true,"stream_options":{"include_usage":true}})");
        QTest::newRow("null") << QByteArray(R"({"model":"a","stream":true,"stream_options":null})")
                              << QByteArray(R"({"model":"a","stream":true,"stream_options":{"include_usage":true}})");
    }

    void usageIsAskedFor()
    {
        QFETCH(QByteArray, body);
        QFETCH(QByteArray, result);
        const Sketched call(body.toStdString());
        QVERIFY(call.isGood);
        QCOMPARE(shown(call.with({ModelName(), false, true})), result);
    }

    void aDeploymentsModelIsWrittenIntoTheBody()
    {
        Address address = *addressOf("POST", "/openai/deployments/mine/chat/completions", "api-version=1", {});
        for (const auto& [before, after] : {std::pair<std::string, const char*> {R"({"model":"other","messages":[]})", R"({"model":"served","messages":[]})"},
                 {R"({"messages":[]})", R"({"model":"served","messages":[]})"}, {"{}", R"({"model":"served"})"}}) {
            std::string body = before;
            body.reserve(body.size() + 64);
            const auto sketch = sketchOf(address, "application/json", body);
            QVERIFY(sketch.has_value());
            QCOMPARE(sketch->model.text(), "mine");
            std::string made;
            std::string joined;
            for (const std::string_view slice : splice(body, *sketch, {ModelName("served"), true, false}, made))
                joined += slice;
            QCOMPARE(joined, after);
        }
    }

    void bothAtOnceWhicheverComesFirst()
    {
        const Sketched first(R"({"stream_options":{"include_usage":false},"model":"a","stream":true})");
        QCOMPARE(shown(first.with({ModelName("b"), false, true})), shown(R"({"stream_options":{"include_usage":true},"model":"b","stream":true})"));
        const Sketched last(R"({"model":"a","stream":true,"stream_options":{"include_usage":false}})");
        QCOMPARE(shown(last.with({ModelName("b"), false, true})), shown(R"({"model":"b","stream":true,"stream_options":{"include_usage":true}})"));
    }
};

QTEST_GUILESS_MAIN(TestSplice)
#include "tst_splice.moc"
