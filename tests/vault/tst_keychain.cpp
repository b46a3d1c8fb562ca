#include "support/heart.h"
#include "support/vault_asking.h"
#include "vault/stores.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusObjectPath>
#include <QDBusReply>
#include <QDBusVariant>
#include <QDBusVirtualObject>
#include <QElapsedTimer>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <csignal>

using namespace waystation;
using namespace waystation::asking;

namespace {

const QString service = QStringLiteral("Waystation test");
const QString name = QStringLiteral("channel/abc/def");

QDBusMessage callSecrets(const QString& path, const QString& interface, const QString& method,
    const QVariantList& arguments)
{
    QDBusMessage message = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.secrets"), path, interface, method);
    message.setArguments(arguments);
    return QDBusConnection::sessionBus().call(message, QDBus::BlockWithGui, 10'000);
}

/// gnome-keyring with a login collection that the password opens.
class Keyring
{
public:
    explicit Keyring(const QByteArray& password, bool isUnlocked = true)
    {
        m_daemon.setProcessChannelMode(QProcess::MergedChannels);
        QStringList arguments{
            QStringLiteral("--foreground"), QStringLiteral("--components=secrets")};
        if (isUnlocked)
            arguments << QStringLiteral("--unlock");
        m_daemon.start(QStringLiteral("gnome-keyring-daemon"), arguments);
        m_daemon.write(password);
        m_daemon.closeWriteChannel();
        // Only the bus knows when the daemon serves; before that a call would start another one.
        const bool isServing = QTest::qWaitFor(
            [] {
                const QDBusReply<bool> has = QDBusConnection::sessionBus().call(
                    QDBusMessage::createMethodCall(QStringLiteral("org.freedesktop.DBus"),
                        QStringLiteral("/org/freedesktop/DBus"),
                        QStringLiteral("org.freedesktop.DBus"), QStringLiteral("NameHasOwner"))
                    << QStringLiteral("org.freedesktop.secrets"));
                return has.value();
            },
            20'000);
        if (!isServing)
            qFatal("gnome-keyring does not serve: %s", m_daemon.readAll().constData());
    }

    ~Keyring()
    {
        m_daemon.kill();
        m_daemon.waitForFinished();
    }

    void lock()
    {
        const QDBusMessage reply = callSecrets(QStringLiteral("/org/freedesktop/secrets"),
            QStringLiteral("org.freedesktop.Secret.Service"), QStringLiteral("Lock"),
            {QVariant::fromValue(QList<QDBusObjectPath>{
                QDBusObjectPath(QStringLiteral("/org/freedesktop/secrets/collection/login"))})});
        if (reply.type() != QDBusMessage::ReplyMessage)
            qFatal("cannot lock: %s", qPrintable(reply.errorMessage()));
    }

    void stop() { ::kill(static_cast<pid_t>(m_daemon.processId()), SIGSTOP); }

    void goOn() { ::kill(static_cast<pid_t>(m_daemon.processId()), SIGCONT); }

private:
    QProcess m_daemon;
};

/// Takes every call and never answers.
class Silence : public QDBusVirtualObject
{
    Q_OBJECT
public:
    QString introspect(const QString&) const override { return {}; }

    bool handleMessage(const QDBusMessage& message, const QDBusConnection&) override
    {
        message.setDelayedReply(true);
        return true;
    }
};

/// A Secret Service with one locked collection, which a prompt opens (or not).
class Prompting : public QDBusVirtualObject
{
    Q_OBJECT
public:
    explicit Prompting(bool isDismissed)
        : m_isDismissed(isDismissed)
    {
    }

    QString introspect(const QString&) const override { return {}; }

    bool handleMessage(const QDBusMessage& message, const QDBusConnection& bus) override
    {
        const QDBusObjectPath collection(
            QStringLiteral("/org/freedesktop/secrets/collection/login"));
        if (message.member() == QStringLiteral("ReadAlias"))
            return bus.send(message.createReply(QVariant::fromValue(collection)));
        if (message.member() == QStringLiteral("Get"))
            return bus.send(message.createReply(QVariant::fromValue(QDBusVariant(m_isLocked))));
        if (message.member() == QStringLiteral("Unlock"))
            return bus.send(message.createReply({QVariant::fromValue(QList<QDBusObjectPath>()),
                QVariant::fromValue(
                    QDBusObjectPath(QStringLiteral("/org/freedesktop/secrets/prompt/p1")))}));
        if (message.member() != QStringLiteral("Prompt"))
            return false;
        m_isLocked = m_isDismissed;
        QDBusMessage completed = QDBusMessage::createSignal(message.path(),
            QStringLiteral("org.freedesktop.Secret.Prompt"), QStringLiteral("Completed"));
        completed << m_isDismissed << QVariant::fromValue(QDBusVariant(QString()));
        return bus.send(message.createReply()) && bus.send(completed);
    }

private:
    bool m_isDismissed;
    bool m_isLocked = true;
};

/// Serves as the Secret Service from a process of its own.
class OtherService
{
public:
    explicit OtherService(const QString& kind)
    {
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(
            QCoreApplication::applicationFilePath(), {QStringLiteral("--service"), kind});
        if (!m_process.waitForReadyRead())
            qFatal("the other service does not start");
    }

    ~OtherService()
    {
        m_process.kill();
        m_process.waitForFinished();
    }

private:
    QProcess m_process;
};

int serve(const QString& kind)
{
    std::unique_ptr<QDBusVirtualObject> object;
    if (kind == QStringLiteral("silence"))
        object = std::make_unique<Silence>();
    else
        object = std::make_unique<Prompting>(kind == QStringLiteral("dismissed"));
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.registerVirtualObject(
            QStringLiteral("/org/freedesktop/secrets"), object.get(), QDBusConnection::SubPath)
        || !bus.registerService(QStringLiteral("org.freedesktop.secrets")))
        return 1;
    std::puts("serving");
    std::fflush(stdout);
    return QCoreApplication::exec();
}

}

/// Runs in a process of its own, in a session bus of its own with a HOME of its own.
class InsideSession : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void writesReadsAndForgets()
    {
        const Keyring keyring("pass");
        const Heart heart;
        const auto store = makeKeychainStore(service);
        const VaultStatus usable = status(*store);
        QCOMPARE(usable.answer, VaultAnswer::Found);
        QCOMPARE(usable.backend, QStringLiteral("Secret Service"));
        QCOMPARE(read(*store, name).answer, VaultAnswer::Absent);
        QVERIFY(write(*store, name, "sk-one").isDone());
        QVERIFY(write(*store, name, "sk-two").isDone());
        QCOMPARE(read(*store, name).secret.reveal(), std::string_view("sk-two"));
        QCOMPARE(
            read(*makeKeychainStore(QStringLiteral("Another")), name).answer, VaultAnswer::Absent);
        QVERIFY(forget(*store, name).isDone());
        QVERIFY(forget(*store, name).isDone());
        QCOMPARE(read(*store, name).answer, VaultAnswer::Absent);
        QVERIFY2(heart.longestStop() < 100, qPrintable(QString::number(heart.longestStop())));
    }

    void keepsManySizesAndOctets()
    {
        const Keyring keyring("pass");
        const auto store = makeKeychainStore(service);
        for (const std::size_t size : {1u, 2'559u, 2'560u, 2'561u, 16'000u, 20'000u, 100'000u}) {
            std::string value(size, 'x');
            for (std::size_t i = 0; i < size; ++i)
                value[i] = static_cast<char>(i * 7 + 1);
            QVERIFY(write(*store, name, value).isDone());
            QCOMPARE(read(*store, name).secret.reveal(), std::string_view(value));
        }
        QCOMPARE(write(*store, name, std::string(100'001, 'x')).answer, VaultAnswer::Denied);
        QCOMPARE(
            read(*store, name).secret.reveal().size(), 100'000u); // the older one is still there
    }

    void answersManyAtOnceInOrder()
    {
        const Keyring keyring("pass");
        const auto store = makeKeychainStore(service);
        std::vector<int> order;
        for (int i = 0; i < 10; ++i)
            store->write(QStringLiteral("k%1").arg(i), Secret("v" + std::to_string(i)),
                [&order, i](const VaultDone& done) {
                    if (done.isDone())
                        order.push_back(i);
                });
        QVERIFY(QTest::qWaitFor([&] { return order.size() == 10; }, 60'000));
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(order[static_cast<std::size_t>(i)], i);
            QCOMPARE(read(*store, QStringLiteral("k%1").arg(i)).secret.reveal(),
                std::string_view("v" + std::to_string(i)));
        }
    }

    void tellsLockedFromAbsent()
    {
        Keyring keyring("pass");
        const auto store = makeKeychainStore(service);
        QVERIFY(write(*store, name, "sk-one").isDone());
        keyring.lock();
        QCOMPARE(status(*store).answer, VaultAnswer::Locked);
        QCOMPARE(read(*store, name).answer, VaultAnswer::Locked);
        QCOMPARE(read(*store, QStringLiteral("never/was")).answer, VaultAnswer::Locked);
        QCOMPARE(write(*store, name, "sk-two").answer, VaultAnswer::Locked);
        QCOMPARE(forget(*store, name).answer, VaultAnswer::Locked);
    }

    void aLockedKeyringKeepsItsEntries()
    {
        QByteArray password("pass");
        {
            Keyring keyring(password);
            const auto store = makeKeychainStore(service);
            QVERIFY(write(*store, name, "sk-one").isDone());
            keyring.lock();
            QCOMPARE(forget(*store, name).answer, VaultAnswer::Locked);
        }
        const Keyring keyring(password); // unlocked again
        const auto store = makeKeychainStore(service);
        const SecretRead found = read(*store, name);
        QVERIFY2(found.answer == VaultAnswer::Found, qPrintable(found.detail));
        QCOMPARE(found.secret.reveal(), std::string_view("sk-one"));
    }

    void aKeyringThatWasStartedAnewServesOn()
    {
        const auto store = makeKeychainStore(service);
        for (int round = 0; round < 3; ++round) {
            const Keyring keyring("pass");
            QVERIFY(write(*store, name, "sk-one").isDone());
            QCOMPARE(read(*store, name).answer, VaultAnswer::Found);
        }
        const Keyring keyring("pass");
        QVERIFY(forget(*store, name).isDone());
    }

    void aRestartedKeyringIsLockedNotEmpty()
    {
        {
            const Keyring keyring("pass");
            QVERIFY(write(*makeKeychainStore(service), name, "sk-one").isDone());
        }
        const Keyring keyring({}, false);
        QCOMPARE(read(*makeKeychainStore(service), name).answer, VaultAnswer::Locked);
    }

    void unlockingWithoutAScreenEndsWithAnAnswer()
    {
        Keyring keyring("pass");
        const auto store = makeKeychainStore(service);
        QVERIFY(write(*store, name, "sk-one").isDone());
        keyring.lock();
        const VaultDone done = unlock(*store); // the prompter finds no display
        QVERIFY(!done.isDone());
        QVERIFY(!done.detail.isEmpty());
        QCOMPARE(read(*store, name).answer, VaultAnswer::Locked);
    }

    void aPromptThatIsAnsweredUnlocks()
    {
        const OtherService other(QStringLiteral("answered"));
        const auto store = makeKeychainStore(service);
        QCOMPARE(status(*store).answer, VaultAnswer::Locked);
        const Heart heart;
        QCOMPARE(unlock(*store).answer, VaultAnswer::Found);
        QVERIFY2(heart.longestStop() < 100, qPrintable(QString::number(heart.longestStop())));
        QCOMPARE(status(*store).answer, VaultAnswer::Found);
        QCOMPARE(unlock(*store).answer, VaultAnswer::Found); // nothing to do
    }

    void aPromptThatIsDismissedDoesNot()
    {
        const OtherService other(QStringLiteral("dismissed"));
        const auto store = makeKeychainStore(service);
        QCOMPARE(unlock(*store).answer, VaultAnswer::Denied);
        QCOMPARE(status(*store).answer, VaultAnswer::Locked);
    }

    void aServiceThatNeverAnswersIsSlow()
    {
        const OtherService other(QStringLiteral("silence"));
        const Heart heart;
        const auto store = makeKeychainStore(service);
        QElapsedTimer time;
        time.start();
        QList<VaultAnswer> answers;
        for (int i = 0; i < 20; ++i)
            store->read(
                name + QString::number(i), [&](const SecretRead& read) { answers << read.answer; });
        store->write(
            name, Secret("sk-one"), [&](const VaultDone& done) { answers << done.answer; });
        store->forget(name, [&](const VaultDone& done) { answers << done.answer; });
        store->status([&](const VaultStatus& status) { answers << status.answer; });
        QVERIFY(QTest::qWaitFor([&] { return answers.size() == 23; }, 60'000));
        QVERIFY2(time.elapsed() < 14'000, qPrintable(QString::number(time.elapsed())));
        QCOMPARE(answers.count(VaultAnswer::Slow), 23);
        QVERIFY2(heart.longestStop() < 100, qPrintable(QString::number(heart.longestStop())));
        QTest::qWait(10'000); // late answers of the bus must not be told
        QCOMPARE(answers.size(), 23);
    }

    void aKeyringThatHangsInTheMiddleIsSlowAndComesBack()
    {
        Keyring keyring("pass");
        const auto store = makeKeychainStore(service);
        QVERIFY(write(*store, name, "sk-one").isDone());
        const Heart heart;
        keyring.stop();
        const VaultDone write = answerOf<VaultDone>(
            [&](auto done) { store->write(name, Secret("sk-two"), done); }, 60'000);
        QCOMPARE(write.answer, VaultAnswer::Slow);
        QVERIFY2(heart.longestStop() < 100, qPrintable(QString::number(heart.longestStop())));
        keyring.goOn();
        // The write that was told to have failed never lands afterwards.
        QVERIFY(QTest::qWaitFor(
            [&] { return read(*store, name).answer == VaultAnswer::Found; }, 30'000));
        QCOMPARE(read(*store, name).secret.reveal(), std::string_view("sk-one"));
    }

    void noServiceIsUnavailable()
    {
        // The bus of this process has no service files, so nothing can be started.
        const auto store = makeKeychainStore(service);
        QElapsedTimer time;
        time.start();
        QCOMPARE(status(*store).answer, VaultAnswer::Unavailable);
        QCOMPARE(read(*store, name).answer, VaultAnswer::Unavailable);
        QCOMPARE(write(*store, name, "sk-one").answer, VaultAnswer::Unavailable);
        QCOMPARE(forget(*store, name).answer, VaultAnswer::Unavailable);
        QCOMPARE(unlock(*store).answer, VaultAnswer::Unavailable);
        QVERIFY(time.elapsed() < 7'000);
    }

    void noBusIsUnavailable()
    {
        qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
        const Heart heart;
        const auto store = makeKeychainStore(service);
        const VaultStatus status = asking::status(*store);
        QCOMPARE(status.answer, VaultAnswer::Unavailable);
        QVERIFY(status.detail.contains(QStringLiteral("D-Bus")));
        QCOMPARE(read(*store, name).answer, VaultAnswer::Unavailable);
        QCOMPARE(write(*store, name, "sk-one").answer, VaultAnswer::Unavailable);
        QCOMPARE(unlock(*store).answer, VaultAnswer::Unavailable);
        QVERIFY2(heart.longestStop() < 100, qPrintable(QString::number(heart.longestStop())));
    }

    void aStoreMayGoWhileItAsks()
    {
        const Keyring keyring("pass");
        int answers = 0;
        for (int i = 0; i < 20; ++i) {
            const auto store = makeKeychainStore(service);
            store->read(name, [&](const SecretRead&) { ++answers; });
            store->write(name, Secret("sk-one"), [&](const VaultDone&) { ++answers; });
            store->status([&](const VaultStatus&) { ++answers; });
            QTest::qWait(i);
        }
        const int heard = answers;
        const auto store = makeKeychainStore(service);
        QVERIFY(write(*store, name, "sk-two").isDone());
        QCOMPARE(read(*store, name).secret.reveal(), std::string_view("sk-two"));
        QCOMPARE(answers, heard); // nothing comes after its store
    }
};

class TestKeychain : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void inASessionOfItsOwn_data()
    {
        QTest::addColumn<bool>("needsKeyring");
        for (const char* row : {"writesReadsAndForgets", "keepsManySizesAndOctets",
                 "answersManyAtOnceInOrder", "tellsLockedFromAbsent",
                 "aLockedKeyringKeepsItsEntries", "aKeyringThatWasStartedAnewServesOn",
                 "aRestartedKeyringIsLockedNotEmpty", "unlockingWithoutAScreenEndsWithAnAnswer",
                 "aKeyringThatHangsInTheMiddleIsSlowAndComesBack", "aStoreMayGoWhileItAsks"})
            QTest::newRow(row) << true;
        for (const char* row : {"aPromptThatIsAnsweredUnlocks", "aPromptThatIsDismissedDoesNot",
                 "aServiceThatNeverAnswersIsSlow", "noServiceIsUnavailable", "noBusIsUnavailable"})
            QTest::newRow(row) << false;
    }

    void inASessionOfItsOwn()
    {
        QFETCH(const bool, needsKeyring);
        if (QStandardPaths::findExecutable(QStringLiteral("dbus-run-session")).isEmpty())
            QSKIP("dbus-run-session is not installed");
        if (needsKeyring
            && QStandardPaths::findExecutable(QStringLiteral("gnome-keyring-daemon")).isEmpty())
            QSKIP("gnome-keyring is not installed");

        const QTemporaryDir home;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* variable :
            {"HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
            environment.insert(QString::fromLatin1(variable), home.path());
        for (const char* variable :
            {"DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP",
                "DESKTOP_SESSION", "KDE_FULL_SESSION", "GNOME_KEYRING_CONTROL"})
            environment.remove(QString::fromLatin1(variable));
        // A bus that starts nothing by itself: no service but the one that the test starts.
        QFile config(home.filePath(QStringLiteral("bus.conf")));
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write("<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy "
                     "context=\"default\">"
                     "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow "
                     "eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>");
        config.close();

        QProcess child;
        child.setProcessEnvironment(environment);
        child.setProcessChannelMode(QProcess::MergedChannels);
        child.start(QStringLiteral("dbus-run-session"),
            {QStringLiteral("--config-file=") + config.fileName(), QStringLiteral("--"),
                QCoreApplication::applicationFilePath(), QStringLiteral("--inside"),
                QString::fromLatin1(QTest::currentDataTag())});
        const bool isOver = child.waitForFinished(150'000);
        const QByteArray told = child.readAll();
        QVERIFY2(isOver, told.constData());
        QVERIFY2(
            child.exitStatus() == QProcess::NormalExit && child.exitCode() == 0, told.constData());
        QVERIFY2(told.contains("3 passed, 0 failed, 0 skipped"), told.constData());
        QVERIFY2(!told.contains("sk-one") && !told.contains("sk-two"), told.constData());
    }
};

int main(int count, char** arguments)
{
    QCoreApplication application(count, arguments);
    const QStringList words = QCoreApplication::arguments();
    if (words.value(1) == QStringLiteral("--service"))
        return serve(words.value(2));
    if (words.value(1) == QStringLiteral("--inside")) {
        InsideSession inside;
        return QTest::qExec(&inside, {words.value(0), words.value(2)});
    }
    TestKeychain test;
    return QTest::qExec(&test, count, arguments);
}

#include "tst_keychain.moc"
