#include "base/text.h"
#include "chat/repair.h"
#include "dialect/convert_parts.h"
#include "dialect/gemini/schema.h"
#include "dialect/gemini/signatures.h"

#include <algorithm>
#include <unordered_map>

namespace waystation::gemini {

namespace {

using json::Writer;

constexpr std::size_t mostStops = 5;
constexpr double mostTemperature = 2;
constexpr std::size_t madeIdLetters = 20;

/// What a model thinks with, in tokens.
struct BudgetRange
{
    Tokens least = 0;
    Tokens most = 0;
};

BudgetRange budgetRangeOf(std::string_view model)
{
    if (containsIgnoringCase(model, "pro"))
        return {128, 32768};
    if (containsIgnoringCase(model, "lite"))
        return {512, 24576};
    return {1, 24576};
}

Error unsupported(std::string message, std::string_view field)
{
    return {ErrorKind::Unsupported, std::move(message), std::string(field)};
}

bool isMedia(const Part& part)
{
    return part.kind == PartKind::Image || part.kind == PartKind::Audio
        || part.kind == PartKind::Video || part.kind == PartKind::Document;
}

/// An id in the shape of those that Waystation makes where Google gave none.
bool looksMade(std::string_view id)
{
    constexpr std::string_view prefix = "call_";
    if (!id.starts_with(prefix) || id.size() != prefix.size() + madeIdLetters)
        return false;
    return std::all_of(id.begin() + prefix.size(), id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
}

/// `text` without white space at its end, which may be written as escapes.
RawText trimmedEnd(RawText text)
{
    std::string_view rest = text.escaped();
    for (;;) {
        if (rest.ends_with(' ')) {
            rest.remove_suffix(1);
            continue;
        }
        if (!rest.ends_with("\\n") && !rest.ends_with("\\r") && !rest.ends_with("\\t"))
            break;
        const std::size_t letter = rest.size() - 1;
        const std::size_t before = rest.find_last_not_of('\\', letter - 1);
        const std::size_t slashes = letter - 1 - (before == std::string_view::npos ? -1 : before);
        if (slashes % 2 == 0)
            break; // a backslash and a letter
        rest.remove_suffix(2);
    }
    return RawText(rest);
}

class CallWriter
{
public:
    CallWriter(ChatCall& call, const Target& target, ToolNames& names, Losses& losses)
        : m_call(call)
        , m_target(target)
        , m_names(names)
        , m_losses(losses)
        , m_writer(m_out)
    {
    }

    Result<std::string> write()
    {
        m_names = ToolNames(m_call, NameRule::Gemini, true);
        if (m_call.maxOutput == Tokens(0))
            return unsupported(
                "an answer of no tokens can only be asked of Anthropic", "max_tokens");
        if (const Result<void> chosen = chooseTools(); !chosen)
            return chosen.error();
        shapeTurns();
        if (m_call.turns.empty())
            return Error{ErrorKind::BadRequest, "the request has no contents", "contents"};

        m_out.reserve(expectedOctets());
        m_writer.beginObject();
        writeSystem();
        writeContents();
        writeTools();
        writeToolConfig();
        writeGenerationConfig();
        writeTier();
        m_writer.endObject();
        noteLosses();
        return std::move(m_out);
    }

private:
    bool isOwn(const Carry& carry) const
    {
        return carry.kind == CarryKind::GeminiSignature && belongsTo(carry, m_target.origin);
    }

    // ---- which tools

    Result<void> chooseTools()
    {
        // Gemini takes a list of names only together with a must.
        const bool mayAll = m_call.toolChoice.mode == ToolChoice::Mode::Any;
        bool asksForMcp = false;
        std::vector<const Tool*> offered;
        if (mayAll)
            for (const Tool& tool : m_call.tools)
                offered.push_back(&tool);
        else
            offered = offeredTools(m_call);
        m_searches = !m_call.webSearchOptions.empty();
        for (const Tool* tool : offered) {
            if (tool->kind != Tool::Kind::Server) {
                m_functions.push_back(tool);
            } else if (tool->server == ServerTool::WebSearch) {
                m_searches = true;
            } else {
                asksForMcp = asksForMcp || tool->server == ServerTool::Mcp;
                m_losses.drop(tool->serverType);
            }
        }
        if (asksForMcp && m_functions.empty() && !m_searches)
            return unsupported(
                "the tools of MCP servers cannot be had from this upstream", "mcp_servers");
        // Functions and a search in one request are refused by most models, and the others want
        // parts of the search back that no other protocol can carry.
        if (m_searches && !m_functions.empty()) {
            m_searches = false;
            m_losses.drop("web_search");
        }
        if (m_call.toolChoice.mode == ToolChoice::Mode::Named) {
            const auto isNamed
                = [&](const Tool* tool) { return tool->name == m_call.toolChoice.name; };
            if (std::none_of(m_functions.begin(), m_functions.end(), isNamed))
                return unsupported(
                    "tool_choice names a tool that this upstream does not get", "tool_choice");
        }
        return {};
    }

    // ---- the shape of the turns

    void shapeTurns()
    {
        for (Turn& turn : m_call.turns) {
            std::vector<Part>& parts = turn.parts;
            for (std::size_t i = 0; i < parts.size(); ++i) {
                if (parts[i].kind == PartKind::Server)
                    speakOfServer(parts, i);
            }
            std::erase_if(parts, [&](const Part& part) { return isUnsaid(part); });
        }
        if (!m_call.turns.empty() && m_call.turns.back().role == Role::Assistant)
            trimLast(m_call.turns.back().parts);
        std::erase_if(m_call.turns, [](const Turn& turn) { return turn.parts.empty(); });
        wrapSystemTurns(m_call);
        mergeNeighbours(m_call);
        if (!m_call.turns.empty() && m_call.turns.front().role == Role::Assistant) {
            Turn first;
            first.parts.emplace_back().text = RawText("(conversation continues)");
            m_call.turns.insert(m_call.turns.begin(), std::move(first));
        }
    }

    /// What a vendor's own tool did means nothing here; a word about it stays where nothing else is
    /// said.
    void speakOfServer(std::vector<Part>& parts, std::size_t at)
    {
        const auto says
            = [](const Part& part) { return part.kind == PartKind::Text && !part.text.isEmpty(); };
        Part& part = parts[at];
        const bool textFollows
            = std::any_of(parts.begin() + std::ptrdiff_t(at) + 1, parts.end(), says);
        std::string about;
        if (!textFollows && !part.text.isEmpty())
            about = '[' + std::string(part.text.escaped()) + ']';
        part = Part();
        part.text = RawText(m_call.texts.keep(std::move(about)));
    }

    bool isUnsaid(const Part& part) const
    {
        switch (part.kind) {
        case PartKind::Reasoning:
            return !isOwn(part.carry);
        case PartKind::Text:
        case PartKind::Refusal:
            return part.text.isEmpty() && !isOwn(part.carry);
        default:
            return false;
        }
    }

    void trimLast(std::vector<Part>& parts) const
    {
        if (parts.empty() || parts.back().kind != PartKind::Text)
            return;
        parts.back().text = trimmedEnd(parts.back().text);
        if (isUnsaid(parts.back()))
            parts.pop_back();
    }

    std::size_t expectedOctets() const
    {
        std::size_t octets = 2048;
        const auto add = [&](const Part& part) {
            octets += 96 + part.text.size() + part.media.data.size() + part.arguments.text.size()
                + part.carry.payload.size();
        };
        for (const Part& part : m_call.system)
            add(part);
        for (const Turn& turn : m_call.turns) {
            for (const Part& part : turn.parts) {
                add(part);
                for (const Part& inner : part.result)
                    add(inner);
            }
        }
        for (const Tool& tool : m_call.tools)
            octets += 128 + tool.description.size() + tool.schema.size() + tool.grammar.size();
        return octets + m_call.format.schema.size();
    }

    // ---- system

    void writeSystem()
    {
        std::string& out = m_out;
        bool isOpen = false;
        const auto add = [&](std::string_view escaped) {
            if (escaped.empty())
                return;
            if (isOpen)
                out += "\\n\\n";
            else
                m_writer.key("systemInstruction").raw(R"({"parts":[{"text":")");
            isOpen = true;
            out += escaped;
        };
        for (const Part& part : m_call.system)
            add(part.text.escaped());
        if (saysFormatInWords()) {
            std::string words;
            const bool hasSchema = !m_call.format.schema.empty();
            appendEscaped(words,
                hasSchema ? "Answer with nothing but JSON that fits this schema:\n"
                          : "Answer with nothing but a JSON object.");
            appendEscaped(words, m_call.format.schema);
            add(words);
            m_losses.adapt("response_format");
        }
        if (isOpen)
            out += "\"}]}";
    }

    bool wantsJson() const
    {
        return m_call.format.kind == OutputFormat::Kind::JsonObject
            || m_call.format.kind == OutputFormat::Kind::JsonSchema;
    }

    /// Models before 3 take a format or tools, not both.
    bool saysFormatInWords() const
    {
        return wantsJson() && !m_target.jsonWithTools && (!m_functions.empty() || m_searches);
    }

    // ---- contents

    void writeContents()
    {
        std::size_t currentFrom = 0;
        for (std::size_t i = 0; i < m_call.turns.size(); ++i) {
            if (startsTurn(m_call.turns[i]))
                currentFrom = i;
        }
        m_writer.key("contents").beginArray();
        for (std::size_t i = 0; i < m_call.turns.size(); ++i) {
            const Turn& turn = m_call.turns[i];
            const bool isModel = turn.role == Role::Assistant;
            m_writer.beginObject().field("role", isModel ? "model" : "user");
            m_writer.key("parts").beginArray();
            if (isModel)
                writeModelParts(turn, i > currentFrom);
            else
                writeUserParts(turn);
            m_writer.endArray().endObject();
        }
        m_writer.endArray();
    }

    /// True for what a user said by themselves: Google counts the current turn from there. Words
    /// beside results may be a client's reminder, so the turn goes on with those.
    static bool startsTurn(const Turn& turn)
    {
        return turn.role == Role::User
            && std::none_of(turn.parts.begin(), turn.parts.end(),
                [](const Part& part) { return part.kind == PartKind::ToolResult; });
    }

    void writeUserParts(const Turn& turn)
    {
        std::vector<const Part*> later;
        std::size_t i = 0;
        for (; i < turn.parts.size() && turn.parts[i].kind == PartKind::ToolResult; ++i)
            writeResult(turn.parts[i], later);
        for (const Part* media : later)
            writeMedia(*media);
        for (; i < turn.parts.size(); ++i) {
            const Part& part = turn.parts[i];
            if (part.kind == PartKind::ToolResult) {
                later.clear();
                writeResult(part, later);
                for (const Part* media : later)
                    writeMedia(*media);
            } else if (isMedia(part)) {
                writeMedia(part);
            } else {
                writeText(part, {});
            }
        }
    }

    void writeModelParts(const Turn& turn, bool isCurrent)
    {
        // An id is Google's own only where its signature stands beside it.
        const bool isOurs = std::any_of(turn.parts.begin(), turn.parts.end(),
            [&](const Part& part) { return isOwn(part.carry); });
        std::string_view pending; // came on its own, in front of its part
        bool calls = false;
        for (const Part& part : turn.parts) {
            const std::string_view own
                = isOwn(part.carry) ? part.carry.payload : std::string_view();
            switch (part.kind) {
            case PartKind::Reasoning:
                pending = own;
                continue;
            case PartKind::ToolCall: {
                std::string_view signature = own.empty() ? pending : own;
                if (signature.empty() && !calls && isCurrent && m_target.signatureCheck)
                    signature = skipSignature;
                writeCall(part, signature, isOurs);
                calls = true;
                break;
            }
            case PartKind::Text:
            case PartKind::Refusal:
                writeText(part, own.empty() ? pending : own);
                break;
            default:
                if (isMedia(part))
                    writeMedia(part);
                continue;
            }
            pending = {};
        }
        if (!pending.empty())
            m_writer.beginObject().field("text", "").field("thoughtSignature", pending).endObject();
    }

    void writeText(const Part& part, std::string_view signature)
    {
        m_writer.beginObject().field("text", part.text);
        if (!signature.empty())
            m_writer.field("thoughtSignature", signature);
        m_writer.endObject();
    }

    void writeCall(const Part& part, std::string_view signature, bool isOurs)
    {
        const std::string_view name = m_names.upstreamName(part.nameSpace, part.toolName);
        const bool hasId = isOurs && part.idIsNative && !looksMade(part.callId);
        m_called.insert_or_assign(part.callId, Called{name, hasId});
        m_writer.beginObject().key("functionCall").beginObject();
        if (hasId)
            m_writer.field("id", part.callId);
        m_writer.field("name", name);
        m_writer.raw("args",
            part.isCustom ? customInputAsObject(part.text)
                          : argumentsAsObject(part.arguments, m_losses));
        m_writer.endObject();
        if (!signature.empty())
            m_writer.field("thoughtSignature", signature);
        m_writer.endObject();
    }

    void writeResult(const Part& result, std::vector<const Part*>& later)
    {
        Called called;
        if (const auto found = m_called.find(result.callId); found != m_called.end())
            called = found->second;
        else
            called.name = m_names.upstreamName(result.nameSpace, result.toolName);
        m_writer.beginObject().key("functionResponse").beginObject();
        if (called.hasId)
            m_writer.field("id", result.callId);
        m_writer.field("name", called.name);
        m_writer.key("response");
        writeResponse(result);

        bool isOpen = false;
        for (const Part& part : result.result) {
            if (!isMedia(part) || isPlainDocument(part))
                continue;
            const bool isInside = m_target.mediaInResults
                && part.media.source == Media::Source::Data && isTaken(part);
            if (!isInside) {
                later.push_back(&part);
                continue;
            }
            if (!isOpen)
                m_writer.key("parts").beginArray();
            isOpen = true;
            m_writer.beginObject();
            writeInline(part);
            m_writer.endObject();
        }
        if (isOpen)
            m_writer.endArray();
        m_writer.endObject().endObject();
    }

    static bool isPlainDocument(const Part& part)
    {
        return part.kind == PartKind::Document && part.media.source == Media::Source::Text;
    }

    void writeResponse(const Part& result)
    {
        RawText text;
        bool isFirst = true;
        for (const Part& part : result.result) {
            if (part.kind != PartKind::Text && !isPlainDocument(part))
                continue;
            const RawText said
                = part.kind == PartKind::Text ? part.text : documentAsText(part, m_call.texts);
            text = isFirst ? said : joined(text, "\\n", said, m_call.texts);
            isFirst = false;
        }
        if (result.isError) {
            m_writer.beginObject().field("error", text).endObject();
            return;
        }
        if (looksLikeObject(text)) {
            const std::string_view plain = trimmed(text.plain(m_scratch));
            if (m_tree.parse(plain) && m_tree.root().isObject()) {
                m_writer.raw(plain);
                return;
            }
        }
        m_writer.beginObject().field("output", text).endObject();
    }

    static bool looksLikeObject(RawText text)
    {
        const std::size_t at = text.escaped().find_first_not_of(" \\nrt");
        return at != std::string_view::npos && text.escaped()[at] == '{';
    }

    // ---- pictures and the like

    bool isTaken(const Part& part) const
    {
        if (part.media.source == Media::Source::FileId)
            return false;
        if (part.media.source == Media::Source::Url && !m_target.takesUrls)
            return false;
        return m_target.vision || part.kind != PartKind::Image;
    }

    void writeMedia(const Part& part)
    {
        m_writer.beginObject();
        if (isPlainDocument(part)) {
            m_writer.field("text", documentAsText(part, m_call.texts));
        } else if (!isTaken(part)) {
            m_losses.drop(wordFor(part.kind));
            m_writer.field("text", placeholderFor(part));
        } else if (part.media.source == Media::Source::Url) {
            writeFile(part);
        } else {
            writeInline(part);
        }
        m_writer.endObject();
    }

    static const char* wordFor(PartKind kind)
    {
        switch (kind) {
        case PartKind::Audio:
            return "audio";
        case PartKind::Video:
            return "video";
        case PartKind::Document:
            return "document";
        default:
            return "image";
        }
    }

    /// A type for what came without one: Gemini refuses data that has none.
    static std::string_view mimeOf(const Part& part)
    {
        if (!part.media.mime.empty())
            return part.media.mime;
        switch (part.kind) {
        case PartKind::Audio:
            return "audio/wav";
        case PartKind::Video:
            return "video/mp4";
        case PartKind::Document:
            return "application/pdf";
        default:
            return "image/png";
        }
    }

    void writeInline(const Part& part)
    {
        noteDetail(part);
        m_writer.key("inlineData").beginObject();
        m_writer.field("mimeType", sniffedMime(part.media.data, mimeOf(part)));
        m_writer.field("data", RawText(part.media.data));
        m_writer.endObject();
    }

    void writeFile(const Part& part)
    {
        noteDetail(part);
        std::string_view mime = part.media.mime;
        if (mime.empty())
            mime = mimeFromName(part.media.url.escaped());
        // A film's page on the web has no type of its own.
        if (mime.empty() && part.kind != PartKind::Video)
            mime = mimeOf(part);
        m_writer.key("fileData").beginObject();
        if (!mime.empty())
            m_writer.field("mimeType", mime);
        m_writer.field("fileUri", part.media.url);
        m_writer.endObject();
    }

    void noteDetail(const Part& part)
    {
        m_hasLowDetail = m_hasLowDetail || part.media.detail == "low";
        m_hasHighDetail = m_hasHighDetail || part.media.detail == "high";
    }

    // ---- tools

    void writeTools()
    {
        if (m_functions.empty() && !m_searches)
            return;
        m_writer.key("tools").beginArray().beginObject();
        if (m_searches) {
            m_writer.raw("googleSearch", "{}");
        } else {
            m_writer.key("functionDeclarations").beginArray();
            for (const Tool* tool : m_functions)
                writeDeclaration(*tool);
            m_writer.endArray();
        }
        m_writer.endObject().endArray();
    }

    void writeDeclaration(const Tool& tool)
    {
        m_writer.beginObject();
        m_writer.field("name", m_names.upstreamName(tool.nameSpace, tool.name));
        RawText description = tool.description;
        if (!tool.grammar.isEmpty())
            description = description.isEmpty()
                ? tool.grammar
                : joined(description, "\\n\\n", tool.grammar, m_call.texts);
        if (!description.isEmpty())
            m_writer.field("description", description);
        const bool isCustom = tool.kind == Tool::Kind::Custom;
        const std::string_view schema = isCustom
            ? R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"]})"
            : tool.schema;
        writeParameters(schema);
        m_writer.endObject();
    }

    void writeParameters(std::string_view schema)
    {
        if (schema.empty() || !m_tree.parse(schema) || !m_tree.root().isObject())
            return;
        if (m_target.jsonSchemaFields) {
            if (m_tree.root()["type"])
                m_writer.raw("parametersJsonSchema", schema);
            else
                m_writer.raw("parametersJsonSchema", objectSchema(schema));
            return;
        }
        const std::string converted = openApiSchema(m_tree.root());
        // A function that takes nothing has no parameters: an object without any is refused.
        if (converted.find(R"("properties":)") != std::string::npos)
            m_writer.raw("parameters", converted);
    }

    void writeToolConfig()
    {
        const ToolChoice& choice = m_call.toolChoice;
        if (choice.mode == ToolChoice::Mode::Unset)
            return;
        if (m_functions.empty()) {
            if (choice.mode == ToolChoice::Mode::Any)
                m_losses.drop("tool_choice");
            return;
        }
        m_writer.key("toolConfig").beginObject().key("functionCallingConfig").beginObject();
        switch (choice.mode) {
        case ToolChoice::Mode::None:
            m_writer.field("mode", "NONE");
            break;
        case ToolChoice::Mode::Any:
        case ToolChoice::Mode::Named:
            m_writer.field("mode", "ANY");
            break;
        default:
            m_writer.field("mode", "AUTO");
        }
        std::vector<std::string_view> allowed;
        for (const Tool* tool : m_functions) {
            const bool isAllowed = choice.mode == ToolChoice::Mode::Named
                ? tool->name == choice.name
                : std::find(choice.only.begin(), choice.only.end(), tool->name)
                    != choice.only.end();
            if (isAllowed)
                allowed.push_back(m_names.upstreamName(tool->nameSpace, tool->name));
        }
        const bool isMust
            = choice.mode == ToolChoice::Mode::Named || choice.mode == ToolChoice::Mode::Any;
        if (isMust && !allowed.empty()) {
            m_writer.key("allowedFunctionNames").beginArray();
            for (const std::string_view name : allowed)
                m_writer.plain(name);
            m_writer.endArray();
        }
        m_writer.endObject().endObject();
    }

    // ---- generationConfig

    void writeGenerationConfig()
    {
        const std::size_t before = m_out.size();
        m_writer.key("generationConfig").beginObject();
        const std::size_t begun = m_out.size();
        writeLimits();
        writeSampling();
        writeOutput();
        writeThinking();
        const bool isEmpty = m_out.size() == begun;
        m_writer.endObject();
        if (isEmpty)
            m_out.resize(before);
    }

    void writeLimits()
    {
        if (m_call.candidates > 1)
            m_writer.field("candidateCount", m_call.candidates);
        std::vector<RawText> stops = m_call.stop;
        std::erase_if(stops, [](RawText stop) { return stop.isEmpty(); });
        if (stops.size() > mostStops) {
            stops.resize(mostStops);
            m_losses.adapt("stop");
        }
        if (!stops.empty()) {
            m_writer.key("stopSequences").beginArray();
            for (const RawText stop : stops)
                m_writer.text(stop);
            m_writer.endArray();
        }
        if (m_call.maxOutput)
            m_writer.field("maxOutputTokens", *m_call.maxOutput);
    }

    void writeSampling()
    {
        if (m_call.temperature) {
            const double most = std::min(mostTemperature, m_target.mostTemperature);
            const double fitting = std::clamp(*m_call.temperature, 0.0, most);
            if (fitting != *m_call.temperature)
                m_losses.adapt("temperature");
            m_writer.number("temperature", fitting);
        }
        if (m_call.topP)
            m_writer.number("topP", *m_call.topP);
        if (m_call.topK)
            m_writer.field("topK", *m_call.topK);
        if (m_call.seed) // 32 bits there
            m_writer.field("seed", *m_call.seed & 0x7FFFFFFF);
        if (m_target.penalties) {
            if (m_call.presencePenalty)
                m_writer.number("presencePenalty", *m_call.presencePenalty);
            if (m_call.frequencyPenalty)
                m_writer.number("frequencyPenalty", *m_call.frequencyPenalty);
        } else {
            if (m_call.presencePenalty)
                m_losses.drop("presence_penalty");
            if (m_call.frequencyPenalty)
                m_losses.drop("frequency_penalty");
        }
        if (m_call.logprobs && m_target.logprobs) {
            m_writer.field("responseLogprobs", true);
            if (m_call.topLogprobs && *m_call.topLogprobs > 0)
                m_writer.field("logprobs", *m_call.topLogprobs);
        } else if (m_call.logprobs) {
            m_losses.drop("logprobs");
        }
    }

    void writeOutput()
    {
        if (m_call.wantsAudio)
            m_writer.raw("responseModalities", R"(["AUDIO"])");
        else if (m_call.wantsImages)
            m_writer.raw("responseModalities", R"(["TEXT","IMAGE"])");
        if (wantsJson() && !saysFormatInWords()) {
            m_writer.field("responseMimeType", "application/json");
            writeResponseSchema();
        }
        if (m_hasHighDetail)
            m_writer.field("mediaResolution", "MEDIA_RESOLUTION_HIGH");
        else if (m_hasLowDetail)
            m_writer.field("mediaResolution", "MEDIA_RESOLUTION_LOW");
    }

    void writeResponseSchema()
    {
        const OutputFormat& format = m_call.format;
        if (format.kind != OutputFormat::Kind::JsonSchema || !m_tree.parse(format.schema)
            || !m_tree.root().isObject())
            return;
        if (m_target.jsonSchemaFields)
            m_writer.raw("responseJsonSchema", format.schema);
        else
            m_writer.raw("responseSchema", openApiSchema(m_tree.root()));
    }

    void writeThinking()
    {
        const ReasoningWish& wish = m_call.reasoning;
        if (wish.isUnset() && wish.show != true)
            return;
        const bool isOff = effortOf(wish) == Effort::None;
        const bool isByLevel = m_target.geminiThinking == GeminiThinking::Level;
        const std::optional<Tokens> budget = isByLevel ? std::nullopt : budgetFor(wish, isOff);
        const char* level = isByLevel ? levelFor(wish, isOff) : nullptr;
        const bool shows = !isOff && wish.show != false;
        if (!budget && !level && !shows)
            return;
        m_writer.key("thinkingConfig").beginObject();
        if (budget)
            m_writer.field("thinkingBudget", *budget);
        if (level)
            m_writer.field("thinkingLevel", level);
        if (shows)
            m_writer.field("includeThoughts", true);
        m_writer.endObject();
    }

    std::optional<Tokens> budgetFor(const ReasoningWish& wish, bool isOff)
    {
        const BudgetRange range = budgetRangeOf(m_target.model);
        if (isOff) {
            if (m_target.canSwitchThinkingOff)
                return 0;
            m_losses.adapt("reasoning");
            return range.least;
        }
        std::optional<Tokens> wanted = wish.budget;
        if (!wanted && wish.effort)
            wanted = waystation::budgetFor(*wish.effort);
        if (!wanted)
            return wish.isUnset() ? std::nullopt : std::optional<Tokens>(-1); // as much as it likes
        const Tokens fitting = std::clamp(*wanted, range.least, range.most);
        if (fitting != *wanted && wish.budget)
            m_losses.adapt("reasoning.budget");
        return fitting;
    }

    const char* levelFor(const ReasoningWish& wish, bool isOff)
    {
        const std::optional<Effort> wanted = effortOf(wish);
        // Without a say in it, and where the model is to choose, its own default stands.
        const bool isFree = !wish.effort && !wish.budget && !isOff;
        if (!wanted || m_target.efforts == 0 || isFree)
            return nullptr;
        const auto knows = [&](Effort effort) {
            return (m_target.efforts & (1u << static_cast<unsigned>(effort))) != 0;
        };
        if (isOff)
            m_losses.adapt("reasoning");
        Effort effort = isOff ? Effort::Minimal : *wanted;
        if (effort == Effort::Medium && !knows(Effort::Medium) && knows(Effort::High))
            effort = Effort::High;
        switch (nearestEffort(effort, m_target.efforts)) {
        case Effort::None:
        case Effort::Minimal:
            return "MINIMAL";
        case Effort::Low:
            return "LOW";
        case Effort::Medium:
            return "MEDIUM";
        default:
            return "HIGH";
        }
    }

    void writeTier()
    {
        const std::string_view tier = m_call.tier;
        if (tier == "default" || tier == "standard_only")
            m_writer.field("serviceTier", "standard");
        else if (tier == "flex" || tier == "priority")
            m_writer.field("serviceTier", tier);
        else if (!tier.empty() && tier != "auto")
            m_losses.drop("service_tier");
    }

    void noteLosses()
    {
        if (m_call.toolChoice.parallel == false && !m_functions.empty())
            m_losses.drop("parallel_tool_calls");
        if (!m_call.logitBias.empty())
            m_losses.drop("logit_bias");
        if (!m_call.verbosity.empty())
            m_losses.drop("verbosity");
        if (!m_call.prediction.empty())
            m_losses.drop("prediction");
    }

    struct Called
    {
        std::string_view name;
        bool hasId = false;
    };

    ChatCall& m_call;
    const Target& m_target;
    ToolNames& m_names;
    Losses& m_losses;
    std::string m_out;
    Writer m_writer;
    json::Tree m_tree;
    std::string m_scratch;
    std::vector<const Tool*> m_functions;
    bool m_searches = false;
    bool m_hasLowDetail = false;
    bool m_hasHighDetail = false;
    std::unordered_map<std::string_view, Called> m_called;
};

}

Result<std::string> writeCall(
    ChatCall& call, const Target& target, ToolNames& names, Losses& losses)
{
    return CallWriter(call, target, names, losses).write();
}

}
