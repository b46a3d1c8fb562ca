#include "support/console_program.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace {

QString readme(const QString& path = QStringLiteral("README.md"))
{
    QFile file(QStringLiteral(WAYSTATION_SOURCE_DIR "/") + path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// The commands of the fenced blocks, lines that end in a backslash joined.
QStringList commandsOf(const QString& text)
{
    QStringList commands;
    bool isInside = false;
    QString joined;
    for (const QString& line : text.split(QLatin1Char('\n'))) {
        if (line.startsWith(QStringLiteral("```"))) {
            isInside = !isInside;
            continue;
        }
        if (!isInside)
            continue;
        joined += line;
        if (joined.endsWith(QLatin1Char('\\'))) {
            joined.chop(1);
            continue;
        }
        if (!joined.trimmed().isEmpty())
            commands << joined.trimmed();
        joined.clear();
    }
    return commands;
}

}

/// What the README says is so.
class TestReadme : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void everyConsoleCommandIsThere()
    {
        int seen = 0;
        for (const QString& command : commandsOf(readme())) {
            const qsizetype place = command.indexOf(QStringLiteral("waystationctl "));
            if (place < 0)
                continue;
            ++seen;
            QStringList words;
            QStringList options;
            for (const QString& word :
                command.mid(place + 14).split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
                if (word == QLatin1String("#") || word == QLatin1String("|"))
                    break;
                if (word.startsWith(QStringLiteral("--")))
                    options << word;
                else if (options.isEmpty())
                    words << word;
            }
            const ConsoleRun help = runConsole(words << QStringLiteral("--help"));
            QVERIFY2(help.exitCode == 0, command.toUtf8().constData());
            for (const QString& option : options)
                QVERIFY2(help.out.contains(option.toUtf8() + ' '),
                    (command + QStringLiteral(": ") + option).toUtf8().constData());
        }
        QVERIFY(seen >= 10);
    }

    void everyPathIsThere()
    {
        static const QRegularExpression paths(QStringLiteral(
            "`((?:app|core|ui|resources|translations|tests|installer|\\.ci)/[A-Za-z0-9_./-]*)`"));
        int seen = 0;
        for (const QString& file : {QStringLiteral("README.md"), QStringLiteral("core/README.md"),
                 QStringLiteral("tests/README.md"), QStringLiteral("core/relay/README.md")}) {
            for (auto found = paths.globalMatch(readme(file)); found.hasNext();) {
                const QString path = found.next().captured(1);
                ++seen;
                QVERIFY2(QFileInfo::exists(QStringLiteral(WAYSTATION_SOURCE_DIR "/") + path),
                    (file + QStringLiteral(": ") + path).toUtf8().constData());
            }
        }
        QVERIFY(seen > 10);
    }

    void everyCallCanBePasted()
    {
        QTemporaryDir folder;
        ServingConsole serving;
        QVERIFY(serving.start(folder.path(), {QStringLiteral("--demo-key")}));
        QVERIFY(serving.waitFor("-d '"));
        const qsizetype place = serving.said.indexOf("Bearer ws-") + 7;
        const QString key
            = QString::fromUtf8(serving.said.mid(place, serving.said.indexOf('\'', place) - place));
        int seen = 0;
        for (QString command : commandsOf(readme())) {
            if (!command.startsWith(QStringLiteral("curl ")))
                continue;
            ++seen;
            command.replace(QStringLiteral("http://127.0.0.1:8411"), serving.address);
            command.replace(
                QStringLiteral("curl "), QStringLiteral("curl -s --fail-with-body -m 20 "));
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert(QStringLiteral("WAYSTATION_KEY"), key);
            QProcess shell;
            shell.setProcessEnvironment(environment);
            shell.start(QStringLiteral("/bin/sh"), {QStringLiteral("-c"), command});
            QVERIFY(shell.waitForFinished(30'000));
            const QByteArray answer = shell.readAllStandardOutput();
            QVERIFY2(shell.exitCode() == 0, (command.toUtf8() + "\n" + answer).constData());
            QVERIFY2(answer.contains("Hello"), (command.toUtf8() + "\n" + answer).constData());
        }
        QVERIFY(seen >= 4); // one for each protocol
    }
};

QTEST_GUILESS_MAIN(TestReadme)
#include "tst_readme.moc"
