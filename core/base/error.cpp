#include "base/error.h"

#include <array>
#include <stdexcept>
#include <utility>

namespace waystation {

namespace {

constexpr std::array kindNames {
    std::pair {ErrorKind::None, "none"},
    std::pair {ErrorKind::BadRequest, "bad_request"},
    std::pair {ErrorKind::Unauthenticated, "unauthenticated"},
    std::pair {ErrorKind::NotAllowed, "not_allowed"},
    std::pair {ErrorKind::Forbidden, "forbidden"},
    std::pair {ErrorKind::NoRoute, "no_route"},
    std::pair {ErrorKind::NotFound, "not_found"},
    std::pair {ErrorKind::Unsupported, "unsupported"},
    std::pair {ErrorKind::TooLarge, "too_large"},
    std::pair {ErrorKind::ClientTimeout, "client_timeout"},
    std::pair {ErrorKind::LoopDetected, "loop_detected"},
    std::pair {ErrorKind::KeyUnavailable, "key_unavailable"},
    std::pair {ErrorKind::UpstreamAuth, "upstream_auth"},
    std::pair {ErrorKind::UpstreamBilling, "upstream_billing"},
    std::pair {ErrorKind::UpstreamRefused, "upstream_refused"},
    std::pair {ErrorKind::UpstreamNotFound, "upstream_not_found"},
    std::pair {ErrorKind::RateLimited, "rate_limited"},
    std::pair {ErrorKind::Overloaded, "overloaded"},
    std::pair {ErrorKind::UpstreamFailed, "upstream_failed"},
    std::pair {ErrorKind::ConnectFailed, "connect_failed"},
    std::pair {ErrorKind::NameNotFound, "name_not_found"},
    std::pair {ErrorKind::TlsFailed, "tls_failed"},
    std::pair {ErrorKind::ProxyFailed, "proxy_failed"},
    std::pair {ErrorKind::Timeout, "timeout"},
    std::pair {ErrorKind::Cut, "cut"},
    std::pair {ErrorKind::BadReply, "bad_reply"},
    std::pair {ErrorKind::Cancelled, "cancelled"},
    std::pair {ErrorKind::Busy, "busy"},
    std::pair {ErrorKind::Io, "io"},
    std::pair {ErrorKind::Invalid, "invalid"},
    std::pair {ErrorKind::Conflict, "conflict"},
    std::pair {ErrorKind::Internal, "internal"},
};

}

const char* nameOf(ErrorKind kind)
{
    for (const auto& [known, name] : kindNames) {
        if (known == kind)
            return name;
    }
    return "internal";
}

std::optional<ErrorKind> errorKindFrom(std::string_view name)
{
    for (const auto& [known, word] : kindNames) {
        if (name == word)
            return known;
    }
    return std::nullopt;
}

void throwError(const Error& error)
{
    throw std::logic_error(std::string(nameOf(error.kind)) + ": " + error.message);
}

}
