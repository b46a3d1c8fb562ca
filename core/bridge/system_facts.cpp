#include "bridge/system_facts.h"

#include <QHostAddress>
#include <QNetworkInterface>
#include <QNetworkProxy>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QUrl>

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
    m_pool.setMaxThreadCount(4);
    m_pool.setExpiryTimeout(5'000);
}

SystemFacts::~SystemFacts()
{
    m_pool.waitForDone();
}

void SystemFacts::runAside(std::function<void()> work)
{
    m_pool.start(std::move(work));
}

void SystemFacts::waitForAll()
{
    m_pool.waitForDone();
}

void SystemFacts::readRoots()
{
    runAside([this] {
        std::vector<std::string> roots;
        for (const QSslCertificate& certificate : QSslConfiguration::systemCaCertificates())
            roots.push_back(certificate.toDer().toStdString());
        QMetaObject::invokeMethod(
            this,
            [this, roots = std::move(roots)]() mutable {
                m_roots = std::move(roots);
                Q_EMIT rootsRead();
            },
            Qt::QueuedConnection);
    });
}

void SystemFacts::refresh(const std::vector<Origin>& origins)
{
    if (m_isRefreshing) {
        m_next = origins;
        return;
    }
    m_isRefreshing = true;
    runAside([this, origins] {
        std::map<std::string, std::string> proxies;
        for (const Origin& origin : origins)
            proxies.emplace(toText(origin), systemProxyOf(origin));
        std::vector<std::string> addresses;
        for (const QHostAddress& address : QNetworkInterface::allAddresses()) {
            QHostAddress plain = address;
            plain.setScopeId(QString());
            addresses.push_back(plain.toString().toStdString());
        }
        QMetaObject::invokeMethod(
            this,
            [this, proxies = std::move(proxies), addresses = std::move(addresses)]() mutable {
                const bool isNews = proxies != m_proxies || addresses != m_ownAddresses;
                m_proxies = std::move(proxies);
                m_ownAddresses = std::move(addresses);
                m_isRefreshing = false;
                if (isNews)
                    Q_EMIT changed();
                if (auto next = std::exchange(m_next, std::nullopt))
                    refresh(*next);
            },
            Qt::QueuedConnection);
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
