#pragma once

#include "engine/breaker.h"
#include "engine/tls.h"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace waystation {

/// Octets on their way out: a head, then slices that belong to others.
class Outgoing
{
public:
    explicit Outgoing(std::string head);
    Outgoing(const Outgoing&) = delete;
    Outgoing& operator=(const Outgoing&) = delete;

    void add(std::string_view slice);

    bool isEmpty() const { return m_first == m_slices.size(); }

    /// The next slices, as many as one write takes.
    const std::vector<net::const_buffer>& gathered();
    /// Up to `room` octets in one run: the front slice itself when that is long enough, else copied
    /// to `into`.
    std::string_view run(char* into, std::size_t room) const;
    void drop(std::size_t octets);

private:
    std::string m_head;
    std::vector<std::string_view> m_slices;
    std::size_t m_first = 0;
    std::vector<net::const_buffer> m_gathered;
};

/// A connected socket, plain or with TLS on it, seen as non-blocking reads and writes; what waits
/// does so on socket().
class Stream final : public Breakable
{
public:
    using Socket = net::ip::tcp::socket;

    explicit Stream(Socket socket)
        : m_socket(std::move(socket))
    {
    }

    Socket& socket() { return m_socket; }

    TlsSession* tls() { return m_tls.get(); }

    /// Every wait on it ends.
    void breakOff() override;

    /// Errors: TlsFailed, Timeout, Cancelled. Nothing else is sent before the other side is
    /// verified.
    net::awaitable<Result<void>> startTls(std::unique_ptr<TlsSession> session, Breaker& breaker);

    struct Got
    {
        std::size_t octets = 0; // 0 with an error
        boost::system::error_code error; // would_block: wait; eof: an orderly end
    };

    /// True when readNow() gives something that has come already; only otherwise may one wait for
    /// the socket.
    bool holdsMore() const { return m_tls && m_tls->holdsMore(); }

    /// What is there now.
    Got readNow(char* into, std::size_t room);
    /// The same in two halves, round an async_read_some into roomFor().
    net::mutable_buffer roomFor(char* into, std::size_t room);
    Got received(std::size_t octets, char* into, std::size_t room);

    /// How the end of a read is to be taken: TLS that ends without its own sign was cut.
    boost::system::error_code endOf(boost::system::error_code error) const
    {
        return error == net::error::eof && m_tls
            ? boost::system::error_code(net::error::connection_reset)
            : error;
    }

    /// Sends what the socket takes. No error: all is sent; would_block: wait for wait_write.
    boost::system::error_code writeNow(Outgoing& outgoing);

    /// Octets of requests that went to the socket, ever.
    std::uint64_t sent() const { return m_sent; }

    /// False when it was closed or spoken on while nobody asked.
    bool isIdle();
    void rest();

private:
    Got decrypted(char* into, std::size_t room);
    boost::system::error_code flushCipher();

    Socket m_socket;
    std::unique_ptr<TlsSession> m_tls;
    std::uint64_t m_sent = 0;
};

}
