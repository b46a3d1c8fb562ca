#pragma once

#include "engine/door.h"
#include "engine/engine.h"
#include "engine/limits.h"
#include "engine/stopper.h"
#include "engine/upstream.h"
#include "engine/web_socket.h"
#include "relay/exchange.h"
#include "relay/health.h"
#include "relay/response_store.h"
#include "relay/route.h"
#include "relay/task_book.h"
#include "tokens/token_counter.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <set>

namespace waystation {

/// Takes calls through the rooms: guard, authenticate, route, exchange, upstream, back to the client, record. One
/// coroutine a connection. Relay thread only, but for the counters.
class Server
{
public:
    struct Counters
    {
        std::atomic<std::int64_t> callsInFlight {0};
        std::atomic<std::int64_t> clientConnections {0};
        std::atomic<std::int64_t> upstreamConnections {0};
        std::atomic<std::int64_t> callsEver {0};
        std::atomic<bool> acceptPaused {false};
    };

    Server(net::io_context& context, const EngineEvents& events, const EngineOptions& options, Counters& counters);
    ~Server();

    void publish(std::shared_ptr<const Plan> plan) { m_plan = std::move(plan); }
    Upstream& upstream() { return m_upstream; }
    TaskBook& tasks() { return m_tasks; }
    Deadlines& deadlines() { return m_deadlines; }

    /// Serves one connection until it closes.
    net::awaitable<void> serve(net::ip::tcp::socket socket);

    void cancel(const CallId& id);
    void cancelAll();
    void clearRest(const ChannelId& channel);
    /// Connections that wait for a request are closed, those with a call close after it.
    void closeIdleDoors();
    std::size_t callsInFlight() const { return m_running.size(); }
    std::size_t openDoors() const { return m_doors.size(); }
    bool isStopping() const { return m_stopping; }

private:
    struct Call;

    net::awaitable<void> answer(Door& door, RequestHead head);
    net::awaitable<void> answerCall(Door& door, Call& call);
    net::awaitable<void> tryRoutes(Door& door, Call& call, const Routes& routes);
    net::awaitable<std::optional<Error>> tryRoute(Door& door, Call& call, const Route& route);
    net::awaitable<SendResult> send(Call& call, const Route& route, const UpstreamRequest& request);
    net::awaitable<std::optional<Error>> passError(Call& call, const Route& route, UpstreamReply& reply, Attempt& attempt);
    net::awaitable<std::optional<Error>> streamBack(Door& door, Call& call, UpstreamReply& reply, Exchange& exchange, Attempt& attempt);
    net::awaitable<bool> begin(Door& door, Call& call, const ReplyHead& head, std::string_view first);
    bool isKeepingAlive(Call& call);
    net::awaitable<void> endKeepAlive(Call& call);
    net::awaitable<void> refuse(Door& door, Call& call, const Error& error);
    net::awaitable<void> listModels(Door& door, Call& call);
    net::awaitable<void> countHere(Door& door, Call& call);
    net::awaitable<bool> answerFromStore(Door& door, Call& call);
    net::awaitable<void> echo(Door& door, RequestHead head);
    net::awaitable<void> serveSocket(Door& door, Call& call);

    void noteFailure(Call& call, const Route& route, const Error& error);
    void close(Call& call);
    void tell(News news);

    struct OpenDoor
    {
        Door* door;
        bool isBusy = false;
    };

    net::io_context& m_context;
    const EngineEvents& m_events;
    const EngineOptions& m_options;
    Counters& m_counters;
    Deadlines m_deadlines;
    Upstream m_upstream;
    net::thread_pool m_workers {1}; // counts tokens; m_tokens belongs to its thread
    TokenCounter m_tokens;
    Deadlines::Deadline m_tokensIdle;
    std::shared_ptr<const Plan> m_plan;
    Health m_health;
    TaskBook m_tasks;
    ResponseStore m_responses;
    std::map<CallId, Call*> m_running;
    std::set<OpenDoor*> m_doors;
    std::set<ResponsesSocket*> m_sockets; // each stands in for a door that was given away
    std::uint64_t m_idState = 0;
    bool m_stopping = false;
};

}
