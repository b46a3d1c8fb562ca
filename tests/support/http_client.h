#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// A client that a test drives step by step: blocking, one socket, its own idea of HTTP.
class HttpClient
{
public:
    explicit HttpClient(std::uint16_t port);
    ~HttpClient();
    HttpClient(HttpClient&& other) noexcept;
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    struct Reply
    {
        int status = 0; // 0: the connection ended before a whole head
        std::map<std::string, std::string> headers; // names in lower case
        std::string body;    // chunks joined
        bool isWhole = false; // by content-length or the last chunk
    };

    void sendRaw(std::string_view octets);
    /// A POST with a JSON body, or a GET when `body` is empty. `more` are further header lines, each with CR LF.
    void send(std::string_view method, std::string_view target, std::string_view key, std::string_view body, std::string_view more = {});
    Reply read(std::chrono::milliseconds limit = std::chrono::seconds(20));
    /// Reads until `needle` was seen in what came (framing included); false when time is up or the end came first.
    bool readUntil(std::string_view needle, std::chrono::milliseconds limit = std::chrono::seconds(20));
    const std::string& seen() const { return m_buffer; }
    /// True when the peer has closed (waits up to `limit`).
    bool waitForEnd(std::chrono::milliseconds limit = std::chrono::seconds(5));
    void close();
    void reset(); // with RST
    void shutdownSending();

private:
    bool fill(std::chrono::steady_clock::time_point until);

    int m_fd = -1;
    std::uint16_t m_port = 0;
    std::string m_buffer;
    bool m_ended = false;
};
