#pragma once

#include "bridge/station.h"
#include "ui/models/rows_model.h"
#include "ui/theme/colours.h"

namespace waystation {

struct AliasRow
{
    QString name;
    QString targets;
    QString note; // what is wrong, or ""
    Tone tone = Tone::Good;
};

/// Aliases by name, each with what is wrong with it: a channel that is gone or disabled, a model
/// that the channel does not list, a name that a channel also serves itself.
std::vector<AliasRow> aliasRows(const Settings& settings);
/// What is wrong with one target; empty when nothing is.
QString targetTrouble(const Settings& settings, const AliasTargetSettings& target);
std::unique_ptr<RowsModel<AliasRow>> makeAliasesModel(QObject* parent = nullptr);

/// A model that a channel serves, with its prices per million tokens.
struct ModelRow
{
    QString model;
    QString channel;
    QString input;
    QString output;
    QString cached;
    QString context;
    QString source;
};

std::vector<ModelRow> modelRows(const Settings& settings, const PriceTable& prices, TimePoint now);
std::unique_ptr<RowsModel<ModelRow>> makeModelsModel(QObject* parent = nullptr);

}
