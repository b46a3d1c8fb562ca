#include "dialect/completions.h"

#include "dialect/convert_parts.h"
#include "dialect/openai_chat/words.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace waystation {

namespace {

using json::Value;
using json::Writer;

json::Tree& requestTree()
{
    static thread_local json::Tree tree;
    return tree;
}

class CallReader
{
public:
    Result<ChatCall> read(const Address& address, Value root)
    {
        m_call.model = ModelName(address.model);
        for (const json::Field field : root.fields()) {
            if (field.value)
                take(field.key.escaped(), field.value);
        }
        if (m_call.model.isEmpty())
            return Error {ErrorKind::BadRequest, "the request names no model", "model"};
        if (m_call.maxOutput == Tokens(0))
            return Error {ErrorKind::Unsupported, "the upstream cannot answer with no tokens at all", "max_tokens"};
        if (const auto prompt = readPrompt(); !prompt)
            return prompt.error();
        // Of several tries only the best is told, which is all that a single try can tell as well.
        if (m_bestOf > m_call.candidates)
            m_call.leftOut.push_back("best_of");
        return std::move(m_call);
    }

private:
    TextStore& texts() { return m_call.texts; }

    void take(std::string_view key, Value value)
    {
        if (key == "model") {
            if (m_call.model.isEmpty() && value.isString())
                m_call.model = ModelName(value.text().toString());
        } else if (key == "prompt") {
            m_prompt = value;
        } else if (key == "max_tokens") {
            m_call.maxOutput = tokensFrom(value);
        } else if (key == "stream") {
            m_call.stream = value.boolean().value_or(false);
        } else if (key == "stream_options") {
            m_call.wantsUsage = value["include_usage"].boolean().value_or(false);
        } else if (key == "user") {
            m_call.userRef = value.word(texts());
        } else if (!openai_chat::takeSampling(m_call, key, value)) {
            leaveOut(key, value);
        }
    }

    void leaveOut(std::string_view key, Value value)
    {
        if (key == "suffix") {
            if (!value.text().isEmpty())
                m_call.leftOut.push_back("suffix");
        } else if (key == "echo") {
            if (value.boolean().value_or(false))
                m_call.leftOut.push_back("echo");
        } else if (key == "best_of") {
            m_bestOf = value.integer().value_or(1);
        } else if (key == "logprobs") {
            // A number: 0 asks for the chosen tokens alone.
            if (value.boolean() != false)
                m_call.leftOut.push_back("logprobs");
        }
    }

    Result<void> readPrompt()
    {
        Value prompt = m_prompt;
        if (prompt.isArray()) {
            if (prompt.size() == 0)
                return Error {ErrorKind::BadRequest, "there is no prompt to answer", "prompt"};
            const Value first = *prompt.begin();
            if (first && !first.isString())
                return Error {ErrorKind::Unsupported, "a chat upstream takes prompts as text, not as token ids", "prompt"};
            if (prompt.size() > 1)
                return Error {ErrorKind::Unsupported, "a chat upstream answers one prompt at a time", "prompt"};
            prompt = first;
        }
        if (!prompt.isString() || prompt.text().isEmpty())
            return Error {ErrorKind::BadRequest, "there is no prompt to answer", "prompt"};
        Part& part = m_call.turns.emplace_back().parts.emplace_back();
        part.text = prompt.text();
        return {};
    }

    ChatCall m_call;
    Value m_prompt;
    std::int64_t m_bestOf = 1;
};

const char* finishWordFor(FinishReason reason)
{
    switch (reason) {
    case FinishReason::Tool:
        return "stop";
    // There is no other place to tell that the words are no answer.
    case FinishReason::Refusal:
        return "content_filter";
    default:
        return openai_chat::finishWord(reason);
    }
}

bool isTold(PartKind kind)
{
    return kind == PartKind::Text || kind == PartKind::Refusal;
}

/// Up to the inside of the list of choices.
void beginAnswer(Writer& writer, const ReplyContext& context, std::int64_t created, std::string_view model)
{
    writer.beginObject().key("id").plain("cmpl-" + context.id).field("object", "text_completion");
    writer.field("created", created > 0 ? created : context.created);
    writer.field("model", openai_chat::askedModel(context, model));
    writer.key("choices").beginArray();
}

/// `finish` null: there is more to come.
void writeChoice(Writer& writer, std::int64_t index, RawText text, const char* finish)
{
    writer.beginObject().field("text", text).field("index", index).key("logprobs").null().key("finish_reason");
    if (finish)
        writer.plain(finish);
    else
        writer.null();
    writer.endObject();
}

class StreamWriter final : public ReplyWriter
{
public:
    StreamWriter(const ReplyContext& context, std::string& out) : m_context(context), m_out(out) { }

    void started(const ReplyStart& start) override
    {
        m_head = "data: ";
        Writer writer(m_head);
        beginAnswer(writer, m_context, start.created, start.model);
    }

    void opened(const Block&) override { }

    void added(const Block& block, RawText piece) override
    {
        if (!isTold(block.kind))
            return;
        m_hasRefusal = m_hasRefusal || (block.kind == PartKind::Refusal && block.choice == 0);
        writeChunk(block.choice, piece, nullptr);
    }

    void closed(const Block&) override { }

    void choiceFinished(int choice, FinishReason reason) override
    {
        m_toldFinishes = true;
        writeChunk(choice, {}, finishWordFor(reason));
    }

    void finished(const ReplyEnd& end) override
    {
        if (!m_toldFinishes) {
            if (end.reason == FinishReason::Refusal && !m_hasRefusal && !end.detail.isEmpty())
                writeChunk(0, end.detail, nullptr);
            writeChunk(0, {}, finishWordFor(end.reason));
        }
        if (m_context.call && m_context.call->wantsUsage) {
            m_out += m_head;
            m_out += "],\"usage\":";
            Usage usage;
            usage.input = m_context.inputEstimate;
            Writer writer(m_out);
            openai_chat::writeUsage(writer, end.usage.value_or(usage));
            m_out += "}\n\n";
        }
        m_out += "data: [DONE]\n\n";
    }

    void failed(const Error& error) override { m_out += writeStreamError(DialectId::OpenaiChat, error); }

private:
    void writeChunk(int choice, RawText text, const char* finish)
    {
        m_out += m_head;
        Writer writer(m_out);
        writeChoice(writer, choice, text, finish);
        m_out += "]}\n\n";
    }

    const ReplyContext& m_context;
    std::string& m_out;
    std::string m_head; // what every chunk begins with
    bool m_hasRefusal = false;
    bool m_toldFinishes = false;
};

}

Result<ChatCall> readCompletionsCall(const Address& address, std::string_view body)
{
    json::Tree& tree = requestTree();
    if (!tree.parse(body))
        return Error {ErrorKind::BadRequest, std::string("the body is ") + tree.problem()};
    if (!tree.root().isObject())
        return Error {ErrorKind::BadRequest, "the body is no JSON object"};
    return CallReader().read(address, tree.root());
}

std::string writeCompletionsReply(const ChatReply& reply, const ReplyContext& context)
{
    std::string out;
    Writer writer(out);
    beginAnswer(writer, context, reply.created, reply.model);
    std::int64_t index = 0;
    for (const ReplyChoice& choice : reply.choices) {
        std::string text;
        for (const Part& part : choice.parts) {
            if (isTold(part.kind))
                text += part.text.escaped();
        }
        if (text.empty() && choice.reason == FinishReason::Refusal)
            text = choice.detail.escaped();
        writeChoice(writer, index++, RawText(text), finishWordFor(choice.reason));
    }
    writer.endArray();
    if (reply.usage) {
        writer.key("usage");
        openai_chat::writeUsage(writer, *reply.usage);
    }
    writer.endObject();
    return out;
}

std::unique_ptr<ReplyWriter> makeCompletionsWriter(const ReplyContext& context, std::string& out)
{
    return std::make_unique<StreamWriter>(context, out);
}

}
