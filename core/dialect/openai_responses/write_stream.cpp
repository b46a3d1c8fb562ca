#include "dialect/convert_parts.h"
#include "dialect/openai_responses/answer_writer.h"

namespace waystation::openai_responses {

std::unique_ptr<ReplyWriter> makeStreamWriter(const ReplyContext& context, std::string& out)
{
    return std::make_unique<AnswerWriter>(context, &out);
}

}
