#pragma once

#include "bridge/station.h"
#include "ui/models/rows_model.h"
#include "ui/theme/colours.h"

namespace waystation {

struct ClientRow
{
    QString name;
    QString masked;
    QString models;
    QString created;
    QString lastMonth; // calls and spend of the last 30 days
    QString expires;
    Tone tone = Tone::Good;
};

/// `usage` is grouped by client; clients without a row had no calls.
std::vector<ClientRow> clientRows(
    const Settings& settings, const std::vector<UsageRow>& usage, TimePoint now);
std::unique_ptr<RowsModel<ClientRow>> makeClientsModel(QObject* parent = nullptr);

}
