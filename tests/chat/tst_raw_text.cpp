#include <string>

#include "base/base64.h"
#include "chat/carry.h"
#include "chat/raw_text.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace waystation;

class TestRawText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void escapingIsUndoneByReading()
    {
        std::string every;
        for (int code = 0; code < 0x80; ++code)
            every += static_cast<char>(code);
        every += "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x9A\x89";
        const std::string json = jsonString(every);
        QCOMPARE(nlohmann::json::parse(json).get<std::string>(), every);
        QCOMPARE(RawText(std::string_view(json).substr(1, json.size() - 2)).toString(), every);
    }

    void invalidUtf8BecomesAReplacement()
    {
        QCOMPARE(jsonString("a\xFF" "b"), std::string("\"a\xEF\xBF\xBD" "b\""));
        QCOMPARE(jsonString("\xE4\xB8"), std::string("\"\xEF\xBF\xBD\xEF\xBF\xBD\""));
        QCOMPARE(jsonString("\xED\xA0\x80"), std::string("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"")); // a surrogate
    }

    void pairsOfEscapesAreOneCharacter()
    {
        QCOMPARE(RawText("\\ud83d\\ude89").toString(), std::string("\xF0\x9F\x9A\x89"));
        QCOMPARE(RawText("\\ud83d").toString(), std::string("\xEF\xBF\xBD"));
        QCOMPARE(RawText("\\u00e9\\/").toString(), std::string("\xC3\xA9/"));
    }

    void halvesWithoutTheirOtherOneAreFound()
    {
        QVERIFY(!hasLoneHalves("a\\ud83d\\ude89 \\n \\\\ud83d \\u00e9"));
        QVERIFY(hasLoneHalves("\\ude89"));
        QVERIFY(hasLoneHalves("\\ud83d\\ud83d\\ude89"));
        QCOMPARE(withoutLoneHalves("a\\ud83d\\uda00b\\ude89\\ud83d\\ude89"), std::string("a\\ufffd\\ufffdb\\ufffd\\ud83d\\ude89"));
    }

    void brokenEscapesDoNotHurt()
    {
        QCOMPARE(RawText("a\\").toString(), std::string("a\xEF\xBF\xBD"));
        QCOMPARE(RawText("\\u12").toString(), std::string("\xEF\xBF\xBD" "12"));
        QCOMPARE(RawText("\\x").toString(), std::string("\xEF\xBF\xBD"));
    }

    void sayingIsComparedUnescaped()
    {
        QVERIFY(RawText("a\\u0062").is("ab"));
        QVERIFY(!RawText("a\\\\b").is("a\\\\b"));
        QVERIFY(RawText("a\\\\b").is("a\\b"));
    }

    void blanksSayNothing()
    {
        QVERIFY(RawText(" \\n\\t\\r").isBlank());
        QVERIFY(RawText("").isBlank());
        QVERIFY(!RawText(" a").isBlank());
        QVERIFY(!RawText("\\\\n").isBlank());
        QVERIFY(!RawText("\\u00e9").isBlank());
    }

    void base64GoesBothWays()
    {
        for (std::size_t length = 0; length < 70; ++length) {
            std::string octets;
            for (std::size_t i = 0; i < length; ++i)
                octets += static_cast<char>(i * 37 + length);
            QCOMPARE(base64Decoded(base64(octets)).value(), octets);
        }
        QCOMPARE(base64("ws1"), std::string("d3Mx"));
        QCOMPARE(base64Decoded("aGk").value(), std::string("hi"));
        QCOMPARE(base64Decoded("_-8=").value(), base64Decoded("/+8=").value());
        QVERIFY(!base64Decoded("a"));
        QVERIFY(!base64Decoded("a$bc"));
    }

    void carriedStateComesBack()
    {
        const Carry carry {CarryKind::GeminiSignature, originOf("gemini"), "CsUBAdHtim8="};
        const std::string text = wrapped(carry);
        QVERIFY(looksWrapped(text));
        TextStore store;
        QVERIFY(unwrapped(text, store) == carry);
    }

    void carriedStateThatWasTouchedIsNone()
    {
        TextStore store;
        const std::string text = wrapped({CarryKind::AnthropicSignature, 7, "EuYBCkQ"});
        QVERIFY(!unwrapped(text.substr(0, text.size() - 4), store));
        std::string other = text;
        other[other.size() - 6] = other[other.size() - 6] == 'A' ? 'B' : 'A';
        QVERIFY(!unwrapped(other, store));
        QVERIFY(!unwrapped("EuYBCkQYAiJA", store));
        QVERIFY(!unwrapped("d3Mx", store));
        QVERIFY(!unwrapped("", store));
    }
};

QTEST_GUILESS_MAIN(TestRawText)
#include "tst_raw_text.moc"
