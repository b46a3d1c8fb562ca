#pragma once

#include "ledger/database.h"
#include "ledger/report.h"

#include <string>
#include <unordered_map>

namespace waystation {

/// The questions that the ledger answers, each from one read connection. What cannot be read is
/// left out; `Database::fault` tells why.
class Reports
{
public:
    explicit Reports(Database& database)
        : m_database(database)
    {
    }

    CallsPage calls(const CallsQuery& query);
    std::optional<CallRecord> call(const CallId& id);
    std::vector<UsageRow> usage(const UsageQuery& query);
    std::vector<SpeedRow> speed(TimePoint from, TimePoint until);
    std::vector<ChannelStrip> strips(TimePoint now);
    std::vector<TaskBinding> tasks(TimePoint since);
    /// What the file tells; the rest is the ledger's.
    void figures(LedgerFigures& figures);

    void forgetNames() { m_names.clear(); }

private:
    const std::string& name(std::int64_t id);
    std::int64_t idOfName(const std::string& text); // -1 when no call has it
    std::vector<std::int64_t> idsOf(const CallsQuery& query, int most);
    void readRows(const std::vector<std::int64_t>& ids, std::vector<CallRow>& rows);

    Database& m_database;
    std::unordered_map<std::int64_t, std::string> m_names;
};

/// The value below which `share` of the calls lie, from counts by bucket. 0 without calls.
Millis percentileOf(const std::vector<std::int64_t>& counts, double share);

}
