#pragma once

#include "base/error.h"
#include "base/ids.h"
#include "base/url.h"
#include "dialect/dialect.h"

#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// How a key is shown to an upstream.
enum class SignIn {
    Bearer, // Authorization: Bearer
    XApiKey, // x-api-key (Anthropic; anthropic-version is added when the client sent none)
    XGoogApiKey,
    ApiKey, // api-key (Azure)
    None,
};

/// Where a provider speaks a dialect.
struct Endpoint
{
    DialectId dialect = DialectId::OpenaiChat;
    /// What goes before Address::tail ("https://api.openai.com/v1"); for a provider without an
    /// address of its own, what follows the user's base URL ("/v1").
    std::string base;
    SignIn signIn = SignIn::Bearer;
};

/// An upstream service: mostly data. `endpoints` are in order of preference.
struct Provider
{
    ProviderId id;
    std::string name; // for people, not translated: "DeepSeek"
    std::vector<Endpoint> endpoints;
    bool needsBaseUrl = false; // New API, Azure, "any OpenAI-compatible", vLLM
    bool needsKey = true;
    bool isPractice = false;
    bool isLocal = false; // Ollama, LM Studio, vLLM: runs on the user's machine
    std::string exampleBaseUrl; // shown as a hint where one is needed
    std::string keyPrefix; // "sk-ant-", to recognise a pasted key; may be empty
    std::string pricesId; // its id in the price table; may be empty
    std::string consoleUrl; // where a person makes keys; shown, never opened by itself
    bool refusesStreamOptions = false; // GLM and kin: never send stream_options
};

/// THE LIST, in the order that people see.
const std::vector<Provider>& providers();
const Provider* findProvider(const ProviderId& id);
/// The provider whose key or address this looks like; null when nothing fits.
const Provider* providerOfKey(std::string_view key);
const Provider* providerOfUrl(const Url& url);

/// The endpoints of a channel that is told to speak `dialects` (empty: the provider's own). A provider without an
/// address of its own may be told any: it is then expected at that dialect's usual place.
std::vector<Endpoint> endpointsFor(const Provider& provider, const std::vector<DialectId>& dialects);

/// What a person pasted, made into the root that an endpoint's base hangs on: adds a missing
/// scheme, cuts a full endpoint ("/v1/chat/completions") and a trailing slash. Errors: Invalid.
Result<Url> repairedBaseUrl(std::string_view pasted);
/// The base for calls in `dialect`: the user's URL (empty: the provider's own) with the dialect's
/// version folder ("/v1", "/v1beta") unless it ends in one already ("/v4", "/compatible-mode/v1").
/// Errors: Unsupported (the provider does not speak it), Invalid.
Result<Url> effectiveBase(
    const Provider& provider, DialectId dialect, std::string_view userBaseUrl);

/// Model names in an upstream's answer to GET {base}/models in `dialect`'s form. Errors: BadReply.
Result<std::vector<std::string>> readModelList(DialectId dialect, std::string_view body);

}
