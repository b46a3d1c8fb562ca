#pragma once

#include "engine/upstream.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace waystation::test {

/// What became of one request.
struct Told
{
    std::optional<SendFailure> failure;
    int status = 0;
    Headers headers;
    std::string body;
    std::uint64_t bodyOctets = 0;
    int pieces = 0;
    std::optional<Error> cut; // the answer began and failed
    Timings timings;
    bool reused = false;
    std::chrono::milliseconds took{0};

    bool isWhole() const { return !failure && !cut; }

    ErrorKind kind() const
    {
        return failure ? failure->error.kind : cut ? cut->kind : ErrorKind::None;
    }

    std::string message() const
    {
        return failure ? failure->error.message : cut ? cut->message : std::string();
    }
};

struct Keep
{
    bool body = true;
    std::uint64_t most = ~std::uint64_t(0); // leave after that many octets
};

/// An Upstream with its event loop, run by the test's own thread.
class UpstreamBench
{
public:
    explicit UpstreamBench(Millis pooledIdleLimit = Millis(45'000))
        : upstream(context, deadlines, pooledIdleLimit)
    {
        reach.timeouts = Timeouts{Millis(5'000), Millis(10'000), Millis(10'000)};
        upstream.setTrustRoots({});
    }

    /// Runs the loop until `isDone` or the time is over; false then.
    bool runUntil(const std::function<bool()>& isDone, Millis atMost = Millis(20'000))
    {
        const Tick until = tickNow() + atMost;
        while (!isDone()) {
            if (tickNow() > until)
                return false;
            context.restart();
            context.run_one_for(std::chrono::milliseconds(20));
        }
        return true;
    }

    static net::awaitable<Told> ask(Upstream& upstream, const UpstreamRequest& request,
        const Reach& reach, Stopper& stopper, Keep keep,
        std::function<void(std::string_view)> onPiece)
    {
        Told told;
        const Tick start = tickNow();
        auto sent = co_await upstream.send(request, reach, stopper);
        if (!sent) {
            told.failure.emplace(sent.error());
            told.timings = told.failure->timings;
            told.reused = told.failure->reusedConnection;
            told.took = std::chrono::duration_cast<Millis>(tickNow() - start);
            co_return told;
        }
        UpstreamReply& reply = **sent;
        told.status = reply.head().status;
        told.headers = reply.head().headers;
        told.timings = reply.timings();
        told.reused = reply.reusedConnection();
        while (told.bodyOctets < keep.most) {
            const auto piece = co_await reply.nextPiece();
            if (!piece) {
                told.cut.emplace(piece.error());
                break;
            }
            if (piece->empty())
                break;
            ++told.pieces;
            told.bodyOctets += piece->size();
            if (keep.body)
                told.body += *piece;
            if (onPiece)
                onPiece(*piece);
        }
        told.took = std::chrono::duration_cast<Millis>(tickNow() - start);
        co_return told;
    }

    /// A call under way; runs while the bench does.
    struct Call
    {
        UpstreamRequest request;
        Reach reach;
        Stopper stopper;
        std::optional<Told> told;
        int pieces = 0;
        std::string body;
    };

    std::unique_ptr<Call> start(UpstreamRequest request, Keep keep = Keep())
    {
        auto call = std::make_unique<Call>();
        call->request = std::move(request);
        call->reach = reach;
        Call* raw = call.get();
        net::co_spawn(context,
            ask(upstream, raw->request, raw->reach, raw->stopper, keep,
                [raw, keep](std::string_view piece) {
                    ++raw->pieces;
                    if (keep.body)
                        raw->body += piece;
                }),
            [raw](std::exception_ptr thrown, Told told) {
                if (thrown)
                    std::rethrow_exception(thrown);
                raw->told = std::move(told);
            });
        return call;
    }

    Told fetch(UpstreamRequest request, Keep keep = Keep())
    {
        const auto call = start(std::move(request), keep);
        if (!runUntil([&] { return call->told.has_value(); })) {
            call->stopper.stop(StopReason::Shutdown);
            runUntil([&] { return call->told.has_value(); }, Millis(2'000));
            throw std::runtime_error("the call did not end");
        }
        return std::move(*call->told);
    }

    net::io_context context{1};
    Deadlines deadlines{context};
    Upstream upstream;
    Reach reach;
};

inline UpstreamRequest post(
    const Origin& origin, std::string_view body = "{}", std::string target = "/v1/messages")
{
    UpstreamRequest request;
    request.origin = origin;
    request.method = "POST";
    request.target = std::move(target);
    request.headers.add("Authorization", "Bearer sk-test-canary");
    request.headers.add("Content-Type", "application/json");
    request.body = {body};
    return request;
}

inline UpstreamRequest get(const Origin& origin, std::string target = "/v1/models")
{
    UpstreamRequest request;
    request.origin = origin;
    request.method = "GET";
    request.target = std::move(target);
    return request;
}

}
