#include "engine/web_socket.h"

#include "base/hash.h"
#include "base/text.h"
#include "chat/raw_text.h"
#include "dialect/dialect.h"
#include "dialect/sse.h"
#include "dialect/tree.h"
#include "engine/reply_parser.h"
#include "relay/response_store.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace waystation {

namespace {

namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using net::ip::tcp;

constexpr std::size_t mostWaiting = 16;
constexpr std::size_t blockOctets = 32 * 1024;
constexpr std::size_t mostRefusalOctets = 1u << 20;
constexpr std::size_t keptBuffer = 1u << 20;
constexpr Millis writeStallLimit {300'000};
constexpr Millis closingLimit {5'000};
/// The last event was sent; the end of the stream behind it lets the upstream connection be used again.
constexpr Millis endLimit {1'000};
constexpr std::string_view socketBeta = "responses_websockets";

/// What of the upgrade belongs to that one connection, and what the POST says for itself.
constexpr std::array<std::string_view, 15> ownFields {"accept", "accept-encoding", "connection", "content-encoding", "content-length",
    "content-type", "expect", "host", "keep-alive", "openai-beta", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"};

bool isOwnField(std::string_view name)
{
    return startsWithIgnoringCase(name, "sec-websocket-")
        || std::any_of(ownFields.begin(), ownFields.end(), [name](std::string_view own) { return equalsIgnoringCase(name, own); });
}

void addField(std::string& head, std::string_view name, std::string_view value)
{
    head.append(name).append(": ").append(value).append("\r\n");
}

/// The POST's head up to its length.
std::string postHeadOf(const RequestHead& upgrade)
{
    std::string head = "POST " + upgrade.path + (upgrade.query.empty() ? "" : "?" + upgrade.query) + " HTTP/1.1\r\n";
    addField(head, "Host", upgrade.headers.value("host"));
    for (const Headers::Field& field : upgrade.headers) {
        if (equalsIgnoringCase(field.name, "openai-beta")) {
            std::vector<std::string> kept;
            for (const std::string_view word : split(field.value, ',')) {
                if (!startsWithIgnoringCase(trimmed(word), socketBeta))
                    kept.emplace_back(trimmed(word));
            }
            if (!kept.empty())
                addField(head, field.name, joined(kept, ", "));
        } else if (!isOwnField(field.name) && !upgrade.headers.listHas("connection", field.name)) {
            addField(head, field.name, field.value);
        }
    }
    addField(head, "Accept", "text/event-stream");
    addField(head, "Content-Type", "application/json");
    addField(head, "Connection", "close");
    return head;
}

/// The handshake's part of the upgrade. The client's own octets behind it (it should send none yet) belong to the socket.
std::string handshakeOf(const RequestHead& upgrade, std::string_view octets)
{
    std::string text = "GET / HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    for (const char* name : {"Sec-WebSocket-Key", "Sec-WebSocket-Version"}) {
        if (const auto value = upgrade.headers.find(name))
            addField(text, name, *value);
    }
    return text.append("\r\n").append(octets);
}

Error fault(ErrorKind kind, std::string message, std::string field = {})
{
    return {kind, std::move(message), std::move(field)};
}

/// A response.create is a POST's body and some words of its own.
struct Turn
{
    std::string body;
    bool isWarmUp = false;
    bool isStored = true;
};

struct Message
{
    std::string type;
    Turn turn; // of a response.create
};

Result<Message> readMessage(std::string_view text)
{
    json::Tree tree;
    if (!tree.parse(text))
        return fault(ErrorKind::BadRequest, std::string("the message is not JSON: ") + tree.problem());
    if (!tree.root().isObject())
        return fault(ErrorKind::BadRequest, "the message is no JSON object");
    Message message;
    message.type = tree.root()["type"].text().toString();
    message.turn.isWarmUp = tree.root()["generate"].kind() == json::Kind::False;
    message.turn.isStored = tree.root()["store"].kind() != json::Kind::False;
    std::string& body = message.turn.body;
    body.reserve(text.size() + 16);
    body = "{\"stream\":true";
    for (const json::Field field : tree.root().fields()) {
        const bool isOfTheMessage = field.key.is("type") || field.key.is("generate") || field.key.is("stream") || field.key.is("background");
        if (!isOfTheMessage)
            body.append(",\"").append(field.key.escaped()).append("\":").append(field.value.raw());
    }
    body += '}';
    return message;
}

/// An error of HTTP as an event.
std::string errorEvent(int status, std::string_view body, const Headers& headers)
{
    json::Tree tree;
    const json::Value inner = tree.parse(body) ? tree.root()["error"] : json::Value();
    std::string event = "{\"type\":\"error\",\"status\":" + std::to_string(status) + ",\"error\":";
    if (inner.isObject())
        event += inner.raw();
    else
        event += "{\"message\":" + jsonString(oneLine(body)) + ",\"type\":\"server_error\",\"param\":null,\"code\":null}";
    std::string told;
    for (const Headers::Field& field : headers) {
        if (!startsWithIgnoringCase(field.name, "retry-after") && !startsWithIgnoringCase(field.name, "x-"))
            continue;
        told += (told.empty() ? "" : ",") + jsonString(lower(field.name)) + ':' + jsonString(field.value);
    }
    if (!told.empty())
        event += ",\"headers\":{" + told + '}';
    return event + '}';
}

std::string errorEvent(const Error& error)
{
    const ErrorReply reply = writeError(DialectId::OpenaiResponses, error, {});
    return errorEvent(reply.status, reply.body, reply.headers);
}

/// A text message must be UTF-8, whatever an upstream wrote.
std::string asUtf8(std::string_view text)
{
    if (isValidUtf8(text))
        return std::string(text);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t length = 1;
        while (length <= 4 && !isValidUtf8(text.substr(at, length)))
            ++length;
        if (length > 4) {
            out += "\xEF\xBF\xBD";
            ++at;
        } else {
            out += text.substr(at, length);
            at += length;
        }
    }
    return out;
}

/// Makes messages of a stream's events and keeps what the next turn may go on from.
class TurnReply
{
public:
    void feed(std::string_view piece)
    {
        m_reader.feed(piece, [this](const StreamEvent& event) { take(event); });
    }

    void finish()
    {
        m_reader.finish([this](const StreamEvent& event) { take(event); });
    }

    /// Since they were last asked for.
    std::vector<std::string> messages() { return std::exchange(m_messages, {}); }
    bool sawComment() { return std::exchange(m_sawComment, false); }
    /// The protocol's last event has come.
    bool isOver() const { return m_isOver; }

    /// What can be gone on from, as an object with id and output; empty when the answer failed. Reasoning that is neither
    /// stored by anyone nor in its sealed form can be shown to nobody again.
    std::string remembered(bool isStored) const
    {
        if (m_id.empty())
            return {};
        std::string output;
        json::Tree tree;
        for (const std::string& item : m_output) {
            const bool isLost = !isStored && tree.parse(item) && tree.root()["type"].is("reasoning") && !tree.root()["encrypted_content"];
            if (!isLost)
                output += (output.empty() ? "" : ",") + item;
        }
        return "{\"id\":" + m_id + ",\"output\":[" + output + "]}";
    }

private:
    void take(const StreamEvent& event)
    {
        if (event.data.empty()) {
            m_sawComment = true;
            return;
        }
        if (event.data == "[DONE]")
            return;
        m_messages.push_back(asUtf8(event.data));
        if (!m_tree.parse(m_messages.back()))
            return;
        const json::Value root = m_tree.root();
        const json::Value type = root["type"];
        if (type.is("response.output_item.done")) {
            m_output.emplace_back(root["item"].raw());
        } else if (type.is("response.completed") || type.is("response.incomplete")) {
            m_isOver = true;
            const json::Value response = root["response"];
            if (response["id"].isString())
                m_id = response["id"].raw();
            if (response["output"].size() == 0)
                return; // some upstreams tell the items in their own events only
            m_output.clear();
            for (const json::Value item : response["output"])
                m_output.emplace_back(item.raw());
        } else if (type.is("response.failed") || type.is("response.cancelled") || type.is("error")) {
            m_isOver = true;
        }
    }

    SseReader m_reader;
    json::Tree m_tree;
    std::vector<std::string> m_messages;
    std::vector<std::string> m_output; // items
    std::string m_id;                  // with its quotes
    bool m_sawComment = false;
    bool m_isOver = false;
};

/// One of the two events that answer a warm-up.
std::string emptyResponse(const json::Value& request, const std::string& id, std::int64_t madeAt, bool isCompleted)
{
    const json::Value model = request["model"];
    std::string text = isCompleted ? "{\"type\":\"response.completed\",\"sequence_number\":1" : "{\"type\":\"response.created\",\"sequence_number\":0";
    text += ",\"response\":{\"id\":" + jsonString(id) + ",\"object\":\"response\",\"created_at\":" + std::to_string(madeAt);
    text += isCompleted ? ",\"status\":\"completed\"" : ",\"status\":\"in_progress\"";
    text += ",\"error\":null,\"incomplete_details\":null,\"model\":" + (model ? std::string(model.raw()) : std::string("null")) + ",\"output\":[],\"usage\":";
    text += isCompleted ? "{\"input_tokens\":0,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":0,"
                          "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":0}"
                        : "null";
    return text + "}}";
}

}

bool asksForResponsesSocket(const RequestHead& head)
{
    if (head.method != "GET" || !head.headers.listHas("connection", "upgrade") || !head.headers.listHas("upgrade", "websocket"))
        return false;
    if (head.headers.has("transfer-encoding") || (head.headers.has("content-length") && head.headers.value("content-length") != "0"))
        return false; // a body would be taken for frames
    const auto address = addressOf("POST", head.path, head.query, head.headers);
    return address && address->dialect == DialectId::OpenaiResponses && address->operation == Operation::Generate && address->tail == "/responses";
}

struct ResponsesSocket::Parts
{
    Parts(Deadlines& deadlines, Door::Given connection, RequestHead head, Limits given)
        : limits(given),
          handshake(handshakeOf(head, connection.octets)),
          postHead(postHeadOf(head)),
          socket(std::move(connection.socket)),
          news(socket.get_executor(), Tick::max()),
          written(socket.get_executor(), Tick::max()),
          age(deadlines,
              [this] {
                  isOld = true;
                  news.cancel();
              }),
          stall(deadlines, [this] { drop(); }),
          patience(deadlines, [this] { closeCall(); })
    {
        error_code ignored;
        self = socket.next_layer().local_endpoint(ignored);
        socket.next_layer().set_option(net::socket_base::keep_alive(true), ignored);
        websocket::stream_base::timeout times {closingLimit, websocket::stream_base::none(), false};
        socket.set_option(times);
        socket.read_message_max(static_cast<std::size_t>(limits.messageOctets));
        socket.auto_fragment(false);
        socket.text(true);
    }

    net::awaitable<void> readMessages();
    net::awaitable<void> take(std::string_view text);
    net::awaitable<void> answerTurns();
    net::awaitable<void> answer(Turn turn);
    net::awaitable<void> warmUp(std::string body);
    net::awaitable<void> ask(std::string body, bool isStored);
    net::awaitable<void> pass(TurnReply& reply);
    /// Waits for its turn to write; false when nobody listens any more.
    net::awaitable<bool> mayWrite();
    void endWriting(error_code error);
    net::awaitable<void> send(std::string message);
    net::awaitable<void> ping();
    net::awaitable<void> close(websocket::close_code code, const char* why);

    std::size_t waitingOctets() const
    {
        std::size_t octets = 0;
        for (const Turn& turn : waiting)
            octets += turn.body.size();
        return octets;
    }

    /// Ends the call under way; the relay takes it for a client that left.
    void closeCall()
    {
        error_code ignored;
        if (call)
            call->close(ignored);
    }

    /// Nobody listens any more.
    void drop()
    {
        isOver = true;
        closeCall();
        error_code ignored;
        socket.next_layer().close(ignored);
        news.cancel();
        written.cancel();
    }

    Limits limits;
    std::string handshake;
    std::string postHead;
    websocket::stream<tcp::socket, false> socket;
    tcp::endpoint self; // where the client came in
    ResponseStore memory;
    std::deque<Turn> waiting;
    net::steady_timer news;    // cancelled when there is something to look at
    net::steady_timer written; // cancelled when a message is out
    Deadlines::Deadline age;
    Deadlines::Deadline stall;
    Deadlines::Deadline patience;
    tcp::socket* call = nullptr; // to this relay, while a turn waits for it
    bool isAnswering = false;
    bool isCancelled = false; // the turn
    bool isWriting = false;
    bool isOld = false;
    bool isLeaving = false;
    bool isOver = false;
};

net::awaitable<void> ResponsesSocket::Parts::readMessages()
{
    boost::beast::flat_buffer buffer;
    error_code error;
    while (!isOver) {
        co_await socket.async_read(buffer, net::redirect_error(net::use_awaitable, error));
        if (error)
            break;
        const std::string_view text(static_cast<const char*>(buffer.cdata().data()), buffer.size());
        co_await take(text);
        buffer.clear();
        if (buffer.capacity() > keptBuffer)
            buffer.shrink_to_fit();
    }
    drop();
}

net::awaitable<void> ResponsesSocket::Parts::take(std::string_view text)
{
    auto message = readMessage(text);
    std::optional<Error> problem;
    if (!message)
        problem = message.error();
    else if (message->type == "response.cancel" && isAnswering)
        isCancelled = true;
    else if (message->type == "response.cancel")
        problem = fault(ErrorKind::BadRequest, "there is no response under way to cancel");
    else if (message->type != "response.create")
        problem = fault(ErrorKind::BadRequest,
            "this relay takes the messages response.create and response.cancel, not \"" + oneLine(message->type, 60) + "\"", "type");
    else if (waiting.size() + (isAnswering ? 1 : 0) > mostWaiting || waitingOctets() + message->turn.body.size() > limits.messageOctets + blockOctets)
        problem = fault(ErrorKind::Busy, "too many responses wait on this connection; wait for one of them to end");
    else
        waiting.push_back(std::move(message->turn));

    if (isCancelled)
        closeCall();
    news.cancel();
    if (problem)
        co_await send(errorEvent(*problem));
}

net::awaitable<void> ResponsesSocket::Parts::answerTurns()
{
    error_code ignored;
    while (!isOver && !isLeaving && !isOld) {
        if (waiting.empty()) {
            co_await news.async_wait(net::redirect_error(net::use_awaitable, ignored));
            continue;
        }
        Turn turn = std::move(waiting.front());
        waiting.pop_front();
        isAnswering = true;
        isCancelled = false;
        co_await answer(std::move(turn));
        isAnswering = false;
    }
    if (isOver)
        co_return;
    if (isLeaving)
        co_return co_await close(websocket::close_code::going_away, "the relay is stopping");
    std::string last = "{\"type\":\"error\",\"status\":400,\"error\":{\"type\":\"invalid_request_error\",\"code\":\"websocket_connection_limit_reached\","
                       "\"message\":\"this connection has reached its greatest age; open a new one to go on\",\"param\":null}}";
    co_await send(std::move(last));
    co_await close(websocket::close_code::normal, "too old");
}

net::awaitable<void> ResponsesSocket::Parts::answer(Turn turn)
{
    // An id that is not known here goes on as it is: the relay's own store or the upstream may know it.
    if (auto whole = memory.expanded(ClientId(), turn.body, wallNow()))
        turn.body = std::move(*whole);
    if (turn.isWarmUp)
        co_await warmUp(std::move(turn.body));
    else
        co_await ask(std::move(turn.body), turn.isStored);
}

net::awaitable<void> ResponsesSocket::Parts::warmUp(std::string body)
{
    json::Tree tree;
    tree.parse(body);
    const json::Value request = tree.root();
    if (request["previous_response_id"]) {
        const Error error = fault(ErrorKind::BadRequest, "no answer of this connection has the previous_response_id", "previous_response_id");
        co_return co_await send(errorEvent(error));
    }
    const std::string id = "resp_" + randomBase62(32);
    const TimePoint now = wallNow();
    const std::int64_t madeAt = microsSinceEpoch(now) / 1'000'000;
    memory.remember(ClientId(), body, "{\"id\":" + jsonString(id) + ",\"output\":[]}", now);
    co_await send(emptyResponse(request, id, madeAt, false));
    co_await send(emptyResponse(request, id, madeAt, true));
}

net::awaitable<void> ResponsesSocket::Parts::ask(std::string body, bool isStored)
{
    tcp::socket connection(socket.get_executor());
    call = &connection;
    error_code error;
    co_await connection.async_connect(self, net::redirect_error(net::use_awaitable, error));
    if (!error && !isCancelled) {
        const std::string head = postHead + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
        const std::array<net::const_buffer, 2> request {net::buffer(head), net::buffer(body)};
        error_code ignored; // a refusal may come before the body was taken
        co_await net::async_write(connection, request, net::redirect_error(net::use_awaitable, ignored));
    }

    ReplyParser parser;
    TurnReply reply;
    std::string refusal;
    bool hasHead = false;
    bool isRefused = false;
    bool isBroken = false;
    const auto block = std::make_unique_for_overwrite<char[]>(blockOctets);
    while (!error && !isBroken && !isOver && !isCancelled && !(hasHead && parser.isDone())) {
        const auto room = net::buffer(block.get(), blockOctets);
        const std::size_t count = co_await connection.async_read_some(room, net::redirect_error(net::use_awaitable, error));
        if (error)
            break;
        std::size_t begin = 0;
        if (!hasHead) {
            std::string_view octets(block.get(), count);
            const auto whole = parser.readHead(octets);
            isBroken = !whole;
            hasHead = whole && *whole;
            isRefused = hasHead && parser.head().status != 200;
            begin = count - octets.size();
        }
        while (hasHead && begin < count && !parser.isDone() && !isBroken) {
            std::size_t used = 0;
            const auto piece = parser.readBody(block.get() + begin, count - begin, used);
            isBroken = !piece;
            begin += used;
            if (piece && isRefused)
                refusal.append(piece->substr(0, mostRefusalOctets - refusal.size()));
            else if (piece)
                reply.feed(*piece);
        }
        co_await pass(reply);
        if (reply.isOver() && !patience.isSet())
            patience.set(endLimit);
    }
    patience.clear();
    call = nullptr;
    reply.finish();
    co_await pass(reply);

    if (const std::string made = reply.remembered(isStored); !made.empty())
        memory.remember(ClientId(), body, made, wallNow());
    if (isOver || reply.isOver())
        co_return;
    if (isCancelled)
        co_return co_await send(errorEvent(fault(ErrorKind::Cancelled, "the response was cancelled by its client")));
    if (hasHead && isRefused)
        co_return co_await send(errorEvent(parser.head().status, refusal, parser.head().headers));
    co_await send(errorEvent(fault(ErrorKind::Cut, "the response ended before its last event")));
}

net::awaitable<void> ResponsesSocket::Parts::pass(TurnReply& reply)
{
    std::vector<std::string> messages = reply.messages();
    const bool sawComment = reply.sawComment();
    if (messages.empty() && sawComment)
        co_await ping();
    for (std::string& message : messages) {
        if (isCancelled && !reply.isOver())
            break;
        co_await send(std::move(message));
    }
}

net::awaitable<bool> ResponsesSocket::Parts::mayWrite()
{
    error_code ignored;
    while (isWriting && !isOver)
        co_await written.async_wait(net::redirect_error(net::use_awaitable, ignored));
    isWriting = !isOver;
    if (isWriting)
        stall.set(writeStallLimit);
    co_return isWriting;
}

void ResponsesSocket::Parts::endWriting(error_code error)
{
    stall.clear();
    isWriting = false;
    written.cancel();
    if (error)
        drop();
}

net::awaitable<void> ResponsesSocket::Parts::send(std::string message)
{
    if (!co_await mayWrite())
        co_return;
    error_code error;
    const auto octets = net::buffer(message);
    co_await socket.async_write(octets, net::redirect_error(net::use_awaitable, error));
    endWriting(error);
}

net::awaitable<void> ResponsesSocket::Parts::ping()
{
    if (!co_await mayWrite())
        co_return;
    error_code error;
    const websocket::ping_data nothing;
    co_await socket.async_ping(nothing, net::redirect_error(net::use_awaitable, error));
    endWriting(error);
}

net::awaitable<void> ResponsesSocket::Parts::close(websocket::close_code code, const char* why)
{
    const websocket::close_reason reason(code, why);
    error_code ignored;
    co_await socket.async_close(reason, net::redirect_error(net::use_awaitable, ignored));
    drop();
}

ResponsesSocket::ResponsesSocket(Deadlines& deadlines, Door::Given connection, RequestHead head, Limits limits)
    : m_parts(std::make_unique<Parts>(deadlines, std::move(connection), std::move(head), limits))
{
}

ResponsesSocket::~ResponsesSocket() = default;

net::awaitable<void> ResponsesSocket::run()
{
    using namespace net::experimental::awaitable_operators;
    Parts& parts = *m_parts;
    error_code error;
    const auto octets = net::buffer(parts.handshake);
    co_await parts.socket.async_accept(octets, net::redirect_error(net::use_awaitable, error));
    if (error)
        co_return;
    parts.age.set(parts.limits.lifetime);
    auto reading = parts.readMessages();
    auto answering = parts.answerTurns();
    co_await (std::move(reading) && std::move(answering));
}

void ResponsesSocket::leave()
{
    m_parts->isLeaving = true;
    m_parts->news.cancel();
}

}
