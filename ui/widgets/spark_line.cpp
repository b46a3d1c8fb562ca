#include "ui/widgets/spark_line.h"

#include "ui/theme/colours.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace waystation {

SparkLine::SparkLine(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAttribute(Qt::WA_TransparentForMouseEvents);
}

void SparkLine::setValues(std::vector<double> values)
{
    if (values == m_values)
        return;
    m_values = std::move(values);
    update();
}

void SparkLine::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Colours& colours = coloursOf(palette());
    const qreal bottom = height() - 1.5;
    const double most = m_values.empty() ? 0 : *std::max_element(m_values.begin(), m_values.end());
    if (m_values.size() < 2 || most <= 0) {
        painter.setPen(QPen(colours.border, 1.5));
        painter.drawLine(QPointF(0, bottom), QPointF(width(), bottom));
        return;
    }
    QPainterPath path;
    const qreal step = (width() - 3.0) / static_cast<qreal>(m_values.size() - 1);
    for (std::size_t i = 0; i < m_values.size(); ++i) {
        const QPointF point(
            1.5 + static_cast<qreal>(i) * step, bottom - m_values[i] / most * (height() - 4));
        i == 0 ? path.moveTo(point) : path.lineTo(point);
    }
    QPainterPath area = path;
    area.lineTo(width() - 1.5, height());
    area.lineTo(1.5, height());
    area.closeSubpath();
    QColor soft = colours.accent;
    soft.setAlphaF(0.12f);
    painter.fillPath(area, soft);
    painter.setPen(QPen(colours.accent, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

}
