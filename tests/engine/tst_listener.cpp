#include "door_bench.h"

#include "support/printers.h"

#include <QTest>

#include <fstream>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace waystation;
using namespace waystation::bench;

namespace {

/// The echo program with few descriptors.
class EchoProcess
{
public:
    explicit EchoProcess(rlim_t descriptors)
    {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            throw std::runtime_error("pipe");
        m_id = fork();
        if (m_id == 0) {
            dup2(ends[1], STDOUT_FILENO);
            const rlimit limit{descriptors, descriptors};
            setrlimit(RLIMIT_NOFILE, &limit);
            execl(WAYSTATION_BIN_DIR "/waystation-echo", "waystation-echo", nullptr);
            _exit(127);
        }
        ::close(ends[1]);
        char text[16] = {};
        const ssize_t count = read(ends[0], text, sizeof text - 1);
        ::close(ends[0]);
        port = count > 0 ? static_cast<std::uint16_t>(std::atoi(text)) : 0;
    }

    ~EchoProcess()
    {
        kill(m_id, SIGKILL);
        waitpid(m_id, nullptr, 0);
    }

    double cpuSeconds() const
    {
        std::ifstream file("/proc/" + std::to_string(m_id) + "/stat");
        std::string text;
        std::getline(file, text);
        std::istringstream words(text.substr(text.rfind(')') + 2));
        std::string word;
        for (int i = 0; i < 11; ++i)
            words >> word;
        double user = 0;
        double system = 0;
        words >> user >> system;
        return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }

    std::uint16_t port = 0;

private:
    pid_t m_id = 0;
};

std::string ownName()
{
    std::ifstream file("/proc/self/comm");
    std::string name;
    std::getline(file, name);
    return name;
}

bool isOpen(const char* address, std::uint16_t port)
{
    net::io_context context;
    net::ip::tcp::socket socket(context);
    boost::system::error_code error;
    socket.connect({net::ip::make_address(address), port}, error);
    return !error;
}

}

class TestListener : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void bothLoopbacksServeOnOnePort()
    {
        net::io_context context;
        Listener listener;
        QCOMPARE(listener.port(), std::uint16_t(0));
        QVERIFY(listener.open(context, {"127.0.0.1", "::1"}, 0));
        QVERIFY(listener.port() != 0);
        QVERIFY(isOpen("127.0.0.1", listener.port()));
        if (listener.count() == 2)
            QVERIFY(isOpen("::1", listener.port()));
        const std::uint16_t port = listener.port();
        listener.close();
        QCOMPARE(listener.port(), std::uint16_t(0));
        QVERIFY(!isOpen("127.0.0.1", port));
        // The port is at once free for the next start, also with connections of the last one
        // waiting to end.
        QVERIFY(listener.open(context, {"127.0.0.1", "::1"}, port));
    }

    void aTakenPortIsNamedWithItsHolder()
    {
        net::io_context context;
        Listener first;
        QVERIFY(first.open(context, {"127.0.0.1"}, 0));
        Listener second;
        const auto opened = second.open(context, {"127.0.0.1"}, first.port());
        QVERIFY(!opened);
        QCOMPARE(opened.error().kind, ErrorKind::Conflict);
        const std::string& message = opened.error().message;
        QVERIFY2(message.find("Port " + std::to_string(first.port())) == 0, message.c_str());
        const std::string holder = ownName() + " (process " + std::to_string(getpid()) + ")";
        QVERIFY2(message.find(holder) != std::string::npos, message.c_str());
        first.close();
        QVERIFY(second.open(context, {"127.0.0.1"}, std::uint16_t(0)));
    }

    void onePortTakenOnOneAddressTakesNone()
    {
        net::io_context context;
        Listener taken;
        QVERIFY(taken.open(context, {"127.0.0.2"}, 0));
        const std::uint16_t port = taken.port();
        Listener listener;
        const auto opened = listener.open(context, {"127.0.0.1", "127.0.0.2"}, port);
        QVERIFY(!opened);
        QCOMPARE(opened.error().kind, ErrorKind::Conflict);
        QVERIFY(!isOpen("127.0.0.1", port));
        QVERIFY(listener.open(context, {"127.0.0.1", "127.0.0.2"}, 0));
        QCOMPARE(listener.count(), std::size_t(2));
    }

    void anAddressMustBeOneOfThisMachine()
    {
        net::io_context context;
        Listener listener;
        QCOMPARE(listener.open(context, {"localhost"}, 0).error().kind, ErrorKind::Invalid);
        QCOMPARE(listener.open(context, {}, 0).error().kind, ErrorKind::Invalid);
        const auto foreign = listener.open(context, {"127.0.0.1", "192.0.2.7"}, 0);
        QVERIFY(!foreign);
        QCOMPARE(foreign.error().kind, ErrorKind::Io);
        QVERIFY(foreign.error().message.find("192.0.2.7") != std::string::npos);
        QCOMPARE(listener.port(), std::uint16_t(0));
    }

    void aBurstOfConnectionsWaitsForNoRetry()
    {
        QVERIFY(raiseDescriptorLimit() >= 2048);
        // Nobody accepts: only the backlog takes them.
        net::io_context context;
        Listener listener;
        QVERIFY(listener.open(context, {"127.0.0.1"}, 0));
        const auto begin = Clock::now();
        std::vector<RawClient> clients;
        for (int i = 0; i < 600; ++i)
            clients.emplace_back(listener.port());
        QVERIFY2(secondsSince(begin) < 0.9, std::to_string(secondsSince(begin)).c_str());
    }

    void outOfDescriptorsItWaitsWithoutSpinning()
    {
        EchoProcess echo(64);
        QVERIFY(echo.port != 0);
        std::vector<RawClient> clients;
        for (int i = 0; i < 90; ++i)
            clients.emplace_back(echo.port);
        for (RawClient& client : clients)
            client.send(get("/"));
        int served = 0;
        while (served < 90 && clients[static_cast<std::size_t>(served)].reply(0.5).status == 200)
            ++served;
        QVERIFY2(served > 40 && served < 64, std::to_string(served).c_str());

        const double cpuBefore = echo.cpuSeconds();
        const auto begin = Clock::now();
        while (secondsSince(begin) < 1.5) {
            QCOMPARE(clients[0].ask(get("/")).status, 200); // those inside live on
            std::this_thread::sleep_for(Millis(100));
        }
        const double cpu = (echo.cpuSeconds() - cpuBefore) / secondsSince(begin);
        QVERIFY2(cpu < 0.05, std::to_string(cpu).c_str());

        // Room again: those who waited are served, none was lost.
        const auto freed = Clock::now();
        for (int i = 0; i < served; ++i)
            clients[static_cast<std::size_t>(i)].close();
        for (std::size_t i = static_cast<std::size_t>(served); i < clients.size(); ++i)
            QCOMPARE(clients[i].reply(2).status, 200);
        QVERIFY2(secondsSince(freed) < 1.0, std::to_string(secondsSince(freed)).c_str());
    }

    void childrenInheritNoSocket()
    {
        const auto openToChildren = [] {
            int count = 0;
            for (int descriptor = 3; descriptor < 200; ++descriptor) {
                const int flags = fcntl(descriptor, F_GETFD);
                int type = 0;
                socklen_t size = sizeof type;
                if (flags >= 0 && !(flags & FD_CLOEXEC)
                    && getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0)
                    ++count;
            }
            return count;
        };
        const int before = openToChildren();
        net::io_context context;
        Listener listener;
        QVERIFY(listener.open(context, {"127.0.0.1", "127.0.0.2"}, 0));
        std::vector<net::ip::tcp::socket> accepted;
        listener.run([&](net::ip::tcp::socket socket) { accepted.push_back(std::move(socket)); });
        RawClient client(listener.port());
        context.run_for(Millis(100));
        QCOMPARE(accepted.size(), std::size_t(1));
        QCOMPARE(openToChildren(), before);
    }

    void aPauseIsTold()
    {
        // Descriptors are used up in this process, so the accept of a waiting connection fails.
        rlimit before{};
        getrlimit(RLIMIT_NOFILE, &before);
        std::vector<bool> told;
        net::io_context context;
        Listener listener;
        listener.onPause([&told](bool isPaused) { told.push_back(isPaused); });
        QVERIFY(listener.open(context, {"127.0.0.1"}, 0));
        int accepted = 0;
        listener.run([&accepted](net::ip::tcp::socket) { ++accepted; });
        {
            RawClient client(listener.port());
            const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
            const rlimit tight{static_cast<rlim_t>(next), before.rlim_max};
            ::close(next);
            QCOMPARE(setrlimit(RLIMIT_NOFILE, &tight), 0);
            context.run_for(Millis(250));
            const bool isPaused = listener.isPaused();
            setrlimit(RLIMIT_NOFILE, &before);
            QVERIFY(isPaused);
            QCOMPARE(accepted, 0);
            context.run_for(Millis(250));
            QCOMPARE(accepted, 1);
            QVERIFY(!listener.isPaused());
        }
        QCOMPARE(told, (std::vector<bool>{true, false}));
    }

    void theLimitOfDescriptorsIsRaised()
    {
        rlimit limit{};
        getrlimit(RLIMIT_NOFILE, &limit);
        const rlimit low{100, limit.rlim_max};
        QCOMPARE(setrlimit(RLIMIT_NOFILE, &low), 0);
        QCOMPARE(raiseDescriptorLimit(), std::uint64_t(limit.rlim_max));
        getrlimit(RLIMIT_NOFILE, &limit);
        QCOMPARE(limit.rlim_cur, limit.rlim_max);
    }
};

QTEST_GUILESS_MAIN(TestListener)
#include "tst_listener.moc"
