#include "chat/sequence.h"

#include "base/text.h"

#include <algorithm>

namespace waystation {

namespace {

/// Octets at the end that are the first half of a surrogate pair; its other half comes in the next piece.
std::size_t halfPairAtEnd(std::string_view escaped)
{
    constexpr std::size_t length = 6;
    if (escaped.size() < length)
        return 0;
    const std::size_t at = escaped.size() - length;
    const std::string_view last = escaped.substr(at);
    const bool isHigh = last.starts_with("\\u") && (last[2] == 'd' || last[2] == 'D') && (hexValue(last[3]) >= 8 && hexValue(last[3]) <= 11)
        && hexValue(last[4]) >= 0 && hexValue(last[5]) >= 0;
    if (!isHigh)
        return 0;
    std::size_t slashes = 1;
    while (slashes <= at && escaped[at - slashes] == '\\')
        ++slashes;
    return slashes % 2 == 1 ? length : 0;
}

/// Follows a JSON text through its pieces and knows when its one value is whole.
class WholeValue
{
public:
    void feed(std::string_view text)
    {
        for (const char c : text) {
            if (m_isWhole)
                return;
            if (m_inString) {
                if (m_isEscaped)
                    m_isEscaped = false;
                else if (c == '\\')
                    m_isEscaped = true;
                else if (c == '"')
                    m_inString = false;
            } else if (c == '"') {
                m_inString = true;
                m_hasBegun = true;
            } else if (c == '{' || c == '[') {
                ++m_depth;
                m_hasBegun = true;
            } else if (c == '}' || c == ']') {
                --m_depth;
            }
            m_isWhole = m_hasBegun && !m_inString && m_depth <= 0;
        }
    }

    bool isWhole() const { return m_isWhole; }

private:
    int m_depth = 0;
    bool m_inString = false;
    bool m_isEscaped = false;
    bool m_hasBegun = false;
    bool m_isWhole = false;
};

/// What a custom tool's input is inside the arguments of the function that stood for it, escaped as it came.
std::string unwrappedInput(const std::string& escapedArguments)
{
    const std::string arguments = RawText(escapedArguments).toString();
    const std::string_view text = trimmed(arguments);
    // {"input":"..."}: the one field is found by hand, all else is taken as the input itself.
    constexpr std::string_view key = "\"input\"";
    const std::size_t at = text.starts_with('{') ? text.find_first_not_of(" \t\r\n", 1) : std::string_view::npos;
    if (at != std::string_view::npos && text.substr(at, key.size()) == key) {
        std::size_t from = text.find_first_not_of(" \t\r\n", at + key.size());
        if (from != std::string_view::npos && text[from] == ':')
            from = text.find_first_not_of(" \t\r\n", from + 1);
        if (from != std::string_view::npos && text[from] == '"') {
            for (std::size_t i = from + 1; i < text.size(); ++i) {
                if (text[i] == '\\')
                    ++i;
                else if (text[i] == '"')
                    return std::string(text.substr(from + 1, i - from - 1));
            }
        }
    }
    return escapedArguments;
}

}

struct Sequence::Call
{
    std::int64_t key = 0;
    std::string id;
    std::string name; // as the upstream says it
    std::string nameSpace; // as the upstream says it
    bool isPlainText = false; // a custom tool's call by the upstream's own word
    bool unwraps = false; // the client sees a custom tool, the upstream a function
    bool isOpen = false;
    bool isClosed = false;
    bool hasEnded = false; // no more arguments will come
    std::string received; // arguments so far, escaped
    std::size_t given = 0; // octets of them that the writer has
    std::size_t looked = 0;
    WholeValue value;
    Carry carry;
    std::string carried; // the payload of `carry`
    int number = -1;
};

struct Sequence::Choice
{
    int index = 0;
    int blocks = 0;
    int openedCalls = 0;
    Block block; // the open one
    bool isOpen = false;
    Call* open = nullptr; // the call that is open
    std::deque<Call> calls;
    std::string half;     // of a surrogate pair, for the open block
    std::string whole;    // the piece that it was put in front of
    std::string heldText; // came while a call was open and not whole
    Carry heldCarry;      // likewise
    std::string heldPayload;
    FinishReason reason = FinishReason::Unknown;
    std::string stopSequence;
    std::string detail;
};

Sequence::Sequence(ReplyWriter& writer, const ToolNames& names, std::uint64_t seed) : m_writer(writer), m_names(names), m_seed(seed)
{
}

Sequence::~Sequence() = default;

Sequence::Choice& Sequence::choiceAt(int index)
{
    // An index from outside is not trusted with memory.
    const std::size_t wanted = static_cast<std::size_t>(std::clamp(index, 0, 127));
    while (m_choices.size() <= wanted) {
        const int next = static_cast<int>(m_choices.size());
        m_choices.emplace_back().index = next;
    }
    return m_choices[wanted];
}

Sequence::Call& Sequence::callAt(Choice& choice, std::int64_t key)
{
    for (Call& call : choice.calls) {
        if (call.key == key)
            return call;
    }
    Call& call = choice.calls.emplace_back();
    call.key = key;
    return call;
}

void Sequence::start(const ReplyStart& start)
{
    if (m_id.empty())
        m_id = start.id;
    if (m_model.empty())
        m_model = start.model;
    if (m_started || m_ended)
        return;
    m_started = true;
    m_writer.started(start);
}

bool Sequence::restart()
{
    if (m_ended)
        return false;
    if (!m_hasContent)
        return true;
    if (!m_writer.restarted())
        return false;
    m_choices.clear();
    m_usage.reset();
    m_hasContent = false;
    return true;
}

void Sequence::ensureStarted()
{
    if (!m_started)
        start({});
}

void Sequence::noteContent(std::size_t octets)
{
    ensureStarted();
    m_hasContent = true;
    m_contentOctets += static_cast<std::int64_t>(octets);
}

void Sequence::open(Choice& choice, PartKind kind)
{
    choice.block = Block();
    choice.block.choice = choice.index;
    choice.block.index = choice.blocks++;
    choice.block.kind = kind;
    choice.isOpen = true;
    m_writer.opened(choice.block);
}

void Sequence::give(Choice& choice, RawText piece)
{
    // Not every JSON reader takes half a pair, so one that was cut apart is put together again.
    if (!choice.half.empty()) {
        choice.whole = choice.half;
        choice.whole += piece.escaped();
        choice.half.clear();
        piece = RawText(choice.whole);
    }
    if (const std::size_t half = halfPairAtEnd(piece.escaped())) {
        choice.half = piece.escaped().substr(piece.size() - half);
        piece = RawText(piece.escaped().substr(0, piece.size() - half));
    }
    if (piece.isEmpty())
        return;
    if (!hasLoneHalves(piece.escaped()))
        return m_writer.added(choice.block, piece);
    const std::string mended = withoutLoneHalves(piece.escaped());
    m_writer.added(choice.block, RawText(mended));
}

void Sequence::close(Choice& choice)
{
    if (!choice.isOpen)
        return;
    if (!choice.half.empty()) {
        choice.half.clear();
        m_writer.added(choice.block, RawText("\\ufffd"));
    }
    if (Call* call = choice.open) {
        if (call->unwraps) {
            const std::string input = withoutLoneHalves(unwrappedInput(call->received));
            if (!input.empty())
                m_writer.added(choice.block, RawText(input));
        }
        call->isOpen = false;
        call->isClosed = true;
        choice.open = nullptr;
    }
    choice.isOpen = false;
    m_writer.closed(choice.block);
}

void Sequence::say(int index, PartKind kind, RawText piece)
{
    if (m_ended || piece.isEmpty())
        return;
    noteContent(piece.size());
    Choice& choice = choiceAt(index);
    if (choice.open) {
        pump(choice, false);
        if (choice.open && choice.open->value.isWhole())
            close(choice);
    }
    if (choice.open || std::any_of(choice.calls.begin(), choice.calls.end(), [](const Call& call) { return !call.isClosed; })) {
        // Said in the middle of a call: it comes behind it, so that the call stays whole.
        if (kind == PartKind::Text)
            choice.heldText += piece.escaped();
        return;
    }
    if (choice.isOpen && choice.block.kind != kind)
        close(choice);
    if (!choice.isOpen)
        open(choice, kind);
    give(choice, piece);
}

void Sequence::text(int choice, RawText piece)
{
    say(choice, PartKind::Text, piece);
}

void Sequence::reasoning(int choice, RawText piece)
{
    say(choice, PartKind::Reasoning, piece);
}

void Sequence::refusal(int choice, RawText piece)
{
    say(choice, PartKind::Refusal, piece);
}

void Sequence::picture(int index, const Media& media)
{
    if (m_ended)
        return;
    noteContent(0);
    Choice& choice = choiceAt(index);
    if (choice.open)
        return; // a picture inside a call means nothing
    close(choice);
    choice.block = Block();
    choice.block.choice = choice.index;
    choice.block.index = choice.blocks++;
    choice.block.kind = PartKind::Image;
    choice.block.media = media;
    choice.isOpen = true;
    m_writer.opened(choice.block);
    close(choice);
}

void Sequence::breakBlock(int index)
{
    if (m_ended)
        return;
    Choice& choice = choiceAt(index);
    if (choice.isOpen && !choice.open)
        close(choice);
}

void Sequence::breakReasoning(int index)
{
    if (m_ended)
        return;
    Choice& choice = choiceAt(index);
    if (choice.isOpen && choice.block.kind == PartKind::Reasoning)
        m_writer.added(choice.block, RawText("\\n\\n"));
}

void Sequence::carryReasoning(int index, Carry carry)
{
    if (m_ended || carry.isEmpty())
        return;
    noteContent(0);
    Choice& choice = choiceAt(index);
    if (choice.open) {
        choice.heldPayload = carry.payload;
        choice.heldCarry = carry;
        choice.heldCarry.payload = choice.heldPayload;
        return;
    }
    if (choice.isOpen && choice.block.kind == PartKind::Reasoning) {
        m_writer.carried(choice.block, carry);
        return;
    }
    close(choice);
    open(choice, PartKind::Reasoning);
    m_writer.carried(choice.block, carry);
    close(choice);
}

void Sequence::carryText(int index, Carry carry)
{
    if (m_ended || carry.isEmpty())
        return;
    ensureStarted();
    Choice& choice = choiceAt(index);
    if (choice.open)
        return;
    if (!choice.isOpen || choice.block.kind != PartKind::Text) {
        close(choice);
        open(choice, PartKind::Text);
    }
    m_writer.carried(choice.block, carry);
}

void Sequence::carryCall(int index, std::int64_t key, Carry carry)
{
    if (m_ended || carry.isEmpty())
        return;
    Choice& choice = choiceAt(index);
    Call& call = callAt(choice, key);
    call.carried = carry.payload;
    call.carry = carry;
    call.carry.payload = call.carried;
    if (call.isOpen)
        m_writer.carried(choice.block, call.carry);
}

void Sequence::cite(int index, const Citation& citation)
{
    if (m_ended)
        return;
    Choice& choice = choiceAt(index);
    if (choice.isOpen && choice.block.kind == PartKind::Text)
        m_writer.cited(choice.block, citation);
}

void Sequence::chances(int index, const std::vector<TokenChance>& chances)
{
    if (m_ended || chances.empty())
        return;
    Choice& choice = choiceAt(index);
    if (choice.isOpen && choice.block.kind == PartKind::Text)
        m_writer.chances(choice.block, chances);
}

void Sequence::call(int index, std::int64_t key, std::string_view id, std::string_view name)
{
    if (m_ended)
        return;
    ensureStarted();
    Choice& choice = choiceAt(index);
    Call& call = callAt(choice, key);
    if (call.id.empty())
        call.id = id;
    if (call.name.empty())
        call.name = name;
    if (!call.name.empty())
        m_hasContent = true;
    if (choice.isOpen && !choice.open)
        close(choice);
    pump(choice, false);
}

void Sequence::customCall(int index, std::int64_t key, std::string_view id, std::string_view name, std::string_view nameSpace)
{
    if (m_ended)
        return;
    Call& custom = callAt(choiceAt(index), key);
    if (!custom.isOpen) {
        custom.isPlainText = true;
        if (custom.nameSpace.empty())
            custom.nameSpace = nameSpace;
    }
    call(index, key, id, name);
}

void Sequence::arguments(int index, std::int64_t key, RawText piece)
{
    if (m_ended || piece.isEmpty())
        return;
    noteContent(piece.size());
    Choice& choice = choiceAt(index);
    Call& call = callAt(choice, key);
    if (call.isClosed)
        return;
    call.received += piece.escaped();
    if (call.isOpen)
        giveArguments(choice, call, piece);
    // Nobody else waits as long as one call alone is under way.
    if (choice.calls.size() > 1 || !choice.heldText.empty())
        pump(choice, false);
}

void Sequence::wholeArguments(int index, std::int64_t key, RawText whole)
{
    if (m_ended)
        return;
    Choice& choice = choiceAt(index);
    Call& call = callAt(choice, key);
    const std::string_view text = whole.escaped();
    if (call.isClosed || text.size() <= call.received.size())
        return;
    // The same text may be escaped in two ways; then what came piece by piece stands.
    if (text.starts_with(call.received))
        arguments(index, key, RawText(text.substr(call.received.size())));
}

void Sequence::endCall(int index, std::int64_t key)
{
    if (m_ended)
        return;
    Choice& choice = choiceAt(index);
    callAt(choice, key).hasEnded = true;
    pump(choice, false);
}

void Sequence::giveArguments(Choice& choice, Call& call, RawText piece)
{
    call.given = call.received.size();
    if (!call.unwraps && !piece.isEmpty())
        give(choice, piece);
}

void Sequence::openCall(Choice& choice, Call& call)
{
    if (call.id.empty())
        call.id = madeCallId(m_seed, m_callsWithoutId++);
    const ToolNames::Own* own = m_names.ownName(call.name);
    call.unwraps = own && own->isCustom && !call.isPlainText;
    call.number = choice.openedCalls++;

    choice.block = Block();
    choice.block.choice = choice.index;
    choice.block.index = choice.blocks++;
    choice.block.kind = PartKind::ToolCall;
    choice.block.callIndex = call.number;
    choice.block.callId = call.id;
    choice.block.toolName = own ? std::string_view(own->name) : std::string_view(call.name);
    choice.block.nameSpace = own ? std::string_view(own->nameSpace) : std::string_view(call.nameSpace);
    choice.block.isCustom = call.unwraps || call.isPlainText;
    choice.block.carry = call.carry;
    choice.isOpen = true;
    choice.open = &call;
    call.isOpen = true;
    m_writer.opened(choice.block);
    if (!call.carry.isEmpty())
        m_writer.carried(choice.block, call.carry);
    if (!call.received.empty())
        giveArguments(choice, call, RawText(call.received));
}

void Sequence::pump(Choice& choice, bool isLast)
{
    for (;;) {
        Call* waiting = nullptr;
        for (Call& call : choice.calls) {
            if (!call.isOpen && !call.isClosed) {
                waiting = &call;
                break;
            }
        }
        if (Call* open = choice.open) {
            const bool othersWait = waiting || !choice.heldText.empty();
            if (othersWait && !open->hasEnded && open->looked < open->received.size()) {
                m_scratch.clear();
                appendPlain(m_scratch, std::string_view(open->received).substr(open->looked));
                open->looked = open->received.size();
                open->value.feed(m_scratch);
            }
            // One without arguments so far waits for its end: all headers may come before the first argument.
            if (!isLast && !open->hasEnded && !(othersWait && open->value.isWhole()))
                return;
            close(choice);
            continue;
        }
        if (!waiting)
            break;
        if (waiting->name.empty()) {
            if (!isLast)
                return;
            if (waiting->received.empty() && waiting->id.empty()) {
                waiting->isClosed = true; // an empty entry, as some relays send
                continue;
            }
            return;
        }
        close(choice);
        openCall(choice, *waiting);
    }
    if (!choice.heldText.empty()) {
        const std::string held = std::move(choice.heldText);
        choice.heldText.clear();
        if (choice.isOpen && choice.block.kind != PartKind::Text)
            close(choice);
        if (!choice.isOpen)
            open(choice, PartKind::Text);
        give(choice, RawText(held));
    }
}

void Sequence::finish(int index, FinishReason reason, RawText stopSequence, RawText detail)
{
    if (m_ended || reason == FinishReason::Unknown)
        return;
    ensureStarted();
    m_hasContent = true;
    Choice& choice = choiceAt(index);
    choice.reason = reason;
    if (!stopSequence.isEmpty())
        choice.stopSequence = stopSequence.escaped();
    if (!detail.isEmpty())
        choice.detail = detail.escaped();
}

void Sequence::usage(const Usage& usage)
{
    m_usage = usage;
}

void Sequence::tier(std::string_view tier)
{
    if (!tier.empty())
        m_tier = tier;
}

bool Sequence::hasFinish() const
{
    for (const Choice& choice : m_choices) {
        if (choice.reason != FinishReason::Unknown)
            return true;
    }
    return false;
}

bool Sequence::hasCalls() const
{
    for (const Choice& choice : m_choices) {
        if (!choice.calls.empty())
            return true;
    }
    return false;
}

void Sequence::end()
{
    if (m_ended)
        return;
    if (!m_hasContent)
        return fail({ErrorKind::Cut, "the upstream ended its stream without an answer"});
    for (Choice& choice : m_choices) {
        pump(choice, true);
        close(choice);
        for (const Call& call : choice.calls) {
            if (!call.isClosed)
                return fail({ErrorKind::BadReply, "the upstream began a tool call and never named its tool"});
        }
        if (choice.reason == FinishReason::Error)
            return fail({ErrorKind::UpstreamFailed,
                choice.detail.empty() ? std::string("the upstream gave its answer up") : RawText(choice.detail).toString()});
        if (!choice.heldCarry.isEmpty())
            carryReasoning(choice.index, choice.heldCarry);
        const bool isPlain = choice.reason == FinishReason::Unknown || choice.reason == FinishReason::Stop || choice.reason == FinishReason::Tool;
        if (isPlain)
            choice.reason = choice.openedCalls > 0 ? FinishReason::Tool : FinishReason::Stop;
    }
    choiceAt(0);
    m_ended = true;
    if (m_choices.size() > 1) {
        for (const Choice& choice : m_choices)
            m_writer.choiceFinished(choice.index, choice.reason);
    }
    const Choice& first = m_choices.front();
    ReplyEnd end;
    end.reason = first.reason;
    end.stopSequence = RawText(first.stopSequence);
    end.detail = RawText(first.detail);
    end.usage = m_usage;
    end.usageKind = m_usage ? UsageKind::Reported : UsageKind::None;
    end.tier = m_tier;
    m_writer.finished(end);
}

void Sequence::fail(const Error& error)
{
    if (m_ended)
        return;
    m_ended = true;
    m_error = error;
    m_writer.failed(error);
}

}
