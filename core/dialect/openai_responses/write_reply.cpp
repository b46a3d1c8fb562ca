#include "dialect/convert_parts.h"
#include "dialect/openai_responses/answer_writer.h"

namespace waystation::openai_responses {

namespace {

Block blockOf(const Part& part, int index, int callIndex)
{
    Block block;
    block.index = index;
    block.kind = part.kind;
    block.media = part.media;
    if (part.kind == PartKind::ToolCall) {
        block.callIndex = callIndex;
        block.callId = part.callId;
        block.toolName = part.toolName;
        block.nameSpace = part.nameSpace;
        block.isCustom = part.isCustom;
        block.carry = part.carry;
    }
    return block;
}

}

std::string writeReply(const ChatReply& reply, const ReplyContext& context)
{
    static const ReplyChoice nothing;
    const ReplyChoice& choice = reply.choices.empty() ? nothing : reply.choices.front();
    AnswerWriter writer(context, nullptr);
    writer.started({reply.id, reply.model, reply.created});
    TextStore store;
    int index = 0;
    int calls = 0;
    bool hasChances = !choice.chances.empty();
    for (const Part& part : choice.parts) {
        const bool isCall = part.kind == PartKind::ToolCall;
        const Block block = blockOf(part, index++, isCall ? calls++ : -1);
        writer.opened(block);
        const RawText said = isCall && !part.isCustom ? argumentsAsText(part.arguments, store) : part.text;
        if (!said.isEmpty())
            writer.added(block, said);
        for (const Citation& citation : part.citations)
            writer.cited(block, citation);
        if (hasChances && part.kind == PartKind::Text) {
            writer.chances(block, choice.chances);
            hasChances = false;
        }
        if (!part.carry.isEmpty())
            writer.carried(block, part.carry);
        writer.closed(block);
    }
    ReplyEnd end;
    end.reason = choice.reason;
    end.stopSequence = choice.stopSequence;
    end.detail = choice.detail;
    end.usage = reply.usage;
    end.usageKind = reply.usageKind;
    end.tier = reply.tier;
    writer.finished(end);
    return writer.response();
}

}
