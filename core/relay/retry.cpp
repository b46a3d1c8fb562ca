#include "relay/retry.h"

namespace waystation {

bool worthAnotherRoute(const Error& error, bool requestWasSent)
{
    switch (error.kind) {
    // Another upstream, key or account may well do it, and this one said that it did not.
    case ErrorKind::KeyUnavailable:
    case ErrorKind::UpstreamAuth:
    case ErrorKind::UpstreamBilling:
    case ErrorKind::RateLimited:
    case ErrorKind::Overloaded:
    case ErrorKind::UpstreamFailed:
        return true;

    // Found out before a word was sent.
    case ErrorKind::Unsupported:
    case ErrorKind::NameNotFound:
    case ErrorKind::TlsFailed:
    case ErrorKind::ProxyFailed:
        return true;

    // Nobody knows how far the upstream came: asking again may pay twice.
    case ErrorKind::ConnectFailed:
    case ErrorKind::Timeout:
    case ErrorKind::Cut:
    case ErrorKind::BadReply:
        return !requestWasSent;

    // The request itself is at fault, and the next upstream would only say so in other words.
    case ErrorKind::UpstreamRefused:
    case ErrorKind::UpstreamNotFound:
    case ErrorKind::BadRequest:
    case ErrorKind::Unauthenticated:
    case ErrorKind::NotAllowed:
    case ErrorKind::Forbidden:
    case ErrorKind::NoRoute:
    case ErrorKind::NotFound:
    case ErrorKind::TooLarge:
    case ErrorKind::ClientTimeout:
    case ErrorKind::LoopDetected:
        return false;

    // This machine's own troubles travel along.
    case ErrorKind::None:
    case ErrorKind::Cancelled:
    case ErrorKind::Busy:
    case ErrorKind::Io:
    case ErrorKind::Invalid:
    case ErrorKind::Conflict:
    case ErrorKind::Internal:
        return false;
    }
    return false;
}

}
