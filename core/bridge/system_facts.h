#pragma once

#include "base/url.h"
#include "ledger/mailbox.h"

#include <QObject>
#include <QString>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace waystation {

/// What only the system knows and may take its time to tell: trusted roots, proxies, own addresses.
/// Asked on a worker thread, answered on this object's thread.
class SystemFacts : public QObject
{
    Q_OBJECT
public:
    explicit SystemFacts(QObject* parent = nullptr);
    ~SystemFacts() override;

    /// Runs `work` on a thread of its own and then `after`, if there is one, on this object's
    /// thread. Work that was begun is waited for by the destructor.
    void runAside(std::function<void()> work, std::function<void()> after = {});
    /// Blocks until all work is done.
    void waitForAll();

    void readRoots();

    const std::vector<std::string>& roots() const { return m_roots; } // DER

    /// Looks up the proxies of these addresses (and of no others) and the machine's own addresses.
    void refresh(const std::vector<Origin>& origins);
    /// "http://host:port", "socks5://host:port", "" for none; nullopt while the system has not
    /// said.
    std::optional<std::string> proxyFor(const Origin& origin) const;

    const std::vector<std::string>& ownAddresses() const { return m_ownAddresses; }

Q_SIGNALS:
    void rootsRead();
    /// A proxy or an own address is known now or changed.
    void changed();

private:
    struct Worker
    {
        std::thread thread;
        std::shared_ptr<std::atomic<bool>> isDone;
    };

    Mailbox m_mail; // values come back under its lock, Qt only wakes
    std::vector<Worker> m_workers;
    std::vector<std::string> m_roots;
    std::map<std::string, std::string> m_proxies; // by toText(origin)
    std::vector<std::string> m_ownAddresses;
    bool m_isRefreshing = false;
    std::optional<std::vector<Origin>> m_next;
};

}
