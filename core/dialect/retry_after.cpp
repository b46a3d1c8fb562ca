#include "dialect/dialect.h"

#include "base/text.h"
#include "dialect/json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace waystation {

namespace {

using Wait = std::optional<std::chrono::milliseconds>;

constexpr double mostSeconds = 7 * 24 * 3600.0;

Wait fromSeconds(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0)
        return std::nullopt;
    return std::chrono::milliseconds(std::llround(std::min(seconds, mostSeconds) * 1000));
}

Wait fromSeconds(std::optional<double> seconds)
{
    return seconds ? fromSeconds(*seconds) : std::nullopt;
}

/// "20s", "6m0s", "1h2m3.5s", "250ms", "1.2 seconds", "5 minutes"; a bare number counts seconds.
/// Reads from the start and ignores what follows.
Wait spanFrom(std::string_view text)
{
    double seconds = 0;
    bool found = false;
    for (;;) {
        text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
        std::size_t digits = 0;
        while (digits < text.size()
            && (std::isdigit(static_cast<unsigned char>(text[digits]))
                || (text[digits] == '.' && digits > 0)))
            ++digits;
        std::string_view figure = text.substr(0, digits);
        while (figure.ends_with('.'))
            figure.remove_suffix(1);
        const auto number = json::numberFrom(figure);
        if (!number)
            break;
        text.remove_prefix(digits);
        std::string_view unit = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
        std::size_t letters = 0;
        while (letters < unit.size() && std::isalpha(static_cast<unsigned char>(unit[letters])))
            ++letters;
        const std::string word = lower(unit.substr(0, letters));
        double factor = 0;
        if (word == "ms" || word.starts_with("millisecond"))
            factor = 0.001;
        else if (word == "s" || word.starts_with("sec"))
            factor = 1;
        else if (word == "m" || word.starts_with("min"))
            factor = 60;
        else if (word == "h" || word.starts_with("hour"))
            factor = 3600;
        else if (word == "d" || word.starts_with("day"))
            factor = 86400;
        if (factor == 0) {
            if (!found) {
                seconds = *number;
                found = true;
            }
            break;
        }
        seconds += *number * factor;
        found = true;
        text = unit.substr(letters);
    }
    return found ? fromSeconds(seconds) : std::nullopt;
}

std::optional<int> integer(std::string_view text)
{
    const auto number = json::numberFrom(text);
    if (!number || text.empty() || !std::isdigit(static_cast<unsigned char>(text.front()))
        || *number > 1e6)
        return std::nullopt;
    return static_cast<int>(*number);
}

std::optional<TimePoint> timeFrom(int year, unsigned month, int day, std::string_view clock)
{
    const auto parts = split(clock, ':');
    if (parts.size() != 3 || month < 1 || month > 12)
        return std::nullopt;
    const auto hours = integer(parts[0]);
    const auto minutes = integer(parts[1]);
    const auto seconds = json::numberFrom(parts[2]);
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
        std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || !hours || !minutes || !seconds || *hours > 24 || *minutes > 59
        || !(*seconds >= 0 && *seconds < 62))
        return std::nullopt;
    return TimePoint(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hours)
        + std::chrono::minutes(*minutes) + std::chrono::microseconds(std::llround(*seconds * 1e6)));
}

unsigned monthFrom(std::string_view name)
{
    constexpr std::array months{
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    const auto at = std::find(months.begin(), months.end(), lower(name.substr(0, 3)));
    return at == months.end() ? 0 : static_cast<unsigned>(at - months.begin()) + 1;
}

/// The three forms of HTTP dates.
std::optional<TimePoint> httpDate(std::string_view text)
{
    std::vector<std::string_view> words;
    for (const std::string_view word : split(trimmed(text), ' ')) {
        if (!word.empty())
            words.push_back(word);
    }
    if (words.size() == 6) { // Sun, 06 Nov 1994 08:49:37 GMT
        const auto day = integer(words[1]);
        const auto year = integer(words[3]);
        if (day && year)
            return timeFrom(*year, monthFrom(words[2]), *day, words[4]);
    } else if (words.size() == 4) { // Sunday, 06-Nov-94 08:49:37 GMT
        const auto date = split(words[1], '-');
        if (date.size() != 3)
            return std::nullopt;
        const auto day = integer(date[0]);
        auto year = integer(date[2]);
        if (day && year) {
            if (*year < 100)
                *year += *year < 70 ? 2000 : 1900;
            return timeFrom(*year, monthFrom(date[1]), *day, words[2]);
        }
    } else if (words.size() == 5) { // Sun Nov  6 08:49:37 1994
        const auto day = integer(words[2]);
        const auto year = integer(words[4]);
        if (day && year)
            return timeFrom(*year, monthFrom(words[1]), *day, words[3]);
    }
    return std::nullopt;
}

/// "2026-09-01T12:00:00Z"; other zones are not seen in the wild.
std::optional<TimePoint> isoDate(std::string_view text)
{
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ')
        || !text.ends_with('Z'))
        return std::nullopt;
    const auto year = integer(text.substr(0, 4));
    const auto month = integer(text.substr(5, 2));
    const auto day = integer(text.substr(8, 2));
    if (!year || !month || !day)
        return std::nullopt;
    return timeFrom(*year, static_cast<unsigned>(*month), *day, text.substr(11, text.size() - 12));
}

Wait until(std::optional<TimePoint> when, TimePoint now)
{
    if (!when)
        return std::nullopt;
    return fromSeconds(std::max(0.0, std::chrono::duration<double>(*when - now).count()));
}

/// A field that tells when a quota fills up again: a span, a date, or seconds or milliseconds since
/// 1970.
Wait resetFrom(std::string_view value, TimePoint now)
{
    value = trimmed(value);
    if (const auto when = isoDate(value))
        return until(when, now);
    if (const auto number = json::numberFrom(value); number && *number > 1e9) {
        const double seconds = *number > 1e11 ? *number / 1000 : *number;
        return fromSeconds(
            std::max(0.0, seconds - std::chrono::duration<double>(now.time_since_epoch()).count()));
    }
    return spanFrom(value);
}

/// Looks for a wait in the fields of an error, a few levels deep.
Wait fromFields(const nlohmann::json& value, TimePoint now, int levels)
{
    if (levels == 0)
        return std::nullopt;
    if (value.is_array()) {
        for (const auto& element : value) {
            if (const Wait wait = fromFields(element, now, levels - 1))
                return wait;
        }
        return std::nullopt;
    }
    if (!value.is_object())
        return std::nullopt;
    for (const auto& [key, field] : value.items()) {
        const std::string name = lower(key);
        const bool isMillis
            = name == "retry_after_ms" || name == "retryafterms" || name == "retry-after-ms";
        const bool isSeconds = name == "retrydelay" || name == "retry_after" || name == "retryafter"
            || name == "retry-after" || name == "retry_after_seconds"
            || name == "resets_in_seconds";
        const bool isReset = name == "x-ratelimit-reset";
        Wait wait;
        if (field.is_number() && (isMillis || isSeconds || isReset)) {
            const double number = field.get<double>();
            wait = isReset ? resetFrom(std::to_string(number), now)
                           : fromSeconds(isMillis ? number / 1000 : number);
        } else if (field.is_string() && (isMillis || isSeconds || isReset)) {
            const auto& text = field.get_ref<const std::string&>();
            const auto millis = isMillis ? json::numberFrom(text) : std::nullopt;
            wait = millis ? fromSeconds(*millis / 1000) : resetFrom(text, now);
        } else if (field.is_structured()) {
            wait = fromFields(field, now, levels - 1);
        }
        if (wait)
            return wait;
    }
    return std::nullopt;
}

Wait fromText(std::string_view body)
{
    const std::string text = lower(body);
    for (const std::string_view lead : {"try again in ", "retry in ", "retry after ", "wait for ",
             "please wait ", "try again after "}) {
        for (std::size_t at = text.find(lead); at != std::string::npos;
             at = text.find(lead, at + 1)) {
            std::string_view span = std::string_view(text).substr(at + lead.size(), 40);
            if (span.starts_with("about "))
                span.remove_prefix(6);
            if (const Wait wait = spanFrom(span))
                return wait;
        }
    }
    return std::nullopt;
}

/// The longest reset among the quotas that are used up; all of them when nothing says which.
Wait fromQuotas(const Headers& headers, TimePoint now)
{
    Wait longest;
    for (const auto& field : headers) {
        const std::string name = lower(field.name);
        const bool isOpenai = name.starts_with("x-ratelimit-reset");
        const bool isAnthropic
            = name.starts_with("anthropic-ratelimit-") && name.ends_with("-reset");
        if (!isOpenai && !isAnthropic)
            continue;
        std::string left = name;
        left.replace(left.find("reset"), 5, "remaining");
        const auto remaining = json::numberFrom(headers.value(left));
        if (remaining && *remaining > 0)
            continue;
        const Wait wait = resetFrom(field.value, now);
        if (wait && (!longest || *wait > *longest))
            longest = wait;
    }
    return longest;
}

}

std::optional<std::chrono::milliseconds> retryAfterOf(
    const Headers& headers, std::string_view body, TimePoint now)
{
    if (const auto millis = json::numberFrom(headers.value("retry-after-ms"))) {
        if (const Wait wait = fromSeconds(*millis / 1000))
            return wait;
    }
    if (const std::string_view value = trimmed(headers.value("retry-after")); !value.empty()) {
        if (const auto seconds = json::numberFrom(value)) {
            if (const Wait wait = fromSeconds(seconds))
                return wait;
        } else if (const Wait wait = until(httpDate(value), now)) {
            return wait;
        }
    }
    const std::string_view text = trimmed(body.substr(0, 64 << 10));
    if (text.starts_with('{') || text.starts_with('[')) {
        const auto fields = nlohmann::json::parse(text, nullptr, false);
        if (const Wait wait = fromFields(fields, now, 5))
            return wait;
    }
    if (const Wait wait = fromText(text))
        return wait;
    return fromQuotas(headers, now);
}

}
