#pragma once

#include "base/error.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace waystation {

namespace net = boost::asio;

/// The sockets that clients connect to: one for each address, all on one port. Relay thread only.
class Listener
{
public:
    Listener();
    ~Listener(); // closes

    /// Binds every address (numeric); port 0 picks one that is free on all. An IPv6 loopback that
    /// this machine does not have is passed over as long as another address serves. Errors:
    /// Conflict when the port is taken (names it and, where the system tells, the holder), Invalid
    /// for an address that is none, Io otherwise. After an error nothing is bound. `context`
    /// outlives the listener.
    Result<void> open(
        net::io_context& context, const std::vector<std::string>& addresses, std::uint16_t port);
    /// 0 when not open.
    std::uint16_t port() const;
    /// How many addresses serve.
    std::size_t count() const;

    /// Accepts from now on; `onSocket` is given every connection. Without descriptors or memory it
    /// waits and tries again ten times a second; the clients wait in the backlog meanwhile.
    void run(std::function<void(net::ip::tcp::socket)> onSocket);
    /// Waiting for descriptors just now.
    bool isPaused() const;
    /// Told whenever isPaused() changes.
    void onPause(std::function<void(bool)> told);
    void close();

private:
    struct Parts;
    std::shared_ptr<Parts> m_parts;
};

/// Raises the limit of open descriptors to what the system allows this process; gives the limit
/// then in force, 0 where there is none to ask for.
std::uint64_t raiseDescriptorLimit();

}
