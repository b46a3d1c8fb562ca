#include "base/base64.h"
#include "base/text.h"
#include "dialect/anthropic/schema.h"
#include "dialect/anthropic/thinking.h"
#include "dialect/anthropic/turns.h"
#include "dialect/anthropic/words.h"
#include "dialect/convert_parts.h"

#include <algorithm>

namespace waystation::anthropic {

namespace {

using json::Value;
using json::Writer;

constexpr Tokens ordinaryMaxTokens = 32000;
constexpr Tokens unknownMaxTokens = 8192;
constexpr std::size_t mostMarks = 4;
constexpr std::size_t markedUserTurns = 2;
constexpr std::string_view webSearchName = "web_search";

/// What stands for a custom tool, whose input is free text.
constexpr std::string_view customSchema
    = R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"]})";
constexpr std::string_view emptySchema = R"({"type":"object","properties":{}})";

bool isWebAddress(RawText url)
{
    return startsWithIgnoringCase(url.escaped(), "https:") || startsWithIgnoringCase(url.escaped(), "http:");
}

std::string_view pictureType(std::string_view mime)
{
    if (mime == "image/jpg")
        return "image/jpeg";
    for (const std::string_view known : {"image/png", "image/jpeg", "image/gif", "image/webp"}) {
        if (mime == known)
            return known;
    }
    return {};
}

bool takesMark(const Part& part)
{
    return part.kind != PartKind::Reasoning;
}

std::size_t octetsIn(const std::vector<Part>& parts)
{
    std::size_t octets = 0;
    for (const Part& part : parts)
        octets += 160 + part.text.size() + part.arguments.text.size() + part.media.data.size() + octetsIn(part.result);
    return octets;
}

class CallWriter
{
public:
    CallWriter(ChatCall& call, const Target& target, ToolNames& names, Losses& losses)
        : m_call(call), m_target(target), m_names(names), m_losses(losses), m_ids(IdRule::Anthropic), m_writer(m_out)
    {
    }

    Result<std::string> write()
    {
        if (auto error = refusal())
            return std::move(*error);
        m_names = ToolNames(m_call, NameRule::Openai, true);
        chooseTools();
        if (auto error = settleToolChoice())
            return std::move(*error);
        shapeTurns(m_call, m_target);
        if (m_call.turns.empty())
            return Error{ErrorKind::BadRequest, "messages: at least one message is required", "messages"};
        settleMaxTokens();
        m_thinking = planThinking(m_call, m_target, m_maxTokens, m_losses);
        if (endsInPrefill(m_call) && (!m_target.prefill || m_thinking.isOn()))
            answerPrefill(m_call, m_losses);
        if (m_thinking.isOn())
            freeToolChoice();
        settleFormat();
        declareToolsOfHistory();
        settleMarks();
        reserve();

        m_writer.beginObject();
        m_writer.field("model", std::string_view(m_target.model));
        m_writer.field("max_tokens", m_maxTokens);
        writeSystem();
        writeTurns();
        writeTools();
        writeToolChoice();
        writeStops();
        writeSampling();
        writeThinking();
        writeRest();
        if (m_call.stream)
            m_writer.field("stream", true);
        m_writer.endObject();
        return std::move(m_out);
    }

private:
    // ---- decisions

    std::optional<Error> refusal() const
    {
        if (m_call.candidates > 1)
            return Error{ErrorKind::Unsupported, "this upstream gives one answer at a time", "n"};
        if (m_call.wantsAudio)
            return Error{ErrorKind::Unsupported, "this upstream does not speak", "modalities"};
        return std::nullopt;
    }

    void chooseTools()
    {
        const auto& only = m_call.toolChoice.only;
        bool searches = false;
        for (Tool& tool : m_call.tools) {
            if (!only.empty() && std::find(only.begin(), only.end(), tool.name) == only.end())
                continue;
            if (tool.kind != Tool::Kind::Server) {
                m_tools.push_back(&tool);
                continue;
            }
            if (tool.server != ServerTool::WebSearch || !mayNameWebSearch() || searches) {
                m_losses.drop(tool.serverType.empty() ? std::string_view("tools") : tool.serverType);
                continue;
            }
            searches = true;
            m_tools.push_back(&tool);
        }
        if (m_call.webSearchOptions.empty() || searches)
            return;
        if (!mayNameWebSearch()) {
            m_losses.drop("web_search_options");
            return;
        }
        m_search.kind = Tool::Kind::Server;
        m_search.server = ServerTool::WebSearch;
        m_search.raw = m_call.webSearchOptions;
        m_tools.push_back(&m_search);
    }

    /// Two tools of one name are refused, and a client's own counts.
    bool mayNameWebSearch() const
    {
        return m_target.anthropicExtras && std::none_of(m_call.tools.begin(), m_call.tools.end(), [](const Tool& tool) {
            return tool.kind != Tool::Kind::Server && tool.nameSpace.empty() && tool.name == webSearchName;
        });
    }

    std::string_view upstreamNameOf(const Tool& tool) const
    {
        return tool.kind == Tool::Kind::Server ? webSearchName : m_names.upstreamName(tool.nameSpace, tool.name);
    }

    std::optional<Error> settleToolChoice()
    {
        m_choice = m_call.toolChoice.mode;
        if (m_choice != ToolChoice::Mode::Named)
            return std::nullopt;
        const std::string_view name = m_call.toolChoice.name;
        for (const Tool* tool : m_tools) {
            if (tool->name == name || (tool->kind == Tool::Kind::Server && (tool->serverType == name || name == webSearchName))) {
                m_chosen = upstreamNameOf(*tool);
                return std::nullopt;
            }
        }
        return Error{ErrorKind::Unsupported, "tool_choice names a tool that this upstream is not given", "tool_choice"};
    }

    void settleMaxTokens()
    {
        const Tokens most = m_target.mostOutput;
        if (!m_call.maxOutput) {
            m_maxTokens = most > 0 ? std::min(most, ordinaryMaxTokens) : unknownMaxTokens;
            return;
        }
        m_maxTokens = std::max<Tokens>(1, *m_call.maxOutput);
        if (most > 0 && m_maxTokens > most) {
            m_maxTokens = most;
            m_losses.adapt("max_tokens");
        }
    }

    /// Who thinks first cannot be forced to call.
    void freeToolChoice()
    {
        if (m_tools.empty() || (m_choice != ToolChoice::Mode::Any && m_choice != ToolChoice::Mode::Named))
            return;
        m_choice = ToolChoice::Mode::Auto;
        m_losses.adapt("tool_choice");
    }

    void settleFormat()
    {
        const OutputFormat& format = m_call.format;
        const bool hasSchema = format.kind == OutputFormat::Kind::JsonSchema && !format.schema.empty();
        if (format.kind != OutputFormat::Kind::JsonObject && format.kind != OutputFormat::Kind::JsonSchema)
            return;
        if (hasSchema && m_target.structuredOutput) {
            m_formatSchema = cleanedSchema(format.schema);
            return;
        }
        if (hasSchema && mayAnswerByTool()) {
            m_answer.name = answerTool;
            m_answer.description = RawText("Gives the answer. Call it once, with the whole answer as its input.");
            m_answer.schema = format.schema;
            const bool mayCallOthers = !m_tools.empty() && m_choice != ToolChoice::Mode::None;
            m_tools.push_back(&m_answer);
            m_choice = mayCallOthers ? ToolChoice::Mode::Any : ToolChoice::Mode::Named;
            m_chosen = answerTool;
            return;
        }
        m_losses.adapt("response_format");
        std::string text = "Answer with one JSON object and nothing else, without a code fence.";
        if (hasSchema) {
            text = "Answer with JSON and nothing else, without a code fence. It follows this JSON Schema:\\n";
            appendEscaped(text, format.schema);
        }
        m_call.system.emplace_back().text = RawText(m_call.texts.keep(std::move(text)));
    }

    bool mayAnswerByTool() const
    {
        // A call that the client forces comes before the form of an answer.
        if (m_thinking.isOn() || m_choice == ToolChoice::Mode::Named || !describesObject(m_call.format.schema))
            return false;
        return std::none_of(m_tools.begin(), m_tools.end(), [&](const Tool* tool) { return upstreamNameOf(*tool) == answerTool; });
    }

    /// Calls in a history want their tools declared, even by a client that offers none any more.
    void declareToolsOfHistory()
    {
        if (!m_tools.empty() && !(m_tools.size() == 1 && m_tools.front() == &m_answer))
            return;
        for (const Turn& turn : m_call.turns) {
            for (const Part& part : turn.parts) {
                if (part.kind != PartKind::ToolCall)
                    continue;
                const std::string_view name = m_names.upstreamName(part.nameSpace, part.toolName);
                if (std::find(m_pastTools.begin(), m_pastTools.end(), name) == m_pastTools.end())
                    m_pastTools.push_back(name);
            }
        }
        if (m_tools.empty() && !m_pastTools.empty())
            m_choice = ToolChoice::Mode::None;
    }

    // ---- cache marks

    void settleMarks()
    {
        std::vector<CacheMark*> marks;
        const auto collect = [&](CacheMark& mark) {
            if (mark != CacheMark::None)
                marks.push_back(&mark);
        };
        for (Tool* tool : m_tools)
            collect(tool->cache);
        for (Part& part : m_call.system) {
            if (!part.text.isBlank())
                collect(part.cache);
        }
        for (Turn& turn : m_call.turns) {
            for (Part& part : turn.parts)
                collect(part.cache);
        }
        // The later ones reach furthest.
        for (std::size_t i = 0; i + mostMarks < marks.size(); ++i)
            *marks[i] = CacheMark::None;
        if (marks.empty() && m_target.autoCacheMarks)
            setMarks();
    }

    void setMarks()
    {
        if (!m_tools.empty())
            m_tools.back()->cache = CacheMark::FiveMinutes;
        const auto isSaid = [](const Part& part) { return !part.text.isBlank(); };
        const auto last = std::find_if(m_call.system.rbegin(), m_call.system.rend(), isSaid);
        if (last != m_call.system.rend())
            last->cache = CacheMark::FiveMinutes;
        std::size_t left = markedUserTurns;
        for (auto turn = m_call.turns.rbegin(); turn != m_call.turns.rend() && left > 0; ++turn) {
            if (turn->role != Role::User)
                continue;
            --left;
            const auto part = std::find_if(turn->parts.rbegin(), turn->parts.rend(), takesMark);
            if (part != turn->parts.rend())
                part->cache = CacheMark::FiveMinutes;
        }
    }

    void writeMark(CacheMark mark)
    {
        if (mark == CacheMark::None)
            return;
        m_writer.raw("cache_control",
            mark == CacheMark::OneHour ? R"({"type":"ephemeral","ttl":"1h"})" : R"({"type":"ephemeral"})");
    }

    // ---- system and turns

    void reserve()
    {
        std::size_t octets = 1024 + m_formatSchema.size() + octetsIn(m_call.system);
        for (const Turn& turn : m_call.turns)
            octets += 64 + octetsIn(turn.parts);
        for (const Tool* tool : m_tools)
            octets += 256 + tool->description.size() + tool->schema.size() + tool->grammar.size();
        m_out.reserve(octets);
    }

    void writeSystem()
    {
        bool hasBegun = false;
        for (const Part& part : m_call.system) {
            if (part.text.isBlank())
                continue;
            if (!hasBegun)
                m_writer.key("system").beginArray();
            hasBegun = true;
            writeText(part.text, part.cache);
        }
        if (hasBegun)
            m_writer.endArray();
    }

    void writeTurns()
    {
        m_writer.key("messages").beginArray();
        for (const Turn& turn : m_call.turns) {
            const char* role = turn.role == Role::User ? "user" : turn.role == Role::Assistant ? "assistant" : "system";
            m_writer.beginObject().field("role", role).key("content").beginArray();
            for (const Part& part : turn.parts)
                writePart(part, part.cache);
            m_writer.endArray().endObject();
        }
        m_writer.endArray();
    }

    void writePart(const Part& part, CacheMark mark)
    {
        switch (part.kind) {
        case PartKind::Reasoning:
            writeReasoning(part);
            break;
        case PartKind::ToolCall:
            writeToolCall(part, mark);
            break;
        case PartKind::ToolResult:
            writeToolResult(part, mark);
            break;
        case PartKind::Image:
            writeImage(part, mark);
            break;
        case PartKind::Document:
            writeDocument(part, mark);
            break;
        case PartKind::Audio:
        case PartKind::Video:
            writePlaceholder(part, mark);
            break;
        default:
            writeText(part.text, mark);
        }
    }

    void writeText(RawText text, CacheMark mark)
    {
        m_writer.beginObject().field("type", "text").field("text", text);
        writeMark(mark);
        m_writer.endObject();
    }

    void writeReasoning(const Part& part)
    {
        m_writer.beginObject();
        if (part.carry.kind == CarryKind::AnthropicRedacted)
            m_writer.field("type", "redacted_thinking").field("data", part.carry.payload);
        else
            m_writer.field("type", "thinking").field("thinking", part.text).field("signature", part.carry.payload);
        m_writer.endObject();
    }

    void writeToolCall(const Part& part, CacheMark mark)
    {
        m_writer.beginObject().field("type", "tool_use").field("id", m_ids.idFor(part.callId));
        m_writer.field("name", m_names.upstreamName(part.nameSpace, part.toolName));
        m_writer.raw("input", part.isCustom ? customInputAsObject(part.text) : argumentsAsObject(part.arguments, m_losses));
        writeMark(mark);
        m_writer.endObject();
    }

    void writeToolResult(const Part& part, CacheMark mark)
    {
        m_writer.beginObject().field("type", "tool_result").field("tool_use_id", m_ids.idFor(part.callId)).key("content");
        const auto isSaid = [](const Part& each) { return each.kind != PartKind::Text || !each.text.isBlank(); };
        const auto count = std::count_if(part.result.begin(), part.result.end(), isSaid);
        const auto first = std::find_if(part.result.begin(), part.result.end(), isSaid);
        if (count == 0) {
            m_writer.plain("");
        } else if (count == 1 && first->kind == PartKind::Text) {
            m_writer.text(first->text);
        } else {
            m_writer.beginArray();
            for (const Part& each : part.result) {
                if (isSaid(each))
                    writePart(each, CacheMark::None);
            }
            m_writer.endArray();
        }
        if (part.isError)
            m_writer.field("is_error", true);
        writeMark(mark);
        m_writer.endObject();
    }

    // ---- media

    void writePlaceholder(const Part& part, CacheMark mark)
    {
        m_losses.drop(wordFor(part.kind));
        m_writer.beginObject().field("type", "text").field("text", std::string_view(placeholderFor(part)));
        writeMark(mark);
        m_writer.endObject();
    }

    void writeImage(const Part& part, CacheMark mark)
    {
        const Media& media = part.media;
        const bool isUrl = media.source == Media::Source::Url && m_target.takesUrls && isWebAddress(media.url);
        const std::string_view mime = media.source == Media::Source::Data ? pictureType(media.mime) : std::string_view();
        if (!m_target.vision || (!isUrl && mime.empty())) {
            writePlaceholder(part, mark);
            return;
        }
        m_writer.beginObject().field("type", "image").key("source");
        if (isUrl)
            writeUrlSource(media.url);
        else
            writeDataSource(mime, media.data);
        writeMark(mark);
        m_writer.endObject();
    }

    void writeUrlSource(RawText url) { m_writer.beginObject().field("type", "url").field("url", url).endObject(); }

    void writeDataSource(std::string_view mime, std::string_view data)
    {
        m_writer.beginObject().field("type", "base64").field("media_type", mime);
        m_writer.field("data", RawText(data)).endObject();
    }

    void writeDocument(const Part& part, CacheMark mark)
    {
        const Media& media = part.media;
        switch (media.source) {
        case Media::Source::Text:
            writeTextDocument(part, part.text, mark);
            return;
        case Media::Source::Data:
            if (media.mime.starts_with("text/") || media.mime == "application/json") {
                if (const auto octets = base64Decoded(media.data); octets && isValidUtf8(*octets)) {
                    writeTextDocument(part, m_call.texts.escape(*octets), mark);
                    return;
                }
            }
            if (media.mime != "application/pdf" || !m_target.vision)
                break;
            m_writer.beginObject().field("type", "document").key("source");
            writeDataSource(media.mime, media.data);
            finishDocument(part, mark);
            return;
        case Media::Source::Url:
            if (!m_target.vision || !m_target.takesUrls || !isWebAddress(media.url))
                break;
            m_writer.beginObject().field("type", "document").key("source");
            writeUrlSource(media.url);
            finishDocument(part, mark);
            return;
        case Media::Source::FileId:
            break;
        }
        writePlaceholder(part, mark);
    }

    void writeTextDocument(const Part& part, RawText text, CacheMark mark)
    {
        if (!m_target.anthropicExtras || text.isEmpty()) {
            Part whole = part;
            whole.text = text;
            writeText(documentAsText(whole, m_call.texts), mark);
            return;
        }
        m_writer.beginObject().field("type", "document").key("source").beginObject();
        m_writer.field("type", "text").field("media_type", "text/plain").field("data", text).endObject();
        finishDocument(part, mark);
    }

    void finishDocument(const Part& part, CacheMark mark)
    {
        if (!part.media.name.isEmpty())
            m_writer.field("title", part.media.name);
        writeMark(mark);
        m_writer.endObject();
    }

    // ---- tools

    void writeTools()
    {
        if (m_tools.empty() && m_pastTools.empty())
            return;
        m_writer.key("tools").beginArray();
        for (const std::string_view name : m_pastTools)
            m_writer.beginObject().field("name", name).raw("input_schema", emptySchema).endObject();
        for (const Tool* tool : m_tools) {
            if (tool->kind == Tool::Kind::Server)
                writeWebSearch(*tool);
            else
                writeTool(*tool);
        }
        m_writer.endArray();
    }

    void writeTool(const Tool& tool)
    {
        m_writer.beginObject().field("name", upstreamNameOf(tool));
        if (tool.kind == Tool::Kind::Custom) {
            writeCustomDescription(tool);
            m_writer.raw("input_schema", customSchema);
        } else {
            if (!tool.description.isEmpty())
                m_writer.field("description", tool.description);
            const bool isStrict = tool.strict == true && m_target.strictTools && m_target.structuredOutput;
            const std::string schema = objectSchema(tool.schema);
            m_writer.raw("input_schema", isStrict ? cleanedSchema(schema) : schema);
            if (isStrict)
                m_writer.field("strict", true);
        }
        writeMark(tool.cache);
        m_writer.endObject();
    }

    /// The grammar of a free text can only be told.
    void writeCustomDescription(const Tool& tool)
    {
        std::string text(tool.description.escaped());
        if (!tool.grammar.isEmpty()) {
            text += text.empty() ? "" : "\\n\\n";
            text += "`input` follows this grammar";
            if (!tool.grammarSyntax.empty()) {
                text += " (";
                appendEscaped(text, tool.grammarSyntax);
                text += ')';
            }
            text += ":\\n";
            text += tool.grammar.escaped();
        }
        if (!text.empty())
            m_writer.field("description", RawText(text));
    }

    void writeWebSearch(const Tool& tool)
    {
        m_writer.beginObject().field("type", "web_search_20250305").field("name", webSearchName);
        json::Tree tree;
        if (tree.parse(tool.raw)) {
            const Value raw = tree.root();
            const Value filters = raw["filters"];
            if (const auto uses = raw["max_uses"].integer())
                m_writer.field("max_uses", *uses);
            for (const std::string_view list : {"allowed_domains", "blocked_domains"}) {
                const Value domains = raw[list] ? raw[list] : filters[list];
                if (domains.isArray() && domains.size() > 0)
                    m_writer.raw(list, domains.raw());
            }
            writePlace(raw["user_location"]);
        }
        writeMark(tool.cache);
        m_writer.endObject();
    }

    void writePlace(Value location)
    {
        const Value place = location["approximate"] ? location["approximate"] : location;
        if (!place.isObject())
            return;
        m_writer.key("user_location").beginObject().field("type", "approximate");
        for (const std::string_view part : {"city", "region", "country", "timezone"}) {
            if (place[part].isString())
                m_writer.field(part, place[part].text());
        }
        m_writer.endObject();
    }

    void writeToolChoice()
    {
        if (m_tools.empty() && m_pastTools.empty())
            return;
        const bool isSerial = m_call.toolChoice.parallel == false;
        if (m_choice == ToolChoice::Mode::Unset && !isSerial)
            return;
        m_writer.key("tool_choice").beginObject();
        switch (m_choice) {
        case ToolChoice::Mode::None:
            m_writer.field("type", "none").endObject();
            return;
        case ToolChoice::Mode::Named:
            m_writer.field("type", "tool").field("name", m_chosen);
            break;
        case ToolChoice::Mode::Any:
            m_writer.field("type", "any");
            break;
        default:
            m_writer.field("type", "auto");
        }
        if (isSerial)
            m_writer.field("disable_parallel_tool_use", true);
        m_writer.endObject();
    }

    // ---- settings

    void writeStops()
    {
        std::vector<RawText> stops;
        std::string scratch;
        for (const RawText stop : m_call.stop) {
            if (m_target.stopWords && !trimmed(stop.plain(scratch)).empty())
                stops.push_back(stop);
            else if (!stop.isEmpty())
                m_losses.drop("stop");
        }
        if (stops.empty())
            return;
        m_writer.key("stop_sequences").beginArray();
        for (const RawText stop : stops)
            m_writer.text(stop);
        m_writer.endArray();
    }

    void writeSampling()
    {
        const bool isFree = m_target.sampling && !m_thinking.isOn();
        bool hasTemperature = false;
        if (const auto temperature = m_call.temperature) {
            const double most = std::min(1.0, m_target.mostTemperature);
            const double fit = std::clamp(*temperature, 0.0, most);
            if (isFree) {
                m_writer.number("temperature", fit);
                hasTemperature = true;
                if (fit != *temperature)
                    m_losses.adapt("temperature");
            } else if (*temperature != 1) {
                m_losses.drop("temperature");
            }
        }
        if (const auto topP = m_call.topP) {
            const bool fits = m_target.sampling && (isFree || *topP >= 0.95);
            if (fits && (!hasTemperature || m_target.bothTemperatureAndTopP))
                m_writer.number("top_p", std::clamp(*topP, 0.0, 1.0));
            else if (*topP != 1)
                m_losses.drop("top_p");
        }
        if (m_call.topK) {
            if (isFree)
                m_writer.field("top_k", *m_call.topK);
            else
                m_losses.drop("top_k");
        }
    }

    void writeThinking()
    {
        switch (m_thinking.mode) {
        case ThinkingPlan::Mode::Unsaid:
            break;
        case ThinkingPlan::Mode::Off:
            m_writer.raw("thinking", R"({"type":"disabled"})");
            break;
        case ThinkingPlan::Mode::Budget:
            m_writer.key("thinking").beginObject().field("type", "enabled");
            m_writer.field("budget_tokens", m_thinking.budget).endObject();
            break;
        case ThinkingPlan::Mode::Adaptive:
            m_writer.key("thinking").beginObject().field("type", "adaptive");
            if (m_target.anthropicExtras)
                m_writer.field("display", m_thinking.isShown ? "summarized" : "omitted");
            m_writer.endObject();
            break;
        }
        const bool hasEffort = m_thinking.effort && m_thinking.isOn();
        if (!hasEffort && m_formatSchema.empty())
            return;
        m_writer.key("output_config").beginObject();
        if (hasEffort)
            m_writer.field("effort", nameOf(*m_thinking.effort));
        if (!m_formatSchema.empty()) {
            m_writer.key("format").beginObject().field("type", "json_schema");
            m_writer.raw("schema", m_formatSchema).endObject();
        }
        m_writer.endObject();
    }

    void writeRest()
    {
        if (!m_call.userRef.empty())
            m_writer.key("metadata").beginObject().field("user_id", m_call.userRef).endObject();
        if (m_call.tier == "auto" || m_call.tier == "priority")
            writeTier("auto");
        else if (m_call.tier == "default" || m_call.tier == "flex" || m_call.tier == "standard" || m_call.tier == "standard_only")
            writeTier("standard_only");
        else if (!m_call.tier.empty())
            m_losses.drop("service_tier");

        if (m_call.seed)
            m_losses.drop("seed");
        if (m_call.frequencyPenalty.value_or(0) != 0)
            m_losses.drop("frequency_penalty");
        if (m_call.presencePenalty.value_or(0) != 0)
            m_losses.drop("presence_penalty");
        if (!m_call.logitBias.empty() && m_call.logitBias != "{}")
            m_losses.drop("logit_bias");
        if (m_call.logprobs || m_call.topLogprobs.value_or(0) > 0)
            m_losses.drop("logprobs");
        if (!m_call.verbosity.empty())
            m_losses.drop("verbosity");
        if (!m_call.prediction.empty())
            m_losses.drop("prediction");
        if (m_call.wantsImages)
            m_losses.drop("modalities");
    }

    void writeTier(const char* tier)
    {
        if (m_target.anthropicExtras)
            m_writer.field("service_tier", tier);
    }

    ChatCall& m_call;
    const Target& m_target;
    ToolNames& m_names;
    Losses& m_losses;
    CallIds m_ids;

    std::vector<Tool*> m_tools; // those that are sent
    std::vector<std::string_view> m_pastTools; // called in the history, offered no more
    Tool m_answer; // stands for structured output
    Tool m_search; // stands for web_search_options
    ToolChoice::Mode m_choice = ToolChoice::Mode::Unset;
    std::string_view m_chosen; // Named
    Tokens m_maxTokens = 0;
    ThinkingPlan m_thinking;
    std::string m_formatSchema;

    std::string m_out;
    Writer m_writer;
};

}

Result<std::string> writeCall(ChatCall& call, const Target& target, ToolNames& names, Losses& losses)
{
    return CallWriter(call, target, names, losses).write();
}

}
