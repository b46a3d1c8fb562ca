#pragma once

#include "vault/stores.h"

#include <QByteArray>
#include <QString>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace waystation {

/// What one guess of a passphrase costs. Stored in the file, so that it can be raised later.
struct PassphraseCost
{
    std::uint64_t operations = 0;
    std::uint64_t memoryOctets = 0;
};

/// About 0.7 s and 256 MiB (libsodium's MODERATE).
PassphraseCost ordinaryCost();

/// Octets in locked, guarded memory that is wiped when it goes.
class LockedOctets
{
public:
    LockedOctets() = default;
    /// Empty (size 0) when the system has no memory for it.
    explicit LockedOctets(std::size_t size);

    unsigned char* data() { return m_data.get(); }

    const unsigned char* data() const { return m_data.get(); }

    std::size_t size() const { return m_size; }

    bool isEmpty() const { return m_size == 0; }

private:
    struct Free
    {
        void operator()(unsigned char* data) const;
    };

    std::unique_ptr<unsigned char, Free> m_data;
    std::size_t m_size = 0;
};

using SecretMap = std::map<std::string, Secret>;

/// The file itself: opened, read and written on one thread, which may wait. Every change reads the
/// file, changes the map and replaces the file, so a file that cannot be read is never overwritten.
///
/// Layout, numbers little-endian: "WSVAULT" and the version (1), operations (8), memory (8), salt
/// (16), check of the passphrase (16), nonce (24); then the sealed JSON with its tag; then
/// BLAKE2b-256 of all before it, which tells a damaged file from a wrong passphrase. The seal also
/// covers everything in front of it.
class VaultFile
{
public:
    VaultFile(QString path, PassphraseCost costOfNewFile);

    VaultStatus status() const;
    VaultDone unlock(const Secret& passphrase);
    SecretRead read(const std::string& name) const;
    VaultDone write(const std::string& name, Secret secret);
    VaultDone forget(const std::string& name);

private:
    struct Header
    {
        PassphraseCost cost;
        std::array<unsigned char, 16> salt{};
        std::array<unsigned char, 16> check{};
    };

    struct Image // the file's octets and where its parts are
    {
        QByteArray octets;
        Header header;
    };

    bool isUnlocked() const { return !m_key.isEmpty(); }

    VaultDone load(Image& image) const;
    VaultDone open(const Image& image, const LockedOctets& key, SecretMap& secrets) const;
    VaultDone openOwn(SecretMap& secrets) const;
    VaultDone save(const SecretMap& secrets, const Header& header, const LockedOctets& key) const;

    QString m_path;
    PassphraseCost m_costOfNewFile;
    Header m_header;
    LockedOctets m_key;
};

/// makeVaultFileStore() with another cost for a new file.
std::unique_ptr<SecretStore> makeVaultFileStore(const QString& path, PassphraseCost costOfNewFile);

}
