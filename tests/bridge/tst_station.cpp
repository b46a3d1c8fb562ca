#include "bridge/station.h"

#include "base/text.h"
#include "settings/settings_file.h"

#include <QDir>
#include <QDirIterator>
#include <QEventLoop>
#include <QFile>
#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QNetworkReply>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using namespace waystation;

namespace {

constexpr int limit = 20'000;
const std::string canary = "sk-canary-7Qm2Zx9LkP4vR8sT1wYb3Nd6";

StationOptions on(const QString& folder)
{
    StationOptions options;
    options.dataDir = folder;
    options.vault = VaultKind::Memory;
    options.port = 0;
    return options;
}

/// A station that ends in order whatever the test does.
struct Open
{
    explicit Open(const QString& folder, std::optional<StationOptions> options = std::nullopt)
        : result(station.open(options ? std::move(*options) : on(folder)))
    {
    }

    ~Open() { close(Millis(0)); }

    void close(Millis grace)
    {
        if (station.isClosed())
            return;
        QEventLoop loop;
        station.close(grace, [&] { loop.quit(); });
        QTimer::singleShot(limit, &loop, &QEventLoop::quit);
        loop.exec();
    }

    Station station;
    Result<void> result;
};

/// What a callback brings, waited for.
template <class T, class Begin> std::optional<T> wait(Begin begin)
{
    std::optional<T> got;
    QEventLoop loop;
    begin([&](T value) {
        got.emplace(std::move(value));
        loop.quit();
    });
    QTimer::singleShot(limit, &loop, &QEventLoop::quit);
    if (!got)
        loop.exec();
    return got;
}

std::string clientKey(Station& station, const std::string& name = "test")
{
    std::string key;
    const auto changed = station.change([&](Settings& settings) -> Result<void> {
        auto made = addClient(settings, name, {}, std::nullopt, wallNow());
        if (!made)
            return made.error();
        key = made->key;
        return {};
    });
    return changed ? key : std::string();
}

struct HttpAnswer
{
    int status = 0;
    QByteArray body;
    QByteArray call;
};

class Http
{
public:
    Http() { m_network.setProxy(QNetworkProxy::NoProxy); }

    QNetworkReply* chat(
        const QString& address, const std::string& key, const char* model, bool stream = false)
    {
        QNetworkRequest request(QUrl(address + QStringLiteral("/v1/chat/completions")));
        request.setRawHeader("authorization", "Bearer " + QByteArray::fromStdString(key));
        request.setHeader(
            QNetworkRequest::ContentTypeHeader, QByteArrayLiteral("application/json"));
        const QByteArray body = QByteArray("{\"model\":\"") + model
            + "\",\"stream\":" + (stream ? "true" : "false")
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hello there\"}]}";
        return m_network.post(request, body);
    }

    HttpAnswer ask(const QString& address, const std::string& key, const char* model)
    {
        const std::unique_ptr<QNetworkReply> reply(chat(address, key, model));
        QEventLoop loop;
        QObject::connect(reply.get(), &QNetworkReply::finished, &loop, &QEventLoop::quit);
        QTimer::singleShot(limit, &loop, &QEventLoop::quit);
        if (!reply->isFinished())
            loop.exec();
        return {reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt(),
            reply->readAll(), reply->rawHeader("x-waystation-call")};
    }

private:
    QNetworkAccessManager m_network;
};

std::optional<CallsPage> rowsOf(Station& station)
{
    wait<bool>([&](auto done) { station.ledger().flush([done] { done(true); }); });
    return wait<CallsPage>(
        [&](auto done) { station.ledger().calls(CallsQuery(), &station, done); });
}

/// Whether any file under the folder holds the octets.
QString fileWith(const QString& folder, const std::string& octets)
{
    QDirIterator files(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        QFile file(files.next());
        if (file.open(QIODevice::ReadOnly)
            && file.readAll().contains(QByteArray::fromStdString(octets)))
            return file.fileName();
    }
    return {};
}

Result<void> addDeadChannel(Station& station, const char* name = "Dead")
{
    return station.change([&](Settings& settings) -> Result<void> {
        ChannelSettings channel;
        channel.name = name;
        channel.provider = ProviderId("openai");
        channel.baseUrl = "http://127.0.0.1:9"; // nobody listens there
        channel.models = {"dead-model"};
        const auto added = addChannel(settings, channel);
        if (!added)
            return added.error();
        return {};
    });
}

}

class TestStation : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void aFreshFolderServesPracticeAndKeepsARow()
    {
        QTemporaryDir root;
        const QString folder = root.filePath(QStringLiteral("data"));
        Open open(folder);
        QVERIFY(open.result);
        Station& station = open.station;
        QCOMPARE(int(station.relayState().kind), int(RelayState::Kind::Serving));
        QVERIFY(station.relayState().port != 0);
        const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ExeGroup
            | QFile::ReadOther | QFile::WriteOther | QFile::ExeOther;
        QVERIFY(!(QFile::permissions(folder) & others));

        const std::string key = clientKey(station);
        QSignalSpy written(&station, &Station::rowsWritten);
        QTRY_VERIFY(station.isSettled());
        Http http;
        const HttpAnswer answer = http.ask(station.address(), key, "practice-echo");
        QCOMPARE(answer.status, 200);
        QVERIFY(answer.body.contains("Hello there"));
        QTRY_VERIFY(written.size() > 0);
        const auto page = rowsOf(station);
        QVERIFY(page);
        QCOMPARE(page->rows.size(), std::size_t(1));
        QCOMPARE(page->rows[0].record.clientName, std::string("test"));
        QCOMPARE(page->rows[0].record.outcome, Outcome::Done);
        QCOMPARE(QByteArray::fromStdString(page->rows[0].record.id.text()), answer.call);
    }

    void aChangeCountsForTheNextCall()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        Station& station = open.station;
        const std::string key = clientKey(station);
        Http http;
        QTRY_COMPARE_WITH_TIMEOUT(
            http.ask(station.address(), key, "practice-echo").status, 200, limit);
        QVERIFY(station.change([](Settings& settings) { return revokeClient(settings, "test"); }));
        QTRY_COMPARE_WITH_TIMEOUT(
            http.ask(station.address(), key, "practice-echo").status, 401, limit);
    }

    void aChangeThatDoesNotFitChangesNothing()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        QSignalSpy changed(&open.station, &Station::settingsChanged);
        const auto refused = open.station.change([](Settings& settings) -> Result<void> {
            settings.retentionDays = -5;
            return {};
        });
        QVERIFY(!refused);
        QCOMPARE(open.station.settings().retentionDays, 90);
        const auto failed = open.station.change([](Settings& settings) -> Result<void> {
            settings.retentionDays = 5;
            return Error{ErrorKind::Conflict, "no"};
        });
        QVERIFY(!failed);
        QCOMPARE(open.station.settings().retentionDays, 90);
        QCOMPARE(changed.size(), 0);
    }

    void aPortThatIsTakenIsToldAndTriedAgain()
    {
        QTcpServer other;
        QVERIFY(other.listen(QHostAddress::LocalHost));
        QTemporaryDir folder;
        StationOptions options = on(folder.path());
        options.port = other.serverPort();
        Open open(folder.path(), std::move(options));
        Station& station = open.station;
        QVERIFY(open.result); // it runs; it just cannot listen
        QCOMPARE(int(station.relayState().kind), int(RelayState::Kind::CannotListen));
        QVERIFY(station.relayState().detail.contains(QString::number(other.serverPort())));
        const quint16 port = other.serverPort();
        other.close();
        QTRY_COMPARE_WITH_TIMEOUT(
            int(station.relayState().kind), int(RelayState::Kind::Serving), 5'000);
        QCOMPARE(station.relayState().port, port); // never another one silently
    }

    void theSecondStationOnAFolderIsRefused()
    {
        QTemporaryDir folder;
        {
            Open first(folder.path());
            QVERIFY(first.result);
            Open second(folder.path());
            QVERIFY(!second.result);
            QCOMPARE(int(second.result.error().kind), int(ErrorKind::Conflict));
        }
        Open third(folder.path()); // the lock went with its holder
        QVERIFY(third.result);
    }

    void aKeyLivesInTheVaultAndNowhereElse()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        Station& station = open.station;
        QVERIFY(addDeadChannel(station));
        const auto key = wait<Result<KeyId>>(
            [&](auto done) { station.addKey(QStringLiteral("Dead"), {}, Secret(canary), done); });
        QVERIFY(key && *key);
        const ChannelSettings channel = *findChannel(station.settings(), "Dead");
        QCOMPARE(channel.keys.size(), std::size_t(1));
        QCOMPARE(channel.keys[0].masked, Secret(canary).masked());
        QVERIFY(!channel.keys[0].storedIn.empty());
        QCOMPARE(station.keyState(channel.id, channel.keys[0].id), SecretState::Ready);
        // A call with it fails, and the failure shows nothing of it.
        Http http;
        const HttpAnswer answer = http.ask(station.address(), clientKey(station), "dead-model");
        QVERIFY(answer.status >= 500);
        rowsOf(station);
        QCOMPARE(fileWith(folder.path(), canary), QString());
        QCOMPARE(fileWith(folder.path(), canary.substr(8, 12)), QString());

        const auto removed = wait<Result<void>>(
            [&](auto done) { station.removeKey(QStringLiteral("Dead"), **key, done); });
        QVERIFY(removed && *removed);
        QVERIFY(findChannel(station.settings(), "Dead")->keys.empty());
    }

    void aKeyThatTheVaultLostIsShownAndNeverDeleted()
    {
        QTemporaryDir folder;
        KeyId key;
        ChannelId channel;
        {
            Open open(folder.path());
            QVERIFY(addDeadChannel(open.station));
            const auto added = wait<Result<KeyId>>([&](auto done) {
                open.station.addKey(QStringLiteral("Dead"), {}, Secret(canary), done);
            });
            key = **added;
            channel = findChannel(open.station.settings(), "Dead")->id;
        }
        Open open(folder.path()); // the memory that held it is gone
        Station& station = open.station;
        QTRY_COMPARE(station.keyState(channel, key), SecretState::Missing);
        QVERIFY(station.keyDetail(channel, key).contains(QStringLiteral("stored once")));
        QCOMPARE(findChannel(station.settings(), "Dead")->keys.size(), std::size_t(1));
        Http http;
        const HttpAnswer answer = http.ask(station.address(), clientKey(station), "dead-model");
        QCOMPARE(answer.status, 503);
        QVERIFY(answer.body.contains("key"));
    }

    void aMovedChannelWantsItsKeyAgain()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        Station& station = open.station;
        QVERIFY(addDeadChannel(station));
        const auto key = wait<Result<KeyId>>(
            [&](auto done) { station.addKey(QStringLiteral("Dead"), {}, Secret(canary), done); });
        QVERIFY(station.change([](Settings& settings) {
            ChannelSettings moved = *findChannel(settings, "Dead");
            moved.baseUrl = "http://127.0.0.1:10";
            return editChannel(settings, moved);
        }));
        const ChannelSettings channel = *findChannel(station.settings(), "Dead");
        QCOMPARE(station.keyState(channel.id, **key), SecretState::Missing);
        QVERIFY(station.keyDetail(channel.id, **key).contains(QStringLiteral("again")));
    }

    void aKeyFromTheEnvironmentIsTakenOutOfIt()
    {
        qputenv("WAYSTATION_TEST_KEY", QByteArray::fromStdString(canary));
        QTemporaryDir folder;
        StationOptions options = on(folder.path());
        options.vault = VaultKind::Environment;
        Open open(folder.path(), std::move(options));
        Station& station = open.station;
        QVERIFY(addDeadChannel(station));
        const auto refused = wait<Result<KeyId>>(
            [&](auto done) { station.addKey(QStringLiteral("Dead"), {}, Secret(canary), done); });
        QVERIFY(refused && !*refused); // nothing is stored in plain text
        const auto key = station.addEnvironmentKey(
            QStringLiteral("Dead"), {}, QStringLiteral("WAYSTATION_TEST_KEY"));
        QVERIFY(key);
        const ChannelId channel = findChannel(station.settings(), "Dead")->id;
        QTRY_COMPARE(station.keyState(channel, *key), SecretState::Ready);
        QVERIFY(!qEnvironmentVariableIsSet("WAYSTATION_TEST_KEY"));
        QCOMPARE(fileWith(folder.path(), canary), QString());
        QCOMPARE(station.settings().vault, std::string("environment")); // the choice is kept
        QVERIFY(
            !station.addEnvironmentKey(QStringLiteral("Dead"), {}, QStringLiteral("NOT A NAME")));
    }

    void aChannelIsTestedThroughTheRelay()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        Station& station = open.station;
        const auto fine = wait<ChannelTest>(
            [&](auto done) { station.testChannel(QStringLiteral("Practice"), {}, done); });
        QVERIFY(fine);
        QCOMPARE(fine->error, QString());
        QVERIFY(fine->ok);
        QCOMPARE(fine->status, 200);
        QVERIFY(!fine->answer.isEmpty());
        QVERIFY(fine->total >= fine->firstByte);
        auto page = rowsOf(station);
        // The answer is here before the row is, which is written with others.
        for (int tries = 0; page->rows.empty() && tries < 200; ++tries) {
            QTest::qWait(50);
            page = rowsOf(station);
        }
        QCOMPARE(page->rows.size(), std::size_t(1));
        QCOMPARE(page->rows[0].record.id, fine->call);

        for (const char* model :
            {"practice-401", "practice-429", "practice-500", "practice-cut", "practice-garbage"}) {
            const auto bad = wait<ChannelTest>([&](auto done) {
                station.testChannel(QStringLiteral("Practice"), QString::fromLatin1(model), done);
            });
            QVERIFY2(bad && !bad->ok, model);
            QVERIFY2(!bad->error.isEmpty(), model);
        }
        const auto none = wait<ChannelTest>(
            [&](auto done) { station.testChannel(QStringLiteral("Nobody"), {}, done); });
        QVERIFY(none && !none->ok && none->error.contains(QStringLiteral("Nobody")));
    }

    void aChannelIsTestedInEveryProtocol_data()
    {
        QTest::addColumn<int>("dialect");
        for (const DialectId dialect : allDialects)
            QTest::newRow(nameOf(dialect)) << int(dialect);
    }

    void aChannelIsTestedInEveryProtocol()
    {
        QFETCH(int, dialect);
        QTemporaryDir folder;
        Open open(folder.path());
        Station& station = open.station;
        QVERIFY(station.change([&](Settings& settings) -> Result<void> {
            findChannel(settings, "Practice")->dialects = {DialectId(dialect)};
            return {};
        }));
        QTRY_VERIFY(station.isSettled());
        const auto test = wait<ChannelTest>(
            [&](auto done) { station.testChannel(QStringLiteral("Practice"), {}, done); });
        QVERIFY(test);
        QCOMPARE(test->error, QString());
        QVERIFY(test->answer.contains(
            QStringLiteral("can be reached"))); // practice says what it was told
    }

    void modelsAreFetchedThroughTheRelay()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        const auto models = wait<Result<std::vector<std::string>>>(
            [&](auto done) { open.station.fetchModels(QStringLiteral("Practice"), done); });
        QVERIFY(models);
        QVERIFY2(models->has_value(), models->has_error() ? models->error().message.c_str() : "");
        QVERIFY(
            std::find((*models)->begin(), (*models)->end(), "practice-echo") != (*models)->end());
    }

    void callsUnderWayAreShownAndCanBeCancelled()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        Station& station = open.station;
        const std::string key = clientKey(station);
        QTRY_VERIFY(station.isSettled());
        Http http;
        const std::unique_ptr<QNetworkReply> reply(
            http.chat(station.address(), key, "practice-stall", true));
        QTRY_COMPARE_WITH_TIMEOUT(station.liveCalls().size(), std::size_t(1), limit);
        const LiveCall call = station.liveCalls().front();
        QCOMPARE(call.client, QStringLiteral("test"));
        QCOMPARE(call.askedModel, QStringLiteral("practice-stall"));
        QTRY_COMPARE(station.liveCalls().front().channel, QStringLiteral("Practice"));
        station.cancelCall(call.id);
        QTRY_VERIFY_WITH_TIMEOUT(station.liveCalls().empty(), limit);
        const auto page = rowsOf(station);
        QCOMPARE(page->rows.size(), std::size_t(1));
        QCOMPARE(page->rows[0].record.outcome, Outcome::CancelledByUser);
    }

    void closingLetsACallFinishAndWritesItsRow()
    {
        QTemporaryDir folder;
        Http http;
        std::unique_ptr<QNetworkReply> reply;
        {
            Open open(folder.path());
            Station& station = open.station;
            const std::string key = clientKey(station);
            QTRY_VERIFY(station.isSettled());
            reply.reset(http.chat(station.address(), key, "practice-slow", true));
            QTRY_COMPARE_WITH_TIMEOUT(station.liveCalls().size(), std::size_t(1), limit);
            open.close(Millis(15'000));
            QCOMPARE(int(station.relayState().kind), int(RelayState::Kind::Stopped));
        }
        QTRY_VERIFY_WITH_TIMEOUT(reply->isFinished(), limit);
        QVERIFY(reply->readAll().contains("[DONE]"));
        Open again(folder.path());
        const auto page = rowsOf(again.station);
        QCOMPARE(page->rows.size(), std::size_t(1));
        QCOMPARE(page->rows[0].record.outcome, Outcome::Done);
    }

    void closingAtOnceCancelsAndWritesTheRow()
    {
        QTemporaryDir folder;
        Http http;
        std::unique_ptr<QNetworkReply> reply;
        {
            Open open(folder.path());
            Station& station = open.station;
            const std::string key = clientKey(station);
            QTRY_VERIFY(station.isSettled());
            reply.reset(http.chat(station.address(), key, "practice-stall", true));
            QTRY_COMPARE_WITH_TIMEOUT(station.liveCalls().size(), std::size_t(1), limit);
            QElapsedTimer clock;
            clock.start();
            bool isFirstDone = false;
            station.close(Millis(60'000), [&] { isFirstDone = true; });
            open.station.close(Millis(0), [] {}); // asked again: at once
            QTRY_VERIFY_WITH_TIMEOUT(isFirstDone, limit);
            QVERIFY(clock.elapsed() < 10'000);
        }
        Open again(folder.path());
        const auto page = rowsOf(again.station);
        QCOMPARE(page->rows.size(), std::size_t(1));
        QVERIFY(page->rows[0].record.outcome == Outcome::CancelledByUser
            || page->rows[0].record.outcome == Outcome::Cut);
    }

    void pausedItRefusesCalls()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        Station& station = open.station;
        const std::string key = clientKey(station);
        Http http;
        QTRY_COMPARE_WITH_TIMEOUT(
            http.ask(station.address(), key, "practice-echo").status, 200, limit);
        station.setPaused(true);
        QCOMPARE(int(station.relayState().kind), int(RelayState::Kind::Paused));
        QTRY_VERIFY_WITH_TIMEOUT(
            http.ask(station.address(), key, "practice-echo").status >= 500, limit);
        station.setPaused(false);
        QTRY_COMPARE_WITH_TIMEOUT(
            http.ask(station.address(), key, "practice-echo").status, 200, limit);
    }

    void theListenerMovesToAnotherPortOrStays()
    {
        QTemporaryDir folder;
        Open open(folder.path());
        Station& station = open.station;
        const std::string key = clientKey(station);
        Http http;
        const QString before = station.address();
        QTcpServer taken;
        QVERIFY(taken.listen(QHostAddress::LocalHost));
        const auto refused = station.setPort(taken.serverPort());
        QVERIFY(!refused);
        QCOMPARE(station.address(), before);
        QTRY_COMPARE_WITH_TIMEOUT(
            http.ask(station.address(), key, "practice-echo").status, 200, limit);

        const quint16 port = taken.serverPort();
        taken.close();
        QVERIFY(station.setPort(port));
        QCOMPARE(station.relayState().port, port);
        QCOMPARE(station.settings().port, port);
        QTRY_COMPARE_WITH_TIMEOUT(
            http.ask(station.address(), key, "practice-echo").status, 200, limit);
        QTRY_COMPARE_WITH_TIMEOUT(http.ask(before, key, "practice-echo").status, 0, limit);
    }

    void secretsMoveToAFileAndComeBack()
    {
        QTemporaryDir folder;
        {
            Open open(folder.path());
            Station& station = open.station;
            QVERIFY(addDeadChannel(station));
            const auto key = wait<Result<KeyId>>([&](auto done) {
                station.addKey(QStringLiteral("Dead"), {}, Secret(canary), done);
            });
            QVERIFY(key && *key);
            const auto moved = wait<Result<void>>([&](auto done) {
                station.moveVault(VaultKind::File, Secret("a long passphrase"), done);
            });
            QVERIFY(moved);
            QVERIFY2(moved->has_value(), moved->has_error() ? moved->error().message.c_str() : "");
            QCOMPARE(station.vaultKind(), VaultKind::File);
            QCOMPARE(station.settings().vault, std::string("file"));
            const ChannelSettings channel = *findChannel(station.settings(), "Dead");
            QTRY_COMPARE(station.keyState(channel.id, channel.keys[0].id), SecretState::Ready);
            const auto again = wait<Result<void>>(
                [&](auto done) { station.moveVault(VaultKind::File, Secret("x"), done); });
            QVERIFY(again && !*again);
        }
        QCOMPARE(fileWith(folder.path(), canary), QString());

        StationOptions options = on(folder.path());
        options.vault.reset();
        Open open(folder.path(), std::move(options));
        Station& station = open.station;
        const ChannelSettings channel = *findChannel(station.settings(), "Dead");
        QTRY_COMPARE(station.keyState(channel.id, channel.keys[0].id), SecretState::Locked);
        const auto wrong
            = wait<Result<void>>([&](auto done) { station.unlockVault(Secret("not that"), done); });
        QVERIFY(wrong && !*wrong);
        QCOMPARE(station.keyState(channel.id, channel.keys[0].id), SecretState::Locked);
        const auto right = wait<Result<void>>(
            [&](auto done) { station.unlockVault(Secret("a long passphrase"), done); });
        QVERIFY(right && *right);
        QTRY_COMPARE(station.keyState(channel.id, channel.keys[0].id), SecretState::Ready);
    }

    void aBackupComesBackAndTheOldIsKept()
    {
        QTemporaryDir root;
        const QString folder = root.filePath(QStringLiteral("data"));
        const QString copy = root.filePath(QStringLiteral("copy"));
        {
            Open open(folder);
            Station& station = open.station;
            const std::string key = clientKey(station, "kept");
            Http http;
            QTRY_COMPARE_WITH_TIMEOUT(
                http.ask(station.address(), key, "practice-echo").status, 200, limit);
            const auto made = wait<Result<void>>([&](auto done) { station.backupTo(copy, done); });
            QVERIFY(made && *made);
            const auto again = wait<Result<void>>([&](auto done) { station.backupTo(copy, done); });
            QVERIFY(again && !*again); // nothing is overwritten
            QVERIFY(!restoreBackup(copy, folder)); // somebody holds it
            QVERIFY(
                station.change([](Settings& settings) { return revokeClient(settings, "kept"); }));
        }
        QVERIFY(!restoreBackup(root.filePath(QStringLiteral("nothing")), folder));
        const auto kept = restoreBackup(copy, folder);
        QVERIFY2(kept, kept ? "" : kept.error().message.c_str());
        QVERIFY(QFile::exists(*kept + QStringLiteral("/settings.json")));
        Open open(folder);
        QCOMPARE(open.station.settings().clients.size(), std::size_t(1));
        const auto page = rowsOf(open.station);
        QVERIFY(page->rows.size() >= 1);
    }

    void aDamagedBackupChangesNothing()
    {
        QTemporaryDir root;
        const QString folder = root.filePath(QStringLiteral("data"));
        {
            Open open(folder);
            clientKey(open.station, "kept");
        }
        const QString copy = root.filePath(QStringLiteral("copy"));
        QVERIFY(QDir().mkpath(copy));
        QFile settings(copy + QStringLiteral("/settings.json"));
        QVERIFY(settings.open(QIODevice::WriteOnly));
        settings.write("{\"version\": 1, \"channels\": [");
        settings.close();
        QVERIFY(!restoreBackup(copy, folder));
        Open open(folder);
        QCOMPARE(open.station.settings().clients.size(), std::size_t(1));
    }

    void settingsOfANewerProgramAreLeftAlone()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(QStringLiteral("settings.json")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{\"version\": 999}");
        file.close();
        Open open(folder.path());
        QVERIFY(!open.result);
        QCOMPARE(int(open.result.error().kind), int(ErrorKind::Conflict));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("{\"version\": 999}"));
    }

    void aFolderThatNobodyServesHasNoListener()
    {
        QTemporaryDir folder;
        StationOptions options = on(folder.path());
        options.serve = false;
        Open open(folder.path(), std::move(options));
        QVERIFY(open.result);
        QCOMPARE(open.station.relayState().port, std::uint16_t(0));
        const auto test = wait<ChannelTest>(
            [&](auto done) { open.station.testChannel(QStringLiteral("Practice"), {}, done); });
        QVERIFY(test && !test->ok);
    }
};

QTEST_GUILESS_MAIN(TestStation)
#include "tst_station.moc"
