#include "relay/health.h"

#include "support/plan_with.h"

#include <QTest>

using namespace waystation;

namespace {

const ChannelId channel("one");
const KeyId key("main");

Error failed(ErrorKind kind, std::optional<Millis> retryAfter = std::nullopt)
{
    Error error{kind, "x"};
    error.retryAfter = retryAfter;
    return error;
}

/// How long the key rests from `now` on.
Millis rest(const Health& health, TimePoint now)
{
    const Rest* const found = health.restOf(channel, key, now);
    return found ? std::chrono::duration_cast<Millis>(found->until - now) : Millis(0);
}

Millis restAfter(const Error& error, bool isLoopback = false)
{
    Health health;
    health.noteFailure(channel, key, error, "api.example.com", isLoopback, noon);
    return rest(health, noon);
}

}

class tst_health : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aLimitedKeyRestsAsLongAsItWasTold()
    {
        QCOMPARE(restAfter(failed(ErrorKind::RateLimited, Millis(60'000))), Millis(60'000));
        QCOMPARE(restAfter(failed(ErrorKind::RateLimited)), Millis(5000));
        QCOMPARE(restAfter(failed(ErrorKind::RateLimited, Millis(3))), Millis(1000));
        QCOMPARE(
            restAfter(failed(ErrorKind::RateLimited, std::chrono::hours(20))), Millis(600'000));
        QCOMPARE(restAfter(failed(ErrorKind::RateLimited, Millis(-5))), Millis(1000));
    }

    void aRefusedKeyRestsAMinute()
    {
        QCOMPARE(restAfter(failed(ErrorKind::UpstreamAuth)), Millis(60'000));
        QCOMPARE(restAfter(failed(ErrorKind::UpstreamBilling)), Millis(60'000));
    }

    void theClientsFaultsRestNothing()
    {
        for (const ErrorKind kind : {ErrorKind::UpstreamRefused, ErrorKind::UpstreamNotFound,
                 ErrorKind::BadRequest, ErrorKind::Cancelled, ErrorKind::Cut})
            QCOMPARE(restAfter(failed(kind)), Millis(0));
    }

    void loopbackRestsOnlyWhenItSaysSo()
    {
        QCOMPARE(restAfter(failed(ErrorKind::ConnectFailed), true), Millis(0));
        QCOMPARE(restAfter(failed(ErrorKind::Overloaded), true), Millis(0));
        QCOMPARE(restAfter(failed(ErrorKind::UpstreamAuth), true), Millis(0));
        QCOMPARE(restAfter(failed(ErrorKind::RateLimited, Millis(2000)), true), Millis(2000));
    }

    void failuresInARowDoubleUpToAMinute()
    {
        Health health;
        TimePoint now = noon;
        for (const int seconds : {2, 4, 8, 16, 32, 60, 60}) {
            health.noteFailure(channel, key, failed(ErrorKind::ConnectFailed), "h", false, now);
            QCOMPARE(rest(health, now), Millis(seconds * 1000));
            now += Seconds(seconds);
            QCOMPARE(rest(health, now), Millis(0));
        }
        health.noteSuccess(channel, key);
        health.noteFailure(channel, key, failed(ErrorKind::ConnectFailed), "h", false, now);
        QCOMPARE(rest(health, now), Millis(2000));
    }

    void manyCallsThatFailAtOnceAreOneFailure()
    {
        Health health;
        for (int i = 0; i < 13; ++i)
            health.noteFailure(
                channel, key, failed(ErrorKind::Overloaded), "h", false, noon + Millis(i));
        QVERIFY(rest(health, noon) <= Millis(2100));
    }

    void longQuietForgets()
    {
        Health health;
        health.noteFailure(channel, key, failed(ErrorKind::Timeout), "h", false, noon);
        const TimePoint later = noon + std::chrono::hours(1);
        health.noteFailure(channel, key, failed(ErrorKind::Timeout), "h", false, later);
        QCOMPARE(rest(health, later), Millis(2000));
    }

    void aLesserTroubleDoesNotCutARestShort()
    {
        Health health;
        health.noteFailure(
            channel, key, failed(ErrorKind::RateLimited, Millis(300'000)), "h", false, noon);
        health.noteFailure(
            channel, key, failed(ErrorKind::ConnectFailed), "h", false, noon + Seconds(1));
        QCOMPARE(rest(health, noon), Millis(300'000));
    }

    void restsEndThoughTheClockIsSetBack()
    {
        Health health;
        health.noteFailure(
            channel, key, failed(ErrorKind::RateLimited, Millis(60'000)), "h", false, noon);
        QVERIFY(health.restOf(channel, key, noon));
        QVERIFY(!health.restOf(channel, key, noon - std::chrono::hours(24)));
    }

    void aRestSaysWhy()
    {
        Health health;
        health.noteFailure(channel, key, failed(ErrorKind::RateLimited, Millis(60'000)),
            "api.example.com", false, noon);
        QCOMPARE(health.restOf(channel, key, noon)->reason,
            std::string("429 from api.example.com (Retry-After 60)"));
        QCOMPARE(health.restOf(channel, key, noon)->kind, ErrorKind::RateLimited);
    }

    void keysRestAlone()
    {
        Health health;
        health.noteFailure(channel, key, failed(ErrorKind::UpstreamAuth), "h", false, noon);
        QVERIFY(!health.restOf(channel, KeyId("second"), noon));
        QVERIFY(!health.restOf(ChannelId("two"), key, noon));
        health.noteFailure(
            channel, KeyId("second"), failed(ErrorKind::UpstreamAuth), "h", false, noon);
        health.noteFailure(
            ChannelId("two"), key, failed(ErrorKind::UpstreamAuth), "h", false, noon);
        health.clear(channel);
        QVERIFY(!health.restOf(channel, key, noon));
        QVERIFY(!health.restOf(channel, KeyId("second"), noon));
        QVERIFY(health.restOf(ChannelId("two"), key, noon));
    }

    void itDoesNotGrowForEver()
    {
        Health health;
        for (int i = 0; i < 5000; ++i)
            health.noteFailure(ChannelId("c" + std::to_string(i)), key,
                failed(ErrorKind::UpstreamAuth), "h", false, noon + Millis(i));
        QCOMPARE(health.size(), Health::mostStates);
        QVERIFY(health.restOf(ChannelId("c4999"), key, noon + Millis(5000)));
    }
};

QTEST_GUILESS_MAIN(tst_health)
#include "tst_health.moc"
