#include "engine/limits.h"

#include <utility>
#include <vector>

namespace waystation {

namespace {

constexpr Millis tickLength {250};

}

Deadlines::Deadlines(net::io_context& context)
    : m_timer(context)
{
}

void Deadlines::stop()
{
    m_stopped = true;
    m_timer.cancel();
}

void Deadlines::arm()
{
    if (m_ticking || m_stopped || m_armed.empty())
        return;
    m_ticking = true;
    m_timer.expires_after(tickLength);
    m_timer.async_wait([this](boost::system::error_code error) {
        m_ticking = false;
        if (error)
            return;
        scan();
        arm();
    });
}

void Deadlines::scan()
{
    const Tick now = tickNow();
    // A callback may destroy any deadline, so each is looked for anew.
    for (;;) {
        Deadline* past = nullptr;
        for (Deadline* deadline : m_armed) {
            if (deadline->m_at <= now) {
                past = deadline;
                break;
            }
        }
        if (!past)
            return;
        past->clear();
        const auto onPast = past->m_onPast;
        onPast();
    }
}

Deadlines::Deadline::Deadline(Deadlines& owner, std::function<void()> onPast)
    : m_owner(owner), m_onPast(std::move(onPast)), m_place(owner.m_armed.insert(owner.m_armed.end(), this))
{
}

Deadlines::Deadline::~Deadline()
{
    m_owner.m_armed.erase(m_place);
}

void Deadlines::Deadline::set(Millis fromNow)
{
    m_at = tickNow() + fromNow;
    m_owner.arm();
}

}
