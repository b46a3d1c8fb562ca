#include "support/scripted_proxy.h"

#include "base/text.h"

#include <boost/asio.hpp>

#include <mutex>
#include <thread>

namespace waystation::test {

namespace net = boost::asio;
using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

struct ScriptedProxy::Parts
{
    explicit Parts(Options given)
        : options(std::move(given))
        , acceptor(context, Tcp::endpoint(net::ip::address_v4::loopback(), 0))
    {
        port = acceptor.local_endpoint().port();
        net::co_spawn(context, accept(), net::detached);
        thread = std::thread([this] { context.run(); });
    }

    ~Parts()
    {
        context.stop();
        thread.join();
    }

    net::awaitable<void> accept()
    {
        ErrorCode error;
        for (;;) {
            Tcp::socket socket
                = co_await acceptor.async_accept(net::redirect_error(net::use_awaitable, error));
            if (error)
                co_return;
            {
                const std::lock_guard lock(mutex);
                ++connections;
            }
            auto client = std::make_shared<Tcp::socket>(std::move(socket));
            net::co_spawn(context, serve(std::move(client)), net::detached);
        }
    }

    net::awaitable<void> serve(std::shared_ptr<Tcp::socket> client)
    {
        if (options.manner == Manner::Hangs) {
            co_await untilClosed(*client);
        } else if (options.manner == Manner::Closes || options.manner == Manner::Babbles) {
            char octet = 0;
            ErrorCode ignored;
            const auto room = net::buffer(&octet, 1);
            co_await client->async_read_some(
                room, net::redirect_error(net::use_awaitable, ignored));
            if (options.manner == Manner::Babbles) {
                co_await say(*client, "220 mail.example ESMTP\r\n");
                co_await untilClosed(*client);
            }
        } else if (options.kind == Kind::Http) {
            co_await serveHttp(std::move(client));
        } else {
            co_await serveSocks(std::move(client));
        }
    }

    net::awaitable<void> serveHttp(std::shared_ptr<Tcp::socket> client)
    {
        std::string head;
        ErrorCode error;
        auto room = net::dynamic_buffer(head, 64 * 1024);
        co_await net::async_read_until(
            *client, room, "\r\n\r\n", net::redirect_error(net::use_awaitable, error));
        if (error)
            co_return;
        note(head);
        const auto words = split(std::string_view(head).substr(0, head.find('\r')), ' ');
        const std::string target(words.size() > 1 ? words[1] : std::string_view());
        noteTarget(target);
        if (!options.user.empty()
            && head.find("Proxy-Authorization: Basic " + basic()) == std::string::npos) {
            co_await say(
                *client, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
            co_return;
        }
        if (options.manner == Manner::Refuses) {
            co_await say(*client, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
            co_return;
        }
        if (options.manner == Manner::LiesAtOnce) {
            co_await say(
                *client, "HTTP/1.1 200 Fine\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            co_await untilClosed(*client);
            co_return;
        }
        const std::string port = target.substr(target.rfind(':') + 1);
        co_await lead(std::move(client), static_cast<std::uint16_t>(std::stoi(port)),
            "HTTP/1.1 200 Fine\r\n\r\n");
    }

    net::awaitable<void> serveSocks(std::shared_ptr<Tcp::socket> client)
    {
        std::string hello = co_await hear(*client, 2);
        if (hello.size() < 2)
            co_return;
        const std::string methods = co_await hear(*client, static_cast<std::size_t>(hello[1]));
        note(hello + methods);
        if (!options.user.empty()) {
            if (methods.find('\x02') == std::string::npos) {
                co_await say(*client, std::string("\x05\xff", 2));
                co_return;
            }
            co_await say(*client, std::string("\x05\x02", 2));
            const std::string lead = co_await hear(*client, 2);
            const std::string user = co_await hear(*client, static_cast<unsigned char>(lead[1]));
            const std::string size = co_await hear(*client, 1);
            const std::string password
                = co_await hear(*client, static_cast<unsigned char>(size[0]));
            const bool isGood = user == options.user && password == options.password;
            const std::string verdict("\x01\x00\x01\x01", 4);
            std::string answer = verdict.substr(isGood ? 0 : 2, 2);
            co_await say(*client, std::move(answer));
            if (!isGood)
                co_return;
        } else {
            co_await say(*client, std::string("\x05\x00", 2));
        }
        const std::string request = co_await hear(*client, 4);
        if (request.size() < 4)
            co_return;
        std::string host;
        if (request[3] == 3) {
            const std::string size = co_await hear(*client, 1);
            host = co_await hear(*client, static_cast<unsigned char>(size[0]));
        } else {
            const std::size_t size = request[3] == 1 ? 4 : 16;
            const std::string octets = co_await hear(*client, size);
            host = "address";
        }
        const std::string octets = co_await hear(*client, 2);
        const int asked
            = static_cast<unsigned char>(octets[0]) << 8 | static_cast<unsigned char>(octets[1]);
        noteTarget(host + ':' + std::to_string(asked));
        if (options.manner == Manner::Refuses) {
            co_await say(*client, std::string("\x05\x05\x00\x01\0\0\0\0\0\0", 10));
            co_return;
        }
        // A name in the answer, as some proxies give.
        co_await lead(std::move(client), static_cast<std::uint16_t>(asked),
            std::string("\x05\x00\x00\x03\x02me\0\0", 9));
    }

    net::awaitable<void> lead(
        std::shared_ptr<Tcp::socket> client, std::uint16_t asked, std::string yes)
    {
        const auto server = std::make_shared<Tcp::socket>(context);
        ErrorCode error;
        const Tcp::endpoint endpoint(
            net::ip::address_v4::loopback(), options.leadsTo ? options.leadsTo : asked);
        co_await server->async_connect(endpoint, net::redirect_error(net::use_awaitable, error));
        if (error)
            co_return;
        co_await say(*client, yes);
        if (options.manner == Manner::LiesThenCloses)
            co_return;
        net::co_spawn(context, pump(client, server), net::detached);
        co_await pump(server, client);
    }

    static net::awaitable<void> pump(
        std::shared_ptr<Tcp::socket> from, std::shared_ptr<Tcp::socket> to)
    {
        std::vector<char> block(64 * 1024);
        const auto room = net::buffer(block);
        ErrorCode error;
        for (;;) {
            const std::size_t count = co_await from->async_read_some(
                room, net::redirect_error(net::use_awaitable, error));
            if (error)
                break;
            const auto out = net::buffer(block.data(), count);
            co_await net::async_write(*to, out, net::redirect_error(net::use_awaitable, error));
            if (error)
                break;
        }
        ErrorCode ignored;
        from->close(ignored);
        to->close(ignored);
    }

    static net::awaitable<void> say(Tcp::socket& socket, std::string octets)
    {
        ErrorCode ignored;
        const auto out = net::buffer(octets);
        co_await net::async_write(socket, out, net::redirect_error(net::use_awaitable, ignored));
    }

    static net::awaitable<std::string> hear(Tcp::socket& socket, std::size_t count)
    {
        std::string octets(count, '\0');
        ErrorCode error;
        const auto in = net::buffer(octets);
        co_await net::async_read(socket, in, net::redirect_error(net::use_awaitable, error));
        if (error)
            octets.assign(count, '\0');
        co_return octets;
    }

    static net::awaitable<void> untilClosed(Tcp::socket& socket)
    {
        char octets[1024];
        const auto room = net::buffer(octets);
        ErrorCode error;
        while (!error)
            co_await socket.async_read_some(room, net::redirect_error(net::use_awaitable, error));
    }

    std::string basic() const
    {
        // Checked against a known pair only, so that this is no second encoder of the same make.
        return options.user == "user" && options.password == "pass word"
            ? "dXNlcjpwYXNzIHdvcmQ=\r\n"
            : "?";
    }

    void note(std::string octets)
    {
        const std::lock_guard lock(mutex);
        heard.push_back(std::move(octets));
    }

    void noteTarget(std::string target)
    {
        const std::lock_guard lock(mutex);
        targets.push_back(std::move(target));
    }

    Options options;
    std::mutex mutex;
    int connections = 0;
    std::vector<std::string> heard;
    std::vector<std::string> targets;
    std::uint16_t port = 0;
    net::io_context context{1};
    Tcp::acceptor acceptor;
    std::thread thread;
};

ScriptedProxy::ScriptedProxy(Options options)
    : m_parts(std::make_unique<Parts>(std::move(options)))
{
}

ScriptedProxy::~ScriptedProxy() = default;

std::uint16_t ScriptedProxy::port() const
{
    return m_parts->port;
}

int ScriptedProxy::connectionCount() const
{
    const std::lock_guard lock(m_parts->mutex);
    return m_parts->connections;
}

std::vector<std::string> ScriptedProxy::targets() const
{
    const std::lock_guard lock(m_parts->mutex);
    return m_parts->targets;
}

std::vector<std::string> ScriptedProxy::heard() const
{
    const std::lock_guard lock(m_parts->mutex);
    return m_parts->heard;
}

}
