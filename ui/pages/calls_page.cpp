#include "ui/pages/calls_page.h"

#include "ui/pages/call_detail.h"
#include "ui/text/format.h"
#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/empty_hint.h"
#include "ui/widgets/period_chooser.h"
#include "ui/widgets/tone_delegate.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QScrollBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>

namespace waystation {

namespace {

constexpr int anyTime = -1;
constexpr int givenSpan = -2;
constexpr int pageSize = 200;

/// Puts `names` below the first entry ("all"), keeping what is chosen.
void fill(QComboBox* choice, const QStringList& names)
{
    QStringList present;
    for (int i = 1; i < choice->count(); ++i)
        present << choice->itemText(i);
    if (present == names)
        return;
    const QSignalBlocker quiet(choice);
    const QString chosen = choice->currentIndex() > 0 ? choice->currentText() : QString();
    while (choice->count() > 1)
        choice->removeItem(1);
    choice->addItems(names);
    choice->setCurrentIndex(chosen.isEmpty() ? 0 : std::max(0, choice->findText(chosen)));
}

}

CallsPageView::CallsPageView(Station& station, Shell& shell)
    : Page(tr("Calls"), station, shell)
    , m_model(std::make_unique<CallsModel>())
    , m_detail(new CallDetail)
{
    m_newer = pushButton(tr("&Newer calls"), "newerCalls", "up");
    m_newer->hide();
    titleRow()->addWidget(m_newer);
    body()->addWidget(makeFilters());
    m_table = named(new QTableView, "callTable", tr("Calls"));
    setUpTable(m_table, m_model.get());
    m_table->setItemDelegate(new ToneDelegate(m_table));
    QHeaderView* header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    const std::pair<int, int> widths[] = {{CallsModel::Time, 104}, {CallsModel::Client, 104},
        {CallsModel::Channel, 100}, {CallsModel::OutcomeColumn, 140}, {CallsModel::FirstToken, 90},
        {CallsModel::Duration, 78}, {CallsModel::Input, 72}, {CallsModel::Cached, 72},
        {CallsModel::Output, 68}, {CallsModel::CostColumn, 80}};
    for (const auto& [section, width] : widths)
        header->resizeSection(section, width);
    header->setSectionResizeMode(CallsModel::Model, QHeaderView::Stretch);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_splitter = new QSplitter(Qt::Vertical);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(12);
    m_splitter->addWidget(m_table);
    m_splitter->addWidget(m_detail);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    m_detail->hide();
    m_stack = new QStackedWidget;
    auto* empty = new EmptyHint("calls", tr("No calls here"),
        tr("Calls appear the moment they end. Point a client at this relay's address with a client "
           "key, or loosen the filter."),
        QString(), "emptyCalls");
    m_stack->addWidget(empty);
    m_stack->addWidget(m_splitter);
    body()->addWidget(m_stack, 1);
    connect(m_model.get(), &CallsModel::wantMore, this, &CallsPageView::fetchOlder);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
        &CallsPageView::showDetail);
    connect(m_detail, &CallDetail::closeWanted, this, &CallsPageView::closeDetail);
    connect(m_table->verticalScrollBar(), &QScrollBar::valueChanged, this, [this] {
        if (isAtTop() && m_hasNewer)
            follow();
    });
    connect(m_newer, &QPushButton::clicked, this, [this] {
        m_table->scrollToTop();
        follow();
    });
}

CallsPageView::~CallsPageView()
{
    m_table->setModel(nullptr);
}

QWidget* CallsPageView::makeFilters()
{
    auto* box = new QWidget;
    auto* layout = row(8);
    box->setLayout(layout);
    m_text = named(new QLineEdit, "callFilter", tr("Search calls"));
    m_text->setPlaceholderText(tr("Search"));
    m_text->setClearButtonEnabled(true);
    m_text->addAction(lineIcon("search", IconTint::Muted), QLineEdit::LeadingPosition);
    m_text->setMinimumWidth(120);
    m_client = named(new QComboBox, "callClient", tr("Client"));
    m_client->addItem(tr("All clients"));
    m_channel = named(new QComboBox, "callChannel", tr("Channel"));
    m_channel->addItem(tr("All channels"));
    m_period = named(new QComboBox, "callPeriod", tr("Period"));
    m_period->addItem(tr("Any time"), anyTime);
    m_period->addItem(tr("Today"), static_cast<int>(Period::Today));
    m_period->addItem(tr("Last 24 hours"), static_cast<int>(Period::Day));
    m_period->addItem(tr("Last 7 days"), static_cast<int>(Period::Week));
    m_period->addItem(tr("Last 30 days"), static_cast<int>(Period::Month));
    for (QComboBox* choice : {m_client, m_channel}) {
        choice->setMinimumContentsLength(8);
        choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    }
    m_failed = named(new QCheckBox(tr("Failed &only")), "callFailed", tr("Failed only"));
    m_clear = pushButton(tr("C&lear"), "clearCallFilter", nullptr, "flat");
    layout->addWidget(m_text, 2);
    layout->addWidget(m_client, 1);
    layout->addWidget(m_channel, 1);
    layout->addWidget(m_period);
    layout->addWidget(m_failed);
    layout->addWidget(m_clear);
    auto* typing = new QTimer(this);
    typing->setSingleShot(true);
    typing->setInterval(200);
    connect(typing, &QTimer::timeout, this, &CallsPageView::reload);
    connect(m_text, &QLineEdit::textChanged, typing, qOverload<>(&QTimer::start));
    for (QComboBox* choice : {m_client, m_channel, m_period})
        connect(choice, &QComboBox::currentIndexChanged, this, &CallsPageView::reload);
    connect(m_failed, &QCheckBox::toggled, this, &CallsPageView::reload);
    connect(m_clear, &QPushButton::clicked, this, [this] { setFilter({}); });
    return box;
}

void CallsPageView::focusFilter()
{
    m_text->setFocus(Qt::ShortcutFocusReason);
    m_text->selectAll();
}

void CallsPageView::resizeEvent(QResizeEvent* event)
{
    Page::resizeEvent(event);
    // What the detail pane says anyway gives way first, so that the row never needs sideways
    // scrolling.
    m_table->setColumnHidden(CallsModel::Cached, width() < 1160);
    m_table->setColumnHidden(CallsModel::FirstToken, width() < 1080);
    for (const int column : {CallsModel::Channel, CallsModel::Input, CallsModel::Output})
        m_table->setColumnHidden(column, width() < 900);
}

void CallsPageView::escape()
{
    if (m_detail->isVisible())
        closeDetail();
    else
        setFilter({});
}

void CallsPageView::setFilter(const CallFilter& filter)
{
    {
        const QSignalBlocker quietText(m_text);
        const QSignalBlocker quietClient(m_client);
        const QSignalBlocker quietChannel(m_channel);
        const QSignalBlocker quietPeriod(m_period);
        const QSignalBlocker quietFailed(m_failed);
        fillChoices();
        m_text->setText(fromUtf8(filter.text));
        m_client->setCurrentIndex(
            filter.client.empty() ? 0 : std::max(0, m_client->findText(fromUtf8(filter.client))));
        m_channel->setCurrentIndex(filter.channel.empty()
                ? 0
                : std::max(0, m_channel->findText(fromUtf8(filter.channel))));
        m_failed->setChecked(filter.failedOnly);
        const int given = m_period->findData(givenSpan);
        if (given >= 0)
            m_period->removeItem(given);
        m_given = filter;
        if (filter.from && filter.until) {
            //: from a time until another
            m_period->addItem(
                tr("%1 to %2")
                    .arg(timeText(*filter.from, wallNow()), timeText(*filter.until, wallNow())),
                givenSpan);
            m_period->setCurrentIndex(m_period->count() - 1);
        } else {
            m_period->setCurrentIndex(0);
        }
    }
    reload();
}

CallFilter CallsPageView::filter() const
{
    CallFilter filter;
    filter.text = toUtf8(m_text->text().trimmed());
    if (m_client->currentIndex() > 0)
        filter.client = toUtf8(m_client->currentText());
    if (m_channel->currentIndex() > 0)
        filter.channel = toUtf8(m_channel->currentText());
    filter.failedOnly = m_failed->isChecked();
    const int period = m_period->currentData().toInt();
    if (period == givenSpan) {
        filter.from = m_given.from;
        filter.until = m_given.until;
    } else if (period != anyTime) {
        filter.from
            = spanOf(static_cast<Period>(period), wallNow(), utcOffsetMinutes(wallNow())).from;
    }
    return filter;
}

void CallsPageView::fillChoices()
{
    QStringList clients;
    for (const ClientSettings& client : station().settings().clients)
        clients << fromUtf8(client.name);
    QStringList channels;
    for (const ChannelSettings& channel : station().settings().channels)
        channels << fromUtf8(channel.name);
    fill(m_client, clients);
    fill(m_channel, channels);
}

void CallsPageView::refresh()
{
    fillChoices();
    if (!m_loaded)
        reload();
    else
        follow();
}

void CallsPageView::reload()
{
    ++m_round;
    m_loaded = true;
    m_following = false;
    m_hasNewer = false;
    showFreeze();
    CallsQuery query;
    query.filter = filter();
    query.limit = pageSize;
    const bool isPlain = query.filter.text.empty() && query.filter.client.empty()
        && query.filter.channel.empty() && !query.filter.failedOnly && !query.filter.from;
    m_clear->setVisible(!isPlain);
    station().ledger().calls(query, this, [this, round = m_round](CallsPage page) {
        if (round != m_round)
            return;
        m_model->reset(std::move(page));
        m_stack->setCurrentIndex(m_model->rowCount() > 0 ? 1 : 0);
        const int shown = m_shown.isEmpty() ? -1 : m_model->rowOf(m_shown);
        if (shown >= 0)
            m_table->selectRow(shown);
        else
            closeDetail();
    });
}

bool CallsPageView::isAtTop() const
{
    return m_table->verticalScrollBar()->value() <= m_table->verticalScrollBar()->minimum() + 8;
}

void CallsPageView::showFreeze()
{
    m_newer->setVisible(m_hasNewer);
}

void CallsPageView::follow()
{
    if (m_following)
        return;
    // Scrolled away, the list stands still; it only says that there is more above.
    const bool frozen = !isAtTop();
    if (m_model->rowCount() == 0) {
        reload();
        return;
    }
    m_following = true;
    CallsQuery query;
    query.filter = filter();
    query.afterRow = m_model->newestRow();
    query.limit = pageSize;
    station().ledger().calls(query, this, [this, frozen, round = m_round](CallsPage page) {
        if (round != m_round)
            return;
        m_following = false;
        if (page.rows.empty())
            return;
        if (frozen && !isAtTop()) {
            m_hasNewer = true;
            showFreeze();
            return;
        }
        m_hasNewer = false;
        showFreeze();
        if (page.more) {
            // More came than a page holds: begin anew, or a hole would stay between.
            reload();
            return;
        }
        m_model->prepend(std::move(page.rows));
        if (m_shown.isEmpty())
            m_table->scrollToTop();
    });
}

void CallsPageView::fetchOlder()
{
    CallsQuery query;
    query.filter = filter();
    query.beforeRow = m_model->oldestRow();
    query.limit = pageSize;
    station().ledger().calls(query, this, [this, round = m_round](CallsPage page) {
        if (round == m_round)
            m_model->append(std::move(page));
    });
}

void CallsPageView::showDetail()
{
    const CallRow* row = m_model->rowAt(m_table->currentIndex());
    if (!row || !m_table->selectionModel()->hasSelection())
        return;
    m_shown = row->record.id;
    m_detail->awaitRecord();
    const bool wasHidden = !m_detail->isVisible();
    m_detail->show();
    if (wasHidden)
        m_splitter->setSizes({m_splitter->height() - 268, 256});
    m_table->scrollTo(m_table->currentIndex());
    station().ledger().call(m_shown, this, [this, id = m_shown](std::optional<CallRecord> record) {
        if (record && id == m_shown)
            m_detail->setRecord(*record);
    });
}

void CallsPageView::closeDetail()
{
    m_shown = CallId();
    m_detail->hide();
    m_table->clearSelection();
    m_table->setCurrentIndex({});
}

}
