#include "ledger/ledger.h"
#include "ledger/schema.h"
#include "some_calls.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <random>

using namespace waystation;

namespace {

constexpr int patience = 60'000;

template <class Answer, class Ask> Answer answerOf(Ask ask)
{
    std::optional<Answer> got;
    ask([&](Answer answer) { got = std::move(answer); });
    if (!QTest::qWaitFor([&] { return got.has_value(); }, patience))
        qFatal("no answer came");
    return std::move(*got);
}

void waitForWrites(Ledger& ledger)
{
    bool done = false;
    ledger.flush([&] { done = true; });
    QVERIFY(QTest::qWaitFor([&] { return done; }, patience));
}

LedgerFigures figuresOf(Ledger& ledger)
{
    return answerOf<LedgerFigures>([&](auto done) { ledger.figures(&ledger, done); });
}

LedgerOptions optionsFor(const QString& path)
{
    LedgerOptions options;
    options.path = path;
    options.retentionDays = 0;
    return options;
}

QByteArray bytesOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A connection of somebody else.
class Stranger
{
public:
    explicit Stranger(const QString& path)
    {
        m_database
            = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), QStringLiteral("stranger"));
        m_database.setDatabaseName(path);
        if (!m_database.open())
            qFatal("the file cannot be opened");
    }

    ~Stranger()
    {
        m_database = QSqlDatabase();
        QSqlDatabase::removeDatabase(QStringLiteral("stranger"));
    }

    QVariant ask(const QString& sql)
    {
        QSqlQuery query(m_database);
        if (!query.exec(sql)) {
            lastError = query.lastError().text();
            return {};
        }
        return query.next() ? query.value(0) : QVariant();
    }

    /// Statements that end with a semicolon at the end of a line.
    void script(const QString& sql)
    {
        QString statement;
        for (const QString& line : sql.split(QLatin1Char('\n'))) {
            if (line.startsWith(QLatin1String("--")))
                continue;
            statement += line + QLatin1Char('\n');
            if (!line.endsWith(QLatin1Char(';')))
                continue;
            QSqlQuery query(m_database);
            if (!query.exec(statement))
                qFatal("%s: %s", qPrintable(query.lastError().text()), qPrintable(statement));
            statement.clear();
        }
    }

    QString lastError;

private:
    QSqlDatabase m_database;
};

QString child()
{
    return QStringLiteral(WAYSTATION_BIN_DIR "/ledger_writer_child");
}

QStringList asideOf(const QString& path)
{
    const QFileInfo file(path);
    return file.absoluteDir().entryList(
        {file.fileName() + QStringLiteral(".corrupt-*")}, QDir::Files);
}

}

class TestLedgerFiles : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();

    void cleanup() { m_folder.reset(); }

    void stepsAreNumberedWithoutAGap();
    void olderFilesAreUpgraded_data();
    void olderFilesAreUpgraded();
    void anEmptyFileIsBegun();
    void anUpgradeMayBeKilledAnywhere();
    void aNewerFileIsNotTouched();
    void aNewerFileWithALogIsNotTouched();
    void damagedFilesAreMovedAside_data();
    void damagedFilesAreMovedAside();
    void damageMetLaterIsHandled_data();
    void damageMetLaterIsHandled();
    void aDeletedFileIsBegunAgain();
    void aLockedFileIsWaitedFor();
    void aFileLockedFromTheStartIsWaitedFor();
    void whatCannotBeOpenedIsSaid();
    void aFullDiskIsWaitedFor();
    void killedWhileWriting();

private:
    void makeLedger(int rows);
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
};

void TestLedgerFiles::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(QStringLiteral("ledger.db"));
}

void TestLedgerFiles::makeLedger(int rows)
{
    Ledger ledger;
    QVERIFY(ledger.open(optionsFor(m_path)));
    std::mt19937 chance(5);
    for (int i = 0; i < rows; ++i)
        QVERIFY(ledger.submit(
            someCall(chance, "made-" + std::to_string(i), autumn(), Seconds(86'400))));
    ledger.close();
    QCOMPARE(QFile::exists(m_path + QStringLiteral("-wal")), false);
}

void TestLedgerFiles::stepsAreNumberedWithoutAGap()
{
    const auto steps = schemaSteps();
    QVERIFY(steps.size() >= 3);
    for (std::size_t i = 0; i < steps.size(); ++i)
        QCOMPARE(steps[i].number, int(i) + 1);
}

void TestLedgerFiles::olderFilesAreUpgraded_data()
{
    QTest::addColumn<QString>("fixture");
    const QDir folder(QStringLiteral(WAYSTATION_TEST_DATA "/fixtures"));
    for (const QString& name : folder.entryList({QStringLiteral("schema_*.sql")}))
        QTest::newRow(qPrintable(name)) << folder.filePath(name);
}

void TestLedgerFiles::olderFilesAreUpgraded()
{
    QFETCH(QString, fixture);
    {
        Stranger file(m_path);
        file.script(QString::fromUtf8(bytesOf(fixture)));
    }
    const QByteArray before = bytesOf(m_path);
    Ledger ledger;
    QVERIFY(ledger.open(optionsFor(m_path)));
    const int newest = schemaSteps().back().number;
    const LedgerFigures figures = figuresOf(ledger);
    QCOMPARE(figures.schema, newest);
    QVERIFY(figures.trouble.empty());
    QVERIFY(figures.movedAside.empty());
    QCOMPARE(figures.rows, 40);

    // The sums of the rows that were there before are in the rollups.
    CallsQuery everything;
    everything.limit = 1000;
    const auto page = answerOf<CallsPage>([&](auto done) { ledger.calls(everything, this, done); });
    QCOMPARE(page.rows.size(), std::size_t(40));
    UsageRow sums;
    std::int64_t firstTokens = 0;
    for (const CallRow& row : page.rows) {
        ++sums.calls;
        sums.input += row.record.usage.input;
        sums.output += row.record.usage.output;
        sums.cost += row.record.cost.value_or(MicroUsd{});
        sums.estimated += row.record.usageKind == UsageKind::Estimated;
        sums.failed += row.record.outcome != Outcome::Done
            && row.record.outcome != Outcome::CancelledByClient;
        firstTokens += row.record.timings.firstToken.has_value();
    }
    const TimePoint until = autumn() + std::chrono::hours(24);
    const auto usage = answerOf<std::vector<UsageRow>>([&](auto done) {
        ledger.usage({autumn(), until}, this, done);
    });
    QCOMPARE(usage.size(), std::size_t(1));
    QCOMPARE(usage[0].calls, sums.calls);
    QCOMPARE(usage[0].input, sums.input);
    QCOMPARE(usage[0].output, sums.output);
    QCOMPARE(usage[0].cost.value, sums.cost.value);
    QCOMPARE(usage[0].estimated, sums.estimated);
    QCOMPARE(usage[0].failed, sums.failed);
    const auto speed = answerOf<std::vector<SpeedRow>>(
        [&](auto done) { ledger.speed(autumn(), until, this, done); });
    QCOMPARE(speed[0].calls, firstTokens);

    std::mt19937 chance(1);
    QVERIFY(ledger.submit(someCall(chance, "new", autumn(), Seconds(60))));
    waitForWrites(ledger);
    QCOMPARE(figuresOf(ledger).rows, 41);
    ledger.close();

    // The copy is as the older program would like to find it.
    const QString copy = m_path + QStringLiteral(".before-%1").arg(newest);
    QVERIFY(QFile::exists(copy));
    QVERIFY(!(QFile::permissions(copy) & (QFile::ReadGroup | QFile::ReadOther)));
    Stranger backup(copy);
    QCOMPARE(backup.ask(QStringLiteral("PRAGMA user_version")).toInt(),
        QFileInfo(fixture).baseName().right(4).toInt());
    QCOMPARE(backup.ask(QStringLiteral("SELECT count(*) FROM calls")).toInt(), 40);
    QCOMPARE(backup.ask(QStringLiteral("PRAGMA integrity_check")).toString(), QStringLiteral("ok"));
}

void TestLedgerFiles::anEmptyFileIsBegun()
{
    {
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    makeLedger(10);
    QVERIFY(asideOf(m_path).isEmpty());
    QVERIFY(!QFile::exists(m_path + QStringLiteral(".before-%1").arg(schemaSteps().back().number)));
    Stranger file(m_path);
    QCOMPARE(file.ask(QStringLiteral("SELECT count(*) FROM calls")).toInt(), 10);
    QCOMPARE(file.ask(QStringLiteral("PRAGMA auto_vacuum")).toInt(), 2);
    QCOMPARE(file.ask(QStringLiteral("PRAGMA journal_mode")).toString(), QStringLiteral("wal"));
}

void TestLedgerFiles::anUpgradeMayBeKilledAnywhere()
{
    const QString older = m_folder->filePath(QStringLiteral("older.db"));
    {
        Stranger file(older);
        file.script(QString::fromUtf8(
            bytesOf(QStringLiteral(WAYSTATION_TEST_DATA "/fixtures/schema_0001.sql"))));
        // Enough rows for the upgrade to take a while.
        QStringList columns;
        for (QVariant name, i = 1;
             (name = file.ask(
                  QStringLiteral("SELECT name FROM pragma_table_info('calls') WHERE cid = %1")
                      .arg(i.toInt())))
                 .isValid();
             i = i.toInt() + 1)
            columns << name.toString();
        QVERIFY(columns.size() > 40);
        columns.removeAll(QStringLiteral("call_id"));
        const QString list = columns.join(QLatin1Char(','));
        file.ask(QStringLiteral(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500) "
            "INSERT INTO calls (call_id, %1) SELECT 'more-' || n || call_id, %1 FROM calls, n")
                     .arg(list));
        QCOMPARE(file.lastError, QString());
        QCOMPARE(file.ask(QStringLiteral("SELECT count(*) FROM calls")).toInt(), 40 + 20'000);
    }
    const auto upgradeIn = [&](int killAfterMillis) {
        QProcess process;
        process.start(child(), {QStringLiteral("open"), m_path});
        if (!process.waitForStarted())
            qFatal("the child does not start");
        if (!process.waitForFinished(killAfterMillis)) {
            process.kill();
            process.waitForFinished();
            return false;
        }
        return true;
    };
    QElapsedTimer clock;
    clock.start();
    QFile::copy(older, m_path);
    QVERIFY(upgradeIn(patience));
    const int whole = int(clock.elapsed());
    std::mt19937 chance(3);
    for (int i = 0; i < 20; ++i) {
        for (const QString& name :
            QDir(m_folder->path()).entryList({QStringLiteral("ledger.db*")}, QDir::Files))
            QFile::remove(m_folder->filePath(name));
        QFile::copy(older, m_path);
        upgradeIn(std::uniform_int_distribution<>(1, whole)(chance));
        Ledger ledger;
        QVERIFY(ledger.open(optionsFor(m_path)));
        const LedgerFigures figures = figuresOf(ledger);
        QCOMPARE(figures.rows, 20'040);
        QVERIFY(figures.trouble.empty());
        QVERIFY(figures.movedAside.empty());
        const auto usage = answerOf<std::vector<UsageRow>>([&](auto done) {
            ledger.usage({autumn(), autumn() + std::chrono::hours(24)}, this, done);
        });
        QCOMPARE(usage[0].calls, 20'040);
        ledger.close();
        QVERIFY(QFile::exists(m_path + QStringLiteral(".before-%1").arg(figures.schema)));
    }
}

void TestLedgerFiles::aNewerFileIsNotTouched()
{
    makeLedger(20);
    {
        Stranger file(m_path);
        file.ask(QStringLiteral("PRAGMA user_version = 99"));
        file.ask(QStringLiteral("ALTER TABLE calls ADD COLUMN later INTEGER"));
    }
    const QByteArray before = bytesOf(m_path);
    const QStringList names = QDir(m_folder->path()).entryList(QDir::Files);
    {
        Ledger ledger;
        QVERIFY(ledger.open(optionsFor(m_path)));
        std::mt19937 chance(1);
        QVERIFY(!ledger.submit(someCall(chance, "refused", autumn(), Seconds(60))));
        QVERIFY(!ledger.submit(someCall(chance, "refused too", autumn(), Seconds(60))));
        waitForWrites(ledger);
        const LedgerFigures figures = figuresOf(ledger);
        QVERIFY(figures.trouble.find("newer version") != std::string::npos);
        QCOMPARE(figures.schema, 99);
        QCOMPARE(figures.notRecorded, 2);
        const auto page = answerOf<CallsPage>([&](auto done) { ledger.calls({}, this, done); });
        QVERIFY(page.rows.empty());
        const auto erased = answerOf<Result<void>>([&](auto done) { ledger.eraseAll(done); });
        QVERIFY(!erased);
    }
    QCOMPARE(bytesOf(m_path), before);
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files), names);
}

void TestLedgerFiles::aNewerFileWithALogIsNotTouched()
{
    // A newer program was killed when its upgrade was in the log only.
    makeLedger(20);
    const QString killed = m_folder->filePath(QStringLiteral("killed.db"));
    {
        Stranger file(m_path);
        file.ask(QStringLiteral("PRAGMA user_version = 99"));
        QVERIFY(QFile::copy(m_path, killed));
        QVERIFY(QFile::copy(m_path + QStringLiteral("-wal"), killed + QStringLiteral("-wal")));
    }
    const QByteArray before = bytesOf(killed);
    const QByteArray log = bytesOf(killed + QStringLiteral("-wal"));
    QVERIFY(!log.isEmpty());
    {
        Ledger ledger;
        QVERIFY(ledger.open(optionsFor(killed)));
        QVERIFY(!ledger.submit({}));
        QCOMPARE(figuresOf(ledger).schema, 99);
    }
    QCOMPARE(bytesOf(killed), before);
    QCOMPARE(bytesOf(killed + QStringLiteral("-wal")), log);
}

void TestLedgerFiles::damagedFilesAreMovedAside_data()
{
    QTest::addColumn<int>("seed");
    for (int i = 0; i < 50; ++i)
        QTest::addRow("%s %d", i < 15 ? "cut" : i < 45 ? "overwritten" : "other content", i) << i;
}

void TestLedgerFiles::damagedFilesAreMovedAside()
{
    QFETCH(int, seed);
    static QByteArray sound;
    if (sound.isEmpty()) {
        makeLedger(1500);
        sound = bytesOf(m_path);
    }
    std::mt19937 chance(static_cast<unsigned>(seed));
    const auto upTo
        = [&](qint64 most) { return std::uniform_int_distribution<qint64>(0, most)(chance); };
    QByteArray damaged = sound;
    const qint64 pages = sound.size() / 4096;
    if (seed < 15) {
        damaged.truncate(seed < 5 ? 1 + seed * 60 : 1 + upTo(sound.size() - 2));
    } else if (seed < 45) {
        for (int i = 0; i < 1 + seed % 7; ++i) {
            const qint64 page = i == 0 && seed % 3 == 0 ? 0 : upTo(pages - 1);
            for (int octet = 0; octet < 4096; ++octet)
                damaged[page * 4096 + octet] = static_cast<char>(seed % 5 == 0 ? 0 : upTo(255));
        }
    } else {
        damaged = seed == 45
            ? QByteArray("{}")
            : QByteArray(static_cast<qsizetype>(1000 * (seed - 40)), static_cast<char>(upTo(255)));
    }
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(damaged);
    file.close();
    {
        Ledger ledger;
        QSignalSpy moved(&ledger, &Ledger::fileMovedAside);
        QVERIFY(ledger.open(optionsFor(m_path)));
        for (int i = 0; i < 5; ++i) {
            CallRecord call;
            call.id = CallId("after-" + std::to_string(i));
            call.startedAt = autumn();
            QVERIFY(ledger.submit(std::move(call)));
        }
        waitForWrites(ledger);
        const LedgerFigures figures = figuresOf(ledger);
        QVERIFY2(figures.trouble.empty(), figures.trouble.c_str());
        QCOMPARE(figures.rows, 5);
        QCOMPARE(moved.size(), 1);
        QCOMPARE(figures.movedAside, moved.front().front().toString().toStdString());
        for (int i = 0; i < 5; ++i) {
            const auto call = answerOf<std::optional<CallRecord>>(
                [&](auto done) { ledger.call(CallId("after-" + std::to_string(i)), this, done); });
            QVERIFY(call);
        }
    }
    const QStringList aside = asideOf(m_path);
    QCOMPARE(aside.size(), 1);
    QCOMPARE(bytesOf(m_folder->filePath(aside.front())),
        damaged); // kept for whoever wants to recover it
    Stranger fresh(m_path);
    QCOMPARE(fresh.ask(QStringLiteral("PRAGMA integrity_check")).toString(), QStringLiteral("ok"));
}

void TestLedgerFiles::damageMetLaterIsHandled_data()
{
    QTest::addColumn<bool>("reading");
    QTest::newRow("while reading") << true;
    QTest::newRow("while writing") << false;
}

void TestLedgerFiles::damageMetLaterIsHandled()
{
    QFETCH(bool, reading);
    makeLedger(2000);
    Ledger ledger;
    QVERIFY(ledger.open(optionsFor(m_path)));
    QSignalSpy moved(&ledger, &Ledger::fileMovedAside);
    waitForWrites(ledger); // the writer is at work
    {
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.seek(4096);
        file.write(QByteArray(static_cast<qsizetype>(file.size() - 4096), '\x5a'));
    }
    if (reading) {
        answerOf<CallsPage>([&](auto done) { ledger.calls({}, this, done); });
        QVERIFY(QTest::qWaitFor([&] { return !moved.isEmpty(); }, patience));
    }
    std::mt19937 chance(1);
    for (int i = 0; i < 700; ++i)
        QVERIFY(
            ledger.submit(someCall(chance, "after-" + std::to_string(i), autumn(), Seconds(60))));
    waitForWrites(ledger);
    QVERIFY(QTest::qWaitFor([&] { return figuresOf(ledger).rows == 700; }, patience));
    QCOMPARE(moved.size(), 1);
    QVERIFY(figuresOf(ledger).trouble.empty());
    QCOMPARE(asideOf(m_path).size(), 1);
    const auto page = answerOf<CallsPage>([&](auto done) { ledger.calls({}, this, done); });
    QCOMPARE(page.rows.size(), std::size_t(200));
    QCOMPARE(page.rows.front().record.clientName.substr(0, 6), std::string("Client"));
}

void TestLedgerFiles::aDeletedFileIsBegunAgain()
{
#ifdef Q_OS_WIN
    QSKIP("an open file cannot be deleted here");
#endif
    Ledger ledger;
    QVERIFY(ledger.open(optionsFor(m_path)));
    std::mt19937 chance(1);
    QVERIFY(ledger.submit(someCall(chance, "before", autumn(), Seconds(60))));
    waitForWrites(ledger);
    QCOMPARE(figuresOf(ledger).rows, 1);
    for (const char* suffix : {"", "-wal", "-shm"})
        QVERIFY(QFile::remove(m_path + QLatin1String(suffix)));
    QVERIFY(ledger.submit(someCall(chance, "after", autumn(), Seconds(60))));
    waitForWrites(ledger);
    QCOMPARE(figuresOf(ledger).rows, 1);
    ledger.close();
    Stranger file(m_path);
    QCOMPARE(
        file.ask(QStringLiteral("SELECT call_id FROM calls")).toString(), QStringLiteral("after"));
}

void TestLedgerFiles::aLockedFileIsWaitedFor()
{
    Ledger ledger;
    LedgerOptions options = optionsFor(m_path);
    options.queueLimit = 3000;
    QVERIFY(ledger.open(options));
    QStringList troubles;
    connect(&ledger, &Ledger::troubleChanged, this,
        [&](const QString& trouble) { troubles << trouble; });
    Stranger other(m_path);
    other.ask(QStringLiteral("BEGIN EXCLUSIVE"));
    QCOMPARE(other.lastError, QString());

    QElapsedTimer held;
    held.start();
    std::mt19937 chance(1);
    std::vector<CallRecord> calls;
    for (int i = 0; i < 3000; ++i)
        calls.push_back(someCall(chance, std::to_string(i), autumn(), Seconds(86'400)));
    std::vector<std::int64_t> micros;
    std::size_t next = 0;
    QVERIFY(QTest::qWaitFor(
        [&] {
            for (int i = 0; i < 20 && next < calls.size(); ++i, ++next) {
                const Tick before = tickNow();
                const bool taken = ledger.submit(std::move(calls[next]));
                micros.push_back(between(before, tickNow()).count());
                if (!taken)
                    qFatal("refused");
            }
            return held.elapsed() > 3000 && next == calls.size();
        },
        patience));
    std::sort(micros.begin(), micros.end());
    QVERIFY2(micros[micros.size() * 98 / 100] < 1000,
        "submit() waits for the lock"); // the scheduler may take the rest
    QVERIFY(micros.back() < 100'000);
    QCOMPARE(troubles.size(), 1);
    QVERIFY(!troubles.front().isEmpty());
    QCOMPARE(figuresOf(ledger).waiting, 3000);
    // The limit counts what the writer has in its hands, too.
    QVERIFY(!ledger.submit(someCall(chance, "one too many", autumn(), Seconds(60))));

    other.ask(QStringLiteral("COMMIT"));
    waitForWrites(ledger);
    QVERIFY(QTest::qWaitFor([&] { return figuresOf(ledger).rows == 3000; }, patience));
    QVERIFY(QTest::qWaitFor([&] { return troubles.size() == 2; }, patience));
    QVERIFY(troubles.back().isEmpty());
    QCOMPARE(figuresOf(ledger).notRecorded, 1);
}

void TestLedgerFiles::aFileLockedFromTheStartIsWaitedFor()
{
    makeLedger(10);
    auto other = std::make_unique<Stranger>(m_path);
    // Another program that keeps even readers out.
    other->ask(QStringLiteral("PRAGMA locking_mode = EXCLUSIVE"));
    other->ask(QStringLiteral("BEGIN EXCLUSIVE"));
    QCOMPARE(other->lastError, QString());
    Ledger ledger;
    QVERIFY(ledger.open(optionsFor(m_path)));
    QVERIFY(!figuresOf(ledger).trouble.empty());
    QVERIFY(figuresOf(ledger).movedAside.empty());
    std::mt19937 chance(1);
    for (int i = 0; i < 600; ++i)
        QVERIFY(ledger.submit(someCall(chance, std::to_string(i), autumn(), Seconds(60))));
    other.reset();
    QVERIFY(QTest::qWaitFor([&] { return figuresOf(ledger).rows == 610; }, patience));
    QVERIFY(figuresOf(ledger).trouble.empty());
}

void TestLedgerFiles::whatCannotBeOpenedIsSaid()
{
    QVERIFY(QDir().mkpath(m_path)); // a folder of that name
    Ledger ledger;
    const auto opened = ledger.open(optionsFor(m_path));
    QVERIFY(!opened);
    QVERIFY(opened.error().kind == ErrorKind::Io);
    QVERIFY(!figuresOf(ledger).trouble.empty());
    QVERIFY(QFileInfo(m_path).isDir());
    // Rows wait in memory, and land as soon as they can.
    std::mt19937 chance(1);
    QVERIFY(ledger.submit(someCall(chance, "patient", autumn(), Seconds(60))));
    QVERIFY(QDir().rmdir(m_path));
    QVERIFY(QTest::qWaitFor([&] { return figuresOf(ledger).rows == 1; }, patience));
    QVERIFY(figuresOf(ledger).trouble.empty());
}

void TestLedgerFiles::aFullDiskIsWaitedFor()
{
#ifndef Q_OS_UNIX
    QSKIP("needs a limit on the size of files");
#endif
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(child(), {QStringLiteral("full"), m_path});
    QVERIFY(process.waitForFinished(patience));
    const QByteArray said = process.readAllStandardOutput();
    QCOMPARE(said, QByteArray("trouble\nworks\nrows 4000 lost 0\n"));
    QCOMPARE(process.exitCode(), 0);
    Stranger file(m_path);
    QCOMPARE(file.ask(QStringLiteral("PRAGMA integrity_check")).toString(), QStringLiteral("ok"));
    QCOMPARE(file.ask(QStringLiteral("SELECT sum(calls) FROM hourly")).toInt(), 4000);
    QVERIFY(asideOf(m_path).isEmpty());
}

void TestLedgerFiles::killedWhileWriting()
{
    std::mt19937 chance(QRandomGenerator::global()->generate());
    int acknowledged = 0;
    for (int run = 0; run < 50; ++run) {
        const QString prefix = QStringLiteral("run%1").arg(run);
        QProcess process;
        process.start(child(), {QStringLiteral("write"), m_path, prefix});
        QByteArray said;
        // Every other run is killed at the very start, the rest once something is acknowledged.
        while (!said.contains(run % 2 ? "open\n" : "flushed ")) {
            QVERIFY(process.waitForReadyRead(patience));
            said += process.readAllStandardOutput();
        }
        process.waitForFinished(std::uniform_int_distribution<>(5, 90)(chance));
        process.kill();
        process.waitForFinished();
        said += process.readAllStandardOutput();

        qint64 row = 0;
        qint64 flushed = 0;
        for (const QByteArray& line : said.left(said.lastIndexOf('\n')).split('\n')) {
            if (line.startsWith("row "))
                row = line.mid(4).toLongLong();
            else if (line.startsWith("flushed "))
                flushed = line.mid(8).toLongLong();
        }
        acknowledged += int(flushed);
        QElapsedTimer clock;
        clock.start();
        Ledger ledger;
        QVERIFY(ledger.open(optionsFor(m_path)));
        QVERIFY2(clock.elapsed() < 5000, "a stale lock");
        QVERIFY(figuresOf(ledger).trouble.empty());
        ledger.close();
        Stranger file(m_path);
        QCOMPARE(
            file.ask(QStringLiteral("PRAGMA integrity_check")).toString(), QStringLiteral("ok"));
        QVERIFY(
            file.ask(QStringLiteral("SELECT ifnull(max(id), 0) FROM calls")).toLongLong() >= row);
        const qint64 found
            = file.ask(QStringLiteral("SELECT count(*) FROM calls WHERE call_id LIKE '%1-%'")
                           .arg(prefix))
                  .toLongLong();
        QVERIFY2(found >= flushed, qPrintable(QStringLiteral("%1 of %2").arg(found).arg(flushed)));
        QCOMPARE(file.ask(QStringLiteral("SELECT sum(calls) FROM hourly")).toLongLong(),
            file.ask(QStringLiteral("SELECT count(*) FROM calls")).toLongLong());
        QVERIFY(asideOf(m_path).isEmpty());
    }
    QVERIFY2(acknowledged > 900, "the child hardly wrote");
}

QTEST_GUILESS_MAIN(TestLedgerFiles)
#include "tst_ledger_files.moc"
