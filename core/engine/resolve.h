#pragma once

#include "base/error.h"
#include "engine/breaker.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

using Addresses = std::vector<net::ip::address>;

/// Asks the system for the addresses of a name; the answer comes later, on the relay thread.
using NameSource = std::function<void(
    const std::string& host, std::function<void(boost::system::error_code, Addresses)> answer)>;

NameSource systemNames(net::io_context& context);

/// Addresses by name. An answer is kept for 30 s, a failure not at all; callers who ask for one
/// name at the same time share one question. Relay thread only.
class Resolver
{
public:
    Resolver(net::io_context& context, NameSource names);
    ~Resolver();

    /// In the order to try: families take turns, the system's first choice leads. A numeric host is
    /// its own answer. Errors: NameNotFound; Timeout and Cancelled by the breaker.
    net::awaitable<Result<Addresses>> addressesOf(std::string host, Breaker& breaker);

private:
    struct Book;
    std::shared_ptr<Book> m_book;
};

/// v6, v4, v6, v4 or the other way round, by which comes first.
Addresses inTurns(const Addresses& addresses);

}
