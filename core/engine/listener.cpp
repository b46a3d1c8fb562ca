#include "engine/listener.h"

#include "engine/port_holder.h"

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <list>
#include <utility>

#ifndef _WIN32
#include <fcntl.h>
#include <sys/resource.h>
#endif

namespace waystation {

namespace {

using boost::system::error_code;
using net::ip::tcp;

constexpr int backlog = 1024;
constexpr std::chrono::milliseconds pause{100};
constexpr int portTries = 16;

struct BindFailure
{
    error_code error;
    std::string address;
};

/// Programs that this one starts get none of its connections.
void keepFromChildren(int descriptor)
{
#ifdef _WIN32
    (void)descriptor;
#else
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
#endif
}

error_code bindTo(tcp::acceptor& acceptor, const tcp::endpoint& endpoint)
{
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (error)
        return error;
    keepFromChildren(static_cast<int>(acceptor.native_handle()));
#ifdef _WIN32
    // There SO_REUSEADDR would let another program take the port over.
    using Exclusive = net::detail::socket_option::boolean<SOL_SOCKET, SO_EXCLUSIVEADDRUSE>;
    acceptor.set_option(Exclusive(true), error);
#else
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
#endif
    if (!error && endpoint.address().is_v6())
        acceptor.set_option(net::ip::v6_only(true), error);
    if (!error)
        acceptor.bind(endpoint, error);
    if (!error)
        acceptor.listen(backlog, error);
    return error;
}

bool isOfThisConnectionOnly(error_code error)
{
    return error == net::error::connection_aborted || error == net::error::connection_reset
        || error == net::error::interrupted || error == net::error::try_again
        || error.value() == EPROTO;
}

}

struct Listener::Parts : std::enable_shared_from_this<Listener::Parts>
{
    struct Place
    {
        explicit Place(net::io_context& context)
            : acceptor(context)
            , retry(context)
        {
        }

        tcp::acceptor acceptor;
        net::steady_timer retry;
        bool isPaused = false;
    };

    void accept(Place& place)
    {
        place.acceptor.async_accept(
            [self = shared_from_this(), &place](error_code error, tcp::socket socket) {
                if (self->isClosed || error == net::error::operation_aborted)
                    return;
                if (error && !isOfThisConnectionOnly(error)) {
                    // No descriptor or no memory: an acceptor stays readable then, so only waiting
                    // keeps it from taking a whole core.
                    self->pauseAt(place);
                    return;
                }
                self->setPaused(place, false);
                if (!error) {
                    keepFromChildren(static_cast<int>(socket.native_handle()));
                    self->onSocket(std::move(socket));
                }
                if (!self->isClosed)
                    self->accept(place);
            });
    }

    void pauseAt(Place& place)
    {
        setPaused(place, true);
        place.retry.expires_after(pause);
        place.retry.async_wait([self = shared_from_this(), &place](error_code error) {
            if (!error && !self->isClosed)
                self->accept(place);
        });
    }

    void setPaused(Place& place, bool isPaused)
    {
        if (place.isPaused == isPaused)
            return;
        const bool before = anyPaused();
        place.isPaused = isPaused;
        if (onPause && anyPaused() != before)
            onPause(anyPaused());
    }

    bool anyPaused() const
    {
        for (const Place& place : places) {
            if (place.isPaused)
                return true;
        }
        return false;
    }

    void close()
    {
        isClosed = true;
        error_code ignored;
        for (Place& place : places) {
            place.acceptor.close(ignored);
            place.retry.cancel();
        }
    }

    std::list<Place> places; // stay where they are
    std::function<void(tcp::socket)> onSocket;
    std::function<void(bool)> onPause;
    std::uint16_t port = 0;
    bool isClosed = false;
};

Listener::Listener()
    : m_parts(std::make_shared<Parts>())
{
}

Listener::~Listener()
{
    close();
}

Result<void> Listener::open(
    net::io_context& context, const std::vector<std::string>& addresses, std::uint16_t port)
{
    close();
    std::vector<net::ip::address> wanted;
    for (const std::string& text : addresses) {
        error_code error;
        wanted.push_back(net::ip::make_address(text, error));
        if (error)
            return Error{ErrorKind::Invalid, "\"" + text + "\" is not a numeric address."};
    }
    if (wanted.empty())
        return Error{ErrorKind::Invalid, "There is no address to listen on."};

    for (int attempt = 0;; ++attempt) {
        auto parts = std::make_shared<Parts>();
        parts->onPause = m_parts->onPause;
        parts->port = port;
        BindFailure failure;
        for (const net::ip::address& address : wanted) {
            Parts::Place& place = parts->places.emplace_back(context);
            const error_code error = bindTo(place.acceptor, tcp::endpoint(address, parts->port));
            if (!error) {
                parts->port = place.acceptor.local_endpoint().port();
                continue;
            }
            parts->places.pop_back();
            const bool isTaken = error == net::error::address_in_use;
            if (!isTaken && address.is_v6() && address.is_loopback() && wanted.size() > 1)
                continue;
            failure = {error, address.to_string()};
            break;
        }
        if (!failure.error && !parts->places.empty()) {
            m_parts = std::move(parts);
            return {};
        }
        const bool isTaken = failure.error == net::error::address_in_use;
        if (isTaken && port == 0 && attempt < portTries)
            continue; // free on one address but not on the next
        parts->close();
        if (!failure.error)
            return Error{ErrorKind::Io, "This machine has none of the addresses to listen on."};
        if (!isTaken)
            return Error{ErrorKind::Io,
                "Cannot listen on " + failure.address + " port " + std::to_string(port) + ": "
                    + failure.error.message() + "."};
        const std::string holder = holderOfPort(port);
        return Error{ErrorKind::Conflict,
            "Port " + std::to_string(port) + " on " + failure.address + " is taken"
                + (holder.empty() ? std::string(" by another program.") : " by " + holder + ".")};
    }
}

std::uint16_t Listener::port() const
{
    return m_parts->isClosed ? 0 : m_parts->port;
}

std::size_t Listener::count() const
{
    return m_parts->isClosed ? 0 : m_parts->places.size();
}

void Listener::run(std::function<void(tcp::socket)> onSocket)
{
    m_parts->onSocket = std::move(onSocket);
    for (Parts::Place& place : m_parts->places)
        m_parts->accept(place);
}

bool Listener::isPaused() const
{
    return m_parts->anyPaused();
}

void Listener::onPause(std::function<void(bool)> told)
{
    m_parts->onPause = std::move(told);
}

void Listener::close()
{
    m_parts->close();
}

std::uint64_t raiseDescriptorLimit()
{
#ifdef _WIN32
    return 0;
#else
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit raised = limit;
        raised.rlim_cur = limit.rlim_max;
#ifdef __APPLE__
        // The kernel refuses more than this, whatever the hard limit says.
        raised.rlim_cur = std::min<rlim_t>(raised.rlim_cur, OPEN_MAX);
#endif
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur;
#endif
}

}
