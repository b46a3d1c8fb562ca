#include "chat/call.h"

#include "chat/reply.h"

#include <algorithm>
#include <array>

namespace waystation {

namespace {

struct EffortWord
{
    Effort effort;
    const char* name;
    Tokens budget;
};

constexpr std::array<EffortWord, 7> efforts {{
    {Effort::None, "none", 0},
    {Effort::Minimal, "minimal", 512},
    {Effort::Low, "low", 1024},
    {Effort::Medium, "medium", 8192},
    {Effort::High, "high", 24576},
    {Effort::XHigh, "xhigh", 32768},
    {Effort::Max, "max", 128000},
}};

struct FinishWord
{
    FinishReason reason;
    const char* name;
};

constexpr std::array<FinishWord, 10> finishWords {{
    {FinishReason::Unknown, "unknown"},
    {FinishReason::Stop, "stop"},
    {FinishReason::StopSequence, "stop_sequence"},
    {FinishReason::Length, "length"},
    {FinishReason::Tool, "tool"},
    {FinishReason::Filter, "filter"},
    {FinishReason::Refusal, "refusal"},
    {FinishReason::Context, "context"},
    {FinishReason::Pause, "pause"},
    {FinishReason::Error, "error"},
}};

}

void Losses::drop(std::string_view field)
{
    add("drop:" + std::string(field));
}

void Losses::adapt(std::string_view what)
{
    add("adapt:" + std::string(what));
}

void Losses::add(std::string token)
{
    if (std::find(m_tokens.begin(), m_tokens.end(), token) == m_tokens.end())
        m_tokens.push_back(std::move(token));
}

std::string Losses::firstDrop() const
{
    constexpr std::string_view mark = "drop:";
    for (const std::string& token : m_tokens) {
        if (token.starts_with(mark))
            return token.substr(mark.size());
    }
    return {};
}

Effort effortFor(Tokens budget)
{
    if (budget <= 0)
        return Effort::None;
    for (const EffortWord& each : efforts) {
        if (each.effort != Effort::None && each.effort < Effort::XHigh && budget <= each.budget)
            return each.effort;
    }
    return Effort::XHigh;
}

Tokens budgetFor(Effort effort)
{
    return efforts[static_cast<std::size_t>(effort)].budget;
}

const char* nameOf(Effort effort)
{
    return efforts[static_cast<std::size_t>(effort)].name;
}

std::optional<Effort> effortFrom(std::string_view name)
{
    for (const EffortWord& each : efforts) {
        if (name == each.name)
            return each.effort;
    }
    return std::nullopt;
}

const char* nameOf(FinishReason reason)
{
    return finishWords[static_cast<std::size_t>(reason)].name;
}

std::optional<FinishReason> finishReasonFrom(std::string_view name)
{
    for (const FinishWord& each : finishWords) {
        if (name == each.name)
            return each.reason;
    }
    return std::nullopt;
}

}
