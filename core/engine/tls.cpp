#include "engine/tls.h"

#include "base/text.h"

#include <boost/asio/this_coro.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>

namespace waystation {

namespace {

constexpr std::size_t inputOctets = 32 * 1024;
constexpr std::size_t mostSessions = 256;
constexpr std::size_t mostContexts = 16;

struct SessionFree
{
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

bool isAddress(const std::string& host)
{
    ASN1_OCTET_STRING* octets = a2i_IPADDRESS(host.c_str());
    ASN1_OCTET_STRING_free(octets);
    return octets != nullptr;
}

}

class TlsContext
{
public:
    TlsContext()
        : m_ctx(SSL_CTX_new(TLS_client_method()))
    {
        if (!m_ctx)
            throwError(Error{ErrorKind::Internal, "No TLS context could be made."});
        SSL_CTX_set_min_proto_version(m_ctx, TLS1_2_VERSION);
        SSL_CTX_set_verify(m_ctx, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_mode(m_ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
        SSL_CTX_set_options(m_ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        static constexpr unsigned char protocols[] = "\x08http/1.1";
        SSL_CTX_set_alpn_protos(m_ctx, protocols, sizeof protocols - 1);
        SSL_CTX_set_session_cache_mode(m_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(m_ctx, &TlsContext::keepSession);
        // A certificate that was named as trusted need not be a root.
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(m_ctx), X509_V_FLAG_PARTIAL_CHAIN);
    }

    ~TlsContext() { SSL_CTX_free(m_ctx); }

    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    void trust(X509* certificate)
    {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(m_ctx), certificate);
    }

    SSL_CTX* ctx() const { return m_ctx; }

    SSL_SESSION* sessionFor(const std::string& key) const
    {
        const auto found = m_sessions.find(key);
        return found == m_sessions.end() ? nullptr : found->second.get();
    }

    std::uint64_t id() const { return m_id; }

    void forgetSession(const std::string& key) { m_sessions.erase(key); }

private:
    static std::uint64_t nextId()
    {
        static std::atomic<std::uint64_t> last{0};
        return ++last;
    }

    static int keepSession(SSL* ssl, SSL_SESSION* session)
    {
        const auto* owner = static_cast<const TlsSession*>(SSL_get_app_data(ssl));
        auto& sessions = owner->m_context->m_sessions;
        if (sessions.size() >= mostSessions && !sessions.contains(owner->m_sessionKey))
            sessions.erase(sessions.begin());
        sessions[owner->m_sessionKey].reset(session);
        return 1; // the reference is kept
    }

    SSL_CTX* m_ctx;
    std::uint64_t m_id = nextId();
    std::map<std::string, std::unique_ptr<SSL_SESSION, SessionFree>> m_sessions;
};

std::uint64_t idOf(const TlsContext& context)
{
    return context.id();
}

void TlsTrust::CertificateFree::operator()(x509_st* certificate) const
{
    X509_free(certificate);
}

TlsTrust::TlsTrust() = default;
TlsTrust::~TlsTrust() = default;

void TlsTrust::setRoots(const std::vector<std::string>& derCertificates)
{
    m_roots.clear();
    m_kept.clear();
    for (const std::string& der : derCertificates) {
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        if (X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(der.size())))
            m_roots.emplace_back(certificate);
    }
    ERR_clear_error();
    m_isReady = true;
}

Result<std::shared_ptr<TlsContext>> TlsTrust::contextFor(std::string_view extraPem)
{
    for (auto it = m_kept.begin(); it != m_kept.end(); ++it) {
        if (it->pem == extraPem) {
            m_kept.splice(m_kept.begin(), m_kept, it);
            return m_kept.front().context;
        }
    }

    auto context = std::make_shared<TlsContext>();
    for (const auto& root : m_roots)
        context->trust(root.get());
    if (!extraPem.empty()) {
        const std::unique_ptr<BIO, decltype(&BIO_free)> text(
            BIO_new_mem_buf(extraPem.data(), static_cast<int>(extraPem.size())), &BIO_free);
        int count = 0;
        while (X509* certificate = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
            context->trust(certificate);
            X509_free(certificate);
            ++count;
        }
        ERR_clear_error();
        if (count == 0)
            return Error{
                ErrorKind::TlsFailed, "The channel's own CA text holds no certificate (PEM)."};
    }
    m_kept.push_front(Kept{std::string(extraPem), context});
    if (m_kept.size() > mostContexts)
        m_kept.pop_back();
    return context;
}

// OpenSSL's way to the octets: reads from m_input, writes to m_cipher.
struct TlsSession::Bio
{
    static TlsSession& owner(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* into, int room)
    {
        TlsSession& session = owner(bio);
        BIO_clear_retry_flags(bio);
        const std::size_t there = session.m_inputEnd - session.m_inputAt;
        if (there == 0) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::size_t count = std::min(there, static_cast<std::size_t>(std::max(room, 0)));
        std::memcpy(into, session.m_input.get() + session.m_inputAt, count);
        session.m_inputAt += count;
        return static_cast<int>(count);
    }

    static int write(BIO* bio, const char* octets, int count)
    {
        BIO_clear_retry_flags(bio);
        owner(bio).m_cipher.append(octets, static_cast<std::size_t>(std::max(count, 0)));
        return count;
    }

    static long control(BIO*, int command, long, void*)
    {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static BIO* make(TlsSession* session)
    {
        static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method = [] {
            BIO_METHOD* made
                = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "waystation");
            BIO_meth_set_read(made, &Bio::read);
            BIO_meth_set_write(made, &Bio::write);
            BIO_meth_set_ctrl(made, &Bio::control);
            return std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)>(made, &BIO_meth_free);
        }();
        BIO* bio = BIO_new(method.get());
        BIO_set_data(bio, session);
        BIO_set_init(bio, 1);
        return bio;
    }
};

TlsSession::TlsSession(
    std::shared_ptr<TlsContext> context, std::string host, std::string sessionKey)
    : m_context(std::move(context))
    , m_host(std::move(host))
    , m_sessionKey(std::move(sessionKey))
    , m_ssl(SSL_new(m_context->ctx()))
{
    if (!m_ssl)
        throwError(Error{ErrorKind::Internal, "No TLS session could be made."});
    SSL_set_app_data(m_ssl, this);
    BIO* bio = Bio::make(this);
    SSL_set_bio(m_ssl, bio, bio);
    SSL_set_connect_state(m_ssl);

    std::string name = m_host;
    if (isAddress(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(m_ssl), name.c_str());
    } else {
        if (!name.empty() && name.back() == '.')
            name.pop_back();
        SSL_set_hostflags(m_ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(m_ssl, name.c_str());
        SSL_set_tlsext_host_name(m_ssl, name.c_str());
    }
    if (SSL_SESSION* known = m_context->sessionFor(m_sessionKey))
        SSL_set_session(m_ssl, known);
}

TlsSession::~TlsSession()
{
    // Freed without a shutdown, OpenSSL would take its session for spoilt.
    SSL_set_shutdown(m_ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(m_ssl);
}

net::mutable_buffer TlsSession::room()
{
    if (!m_input)
        m_input.reset(new char[inputOctets]);
    m_inputAt = 0;
    m_inputEnd = 0;
    return net::buffer(m_input.get(), inputOctets);
}

void TlsSession::received(std::size_t octets)
{
    m_inputEnd = octets;
}

void TlsSession::rest()
{
    if (m_inputAt == m_inputEnd)
        m_input.reset();
    if (m_cipher.empty())
        m_cipher = std::string();
}

TlsSession::Step TlsSession::stepAfter(int answer)
{
    switch (SSL_get_error(m_ssl, answer)) {
    case SSL_ERROR_NONE:
        return Step::Done;
    case SSL_ERROR_WANT_READ:
        return Step::NeedsInput;
    case SSL_ERROR_ZERO_RETURN:
        return Step::Ended;
    default:
        return Step::Failed;
    }
}

TlsSession::Step TlsSession::handshake()
{
    ERR_clear_error();
    const Step step = stepAfter(SSL_do_handshake(m_ssl));
    if (step == Step::Failed || step == Step::Ended) {
        m_failure = handshakeFailure();
        m_context->forgetSession(m_sessionKey);
        return Step::Failed;
    }
    if (step == Step::Done && SSL_get_verify_result(m_ssl) != X509_V_OK) {
        m_failure = handshakeFailure();
        return Step::Failed;
    }
    return step;
}

bool TlsSession::wasResumed() const
{
    return SSL_session_reused(m_ssl) == 1;
}

Error TlsSession::handshakeFailure() const
{
    const auto failed = [this](const std::string& why) {
        return Error{ErrorKind::TlsFailed, "No secure connection to " + m_host + ": " + why};
    };
    const long verdict = SSL_get_verify_result(m_ssl);
    switch (verdict) {
    case X509_V_OK:
        break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return failed("its certificate has expired.");
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return failed("its certificate is not yet valid.");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return failed("its certificate is for another host name.");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return failed("its certificate is self-signed.");
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return failed("its certificate comes from an unknown authority.");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return failed("its certificate comes from an unknown authority, or a certificate in "
                      "between was not sent.");
    default:
        return failed(std::string("its certificate is not accepted (")
            + X509_verify_cert_error_string(verdict) + ").");
    }

    const unsigned long code = ERR_peek_last_error();
    switch (ERR_GET_REASON(code)) {
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
        return failed("it speaks no TLS version that is safe enough (1.2 or later).");
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
        return failed("it does not answer in TLS.");
    default:
        break;
    }
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    return failed(
        std::string("the handshake failed (") + (reason ? reason : "no reason given") + ").");
}

TlsSession::Step TlsSession::read(char* into, std::size_t room, std::size_t& got)
{
    got = 0;
    m_holdsMore = false;
    // Each call gives one record; several may have come at once.
    while (got < room) {
        ERR_clear_error();
        std::size_t count = 0;
        const int answer = SSL_read_ex(m_ssl, into + got, room - got, &count);
        if (answer == 1) {
            got += count;
            if (m_inputAt == m_inputEnd && SSL_pending(m_ssl) == 0)
                return Step::Done;
            continue;
        }
        const Step step = stepAfter(answer);
        if (got > 0) {
            m_holdsMore
                = step != Step::NeedsInput; // an end or a failure shows again at the next call
            return Step::Done;
        }
        if (step == Step::Failed)
            m_failure = Error{ErrorKind::Cut, "The secure connection to " + m_host + " broke."};
        return step;
    }
    m_holdsMore = true;
    return Step::Done;
}

TlsSession::Step TlsSession::write(std::string_view octets)
{
    while (!octets.empty()) {
        ERR_clear_error();
        std::size_t count = 0;
        const int answer = SSL_write_ex(m_ssl, octets.data(), octets.size(), &count);
        if (answer != 1) {
            const Step step = stepAfter(answer);
            if (step == Step::Failed)
                m_failure = Error{ErrorKind::Cut, "The secure connection to " + m_host + " broke."};
            return step;
        }
        octets.remove_prefix(count);
    }
    return Step::Done;
}

net::awaitable<HandshakeGate::Ticket> HandshakeGate::enter(Breaker& breaker)
{
    const auto gate = shared_from_this();
    if (m_free > 0) {
        --m_free;
        co_return Ticket(gate);
    }

    const auto executor = co_await net::this_coro::executor;
    Signal myTurn(executor);

    struct Seat
    {
        HandshakeGate& gate;
        Signal& signal;
        std::list<Signal*>::iterator place;
        bool hasTicket = false;

        ~Seat()
        {
            if (!signal.isSet())
                gate.m_waiting.erase(place);
            else if (!hasTicket)
                gate.leave(); // given a place, then thrown away before it could be used
        }
    };

    Seat seat{*gate, myTurn, gate->m_waiting.insert(gate->m_waiting.end(), &myTurn)};
    co_await myTurn.wait(breaker);
    if (!myTurn.isSet())
        co_return Ticket();
    seat.hasTicket = true;
    co_return Ticket(gate);
}

void HandshakeGate::leave()
{
    if (m_waiting.empty()) {
        ++m_free;
        return;
    }
    Signal* next = m_waiting.front();
    m_waiting.pop_front();
    next->set();
}

}
