#include "engine/dial.h"

#include <boost/asio/this_coro.hpp>

#include <deque>
#include <memory>
#include <optional>

#if !defined(_WIN32)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

namespace waystation {

namespace {

constexpr Millis patience{250};

using Tcp = net::ip::tcp;

/// Lives until its last handler ran; what it decides is told through `decided`.
class Race : public std::enable_shared_from_this<Race>
{
public:
    Race(net::any_io_executor executor, std::vector<Tcp::endpoint> endpoints)
        : decided(executor)
        , m_executor(executor)
        , m_endpoints(std::move(endpoints))
        , m_patience(executor)
    {
    }

    void startNext()
    {
        if (m_isOver || m_sockets.size() == m_endpoints.size())
            return;
        const std::size_t index = m_sockets.size();
        Tcp::socket& socket = m_sockets.emplace_back(m_executor);
        socket.async_connect(m_endpoints[index],
            [self = shared_from_this(), index](
                boost::system::error_code error) { self->ended(index, error); });
        if (m_sockets.size() == m_endpoints.size())
            return;
        m_patience.expires_after(patience);
        m_patience.async_wait([self = shared_from_this(), index](boost::system::error_code error) {
            // A failure may have started the next one while this was on its way.
            if (!error && self->m_sockets.size() == index + 1)
                self->startNext();
        });
    }

    void close()
    {
        m_isOver = true;
        m_patience.cancel();
        for (Tcp::socket& socket : m_sockets) {
            boost::system::error_code ignored;
            socket.close(ignored);
        }
    }

    Signal decided;
    std::optional<Tcp::socket> winner;
    boost::system::error_code firstError;

private:
    void ended(std::size_t index, boost::system::error_code error)
    {
        if (m_isOver)
            return;
        if (!error) {
            winner.emplace(std::move(m_sockets[index]));
            close();
            decided.set();
            return;
        }
        if (!firstError)
            firstError = error;
        boost::system::error_code ignored;
        m_sockets[index].close(ignored);
        if (++m_failed == m_endpoints.size())
            decided.set();
        else
            startNext();
    }

    net::any_io_executor m_executor;
    std::vector<Tcp::endpoint> m_endpoints;
    std::deque<Tcp::socket> m_sockets;
    net::steady_timer m_patience;
    std::size_t m_failed = 0;
    bool m_isOver = false;
};

/// A peer that is gone without a word (a sleeping laptop, a pulled cable) is found out in about 30
/// s.
void watchOver(Tcp::socket& socket)
{
    boost::system::error_code ignored;
    socket.set_option(net::socket_base::keep_alive(true), ignored);
#if !defined(_WIN32)
    const auto set = [&socket](int option, int value) {
        ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
    };
#if defined(TCP_KEEPIDLE)
    set(TCP_KEEPIDLE, 15);
#elif defined(TCP_KEEPALIVE)
    set(TCP_KEEPALIVE, 15);
#endif
#if defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
    set(TCP_KEEPINTVL, 5);
    set(TCP_KEEPCNT, 3);
#endif
#if defined(TCP_USER_TIMEOUT)
    set(TCP_USER_TIMEOUT, 30'000);
#endif
#endif
}

std::string tried(std::size_t count)
{
    return count > 1 ? " (" + std::to_string(count) + " addresses tried)" : std::string();
}

}

net::awaitable<Result<Tcp::socket>> dial(
    std::vector<Tcp::endpoint> endpoints, std::string name, Breaker& breaker)
{
    if (endpoints.empty())
        co_return Error{ErrorKind::ConnectFailed, name + " has no address."};
    const std::size_t count = endpoints.size();
    const auto executor = co_await net::this_coro::executor;
    const auto race = std::make_shared<Race>(executor, std::move(endpoints));
    race->startNext();
    co_await race->decided.wait(breaker);
    race->close();
    if (breaker.isBroken())
        co_return breaker.error(
            "No connection to " + name + " came about in time" + tried(count) + ".");
    if (!race->winner)
        co_return Error{ErrorKind::ConnectFailed,
            "No connection to " + name + ": " + race->firstError.message() + tried(count) + "."};

    Tcp::socket socket = std::move(*race->winner);
    boost::system::error_code ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    watchOver(socket);
    co_return socket;
}

}
