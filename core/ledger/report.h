#pragma once

#include "relay/call_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace waystation {

/// Which calls.
struct CallFilter
{
    std::optional<TimePoint> from; // inclusive
    std::optional<TimePoint> until; // exclusive
    std::string text; // in models, client, channel, error message
    std::string client; // by name
    std::string channel; // by name
    std::string model; // asked or served
    bool failedOnly = false; // every outcome but done
    bool costlyFirst = false;
    bool slowFirst = false;
};

struct CallsQuery
{
    CallFilter filter;
    std::int64_t beforeRow = 0; // rows older than this row number; 0: from the newest. By cost or
                                // duration: the row that the last page ended with
    std::int64_t afterRow = 0; // rows newer than this one (for following); 0: no bound
    int limit = 200;
};

/// A row of the list; `record` lacks attempts, route and warnings (ask for the detail).
struct CallRow
{
    std::int64_t row = 0;
    CallRecord record;
};

struct CallsPage
{
    std::vector<CallRow> rows; // newest first, or by cost or duration
    bool more = false;
};

enum class GroupBy { None, Model, Channel, Client, Hour, Day };

/// Sums, from the hourly rollups; the broken hours at the ends from the rows, as long as those are
/// kept (later an hour counts where it begins). `utcOffsetMinutes` puts hours into days. Ordered by
/// time, or by cost.
struct UsageQuery
{
    TimePoint from;
    TimePoint until;
    GroupBy groupBy = GroupBy::None;
    GroupBy splitBy = GroupBy::None; // a second key: Day by Model for stacked bars
    int utcOffsetMinutes = 0;
};

struct UsageRow
{
    std::string key; // model, channel or client name; "2026-11-24" or "2026-11-24T13:00Z" for
                     // times; "" for None
    std::string split;
    std::int64_t calls = 0;
    std::int64_t failed = 0; // everything but done and cancelled by the client
    std::int64_t unpriced = 0; // calls with usage whose price is unknown
    std::int64_t estimated = 0; // calls whose usage is an estimate
    Tokens input = 0;
    Tokens cacheRead = 0;
    Tokens cacheWrite = 0;
    Tokens output = 0;
    Tokens reasoning = 0;
    MicroUsd cost;
};

/// Speed from the histogram rollups.
struct SpeedRow
{
    std::string channel; // "" for all together
    std::int64_t calls = 0;
    Millis firstTokenP50{0};
    Millis firstTokenP95{0};
    double outputTokensPerSecond = 0; // over streaming time
};

/// Sixty slots for a status strip, oldest first.
struct ChannelStrip
{
    std::string channel;

    struct Slot
    {
        int done = 0;
        int failed = 0;
    };

    std::vector<Slot> slots;
};

/// What the store holds.
struct LedgerFigures
{
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    std::int64_t notRecorded = 0; // refused by the full queue since start
    std::int64_t waiting = 0; // in the queue, not yet on disk
    std::optional<TimePoint> oldest;
    std::string trouble; // English; empty when rows are being written
    std::string movedAside; // where a damaged file went since start; empty when none was met
    std::string path;
    int schema = 0;
};

}
