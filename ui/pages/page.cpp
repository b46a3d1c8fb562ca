#include "ui/pages/page.h"

#include "ui/text/error_text.h"
#include "ui/widgets/build.h"

#include <QMessageBox>
#include <QTimer>

namespace waystation {

namespace {

constexpr int refreshMillis = 250;

}

Page::Page(const QString& title, Station& station, Shell& shell, QWidget* parent)
    : QWidget(parent)
    , m_station(station)
    , m_shell(shell)
    , m_titleRow(row(8))
    , m_body(column(this, 24, 16))
    , m_pending(new QTimer(this))
{
    m_body->setContentsMargins(24, 20, 24, 20);
    QLabel* heading = titleLabel(title, 1.5);
    heading->setMinimumHeight(30); // as buttons beside it, so that titles stand alike
    heading->setObjectName(QStringLiteral("pageTitle"));
    m_titleRow->addWidget(heading);
    m_titleRow->addStretch(1);
    m_body->addLayout(m_titleRow);
    setAccessibleName(title);
    m_pending->setSingleShot(true);
    connect(m_pending, &QTimer::timeout, this, &Page::refreshNow);
    connect(&m_station, &Station::settingsChanged, this, &Page::refreshSoon);
    connect(&m_station, &Station::vaultChanged, this, &Page::refreshSoon);
    connect(&m_station, &Station::channelNews, this, &Page::refreshSoon);
    connect(&m_station, &Station::rowsWritten, this, &Page::refreshSoon);
    connect(&m_station, &Station::relayStateChanged, this, &Page::refreshSoon);
}

void Page::refreshNow()
{
    if (!isVisible())
        return;
    m_pending->stop();
    m_sinceRefresh.start();
    refresh();
}

void Page::refreshSoon()
{
    if (!isVisible() || m_pending->isActive())
        return;
    const qint64 since = m_sinceRefresh.isValid() ? m_sinceRefresh.elapsed() : refreshMillis;
    m_pending->start(static_cast<int>(std::max<qint64>(0, refreshMillis - since)));
}

void Page::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refreshNow();
}

void Page::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_pending->stop();
}

void Page::showError(const QString& what, const Error& error)
{
    showProblem(this, what, textOf(error));
}

void showProblem(QWidget* parent, const QString& what, const QString& detail)
{
    auto* box = new QMessageBox(
        QMessageBox::Warning, QStringLiteral("Waystation"), what, QMessageBox::Ok, parent);
    box->setObjectName(QStringLiteral("problemBox"));
    box->setTextFormat(Qt::PlainText);
    box->setInformativeText(
        detail.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

}
