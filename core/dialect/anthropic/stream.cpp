#include "dialect/anthropic/usage.h"
#include "dialect/stream_reader.h"

namespace waystation {

namespace {

using json::member;

class AnthropicReader final : public JsonStreamReader
{
    void look(std::string_view name, const json::Element& value, std::string_view raw,
        Seen& seen) override
    {
        std::string_view type = json::text(member(value, "type"));
        if (type.empty())
            type = name;

        if (type == "content_block_delta") {
            const json::Maybe delta = member(value, "delta");
            addContent(member(delta, "text"), seen);
            addContent(member(delta, "thinking"), seen);
            addContent(member(delta, "partial_json"), seen);
        } else if (type == "content_block_start") {
            // Texts begin empty and calls with their name; what is redacted comes whole.
            const json::Maybe block = member(value, "content_block");
            const std::string_view kind = json::text(member(block, "type"));
            seen.isContent = kind != "text" && kind != "thinking" && !kind.empty();
            addContent(member(block, "text"), seen);
            addContent(member(block, "thinking"), seen);
        } else if (type == "message_start") {
            const json::Maybe message = member(value, "message");
            nameReply(member(message, "id"));
            nameModel(member(message, "model"));
            take(member(message, "usage"));
        } else if (type == "message_delta") {
            take(member(value, "usage"));
            if (!json::text(json::at(value, {"delta", "stop_reason"})).empty())
                m_mayEnd = true;
        } else if (type == "message_stop") {
            seen.isTerminal = true;
            m_mayEnd = true;
        } else if (name == "error" || looksLikeError(value)) {
            fail(raw, seen);
        }
    }

    void take(const json::Maybe& usage)
    {
        if (!usage)
            return;
        m_counts.merge(usage);
        if (auto counted = m_counts.usage())
            m_usage = std::move(counted);
    }

    anthropic::Counts m_counts;
};

}

std::unique_ptr<StreamReader> makeAnthropicReader()
{
    return std::make_unique<AnthropicReader>();
}

}
