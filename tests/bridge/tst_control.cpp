#include "bridge/control.h"
#include "bridge/socket_name.h"
#include "bridge/station.h"

#include <nlohmann/json.hpp>

#include <QFileInfo>
#include <QLocalSocket>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

using namespace waystation;
using Json = nlohmann::json;

namespace {

/// A station that nobody serves, with its socket.
struct Running
{
    explicit Running(const QString& folder)
        : verbs(station)
        , server(verbs)
    {
        StationOptions options;
        options.dataDir = folder;
        options.vault = VaultKind::Memory;
        options.serve = false;
        opened = bool(station.open(std::move(options))) && bool(server.listen(folder));
    }

    Station station;
    Verbs verbs;
    ControlServer server;
    bool opened = false;
};

/// askRunning() blocks, as the console does: from another thread here, while this one serves.
Json ask(const QString& folder, const std::string& request)
{
    std::optional<std::string> reply;
    std::atomic<bool> isDone = false;
    std::thread asking([&] {
        reply = askRunning(folder, request, 20'000);
        isDone = true;
    });
    while (!isDone)
        QTest::qWait(1);
    asking.join();
    return reply ? Json::parse(*reply, nullptr, false) : Json::object();
}

}

class TestControl : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void nobodyAnswersWhereNobodyRuns()
    {
        QTemporaryDir folder;
        QVERIFY(!askRunning(folder.path(), R"({"verb":"status"})"));
    }

    void averbIsAnswered()
    {
        QTemporaryDir folder;
        Running running(folder.path());
        QVERIFY(running.opened);
        const Json reply = ask(folder.path(), R"({"verb":"status","args":{}})");
        QVERIFY(reply["ok"] == true);
        QVERIFY(reply["result"]["version"] == WAYSTATION_VERSION);
        QVERIFY(reply["result"]["vault"]["kind"] == "memory");
    }

    void onlyTheUserMayConnect()
    {
        QTemporaryDir folder;
        Running running(folder.path());
        const QFileInfo socket(controlSocketName(folder.path()));
        QVERIFY(socket.exists());
        const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup
            | QFile::ReadOther | QFile::WriteOther | QFile::ExeOther;
        QVERIFY(!(socket.permissions() & others));
    }

    void requestsThatAreNoneAreRefused_data()
    {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<QByteArray>("kind");
        QTest::newRow("no JSON") << QByteArray("hello") << QByteArray("bad_request");
        QTest::newRow("no object") << QByteArray("[1,2]") << QByteArray("bad_request");
        QTest::newRow("no verb") << QByteArray("{}") << QByteArray("bad_request");
        QTest::newRow("unknown verb")
            << QByteArray(R"({"verb":"dance"})") << QByteArray("not_found");
        QTest::newRow("args are a list")
            << QByteArray(R"({"verb":"status","args":[]})") << QByteArray("invalid");
        QTest::newRow("a value of the wrong kind")
            << QByteArray(R"({"verb":"channel.show","args":{"name":5}})") << QByteArray("invalid");
        QTest::newRow("broken UTF-8")
            << QByteArray("{\"verb\":\"channel.show\",\"args\":{\"name\":\"\xff\"}}")
            << QByteArray("bad_request");
    }

    void requestsThatAreNoneAreRefused()
    {
        QFETCH(QByteArray, request);
        QFETCH(QByteArray, kind);
        QTemporaryDir folder;
        Running running(folder.path());
        const Json reply = ask(folder.path(), request.toStdString());
        QVERIFY(reply["ok"] == false);
        QCOMPARE(QByteArray::fromStdString(reply["error"]["kind"].get<std::string>()), kind);
    }

    void aLineWithoutEndIsDropped()
    {
        QTemporaryDir folder;
        Running running(folder.path());
        QLocalSocket socket;
        socket.connectToServer(controlSocketName(folder.path()));
        QVERIFY(socket.waitForConnected(5'000));
        socket.write(QByteArray((1 << 20) + 64 * 1024, 'x'));
        QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QLocalSocket::UnconnectedState, 5'000);
        QVERIFY(ask(folder.path(), R"({"verb":"status"})")["ok"] == true);
    }

    void whoSendsNothingIsDropped()
    {
        QTemporaryDir folder;
        Running running(folder.path());
        running.server.setPatience(50);
        QLocalSocket socket;
        socket.connectToServer(controlSocketName(folder.path()));
        QVERIFY(socket.waitForConnected(5'000));
        socket.write("{\"verb\":");
        QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QLocalSocket::UnconnectedState, 5'000);
    }

    void moreConnectionsThanAreKeptAreRefusedAndComeAgain()
    {
        QTemporaryDir folder;
        Running running(folder.path());
        std::vector<std::unique_ptr<QLocalSocket>> sockets;
        for (int i = 0; i < 60; ++i) {
            sockets.push_back(std::make_unique<QLocalSocket>());
            sockets.back()->connectToServer(controlSocketName(folder.path()));
        }
        const auto kept = [&] {
            return std::count_if(sockets.begin(), sockets.end(),
                [](const auto& socket) { return socket->state() == QLocalSocket::ConnectedState; });
        };
        QTRY_COMPARE_WITH_TIMEOUT(kept(), 32, 5'000);
        sockets.clear();
        // It may take the server a moment to see them go.
        QTRY_VERIFY_WITH_TIMEOUT(
            ask(folder.path(), R"({"verb":"status"})").value("ok", false), 10'000);
    }

    void raiseAndQuitAreTold()
    {
        QTemporaryDir folder;
        Running running(folder.path());
        QSignalSpy raised(&running.server, &ControlServer::raiseRequested);
        QSignalSpy quit(&running.server, &ControlServer::quitRequested);
        QVERIFY(ask(folder.path(), R"({"verb":"window.raise"})")["ok"] == true);
        QTRY_COMPARE(raised.size(), 1);
        QVERIFY(ask(folder.path(), R"({"verb":"quit"})")["ok"] == true);
        QTRY_COMPARE(quit.size(), 1);
    }

    void aLongPathHasASocketToo()
    {
        QTemporaryDir root;
        const QString folder = root.path() + QStringLiteral("/") + QString(120, QLatin1Char('d'));
        QVERIFY(QDir().mkpath(folder));
        Running running(folder);
        QVERIFY(running.opened);
        QVERIFY(ask(folder, R"({"verb":"status"})")["ok"] == true);
        QTemporaryDir other;
        const QString otherFolder
            = other.path() + QStringLiteral("/") + QString(120, QLatin1Char('d'));
        QVERIFY(controlSocketName(folder) != controlSocketName(otherFolder));
    }

    void aSocketThatAKilledProgramLeftIsTakenOver()
    {
        QTemporaryDir folder;
        const QString name = controlSocketName(folder.path());
        {
            QFile left(name);
            QVERIFY(left.open(QIODevice::WriteOnly));
        }
        Running running(folder.path());
        QVERIFY(running.opened);
        QVERIFY(ask(folder.path(), R"({"verb":"status"})")["ok"] == true);
    }

    void aChangeComesBackAsItIs()
    {
        QTemporaryDir folder;
        Running running(folder.path());
        const Json made = ask(folder.path(), R"({"verb":"client.add","args":{"name":"laptop"}})");
        QVERIFY(made["result"]["key"].get<std::string>().starts_with("ws-"));
        QVERIFY(
            ask(folder.path(), R"({"verb":"client.add","args":{"name":"laptop"}})")["error"]["kind"]
            == "conflict");
        const Json list = ask(folder.path(), R"({"verb":"client.list"})");
        QVERIFY(list["result"]["clients"].size() == 1);
        QVERIFY(list.dump().find(made["result"]["key"].get<std::string>()) == std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestControl)
#include "tst_control.moc"
