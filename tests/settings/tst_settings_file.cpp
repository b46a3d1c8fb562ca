#include "settings/settings_file.h"

#include "full_settings.h"

#include <QDate>
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

#if defined(Q_OS_UNIX)
#include <csignal>
#include <sys/resource.h>
#endif

using namespace waystation;

namespace {

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void putContent(const QString& path, const QByteArray& content)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate)
        || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(path));
}

Settings withPort(int port)
{
    Settings settings = fullSettings();
    settings.port = static_cast<std::uint16_t>(port);
    return settings;
}

/// Saves settings of two sizes in turn until somebody kills it.
int saveForEver(const QString& folder)
{
    SettingsFile file(folder);
    Settings small = withPort(1000);
    Settings large = withPort(2000);
    for (int i = 0; i < 200; ++i) {
        ChannelSettings channel = large.channels.front();
        channel.id = ChannelId("c" + std::to_string(i));
        channel.name = "c" + std::to_string(i);
        large.channels.push_back(channel);
    }
    for (bool isFirst = true;; isFirst = false) {
        if (!file.save(small).has_value() || !file.save(large).has_value())
            return 1;
        if (isFirst) {
            std::puts("saving");
            std::fflush(stdout);
        }
    }
}

}

class TestSettingsFile : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_place;
    QString m_folder;

    QString inFolder(const QString& name) const { return m_folder + QLatin1Char('/') + name; }

    QStringList copies() const
    {
        return QDir(inFolder(QStringLiteral("backups"))).entryList(QDir::Files | QDir::Hidden);
    }

private Q_SLOTS:

    void init()
    {
        m_place = std::make_unique<QTemporaryDir>();
        m_folder = m_place->filePath(QStringLiteral("data"));
    }

    void aFreshFolderStartsWithPractice()
    {
        SettingsFile file(m_folder);
        const auto settings = file.load();
        QVERIFY(settings && *settings == firstSettings());
        QVERIFY(file.notice().isEmpty());
        QVERIFY(!QFile::exists(m_folder)); // reading makes nothing
    }

    void whatIsSavedIsReadAgain()
    {
        SettingsFile file(m_folder);
        QVERIFY(file.save(fullSettings()).has_value());
        const auto settings = SettingsFile(m_folder).load();
        QVERIFY(settings && *settings == fullSettings());
        QCOMPARE(contentOf(file.path()), QByteArray::fromStdString(settingsToJson(fullSettings())));
    }

    void onlyTheOwnerMayLook()
    {
        QDir().mkpath(m_folder);
        QFile::setPermissions(m_folder, QFile::Permissions(0x7755));
        SettingsFile file(m_folder);
        QVERIFY(file.save(fullSettings()).has_value());
        QFile::setPermissions(file.path(), QFile::Permissions(0x6644));
        QVERIFY(file.save(fullSettings()).has_value());
        const auto othersOf
            = [](const QString& path) { return QFile::permissions(path).toInt() & 0x0077; };
        for (const QString& path : {m_folder, file.path(), inFolder(QStringLiteral("backups")),
                 inFolder(QStringLiteral("backups/") + copies().value(0))})
            QCOMPARE(othersOf(path), 0);
    }

    void settingsThatDoNotFitAreNotWritten()
    {
        SettingsFile file(m_folder);
        QVERIFY(file.save(fullSettings()).has_value());
        Settings bad = fullSettings();
        bad.channels[0].extraHeaders = {{"Authorization", "Bearer sk-canary"}};
        const auto saved = file.save(bad);
        QVERIFY(!saved);
        QCOMPARE(saved.error().kind, ErrorKind::Invalid);
        QCOMPARE(saved.error().field, std::string("channels[0].extraHeaders[0]"));
        QVERIFY(!QByteArray::fromStdString(saved.error().message).contains("canary"));
        QCOMPARE(contentOf(file.path()), QByteArray::fromStdString(settingsToJson(fullSettings())));
    }

    void aCopyADayIsKeptForAFortnight()
    {
        SettingsFile file(m_folder);
        QVERIFY(file.save(withPort(1000)).has_value());
        const QDate today = QDate::currentDate();
        for (int day = 1; day <= 20; ++day)
            putContent(inFolder(QStringLiteral("backups/settings-%1.json")
                                    .arg(today.addDays(-day).toString(Qt::ISODate))),
                "{}");
        putContent(inFolder(QStringLiteral("backups/mine.json")), "{}");
        QVERIFY(file.save(withPort(2000)).has_value());
        QStringList kept = copies();
        QVERIFY(kept.removeOne(QStringLiteral("mine.json"))); // not ours to remove
        QCOMPARE(kept.size(), 14);
        QCOMPARE(kept.last(),
            QStringLiteral("settings-%1.json").arg(QDate::currentDate().toString(Qt::ISODate)));
        QCOMPARE(kept.first(),
            QStringLiteral("settings-%1.json").arg(today.addDays(-13).toString(Qt::ISODate)));
        QCOMPARE(
            contentOf(inFolder(QStringLiteral("backups/") + kept.last())), contentOf(file.path()));
    }

    void aBrokenFileIsKeptAndTheNewestGoodCopyUsed()
    {
        SettingsFile file(m_folder);
        QVERIFY(file.save(withPort(3000)).has_value());
        const QString today = copies().value(0);
        const QString older = QStringLiteral("settings-%1.json")
                                  .arg(QDate::currentDate().addDays(-2).toString(Qt::ISODate));
        putContent(inFolder(QStringLiteral("backups/") + older),
            QByteArray::fromStdString(settingsToJson(withPort(2000))));
        putContent(inFolder(QStringLiteral("backups/") + today), "{ cut");
        const QByteArray broken = contentOf(file.path()).left(700);
        putContent(file.path(), broken);

        const auto settings = file.load();
        QVERIFY(settings.has_value());
        QCOMPARE(settings->port, static_cast<std::uint16_t>(2000));
        QVERIFY2(file.notice().contains(older), qPrintable(file.notice()));
        const QStringList aside
            = QDir(m_folder).entryList({QStringLiteral("settings-broken-*.json")}, QDir::Files);
        QCOMPARE(aside.size(), 1);
        QVERIFY(file.notice().contains(aside.first()));
        QCOMPARE(contentOf(inFolder(aside.first())), broken);
        QVERIFY(QFile::permissions(inFolder(aside.first())).toInt() % 0x100 == 0);

        SettingsFile again(m_folder);
        QVERIFY(again.load().has_value());
        QVERIFY(again.notice().isEmpty()); // told once
    }

    void aBrokenFileWithoutACopyIsLeftAlone()
    {
        QDir().mkpath(m_folder);
        SettingsFile file(m_folder);
        for (const QByteArray& broken : {QByteArray(), QByteArray("{"), QByteArray("null"),
                 QByteArray(R"({"version":1,"relay":3})")}) {
            putContent(file.path(), broken);
            const auto settings = file.load();
            QVERIFY(!settings);
            QCOMPARE(settings.error().kind, ErrorKind::Invalid);
            QCOMPARE(contentOf(file.path()), broken);
            QCOMPARE(QDir(m_folder).entryList(QDir::Files),
                QStringList{QStringLiteral("settings.json")});
        }
    }

    void aNewerFileIsNeitherReadNorWritten()
    {
        SettingsFile file(m_folder);
        QVERIFY(file.save(fullSettings())
                    .has_value()); // and so there is a good copy, which must not be used
        const QByteArray newer = R"({"version": 2, "relay": {"port": 1}, "something": "new"})";
        putContent(file.path(), newer);
        const QStringList before = QDir(m_folder).entryList(QDir::AllEntries | QDir::Hidden);
        const auto settings = file.load();
        QVERIFY(!settings);
        QCOMPARE(settings.error().kind, ErrorKind::Conflict);
        QVERIFY(settings.error().message.find("newer version") != std::string::npos);
        const auto saved = file.save(fullSettings());
        QVERIFY(!saved);
        QCOMPARE(saved.error().kind, ErrorKind::Conflict);
        QCOMPARE(contentOf(file.path()), newer);
        QCOMPARE(QDir(m_folder).entryList(QDir::AllEntries | QDir::Hidden), before);
    }

    void aFolderThatCannotBeMadeIsAnError()
    {
        putContent(m_folder, "a file in its place");
        const auto saved = SettingsFile(m_folder).save(fullSettings());
        QVERIFY(!saved);
        QCOMPARE(saved.error().kind, ErrorKind::Io);
        QCOMPARE(contentOf(m_folder), QByteArray("a file in its place"));
    }

    void aFullDiskLosesNothing()
    {
#if defined(Q_OS_LINUX)
        SettingsFile file(m_folder);
        QVERIFY(file.save(withPort(1000)).has_value());
        const QByteArray before = contentOf(file.path());
        // A limit on the size of files makes writes fail as a full disk does.
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        rlimit small = old;
        small.rlim_cur = 512;
        setrlimit(RLIMIT_FSIZE, &small);
        const auto saved = file.save(withPort(2000));
        setrlimit(RLIMIT_FSIZE, &old);
        QVERIFY(!saved);
        QCOMPARE(saved.error().kind, ErrorKind::Io);
        QCOMPARE(contentOf(file.path()), before);
        QVERIFY(file.save(withPort(2000)).has_value());
#else
        QSKIP("shown on Linux");
#endif
    }

    void killedWhileSavingTheFileIsAlwaysWhole()
    {
        QRandomGenerator random(11);
        int smallOnes = 0;
        for (int round = 0; round < 50; ++round) {
            QProcess child;
            child.start(
                QCoreApplication::applicationFilePath(), {QStringLiteral("--save"), m_folder});
            QVERIFY(child.waitForReadyRead(30'000)); // it has saved once
            QTest::qSleep(static_cast<int>(random.bounded(25)));
            child.kill();
            QVERIFY(child.waitForFinished());
            SettingsFile file(m_folder);
            const auto settings = file.load();
            QVERIFY2(settings.has_value(), settings ? "" : settings.error().message.c_str());
            QVERIFY2(file.notice().isEmpty(), qPrintable(file.notice()));
            const bool isSmall = settings->port == 1000 && settings->channels.size() == 2;
            const bool isLarge = settings->port == 2000 && settings->channels.size() == 202;
            QVERIFY(isSmall || isLarge);
            smallOnes += isSmall;
        }
        QVERIFY(smallOnes < 50);
        QVERIFY(SettingsFile(m_folder).save(fullSettings()).has_value());
        QCOMPARE(QDir(m_folder).entryList(QDir::Files | QDir::Hidden),
            QStringList{QStringLiteral("settings.json")}); // no leftovers
        QCOMPARE(copies().size(), 1);
    }
};

int main(int count, char** arguments)
{
    QCoreApplication application(count, arguments);
    const QStringList words = QCoreApplication::arguments();
    if (words.value(1) == QStringLiteral("--save"))
        return saveForEver(words.value(2));
    TestSettingsFile test;
    return QTest::qExec(&test, count, arguments);
}

#include "tst_settings_file.moc"
