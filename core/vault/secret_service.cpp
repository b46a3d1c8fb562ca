#include "vault/secret_service.h"

#include "vault/secret_prompt.h"

#if defined(WAYSTATION_HAS_DBUS)
#include "vault/secret_prompt.h"

#include <QCoreApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusObjectPath>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QPointer>
#include <QThreadPool>

#include <atomic>
#include <utility>
#include <vector>
#endif

namespace waystation {

#if defined(WAYSTATION_HAS_DBUS)

namespace {

constexpr int callMillis = 9'000; // within the limit of a whole answer

const QString secretsName = QStringLiteral("org.freedesktop.secrets");
const QString secretsPath = QStringLiteral("/org/freedesktop/secrets");
const QString serviceInterface = QStringLiteral("org.freedesktop.Secret.Service");

bool isKde()
{
    return qEnvironmentVariable("XDG_CURRENT_DESKTOP")
               .split(QLatin1Char(':'))
               .contains(QStringLiteral("KDE"))
        || qEnvironmentVariable("DESKTOP_SESSION") == QStringLiteral("kde")
        || qEnvironmentVariableIsSet("KDE_FULL_SESSION");
}

/// Not there, as opposed to there and unwell.
bool isMissing(const QDBusError& error)
{
    return error.type() == QDBusError::ServiceUnknown || error.type() == QDBusError::NoServer
        || error.type() == QDBusError::Disconnected
        || error.name().startsWith(QStringLiteral("org.freedesktop.DBus.Error.Spawn"))
        || error.name() == QStringLiteral("org.freedesktop.DBus.Error.NameHasNoOwner");
}

ServiceLook lookOf(const QDBusError& error)
{
    ServiceLook look;
    look.backend = QStringLiteral("Secret Service");
    if (isMissing(error)) {
        look.answer = VaultAnswer::Unavailable;
        look.detail
            = QStringLiteral("No keychain service answers on D-Bus (org.freedesktop.secrets).");
    } else if (error.type() == QDBusError::NoReply || error.type() == QDBusError::Timeout) {
        look.answer = VaultAnswer::Slow;
        look.detail = QStringLiteral("The keychain service does not answer.");
    } else {
        look.answer = VaultAnswer::Failed;
        look.detail = QStringLiteral("The keychain service refused: ") + error.message();
    }
    return look;
}

VaultDone doneOf(const ServiceLook& look)
{
    return {look.answer, look.detail};
}

}

struct SecretService::Parts
{
    explicit Parts(QObject* owner)
        : context(owner)
    {
    }

    QObject* context;
    QString connectionName;
    bool isConnecting = false;
    std::vector<std::function<void(bool)>> waiting;

    QDBusConnection bus() const { return QDBusConnection(connectionName); }

    /// Connecting waits for the bus to say hello, so it happens elsewhere.
    void withBus(std::function<void(bool)> next)
    {
        if (!connectionName.isEmpty() && bus().isConnected()) {
            next(true);
            return;
        }
        waiting.push_back(std::move(next));
        if (isConnecting)
            return;
        isConnecting = true;
        static std::atomic<int> count{0};
        if (!connectionName.isEmpty())
            QDBusConnection::disconnectFromBus(connectionName);
        connectionName = QStringLiteral("waystation-vault-%1").arg(++count);
        // The application waits for this pool when it goes, so it is there to be posted to.
        QCoreApplication* home = QCoreApplication::instance();
        QThreadPool::globalInstance()->start([home, guard = QPointer<QObject>(context), this,
                                                 name = connectionName] {
            const bool isConnected
                = QDBusConnection::connectToBus(QDBusConnection::SessionBus, name).isConnected();
            QMetaObject::invokeMethod(
                home,
                [guard, this, name, isConnected] {
                    if (guard)
                        connected(isConnected);
                    else
                        QDBusConnection::disconnectFromBus(name);
                },
                Qt::QueuedConnection);
        });
    }

    void connected(bool isConnected)
    {
        isConnecting = false;
        for (const auto& next : std::exchange(waiting, {}))
            next(isConnected);
    }

    template <class Next> void call(const QDBusMessage& message, Next next)
    {
        auto* watcher = new QDBusPendingCallWatcher(bus().asyncCall(message, callMillis), context);
        QObject::connect(watcher, &QDBusPendingCallWatcher::finished, context,
            [next = std::move(next)](QDBusPendingCallWatcher* ended) {
                ended->deleteLater();
                next(ended->reply());
            });
    }

    static QDBusError errorOf(const QDBusMessage& reply)
    {
        return reply.type() == QDBusMessage::ErrorMessage ? QDBusError(reply) : QDBusError();
    }

    void lookAtWallet(QStringList services, std::function<void(ServiceLook)> done)
    {
        if (services.isEmpty()) {
            lookAtCollection(std::move(done));
            return;
        }
        const QString service = services.takeFirst();
        const QString path = QStringLiteral("/modules/") + service.section(QLatin1Char('.'), -1);
        call(QDBusMessage::createMethodCall(
                 service, path, QStringLiteral("org.kde.KWallet"), QStringLiteral("networkWallet")),
            [this, services, done = std::move(done)](const QDBusMessage& reply) {
                if (reply.type() != QDBusMessage::ReplyMessage) {
                    lookAtWallet(services, done);
                    return;
                }
                // The wallet opens, and asks, by itself when an entry is wanted: no entry means no
                // entry.
                done({VaultAnswer::Found, QStringLiteral("KWallet"), {}, true});
            });
    }

    /// Gives the path of the default collection, "/" when there is none yet.
    void findCollection(std::function<void(QDBusError, QString)> done)
    {
        QDBusMessage ask = QDBusMessage::createMethodCall(
            secretsName, secretsPath, serviceInterface, QStringLiteral("ReadAlias"));
        ask << QStringLiteral("default");
        call(ask, [done = std::move(done)](const QDBusMessage& reply) {
            const QVariantList values = reply.arguments();
            const bool isAnswer = reply.type() == QDBusMessage::ReplyMessage && !values.isEmpty();
            done(errorOf(reply),
                isAnswer ? values.first().value<QDBusObjectPath>().path() : QString());
        });
    }

    void lookAtCollection(std::function<void(ServiceLook)> done)
    {
        findCollection(
            [this, done = std::move(done)](const QDBusError& error, const QString& path) {
                if (error.isValid()) {
                    done(lookOf(error));
                    return;
                }
                if (path.isEmpty() || path == QStringLiteral("/")) {
                    done({VaultAnswer::Found, QStringLiteral("Secret Service"),
                        QStringLiteral("The keychain is empty; the system asks for a password when "
                                       "the first key is stored."),
                        true});
                    return;
                }
                askLocked(path, done);
            });
    }

    void askLocked(const QString& path, std::function<void(ServiceLook)> done)
    {
        QDBusMessage ask = QDBusMessage::createMethodCall(secretsName, path,
            QStringLiteral("org.freedesktop.DBus.Properties"), QStringLiteral("Get"));
        ask << QStringLiteral("org.freedesktop.Secret.Collection") << QStringLiteral("Locked");
        call(ask, [done = std::move(done)](const QDBusMessage& reply) {
            if (reply.type() != QDBusMessage::ReplyMessage || reply.arguments().isEmpty()) {
                done(lookOf(errorOf(reply)));
                return;
            }
            ServiceLook look;
            look.backend = QStringLiteral("Secret Service");
            look.isTold = true;
            if (reply.arguments().constFirst().value<QDBusVariant>().variant().toBool()) {
                look.answer = VaultAnswer::Locked;
                look.detail = QStringLiteral("The keychain is locked.");
            }
            done(look);
        });
    }

    void unlockCollection(std::function<void(VaultDone)> done)
    {
        findCollection(
            [this, done = std::move(done)](const QDBusError& error, const QString& path) {
                if (error.isValid()) {
                    done(doneOf(lookOf(error)));
                    return;
                }
                if (path.isEmpty() || path == QStringLiteral("/")) {
                    done({}); // nothing is stored yet, so nothing is locked
                    return;
                }
                askToUnlock(path, done);
            });
    }

    void askToUnlock(const QString& path, std::function<void(VaultDone)> done)
    {
        QDBusMessage ask = QDBusMessage::createMethodCall(
            secretsName, secretsPath, serviceInterface, QStringLiteral("Unlock"));
        ask << QVariant::fromValue(QList<QDBusObjectPath>{QDBusObjectPath(path)});
        call(ask, [this, path, done = std::move(done)](const QDBusMessage& reply) {
            const QVariantList values = reply.arguments();
            if (reply.type() != QDBusMessage::ReplyMessage || values.size() < 2) {
                done(doneOf(lookOf(errorOf(reply))));
                return;
            }
            const QString prompt = values.at(1).value<QDBusObjectPath>().path();
            if (prompt == QStringLiteral("/"))
                checkUnlocked(path, done);
            else
                showPrompt(prompt, path, done);
        });
    }

    void showPrompt(const QString& prompt, const QString& path, std::function<void(VaultDone)> done)
    {
        auto* answer = new SecretPrompt(context);
        QObject::connect(
            answer, &SecretPrompt::ended, context, [this, answer, path, done](bool dismissed) {
                answer->deleteLater();
                if (dismissed)
                    done({VaultAnswer::Denied,
                        QStringLiteral("The prompt of the keychain was dismissed.")});
                else
                    checkUnlocked(path, done);
            });
        // Without the name of the service: with it, Qt asks the bus who that is and waits for the
        // answer. What the signal says is checked with the service anyway.
        bus().connect(QString(), prompt, QStringLiteral("org.freedesktop.Secret.Prompt"),
            QStringLiteral("Completed"), answer, SLOT(completed(bool, QDBusVariant)));
        QDBusMessage ask = QDBusMessage::createMethodCall(secretsName, prompt,
            QStringLiteral("org.freedesktop.Secret.Prompt"), QStringLiteral("Prompt"));
        ask << QString();
        call(ask, [answer = QPointer<SecretPrompt>(answer), done](const QDBusMessage& reply) {
            if (reply.type() != QDBusMessage::ErrorMessage || !answer)
                return;
            answer->disconnect();
            answer->deleteLater();
            done(doneOf(lookOf(errorOf(reply))));
        });
    }

    void checkUnlocked(const QString& path, std::function<void(VaultDone)> done)
    {
        askLocked(path, [done = std::move(done)](const ServiceLook& look) {
            if (look.answer == VaultAnswer::Locked)
                done({VaultAnswer::Denied, QStringLiteral("The keychain is still locked.")});
            else
                done(doneOf(look));
        });
    }
};

SecretService::SecretService(QObject* parent)
    : QObject(parent)
    , m_parts(std::make_unique<Parts>(this))
{
}

SecretService::~SecretService()
{
    if (!m_parts->connectionName.isEmpty() && !m_parts->isConnecting)
        QDBusConnection::disconnectFromBus(m_parts->connectionName);
}

void SecretService::look(std::function<void(ServiceLook)> done)
{
    m_parts->withBus([this, done = std::move(done)](bool isConnected) {
        if (!isConnected) {
            done({VaultAnswer::Unavailable, QStringLiteral("Secret Service"),
                QStringLiteral("There is no D-Bus session, so no keychain service."), false});
            return;
        }
        QStringList wallets;
        if (isKde())
            wallets = {QStringLiteral("org.kde.kwalletd6"), QStringLiteral("org.kde.kwalletd5")};
        m_parts->lookAtWallet(wallets, done);
    });
}

void SecretService::unlock(std::function<void(VaultDone)> done)
{
    look([this, done = std::move(done)](const ServiceLook& look) {
        if (look.answer == VaultAnswer::Locked)
            m_parts->unlockCollection(done);
        else
            done(doneOf(look));
    });
}

#else

struct SecretService::Parts
{
};

SecretService::SecretService(QObject* parent)
    : QObject(parent)
{
}

SecretService::~SecretService() = default;

void SecretService::look(std::function<void(ServiceLook)> done)
{
    ServiceLook look;
#if defined(Q_OS_MACOS)
    look = {VaultAnswer::Found, QStringLiteral("macOS Keychain"), {}, true};
#elif defined(Q_OS_WIN)
    look = {VaultAnswer::Found, QStringLiteral("Windows Credential Manager"), {}, true};
#else
    look = {VaultAnswer::Found, QStringLiteral("Secret Service or KWallet"), {}, false};
#endif
    QMetaObject::invokeMethod(
        this, [done = std::move(done), look] { done(look); }, Qt::QueuedConnection);
}

void SecretService::unlock(std::function<void(VaultDone)> done)
{
    // The system asks by itself when an entry is wanted.
    QMetaObject::invokeMethod(
        this, [done = std::move(done)] { done({}); }, Qt::QueuedConnection);
}

#endif

}
