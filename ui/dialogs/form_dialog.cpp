#include "ui/dialogs/form_dialog.h"

#include "ui/text/error_text.h"
#include "ui/widgets/build.h"

namespace waystation {

FormDialog::FormDialog(
    const QString& title, const QString& action, const char* objectName, QWidget* parent)
    : QDialog(parent)
    , m_content(column(nullptr, 0, 12))
    , m_problem(wrappedLabel(QString(), "bad"))
    , m_cancel(pushButton(tr("&Cancel"), "cancelButton"))
    , m_action(pushButton(action, "acceptButton", nullptr, "primary"))
{
    setObjectName(QString::fromLatin1(objectName));
    setAccessibleName(title);
    setWindowTitle(title);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowModality(Qt::WindowModal);
    QVBoxLayout* layout = column(this, 20, 16);
    layout->addLayout(m_content, 1);
    m_problem->setObjectName(QStringLiteral("problemLabel"));
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->hide();
    layout->addWidget(m_problem);
    auto* buttons = row(8);
    buttons->addStretch(1);
    buttons->addWidget(m_cancel);
    buttons->addWidget(m_action);
    layout->addLayout(buttons);
    m_action->setDefault(true);
    connect(m_cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_action, &QPushButton::clicked, this, [this] { act(); });
}

void FormDialog::showProblem(const QString& text)
{
    m_problem->setText(text);
    m_problem->setAccessibleName(text);
    m_problem->show();
}

void FormDialog::showProblem(const Error& error)
{
    showProblem(textOf(error));
}

void FormDialog::clearProblem()
{
    m_problem->hide();
}

void FormDialog::setBusy(bool busy)
{
    m_action->setEnabled(!busy);
    setCursor(busy ? Qt::BusyCursor : Qt::ArrowCursor);
}

}
