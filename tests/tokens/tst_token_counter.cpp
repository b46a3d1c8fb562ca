#include <string> // before the others: moc 6.4 stumbles when <compare> comes first

#include "tokens/char_kinds.h"
#include "tokens/pieces.h"
#include "tokens/token_counter.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <fstream>
#include <random>
#include <vector>

using namespace waystation;
using namespace std::chrono_literals;

namespace {

std::string repeated(std::string_view text, std::size_t octets)
{
    std::string result;
    while (result.size() < octets)
        result += text;
    return result;
}

std::vector<std::string> piecesOf(std::string_view text)
{
    const CharKinds kinds;
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = pieceEnd(text, at, kinds);
        pieces.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return pieces;
}

using Pieces = std::vector<std::string>;

constexpr std::size_t megabyte = 1'000'000;

}

class TestTokenCounter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsAreThoseOfTheReference()
    {
        std::ifstream file(WAYSTATION_TEST_DATA "/counts.json");
        const auto cases = nlohmann::json::parse(file);
        QVERIFY(cases.size() > 300);
        TokenCounter counter;
        for (const auto& one : cases) {
            std::string text = one.value("text", std::string());
            if (one.contains("hex"))
                text = QByteArray::fromHex(QByteArray::fromStdString(one["hex"].get<std::string>())).toStdString();
            const auto found = counter.count(text);
            if (found != one["tokens"].get<std::int64_t>())
                QFAIL(qPrintable(QString::fromStdString(one.dump()) + QStringLiteral(" counted as %1").arg(found)));
        }
    }

    void noTextHasNoTokensAndNeedsNoVocabulary()
    {
        TokenCounter counter;
        QCOMPARE(counter.count({}), 0);
        QVERIFY(!counter.isLoaded());
        QCOMPARE(counter.memoryBytes(), std::size_t(0));
    }

    void aWordLeavesItsCapitalsToTheNextWhenItCanEndInLowerLetters()
    {
        QCOMPARE(piecesOf("中ABC"), Pieces({"中", "ABC"}));
        QCOMPARE(piecesOf("中ABCdef"), Pieces({"中ABCdef"}));
        QCOMPARE(piecesOf("ABCdefGHI"), Pieces({"ABCdef", "GHI"}));
    }

    void whatIsNeitherLetterNorNumberMayBeginAWord()
    {
        QCOMPARE(piecesOf("(a\ta\na"), Pieces({"(a", "\ta", "\n", "a"}));
        QCOMPARE(piecesOf("((a"), Pieces({"((", "a"}));
    }

    void contractionsStayWithTheirWord()
    {
        QCOMPARE(piecesOf("we'll WE'LL it'sabc 1's"), Pieces({"we'll", " WE'LL", " it's", "abc", " ", "1", "'s"}));
    }

    void theLastSpaceBelongsToWhatFollows()
    {
        QCOMPARE(piecesOf("a   b"), Pieces({"a", "  ", " b"}));
        QCOMPARE(piecesOf("a   1"), Pieces({"a", "  ", " ", "1"}));
        QCOMPARE(piecesOf("a \n \n  b"), Pieces({"a", " \n \n", " ", " b"}));
        QCOMPARE(piecesOf("a   "), Pieces({"a", "   "}));
    }

    void longRunsAreCountedAsIfInOne()
    {
        // What the reference finds, from runs that are cut several times here.
        TokenCounter counter;
        QCOMPARE(counter.count(std::string(100'001, 'a')), 12'501);
        QCOMPARE(counter.count(std::string(100'001, ' ')), 782);
        QCOMPARE(counter.count(std::string(100'001, '\t')), 6'250);
        QCOMPARE(counter.count(repeated("ab", 100'000)), 25'000);
        QCOMPARE(counter.count(repeated("中", 99'999)), 33'333);
    }

    void noTextCostsMoreThanItsLengthWarrants_data()
    {
        std::mt19937 random(11);
        std::string letters;
        std::string octets;
        for (std::size_t i = 0; i < megabyte; ++i) {
            letters += static_cast<char>('a' + random() % 26);
            octets += static_cast<char>(random());
        }
        QTest::addColumn<QByteArray>("text");
        const auto row = [](const char* name, const std::string& text) { QTest::newRow(name) << QByteArray::fromStdString(text); };
        row("one letter", std::string(megabyte, 'a'));
        row("capitals behind an ideograph", "中" + std::string(megabyte, 'A'));
        row("two letters", repeated("ab", megabyte));
        row("random letters", letters);
        row("random octets", octets);
        row("one ideograph", repeated("中", megabyte));
        row("ideographs and capitals", repeated("中A", megabyte));
        row("marks", repeated("\u0301", megabyte));
        row("spaces", std::string(megabyte, ' '));
        row("spaces and a letter", std::string(megabyte, ' ') + 'x');
        row("a newline and spaces", '\n' + std::string(megabyte, ' ') + 'x');
        row("newlines", std::string(megabyte, '\n'));
        row("signs", std::string(megabyte, '='));
        row("slashes behind newlines", repeated("!\n/", megabyte));
        row("apostrophes", std::string(megabyte, '\''));
        row("digits", std::string(megabyte, '7'));
        row("no UTF-8 at all", std::string(megabyte, '\xF0'));
    }

    /// The scanner has no such measure: where it looked again and again, this would not end.
    void noTextCostsMoreThanItsLengthWarrants()
    {
        QFETCH(QByteArray, text);
        TokenCounter counter;
        const auto tokens = counter.count(std::string_view(text.constData(), static_cast<std::size_t>(text.size())));
        QVERIFY(tokens > 0);
        QVERIFY(tokens <= 3 * text.size());
        // A pair is looked at where it begins, when it is merged, and where its neighbours change; a short piece as often
        // as it has octets, of which there are at most 32. An octet to replace becomes three.
        QVERIFY2(counter.steps() <= 3 * 32 * static_cast<std::uint64_t>(text.size()), qPrintable(QString::number(counter.steps())));
        QVERIFY2(counter.memoryBytes() < 12'000'000, qPrintable(QString::number(counter.memoryBytes())));
    }

    void memoryIsGivenBackWhenIdleAndCountingWorksAgain()
    {
        const Tick start {};
        TokenCounter counter;
        const auto tokens = counter.count("Hello, world!");
        QVERIFY(counter.isLoaded());
        QVERIFY(counter.memoryBytes() > 1'000'000);
        counter.releaseIfIdle(start + 10s, 60s); // the count was before this
        counter.releaseIfIdle(start + 69s, 60s);
        QVERIFY(counter.isLoaded());
        counter.releaseIfIdle(start + 70s, 60s);
        QVERIFY(!counter.isLoaded());
        QCOMPARE(counter.memoryBytes(), std::size_t(0));
        QCOMPARE(counter.count("Hello, world!"), tokens);
        QVERIFY(counter.isLoaded());
    }

    void aCountBeginsTheIdleTimeAnew()
    {
        const Tick start {};
        TokenCounter counter;
        counter.count("one");
        counter.releaseIfIdle(start, 60s);
        counter.count("two");
        counter.releaseIfIdle(start + 60s, 60s);
        QVERIFY(counter.isLoaded());
        counter.releaseIfIdle(start + 120s, 60s);
        QVERIFY(!counter.isLoaded());
    }
};

QTEST_GUILESS_MAIN(TestTokenCounter)

#include "tst_token_counter.moc"
