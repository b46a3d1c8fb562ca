#include "engine/practice_player.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace waystation {

namespace {

/// A pause that a stop ends. Lives as long as the coroutine that waits for it.
class Pause
{
public:
    Pause(net::io_context& context, Stopper& stopper) : m_timer(context), m_stopper(stopper) { }

    net::awaitable<bool> wait(Millis length)
    {
        if (length.count() > 0 && !m_stopper.isStopped()) {
            m_timer.expires_after(length);
            m_stopper.arm([this] { m_timer.cancel(); });
            boost::system::error_code ignored;
            co_await m_timer.async_wait(net::redirect_error(net::use_awaitable, ignored));
            m_stopper.disarm();
        }
        co_return !m_stopper.isStopped();
    }

private:
    net::steady_timer m_timer;
    Stopper& m_stopper;
};

class PracticeReply : public UpstreamReply
{
public:
    PracticeReply(net::io_context& context, PracticeScript script, Millis idleLimit, Stopper& stopper)
        : m_script(std::move(script)), m_idleLimit(idleLimit), m_pause(context, stopper)
    {
        m_head = m_script.head;
        m_timings.firstByte = std::chrono::duration_cast<Micros>(m_script.beforeHead);
    }

    net::awaitable<Result<std::string_view>> nextPiece() override
    {
        const Error cancelled {ErrorKind::Cancelled, "the call was stopped"};
        if (m_next < m_script.pieces.size()) {
            const PracticeScript::Piece& piece = m_script.pieces[m_next++];
            const bool goesOn = co_await m_pause.wait(piece.after);
            if (!goesOn)
                co_return cancelled;
            co_return std::string_view(piece.octets);
        }
        if (m_script.ending == PracticeScript::Ending::Cut)
            co_return Error {ErrorKind::Cut, "the practice channel acts out a cut connection"};
        if (m_script.ending == PracticeScript::Ending::Stall) {
            const bool goesOn = co_await m_pause.wait(m_idleLimit);
            if (!goesOn)
                co_return cancelled;
            co_return Error {ErrorKind::Timeout, "the practice channel acts out a stall: nothing came until the idle limit"};
        }
        co_return std::string_view();
    }

private:
    PracticeScript m_script;
    Millis m_idleLimit;
    Pause m_pause;
    std::size_t m_next = 0;
};

}

net::awaitable<SendResult> playPractice(net::io_context& context, PracticeScript script, Millis idleLimit, Stopper& stopper)
{
    Pause pause(context, stopper);
    const bool goesOn = co_await pause.wait(script.beforeHead);
    if (!goesOn) {
        SendFailure failure;
        failure.error = Error {ErrorKind::Cancelled, "the call was stopped"};
        failure.requestWasSent = true;
        co_return failure;
    }
    std::unique_ptr<UpstreamReply> reply = std::make_unique<PracticeReply>(context, std::move(script), idleLimit, stopper);
    co_return reply;
}

}
