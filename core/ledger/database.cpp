#include "ledger/database.h"

#include <atomic>

namespace waystation {

DatabaseFault faultOf(const QSqlError& error)
{
    if (!error.isValid())
        return DatabaseFault::None;
    // The lower octet of SQLite's result codes, which are part of its file format and never change.
    switch (error.nativeErrorCode().toInt() & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
        return DatabaseFault::Locked;
    case 13: // SQLITE_FULL
        return DatabaseFault::Full;
    case 3: // SQLITE_PERM
    case 8: // SQLITE_READONLY
    case 10: // SQLITE_IOERR
    case 14: // SQLITE_CANTOPEN
        return DatabaseFault::Unreachable;
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
        return DatabaseFault::Damaged;
    default:
        return DatabaseFault::Other;
    }
}

Database::~Database()
{
    close();
}

bool Database::open(const QString& path, Mode mode, int busyMillis)
{
    static std::atomic<int> count{0};
    close();
    m_fault = DatabaseFault::None;
    m_faultText.clear();
    m_name = QStringLiteral("ledger-%1").arg(++count);
    m_database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), m_name);
    m_database.setDatabaseName(path);
    QString options = QStringLiteral("QSQLITE_BUSY_TIMEOUT=%1").arg(busyMillis);
    if (mode == Mode::Read)
        options += QStringLiteral(";QSQLITE_OPEN_READONLY");
    m_database.setConnectOptions(options);
    if (!m_database.open()) {
        noteFault(m_database.lastError());
        close();
        return false;
    }
    return true;
}

void Database::close()
{
    m_prepared.clear();
    if (m_name.isEmpty())
        return;
    m_database.close();
    m_database = QSqlDatabase();
    QSqlDatabase::removeDatabase(m_name);
    m_name.clear();
}

bool Database::run(const QString& sql)
{
    QSqlQuery query = this->query();
    if (!query.exec(sql)) {
        noteFault(query.lastError());
        return false;
    }
    while (query.next()) { }
    if (query.lastError().isValid()) {
        noteFault(query.lastError());
        return false;
    }
    return true;
}

void Database::rollBack()
{
    // SQLite has already ended it after some faults, so this may fail without meaning anything.
    QSqlQuery query = this->query();
    query.exec(QStringLiteral("ROLLBACK"));
}

std::optional<std::int64_t> Database::number(const QString& sql)
{
    QSqlQuery query = this->query();
    if (!query.exec(sql) || !query.next() || query.lastError().isValid()) {
        noteFault(query.lastError());
        return std::nullopt;
    }
    return query.value(0).toLongLong();
}

QSqlQuery* Database::prepared(const char* sql)
{
    auto& kept = m_prepared[sql];
    if (kept)
        return kept.get();
    auto query = std::make_unique<QSqlQuery>(m_database);
    query->setForwardOnly(true);
    if (!prepare(*query, QString::fromLatin1(sql)))
        return nullptr;
    kept = std::move(query);
    return kept.get();
}

bool Database::execute(QSqlQuery& query)
{
    if (query.exec())
        return true;
    noteFault(query.lastError());
    return false;
}

QSqlQuery Database::query() const
{
    QSqlQuery query(m_database);
    query.setForwardOnly(true);
    return query;
}

bool Database::prepare(QSqlQuery& query, const QString& sql)
{
    if (query.prepare(sql))
        return true;
    noteFault(query.lastError());
    return false;
}

void Database::noteFault(const QSqlError& error)
{
    m_fault = faultOf(error);
    m_faultText = error.databaseText().isEmpty() ? error.text() : error.databaseText();
}

}
