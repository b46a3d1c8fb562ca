#include "bridge/verbs_parts.h"

#include <QDateTime>
#include <QPointer>

#include <algorithm>

namespace waystation {

namespace {

std::string written(const Json& json)
{
    // Foreign text may hold broken UTF-8; it is shown replaced rather than refused.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string errorReply(const Error& error)
{
    return written(Json{{"ok", false},
        {"error",
            {{"kind", nameOf(error.kind)}, {"message", error.message}, {"field", error.field}}}});
}

const Verb* findVerb(const std::string& name)
{
    for (const auto list : {stationVerbs(), channelVerbs(), clientVerbs(), callVerbs()}) {
        const auto found = std::find_if(
            list.begin(), list.end(), [&](const Verb& verb) { return name == verb.name; });
        if (found != list.end())
            return &*found;
    }
    return nullptr;
}

/// The secret text of that name out of `args`, which is left without it.
Secret takeSecret(Json& args, const char* name)
{
    const auto found = args.find(name);
    if (found == args.end() || !found->is_string())
        return {};
    Secret secret = Secret::taking(found->get_ref<std::string&>());
    args.erase(name);
    return secret;
}

}

Told plainly(const Result<void>& result)
{
    if (!result)
        return result.error();
    return Json::object();
}

Error wrongUse(std::string message, std::string field)
{
    return Error{ErrorKind::Invalid, std::move(message), std::move(field)};
}

std::string timeText(TimePoint when)
{
    const auto seconds = std::chrono::duration_cast<Seconds>(when.time_since_epoch()).count();
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(Qt::ISODate).toStdString();
}

Result<TimePoint> timeFrom(const std::string& text, const std::string& field)
{
    const QString wanted = QString::fromStdString(text);
    QDateTime when = QDateTime::fromString(wanted, Qt::ISODate);
    if (const QDate day = QDate::fromString(wanted, Qt::ISODate); day.isValid())
        when = day.startOfDay(); // a day begins where the user lives
    if (!when.isValid())
        return wrongUse(
            "\"" + text + "\" is no date; write 2026-12-31 or 2026-12-31T18:00:00Z", field);
    return fromMicrosSinceEpoch(when.toMSecsSinceEpoch() * 1000);
}

Verbs::Verbs(Station& station, QObject* parent)
    : QObject(parent)
    , m_station(station)
{
}

void Verbs::run(std::string requestJson, std::function<void(std::string)> done)
{
    Json request = Json::parse(requestJson, nullptr, false);
    wipe(requestJson);
    if (!request.is_object() || !request.contains("verb") || !request["verb"].is_string())
        return done(errorReply(
            {ErrorKind::BadRequest, "a request is {\"verb\": \"...\", \"args\": {...}}"}));
    const std::string name = request["verb"].get<std::string>();
    Json args = request.contains("args") ? std::move(request["args"]) : Json::object();
    if (!args.is_object())
        return done(errorReply(wrongUse("args is no object", "args")));
    Secret secret = takeSecret(args, "secret");
    Secret passphrase = takeSecret(args, "passphrase");
    const Verb* const verb = findVerb(name);
    if (!verb)
        return done(errorReply({ErrorKind::NotFound,
            "there is no verb \"" + name + "\"; this program is version " WAYSTATION_VERSION,
            "verb"}));
    const Answer answer = [done](Told told) {
        if (told.error)
            return done(errorReply(*told.error));
        done(written(Json{{"ok", true}, {"result", std::move(told.json)}}));
    };
    try {
        verb->run(Ask{m_station, this, std::move(args), std::move(secret), std::move(passphrase)},
            answer);
    } catch (const nlohmann::json::exception& wrong) {
        done(errorReply(
            wrongUse(std::string("a value is of the wrong kind: ") + wrong.what(), "args")));
    }
}

}
