#pragma once

// For the sources of this folder only.

#include "base/text.h"
#include "chat/raw_text.h"

#include <string>
#include <string_view>

namespace waystation::openai_chat {

/// One letter of an escaped text: `plain` is 0 for anything but ASCII.
struct RawLetter
{
    char plain = 0;
    std::size_t octets = 1;
};

inline RawLetter letterAt(std::string_view escaped, std::size_t at)
{
    if (escaped[at] != '\\' || at + 1 >= escaped.size())
        return {escaped[at], 1};
    switch (escaped[at + 1]) {
    case 'n':
        return {'\n', 2};
    case 'r':
        return {'\r', 2};
    case 't':
        return {'\t', 2};
    case '/':
        return {'/', 2};
    case 'u':
        break;
    default:
        return {0, 2};
    }
    if (at + 6 > escaped.size())
        return {0, 2};
    int code = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i)
        code = code * 16 + hexValue(escaped[i]);
    return {code > 0 && code < 0x80 ? static_cast<char>(code) : '\0', 6};
}

/// Parts the reasoning from the answer where a model writes it as <think>...</think> at the very start of its text. Tags
/// may come in pieces: what could be one is held back. Blanks around the tags belong to neither.
class ThinkTags
{
public:
    /// `say(isReasoning, text)` is called for what is certain.
    template <class Say> void take(RawText piece, Say&& say)
    {
        if (m_state == State::Answering)
            return tell(say, false, piece.escaped());
        const std::string_view escaped = piece.escaped();
        std::size_t from = 0; // what is not told yet
        std::size_t tagAt = 0; // where the tag begins, if it does so in this piece
        std::size_t at = 0;
        while (at < escaped.size()) {
            const RawLetter letter = letterAt(escaped, at);
            const bool isBlank = letter.plain == ' ' || letter.plain == '\n' || letter.plain == '\r' || letter.plain == '\t';
            switch (m_state) {
            case State::Beginning:
                if (letter.plain == openTag[m_matched]) {
                    if (++m_matched == openTag.size()) {
                        m_state = State::BehindOpen;
                        m_matched = 0;
                        m_held.clear();
                    }
                } else if (m_matched > 0 || !isBlank) {
                    m_state = State::Answering;
                    release(say, false);
                    return tell(say, false, escaped);
                }
                at += letter.octets;
                from = at;
                break;
            case State::BehindOpen:
                if (!isBlank) {
                    m_state = State::Thinking;
                    break;
                }
                at += letter.octets;
                from = at;
                break;
            case State::Thinking:
                if (letter.plain != closeTag[m_matched]) {
                    if (m_matched == 0) {
                        at += letter.octets;
                        break;
                    }
                    // No tag after all; the letter may begin another.
                    release(say, true);
                    m_matched = 0;
                    break;
                }
                if (m_matched++ == 0)
                    tagAt = at;
                at += letter.octets;
                if (m_matched == closeTag.size()) {
                    if (m_held.empty())
                        tell(say, true, escaped.substr(from, tagAt - from));
                    m_held.clear();
                    m_matched = 0;
                    m_state = State::BehindClose;
                    from = at;
                }
                break;
            case State::BehindClose:
                if (!isBlank) {
                    m_state = State::Answering;
                    return tell(say, false, escaped.substr(at));
                }
                at += letter.octets;
                break;
            case State::Answering:
                break;
            }
        }
        keepRest(escaped, from, tagAt, say);
    }

    /// What was held back comes; reasoning goes on behind it unless this is the end.
    template <class Say> void release(Say&& say)
    {
        const bool isReasoning = m_state == State::Thinking;
        m_matched = 0;
        release(say, isReasoning);
        if (m_state == State::Beginning)
            m_state = State::Answering;
    }

    /// Reasoning came by its own field, so tags in the text mean nothing.
    void switchOff()
    {
        if (m_state == State::Beginning && m_held.empty())
            m_state = State::Answering;
    }

private:
    enum class State { Beginning, BehindOpen, Thinking, BehindClose, Answering };

    static constexpr std::string_view openTag = "<think>";
    static constexpr std::string_view closeTag = "</think>";

    template <class Say> static void tell(Say&& say, bool isReasoning, std::string_view escaped)
    {
        if (!escaped.empty())
            say(isReasoning, RawText(escaped));
    }

    template <class Say> void release(Say&& say, bool isReasoning)
    {
        tell(say, isReasoning, m_held);
        m_held.clear();
    }

    template <class Say> void keepRest(std::string_view escaped, std::size_t from, std::size_t tagAt, Say&& say)
    {
        if (m_state == State::Beginning) {
            m_held += escaped;
        } else if (m_state == State::Thinking) {
            if (m_matched == 0)
                return tell(say, true, escaped.substr(from));
            if (m_held.empty()) {
                tell(say, true, escaped.substr(from, tagAt - from));
                m_held = escaped.substr(tagAt);
            } else {
                m_held += escaped;
            }
        }
    }

    State m_state = State::Beginning;
    std::size_t m_matched = 0; // letters of the tag
    std::string m_held; // what may be a tag, escaped
};

}
