#pragma once

#include <QPushButton>

namespace waystation {

/// A text that a click or Enter copies; says so for a moment.
class CopyLabel : public QPushButton
{
    Q_OBJECT
public:
    CopyLabel(const char* objectName, const QString& accessibleName, QWidget* parent = nullptr);
    void setCopyText(const QString& text);

private:
    void copy();

    QString m_text;
};

}
