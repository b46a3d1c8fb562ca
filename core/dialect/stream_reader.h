#pragma once

// For the sources of this room only: what the stream readers of all dialects share.

#include "dialect/dialect.h"
#include "dialect/json.h"

namespace waystation {

/// Reads the JSON of events and leaves to a dialect what it means.
class JsonStreamReader : public StreamReader
{
public:
    Seen event(std::string_view name, std::string_view data) final;

protected:
    /// One JSON value of an event. `raw` is its text.
    virtual void look(
        std::string_view name, const json::Element& value, std::string_view raw, Seen& seen)
        = 0;

    /// True when `[DONE]` ends the stream.
    virtual bool endsWithDone() const { return false; }

    /// An error in place of an event: keeps the first one.
    void fail(std::string_view raw, Seen& seen);
    /// Counts text that the model made.
    void addContent(const json::Maybe& text, Seen& seen);
    void nameModel(const json::Maybe& model);
    void nameReply(const json::Maybe& id);
};

/// True when a value has the look of an error whatever the dialect: an `error` field,
/// {"type":"error"},
/// {"object":"error"}, MiniMax' base_resp, Baidu's error_code, {code, msg} without an answer.
bool looksLikeError(const json::Element& value);

std::unique_ptr<StreamReader> makeChatReader();
std::unique_ptr<StreamReader>
makeMediaReader(); // pictures, speech and transcripts of the OpenAI family
std::unique_ptr<StreamReader> makeResponsesReader();
std::unique_ptr<StreamReader> makeAnthropicReader();
std::unique_ptr<StreamReader> makeGeminiReader();

}
