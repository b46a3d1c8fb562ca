#include "relay/response_store.h"

#include <nlohmann/json.hpp>

namespace waystation {

namespace {

using Json = nlohmann::ordered_json;

std::string textOf(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string idOf(const Json& json)
{
    const auto found = json.is_object() ? json.find("id") : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The input of a request as a list of items, whatever form it came in.
Json itemsOf(const Json& request)
{
    const auto input = request.find("input");
    if (input == request.end() || input->is_null())
        return Json::array();
    if (input->is_array())
        return *input;
    return Json::array({Json {{"type", "message"}, {"role", "user"}, {"content", *input}}});
}

/// An answer's item as the next request has it: without the marks of its making.
Json replayed(Json item)
{
    item.erase("status");
    return item;
}

}

void ResponseStore::remember(const ClientId& client, std::string_view request, std::string_view response, TimePoint now)
{
    const Json asked = Json::parse(request, nullptr, false);
    const Json answered = Json::parse(response, nullptr, false);
    const std::string id = idOf(answered);
    if (!asked.is_object() || id.empty() || response.size() > m_most / 8 || request.size() > m_most / 8)
        return;
    forget(client, id);

    Answer answer;
    answer.client = client;
    answer.id = id;
    answer.response = response;
    answer.made = now;
    answer.octets = response.size();
    for (const Json& item : itemsOf(asked)) {
        answer.items.push_back(std::make_shared<const std::string>(textOf(item)));
        answer.octets += answer.items.back()->size();
    }
    answer.inputItems = answer.items.size();
    if (const auto output = answered.find("output"); output != answered.end() && output->is_array()) {
        for (const Json& item : *output) {
            answer.items.push_back(std::make_shared<const std::string>(textOf(replayed(item))));
            answer.octets += answer.items.back()->size();
            if (std::string name = idOf(item); !name.empty())
                answer.named.emplace_back(std::move(name), answer.items.back());
        }
    }
    m_octets += answer.octets;
    m_answers.push_back(std::move(answer));
    m_byId[{client.text(), id}] = std::prev(m_answers.end());
    makeRoom(now);
}

std::optional<std::string> ResponseStore::expanded(const ClientId& client, std::string_view request, TimePoint now)
{
    const bool mayName = request.find("\"previous_response_id\"") != std::string_view::npos || request.find("\"item_reference\"") != std::string_view::npos;
    if (!mayName || m_answers.empty())
        return std::nullopt;
    Json json = Json::parse(request, nullptr, false);
    if (!json.is_object())
        return std::nullopt;
    bool isChanged = false;
    Json items = Json::array();
    if (const auto previous = json.find("previous_response_id"); previous != json.end() && previous->is_string()) {
        if (const Answer* answer = at(client, previous->get<std::string>(), now)) {
            for (const Item& item : answer->items)
                items.push_back(Json::parse(*item, nullptr, false));
            json.erase("previous_response_id");
            isChanged = true;
        }
    }
    for (Json& item : itemsOf(json)) {
        const bool isReference = item.is_object() && item.value("type", Json()) == "item_reference";
        const Item named = isReference ? itemNamed(client, idOf(item)) : nullptr;
        isChanged = isChanged || named;
        items.push_back(named ? Json::parse(*named, nullptr, false) : std::move(item));
    }
    if (!isChanged)
        return std::nullopt;
    json["input"] = std::move(items);
    return textOf(json);
}

const std::string* ResponseStore::find(const ClientId& client, std::string_view id, TimePoint now)
{
    const Answer* answer = at(client, id, now);
    return answer ? &answer->response : nullptr;
}

std::string ResponseStore::inputItems(const ClientId& client, std::string_view id, TimePoint now)
{
    const Answer* answer = at(client, id, now);
    if (!answer)
        return {};
    Json data = Json::array();
    for (std::size_t i = answer->inputItems; i-- > 0;) { // the newest first, as the API lists them
        Json item = Json::parse(*answer->items[i], nullptr, false);
        if (item.is_object() && idOf(item).empty())
            item["id"] = "msg_" + std::to_string(i);
        data.push_back(std::move(item));
    }
    Json list {{"object", "list"}, {"data", data}, {"has_more", false}};
    list["first_id"] = data.empty() ? Json() : data.front().value("id", Json());
    list["last_id"] = data.empty() ? Json() : data.back().value("id", Json());
    return textOf(list);
}

bool ResponseStore::forget(const ClientId& client, std::string_view id)
{
    const auto found = m_byId.find({client.text(), std::string(id)});
    if (found == m_byId.end())
        return false;
    drop(found->second);
    return true;
}

ResponseStore::Answer* ResponseStore::at(const ClientId& client, std::string_view id, TimePoint now)
{
    makeRoom(now);
    const auto found = m_byId.find({client.text(), std::string(id)});
    return found == m_byId.end() ? nullptr : &*found->second;
}

ResponseStore::Item ResponseStore::itemNamed(const ClientId& client, std::string_view id) const
{
    for (auto answer = m_answers.rbegin(); answer != m_answers.rend(); ++answer) {
        if (answer->client != client)
            continue;
        for (const auto& [name, item] : answer->named) {
            if (name == id)
                return item;
        }
    }
    return nullptr;
}

void ResponseStore::drop(Answers::iterator answer)
{
    m_octets -= answer->octets;
    m_byId.erase({answer->client.text(), answer->id});
    m_answers.erase(answer);
}

void ResponseStore::makeRoom(TimePoint now)
{
    while (!m_answers.empty()
        && (m_answers.size() > mostAnswers || m_octets > m_most || now - m_answers.front().made > keptFor))
        drop(m_answers.begin());
}

}
