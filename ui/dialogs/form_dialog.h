#pragma once

#include "base/error.h"

#include <QDialog>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace waystation {

/// A window-modal dialog: content, a line for what is wrong, Cancel and one action.
class FormDialog : public QDialog
{
    Q_OBJECT
public:
    FormDialog(
        const QString& title, const QString& action, const char* objectName, QWidget* parent);

protected:
    QVBoxLayout* content() const { return m_content; }

    QPushButton* actionButton() const { return m_action; }

    QPushButton* cancelButton() const { return m_cancel; }

    void showProblem(const QString& text);
    void showProblem(const Error& error);
    void clearProblem();
    /// While an answer is awaited nothing can be pressed twice.
    void setBusy(bool busy);
    virtual void act() = 0;

private:
    QVBoxLayout* m_content;
    QLabel* m_problem;
    QPushButton* m_cancel;
    QPushButton* m_action;
};

}
