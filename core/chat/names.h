#pragma once

#include "chat/call.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace waystation {

/// What a protocol allows in names and ids (protocols.md 3.1, 3.2).
enum class NameRule {
    Openai, // [A-Za-z0-9_-]{1,64}
    Gemini, // a letter or _, then [A-Za-z0-9_.:-], 64 at most
};

enum class IdRule {
    Any,
    Anthropic, // [A-Za-z0-9_-]{1,64}
    OpenaiChat, // 40 at most
    OpenaiResponses, // 64 at most
    Mistral, // 9 letters and digits exactly
};

/// The names of a call's tools as the upstream sees them, and back. A name that does not fit becomes its beginning, "_"
/// and 8 hex digits of its hash; a tool inside a namespace becomes "namespace__name". The same name always gives the same.
class ToolNames
{
public:
    struct Own
    {
        std::string name; // the client's
        std::string nameSpace;
        bool isCustom = false; // a custom tool that the upstream sees as a function {input: string}
    };

    ToolNames() = default;
    /// Takes in every tool of the call. `customAsFunction`: the upstream has no custom tools.
    ToolNames(const ChatCall& call, NameRule rule, bool customAsFunction);

    /// For tools, tool_choice and history. Good as long as this object.
    std::string_view upstreamName(std::string_view nameSpace, std::string_view name) const;
    /// What a name in an answer means; null for one that the client did not declare, which is passed as it is.
    const Own* ownName(std::string_view upstreamName) const;

private:
    NameRule m_rule = NameRule::Openai;
    std::unordered_map<std::string, Own> m_own; // by the upstream's name
    mutable std::unordered_map<std::string, std::string> m_upstream; // by namespace, a zero octet, name
};

/// `name` folded to the rule; itself when it fits.
std::string foldedName(std::string_view name, NameRule rule);

/// The ids of a history as the target takes them: a pure function of the old id, the same in call and result. Only what
/// the target refuses is changed.
class CallIds
{
public:
    explicit CallIds(IdRule rule) : m_rule(rule) { }
    std::string_view idFor(std::string_view id);

private:
    IdRule m_rule;
    std::unordered_map<std::string, std::string> m_folded;
    std::unordered_map<std::string, std::string> m_taken; // new id -> old id
};

/// "call_" and 20 letters and digits that `seed` and `number` decide.
std::string madeCallId(std::uint64_t seed, std::uint64_t number);

}
