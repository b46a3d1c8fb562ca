#include "provider/quirks.h"

#include "base/text.h"

#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <utility>

namespace waystation {

namespace {

constexpr std::uint32_t efforts(std::initializer_list<Effort> list)
{
    std::uint32_t bits = 0;
    for (const Effort effort : list)
        bits |= 1u << static_cast<unsigned>(effort);
    return bits;
}

/// The name without its vendor's folder ("anthropic/claude-...", "models/gemini-...") in lower case.
std::string bareName(std::string_view model)
{
    if (const std::size_t slash = model.rfind('/'); slash != std::string_view::npos)
        model.remove_prefix(slash + 1);
    return lower(model);
}

struct Version
{
    int major = 0;
    int minor = 0;

    friend auto operator<=>(const Version&, const Version&) = default;
};

/// The first "4.5", "4-5" or "4" in a name; digits of a date (more than two) are none.
std::optional<Version> versionIn(std::string_view name, std::size_t from = 0)
{
    const auto isDigit = [&](std::size_t at) { return at < name.size() && name[at] >= '0' && name[at] <= '9'; };
    for (std::size_t at = from; at < name.size(); ++at) {
        if (!isDigit(at))
            continue;
        std::size_t end = at;
        while (isDigit(end))
            ++end;
        if (end - at <= 2) {
            Version version {std::atoi(std::string(name.substr(at, end - at)).c_str()), 0};
            const bool continues = end < name.size() && (name[end] == '.' || name[end] == '-');
            std::size_t last = end + 1;
            while (continues && isDigit(last))
                ++last;
            if (continues && last > end + 1 && last - end - 1 <= 2)
                version.minor = std::atoi(std::string(name.substr(end + 1, last - end - 1)).c_str());
            return version;
        }
        at = end;
    }
    return std::nullopt;
}

void likeClaude(Target& target, std::string_view name)
{
    // "claude-opus-4-6", "claude-3-5-sonnet": the version stands on either side of the family's name.
    const Version version = versionIn(name).value_or(Version {5, 0});
    const bool isOpus = name.find("opus") != std::string_view::npos;
    const bool isHaiku = name.find("haiku") != std::string_view::npos;
    const bool isAdaptive = version >= Version {4, 6} && !(isHaiku && version < Version {5, 0});
    target.anthropicThinking = !isAdaptive ? AnthropicThinking::Budget
        : version == Version {4, 6}        ? AnthropicThinking::Both
                                           : AnthropicThinking::Adaptive;
    target.takesEffort = isAdaptive || (isOpus && version == Version {4, 5});
    target.structuredOutput = version >= Version {4, 5};
    target.prefill = version <= Version {4, 5};
    target.midSystem = isOpus && version >= Version {4, 8};
    target.takesTopK = version <= Version {4, 6};
    target.sampling = !(isAdaptive && version > Version {4, 6});
    target.bothTemperatureAndTopP = version < Version {4, 1};
    target.efforts = version == Version {4, 6} || !isAdaptive
        ? efforts({Effort::Low, Effort::Medium, Effort::High, Effort::Max})
        : efforts({Effort::Low, Effort::Medium, Effort::High, Effort::XHigh, Effort::Max});
    if (version < Version {3, 5})
        target.mostOutput = 4096;
    else if (version < Version {3, 7})
        target.mostOutput = 8192;
    else if (isOpus && version < Version {4, 5})
        target.mostOutput = 32000;
    else if (version < Version {4, 6})
        target.mostOutput = 64000;
    else
        target.mostOutput = 128000;
}

void likeGemini(Target& target, std::string_view name)
{
    const Version version = versionIn(name).value_or(Version {3, 0});
    const bool isThree = version >= Version {3, 0};
    const bool isFlash = name.find("flash") != std::string_view::npos;
    target.geminiThinking = isThree ? GeminiThinking::Level : GeminiThinking::Budget;
    target.mediaInResults = isThree;
    target.signatureCheck = isThree;
    target.jsonWithTools = isThree;
    target.jsonSchemaFields = version >= Version {2, 5};
    target.canSwitchThinkingOff = !isThree && isFlash;
    if (isThree && isFlash)
        target.efforts = efforts({Effort::Minimal, Effort::Low, Effort::Medium, Effort::High});
    else if (isThree && version < Version {3, 1})
        target.efforts = efforts({Effort::Low, Effort::High});
    else
        target.efforts = efforts({Effort::Low, Effort::Medium, Effort::High});
}

void likeOpenaiReasoning(Target& target, std::string_view name)
{
    target.sampling = false;
    target.stopWords = false;
    target.penalties = false;
    target.logprobs = false;
    target.systemAsUser = name.starts_with("o1-mini") || name.starts_with("o1-preview");
    target.efforts = efforts({Effort::Low, Effort::Medium, Effort::High});
    target.canSwitchThinkingOff = false;
    if (!name.starts_with("gpt-"))
        return;
    const Version version = versionIn(name).value_or(Version {5, 0});
    if (version >= Version {5, 1}) {
        target.efforts |= efforts({Effort::None});
        target.canSwitchThinkingOff = true;
    } else {
        target.efforts |= efforts({Effort::Minimal});
    }
    if (version >= Version {5, 2} || name.find("max") != std::string_view::npos)
        target.efforts |= efforts({Effort::XHigh});
}

}

void applyModelHabits(Target& target, DialectId dialect)
{
    const std::string name = bareName(target.model);
    const auto isOf = [&](std::initializer_list<std::string_view> starts) {
        for (const std::string_view start : starts) {
            if (name.starts_with(start))
                return true;
        }
        return false;
    };
    if (name.find("claude") != std::string::npos) {
        likeClaude(target, name);
        // Claude behind the Chat form takes its bounds with it.
        target.mostTemperature = 1;
    } else if (dialect == DialectId::Anthropic) {
        target.anthropicThinking = AnthropicThinking::Budget;
        target.mostTemperature = 1;
        target.takesTopK = true;
        target.structuredOutput = false;
    } else if (isOf({"gemini"})) {
        likeGemini(target, name);
    } else if (isOf({"o1", "o3", "o4", "gpt-5", "gpt-6", "codex"})) {
        likeOpenaiReasoning(target, name);
    } else if (isOf({"deepseek"})) {
        target.reasoning = ReasoningStyle::ThinkingType;
        target.replay = ReasoningReplay::ReasoningContentOnCalls;
        target.efforts = efforts({Effort::Low, Effort::High, Effort::Max});
        target.forcedToolWhileThinking = false;
        target.json = JsonSupport::ObjectOnly;
    } else if (isOf({"kimi", "moonshot"})) {
        target.reasoning = ReasoningStyle::ThinkingType;
        target.replay = ReasoningReplay::ReasoningContentOnCalls;
        target.efforts = isOf({"kimi-k3"}) ? efforts({Effort::Low, Effort::High, Effort::Max}) : 0;
        target.canSwitchThinkingOff = !isOf({"kimi-k3"});
        target.forcedToolWhileThinking = isOf({"kimi-k3"});
        target.mostTemperature = 1;
    } else if (isOf({"glm"})) {
        target.reasoning = ReasoningStyle::ThinkingType;
        target.replay = ReasoningReplay::ReasoningContentOnCalls;
        target.efforts = efforts({Effort::Low, Effort::High, Effort::Max});
        target.canSwitchThinkingOff = !isOf({"glm-5.3"});
        target.json = JsonSupport::ObjectOnly;
        target.mostTemperature = 1;
    } else if (isOf({"qwen", "qwq"})) {
        target.reasoning = ReasoningStyle::EnableThinking;
        target.forcedToolWhileThinking = false;
        target.efforts = 0;
    } else if (isOf({"grok"})) {
        target.penalties = false;
        target.stopWords = false;
    }
}

std::string issuerOf(std::string_view host, std::string_view model)
{
    const std::string name = bareName(model);
    if (name.find("claude") != std::string::npos)
        return "anthropic";
    if (name.starts_with("gemini"))
        return "gemini";
    // An encrypted item opens only for the account that made it; the address is the nearest to that which is known here.
    const bool isOpenai = name.starts_with("gpt-") || name.starts_with("o1") || name.starts_with("o3") || name.starts_with("o4") || name.starts_with("codex");
    return (isOpenai ? "openai:" : "other:") + lower(host);
}

}
