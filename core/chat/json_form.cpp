#include "chat/json_form.h"

#include "base/text.h"

#include <nlohmann/json.hpp>

#include <array>

namespace waystation {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t mostDataOctets = 60;

constexpr std::array<const char*, 10> kindWords {"text", "image", "document", "audio", "video", "reasoning", "tool_call",
    "tool_result", "refusal", "server"};
constexpr std::array<const char*, 3> roleWords {"user", "assistant", "system"};
constexpr std::array<const char*, 4> sourceWords {"data", "url", "file_id", "text"};
constexpr std::array<const char*, 7> carryWords {
    "none", "anthropic_signature", "anthropic_redacted", "openai_encrypted", "gemini_signature", "plain_reasoning", "reasoning_details"};
constexpr std::array<const char*, 3> toolWords {"function", "custom", "server"};
constexpr std::array<const char*, 9> serverWords {"none", "web_search", "code_execution", "file_search", "image_generation", "mcp",
    "computer", "tool_search", "other"};
constexpr std::array<const char*, 5> choiceWords {"unset", "auto", "any", "none", "named"};
constexpr std::array<const char*, 4> formatWords {"unset", "text", "json_object", "json_schema"};

template <class Words, class Enum>
const char* word(const Words& words, Enum value)
{
    return words[static_cast<std::size_t>(value)];
}

void put(Json& json, const char* name, std::string_view text)
{
    if (!text.empty())
        json[name] = text;
}

void put(Json& json, const char* name, RawText text)
{
    if (!text.isEmpty())
        json[name] = text.toString();
}

template <class T>
void put(Json& json, const char* name, const std::optional<T>& value)
{
    if (value)
        json[name] = *value;
}

void putFlag(Json& json, const char* name, bool value)
{
    if (value)
        json[name] = true;
}

void putRaw(Json& json, const char* name, RawJson raw)
{
    if (raw.empty())
        return;
    Json value = Json::parse(raw, nullptr, false);
    json[name] = value.is_discarded() ? Json(raw) : std::move(value);
}

Json formOf(const Part& part);

Json formOf(const std::vector<Part>& parts)
{
    Json list = Json::array();
    for (const Part& part : parts)
        list.push_back(formOf(part));
    return list;
}

Json formOf(const Media& media)
{
    Json json;
    json["source"] = word(sourceWords, media.source);
    put(json, "mime", media.mime);
    if (!media.data.empty())
        json["data"] = elided(media.data, mostDataOctets);
    put(json, "url", media.url);
    put(json, "name", media.name);
    put(json, "detail", media.detail);
    return json;
}

Json formOf(const Part& part)
{
    Json json;
    json["kind"] = word(kindWords, part.kind);
    put(json, "text", part.text);
    if (part.kind == PartKind::Image || part.kind == PartKind::Document || part.kind == PartKind::Audio || part.kind == PartKind::Video)
        json["media"] = formOf(part.media);
    put(json, "id", part.callId);
    put(json, "name", part.toolName);
    put(json, "namespace", part.nameSpace);
    if (part.kind == PartKind::ToolCall && !part.isCustom)
        json["arguments"] = part.arguments.isEscaped ? RawText(part.arguments.text).toString() : std::string(part.arguments.text);
    putFlag(json, "custom", part.isCustom);
    if (part.kind == PartKind::ToolResult)
        json["result"] = formOf(part.result);
    putFlag(json, "is_error", part.isError);
    if (!part.carry.isEmpty()) {
        json["carry"] = word(carryWords, part.carry.kind);
        json["payload"] = oneLine(part.carry.payload, mostDataOctets);
    }
    if (part.cache != CacheMark::None)
        json["cache"] = part.cache == CacheMark::OneHour ? "1h" : "5m";
    for (const Citation& citation : part.citations) {
        Json each;
        put(each, "url", citation.url);
        put(each, "title", citation.title);
        put(each, "cited", citation.cited);
        each["start"] = citation.start;
        each["end"] = citation.end;
        json["citations"].push_back(std::move(each));
    }
    putRaw(json, "raw", part.raw);
    return json;
}

Json formOf(const Tool& tool)
{
    Json json;
    json["kind"] = word(toolWords, tool.kind);
    put(json, "name", tool.name);
    put(json, "namespace", tool.nameSpace);
    put(json, "description", tool.description);
    putRaw(json, "schema", tool.schema);
    put(json, "strict", tool.strict);
    put(json, "grammar", tool.grammar);
    put(json, "syntax", tool.grammarSyntax);
    if (tool.cache != CacheMark::None)
        json["cache"] = tool.cache == CacheMark::OneHour ? "1h" : "5m";
    if (tool.server != ServerTool::None)
        json["server"] = word(serverWords, tool.server);
    put(json, "type", tool.serverType);
    return json;
}

Json formOf(const std::vector<TokenChance>& chances)
{
    Json list = Json::array();
    for (const TokenChance& chance : chances) {
        Json each;
        each["token"] = chance.token.toString();
        each["logprob"] = chance.logprob;
        if (!chance.others.empty())
            each["others"] = formOf(chance.others);
        list.push_back(std::move(each));
    }
    return list;
}

std::string textOf(const Json& json)
{
    return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

}

std::string toJson(const ChatCall& call)
{
    Json json;
    json["model"] = call.model.text();
    if (!call.system.empty())
        json["system"] = formOf(call.system);
    json["turns"] = Json::array();
    for (const Turn& turn : call.turns)
        json["turns"].push_back(Json {{"role", word(roleWords, turn.role)}, {"parts", formOf(turn.parts)}});
    for (const Tool& tool : call.tools)
        json["tools"].push_back(formOf(tool));
    if (call.toolChoice.mode != ToolChoice::Mode::Unset)
        json["tool_choice"] = word(choiceWords, call.toolChoice.mode);
    put(json, "tool_choice_name", call.toolChoice.name);
    for (const std::string_view name : call.toolChoice.only)
        json["tool_choice_only"].push_back(name);
    put(json, "parallel", call.toolChoice.parallel);
    put(json, "max_output", call.maxOutput);
    put(json, "temperature", call.temperature);
    put(json, "top_p", call.topP);
    put(json, "top_k", call.topK);
    put(json, "frequency_penalty", call.frequencyPenalty);
    put(json, "presence_penalty", call.presencePenalty);
    put(json, "seed", call.seed);
    for (const RawText stop : call.stop)
        json["stop"].push_back(stop.toString());
    putRaw(json, "logit_bias", call.logitBias);
    putFlag(json, "logprobs", call.logprobs);
    put(json, "top_logprobs", call.topLogprobs);
    if (call.candidates != 1)
        json["candidates"] = call.candidates;
    if (!call.reasoning.isUnset() || call.reasoning.show) {
        Json& reasoning = json["reasoning"];
        put(reasoning, "on", call.reasoning.on);
        if (call.reasoning.effort)
            reasoning["effort"] = nameOf(*call.reasoning.effort);
        put(reasoning, "budget", call.reasoning.budget);
        putFlag(reasoning, "adaptive", call.reasoning.isAdaptive);
        put(reasoning, "show", call.reasoning.show);
    }
    if (call.format.kind != OutputFormat::Kind::Unset) {
        Json& format = json["format"];
        format["kind"] = word(formatWords, call.format.kind);
        put(format, "name", call.format.name);
        put(format, "description", call.format.description);
        putRaw(format, "schema", call.format.schema);
        put(format, "strict", call.format.strict);
    }
    put(json, "verbosity", call.verbosity);
    put(json, "tier", call.tier);
    put(json, "cache_key", call.cacheKey);
    put(json, "user", call.userRef);
    putRaw(json, "metadata", call.metadata);
    put(json, "store", call.store);
    putFlag(json, "wants_audio", call.wantsAudio);
    putFlag(json, "wants_images", call.wantsImages);
    putRaw(json, "prediction", call.prediction);
    putRaw(json, "web_search_options", call.webSearchOptions);
    putFlag(json, "stream", call.stream);
    putFlag(json, "wants_usage", call.wantsUsage);
    putFlag(json, "wants_encrypted_reasoning", call.wantsEncryptedReasoning);
    put(json, "previous_response", call.previousResponse);
    for (const std::string_view id : call.itemReferences)
        json["item_references"].push_back(id);
    return textOf(json);
}

std::string toJson(const ChatReply& reply)
{
    Json json;
    put(json, "id", std::string_view(reply.id));
    put(json, "model", std::string_view(reply.model));
    if (reply.created != 0)
        json["created"] = reply.created;
    put(json, "tier", std::string_view(reply.tier));
    for (const ReplyChoice& choice : reply.choices) {
        Json each;
        each["parts"] = formOf(choice.parts);
        each["reason"] = nameOf(choice.reason);
        put(each, "stop_sequence", choice.stopSequence);
        put(each, "detail", choice.detail);
        if (!choice.chances.empty())
            each["chances"] = formOf(choice.chances);
        json["choices"].push_back(std::move(each));
    }
    if (reply.usage) {
        Json& usage = json["usage"];
        usage["input"] = reply.usage->input;
        usage["cache_read"] = reply.usage->cacheRead;
        usage["cache_write"] = reply.usage->cacheWrite5m + reply.usage->cacheWrite1h;
        usage["output"] = reply.usage->output;
        usage["reasoning"] = reply.usage->reasoning;
    }
    return textOf(json);
}

}
