#pragma once

#include "base/error.h"
#include "engine/limits.h"
#include "engine/stopper.h"
#include "relay/call_record.h"
#include "relay/plan.h"
#include "relay/request.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// How to reach an upstream.
struct Reach
{
    const PlanProxy* proxy
        = nullptr; // null or Kind::None: directly. Never used for a loopback host
    std::string_view extraCaPem;
    Timeouts timeouts;
};

/// An answer under way. Destroying it before its end closes the connection; after its end the
/// connection goes back to the pool when both sides keep it. Relay thread only.
class UpstreamReply
{
public:
    virtual ~UpstreamReply() = default;

    const ReplyHead& head() const { return m_head; }

    /// Measured from the start of send().
    const Timings& timings() const { return m_timings; }

    bool reusedConnection() const { return m_reused; }

    /// The next octets of the body, unframed and decoded (gzip and deflate though identity was
    /// asked); an empty view is the proven end. Good until the next call. Waiting here is the
    /// back-pressure. Errors: Cut, Timeout (idle limit, counts octets), BadReply, Cancelled.
    virtual net::awaitable<Result<std::string_view>> nextPiece() = 0;

protected:
    ReplyHead m_head;
    Timings m_timings;
    bool m_reused = false;
};

/// Why there is no answer.
struct SendFailure
{
    Error error;
    Timings timings;
    bool requestWasSent = false; // an octet of the request may have been processed
    bool reusedConnection = false;
};

using SendResult = boost::system::result<std::unique_ptr<UpstreamReply>, SendFailure>;

BOOST_NORETURN inline void throw_exception_from_error(
    const SendFailure& failure, const boost::source_location&)
{
    throwError(failure.error);
}

/// Calls upstreams over HTTP/1.1: a pool of kept connections for each origin and way to reach it,
/// without a limit on how many are open; TLS 1.2 and up; happy eyeballs; no redirects. Relay thread
/// only.
///
/// Proxies: CONNECT for http and https upstreams alike, so that a proxy sees where a request goes
/// and never the request; SOCKS5 with names left to the proxy. Never round a proxy that fails.
///
/// A request is sent a second time, once and on a connection made for it, only when a kept
/// connection ended (closed or reset, not a limit that passed) before one octet of an answer came:
/// the other side closed it while it was idle.
///
/// An answer that comes while the body is still being written: from status 300 up it is taken at
/// once and the rest of the body is not sent; below that the body is sent to its end first. Either
/// way `request` is not needed after send().
class Upstream
{
public:
    Upstream(net::io_context& context, Deadlines& deadlines, Millis pooledIdleLimit);
    ~Upstream();

    /// Handshakes wait for the first call of this (at most the connect limit). May be called again.
    void setTrustRoots(std::vector<std::string> derCertificates);

    /// Errors (in SendFailure): BadRequest (characters that no head can carry), ConnectFailed,
    /// NameNotFound, TlsFailed, ProxyFailed, Timeout, Cut, BadReply, Cancelled. Messages name the
    /// host and the step. `request` and `reach` outlive the wait, `stopper` the reply's last wait.
    /// 1xx answers are passed over.
    net::awaitable<SendResult> send(
        const UpstreamRequest& request, const Reach& reach, Stopper& stopper);

    std::int64_t openConnections() const;
    void closeIdle();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
