#include "ui/window/main_window.h"

#include "ui/pages/calls_page.h"
#include "ui/text/error_text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/copy_label.h"
#include "ui/widgets/state_label.h"
#include "ui/widgets/undo_bar.h"

#include <QButtonGroup>
#include <QCloseEvent>
#include <QGuiApplication>
#include <QScreen>
#include <QSettings>
#include <QShortcut>
#include <QStackedWidget>

namespace waystation {

namespace {

constexpr int wideBar = 200;
constexpr int narrowBar = 60;

}

MainWindow::MainWindow(Station& station)
    : m_station(station)
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(QStringLiteral("Waystation"));
    setWindowIcon(colourIcon("waystation"));
    setMinimumSize(900, 560);
    column(this, 0, 0);
    m_undo = new UndoBar(this);
    build();
    restorePlace();
    connect(&m_station, &Station::relayStateChanged, this, &MainWindow::showRelay);
    connect(&m_station, &Station::settingsChanged, this, &MainWindow::showRelay);
}

MainWindow::~MainWindow() = default;

void MainWindow::build()
{
    m_entries = pages();
    m_pages.assign(m_entries.size(), nullptr);
    m_inside = new QWidget;
    auto* layout = row(0);
    m_inside->setLayout(layout);
    m_stack = new QStackedWidget;
    layout->addWidget(makeSideBar());
    layout->addWidget(m_stack, 1);
    static_cast<QVBoxLayout*>(this->layout())->addWidget(m_inside);
    makeShortcuts();
    setCollapsed(m_collapsed);
    showRelay();
    openPage(m_current);
    m_undo->raise();
    // Nothing is chosen at first; Tab begins at the side bar.
    m_inside->setFocusPolicy(Qt::ClickFocus);
    m_inside->setFocus();
}

void MainWindow::rebuild()
{
    m_rebuilding = false;
    settle();
    delete m_inside;
    build();
    m_inside->show();
}

QWidget* MainWindow::makeSideBar()
{
    m_sideBar = new QWidget;
    m_sideBar->setObjectName(QStringLiteral("sideBar"));
    m_sideBar->setAttribute(Qt::WA_StyledBackground);
    QVBoxLayout* layout = column(m_sideBar, 12, 4);
    layout->setContentsMargins(12, 16, 12, 12);
    auto* head = row(4);
    m_brand = titleLabel(QStringLiteral("Waystation"), 1.1);
    m_collapse = iconButton(tr("Narrow side bar"), "collapseSideBar", "sidebar");
    head->addSpacing(6);
    head->addWidget(m_brand, 1);
    head->addWidget(m_collapse);
    layout->addLayout(head);
    layout->addSpacing(12);
    m_navigation = new QButtonGroup(m_sideBar);
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const PageEntry& entry = m_entries[i];
        auto* button = withRole(new QToolButton, "nav");
        button->setObjectName(QStringLiteral("nav_") + QString::fromLatin1(entry.name));
        button->setAccessibleName(entry.title);
        button->setText(QStringLiteral("  ") + entry.title);
        //: a page and its key
        button->setToolTip(tr("%1 (Ctrl+%2)").arg(entry.title).arg(i + 1));
        button->setIcon(lineIcon(entry.icon));
        button->setIconSize(QSize(20, 20));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setCheckable(true);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        m_navigation->addButton(button, static_cast<int>(i));
        layout->addWidget(button);
    }
    layout->addStretch(1);
    layout->addWidget(makeFoot());
    connect(m_navigation, &QButtonGroup::idClicked, this,
        [this](int i) { openPage(m_entries[static_cast<std::size_t>(i)].id); });
    connect(m_collapse, &QToolButton::clicked, this, [this] { setCollapsed(!m_collapsed); });
    return m_sideBar;
}

QWidget* MainWindow::makeFoot()
{
    auto* foot = new QWidget;
    QVBoxLayout* layout = column(foot, 0, 6);
    m_relay = named(new StateLabel, "relayState", tr("State of the relay"));
    m_address = new CopyLabel("copyAddress", tr("Copy the relay's address"));
    m_address->setStyleSheet(
        QStringLiteral("text-align: left; padding-left: 6px; padding-right: 2px;"));
    m_pause = pushButton(tr("Pause"), "pauseRelay", "pause");
    auto* state = row(0);
    state->addSpacing(6);
    state->addWidget(m_relay, 1);
    layout->addLayout(state);
    layout->addWidget(m_address);
    layout->addWidget(m_pause);
    connect(m_pause, &QPushButton::clicked, this, &MainWindow::togglePause);
    return foot;
}

void MainWindow::makeShortcuts()
{
    const auto add = [this](const QKeySequence& keys, std::function<void()> run) {
        auto* shortcut = new QShortcut(keys, m_inside);
        shortcut->setContext(Qt::WindowShortcut);
        connect(shortcut, &QShortcut::activated, m_inside, std::move(run));
    };
    for (std::size_t i = 0; i < m_entries.size(); ++i)
        add(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + static_cast<int>(i))),
            [this, i] { openPage(m_entries[i].id); });
    add(QKeySequence(Qt::CTRL | Qt::Key_N), [this] { page(m_current)->primaryAction(); });
    add(QKeySequence(Qt::CTRL | Qt::Key_F), [this] { page(m_current)->focusFilter(); });
    add(QKeySequence(Qt::Key_F5), [this] { page(m_current)->refreshNow(); });
    add(QKeySequence(Qt::Key_Escape), [this] { page(m_current)->escape(); });
    add(QKeySequence(Qt::CTRL | Qt::Key_B), [this] { setCollapsed(!m_collapsed); });
    add(QKeySequence(Qt::CTRL | Qt::Key_Q), [this] { Q_EMIT quitWanted(); });
    add(QKeySequence(Qt::CTRL | Qt::Key_W), [this] { close(); });
}

Page* MainWindow::page(PageId id)
{
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        if (m_entries[i].id != id)
            continue;
        if (!m_pages[i]) {
            m_pages[i] = m_entries[i].make(m_station, *this);
            m_pages[i]->setObjectName(
                QStringLiteral("page_") + QString::fromLatin1(m_entries[i].name));
            m_stack->addWidget(m_pages[i]);
        }
        return m_pages[i];
    }
    Q_UNREACHABLE();
}

void MainWindow::openPage(PageId id)
{
    m_current = id;
    m_stack->setCurrentWidget(page(id));
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        if (m_entries[i].id == id)
            m_navigation->button(static_cast<int>(i))->setChecked(true);
    }
}

void MainWindow::openCalls(const CallFilter& filter)
{
    openPage(PageId::Calls);
    static_cast<CallsPageView*>(page(PageId::Calls))->setFilter(filter);
}

void MainWindow::offerUndo(
    const QString& text, std::function<void()> undo, int seconds, std::function<void()> settle)
{
    m_undo->offer(text, std::move(undo), seconds, std::move(settle));
}

void MainWindow::say(const QString& text)
{
    m_undo->offer(text, {}, 4, {});
}

void MainWindow::settle()
{
    m_undo->dismiss();
}

void MainWindow::setCollapsed(bool collapsed)
{
    m_collapsed = collapsed;
    m_sideBar->setFixedWidth(collapsed ? narrowBar : wideBar);
    m_brand->setVisible(!collapsed);
    m_address->setVisible(!collapsed);
    const QString text = collapsed ? tr("Widen side bar") : tr("Narrow side bar");
    m_collapse->setToolTip(text);
    m_collapse->setAccessibleName(text);
    for (QAbstractButton* button : m_navigation->buttons())
        static_cast<QToolButton*>(button)->setToolButtonStyle(
            collapsed ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
    showRelay();
}

void MainWindow::showRelay()
{
    const RelayState state = m_station.relayState();
    m_relay->setState(toneOf(state), textOf(state, false));
    m_relay->setToolTip(plainToolTip(textOf(state)));
    m_address->setCopyText(m_station.address());
    const bool paused = state.kind == RelayState::Kind::Paused;
    const QString text = paused ? tr("Resume") : tr("Pause");
    m_pause->setText(m_collapsed ? QString() : text);
    m_pause->setAccessibleName(text);
    m_pause->setToolTip(paused ? tr("Serve calls again") : tr("Refuse new calls until resumed"));
    m_pause->setIcon(lineIcon(paused ? "play" : "pause"));
    m_pause->setEnabled(paused || state.kind == RelayState::Kind::Serving);
}

void MainWindow::togglePause()
{
    m_station.setPaused(m_station.relayState().kind != RelayState::Kind::Paused);
}

void MainWindow::raiseWindow()
{
    if (isMinimized())
        setWindowState(windowState() & ~Qt::WindowMinimized);
    show();
    raise();
    activateWindow();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    rememberPlace();
    event->ignore();
    hide();
    Q_EMIT closed();
}

void MainWindow::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    // Later: the widget that asked for the other language is still in its slot.
    if (event->type() == QEvent::LanguageChange && !m_rebuilding) {
        m_rebuilding = true;
        QMetaObject::invokeMethod(this, &MainWindow::rebuild, Qt::QueuedConnection);
    }
}

QString MainWindow::placeFile() const
{
    return m_station.dataDir() + QStringLiteral("/window.ini");
}

void MainWindow::rememberPlace()
{
    QSettings place(placeFile(), QSettings::IniFormat);
    place.setValue(QStringLiteral("geometry"), saveGeometry());
    place.setValue(QStringLiteral("collapsed"), m_collapsed);
}

void MainWindow::restorePlace()
{
    resize(1180, 760);
    QSettings place(placeFile(), QSettings::IniFormat);
    restoreGeometry(place.value(QStringLiteral("geometry")).toByteArray());
    setCollapsed(place.value(QStringLiteral("collapsed"), false).toBool());
}

}
