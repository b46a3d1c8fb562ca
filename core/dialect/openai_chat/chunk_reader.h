#pragma once

// For the sources of this folder only.

#include "chat/sequence.h"
#include "dialect/openai_chat/think_tags.h"
#include "dialect/tree.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace waystation::openai_chat {

/// Tells a sequence what chunks say, or a whole answer, which is one chunk with messages in place of deltas.
class ChunkReader
{
public:
    explicit ChunkReader(Sequence& sequence) : m_sequence(sequence) { }

    /// A JSON text: a chunk, an answer or an error. False when it is no JSON; `eventName` is the event's.
    bool read(std::string_view eventName, std::string_view text);
    /// Nothing more will come: says what was held back.
    void settle();
    /// The upstream itself named a call so.
    bool gaveId(std::string_view callId) const;

private:
    struct Call
    {
        std::int64_t index = 0; // the upstream's, -1: it gave none
        std::string id;
        std::int64_t key = 0;
    };

    /// An entry of reasoning_details, put together from its pieces. All but `text` are JSON values.
    struct Detail
    {
        std::string type;
        std::string textField;
        std::string text; // escaped
        std::vector<std::pair<std::string, std::string>> others;
    };

    struct Choice
    {
        int index = 0;
        ThinkTags tags;
        bool reasons = false; // reasoning was told, and no state for it yet
        bool hasText = false;
        bool hasRefusal = false;
        std::vector<Call> calls;
        std::vector<Detail> details;
    };

    struct Source
    {
        std::string url;
        std::string title;
    };

    Choice& choiceAt(std::int64_t index);

    void readValue(std::string_view eventName, json::Value value);
    void fail(json::Value value);
    void noteUsage(json::Value value);
    void readChoice(json::Value value, std::int64_t position);
    void readDelta(Choice& choice, json::Value delta);
    void readContent(Choice& choice, json::Value content);
    void readDetails(Choice& choice, json::Value details);
    void addDetail(Choice& choice, json::Value detail);
    void readCalls(Choice& choice, json::Value calls);
    void readCall(Choice& choice, json::Value call);
    void readArguments(Choice& choice, std::int64_t key, json::Value arguments);
    std::int64_t keyFor(Choice& choice, json::Value index, std::string_view id, std::string_view name);
    void readImages(Choice& choice, json::Value images);
    void readAnnotations(Choice& choice, json::Value annotations);
    void readSources(json::Value list);
    void readChances(Choice& choice, json::Value logprobs);

    void sayContent(Choice& choice, RawText piece);
    void sayText(Choice& choice, RawText piece);
    void sayReasoning(Choice& choice, RawText piece);
    /// Says what the tags hold back, and gives the reasoning its state, since something else begins.
    void endReasoning(Choice& choice);
    void carryReasoning(Choice& choice);

    Sequence& m_sequence;
    json::Tree m_tree;
    std::deque<Choice> m_choices;
    std::vector<Source> m_sources;
    std::vector<TokenChance> m_chances;
    std::string m_first; // scratch
    std::string m_second;
};

}
