#include "ui/models/aliases_model.h"

#include "base/text.h"
#include "provider/provider.h"
#include "relay/practice.h"
#include "ui/text/error_text.h"
#include "ui/text/format.h"

#include <QCoreApplication>

namespace waystation {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(AliasesModel)
};

bool isPractice(const ChannelSettings& channel)
{
    const Provider* provider = findProvider(channel.provider);
    return provider && provider->isPractice;
}

const std::vector<std::string>& servedModels(const ChannelSettings& channel)
{
    return channel.models.empty() && isPractice(channel) ? practiceModels() : channel.models;
}

QString targetsText(const AliasSettings& alias)
{
    QStringList parts;
    for (const AliasTargetSettings& target : alias.targets) {
        QString part = fromUtf8(target.channel) + QStringLiteral(" / ") + fromUtf8(target.model);
        if (target.weight != 1)
            //: a target with its weight
            part = Words::tr("%1 (weight %2)").arg(part).arg(target.weight);
        parts << part;
    }
    return parts.join(QStringLiteral(" \u2192 "));
}

}

QString targetTrouble(const Settings& settings, const AliasTargetSettings& target)
{
    const ChannelSettings* channel = findChannel(settings, target.channel);
    if (!channel)
        //: a channel's name
        return Words::tr("The channel %1 does not exist").arg(fromUtf8(target.channel));
    if (!channel->enabled)
        return Words::tr("The channel %1 is disabled").arg(fromUtf8(target.channel));
    const auto& models = channel->models;
    if (!models.empty() && target.model.find('*') == std::string::npos
        && std::find(models.begin(), models.end(), target.model) == models.end())
        //: a channel's name and a model's
        return Words::tr("%1 does not list %2")
            .arg(fromUtf8(target.channel), fromUtf8(target.model));
    return {};
}

std::vector<AliasRow> aliasRows(const Settings& settings)
{
    std::vector<AliasRow> rows;
    for (const AliasSettings& alias : settings.aliases) {
        AliasRow row{fromUtf8(alias.name), targetsText(alias), {}, Tone::Good};
        std::size_t dead = 0;
        for (const AliasTargetSettings& target : alias.targets) {
            const QString trouble = targetTrouble(settings, target);
            if (trouble.isEmpty())
                continue;
            ++dead;
            row.note = trouble;
        }
        if (dead > 0) {
            row.tone = dead == alias.targets.size() ? Tone::Bad : Tone::Warn;
        } else {
            for (const ChannelSettings& channel : settings.channels) {
                const auto& models = channel.models;
                if (channel.enabled
                    && std::find(models.begin(), models.end(), alias.name) != models.end()) {
                    //: a channel's name
                    row.note = Words::tr("%1 serves this name itself; the alias wins")
                                   .arg(fromUtf8(channel.name));
                    row.tone = Tone::Warn;
                }
            }
        }
        if (row.note.isEmpty())
            row.note = Words::tr("In order");
        rows.push_back(std::move(row));
    }
    std::sort(rows.begin(), rows.end(),
        [](const AliasRow& a, const AliasRow& b) { return a.name < b.name; });
    return rows;
}

std::unique_ptr<RowsModel<AliasRow>> makeAliasesModel(QObject* parent)
{
    std::vector<Column<AliasRow>> columns;
    columns.push_back({Words::tr("Alias"), [](const AliasRow& row) { return row.name; }});
    columns.push_back({Words::tr("Targets, in order"),
        [](const AliasRow& row) { return row.targets; }, Qt::AlignLeft | Qt::AlignVCenter,
        [](const AliasRow& row, int role) {
            return role == Qt::ToolTipRole ? QVariant(row.targets) : QVariant();
        }});
    columns.push_back({Words::tr("State"), [](const AliasRow& row) { return row.note; },
        Qt::AlignLeft | Qt::AlignVCenter,
        [](const AliasRow& row, int role) -> QVariant {
            if (role == ToneRole)
                return static_cast<int>(row.tone);
            return role == Qt::ToolTipRole ? QVariant(row.note) : QVariant();
        }});
    return std::make_unique<RowsModel<AliasRow>>(
        std::move(columns), [](const AliasRow& row) { return row.name.toStdString(); }, parent);
}

std::vector<ModelRow> modelRows(const Settings& settings, const PriceTable& prices, TimePoint now)
{
    std::vector<ModelRow> rows;
    for (const ChannelSettings& channel : settings.channels) {
        if (!channel.enabled)
            continue;
        const Provider* provider = findProvider(channel.provider);
        const std::string pricesId = provider ? provider->pricesId : std::string();
        for (const std::string& model : servedModels(channel)) {
            ModelRow row;
            row.model = fromUtf8(model);
            row.channel = fromUtf8(channel.name);
            const Prices* found = nullptr;
            const auto listed = prices.find(pricesId, model, 0, now);
            if (listed) {
                found = &listed->prices;
                row.source = textOf(listed->source);
            }
            for (const PriceSettings& own : settings.prices) {
                if ((own.channel.empty() || own.channel == channel.name)
                    && matchesGlob(own.model, model)) {
                    found = &own.prices;
                    row.source = textOf(PriceSource::Override);
                }
            }
            if (provider && provider->isPractice) {
                row.source = Words::tr("costs nothing");
            } else if (found) {
                row.input = rateText(found->input);
                row.output = rateText(found->output);
                row.cached
                    = found->cacheRead ? rateText(*found->cacheRead) : QStringLiteral("\u2013");
            } else {
                row.source = textOf(PriceSource::None);
            }
            if (const Tokens window = prices.contextWindow(pricesId, model); window > 0)
                row.context = shortCountText(window);
            for (QString* cell : {&row.input, &row.output, &row.cached, &row.context}) {
                if (cell->isEmpty())
                    *cell = QStringLiteral("\u2013");
            }
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

std::unique_ptr<RowsModel<ModelRow>> makeModelsModel(QObject* parent)
{
    const Qt::Alignment right = Qt::AlignRight | Qt::AlignVCenter;
    std::vector<Column<ModelRow>> columns;
    columns.push_back({Words::tr("Model"), [](const ModelRow& row) { return row.model; }});
    columns.push_back({Words::tr("Channel"), [](const ModelRow& row) { return row.channel; }});
    columns.push_back({Words::tr("Input"), [](const ModelRow& row) { return row.input; }, right});
    columns.push_back({Words::tr("Output"), [](const ModelRow& row) { return row.output; }, right});
    columns.push_back({Words::tr("Cached"), [](const ModelRow& row) { return row.cached; }, right});
    columns.push_back(
        {Words::tr("Context"), [](const ModelRow& row) { return row.context; }, right});
    columns.push_back({Words::tr("Price from"), [](const ModelRow& row) { return row.source; }});
    return std::make_unique<RowsModel<ModelRow>>(
        std::move(columns),
        [](const ModelRow& row) {
            return (row.channel + QLatin1Char('\n') + row.model).toStdString();
        },
        parent);
}

}
