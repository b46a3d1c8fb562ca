#include "engine/body_decoder.h"

#include "support/printers.h"

#include <QTest>

#include <zlib.h>
#include <zstd.h>

#include <string>

using namespace waystation;

namespace {

constexpr std::uint64_t roomy = 64 * 1024 * 1024;

std::string deflated(const std::string& text, int windowBits)
{
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string gzipped(const std::string& text)
{
    return deflated(text, 16 + MAX_WBITS);
}

std::string zstandard(const std::string& text, int level = 3)
{
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level));
    return out;
}

/// Text that does not shrink much.
std::string mixed(std::size_t size)
{
    std::string text(size, '\0');
    std::uint32_t seed = 7;
    for (char& c : text) {
        seed = seed * 1664525 + 1013904223;
        c = static_cast<char>('a' + (seed >> 24) % 16);
    }
    return text;
}

ErrorKind failure(BodyCoding coding, const std::string& octets, std::uint64_t most = roomy)
{
    const auto text = decodeBody(coding, octets, most);
    return text ? ErrorKind::None : text.error().kind;
}

}

class TestBodyDecoder : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void codingsAreKnownByName()
    {
        QCOMPARE(*bodyCodingFrom(""), BodyCoding::Identity);
        QCOMPARE(*bodyCodingFrom("identity"), BodyCoding::Identity);
        QCOMPARE(*bodyCodingFrom(" GZip "), BodyCoding::Gzip);
        QCOMPARE(*bodyCodingFrom("x-gzip"), BodyCoding::Gzip);
        QCOMPARE(*bodyCodingFrom("deflate"), BodyCoding::Deflate);
        QCOMPARE(*bodyCodingFrom("zstd"), BodyCoding::Zstd);
        for (const char* other : {"br", "gzip, gzip", "gzip,zstd", "compress", "gzip;q=1"})
            QCOMPARE(bodyCodingFrom(other).error().kind, ErrorKind::Unsupported);
    }

    void everyCodingGivesTheTextBack()
    {
        for (const std::size_t size : {1, 63, 64, 4096, 4097, 200'000, 3'000'000}) {
            const std::string text = mixed(size);
            const auto check = [&text](BodyCoding coding, const std::string& octets) {
                const auto decoded = decodeBody(coding, octets, roomy);
                return decoded && *decoded == text
                    && decoded->capacity() >= text.size() + bodyPadding;
            };
            QVERIFY(check(BodyCoding::Identity, text));
            QVERIFY(check(BodyCoding::Gzip, gzipped(text)));
            QVERIFY(check(BodyCoding::Deflate, deflated(text, MAX_WBITS)));
            QVERIFY(check(BodyCoding::Deflate, deflated(text, -MAX_WBITS)));
            QVERIFY(check(BodyCoding::Zstd, zstandard(text)));
        }
    }

    void severalMembersAreOneText()
    {
        QCOMPARE(
            *decodeBody(BodyCoding::Gzip, gzipped("a") + gzipped("b"), roomy), std::string("ab"));
        QCOMPARE(*decodeBody(BodyCoding::Zstd, zstandard("a") + zstandard("b"), roomy),
            std::string("ab"));
    }

    void whatIsCutBrokenOrFollowedByRubbishIsRefused()
    {
        const std::string text = mixed(1000);
        for (const auto& [coding, octets] : {std::pair(BodyCoding::Gzip, gzipped(text)),
                 std::pair(BodyCoding::Deflate, deflated(text, MAX_WBITS)),
                 std::pair(BodyCoding::Deflate, deflated(text, -MAX_WBITS)),
                 std::pair(BodyCoding::Zstd, zstandard(text))}) {
            for (std::size_t cut = 1; cut < octets.size(); ++cut)
                QCOMPARE(failure(coding, octets.substr(0, cut)), ErrorKind::BadRequest);
            QCOMPARE(failure(coding, octets + "rubbish"), ErrorKind::BadRequest);
        }
        for (const BodyCoding coding : {BodyCoding::Gzip, BodyCoding::Zstd})
            QCOMPARE(failure(coding, "{\"model\":1}"), ErrorKind::BadRequest);
        QCOMPARE(failure(BodyCoding::Gzip, ""), ErrorKind::None);
    }

    void bombsAreRefused()
    {
        const std::string zeros(50 * 1024 * 1024, '\0');
        QCOMPARE(failure(BodyCoding::Gzip, gzipped(zeros)), ErrorKind::TooLarge);
        QCOMPARE(failure(BodyCoding::Deflate, deflated(zeros, MAX_WBITS)), ErrorKind::TooLarge);
        QCOMPARE(failure(BodyCoding::Zstd, zstandard(zeros)), ErrorKind::TooLarge);
        // Small texts may be as regular as they like.
        const std::string small(1024 * 1024, ' ');
        QCOMPARE(failure(BodyCoding::Gzip, gzipped(small)), ErrorKind::None);
        QCOMPARE(failure(BodyCoding::Zstd, zstandard(small)), ErrorKind::None);
        QCOMPARE(failure(BodyCoding::Gzip, gzipped(small + " ")), ErrorKind::TooLarge);
    }

    void theGivenLimitCountsDecodedOctets()
    {
        const std::string text = mixed(10'000);
        QCOMPARE(failure(BodyCoding::Gzip, gzipped(text), 10'000), ErrorKind::None);
        QCOMPARE(failure(BodyCoding::Gzip, gzipped(text), 9'999), ErrorKind::TooLarge);
        QCOMPARE(failure(BodyCoding::Zstd, zstandard(text), 10'000), ErrorKind::None);
        QCOMPARE(failure(BodyCoding::Zstd, zstandard(text), 9'999), ErrorKind::TooLarge);
        QCOMPARE(failure(BodyCoding::Identity, text, 9'999), ErrorKind::TooLarge);
    }

    void aZstdWindowOverEightMegabytesIsNotAllocated()
    {
        ZSTD_CCtx* context = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
        std::string out(1 << 16, '\0');
        const std::string text = mixed(100);
        ZSTD_inBuffer in{text.data(), text.size(), 0};
        ZSTD_outBuffer room{out.data(), out.size(), 0};
        ZSTD_compressStream2(context, &room, &in, ZSTD_e_flush);
        ZSTD_compressStream2(context, &room, &in, ZSTD_e_end);
        out.resize(room.pos);
        ZSTD_freeCCtx(context);
        QCOMPARE(failure(BodyCoding::Zstd, out), ErrorKind::BadRequest);
    }
};

QTEST_GUILESS_MAIN(TestBodyDecoder)
#include "tst_body_decoder.moc"
