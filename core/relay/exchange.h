#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "chat/call.h"
#include "dialect/dialect.h"
#include "dialect/sse.h"
#include "relay/plan.h"
#include "relay/request.h"
#include "relay/route.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// What an exchange must know of the moment and the relay; all of it comes from outside so that the same call gives the
/// same octets.
struct ExchangeFacts
{
    std::string viaValue; // put into the hop header that detects loops
    std::string callId; // ids of a converted answer are made of it
    std::int64_t nowSeconds = 0; // since 1970, UTC
    std::uint64_t seed = 0; // for ids of calls that come without one
};

/// One call on one route, pure: gives the upstream request, is told the reply's head, is fed the reply piece by
/// piece and returns what the client gets. Two kinds: where both sides speak the same dialect the bytes pass, else the call
/// is read into the middle form and written again.
///
/// Life: open -> request -> replyHead -> feed* -> finish. One thread.
class Exchange
{
public:
    /// `call`, `address` and `sketch` outlive the exchange.
    /// Errors: Unsupported, BadRequest (only of a call that has to be converted).
    static Result<std::unique_ptr<Exchange>> open(const RawCall& call, const Address& address, const CallSketch& sketch,
        const Route& route, const ExchangeFacts& facts);
    virtual ~Exchange() = default;

    virtual UpstreamRequest request() = 0;

    /// Only for status 200-299; others are errors and end with readError. The client's head: an allowlist of
    /// the upstream's fields, without framing, connection and cookie fields (reliability.md A8).
    virtual ReplyHead replyHead(const ReplyHead& upstream) = 0;
    /// True when the reply is a stream of events (by its content, not by what was asked).
    virtual bool isStream() const = 0;

    /// What goes to the client now. Usually `piece` itself; good until the next call. May be empty while an
    /// event is not whole and might have to be withheld.
    virtual std::string_view feed(std::string_view piece, Tick now) = 0;
    /// True once something was seen that is worth committing to: a whole event that is no error, or a body's first
    /// octets. Until then the engine holds the head, so that an error as first event can still move on.
    virtual bool worthCommitting() const = 0;
    /// Set when the first event of a 200 reply is an error.
    virtual const std::optional<Error>& earlyError() const = 0;

    /// The upstream ended (`cause` null) or broke. Returns the octets still due: what was held back, and the
    /// protocol's error event when a stream lacks its end. `outcome()` is known afterwards.
    virtual std::string_view finish(const Error* cause) = 0;
    /// Null when the reply was whole.
    virtual const std::optional<Error>& ending() const = 0;

    /// True when the protocol's last event has passed: a client that leaves now has all of it.
    virtual bool sawEnd() const = 0;
    virtual std::optional<Tick> firstTokenAt() const = 0;
    /// Counts so far; estimated from octets where the upstream gave none.
    virtual Usage usage() const = 0;
    virtual UsageKind usageKind() const = 0;
    /// Octets of text, reasoning and arguments that a stream has brought so far.
    virtual std::int64_t contentOctets() const = 0;
    virtual const std::string& answeredModel() const = 0;
    virtual const std::string& upstreamId() const = 0;
    /// The id of a task that this reply made (video, stored response); empty when none.
    virtual const std::string& madeTask() const = 0;
    /// The response object of a converted Responses call, to be kept for later calls that name it; empty when there is none or
    /// the client said store:false. Known at the end.
    virtual std::string_view madeResponse() const { return {}; }
    /// What a conversion left out or changed ("drop:top_k"); known from the start.
    virtual const std::vector<std::string>& warnings() const = 0;
};

/// Pure helpers of the pass-through, tested on their own.
std::string upstreamTarget(const Address& address, const PlanEndpoint& endpoint, const ModelName& model, std::string_view query);
/// The id that an upstream gave its reply, in one line of at most 120 octets; empty when it gave none.
std::string upstreamIdOf(const Headers& reply);
/// Of a client's head what goes along when its call is translated: what names the client and the try; all else belongs to
/// the client's own protocol.
RequestHead translatedHead(const RequestHead& head);
/// Why a translated call is not sent on a route that rejects losses; nullopt when it may go.
std::optional<Error> refusalFor(const Route& route, const Losses& losses);
Headers upstreamHeaders(const RequestHead& head, const Route& route, std::string_view viaValue);

}
