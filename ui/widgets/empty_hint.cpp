#include "ui/widgets/empty_hint.h"

#include "ui/theme/icons.h"
#include "ui/widgets/build.h"

namespace waystation {

EmptyHint::EmptyHint(const char* icon, const QString& title, const QString& text,
    const QString& action, const char* objectName, QWidget* parent)
    : QWidget(parent)
    , m_text(wrappedLabel(text, "muted"))
{
    QVBoxLayout* layout = column(this, 24, 8);
    layout->addStretch(1);
    auto* picture = new QToolButton;
    picture->setIcon(lineIcon(icon, IconTint::Muted));
    picture->setIconSize(QSize(28, 28));
    picture->setFocusPolicy(Qt::NoFocus);
    picture->setAttribute(Qt::WA_TransparentForMouseEvents);
    picture->setStyleSheet(QStringLiteral("border: none; background: transparent;"));
    named(picture, "hintPicture", title);
    layout->addWidget(picture, 0, Qt::AlignHCenter);
    QLabel* heading = titleLabel(title, 1.1);
    heading->setAlignment(Qt::AlignCenter);
    heading->setWordWrap(true);
    layout->addWidget(heading);
    m_text->setAlignment(Qt::AlignCenter);
    m_text->setMaximumWidth(460);
    auto* centred = row(0);
    centred->addStretch(1);
    centred->addWidget(m_text, 8);
    centred->addStretch(1);
    layout->addLayout(centred);
    if (!action.isEmpty()) {
        QPushButton* button = pushButton(action, objectName, "plus");
        layout->addSpacing(4);
        layout->addWidget(button, 0, Qt::AlignHCenter);
        connect(button, &QPushButton::clicked, this, &EmptyHint::actionWanted);
    }
    layout->addStretch(1);
}

void EmptyHint::setText(const QString& text)
{
    m_text->setText(text);
}

}
