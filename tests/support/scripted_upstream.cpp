#include "support/scripted_upstream.h"

#include "base/text.h"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <future>
#include <list>
#include <mutex>
#include <thread>

namespace waystation::test {

namespace net = boost::asio;
using Tcp = net::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::size_t mostInbox = 1u << 20;

struct Figures
{
    std::vector<SeenRequest> requests;
    int accepted = 0;
    int open = 0;
    int closedByPeer = 0;
    int resumed = 0;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
};

/// Figures that one thread changes and others wait for.
class Board
{
public:
    template <class Change> void change(Change change)
    {
        {
            const std::lock_guard lock(m_mutex);
            change(m_figures);
        }
        m_changed.notify_all();
    }

    template <class Read> auto read(Read read) const
    {
        const std::lock_guard lock(m_mutex);
        return read(m_figures);
    }

    template <class Until> bool wait(Until until, Millis atMost) const
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, atMost, [&] { return until(m_figures); });
    }

private:
    mutable std::mutex m_mutex;
    mutable std::condition_variable m_changed;
    Figures m_figures;
};

const char* reasonOf(int status)
{
    return status == 200 ? "OK" : status < 300 ? "Fine" : status < 400 ? "Elsewhere" : "Refused";
}

std::string headOf(const ReplyScript& script, std::uint64_t bodyOctets, bool hasBody)
{
    std::string head
        = "HTTP/1.1 " + std::to_string(script.status) + ' ' + reasonOf(script.status) + "\r\n";
    for (const auto& field : script.headers)
        head += field.name + ": " + field.value + "\r\n";
    if (script.framing == ReplyScript::Framing::Length && !script.headers.has("content-length"))
        head += "Content-Length: " + std::to_string(bodyOctets) + "\r\n";
    if (hasBody && script.framing == ReplyScript::Framing::Chunked
        && !script.headers.has("transfer-encoding"))
        head += "Transfer-Encoding: chunked\r\n";
    if (script.framing == ReplyScript::Framing::UntilClose && !script.headers.has("connection"))
        head += "Connection: close\r\n";
    return head + "\r\n";
}

std::string asChunk(const std::string& octets)
{
    char size[20];
    const auto end = std::to_chars(size, size + sizeof size, octets.size(), 16).ptr;
    return std::string(size, end) + "\r\n" + octets + "\r\n";
}

/// One accepted connection. A reader takes in what comes, also while an answer is played, so that
/// it sees at once when the other side leaves.
class Link : public std::enable_shared_from_this<Link>
{
public:
    Link(Tcp::socket socket, int number, Board& board, net::ssl::context* tls,
        const ScriptedUpstream::Options& options, const ScriptedUpstream::Handler& handler)
        : m_socket(std::move(socket))
        , m_number(number)
        , m_board(board)
        , m_options(options)
        , m_handler(handler)
        , m_news(m_socket.get_executor(), net::steady_timer::time_point::max())
        , m_pause(m_socket.get_executor())
        , m_room(m_socket.get_executor(), net::steady_timer::time_point::max())
    {
        if (tls && !options.isMute)
            m_tls = std::make_unique<net::ssl::stream<Tcp::socket&>>(m_socket, *tls);
    }

    ~Link() { close(false); }

    void close(bool reset)
    {
        if (std::exchange(m_isClosed, true))
            return;
        ErrorCode ignored;
        if (reset)
            m_socket.set_option(net::socket_base::linger(true, 0), ignored);
        m_socket.close(ignored);
        m_news.cancel();
        m_pause.cancel();
        m_room.cancel();
        m_board.change([](Figures& figures) { --figures.open; });
    }

    net::awaitable<void> live()
    {
        const auto self = shared_from_this();
        ErrorCode error;
        ErrorCode ignored;
        m_socket.set_option(Tcp::no_delay(true), ignored);
        if (m_options.cutsHandshake) {
            co_await m_socket.async_wait(
                Tcp::socket::wait_read, net::redirect_error(net::use_awaitable, error));
            close(false);
            co_return;
        }
        if (m_tls) {
            co_await m_tls->async_handshake(
                net::ssl::stream_base::server, net::redirect_error(net::use_awaitable, error));
            if (error) {
                close(false);
                co_return;
            }
        }
        if (m_tls && SSL_session_reused(m_tls->native_handle()))
            m_board.change([](Figures& figures) { ++figures.resumed; });
        net::co_spawn(m_socket.get_executor(), receive(self), net::detached);
        if (m_options.isMute)
            co_return; // the reader closes
        for (int place = 1;; ++place) {
            SeenRequest request;
            request.connection = m_number;
            request.place = place;
            if (const bool whole = co_await readRequest(request); !whole)
                break;
            const auto script = m_handler(request);
            m_board.change([&](Figures& figures) { figures.requests.push_back(request); });
            if (const bool goesOn = co_await play(script, request); !goesOn)
                break;
        }
        close(false);
    }

private:
    net::awaitable<void> receive([[maybe_unused]] std::shared_ptr<Link> self)
    {
        std::vector<char> block(64 * 1024);
        const auto room = net::buffer(block);
        ErrorCode error;
        ErrorCode ignored;
        while (!m_isClosed) {
            if (m_holdsReading || m_inbox.size() > mostInbox) {
                co_await m_room.async_wait(net::redirect_error(net::use_awaitable, ignored));
                continue;
            }
            std::size_t count = 0;
            if (m_tls)
                count = co_await m_tls->async_read_some(
                    room, net::redirect_error(net::use_awaitable, error));
            else
                count = co_await m_socket.async_read_some(
                    room, net::redirect_error(net::use_awaitable, error));
            if (m_isClosed)
                break;
            m_inbox.append(block.data(), count);
            m_board.change([count](Figures& figures) { figures.received += count; });
            m_news.cancel();
            if (error) {
                peerLeft();
                if (m_options.isMute)
                    close(false);
                break;
            }
        }
    }

    void peerLeft()
    {
        if (m_isClosed || std::exchange(m_peerLeft, true))
            return;
        m_board.change([](Figures& figures) { ++figures.closedByPeer; });
        m_pause.cancel();
    }

    /// False when nothing more will come.
    net::awaitable<bool> more()
    {
        if (m_isClosed || m_peerLeft)
            co_return false;
        ErrorCode ignored;
        m_room.cancel();
        co_await m_news.async_wait(net::redirect_error(net::use_awaitable, ignored));
        co_return !m_isClosed;
    }

    net::awaitable<bool> readRequest(SeenRequest& request)
    {
        std::size_t end = 0;
        while ((end = m_inbox.find("\r\n\r\n")) == std::string::npos) {
            if (const bool came = co_await more(); !came)
                co_return false;
        }
        const std::string head = m_inbox.substr(0, end);
        m_inbox.erase(0, end + 4);
        bool isFirst = true;
        for (auto line : split(head, '\n')) {
            line = trimmed(line);
            if (isFirst) {
                const auto words = split(line, ' ');
                if (words.size() != 3)
                    co_return false;
                request.method = words[0];
                request.target = words[1];
                isFirst = false;
            } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
                request.headers.add(line.substr(0, colon), trimmed(line.substr(colon + 1)));
            }
        }
        if (m_options.answersAtHead) {
            m_holdsReading = true;
            co_return true;
        }
        std::size_t length = 0;
        const std::string text(request.headers.value("content-length"));
        std::from_chars(text.data(), text.data() + text.size(), length);
        request.body.reserve(std::min<std::size_t>(length, 64u << 20));
        for (;;) {
            const std::size_t part = std::min(length - request.body.size(), m_inbox.size());
            request.body.append(m_inbox, 0, part);
            m_inbox.erase(0, part);
            if (request.body.size() == length)
                co_return true;
            if (const bool came = co_await more(); !came && m_inbox.empty())
                co_return false;
        }
    }

    net::awaitable<bool> send(std::string_view octets)
    {
        if (m_isClosed)
            co_return false;
        ErrorCode error;
        const auto out = net::buffer(octets);
        if (m_tls)
            co_await net::async_write(*m_tls, out, net::redirect_error(net::use_awaitable, error));
        else
            co_await net::async_write(
                m_socket, out, net::redirect_error(net::use_awaitable, error));
        if (error)
            peerLeft();
        else
            m_board.change([&](Figures& figures) { figures.sent += octets.size(); });
        co_return !error;
    }

    net::awaitable<void> pause(Millis span)
    {
        if (span <= Millis(0) || m_isClosed || m_peerLeft)
            co_return;
        ErrorCode ignored;
        m_pause.expires_after(span);
        co_await m_pause.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }

    net::awaitable<bool> play(const ReplyScript& script, const SeenRequest& request)
    {
        co_await pause(script.pause);
        const bool hasBody
            = request.method != "HEAD" && script.status != 204 && script.status != 304;
        if (script.raw) {
            if (const bool sent = co_await send(*script.raw); !sent)
                co_return false;
            co_return co_await end(script);
        }

        std::uint64_t bodyOctets = 0;
        for (const auto& piece : script.pieces)
            bodyOctets += piece.octets.size() * piece.times;
        // The head and the first piece leave together when nothing lies between them, as with most
        // servers.
        std::string octets = script.before + headOf(script, bodyOctets, hasBody);
        std::uint64_t left = script.bodyOctets;
        const bool isChunked = script.framing == ReplyScript::Framing::Chunked;
        if (hasBody) {
            for (const auto& piece : script.pieces) {
                const std::string framed = isChunked ? asChunk(piece.octets) : piece.octets;
                for (std::uint64_t i = 0; i < piece.times && left > 0; ++i) {
                    if (piece.pause > Millis(0) && !octets.empty()) {
                        if (const bool sent = co_await send(octets); !sent)
                            co_return false;
                        octets.clear();
                    }
                    co_await pause(piece.pause);
                    const auto part
                        = static_cast<std::size_t>(std::min<std::uint64_t>(left, framed.size()));
                    octets.append(framed, 0, part);
                    left -= part;
                    if (const bool sent = co_await send(octets); !sent)
                        co_return false;
                    octets.clear();
                }
            }
            if (isChunked && left > 0
                && (script.ending == ReplyScript::Ending::Whole || script.bodyOctets != script.all))
                octets
                    += std::string_view("0\r\n\r\n")
                           .substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, 5)));
        }
        if (!octets.empty()) {
            if (const bool sent = co_await send(octets); !sent)
                co_return false;
        }
        co_return co_await end(script);
    }

    net::awaitable<bool> end(const ReplyScript& script)
    {
        switch (script.ending) {
        case ReplyScript::Ending::Whole:
            if (script.framing == ReplyScript::Framing::UntilClose && !script.raw && m_tls) {
                ErrorCode ignored;
                co_await m_tls->async_shutdown(net::redirect_error(net::use_awaitable, ignored));
            }
            co_return !script.closes && script.framing != ReplyScript::Framing::UntilClose
                && !script.raw && !m_options.answersAtHead;
        case ReplyScript::Ending::Cut:
            co_return false;
        case ReplyScript::Ending::Reset:
            close(true);
            co_return false;
        case ReplyScript::Ending::Stall:
            while (!m_peerLeft) {
                if (const bool came = co_await more(); !came)
                    break;
            }
            co_return false;
        }
        co_return false;
    }

    Tcp::socket m_socket;
    std::unique_ptr<net::ssl::stream<Tcp::socket&>> m_tls;
    int m_number;
    Board& m_board;
    const ScriptedUpstream::Options& m_options;
    const ScriptedUpstream::Handler& m_handler;
    net::steady_timer m_news;
    net::steady_timer m_pause;
    net::steady_timer m_room;
    std::string m_inbox;
    bool m_holdsReading = false;
    bool m_peerLeft = false;
    bool m_isClosed = false;
};

}

struct ScriptedUpstream::Parts
{
    Parts(Handler handler, Options given)
        : handler(std::move(handler))
        , options(std::move(given))
        , acceptor(context)
    {
        if (options.tls) {
            tls.emplace(net::ssl::context::tls_server);
            tls->use_certificate_chain(
                net::buffer(options.tls->certificatePem + options.tls->chainPem));
            tls->use_private_key(net::buffer(options.tls->keyPem), net::ssl::context::pem);
            if (options.onlyOldTls) {
                SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_VERSION);
                SSL_CTX_set_max_proto_version(tls->native_handle(), TLS1_VERSION);
                SSL_CTX_set_cipher_list(tls->native_handle(), "ALL:@SECLEVEL=0");
            }
        }
        port = options.port;
        bind();
        open();
        thread = std::thread([this] { context.run(); });
    }

    ~Parts()
    {
        context.stop();
        thread.join();
    }

    /// Runs on the server's thread and is waited for.
    template <class Act> void there(Act act)
    {
        std::promise<void> done;
        net::post(context, [&] {
            act();
            done.set_value();
        });
        done.get_future().wait();
    }

    /// Takes the port; connecting is refused until it listens.
    void bind()
    {
        const Tcp::endpoint endpoint(net::ip::address_v4::loopback(), port);
        acceptor.open(endpoint.protocol());
        acceptor.set_option(Tcp::acceptor::reuse_address(true));
        acceptor.bind(endpoint);
        port = acceptor.local_endpoint().port();
    }

    void open()
    {
        acceptor.listen(1024);
        net::co_spawn(context, accept(), net::detached);
    }

    net::awaitable<void> accept()
    {
        ErrorCode error;
        for (;;) {
            Tcp::socket socket
                = co_await acceptor.async_accept(net::redirect_error(net::use_awaitable, error));
            if (error)
                co_return; // closed
            int number = 0;
            board.change([&](Figures& figures) {
                number = ++figures.accepted;
                ++figures.open;
            });
            const auto link = std::make_shared<Link>(
                std::move(socket), number, board, tls ? &*tls : nullptr, options, handler);
            std::erase_if(links, [](const auto& known) { return known.expired(); });
            links.push_back(link);
            net::co_spawn(context, link->live(), net::detached);
        }
    }

    void close(bool reset)
    {
        for (const auto& known : links) {
            if (const auto link = known.lock())
                link->close(reset);
        }
    }

    Board board;
    Handler handler;
    Options options;
    std::optional<net::ssl::context> tls;
    std::list<std::weak_ptr<Link>> links;
    std::uint16_t port = 0;
    net::io_context context{1};
    net::executor_work_guard<net::io_context::executor_type> stays = net::make_work_guard(context);
    Tcp::acceptor acceptor;
    std::thread thread;
};

ReplyScript jsonReply(std::string body, int status)
{
    ReplyScript script;
    script.status = status;
    script.headers.add("Content-Type", "application/json");
    script.framing = ReplyScript::Framing::Length;
    script.pieces.push_back(ScriptPiece{std::move(body)});
    return script;
}

ReplyScript eventStream(const std::vector<std::string>& events, Millis pause)
{
    ReplyScript script;
    script.headers.add("Content-Type", "text/event-stream");
    for (const auto& event : events)
        script.pieces.push_back(ScriptPiece{event, script.pieces.empty() ? Millis(0) : pause});
    return script;
}

ScriptedUpstream::ScriptedUpstream(Handler handler)
    : ScriptedUpstream(std::move(handler), Options())
{
}

ScriptedUpstream::ScriptedUpstream(Handler handler, Options options)
    : m_parts(std::make_unique<Parts>(std::move(handler), std::move(options)))
{
}

ScriptedUpstream::~ScriptedUpstream() = default;

void ScriptedUpstream::setHandler(Handler handler)
{
    m_parts->there([&] { m_parts->handler = std::move(handler); });
}

std::uint16_t ScriptedUpstream::port() const
{
    return m_parts->port;
}

Origin ScriptedUpstream::origin() const
{
    return Origin{m_parts->options.tls.has_value(), "127.0.0.1", m_parts->port};
}

std::string ScriptedUpstream::url() const
{
    return toText(origin());
}

std::vector<SeenRequest> ScriptedUpstream::requests() const
{
    return m_parts->board.read([](const Figures& figures) { return figures.requests; });
}

std::size_t ScriptedUpstream::requestCount() const
{
    return m_parts->board.read([](const Figures& figures) { return figures.requests.size(); });
}

int ScriptedUpstream::connectionCount() const
{
    return m_parts->board.read([](const Figures& figures) { return figures.accepted; });
}

int ScriptedUpstream::openCount() const
{
    return m_parts->board.read([](const Figures& figures) { return figures.open; });
}

int ScriptedUpstream::closedByPeerCount() const
{
    return m_parts->board.read([](const Figures& figures) { return figures.closedByPeer; });
}

int ScriptedUpstream::resumedCount() const
{
    return m_parts->board.read([](const Figures& figures) { return figures.resumed; });
}

std::uint64_t ScriptedUpstream::octetsReceived() const
{
    return m_parts->board.read([](const Figures& figures) { return figures.received; });
}

std::uint64_t ScriptedUpstream::octetsSent() const
{
    return m_parts->board.read([](const Figures& figures) { return figures.sent; });
}

bool ScriptedUpstream::waitForRequests(std::size_t count, Millis atMost) const
{
    return m_parts->board.wait(
        [=](const Figures& figures) { return figures.requests.size() >= count; }, atMost);
}

bool ScriptedUpstream::waitForConnections(int count, Millis atMost) const
{
    return m_parts->board.wait(
        [=](const Figures& figures) { return figures.accepted >= count; }, atMost);
}

bool ScriptedUpstream::waitForClosed(int count, Millis atMost) const
{
    return m_parts->board.wait(
        [=](const Figures& figures) { return figures.closedByPeer >= count; }, atMost);
}

bool ScriptedUpstream::waitForOpen(int count, Millis atMost) const
{
    return m_parts->board.wait(
        [=](const Figures& figures) { return figures.open == count; }, atMost);
}

void ScriptedUpstream::closeConnections(bool reset)
{
    m_parts->there([&] { m_parts->close(reset); });
}

void ScriptedUpstream::stopListening()
{
    m_parts->there([&] {
        m_parts->acceptor.close();
        m_parts->bind(); // so that nobody else takes the port meanwhile
    });
}

void ScriptedUpstream::listen()
{
    m_parts->there([&] { m_parts->open(); });
}

}
