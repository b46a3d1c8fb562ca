#include "bridge/station_parts.h"

#include "base/hash.h"
#include "vault/stores.h"

#include <QCryptographicHash>
#include <QDir>
#include <QPointer>

#include <algorithm>

namespace waystation {

namespace {

/// Data folders do not share entries of one keychain.
QString keychainService(const QString& dataDir)
{
    const QString usual = QStringLiteral("Waystation");
    if (QDir(dataDir) == QDir(defaultDataDir())
        && !qEnvironmentVariableIsSet("WAYSTATION_DATA_DIR"))
        return usual;
    const auto hash = QCryptographicHash::hash(
        QDir(dataDir).absolutePath().toUtf8(), QCryptographicHash::Sha256);
    return usual + QLatin1Char(' ') + QString::fromLatin1(hash.toHex().left(12));
}

KeySettings* findKey(Settings& settings, const ChannelId& channel, const KeyId& key)
{
    for (ChannelSettings& one : settings.channels) {
        if (one.id != channel)
            continue;
        for (KeySettings& candidate : one.keys) {
            if (candidate.id == key)
                return &candidate;
        }
    }
    return nullptr;
}

ChannelSettings* findChannelById(Settings& settings, const ChannelId& id)
{
    const auto found = std::find_if(settings.channels.begin(), settings.channels.end(),
        [&](const ChannelSettings& channel) { return channel.id == id; });
    return found == settings.channels.end() ? nullptr : &*found;
}

/// Neither stored nor named: its channel has moved to another address since, and it must be given
/// anew.
bool isGiven(const KeySettings& key)
{
    return !key.storedIn.empty() || !key.environment.empty();
}

Error noSuchChannel(const QString& name)
{
    return Error{
        ErrorKind::NotFound, "there is no channel \"" + name.toStdString() + "\"", "channel"};
}

Error noSuchKey(const KeyId& key)
{
    return Error{ErrorKind::NotFound, "the channel has no key \"" + key.text() + "\"", "key"};
}

KeyId newKeyId()
{
    return KeyId("key-" + randomBase62(10));
}

std::string labelFor(const ChannelSettings& channel, const QString& wanted)
{
    if (!wanted.trimmed().isEmpty())
        return wanted.trimmed().toStdString();
    for (std::size_t number = channel.keys.size() + 1;; ++number) {
        std::string label = "key " + std::to_string(number);
        if (std::none_of(channel.keys.begin(), channel.keys.end(),
                [&](const KeySettings& key) { return key.label == label; }))
            return label;
    }
}

}

QString vaultAdvice()
{
    return QStringLiteral(
        "No keychain answers here. Choose where keys are kept: --vault file (an encrypted file "
        "with a "
        "passphrase) or --vault environment (keys stay in environment variables).");
}

std::string Station::Parts::ringName(const ChannelSettings& channel, const KeySettings& key)
{
    return key.environment.empty() ? vaultNameOf(channel.id, key.id) : "env:" + key.environment;
}

Error Station::Parts::errorOf(VaultAnswer answer, const QString& detail)
{
    const auto worded = [&](const char* text) {
        return Error{ErrorKind::KeyUnavailable,
            detail.isEmpty() ? std::string(text) : text + (": " + detail.toStdString())};
    };
    switch (answer) {
    case VaultAnswer::Found:
        break;
    case VaultAnswer::Absent:
        return worded("the vault does not hold it");
    case VaultAnswer::Locked:
        return worded("the vault is locked");
    case VaultAnswer::Denied:
        return worded("the vault refused");
    case VaultAnswer::Slow:
        return worded("the vault did not answer in time");
    case VaultAnswer::Unavailable:
        return worded("there is no vault to keep it in");
    case VaultAnswer::Failed:
        break;
    }
    return worded("the vault failed");
}

std::unique_ptr<SecretStore> Station::Parts::makeStore(VaultKind kind) const
{
    switch (kind) {
    case VaultKind::Keychain:
        return makeKeychainStore(keychainService(options.dataDir));
    case VaultKind::File:
        return makeVaultFileStore(QDir(options.dataDir).filePath(QStringLiteral("vault.bin")));
    case VaultKind::Environment:
        return makeEnvironmentStore();
    case VaultKind::Memory:
        break;
    }
    return makeMemoryStore();
}

void Station::Parts::openVault()
{
    environment = makeEnvironmentStore();
    std::optional<VaultKind> kind = options.vault;
    if (!kind && !settings.vault.empty())
        kind = vaultKindFrom(settings.vault);
    if (options.vault && settings.vault.empty() && *options.vault != VaultKind::Memory) {
        // The first choice is kept, so that later starts look in the same place.
        settings.vault = nameOf(*options.vault);
        if (const auto saved = file->save(settings); !saved)
            Q_EMIT station.trouble(text(saved.error().message));
    }
    vaultIsProbed = kind.has_value();
    vault = makeStore(kind.value_or(VaultKind::Keychain));
    vaultStatus.kind = vault->kind();
    wantKeys();
    if (vault->kind() != VaultKind::File || options.passphrase.isEmpty()) {
        ring.setStores(vault.get(), environment.get());
        refreshVaultStatus({});
        return;
    }
    // Keys are pending, not locked, until it is known whether the passphrase fits.
    ring.setStores(nullptr, environment.get());
    vault->unlock(std::exchange(options.passphrase, Secret()),
        [this, guard = QPointer(&station), asked = vault.get()](VaultDone unlocked) {
            if (!guard || asked != vault.get())
                return;
            ring.setStores(vault.get(), environment.get());
            if (!unlocked.isDone())
                Q_EMIT station.trouble(text(errorOf(unlocked.answer, unlocked.detail).message));
            refreshVaultStatus({});
            Q_EMIT station.vaultChanged();
        });
}

void Station::Parts::wantKeys()
{
    std::vector<KeyRing::Wanted> wanted;
    for (const ChannelSettings& channel : settings.channels) {
        for (const KeySettings& key : channel.keys) {
            if (key.enabled && isGiven(key))
                wanted.push_back({ringName(channel, key), !key.storedIn.empty()});
        }
        if (channel.proxy.mode == ProxyMode::Manual && channel.proxy.hasPassword)
            wanted.push_back({ringName(channel.id.text()), true});
    }
    if (settings.proxy.mode == ProxyMode::Manual && settings.proxy.hasPassword)
        wanted.push_back({ringName("global"), true});
    ring.want(wanted);
}

void Station::Parts::refreshVaultStatus(std::function<void()> done)
{
    vault->status([this, guard = QPointer(&station), asked = vault.get(), done = std::move(done)](
                      VaultStatus status) {
        if (!guard || asked != vault.get())
            return;
        const bool isNews = !vaultIsProbed || status.answer != vaultStatus.answer
            || status.backend != vaultStatus.backend;
        if (!vaultIsProbed && status.answer != VaultAnswer::Found
            && status.answer != VaultAnswer::Locked)
            status.detail = vaultAdvice();
        vaultIsProbed = vaultIsProbed || status.answer == VaultAnswer::Found;
        vaultStatus = std::move(status);
        if (isNews)
            Q_EMIT station.vaultChanged();
        if (done)
            done();
    });
}

std::string Station::Parts::storedIn() const
{
    std::string where = nameOf(vaultStatus.kind);
    if (!vaultStatus.backend.isEmpty())
        where += ": " + vaultStatus.backend.toStdString();
    return where;
}

void Station::Parts::needVault(std::function<void(Result<void>)> done)
{
    if (isMoving)
        return done(
            Error{ErrorKind::Busy, "secrets are being moved just now; try again in a moment"});
    refreshVaultStatus([this, done = std::move(done)] {
        const VaultStatus& status = vaultStatus;
        if (status.kind == VaultKind::Environment)
            return done(Error{ErrorKind::KeyUnavailable,
                "keys come from environment variables here and are not stored; name one with "
                "--key-env NAME"});
        if (status.answer == VaultAnswer::Found)
            return done({});
        // A keychain that is locked asks by itself when something is written.
        if (status.answer == VaultAnswer::Locked && status.kind == VaultKind::Keychain)
            return done({});
        if (status.answer == VaultAnswer::Locked)
            return done(Error{ErrorKind::KeyUnavailable,
                "the vault is locked; unlock it first: waystationctl vault unlock"});
        if (status.answer == VaultAnswer::Unavailable)
            return done(Error{ErrorKind::KeyUnavailable, vaultAdvice().toStdString()});
        done(errorOf(status.answer, status.detail));
    });
}

void Station::addKey(const QString& channel, const QString& label, Secret secret,
    std::function<void(Result<KeyId>)> done)
{
    Parts& parts = *m_parts;
    const ChannelSettings* const found = findChannel(parts.settings, channel.toStdString());
    if (!found)
        return done(noSuchChannel(channel));
    if (secret.isEmpty())
        return done(Error{ErrorKind::Invalid, "the key is empty", "key"});
    if (parts.vaultKind() == VaultKind::Environment)
        return parts.needVault([done](Result<void> usable) {
            done(usable ? Error{ErrorKind::Internal, ""} : usable.error());
        });
    const ChannelId id = found->id;
    auto held = std::make_shared<Secret>(std::move(secret));
    parts.needVault([this, id, channel, label, held, done](Result<void> usable) {
        if (!usable)
            return done(usable.error());
        const KeyId key = newKeyId();
        const std::string name = vaultNameOf(id, key);
        m_parts->vault->write(text(name), held->share(),
            [this, guard = QPointer(this), id, channel, label, held, key, name, done](
                VaultDone stored) {
                if (!guard)
                    return;
                Parts& parts = *m_parts;
                if (!stored.isDone())
                    return done(Parts::errorOf(stored.answer, stored.detail));
                parts.ring.put(name, held->share());
                const auto changed = change([&](Settings& settings) -> Result<void> {
                    ChannelSettings* const place = findChannelById(settings, id);
                    if (!place)
                        return noSuchChannel(channel);
                    KeySettings entry;
                    entry.id = key;
                    entry.label = labelFor(*place, label);
                    entry.masked = held->masked();
                    entry.storedIn = parts.storedIn();
                    place->keys.push_back(std::move(entry));
                    if (settings.vault.empty() && parts.vault->kind() != VaultKind::Memory)
                        settings.vault = nameOf(parts.vault->kind());
                    return {};
                });
                if (!changed) {
                    parts.ring.drop(name);
                    parts.vault->forget(text(name), [](VaultDone) {});
                    return done(changed.error());
                }
                Q_EMIT vaultChanged();
                done(key);
            });
    });
}

Result<KeyId> Station::addEnvironmentKey(
    const QString& channel, const QString& label, const QString& variable)
{
    static const QString allowed
        = QStringLiteral("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (variable.isEmpty() || std::any_of(variable.begin(), variable.end(), [](QChar sign) {
            return !allowed.contains(sign);
        }))
        return Error{
            ErrorKind::Invalid, "a variable's name has letters, digits and _ only", "environment"};
    const KeyId key = newKeyId();
    const auto changed = change([&](Settings& settings) -> Result<void> {
        ChannelSettings* const place = findChannel(settings, channel.toStdString());
        if (!place)
            return noSuchChannel(channel);
        KeySettings entry;
        entry.id = key;
        entry.label = labelFor(*place, label.isEmpty() ? variable : label);
        entry.environment = variable.toStdString();
        place->keys.push_back(std::move(entry));
        return {};
    });
    if (!changed)
        return changed.error();
    return key;
}

void Station::replaceKey(
    const QString& channel, const KeyId& key, Secret secret, std::function<void(Result<void>)> done)
{
    Parts& parts = *m_parts;
    const ChannelSettings* const found = findChannel(parts.settings, channel.toStdString());
    if (!found)
        return done(noSuchChannel(channel));
    const ChannelId id = found->id;
    const KeySettings* const present = findKey(parts.settings, id, key);
    if (!present)
        return done(noSuchKey(key));
    if (secret.isEmpty())
        return done(Error{ErrorKind::Invalid, "the key is empty", "key"});
    auto held = std::make_shared<Secret>(std::move(secret));
    parts.needVault([this, id, key, held, done](Result<void> usable) {
        if (!usable)
            return done(usable.error());
        const std::string name = vaultNameOf(id, key);
        m_parts->vault->write(text(name), held->share(),
            [this, guard = QPointer(this), id, key, held, name, done](VaultDone stored) {
                if (!guard)
                    return;
                if (!stored.isDone())
                    return done(Parts::errorOf(stored.answer, stored.detail));
                m_parts->ring.put(name, held->share());
                const auto changed = change([&](Settings& settings) -> Result<void> {
                    KeySettings* const place = findKey(settings, id, key);
                    if (!place)
                        return noSuchKey(key);
                    place->masked = held->masked();
                    place->environment.clear();
                    place->storedIn = m_parts->storedIn();
                    return {};
                });
                Q_EMIT vaultChanged();
                done(changed);
            });
    });
}

void Station::removeKey(
    const QString& channel, const KeyId& key, std::function<void(Result<void>)> done)
{
    Parts& parts = *m_parts;
    const ChannelSettings* const found = findChannel(parts.settings, channel.toStdString());
    if (!found)
        return done(noSuchChannel(channel));
    const ChannelId id = found->id;
    const KeySettings* const present = findKey(parts.settings, id, key);
    if (!present)
        return done(noSuchKey(key));
    const bool isInVault = present->environment.empty();
    const auto changed = change([&](Settings& settings) -> Result<void> {
        ChannelSettings* const place = findChannelById(settings, id);
        std::erase_if(place->keys, [&](const KeySettings& one) { return one.id == key; });
        return {};
    });
    if (!changed || !isInVault)
        return done(changed);
    const std::string name = vaultNameOf(id, key);
    parts.vault->forget(text(name), [guard = QPointer(this), done](VaultDone forgotten) {
        if (!guard)
            return;
        if (!forgotten.isDone() && forgotten.answer != VaultAnswer::Absent)
            return done(Error{ErrorKind::KeyUnavailable,
                "the key is not used any more, but the vault did not forget it: "
                    + Parts::errorOf(forgotten.answer, forgotten.detail).message});
        done({});
    });
}

void Station::removeChannel(const QString& channel, std::function<void(Result<void>)> done)
{
    Parts& parts = *m_parts;
    const ChannelSettings* const found = findChannel(parts.settings, channel.toStdString());
    if (!found)
        return done(noSuchChannel(channel));
    std::vector<std::string> names;
    for (const KeySettings& key : found->keys) {
        if (key.environment.empty())
            names.push_back(vaultNameOf(found->id, key.id));
    }
    if (found->proxy.hasPassword)
        names.push_back(Parts::ringName(found->id.text()));
    const auto changed = change([&](Settings& settings) {
        return waystation::removeChannel(settings, channel.toStdString());
    });
    if (!changed || names.empty())
        return done(changed);

    struct Rest
    {
        std::size_t waiting;
        Result<void> result;
    };

    const auto rest = std::make_shared<Rest>(Rest{names.size(), {}});
    for (const std::string& name : names) {
        parts.vault->forget(text(name), [guard = QPointer(this), rest, done](VaultDone forgotten) {
            if (!guard)
                return;
            if (!forgotten.isDone() && forgotten.answer != VaultAnswer::Absent)
                rest->result = Error{ErrorKind::KeyUnavailable,
                    "the channel is gone, but the vault did not forget a key of it: "
                        + Parts::errorOf(forgotten.answer, forgotten.detail).message};
            if (--rest->waiting == 0)
                done(rest->result);
        });
    }
}

SecretState Station::keyState(const ChannelId& channel, const KeyId& key) const
{
    const KeySettings* const found = findKey(m_parts->settings, channel, key);
    if (!found || !isGiven(*found))
        return SecretState::Missing;
    const ChannelSettings* const place = findChannelById(m_parts->settings, channel);
    return m_parts->ring.secretOf(Parts::ringName(*place, *found)).second;
}

QString Station::keyDetail(const ChannelId& channel, const KeyId& key) const
{
    const KeySettings* const found = findKey(m_parts->settings, channel, key);
    if (!found)
        return {};
    if (!isGiven(*found))
        return QStringLiteral("the channel has a new address; the key must be given again");
    const ChannelSettings* const place = findChannelById(m_parts->settings, channel);
    return m_parts->ring.detailOf(Parts::ringName(*place, *found));
}

void Station::setProxyPassword(
    const std::string& name, Secret password, std::function<void(Result<void>)> done)
{
    const auto keep = [this, name](bool has) {
        return change([&](Settings& settings) -> Result<void> {
            if (name == "global") {
                settings.proxy.hasPassword = has;
                return {};
            }
            ChannelSettings* const place = findChannelById(settings, ChannelId(name));
            if (!place)
                return Error{ErrorKind::NotFound, "there is no such channel", "channel"};
            place->proxy.hasPassword = has;
            return {};
        });
    };
    const std::string place = Parts::ringName(name);
    if (password.isEmpty()) {
        m_parts->vault->forget(text(place), [guard = QPointer(this), keep, done](VaultDone) {
            if (guard)
                done(keep(false));
        });
        return;
    }
    auto held = std::make_shared<Secret>(std::move(password));
    m_parts->needVault([this, keep, place, held, done](Result<void> usable) {
        if (!usable)
            return done(usable.error());
        m_parts->vault->write(text(place), held->share(),
            [this, guard = QPointer(this), keep, place, held, done](VaultDone stored) {
                if (!guard)
                    return;
                if (!stored.isDone())
                    return done(Parts::errorOf(stored.answer, stored.detail));
                m_parts->ring.put(place, held->share());
                done(keep(true));
            });
    });
}

VaultKind Station::vaultKind() const
{
    return m_parts->vaultKind();
}

VaultKind Station::Parts::vaultKind() const
{
    return vault ? vault->kind() : VaultKind::Keychain;
}

void Station::vaultStatus(std::function<void(VaultStatus)> done)
{
    if (!m_parts->vault)
        return done({VaultKind::Keychain, VaultAnswer::Unavailable, {},
            QStringLiteral("the station is closed")});
    m_parts->refreshVaultStatus([this, done = std::move(done)] { done(m_parts->vaultStatus); });
}

void Station::unlockVault(Secret passphrase, std::function<void(Result<void>)> done)
{
    m_parts->vault->unlock(
        std::move(passphrase), [this, guard = QPointer(this), done](VaultDone unlocked) {
            if (!guard)
                return;
            if (!unlocked.isDone()) {
                m_parts->refreshVaultStatus({});
                return done(Parts::errorOf(unlocked.answer, unlocked.detail));
            }
            m_parts->ring.readAgain();
            m_parts->refreshVaultStatus([this, done] {
                Q_EMIT vaultChanged();
                done({});
            });
        });
}

namespace {

/// One move of every secret from store to store: read, write, read back; then switch.
struct Move : std::enable_shared_from_this<Move>
{
    SecretStore* from = nullptr;
    std::unique_ptr<SecretStore> to;
    std::vector<std::string> names;
    std::size_t next = 0;
    std::function<void(Result<void>)> done; // the store itself is still here when it is called

    void step()
    {
        if (next == names.size())
            return done({});
        const QString name = text(names[next]);
        from->read(name, [self = shared_from_this(), name](SecretRead read) {
            if (read.answer != VaultAnswer::Found)
                return self->fail(
                    "reading " + name.toStdString() + ": " + read.detail.toStdString());
            auto held = std::make_shared<Secret>(std::move(read.secret));
            self->to->write(name, held->share(), [self, name, held](VaultDone stored) {
                if (!stored.isDone())
                    return self->fail(
                        "storing " + name.toStdString() + ": " + stored.detail.toStdString());
                self->to->read(name, [self, name, held](SecretRead back) {
                    if (back.answer != VaultAnswer::Found
                        || !equalInConstantTime(back.secret.reveal(), held->reveal()))
                        return self->fail(
                            "checking " + name.toStdString() + ": it did not come back");
                    ++self->next;
                    self->step();
                });
            });
        });
    }

    void fail(std::string what)
    {
        // Nothing has switched; copies that were made go again.
        for (std::size_t i = 0; i < next; ++i)
            to->forget(text(names[i]), [](VaultDone) {});
        done(Error{ErrorKind::KeyUnavailable, "nothing was moved; " + std::move(what)});
    }
};

}

void Station::moveVault(VaultKind to, Secret passphrase, std::function<void(Result<void>)> done)
{
    Parts& parts = *m_parts;
    if (to == parts.vaultKind())
        return done(Error{
            ErrorKind::Conflict, std::string("secrets are in the ") + nameOf(to) + " already"});
    if (to != VaultKind::Keychain && to != VaultKind::File)
        return done(
            Error{ErrorKind::Invalid, "secrets can be moved to the keychain or to a file", "to"});
    if (parts.isMoving)
        return done(Error{ErrorKind::Busy, "secrets are being moved just now"});
    parts.isMoving = true;
    const auto move = std::make_shared<Move>();
    move->from = parts.vault.get();
    move->to = parts.makeStore(to);
    for (const ChannelSettings& channel : parts.settings.channels) {
        for (const KeySettings& key : channel.keys) {
            if (key.environment.empty() && isGiven(key))
                move->names.push_back(vaultNameOf(channel.id, key.id));
        }
        if (channel.proxy.hasPassword)
            move->names.push_back(Parts::ringName(channel.id.text()));
    }
    if (parts.settings.proxy.hasPassword)
        move->names.push_back(Parts::ringName("global"));

    move->done
        = [this, guard = QPointer(this), weak = std::weak_ptr(move), to, done](Result<void> moved) {
              const auto move = weak.lock();
              if (!guard || !move)
                  return;
              // A store must not end inside its own callback.
              const auto later = [this, move, to, done, moved] {
                  move->done = nullptr;
                  m_parts->isMoving = false;
                  if (!moved)
                      return done(moved);
                  Parts& parts = *m_parts;
                  const auto changed = change([&](Settings& settings) -> Result<void> {
                      settings.vault = nameOf(to);
                      for (ChannelSettings& channel : settings.channels) {
                          for (KeySettings& key : channel.keys) {
                              if (key.environment.empty() && isGiven(key))
                                  key.storedIn = nameOf(to);
                          }
                      }
                      return {};
                  });
                  if (!changed)
                      return done(changed);
                  parts.options.vault.reset();
                  const std::shared_ptr<SecretStore> old
                      = std::exchange(parts.vault, std::move(move->to));
                  parts.vaultIsProbed = true;
                  parts.ring.setStores(parts.vault.get(), parts.environment.get());
                  for (const std::string& name : move->names)
                      old->forget(text(name), [this, guard = QPointer(this), old](VaultDone) {
                          if (guard)
                              QMetaObject::invokeMethod(
                                  this, [old] {}, Qt::QueuedConnection);
                      });
                  parts.refreshVaultStatus([this, done] {
                      Q_EMIT vaultChanged();
                      done({});
                  });
              };
              QMetaObject::invokeMethod(this, later, Qt::QueuedConnection);
          };

    const auto begin = [move](VaultDone ready) {
        if (!ready.isDone())
            return move->fail(Parts::errorOf(ready.answer, ready.detail).message);
        move->step();
    };
    if (to == VaultKind::File)
        move->to->unlock(std::move(passphrase), begin);
    else
        begin(VaultDone{});
}

}
