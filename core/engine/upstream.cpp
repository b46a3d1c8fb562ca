#include "engine/upstream.h"

#include "base/hash.h"
#include "base/text.h"
#include "engine/breaker.h"
#include "engine/dial.h"
#include "engine/pool.h"
#include "engine/proxy.h"
#include "engine/reply_decoder.h"
#include "engine/reply_parser.h"
#include "engine/resolve.h"
#include "engine/stream.h"
#include "engine/tls.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <array>

namespace waystation {

namespace {

constexpr int handshakesAtOnce = 8;
constexpr Millis mostForName{5'000};
// After that many reads without a wait the other calls have their turn.
constexpr int mostReadsInARow = 16;

constexpr std::array<std::string_view, 9> framingFields{"host", "content-length", "connection",
    "transfer-encoding", "keep-alive", "te", "trailer", "upgrade", "expect"};

bool isFramingField(std::string_view name)
{
    return std::any_of(framingFields.begin(), framingFields.end(), [name](std::string_view field) {
        return name.size() == field.size() && equalsIgnoringCase(name, field);
    });
}

bool isOneLine(std::string_view text)
{
    constexpr std::string_view breaks("\r\n\0", 3);
    return text.find_first_of(breaks) == std::string_view::npos;
}

/// What would end a line or a word of the head in the wrong place is refused, whoever let it come
/// so far.
bool isFitToSend(const UpstreamRequest& request)
{
    const auto isWord = [](std::string_view text) {
        return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
            return c > 0x20 && c != 0x7f;
        });
    };
    if (!isWord(request.method) || !isWord(request.target) || !isWord(request.origin.host))
        return false;
    return std::all_of(
        request.headers.begin(), request.headers.end(), [&](const Headers::Field& field) {
            return isWord(field.name) && field.name.find(':') == std::string::npos
                && isOneLine(field.value);
        });
}

std::string headOf(const UpstreamRequest& request)
{
    std::size_t bodyOctets = 0;
    for (const auto slice : request.body)
        bodyOctets += slice.size();

    std::string head;
    head.reserve(1024);
    head += request.method;
    head += ' ';
    head += request.target;
    head += " HTTP/1.1\r\nHost: ";
    head += hostField(request.origin);
    head += "\r\n";
    bool asksForCoding = false;
    for (const auto& field : request.headers) {
        if (isFramingField(field.name))
            continue;
        asksForCoding = asksForCoding || equalsIgnoringCase(field.name, "accept-encoding");
        head += field.name;
        head += ": ";
        head += field.value;
        head += "\r\n";
    }
    if (!asksForCoding)
        head += "Accept-Encoding: identity\r\n";
    if (bodyOctets > 0
        || (request.method != "GET" && request.method != "HEAD" && request.method != "DELETE")) {
        head += "Content-Length: ";
        head += std::to_string(bodyOctets);
        head += "\r\n";
    }
    head += "\r\n";
    return head;
}

std::string nameOf(const Origin& origin)
{
    return (origin.host.find(':') == std::string::npos ? origin.host : '[' + origin.host + ']')
        + ':' + std::to_string(origin.port);
}

std::string keyOf(const Origin& origin, const PlanProxy* proxy, const TlsContext* context)
{
    std::string key = toText(origin);
    if (proxy) {
        key += proxy->kind == PlanProxy::Kind::Socks5 ? " socks " : " http ";
        key += proxy->host;
        key += ':';
        key += std::to_string(proxy->port);
        if (!proxy->user.empty()) {
            key += ' ';
            key += proxy->user;
            key += ' ';
            key += sha256Hex(proxy->password.reveal());
        }
    }
    if (context) {
        key += " trust ";
        key += std::to_string(idOf(*context));
    }
    return key;
}

std::string inSeconds(Millis span)
{
    return std::to_string(std::max<std::int64_t>(1, (span.count() + 500) / 1000)) + " s";
}

/// What all calls share. Replies hold it too, so they may outlive the Upstream.
struct Hub
{
    Hub(net::io_context& context, Deadlines& deadlines, Millis pooledIdleLimit)
        : context(context)
        , deadlines(deadlines)
        , pool(deadlines, pooledIdleLimit)
        , resolver(context, systemNames(context))
    {
    }

    net::io_context& context;
    Deadlines& deadlines;
    std::shared_ptr<std::int64_t> open = std::make_shared<std::int64_t>(0);
    BlockStore blocks;
    Pool pool;
    Resolver resolver;
    TlsTrust trust;
    std::list<Signal*> waitingForRoots;
    std::shared_ptr<HandshakeGate> gate = std::make_shared<HandshakeGate>(handshakesAtOnce);
};

class Reply final : public UpstreamReply
{
public:
    Reply(std::shared_ptr<Hub> hub, Stopper& stopper)
        : m_hub(std::move(hub))
        , m_stopper(stopper)
        , m_breaker(m_hub->deadlines)
    {
    }

    ~Reply() override
    {
        if (m_parser.isDone() && !m_failure)
            finish();
        m_hub->blocks.giveBack(std::move(m_block));
    }

    net::awaitable<Result<void>> open(const UpstreamRequest& request, const Reach& reach);
    net::awaitable<Result<std::string_view>> nextPiece() override;

    SendFailure failureWith(Error error) const
    {
        return SendFailure{std::move(error), m_timings, m_requestWasSent, m_reused};
    }

private:
    net::awaitable<Result<void>> waitForRoots(Millis limit);
    net::awaitable<Result<void>> connect(
        const Origin& origin, const PlanProxy* proxy, Millis limit, const std::string& key);
    net::awaitable<Result<void>> secure(
        const Origin& origin, const std::shared_ptr<TlsContext>& context, const std::string& key);
    net::awaitable<Result<void>> converse(const UpstreamRequest& request, Timeouts timeouts);
    net::awaitable<boost::system::error_code> writeOn(Outgoing& outgoing, Timeouts timeouts);
    Result<void> takeHead(Stream::Got got);
    Result<void> readHeadNow();
    Result<void> prepareBody();
    Result<std::string_view> pieceAtHand();
    Error fail(Error error);
    void finish();

    std::shared_ptr<Hub> m_hub;
    Stopper& m_stopper;
    Breaker m_breaker;
    Tick m_start = tickNow();
    std::string m_name; // host:port
    std::unique_ptr<Connection> m_connection;
    ReplyParser m_parser;
    std::unique_ptr<ReplyDecoder> m_decoder;
    Block m_block;
    std::size_t m_begin = 0; // received and not yet parsed: [m_begin, m_end) of the block
    std::size_t m_end = 0;
    Millis m_idleLimit{0};
    int m_readsInARow = 0;
    bool m_mayBeMore = false; // the last read filled what it was given
    bool m_headIsHere = false;
    bool m_requestIsWhole = false;
    bool m_requestWasSent = false;
    bool m_isStale = false; // it closed before it said anything
    bool m_isOver = false;
    std::optional<Error> m_failure;
};

net::awaitable<Result<void>> Reply::open(const UpstreamRequest& request, const Reach& reach)
{
    const Breaker::Ear ear(m_breaker, m_stopper);
    if (m_breaker.isBroken())
        co_return m_breaker.error({});
    if (!isFitToSend(request))
        co_return Error{
            ErrorKind::BadRequest, "The request holds characters that no HTTP head can carry."};

    const Origin& origin = request.origin;
    m_name = nameOf(origin);
    m_idleLimit = reach.timeouts.idle;
    const bool isDirect
        = !reach.proxy || reach.proxy->kind == PlanProxy::Kind::None || isLoopbackHost(origin.host);
    const PlanProxy* proxy = isDirect ? nullptr : reach.proxy;

    std::shared_ptr<TlsContext> context;
    if (origin.tls) {
        const auto ready = co_await waitForRoots(reach.timeouts.connect);
        if (!ready)
            co_return ready.error();
        const auto made = m_hub->trust.contextFor(reach.extraCaPem);
        if (!made)
            co_return made.error();
        context = *made;
    }

    // A kept connection may have been closed by the other side just now. When it ends, or when
    // writing to it fails, before one octet of an answer came, the request is sent once more, on a
    // connection made for it.
    const std::string key = keyOf(origin, proxy, context.get());
    m_connection = m_hub->pool.take(key);
    m_reused = m_connection != nullptr;
    for (;;) {
        if (!m_connection) {
            auto connected = co_await connect(origin, proxy, reach.timeouts.connect, key);
            if (connected && context)
                connected = co_await secure(origin, context, key);
            if (!connected) {
                m_connection.reset();
                co_return connected.error();
            }
        }
        const auto answered = co_await converse(request, reach.timeouts);
        m_breaker.unlimit();
        if (answered)
            co_return Result<void>();
        m_connection.reset();
        if (!m_reused || !m_isStale || m_breaker.isBroken())
            co_return answered.error();
        m_reused = false;
    }
}

net::awaitable<Result<void>> Reply::waitForRoots(Millis limit)
{
    if (m_hub->trust.isReady())
        co_return Result<void>();
    Signal ready(m_hub->context.get_executor());

    struct Seat
    {
        std::list<Signal*>& waiting;
        std::list<Signal*>::iterator place;

        ~Seat() { waiting.erase(place); }
    };

    auto& waiting = m_hub->waitingForRoots;
    const Seat seat{waiting, waiting.insert(waiting.end(), &ready)};
    m_breaker.limit(limit);
    co_await ready.wait(m_breaker);
    if (m_breaker.cause() == Breaker::Cause::TimedOut)
        co_return Error{ErrorKind::TlsFailed,
            "No secure connection to " + m_name
                + ": this system's certificates have not been read yet."};
    if (m_breaker.isBroken())
        co_return m_breaker.error({});
    co_return Result<void>();
}

net::awaitable<Result<void>> Reply::connect(
    const Origin& origin, const PlanProxy* proxy, Millis limit, const std::string& key)
{
    const Tick begin = tickNow();
    const auto asProxyFailure = [proxy](Error error) {
        if (proxy && error.kind != ErrorKind::Cancelled) {
            error.kind = ErrorKind::ProxyFailed;
            error.message = "The " + nameOf(*proxy) + " cannot be reached: " + error.message;
        }
        return error;
    };

    std::string host = proxy ? proxy->host : origin.host;
    const std::uint16_t port = proxy ? proxy->port : origin.port;
    m_breaker.limit(std::min(limit, mostForName));
    const auto addresses = co_await m_hub->resolver.addressesOf(std::move(host), m_breaker);
    if (!addresses) {
        Error error = addresses.error();
        if (error.kind == ErrorKind::Timeout)
            error.kind = ErrorKind::NameNotFound;
        co_return asProxyFailure(std::move(error));
    }

    std::vector<net::ip::tcp::endpoint> endpoints;
    for (const auto& address : *addresses)
        endpoints.emplace_back(address, port);
    m_breaker.limit(limit - std::chrono::duration_cast<Millis>(tickNow() - begin));
    std::string dialled = proxy ? proxy->host + ':' + std::to_string(proxy->port) : m_name;
    auto socket = co_await dial(std::move(endpoints), std::move(dialled), m_breaker);
    if (!socket)
        co_return asProxyFailure(socket.error());
    m_connection = std::make_unique<Connection>(std::move(*socket), key, m_hub->open);

    if (proxy) {
        const auto passed = co_await passProxy(m_connection->stream, *proxy, origin, m_breaker);
        if (!passed)
            co_return passed.error();
    }
    m_timings.connect = between(begin, tickNow());
    co_return Result<void>();
}

net::awaitable<Result<void>> Reply::secure(
    const Origin& origin, const std::shared_ptr<TlsContext>& context, const std::string& key)
{
    const Tick begin = tickNow();
    const auto ticket = co_await m_hub->gate->enter(m_breaker);
    if (m_breaker.isBroken())
        co_return m_breaker.error(
            "The TLS handshake with " + m_name + " did not have its turn in time.");
    auto session = std::make_unique<TlsSession>(context, origin.host, key);
    const auto secured = co_await m_connection->stream.startTls(std::move(session), m_breaker);
    if (secured)
        m_timings.tls = between(begin, tickNow());
    co_return secured;
}

net::awaitable<Result<void>> Reply::converse(const UpstreamRequest& request, Timeouts timeouts)
{
    Stream& stream = m_connection->stream;
    const Breaker::Scope scope(m_breaker, stream);
    m_parser = ReplyParser(request.method == "HEAD");
    m_begin = m_end = 0;
    m_headIsHere = false;
    m_isStale = false;
    m_failure.reset();
    if (!m_block)
        m_block = m_hub->blocks.take();

    const std::uint64_t sentBefore = stream.sent();
    Outgoing outgoing(headOf(request));
    for (const auto slice : request.body)
        outgoing.add(slice);
    m_breaker.limit(timeouts.firstByte);
    auto written = stream.writeNow(outgoing);
    if (written == net::error::would_block)
        written = co_await writeOn(outgoing, timeouts);
    m_requestWasSent = m_requestWasSent || stream.sent() > sentBefore;
    m_requestIsWhole = outgoing.isEmpty() && !written;

    // Also when writing failed: the other side may have said why before it closed.
    boost::system::error_code error;
    while (!m_headIsHere && !m_failure) {
        if (m_breaker.isBroken())
            co_return m_breaker.error(
                m_name + " did not answer in " + inSeconds(timeouts.firstByte) + '.');
        Stream::Got got;
        if (stream.holdsMore()) {
            got = stream.readNow(m_block.get(), blockOctets);
        } else {
            const auto room = stream.roomFor(m_block.get(), blockOctets);
            const std::size_t octets = co_await stream.socket().async_read_some(
                room, net::redirect_error(net::use_awaitable, error));
            if (m_breaker.isBroken())
                continue;
            if (error)
                got.error = stream.endOf(error);
            else
                got = stream.received(octets, m_block.get(), blockOctets);
        }
        if (got.error == net::error::would_block)
            continue;
        if (const auto taken = takeHead(got); !taken)
            co_return taken.error();
    }
    if (m_failure)
        co_return *m_failure;
    co_return prepareBody();
}

net::awaitable<boost::system::error_code> Reply::writeOn(Outgoing& outgoing, Timeouts timeouts)
{
    using namespace net::experimental::awaitable_operators;
    Stream& stream = m_connection->stream;
    auto& socket = stream.socket();
    constexpr auto toRead = net::ip::tcp::socket::wait_read;
    constexpr auto toWrite = net::ip::tcp::socket::wait_write;
    boost::system::error_code written = net::error::would_block;
    boost::system::error_code ignored;
    boost::system::error_code ignoredToo;
    while (written == net::error::would_block) {
        if (m_headIsHere) {
            co_await socket.async_wait(toWrite, net::redirect_error(net::use_awaitable, ignored));
        } else {
            auto writable
                = socket.async_wait(toWrite, net::redirect_error(net::use_awaitable, ignored));
            auto readable
                = socket.async_wait(toRead, net::redirect_error(net::use_awaitable, ignoredToo));
            co_await (std::move(writable) || std::move(readable));
        }
        if (m_breaker.isBroken())
            co_return net::error::operation_aborted;
        if (!m_headIsHere) {
            if (const auto read = readHeadNow(); !read) {
                m_failure = read.error();
                co_return net::error::operation_aborted;
            }
            // A refusal needs no more of the body. An answer that is under way already may yet
            // depend on it.
            if (m_headIsHere && m_parser.head().status >= 300)
                co_return net::error::operation_aborted;
        }
        const std::uint64_t before = stream.sent();
        written = stream.writeNow(outgoing);
        if (stream.sent() != before)
            m_breaker.limit(timeouts.firstByte);
    }
    co_return written;
}

Result<void> Reply::readHeadNow()
{
    while (!m_headIsHere) {
        const auto got = m_connection->stream.readNow(m_block.get(), blockOctets);
        if (got.error == net::error::would_block)
            break;
        if (const auto taken = takeHead(got); !taken)
            return taken.error();
    }
    return {};
}

Result<void> Reply::takeHead(Stream::Got got)
{
    if (got.error) {
        if (m_parser.hasBegun())
            return Error{ErrorKind::Cut, "The answer of " + m_name + " ended in its head."};
        m_isStale = true;
        return Error{
            ErrorKind::ConnectFailed, m_name + " closed the connection before it answered."};
    }
    if (m_parser.headIsUntouched())
        m_timings.firstByte = between(m_start, tickNow());
    std::string_view octets(m_block.get(), got.octets);
    const auto whole = m_parser.readHead(octets);
    if (!whole)
        return Error{ErrorKind::BadReply, m_name + ": " + whole.error().message};
    m_headIsHere = *whole;
    m_begin = got.octets - octets.size();
    m_end = got.octets;
    m_mayBeMore = got.octets == blockOctets;
    return {};
}

Result<void> Reply::prepareBody()
{
    m_head = std::move(m_parser.head());
    if (m_parser.framing() == ReplyParser::Framing::None)
        return {};
    std::string coding;
    for (const auto& field : m_head.headers) {
        if (equalsIgnoringCase(field.name, "content-encoding"))
            coding += (coding.empty() ? "" : ", ") + field.value;
    }
    auto decoder = ReplyDecoder::forCoding(coding);
    if (!decoder)
        return Error{ErrorKind::BadReply, m_name + ": " + decoder.error().message};
    m_decoder = std::move(*decoder);
    if (m_decoder) {
        // They describe what came, not what is handed on.
        m_head.headers.remove("content-encoding");
        m_head.headers.remove("content-length");
    }
    return {};
}

net::awaitable<Result<std::string_view>> Reply::nextPiece()
{
    if (m_failure)
        co_return *m_failure;
    auto piece = pieceAtHand();
    if (!piece || !piece->empty() || m_isOver)
        co_return piece;

    Stream& stream = m_connection->stream;
    const Breaker::Scope scope(m_breaker, stream);
    const Breaker::Ear ear(m_breaker, m_stopper);
    m_breaker.limit(m_idleLimit);
    boost::system::error_code error;
    while (piece && piece->empty() && !m_isOver) {
        Stream::Got got;
        got.error = net::error::would_block;
        // Trying first pays only while more comes than a read takes; a failing try is a system call
        // for nothing.
        if (stream.holdsMore() || (m_mayBeMore && ++m_readsInARow < mostReadsInARow))
            got = stream.readNow(m_block.get(), blockOctets);
        if (got.error == net::error::would_block && !m_breaker.isBroken()) {
            m_readsInARow = 0;
            const auto room = stream.roomFor(m_block.get(), blockOctets);
            const std::size_t octets = co_await stream.socket().async_read_some(
                room, net::redirect_error(net::use_awaitable, error));
            if (error)
                got = Stream::Got{0, stream.endOf(error)};
            else
                got = stream.received(octets, m_block.get(), blockOctets);
        }
        if (m_breaker.isBroken())
            co_return fail(
                m_breaker.error(m_name + " sent nothing for " + inSeconds(m_idleLimit) + '.'));
        if (got.error == net::error::would_block)
            continue; // a part of a TLS record
        if (got.error) {
            const bool isEnd = got.error == net::error::eof && m_parser.inputEnded();
            if (!isEnd)
                co_return fail(
                    Error{ErrorKind::Cut, "The answer of " + m_name + " ended before its end."});
        } else {
            m_breaker.limit(m_idleLimit);
            m_mayBeMore = got.octets == blockOctets;
        }
        m_begin = 0;
        m_end = got.octets;
        piece = pieceAtHand();
    }
    m_breaker.unlimit();
    co_return piece;
}

Result<std::string_view> Reply::pieceAtHand()
{
    for (;;) {
        if (m_isOver)
            return std::string_view();
        if (m_decoder) {
            const auto decoded = m_decoder->take();
            if (!decoded)
                return fail(Error{decoded.error().kind, m_name + ": " + decoded.error().message});
            if (!decoded->empty())
                return decoded;
        }
        if (m_parser.isDone()) {
            if (m_decoder) {
                if (const auto ended = m_decoder->inputEnded(); !ended)
                    return fail(Error{ended.error().kind, m_name + ": " + ended.error().message});
            }
            finish();
            return std::string_view();
        }
        if (m_begin == m_end)
            return std::string_view();
        std::size_t used = 0;
        const auto body = m_parser.readBody(m_block.get() + m_begin, m_end - m_begin, used);
        if (!body)
            return fail(Error{ErrorKind::BadReply, m_name + ": " + body.error().message});
        m_begin += used;
        if (body->empty())
            continue;
        if (!m_decoder)
            return body;
        m_decoder->give(*body);
    }
}

Error Reply::fail(Error error)
{
    m_failure = error;
    m_connection.reset();
    m_breaker.unlimit();
    return error;
}

void Reply::finish()
{
    if (std::exchange(m_isOver, true) || !m_connection)
        return;
    m_breaker.unlimit();
    // Octets behind the end belong to nothing that was asked.
    const bool isClean = m_begin == m_end && !m_connection->stream.holdsMore();
    if (m_parser.keepsConnection() && m_requestIsWhole && isClean && !m_breaker.isBroken())
        m_hub->pool.giveBack(std::move(m_connection));
    m_connection.reset();
}

}

struct Upstream::Parts
{
    std::shared_ptr<Hub> hub;
};

Upstream::Upstream(net::io_context& context, Deadlines& deadlines, Millis pooledIdleLimit)
    : m_parts(
        std::make_unique<Parts>(Parts{std::make_shared<Hub>(context, deadlines, pooledIdleLimit)}))
{
}

Upstream::~Upstream()
{
    m_parts->hub->pool.shutDown();
}

void Upstream::setTrustRoots(std::vector<std::string> derCertificates)
{
    Hub& hub = *m_parts->hub;
    hub.trust.setRoots(derCertificates);
    hub.pool.closeAll();
    for (Signal* signal : hub.waitingForRoots)
        signal->set();
}

net::awaitable<SendResult> Upstream::send(
    const UpstreamRequest& request, const Reach& reach, Stopper& stopper)
{
    auto reply = std::make_unique<Reply>(m_parts->hub, stopper);
    const auto opened = co_await reply->open(request, reach);
    if (!opened)
        co_return reply->failureWith(opened.error());
    co_return SendResult(std::unique_ptr<UpstreamReply>(std::move(reply)));
}

std::int64_t Upstream::openConnections() const
{
    return *m_parts->hub->open;
}

void Upstream::closeIdle()
{
    m_parts->hub->pool.closeAll();
}

}
