#include "chat/collect.h"

namespace waystation {

ReplyChoice& Collector::choiceAt(int index)
{
    while (m_reply.choices.size() <= static_cast<std::size_t>(index))
        m_reply.choices.emplace_back();
    return m_reply.choices[static_cast<std::size_t>(index)];
}

RawText Collector::kept(RawText text)
{
    return text.isEmpty() ? RawText() : RawText(m_reply.texts.keep(std::string(text.escaped())));
}

void Collector::started(const ReplyStart& start)
{
    m_reply.id = start.id;
    m_reply.model = start.model;
    m_reply.created = start.created;
}

bool Collector::restarted()
{
    m_reply.choices.clear();
    m_pieces.clear();
    return true;
}

void Collector::opened(const Block& block)
{
    Part& part = choiceAt(block.choice).parts.emplace_back();
    part.kind = block.kind;
    part.callId = m_reply.texts.keep(std::string(block.callId));
    part.toolName = m_reply.texts.keep(std::string(block.toolName));
    part.nameSpace = m_reply.texts.keep(std::string(block.nameSpace));
    part.isCustom = block.isCustom;
    if (block.kind == PartKind::Image) {
        part.media = block.media;
        part.media.data = m_reply.texts.keep(std::string(block.media.data));
        part.media.mime = m_reply.texts.keep(std::string(block.media.mime));
        part.media.url = kept(block.media.url);
    }
    pieceOf(block).clear();
}

std::string& Collector::pieceOf(const Block& block)
{
    const auto choice = static_cast<std::size_t>(block.choice);
    if (m_pieces.size() <= choice)
        m_pieces.resize(choice + 1);
    return m_pieces[choice];
}

void Collector::added(const Block& block, RawText piece)
{
    pieceOf(block) += piece.escaped();
}

void Collector::cited(const Block& block, const Citation& citation)
{
    Citation copy = citation;
    copy.url = kept(citation.url);
    copy.title = kept(citation.title);
    copy.cited = kept(citation.cited);
    choiceAt(block.choice).parts.back().citations.push_back(copy);
}

void Collector::chances(const Block& block, const std::vector<TokenChance>& chances)
{
    for (TokenChance chance : chances) {
        chance.token = kept(chance.token);
        for (TokenChance& other : chance.others)
            other.token = kept(other.token);
        choiceAt(block.choice).chances.push_back(std::move(chance));
    }
}

void Collector::carried(const Block& block, const Carry& carry)
{
    Carry& mine = choiceAt(block.choice).parts.back().carry;
    mine = carry;
    mine.payload = m_reply.texts.keep(std::string(carry.payload));
}

void Collector::closed(const Block& block)
{
    settle(choiceAt(block.choice), pieceOf(block));
}

/// Gives the text that came to the part that it belongs to, which is the last.
void Collector::settle(ReplyChoice& choice, std::string& piece)
{
    Part& part = choice.parts.back();
    const std::string_view text = m_reply.texts.keep(std::move(piece));
    piece.clear();
    if (part.kind == PartKind::ToolCall && !part.isCustom)
        part.arguments = {text, true};
    else
        part.text = RawText(text);
}

void Collector::choiceFinished(int choice, FinishReason reason)
{
    choiceAt(choice).reason = reason;
}

void Collector::finished(const ReplyEnd& end)
{
    ReplyChoice& first = choiceAt(0);
    first.reason = end.reason;
    first.stopSequence = kept(end.stopSequence);
    first.detail = kept(end.detail);
    m_reply.usage = end.usage;
    m_reply.usageKind = end.usageKind;
    m_reply.tier = end.tier;
    m_isFinished = true;
}

void Collector::failed(const Error& error)
{
    m_error = error;
}

ChatReply Collector::take()
{
    choiceAt(0);
    // A block that was open when the answer broke off keeps what it had.
    for (std::size_t i = 0; i < m_pieces.size() && i < m_reply.choices.size(); ++i) {
        if (!m_pieces[i].empty())
            settle(m_reply.choices[i], m_pieces[i]);
    }
    return std::move(m_reply);
}

namespace {

void playPart(const Part& part, int choice, std::int64_t key, Sequence& sequence)
{
    switch (part.kind) {
    case PartKind::Text:
        sequence.breakBlock(choice);
        sequence.text(choice, part.text);
        for (const Citation& citation : part.citations)
            sequence.cite(choice, citation);
        sequence.carryText(choice, part.carry);
        break;
    case PartKind::Reasoning:
        sequence.breakBlock(choice);
        sequence.reasoning(choice, part.text);
        sequence.carryReasoning(choice, part.carry);
        sequence.breakBlock(choice);
        break;
    case PartKind::Refusal:
        sequence.refusal(choice, part.text);
        break;
    case PartKind::Image:
        sequence.picture(choice, part.media);
        break;
    case PartKind::ToolCall: {
        sequence.carryCall(choice, key, part.carry);
        if (part.isCustom) {
            sequence.customCall(choice, key, part.callId, part.toolName, part.nameSpace);
            sequence.arguments(choice, key, part.text);
        } else {
            sequence.call(choice, key, part.callId, part.toolName);
            if (part.arguments.isEscaped) {
                sequence.arguments(choice, key, RawText(part.arguments.text));
            } else {
                TextStore store;
                sequence.arguments(choice, key, store.escape(part.arguments.text));
            }
        }
        sequence.endCall(choice, key);
        break;
    }
    default:
        break;
    }
}

}

void play(const ChatReply& reply, Sequence& sequence)
{
    ReplyStart start;
    start.id = reply.id;
    start.model = reply.model;
    start.created = reply.created;
    sequence.start(start);
    for (std::size_t i = 0; i < reply.choices.size(); ++i) {
        const ReplyChoice& choice = reply.choices[i];
        const int index = static_cast<int>(i);
        std::int64_t key = 0;
        bool toldChances = choice.chances.empty();
        for (const Part& part : choice.parts) {
            playPart(part, index, key++, sequence);
            if (!toldChances && part.kind == PartKind::Text) {
                sequence.chances(index, choice.chances);
                toldChances = true;
            }
        }
        sequence.finish(index, choice.reason == FinishReason::Unknown ? FinishReason::Stop : choice.reason, choice.stopSequence, choice.detail);
    }
    if (reply.usage)
        sequence.usage(*reply.usage);
    sequence.tier(reply.tier);
    sequence.end();
}

}
