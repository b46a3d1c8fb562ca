#pragma once

#include "app/command_line.h"
#include "bridge/station.h"

#include <QObject>

#include <memory>

class QApplication;

namespace waystation {

class ControlServer;
class Language;
class MainWindow;
class Theme;
class Tray;
class Verbs;

/// Builds the parts of the tray program, wires them, and stops them in order.
class Application : public QObject
{
    Q_OBJECT
public:
    Application(QApplication& application, CommandLine line);
    ~Application() override;

    /// Errors: as Station::open. The caller tells the user.
    Result<void> start();
    /// Finishes running calls, then ends the event loop.
    void quit();

private:
    void takeSettings();
    void ensureTray();
    void openWindow();
    MainWindow& window();
    void windowClosed();
    void askWhetherToServe();
    void hintAtTray();
    void showGoodbye();

    QApplication& m_application;
    CommandLine m_line;
    std::unique_ptr<Station> m_station;
    std::unique_ptr<Verbs> m_verbs;
    std::unique_ptr<ControlServer> m_control;
    Theme* m_theme;
    std::unique_ptr<Language> m_language;
    std::unique_ptr<MainWindow> m_window;
    std::unique_ptr<Tray> m_tray;
    std::unique_ptr<QWidget> m_goodbye;
    QString m_languageInForce;
    bool m_quitting = false;
};

}
