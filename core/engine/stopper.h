#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace waystation {

enum class StopReason { None, ClientLeft, ByUser, Shutdown };

/// Tells whatever a call waits for that it is no longer wanted. The one who waits arms an action that breaks its
/// wait (close the socket, cancel the resolver); stop() runs it at once. Relay thread only.
class Stopper
{
public:
    void stop(StopReason reason)
    {
        if (m_reason != StopReason::None)
            return;
        m_reason = reason;
        if (const auto action = std::exchange(m_action, nullptr))
            action();
    }

    StopReason reason() const { return m_reason; }
    bool isStopped() const { return m_reason != StopReason::None; }

    /// Runs `action` on stop; at once when that has happened. Only one is armed at a time.
    void arm(std::function<void()> action)
    {
        if (isStopped())
            action();
        else
            m_action = std::move(action);
    }

    void disarm() { m_action = nullptr; }

private:
    StopReason m_reason = StopReason::None;
    std::function<void()> m_action;
};

}
