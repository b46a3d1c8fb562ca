#pragma once

#include "engine/engine.h"
#include "relay/practice.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace waystation::test {

inline const std::string key = "ws-0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
inline const std::string internalKey = "ws-internal";

/// Rows and news as they come from the relay thread.
class Seen
{
public:
    void add(CallRecord&& record)
    {
        const std::lock_guard lock(m_mutex);
        m_records.push_back(std::move(record));
        m_changed.notify_all();
    }

    void addNews(News&& news)
    {
        const std::lock_guard lock(m_mutex);
        m_news.push_back(std::move(news));
        m_changed.notify_all();
    }

    /// The row number `index`, waited for.
    CallRecord record(std::size_t index)
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, std::chrono::seconds(10), [&] { return m_records.size() > index; });
        return m_records.size() > index ? m_records[index] : CallRecord {};
    }

    std::size_t count()
    {
        const std::lock_guard lock(m_mutex);
        return m_records.size();
    }

    /// The most octets of content that any news told of.
    std::int64_t mostContentOctets()
    {
        const std::lock_guard lock(m_mutex);
        std::int64_t most = 0;
        for (const News& news : m_news) {
            if (const auto* progress = std::get_if<CallProgress>(&news))
                most = std::max(most, progress->contentOctets);
        }
        return most;
    }

    /// The id of the first call that began.
    CallId started()
    {
        std::unique_lock lock(m_mutex);
        CallId id;
        m_changed.wait_for(lock, std::chrono::seconds(10), [&] {
            for (const News& news : m_news) {
                if (const auto* begun = std::get_if<CallStarted>(&news))
                    id = begun->id;
            }
            return !id.isEmpty();
        });
        return id;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<CallRecord> m_records;
    std::vector<News> m_news;
};

inline PlanChannel practiceChannel(const char* id, Millis idle = Millis(300'000))
{
    PlanChannel channel;
    channel.id = ChannelId(id);
    channel.name = id;
    channel.provider = ProviderId("practice");
    channel.isPractice = true;
    channel.needsKey = false;
    channel.timeouts.idle = idle;
    for (const DialectId dialect : allDialects) {
        PlanEndpoint endpoint;
        endpoint.dialect = dialect;
        endpoint.base = *parseUrl("http://practice.invalid/v1");
        endpoint.signIn = SignIn::None;
        channel.endpoints.push_back(std::move(endpoint));
    }
    for (const std::string& model : practiceModels())
        channel.models.emplace_back(model);
    return channel;
}

/// The key of every channel that channelTo makes.
inline const std::string upstreamKey = "sk-proj-upstream-0123456789abcdefghijklmnop";

/// A channel to a stand-in upstream at `base` ("http://127.0.0.1:1234/v1") that serves the model "served".
inline PlanChannel channelTo(const char* name, const Url& base, DialectId dialect = DialectId::OpenaiChat, int priority = 0)
{
    PlanChannel channel;
    channel.id = ChannelId(name);
    channel.name = name;
    channel.provider = ProviderId("openai-compatible");
    channel.priority = priority;
    PlanEndpoint endpoint;
    endpoint.dialect = dialect;
    endpoint.base = base;
    endpoint.signIn = dialect == DialectId::Anthropic ? SignIn::XApiKey : dialect == DialectId::Gemini ? SignIn::XGoogApiKey : SignIn::Bearer;
    channel.endpoints.push_back(std::move(endpoint));
    PlanKey planKey;
    planKey.id = KeyId("up");
    planKey.label = "main";
    planKey.secret = Secret(upstreamKey);
    channel.keys.push_back(std::move(planKey));
    channel.models.emplace_back("served");
    return channel;
}

inline PlanAlias alias(const char* name, std::vector<std::pair<const char*, const char*>> targets)
{
    PlanAlias alias;
    alias.pattern = name;
    int tier = 0;
    for (const auto& [channel, model] : targets)
        alias.targets.push_back({ChannelId(channel), ModelName(model), tier++, 1});
    return alias;
}

/// A running relay with the practice channel and one client.
class Relay
{
public:
    explicit Relay(std::function<void(Plan&)> change = {}, std::function<void(EngineOptions&)> options = {})
        : m_engine({[this](CallRecord&& record) { seen.add(std::move(record)); }, [this](News&& news) { seen.addNews(std::move(news)); }})
    {
        EngineOptions engineOptions;
        engineOptions.port = 0;
        if (options)
            options(engineOptions);
        auto first = std::make_shared<Plan>();
        const auto started = m_engine.start(engineOptions, first);
        if (!started)
            qFatal("%s", started.error().message.c_str());
        port = m_engine.port();
        publish(std::move(change));
    }

    void publish(std::function<void(Plan&)> change = {})
    {
        auto plan = std::make_shared<Plan>();
        plan->instanceId = "this-one";
        for (const char* host : {"127.0.0.1", "localhost", "[::1]"})
            plan->hostNames.push_back(std::string(host) + ":" + std::to_string(port));
        plan->channels.push_back(practiceChannel("practice"));
        PlanClient client;
        client.id = ClientId("k1");
        client.name = "tester";
        client.hash = sha256(key);
        plan->clients.push_back(client);
        PlanClient internal;
        internal.id = ClientId("internal");
        internal.hash = sha256(internalKey);
        internal.isInternal = true;
        plan->clients.push_back(internal);
        if (change)
            change(*plan);
        m_engine.publish(plan);
    }

    Engine& engine() { return m_engine; }
    std::uint16_t port = 0;
    Seen seen;

private:
    Engine m_engine;
};

}
