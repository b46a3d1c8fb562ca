#pragma once

#include "base/secret.h"
#include "relay/plan.h"
#include "settings/settings.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace waystation {

/// What the settings do not hold.
struct PlanInputs
{
    /// A handle to a channel's key and its state; asked for every enabled key.
    std::function<std::pair<Secret, SecretState>(const ChannelSettings&, const KeySettings&)> keyOf;
    /// The password of a manual proxy ("global" or the channel id).
    std::function<Secret(const std::string& proxyName)> proxyPasswordOf;
    /// The system's proxy for an address, as "http://host:port", "socks5://host:port" or "".
    std::function<std::string(const Url&)> systemProxyFor;
    /// The text of a CA file; empty when it cannot be read.
    std::function<std::string(const std::string& path)> readFile;
    std::shared_ptr<const PriceTable> prices;
    std::uint16_t servedPort = 0; // the port that is really bound
    std::vector<std::string> ownAddresses; // of this machine's interfaces, for loop detection
    std::string instanceId;
    PlanClient internalClient; // this program's own key
    bool paused = false;
};

/// Pure given its inputs. Channels whose address cannot be read are left out (validate() complains
/// of them).
std::shared_ptr<const Plan> buildPlan(const Settings& settings, const PlanInputs& inputs);

}
