#pragma once

// For the sources of this folder only: an answer put together item by item.

#include "chat/events.h"
#include "dialect/convert.h"
#include "dialect/openai_responses/items.h"

#include <string>
#include <string_view>
#include <vector>

namespace waystation::openai_responses {

/// Makes the items of an answer as its blocks come and tells each step as an event, where somebody listens. At the end
/// it has the whole response object.
class AnswerWriter final : public ReplyWriter
{
public:
    /// Events go to `out`; none are written when it is null. `context` outlives the writer.
    AnswerWriter(const ReplyContext& context, std::string* out);

    void started(const ReplyStart& start) override;
    void opened(const Block& block) override;
    void added(const Block& block, RawText piece) override;
    void cited(const Block& block, const Citation& citation) override;
    void chances(const Block& block, const std::vector<TokenChance>& chances) override;
    void carried(const Block& block, const Carry& carry) override;
    void closed(const Block& block) override;
    void finished(const ReplyEnd& end) override;
    void failed(const Error& error) override;

    /// The response object, once the end has come.
    const std::string& response() const { return m_response; }

private:
    enum class Shape { None, Message, Reasoning, Function, Custom, Typed };

    json::Writer beginEvent(std::string_view type);
    void endEvent(json::Writer& writer);
    /// An event about the open item, up to what is its own.
    json::Writer beginPartEvent(std::string_view type, std::string_view indexName, int index);
    /// What the deltas of the open block have in common.
    void prepareDeltas(std::string_view type, std::string_view indexName, int index, std::string_view end);
    void tellItem(std::string_view type, std::string_view item);
    void tellPart(std::string_view type, std::string_view part);
    void tellResponse(std::string_view type, std::string_view response);

    void openItem(Shape shape, std::string_view idPrefix);
    /// Puts the item among the finished ones.
    void closeItem(std::string_view item);
    void openMessage();
    void closeMessage();
    /// The state of a text has no field of its own; it goes behind its message.
    void tellMessageState();
    void ensurePart(const Block& block);
    void openPart(bool isRefusal);
    void closePart();
    void annotate(std::string_view fields, std::int64_t start, std::int64_t end);
    void openReasoning();
    void openSummary();
    void closeReasoning();
    void writeSealed(std::string_view sealed);
    void openCall(const Block& block);
    void closeCall(const Block& block);
    void writePicture(const Media& media);

    std::string messageItem(std::string_view content, std::string_view status) const;
    std::string reasoningItem() const;
    std::string callItem(const Block& block, std::string_view status) const;
    std::string openPartJson() const;
    std::string responseJson(std::string_view status, const ReplyEnd* end, const Error* error, std::string_view reason) const;
    RawJson repeated(std::string_view field, RawJson otherwise) const;
    /// The client wants the state of reasoning, sealed in its items.
    bool takesSealed() const;

    const ReplyContext& m_context;
    std::string* m_out;
    std::int64_t m_number = 0; // of the next event
    std::int64_t m_created = 0;
    int m_index = -1; // of the item that is open or was last
    std::string m_output; // items that are done
    std::string m_response;

    Shape m_shape = Shape::None; // of the open item
    std::string m_itemId;
    std::string m_text; // of the open block, escaped
    std::string m_sealed; // state of the open block
    const TypedTool* m_typed = nullptr;
    Block m_call; // the open one

    // Message and summary
    bool m_inPart = false;
    bool m_partIsRefusal = false;
    bool m_hasRefusal = false; // some part was one
    int m_part = 0; // the open part of the message, else the next
    std::string m_content; // parts of the message that are done
    std::string m_messageSealed; // state that belongs to its text
    std::string m_annotations; // of the open part
    int m_annotationCount = 0;
    std::vector<std::string> m_unplaced; // citations of the whole part: their url and title
    std::string m_chances;

    std::string m_deltaHead; // up to the number
    std::string m_deltaTail; // from there to the text; empty while there are no deltas
    std::string m_deltaEnd;
};

}
