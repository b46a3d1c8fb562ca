#pragma once

#include "base/bounded_queue.h"
#include "bridge/folder_lock.h"
#include "bridge/key_ring.h"
#include "bridge/station.h"
#include "bridge/system_facts.h"
#include "settings/settings_file.h"

#include <QTimer>

class QNetworkAccessManager;

namespace waystation {

/// What a station is made of. One thread; the engine's thread reaches it through `news` and the
/// ledger only.
struct Station::Parts
{
    explicit Parts(Station& owner);
    ~Parts();

    Station& station;
    StationOptions options;
    bool isOpen = false;

    FolderLock lock;
    std::unique_ptr<SettingsFile> file;
    Settings settings;
    QString notice;
    std::shared_ptr<const PriceTable> prices;

    SystemFacts facts;
    KeyRing ring;
    std::unique_ptr<SecretStore> environment;
    std::unique_ptr<SecretStore> vault;
    VaultStatus vaultStatus;
    bool isMoving = false; // secrets are on their way to another store
    bool vaultIsProbed = false; // the answer of a keychain that nobody chose is known

    Ledger ledger;
    std::shared_ptr<const Plan> plan;
    PlanClient internalClient;
    std::string internalKey;
    std::string instanceId;
    bool publishIsDue = false;
    bool isPaused = false;

    struct NewsQueue
    {
        BoundedQueue<News> news{65'536};
    };

    std::shared_ptr<NewsQueue> newsQueue;
    QTimer newsTimer;
    std::uint64_t newsRefused = 0;
    std::map<CallId, LiveCall> live; // ids sort by time
    std::map<ChannelId, ChannelNews> rests;

    std::unique_ptr<Engine> engine;
    std::unique_ptr<Engine> stopping; // on its way out, in another thread's hands
    RelayState state;
    QTimer listenTimer;
    std::vector<std::function<void()>> closing; // who waits for the end
    bool isDraining = false;
    Tick drainUntil;
    Millis stopGrace{0};
    QTimer drainTimer;
    std::unique_ptr<QNetworkAccessManager> network;

    // station.cpp
    void openLedger();
    std::unique_ptr<Engine> makeEngine();
    Result<void> startEngine(Engine& fresh, std::uint16_t port);
    std::uint16_t wantedPort() const;
    void listen();
    void takeEngine(std::unique_ptr<Engine> fresh);
    void setState(RelayState::Kind kind, std::uint16_t port, const QString& detail);
    void schedulePublish();
    void publish();
    std::shared_ptr<const Plan> makePlan(std::uint16_t port);
    std::vector<Origin> proxiedOrigins() const;
    bool proxyIsKnown(const ChannelSettings& channel) const;
    void readNews();
    void drain();
    void finishClosing();

    // channel_test.cpp
    QNetworkAccessManager& localNetwork();

    // keys.cpp
    void openVault();
    std::unique_ptr<SecretStore> makeStore(VaultKind kind) const;
    void wantKeys();
    void refreshVaultStatus(std::function<void()> done);
    /// Calls back with an error when nothing can be written just now.
    void needVault(std::function<void(Result<void>)> done);
    std::string storedIn() const;
    VaultKind vaultKind() const;

    static std::string ringName(const ChannelSettings& channel, const KeySettings& key);

    static std::string ringName(const std::string& proxyName) { return "proxy/" + proxyName; }

    static Error errorOf(VaultAnswer answer, const QString& detail);
};

inline QString text(const std::string& utf8)
{
    return QString::fromStdString(utf8);
}

}
