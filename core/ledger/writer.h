#pragma once

#include "base/bounded_queue.h"
#include "ledger/database.h"
#include "ledger/ledger.h"
#include "ledger/mailbox.h"
#include "ledger/schema.h"

#include <QObject>
#include <QTimer>

#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace waystation {

/// What lies between the callers of submit() and the writer.
struct Intake
{
    explicit Intake(std::size_t limit)
        : queue(limit)
        , limit(static_cast<std::int64_t>(limit))
    {
    }

    BoundedQueue<CallRecord> queue;
    const std::int64_t limit;
    std::atomic<std::int64_t> waiting{0}; // in the queue or in the writer's hands
    std::atomic<std::int64_t> refused{0};
};

/// What the writer tells, on its own thread.
struct WriterNews
{
    std::function<void(std::int64_t upTo)> written;
    std::function<void(const QString& trouble)> trouble;
    std::function<void(const QString& movedTo)> movedAside;
    std::function<void(int schema)> schema;
    std::function<void()> refuseAll; // nothing can be kept any more
    std::function<void(std::function<void()> whenClosed)> closeReader; // lets go of the file
    std::function<void()> openReader;
};

/// Writes rows in batches, on the thread that it was moved to. The public functions run there.
class Writer : public QObject
{
    Q_OBJECT
public:
    Writer(const LedgerOptions& options, std::vector<SchemaStep> steps, Intake& intake,
        WriterNews news);
    ~Writer() override;

    Mailbox& mail() { return m_mail; } // from any thread

    /// Something was pushed onto the empty queue, or a batch is full.
    Q_INVOKABLE void wake();
    void start(bool fileIsReady, const QString& trouble); // `trouble` as told already
    void flush(std::function<void()> done);
    void setRetention(int days, std::int64_t mostBytes);
    void eraseAll(std::function<void(Result<void>)> done);
    /// The reader met a broken page.
    void damageSeen();
    /// Writes what waits for at most `patience`, then closes the file.
    void finish(Millis patience);

private:
    enum class State { Closed, Ready, Recovering, Refusing };

    struct Flush
    {
        std::int64_t target;
        Tick deadline;
        std::function<void()> done;
    };

    bool openFile();
    void takePrepared(const PreparedFile& prepared);
    bool connectFile();
    void disconnectFile();
    void write();
    bool writeBatch(std::size_t count);
    bool insert(const CallRecord& record, std::int64_t& model, std::int64_t& channel,
        std::int64_t& client, bool& isNew);
    bool writeRollup(const struct Rollup& rollup);
    std::optional<std::int64_t> nameId(std::string_view text);
    void undoBatch();
    void batchFailed();
    void dropFirst(const QString& why);
    void recover();
    void finishRecovery();
    void retryIn(Millis delay);
    void setTrouble(const QString& trouble);
    void answerFlushes(bool all = false);
    void tidySoon(Millis delay);
    void tidy();
    bool tidyStep(bool& more);
    bool freePages(std::int64_t most, bool& left);

    LedgerOptions m_options;
    const std::vector<SchemaStep> m_steps;
    Intake& m_intake;
    WriterNews m_news;
    Mailbox m_mail{this};
    QTimer m_batchTimer{this};
    QTimer m_retryTimer{this};
    QTimer m_tidyTimer{this};

    State m_state = State::Closed;
    Database m_database;
    std::vector<CallRecord> m_rows; // in hand; those before m_nextInHand are done
    std::size_t m_nextInHand = 0;
    std::size_t m_batchLimit = 0; // 1 while the row that breaks a batch is being looked for
    std::int64_t m_taken = 0; // rows ever taken from the queue
    std::int64_t m_settled = 0; // of those, written or dropped
    std::vector<Flush> m_flushes;

    std::int64_t m_nextRow = 1;
    std::int64_t m_nextName = 1;
    std::int64_t m_rowBeforeBatch = 1;
    std::unordered_map<std::string, std::int64_t> m_names;
    std::vector<std::string> m_newNames; // of the running transaction

    QString m_trouble;
    std::optional<Tick> m_failingSince;
    int m_failures = 0; // in a row
    int m_recoveries = 0; // since start
};

}
