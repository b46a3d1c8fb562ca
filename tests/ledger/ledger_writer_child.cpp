#include "ledger/ledger.h"
#include "some_calls.h"

#include <QCoreApplication>
#include <QTimer>

#include <cstdio>
#include <cstring>
#include <string>

#ifdef Q_OS_UNIX
#include <csignal>
#include <sys/resource.h>
#endif

using namespace waystation;

namespace {

void say(const std::string& line)
{
    std::fwrite((line + "\n").data(), 1, line.size() + 1, stdout);
    std::fflush(stdout);
}

/// Writes rows for ever and says which are safe: "row <number>" and "flushed <count>".
int writeForEver(const QString& path, const std::string& prefix)
{
    Ledger ledger;
    LedgerOptions options;
    options.path = path;
    options.batchEvery = Millis(10);
    if (!ledger.open(options))
        return 1;
    say("open");
    QObject::connect(&ledger, &Ledger::rowsWritten, &ledger,
        [](qint64 upTo) { say("row " + std::to_string(upTo)); });
    std::mt19937 chance(1);
    int submitted = 0;
    int flushed = 0;
    QTimer source;
    QObject::connect(&source, &QTimer::timeout, &ledger, [&] {
        if (submitted - flushed > 400)
            return; // enough at work
        for (int i = 0; i < 40; ++i) {
            ledger.submit(someCall(
                chance, prefix + "-" + std::to_string(submitted++), autumn(), Seconds(86'400)));
        }
        ledger.flush([&, count = submitted] {
            flushed = count;
            say("flushed " + std::to_string(count));
        });
    });
    source.start(1);
    return QCoreApplication::exec();
}

int openOnly(const QString& path)
{
    Ledger ledger;
    LedgerOptions options;
    options.path = path;
    if (!ledger.open(options))
        return 1;
    say("open");
    return 0;
}

#ifdef Q_OS_UNIX
/// The file may not grow for a while: "trouble", then "works", then "rows <count> lost <count>".
int meetFullDisk(const QString& path)
{
    std::signal(SIGXFSZ, SIG_IGN);
    Ledger ledger;
    LedgerOptions options;
    options.path = path;
    if (!ledger.open(options))
        return 1;
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit whole = limit;
    limit.rlim_cur = 300'000;
    setrlimit(RLIMIT_FSIZE, &limit);

    bool inTrouble = false;
    QObject::connect(&ledger, &Ledger::troubleChanged, &ledger, [&](const QString& trouble) {
        if (!trouble.isEmpty() && !inTrouble) {
            inTrouble = true;
            say("trouble");
            setrlimit(RLIMIT_FSIZE, &whole);
        } else if (trouble.isEmpty() && inTrouble) {
            say("works");
            ledger.flush([&] {
                ledger.figures(&ledger, [](const LedgerFigures& figures) {
                    say("rows " + std::to_string(figures.rows) + " lost "
                        + std::to_string(figures.notRecorded));
                    QCoreApplication::quit();
                });
            });
        }
    });
    std::mt19937 chance(1);
    for (int i = 0; i < 4000; ++i)
        ledger.submit(someCall(chance, "call-" + std::to_string(i), autumn(), Seconds(86'400)));
    QTimer::singleShot(60'000, &ledger, [] { QCoreApplication::exit(2); });
    return QCoreApplication::exec();
}
#endif

}

int main(int count, char** arguments)
{
    QCoreApplication application(count, arguments);
    if (count < 3)
        return 64;
    const QString path = QString::fromLocal8Bit(arguments[2]);
    if (std::strcmp(arguments[1], "write") == 0)
        return writeForEver(path, count > 3 ? arguments[3] : "call");
    if (std::strcmp(arguments[1], "open") == 0)
        return openOnly(path);
#ifdef Q_OS_UNIX
    if (std::strcmp(arguments[1], "full") == 0)
        return meetFullDisk(path);
#endif
    return 64;
}
