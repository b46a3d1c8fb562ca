#pragma once

#include "base/clock.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace waystation::test {

/// A proxy on 127.0.0.1 with a thread of its own: CONNECT or SOCKS5, honest or not.
class ScriptedProxy
{
public:
    enum class Kind { Http, Socks5 };
    enum class Manner {
        Honest,
        Refuses, // 503, or SOCKS code 5
        Hangs, // accepts and says nothing
        Closes, // closes on the first octets
        Babbles, // does not speak the protocol
        LiesAtOnce, // says yes and sends octets of its own at once
        LiesThenCloses, // says yes and closes
    };

    struct Options
    {
        Kind kind = Kind::Http;
        Manner manner = Manner::Honest;
        std::string user; // demanded when not empty
        std::string password;
        /// Where every target leads, as a name's resolution would; 0: the port that was asked, on
        /// 127.0.0.1.
        std::uint16_t leadsTo = 0;
    };

    explicit ScriptedProxy(Options options);
    ~ScriptedProxy();

    std::uint16_t port() const;
    int connectionCount() const;
    /// What it was asked to connect to ("api.example:443"), in order.
    std::vector<std::string> targets() const;
    /// The first octets that each client sent, for CONNECT the whole head.
    std::vector<std::string> heard() const;

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
