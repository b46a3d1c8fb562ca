#include "vault/vault_file.h"

#include "vault/secret_map.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <sodium.h>

#include <cstring>

#if defined(Q_OS_UNIX)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace waystation {

namespace {

constexpr char magic[] = {'W', 'S', 'V', 'A', 'U', 'L', 'T', 1};
constexpr std::size_t operationsAt = 8;
constexpr std::size_t memoryAt = 16;
constexpr std::size_t saltAt = 24;
constexpr std::size_t checkAt = 40;
constexpr std::size_t nonceAt = 56;
constexpr std::size_t sealedAt = 80;
constexpr std::size_t tagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t digestSize = 32;
constexpr std::size_t smallestFile = sealedAt + tagSize + digestSize;
constexpr qint64 largestFile = 16 << 20;

// A file that asks for more is not worth the memory that it would take.
constexpr std::uint64_t mostOperations = 16;
constexpr std::uint64_t mostMemory = 1ull << 30;

static_assert(crypto_pwhash_SALTBYTES == 16 && crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == 24
    && crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32 && crypto_kdf_KEYBYTES == 32);

const unsigned char* octetsOf(const QByteArray& bytes)
{
    return reinterpret_cast<const unsigned char*>(bytes.constData());
}

unsigned char* octetsOf(QByteArray& bytes)
{
    return reinterpret_cast<unsigned char*>(bytes.data());
}

VaultDone failed(const char* text)
{
    return {VaultAnswer::Failed, QString::fromUtf8(text)};
}

void putNumber(unsigned char* at, std::uint64_t number)
{
    for (int i = 0; i < 8; ++i)
        at[i] = static_cast<unsigned char>(number >> (8 * i));
}

std::uint64_t numberAt(const unsigned char* at)
{
    std::uint64_t number = 0;
    for (int i = 7; i >= 0; --i)
        number = number << 8 | at[i];
    return number;
}

std::array<unsigned char, digestSize> digestOf(const unsigned char* data, std::size_t size)
{
    std::array<unsigned char, digestSize> digest{};
    crypto_generichash(digest.data(), digest.size(), data, size, nullptr, 0);
    return digest;
}

/// The key and the check that a passphrase gives. The key is empty when there is no memory for it.
struct Derived
{
    LockedOctets key;
    std::array<unsigned char, 16> check{};
};

Derived derive(
    const Secret& passphrase, PassphraseCost cost, const std::array<unsigned char, 16>& salt)
{
    Derived derived;
    LockedOctets master(crypto_kdf_KEYBYTES);
    LockedOctets key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    if (master.isEmpty() || key.isEmpty())
        return derived;
    const std::string_view text = passphrase.reveal();
    if (crypto_pwhash(master.data(), master.size(), text.data(), text.size(), salt.data(),
            cost.operations, static_cast<std::size_t>(cost.memoryOctets),
            crypto_pwhash_ALG_ARGON2ID13)
        != 0)
        return derived;
    crypto_kdf_derive_from_key(key.data(), key.size(), 1, "WSVault_", master.data());
    crypto_kdf_derive_from_key(
        derived.check.data(), derived.check.size(), 2, "WSVault_", master.data());
    derived.key = std::move(key);
    return derived;
}

/// The name of a replaced file is only safe once its folder is on the disk.
void syncFolderOf([[maybe_unused]] const QString& path)
{
#if defined(Q_OS_UNIX)
    const QByteArray folder = QFile::encodeName(QFileInfo(path).absolutePath());
    const int handle = ::open(folder.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0)
        return;
    ::fsync(handle);
    ::close(handle);
#endif
}

}

PassphraseCost ordinaryCost()
{
    return {crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE};
}

void LockedOctets::Free::operator()(unsigned char* data) const
{
    sodium_free(data);
}

LockedOctets::LockedOctets(std::size_t size)
    : m_data(sodium_init() < 0 ? nullptr : static_cast<unsigned char*>(sodium_malloc(size)))
    , m_size(m_data ? size : 0)
{
}

VaultFile::VaultFile(QString path, PassphraseCost costOfNewFile)
    : m_path(std::move(path))
    , m_costOfNewFile(costOfNewFile)
{
}

VaultStatus VaultFile::status() const
{
    VaultStatus status;
    status.kind = VaultKind::File;
    status.backend = QStringLiteral("encrypted file");
    if (!QFileInfo::exists(m_path)) {
        status.answer = isUnlocked() ? VaultAnswer::Failed : VaultAnswer::Locked;
        status.detail = isUnlocked()
            ? QStringLiteral("The vault file is gone.")
            : QStringLiteral("There is no vault file yet; the first unlocking makes it.");
        return status;
    }
    Image image;
    const VaultDone loaded = load(image);
    status.answer = !loaded.isDone() ? loaded.answer
        : isUnlocked()               ? VaultAnswer::Found
                                     : VaultAnswer::Locked;
    status.detail = loaded.detail;
    return status;
}

VaultDone VaultFile::load(Image& image) const
{
    QFile file(m_path);
    if (!file.exists())
        return failed("The vault file is gone.");
    if (!file.open(QIODevice::ReadOnly))
        return {VaultAnswer::Failed,
            QStringLiteral("The vault file cannot be read: ") + file.errorString()};
    if (file.size() > largestFile)
        return failed("The vault file is too large to be one.");
    image.octets = file.read(largestFile);
    const unsigned char* octets = octetsOf(image.octets);
    const auto size = static_cast<std::size_t>(image.octets.size());
    if (size >= sizeof magic && std::memcmp(octets, magic, sizeof magic - 1) == 0
        && octets[sizeof magic - 1] > 1)
        return failed("The vault file was made by a newer version of this program.");
    if (size < smallestFile || std::memcmp(octets, magic, sizeof magic) != 0)
        return failed("The vault file is damaged or cut short; restore it from a backup.");
    if (sodium_memcmp(
            digestOf(octets, size - digestSize).data(), octets + size - digestSize, digestSize)
        != 0)
        return failed("The vault file is damaged or cut short; restore it from a backup.");

    Header& header = image.header;
    header.cost = {numberAt(octets + operationsAt), numberAt(octets + memoryAt)};
    std::memcpy(header.salt.data(), octets + saltAt, header.salt.size());
    std::memcpy(header.check.data(), octets + checkAt, header.check.size());
    if (header.cost.operations < crypto_pwhash_OPSLIMIT_MIN
        || header.cost.operations > mostOperations
        || header.cost.memoryOctets < crypto_pwhash_MEMLIMIT_MIN
        || header.cost.memoryOctets > mostMemory)
        return failed(
            "The vault file asks for more work than is allowed; it was changed by somebody else.");
    return {};
}

VaultDone VaultFile::open(const Image& image, const LockedOctets& key, SecretMap& secrets) const
{
    const unsigned char* octets = octetsOf(image.octets);
    const std::size_t sealedSize
        = static_cast<std::size_t>(image.octets.size()) - sealedAt - digestSize;
    LockedOctets json(sealedSize - tagSize);
    if (json.isEmpty() && sealedSize > tagSize)
        return failed("There is no memory to open the vault file.");
    unsigned long long length = 0;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(json.data(), &length, nullptr, octets + sealedAt,
            sealedSize, octets, sealedAt, octets + nonceAt, key.data())
        != 0)
        return failed("The vault file was changed by somebody else; restore it from a backup.");
    auto read = fromLockedJson(json);
    if (!read)
        return failed("The vault file holds something that this version does not understand.");
    secrets = std::move(*read);
    return {};
}

VaultDone VaultFile::openOwn(SecretMap& secrets) const
{
    if (!isUnlocked())
        return {VaultAnswer::Locked, QStringLiteral("The vault file is locked.")};
    Image image;
    const VaultDone loaded = load(image);
    if (!loaded.isDone())
        return loaded;
    if (image.header.salt != m_header.salt || image.header.check != m_header.check)
        return {VaultAnswer::Locked,
            QStringLiteral("Another vault file is in its place; unlock it again.")};
    return open(image, m_key, secrets);
}

VaultDone VaultFile::save(
    const SecretMap& secrets, const Header& header, const LockedOctets& key) const
{
    const LockedOctets json = toLockedJson(secrets);
    if (json.isEmpty())
        return failed("There is no memory to seal the vault file.");
    const std::size_t sealedSize = json.size() + tagSize;
    const std::size_t size = sealedAt + sealedSize + digestSize;
    if (size > static_cast<std::size_t>(largestFile))
        return {VaultAnswer::Denied, QStringLiteral("The vault file is full (16 MiB).")};
    QByteArray image(static_cast<qsizetype>(size), '\0');
    unsigned char* octets = octetsOf(image);
    std::memcpy(octets, magic, sizeof magic);
    putNumber(octets + operationsAt, header.cost.operations);
    putNumber(octets + memoryAt, header.cost.memoryOctets);
    std::memcpy(octets + saltAt, header.salt.data(), header.salt.size());
    std::memcpy(octets + checkAt, header.check.data(), header.check.size());
    randombytes_buf(octets + nonceAt, sealedAt - nonceAt);
    crypto_aead_xchacha20poly1305_ietf_encrypt(octets + sealedAt, nullptr, json.data(), json.size(),
        octets, sealedAt, nullptr, octets + nonceAt, key.data());
    const auto digest = digestOf(octets, size - digestSize);
    std::memcpy(octets + size - digestSize, digest.data(), digest.size());

    QSaveFile file(m_path);
    file.setDirectWriteFallback(false);
    // Unbuffered: with a buffer, QSaveFile of Qt 6.4 commits a file that a full disk cut short.
    if (!file.open(QIODevice::WriteOnly | QIODevice::Unbuffered)
        || !file.setPermissions(QFile::ReadOwner | QFile::WriteOwner)
        || file.write(image) != image.size() || !file.commit())
        return {VaultAnswer::Failed,
            QStringLiteral("The vault file cannot be written: ") + file.errorString()};
    syncFolderOf(m_path);
    return {};
}

VaultDone VaultFile::unlock(const Secret& passphrase)
{
    if (passphrase.isEmpty())
        return {VaultAnswer::Denied, QStringLiteral("The encrypted file wants a passphrase.")};
    if (sodium_init() < 0)
        return failed("The encryption library does not start.");
    const bool isNew = !QFileInfo::exists(m_path) && !isUnlocked();
    Image image;
    if (isNew) {
        image.header.cost = m_costOfNewFile;
        randombytes_buf(image.header.salt.data(), image.header.salt.size());
    } else {
        const VaultDone loaded = load(image);
        if (!loaded.isDone())
            return loaded;
    }
    Derived derived = derive(passphrase, image.header.cost, image.header.salt);
    if (derived.key.isEmpty())
        return failed("There is not enough memory to unlock the vault file.");
    if (isNew) {
        image.header.check = derived.check;
        const VaultDone saved = save({}, image.header, derived.key);
        if (!saved.isDone())
            return saved;
    } else {
        if (sodium_memcmp(derived.check.data(), image.header.check.data(), derived.check.size())
            != 0)
            return {VaultAnswer::Denied, QStringLiteral("The passphrase is not the right one.")};
        SecretMap secrets;
        const VaultDone opened = open(image, derived.key, secrets);
        if (!opened.isDone())
            return opened;
    }
    m_header = image.header;
    m_key = std::move(derived.key);
    return {};
}

SecretRead VaultFile::read(const std::string& name) const
{
    SecretMap secrets;
    const VaultDone opened = openOwn(secrets);
    if (!opened.isDone())
        return {opened.answer, {}, opened.detail};
    const auto found = secrets.find(name);
    if (found == secrets.end())
        return {VaultAnswer::Absent, {}, {}};
    return {VaultAnswer::Found, std::move(found->second), {}};
}

VaultDone VaultFile::write(const std::string& name, Secret secret)
{
    SecretMap secrets;
    const VaultDone opened = openOwn(secrets);
    if (!opened.isDone())
        return opened;
    secrets.insert_or_assign(name, std::move(secret));
    return save(secrets, m_header, m_key);
}

VaultDone VaultFile::forget(const std::string& name)
{
    SecretMap secrets;
    const VaultDone opened = openOwn(secrets);
    if (!opened.isDone())
        return opened;
    if (secrets.erase(name) == 0)
        return {};
    return save(secrets, m_header, m_key);
}

}
