#pragma once

#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

/// waystationctl as a child process.
struct ConsoleRun
{
    int exitCode = -1;
    QByteArray out;
    QByteArray err;
};

inline QString consoleProgram()
{
    return QStringLiteral(WAYSTATION_BIN_DIR "/waystationctl");
}

inline ConsoleRun runConsole(const QStringList& arguments, const QByteArray& input = {},
    const QProcessEnvironment& environment = QProcessEnvironment::systemEnvironment())
{
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(consoleProgram(), arguments);
    ConsoleRun run;
    if (!process.waitForStarted(20'000))
        return run;
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(60'000)) {
        process.kill();
        process.waitForFinished();
        return run;
    }
    run.exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    run.out = process.readAllStandardOutput();
    run.err = process.readAllStandardError();
    return run;
}

/// `waystationctl serve` on a folder and any free port; ends with the object.
class ServingConsole
{
public:
    ServingConsole() = default;

    ~ServingConsole()
    {
        if (process.state() == QProcess::NotRunning)
            return;
        process.terminate();
        if (!process.waitForFinished(15'000)) {
            process.kill();
            process.waitForFinished();
        }
    }

    /// True once it tells its address.
    bool start(const QString& folder, const QStringList& more = {},
        const QProcessEnvironment& environment = QProcessEnvironment::systemEnvironment())
    {
        process.setProcessEnvironment(environment);
        process.setStandardInputFile(QProcess::nullDevice());
        process.start(consoleProgram(),
            QStringList{QStringLiteral("serve"), QStringLiteral("--data-dir"), folder,
                QStringLiteral("--port"), QStringLiteral("0")}
                + more);
        return waitFor("http://127.0.0.1:", "\n") && readAddress();
    }

    /// Reads on until `text`, and after it `end`, came.
    bool waitFor(const QByteArray& text, const QByteArray& end = "\n")
    {
        const auto isThere = [&] {
            const qsizetype place = said.indexOf(text);
            return place >= 0 && said.indexOf(end, place + text.size()) >= 0;
        };
        for (int tries = 0; tries < 100 && !isThere(); ++tries) {
            if (!process.waitForReadyRead(500) && process.state() == QProcess::NotRunning)
                break;
            said += process.readAllStandardOutput();
        }
        return isThere();
    }

    QProcess process;
    QByteArray said;
    QString address;

private:
    bool readAddress()
    {
        static const QByteArray scheme = "http://127.0.0.1:";
        const qsizetype from = said.indexOf(scheme);
        qsizetype until = from + scheme.size();
        while (until < said.size() && isdigit(static_cast<unsigned char>(said[until])))
            ++until;
        address = QString::fromUtf8(said.mid(from, until - from));
        return !address.isEmpty();
    }
};
