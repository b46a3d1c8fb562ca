#include "load.h"

#include "upstream.h"

#include <boost/asio.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace net = boost::asio;
using tcp = net::ip::tcp;

namespace {

/// Finds the end of one reply in octets that arrive in pieces; knows content-length and chunked, no more.
class ReplyScan
{
public:
    /// True when the reply is whole.
    bool take(std::string_view piece, LoadResult& result)
    {
        const std::int64_t now = steadyNanos();
        if (!m_inBody) {
            m_head += piece;
            const std::size_t end = m_head.find("\r\n\r\n");
            if (end == std::string::npos)
                return false;
            m_inBody = true;
            m_isGood = m_head.compare(9, 3, "200") == 0;
            std::transform(m_head.begin(), m_head.begin() + static_cast<std::ptrdiff_t>(end), m_head.begin(), [](unsigned char c) { return std::tolower(c); });
            const std::size_t length = m_head.find("content-length: ");
            if (length != std::string::npos && length < end) {
                std::int64_t size = 0;
                std::from_chars(m_head.data() + length + 16, m_head.data() + end, size);
                m_left = size;
            }
            const std::string rest = m_head.substr(end + 4);
            return body(rest, now, result);
        }
        return body(piece, now, result);
    }

    bool isGood() const { return m_isGood; }
    bool started() const { return !m_head.empty(); }

private:
    bool body(std::string_view piece, std::int64_t now, LoadResult& result)
    {
        if (m_left >= 0) {
            m_left -= static_cast<std::int64_t>(piece.size());
            return m_left <= 0;
        }
        for (std::size_t at = piece.find("\"t="); at != std::string_view::npos; at = piece.find("\"t=", at + 3)) {
            std::int64_t sent = 0;
            std::from_chars(piece.data() + at + 3, piece.data() + piece.size(), sent);
            ++result.events;
            if (sent > 0)
                result.oneWay.push_back(static_cast<std::int32_t>((now - sent) / 1000));
        }
        m_tail += piece.substr(piece.size() > 7 ? piece.size() - 7 : 0);
        if (m_tail.size() > 7)
            m_tail.erase(0, m_tail.size() - 7);
        return m_tail.ends_with("\r\n0\r\n\r\n") || m_tail == "0\r\n\r\n";
    }

    std::string m_head;
    std::string m_tail;
    std::int64_t m_left = -1;
    bool m_inBody = false;
    bool m_isGood = false;
};

struct Shared
{
    const LoadPlan& plan;
    LoadResult& result;
    std::int64_t endAt = 0;
    std::int64_t nextAt = 0;
};

net::awaitable<void> client(net::io_context& context, Shared& shared)
{
    const LoadPlan& plan = shared.plan;
    const tcp::endpoint endpoint(net::ip::address_v4::loopback(), plan.port);
    boost::system::error_code error;
    std::optional<tcp::socket> socket;
    std::array<char, 32768> block;
    net::steady_timer timer(context);
    for (int round = 0; plan.rounds == 0 || round < plan.rounds; ++round) {
        if (plan.perSecond > 0) {
            const std::int64_t mine = shared.nextAt;
            shared.nextAt += static_cast<std::int64_t>(1e9 / plan.perSecond);
            if (mine >= shared.endAt)
                break;
            timer.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(mine)));
            co_await timer.async_wait(net::redirect_error(net::use_awaitable, error));
        } else if (plan.rounds == 0 && steadyNanos() >= shared.endAt) {
            break;
        }
        if (!socket) {
            socket.emplace(context);
            co_await socket->async_connect(endpoint, net::redirect_error(net::use_awaitable, error));
            if (error) {
                ++shared.result.errors;
                socket.reset();
                continue;
            }
            socket->set_option(tcp::no_delay(true));
        }
        const std::int64_t began = steadyNanos();
        co_await net::async_write(*socket, net::buffer(plan.request), net::redirect_error(net::use_awaitable, error));
        const std::int64_t sent = steadyNanos();
        ReplyScan scan;
        bool whole = false;
        bool first = true;
        while (!whole && !error) {
            const std::size_t got = co_await socket->async_read_some(net::buffer(block), net::redirect_error(net::use_awaitable, error));
            if (error)
                break;
            if (first)
                shared.result.firstBytes.push_back(static_cast<std::int32_t>((steadyNanos() - sent) / 1000));
            first = false;
            whole = scan.take(std::string_view(block.data(), got), shared.result);
        }
        if (error || !scan.isGood()) {
            ++shared.result.errors;
            socket.reset();
            continue;
        }
        ++shared.result.requests;
        shared.result.latencies.push_back(static_cast<std::int32_t>((steadyNanos() - began) / 1000));
    }
}

}

double LoadResult::quantile(std::vector<std::int32_t>& values, double at)
{
    if (values.empty())
        return 0;
    const auto place = std::min(values.size() - 1, static_cast<std::size_t>(at * double(values.size())));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
    return values[place];
}

LoadResult runLoad(const LoadPlan& plan)
{
    LoadResult result;
    net::io_context context(1);
    const std::int64_t began = steadyNanos();
    Shared shared {plan, result, began + static_cast<std::int64_t>(plan.seconds * 1e9), began};
    for (int i = 0; i < plan.connections; ++i)
        net::co_spawn(context, client(context, shared), net::detached);
    context.run();
    result.seconds = double(steadyNanos() - began) / 1e9;
    return result;
}
