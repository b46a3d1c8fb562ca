#pragma once

#include "bridge/control.h"
#include "bridge/station.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <span>

namespace waystation {

using Json = nlohmann::ordered_json;

/// What a verb works with. Secrets were taken out of `args` already.
struct Ask
{
    Station& station;
    QObject* context; // of reports: none is told after it is gone
    Json args;
    Secret secret;
    Secret passphrase;

    // A value of the wrong kind throws nlohmann's type_error, which Verbs::run answers as Invalid;
    // values are therefore read before the first callback.
    std::string text(const char* name) const { return args.value(name, std::string()); }

    QString qtext(const char* name) const { return QString::fromStdString(text(name)); }

    bool flag(const char* name) const { return args.value(name, false); }

    bool has(const char* name) const { return args.contains(name); }

    std::int64_t number(const char* name, std::int64_t otherwise = 0) const
    {
        return args.value(name, otherwise);
    }

    std::vector<std::string> list(const char* name) const
    {
        return args.value(name, std::vector<std::string>());
    }
};

/// How a verb ended. (Result<Json> does not do: JSON converts to anything.)
struct Told
{
    Told(Json value)
        : json(std::move(value))
    {
    }

    Told(Error cause)
        : error(std::move(cause))
    {
    }

    std::optional<Error> error;
    Json json;
};

using Answer = std::function<void(Told)>;

struct Verb
{
    const char* name;
    void (*run)(Ask ask, Answer answer);
};

// One list a file, joined in verbs.cpp.
std::span<const Verb> channelVerbs();
std::span<const Verb> clientVerbs();
std::span<const Verb> callVerbs();
std::span<const Verb> stationVerbs();

/// {} for a Result<void>, its error otherwise.
Told plainly(const Result<void>& result);
Error wrongUse(std::string message, std::string field);
std::string timeText(TimePoint when); // "2026-11-24T13:05:07Z"
Result<TimePoint> timeFrom(
    const std::string& text, const std::string& field); // the same, or a date

}
