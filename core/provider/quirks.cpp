#include "provider/quirks.h"

#include "base/text.h"

#include <algorithm>

namespace waystation {

namespace {

struct Host
{
    std::string_view ending; // of the host name
    std::vector<std::string_view> quirks;
};

bool isHost(std::string_view host, std::string_view ending)
{
    if (!host.ends_with(ending))
        return false;
    return host.size() == ending.size() || host[host.size() - ending.size() - 1] == '.';
}

const std::vector<Host>& hosts()
{
    static const std::vector<Host> known {
        {"openai.com", {"openai"}},
        {"openai.azure.com", {"openai", "no-prompt-cache-key"}},
        {"cognitiveservices.azure.com", {"openai", "no-prompt-cache-key"}},
        {"api.anthropic.com", {"anthropic"}},
        {"googleapis.com", {"google-openai"}},
        {"deepseek.com", {"old-max-tokens", "json-object-only", "thinking-type", "no-forced-tool-while-thinking", "replay-reasoning-on-calls", "prefix-flag", "anthropic-core-only"}},
        {"moonshot.ai", {"old-max-tokens", "json-object-only", "temperature-to-1", "thinking-type", "no-forced-tool-while-thinking", "replay-reasoning-on-calls", "partial-flag", "video-parts", "anthropic-core-only"}},
        {"moonshot.cn", {"old-max-tokens", "json-object-only", "temperature-to-1", "thinking-type", "no-forced-tool-while-thinking", "replay-reasoning-on-calls", "partial-flag", "video-parts", "anthropic-core-only"}},
        {"bigmodel.cn", {"old-max-tokens", "json-object-only", "temperature-to-1", "thinking-type", "auto-tool-choice-only", "no-strict", "no-penalties", "no-stream-options", "tool-stream", "replay-reasoning-on-calls", "glm-web-search", "anthropic-core-only"}},
        {"z.ai", {"old-max-tokens", "json-object-only", "temperature-to-1", "thinking-type", "auto-tool-choice-only", "no-strict", "no-penalties", "no-stream-options", "tool-stream", "replay-reasoning-on-calls", "glm-web-search", "anthropic-core-only"}},
        {"aliyuncs.com", {"old-max-tokens", "json-object-only", "enable-thinking", "no-forced-tool-while-thinking", "top-k", "cache-marks-on-parts", "qwen-web-search", "video-parts", "anthropic-core-only"}},
        {"siliconflow.cn", {"old-max-tokens", "enable-thinking", "no-forced-tool-while-thinking", "top-k", "anthropic-core-only"}},
        {"siliconflow.com", {"old-max-tokens", "enable-thinking", "no-forced-tool-while-thinking", "top-k", "anthropic-core-only"}},
        {"openrouter.ai", {"old-max-tokens", "openrouter-reasoning", "top-k", "cache-marks-on-parts", "openrouter-web-search", "video-parts", "prompt-cache-key"}},
        {"groq.com", {"no-strict"}},
        {"x.ai", {}},
        {"mistral.ai", {"old-max-tokens", "mistral-ids", "random-seed", "tool-choice-any", "prefix-flag", "no-stream-options", "temperature-to-1.5"}},
        {"minimax.io", {"old-max-tokens", "system-first-only", "thinking-type", "replay-reasoning-details", "anthropic-core-only"}},
        {"minimaxi.com", {"old-max-tokens", "system-first-only", "thinking-type", "replay-reasoning-details", "anthropic-core-only"}},
        {"stepfun.com", {"old-max-tokens", "anthropic-core-only"}},
        {"volces.com", {"old-max-tokens", "thinking-type", "anthropic-core-only"}},
        {"together.xyz", {"old-max-tokens", "top-k"}},
    };
    return known;
}

struct Kind
{
    std::string_view provider;
    std::vector<std::string_view> quirks;
};

/// Where the address is the user's own, what the kind of program behind it tells.
const std::vector<Kind>& kinds()
{
    static const std::vector<Kind> known {
        {"ollama", {"old-max-tokens", "top-k"}},
        {"lmstudio", {"old-max-tokens", "top-k"}},
        {"vllm", {"old-max-tokens", "top-k", "template-thinking"}},
        {"newapi", {"old-max-tokens", "anthropic-core-only"}},
        {"oneapi", {"old-max-tokens", "anthropic-core-only"}},
        {"openai-compatible", {"old-max-tokens"}},
        {"anthropic-compatible", {"anthropic-core-only"}},
        {"azure", {"openai", "no-prompt-cache-key"}},
    };
    return known;
}

}

const std::vector<Quirk>& quirks()
{
    static const std::vector<Quirk> known {
        {"openai", "OpenAI's own fields: custom tools, prompt_cache_key, safety_identifier, store, service_tier, verbosity",
            [](Target& t) {
                t.customTools = t.promptCacheKey = t.safetyIdentifier = t.storeAndMetadata = t.serviceTier = t.verbosity = true;
                t.webSearch = "options";
            }},
        {"anthropic", "Anthropic's own fields and beta features", [](Target& t) { t.anthropicExtras = true; }},
        {"google-openai", "Google's OpenAI-compatible mode: nothing that only OpenAI has",
            [](Target& t) { t.customTools = t.promptCacheKey = t.strictTools = false; t.oldMaxTokens = true; }},
        {"old-max-tokens", "max_tokens in place of max_completion_tokens; no custom tools", [](Target& t) { t.oldMaxTokens = true; t.customTools = false; }},
        {"no-prompt-cache-key", "prompt_cache_key is refused", [](Target& t) { t.promptCacheKey = false; }},
        {"prompt-cache-key", "prompt_cache_key is taken", [](Target& t) { t.promptCacheKey = true; }},
        {"json-object-only", "response_format knows json_object, not json_schema: the schema goes into the prompt",
            [](Target& t) { t.json = JsonSupport::ObjectOnly; }},
        {"json-none", "no response_format at all: what is wanted goes into the prompt", [](Target& t) { t.json = JsonSupport::None; }},
        {"no-strict", "`strict` in tools is refused", [](Target& t) { t.strictTools = false; }},
        {"no-penalties", "frequency and presence penalties are refused", [](Target& t) { t.penalties = false; }},
        {"no-stream-options", "stream_options is refused or not needed", [](Target& t) { t.streamOptions = false; }},
        {"no-parallel-flag", "parallel_tool_calls is refused", [](Target& t) { t.parallelToolCalls = false; }},
        {"auto-tool-choice-only", "tool_choice knows only auto", [](Target& t) { t.namedToolChoice = false; }},
        {"no-forced-tool-while-thinking", "a forced tool is refused while the model thinks", [](Target& t) { t.forcedToolWhileThinking = false; }},
        {"tool-choice-any", "tool_choice says any for required", [](Target& t) { t.toolChoiceAny = true; }},
        {"tool-stream", "streamed arguments need tool_stream:true", [](Target& t) { t.toolStream = true; }},
        {"temperature-to-1", "temperature goes to 1 at most", [](Target& t) { t.mostTemperature = 1; }},
        {"temperature-to-1.5", "temperature goes to 1.5 at most", [](Target& t) { t.mostTemperature = 1.5; }},
        {"top-k", "top_k is taken", [](Target& t) { t.takesTopK = true; }},
        {"random-seed", "the seed is called random_seed", [](Target& t) { t.randomSeed = true; }},
        {"mistral-ids", "ids of tool calls have nine letters and digits", [](Target& t) { t.ids = IdRule::Mistral; }},
        {"thinking-type", "thinking is asked for by thinking{type}", [](Target& t) { t.reasoning = ReasoningStyle::ThinkingType; }},
        {"enable-thinking", "thinking is asked for by enable_thinking and thinking_budget", [](Target& t) { t.reasoning = ReasoningStyle::EnableThinking; }},
        {"openrouter-reasoning", "thinking is asked for by reasoning{} and comes back in reasoning_details",
            [](Target& t) { t.reasoning = ReasoningStyle::OpenRouter; t.replay = ReasoningReplay::ReasoningDetails; }},
        {"template-thinking", "thinking is asked for by chat_template_kwargs", [](Target& t) { t.reasoning = ReasoningStyle::TemplateKwargs; }},
        {"no-reasoning-fields", "thinking is never asked for", [](Target& t) { t.reasoning = ReasoningStyle::None; }},
        {"replay-reasoning", "reasoning_content is wanted back on every assistant turn", [](Target& t) { t.replay = ReasoningReplay::ReasoningContent; }},
        {"replay-reasoning-on-calls", "reasoning_content is wanted back on turns with tool calls",
            [](Target& t) { t.replay = ReasoningReplay::ReasoningContentOnCalls; }},
        {"replay-reasoning-details", "reasoning_details are wanted back as they came", [](Target& t) { t.replay = ReasoningReplay::ReasoningDetails; }},
        {"prefix-flag", "a last assistant message is a beginning only with prefix:true", [](Target& t) { t.prefixFlag = true; }},
        {"partial-flag", "a last assistant message is a beginning only with partial:true", [](Target& t) { t.partialFlag = true; }},
        {"system-first-only", "a system message anywhere but in front is refused", [](Target& t) { t.systemFirstOnly = true; }},
        {"system-as-user", "there is no system role", [](Target& t) { t.systemAsUser = true; }},
        {"developer-role", "instructions have the role developer", [](Target& t) { t.developerRole = true; }},
        {"empty-content", "content beside calls is an empty text, not null", [](Target& t) { t.emptyContentString = true; }},
        {"cache-marks-on-parts", "cache_control on parts is kept", [](Target& t) { t.cacheMarksOnParts = true; }},
        {"no-vision", "the model takes no pictures", [](Target& t) { t.vision = false; }},
        {"no-urls", "pictures only as data, not by address", [](Target& t) { t.takesUrls = false; }},
        {"video-parts", "video_url parts are taken", [](Target& t) { t.video = true; }},
        {"openrouter-web-search", "web search is a plugin", [](Target& t) { t.webSearch = "plugin"; }},
        {"qwen-web-search", "web search is enable_search", [](Target& t) { t.webSearch = "enable_search"; }},
        {"glm-web-search", "web search is a tool of type web_search", [](Target& t) { t.webSearch = "glm"; }},
        {"anthropic-core-only", "only the core of Anthropic's protocol: no beta fields, effort, adaptive thinking, structured output or server tools",
            [](Target& t) { t.anthropicExtras = t.takesEffort = t.structuredOutput = t.midSystem = false; t.anthropicThinking = AnthropicThinking::Budget; }},
        {"no-cache-marks", "cache_control is not added by itself", [](Target& t) { t.autoCacheMarks = false; }},
        {"openapi-schemas", "Gemini's older schema fields only", [](Target& t) { t.jsonSchemaFields = false; }},
    };
    return known;
}

const Quirk* findQuirk(std::string_view name)
{
    for (const Quirk& quirk : quirks()) {
        if (name == quirk.name)
            return &quirk;
    }
    return nullptr;
}

std::vector<std::string_view> quirksOf(const Provider& provider, std::string_view host)
{
    for (const Host& known : hosts()) {
        if (isHost(host, known.ending))
            return known.quirks;
    }
    for (const Kind& known : kinds()) {
        if (provider.id.text() == known.provider)
            return known.quirks;
    }
    return {};
}

Target targetFor(const Provider& provider, std::string_view host, DialectId dialect, const ModelName& model, const std::vector<std::string>& choices)
{
    const auto isChosen = [&](char sign, std::string_view name) {
        return std::any_of(choices.begin(), choices.end(),
            [&](const std::string& choice) { return choice.size() == name.size() + 1 && choice[0] == sign && std::string_view(choice).substr(1) == name; });
    };
    Target target;
    target.model = model.text();
    target.issuer = issuerOf(host, model.text());
    target.origin = originOf(target.issuer);
    if (dialect == DialectId::Anthropic)
        target.ids = IdRule::Anthropic;
    else if (dialect == DialectId::OpenaiResponses)
        target.ids = IdRule::OpenaiResponses;
    else if (dialect == DialectId::Gemini)
        target.ids = IdRule::Any;
    // What OpenAI alone has is not taken for granted of anybody.
    target.customTools = false;
    applyModelHabits(target, dialect);
    for (const std::string_view name : quirksOf(provider, host)) {
        if (isChosen('-', name))
            continue;
        if (const Quirk* quirk = findQuirk(name))
            quirk->apply(target);
    }
    if (dialect == DialectId::OpenaiResponses)
        target.customTools = target.customTools || host.ends_with("openai.com");
    if (provider.refusesStreamOptions)
        target.streamOptions = false;
    for (const std::string& choice : choices) {
        const Quirk* quirk = choice.starts_with('+') ? findQuirk(std::string_view(choice).substr(1)) : nullptr;
        if (quirk)
            quirk->apply(target);
    }
    return target;
}

}
