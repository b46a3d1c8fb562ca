#pragma once

#include "base/clock.h"
#include "base/ids.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace waystation {

/// Answers of converted Responses calls, kept so that a client may go on from them by id though its upstream knows
/// nothing of ids: `previous_response_id`, `item_reference`, GET and DELETE. In memory only, bounded, each seen by the
/// client key that made it and by no other. No clock: `now` comes from outside. One thread.
class ResponseStore
{
public:
    static constexpr std::size_t mostAnswers = 512;
    static constexpr std::size_t mostOctets = 64u << 20;
    static constexpr std::chrono::hours keptFor {24};

    explicit ResponseStore(std::size_t most = mostOctets) : m_most(most) { }

    /// Keeps the answer `response` (a whole response object) to `request` (its body, already expanded). Nothing when
    /// either cannot be read.
    void remember(const ClientId& client, std::string_view request, std::string_view response, TimePoint now);

    /// `request` with what its ids stand for put in: earlier items in front of its own, references replaced. nullopt when
    /// it names no id that is kept here; ids that are not stay as they are.
    std::optional<std::string> expanded(const ClientId& client, std::string_view request, TimePoint now);

    /// The response object; null when it is not kept.
    const std::string* find(const ClientId& client, std::string_view id, TimePoint now);
    /// The list object of GET /responses/{id}/input_items; empty when it is not kept.
    std::string inputItems(const ClientId& client, std::string_view id, TimePoint now);
    bool forget(const ClientId& client, std::string_view id);

    std::size_t count() const { return m_answers.size(); }
    std::size_t octets() const { return m_octets; }

private:
    using Item = std::shared_ptr<const std::string>;

    struct Answer
    {
        ClientId client;
        std::string id;
        std::string response;
        std::vector<Item> items; // input and output, in order
        std::size_t inputItems = 0;
        std::vector<std::pair<std::string, Item>> named; // output items by id
        TimePoint made;
        std::size_t octets = 0; // its own; items of earlier answers are theirs
    };

    using Answers = std::list<Answer>; // the oldest first

    Answer* at(const ClientId& client, std::string_view id, TimePoint now);
    Item itemNamed(const ClientId& client, std::string_view id) const;
    void drop(Answers::iterator answer);
    void makeRoom(TimePoint now);

    std::size_t m_most;
    Answers m_answers;
    std::map<std::pair<std::string, std::string>, Answers::iterator> m_byId; // client, id
    std::size_t m_octets = 0;
};

}
