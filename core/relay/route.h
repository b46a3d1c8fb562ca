#pragma once

#include "base/error.h"
#include "dialect/dialect.h"
#include "relay/call_record.h"
#include "relay/health.h"
#include "relay/plan.h"

#include <cstdint>
#include <vector>

namespace waystation {

/// One try: where, with which key, under which name.
struct Route
{
    const PlanChannel* channel = nullptr; // in the plan that the call holds
    const PlanEndpoint* endpoint = nullptr;
    const PlanKey* key = nullptr; // null when the channel needs none
    ModelName model; // as the upstream calls it
    bool rejectsLosses = false; // a call that cannot be said whole in the upstream's protocol is refused
};

struct Routes
{
    std::vector<Route> best; // in the order to try; not empty
    std::vector<RouteNote> notes; // every candidate and why it was taken or passed over
};

/// What a caller may ask for beside the model.
struct RouteWish
{
    DialectId dialect = DialectId::OpenaiChat;
    Operation operation = Operation::Generate;
    ModelName model; // as asked
    std::string channel; // only this one (by id or name); for tests of a channel and bound tasks
    KeyId key; // only this key of it, for bound tasks; empty: any
    std::uint64_t random = 0; // decides between equals; the same number gives the same order
};

/// The routes for a call, best first: an alias of that very name, then the alias with a `*` that
/// leaves least to the star, then "CHANNEL/MODEL" (the first of these that fits decides alone),
/// then channels that list the model, then channels that take any. Lower tiers (of alias targets)
/// and priorities (of channels) go first, equals are drawn by weight; weight 0 is never drawn. Each
/// key of a channel is a route of its own. Disabled and keyless ones and this relay itself are
/// passed over. Resting ones come last, when nothing else is left; where nothing but keys that rest
/// for 429 or overload is left, the call fails at once. `wish.channel` skips aliases and lists:
/// that channel, that model. `error.message` says what was looked at. Errors: NoRoute, Unsupported
/// (only channels of a family that the operation cannot be told to), KeyUnavailable (all that would serve it have no key at hand),
/// LoopDetected (they all are this relay), RateLimited/Overloaded (all rest; retryAfter set).
struct RouteFailure
{
    Error error;
    std::vector<RouteNote> notes;
};

boost::system::result<Routes, RouteFailure> routesFor(
    const RouteWish& wish, const Plan& plan, const Health& health, TimePoint now);

BOOST_NORETURN inline void throw_exception_from_error(
    const RouteFailure& failure, const boost::source_location&)
{
    throwError(failure.error);
}

/// Names that a client can ask for, sorted, each once: aliases without `*` and the channels' own
/// models.
struct ServedModel
{
    std::string name;
    std::string ownedBy; // channel name, or "alias"
};

std::vector<ServedModel> servedModels(const Plan& plan, const PlanClient& client);

}
