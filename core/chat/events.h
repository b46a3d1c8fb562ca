#pragma once

#include "chat/reply.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// A run of one kind within an answer: text, reasoning, a call, a refusal or a picture. Blocks of a choice never
/// overlap: one is closed before the next is opened.
struct Block
{
    int choice = 0;
    int index = 0; // within its choice, from 0
    PartKind kind = PartKind::Text; // Text, Reasoning, ToolCall, Refusal, Image
    int callIndex = -1; // ToolCall: counts calls within the choice, from 0
    std::string_view callId; // ToolCall: never empty
    std::string_view toolName; // ToolCall: as the client knows it
    std::string_view nameSpace; // ToolCall: the namespace that the client put it in
    bool isCustom = false; // ToolCall: the client declared it as a custom tool
    Media media; // Image
    Carry carry; // ToolCall: its opaque state, when it was known at the opening; `carried` repeats it
};

/// Makes the client's stream of an answer, or whatever else is made of it. Called in this order:
/// started, then for every block opened, (added | cited | chances)*, carried?, closed, then finished; or failed at any
/// point, after which nothing comes. Views are good until the callee returns, a block's from opened to closed.
class ReplyWriter
{
public:
    virtual ~ReplyWriter() = default;

    virtual void started(const ReplyStart& start) = 0;
    /// The upstream begins its answer anew: true when what came so far could be forgotten.
    virtual bool restarted() { return false; }
    virtual void opened(const Block& block) = 0;
    /// Text, reasoning or refusal; for a call a piece of its arguments (JSON text, escaped once more by RawText), or of a
    /// custom tool's input. Never empty.
    virtual void added(const Block& block, RawText piece) = 0;
    virtual void cited(const Block&, const Citation&) { }
    virtual void chances(const Block&, const std::vector<TokenChance>&) { }
    /// The opaque state of the block, with its origin.
    virtual void carried(const Block&, const Carry&) { }
    virtual void closed(const Block& block) = 0;
    /// Why each choice ended, called for all of them right before `finished`, and only where there are several.
    virtual void choiceFinished(int choice, FinishReason reason) { (void)choice, (void)reason; }
    /// The end of the whole answer, exactly once. `reason` is the first choice's.
    virtual void finished(const ReplyEnd& end) = 0;
    /// The answer broke off; the protocol's own error is its last event.
    virtual void failed(const Error& error) = 0;
};

}
