#pragma once

#include "base/error.h"
#include "engine/limits.h"
#include "engine/stopper.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <string>

namespace waystation {

/// Something that a call waits for and that can be made to give up at once.
class Breakable
{
public:
    /// Ends the wait soon after, through the event loop. Must not resume the waiting coroutine
    /// itself.
    virtual void breakOff() = 0;

protected:
    ~Breakable() = default;
};

/// Ends whatever one call waits for when its limit passes or its Stopper is stopped, and remembers
/// which it was. After every wait the waiting code asks isBroken() before anything else. Relay
/// thread only.
class Breaker
{
public:
    enum class Cause { None, Stopped, TimedOut };

    explicit Breaker(Deadlines& deadlines)
        : m_deadline(deadlines, [this] { breakOff(Cause::TimedOut); })
    {
    }

    Breaker(const Breaker&) = delete;
    Breaker& operator=(const Breaker&) = delete;

    void limit(Millis fromNow) { m_deadline.set(fromNow); }

    void unlimit() { m_deadline.clear(); }

    Cause cause() const { return m_cause; }

    bool isBroken() const { return m_cause != Cause::None; }

    /// Cancelled, or Timeout with `late` as its message.
    Error error(std::string late) const
    {
        if (m_cause == Cause::Stopped)
            return Error{ErrorKind::Cancelled, "The call was cancelled."};
        return Error{ErrorKind::Timeout, std::move(late)};
    }

    /// While it lives, `target` is what breaks. Scopes nest.
    class Scope
    {
    public:
        Scope(Breaker& breaker, Breakable& target)
            : m_breaker(breaker)
            , m_before(breaker.m_target)
        {
            breaker.m_target = &target;
        }

        ~Scope() { m_breaker.m_target = m_before; }

        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

    private:
        Breaker& m_breaker;
        Breakable* m_before;
    };

    /// While it lives, stopping `stopper` breaks. One at a time for a Stopper.
    class Ear
    {
    public:
        Ear(Breaker& breaker, Stopper& stopper)
            : m_stopper(stopper)
        {
            stopper.arm([&breaker] { breaker.breakOff(Cause::Stopped); });
        }

        ~Ear() { m_stopper.disarm(); }

        Ear(const Ear&) = delete;
        Ear& operator=(const Ear&) = delete;

    private:
        Stopper& m_stopper;
    };

private:
    void breakOff(Cause cause)
    {
        if (m_cause != Cause::Stopped)
            m_cause = cause;
        if (m_target)
            m_target->breakOff();
    }

    Deadlines::Deadline m_deadline;
    Breakable* m_target = nullptr;
    Cause m_cause = Cause::None;
};

/// A one-time event that one coroutine waits for.
class Signal final : public Breakable
{
public:
    explicit Signal(const net::any_io_executor& executor)
        : m_timer(executor, Tick::max())
    {
    }

    void set()
    {
        m_isSet = true;
        m_timer.cancel();
    }

    bool isSet() const { return m_isSet; }

    void breakOff() override { m_timer.cancel(); }

    /// Returns when set or broken.
    net::awaitable<void> wait(Breaker& breaker)
    {
        if (m_isSet || breaker.isBroken())
            co_return;
        Breaker::Scope scope(breaker, *this);
        boost::system::error_code ignored;
        co_await m_timer.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }

private:
    net::steady_timer m_timer;
    bool m_isSet = false;
};

}
