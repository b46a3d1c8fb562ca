#pragma once

#include "base/error.h"
#include "engine/engine.h"
#include "ledger/ledger.h"
#include "settings/edit.h"
#include "settings/settings.h"
#include "vault/secret_store.h"

#include <QObject>
#include <QString>

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace waystation {

struct StationOptions
{
    QString dataDir; // absolute
    std::optional<VaultKind> vault; // set by --vault; else as the settings say
    std::optional<std::uint16_t> port;
    bool serve = true; // false: no listener (console verbs on a folder that nobody serves)
    Secret passphrase; // for a file vault, when it is known already
};

/// The relay's state in words that the window and the console translate.
struct RelayState
{
    enum class Kind { Starting, Serving, Paused, CannotListen, Stopped };
    Kind kind = Kind::Starting;
    std::uint16_t port = 0;
    QString detail; // English, why it cannot listen
};

/// A call under way, for the window.
struct LiveCall
{
    CallId id;
    TimePoint startedAt;
    QString client;
    QString askedModel;
    QString channel;
    QString model;
    DialectId dialect = DialectId::OpenaiChat;
    bool stream = false;
    std::int64_t contentOctets = 0;
};

/// Result of trying a channel with one real streamed call.
struct ChannelTest
{
    bool ok = false;
    int status = 0;
    Millis firstByte{0};
    Millis total{0};
    QString answer; // the text that came, at most 500 characters, plain
    QString error; // what the upstream or the relay said, exact, scrubbed
    QString model;
    CallId call; // its row
};

/// Everything behind the window and the console, built once: folder lock, settings, vault, ledger,
/// engine. One thread (GUI or main); nothing here waits for disk, network, keychain or SQL longer
/// than a settings file takes.
class Station : public QObject
{
    Q_OBJECT
public:
    explicit Station(QObject* parent = nullptr);
    ~Station() override;

    /// Takes the folder and starts. Errors: Conflict (another program holds the folder; settings
    /// newer than this program), Io, Invalid. A port that is taken is no error here: see
    /// relayState(), it is tried again every 2 s.
    Result<void> open(StationOptions options);
    /// True until open() worked and again after close() began.
    bool isClosed() const;
    /// Every key was asked for and the way of every channel is known; before that, calls may find a
    /// key pending.
    bool isSettled() const;
    /// Finishes running calls (at most `grace`), writes all rows, lets the folder go. `done` comes
    /// when it is over. Asked again meanwhile, running calls get no more than the shorter grace,
    /// and both get their call.
    void close(Millis grace, std::function<void()> done);

    const Settings& settings() const;
    QString dataDir() const;
    QString
    settingsNotice() const; // something to tell about how the settings were read; usually empty

    /// Applies `change` to a copy, validates, writes, publishes. On an error nothing has changed.
    Result<void> change(const std::function<Result<void>(Settings&)>& change);

    // Upstream keys. The secret goes to the vault first; only then do the settings name the key.
    void addKey(const QString& channel, const QString& label, Secret secret,
        std::function<void(Result<KeyId>)> done);
    void replaceKey(const QString& channel, const KeyId& key, Secret secret,
        std::function<void(Result<void>)> done);
    void removeKey(
        const QString& channel, const KeyId& key, std::function<void(Result<void>)> done);
    /// Removes the channel, then its secrets.
    void removeChannel(const QString& channel, std::function<void(Result<void>)> done);
    SecretState keyState(const ChannelId& channel, const KeyId& key) const;
    /// English, why a key is not ready; empty when it is.
    QString keyDetail(const ChannelId& channel, const KeyId& key) const;
    /// A key that is taken from the environment variable of that name, now and at each start;
    /// nothing is stored.
    Result<KeyId> addEnvironmentKey(
        const QString& channel, const QString& label, const QString& variable);
    /// The password of a manual proxy: `name` is a channel id or "global". An empty one is
    /// forgotten.
    void setProxyPassword(
        const std::string& name, Secret password, std::function<void(Result<void>)> done);

    VaultKind vaultKind() const;
    void vaultStatus(std::function<void(VaultStatus)> done);
    void unlockVault(Secret passphrase, std::function<void(Result<void>)> done);
    /// Copies every secret to the other store, checks each by reading, then switches and forgets
    /// the old ones. On any failure nothing changes.
    void moveVault(VaultKind to, Secret passphrase, std::function<void(Result<void>)> done);

    RelayState relayState() const;
    QString address() const; // "http://127.0.0.1:8411"
    void setPaused(bool paused);
    /// Changes the port in the settings and listens there.
    Result<void> setPort(std::uint16_t port);
    void cancelCall(const CallId& id);
    void clearRest(const ChannelId& channel);
    EngineFigures engineFigures() const;
    std::vector<LiveCall> liveCalls() const;
    std::optional<ChannelNews> restOf(const ChannelId& channel) const;

    /// One short streamed call through the relay itself, on this channel alone. `model` empty: the
    /// first that fits.
    void testChannel(
        const QString& channel, const QString& model, std::function<void(ChannelTest)> done);
    /// The upstream's list of models, asked with the channel's own key.
    void fetchModels(
        const QString& channel, std::function<void(Result<std::vector<std::string>>)> done);

    Ledger& ledger();
    const PriceTable& prices() const;
    /// Makes a full copy (settings and ledger, no secrets) into a folder that is made. And back:
    /// the folder's present content is kept beside it.
    void backupTo(const QString& folder, std::function<void(Result<void>)> done);
    /// As it was last published; null before open().
    std::shared_ptr<const Plan> plan() const;

Q_SIGNALS:
    void settingsChanged();
    void relayStateChanged();
    void vaultChanged(); // kind, locked state or a key's state
    void callsChanged(); // live calls; at most every 100 ms
    void channelNews(); // a rest began or ended
    void rowsWritten(qint64 upTo);
    void trouble(const QString& english); // the ledger cannot write, a copy failed

private:
    struct Parts;
    friend struct Parts;
    std::unique_ptr<Parts> m_parts;
};

/// Puts a backup's settings and rows in place of those of `dataDir`, which nobody may hold just
/// now. What was there is moved to a folder beside it, whose path is returned. The vault stays as
/// it is. Errors: Conflict (a program holds the folder), NotFound (no backup there), Invalid (the
/// backup is damaged), Io.
Result<QString> restoreBackup(const QString& folder, const QString& dataDir);

/// What to do when no keychain answers, in one sentence.
QString vaultAdvice();

/// Where the program keeps its data when nobody says otherwise: $WAYSTATION_DATA_DIR, else the
/// platform's folder.
QString defaultDataDir();

}
