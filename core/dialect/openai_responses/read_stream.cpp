#include "base/text.h"
#include "dialect/convert_parts.h"
#include "dialect/dialect.h"
#include "dialect/openai_responses/items.h"
#include "dialect/sse.h"
#include "dialect/stream_reader.h"

namespace waystation::openai_responses {

namespace {

/// What came of one output item; items are known by their output_index, since their ids change on the way through some
/// relays.
struct Progress
{
    std::int64_t key = 0;
    std::uint64_t texts = 0; // a bit for each content part that came in pieces
    bool refused = false;
    bool summarised = false; // its reasoning came as a summary
    bool reasoned = false; // its reasoning came as the full text
    std::int64_t summary = 0; // the part of the summary that came last
    std::size_t citations = 0;
};

std::uint64_t bitOf(std::int64_t index)
{
    return index >= 0 && index < 64 ? std::uint64_t(1) << index : 0;
}

class Reader final : public EventReader
{
public:
    explicit Reader(Sequence& sequence) : m_sequence(sequence) { }

    void event(std::string_view name, std::string_view data) override;
    void endOfStream() override;

private:
    void look(std::string_view name, json::Value event, std::string_view data);
    void itemAdded(json::Value event);
    void itemDone(json::Value event);
    void giveItem(json::Value item, std::int64_t key);
    void giveMessage(json::Value item, Progress& progress);
    void giveReasoning(json::Value item, Progress& progress);
    void giveText(json::Value event, RawText text, bool isWhole);
    void addReasoning(json::Value event, RawText text, bool isSummary, bool isWhole);
    void cite(json::Value annotation);
    void ended(json::Value response);
    void fail(std::string_view data);

    Progress& progressOf(std::int64_t key);
    std::int64_t keyOf(json::Value event);

    Sequence& m_sequence;
    json::Tree m_tree;
    std::vector<Progress> m_items;
    std::int64_t m_lastKey = 0;
    bool m_hasRefusal = false;
    std::string m_scratch;
};

void Reader::event(std::string_view name, std::string_view data)
{
    const std::string_view text = trimmed(data);
    if (text.empty() || text == "[DONE]" || m_sequence.hasEnded())
        return;
    if (m_tree.parse(text)) {
        look(name, m_tree.root(), text);
        return;
    }
    // Some gateways put two values into one event.
    bool found = false;
    JsonArrayReader values;
    values.feed(text, [&](const StreamEvent& part) {
        if (part.isComment || !m_tree.parse(part.data))
            return;
        found = true;
        look(name, m_tree.root(), part.data);
    });
    // What is no event at all is an error page or a torn line; a word such as "ping" is neither.
    const bool matters = name == "error" || text.front() == '{' || text.front() == '<';
    if (!found && matters) {
        Error error = readError(0, {}, text, {});
        if (text.front() == '{')
            error = {ErrorKind::BadReply, "the upstream sent an event that is no JSON"};
        m_sequence.fail(error);
    }
}

void Reader::endOfStream()
{
    m_sequence.fail({ErrorKind::Cut, "the upstream's stream stopped before its last event"});
}

Progress& Reader::progressOf(std::int64_t key)
{
    for (auto each = m_items.rbegin(); each != m_items.rend(); ++each) {
        if (each->key == key)
            return *each;
    }
    Progress& progress = m_items.emplace_back();
    progress.key = key;
    return progress;
}

std::int64_t Reader::keyOf(json::Value event)
{
    return event["output_index"].integer().value_or(m_lastKey);
}

void Reader::look(std::string_view name, json::Value event, std::string_view data)
{
    std::string_view type = event["type"].text().escaped();
    if (type.empty())
        type = name;

    if (type == "response.output_text.delta") {
        giveText(event, event["delta"].text(), false);
    } else if (type == "response.function_call_arguments.delta" || type == "response.custom_tool_call_input.delta") {
        m_sequence.arguments(0, keyOf(event), event["delta"].text());
    } else if (type == "response.reasoning_summary_text.delta") {
        addReasoning(event, event["delta"].text(), true, false);
    } else if (type == "response.reasoning_text.delta") {
        addReasoning(event, event["delta"].text(), false, false);
    } else if (type == "response.refusal.delta") {
        m_hasRefusal = true;
        progressOf(keyOf(event)).refused = true;
        m_sequence.refusal(0, event["delta"].text());
    } else if (type == "response.output_text.done") {
        giveText(event, event["text"].text(), true);
    } else if (type == "response.reasoning_summary_text.done") {
        addReasoning(event, event["text"].text(), true, true);
    } else if (type == "response.reasoning_text.done") {
        addReasoning(event, event["text"].text(), false, true);
    } else if (type == "response.function_call_arguments.done") {
        m_sequence.wholeArguments(0, keyOf(event), event["arguments"].text());
    } else if (type == "response.custom_tool_call_input.done") {
        m_sequence.wholeArguments(0, keyOf(event), event["input"].text());
    } else if (type == "response.content_part.added") {
        m_sequence.breakBlock(0);
    } else if (type == "response.output_text.annotation.added") {
        ++progressOf(keyOf(event)).citations;
        cite(event["annotation"]);
    } else if (type == "response.output_item.added") {
        itemAdded(event);
    } else if (type == "response.output_item.done") {
        itemDone(event);
    } else if (type == "response.failed" || type == "error") {
        if (const json::Value response = event["response"]) {
            if (auto usage = readUsage(DialectId::OpenaiResponses, Operation::Generate, response.raw()))
                m_sequence.usage(*usage);
        }
        fail(data);
    } else if (const json::Value response = event["response"]; response.isObject()) {
        const json::Value id = response["id"];
        const json::Value model = response["model"];
        std::string modelScratch;
        m_sequence.start({id.text().plain(m_scratch), model.text().plain(modelScratch), response["created_at"].integer().value_or(0)});
        if (type == "response.completed" || type == "response.incomplete" || type == "response.done")
            ended(response);
        else if (type == "response.cancelled")
            m_sequence.fail({ErrorKind::UpstreamFailed, "the upstream cancelled its answer"});
    } else if (name == "error" || !event["type"]) {
        const json::Maybe value = json::parse(data);
        if (name == "error" || (value && looksLikeError(*value)))
            fail(data);
    }
}

void Reader::fail(std::string_view data)
{
    m_sequence.fail(readError(0, {}, data, {}));
}

void Reader::giveText(json::Value event, RawText text, bool isWhole)
{
    Progress& progress = progressOf(keyOf(event));
    const std::uint64_t bit = bitOf(event["content_index"].integer().value_or(0));
    if (isWhole && (progress.texts & bit))
        return;
    progress.texts |= bit;
    m_sequence.text(0, text);
    if (const json::Value logprobs = event["logprobs"]; logprobs.size() > 0)
        m_sequence.chances(0, readChances(logprobs));
}

void Reader::addReasoning(json::Value event, RawText text, bool isSummary, bool isWhole)
{
    if (text.isEmpty())
        return;
    Progress& progress = progressOf(keyOf(event));
    // A model that gives both says the same twice.
    if (isSummary ? progress.reasoned : progress.summarised)
        return;
    bool& hasCome = isSummary ? progress.summarised : progress.reasoned;
    const std::int64_t part = event[isSummary ? "summary_index" : "content_index"].integer().value_or(0);
    const bool isNewPart = hasCome && part != progress.summary;
    if (isWhole && hasCome && !isNewPart)
        return;
    if (isNewPart)
        m_sequence.breakReasoning(0);
    hasCome = true;
    progress.summary = part;
    m_sequence.reasoning(0, text);
}

void Reader::cite(json::Value annotation)
{
    if (Citation citation; readCitation(annotation, citation))
        m_sequence.cite(0, citation);
}

void Reader::itemAdded(json::Value event)
{
    const json::Value item = event["item"];
    if (const auto index = event["output_index"].integer())
        m_lastKey = *index;
    else
        ++m_lastKey;
    TextStore store;
    switch (kindOf(item)) {
    case ItemKind::FunctionCall: {
        const Part call = readFunctionCall(item, store);
        m_sequence.call(0, m_lastKey, call.callId, call.toolName);
        break;
    }
    case ItemKind::CustomCall: {
        const Part call = readCustomCall(item, store);
        m_sequence.customCall(0, m_lastKey, call.callId, call.toolName, call.nameSpace);
        break;
    }
    case ItemKind::Message:
    case ItemKind::Reasoning:
        m_sequence.breakBlock(0);
        break;
    default:
        break;
    }
}

void Reader::itemDone(json::Value event)
{
    giveItem(event["item"], keyOf(event));
}

/// Gives what of a whole item has not come in pieces.
void Reader::giveItem(json::Value item, std::int64_t key)
{
    TextStore store;
    switch (kindOf(item)) {
    case ItemKind::Message:
        giveMessage(item, progressOf(key));
        break;
    case ItemKind::Reasoning:
        giveReasoning(item, progressOf(key));
        break;
    case ItemKind::FunctionCall: {
        const Part call = readFunctionCall(item, store);
        m_sequence.call(0, key, call.callId, call.toolName);
        m_sequence.wholeArguments(0, key, call.arguments.isEscaped ? RawText(call.arguments.text) : store.escape(call.arguments.text));
        m_sequence.endCall(0, key);
        break;
    }
    case ItemKind::CustomCall: {
        const Part call = readCustomCall(item, store);
        m_sequence.customCall(0, key, call.callId, call.toolName, call.nameSpace);
        m_sequence.wholeArguments(0, key, call.text);
        m_sequence.endCall(0, key);
        break;
    }
    case ItemKind::Hosted:
        if (item["type"].is("image_generation_call") && item["result"].isString())
            m_sequence.picture(0, readMadeImage(item, store));
        break;
    default:
        break;
    }
}

void Reader::giveMessage(json::Value item, Progress& progress)
{
    const json::Value content = item["content"];
    std::int64_t index = 0;
    for (const json::Value part : content) {
        if (part["type"].is("refusal")) {
            m_hasRefusal = true;
            if (!progress.refused)
                m_sequence.refusal(0, part["refusal"].text());
        } else if (!(progress.texts & bitOf(index))) {
            m_sequence.breakBlock(0);
            m_sequence.text(0, part["text"].text());
            m_sequence.chances(0, readChances(part["logprobs"]));
        }
        for (const json::Value annotation : part["annotations"]) {
            if (progress.citations > 0)
                --progress.citations;
            else
                cite(annotation);
        }
        ++index;
    }
    m_sequence.breakBlock(0);
}

void Reader::giveReasoning(json::Value item, Progress& progress)
{
    TextStore store;
    if (!progress.summarised && !progress.reasoned)
        m_sequence.reasoning(0, reasoningText(item, store));
    progress.summarised = true;
    const RawText sealed = item["encrypted_content"].text();
    if (!sealed.isEmpty())
        m_sequence.carryReasoning(0, {CarryKind::OpenaiEncrypted, 0, sealed.plain(m_scratch)});
    m_sequence.breakBlock(0);
}

void Reader::ended(json::Value response)
{
    // Some upstreams stream nothing and put all into the end.
    if (!m_sequence.hasContent()) {
        std::int64_t key = 0;
        for (const json::Value item : response["output"])
            giveItem(item, key++);
    }
    m_sequence.finish(0, finishOf(response, m_hasRefusal));
    if (auto usage = readUsage(DialectId::OpenaiResponses, Operation::Generate, response.raw()))
        m_sequence.usage(*usage);
    m_sequence.tier(response["service_tier"].text().plain(m_scratch));
    m_sequence.end();
}

}

std::unique_ptr<EventReader> makeEventReader(Sequence& sequence)
{
    return std::make_unique<Reader>(sequence);
}

}
