#include "ui/text/format.h"

#include <QCoreApplication>
#include <QDateTime>

#include <cmath>

namespace waystation {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(Format)
};

QDateTime localTime(TimePoint when)
{
    return QDateTime::fromMSecsSinceEpoch(microsSinceEpoch(when) / 1000);
}

QString fixed(double value, int decimals)
{
    return QLocale().toString(value, 'f', decimals);
}

}

QString moneyText(MicroUsd money)
{
    const double dollars = static_cast<double>(money.value) / 1e6;
    const double size = std::abs(dollars);
    int decimals = 2;
    if (money.value != 0 && size < 0.01)
        decimals = 6;
    else if (size > 0 && size < 1)
        decimals = 4;
    QString digits = fixed(size, decimals);
    const QString point = QLocale().decimalPoint();
    const qsizetype least = digits.indexOf(point) + 3;
    while (decimals > 2 && digits.size() > least && digits.endsWith(QLatin1Char('0')))
        digits.chop(1);
    return (money.value < 0 ? QStringLiteral("\u2212$") : QStringLiteral("$")) + digits;
}

QString costText(const std::optional<MicroUsd>& cost)
{
    return cost ? moneyText(*cost) : Words::tr("unknown");
}

QString countText(std::int64_t count)
{
    return QLocale().toString(static_cast<qlonglong>(count));
}

QString shortCountText(std::int64_t count)
{
    const double size = std::abs(static_cast<double>(count));
    const auto scaled = [count](double unit, const QString& suffix) {
        const double value = static_cast<double>(count) / unit;
        return fixed(value, std::abs(value) < 10 ? 2 : std::abs(value) < 100 ? 1 : 0) + suffix;
    };
    if (size < 9'995)
        return countText(count);
    if (size < 999'500)
        return scaled(1e3, QStringLiteral("k"));
    if (size < 999'500'000)
        return scaled(1e6, QStringLiteral("M"));
    return scaled(1e9, QStringLiteral("G"));
}

QString durationText(Micros span)
{
    const std::int64_t millis = (span.count() + 500) / 1000;
    if (millis < 1000)
        //: milliseconds
        return Words::tr("%1 ms").arg(millis);
    if (millis < 60'000)
        //: seconds, like 1.24
        return Words::tr("%1 s").arg(
            fixed(static_cast<double>(millis) / 1000.0, millis < 10'000 ? 2 : 1));
    const std::int64_t seconds = (millis + 500) / 1000;
    if (seconds < 3600)
        //: minutes and seconds
        return Words::tr("%1 min %2 s")
            .arg(seconds / 60)
            .arg(seconds % 60, 2, 10, QLatin1Char('0'));
    const std::int64_t minutes = seconds / 60;
    //: hours and minutes
    return Words::tr("%1 h %2 min").arg(minutes / 60).arg(minutes % 60, 2, 10, QLatin1Char('0'));
}

QString durationText(const std::optional<Micros>& span)
{
    return span ? durationText(*span) : QStringLiteral("\u2013");
}

QString shareText(std::int64_t part, std::int64_t whole)
{
    if (part <= 0 || whole <= 0)
        return Words::tr("%1 %").arg(0);
    const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    //: a share in percent
    return Words::tr("%1 %").arg(fixed(share, share < 10 ? 1 : 0));
}

QString changeText(double now, double before)
{
    if (before <= 0)
        return {};
    const double change = 100.0 * (now - before) / before;
    if (change >= 1000)
        //: much more than before
        return Words::tr("over 10 times as much");
    const QString digits = fixed(std::abs(change), 0);
    if (digits == fixed(0, 0))
        return Words::tr("as before");
    //: a rise or fall in percent
    return Words::tr("%1 %").arg(
        (change < 0 ? QStringLiteral("\u2212") : QStringLiteral("+")) + digits);
}

QString timeText(TimePoint when, TimePoint now)
{
    const QDateTime local = localTime(when);
    const QDateTime today = localTime(now);
    if (local.date() == today.date())
        return local.toString(QStringLiteral("HH:mm:ss"));
    //: date and time of an older call, a QDateTime format
    return QLocale().toString(local,
        local.date().year() == today.date().year() ? Words::tr("MMM d HH:mm")
                                                   : QStringLiteral("yyyy-MM-dd HH:mm"));
}

QString longTimeText(TimePoint when)
{
    return localTime(when).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
}

QString dateText(TimePoint when)
{
    return localTime(when).toString(QStringLiteral("yyyy-MM-dd"));
}

QString agoText(TimePoint when, TimePoint now)
{
    const auto seconds = std::chrono::duration_cast<Seconds>(now - when).count();
    if (seconds < 60)
        return Words::tr("just now");
    if (seconds < 3600)
        return Words::tr("%1 min ago").arg(seconds / 60);
    if (seconds < 86'400)
        return Words::tr("%1 h ago").arg(seconds / 3600);
    return Words::tr("%1 d ago").arg(seconds / 86'400);
}

QString bytesText(std::int64_t bytes)
{
    return QLocale().formattedDataSize(
        bytes, bytes < 10 * 1024 * 1024 ? 1 : 0, QLocale::DataSizeTraditionalFormat);
}

QString speedText(double tokensPerSecond)
{
    if (tokensPerSecond <= 0)
        return QStringLiteral("\u2013");
    return Words::tr("%1 tokens/s").arg(fixed(tokensPerSecond, tokensPerSecond < 100 ? 1 : 0));
}

QString rateText(Rate rate)
{
    return moneyText({rate.microUsdPerMillion});
}

}
