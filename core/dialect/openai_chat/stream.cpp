#include "dialect/openai_chat/usage.h"
#include "dialect/stream_reader.h"

namespace waystation {

namespace {

using json::Element;
using json::Maybe;

class ChatReader final : public JsonStreamReader
{
    bool endsWithDone() const override { return true; }

    void look(
        std::string_view name, const Element& value, std::string_view raw, Seen& seen) override
    {
        simdjson::dom::object fields;
        if (value.get_object().get(fields))
            return;
        // An error may come with choices beside it, so it is looked for first.
        if (name == "error" || looksLikeError(value)) {
            fail(raw, seen);
            takeUsage(value);
            return;
        }

        bool hasUsage = false;
        Maybe choices;
        for (const auto [key, field] : fields) {
            if (key == "choices")
                choices = field;
            else if (key == "usage")
                hasUsage = field.is_object();
            else if (key == "id")
                nameReply(field);
            else if (key == "model")
                nameModel(field);
            else if (key == "x_groq")
                m_sawGroq = true;
        }

        simdjson::dom::array list;
        if (choices && !choices->get_array().get(list)) {
            std::size_t count = 0;
            for (const Element choice : list) {
                ++count;
                lookAtChoice(choice, seen);
                if (seen.isError) {
                    fail(raw, seen);
                    break;
                }
            }
            seen.isUsageOnly = count == 0 && hasUsage;
        }
        if (hasUsage || m_sawGroq || m_sawChoiceUsage)
            takeUsage(value);
    }

    void takeUsage(const Element& value)
    {
        // Figures are cumulative where they come more than once, so the last word counts.
        if (auto usage = openai::usageOfChat(value))
            m_usage = std::move(usage);
    }

    void lookAtChoice(const Element& choice, Seen& seen)
    {
        simdjson::dom::object fields;
        if (choice.get_object().get(fields))
            return;
        for (const auto [key, field] : fields) {
            if (field.is_null())
                continue;
            if (key == "delta" || key == "message") {
                lookAtDelta(field, seen);
            } else if (key == "text") { // the legacy form
                addContent(field, seen);
            } else if (key == "finish_reason") {
                const std::string_view reason = json::text(field);
                if (reason == "error")
                    seen.isError = true;
                else if (!reason.empty())
                    m_mayEnd = true;
            } else if (key == "error") {
                seen.isError = true;
            } else if (key == "usage") {
                m_sawChoiceUsage = true;
            }
        }
    }

    void lookAtDelta(const Element& delta, Seen& seen)
    {
        simdjson::dom::object fields;
        if (delta.get_object().get(fields))
            return;
        bool sawReasoning = false;
        for (const auto [key, field] : fields) {
            if (key == "content") {
                addParts(field, seen);
            } else if (key == "reasoning_content" || key == "reasoning") {
                // Some send the same text under both names.
                if (!sawReasoning && field.is_string()) {
                    addContent(field, seen);
                    sawReasoning = seen.isContent;
                }
            } else if (key == "refusal") {
                addContent(field, seen);
            } else if (key == "tool_calls") {
                addCalls(field, seen);
            } else if (key == "function_call") {
                addCall(field, seen);
            } else if (key == "audio") {
                seen.isContent = seen.isContent || field.is_object();
                const Maybe transcript = json::member(field, "transcript");
                addContent(transcript, seen);
            } else if (key == "images") {
                seen.isContent = seen.isContent || json::sizeOf(field) > 0;
            }
        }
    }

    void addParts(const Element& content, Seen& seen)
    {
        simdjson::dom::array parts;
        if (content.get_array().get(parts)) {
            addContent(content, seen);
            return;
        }
        for (const Element part : parts) { // Mistral: text and thinking as parts
            addContent(json::member(part, "text"), seen);
            simdjson::dom::array thoughts;
            const Maybe thinking = json::member(part, "thinking");
            if (!thinking || thinking->get_array().get(thoughts))
                continue;
            for (const Element thought : thoughts)
                addContent(json::member(thought, "text"), seen);
        }
    }

    void addCalls(const Element& calls, Seen& seen)
    {
        simdjson::dom::array list;
        if (calls.get_array().get(list))
            return;
        for (const Element call : list) {
            if (const Maybe function = json::member(call, "function"))
                addCall(*function, seen);
            else if (const Maybe custom = json::member(call, "custom"))
                addContent(json::member(custom, "input"), seen);
        }
    }

    void addCall(const Element& function, Seen& seen)
    {
        if (!function.is_object())
            return;
        seen.isContent = true;
        addContent(json::member(function, "arguments"), seen);
    }

    bool m_sawGroq = false;
    bool m_sawChoiceUsage = false;
};

/// Streams of pictures, speech and transcripts: the event that says done carries the counts.
class MediaReader final : public JsonStreamReader
{
    bool endsWithDone() const override { return true; }

    void look(
        std::string_view name, const Element& value, std::string_view raw, Seen& seen) override
    {
        if (name == "error" || looksLikeError(value)) {
            fail(raw, seen);
            return;
        }
        std::string_view type = json::text(json::member(value, "type"));
        if (type.empty())
            type = name;
        if (type.ends_with(".delta") || type.ends_with(".partial_image")
            || type.ends_with(".completed") || type.ends_with(".segment"))
            seen.isContent = true;
        if (type == "transcript.text.delta")
            addContent(json::member(value, "delta"), seen);
        if (!type.ends_with(".completed") && !type.ends_with(".done"))
            return;
        seen.isTerminal = true;
        m_mayEnd = true;

        const bool isPicture = type.starts_with("image");
        std::optional<Usage> usage = openai::usageFrom(json::member(value, "usage"));
        if (usage && isPicture && !json::at(value, {"usage", "output_tokens_details"}))
            usage->imageOut = usage->output;
        if (usage && type.starts_with("speech") && usage->audioOut == 0)
            usage->audioOut = usage->output;
        if (!usage && isPicture) {
            usage = m_usage.value_or(Usage{});
            ++usage->images;
        }
        if (usage)
            m_usage = std::move(usage);
    }
};

}

std::unique_ptr<StreamReader> makeChatReader()
{
    return std::make_unique<ChatReader>();
}

std::unique_ptr<StreamReader> makeMediaReader()
{
    return std::make_unique<MediaReader>();
}

}
