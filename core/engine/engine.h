#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "relay/call_record.h"
#include "relay/news.h"
#include "relay/plan.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace waystation {

struct EngineOptions
{
    std::vector<std::string> addresses {"127.0.0.1", "::1"}; // numeric; an absent IPv6 loopback is passed over
    std::uint16_t port = 8411;    // 0: any free one, the same on every address
    Millis headLimit {15'000};    // a request's head must be whole by then
    Millis bodyStallLimit {30'000}; // no octet of a body for that long ends the connection
    Millis keepAliveLimit {75'000}; // an idle client connection is closed
    std::size_t headBytes = 64 * 1024;
    Millis pooledIdleLimit {45'000}; // an idle upstream connection is closed
    Millis keepAliveEvery {15'000};  // a client's stream is silent that long before a keep-alive is sent
    Millis firstByteGrace {20'000};  // a stream's head waits that long for the upstream, then it goes out with a keep-alive
    bool echo = false;            // test builds: answer 200 with the body of any well-formed request
};

/// Called on the relay thread; must return soon.
struct EngineEvents
{
    std::function<void(CallRecord&&)> record;
    std::function<void(News&&)> news; // may be empty
};

/// Figures anybody may read from any thread.
struct EngineFigures
{
    std::int64_t callsInFlight = 0;
    std::int64_t clientConnections = 0;
    std::int64_t upstreamConnections = 0;
    std::int64_t callsEver = 0;
    bool acceptPaused = false; // out of descriptors just now
};

/// The relay: one thread with its own io_context. The only header of this room that others include.
/// All functions are called from one other thread (the owner's).
class Engine
{
public:
    explicit Engine(EngineEvents events);
    ~Engine(); // stops with no grace

    /// Binds and starts the thread. Errors: Conflict when the port is taken (the message names it and, where the
    /// system tells, the holder), Io otherwise. May be called again after an error.
    Result<void> start(const EngineOptions& options, std::shared_ptr<const Plan> plan);
    bool isRunning() const;
    /// The port that is served; 0 when not running.
    std::uint16_t port() const;

    /// The plan for calls that begin from now on.
    void publish(std::shared_ptr<const Plan> plan);
    /// Root certificates (DER) to trust for TLS upstreams. Until they come, TLS connections wait (connect limit).
    void setTrustRoots(std::vector<std::string> derCertificates);
    /// Bindings known from earlier runs.
    void rememberTasks(std::vector<TaskBinding> tasks);
    void cancel(const CallId& id);
    /// Forgets why a channel rests.
    void clearRest(const ChannelId& channel);
    /// Closes the listener, lets running calls go on for `grace`, cancels the rest, returns when the thread ended
    /// and every record was handed over.
    void stop(Millis grace);
    EngineFigures figures() const;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
