#pragma once

#include "base/clock.h"
#include "dialect/dialect.h"
#include "relay/request.h"

#include <cstdint>
#include <string>
#include <vector>

namespace waystation {

/// What the practice channel does with a call: a reply in pieces, with pauses, and how it ends. Played by the
/// engine as if it came from a socket. Pure: the same call and number give the same script.
struct PracticeScript
{
    enum class Ending { Whole, Cut, Stall };

    struct Piece
    {
        Millis after {0}; // pause before it
        std::string octets;
    };

    ReplyHead head;
    Millis beforeHead {0};
    std::vector<Piece> pieces;
    Ending ending = Ending::Whole;
};

/// Models by name: practice-echo (repeats the last user text), practice-slow (a word each 200 ms),
/// practice-401, -402, -404, -429 (Retry-After 2), -500, -529, -cut (ends without the last event), -stall
/// (falls silent), -garbage (no JSON), -tool (calls the first tool given, or "practice_tool"). All four
/// protocols, streamed or whole, with usage (octets / 4). Other names answer as practice-echo.
PracticeScript practiceReply(const Address& address, const CallSketch& sketch, const UpstreamRequest& request, std::uint64_t random, TimePoint now);

/// The names, for lists and pages.
const std::vector<std::string>& practiceModels();

}
