#pragma once

#include <QWidget>

class QLabel;
class QPushButton;

namespace waystation {

/// What an empty place says: what would be here, and the one thing to do.
class EmptyHint : public QWidget
{
    Q_OBJECT
public:
    /// `action` empty: no button.
    EmptyHint(const char* icon, const QString& title, const QString& text, const QString& action,
        const char* objectName, QWidget* parent = nullptr);
    void setText(const QString& text);

Q_SIGNALS:
    void actionWanted();

private:
    QLabel* m_text;
};

}
