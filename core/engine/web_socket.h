#pragma once

#include "engine/door.h"
#include "engine/limits.h"
#include "relay/request.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>

namespace waystation {

/// Whether a request asks for the Responses API over a WebSocket: GET on the path that takes its POST, with an upgrade.
bool asksForResponsesSocket(const RequestHead& head);

/// The Responses API over one WebSocket (what Codex tries first). Every `response.create` becomes a streaming POST to
/// the listener that the client itself came in by, with the end-to-end headers of the upgrade, so that each turn takes
/// the same walk as any other call and leaves the same row. The events of its stream go back as text messages.
///
/// One turn at a time; up to 16 more wait. Answers are remembered for `previous_response_id` as long as the socket
/// lives, also those that are not to be stored. What goes wrong before a stream, and messages that are not understood,
/// are answered with an `error` event; the socket stays open. Relay thread only.
class ResponsesSocket
{
public:
    struct Limits
    {
        std::uint64_t messageOctets = 64u << 20; // a larger message closes the socket (1009)
        Millis lifetime {3'600'000};             // then it is closed, between two turns
    };

    /// `head` is the request to upgrade; the caller has let it through and knows who asks.
    ResponsesSocket(Deadlines& deadlines, Door::Given connection, RequestHead head, Limits limits);
    ~ResponsesSocket();

    /// Answers the upgrade and serves until the socket is closed.
    net::awaitable<void> run();
    /// Closes (1001) as soon as no turn is under way. May be called again and again.
    void leave();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
