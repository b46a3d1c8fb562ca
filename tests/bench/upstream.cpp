#include "upstream.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <sched.h>

#include <charconv>
#include <thread>

namespace net = boost::asio;
using tcp = net::ip::tcp;

namespace {

std::int64_t numberAfter(std::string_view text, std::string_view mark, std::int64_t otherwise)
{
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos)
        return otherwise;
    std::int64_t number = otherwise;
    std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), number);
    return number;
}

const std::string wholeBody = [] {
    std::string filler(380, 'x');
    return R"({"id":"chatcmpl-bench","object":"chat.completion","created":1790000000,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":")"
        + filler + R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}})";
}();

std::string chunked(std::string_view data)
{
    char size[20];
    const int length = std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    std::string framed(size, static_cast<std::size_t>(length));
    framed += data;
    framed += "\r\n";
    return framed;
}

std::string eventNow()
{
    static const std::string filler(60, 'y');
    return "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"t="
        + std::to_string(steadyNanos()) + " " + filler + "\"},\"finish_reason\":null}],\"usage\":null}\n\n";
}

template <class Stream>
net::awaitable<void> talk(Stream& stream)
{
    std::string in;
    std::array<char, 65536> block;
    boost::system::error_code error;
    for (;;) {
        std::size_t headEnd = in.find("\r\n\r\n");
        std::size_t needed = headEnd == std::string::npos
            ? std::string::npos
            : headEnd + 4 + static_cast<std::size_t>(numberAfter(std::string_view(in).substr(0, headEnd), "ontent-Length: ", numberAfter(std::string_view(in).substr(0, headEnd), "ontent-length: ", 0)));
        while (needed == std::string::npos || in.size() < needed) {
            const std::size_t got = co_await stream.async_read_some(net::buffer(block), net::redirect_error(net::use_awaitable, error));
            if (error)
                co_return;
            in.append(block.data(), got);
            if (needed == std::string::npos && (headEnd = in.find("\r\n\r\n")) != std::string::npos) {
                const std::string_view head = std::string_view(in).substr(0, headEnd);
                needed = headEnd + 4 + static_cast<std::size_t>(numberAfter(head, "ontent-Length: ", numberAfter(head, "ontent-length: ", 0)));
            }
        }
        const std::string_view request = std::string_view(in).substr(0, needed);
        const bool streams = request.find("\"stream\":true") != std::string_view::npos;
        const std::int64_t events = numberAfter(request, "bench:events=", 10);
        const std::int64_t gap = numberAfter(request, ",gap=", 0);
        in.erase(0, needed);
        if (!streams) {
            const std::string head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(wholeBody.size()) + "\r\n\r\n";
            const std::string reply = head + wholeBody;
            co_await net::async_write(stream, net::buffer(reply), net::redirect_error(net::use_awaitable, error));
        } else {
            std::string out = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            net::steady_timer timer(co_await net::this_coro::executor);
            auto next = std::chrono::steady_clock::now();
            for (std::int64_t i = 0; i < events && !error; ++i) {
                out += chunked(eventNow());
                co_await net::async_write(stream, net::buffer(out), net::redirect_error(net::use_awaitable, error));
                out.clear();
                if (gap > 0) {
                    next += std::chrono::microseconds(gap);
                    timer.expires_at(next);
                    co_await timer.async_wait(net::redirect_error(net::use_awaitable, error));
                }
            }
            out += chunked("data: {\"id\":\"chatcmpl-bench\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
            out += chunked("data: {\"id\":\"chatcmpl-bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,\"total_tokens\":120}}\n\n");
            out += chunked("data: [DONE]\n\n") + "0\r\n\r\n";
            co_await net::async_write(stream, net::buffer(out), net::redirect_error(net::use_awaitable, error));
        }
        if (error)
            co_return;
    }
}

}

struct BenchUpstream::Parts
{
    net::io_context context {1};
    net::ssl::context ssl {net::ssl::context::tls_server};
    tcp::acceptor plain {context, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
    tcp::acceptor tls {context, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
    std::thread thread;

    net::awaitable<void> acceptPlain()
    {
        for (;;) {
            tcp::socket socket = co_await plain.async_accept(net::use_awaitable);
            socket.set_option(tcp::no_delay(true));
            net::co_spawn(context, servePlain(std::move(socket)), net::detached);
        }
    }

    net::awaitable<void> servePlain(tcp::socket socket) { co_await talk(socket); }

    net::awaitable<void> acceptTls()
    {
        for (;;) {
            tcp::socket socket = co_await tls.async_accept(net::use_awaitable);
            socket.set_option(tcp::no_delay(true));
            net::co_spawn(context, serveTls(std::move(socket)), net::detached);
        }
    }

    net::awaitable<void> serveTls(tcp::socket socket)
    {
        net::ssl::stream<tcp::socket> stream(std::move(socket), ssl);
        boost::system::error_code error;
        co_await stream.async_handshake(net::ssl::stream_base::server, net::redirect_error(net::use_awaitable, error));
        if (!error)
            co_await talk(stream);
    }
};

void stayOn(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

std::int64_t steadyNanos()
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

BenchUpstream::BenchUpstream(int core, const std::string& certificate, const std::string& key)
    : m_parts(std::make_unique<Parts>())
{
    m_parts->ssl.use_certificate_chain(net::buffer(certificate));
    m_parts->ssl.use_private_key(net::buffer(key), net::ssl::context::pem);
    m_parts->plain.listen(4096);
    m_parts->tls.listen(4096);
    net::co_spawn(m_parts->context, m_parts->acceptPlain(), net::detached);
    net::co_spawn(m_parts->context, m_parts->acceptTls(), net::detached);
    m_parts->thread = std::thread([this, core] {
        stayOn(core);
        m_parts->context.run();
    });
}

BenchUpstream::~BenchUpstream()
{
    m_parts->context.stop();
    m_parts->thread.join();
}

std::uint16_t BenchUpstream::plainPort() const
{
    return m_parts->plain.local_endpoint().port();
}

std::uint16_t BenchUpstream::tlsPort() const
{
    return m_parts->tls.local_endpoint().port();
}
