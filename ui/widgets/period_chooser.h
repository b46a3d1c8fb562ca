#pragma once

#include "base/clock.h"

#include <QWidget>

class QButtonGroup;

namespace waystation {

enum class Period { Today, Day, Week, Month };

struct PeriodSpan
{
    TimePoint from;
    TimePoint until;
};

/// `offsetMinutes` is the local time's distance from UTC.
PeriodSpan spanOf(Period period, TimePoint now, int offsetMinutes);
/// The equal span before it.
PeriodSpan before(const PeriodSpan& span);
int utcOffsetMinutes(TimePoint now);

/// Today, 24 h, 7 d, 30 d as joined buttons.
class PeriodChooser : public QWidget
{
    Q_OBJECT
public:
    explicit PeriodChooser(QWidget* parent = nullptr);
    Period period() const;
    void setPeriod(Period period);

Q_SIGNALS:
    void periodChanged();

private:
    QButtonGroup* m_buttons;
};

}
