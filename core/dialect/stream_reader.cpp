#include "dialect/stream_reader.h"

#include "base/text.h"
#include "dialect/sse.h"

namespace waystation {

namespace {

constexpr std::size_t mostNameOctets = 256;

bool isSet(const json::Element& value)
{
    bool flag = false;
    if (value.is_null() || (!value.get_bool().get(flag) && !flag))
        return false;
    std::string_view text;
    return value.get_string().get(text) != simdjson::SUCCESS || !text.empty();
}

}

bool looksLikeError(const json::Element& value)
{
    simdjson::dom::object fields;
    if (value.get_object().get(fields))
        return false;
    bool hasAnswer = false;
    bool hasWords = false;
    double code = 0;
    for (const auto [key, field] : fields) {
        std::string_view word;
        if (key == "error") {
            if (isSet(field))
                return true;
        } else if (key == "type" || key == "object") {
            if (!field.get_string().get(word) && word == "error")
                return true;
        } else if (key == "choices" || key == "candidates" || key == "usage" || key == "response"
            || key == "data") {
            hasAnswer = true;
        } else if (key == "base_resp") {
            if (json::number(json::member(field, "status_code")).value_or(0) != 0)
                return true;
        } else if (key == "error_code" || key == "code") {
            if (const auto number = json::number(field))
                code = *number;
            else if (!field.get_string().get(word) && !word.empty())
                code = 1;
        } else if (key == "msg" || key == "message" || key == "error_msg") {
            hasWords = hasWords || field.is_string();
        }
    }
    return !hasAnswer && hasWords && code != 0 && code != 200;
}

StreamReader::Seen JsonStreamReader::event(std::string_view name, std::string_view data)
{
    Seen seen;
    const std::string_view words = trimmed(data);
    if (words.empty())
        return seen;
    if (words == "[DONE]") {
        if (endsWithDone()) {
            seen.isTerminal = true;
            m_mayEnd = true;
        }
        return seen;
    }

    if (const json::Maybe value = json::parse(words)) {
        look(name, *value, words, seen);
        return seen;
    }
    // Some gateways put two values into one event.
    bool found = false;
    bool isUsageOnly = true;
    JsonArrayReader values;
    values.feed(words, [&](const StreamEvent& part) {
        if (part.isComment)
            return;
        const json::Maybe value = json::parse(part.data);
        if (!value)
            return;
        found = true;
        Seen one;
        look(name, *value, part.data, one);
        seen.isContent = seen.isContent || one.isContent;
        seen.isTerminal = seen.isTerminal || one.isTerminal;
        seen.isError = seen.isError || one.isError;
        isUsageOnly = isUsageOnly && one.isUsageOnly;
    });
    seen.isUsageOnly = found && isUsageOnly;
    if (!found && name == "error")
        fail(words, seen);
    return seen;
}

void JsonStreamReader::fail(std::string_view raw, Seen& seen)
{
    seen.isError = true;
    // No dates are read from a body, so that the clock does not matter.
    if (!m_error)
        m_error = readError(0, {}, raw, TimePoint());
}

void JsonStreamReader::addContent(const json::Maybe& text, Seen& seen)
{
    const std::string_view words = json::text(text);
    if (words.empty())
        return;
    seen.isContent = true;
    m_contentOctets += static_cast<std::int64_t>(words.size());
}

void JsonStreamReader::nameModel(const json::Maybe& model)
{
    const std::string_view name = json::text(model);
    if (m_answeredModel.empty() && !name.empty())
        m_answeredModel = oneLine(name, mostNameOctets);
}

void JsonStreamReader::nameReply(const json::Maybe& id)
{
    const std::string_view name = json::text(id);
    if (m_upstreamId.empty() && !name.empty())
        m_upstreamId = oneLine(name, mostNameOctets);
}

std::unique_ptr<StreamReader> makeStreamReader(DialectId dialect, Operation operation)
{
    if (operation == Operation::Images || operation == Operation::Speech
        || operation == Operation::Transcription) {
        if (dialect != DialectId::Gemini)
            return makeMediaReader();
    }
    switch (dialect) {
    case DialectId::OpenaiChat:
        break;
    case DialectId::OpenaiResponses:
        return makeResponsesReader();
    case DialectId::Anthropic:
        return makeAnthropicReader();
    case DialectId::Gemini:
        return makeGeminiReader();
    }
    return makeChatReader();
}

}
