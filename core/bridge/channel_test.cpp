#include "bridge/station_parts.h"

#include "base/text.h"
#include "dialect/sse.h"
#include "provider/provider.h"

#include <nlohmann/json.hpp>

#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <QPointer>

#include <algorithm>

namespace waystation {

namespace {

using Json = nlohmann::json;

constexpr int silenceLimitMillis = 120'000;
constexpr std::size_t mostAnswer = 500;
constexpr qint64 mostListBytes = 8 << 20;
constexpr qint64 mostErrorBytes = 1 << 20;
constexpr const char* question = "Reply with one short sentence: say that you can be reached.";

/// The channel's first way to speak.
Result<DialectId> dialectOf(const ChannelSettings& channel)
{
    const Provider* const provider = findProvider(channel.provider);
    if (provider) {
        const auto endpoints = endpointsFor(*provider, channel.dialects);
        if (!endpoints.empty())
            return endpoints.front().dialect;
    }
    return Error{ErrorKind::Invalid, "the channel has no protocol", "dialects"};
}

struct TestCall
{
    std::string path;
    std::string body;
};

TestCall testCallFor(DialectId dialect, const std::string& model)
{
    const Json message = {{"role", "user"}, {"content", question}};
    switch (dialect) {
    case DialectId::OpenaiChat:
        break;
    case DialectId::OpenaiResponses:
        return {
            "/v1/responses", Json{{"model", model}, {"input", question}, {"stream", true}}.dump()};
    case DialectId::Anthropic:
        return {"/v1/messages",
            Json{{"model", model}, {"max_tokens", 256}, {"stream", true},
                {"messages", Json::array({message})}}
                .dump()};
    case DialectId::Gemini: {
        const Json part = {{"text", question}};
        const Json content = {{"role", "user"}, {"parts", Json::array({part})}};
        return {"/v1beta/models/" + percentEncoded(model) + ":streamGenerateContent?alt=sse",
            Json{{"contents", Json::array({content})}}.dump()};
    }
    }
    return {"/v1/chat/completions",
        Json{{"model", model}, {"stream", true}, {"messages", Json::array({message})}}.dump()};
}

std::string textAt(const Json& value, const char* field)
{
    if (!value.is_object())
        return {};
    const auto found = value.find(field);
    return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The words that one event adds to the answer.
std::string wordsOf(DialectId dialect, std::string_view data)
{
    const Json event = Json::parse(data, nullptr, false);
    if (!event.is_object())
        return {};
    switch (dialect) {
    case DialectId::OpenaiChat:
        if (const auto choices = event.find("choices");
            choices != event.end() && choices->is_array() && !choices->empty()) {
            const Json& first = choices->front();
            return first.is_object() && first.contains("delta") ? textAt(first["delta"], "content")
                                                                : std::string();
        }
        return {};
    case DialectId::OpenaiResponses:
        return textAt(event, "type") == "response.output_text.delta" ? textAt(event, "delta")
                                                                     : std::string();
    case DialectId::Anthropic:
        return textAt(event, "type") == "content_block_delta" && event.contains("delta")
            ? textAt(event["delta"], "text")
            : std::string();
    case DialectId::Gemini:
        break;
    }
    std::string words;
    const Json none;
    const auto at = [&none](const Json& value, const char* field) -> const Json& {
        return value.is_object() && value.contains(field) ? value[field] : none;
    };
    const Json& candidates = at(event, "candidates");
    if (!candidates.is_array() || candidates.empty())
        return {};
    const Json& parts = at(at(candidates.front(), "content"), "parts");
    if (!parts.is_array())
        return {};
    for (const Json& part : parts) {
        if (const Json& thought = at(part, "thought");
            !thought.is_boolean() || !thought.get<bool>())
            words += textAt(part, "text");
    }
    return words;
}

QNetworkRequest requestFor(
    const QString& url, DialectId dialect, const std::string& key, const ChannelId& channel)
{
    QNetworkRequest request{QUrl(url)};
    request.setAttribute(
        QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    request.setTransferTimeout(silenceLimitMillis);
    request.setRawHeader("authorization", "Bearer " + QByteArray::fromStdString(key));
    request.setRawHeader("x-waystation-channel", QByteArray::fromStdString(channel.text()));
    request.setRawHeader("user-agent", "Waystation/" WAYSTATION_VERSION);
    if (dialect == DialectId::Anthropic)
        request.setRawHeader("anthropic-version", "2023-06-01");
    return request;
}

Headers headersOf(const QNetworkReply& reply)
{
    Headers headers;
    for (const auto& [name, value] : reply.rawHeaderPairs())
        headers.add(name.toStdString(), value.toStdString());
    return headers;
}

int statusOf(const QNetworkReply& reply)
{
    return reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
}

/// Names that talk; others are for vectors, pictures and sound.
bool looksLikeChat(const std::string& model)
{
    for (const char* word : {"embed", "tts", "whisper", "dall-e", "image", "moderation", "rerank",
             "audio", "realtime", "transcribe", "ocr", "guard", "sora", "veo", "imagen", "aqa"}) {
        if (containsIgnoringCase(model, word))
            return false;
    }
    return true;
}

/// One test under way: reads the stream as it comes.
class TestRun : public QObject
{
public:
    TestRun(QNetworkReply* reply, DialectId dialect, const std::string& model,
        std::function<void(ChannelTest)> done, QObject* parent)
        : QObject(parent)
        , m_reply(reply)
        , m_dialect(dialect)
        , m_reader(makeStreamReader(dialect, Operation::Generate))
        , m_done(std::move(done))
        , m_began(tickNow())
    {
        m_test.model = text(model);
        reply->setParent(this);
        reply->setReadBufferSize(1 << 20);
        connect(reply, &QNetworkReply::readyRead, this, &TestRun::read);
        connect(reply, &QNetworkReply::finished, this, &TestRun::finish);
    }

private:
    Millis sinceStart() const
    {
        return std::chrono::duration_cast<Millis>(between(m_began, tickNow()));
    }

    void read()
    {
        const QByteArray piece = m_reply->readAll();
        if (piece.isEmpty())
            return;
        if (m_test.firstByte == Millis(0))
            m_test.firstByte = std::max(sinceStart(), Millis(1));
        if (statusOf(*m_reply) != 200) {
            if (m_errorBody.size() < std::size_t(mostErrorBytes))
                m_errorBody += piece.toStdString();
            return;
        }
        if (!m_sse.feed(std::string_view(piece.constData(), std::size_t(piece.size())),
                [this](const SseReader::Event& event) { see(event); }))
            m_reply->abort();
    }

    void see(const SseReader::Event& event)
    {
        if (event.isComment || event.data.empty())
            return;
        if (event.data != "[DONE]" && m_answer.size() < mostAnswer)
            m_answer += wordsOf(m_dialect, event.data);
        const StreamReader::Seen seen = m_reader->event(event.name, event.data);
        if (seen.isError && m_reader->error())
            m_test.error = text(m_reader->error()->message);
    }

    void finish()
    {
        read();
        m_sse.finish([this](const SseReader::Event& event) { see(event); });
        m_test.total = sinceStart();
        m_test.status = statusOf(*m_reply);
        m_test.call = CallId(m_reply->rawHeader("x-waystation-call").toStdString());
        m_test.answer = text(elided(m_answer, mostAnswer));
        if (m_test.error.isEmpty()) {
            if (m_test.status == 0)
                m_test.error
                    = QStringLiteral("the relay gave no answer: ") + m_reply->errorString();
            else if (m_test.status != 200)
                m_test.error = text(
                    readError(m_test.status, headersOf(*m_reply), m_errorBody, wallNow()).message);
            else if (m_reply->error() != QNetworkReply::NoError)
                m_test.error = QStringLiteral("the answer broke off: ") + m_reply->errorString();
            else if (!m_reader->mayEnd())
                m_test.error = QStringLiteral("the answer ended before its end");
        }
        m_test.ok = m_test.error.isEmpty();
        deleteLater();
        m_done(std::move(m_test));
    }

    QNetworkReply* m_reply;
    DialectId m_dialect;
    std::unique_ptr<StreamReader> m_reader;
    std::function<void(ChannelTest)> m_done;
    Tick m_began;
    SseReader m_sse;
    std::string m_answer;
    std::string m_errorBody;
    ChannelTest m_test;
};

}

QNetworkAccessManager& Station::Parts::localNetwork()
{
    if (!network) {
        network = std::make_unique<QNetworkAccessManager>();
        network->setProxy(QNetworkProxy::NoProxy); // it asks this program only
        network->setAutoDeleteReplies(false);
    }
    return *network;
}

void Station::testChannel(
    const QString& channel, const QString& model, std::function<void(ChannelTest)> done)
{
    Parts& parts = *m_parts;
    const auto refuse = [&](const std::string& why) {
        ChannelTest test;
        test.model = model;
        test.error = text(why);
        done(std::move(test));
    };
    const ChannelSettings* const found = findChannel(parts.settings, channel.toStdString());
    if (!found)
        return refuse("there is no channel \"" + channel.toStdString() + "\"");
    if (!parts.engine || !parts.engine->isRunning())
        return refuse("the relay does not listen just now");
    const auto dialect = dialectOf(*found);
    if (!dialect)
        return refuse(dialect.error().message);

    std::string asked = model.toStdString();
    if (asked.empty() && !found->models.empty())
        asked = found->models.front();
    if (asked.empty()) {
        const Provider* const provider = findProvider(found->provider);
        if (provider && provider->isPractice)
            asked = "practice-echo";
    }
    if (asked.empty()) {
        fetchModels(channel,
            [this, guard = QPointer(this), channel, done](Result<std::vector<std::string>> models) {
                if (!guard)
                    return;
                ChannelTest test;
                if (!models) {
                    test.error = text("asking for the list of models: " + models.error().message);
                    return done(std::move(test));
                }
                auto first = std::find_if(models->begin(), models->end(), looksLikeChat);
                if (first == models->end())
                    first = models->begin();
                if (first == models->end()) {
                    test.error = QStringLiteral("the upstream lists no models; name one");
                    return done(std::move(test));
                }
                testChannel(channel, text(*first), done);
            });
        return;
    }

    const TestCall call = testCallFor(*dialect, asked);
    QNetworkRequest request
        = requestFor(address() + text(call.path), *dialect, parts.internalKey, found->id);
    request.setHeader(QNetworkRequest::ContentTypeHeader, QByteArrayLiteral("application/json"));
    QNetworkReply* const reply
        = parts.localNetwork().post(request, QByteArray::fromStdString(call.body));
    new TestRun(reply, *dialect, asked, std::move(done), this);
}

void Station::fetchModels(
    const QString& channel, std::function<void(Result<std::vector<std::string>>)> done)
{
    Parts& parts = *m_parts;
    const ChannelSettings* const found = findChannel(parts.settings, channel.toStdString());
    if (!found)
        return done(Error{ErrorKind::NotFound,
            "there is no channel \"" + channel.toStdString() + "\"", "channel"});
    if (!parts.engine || !parts.engine->isRunning())
        return done(Error{ErrorKind::Conflict, "the relay does not listen just now"});
    const auto dialect = dialectOf(*found);
    if (!dialect)
        return done(dialect.error());
    const QString path = *dialect == DialectId::Gemini
        ? QStringLiteral("/v1beta/models?pageSize=1000")
        : QStringLiteral("/v1/models");
    QNetworkReply* const reply = parts.localNetwork().get(
        requestFor(address() + path, *dialect, parts.internalKey, found->id));
    reply->setParent(this);
    connect(reply, &QNetworkReply::readyRead, this, [reply] {
        if (reply->bytesAvailable() > mostListBytes)
            reply->abort();
    });
    connect(reply, &QNetworkReply::finished, this, [reply, dialect = *dialect, done] {
        reply->deleteLater();
        const std::string body = reply->read(mostListBytes).toStdString();
        const int status = statusOf(*reply);
        if (status == 0)
            return done(Error{
                ErrorKind::Io, "the relay gave no answer: " + reply->errorString().toStdString()});
        if (status != 200)
            return done(readError(status, headersOf(*reply), body, wallNow()));
        if (reply->error() != QNetworkReply::NoError)
            return done(Error{ErrorKind::Cut, "the list broke off"});
        done(readModelList(dialect, body));
    });
}

}
