#pragma once

#include "vault/secret_store.h"

#include <QString>

#include <memory>

namespace waystation {

/// The system's keychain through QtKeychain. `service` keeps data folders apart ("Waystation", or
/// with a suffix for a --data-dir). After a write or a forgetting it reads back before it says
/// done. A locked keychain is never asked for a key, so reading shows no prompt: unlock() shows it,
/// and waits two minutes for the user.
std::unique_ptr<SecretStore> makeKeychainStore(const QString& service);

/// One encrypted file (libsodium: Argon2id, XChaCha20-Poly1305), written atomically, mode 0600.
/// Locked until unlock(); a file that does not exist yet is made by the first unlock with the
/// passphrase given. A wrong passphrase is Denied. Everything runs on a worker thread, in the order
/// asked; a store that goes waits for what was asked of it. unlock() takes about a second and 256
/// MiB, at most a minute.
std::unique_ptr<SecretStore> makeVaultFileStore(const QString& path);

/// Read-only: a name "env:VARIABLE" is looked up in the environment when it is first read, and the
/// variable is removed and overwritten there, so that children and /proc never show it. The store
/// keeps it for its lifetime: make one, read before starting threads, and keep it.
std::unique_ptr<SecretStore> makeEnvironmentStore();

/// Tests, and "do not remember".
std::unique_ptr<SecretStore> makeMemoryStore();

/// No core files, no debugger of the same user (PR_SET_DUMPABLE 0 where there is one). Call first
/// in main().
void hardenProcess();

}
