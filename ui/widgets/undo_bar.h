#pragma once

#include <QFrame>

#include <functional>

class QLabel;
class QPushButton;
class QTimer;

namespace waystation {

/// A note at the window's lower edge that goes by itself; with an undo while it stands.
class UndoBar : public QFrame
{
    Q_OBJECT
public:
    explicit UndoBar(QWidget* parent);
    /// `undo` empty: only tells. `settle` (may be empty) runs when the note goes without an undo.
    void offer(
        const QString& text, std::function<void()> undo, int seconds, std::function<void()> settle);
    /// Takes it away; what it offered is settled.
    void dismiss();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();

    QLabel* m_text;
    QPushButton* m_undo;
    QTimer* m_limit;
    std::function<void()> m_action;
    std::function<void()> m_settle;
};

}
