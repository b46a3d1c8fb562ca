#include "dialect/convert.h"

#include "dialect/convert_parts.h"

#include <algorithm>

namespace waystation {

Result<ChatCall> readCall(DialectId dialect, const Address& address, std::string_view body)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
        return openai_chat::readCall(address, body);
    case DialectId::OpenaiResponses:
        return openai_responses::readCall(address, body);
    case DialectId::Anthropic:
        return anthropic::readCall(address, body);
    case DialectId::Gemini:
        break;
    }
    return gemini::readCall(address, body);
}

Result<std::string> writeCall(DialectId dialect, ChatCall& call, const Target& target, ToolNames& names, Losses& losses)
{
    for (const std::string_view field : call.leftOut)
        losses.drop(field);
    const auto isSaid = [](const Turn& turn) {
        return turn.role != Role::System
            && std::any_of(turn.parts.begin(), turn.parts.end(), [](const Part& part) { return part.kind != PartKind::Reasoning; });
    };
    if (std::none_of(call.turns.begin(), call.turns.end(), isSaid))
        return Error {ErrorKind::BadRequest, "the call needs a message of the user: there is none, or it is empty", "messages"};
    switch (dialect) {
    case DialectId::OpenaiChat:
        return openai_chat::writeCall(call, target, names, losses);
    case DialectId::OpenaiResponses:
        return openai_responses::writeCall(call, target, names, losses);
    case DialectId::Anthropic:
        return anthropic::writeCall(call, target, names, losses);
    case DialectId::Gemini:
        break;
    }
    return gemini::writeCall(call, target, names, losses);
}

Result<ChatReply> readReply(DialectId dialect, std::string_view body)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
        return openai_chat::readReply(body);
    case DialectId::OpenaiResponses:
        return openai_responses::readReply(body);
    case DialectId::Anthropic:
        return anthropic::readReply(body);
    case DialectId::Gemini:
        break;
    }
    return gemini::readReply(body);
}

std::string writeReply(DialectId dialect, const ChatReply& reply, const ReplyContext& context)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
        return openai_chat::writeReply(reply, context);
    case DialectId::OpenaiResponses:
        return openai_responses::writeReply(reply, context);
    case DialectId::Anthropic:
        return anthropic::writeReply(reply, context);
    case DialectId::Gemini:
        break;
    }
    return gemini::writeReply(reply, context);
}

std::unique_ptr<EventReader> makeEventReader(DialectId dialect, Sequence& sequence)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
        return openai_chat::makeEventReader(sequence);
    case DialectId::OpenaiResponses:
        return openai_responses::makeEventReader(sequence);
    case DialectId::Anthropic:
        return anthropic::makeEventReader(sequence);
    case DialectId::Gemini:
        break;
    }
    return gemini::makeEventReader(sequence);
}

std::unique_ptr<ReplyWriter> makeStreamWriter(DialectId dialect, const ReplyContext& context, std::string& out, bool asArray)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
        return openai_chat::makeStreamWriter(context, out);
    case DialectId::OpenaiResponses:
        return openai_responses::makeStreamWriter(context, out);
    case DialectId::Anthropic:
        return anthropic::makeStreamWriter(context, out);
    case DialectId::Gemini:
        break;
    }
    return gemini::makeStreamWriter(context, out, asArray);
}

}
