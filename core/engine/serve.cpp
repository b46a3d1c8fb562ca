#include "engine/serve.h"

#include "base/call_id.h"
#include "base/hash.h"
#include "base/text.h"
#include "chat/raw_text.h"
#include "engine/keep_alive.h"
#include "engine/local_pages.h"
#include "engine/practice_player.h"
#include "relay/authenticate.h"
#include "relay/estimate.h"
#include "relay/exchange.h"
#include "relay/guard.h"
#include "relay/meter.h"
#include "relay/redact.h"
#include "relay/retry.h"
#include "relay/route.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <ctime>

namespace waystation {

namespace {

/// The error body of an upstream is read up to this size; what is longer is cut.
constexpr std::size_t mostErrorOctets = 256 * 1024;
/// What may wait for the first whole event of a stream before it is sent all the same.
constexpr std::size_t mostHeldOctets = 256 * 1024;
constexpr Millis progressEvery {250};
/// How long the tokenizer's vocabulary stays in memory after it was used.
constexpr Millis tokensKept {300'000};

int utcOffsetMinutes(TimePoint when)
{
    const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
    std::tm local {};
#ifdef _WIN32
    localtime_s(&local, &seconds);
    std::tm utc {};
    gmtime_s(&utc, &seconds);
    return static_cast<int>((_mkgmtime(&local) - _mkgmtime(&utc)) / 60);
#else
    localtime_r(&seconds, &local);
    return static_cast<int>(local.tm_gmtoff / 60);
#endif
}

Outcome outcomeOf(StopReason reason)
{
    return reason == StopReason::ClientLeft ? Outcome::CancelledByClient : Outcome::CancelledByUser;
}

Error fault(ErrorKind kind, std::string message)
{
    return {kind, std::move(message)};
}

bool takesNoBody(std::string_view method)
{
    return method == "GET" || method == "HEAD";
}

/// Tells the client under which ids people find the call here and at the upstream.
void addIds(Headers& headers, const CallRecord& record, std::string_view upstreamId)
{
    headers.set("x-waystation-call", record.id.text());
    headers.set(record.dialect == DialectId::Anthropic ? "request-id" : "x-request-id", record.id.text());
    if (!upstreamId.empty())
        headers.set("x-waystation-upstream-id", upstreamId);
}

/// What a stream's head says when it goes out before the upstream's.
Headers streamHead(const CallRecord& record)
{
    Headers headers {{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}};
    addIds(headers, record, {});
    return headers;
}

/// A browser may send these anywhere without asking first, so a JSON body under them is refused (reliability.md A2).
bool isFormType(std::string_view type)
{
    return startsWithIgnoringCase(type, "text/plain") || startsWithIgnoringCase(type, "application/x-www-form-urlencoded");
}

}

/// A call on its way, from its head to its row.
struct Server::Call
{
    std::shared_ptr<const Plan> plan;
    RawCall raw;
    Address address;
    CallSketch sketch;
    CallRecord record;
    Stopper stopper;
    Tick began = tickNow();
    const PlanClient* client = nullptr;
    KeyId key; // of the attempt under way
    bool isRecorded = false;
    bool committed = false; // an octet of the reply has left
    std::unique_ptr<KeepAlive> keepAlive; // of a call that streams
    // The last upstream error with its own words, for a client of the same protocol.
    std::optional<ErrorReply> upstreamsWords;
};

Server::Server(net::io_context& context, const EngineEvents& events, const EngineOptions& options, Counters& counters)
    : m_context(context),
      m_events(events),
      m_options(options),
      m_counters(counters),
      m_deadlines(context),
      m_upstream(context, m_deadlines, options.pooledIdleLimit),
      m_tokensIdle(m_deadlines, [this] { net::post(m_workers, [this] { m_tokens = TokenCounter(); }); }),
      m_idState(randomNumber())
{
}

Server::~Server()
{
    m_workers.join();
}

void Server::tell(News news)
{
    if (m_events.news)
        m_events.news(std::move(news));
}

void Server::cancel(const CallId& id)
{
    const auto found = m_running.find(id);
    if (found != m_running.end())
        found->second->stopper.stop(StopReason::ByUser);
}

void Server::cancelAll()
{
    const auto running = m_running; // stopping a call may end it
    for (const auto& [id, call] : running) {
        if (m_running.count(id))
            call->stopper.stop(StopReason::Shutdown);
    }
}

void Server::clearRest(const ChannelId& channel)
{
    m_health.clear(channel);
    tell(ChannelNews {channel, {}, std::nullopt, {}});
}

void Server::closeIdleDoors()
{
    m_stopping = true;
    const auto doors = m_doors;
    for (OpenDoor* open : doors) {
        if (!m_doors.count(open))
            continue;
        if (open->isBusy)
            open->door->closeAfterReply();
        else
            open->door->close();
    }
    for (ResponsesSocket* socket : m_sockets)
        socket->leave();
}

net::awaitable<void> Server::serve(net::ip::tcp::socket socket)
{
    Door door(std::move(socket), m_options, m_deadlines);
    OpenDoor open {&door};
    m_doors.insert(&open);
    m_counters.clientConnections.store(static_cast<std::int64_t>(m_doors.size()), std::memory_order_relaxed);
    for (;;) {
        auto head = co_await door.nextHead();
        if (!head)
            break;
        open.isBusy = true;
        if (m_options.echo)
            co_await echo(door, std::move(*head));
        else
            co_await answer(door, std::move(*head));
        open.isBusy = false;
        if (m_stopping || !door.staysOpen())
            break;
    }
    m_doors.erase(&open);
    m_counters.clientConnections.store(static_cast<std::int64_t>(m_doors.size()), std::memory_order_relaxed);
}

net::awaitable<void> Server::echo(Door& door, RequestHead head)
{
    const auto body = co_await door.readBody(64u << 20);
    if (!body) {
        const ErrorReply reply = writeError(DialectId::OpenaiChat, body.error(), {});
        co_await door.reply(reply.status, reply.headers, reply.body);
        co_return;
    }
    const Headers headers {{"content-type", "application/octet-stream"}};
    co_await door.reply(200, headers, head.method == "HEAD" ? std::string_view() : std::string_view(*body));
}

net::awaitable<void> Server::answer(Door& door, RequestHead head)
{
    Call call;
    call.plan = m_plan;
    call.raw.head = std::move(head);
    CallRecord& record = call.record;
    record.startedAt = wallNow();
    record.utcOffsetMinutes = utcOffsetMinutes(record.startedAt);
    // An odd step through all numbers: no two calls of a run share an id, and its start is random.
    m_idState += 0x9E3779B97F4A7C15ull;
    record.id = makeCallId(record.startedAt, static_cast<std::uint16_t>(m_idState >> 48), m_idState * 0xD1342543DE82EF95ull);
    record.userAgent = oneLine(call.raw.head.headers.value("user-agent"), 200);

    co_await answerCall(door, call);
    close(call);
}

net::awaitable<void> Server::answerCall(Door& door, Call& call)
{
    const RequestHead& head = call.raw.head;
    const Plan& plan = *call.plan;

    // Guard
    const auto address = addressOf(head.method, head.path, head.query, head.headers);
    if (address) {
        call.address = *address;
        call.record.dialect = address->dialect;
        call.record.operation = address->operation;
    }
    const auto guarded = guardHead(head, plan);
    if (!guarded)
        co_return co_await refuse(door, call, guarded.error());
    if (plan.answersWebSockets && asksForResponsesSocket(head))
        co_return co_await serveSocket(door, call);
    if (head.headers.listHas("connection", "upgrade") || head.headers.has("upgrade")) {
        // Codex asks for a WebSocket first and goes to POST at once on this answer (clients.md rule 2).
        Error error {ErrorKind::Unsupported, "this relay speaks plain HTTP here; send a POST"};
        ErrorReply reply = writeError(call.address.dialect, error, call.record.id.text());
        reply.headers.set("upgrade", "HTTP/1.1");
        co_await door.reply(426, reply.headers, reply.body);
        co_return;
    }
    if (address && address->operation == Operation::Hello && head.method == "HEAD") {
        co_await door.reply(200, Headers(), std::string_view());
        co_return;
    }

    // Authenticate
    const auto client = authenticate(head, plan, call.record.startedAt);
    call.isRecorded = address && isMetered(address->operation);
    if (!client)
        co_return co_await refuse(door, call, client.error());
    call.client = *client;
    call.record.client = call.client->id;
    call.record.clientName = call.client->name;
    if (!address)
        co_return co_await refuse(door, call, address.error());
    if (address->operation == Operation::Hello) {
        const Headers headers {{"content-type", "application/json"}};
        co_await door.reply(200, headers, "{\"name\":\"waystation\",\"status\":\"ok\"}");
        co_return;
    }
    const std::string_view channelWish
        = call.client->isInternal ? head.headers.value(channelHeader) : std::string_view();
    const bool listsModels = address->operation == Operation::ListModels || address->operation == Operation::GetModel;
    if (listsModels && channelWish.empty())
        co_return co_await listModels(door, call);
    if (plan.paused && !call.client->isInternal)
        co_return co_await refuse(door, call, fault(ErrorKind::Busy, "Waystation is paused by its user; resume it in its window or tray menu"));

    if (address->operation == Operation::ResponseTask && co_await answerFromStore(door, call))
        co_return;

    // The body
    if (!takesNoBody(head.method)) {
        if (isFormType(head.headers.value("content-type")))
            co_return co_await refuse(door, call, fault(ErrorKind::BadRequest, "send the body as application/json (header Content-Type)"));
        auto body = co_await door.readBody(plan.maxBodyBytes);
        if (!body) {
            if (body.error().kind == ErrorKind::Cancelled)
                co_return;
            co_return co_await refuse(door, call, body.error());
        }
        call.raw.body = std::move(*body);
        call.record.requestBytes = static_cast<std::int64_t>(call.raw.body.size());
    }
    const auto sketch = sketchOf(call.address, head.headers.value("content-type"), call.raw.body);
    if (!sketch)
        co_return co_await refuse(door, call, sketch.error());
    call.sketch = *sketch;
    if (call.address.dialect == DialectId::OpenaiResponses && !call.raw.body.empty()) {
        // Answers that were kept here stand in for ids that no upstream knows.
        if (auto whole = m_responses.expanded(call.client->id, call.raw.body, call.record.startedAt)) {
            call.raw.body = std::move(*whole);
            call.raw.body.reserve(call.raw.body.size() + 64);
            if (auto again = sketchOf(call.address, head.headers.value("content-type"), call.raw.body))
                call.sketch = *again;
        }
    }
    call.record.askedModel = sketch->model;
    call.record.stream = sketch->stream;

    // Route
    RouteWish wish;
    wish.dialect = call.address.dialect;
    wish.operation = call.address.operation;
    wish.model = sketch->model;
    wish.channel = std::string(channelWish);
    wish.random = m_idState;
    if (const TaskBinding* task = m_tasks.find(call.address.taskId, call.record.startedAt); task && wish.channel.empty()) {
        wish.channel = task->channel.text();
        wish.key = task->key;
    }
    if (!sketch->model.isEmpty()) {
        const auto allowed = mayUse(*call.client, sketch->model);
        if (!allowed)
            co_return co_await refuse(door, call, allowed.error());
    }
    auto routes = routesFor(wish, plan, m_health, call.record.startedAt);
    if (!routes && call.address.operation == Operation::CountTokens && routes.error().error.kind != ErrorKind::NoRoute)
        co_return co_await countHere(door, call);
    if (!routes) {
        call.record.route = routes.error().notes;
        co_return co_await refuse(door, call, routes.error().error);
    }
    call.record.route = routes->notes;

    m_running.emplace(call.record.id, &call);
    m_counters.callsInFlight.store(static_cast<std::int64_t>(m_running.size()), std::memory_order_relaxed);
    m_counters.callsEver.fetch_add(1, std::memory_order_relaxed);
    tell(CallStarted {call.record.id, call.record.startedAt, call.record.clientName, call.record.askedModel, call.record.dialect, call.record.stream});
    door.watch([&call] { call.stopper.stop(StopReason::ClientLeft); });
    co_await tryRoutes(door, call, *routes);
    door.unwatch();
    m_running.erase(call.record.id);
    m_counters.callsInFlight.store(static_cast<std::int64_t>(m_running.size()), std::memory_order_relaxed);
    m_counters.upstreamConnections.store(m_upstream.openConnections(), std::memory_order_relaxed);
}

net::awaitable<void> Server::serveSocket(Door& door, Call& call)
{
    call.address.dialect = call.record.dialect = DialectId::OpenaiResponses;
    call.address.operation = call.record.operation = Operation::Generate;
    const auto client = authenticate(call.raw.head, *call.plan, call.record.startedAt);
    if (!client) {
        call.isRecorded = true;
        co_return co_await refuse(door, call, client.error());
    }
    ResponsesSocket::Limits limits;
    limits.messageOctets = call.plan->maxBodyBytes;
    call.plan.reset(); // each turn is a call with a plan of its own, and this one may get old
    ResponsesSocket socket(m_deadlines, door.release(), std::move(call.raw.head), limits);
    m_sockets.insert(&socket);
    co_await socket.run();
    m_sockets.erase(&socket);
}

net::awaitable<void> Server::tryRoutes(Door& door, Call& call, const Routes& routes)
{
    const bool streamsEvents = call.record.stream && !call.address.streamsAsArray;
    if (streamsEvents)
        call.keepAlive = std::make_unique<KeepAlive>(m_context, m_deadlines, door, call.address.dialect, m_options.keepAliveEvery);
    for (std::size_t i = 0; i < routes.best.size(); ++i) {
        const Route& route = routes.best[i];
        const bool isLast = i + 1 == routes.best.size();
        // A head that is out ends the search, so it waits for the last route.
        if (isLast && call.keepAlive)
            call.keepAlive->allowBeginning(m_options.firstByteGrace, streamHead(call.record));
        const std::optional<Error> failure = co_await tryRoute(door, call, route);
        if (!failure)
            co_return;
        if (isKeepingAlive(call))
            co_await call.keepAlive->settle();
        const Attempt& attempt = call.record.attempts.back();
        const bool mayHaveBeenProcessed = attempt.wasSent && attempt.status == 0;
        const bool movesOn = !isLast && !call.committed && !call.stopper.isStopped() && worthAnotherRoute(*failure, mayHaveBeenProcessed);
        if (movesOn)
            continue;
        // Many upstreams have no such path; a client that asks is better served with an estimate than with an error.
        if (call.address.operation == Operation::CountTokens && !call.stopper.isStopped())
            co_return co_await countHere(door, call);
        co_return co_await refuse(door, call, *failure);
    }
}

net::awaitable<std::optional<Error>> Server::tryRoute(Door& door, Call& call, const Route& route)
{
    CallRecord& record = call.record;
    record.channel = route.channel->id;
    record.channelName = route.channel->name;
    record.keyLabel = route.key ? route.key->label : std::string();
    call.key = route.key ? route.key->id : KeyId();
    record.servedModel = route.model;
    record.isPractice = route.channel->isPractice;

    Attempt& attempt = record.attempts.emplace_back();
    attempt.channel = route.channel->id;
    attempt.channelName = route.channel->name;
    attempt.keyLabel = record.keyLabel;
    attempt.model = route.model;
    const Tick attemptBegan = tickNow();
    attempt.startedAfter = between(call.began, attemptBegan);
    call.upstreamsWords.reset();
    tell(CallRouted {record.id, record.channelName, route.model});

    ExchangeFacts facts;
    facts.viaValue = call.plan->instanceId;
    facts.callId = record.id.text();
    facts.nowSeconds = std::chrono::duration_cast<std::chrono::seconds>(record.startedAt.time_since_epoch()).count();
    facts.seed = m_idState;
    auto exchange = Exchange::open(call.raw, call.address, call.sketch, route, facts);
    if (exchange)
        record.warnings = (*exchange)->warnings();
    if (!exchange) {
        attempt.error = exchange.error();
        co_return exchange.error();
    }
    std::optional<Error> failure;
    {
        const UpstreamRequest request = (*exchange)->request();
        SendResult sent = co_await send(call, route, request);
        if (!sent) {
            attempt.timings = sent.error().timings;
            attempt.wasSent = sent.error().requestWasSent;
            attempt.reusedConnection = sent.error().reusedConnection;
            failure = sent.error().error;
        } else {
            UpstreamReply& reply = **sent;
            attempt.timings = reply.timings();
            attempt.wasSent = true;
            attempt.reusedConnection = reply.reusedConnection();
            attempt.status = reply.head().status;
            for (auto [from, to] : {std::pair {&attempt.timings.connect, &record.timings.connect}, {&attempt.timings.tls, &record.timings.tls},
                     {&attempt.timings.firstByte, &record.timings.firstByte}}) {
                if (*from)
                    *to = **from + (to == &record.timings.firstByte ? attempt.startedAfter : Micros(0));
            }
            if (attempt.status >= 200 && attempt.status < 300)
                failure = co_await streamBack(door, call, reply, **exchange, attempt);
            else
                failure = co_await passError(call, route, reply, attempt);
        }
    }
    attempt.timings.end = between(attemptBegan, tickNow());
    attempt.upstreamId = (*exchange)->upstreamId().empty() ? attempt.upstreamId : (*exchange)->upstreamId();
    record.upstreamId = attempt.upstreamId;
    if (failure) {
        failure->message = scrubbed(failure->message, *call.plan);
        attempt.error = failure;
        noteFailure(call, route, *failure);
    } else if (!attempt.error && route.key) {
        m_health.noteSuccess(route.channel->id, route.key->id);
    }
    co_return failure;
}

net::awaitable<SendResult> Server::send(Call& call, const Route& route, const UpstreamRequest& request)
{
    if (route.channel->isPractice) {
        PracticeScript script = practiceReply(call.address, call.sketch, request, m_idState, call.record.startedAt);
        co_return co_await playPractice(m_context, std::move(script), route.channel->timeouts.idle, call.stopper);
    }
    const Reach reach {&route.channel->proxy, route.channel->extraCaPem, route.channel->timeouts};
    co_return co_await m_upstream.send(request, reach, call.stopper);
}

net::awaitable<std::optional<Error>> Server::passError(Call& call, const Route& route, UpstreamReply& reply, Attempt& attempt)
{
    std::string body;
    for (;;) {
        const auto piece = co_await reply.nextPiece();
        if (!piece || piece->empty() || body.size() >= mostErrorOctets)
            break; // a cut error is still an error; its status says enough
        body.append(piece->substr(0, mostErrorOctets - body.size()));
    }
    if (call.stopper.isStopped())
        co_return Error {ErrorKind::Cancelled, "the call was stopped"};
    const ReplyHead& head = reply.head();
    Error error = readError(head.status, head.headers, body, call.record.startedAt);
    attempt.upstreamId = upstreamIdOf(head.headers);
    // The upstream's own words and status go to a client of its protocol, but for a refused key (the client would take it
    // for its own) and for redirects, which nobody follows here.
    const bool isMasked = error.kind == ErrorKind::UpstreamAuth && call.plan->maskUpstreamAuth;
    const bool isSameProtocol = route.endpoint->dialect == call.address.dialect;
    if (!isSameProtocol)
        error.message = route.channel->name + ": " + error.message;
    if (head.status >= 400 && !isMasked && isSameProtocol) {
        ErrorReply words {head.status, scrubbed(body, *call.plan), {}};
        for (const char* name : {"content-type", "retry-after", "retry-after-ms", "x-should-retry"}) {
            if (const auto value = head.headers.find(name))
                words.headers.add(name, *value);
        }
        for (const Headers::Field& field : head.headers) {
            if (startsWithIgnoringCase(field.name, "x-ratelimit-") || startsWithIgnoringCase(field.name, "anthropic-ratelimit-"))
                words.headers.add(field.name, field.value);
        }
        words.headers.set("x-waystation-error", nameOf(error.kind));
        const bool isBeyondRetry = error.kind == ErrorKind::UpstreamBilling || error.kind == ErrorKind::UpstreamAuth;
        if (isBeyondRetry && !words.headers.has("x-should-retry"))
            words.headers.add("x-should-retry", "false");
        call.upstreamsWords = std::move(words);
    }
    co_return error;
}

net::awaitable<std::optional<Error>> Server::streamBack(Door& door, Call& call, UpstreamReply& reply, Exchange& exchange, Attempt& attempt)
{
    CallRecord& record = call.record;
    ReplyHead head = exchange.replyHead(reply.head());
    addIds(head.headers, record, exchange.upstreamId());
    if (!record.warnings.empty())
        head.headers.set("x-waystation-warnings", joined(record.warnings, ", "));

    std::string held; // until the first whole event says that this is an answer
    bool hasBegun = false; // something of this answer has left
    bool clientThere = true;
    std::optional<Error> cause;
    Tick lastProgress = tickNow();
    for (;;) {
        const auto piece = co_await reply.nextPiece();
        if (!piece) {
            cause = piece.error();
            break;
        }
        if (piece->empty())
            break;
        const Tick now = tickNow();
        const std::string_view out = exchange.feed(*piece, now);
        if (isKeepingAlive(call))
            co_await call.keepAlive->settle();
        if (exchange.earlyError() && !hasBegun)
            break;
        if (!out.empty()) {
            if (hasBegun) {
                clientThere = co_await door.writePiece(out);
            } else if (exchange.worthCommitting() || held.size() + out.size() > mostHeldOctets) {
                hasBegun = true;
                held.append(out);
                const std::string_view first = held.size() == out.size() ? out : std::string_view(held);
                clientThere = co_await begin(door, call, head, first);
            } else {
                held.append(out);
            }
            if (hasBegun && call.keepAlive)
                call.keepAlive->touch();
        }
        if (!clientThere || exchange.ending())
            break;
        if (now - lastProgress > progressEvery) {
            lastProgress = now;
            tell(CallProgress {record.id, exchange.contentOctets()});
        }
    }
    if (!clientThere)
        call.stopper.stop(StopReason::ClientLeft);

    const std::string_view rest = exchange.finish(cause ? &*cause : nullptr);
    co_await endKeepAlive(call);
    record.usage = exchange.usage();
    record.usageKind = exchange.usageKind();
    record.answeredModel = ModelName(exchange.answeredModel());
    if (exchange.firstTokenAt()) {
        record.timings.firstToken = between(call.began, *exchange.firstTokenAt());
        attempt.timings.firstToken = *record.timings.firstToken - attempt.startedAfter;
    }
    if (!exchange.madeTask().empty()) {
        record.task = TaskBinding {exchange.madeTask(), record.channel, call.key, record.dialect, record.startedAt};
        m_tasks.remember(*record.task);
    }

    if (!exchange.madeResponse().empty())
        m_responses.remember(record.client, call.raw.body, exchange.madeResponse(), record.startedAt);

    if (call.stopper.isStopped()) {
        // A client that leaves right behind the last event has had its answer (clients.md rule 9).
        record.outcome = exchange.sawEnd() ? Outcome::Done : outcomeOf(call.stopper.reason());
        if (call.committed) {
            if (record.outcome == Outcome::CancelledByUser) {
                const Error error {ErrorKind::Cancelled, "the call was cancelled in Waystation"};
                record.error = error;
                if (exchange.isStream()) {
                    const std::string last = writeStreamError(record.dialect, error, exchange.upstreamId());
                    co_await door.writePiece(last);
                    co_await door.endStream();
                } else {
                    door.breakOff();
                }
            } else {
                door.breakOff();
            }
            co_return std::nullopt;
        }
        if (record.outcome == Outcome::Done)
            co_return std::nullopt;
        co_return Error {ErrorKind::Cancelled, "the call was stopped"};
    }

    if (!hasBegun) {
        if (exchange.earlyError())
            co_return exchange.earlyError();
        if (exchange.ending())
            co_return exchange.ending();
        record.outcome = Outcome::Done;
        if (exchange.isStream() || call.committed) {
            held.append(rest);
            co_await begin(door, call, head, held);
            co_await door.endStream();
        } else {
            call.committed = true;
            record.status = head.status;
            held.append(rest);
            co_await door.reply(head.status, head.headers, held.size() == rest.size() ? rest : std::string_view(held));
        }
        co_return std::nullopt;
    }

    if (!rest.empty())
        co_await door.writePiece(rest);
    if (!exchange.ending()) {
        co_await door.endStream();
        record.outcome = Outcome::Done;
        co_return std::nullopt;
    }
    record.outcome = Outcome::Cut;
    record.error = exchange.ending();
    record.error->message = scrubbed(record.error->message, *call.plan);
    attempt.error = record.error;
    // The protocol's own error event has told the client; a body that is no stream can only be broken off.
    if (exchange.isStream())
        co_await door.endStream();
    else
        door.breakOff();
    co_return std::nullopt;
}

net::awaitable<bool> Server::begin(Door& door, Call& call, const ReplyHead& head, std::string_view first)
{
    // A keep-alive may have sent the head already.
    if (call.committed)
        co_return co_await door.writePiece(first);
    call.committed = true;
    call.record.status = head.status;
    co_return co_await door.beginStream(head.status, head.headers, first);
}

bool Server::isKeepingAlive(Call& call)
{
    if (!call.keepAlive)
        return false;
    if (call.keepAlive->hasBegun() && !call.committed) {
        call.committed = true;
        call.record.status = 200;
    }
    return call.keepAlive->isWriting();
}

net::awaitable<void> Server::endKeepAlive(Call& call)
{
    if (!call.keepAlive)
        co_return;
    call.keepAlive->stop();
    if (isKeepingAlive(call))
        co_await call.keepAlive->settle();
}

net::awaitable<void> Server::refuse(Door& door, Call& call, const Error& error)
{
    CallRecord& record = call.record;
    record.error = error;
    co_await endKeepAlive(call);
    if (call.stopper.isStopped())
        record.outcome = outcomeOf(call.stopper.reason());
    else
        record.outcome = record.attempts.empty() ? Outcome::Refused : Outcome::Failed;
    if (record.outcome == Outcome::CancelledByClient) {
        door.closeAfterReply();
        co_return;
    }
    if (call.committed) {
        // The head is out since a keep-alive was due; the protocol's own error event is all that can follow.
        const std::string last = writeStreamError(record.dialect, error);
        co_await door.writePiece(last);
        co_await door.endStream();
        co_return;
    }
    ErrorReply reply = call.upstreamsWords ? std::move(*call.upstreamsWords) : writeError(record.dialect, error, record.id.text());
    addIds(reply.headers, record, record.upstreamId);
    record.status = reply.status;
    const bool isThere = co_await door.reply(reply.status, reply.headers, reply.body);
    if (!isThere && record.outcome != Outcome::Refused)
        record.outcome = Outcome::CancelledByClient;
}

net::awaitable<bool> Server::answerFromStore(Door& door, Call& call)
{
    const RequestHead& head = call.raw.head;
    const std::string& id = call.address.taskId;
    const TimePoint now = call.record.startedAt;
    const std::string* response = m_responses.find(call.client->id, id, now);
    if (!response)
        co_return false;
    std::string body;
    if (head.method == "DELETE") {
        m_responses.forget(call.client->id, id);
        body = "{\"id\":" + jsonString(id) + ",\"object\":\"response\",\"deleted\":true}";
    } else if (call.address.tail.ends_with("/input_items")) {
        body = m_responses.inputItems(call.client->id, id, now);
    } else {
        body = *response; // an answer that is kept has ended, so there is nothing to cancel
    }
    Headers headers {{"content-type", "application/json"}};
    addIds(headers, call.record, {});
    call.isRecorded = false;
    co_await door.reply(200, headers, body);
    co_return true;
}

net::awaitable<void> Server::countHere(Door& door, Call& call)
{
    // Unpacking a vocabulary and counting a long conversation take their time, so both happen beside the relay thread.
    auto work = [this, &call]() -> net::awaitable<Result<std::string>> {
        auto counted = countedHere(call.address, call.raw.body, m_tokens);
        co_return counted;
    };
    auto working = net::co_spawn(m_workers, work, net::use_awaitable);
    const Result<std::string> counted = co_await std::move(working);
    m_tokensIdle.set(tokensKept);
    if (!counted)
        co_return co_await refuse(door, call, counted.error());
    Headers headers {{"content-type", "application/json"}, {"x-waystation-estimate", "o200k"}};
    addIds(headers, call.record, {});
    call.record.status = 200;
    call.record.outcome = Outcome::Done;
    call.record.error.reset();
    co_await door.reply(200, headers, *counted);
}

net::awaitable<void> Server::listModels(Door& door, Call& call)
{
    const std::vector<ServedModel> models = servedModels(*call.plan, *call.client);
    const Headers headers {{"content-type", "application/json"}};
    if (call.address.operation == Operation::ListModels) {
        const std::string list = modelListJson(call.address.dialect, models);
        co_await door.reply(200, headers, list);
        co_return;
    }
    const auto one = modelJson(call.address.dialect, models, call.address.model);
    if (!one)
        co_return co_await refuse(door, call, fault(ErrorKind::NoRoute, "no channel serves a model called \"" + oneLine(call.address.model, 100) + "\""));
    co_await door.reply(200, headers, *one);
}

void Server::noteFailure(Call& call, const Route& route, const Error& error)
{
    if (route.channel->isPractice || error.kind == ErrorKind::Cancelled)
        return;
    const KeyId key = route.key ? route.key->id : KeyId();
    const Origin& origin = route.endpoint->base.origin;
    m_health.noteFailure(route.channel->id, key, error, origin.host, isLoopbackHost(origin.host), call.record.startedAt);
    if (const Rest* rest = m_health.restOf(route.channel->id, key, call.record.startedAt))
        tell(ChannelNews {route.channel->id, route.key ? route.key->label : std::string(), rest->until, rest->reason});
}

void Server::close(Call& call)
{
    CallRecord& record = call.record;
    record.timings.end = between(call.began, tickNow());
    if (!call.isRecorded)
        return;
    if (record.error)
        record.error->message = oneLine(scrubbed(record.error->message, *call.plan), 400);
    priceRecord(record, *call.plan);
    tell(CallEnded {record.id, record.outcome, record.channel, record.cost, record.usage});
    if (m_events.record)
        m_events.record(std::move(record));
}

}
