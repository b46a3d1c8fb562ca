#pragma once

#include "engine/limits.h"
#include "engine/stopper.h"
#include "engine/upstream.h"
#include "relay/practice.h"

#include <boost/asio/io_context.hpp>

#include <memory>

namespace waystation {

/// Plays a practice script as if it came from a socket: pauses, ends, cuts and stalls at the channel's idle limit.
/// `stopper` breaks any wait. Relay thread only.
net::awaitable<SendResult> playPractice(net::io_context& context, PracticeScript script, Millis idleLimit, Stopper& stopper);

}
