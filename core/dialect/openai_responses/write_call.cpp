#include "base/text.h"
#include "chat/repair.h"
#include "dialect/convert_parts.h"

#include <algorithm>
#include <unordered_set>

namespace waystation::openai_responses {

namespace {

constexpr Tokens leastOutput = 16;
constexpr std::size_t mostKeyOctets = 64; // of prompt_cache_key, safety_identifier and user
constexpr std::string_view inputSchema
    = R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false})";

bool isSaid(const Part& part)
{
    switch (part.kind) {
    case PartKind::Text:
    case PartKind::Refusal:
        return !part.text.isEmpty();
    case PartKind::Reasoning:
    case PartKind::Server:
        return false;
    default:
        return true;
    }
}

std::size_t octetsOf(const Part& part)
{
    std::size_t octets = 160 + part.text.size() + part.media.data.size() + part.media.url.size() + part.arguments.text.size()
        + part.carry.payload.size();
    for (const Part& inner : part.result)
        octets += octetsOf(inner);
    return octets;
}

std::size_t octetsOf(const ChatCall& call)
{
    std::size_t octets = 1024;
    for (const Part& part : call.system)
        octets += octetsOf(part);
    for (const Turn& turn : call.turns) {
        for (const Part& part : turn.parts)
            octets += octetsOf(part);
    }
    for (const Tool& tool : call.tools)
        octets += 160 + tool.schema.size() + tool.description.size() + tool.grammar.size();
    return octets;
}

std::string fitted(std::string key)
{
    return key.size() > mostKeyOctets ? foldedName(key, NameRule::Openai) : key;
}

class CallWriter
{
public:
    CallWriter(ChatCall& call, const Target& target, ToolNames& names, Losses& losses)
        : m_call(call), m_target(target), m_names(names), m_losses(losses), m_ids(IdRule::OpenaiResponses), m_writer(m_out)
    {
    }

    Result<std::string> write();

private:
    std::optional<Error> refusal() const;
    void writeInstructions();
    void writeInput();
    void writeTurn(const Turn& turn);
    void writeReasoning(const Part& part);
    void writeCall(const Part& part);
    void writeResult(const Part& part);
    void writeContentPart(const Part& part, Role role);
    void writeText(RawText text, Role role);
    void writePlaceholder(const Part& part, Role role);
    void openMessage(Role role);
    void closeMessage();
    void writeTools();
    void writeTool(const Tool& tool);
    void writeWebSearch(RawJson options);
    void writeToolChoice();
    void writeSampling();
    void writeThinking();
    void writeTextFormat();
    void writeNames();
    void dropRest();

    const Tool* toolNamed(std::string_view name) const;
    bool isCustomHere(const Tool& tool) const { return tool.kind == Tool::Kind::Custom && m_target.customTools; }
    bool mentionsJson() const;

    ChatCall& m_call;
    const Target& m_target;
    ToolNames& m_names;
    Losses& m_losses;
    CallIds m_ids;
    std::string m_out;
    json::Writer m_writer;
    bool m_inMessage = false;
    std::size_t m_toolCount = 0;
    bool m_searchesWeb = false;
    bool m_wantsEncrypted = false;
    bool m_wantsChances = false;
    std::unordered_set<std::string_view> m_customCalls; // ids of calls that were written as custom ones
};

std::optional<Error> CallWriter::refusal() const
{
    if (m_call.wantsAudio)
        return Error {ErrorKind::Unsupported, "the upstream gives no audio", "modalities"};
    if (m_call.candidates > 1)
        return Error {ErrorKind::Unsupported, "the upstream gives one answer at a time", "n"};
    if (m_call.maxOutput == Tokens(0))
        return Error {ErrorKind::Unsupported, "an answer of no tokens means nothing to the upstream", "max_tokens"};
    if (m_call.toolChoice.mode == ToolChoice::Mode::Named) {
        const Tool* tool = toolNamed(m_call.toolChoice.name);
        if (tool && tool->kind == Tool::Kind::Server && tool->server != ServerTool::WebSearch)
            return Error {ErrorKind::Unsupported, "the upstream does not have the tool that tool_choice names", "tool_choice"};
    }
    if (m_call.turns.empty())
        return Error {ErrorKind::BadRequest, "the request has no messages", "input"};
    return std::nullopt;
}

Result<std::string> CallWriter::write()
{
    if (const auto error = refusal())
        return *error;
    if (m_target.systemFirstOnly)
        wrapSystemTurns(m_call);
    m_names = ToolNames(m_call, NameRule::Openai, !m_target.customTools);
    m_out.reserve(octetsOf(m_call));

    m_writer.beginObject();
    m_writer.field("model", std::string_view(m_target.model));
    if (m_call.maxOutput) {
        if (*m_call.maxOutput < leastOutput)
            m_losses.adapt("max_output_tokens");
        m_writer.field("max_output_tokens", std::max(*m_call.maxOutput, leastOutput));
    }
    writeInstructions();
    m_writer.field("store", false);
    writeInput();
    writeTools();
    writeToolChoice();
    writeSampling();
    writeThinking();
    writeTextFormat();
    if (m_wantsEncrypted || m_wantsChances) {
        m_writer.key("include").beginArray();
        if (m_wantsEncrypted)
            m_writer.plain("reasoning.encrypted_content");
        if (m_wantsChances)
            m_writer.plain("message.output_text.logprobs");
        m_writer.endArray();
    }
    writeNames();
    dropRest();
    if (m_call.stream)
        m_writer.field("stream", true);
    m_writer.endObject();
    return std::move(m_out);
}

void CallWriter::writeInstructions()
{
    std::string text;
    const auto add = [&](std::string_view escaped) {
        if (!text.empty() && !escaped.empty())
            text += "\\n\\n";
        text += escaped;
    };
    for (const Part& part : m_call.system)
        add(part.text.escaped());
    const bool wantsSchema = m_call.format.kind == OutputFormat::Kind::JsonSchema;
    if (wantsSchema && m_target.json != JsonSupport::Schema) {
        std::string rule = "Answer with JSON alone, without a code fence, that fits this schema:\n";
        rule += m_call.format.schema;
        add(m_call.texts.escape(rule).escaped());
        m_losses.adapt("response_format");
    } else if (m_call.format.kind == OutputFormat::Kind::JsonObject && m_target.json == JsonSupport::None) {
        add("Answer with a JSON object alone, without a code fence.");
        m_losses.adapt("response_format");
    }
    if (!text.empty())
        m_writer.field("instructions", RawText(text));
}

bool CallWriter::mentionsJson() const
{
    for (const Turn& turn : m_call.turns) {
        for (const Part& part : turn.parts) {
            if (containsIgnoringCase(part.text.escaped(), "json"))
                return true;
        }
    }
    return false;
}

void CallWriter::writeInput()
{
    m_writer.key("input").beginArray();
    const bool asksForObject = m_call.format.kind == OutputFormat::Kind::JsonObject && m_target.json != JsonSupport::None;
    for (const Turn& turn : m_call.turns)
        writeTurn(turn);
    // The word has to stand in the messages, instructions do not count; at the end it leaves the prompt's beginning alone.
    if (asksForObject && m_target.jsonWordNeeded && !mentionsJson()) {
        openMessage(Role::System);
        writeText(RawText("Answer with a JSON object."), Role::System);
        closeMessage();
    }
    m_writer.endArray();
}

void CallWriter::writeTurn(const Turn& turn)
{
    // Reasoning that nothing follows is refused, so it is written only in front of something.
    std::size_t end = turn.parts.size();
    while (end > 0 && !isSaid(turn.parts[end - 1]))
        --end;
    std::size_t lastText = turn.parts.size();
    while (lastText > 0 && (turn.parts[lastText - 1].kind != PartKind::Text || !isSaid(turn.parts[lastText - 1])))
        --lastText;

    for (std::size_t i = 0; i < turn.parts.size(); ++i) {
        const Part& part = turn.parts[i];
        switch (part.kind) {
        case PartKind::Reasoning:
            if (i < end && part.carry.kind == CarryKind::OpenaiEncrypted && belongsTo(part.carry, m_target.origin)) {
                closeMessage();
                writeReasoning(part);
            }
            break;
        case PartKind::ToolCall:
            closeMessage();
            writeCall(part);
            break;
        case PartKind::ToolResult:
            closeMessage();
            writeResult(part);
            break;
        case PartKind::Server:
            if (i >= lastText && !part.text.isEmpty()) {
                openMessage(turn.role);
                writeText(RawText(m_call.texts.keep("[" + std::string(part.text.escaped()) + "]")), turn.role);
            }
            break;
        default:
            if (isSaid(part)) {
                openMessage(turn.role);
                writeContentPart(part, turn.role);
            }
        }
    }
    closeMessage();
}

void CallWriter::openMessage(Role role)
{
    if (m_inMessage)
        return;
    m_inMessage = true;
    m_writer.beginObject();
    switch (role) {
    case Role::User:
        m_writer.field("role", "user");
        break;
    case Role::Assistant:
        m_writer.field("role", "assistant");
        break;
    case Role::System:
        m_writer.field("role", m_target.developerRole ? "developer" : "system");
        break;
    }
    m_writer.key("content").beginArray();
}

void CallWriter::closeMessage()
{
    if (!m_inMessage)
        return;
    m_inMessage = false;
    m_writer.endArray().endObject();
}

void CallWriter::writeReasoning(const Part& part)
{
    m_writer.beginObject();
    m_writer.field("type", "reasoning");
    m_writer.key("summary").beginArray();
    if (!part.text.isEmpty()) {
        m_writer.beginObject();
        m_writer.field("type", "summary_text").field("text", part.text);
        m_writer.endObject();
    }
    m_writer.endArray();
    m_writer.field("encrypted_content", part.carry.payload);
    m_writer.endObject();
}

void CallWriter::writeCall(const Part& part)
{
    const bool isCustom = part.isCustom && m_target.customTools;
    const std::string_view id = m_ids.idFor(part.callId);
    if (isCustom)
        m_customCalls.insert(part.callId);
    m_writer.beginObject();
    m_writer.field("type", isCustom ? "custom_tool_call" : "function_call");
    m_writer.field("call_id", id);
    m_writer.field("name", m_names.upstreamName(part.nameSpace, part.toolName));
    if (isCustom)
        m_writer.field("input", part.text);
    else if (part.isCustom)
        m_writer.field("arguments", std::string_view(customInputAsObject(part.text)));
    else
        m_writer.field("arguments", argumentsAsText(part.arguments, m_call.texts));
    m_writer.endObject();
}

void CallWriter::writeResult(const Part& part)
{
    const auto isText = [](const Part& inner) {
        return inner.kind == PartKind::Text || (inner.kind == PartKind::Document && inner.media.source == Media::Source::Text);
    };
    m_writer.beginObject();
    m_writer.field("type", m_customCalls.count(part.callId) ? "custom_tool_call_output" : "function_call_output");
    m_writer.field("call_id", m_ids.idFor(part.callId));
    if (std::all_of(part.result.begin(), part.result.end(), isText)) {
        m_writer.field("output", resultText(part, true, m_call.texts));
    } else {
        m_writer.key("output").beginArray();
        if (part.isError && !isText(part.result.front()))
            writeText(RawText("[tool error] "), Role::User);
        for (const Part& inner : part.result) {
            const bool isMarked = part.isError && &inner == &part.result.front() && inner.kind == PartKind::Text;
            if (isMarked)
                writeText(joined(RawText("[tool error] "), "", inner.text, m_call.texts), Role::User);
            else if (isSaid(inner))
                writeContentPart(inner, Role::User);
        }
        m_writer.endArray();
    }
    m_writer.endObject();
}

void CallWriter::writeText(RawText text, Role role)
{
    m_writer.beginObject();
    m_writer.field("type", role == Role::Assistant ? "output_text" : "input_text").field("text", text);
    m_writer.endObject();
}

void CallWriter::writePlaceholder(const Part& part, Role role)
{
    m_losses.drop(wordFor(part.kind));
    writeText(m_call.texts.escape(placeholderFor(part)), role);
}

void CallWriter::writeContentPart(const Part& part, Role role)
{
    const Media& media = part.media;
    // A file's id means something only to the account that holds it.
    const bool isOwnFile = m_target.issuer == "openai" && media.url.escaped().starts_with("file-");
    const bool isReachable = media.source == Media::Source::FileId ? isOwnFile : media.source != Media::Source::Url || m_target.takesUrls;
    switch (part.kind) {
    case PartKind::Text:
        writeText(part.text, role);
        return;
    case PartKind::Refusal:
        if (role == Role::Assistant) {
            m_writer.beginObject();
            m_writer.field("type", "refusal").field("refusal", part.text);
            m_writer.endObject();
        } else {
            writeText(part.text, role);
        }
        return;
    case PartKind::Image:
        // The model's own pictures cannot be said again, and pictures are the user's to show.
        if (!m_target.vision || role != Role::User || !isReachable)
            break;
        m_writer.beginObject();
        m_writer.field("type", "input_image");
        if (media.source == Media::Source::FileId)
            m_writer.field("file_id", media.url);
        else if (media.source == Media::Source::Url)
            m_writer.field("image_url", media.url);
        else
            m_writer.field("image_url", RawText(dataUrl(media)));
        if (!media.detail.empty())
            m_writer.field("detail", media.detail);
        m_writer.endObject();
        return;
    case PartKind::Document:
        if (media.source == Media::Source::Text) {
            writeText(documentAsText(part, m_call.texts), role);
            return;
        }
        if (role != Role::User || !isReachable)
            break;
        m_writer.beginObject();
        m_writer.field("type", "input_file");
        if (media.source == Media::Source::FileId) {
            m_writer.field("file_id", media.url);
        } else if (media.source == Media::Source::Url) {
            m_writer.field("file_url", media.url);
        } else {
            m_writer.field("filename", media.name.isEmpty() ? RawText("document.pdf") : media.name);
            m_writer.field("file_data", RawText(dataUrl(media)));
        }
        m_writer.endObject();
        return;
    default:
        break;
    }
    writePlaceholder(part, role);
}

const Tool* CallWriter::toolNamed(std::string_view name) const
{
    for (const Tool& tool : m_call.tools) {
        if (tool.name == name)
            return &tool;
    }
    return nullptr;
}

void CallWriter::writeTools()
{
    const bool searches = !m_call.webSearchOptions.empty();
    if (m_call.tools.empty() && !searches)
        return;
    // OpenAI itself narrows the list by tool_choice, which leaves its cached prefix whole.
    std::vector<const Tool*> offered;
    if (m_target.issuer == "openai") {
        for (const Tool& tool : m_call.tools)
            offered.push_back(&tool);
    } else {
        offered = offeredTools(m_call);
        if (!m_call.toolChoice.only.empty())
            m_losses.adapt("tool_choice.allowed_tools");
    }
    const auto isServer = [](const Tool* tool) { return tool->kind == Tool::Kind::Server; };
    const auto isKept = [&](const Tool* tool) { return !isServer(tool) || tool->server == ServerTool::WebSearch; };
    for (const Tool* tool : offered) {
        if (!isKept(tool))
            m_losses.drop(tool->serverType.empty() ? std::string_view("tools") : tool->serverType);
    }
    if (!searches && std::none_of(offered.begin(), offered.end(), isKept))
        return;
    m_writer.key("tools").beginArray();
    for (const Tool* tool : offered) {
        if (!isServer(tool))
            writeTool(*tool);
        else if (isKept(tool))
            writeWebSearch(tool->raw);
    }
    if (searches)
        writeWebSearch(m_call.webSearchOptions);
    m_writer.endArray();
}

void CallWriter::writeTool(const Tool& tool)
{
    ++m_toolCount;
    const std::string_view name = m_names.upstreamName(tool.nameSpace, tool.name);
    m_writer.beginObject();
    if (isCustomHere(tool)) {
        m_writer.field("type", "custom").field("name", name);
        if (!tool.description.isEmpty())
            m_writer.field("description", tool.description);
        m_writer.key("format").beginObject();
        if (tool.grammar.isEmpty())
            m_writer.field("type", "text");
        else
            m_writer.field("type", "grammar").field("syntax", tool.grammarSyntax).field("definition", tool.grammar);
        m_writer.endObject().endObject();
        return;
    }
    m_writer.field("type", "function").field("name", name);
    if (tool.kind == Tool::Kind::Custom) {
        std::string description(tool.description.escaped());
        if (!tool.grammar.isEmpty()) {
            description += description.empty() ? "" : "\\n\\n";
            description += "The input has to follow this ";
            appendEscaped(description, tool.grammarSyntax);
            description += tool.grammarSyntax.empty() ? "grammar:\\n" : " grammar:\\n";
            description += tool.grammar.escaped();
        }
        if (!description.empty())
            m_writer.field("description", RawText(description));
        m_writer.raw("parameters", inputSchema);
    } else {
        if (!tool.description.isEmpty())
            m_writer.field("description", tool.description);
        m_writer.raw("parameters", objectSchema(tool.schema));
    }
    // Left out it would mean true, and every optional argument would have to be there.
    if (m_target.strictTools)
        m_writer.field("strict", tool.strict == true);
    m_writer.endObject();
}

void CallWriter::writeWebSearch(RawJson options)
{
    if (m_searchesWeb)
        return;
    m_searchesWeb = true;
    ++m_toolCount;
    json::Tree tree;
    const json::Value given = !options.empty() && tree.parse(options) ? tree.root() : json::Value();
    m_writer.beginObject();
    m_writer.field("type", "web_search");
    json::Value domains = given["allowed_domains"];
    if (!domains)
        domains = given["filters"]["allowed_domains"];
    if (domains.isArray() && domains.size() > 0) {
        m_writer.key("filters").beginObject();
        m_writer.raw("allowed_domains", domains.raw());
        m_writer.endObject();
    }
    if (const json::Value size = given["search_context_size"]; size.isString())
        m_writer.field("search_context_size", size.text());
    if (const json::Value where = given["user_location"]; where.isObject()) {
        const json::Value place = where["approximate"].isObject() ? where["approximate"] : where;
        m_writer.key("user_location").beginObject();
        m_writer.field("type", "approximate");
        for (const char* field : {"city", "country", "region", "timezone"}) {
            if (place[field].isString())
                m_writer.field(field, place[field].text());
        }
        m_writer.endObject();
    }
    m_writer.endObject();
    for (const char* field : {"max_uses", "blocked_domains"}) {
        if (given[field])
            m_losses.drop(field);
    }
}

void CallWriter::writeToolChoice()
{
    using Mode = ToolChoice::Mode;
    if (m_toolCount == 0)
        return;
    const ToolChoice& choice = m_call.toolChoice;
    const auto writeChosen = [&](std::string_view name) {
        const Tool* tool = toolNamed(name);
        m_writer.beginObject();
        if (tool && tool->kind == Tool::Kind::Server) {
            m_writer.field("type", "web_search");
        } else {
            m_writer.field("type", tool && isCustomHere(*tool) ? "custom" : "function");
            m_writer.field("name", m_names.upstreamName(tool ? tool->nameSpace : std::string_view(), name));
        }
        m_writer.endObject();
    };
    const bool isForced = choice.mode == Mode::Any || choice.mode == Mode::Named;
    if (!choice.only.empty() && m_target.issuer == "openai") {
        m_writer.key("tool_choice").beginObject();
        m_writer.field("type", "allowed_tools").field("mode", choice.mode == Mode::Any ? "required" : "auto");
        m_writer.key("tools").beginArray();
        for (const std::string_view name : choice.only) {
            const Tool* tool = toolNamed(name);
            if (!tool || tool->kind != Tool::Kind::Server || tool->server == ServerTool::WebSearch)
                writeChosen(name);
        }
        m_writer.endArray().endObject();
    } else if (isForced && !m_target.namedToolChoice) {
        m_writer.field("tool_choice", "auto");
        m_losses.adapt("tool_choice");
    } else if (choice.mode == Mode::Named) {
        m_writer.key("tool_choice");
        writeChosen(choice.name);
    } else if (choice.mode != Mode::Unset) {
        m_writer.field("tool_choice", choice.mode == Mode::Any ? "required" : choice.mode == Mode::None ? "none" : "auto");
    }
    if (choice.parallel && m_target.parallelToolCalls)
        m_writer.field("parallel_tool_calls", *choice.parallel);
}

void CallWriter::writeSampling()
{
    if (m_call.temperature) {
        if (!m_target.sampling) {
            if (*m_call.temperature != 1)
                m_losses.drop("temperature");
        } else {
            const double value = std::clamp(*m_call.temperature, 0.0, m_target.mostTemperature);
            if (value != *m_call.temperature)
                m_losses.adapt("temperature");
            m_writer.number("temperature", value);
        }
    }
    if (m_call.topP) {
        if (m_target.sampling)
            m_writer.number("top_p", *m_call.topP);
        else if (*m_call.topP != 1)
            m_losses.drop("top_p");
    }
    if (m_call.logprobs) {
        if (m_target.logprobs) {
            m_wantsChances = true;
            if (m_call.topLogprobs)
                m_writer.field("top_logprobs", std::clamp<std::int64_t>(*m_call.topLogprobs, 0, 20));
        } else {
            m_losses.drop("logprobs");
        }
    }
}

void CallWriter::writeThinking()
{
    const bool takes = m_target.efforts != 0 && m_target.reasoning != ReasoningStyle::None;
    const auto wanted = effortOf(m_call.reasoning);
    if (!takes) {
        if (wanted && *wanted != Effort::None)
            m_losses.drop("reasoning");
        return;
    }
    // Sealed reasoning comes back on the next turn, whoever asked for thinking.
    m_wantsEncrypted = true;
    const bool shows = m_call.reasoning.show.value_or(wanted.has_value());
    if (!wanted && !shows)
        return;
    m_writer.key("reasoning").beginObject();
    bool isOff = false;
    if (wanted) {
        const Effort effort = nearestEffort(*wanted, m_target.efforts);
        isOff = effort == Effort::None;
        if (effort != *wanted)
            m_losses.adapt(*wanted == Effort::None ? "reasoning.off" : "reasoning.effort");
        m_writer.field("effort", nameOf(effort));
    }
    if (shows && !isOff)
        m_writer.field("summary", "auto");
    m_writer.endObject();
}

void CallWriter::writeTextFormat()
{
    const OutputFormat& format = m_call.format;
    const bool wantsObject = format.kind == OutputFormat::Kind::JsonObject;
    const bool wantsSchema = format.kind == OutputFormat::Kind::JsonSchema;
    const bool asObject = (wantsObject && m_target.json != JsonSupport::None) || (wantsSchema && m_target.json == JsonSupport::ObjectOnly);
    const bool asSchema = wantsSchema && m_target.json == JsonSupport::Schema;
    const bool asVerbosity = !m_call.verbosity.empty() && m_target.verbosity;
    if (!m_call.verbosity.empty() && !m_target.verbosity && m_call.verbosity != "medium")
        m_losses.drop("verbosity");
    if (!asObject && !asSchema && !asVerbosity)
        return;
    m_writer.key("text").beginObject();
    if (asObject) {
        m_writer.raw("format", R"({"type":"json_object"})");
    } else if (asSchema) {
        m_writer.key("format").beginObject();
        m_writer.field("type", "json_schema");
        m_writer.field("name", format.name.empty() ? std::string_view("response") : format.name);
        if (!format.description.isEmpty())
            m_writer.field("description", format.description);
        m_writer.raw("schema", objectSchema(format.schema));
        if (format.strict)
            m_writer.field("strict", *format.strict);
        m_writer.endObject();
    }
    if (asVerbosity)
        m_writer.field("verbosity", m_call.verbosity);
    m_writer.endObject();
}

void CallWriter::writeNames()
{
    if (!m_call.tier.empty()) {
        const std::string_view tier = m_call.tier == "standard_only" ? std::string_view("default") : m_call.tier;
        if (m_target.serviceTier)
            m_writer.field("service_tier", tier);
        else if (tier != "auto" && tier != "default")
            m_losses.drop("service_tier");
    }
    if (m_target.promptCacheKey) {
        const std::string key = fitted(cacheKeyOf(m_call));
        m_writer.field("prompt_cache_key", std::string_view(key));
    }
    // What Claude Code puts there is no name but a record of its session.
    if (!m_call.userRef.empty() && !m_call.userRef.starts_with('{'))
        m_writer.field(m_target.safetyIdentifier ? "safety_identifier" : "user", std::string_view(fitted(std::string(m_call.userRef))));
    if (m_target.storeAndMetadata && !m_call.metadata.empty())
        m_writer.raw("metadata", m_call.metadata);
}

void CallWriter::dropRest()
{
    if (m_call.topK)
        m_losses.drop("top_k");
    if (!m_call.stop.empty())
        m_losses.drop("stop");
    if (m_call.seed)
        m_losses.drop("seed");
    if (m_call.frequencyPenalty.value_or(0) != 0)
        m_losses.drop("frequency_penalty");
    if (m_call.presencePenalty.value_or(0) != 0)
        m_losses.drop("presence_penalty");
    if (!m_call.logitBias.empty())
        m_losses.drop("logit_bias");
    if (!m_call.prediction.empty())
        m_losses.drop("prediction");
    if (m_call.wantsImages)
        m_losses.drop("modalities");
}

}

Result<std::string> writeCall(ChatCall& call, const Target& target, ToolNames& names, Losses& losses)
{
    return CallWriter(call, target, names, losses).write();
}

}
