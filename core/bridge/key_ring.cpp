#include "bridge/key_ring.h"

#include <QPointer>

#include <algorithm>
#include <set>

namespace waystation {

namespace {

SecretState stateFor(VaultAnswer answer)
{
    switch (answer) {
    case VaultAnswer::Found:
        return SecretState::Ready;
    case VaultAnswer::Absent:
        return SecretState::Missing;
    case VaultAnswer::Locked:
    case VaultAnswer::Denied:
        return SecretState::Locked;
    case VaultAnswer::Slow:
        return SecretState::Slow;
    case VaultAnswer::Unavailable:
    case VaultAnswer::Failed:
        break;
    }
    return SecretState::Unavailable;
}

}

KeyRing::KeyRing(QObject* parent, int retryMillis)
    : QObject(parent)
{
    m_retry.setSingleShot(true);
    m_retry.setInterval(retryMillis);
    connect(&m_retry, &QTimer::timeout, this, &KeyRing::readAgain);
}

void KeyRing::setStores(SecretStore* vault, SecretStore* environment)
{
    m_vault = vault;
    m_environment = environment;
    ++m_epoch;
    m_isReading = false;
    m_queue.clear();
    for (auto& [name, entry] : m_entries)
        entry.isAsked = false;
    readAgain();
}

void KeyRing::want(const std::vector<Wanted>& names)
{
    std::set<std::string> kept;
    for (const Wanted& wanted : names) {
        kept.insert(wanted.name);
        const auto [place, isNew] = m_entries.try_emplace(wanted.name);
        place->second.wasStored = wanted.wasStored;
        if (isNew)
            m_queue.push_back(wanted.name);
    }
    std::erase_if(m_entries, [&](const auto& entry) { return !kept.contains(entry.first); });
    std::erase_if(m_queue, [&](const std::string& name) { return !kept.contains(name); });
    readNext();
}

void KeyRing::put(const std::string& name, Secret secret)
{
    Entry& entry = m_entries[name];
    ++entry.turn;
    entry.secret = std::move(secret);
    entry.state = SecretState::Ready;
    entry.detail.clear();
    entry.wasStored = true;
}

void KeyRing::drop(const std::string& name)
{
    m_entries.erase(name);
}

void KeyRing::readAgain()
{
    m_retry.stop();
    for (const auto& [name, entry] : m_entries) {
        if (entry.state != SecretState::Ready && !entry.isAsked
            && std::find(m_queue.begin(), m_queue.end(), name) == m_queue.end())
            m_queue.push_back(name);
    }
    readNext();
}

std::pair<Secret, SecretState> KeyRing::secretOf(const std::string& name) const
{
    const auto found = m_entries.find(name);
    if (found == m_entries.end())
        return {Secret(), SecretState::Pending};
    return {found->second.secret.share(), found->second.state};
}

QString KeyRing::detailOf(const std::string& name) const
{
    const auto found = m_entries.find(name);
    return found == m_entries.end() ? QString() : found->second.detail;
}

bool KeyRing::isSettled() const
{
    return std::none_of(m_entries.begin(), m_entries.end(),
        [](const auto& entry) { return entry.second.state == SecretState::Pending; });
}

void KeyRing::readNext()
{
    // The environment asks nobody and is read at once, before there are threads that read it too;
    // the vault is asked one question at a time. Stores answer later, never inside read().
    std::vector<std::string> waiting;
    for (const std::string& name : std::exchange(m_queue, {})) {
        if (!isFromEnvironment(name))
            waiting.push_back(name);
        else if (m_environment && m_entries.contains(name))
            read(name, *m_environment);
    }
    m_queue = std::move(waiting);
    while (m_vault && !m_isReading && !m_queue.empty()) {
        const std::string name = m_queue.front();
        m_queue.erase(m_queue.begin());
        if (!m_entries.contains(name))
            continue;
        m_isReading = true;
        read(name, *m_vault);
    }
    if (!m_isReading)
        armRetry();
}

void KeyRing::read(const std::string& name, SecretStore& store)
{
    Entry& entry = m_entries.at(name);
    entry.isAsked = true;
    store.read(QString::fromStdString(name),
        [guard = QPointer(this), name, turn = entry.turn, epoch = m_epoch](SecretRead read) {
            if (guard)
                guard->answered(name, turn, epoch, std::move(read));
        });
}

void KeyRing::answered(const std::string& name, int turn, int epoch, SecretRead&& read)
{
    if (epoch != m_epoch)
        return;
    if (!isFromEnvironment(name))
        m_isReading = false;
    const auto found = m_entries.find(name);
    if (found != m_entries.end()) {
        found->second.isAsked = false;
        if (found->second.turn == turn) {
            Entry& entry = found->second;
            SecretState state = stateFor(read.answer);
            if (state == SecretState::Ready && read.secret.isEmpty())
                state = SecretState::Missing;
            QString detail = state == SecretState::Ready ? QString() : read.detail;
            if (state == SecretState::Missing && entry.wasStored)
                detail = QStringLiteral(
                    "it was stored once; the vault is locked or the entry was removed");
            const bool isNews = state != entry.state || detail != entry.detail;
            entry.state = state;
            entry.secret = std::move(read.secret);
            entry.detail = detail;
            if (!isFromEnvironment(name) && state != SecretState::Ready
                && state != SecretState::Missing)
                shareState(state, entry.detail);
            if (isNews)
                Q_EMIT changed();
        }
    }
    readNext();
}

void KeyRing::shareState(SecretState state, const QString& detail)
{
    for (const std::string& name : std::exchange(m_queue, {})) {
        const auto found = m_entries.find(name);
        if (found == m_entries.end() || found->second.state == SecretState::Ready)
            continue;
        found->second.state = state;
        found->second.detail = detail;
    }
}

void KeyRing::armRetry()
{
    const bool isWanted = std::any_of(m_entries.begin(), m_entries.end(), [](const auto& pair) {
        const auto& [name, entry] = pair;
        if (isFromEnvironment(name) || entry.state == SecretState::Ready
            || entry.state == SecretState::Pending)
            return false;
        return entry.state != SecretState::Missing || entry.wasStored;
    });
    if (isWanted && m_vault && !m_retry.isActive())
        m_retry.start();
    else if (!isWanted)
        m_retry.stop();
}

}
