#include "dialect/openai_responses/items.h"

#include "dialect/convert_parts.h"

#include <array>
#include <utility>

namespace waystation::openai_responses {

namespace {

struct ItemWord
{
    std::string_view type;
    ItemKind kind;
};

constexpr std::array<ItemWord, 29> itemWords {{
    {"message", ItemKind::Message},
    {"reasoning", ItemKind::Reasoning},
    {"function_call", ItemKind::FunctionCall},
    {"function_call_output", ItemKind::FunctionOutput},
    {"custom_tool_call", ItemKind::CustomCall},
    {"custom_tool_call_output", ItemKind::CustomOutput},
    {"local_shell_call", ItemKind::TypedCall},
    {"local_shell_call_output", ItemKind::TypedOutput},
    {"shell_call", ItemKind::TypedCall},
    {"shell_call_output", ItemKind::TypedOutput},
    {"apply_patch_call", ItemKind::TypedCall},
    {"apply_patch_call_output", ItemKind::TypedOutput},
    {"additional_tools", ItemKind::MoreTools},
    {"tool_search_output", ItemKind::MoreTools},
    {"web_search_call", ItemKind::Hosted},
    {"file_search_call", ItemKind::Hosted},
    {"code_interpreter_call", ItemKind::Hosted},
    {"image_generation_call", ItemKind::Hosted},
    {"computer_call", ItemKind::Hosted},
    {"computer_call_output", ItemKind::Hosted},
    {"tool_search_call", ItemKind::Hosted},
    {"mcp_call", ItemKind::Hosted},
    {"mcp_list_tools", ItemKind::Hosted},
    {"mcp_approval_request", ItemKind::Hosted},
    {"mcp_approval_response", ItemKind::Hosted},
    {"compaction", ItemKind::Compaction},
    {"compaction_summary", ItemKind::Compaction},
    {"compaction_trigger", ItemKind::CompactionTrigger},
    {"item_reference", ItemKind::Reference},
}};

constexpr std::array<TypedTool, 3> typedTools {{
    {"local_shell", "local_shell_call", "action", "lsh_", "Runs a command on the user's machine and returns what it printed.",
        R"({"type":"object","properties":{"command":{"type":"array","items":{"type":"string"},"description":"The program and its arguments."},)"
        R"("working_directory":{"type":"string"},"timeout_ms":{"type":"integer"},"env":{"type":"object","additionalProperties":{"type":"string"}},)"
        R"("user":{"type":"string"}},"required":["command"]})"},
    {"shell", "shell_call", "action", "sh_", "Runs shell commands on the user's machine and returns what they printed.",
        R"({"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"},"description":"Shell commands, run in order."},)"
        R"("timeout_ms":{"type":"integer"},"max_output_length":{"type":"integer"}},"required":["commands"]})"},
    {"apply_patch", "apply_patch_call", "operation", "apc_", "Creates, changes or deletes one file by a diff.",
        R"({"type":"object","properties":{"type":{"type":"string","enum":["create_file","update_file","delete_file"]},"path":{"type":"string"},)"
        R"("diff":{"type":"string","description":"What to apply, in the V4A diff format; left out to delete the file."}},"required":["type","path"]})"},
}};

/// A list of strings: as it is, or made from a lone string, which `shell` then interprets.
void writeWords(json::Writer& writer, json::Value words, bool throughShell)
{
    if (words.isArray()) {
        writer.raw(words.raw());
        return;
    }
    writer.beginArray();
    if (words.isString() && !words.text().isEmpty()) {
        if (throughShell)
            writer.plain("bash").plain("-lc");
        writer.text(words.text());
    }
    writer.endArray();
}

void copy(json::Writer& writer, json::Value from, std::string_view name)
{
    if (const json::Value value = from[name])
        writer.raw(name, value.raw());
}

void readImage(json::Value part, TextStore& store, std::vector<Part>& parts)
{
    Part image;
    image.kind = PartKind::Image;
    json::Value url = part["image_url"];
    if (url.isObject())
        url = url["url"];
    const json::Value file = part["file_id"];
    if (url.isString()) {
        image.media = mediaFromUrl(url.text(), store);
    } else if (file.isString()) {
        image.media.source = Media::Source::FileId;
        image.media.url = file.text();
    } else {
        return;
    }
    image.media.detail = part["detail"].word(store);
    parts.push_back(std::move(image));
}

void readFile(json::Value part, TextStore& store, std::vector<Part>& parts)
{
    Part document;
    document.kind = PartKind::Document;
    Media& media = document.media;
    const RawText name = part["filename"].text();
    if (const RawText data = part["file_data"].text(); !data.isEmpty()) {
        if (data.escaped().starts_with("data:")) {
            media = mediaFromUrl(data, store);
        } else {
            media.data = cleanBase64(data, store);
            media.mime = sniffedMime(media.data, mimeFromName(store.plain(name)));
        }
    } else if (const RawText url = part["file_url"].text(); !url.isEmpty()) {
        media = mediaFromUrl(url, store);
    } else if (const RawText file = part["file_id"].text(); !file.isEmpty()) {
        media.source = Media::Source::FileId;
        media.url = file;
    } else {
        return;
    }
    media.name = name;
    parts.push_back(std::move(document));
}

void readAudio(json::Value part, TextStore& store, std::vector<Part>& parts)
{
    const json::Value inner = part["input_audio"] ? part["input_audio"] : part;
    const RawText data = inner["data"].text();
    if (data.isEmpty())
        return;
    Part audio;
    audio.kind = PartKind::Audio;
    audio.media.data = cleanBase64(data, store);
    const std::string_view format = inner["format"].word(store);
    audio.media.mime = store.keep("audio/" + std::string(format.empty() ? "wav" : format));
    parts.push_back(std::move(audio));
}

RawText callIdOf(json::Value item)
{
    const RawText callId = item["call_id"].text();
    return callId.isEmpty() ? item["id"].text() : callId;
}

}

ItemKind kindOf(json::Value item)
{
    const json::Value type = item["type"];
    if (!type) {
        if (item["role"])
            return ItemKind::Message;
        return item["id"].isString() && item.size() == 1 ? ItemKind::Reference : ItemKind::Unknown;
    }
    const std::string_view word = type.text().escaped();
    for (const ItemWord& each : itemWords) {
        if (word == each.type)
            return each.kind;
    }
    return ItemKind::Unknown;
}

const TypedTool* typedTool(std::string_view type)
{
    for (const TypedTool& tool : typedTools) {
        if (tool.type == type)
            return &tool;
    }
    return nullptr;
}

const TypedTool* typedToolOfItem(std::string_view itemType)
{
    for (const TypedTool& tool : typedTools) {
        if (tool.item == itemType)
            return &tool;
    }
    return nullptr;
}

void writeAction(json::Writer& writer, const TypedTool& tool, RawText arguments)
{
    std::string scratch;
    json::Tree tree;
    // What is no object leaves the client with nothing to do, which it tells the model.
    const bool isJson = tree.parse(arguments.plain(scratch));
    const json::Value given = isJson ? tree.root() : json::Value();
    writer.beginObject();
    if (tool.type == "local_shell") {
        writer.field("type", "exec");
        writer.key("command");
        writeWords(writer, given["command"], true);
        writer.raw("env", given["env"].isObject() ? given["env"].raw() : std::string_view("{}"));
        copy(writer, given, "timeout_ms");
        copy(writer, given, "user");
        copy(writer, given, "working_directory");
    } else if (tool.type == "shell") {
        writer.key("commands");
        writeWords(writer, given["commands"], false);
        copy(writer, given, "timeout_ms");
        copy(writer, given, "max_output_length");
    } else {
        writer.field("type", given["type"].isString() ? given["type"].text() : RawText("update_file"));
        writer.field("path", given["path"].text());
        copy(writer, given, "diff");
    }
    writer.endObject();
}

Part textPart(RawText text)
{
    Part part;
    part.text = text;
    return part;
}

void readContent(json::Value content, TextStore& store, std::vector<Part>& parts)
{
    if (content.isString()) {
        if (!content.text().isEmpty())
            parts.push_back(textPart(content.text()));
        return;
    }
    for (const json::Value part : content)
        readContentPart(part, store, parts);
}

void readContentPart(json::Value part, TextStore& store, std::vector<Part>& parts)
{
    if (part.isString()) {
        if (!part.text().isEmpty())
            parts.push_back(textPart(part.text()));
        return;
    }
    const std::string_view type = part["type"].text().escaped();
    const std::size_t before = parts.size();
    if (type == "input_text" || type == "output_text" || type == "text") {
        const RawText text = part["text"].text();
        if (text.isEmpty())
            return;
        Part& said = parts.emplace_back();
        said.text = text;
        for (const json::Value annotation : part["annotations"]) {
            if (Citation citation; readCitation(annotation, citation))
                said.citations.push_back(citation);
        }
    } else if (type == "refusal") {
        Part& refusal = parts.emplace_back();
        refusal.kind = PartKind::Refusal;
        refusal.text = part["refusal"].text();
    } else if (type == "input_image" || type == "image_url" || type == "computer_screenshot") {
        readImage(part, store, parts);
    } else if (type == "input_file") {
        readFile(part, store, parts);
    } else if (type == "input_audio") {
        readAudio(part, store, parts);
    }
    if (parts.size() > before && part["prompt_cache_breakpoint"])
        parts.back().cache = CacheMark::FiveMinutes;
}

RawText reasoningText(json::Value item, TextStore& store)
{
    RawText all;
    for (const char* field : {"summary", "content"}) {
        const json::Value list = item[field];
        if (list.isString())
            return list.text();
        for (const json::Value part : list) {
            const RawText text = part["text"].text();
            if (!text.isEmpty())
                all = all.isEmpty() ? text : joined(all, "\\n\\n", text, store);
        }
        if (!all.isEmpty())
            break;
    }
    return all;
}

Part readReasoning(json::Value item, TextStore& store)
{
    Part part;
    part.kind = PartKind::Reasoning;
    part.text = reasoningText(item, store);
    const std::string_view sealed = item["encrypted_content"].word(store);
    if (looksWrapped(sealed)) {
        if (const auto carry = unwrapped(sealed, store))
            part.carry = *carry;
    } else if (!sealed.empty()) {
        part.carry = {CarryKind::OpenaiEncrypted, 0, sealed};
    }
    return part;
}

Part readFunctionCall(json::Value item, TextStore& store)
{
    Part part;
    part.kind = PartKind::ToolCall;
    part.callId = store.plain(callIdOf(item));
    part.toolName = item["name"].word(store);
    part.nameSpace = item["namespace"].word(store);
    const json::Value arguments = item["arguments"];
    part.arguments.isEscaped = arguments.isString();
    part.arguments.text = arguments.isString() ? arguments.text().escaped() : arguments.raw();
    return part;
}

Part readCustomCall(json::Value item, TextStore& store)
{
    Part part;
    part.kind = PartKind::ToolCall;
    part.isCustom = true;
    part.callId = store.plain(callIdOf(item));
    part.toolName = item["name"].word(store);
    part.nameSpace = item["namespace"].word(store);
    part.text = item["input"].text();
    return part;
}

Media readMadeImage(json::Value item, TextStore& store)
{
    Media media;
    media.data = cleanBase64(item["result"].text(), store);
    const std::string_view format = item["output_format"].word(store);
    media.mime = sniffedMime(media.data, store.keep("image/" + std::string(format.empty() ? "png" : format)));
    return media;
}

bool readCitation(json::Value annotation, Citation& citation)
{
    if (!annotation["type"].is("url_citation"))
        return false;
    const json::Value inner = annotation["url_citation"] ? annotation["url_citation"] : annotation;
    citation.url = inner["url"].text();
    citation.title = inner["title"].text();
    citation.start = inner["start_index"].integer().value_or(-1);
    citation.end = inner["end_index"].integer().value_or(-1);
    return !citation.url.isEmpty();
}

std::vector<TokenChance> readChances(json::Value logprobs)
{
    std::vector<TokenChance> chances;
    for (const json::Value entry : logprobs) {
        TokenChance& chance = chances.emplace_back();
        chance.token = entry["token"].text();
        chance.logprob = entry["logprob"].number().value_or(0);
        chance.others = readChances(entry["top_logprobs"]);
    }
    return chances;
}

FinishReason finishOf(json::Value response, bool hasRefusal)
{
    if (response["status"].is("incomplete")) {
        const json::Value reason = response["incomplete_details"]["reason"];
        return reason.is("content_filter") ? FinishReason::Filter : FinishReason::Length;
    }
    return hasRefusal ? FinishReason::Refusal : FinishReason::Stop;
}

}
