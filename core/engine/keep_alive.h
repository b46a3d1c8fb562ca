#pragma once

#include "base/headers.h"
#include "dialect/dialect.h"
#include "engine/limits.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace waystation {

class Door;

/// Keeps a client's stream alive while the upstream is silent: what its protocol takes for nothing is sent after each
/// span of silence, between events. Where it may begin the reply itself, it does so after the grace: then the head is
/// out and later errors are events of the stream. One for each call that streams. Relay thread only.
class KeepAlive
{
public:
    KeepAlive(net::io_context& context, Deadlines& deadlines, Door& door, DialectId dialect, Millis every);
    ~KeepAlive();
    KeepAlive(const KeepAlive&) = delete;
    KeepAlive& operator=(const KeepAlive&) = delete;

    /// The head may be sent when nothing came for `grace`. `head` is what it then says.
    void allowBeginning(Millis grace, Headers head);
    /// The reply's head went out by itself.
    bool hasBegun() const;

    /// The stream is under way and an event has just been written: silence is counted from here.
    void touch();
    /// No more of it; what is being written goes out.
    void stop();

    /// True while a keep-alive is on its way; wait for `settle` before writing.
    bool isWriting() const;
    net::awaitable<void> settle();

private:
    struct State;
    std::shared_ptr<State> m_state;
    Deadlines::Deadline m_deadline;
};

}
