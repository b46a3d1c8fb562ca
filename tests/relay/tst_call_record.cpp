#include "relay/call_record.h"

#include "support/plan_with.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace waystation;

namespace {

CallRecord fullRecord()
{
    CallRecord record;
    record.id = CallId("01ARZ3NDEKTSV4RRFFQ69G5FAV");
    record.startedAt = noon + Micros(5);
    record.utcOffsetMinutes = 345;
    record.client = ClientId("client-1");
    record.clientName = "laptop";
    record.userAgent = "claude-cli/2.1";
    record.dialect = DialectId::Anthropic;
    record.askedModel = ModelName("claude-opus-5");
    record.stream = true;
    record.channel = ChannelId("c2");
    record.channelName = "second";
    record.keyLabel = "main";
    record.servedModel = ModelName("opus");
    record.answeredModel = ModelName("claude-opus-5-20260801");
    record.status = 200;
    record.outcome = Outcome::Cut;
    record.error = Error{ErrorKind::Cut, "ended early", "body", Millis(1500)};
    Attempt first;
    first.channel = ChannelId("c1");
    first.channelName = "first";
    first.keyLabel = "spare";
    first.model = ModelName("opus");
    first.startedAfter = Micros(10);
    first.timings.connect = Micros(100);
    first.timings.tls = Micros(200);
    first.status = 429;
    first.error = Error{ErrorKind::RateLimited, "slow down", {}, Millis(2000)};
    first.upstreamId = "req_1";
    Attempt second;
    second.channel = ChannelId("c2");
    second.channelName = "second";
    second.reusedConnection = true;
    second.timings = {Micros(1), Micros(2), Micros(3), Micros(4), Micros(5), Micros(6)};
    record.attempts = {first, second};
    record.route = {{"first", ModelName("opus"), true, "first in order"},
        {"third", ModelName("x"), false, "speaks openai-chat, not anthropic"}};
    record.warnings = {"top_k left out"};
    record.timings.end = Micros(999);
    record.usage.input = 25'000;
    record.usage.cacheRead = 20'000;
    record.usage.cacheWrite1h = 4000;
    record.usage.output = 500;
    record.usageKind = UsageKind::Reported;
    record.cost = MicroUsd{67'500};
    record.priceSource = PriceSource::Table;
    record.costFormula = "x = 0.0675";
    record.requestBytes = 10;
    record.replyBytes = 20;
    record.upstreamId = "req_2";
    record.task = TaskBinding{"video_1", ChannelId("c2"), KeyId("k"), DialectId::OpenaiChat, noon};
    return record;
}

QJsonObject parsed(const std::string& json)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(QByteArray::fromStdString(json), &error);
    if (error.error != QJsonParseError::NoError)
        qWarning("%s", qPrintable(error.errorString()));
    return document.object();
}

}

class tst_call_record : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void namesNeverChange()
    {
        // Scripts read these. A name may be added here, none may go.
        const QStringList names{QStringLiteral("id"), QStringLiteral("started_at"),
            QStringLiteral("utc_offset_minutes"), QStringLiteral("client_id"),
            QStringLiteral("client"), QStringLiteral("user_agent"), QStringLiteral("dialect"),
            QStringLiteral("operation"), QStringLiteral("asked_model"), QStringLiteral("stream"),
            QStringLiteral("channel_id"), QStringLiteral("channel"), QStringLiteral("key"),
            QStringLiteral("served_model"), QStringLiteral("answered_model"),
            QStringLiteral("status"), QStringLiteral("outcome"), QStringLiteral("error"),
            QStringLiteral("attempts"), QStringLiteral("route"), QStringLiteral("warnings"),
            QStringLiteral("timings"), QStringLiteral("usage"), QStringLiteral("usage_kind"),
            QStringLiteral("cost_micro_usd"), QStringLiteral("cost_usd"),
            QStringLiteral("price_source"), QStringLiteral("cost_formula"),
            QStringLiteral("request_bytes"), QStringLiteral("reply_bytes"),
            QStringLiteral("upstream_id"), QStringLiteral("is_practice"),
            QStringLiteral("task_id")};
        for (const std::string& json : {toJson(fullRecord()), toJson(CallRecord{})}) {
            const QJsonObject object = parsed(json);
            for (const QString& name : names)
                QVERIFY2(object.contains(name), qPrintable(name));
            QCOMPARE(object.size(), names.size());
        }
    }

    void valuesAreExact()
    {
        const QJsonObject object = parsed(toJson(fullRecord()));
        const auto text = [&](const char* name) { return object[QLatin1String(name)].toString(); };
        QCOMPARE(text("id"), QStringLiteral("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
        QCOMPARE(text("started_at"), QStringLiteral("2026-09-23T12:00:00.000005Z"));
        QCOMPARE(text("dialect"), QStringLiteral("anthropic"));
        QCOMPARE(text("operation"), QStringLiteral("generate"));
        QCOMPARE(text("outcome"), QStringLiteral("cut"));
        QCOMPARE(text("cost_usd"), QStringLiteral("0.0675"));
        QCOMPARE(text("price_source"), QStringLiteral("table"));
        QCOMPARE(text("usage_kind"), QStringLiteral("reported"));
        QCOMPARE(text("task_id"), QStringLiteral("video_1"));
        QCOMPARE(object[QLatin1String("cost_micro_usd")].toInteger(), 67'500);
        QCOMPARE(
            object[QLatin1String("usage")].toObject()[QLatin1String("cache_write_1h")].toInteger(),
            4000);
        QCOMPARE(
            object[QLatin1String("timings")].toObject()[QLatin1String("end_us")].toInteger(), 999);
        QCOMPARE(
            object[QLatin1String("error")].toObject()[QLatin1String("retry_after_ms")].toInteger(),
            1500);
        QCOMPARE(object[QLatin1String("attempts")].toArray().size(), 2);
    }

    void theUnknownIsNull()
    {
        const QJsonObject object = parsed(toJson(CallRecord{}));
        for (const char* const name : {"cost_micro_usd", "cost_usd", "error", "task_id"})
            QVERIFY2(object[QLatin1String(name)].isNull(), name);
    }

    void foreignOctetsDoNotBreakIt()
    {
        CallRecord record = fullRecord();
        record.answeredModel = ModelName("\xFF\xFE\"\n");
        record.warnings = {std::string("a\0b", 3)};
        QCOMPARE(parsed(toJson(record))[QLatin1String("id")].toString(),
            QStringLiteral("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
        record.attempts[0].upstreamId = "\xC0\x80";
        QVERIFY(!parsed(detailToJson(record)).isEmpty());
    }

    void detailComesBack()
    {
        const CallRecord record = fullRecord();
        CallRecord read;
        read.warnings = {"old"};
        detailFromJson(detailToJson(record), read);
        QCOMPARE(detailToJson(read), detailToJson(record));
        QCOMPARE(read.attempts.size(), std::size_t(2));
        QCOMPARE(read.attempts[0].channel, ChannelId("c1"));
        QCOMPARE(read.attempts[0].keyLabel, std::string("spare"));
        QCOMPARE(read.attempts[0].startedAfter, Micros(10));
        QCOMPARE(read.attempts[0].timings.tls, std::optional(Micros(200)));
        QVERIFY(!read.attempts[0].timings.end);
        QCOMPARE(read.attempts[0].error->kind, ErrorKind::RateLimited);
        QCOMPARE(read.attempts[0].error->retryAfter, std::optional(Millis(2000)));
        QVERIFY(!read.attempts[1].error);
        QVERIFY(read.attempts[1].reusedConnection);
        QCOMPARE(read.attempts[1].timings.end, std::optional(Micros(6)));
        QCOMPARE(read.route.size(), std::size_t(2));
        QVERIFY(read.route[0].taken);
        QCOMPARE(read.route[1].reason, std::string("speaks openai-chat, not anthropic"));
        QCOMPARE(read.warnings, std::vector<std::string>{"top_k left out"});
    }

    void brokenDetailIsEmptyDetail()
    {
        for (const char* const json :
            {"", "{", "[]", "null", "{\"attempts\":5,\"route\":{},\"warnings\":\"x\"}",
                "{\"attempts\":[1,null],\"route\":[[]],\"warnings\":[3]}"}) {
            CallRecord record = fullRecord();
            detailFromJson(json, record);
            QVERIFY2(
                record.attempts.empty() && record.route.empty() && record.warnings.empty(), json);
        }
        CallRecord record;
        detailFromJson("{\"attempts\":[{\"status\":\"x\",\"timings\":7,\"error\":{\"kind\":\"no_"
                       "such_kind\"}}]}",
            record);
        QCOMPARE(record.attempts.size(), std::size_t(1));
        QCOMPARE(record.attempts[0].status, 0);
        QCOMPARE(record.attempts[0].error->kind, ErrorKind::Internal);
    }
};

QTEST_GUILESS_MAIN(tst_call_record)
#include "tst_call_record.moc"
