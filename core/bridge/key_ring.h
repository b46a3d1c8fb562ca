#pragma once

#include "relay/plan.h"
#include "vault/secret_store.h"

#include <QObject>
#include <QTimer>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace waystation {

/// The secrets that the plan needs, by their name in the vault ("env:NAME": in the environment).
/// Reads one after the other; when the vault does not answer, the others share its state until the
/// next try, so that nobody is asked for the same passphrase once a key. What is not ready is asked
/// for again every 15 seconds.
class KeyRing : public QObject
{
    Q_OBJECT
public:
    explicit KeyRing(QObject* parent = nullptr, int retryMillis = 15'000);

    /// Borrowed; null while none is known. Everything that is not ready is read anew.
    void setStores(SecretStore* vault, SecretStore* environment);

    struct Wanted
    {
        std::string name;
        bool wasStored = false; // a store once took it: absent then means locked or removed, and is
                                // asked for again
    };

    /// Drops all others, reads new ones.
    void want(const std::vector<Wanted>& names);

    /// A secret that was just stored.
    void put(const std::string& name, Secret secret);
    void drop(const std::string& name);
    /// Asks again for all that is not ready.
    void readAgain();

    std::pair<Secret, SecretState> secretOf(const std::string& name) const;
    /// English, why it is not ready; nothing secret.
    QString detailOf(const std::string& name) const;
    bool isSettled() const; // nothing is pending

Q_SIGNALS:
    /// A state changed.
    void changed();

private:
    struct Entry
    {
        Secret secret;
        SecretState state = SecretState::Pending;
        QString detail;
        bool wasStored = false;
        bool isAsked = false; // waits for an answer of the store
        int turn = 0; // answers to older questions are dropped
    };

    void readNext();
    void read(const std::string& name, SecretStore& store);
    void answered(const std::string& name, int turn, int epoch, SecretRead&& read);
    void shareState(SecretState state, const QString& detail);
    void armRetry();

    static bool isFromEnvironment(const std::string& name) { return name.starts_with("env:"); }

    std::map<std::string, Entry> m_entries;
    std::vector<std::string> m_queue;
    SecretStore* m_vault = nullptr;
    SecretStore* m_environment = nullptr;
    QTimer m_retry;
    int m_epoch = 0; // counts changes of stores
    bool m_isReading = false;
};

}
