#pragma once

#include "bridge/station.h"

#include <QObject>

#include <memory>
#include <optional>

class QAction;
class QMenu;
class QSystemTrayIcon;
class QTimer;

namespace waystation {

/// The icon's four shapes.
enum class TrayShape { Serving, Busy, Attention, Stopped };
TrayShape trayShape(const RelayState& relay, std::int64_t callsInFlight, bool hasProblem);
/// The one problem worth a line in the menu; empty when there is none.
QString trayProblem(const Station& station);

/// The tray's icon with its menu. Made where a tray is; see present().
class Tray : public QObject
{
    Q_OBJECT
public:
    explicit Tray(Station& station, QObject* parent = nullptr);
    ~Tray() override;

    static bool present();
    /// In the language now in force.
    void retranslate();
    /// Says something once, beside the icon.
    void tell(const QString& title, const QString& text);

    QMenu* menu() const { return m_menu.get(); }

    QString toolTip() const;

Q_SIGNALS:
    void openWanted();
    void callsWanted();
    void settingsWanted();
    void quitWanted();

private:
    void update();
    void fetchSpend();

    Station& m_station;
    std::unique_ptr<QMenu> m_menu;
    QSystemTrayIcon* m_icon;
    QTimer* m_pending;
    QAction* m_state;
    QAction* m_spend;
    QAction* m_problem;
    QAction* m_pause;
    QAction* m_open;
    QAction* m_calls;
    QAction* m_quit;
    std::optional<TrayShape> m_shape;
    QString m_spendText;
    int m_round = 0;
};

}
