#include "dialect/dialect.h"

#include <array>
#include <utility>

namespace waystation {

namespace {

constexpr std::array operationNames{
    std::pair{Operation::Generate, "generate"},
    std::pair{Operation::CountTokens, "count_tokens"},
    std::pair{Operation::Completions, "completions"},
    std::pair{Operation::Embeddings, "embeddings"},
    std::pair{Operation::Images, "images"},
    std::pair{Operation::Speech, "speech"},
    std::pair{Operation::Transcription, "transcription"},
    std::pair{Operation::VideoCreate, "video_create"},
    std::pair{Operation::VideoTask, "video_task"},
    std::pair{Operation::Rerank, "rerank"},
    std::pair{Operation::Moderations, "moderations"},
    std::pair{Operation::ResponseTask, "response_task"},
    std::pair{Operation::ListModels, "list_models"},
    std::pair{Operation::GetModel, "get_model"},
    std::pair{Operation::Hello, "hello"},
};

}

const char* nameOf(DialectId id)
{
    switch (id) {
    case DialectId::OpenaiChat:
        return "openai-chat";
    case DialectId::OpenaiResponses:
        return "openai-responses";
    case DialectId::Anthropic:
        return "anthropic";
    case DialectId::Gemini:
        break;
    }
    return "gemini";
}

std::optional<DialectId> dialectFrom(std::string_view name)
{
    for (const DialectId id : allDialects) {
        if (name == nameOf(id))
            return id;
    }
    return std::nullopt;
}

const char* titleOf(DialectId id)
{
    switch (id) {
    case DialectId::OpenaiChat:
        return "OpenAI Chat Completions";
    case DialectId::OpenaiResponses:
        return "OpenAI Responses";
    case DialectId::Anthropic:
        return "Anthropic Messages";
    case DialectId::Gemini:
        break;
    }
    return "Gemini generateContent";
}

const char* nameOf(Operation operation)
{
    for (const auto& [known, name] : operationNames) {
        if (known == operation)
            return name;
    }
    return "hello";
}

std::optional<Operation> operationFrom(std::string_view name)
{
    for (const auto& [known, word] : operationNames) {
        if (name == word)
            return known;
    }
    return std::nullopt;
}

bool isMetered(Operation operation)
{
    switch (operation) {
    case Operation::Generate:
    case Operation::Completions:
    case Operation::Embeddings:
    case Operation::Images:
    case Operation::Speech:
    case Operation::Transcription:
    case Operation::VideoCreate:
    case Operation::Rerank:
    case Operation::Moderations:
        return true;
    case Operation::CountTokens:
    case Operation::VideoTask:
    case Operation::ResponseTask:
    case Operation::ListModels:
    case Operation::GetModel:
    case Operation::Hello:
        break;
    }
    return false;
}

}
