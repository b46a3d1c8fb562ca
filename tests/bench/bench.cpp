// Runs Waystation and nginx side by side against the same upstream, in rotated rounds, and prints what each costs.

#include "load.h"
#include "upstream.h"

#include "support/test_certificates.h"

#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <thread>

namespace fs = std::filesystem;

namespace {

constexpr int relayCore = 0;
constexpr int loadCore = 1;

void pause(int millis)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(millis));
}

/// A program under measure, on its own core.
class Program
{
public:
    Program(const std::vector<std::string>& arguments, const fs::path& log)
    {
        m_pid = fork();
        if (m_pid == 0) {
            stayOn(relayCore);
            const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
            dup2(out, 1);
            dup2(out, 2);
            std::vector<char*> raw;
            for (const std::string& argument : arguments)
                raw.push_back(const_cast<char*>(argument.c_str()));
            raw.push_back(nullptr);
            execvp(raw[0], raw.data());
            _exit(127);
        }
    }

    ~Program()
    {
        kill(m_pid, SIGTERM);
        waitpid(m_pid, nullptr, 0);
    }

    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// User and system time in seconds since its start.
    double cpuSeconds() const
    {
        clockid_t clock {};
        timespec time {};
        if (clock_getcpuclockid(m_pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
            return 0;
        return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
    }

    /// The same for its threads of that name alone.
    double threadCpuSeconds(const std::string& name) const
    {
        double seconds = 0;
        std::error_code ignored;
        for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(m_pid) + "/task", ignored)) {
            std::string comm;
            std::getline(std::ifstream(task.path() / "comm"), comm);
            double nanos = 0;
            std::ifstream(task.path() / "schedstat") >> nanos;
            if (comm == name)
                seconds += nanos / 1e9;
        }
        return seconds;
    }

    double residentMegabytes() const
    {
        std::ifstream status("/proc/" + std::to_string(m_pid) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("VmRSS:"))
                return std::atof(line.c_str() + 6) / 1024;
        }
        return 0;
    }

private:
    pid_t m_pid;
};

bool listens(std::uint16_t port)
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool there = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return there;
}

/// Milliseconds until something listens on the port.
double waitFor(std::uint16_t port)
{
    const std::int64_t began = steadyNanos();
    while (!listens(port)) {
        if (steadyNanos() - began > 20'000'000'000) {
            std::fprintf(stderr, "nothing listens on port %d\n", port);
            std::exit(1);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    return double(steadyNanos() - began) / 1e6;
}

std::uint16_t freePort()
{
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
}

std::string outputOf(const std::string& command)
{
    std::string output;
    FILE* pipe = popen(command.c_str(), "r");
    char block[4096];
    while (pipe && std::fgets(block, sizeof block, pipe))
        output += block;
    if (!pipe || pclose(pipe) != 0) {
        std::fprintf(stderr, "failed: %s\n%s\n", command.c_str(), output.c_str());
        std::exit(1);
    }
    return output;
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::string post(const std::string& key, const std::string& body)
{
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:@PORT@\r\nAuthorization: Bearer " + key
        + "\r\nContent-Type: application/json\r\nUser-Agent: waystation-bench\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string withPort(std::string request, std::uint16_t port)
{
    return request.replace(request.find("@PORT@"), 6, std::to_string(port));
}

/// A coding agent's request of about `size` octets: long escaped strings and tools.
std::string agentBody(std::size_t size, const std::string& model)
{
    std::string body = "{\"model\":\"" + model + "\",\"messages\":[";
    for (int i = 0; body.size() < size * 8 / 10; ++i) {
        body += i ? "," : "";
        body += "{\"role\":\"" + std::string(i % 2 ? "assistant" : "user") + "\",\"content\":\"";
        for (int line = 0; line < 40 && body.size() < size * 8 / 10; ++line)
            body += "  if (value == \\\"text\\\") {\\n\\treturn path + \\\"/file\\\";\\n}\\n";
        body += "\"}";
    }
    body += "],\"tools\":[";
    for (int i = 0; i < 20; ++i) {
        body += i ? "," : "";
        body += "{\"type\":\"function\",\"function\":{\"name\":\"tool_" + std::to_string(i) + "\",\"description\":\"" + std::string(size / 160, 'd')
            + "\",\"parameters\":{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"}},\"required\":[\"path\"]}}}";
    }
    return body + "]}";
}

struct Figure
{
    std::string name;
    std::string unit;
    double target = 0; // as a ratio to nginx; 0: none
    std::vector<double> ours;
    std::vector<double> relayThread;
    std::vector<double> nginx;

    double ratio() const
    {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < std::min(ours.size(), nginx.size()); ++i) {
            if (nginx[i] > 0)
                ratios.push_back(ours[i] / nginx[i]);
        }
        return median(ratios);
    }
};

}

int main(int argc, char** argv)
{
    std::map<std::string, std::string> options {{"--ctl", "waystationctl"}, {"--nginx", "nginx"}, {"--rounds", "5"}, {"--seconds", "2"}};
    for (int i = 1; i + 1 < argc; i += 2)
        options[argv[i]] = argv[i + 1];
    const int rounds = std::atoi(options["--rounds"].c_str());
    const double seconds = std::atof(options["--seconds"].c_str());
    signal(SIGPIPE, SIG_IGN);
    stayOn(loadCore);

    const fs::path folder = fs::temp_directory_path() / ("waystation-bench-" + std::to_string(getpid()));
    fs::create_directories(folder);
    const waystation::test::TestAuthority authority;
    const waystation::test::TestIdentity server = authority.good();
    std::ofstream(folder / "ca.pem") << authority.pem();
    BenchUpstream upstream(loadCore, server.certificatePem, server.keyPem);

    // nginx as people would set it up for streams: no buffering, kept connections
    const std::uint16_t nginxPlain = freePort();
    const std::uint16_t nginxTls = freePort();
    std::ofstream(folder / "nginx.conf")
        << "daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 20000; pid " << (folder / "nginx.pid").string() << "; error_log " << (folder / "nginx.log").string()
        << " error;\nevents { worker_connections 8000; }\nhttp { access_log off; client_body_temp_path " << (folder / "body").string() << "; proxy_temp_path " << (folder / "proxy").string()
        << "; fastcgi_temp_path " << (folder / "f").string() << "; uwsgi_temp_path " << (folder / "u").string() << "; scgi_temp_path " << (folder / "s").string()
        << ";\n keepalive_requests 1000000; keepalive_timeout 300; client_body_buffer_size 1m; client_max_body_size 64m; proxy_buffering off; proxy_http_version 1.1; proxy_set_header Connection \"\";\n"
        << " upstream plain { server 127.0.0.1:" << upstream.plainPort() << "; keepalive 2000; keepalive_requests 10000000; }\n"
        << " upstream tls { server 127.0.0.1:" << upstream.tlsPort() << "; keepalive 2000; keepalive_requests 10000000; }\n"
        << " server { listen 127.0.0.1:" << nginxPlain << "; location / { proxy_pass http://plain; } }\n"
        << " server { listen 127.0.0.1:" << nginxTls << "; location / { proxy_pass https://tls; proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_ssl_trusted_certificate "
        << (folder / "ca.pem").string() << "; } }\n}\n";
    Program nginx({options["--nginx"], "-p", folder.string(), "-c", (folder / "nginx.conf").string()}, folder / "nginx.out");
    waitFor(nginxPlain);

    // Waystation with authentication, metering and ledger on
    const std::uint16_t port = freePort();
    const std::string ctl = options["--ctl"] + " --data-dir " + (folder / "data").string() + " --vault environment ";
    setenv("BENCH_KEY", "sk-bench-0123456789abcdef", 1);
    outputOf(ctl + "channel add plain --provider openai-compatible --base-url http://127.0.0.1:" + std::to_string(upstream.plainPort()) + "/v1 --key-env BENCH_KEY --model bench-plain");
    outputOf(ctl + "channel add tls --provider openai-compatible --base-url https://localhost:" + std::to_string(upstream.tlsPort()) + "/v1 --key-env BENCH_KEY --model bench-tls --ca-file " + (folder / "ca.pem").string());
    const std::string made = outputOf(ctl + "client add bench --json");
    const std::size_t keyAt = made.find("ws-");
    const std::string key = made.substr(keyAt, made.find('"', keyAt) - keyAt);
    auto relay = std::make_unique<Program>(std::vector<std::string> {options["--ctl"], "serve", "--data-dir", (folder / "data").string(), "--vault", "environment", "--port", std::to_string(port)}, folder / "relay.out");
    std::vector<double> starts {waitFor(port)};
    for (int i = 0; i < 4; ++i) {
        relay.reset();
        relay = std::make_unique<Program>(std::vector<std::string> {options["--ctl"], "serve", "--data-dir", (folder / "data").string(), "--vault", "environment", "--port", std::to_string(port)}, folder / "relay.out");
        starts.push_back(waitFor(port));
    }
    pause(1500);
    const double idleMegabytes = relay->residentMegabytes();
    const double idleBegan = relay->cpuSeconds();
    pause(5000);
    const double idleShare = (relay->cpuSeconds() - idleBegan) / 5 * 100;

    std::int64_t errors = 0;
    std::vector<Figure> figures;
    const auto measure = [&](const std::string& name, double target, const std::string& model, const std::function<LoadPlan(const std::string& request)>& planFor,
                             const std::string& body, bool perEvent) {
        Figure cpu {name + (perEvent ? ", CPU per event" : ", CPU per request"), "us", target, {}, {}, {}};
        Figure first {name + ", first byte p50", "us", perEvent ? 1.3 : 0, {}, {}, {}};
        Figure oneWay {name + ", one-way p50", "us", perEvent ? 2.0 : 0, {}, {}, {}};
        Figure memory {name + ", memory added per stream", "KiB", 0, {}, {}, {}};
        for (int round = 0; round <= rounds; ++round) {
            for (int which = 0; which < 2; ++which) {
                const bool ours = (which + round) % 2 == 0;
                const std::uint16_t to = ours ? port : model == "bench-tls" ? nginxTls : nginxPlain;
                LoadPlan plan = planFor(withPort(post(key, body), to));
                plan.port = to;
                Program& program = ours ? *relay : nginx;
                const double memoryBefore = program.residentMegabytes();
                const double before = program.cpuSeconds();
                const double threadBefore = ours ? program.threadCpuSeconds("relay") : 0;
                double memoryMost = 0;
                std::thread watch;
                bool watching = perEvent;
                if (perEvent)
                    watch = std::thread([&] {
                        while (watching) {
                            memoryMost = std::max(memoryMost, program.residentMegabytes());
                            pause(100);
                        }
                    });
                LoadResult result = runLoad(plan);
                watching = false;
                if (watch.joinable())
                    watch.join();
                pause(300); // the ledger's batch belongs to the round
                const double used = program.cpuSeconds() - before;
                const double threadUsed = ours ? program.threadCpuSeconds("relay") - threadBefore : 0;
                errors += result.errors;
                if (round == 0)
                    continue; // warm-up: connections, handshakes, caches
                const double units = double(perEvent ? result.events : result.requests);
                (ours ? cpu.ours : cpu.nginx).push_back(used * 1e6 / units);
                if (ours)
                    cpu.relayThread.push_back(threadUsed * 1e6 / units);
                (ours ? first.ours : first.nginx).push_back(LoadResult::quantile(result.firstBytes, 0.5));
                if (perEvent) {
                    (ours ? oneWay.ours : oneWay.nginx).push_back(LoadResult::quantile(result.oneWay, 0.5));
                    (ours ? memory.ours : memory.nginx).push_back(std::max(0.0, memoryMost - memoryBefore) * 1024 / plan.connections);
                }
            }
        }
        figures.push_back(cpu);
        if (perEvent) {
            figures.push_back(first);
            figures.push_back(oneWay);
            figures.push_back(memory);
        }
    };
    const auto closedLoop = [&](const std::string& request) {
        LoadPlan plan;
        plan.request = request;
        plan.connections = 50;
        plan.seconds = seconds;
        return plan;
    };
    const auto streams = [&](int count) {
        return [count](const std::string& request) {
            LoadPlan plan;
            plan.request = request;
            plan.connections = count;
            plan.rounds = 1;
            return plan;
        };
    };

    for (const std::string kind : {"plain", "tls"}) {
        const std::string model = "bench-" + kind;
        measure("1 KiB, 50 at a time, " + kind, kind == "plain" ? 1.5 : 1.4, model, closedLoop, agentBody(700, model), false);
        measure("200 KiB, 50 at a time, " + kind, kind == "plain" ? 1.6 : 1.4, model, closedLoop, agentBody(200 * 1024, model), false);
    }
    const auto streamBody = [](const std::string& model, int events, int gapMicros) {
        return "{\"model\":\"" + model + "\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"bench:events=" + std::to_string(events) + ",gap="
            + std::to_string(gapMicros) + "\"}]}";
    };
    measure("50 streams", 1.2, "bench-plain", streams(50), streamBody("bench-plain", 100, 20'000), true);
    measure("200 streams", 1.2, "bench-plain", streams(200), streamBody("bench-plain", 100, 20'000), true);
    measure("200 streams, tls", 1.3, "bench-tls", streams(200), streamBody("bench-tls", 100, 20'000), true);
    measure("1000 streams", 1.3, "bench-plain", streams(1000), streamBody("bench-plain", 40, 50'000), true);

    // Latency added over a direct call at 200 requests a second
    Figure p50 {"added at 200 req/s, p50", "us", 1.3, {}, {}, {}};
    Figure p99 {"added at 200 req/s, p99", "us", 1.5, {}, {}, {}};
    for (int round = 0; round < rounds; ++round) {
        std::map<std::string, std::pair<double, double>> seen;
        for (const auto& [name, to] : {std::pair<std::string, std::uint16_t> {"direct", upstream.plainPort()}, {"nginx", nginxPlain}, {"ours", port}}) {
            LoadPlan plan;
            plan.port = to;
            plan.request = withPort(post(key, agentBody(700, "bench-plain")), to);
            plan.connections = 10;
            plan.perSecond = 200;
            plan.seconds = seconds;
            LoadResult result = runLoad(plan);
            errors += result.errors;
            seen[name] = {LoadResult::quantile(result.latencies, 0.5), LoadResult::quantile(result.latencies, 0.99)};
        }
        p50.ours.push_back(seen["ours"].first - seen["direct"].first);
        p50.nginx.push_back(seen["nginx"].first - seen["direct"].first);
        p99.ours.push_back(seen["ours"].second - seen["direct"].second);
        p99.nginx.push_back(seen["nginx"].second - seen["direct"].second);
    }
    figures.push_back(p50);
    figures.push_back(p99);

    std::printf("%-46s %10s %10s %10s %7s %7s\n", "figure", "waystation", "its relay", "nginx", "ratio", "target");
    std::printf("%-46s %10s %10s %10s\n", "", "", "thread", "");
    for (const Figure& figure : figures) {
        std::printf("%-46s %7.1f %-2s %10s %7.1f %-2s %7.2f %7s\n", figure.name.c_str(), median(figure.ours), figure.unit.c_str(),
            figure.relayThread.empty() ? "" : std::to_string(median(figure.relayThread)).substr(0, 6).c_str(), median(figure.nginx), figure.unit.c_str(), figure.ratio(),
            figure.target > 0 ? ("<= " + std::to_string(figure.target).substr(0, 3)).c_str() : "");
    }
    std::printf("\nstart-up until it listens: %.0f ms (median of %zu) · resident idle %.1f MB, after the load %.1f MB · idle CPU %.2f %% of a core\n", median(starts),
        starts.size(), idleMegabytes, relay->residentMegabytes(), idleShare);
    std::printf("rounds %d of %.0f s · errors %lld · load average ", rounds, seconds, static_cast<long long>(errors));
    std::string load;
    std::getline(std::ifstream("/proc/loadavg"), load);
    std::printf("%s\n", load.c_str());
    relay.reset();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return errors == 0 ? 0 : 1;
}
