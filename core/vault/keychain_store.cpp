#include "vault/one_answer.h"
#include "vault/secret_service.h"
#include "vault/stores.h"

#include <QLibrary>
#include <QObject>

#include <qt6keychain/keychain.h>
#include <sodium.h>

#include <deque>
#include <vector>

namespace waystation {

namespace {

constexpr std::chrono::seconds answerLimit{10};
constexpr std::chrono::minutes unlockLimit{2}; // a person types a password

// A credential of Windows holds 2,560 octets; QtKeychain needs some of them.
#if defined(Q_OS_WIN)
constexpr std::size_t largestSecret = 2000;
#else
constexpr std::size_t largestSecret = 100'000;
#endif

SecretRead tooSlow()
{
    return {VaultAnswer::Slow, {},
        QStringLiteral(
            "The keychain does not answer; a window of the system may be waiting for a password.")};
}

/// Overwrites the octets in every QByteArray that shares them.
void wipeShared(const QByteArray& bytes)
{
    sodium_memzero(const_cast<char*>(bytes.constData()), static_cast<std::size_t>(bytes.size()));
}

/// A Secret Service that was started anew does not know the session that libsecret, which
/// QtKeychain loads, holds on to for as long as the program runs ("The session does not exist").
/// Letting go makes it open another.
void leaveOldSession()
{
#if defined(Q_OS_UNIX) && !defined(Q_OS_MACOS)
    using Disconnect = void (*)();
    const auto disconnect = reinterpret_cast<Disconnect>(
        QLibrary::resolve(QStringLiteral("secret-1"), 0, "secret_service_disconnect"));
    if (disconnect != nullptr)
        disconnect();
#endif
}

SecretRead readOf(const QKeychain::Job& job)
{
    switch (job.error()) {
    case QKeychain::NoError:
        return {VaultAnswer::Found, {}, {}};
    case QKeychain::EntryNotFound:
        return {VaultAnswer::Absent, {}, {}};
    case QKeychain::AccessDeniedByUser:
        return {
            VaultAnswer::Denied, {}, QStringLiteral("The user refused access to the keychain.")};
    case QKeychain::AccessDenied:
        return {VaultAnswer::Denied, {}, QStringLiteral("The keychain refused access.")};
    case QKeychain::NoBackendAvailable:
    case QKeychain::NotImplemented:
        return {
            VaultAnswer::Unavailable, {}, QStringLiteral("This system has no keychain service.")};
    case QKeychain::CouldNotDeleteEntry:
    case QKeychain::OtherError:
        break;
    }
    return {VaultAnswer::Failed, {}, QStringLiteral("The keychain failed: ") + job.errorString()};
}

/// One request at a time. QtKeychain itself runs one job at a time and cannot take one back, so a
/// job that hangs holds up whatever is behind it; what waits here runs out of time here and is then
/// never started.
class KeychainStore : public SecretStore
{
public:
    explicit KeychainStore(QString service)
        : m_service(std::move(service))
    {
    }

    VaultKind kind() const override { return VaultKind::Keychain; }

    void status(std::function<void(VaultStatus)> done) override
    {
        VaultStatus late;
        late.answer = VaultAnswer::Slow;
        late.backend = QStringLiteral("keychain");
        late.detail = tooSlow().detail;
        const auto asker = std::make_shared<OneAnswer<VaultStatus>>(
            &m_context, answerLimit, late, std::move(done));
        m_session.look([asker](const ServiceLook& look) {
            VaultStatus status;
            status.answer = look.answer;
            status.backend = look.backend;
            status.detail = look.detail;
            asker->give(status);
        });
        m_others.push_back(asker);
        forgetAnswered();
    }

    void read(const QString& name, std::function<void(SecretRead)> done) override
    {
        add(What::Read, name, {}, std::move(done));
    }

    void write(const QString& name, Secret secret, std::function<void(VaultDone)> done) override
    {
        if (secret.reveal().size() > largestSecret) {
            const VaultDone refused{VaultAnswer::Denied,
                QStringLiteral(
                    "The keychain holds at most %1 octets in an entry; use the encrypted file.")
                    .arg(largestSecret)};
            QMetaObject::invokeMethod(
                &m_context, [done = std::move(done), refused] { done(refused); },
                Qt::QueuedConnection);
            return;
        }
        add(What::Write, name, std::move(secret), withoutSecret(std::move(done)));
    }

    void forget(const QString& name, std::function<void(VaultDone)> done) override
    {
        add(What::Forget, name, {}, withoutSecret(std::move(done)));
    }

    void unlock(Secret, std::function<void(VaultDone)> done) override
    {
        const VaultDone late{
            VaultAnswer::Slow, QStringLiteral("Nobody answered the prompt of the keychain.")};
        const auto asker = std::make_shared<OneAnswer<VaultDone>>(
            &m_context, unlockLimit, late, std::move(done));
        m_session.unlock([asker](const VaultDone& answer) { asker->give(answer); });
        m_others.push_back(asker);
        forgetAnswered();
    }

private:
    enum class What { Read, Write, Forget };

    struct Request
    {
        Request(QObject* context, What task, QString key, Secret value,
            std::function<void(SecretRead)> done)
            : what(task)
            , name(std::move(key))
            , secret(std::move(value))
            , asker(context, answerLimit, tooSlow(), std::move(done))
        {
        }

        What what;
        QString name;
        Secret secret;
        OneAnswer<SecretRead> asker;
        bool isSecondTry = false;
    };

    using RequestPtr = std::shared_ptr<Request>;

    static std::function<void(SecretRead)> withoutSecret(std::function<void(VaultDone)> done)
    {
        return [done = std::move(done)](const SecretRead& read) {
            done({read.answer, read.detail});
        };
    }

    void add(What what, const QString& name, Secret secret, std::function<void(SecretRead)> done)
    {
        m_queue.push_back(
            std::make_shared<Request>(&m_context, what, name, std::move(secret), std::move(done)));
        if (!m_running)
            startNext();
    }

    void startNext()
    {
        m_running = nullptr;
        while (!m_queue.empty() && !m_running) {
            RequestPtr next = std::move(m_queue.front());
            m_queue.pop_front();
            if (!next->asker.isGiven())
                m_running = std::move(next);
        }
        if (m_running)
            look(m_running, [this](const RequestPtr& request, const ServiceLook& service) {
                begin(request, service);
            });
    }

    void answer(const RequestPtr& request, SecretRead read)
    {
        request->asker.give(std::move(read));
        startNext();
    }

    /// Runs `next` unless the time is over; then the request makes way.
    template <class Next> void look(const RequestPtr& request, Next next)
    {
        m_session.look([this, request, next](const ServiceLook& service) {
            if (request->asker.isGiven())
                startNext();
            else
                next(request, service);
        });
    }

    void begin(const RequestPtr& request, const ServiceLook& service)
    {
        // A locked keychain is not asked: it would show a prompt for each key, and call every entry
        // absent.
        if (service.answer != VaultAnswer::Found) {
            answer(request, {service.answer, {}, service.detail});
            return;
        }
        switch (request->what) {
        case What::Read:
            runRead(request);
            return;
        case What::Write:
            runWrite(request);
            return;
        case What::Forget:
            runForget(request);
            return;
        }
    }

    void run(
        const RequestPtr& request, QKeychain::Job* job, std::function<void(QKeychain::Job*)> next)
    {
        job->setAutoDelete(true);
        job->setInsecureFallback(false);
        job->setKey(request->name);
        QObject::connect(job, &QKeychain::Job::finished, &m_context,
            [this, request, next = std::move(next)](QKeychain::Job* ended) {
                if (request->asker.isGiven())
                    startNext();
                else
                    next(ended);
            });
        job->start();
    }

    void runRead(const RequestPtr& request)
    {
        run(request, new QKeychain::ReadPasswordJob(m_service),
            [this, request](QKeychain::Job* job) {
                SecretRead read = resultOf(job);
                if (read.answer == VaultAnswer::Found)
                    answer(request, std::move(read));
                else
                    explain(request, std::move(read));
            });
    }

    void runWrite(const RequestPtr& request)
    {
        auto* job = new QKeychain::WritePasswordJob(m_service);
        const std::string_view text = request->secret.reveal();
        const QByteArray octets(text.data(), static_cast<qsizetype>(text.size()));
        job->setBinaryData(octets);
        QObject::connect(job, &QObject::destroyed, [octets] { wipeShared(octets); });
        run(request, job, [this, request](QKeychain::Job* ended) {
            SecretRead written = readOf(*ended);
            if (written.answer != VaultAnswer::Found) {
                explain(request, std::move(written));
                return;
            }
            run(request, new QKeychain::ReadPasswordJob(m_service),
                [this, request](QKeychain::Job* job) {
                    const SecretRead again = resultOf(job);
                    if (again.answer == VaultAnswer::Found
                        && equalInConstantTime(again.secret.reveal(), request->secret.reveal()))
                        answer(request, {VaultAnswer::Found, {}, {}});
                    else
                        answer(request,
                            {VaultAnswer::Failed, {},
                                QStringLiteral(
                                    "The keychain took the key but does not give it back.")});
                });
        });
    }

    void runForget(const RequestPtr& request)
    {
        run(request, new QKeychain::DeletePasswordJob(m_service),
            [this, request](QKeychain::Job* ended) {
                SecretRead gone = readOf(*ended);
                if (gone.answer != VaultAnswer::Found && gone.answer != VaultAnswer::Absent) {
                    explain(request, std::move(gone));
                    return;
                }
                run(request, new QKeychain::ReadPasswordJob(m_service),
                    [this, request](QKeychain::Job* job) {
                        const SecretRead again = resultOf(job);
                        if (again.answer == VaultAnswer::Absent)
                            answer(request, {VaultAnswer::Found, {}, {}});
                        else
                            answer(request,
                                {VaultAnswer::Failed, {},
                                    QStringLiteral("The keychain did not let the key go.")});
                    });
            });
    }

    /// "No such entry" and "denied" may both mean that the keychain was locked meanwhile: look
    /// again before saying so.
    void explain(const RequestPtr& request, SecretRead read)
    {
        const auto kept = std::make_shared<SecretRead>(std::move(read));
        look(request, [this, kept](const RequestPtr& asked, const ServiceLook& service) {
            if (kept->answer == VaultAnswer::Failed && service.answer == VaultAnswer::Found
                && !asked->isSecondTry) {
                asked->isSecondTry = true;
                leaveOldSession();
                begin(asked, service);
                return;
            }
            if (service.answer != VaultAnswer::Found)
                *kept = {service.answer, {}, service.detail};
            else if (kept->answer == VaultAnswer::Absent && !service.isTold)
                *kept = {VaultAnswer::Locked, {},
                    QStringLiteral("The keychain has no such entry, or is locked.")};
            answer(asked, std::move(*kept));
        });
    }

    static SecretRead resultOf(QKeychain::Job* job)
    {
        SecretRead read = readOf(*job);
        if (read.answer != VaultAnswer::Found)
            return read;
        const QByteArray octets = static_cast<QKeychain::ReadPasswordJob*>(job)->binaryData();
        read.secret
            = Secret(std::string_view(octets.constData(), static_cast<std::size_t>(octets.size())));
        wipeShared(octets);
        return read;
    }

    void forgetAnswered()
    {
        std::erase_if(m_others,
            [](const std::shared_ptr<AnyAnswer>& asker) { return asker.use_count() == 1; });
    }

    QString m_service;
    std::deque<RequestPtr> m_queue;
    RequestPtr m_running;
    std::vector<std::shared_ptr<AnyAnswer>> m_others;
    QObject m_context;
    SecretService m_session;
};

}

std::unique_ptr<SecretStore> makeKeychainStore(const QString& service)
{
    return std::make_unique<KeychainStore>(service);
}

}
