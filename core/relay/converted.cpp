#include "relay/converted.h"

#include "base/text.h"
#include "chat/collect.h"
#include "chat/repair.h"
#include "dialect/completions.h"
#include "dialect/convert.h"
#include "provider/quirks.h"
#include "relay/guard.h"

namespace waystation {

namespace {

constexpr std::size_t mostWholeOctets = 64u << 20;

/// The upstream's side of the call, as its own protocol has it.
Address upstreamAddress(DialectId dialect, bool streams)
{
    Address address;
    address.dialect = dialect;
    address.operation = Operation::Generate;
    address.streams = streams;
    switch (dialect) {
    case DialectId::OpenaiChat:
        address.tail = "/chat/completions";
        break;
    case DialectId::OpenaiResponses:
        address.tail = "/responses";
        break;
    case DialectId::Anthropic:
        address.tail = "/messages";
        break;
    case DialectId::Gemini:
        address.tail = streams ? ":streamGenerateContent" : ":generateContent";
        address.modelInPath = true;
        break;
    }
    return address;
}

/// Stands between the sequence and whoever makes the client's octets: names the issuer of carried state and fills in
/// counts that the upstream did not tell.
class Finisher final : public ReplyWriter
{
public:
    Finisher(ReplyWriter& next, std::uint32_t origin) : m_next(next), m_origin(origin) { }

    Sequence* sequence = nullptr;
    Tokens inputEstimate = 0;

    void started(const ReplyStart& start) override { m_next.started(start); }
    bool restarted() override { return m_next.restarted(); }

    void opened(const Block& block) override
    {
        if (block.carry.isEmpty())
            return m_next.opened(block);
        Block named = block;
        named.carry.origin = m_origin;
        m_next.opened(named);
    }

    void added(const Block& block, RawText piece) override { m_next.added(block, piece); }
    void cited(const Block& block, const Citation& citation) override { m_next.cited(block, citation); }
    void chances(const Block& block, const std::vector<TokenChance>& chances) override { m_next.chances(block, chances); }

    void carried(const Block& block, const Carry& carry) override
    {
        Carry named = carry;
        named.origin = m_origin;
        m_next.carried(block, named);
    }

    void closed(const Block& block) override { m_next.closed(block); }
    void choiceFinished(int choice, FinishReason reason) override { m_next.choiceFinished(choice, reason); }

    void finished(const ReplyEnd& end) override
    {
        if (end.usage)
            return m_next.finished(end);
        ReplyEnd estimated = end;
        Usage usage;
        usage.input = inputEstimate;
        usage.output = estimatedTokens(sequence->contentOctets());
        estimated.usage = usage;
        estimated.usageKind = UsageKind::Estimated;
        m_next.finished(estimated);
    }

    void failed(const Error& error) override { m_next.failed(error); }

private:
    ReplyWriter& m_next;
    std::uint32_t m_origin;
};

/// What the body turns out to be by its first octets, whatever its type says.
enum class Form { Unknown, Events, Whole, Array };

class Converted final : public Exchange
{
public:
    Converted(const RawCall& call, const Address& address, const Route& route, const ExchangeFacts& facts)
        : m_raw(call), m_address(address), m_route(route), m_facts(facts)
    {
    }

    Result<void> prepare()
    {
        if (m_address.tail.ends_with("/compact"))
            return Error {ErrorKind::Unsupported, "channel \"" + m_route.channel->name + "\" speaks " + titleOf(m_route.endpoint->dialect)
                    + ", which cannot compact a conversation; let the client do it"};
        auto call = isCompletions() ? readCompletionsCall(m_address, m_raw.body) : readCall(m_address.dialect, m_address, m_raw.body);
        if (!call)
            return call.error();
        m_call = std::move(*call);
        // What is kept here was put in before; other ids mean something only to whoever gave them.
        if (!m_call.previousResponse.empty())
            return Error {ErrorKind::BadRequest, "no answer with the id \"" + oneLine(m_call.previousResponse, 80) + "\" is kept here; send the whole conversation", "previous_response_id"};
        if (!m_call.itemReferences.empty())
            return Error {ErrorKind::BadRequest, "no item with the id \"" + oneLine(m_call.itemReferences.front(), 80) + "\" is kept here; send the item itself", "input"};
        m_streams = m_call.stream;
        repairHistory(m_call, m_losses);

        const Provider* provider = findProvider(m_route.channel->provider);
        const Target target = targetFor(provider ? *provider : Provider(), m_route.endpoint->base.origin.host, m_route.endpoint->dialect,
            m_route.model, m_route.channel->quirks);
        auto body = writeCall(m_route.endpoint->dialect, m_call, target, m_names, m_losses);
        if (!body)
            return body.error();
        if (const auto refused = refusalFor(m_route, m_losses))
            return *refused;
        m_body = std::move(*body);

        m_context.call = &m_call;
        m_context.id = m_facts.callId;
        m_context.created = m_facts.nowSeconds;
        m_context.inputEstimate = estimatedTokens(static_cast<std::int64_t>(m_raw.body.size()));
        if (m_streams)
            m_writer = isCompletions() ? makeCompletionsWriter(m_context, m_out)
                                       : makeStreamWriter(m_address.dialect, m_context, m_out, m_address.streamsAsArray);
        ReplyWriter& last = m_streams ? *m_writer : static_cast<ReplyWriter&>(m_collector);
        m_finisher = std::make_unique<Finisher>(last, target.origin);
        m_sequence = std::make_unique<Sequence>(*m_finisher, m_names, m_facts.seed);
        m_finisher->sequence = m_sequence.get();
        m_finisher->inputEstimate = m_context.inputEstimate;
        return {};
    }

    UpstreamRequest request() override
    {
        const Address upstream = upstreamAddress(m_route.endpoint->dialect, m_streams);
        UpstreamRequest request;
        request.origin = m_route.endpoint->base.origin;
        request.method = "POST";
        const bool isGemini = upstream.dialect == DialectId::Gemini;
        request.target = upstreamTarget(upstream, *m_route.endpoint, m_route.model, isGemini && m_streams ? "alt=sse" : "");
        request.headers = upstreamHeaders(translatedHead(m_raw.head), m_route, m_facts.viaValue);
        request.headers.set("content-type", "application/json");
        request.headers.set("accept", m_streams ? "text/event-stream" : "application/json");
        request.body.push_back(m_body);
        return request;
    }

    ReplyHead replyHead(const ReplyHead& upstream) override
    {
        m_upstreamId = upstreamIdOf(upstream.headers);
        ReplyHead head;
        head.status = 200;
        const bool isSse = m_streams && !m_address.streamsAsArray;
        head.headers.add("content-type", isSse ? "text/event-stream" : "application/json");
        if (m_streams)
            head.headers.add("cache-control", "no-cache");
        return head;
    }

    bool isStream() const override { return m_streams; }

    std::string_view feed(std::string_view piece, Tick now) override
    {
        m_out.clear();
        if (m_form == Form::Unknown)
            piece = lookAtStart(piece);
        const bool hadContent = m_sequence->contentOctets() > 0;
        switch (m_form) {
        case Form::Unknown:
            break;
        case Form::Whole:
            if (m_whole.size() + piece.size() > mostWholeOctets)
                m_ending = Error {ErrorKind::BadReply, "the upstream's reply is larger than 64 MiB"};
            else
                m_whole += piece;
            break;
        case Form::Events:
        case Form::Array: {
            const auto each = [this](const StreamEvent& event) { take(event); };
            if (!(m_form == Form::Events ? m_sse.feed(piece, each) : m_array.feed(piece, each)))
                m_sequence->fail({ErrorKind::BadReply, "an event of the reply is larger than 32 MiB"});
        }
        }
        if (!hadContent && m_sequence->contentOctets() > 0)
            m_firstTokenAt = now;
        m_now = now;
        noteError();
        keepResponse();
        return m_out;
    }

    bool worthCommitting() const override { return m_streams && m_sequence->hasContent(); }
    const std::optional<Error>& earlyError() const override { return m_earlyError; }

    std::string_view finish(const Error* cause) override
    {
        m_out.clear();
        if (!m_sequence->hasEnded())
            endWith(cause);
        noteError();
        keepResponse();
        if (m_streams || m_earlyError || m_ending)
            return m_out;
        if (!m_collector.isFinished()) {
            m_ending = m_sequence->error();
            return {};
        }
        const ChatReply reply = m_collector.take();
        m_out = isCompletions() ? writeCompletionsReply(reply, m_context) : writeReply(m_address.dialect, reply, m_context);
        if (keepsResponse())
            m_response = m_out;
        if (!m_firstTokenAt)
            m_firstTokenAt = m_now;
        return m_out;
    }

    const std::optional<Error>& ending() const override { return m_ending; }
    bool sawEnd() const override { return m_sequence->hasEnded() && !m_sequence->error(); }
    std::optional<Tick> firstTokenAt() const override { return m_firstTokenAt; }

    Usage usage() const override
    {
        if (m_sequence->counted())
            return *m_sequence->counted();
        Usage estimate;
        if (usageKind() == UsageKind::Estimated) {
            estimate.input = m_context.inputEstimate;
            estimate.output = estimatedTokens(m_sequence->contentOctets());
        }
        return estimate;
    }

    UsageKind usageKind() const override
    {
        if (m_sequence->counted())
            return UsageKind::Reported;
        return m_sequence->contentOctets() > 0 ? UsageKind::Estimated : UsageKind::None;
    }

    std::int64_t contentOctets() const override { return m_sequence->contentOctets(); }
    const std::string& answeredModel() const override { return m_sequence->model(); }
    const std::string& upstreamId() const override { return m_upstreamId.empty() ? m_sequence->id() : m_upstreamId; }
    const std::string& madeTask() const override { return m_noTask; }
    std::string_view madeResponse() const override { return m_response; }
    const std::vector<std::string>& warnings() const override { return m_losses.tokens(); }

private:
    /// The client speaks the endpoint from before chats; the upstream is asked for a chat.
    bool isCompletions() const { return m_address.operation == Operation::Completions; }

    /// Decides by the first octet that is no blank; returns what is to be read.
    std::string_view lookAtStart(std::string_view piece)
    {
        m_start += piece;
        const std::size_t at = m_start.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
        if (at == std::string::npos)
            return {};
        const bool isGemini = m_route.endpoint->dialect == DialectId::Gemini;
        if (m_start[at] == '[' && isGemini && m_streams)
            m_form = Form::Array;
        else if (m_start[at] == '{' || m_start[at] == '[' || m_start[at] == '<')
            m_form = Form::Whole;
        else
            m_form = Form::Events;
        if (m_form != Form::Whole)
            m_reader = makeEventReader(m_route.endpoint->dialect, *m_sequence);
        return m_start;
    }

    void take(const StreamEvent& event)
    {
        if (!event.isComment)
            m_reader->event(event.name, event.data);
    }

    void endWith(const Error* cause)
    {
        if (cause)
            return m_sequence->fail(*cause);
        if (m_form == Form::Whole)
            return playWhole();
        if (!m_reader)
            return m_sequence->fail({ErrorKind::BadReply, "the upstream answered with nothing"});
        const auto each = [this](const StreamEvent& event) { take(event); };
        if (m_form == Form::Events)
            m_sse.finish(each);
        else
            m_array.finish(each);
        if (!m_sequence->hasEnded())
            m_reader->endOfStream();
    }

    void playWhole()
    {
        const auto reply = readReply(m_route.endpoint->dialect, m_whole);
        if (reply)
            play(*reply, *m_sequence);
        else
            m_sequence->fail(reply.error());
    }

    bool keepsResponse() const
    {
        return m_address.dialect == DialectId::OpenaiResponses && m_address.operation == Operation::Generate && m_call.store != false;
    }

    /// The last event of a stream holds the whole response, as its last field.
    void keepResponse()
    {
        if (!m_streams || !m_sequence->hasEnded() || m_sequence->error() || !m_response.empty() || !keepsResponse())
            return;
        for (const std::string_view mark : {"event: response.completed\ndata: ", "event: response.incomplete\ndata: "}) {
            const std::size_t at = m_out.find(mark);
            constexpr std::string_view field = "\"response\":";
            const std::size_t from = at == std::string::npos ? at : m_out.find(field, at);
            const std::size_t end = at == std::string::npos ? at : m_out.find("}\n\n", at);
            if (from != std::string::npos && end != std::string::npos)
                m_response = m_out.substr(from + field.size(), end - from - field.size());
        }
    }

    /// An error before anything that a client would see can still move on to another route.
    void noteError()
    {
        const std::optional<Error>& error = m_sequence->error();
        if (!error || m_earlyError || m_ending)
            return;
        if (m_sequence->hasContent() && m_streams)
            m_ending = error;
        else
            m_earlyError = error;
    }

    const RawCall& m_raw;
    const Address& m_address;
    Route m_route;
    ExchangeFacts m_facts;

    ChatCall m_call;
    ToolNames m_names;
    Losses m_losses;
    std::string m_body; // what the upstream gets
    bool m_streams = false;

    ReplyContext m_context;
    std::string m_out;
    Collector m_collector;
    std::unique_ptr<ReplyWriter> m_writer;
    std::unique_ptr<Finisher> m_finisher;
    std::unique_ptr<Sequence> m_sequence;
    std::unique_ptr<EventReader> m_reader;

    Form m_form = Form::Unknown;
    std::string m_start;
    SseReader m_sse;
    JsonArrayReader m_array;
    std::string m_whole;

    Tick m_now;
    std::optional<Tick> m_firstTokenAt;
    std::optional<Error> m_earlyError;
    std::optional<Error> m_ending;
    std::string m_upstreamId;
    std::string m_noTask;
    std::string m_response;
};

}

Result<std::unique_ptr<Exchange>> openConverted(const RawCall& call, const Address& address, const Route& route, const ExchangeFacts& facts)
{
    auto converted = std::make_unique<Converted>(call, address, route, facts);
    if (const auto prepared = converted->prepare(); !prepared)
        return prepared.error();
    return std::unique_ptr<Exchange>(std::move(converted));
}

}
