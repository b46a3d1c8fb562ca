#include <string>

#include "chat/sequence.h"
#include "dialect/completions.h"
#include "dialect/embeddings.h"
#include "dialect/images.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;
using Json = nlohmann::ordered_json;

namespace {

// 0.5, -1.25 and 3 as little-endian floats.
constexpr const char* threeAsBase64 = "AAAAPwAAoL8AAEBA";
// The beginning of a PNG.
constexpr const char* png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

Address openaiAddress(const char* path)
{
    return addressOf("POST", path, "", {}).value();
}

Address geminiAddress(const char* verb)
{
    return addressOf("POST", std::string("/v1beta/models/asked") + verb, "", {}).value();
}

QString shown(const Json& json)
{
    return QString::fromStdString(json.dump(1));
}

QString shown(const std::string& json)
{
    const Json parsed = Json::parse(json, nullptr, false);
    return parsed.is_discarded() ? QStringLiteral("NOT JSON: ") + QString::fromStdString(json) : shown(parsed);
}

QString tokens(const Losses& losses)
{
    QStringList list;
    for (const std::string& token : losses.tokens())
        list << QString::fromStdString(token);
    return list.join(QStringLiteral(", "));
}

/// `text` with `value` in the place of its @.
std::string filled(std::string text, std::string_view value)
{
    return text.replace(text.find('@'), 1, value);
}

/// What is refused of a call, and as what.
template <class T> QString verdict(const Result<T>& result)
{
    if (result)
        return QStringLiteral("taken");
    return QStringLiteral("%1 %2").arg(QLatin1String(nameOf(result.error().kind)), QString::fromStdString(result.error().field));
}

EmbeddingsReply vectorsFrom(DialectId dialect, const std::string& body, std::size_t expected)
{
    auto reply = readEmbeddingsReply(dialect, body, expected);
    if (!reply)
        qWarning("%s", reply.error().message.c_str());
    return std::move(reply.value());
}

std::string told(DialectId dialect, const EmbeddingsReply& reply, const EmbeddingsCall& call)
{
    return writeEmbeddingsReply(dialect, reply, call, "asked").value();
}

/// The call that a completions answer belongs to.
struct Answering
{
    explicit Answering(std::string body = R"({"model":"asked","prompt":"Once"})")
        : text(std::move(body)), call(readCompletionsCall(openaiAddress("/v1/completions"), text).value())
    {
        context.call = &call;
        context.id = "0001";
        context.created = 1700000000;
    }

    std::string text;
    ChatCall call;
    ReplyContext context;
};

}

class TestOtherEndpoints : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // ---- embeddings

    void aListOfTextsBecomesABatch()
    {
        const std::string body
            = R"({"input":["one","t\nwo"],"model":"asked","dimensions":256,"encoding_format":"base64","user":"u"})";
        const auto call = readEmbeddingsCall(openaiAddress("/v1/embeddings"), body);
        QVERIFY(call);
        QVERIFY(call->wantsBase64);
        Losses losses;
        QCOMPARE(shown(writeEmbeddingsCall(DialectId::Gemini, *call, "gemini-embedding-001", losses)), shown(Json::parse(R"({
            "requests": [
                {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "one"}]}, "outputDimensionality": 256},
                {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "t\nwo"}]}, "outputDimensionality": 256}
            ]})")));
        QCOMPARE(tokens(losses), QString());
    }

    void oneTextIsABatchOfOne()
    {
        const std::string body = R"({"model":"asked","input":"one"})";
        const auto call = readEmbeddingsCall(openaiAddress("/v1/embeddings"), body);
        Losses losses;
        QCOMPARE(shown(writeEmbeddingsCall(DialectId::Gemini, *call, "tunedModels/mine", losses)),
            shown(Json::parse(R"({"requests": [{"model": "tunedModels/mine", "content": {"parts": [{"text": "one"}]}}]})")));
    }

    void inputsThatAreNoTextsAreRefused_data()
    {
        QTest::addColumn<QByteArray>("input");
        QTest::addColumn<QString>("expected");
        QTest::newRow("token ids") << QByteArray("[1,2]") << QStringLiteral("unsupported input");
        QTest::newRow("lists of token ids") << QByteArray("[[1,2],[3]]") << QStringLiteral("unsupported input");
        QTest::newRow("tokens behind a text") << QByteArray("[\"a\",[3]]") << QStringLiteral("unsupported input");
        QTest::newRow("pictures") << QByteArray("[{\"image\":\"x\"}]") << QStringLiteral("unsupported input");
        QTest::newRow("nothing") << QByteArray("null") << QStringLiteral("bad_request input");
        QTest::newRow("an empty list") << QByteArray("[]") << QStringLiteral("bad_request input");
    }

    void inputsThatAreNoTextsAreRefused()
    {
        QFETCH(QByteArray, input);
        QFETCH(QString, expected);
        const std::string body = "{\"model\":\"m\",\"input\":" + input.toStdString() + "}";
        QCOMPARE(verdict(readEmbeddingsCall(openaiAddress("/v1/embeddings"), body)), expected);
    }

    void geminisContentsBecomeAListOfTexts()
    {
        const std::string body = R"({"requests":[
            {"model":"models/asked","content":{"parts":[{"text":"one"},{"text":"more"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":64},
            {"model":"models/asked","content":{"parts":{"text":"two"}},"task_type":"RETRIEVAL_QUERY","output_dimensionality":64}]})";
        const auto call = readEmbeddingsCall(geminiAddress(":batchEmbedContents"), body);
        QVERIFY(call);
        Losses losses;
        QCOMPARE(shown(writeEmbeddingsCall(DialectId::OpenaiChat, *call, "text-embedding-3-small", losses)), shown(Json::parse(R"({
            "model": "text-embedding-3-small", "input": ["one\nmore", "two"], "dimensions": 64, "encoding_format": "float"})")));
        QCOMPARE(tokens(losses), QStringLiteral("drop:taskType"));
    }

    void aSingleContentIsAnsweredWithASingleVector()
    {
        const std::string body = R"({"content":{"parts":[{"text":"one"}]},"title":"T","embedContentConfig":{"outputDimensionality":3}})";
        const auto call = readEmbeddingsCall(geminiAddress(":embedContent"), body);
        QVERIFY(call);
        Losses losses;
        QCOMPARE(shown(writeEmbeddingsCall(DialectId::OpenaiChat, *call, "m", losses)),
            shown(Json::parse(R"({"model": "m", "input": ["one"], "dimensions": 3, "encoding_format": "float"})")));
        QCOMPARE(tokens(losses), QStringLiteral("drop:title"));

        const std::string answer = R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5, -1.25, 3]}],)"
                                   R"("model":"m-1","usage":{"prompt_tokens":2,"total_tokens":2}})";
        const EmbeddingsReply reply = vectorsFrom(DialectId::OpenaiChat, answer, 1);
        QCOMPARE(reply.model, "m-1");
        QCOMPARE(shown(told(DialectId::Gemini, reply, *call)),
            shown(Json::parse(R"({"embedding": {"values": [0.5, -1.25, 3]}, "usageMetadata": {"promptTokenCount": 2}})")));
    }

    void whatGeminiAloneCanEmbedIsRefused_data()
    {
        QTest::addColumn<QByteArray>("requests");
        QTest::addColumn<QString>("expected");
        QTest::newRow("a picture") << QByteArray(R"([{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"x"}}]}}])")
                                   << QStringLiteral("unsupported content");
        QTest::newRow("two lengths") << QByteArray(R"([{"content":{"parts":[{"text":"a"}]},"outputDimensionality":8},{"content":{"parts":[{"text":"b"}]}}])")
                                     << QStringLiteral("unsupported outputDimensionality");
        QTest::newRow("no content") << QByteArray("[{}]") << QStringLiteral("bad_request content");
        QTest::newRow("no request") << QByteArray("[]") << QStringLiteral("bad_request requests");
    }

    void whatGeminiAloneCanEmbedIsRefused()
    {
        QFETCH(QByteArray, requests);
        QFETCH(QString, expected);
        const std::string body = "{\"requests\":" + requests.toStdString() + "}";
        QCOMPARE(verdict(readEmbeddingsCall(geminiAddress(":batchEmbedContents"), body)), expected);
    }

    void geminisVectorsAreToldInTheFormThatWasAsked()
    {
        const std::string answer = "{\"embeddings\":[{\"values\":[0.5,\n -1.25,\n 3]},{\"values\":[1e-3, 0, 2]}],"
                                   "\"usageMetadata\":{\"promptTokenCount\":7}}";
        const EmbeddingsReply reply = vectorsFrom(DialectId::Gemini, answer, 2);
        EmbeddingsCall call;
        QCOMPARE(shown(told(DialectId::OpenaiChat, reply, call)), shown(Json::parse(R"({"object": "list", "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5, -1.25, 3]},
            {"object": "embedding", "index": 1, "embedding": [1e-3, 0, 2]}],
            "model": "asked", "usage": {"prompt_tokens": 7, "total_tokens": 7}})")));

        call.wantsBase64 = true;
        const Json coded = Json::parse(told(DialectId::OpenaiChat, reply, call));
        QCOMPARE(coded["data"][0]["embedding"].get<std::string>(), threeAsBase64);
    }

    void anUpstreamsBase64BecomesNumbers()
    {
        const std::string answer = filled(R"({"data":[{"index":1,"embedding":"AADAPw=="},{"index":0,"embedding":"@"}]})", threeAsBase64);
        const EmbeddingsReply reply = vectorsFrom(DialectId::OpenaiChat, answer, 2);
        EmbeddingsCall call;
        call.isBatch = true;
        QCOMPARE(shown(told(DialectId::Gemini, reply, call)),
            shown(Json::parse(R"({"embeddings": [{"values": [0.5, -1.25, 3]}, {"values": [1.5]}]})")));
    }

    void answersThatAreNotWholeAreErrors_data()
    {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("expected");
        const int openaiChat = int(DialectId::OpenaiChat);
        const int geminis = int(DialectId::Gemini);
        QTest::newRow("no json") << openaiChat << QByteArray("<html>") << QStringLiteral("bad_reply ");
        QTest::newRow("one vector too few") << openaiChat << QByteArray(R"({"data":[{"index":0,"embedding":[1]}]})") << QStringLiteral("bad_reply ");
        QTest::newRow("one place twice") << openaiChat << QByteArray(R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]})") << QStringLiteral("bad_reply ");
        QTest::newRow("no values") << geminis << QByteArray(R"({"embeddings":[{"values":[1]},{}]})") << QStringLiteral("bad_reply ");
        QTest::newRow("nothing") << geminis << QByteArray("{}") << QStringLiteral("bad_reply ");
        QTest::newRow("an error") << geminis << QByteArray(R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"slow down"}})")
                                  << QStringLiteral("rate_limited ");
    }

    void answersThatAreNotWholeAreErrors()
    {
        QFETCH(int, dialect);
        QFETCH(QByteArray, body);
        QFETCH(QString, expected);
        QCOMPARE(verdict(readEmbeddingsReply(DialectId(dialect), body.toStdString(), 2)), expected);
    }

    void vectorsOfSomethingElseAreErrors()
    {
        EmbeddingsCall call;
        call.wantsBase64 = true;
        const std::string words = R"({"data":[{"embedding":["a"]}]})";
        QVERIFY(!writeEmbeddingsReply(DialectId::OpenaiChat, vectorsFrom(DialectId::OpenaiChat, words, 1), call, "m"));
        const std::string odd = R"({"data":[{"embedding":"AAA="}]})";
        QVERIFY(!writeEmbeddingsReply(DialectId::Gemini, vectorsFrom(DialectId::OpenaiChat, odd, 1), call, "m"));
    }

    void onlyVectorsInTheOtherFormAreChanged()
    {
        const std::string start = R"({"object":"list","data":[{"object":"embedding","index":0,"embedding": )";
        const std::string end = R"(, "more":1}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}})";
        const std::string numbers = start + "[0.5,-1.25,3]" + end;
        const std::string coded = start + '"' + threeAsBase64 + '"' + end;
        const std::string asksNothing = R"({"input":"a"})";
        const std::string asksFloat = R"({"input":"a","encoding_format":"float"})";
        const std::string asksBase64 = R"({"input":"a","encoding_format":"base64"})";

        QVERIFY(!withVectorsAsAsked(asksNothing, numbers));
        QVERIFY(!withVectorsAsAsked(asksFloat, numbers));
        QVERIFY(!withVectorsAsAsked(asksBase64, coded));
        QCOMPARE(withVectorsAsAsked(asksNothing, coded).value(), numbers);
        QCOMPARE(withVectorsAsAsked(asksFloat, coded).value(), numbers);
        QCOMPARE(withVectorsAsAsked(asksBase64, numbers).value(), coded);
        QVERIFY(!withVectorsAsAsked(asksBase64, R"({"error":{"message":"no"}})"));
        QVERIFY(!withVectorsAsAsked(asksBase64, R"({"data":[{"embedding":[1,)"));
    }

    // ---- pictures

    void aPromptBecomesACallForTextAndPictures()
    {
        const std::string body = R"({"model":"asked","prompt":"a\tcat","n":3,"size":"1792x1024","quality":"hd","style":"vivid",)"
                                 R"("response_format":"url","background":"auto","output_format":"webp","user":"u"})";
        const auto call = readPicturesCall(openaiAddress("/v1/images/generations"), body);
        QVERIFY(call);
        Losses losses;
        QCOMPARE(shown(writePicturesCall(DialectId::Gemini, *call, "gemini-2.5-flash-image", losses)), shown(Json::parse(R"({
            "contents": [{"role": "user", "parts": [{"text": "a\tcat"}]}],
            "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "16:9"}}})")));
        QCOMPARE(tokens(losses),
            QStringLiteral("drop:quality, drop:style, adapt:size, drop:n, adapt:response_format, drop:output_format"));
        QCOMPARE(picturesTail(DialectId::Gemini, "gemini-2.5-flash-image"), ":generateContent");
    }

    void anOrdinaryCallLosesNothing()
    {
        const std::string body = R"({"model":"asked","prompt":"a cat","n":1,"size":"auto","quality":"auto","response_format":"b64_json"})";
        const auto call = readPicturesCall(openaiAddress("/v1/images/generations"), body);
        Losses losses;
        QCOMPARE(shown(writePicturesCall(DialectId::Gemini, *call, "m", losses)), shown(Json::parse(R"({
            "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
            "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}})")));
        QCOMPARE(tokens(losses), QString());
    }

    void sizesBecomeTheNearestProportion_data()
    {
        QTest::addColumn<QByteArray>("size");
        QTest::addColumn<QString>("ratio");
        QTest::newRow("square") << QByteArray("1024x1024") << QStringLiteral("1:1");
        QTest::newRow("wide") << QByteArray("1536x1024") << QStringLiteral("3:2");
        QTest::newRow("tall") << QByteArray("1024x1536") << QStringLiteral("2:3");
        QTest::newRow("taller") << QByteArray("1024x1792") << QStringLiteral("9:16");
        QTest::newRow("odd") << QByteArray("1000x790") << QStringLiteral("5:4");
        QTest::newRow("a ribbon") << QByteArray("4096x512") << QStringLiteral("21:9");
    }

    void sizesBecomeTheNearestProportion()
    {
        QFETCH(QByteArray, size);
        QFETCH(QString, ratio);
        const std::string body = filled(R"({"prompt":"p","size":"@"})", size.toStdString());
        const auto call = readPicturesCall(openaiAddress("/v1/images/generations"), body);
        Losses losses;
        const Json written = Json::parse(writePicturesCall(DialectId::Gemini, *call, "m", losses));
        QCOMPARE(QString::fromStdString(written["generationConfig"]["imageConfig"]["aspectRatio"]), ratio);
        QCOMPARE(tokens(losses), QStringLiteral("adapt:size"));
    }

    void imagenIsAskedInItsOwnWay()
    {
        const std::string body = R"({"model":"asked","prompt":"a cat","n":9,"size":"1536x1024"})";
        const auto call = readPicturesCall(openaiAddress("/v1/images/generations"), body);
        Losses losses;
        QCOMPARE(picturesTail(DialectId::Gemini, "imagen-4.0-generate-001"), ":predict");
        QCOMPARE(shown(writePicturesCall(DialectId::Gemini, *call, "imagen-4.0-generate-001", losses)), shown(Json::parse(R"({
            "instances": [{"prompt": "a cat"}], "parameters": {"sampleCount": 4, "aspectRatio": "4:3"}})")));
        QCOMPARE(tokens(losses), QStringLiteral("adapt:n, adapt:size"));
    }

    void callsThatNeedPicturesAreRefused()
    {
        const Address address = openaiAddress("/v1/images/generations");
        QCOMPARE(verdict(readPicturesCall(address, R"({"prompt":""})")), QStringLiteral("bad_request prompt"));
        QCOMPARE(verdict(readPicturesCall(address, R"({"prompt":"a","image":"x"})")), QStringLiteral("unsupported image"));
        QCOMPARE(verdict(readPicturesCall(geminiAddress(":predict"), R"({"instances":[]})")), QStringLiteral("bad_request instances"));
        QCOMPARE(verdict(readPicturesCall(geminiAddress(":predict"), R"({"instances":[{"prompt":"a"},{"prompt":"b"}]})")),
            QStringLiteral("unsupported instances"));
        QCOMPARE(verdict(readPicturesCall(geminiAddress(":predict"), R"({"instances":[{"prompt":"a","image":{"bytesBase64Encoded":"x"}}]})")),
            QStringLiteral("unsupported image"));
    }

    void aPredictCallBecomesOneForGenerations()
    {
        const std::string body = R"({"instances":[{"prompt":"a cat"}],"parameters":{"sampleCount":2,"aspectRatio":"16:9",)"
                                 R"("negativePrompt":"dogs","sampleImageSize":"2K","outputOptions":{"mimeType":"image/jpeg"}}})";
        const auto call = readPicturesCall(geminiAddress(":predict"), body);
        QVERIFY(call);
        Losses gptLosses;
        QCOMPARE(shown(writePicturesCall(DialectId::OpenaiChat, *call, "gpt-image-1", gptLosses)), shown(Json::parse(R"({
            "model": "gpt-image-1", "prompt": "a cat", "n": 2, "size": "1536x1024", "output_format": "jpeg"})")));
        QCOMPARE(tokens(gptLosses), QStringLiteral("drop:negativePrompt, drop:sampleImageSize, adapt:aspectRatio"));

        Losses losses;
        QCOMPARE(shown(writePicturesCall(DialectId::OpenaiChat, *call, "dall-e-3", losses)), shown(Json::parse(R"({
            "model": "dall-e-3", "prompt": "a cat", "size": "1792x1024", "response_format": "b64_json"})")));
        QCOMPARE(tokens(losses),
            QStringLiteral("drop:negativePrompt, drop:sampleImageSize, drop:sampleCount, adapt:aspectRatio, drop:outputOptions.mimeType"));
        QCOMPARE(picturesTail(DialectId::OpenaiChat, "dall-e-3"), "/images/generations");
    }

    void inlineDataBecomesB64Json()
    {
        const std::string answer = filled(R"({"candidates":[{"content":{"role":"model","parts":[
            {"thought":true,"inlineData":{"mimeType":"image/png","data":"ZHJhZnQ="}},
            {"text":"Here is your cat."},{"inlineData":{"mimeType":"image/png","data":"@"}}]},"finishReason":"STOP"}],"modelVersion":"gemini-2.5-flash-image",
            "usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1300,"totalTokenCount":1305,
            "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290}]}})",
            png);
        const auto reply = readPicturesReply(DialectId::Gemini, answer);
        QVERIFY(reply);
        QCOMPARE(reply->model, "gemini-2.5-flash-image");
        QCOMPARE(reply->usage->output, 1300);
        QCOMPARE(reply->usage->images, 0);
        const Json usage = Json::parse(R"({"total_tokens": 1305, "input_tokens": 5, "output_tokens": 1300,
            "input_tokens_details": {"text_tokens": 5, "image_tokens": 0},
            "output_tokens_details": {"text_tokens": 10, "image_tokens": 1290}})");
        const Json expected = {{"created", 1700000000}, {"data", Json::array({{{"b64_json", png}}})}, {"output_format", "png"}, {"usage", usage}};
        QCOMPARE(shown(writePicturesReply(DialectId::OpenaiChat, *reply, 1700000000)), shown(expected));

        const std::string stream = writePicturesEvents(*reply, 1700000000);
        const std::string start = "event: image_generation.completed\ndata: ";
        QVERIFY(stream.starts_with(start) && stream.ends_with("\n\n"));
        const Json event = {{"type", "image_generation.completed"}, {"b64_json", png}, {"created_at", 1700000000},
            {"output_format", "png"}, {"usage", usage}};
        QCOMPARE(shown(stream.substr(start.size())), shown(event));
    }

    void picturesWithoutCountsAreCounted()
    {
        const std::string answer = filled(
            R"({"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"@"},{"raiFilteredReason":"blocked"}]})", png);
        const auto reply = readPicturesReply(DialectId::Gemini, answer);
        QVERIFY(reply);
        QCOMPARE(reply->pictures.size(), std::size_t(1));
        QVERIFY(reply->usage->images > 0);
        const Json expected = {{"created", 17}, {"data", Json::array({{{"b64_json", png}}})}, {"output_format", "png"}};
        QCOMPARE(shown(writePicturesReply(DialectId::OpenaiChat, *reply, 17)), shown(expected));
    }

    void b64JsonBecomesPredictions()
    {
        const std::string answer = filled(
            R"({"created":1,"data":[{"b64_json":"@","revised_prompt":"a fine cat"},{"url":"data:image/jpeg;base64,/9j/4AAQ"}]})", png);
        const auto reply = readPicturesReply(DialectId::OpenaiChat, answer);
        QVERIFY(reply);
        QCOMPARE(reply->usage->images, 2);
        const Json expected = {{"predictions", Json::array({
            {{"mimeType", "image/png"}, {"bytesBase64Encoded", png}, {"prompt", "a fine cat"}},
            {{"mimeType", "image/jpeg"}, {"bytesBase64Encoded", "/9j/4AAQ"}}})}};
        QCOMPARE(shown(writePicturesReply(DialectId::Gemini, *reply, 1)), shown(expected));
    }

    void answersWithoutPicturesAreErrors_data()
    {
        QTest::addColumn<int>("dialect");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("expected");
        const int geminis = int(DialectId::Gemini);
        QTest::newRow("blocked") << geminis << QByteArray(R"({"promptFeedback":{"blockReason":"SAFETY"}})")
                                 << QStringLiteral("upstream_refused content_filter");
        QTest::newRow("filtered") << geminis << QByteArray(R"({"candidates":[{"finishReason":"IMAGE_SAFETY","finishMessage":"no"}]})")
                                  << QStringLiteral("upstream_refused content_filter");
        QTest::newRow("cut") << geminis << QByteArray(R"({"candidates":[{"finishReason":"MAX_TOKENS"}]})") << QStringLiteral("upstream_refused ");
        QTest::newRow("words only") << geminis << QByteArray(R"({"candidates":[{"content":{"parts":[{"text":"Which cat?"}]},"finishReason":"STOP"}]})")
                                    << QStringLiteral("upstream_refused ");
        QTest::newRow("all filtered") << geminis << QByteArray(R"({"predictions":[{"raiFilteredReason":"no"}]})")
                                      << QStringLiteral("upstream_refused content_filter");
        QTest::newRow("nothing") << geminis << QByteArray("{}") << QStringLiteral("bad_reply ");
        QTest::newRow("an address") << int(DialectId::OpenaiChat) << QByteArray(R"({"data":[{"url":"/files/1.png"}]})")
                                    << QStringLiteral("bad_reply ");
        QTest::newRow("an error") << int(DialectId::OpenaiChat) << QByteArray(R"({"error":{"message":"slow","code":"rate_limit_exceeded"}})")
                                  << QStringLiteral("rate_limited ");
    }

    void answersWithoutPicturesAreErrors()
    {
        QFETCH(int, dialect);
        QFETCH(QByteArray, body);
        QFETCH(QString, expected);
        QCOMPARE(verdict(readPicturesReply(DialectId(dialect), body.toStdString())), expected);
    }

    // ---- completions

    void aPromptIsOneUserMessage()
    {
        const std::string body = R"({"model":"asked","prompt":"Once\tupon","max_tokens":9,"temperature":0.5,"top_p":0.9,"n":2,"seed":7,)"
                                 R"("frequency_penalty":0.1,"presence_penalty":0.2,"stop":["\n","END"],"stream":true,)"
                                 R"("stream_options":{"include_usage":true},"user":"u"})";
        const auto call = readCompletionsCall(openaiAddress("/v1/completions"), body);
        QVERIFY(call);
        QCOMPARE(call->model.text(), "asked");
        QCOMPARE(call->turns.size(), std::size_t(1));
        QCOMPARE(int(call->turns[0].role), int(Role::User));
        QCOMPARE(call->turns[0].parts.size(), std::size_t(1));
        QCOMPARE(call->turns[0].parts[0].text.toString(), "Once\tupon");
        QCOMPARE(call->maxOutput.value(), 9);
        QCOMPARE(call->temperature.value(), 0.5);
        QCOMPARE(call->topP.value(), 0.9);
        QCOMPARE(call->candidates, 2);
        QCOMPARE(call->seed.value(), 7);
        QCOMPARE(call->frequencyPenalty.value(), 0.1);
        QCOMPARE(call->presencePenalty.value(), 0.2);
        QCOMPARE(call->stop.size(), std::size_t(2));
        QVERIFY(call->stream && call->wantsUsage);
        QVERIFY(call->leftOut.empty());
    }

    void aCompletionsCallIsAskedAsAChat()
    {
        Answering answering(R"({"model":"asked","prompt":["Once"],"max_tokens":9,"suffix":"The end","echo":true,"best_of":3,"logprobs":0})");
        Target target;
        target.model = "served";
        target.oldMaxTokens = true;
        ToolNames names;
        Losses losses;
        const auto written = writeCall(DialectId::OpenaiChat, answering.call, target, names, losses);
        QVERIFY(written);
        const Json body = Json::parse(*written);
        QCOMPARE(shown(body["messages"]), shown(Json::parse(R"([{"role": "user", "content": "Once"}])")));
        QCOMPARE(body["max_tokens"].get<int>(), 9);
        QCOMPARE(tokens(losses), QStringLiteral("drop:suffix, drop:echo, drop:logprobs, drop:best_of"));
    }

    void promptsThatAChatCannotBeAskedAreRefused_data()
    {
        QTest::addColumn<QByteArray>("fields");
        QTest::addColumn<QString>("expected");
        QTest::newRow("several prompts") << QByteArray(R"("prompt":["a","b"])") << QStringLiteral("unsupported prompt");
        QTest::newRow("token ids") << QByteArray(R"("prompt":[1,2])") << QStringLiteral("unsupported prompt");
        QTest::newRow("lists of token ids") << QByteArray(R"("prompt":[[1,2]])") << QStringLiteral("unsupported prompt");
        QTest::newRow("no prompt") << QByteArray(R"("prompt":null)") << QStringLiteral("bad_request prompt");
        QTest::newRow("an empty one") << QByteArray(R"("prompt":"")") << QStringLiteral("bad_request prompt");
        QTest::newRow("no tokens") << QByteArray(R"("prompt":"a","max_tokens":0)") << QStringLiteral("unsupported max_tokens");
    }

    void promptsThatAChatCannotBeAskedAreRefused()
    {
        QFETCH(QByteArray, fields);
        QFETCH(QString, expected);
        const std::string body = "{\"model\":\"m\"," + fields.toStdString() + "}";
        QCOMPARE(verdict(readCompletionsCall(openaiAddress("/v1/completions"), body)), expected);
    }

    void aWholeAnswerIsTextAlone()
    {
        const Answering answering;
        ChatReply reply;
        reply.model = "served";
        ReplyChoice& choice = reply.choices.emplace_back();
        choice.parts.resize(3);
        choice.parts[0].kind = PartKind::Reasoning;
        choice.parts[0].text = RawText("hm");
        choice.parts[1].text = RawText(" upon\\n");
        choice.parts[2].text = RawText("a time");
        choice.reason = FinishReason::Length;
        Usage usage;
        usage.input = 3;
        usage.output = 4;
        reply.usage = usage;
        QCOMPARE(shown(writeCompletionsReply(reply, answering.context)), shown(Json::parse(R"({
            "id": "cmpl-0001", "object": "text_completion", "created": 1700000000, "model": "asked",
            "choices": [{"text": " upon\na time", "index": 0, "logprobs": null, "finish_reason": "length"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7,
                "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}})")));
    }

    void aStreamedAnswerEndsWithDone()
    {
        const Answering answering(R"({"model":"asked","prompt":"Once","stream":true,"stream_options":{"include_usage":true}})");
        std::string out;
        const auto writer = makeCompletionsWriter(answering.context, out);
        const ToolNames names;
        Sequence sequence(*writer, names, 1);
        sequence.start({"up-1", "served", 5});
        sequence.reasoning(0, RawText("hm"));
        sequence.text(0, RawText(" upon"));
        sequence.text(0, RawText("\\n"));
        sequence.finish(0, FinishReason::Stop);
        Usage usage;
        usage.input = 3;
        usage.output = 2;
        sequence.usage(usage);
        sequence.end();
        const QString head = QStringLiteral(R"(data: {"id":"cmpl-0001","object":"text_completion","created":5,"model":"asked","choices":[)");
        QCOMPARE(QString::fromStdString(out), head + QStringLiteral(R"({"text":" upon","index":0,"logprobs":null,"finish_reason":null}]})") + QStringLiteral("\n\n")
            + head + QStringLiteral(R"({"text":"\n","index":0,"logprobs":null,"finish_reason":null}]})") + QStringLiteral("\n\n")
            + head + QStringLiteral(R"({"text":"","index":0,"logprobs":null,"finish_reason":"stop"}]})") + QStringLiteral("\n\n")
            + head + QStringLiteral(R"(],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}})")
            + QStringLiteral("\n\ndata: [DONE]\n\n"));
    }

    void everyChoiceHasItsFinish()
    {
        const Answering answering;
        std::string out;
        const auto writer = makeCompletionsWriter(answering.context, out);
        const ToolNames names;
        Sequence sequence(*writer, names, 1);
        sequence.text(0, RawText("a"));
        sequence.text(1, RawText("b"));
        sequence.finish(0, FinishReason::Stop);
        sequence.finish(1, FinishReason::Length);
        sequence.end();
        QCOMPARE(QString::fromStdString(out).count(QStringLiteral("\"finish_reason\":\"stop\"")), 1);
        QCOMPARE(QString::fromStdString(out).count(QStringLiteral("\"index\":1,\"logprobs\":null,\"finish_reason\":\"length\"")), 1);
        QVERIFY(out.ends_with("data: [DONE]\n\n"));
        QVERIFY(out.find("usage") == std::string::npos);
    }

    void aRefusalIsTextAndFiltered()
    {
        const Answering answering;
        std::string out;
        const auto writer = makeCompletionsWriter(answering.context, out);
        const ToolNames names;
        Sequence sequence(*writer, names, 1);
        sequence.finish(0, FinishReason::Refusal, {}, RawText("I will not."));
        sequence.end();
        QVERIFY(out.find(R"({"text":"I will not.","index":0,"logprobs":null,"finish_reason":null})") != std::string::npos);
        QVERIFY(out.find(R"("finish_reason":"content_filter")") != std::string::npos);
    }

    void anErrorInTheStreamIsToldAsChatTellsIt()
    {
        const Answering answering;
        std::string out;
        const auto writer = makeCompletionsWriter(answering.context, out);
        const ToolNames names;
        Sequence sequence(*writer, names, 1);
        sequence.text(0, RawText("a"));
        const Error error {ErrorKind::Cut, "gone"};
        sequence.fail(error);
        QVERIFY(out.ends_with(writeStreamError(DialectId::OpenaiChat, error)));
        QVERIFY(out.find("[DONE]") == std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestOtherEndpoints)
#include "tst_other_endpoints.moc"
