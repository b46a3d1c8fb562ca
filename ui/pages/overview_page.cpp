#include "ui/pages/overview_page.h"

#include "ui/dialogs/client_key_dialog.h"
#include "ui/dialogs/vault_dialog.h"
#include "ui/text/format.h"
#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/clipboard.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/figure_card.h"
#include "ui/widgets/state_label.h"
#include "ui/widgets/status_strip.h"

#include <QComboBox>
#include <QDateTime>
#include <QGridLayout>
#include <QScrollArea>
#include <QTimeZone>
#include <QTimer>

#include <numeric>

namespace waystation {

std::vector<AttentionItem> attentionItems(
    const Station& station, const LedgerFigures& figures, std::int64_t unpriced)
{
    using Action = AttentionItem::Action;
    std::vector<AttentionItem> items;
    const RelayState relay = station.relayState();
    if (relay.kind == RelayState::Kind::CannotListen)
        items.push_back({textOf(relay), Action::OpenSettings});
    bool locked = false;
    for (const ChannelSettings& channel : station.settings().channels) {
        const ChannelFacts facts = factsOf(channel, station);
        if (!facts.enabled || !facts.needsKey)
            continue;
        if (facts.keys.empty()) {
            //: a channel's name
            items.push_back({OverviewPage::tr("%1 has no upstream key").arg(fromUtf8(channel.name)),
                Action::OpenChannels});
            continue;
        }
        for (const SecretState state : facts.keys) {
            if (state == SecretState::Locked) {
                locked = true;
            } else if (state != SecretState::Ready && state != SecretState::Pending) {
                //: a channel's name, the state of its key
                items.push_back({OverviewPage::tr("%1: key %2")
                                     .arg(fromUtf8(channel.name), textOf(state).toLower()),
                    Action::OpenChannels});
                break;
            }
        }
    }
    if (locked)
        items.insert(items.begin(),
            {OverviewPage::tr("The vault is locked, so upstream keys cannot be read"),
                Action::UnlockVault});
    if (!figures.trouble.empty())
        //: why calls are not being recorded
        items.push_back(
            {OverviewPage::tr("Calls are not being recorded: %1").arg(fromUtf8(figures.trouble)),
                Action::OpenSettings});
    else if (figures.notRecorded > 0)
        items.push_back({OverviewPage::tr("%n call(s) could not be recorded", nullptr,
                             static_cast<int>(figures.notRecorded)),
            Action::OpenSettings});
    if (unpriced > 0)
        items.push_back({OverviewPage::tr("%n call(s) of this period have no known price", nullptr,
                             static_cast<int>(unpriced)),
            Action::OpenModels});
    return items;
}

namespace {

double valueOf(const UsageRow& row, Measure measure)
{
    switch (measure) {
    case Measure::Spend:
        return static_cast<double>(row.cost.value);
    case Measure::Calls:
        return static_cast<double>(row.calls);
    case Measure::Tokens:
        break;
    }
    return static_cast<double>(row.input + row.output);
}

/// The store's names of the slots of a period, with what people call them.
void nameSlots(BarsData& bars, std::vector<std::string>& keys, const PeriodSpan& span,
    Period period, int offsetMinutes)
{
    const bool hourly = period == Period::Today || period == Period::Day;
    const auto offset = std::chrono::minutes(offsetMinutes);
    const auto step = hourly ? std::chrono::hours(1) : std::chrono::hours(24);
    TimePoint at = hourly
        ? std::chrono::floor<std::chrono::hours>(span.from)
        : TimePoint(std::chrono::floor<std::chrono::days>(span.from + offset)) - offset;
    // Today shows the whole day, so that bars do not swell as it goes on.
    const TimePoint until
        = period == Period::Today ? span.from + std::chrono::hours(24) : span.until;
    for (; at < until; at += step) {
        const QDateTime utc = QDateTime::fromMSecsSinceEpoch(microsSinceEpoch(at) / 1000, Qt::UTC);
        const QDateTime local = utc.addSecs(offsetMinutes * 60);
        const auto i = static_cast<int>(keys.size());
        if (hourly) {
            keys.push_back(utc.toString(QStringLiteral("yyyy-MM-ddTHH:00Z")).toStdString());
            bars.slotNames << local.toString(QStringLiteral("HH:mm"));
            bars.axis << (local.time().hour() % 4 == 0 ? local.toString(QStringLiteral("HH:mm"))
                                                       : QString());
        } else {
            keys.push_back(local.toString(QStringLiteral("yyyy-MM-dd")).toStdString());
            //: a day on a chart's axis, a QDate format
            const QString name = QLocale().toString(local.date(), OverviewPage::tr("MMM d"));
            bars.slotNames << name;
            bars.axis << (period == Period::Week || i % 5 == 0 ? name : QString());
        }
    }
}

}

BarsData barsOf(const std::vector<UsageRow>& rows, const PeriodSpan& span, Period period,
    Measure measure, int offsetMinutes)
{
    BarsData bars;
    std::vector<std::string> keys;
    nameSlots(bars, keys, span, period, offsetMinutes);
    std::map<std::string, double> sums;
    for (const UsageRow& row : rows)
        sums[row.split] += valueOf(row, measure);
    std::vector<std::pair<std::string, double>> ranked;
    for (const auto& entry : sums) {
        if (entry.second > 0)
            ranked.push_back(entry);
    }
    std::stable_sort(ranked.begin(), ranked.end(),
        [](const auto& a, const auto& b) { return a.second > b.second; });
    constexpr std::size_t most = 7;
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < std::min(ranked.size(), most); ++i) {
        places[ranked[i].first] = i;
        bars.series << (ranked[i].first.empty() ? QStringLiteral("\u2013")
                                                : fromUtf8(ranked[i].first));
    }
    if (ranked.size() > most)
        bars.series << QString();
    bars.values.assign(
        keys.size(), std::vector<double>(static_cast<std::size_t>(bars.series.size()), 0.0));
    std::map<std::string, std::size_t> slotOf;
    for (std::size_t i = 0; i < keys.size(); ++i)
        slotOf[keys[i]] = i;
    for (const UsageRow& row : rows) {
        const auto slot = slotOf.find(row.key);
        const double value = valueOf(row, measure);
        if (slot == slotOf.end() || value <= 0)
            continue;
        const auto place = places.find(row.split);
        bars.values[slot->second][place == places.end() ? most : place->second] += value;
    }
    return bars;
}

OverviewPage::OverviewPage(Station& station, Shell& shell)
    : Page(tr("Overview"), station, shell)
    , m_period(new PeriodChooser)
    , m_tick(new QTimer(this))
{
    titleRow()->addWidget(m_period);
    auto* area = named(new QScrollArea, "overviewScroll", tr("Overview"));
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    auto* inside = withRole(new QWidget, "clear");
    auto* layout = column(inside, 0, 16);
    layout->setContentsMargins(0, 0, 4, 0);
    m_attention = new QWidget;
    column(m_attention, 0, 8);
    layout->addWidget(m_attention);
    layout->addWidget(makeStart());
    layout->addWidget(makeCards());
    layout->addWidget(makeChart());
    auto* lower = row(16);
    lower->addWidget(makeChannels(), 5);
    lower->addWidget(makeNow(), 3);
    layout->addLayout(lower);
    layout->addStretch(1);
    area->setWidget(inside);
    body()->addWidget(area, 1);
    m_tick->setInterval(1000);
    connect(m_tick, &QTimer::timeout, this, [this] {
        showLive();
        showChannels();
    });
    connect(m_period, &PeriodChooser::periodChanged, this, &Page::refreshNow);
    connect(&station, &Station::callsChanged, this, [this] {
        if (isVisible())
            showLive();
    });
}

void OverviewPage::showEvent(QShowEvent* event)
{
    Page::showEvent(event);
    m_tick->start();
}

void OverviewPage::hideEvent(QHideEvent* event)
{
    Page::hideEvent(event);
    m_tick->stop();
}

QWidget* OverviewPage::makeCards()
{
    auto* box = new QWidget;
    auto* layout = row(16);
    box->setLayout(layout);
    m_spend = new FigureCard(tr("Spend"), "spendCard");
    m_calls = new FigureCard(tr("Calls"), "callsCard");
    m_tokens = new FigureCard(tr("Tokens"), "tokensCard");
    //: how fast answers begin
    m_speed = new FigureCard(tr("First token"), "speedCard");
    for (FigureCard* card : {m_spend, m_calls, m_tokens, m_speed})
        layout->addWidget(card, 1);
    return box;
}

QWidget* OverviewPage::makeChart()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 12);
    auto* top = row(8);
    top->addWidget(titleLabel(tr("Over time"), 1.05));
    top->addStretch(1);
    m_measure = named(new QComboBox, "chartMeasure", tr("What the chart shows"));
    m_measure->addItem(tr("Spend"), static_cast<int>(Measure::Spend));
    m_measure->addItem(tr("Calls"), static_cast<int>(Measure::Calls));
    m_measure->addItem(tr("Tokens"), static_cast<int>(Measure::Tokens));
    m_split = named(new QComboBox, "chartSplit", tr("How the chart is split"));
    m_split->addItem(tr("by model"), static_cast<int>(GroupBy::Model));
    m_split->addItem(tr("by channel"), static_cast<int>(GroupBy::Channel));
    m_split->addItem(tr("by client"), static_cast<int>(GroupBy::Client));
    top->addWidget(m_measure);
    top->addWidget(m_split);
    layout->addLayout(top);
    m_bars = named(new StackedBars, "overviewChart", tr("Over time"));
    m_bars->setMinimumHeight(190);
    layout->addWidget(m_bars, 1);
    for (QComboBox* choice : {m_measure, m_split})
        connect(choice, &QComboBox::currentIndexChanged, this, [this] { fetchChart(m_span); });
    connect(m_bars, &StackedBars::slotClicked, this, &OverviewPage::openSlot);
    return card;
}

QWidget* OverviewPage::makeChannels()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 12);
    layout->addWidget(titleLabel(tr("Channels"), 1.05));
    m_channelsEmpty = wrappedLabel(tr("No channel yet. Add one under Channels."), "muted");
    layout->addWidget(m_channelsEmpty);
    m_channelGrid = new QGridLayout;
    m_channelGrid->setHorizontalSpacing(12);
    m_channelGrid->setVerticalSpacing(10);
    m_channelGrid->setColumnStretch(0, 3);
    m_channelGrid->setColumnStretch(1, 4);
    layout->addLayout(m_channelGrid);
    layout->addStretch(1);
    return card;
}

QWidget* OverviewPage::makeNow()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 12);
    //: calls in flight
    layout->addWidget(titleLabel(tr("Now"), 1.05));
    m_liveEmpty = wrappedLabel(tr("No call in flight."), "muted");
    layout->addWidget(m_liveEmpty);
    m_liveBox = new QWidget;
    column(m_liveBox, 0, 10);
    layout->addWidget(m_liveBox);
    layout->addStretch(1);
    return card;
}

QWidget* OverviewPage::makeStart()
{
    m_start = cardFrame();
    QVBoxLayout* layout = column(m_start, 16, 10);
    layout->addWidget(titleLabel(tr("Make your first call"), 1.05));
    layout->addWidget(wrappedLabel(
        tr("The practice channel answers without network and without money. Create a client key, "
           "paste the command into a terminal, and watch the call arrive here."),
        "muted"));
    m_command = wrappedLabel(QString(), "code");
    m_command->setFont(codeFont(m_command->font()));
    m_command->setTextInteractionFlags(Qt::TextSelectableByMouse);
    named(m_command, "firstCommand", tr("Command for the first call"));
    layout->addWidget(m_command);
    auto* buttons = row(8);
    QPushButton* create = pushButton(
        tr("Create a &key and copy the command"), "createKeyAndCopy", "copy", "primary");
    buttons->addWidget(create);
    buttons->addStretch(1);
    layout->addLayout(buttons);
    connect(create, &QPushButton::clicked, this, &OverviewPage::createKeyAndCopy);
    m_start->hide();
    return m_start;
}

void OverviewPage::refresh()
{
    ++m_round;
    m_span = spanOf(m_period->period(), wallNow(), utcOffsetMinutes(wallNow()));
    fetchFigures(m_span);
    fetchChart(m_span);
    showChannels();
    showLive();
    showAttention();
}

void OverviewPage::fetchFigures(const PeriodSpan& span)
{
    const int round = m_round;
    Ledger& ledger = station().ledger();
    const auto first = [](const std::vector<UsageRow>& rows) {
        return rows.empty() ? UsageRow() : rows.front();
    };
    const PeriodSpan earlier = before(span);
    UsageQuery query{span.from, span.until};
    UsageQuery earlierQuery{earlier.from, earlier.until};
    ledger.usage(query, this, [this, round, first, earlierQuery](std::vector<UsageRow> rows) {
        if (round != m_round)
            return;
        const UsageRow now = first(rows);
        station().ledger().usage(
            earlierQuery, this, [this, round, first, now](std::vector<UsageRow> earlierRows) {
                if (round == m_round)
                    showSums(now, first(earlierRows));
            });
    });
    ledger.speed(span.from, span.until, this, [this, round](std::vector<SpeedRow> rows) {
        if (round != m_round)
            return;
        m_speeds = std::move(rows);
        SpeedRow all;
        for (const SpeedRow& row : m_speeds) {
            if (row.channel.empty())
                all = row;
        }
        m_speed->setFigure(
            all.calls > 0 ? durationText(Micros(all.firstTokenP50)) : QStringLiteral("\u2013"));
        //: 95 of 100 calls are faster than this
        m_speed->setNote(all.calls > 0 ? tr("p95 %1").arg(durationText(Micros(all.firstTokenP95)))
                                       : tr("No calls in this period"));
        m_speed->setSecondNote(all.calls > 0 ? speedText(all.outputTokensPerSecond) : QString());
        showChannels();
    });
    ledger.strips(wallNow(), this, [this, round](std::vector<ChannelStrip> strips) {
        if (round != m_round)
            return;
        m_strips = std::move(strips);
        showChannels();
    });
    ledger.figures(this, [this, round](LedgerFigures figures) {
        if (round != m_round)
            return;
        m_figures = std::move(figures);
        showAttention();
        showStart();
    });
}

void OverviewPage::showSums(const UsageRow& now, const UsageRow& before)
{
    m_unpriced = now.unpriced;
    const auto note = [](const QString& change, const QString& else_) {
        //: against the equal time before this period
        return change.isEmpty() ? else_ : OverviewPage::tr("%1 vs before").arg(change);
    };
    m_spend->setFigure(moneyText(now.cost));
    const QString spendNote = note(
        changeText(static_cast<double>(now.cost.value), static_cast<double>(before.cost.value)),
        tr("Nothing spent before"));
    m_spend->setNote(now.unpriced > 0
            ? tr("+ %n call(s) of unknown price", nullptr, static_cast<int>(now.unpriced))
            : spendNote);
    m_calls->setFigure(shortCountText(now.calls));
    //: share of failed calls
    m_calls->setNote(now.calls > 0 ? tr("%1 failed").arg(shareText(now.failed, now.calls))
                                   : tr("No calls in this period"));
    m_tokens->setFigure(shortCountText(now.input + now.output));
    //: tokens in, tokens out
    m_tokens->setNote(
        tr("%1 in, %2 out").arg(shortCountText(now.input), shortCountText(now.output)));
    //: share of the input that was cached
    m_tokens->setCorner(
        now.input > 0 ? tr("%1 cached").arg(shareText(now.cacheRead, now.input)) : QString());
    showAttention();
}

void OverviewPage::fetchChart(const PeriodSpan& span)
{
    const int round = m_round;
    const Period period = m_period->period();
    const auto measure = static_cast<Measure>(m_measure->currentData().toInt());
    const int offset = utcOffsetMinutes(wallNow());
    UsageQuery query{span.from, span.until};
    query.groupBy = period == Period::Today || period == Period::Day ? GroupBy::Hour : GroupBy::Day;
    query.splitBy = static_cast<GroupBy>(m_split->currentData().toInt());
    query.utcOffsetMinutes = offset;
    station().ledger().usage(
        query, this, [this, round, span, period, measure, offset](std::vector<UsageRow> rows) {
            if (round != m_round
                || measure != static_cast<Measure>(m_measure->currentData().toInt()))
                return;
            const auto format = [measure](double value) {
                return measure == Measure::Spend ? moneyText({static_cast<std::int64_t>(value)})
                                                 : shortCountText(static_cast<std::int64_t>(value));
            };
            m_bars->setData(barsOf(rows, span, period, measure, offset), format);
            const std::pair<FigureCard*, Measure> lines[] = {
                {m_spend, Measure::Spend}, {m_calls, Measure::Calls}, {m_tokens, Measure::Tokens}};
            for (const auto& [card, kind] : lines) {
                std::vector<double> sums;
                for (const auto& slot : barsOf(rows, span, period, kind, offset).values)
                    sums.push_back(std::accumulate(slot.begin(), slot.end(), 0.0));
                card->setLine(std::move(sums));
            }
        });
}

void OverviewPage::showChannels()
{
    const std::vector<ChannelRow> rows = channelRows(station(), m_strips, m_speeds, wallNow());
    m_channelsEmpty->setVisible(rows.empty());
    constexpr std::size_t most = 50;
    const std::size_t count = std::min(rows.size(), most);
    while (m_channelLines.size() > count) {
        const ChannelLine line = m_channelLines.back();
        m_channelLines.pop_back();
        for (QWidget* widget : {static_cast<QWidget*>(line.name), static_cast<QWidget*>(line.state),
                 static_cast<QWidget*>(line.strip), static_cast<QWidget*>(line.share),
                 static_cast<QWidget*>(line.speed), static_cast<QWidget*>(line.probe)})
            widget->deleteLater();
    }
    while (m_channelLines.size() < count) {
        const auto at = static_cast<int>(m_channelLines.size());
        ChannelLine line{{}, new ElidedLabel, new StateLabel, new StatusStrip,
            textLabel(QString(), "muted"), textLabel(QString(), "muted"),
            iconButton(tr("Probe now: end the rest"), "probeNow", "refresh")};
        line.name->setMinimumWidth(64);
        line.share->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        line.speed->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        QSizePolicy keeps = line.probe->sizePolicy();
        line.probe->setSizePolicy(keeps);
        int place = 0;
        for (QWidget* widget : {static_cast<QWidget*>(line.name), static_cast<QWidget*>(line.state),
                 static_cast<QWidget*>(line.strip), static_cast<QWidget*>(line.share),
                 static_cast<QWidget*>(line.speed), static_cast<QWidget*>(line.probe)})
            m_channelGrid->addWidget(widget, at, place++);
        connect(line.probe, &QToolButton::clicked, this, [this, at] {
            station().clearRest(ChannelId(m_channelLines[static_cast<std::size_t>(at)].id));
        });
        m_channelLines.push_back(line);
    }
    for (std::size_t i = 0; i < count; ++i) {
        ChannelLine& line = m_channelLines[i];
        const ChannelRow& row = rows[i];
        line.id = row.id;
        line.name->setFullText(row.name);
        line.state->setState(row.state.tone, row.state.text);
        line.strip->setSlots(row.strip);
        line.share->setText(row.calls > 0 ? shareText(row.calls - row.failed, row.calls)
                                          : QStringLiteral("\u2013"));
        line.share->setToolTip(tr("Share of calls that succeeded in the last hour"));
        line.speed->setText(
            row.firstToken ? durationText(Micros(*row.firstToken)) : QStringLiteral("\u2013"));
        line.speed->setToolTip(tr("Median time to the first token in this period"));
        line.probe->setVisible(row.state.resting);
    }
}

void OverviewPage::showLive()
{
    const std::vector<LiveCall> calls = station().liveCalls();
    constexpr std::size_t most = 12;
    std::map<std::string, LiveLine> gone = m_liveLines;
    const TimePoint now = wallNow();
    for (std::size_t i = 0; i < std::min(calls.size(), most); ++i) {
        const LiveCall& call = calls[i];
        gone.erase(call.id.text());
        auto found = m_liveLines.find(call.id.text());
        if (found == m_liveLines.end()) {
            auto* box = new QWidget;
            auto* layout = row(8);
            box->setLayout(layout);
            auto* words = column(nullptr, 0, 2);
            LiveLine line{box, new ElidedLabel, new ElidedLabel};
            withRole(line.progress, "muted");
            words->addWidget(line.what);
            words->addWidget(line.progress);
            layout->addLayout(words, 1);
            QToolButton* cancel = iconButton(tr("Cancel this call"), "cancelCall", "stop");
            layout->addWidget(cancel);
            connect(cancel, &QToolButton::clicked, this,
                [this, id = call.id] { station().cancelCall(id); });
            static_cast<QVBoxLayout*>(m_liveBox->layout())->addWidget(box);
            found = m_liveLines.emplace(call.id.text(), line).first;
        }
        found->second.what->setFullText(call.client + QStringLiteral("  ")
            + (call.model.isEmpty() ? call.askedModel : call.model));
        const Micros elapsed
            = std::max(Micros(0), std::chrono::duration_cast<Micros>(now - call.startedAt));
        const double seconds = static_cast<double>(elapsed.count()) / 1e6;
        const QString speed = call.contentOctets > 0 && seconds > 0.5 ? QStringLiteral(", ")
                + speedText(static_cast<double>(call.contentOctets) / 4 / seconds)
                                                                      : QString();
        const QString channel = call.channel.isEmpty() ? tr("choosing a channel") : call.channel;
        found->second.progress->setFullText(
            channel + QStringLiteral(", ") + durationText(elapsed) + speed);
    }
    for (const auto& [id, line] : gone) {
        line.box->deleteLater();
        m_liveLines.erase(id);
    }
    m_liveEmpty->setVisible(calls.empty() || calls.size() > most);
    m_liveEmpty->setText(calls.empty()
            ? tr("No call in flight.")
            : tr("%n call(s) in flight", nullptr, static_cast<int>(calls.size())));
}

void OverviewPage::showAttention()
{
    const std::vector<AttentionItem> items = attentionItems(station(), m_figures, m_unpriced);
    QString shown;
    for (const AttentionItem& item : items)
        shown += item.text + QLatin1Char('\n');
    m_attention->setVisible(!items.empty());
    if (shown == m_attentionShown)
        return; // rebuilding would take the focus from a button
    m_attentionShown = shown;
    while (QLayoutItem* old = m_attention->layout()->takeAt(0)) {
        if (old->widget())
            old->widget()->deleteLater();
        delete old;
    }
    int number = 0;
    for (const AttentionItem& item : items) {
        auto* notice = withRole(new QFrame, "notice");
        auto* layout = new QHBoxLayout(notice);
        layout->setContentsMargins(12, 6, 8, 6);
        layout->setSpacing(10);
        auto* state = new StateLabel;
        state->setState(Tone::Warn, QString());
        state->setFixedWidth(14);
        layout->addWidget(state);
        layout->addWidget(wrappedLabel(singleLine(item.text)), 1);
        const bool unlocks = item.action == AttentionItem::Action::UnlockVault;
        QPushButton* button = pushButton(unlocks ? tr("Unlock") : tr("Show"), "attentionAction");
        button->setObjectName(QStringLiteral("attentionAction%1").arg(number++));
        layout->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, action = item.action] { act(action); });
        m_attention->layout()->addWidget(notice);
    }
}

void OverviewPage::act(AttentionItem::Action action)
{
    switch (action) {
    case AttentionItem::Action::OpenChannels:
        shell().openPage(PageId::Channels);
        break;
    case AttentionItem::Action::OpenSettings:
        shell().openPage(PageId::Settings);
        break;
    case AttentionItem::Action::OpenModels:
        shell().openPage(PageId::Models);
        break;
    case AttentionItem::Action::UnlockVault:
        VaultDialog::unlock(station(), this);
        break;
    }
}

void OverviewPage::showStart()
{
    const bool isFirst
        = m_figures.rows == 0 && station().relayState().kind == RelayState::Kind::Serving;
    m_start->setVisible(isFirst);
    if (isFirst)
        m_command->setText(firstCommand(station().address(), QStringLiteral("ws-...")));
}

void OverviewPage::createKeyAndCopy()
{
    ClientKeyDialog::createFirst(station(), this);
}

void OverviewPage::openSlot(int slot)
{
    const Period period = m_period->period();
    const bool hourly = period == Period::Today || period == Period::Day;
    const auto offset = std::chrono::minutes(utcOffsetMinutes(wallNow()));
    const TimePoint first = hourly
        ? std::chrono::floor<std::chrono::hours>(m_span.from)
        : TimePoint(std::chrono::floor<std::chrono::days>(m_span.from + offset)) - offset;
    const auto step = hourly ? std::chrono::hours(1) : std::chrono::hours(24);
    CallFilter filter;
    filter.from = first + step * slot;
    filter.until = first + step * (slot + 1);
    shell().openCalls(filter);
}

}
