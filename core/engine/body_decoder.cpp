#include "engine/body_decoder.h"

#include "base/text.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

namespace waystation {

namespace {

constexpr std::uint64_t freeSize = 1024 * 1024;
constexpr std::uint64_t mostRatio = 100;

Error broken()
{
    return Error{ErrorKind::BadRequest, "The body is not what its Content-Encoding says."};
}

/// Output that grows as it fills and knows how large it may become.
class Output
{
public:
    Output(std::size_t received, std::uint64_t most)
        : m_most(std::min(most, std::max(freeSize, received * mostRatio)))
    {
        const std::size_t first = std::max<std::size_t>(4096, received * 4);
        grow(std::min<std::uint64_t>(first, m_most + 1));
    }

    char* free() { return m_text.data() + m_used; }

    std::size_t freeBytes() const { return m_text.size() - m_used; }

    bool isOver() const { return m_used > m_most; }

    void use(std::size_t count)
    {
        m_used += count;
        if (freeBytes() == 0 && !isOver())
            grow(std::min<std::uint64_t>(m_text.size() * 2, m_most + 1));
    }

    std::string take()
    {
        m_text.resize(m_used);
        return std::move(m_text);
    }

private:
    void grow(std::uint64_t size)
    {
        m_text.reserve(static_cast<std::size_t>(size) + bodyPadding);
        m_text.resize(static_cast<std::size_t>(size));
    }

    std::uint64_t m_most;
    std::string m_text;
    std::size_t m_used = 0;
};

Error tooLarge()
{
    return Error{ErrorKind::TooLarge, "The body is larger than this listener takes."};
}

struct InflateEnd
{
    void operator()(z_stream* stream) const { inflateEnd(stream); }
};

Result<std::string> inflated(std::string_view received, int windowBits, std::uint64_t most)
{
    z_stream stream{};
    if (inflateInit2(&stream, windowBits) != Z_OK)
        return Error{ErrorKind::Internal, "zlib could not begin."};
    const std::unique_ptr<z_stream, InflateEnd> guard(&stream);

    Output out(received.size(), most);
    for (;;) {
        // zlib counts in 32 bits.
        const auto in = static_cast<uInt>(std::min<std::size_t>(received.size(), 1 << 30));
        const auto room = static_cast<uInt>(std::min<std::size_t>(out.freeBytes(), 1 << 30));
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(received.data()));
        stream.avail_in = in;
        stream.next_out = reinterpret_cast<Bytef*>(out.free());
        stream.avail_out = room;
        const int result = inflate(&stream, Z_NO_FLUSH);
        received.remove_prefix(in - stream.avail_in);
        out.use(room - stream.avail_out);
        if (out.isOver())
            return tooLarge();
        if (result == Z_STREAM_END) {
            if (received.empty())
                return out.take();
            // A gzip file may have several members; zlib and raw streams may not.
            if (windowBits < 16 || inflateReset(&stream) != Z_OK)
                return broken();
            continue;
        }
        const bool isStuck = in == stream.avail_in && room == stream.avail_out;
        if (result != Z_OK || isStuck)
            return broken();
    }
}

struct FreeZstd
{
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Result<std::string> unzstd(std::string_view received, std::uint64_t most)
{
    const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
    // RFC 9659: a window in HTTP is at most 8 MiB. It also bounds what the decoder allocates.
    if (!context || ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 23)))
        return Error{ErrorKind::Internal, "zstd could not begin."};

    Output out(received.size(), most);
    ZSTD_inBuffer in{received.data(), received.size(), 0};
    for (;;) {
        const std::size_t before = in.pos;
        ZSTD_outBuffer room{out.free(), out.freeBytes(), 0};
        const std::size_t result = ZSTD_decompressStream(context.get(), &room, &in);
        if (ZSTD_isError(result))
            return broken();
        out.use(room.pos);
        if (out.isOver())
            return tooLarge();
        if (result == 0 && in.pos == in.size)
            return out.take();
        if (result != 0 && in.pos == before && room.pos == 0)
            return broken();
    }
}

}

Result<BodyCoding> bodyCodingFrom(std::string_view contentEncoding)
{
    const std::string_view name = trimmed(contentEncoding);
    if (name.empty() || equalsIgnoringCase(name, "identity"))
        return BodyCoding::Identity;
    if (equalsIgnoringCase(name, "gzip") || equalsIgnoringCase(name, "x-gzip"))
        return BodyCoding::Gzip;
    if (equalsIgnoringCase(name, "deflate"))
        return BodyCoding::Deflate;
    if (equalsIgnoringCase(name, "zstd"))
        return BodyCoding::Zstd;
    return Error{ErrorKind::Unsupported,
        "This listener reads bodies in gzip, deflate, zstd or without Content-Encoding.",
        "content-encoding"};
}

Result<std::string> decodeBody(BodyCoding coding, std::string_view received, std::uint64_t most)
{
    // An empty body is empty in every coding.
    if (received.empty())
        coding = BodyCoding::Identity;
    switch (coding) {
    case BodyCoding::Gzip:
        return inflated(received, 16 + MAX_WBITS, most);
    case BodyCoding::Deflate: {
        // Properly a zlib stream, but some senders leave its two-octet head out.
        const auto first = static_cast<unsigned char>(received[0]);
        const auto second = static_cast<unsigned char>(received.size() > 1 ? received[1] : 0);
        const bool hasHead = (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
        return inflated(received, hasHead ? MAX_WBITS : -MAX_WBITS, most);
    }
    case BodyCoding::Zstd:
        return unzstd(received, most);
    case BodyCoding::Identity:
        break;
    }
    if (received.size() > most)
        return tooLarge();
    std::string text;
    text.reserve(received.size() + bodyPadding);
    text = received;
    return text;
}

}
