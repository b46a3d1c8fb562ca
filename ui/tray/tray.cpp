#include "ui/tray/tray.h"

#include "ui/text/error_text.h"
#include "ui/text/format.h"
#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/clipboard.h"
#include "ui/widgets/period_chooser.h"

#include <QMenu>
#include <QSystemTrayIcon>
#include <QTimer>

namespace waystation {

namespace {

const char* pictureOf(TrayShape shape)
{
    switch (shape) {
    case TrayShape::Serving:
        return "tray_serving";
    case TrayShape::Busy:
        return "tray_busy";
    case TrayShape::Attention:
        return "tray_attention";
    case TrayShape::Stopped:
        break;
    }
    return "tray_stopped";
}

}

TrayShape trayShape(const RelayState& relay, std::int64_t callsInFlight, bool hasProblem)
{
    if (relay.kind == RelayState::Kind::CannotListen)
        return TrayShape::Attention;
    if (relay.kind == RelayState::Kind::Paused || relay.kind == RelayState::Kind::Stopped)
        return TrayShape::Stopped;
    if (hasProblem)
        return TrayShape::Attention;
    return callsInFlight > 0 ? TrayShape::Busy : TrayShape::Serving;
}

QString trayProblem(const Station& station)
{
    const RelayState relay = station.relayState();
    if (relay.kind == RelayState::Kind::CannotListen)
        return textOf(relay);
    for (const ChannelSettings& channel : station.settings().channels) {
        const ChannelFacts facts = factsOf(channel, station);
        if (!facts.enabled || !facts.needsKey)
            continue;
        if (facts.keys.empty())
            //: a channel's name
            return Tray::tr("%1 has no key").arg(fromUtf8(channel.name));
        for (const SecretState state : facts.keys) {
            if (state == SecretState::Locked)
                return textOf(state);
            if (state != SecretState::Ready && state != SecretState::Pending)
                //: a channel's name, the state of its key
                return Tray::tr("%1: %2").arg(fromUtf8(channel.name), textOf(state));
        }
    }
    return {};
}

Tray::Tray(Station& station, QObject* parent)
    : QObject(parent)
    , m_station(station)
    , m_menu(std::make_unique<QMenu>())
    , m_icon(new QSystemTrayIcon(this))
    , m_pending(new QTimer(this))
{
    m_menu->setObjectName(QStringLiteral("trayMenu"));
    const auto add = [this](const char* name) {
        QAction* action = m_menu->addAction(QString());
        action->setObjectName(QString::fromLatin1(name));
        return action;
    };
    m_state = add("trayState");
    m_spend = add("traySpend");
    m_problem = add("trayProblem");
    m_menu->addSeparator();
    m_pause = add("trayPause");
    m_menu->addSeparator();
    m_open = add("trayOpen");
    m_calls = add("trayCalls");
    m_menu->addSeparator();
    m_quit = add("trayQuit");
    m_pending->setSingleShot(true);
    m_pending->setInterval(500);
    connect(m_pending, &QTimer::timeout, this, &Tray::update);
    const auto soon = [this] {
        if (!m_pending->isActive())
            m_pending->start();
    };
    connect(&station, &Station::relayStateChanged, this, &Tray::update);
    for (const auto signal : {&Station::settingsChanged, &Station::vaultChanged,
             &Station::callsChanged, &Station::channelNews})
        connect(&station, signal, this, soon);
    // The day's spend is asked for when somebody looks, not with each call.
    connect(m_menu.get(), &QMenu::aboutToShow, this, [this] {
        update();
        fetchSpend();
    });
    connect(m_state, &QAction::triggered, this, [this] { copyText(m_station.address()); });
    connect(m_spend, &QAction::triggered, this, &Tray::openWanted);
    connect(m_problem, &QAction::triggered, this, &Tray::openWanted);
    connect(m_pause, &QAction::triggered, this,
        [this] { m_station.setPaused(m_station.relayState().kind != RelayState::Kind::Paused); });
    connect(m_open, &QAction::triggered, this, &Tray::openWanted);
    connect(m_calls, &QAction::triggered, this, &Tray::callsWanted);
    connect(m_quit, &QAction::triggered, this, &Tray::quitWanted);
    connect(m_icon, &QSystemTrayIcon::activated, this,
        [this](QSystemTrayIcon::ActivationReason reason) {
            if (reason == QSystemTrayIcon::Trigger || reason == QSystemTrayIcon::DoubleClick)
                Q_EMIT openWanted();
        });
    m_icon->setContextMenu(m_menu.get());
    retranslate();
    m_icon->show();
    fetchSpend();
}

Tray::~Tray()
{
    m_icon->hide();
}

bool Tray::present()
{
    return QSystemTrayIcon::isSystemTrayAvailable();
}

void Tray::retranslate()
{
    m_open->setText(tr("&Open window"));
    m_calls->setText(tr("&Calls"));
    m_quit->setText(tr("&Quit"));
    m_spendText.clear();
    update();
}

void Tray::tell(const QString& title, const QString& text)
{
    m_icon->showMessage(title, text, QSystemTrayIcon::Information, 8000);
}

QString Tray::toolTip() const
{
    return m_icon->toolTip();
}

void Tray::update()
{
    const RelayState relay = m_station.relayState();
    const std::int64_t inFlight = m_station.engineFigures().callsInFlight;
    const QString problem = trayProblem(m_station);
    const TrayShape shape = trayShape(relay, inFlight, !problem.isEmpty());
    if (m_shape != shape) {
        m_shape = shape;
        m_icon->setIcon(colourIcon(pictureOf(shape)));
    }
    const bool serves = relay.kind == RelayState::Kind::Serving;
    const QString state = textOf(relay, false);
    //: the relay's state and address
    m_state->setText(serves ? tr("%1 at %2").arg(state, m_station.address()) : state);
    m_spend->setText(m_spendText.isEmpty() ? tr("Today") : m_spendText);
    m_problem->setText(singleLine(problem).replace(QLatin1Char('&'), QStringLiteral("&&")));
    m_problem->setVisible(!problem.isEmpty());
    m_pause->setText(relay.kind == RelayState::Kind::Paused ? tr("&Resume") : tr("&Pause"));
    m_pause->setEnabled(serves || relay.kind == RelayState::Kind::Paused);
    QStringList lines{QStringLiteral("Waystation"), m_state->text()};
    if (inFlight > 0)
        lines << tr("%n call(s) in flight", nullptr, static_cast<int>(inFlight));
    if (!m_spendText.isEmpty())
        lines << m_spendText;
    if (!problem.isEmpty())
        lines << singleLine(problem);
    m_icon->setToolTip(lines.join(QLatin1Char('\n')));
}

void Tray::fetchSpend()
{
    const TimePoint now = wallNow();
    const PeriodSpan today = spanOf(Period::Today, now, utcOffsetMinutes(now));
    m_station.ledger().usage(
        {today.from, today.until}, this, [this, round = ++m_round](std::vector<UsageRow> rows) {
            if (round != m_round)
                return;
            const UsageRow sum = rows.empty() ? UsageRow() : rows.front();
            //: money spent and calls made today
            m_spendText = tr("Today: %1, %n call(s)", nullptr, static_cast<int>(sum.calls))
                              .arg(moneyText(sum.cost));
            update();
        });
}

}
