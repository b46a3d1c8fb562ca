#pragma once

#include "base/error.h"
#include "engine/engine.h"
#include "engine/limits.h"
#include "relay/request.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace waystation {

/// One client connection: reads requests one at a time, writes replies. Pipelined octets stay
/// unread in the kernel or in the buffer until the reply before them is done. Relay thread only.
///
/// What is not HTTP is answered inside (400, 408, 413, 414, 417, 431, 501, 505; `Connection:
/// close`) and then nextHead() gives nothing.
class Door
{
public:
    Door(net::ip::tcp::socket socket, const EngineOptions& options, Deadlines& deadlines);
    ~Door();
    Door(Door&&) noexcept;

    /// The next request's head; nullopt when the client left, broke a limit or the last reply
    /// closed the door.
    net::awaitable<std::optional<RequestHead>> nextHead();

    /// The body of the request whose head was given, decoded (gzip, deflate, zstd by
    /// Content-Encoding), with 64 octets of capacity behind it. Sends "100 Continue" when asked.
    /// Errors: TooLarge (over `most`, also when decoded, or a decoded size over 100 times the
    /// received one and 1 MiB), BadRequest (broken framing or coding), Unsupported (a coding that
    /// is not read: 415), ClientTimeout, Cancelled (left). After an error the door stays open only
    /// for one reply. A reply may also be given before the body was read: a small body is then
    /// passed over, a large one ends the connection after the reply.
    net::awaitable<Result<std::string>> readBody(std::uint64_t most);

    /// A whole reply with content-length. `headers` come without framing fields. HEAD and 304 carry
    /// no body. False when the client is gone.
    net::awaitable<bool> reply(int status, const Headers& headers, std::string_view body);
    /// The same for a body that is given in a stream: begins it (chunked; for HTTP/1.0 until
    /// close).
    net::awaitable<bool> beginStream(
        int status, const Headers& headers, std::string_view firstPiece);
    net::awaitable<bool> writePiece(std::string_view piece);
    net::awaitable<bool> endStream();
    /// Ends a begun stream so that the client can tell that it is not whole: closes without the
    /// last chunk (for HTTP/1.0, where the end is the close, by a reset).
    void breakOff();

    /// Runs `onLeft` once when the client closes (also only its sending side) or resets while a
    /// call runs; a pipelined octet is no leaving. `onLeft` may destroy the door.
    void watch(std::function<void()> onLeft);
    void unwatch();

    /// Called before a reply: no request follows on this connection.
    void closeAfterReply();
    bool staysOpen() const;
    /// A write that moves no octet for that long ends the connection; 300 s unless set.
    void setWriteStallLimit(Millis limit);
    std::uint64_t bytesRead() const;
    std::uint64_t bytesWritten() const;

    /// The connection itself, with the octets that came behind the last head.
    struct Given
    {
        net::ip::tcp::socket socket;
        std::string octets;
    };

    /// Gives the connection away in place of a reply, to go on in another protocol. The door is closed then.
    Given release();
    /// Closes at once; every wait ends. The destructor does the same, except that a client that
    /// still sends may take up to 2 s to read the reply it was given.
    void close();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
