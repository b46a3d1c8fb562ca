#include "ui/models/channels_model.h"

#include "provider/provider.h"
#include "ui/text/format.h"

#include <QCoreApplication>

namespace waystation {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(ChannelsModel)
};

}

std::vector<ChannelRow> channelRows(const Station& station, const std::vector<ChannelStrip>& strips,
    const std::vector<SpeedRow>& speeds, TimePoint now)
{
    std::vector<const ChannelSettings*> channels;
    for (const ChannelSettings& channel : station.settings().channels)
        channels.push_back(&channel);
    std::stable_sort(channels.begin(), channels.end(), [](const auto* a, const auto* b) {
        return std::pair(!a->enabled, a->priority) < std::pair(!b->enabled, b->priority);
    });
    std::vector<ChannelRow> rows;
    for (const ChannelSettings* channel : channels) {
        ChannelRow row;
        row.id = channel->id.text();
        row.name = fromUtf8(channel->name);
        row.enabled = channel->enabled;
        const Provider* provider = findProvider(channel->provider);
        row.provider = provider ? fromUtf8(provider->name) : fromUtf8(channel->provider.text());
        ChannelFacts facts = factsOf(*channel, station);
        for (const ChannelStrip& strip : strips) {
            if (strip.channel != channel->name)
                continue;
            row.strip = strip.slots;
            for (const auto& slot : strip.slots) {
                facts.done += slot.done;
                facts.failed += slot.failed;
            }
        }
        row.calls = facts.done + facts.failed;
        row.failed = facts.failed;
        row.state = channelState(facts, now);
        for (const SpeedRow& speed : speeds) {
            if (speed.channel == channel->name && speed.calls > 0)
                row.firstToken = speed.firstTokenP50;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::unique_ptr<RowsModel<ChannelRow>> makeChannelsModel(QObject* parent)
{
    std::vector<Column<ChannelRow>> columns;
    columns.push_back({Words::tr("Channel"), [](const ChannelRow& row) { return row.name; },
        Qt::AlignLeft | Qt::AlignVCenter,
        [](const ChannelRow& row, int role) -> QVariant {
            if (role == ToneRole)
                return static_cast<int>(row.state.tone);
            if (role == SubtitleRole)
                return row.state.text;
            if (role == Qt::AccessibleTextRole)
                return QStringLiteral("%1, %2, %3").arg(row.name, row.provider, row.state.text);
            return {};
        }});
    return std::make_unique<RowsModel<ChannelRow>>(
        std::move(columns), [](const ChannelRow& row) { return row.id; }, parent);
}

std::vector<KeyRow> keyRows(const ChannelSettings& channel, const Station& station)
{
    std::vector<KeyRow> rows;
    const std::optional<ChannelNews> rest = station.restOf(channel.id);
    for (const KeySettings& key : channel.keys) {
        KeyRow row;
        row.id = key.id.text();
        row.label = fromUtf8(key.label);
        row.masked = key.environment.empty() ? fromUtf8(key.masked)
                                             : QLatin1Char('$') + fromUtf8(key.environment);
        row.weight = countText(key.weight);
        const SecretState state = station.keyState(channel.id, key.id);
        row.state = textOf(state);
        row.tone = state == SecretState::Ready ? Tone::Good
            : state == SecretState::Pending    ? Tone::Idle
                                               : Tone::Warn;
        if (!key.enabled) {
            row.state = Words::tr("Disabled");
            row.tone = Tone::Idle;
        } else if (state == SecretState::Ready && rest && rest->restingUntil
            && rest->keyLabel == key.label) {
            row.state = rest->reason.empty() ? Words::tr("Resting") : fromUtf8(rest->reason);
            row.tone = Tone::Warn;
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::unique_ptr<RowsModel<KeyRow>> makeKeysModel(QObject* parent)
{
    std::vector<Column<KeyRow>> columns;
    columns.push_back({Words::tr("Label"), [](const KeyRow& row) { return row.label; }});
    columns.push_back({Words::tr("Key"), [](const KeyRow& row) { return row.masked; }});
    columns.push_back({Words::tr("Weight"), [](const KeyRow& row) { return row.weight; },
        Qt::AlignRight | Qt::AlignVCenter});
    columns.push_back({Words::tr("State"), [](const KeyRow& row) { return row.state; },
        Qt::AlignLeft | Qt::AlignVCenter,
        [](const KeyRow& row, int role) -> QVariant {
            if (role == ToneRole)
                return static_cast<int>(row.tone);
            return role == Qt::ToolTipRole ? QVariant(row.state) : QVariant();
        }});
    return std::make_unique<RowsModel<KeyRow>>(
        std::move(columns), [](const KeyRow& row) { return row.id; }, parent);
}

}
