#include "engine/pool.h"

#include <algorithm>

namespace waystation {

namespace {

constexpr std::size_t mostBlocks = 32;
// A connection that was in use a moment ago is taken at its word; asking costs a system call.
constexpr Millis trustedFor{100};

}

Block BlockStore::take()
{
    if (m_blocks.empty())
        return Block(new char[blockOctets]);
    Block block = std::move(m_blocks.back());
    m_blocks.pop_back();
    return block;
}

void BlockStore::giveBack(Block block)
{
    if (block && m_blocks.size() < mostBlocks)
        m_blocks.push_back(std::move(block));
}

Connection::Connection(Stream::Socket socket, std::string key, std::shared_ptr<std::int64_t> count)
    : stream(std::move(socket))
    , key(std::move(key))
    , m_count(std::move(count))
{
    ++*m_count;
}

Connection::~Connection()
{
    --*m_count;
}

Pool::Pool(Deadlines& deadlines, Millis idleLimit)
    : m_deadlines(deadlines)
    , m_idleLimit(idleLimit)
{
}

std::unique_ptr<Connection> Pool::take(const std::string& key)
{
    const auto place = m_idle.find(key);
    if (place == m_idle.end())
        return nullptr;
    auto& idle = place->second;
    const Tick now = tickNow();
    std::unique_ptr<Connection> taken;
    while (!taken && !idle.empty()) {
        Idle last = std::move(idle.back());
        idle.pop_back();
        const auto age = now - last.since;
        if (age < m_idleLimit && (age < trustedFor || last.connection->stream.isIdle()))
            taken = std::move(last.connection);
    }
    if (idle.empty())
        m_idle.erase(place);
    return taken;
}

void Pool::giveBack(std::unique_ptr<Connection> connection)
{
    if (!m_isOpen || m_idleLimit <= Millis(0))
        return;
    connection->stream.rest();
    auto& idle = m_idle[connection->key];
    idle.push_back(Idle{std::move(connection), tickNow()});
    if (idle.size() > mostIdlePerKey)
        idle.pop_front();
    watch();
}

void Pool::watch()
{
    if (m_idle.empty()) {
        m_sweep.reset();
    } else if (!m_sweep) {
        m_sweep.emplace(m_deadlines, [this] { closeOld(); });
        m_sweep->set(std::max(m_idleLimit / 4, Millis(1)));
    }
}

void Pool::closeOld()
{
    const Tick now = tickNow();
    for (auto place = m_idle.begin(); place != m_idle.end();) {
        auto& idle = place->second;
        while (!idle.empty() && now - idle.front().since >= m_idleLimit)
            idle.pop_front();
        place = idle.empty() ? m_idle.erase(place) : std::next(place);
    }
    m_sweep.reset();
    watch();
}

void Pool::closeAll()
{
    m_idle.clear();
    m_sweep.reset();
}

void Pool::shutDown()
{
    m_isOpen = false;
    closeAll();
}

}
