#include "ui/widgets/period_chooser.h"

#include "ui/widgets/build.h"

#include <QButtonGroup>
#include <QDateTime>

namespace waystation {

PeriodSpan spanOf(Period period, TimePoint now, int offsetMinutes)
{
    using std::chrono::hours;
    switch (period) {
    case Period::Today: {
        const auto local = now + std::chrono::minutes(offsetMinutes);
        const auto midnight = std::chrono::floor<std::chrono::days>(local);
        return {TimePoint(midnight) - std::chrono::minutes(offsetMinutes), now};
    }
    case Period::Day:
        return {now - hours(24), now};
    case Period::Week:
        return {now - hours(24 * 7), now};
    case Period::Month:
        break;
    }
    return {now - hours(24 * 30), now};
}

PeriodSpan before(const PeriodSpan& span)
{
    return {span.from - (span.until - span.from), span.from};
}

int utcOffsetMinutes(TimePoint now)
{
    return QDateTime::fromMSecsSinceEpoch(microsSinceEpoch(now) / 1000).offsetFromUtc() / 60;
}

PeriodChooser::PeriodChooser(QWidget* parent)
    : QWidget(parent)
    , m_buttons(new QButtonGroup(this))
{
    auto* layout = row(0);
    setLayout(layout);

    const struct
    {
        QString text;
        QString spoken;
        const char* name;
        Period period;
    } choices[] = {
        {tr("Today"), tr("Today"), "periodToday", Period::Today},
        //: the last 24 hours, short
        {tr("24 h"), tr("Last 24 hours"), "periodDay", Period::Day},
        //: the last 7 days, short
        {tr("7 d"), tr("Last 7 days"), "periodWeek", Period::Week},
        //: the last 30 days, short
        {tr("30 d"), tr("Last 30 days"), "periodMonth", Period::Month},
    };

    for (const auto& choice : choices) {
        auto* button = withRole(named(new QToolButton, choice.name, choice.spoken), "segment");
        button->setText(choice.text);
        button->setCheckable(true);
        button->setFocusPolicy(Qt::StrongFocus);
        if (choice.period == Period::Today)
            button->setProperty("place", QStringLiteral("first"));
        if (choice.period == Period::Month)
            button->setProperty("place", QStringLiteral("last"));
        // Room for the bold text of the chosen one, so that nothing moves.
        const QFontMetrics bold(scaledFont(button->font(), 1, QFont::DemiBold));
        button->setMinimumWidth(bold.horizontalAdvance(choice.text) + 24);
        m_buttons->addButton(button, static_cast<int>(choice.period));
        layout->addWidget(button);
    }
    m_buttons->button(static_cast<int>(Period::Today))->setChecked(true);
    connect(m_buttons, &QButtonGroup::idClicked, this, &PeriodChooser::periodChanged);
}

Period PeriodChooser::period() const
{
    return static_cast<Period>(m_buttons->checkedId());
}

void PeriodChooser::setPeriod(Period period)
{
    m_buttons->button(static_cast<int>(period))->setChecked(true);
    Q_EMIT periodChanged();
}

}
