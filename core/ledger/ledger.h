#pragma once

#include "base/error.h"
#include "ledger/report.h"

#include <QObject>
#include <QString>

#include <functional>
#include <memory>

namespace waystation {

struct LedgerOptions
{
    QString path; // the SQLite file; "" keeps rows in memory only (tests)
    int retentionDays = 90; // rows older than this go; rollups stay
    std::int64_t mostBytes = 1024ll << 20; // then the oldest rows go
    int queueLimit = 10'000;
    Millis batchEvery{200}; // a row waits at most this long for company,
    int batchRows = 500; // or until so many are together
};

/// The store of calls: owns the writer thread and the reader thread. SQLite in WAL mode with
/// synchronous=FULL: an acknowledged row (rowsWritten) survives kill -9 and power loss. A corrupt
/// file is renamed aside and a fresh one begun, a newer schema is left alone and nothing is
/// written: `figures().trouble` says so.
///
/// Lives on the thread that made it; answers and signals come there. submit() may be called from
/// any thread.
class Ledger : public QObject
{
    Q_OBJECT
public:
    explicit Ledger(QObject* parent = nullptr);
    ~Ledger() override; // closes

    /// Opens or makes the file, upgrades it (backup first). Blocks for as long as that takes.
    /// Errors: Io only when nothing at all can be kept; the program relays on.
    Result<void> open(const LedgerOptions& options);
    /// Writes what waits and stops both threads. Whoever submits from another thread has stopped by
    /// then.
    void close();

    /// Takes the record for writing, exactly once by its id. False when the queue was full
    /// (counted).
    bool submit(CallRecord&& record);
    /// Calls back once everything submitted before is on disk (or cannot be).
    void flush(std::function<void()> done);
    void setRetention(int days, std::int64_t mostBytes);
    /// Deletes rows and rollups, and what lay in freed pages.
    void eraseAll(std::function<void(Result<void>)> done);
    /// A consistent copy of the file. Errors: Io.
    void backupTo(const QString& path, std::function<void(Result<void>)> done);

    // Reports run on the reader thread, one after the other; `done` comes on this object's thread.
    // A `context` that was destroyed meanwhile gets no call.
    void calls(const CallsQuery& query, QObject* context, std::function<void(CallsPage)> done);
    /// With attempts, route and warnings; nullopt when there is no such call.
    void call(
        const CallId& id, QObject* context, std::function<void(std::optional<CallRecord>)> done);
    void usage(
        const UsageQuery& query, QObject* context, std::function<void(std::vector<UsageRow>)> done);
    void speed(TimePoint from, TimePoint until, QObject* context,
        std::function<void(std::vector<SpeedRow>)> done);
    /// The last hour up to `now`, a slot a minute.
    void strips(
        TimePoint now, QObject* context, std::function<void(std::vector<ChannelStrip>)> done);
    void tasks(
        TimePoint since, QObject* context, std::function<void(std::vector<TaskBinding>)> done);
    void figures(QObject* context, std::function<void(LedgerFigures)> done);

Q_SIGNALS:
    /// Rows up to that number are on disk. At most four times a second.
    void rowsWritten(qint64 upTo);
    /// Writing fails or works again ("" when it does). English.
    void troubleChanged(const QString& trouble);
    /// The file was damaged: it lies at `movedTo` now, and a fresh one was begun.
    void fileMovedAside(const QString& movedTo);

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

}
