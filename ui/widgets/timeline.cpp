#include "ui/widgets/timeline.h"

#include "ui/text/error_text.h"
#include "ui/text/format.h"
#include "ui/widgets/build.h"

#include <QCoreApplication>
#include <QPainter>

#include <algorithm>

namespace waystation {

QString textOf(Phase phase)
{
    switch (phase) {
    case Phase::Queue:
        return Timeline::tr("Queue");
    case Phase::Connect:
        return Timeline::tr("Connect");
    case Phase::Tls:
        return Timeline::tr("TLS");
    case Phase::Waiting:
        return Timeline::tr("Waiting");
    case Phase::Streaming:
        break;
    }
    return Timeline::tr("Streaming");
}

namespace {

TimelineRow rowOf(const Attempt& attempt, bool isOnly, const CallRecord& record)
{
    TimelineRow row;
    row.title
        = fromUtf8(attempt.channelName) + QStringLiteral(" / ") + fromUtf8(attempt.model.text());
    if (attempt.status > 0)
        row.title += QStringLiteral("  %1").arg(attempt.status);
    if (attempt.error)
        row.title += QStringLiteral("  ") + textOf(attempt.error->kind);
    row.title = singleLine(row.title);
    row.failed = attempt.error.has_value();
    Micros at = attempt.startedAfter;
    const auto add = [&row, &at](Phase phase, Micros length) {
        if (length.count() <= 0)
            return;
        row.spans.push_back({phase, at, at + length});
        at += length;
    };
    const Timings& t = attempt.timings;
    add(Phase::Queue, t.queue.value_or(Micros(0)));
    add(Phase::Connect, t.connect.value_or(Micros(0)));
    add(Phase::Tls, t.tls.value_or(Micros(0)));
    const Micros end
        = t.end.value_or(isOnly ? record.timings.end.value_or(Micros(0)) - attempt.startedAfter
                                : t.firstByte.value_or(Micros(0)));
    const Micros elapsed = at - attempt.startedAfter;
    const Micros first = std::max(t.firstToken.value_or(t.firstByte.value_or(end)), elapsed);
    add(Phase::Waiting, std::min(first, std::max(end, elapsed)) - elapsed);
    add(Phase::Streaming, end - (at - attempt.startedAfter));
    return row;
}

}

std::vector<TimelineRow> timelineOf(const CallRecord& record)
{
    std::vector<TimelineRow> rows;
    if (record.timings.queue && record.timings.queue->count() > 0)
        rows.push_back({Timeline::tr("In Waystation"), false,
            {{Phase::Queue, Micros(0), *record.timings.queue}}});
    for (const Attempt& attempt : record.attempts)
        rows.push_back(rowOf(attempt, record.attempts.size() == 1, record));
    return rows;
}

Timeline::Timeline(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Timeline"));
}

void Timeline::setRecord(const CallRecord& record)
{
    m_rows = timelineOf(record);
    m_total = std::max(record.timings.end.value_or(Micros(1)), Micros(1));
    QStringList spoken;
    for (const TimelineRow& row : m_rows) {
        spoken << row.title;
        for (const TimelineSpan& span : row.spans) {
            m_total = std::max(m_total, span.until);
            spoken << textOf(span.phase) + QLatin1Char(' ') + durationText(span.until - span.from);
        }
    }
    setAccessibleDescription(spoken.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

int Timeline::rowHeight() const
{
    return fontMetrics().height() * 2 + 26;
}

QSize Timeline::sizeHint() const
{
    return {360, std::max(1, static_cast<int>(m_rows.size())) * rowHeight() + 4};
}

QSize Timeline::minimumSizeHint() const
{
    return {200, sizeHint().height()};
}

void Timeline::paintRow(QPainter& painter, const TimelineRow& row, int top) const
{
    const Colours& colours = coloursOf(palette());
    const int line = fontMetrics().height();
    painter.setPen(row.failed ? colours.badText : colours.text);
    painter.drawText(QRect(0, top, width(), line), Qt::AlignLeft | Qt::AlignVCenter,
        fontMetrics().elidedText(row.title, Qt::ElideRight, width()));
    const QRectF track(0, top + line + 4, width(), 12);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.sunken);
    painter.drawRoundedRect(track, 4, 4);
    const QColor phaseColours[]
        = {colours.idle, colours.series[1], colours.series[3], colours.series[2], colours.accent};
    qreal labelsEnd = 0;
    const auto scale = [this](Micros at) {
        return static_cast<qreal>(at.count()) / static_cast<qreal>(m_total.count()) * width();
    };
    for (const TimelineSpan& span : row.spans) {
        const qreal left = std::min(scale(span.from), width() - 3.0);
        const qreal wide = std::max(3.0, scale(span.until) - left - 1);
        const QColor colour = phaseColours[static_cast<int>(span.phase)];
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawRoundedRect(QRectF(left, track.top(), wide, track.height()), 3, 3);
        const QString label
            = textOf(span.phase) + QLatin1Char(' ') + durationText(span.until - span.from);
        const qreal room = fontMetrics().horizontalAdvance(label) + 14;
        // Beside each other where bars are short, so no label covers another.
        const qreal at = std::min(std::max(left, labelsEnd), std::max(labelsEnd, width() - room));
        painter.drawRoundedRect(QRectF(at, track.bottom() + 4 + (line - 7) / 2.0, 7, 7), 2, 2);
        painter.setPen(colours.muted);
        painter.drawText(QRectF(at + 11, track.bottom() + 4, room, line),
            Qt::AlignLeft | Qt::AlignVCenter, label);
        labelsEnd = at + room + 6;
    }
}

void Timeline::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_rows.empty()) {
        painter.setPen(coloursOf(palette()).muted);
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignTop, tr("No attempt was made."));
        return;
    }
    int top = 0;
    for (const TimelineRow& row : m_rows) {
        paintRow(painter, row, top);
        top += rowHeight();
    }
}

}
