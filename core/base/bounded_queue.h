#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace waystation {

/// From many threads to one. Never blocks the sender: what does not fit is refused and counted.
template <class T>
class BoundedQueue
{
public:
    explicit BoundedQueue(std::size_t limit) : m_limit(limit) { }

    /// True when it was taken. `wasEmpty` says that the receiver may need waking.
    bool push(T&& value, bool& wasEmpty)
    {
        const std::lock_guard lock(m_mutex);
        wasEmpty = m_values.empty();
        if (m_values.size() >= m_limit) {
            ++m_refused;
            return false;
        }
        m_values.push_back(std::move(value));
        return true;
    }

    /// Everything that waits, oldest first.
    std::vector<T> takeAll()
    {
        std::vector<T> taken;
        const std::lock_guard lock(m_mutex);
        taken.swap(m_values);
        return taken;
    }

    std::size_t size() const
    {
        const std::lock_guard lock(m_mutex);
        return m_values.size();
    }

    std::uint64_t refused() const
    {
        const std::lock_guard lock(m_mutex);
        return m_refused;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<T> m_values;
    std::size_t m_limit;
    std::uint64_t m_refused = 0;
};

}
