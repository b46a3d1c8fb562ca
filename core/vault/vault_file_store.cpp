#include "vault/one_answer.h"
#include "vault/stores.h"
#include "vault/vault_file.h"

#include <QObject>
#include <QThreadPool>

#include <map>

namespace waystation {

namespace {

constexpr std::chrono::seconds answerLimit{10};
constexpr std::chrono::seconds unlockLimit{
    60}; // deriving the key takes its time on a slow or busy machine

VaultDone tooSlow()
{
    return {VaultAnswer::Slow, QStringLiteral("The disk with the vault file does not answer.")};
}

class VaultFileStore : public SecretStore
{
public:
    VaultFileStore(const QString& path, PassphraseCost cost)
        : m_file(path, cost)
    {
        m_worker.setMaxThreadCount(
            1); // one after the other, so that two changes never start from the same file
    }

    ~VaultFileStore() override
    {
        m_worker.waitForDone(); // what was asked to be written is written
    }

    VaultKind kind() const override { return VaultKind::File; }

    void status(std::function<void(VaultStatus)> done) override
    {
        VaultStatus late;
        late.kind = VaultKind::File;
        late.answer = VaultAnswer::Slow;
        late.backend = QStringLiteral("encrypted file");
        ask<VaultStatus>(
            answerLimit, late, std::move(done), [](VaultFile& file) { return file.status(); });
    }

    void read(const QString& name, std::function<void(SecretRead)> done) override
    {
        SecretRead late{VaultAnswer::Slow, {}, tooSlow().detail};
        ask<SecretRead>(answerLimit, std::move(late), std::move(done),
            [name = name.toStdString()](VaultFile& file) { return file.read(name); });
    }

    void write(const QString& name, Secret secret, std::function<void(VaultDone)> done) override
    {
        const auto kept = std::make_shared<Secret>(std::move(secret));
        ask<VaultDone>(answerLimit, tooSlow(), std::move(done),
            [name = name.toStdString(), kept](
                VaultFile& file) { return file.write(name, std::move(*kept)); });
    }

    void forget(const QString& name, std::function<void(VaultDone)> done) override
    {
        ask<VaultDone>(answerLimit, tooSlow(), std::move(done),
            [name = name.toStdString()](VaultFile& file) { return file.forget(name); });
    }

    void unlock(Secret passphrase, std::function<void(VaultDone)> done) override
    {
        const auto kept = std::make_shared<Secret>(std::move(passphrase));
        ask<VaultDone>(unlockLimit, tooSlow(), std::move(done),
            [kept](VaultFile& file) { return file.unlock(*kept); });
    }

private:
    template <class Answer, class Work>
    void ask(
        std::chrono::milliseconds limit, Answer late, std::function<void(Answer)> done, Work work)
    {
        auto waiting = std::make_unique<OneAnswer<Answer>>(
            &m_context, limit, std::move(late), std::move(done));
        OneAnswer<Answer>* asker = waiting.get();
        m_waiting.emplace(asker, std::move(waiting));
        m_worker.start([this, asker, work = std::move(work)] {
            const auto answer = std::make_shared<Answer>(work(m_file));
            QMetaObject::invokeMethod(
                &m_context,
                [this, asker, answer] {
                    asker->give(std::move(*answer));
                    m_waiting.erase(asker);
                },
                Qt::QueuedConnection);
        });
    }

    VaultFile m_file; // touched by the worker alone
    std::map<AnyAnswer*, std::unique_ptr<AnyAnswer>> m_waiting;
    QObject m_context;
    QThreadPool m_worker;
};

}

std::unique_ptr<SecretStore> makeVaultFileStore(const QString& path, PassphraseCost costOfNewFile)
{
    return std::make_unique<VaultFileStore>(path, costOfNewFile);
}

std::unique_ptr<SecretStore> makeVaultFileStore(const QString& path)
{
    return makeVaultFileStore(path, ordinaryCost());
}

}
