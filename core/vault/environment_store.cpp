#include "vault/stores.h"

#include <QObject>

#include <sodium.h>

#include <cstdlib>
#include <map>

namespace waystation {

namespace {

constexpr std::string_view prefix = "env:";

/// Takes the variable out of the process's environment. Its octets are overwritten too: unsetting
/// alone leaves them in the block that /proc/self/environ shows.
Secret takeVariable(const std::string& variable)
{
    char* value = std::getenv(variable.c_str());
    if (value == nullptr)
        return {};
    const std::string_view text(value);
    Secret secret(text);
    sodium_memzero(value, text.size());
    qunsetenv(variable.c_str());
    return secret;
}

bool isVariableName(std::string_view name)
{
    return !name.empty() && name.find('=') == std::string_view::npos
        && name.find('\0') == std::string_view::npos;
}

class EnvironmentStore : public SecretStore
{
public:
    VaultKind kind() const override { return VaultKind::Environment; }

    void status(std::function<void(VaultStatus)> done) override
    {
        VaultStatus status;
        status.kind = VaultKind::Environment;
        status.backend = QStringLiteral("environment");
        status.detail = QStringLiteral("Read-only: keys come from environment variables.");
        answer([done = std::move(done), status] { done(status); });
    }

    void read(const QString& name, std::function<void(SecretRead)> done) override
    {
        const auto read = std::make_shared<SecretRead>(look(name.toStdString()));
        answer([done = std::move(done), read] { done(std::move(*read)); });
    }

    void write(const QString&, Secret, std::function<void(VaultDone)> done) override
    {
        refuse(std::move(done));
    }

    void forget(const QString&, std::function<void(VaultDone)> done) override
    {
        refuse(std::move(done));
    }

    void unlock(Secret, std::function<void(VaultDone)> done) override
    {
        answer([done = std::move(done)] { done({}); });
    }

private:
    SecretRead look(const std::string& name)
    {
        const std::string_view variable
            = std::string_view(name).substr(name.starts_with(prefix) ? prefix.size() : name.size());
        if (!isVariableName(variable))
            return {VaultAnswer::Absent, {},
                QStringLiteral("The environment holds only keys named env:VARIABLE.")};
        auto found = m_secrets.find(name);
        if (found == m_secrets.end()) {
            Secret taken = takeVariable(std::string(variable));
            if (taken.isEmpty())
                return {
                    VaultAnswer::Absent, {}, QStringLiteral("The variable is not set or empty.")};
            found = m_secrets.emplace(name, std::move(taken)).first;
        }
        return {VaultAnswer::Found, found->second.share(), {}};
    }

    void refuse(std::function<void(VaultDone)> done)
    {
        const VaultDone denied{VaultAnswer::Denied,
            QStringLiteral(
                "The environment cannot keep keys; choose the keychain or the encrypted file.")};
        answer([done = std::move(done), denied] { done(denied); });
    }

    template <class Call> void answer(Call call)
    {
        QMetaObject::invokeMethod(&m_context, std::move(call), Qt::QueuedConnection);
    }

    QObject m_context;
    std::map<std::string, Secret> m_secrets;
};

}

std::unique_ptr<SecretStore> makeEnvironmentStore()
{
    return std::make_unique<EnvironmentStore>();
}

}
