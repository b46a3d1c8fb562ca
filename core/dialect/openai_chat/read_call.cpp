#include "base/text.h"
#include "dialect/convert_parts.h"
#include "dialect/openai_chat/words.h"

#include <algorithm>

namespace waystation::openai_chat {

namespace {

using json::Field;
using json::Kind;
using json::Value;

constexpr std::string_view errorMark = "[tool error] ";
/// What an unnamed search asks for, in the names of three protocols.
constexpr std::string_view webSearchPrefix = "web_search";

struct MessageFields
{
    Value role, content, name, toolCalls, toolCallId, functionCall, refusal, reasoningContent, reasoning, reasoningDetails,
        extraContent, cacheControl;
};

MessageFields fieldsOf(Value message)
{
    MessageFields found;
    for (const Field field : message.fields()) {
        const std::string_view key = field.key.escaped();
        if (key == "role")
            found.role = field.value;
        else if (key == "content")
            found.content = field.value;
        else if (key == "tool_calls")
            found.toolCalls = field.value;
        else if (key == "tool_call_id")
            found.toolCallId = field.value;
        else if (key == "name")
            found.name = field.value;
        else if (key == "function_call")
            found.functionCall = field.value;
        else if (key == "refusal")
            found.refusal = field.value;
        else if (key == "reasoning_content")
            found.reasoningContent = field.value;
        else if (key == "reasoning")
            found.reasoning = field.value;
        else if (key == "reasoning_details")
            found.reasoningDetails = field.value;
        else if (key == "extra_content")
            found.extraContent = field.value;
        else if (key == "cache_control")
            found.cacheControl = field.value;
    }
    return found;
}

class CallReader
{
public:
    Result<ChatCall> read(const Address& address, Value root)
    {
        m_call.model = ModelName(address.model);
        for (const Field field : root.fields())
            take(field.key.escaped(), field.value);

        if (m_call.model.isEmpty())
            return Error {ErrorKind::BadRequest, "the request names no model", "model"};
        if (m_call.maxOutput == Tokens(0))
            return Error {ErrorKind::Unsupported, "the upstream cannot answer with no tokens at all", m_maxOutputField};
        if (m_system)
            readSystem(m_system);
        m_call.turns.reserve(m_messages.size());
        for (const Value message : m_messages)
            readMessage(message);
        if (m_call.turns.empty())
            return Error {ErrorKind::BadRequest, "messages are required: there is no turn to answer", "messages"};
        finishTools();
        finishReasoning();
        return std::move(m_call);
    }

private:
    TextStore& texts() { return m_call.texts; }

    // ---- the fields of the request

    void take(std::string_view key, Value value)
    {
        if (!value)
            return;
        if (!takeCore(key, value) && !takeLimits(key, value))
            takeReasoning(key, value);
    }

    bool takeCore(std::string_view key, Value value)
    {
        if (key == "model") {
            if (m_call.model.isEmpty() && value.isString())
                m_call.model = ModelName(value.text().toString());
        } else if (key == "messages") {
            m_messages = value;
        } else if (key == "system") {
            m_system = value; // in Anthropic's manner
        } else if (key == "tools") {
            m_tools = value;
        } else if (key == "functions") {
            m_functions = value;
        } else if (key == "tool_choice") {
            m_toolChoice = value;
        } else if (key == "function_call") {
            m_functionChoice = value;
        } else if (key == "parallel_tool_calls") {
            m_call.toolChoice.parallel = value.boolean();
        } else if (key == "max_completion_tokens") {
            m_call.maxOutput = tokensFrom(value);
            m_maxOutputField = key;
        } else if (key == "max_tokens") {
            if (!m_call.maxOutput) {
                m_call.maxOutput = tokensFrom(value);
                m_maxOutputField = key;
            }
        } else if (key == "stream") {
            m_call.stream = value.boolean().value_or(false);
        } else if (key == "stream_options") {
            m_call.wantsUsage = value["include_usage"].boolean().value_or(false);
        } else if (key == "response_format") {
            readFormat(value);
        } else if (key == "user") {
            if (m_call.userRef.empty())
                m_call.userRef = value.word(texts());
        } else if (key == "safety_identifier") {
            if (value.isString() && !value.text().isEmpty())
                m_call.userRef = value.word(texts());
        } else if (key == "metadata") {
            if (value.isObject())
                m_call.metadata = value.raw();
        } else if (key == "store") {
            m_call.store = value.boolean();
        } else if (key == "prompt_cache_key") {
            m_call.cacheKey = value.word(texts());
        } else if (key == "service_tier") {
            m_call.tier = value.word(texts());
        } else if (key == "verbosity") {
            m_call.verbosity = value.word(texts());
        } else if (key == "modalities") {
            for (const Value each : value) {
                m_call.wantsAudio = m_call.wantsAudio || each.is("audio");
                m_call.wantsImages = m_call.wantsImages || each.is("image");
            }
        } else if (key == "prediction") {
            m_call.prediction = value.raw();
        } else if (key == "web_search_options") {
            if (value.isObject())
                m_call.webSearchOptions = value.raw();
        } else {
            return false;
        }
        return true;
    }

    bool takeLimits(std::string_view key, Value value)
    {
        if (key == "logprobs")
            m_call.logprobs = value.boolean().value_or(false);
        else if (key == "top_logprobs")
            m_call.topLogprobs = value.integer();
        else
            return takeSampling(m_call, key, value);
        return true;
    }

    /// The words of every vendor: a client is set up for one of them and may be routed to another.
    void takeReasoning(std::string_view key, Value value)
    {
        ReasoningWish& wish = m_call.reasoning;
        if (key == "reasoning_effort") {
            wishEffort(value);
        } else if (key == "reasoning") {
            wishEffort(value["effort"]);
            if (const auto budget = tokensFrom(value["max_tokens"]))
                wish.budget = budget;
            if (const auto on = value["enabled"].boolean())
                wish.on = on;
            if (value["exclude"].isTrue())
                wish.show = false;
            if (value["summary"].isString())
                wish.show = !value["summary"].is("none");
        } else if (key == "thinking") {
            readThinking(value);
        } else if (key == "enable_thinking") {
            wish.on = value.boolean();
        } else if (key == "thinking_budget") {
            wish.budget = tokensFrom(value);
        } else if (key == "include_reasoning") {
            wish.show = value.boolean();
        } else if (key == "chat_template_kwargs") {
            for (const std::string_view name : {"enable_thinking", "thinking"}) {
                if (const auto on = value[name].boolean())
                    wish.on = on;
            }
        } else if (key == "extra_body") {
            // An SDK puts these into the body itself; by hand they are often left in their wrapping.
            for (const Field field : value.fields())
                take(field.key.escaped(), field.value);
        } else if (key == "google") {
            readGoogle(value["thinking_config"]);
        } else if (key == "output_config") {
            wishEffort(value["effort"]);
        }
    }

    void wishEffort(Value value)
    {
        std::string scratch;
        if (const auto effort = effortFrom(value.text().plain(scratch)))
            m_call.reasoning.effort = effort;
    }

    void readThinking(Value value)
    {
        ReasoningWish& wish = m_call.reasoning;
        const Value type = value.isObject() ? value["type"] : value;
        if (type.is("disabled"))
            wish.on = false;
        else if (type.is("enabled"))
            wish.on = true;
        else if (type.is("adaptive") || type.is("auto"))
            wish.isAdaptive = true;
        else if (const auto on = value.boolean())
            wish.on = on;
        if (const auto budget = tokensFrom(value["budget_tokens"]))
            wish.budget = budget;
    }

    void readGoogle(Value config)
    {
        ReasoningWish& wish = m_call.reasoning;
        if (const auto budget = config["thinking_budget"].integer()) {
            if (*budget < 0)
                wish.isAdaptive = true;
            else if (*budget == 0)
                wish.on = false;
            else
                wish.budget = tokensFrom(config["thinking_budget"]);
        }
        std::string scratch;
        if (const Value level = config["thinking_level"]) {
            if (const auto effort = effortFrom(lower(level.text().plain(scratch))))
                wish.effort = effort;
        }
        if (const auto show = config["include_thoughts"].boolean())
            wish.show = show;
    }

    void finishReasoning()
    {
        ReasoningWish& wish = m_call.reasoning;
        if (wish.effort == Effort::None || (wish.budget == Tokens(0) && !wish.effort))
            wish.on = false;
    }

    void readFormat(Value value)
    {
        OutputFormat& format = m_call.format;
        const Value type = value["type"];
        if (type.is("text")) {
            format.kind = OutputFormat::Kind::Text;
        } else if (type.is("json_object")) {
            format.kind = OutputFormat::Kind::JsonObject;
        } else if (type.is("json_schema")) {
            const Value schema = value["json_schema"];
            format.kind = OutputFormat::Kind::JsonSchema;
            format.name = schema["name"].word(texts());
            format.description = schema["description"].text();
            format.schema = schema["schema"] ? schema["schema"].raw() : RawJson();
            format.strict = schema["strict"].boolean();
            // Without a schema there is nothing to hold the model to but JSON.
            if (format.schema.empty())
                format.kind = OutputFormat::Kind::JsonObject;
        }
    }

    // ---- tools

    void finishTools()
    {
        m_call.tools.reserve(m_tools.size() + 1);
        for (const Value tool : m_tools)
            readTool(tool);
        for (const Value function : m_functions)
            addFunction(function, CacheMark::None);
        if (m_functions.isArray() && !m_tools) {
            // The old form has room for one call, in the answer as well.
            m_call.toolChoice.parallel = false;
            m_call.echo.emplace_back("functions", m_functions.raw());
        }
        if (!m_call.webSearchOptions.empty()) {
            Tool search;
            search.kind = Tool::Kind::Server;
            search.server = ServerTool::WebSearch;
            search.serverType = "web_search_options";
            search.raw = m_call.webSearchOptions;
            m_call.tools.push_back(search);
        }
        readChoice(m_toolChoice ? m_toolChoice : m_functionChoice);
    }

    void readTool(Value tool)
    {
        const CacheMark cache = cacheMarkFrom(tool["cache_control"]);
        const Value type = tool["type"];
        if (const Value function = tool["function"]; function.isObject())
            return addFunction(function, cache);
        const bool isCustom = type.is("custom") && !tool["input_schema"];
        if (isCustom) {
            // In Chat's form, or flat as in Responses.
            const Value inner = tool["custom"].isObject() ? tool["custom"] : tool;
            Tool custom;
            custom.kind = Tool::Kind::Custom;
            custom.name = inner["name"].word(texts());
            custom.description = inner["description"].text();
            custom.cache = cache;
            const Value format = inner["format"];
            const Value grammar = format["grammar"].isObject() ? format["grammar"] : format;
            if (format["type"].is("grammar")) {
                custom.grammar = grammar["definition"].text();
                custom.grammarSyntax = grammar["syntax"].word(texts());
            }
            if (!custom.name.empty())
                m_call.tools.push_back(custom);
            return;
        }
        if (!type || type.is("function") || type.is("custom"))
            return addFunction(tool, cache); // flat, as in Responses or Anthropic
        addServerTool(tool, type.word(texts()));
    }

    void addFunction(Value function, CacheMark cache)
    {
        Tool tool;
        tool.name = function["name"].word(texts());
        if (tool.name.empty())
            return;
        tool.description = function["description"].text();
        Value schema = function["parameters"];
        if (!schema)
            schema = function["input_schema"];
        if (schema.isObject())
            tool.schema = schema.raw();
        tool.strict = function["strict"].boolean();
        tool.cache = cache;
        m_call.tools.push_back(tool);
    }

    void addServerTool(Value tool, std::string_view type)
    {
        Tool server;
        server.kind = Tool::Kind::Server;
        server.name = tool["name"].word(texts());
        server.serverType = type;
        server.raw = tool.raw();
        if (type.starts_with(webSearchPrefix))
            server.server = ServerTool::WebSearch;
        else if (type.starts_with("code_"))
            server.server = ServerTool::CodeExecution;
        else if (type.starts_with("file_search"))
            server.server = ServerTool::FileSearch;
        else if (type.starts_with("image_generation"))
            server.server = ServerTool::ImageGeneration;
        else if (type.starts_with("mcp"))
            server.server = ServerTool::Mcp;
        else if (type.starts_with("computer"))
            server.server = ServerTool::Computer;
        else if (type.starts_with("tool_search"))
            server.server = ServerTool::ToolSearch;
        else
            server.server = ServerTool::Other;
        m_call.tools.push_back(server);
    }

    void readChoice(Value value)
    {
        ToolChoice& choice = m_call.toolChoice;
        if (value.isString())
            return readMode(value);
        if (!value.isObject())
            return;
        if (value["disable_parallel_tool_use"].isTrue())
            choice.parallel = false;
        const Value type = value["type"];
        if (type.is("allowed_tools")) {
            const Value allowed = value["allowed_tools"].isObject() ? value["allowed_tools"] : value;
            readMode(allowed["mode"]);
            for (const Value tool : allowed["tools"]) {
                if (const std::string_view name = nameIn(tool); !name.empty())
                    choice.only.push_back(name);
            }
            return;
        }
        if (const std::string_view name = nameIn(value); !name.empty()) {
            choice.mode = ToolChoice::Mode::Named;
            choice.name = name;
            return;
        }
        readMode(type);
    }

    /// The tool that a choice is about, nested or flat.
    std::string_view nameIn(Value value)
    {
        for (const std::string_view kind : {"function", "custom"}) {
            if (value[kind].isObject())
                return value[kind]["name"].word(texts());
        }
        return value["name"].word(texts());
    }

    void readMode(Value word)
    {
        ToolChoice& choice = m_call.toolChoice;
        if (word.is("auto"))
            choice.mode = ToolChoice::Mode::Auto;
        else if (word.is("required") || word.is("any"))
            choice.mode = ToolChoice::Mode::Any;
        else if (word.is("none"))
            choice.mode = ToolChoice::Mode::None;
    }

    // ---- messages

    void readSystem(Value content)
    {
        addTexts(content, m_call.system);
    }

    void addTexts(Value content, std::vector<Part>& parts)
    {
        if (content.isString()) {
            if (!content.text().isEmpty())
                addText(content.text(), CacheMark::None, parts);
            return;
        }
        for (const Value part : content) {
            const RawText text = part.isString() ? part.text() : part["text"].text();
            if (!text.isEmpty())
                addText(text, cacheMarkFrom(part["cache_control"]), parts);
        }
    }

    static void addText(RawText text, CacheMark cache, std::vector<Part>& parts)
    {
        Part& part = parts.emplace_back();
        part.text = text;
        part.cache = cache;
    }

    void readMessage(Value message)
    {
        const MessageFields fields = fieldsOf(message);
        const bool isFunction = fields.role.is("function");
        const bool isResult = fields.role.is("tool") || isFunction;
        const bool followsResult = std::exchange(m_afterResult, isResult);
        if (isResult) {
            if (!followsResult || m_call.turns.empty())
                m_call.turns.push_back({Role::User, {}});
            return readResult(fields, isFunction, m_call.turns.back().parts);
        }
        if (fields.role.is("system") || fields.role.is("developer")) {
            if (m_call.turns.empty())
                return readMarked(fields, m_call.system);
            m_call.turns.push_back({Role::System, {}});
            return readMarked(fields, m_call.turns.back().parts);
        }
        const bool isAssistant = fields.role.is("assistant") || fields.role.is("model");
        m_call.turns.push_back({isAssistant ? Role::Assistant : Role::User, {}});
        std::vector<Part>& parts = m_call.turns.back().parts;
        if (isAssistant)
            readReasoning(fields, parts);
        readContent(fields.content, parts, isAssistant);
        if (isAssistant)
            readAnswer(fields, parts);
        markLast(fields.cacheControl, parts);
    }

    void readMarked(const MessageFields& fields, std::vector<Part>& parts)
    {
        const std::size_t before = parts.size();
        addTexts(fields.content, parts);
        if (parts.size() > before)
            markLast(fields.cacheControl, parts);
    }

    static void markLast(Value cacheControl, std::vector<Part>& parts)
    {
        const CacheMark mark = cacheMarkFrom(cacheControl);
        if (mark != CacheMark::None && !parts.empty() && parts.back().cache == CacheMark::None)
            parts.back().cache = mark;
    }

    void readResult(const MessageFields& fields, bool isFunction, std::vector<Part>& parts)
    {
        Part& result = parts.emplace_back();
        result.kind = PartKind::ToolResult;
        result.callId = fields.toolCallId.word(texts());
        if (isFunction || result.callId.empty())
            result.toolName = fields.name.word(texts());
        result.cache = cacheMarkFrom(fields.cacheControl);
        readContent(fields.content, result.result, false);
        takeErrorMark(result);
    }

    /// The mark that Waystation puts in front of an error where a protocol has no place for one.
    static void takeErrorMark(Part& result)
    {
        if (result.result.empty() || result.result.front().kind != PartKind::Text)
            return;
        RawText& text = result.result.front().text;
        if (!text.escaped().starts_with(errorMark))
            return;
        result.isError = true;
        text = RawText(text.escaped().substr(errorMark.size()));
    }

    void readAnswer(const MessageFields& fields, std::vector<Part>& parts)
    {
        if (!fields.refusal.text().isEmpty()) {
            Part& refusal = parts.emplace_back();
            refusal.kind = PartKind::Refusal;
            refusal.text = fields.refusal.text();
        }
        if (const std::string_view signature = signatureIn(fields.extraContent); !signature.empty()) {
            const auto text = std::find_if(parts.rbegin(), parts.rend(), [](const Part& part) { return part.kind == PartKind::Text; });
            Part& signedPart = text != parts.rend() ? *text : parts.emplace_back();
            signedPart.carry = carryFrom(signature, CarryKind::GeminiSignature);
        }
        for (const Value call : fields.toolCalls)
            readCall(call, parts);
        if (fields.functionCall.isObject())
            addFunctionCall(fields.functionCall, {}, {}, parts);
    }

    std::string_view signatureIn(Value extraContent)
    {
        return extraContent["google"]["thought_signature"].word(texts());
    }

    Carry carryFrom(std::string_view text, CarryKind native)
    {
        if (auto carry = unwrapped(text, texts()))
            return *carry;
        if (looksWrapped(text))
            return {}; // ours, and broken on its way
        return {native, 0, text};
    }

    void readCall(Value call, std::vector<Part>& parts)
    {
        const std::string_view id = call["id"].word(texts());
        if (const Value custom = call["custom"]; custom.isObject()) {
            Part& part = parts.emplace_back();
            part.kind = PartKind::ToolCall;
            part.isCustom = true;
            part.callId = id;
            part.toolName = custom["name"].word(texts());
            part.text = custom["input"].text();
            return;
        }
        const Value function = call["function"].isObject() ? call["function"] : call;
        addFunctionCall(function, id, signatureIn(call["extra_content"]), parts);
    }

    void addFunctionCall(Value function, std::string_view id, std::string_view signature, std::vector<Part>& parts)
    {
        Part& part = parts.emplace_back();
        part.kind = PartKind::ToolCall;
        part.callId = id;
        part.toolName = function["name"].word(texts());
        part.arguments = argumentsFrom(function["arguments"]);
        if (!signature.empty())
            part.carry = carryFrom(signature, CarryKind::GeminiSignature);
    }

    Arguments argumentsFrom(Value value)
    {
        if (value.isString())
            return {value.text().escaped(), true};
        return {value ? texts().keep(compact(value.raw())) : std::string_view(), false};
    }

    // ---- reasoning in a history

    void readReasoning(const MessageFields& fields, std::vector<Part>& parts)
    {
        RawText text = fields.reasoningContent.text();
        if (text.isEmpty())
            text = fields.reasoning.text();
        if (!fields.reasoningDetails.isArray() || fields.reasoningDetails.size() == 0) {
            if (!text.isEmpty())
                addReasoning(text, {CarryKind::PlainReasoning, 0, {}}, parts);
            return;
        }

        std::vector<Carry> carries;
        bool isOurs = false;
        RawText told;
        for (const Value detail : fields.reasoningDetails) {
            if (detail["format"].is("waystation-v1")) {
                isOurs = true;
                if (const auto carry = unwrapped(detail["data"].word(texts()), texts()))
                    carries.push_back(*carry);
                continue;
            }
            RawText piece = detail["text"].text();
            if (piece.isEmpty())
                piece = detail["summary"].text();
            if (!piece.isEmpty())
                told = told.isEmpty() ? piece : joined(told, "", piece, texts());
        }
        if (!isOurs) {
            addReasoning(told.isEmpty() ? text : told, {CarryKind::ReasoningDetails, 0, fields.reasoningDetails.raw()}, parts);
            return;
        }
        addCarries(text, carries, parts);
    }

    /// The client has the words of all blocks in one text, so they can go to one state only. Of several signatures none
    /// would fit the whole text.
    void addCarries(RawText text, const std::vector<Carry>& carries, std::vector<Part>& parts)
    {
        const auto isSignature = [](const Carry& carry) { return carry.kind == CarryKind::AnthropicSignature; };
        const auto signatures = std::count_if(carries.begin(), carries.end(), isSignature);
        const auto wantsText = [&](const Carry& carry) {
            return signatures > 0 ? isSignature(carry) : carry.kind != CarryKind::AnthropicRedacted;
        };
        bool isTold = text.isEmpty();
        for (const Carry& carry : carries) {
            if (isSignature(carry) && signatures > 1)
                continue;
            const bool takesText = !isTold && wantsText(carry);
            addReasoning(takesText ? text : RawText(), carry, parts);
            isTold = isTold || takesText;
        }
        if (!isTold)
            addReasoning(text, {}, parts);
    }

    static void addReasoning(RawText text, const Carry& carry, std::vector<Part>& parts)
    {
        Part& part = parts.emplace_back();
        part.kind = PartKind::Reasoning;
        part.text = text;
        part.carry = carry;
    }

    // ---- content

    void readContent(Value content, std::vector<Part>& parts, bool isAssistant)
    {
        if (content.isString()) {
            if (!content.text().isEmpty())
                addText(content.text(), CacheMark::None, parts);
            return;
        }
        if (content.isObject())
            return readPart(content, parts, isAssistant);
        for (const Value part : content)
            readPart(part, parts, isAssistant);
    }

    /// A part in Chat's form, or in that of Responses or Anthropic, which some clients put into a chat body.
    void readPart(Value value, std::vector<Part>& parts, bool isAssistant)
    {
        if (value.isString())
            return addText(value.text(), CacheMark::None, parts);
        const Value type = value["type"];
        std::string scratch;
        const std::string_view word = type.text().plain(scratch);
        const CacheMark cache = cacheMarkFrom(value["cache_control"]);
        const std::size_t before = parts.size();

        if (word == "text" || word == "input_text" || word == "output_text" || word.empty()) {
            if (!value["text"].text().isEmpty())
                addText(value["text"].text(), cache, parts);
        } else if (word == "image_url" || word == "input_image" || word == "image") {
            readImage(value, parts);
        } else if (word == "file" || word == "input_file" || word == "document") {
            readDocument(value, parts);
        } else if (word == "input_audio" || word == "audio_url") {
            readAudio(value, parts);
        } else if (word == "video_url") {
            const Value video = value["video_url"];
            addMedia(PartKind::Video, mediaFromUrl(video.isObject() ? video["url"].text() : video.text(), texts()), parts);
        } else if (word == "refusal") {
            Part& part = parts.emplace_back();
            part.kind = PartKind::Refusal;
            part.text = value["refusal"].text();
        } else if (word == "thinking" || word == "redacted_thinking") {
            readThinkingPart(value, word, parts);
        } else if (word == "tool_use") {
            Part& part = parts.emplace_back();
            part.kind = PartKind::ToolCall;
            part.callId = value["id"].word(texts());
            part.toolName = value["name"].word(texts());
            part.arguments = argumentsFrom(value["input"]);
        } else if (word == "tool_result") {
            readResultPart(value, parts);
        } else if (word == "tool_reference") {
            addText(value["tool_name"].text(), cache, parts);
        } else if (word == "search_result") {
            readSearchResult(value, parts);
        } else if (value["text"].isString()) {
            addText(value["text"].text(), cache, parts);
        }
        if (!isAssistant)
            dropReasoning(parts, before);
        if (cache != CacheMark::None && parts.size() > before)
            parts.back().cache = cache;
    }

    /// Reasoning is the assistant's alone.
    static void dropReasoning(std::vector<Part>& parts, std::size_t from)
    {
        const auto isReasoning = [](const Part& part) { return part.kind == PartKind::Reasoning; };
        parts.erase(std::remove_if(parts.begin() + static_cast<std::ptrdiff_t>(from), parts.end(), isReasoning), parts.end());
    }

    static Part& addMedia(PartKind kind, const Media& media, std::vector<Part>& parts)
    {
        Part& part = parts.emplace_back();
        part.kind = kind;
        part.media = media;
        return part;
    }

    void readImage(Value value, std::vector<Part>& parts)
    {
        Value address = value["image_url"];
        Value detail = value["detail"];
        if (address.isObject()) {
            if (!detail)
                detail = address["detail"];
            address = address["url"];
        }
        Media media;
        if (value["source"].isObject()) {
            media = mediaFromSource(value["source"]);
        } else if (address.isString()) {
            media = mediaFromUrl(address.text(), texts());
        } else if (value["file_id"].isString()) {
            media.source = Media::Source::FileId;
            media.url = value["file_id"].text();
        } else if (value["image"].isString()) {
            media = mediaFromUrl(value["image"].text(), texts()); // the AI SDK's own form
        } else {
            return;
        }
        media.detail = detail.word(texts());
        addMedia(PartKind::Image, media, parts);
    }

    /// Anthropic's source{type, ...}.
    Media mediaFromSource(Value source)
    {
        Media media;
        const Value type = source["type"];
        if (type.is("url")) {
            media = mediaFromUrl(source["url"].text(), texts());
        } else if (type.is("file")) {
            media.source = Media::Source::FileId;
            media.url = source["file_id"].text();
        } else if (type.is("text")) {
            media.source = Media::Source::Text;
            media.mime = source["media_type"].word(texts());
        } else {
            media.data = cleanBase64(source["data"].text(), texts());
            media.mime = sniffedMime(media.data, source["media_type"].word(texts()));
        }
        return media;
    }

    void readDocument(Value value, std::vector<Part>& parts)
    {
        const Value file = value["file"].isObject() ? value["file"] : value;
        Media media;
        RawText text;
        if (const Value source = value["source"]; source.isObject()) {
            if (source["type"].is("content")) {
                media.source = Media::Source::Text;
                text = joinedText(source["content"], texts());
            } else {
                media = mediaFromSource(source);
                text = source["type"].is("text") ? source["data"].text() : RawText();
            }
        } else if (file["file_data"].isString()) {
            media = mediaFromData(file["file_data"].text());
        } else if (file["file_url"].isString()) {
            media = mediaFromUrl(file["file_url"].text(), texts());
        } else if (file["file_id"].isString()) {
            media.source = Media::Source::FileId;
            media.url = file["file_id"].text();
        } else {
            return;
        }
        media.name = value["title"].isString() ? value["title"].text() : file["filename"].text();
        if (media.mime.empty() || media.mime == "application/octet-stream")
            media.mime = mimeOfFile(media);
        Part& part = addMedia(PartKind::Document, media, parts);
        part.text = text;
    }

    std::string_view mimeOfFile(const Media& media)
    {
        const std::string_view named = mimeFromName(texts().plain(media.name));
        if (!named.empty() || media.source != Media::Source::Data)
            return named;
        return media.mime.empty() ? std::string_view("application/pdf") : media.mime;
    }

    /// A data address, or bare base64 as some clients send it.
    Media mediaFromData(RawText data)
    {
        if (data.escaped().substr(0, 5) == "data:" || data.escaped().substr(0, 4) == "http")
            return mediaFromUrl(data, texts());
        Media media;
        media.data = cleanBase64(data, texts());
        media.mime = sniffedMime(media.data, {});
        return media;
    }

    void readAudio(Value value, std::vector<Part>& parts)
    {
        if (const Value address = value["audio_url"]) {
            addMedia(PartKind::Audio, mediaFromUrl(address.isObject() ? address["url"].text() : address.text(), texts()), parts);
            return;
        }
        const Value audio = value["input_audio"];
        if (!audio["data"].isString())
            return;
        Media media = mediaFromData(audio["data"].text());
        if (media.mime.empty() && media.source == Media::Source::Data) {
            const std::string_view format = audio["format"].word(texts());
            media.mime = format == "mp3" || format.empty() ? std::string_view(format.empty() ? "audio/wav" : "audio/mp3")
                                                           : texts().keep("audio/" + std::string(format));
        }
        addMedia(PartKind::Audio, media, parts);
    }

    void readThinkingPart(Value value, std::string_view word, std::vector<Part>& parts)
    {
        if (word == "redacted_thinking") {
            const std::string_view data = value["data"].word(texts());
            if (!data.empty())
                addReasoning({}, carryFrom(data, CarryKind::AnthropicRedacted), parts);
            return;
        }
        // Mistral has a list of texts where Anthropic has one.
        const RawText text = joinedText(value["thinking"], texts());
        const std::string_view signature = value["signature"].word(texts());
        if (!signature.empty())
            addReasoning(text, carryFrom(signature, CarryKind::AnthropicSignature), parts);
        else if (!text.isEmpty())
            addReasoning(text, {CarryKind::PlainReasoning, 0, {}}, parts);
    }

    void readResultPart(Value value, std::vector<Part>& parts)
    {
        Part result;
        result.kind = PartKind::ToolResult;
        result.callId = value["tool_use_id"].word(texts());
        result.isError = value["is_error"].isTrue();
        readContent(value["content"], result.result, false);
        takeErrorMark(result);
        parts.push_back(std::move(result));
    }

    void readSearchResult(Value value, std::vector<Part>& parts)
    {
        std::string text(value["title"].text().escaped());
        for (const RawText more : {value["source"].text(), joinedText(value["content"], texts())}) {
            if (more.isEmpty())
                continue;
            if (!text.empty())
                text += "\\n";
            text += more.escaped();
        }
        if (!text.empty())
            addText(RawText(texts().keep(std::move(text))), CacheMark::None, parts);
    }

    ChatCall m_call;
    Value m_messages;
    Value m_system;
    Value m_tools;
    Value m_functions;
    Value m_toolChoice;
    Value m_functionChoice;
    std::string m_maxOutputField = "max_tokens";
    bool m_afterResult = false;
};

json::Tree& requestTree()
{
    static thread_local json::Tree tree;
    return tree;
}

}

Result<ChatCall> readCall(const Address& address, std::string_view body)
{
    json::Tree& tree = requestTree();
    if (!tree.parse(body))
        return Error {ErrorKind::BadRequest, std::string("the body is ") + tree.problem()};
    const Value root = tree.root();
    if (!root.isObject())
        return Error {ErrorKind::BadRequest, "the body is no JSON object"};
    // Cursor is known to send Responses' body to Chat's address and to expect Chat's answer.
    if (!root["messages"] && root["input"]) {
        const bool wantsUsage = root["stream_options"]["include_usage"].isTrue();
        auto call = openai_responses::readCall(address, body);
        if (call)
            call->wantsUsage = wantsUsage;
        return call;
    }
    return CallReader().read(address, root);
}

}
