#include "ledger/schema.h"

#include "ledger/database.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cstring>
#include <filesystem>

#ifdef Q_OS_WIN
#include <io.h>
#else
#include <unistd.h>
#endif

inline void initLedgerSql()
{
    Q_INIT_RESOURCE(ledger_sql);
}

namespace waystation {

namespace {

constexpr int busyMillis = 1000;
constexpr qint64 alwaysChecked = 16ll << 20; // octets; a fraction of a second
constexpr qint64 checkedWhenUnclean = 256ll << 20; // a second or two, once after a crash

constexpr auto ownerOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner;

/// Statements end with a semicolon at the end of a line.
QStringList statementsOf(const QString& sql)
{
    QStringList statements;
    QString statement;
    for (const QString& line : sql.split(QLatin1Char('\n'))) {
        if (line.trimmed().startsWith(QLatin1String("--")))
            continue;
        statement += line + QLatin1Char('\n');
        if (line.trimmed().endsWith(QLatin1Char(';'))) {
            statements << statement.trimmed();
            statement.clear();
        }
    }
    return statements;
}

struct Header
{
    bool isDatabase = false;
    bool isShort = false; // fewer pages than it says
    int schema = 0;
};

quint32 bigEndian(const char* octets)
{
    quint32 value = 0;
    for (int i = 0; i < 4; ++i)
        value = value << 8 | static_cast<unsigned char>(octets[i]);
    return value;
}

/// Reads the first page by hand, so that a file which is not ours to touch is not opened by SQLite
/// at all.
Header headerOf(const QString& path, bool hasLog)
{
    Header header;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return header;
    const QByteArray octets = file.read(100);
    if (octets.size() < 100 || std::memcmp(octets.constData(), "SQLite format 3", 16) != 0)
        return header;
    header.isDatabase = true;
    header.schema = static_cast<int>(bigEndian(octets.constData() + 60));
    const qint64 pageSize
        = (static_cast<unsigned char>(octets[16]) << 8 | static_cast<unsigned char>(octets[17]));
    const qint64 pages = bigEndian(octets.constData() + 28);
    const bool countIsValid = std::memcmp(octets.constData() + 24, octets.constData() + 92, 4) == 0;
    header.isShort
        = !hasLog && countIsValid && pages * (pageSize == 1 ? 65536 : pageSize) > file.size();
    return header;
}

PreparedFile::State stateFor(DatabaseFault fault)
{
    return fault == DatabaseFault::Locked || fault == DatabaseFault::Full
        ? PreparedFile::State::Waiting
        : PreparedFile::State::Impossible;
}

QString newerText(int schema, int known)
{
    return QStringLiteral("The ledger was written by a newer version (schema %1, this one knows "
                          "%2). Nothing is recorded.")
        .arg(schema)
        .arg(known);
}

bool isSound(Database& database, qint64 size, bool hadLog)
{
    if (!database.number(QStringLiteral("SELECT count(*) FROM sqlite_schema")))
        return false;
    if (size > (hadLog ? checkedWhenUnclean : alwaysChecked))
        return true;
    QSqlQuery check = database.query();
    if (!check.exec(QStringLiteral("PRAGMA quick_check(1)")) || !check.next()) {
        database.noteFault(check.lastError());
        return false;
    }
    return check.value(0).toString() == QLatin1String("ok");
}

bool applyStep(Database& database, const SchemaStep& step)
{
    if (!database.run(QStringLiteral("BEGIN IMMEDIATE")))
        return false;
    bool done = true;
    for (const QString& statement : statementsOf(step.sql))
        done = done && database.run(statement);
    done = done && database.run(QStringLiteral("PRAGMA user_version = %1").arg(step.number))
        && database.run(QStringLiteral("COMMIT"));
    if (done)
        return true;
    database.rollBack();
    return false;
}

enum class Attempt { Settled, Damaged };

/// One try. `prepared` is the answer when settled.
Attempt tryFile(const QString& path, const std::vector<SchemaStep>& steps, PreparedFile& prepared)
{
    const int known = steps.empty() ? 0 : steps.back().number;
    const QFileInfo log(path + QStringLiteral("-wal"));
    const bool hasLog = log.exists() && log.size() > 0;
    const qint64 size = QFileInfo(path).size();
    const auto settle = [&](PreparedFile::State state, const QString& text) {
        prepared.state = state;
        prepared.text = text;
        return Attempt::Settled;
    };

    if (QFileInfo(path).isDir())
        return settle(PreparedFile::State::Impossible,
            QStringLiteral("A folder is where the ledger should be: %1").arg(path));
    if (size > 0) {
        const Header header = headerOf(path, hasLog);
        if (!header.isDatabase) {
            if (!QFileInfo(path).isReadable())
                return settle(PreparedFile::State::Impossible,
                    QStringLiteral("The ledger file cannot be read: %1").arg(path));
            return Attempt::Damaged;
        }
        prepared.schema = header.schema;
        if (header.schema > known)
            return settle(PreparedFile::State::Newer, newerText(header.schema, known));
        if (header.isShort)
            return Attempt::Damaged;
    } else {
        QFile file(
            path); // the mode is set before anything is in it; SQLite gives its logs the same
        if (!file.open(QIODevice::ReadWrite))
            return settle(PreparedFile::State::Impossible,
                QStringLiteral("The ledger file cannot be made: %1: %2")
                    .arg(path, file.errorString()));
        file.setPermissions(ownerOnly);
    }

    if (hasLog && size > 0) {
        // A newer program may have been killed before its upgrade reached the file; closing a
        // connection that can write would move the log into it.
        Database reader;
        if (reader.open(path, Database::Mode::Read, busyMillis)) {
            const auto version = reader.number(QStringLiteral("PRAGMA user_version"));
            if (version && *version > known) {
                prepared.schema = static_cast<int>(*version);
                return settle(PreparedFile::State::Newer, newerText(prepared.schema, known));
            }
        }
    }

    Database database;
    const auto fail = [&] {
        const DatabaseFault fault = database.fault();
        if (fault == DatabaseFault::Damaged || fault == DatabaseFault::Other)
            return Attempt::Damaged;
        return settle(stateFor(fault),
            QStringLiteral("The ledger cannot be opened: %1").arg(database.faultText()));
    };
    if (!database.open(path, Database::Mode::Write, busyMillis))
        return fail();
    if (size > 0 && !isSound(database, size, hasLog)) {
        const DatabaseFault fault = database.fault();
        if (fault == DatabaseFault::None)
            return Attempt::Damaged; // quick_check found something
        return fail();
    }
    const auto version = database.number(QStringLiteral("PRAGMA user_version"));
    const auto tables = database.number(QStringLiteral("SELECT count(*) FROM sqlite_schema"));
    if (!version || !tables)
        return fail();
    int current = static_cast<int>(*version);
    if (current > known) {
        prepared.schema = current;
        return settle(PreparedFile::State::Newer, newerText(current, known));
    }
    if (*tables == 0 && !database.run(QStringLiteral("PRAGMA auto_vacuum = INCREMENTAL")))
        return fail();
    if (!database.run(QStringLiteral("PRAGMA journal_mode = WAL"))
        || !database.run(QStringLiteral("PRAGMA synchronous = FULL")))
        return fail();
    const bool isOlder = current < known && *tables != 0;
    if (isOlder) {
        const QString trouble = copyDatabase(path, path + QStringLiteral(".before-%1").arg(known));
        if (!trouble.isEmpty())
            return settle(PreparedFile::State::Waiting,
                QStringLiteral("The ledger is not upgraded, as no copy could be made: %1")
                    .arg(trouble));
    }
    for (const SchemaStep& step : steps) {
        if (step.number <= current)
            continue;
        if (!applyStep(database, step))
            return fail();
        current = step.number;
    }
    for (const char* table :
        {"names", "calls", "call_details", "hourly", "latency", "meta", "tasks"}) {
        if (!database.run(QStringLiteral("SELECT 1 FROM %1 LIMIT 1").arg(QLatin1String(table))))
            return fail();
    }
    prepared.schema = current;
    return settle(PreparedFile::State::Ready, {});
}

/// Makes sure that the octets are on the disk before a name points to them.
bool syncFile(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadWrite))
        return false;
#ifdef Q_OS_WIN
    return _commit(file.handle()) == 0;
#else
    return ::fsync(file.handle()) == 0;
#endif
}

}

std::vector<SchemaStep> schemaSteps()
{
    initLedgerSql();
    std::vector<SchemaStep> steps;
    const QDir folder(QStringLiteral(":/ledger/sqlite"));
    for (const QString& name :
        folder.entryList({QStringLiteral("*.sql")}, QDir::Files, QDir::Name)) {
        QFile file(folder.filePath(name));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        steps.push_back({name.left(4).toInt(), QFileInfo(name).completeBaseName(),
            QString::fromUtf8(file.readAll())});
    }
    return steps;
}

PreparedFile prepareFile(const QString& path, const std::vector<SchemaStep>& steps)
{
    PreparedFile prepared;
    if (!QDir().mkpath(QFileInfo(path).absolutePath())) {
        prepared.text = QStringLiteral("The ledger's folder cannot be made: %1")
                            .arg(QFileInfo(path).absolutePath());
        return prepared;
    }
    if (tryFile(path, steps, prepared) == Attempt::Settled)
        return prepared;
    const QString moved = setAside(path);
    if (moved.isEmpty()) {
        prepared.text
            = QStringLiteral("The ledger file is damaged and cannot be renamed: %1").arg(path);
        return prepared;
    }
    prepared = {};
    if (tryFile(path, steps, prepared) == Attempt::Damaged)
        prepared.text = QStringLiteral("A fresh ledger cannot be made at %1").arg(path);
    prepared.movedAside = moved;
    return prepared;
}

QString setAside(const QString& path)
{
    const QString stamp
        = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMddTHHmmssZ"));
    for (int i = 1; i < 100; ++i) {
        const QString target = path + QStringLiteral(".corrupt-") + stamp
            + (i > 1 ? QStringLiteral("-%1").arg(i) : QString());
        if (QFileInfo::exists(target))
            continue;
        if (QFileInfo::exists(path) && !QFile::rename(path, target))
            return {};
        // The log belongs to the file by its name; beside a fresh file it would be taken for that
        // one's.
        QFile::rename(path + QStringLiteral("-wal"), target + QStringLiteral("-wal"));
        QFile::remove(path + QStringLiteral("-shm"));
        return target;
    }
    return {};
}

QString copyDatabase(const QString& path, const QString& target)
{
    const QString part = target + QStringLiteral(".part");
    QFile::remove(part);
    {
        QFile file(part);
        if (!file.open(QIODevice::WriteOnly))
            return QStringLiteral("%1: %2").arg(part, file.errorString());
        file.setPermissions(ownerOnly);
    }
    QString trouble;
    {
        Database database;
        QString quoted = part;
        quoted.replace(QLatin1Char('\''), QLatin1String("''"));
        if (!database.open(path, Database::Mode::Write, 5000)
            || !database.run(QStringLiteral("VACUUM INTO '%1'").arg(quoted)))
            trouble = database.faultText();
    }
    if (trouble.isEmpty() && !syncFile(part))
        trouble = QStringLiteral("%1 cannot be written to the disk").arg(part);
    if (trouble.isEmpty()) {
        std::error_code code;
        std::filesystem::rename(part.toStdU16String(), target.toStdU16String(), code);
        if (code)
            trouble = QString::fromStdString(code.message());
    }
    if (!trouble.isEmpty())
        QFile::remove(part);
    return trouble;
}

}
