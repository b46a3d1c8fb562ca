#include "engine/door.h"

#include "base/text.h"
#include "engine/body_decoder.h"
#include "engine/chunked_decoder.h"
#include "engine/http_head.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#ifdef __linux__
#include <poll.h>
#endif

namespace waystation {

namespace {

using boost::system::error_code;
using net::ip::tcp;

constexpr std::size_t firstBlock = 16 * 1024;
constexpr std::size_t bodyStep
    = 128 * 1024; // read at a time, so that a claimed length costs nothing before it comes
constexpr std::uint64_t trustedLength = 4 * 1024 * 1024; // reserved at once
constexpr std::uint64_t smallBody = 256 * 1024; // read and dropped to keep a connection
constexpr std::uint64_t lingerBytes = 64 * 1024 * 1024;
constexpr Seconds lingerTime{2};
constexpr Millis peekAgainAfter{250};

using Gather = std::array<net::const_buffer, 4>;

bool isLoopback(const tcp::socket& socket)
{
    error_code error;
    const net::ip::address address = socket.remote_endpoint(error).address();
    if (error)
        return false;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6()).is_loopback();
    return address.is_loopback();
}

void appendNumber(std::string& text, std::uint64_t number)
{
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    text.append(digits.data(), end.ptr);
}

bool isFramingField(std::string_view name)
{
    constexpr std::array<std::string_view, 5> names{
        "content-length", "transfer-encoding", "connection", "keep-alive", "trailer"};
    return std::any_of(names.begin(), names.end(),
        [name](std::string_view other) { return equalsIgnoringCase(name, other); });
}

/// The status line and the given fields. A field that could break the head apart is left out.
void beginHead(std::string& out, int status, const Headers& headers)
{
    out = "HTTP/1.1 ";
    appendNumber(out, static_cast<std::uint64_t>(status));
    out += ' ';
    out += reasonPhrase(status);
    out += "\r\n";
    for (const Headers::Field& field : headers) {
        if (isFramingField(field.name) || !isToken(field.name) || !isFieldValue(field.value))
            continue;
        out += field.name;
        out += ": ";
        out += field.value;
        out += "\r\n";
    }
}

bool hasNoBody(int status)
{
    return status == 204 || status == 304;
}

/// What is shared with the handlers of waits, so that a door may go while they are under way.
struct Link : std::enable_shared_from_this<Link>
{
    enum class State { Open, Lingering, Closed };

    Link(tcp::socket given, const EngineOptions& options, Deadlines& owner)
        : socket(std::move(given))
        , deadlines(&owner)
        , headLimits{options.headBytes}
        , headLimit(options.headLimit)
        , bodyStallLimit(options.bodyStallLimit)
        , keepAliveLimit(options.keepAliveLimit)
    {
        limit.emplace(owner, [this] {
            isLate = true;
            error_code ignored;
            socket.cancel(ignored);
        });
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        socket.non_blocking(true, ignored);
        fromLoopback = isLoopback(socket);
    }

    std::string_view pending() const { return {block.get() + begin, end - begin}; }

    void consume(std::size_t count)
    {
        begin += count;
        if (begin == end)
            begin = end = 0;
    }

    /// The free part of the block; grows up to `most` octets in all.
    net::mutable_buffer room(std::size_t most)
    {
        if (end == capacity && begin > 0) {
            std::copy(block.get() + begin, block.get() + end, block.get());
            end -= begin;
            begin = 0;
        }
        if (end == capacity) {
            const std::size_t wanted
                = capacity == 0 ? firstBlock : std::min(capacity * 2, std::max(most, capacity + 1));
            auto larger = std::make_unique_for_overwrite<char[]>(wanted);
            std::copy(block.get(), block.get() + end, larger.get());
            block = std::move(larger);
            capacity = wanted;
        }
        return {block.get() + end, capacity - end};
    }

    /// A waiting stream needs no block.
    void releaseBlock()
    {
        if (begin != end)
            return;
        block.reset();
        begin = end = capacity = 0;
    }

    void setLimit(Millis time)
    {
        isLate = false;
        if (limit)
            limit->set(time);
    }

    void clearLimit()
    {
        if (limit)
            limit->clear();
    }

    void close()
    {
        state = State::Closed;
        onLeft = nullptr;
        clearLimit();
        if (lingerTimer)
            lingerTimer->cancel();
        error_code ignored;
        socket.close(ignored);
    }

    void reset()
    {
        error_code ignored;
        socket.set_option(net::socket_base::linger(true, 0), ignored);
        close();
    }

    /// Closing a socket with unread octets resets it, and the reset may overtake the reply. So the
    /// sending side is closed, and what still comes is dropped until the client closes too.
    void linger()
    {
        if (state != State::Open)
            return;
        state = State::Lingering;
        onLeft = nullptr;
        clearLimit();
        error_code ignored;
        socket.shutdown(tcp::socket::shutdown_send, ignored);
        lingerTimer.emplace(socket.get_executor(), lingerTime);
        lingerTimer->async_wait([self = shared_from_this()](error_code error) {
            if (!error)
                self->close();
        });
        begin = end = 0;
        discard();
    }

    void discard()
    {
        socket.async_read_some(
            room(0), [self = shared_from_this()](error_code error, std::size_t count) {
                self->discarded += count;
                if (error || self->state == State::Closed || self->discarded > lingerBytes)
                    self->close();
                else
                    self->discard();
            });
    }

    /// The end of a connection after its last reply.
    void finish()
    {
        if (state != State::Open)
            return;
        if (hasUnreadBody || begin != end || mayHaveUnread) {
            linger();
            return;
        }
        error_code ignored;
        socket.shutdown(tcp::socket::shutdown_both, ignored);
        close();
    }

    void abandon()
    {
        onLeft = nullptr;
        limit.reset();
        peekAgain.reset();
        if (state == State::Open)
            close();
    }

    // Watching

    void armWatch()
    {
        if (isWaiting || state != State::Open)
            return;
        isWaiting = true;
        socket.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
            self->isWaiting = false;
            if (self->onLeft && self->state == State::Open)
                self->look(error);
        });
    }

    void look(error_code error)
    {
        if (!error) {
            char octet = 0;
            socket.receive(net::buffer(&octet, 1), net::socket_base::message_peek, error);
            if (!error) {
                // A pipelined octet stays in the kernel and keeps the socket readable: look at
                // intervals.
                lookLater();
                return;
            }
            if (error == net::error::would_block) {
                armWatch();
                return;
            }
        }
        if (error == net::error::operation_aborted)
            return;
        tellLeft();
    }

    void lookLater()
    {
        if (!peekAgain) {
            peekAgain.emplace(*deadlines, [this] {
                if (!onLeft || state != State::Open)
                    return;
                if (sawHangUp())
                    tellLeft();
                else
                    lookLater();
            });
        }
        peekAgain->set(peekAgainAfter);
    }

    bool sawHangUp()
    {
#ifdef __linux__
        pollfd asked{socket.native_handle(), POLLRDHUP, 0};
        return poll(&asked, 1, 0) > 0 && (asked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
#else
        return false; // behind unread octets only the next write tells
#endif
    }

    void tellLeft()
    {
        const auto self = shared_from_this();
        if (const auto action = std::exchange(onLeft, nullptr))
            action();
    }

    tcp::socket socket;
    Deadlines* deadlines;
    std::optional<Deadlines::Deadline> limit; // of the read or write under way
    std::optional<Deadlines::Deadline> peekAgain;
    std::optional<net::steady_timer> lingerTimer;
    HeadLimits headLimits;
    Millis headLimit;
    Millis bodyStallLimit;
    Millis keepAliveLimit;
    Millis writeStallLimit{300'000};
    State state = State::Open;
    bool fromLoopback = false;
    bool isLate = false;
    bool isFirst = true;
    bool isClosing = false; // no request follows
    bool mayHaveUnread = false; // the client was refused in the middle of what it sends

    // Of the request at hand
    bool isHeadMethod = false;
    bool isHttp10 = false;
    bool wantsContinue = false;
    bool hasUnreadBody = false;
    Framing framing = Framing::None;
    std::uint64_t bodyLength = 0;
    std::string contentEncoding;

    bool isStreaming = false;
    bool isChunked = false;

    std::unique_ptr<char[]> block;
    std::size_t capacity = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string out; // the head of a reply
    std::uint64_t bytesRead = 0;
    std::uint64_t bytesWritten = 0;
    std::uint64_t discarded = 0;

    std::function<void()> onLeft;
    bool isWaiting = false;
};

using LinkPtr = std::shared_ptr<Link>;

/// Reads some octets; 0 when the client left, the door closed or the limit passed (isLate). The
/// caller sets the limit.
net::awaitable<std::size_t> readSome(LinkPtr link, net::mutable_buffer room, bool triesFirst)
{
    error_code error;
    std::size_t count = 0;
    if (triesFirst)
        count = link->socket.read_some(net::buffer(room), error);
    if (!triesFirst || error == net::error::would_block) {
        error = {};
        count = co_await link->socket.async_read_some(
            net::buffer(room), net::redirect_error(net::use_awaitable, error));
    }
    if (error)
        co_return 0;
    link->isLate = false;
    link->bytesRead += count;
    co_return count;
}

/// Reads into the block.
net::awaitable<bool> readMore(LinkPtr link, std::size_t most, bool triesFirst)
{
    const net::mutable_buffer room = link->room(most);
    const std::size_t count = co_await readSome(link, room, triesFirst);
    link->end += count;
    co_return count > 0;
}

/// Writes everything; false when the client is gone or takes nothing for too long.
net::awaitable<bool> writeAll(LinkPtr link, Gather parts)
{
    std::size_t left = net::buffer_size(parts);
    while (left > 0) {
        if (link->state != Link::State::Open)
            co_return false;
        error_code error;
        const std::size_t count = link->socket.write_some(parts, error);
        if (!error) {
            link->bytesWritten += count;
            left -= count;
            std::size_t passed = count;
            for (net::const_buffer& part : parts) {
                const std::size_t step = std::min(passed, part.size());
                part += step;
                passed -= step;
            }
            continue;
        }
        if (error == net::error::would_block) {
            error = {};
            link->setLimit(link->writeStallLimit);
            co_await link->socket.async_wait(
                tcp::socket::wait_write, net::redirect_error(net::use_awaitable, error));
            link->clearLimit();
        }
        if (error) {
            link->close();
            co_return false;
        }
    }
    co_return true;
}

Gather gathered(
    std::string_view a, std::string_view b = {}, std::string_view c = {}, std::string_view d = {})
{
    return {net::buffer(a.data(), a.size()), net::buffer(b.data(), b.size()),
        net::buffer(c.data(), c.size()), net::buffer(d.data(), d.size())};
}

/// Answers what is not HTTP, then ends the connection.
net::awaitable<void> refuse(LinkPtr link, HeadRefusal refusal)
{
    link->clearLimit();
    link->isClosing = true;
    link->mayHaveUnread = true;
    std::string body = R"({"error":{"type":"invalid_request_error","message":")";
    for (const char* c = refusal.reason; *c; ++c) {
        if (*c == '"')
            body += '\\';
        body += *c;
    }
    body += "\"}}\n";
    Headers headers;
    headers.add("Content-Type", "application/json");
    beginHead(link->out, refusal.status, headers);
    link->out += "Content-Length: ";
    appendNumber(link->out, body.size());
    link->out += "\r\nConnection: close\r\n\r\n";
    if (co_await writeAll(link, gathered(link->out, body)))
        link->finish();
}

/// Reads and drops a body that nobody asked for, so that the next request can be found behind it.
net::awaitable<bool> passOverBody(LinkPtr link)
{
    link->hasUnreadBody = false;
    link->setLimit(link->bodyStallLimit);
    bool isWhole = true;
    if (link->framing == Framing::Length) {
        std::uint64_t left = link->bodyLength;
        while (isWhole) {
            const std::size_t part
                = static_cast<std::size_t>(std::min<std::uint64_t>(left, link->pending().size()));
            link->consume(part);
            left -= part;
            if (left == 0)
                break;
            isWhole = co_await readMore(link, firstBlock, true);
        }
    } else {
        ChunkedDecoder decoder(smallBody);
        std::string dropped;
        while (isWhole) {
            dropped.clear();
            const auto used = decoder.feed(link->pending(), dropped);
            if (!used) {
                isWhole = false;
                break;
            }
            link->consume(*used);
            if (decoder.isDone())
                break;
            isWhole = co_await readMore(link, firstBlock, true);
        }
    }
    link->clearLimit();
    co_return isWhole;
}

/// Whether the connection ends with the reply that is about to be written.
bool endsWithReply(Link& link)
{
    if (link.hasUnreadBody) {
        // A client that waits for "100 Continue" may or may not send the body now; nobody can tell
        // which.
        const bool isLarge = link.framing == Framing::Length && link.bodyLength > smallBody;
        if (link.wantsContinue || isLarge)
            link.isClosing = true;
    }
    return link.isClosing;
}

void endHead(Link& link)
{
    if (endsWithReply(link))
        link.out += "Connection: close\r\n\r\n";
    else if (link.isHttp10)
        link.out += "Connection: keep-alive\r\n\r\n";
    else
        link.out += "\r\n";
}

/// `length` octets into a string, from the block first.
net::awaitable<Result<std::string>> readLength(LinkPtr link, std::uint64_t length)
{
    std::string body;
    body.reserve(static_cast<std::size_t>(std::min(length, trustedLength)) + bodyPadding);
    const std::size_t had
        = static_cast<std::size_t>(std::min<std::uint64_t>(length, link->pending().size()));
    body.append(link->pending().substr(0, had));
    link->consume(had);
    while (body.size() < length) {
        const std::size_t got = body.size();
        const std::size_t wanted
            = got + static_cast<std::size_t>(std::min<std::uint64_t>(length - got, bodyStep));
        if (body.capacity() < wanted + bodyPadding) {
            const auto next = std::min<std::uint64_t>(length, std::max(wanted, got * 2));
            body.reserve(static_cast<std::size_t>(next) + bodyPadding);
        }
        body.resize(wanted);
        link->setLimit(link->bodyStallLimit);
        const net::mutable_buffer room(body.data() + got, wanted - got);
        const std::size_t count = co_await readSome(link, room, true);
        body.resize(got + count);
        if (count == 0)
            co_return Error{ErrorKind::Cancelled, "The client left before its body was whole."};
    }
    co_return body;
}

net::awaitable<Result<std::string>> readChunked(LinkPtr link, std::uint64_t most)
{
    ChunkedDecoder decoder(most);
    std::string body;
    for (;;) {
        const auto used = decoder.feed(link->pending(), body);
        if (!used)
            co_return used.error();
        link->consume(*used);
        if (decoder.isDone())
            break;
        link->setLimit(link->bodyStallLimit);
        if (!co_await readMore(link, firstBlock, true))
            co_return Error{ErrorKind::Cancelled, "The client left before its body was whole."};
    }
    body.reserve(body.size() + bodyPadding);
    co_return body;
}

}

struct Door::Parts
{
    explicit Parts(LinkPtr given)
        : link(std::move(given))
    {
    }

    ~Parts() { link->abandon(); }

    LinkPtr link;
};

Door::Door(tcp::socket socket, const EngineOptions& options, Deadlines& deadlines)
    : m_parts(
        std::make_unique<Parts>(std::make_shared<Link>(std::move(socket), options, deadlines)))
{
}

Door::~Door() = default;

Door::Door(Door&&) noexcept = default;

net::awaitable<std::optional<RequestHead>> Door::nextHead()
{
    const LinkPtr link = m_parts->link;
    if (link->hasUnreadBody && staysOpen() && !co_await passOverBody(link)) {
        link->mayHaveUnread = true;
        link->finish();
    }
    if (link->isClosing || link->state != Link::State::Open) {
        link->finish();
        co_return std::nullopt;
    }

    const bool isIdle = link->pending().empty() && !link->isFirst;
    link->setLimit(isIdle ? link->keepAliveLimit : link->headLimit);
    HeadScan scan(link->headLimits);
    std::size_t size = 0;
    for (;;) {
        const auto found = scan.find(link->pending());
        if (!found) {
            co_await refuse(link, found.error());
            co_return std::nullopt;
        }
        size = *found;
        if (size > 0)
            break;
        const bool hadNone = link->pending().empty();
        if (!co_await readMore(link, link->headLimits.bytes + firstBlock, false)) {
            const bool isLate = link->isLate && link->state == Link::State::Open;
            HeadRefusal refusal{408, "The head of the request did not arrive in time."};
            if (isLate && !hadNone)
                co_await refuse(link, refusal);
            else
                link->close();
            co_return std::nullopt;
        }
        if (hadNone && isIdle)
            link->setLimit(link->headLimit);
    }
    link->clearLimit();
    link->isFirst = false;

    auto parsed = parseHead(link->pending().substr(0, size), link->headLimits);
    link->consume(size);
    if (!parsed) {
        co_await refuse(link, parsed.error());
        co_return std::nullopt;
    }
    parsed->head.fromLoopback = link->fromLoopback;
    link->isHttp10 = parsed->isHttp10;
    link->isHeadMethod = parsed->head.method == "HEAD";
    link->isClosing = !parsed->keepsAlive;
    link->framing = parsed->framing;
    link->bodyLength = parsed->length;
    link->wantsContinue = parsed->expectsContinue;
    link->hasUnreadBody = parsed->framing == Framing::Chunked || parsed->length > 0;
    link->contentEncoding.clear();
    for (const Headers::Field& field : parsed->head.headers) {
        if (equalsIgnoringCase(field.name, "content-encoding")) {
            if (!link->contentEncoding.empty())
                link->contentEncoding += ", ";
            link->contentEncoding += field.value;
        }
    }
    co_return std::move(parsed->head);
}

net::awaitable<Result<std::string>> Door::readBody(std::uint64_t most)
{
    const LinkPtr link = m_parts->link;
    if (!link->hasUnreadBody) {
        std::string none;
        none.reserve(bodyPadding);
        co_return none;
    }
    const auto coding = bodyCodingFrom(link->contentEncoding);
    if (!coding) {
        link->isClosing = true;
        co_return coding.error();
    }
    if (link->framing == Framing::Length && link->bodyLength > most) {
        link->isClosing = true;
        co_return Error{ErrorKind::TooLarge, "The body is larger than this listener takes."};
    }
    if (link->wantsContinue) {
        link->wantsContinue = false;
        const Gather goOn = gathered("HTTP/1.1 100 Continue\r\n\r\n");
        if (link->pending().empty() && !co_await writeAll(link, goOn)) {
            link->isClosing = true;
            co_return Error{ErrorKind::Cancelled, "The client left before its body was whole."};
        }
    }
    Result<std::string> body = Error{};
    if (link->framing == Framing::Length)
        body = co_await readLength(link, link->bodyLength);
    else
        body = co_await readChunked(link, most);
    link->clearLimit();
    if (!body) {
        link->isClosing = true;
        if (body.error().kind == ErrorKind::Cancelled && link->isLate)
            co_return Error{ErrorKind::ClientTimeout, "The body did not arrive in time."};
        co_return body;
    }
    link->hasUnreadBody = false;
    if (*coding == BodyCoding::Identity)
        co_return body;
    auto decoded = decodeBody(*coding, *body, most);
    if (!decoded)
        link->isClosing = true;
    co_return decoded;
}

net::awaitable<bool> Door::reply(int status, const Headers& headers, std::string_view body)
{
    const LinkPtr link = m_parts->link;
    beginHead(link->out, status, headers);
    if (!hasNoBody(status)) {
        link->out += "Content-Length: ";
        appendNumber(link->out, body.size());
        link->out += "\r\n";
    }
    endHead(*link);
    if (link->isHeadMethod || hasNoBody(status))
        body = {};
    const Gather parts = gathered(link->out, body);
    if (!co_await writeAll(link, parts))
        co_return false;
    if (link->isClosing)
        link->finish();
    co_return true;
}

net::awaitable<bool> Door::beginStream(
    int status, const Headers& headers, std::string_view firstPiece)
{
    const LinkPtr link = m_parts->link;
    link->releaseBlock();
    link->isStreaming = true;
    link->isChunked = !link->isHttp10;
    beginHead(link->out, status, headers);
    if (link->isChunked)
        link->out += "Transfer-Encoding: chunked\r\n";
    else
        link->isClosing = true;
    endHead(*link);
    std::string_view end;
    if (link->isHeadMethod || hasNoBody(status))
        firstPiece = {};
    if (!firstPiece.empty() && link->isChunked) {
        std::array<char, 16> digits;
        const auto last
            = std::to_chars(digits.data(), digits.data() + digits.size(), firstPiece.size(), 16);
        link->out.append(digits.data(), last.ptr);
        link->out += "\r\n";
        end = "\r\n";
    }
    const Gather parts = gathered(link->out, firstPiece, end);
    co_return co_await writeAll(link, parts);
}

net::awaitable<bool> Door::writePiece(std::string_view piece)
{
    const LinkPtr link = m_parts->link;
    if (piece.empty() || link->isHeadMethod)
        co_return link->state == Link::State::Open;
    if (!link->isChunked) {
        const Gather bare = gathered(piece);
        co_return co_await writeAll(link, bare);
    }
    std::array<char, 18> size;
    char* last = std::to_chars(size.data(), size.data() + 16, piece.size(), 16).ptr;
    *last++ = '\r';
    *last++ = '\n';
    const std::string_view sizeLine(size.data(), static_cast<std::size_t>(last - size.data()));
    const Gather parts = gathered(sizeLine, piece, "\r\n");
    co_return co_await writeAll(link, parts);
}

net::awaitable<bool> Door::endStream()
{
    const LinkPtr link = m_parts->link;
    link->isStreaming = false;
    if (link->isChunked && !link->isHeadMethod) {
        const Gather end = gathered("0\r\n\r\n");
        if (!co_await writeAll(link, end))
            co_return false;
    }
    if (link->state != Link::State::Open)
        co_return false;
    if (link->isClosing)
        link->finish();
    co_return true;
}

void Door::breakOff()
{
    const LinkPtr link = m_parts->link;
    link->isClosing = true;
    if (link->isStreaming && link->isChunked)
        link->linger(); // what was written before still reaches the client
    else
        link->reset();
    link->isStreaming = false;
}

void Door::watch(std::function<void()> onLeft)
{
    const LinkPtr link = m_parts->link;
    link->onLeft = std::move(onLeft);
    link->armWatch();
}

void Door::unwatch()
{
    // The wait itself is left standing: it serves the next call, and cancelling it would cost each
    // call a turn.
    m_parts->link->onLeft = nullptr;
    if (m_parts->link->peekAgain)
        m_parts->link->peekAgain->clear();
}

void Door::closeAfterReply()
{
    m_parts->link->isClosing = true;
}

bool Door::staysOpen() const
{
    return m_parts->link->state == Link::State::Open && !m_parts->link->isClosing;
}

void Door::setWriteStallLimit(Millis limit)
{
    m_parts->link->writeStallLimit = limit;
}

std::uint64_t Door::bytesRead() const
{
    return m_parts->link->bytesRead;
}

std::uint64_t Door::bytesWritten() const
{
    return m_parts->link->bytesWritten;
}

Door::Given Door::release()
{
    const LinkPtr link = m_parts->link;
    error_code ignored;
    link->socket.cancel(ignored); // a watch of an earlier request may wait on it
    Given given{std::move(link->socket), std::string(link->pending())};
    link->close();
    return given;
}

void Door::close()
{
    m_parts->link->close();
}

}
