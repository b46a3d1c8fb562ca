#include "vault/stores.h"

#include <QObject>

#include <map>

namespace waystation {

namespace {

class MemoryStore : public SecretStore
{
public:
    VaultKind kind() const override { return VaultKind::Memory; }

    void status(std::function<void(VaultStatus)> done) override
    {
        VaultStatus status;
        status.kind = VaultKind::Memory;
        status.backend = QStringLiteral("memory of this program");
        answer([done = std::move(done), status] { done(status); });
    }

    void read(const QString& name, std::function<void(SecretRead)> done) override
    {
        const auto found = m_secrets.find(name);
        const auto read = std::make_shared<SecretRead>();
        read->answer = found == m_secrets.end() ? VaultAnswer::Absent : VaultAnswer::Found;
        if (found != m_secrets.end())
            read->secret = found->second.share();
        answer([done = std::move(done), read] { done(std::move(*read)); });
    }

    void write(const QString& name, Secret secret, std::function<void(VaultDone)> done) override
    {
        m_secrets.insert_or_assign(name, std::move(secret));
        answer([done = std::move(done)] { done({}); });
    }

    void forget(const QString& name, std::function<void(VaultDone)> done) override
    {
        m_secrets.erase(name);
        answer([done = std::move(done)] { done({}); });
    }

    void unlock(Secret, std::function<void(VaultDone)> done) override
    {
        answer([done = std::move(done)] { done({}); });
    }

private:
    template <class Call> void answer(Call call)
    {
        QMetaObject::invokeMethod(&m_context, std::move(call), Qt::QueuedConnection);
    }

    QObject m_context;
    std::map<QString, Secret> m_secrets;
};

}

std::unique_ptr<SecretStore> makeMemoryStore()
{
    return std::make_unique<MemoryStore>();
}

}
