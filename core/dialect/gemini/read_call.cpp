#include "base/text.h"
#include "dialect/convert_parts.h"
#include "dialect/gemini/fields.h"
#include "dialect/gemini/schema.h"
#include "dialect/gemini/signatures.h"

#include <array>

namespace waystation::gemini {

namespace {

using json::Field;
using json::Value;

Error refusal(ErrorKind kind, std::string message, std::string_view field)
{
    return {kind, std::move(message), std::string(field)};
}

/// "models/x" and "tunedModels/x" are the model x.
std::string_view bareModel(std::string_view model)
{
    for (const std::string_view prefix : {"models/", "tunedModels/"}) {
        if (model.starts_with(prefix))
            return model.substr(prefix.size());
    }
    return model;
}

ServerTool serverToolFrom(std::string_view key)
{
    struct Row
    {
        std::string_view name;
        ServerTool tool;
    };

    static constexpr std::array rows{Row{"googleSearch", ServerTool::WebSearch},
        Row{"googleSearchRetrieval", ServerTool::WebSearch},
        Row{"enterpriseWebSearch", ServerTool::WebSearch},
        Row{"codeExecution", ServerTool::CodeExecution}, Row{"fileSearch", ServerTool::FileSearch},
        Row{"retrieval", ServerTool::FileSearch}, Row{"computerUse", ServerTool::Computer},
        Row{"mcpServers", ServerTool::Mcp}};
    for (const Row& row : rows) {
        if (isNamed(key, row.name))
            return row.tool;
    }
    return ServerTool::Other;
}

class CallReader
{
public:
    explicit CallReader(ChatCall& call)
        : m_call(call)
        , m_store(call.texts)
    {
    }

    Result<void> read(Value body)
    {
        for (const Field field : body.fields()) {
            const std::string_view key = field.key.escaped();
            const Value value = field.value;
            if (!value)
                continue;
            if (key == "contents")
                readContents(value);
            else if (isNamed(key, "systemInstruction"))
                readSystem(value);
            else if (key == "tools")
                readTools(value);
            else if (isNamed(key, "toolConfig"))
                readToolConfig(value);
            else if (isNamed(key, "generationConfig"))
                readGenerationConfig(value);
            else if (isNamed(key, "serviceTier"))
                readTier(value);
            else if (isNamed(key, "cachedContent"))
                return refusal(ErrorKind::Unsupported,
                    "cached content of Google cannot be read by another vendor's model",
                    "cachedContent");
        }
        if (m_call.turns.empty())
            return refusal(ErrorKind::BadRequest, "the request has no contents", "contents");
        giveDetail();
        return {};
    }

private:
    // ---- contents

    void readContents(Value contents)
    {
        if (contents.isString()) {
            addText(m_call.turns.emplace_back(), contents.text(), {});
            return;
        }
        if (contents.isObject()) {
            readContent(contents);
            return;
        }
        m_call.turns.reserve(contents.size());
        for (const Value content : contents)
            readContent(content);
    }

    void readContent(Value content)
    {
        Turn turn;
        const Value role = content["role"];
        if (role.is("model") || role.is("assistant"))
            turn.role = Role::Assistant;
        else if (role.is("system"))
            turn.role = Role::System;
        const Value parts = content["parts"];
        if (parts.isObject())
            readPart(parts, turn);
        for (const Value part : parts)
            readPart(part, turn);
        if (!turn.parts.empty())
            m_call.turns.push_back(std::move(turn));
    }

    void readPart(Value part, Turn& turn)
    {
        Value text, call, response, media, signature, resolution;
        bool isCode = false;
        bool isThought = false;
        for (const Field field : part.fields()) {
            const std::string_view key = field.key.escaped();
            if (!field.value)
                continue;
            if (key == "text")
                text = field.value;
            else if (key == "thought")
                isThought = field.value.boolean().value_or(false);
            else if (isNamed(key, "functionCall"))
                call = field.value;
            else if (isNamed(key, "functionResponse"))
                response = field.value;
            else if (isNamed(key, "thoughtSignature"))
                signature = field.value;
            else if (isNamed(key, "inlineData") || isNamed(key, "fileData"))
                media = field.value;
            else if (isNamed(key, "mediaResolution"))
                resolution = field.value;
            else if (isNamed(key, "executableCode") || isNamed(key, "codeExecutionResult"))
                isCode = true;
        }
        const Carry carry = signature ? carryFrom(signature.word(m_store), m_store) : Carry();

        if (call.isObject())
            addCall(turn, call, carry);
        else if (response.isObject())
            turn.parts.push_back(resultFrom(response));
        else if (media)
            addMedia(turn, part, resolution);
        else if (isCode)
            addText(turn, codeAsText(part, m_store), carry);
        else if (text && isThought)
            addThought(turn, text.text(), carry);
        else if (text || !carry.isEmpty())
            addText(turn, text.text(), carry);
    }

    void addText(Turn& turn, RawText text, const Carry& carry)
    {
        Part part;
        part.text = text;
        giveCarry(turn, part, carry);
        if (!text.isEmpty() || !part.carry.isEmpty())
            turn.parts.push_back(std::move(part));
    }

    static void addThought(Turn& turn, RawText text, const Carry& carry)
    {
        if (text.isEmpty() && carry.isEmpty())
            return;
        // A thought's state may come behind it, in a part without text.
        if (text.isEmpty() && !turn.parts.empty()) {
            Part& last = turn.parts.back();
            if (last.kind == PartKind::Reasoning && last.carry.isEmpty()) {
                last.carry = carry;
                return;
            }
        }
        Part part;
        part.kind = PartKind::Reasoning;
        part.text = text;
        part.carry = carry;
        turn.parts.push_back(std::move(part));
    }

    void addCall(Turn& turn, Value call, const Carry& carry)
    {
        Part part;
        part.kind = PartKind::ToolCall;
        part.callId = call["id"].word(m_store);
        part.idIsNative = !part.callId.empty();
        part.toolName = call["name"].word(m_store);
        const Value arguments = call["args"];
        if (arguments.isString())
            part.arguments = {arguments.text().escaped(), true};
        else if (arguments)
            part.arguments = {compacted(arguments.raw(), m_store), false};
        giveCarry(turn, part, carry);
        turn.parts.push_back(std::move(part));
    }

    /// Google's state belongs to the part it comes with; that of others is the thought in front.
    void giveCarry(Turn& turn, Part& part, const Carry& carry)
    {
        if (carry.kind == CarryKind::GeminiSignature)
            part.carry = carry;
        else if (!carry.isEmpty())
            addThought(turn, {}, carry);
    }

    Part resultFrom(Value response)
    {
        Part part;
        part.kind = PartKind::ToolResult;
        part.callId = response["id"].word(m_store);
        part.toolName = response["name"].word(m_store);
        const Value said = response["response"];
        Value only;
        std::string_view onlyKey;
        if (said.isObject() && said.size() == 1) {
            only = (*said.fields().begin()).value;
            onlyKey = (*said.fields().begin()).key.escaped();
        }
        part.isError = onlyKey == "error";
        const bool isWrapped = part.isError || onlyKey == "output" || onlyKey == "result";
        const RawText text = textOf(isWrapped ? only : said);
        if (!text.isEmpty())
            part.result.emplace_back().text = text;
        for (const Value inner : response["parts"]) {
            Part media;
            if (readMedia(inner, media, m_store))
                part.result.push_back(std::move(media));
        }
        return part;
    }

    /// A text as it is, everything else as its JSON.
    RawText textOf(Value value)
    {
        if (value.isString())
            return value.text();
        if (!value || (value.isObject() && value.size() == 0))
            return {};
        return m_store.escape(compacted(value.raw(), m_store));
    }

    void addMedia(Turn& turn, Value part, Value resolution)
    {
        Part media;
        if (!readMedia(part, media, m_store))
            return;
        media.media.detail = detailFrom(resolution.isObject() ? resolution["level"] : resolution);
        turn.parts.push_back(std::move(media));
    }

    static std::string_view detailFrom(Value resolution)
    {
        if (resolution.is("MEDIA_RESOLUTION_LOW"))
            return "low";
        return resolution.is("MEDIA_RESOLUTION_HIGH") ? "high" : "";
    }

    /// The request's own resolution, where a picture has none of its own.
    void giveDetail()
    {
        if (m_detail.empty())
            return;
        for (Turn& turn : m_call.turns) {
            for (Part& part : turn.parts) {
                if (part.kind == PartKind::Image && part.media.detail.empty())
                    part.media.detail = m_detail;
            }
        }
    }

    void readSystem(Value instruction)
    {
        const auto add = [&](RawText text) {
            if (!text.isEmpty())
                m_call.system.emplace_back().text = text;
        };
        add(instruction.text());
        const Value parts = instruction["parts"];
        add(parts["text"].text());
        for (const Value part : parts)
            add(part["text"].text());
    }

    // ---- tools

    void readTools(Value tools)
    {
        if (tools.isObject())
            readToolEntry(tools);
        for (const Value entry : tools)
            readToolEntry(entry);
    }

    void readToolEntry(Value entry)
    {
        for (const Field field : entry.fields()) {
            const std::string_view key = field.key.escaped();
            if (!field.value)
                continue;
            if (isNamed(key, "functionDeclarations")) {
                for (const Value declaration : field.value)
                    readDeclaration(declaration);
                continue;
            }
            Tool tool;
            tool.kind = Tool::Kind::Server;
            tool.server = serverToolFrom(key);
            tool.serverType = m_store.plain(field.key);
            tool.raw = entry.raw();
            m_call.tools.push_back(std::move(tool));
        }
    }

    void readDeclaration(Value declaration)
    {
        Tool tool;
        Value own;
        for (const Field field : declaration.fields()) {
            const std::string_view key = field.key.escaped();
            if (!field.value)
                continue;
            if (key == "name")
                tool.name = field.value.word(m_store);
            else if (key == "description")
                tool.description = field.value.text();
            else if (isNamed(key, "parametersJsonSchema"))
                tool.schema = field.value.raw();
            else if (key == "parameters")
                own = field.value;
        }
        if (tool.schema.empty() && own.isObject())
            tool.schema = m_store.keep(jsonSchema(own));
        if (!tool.name.empty())
            m_call.tools.push_back(std::move(tool));
    }

    void readToolConfig(Value config)
    {
        const Value calling = fieldOf(config, "functionCallingConfig");
        ToolChoice& choice = m_call.toolChoice;
        const std::string mode = lower(calling["mode"].text().toString());
        if (mode == "auto" || mode == "validated")
            choice.mode = ToolChoice::Mode::Auto;
        else if (mode == "any")
            choice.mode = ToolChoice::Mode::Any;
        else if (mode == "none")
            choice.mode = ToolChoice::Mode::None;
        if (choice.mode == ToolChoice::Mode::None)
            return;
        for (const Value name : fieldOf(calling, "allowedFunctionNames"))
            choice.only.push_back(name.word(m_store));
        if (choice.mode == ToolChoice::Mode::Any && choice.only.size() == 1) {
            choice.mode = ToolChoice::Mode::Named;
            choice.name = choice.only.front();
            choice.only.clear();
        }
    }

    // ---- generationConfig

    void readGenerationConfig(Value config)
    {
        std::string_view mime;
        Value own;
        for (const Field field : config.fields()) {
            const std::string_view key = field.key.escaped();
            const Value value = field.value;
            if (!value)
                continue;
            if (isNamed(key, "maxOutputTokens"))
                m_call.maxOutput = tokensFrom(value);
            else if (key == "temperature")
                m_call.temperature = value.number();
            else if (isNamed(key, "topP"))
                m_call.topP = value.number();
            else if (isNamed(key, "topK"))
                m_call.topK = value.integer();
            else if (key == "seed")
                m_call.seed = value.integer();
            else if (isNamed(key, "frequencyPenalty"))
                m_call.frequencyPenalty = value.number();
            else if (isNamed(key, "presencePenalty"))
                m_call.presencePenalty = value.number();
            else if (isNamed(key, "candidateCount"))
                m_call.candidates = std::max<std::int64_t>(1, value.integer().value_or(1));
            else if (isNamed(key, "stopSequences"))
                readStops(value);
            else if (isNamed(key, "responseLogprobs"))
                m_call.logprobs = value.boolean().value_or(false);
            else if (key == "logprobs")
                m_call.topLogprobs = value.integer();
            else if (isNamed(key, "responseMimeType"))
                mime = value.word(m_store);
            else if (isNamed(key, "responseJsonSchema") || key == "_responseJsonSchema")
                m_call.format.schema = value.raw();
            else if (isNamed(key, "responseSchema"))
                own = value;
            else if (isNamed(key, "responseModalities"))
                readModalities(value);
            else if (isNamed(key, "thinkingConfig"))
                readThinking(value);
            else if (isNamed(key, "mediaResolution"))
                m_detail = detailFrom(value);
        }
        if (m_call.format.schema.empty() && own.isObject())
            m_call.format.schema = m_store.keep(jsonSchema(own));
        readFormat(mime);
    }

    void readStops(Value stops)
    {
        if (stops.isString())
            m_call.stop.push_back(stops.text());
        for (const Value stop : stops) {
            if (stop.isString())
                m_call.stop.push_back(stop.text());
        }
    }

    void readFormat(std::string_view mime)
    {
        OutputFormat& format = m_call.format;
        if (equalsIgnoringCase(mime, "application/json"))
            format.kind = format.schema.empty() ? OutputFormat::Kind::JsonObject
                                                : OutputFormat::Kind::JsonSchema;
        else if (equalsIgnoringCase(mime, "text/plain"))
            format.kind = OutputFormat::Kind::Text;
        // A schema counts only beside JSON; the bare words of text/x.enum exist nowhere else.
        if (format.kind != OutputFormat::Kind::JsonSchema)
            format.schema = {};
    }

    void readModalities(Value modalities)
    {
        for (const Value modality : modalities) {
            const std::string word = lower(modality.text().toString());
            m_call.wantsAudio = m_call.wantsAudio || word == "audio";
            m_call.wantsImages = m_call.wantsImages || word == "image";
        }
    }

    void readThinking(Value config)
    {
        ReasoningWish& wish = m_call.reasoning;
        for (const Field field : config.fields()) {
            const std::string_view key = field.key.escaped();
            if (isNamed(key, "includeThoughts")) {
                wish.show = field.value.boolean();
            } else if (isNamed(key, "thinkingLevel")) {
                wish.effort = effortFrom(lower(field.value.text().toString()));
            } else if (isNamed(key, "thinkingBudget")) {
                const auto budget = field.value.integer();
                if (!budget)
                    continue;
                wish.on = *budget != 0;
                wish.isAdaptive = *budget < 0;
                if (*budget > 0)
                    wish.budget = std::min<Tokens>(*budget, mostTokens);
            }
        }
    }

    void readTier(Value tier)
    {
        const std::string word = lower(tier.text().toString());
        if (word == "standard" || word == "service_tier_standard")
            m_call.tier = "default";
        else if (word == "flex" || word == "service_tier_flex")
            m_call.tier = "flex";
        else if (word == "priority" || word == "service_tier_priority")
            m_call.tier = "priority";
    }

    ChatCall& m_call;
    TextStore& m_store;
    std::string_view m_detail;
};

}

Carry carryFrom(std::string_view signature, TextStore& store)
{
    if (auto carry = unwrapped(signature, store))
        return *carry;
    if (signature.empty() || looksWrapped(signature) || signature == skipSignature
        || signature == "context_engineering_is_the_way_to_go")
        return {};
    return {CarryKind::GeminiSignature, 0, signature};
}

Result<ChatCall> readCall(const Address& address, std::string_view body)
{
    json::Tree tree;
    if (!tree.parse(body) || !tree.root().isObject())
        return refusal(ErrorKind::BadRequest,
            std::string("the body is no JSON object: ") + tree.problem(), "");
    Value root = tree.root();
    // A request to count tokens may hold the whole call.
    if (const Value inner = fieldOf(root, "generateContentRequest"); inner.isObject())
        root = inner;

    ChatCall call;
    std::string_view model = address.model;
    if (model.empty())
        model = root["model"].word(call.texts);
    call.model = ModelName(bareModel(model));
    call.stream = address.streams;
    const Result<void> done = CallReader(call).read(root);
    if (!done)
        return done.error();
    return call;
}

}
