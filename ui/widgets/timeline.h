#pragma once

#include "relay/call_record.h"

#include <QWidget>

#include <vector>

namespace waystation {

enum class Phase { Queue, Connect, Tls, Waiting, Streaming };
QString textOf(Phase phase);

struct TimelineSpan
{
    Phase phase = Phase::Queue;
    Micros from{0}; // from the call's start
    Micros until{0};
};

struct TimelineRow
{
    QString title; // "OpenAI / gpt-5, 200"
    bool failed = false;
    std::vector<TimelineSpan> spans;
};

/// A row for the wait in the queue's place of each attempt: what a call's time went to.
std::vector<TimelineRow> timelineOf(const CallRecord& record);

/// Paints it: a bar a phase, attempts below each other, each span named with its length.
class Timeline : public QWidget
{
    Q_OBJECT
public:
    explicit Timeline(QWidget* parent = nullptr);
    void setRecord(const CallRecord& record);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void paintRow(QPainter& painter, const TimelineRow& row, int top) const;
    int rowHeight() const;

    std::vector<TimelineRow> m_rows;
    Micros m_total{1};
};

}
