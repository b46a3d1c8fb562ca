#pragma once

#include "relay/plan.h"

#include <string_view>

namespace waystation {

/// Reads "http://[user@]host:port" and "socks5://[user@]host:port" (also socks5h) to a proxy
/// without a password. Errors: Invalid, also for an address with a password in it: that belongs in
/// the vault.
Result<PlanProxy> proxyFrom(std::string_view text);

}
