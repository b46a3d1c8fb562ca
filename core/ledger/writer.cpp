#include "ledger/writer.h"

#include "base/text.h"
#include "ledger/columns.h"
#include "ledger/rollup.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLoggingCategory>
#include <QThread>

#include <algorithm>
#include <limits>

namespace waystation {

namespace {

Q_LOGGING_CATEGORY(lcLedger, "waystation.ledger")

constexpr int busyMillis = 250;
constexpr Millis lockedRetry{100};
constexpr Millis shortestRetry{250};
constexpr Millis longestRetry{4000};
constexpr Millis untilTrouble{1000}; // a lock that goes by sooner is not worth a word
constexpr Millis flushPatience{5000};
constexpr Millis firstTidy{5000};
constexpr Millis everyTidy{10 * 60 * 1000};
constexpr int tidyRows = 500;
constexpr std::int64_t pagesPerTidy = 1000;
constexpr std::size_t mostNames = 20'000; // kept in memory
constexpr std::int64_t mostNamesEver
    = 200'000; // clients may invent model names; rollups keep them for ever
constexpr const char* otherNames = "(other)";
constexpr int mostRecoveries = 3; // more than that is a broken disk

constexpr const char* failedDoor = "Calls are not recorded: ";

/// Binds the columns of a row in the order of the walk.
class Binding
{
public:
    Binding(QSqlQuery& query, int first,
        std::function<std::optional<std::int64_t>(std::string_view)> idOf)
        : m_query(query)
        , m_next(first)
        , m_idOf(std::move(idOf))
    {
    }

    bool failed() const { return m_failed; }

    /// The ids that were bound, by column, for the rollups.
    std::int64_t client = 0, channel = 0, asked = 0, served = 0;

    template <class T> void id(const char*, const T& value) { bind(fromStd(value.text())); }

    void time(const char*, TimePoint when) { bind(qint64(microsSinceEpoch(when))); }

    void outcome(const char*, Outcome outcome) { bind(codeOf(outcome)); }

    void usageKind(const char*, UsageKind kind) { bind(codeOf(kind)); }

    void name(std::string_view column, const std::string& text) { bindName(column, text); }

    template <class T> void nameId(std::string_view column, const T& value)
    {
        bindName(column, value.text());
    }

    template <class T, class From> void word(const char*, T value, From)
    {
        bindName({}, nameOf(value));
    }

    void money(const char*, const std::optional<MicroUsd>& money)
    {
        money ? bind(qint64(money->value)) : bindNull();
    }

    void span(const char*, const std::optional<Micros>& span)
    {
        span ? bind(qint64(span->count())) : bindNull();
    }

    template <class T> void number(const char*, T value) { bind(qint64(value)); }

    void text(const char*, const std::string& text)
    {
        if (text.empty())
            bindNull();
        else
            bind(fromStd(text));
    }

    void error(const std::optional<Error>& error)
    {
        bindName({}, error ? nameOf(error->kind) : "");
        text({}, error ? error->message : std::string());
        text({}, error ? error->field : std::string());
        error && error->retryAfter ? bind(qint64(error->retryAfter->count())) : bindNull();
    }

private:
    template <class T> void bind(const T& value) { m_query.bindValue(m_next++, QVariant(value)); }

    void bindNull() { m_query.bindValue(m_next++, QVariant(QMetaType::fromType<qint64>())); }

    void bindName(std::string_view column, std::string_view text)
    {
        const auto id = m_idOf(text);
        m_failed = m_failed || !id;
        const std::int64_t known = id.value_or(0);
        if (column == "client")
            client = known;
        else if (column == "channel")
            channel = known;
        else if (column == "asked")
            asked = known;
        else if (column == "served")
            served = known;
        bind(qint64(known));
    }

    QSqlQuery& m_query;
    int m_next;
    std::function<std::optional<std::int64_t>(std::string_view)> m_idOf;
    bool m_failed = false;
};

const char* insertCall()
{
    static const std::string sql = [] {
        std::string made = "INSERT INTO calls (id, " + columnList() + ") VALUES (?";
        for (int i = 0; i < columnCount(); ++i)
            made += ", ?";
        // Only the id of the call makes a row known; any other conflict is a fault.
        return made + ") ON CONFLICT (call_id) DO NOTHING";
    }();
    return sql.c_str();
}

}

Writer::Writer(
    const LedgerOptions& options, std::vector<SchemaStep> steps, Intake& intake, WriterNews news)
    : m_options(options)
    , m_steps(std::move(steps))
    , m_intake(intake)
    , m_news(std::move(news))
{
    m_batchLimit = static_cast<std::size_t>(std::max(1, m_options.batchRows));
    for (QTimer* timer : {&m_batchTimer, &m_retryTimer, &m_tidyTimer})
        timer->setSingleShot(true);
    connect(&m_batchTimer, &QTimer::timeout, this, &Writer::write);
    connect(&m_retryTimer, &QTimer::timeout, this, &Writer::write);
    connect(&m_tidyTimer, &QTimer::timeout, this, &Writer::tidy);
}

Writer::~Writer() = default;

void Writer::start(bool fileIsReady, const QString& trouble)
{
    m_trouble = trouble;
    if (fileIsReady && !connectFile())
        batchFailed();
    else if (!fileIsReady)
        retryIn(shortestRetry);
    tidySoon(firstTidy);
}

void Writer::wake()
{
    if (m_state == State::Refusing || m_retryTimer.isActive())
        return;
    if (m_intake.queue.size() >= static_cast<std::size_t>(std::max(1, m_options.batchRows)))
        write();
    else if (!m_batchTimer.isActive())
        m_batchTimer.start(m_options.batchEvery);
}

bool Writer::openFile()
{
    takePrepared(prepareFile(m_options.path, m_steps));
    return m_state == State::Ready;
}

void Writer::takePrepared(const PreparedFile& prepared)
{
    if (!prepared.movedAside.isEmpty())
        m_news.movedAside(prepared.movedAside);
    m_news.schema(prepared.schema);
    switch (prepared.state) {
    case PreparedFile::State::Ready:
        if (connectFile())
            m_news.openReader();
        break;
    case PreparedFile::State::Newer:
        m_state = State::Refusing;
        setTrouble(prepared.text);
        m_news.refuseAll();
        break;
    case PreparedFile::State::Waiting:
    case PreparedFile::State::Impossible:
        setTrouble(QLatin1String(failedDoor) + prepared.text);
        break;
    }
}

bool Writer::connectFile()
{
    m_names.clear();
    m_newNames.clear();
    const bool open = m_database.open(m_options.path, Database::Mode::Write, busyMillis)
        && m_database.run(QStringLiteral("PRAGMA synchronous = FULL"))
        && m_database.run(QStringLiteral("PRAGMA secure_delete = ON"))
        && m_database.run(QStringLiteral("PRAGMA journal_size_limit = 16777216"))
        && m_database.run(QStringLiteral("PRAGMA cache_size = -8000"));
    const auto lastRow = open
        ? m_database.number(QStringLiteral("SELECT ifnull(max(id), 0) FROM calls"))
        : std::nullopt;
    const auto lastName = lastRow
        ? m_database.number(QStringLiteral("SELECT ifnull(max(id), 0) FROM names"))
        : std::nullopt;
    if (!lastName) {
        m_database.close();
        return false;
    }
    // Numbers are not given twice, also when everything was erased: somebody may still hold the old
    // ones.
    m_nextRow = std::max(m_nextRow, *lastRow + 1);
    m_nextName = std::max(m_nextName, *lastName + 1);
    m_state = State::Ready;
    return true;
}

void Writer::disconnectFile()
{
    m_database.close();
    if (m_state == State::Ready)
        m_state = State::Closed;
}

void Writer::write()
{
    m_batchTimer.stop();
    m_retryTimer.stop();
    if (m_state == State::Refusing || m_state == State::Recovering) {
        answerFlushes(m_state == State::Refusing);
        return;
    }
    if (m_state == State::Ready && !QFileInfo::exists(m_options.path)) {
        // Somebody deleted it: rows would go to a file without a name.
        disconnectFile();
    }
    if (m_state == State::Closed && !openFile()) {
        if (m_state == State::Closed)
            retryIn(std::min(longestRetry, shortestRetry * (1 << std::min(m_failures++, 4))));
        answerFlushes(m_state == State::Refusing);
        return;
    }
    const std::size_t fullBatch = static_cast<std::size_t>(std::max(1, m_options.batchRows));
    for (int taken = 0;;) {
        if (m_nextInHand >= m_rows.size()) {
            // What comes while this runs waits for company again, unless a batch is full already.
            // Letters get their turn.
            if (taken > 0 && (m_intake.queue.size() < fullBatch || taken > 4))
                break;
            ++taken;
            m_rows = m_intake.queue.takeAll();
            m_nextInHand = 0;
            m_taken += static_cast<std::int64_t>(m_rows.size());
            if (m_rows.empty())
                break;
        }
        const std::size_t count = std::min(m_batchLimit, m_rows.size() - m_nextInHand);
        if (!writeBatch(count)) {
            undoBatch();
            batchFailed();
            answerFlushes();
            return;
        }
        m_nextInHand += count;
        m_settled += static_cast<std::int64_t>(count);
        m_intake.waiting -= static_cast<std::int64_t>(count);
        m_batchLimit = fullBatch;
        m_failures = 0;
        m_failingSince.reset();
        setTrouble({});
        m_news.written(m_nextRow - 1);
        answerFlushes();
    }
    m_rows.clear();
    m_nextInHand = 0;
    if (const std::size_t left = m_intake.queue.size(); left > 0 && !m_batchTimer.isActive())
        m_batchTimer.start(left < fullBatch ? m_options.batchEvery : Millis(0));
    answerFlushes();
}

bool Writer::writeBatch(std::size_t count)
{
    m_rowBeforeBatch = m_nextRow;
    m_newNames.clear();
    if (!m_database.run(QStringLiteral("BEGIN IMMEDIATE")))
        return false;
    Rollup rollup;
    for (std::size_t i = m_nextInHand; i < m_nextInHand + count; ++i) {
        std::int64_t model = 0;
        std::int64_t channel = 0;
        std::int64_t client = 0;
        bool isNew = false;
        if (!insert(m_rows[i], model, channel, client, isNew))
            return false;
        if (isNew)
            rollup.add(m_rows[i], model, channel, client);
    }
    return writeRollup(rollup) && m_database.run(QStringLiteral("COMMIT"));
}

bool Writer::insert(const CallRecord& record, std::int64_t& model, std::int64_t& channel,
    std::int64_t& client, bool& isNew)
{
    QSqlQuery* call = m_database.prepared(insertCall());
    if (!call)
        return false;
    call->bindValue(0, qint64(m_nextRow));
    Binding binding(*call, 1, [this](std::string_view text) { return nameId(text); });
    eachColumn(binding, record);
    if (binding.failed() || !m_database.execute(*call))
        return false;
    isNew = call->numRowsAffected() > 0;
    call->finish();
    if (!isNew)
        return true;
    const std::int64_t row = m_nextRow++;
    model = binding.served != 0 ? binding.served : binding.asked;
    channel = binding.channel;
    client = binding.client;

    if (!record.attempts.empty() || !record.route.empty() || !record.warnings.empty()
        || !record.costFormula.empty()) {
        QSqlQuery* detail = m_database.prepared(
            "INSERT INTO call_details (call, json, formula) VALUES (?, ?, ?)");
        if (!detail)
            return false;
        const bool hasJson
            = !record.attempts.empty() || !record.route.empty() || !record.warnings.empty();
        detail->bindValue(0, qint64(row));
        detail->bindValue(1,
            hasJson ? QVariant(fromStd(detailToJson(record)))
                    : QVariant(QMetaType::fromType<QString>()));
        detail->bindValue(2, fromStd(record.costFormula));
        if (!m_database.execute(*detail))
            return false;
        detail->finish();
    }
    if (record.task) {
        QSqlQuery* task
            = m_database.prepared("INSERT OR REPLACE INTO tasks (task_id, channel, key, dialect, "
                                  "made, call) VALUES (?, ?, ?, ?, ?, ?)");
        if (!task)
            return false;
        task->bindValue(0, fromStd(record.task->taskId));
        task->bindValue(1, fromStd(record.task->channel.text()));
        task->bindValue(2, fromStd(record.task->key.text()));
        task->bindValue(3, QLatin1String(nameOf(record.task->dialect)));
        task->bindValue(4, qint64(microsSinceEpoch(record.task->made)));
        task->bindValue(5, qint64(row));
        if (!m_database.execute(*task))
            return false;
        task->finish();
    }
    return true;
}

bool Writer::writeRollup(const Rollup& rollup)
{
    QSqlQuery* usage = m_database.prepared(
        "INSERT INTO hourly (hour, model, channel, client, calls, failed, unpriced, estimated, "
        "input, cache_read, cache_write, "
        "output, reasoning, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (hour, model, channel, client) DO UPDATE SET calls = calls + excluded.calls, "
        "failed = failed + excluded.failed, "
        "unpriced = unpriced + excluded.unpriced, estimated = estimated + excluded.estimated, "
        "input = input + excluded.input, "
        "cache_read = cache_read + excluded.cache_read, cache_write = cache_write + "
        "excluded.cache_write, "
        "output = output + excluded.output, reasoning = reasoning + excluded.reasoning, cost = "
        "cost + excluded.cost");
    if (!usage)
        return false;
    for (const auto& [key, sums] : rollup.usage) {
        int next = 0;
        for (const std::int64_t value : {key.hour, key.model, key.channel, key.client, sums.calls,
                 sums.failed, sums.unpriced, sums.estimated, sums.input, sums.cacheRead,
                 sums.cacheWrite, sums.output, sums.reasoning, sums.cost})
            usage->bindValue(next++, qint64(value));
        if (!m_database.execute(*usage))
            return false;
        usage->finish();
    }
    QSqlQuery* latency
        = m_database.prepared("INSERT INTO latency (hour, channel, bucket, calls, tokens, micros) "
                              "VALUES (?, ?, ?, ?, ?, ?) "
                              "ON CONFLICT (hour, channel, bucket) DO UPDATE SET calls = calls + "
                              "excluded.calls, tokens = tokens + excluded.tokens, "
                              "micros = micros + excluded.micros");
    if (!latency)
        return false;
    for (const auto& [key, sums] : rollup.latency) {
        int next = 0;
        for (const std::int64_t value :
            {key.hour, key.channel, std::int64_t(key.bucket), sums.calls, sums.tokens, sums.micros})
            latency->bindValue(next++, qint64(value));
        if (!m_database.execute(*latency))
            return false;
        latency->finish();
    }
    return true;
}

std::optional<std::int64_t> Writer::nameId(std::string_view text)
{
    if (text.empty())
        return 0;
    // What is compared in memory is what the database will hold: valid UTF-8 of bounded length.
    std::string name(text.substr(0, longestName));
    if (text.size() > longestName)
        name = elided(text, longestName);
    if (!isValidUtf8(name))
        name = QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())).toStdString();
    if (const auto known = m_names.find(name); known != m_names.end())
        return known->second;

    QSqlQuery* find = m_database.prepared("SELECT id FROM names WHERE text = ?");
    if (!find)
        return std::nullopt;
    find->bindValue(0, fromStd(name));
    if (!m_database.execute(*find))
        return std::nullopt;
    std::optional<std::int64_t> id;
    if (find->next())
        id = find->value(0).toLongLong();
    find->finish();
    if (!id && m_nextName > mostNamesEver && text != otherNames)
        return nameId(otherNames);
    if (!id) {
        QSqlQuery* add = m_database.prepared("INSERT INTO names (id, text) VALUES (?, ?)");
        if (!add)
            return std::nullopt;
        add->bindValue(0, qint64(m_nextName));
        add->bindValue(1, fromStd(name));
        if (!m_database.execute(*add))
            return std::nullopt;
        add->finish();
        id = m_nextName++;
        m_newNames.push_back(name);
    }
    if (m_names.size() >= mostNames)
        m_names.clear();
    m_names.emplace(std::move(name), *id);
    return id;
}

void Writer::undoBatch()
{
    m_database.rollBack();
    m_nextRow = m_rowBeforeBatch;
    m_nextName -= static_cast<std::int64_t>(m_newNames.size());
    for (const std::string& name : m_newNames)
        m_names.erase(name);
    m_newNames.clear();
}

void Writer::batchFailed()
{
    const Tick now = tickNow();
    if (!m_failingSince)
        m_failingSince = now;
    ++m_failures;
    switch (m_database.fault()) {
    case DatabaseFault::Locked:
        if (now - *m_failingSince >= untilTrouble)
            setTrouble(
                QStringLiteral("Calls wait in memory: another program holds the ledger file."));
        retryIn(lockedRetry);
        return;
    case DatabaseFault::Full:
    case DatabaseFault::Unreachable:
        setTrouble(QStringLiteral(
            "Calls wait in memory: the ledger file cannot be written, the disk may be full (%1).")
                       .arg(m_database.faultText()));
        disconnectFile(); // what a new connection reads is what the disk holds
        retryIn(std::min(longestRetry, shortestRetry * (1 << std::min(m_failures - 1, 4))));
        return;
    case DatabaseFault::Damaged:
        recover();
        return;
    case DatabaseFault::None:
    case DatabaseFault::Other:
        break;
    }
    if (m_failures == 1) {
        disconnectFile(); // the file may have been exchanged under us
    } else if (m_batchLimit > 1) {
        m_batchLimit = 1;
    } else {
        dropFirst(m_database.faultText());
    }
    retryIn(Millis(0));
}

void Writer::dropFirst(const QString& why)
{
    if (m_nextInHand >= m_rows.size())
        return;
    qCWarning(lcLedger) << "a call could not be recorded:" << why;
    ++m_nextInHand;
    ++m_settled;
    --m_intake.waiting;
    ++m_intake.refused;
}

void Writer::recover()
{
    qCWarning(lcLedger) << "the ledger file is damaged:" << m_database.faultText();
    m_database.close();
    if (++m_recoveries > mostRecoveries) {
        m_state = State::Refusing;
        setTrouble(QLatin1String(failedDoor)
            + QStringLiteral("the ledger file was damaged again and again."));
        m_news.refuseAll();
        answerFlushes(true);
        return;
    }
    m_state = State::Recovering;
    m_news.closeReader([this] { m_mail.post([this] { finishRecovery(); }); });
}

void Writer::finishRecovery()
{
    if (m_state != State::Recovering)
        return;
    m_state = State::Closed;
    const QString moved = setAside(m_options.path);
    if (!moved.isEmpty())
        m_news.movedAside(moved);
    else
        setTrouble(
            QLatin1String(failedDoor) + QStringLiteral("the damaged file cannot be renamed."));
    write();
}

void Writer::damageSeen()
{
    if (m_state == State::Ready)
        recover();
}

void Writer::retryIn(Millis delay)
{
    m_batchTimer.stop();
    m_retryTimer.start(delay);
}

void Writer::setTrouble(const QString& trouble)
{
    if (trouble == m_trouble)
        return;
    m_trouble = trouble;
    m_news.trouble(trouble);
}

void Writer::flush(std::function<void()> done)
{
    const std::int64_t queued = static_cast<std::int64_t>(m_intake.queue.size());
    m_flushes.push_back({m_taken + queued, tickNow() + flushPatience, std::move(done)});
    write();
}

void Writer::answerFlushes(bool all)
{
    if (m_flushes.empty())
        return;
    const Tick now = tickNow();
    std::vector<Flush> later;
    for (Flush& flush : m_flushes) {
        if (all || m_settled >= flush.target || now >= flush.deadline)
            flush.done();
        else
            later.push_back(std::move(flush));
    }
    m_flushes = std::move(later);
}

void Writer::setRetention(int days, std::int64_t mostBytes)
{
    m_options.retentionDays = days;
    m_options.mostBytes = mostBytes;
    tidySoon(Millis(0));
}

void Writer::tidySoon(Millis delay)
{
    m_tidyTimer.start(delay);
}

void Writer::tidy()
{
    bool more = false;
    if (m_state == State::Ready && !tidyStep(more)) {
        const DatabaseFault fault = m_database.fault();
        m_database.rollBack();
        if (fault == DatabaseFault::Damaged)
            damageSeen();
        more = false;
    }
    tidySoon(more ? Millis(2) : everyTidy); // rows that wait are written between two steps
}

bool Writer::tidyStep(bool& more)
{
    const TimePoint now = wallNow();
    std::int64_t until = std::numeric_limits<std::int64_t>::min();
    if (m_options.retentionDays > 0)
        until = microsSinceEpoch(now) - m_options.retentionDays * 24 * microsPerHour;
    const auto used = m_database.number(
        QStringLiteral("SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, "
                       "pragma_freelist_count, pragma_page_size"));
    if (!used)
        return false;
    if (m_options.mostBytes > 0 && *used > m_options.mostBytes)
        until = std::numeric_limits<std::int64_t>::max();

    QSqlQuery* old = m_database.prepared(
        "SELECT id, started_at FROM calls WHERE started_at < ? ORDER BY started_at LIMIT ?");
    if (!old)
        return false;
    old->bindValue(0, qint64(until));
    old->bindValue(1, tidyRows);
    if (!m_database.execute(*old))
        return false;
    std::vector<qint64> rows;
    qint64 last = 0;
    while (old->next()) {
        rows.push_back(old->value(0).toLongLong());
        last = old->value(1).toLongLong();
    }
    old->finish();
    more = static_cast<int>(rows.size()) == tidyRows;

    if (m_options.retentionDays > 0) {
        if (!m_database.run(
                QStringLiteral("DELETE FROM tasks WHERE made < %1")
                    .arg(microsSinceEpoch(now) - m_options.retentionDays * 24 * microsPerHour)))
            return false;
    }
    if (!rows.empty()) {
        if (!m_database.run(QStringLiteral("BEGIN IMMEDIATE")))
            return false;
        for (const char* sql :
            {"DELETE FROM call_details WHERE call = ?", "DELETE FROM calls WHERE id = ?"}) {
            QSqlQuery* remove = m_database.prepared(sql);
            if (!remove)
                return false;
            for (const qint64 row : rows) {
                remove->bindValue(0, row);
                if (!m_database.execute(*remove))
                    return false;
            }
            remove->finish();
        }
        if (!m_database.run(
                QStringLiteral("INSERT INTO meta (key, value) VALUES ('kept_since', %1) "
                               "ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)")
                    .arg(last + 1))
            || !m_database.run(QStringLiteral("COMMIT")))
            return false;
    }
    bool pagesLeft = false;
    if (!freePages(pagesPerTidy, pagesLeft))
        return false;
    more = more || pagesLeft;
    return true;
}

bool Writer::freePages(std::int64_t most, bool& left)
{
    const auto free = m_database.number(QStringLiteral("PRAGMA freelist_count"));
    if (!free)
        return false;
    left = *free > most;
    if (*free == 0)
        return true;
    // The pragma gives back a page with every step, and Qt takes one step of what has no columns.
    QSqlQuery* vacuum = m_database.prepared("PRAGMA incremental_vacuum");
    if (!vacuum || !m_database.run(QStringLiteral("BEGIN IMMEDIATE")))
        return false;
    for (std::int64_t i = 0; i < std::min(*free, most); ++i) {
        if (!m_database.execute(*vacuum))
            return false;
        vacuum->finish();
    }
    return m_database.run(QStringLiteral("COMMIT"));
}

void Writer::eraseAll(std::function<void(Result<void>)> done)
{
    write(); // what was submitted before goes too
    if (m_state != State::Ready || m_nextInHand < m_rows.size()) {
        done(Error{ErrorKind::Io, "The ledger file cannot be written now."});
        return;
    }
    bool erased = m_database.run(QStringLiteral("BEGIN IMMEDIATE"));
    for (const char* table :
        {"calls", "call_details", "hourly", "latency", "tasks", "names", "meta"})
        erased
            = erased && m_database.run(QStringLiteral("DELETE FROM %1").arg(QLatin1String(table)));
    erased = erased && m_database.run(QStringLiteral("COMMIT"));
    if (!erased) {
        const QString why = m_database.faultText();
        m_database.rollBack();
        done(Error{ErrorKind::Io, "The ledger could not be erased: " + why.toStdString()});
        return;
    }
    m_names.clear();
    // Old copies hold the same rows.
    const QFileInfo file(m_options.path);
    const QDir folder = file.absoluteDir();
    for (const QString& name : folder.entryList({file.fileName() + QStringLiteral(".before-*"),
                                                    file.fileName() + QStringLiteral(".corrupt-*")},
             QDir::Files))
        QFile::remove(folder.filePath(name));

    // Zeroes reach the file before it shrinks. With nothing in it this takes no time, unlike giving
    // back page by page.
    m_database.run(QStringLiteral("PRAGMA wal_checkpoint(TRUNCATE)"));
    m_database.run(QStringLiteral("VACUUM"));
    // The log still holds old pages until it is emptied; a report that is running keeps it for a
    // moment.
    for (int i = 0; i < 40; ++i) {
        const auto busy = m_database.number(QStringLiteral("PRAGMA wal_checkpoint(TRUNCATE)"));
        if (busy && *busy == 0) {
            m_news.written(m_nextRow - 1);
            done(boost::system::in_place_value);
            return;
        }
        QThread::msleep(50);
    }
    done(Error{ErrorKind::Busy,
        "The rows are gone; traces of them leave the disk when the ledger is closed."});
}

void Writer::finish(Millis patience)
{
    const Tick deadline = tickNow() + patience;
    if (m_state == State::Recovering)
        finishRecovery();
    for (;;) {
        write();
        const bool done = m_nextInHand >= m_rows.size() && m_intake.queue.size() == 0;
        if (done || m_state == State::Refusing || tickNow() >= deadline)
            break;
        if (m_state == State::Recovering)
            finishRecovery();
        QThread::msleep(20);
    }
    for (QTimer* timer : {&m_batchTimer, &m_retryTimer, &m_tidyTimer})
        timer->stop();
    m_intake.refused += m_intake.waiting.exchange(0);
    answerFlushes(true);
    m_database.close();
    m_state = State::Refusing;
}

}
