#pragma once

#include "base/error.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <string>

namespace waystation {

class Station;

/// What `waystationctl` asks of a station, as JSON in and out: {"verb": "channel.add", "args":
/// {...}} gives
/// {"ok": true, "result": ...} or {"ok": false, "error": {"kind": "conflict", "message": "...",
/// "field": ""}}. Secrets travel only inside "args" ("secret", "passphrase") of a request and are
/// wiped after use. The verbs are listed in verbs.cpp. `done` comes once, maybe later.
class Verbs : public QObject
{
    Q_OBJECT
public:
    explicit Verbs(Station& station, QObject* parent = nullptr);
    void run(std::string requestJson, std::function<void(std::string replyJson)> done);

private:
    Station& m_station;
};

/// Listens on the data folder's local socket (mode 0600, this user only) and answers one JSON line
/// with one.
class ControlServer : public QObject
{
    Q_OBJECT
public:
    ControlServer(Verbs& verbs, QObject* parent = nullptr);
    ~ControlServer() override;
    Result<void> listen(const QString& dataDir);
    /// How long a client may take to send its line and to take the answer; 10 s unless set.
    void setPatience(int millis);

Q_SIGNALS:
    /// The verb "window.raise" came: a second start of the tray program.
    void raiseRequested();
    /// The verb "quit" came.
    void quitRequested();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

/// Asks the program that holds `dataDir`; nullopt when none runs. Blocks up to `limitMillis`.
std::optional<std::string> askRunning(
    const QString& dataDir, const std::string& requestJson, int limitMillis = 30'000);

}
