#pragma once

// What the vendors' own validators refuse, as far as their documents and answers tell it. Each function returns the first
// complaint, empty when there is none.

#include "dialect/dialect.h"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace rules {

using Json = nlohmann::ordered_json;

inline bool isWord(const std::string& text, std::size_t most)
{
    if (text.empty() || text.size() > most)
        return false;
    for (const char c : text) {
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

inline std::string wordOf(const Json& json, const char* name)
{
    const auto found = json.is_object() ? json.find(name) : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline std::string chatCall(const Json& body)
{
    if (!body.contains("messages") || body["messages"].empty())
        return "no messages";
    std::set<std::string> due;
    std::set<std::string> seen;
    bool hasTurn = false;
    for (const Json& message : body["messages"]) {
        const std::string role = wordOf(message, "role");
        if (role == "tool") {
            const std::string id = wordOf(message, "tool_call_id");
            if (!due.erase(id))
                return "a tool message that answers no call: " + id;
            if (!message["content"].is_string())
                return "a tool message whose content is no text";
            continue;
        }
        if (!due.empty())
            return "a call without its tool message: " + *due.begin();
        if (role == "assistant") {
            hasTurn = true;
            const bool hasCalls = message.contains("tool_calls");
            if (!hasCalls && (!message.contains("content") || message["content"].is_null()) && !message.contains("refusal"))
                return "an assistant message with nothing";
            for (const Json& call : hasCalls ? message["tool_calls"] : Json::array()) {
                const std::string id = wordOf(call, "id");
                if (id.empty() || id.size() > 40)
                    return "a call id that is refused: " + id;
                if (!seen.insert(id).second)
                    return "a call id twice: " + id;
                due.insert(id);
                const Json& what = call.contains("custom") ? call["custom"] : call["function"];
                if (!isWord(wordOf(what, "name"), 64))
                    return "a name that is refused: " + wordOf(what, "name");
                if (call.contains("function") && !what["arguments"].is_string())
                    return "arguments that are no text";
            }
        } else if (role == "user") {
            hasTurn = true;
            if (!message["content"].is_string() && (!message["content"].is_array() || message["content"].empty()))
                return "a user message with nothing";
        } else if (role != "system" && role != "developer") {
            return "a role that is not known: " + role;
        }
    }
    if (!due.empty())
        return "a call without its tool message: " + *due.begin();
    if (!hasTurn)
        return "nothing but instructions";
    for (const Json& tool : body.value("tools", Json::array())) {
        if (tool.contains("function") && !isWord(wordOf(tool["function"], "name"), 64))
            return "a tool name that is refused: " + wordOf(tool["function"], "name");
    }
    if (!body.contains("tools") && (body.contains("tool_choice") || body.contains("parallel_tool_calls")))
        return "a choice without tools";
    return {};
}

inline std::string anthropicCall(const Json& body)
{
    if (!body.contains("max_tokens") || !body["max_tokens"].is_number_integer() || body["max_tokens"].get<long>() < 1)
        return "max_tokens is missing";
    if (!body.contains("messages") || body["messages"].empty())
        return "no messages";
    std::set<std::string> due;
    std::set<std::string> seen;
    std::string last;
    int marks = 0;
    const auto count = [&](const Json& part) { marks += part.contains("cache_control") ? 1 : 0; };
    for (const Json& message : body["messages"]) {
        const std::string role = wordOf(message, "role");
        if (last.empty() && role != "user")
            return "the first turn is not the user's";
        if (role == last)
            return "two turns of one role in a row";
        last = role;
        const Json content = message["content"].is_string() ? Json::array({Json {{"type", "text"}, {"text", message["content"]}}}) : message["content"];
        if (content.empty())
            return "an empty turn";
        bool resultsMayCome = true;
        std::set<std::string> calls;
        for (const Json& block : content) {
            count(block);
            const std::string type = wordOf(block, "type");
            if (type == "text") {
                if (wordOf(block, "text").find_first_not_of(" \n\t\r") == std::string::npos)
                    return "an empty text block";
                resultsMayCome = false;
            } else if (type == "tool_use") {
                const std::string id = wordOf(block, "id");
                if (role != "assistant" || !isWord(id, 64) || !seen.insert(id).second)
                    return "a tool_use id that is refused: " + id;
                if (!isWord(wordOf(block, "name"), 64) || !block["input"].is_object())
                    return "a tool_use that is refused";
                calls.insert(id);
            } else if (type == "tool_result") {
                if (!resultsMayCome)
                    return "a tool_result behind other blocks";
                if (!due.erase(wordOf(block, "tool_use_id")))
                    return "a tool_result without its tool_use: " + wordOf(block, "tool_use_id");
            } else {
                resultsMayCome = false;
            }
        }
        if (!due.empty())
            return "a tool_use without its tool_result: " + *due.begin();
        due = calls;
    }
    if (!due.empty())
        return "a tool_use at the end without its tool_result";
    for (const Json& block : body.value("system", Json::array()).is_array() ? body.value("system", Json::array()) : Json::array()) {
        count(block);
        if (wordOf(block, "text").empty())
            return "an empty system block";
    }
    for (const Json& tool : body.value("tools", Json::array())) {
        count(tool);
        if (tool.contains("input_schema") && wordOf(tool["input_schema"], "type") != "object")
            return "a schema that is no object";
    }
    if (marks > 4)
        return "more than four cache marks";
    if (body.contains("thinking") && wordOf(body["thinking"], "type") == "enabled") {
        const long budget = body["thinking"].value("budget_tokens", 0L);
        if (budget < 1024 || budget >= body["max_tokens"].get<long>())
            return "a thinking budget that is refused";
        if (body.contains("temperature") && body["temperature"] != 1)
            return "a temperature beside thinking";
        const std::string choice = body.contains("tool_choice") ? wordOf(body["tool_choice"], "type") : "auto";
        if (choice == "any" || choice == "tool")
            return "a forced tool beside thinking";
    }
    return {};
}

inline std::string responsesCall(const Json& body)
{
    if (!body.contains("input") || body["input"].empty())
        return "no input";
    std::set<std::string> due;
    std::set<std::string> seen;
    if (body["input"].is_array()) {
        bool isAfterReasoning = false;
        for (const Json& item : body["input"]) {
            const std::string type = wordOf(item, "type");
            const bool isOutput = type.ends_with("_output");
            if (isAfterReasoning && (isOutput || wordOf(item, "role") == "user"))
                return "reasoning without what follows it";
            isAfterReasoning = type == "reasoning";
            if (item.contains("id"))
                return "an item id, which nobody knows there";
            if (isOutput) {
                if (!due.erase(wordOf(item, "call_id")))
                    return "an output without its call: " + wordOf(item, "call_id");
            } else if (type == "function_call" || type == "custom_tool_call") {
                const std::string id = wordOf(item, "call_id");
                if (id.empty() || id.size() > 64 || !seen.insert(id).second)
                    return "a call_id that is refused: " + id;
                due.insert(id);
                if (!isWord(wordOf(item, "name"), 64))
                    return "a name that is refused: " + wordOf(item, "name");
            }
        }
        if (isAfterReasoning)
            return "reasoning at the end";
    }
    if (!due.empty())
        return "a call without its output: " + *due.begin();
    for (const Json& tool : body.value("tools", Json::array())) {
        if (wordOf(tool, "type") == "function" && !isWord(wordOf(tool, "name"), 64))
            return "a tool name that is refused: " + wordOf(tool, "name");
    }
    if (body.contains("max_output_tokens") && body["max_output_tokens"].get<long>() < 16)
        return "max_output_tokens below 16";
    return {};
}

inline std::string geminiCall(const Json& body)
{
    if (!body.contains("contents") || body["contents"].empty())
        return "no contents";
    std::string last;
    std::vector<std::string> calls;
    for (const Json& content : body["contents"]) {
        const std::string role = wordOf(content, "role");
        if (role != "user" && role != "model")
            return "a role that is not known: " + role;
        if (last.empty() && role != "user")
            return "the first turn is not the user's";
        if (role == last)
            return "two turns of one role in a row";
        last = role;
        if (content["parts"].empty())
            return "a turn without parts";
        std::vector<std::string> made;
        std::vector<std::string> answered;
        for (const Json& part : content["parts"]) {
            if (part.empty())
                return "an empty part";
            if (part.contains("functionCall")) {
                if (!part["functionCall"]["args"].is_object())
                    return "args that are no object";
                made.push_back(wordOf(part["functionCall"], "name"));
            }
            if (part.contains("functionResponse")) {
                if (!part["functionResponse"]["response"].is_object() || wordOf(part["functionResponse"], "name").empty())
                    return "a functionResponse that is refused";
                answered.push_back(wordOf(part["functionResponse"], "name"));
            }
        }
        if (role == "user" && answered != calls)
            return "responses that are not those of the calls";
        calls = made;
    }
    if (!calls.empty())
        return "calls at the end without responses";
    return {};
}

inline std::string call(waystation::DialectId dialect, const Json& body)
{
    switch (dialect) {
    case waystation::DialectId::OpenaiChat:
        return chatCall(body);
    case waystation::DialectId::OpenaiResponses:
        return responsesCall(body);
    case waystation::DialectId::Anthropic:
        return anthropicCall(body);
    case waystation::DialectId::Gemini:
        break;
    }
    return geminiCall(body);
}

/// One event of a client's stream.
struct Event
{
    std::string name;
    std::string data;
};

inline std::string chatStream(const std::vector<Event>& events, bool wantsUsage)
{
    std::set<long> finished;
    bool isDone = false;
    bool isFailed = false;
    int usages = 0;
    for (const Event& event : events) {
        if (isDone || isFailed)
            return "something behind the end";
        if (event.data == "[DONE]") {
            isDone = true;
            continue;
        }
        const Json chunk = Json::parse(event.data);
        if (chunk.contains("error")) {
            isFailed = true;
            continue;
        }
        if (chunk["choices"].empty()) {
            ++usages;
            continue;
        }
        for (const Json& choice : chunk["choices"]) {
            const long index = choice["index"].get<long>();
            if (finished.count(index))
                return "a delta behind the finish of its choice";
            if (choice.contains("finish_reason") && !choice["finish_reason"].is_null())
                finished.insert(index);
        }
    }
    if (!isDone && !isFailed)
        return "no end";
    if (isDone && finished.empty())
        return "[DONE] without a finish";
    if (isDone && usages != (wantsUsage ? 1 : 0))
        return "usage " + std::to_string(usages) + " times";
    return {};
}

inline std::string anthropicStream(const std::vector<Event>& events)
{
    long open = -1;
    long next = 0;
    bool isStarted = false;
    bool isOver = false;
    bool hasDelta = false;
    for (const Event& event : events) {
        const Json data = Json::parse(event.data);
        const std::string type = wordOf(data, "type");
        if (type != event.name)
            return "the event's name is not its type: " + event.name;
        if (isOver)
            return "something behind the end";
        if (type == "error") {
            isOver = true;
        } else if (type == "message_start") {
            if (isStarted)
                return "a second message_start";
            isStarted = true;
        } else if (!isStarted) {
            return "an event in front of message_start";
        } else if (type == "content_block_start") {
            if (open >= 0 || data["index"] != next)
                return "blocks overlap or are not counted";
            open = next++;
        } else if (type == "content_block_delta") {
            if (data["index"] != open)
                return "a delta of a block that is not open";
        } else if (type == "content_block_stop") {
            if (data["index"] != open)
                return "the stop of a block that is not open";
            open = -1;
        } else if (type == "message_delta") {
            if (open >= 0)
                return "message_delta while a block is open";
            hasDelta = true;
        } else if (type == "message_stop") {
            if (!hasDelta)
                return "message_stop without message_delta";
            isOver = true;
        }
    }
    return isOver ? std::string() : "no end";
}

inline std::string responsesStream(const std::vector<Event>& events)
{
    long number = 0;
    std::map<long, std::string> open;
    std::size_t done = 0;
    std::string last;
    Json response;
    for (const Event& event : events) {
        const Json data = Json::parse(event.data);
        const std::string type = wordOf(data, "type");
        if (type != event.name)
            return "the event's name is not its type: " + event.name;
        if (data["sequence_number"] != number++)
            return "a gap in the numbers at " + type;
        if (last == "response.completed" || last == "response.failed" || last == "response.incomplete")
            return "something behind the end";
        last = type;
        if (type == "response.output_item.added") {
            if (!open.empty())
                return "items overlap";
            open[data["output_index"].get<long>()] = wordOf(data["item"], "id");
        } else if (type == "response.output_item.done") {
            const long index = data["output_index"].get<long>();
            if (!open.count(index) || open[index] != wordOf(data["item"], "id"))
                return "done of an item that was not added";
            open.erase(index);
            ++done;
        }
        if (data.contains("response"))
            response = data["response"];
    }
    const bool isEnd = last == "response.completed" || last == "response.failed" || last == "response.incomplete";
    if (!isEnd)
        return "no end";
    if (last != "response.failed" && (!open.empty() || response["output"].size() != done))
        return "the output is not what was streamed";
    if (last != "response.failed" && !response["usage"].is_null()) {
        const Json& usage = response["usage"];
        if (!usage["total_tokens"].is_number_integer() || !usage["input_tokens_details"]["cached_tokens"].is_number_integer()
            || !usage["output_tokens_details"]["reasoning_tokens"].is_number_integer())
            return "usage without its numbers";
    }
    return {};
}

inline std::string geminiStream(const std::vector<Event>& events)
{
    bool isOver = false;
    bool isFinished = false;
    for (const Event& event : events) {
        if (!event.name.empty())
            return "an event line";
        if (isOver)
            return "something behind the error";
        const Json chunk = Json::parse(event.data);
        if (chunk.contains("error")) {
            isOver = true;
            continue;
        }
        if (!chunk.contains("modelVersion") || !chunk.contains("responseId"))
            return "a chunk without model and id";
        for (const Json& candidate : chunk.value("candidates", Json::array()))
            isFinished = isFinished || candidate.contains("finishReason");
        if (chunk.contains("promptFeedback"))
            isFinished = true;
    }
    return isOver || isFinished ? std::string() : "no end";
}

inline std::string stream(waystation::DialectId dialect, const std::vector<Event>& events, bool wantsUsage)
{
    switch (dialect) {
    case waystation::DialectId::OpenaiChat:
        return chatStream(events, wantsUsage);
    case waystation::DialectId::OpenaiResponses:
        return responsesStream(events);
    case waystation::DialectId::Anthropic:
        return anthropicStream(events);
    case waystation::DialectId::Gemini:
        break;
    }
    return geminiStream(events);
}

}
