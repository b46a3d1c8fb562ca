#include "ui/widgets/stacked_bars.h"

#include "ui/theme/colours.h"
#include "ui/widgets/build.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <cmath>
#include <numeric>

namespace waystation {

double roundTop(double value)
{
    if (value <= 0)
        return 1;
    const double unit = std::pow(10.0, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 2.5, 5.0}) {
        if (value <= step * unit * 1.0000001)
            return step * unit;
    }
    return 10 * unit;
}

StackedBars::StackedBars(QWidget* parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void StackedBars::setData(BarsData data, std::function<QString(double)> format)
{
    m_data = std::move(data);
    m_format = std::move(format);
    m_most = 0;
    QStringList spoken;
    for (std::size_t i = 0; i < m_data.values.size(); ++i) {
        const double sum = std::accumulate(m_data.values[i].begin(), m_data.values[i].end(), 0.0);
        m_most = std::max(m_most, sum);
        if (sum > 0)
            spoken << m_data.slotNames.value(static_cast<qsizetype>(i)) + QLatin1Char(' ')
                    + m_format(sum);
    }
    // The chart is also a table for those who cannot see it.
    setAccessibleDescription(spoken.join(QStringLiteral("; ")));
    if (m_hovered >= static_cast<int>(m_data.values.size()))
        m_hovered = -1;
    update();
}

QRectF StackedBars::plotRect() const
{
    const int line = fontMetrics().height();
    const int left = m_format && m_most > 0
        ? fontMetrics().horizontalAdvance(m_format(roundTop(m_most))) + 12
        : 0;
    return QRectF(rect()).adjusted(left, line + 14, -2, -(line + 8));
}

int StackedBars::slotAt(qreal x) const
{
    const QRectF plot = plotRect();
    const auto count = static_cast<int>(m_data.values.size());
    if (count == 0 || x < plot.left() || x >= plot.right())
        return -1;
    return std::min(count - 1, static_cast<int>((x - plot.left()) / plot.width() * count));
}

QColor StackedBars::colourOf(int series) const
{
    const Colours& colours = coloursOf(palette());
    const auto last = static_cast<int>(colours.series.size()) - 1;
    const bool isOthers = m_data.series.value(series).isEmpty();
    return colours.series[static_cast<std::size_t>(isOthers ? last : series % last)];
}

void StackedBars::paintGrid(QPainter& painter, const QRectF& plot, double top) const
{
    const Colours& colours = coloursOf(palette());
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (int i = 0; i <= 2; ++i) {
        const qreal y = std::round(plot.bottom() - plot.height() * i / 2);
        painter.setPen(QPen(colours.border, 1));
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        painter.setPen(colours.muted);
        painter.drawText(QRectF(0, y - 12, plot.left() - 8, 24), Qt::AlignRight | Qt::AlignVCenter,
            m_format(top * i / 2));
    }
    const auto count = static_cast<qsizetype>(m_data.values.size());
    for (qsizetype i = 0; i < count; ++i) {
        const QString label = m_data.axis.value(i);
        if (label.isEmpty())
            continue;
        const qreal centre = plot.left()
            + plot.width() * (static_cast<qreal>(i) + 0.5) / static_cast<qreal>(count);
        const int wide = fontMetrics().horizontalAdvance(label) + 4;
        const qreal left = std::clamp(
            centre - wide / 2.0, 0.0, std::max(0.0, static_cast<qreal>(width()) - wide));
        painter.drawText(
            QRectF(left, plot.bottom() + 6, wide, fontMetrics().height()), Qt::AlignCenter, label);
    }
}

void StackedBars::paintBars(QPainter& painter, const QRectF& plot, double top) const
{
    painter.setRenderHint(QPainter::Antialiasing);
    const auto count = static_cast<int>(m_data.values.size());
    const qreal step = plot.width() / count;
    const qreal wide = std::clamp(step * 0.68, 2.0, 36.0);
    for (int i = 0; i < count; ++i) {
        const auto& parts = m_data.values[static_cast<std::size_t>(i)];
        const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
        if (sum <= 0)
            continue;
        const qreal left = plot.left() + step * i + (step - wide) / 2;
        const qreal tall = std::max(2.0, sum / top * plot.height());
        QPainterPath shape;
        const qreal bend = std::min({3.0, wide / 2, tall});
        shape.moveTo(left, plot.bottom());
        shape.lineTo(left, plot.bottom() - tall + bend);
        shape.quadTo(left, plot.bottom() - tall, left + bend, plot.bottom() - tall);
        shape.lineTo(left + wide - bend, plot.bottom() - tall);
        shape.quadTo(left + wide, plot.bottom() - tall, left + wide, plot.bottom() - tall + bend);
        shape.lineTo(left + wide, plot.bottom());
        shape.closeSubpath();
        painter.save();
        painter.setClipPath(shape);
        qreal y = plot.bottom();
        for (std::size_t s = 0; s < parts.size(); ++s) {
            const qreal part = parts[s] / sum * tall;
            QColor colour = colourOf(static_cast<int>(s));
            if (m_hovered >= 0 && m_hovered != i)
                colour.setAlphaF(0.45f);
            painter.fillRect(QRectF(left, y - part, wide, part), colour);
            y -= part;
        }
        painter.restore();
    }
}

void StackedBars::paintKeys(QPainter& painter) const
{
    const Colours& colours = coloursOf(palette());
    qreal x = 0;
    for (qsizetype i = 0; i < m_data.series.size(); ++i) {
        const QString name = fontMetrics().elidedText(
            m_data.series[i].isEmpty() ? tr("others") : m_data.series[i], Qt::ElideMiddle, 180);
        const qreal wide = 16 + fontMetrics().horizontalAdvance(name) + 16;
        if (x + wide - 16 > width())
            break;
        painter.setPen(Qt::NoPen);
        painter.setBrush(colourOf(static_cast<int>(i)));
        painter.drawRoundedRect(QRectF(x, (fontMetrics().height() - 9) / 2.0, 9, 9), 2.5, 2.5);
        painter.setPen(colours.muted);
        painter.drawText(QRectF(x + 15, 0, wide, fontMetrics().height()),
            Qt::AlignLeft | Qt::AlignVCenter, name);
        x += wide;
    }
}

void StackedBars::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QRectF plot = plotRect();
    const double top = roundTop(m_most);
    if (!m_format)
        return;
    if (m_most <= 0) {
        painter.setPen(coloursOf(palette()).muted);
        painter.drawText(plot, Qt::AlignCenter, tr("Nothing in this period"));
        return;
    }
    paintGrid(painter, plot, top);
    paintBars(painter, plot, top);
    paintKeys(painter);
}

QString StackedBars::splitText(int slot) const
{
    const auto& parts = m_data.values[static_cast<std::size_t>(slot)];
    QStringList lines{m_data.slotNames.value(slot) + QStringLiteral("   ")
        + m_format(std::accumulate(parts.begin(), parts.end(), 0.0))};
    for (std::size_t s = 0; s < parts.size(); ++s) {
        if (parts[s] > 0) {
            const QString name = m_data.series.value(static_cast<qsizetype>(s));
            lines << (name.isEmpty() ? tr("others") : singleLine(name)) + QStringLiteral("   ")
                    + m_format(parts[s]);
        }
    }
    return lines.join(QLatin1Char('\n'));
}

void StackedBars::mouseMoveEvent(QMouseEvent* event)
{
    const int slot = slotAt(event->position().x());
    if (slot == m_hovered)
        return;
    m_hovered = slot;
    if (slot >= 0 && m_most > 0)
        QToolTip::showText(event->globalPosition().toPoint(), plainToolTip(splitText(slot)), this);
    update();
}

void StackedBars::mousePressEvent(QMouseEvent* event)
{
    const int slot = slotAt(event->position().x());
    if (slot >= 0 && event->button() == Qt::LeftButton)
        Q_EMIT slotClicked(slot);
}

void StackedBars::leaveEvent(QEvent*)
{
    m_hovered = -1;
    update();
}

}
