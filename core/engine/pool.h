#pragma once

#include "engine/stream.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waystation {

/// A block that replies are received into. Kept ones are used again while they are warm.
using Block = std::unique_ptr<char[]>;
constexpr std::size_t blockOctets = 64 * 1024;

class BlockStore
{
public:
    Block take();
    void giveBack(Block block);

private:
    std::vector<Block> m_blocks;
};

/// A connection to an origin, by one way, under one trust: what `key` spells out. Counts itself.
struct Connection
{
    Connection(Stream::Socket socket, std::string key, std::shared_ptr<std::int64_t> count);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Stream stream;
    std::string key;

private:
    std::shared_ptr<std::int64_t> m_count;
};

/// Connections that wait for their next request; the one that came back last goes first. How many
/// are in use is nobody's concern here. Relay thread only.
class Pool
{
public:
    static constexpr std::size_t mostIdlePerKey = 256;

    Pool(Deadlines& deadlines, Millis idleLimit);

    /// One that seems alive, or null.
    std::unique_ptr<Connection> take(const std::string& key);
    void giveBack(std::unique_ptr<Connection> connection);
    void closeAll();
    /// From now on what comes back is closed.
    void shutDown();

private:
    struct Idle
    {
        std::unique_ptr<Connection> connection;
        Tick since;
    };

    void closeOld();
    void watch();

    Deadlines& m_deadlines;
    Millis m_idleLimit;
    bool m_isOpen = true;
    std::map<std::string, std::deque<Idle>, std::less<>> m_idle; // no empty ones
    std::optional<Deadlines::Deadline> m_sweep; // only while something is idle
};

}
