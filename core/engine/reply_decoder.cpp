#include "engine/reply_decoder.h"

#include "base/text.h"

#include <zlib.h>

namespace waystation {

namespace {

constexpr std::size_t blockOctets = 32 * 1024;
constexpr std::uint64_t mostGrowth = 100;
constexpr std::uint64_t growthIsFineBelow = 1u << 20;

}

struct ReplyDecoder::Parts
{
    z_stream stream{};
    bool isGzip = true;
    bool isOpen = false;
    bool atEnd = false;
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::unique_ptr<unsigned char[]> block{new unsigned char[blockOctets]};

    ~Parts()
    {
        if (isOpen)
            inflateEnd(&stream);
    }

    bool open(unsigned char first)
    {
        // "deflate" means zlib's wrapping, yet some send it bare. A bare block never begins like a
        // zlib head.
        const bool isZlib = (first & 0x0f) == 8 && (first >> 4) <= 7;
        const int window = isGzip ? 15 + 16 : isZlib ? 15 : -15;
        isOpen = inflateInit2(&stream, window) == Z_OK;
        return isOpen;
    }
};

ReplyDecoder::ReplyDecoder(bool isGzip)
    : m_parts(std::make_unique<Parts>())
{
    m_parts->isGzip = isGzip;
}

ReplyDecoder::~ReplyDecoder() = default;

Result<std::unique_ptr<ReplyDecoder>> ReplyDecoder::forCoding(std::string_view contentEncoding)
{
    const auto coding = trimmed(contentEncoding);
    if (coding.empty() || equalsIgnoringCase(coding, "identity"))
        return std::unique_ptr<ReplyDecoder>();
    const bool isGzip = equalsIgnoringCase(coding, "gzip") || equalsIgnoringCase(coding, "x-gzip");
    if (!isGzip && !equalsIgnoringCase(coding, "deflate"))
        return Error{ErrorKind::BadReply,
            "The answer is compressed in a way that is not known here: " + oneLine(coding, 40)};
    return std::unique_ptr<ReplyDecoder>(new ReplyDecoder(isGzip));
}

void ReplyDecoder::give(std::string_view octets)
{
    // zlib never writes through next_in.
    m_parts->stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(octets.data()));
    m_parts->stream.avail_in = static_cast<unsigned>(octets.size());
    m_parts->in += octets.size();
}

Result<std::string_view> ReplyDecoder::take()
{
    Parts& parts = *m_parts;
    z_stream& stream = parts.stream;
    const auto broken = [] {
        return Error{ErrorKind::BadReply, "The compressed answer is broken."};
    };

    if (!parts.isOpen) {
        if (stream.avail_in == 0)
            return std::string_view();
        const auto input = stream.next_in;
        const auto count = stream.avail_in;
        if (!parts.open(*input))
            return broken();
        stream.next_in = input;
        stream.avail_in = count;
    }
    if (parts.atEnd) {
        // Another gzip member may follow; anything else behind the end is padding.
        if (!parts.isGzip || stream.avail_in == 0 || *stream.next_in != 0x1f) {
            stream.avail_in = 0;
            return std::string_view();
        }
        inflateReset(&stream);
        parts.atEnd = false;
    }

    stream.next_out = parts.block.get();
    stream.avail_out = static_cast<unsigned>(blockOctets);
    while (stream.avail_out > 0) {
        const int answer = inflate(&stream, Z_SYNC_FLUSH);
        if (answer == Z_STREAM_END) {
            if (parts.isGzip && stream.avail_in > 0 && *stream.next_in == 0x1f) {
                inflateReset(&stream);
                continue;
            }
            parts.atEnd = true;
            break;
        }
        if (answer == Z_BUF_ERROR)
            break; // wants input
        if (answer != Z_OK)
            return broken();
    }
    const std::size_t made = blockOctets - stream.avail_out;
    parts.out += made;
    if (parts.out > growthIsFineBelow && parts.out > parts.in * mostGrowth)
        return Error{ErrorKind::BadReply, "The compressed answer grows beyond all bounds."};
    return std::string_view(reinterpret_cast<const char*>(parts.block.get()), made);
}

Result<void> ReplyDecoder::inputEnded() const
{
    if (m_parts->in == 0 || m_parts->atEnd)
        return {};
    return Error{ErrorKind::Cut, "The compressed answer ended before its end."};
}

}
