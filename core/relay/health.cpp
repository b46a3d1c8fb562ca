#include "relay/health.h"

#include <algorithm>

namespace waystation {

namespace {

constexpr Millis shortestRest{1000};
constexpr Millis restWithoutHint{5000};
constexpr Millis restOfRefusedKey{60'000};
constexpr Millis firstBackoff{2000};
constexpr Millis lastBackoff{60'000};

enum class Response { None, AsTold, Minute, Doubling };

Response responseTo(ErrorKind kind, bool isLoopback)
{
    switch (kind) {
    case ErrorKind::RateLimited:
        return Response::AsTold;
    case ErrorKind::UpstreamAuth:
    case ErrorKind::UpstreamBilling:
        return isLoopback ? Response::None : Response::Minute;
    case ErrorKind::Overloaded:
    case ErrorKind::ConnectFailed:
    case ErrorKind::NameNotFound:
    case ErrorKind::TlsFailed:
    case ErrorKind::ProxyFailed:
    case ErrorKind::Timeout:
        return isLoopback ? Response::None : Response::Doubling;
    default:
        return Response::None;
    }
}

std::string reasonFor(const Error& error, std::string_view host)
{
    const std::string name(host);
    switch (error.kind) {
    case ErrorKind::RateLimited:
        return "429 from " + name
            + (error.retryAfter ? " (Retry-After "
                        + std::to_string((error.retryAfter->count() + 999) / 1000) + ")"
                                : "");
    case ErrorKind::UpstreamAuth:
        return "a refused key at " + name;
    case ErrorKind::UpstreamBilling:
        return "lack of credit at " + name;
    case ErrorKind::Overloaded:
        return "overload at " + name;
    case ErrorKind::NameNotFound:
        return "a failed name lookup of " + name;
    case ErrorKind::TlsFailed:
        return "a failed TLS handshake with " + name;
    case ErrorKind::ProxyFailed:
        return "a proxy failure on the way to " + name;
    case ErrorKind::Timeout:
        return "a timeout at " + name;
    default:
        return "a failed connection to " + name;
    }
}

Millis backoffAfter(int failuresInARow)
{
    Millis rest = firstBackoff;
    for (int i = 1; i < failuresInARow && rest < lastBackoff; ++i)
        rest *= 2;
    return std::min(rest, lastBackoff);
}

/// The wall clock may be set back; a rest longer than any that is given has lost its meaning.
bool isOver(const Rest& rest, TimePoint now)
{
    return now >= rest.until || rest.until - now > Health::longestRest;
}

}

void Health::noteFailure(const ChannelId& channel, const KeyId& key, const Error& error,
    std::string_view host, bool isLoopback, TimePoint now)
{
    const Response response = responseTo(error.kind, isLoopback);
    if (response == Response::None)
        return;
    const auto at = std::pair(channel, key);
    if (!m_states.contains(at))
        makeRoom(now);
    State& state = m_states[at];
    const bool wasOver = isOver(state.rest, now);

    Millis length = restOfRefusedKey;
    if (response == Response::AsTold) {
        length = error.retryAfter.value_or(restWithoutHint);
    } else if (response == Response::Doubling) {
        if (wasOver && now - state.rest.until > longestRest)
            state.failuresInARow = 0;
        if (wasOver || state.failuresInARow == 0)
            ++state.failuresInARow;
        length = error.retryAfter.value_or(backoffAfter(state.failuresInARow));
    }
    length = std::clamp<Millis>(length, shortestRest, longestRest);
    const TimePoint until = now + length;
    if (!wasOver && state.rest.until >= until)
        return;
    state.rest = {until, error.kind, reasonFor(error, host)};
}

void Health::noteSuccess(const ChannelId& channel, const KeyId& key)
{
    m_states.erase(std::pair(channel, key));
}

const Rest* Health::restOf(const ChannelId& channel, const KeyId& key, TimePoint now) const
{
    const auto at = m_states.find(std::pair(channel, key));
    if (at == m_states.end() || isOver(at->second.rest, now))
        return nullptr;
    return &at->second.rest;
}

void Health::clear(const ChannelId& channel)
{
    std::erase_if(m_states, [&](const auto& entry) { return entry.first.first == channel; });
}

void Health::makeRoom(TimePoint now)
{
    if (m_states.size() < mostStates)
        return;
    std::erase_if(m_states, [&](const auto& entry) { return isOver(entry.second.rest, now); });
    while (m_states.size() >= mostStates) {
        m_states.erase(
            std::min_element(m_states.begin(), m_states.end(), [](const auto& a, const auto& b) {
                return a.second.rest.until < b.second.rest.until;
            }));
    }
}

}
