#include "bridge/system_facts.h"

#include <QHostAddress>
#include <QNetworkInterface>
#include <QNetworkProxy>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QUrl>

#include <utility>

namespace waystation {

namespace {

std::string systemProxyOf(const Origin& origin)
{
    if (isLoopbackHost(origin.host))
        return {};
    const QNetworkProxyQuery query(QUrl(QString::fromStdString(toText(origin) + "/")));
    for (const QNetworkProxy& proxy : QNetworkProxyFactory::systemProxyForQuery(query)) {
        const char* scheme = nullptr;
        if (proxy.type() == QNetworkProxy::HttpProxy
            || proxy.type() == QNetworkProxy::HttpCachingProxy)
            scheme = "http://";
        else if (proxy.type() == QNetworkProxy::Socks5Proxy)
            scheme = "socks5://";
        else if (proxy.type() == QNetworkProxy::NoProxy)
            return {};
        if (scheme && !proxy.hostName().isEmpty() && proxy.port() > 0)
            return scheme + proxy.hostName().toStdString() + ":" + std::to_string(proxy.port());
    }
    return {};
}

}

SystemFacts::SystemFacts(QObject* parent)
    : QObject(parent)
{
}

SystemFacts::~SystemFacts()
{
    waitForAll();
}

void SystemFacts::runAside(std::function<void()> work, std::function<void()> after)
{
    std::erase_if(m_workers, [](Worker& worker) {
        if (!worker.isDone->load())
            return false;
        worker.thread.join();
        return true;
    });
    const auto isDone = std::make_shared<std::atomic<bool>>(false);
    std::thread thread([this, work = std::move(work), after = std::move(after), isDone]() mutable {
        work();
        if (after)
            m_mail.post(std::move(after));
        isDone->store(true);
    });
    m_workers.push_back({std::move(thread), isDone});
}

void SystemFacts::waitForAll()
{
    for (Worker& worker : m_workers)
        worker.thread.join();
    m_workers.clear();
}

void SystemFacts::readRoots()
{
    const auto roots = std::make_shared<std::vector<std::string>>();
    const auto read = [roots] {
        for (const QSslCertificate& certificate : QSslConfiguration::systemCaCertificates())
            roots->push_back(certificate.toDer().toStdString());
    };
    runAside(read, [this, roots] {
        m_roots = std::move(*roots);
        Q_EMIT rootsRead();
    });
}

void SystemFacts::refresh(const std::vector<Origin>& origins)
{
    if (m_isRefreshing) {
        m_next = origins;
        return;
    }
    m_isRefreshing = true;

    struct Found
    {
        std::map<std::string, std::string> proxies;
        std::vector<std::string> addresses;
    };

    const auto found = std::make_shared<Found>();
    const auto look = [origins, found] {
        for (const Origin& origin : origins)
            found->proxies.emplace(toText(origin), systemProxyOf(origin));
        for (QHostAddress address : QNetworkInterface::allAddresses()) {
            address.setScopeId(QString());
            found->addresses.push_back(address.toString().toStdString());
        }
    };
    runAside(look, [this, found] {
        const bool isNews = found->proxies != m_proxies || found->addresses != m_ownAddresses;
        m_proxies = std::move(found->proxies);
        m_ownAddresses = std::move(found->addresses);
        m_isRefreshing = false;
        if (isNews)
            Q_EMIT changed();
        if (const auto next = std::exchange(m_next, std::nullopt))
            refresh(*next);
    });
}

std::optional<std::string> SystemFacts::proxyFor(const Origin& origin) const
{
    if (isLoopbackHost(origin.host))
        return std::string();
    const auto found = m_proxies.find(toText(origin));
    if (found == m_proxies.end())
        return std::nullopt;
    return found->second;
}

}
