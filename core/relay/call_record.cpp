#include "relay/call_record.h"

#include <array>
#include <utility>

namespace waystation {

namespace {

constexpr std::array outcomeNames{
    std::pair{Outcome::Done, "done"},
    std::pair{Outcome::CancelledByClient, "cancelled_by_client"},
    std::pair{Outcome::CancelledByUser, "cancelled_by_user"},
    std::pair{Outcome::Cut, "cut"},
    std::pair{Outcome::Refused, "refused"},
    std::pair{Outcome::Failed, "failed"},
};

}

const char* nameOf(Outcome outcome)
{
    for (const auto& [known, name] : outcomeNames) {
        if (known == outcome)
            return name;
    }
    return "failed";
}

std::optional<Outcome> outcomeFrom(std::string_view name)
{
    for (const auto& [known, word] : outcomeNames) {
        if (name == word)
            return known;
    }
    return std::nullopt;
}

}
