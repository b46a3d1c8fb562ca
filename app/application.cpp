#include "app/application.h"

#include "app/quit_signals.h"
#include "bridge/control.h"
#include "ui/text/language.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/tray/tray.h"
#include "ui/widgets/build.h"
#include "ui/widgets/clipboard.h"
#include "ui/window/main_window.h"

#include <QApplication>
#include <QMessageBox>
#include <QTimer>

namespace waystation {

namespace {

constexpr Millis quitGrace{3000};
constexpr int trayLookMillis = 10'000;

}

Application::Application(QApplication& application, CommandLine line)
    : m_application(application)
    , m_line(std::move(line))
    , m_station(std::make_unique<Station>())
    , m_theme(new Theme(application))
    , m_language(std::make_unique<Language>())
{
    loadIcons();
    m_application.setWindowIcon(colourIcon("waystation"));
    m_application.setQuitOnLastWindowClosed(false);
    m_language->choose(m_line.language.isEmpty() ? QStringLiteral("system") : m_line.language);
}

Application::~Application() = default;

Result<void> Application::start()
{
    StationOptions options;
    options.dataDir = m_line.dataDir;
    options.vault = m_line.vault;
    options.port = m_line.port;
    const auto opened = m_station->open(std::move(options));
    if (!opened)
        return opened.error();
    m_verbs = std::make_unique<Verbs>(*m_station);
    m_control = std::make_unique<ControlServer>(*m_verbs);
    connect(m_control.get(), &ControlServer::raiseRequested, this, &Application::openWindow);
    connect(m_control.get(), &ControlServer::quitRequested, this, &Application::quit);
    if (const auto listening = m_control->listen(m_line.dataDir); !listening)
        qWarning("The control socket cannot be used: %s", listening.error().message.c_str());
    connect(m_station.get(), &Station::settingsChanged, this, &Application::takeSettings);
    connect(m_station.get(), &Station::trouble, this,
        [](const QString& english) { qWarning("%s", qPrintable(english)); });
    connect(&m_application, &QApplication::commitDataRequest, this, [this] {
        if (m_window)
            m_window->settle();
    });
    connect(new QuitSignals(this), &QuitSignals::quitRequested, this, &Application::quit);
    takeSettings();
    ensureTray();
    // A tray may come after the program: desktops start both at login.
    auto* look = new QTimer(this);
    connect(look, &QTimer::timeout, this, [this, look] {
        ensureTray();
        if (m_tray)
            look->stop();
    });
    if (!m_tray)
        look->start(trayLookMillis);
    // Hidden without a tray there would be no way in.
    if (!m_tray || !(m_line.hidden || m_station->settings().startHidden))
        openWindow();
    return {};
}

void Application::takeSettings()
{
    const Settings& settings = m_station->settings();
    m_theme->setMode(QString::fromStdString(settings.theme));
    // --language holds until the user chooses another in the window.
    const QString chosen = QString::fromStdString(settings.language);
    if (m_languageInForce.isEmpty() && !m_line.language.isEmpty()) {
        m_languageInForce = chosen;
        return;
    }
    if (chosen == m_languageInForce)
        return;
    m_languageInForce = chosen;
    m_language->choose(chosen);
    if (m_tray)
        m_tray->retranslate();
}

void Application::ensureTray()
{
    if (m_tray || !Tray::present())
        return;
    m_tray = std::make_unique<Tray>(*m_station);
    connect(m_tray.get(), &Tray::openWanted, this, &Application::openWindow);
    connect(m_tray.get(), &Tray::callsWanted, this, [this] {
        openWindow();
        window().openPage(PageId::Calls);
    });
    connect(m_tray.get(), &Tray::quitWanted, this, &Application::quit);
}

MainWindow& Application::window()
{
    if (!m_window) {
        m_window = std::make_unique<MainWindow>(*m_station);
        connect(m_window.get(), &MainWindow::closed, this, &Application::windowClosed);
        connect(m_window.get(), &MainWindow::quitWanted, this, &Application::quit);
    }
    return *m_window;
}

void Application::openWindow()
{
    if (!m_quitting)
        window().raiseWindow();
}

void Application::windowClosed()
{
    if (m_quitting)
        return;
    if (Tray::present() && m_tray)
        hintAtTray();
    else
        askWhetherToServe();
}

void Application::hintAtTray()
{
    if (m_station->settings().closeHintShown)
        return;
    m_tray->tell(
        tr("Waystation keeps serving"), tr("It stays in the tray. Quit from its menu there."));
    const auto noted = m_station->change([](Settings& settings) -> Result<void> {
        settings.closeHintShown = true;
        return {};
    });
    if (!noted)
        qWarning("%s", noted.error().message.c_str());
}

void Application::askWhetherToServe()
{
    auto* box = new QMessageBox(QMessageBox::Question, QStringLiteral("Waystation"),
        tr("There is no tray on this desktop. Should Waystation keep serving without its window?"));
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(tr("Start it again to bring the window back."));
    QPushButton* keep = box->addButton(tr("&Keep serving"), QMessageBox::AcceptRole);
    QPushButton* leave = box->addButton(tr("&Quit"), QMessageBox::DestructiveRole);
    box->addButton(tr("&Back to the window"), QMessageBox::RejectRole);
    box->setDefaultButton(keep);
    box->setAttribute(Qt::WA_DeleteOnClose);
    connect(box, &QMessageBox::buttonClicked, this, [this, keep, leave](QAbstractButton* pressed) {
        if (pressed == leave)
            quit();
        else if (pressed != keep)
            openWindow();
    });
    connect(box, &QMessageBox::rejected, this, &Application::openWindow);
    box->open();
}

void Application::showGoodbye()
{
    m_goodbye = std::make_unique<QWidget>(nullptr, Qt::Dialog | Qt::FramelessWindowHint);
    QVBoxLayout* layout = column(m_goodbye.get(), 20, 4);
    layout->addWidget(titleLabel(tr("Quitting"), 1.1));
    layout->addWidget(textLabel(tr("Running calls get a moment to finish."), "muted"));
    m_goodbye->show();
}

void Application::quit()
{
    if (m_quitting)
        return;
    m_quitting = true;
    if (m_window) {
        m_window->settle();
        m_window->hide();
    }
    m_tray.reset();
    clearCopiedSecret();
    if (m_station->engineFigures().callsInFlight > 0)
        showGoodbye();
    m_station->close(quitGrace, [this] { m_application.quit(); });
}

}
