#include "dialect/convert_parts.h"
#include "dialect/openai_responses/items.h"

#include <algorithm>
#include <array>

namespace waystation::openai_responses {

namespace {

constexpr std::size_t mostKeptOctets = 4u << 20;

/// The fields of a request that mean something to another protocol or that the answer repeats.
struct Fields
{
    json::Value background, contextManagement, conversation, include, input, instructions, maxOutput, maxToolCalls, metadata, model, parallel,
        previous, prompt, cacheKey, reasoning, safetyIdentifier, tier, store, stream, temperature, text, toolChoice, tools,
        topLogprobs, topP, truncation, user;
};

struct FieldName
{
    std::string_view name;
    json::Value Fields::*value;
    bool isRepeated; // in the answer
};

constexpr std::array<FieldName, 27> fieldNames {{
    {"model", &Fields::model, false},
    {"input", &Fields::input, false},
    {"instructions", &Fields::instructions, true},
    {"tools", &Fields::tools, true},
    {"tool_choice", &Fields::toolChoice, true},
    {"parallel_tool_calls", &Fields::parallel, true},
    {"reasoning", &Fields::reasoning, true},
    {"text", &Fields::text, true},
    {"store", &Fields::store, true},
    {"stream", &Fields::stream, false},
    {"include", &Fields::include, false},
    {"prompt_cache_key", &Fields::cacheKey, true},
    {"max_output_tokens", &Fields::maxOutput, true},
    {"temperature", &Fields::temperature, true},
    {"top_p", &Fields::topP, true},
    {"top_logprobs", &Fields::topLogprobs, true},
    {"metadata", &Fields::metadata, true},
    {"user", &Fields::user, true},
    {"safety_identifier", &Fields::safetyIdentifier, true},
    {"service_tier", &Fields::tier, true},
    {"truncation", &Fields::truncation, true},
    {"previous_response_id", &Fields::previous, true},
    {"max_tool_calls", &Fields::maxToolCalls, true},
    {"background", &Fields::background, false},
    {"context_management", &Fields::contextManagement, false},
    {"conversation", &Fields::conversation, false},
    {"prompt", &Fields::prompt, false},
}};

struct HostedTool
{
    std::string_view type; // how it begins
    ServerTool tool;
};

constexpr std::array<HostedTool, 7> hostedTools {{
    {"web_search", ServerTool::WebSearch},
    {"file_search", ServerTool::FileSearch},
    {"code_interpreter", ServerTool::CodeExecution},
    {"image_generation", ServerTool::ImageGeneration},
    {"mcp", ServerTool::Mcp},
    {"computer", ServerTool::Computer},
    {"tool_search", ServerTool::ToolSearch},
}};

ServerTool serverToolOf(std::string_view type)
{
    for (const HostedTool& each : hostedTools) {
        if (type.starts_with(each.type))
            return each.tool;
    }
    return ServerTool::Other;
}

class CallReader
{
public:
    Result<ChatCall> read(const Address& address, json::Value root);

private:
    void refuse(ErrorKind kind, std::string message, std::string field);
    void readInput(json::Value input);
    void readItem(json::Value item, std::size_t number);
    void readMessage(json::Value item);
    void readOutput(json::Value item, ItemKind kind, std::size_t number);
    void readHosted(json::Value item);
    void settleSignatures();
    void readTools(json::Value tools, std::string_view nameSpace, bool replaces);
    void readTool(json::Value tool, std::string_view nameSpace, bool replaces);
    void addTool(Tool tool, bool replaces);
    void readToolChoice(json::Value choice);
    void readReasoningWish(json::Value reasoning);
    void readText(json::Value text);
    void readInclude(json::Value include);
    void repeat();

    /// The assistant's turn goes on through its items; whoever else speaks begins one.
    Turn& assistantTurn();
    Part& addCall(Part call);

    ChatCall m_call;
    Fields m_fields;
    std::vector<std::string_view> m_unanswered; // ids of calls, oldest first
    bool m_hasLooseSignatures = false;
    std::optional<Error> m_error;
};

void CallReader::refuse(ErrorKind kind, std::string message, std::string field)
{
    if (!m_error)
        m_error = Error {kind, std::move(message), std::move(field)};
}

Result<ChatCall> CallReader::read(const Address& address, json::Value root)
{
    for (const json::Field field : root.fields()) {
        const std::string_view key = field.key.escaped();
        const auto known = std::find_if(fieldNames.begin(), fieldNames.end(), [&](const FieldName& each) { return each.name == key; });
        if (known != fieldNames.end() && field.value && !(m_fields.*known->value))
            m_fields.*known->value = field.value;
    }
    const Fields& fields = m_fields;
    TextStore& store = m_call.texts;

    if (fields.conversation)
        refuse(ErrorKind::Unsupported, "stored conversations are not kept by this relay", "conversation");
    if (fields.background.boolean() == true)
        refuse(ErrorKind::Unsupported, "answers in the background are not offered by this relay", "background");
    if (fields.prompt)
        refuse(ErrorKind::Unsupported, "stored prompts are not known to this relay", "prompt");

    m_call.model = ModelName(address.model.empty() ? fields.model.text().toString() : address.model);
    if (m_call.model.isEmpty())
        refuse(ErrorKind::BadRequest, "the request names no model", "model");

    if (const RawText instructions = joinedText(fields.instructions, store); !instructions.isEmpty())
        m_call.system.push_back(textPart(instructions));
    readTools(fields.tools, {}, false);
    readInput(fields.input);
    if (m_hasLooseSignatures)
        settleSignatures();
    readToolChoice(fields.toolChoice);
    m_call.toolChoice.parallel = fields.parallel.boolean();

    m_call.maxOutput = tokensFrom(fields.maxOutput);
    m_call.temperature = fields.temperature.number();
    m_call.topP = fields.topP.number();
    m_call.topLogprobs = fields.topLogprobs.integer();
    readInclude(fields.include);
    m_call.logprobs = m_call.logprobs || m_call.topLogprobs.value_or(0) > 0;
    readReasoningWish(fields.reasoning);
    readText(fields.text);
    m_call.tier = fields.tier.word(store);
    m_call.cacheKey = fields.cacheKey.word(store);
    m_call.userRef = fields.safetyIdentifier ? fields.safetyIdentifier.word(store) : fields.user.word(store);
    if (fields.metadata.isObject())
        m_call.metadata = fields.metadata.raw();
    m_call.store = fields.store.boolean();
    if (m_call.store == false)
        m_call.wantsEncryptedReasoning = true;
    m_call.stream = fields.stream.boolean().value_or(false) || address.streams;
    m_call.wantsUsage = true;
    m_call.previousResponse = fields.previous.word(store);
    if (fields.truncation.is("auto"))
        m_call.leftOut.push_back("truncation");
    if (fields.contextManagement)
        m_call.leftOut.push_back("context_management");
    if (fields.maxToolCalls)
        m_call.leftOut.push_back("max_tool_calls");
    repeat();

    if (m_call.turns.empty() && m_call.previousResponse.empty() && m_call.itemReferences.empty())
        refuse(ErrorKind::BadRequest, "the request has no input", "input");
    const auto isMcp = [](const Tool& tool) { return tool.server == ServerTool::Mcp; };
    if (!m_call.tools.empty() && std::all_of(m_call.tools.begin(), m_call.tools.end(), isMcp))
        refuse(ErrorKind::Unsupported, "MCP servers can only be reached by their own vendor", "tools");
    if (m_error)
        return *m_error;
    return std::move(m_call);
}

Turn& CallReader::assistantTurn()
{
    if (m_call.turns.empty() || m_call.turns.back().role != Role::Assistant)
        m_call.turns.push_back({Role::Assistant, {}});
    return m_call.turns.back();
}

void CallReader::readInput(json::Value input)
{
    if (input.isString()) {
        if (!input.text().isEmpty())
            m_call.turns.push_back({Role::User, {textPart(input.text())}});
    } else if (input.isObject()) {
        readItem(input, 0);
    } else {
        std::size_t number = 0;
        for (const json::Value item : input)
            readItem(item, number++);
    }
}

void CallReader::readItem(json::Value item, std::size_t number)
{
    if (item.isString()) {
        m_call.turns.push_back({Role::User, {textPart(item.text())}});
        return;
    }
    TextStore& store = m_call.texts;
    const ItemKind kind = kindOf(item);
    switch (kind) {
    case ItemKind::Message:
        readMessage(item);
        break;
    case ItemKind::Reasoning: {
        Part part = readReasoning(item, store);
        if (part.text.isEmpty() && part.carry.isEmpty())
            break;
        m_hasLooseSignatures = m_hasLooseSignatures || part.carry.kind == CarryKind::GeminiSignature;
        assistantTurn().parts.push_back(std::move(part));
        break;
    }
    case ItemKind::FunctionCall:
        addCall(readFunctionCall(item, store));
        break;
    case ItemKind::CustomCall:
        addCall(readCustomCall(item, store));
        break;
    case ItemKind::TypedCall: {
        const TypedTool* tool = typedToolOfItem(item["type"].text().escaped());
        Part part = readFunctionCall(item, store);
        part.toolName = tool->type;
        part.nameSpace = {};
        part.arguments = {item[tool->field].raw(), false};
        addCall(std::move(part));
        break;
    }
    case ItemKind::FunctionOutput:
    case ItemKind::CustomOutput:
    case ItemKind::TypedOutput:
        readOutput(item, kind, number);
        break;
    case ItemKind::MoreTools:
        readTools(item["tools"], {}, true);
        break;
    case ItemKind::Hosted:
        readHosted(item);
        break;
    case ItemKind::Compaction: {
        Part& part = assistantTurn().parts.emplace_back();
        part.kind = PartKind::Server;
        part.text = RawText("earlier turns, sealed by the vendor that compacted them");
        part.raw = item.raw();
        break;
    }
    case ItemKind::CompactionTrigger:
        refuse(ErrorKind::Unsupported, "the history can only be compacted by an upstream that speaks Responses",
            "input[" + std::to_string(number) + "]");
        break;
    case ItemKind::Reference:
        m_call.itemReferences.push_back(item["id"].word(store));
        break;
    case ItemKind::Unknown:
        break;
    }
}

void CallReader::readMessage(json::Value item)
{
    const json::Value said = item["role"];
    TextStore& store = m_call.texts;
    if (said.is("assistant")) {
        readContent(item["content"], store, assistantTurn().parts);
        return;
    }
    if (said.is("system") || said.is("developer")) {
        if (m_call.turns.empty()) {
            readContent(item["content"], store, m_call.system);
            return;
        }
        Turn& turn = m_call.turns.emplace_back();
        turn.role = Role::System;
        readContent(item["content"], store, turn.parts);
        return;
    }
    Turn& turn = m_call.turns.emplace_back();
    readContent(item["content"], store, turn.parts);
}

Part& CallReader::addCall(Part call)
{
    m_unanswered.push_back(call.callId);
    call.idIsNative = !call.callId.empty();
    return assistantTurn().parts.emplace_back(std::move(call));
}

void CallReader::readOutput(json::Value item, ItemKind kind, std::size_t number)
{
    TextStore& store = m_call.texts;
    Part result;
    result.kind = PartKind::ToolResult;
    result.isCustom = kind == ItemKind::CustomOutput;
    result.callId = item["call_id"].word(store);
    auto answered = m_unanswered.end();
    if (!result.callId.empty()) {
        answered = std::find(m_unanswered.begin(), m_unanswered.end(), result.callId);
    } else {
        // local_shell_call_output names its call by `id`, others have lost the name: then it is the oldest one.
        answered = std::find(m_unanswered.begin(), m_unanswered.end(), item["id"].word(store));
        if (answered == m_unanswered.end())
            answered = m_unanswered.begin();
        if (answered == m_unanswered.end()) {
            refuse(ErrorKind::BadRequest, "a tool's output belongs to no call", "input[" + std::to_string(number) + "].call_id");
            return;
        }
        result.callId = *answered;
    }
    if (answered != m_unanswered.end())
        m_unanswered.erase(answered);

    const json::Value output = item["output"];
    if (kind == ItemKind::TypedOutput && !output.isString()) {
        if (output)
            result.result.push_back(textPart(store.escape(output.raw())));
        else if (item["status"].isString())
            result.result.push_back(textPart(item["status"].text()));
    } else if (output.isObject()) {
        const std::size_t before = result.result.size();
        readContentPart(output, store, result.result);
        if (result.result.size() == before)
            result.result.push_back(textPart(store.escape(output.raw())));
    } else if (output && !output.isString() && !output.isArray()) {
        result.result.push_back(textPart(store.escape(output.raw())));
    } else {
        readContent(output, store, result.result);
    }
    result.isError = kind == ItemKind::TypedOutput && item["status"].is("failed");

    constexpr std::string_view errorMark = "[tool error] ";
    if (!result.result.empty() && result.result[0].kind == PartKind::Text
        && result.result[0].text.escaped().starts_with(errorMark)) {
        result.isError = true;
        RawText& text = result.result[0].text;
        text = RawText(text.escaped().substr(errorMark.size()));
        if (text.isEmpty())
            result.result.erase(result.result.begin());
    }

    std::vector<Turn>& turns = m_call.turns;
    const bool goesOn = !turns.empty() && turns.back().role == Role::User && !turns.back().parts.empty()
        && turns.back().parts.back().kind == PartKind::ToolResult;
    if (!goesOn)
        turns.push_back({Role::User, {}});
    turns.back().parts.push_back(std::move(result));
}

void CallReader::readHosted(json::Value item)
{
    const json::Value type = item["type"];
    TextStore& store = m_call.texts;
    Part part;
    part.kind = PartKind::Server;
    part.raw = item.raw();
    const auto about = [&](const char* what, RawText which) {
        part.text = which.isEmpty() ? RawText(what) : joined(RawText(what), ": ", which, store);
    };
    if (type.is("web_search_call")) {
        const json::Value action = item["action"];
        RawText query = action["query"].text();
        if (query.isEmpty())
            query = joinedText(action["queries"], store);
        if (query.isEmpty())
            query = action["url"].text();
        about("web search", query);
    } else if (type.is("file_search_call")) {
        about("file search", joinedText(item["queries"], store));
    } else if (type.is("code_interpreter_call")) {
        about("code", item["code"].text());
    } else if (type.is("image_generation_call")) {
        about("image generation", item["revised_prompt"].text());
    } else if (type.is("computer_call")) {
        about("computer use", item["action"]["type"].text());
    } else if (type.is("mcp_call")) {
        about("MCP call", item["name"].text());
    } else {
        return; // lists, approvals and searches of tools leave nothing that a later turn needs
    }
    assistantTurn().parts.push_back(std::move(part));
}

void CallReader::settleSignatures()
{
    // A signature of Gemini belongs to one part; toward this client it travels as a reasoning item of its own, in front of
    // its call or behind its text.
    for (Turn& turn : m_call.turns) {
        std::vector<Part>& parts = turn.parts;
        for (std::size_t i = 0; i < parts.size();) {
            Part& part = parts[i];
            const bool isLoose = part.kind == PartKind::Reasoning && part.text.isEmpty() && part.carry.kind == CarryKind::GeminiSignature;
            Part* next = i + 1 < parts.size() ? &parts[i + 1] : nullptr;
            Part* before = i > 0 ? &parts[i - 1] : nullptr;
            if (isLoose && next && next->kind == PartKind::ToolCall && next->carry.isEmpty()) {
                next->carry = part.carry;
            } else if (isLoose && before && before->kind == PartKind::Text && before->carry.isEmpty()) {
                before->carry = part.carry;
            } else {
                ++i;
                continue;
            }
            parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
}

void CallReader::readTools(json::Value tools, std::string_view nameSpace, bool replaces)
{
    for (const json::Value tool : tools)
        readTool(tool, nameSpace, replaces);
}

void CallReader::readTool(json::Value given, std::string_view nameSpace, bool replaces)
{
    TextStore& store = m_call.texts;
    const std::string_view type = given["type"].word(store);
    Tool tool;
    tool.nameSpace = nameSpace;
    tool.raw = given.raw();
    if (type == "namespace") {
        readTools(given["tools"], given["name"].word(store), replaces);
        return;
    }
    if (type == "function" || type.empty()) {
        // Some clients nest as Chat does.
        const json::Value inner = given["function"].isObject() ? given["function"] : given;
        tool.name = inner["name"].word(store);
        if (tool.name.empty())
            return;
        tool.description = inner["description"].text();
        if (inner["parameters"].isObject())
            tool.schema = inner["parameters"].raw();
        tool.strict = inner["strict"].boolean();
        addTool(std::move(tool), replaces);
        return;
    }
    if (type == "custom") {
        const json::Value inner = given["custom"].isObject() ? given["custom"] : given;
        tool.kind = Tool::Kind::Custom;
        tool.name = inner["name"].word(store);
        tool.description = inner["description"].text();
        json::Value format = inner["format"];
        if (format["grammar"].isObject())
            format = format["grammar"];
        tool.grammar = format["definition"].text();
        tool.grammarSyntax = format["syntax"].word(store);
        if (!tool.name.empty())
            addTool(std::move(tool), replaces);
        return;
    }
    const TypedTool* typed = typedTool(type);
    // A shell in the vendor's container is the vendor's to run.
    const json::Value environment = given["environment"]["type"];
    if (typed && (!environment || environment.is("local"))) {
        tool.name = typed->type;
        tool.nameSpace = {};
        tool.serverType = typed->type;
        tool.description = RawText(typed->description);
        tool.schema = typed->schema;
        addTool(std::move(tool), replaces);
        return;
    }
    tool.kind = Tool::Kind::Server;
    tool.server = typed ? ServerTool::Other : serverToolOf(type);
    tool.serverType = type;
    tool.name = type; // so that tool_choice can mean it
    tool.nameSpace = {};
    addTool(std::move(tool), replaces);
}

void CallReader::addTool(Tool tool, bool replaces)
{
    if (replaces) {
        for (Tool& known : m_call.tools) {
            if (known.name == tool.name && known.nameSpace == tool.nameSpace) {
                known = std::move(tool);
                return;
            }
        }
    }
    m_call.tools.push_back(std::move(tool));
}

void CallReader::readToolChoice(json::Value choice)
{
    using Mode = ToolChoice::Mode;
    TextStore& store = m_call.texts;
    ToolChoice& wanted = m_call.toolChoice;
    const auto modeOf = [](json::Value word) {
        if (word.is("auto"))
            return Mode::Auto;
        if (word.is("required") || word.is("any"))
            return Mode::Any;
        return word.is("none") ? Mode::None : Mode::Unset;
    };
    const auto nameIn = [&](json::Value tool) {
        for (const char* nested : {"function", "custom"}) {
            if (tool[nested].isObject())
                return tool[nested]["name"].word(store);
        }
        return tool["name"] ? tool["name"].word(store) : tool["type"].word(store);
    };
    if (choice.isString()) {
        wanted.mode = modeOf(choice);
    } else if (choice["type"].is("allowed_tools")) {
        const json::Value allowed = choice["allowed_tools"].isObject() ? choice["allowed_tools"] : choice;
        wanted.mode = modeOf(allowed["mode"]);
        for (const json::Value tool : allowed["tools"])
            wanted.only.push_back(nameIn(tool));
    } else if (choice.isObject()) {
        wanted.mode = Mode::Named;
        wanted.name = nameIn(choice);
    }
}

void CallReader::readReasoningWish(json::Value reasoning)
{
    if (!reasoning.isObject())
        return;
    ReasoningWish& wish = m_call.reasoning;
    std::string scratch;
    wish.effort = effortFrom(reasoning["effort"].text().plain(scratch));
    if (wish.effort == Effort::None)
        wish.on = false;
    json::Value summary = reasoning["summary"];
    if (!summary)
        summary = reasoning["generate_summary"];
    wish.show = summary && !summary.is("none");
}

void CallReader::readText(json::Value text)
{
    TextStore& store = m_call.texts;
    m_call.verbosity = text["verbosity"].word(store);
    json::Value format = text["format"];
    OutputFormat& wanted = m_call.format;
    const json::Value type = format["type"];
    if (type.is("text")) {
        wanted.kind = OutputFormat::Kind::Text;
    } else if (type.is("json_object")) {
        wanted.kind = OutputFormat::Kind::JsonObject;
    } else if (type.is("json_schema")) {
        if (format["json_schema"].isObject())
            format = format["json_schema"];
        wanted.kind = OutputFormat::Kind::JsonSchema;
        wanted.name = format["name"].word(store);
        wanted.description = format["description"].text();
        if (format["schema"].isObject())
            wanted.schema = format["schema"].raw();
        wanted.strict = format["strict"].boolean();
    }
}

void CallReader::readInclude(json::Value include)
{
    for (const json::Value each : include) {
        if (each.is("reasoning.encrypted_content"))
            m_call.wantsEncryptedReasoning = true;
        else if (each.is("message.output_text.logprobs"))
            m_call.logprobs = true;
    }
}

void CallReader::repeat()
{
    for (const FieldName& each : fieldNames) {
        const json::Value value = m_fields.*each.value;
        if (!each.isRepeated || !value)
            continue;
        RawJson told = value.raw();
        // Readers of answers expect these two whole.
        std::string whole;
        if (each.name == "reasoning" && value.isObject()) {
            json::Writer writer(whole);
            writer.beginObject();
            writer.raw("effort", value["effort"] ? value["effort"].raw() : std::string_view("null"));
            writer.raw("summary", value["summary"] ? value["summary"].raw() : std::string_view("null"));
            writer.endObject();
        } else if (each.name == "text" && value.isObject() && !value["format"]) {
            json::Writer writer(whole);
            writer.beginObject();
            writer.raw("format", R"({"type":"text"})");
            if (value["verbosity"])
                writer.raw("verbosity", value["verbosity"].raw());
            writer.endObject();
        }
        if (!whole.empty())
            told = m_call.texts.keep(std::move(whole));
        m_call.echo.emplace_back(each.name, told);
    }
}

}

Result<ChatCall> readCall(const Address& address, std::string_view body)
{
    static thread_local json::Tree kept;
    json::Tree own;
    json::Tree& tree = body.size() > mostKeptOctets ? own : kept;
    if (!tree.parse(body))
        return Error {ErrorKind::BadRequest, std::string("the body is no JSON object: ") + tree.problem()};
    if (!tree.root().isObject())
        return Error {ErrorKind::BadRequest, "the body is no JSON object"};
    return CallReader().read(address, tree.root());
}

}
