#pragma once

#include "ui/pages/page.h"
#include "ui/pages/pages.h"

#include <QWidget>

#include <vector>

class QButtonGroup;
class QLabel;
class QPushButton;
class QStackedWidget;
class QToolButton;

namespace waystation {

class CopyLabel;
class StateLabel;
class UndoBar;

/// Side bar and pages. Built anew when the language changes.
class MainWindow : public QWidget, public Shell
{
    Q_OBJECT
public:
    explicit MainWindow(Station& station);
    ~MainWindow() override;

    void offerUndo(const QString& text, std::function<void()> undo, int seconds,
        std::function<void()> settle) override;
    void say(const QString& text) override;
    void openPage(PageId page) override;
    void openCalls(const CallFilter& filter) override;

    /// Brings it to the front, wherever it is.
    void raiseWindow();
    /// Makes deletions final that could still have been undone. Before the station closes.
    void settle();

    PageId currentPage() const { return m_current; }

Q_SIGNALS:
    /// The user closed it. The application decides what that means; the window is hidden.
    void closed();
    void quitWanted();

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void build();
    void rebuild();
    QWidget* makeSideBar();
    QWidget* makeFoot();
    void makeShortcuts();
    Page* page(PageId id);
    void setCollapsed(bool collapsed);
    void showRelay();
    void togglePause();
    void rememberPlace();
    void restorePlace();
    QString placeFile() const;

    Station& m_station;
    std::vector<PageEntry> m_entries;
    std::vector<Page*> m_pages; // made when first opened
    QWidget* m_inside = nullptr;
    QWidget* m_sideBar = nullptr;
    QButtonGroup* m_navigation = nullptr;
    QStackedWidget* m_stack = nullptr;
    QLabel* m_brand = nullptr;
    QToolButton* m_collapse = nullptr;
    StateLabel* m_relay = nullptr;
    CopyLabel* m_address = nullptr;
    QPushButton* m_pause = nullptr;
    UndoBar* m_undo = nullptr;
    PageId m_current = PageId::Overview;
    bool m_collapsed = false;
    bool m_rebuilding = false;
};

}
