#include "relay/estimate.h"

#include "dialect/convert.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace waystation {

namespace {

// What vendors charge beside the text itself; figures of their own documents, rounded.
constexpr Tokens perTurn = 4; // role and separators
constexpr Tokens perTool = 8;
constexpr Tokens perPicture = 1600;
constexpr Tokens perPage = 1500;
constexpr std::size_t octetsOfAPage = 60'000; // of a PDF, in base64; nobody counts its pages here

class Estimate
{
public:
    explicit Estimate(TokenCounter& counter) : m_counter(counter) { }

    void add(std::string_view text)
    {
        if (!text.empty())
            m_tokens += m_counter.count(text);
    }

    void add(RawText text) { add(text.plain(m_scratch)); }

    void add(const Part& part)
    {
        add(part.text);
        switch (part.kind) {
        case PartKind::Image:
            m_tokens += perPicture;
            break;
        case PartKind::Document:
            m_tokens += perPage * static_cast<Tokens>(1 + part.media.data.size() / octetsOfAPage);
            break;
        case PartKind::ToolCall:
            add(part.toolName);
            if (part.arguments.isEscaped)
                add(RawText(part.arguments.text));
            else
                add(part.arguments.text);
            m_tokens += perTurn;
            break;
        case PartKind::ToolResult:
            for (const Part& each : part.result)
                add(each);
            m_tokens += perTurn;
            break;
        case PartKind::Server:
            add(part.raw);
            break;
        default:
            break;
        }
    }

    void add(const Tool& tool)
    {
        add(tool.name);
        add(tool.description);
        add(tool.schema);
        add(tool.grammar);
        m_tokens += perTool;
    }

    void addFlat(Tokens tokens) { m_tokens += tokens; }
    Tokens tokens() const { return std::max<Tokens>(1, m_tokens); }

private:
    TokenCounter& m_counter;
    std::string m_scratch;
    Tokens m_tokens = 0;
};

/// Gemini's countTokens may hold the whole request one level down.
std::string innerRequest(std::string_view body)
{
    const auto json = nlohmann::ordered_json::parse(body, nullptr, false);
    if (json.is_object()) {
        for (const char* name : {"generateContentRequest", "generate_content_request"}) {
            if (const auto found = json.find(name); found != json.end() && found->is_object())
                return found->dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        }
    }
    return std::string(body);
}

}

Tokens estimatedInput(const ChatCall& call, TokenCounter& counter)
{
    Estimate estimate(counter);
    for (const Part& part : call.system)
        estimate.add(part);
    for (const Tool& tool : call.tools)
        estimate.add(tool);
    for (const Turn& turn : call.turns) {
        estimate.addFlat(perTurn);
        for (const Part& part : turn.parts)
            estimate.add(part);
    }
    estimate.add(call.format.schema);
    return estimate.tokens();
}

Result<std::string> countedHere(const Address& address, std::string_view body, TokenCounter& counter)
{
    const std::string inner = address.dialect == DialectId::Gemini ? innerRequest(body) : std::string(body);
    Address generate = address;
    generate.operation = Operation::Generate;
    const auto call = readCall(address.dialect, generate, inner);
    if (!call)
        return call.error();
    const std::string count = std::to_string(estimatedInput(*call, counter));
    switch (address.dialect) {
    case DialectId::Gemini:
        return "{\"totalTokens\":" + count + "}";
    case DialectId::OpenaiResponses:
        return "{\"object\":\"response.input_tokens\",\"input_tokens\":" + count + "}";
    case DialectId::Anthropic:
    case DialectId::OpenaiChat:
        break;
    }
    return "{\"input_tokens\":" + count + "}";
}

}
