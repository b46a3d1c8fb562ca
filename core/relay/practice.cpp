#include "relay/practice.h"

#include "base/hash.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <array>

namespace waystation {

namespace {

using Json = nlohmann::ordered_json;

/// What the practice channel is asked to act out.
struct Act
{
    int status = 200;
    bool isSlow = false;
    bool isGarbage = false;
    bool callsTool = false;
    PracticeScript::Ending ending = PracticeScript::Ending::Whole;
};

Act actOf(std::string_view model)
{
    Act act;
    for (const int status : {401, 402, 404, 429, 500, 529}) {
        if (model == "practice-" + std::to_string(status))
            act.status = status;
    }
    act.isSlow = model == "practice-slow";
    act.isGarbage = model == "practice-garbage";
    act.callsTool = model == "practice-tool";
    if (model == "practice-cut")
        act.ending = PracticeScript::Ending::Cut;
    if (model == "practice-stall")
        act.ending = PracticeScript::Ending::Stall;
    return act;
}

/// The same call gives the same ids: they are made from its number.
std::string idFrom(std::string_view prefix, std::uint64_t number)
{
    std::array<std::uint8_t, 12> octets {};
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>((number >> (8 * (i % 8))) + i * 37);
    return std::string(prefix) + toHex(octets.data(), octets.size());
}

// Bodies come from anywhere: a field of another type than expected counts as absent.

std::string textField(const Json& object, const char* name, const char* otherwise)
{
    return object.is_object() && object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : otherwise;
}

Json objectField(const Json& object, const std::string& name)
{
    return object.is_object() && object.contains(name) && object[name].is_object() ? object[name] : Json::object();
}

Json listField(const Json& object, const char* name)
{
    return object.is_object() && object.contains(name) && object[name].is_array() ? object[name] : Json::array();
}

std::string textOf(const Json& content)
{
    if (content.is_string())
        return content.get<std::string>();
    std::string text;
    if (!content.is_array())
        return text;
    for (const Json& part : content) {
        if (part.is_string())
            text += part.get<std::string>();
        else if (part.is_object() && part.contains("text") && part["text"].is_string())
            text += part["text"].get<std::string>();
    }
    return text;
}

/// What the user said last, in whichever protocol.
std::string lastUserText(const Json& body)
{
    std::string last;
    for (const char* list : {"messages", "input", "contents"}) {
        if (!body.contains(list))
            continue;
        const Json& turns = body[list];
        if (turns.is_string())
            return turns.get<std::string>();
        if (!turns.is_array())
            continue;
        for (const Json& turn : turns) {
            if (!turn.is_object())
                continue;
            const std::string role = textField(turn, "role", "user");
            const char* field = turn.contains("parts") ? "parts" : "content";
            if (role == "user" && turn.contains(field)) {
                const std::string text = textOf(turn[field]);
                if (!text.empty())
                    last = text;
            }
        }
    }
    if (last.empty() && body.contains("prompt"))
        last = textOf(body["prompt"]);
    return last;
}

struct Tool
{
    std::string name = "practice_tool";
    Json arguments = Json {{"text", "practice"}};
};

Json sampleValue(const Json& schema)
{
    if (!schema.is_object())
        return "practice";
    if (schema.contains("enum") && schema["enum"].is_array() && !schema["enum"].empty())
        return schema["enum"][0];
    const std::string word = lower(textField(schema, "type", "string"));
    if (word == "integer" || word == "number")
        return 1;
    if (word == "boolean")
        return true;
    if (word == "array")
        return Json::array();
    if (word == "object")
        return Json::object();
    return "practice";
}

/// The first tool that the call offers, with arguments that its schema would take.
Tool toolOf(const Json& body)
{
    Tool tool;
    for (Json spec : listField(body, "tools")) {
        if (spec.is_object() && spec.contains("functionDeclarations") && spec["functionDeclarations"].is_array()
            && !spec["functionDeclarations"].empty())
            spec = spec["functionDeclarations"][0];
        if (spec.is_object() && spec.contains("function"))
            spec = spec["function"];
        if (!spec.is_object() || !spec.contains("name") || !spec["name"].is_string())
            continue;
        tool.name = spec["name"].get<std::string>();
        tool.arguments = Json::object();
        for (const char* place : {"parameters", "input_schema", "parametersJsonSchema"}) {
            const Json schema = objectField(spec, place);
            const Json properties = objectField(schema, "properties");
            for (const Json& name : listField(schema, "required")) {
                if (name.is_string())
                    tool.arguments[name.get<std::string>()] = sampleValue(objectField(properties, name.get<std::string>()));
            }
        }
        return tool;
    }
    return tool;
}

/// The parts of an answer, before they are put into a protocol.
struct Answer
{
    std::string model;
    std::vector<std::string> words; // joined they are the text
    std::optional<Tool> tool;
    std::int64_t input = 1;
    std::int64_t output = 1;
    std::int64_t created = 0;
    std::uint64_t number = 0;

    std::string text() const
    {
        std::string all;
        for (const std::string& word : words)
            all += word;
        return all;
    }
};

std::vector<std::string> wordsOf(const std::string& text)
{
    std::vector<std::string> words;
    std::string word;
    for (const char c : text) {
        word += c;
        if (c == ' ' || c == '\n') {
            words.push_back(word);
            word.clear();
        }
    }
    if (!word.empty())
        words.push_back(word);
    // A long text leaves in at most 64 pieces.
    const std::size_t perPiece = words.size() / 64 + 1;
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i % perPiece == 0)
            pieces.emplace_back();
        pieces.back() += words[i];
    }
    return pieces;
}

std::string sse(std::string_view name, const Json& data)
{
    std::string event;
    if (!name.empty())
        event += "event: " + std::string(name) + "\n";
    return event + "data: " + data.dump() + "\n\n";
}

namespace chat {

Json usage(const Answer& answer)
{
    return {{"prompt_tokens", answer.input}, {"completion_tokens", answer.output}, {"total_tokens", answer.input + answer.output},
        {"prompt_tokens_details", {{"cached_tokens", 0}}}, {"completion_tokens_details", {{"reasoning_tokens", 0}}}};
}

Json toolCall(const Answer& answer)
{
    return {{"id", idFrom("call_", answer.number)}, {"type", "function"},
        {"function", {{"name", answer.tool->name}, {"arguments", answer.tool->arguments.dump()}}}};
}

std::string whole(const Answer& answer)
{
    Json message = {{"role", "assistant"}, {"content", answer.tool ? Json() : Json(answer.text())}};
    if (answer.tool)
        message["tool_calls"] = Json::array({toolCall(answer)});
    const Json choice = {{"index", 0}, {"message", message}, {"logprobs", nullptr}, {"finish_reason", answer.tool ? "tool_calls" : "stop"}};
    return Json {{"id", idFrom("chatcmpl-", answer.number)}, {"object", "chat.completion"}, {"created", answer.created},
        {"model", answer.model}, {"choices", Json::array({choice})}, {"usage", usage(answer)}}
        .dump();
}

std::vector<std::string> stream(const Answer& answer, bool withUsage)
{
    const auto chunk = [&](const Json& choices) {
        Json json = {{"id", idFrom("chatcmpl-", answer.number)}, {"object", "chat.completion.chunk"}, {"created", answer.created},
            {"model", answer.model}, {"choices", choices}};
        if (withUsage)
            json["usage"] = nullptr;
        return json;
    };
    const auto delta = [&](const Json& content, const Json& finish) {
        const Json choice = {{"index", 0}, {"delta", content}, {"finish_reason", finish}};
        return sse("", chunk(Json::array({choice})));
    };
    std::vector<std::string> events {delta({{"role", "assistant"}, {"content", answer.tool ? Json() : Json("")}}, nullptr)};
    if (answer.tool) {
        Json begin = toolCall(answer);
        begin["index"] = 0;
        begin["function"]["arguments"] = "";
        events.push_back(delta({{"tool_calls", Json::array({begin})}}, nullptr));
        const Json rest = {{"index", 0}, {"function", {{"arguments", answer.tool->arguments.dump()}}}};
        events.push_back(delta({{"tool_calls", Json::array({rest})}}, nullptr));
    }
    for (const std::string& word : answer.words)
        events.push_back(delta({{"content", word}}, nullptr));
    events.push_back(delta(Json::object(), answer.tool ? "tool_calls" : "stop"));
    if (withUsage) {
        Json last = chunk(Json::array());
        last["usage"] = usage(answer);
        events.push_back(sse("", last));
    }
    events.push_back("data: [DONE]\n\n");
    return events;
}

}

namespace responses {

Json usage(const Answer& answer)
{
    return {{"input_tokens", answer.input}, {"input_tokens_details", {{"cached_tokens", 0}}}, {"output_tokens", answer.output},
        {"output_tokens_details", {{"reasoning_tokens", 0}}}, {"total_tokens", answer.input + answer.output}};
}

Json object(const Answer& answer, std::string_view status, const Json& output)
{
    return {{"id", idFrom("resp_", answer.number)}, {"object", "response"}, {"created_at", answer.created}, {"status", status},
        {"error", nullptr}, {"incomplete_details", nullptr}, {"model", answer.model}, {"output", output},
        {"parallel_tool_calls", true}, {"usage", status == "completed" ? usage(answer) : Json()}};
}

Json item(const Answer& answer, bool isDone)
{
    if (answer.tool)
        return {{"id", idFrom("fc_", answer.number)}, {"type", "function_call"}, {"status", isDone ? "completed" : "in_progress"},
            {"call_id", idFrom("call_", answer.number)}, {"name", answer.tool->name},
            {"arguments", isDone ? answer.tool->arguments.dump() : ""}};
    Json content = Json::array();
    if (isDone)
        content.push_back({{"type", "output_text"}, {"text", answer.text()}, {"annotations", Json::array()}});
    return {{"id", idFrom("msg_", answer.number)}, {"type", "message"}, {"status", isDone ? "completed" : "in_progress"},
        {"role", "assistant"}, {"content", content}};
}

std::string whole(const Answer& answer)
{
    return object(answer, "completed", Json::array({item(answer, true)})).dump();
}

std::vector<std::string> stream(const Answer& answer)
{
    std::vector<std::string> events;
    int number = 0;
    const auto send = [&](const char* type, Json rest) {
        Json json = {{"type", type}, {"sequence_number", number++}};
        json.update(rest);
        events.push_back(sse(type, json));
    };
    send("response.created", {{"response", object(answer, "in_progress", Json::array())}});
    send("response.output_item.added", {{"output_index", 0}, {"item", item(answer, false)}});
    const Json done = item(answer, true);
    const std::string id = done["id"].get<std::string>();
    if (answer.tool) {
        const std::string arguments = answer.tool->arguments.dump();
        send("response.function_call_arguments.delta", {{"item_id", id}, {"output_index", 0}, {"delta", arguments}});
        send("response.function_call_arguments.done", {{"item_id", id}, {"output_index", 0}, {"arguments", arguments}});
    } else {
        const Json place = {{"item_id", id}, {"output_index", 0}, {"content_index", 0}};
        const auto with = [&](Json rest) {
            Json json = place;
            json.update(rest);
            return json;
        };
        send("response.content_part.added", with({{"part", {{"type", "output_text"}, {"text", ""}, {"annotations", Json::array()}}}}));
        for (const std::string& word : answer.words)
            send("response.output_text.delta", with({{"delta", word}}));
        send("response.output_text.done", with({{"text", answer.text()}}));
        send("response.content_part.done", with({{"part", done["content"][0]}}));
    }
    send("response.output_item.done", {{"output_index", 0}, {"item", done}});
    send("response.completed", {{"response", object(answer, "completed", Json::array({done}))}});
    return events;
}

}

namespace messages {

Json usage(const Answer& answer, std::int64_t output)
{
    return {{"input_tokens", answer.input}, {"cache_creation_input_tokens", 0}, {"cache_read_input_tokens", 0}, {"output_tokens", output}};
}

Json message(const Answer& answer, const Json& content, const Json& stop, std::int64_t output)
{
    return {{"id", idFrom("msg_", answer.number)}, {"type", "message"}, {"role", "assistant"}, {"model", answer.model},
        {"content", content}, {"stop_reason", stop}, {"stop_sequence", nullptr}, {"usage", usage(answer, output)}};
}

Json block(const Answer& answer, bool isWhole)
{
    if (answer.tool)
        return {{"type", "tool_use"}, {"id", idFrom("toolu_", answer.number)}, {"name", answer.tool->name},
            {"input", isWhole ? answer.tool->arguments : Json::object()}};
    return {{"type", "text"}, {"text", isWhole ? answer.text() : ""}};
}

std::string whole(const Answer& answer)
{
    return message(answer, Json::array({block(answer, true)}), answer.tool ? "tool_use" : "end_turn", answer.output).dump();
}

std::vector<std::string> stream(const Answer& answer)
{
    std::vector<std::string> events;
    const auto send = [&](const char* type, Json rest) {
        Json json = {{"type", type}};
        json.update(rest);
        events.push_back(sse(type, json));
    };
    send("message_start", {{"message", message(answer, Json::array(), nullptr, 1)}});
    send("content_block_start", {{"index", 0}, {"content_block", block(answer, false)}});
    send("ping", Json::object());
    if (answer.tool)
        send("content_block_delta", {{"index", 0}, {"delta", {{"type", "input_json_delta"}, {"partial_json", answer.tool->arguments.dump()}}}});
    for (const std::string& word : answer.words)
        send("content_block_delta", {{"index", 0}, {"delta", {{"type", "text_delta"}, {"text", word}}}});
    send("content_block_stop", {{"index", 0}});
    send("message_delta", {{"delta", {{"stop_reason", answer.tool ? "tool_use" : "end_turn"}, {"stop_sequence", nullptr}}},
                              {"usage", usage(answer, answer.output)}});
    send("message_stop", Json::object());
    return events;
}

}

namespace gemini {

Json chunk(const Answer& answer, const Json& parts, const Json& finish)
{
    Json candidate = {{"content", {{"parts", parts}, {"role", "model"}}}, {"index", 0}};
    if (!finish.is_null())
        candidate["finishReason"] = finish;
    Json usage = {{"promptTokenCount", answer.input}, {"totalTokenCount", answer.input}};
    if (!finish.is_null()) {
        usage["candidatesTokenCount"] = answer.output;
        usage["totalTokenCount"] = answer.input + answer.output;
    }
    return {{"candidates", Json::array({candidate})}, {"usageMetadata", usage}, {"modelVersion", answer.model},
        {"responseId", idFrom("", answer.number)}};
}

Json call(const Answer& answer)
{
    return Json::array({{{"functionCall", {{"name", answer.tool->name}, {"args", answer.tool->arguments}}}}});
}

std::string whole(const Answer& answer)
{
    const Json parts = answer.tool ? call(answer) : Json::array({{{"text", answer.text()}}});
    return chunk(answer, parts, "STOP").dump();
}

std::vector<Json> chunks(const Answer& answer)
{
    std::vector<Json> all;
    if (answer.tool)
        all.push_back(chunk(answer, call(answer), "STOP"));
    for (std::size_t i = 0; i < answer.words.size(); ++i)
        all.push_back(chunk(answer, Json::array({{{"text", answer.words[i]}}}), i + 1 == answer.words.size() ? Json("STOP") : Json()));
    return all;
}

std::vector<std::string> stream(const Answer& answer, bool asArray)
{
    std::vector<std::string> events;
    const std::vector<Json> all = chunks(answer);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (asArray)
            events.push_back((i == 0 ? "[" : ",\r\n") + all[i].dump() + (i + 1 == all.size() ? "]" : ""));
        else
            events.push_back(sse("", all[i]));
    }
    return events;
}

}

std::vector<std::string> streamOf(const Answer& answer, const Address& address, bool asksForUsage)
{
    switch (address.dialect) {
    case DialectId::OpenaiChat:
        break;
    case DialectId::OpenaiResponses:
        return responses::stream(answer);
    case DialectId::Anthropic:
        return messages::stream(answer);
    case DialectId::Gemini:
        return gemini::stream(answer, address.streamsAsArray);
    }
    return chat::stream(answer, asksForUsage);
}

std::string wholeOf(const Answer& answer, DialectId dialect)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
        break;
    case DialectId::OpenaiResponses:
        return responses::whole(answer);
    case DialectId::Anthropic:
        return messages::whole(answer);
    case DialectId::Gemini:
        return gemini::whole(answer);
    }
    return chat::whole(answer);
}

PracticeScript failure(const Address& address, int status)
{
    Error error {ErrorKind::UpstreamFailed, "the practice channel acts out a failure: status " + std::to_string(status)};
    switch (status) {
    case 401:
        error.kind = ErrorKind::Unauthenticated; // in the words of an upstream that refuses its key
        break;
    case 402:
        error.kind = ErrorKind::UpstreamBilling;
        break;
    case 404:
        error.kind = ErrorKind::UpstreamNotFound;
        break;
    case 429:
        error.kind = ErrorKind::RateLimited;
        error.retryAfter = Millis(2000);
        break;
    case 529:
        error.kind = ErrorKind::Overloaded;
        break;
    default:
        break;
    }
    ErrorReply reply = writeError(address.dialect, error, "practice");
    reply.headers.remove("x-waystation-error");
    PracticeScript script;
    script.head = {status, std::move(reply.headers)};
    script.pieces.push_back({Millis(0), std::move(reply.body)});
    return script;
}

/// 100 ms of silence: a WAV file of 8-bit mono at 8 kHz (RIFF, "Multimedia Programming Interface" 1991).
std::string silence()
{
    std::string wav("RIFF\x44\x03\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0" "data\x20\x03\0\0", 44);
    wav.append(800, '\x80');
    return wav;
}

/// The operations beside Generate, each in its protocol's smallest honest form.
PracticeScript otherReply(const Address& address, const Json& body, const Answer& answer)
{
    // One grey pixel.
    static constexpr const char* pixel
        = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
    PracticeScript script;
    script.head = {200, {{"content-type", "application/json"}}};
    Json reply;
    switch (address.operation) {
    case Operation::CountTokens:
        if (address.dialect == DialectId::Gemini)
            reply = {{"totalTokens", answer.input}};
        else if (address.dialect == DialectId::OpenaiResponses)
            reply = {{"object", "response.input_tokens"}, {"input_tokens", answer.input}};
        else
            reply = {{"input_tokens", answer.input}};
        break;
    case Operation::Completions: {
        const Json choice = {{"index", 0}, {"text", answer.text()}, {"finish_reason", "stop"}, {"logprobs", nullptr}};
        reply = {{"id", idFrom("cmpl-", answer.number)}, {"object", "text_completion"}, {"created", answer.created},
            {"model", answer.model}, {"choices", Json::array({choice})}, {"usage", chat::usage(answer)}};
        break;
    }
    case Operation::Embeddings: {
        const Json vector = Json::array({0.6, 0.8, 0.0, 0.0});
        if (address.dialect == DialectId::Gemini) {
            if (address.tail.ends_with("batchEmbedContents")) {
                reply["embeddings"] = Json::array();
                for (std::size_t i = 0; i < listField(body, "requests").size(); ++i)
                    reply["embeddings"].push_back({{"values", vector}});
            } else {
                reply = {{"embedding", {{"values", vector}}}};
            }
            break;
        }
        const Json input = listField(body, "input");
        const bool isList = !input.empty() && !input[0].is_number();
        // 0.6, 0.8, 0, 0 as little-endian floats
        const Json shown = textField(body, "encoding_format", "float") == "base64" ? Json("mpkZP83MTD8AAAAAAAAAAA==") : vector;
        Json data = Json::array();
        for (std::size_t i = 0; i < (isList ? input.size() : 1); ++i)
            data.push_back({{"object", "embedding"}, {"index", i}, {"embedding", shown}});
        reply = {{"object", "list"}, {"data", data}, {"model", answer.model},
            {"usage", {{"prompt_tokens", answer.input}, {"total_tokens", answer.input}}}};
        break;
    }
    case Operation::Images:
        reply = {{"created", answer.created}, {"data", Json::array({{{"b64_json", pixel}}})}};
        break;
    case Operation::Speech:
        script.head.headers.set("content-type", "audio/wav");
        script.pieces.push_back({Millis(0), silence()});
        return script;
    case Operation::Transcription:
        reply = {{"text", "practice"}, {"usage", {{"type", "duration"}, {"seconds", 1}}}};
        break;
    case Operation::VideoCreate:
        reply = {{"id", idFrom("video_", answer.number)}, {"object", "video"}, {"model", answer.model}, {"status", "queued"},
            {"progress", 0}, {"created_at", answer.created}, {"seconds", "4"}, {"size", "720x1280"}};
        break;
    case Operation::VideoTask:
        if (address.tail.ends_with("/content")) {
            script.head.headers.set("content-type", "video/mp4");
            script.pieces.push_back({Millis(0), "practice"});
            return script;
        }
        reply = {{"id", address.taskId}, {"object", "video"}, {"status", "completed"}, {"progress", 100}, {"seconds", "4"}};
        break;
    case Operation::Rerank: {
        Json results = Json::array();
        for (std::size_t i = 0; i < listField(body, "documents").size(); ++i)
            results.push_back({{"index", i}, {"relevance_score", 1.0 / double(i + 1)}});
        reply = {{"id", idFrom("", answer.number)}, {"results", results}, {"meta", {{"billed_units", {{"search_units", 1}}}}}};
        break;
    }
    case Operation::Moderations:
        reply = {{"id", idFrom("modr-", answer.number)}, {"model", answer.model},
            {"results", Json::array({{{"flagged", false}, {"categories", Json::object()}, {"category_scores", Json::object()}}})}};
        break;
    case Operation::ResponseTask:
        reply = {{"id", address.taskId}, {"object", "response"}, {"status", "completed"}, {"error", nullptr}, {"output", Json::array()}};
        break;
    case Operation::ListModels: {
        Json data = Json::array();
        for (const std::string& name : practiceModels()) {
            if (address.dialect == DialectId::Gemini)
                data.push_back({{"name", "models/" + name}, {"supportedGenerationMethods", {"generateContent", "streamGenerateContent", "countTokens"}}});
            else
                data.push_back({{"id", name}, {"object", "model"}, {"created", 0}, {"owned_by", "practice"}});
        }
        reply = address.dialect == DialectId::Gemini ? Json {{"models", data}} : Json {{"object", "list"}, {"data", data}};
        break;
    }
    default:
        return failure(address, 404);
    }
    script.pieces.push_back({Millis(0), reply.dump()});
    return script;
}

}

const std::vector<std::string>& practiceModels()
{
    static const std::vector<std::string> names {"practice-echo", "practice-slow", "practice-tool", "practice-401", "practice-402",
        "practice-404", "practice-429", "practice-500", "practice-529", "practice-cut", "practice-stall", "practice-garbage"};
    return names;
}

PracticeScript practiceReply(const Address& address, const CallSketch& sketch, const UpstreamRequest& request, std::uint64_t random, TimePoint now)
{
    // The upstream's view of the call: the body as spliced, not the sketch of what the client sent.
    std::string octets;
    for (const std::string_view slice : request.body)
        octets += slice;
    Json body = sketch.isJson ? Json::parse(octets, nullptr, false) : Json::object();
    if (!body.is_object())
        body = Json::object();

    Answer answer;
    answer.model = textField(body, "model", address.model.c_str());
    if (answer.model.empty())
        answer.model = sketch.model.text();
    const Act act = actOf(answer.model);
    if (act.status != 200)
        return failure(address, act.status);

    const std::string said = lastUserText(body);
    std::string text = said.empty() ? "This is the practice channel. Nothing was sent to any provider." : said;
    if (act.isSlow)
        text = "The practice channel answers slowly, one word at a time, so that you can watch it stream.";
    if (act.callsTool)
        answer.tool = toolOf(body);
    else
        answer.words = wordsOf(text);
    answer.input = static_cast<std::int64_t>(octets.size() / 4 + 1);
    answer.output = static_cast<std::int64_t>((answer.tool ? answer.tool->arguments.dump().size() : text.size()) / 4 + 1);
    answer.created = std::chrono::duration_cast<Seconds>(now.time_since_epoch()).count();
    answer.number = random;

    if (address.operation != Operation::Generate)
        return otherReply(address, body, answer);

    PracticeScript script;
    script.ending = act.ending;
    if (act.isGarbage) {
        script.head = {200, {{"content-type", sketch.stream ? "text/event-stream" : "application/json"}}};
        script.pieces.push_back({Millis(0), "<html><body>502 Bad Gateway</body></html>"});
        return script;
    }
    const Json options = objectField(body, "stream_options");
    const bool asksForUsage = options.contains("include_usage") && options["include_usage"] == true;
    if (sketch.stream) {
        script.head = {200, {{"content-type", address.streamsAsArray ? "application/json" : "text/event-stream"}}};
        std::vector<std::string> events = streamOf(answer, address, asksForUsage);
        if (act.ending != PracticeScript::Ending::Whole)
            events.resize(events.size() / 2);
        for (std::string& event : events)
            script.pieces.push_back({Millis(act.isSlow ? 200 : 0), std::move(event)});
    } else {
        script.head = {200, {{"content-type", "application/json"}}};
        std::string whole = wholeOf(answer, address.dialect);
        if (act.ending != PracticeScript::Ending::Whole)
            whole.resize(whole.size() / 2);
        script.beforeHead = Millis(act.isSlow ? 2000 : 0);
        script.pieces.push_back({Millis(0), std::move(whole)});
    }
    return script;
}

}
