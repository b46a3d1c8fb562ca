#include "dialect/openai_chat/words.h"

#include "base/text.h"
#include "dialect/convert_parts.h"

#include <algorithm>
#include <array>

namespace waystation::openai_chat {

namespace {

struct FinishName
{
    std::string_view name;
    FinishReason reason;
};

constexpr std::array<FinishName, 33> finishNames {{
    {"stop", FinishReason::Stop},
    {"tool_calls", FinishReason::Stop},
    {"function_call", FinishReason::Stop},
    {"tool_use", FinishReason::Stop},
    {"end_turn", FinishReason::Stop},
    {"eos", FinishReason::Stop},
    {"stop_sequence", FinishReason::StopSequence},
    {"length", FinishReason::Length},
    {"model_length", FinishReason::Length},
    {"max_tokens", FinishReason::Length},
    {"max_output_tokens", FinishReason::Length},
    {"content_filter", FinishReason::Filter},
    {"sensitive", FinishReason::Filter},
    {"safety", FinishReason::Filter},
    {"recitation", FinishReason::Filter},
    {"blocklist", FinishReason::Filter},
    {"prohibited_content", FinishReason::Filter},
    {"spii", FinishReason::Filter},
    {"image_safety", FinishReason::Filter},
    {"image_recitation", FinishReason::Filter},
    {"image_prohibited_content", FinishReason::Filter},
    {"refusal", FinishReason::Refusal},
    {"context_length_exceeded", FinishReason::Context},
    {"model_context_window_exceeded", FinishReason::Context},
    {"model_context_length_exceeded", FinishReason::Context},
    {"pause_turn", FinishReason::Pause},
    {"error", FinishReason::Error},
    {"insufficient_system_resource", FinishReason::Error},
    {"network_error", FinishReason::Error},
    {"malformed_function_call", FinishReason::Error},
    {"unexpected_tool_call", FinishReason::Error},
    {"too_many_tool_calls", FinishReason::Error},
    {"other", FinishReason::Stop},
}};

void writeChance(json::Writer& writer, const TokenChance& chance, bool withOthers)
{
    writer.beginObject().field("token", chance.token).number("logprob", chance.logprob);
    writer.key("bytes").beginArray();
    std::string scratch;
    for (const char c : chance.token.plain(scratch))
        writer.integer(static_cast<unsigned char>(c));
    writer.endArray();
    if (withOthers) {
        writer.key("top_logprobs").beginArray();
        for (const TokenChance& other : chance.others)
            writeChance(writer, other, false);
        writer.endArray();
    }
    writer.endObject();
}

}

FinishReason finishFrom(std::string_view word)
{
    if (word.empty())
        return FinishReason::Unknown;
    // Google writes its words in upper case.
    for (const FinishName& each : finishNames) {
        if (equalsIgnoringCase(word, each.name))
            return each.reason;
    }
    return FinishReason::Stop;
}

const char* finishWord(FinishReason reason)
{
    switch (reason) {
    case FinishReason::Length:
    case FinishReason::Context:
        return "length";
    case FinishReason::Tool:
        return "tool_calls";
    case FinishReason::Filter:
        return "content_filter";
    case FinishReason::Unknown:
    case FinishReason::Stop:
    case FinishReason::StopSequence:
    case FinishReason::Refusal:
    case FinishReason::Pause:
    case FinishReason::Error:
        break;
    }
    return "stop";
}

void writeUsage(json::Writer& writer, const Usage& usage)
{
    writer.beginObject();
    writer.field("prompt_tokens", usage.input).field("completion_tokens", usage.output);
    writer.field("total_tokens", usage.input + usage.output);
    writer.key("prompt_tokens_details").beginObject().field("cached_tokens", usage.cacheRead);
    if (const Tokens written = usage.cacheWrite5m + usage.cacheWrite1h; written > 0)
        writer.field("cache_write_tokens", written);
    if (usage.audioIn > 0)
        writer.field("audio_tokens", usage.audioIn);
    writer.endObject();
    writer.key("completion_tokens_details").beginObject().field("reasoning_tokens", usage.reasoning);
    if (usage.audioOut > 0)
        writer.field("audio_tokens", usage.audioOut);
    writer.endObject().endObject();
}

void writeAnnotation(json::Writer& writer, const Citation& citation, std::int64_t offset, std::int64_t length)
{
    const bool hasRange = citation.start >= 0 && citation.end >= citation.start;
    const std::int64_t start = offset + (hasRange ? citation.start : 0);
    const std::int64_t end = offset + (hasRange ? citation.end : length);
    writer.beginObject().field("type", "url_citation").key("url_citation").beginObject();
    writer.field("url", citation.url).field("title", citation.title);
    writer.field("start_index", start).field("end_index", end);
    writer.endObject().endObject();
}

void writeCarry(json::Writer& writer, const Carry& carry, std::int64_t index)
{
    writer.beginObject().field("type", "reasoning.encrypted").field("format", carryFormat);
    writer.field("data", std::string_view(wrapped(carry))).field("index", index).endObject();
}

void writeSignature(json::Writer& writer, const Carry& carry)
{
    writer.key("extra_content").beginObject().key("google").beginObject().key("thought_signature");
    if (carry.kind == CarryKind::GeminiSignature)
        writer.plain(carry.payload);
    else
        writer.plain(wrapped(carry));
    writer.endObject().endObject();
}

void writeChances(json::Writer& writer, const std::vector<TokenChance>& chances)
{
    writer.beginObject().key("content").beginArray();
    for (const TokenChance& chance : chances)
        writeChance(writer, chance, true);
    writer.endArray().key("refusal").null().endObject();
}

void writePicture(json::Writer& writer, const Media& media, std::int64_t index)
{
    writer.beginObject().field("type", "image_url").key("image_url").beginObject().key("url");
    if (media.source == Media::Source::Data)
        writer.plain(dataUrl(media));
    else
        writer.text(media.url);
    writer.endObject().field("index", index).endObject();
}

std::string compact(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    bool inString = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (inString) {
            out += c;
            if (c == '\\' && at + 1 < text.size())
                out += text[++at];
            else if (c == '"')
                inString = false;
        } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            out += c;
            inString = c == '"';
        }
    }
    return out;
}

std::int64_t codePointsIn(RawText text)
{
    const std::string_view escaped = text.escaped();
    std::int64_t count = 0;
    for (std::size_t at = 0; at < escaped.size(); ++at) {
        const auto octet = static_cast<unsigned char>(escaped[at]);
        if (octet == '\\' && at + 1 < escaped.size()) {
            ++at;
            if (escaped[at] == 'u') {
                // The second half of a pair is counted with its first.
                const bool isLowHalf = at + 2 < escaped.size() && hexValue(escaped[at + 1]) == 13 && hexValue(escaped[at + 2]) >= 12;
                at += 4;
                count += isLowHalf ? 0 : 1;
                continue;
            }
        }
        if ((octet & 0xC0) != 0x80)
            ++count;
    }
    return count;
}

std::string_view tierWord(std::string_view tier)
{
    return tier == "standard" || tier == "on_demand" ? std::string_view("default") : tier;
}

std::string_view askedModel(const ReplyContext& context, std::string_view answered)
{
    if (context.call && !context.call->model.isEmpty())
        return context.call->model.text();
    return answered;
}

bool isCustomTool(const ReplyContext& context, std::string_view name)
{
    if (!context.call)
        return false;
    const auto& tools = context.call->tools;
    return std::any_of(tools.begin(), tools.end(), [&](const Tool& tool) { return tool.kind == Tool::Kind::Custom && tool.name == name; });
}

bool usesFunctions(const ReplyContext& context)
{
    if (!context.call)
        return false;
    const auto& echo = context.call->echo;
    return std::any_of(echo.begin(), echo.end(), [](const auto& field) { return field.first == "functions"; });
}

bool showsReasoning(const ReplyContext& context)
{
    return !context.call || context.call->reasoning.show != false;
}

bool takeSampling(ChatCall& call, std::string_view key, json::Value value)
{
    const auto addStop = [&](json::Value word) {
        if (word.isString() && !word.text().isEmpty())
            call.stop.push_back(word.text());
    };
    if (key == "temperature") {
        call.temperature = value.number();
    } else if (key == "top_p") {
        call.topP = value.number();
    } else if (key == "top_k") {
        call.topK = value.integer();
    } else if (key == "frequency_penalty") {
        call.frequencyPenalty = value.number();
    } else if (key == "presence_penalty") {
        call.presencePenalty = value.number();
    } else if (key == "seed") {
        call.seed = value.integer();
    } else if (key == "n") {
        call.candidates = std::max<std::int64_t>(1, value.integer().value_or(1));
    } else if (key == "logit_bias") {
        if (value.isObject() && value.size() > 0)
            call.logitBias = value.raw();
    } else if (key == "stop") {
        addStop(value);
        for (const json::Value each : value)
            addStop(each);
    } else {
        return false;
    }
    return true;
}

}
