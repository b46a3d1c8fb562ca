#include "dialect/gemini/fields.h"

#include "base/base64.h"
#include "base/text.h"
#include "dialect/convert_parts.h"

#include <algorithm>

namespace waystation::gemini {

namespace {

bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// The end of the string that begins at `at`, behind its quote.
std::size_t endOfString(std::string_view json, std::size_t at)
{
    for (;;) {
        const std::size_t quote = json.find('"', at + 1);
        if (quote == std::string_view::npos)
            return json.size();
        std::size_t slashes = 0;
        while (json[quote - 1 - slashes] == '\\')
            ++slashes;
        if (slashes % 2 == 0)
            return quote + 1;
        at = quote;
    }
}

/// Where the first blank between tokens is; the size when there is none.
std::size_t firstBlank(std::string_view json, std::size_t from)
{
    for (std::size_t at = from; at < json.size();) {
        if (json[at] == '"')
            at = endOfString(json, at);
        else if (isBlank(json[at]))
            return at;
        else
            ++at;
    }
    return json.size();
}

bool isPlainText(std::string_view mime)
{
    return startsWithIgnoringCase(mime, "text/") || equalsIgnoringCase(mime, "application/json")
        || equalsIgnoringCase(mime, "application/xml");
}

PartKind kindOf(std::string_view mime)
{
    if (startsWithIgnoringCase(mime, "image/"))
        return PartKind::Image;
    if (startsWithIgnoringCase(mime, "audio/"))
        return PartKind::Audio;
    if (startsWithIgnoringCase(mime, "video/"))
        return PartKind::Video;
    return PartKind::Document;
}

/// Standard base64: Gemini takes the URL alphabet too, others do not.
std::string_view standardBase64(RawText text, TextStore& store)
{
    const std::string_view data = cleanBase64(text, store);
    if (data.find('-') == std::string_view::npos && data.find('_') == std::string_view::npos)
        return data;
    std::string standard(data);
    std::replace(standard.begin(), standard.end(), '-', '+');
    std::replace(standard.begin(), standard.end(), '_', '/');
    return store.keep(std::move(standard));
}

void readInline(json::Value inlineData, Part& part, TextStore& store)
{
    Media& media = part.media;
    media.source = Media::Source::Data;
    media.data = standardBase64(inlineData["data"].text(), store);
    media.mime = trimmed(fieldOf(inlineData, "mimeType").word(store));
    media.mime = sniffedMime(media.data, media.mime);
    media.name = fieldOf(inlineData, "displayName").text();
    part.kind = kindOf(media.mime);
    if (!isPlainText(media.mime))
        return;
    // A plain document is text wherever it goes.
    const auto text = base64Decoded(media.data);
    if (text && isValidUtf8(*text)) {
        media.source = Media::Source::Text;
        media.data = {};
        part.text = store.escape(*text);
    }
}

void readFile(json::Value fileData, Part& part, TextStore& store)
{
    Media& media = part.media;
    media.url = fieldOf(fileData, "fileUri").text();
    media.name = fieldOf(fileData, "displayName").text();
    const std::string_view url = store.plain(media.url);
    const bool isWeb
        = startsWithIgnoringCase(url, "http://") || startsWithIgnoringCase(url, "https://");
    // Files that were uploaded to Google open only there.
    const bool isUploaded = !isWeb || url.find("://generativelanguage.googleapis.com/") < 6;
    media.source = isUploaded ? Media::Source::FileId : Media::Source::Url;
    media.mime = trimmed(fieldOf(fileData, "mimeType").word(store));
    if (media.mime.empty())
        media.mime = mimeFromName(url);
    const bool isFilm = media.mime.empty()
        && (url.find("youtube.com/") != std::string_view::npos
            || url.find("youtu.be/") != std::string_view::npos);
    part.kind = isFilm ? PartKind::Video : kindOf(media.mime);
}

}

bool isNamed(std::string_view key, std::string_view camelCase)
{
    std::size_t at = 0;
    for (const char c : camelCase) {
        if (at < key.size() && key[at] == c) {
            ++at;
            continue;
        }
        const bool isCapital = c >= 'A' && c <= 'Z';
        if (!isCapital || at + 1 >= key.size() || key[at] != '_'
            || key[at + 1] != static_cast<char>(c - 'A' + 'a'))
            return false;
        at += 2;
    }
    return at == key.size();
}

json::Value fieldOf(json::Value object, std::string_view camelCase)
{
    json::Value found;
    for (const json::Field field : object.fields()) {
        if (!isNamed(field.key.escaped(), camelCase))
            continue;
        if (field.value)
            return field.value;
        found = field.value;
    }
    return found;
}

std::string_view compacted(std::string_view json, TextStore& store)
{
    std::size_t at = firstBlank(json, 0);
    if (at == json.size())
        return json;
    std::string compact;
    compact.reserve(json.size());
    std::size_t from = 0;
    while (at < json.size()) {
        compact.append(json, from, at - from);
        while (at < json.size() && isBlank(json[at]))
            ++at;
        from = at;
        at = firstBlank(json, at);
    }
    compact.append(json, from);
    return store.keep(std::move(compact));
}

RawText codeAsText(json::Value part, TextStore& store)
{
    const auto fenced = [&](std::string_view language, RawText text) {
        std::string out = "```";
        out += language;
        out += "\\n";
        out += text.escaped();
        out += text.escaped().ends_with("\\n") ? "```" : "\\n```";
        return RawText(store.keep(std::move(out)));
    };
    if (const json::Value code = fieldOf(part, "executableCode")) {
        std::string language = lower(code["language"].text().toString());
        if (language.empty() || language == "language_unspecified")
            language = "python";
        return fenced(store.escape(language).escaped(), code["code"].text());
    }
    if (const json::Value result = fieldOf(part, "codeExecutionResult"))
        return fenced("", result["output"].text());
    return {};
}

bool readMedia(json::Value part, Part& into, TextStore& store)
{
    if (const json::Value data = fieldOf(part, "inlineData")) {
        readInline(data, into, store);
        return true;
    }
    if (const json::Value file = fieldOf(part, "fileData")) {
        readFile(file, into, store);
        return true;
    }
    return false;
}

}
