#include "app/quit_signals.h"

#ifdef Q_OS_UNIX
#include <QSocketNotifier>

#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace waystation {

#ifdef Q_OS_UNIX

namespace {

int ends[2] = {-1, -1};

// Only write() may be called here.
void takeSignal(int)
{
    const char octet = 1;
    [[maybe_unused]] const auto written = ::write(ends[0], &octet, 1);
}

}

QuitSignals::QuitSignals(QObject* parent)
    : QObject(parent)
{
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return;
    for (const int end : ends)
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    auto* notifier = new QSocketNotifier(ends[1], QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, [this] {
        char octet = 0;
        if (::read(ends[1], &octet, 1) > 0)
            Q_EMIT quitRequested();
    });
    struct sigaction action = {};
    action.sa_handler = takeSignal;
    action.sa_flags = SA_RESTART;
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::sigaction(number, &action, nullptr);
}

#else

QuitSignals::QuitSignals(QObject* parent)
    : QObject(parent)
{
}

#endif

}
