#pragma once

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

namespace waystation {

/// What a statement failed of, as far as the ledger treats it differently.
enum class DatabaseFault {
    None,
    Locked, // another connection holds it: wait
    Full, // no room left, or the file may not grow: keep the rows and try again
    Unreachable, // cannot be opened, read or written
    Damaged, // not a database, or a broken one
    Other, // the statement itself
};

DatabaseFault faultOf(const QSqlError& error);

/// One SQLite connection. Made, used and closed on one thread.
class Database
{
public:
    enum class Mode { Write, Read };

    Database() = default;
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Waits at most `busyMillis` for locks, here and in every statement.
    bool open(const QString& path, Mode mode, int busyMillis);
    void close();

    bool isOpen() const { return m_database.isOpen(); }

    /// Runs one statement to its end, whatever rows it gives.
    bool run(const QString& sql);
    /// Ends a failed transaction; the fault that broke it stays noted.
    void rollBack();
    /// The first column of the first row.
    std::optional<std::int64_t> number(const QString& sql);
    /// A prepared statement, kept for the next time; null when it cannot be prepared. `sql` is a
    /// literal.
    QSqlQuery* prepared(const char* sql);
    /// Executes what is bound to `query` and notes the fault.
    bool execute(QSqlQuery& query);
    /// A new query on this connection, for statements that are put together at run time.
    QSqlQuery query() const;
    bool prepare(QSqlQuery& query, const QString& sql);

    /// Of the last statement that failed.
    DatabaseFault fault() const { return m_fault; }

    const QString& faultText() const { return m_faultText; }

    void noteFault(const QSqlError& error);

private:
    QSqlDatabase m_database;
    QString m_name;
    std::unordered_map<const char*, std::unique_ptr<QSqlQuery>> m_prepared;
    DatabaseFault m_fault = DatabaseFault::None;
    QString m_faultText;
};

}
