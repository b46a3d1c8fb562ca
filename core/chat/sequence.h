#pragma once

#include "chat/events.h"
#include "chat/names.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// Makes of what an upstream's stream says, in whatever order and overlap, the orderly blocks that a ReplyWriter gets.
/// One for each attempt. A reader calls the methods below as it sees things; a call whose turn has not come is held, and
/// so are the arguments of a custom tool's call (their `input` is unwrapped). The end is told once, by `end` or `fail`.
class Sequence
{
public:
    /// `names` turns the upstream's tool names into the client's; it and `writer` outlive the sequence. `seed` makes the
    /// ids of calls that come without one.
    Sequence(ReplyWriter& writer, const ToolNames& names, std::uint64_t seed);
    ~Sequence();

    /// The first sign of an answer. Later ones only fill in what is missing.
    void start(const ReplyStart& start);

    /// The upstream begins its answer anew. False when the client already has a part of it; then the reader fails.
    bool restart();

    void text(int choice, RawText piece);
    void reasoning(int choice, RawText piece);
    void refusal(int choice, RawText piece);
    void picture(int choice, const Media& media);
    /// Ends the open text, reasoning or refusal, so that what follows is a block of its own.
    void breakBlock(int choice);
    /// Another part of a summary begins: a blank line, if reasoning is open.
    void breakReasoning(int choice);

    /// The opaque state of the reasoning that is open, or was closed last without any; where there is none, a reasoning
    /// block without text is made for it.
    void carryReasoning(int choice, Carry carry);
    /// Of the text that is open, or of an empty text block made for it.
    void carryText(int choice, Carry carry);
    void carryCall(int choice, std::int64_t key, Carry carry);

    void cite(int choice, const Citation& citation);
    void chances(int choice, const std::vector<TokenChance>& chances);

    /// A call, known by the upstream's `key` for it (index in its list, output index, block index). May come again with
    /// what was missing; an empty name or id leaves what is known.
    void call(int choice, std::int64_t key, std::string_view id, std::string_view name);
    /// The call is one of a custom tool by the upstream's own word: its arguments are plain text.
    void customCall(int choice, std::int64_t key, std::string_view id, std::string_view name, std::string_view nameSpace);
    void arguments(int choice, std::int64_t key, RawText piece);
    /// The arguments are `whole`: what has not come yet is added. Nothing when all has come.
    void wholeArguments(int choice, std::int64_t key, RawText whole);
    /// No more arguments will come.
    void endCall(int choice, std::int64_t key);

    /// Why a choice ended; the last word counts. Calls turn a plain stop into Tool.
    void finish(int choice, FinishReason reason, RawText stopSequence = {}, RawText detail = {});
    void usage(const Usage& usage);
    void tier(std::string_view tier);

    /// The protocol's end has come. Closes everything and tells the writer, or fails when a call never got a name, or
    /// when an upstream that has to say why it ended did not and gave nothing.
    void end();
    void fail(const Error& error);

    bool hasStarted() const { return m_started; }
    /// Something that is worth committing to was seen: text, reasoning, a call, a finish.
    bool hasContent() const { return m_hasContent; }
    bool hasEnded() const { return m_ended; }
    bool hasFinish() const;
    bool hasCalls() const;
    const std::optional<Error>& error() const { return m_error; }
    const std::optional<Usage>& counted() const { return m_usage; }
    /// Octets of text, reasoning and arguments, as UTF-8 and escaped.
    std::int64_t contentOctets() const { return m_contentOctets; }
    const std::string& id() const { return m_id; }
    const std::string& model() const { return m_model; }

private:
    struct Call;
    struct Choice;

    Choice& choiceAt(int index);
    Call& callAt(Choice& choice, std::int64_t key);
    void ensureStarted();
    void noteContent(std::size_t octets);
    void say(int index, PartKind kind, RawText piece);
    void open(Choice& choice, PartKind kind);
    void close(Choice& choice);
    void give(Choice& choice, RawText piece);
    void openCall(Choice& choice, Call& call);
    void giveArguments(Choice& choice, Call& call, RawText piece);
    /// Closes calls that are whole and opens those whose turn has come.
    void pump(Choice& choice, bool isLast);

    ReplyWriter& m_writer;
    const ToolNames& m_names;
    std::uint64_t m_seed;
    std::uint64_t m_callsWithoutId = 0;
    std::deque<Choice> m_choices;
    bool m_started = false;
    bool m_ended = false;
    bool m_hasContent = false;
    std::string m_id;
    std::string m_model;
    std::optional<Usage> m_usage;
    std::string m_tier;
    std::optional<Error> m_error;
    std::int64_t m_contentOctets = 0;
    std::string m_scratch;
};

}
