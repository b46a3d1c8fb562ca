#include "dialect/dialect.h"

#include "base/text.h"
#include "base/url.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace waystation {

namespace {

/// A path without parameters and who serves it. The tail is the path.
struct KnownPath
{
    std::string_view path;
    DialectId dialect;
    Operation operation;
};

constexpr std::array knownPosts{
    KnownPath{"/chat/completions", DialectId::OpenaiChat, Operation::Generate},
    KnownPath{"/responses", DialectId::OpenaiResponses, Operation::Generate},
    KnownPath{"/responses/compact", DialectId::OpenaiResponses, Operation::Generate},
    KnownPath{"/responses/input_tokens", DialectId::OpenaiResponses, Operation::CountTokens},
    KnownPath{"/messages", DialectId::Anthropic, Operation::Generate},
    KnownPath{"/messages/count_tokens", DialectId::Anthropic, Operation::CountTokens},
    KnownPath{"/completions", DialectId::OpenaiChat, Operation::Completions},
    KnownPath{"/embeddings", DialectId::OpenaiChat, Operation::Embeddings},
    KnownPath{"/images/generations", DialectId::OpenaiChat, Operation::Images},
    KnownPath{"/images/edits", DialectId::OpenaiChat, Operation::Images},
    KnownPath{"/images/variations", DialectId::OpenaiChat, Operation::Images},
    KnownPath{"/audio/speech", DialectId::OpenaiChat, Operation::Speech},
    KnownPath{"/audio/transcriptions", DialectId::OpenaiChat, Operation::Transcription},
    KnownPath{"/audio/translations", DialectId::OpenaiChat, Operation::Transcription},
    KnownPath{"/videos", DialectId::OpenaiChat, Operation::VideoCreate},
    KnownPath{"/video/generations", DialectId::OpenaiChat, Operation::VideoCreate},
    KnownPath{"/rerank", DialectId::OpenaiChat, Operation::Rerank},
    KnownPath{"/moderations", DialectId::OpenaiChat, Operation::Moderations},
};

/// What an Azure deployment serves.
constexpr std::array deploymentOperations{Operation::Generate, Operation::Completions,
    Operation::Embeddings, Operation::Images, Operation::Speech, Operation::Transcription};

struct GeminiVerb
{
    std::string_view verb;
    Operation operation;
};

constexpr std::array geminiVerbs{
    GeminiVerb{":generateContent", Operation::Generate},
    GeminiVerb{":streamGenerateContent", Operation::Generate},
    GeminiVerb{":countTokens", Operation::CountTokens},
    GeminiVerb{":embedContent", Operation::Embeddings},
    GeminiVerb{":batchEmbedContents", Operation::Embeddings},
    GeminiVerb{":predict", Operation::Images},
};

constexpr std::size_t mostModelOctets = 256;

Error notFound(std::string_view path)
{
    return {ErrorKind::NotFound, "Nothing is served at " + oneLine(path, 120) + "."};
}

/// A known path with another method; `field` tells it from an operation that an upstream lacks.
Error wrongMethod(std::string_view method, std::string_view allowed)
{
    return {ErrorKind::Unsupported,
        "This path takes " + std::string(allowed) + ", not " + oneLine(method, 20) + ".", "method"};
}

bool isHex(char c)
{
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

/// Printable ASCII, whole escapes, nothing that some server reads as another path.
bool isPlain(std::string_view path)
{
    for (std::size_t at = 0; at < path.size(); ++at) {
        const char c = path[at];
        if (c <= 0x20 || c >= 0x7F || c == '\\' || c == '?' || c == '#')
            return false;
        if (c == '%' && (at + 2 >= path.size() || !isHex(path[at + 1]) || !isHex(path[at + 2])))
            return false;
    }
    return true;
}

bool isDots(std::string_view segment)
{
    return segment == "." || segment == "..";
}

/// An id goes into the upstream's path as it is, so only what means itself there is taken.
bool isId(std::string_view text)
{
    constexpr std::string_view marks = "-_.~:@=+";
    return !text.empty() && text.size() <= 512 && !isDots(text)
        && std::all_of(text.begin(), text.end(), [&](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) != 0
                   || marks.find(c) != std::string_view::npos;
           });
}

/// The decoded segments from `from` on joined with slashes; empty when they make no model's name.
std::string modelIn(std::span<const std::string_view> segments)
{
    std::string model;
    for (const std::string_view segment : segments) {
        if (!model.empty())
            model += '/';
        model += percentDecoded(segment);
    }
    if (model.size() > mostModelOctets || !isValidUtf8(model))
        return {};
    for (const char c : model) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\')
            return {};
    }
    for (const std::string_view part : split(model, '/')) {
        if (part.empty() || isDots(part))
            return {};
    }
    return model;
}

Result<Address> geminiAddress(
    std::string_view method, std::string_view path, std::string name, std::string_view query)
{
    Address address;
    address.dialect = DialectId::Gemini;
    address.modelInPath = true;
    const std::size_t colon = name.rfind(':');
    const std::string verb = colon == std::string::npos ? std::string() : name.substr(colon);
    const auto known = std::find_if(geminiVerbs.begin(), geminiVerbs.end(),
        [&](const GeminiVerb& v) { return v.verb == verb; });
    if (known == geminiVerbs.end() || colon == 0)
        return notFound(path);
    if (method != "POST")
        return wrongMethod(method, "POST");
    address.operation = known->operation;
    address.model = name.substr(0, colon);
    address.tail = verb;
    address.streams = verb == ":streamGenerateContent";
    address.streamsAsArray
        = address.streams && !equalsIgnoringCase(queryValue(query, "alt"), "sse");
    return address;
}

Result<Address> taskAddress(std::string_view method, std::string_view path, DialectId dialect,
    Operation operation, std::string_view folder, std::string_view idSegment, std::string_view rest)
{
    Address address;
    address.dialect = dialect;
    address.operation = operation;
    address.taskId = percentDecoded(idSegment);
    if (!isId(address.taskId))
        return notFound(path);
    address.tail = std::string(folder) + '/' + address.taskId + std::string(rest);
    const bool isPost = rest == "/cancel" || rest == "/remix";
    const bool takesDelete = rest.empty() && folder != "/video/generations";
    if (method == (isPost ? "POST" : "GET") || (takesDelete && method == "DELETE"))
        return address;
    return wrongMethod(method, isPost ? "POST" : takesDelete ? "GET or DELETE" : "GET");
}

}

Result<Address> addressOf(
    std::string_view method, std::string_view path, std::string_view query, const Headers& headers)
{
    if (!path.starts_with('/') || !isPlain(path))
        return notFound(path);

    std::vector<std::string_view> segments = split(path.substr(1), '/');
    if (segments.back().empty())
        segments.pop_back(); // one slash at the end means nothing
    for (const std::string_view segment : segments) {
        if (segment.empty())
            return notFound(path);
    }

    std::span<const std::string_view> rest(segments);
    const auto take = [&rest](std::string_view segment) {
        if (rest.empty() || rest.front() != segment)
            return false;
        rest = rest.subspan(1);
        return true;
    };
    const bool inOpenai = take("openai");
    const bool inAnthropic = !inOpenai && take("anthropic");
    const bool inGemini = !inOpenai && !inAnthropic && take("gemini");

    Address address;
    const bool isHello = rest.empty() || (rest.size() == 1 && rest[0] == "health")
        || (rest.size() == 2 && rest[0] == "api" && rest[1] == "hello");
    if (isHello) {
        if (method != "GET" && method != "HEAD")
            return wrongMethod(method, "GET or HEAD");
        return address;
    }

    std::string deployment;
    if (inOpenai && rest.size() > 2 && rest[0] == "deployments") {
        deployment = modelIn(rest.subspan(1, 1));
        if (deployment.empty())
            return notFound(path);
        rest = rest.subspan(2);
    }

    const bool isBeta = deployment.empty() && (take("v1beta") || take("v1alpha"));
    // Google serves the OpenAI form in a folder of its own version.
    const bool isCompatible = isBeta && take("openai");
    const bool isVersioned = isBeta || (deployment.empty() && take("v1"));
    const bool isSecond = deployment.empty() && !isVersioned && rest.size() == 2
        && rest[1] == "rerank" && take("v2");
    const bool isGoogle = isBeta && !isCompatible;
    if (rest.empty())
        return notFound(path);

    std::string tail;
    for (const std::string_view segment : rest)
        tail.append("/").append(segment);

    if (!isGoogle) {
        const auto known = std::find_if(knownPosts.begin(), knownPosts.end(),
            [&](const KnownPath& k) { return k.path == tail; });
        const bool fits = known != knownPosts.end()
            && (deployment.empty()
                || (known->dialect == DialectId::OpenaiChat
                    && std::find(deploymentOperations.begin(), deploymentOperations.end(),
                           known->operation)
                        != deploymentOperations.end()))
            && (!isSecond || known->operation == Operation::Rerank);
        if (fits) {
            if (method != "POST")
                return wrongMethod(method, "POST");
            address.dialect = known->dialect;
            address.operation = known->operation;
            address.tail = std::move(tail);
            address.modelInPath = !deployment.empty();
            address.model = std::move(deployment);
            return address;
        }
        if (!deployment.empty() || isSecond)
            return notFound(path);

        if (rest[0] == "responses"
            && (rest.size() == 2
                || (rest.size() == 3 && (rest[2] == "cancel" || rest[2] == "input_items")))) {
            return taskAddress(method, path, DialectId::OpenaiResponses, Operation::ResponseTask,
                "/responses", rest[1],
                rest.size() == 3 ? std::string_view(tail).substr(tail.rfind('/'))
                                 : std::string_view());
        }
        if (rest[0] == "videos"
            && (rest.size() == 2
                || (rest.size() == 3 && (rest[2] == "content" || rest[2] == "remix")))) {
            return taskAddress(method, path, DialectId::OpenaiChat, Operation::VideoTask, "/videos",
                rest[1],
                rest.size() == 3 ? std::string_view(tail).substr(tail.rfind('/'))
                                 : std::string_view());
        }
        if (rest[0] == "video" && rest.size() == 3 && rest[1] == "generations")
            return taskAddress(method, path, DialectId::OpenaiChat, Operation::VideoTask,
                "/video/generations", rest[2], {});
    }

    if (rest[0] != "models")
        return notFound(path);

    // Google's own SDK asks under /v1 too and tells itself by these fields.
    const bool saysGoogle = headers.has("x-goog-api-key") || headers.has("x-goog-api-client");
    const bool asGoogle = isGoogle || inGemini || (saysGoogle && !inAnthropic && !isCompatible);
    const bool asAnthropic
        = !asGoogle && !isCompatible && (inAnthropic || headers.has("anthropic-version"));
    address.dialect = asGoogle ? DialectId::Gemini
        : asAnthropic          ? DialectId::Anthropic
                               : DialectId::OpenaiChat;
    if (rest.size() == 1) {
        if (method != "GET")
            return wrongMethod(method, "GET");
        address.operation = Operation::ListModels;
        address.tail = "/models";
        return address;
    }

    std::string name = modelIn(rest.subspan(1));
    if (name.empty())
        return notFound(path);
    if (method != "GET"
        || std::any_of(geminiVerbs.begin(), geminiVerbs.end(),
            [&](const GeminiVerb& v) { return name.ends_with(v.verb); })) {
        if (isCompatible)
            return notFound(path);
        const auto google = geminiAddress(method, path, name, query);
        // A model's own page takes GET only, and what has no known verb is such a page.
        if (!google && google.error().kind == ErrorKind::NotFound && method != "POST")
            return wrongMethod(method, "GET");
        return google;
    }
    address.operation = Operation::GetModel;
    address.model = std::move(name);
    address.modelInPath = true;
    address.tail = asGoogle ? std::string() : tail;
    return address;
}

}
