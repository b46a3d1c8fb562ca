#pragma once

#include "relay/exchange.h"

namespace waystation {

/// A call for vectors or pictures whose client and upstream speak different protocols: OpenAI's family and Gemini, both
/// ways. Bodies are whole on both sides; only pictures that a client wants as a stream are told as one.
/// Errors: BadRequest and Unsupported (`field` names what cannot be said), also for losses on a route that rejects them.
Result<std::unique_ptr<Exchange>> openConvertedOther(const RawCall& call, const Address& address, const CallSketch& sketch,
    const Route& route, const ExchangeFacts& facts);

/// A pass-through of OpenAI's embeddings whose client gets its vectors in the form that it asked for, also from upstreams
/// that know only the other one.
std::unique_ptr<Exchange> withVectorsAsAsked(std::unique_ptr<Exchange> exchange, const RawCall& call);

}
