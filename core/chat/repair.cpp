#include "chat/repair.h"

#include "chat/names.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace waystation {

namespace {

bool hasCalls(const Turn& turn)
{
    return std::any_of(turn.parts.begin(), turn.parts.end(), [](const Part& part) { return part.kind == PartKind::ToolCall; });
}

bool isResultsOnly(const Turn& turn)
{
    return turn.role == Role::User && !turn.parts.empty()
        && std::all_of(turn.parts.begin(), turn.parts.end(), [](const Part& part) { return part.kind == PartKind::ToolResult; });
}

Part textPart(RawText text)
{
    Part part;
    part.text = text;
    return part;
}

/// What a result says when its call is gone.
Part orphanText(const Part& result, TextStore& store)
{
    std::string text = "[result of an unknown tool call";
    if (!result.callId.empty()) {
        text += ' ';
        appendEscaped(text, result.callId);
    }
    text += ':';
    for (const Part& part : result.result) {
        if (part.kind == PartKind::Text) {
            text += ' ';
            text += part.text.escaped();
        }
    }
    text += ']';
    return textPart(RawText(store.keep(std::move(text))));
}

class Repair
{
public:
    Repair(ChatCall& call, Losses& losses) : m_call(call), m_losses(losses) { }

    void run()
    {
        takeForeignCalls();
        nameCalls();
        std::vector<Turn> turns = std::move(m_call.turns);
        m_call.turns.clear();
        for (std::size_t at = 0; at < turns.size();) {
            if (turns[at].role == Role::Assistant && hasCalls(turns[at]))
                at = takeRound(turns, at);
            else
                takeOther(std::move(turns[at++]));
        }
        const auto saysNothing = [](const Part& part) { return (part.kind == PartKind::Text || part.kind == PartKind::Refusal) && part.text.isEmpty() && part.carry.isEmpty(); };
        for (Turn& turn : m_call.turns)
            turn.parts.erase(std::remove_if(turn.parts.begin(), turn.parts.end(), saysNothing), turn.parts.end());
        const auto isEmpty = [](const Turn& turn) { return turn.parts.empty(); };
        m_call.turns.erase(std::remove_if(m_call.turns.begin(), m_call.turns.end(), isEmpty), m_call.turns.end());
    }

private:
    /// Only an assistant calls tools; what stands elsewhere as a call is told in words.
    void takeForeignCalls()
    {
        for (Turn& turn : m_call.turns) {
            if (turn.role == Role::Assistant)
                continue;
            for (Part& part : turn.parts) {
                if (part.kind == PartKind::ToolCall)
                    part = textPart(m_call.texts.escape("[call of " + std::string(part.toolName) + "]"));
            }
        }
    }

    /// Gives every call an id that depends on its place only, and every result the id of its call; a second use of an id
    /// becomes another one.
    void nameCalls()
    {
        struct Open
        {
            std::string_view said; // as the client said it, may be empty
            std::string_view id;
            std::string_view name;
            bool isAnswered = false;
        };
        std::vector<Open> open; // calls in order; those answered stay, for results that come twice
        std::unordered_map<std::string, int> uses;
        for (std::size_t t = 0; t < m_call.turns.size(); ++t) {
            for (std::size_t p = 0; p < m_call.turns[t].parts.size(); ++p) {
                Part& part = m_call.turns[t].parts[p];
                if (part.kind == PartKind::ToolCall) {
                    const std::string_view said = part.callId;
                    if (said.empty()) {
                        part.callId = m_call.texts.keep(madeCallId(t, p));
                        part.idIsNative = false;
                    } else if (const int count = ++uses[std::string(said)]; count > 1) {
                        part.callId = m_call.texts.keep(std::string(said) + "_" + std::to_string(count));
                    }
                    open.push_back({said, part.callId, part.toolName, false});
                } else if (part.kind == PartKind::ToolResult) {
                    const auto fits = [&](const Open& each) {
                        if (each.isAnswered)
                            return false;
                        if (!part.callId.empty())
                            return each.said == part.callId;
                        return part.toolName.empty() || each.name == part.toolName;
                    };
                    const auto found = std::find_if(open.begin(), open.end(), fits);
                    if (found == open.end())
                        continue;
                    found->isAnswered = true;
                    part.callId = found->id;
                    if (part.toolName.empty())
                        part.toolName = found->name;
                }
            }
        }
    }

    /// One round: calls that belong together, their results, and what was said in between. Returns where it ends.
    std::size_t takeRound(std::vector<Turn>& turns, std::size_t at)
    {
        Turn assistant;
        assistant.role = Role::Assistant;
        std::vector<Part> results;
        std::vector<Turn> later; // system and user turns between the calls and their results
        std::vector<std::string_view> ids;

        const auto wanted = [&](const Part& part) {
            return part.kind == PartKind::ToolResult && std::find(ids.begin(), ids.end(), part.callId) != ids.end();
        };
        const auto isWhole = [&] { return results.size() >= ids.size(); };
        const auto takeAssistant = [&](Turn& turn) {
            for (Part& part : turn.parts) {
                if (part.kind == PartKind::ToolCall)
                    ids.push_back(part.callId);
                assistant.parts.push_back(std::move(part));
            }
        };
        takeAssistant(turns[at++]);

        while (at < turns.size()) {
            Turn& turn = turns[at];
            if (turn.role == Role::Assistant) {
                // "call a, out a, call b, out b" of one answer comes as it is; calls told one by one are one round.
                if (!hasCalls(turn) || !results.empty() || !later.empty())
                    break;
                takeAssistant(turn);
                ++at;
                continue;
            }
            const bool holdsWanted = std::any_of(turn.parts.begin(), turn.parts.end(), wanted);
            if (!holdsWanted) {
                // Looks ahead only while results are still due.
                if (isWhole() || !resultFollows(turns, at + 1, ids))
                    break;
                later.push_back(std::move(turn));
                ++at;
                continue;
            }
            Turn rest;
            rest.role = turn.role;
            for (Part& part : turn.parts) {
                if (wanted(part))
                    results.push_back(std::move(part));
                else
                    rest.parts.push_back(std::move(part));
            }
            if (!rest.parts.empty())
                later.push_back(std::move(rest));
            ++at;
        }

        Turn user;
        for (const std::string_view id : ids) {
            const auto found = std::find_if(results.begin(), results.end(), [&](const Part& part) { return part.callId == id; });
            if (found != results.end()) {
                user.parts.push_back(std::move(*found));
                found->callId = {};
                continue;
            }
            Part missing;
            missing.kind = PartKind::ToolResult;
            missing.callId = id;
            for (const Part& part : assistant.parts) {
                if (part.kind == PartKind::ToolCall && part.callId == id) {
                    missing.toolName = part.toolName;
                    missing.isCustom = part.isCustom;
                    missing.nameSpace = part.nameSpace;
                }
            }
            missing.result.push_back(textPart(RawText("[no result recorded]")));
            user.parts.push_back(std::move(missing));
            m_losses.adapt("history.missing_result");
        }
        for (Part& part : user.parts) {
            for (const Part& made : assistant.parts) {
                if (made.kind == PartKind::ToolCall && made.callId == part.callId) {
                    part.toolName = made.toolName;
                    part.nameSpace = made.nameSpace;
                    part.isCustom = part.isCustom || made.isCustom;
                }
            }
        }
        m_call.turns.push_back(std::move(assistant));
        m_call.turns.push_back(std::move(user));
        for (Turn& turn : later)
            takeOther(std::move(turn));
        return at;
    }

    static bool resultFollows(const std::vector<Turn>& turns, std::size_t from, const std::vector<std::string_view>& ids)
    {
        for (std::size_t at = from; at < turns.size() && turns[at].role != Role::Assistant; ++at) {
            for (const Part& part : turns[at].parts) {
                if (part.kind == PartKind::ToolResult && std::find(ids.begin(), ids.end(), part.callId) != ids.end())
                    return true;
            }
        }
        return false;
    }

    void takeOther(Turn turn)
    {
        for (Part& part : turn.parts) {
            if (part.kind != PartKind::ToolResult)
                continue;
            m_losses.adapt("history.unknown_call");
            part = orphanText(part, m_call.texts);
        }
        m_call.turns.push_back(std::move(turn));
    }

    ChatCall& m_call;
    Losses& m_losses;
};

}

void repairHistory(ChatCall& call, Losses& losses)
{
    Repair(call, losses).run();
}

void mergeNeighbours(ChatCall& call)
{
    std::vector<Turn> merged;
    merged.reserve(call.turns.size());
    for (Turn& turn : call.turns) {
        if (!merged.empty() && turn.role != Role::System && merged.back().role == turn.role) {
            for (Part& part : turn.parts)
                merged.back().parts.push_back(std::move(part));
        } else {
            merged.push_back(std::move(turn));
        }
    }
    call.turns = std::move(merged);
}

void wrapSystemTurns(ChatCall& call)
{
    std::vector<Turn> turns;
    turns.reserve(call.turns.size());
    std::vector<Part> waiting; // for the user turn that follows
    for (std::size_t at = 0; at < call.turns.size(); ++at) {
        Turn& turn = call.turns[at];
        if (turn.role != Role::System) {
            if (!waiting.empty() && turn.role == Role::User && !isResultsOnly(turn)) {
                turn.parts.insert(turn.parts.begin(), std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end()));
                waiting.clear();
            } else if (!waiting.empty()) {
                turns.push_back({Role::User, std::move(waiting)});
                waiting.clear();
            }
            turns.push_back(std::move(turn));
            continue;
        }
        for (const Part& part : turn.parts) {
            if (part.text.isEmpty())
                continue;
            Part wrapped = textPart(RawText(call.texts.keep("<system-reminder>\\n" + std::string(part.text.escaped()) + "\\n</system-reminder>")));
            wrapped.cache = part.cache;
            // Behind the user's turn where there is one: what stood before it stays as it was.
            if (!turns.empty() && turns.back().role == Role::User)
                turns.back().parts.push_back(std::move(wrapped));
            else
                waiting.push_back(std::move(wrapped));
        }
    }
    if (!waiting.empty())
        turns.push_back({Role::User, std::move(waiting)});
    call.turns = std::move(turns);
}

}
