#include "engine/engine.h"

#include "engine/listener.h"
#include "engine/serve.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <thread>

#ifdef __linux__
#include <pthread.h>
#endif

namespace waystation {

namespace {

/// Lets go of every suspended coroutine while what they point to still stands.
class RelayContext : public net::io_context
{
public:
    RelayContext() : net::io_context(1) { }
    void dropAll() { shutdown(); }
};

}

struct Engine::Parts
{
    explicit Parts(EngineEvents given) : events(std::move(given)) { }

    /// What lives as long as one run of the thread; made in start(), on the thread from then on.
    struct Run
    {
        Run(const EngineEvents& events, const EngineOptions& given, Server::Counters& counters)
            : options(given), server(context, events, options, counters)
        {
        }

        EngineOptions options;
        RelayContext context;
        Server server;
        Listener listener;
    };

    template <class Work>
    void post(Work work)
    {
        if (run)
            net::post(run->context, std::move(work));
    }

    EngineEvents events;
    Server::Counters counters;
    std::unique_ptr<Run> run;
    std::thread thread;
    std::uint16_t port = 0;
    // Given before a start, or again at the next one.
    std::vector<std::string> roots;
    bool hasRoots = false;
    std::vector<TaskBinding> tasks;
};

Engine::Engine(EngineEvents events)
    : m_parts(std::make_unique<Parts>(std::move(events)))
{
}

Engine::~Engine()
{
    stop(Millis(0));
}

Result<void> Engine::start(const EngineOptions& options, std::shared_ptr<const Plan> plan)
{
    Parts& parts = *m_parts;
    if (parts.run)
        return Error {ErrorKind::Conflict, "the relay is running already"};
    raiseDescriptorLimit();
    auto run = std::make_unique<Parts::Run>(parts.events, options, parts.counters);
    const auto opened = run->listener.open(run->context, options.addresses, options.port);
    if (!opened)
        return opened.error();
    parts.port = run->listener.port();
    run->server.publish(std::move(plan));
    if (parts.hasRoots)
        run->server.upstream().setTrustRoots(parts.roots);
    for (const TaskBinding& task : parts.tasks)
        run->server.tasks().remember(task);

    run->listener.onPause([&counters = parts.counters](bool paused) { counters.acceptPaused.store(paused, std::memory_order_relaxed); });
    Parts::Run* raw = run.get();
    run->listener.run([raw](net::ip::tcp::socket socket) {
        net::co_spawn(raw->context, raw->server.serve(std::move(socket)), [](std::exception_ptr thrown) {
            // Only a bug gets here; it ends the connection that met it and no other.
            if (!thrown)
                return;
            try {
                std::rethrow_exception(thrown);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "waystation: a connection ended by an exception: %s\n", error.what());
            }
        });
    });
    parts.run = std::move(run);
    parts.thread = std::thread([raw] {
#ifdef __linux__
        pthread_setname_np(pthread_self(), "relay");
#endif
        raw->context.run();
    });
    return {};
}

bool Engine::isRunning() const
{
    return m_parts->run != nullptr;
}

std::uint16_t Engine::port() const
{
    return m_parts->run ? m_parts->port : 0;
}

void Engine::publish(std::shared_ptr<const Plan> plan)
{
    m_parts->post([server = m_parts->run ? &m_parts->run->server : nullptr, plan = std::move(plan)] { server->publish(plan); });
}

void Engine::setTrustRoots(std::vector<std::string> derCertificates)
{
    m_parts->roots = std::move(derCertificates);
    m_parts->hasRoots = true;
    m_parts->post([server = m_parts->run ? &m_parts->run->server : nullptr, roots = m_parts->roots] { server->upstream().setTrustRoots(roots); });
}

void Engine::rememberTasks(std::vector<TaskBinding> tasks)
{
    m_parts->tasks = std::move(tasks);
    m_parts->post([server = m_parts->run ? &m_parts->run->server : nullptr, tasks = m_parts->tasks] {
        for (const TaskBinding& task : tasks)
            server->tasks().remember(task);
    });
}

void Engine::cancel(const CallId& id)
{
    m_parts->post([server = m_parts->run ? &m_parts->run->server : nullptr, id] { server->cancel(id); });
}

void Engine::clearRest(const ChannelId& channel)
{
    m_parts->post([server = m_parts->run ? &m_parts->run->server : nullptr, channel] { server->clearRest(channel); });
}

void Engine::stop(Millis grace)
{
    Parts& parts = *m_parts;
    if (!parts.run)
        return;
    Parts::Run& run = *parts.run;

    // Looks again every 20 ms: first the calls have `grace`, then their cancelling has two seconds.
    struct Stop
    {
        explicit Stop(net::io_context& context) : timer(context) { }
        net::steady_timer timer;
        Tick cancelAt;
        Tick giveUpAt;
        bool cancelled = false;
        std::function<void()> look;
    };
    auto held = std::make_unique<Stop>(run.context);
    Stop& stop = *held;
    stop.look = [&run, &stop] {
        const Tick now = tickNow();
        if (!stop.cancelled && (run.server.callsInFlight() == 0 || now >= stop.cancelAt)) {
            stop.cancelled = true;
            stop.giveUpAt = now + Millis(2000);
            run.server.cancelAll();
        }
        run.server.closeIdleDoors();
        if (stop.cancelled && (run.server.openDoors() == 0 || now >= stop.giveUpAt)) {
            run.server.deadlines().stop();
            run.context.stop();
            return;
        }
        stop.timer.expires_after(Millis(20));
        stop.timer.async_wait([&stop](boost::system::error_code error) {
            if (!error)
                stop.look();
        });
    };
    net::post(run.context, [&run, &stop, grace] {
        run.listener.close();
        stop.cancelAt = tickNow() + grace;
        stop.look();
    });
    parts.thread.join();
    held.reset(); // its timer belongs to the context
    run.context.dropAll();
    parts.run.reset();
    parts.port = 0;
    parts.counters.callsInFlight = 0;
    parts.counters.clientConnections = 0;
    parts.counters.upstreamConnections = 0;
}

EngineFigures Engine::figures() const
{
    const Server::Counters& counters = m_parts->counters;
    EngineFigures figures;
    figures.callsInFlight = counters.callsInFlight.load(std::memory_order_relaxed);
    figures.clientConnections = counters.clientConnections.load(std::memory_order_relaxed);
    figures.upstreamConnections = counters.upstreamConnections.load(std::memory_order_relaxed);
    figures.callsEver = counters.callsEver.load(std::memory_order_relaxed);
    figures.acceptPaused = counters.acceptPaused.load(std::memory_order_relaxed);
    return figures;
}

}
