#include "dialect/openai_responses/usage.h"

#include "dialect/openai_chat/usage.h"

#include <algorithm>

namespace waystation::responses {

bool isWebSearch(const json::Maybe& item)
{
    if (json::text(json::member(item, "type")) != "web_search_call")
        return false;
    const json::Maybe action = json::member(item, "action");
    return !action || json::text(json::member(action, "type")) == "search";
}

std::optional<Usage> usageOfResponse(const json::Maybe& response)
{
    std::optional<Usage> usage = openai::usageFrom(json::member(response, "usage"));
    if (!usage)
        return usage;
    if (usage->tier.empty())
        usage->tier = openai::tierFrom(json::text(json::member(response, "service_tier")));
    std::int64_t searches = 0;
    simdjson::dom::array items;
    const json::Maybe output = json::member(response, "output");
    if (output && !output->get_array().get(items))
        searches = std::count_if(
            items.begin(), items.end(), [](const json::Element item) { return isWebSearch(item); });
    usage->webSearches = std::max(usage->webSearches, searches);
    return usage;
}

}
