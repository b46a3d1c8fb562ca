#include "ui/widgets/undo_bar.h"

#include "ui/widgets/build.h"

#include <QEvent>
#include <QTimer>

namespace waystation {

UndoBar::UndoBar(QWidget* parent)
    : QFrame(parent)
    , m_text(textLabel(QString()))
    , m_undo(pushButton(tr("&Undo"), "undoButton"))
    , m_limit(new QTimer(this))
{
    setObjectName(QStringLiteral("undoBar"));
    withRole(this, "undo");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 8, 8);
    layout->setSpacing(12);
    layout->addWidget(m_text);
    layout->addWidget(m_undo);
    m_limit->setSingleShot(true);
    connect(m_limit, &QTimer::timeout, this, &UndoBar::dismiss);
    connect(m_undo, &QPushButton::clicked, this, [this] {
        const auto action = std::exchange(m_action, nullptr);
        m_settle = nullptr;
        dismiss();
        if (action)
            action();
    });
    parent->installEventFilter(this);
    hide();
}

void UndoBar::offer(
    const QString& text, std::function<void()> undo, int seconds, std::function<void()> settle)
{
    dismiss();
    m_settle = std::move(settle);
    m_action = std::move(undo);
    m_text->setText(fontMetrics().elidedText(singleLine(text), Qt::ElideMiddle, 520));
    setAccessibleName(text);
    m_undo->setVisible(static_cast<bool>(m_action));
    m_limit->start(seconds * 1000);
    place();
    show();
    raise();
}

void UndoBar::dismiss()
{
    m_action = nullptr;
    m_limit->stop();
    hide();
    if (const auto settle = std::exchange(m_settle, nullptr))
        settle();
}

void UndoBar::place()
{
    adjustSize();
    const QSize room = parentWidget()->size();
    move((room.width() - width()) / 2, room.height() - height() - 20);
}

bool UndoBar::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible())
        place();
    return QFrame::eventFilter(watched, event);
}

}
