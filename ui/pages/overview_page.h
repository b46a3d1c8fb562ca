#pragma once

#include "ui/models/channels_model.h"
#include "ui/pages/page.h"
#include "ui/widgets/period_chooser.h"
#include "ui/widgets/stacked_bars.h"

#include <map>

class QComboBox;
class QFrame;
class QGridLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace waystation {

class ElidedLabel;
class FigureCard;
class StateLabel;
class StatusStrip;

/// What asks for the user's hand.
struct AttentionItem
{
    enum class Action { OpenChannels, OpenSettings, OpenModels, UnlockVault };
    QString text;
    Action action = Action::OpenChannels;
};

/// `unpriced` counts calls of the period without a price.
std::vector<AttentionItem> attentionItems(
    const Station& station, const LedgerFigures& figures, std::int64_t unpriced);

enum class Measure { Spend, Calls, Tokens };
/// Rows (time by key) as bars over the whole period, the seven largest keys and the others.
BarsData barsOf(const std::vector<UsageRow>& rows, const PeriodSpan& span, Period period,
    Measure measure, int offsetMinutes);

/// Everything at a glance, live.
class OverviewPage : public Page
{
    Q_OBJECT
public:
    OverviewPage(Station& station, Shell& shell);

protected:
    void refresh() override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    struct ChannelLine
    {
        std::string id;
        ElidedLabel* name;
        StateLabel* state;
        StatusStrip* strip;
        QLabel* share;
        QLabel* speed;
        QToolButton* probe;
    };

    struct LiveLine
    {
        QWidget* box;
        ElidedLabel* what;
        ElidedLabel* progress;
    };

    QWidget* makeCards();
    QWidget* makeChart();
    QWidget* makeChannels();
    QWidget* makeNow();
    QWidget* makeStart();
    void fetchFigures(const PeriodSpan& span);
    void fetchChart(const PeriodSpan& span);
    void showSums(const UsageRow& now, const UsageRow& before);
    void showChannels();
    void showLive();
    void showAttention();
    void showStart();
    void createKeyAndCopy();
    void act(AttentionItem::Action action);
    void openSlot(int slot);

    PeriodChooser* m_period;
    FigureCard* m_spend;
    FigureCard* m_calls;
    FigureCard* m_tokens;
    FigureCard* m_speed;
    QComboBox* m_measure;
    QComboBox* m_split;
    StackedBars* m_bars;
    QGridLayout* m_channelGrid;
    std::vector<ChannelLine> m_channelLines;
    QLabel* m_channelsEmpty;
    QWidget* m_liveBox;
    std::map<std::string, LiveLine> m_liveLines;
    QLabel* m_liveEmpty;
    QWidget* m_attention;
    QFrame* m_start;
    QLabel* m_command;

    QTimer* m_tick;
    PeriodSpan m_span;
    std::vector<ChannelStrip> m_strips;
    std::vector<SpeedRow> m_speeds;
    LedgerFigures m_figures;
    std::int64_t m_unpriced = 0;
    QString m_attentionShown;
    int m_round = 0; // answers of an earlier round are dropped
};

}
