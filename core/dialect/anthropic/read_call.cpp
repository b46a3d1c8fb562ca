#include "dialect/anthropic/words.h"
#include "dialect/convert_parts.h"

#include <algorithm>
#include <array>

namespace waystation::anthropic {

namespace {

using json::Field;
using json::Value;

/// A tool that the client runs itself and whose shape the vendor's models know by heart. Others get it written out.
struct KnownTool
{
    std::string_view typePrefix;
    std::string_view name;
    std::string_view description;
    std::string_view schema;
};

constexpr std::array<KnownTool, 3> knownTools{{
    {"bash_", "bash",
        "Runs a command in a shell session that is kept between calls. `restart` begins a new session.",
        R"({"type":"object","properties":{"command":{"type":"string","description":"The command to run"},)"
        R"("restart":{"type":"boolean","description":"True to begin a new session"}}})"},
    {"text_editor_", "str_replace_based_edit_tool",
        "Views, creates and edits text files. `view` shows a file or folder, `create` writes a file, `str_replace` "
        "replaces one exact passage, `insert` adds text behind a line.",
        R"({"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert",)"
        R"("undo_edit"]},"path":{"type":"string","description":"Absolute path"},"file_text":{"type":"string",)"
        R"("description":"Content for create"},"old_str":{"type":"string","description":"Passage that str_replace )"
        R"(looks for"},"new_str":{"type":"string","description":"What str_replace puts there"},"insert_line":)"
        R"({"type":"integer","description":"Line behind which insert adds"},"insert_text":{"type":"string",)"
        R"("description":"What insert adds"},"view_range":{"type":"array","items":{"type":"integer"},)"
        R"("description":"First and last line to view"}},"required":["command","path"]})"},
    {"memory_", "memory",
        "Keeps notes between conversations as files under /memories.",
        R"({"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert",)"
        R"("delete","rename"]},"path":{"type":"string"},"file_text":{"type":"string"},"old_str":{"type":"string"},)"
        R"("new_str":{"type":"string"},"insert_line":{"type":"integer"},"insert_text":{"type":"string"},)"
        R"("view_range":{"type":"array","items":{"type":"integer"}},"old_path":{"type":"string"},)"
        R"("new_path":{"type":"string"}},"required":["command"]})"},
}};

struct HostedTool
{
    std::string_view typePrefix;
    ServerTool tool;
};

constexpr std::array<HostedTool, 6> hostedTools{{
    {"web_search", ServerTool::WebSearch},
    {"code_execution", ServerTool::CodeExecution},
    {"computer", ServerTool::Computer},
    {"tool_search", ServerTool::ToolSearch},
    {"mcp", ServerTool::Mcp},
    {"web_fetch", ServerTool::Other},
}};

/// A tool that stands in a list for others that come later; a model would only try to call it.
constexpr std::string_view deferredPlaceholder = "DeferredToolPlaceholder";

/// Changes on every request, so that no prefix cache would ever hit.
constexpr std::string_view billingMark = "x-anthropic-billing-header:";

/// What is left of a system text without the billing line in front.
RawText withoutBilling(RawText text)
{
    const std::string_view escaped = text.escaped();
    if (!escaped.starts_with(billingMark))
        return text;
    const std::size_t line = escaped.find("\\n");
    if (line == std::string_view::npos)
        return {};
    std::string_view rest = escaped.substr(line + 2);
    while (rest.starts_with("\\n"))
        rest.remove_prefix(2);
    return RawText(rest);
}

class CallReader
{
public:
    explicit CallReader(ChatCall& call) : m_call(call), m_store(call.texts) { }

    std::optional<Error> read(Value root)
    {
        for (const Field field : root.fields()) {
            if (auto error = readField(field.key.escaped(), field.value))
                return error;
        }
        const auto isMcp = [](const Tool& tool) { return tool.server == ServerTool::Mcp; };
        if (m_hasMcp && std::all_of(m_call.tools.begin(), m_call.tools.end(), isMcp))
            return Error{ErrorKind::Unsupported, "MCP servers are not reached through this upstream", "mcp_servers"};
        if (m_call.turns.empty())
            return Error{ErrorKind::BadRequest, "messages: at least one message is required", "messages"};
        return std::nullopt;
    }

private:
    std::optional<Error> readField(std::string_view key, Value value)
    {
        if (key == "messages") {
            if (value && !value.isArray())
                return Error{ErrorKind::BadRequest, "messages: not a list", "messages"};
            readMessages(value);
        } else if (key == "system") {
            readSystem(value);
        } else if (key == "tools") {
            for (const Value tool : value)
                readTool(tool);
        } else if (key == "tool_choice") {
            readToolChoice(value);
        } else if (key == "max_tokens") {
            m_call.maxOutput = tokensFrom(value);
            if (m_call.maxOutput && *m_call.maxOutput == 0)
                return Error{ErrorKind::Unsupported, "max_tokens: 0 warms a cache that this upstream does not have",
                    "max_tokens"};
        } else if (key == "stream") {
            m_call.stream = value.boolean().value_or(false);
        } else if (key == "temperature") {
            m_call.temperature = value.number();
        } else if (key == "top_p") {
            m_call.topP = value.number();
        } else if (key == "top_k") {
            m_call.topK = value.integer();
        } else if (key == "stop_sequences") {
            readStops(value);
        } else if (key == "thinking") {
            readThinking(value);
        } else if (key == "output_config") {
            if (const Value effort = value["effort"]; effort.isString())
                m_call.reasoning.effort = effortFrom(effort.word(m_store));
            readFormat(value["format"]);
        } else if (key == "output_format") {
            readFormat(value);
        } else if (key == "metadata") {
            readUser(value["user_id"]);
        } else if (key == "service_tier") {
            m_call.tier = value.word(m_store);
        } else if (key == "mcp_servers") {
            m_hasMcp = value.size() > 0;
            if (m_hasMcp)
                m_call.leftOut.push_back("mcp_servers");
        } else if (key == "speed") {
            if (value && !value.is("standard"))
                m_call.leftOut.push_back("speed");
        } else if (key == "container" || key == "inference_geo" || key == "fallbacks") {
            if (value)
                m_call.leftOut.push_back(key);
        }
        return std::nullopt;
    }

    void readStops(Value value)
    {
        if (value.isString())
            m_call.stop.push_back(value.text());
        for (const Value stop : value) {
            if (stop.isString())
                m_call.stop.push_back(stop.text());
        }
    }

    void readThinking(Value thinking)
    {
        ReasoningWish& wish = m_call.reasoning;
        if (const Value display = thinking["display"])
            wish.show = !display.is("omitted");
        const Value type = thinking["type"];
        if (type.is("disabled")) {
            wish.on = false;
            return;
        }
        if (!thinking.isObject())
            return;
        wish.on = true;
        wish.isAdaptive = type.is("adaptive");
        wish.budget = tokensFrom(thinking["budget_tokens"]);
        if (!wish.show)
            wish.show = true;
    }

    void readFormat(Value format)
    {
        if (!format["type"].is("json_schema") || !format["schema"])
            return;
        m_call.format.kind = OutputFormat::Kind::JsonSchema;
        m_call.format.schema = format["schema"].raw();
        m_call.format.name = format["name"].word(m_store);
    }

    void readUser(Value userId)
    {
        if (!userId.isString())
            return;
        const std::string_view user = userId.word(m_store);
        if (!user.starts_with('{')) {
            m_call.userRef = user;
            constexpr std::string_view sessionMark = "_session_";
            const std::size_t at = user.rfind(sessionMark);
            if (at != std::string_view::npos)
                m_call.cacheKey = user.substr(at + sessionMark.size());
            return;
        }
        json::Tree tree;
        if (!tree.parse(user))
            return;
        m_call.cacheKey = tree.root()["session_id"].word(m_store);
        // The rest of the object names an account of this vendor, which is nobody else's business.
        m_call.userRef = tree.root()["device_id"].word(m_store);
    }

    // ---- tools

    void readTool(Value value)
    {
        if (!value.isObject())
            return;
        const std::string_view type = value["type"].word(m_store);
        if (!type.empty() && type != "custom" && type != "function") {
            readTypedTool(type, value);
            return;
        }
        const std::string_view name = value["name"].word(m_store);
        if (name.empty() || (name == deferredPlaceholder && value["defer_loading"].isTrue()))
            return;
        Tool& tool = m_call.tools.emplace_back();
        tool.name = name;
        for (const Field field : value.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "description")
                tool.description = field.value.text();
            else if (key == "input_schema" && field.value.isObject())
                tool.schema = field.value.raw();
            else if (key == "strict")
                tool.strict = field.value.boolean();
            else if (key == "cache_control")
                tool.cache = cacheMarkFrom(field.value);
        }
    }

    void readTypedTool(std::string_view type, Value value)
    {
        Tool& tool = m_call.tools.emplace_back();
        tool.cache = cacheMarkFrom(value["cache_control"]);
        tool.name = value["name"].word(m_store);
        for (const KnownTool& known : knownTools) {
            if (!type.starts_with(known.typePrefix))
                continue;
            if (tool.name.empty())
                tool.name = known.name;
            tool.description = RawText(known.description);
            tool.schema = known.schema;
            return;
        }
        tool.kind = Tool::Kind::Server;
        tool.server = ServerTool::Other;
        tool.serverType = type;
        tool.raw = value.raw();
        for (const HostedTool& hosted : hostedTools) {
            if (type.starts_with(hosted.typePrefix))
                tool.server = hosted.tool;
        }
    }

    void readToolChoice(Value value)
    {
        ToolChoice& choice = m_call.toolChoice;
        const Value type = value.isString() ? value : value["type"];
        if (type.is("auto"))
            choice.mode = ToolChoice::Mode::Auto;
        else if (type.is("any"))
            choice.mode = ToolChoice::Mode::Any;
        else if (type.is("none"))
            choice.mode = ToolChoice::Mode::None;
        else if (type.is("tool")) {
            choice.mode = ToolChoice::Mode::Named;
            choice.name = value["name"].word(m_store);
        }
        if (value["disable_parallel_tool_use"].boolean() == true)
            choice.parallel = false;
    }

    // ---- the conversation

    void readSystem(Value system)
    {
        if (system.isString())
            addSystem(system.text(), CacheMark::None);
        for (const Value block : system) {
            if (block.isString())
                addSystem(block.text(), CacheMark::None);
            else
                addSystem(block["text"].text(), cacheMarkFrom(block["cache_control"]));
        }
    }

    void addSystem(RawText text, CacheMark cache)
    {
        text = withoutBilling(text);
        if (text.isEmpty())
            return;
        Part& part = m_call.system.emplace_back();
        part.text = text;
        part.cache = cache;
    }

    void readMessages(Value messages)
    {
        m_call.turns.reserve(messages.size());
        for (const Value message : messages) {
            Value role;
            Value content;
            for (const Field field : message.fields()) {
                if (field.key.escaped() == "role")
                    role = field.value;
                else if (field.key.escaped() == "content")
                    content = field.value;
            }
            if (!message.isObject())
                continue;
            const bool isSystem = role.is("system") || role.is("developer");
            if (isSystem && m_call.turns.empty()) {
                readSystem(content);
                continue;
            }
            Turn& turn = m_call.turns.emplace_back();
            turn.role = isSystem ? Role::System : role.is("assistant") ? Role::Assistant : Role::User;
            readContent(content, turn.parts);
        }
        const auto isEmpty = [](const Turn& turn) { return turn.parts.empty(); };
        m_call.turns.erase(std::remove_if(m_call.turns.begin(), m_call.turns.end(), isEmpty), m_call.turns.end());
    }

    void readContent(Value content, std::vector<Part>& parts)
    {
        if (content.isString())
            addText(parts, content.text());
        if (content.isArray())
            parts.reserve(parts.size() + content.size());
        std::vector<Carry> waiting; // signatures that came as blocks of their own and belong to what follows
        for (const Value block : content) {
            if (block.isString())
                addText(parts, block.text());
            else
                readBlock(block, parts, waiting);
        }
        giveToText(parts, waiting);
    }

    static void addText(std::vector<Part>& parts, RawText text)
    {
        if (!text.isEmpty())
            parts.emplace_back().text = text;
    }

    /// Signatures that no call followed are those of the text in front of them.
    static void giveToText(std::vector<Part>& parts, std::vector<Carry>& waiting)
    {
        for (const Carry& carry : waiting) {
            const auto text = std::find_if(parts.rbegin(), parts.rend(),
                [](const Part& part) { return part.kind == PartKind::Text && part.carry.isEmpty(); });
            if (text != parts.rend()) {
                text->carry = carry;
                continue;
            }
            Part& part = parts.emplace_back();
            part.kind = PartKind::Reasoning;
            part.carry = carry;
        }
        waiting.clear();
    }

    void readBlock(Value block, std::vector<Part>& parts, std::vector<Carry>& waiting)
    {
        const Value type = block["type"];
        const std::string_view kind = type.text().escaped();
        if (kind == "text") {
            readText(block, parts);
        } else if (kind == "tool_use") {
            Carry carry;
            if (!waiting.empty()) {
                carry = waiting.back();
                waiting.pop_back();
            }
            giveToText(parts, waiting);
            Part& part = parts.emplace_back();
            readToolUse(block, part);
            part.carry = carry;
        } else if (kind == "tool_result") {
            readToolResult(block, parts.emplace_back());
        } else if (kind == "thinking") {
            Part& part = parts.emplace_back();
            part.kind = PartKind::Reasoning;
            part.text = block["thinking"].text();
            part.carry = carryFrom(block["signature"], CarryKind::AnthropicSignature);
            if (part.text.isEmpty() && part.carry.isEmpty())
                parts.pop_back();
        } else if (kind == "redacted_thinking") {
            const Carry carry = carryFrom(block["data"], CarryKind::AnthropicRedacted);
            if (carry.kind == CarryKind::GeminiSignature) {
                waiting.push_back(carry);
            } else if (!carry.isEmpty()) {
                Part& part = parts.emplace_back();
                part.kind = PartKind::Reasoning;
                part.carry = carry;
            }
        } else if (kind == "image") {
            readImage(block, parts);
        } else if (kind == "document") {
            readDocument(block, parts);
        } else if (kind == "search_result") {
            readSearchResult(block, parts);
        } else if (kind == "tool_reference") {
            const std::string note = "[tool available: " + std::string(block["tool_name"].text().escaped()) + "]";
            addText(parts, RawText(m_store.keep(note)));
        } else if (kind.ends_with("tool_use") || kind.ends_with("tool_result")) {
            readServerBlock(block, kind, parts.emplace_back());
        } else if (block["text"].isString()) {
            readText(block, parts);
        }
    }

    void readText(Value block, std::vector<Part>& parts)
    {
        RawText text;
        Part& part = parts.emplace_back();
        for (const Field field : block.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "text") {
                text = field.value.text();
            } else if (key == "cache_control") {
                part.cache = cacheMarkFrom(field.value);
            } else if (key == "citations") {
                for (const Value citation : field.value) {
                    if (const auto read = citationFrom(citation))
                        part.citations.push_back(*read);
                }
            }
        }
        part.text = text;
        if (text.isEmpty())
            parts.pop_back();
    }

    void readToolUse(Value block, Part& part)
    {
        part.kind = PartKind::ToolCall;
        for (const Field field : block.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "id")
                part.callId = field.value.word(m_store);
            else if (key == "name")
                part.toolName = field.value.word(m_store);
            else if (key == "input" && field.value.isString())
                part.arguments = {field.value.text().escaped(), true};
            else if (key == "input" && field.value)
                part.arguments = {field.value.raw(), false};
            else if (key == "cache_control")
                part.cache = cacheMarkFrom(field.value);
        }
    }

    void readToolResult(Value block, Part& part)
    {
        part.kind = PartKind::ToolResult;
        for (const Field field : block.fields()) {
            const std::string_view key = field.key.escaped();
            if (key == "tool_use_id")
                part.callId = field.value.word(m_store);
            else if (key == "content")
                readContent(field.value, part.result);
            else if (key == "is_error")
                part.isError = field.value.boolean().value_or(false);
            else if (key == "cache_control")
                part.cache = cacheMarkFrom(field.value);
        }
    }

    /// A signature of ours or of this vendor. One of ours that was cut on its way is none.
    Carry carryFrom(Value value, CarryKind native)
    {
        const std::string_view token = value.word(m_store);
        if (looksWrapped(token))
            return unwrapped(token, m_store).value_or(Carry());
        return token.empty() ? Carry() : Carry{native, 0, token};
    }

    bool readSource(Value source, Media& media)
    {
        const Value type = source["type"];
        media.mime = source["media_type"].word(m_store);
        if (type.is("url")) {
            media = mediaFromUrl(source["url"].text(), m_store);
        } else if (type.is("file")) {
            media.source = Media::Source::FileId;
            media.url = source["file_id"].text();
        } else if (type.is("base64")) {
            media.source = Media::Source::Data;
            media.data = cleanBase64(source["data"].text(), m_store);
            media.mime = sniffedMime(media.data, media.mime);
        } else {
            return false;
        }
        return true;
    }

    void readImage(Value block, std::vector<Part>& parts)
    {
        Part& part = parts.emplace_back();
        part.kind = PartKind::Image;
        part.cache = cacheMarkFrom(block["cache_control"]);
        if (!readSource(block["source"], part.media))
            parts.pop_back();
    }

    void readDocument(Value block, std::vector<Part>& parts)
    {
        const Value source = block["source"];
        const Value pieces = source["content"];
        {
            Part& part = parts.emplace_back();
            part.kind = PartKind::Document;
            part.cache = cacheMarkFrom(block["cache_control"]);
            if (!readSource(source, part.media)) {
                part.media.source = Media::Source::Text;
                part.media.mime = "text/plain";
                part.text = source["type"].is("content") ? joinedText(pieces, m_store) : source["data"].text();
            }
            part.media.name = block["title"].text();
        }
        for (const Value piece : pieces) {
            if (piece["type"].is("image"))
                readImage(piece, parts);
        }
    }

    void readSearchResult(Value block, std::vector<Part>& parts)
    {
        std::string text = "<search_result title=\\\"";
        text += block["title"].text().escaped();
        text += "\\\" source=\\\"";
        text += block["source"].text().escaped();
        text += "\\\">\\n";
        text += joinedText(block["content"], m_store).escaped();
        text += "\\n</search_result>";
        Part& part = parts.emplace_back();
        part.text = RawText(m_store.keep(std::move(text)));
        part.cache = cacheMarkFrom(block["cache_control"]);
    }

    void readServerBlock(Value block, std::string_view kind, Part& part)
    {
        part.kind = PartKind::Server;
        part.raw = block.raw();
        const std::string_view name = block["name"].text().escaped();
        if (!kind.ends_with("tool_use") || name.empty())
            return;
        std::string text = name == "web_search" ? "web search" : std::string(name);
        if (const Value query = block["input"]["query"]; query.isString())
            text.append(": ").append(query.text().escaped());
        part.text = RawText(m_store.keep(std::move(text)));
    }

    ChatCall& m_call;
    TextStore& m_store;
    bool m_hasMcp = false;
};

}

Result<ChatCall> readCall(const Address& address, std::string_view body)
{
    json::Tree tree;
    if (!tree.parse(body))
        return Error{ErrorKind::BadRequest, std::string("the body is ") + tree.problem()};
    const Value root = tree.root();
    if (!root.isObject())
        return Error{ErrorKind::BadRequest, "the body is no JSON object"};
    ChatCall call;
    call.model = ModelName(root["model"].isString() ? root["model"].text().toString() : address.model);
    if (auto error = CallReader(call).read(root))
        return std::move(*error);
    return call;
}

}
