#pragma once

#include "base/error.h"
#include "engine/stream.h"
#include "relay/plan.h"

#include <string>

namespace waystation {

/// "proxy name:port", for messages.
std::string nameOf(const PlanProxy& proxy);

/// Has `proxy`, at the other end of `stream`, connect to `target`: CONNECT (for plain http
/// upstreams too, so that a proxy never sees a request, only where it goes) or SOCKS5 (a name is
/// resolved by the proxy). Afterwards the stream talks to the target. Errors: ProxyFailed for
/// everything but Cancelled; messages name the proxy.
net::awaitable<Result<void>> passProxy(
    Stream& stream, const PlanProxy& proxy, const Origin& target, Breaker& breaker);

}
