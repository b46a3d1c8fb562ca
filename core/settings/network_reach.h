#pragma once

#include <string_view>

namespace waystation {

/// True for hosts that lie on this machine or in a network of one's own: loopback, private and
/// link-local addresses, names without a dot and names that no public resolver knows (.local, .lan,
/// .internal, .home.arpa). Lower case, an IPv6 address without brackets, as in Origin.
bool isPrivateHost(std::string_view host);

}
