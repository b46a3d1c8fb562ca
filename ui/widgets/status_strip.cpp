#include "ui/widgets/status_strip.h"

#include "ui/theme/colours.h"

#include <QPainter>

namespace waystation {

StatusStrip::StatusStrip(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void StatusStrip::setSlots(std::vector<ChannelStrip::Slot> values)
{
    m_slots = std::move(values);
    int done = 0;
    int failed = 0;
    for (const auto& slot : m_slots) {
        done += slot.done;
        failed += slot.failed;
    }
    setAccessibleName(tr("Last hour"));
    //: calls of a channel in the last hour
    const QString summary = tr("Last hour: %1 done, %2 failed").arg(done).arg(failed);
    setToolTip(summary);
    setAccessibleDescription(summary);
    update();
}

void StatusStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const Colours& colours = coloursOf(palette());
    constexpr int count = 60;
    const qreal step = static_cast<qreal>(width()) / count;
    for (int i = 0; i < count; ++i) {
        const std::size_t offset = m_slots.size() >= count ? m_slots.size() - count : 0;
        const ChannelStrip::Slot slot
            = offset + i < m_slots.size() ? m_slots[offset + i] : ChannelStrip::Slot();
        QColor colour = colours.border;
        qreal part = 0.55;
        if (slot.failed > 0) {
            colour = slot.done > slot.failed ? colours.warn : colours.bad;
            part = 1;
        } else if (slot.done > 0) {
            colour = colours.good;
            part = 1;
        }
        const qreal tall = height() * part;
        painter.setBrush(colour);
        painter.drawRoundedRect(
            QRectF(i * step, (height() - tall) / 2, qMax(1.0, step - 1), tall), 1, 1);
    }
}

}
