#include "ui/models/clients_model.h"

#include "ui/text/format.h"

#include <QCoreApplication>

namespace waystation {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(ClientsModel)
};

}

std::vector<ClientRow> clientRows(
    const Settings& settings, const std::vector<UsageRow>& usage, TimePoint now)
{
    std::vector<ClientRow> rows;
    for (const ClientSettings& client : settings.clients) {
        ClientRow row;
        row.name = fromUtf8(client.name);
        row.masked = fromUtf8(client.masked);
        QStringList models;
        for (const std::string& model : client.allowedModels)
            models << fromUtf8(model);
        row.models = models.isEmpty() ? Words::tr("All models") : models.join(QStringLiteral(", "));
        row.created = dateText(client.created);
        row.lastMonth = Words::tr("No calls yet");
        for (const UsageRow& used : usage) {
            if (used.key == client.name && used.calls > 0)
                //: how often a key was used, and what that cost
                row.lastMonth = Words::tr("%n call(s), %1", nullptr, static_cast<int>(used.calls))
                                    .arg(moneyText(used.cost));
        }
        row.expires = Words::tr("Never");
        if (client.expires) {
            const bool over = *client.expires <= now;
            row.tone = over                                      ? Tone::Bad
                : *client.expires - now < std::chrono::hours(72) ? Tone::Warn
                                                                 : Tone::Good;
            //: a key that ended on a date
            row.expires = over ? Words::tr("Expired %1").arg(dateText(*client.expires))
                               : dateText(*client.expires);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::unique_ptr<RowsModel<ClientRow>> makeClientsModel(QObject* parent)
{
    std::vector<Column<ClientRow>> columns;
    columns.push_back({Words::tr("Name"), [](const ClientRow& row) { return row.name; }});
    columns.push_back({Words::tr("Key"), [](const ClientRow& row) { return row.masked; }});
    columns.push_back({Words::tr("Models"), [](const ClientRow& row) { return row.models; },
        Qt::AlignLeft | Qt::AlignVCenter,
        [](const ClientRow& row, int role) {
            return role == Qt::ToolTipRole ? QVariant(row.models) : QVariant();
        }});
    columns.push_back(
        {Words::tr("Last 30 days"), [](const ClientRow& row) { return row.lastMonth; }});
    columns.push_back({Words::tr("Created"), [](const ClientRow& row) { return row.created; }});
    columns.push_back({Words::tr("Expires"), [](const ClientRow& row) { return row.expires; },
        Qt::AlignLeft | Qt::AlignVCenter,
        [](const ClientRow& row, int role) {
            return role == ToneRole ? QVariant(static_cast<int>(row.tone)) : QVariant();
        }});
    return std::make_unique<RowsModel<ClientRow>>(
        std::move(columns), [](const ClientRow& row) { return row.name.toStdString(); }, parent);
}

}
