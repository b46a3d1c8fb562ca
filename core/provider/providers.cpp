#include "provider/provider.h"

#include "base/text.h"
#include "provider/prices.h"

namespace waystation {

namespace {

using enum DialectId;

Provider openai()
{
    Provider provider;
    provider.id = ProviderId("openai");
    provider.name = "OpenAI";
    provider.endpoints = {
        {OpenaiChat, "https://api.openai.com/v1"}, {OpenaiResponses, "https://api.openai.com/v1"}};
    provider.keyPrefix = "sk-proj-";
    provider.pricesId = "openai";
    provider.consoleUrl = "https://platform.openai.com/api-keys";
    return provider;
}

Provider anthropic()
{
    Provider provider;
    provider.id = ProviderId("anthropic");
    provider.name = "Anthropic";
    provider.endpoints = {{Anthropic, "https://api.anthropic.com/v1", SignIn::XApiKey}};
    provider.keyPrefix = "sk-ant-";
    provider.pricesId = "anthropic";
    provider.consoleUrl = "https://console.anthropic.com/settings/keys";
    return provider;
}

Provider gemini()
{
    Provider provider;
    provider.id = ProviderId("gemini");
    provider.name = "Google Gemini";
    provider.endpoints
        = {{Gemini, "https://generativelanguage.googleapis.com/v1beta", SignIn::XGoogApiKey},
            {OpenaiChat, "https://generativelanguage.googleapis.com/v1beta/openai"}};
    provider.keyPrefix = "AIza";
    provider.pricesId = "google";
    provider.consoleUrl = "https://aistudio.google.com/apikey";
    return provider;
}

Provider deepseek()
{
    Provider provider;
    provider.id = ProviderId("deepseek");
    provider.name = "DeepSeek";
    provider.endpoints = {{OpenaiChat, "https://api.deepseek.com/v1"},
        {OpenaiResponses, "https://api.deepseek.com/v1"},
        {Anthropic, "https://api.deepseek.com/anthropic/v1"}};
    provider.pricesId = "deepseek";
    provider.consoleUrl = "https://platform.deepseek.com/api_keys";
    return provider;
}

Provider moonshot(const char* id, const char* name, const std::string& host, const char* console)
{
    Provider provider;
    provider.id = ProviderId(id);
    provider.name = name;
    provider.endpoints = {{OpenaiChat, host + "/v1"}, {Anthropic, host + "/anthropic/v1"}};
    provider.pricesId = "moonshotai";
    provider.consoleUrl = console;
    return provider;
}

Provider glm(const char* id, const char* name, const std::string& host, const char* pricesId,
    const char* console)
{
    Provider provider;
    provider.id = ProviderId(id);
    provider.name = name;
    provider.endpoints
        = {{OpenaiChat, host + "/api/paas/v4"}, {Anthropic, host + "/api/anthropic/v1"}};
    provider.pricesId = pricesId;
    provider.consoleUrl = console;
    provider.refusesStreamOptions = true;
    return provider;
}

Provider dashscope()
{
    Provider provider;
    provider.id = ProviderId("dashscope");
    provider.name = "Qwen / DashScope";
    provider.endpoints = {{OpenaiChat, "https://dashscope.aliyuncs.com/compatible-mode/v1"},
        {OpenaiResponses,
            "https://dashscope.aliyuncs.com/api/v2/apps/protocols/compatible-mode/v1"},
        {Anthropic, "https://dashscope.aliyuncs.com/apps/anthropic/v1"}};
    provider.pricesId = "alibaba-cn";
    provider.consoleUrl = "https://bailian.console.aliyun.com/?tab=model#/api-key";
    return provider;
}

/// One address for everything that the vendor speaks.
Provider atOneAddress(const char* id, const char* name, const std::string& base,
    std::vector<DialectId> dialects, const char* keyPrefix, const char* pricesId,
    const char* console)
{
    Provider provider;
    provider.id = ProviderId(id);
    provider.name = name;
    for (const DialectId dialect : dialects)
        provider.endpoints.push_back({dialect, base});
    provider.keyPrefix = keyPrefix;
    provider.pricesId = pricesId;
    provider.consoleUrl = console;
    return provider;
}

Provider ark()
{
    Provider provider;
    provider.id = ProviderId("ark");
    provider.name = "Volcengine Ark";
    provider.endpoints = {{OpenaiChat, "https://ark.cn-beijing.volces.com/api/v3"},
        {OpenaiResponses, "https://ark.cn-beijing.volces.com/api/v3"},
        {Anthropic, "https://ark.cn-beijing.volces.com/api/compatible/v1"}};
    provider.pricesId = "volcengine";
    provider.consoleUrl = "https://console.volcengine.com/ark/region:ark+cn-beijing/apiKey";
    return provider;
}

Provider minimax()
{
    Provider provider;
    provider.id = ProviderId("minimax");
    provider.name = "MiniMax";
    provider.endpoints = {{OpenaiChat, "https://api.minimax.io/v1"},
        {OpenaiResponses, "https://api.minimax.io/v1"},
        {Anthropic, "https://api.minimax.io/anthropic/v1"}};
    provider.pricesId = "minimax";
    provider.consoleUrl = "https://platform.minimax.io/user-center/basic-information/interface-key";
    return provider;
}

Provider azure()
{
    Provider provider;
    provider.id = ProviderId("azure");
    provider.name = "Azure OpenAI";
    provider.endpoints = {{OpenaiChat, "/openai/v1", SignIn::ApiKey},
        {OpenaiResponses, "/openai/v1", SignIn::ApiKey}};
    provider.needsBaseUrl = true;
    provider.exampleBaseUrl = "https://NAME.openai.azure.com";
    provider.pricesId = "azure";
    provider.consoleUrl = "https://portal.azure.com";
    return provider;
}

Provider onThisMachine(const char* id, const char* name, const std::string& root)
{
    Provider provider;
    provider.id = ProviderId(id);
    provider.name = name;
    provider.endpoints
        = {{OpenaiChat, root + "/v1"}, {OpenaiResponses, root + "/v1"}, {Anthropic, root + "/v1"}};
    provider.needsKey = false;
    provider.isLocal = true;
    provider.exampleBaseUrl = root;
    provider.pricesId = freePricesId;
    return provider;
}

Provider vllm()
{
    Provider provider = onThisMachine("vllm", "vLLM", "");
    provider.needsBaseUrl = true;
    provider.exampleBaseUrl = "http://127.0.0.1:8000";
    return provider;
}

Provider newApi()
{
    Provider provider;
    provider.id = ProviderId("newapi");
    provider.name = "New API";
    provider.endpoints = {{OpenaiChat, "/v1"}, {OpenaiResponses, "/v1"},
        {Anthropic, "/v1", SignIn::XApiKey}, {Gemini, "/v1beta", SignIn::XGoogApiKey}};
    provider.needsBaseUrl = true;
    provider.exampleBaseUrl = "https://api.example.com";
    return provider;
}

Provider compatible(const char* id, const char* name, Endpoint endpoint, const char* example)
{
    Provider provider;
    provider.id = ProviderId(id);
    provider.name = name;
    provider.endpoints = {std::move(endpoint)};
    provider.needsBaseUrl = true;
    provider.exampleBaseUrl = example;
    return provider;
}

/// The host is of the reserved kind that no resolver knows: a bug cannot send practice calls out.
Provider practice()
{
    Provider provider;
    provider.id = ProviderId("practice");
    provider.name = "Practice";
    for (const DialectId dialect : allDialects)
        provider.endpoints.push_back({dialect,
            dialect == Gemini ? "http://practice.invalid/v1beta" : "http://practice.invalid/v1",
            SignIn::None});
    provider.needsKey = false;
    provider.isPractice = true;
    provider.pricesId = freePricesId;
    return provider;
}

std::vector<Provider> makeProviders()
{
    return {
        openai(),
        anthropic(),
        gemini(),
        deepseek(),
        moonshot("moonshot", "Moonshot / Kimi", "https://api.moonshot.ai",
            "https://platform.moonshot.ai/console/api-keys"),
        moonshot("moonshot-cn", "Moonshot / Kimi (China)", "https://api.moonshot.cn",
            "https://platform.moonshot.cn/console/api-keys"),
        glm("zhipu", "Zhipu GLM", "https://open.bigmodel.cn", "zhipuai",
            "https://open.bigmodel.cn/usercenter/apikeys"),
        glm("zai", "Z.AI GLM", "https://api.z.ai", "zai", "https://z.ai/manage-apikey/apikey-list"),
        dashscope(),
        atOneAddress("siliconflow", "SiliconFlow", "https://api.siliconflow.cn/v1",
            {OpenaiChat, Anthropic}, "", "siliconflow", "https://cloud.siliconflow.cn/account/ak"),
        ark(),
        minimax(),
        atOneAddress("stepfun", "StepFun", "https://api.stepfun.com/v1",
            {OpenaiChat, OpenaiResponses, Anthropic}, "", "stepfun",
            "https://platform.stepfun.com/interface-key"),
        atOneAddress("openrouter", "OpenRouter", "https://openrouter.ai/api/v1",
            {OpenaiChat, OpenaiResponses, Anthropic}, "sk-or-", "openrouter",
            "https://openrouter.ai/settings/keys"),
        atOneAddress("xai", "xAI", "https://api.x.ai/v1", {OpenaiChat, OpenaiResponses}, "xai-",
            "x-ai", "https://console.x.ai"),
        atOneAddress("groq", "Groq", "https://api.groq.com/openai/v1",
            {OpenaiChat, OpenaiResponses}, "gsk_", "groq", "https://console.groq.com/keys"),
        atOneAddress("mistral", "Mistral", "https://api.mistral.ai/v1", {OpenaiChat}, "", "mistral",
            "https://console.mistral.ai/api-keys"),
        atOneAddress("together", "Together", "https://api.together.xyz/v1", {OpenaiChat}, "tgp_v1_",
            "together", "https://api.together.ai/settings/api-keys"),
        azure(),
        onThisMachine("ollama", "Ollama", "http://127.0.0.1:11434"),
        onThisMachine("lmstudio", "LM Studio", "http://127.0.0.1:1234"),
        vllm(),
        newApi(),
        compatible("oneapi", "One API", {OpenaiChat, "/v1"}, "https://api.example.com"),
        compatible("openai-compatible", "OpenAI-compatible", {OpenaiChat, "/v1"},
            "https://api.example.com"),
        compatible("anthropic-compatible", "Anthropic-compatible",
            {Anthropic, "/v1", SignIn::XApiKey}, "https://api.example.com"),
        compatible("gemini-compatible", "Gemini-compatible",
            {Gemini, "/v1beta", SignIn::XGoogApiKey}, "https://api.example.com"),
        practice(),
    };
}

/// Hosts beside those of the endpoints; `host` may start with "*." for any name below it.
struct KnownHost
{
    std::string_view host;
    std::string_view provider;
};

constexpr KnownHost furtherHosts[] = {
    {"*.api.openai.com", "openai"},
    {"dashscope-intl.aliyuncs.com", "dashscope"},
    {"dashscope-us.aliyuncs.com", "dashscope"},
    {"api.siliconflow.com", "siliconflow"},
    {"*.volces.com", "ark"},
    {"api.minimaxi.com", "minimax"},
    {"api.minimax.chat", "minimax"},
    {"api.stepfun.ai", "stepfun"},
    {"api.openrouter.ai", "openrouter"},
    {"*.api.x.ai", "xai"},
    {"api.together.ai", "together"},
    {"*.openai.azure.com", "azure"},
    {"*.cognitiveservices.azure.com", "azure"},
    {"*.services.ai.azure.com", "azure"},
};

struct KnownPrefix
{
    std::string_view prefix;
    std::string_view provider;
};

constexpr KnownPrefix furtherPrefixes[] = {
    {"sk-svcacct-", "openai"},
    {"sk-admin-", "openai"},
};

bool isOnHost(const Provider& provider, const Origin& origin)
{
    if (provider.needsBaseUrl)
        return false;
    for (const Endpoint& endpoint : provider.endpoints) {
        const auto url = parseUrl(endpoint.base);
        if (!url)
            continue;
        if (url->origin.host == origin.host
            && (!provider.isLocal || url->origin.port == origin.port))
            return true;
        if (provider.isLocal && isLoopbackHost(origin.host) && url->origin.port == origin.port)
            return true;
    }
    return false;
}

bool fitsHost(std::string_view pattern, std::string_view host)
{
    return pattern.starts_with("*.") ? host.ends_with(pattern.substr(1)) : host == pattern;
}

}

const std::vector<Provider>& providers()
{
    static const std::vector<Provider> list = makeProviders();
    return list;
}

const Provider* findProvider(const ProviderId& id)
{
    for (const Provider& provider : providers()) {
        if (provider.id == id)
            return &provider;
    }
    return nullptr;
}

const Provider* providerOfKey(std::string_view key)
{
    const std::string_view text = trimmed(key);
    for (const Provider& provider : providers()) {
        if (!provider.keyPrefix.empty() && text.starts_with(provider.keyPrefix))
            return &provider;
    }
    for (const KnownPrefix& known : furtherPrefixes) {
        if (text.starts_with(known.prefix))
            return findProvider(ProviderId(known.provider));
    }
    return nullptr;
}

const Provider* providerOfUrl(const Url& url)
{
    for (const Provider& provider : providers()) {
        if (isOnHost(provider, url.origin))
            return &provider;
    }
    for (const KnownHost& known : furtherHosts) {
        if (fitsHost(known.host, url.origin.host))
            return findProvider(ProviderId(known.provider));
    }
    return nullptr;
}

}
