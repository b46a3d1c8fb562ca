#include "engine/stream.h"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstring>

namespace waystation {

namespace {

constexpr std::size_t mostGathered = 64; // what one gather write takes everywhere
constexpr std::size_t recordOctets = 16 * 1024;
constexpr std::size_t enoughCipher = 64 * 1024;

}

Outgoing::Outgoing(std::string head)
    : m_head(std::move(head))
{
    m_slices.emplace_back(m_head);
}

void Outgoing::add(std::string_view slice)
{
    if (!slice.empty())
        m_slices.push_back(slice);
}

const std::vector<net::const_buffer>& Outgoing::gathered()
{
    m_gathered.clear();
    const std::size_t count = std::min(m_slices.size() - m_first, mostGathered);
    for (std::size_t i = 0; i < count; ++i)
        m_gathered.push_back(net::buffer(m_slices[m_first + i]));
    return m_gathered;
}

std::string_view Outgoing::run(char* into, std::size_t room) const
{
    const std::string_view front = m_slices[m_first];
    if (front.size() >= room || m_first + 1 == m_slices.size())
        return front.substr(0, room);
    std::size_t size = 0;
    for (std::size_t i = m_first; i < m_slices.size() && size < room; ++i) {
        const auto part = m_slices[i].substr(0, room - size);
        std::memcpy(into + size, part.data(), part.size());
        size += part.size();
    }
    return std::string_view(into, size);
}

void Outgoing::drop(std::size_t octets)
{
    while (octets > 0 && m_first < m_slices.size()) {
        auto& front = m_slices[m_first];
        const std::size_t part = std::min(octets, front.size());
        front.remove_prefix(part);
        octets -= part;
        if (front.empty())
            ++m_first;
    }
}

void Stream::breakOff()
{
    boost::system::error_code ignored;
    m_socket.close(ignored);
}

net::awaitable<Result<void>> Stream::startTls(std::unique_ptr<TlsSession> session, Breaker& breaker)
{
    m_tls = std::move(session);
    Breaker::Scope scope(breaker, *this);
    boost::system::error_code error;
    for (;;) {
        const auto step = m_tls->handshake();
        std::string& cipher = m_tls->cipher();
        if (!cipher.empty()) {
            const auto out = net::buffer(cipher);
            // An alert that tells the other side why is sent even when the handshake failed.
            co_await net::async_write(
                m_socket, out, net::redirect_error(net::use_awaitable, error));
            cipher.clear();
        }
        if (breaker.isBroken())
            co_return breaker.error(
                "The TLS handshake with " + m_tls->host() + " did not end in time.");
        if (step == TlsSession::Step::Done)
            co_return Result<void>();
        if (step != TlsSession::Step::NeedsInput)
            co_return m_tls->failure();

        const auto room = m_tls->room();
        const std::size_t octets = co_await m_socket.async_read_some(
            room, net::redirect_error(net::use_awaitable, error));
        if (breaker.isBroken())
            co_return breaker.error(
                "The TLS handshake with " + m_tls->host() + " did not end in time.");
        if (error)
            co_return Error{ErrorKind::TlsFailed,
                "No secure connection to " + m_tls->host()
                    + ": it closed the connection during the handshake."};
        m_tls->received(octets);
    }
}

Stream::Got Stream::readNow(char* into, std::size_t room)
{
    if (m_tls) {
        const Got got = decrypted(into, room);
        if (got.error != net::error::would_block)
            return got;
    }
    boost::system::error_code error;
    const std::size_t octets = m_socket.read_some(roomFor(into, room), error);
    if (error)
        return Got{0, endOf(error)};
    return received(octets, into, room);
}

net::mutable_buffer Stream::roomFor(char* into, std::size_t room)
{
    return m_tls ? m_tls->room() : net::buffer(into, room);
}

Stream::Got Stream::received(std::size_t octets, char* into, std::size_t room)
{
    if (!m_tls)
        return Got{octets, {}};
    m_tls->received(octets);
    return decrypted(into, room);
}

Stream::Got Stream::decrypted(char* into, std::size_t room)
{
    Got got;
    const auto step = m_tls->read(into, room, got.octets);
    if (!m_tls->cipher().empty())
        flushCipher(); // an answer to a key update; what is left goes with the next write
    switch (step) {
    case TlsSession::Step::Done:
        break;
    case TlsSession::Step::NeedsInput:
        got.error = net::error::would_block;
        break;
    case TlsSession::Step::Ended:
        got.error = net::error::eof;
        break;
    case TlsSession::Step::Failed:
        got.error = net::error::connection_reset;
        break;
    }
    return got;
}

boost::system::error_code Stream::flushCipher()
{
    std::string& cipher = m_tls->cipher();
    boost::system::error_code error;
    std::size_t gone = 0;
    while (gone < cipher.size() && !error)
        gone += m_socket.write_some(net::buffer(cipher.data() + gone, cipher.size() - gone), error);
    cipher.erase(0, gone);
    return error;
}

boost::system::error_code Stream::writeNow(Outgoing& outgoing)
{
    boost::system::error_code error;
    if (!m_tls) {
        while (!outgoing.isEmpty()) {
            const std::size_t octets = m_socket.write_some(outgoing.gathered(), error);
            if (error)
                return error;
            m_sent += octets;
            outgoing.drop(octets);
        }
        return {};
    }

    char record[recordOctets];
    for (;;) {
        while (!outgoing.isEmpty() && m_tls->cipher().size() < enoughCipher) {
            const auto run = outgoing.run(record, sizeof record);
            if (m_tls->write(run) != TlsSession::Step::Done)
                return net::error::connection_reset;
            m_sent += run.size();
            outgoing.drop(run.size());
        }
        if (m_tls->cipher().empty())
            return {};
        if (error = flushCipher(); error)
            return error;
    }
}

bool Stream::isIdle()
{
    char octet;
    if (m_tls)
        return readNow(&octet, 1).error == net::error::would_block; // takes in session tickets
    boost::system::error_code error;
    m_socket.receive(net::buffer(&octet, 1), Socket::message_peek, error);
    return error == net::error::would_block;
}

void Stream::rest()
{
    if (m_tls)
        m_tls->rest();
}

}
