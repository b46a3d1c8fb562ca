#include "ui/widgets/copy_label.h"

#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/clipboard.h"

#include <QTimer>

namespace waystation {

CopyLabel::CopyLabel(const char* objectName, const QString& accessibleName, QWidget* parent)
    : QPushButton(parent)
{
    named(this, objectName, accessibleName);
    withRole(this, "flat");
    setFont(tabular(font()));
    setCursor(Qt::PointingHandCursor);
    setAutoDefault(false);
    setToolTip(tr("Click to copy"));
    connect(this, &QPushButton::clicked, this, &CopyLabel::copy);
}

void CopyLabel::setCopyText(const QString& text)
{
    m_text = text;
    setText(QString(text).replace(QLatin1Char('&'), QStringLiteral("&&")));
    setAccessibleDescription(text);
}

void CopyLabel::copy()
{
    copyText(m_text);
    setText(tr("Copied"));
    QTimer::singleShot(1200, this, [this] { setCopyText(m_text); });
}

}
