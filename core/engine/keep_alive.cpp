#include "engine/keep_alive.h"

#include "engine/door.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace waystation {

struct KeepAlive::State
{
    explicit State(net::io_context& context) : context(context), written(context) { }

    net::io_context& context;
    net::steady_timer written; // cancelled when a keep-alive is out
    Door* door = nullptr;      // null once the call is over
    DialectId dialect = DialectId::OpenaiChat;
    Millis every {15'000};
    Headers head;
    bool mayBegin = false;
    bool isUnderWay = false;
    bool hasBegun = false;
    bool isWriting = false;
};

KeepAlive::KeepAlive(net::io_context& context, Deadlines& deadlines, Door& door, DialectId dialect, Millis every)
    : m_state(std::make_shared<State>(context)),
      m_deadline(deadlines, [this] {
          const std::shared_ptr<State> state = m_state;
          if (!state->door || state->isWriting || (!state->isUnderWay && !state->mayBegin))
              return;
          state->isWriting = true;
          auto write = [](std::shared_ptr<State> state) -> net::awaitable<void> {
              const std::string_view nothing = keepAliveOf(state->dialect);
              if (state->isUnderWay) {
                  co_await state->door->writePiece(nothing);
              } else {
                  state->isUnderWay = true;
                  state->hasBegun = true;
                  co_await state->door->beginStream(200, state->head, nothing);
              }
              state->isWriting = false;
              state->written.cancel();
          };
          // The next one is due after as long a silence again.
          m_deadline.set(state->every);
          net::co_spawn(state->context, write(state), [](std::exception_ptr) {});
      })
{
    m_state->door = &door;
    m_state->dialect = dialect;
    m_state->every = every;
    m_state->written.expires_at(net::steady_timer::time_point::max());
}

KeepAlive::~KeepAlive()
{
    m_state->door = nullptr;
}

void KeepAlive::allowBeginning(Millis grace, Headers head)
{
    if (m_state->isUnderWay)
        return;
    m_state->mayBegin = true;
    m_state->head = std::move(head);
    m_deadline.set(grace);
}

bool KeepAlive::hasBegun() const
{
    return m_state->hasBegun;
}

void KeepAlive::touch()
{
    m_state->isUnderWay = true;
    m_deadline.set(m_state->every);
}

void KeepAlive::stop()
{
    m_state->mayBegin = false;
    m_deadline.clear();
}

bool KeepAlive::isWriting() const
{
    return m_state->isWriting;
}

net::awaitable<void> KeepAlive::settle()
{
    const std::shared_ptr<State> state = m_state;
    while (state->isWriting) {
        boost::system::error_code ignored;
        co_await state->written.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }
}

}
