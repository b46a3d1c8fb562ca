#pragma once

#include "base/clock.h"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <optional>

namespace waystation {

namespace net = boost::asio;

/// Many deadlines on one coarse timer (250 ms): re-arming one costs a store. Relay thread only.
class Deadlines
{
public:
    explicit Deadlines(net::io_context& context);

    class Deadline;

    /// Starts the tick; it runs while any deadline exists or until stop().
    void stop();

private:
    friend class Deadline;
    void arm();
    void scan();

    net::steady_timer m_timer;
    std::list<Deadline*> m_armed;
    bool m_ticking = false;
    bool m_stopped = false;
};

/// One limit on one wait. Fires `onPast` once, up to 250 ms late, then is disarmed. Destroying it disarms it.
/// `onPast` may destroy or re-arm this and other deadlines.
class Deadlines::Deadline
{
public:
    Deadline(Deadlines& owner, std::function<void()> onPast);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void set(Millis fromNow);
    void clear() { m_at = Tick::max(); }
    bool isSet() const { return m_at != Tick::max(); }

private:
    friend class Deadlines;
    Deadlines& m_owner;
    std::function<void()> m_onPast;
    Tick m_at = Tick::max();
    std::list<Deadline*>::iterator m_place;
};

}
