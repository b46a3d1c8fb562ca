#include "relay/route.h"

#include "base/text.h"
#include "relay/practice.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace waystation {

namespace {

constexpr std::size_t mostNotes = 60;
constexpr std::size_t mostNamedInErrors = 6;

/// A channel that might serve the call, before anybody looked whether it can.
struct Candidate
{
    const PlanChannel* channel = nullptr;
    ModelName model;
    int tier = 0;
    int weight = 1;
    bool isChosen = false; // named by the caller: weight plays no part
    bool rejectsLosses = false;
};

/// Numbers from a seed, the same on every machine (splitmix64).
class Draws
{
public:
    explicit Draws(std::uint64_t seed)
        : m_state(seed)
    {
    }

    /// In (0, 1].
    double next()
    {
        m_state += 0x9E3779B97F4A7C15u;
        std::uint64_t mixed = m_state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
        mixed ^= mixed >> 31;
        return (static_cast<double>(mixed >> 11) + 1.0) * 0x1.0p-53;
    }

private:
    std::uint64_t m_state;
};

/// Indices of `weights` in an order in which a heavier one stands first more often, in proportion
/// to its weight: each draws the time of its arrival, at a rate of its weight.
std::vector<std::size_t> drawnOrder(const std::vector<int>& weights, Draws& draws)
{
    std::vector<std::pair<double, std::size_t>> arrivals;
    for (std::size_t i = 0; i < weights.size(); ++i)
        arrivals.emplace_back(-std::log(draws.next()) / std::max(1, weights[i]), i);
    std::sort(arrivals.begin(), arrivals.end());
    std::vector<std::size_t> order;
    for (const auto& [when, index] : arrivals)
        order.push_back(index);
    return order;
}

/// Tiers in order, equals drawn by weight.
std::vector<Candidate> inOrder(const std::vector<Candidate>& candidates, Draws& draws)
{
    std::map<int, std::vector<const Candidate*>> tiers;
    for (const Candidate& candidate : candidates)
        tiers[candidate.tier].push_back(&candidate);
    std::vector<Candidate> ordered;
    for (const auto& [tier, equals] : tiers) {
        std::vector<int> weights;
        for (const Candidate* candidate : equals)
            weights.push_back(candidate->weight);
        for (const std::size_t index : drawnOrder(weights, draws))
            ordered.push_back(*equals[index]);
    }
    return ordered;
}

bool lists(const PlanChannel& channel, const ModelName& model)
{
    return std::find(channel.models.begin(), channel.models.end(), model) != channel.models.end();
}

bool isPracticeModel(const ModelName& model)
{
    const std::vector<std::string>& own = practiceModels();
    return std::find(own.begin(), own.end(), model.text()) != own.end();
}

/// Named in the channel's list. Practice always has its own models and never takes those of others.
bool listsIt(const PlanChannel& channel, const ModelName& model)
{
    return lists(channel, model)
        || (channel.isPractice && channel.models.empty() && isPracticeModel(model));
}

bool takesAny(const PlanChannel& channel)
{
    return channel.models.empty() && !channel.isPractice;
}

/// The family that has the operation's path.
DialectId neededDialect(const RouteWish& wish)
{
    switch (wish.operation) {
    case Operation::Completions:
    case Operation::Embeddings:
    case Operation::Images:
    case Operation::Speech:
    case Operation::Transcription:
    case Operation::VideoCreate:
    case Operation::VideoTask:
    case Operation::Rerank:
    case Operation::Moderations:
        return wish.dialect == DialectId::Gemini ? DialectId::Gemini : DialectId::OpenaiChat;
    case Operation::ResponseTask:
        return DialectId::OpenaiResponses;
    case Operation::Generate:
    case Operation::CountTokens:
    case Operation::ListModels:
    case Operation::GetModel:
    case Operation::Hello:
        break;
    }
    return wish.dialect;
}

/// Whether a call that `needed` has a path for can be told in the protocol of `spoken` as well.
bool canBeTold(Operation operation, DialectId needed, DialectId spoken)
{
    switch (operation) {
    case Operation::Generate:
    case Operation::Completions: // a conversation of one message
        return true;
    case Operation::Embeddings:
    case Operation::Images:
        return (needed == DialectId::OpenaiChat && spoken == DialectId::Gemini)
            || (needed == DialectId::Gemini && spoken == DialectId::OpenaiChat);
    default:
        return false;
    }
}

const char* whyWithout(SecretState state)
{
    switch (state) {
    case SecretState::Ready:
        break;
    case SecretState::Pending:
        return "the key is still being fetched from the keychain";
    case SecretState::Locked:
        return "the key is in a locked keychain";
    case SecretState::Missing:
        return "the keychain no longer holds the key";
    case SecretState::Slow:
        return "the keychain does not answer";
    case SecretState::Unavailable:
        return "the keychain cannot be reached";
    }
    return "the key is empty";
}

std::string spokenBy(const PlanChannel& channel)
{
    std::string names;
    for (const PlanEndpoint& endpoint : channel.endpoints) {
        if (!names.empty())
            names += ", ";
        names += nameOf(endpoint.dialect);
    }
    return names.empty() ? "nothing" : names;
}

Millis leftOf(const Rest& rest, TimePoint now)
{
    return std::chrono::ceil<Millis>(rest.until - now);
}

std::string restText(const Rest& rest, TimePoint now)
{
    return "resting " + std::to_string(std::chrono::ceil<Seconds>(rest.until - now).count())
        + " s after " + rest.reason;
}

/// An upstream that said when to come back, or that it has too much to do, is not asked before.
/// Other troubles may be over at any moment, so asking is better than failing.
bool mustBeLeftAlone(const Rest& rest)
{
    return rest.kind == ErrorKind::RateLimited || rest.kind == ErrorKind::Overloaded;
}

class Finder
{
public:
    Finder(const RouteWish& wish, const Plan& plan, const Health& health, TimePoint now)
        : m_wish(wish)
        , m_plan(plan)
        , m_health(health)
        , m_now(now)
        , m_draws(wish.random)
    {
    }

    boost::system::result<Routes, RouteFailure> find()
    {
        if (!m_wish.channel.empty()) {
            considerChosen();
        } else if (m_wish.model.isEmpty()) {
            return RouteFailure{
                {ErrorKind::NoRoute,
                    "the call names no model, and nothing else tells which channel it is for",
                    "model"},
                {}};
        } else if (const PlanAlias* const alias = aliasFor(m_wish.model)) {
            considerAlias(*alias);
        } else if (!considerChannelSlashModel()) {
            considerLists();
        }
        return result();
    }

private:
    struct Resting
    {
        Route route;
        const Rest* rest = nullptr;
    };

    const PlanAlias* aliasFor(const ModelName& model) const
    {
        const PlanAlias* best = nullptr;
        std::size_t leastLeft = 0;
        for (const PlanAlias& alias : m_plan.aliases) {
            if (alias.pattern == model.text())
                return &alias;
            if (alias.pattern.find('*') == std::string::npos)
                continue;
            const auto left = globCapture(alias.pattern, model.text());
            if (left && (!best || left->size() < leastLeft)) {
                best = &alias;
                leastLeft = left->size();
            }
        }
        return best;
    }

    void considerChosen()
    {
        const PlanChannel* channel = findChannel(m_plan, ChannelId(m_wish.channel));
        if (!channel)
            channel = findChannelByName(m_plan, m_wish.channel);
        if (channel)
            consider({{channel, m_wish.model, 0, 1, true}});
        else
            pass(oneLine(m_wish.channel, 60), m_wish.model, "there is no such channel");
    }

    void considerAlias(const PlanAlias& alias)
    {
        const std::string left
            = globCapture(alias.pattern, m_wish.model.text()).value_or(std::string());
        std::vector<Candidate> candidates;
        for (const PlanTarget& target : alias.targets) {
            std::string model = target.model.text();
            if (const std::size_t star = model.find('*'); star != std::string::npos)
                model.replace(star, 1, left);
            const PlanChannel* const channel = findChannel(m_plan, target.channel);
            if (channel)
                candidates.push_back(
                    {channel, ModelName(std::move(model)), target.tier, target.weight, false, alias.rejectsLosses});
            else
                pass(target.channel.text(), ModelName(std::move(model)), "the channel is gone");
        }
        consider(candidates);
    }

    /// False when the name is not of that form, or the channel does not have the model and others
    /// may.
    bool considerChannelSlashModel()
    {
        const std::string& asked = m_wish.model.text();
        const std::size_t slash = asked.find('/');
        if (slash == std::string::npos || slash + 1 == asked.size())
            return false;
        const PlanChannel* const channel
            = findChannelByName(m_plan, std::string_view(asked).substr(0, slash));
        if (!channel)
            return false;
        const ModelName model(asked.substr(slash + 1));
        if (!lists(*channel, model) && !takesAny(*channel) && !channel->isPractice)
            return false;
        consider({{channel, model, 0, 1, true}});
        return true;
    }

    void considerLists()
    {
        std::vector<Candidate> listing;
        std::vector<Candidate> open;
        for (const PlanChannel& channel : m_plan.channels) {
            const Candidate candidate{
                &channel, m_wish.model, channel.priority, channel.weight, false};
            if (listsIt(channel, m_wish.model))
                listing.push_back(candidate);
            else if (takesAny(channel))
                open.push_back(candidate);
            else
                m_withoutModel.push_back(&channel);
        }
        consider(listing);
        consider(open);
    }

    void consider(const std::vector<Candidate>& candidates)
    {
        for (const Candidate& candidate : inOrder(candidates, m_draws))
            considerOne(candidate);
    }

    void considerOne(const Candidate& candidate)
    {
        const PlanChannel& channel = *candidate.channel;
        if (!channel.enabled)
            return pass(channel.name, candidate.model, "switched off");
        if (candidate.weight <= 0 && !candidate.isChosen)
            return pass(channel.name, candidate.model, "its weight is 0");
        const DialectId needed = neededDialect(m_wish);
        auto endpoint = std::find_if(channel.endpoints.begin(), channel.endpoints.end(),
            [&](const PlanEndpoint& one) { return one.dialect == needed; });
        // Where several protocols will do, the provider's first one is its own.
        if (endpoint == channel.endpoints.end()) {
            endpoint = std::find_if(channel.endpoints.begin(), channel.endpoints.end(),
                [&](const PlanEndpoint& one) { return canBeTold(m_wish.operation, needed, one.dialect); });
        }
        if (endpoint == channel.endpoints.end()) {
            m_hasOtherFamily = true;
            return pass(channel.name, candidate.model,
                "speaks " + spokenBy(channel) + ", not " + nameOf(needed));
        }
        const std::vector<Origin>& own = m_plan.ownOrigins;
        if (std::find(own.begin(), own.end(), endpoint->base.origin) != own.end()) {
            m_hasLoop = true;
            return pass(channel.name, candidate.model, "its address is this relay itself");
        }
        if (channel.keys.empty()) {
            if (channel.needsKey) {
                m_lacksKey = true;
                return pass(channel.name, candidate.model, "it has no key");
            }
            return offer(candidate, &*endpoint, nullptr);
        }
        considerKeys(candidate, &*endpoint);
    }

    void considerKeys(const Candidate& candidate, const PlanEndpoint* endpoint)
    {
        const PlanChannel& channel = *candidate.channel;
        std::vector<const PlanKey*> keys;
        std::vector<int> weights;
        for (const PlanKey& key : channel.keys) {
            if (!m_wish.key.isEmpty() && key.id != m_wish.key)
                continue;
            const bool isBound = !m_wish.key.isEmpty();
            if (key.weight <= 0 && !isBound) {
                pass(channel.name, candidate.model, named(key) + "its weight is 0");
            } else if (key.state != SecretState::Ready || key.secret.isEmpty()) {
                m_lacksKey = true;
                m_whyNoKey = whyWithout(key.state);
                pass(channel.name, candidate.model, named(key) + m_whyNoKey);
            } else {
                keys.push_back(&key);
                weights.push_back(key.weight);
            }
        }
        if (keys.empty() && !m_wish.key.isEmpty() && m_whyNoKey.empty()) {
            m_lacksKey = true;
            return pass(
                channel.name, candidate.model, "the key that the task was made with is gone");
        }
        for (const std::size_t index : drawnOrder(weights, m_draws))
            offer(candidate, endpoint, keys[index]);
    }

    void offer(const Candidate& candidate, const PlanEndpoint* endpoint, const PlanKey* key)
    {
        const Route route{
            candidate.channel, endpoint, key, candidate.model, candidate.rejectsLosses};
        const Rest* const rest
            = m_health.restOf(candidate.channel->id, key ? key->id : KeyId(), m_now);
        const std::string which
            = key && candidate.channel->keys.size() > 1 ? named(*key) : std::string();
        if (!rest) {
            note(candidate.channel->name, candidate.model, true,
                which + (m_ready.empty() ? "first in order" : "next in order"));
            m_ready.push_back(route);
            return;
        }
        note(candidate.channel->name, candidate.model, false, which + restText(*rest, m_now));
        m_resting.push_back({route, rest});
    }

    boost::system::result<Routes, RouteFailure> result()
    {
        Routes routes;
        routes.best = m_ready;
        for (const Resting& resting : m_resting) {
            if (!m_ready.empty() || !mustBeLeftAlone(*resting.rest))
                routes.best.push_back(resting.route);
        }
        if (routes.best.empty())
            return RouteFailure{failure(), std::move(m_notes)};
        routes.notes = std::move(m_notes);
        return routes;
    }

    Error failure() const
    {
        const std::string what = "\"" + oneLine(m_wish.model.text(), 100) + "\"";
        if (!m_resting.empty()) {
            const auto soonest = std::min_element(m_resting.begin(), m_resting.end(),
                [](const Resting& a, const Resting& b) { return a.rest->until < b.rest->until; });
            const bool isLimited
                = std::any_of(m_resting.begin(), m_resting.end(), [](const Resting& resting) {
                      return resting.rest->kind == ErrorKind::RateLimited;
                  });
            Error error{isLimited ? ErrorKind::RateLimited : ErrorKind::Overloaded,
                "every channel that serves " + what + " is resting" + lookedAt()};
            error.retryAfter = leftOf(*soonest->rest, m_now);
            return error;
        }
        if (m_lacksKey)
            return {ErrorKind::KeyUnavailable,
                "no channel that serves " + what + " has a key at hand" + lookedAt()};
        if (m_hasLoop)
            return {ErrorKind::LoopDetected,
                "the only channel for " + what + " leads back to this relay" + lookedAt()};
        if (m_hasOtherFamily)
            return {ErrorKind::Unsupported,
                "no channel that serves " + what + " speaks " + nameOf(neededDialect(m_wish))
                    + lookedAt(),
                "model"};
        return {ErrorKind::NoRoute, "no channel serves the model " + what + lookedAt(), "model"};
    }

    /// "; looked at: a (switched off), b (does not list it)"
    std::string lookedAt() const
    {
        std::string text;
        std::size_t count = 0;
        const auto add = [&](const std::string& name, const std::string& why) {
            if (count++ < mostNamedInErrors)
                text += (text.empty() ? "; looked at: " : ", ") + name + " (" + why + ")";
        };
        for (const RouteNote& note : m_notes)
            add(note.channelName, note.reason);
        for (const PlanChannel* channel : m_withoutModel)
            add(channel->name, "does not list it");
        if (count > mostNamedInErrors)
            text += " and " + std::to_string(count - mostNamedInErrors) + " more";
        return text;
    }

    static std::string named(const PlanKey& key)
    {
        return key.label.empty() ? std::string() : "key " + key.label + ": ";
    }

    void note(
        const std::string& channel, const ModelName& model, bool taken, const std::string& reason)
    {
        if (m_notes.size() < mostNotes)
            m_notes.push_back({channel, model, taken, reason});
    }

    void pass(const std::string& channel, const ModelName& model, const std::string& reason)
    {
        note(channel, model, false, reason);
    }

    const RouteWish& m_wish;
    const Plan& m_plan;
    const Health& m_health;
    TimePoint m_now;
    Draws m_draws;

    std::vector<Route> m_ready;
    std::vector<Resting> m_resting;
    std::vector<RouteNote> m_notes;
    std::vector<const PlanChannel*> m_withoutModel;
    std::string m_whyNoKey;
    bool m_hasOtherFamily = false;
    bool m_hasLoop = false;
    bool m_lacksKey = false;
};

}

boost::system::result<Routes, RouteFailure> routesFor(
    const RouteWish& wish, const Plan& plan, const Health& health, TimePoint now)
{
    return Finder(wish, plan, health, now).find();
}

}
