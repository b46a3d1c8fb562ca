#pragma once

#include "chat/events.h"
#include "chat/sequence.h"

namespace waystation {

/// Puts a stream together to a whole answer.
class Collector final : public ReplyWriter
{
public:
    void started(const ReplyStart& start) override;
    bool restarted() override;
    void opened(const Block& block) override;
    void added(const Block& block, RawText piece) override;
    void cited(const Block& block, const Citation& citation) override;
    void chances(const Block& block, const std::vector<TokenChance>& chances) override;
    void carried(const Block& block, const Carry& carry) override;
    void closed(const Block& block) override;
    void choiceFinished(int choice, FinishReason reason) override;
    void finished(const ReplyEnd& end) override;
    void failed(const Error& error) override;

    bool isFinished() const { return m_isFinished; }
    const std::optional<Error>& error() const { return m_error; }
    /// What came so far, finished or not; leaves nothing behind.
    ChatReply take();

private:
    ReplyChoice& choiceAt(int index);
    RawText kept(RawText text);

    ChatReply m_reply;
    std::string& pieceOf(const Block& block);
    void settle(ReplyChoice& choice, std::string& piece);

    std::vector<std::string> m_pieces; // the text of each choice's open block
    bool m_isFinished = false;
    std::optional<Error> m_error;
};

/// Tells a whole answer as a stream, its end included.
void play(const ChatReply& reply, Sequence& sequence);

}
