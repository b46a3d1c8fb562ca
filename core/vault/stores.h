#pragma once

#include "vault/secret_store.h"

#include <QString>

#include <memory>

namespace waystation {

/// The system's keychain through QtKeychain. `service` keeps data folders apart ("Waystation", or with a suffix
/// for a --data-dir). After a write it reads back before it says done.
std::unique_ptr<SecretStore> makeKeychainStore(const QString& service);

/// One encrypted file (libsodium: Argon2id, XChaCha20-Poly1305), written atomically, mode 0600. Locked until
/// unlock(); a file that does not exist yet is made by the first unlock with the passphrase given.
/// A wrong passphrase is Denied. Key derivation runs on a worker thread.
std::unique_ptr<SecretStore> makeVaultFileStore(const QString& path);

/// Read-only: a name "env:VARIABLE" is looked up in the environment at start and the variable is removed from the
/// process's environment, so that children never see it.
std::unique_ptr<SecretStore> makeEnvironmentStore();

/// Tests, and "do not remember".
std::unique_ptr<SecretStore> makeMemoryStore();

/// No core files, no debugger of the same user (PR_SET_DUMPABLE 0 where there is one). Call first in main().
void hardenProcess();

}
