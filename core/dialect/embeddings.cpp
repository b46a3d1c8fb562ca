#include "dialect/embeddings.h"

#include "base/base64.h"
#include "dialect/convert_parts.h"
#include "dialect/gemini/fields.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace waystation {

namespace {

using gemini::fieldOf;
using json::Value;
using json::Writer;

Error badReply(std::string message)
{
    return {ErrorKind::BadReply, std::move(message)};
}

// ---- the two forms of a vector

void appendLittleEndian(std::string& octets, float number)
{
    const auto bits = std::bit_cast<std::uint32_t>(number);
    for (int shift = 0; shift < 32; shift += 8)
        octets += static_cast<char>((bits >> shift) & 0xFF);
}

float floatAt(std::string_view octets, std::size_t at)
{
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i)
        bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(octets[at + i])) << (8 * i);
    return std::bit_cast<float>(bits);
}

/// nullopt when an element is no number.
std::optional<std::string> base64Of(Value numbers)
{
    std::string octets;
    for (const Value each : numbers) {
        const auto number = each.kind() == json::Kind::Number ? each.number() : std::nullopt;
        if (!number)
            return std::nullopt;
        appendLittleEndian(octets, static_cast<float>(*number));
    }
    return base64(octets);
}

/// As JSON, each number in the shortest form that gives the same float. nullopt for what holds no floats.
std::optional<std::string> numbersOf(std::string_view base64)
{
    const auto octets = base64Decoded(base64);
    if (!octets || octets->size() % 4 != 0)
        return std::nullopt;
    std::string list = "[";
    for (std::size_t at = 0; at < octets->size(); at += 4) {
        if (at > 0)
            list += ',';
        const float number = floatAt(*octets, at);
        char digits[32];
        const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
        if (std::isfinite(number) && error == std::errc())
            list.append(digits, end);
        else
            list += "null"; // JSON has no word for it
    }
    list += ']';
    return list;
}

/// False for a vector that cannot be told in that form.
bool writeVector(Writer& writer, const Vector& vector, bool asBase64)
{
    if (asBase64 && !vector.base64.empty()) {
        writer.text(RawText(vector.base64));
        return true;
    }
    if (!asBase64 && !vector.numbers.empty()) {
        writer.raw(vector.numbers);
        return true;
    }
    std::optional<std::string> other;
    if (asBase64) {
        json::Tree tree;
        if (tree.parse(vector.numbers))
            other = base64Of(tree.root());
    } else {
        other = numbersOf(vector.base64);
    }
    if (!other)
        return false;
    if (asBase64)
        writer.plain(*other);
    else
        writer.raw(*other);
    return true;
}

// ---- reading a call

bool asksForBase64(Value root)
{
    return root["encoding_format"].is("base64");
}

Result<EmbeddingsCall> readOpenaiCall(Value root)
{
    EmbeddingsCall call;
    const Value input = root["input"];
    const auto take = [&](Value value) -> Result<void> {
        if (!value.isString())
            return Error {ErrorKind::Unsupported, "the upstream takes texts, not token ids or other input", "input"};
        call.inputs.push_back(value.text());
        return {};
    };
    if (input && !input.isArray()) {
        if (const auto taken = take(input); !taken)
            return taken.error();
    }
    for (const Value each : input) {
        if (const auto taken = take(each); !taken)
            return taken.error();
    }
    if (call.inputs.empty())
        return Error {ErrorKind::BadRequest, "there is no input", "input"};
    if (const auto dimensions = root["dimensions"].integer())
        call.dimensions = dimensions;
    call.wantsBase64 = asksForBase64(root);
    return call;
}

/// The field, or the same in the newer object for all settings.
Value settingOf(Value request, std::string_view name)
{
    const Value found = fieldOf(request, name);
    return found ? found : fieldOf(fieldOf(request, "embedContentConfig"), name);
}

void noteLeftOut(EmbeddingsCall& call, std::string_view field)
{
    if (std::find(call.leftOut.begin(), call.leftOut.end(), field) == call.leftOut.end())
        call.leftOut.push_back(field);
}

/// All of a content as one text; nullopt when it is something else.
std::optional<RawText> textOf(Value content, TextStore& texts)
{
    if (content.isString())
        return content.text();
    const auto isText = [](Value part) { return part.isString() || part["text"].isString(); };
    const Value parts = content["parts"];
    if (parts.isObject() && isText(parts))
        return parts["text"].text();
    if (parts.size() == 0 || !parts.isArray())
        return std::nullopt;
    for (const Value part : parts) {
        if (!isText(part))
            return std::nullopt;
    }
    return joinedText(parts, texts);
}

Result<void> readContent(Value request, EmbeddingsCall& call)
{
    const Value content = request["content"];
    if (!content)
        return Error {ErrorKind::BadRequest, "there is no content", "content"};
    const auto text = textOf(content, call.texts);
    if (!text)
        return Error {ErrorKind::Unsupported, "the upstream makes vectors of texts only", "content"};
    call.inputs.push_back(*text);

    for (const std::string_view name : {std::string_view("taskType"), std::string_view("title")}) {
        if (settingOf(request, name))
            noteLeftOut(call, name);
    }
    const auto dimensions = settingOf(request, "outputDimensionality").integer();
    if (call.inputs.size() > 1 && dimensions != call.dimensions)
        return Error {ErrorKind::Unsupported, "the upstream makes all vectors of a call equally long", "outputDimensionality"};
    call.dimensions = dimensions;
    return {};
}

Result<EmbeddingsCall> readGeminiCall(const Address& address, Value root)
{
    EmbeddingsCall call;
    call.isBatch = address.tail == ":batchEmbedContents";
    if (!call.isBatch) {
        if (const auto read = readContent(root, call); !read)
            return read.error();
        return call;
    }
    for (const Value request : root["requests"]) {
        if (const auto read = readContent(request, call); !read)
            return read.error();
    }
    if (call.inputs.empty())
        return Error {ErrorKind::BadRequest, "there are no requests", "requests"};
    return call;
}

// ---- reading a reply

Vector vectorFrom(Value value, TextStore& texts)
{
    Vector vector;
    if (value.isArray())
        vector.numbers = gemini::compacted(value.raw(), texts);
    else
        vector.base64 = cleanBase64(value.text(), texts);
    return vector;
}

bool isVector(Value value)
{
    return value.isArray() || (value.isString() && !value.text().isEmpty());
}

/// Puts the vectors where their inputs were; without an index they are in order.
Result<void> readOpenaiVectors(Value data, EmbeddingsReply& reply)
{
    reply.vectors.resize(data.size());
    std::vector<bool> isThere(data.size(), false);
    std::int64_t next = 0;
    for (const Value each : data) {
        const std::int64_t index = each["index"].integer().value_or(next);
        ++next;
        const auto at = static_cast<std::size_t>(index);
        if (index < 0 || at >= isThere.size() || isThere[at] || !isVector(each["embedding"]))
            return badReply("the upstream's list of vectors is not whole");
        isThere[at] = true;
        reply.vectors[at] = vectorFrom(each["embedding"], reply.texts);
    }
    return {};
}

Result<void> readGeminiVectors(Value root, EmbeddingsReply& reply)
{
    const auto take = [&](Value embedding) {
        const Value values = embedding["values"];
        if (values.isArray())
            reply.vectors.push_back(vectorFrom(values, reply.texts));
        return values.isArray();
    };
    bool isWhole = !root["embedding"] || take(root["embedding"]);
    for (const Value each : root["embeddings"])
        isWhole = take(each) && isWhole;
    if (!isWhole)
        return badReply("the upstream's list of vectors is not whole");
    return {};
}

std::string prefixed(std::string_view model)
{
    const bool hasFolder = model.starts_with("models/") || model.starts_with("tunedModels/");
    return (hasFolder ? "" : "models/") + std::string(model);
}

void writeGeminiVector(Writer& writer, const Vector& vector, bool& isGood)
{
    writer.beginObject().key("values");
    isGood = writeVector(writer, vector, false) && isGood;
    writer.endObject();
}

/// What the first vector of a reply is, without reading all of it: '"', '[' or 0 when there is none.
char formOfVectors(std::string_view body)
{
    constexpr std::string_view key = "\"embedding\"";
    for (std::size_t at = body.find(key); at != std::string_view::npos; at = body.find(key, at)) {
        at += key.size();
        const std::size_t colon = body.find_first_not_of(" \t\r\n", at);
        if (colon == std::string_view::npos || body[colon] != ':')
            continue; // the word as a value
        const std::size_t value = body.find_first_not_of(" \t\r\n", colon + 1);
        return value == std::string_view::npos ? '\0' : body[value];
    }
    return '\0';
}

}

Result<EmbeddingsCall> readEmbeddingsCall(const Address& address, std::string_view body)
{
    json::Tree tree;
    if (!tree.parse(body))
        return Error {ErrorKind::BadRequest, std::string("the body is ") + tree.problem()};
    if (!tree.root().isObject())
        return Error {ErrorKind::BadRequest, "the body is no JSON object"};
    return address.dialect == DialectId::Gemini ? readGeminiCall(address, tree.root()) : readOpenaiCall(tree.root());
}

std::string writeEmbeddingsCall(DialectId dialect, const EmbeddingsCall& call, std::string_view model, Losses& losses)
{
    for (const std::string_view field : call.leftOut)
        losses.drop(field);
    std::string out;
    Writer writer(out);
    if (dialect == DialectId::Gemini) {
        const std::string name = prefixed(model);
        writer.beginObject().key("requests").beginArray();
        for (const RawText input : call.inputs) {
            writer.beginObject().field("model", std::string_view(name));
            writer.key("content").beginObject().key("parts").beginArray();
            writer.beginObject().field("text", input).endObject().endArray().endObject();
            if (call.dimensions)
                writer.field("outputDimensionality", *call.dimensions);
            writer.endObject();
        }
        writer.endArray().endObject();
        return out;
    }
    writer.beginObject().field("model", model).key("input").beginArray();
    for (const RawText input : call.inputs)
        writer.text(input);
    writer.endArray();
    if (call.dimensions)
        writer.field("dimensions", *call.dimensions);
    // Everybody knows this one, and it is what Gemini's clients get.
    writer.field("encoding_format", "float").endObject();
    return out;
}

Result<EmbeddingsReply> readEmbeddingsReply(DialectId dialect, std::string_view body, std::size_t expected)
{
    json::Tree tree;
    if (!tree.parse(body))
        return badReply(std::string("the upstream's answer is ") + tree.problem());
    const Value root = tree.root();
    const bool hasAnswer = root["data"] || root["embeddings"] || root["embedding"];
    if (!hasAnswer && root["error"])
        return readError(200, {}, body, {});
    if (!hasAnswer)
        return badReply("the upstream's answer has no vectors");

    EmbeddingsReply reply;
    const auto read = dialect == DialectId::Gemini ? readGeminiVectors(root, reply) : readOpenaiVectors(root["data"], reply);
    if (!read)
        return read.error();
    if (reply.vectors.size() != expected)
        return badReply("the upstream answered with " + std::to_string(reply.vectors.size()) + " vectors to "
            + std::to_string(expected) + " inputs");
    reply.model = root[dialect == DialectId::Gemini ? "modelVersion" : "model"].text().toString();
    reply.usage = readUsage(dialect, Operation::Embeddings, body);
    return reply;
}

Result<std::string> writeEmbeddingsReply(
    DialectId dialect, const EmbeddingsReply& reply, const EmbeddingsCall& call, std::string_view model)
{
    std::string out;
    Writer writer(out);
    bool isGood = true;
    writer.beginObject();
    if (dialect == DialectId::Gemini) {
        if (call.isBatch) {
            writer.key("embeddings").beginArray();
            for (const Vector& vector : reply.vectors)
                writeGeminiVector(writer, vector, isGood);
            writer.endArray();
        } else {
            writer.key("embedding");
            writeGeminiVector(writer, reply.vectors.front(), isGood);
        }
        if (reply.usage)
            writer.key("usageMetadata").beginObject().field("promptTokenCount", reply.usage->input).endObject();
    } else {
        writer.field("object", "list").key("data").beginArray();
        std::int64_t index = 0;
        for (const Vector& vector : reply.vectors) {
            writer.beginObject().field("object", "embedding").field("index", index++).key("embedding");
            isGood = writeVector(writer, vector, call.wantsBase64) && isGood;
            writer.endObject();
        }
        const Tokens input = reply.usage ? reply.usage->input : 0;
        writer.endArray().field("model", model).key("usage").beginObject();
        writer.field("prompt_tokens", input).field("total_tokens", input).endObject();
    }
    writer.endObject();
    if (!isGood)
        return badReply("the upstream's vectors are no lists of numbers");
    return out;
}

std::optional<std::string> withVectorsAsAsked(std::string_view callBody, std::string_view replyBody)
{
    const char form = formOfVectors(replyBody);
    if (form != '"' && form != '[')
        return std::nullopt;
    json::Tree tree;
    const bool mayAsk = callBody.find("encoding_format") != std::string_view::npos;
    const bool wantsBase64 = mayAsk && tree.parse(callBody) && asksForBase64(tree.root());
    if (wantsBase64 == (form == '"') || !tree.parse(replyBody))
        return std::nullopt;

    std::string out;
    std::size_t done = 0;
    for (const Value each : tree.root()["data"]) {
        const Value embedding = each["embedding"];
        if (!isVector(embedding) || embedding.isString() == wantsBase64)
            continue;
        TextStore texts;
        const std::string_view raw = embedding.raw();
        const auto other = wantsBase64 ? base64Of(embedding) : numbersOf(cleanBase64(embedding.text(), texts));
        if (!other)
            return std::nullopt;
        const auto at = static_cast<std::size_t>(raw.data() - replyBody.data());
        out.append(replyBody, done, at - done);
        out += wantsBase64 ? '"' + *other + '"' : *other;
        done = at + raw.size();
    }
    if (done == 0)
        return std::nullopt;
    out.append(replyBody, done);
    return out;
}

}
