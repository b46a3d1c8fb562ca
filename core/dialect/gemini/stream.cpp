#include "dialect/gemini/usage.h"
#include "dialect/stream_reader.h"

namespace waystation {

namespace {

using json::member;

class GeminiReader final : public JsonStreamReader
{
    void look(std::string_view name, const json::Element& value, std::string_view raw,
        Seen& seen) override
    {
        // An error may come in an array of one.
        const json::Maybe inner = value.is_array() ? json::first(value) : json::Maybe(value);
        if (!inner)
            return;
        if (name == "error" || looksLikeError(*inner)) {
            fail(raw, seen);
            return;
        }
        nameReply(member(inner, "responseId"));
        nameModel(member(inner, "modelVersion"));
        m_counts.merge(inner);
        if (auto usage = m_counts.usage())
            m_usage = std::move(usage);

        if (!json::text(json::at(inner, {"promptFeedback", "blockReason"})).empty())
            end(seen);
        simdjson::dom::array candidates;
        const json::Maybe list = member(inner, "candidates");
        if (!list || list->get_array().get(candidates))
            return;
        bool allFinished = candidates.begin() != candidates.end();
        for (const json::Element candidate : candidates) {
            addParts(json::at(candidate, {"content", "parts"}), seen);
            if (json::text(member(candidate, "finishReason")).empty())
                allFinished = false;
        }
        if (allFinished)
            end(seen);
    }

    void end(Seen& seen)
    {
        // The protocol has no event of its own for the end.
        seen.isTerminal = true;
        m_mayEnd = true;
    }

    void addParts(const json::Maybe& list, Seen& seen)
    {
        simdjson::dom::array parts;
        if (!list || list->get_array().get(parts))
            return;
        for (const json::Element part : parts) {
            addContent(member(part, "text"), seen);
            if (const json::Maybe call = member(part, "functionCall")) {
                seen.isContent = true;
                if (const json::Maybe arguments = member(call, "args"))
                    m_contentOctets
                        += static_cast<std::int64_t>(simdjson::minify(*arguments).size());
            }
            if (const json::Maybe code = member(part, "executableCode"))
                addContent(member(code, "code"), seen);
            if (member(part, "inlineData"))
                seen.isContent = true;
        }
    }

    gemini::Counts m_counts;
};

}

std::unique_ptr<StreamReader> makeGeminiReader()
{
    return std::make_unique<GeminiReader>();
}

}
