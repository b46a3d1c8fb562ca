#pragma once

#include "base/secret.h"

#include <QWidget>

class QLineEdit;
class QTimer;
class QToolButton;

namespace waystation {

/// Takes a secret. Hidden; shown only while the eye is pressed, and never longer than ten seconds.
class SecretField : public QWidget
{
    Q_OBJECT
public:
    SecretField(const char* objectName, const QString& accessibleName, QWidget* parent = nullptr);

    bool isEmpty() const;
    /// What was typed; the field is empty afterwards.
    Secret take();
    void clear();

    QLineEdit* edit() const { return m_edit; }

Q_SIGNALS:
    void changed();
    void confirmed(); // Enter

private:
    void setShown(bool shown);

    QLineEdit* m_edit;
    QToolButton* m_eye;
    QTimer* m_limit;
};

}
