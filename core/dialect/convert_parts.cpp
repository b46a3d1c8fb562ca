#include "dialect/convert_parts.h"

#include "base/base64.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace waystation {

namespace {

bool isBase64Octet(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '='
        || c == '-' || c == '_';
}

struct NamedType
{
    std::string_view ending;
    std::string_view mime;
};

constexpr std::array<NamedType, 21> namedTypes {{
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"heic", "image/heic"},
    {"bmp", "image/bmp"},
    {"pdf", "application/pdf"},
    {"txt", "text/plain"},
    {"md", "text/markdown"},
    {"csv", "text/csv"},
    {"html", "text/html"},
    {"json", "application/json"},
    {"mp3", "audio/mp3"},
    {"wav", "audio/wav"},
    {"ogg", "audio/ogg"},
    {"flac", "audio/flac"},
    {"mp4", "video/mp4"},
    {"mov", "video/quicktime"},
    {"webm", "video/webm"},
    {"mpeg", "video/mpeg"},
}};

/// What tells one session from another: the id that Claude Code hides in its user's name.
std::string_view sessionIn(std::string_view userRef)
{
    constexpr std::string_view field = "\"session_id\"";
    constexpr std::string_view mark = "_session_";
    if (const std::size_t at = userRef.find(field); at != std::string_view::npos) {
        const std::size_t from = userRef.find('"', at + field.size());
        const std::size_t to = from == std::string_view::npos ? from : userRef.find('"', from + 1);
        return to == std::string_view::npos ? std::string_view() : userRef.substr(from + 1, to - from - 1);
    }
    const std::size_t at = userRef.find(mark);
    return at == std::string_view::npos ? std::string_view() : userRef.substr(at + mark.size());
}

json::Tree& scratchTree()
{
    static thread_local json::Tree tree;
    return tree;
}

}

Media mediaFromUrl(RawText url, TextStore& store)
{
    Media media;
    // An escape can only be "\/" or a blank here; a long address is looked at by its beginning.
    const std::string_view start = url.escaped().substr(0, 5);
    if (!equalsIgnoringCase(start, "data:")) {
        media.source = Media::Source::Url;
        media.url = url;
        media.mime = mimeFromName(store.plain(url));
        return media;
    }
    std::string_view rest = url.escaped().substr(5);
    const std::size_t comma = rest.find(',');
    const std::string_view head = store.plain(RawText(rest.substr(0, comma)));
    media.source = Media::Source::Data;
    media.mime = trimmed(head.substr(0, head.find(';')));
    if (comma != std::string_view::npos) {
        const RawText data(rest.substr(comma + 1));
        if (containsIgnoringCase(head, ";base64"))
            media.data = cleanBase64(data, store);
        else
            media.data = store.keep(base64(store.plain(data)));
    }
    media.mime = sniffedMime(media.data, media.mime);
    return media;
}

std::string_view cleanBase64(RawText text, TextStore& store)
{
    const std::string_view escaped = text.escaped();
    if (std::all_of(escaped.begin(), escaped.end(), isBase64Octet))
        return escaped;
    std::string clean;
    clean.reserve(escaped.size());
    std::string scratch;
    for (const char c : text.plain(scratch)) {
        if (isBase64Octet(c))
            clean += c;
    }
    return store.keep(std::move(clean));
}

std::string_view sniffedMime(std::string_view base64, std::string_view said)
{
    // Three octets are four letters, so the beginnings can be compared as they are written.
    if (base64.starts_with("iVBORw0KGgo"))
        return "image/png";
    if (base64.starts_with("/9j/"))
        return "image/jpeg";
    if (base64.starts_with("R0lGODdh") || base64.starts_with("R0lGODlh"))
        return "image/gif";
    if (base64.starts_with("UklGR")) {
        const auto head = base64Decoded(base64.substr(0, 16));
        if (head && head->size() >= 12 && head->compare(8, 4, "WEBP") == 0)
            return "image/webp";
    }
    if (base64.starts_with("JVBERi0"))
        return "application/pdf";
    return said;
}

std::string_view mimeFromName(std::string_view name)
{
    name = name.substr(0, name.find_first_of("?#"));
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos)
        return {};
    for (const NamedType& each : namedTypes) {
        if (equalsIgnoringCase(name.substr(dot + 1), each.ending))
            return each.mime;
    }
    return {};
}

CacheMark cacheMarkFrom(json::Value cacheControl)
{
    if (!cacheControl.isObject())
        return CacheMark::None;
    return cacheControl["ttl"].is("1h") ? CacheMark::OneHour : CacheMark::FiveMinutes;
}

RawText joinedText(json::Value content, TextStore& store)
{
    if (content.isString())
        return content.text();
    RawText all;
    bool isFirst = true;
    for (const json::Value part : content) {
        const RawText text = part.isString() ? part.text() : part["text"].text();
        if (!part.isString() && !part["text"].isString())
            continue;
        all = isFirst ? text : joined(all, "\\n", text, store);
        isFirst = false;
    }
    return all;
}

RawText joined(RawText a, std::string_view between, RawText b, TextStore& store)
{
    std::string whole;
    whole.reserve(a.size() + between.size() + b.size());
    whole += a.escaped();
    whole += between;
    whole += b.escaped();
    return RawText(store.keep(std::move(whole)));
}

std::optional<Tokens> tokensFrom(json::Value value)
{
    const auto count = value.integer();
    if (!count)
        return std::nullopt;
    return std::clamp<Tokens>(*count, 0, mostTokens);
}

std::string argumentsAsObject(const Arguments& arguments, Losses& losses)
{
    std::string scratch;
    std::string_view text = arguments.text;
    if (arguments.isEscaped)
        text = RawText(text).plain(scratch);
    text = trimmed(text);
    if (text.empty() || text == "null")
        return "{}";
    json::Tree& tree = scratchTree();
    if (!tree.parse(text)) {
        losses.adapt("tool_call.arguments");
        return "{\"_raw\":" + jsonString(text) + "}";
    }
    const json::Value root = tree.root();
    if (root.isObject())
        return std::string(text);
    // Some relays put the object into a string once more.
    if (root.isString()) {
        const std::string inner = root.text().toString();
        if (tree.parse(inner) && tree.root().isObject())
            return inner;
    }
    return "{\"value\":" + std::string(text) + "}";
}

RawText argumentsAsText(const Arguments& arguments, TextStore& store)
{
    if (arguments.isEscaped) {
        const std::string_view text = arguments.text;
        return text.empty() || text == "null" ? RawText("{}") : RawText(text);
    }
    const std::string_view text = trimmed(arguments.text);
    return text.empty() || text == "null" ? RawText("{}") : store.escape(text);
}

std::string customInputAsObject(RawText input)
{
    return "{\"input\":\"" + std::string(input.escaped()) + "\"}";
}

std::string customInputFrom(std::string_view argumentsJson)
{
    json::Tree& tree = scratchTree();
    if (tree.parse(argumentsJson)) {
        const json::Value root = tree.root();
        if (root["input"].isString())
            return root["input"].text().toString();
        if (root.isString())
            return root.text().toString();
        // A model that renamed the only field still meant its text.
        if (root.isObject() && root.size() == 1 && (*root.fields().begin()).value.isString())
            return (*root.fields().begin()).value.text().toString();
    }
    return std::string(argumentsJson);
}

const char* wordFor(PartKind kind)
{
    switch (kind) {
    case PartKind::Image:
        return "image";
    case PartKind::Audio:
        return "audio";
    case PartKind::Video:
        return "video";
    case PartKind::Document:
        return "document";
    default:
        return "part";
    }
}

std::string placeholderFor(const Part& part)
{
    const std::string word = wordFor(part.kind);
    if (part.media.source == Media::Source::FileId)
        return "[" + word + " omitted: it is a file of another vendor]";
    const bool isCounted = part.kind == PartKind::Image || part.kind == PartKind::Document;
    return "[" + word + " omitted: this model takes no " + word + (isCounted ? "s]" : "]");
}

std::string_view typeOf(const Media& media)
{
    const auto isOfAType = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '+' || c == '-' || c == '_';
    };
    const bool isType = !media.mime.empty() && std::all_of(media.mime.begin(), media.mime.end(), isOfAType);
    return isType ? media.mime : std::string_view("application/octet-stream");
}

std::string dataUrl(const Media& media)
{
    std::string url = "data:";
    url.reserve(media.data.size() + 40);
    url += typeOf(media);
    url += ";base64,";
    url += media.data;
    return url;
}

RawText documentAsText(const Part& part, TextStore& store)
{
    std::string text = "<document";
    if (!part.media.name.isEmpty()) {
        text += " title=\\\"";
        text += part.media.name.escaped();
        text += "\\\"";
    }
    text += ">\\n";
    text += part.text.escaped();
    text += "\\n</document>";
    return RawText(store.keep(std::move(text)));
}

RawText resultText(const Part& result, bool markErrors, TextStore& store)
{
    const auto isText = [](const Part& part) {
        return part.kind == PartKind::Text || (part.kind == PartKind::Document && part.media.source == Media::Source::Text);
    };
    const bool marks = markErrors && result.isError;
    if (!marks && result.result.size() == 1 && result.result[0].kind == PartKind::Text && !result.result[0].text.isEmpty())
        return result.result[0].text;
    std::string text = marks ? "[tool error] " : "";
    bool isFirst = true;
    for (const Part& part : result.result) {
        if (!isText(part))
            continue;
        if (!isFirst)
            text += "\\n";
        isFirst = false;
        text += part.kind == PartKind::Text ? part.text.escaped() : documentAsText(part, store).escaped();
    }
    if (text.empty())
        return RawText("(no output)");
    return RawText(store.keep(std::move(text)));
}

std::string objectSchema(RawJson schema)
{
    json::Tree& tree = scratchTree();
    if (schema.empty() || !tree.parse(schema) || !tree.root().isObject())
        return "{\"type\":\"object\",\"properties\":{}}";
    const json::Value root = tree.root();
    if (root["type"])
        return std::string(schema);
    if (root.size() == 0)
        return "{\"type\":\"object\",\"properties\":{}}";
    return "{\"type\":\"object\"," + std::string(trimmed(schema.substr(1, schema.size() - 2))) + "}";
}

Effort nearestEffort(Effort wanted, std::uint32_t efforts)
{
    for (int at = static_cast<int>(wanted); at >= 0; --at) {
        if (efforts & (1u << at))
            return static_cast<Effort>(at);
    }
    for (int at = static_cast<int>(wanted); at <= static_cast<int>(Effort::Max); ++at) {
        if (efforts & (1u << at))
            return static_cast<Effort>(at);
    }
    return wanted;
}

std::optional<Effort> effortOf(const ReasoningWish& wish)
{
    if (wish.on == false)
        return Effort::None;
    if (wish.effort)
        return wish.effort;
    if (wish.budget)
        return effortFor(*wish.budget);
    if (wish.isAdaptive)
        return Effort::High;
    if (wish.on == true)
        return Effort::Medium;
    return std::nullopt;
}

std::string cacheKeyOf(const ChatCall& call)
{
    if (!call.cacheKey.empty())
        return std::string(call.cacheKey);
    if (const std::string_view session = sessionIn(call.userRef); !session.empty())
        return std::string(session);
    // The same on every machine, so that a key outlives the program that made it (FNV-1a).
    std::uint64_t hash = 0xcbf29ce484222325ull;
    constexpr std::size_t mostOfAText = 4096; // enough to tell conversations apart
    const auto mix = [&](const std::vector<Part>& parts) {
        for (const Part& part : parts) {
            hash = (hash ^ part.text.size()) * 0x100000001b3ull;
            for (const char c : part.text.escaped().substr(0, mostOfAText))
                hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
        }
    };
    mix(call.system);
    const auto user = std::find_if(call.turns.begin(), call.turns.end(), [](const Turn& turn) { return turn.role == Role::User; });
    if (user != call.turns.end())
        mix(user->parts);
    std::string key = "ws-";
    for (int shift = 60; shift >= 0; shift -= 4)
        key += "0123456789abcdef"[(hash >> shift) & 15];
    return key;
}

std::vector<const Tool*> offeredTools(const ChatCall& call)
{
    const auto& only = call.toolChoice.only;
    std::vector<const Tool*> offered;
    for (const Tool& tool : call.tools) {
        if (only.empty() || std::find(only.begin(), only.end(), tool.name) != only.end())
            offered.push_back(&tool);
    }
    return offered;
}

}
