#pragma once

#include "base/error.h"
#include "engine/breaker.h"

#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;
struct x509_st;

namespace waystation {

/// What a set of roots trusts, and the sessions that may be resumed under it.
class TlsContext;
/// Never the same for two contexts of one process.
std::uint64_t idOf(const TlsContext& context);

/// The certificates that upstreams are measured by. Relay thread only.
class TlsTrust
{
public:
    TlsTrust();
    ~TlsTrust();

    /// DER; what cannot be read is left out. Replaces the roots for handshakes from now on.
    void setRoots(const std::vector<std::string>& derCertificates);

    bool isReady() const { return m_isReady; }

    /// Trusts the roots and, beside them, the certificates in `extraPem` (may be empty). One
    /// context is kept for each different text. Errors: TlsFailed when the text holds no
    /// certificate.
    Result<std::shared_ptr<TlsContext>> contextFor(std::string_view extraPem);

private:
    struct CertificateFree
    {
        void operator()(x509_st* certificate) const;
    };

    struct Kept
    {
        std::string pem;
        std::shared_ptr<TlsContext> context;
    };

    bool m_isReady = false;
    std::vector<std::unique_ptr<x509_st, CertificateFree>> m_roots;
    std::list<Kept> m_kept; // latest use first
};

/// One TLS client session (1.2 and up, host name verified) over octets that others carry. Knows no
/// socket.
class TlsSession
{
public:
    /// `host` is a name or an address, as the certificate must have it. `sessionKey` says which
    /// sessions fit.
    TlsSession(std::shared_ptr<TlsContext> context, std::string host, std::string sessionKey);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    enum class Step {
        Done,
        NeedsInput,
        Ended, // by the other side's close_notify
        Failed, // see failure()
    };

    /// Errors are told with failure(), naming host and cause.
    Step handshake();
    bool wasResumed() const;
    /// As many octets as are at hand; `got` is above 0 when Done.
    Step read(char* into, std::size_t room, std::size_t& got);

    /// The next read() gives something without more input.
    bool holdsMore() const { return m_holdsMore; }

    /// Takes `octets` (at most 16 KiB at once) into cipher().
    Step write(std::string_view octets);

    Error failure() const { return m_failure; }

    const std::string& host() const { return m_host; }

    /// Where received octets go; only when the last step needed input.
    net::mutable_buffer room();
    void received(std::size_t octets);

    /// What is to be sent; the sender removes what it sent.
    std::string& cipher() { return m_cipher; }

    /// Gives back memory that only a session in use needs.
    void rest();

private:
    friend class TlsContext;
    struct Bio;
    Step stepAfter(int answer);
    Error handshakeFailure() const;

    std::shared_ptr<TlsContext> m_context;
    std::string m_host;
    std::string m_sessionKey;
    ssl_st* m_ssl = nullptr;
    std::unique_ptr<char[]> m_input;
    std::size_t m_inputAt = 0;
    std::size_t m_inputEnd = 0;
    bool m_holdsMore = false;
    std::string m_cipher;
    Error m_failure;
};

/// Lets a limited number of handshakes run at once: each costs as much time as fifty pieces of an
/// answer, and a crowd of them would hold up every stream. Relay thread only.
class HandshakeGate : public std::enable_shared_from_this<HandshakeGate>
{
public:
    explicit HandshakeGate(int places)
        : m_free(places)
    {
    }

    class Ticket
    {
    public:
        Ticket() = default;

        explicit Ticket(std::shared_ptr<HandshakeGate> gate)
            : m_gate(std::move(gate))
        {
        }

        Ticket(Ticket&&) noexcept = default;
        Ticket& operator=(Ticket&&) noexcept = default;

        ~Ticket()
        {
            if (m_gate)
                m_gate->leave();
        }

    private:
        std::shared_ptr<HandshakeGate> m_gate;
    };

    /// First come, first served. The breaker must be asked afterwards; broken, the ticket may be
    /// empty.
    net::awaitable<Ticket> enter(Breaker& breaker);

private:
    void leave();

    int m_free;
    std::list<Signal*> m_waiting;
};

}
