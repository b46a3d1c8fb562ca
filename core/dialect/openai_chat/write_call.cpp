#include "base/text.h"
#include "chat/repair.h"
#include "dialect/convert_parts.h"
#include "dialect/openai_chat/message_writer.h"

#include <algorithm>
#include <cstdint>

namespace waystation::openai_chat {

namespace {

using json::Writer;

constexpr std::string_view jsonLine = "Answer with one JSON object and nothing else.";
constexpr std::string_view inputSchema
    = R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false})";
/// OpenAI's limit for the user's name; a longer one is a client's bundle of ids and no name at all.
constexpr std::size_t mostUserOctets = 64;

/// Whether a history says "json" anywhere, which json_object asks for.
bool mentionsJson(const ChatCall& call)
{
    const auto says = [](const Part& part) { return part.kind == PartKind::Text && containsIgnoringCase(part.text.escaped(), "json"); };
    if (std::any_of(call.system.begin(), call.system.end(), says))
        return true;
    return std::any_of(call.turns.begin(), call.turns.end(),
        [&](const Turn& turn) { return std::any_of(turn.parts.begin(), turn.parts.end(), says); });
}

std::size_t octetsOf(const std::vector<Part>& parts)
{
    std::size_t octets = 0;
    for (const Part& part : parts) {
        octets += part.text.size() + part.media.data.size() + part.media.url.size() + part.carry.payload.size() + 96;
        // Arguments may have to be escaped once more.
        octets += part.arguments.text.size() + part.arguments.text.size() / (part.arguments.isEscaped ? 64 : 4);
        octets += octetsOf(part.result);
    }
    return octets;
}

/// About as long as the request will be, so that it is put together in one piece of memory.
std::size_t octetsOf(const ChatCall& call)
{
    std::size_t octets = 1024 + octetsOf(call.system);
    for (const Turn& turn : call.turns)
        octets += 48 + octetsOf(turn.parts);
    for (const Tool& tool : call.tools)
        octets += tool.schema.size() + tool.description.size() + tool.name.size() + tool.grammar.size() + 160;
    return octets + call.format.schema.size() + call.metadata.size();
}

class CallWriter
{
public:
    CallWriter(ChatCall& call, const Target& target, const ToolNames& names, Losses& losses)
        : m_call(call), m_target(target), m_names(names), m_losses(losses), m_writer(m_out)
    {
    }

    Result<std::string> write()
    {
        if (m_call.turns.empty())
            return Error {ErrorKind::BadRequest, "messages are required: there is no turn to answer", "messages"};
        if (m_call.maxOutput == Tokens(0))
            return Error {ErrorKind::Unsupported, "the upstream cannot answer with no tokens at all", "max_tokens"};
        if (const auto problem = chooseTools(); !problem.field.empty())
            return problem;
        if (m_target.systemFirstOnly)
            wrapSystemTurns(m_call);
        planFormat();
        planReasoning();

        m_out.reserve(octetsOf(m_call));
        m_writer.beginObject();
        m_writer.field("model", std::string_view(m_target.model));
        writeLimits();
        writeSampling();
        m_writer.key("messages");
        m_plan.mayThink = m_effort != Effort::None;
        writeMessages(m_call, m_target, m_names, m_plan, m_writer, m_losses);
        writeTools();
        writeFormat();
        writeReasoningWish();
        writeRest();
        m_writer.endObject();
        return std::move(m_out);
    }

private:
    TextStore& texts() { return m_call.texts; }

    // ---- what is decided before the first octet

    /// Which tools go and how one is chosen. The error has a field when the call cannot be made.
    Error chooseTools()
    {
        const ToolChoice& choice = m_call.toolChoice;
        m_passesAllowed = !choice.only.empty() && m_target.issuer == "openai";
        bool isDropped = false; // the chosen tool
        bool onlyMcp = !m_call.tools.empty();
        for (const Tool& tool : m_call.tools) {
            onlyMcp = onlyMcp && tool.server == ServerTool::Mcp;
            if (tool.kind != Tool::Kind::Server) {
                const bool isAllowed = choice.only.empty() || m_passesAllowed
                    || std::find(choice.only.begin(), choice.only.end(), tool.name) != choice.only.end();
                if (isAllowed)
                    m_offered.push_back(&tool);
                continue;
            }
            if (tool.server == ServerTool::WebSearch && !m_target.webSearch.empty()) {
                m_searches = true;
                continue;
            }
            m_losses.drop(tool.serverType.empty() ? tool.name : tool.serverType);
            isDropped = isDropped || (!choice.name.empty() && (choice.name == tool.name || choice.name == tool.serverType));
        }
        if (onlyMcp)
            return {ErrorKind::Unsupported, "the upstream cannot reach MCP servers, and there is no other tool", "mcp_servers"};
        const auto isChosen = [&](const Tool* tool) { return tool->name == choice.name; };
        const bool isOffered = std::any_of(m_offered.begin(), m_offered.end(), isChosen);
        if (choice.mode == ToolChoice::Mode::Named && isDropped && !isOffered)
            return {ErrorKind::Unsupported, "the chosen tool does not exist at the upstream", "tool_choice"};
        if (!choice.only.empty() && !m_passesAllowed)
            m_losses.adapt("tool_choice");

        m_choice = choice.mode;
        // A search that is a field of its own cannot be chosen by name.
        if (m_choice == ToolChoice::Mode::Named && !isOffered)
            m_choice = m_offered.empty() ? ToolChoice::Mode::Unset : ToolChoice::Mode::Auto;
        if (!m_target.namedToolChoice && m_choice != ToolChoice::Mode::Unset && m_choice != ToolChoice::Mode::Auto) {
            m_losses.adapt("tool_choice");
            if (m_choice == ToolChoice::Mode::None)
                m_offered.clear();
            m_choice = ToolChoice::Mode::Auto;
        }
        return {ErrorKind::None, {}};
    }

    bool isForced() const { return m_choice == ToolChoice::Mode::Any || m_choice == ToolChoice::Mode::Named; }

    void planFormat()
    {
        const OutputFormat& format = m_call.format;
        m_format = format.kind;
        if (m_format == OutputFormat::Kind::Text || m_format == OutputFormat::Kind::Unset)
            return;
        if (m_format == OutputFormat::Kind::JsonSchema && m_target.json != JsonSupport::Schema) {
            m_losses.adapt("response_format");
            std::string line(jsonLine);
            line += " It has to follow this JSON schema:\n";
            line += format.schema;
            m_plan.extraSystem = texts().escape(line);
            m_format = OutputFormat::Kind::JsonObject;
        }
        if (m_target.json == JsonSupport::None) {
            if (m_plan.extraSystem.isEmpty()) {
                m_losses.adapt("response_format");
                m_plan.extraSystem = RawText(jsonLine);
            }
            m_format = OutputFormat::Kind::Unset;
        } else if (m_format == OutputFormat::Kind::JsonObject && m_target.jsonWordNeeded && m_plan.extraSystem.isEmpty()
            && !mentionsJson(m_call)) {
            m_plan.extraSystem = RawText(jsonLine);
        }
    }

    bool knowsEffort(Effort effort) const { return m_target.efforts & (1u << static_cast<unsigned>(effort)); }

    /// The nearest effort in the manner of DeepSeek, Kimi and GLM, whose levels lie above the usual ones.
    Effort vendorEffort(Effort wanted) const
    {
        if (wanted == Effort::Medium && !knowsEffort(wanted) && knowsEffort(Effort::High))
            return Effort::High;
        const bool hasTop = knowsEffort(Effort::Max) && !m_target.canSwitchThinkingOff;
        if (wanted == Effort::XHigh && !knowsEffort(wanted) && hasTop)
            return Effort::Max;
        return nearestEffort(wanted, m_target.efforts);
    }

    void planReasoning()
    {
        m_effort = effortOf(m_call.reasoning);
        if (!isForced() || m_target.forcedToolWhileThinking || m_effort == Effort::None)
            return;
        // These think unless they are told not to, and refuse a forced tool then.
        if (!m_effort && m_target.canSwitchThinkingOff) {
            m_effort = Effort::None;
        } else {
            m_choice = ToolChoice::Mode::Auto;
            m_losses.adapt("tool_choice");
        }
    }

    // ---- limits and sampling

    void writeLimits()
    {
        if (!m_call.maxOutput)
            return;
        Tokens most = *m_call.maxOutput;
        if (m_target.mostOutput > 0 && most > m_target.mostOutput) {
            most = m_target.mostOutput;
            m_losses.adapt("max_tokens");
        }
        m_writer.field(m_target.oldMaxTokens ? "max_tokens" : "max_completion_tokens", most);
    }

    void writeSampling()
    {
        if (const auto temperature = m_call.temperature) {
            if (m_target.sampling) {
                const double value = std::clamp(*temperature, 0.0, m_target.mostTemperature);
                if (value != *temperature)
                    m_losses.adapt("temperature");
                m_writer.number("temperature", value);
            } else if (*temperature != 1) {
                m_losses.drop("temperature");
            }
        }
        if (const auto topP = m_call.topP) {
            if (m_target.sampling)
                m_writer.number("top_p", *topP);
            else if (*topP != 1)
                m_losses.drop("top_p");
        }
        if (m_call.topK && !m_target.takesTopK)
            m_losses.drop("top_k");
        else if (m_call.topK)
            m_writer.field("top_k", *m_call.topK);
        writePenalty("frequency_penalty", m_call.frequencyPenalty);
        writePenalty("presence_penalty", m_call.presencePenalty);
        if (m_call.seed)
            m_writer.field(m_target.randomSeed ? "random_seed" : "seed", *m_call.seed);
        writeStop();
        if (!m_call.logitBias.empty())
            m_writer.raw("logit_bias", m_call.logitBias);
        if (m_call.logprobs && m_target.logprobs) {
            m_writer.field("logprobs", true);
            if (m_call.topLogprobs)
                m_writer.field("top_logprobs", *m_call.topLogprobs);
        } else if (m_call.logprobs) {
            m_losses.drop("logprobs");
        }
        if (m_call.candidates > 1)
            m_writer.field("n", m_call.candidates);
    }

    void writePenalty(std::string_view name, std::optional<double> value)
    {
        if (!value)
            return;
        if (m_target.penalties)
            m_writer.number(name, *value);
        else if (*value != 0)
            m_losses.drop(name);
    }

    void writeStop()
    {
        if (m_call.stop.empty())
            return;
        if (!m_target.stopWords)
            return m_losses.drop("stop");
        const std::size_t count = std::min(m_call.stop.size(), m_target.mostStops);
        if (count < m_call.stop.size())
            m_losses.adapt("stop");
        m_writer.key("stop").beginArray();
        for (std::size_t i = 0; i < count; ++i)
            m_writer.text(m_call.stop[i]);
        m_writer.endArray();
    }

    // ---- tools

    void writeTools()
    {
        const bool searchesAsTool = m_searches && m_target.webSearch == "glm";
        if (!m_offered.empty() || searchesAsTool) {
            m_writer.key("tools").beginArray();
            for (const Tool* tool : m_offered)
                writeTool(*tool);
            if (searchesAsTool)
                m_writer.raw(R"({"type":"web_search","web_search":{"enable":true}})");
            m_writer.endArray();
        }
        if (!m_offered.empty()) {
            writeChoice();
            writeParallel();
            if (m_target.toolStream && m_call.stream)
                m_writer.field("tool_stream", true);
        }
        if (!m_searches)
            return;
        if (m_target.webSearch == "options")
            m_writer.raw("web_search_options", m_call.webSearchOptions.empty() ? std::string_view("{}") : m_call.webSearchOptions);
        else if (m_target.webSearch == "plugin")
            m_writer.raw("plugins", R"([{"id":"web"}])");
        else if (m_target.webSearch == "enable_search")
            m_writer.field("enable_search", true);
    }

    void writeTool(const Tool& tool)
    {
        const std::string_view name = m_names.upstreamName(tool.nameSpace, tool.name);
        const bool isCustom = tool.kind == Tool::Kind::Custom;
        if (isCustom && m_target.customTools)
            return writeCustomTool(tool, name);
        m_writer.beginObject().field("type", "function").key("function").beginObject().field("name", name);
        if (isCustom && !tool.grammar.isEmpty())
            m_writer.field("description", describedGrammar(tool));
        else if (!tool.description.isEmpty())
            m_writer.field("description", tool.description);
        if (isCustom)
            m_writer.raw("parameters", inputSchema);
        else
            writeSchema("parameters", tool.schema);
        if (!isCustom && tool.strict) {
            if (m_target.strictTools)
                m_writer.field("strict", *tool.strict);
            else if (*tool.strict)
                m_losses.drop("strict");
        }
        m_writer.endObject().endObject();
    }

    /// Most schemas begin with their type, and need no second look.
    void writeSchema(std::string_view key, RawJson schema)
    {
        if (schema.starts_with(R"({"type":)"))
            m_writer.raw(key, schema);
        else
            m_writer.raw(key, objectSchema(schema));
    }

    void writeCustomTool(const Tool& tool, std::string_view name)
    {
        m_writer.beginObject().field("type", "custom").key("custom").beginObject().field("name", name);
        if (!tool.description.isEmpty())
            m_writer.field("description", tool.description);
        if (!tool.grammar.isEmpty()) {
            m_writer.key("format").beginObject().field("type", "grammar").key("grammar").beginObject();
            m_writer.field("syntax", tool.grammarSyntax.empty() ? std::string_view("lark") : tool.grammarSyntax);
            m_writer.field("definition", tool.grammar).endObject().endObject();
        }
        m_writer.endObject().endObject();
    }

    RawText describedGrammar(const Tool& tool)
    {
        std::string text(tool.description.escaped());
        if (!text.empty())
            text += "\\n\\n";
        text += "The input has to follow this ";
        text += tool.grammarSyntax == "regex" ? "regular expression" : "Lark grammar";
        text += ":\\n";
        text += tool.grammar.escaped();
        return RawText(texts().keep(std::move(text)));
    }

    void writeChoice()
    {
        if (m_passesAllowed)
            return writeAllowed();
        switch (m_choice) {
        case ToolChoice::Mode::Unset:
            break;
        case ToolChoice::Mode::Auto:
            m_writer.field("tool_choice", "auto");
            break;
        case ToolChoice::Mode::Any:
            m_writer.field("tool_choice", m_target.toolChoiceAny ? "any" : "required");
            break;
        case ToolChoice::Mode::None:
            m_writer.field("tool_choice", "none");
            break;
        case ToolChoice::Mode::Named: {
            const auto chosen = std::find_if(
                m_offered.begin(), m_offered.end(), [&](const Tool* tool) { return tool->name == m_call.toolChoice.name; });
            m_writer.key("tool_choice");
            writeNamed(**chosen);
        }
        }
    }

    void writeNamed(const Tool& tool)
    {
        const char* kind = tool.kind == Tool::Kind::Custom && m_target.customTools ? "custom" : "function";
        m_writer.beginObject().field("type", kind).key(kind).beginObject();
        m_writer.field("name", m_names.upstreamName(tool.nameSpace, tool.name)).endObject().endObject();
    }

    /// The whole list is offered on every turn, so the cached prefix stays as it was.
    void writeAllowed()
    {
        m_writer.key("tool_choice").beginObject().field("type", "allowed_tools").key("allowed_tools").beginObject();
        m_writer.field("mode", m_choice == ToolChoice::Mode::Any ? "required" : "auto").key("tools").beginArray();
        for (const Tool* tool : m_offered) {
            const auto& only = m_call.toolChoice.only;
            if (std::find(only.begin(), only.end(), tool->name) != only.end())
                writeNamed(*tool);
        }
        m_writer.endArray().endObject().endObject();
    }

    void writeParallel()
    {
        const auto parallel = m_call.toolChoice.parallel;
        if (!parallel)
            return;
        if (m_target.parallelToolCalls)
            m_writer.field("parallel_tool_calls", *parallel);
        else if (!*parallel)
            m_losses.drop("parallel_tool_calls");
    }

    // ---- output format, reasoning, the rest

    void writeFormat()
    {
        if (m_format == OutputFormat::Kind::JsonObject) {
            m_writer.raw("response_format", R"({"type":"json_object"})");
        } else if (m_format == OutputFormat::Kind::JsonSchema) {
            const OutputFormat& format = m_call.format;
            m_writer.key("response_format").beginObject().field("type", "json_schema").key("json_schema").beginObject();
            m_writer.field("name", format.name.empty() ? std::string_view("response") : format.name);
            if (!format.description.isEmpty())
                m_writer.field("description", format.description);
            m_writer.raw("schema", format.schema.empty() ? std::string_view("{}") : format.schema);
            if (format.strict)
                m_writer.field("strict", *format.strict);
            m_writer.endObject().endObject();
        }
        if (m_call.verbosity.empty())
            return;
        if (m_target.verbosity)
            m_writer.field("verbosity", m_call.verbosity);
        else
            m_losses.drop("verbosity");
    }

    void writeReasoningWish()
    {
        if (!m_effort)
            return;
        const Effort wanted = *m_effort;
        const ReasoningWish& wish = m_call.reasoning;
        switch (m_target.reasoning) {
        case ReasoningStyle::OpenaiEffort:
            if (m_target.efforts == 0) {
                if (wish.effort || wish.budget)
                    m_losses.drop("reasoning_effort");
                return;
            }
            writeEffort(wanted, nearestEffort(wanted, m_target.efforts));
            return;
        case ReasoningStyle::OpenRouter:
            return writeOpenRouter(wanted);
        case ReasoningStyle::ThinkingType:
            return writeThinkingType(wanted);
        case ReasoningStyle::EnableThinking:
            return writeEnableThinking(wanted);
        case ReasoningStyle::TemplateKwargs:
            m_writer.key("chat_template_kwargs").beginObject();
            m_writer.field("enable_thinking", wanted != Effort::None).endObject();
            return;
        case ReasoningStyle::None:
            if (wish.effort || wish.budget || wish.on == false)
                m_losses.drop("reasoning_effort");
            return;
        }
    }

    void writeEffort(Effort wanted, Effort sent)
    {
        m_writer.field("reasoning_effort", nameOf(sent));
        // Older models know no "none": their least thought is what off means there.
        if (wanted == Effort::None && sent > Effort::Minimal)
            m_losses.adapt("reasoning.off");
        else if (wanted != Effort::None && wanted != sent)
            m_losses.adapt("reasoning.effort");
    }

    void writeOpenRouter(Effort wanted)
    {
        const ReasoningWish& wish = m_call.reasoning;
        m_writer.key("reasoning").beginObject();
        if (wanted == Effort::None)
            m_writer.field("effort", "none");
        else if (wish.effort)
            m_writer.field("effort", nameOf(*wish.effort == Effort::Max ? Effort::XHigh : *wish.effort));
        else if (wish.budget)
            m_writer.field("max_tokens", *wish.budget);
        else
            m_writer.field("enabled", true);
        m_writer.endObject();
    }

    void writeThinkingType(Effort wanted)
    {
        const bool hasLevels = m_target.efforts != 0;
        if (wanted == Effort::None) {
            if (m_target.canSwitchThinkingOff) {
                m_writer.raw("thinking", R"({"type":"disabled"})"); // an effort beside it is refused
            } else {
                if (hasLevels)
                    writeEffort(wanted, nearestEffort(wanted, m_target.efforts));
                else
                    m_losses.adapt("reasoning.off");
            }
            return;
        }
        if (m_target.canSwitchThinkingOff)
            m_writer.raw("thinking", R"({"type":"enabled"})");
        const ReasoningWish& wish = m_call.reasoning;
        if (hasLevels && (wish.effort || wish.budget || wish.isAdaptive))
            writeEffort(wanted, vendorEffort(wanted));
    }

    void writeEnableThinking(Effort wanted)
    {
        const bool isOff = wanted == Effort::None;
        if (isOff && !m_target.canSwitchThinkingOff)
            m_losses.adapt("reasoning.off");
        const bool thinks = !isOff || !m_target.canSwitchThinkingOff;
        m_writer.field("enable_thinking", thinks);
        const ReasoningWish& wish = m_call.reasoning;
        if (thinks && isOff)
            m_writer.field("thinking_budget", budgetFor(Effort::Minimal));
        else if (!isOff && wish.effort && *wish.effort != Effort::Max)
            m_writer.field("thinking_budget", wish.budget.value_or(budgetFor(*wish.effort)));
        else if (!isOff && !wish.effort && wish.budget)
            m_writer.field("thinking_budget", *wish.budget);
    }

    void writeRest()
    {
        if (m_call.wantsAudio)
            m_losses.drop("modalities.audio");
        if (m_call.wantsImages && m_target.reasoning == ReasoningStyle::OpenRouter)
            m_writer.raw("modalities", R"(["image","text"])");
        else if (m_call.wantsImages)
            m_losses.drop("modalities.image");
        if (!m_call.prediction.empty())
            m_writer.raw("prediction", m_call.prediction);
        writeTier();
        writeUser();
        if (m_target.storeAndMetadata) {
            if (!m_call.metadata.empty())
                m_writer.raw("metadata", m_call.metadata);
            // Waystation keeps answers itself; nobody asked the upstream to.
            if (m_call.store == false)
                m_writer.field("store", false);
        }
        writeCacheKey();
        if (!m_call.stream)
            return;
        m_writer.field("stream", true);
        if (m_target.streamOptions)
            m_writer.raw("stream_options", R"({"include_usage":true})");
    }

    void writeTier()
    {
        const std::string_view tier = m_call.tier;
        if (tier.empty())
            return;
        if (m_target.serviceTier)
            m_writer.field("service_tier", tier == "standard_only" ? std::string_view("default") : tier);
        else if (tier != "auto" && tier != "default" && tier != "standard_only")
            m_losses.drop("service_tier");
    }

    void writeUser()
    {
        const std::string_view user = m_call.userRef;
        if (!user.empty() && user.size() <= mostUserOctets && user.front() != '{')
            m_writer.field(m_target.safetyIdentifier ? "safety_identifier" : "user", user);
    }

    void writeCacheKey()
    {
        if (!m_target.promptCacheKey)
            return;
        m_writer.field("prompt_cache_key", std::string_view(cacheKeyOf(m_call)));
    }

    ChatCall& m_call;
    const Target& m_target;
    const ToolNames& m_names;
    Losses& m_losses;
    std::string m_out;
    Writer m_writer;

    std::vector<const Tool*> m_offered;
    ToolChoice::Mode m_choice = ToolChoice::Mode::Unset;
    bool m_passesAllowed = false;
    bool m_searches = false;
    OutputFormat::Kind m_format = OutputFormat::Kind::Unset;
    MessagePlan m_plan;
    std::optional<Effort> m_effort;
};

}

Result<std::string> writeCall(ChatCall& call, const Target& target, ToolNames& names, Losses& losses)
{
    names = ToolNames(call, NameRule::Openai, !target.customTools);
    return CallWriter(call, target, names, losses).write();
}

}
