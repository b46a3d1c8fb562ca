#include "dialect/images.h"

#include "base/text.h"
#include "dialect/convert_parts.h"
#include "dialect/gemini/fields.h"
#include "dialect/gemini/reply_parts.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace waystation {

namespace {

using gemini::fieldOf;
using json::Value;
using json::Writer;

constexpr std::int64_t mostImagenPictures = 4;

Error badReply(std::string message)
{
    return {ErrorKind::BadReply, std::move(message)};
}

// ---- shapes of pictures

struct Shape
{
    std::string_view name;
    double width;
    double height;
};

constexpr Shape geminiShapes[] = {{"1:1", 1, 1}, {"2:3", 2, 3}, {"3:2", 3, 2}, {"3:4", 3, 4}, {"4:3", 4, 3}, {"4:5", 4, 5},
    {"5:4", 5, 4}, {"9:16", 9, 16}, {"16:9", 16, 9}, {"21:9", 21, 9}};
constexpr Shape imagenShapes[] = {{"1:1", 1, 1}, {"3:4", 3, 4}, {"4:3", 4, 3}, {"9:16", 9, 16}, {"16:9", 16, 9}};
constexpr Shape openaiShapes[]
    = {{"1024x1024", 1024, 1024}, {"1536x1024", 1536, 1024}, {"1024x1536", 1024, 1536}};
constexpr Shape dallE3Shapes[]
    = {{"1024x1024", 1024, 1024}, {"1792x1024", 1792, 1024}, {"1024x1792", 1024, 1792}};
constexpr Shape dallE2Shapes[] = {{"1024x1024", 1024, 1024}};

/// Width by height of "1536x1024" or "4:3"; nullopt for what is neither.
std::optional<double> proportionOf(std::string_view text, char between)
{
    const std::size_t at = text.find(between);
    if (at == std::string_view::npos)
        return std::nullopt;
    int sides[2] = {};
    const std::string_view parts[2] = {text.substr(0, at), text.substr(at + 1)};
    for (int i = 0; i < 2; ++i) {
        const char* const last = parts[i].data() + parts[i].size();
        const auto [end, error] = std::from_chars(parts[i].data(), last, sides[i]);
        if (error != std::errc() || end != last || sides[i] <= 0)
            return std::nullopt;
    }
    return double(sides[0]) / sides[1];
}

/// The shape that is nearest to `proportion`.
const Shape& nearest(double proportion, std::span<const Shape> shapes)
{
    const auto distance = [&](const Shape& shape) { return std::abs(std::log(shape.width / shape.height / proportion)); };
    return *std::min_element(
        shapes.begin(), shapes.end(), [&](const Shape& a, const Shape& b) { return distance(a) < distance(b); });
}

// ---- models that differ inside one protocol

std::string_view bareName(std::string_view model)
{
    return model.substr(model.rfind('/') + 1);
}

bool isImagen(std::string_view model)
{
    return startsWithIgnoringCase(bareName(model), "imagen");
}

/// These always answer with the octets, take no response_format, and can be told a format.
bool isGptImage(std::string_view model)
{
    const std::string_view name = bareName(model);
    return startsWithIgnoringCase(name, "gpt-image") || startsWithIgnoringCase(name, "chatgpt-image");
}

std::span<const Shape> openaiShapesOf(std::string_view model)
{
    const std::string_view name = bareName(model);
    if (startsWithIgnoringCase(name, "dall-e-3"))
        return dallE3Shapes;
    if (startsWithIgnoringCase(name, "dall-e-2"))
        return dallE2Shapes;
    return openaiShapes;
}

// ---- reading a call

/// A setting whose loss the answer feels, unless it says what would happen anyway.
struct Setting
{
    std::string_view name;
    std::string_view usual; // words that change nothing, with blanks between
};

constexpr Setting openaiSettings[]
    = {{"quality", "auto standard"}, {"style", ""}, {"background", "auto opaque"}, {"moderation", "auto"},
        {"partial_images", "0"}, {"output_compression", "100"}};
constexpr Setting imagenSettings[] = {{"negativePrompt", ""}, {"seed", ""}, {"personGeneration", ""}, {"safetySetting", ""},
    {"safetyFilterLevel", ""}, {"addWatermark", ""}, {"enhancePrompt", ""}, {"storageUri", ""}, {"imageSize", "1K"},
    {"sampleImageSize", "1K"}};

bool isUsual(const Setting& setting, Value value)
{
    const std::string word = value.isString() ? value.text().toString() : std::string(value.raw());
    const std::vector<std::string_view> usual = split(setting.usual, ' ');
    return word.empty() || std::find(usual.begin(), usual.end(), word) != usual.end();
}

void noteLeftOut(std::span<const Setting> settings, Value object, PicturesCall& call)
{
    for (const Setting& setting : settings) {
        const Value value = fieldOf(object, setting.name);
        if (value && !isUsual(setting, value))
            call.leftOut.push_back(setting.name);
    }
}

Result<PicturesCall> readOpenaiCall(Value root)
{
    PicturesCall call;
    call.prompt = root["prompt"].text();
    if (call.prompt.isEmpty())
        return Error {ErrorKind::BadRequest, "there is no prompt", "prompt"};
    if (root["image"] || root["mask"])
        return Error {ErrorKind::Unsupported, "the upstream makes pictures of words only", root["image"] ? "image" : "mask"};
    call.count = root["n"].integer();
    const std::string_view size = root["size"].word(call.texts);
    if (proportionOf(size, 'x'))
        call.size = size;
    call.format = root["output_format"].word(call.texts);
    call.wantsUrl = root["response_format"].is("url");
    call.stream = root["stream"].boolean().value_or(false);
    noteLeftOut(openaiSettings, root, call);
    return call;
}

Result<PicturesCall> readPredictCall(Value root)
{
    PicturesCall call;
    const Value instances = root["instances"];
    const Value first = instances.isArray() && instances.size() > 0 ? *instances.begin() : Value();
    call.prompt = first["prompt"].text();
    if (call.prompt.isEmpty())
        return Error {ErrorKind::BadRequest, "there is no prompt", "instances"};
    if (instances.size() > 1)
        return Error {ErrorKind::Unsupported, "the upstream takes one prompt at a time", "instances"};
    for (const std::string_view name : {"image", "mask", "referenceImages"}) {
        if (fieldOf(first, name))
            return Error {ErrorKind::Unsupported, "the upstream makes pictures of words only", std::string(name)};
    }
    const Value parameters = root["parameters"];
    call.count = fieldOf(parameters, "sampleCount").integer();
    const std::string_view ratio = fieldOf(parameters, "aspectRatio").word(call.texts);
    if (proportionOf(ratio, ':'))
        call.aspectRatio = ratio;
    const Value output = fieldOf(parameters, "outputOptions");
    const std::string_view mime = fieldOf(output, "mimeType").word(call.texts);
    if (startsWithIgnoringCase(mime, "image/"))
        call.format = mime.substr(6);
    noteLeftOut(imagenSettings, parameters, call);
    return call;
}

// ---- writing a call

void writeGenerateContent(Writer& writer, const PicturesCall& call, Losses& losses)
{
    writer.beginObject().key("contents").beginArray().beginObject().field("role", "user").key("parts").beginArray();
    writer.beginObject().field("text", call.prompt).endObject().endArray().endObject().endArray();
    writer.key("generationConfig").beginObject();
    writer.key("responseModalities").beginArray().plain("TEXT").plain("IMAGE").endArray();
    if (const auto proportion = proportionOf(call.size, 'x')) {
        losses.adapt("size");
        writer.key("imageConfig").beginObject();
        writer.field("aspectRatio", nearest(*proportion, geminiShapes).name).endObject();
    }
    writer.endObject().endObject();
    // It makes one picture, or as many as the prompt talks it into.
    if (call.count > 1)
        losses.drop("n");
}

void writePredict(Writer& writer, const PicturesCall& call, Losses& losses)
{
    writer.beginObject().key("instances").beginArray().beginObject().field("prompt", call.prompt).endObject().endArray();
    // Imagen makes four where it is told nothing, OpenAI one.
    const std::int64_t count = std::clamp<std::int64_t>(call.count.value_or(1), 1, mostImagenPictures);
    writer.key("parameters").beginObject().field("sampleCount", count);
    if (call.count > count)
        losses.adapt("n");
    if (const auto proportion = proportionOf(call.size, 'x')) {
        losses.adapt("size");
        writer.field("aspectRatio", nearest(*proportion, imagenShapes).name);
    }
    writer.endObject().endObject();
}

void writeGenerations(Writer& writer, const PicturesCall& call, std::string_view model, Losses& losses)
{
    writer.beginObject().field("model", model).field("prompt", call.prompt);
    const bool makesOne = startsWithIgnoringCase(bareName(model), "dall-e-3");
    if (call.count > 1 && makesOne)
        losses.drop("sampleCount");
    else if (call.count)
        writer.field("n", *call.count);
    if (const auto proportion = proportionOf(call.aspectRatio, ':')) {
        const Shape& shape = nearest(*proportion, openaiShapesOf(model));
        if (std::abs(shape.width / shape.height - *proportion) > 1e-9)
            losses.adapt("aspectRatio");
        writer.field("size", shape.name);
    }
    if (isGptImage(model)) {
        if (!call.format.empty())
            writer.field("output_format", call.format);
    } else {
        writer.field("response_format", "b64_json");
        if (!call.format.empty() && call.format != "png")
            losses.drop("outputOptions.mimeType");
    }
    writer.endObject();
}

// ---- reading a reply

Error refused(std::string_view why, bool isFilter)
{
    return {ErrorKind::UpstreamRefused, "the model made no picture: " + oneLine(why, 300),
        isFilter ? std::string(refusal::content) : std::string()};
}

/// Pictures of one part after the other; drafts that belong to the model's thoughts are not the answer.
Result<void> readCandidates(Value root, PicturesReply& reply)
{
    std::string said;
    std::string ending;
    bool isFilter = false;
    for (const Value candidate : root["candidates"]) {
        for (const Value part : candidate["content"]["parts"]) {
            if (part["thought"].isTrue())
                continue;
            Media media;
            if (part["text"].isString())
                said += part["text"].text().toString();
            else if (gemini::readPicture(part, media, reply.texts) && media.source == Media::Source::Data)
                reply.pictures.push_back({media.data, media.mime, {}});
        }
        if (const Value reason = fieldOf(candidate, "finishReason"); reason && !reason.is("STOP")) {
            const Value message = fieldOf(candidate, "finishMessage");
            ending = (message ? message : reason).text().toString();
            isFilter = gemini::finishFrom(reason.text().escaped(), false) == FinishReason::Filter;
        }
    }
    if (!reply.pictures.empty())
        return {};
    const Value feedback = fieldOf(root, "promptFeedback");
    if (const Value blocked = fieldOf(feedback, "blockReason")) {
        const Value message = fieldOf(feedback, "blockReasonMessage");
        return refused((message ? message : blocked).text().toString(), true);
    }
    if (!ending.empty())
        return refused(ending, isFilter);
    if (!said.empty())
        return Error {ErrorKind::UpstreamRefused, "the model answered with words only: " + oneLine(said, 300)};
    return badReply("the upstream's answer has no picture");
}

Result<void> readPredictions(Value predictions, PicturesReply& reply)
{
    std::string why;
    for (const Value each : predictions) {
        const RawText data = fieldOf(each, "bytesBase64Encoded").text();
        if (data.isEmpty()) {
            why = fieldOf(each, "raiFilteredReason").text().toString();
            continue;
        }
        Picture& picture = reply.pictures.emplace_back();
        picture.base64 = cleanBase64(data, reply.texts);
        picture.mime = sniffedMime(picture.base64, fieldOf(each, "mimeType").word(reply.texts));
        picture.revisedPrompt = each["prompt"].text();
    }
    if (!reply.pictures.empty())
        return {};
    return why.empty() ? badReply("the upstream's answer has no picture") : refused(why, true);
}

Result<void> readData(Value root, PicturesReply& reply)
{
    const std::string_view format = root["output_format"].word(reply.texts);
    const std::string_view said = format.empty() ? std::string_view("image/png") : reply.texts.keep("image/" + std::string(format));
    for (const Value each : root["data"]) {
        Picture& picture = reply.pictures.emplace_back();
        if (each["b64_json"].isString())
            picture.base64 = cleanBase64(each["b64_json"].text(), reply.texts);
        else // some hosts put the octets into the address
            picture.base64 = mediaFromUrl(each["url"].text(), reply.texts).data;
        picture.mime = sniffedMime(picture.base64, said);
        picture.revisedPrompt = each["revised_prompt"].text();
        if (picture.base64.empty())
            return badReply("the upstream answered with addresses of pictures where the pictures themselves were asked for");
    }
    if (reply.pictures.empty())
        return badReply("the upstream's answer has no picture");
    return {};
}

// ---- writing a reply

std::string_view formatOf(std::string_view mime)
{
    return startsWithIgnoringCase(mime, "image/") ? mime.substr(6) : std::string_view("png");
}

void writeUsage(Writer& writer, const Usage& usage)
{
    writer.key("usage").beginObject().field("total_tokens", usage.input + usage.output);
    writer.field("input_tokens", usage.input).field("output_tokens", usage.output);
    writer.key("input_tokens_details").beginObject();
    writer.field("text_tokens", usage.input - usage.imageIn).field("image_tokens", usage.imageIn).endObject();
    writer.key("output_tokens_details").beginObject();
    writer.field("text_tokens", usage.output - usage.imageOut).field("image_tokens", usage.imageOut).endObject();
    writer.endObject();
}

bool isCounted(const PicturesReply& reply)
{
    return reply.usage && reply.usage->input + reply.usage->output > 0;
}

}

Result<PicturesCall> readPicturesCall(const Address& address, std::string_view body)
{
    json::Tree tree;
    if (!tree.parse(body))
        return Error {ErrorKind::BadRequest, std::string("the body is ") + tree.problem()};
    if (!tree.root().isObject())
        return Error {ErrorKind::BadRequest, "the body is no JSON object"};
    return address.dialect == DialectId::Gemini ? readPredictCall(tree.root()) : readOpenaiCall(tree.root());
}

std::string picturesTail(DialectId dialect, std::string_view model)
{
    if (dialect != DialectId::Gemini)
        return "/images/generations";
    return isImagen(model) ? ":predict" : ":generateContent";
}

std::string writePicturesCall(DialectId dialect, const PicturesCall& call, std::string_view model, Losses& losses)
{
    for (const std::string_view field : call.leftOut)
        losses.drop(field);
    std::string out;
    Writer writer(out);
    if (dialect != DialectId::Gemini) {
        writeGenerations(writer, call, model, losses);
        return out;
    }
    if (isImagen(model))
        writePredict(writer, call, losses);
    else
        writeGenerateContent(writer, call, losses);
    if (call.wantsUrl)
        losses.adapt("response_format");
    if (!call.format.empty() && call.format != "png")
        losses.drop("output_format");
    return out;
}

Result<PicturesReply> readPicturesReply(DialectId dialect, std::string_view body)
{
    json::Tree tree;
    if (!tree.parse(body))
        return badReply(std::string("the upstream's answer is ") + tree.problem());
    const Value root = tree.root();
    const bool hasAnswer = root["data"] || root["candidates"] || root["predictions"];
    if (!hasAnswer && root["error"])
        return readError(200, {}, body, {});

    PicturesReply reply;
    const auto read = dialect != DialectId::Gemini ? readData(root, reply)
        : root["predictions"]                      ? readPredictions(root["predictions"], reply)
                                                   : readCandidates(root, reply);
    if (!read)
        return read.error();
    reply.model = (dialect == DialectId::Gemini ? fieldOf(root, "modelVersion") : root["model"]).text().toString();
    reply.usage = readUsage(dialect, Operation::Images, body);
    if (!reply.usage) {
        reply.usage.emplace();
        reply.usage->images = static_cast<std::int64_t>(reply.pictures.size());
    }
    return reply;
}

std::string writePicturesReply(DialectId dialect, const PicturesReply& reply, std::int64_t created)
{
    std::string out;
    Writer writer(out);
    if (dialect == DialectId::Gemini) {
        writer.beginObject().key("predictions").beginArray();
        for (const Picture& picture : reply.pictures) {
            writer.beginObject().field("mimeType", picture.mime).field("bytesBase64Encoded", RawText(picture.base64));
            if (!picture.revisedPrompt.isEmpty())
                writer.field("prompt", picture.revisedPrompt);
            writer.endObject();
        }
        writer.endArray().endObject();
        return out;
    }
    writer.beginObject().field("created", created).key("data").beginArray();
    for (const Picture& picture : reply.pictures) {
        writer.beginObject().field("b64_json", RawText(picture.base64));
        if (!picture.revisedPrompt.isEmpty())
            writer.field("revised_prompt", picture.revisedPrompt);
        writer.endObject();
    }
    writer.endArray().field("output_format", formatOf(reply.pictures.front().mime));
    if (isCounted(reply))
        writeUsage(writer, *reply.usage);
    writer.endObject();
    return out;
}

std::string writePicturesEvents(const PicturesReply& reply, std::int64_t created)
{
    std::string out;
    for (const Picture& picture : reply.pictures) {
        out += "event: image_generation.completed\ndata: ";
        Writer writer(out);
        writer.beginObject().field("type", "image_generation.completed").field("b64_json", RawText(picture.base64));
        writer.field("created_at", created).field("output_format", formatOf(picture.mime));
        // The counts are those of the whole answer, so they are told once.
        if (&picture == &reply.pictures.back() && isCounted(reply))
            writeUsage(writer, *reply.usage);
        writer.endObject();
        out += "\n\n";
    }
    return out;
}

}
