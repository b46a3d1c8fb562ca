#include "ui/widgets/secret_field.h"

#include "ui/widgets/build.h"

#include <QLineEdit>
#include <QTimer>

namespace waystation {

SecretField::SecretField(const char* objectName, const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
    , m_edit(new QLineEdit)
    , m_eye(iconButton(tr("Hold to show"), "", "eye"))
    , m_limit(new QTimer(this))
{
    named(m_edit, objectName, accessibleName);
    m_eye->setObjectName(QString::fromLatin1(objectName) + QStringLiteral("Eye"));
    m_edit->setEchoMode(QLineEdit::Password);
    m_edit->setInputMethodHints(Qt::ImhHiddenText | Qt::ImhSensitiveData | Qt::ImhNoPredictiveText
        | Qt::ImhNoAutoUppercase);
    m_edit->setMaxLength(4096);
    m_limit->setSingleShot(true);
    m_limit->setInterval(10'000);
    auto* layout = row(4);
    setLayout(layout);
    layout->addWidget(m_edit, 1);
    layout->addWidget(m_eye);
    setFocusProxy(m_edit);
    connect(m_eye, &QToolButton::pressed, this, [this] { setShown(true); });
    connect(m_eye, &QToolButton::released, this, [this] { setShown(false); });
    connect(m_limit, &QTimer::timeout, this, [this] { setShown(false); });
    connect(m_edit, &QLineEdit::textChanged, this, &SecretField::changed);
    connect(m_edit, &QLineEdit::returnPressed, this, &SecretField::confirmed);
}

bool SecretField::isEmpty() const
{
    return m_edit->text().trimmed().isEmpty();
}

Secret SecretField::take()
{
    std::string text = m_edit->text().trimmed().toStdString();
    clear();
    return Secret::taking(text);
}

void SecretField::clear()
{
    // Overwritten first; QLineEdit's undo history goes with setText.
    m_edit->setText(QString(m_edit->text().size(), QLatin1Char('x')));
    m_edit->setText(QString());
}

void SecretField::setShown(bool shown)
{
    m_edit->setEchoMode(shown ? QLineEdit::Normal : QLineEdit::Password);
    shown ? m_limit->start() : m_limit->stop();
}

}
