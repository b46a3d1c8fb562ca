#include "provider/provider.h"

#include "base/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_set>

namespace waystation {

namespace {

using Json = nlohmann::json;

constexpr std::size_t mostModels = 10'000;
constexpr std::size_t mostNameOctets = 200;

std::string textAt(const Json& object, const char* key)
{
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::string nameOf(DialectId dialect, const Json& entry)
{
    std::string name;
    if (entry.is_string()) {
        name = entry.get<std::string>();
    } else if (entry.is_object()) {
        for (const char* const key : {"id", "name", "model", "slug"}) {
            name = textAt(entry, key);
            if (!name.empty())
                break;
        }
    }
    // Gemini's names are paths.
    if ((dialect == DialectId::Gemini || !entry.contains("id")) && name.starts_with("models/"))
        name.erase(0, 7);
    const bool isClean = std::all_of(name.begin(), name.end(),
        [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
    return isClean && name.size() <= mostNameOctets ? name : std::string();
}

}

Result<std::vector<std::string>> readModelList(DialectId dialect, std::string_view body)
{
    const Json root = Json::parse(body, nullptr, false);
    if (root.is_discarded())
        return Error{ErrorKind::BadReply, "the list of models is no JSON: " + oneLine(body, 80)};
    const Json* list = root.is_array() ? &root : nullptr;
    if (root.is_object()) {
        // Codex's own list may stand empty beside the real one.
        for (const char* const key : {"data", "models", "result"}) {
            const auto at = root.find(key);
            if (at != root.end() && (at->is_array() || at->is_null()) && (!list || list->empty()))
                list = &*at;
        }
    }
    if (!list) {
        std::string said;
        if (root.is_object() && root.contains("error"))
            said = root["error"].is_object() ? textAt(root["error"], "message")
                                             : root["error"].dump();
        else if (root.is_object())
            said = textAt(root, "message");
        return Error{ErrorKind::BadReply,
            said.empty() ? "the answer holds no list of models"
                         : "the upstream says: " + oneLine(said, 200)};
    }
    std::vector<std::string> names;
    std::unordered_set<std::string> known;
    for (const Json& entry : *list) {
        std::string name = nameOf(dialect, entry);
        if (!name.empty() && known.insert(name).second)
            names.push_back(std::move(name));
        if (names.size() == mostModels)
            break;
    }
    return names;
}

}
