#include "support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <utility>

HttpClient::HttpClient(std::uint16_t port)
    : m_fd(::socket(AF_INET, SOCK_STREAM, 0)), m_port(port)
{
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(m_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        m_ended = true;
    const int on = 1;
    ::setsockopt(m_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

HttpClient::~HttpClient()
{
    close();
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : m_fd(std::exchange(other.m_fd, -1)), m_port(other.m_port), m_buffer(std::move(other.m_buffer)), m_ended(other.m_ended)
{
}

void HttpClient::close()
{
    if (m_fd >= 0)
        ::close(std::exchange(m_fd, -1));
}

void HttpClient::reset()
{
    const linger hard {1, 0};
    ::setsockopt(m_fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
}

void HttpClient::shutdownSending()
{
    ::shutdown(m_fd, SHUT_WR);
}

void HttpClient::sendRaw(std::string_view octets)
{
    while (!octets.empty()) {
        const ssize_t sent = ::send(m_fd, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void HttpClient::send(std::string_view method, std::string_view target, std::string_view key, std::string_view body, std::string_view more)
{
    std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(m_port) + "\r\n";
    if (!key.empty())
        request += "Authorization: Bearer " + std::string(key) + "\r\n";
    request += more;
    if (!body.empty() || method == "POST")
        request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    request += "\r\n";
    request += body;
    sendRaw(request);
}

bool HttpClient::fill(std::chrono::steady_clock::time_point until)
{
    if (m_ended || m_fd < 0)
        return false;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd waiting {m_fd, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0)
        return false;
    std::array<char, 65536> block;
    const ssize_t got = ::recv(m_fd, block.data(), block.size(), 0);
    if (got <= 0) {
        m_ended = true;
        return false;
    }
    m_buffer.append(block.data(), static_cast<std::size_t>(got));
    return true;
}

bool HttpClient::readUntil(std::string_view needle, std::chrono::milliseconds limit)
{
    const auto until = std::chrono::steady_clock::now() + limit;
    while (m_buffer.find(needle) == std::string::npos) {
        if (!fill(until))
            return false;
    }
    return true;
}

bool HttpClient::waitForEnd(std::chrono::milliseconds limit)
{
    const auto until = std::chrono::steady_clock::now() + limit;
    while (fill(until)) { }
    return m_ended;
}

HttpClient::Reply HttpClient::read(std::chrono::milliseconds limit)
{
    const auto until = std::chrono::steady_clock::now() + limit;
    Reply reply;
    std::size_t end = std::string::npos;
    while ((end = m_buffer.find("\r\n\r\n")) == std::string::npos) {
        if (!fill(until))
            return reply;
    }
    std::string head = m_buffer.substr(0, end + 2);
    m_buffer.erase(0, end + 4);
    reply.status = std::atoi(head.c_str() + 9);
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
        const std::size_t line = head.find("\r\n", at);
        const std::size_t colon = head.find(':', at);
        std::string name = head.substr(at, colon - at);
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
        std::size_t value = colon + 1;
        while (value < line && head[value] == ' ')
            ++value;
        reply.headers[name] = head.substr(value, line - value);
        at = line + 2;
    }
    if (reply.headers.count("transfer-encoding")) {
        for (;;) {
            std::size_t lineEnd = std::string::npos;
            while ((lineEnd = m_buffer.find("\r\n")) == std::string::npos) {
                if (!fill(until))
                    return reply;
            }
            const auto size = static_cast<std::size_t>(std::strtoul(m_buffer.c_str(), nullptr, 16));
            while (m_buffer.size() < lineEnd + 2 + size + 2) {
                if (!fill(until)) {
                    reply.body += m_buffer.substr(lineEnd + 2);
                    return reply;
                }
            }
            reply.body += m_buffer.substr(lineEnd + 2, size);
            m_buffer.erase(0, lineEnd + 2 + size + 2);
            if (size == 0) {
                reply.isWhole = true;
                return reply;
            }
        }
    }
    if (reply.headers.count("content-length")) {
        const auto size = static_cast<std::size_t>(std::strtoul(reply.headers["content-length"].c_str(), nullptr, 10));
        while (m_buffer.size() < size) {
            if (!fill(until))
                break;
        }
        reply.body = m_buffer.substr(0, size);
        reply.isWhole = reply.body.size() == size;
        m_buffer.erase(0, reply.body.size());
        return reply;
    }
    while (fill(until)) { }
    reply.body = std::move(m_buffer);
    m_buffer.clear();
    return reply;
}
