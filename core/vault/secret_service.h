#pragma once

#include "vault/secret_store.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>

namespace waystation {

/// What can be known of the session's keychain service without asking for a secret, and without
/// prompting anybody.
struct ServiceLook
{
    VaultAnswer answer = VaultAnswer::Found; // Found, Locked, Slow, Unavailable or Failed
    QString backend; // "Secret Service", "KWallet"
    QString detail;
    bool isTold = false; // the lock could be asked for: "no such entry" can then be trusted
};

/// The D-Bus side of the keychain. Everything waits in the event loop or on a worker thread, never
/// in the caller. Without D-Bus support built in, or on systems that have none, `isTold` is always
/// false.
class SecretService : public QObject
{
    Q_OBJECT
public:
    explicit SecretService(QObject* parent = nullptr);
    ~SecretService() override;

    void look(std::function<void(ServiceLook)> done);
    /// Unlocks the default collection; the service may show a prompt, which waits for the user.
    void unlock(std::function<void(VaultDone)> done);

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
