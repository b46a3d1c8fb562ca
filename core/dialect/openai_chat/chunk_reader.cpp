#include "dialect/openai_chat/chunk_reader.h"

#include "dialect/convert_parts.h"
#include "dialect/dialect.h"
#include "dialect/openai_chat/usage.h"
#include "dialect/openai_chat/words.h"

#include <algorithm>

namespace waystation::openai_chat {

namespace {

using json::Field;
using json::Kind;
using json::Value;

constexpr std::int64_t mostChoices = 127;

bool says(Value value)
{
    switch (value.kind()) {
    case Kind::Absent:
    case Kind::Null:
    case Kind::False:
        return false;
    case Kind::String:
        return !value.text().isEmpty();
    default:
        return true;
    }
}

std::optional<TokenChance> chanceFrom(Value value)
{
    if (!value["token"].isString())
        return std::nullopt;
    TokenChance chance;
    chance.token = value["token"].text();
    chance.logprob = value["logprob"].number().value_or(0);
    for (const Value other : value["top_logprobs"]) {
        if (auto one = chanceFrom(other))
            chance.others.push_back(std::move(*one));
    }
    return chance;
}

}

ChunkReader::Choice& ChunkReader::choiceAt(std::int64_t index)
{
    const auto wanted = static_cast<std::size_t>(std::clamp<std::int64_t>(index, 0, mostChoices));
    while (m_choices.size() <= wanted) {
        const int next = static_cast<int>(m_choices.size());
        m_choices.emplace_back().index = next;
    }
    return m_choices[wanted];
}

bool ChunkReader::read(std::string_view eventName, std::string_view text)
{
    if (!m_tree.parse(text))
        return false;
    const Value root = m_tree.root();
    if (root.isArray()) { // Google puts an error's body into a list
        for (const Value value : root)
            readValue(eventName, value);
    } else {
        readValue(eventName, root);
    }
    return true;
}

void ChunkReader::readValue(std::string_view eventName, Value value)
{
    if (!value.isObject() || m_sequence.hasEnded())
        return;
    Value choices, usage, groq, id, model, created, tier, citations, results, code, message;
    bool isError = eventName == "error";
    for (const Field field : value.fields()) {
        const std::string_view key = field.key.escaped();
        const Value inner = field.value;
        if (key == "choices")
            choices = inner;
        else if (key == "id")
            id = inner;
        else if (key == "model")
            model = inner;
        else if (key == "created")
            created = inner;
        else if (key == "usage")
            usage = inner;
        else if (key == "object" || key == "type")
            isError = isError || inner.is("error");
        else if (key == "error")
            isError = isError || says(inner);
        else if (key == "service_tier")
            tier = inner;
        else if (key == "x_groq")
            groq = inner;
        else if (key == "citations")
            citations = inner;
        else if (key == "search_results")
            results = inner;
        else if (key == "base_resp")
            isError = isError || inner["status_code"].number().value_or(0) != 0;
        else if (key == "code" || key == "error_code")
            code = inner;
        else if (key == "message" || key == "msg" || key == "error_msg")
            message = inner;
    }
    // {code, msg} without an answer is how some say that there is none.
    if (!choices && !usage && message.isString() && says(code)) {
        const auto number = code.number();
        isError = isError || !number || (*number != 0 && *number != 200);
    }
    if (usage.isObject() || groq["usage"].isObject())
        noteUsage(value);
    if (isError)
        return fail(value);
    if (!choices && !usage && !id)
        return; // nothing that belongs to an answer

    if (!m_sequence.hasStarted() || m_sequence.id().empty()) {
        ReplyStart start;
        start.id = id.text().plain(m_first);
        start.model = model.text().plain(m_second);
        start.created = std::max<std::int64_t>(0, created.integer().value_or(0));
        m_sequence.start(start);
    }
    if (tier.isString())
        m_sequence.tier(tier.text().plain(m_first));
    readSources(results.isArray() && results.size() > 0 ? results : citations);

    std::int64_t position = 0;
    for (const Value choice : choices) {
        if (choice["usage"].isObject())
            noteUsage(value);
        readChoice(choice, position++);
    }
}

void ChunkReader::fail(Value value)
{
    settle();
    // No dates are read from a body, so that the clock does not matter.
    m_sequence.fail(readError(0, {}, value.raw(), TimePoint()));
}

void ChunkReader::noteUsage(Value value)
{
    // Figures are cumulative where they come more than once, so the last word counts.
    if (const auto usage = openai::usageOfChat(json::parse(value.raw())))
        m_sequence.usage(*usage);
}

void ChunkReader::readChoice(Value value, std::int64_t position)
{
    Value delta, message, finish, stopReason, logprobs;
    std::int64_t index = position;
    for (const Field field : value.fields()) {
        const std::string_view key = field.key.escaped();
        if (key == "delta")
            delta = field.value;
        else if (key == "message")
            message = field.value;
        else if (key == "index")
            index = field.value.integer().value_or(position);
        else if (key == "finish_reason")
            finish = field.value;
        else if (key == "stop_reason")
            stopReason = field.value;
        else if (key == "logprobs")
            logprobs = field.value;
        else if (key == "error" && says(field.value))
            return fail(value);
    }
    Choice& choice = choiceAt(index);
    if (delta)
        readDelta(choice, delta);
    if (message)
        readDelta(choice, message);
    if (logprobs)
        readChances(choice, logprobs);
    if (!finish.isString())
        return;
    FinishReason reason = finishFrom(finish.text().plain(m_first));
    RawText stopSequence;
    if (reason == FinishReason::Stop && stopReason.isString()) { // vLLM; a number there is a token's
        reason = FinishReason::StopSequence;
        stopSequence = stopReason.text();
    } else if (reason == FinishReason::Stop && choice.hasRefusal) {
        reason = FinishReason::Refusal;
    }
    m_sequence.finish(choice.index, reason, stopSequence);
}

void ChunkReader::readDelta(Choice& choice, Value delta)
{
    Value content, reasoningContent, reasoning, details, refusal, calls, function, images, annotations, audio, extra;
    for (const Field field : delta.fields()) {
        if (!field.value)
            continue;
        const std::string_view key = field.key.escaped();
        if (key == "content")
            content = field.value;
        else if (key == "reasoning_content")
            reasoningContent = field.value;
        else if (key == "reasoning")
            reasoning = field.value;
        else if (key == "reasoning_details")
            details = field.value;
        else if (key == "tool_calls")
            calls = field.value;
        else if (key == "function_call")
            function = field.value;
        else if (key == "refusal")
            refusal = field.value;
        else if (key == "images")
            images = field.value;
        else if (key == "annotations")
            annotations = field.value;
        else if (key == "audio")
            audio = field.value;
        else if (key == "extra_content")
            extra = field.value;
    }
    if (details.isArray() && details.size() > 0) {
        readDetails(choice, details);
    } else {
        // Some send the same text under both names.
        const RawText text = reasoningContent.text().isEmpty() ? reasoning.text() : reasoningContent.text();
        if (!text.isEmpty())
            sayReasoning(choice, text);
    }
    if (content)
        readContent(choice, content);
    if (const RawText spoken = audio["transcript"].text(); !spoken.isEmpty())
        sayText(choice, spoken);
    if (!refusal.text().isEmpty()) {
        endReasoning(choice);
        choice.hasRefusal = true;
        m_sequence.refusal(choice.index, refusal.text());
    }
    if (images)
        readImages(choice, images);
    if (annotations)
        readAnnotations(choice, annotations);
    if (const Value signature = extra["google"]["thought_signature"]; signature.isString()) {
        endReasoning(choice);
        m_sequence.carryText(choice.index, {CarryKind::GeminiSignature, 0, signature.text().plain(m_first)});
    }
    if (calls)
        readCalls(choice, calls);
    if (function.isObject()) { // the form from before tools, one call at most
        endReasoning(choice);
        const std::int64_t key = keyFor(choice, {}, {}, {});
        m_sequence.call(choice.index, key, {}, function["name"].text().plain(m_first));
        readArguments(choice, key, function["arguments"]);
    }
}

void ChunkReader::readContent(Choice& choice, Value content)
{
    if (content.isString()) {
        sayContent(choice, content.text());
        return;
    }
    for (const Value part : content) { // Mistral: text and thinking as parts
        if (const Value thinking = part["thinking"]) {
            if (thinking.isString())
                sayReasoning(choice, thinking.text());
            for (const Value thought : thinking)
                sayReasoning(choice, thought["text"].text());
        } else if (part["image_url"]) {
            readImages(choice, part);
        } else {
            sayContent(choice, part["text"].text());
        }
    }
}

void ChunkReader::sayContent(Choice& choice, RawText piece)
{
    if (piece.isEmpty())
        return;
    choice.tags.take(piece, [&](bool isReasoning, RawText text) {
        if (isReasoning) {
            choice.reasons = true;
            m_sequence.reasoning(choice.index, text);
        } else {
            sayText(choice, text);
        }
    });
}

void ChunkReader::sayText(Choice& choice, RawText piece)
{
    carryReasoning(choice);
    choice.hasText = true;
    m_sequence.text(choice.index, piece);
}

void ChunkReader::sayReasoning(Choice& choice, RawText piece)
{
    if (piece.isEmpty())
        return;
    choice.tags.switchOff();
    choice.reasons = true;
    m_sequence.reasoning(choice.index, piece);
}

void ChunkReader::endReasoning(Choice& choice)
{
    choice.tags.release([&](bool isReasoning, RawText text) {
        if (isReasoning) {
            choice.reasons = true;
            m_sequence.reasoning(choice.index, text);
        } else {
            sayText(choice, text);
        }
    });
    carryReasoning(choice);
}

void ChunkReader::carryReasoning(Choice& choice)
{
    if (!choice.details.empty()) {
        m_first.clear();
        json::Writer writer(m_first);
        writer.beginArray();
        for (const Detail& detail : choice.details) {
            writer.beginObject().raw("type", detail.type);
            if (!detail.textField.empty())
                writer.field(detail.textField, RawText(detail.text));
            for (const auto& [name, value] : detail.others)
                writer.raw(name, value);
            writer.endObject();
        }
        writer.endArray();
        choice.details.clear();
        m_sequence.carryReasoning(choice.index, {CarryKind::ReasoningDetails, 0, m_first});
    } else if (choice.reasons) {
        // The words themselves are what some want back.
        m_sequence.carryReasoning(choice.index, {CarryKind::PlainReasoning, 0, {}});
    }
    choice.reasons = false;
}

void ChunkReader::readDetails(Choice& choice, Value details)
{
    choice.tags.switchOff();
    for (const Value detail : details) {
        RawText text = detail["text"].text();
        if (text.isEmpty())
            text = detail["summary"].text();
        if (!text.isEmpty()) {
            choice.reasons = true;
            m_sequence.reasoning(choice.index, text);
        }
        if (detail.isObject())
            addDetail(choice, detail);
    }
}

/// Pieces of one entry come as entries of the same type and index.
void ChunkReader::addDetail(Choice& choice, Value detail)
{
    const Value type = detail["type"];
    const Value index = detail["index"];
    const bool isText = type.is("reasoning.text") || type.is("reasoning.summary");
    Detail* last = choice.details.empty() ? nullptr : &choice.details.back();
    const auto indexOf = [](const Detail& known) {
        for (const auto& [name, value] : known.others) {
            if (name == "index")
                return std::string_view(value);
        }
        return std::string_view();
    };
    const bool goesOn = isText && last && last->type == type.raw() && (!index || indexOf(*last).empty() || indexOf(*last) == index.raw());
    if (!goesOn) {
        last = &choice.details.emplace_back();
        last->type = type ? type.raw() : std::string_view("\"reasoning.text\"");
    }
    for (const Field field : detail.fields()) {
        const std::string_view key = field.key.escaped();
        if (key == "type")
            continue;
        if (isText && (key == "text" || key == "summary")) {
            last->textField = key;
            last->text += field.value.text().escaped();
            continue;
        }
        const auto known = std::find_if(last->others.begin(), last->others.end(), [&](const auto& other) { return other.first == key; });
        if (known == last->others.end())
            last->others.emplace_back(key, field.value.raw());
        else if (field.value)
            known->second = field.value.raw();
    }
}

void ChunkReader::readCalls(Choice& choice, Value calls)
{
    if (calls.isObject()) {
        endReasoning(choice);
        readCall(choice, calls);
    }
    for (const Value call : calls) {
        endReasoning(choice);
        readCall(choice, call);
    }
}

void ChunkReader::readCall(Choice& choice, Value call)
{
    Value index, id, function, custom, extra;
    for (const Field field : call.fields()) {
        const std::string_view key = field.key.escaped();
        if (key == "index")
            index = field.value;
        else if (key == "id")
            id = field.value;
        else if (key == "function")
            function = field.value;
        else if (key == "custom")
            custom = field.value;
        else if (key == "extra_content")
            extra = field.value;
    }
    const Value said = custom.isObject() ? custom : function.isObject() ? function : call;
    const std::string_view name = said["name"].text().plain(m_first);
    const std::string_view callId = id.text().plain(m_second);
    const std::int64_t key = keyFor(choice, index, callId, name);
    std::string scratch;
    if (const Value signature = extra["google"]["thought_signature"]; signature.isString())
        m_sequence.carryCall(choice.index, key, {CarryKind::GeminiSignature, 0, signature.text().plain(scratch)});
    if (custom.isObject())
        m_sequence.customCall(choice.index, key, callId, name, {});
    else
        m_sequence.call(choice.index, key, callId, name);
    readArguments(choice, key, custom.isObject() ? custom["input"] : said["arguments"]);
}

void ChunkReader::readArguments(Choice& choice, std::int64_t key, Value arguments)
{
    if (arguments.isString()) {
        m_sequence.arguments(choice.index, key, arguments.text());
    } else if (arguments) {
        // Some relays give the object itself.
        m_second.clear();
        appendEscaped(m_second, compact(arguments.raw()));
        m_sequence.arguments(choice.index, key, RawText(m_second));
    }
}

/// Which call an entry is about. Most number them; Google gives whole calls without numbers, and some relays use one
/// number for calls that differ in id and name.
std::int64_t ChunkReader::keyFor(Choice& choice, Value index, std::string_view id, std::string_view name)
{
    const std::int64_t number = index.integer().value_or(-1);
    Call* found = nullptr;
    for (Call& call : choice.calls) {
        const bool isSame = number >= 0 ? call.index == number : id.empty() || call.id == id;
        if (isSame)
            found = &call; // the last one
    }
    const bool isAnother = found && !id.empty() && !name.empty() && !found->id.empty() && found->id != id;
    if (!found || isAnother) {
        const auto key = static_cast<std::int64_t>(choice.calls.size());
        choice.calls.push_back({number, std::string(id), key});
        return key;
    }
    if (found->id.empty())
        found->id = id;
    return found->key;
}

void ChunkReader::readImages(Choice& choice, Value images)
{
    const auto show = [&](Value image) {
        const Value address = image["image_url"].isObject() ? image["image_url"]["url"] : image["image_url"];
        if (!address.isString())
            return;
        endReasoning(choice);
        TextStore texts;
        m_sequence.picture(choice.index, mediaFromUrl(address.text(), texts));
    };
    if (images.isObject())
        show(images);
    for (const Value image : images)
        show(image);
}

void ChunkReader::readAnnotations(Choice& choice, Value annotations)
{
    for (const Value annotation : annotations) {
        const Value said = annotation["url_citation"].isObject() ? annotation["url_citation"] : annotation;
        if (!said["url"].isString())
            continue;
        Citation citation;
        citation.url = said["url"].text();
        citation.title = said["title"].text();
        citation.cited = said["content"].text();
        const std::int64_t start = said["start_index"].integer().value_or(0);
        const std::int64_t end = said["end_index"].integer().value_or(0);
        if (end > start && start >= 0) {
            citation.start = start;
            citation.end = end;
        }
        if (choice.hasText)
            m_sequence.cite(choice.index, citation);
        else
            m_sources.push_back({std::string(citation.url.escaped()), std::string(citation.title.escaped())});
    }
}

/// Perplexity and xAI name what they read in a list beside the answer, again and again.
void ChunkReader::readSources(Value list)
{
    for (const Value entry : list) {
        const RawText url = entry.isString() ? entry.text() : entry["url"].text();
        const auto isKnown = [&](const Source& source) { return source.url == url.escaped(); };
        if (!url.isEmpty() && std::none_of(m_sources.begin(), m_sources.end(), isKnown))
            m_sources.push_back({std::string(url.escaped()), std::string(entry["title"].text().escaped())});
    }
}

void ChunkReader::readChances(Choice& choice, Value logprobs)
{
    m_chances.clear();
    for (const Value token : logprobs["content"]) {
        if (auto chance = chanceFrom(token))
            m_chances.push_back(std::move(*chance));
    }
    if (!m_chances.empty())
        m_sequence.chances(choice.index, m_chances);
}

bool ChunkReader::gaveId(std::string_view callId) const
{
    return std::any_of(m_choices.begin(), m_choices.end(), [&](const Choice& choice) {
        return std::any_of(choice.calls.begin(), choice.calls.end(), [&](const Call& call) { return call.id == callId; });
    });
}

void ChunkReader::settle()
{
    for (Choice& choice : m_choices) {
        if (!choice.details.empty()) {
            // State that came after the calls has to wait for their end.
            for (const Call& call : choice.calls)
                m_sequence.endCall(choice.index, call.key);
        }
        endReasoning(choice);
    }
    for (const Source& source : m_sources) {
        Citation citation;
        citation.url = RawText(source.url);
        citation.title = RawText(source.title);
        m_sequence.cite(0, citation);
    }
    m_sources.clear();
}

}
