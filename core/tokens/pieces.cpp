#include "tokens/pieces.h"

#include "tokens/utf8.h"

namespace waystation {

namespace {

struct Char
{
    CharKind kind = CharKind::Other;
    std::size_t end = 0; // where the next one begins
};

class Scanner
{
public:
    Scanner(std::string_view text, const CharKinds& kinds) : m_text(text), m_kinds(kinds) { }

    Char charAt(std::size_t at) const
    {
        const CodePoint point = codePointAt(m_text, at);
        return {m_kinds.of(point.value), at + point.size};
    }

    bool isAtEnd(std::size_t at) const { return at >= m_text.size(); }

    /// The end of a word's letters that begin at `from`, with the contraction that may follow; `from` when there are none.
    std::size_t wordEnd(std::size_t from) const
    {
        std::size_t at = from;
        std::size_t lastEitherEnd = from; // behind the last letter or mark that may be upper as well as lower
        while (!isAtEnd(at)) {
            const Char next = charAt(at);
            if (next.kind == CharKind::Letter || next.kind == CharKind::Mark)
                lastEitherEnd = next.end;
            else if (next.kind == CharKind::Lower)
                return contractionEnd(lowerEnd(next.end));
            else if (next.kind != CharKind::Upper)
                break;
            at = next.end;
        }
        // A word that ends in lower letters is preferred, even if it has to leave capitals to the next one.
        if (lastEitherEnd > from)
            return contractionEnd(lastEitherEnd);
        return at > from ? contractionEnd(at) : from;
    }

    std::size_t contractionEnd(std::size_t at) const
    {
        if (isAtEnd(at) || m_text[at] != '\'')
            return at;
        const auto lowerAt = [&](std::size_t i) { return i < m_text.size() ? m_text[i] | 0x20 : 0; };
        const int first = lowerAt(at + 1);
        const int second = lowerAt(at + 2);
        if (first == 's' || first == 't' || first == 'm' || first == 'd')
            return at + 2;
        if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l'))
            return at + 3;
        // The long s is an s in another case.
        if (m_text.substr(at + 1, 2) == "\u017F")
            return at + 3;
        return at;
    }

    std::size_t numberEnd(std::size_t at) const
    {
        for (int i = 0; i < 3 && !isAtEnd(at); ++i) {
            const Char next = charAt(at);
            if (next.kind != CharKind::Number)
                break;
            at = next.end;
        }
        return at;
    }

    /// The end of the signs that begin at `from`; `from` when there are none.
    std::size_t signsEnd(std::size_t from) const
    {
        std::size_t at = from;
        while (!isAtEnd(at)) {
            const Char next = charAt(at);
            if (next.kind != CharKind::Other && next.kind != CharKind::Mark)
                break;
            at = next.end;
        }
        if (at == from)
            return from;
        while (!isAtEnd(at) && (m_text[at] == '\r' || m_text[at] == '\n' || m_text[at] == '/'))
            ++at;
        return at;
    }

    std::size_t spaceEnd(std::size_t from) const
    {
        std::size_t at = from;
        std::size_t lastNewlineEnd = from;
        std::size_t last = from;
        while (!isAtEnd(at)) {
            const Char next = charAt(at);
            if (next.kind == CharKind::Newline)
                lastNewlineEnd = next.end;
            else if (next.kind != CharKind::Space)
                break;
            last = at;
            at = next.end;
        }
        if (lastNewlineEnd > from)
            return lastNewlineEnd;
        // The last space belongs to what follows it.
        return isAtEnd(at) || last == from ? at : last;
    }

private:
    std::size_t lowerEnd(std::size_t at) const
    {
        while (!isAtEnd(at)) {
            const Char next = charAt(at);
            if (next.kind != CharKind::Lower && next.kind != CharKind::Letter && next.kind != CharKind::Mark)
                break;
            at = next.end;
        }
        return at;
    }

    std::string_view m_text;
    const CharKinds& m_kinds;
};

}

std::size_t pieceEnd(std::string_view text, std::size_t from, const CharKinds& kinds)
{
    const Scanner scanner(text, kinds);
    const Char first = scanner.charAt(from);
    switch (first.kind) {
    case CharKind::Upper:
    case CharKind::Lower:
    case CharKind::Letter:
    case CharKind::Mark:
        return scanner.wordEnd(from);
    case CharKind::Number:
        return scanner.numberEnd(from);
    case CharKind::Newline:
        return scanner.spaceEnd(from);
    case CharKind::Space:
    case CharKind::Other:
        break;
    }
    // What is neither letter nor number may begin a word.
    const std::size_t word = scanner.wordEnd(first.end);
    if (word > first.end)
        return word;
    if (first.kind == CharKind::Other)
        return scanner.signsEnd(from);
    const std::size_t signs = text[from] == ' ' ? scanner.signsEnd(first.end) : first.end;
    return signs > first.end ? signs : scanner.spaceEnd(from);
}

}
