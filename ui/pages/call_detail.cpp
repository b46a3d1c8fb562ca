#include "ui/pages/call_detail.h"

#include "ui/text/error_text.h"
#include "ui/text/format.h"
#include "ui/widgets/build.h"
#include "ui/widgets/clipboard.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/state_label.h"
#include "ui/widgets/timeline.h"

#include <QScrollArea>
#include <QTabWidget>
#include <QTimer>

namespace waystation {

namespace {

QString line(const QString& name, const QString& value)
{
    //: a name and its value
    return value.isEmpty() ? QString()
                           : CallDetail::tr("%1: %2").arg(name, value) + QLatin1Char('\n');
}

}

QString evidenceText(const CallRecord& record)
{
    // English and JSON: it goes to people who may not read the user's language, and to their tools.
    return QStringLiteral("Waystation %1, call %2, %3\n")
               .arg(QStringLiteral(WAYSTATION_VERSION), fromUtf8(record.id.text()),
                   longTimeText(record.startedAt))
        + fromUtf8(toJson(record)) + QLatin1Char('\n');
}

CallDetail::CallDetail(QWidget* parent)
    : QFrame(parent)
    , m_title(new ElidedLabel)
    , m_state(new StateLabel)
    , m_tabs(named(new QTabWidget, "callTabs", tr("Call")))
    , m_timeline(new Timeline)
    , m_summary(wrappedLabel(QString(), "muted"))
{
    withRole(this, "card");
    named(this, "callDetail", tr("Call"));
    setMinimumHeight(190);
    QVBoxLayout* layout = column(this, 0, 4);
    layout->setContentsMargins(16, 10, 12, 8);
    auto* top = row(8);
    m_title->setFont(scaledFont(m_title->font(), 1.0, QFont::DemiBold));
    top->addWidget(m_title, 3);
    top->addWidget(m_state, 2);
    m_copyId = pushButton(tr("Copy &id"), "copyCallId", nullptr, "flat");
    m_copyEvidence = pushButton(tr("Copy e&vidence"), "copyEvidence", "copy", "flat");
    QToolButton* close = iconButton(tr("Close"), "closeCallDetail", "close");
    top->addWidget(m_copyId);
    top->addWidget(m_copyEvidence);
    top->addWidget(close);
    layout->addLayout(top);
    auto* first = new QWidget;
    QVBoxLayout* timeLayout = column(first, 0, 8);
    timeLayout->setContentsMargins(0, 10, 8, 0);
    timeLayout->addWidget(m_timeline);
    timeLayout->addWidget(m_summary);
    timeLayout->addStretch(1);
    addTab(first, tr("Timeline"), "timelineTab");
    m_route = textTab(tr("Route"), "routeTab");
    m_usage = textTab(tr("Usage and cost"), "usageTab");
    m_error = textTab(tr("Error"), "errorTab");
    layout->addWidget(m_tabs, 1);
    const auto confirm = [](QPushButton* button) {
        const QString text = button->text();
        if (text == CallDetail::tr("Copied"))
            return;
        button->setText(CallDetail::tr("Copied"));
        QTimer::singleShot(1200, button, [button, text] { button->setText(text); });
    };
    connect(m_copyId, &QPushButton::clicked, this, [this, confirm] {
        copyText(fromUtf8(m_record.id.text()));
        confirm(m_copyId);
    });
    connect(m_copyEvidence, &QPushButton::clicked, this, [this, confirm] {
        copyText(evidenceText(m_record));
        confirm(m_copyEvidence);
    });
    connect(close, &QToolButton::clicked, this, &CallDetail::closeWanted);
}

void CallDetail::addTab(QWidget* content, const QString& title, const char* objectName)
{
    auto* area = named(new QScrollArea, objectName, title);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidget(withRole(content, "clear"));
    m_tabs->addTab(area, title);
}

QLabel* CallDetail::textTab(const QString& title, const char* objectName)
{
    auto* page = new QWidget;
    QVBoxLayout* layout = column(page, 0, 0);
    layout->setContentsMargins(0, 10, 8, 0);
    QLabel* label = wrappedLabel(QString());
    label->setFont(tabular(label->font()));
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setObjectName(QString::fromLatin1(objectName) + QStringLiteral("Text"));
    label->setAccessibleName(title);
    layout->addWidget(label);
    layout->addStretch(1);
    addTab(page, title, objectName);
    return label;
}

void CallDetail::awaitRecord()
{
    m_copyId->setEnabled(false);
    m_copyEvidence->setEnabled(false);
}

void CallDetail::setRecord(const CallRecord& record)
{
    m_record = record;
    m_copyId->setEnabled(true);
    m_copyEvidence->setEnabled(true);
    m_title->setFullText(fromUtf8(record.askedModel.text()) + QStringLiteral("  \u00b7  ")
        + longTimeText(record.startedAt));
    m_state->setState(toneOf(record), outcomeText(record));
    m_timeline->setRecord(record);
    QStringList facts;
    facts << fromUtf8(titleOf(record.dialect)) << textOf(record.operation)
          << (record.stream ? tr("streamed") : tr("whole"));
    //: bytes of a request and of its answer
    facts << tr("%1 in, %2 out").arg(bytesText(record.requestBytes), bytesText(record.replyBytes));
    if (!record.userAgent.empty())
        facts << singleLine(fromUtf8(record.userAgent));
    m_summary->setText(facts.join(QStringLiteral(" \u00b7 ")));
    m_route->setText(routeText());
    m_usage->setText(usageText());
    m_error->setText(errorText());
    m_tabs->setTabVisible(3, record.error.has_value());
}

QString CallDetail::routeText() const
{
    QString text;
    for (const RouteNote& note : m_record.route) {
        const QString where
            = fromUtf8(note.channelName) + QStringLiteral(" / ") + fromUtf8(note.model.text());
        text += (note.taken ? QStringLiteral("\u2713  ") : QStringLiteral("\u2013  "))
            + singleLine(where) + QStringLiteral("   ") + singleLine(fromUtf8(note.reason))
            + QLatin1Char('\n');
    }
    if (text.isEmpty())
        text = tr("The call ended before a route was chosen.") + QLatin1Char('\n');
    if (!m_record.answeredModel.isEmpty() && m_record.answeredModel != m_record.servedModel)
        //: the upstream named another model than it was asked for
        text += QLatin1Char('\n')
            + tr("The upstream called itself %1.")
                  .arg(singleLine(fromUtf8(m_record.answeredModel.text())))
            + QLatin1Char('\n');
    for (const std::string& warning : m_record.warnings)
        text += QLatin1Char('\n') + singleLine(fromUtf8(warning));
    return text.trimmed();
}

QString CallDetail::usageText() const
{
    const Usage& usage = m_record.usage;
    if (m_record.usageKind == UsageKind::None)
        return tr("Nothing was counted for this call.");
    QString text = line(tr("Tokens"), textOf(m_record.usageKind));
    text += line(tr("Input"), countText(usage.input));
    const std::pair<QString, Tokens> parts[] = {{tr("of it read from cache"), usage.cacheRead},
        {tr("of it written to cache"), usage.cacheWrite5m + usage.cacheWrite1h},
        {tr("of it audio"), usage.audioIn}, {tr("of it images"), usage.imageIn}};
    for (const auto& [name, count] : parts) {
        if (count > 0)
            text += QStringLiteral("    ") + line(name, countText(count));
    }
    text += line(tr("Output"), countText(usage.output));
    const std::pair<QString, Tokens> more[] = {{tr("of it reasoning"), usage.reasoning},
        {tr("of it audio"), usage.audioOut}, {tr("of it images"), usage.imageOut}};
    for (const auto& [name, count] : more) {
        if (count > 0)
            text += QStringLiteral("    ") + line(name, countText(count));
    }
    if (usage.webSearches > 0)
        text += line(tr("Web searches"), countText(usage.webSearches));
    text += QLatin1Char('\n') + line(tr("Cost"), costText(m_record.cost));
    if (m_record.cost)
        text += line(tr("Formula"), fromUtf8(m_record.costFormula));
    text += line(tr("Price from"), textOf(m_record.priceSource));
    return text.trimmed();
}

QString CallDetail::errorText() const
{
    QString text;
    if (m_record.error)
        text = textOf(*m_record.error) + QLatin1Char('\n');
    for (const Attempt& attempt : m_record.attempts) {
        if (!attempt.error)
            continue;
        text += QLatin1Char('\n') + singleLine(fromUtf8(attempt.channelName));
        if (attempt.status > 0)
            text += QStringLiteral("  %1").arg(attempt.status);
        text += QStringLiteral("  ") + singleLine(fromUtf8(attempt.error->message));
        if (!attempt.upstreamId.empty())
            //: the upstream's own id of a request
            text += QStringLiteral("  ")
                + tr("(upstream id %1)").arg(singleLine(fromUtf8(attempt.upstreamId)));
    }
    return text.trimmed();
}

}
