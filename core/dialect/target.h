#pragma once

#include "chat/call.h"
#include "chat/names.h"

#include <cstdint>
#include <string>

namespace waystation {

/// How an upstream wants reasoning asked for (protocols.md 4.1).
enum class ReasoningStyle {
    OpenaiEffort, // reasoning_effort
    OpenRouter, // reasoning{effort|max_tokens|enabled}
    ThinkingType, // thinking{type}: DeepSeek, Kimi, GLM
    EnableThinking, // enable_thinking, thinking_budget: Qwen, SiliconFlow
    TemplateKwargs, // chat_template_kwargs{enable_thinking}: vLLM
    None, // never asked for
};

enum class JsonSupport { Schema, ObjectOnly, None };

/// How an upstream wants to get its own reasoning back in a history (protocols.md 4.5).
enum class ReasoningReplay { Omit, ReasoningContent, ReasoningContentOnCalls, ReasoningDetails, ThinkingParts };

enum class AnthropicThinking { Budget, Adaptive, Both };
enum class GeminiThinking { Budget, Level };

/// What a writer of requests must know of an upstream and its model beyond the protocol: data, worked out by
/// provider/quirks from host, model and the channel's own choices. Defaults are OpenAI's own behaviour for an ordinary
/// model, Anthropic's for 4.5 and newer, and Gemini's for 2.5.
struct Target
{
    std::string model; // as the upstream calls it
    std::uint32_t origin = 0; // whose carried state it takes (originOf)
    std::string issuer; // vendor family for file ids and server tools: "openai", "anthropic", "gemini"; else empty

    // Chat
    bool oldMaxTokens = false; // "max_tokens", not "max_completion_tokens"
    bool developerRole = false;
    bool systemFirstOnly = false; // a system message anywhere but in front is refused
    bool systemAsUser = false; // no system role at all (o1-mini)
    bool emptyContentString = false; // "" where OpenAI takes null beside calls
    bool streamOptions = true;
    bool strictTools = true; // takes `strict` in tools
    bool parallelToolCalls = true; // takes parallel_tool_calls
    bool namedToolChoice = true; // takes anything but "auto"
    bool forcedToolWhileThinking = true;
    bool takesTopK = false;
    bool penalties = true;
    bool sampling = true; // temperature and top_p; reasoning models refuse them
    bool stopWords = true;
    bool logprobs = true;
    bool customTools = true; // OpenAI itself
    bool cacheMarksOnParts = false; // cache_control on text parts (OpenRouter to Claude, Qwen)
    bool promptCacheKey = false; // takes prompt_cache_key
    bool safetyIdentifier = false; // safety_identifier, else `user`
    bool storeAndMetadata = false;
    bool serviceTier = false;
    bool takesUrls = true; // pictures by address
    bool video = false; // video_url parts
    bool vision = true;
    bool prefixFlag = false; // a last assistant message wants prefix:true (Mistral, DeepSeek)
    bool partialFlag = false; // ... wants partial:true (Kimi)
    bool randomSeed = false; // random_seed
    bool toolChoiceAny = false; // "any" for "required" (Mistral)
    bool toolStream = false; // tool_stream:true for streamed arguments (GLM)
    bool jsonWordNeeded = true; // json_object wants the word json in the prompt
    bool verbosity = false;
    std::string webSearch; // "options" (web_search_options), "plugin" (OpenRouter), "enable_search" (Qwen), "glm"; empty: none
    std::size_t mostStops = 4;
    double mostTemperature = 2;
    JsonSupport json = JsonSupport::Schema;
    ReasoningStyle reasoning = ReasoningStyle::OpenaiEffort;
    ReasoningReplay replay = ReasoningReplay::Omit;
    /// The efforts that the model knows, by Effort as bit number; 0: it has no say in it.
    std::uint32_t efforts = 0b0011100; // low, medium, high
    bool canSwitchThinkingOff = true;
    IdRule ids = IdRule::OpenaiChat;

    // Anthropic
    AnthropicThinking anthropicThinking = AnthropicThinking::Budget;
    bool takesEffort = false; // output_config.effort
    bool structuredOutput = true; // output_config.format
    bool bothTemperatureAndTopP = true;
    bool prefill = true;
    bool midSystem = false; // role system inside messages
    bool autoCacheMarks = true; // for clients that set none
    bool anthropicExtras = true; // beta fields; third parties take only the core
    Tokens mostOutput = 0; // the model's cap; 0: unknown

    // Gemini
    GeminiThinking geminiThinking = GeminiThinking::Budget;
    bool jsonSchemaFields = true; // parametersJsonSchema, responseJsonSchema
    bool mediaInResults = false; // functionResponse.parts (Gemini 3)
    bool signatureCheck = false; // refuses a call in the current turn without its signature (Gemini 3)
    bool jsonWithTools = false; // structured output beside tools (Gemini 3)

    // Responses
    bool storesResponses = true; // has previous_response_id of its own
};

}
