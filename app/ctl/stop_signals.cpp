#include "app/ctl/stop_signals.h"

#include <QSocketNotifier>

#ifdef Q_OS_UNIX
#include <csignal>
#include <fcntl.h>
#include <unistd.h>
#endif

namespace waystation::ctl {

#ifdef Q_OS_UNIX

namespace {

int pipeEnds[2] = {-1, -1};

// A handler may do next to nothing: an octet in a pipe wakes the event loop.
void wake(int)
{
    const int before = errno;
    const char octet = 1;
    if (::write(pipeEnds[1], &octet, 1) < 0)
        errno = before;
    errno = before;
}

constexpr int stopping[] = {SIGINT, SIGTERM, SIGHUP};

}

StopSignals::StopSignals()
{
    if (::pipe2(pipeEnds, O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    m_notifier = new QSocketNotifier(pipeEnds[0], QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, [this] {
        char octets[16];
        const auto count = ::read(pipeEnds[0], octets, sizeof octets);
        for (long i = 0; i < long(count); ++i)
            Q_EMIT asked();
    });

    struct sigaction action
    {
    };

    action.sa_handler = wake;
    action.sa_flags = SA_RESTART;
    for (const int number : stopping)
        ::sigaction(number, &action, nullptr);
}

StopSignals::~StopSignals()
{
    for (const int number : stopping)
        std::signal(number, SIG_DFL);
    for (int& end : pipeEnds) {
        if (end >= 0)
            ::close(end);
        end = -1;
    }
}

#else

StopSignals::StopSignals() = default;
StopSignals::~StopSignals() = default;

#endif

}
