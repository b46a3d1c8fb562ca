#pragma once

#include "relay/exchange.h"

namespace waystation {

/// A call whose client and upstream speak different protocols: read into the middle form and written again, both ways.
/// Errors: BadRequest and Unsupported (`field` names what cannot be said), also for losses on a route that rejects them.
Result<std::unique_ptr<Exchange>> openConverted(const RawCall& call, const Address& address, const Route& route, const ExchangeFacts& facts);

}
