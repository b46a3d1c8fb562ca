#pragma once

#include "bridge/station.h"

#include <QElapsedTimer>
#include <QWidget>

#include <functional>

class QHBoxLayout;
class QTimer;
class QVBoxLayout;

namespace waystation {

enum class PageId { Overview, Channels, Models, Keys, Calls, Settings };

/// What a page may ask of the window around it.
class Shell
{
public:
    virtual ~Shell() = default;
    /// Tells what was done; `undo` takes it back while the note stands, `settle` (may be empty)
    /// makes it final once it is gone.
    virtual void offerUndo(const QString& text, std::function<void()> undo, int seconds = 10,
        std::function<void()> settle = {})
        = 0;
    virtual void say(const QString& text) = 0;
    virtual void openPage(PageId page) = 0;
    virtual void openCalls(const CallFilter& filter) = 0;
};

/// One page: a title row, then content. Works only while it is seen: hidden, it holds no timer and
/// asks nothing.
class Page : public QWidget
{
    Q_OBJECT
public:
    Page(const QString& title, Station& station, Shell& shell, QWidget* parent = nullptr);

    virtual void primaryAction() { } // Ctrl+N

    virtual void focusFilter() { } // Ctrl+F

    virtual void escape() { } // Esc

    void refreshNow();

protected:
    /// Fetches and shows what is shown now. Called only while visible.
    virtual void refresh() = 0;
    /// Within a quarter of a second, and only when visible.
    void refreshSoon();

    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

    Station& station() const { return m_station; }

    Shell& shell() const { return m_shell; }

    QHBoxLayout* titleRow() const { return m_titleRow; }

    QVBoxLayout* body() const { return m_body; }

    /// Shows an error that belongs to no field.
    void showError(const QString& what, const Error& error);

private:
    Station& m_station;
    Shell& m_shell;
    QHBoxLayout* m_titleRow;
    QVBoxLayout* m_body;
    QTimer* m_pending;
    QElapsedTimer m_sinceRefresh;
};

/// A plain message box that does not stop the event loop.
void showProblem(QWidget* parent, const QString& what, const QString& detail);

}
