#include "bridge/station_parts.h"

#include "base/hash.h"
#include "prices_data.h"
#include "provider/provider.h"
#include "settings/plan_builder.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QNetworkAccessManager>
#include <QPointer>

#include <algorithm>
#include <type_traits>

namespace waystation {

namespace {

constexpr int listenRetryMillis = 2'000;
constexpr int newsMillis = 100;
constexpr int drainMillis = 50;
constexpr Millis longestStop{3'000};
constexpr qint64 mostCaFileBytes = 1 << 20;
constexpr auto taskMemory = std::chrono::hours(24 * 30);

/// The shipped list; one without models when it cannot be read.
std::shared_ptr<const PriceTable> readPrices()
{
    auto table = PriceTable::read(builtInPrices());
    if (!table)
        table = PriceTable::read(R"({"v":1,"date":"","providers":{}})");
    return std::make_shared<const PriceTable>(std::move(*table));
}

std::string readSmallFile(const std::string& path)
{
    QFile file(text(path));
    if (!file.open(QIODevice::ReadOnly) || file.size() > mostCaFileBytes)
        return {};
    return file.readAll().toStdString();
}

}

Station::Parts::Parts(Station& owner)
    : station(owner)
    , prices(readPrices())
    , newsQueue(std::make_shared<NewsQueue>())
{
    newsTimer.setSingleShot(true);
    newsTimer.setInterval(newsMillis);
    listenTimer.setSingleShot(true);
    listenTimer.setInterval(listenRetryMillis);
    drainTimer.setSingleShot(true);
    drainTimer.setInterval(drainMillis);
    internalKey = "ws-internal-" + randomBase62(43);
    internalClient.id = ClientId("waystation");
    internalClient.name = "Waystation";
    internalClient.hash = sha256(internalKey);
    internalClient.isInternal = true;
    instanceId = randomBase62(16);
}

Station::Parts::~Parts()
{
    wipe(internalKey);
}

Station::Station(QObject* parent)
    : QObject(parent)
    , m_parts(std::make_unique<Parts>(*this))
{
    Parts& parts = *m_parts;
    connect(&parts.newsTimer, &QTimer::timeout, this, [&parts] { parts.readNews(); });
    connect(&parts.listenTimer, &QTimer::timeout, this, [&parts] { parts.listen(); });
    connect(&parts.drainTimer, &QTimer::timeout, this, [&parts] { parts.drain(); });
    connect(&parts.ring, &KeyRing::changed, this, [this] {
        m_parts->schedulePublish();
        Q_EMIT vaultChanged();
    });
    connect(&parts.facts, &SystemFacts::changed, this, [&parts] { parts.schedulePublish(); });
    connect(&parts.facts, &SystemFacts::rootsRead, this, [&parts] {
        if (parts.engine)
            parts.engine->setTrustRoots(parts.facts.roots());
    });
    connect(&parts.ledger, &Ledger::rowsWritten, this, &Station::rowsWritten);
    connect(&parts.ledger, &Ledger::troubleChanged, this, &Station::trouble);
}

Station::~Station()
{
    // An ordered stop is close(); this is what is left when nobody could wait for it.
    m_parts->engine.reset();
    m_parts->facts.waitForAll();
    m_parts->stopping.reset();
    m_parts->ledger.close();
    m_parts->lock.release();
}

Result<void> Station::open(StationOptions options)
{
    Parts& parts = *m_parts;
    if (parts.isOpen)
        return Error{ErrorKind::Conflict, "this station is open already"};

    const QString folder = options.dataDir;
    if (!QDir().mkpath(folder))
        return Error{ErrorKind::Io, "cannot make the folder " + folder.toStdString()};
    QFile::setPermissions(folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    if (const auto taken = parts.lock.take(folder); !taken)
        return taken.error();

    parts.file = std::make_unique<SettingsFile>(folder);
    auto settings = parts.file->load();
    if (!settings) {
        parts.lock.release();
        return settings.error();
    }
    parts.settings = std::move(*settings);
    parts.notice = parts.file->notice();
    parts.options = std::move(options);
    parts.isOpen = true;
    if (parts.prices->modelCount() == 0)
        Q_EMIT trouble(QStringLiteral("the built-in price list cannot be read"));

    parts.openVault(); // takes keys out of the environment before there are threads
    parts.openLedger();
    parts.facts.refresh(parts.proxiedOrigins());
    if (parts.options.serve) {
        parts.facts.readRoots();
        parts.listen();
    }
    return {};
}

bool Station::isClosed() const
{
    return !m_parts->isOpen;
}

bool Station::isSettled() const
{
    const Parts& parts = *m_parts;
    const auto& channels = parts.settings.channels;
    return parts.ring.isSettled() && !parts.publishIsDue
        && std::all_of(channels.begin(), channels.end(),
            [&](const ChannelSettings& channel) { return parts.proxyIsKnown(channel); });
}

void Station::Parts::openLedger()
{
    LedgerOptions wanted;
    wanted.path = QDir(options.dataDir).filePath(QStringLiteral("ledger.sqlite"));
    wanted.retentionDays = settings.retentionDays;
    wanted.mostBytes = settings.maxLedgerMegabytes << 20;
    if (const auto opened = ledger.open(wanted); !opened)
        Q_EMIT station.trouble(text(opened.error().message));
}

std::uint16_t Station::Parts::wantedPort() const
{
    return options.port.value_or(settings.port);
}

std::unique_ptr<Engine> Station::Parts::makeEngine()
{
    EngineEvents events;
    events.record = [store = &ledger](CallRecord&& record) { store->submit(std::move(record)); };
    events.news = [this, queue = newsQueue](News&& news) {
        bool wasEmpty = false;
        const bool isTaken = queue->news.push(std::move(news), wasEmpty);
        if (isTaken && wasEmpty)
            QMetaObject::invokeMethod(&newsTimer, "start", Qt::QueuedConnection);
    };
    return std::make_unique<Engine>(std::move(events));
}

Result<void> Station::Parts::startEngine(Engine& fresh, std::uint16_t port)
{
    EngineOptions wanted;
    wanted.port = port;
    if (settings.lanAccess)
        wanted.addresses = {"0.0.0.0", "::"};
    return fresh.start(wanted, makePlan(port));
}

void Station::Parts::takeEngine(std::unique_ptr<Engine> fresh)
{
    engine = std::move(fresh);
    if (!facts.roots().empty())
        engine->setTrustRoots(facts.roots());
    ledger.tasks(wallNow() - taskMemory, &station, [this](std::vector<TaskBinding> tasks) {
        if (engine && engine->isRunning())
            engine->rememberTasks(std::move(tasks));
    });
    publish(); // the port is known only now
    setState(isPaused ? RelayState::Kind::Paused : RelayState::Kind::Serving, engine->port(), {});
}

void Station::Parts::listen()
{
    if (!isOpen || (engine && engine->isRunning()))
        return;
    auto fresh = makeEngine();
    if (const auto started = startEngine(*fresh, wantedPort()); !started) {
        setState(RelayState::Kind::CannotListen, wantedPort(), text(started.error().message));
        listenTimer.start();
        return;
    }
    takeEngine(std::move(fresh));
}

void Station::Parts::setState(RelayState::Kind kind, std::uint16_t port, const QString& detail)
{
    if (state.kind == kind && state.port == port && state.detail == detail)
        return;
    state = {kind, port, detail};
    Q_EMIT station.relayStateChanged();
}

void Station::close(Millis grace, std::function<void()> done)
{
    Parts& parts = *m_parts;
    if (!parts.isOpen && parts.closing.empty()) {
        QMetaObject::invokeMethod(this, std::move(done), Qt::QueuedConnection);
        return;
    }
    const bool isFirst = parts.closing.empty();
    parts.closing.push_back(std::move(done));
    if (!isFirst) {
        parts.drainUntil = std::min(parts.drainUntil, tickNow() + grace);
        parts.drain();
        return;
    }
    parts.isOpen = false;
    parts.listenTimer.stop();
    if (!parts.engine) {
        QMetaObject::invokeMethod(
            this, [&parts] { parts.finishClosing(); }, Qt::QueuedConnection);
        return;
    }
    // The engine's stop cannot be hurried, so that a long patience is spent here, where new calls
    // are refused.
    parts.stopGrace = std::min(grace, longestStop);
    parts.drainUntil = tickNow() + (grace - parts.stopGrace);
    parts.isDraining = true;
    if (grace > longestStop) {
        parts.isPaused = true;
        parts.engine->publish(parts.makePlan(parts.engine->port()));
    }
    parts.drain();
}

void Station::Parts::drain()
{
    if (!isDraining)
        return;
    const bool isHurried = closing.size() > 1;
    if (tickNow() < drainUntil && engine->figures().callsInFlight > 0) {
        drainTimer.start();
        return;
    }
    isDraining = false;
    // The listener closes, running calls get their time, their records reach the ledger: then rows
    // are written.
    // From here on the other thread has it, and nobody else asks it for more than figures.
    stopping = std::move(engine);
    const auto stop = [running = stopping.get(), grace = isHurried ? Millis(0) : stopGrace] {
        running->stop(grace);
    };
    facts.runAside(stop, [this] { finishClosing(); });
}

void Station::Parts::finishClosing()
{
    readNews();
    stopping.reset();
    ledger.flush([this] {
        ledger.close();
        lock.release();
        setState(RelayState::Kind::Stopped, 0, {});
        for (const auto& done : std::exchange(closing, {}))
            done();
    });
}

const Settings& Station::settings() const
{
    return m_parts->settings;
}

QString Station::dataDir() const
{
    return m_parts->options.dataDir;
}

QString Station::settingsNotice() const
{
    return m_parts->notice;
}

Result<void> Station::change(const std::function<Result<void>(Settings&)>& change)
{
    Parts& parts = *m_parts;
    if (!parts.isOpen)
        return Error{ErrorKind::Conflict, "the station is closed"};
    Settings changed = parts.settings;
    if (const auto made = change(changed); !made)
        return made.error();
    if (const auto saved = parts.file->save(changed); !saved)
        return saved.error();
    const bool keepsRows = changed.retentionDays == parts.settings.retentionDays
        && changed.maxLedgerMegabytes == parts.settings.maxLedgerMegabytes;
    parts.settings = std::move(changed);
    if (!keepsRows)
        parts.ledger.setRetention(
            parts.settings.retentionDays, parts.settings.maxLedgerMegabytes << 20);
    parts.wantKeys();
    parts.schedulePublish();
    Q_EMIT settingsChanged();
    return {};
}

void Station::Parts::schedulePublish()
{
    if (publishIsDue || !isOpen)
        return;
    publishIsDue = true;
    QMetaObject::invokeMethod(
        &station,
        [this] {
            if (!std::exchange(publishIsDue, false) || !isOpen)
                return;
            facts.refresh(proxiedOrigins());
            publish();
        },
        Qt::QueuedConnection);
}

void Station::Parts::publish()
{
    if (!engine || !engine->isRunning())
        return;
    plan = makePlan(engine->port());
    engine->publish(plan);
}

std::shared_ptr<const Plan> Station::Parts::makePlan(std::uint16_t port)
{
    PlanInputs inputs;
    inputs.keyOf = [this](const ChannelSettings& channel,
                       const KeySettings& key) -> std::pair<Secret, SecretState> {
        // A key goes nowhere before it is known which way it has to go.
        if (!proxyIsKnown(channel))
            return {Secret(), SecretState::Pending};
        return ring.secretOf(ringName(channel, key));
    };
    inputs.proxyPasswordOf
        = [this](const std::string& name) { return ring.secretOf(ringName(name)).first; };
    inputs.systemProxyFor
        = [this](const Url& url) { return facts.proxyFor(url.origin).value_or(std::string()); };
    inputs.readFile = readSmallFile;
    inputs.prices = prices;
    inputs.servedPort = port;
    inputs.ownAddresses = facts.ownAddresses();
    inputs.instanceId = instanceId;
    inputs.internalClient = internalClient;
    inputs.paused = isPaused;
    return buildPlan(settings, inputs);
}

namespace {

ProxyMode proxyModeOf(const ChannelSettings& channel, const Settings& settings)
{
    return channel.proxy.mode == ProxyMode::Inherit ? settings.proxy.mode : channel.proxy.mode;
}

std::vector<Origin> originsOf(const ChannelSettings& channel)
{
    std::vector<Origin> origins;
    const Provider* const provider = findProvider(channel.provider);
    if (!provider || provider->isPractice)
        return origins;
    for (const Endpoint& endpoint : endpointsFor(*provider, channel.dialects)) {
        const auto base = effectiveBase(*provider, endpoint.dialect, channel.baseUrl);
        if (base && std::find(origins.begin(), origins.end(), base->origin) == origins.end())
            origins.push_back(base->origin);
    }
    return origins;
}

}

std::vector<Origin> Station::Parts::proxiedOrigins() const
{
    std::vector<Origin> origins;
    for (const ChannelSettings& channel : settings.channels) {
        if (proxyModeOf(channel, settings) != ProxyMode::System)
            continue;
        for (Origin& origin : originsOf(channel)) {
            if (!isLoopbackHost(origin.host)
                && std::find(origins.begin(), origins.end(), origin) == origins.end())
                origins.push_back(std::move(origin));
        }
    }
    return origins;
}

bool Station::Parts::proxyIsKnown(const ChannelSettings& channel) const
{
    if (proxyModeOf(channel, settings) != ProxyMode::System)
        return true;
    const auto origins = originsOf(channel);
    return std::all_of(origins.begin(), origins.end(),
        [this](const Origin& origin) { return facts.proxyFor(origin).has_value(); });
}

void Station::Parts::readNews()
{
    bool callsMoved = false;
    bool channelsMoved = false;
    const auto one = [&](auto&& news) {
        using Kind = std::decay_t<decltype(news)>;
        if constexpr (std::is_same_v<Kind, CallStarted>) {
            LiveCall call;
            call.id = news.id;
            call.startedAt = news.startedAt;
            call.client = text(news.clientName);
            call.askedModel = text(news.askedModel.text());
            call.dialect = news.dialect;
            call.stream = news.stream;
            live.insert_or_assign(news.id, std::move(call));
            callsMoved = true;
        } else if constexpr (std::is_same_v<Kind, CallRouted>) {
            if (const auto found = live.find(news.id); found != live.end()) {
                found->second.channel = text(news.channelName);
                found->second.model = text(news.model.text());
                callsMoved = true;
            }
        } else if constexpr (std::is_same_v<Kind, CallProgress>) {
            if (const auto found = live.find(news.id); found != live.end()) {
                found->second.contentOctets = news.contentOctets;
                callsMoved = true;
            }
        } else if constexpr (std::is_same_v<Kind, CallEnded>) {
            callsMoved = live.erase(news.id) > 0 || callsMoved;
        } else {
            if (news.restingUntil)
                rests.insert_or_assign(news.channel, news);
            else
                rests.erase(news.channel);
            channelsMoved = true;
        }
    };
    for (const News& news : newsQueue->news.takeAll())
        std::visit(one, news);
    // Where news was lost, an end may be among it: better to show too few calls than one that never
    // ends.
    if (const auto refused = newsQueue->news.refused(); refused != newsRefused) {
        newsRefused = refused;
        live.clear();
        callsMoved = true;
    }
    if (callsMoved)
        Q_EMIT station.callsChanged();
    if (channelsMoved)
        Q_EMIT station.channelNews();
}

RelayState Station::relayState() const
{
    return m_parts->state;
}

QString Station::address() const
{
    const Parts& parts = *m_parts;
    const int port
        = parts.engine && parts.engine->isRunning() ? parts.engine->port() : parts.wantedPort();
    return QStringLiteral("http://127.0.0.1:%1").arg(port);
}

void Station::setPaused(bool paused)
{
    Parts& parts = *m_parts;
    if (parts.isPaused == paused)
        return;
    parts.isPaused = paused;
    parts.publish();
    if (parts.state.kind == RelayState::Kind::Serving
        || parts.state.kind == RelayState::Kind::Paused)
        parts.setState(
            paused ? RelayState::Kind::Paused : RelayState::Kind::Serving, parts.state.port, {});
}

Result<void> Station::setPort(std::uint16_t port)
{
    Parts& parts = *m_parts;
    if (!parts.isOpen)
        return Error{ErrorKind::Conflict, "the station is closed"};
    if (port == 0)
        return Error{ErrorKind::Invalid, "a port is a number from 1 to 65535", "port"};
    const auto keep = [port](Settings& settings) -> Result<void> {
        settings.port = port;
        return {};
    };
    const bool isServing = parts.engine && parts.engine->isRunning();
    if (!parts.options.serve || (isServing && parts.engine->port() == port)) {
        if (const auto changed = change(keep); !changed)
            return changed.error();
        parts.options.port.reset();
        return {};
    }
    // The new place first: when it cannot be had, everything stays as it was.
    auto fresh = parts.makeEngine();
    if (const auto started = parts.startEngine(*fresh, port); !started)
        return started.error();
    if (const auto changed = change(keep); !changed) {
        fresh->stop(Millis(0));
        return changed.error();
    }
    parts.options.port.reset();
    parts.listenTimer.stop();
    if (auto old = std::move(parts.engine)) {
        // Calls that run there end in their own time.
        parts.facts.runAside(
            [old = std::shared_ptr<Engine>(std::move(old))] { old->stop(Millis(3'000)); });
    }
    parts.takeEngine(std::move(fresh));
    return {};
}

void Station::cancelCall(const CallId& id)
{
    if (m_parts->isOpen && m_parts->engine)
        m_parts->engine->cancel(id);
}

void Station::clearRest(const ChannelId& channel)
{
    if (m_parts->isOpen && m_parts->engine)
        m_parts->engine->clearRest(channel);
}

EngineFigures Station::engineFigures() const
{
    const Engine* const engine = m_parts->engine ? m_parts->engine.get() : m_parts->stopping.get();
    return engine ? engine->figures() : EngineFigures();
}

std::vector<LiveCall> Station::liveCalls() const
{
    std::vector<LiveCall> calls;
    calls.reserve(m_parts->live.size());
    for (const auto& [id, call] : m_parts->live)
        calls.push_back(call);
    return calls;
}

std::optional<ChannelNews> Station::restOf(const ChannelId& channel) const
{
    const auto found = m_parts->rests.find(channel);
    if (found == m_parts->rests.end())
        return std::nullopt;
    return found->second;
}

Ledger& Station::ledger()
{
    return m_parts->ledger;
}

const PriceTable& Station::prices() const
{
    return *m_parts->prices;
}

std::shared_ptr<const Plan> Station::plan() const
{
    return m_parts->plan;
}

}
