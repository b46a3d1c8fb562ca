#pragma once

#include "base/error.h"
#include "base/secret.h"

#include <QString>

#include <functional>

namespace waystation {

enum class VaultKind { Keychain, File, Environment, Memory };

const char* nameOf(VaultKind kind); // "keychain", "file", "environment", "memory"
std::optional<VaultKind> vaultKindFrom(std::string_view name);

/// Why a secret did not come. A store must not say Absent when it could not look (T4).
enum class VaultAnswer {
    Found,
    Absent, // looked, and there is none. The keychain store says so only where the backend can be
            // trusted
    Locked, // wants a passphrase or the user's unlocking; also "absent, but the collection is
            // locked"
    Denied, // the user or the system said no
    Slow, // no answer in time (a prompt nobody answers)
    Unavailable, // no backend: no D-Bus, no keychain service
    Failed, // anything else; see the text
};

const char* nameOf(VaultAnswer answer);

struct SecretRead
{
    VaultAnswer answer = VaultAnswer::Failed;
    Secret secret;
    QString detail; // English, for logs and status; nothing secret
};

struct VaultDone
{
    VaultAnswer answer = VaultAnswer::Found; // Found: done
    QString detail;

    bool isDone() const { return answer == VaultAnswer::Found; }
};

struct VaultStatus
{
    VaultKind kind = VaultKind::Keychain;
    VaultAnswer answer = VaultAnswer::Found; // Found: usable
    QString backend; // "Secret Service", "KWallet", "macOS Keychain", "encrypted file", ...
    QString detail;
};

/// Where secrets are kept. One thread (the GUI's); every answer comes later through the callback,
/// once, within the store's own limit (10 s). A name is "channel/<channel id>/<key id>" and holds
/// no secret.
class SecretStore
{
public:
    virtual ~SecretStore() = default;

    virtual VaultKind kind() const = 0;
    virtual void status(std::function<void(VaultStatus)> done) = 0;
    virtual void read(const QString& name, std::function<void(SecretRead)> done) = 0;
    /// Denied when the store cannot hold it (environment); nothing of an older value is lost on
    /// failure.
    virtual void write(const QString& name, Secret secret, std::function<void(VaultDone)> done) = 0;
    virtual void forget(const QString& name, std::function<void(VaultDone)> done) = 0;
    /// Opens a locked store. `passphrase` is empty for stores that ask by themselves (keychain).
    virtual void unlock(Secret passphrase, std::function<void(VaultDone)> done) = 0;
};

}
