#include "dialect/convert_parts.h"
#include "dialect/dialect.h"
#include "dialect/openai_responses/items.h"

#include <algorithm>

namespace waystation::openai_responses {

namespace {

void readOutputItem(json::Value item, ReplyChoice& choice, TextStore& store)
{
    switch (kindOf(item)) {
    case ItemKind::Message:
        readContent(item["content"], store, choice.parts);
        for (const json::Value part : item["content"]) {
            std::vector<TokenChance> chances = readChances(part["logprobs"]);
            choice.chances.insert(choice.chances.end(), std::make_move_iterator(chances.begin()), std::make_move_iterator(chances.end()));
        }
        break;
    case ItemKind::Reasoning: {
        Part part = readReasoning(item, store);
        if (!part.text.isEmpty() || !part.carry.isEmpty())
            choice.parts.push_back(std::move(part));
        break;
    }
    case ItemKind::FunctionCall:
        choice.parts.push_back(readFunctionCall(item, store));
        break;
    case ItemKind::CustomCall:
        choice.parts.push_back(readCustomCall(item, store));
        break;
    case ItemKind::Hosted:
        if (item["type"].is("image_generation_call") && item["result"].isString()) {
            Part& part = choice.parts.emplace_back();
            part.kind = PartKind::Image;
            part.media = readMadeImage(item, store);
        }
        break;
    default:
        break;
    }
}

}

Result<ChatReply> readReply(std::string_view body)
{
    json::Tree tree;
    if (!tree.parse(body) || !tree.root().isObject())
        return Error {ErrorKind::BadReply, "the upstream's answer is no JSON object"};
    const json::Value root = tree.root();
    const json::Value status = root["status"];
    const bool hasFailed = root["error"] || root["type"].is("error") || status.is("failed");
    if (hasFailed)
        return readError(0, {}, body, {});
    if (status.is("cancelled"))
        return Error {ErrorKind::UpstreamFailed, "the upstream cancelled its answer"};
    if (!root["output"].isArray())
        return Error {ErrorKind::BadReply, "the upstream's answer has no output"};

    ChatReply reply;
    reply.id = root["id"].text().toString();
    reply.model = root["model"].text().toString();
    reply.created = root["created_at"].integer().value_or(0);
    reply.tier = root["service_tier"].text().toString();
    ReplyChoice& choice = reply.choices.emplace_back();
    for (const json::Value item : root["output"])
        readOutputItem(item, choice, reply.texts);

    const auto holds = [&](PartKind kind) {
        return std::any_of(choice.parts.begin(), choice.parts.end(), [&](const Part& part) { return part.kind == kind; });
    };
    choice.reason = finishOf(root, holds(PartKind::Refusal));
    if (choice.reason == FinishReason::Stop && holds(PartKind::ToolCall))
        choice.reason = FinishReason::Tool;
    reply.usage = readUsage(DialectId::OpenaiResponses, Operation::Generate, body);
    reply.usageKind = reply.usage ? UsageKind::Reported : UsageKind::None;
    return reply;
}

}
