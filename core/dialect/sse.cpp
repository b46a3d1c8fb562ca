#include "dialect/sse.h"

#include "base/text.h"

#include <algorithm>
#include <cstring>

namespace waystation {

namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t mostKept = 1u << 20;

/// Finds line ends from left to right, each octet looked at once for LF and once for CR.
class LineEnds
{
public:
    explicit LineEnds(std::string_view text)
        : m_text(text)
    {
    }

    std::size_t next(std::size_t from)
    {
        advance(m_lf, '\n', from);
        advance(m_cr, '\r', from);
        return std::min(m_lf, m_cr);
    }

private:
    void advance(std::size_t& known, char wanted, std::size_t from) const
    {
        if (known == npos || (known != unknown && known >= from))
            return;
        const void* hit = from < m_text.size()
            ? std::memchr(m_text.data() + from, wanted, m_text.size() - from)
            : nullptr;
        known
            = hit ? static_cast<std::size_t>(static_cast<const char*>(hit) - m_text.data()) : npos;
    }

    static constexpr std::size_t unknown = npos - 1;

    std::string_view m_text;
    std::size_t m_lf = unknown;
    std::size_t m_cr = unknown;
};

}

bool SseReader::feedTo(std::string_view piece, EventSink sink)
{
    if (m_tooLarge)
        return false;

    LineEnds ends(piece);
    std::size_t from = 0; // of the block, or of its part in this piece
    std::size_t at = 0;
    while (at < piece.size()) {
        if (m_afterCr) {
            m_afterCr = false;
            if (piece[at] == '\n') {
                ++at;
                // The block went out at its CR; this half of the line end follows on its own.
                if (m_pending.empty()) {
                    sink({{}, {}, piece.substr(from, 1), true});
                    from = at;
                }
                continue;
            }
        }
        const std::size_t end = ends.next(at);
        if (end == npos) {
            m_lineHasOctets = true;
            break;
        }
        const bool isBlank = end == at && !m_lineHasOctets;
        m_lineHasOctets = false;
        at = end + 1;
        if (piece[end] == '\r') {
            if (at == piece.size())
                m_afterCr = true;
            else if (piece[at] == '\n')
                ++at;
        }
        if (!isBlank)
            continue;

        const std::string_view part = piece.substr(from, at - from);
        from = at;
        if (m_pending.empty()) {
            emit(part, sink);
            continue;
        }
        if (m_pending.size() + part.size() > mostOctets) {
            m_tooLarge = true;
            return false;
        }
        m_pending.append(part);
        emit(m_pending, sink);
        if (m_pending.capacity() > mostKept)
            std::string().swap(m_pending);
        m_pending.clear();
    }

    if (m_pending.size() + piece.size() - from > mostOctets) {
        m_tooLarge = true;
        std::string().swap(m_pending);
        return false;
    }
    m_pending.append(piece.substr(from));
    return true;
}

void SseReader::finishTo(EventSink sink)
{
    if (!m_pending.empty())
        emit(m_pending, sink);
    std::string().swap(m_pending);
    m_lineHasOctets = false;
    m_afterCr = false;
}

void SseReader::emit(std::string_view raw, EventSink sink)
{
    Event event;
    event.raw = raw;

    std::string_view text = raw;
    if (!m_started) {
        m_started = true;
        if (text.starts_with("\xEF\xBB\xBF"))
            text.remove_prefix(3);
    }

    bool hasData = false;
    bool isJoined = false;
    bool isError = false;
    LineEnds ends(text);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(ends.next(at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        if (line.empty() || line.front() == ':')
            continue;
        const std::size_t colon = line.find(':');
        const std::string_view field = line.substr(0, colon);
        std::string_view value = colon == npos ? std::string_view() : line.substr(colon + 1);
        if (value.starts_with(' '))
            value.remove_prefix(1);

        if (field == "data") {
            if (isError)
                continue;
            if (!hasData) {
                event.data = value;
                hasData = true;
                continue;
            }
            if (!isJoined) {
                m_joined.assign(event.data);
                isJoined = true;
            }
            m_joined += '\n';
            m_joined.append(value);
            event.data = m_joined;
        } else if (field == "event") {
            if (!isError)
                event.name = value;
        } else if (field == "error") {
            event.name = "error";
            event.data = value;
            isError = true;
        }
    }

    if (!hasData && !isError && event.name.empty()) {
        const std::string_view words = trimmed(text);
        if (words.starts_with('{') || words.starts_with('[')) {
            event.data = words;
        } else if (words.starts_with('<')) {
            event.name = "error";
            event.data = words;
        } else {
            event.isComment = true;
        }
    }
    sink(event);
    if (m_joined.capacity() > mostKept)
        std::string().swap(m_joined);
}

bool JsonArrayReader::feedTo(std::string_view piece, EventSink sink)
{
    if (m_tooLarge)
        return false;

    std::size_t from = 0;
    const auto give = [&](std::size_t end, bool isComment) {
        std::string_view raw = piece.substr(from, end - from);
        from = end;
        if (!m_pending.empty()) {
            m_pending.append(raw);
            raw = m_pending;
        }
        Event event;
        event.raw = raw;
        event.isComment = isComment;
        if (!isComment)
            event.data = raw.substr(m_elementAt);
        sink(event);
        m_elementAt = npos;
        if (m_pending.capacity() > mostKept)
            std::string().swap(m_pending);
        m_pending.clear();
    };

    for (std::size_t at = 0; at < piece.size(); ++at) {
        const char c = piece[at];
        if (m_inString) {
            if (m_escaped)
                m_escaped = false;
            else if (c == '\\')
                m_escaped = true;
            else if (c == '"')
                m_inString = false;
            continue;
        }
        switch (c) {
        case '"':
            m_inString = true;
            break;
        case '{':
        case '[':
            if (m_depth == 0) {
                if (c == '[' && !m_inArray && !m_closed) {
                    m_inArray = true;
                    break;
                }
                m_elementAt = m_pending.size() + at - from;
            }
            ++m_depth;
            break;
        case '}':
        case ']':
            if (m_depth == 0) {
                if (c == ']' && m_inArray) {
                    m_inArray = false;
                    m_closed = true;
                    give(at + 1, true);
                }
                break;
            }
            if (--m_depth == 0)
                give(at + 1, false);
            break;
        default:
            break;
        }
    }

    if (m_pending.size() + piece.size() - from > mostOctets) {
        m_tooLarge = true;
        std::string().swap(m_pending);
        return false;
    }
    m_pending.append(piece.substr(from));
    return true;
}

void JsonArrayReader::finishTo(EventSink sink)
{
    if (!m_pending.empty())
        sink({{}, {}, m_pending, true});
    std::string().swap(m_pending);
    m_depth = 0;
    m_elementAt = npos;
    m_inString = m_escaped = m_inArray = false;
}

}
