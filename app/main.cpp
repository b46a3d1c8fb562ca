#include "app/application.h"
#include "app/command_line.h"
#include "app/log_sink.h"
#include "app/single_instance.h"
#include "base/secret.h"
#include "vault/stores.h"

#include <QApplication>
#include <QMessageBox>

#include <cstdio>
#include <optional>

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(Main)
};

/// On the screen for people, on stderr for whoever started it.
void tellAndWait(const QString& what, const QString& detail)
{
    std::fprintf(stderr, "waystation: %s %s\n", qPrintable(what), qPrintable(detail));
    QMessageBox box(QMessageBox::Critical, QStringLiteral("Waystation"), what);
    box.setTextFormat(Qt::PlainText);
    box.setInformativeText(detail.toHtmlEscaped());
    box.exec();
}

/// Qt aborts where there is nothing to open a window on; this says what to do instead.
bool hasDisplay()
{
#ifdef Q_OS_LINUX
    return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY")
        || qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
#else
    return true;
#endif
}

/// Help, the version and mistakes are told before anything is opened. The exit code, when that was
/// all.
std::optional<int> answerAtOnce(const waystation::Result<waystation::CommandLine>& line)
{
    if (!line) {
        std::fprintf(stderr, "waystation: %s\n", line.error().message.c_str());
        return 2;
    }
    if (line->wantsHelp) {
        std::fputs(qPrintable(waystation::commandLineHelp()), stdout);
        return 0;
    }
    if (line->wantsVersion) {
        std::printf("waystation %s\n", WAYSTATION_VERSION);
        return 0;
    }
    if (!hasDisplay()) {
        std::fputs("waystation: There is no display to open a window on. Serve without one: "
                   "waystationctl serve\n",
            stderr);
        return 1;
    }
    return std::nullopt;
}

}

int main(int argc, char** argv)
{
    using namespace waystation;
    // Before anything may hold a secret or start a thread.
    hardenProcess();
    const bool memoryLocked = prepareSecretMemory();

    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    QCoreApplication::setApplicationName(QStringLiteral("waystation"));
    QCoreApplication::setApplicationVersion(QStringLiteral(WAYSTATION_VERSION));
    const auto line = readCommandLine(arguments);
    if (const auto code = answerAtOnce(line))
        return *code;
    QApplication application(argc, argv);

    LogSink log(line->dataDir + QStringLiteral("/logs"));
    log.install();
    if (!memoryLocked)
        qInfo(
            "The system does not lock memory for this program; secrets are still wiped after use.");

    Application program(application, *line);
    switch (raiseRunning(line->dataDir)) {
    case FirstOrSecond::Raised:
        return 0;
    case FirstOrSecond::HeldHeadless:
        tellAndWait(Words::tr("Waystation already serves this data folder without a window."),
            Words::tr("Stop \"waystationctl serve\" first, or use waystationctl."));
        return 1;
    case FirstOrSecond::First:
        break;
    }
    if (const auto started = program.start(); !started) {
        tellAndWait(
            Words::tr("Waystation cannot start."), QString::fromStdString(started.error().message));
        return 1;
    }
    return application.exec();
}
