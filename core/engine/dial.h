#pragma once

#include "base/error.h"
#include "engine/breaker.h"

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <vector>

namespace waystation {

/// Connects to the first of `endpoints` that answers: the next one is tried when the last failed or
/// was silent for 250 ms, and the slower ones are dropped. The socket is non-blocking and sends
/// small writes at once. `name` is for messages. Errors: ConnectFailed; Timeout and Cancelled by
/// the breaker.
net::awaitable<Result<net::ip::tcp::socket>> dial(
    std::vector<net::ip::tcp::endpoint> endpoints, std::string name, Breaker& breaker);

}
