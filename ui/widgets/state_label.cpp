#include "ui/widgets/state_label.h"

#include "ui/widgets/build.h"

#include <QPainter>

namespace waystation {

namespace {

constexpr int dotRoom = 16;

}

void paintDot(QPainter& painter, const QPointF& centre, Tone tone, const Colours& colours)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor colour = fillOf(tone, colours);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    // Shapes differ beside the colours: round for good and idle, a diamond for warn, a square for
    // bad.
    if (tone == Tone::Warn) {
        const QPointF points[] = {centre + QPointF(0, -4.5), centre + QPointF(4.5, 0),
            centre + QPointF(0, 4.5), centre + QPointF(-4.5, 0)};
        painter.drawPolygon(points, 4);
    } else if (tone == Tone::Bad) {
        painter.drawRoundedRect(QRectF(centre - QPointF(3.5, 3.5), QSizeF(7, 7)), 1, 1);
    } else if (tone == Tone::Idle) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(colour, 1.5));
        painter.drawEllipse(centre, 3.25, 3.25);
    } else {
        painter.drawEllipse(centre, 4.0, 4.0);
    }
    painter.restore();
}

StateLabel::StateLabel(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void StateLabel::setState(Tone tone, const QString& text)
{
    if (tone == m_tone && text == m_text)
        return;
    m_tone = tone;
    m_text = text;
    setToolTip(plainToolTip(text));
    setAccessibleDescription(text);
    updateGeometry();
    update();
}

QSize StateLabel::sizeHint() const
{
    return {dotRoom + fontMetrics().horizontalAdvance(m_text) + 2, fontMetrics().height() + 4};
}

QSize StateLabel::minimumSizeHint() const
{
    return {dotRoom + 40, fontMetrics().height() + 4};
}

void StateLabel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Colours& colours = coloursOf(palette());
    paintDot(painter, QPointF(6, height() / 2.0), m_tone, colours);
    painter.setPen(wordOf(m_tone, colours));
    const QRect room = rect().adjusted(dotRoom, 0, 0, 0);
    painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
        fontMetrics().elidedText(m_text, Qt::ElideRight, room.width()));
}

}
