#include "relay/converted_other.h"

#include "base/text.h"
#include "dialect/embeddings.h"
#include "dialect/images.h"
#include "relay/guard.h"

namespace waystation {

namespace {

constexpr std::size_t mostWholeOctets = 64u << 20;

/// What embeddings and pictures have in common: one body there, one body back.
class WholeExchange : public Exchange
{
public:
    WholeExchange(const RawCall& call, const Address& address, const Route& route, const ExchangeFacts& facts)
        : m_call(call), m_address(address), m_route(route), m_facts(facts)
    {
    }

    Result<void> prepare()
    {
        auto body = translatedCall();
        if (!body)
            return body.error();
        if (const auto refused = refusalFor(m_route, m_losses))
            return *refused;
        m_body = std::move(*body);
        return {};
    }

    UpstreamRequest request() override
    {
        Address upstream;
        upstream.dialect = upstreamDialect();
        upstream.operation = m_address.operation;
        upstream.tail = upstreamTail();
        upstream.modelInPath = upstream.dialect == DialectId::Gemini;
        UpstreamRequest request;
        request.origin = m_route.endpoint->base.origin;
        request.method = "POST";
        request.target = upstreamTarget(upstream, *m_route.endpoint, m_route.model, "");
        request.headers = upstreamHeaders(translatedHead(m_call.head), m_route, m_facts.viaValue);
        request.headers.set("content-type", "application/json");
        request.headers.set("accept", "application/json");
        request.body.push_back(m_body);
        return request;
    }

    ReplyHead replyHead(const ReplyHead& upstream) override
    {
        m_upstreamId = upstreamIdOf(upstream.headers);
        ReplyHead head;
        head.status = 200;
        head.headers.add("content-type", isStream() ? "text/event-stream" : "application/json");
        if (isStream())
            head.headers.add("cache-control", "no-cache");
        return head;
    }

    bool isStream() const override { return false; }

    std::string_view feed(std::string_view piece, Tick now) override
    {
        m_now = now;
        if (m_whole.size() + piece.size() > mostWholeOctets)
            m_ending = Error {ErrorKind::BadReply, "the upstream's reply is larger than 64 MiB"};
        else
            m_whole += piece;
        return {};
    }

    bool worthCommitting() const override { return false; }
    const std::optional<Error>& earlyError() const override { return m_earlyError; }

    std::string_view finish(const Error* cause) override
    {
        if (cause)
            m_ending = *cause;
        if (m_ending)
            return {};
        auto reply = translatedReply(m_whole);
        if (!reply) {
            m_earlyError = reply.error();
            return {};
        }
        m_out = std::move(*reply);
        m_sawEnd = true;
        m_firstTokenAt = m_now;
        return m_out;
    }

    const std::optional<Error>& ending() const override { return m_ending; }
    bool sawEnd() const override { return m_sawEnd; }
    std::optional<Tick> firstTokenAt() const override { return m_firstTokenAt; }
    Usage usage() const override { return m_usage; }
    UsageKind usageKind() const override { return m_usageKind; }
    std::int64_t contentOctets() const override { return 0; }
    const std::string& answeredModel() const override { return m_answeredModel; }
    const std::string& upstreamId() const override { return m_upstreamId; }
    const std::string& madeTask() const override { return m_noTask; }
    const std::vector<std::string>& warnings() const override { return m_losses.tokens(); }

protected:
    /// The body for the upstream; notes what is lost.
    virtual Result<std::string> translatedCall() = 0;
    /// What follows the upstream's base address, or the model in it.
    virtual std::string upstreamTail() const = 0;
    /// The client's body; notes what was counted.
    virtual Result<std::string> translatedReply(std::string_view body) = 0;

    DialectId upstreamDialect() const { return m_route.endpoint->dialect; }

    const RawCall& m_call;
    const Address& m_address;
    Route m_route;
    ExchangeFacts m_facts;

    Losses m_losses;
    Usage m_usage;
    UsageKind m_usageKind = UsageKind::None;
    std::string m_answeredModel;

private:
    std::string m_body; // what the upstream gets
    std::string m_whole;
    std::string m_out;
    Tick m_now;
    bool m_sawEnd = false;
    std::optional<Tick> m_firstTokenAt;
    std::optional<Error> m_earlyError;
    std::optional<Error> m_ending;
    std::string m_upstreamId;
    std::string m_noTask;
};

class Embeddings final : public WholeExchange
{
public:
    Embeddings(const RawCall& call, const Address& address, const CallSketch& sketch, const Route& route, const ExchangeFacts& facts)
        : WholeExchange(call, address, route, facts), m_askedModel(sketch.model.text())
    {
    }

protected:
    Result<std::string> translatedCall() override
    {
        auto asked = readEmbeddingsCall(m_address, m_call.body);
        if (!asked)
            return asked.error();
        m_asked = std::move(*asked);
        return writeEmbeddingsCall(upstreamDialect(), m_asked, m_route.model.text(), m_losses);
    }

    std::string upstreamTail() const override
    {
        return upstreamDialect() == DialectId::Gemini ? ":batchEmbedContents" : "/embeddings";
    }

    Result<std::string> translatedReply(std::string_view body) override
    {
        auto reply = readEmbeddingsReply(upstreamDialect(), body, m_asked.inputs.size());
        if (!reply)
            return reply.error();
        m_answeredModel = oneLine(reply->model, 200);
        m_usageKind = reply->usage ? UsageKind::Reported : UsageKind::Estimated;
        // OpenAI's form has no way to say that nobody counted; Gemini's leaves it out.
        if (!reply->usage && m_address.dialect != DialectId::Gemini)
            reply->usage = estimate();
        m_usage = reply->usage.value_or(estimate());
        return writeEmbeddingsReply(m_address.dialect, *reply, m_asked, m_askedModel);
    }

private:
    Usage estimate() const
    {
        std::int64_t octets = 0;
        for (const RawText input : m_asked.inputs)
            octets += static_cast<std::int64_t>(input.size());
        Usage usage;
        usage.input = estimatedTokens(octets);
        return usage;
    }

    EmbeddingsCall m_asked;
    std::string m_askedModel;
};

class Pictures final : public WholeExchange
{
public:
    using WholeExchange::WholeExchange;

    bool isStream() const override { return m_asked.stream; }

protected:
    Result<std::string> translatedCall() override
    {
        auto asked = readPicturesCall(m_address, m_call.body);
        if (!asked)
            return asked.error();
        m_asked = std::move(*asked);
        return writePicturesCall(upstreamDialect(), m_asked, m_route.model.text(), m_losses);
    }

    std::string upstreamTail() const override { return picturesTail(upstreamDialect(), m_route.model.text()); }

    Result<std::string> translatedReply(std::string_view body) override
    {
        const auto reply = readPicturesReply(upstreamDialect(), body);
        if (!reply)
            return reply.error();
        m_answeredModel = oneLine(reply->model, 200);
        m_usage = *reply->usage;
        m_usageKind = UsageKind::Reported;
        if (m_asked.stream)
            return writePicturesEvents(*reply, m_facts.nowSeconds);
        return writePicturesReply(m_address.dialect, *reply, m_facts.nowSeconds);
    }

private:
    PicturesCall m_asked;
};

/// Lets everything pass but a whole answer with its vectors in the other form.
class VectorsAsAsked final : public Exchange
{
public:
    VectorsAsAsked(std::unique_ptr<Exchange> exchange, const RawCall& call) : m_next(std::move(exchange)), m_call(call) { }

    UpstreamRequest request() override { return m_next->request(); }
    ReplyHead replyHead(const ReplyHead& upstream) override { return m_next->replyHead(upstream); }
    bool isStream() const override { return m_next->isStream(); }

    std::string_view feed(std::string_view piece, Tick now) override
    {
        const std::string_view out = m_next->feed(piece, now);
        m_hasBegun = m_hasBegun || !out.empty();
        return out;
    }

    std::string_view finish(const Error* cause) override
    {
        const std::string_view whole = m_next->finish(cause);
        if (m_hasBegun || whole.empty())
            return whole;
        if (auto changed = withVectorsAsAsked(m_call.body, whole)) {
            m_out = std::move(*changed);
            return m_out;
        }
        return whole;
    }

    bool worthCommitting() const override { return m_next->worthCommitting(); }
    const std::optional<Error>& earlyError() const override { return m_next->earlyError(); }
    const std::optional<Error>& ending() const override { return m_next->ending(); }
    bool sawEnd() const override { return m_next->sawEnd(); }
    std::optional<Tick> firstTokenAt() const override { return m_next->firstTokenAt(); }
    Usage usage() const override { return m_next->usage(); }
    UsageKind usageKind() const override { return m_next->usageKind(); }
    std::int64_t contentOctets() const override { return m_next->contentOctets(); }
    const std::string& answeredModel() const override { return m_next->answeredModel(); }
    const std::string& upstreamId() const override { return m_next->upstreamId(); }
    const std::string& madeTask() const override { return m_next->madeTask(); }
    const std::vector<std::string>& warnings() const override { return m_next->warnings(); }

private:
    std::unique_ptr<Exchange> m_next;
    const RawCall& m_call;
    std::string m_out;
    bool m_hasBegun = false;
};

bool isMapped(const Address& address, DialectId upstream)
{
    const bool isPair = (address.dialect == DialectId::OpenaiChat && upstream == DialectId::Gemini)
        || (address.dialect == DialectId::Gemini && upstream == DialectId::OpenaiChat);
    const bool isKnown = address.operation == Operation::Embeddings || address.tail == "/images/generations" || address.tail == ":predict";
    return isPair && isKnown;
}

}

Result<std::unique_ptr<Exchange>> openConvertedOther(const RawCall& call, const Address& address, const CallSketch& sketch,
    const Route& route, const ExchangeFacts& facts)
{
    if (!isMapped(address, route.endpoint->dialect) || !sketch.isJson) {
        return Error {ErrorKind::Unsupported, "channel \"" + route.channel->name + "\" speaks " + titleOf(route.endpoint->dialect)
                + ", which has nothing like " + address.tail};
    }
    std::unique_ptr<WholeExchange> exchange;
    if (address.operation == Operation::Embeddings)
        exchange = std::make_unique<Embeddings>(call, address, sketch, route, facts);
    else
        exchange = std::make_unique<Pictures>(call, address, route, facts);
    if (const auto prepared = exchange->prepare(); !prepared)
        return prepared.error();
    return std::unique_ptr<Exchange>(std::move(exchange));
}

std::unique_ptr<Exchange> withVectorsAsAsked(std::unique_ptr<Exchange> exchange, const RawCall& call)
{
    return std::make_unique<VectorsAsAsked>(std::move(exchange), call);
}

}
