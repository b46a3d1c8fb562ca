#include "ledger/ledger.h"

#include "ledger/mailbox.h"
#include "ledger/reader.h"
#include "ledger/schema.h"
#include "ledger/writer.h"

#include <QElapsedTimer>
#include <QFileInfo>
#include <QPointer>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>

namespace waystation {

namespace {

constexpr Millis betweenSignals{250};
constexpr Millis closePatience{3000};

}

struct Ledger::Parts
{
    explicit Parts(Ledger& ledger)
        : ledger(ledger)
        , home(&ledger)
        , signalTimer(&ledger)
    {
    }

    Ledger& ledger;
    Mailbox home;
    QTimer signalTimer;
    QElapsedTimer sinceSignal;
    std::int64_t written = 0;
    bool signalWaits = false;
    bool isLeaving = false; // in the destructor: nobody is told any more

    LedgerOptions options;
    bool isInMemory = false;
    std::unique_ptr<QTemporaryDir> temporary;
    std::string trouble;
    std::string movedAside;
    int schema = 0;

    std::unique_ptr<Intake> intake;
    std::atomic<bool> takesRows{false};
    std::atomic<std::int64_t> refusedOutright{0};
    std::unique_ptr<Writer> writer;
    std::unique_ptr<Reader> reader;
    MailThread writerThread;
    MailThread readerThread;

    void noteWritten(std::int64_t upTo)
    {
        written = upTo;
        signalWaits = true;
        if (!sinceSignal.isValid() || sinceSignal.hasExpired(betweenSignals.count()))
            emitWritten();
        else if (!signalTimer.isActive())
            signalTimer.start(static_cast<int>(betweenSignals.count() - sinceSignal.elapsed()) + 1);
    }

    void emitWritten()
    {
        if (!signalWaits)
            return;
        signalWaits = false;
        signalTimer.stop();
        sinceSignal.start();
        Q_EMIT ledger.rowsWritten(written);
    }

    void noteTrouble(const QString& text)
    {
        const std::string now = text.toStdString();
        if (now == trouble)
            return;
        trouble = now;
        Q_EMIT ledger.troubleChanged(text);
    }

    void noteMovedAside(const QString& movedTo)
    {
        movedAside = movedTo.toStdString();
        Q_EMIT ledger.fileMovedAside(movedTo);
    }

    WriterNews newsForHome();
    /// Runs `ask` on the reader thread and `done` with its answer at home, unless `context` is gone
    /// by then.
    template <class Answer, class Ask>
    void report(QObject* context, std::function<void(Answer)> done, Ask ask);
};

WriterNews Ledger::Parts::newsForHome()
{
    WriterNews news;
    news.written = [this](std::int64_t upTo) { home.post([this, upTo] { noteWritten(upTo); }); };
    // As std::string: Qt's shared strings count their owners where ThreadSanitizer does not look.
    news.trouble = [this](const QString& text) {
        home.post([this, text = text.toStdString()] { noteTrouble(QString::fromStdString(text)); });
    };
    news.movedAside = [this](const QString& path) {
        home.post(
            [this, path = path.toStdString()] { noteMovedAside(QString::fromStdString(path)); });
    };
    news.schema = [this](int number) { home.post([this, number] { schema = number; }); };
    news.refuseAll = [this] { takesRows = false; };
    news.closeReader = [this](std::function<void()> whenClosed) {
        reader->mail().post([this, whenClosed = std::move(whenClosed)] {
            reader->close();
            whenClosed();
        });
    };
    news.openReader = [this] { reader->mail().post([this] { reader->open(); }); };
    return news;
}

Ledger::Ledger(QObject* parent)
    : QObject(parent)
    , m_parts(std::make_unique<Parts>(*this))
{
    Parts& parts = *m_parts;
    parts.signalTimer.setSingleShot(true);
    connect(&parts.signalTimer, &QTimer::timeout, this, [&parts] { parts.emitWritten(); });
    parts.writerThread.setObjectName(QStringLiteral("ledger-writer"));
    parts.readerThread.setObjectName(QStringLiteral("ledger-reader"));
}

Ledger::~Ledger()
{
    m_parts->isLeaving = true;
    close();
    m_parts->home.discard();
}

Result<void> Ledger::open(const LedgerOptions& options)
{
    close();
    Parts& parts = *m_parts;
    parts.options = options;
    parts.trouble.clear();
    parts.movedAside.clear();
    parts.isInMemory = options.path.isEmpty();
    if (parts.isInMemory) {
        parts.temporary = std::make_unique<QTemporaryDir>();
        parts.options.path = parts.temporary->filePath(QStringLiteral("ledger.db"));
    }
    std::vector<SchemaStep> steps = schemaSteps();
    const PreparedFile prepared = prepareFile(parts.options.path, steps);
    parts.schema = prepared.schema;
    if (!prepared.movedAside.isEmpty())
        parts.noteMovedAside(prepared.movedAside);
    parts.noteTrouble(prepared.text);

    parts.intake
        = std::make_unique<Intake>(static_cast<std::size_t>(std::max(1, options.queueLimit)));
    parts.refusedOutright = 0;
    if (prepared.state == PreparedFile::State::Newer)
        return boost::system::in_place_value; // refuses politely, see figures()

    const bool isReady = prepared.state == PreparedFile::State::Ready;
    parts.writer = std::make_unique<Writer>(
        parts.options, std::move(steps), *parts.intake, parts.newsForHome());
    parts.reader = std::make_unique<Reader>(parts.options.path,
        [&parts] { parts.writer->mail().post([&parts] { parts.writer->damageSeen(); }); });
    parts.writer->moveToThread(&parts.writerThread);
    parts.reader->moveToThread(&parts.readerThread);
    parts.writerThread.start();
    parts.readerThread.start();
    parts.writer->mail().post(
        [&parts, isReady, trouble = prepared.text] { parts.writer->start(isReady, trouble); });
    if (isReady)
        parts.reader->mail().post([&parts] { parts.reader->open(); });
    parts.takesRows = true;
    if (prepared.state == PreparedFile::State::Impossible)
        return Error{ErrorKind::Io, prepared.text.toStdString()};
    return boost::system::in_place_value;
}

void Ledger::close()
{
    Parts& parts = *m_parts;
    parts.takesRows = false;
    // The reader first: the last connection to close empties the log, and only the writer can.
    if (parts.readerThread.isRunning()) {
        parts.reader->mail().post([&parts] {
            parts.reader->close();
            parts.readerThread.quit();
        });
        parts.readerThread.join();
    }
    if (parts.writerThread.isRunning()) {
        parts.writer->mail().post([&parts] {
            parts.writer->finish(closePatience);
            parts.writerThread.quit();
        });
        parts.writerThread.join();
    }
    if (parts.writer && !parts.isLeaving) {
        parts.home.drain();
        parts.emitWritten();
    }
    parts.reader.reset();
    parts.writer.reset();
    parts.temporary.reset();
}

bool Ledger::submit(CallRecord&& record)
{
    Parts& parts = *m_parts;
    if (!parts.takesRows.load(std::memory_order_acquire)) {
        ++parts.refusedOutright;
        return false;
    }
    Intake& intake = *parts.intake;
    const std::int64_t waiting = ++intake.waiting;
    bool wasEmpty = false;
    if (waiting > intake.limit || !intake.queue.push(std::move(record), wasEmpty)) {
        --intake.waiting;
        ++intake.refused;
        return false;
    }
    if (wasEmpty || waiting % std::max(1, parts.options.batchRows) == 0)
        QMetaObject::invokeMethod(parts.writer.get(), "wake", Qt::QueuedConnection);
    return true;
}

void Ledger::flush(std::function<void()> done)
{
    Parts& parts = *m_parts;
    const auto atHome = [&parts, done = std::move(done)] { parts.home.post(done); };
    if (!parts.writer)
        atHome();
    else
        parts.writer->mail().post([&parts, atHome] { parts.writer->flush(atHome); });
}

void Ledger::setRetention(int days, std::int64_t mostBytes)
{
    Parts& parts = *m_parts;
    parts.options.retentionDays = days;
    parts.options.mostBytes = mostBytes;
    if (parts.writer)
        parts.writer->mail().post(
            [&parts, days, mostBytes] { parts.writer->setRetention(days, mostBytes); });
}

void Ledger::eraseAll(std::function<void(Result<void>)> done)
{
    Parts& parts = *m_parts;
    const auto atHome = [&parts, done = std::move(done)](const Result<void>& result) {
        parts.home.post([done, result] { done(result); });
    };
    if (!parts.writer) {
        atHome(Error{ErrorKind::Io, "The ledger is not open for writing."});
        return;
    }
    parts.writer->mail().post([&parts, atHome] { parts.writer->eraseAll(atHome); });
}

void Ledger::backupTo(const QString& path, std::function<void(Result<void>)> done)
{
    Parts& parts = *m_parts;
    const auto atHome = [&parts, done = std::move(done)](const Result<void>& result) {
        parts.home.post([done, result] { done(result); });
    };
    if (!parts.writer) {
        atHome(Error{ErrorKind::Io, "The ledger is not open."});
        return;
    }
    if (QFileInfo(path).absoluteFilePath() == QFileInfo(parts.options.path).absoluteFilePath()) {
        atHome(Error{ErrorKind::Io, "The copy would replace the ledger itself."});
        return;
    }
    // Copied on the reader thread, so that rows are written meanwhile.
    const auto copy = [&parts, path, atHome] {
        const QString trouble = copyDatabase(parts.reader->path(), path);
        if (trouble.isEmpty())
            atHome(boost::system::in_place_value);
        else
            atHome(Error{ErrorKind::Io, "The copy could not be made: " + trouble.toStdString()});
    };
    parts.writer->mail().post([&parts, copy] {
        parts.writer->flush([&parts, copy] { parts.reader->mail().post(copy); });
    });
}

template <class Answer, class Ask>
void Ledger::Parts::report(QObject* context, std::function<void(Answer)> done, Ask ask)
{
    const bool hasContext = context != nullptr;
    const QPointer<QObject> guard(context);
    const auto answerHome = [this, hasContext, guard, done = std::move(done)](Answer answer) {
        home.post([hasContext, guard, done, answer = std::move(answer)] {
            if (!hasContext || guard)
                done(answer);
        });
    };
    if (!reader) {
        answerHome(Answer());
        return;
    }
    reader->mail().post([this, answerHome, ask = std::move(ask)] {
        Answer answer{};
        if (Reports* reports = reader->reports()) {
            answer = ask(*reports);
            reader->lookForDamage();
        }
        answerHome(std::move(answer));
    });
}

void Ledger::calls(const CallsQuery& query, QObject* context, std::function<void(CallsPage)> done)
{
    m_parts->report<CallsPage>(
        context, std::move(done), [query](Reports& reports) { return reports.calls(query); });
}

void Ledger::call(
    const CallId& id, QObject* context, std::function<void(std::optional<CallRecord>)> done)
{
    m_parts->report<std::optional<CallRecord>>(
        context, std::move(done), [id](Reports& reports) { return reports.call(id); });
}

void Ledger::usage(
    const UsageQuery& query, QObject* context, std::function<void(std::vector<UsageRow>)> done)
{
    m_parts->report<std::vector<UsageRow>>(
        context, std::move(done), [query](Reports& reports) { return reports.usage(query); });
}

void Ledger::speed(TimePoint from, TimePoint until, QObject* context,
    std::function<void(std::vector<SpeedRow>)> done)
{
    m_parts->report<std::vector<SpeedRow>>(context, std::move(done),
        [from, until](Reports& reports) { return reports.speed(from, until); });
}

void Ledger::strips(
    TimePoint now, QObject* context, std::function<void(std::vector<ChannelStrip>)> done)
{
    m_parts->report<std::vector<ChannelStrip>>(
        context, std::move(done), [now](Reports& reports) { return reports.strips(now); });
}

void Ledger::tasks(
    TimePoint since, QObject* context, std::function<void(std::vector<TaskBinding>)> done)
{
    m_parts->report<std::vector<TaskBinding>>(
        context, std::move(done), [since](Reports& reports) { return reports.tasks(since); });
}

void Ledger::figures(QObject* context, std::function<void(LedgerFigures)> done)
{
    Parts& parts = *m_parts;
    const QString path = parts.options.path;
    // The answer is completed at home, where trouble and counts are known.
    const std::function<void(LedgerFigures)> complete
        = [&parts, path, done = std::move(done)](LedgerFigures figures) {
              for (const char* suffix : {"", "-wal"})
                  figures.bytes += QFileInfo(path + QLatin1String(suffix)).size();
              figures.notRecorded = parts.refusedOutright;
              if (parts.intake) {
                  figures.notRecorded += parts.intake->refused;
                  figures.waiting = parts.intake->waiting;
              }
              figures.trouble = parts.trouble;
              figures.movedAside = parts.movedAside;
              figures.schema = parts.schema;
              if (!parts.isInMemory)
                  figures.path = path.toStdString();
              done(std::move(figures));
          };
    parts.report<LedgerFigures>(context, complete, [](Reports& reports) {
        LedgerFigures figures;
        reports.figures(figures);
        return figures;
    });
}

}
