#pragma once

#include "base/error.h"

namespace waystation {

/// Whether an attempt that failed this way, before any byte reached the client, moves on to the
/// next route. The client's own faults do not (400, 404 is the exception only between different
/// channels: no; 413, 422), nor does a call that may have been processed when `sent` is true and
/// the failure is a timeout or a cut, unless the upstream answered with a status. The table stands
/// in retry.cpp.
bool worthAnotherRoute(const Error& error, bool requestWasSent);

}
