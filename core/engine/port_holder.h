#pragma once

#include <cstdint>
#include <string>

namespace waystation {

/// Who listens on a TCP port of this machine, as "name (process 123)"; empty where the system does
/// not tell.
std::string holderOfPort(std::uint16_t port);

}
