// The whole program is killed in the middle of its work, again and again, and nothing that it said it kept is gone.

#include "bridge/control.h"
#include "support/console_program.h"
#include "support/http_client.h"

#include <QDir>
#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

using namespace waystation;

namespace {

constexpr int rounds = 50;

/// The rows that the running program says are on disk; -1 when it did not answer.
qint64 rowsOf(const QString& folder)
{
    const auto reply = askRunning(folder, R"({"verb":"status","args":{}})", 5000);
    if (!reply)
        return -1;
    const QJsonObject result = QJsonDocument::fromJson(QByteArray::fromStdString(*reply)).object()[QLatin1String("result")].toObject();
    return result[QLatin1String("ledger")].toObject()[QLatin1String("rows")].toInteger(-1);
}

}

class TestKill : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fiftyKillsUnderLoadLoseNothing()
    {
        QTemporaryDir folder;
        const QString data = folder.filePath(QStringLiteral("data"));
        const QStringList where {QStringLiteral("--data-dir"), data, QStringLiteral("--vault"), QStringLiteral("environment")};
        const ConsoleRun added = runConsole(QStringList {QStringLiteral("client"), QStringLiteral("add"), QStringLiteral("load"), QStringLiteral("--json")} + where);
        QCOMPARE(added.exitCode, 0);
        const std::string key = QJsonDocument::fromJson(added.out).object()[QLatin1String("key")].toString().toStdString();
        QVERIFY(!key.empty());

        qint64 acknowledged = 0;
        qint64 slowestStart = 0;
        std::atomic<int> answered {0};
        for (int round = 0; round < rounds; ++round) {
            QElapsedTimer start;
            start.start();
            ServingConsole serving;
            QVERIFY2(serving.start(data, {QStringLiteral("--vault"), QStringLiteral("environment")}), serving.process.readAllStandardError().constData());
            slowestStart = std::max(slowestStart, start.elapsed());
            const qint64 before = rowsOf(data);
            QVERIFY2(before >= acknowledged, qPrintable(QStringLiteral("round %1: %2 rows, %3 were acknowledged").arg(round).arg(before).arg(acknowledged)));

            const auto port = serving.address.section(QLatin1Char(':'), -1).toUShort();
            std::atomic<bool> goesOn {true};
            std::vector<std::thread> load;
            for (int i = 0; i < 3; ++i)
                load.emplace_back([&] {
                    while (goesOn) {
                        HttpClient client(port);
                        while (goesOn) {
                            client.send("POST", "/v1/chat/completions", key, R"({"model":"practice-echo","stream":true,"messages":[{"role":"user","content":"one two three"}]})");
                            const auto reply = client.read(std::chrono::seconds(2));
                            if (reply.status != 200)
                                break;
                            ++answered;
                        }
                    }
                });
            // Most kills come at a time that nobody chose; some only when a row is there, so that there is something to lose.
            if (round % 10 == 0)
                static_cast<void>(QTest::qWaitFor([&] { return rowsOf(data) > acknowledged; }, 15'000));
            else
                QTest::qWait(QRandomGenerator::global()->bounded(20, 320));
            const qint64 seen = rowsOf(data);
            acknowledged = std::max(acknowledged, seen);
            ::kill(static_cast<pid_t>(serving.process.processId()), SIGKILL);
            goesOn = false;
            for (std::thread& thread : load)
                thread.join();
            QVERIFY(serving.process.waitForFinished(10'000));
        }
        QVERIFY(acknowledged > 0);
        QVERIFY(answered > acknowledged / 2);

        // Nothing lies about that a crash left behind as damaged, and every acknowledged row can be read.
        QVERIFY(QDir(data).entryList({QStringLiteral("*corrupt*"), QStringLiteral("*broken*")}).isEmpty());
        const ConsoleRun calls = runConsole(QStringList {QStringLiteral("status"), QStringLiteral("--json")} + where);
        QCOMPARE(calls.exitCode, 0);
        QVERIFY(QJsonDocument::fromJson(calls.out).object()[QLatin1String("ledger")].toObject()[QLatin1String("rows")].toInteger() >= acknowledged);
        qInfo("%d kills, %lld rows acknowledged, %d calls answered, slowest start %lld ms", rounds, static_cast<long long>(acknowledged), answered.load(),
            static_cast<long long>(slowestStart));
    }
};

QTEST_GUILESS_MAIN(TestKill)
#include "tst_kill.moc"
