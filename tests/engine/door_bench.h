#pragma once

#include "engine/door.h"
#include "engine/listener.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace waystation::bench {

using Clock = std::chrono::steady_clock;

inline double secondsSince(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What the echo does: 200 with the body of every well-formed request.
inline net::awaitable<void> echo(Door& door)
{
    while (const auto head = co_await door.nextHead()) {
        const auto body = co_await door.readBody(64 * 1024 * 1024);
        Headers headers;
        headers.add("X-Path", head->path);
        if (!body) {
            int status = 400;
            if (body.error().kind == ErrorKind::TooLarge)
                status = 413;
            else if (body.error().kind == ErrorKind::ClientTimeout)
                status = 408;
            else if (body.error().kind == ErrorKind::Unsupported)
                status = 415;
            co_await door.reply(status, headers, body.error().message);
            co_return;
        }
        if (!co_await door.reply(200, headers, *body))
            co_return;
    }
}

inline EngineOptions anyPort()
{
    EngineOptions options;
    options.addresses = {"127.0.0.1"};
    options.port = 0;
    return options;
}

/// A listener whose connections run `handler`, on a thread of its own.
class DoorServer
{
public:
    using Handler = std::function<net::awaitable<void>(Door&)>;

    explicit DoorServer(Handler handler = echo, EngineOptions options = anyPort())
        : m_handler(std::move(handler))
        , m_options(std::move(options))
    {
        const auto opened = m_listener.open(m_context, m_options.addresses, m_options.port);
        if (!opened)
            throw std::runtime_error(opened.error().message);
        m_listener.run([this](net::ip::tcp::socket socket) {
            auto& door = m_doors.emplace_back(std::move(socket), m_options, m_deadlines);
            ++accepted;
            net::co_spawn(m_context, serve(door), [](std::exception_ptr failed) {
                if (failed)
                    std::rethrow_exception(failed);
            });
        });
        m_port = m_listener.port();
        m_thread = std::thread([this] { m_context.run(); });
    }

    ~DoorServer()
    {
        net::post(m_context, [this] {
            m_isStopping = true;
            m_listener.close();
            m_deadlines.stop();
            for (Door& door : m_doors)
                door.close();
            if (m_doors.empty())
                m_context.stop();
        });
        m_thread.join();
    }

    std::uint16_t port() const { return m_port; }

    net::io_context& context() { return m_context; }

    std::atomic<int> accepted = 0;
    std::atomic<int> ended = 0;

private:
    net::awaitable<void> serve(Door& door)
    {
        co_await m_handler(door);
        m_doors.remove_if([&door](const Door& other) { return &other == &door; });
        ++ended;
        if (m_isStopping && m_doors.empty())
            m_context.stop();
    }

    net::io_context m_context{1};
    Deadlines m_deadlines{m_context};
    Listener m_listener;
    Handler m_handler;
    EngineOptions m_options;
    std::list<Door> m_doors;
    std::uint16_t m_port = 0;
    bool m_isStopping = false;
    std::thread m_thread;
};

struct Reply
{
    int status = 0; // 0: the connection ended before a head
    std::string head;
    std::string body;
    bool isWhole = false; // as its framing says

    bool closes() const { return head.find("Connection: close\r\n") != std::string::npos; }
};

/// A client that says exactly the octets it is told.
class RawClient
{
public:
    explicit RawClient(std::uint16_t port, int receiveBuffer = 0)
        : m_socket(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        if (receiveBuffer > 0)
            setsockopt(m_socket, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
        const int on = 1;
        setsockopt(m_socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(m_socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("connect failed");
    }

    RawClient(RawClient&& other) noexcept
        : m_socket(std::exchange(other.m_socket, -1))
        , m_received(std::move(other.m_received))
    {
    }

    ~RawClient() { close(); }

    void close()
    {
        if (m_socket >= 0)
            ::close(std::exchange(m_socket, -1));
    }

    void reset()
    {
        const linger now{1, 0};
        setsockopt(m_socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }

    void endSending() { shutdown(m_socket, SHUT_WR); }

    /// False when the server has closed or takes nothing for `seconds`.
    bool send(std::string_view octets, double seconds = 10)
    {
        const auto begin = Clock::now();
        while (!octets.empty()) {
            const ssize_t count
                = ::send(m_socket, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count > 0) {
                octets.remove_prefix(static_cast<std::size_t>(count));
                continue;
            }
            if (count < 0 && errno != EAGAIN)
                return false;
            if (secondsSince(begin) > seconds)
                return false;
            pollfd asked{m_socket, POLLOUT, 0};
            poll(&asked, 1, 100);
        }
        return true;
    }

    /// Waits for more octets; false at the end (also by reset) and when `seconds` pass.
    bool receive(double seconds = 10)
    {
        pollfd asked{m_socket, POLLIN, 0};
        timedOut = poll(&asked, 1, static_cast<int>(seconds * 1000)) <= 0;
        if (timedOut)
            return false;
        std::string part(65536, '\0');
        const ssize_t count = recv(m_socket, part.data(), part.size(), 0);
        wasReset = count < 0;
        if (count <= 0)
            return false;
        m_received.append(part, 0, static_cast<std::size_t>(count));
        return true;
    }

    /// The next reply (1xx included).
    Reply reply(double seconds = 10, bool isForHead = false)
    {
        Reply reply;
        std::size_t end;
        while ((end = m_received.find("\r\n\r\n")) == std::string::npos) {
            if (!receive(seconds))
                return reply;
        }
        reply.head = m_received.substr(0, end + 2);
        m_received.erase(0, end + 4);
        reply.status = std::atoi(reply.head.c_str() + 9);
        const std::size_t length = reply.head.find("Content-Length: ");
        const bool isChunked = reply.head.find("Transfer-Encoding: chunked") != std::string::npos;
        if (isForHead || reply.status < 200 || reply.status == 204 || reply.status == 304) {
            reply.isWhole = true;
        } else if (isChunked) {
            readChunks(reply, seconds);
        } else if (length != std::string::npos) {
            const std::size_t wanted = std::strtoull(reply.head.c_str() + length + 16, nullptr, 10);
            while (m_received.size() < wanted && receive(seconds)) { }
            reply.isWhole = m_received.size() >= wanted;
            reply.body = m_received.substr(0, wanted);
            m_received.erase(0, reply.body.size());
        } else {
            while (receive(seconds)) { }
            reply.isWhole = !wasReset && !timedOut;
            reply.body = std::exchange(m_received, {});
        }
        return reply;
    }

    Reply ask(std::string_view octets, double seconds = 10)
    {
        send(octets);
        return reply(seconds);
    }

    /// True when the server ends the connection within `seconds` and says nothing more.
    bool ends(double seconds = 10)
    {
        const bool more = receive(seconds);
        return !more && !timedOut && m_received.empty();
    }

    const std::string& unread() const { return m_received; }

    bool wasReset = false;
    bool timedOut = false;

private:
    void readChunks(Reply& reply, double seconds)
    {
        for (;;) {
            std::size_t end;
            while ((end = m_received.find("\r\n")) == std::string::npos) {
                if (!receive(seconds))
                    return;
            }
            const std::size_t size = std::strtoull(m_received.c_str(), nullptr, 16);
            while (m_received.size() < end + 2 + size + 2) {
                if (!receive(seconds))
                    return;
            }
            reply.body += m_received.substr(end + 2, size);
            m_received.erase(0, end + 2 + size + 2);
            if (size == 0) {
                reply.isWhole = true;
                return;
            }
        }
    }

    int m_socket;
    std::string m_received;
};

inline std::string get(std::string_view path, std::string_view fields = {})
{
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields)
        + "\r\n";
}

inline std::string post(std::string_view body, std::string_view fields = {})
{
    return "POST / HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields)
        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string chunked(std::string_view framed, std::string_view fields = {})
{
    return "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        + std::string(fields) + "\r\n" + std::string(framed);
}

/// Waits until `holds`, at most `seconds`.
inline bool within(double seconds, const std::function<bool()>& holds)
{
    const auto begin = Clock::now();
    while (!holds()) {
        if (secondsSince(begin) > seconds)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}
