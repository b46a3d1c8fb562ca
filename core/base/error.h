#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace waystation {

/// What went wrong, in the words that every room shares. A dialect maps a kind to the status and shape
/// of its protocol, the window maps it to the user's language.
enum class ErrorKind {
    None,

    // The client's side
    BadRequest,        // not a request of this protocol: broken JSON, missing model, two models
    Unauthenticated,   // no client key, or one that is not known
    NotAllowed,        // a known key that may not do this: model not on its list, expired
    Forbidden,         // Host, Origin or Sec-Fetch-Site is not one that this listener serves
    NoRoute,           // no channel serves the model
    NotFound,          // no such path, task or stored answer
    Unsupported,       // the channel's family has no such operation
    TooLarge,          // body or head over the limit
    ClientTimeout,     // head or body did not arrive in time
    LoopDetected,      // the call came from this relay itself

    // Keys and money
    KeyUnavailable,    // the vault is locked, slow, or the entry is gone
    UpstreamAuth,      // the upstream refused our key
    UpstreamBilling,   // the upstream's account is out of credit

    // The upstream's side
    UpstreamRefused,   // 400, 413, 422 and kin: its words about the request
    UpstreamNotFound,  // 404: it does not know the model
    RateLimited,       // 429
    Overloaded,        // 503, 529
    UpstreamFailed,    // 500 and other answers that are no answer
    ConnectFailed,     // refused, unreachable, reset before an answer
    NameNotFound,      // DNS
    TlsFailed,         // certificate or handshake
    ProxyFailed,       // the proxy refused, or wants a password
    Timeout,           // connect, first byte or idle limit
    Cut,               // the answer ended before its end
    BadReply,          // the answer is not HTTP, or not of its protocol

    // Ours
    Cancelled,         // by the client leaving, the user, or a stop
    Busy,              // a queue is full
    Io,                // file, database, socket of this machine
    Invalid,           // settings or arguments that do not fit
    Conflict,          // the name is taken, another process holds the folder
    Internal,
};

/// A stable lower-case word for logs, the database and `--json` ("rate_limited").
const char* nameOf(ErrorKind kind);
std::optional<ErrorKind> errorKindFrom(std::string_view name);

struct Error
{
    ErrorKind kind = ErrorKind::Internal;
    std::string message; // English, one sentence or two, without secrets
    std::string field = {}; // what it is about ("model", "channels[2].baseUrl"), empty when nothing in particular
    std::optional<std::chrono::milliseconds> retryAfter = {}; // when the cause said so
};

template <class T>
using Result = boost::system::result<T, Error>;

/// What result::value() throws for an Error; reaching it is a bug.
[[noreturn]] void throwError(const Error& error);

BOOST_NORETURN inline void throw_exception_from_error(const Error& error, const boost::source_location&)
{
    throwError(error);
}

}
