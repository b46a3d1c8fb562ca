#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "chat/usage.h"

#include <QLocale>
#include <QString>

#include <optional>

namespace waystation {

// The one place where figures become words. All follow the default QLocale, which the chosen
// language sets.

/// "$12.34"; four significant digits below a cent ("$0.001234"), "$0.00" for nothing.
QString moneyText(MicroUsd money);
/// As moneyText, or "unknown": an unknown price is never shown as zero.
QString costText(const std::optional<MicroUsd>& cost);
/// "12,345".
QString countText(std::int64_t count);
/// "950", "12.3k", "4.56M".
QString shortCountText(std::int64_t count);
/// "340 ms", "1.24 s", "2 min 05 s", "1 h 03 min".
QString durationText(Micros span);
QString durationText(const std::optional<Micros>& span);
/// "12.3 %"; "0 %" for no calls.
QString shareText(std::int64_t part, std::int64_t whole);
/// "+12 %" against an earlier figure; empty when there was nothing to compare with.
QString changeText(double now, double before);
/// "14:03:22" today, "Nov 23 14:03" before.
QString timeText(TimePoint when, TimePoint now);
/// Whole date and time, for details.
QString longTimeText(TimePoint when);
QString dateText(TimePoint when);
/// "3 min ago", "2 d ago".
QString agoText(TimePoint when, TimePoint now);
/// "1.2 MB".
QString bytesText(std::int64_t bytes);
/// "42.1 tokens/s".
QString speedText(double tokensPerSecond);
/// A price per million tokens, "$3.00".
QString rateText(Rate rate);

/// What core says as UTF-8.
inline QString fromUtf8(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

inline std::string toUtf8(const QString& text)
{
    return text.toStdString();
}

}
