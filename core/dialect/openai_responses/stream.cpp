#include "dialect/openai_responses/usage.h"
#include "dialect/stream_reader.h"

#include <algorithm>

namespace waystation {

namespace {

class ResponsesReader final : public JsonStreamReader
{
    void look(std::string_view name, const json::Element& value, std::string_view raw,
        Seen& seen) override
    {
        std::string_view type = json::text(json::member(value, "type"));
        if (type.empty() && name.starts_with("response."))
            type = name;

        if (type.ends_with(".delta")) {
            addContent(json::member(value, "delta"), seen);
            return;
        }
        if (type == "response.output_item.added") {
            // A call begins with its name; a message or a thought begins with its first words.
            const std::string_view item = json::text(json::at(value, {"item", "type"}));
            seen.isContent = item.ends_with("_call");
            return;
        }
        if (type == "response.output_item.done") {
            m_searches += responses::isWebSearch(json::member(value, "item")) ? 1 : 0;
            return;
        }

        const json::Maybe response = json::member(value, "response");
        nameReply(json::member(response, "id"));
        nameModel(json::member(response, "model"));
        const bool isFailed = type == "response.failed";
        if (type == "response.completed" || type == "response.incomplete"
            || type == "response.cancelled" || isFailed) {
            seen.isTerminal = true;
            m_mayEnd = !isFailed;
            if (auto usage = responses::usageOfResponse(response)) {
                usage->webSearches = std::max(usage->webSearches, m_searches);
                m_usage = std::move(usage);
            }
            if (isFailed)
                fail(raw, seen);
            return;
        }
        if (name == "error" || (!response && looksLikeError(value)))
            fail(raw, seen);
    }

    std::int64_t m_searches = 0;
};

}

std::unique_ptr<StreamReader> makeResponsesReader()
{
    return std::make_unique<ResponsesReader>();
}

}
