#include "relay/exchange.h"

#include "base/text.h"
#include "chat/collect.h"
#include "dialect/convert.h"
#include "dialect/leave_out.h"
#include "relay/converted.h"
#include "relay/converted_other.h"
#include "relay/guard.h"
#include "relay/splice.h"

#include <simdjson.h>

#include <array>

namespace waystation {

namespace {

/// A whole reply larger than this is no answer to a model call (reliability.md A8).
constexpr std::size_t mostWholeOctets = 64u << 20;

/// Request fields that stay here: framing, the hop, credentials, and what tells the upstream about this machine.
constexpr std::array<std::string_view, 28> keptHere {"host", "content-length", "content-encoding", "connection", "keep-alive",
    "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect",
    "accept-encoding", "authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "origin", "referer", "forwarded",
    "via", "x-real-ip", "from", "dnt", "priority", "http2-settings"};
constexpr std::array<std::string_view, 5> keptHereByStart {"x-forwarded-", "x-stainless-", "x-waystation-", "sec-", "access-control-"};

/// Reply fields that may go on to the client.
constexpr std::array<std::string_view, 14> passedOn {"content-type", "content-disposition", "content-language", "cache-control",
    "retry-after", "retry-after-ms", "x-should-retry", "openai-processing-ms", "openai-version", "openai-model",
    "x-oneapi-request-id", "x-new-api-version", "ratelimit", "ratelimit-policy"};
constexpr std::array<std::string_view, 4> passedOnByStart {"anthropic-", "x-ratelimit-", "x-goog-quota", "x-groq-"};

template <std::size_t Exact, std::size_t Starts>
bool isListed(std::string_view name, const std::array<std::string_view, Exact>& exact, const std::array<std::string_view, Starts>& starts)
{
    for (const std::string_view each : exact) {
        if (equalsIgnoringCase(name, each))
            return true;
    }
    for (const std::string_view each : starts) {
        if (startsWithIgnoringCase(name, each))
            return true;
    }
    return false;
}

bool isEventStream(const Headers& headers)
{
    return startsWithIgnoringCase(headers.value("content-type"), "text/event-stream");
}

bool isAnthropicHost(std::string_view host)
{
    return host == "anthropic.com" || host.ends_with(".anthropic.com");
}

bool isJsonType(std::string_view type)
{
    return type.empty() || containsIgnoringCase(type, "json") || startsWithIgnoringCase(type, "text/");
}

/// Whether a reply to the operation is JSON by its protocol (audio and video content are not).
bool answersJson(Operation operation)
{
    return operation == Operation::Generate || operation == Operation::CountTokens || operation == Operation::Completions
        || operation == Operation::Embeddings || operation == Operation::Images || operation == Operation::Rerank
        || operation == Operation::Moderations || operation == Operation::VideoCreate;
}

/// What a whole JSON reply says about itself.
struct WholeReply
{
    bool isJson = false;
    bool isError = false;
    std::string id;
    std::string model;
};

WholeReply lookAt(std::string& body)
{
    WholeReply seen;
    thread_local simdjson::dom::parser parser;
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    simdjson::dom::element root;
    if (parser.parse(body.data(), body.size(), false).get(root) != simdjson::SUCCESS)
        return seen;
    seen.isJson = true;
    simdjson::dom::object object;
    if (root.get_object().get(object) != simdjson::SUCCESS)
        return seen;
    bool hasAnswer = false;
    bool hasError = false;
    for (const auto& [key, value] : object) {
        std::string_view text;
        if (key == "id" || key == "task_id" || key == "responseId") {
            if (seen.id.empty() && value.get_string().get(text) == simdjson::SUCCESS)
                seen.id = std::string(text);
        } else if (key == "model" || key == "modelVersion") {
            if (value.get_string().get(text) == simdjson::SUCCESS)
                seen.model = std::string(text);
        } else if (key == "error") {
            hasError = !value.is_null();
        } else if (key == "choices" || key == "content" || key == "output" || key == "candidates" || key == "data"
            || key == "results" || key == "embedding" || key == "embeddings") {
            hasAnswer = true;
        }
    }
    seen.isError = hasError && !hasAnswer;
    return seen;
}

class PassThrough : public Exchange
{
public:
    PassThrough(const RawCall& call, const Address& address, const CallSketch& sketch, const Route& route, const ExchangeFacts& facts)
        : m_call(call), m_address(address), m_sketch(sketch), m_route(route), m_facts(facts)
    {
        const bool speaksChat = address.dialect == DialectId::OpenaiChat
            && (address.operation == Operation::Generate || address.operation == Operation::Completions);
        m_asksForUsage = speaksChat && sketch.stream && !sketch.asksForUsage && !route.channel->refusesStreamOptions;
    }

    UpstreamRequest request() override
    {
        UpstreamRequest request;
        request.origin = m_route.endpoint->base.origin;
        request.method = m_call.head.method;
        request.target = upstreamTarget(m_address, *m_route.endpoint, m_route.model, m_call.head.query);
        request.headers = upstreamHeaders(m_call.head, m_route, m_facts.viaValue);
        // Gemini has the model in its path only; an Azure deployment is named there too, but its upstream reads the body.
        const bool isGemini = m_address.dialect == DialectId::Gemini;
        Edits edits {isGemini ? ModelName() : m_route.model, m_address.modelInPath && !isGemini, m_asksForUsage, {}};
        if (m_address.operation == Operation::Generate || m_address.operation == Operation::CountTokens)
            edits.leaveOut = spansToLeaveOut(m_address.dialect, m_call.body, isAnthropicHost(m_route.endpoint->base.origin.host));
        request.body = splice(m_call.body, m_sketch, edits, m_made);
        return request;
    }

    ReplyHead replyHead(const ReplyHead& upstream) override
    {
        ReplyHead head;
        head.status = upstream.status;
        for (const Headers::Field& field : upstream.headers) {
            if (isListed(field.name, passedOn, passedOnByStart))
                head.headers.add(field.name, field.value);
        }
        m_isSse = isEventStream(upstream.headers);
        m_isArray = !m_isSse && m_address.streamsAsArray;
        m_isWhole = !m_isSse && !m_isArray && isJsonType(upstream.headers.value("content-type"));
        // A whole answer to a client that waits for a stream is told as one: what clients make of the other way round goes
        // from silence to endless repeats (clients.md rule 1).
        m_isRetold = m_isWhole && m_sketch.stream && !m_address.streamsAsArray && m_address.operation == Operation::Generate;
        if (m_isRetold)
            head.headers.set("content-type", "text/event-stream");
        if (m_isSse || m_isArray)
            m_reader = makeStreamReader(m_address.dialect, m_address.operation);
        m_upstreamId = upstreamIdOf(upstream.headers);
        return head;
    }

    bool isStream() const override { return m_isSse || m_isArray || m_isRetold; }

    std::string_view feed(std::string_view piece, Tick now) override
    {
        m_now = now;
        if (m_isWhole) {
            if (m_whole.size() + piece.size() > mostWholeOctets)
                m_tooLarge = true;
            else
                m_whole += piece;
            return {};
        }
        if (!m_isSse && !m_isArray) {
            m_worthCommitting = true;
            return piece;
        }
        m_out.clear();
        m_run = {};
        m_piece = piece;
        const auto each = [this](const SseReader::Event& event) { take(event); };
        const bool fits = m_isSse ? m_sse.feed(piece, each) : m_array.feed(piece, each);
        if (!fits)
            m_ending = Error {ErrorKind::BadReply, "an event of the reply is larger than 32 MiB"};
        return taken();
    }

    bool worthCommitting() const override { return m_worthCommitting; }
    const std::optional<Error>& earlyError() const override { return m_earlyError; }

    std::string_view finish(const Error* cause) override
    {
        if (m_isWhole)
            return finishWhole(cause);
        if (!m_isSse && !m_isArray) {
            if (cause)
                m_ending = *cause;
            return {};
        }
        m_out.clear();
        m_run = {};
        m_piece = {};
        if (!cause) {
            const auto each = [this](const SseReader::Event& event) {
                take(event);
                m_out += "\n\n"; // the blank line that the upstream left out
            };
            if (m_isSse)
                m_sse.finish(each);
            else
                m_array.finish([this](const StreamEvent& event) { take(event); });
        }
        const bool isWhole = m_sawEnd || (!cause && m_reader->mayEnd());
        if (isWhole || m_earlyError)
            return taken();
        if (!m_ending && m_reader->error())
            m_ending = m_reader->error();
        if (!m_ending)
            m_ending = cause ? *cause : Error {ErrorKind::Cut, "the upstream ended its stream without the last event of its protocol"};
        // An upstream's own error event ends the stream for every client but those of Responses, which wait for response.failed.
        const bool saidSo = m_sawError && (m_address.dialect != DialectId::OpenaiResponses || m_sawErrorEnd);
        if (m_isSse && !saidSo) {
            flushRun();
            m_out += writeStreamError(m_address.dialect, *m_ending, m_reader->upstreamId());
        }
        return taken();
    }

    const std::optional<Error>& ending() const override { return m_ending; }
    bool sawEnd() const override { return m_sawEnd; }
    std::optional<Tick> firstTokenAt() const override { return m_firstTokenAt; }

    Usage usage() const override
    {
        if (m_reader && m_reader->usage())
            return *m_reader->usage();
        if (m_wholeUsage)
            return *m_wholeUsage;
        if (usageKind() != UsageKind::Estimated)
            return {};
        Usage estimate;
        estimate.input = estimatedTokens(static_cast<std::int64_t>(m_call.body.size()));
        estimate.output = estimatedTokens(m_reader ? m_reader->contentOctets() : static_cast<std::int64_t>(m_whole.size()));
        return estimate;
    }

    UsageKind usageKind() const override
    {
        if ((m_reader && m_reader->usage()) || m_wholeUsage)
            return UsageKind::Reported;
        const bool generates = m_address.operation == Operation::Generate || m_address.operation == Operation::Completions
            || m_address.operation == Operation::Embeddings;
        const bool answered = (m_reader && m_reader->contentOctets() > 0) || (m_isWhole && !m_earlyError && !m_whole.empty());
        return generates && answered ? UsageKind::Estimated : UsageKind::None;
    }

    std::int64_t contentOctets() const override { return m_reader ? m_reader->contentOctets() : 0; }

    const std::string& answeredModel() const override { return m_reader ? m_reader->answeredModel() : m_wholeModel; }

    const std::string& upstreamId() const override
    {
        return m_upstreamId.empty() && m_reader ? m_reader->upstreamId() : m_upstreamId;
    }

    const std::vector<std::string>& warnings() const override { return m_noWarnings; }

    const std::string& madeTask() const override
    {
        if (m_madeTask.empty() && m_reader && m_address.dialect == DialectId::OpenaiResponses)
            return m_reader->upstreamId();
        return m_madeTask;
    }

private:
    void take(const SseReader::Event& event)
    {
        if (!event.isComment) {
            const StreamReader::Seen seen = m_reader->event(event.name, event.data);
            if (seen.isContent && !m_firstTokenAt)
                m_firstTokenAt = m_now;
            m_sawEnd = m_sawEnd || (seen.isTerminal && !seen.isError);
            m_sawError = m_sawError || seen.isError;
            m_sawErrorEnd = m_sawErrorEnd || (seen.isError && seen.isTerminal);
            if (seen.isError && !m_worthCommitting)
                m_earlyError = m_reader->error().value_or(Error {ErrorKind::UpstreamFailed, "the upstream began its stream with an error"});
            else if (!seen.isError && (seen.isContent || seen.isTerminal || m_reader->mayEnd() || m_address.operation != Operation::Generate))
                m_worthCommitting = true;
            if (seen.isUsageOnly && m_asksForUsage)
                return; // the client did not ask for it
        }
        const char* end = m_run.data() + m_run.size();
        const bool isInPiece = !m_piece.empty() && event.raw.data() >= m_piece.data() && event.raw.data() < m_piece.data() + m_piece.size();
        if (!isInPiece) {
            flushRun();
            m_out += event.raw;
        } else if (m_run.empty()) {
            m_run = event.raw;
        } else if (event.raw.data() == end) {
            m_run = {m_run.data(), m_run.size() + event.raw.size()};
        } else {
            flushRun();
            m_run = event.raw;
        }
    }

    void flushRun()
    {
        m_out += m_run;
        m_run = {};
    }

    std::string_view taken()
    {
        if (m_out.empty())
            return m_run;
        flushRun();
        return m_out;
    }

    std::string_view finishWhole(const Error* cause)
    {
        if (cause) {
            m_ending = *cause;
            return {};
        }
        if (m_tooLarge) {
            m_ending = Error {ErrorKind::BadReply, "the upstream's reply is larger than 64 MiB"};
            return {};
        }
        const WholeReply seen = lookAt(m_whole);
        if (!seen.isJson && answersJson(m_address.operation)) {
            m_ending = Error {ErrorKind::BadReply, "the upstream answered with something that is not JSON: " + oneLine(m_whole, 120)};
            return {};
        }
        if (seen.isError) {
            m_earlyError = readError(200, {}, m_whole, {});
            return {};
        }
        m_worthCommitting = true;
        m_sawEnd = true;
        m_firstTokenAt = m_now;
        m_wholeModel = oneLine(seen.model, 200);
        if (m_upstreamId.empty())
            m_upstreamId = oneLine(seen.id, 120);
        const bool makesTask = m_address.operation == Operation::VideoCreate
            || (m_address.operation == Operation::Generate && m_address.dialect == DialectId::OpenaiResponses);
        if (makesTask)
            m_madeTask = oneLine(seen.id, 200);
        if (isMetered(m_address.operation))
            m_wholeUsage = readUsage(m_address.dialect, m_address.operation, m_whole);
        return m_isRetold ? retold() : std::string_view(m_whole);
    }

    std::string_view retold()
    {
        const auto call = readCall(m_address.dialect, m_address, m_call.body);
        const auto reply = readReply(m_address.dialect, m_whole);
        if (!call || !reply) {
            m_ending = call ? reply.error() : call.error();
            return {};
        }
        ReplyContext context;
        context.call = &*call;
        context.id = m_facts.callId;
        context.created = m_facts.nowSeconds;
        m_out.clear();
        const auto writer = makeStreamWriter(m_address.dialect, context, m_out);
        const ToolNames names;
        Sequence sequence(*writer, names, m_facts.seed);
        play(*reply, sequence);
        return m_out;
    }

    const RawCall& m_call;
    const Address& m_address;
    const CallSketch& m_sketch;
    Route m_route;
    ExchangeFacts m_facts;
    std::string m_made; // the octets that a splice put in

    bool m_asksForUsage = false;
    bool m_isSse = false;
    bool m_isArray = false;
    bool m_isWhole = false;
    bool m_isRetold = false; // the upstream answered whole, the client gets a stream
    bool m_tooLarge = false;
    bool m_worthCommitting = false;
    bool m_sawEnd = false;
    bool m_sawError = false;
    bool m_sawErrorEnd = false; // the protocol's own last event told of it
    Tick m_now;
    std::optional<Tick> m_firstTokenAt;
    std::optional<Error> m_earlyError;
    std::optional<Error> m_ending;

    SseReader m_sse;
    JsonArrayReader m_array;
    std::unique_ptr<StreamReader> m_reader;
    std::string_view m_piece; // being fed
    std::string_view m_run;   // octets of `m_piece` that go out as they are
    std::string m_out;        // octets that had to be put together

    std::string m_whole;
    std::optional<Usage> m_wholeUsage;
    std::string m_wholeModel;
    std::string m_upstreamId;
    std::string m_madeTask;
    std::vector<std::string> m_noWarnings;
};

}

std::string upstreamTarget(const Address& address, const PlanEndpoint& endpoint, const ModelName& model, std::string_view query)
{
    std::string target = endpoint.base.path;
    while (target.ends_with('/'))
        target.pop_back();
    if (address.modelInPath && address.dialect == DialectId::Gemini) {
        // A model may have folders of its own ("tunedModels/x"); their slashes stay.
        std::string_view name = model.text();
        if (name.starts_with("models/"))
            name.remove_prefix(7);
        target += "/models/";
        bool first = true;
        for (const std::string_view part : split(name, '/')) {
            if (!first)
                target += '/';
            target += percentEncoded(part);
            first = false;
        }
    }
    target += address.tail;
    std::string rest = queryWithout(query, "key");
    if (!endpoint.base.query.empty())
        rest = rest.empty() ? endpoint.base.query : endpoint.base.query + "&" + rest;
    if (!rest.empty())
        target += "?" + rest;
    return target;
}

RequestHead translatedHead(const RequestHead& head)
{
    RequestHead own;
    own.method = "POST";
    for (const std::string_view name : {std::string_view("user-agent"), std::string_view("idempotency-key"), std::string_view("traceparent"), hopHeader}) {
        if (const auto value = head.headers.find(name))
            own.headers.add(name, *value);
    }
    return own;
}

std::optional<Error> refusalFor(const Route& route, const Losses& losses)
{
    const std::string field = route.rejectsLosses ? losses.firstDrop() : std::string();
    if (field.empty())
        return std::nullopt;
    return Error {ErrorKind::Unsupported,
        "the channel \"" + route.channel->name + "\" cannot be told \"" + field + "\", and this alias refuses calls that would lose something", field};
}

std::string upstreamIdOf(const Headers& reply)
{
    for (const char* name : {"request-id", "x-request-id", "x-oneapi-request-id"}) {
        if (const std::string_view id = reply.value(name); !id.empty())
            return oneLine(id, 120);
    }
    return {};
}

Headers upstreamHeaders(const RequestHead& head, const Route& route, std::string_view viaValue)
{
    Headers headers;
    for (const Headers::Field& field : head.headers) {
        if (isListed(field.name, keptHere, keptHereByStart) || head.headers.listHas("connection", field.name))
            continue;
        if (route.endpoint->dialect != DialectId::Anthropic && startsWithIgnoringCase(field.name, "anthropic-"))
            continue;
        headers.add(field.name, field.value);
    }
    for (const Headers::Field& field : route.channel->extraHeaders)
        headers.set(field.name, field.value);
    if (route.endpoint->dialect == DialectId::Anthropic && !headers.has("anthropic-version"))
        headers.add("anthropic-version", "2023-06-01");
    if (route.key) {
        switch (route.endpoint->signIn) {
        case SignIn::Bearer: {
            std::string value = "Bearer ";
            value += route.key->secret.reveal();
            headers.set("authorization", value);
            wipe(value);
            break;
        }
        case SignIn::XApiKey:
            headers.set("x-api-key", route.key->secret.reveal());
            break;
        case SignIn::XGoogApiKey:
            headers.set("x-goog-api-key", route.key->secret.reveal());
            break;
        case SignIn::ApiKey:
            headers.set("api-key", route.key->secret.reveal());
            break;
        case SignIn::None:
            break;
        }
    }
    std::string hops(head.headers.value(hopHeader));
    if (!hops.empty())
        hops += ", ";
    hops += viaValue;
    headers.set(hopHeader, hops);
    return headers;
}

Result<std::unique_ptr<Exchange>> Exchange::open(const RawCall& call, const Address& address, const CallSketch& sketch,
    const Route& route, const ExchangeFacts& facts)
{
    const bool isEmbeddings = address.operation == Operation::Embeddings;
    if (route.endpoint->dialect == address.dialect) {
        std::unique_ptr<Exchange> through = std::make_unique<PassThrough>(call, address, sketch, route, facts);
        return isEmbeddings && address.dialect == DialectId::OpenaiChat ? withVectorsAsAsked(std::move(through), call) : std::move(through);
    }
    if (address.operation == Operation::Generate || address.operation == Operation::Completions)
        return openConverted(call, address, route, facts);
    if (isEmbeddings || address.operation == Operation::Images)
        return openConvertedOther(call, address, sketch, route, facts);
    return Error {ErrorKind::Unsupported,
        "channel \"" + route.channel->name + "\" speaks " + titleOf(route.endpoint->dialect) + ", not " + titleOf(address.dialect)};
}

}
