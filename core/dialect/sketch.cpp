#include "dialect/dialect.h"

#include "base/text.h"
#include "dialect/form.h"
#include "dialect/json.h"

#include <algorithm>
#include <cstring>

namespace waystation {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t mostModelOctets = 256;

Error badRequest(std::string message, std::string field = {})
{
    return {ErrorKind::BadRequest, std::move(message), std::move(field)};
}

bool hasBody(Operation operation)
{
    switch (operation) {
    case Operation::VideoTask:
    case Operation::ResponseTask:
    case Operation::ListModels:
    case Operation::GetModel:
    case Operation::Hello:
        return false;
    default:
        return true;
    }
}

/// Keys that decide where a call goes and how it is counted: twice in one body, two readers might
/// see two calls.
enum class Key { Other, Model, Stream, StreamOptions, MostTokens, GenerationConfig };

struct KnownKey
{
    std::string_view name;
    Key key;
};

constexpr KnownKey knownKeys[] = {
    {"model", Key::Model},
    {"stream", Key::Stream},
    {"stream_options", Key::StreamOptions},
    {"max_tokens", Key::MostTokens},
    {"max_completion_tokens", Key::MostTokens},
    {"max_output_tokens", Key::MostTokens},
    {"generationConfig", Key::GenerationConfig},
    {"generation_config", Key::GenerationConfig},
};

bool isUsableModel(std::string_view model)
{
    return !model.empty() && model.size() <= mostModelOctets
        && std::none_of(model.begin(), model.end(),
            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// One walk over the fields of the outer object.
class BodyReader
{
public:
    BodyReader(const Address& address, const std::string& body, CallSketch& sketch)
        : m_address(address)
        , m_body(body)
        , m_sketch(sketch)
    {
    }

    Result<void> read()
    {
        // Big bodies are rare; the memory for them is not kept.
        static thread_local ondemand::parser kept;
        if (m_body.size() > 8 * json::mostKept) {
            ondemand::parser own;
            return readWith(own);
        }
        return readWith(kept);
    }

private:
    Result<void> readWith(ondemand::parser& parser)
    {
        if (m_body.capacity() >= m_body.size() + json::padding)
            return walk(parser, m_body.data(), m_body.capacity());
        const simdjson::padded_string copy(m_body);
        return walk(parser, copy.data(), copy.size() + json::padding);
    }

    Result<void> walk(ondemand::parser& parser, const char* start, std::size_t capacity)
    {
        m_start = start;
        ondemand::document document;
        ondemand::object object;
        if (const auto error = parser.iterate(start, m_body.size(), capacity).get(document))
            return broken(error);
        if (const auto error = document.get_object().get(object)) {
            if (error == simdjson::INCORRECT_TYPE)
                return badRequest("The body is no JSON object.");
            return broken(error);
        }
        m_sketch.firstFieldAt = m_body.find('{') + 1;

        for (auto next : object) {
            ondemand::field field;
            if (const auto error = std::move(next).get(field))
                return broken(error);
            m_sketch.hasFields = true;
            const auto key = keyOf(field);
            if (!key)
                return key.error();
            if (*key == Key::Other)
                continue;
            ondemand::value value = field.value();
            if (const auto read = readValue(*key, value); !read)
                return read.error();
        }
        const char* rest = nullptr;
        if (document.current_location().get(rest) == simdjson::SUCCESS)
            return badRequest("There is more in the body behind its JSON object.");
        return {};
    }

    static Error broken(simdjson::error_code error)
    {
        switch (error) {
        case simdjson::EMPTY:
            return badRequest("The body is empty.");
        case simdjson::UTF8_ERROR:
            return badRequest("The body is not valid UTF-8.");
        case simdjson::MEMALLOC:
        case simdjson::CAPACITY:
            return {ErrorKind::TooLarge, "The body is too large to be read."};
        default:
            return badRequest(
                std::string("The body is not valid JSON: ") + simdjson::error_message(error));
        }
    }

    Result<Key> keyOf(ondemand::field& field)
    {
        // The raw key ends at its first quote that is not escaped; keys with escapes are unescaped
        // to compare them.
        const char* raw = field.key().raw();
        const std::size_t room = static_cast<std::size_t>(m_start + m_body.size() - raw);
        const char* quote = static_cast<const char*>(std::memchr(raw, '"', room));
        if (!quote)
            return broken(simdjson::UNCLOSED_STRING);
        std::string_view name(raw, static_cast<std::size_t>(quote - raw));
        const bool isEscaped = std::memchr(name.data(), '\\', name.size()) != nullptr;
        if (!isEscaped && name.size() != 5 && name.size() != 6 && name.size() < 10)
            return Key::Other;
        if (isEscaped) {
            if (const auto error = json::unescapedKey(field).get(name))
                return broken(error);
        }
        for (const KnownKey& known : knownKeys) {
            if (name.size() != known.name.size() || !equalsIgnoringCase(name, known.name))
                continue;
            if (known.key == Key::MostTokens || known.key == Key::GenerationConfig)
                return name == known.name ? known.key : Key::Other;
            bool& seen = known.key == Key::Model ? m_sawModel
                : known.key == Key::Stream       ? m_sawStream
                                                 : m_sawOptions;
            if (seen)
                return badRequest("The body names \"" + std::string(known.name) + "\" twice.",
                    std::string(known.name));
            seen = true;
            return name == known.name ? known.key : Key::Other;
        }
        return Key::Other;
    }

    CallSketch::Span spanOf(std::string_view token) const
    {
        token = trimmed(token);
        return {static_cast<std::size_t>(token.data() - m_start), token.size()};
    }

    Result<void> readValue(Key key, ondemand::value& value)
    {
        switch (key) {
        case Key::Model:
            return readModel(value);
        case Key::Stream:
            return readStream(value);
        case Key::StreamOptions:
            return readStreamOptions(value);
        case Key::MostTokens:
            return readMostTokens(value);
        case Key::GenerationConfig: {
            ondemand::object config;
            ondemand::json_type type{};
            if (const auto error = value.type().get(type))
                return broken(error);
            if (type != ondemand::json_type::object)
                return {};
            if (const auto error = value.get_object().get(config))
                return broken(error);
            for (auto next : config) {
                ondemand::field field;
                if (const auto error = std::move(next).get(field))
                    return broken(error);
                const ondemand::raw_json_string name = field.key();
                if (!(name == "maxOutputTokens") && !(name == "max_output_tokens"))
                    continue;
                ondemand::value inner = field.value();
                if (const auto read = readMostTokens(inner); !read)
                    return read;
            }
            return {};
        }
        case Key::Other:
            break;
        }
        return {};
    }

    Result<void> readModel(ondemand::value& value)
    {
        const CallSketch::Span span = spanOf(value.raw_json_token());
        std::string_view model;
        const auto error = value.get_string().get(model);
        if (error == simdjson::INCORRECT_TYPE)
            return badRequest("\"model\" is no text.", "model");
        if (error)
            return broken(error);
        if (!isUsableModel(model)) {
            if (m_address.modelInPath && model.empty())
                return {};
            return badRequest(
                model.empty() ? "\"model\" is empty." : "\"model\" is no name of a model.",
                "model");
        }
        if (m_address.dialect == DialectId::Gemini) {
            const std::string_view bare = model.starts_with("models/") ? model.substr(7) : model;
            if (bare != m_address.model)
                return badRequest("The body names another model than the path.", "model");
            return {};
        }
        m_sketch.modelAt = span;
        if (!m_address.modelInPath)
            m_sketch.model = ModelName(model);
        return {};
    }

    Result<void> readStream(ondemand::value& value)
    {
        // Only looked at: the walk steps over a value that nobody has taken.
        const std::string_view token = trimmed(value.raw_json_token());
        // Some servers take these for true, too.
        m_sketch.stream = m_sketch.stream || token == "true" || token == "1" || token == "\"true\"";
        return {};
    }

    Result<void> readStreamOptions(ondemand::value& value)
    {
        ondemand::json_type type{};
        if (const auto error = value.type().get(type))
            return broken(error);
        if (type != ondemand::json_type::object) {
            if (type != ondemand::json_type::null)
                return badRequest("\"stream_options\" is no object.", "stream_options");
            m_sketch.streamOptionsAt = spanOf(value.raw_json_token());
            return {};
        }
        std::string_view raw;
        if (const auto error = simdjson::to_json_string(value).get(raw))
            return broken(error);
        m_sketch.streamOptionsAt = spanOf(raw);
        m_sketch.asksForUsage = json::isTrue(json::member(json::parse(raw), "include_usage"));
        return {};
    }

    Result<void> readMostTokens(ondemand::value& value)
    {
        std::string_view token = trimmed(value.raw_json_token());
        if (token.size() > 2 && token.starts_with('"') && token.ends_with('"'))
            token = token.substr(1, token.size() - 2); // Google writes numbers as texts, too
        if (const auto count = json::numberFrom(token))
            m_sketch.maxOutput = std::max(m_sketch.maxOutput, clampedTokens(*count));
        return {};
    }

    const Address& m_address;
    const std::string& m_body;
    CallSketch& m_sketch;
    const char* m_start = nullptr;
    bool m_sawModel = false;
    bool m_sawStream = false;
    bool m_sawOptions = false;
};

Result<void> readFormBody(std::string_view contentType, const std::string& body, CallSketch& sketch)
{
    const std::string boundary = formBoundary(contentType);
    if (boundary.empty())
        return badRequest("The multipart form names no boundary.");
    const char* twice = nullptr;
    bool sawModel = false;
    bool sawStream = false;
    const auto read = readForm(body, boundary, [&](const FormPart& part) {
        if (equalsIgnoringCase(part.name, "model")) {
            if (sawModel)
                twice = "model";
            sawModel = true;
            if (part.name != "model" || part.isFile)
                return;
            sketch.model = ModelName(trimmed(part.value));
            sketch.modelAt
                = {static_cast<std::size_t>(part.value.data() - body.data()), part.value.size()};
        } else if (equalsIgnoringCase(part.name, "stream")) {
            if (sawStream)
                twice = "stream";
            sawStream = true;
            const std::string_view value = trimmed(part.value);
            sketch.stream = sketch.stream || equalsIgnoringCase(value, "true") || value == "1";
        }
    });
    if (!read)
        return read;
    if (twice)
        return badRequest(std::string("The form names \"") + twice + "\" twice.", twice);
    if (!sketch.model.isEmpty() && !isUsableModel(sketch.model.text()))
        return badRequest("\"model\" is no name of a model.", "model");
    return {};
}

}

Result<CallSketch> sketchOf(
    const Address& address, std::string_view contentType, const std::string& body)
{
    CallSketch sketch;
    sketch.model = ModelName(address.model);
    sketch.stream = address.streams;
    if (!hasBody(address.operation))
        return sketch;

    sketch.isJson = !startsWithIgnoringCase(trimmed(contentType), "multipart/");
    const auto read = sketch.isJson ? BodyReader(address, body, sketch).read()
                                    : readFormBody(contentType, body, sketch);
    if (!read)
        return read.error();
    if (address.modelInPath)
        sketch.model = ModelName(address.model);
    if (sketch.model.isEmpty() && address.operation == Operation::Moderations)
        sketch.model = ModelName("omni-moderation-latest"); // the interface's own default
    if (sketch.model.isEmpty())
        return badRequest("The call names no model.", "model");
    return sketch;
}

}
