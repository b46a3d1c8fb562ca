#include "engine/local_pages.h"

#include "chat/raw_text.h"

#include <algorithm>

namespace waystation {

namespace {

std::string entry(DialectId form, const ServedModel& model)
{
    const std::string name = jsonString(model.name);
    switch (form) {
    case DialectId::OpenaiChat:
    case DialectId::OpenaiResponses:
        break;
    case DialectId::Anthropic:
        return "{\"type\":\"model\",\"id\":" + name + ",\"display_name\":" + name + ",\"created_at\":\"1970-01-01T00:00:00Z\"}";
    case DialectId::Gemini:
        return "{\"name\":" + jsonString("models/" + model.name) + ",\"displayName\":" + name
            + ",\"supportedGenerationMethods\":[\"generateContent\",\"streamGenerateContent\",\"countTokens\"]}";
    }
    return "{\"id\":" + name + ",\"object\":\"model\",\"created\":0,\"owned_by\":" + jsonString(model.ownedBy) + "}";
}

}

std::string modelListJson(DialectId form, const std::vector<ServedModel>& models)
{
    std::string list;
    for (const ServedModel& model : models) {
        if (!list.empty())
            list += ',';
        list += entry(form, model);
    }
    switch (form) {
    case DialectId::OpenaiChat:
    case DialectId::OpenaiResponses:
        break;
    case DialectId::Anthropic: {
        const std::string first = models.empty() ? "null" : jsonString(models.front().name);
        const std::string last = models.empty() ? "null" : jsonString(models.back().name);
        return "{\"data\":[" + list + "],\"has_more\":false,\"first_id\":" + first + ",\"last_id\":" + last + "}";
    }
    case DialectId::Gemini:
        return "{\"models\":[" + list + "]}";
    }
    return "{\"object\":\"list\",\"data\":[" + list + "],\"models\":[]}";
}

std::optional<std::string> modelJson(DialectId form, const std::vector<ServedModel>& models, const std::string& name)
{
    const auto found = std::find_if(models.begin(), models.end(), [&](const ServedModel& model) { return model.name == name; });
    if (found == models.end())
        return std::nullopt;
    return entry(form, *found);
}

}
