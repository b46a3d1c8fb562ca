#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace waystation {

/// A channel or key that is left alone for a while.
struct Rest
{
    TimePoint until;
    ErrorKind kind = ErrorKind::None;
    std::string reason; // "429 from api.example.com (Retry-After 60)"
};

/// Which keys rest, until when and why. Lives on the relay thread. Rests always end.
class Health
{
public:
    /// After an attempt failed: 429 rests the key as long as Retry-After says (1 s..10 min; 5 s
    /// when it does not), 402 and 401 rest it 60 s, overload and connection failures rest it 2 s
    /// doubling to 60 s while they go on. `isLoopback` upstreams rest only for 429. Failures while
    /// it rests belong to the same spell and do not double it.
    void noteFailure(const ChannelId& channel, const KeyId& key, const Error& error,
        std::string_view host, bool isLoopback, TimePoint now);
    void noteSuccess(const ChannelId& channel, const KeyId& key);
    /// nullptr when it does not rest.
    const Rest* restOf(const ChannelId& channel, const KeyId& key, TimePoint now) const;
    void clear(const ChannelId& channel);

    std::size_t size() const { return m_states.size(); }

    static constexpr std::size_t mostStates = 1000;
    static constexpr Seconds longestRest{600};

private:
    struct State
    {
        Rest rest;
        int failuresInARow = 0;
    };

    void makeRoom(TimePoint now);

    std::map<std::pair<ChannelId, KeyId>, State> m_states;
};

}
