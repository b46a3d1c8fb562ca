#include "dialect/form.h"

#include "base/text.h"
#include "dialect/json.h"

namespace waystation {

namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t mostHeadOctets = 8192;

Error broken(const char* what)
{
    return {ErrorKind::BadRequest, std::string("The multipart form ") + what + "."};
}

/// Calls each(name, value) for the parameters behind the first semicolon; false when they are
/// malformed.
template <class Each> bool readParameters(std::string_view field, Each&& each)
{
    std::size_t at = field.find(';');
    while (at != npos && at < field.size()) {
        ++at; // the semicolon
        const std::size_t equals = field.find('=', at);
        if (equals == npos)
            return trimmed(field.substr(at)).empty();
        const std::string_view name = trimmed(field.substr(at, equals - at));
        at = equals + 1;
        while (at < field.size() && (field[at] == ' ' || field[at] == '\t'))
            ++at;
        std::string_view value;
        if (at < field.size() && field[at] == '"') {
            // An escape inside would be read in more than one way.
            const std::size_t end = field.find_first_of("\"\\", at + 1);
            if (end == npos)
                return false;
            if (field[end] == '\\') {
                std::size_t close = end;
                while (close < field.size() && field[close] != '"')
                    close += field[close] == '\\' ? 2 : 1;
                if (close >= field.size())
                    return false;
                value = field.substr(at + 1, close - at - 1);
                at = close + 1;
            } else {
                value = field.substr(at + 1, end - at - 1);
                at = end + 1;
            }
            at = field.find(';', at);
        } else {
            const std::size_t end = std::min(field.find(';', at), field.size());
            value = trimmed(field.substr(at, end - at));
            at = end;
        }
        each(name, value);
    }
    return true;
}

}

std::string formBoundary(std::string_view contentType)
{
    std::string boundary;
    if (!startsWithIgnoringCase(trimmed(contentType), "multipart/form-data"))
        return boundary;
    int seen = 0;
    readParameters(contentType, [&](std::string_view name, std::string_view value) {
        if (equalsIgnoringCase(name, "boundary")) {
            boundary = value;
            ++seen;
        }
    });
    return seen == 1 && boundary.size() <= 200 ? boundary : std::string();
}

Result<void> readForm(std::string_view body, std::string_view boundary,
    const std::function<void(const FormPart&)>& each)
{
    const std::string opening = "--" + std::string(boundary);
    const std::string delimiter = "\r\n" + opening;

    std::size_t at = 0;
    if (body.starts_with(opening)) {
        at = opening.size();
    } else {
        at = json::find(body, delimiter);
        if (at == npos)
            return broken("does not hold its boundary");
        at += delimiter.size();
    }
    for (;;) {
        if (body.substr(at, 2) == "--")
            return {};
        while (at < body.size() && (body[at] == ' ' || body[at] == '\t'))
            ++at;
        if (body.substr(at, 2) != "\r\n")
            return broken("is cut off or has other line ends than CR LF");
        const std::string_view head = body.substr(at, mostHeadOctets);
        const std::size_t headEnd = head.find("\r\n\r\n");
        if (headEnd == npos)
            return broken("has a part without an end of its head");
        const std::size_t valueAt = at + headEnd + 4;
        const std::size_t valueEnd = json::find(body, delimiter, valueAt);
        if (valueEnd == npos)
            return broken("is cut off");

        FormPart part;
        part.value = body.substr(valueAt, valueEnd - valueAt);
        int names = 0;
        bool isSound = true;
        for (std::string_view line : split(head.substr(0, headEnd), '\n')) {
            line = trimmed(line);
            if (!startsWithIgnoringCase(line, "content-disposition"))
                continue;
            isSound = isSound
                && readParameters(line, [&](std::string_view name, std::string_view value) {
                       if (equalsIgnoringCase(name, "name")) {
                           part.name = value;
                           ++names;
                       } else if (equalsIgnoringCase(name, "name*")) {
                           names = 2; // which of the two counts depends on the reader
                       } else if (startsWithIgnoringCase(name, "filename")) {
                           part.isFile = true;
                       }
                   });
        }
        if (!isSound || names > 1)
            return broken("has a part whose name can be read in two ways");
        if (names == 1)
            each(part);
        at = valueEnd + delimiter.size();
    }
}

}
