#pragma once

#include "base/clock.h"
#include "base/headers.h"
#include "base/url.h"
#include "support/test_certificates.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace waystation::test {

struct SeenRequest
{
    int connection = 0; // 1 for the first that was accepted
    int place = 0; // 1 for the first on its connection
    std::string method;
    std::string target;
    Headers headers;
    std::string body;
};

struct ScriptPiece
{
    std::string octets;
    Millis pause{0}; // before it
    std::uint64_t times = 1;
};

/// How one request is answered. Framing fields are added unless `headers` holds them.
struct ReplyScript
{
    enum class Framing {
        Chunked, // a chunk for each piece
        Length,
        UntilClose,
    };
    enum class Ending {
        Whole,
        Cut, // the connection is closed where the last octets went out
        Reset, // the same with RST
        Stall, // nothing more until the other side closes
    };
    static constexpr std::uint64_t all = ~std::uint64_t(0);

    int status = 200;
    Headers headers;
    std::vector<ScriptPiece> pieces;
    Framing framing = Framing::Chunked;
    Ending ending = Ending::Whole; // with another one the framing's own end is not sent
    Millis pause{0}; // before the head
    std::string before; // sent as it is before the head ("HTTP/1.1 102 Processing\r\n\r\n")
    std::uint64_t bodyOctets = all; // of the framed body; `ending` comes after that many
    std::optional<std::string> raw; // sent instead of head and pieces
    bool closes = false; // the connection is closed after a whole answer, unannounced
};

/// A JSON answer with Content-Length.
ReplyScript jsonReply(std::string body, int status = 200);
/// A chunked text/event-stream; each of `events` is one piece, sent as it is, `pause` before each
/// but the first.
ReplyScript eventStream(const std::vector<std::string>& events, Millis pause = Millis(0));

/// An HTTP/1.1 server on 127.0.0.1 with a thread of its own that plays scripts. All functions may
/// be called from any thread; the handler is called on the server's thread.
class ScriptedUpstream
{
public:
    using Handler = std::function<ReplyScript(const SeenRequest&)>;

    struct Options
    {
        std::optional<TestIdentity> tls;
        bool onlyOldTls = false; // TLS 1.0 and nothing later
        bool cutsHandshake = false; // closes when the TLS hello came
        bool isMute = false; // accepts, reads, and says nothing (no TLS either)
        bool answersAtHead
            = false; // the handler is called before the body is read, and it is not read at all
        std::uint16_t port = 0; // 0: any free one
    };

    explicit ScriptedUpstream(Handler handler);
    ScriptedUpstream(Handler handler, Options options);
    ~ScriptedUpstream();

    void setHandler(Handler handler); // for requests from now on

    std::uint16_t port() const;
    /// 127.0.0.1; the host may be replaced by "localhost".
    Origin origin() const;
    std::string url() const; // "http://127.0.0.1:1234"

    std::vector<SeenRequest> requests() const;
    std::size_t requestCount() const;
    int connectionCount() const; // ever accepted
    int openCount() const;
    /// Closed by the other side: ever.
    int closedByPeerCount() const;
    /// TLS handshakes that resumed an earlier session.
    int resumedCount() const;
    /// Octets of HTTP that came in (inside TLS), on all connections.
    std::uint64_t octetsReceived() const;
    /// Octets of HTTP that went out.
    std::uint64_t octetsSent() const;

    /// True as soon as that many were seen; false when it did not come so far in time.
    bool waitForRequests(std::size_t count, Millis atMost = Millis(5000)) const;
    bool waitForConnections(int count, Millis atMost = Millis(5000)) const;
    bool waitForClosed(int count, Millis atMost = Millis(5000)) const;
    bool waitForOpen(int count, Millis atMost = Millis(5000)) const;

    /// Closes every connection (with RST when asked) and returns when that is done; the listener
    /// stays.
    void closeConnections(bool reset = false);
    /// The listener too: connecting is refused until listen().
    void stopListening();
    void listen();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
