#include "support/vault_asking.h"
#include "vault/stores.h"

#include <QFile>
#include <QProcess>
#include <QTest>

#if defined(Q_OS_LINUX)
#include <sys/prctl.h>
#include <sys/resource.h>
#endif

using namespace waystation;
using namespace waystation::asking;

class TestSmallStores : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void memoryKeepsAndForgets()
    {
        const auto store = makeMemoryStore();
        QCOMPARE(store->kind(), VaultKind::Memory);
        QCOMPARE(read(*store, QStringLiteral("a")).answer, VaultAnswer::Absent);
        QVERIFY(write(*store, QStringLiteral("a"), "one").isDone());
        QVERIFY(write(*store, QStringLiteral("a"), "two").isDone());
        QCOMPARE(read(*store, QStringLiteral("a")).secret.reveal(), std::string_view("two"));
        QVERIFY(forget(*store, QStringLiteral("a")).isDone());
        QCOMPARE(read(*store, QStringLiteral("a")).answer, VaultAnswer::Absent);
        QVERIFY(unlock(*store).isDone());
        QCOMPARE(status(*store).answer, VaultAnswer::Found);
    }

    void aVariableIsTakenOutOfTheEnvironmentAndKept()
    {
        qputenv("WAYSTATION_TEST_KEY", "sk-proj-0123456789abcdef");
        const auto store = makeEnvironmentStore();
        const QString name = QStringLiteral("env:WAYSTATION_TEST_KEY");
        QCOMPARE(read(*store, name).secret.reveal(), std::string_view("sk-proj-0123456789abcdef"));
        QVERIFY(!qEnvironmentVariableIsSet("WAYSTATION_TEST_KEY"));
        QCOMPARE(read(*store, name).secret.reveal(), std::string_view("sk-proj-0123456789abcdef"));
    }

    void anEnvironmentHoldsNothingElse()
    {
        const auto store = makeEnvironmentStore();
        qputenv("WAYSTATION_EMPTY_KEY", "");
        for (const char* name : {"env:WAYSTATION_NOT_SET", "env:WAYSTATION_EMPTY_KEY", "PATH",
                 "env:", "env:A=B", "channel/a/b"})
            QCOMPARE(read(*store, QString::fromLatin1(name)).answer, VaultAnswer::Absent);
        QVERIFY(qEnvironmentVariableIsSet("PATH"));
        QCOMPARE(write(*store, QStringLiteral("env:X"), "v").answer, VaultAnswer::Denied);
        QCOMPARE(forget(*store, QStringLiteral("env:X")).answer, VaultAnswer::Denied);
        QCOMPARE(status(*store).answer, VaultAnswer::Found);
    }

    void neitherChildrenNorProcShowATakenVariable()
    {
#if defined(Q_OS_LINUX)
        QProcess child;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(
            QStringLiteral("WAYSTATION_CHILD_KEY"), QStringLiteral("sk-canary-Zq8vN2xWk5RtY7m"));
        child.setProcessEnvironment(environment);
        child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--take-variable")});
        QVERIFY(child.waitForFinished());
        const QByteArray told = child.readAllStandardOutput();
        QVERIFY2(told.contains("taken"), told);
        QVERIFY2(!told.contains("sk-canary"), told);
        QVERIFY2(told.contains("PATH="), told); // the look at /proc saw something
#else
        QSKIP("no /proc here");
#endif
    }

    void aHardenedProcessLeavesNoCore()
    {
#if defined(Q_OS_LINUX)
        QProcess child;
        child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--harden")});
        QVERIFY(child.waitForFinished());
        QCOMPARE(child.readAllStandardOutput(), QByteArray("dumpable 0 core 0\n"));
#else
        QSKIP("shown on Linux");
#endif
    }

    void anAnswerNeverComesAfterItsStore()
    {
        bool isAnswered = false;
        makeMemoryStore()->read(QStringLiteral("a"), [&](const SecretRead&) { isAnswered = true; });
        QCoreApplication::processEvents();
        QVERIFY(!isAnswered);
    }
};

#if defined(Q_OS_LINUX)

static int takeVariable()
{
    const auto store = makeEnvironmentStore();
    const SecretRead taken = read(*store, QStringLiteral("env:WAYSTATION_CHILD_KEY"));
    if (taken.answer == VaultAnswer::Found && taken.secret.reveal() == "sk-canary-Zq8vN2xWk5RtY7m")
        std::puts("taken");
    QFile block(QStringLiteral("/proc/self/environ"));
    if (block.open(QIODevice::ReadOnly))
        std::fwrite(block.readAll().replace('\0', '\n').constData(), 1,
            static_cast<std::size_t>(block.pos()), stdout);
    std::fflush(stdout);
    QProcess child;
    child.setProcessChannelMode(QProcess::ForwardedChannels);
    child.start(QStringLiteral("env"), QStringList());
    return child.waitForFinished() ? 0 : 1;
}

static int harden()
{
    hardenProcess();
    rlimit core{1, 1};
    getrlimit(RLIMIT_CORE, &core);
    std::printf("dumpable %d core %lu\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
        static_cast<unsigned long>(core.rlim_max));
    return 0;
}

#endif

int main(int count, char** arguments)
{
    QCoreApplication application(count, arguments);
#if defined(Q_OS_LINUX)
    if (count > 1 && std::string_view(arguments[1]) == "--take-variable")
        return takeVariable();
    if (count > 1 && std::string_view(arguments[1]) == "--harden")
        return harden();
#endif
    TestSmallStores test;
    return QTest::qExec(&test, count, arguments);
}

#include "tst_small_stores.moc"
