#include "dialect/openai_responses/answer_writer.h"

#include "dialect/convert_parts.h"
#include "dialect/dialect.h"

#include <charconv>

namespace waystation::openai_responses {

namespace {

void appendNumber(std::string& out, std::int64_t number)
{
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    out.append(digits, error == std::errc() ? end : digits);
}

/// Code points of an escaped text.
std::int64_t lengthOf(std::string_view escaped)
{
    std::string scratch;
    std::int64_t length = 0;
    for (const char c : RawText(escaped).plain(scratch))
        length += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return length;
}

void writeChance(json::Writer& writer, const TokenChance& chance, bool withOthers)
{
    writer.beginObject();
    writer.field("token", chance.token);
    writer.key("bytes").beginArray();
    std::string scratch;
    for (const char c : chance.token.plain(scratch))
        writer.integer(static_cast<unsigned char>(c));
    writer.endArray();
    writer.number("logprob", chance.logprob);
    if (withOthers) {
        writer.key("top_logprobs").beginArray();
        for (const TokenChance& other : chance.others)
            writeChance(writer, other, false);
        writer.endArray();
    }
    writer.endObject();
}

void appendElement(std::string& list, std::string_view element)
{
    if (!list.empty())
        list += ',';
    list += element;
}

std::string listOf(std::string_view elements)
{
    std::string list = "[";
    list += elements;
    list += ']';
    return list;
}

std::string textPartJson(std::string_view text, std::string_view annotations, std::string_view chances)
{
    std::string json;
    json.reserve(text.size() + annotations.size() + chances.size() + 80);
    json::Writer writer(json);
    writer.beginObject();
    writer.field("type", "output_text").field("text", RawText(text));
    writer.raw("annotations", listOf(annotations)).raw("logprobs", listOf(chances));
    writer.endObject();
    return json;
}

std::string refusalPartJson(std::string_view text)
{
    std::string json;
    json::Writer writer(json);
    writer.beginObject();
    writer.field("type", "refusal").field("refusal", RawText(text));
    writer.endObject();
    return json;
}

std::string summaryPartJson(std::string_view text)
{
    std::string json;
    json::Writer writer(json);
    writer.beginObject();
    writer.field("type", "summary_text").field("text", RawText(text));
    writer.endObject();
    return json;
}

/// An annotation, from its url and title fields.
std::string annotationJson(std::string_view fields, std::int64_t start, std::int64_t end)
{
    std::string json = "{\"type\":\"url_citation\",";
    json += fields;
    json += ",\"start_index\":";
    appendNumber(json, start);
    json += ",\"end_index\":";
    appendNumber(json, end);
    json += '}';
    return json;
}

const char* incompleteReason(FinishReason reason)
{
    switch (reason) {
    case FinishReason::Length:
    case FinishReason::Context:
        return "max_output_tokens";
    case FinishReason::Filter:
        return "content_filter";
    default:
        return nullptr;
    }
}

void writeUsage(json::Writer& writer, const Usage& usage)
{
    writer.beginObject();
    writer.field("input_tokens", usage.input);
    writer.key("input_tokens_details").beginObject();
    writer.field("cached_tokens", usage.cacheRead);
    if (const Tokens written = usage.cacheWrite5m + usage.cacheWrite1h; written > 0)
        writer.field("cache_write_tokens", written);
    writer.endObject();
    writer.field("output_tokens", usage.output);
    writer.key("output_tokens_details").beginObject();
    writer.field("reasoning_tokens", usage.reasoning);
    writer.endObject();
    writer.field("total_tokens", usage.input + usage.output);
    writer.endObject();
}

}

AnswerWriter::AnswerWriter(const ReplyContext& context, std::string* out) : m_context(context), m_out(out), m_created(context.created)
{
}

json::Writer AnswerWriter::beginEvent(std::string_view type)
{
    m_out->append("event: ").append(type).append("\ndata: ");
    json::Writer writer(*m_out);
    writer.beginObject();
    writer.field("type", type).field("sequence_number", m_number++);
    return writer;
}

void AnswerWriter::endEvent(json::Writer& writer)
{
    writer.endObject();
    m_out->append("\n\n");
}

json::Writer AnswerWriter::beginPartEvent(std::string_view type, std::string_view indexName, int index)
{
    json::Writer writer = beginEvent(type);
    writer.field("item_id", std::string_view(m_itemId)).field("output_index", std::int64_t(m_index));
    if (!indexName.empty())
        writer.field(indexName, std::int64_t(index));
    return writer;
}

void AnswerWriter::tellItem(std::string_view type, std::string_view item)
{
    if (!m_out)
        return;
    json::Writer writer = beginEvent(type);
    writer.field("output_index", std::int64_t(m_index)).raw("item", item);
    endEvent(writer);
}

void AnswerWriter::tellPart(std::string_view type, std::string_view part)
{
    if (!m_out)
        return;
    json::Writer writer = beginPartEvent(type, "content_index", m_part);
    writer.raw("part", part);
    endEvent(writer);
}

void AnswerWriter::tellResponse(std::string_view type, std::string_view response)
{
    if (!m_out)
        return;
    json::Writer writer = beginEvent(type);
    writer.raw("response", response);
    endEvent(writer);
}

void AnswerWriter::started(const ReplyStart& start)
{
    if (start.created > 0)
        m_created = start.created;
    if (!m_out)
        return;
    const std::string response = responseJson("in_progress", nullptr, nullptr, {});
    tellResponse("response.created", response);
    tellResponse("response.in_progress", response);
}

void AnswerWriter::openItem(Shape shape, std::string_view idPrefix)
{
    m_shape = shape;
    ++m_index;
    m_itemId = idPrefix;
    m_itemId += m_context.id;
    m_itemId += '_';
    appendNumber(m_itemId, m_index);
    m_text.clear();
}

void AnswerWriter::closeItem(std::string_view item)
{
    tellItem("response.output_item.done", item);
    appendElement(m_output, item);
    m_shape = Shape::None;
}

void AnswerWriter::opened(const Block& block)
{
    if (block.choice != 0)
        return;
    m_sealed.clear();
    switch (block.kind) {
    case PartKind::Text:
    case PartKind::Refusal:
        break; // begins with its first word, in the message that is open
    case PartKind::ToolCall:
        closeMessage();
        openCall(block);
        break;
    case PartKind::Image:
        closeMessage();
        writePicture(block.media);
        break;
    default:
        closeMessage(); // reasoning begins with its first word, or with its state where it has no words
    }
}

void AnswerWriter::added(const Block& block, RawText piece)
{
    if (block.choice != 0)
        return;
    ensurePart(block);
    m_text += piece.escaped();
    if (!m_out || m_deltaTail.empty())
        return;
    *m_out += m_deltaHead;
    appendNumber(*m_out, m_number++);
    *m_out += m_deltaTail;
    *m_out += piece.escaped();
    *m_out += m_deltaEnd;
}

void AnswerWriter::ensurePart(const Block& block)
{
    if (m_inPart || block.kind == PartKind::ToolCall)
        return;
    if (block.kind == PartKind::Reasoning) {
        openSummary();
    } else {
        openMessage();
        openPart(block.kind == PartKind::Refusal);
    }
}

void AnswerWriter::prepareDeltas(std::string_view type, std::string_view indexName, int index, std::string_view end)
{
    m_deltaHead.assign("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append("\",\"sequence_number\":");
    m_deltaTail.assign(",\"item_id\":\"").append(m_itemId).append("\",\"output_index\":");
    appendNumber(m_deltaTail, m_index);
    if (!indexName.empty()) {
        m_deltaTail.append(",\"").append(indexName).append("\":");
        appendNumber(m_deltaTail, index);
    }
    m_deltaTail += ",\"delta\":\"";
    m_deltaEnd = end;
}

void AnswerWriter::cited(const Block& block, const Citation& citation)
{
    if (block.choice != 0 || block.kind != PartKind::Text)
        return;
    ensurePart(block);
    std::string fields;
    json::Writer writer(fields);
    writer.field("url", citation.url).field("title", citation.title);
    if (citation.start < 0)
        m_unplaced.push_back(std::move(fields));
    else
        annotate(fields, citation.start, citation.end < citation.start ? citation.start : citation.end);
}

void AnswerWriter::annotate(std::string_view fields, std::int64_t start, std::int64_t end)
{
    const std::string annotation = annotationJson(fields, start, end);
    if (m_out) {
        json::Writer writer = beginPartEvent("response.output_text.annotation.added", "content_index", m_part);
        writer.field("annotation_index", std::int64_t(m_annotationCount)).raw("annotation", annotation);
        endEvent(writer);
    }
    ++m_annotationCount;
    appendElement(m_annotations, annotation);
}

void AnswerWriter::chances(const Block& block, const std::vector<TokenChance>& chances)
{
    if (block.choice != 0 || block.kind != PartKind::Text)
        return;
    ensurePart(block);
    for (const TokenChance& chance : chances) {
        std::string json;
        json::Writer writer(json);
        writeChance(writer, chance, true);
        appendElement(m_chances, json);
    }
}

void AnswerWriter::carried(const Block& block, const Carry& carry)
{
    if (block.choice != 0 || !takesSealed())
        return;
    switch (block.kind) {
    case PartKind::Reasoning:
        m_sealed = wrapped(carry);
        openReasoning();
        break;
    case PartKind::ToolCall:
        if (block.carry.isEmpty())
            m_sealed = wrapped(carry);
        break;
    case PartKind::Text:
        m_messageSealed = wrapped(carry);
        break;
    default:
        break;
    }
}

void AnswerWriter::closed(const Block& block)
{
    if (block.choice != 0)
        return;
    switch (block.kind) {
    case PartKind::Text:
    case PartKind::Refusal:
        closePart();
        if (m_shape != Shape::Message)
            tellMessageState();
        break;
    case PartKind::Reasoning:
        closeReasoning();
        break;
    case PartKind::ToolCall:
        closeCall(block);
        break;
    default:
        break;
    }
}

// ---- messages

void AnswerWriter::openMessage()
{
    if (m_shape == Shape::Message)
        return;
    openItem(Shape::Message, "msg_");
    m_part = 0;
    m_content.clear();
    tellItem("response.output_item.added", m_out ? messageItem({}, "in_progress") : std::string());
}

void AnswerWriter::closeMessage()
{
    if (m_shape != Shape::Message)
        return;
    closeItem(messageItem(m_content, "completed"));
    tellMessageState();
}

void AnswerWriter::tellMessageState()
{
    if (m_messageSealed.empty())
        return;
    writeSealed(m_messageSealed);
    m_messageSealed.clear();
}

void AnswerWriter::openPart(bool isRefusal)
{
    m_inPart = true;
    m_partIsRefusal = isRefusal;
    m_hasRefusal = m_hasRefusal || isRefusal;
    m_text.clear();
    m_annotations.clear();
    m_annotationCount = 0;
    m_unplaced.clear();
    m_chances.clear();
    if (!m_out)
        return;
    tellPart("response.content_part.added", openPartJson());
    if (isRefusal)
        prepareDeltas("response.refusal.delta", "content_index", m_part, "\"}\n\n");
    else
        prepareDeltas("response.output_text.delta", "content_index", m_part, "\",\"logprobs\":[]}\n\n");
}

void AnswerWriter::closePart()
{
    if (!m_inPart)
        return;
    // A citation without a place is one for all of its text.
    if (!m_unplaced.empty()) {
        const std::int64_t length = lengthOf(m_text);
        for (const std::string& fields : m_unplaced)
            annotate(fields, 0, length);
    }
    const std::string part = openPartJson();
    if (m_out) {
        json::Writer writer
            = beginPartEvent(m_partIsRefusal ? "response.refusal.done" : "response.output_text.done", "content_index", m_part);
        writer.field(m_partIsRefusal ? "refusal" : "text", RawText(m_text));
        if (!m_partIsRefusal)
            writer.raw("logprobs", listOf(m_chances));
        endEvent(writer);
        tellPart("response.content_part.done", part);
    }
    appendElement(m_content, part);
    ++m_part;
    m_inPart = false;
    m_deltaTail.clear();
}

std::string AnswerWriter::openPartJson() const
{
    return m_partIsRefusal ? refusalPartJson(m_text) : textPartJson(m_text, m_annotations, m_chances);
}

std::string AnswerWriter::messageItem(std::string_view content, std::string_view status) const
{
    std::string json;
    json.reserve(content.size() + 120);
    json::Writer writer(json);
    writer.beginObject();
    writer.field("type", "message").field("id", std::string_view(m_itemId)).field("status", status).field("role", "assistant");
    writer.raw("content", listOf(content));
    writer.endObject();
    return json;
}

// ---- reasoning

void AnswerWriter::openReasoning()
{
    if (m_shape == Shape::Reasoning)
        return;
    openItem(Shape::Reasoning, "rs_");
    if (!m_out)
        return;
    std::string item;
    json::Writer writer(item);
    writer.beginObject();
    writer.field("type", "reasoning").field("id", std::string_view(m_itemId)).raw("summary", "[]");
    writer.endObject();
    tellItem("response.output_item.added", item);
}

void AnswerWriter::openSummary()
{
    openReasoning();
    m_inPart = true;
    if (!m_out)
        return;
    json::Writer writer = beginPartEvent("response.reasoning_summary_part.added", "summary_index", 0);
    writer.raw("part", summaryPartJson({}));
    endEvent(writer);
    prepareDeltas("response.reasoning_summary_text.delta", "summary_index", 0, "\"}\n\n");
}

void AnswerWriter::closeReasoning()
{
    if (m_shape != Shape::Reasoning)
        return;
    if (m_inPart && m_out) {
        json::Writer whole = beginPartEvent("response.reasoning_summary_text.done", "summary_index", 0);
        whole.field("text", RawText(m_text));
        endEvent(whole);
        json::Writer part = beginPartEvent("response.reasoning_summary_part.done", "summary_index", 0);
        part.raw("part", summaryPartJson(m_text));
        endEvent(part);
    }
    closeItem(reasoningItem());
    m_inPart = false;
    m_deltaTail.clear();
}

std::string AnswerWriter::reasoningItem() const
{
    std::string json;
    json::Writer writer(json);
    writer.beginObject();
    writer.field("type", "reasoning").field("id", std::string_view(m_itemId));
    writer.raw("summary", listOf(m_text.empty() ? std::string() : summaryPartJson(m_text)));
    if (!m_sealed.empty())
        writer.field("encrypted_content", RawText(m_sealed));
    writer.endObject();
    return json;
}

void AnswerWriter::writeSealed(std::string_view sealed)
{
    const std::string own = std::move(m_sealed);
    m_sealed = sealed;
    openReasoning();
    closeReasoning();
    m_sealed = own;
}

bool AnswerWriter::takesSealed() const
{
    return m_context.call && m_context.call->wantsEncryptedReasoning;
}

// ---- calls

void AnswerWriter::openCall(const Block& block)
{
    // A call's state has no field of its own; it goes in front, where it is found again (read_call.cpp).
    if (!block.carry.isEmpty() && takesSealed())
        writeSealed(wrapped(block.carry));

    m_typed = nullptr;
    if (m_context.call && !block.isCustom && block.nameSpace.empty()) {
        for (const Tool& tool : m_context.call->tools) {
            if (tool.kind == Tool::Kind::Function && tool.name == block.toolName)
                m_typed = typedTool(tool.serverType);
        }
    }
    m_call = block;
    if (m_typed) {
        openItem(Shape::Typed, m_typed->idPrefix); // told when it is whole
    } else if (block.isCustom) {
        openItem(Shape::Custom, "ctc_");
        tellItem("response.output_item.added", m_out ? callItem(block, "in_progress") : std::string());
        prepareDeltas("response.custom_tool_call_input.delta", {}, 0, "\"}\n\n");
    } else {
        openItem(Shape::Function, "fc_");
        tellItem("response.output_item.added", m_out ? callItem(block, "in_progress") : std::string());
        prepareDeltas("response.function_call_arguments.delta", {}, 0, "\"}\n\n");
    }
}

void AnswerWriter::closeCall(const Block& block)
{
    if (m_text.empty() && m_shape != Shape::Custom)
        m_text = "{}";
    const std::string item = callItem(block, "completed");
    if (m_out && m_shape == Shape::Typed) {
        tellItem("response.output_item.added", callItem(block, "in_progress"));
    } else if (m_out && m_shape == Shape::Custom) {
        json::Writer writer = beginPartEvent("response.custom_tool_call_input.done", {}, 0);
        writer.field("input", RawText(m_text));
        endEvent(writer);
    } else if (m_out) {
        json::Writer writer = beginPartEvent("response.function_call_arguments.done", {}, 0);
        writer.field("name", block.toolName).field("arguments", RawText(m_text));
        endEvent(writer);
    }
    m_deltaTail.clear();
    closeItem(item);
    if (!m_sealed.empty()) {
        const std::string sealed = std::move(m_sealed);
        m_sealed.clear();
        writeSealed(sealed);
    }
}

std::string AnswerWriter::callItem(const Block& block, std::string_view status) const
{
    std::string json;
    json.reserve(m_text.size() + 200);
    json::Writer writer(json);
    writer.beginObject();
    writer.field("type", m_shape == Shape::Typed ? m_typed->item : m_shape == Shape::Custom ? "custom_tool_call" : "function_call");
    writer.field("id", std::string_view(m_itemId)).field("call_id", block.callId);
    if (m_shape == Shape::Typed) {
        writer.key(m_typed->field);
        writeAction(writer, *m_typed, RawText(m_text));
    } else {
        writer.field("name", block.toolName);
        if (!block.nameSpace.empty())
            writer.field("namespace", block.nameSpace);
        writer.field(m_shape == Shape::Custom ? "input" : "arguments", RawText(m_text));
    }
    writer.field("status", status);
    writer.endObject();
    return json;
}

void AnswerWriter::writePicture(const Media& media)
{
    if (media.source != Media::Source::Data) {
        // The item holds octets only, and this relay fetches nothing.
        const Block text;
        added(text, RawText("![image]("));
        added(text, media.url);
        added(text, RawText(")"));
        closePart();
        return;
    }
    openItem(Shape::None, "ig_");
    const auto item = [&](std::string_view status, std::string_view result) {
        std::string json;
        json.reserve(result.size() + 200);
        json::Writer writer(json);
        writer.beginObject();
        writer.field("type", "image_generation_call").field("id", std::string_view(m_itemId)).field("status", status);
        if (const std::size_t slash = media.mime.find('/'); slash != std::string_view::npos)
            writer.field("output_format", media.mime.substr(slash + 1));
        if (result.empty())
            writer.key("result").null();
        else
            writer.field("result", RawText(result));
        writer.endObject();
        return json;
    };
    tellItem("response.output_item.added", item("in_progress", {}));
    closeItem(item("completed", media.data));
}

// ---- the end

void AnswerWriter::finished(const ReplyEnd& end)
{
    if (end.reason == FinishReason::Refusal && !m_hasRefusal) {
        Block refusal;
        refusal.kind = PartKind::Refusal;
        added(refusal, end.detail.isEmpty() ? RawText("The model declined to answer.") : end.detail);
        closePart();
    }
    closeMessage();
    if (end.reason == FinishReason::Error) {
        const Error error {ErrorKind::UpstreamFailed, end.detail.isEmpty() ? "the upstream gave its answer up" : end.detail.toString()};
        m_response = responseJson("failed", &end, &error, {});
        tellResponse("response.failed", m_response);
    } else if (const char* reason = incompleteReason(end.reason)) {
        m_response = responseJson("incomplete", &end, nullptr, reason);
        tellResponse("response.incomplete", m_response);
    } else {
        m_response = responseJson("completed", &end, nullptr, {});
        tellResponse("response.completed", m_response);
    }
}

void AnswerWriter::failed(const Error& error)
{
    // What was under way is told as far as it came; it gets no end of its own.
    switch (m_shape) {
    case Shape::Message: {
        std::string content = m_content;
        if (m_inPart)
            appendElement(content, openPartJson());
        appendElement(m_output, messageItem(content, "incomplete"));
        break;
    }
    case Shape::Reasoning:
        appendElement(m_output, reasoningItem());
        break;
    case Shape::Function:
    case Shape::Custom:
        appendElement(m_output, callItem(m_call, "incomplete"));
        break;
    default:
        break;
    }
    m_shape = Shape::None;
    m_response = responseJson("failed", nullptr, &error, {});
    tellResponse("response.failed", m_response);
}

RawJson AnswerWriter::repeated(std::string_view field, RawJson otherwise) const
{
    if (m_context.call) {
        for (const auto& [name, value] : m_context.call->echo) {
            if (name == field)
                return value;
        }
    }
    return otherwise;
}

std::string AnswerWriter::responseJson(std::string_view status, const ReplyEnd* end, const Error* error, std::string_view reason) const
{
    const RawJson tools = repeated("tools", "[]");
    const RawJson instructions = repeated("instructions", "null");
    std::string json;
    json.reserve(1200 + tools.size() + instructions.size() + m_output.size());
    json::Writer writer(json);
    const auto repeat = [&](std::string_view field, RawJson otherwise) { writer.raw(field, repeated(field, otherwise)); };

    writer.beginObject();
    writer.field("id", std::string_view("resp_" + m_context.id)).field("object", "response");
    writer.field("created_at", m_created).field("status", status).field("background", false);
    writer.key("error");
    if (error) {
        const std::string told = writeError(DialectId::OpenaiResponses, *error, {}).body;
        json::Tree tree;
        tree.parse(told);
        const json::Value inner = tree.root()["error"];
        writer.beginObject();
        writer.raw("code", inner["code"].raw()).raw("message", inner["message"].raw());
        writer.endObject();
    } else {
        writer.null();
    }
    writer.key("incomplete_details");
    if (reason.empty())
        writer.null();
    else
        writer.beginObject().field("reason", reason).endObject();
    writer.raw("instructions", instructions);
    repeat("max_output_tokens", "null");
    repeat("max_tool_calls", "null");
    writer.field("model", std::string_view(m_context.call ? m_context.call->model.text() : std::string()));
    writer.raw("output", listOf(m_output));
    repeat("parallel_tool_calls", "true");
    repeat("previous_response_id", "null");
    repeat("prompt_cache_key", "null");
    repeat("reasoning", R"({"effort":null,"summary":null})");
    repeat("safety_identifier", "null");
    if (end && !end->tier.empty())
        writer.field("service_tier", end->tier == "standard" ? std::string_view("default") : end->tier);
    else
        repeat("service_tier", R"("default")");
    repeat("store", "true");
    repeat("temperature", "1");
    repeat("text", R"({"format":{"type":"text"}})");
    repeat("tool_choice", R"("auto")");
    writer.raw("tools", tools);
    repeat("top_logprobs", "0");
    repeat("top_p", "1");
    repeat("truncation", R"("disabled")");
    writer.key("usage");
    if (end && end->usage)
        writeUsage(writer, *end->usage);
    else
        writer.null();
    repeat("user", "null");
    repeat("metadata", "{}");
    writer.endObject();
    return json;
}

}
