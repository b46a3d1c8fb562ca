#include "engine/proxy.h"

#include "base/secret.h"
#include "engine/reply_parser.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace waystation {

namespace {

std::string base64(std::string_view text)
{
    static constexpr char letters[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((text.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < text.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            out += i + j > text.size() ? '=' : letters[bits >> (18 - 6 * j) & 63];
    }
    return out;
}

/// One exchange with a proxy; every failure names it.
class Talk
{
public:
    Talk(Stream& stream, const PlanProxy& proxy, Breaker& breaker)
        : m_stream(stream)
        , m_proxy(proxy)
        , m_breaker(breaker)
    {
    }

    Error failed(const std::string& why) const
    {
        if (m_breaker.cause() == Breaker::Cause::Stopped)
            return m_breaker.error({});
        if (m_breaker.isBroken())
            return Error{
                ErrorKind::ProxyFailed, "The " + nameOf(m_proxy) + " did not answer in time."};
        return Error{ErrorKind::ProxyFailed, "The " + nameOf(m_proxy) + " " + why};
    }

    net::awaitable<bool> say(std::string octets)
    {
        boost::system::error_code error;
        const auto out = net::buffer(octets);
        co_await net::async_write(
            m_stream.socket(), out, net::redirect_error(net::use_awaitable, error));
        wipe(octets); // may hold a password
        co_return !error && !m_breaker.isBroken();
    }

    net::awaitable<bool> hear(unsigned char* into, std::size_t count)
    {
        boost::system::error_code error;
        const auto in = net::buffer(into, count);
        co_await net::async_read(
            m_stream.socket(), in, net::redirect_error(net::use_awaitable, error));
        co_return !error && !m_breaker.isBroken();
    }

    net::awaitable<Result<void>> connect(const Origin& target)
    {
        std::string place
            = target.host.find(':') == std::string::npos ? target.host : '[' + target.host + ']';
        place += ':' + std::to_string(target.port);
        std::string request = "CONNECT " + place + " HTTP/1.1\r\nHost: " + place + "\r\n";
        if (!m_proxy.user.empty()) {
            std::string pair = m_proxy.user + ':';
            pair += m_proxy.password.reveal();
            request += "Proxy-Authorization: Basic " + base64(pair) + "\r\n";
            wipe(pair);
        }
        request += "\r\n";
        if (const bool said = co_await say(std::move(request)); !said)
            co_return failed("closed the connection.");

        ReplyParser parser(true);
        char block[4096];
        for (;;) {
            boost::system::error_code error;
            const auto in = net::buffer(block);
            const std::size_t octets = co_await m_stream.socket().async_read_some(
                in, net::redirect_error(net::use_awaitable, error));
            if (error || m_breaker.isBroken())
                co_return failed("closed the connection before it answered.");
            std::string_view rest(block, octets);
            const auto whole = parser.readHead(rest);
            if (!whole)
                co_return failed("does not speak HTTP: " + whole.error().message);
            if (!*whole)
                continue;
            const int status = parser.head().status;
            if (status == 407 && m_proxy.user.empty())
                co_return failed("wants a user name and a password (407).");
            if (status == 407)
                co_return failed("does not accept the user name and password (407).");
            if (status / 100 != 2)
                co_return failed(
                    "refused to connect to " + target.host + " (" + std::to_string(status) + ").");
            // Nobody was spoken to yet, so nobody can have answered.
            if (!rest.empty())
                co_return failed("sent octets that nobody asked for.");
            co_return Result<void>();
        }
    }

    net::awaitable<Result<void>> socks(const Origin& target)
    {
        const std::string_view password = m_proxy.password.reveal();
        const bool hasUser = !m_proxy.user.empty();
        if (m_proxy.user.size() > 255 || password.size() > 255)
            co_return failed("takes no user name or password of more than 255 octets.");
        if (target.host.size() > 255)
            co_return failed("takes no name of more than 255 octets.");

        std::array<unsigned char, 256> in{};
        std::string hello
            = hasUser ? std::string("\x05\x02\x00\x02", 4) : std::string("\x05\x01\x00", 3);
        if (const bool said = co_await say(std::move(hello)); !said)
            co_return failed("closed the connection.");
        if (const bool heard = co_await hear(in.data(), 2); !heard)
            co_return failed("closed the connection before it answered.");
        if (in[0] != 5)
            co_return failed("does not speak SOCKS5.");
        if (in[1] == 2 && hasUser) {
            std::string signIn = "\x01";
            signIn += static_cast<char>(m_proxy.user.size());
            signIn += m_proxy.user;
            signIn += static_cast<char>(password.size());
            signIn += password;
            if (const bool said = co_await say(std::move(signIn)); !said)
                co_return failed("closed the connection.");
            if (const bool heard = co_await hear(in.data(), 2); !heard)
                co_return failed(
                    "closed the connection instead of accepting the user name and password.");
            if (in[1] != 0)
                co_return failed("does not accept the user name and password.");
        } else if (in[1] == 2 || in[1] == 0xff) {
            co_return failed(hasUser ? "accepts no sign-in with user name and password."
                                     : "wants a user name and a password.");
        } else if (in[1] != 0) {
            co_return failed("wants a sign-in that is not known here.");
        }

        std::string request("\x05\x01\x00", 3);
        boost::system::error_code isName;
        const auto address = net::ip::make_address(target.host, isName);
        if (isName) {
            request += '\x03';
            request += static_cast<char>(target.host.size());
            request += target.host;
        } else if (address.is_v4()) {
            const auto octets = address.to_v4().to_bytes();
            request += '\x01';
            request.append(octets.begin(), octets.end());
        } else {
            const auto octets = address.to_v6().to_bytes();
            request += '\x04';
            request.append(octets.begin(), octets.end());
        }
        request += static_cast<char>(target.port >> 8);
        request += static_cast<char>(target.port & 0xff);
        if (const bool said = co_await say(std::move(request)); !said)
            co_return failed("closed the connection.");
        if (const bool heard = co_await hear(in.data(), 4); !heard)
            co_return failed("closed the connection before it answered.");
        if (in[0] != 5)
            co_return failed("does not speak SOCKS5.");
        if (in[1] != 0)
            co_return failed("could not connect to " + target.host + ": " + socksReason(in[1]));

        std::size_t rest = 0; // its own address, which nobody needs
        if (in[3] == 1) {
            rest = 4;
        } else if (in[3] == 4) {
            rest = 16;
        } else if (in[3] == 3) {
            if (const bool heard = co_await hear(in.data(), 1); !heard)
                co_return failed("closed the connection before it answered.");
            rest = in[0];
        } else {
            co_return failed("does not speak SOCKS5.");
        }
        if (const bool heard = co_await hear(in.data(), rest); !heard)
            co_return failed("closed the connection before it answered.");
        if (const bool heard = co_await hear(in.data(), 2); !heard)
            co_return failed("closed the connection before it answered.");
        co_return Result<void>();
    }

private:
    static std::string socksReason(int code)
    {
        switch (code) {
        case 2:
            return "its rules forbid it.";
        case 3:
            return "the network is unreachable.";
        case 4:
            return "the host is unreachable.";
        case 5:
            return "the connection was refused.";
        case 6:
            return "the connection took too long.";
        default:
            return "code " + std::to_string(code) + ".";
        }
    }

    Stream& m_stream;
    const PlanProxy& m_proxy;
    Breaker& m_breaker;
};

}

std::string nameOf(const PlanProxy& proxy)
{
    return "proxy " + proxy.host + ':' + std::to_string(proxy.port);
}

net::awaitable<Result<void>> passProxy(
    Stream& stream, const PlanProxy& proxy, const Origin& target, Breaker& breaker)
{
    Breaker::Scope scope(breaker, stream);
    Talk talk(stream, proxy, breaker);
    if (proxy.kind == PlanProxy::Kind::Socks5)
        co_return co_await talk.socks(target);
    co_return co_await talk.connect(target);
}

}
