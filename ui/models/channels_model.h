#pragma once

#include "ui/models/rows_model.h"
#include "ui/text/error_text.h"

#include <optional>

namespace waystation {

/// A channel as lists show it.
struct ChannelRow
{
    std::string id;
    QString name;
    QString provider;
    ChannelState state;
    bool enabled = true;
    std::vector<ChannelStrip::Slot> strip;
    std::int64_t calls = 0;
    std::int64_t failed = 0;
    std::optional<Millis> firstToken;
};

/// Rows in the order they are asked, disabled ones last. `strips` and `speeds` may lack channels.
std::vector<ChannelRow> channelRows(const Station& station, const std::vector<ChannelStrip>& strips,
    const std::vector<SpeedRow>& speeds, TimePoint now);

/// One column: name with its provider and state below.
std::unique_ptr<RowsModel<ChannelRow>> makeChannelsModel(QObject* parent = nullptr);

/// An upstream key of a channel.
struct KeyRow
{
    std::string id;
    QString label;
    QString masked;
    QString weight;
    QString state;
    Tone tone = Tone::Idle;
};

std::vector<KeyRow> keyRows(const ChannelSettings& channel, const Station& station);
std::unique_ptr<RowsModel<KeyRow>> makeKeysModel(QObject* parent = nullptr);

}
