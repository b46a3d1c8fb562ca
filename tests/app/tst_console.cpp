#include "support/console_program.h"

#include <nlohmann/json.hpp>

#include <QDirIterator>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

using Json = nlohmann::json;

namespace {

const QByteArray canary = "sk-canary-9Hs4Kd7WqZ2mXc6VbN1pLr8T";

QStringList on(const QTemporaryDir& folder, const QString& line)
{
    QStringList arguments = line.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    return arguments << QStringLiteral("--data-dir") << folder.path();
}

Json jsonOf(const ConsoleRun& run)
{
    return Json::parse(run.out.toStdString(), nullptr, false);
}

QStringList filesWith(const QString& folder, const QByteArray& octets)
{
    QStringList found;
    QDirIterator files(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        QFile file(files.next());
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains(octets))
            found << file.fileName();
    }
    return found;
}

QByteArray passphraseFile(const QTemporaryDir& folder)
{
    const QString path = folder.filePath(QStringLiteral("passphrase"));
    QFile file(path);
    if (file.open(QIODevice::WriteOnly))
        file.write("a long enough passphrase\n");
    return path.toUtf8();
}

QProcessEnvironment withPassphrase(const QTemporaryDir& secrets)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(
        QStringLiteral("WAYSTATION_PASSPHRASE_FILE"), QString::fromUtf8(passphraseFile(secrets)));
    return environment;
}

/// curl's status code of a chat call; 0 when nobody answered.
int chat(
    const QString& address, const QByteArray& key, const char* model, QByteArray* answer = nullptr)
{
    QProcess curl;
    QTemporaryDir place;
    const QString body = place.filePath(QStringLiteral("body"));
    curl.start(QStringLiteral("curl"),
        {QStringLiteral("-s"), QStringLiteral("-m"), QStringLiteral("20"), QStringLiteral("-o"),
            body, QStringLiteral("-w"), QStringLiteral("%{http_code}"), QStringLiteral("-H"),
            QStringLiteral("@-"), QStringLiteral("-H"),
            QStringLiteral("Content-Type: application/json"), QStringLiteral("-d"),
            QStringLiteral(
                "{\"model\":\"%1\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}")
                .arg(QLatin1String(model)),
            address + QStringLiteral("/v1/chat/completions")});
    curl.waitForStarted();
    curl.write("Authorization: Bearer " + key + "\n");
    curl.closeWriteChannel();
    curl.waitForFinished(30'000);
    if (answer) {
        QFile file(body);
        if (file.open(QIODevice::ReadOnly))
            *answer = file.readAll();
    }
    return curl.readAllStandardOutput().toInt();
}

}

class TestConsole : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void wrongUseEndsWithTwo_data()
    {
        QTest::addColumn<QString>("line");
        for (const char* line : {"dance", "channel", "channel add", "channel add A B",
                 "channel list --nonsense", "channel add A", "status --vault drawer",
                 "client add A --budget 5", "client add A --rpm 3", "calls --since soon",
                 "serve --port many", "channel edit Practice", "channel add A --provider nobody",
                 "alias add a", "channel edit Practice --priority high", "usage --by colour",
                 "channel list --json=yes", "status --data-dir"})
            QTest::newRow(line) << QString::fromLatin1(line);
    }

    void wrongUseEndsWithTwo()
    {
        QFETCH(QString, line);
        QTemporaryDir folder;
        const ConsoleRun run
            = runConsole(line.endsWith(QStringLiteral("--data-dir")) ? line.split(QLatin1Char(' '))
                                                                     : on(folder, line));
        QCOMPARE(run.exitCode, 2);
        QVERIFY(!run.err.isEmpty());
        QCOMPARE(run.out, QByteArray());
    }

    void whatIsMissingEndsWithOne_data()
    {
        QTest::addColumn<QString>("line");
        for (const char* line :
            {"channel show Nobody", "channel remove Nobody", "client revoke Nobody",
                "alias remove nothing", "calls show 01ARZ3NDEKTSV4RRFFQ69G5FAV", "quit", "pause",
                "restore /nonexistent/folder"})
            QTest::newRow(line) << QString::fromLatin1(line);
    }

    void whatIsMissingEndsWithOne()
    {
        QFETCH(QString, line);
        QTemporaryDir folder;
        const ConsoleRun run = runConsole(on(folder, line));
        QCOMPARE(run.exitCode, 1);
        QVERIFY(run.err.startsWith("waystationctl: "));
    }

    void everyCommandHasHelp()
    {
        const ConsoleRun all = runConsole({QStringLiteral("--help")});
        QCOMPARE(all.exitCode, 0);
        for (const char* words :
            {"serve", "status", "channel add", "channel key replace", "alias add", "client add",
                "calls", "usage", "prices set", "models", "vault move", "backup", "restore"}) {
            QVERIFY2(all.out.contains(QByteArray("waystationctl ") + words), words);
            const ConsoleRun one = runConsole(
                QString::fromLatin1(words).split(QLatin1Char(' ')) << QStringLiteral("--help"));
            QCOMPARE(one.exitCode, 0);
            QVERIFY2(one.out.startsWith(QByteArray("waystationctl ") + words), words);
        }
    }

    void aFolderIsWorkedOnThoughNobodyServesIt()
    {
        QTemporaryDir folder;
        const Json made = jsonOf(runConsole(on(folder,
            QStringLiteral("client add laptop --models gpt-* --expires 2099-01-01 --json"))));
        QCOMPARE(made["name"].get<std::string>(), std::string("laptop"));
        QVERIFY(made["key"].get<std::string>().starts_with("ws-"));
        const ConsoleRun list = runConsole(on(folder, QStringLiteral("client list --json")));
        QCOMPARE(jsonOf(list)[0]["name"].get<std::string>(), std::string("laptop"));
        QVERIFY(!list.out.contains(QByteArray::fromStdString(made["key"].get<std::string>())));
        QCOMPARE(
            filesWith(folder.path(), QByteArray::fromStdString(made["key"].get<std::string>())),
            QStringList());

        QCOMPARE(runConsole(on(folder,
                                QStringLiteral("alias add gpt-5 --to Practice/practice-echo --to "
                                               "Practice/practice-slow@3")))
                     .exitCode,
            0);
        const Json aliases = jsonOf(runConsole(on(folder, QStringLiteral("alias list --json"))));
        QCOMPARE(aliases[0]["targets"].size(), std::size_t(2));
        QCOMPARE(aliases[0]["targets"][1]["weight"].get<int>(), 3);
        QCOMPARE(runConsole(on(folder, QStringLiteral("channel disable Practice"))).exitCode, 0);
        QVERIFY(runConsole(on(folder, QStringLiteral("channel list"))).out.contains("disabled"));
        QCOMPARE(jsonOf(runConsole(on(folder, QStringLiteral("status --json"))))["state"]
                     .get<std::string>(),
            std::string("not_running"));
    }

    void columnsStandBelowEachOtherInChineseToo()
    {
        QTemporaryDir folder;
        for (const char* name : {"练习渠道", "plain"}) {
            const ConsoleRun added = runConsole({QStringLiteral("channel"), QStringLiteral("add"),
                QString::fromUtf8(name), QStringLiteral("--provider"), QStringLiteral("practice"),
                QStringLiteral("--data-dir"), folder.path()});
            QVERIFY2(added.exitCode == 0, added.err.constData());
        }
        const QString out
            = QString::fromUtf8(runConsole(on(folder, QStringLiteral("channel list"))).out);
        // Four characters of double width take eight columns: as many spaces less behind them.
        QVERIFY(out.contains(QString::fromUtf8("练习渠道  practice")));
        QVERIFY(out.contains(QStringLiteral("plain     practice")));
    }

    void aKeyFromStandardInputIsNowhereToBeSeen()
    {
        QTemporaryDir folder;
        QTemporaryDir secrets;
        const QProcessEnvironment environment = withPassphrase(secrets);
        QByteArray key = canary;
        const ConsoleRun added = runConsole(
            on(folder,
                QStringLiteral("channel add Dead --provider openai --base-url http://127.0.0.1:9 "
                               "--model m1 --key-stdin --vault file")),
            key + "\n", environment);
        QVERIFY2(added.exitCode == 0, added.err.constData());
        QVERIFY(!added.out.contains(canary) && !added.err.contains(canary));
        QCOMPARE(filesWith(folder.path(), canary), QStringList());
        QVERIFY(QFile::exists(folder.filePath(QStringLiteral("vault.bin"))));

        // And it is there: a call reaches out with it, and fails without showing it.
        const Json shown = jsonOf(
            runConsole(on(folder, QStringLiteral("channel show Dead --json")), {}, environment));
        QCOMPARE(shown["keys"][0]["state"].get<std::string>(), std::string("ready"));
        const ConsoleRun tested
            = runConsole(on(folder, QStringLiteral("channel test Dead")), {}, environment);
        QCOMPARE(tested.exitCode, 1);
        QVERIFY(!tested.out.contains(canary) && !tested.err.contains(canary));
        const ConsoleRun calls
            = runConsole(on(folder, QStringLiteral("calls --json")), {}, environment);
        QCOMPARE(jsonOf(calls).size(), std::size_t(1));
        QCOMPARE(filesWith(folder.path(), canary), QStringList());

        // Without the passphrase the key is locked, and still there.
        const Json locked
            = jsonOf(runConsole(on(folder, QStringLiteral("channel show Dead --json"))));
        QCOMPARE(locked["keys"][0]["state"].get<std::string>(), std::string("locked"));
    }

    void withoutAKeychainTheChoicesAreNamed()
    {
        QTemporaryDir folder;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(
            QStringLiteral("DBUS_SESSION_BUS_ADDRESS"), QStringLiteral("unix:path=/nonexistent"));
        environment.remove(QStringLiteral("WAYSTATION_PASSPHRASE_FILE"));
        const ConsoleRun refused = runConsole(
            on(folder, QStringLiteral("channel add Mine --provider openai --key-stdin")),
            canary + "\n", environment);
        QCOMPARE(refused.exitCode, 1);
        QVERIFY(refused.err.contains("--vault file"));
        QVERIFY(refused.err.contains("--vault environment"));
        QCOMPARE(filesWith(folder.path(), canary), QStringList());
        const ConsoleRun list
            = runConsole(on(folder, QStringLiteral("channel list --json")), {}, environment);
        QCOMPARE(jsonOf(list).size(), std::size_t(1)); // no half channel is left behind
    }

    void aKeyStaysInItsVariable()
    {
        QTemporaryDir folder;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("MY_KEY"), QString::fromUtf8(canary));
        const QString line
            = QStringLiteral("channel add Dead --provider openai --base-url http://127.0.0.1:9 "
                             "--model m1 --key-env MY_KEY --vault environment");
        const ConsoleRun added = runConsole(on(folder, line), {}, environment);
        QVERIFY2(added.exitCode == 0, added.err.constData());
        const Json shown = jsonOf(
            runConsole(on(folder, QStringLiteral("channel show Dead --json")), {}, environment));
        QCOMPARE(shown["keys"][0]["state"].get<std::string>(), std::string("ready"));
        QCOMPARE(filesWith(folder.path(), canary), QStringList());
        const Json without
            = jsonOf(runConsole(on(folder, QStringLiteral("channel show Dead --json"))));
        QCOMPARE(without["keys"][0]["state"].get<std::string>(), std::string("missing"));
    }

    void aServingProgramIsAskedOverItsSocket()
    {
        QTemporaryDir folder;
        ServingConsole serving;
        QVERIFY2(
            serving.start(folder.path(), {QStringLiteral("--demo-key")}), serving.said.constData());
        QVERIFY2(serving.waitFor("-d '"), serving.said.constData());
        const qsizetype place = serving.said.indexOf("Bearer ws-") + 7;
        const QByteArray key = serving.said.mid(place, serving.said.indexOf('\'', place) - place);
        QByteArray answer;
        QCOMPARE(chat(serving.address, key, "practice-echo", &answer), 200);
        QVERIFY(answer.contains("Hello"));

        const Json status = jsonOf(runConsole(on(folder, QStringLiteral("status --json"))));
        QCOMPARE(status["state"].get<std::string>(), std::string("serving"));
        QCOMPARE(status["process"].get<qint64>(), serving.process.processId());
        QCOMPARE(QString::fromStdString(status["address"].get<std::string>()), serving.address);

        // A change counts at once, and the log knows the call.
        const Json made
            = jsonOf(runConsole(on(folder, QStringLiteral("client add second --json"))));
        const QByteArray second = QByteArray::fromStdString(made["key"].get<std::string>());
        QTRY_COMPARE_WITH_TIMEOUT(chat(serving.address, second, "practice-echo"), 200, 10'000);
        QCOMPARE(runConsole(on(folder, QStringLiteral("client revoke second"))).exitCode, 0);
        QTRY_COMPARE_WITH_TIMEOUT(chat(serving.address, second, "practice-echo"), 401, 10'000);
        const Json calls
            = jsonOf(runConsole(on(folder, QStringLiteral("calls --client first --json"))));
        QCOMPARE(calls.size(), std::size_t(1));
        QCOMPARE(calls[0]["outcome"].get<std::string>(), std::string("done"));
        QVERIFY(jsonOf(runConsole(on(folder, QStringLiteral("usage --by client --json"))))["rows"]
                    .size()
            >= 1);
        QVERIFY(runConsole(on(folder, QStringLiteral("channel test Practice"))).exitCode == 0);
        QVERIFY(runConsole(on(folder, QStringLiteral("channel test Practice --model practice-500")))
                    .exitCode
            == 1);

        // Secrets go over the socket, not through arguments.
        QFile commandLine(QStringLiteral("/proc/%1/cmdline").arg(serving.process.processId()));
        QVERIFY(commandLine.open(QIODevice::ReadOnly));
        QVERIFY(!commandLine.readAll().contains(key));
        QCOMPARE(filesWith(folder.path(), key), QStringList());

        // A second server on the folder says so and leaves.
        const ConsoleRun other = runConsole(on(folder, QStringLiteral("serve --port 0")));
        QCOMPARE(other.exitCode, 1);
        QVERIFY(other.err.contains("already"));

        QCOMPARE(runConsole(on(folder, QStringLiteral("quit"))).exitCode, 0);
        QVERIFY(serving.process.waitForFinished(15'000));
        QCOMPARE(serving.process.exitCode(), 0);
    }

    void theFirstSignalLetsCallsFinish()
    {
        QTemporaryDir folder;
        ServingConsole serving;
        QVERIFY(serving.start(folder.path()));
        const Json made = jsonOf(runConsole(on(folder, QStringLiteral("client add one --json"))));
        const QByteArray key = QByteArray::fromStdString(made["key"].get<std::string>());
        QTRY_COMPARE_WITH_TIMEOUT(chat(serving.address, key, "practice-echo"), 200, 10'000);

        QProcess curl;
        curl.start(QStringLiteral("curl"),
            {QStringLiteral("-sN"), QStringLiteral("-H"), QStringLiteral("@-"),
                QStringLiteral("-H"), QStringLiteral("Content-Type: application/json"),
                QStringLiteral("-d"),
                QStringLiteral("{\"model\":\"practice-slow\",\"stream\":true,\"messages\":[{"
                               "\"role\":\"user\",\"content\":\"Hello\"}]}"),
                serving.address + QStringLiteral("/v1/chat/completions")});
        QVERIFY(curl.waitForStarted());
        curl.write("Authorization: Bearer " + key + "\n");
        curl.closeWriteChannel();
        QVERIFY(curl.waitForReadyRead(20'000));
        serving.process.terminate();
        QVERIFY(curl.waitForFinished(30'000));
        QVERIFY(curl.readAllStandardOutput().contains("[DONE]"));
        QVERIFY(serving.process.waitForFinished(30'000));
        QCOMPARE(serving.process.exitCode(), 0);
        const Json calls
            = jsonOf(runConsole(on(folder, QStringLiteral("calls --model practice-slow --json"))));
        QCOMPARE(calls.size(), std::size_t(1));
        QCOMPARE(calls[0]["outcome"].get<std::string>(), std::string("done"));
    }

    void theSecondSignalStopsAtOnce()
    {
        QTemporaryDir folder;
        ServingConsole serving;
        QVERIFY(serving.start(folder.path()));
        const Json made = jsonOf(runConsole(on(folder, QStringLiteral("client add one --json"))));
        const QByteArray key = QByteArray::fromStdString(made["key"].get<std::string>());
        QTRY_COMPARE_WITH_TIMEOUT(chat(serving.address, key, "practice-echo"), 200, 10'000);
        QProcess curl;
        curl.start(QStringLiteral("curl"),
            {QStringLiteral("-sN"), QStringLiteral("-H"), QStringLiteral("@-"),
                QStringLiteral("-H"), QStringLiteral("Content-Type: application/json"),
                QStringLiteral("-d"),
                QStringLiteral("{\"model\":\"practice-stall\",\"stream\":true,\"messages\":[{"
                               "\"role\":\"user\",\"content\":\"Hello\"}]}"),
                serving.address + QStringLiteral("/v1/chat/completions")});
        QVERIFY(curl.waitForStarted());
        curl.write("Authorization: Bearer " + key + "\n");
        curl.closeWriteChannel();
        QVERIFY(curl.waitForReadyRead(20'000));
        serving.process.terminate();
        QVERIFY(serving.waitFor("once more"));
        serving.process.terminate();
        QVERIFY(serving.process.waitForFinished(15'000));
        QCOMPARE(serving.process.exitCode(), 0);
        const Json calls
            = jsonOf(runConsole(on(folder, QStringLiteral("calls --model practice-stall --json"))));
        QCOMPARE(calls.size(), std::size_t(1)); // its row is there all the same
        curl.waitForFinished(10'000);
    }

    void aKilledServerLeavesNothingInTheWay()
    {
        QTemporaryDir folder;
        for (int round = 0; round < 2; ++round) {
            ServingConsole serving;
            QVERIFY(serving.start(folder.path()));
            serving.process.kill();
            QVERIFY(serving.process.waitForFinished(10'000));
        }
        ServingConsole serving;
        QVERIFY(serving.start(folder.path()));
        QVERIFY(runConsole(on(folder, QStringLiteral("status"))).out.contains("serving"));
    }

    void manyServersOnAFolderLeaveOne()
    {
        QTemporaryDir folder;
        std::vector<std::unique_ptr<QProcess>> started;
        for (int i = 0; i < 10; ++i) {
            started.push_back(std::make_unique<QProcess>());
            started.back()->setStandardInputFile(QProcess::nullDevice());
            started.back()->start(consoleProgram(), on(folder, QStringLiteral("serve --port 0")));
        }
        const auto running = [&] {
            return std::count_if(started.begin(), started.end(),
                [](const auto& one) { return one->state() != QProcess::NotRunning; });
        };
        QTRY_COMPARE_WITH_TIMEOUT(running(), 1, 60'000);
        QVERIFY(runConsole(on(folder, QStringLiteral("status"))).out.contains("serving"));
        QCOMPARE(runConsole(on(folder, QStringLiteral("quit"))).exitCode, 0);
        QTRY_COMPARE_WITH_TIMEOUT(running(), 0, 20'000);
    }

    void theProgramShowsNoMemoryToOthers()
    {
        QTemporaryDir folder;
        ServingConsole serving;
        QVERIFY(serving.start(folder.path()));
        // What is not dumpable belongs to root in /proc; as root this cannot be told apart.
        if (::geteuid() == 0)
            QSKIP("root may look at everything");
        QFile memory(QStringLiteral("/proc/%1/environ").arg(serving.process.processId()));
        QVERIFY(!memory.open(QIODevice::ReadOnly));
    }

    void pricesAreSetAndForgotten()
    {
        QTemporaryDir folder;
        QCOMPARE(runConsole(on(folder,
                                QStringLiteral(
                                    "prices set my-model --input 3 --output 15 --cache-read 0.3")))
                     .exitCode,
            0);
        const Json prices
            = jsonOf(runConsole(on(folder, QStringLiteral("prices list my-model --json"))));
        QCOMPARE(prices["own"][0]["prices"]["output"].get<std::string>(), std::string("15.00"));
        QCOMPARE(runConsole(on(folder, QStringLiteral("prices remove my-model"))).exitCode, 0);
        QCOMPARE(
            runConsole(on(folder, QStringLiteral("prices set my-model --input cheap --output 15")))
                .exitCode,
            2);
    }

    void aBackupIsMadeAndRestored()
    {
        QTemporaryDir root;
        QTemporaryDir folder;
        QCOMPARE(runConsole(on(folder, QStringLiteral("client add kept"))).exitCode, 0);
        const QString copy = root.filePath(QStringLiteral("copy"));
        QCOMPARE(runConsole(on(folder, QStringLiteral("backup ") + copy)).exitCode, 0);
        QCOMPARE(runConsole(on(folder, QStringLiteral("client revoke kept"))).exitCode, 0);
        const ConsoleRun restored = runConsole(on(folder, QStringLiteral("restore ") + copy));
        QVERIFY2(restored.exitCode == 0, restored.err.constData());
        QVERIFY(runConsole(on(folder, QStringLiteral("client list"))).out.contains("kept"));
    }
};

QTEST_GUILESS_MAIN(TestConsole)
#include "tst_console.moc"
