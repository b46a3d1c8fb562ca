#include "ui/pages/channels_page.h"

#include "provider/provider.h"
#include "relay/practice.h"
#include "ui/dialogs/channel_dialog.h"
#include "ui/dialogs/key_dialog.h"
#include "ui/dialogs/models_dialog.h"
#include "ui/text/format.h"
#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/empty_hint.h"
#include "ui/widgets/state_label.h"
#include "ui/widgets/tone_delegate.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QListView>
#include <QPointer>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTableView>

namespace waystation {

namespace {

std::string nameOfChannel(const Settings& settings, const std::string& id)
{
    for (const ChannelSettings& channel : settings.channels) {
        if (channel.id.text() == id)
            return channel.name;
    }
    return {};
}

QString optionsText(const ChannelSettings& channel)
{
    QStringList parts;
    //: order among channels
    parts << ChannelsPage::tr("priority %1").arg(channel.priority);
    if (channel.weight != 1)
        parts << ChannelsPage::tr("weight %1").arg(channel.weight);
    if (channel.multiplierThousandths != 1000)
        //: factor on prices
        parts << ChannelsPage::tr("price \u00d7 %1")
                     .arg(QLocale().toString(
                         static_cast<double>(channel.multiplierThousandths) / 1000));
    if (channel.proxy.mode == ProxyMode::None)
        parts << ChannelsPage::tr("no proxy");
    if (channel.proxy.mode == ProxyMode::Manual)
        parts << ChannelsPage::tr("own proxy");
    if (!channel.extraHeaders.empty())
        parts << ChannelsPage::tr(
            "%n extra header(s)", nullptr, static_cast<int>(channel.extraHeaders.size()));
    for (const std::string& tag : channel.tags)
        parts << QLatin1Char('#') + fromUtf8(tag);
    return parts.join(QStringLiteral(" \u00b7 "));
}

}

ChannelsPage::ChannelsPage(Station& station, Shell& shell)
    : Page(tr("Channels"), station, shell)
    , m_model(makeChannelsModel())
    , m_keys(makeKeysModel())
{
    QPushButton* add = pushButton(tr("&Add channel"), "addChannel", "plus", "primary");
    titleRow()->addWidget(add);
    connect(add, &QPushButton::clicked, this, &ChannelsPage::primaryAction);
    auto* content = row(16);
    content->addWidget(makeList());
    m_right = new QStackedWidget;
    auto* empty = new EmptyHint("channels", tr("No channel chosen"),
        tr("A channel is one upstream: an address, its keys and its models. Choose one on the "
           "left, or add one."),
        QString(), "emptyChannels");
    m_right->addWidget(empty);
    m_right->addWidget(makeDetail());
    content->addWidget(m_right, 1);
    body()->addLayout(content, 1);
}

ChannelsPage::~ChannelsPage()
{
    // Views look at their models while they go.
    m_list->setModel(nullptr);
    m_keysTable->setModel(nullptr);
}

QWidget* ChannelsPage::makeList()
{
    auto* box = new QWidget;
    box->setFixedWidth(232);
    QVBoxLayout* layout = column(box, 0, 8);
    m_filter = named(new QLineEdit, "channelFilter", tr("Filter channels"));
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->addAction(lineIcon("search", IconTint::Muted), QLineEdit::LeadingPosition);
    layout->addWidget(m_filter);
    m_list = named(new QListView, "channelList", tr("Channels"));
    m_list->setModel(m_model.get());
    m_list->setItemDelegate(new ToneDelegate(m_list));
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    layout->addWidget(m_list, 1);
    auto* order = row(4);
    order->addWidget(textLabel(tr("Order"), "muted"));
    order->addStretch(1);
    m_up = iconButton(tr("Ask this channel earlier"), "channelUp", "up");
    m_down = iconButton(tr("Ask this channel later"), "channelDown", "down");
    order->addWidget(m_up);
    order->addWidget(m_down);
    layout->addLayout(order);
    connect(m_filter, &QLineEdit::textChanged, this, &ChannelsPage::showList);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
        [this](const QModelIndex& current) {
            if (const ChannelRow* row = m_model->rowAt(current))
                choose(row->id);
        });
    connect(m_list, &QListView::doubleClicked, this, &ChannelsPage::editChannel);
    connect(m_up, &QToolButton::clicked, this, [this] { move(-1); });
    connect(m_down, &QToolButton::clicked, this, [this] { move(1); });
    return box;
}

QWidget* ChannelsPage::makeDetail()
{
    auto* area = named(new QScrollArea, "channelDetail", tr("Channel"));
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* inside = withRole(new QWidget, "clear");
    QVBoxLayout* layout = column(inside, 0, 12);
    layout->setContentsMargins(0, 0, 4, 0);
    layout->addWidget(makeHead());
    layout->addWidget(makeAddressCard());
    layout->addWidget(makeKeysCard());
    layout->addWidget(makeModelsCard());
    layout->addWidget(makeTestCard());
    layout->addStretch(1);
    area->setWidget(inside);
    return area;
}

QWidget* ChannelsPage::makeHead()
{
    auto* box = new QWidget;
    QVBoxLayout* layout = column(box, 0, 8);
    auto* names = row(12);
    m_name = new ElidedLabel;
    m_name->setFont(scaledFont(m_name->font(), 1.2, QFont::DemiBold));
    m_state = new StateLabel;
    names->addWidget(m_name, 1);
    names->addWidget(m_state, 1);
    layout->addLayout(names);
    auto* actions = row(8);
    QPushButton* edit = pushButton(tr("&Edit"), "editChannel", "edit");
    QPushButton* duplicate = pushButton(tr("&Duplicate"), "duplicateChannel", "duplicate");
    m_toggle = pushButton(tr("D&isable"), "toggleChannel", "power");
    QPushButton* remove = pushButton(tr("De&lete"), "deleteChannel", "trash", "danger");
    for (QPushButton* button : {edit, duplicate, m_toggle, remove})
        actions->addWidget(button);
    actions->addStretch(1);
    layout->addLayout(actions);
    connect(edit, &QPushButton::clicked, this, &ChannelsPage::editChannel);
    connect(duplicate, &QPushButton::clicked, this, &ChannelsPage::duplicateChannel);
    connect(m_toggle, &QPushButton::clicked, this, &ChannelsPage::toggleChannel);
    connect(remove, &QPushButton::clicked, this, &ChannelsPage::deleteChannel);
    return box;
}

QWidget* ChannelsPage::makeAddressCard()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 8);
    layout->addWidget(titleLabel(tr("Address"), 1.0));
    m_provider = wrappedLabel(QString());
    m_addresses = wrappedLabel(QString(), "muted");
    m_addresses->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    named(m_addresses, "channelAddresses", tr("Effective addresses"));
    m_options = wrappedLabel(QString(), "muted");
    layout->addWidget(m_provider);
    layout->addWidget(m_addresses);
    layout->addWidget(m_options);
    return card;
}

QWidget* ChannelsPage::makeKeysCard()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 8);
    auto* top = row(8);
    top->addWidget(titleLabel(tr("Upstream keys"), 1.0));
    top->addStretch(1);
    QPushButton* add = pushButton(tr("Add &key"), "addUpstreamKey", "plus");
    m_replaceKey = iconButton(tr("Replace this key"), "replaceUpstreamKey", "rotate");
    m_removeKey = iconButton(tr("Remove this key"), "removeUpstreamKey", "trash");
    top->addWidget(add);
    top->addWidget(m_replaceKey);
    top->addWidget(m_removeKey);
    layout->addLayout(top);
    m_keysTable = named(new QTableView, "upstreamKeys", tr("Upstream keys"));
    setUpTable(m_keysTable, m_keys.get());
    m_keysTable->setItemDelegate(new ToneDelegate(m_keysTable));
    m_keysTable->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_keysTable->horizontalHeader()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    m_keysTable->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    layout->addWidget(m_keysTable);
    m_keysEmpty
        = wrappedLabel(tr("No key yet. Without one, calls are not sent to this channel."), "muted");
    layout->addWidget(m_keysEmpty);
    m_keysCard = card;
    connect(add, &QPushButton::clicked, this, &ChannelsPage::addKey);
    connect(m_replaceKey, &QToolButton::clicked, this, &ChannelsPage::replaceKey);
    connect(m_removeKey, &QToolButton::clicked, this, &ChannelsPage::removeKey);
    connect(m_keysTable->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        m_replaceKey->setEnabled(!chosenKey().empty());
        m_removeKey->setEnabled(!chosenKey().empty());
    });
    return card;
}

QWidget* ChannelsPage::makeModelsCard()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 8);
    auto* top = row(8);
    top->addWidget(titleLabel(tr("Models"), 1.0));
    top->addStretch(1);
    m_fetch = pushButton(tr("&Fetch from upstream"), "fetchModels", "download");
    top->addWidget(m_fetch);
    layout->addLayout(top);
    m_modelsText = wrappedLabel(QString(), "muted");
    m_modelsText->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    named(m_modelsText, "channelModels", tr("Models"));
    layout->addWidget(m_modelsText);
    connect(m_fetch, &QPushButton::clicked, this, &ChannelsPage::fetchModels);
    return card;
}

QWidget* ChannelsPage::makeTestCard()
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 8);
    auto* top = row(8);
    top->addWidget(titleLabel(tr("Test"), 1.0), 1);
    m_testModel = named(new QComboBox, "testModel", tr("Model to test with"));
    m_testModel->setEditable(true);
    m_testModel->setInsertPolicy(QComboBox::NoInsert);
    m_testModel->setMinimumWidth(110);
    m_testModel->setMaximumWidth(220);
    m_testModel->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_testModel->setMinimumContentsLength(16);
    m_testModel->lineEdit()->setPlaceholderText(tr("Model"));
    m_testModel->lineEdit()->setObjectName(QStringLiteral("testModelEdit"));
    m_testModel->lineEdit()->setAccessibleName(tr("Model to test with"));
    m_test = pushButton(tr("Send a &test call"), "testChannel", "test");
    top->addWidget(m_testModel, 1);
    top->addWidget(m_test);
    layout->addLayout(top);
    m_testState = named(new StateLabel, "testState", tr("Result of the test"));
    m_testDetail = wrappedLabel(QString(), "muted");
    m_testDetail->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    named(m_testDetail, "testDetail", tr("Answer or error of the test"));
    layout->addWidget(m_testState);
    layout->addWidget(m_testDetail);
    connect(m_test, &QPushButton::clicked, this, &ChannelsPage::test);
    return card;
}

void ChannelsPage::primaryAction()
{
    auto* dialog = ChannelDialog::add(station(), this);
    connect(dialog, &ChannelDialog::saved, this, [this](const QString& id) {
        m_chosen = id.toStdString();
        refreshNow();
    });
}

void ChannelsPage::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void ChannelsPage::refresh()
{
    showList();
    showDetail();
    const TimePoint now = wallNow();
    station().ledger().strips(now, this, [this](std::vector<ChannelStrip> strips) {
        m_strips = std::move(strips);
        showList();
        showDetail();
    });
}

void ChannelsPage::showList()
{
    std::vector<ChannelRow> rows = channelRows(station(), m_strips, m_speeds, wallNow());
    const QString filter = m_filter->text().trimmed();
    rows.erase(std::remove_if(rows.begin(), rows.end(),
                   [&](const ChannelRow& row) {
                       const bool leaves = std::find(m_leaving.begin(), m_leaving.end(), row.id)
                           != m_leaving.end();
                       return leaves
                           || (!filter.isEmpty() && !row.name.contains(filter, Qt::CaseInsensitive)
                               && !row.provider.contains(filter, Qt::CaseInsensitive));
                   }),
        rows.end());
    const std::string wanted = m_chosen;
    m_model->setRows(std::move(rows));
    int at = m_model->rowOf(wanted);
    if (at < 0 && m_model->rowCount() > 0)
        at = 0;
    if (at >= 0 && m_list->currentIndex().row() != at)
        m_list->setCurrentIndex(m_model->index(at, 0));
    if (at >= 0)
        m_chosen = m_model->rows()[static_cast<std::size_t>(at)].id;
    else
        m_chosen.clear();
    m_up->setEnabled(at > 0);
    m_down->setEnabled(at >= 0 && at + 1 < m_model->rowCount());
}

const ChannelSettings* ChannelsPage::chosen() const
{
    for (const ChannelSettings& channel : station().settings().channels) {
        if (channel.id.text() == m_chosen)
            return &channel;
    }
    return nullptr;
}

void ChannelsPage::choose(const std::string& id)
{
    if (id == m_chosen)
        return;
    m_chosen = id;
    m_testModel->clear();
    showDetail();
    const int at = m_model->rowOf(id);
    m_up->setEnabled(at > 0);
    m_down->setEnabled(at >= 0 && at + 1 < m_model->rowCount());
}

void ChannelsPage::showDetail()
{
    const ChannelSettings* channel = chosen();
    m_right->setCurrentIndex(channel ? 1 : 0);
    if (!channel)
        return;
    const Provider* provider = findProvider(channel->provider);
    m_name->setFullText(fromUtf8(channel->name));
    for (const ChannelRow& row : m_model->rows()) {
        if (row.id == m_chosen)
            m_state->setState(row.state.tone, row.state.text);
    }
    m_toggle->setText(channel->enabled ? tr("D&isable") : tr("&Enable"));
    m_toggle->setAccessibleName(channel->enabled ? tr("Disable") : tr("Enable"));
    m_provider->setText(provider ? fromUtf8(provider->name) : fromUtf8(channel->provider.text()));
    const bool isPractice = provider && provider->isPractice;
    m_addresses->setText(isPractice
            ? tr("Answers inside Waystation, without network and without money.")
            : effectiveAddresses(*channel).join(QLatin1Char('\n')));
    m_options->setText(optionsText(*channel));
    m_keysCard->setVisible(provider && provider->needsKey);
    showKeys(*channel);
    const std::vector<std::string>& models
        = isPractice && channel->models.empty() ? practiceModels() : channel->models;
    QStringList names;
    for (const std::string& model : models)
        names << fromUtf8(model);
    constexpr qsizetype most = 60;
    //: how many more models there are
    const QString rest = names.size() > most
        ? tr(" and %n more", nullptr, static_cast<int>(names.size() - most))
        : QString();
    m_modelsText->setText(
        names.isEmpty() ? tr(
            "Any model name is passed on. Fetch the list to choose which ones this channel serves.")
                        : names.mid(0, most).join(QStringLiteral(", ")) + rest);
    m_fetch->setVisible(!isPractice);
    if (m_testModel->count() == 0) {
        const QString typed = m_testModel->currentText();
        m_testModel->addItems(names);
        if (!typed.isEmpty())
            m_testModel->setCurrentText(typed);
    }
    m_test->setEnabled(m_testing.empty());
    const auto tested = m_tests.find(m_chosen);
    if (m_testing == m_chosen && !m_testing.empty()) {
        m_testState->setState(Tone::Accent, tr("Calling..."));
        m_testDetail->clear();
    } else if (tested != m_tests.end()) {
        showTest(tested->second);
    } else {
        m_testState->setState(Tone::Idle, tr("Not tested yet"));
        m_testDetail->setText(
            tr("Sends one short streamed call through the relay on this channel alone."));
    }
}

void ChannelsPage::showKeys(const ChannelSettings& channel)
{
    std::vector<KeyRow> rows = keyRows(channel, station());
    const bool none = rows.empty();
    m_keys->setRows(std::move(rows));
    m_keysTable->setVisible(!none);
    m_keysEmpty->setVisible(none);
    const int shown = std::min(m_keys->rowCount(), 6);
    m_keysTable->setFixedHeight(
        m_keysTable->horizontalHeader()->sizeHint().height() + shown * 32 + 4);
    if (!none && !m_keysTable->currentIndex().isValid())
        m_keysTable->selectRow(0);
    m_replaceKey->setEnabled(!chosenKey().empty());
    m_removeKey->setEnabled(!chosenKey().empty());
}

std::string ChannelsPage::chosenKey() const
{
    const KeyRow* row = m_keys->rowAt(m_keysTable->currentIndex());
    return row ? row->id : std::string();
}

void ChannelsPage::editChannel()
{
    if (const ChannelSettings* channel = chosen())
        ChannelDialog::edit(station(), *channel, this);
}

void ChannelsPage::duplicateChannel()
{
    const ChannelSettings* channel = chosen();
    if (!channel)
        return;
    auto* dialog = ChannelDialog::duplicate(station(), *channel, this);
    connect(dialog, &ChannelDialog::saved, this, [this](const QString& id) {
        m_chosen = id.toStdString();
        refreshNow();
    });
}

bool ChannelsPage::changeChannel(
    const std::string& id, const std::function<void(ChannelSettings&)>& change)
{
    const auto done = station().change([&](Settings& settings) -> Result<void> {
        for (ChannelSettings& channel : settings.channels) {
            if (channel.id.text() == id)
                change(channel);
        }
        return {};
    });
    if (!done)
        showError(tr("The channel could not be changed."), done.error());
    return done.has_value();
}

void ChannelsPage::toggleChannel()
{
    const ChannelSettings* channel = chosen();
    if (!channel)
        return;
    const bool enabled = !channel->enabled;
    const std::string id = m_chosen;
    const QString name = fromUtf8(channel->name);
    if (!changeChannel(id, [enabled](ChannelSettings& changed) { changed.enabled = enabled; }))
        return;
    //: a channel's name
    shell().offerUndo(enabled ? tr("%1 is enabled").arg(name) : tr("%1 is disabled").arg(name),
        [this, id, enabled] {
            changeChannel(id, [enabled](ChannelSettings& changed) { changed.enabled = !enabled; });
        });
}

void ChannelsPage::deleteChannel()
{
    const ChannelSettings* channel = chosen();
    if (!channel)
        return;
    // Out of service at once; the channel and its secrets go for good when the undo has gone.
    const std::string id = m_chosen;
    const bool wasEnabled = channel->enabled;
    const QString name = fromUtf8(channel->name);
    if (!changeChannel(id, [](ChannelSettings& changed) { changed.enabled = false; }))
        return;
    m_leaving.push_back(id);
    m_chosen.clear();
    refreshNow();
    Station* const owner = &station();
    const QPointer<ChannelsPage> page(this);
    const auto back = [page, id] {
        if (page)
            page->m_leaving.erase(std::remove(page->m_leaving.begin(), page->m_leaving.end(), id),
                page->m_leaving.end());
    };
    const auto undo = [page, owner, id, wasEnabled, back] {
        back();
        const auto restored = owner->change([&](Settings& settings) -> Result<void> {
            for (ChannelSettings& restoredChannel : settings.channels) {
                if (restoredChannel.id.text() == id)
                    restoredChannel.enabled = wasEnabled;
            }
            return {};
        });
        if (page && restored) {
            page->m_chosen = id;
            page->refreshNow();
        }
    };
    const auto settle = [page, owner, id, back] {
        owner->removeChannel(
            fromUtf8(nameOfChannel(owner->settings(), id)), [page, back](Result<void> removed) {
                back();
                if (page && !removed)
                    page->showError(
                        ChannelsPage::tr("The channel could not be deleted."), removed.error());
            });
    };
    //: a channel's name
    shell().offerUndo(tr("%1 is deleted").arg(name), undo, 10, settle);
}

void ChannelsPage::addKey()
{
    if (const ChannelSettings* channel = chosen())
        KeyDialog::add(station(), *channel, this);
}

void ChannelsPage::replaceKey()
{
    const ChannelSettings* channel = chosen();
    if (channel && !chosenKey().empty())
        KeyDialog::replace(station(), *channel, KeyId(chosenKey()), this);
}

void ChannelsPage::removeKey()
{
    const ChannelSettings* channel = chosen();
    const std::string key = chosenKey();
    if (!channel || key.empty())
        return;
    const std::string id = m_chosen;
    const auto setEnabled = [id, key](Station& owner, bool enabled) {
        return owner.change([&](Settings& settings) -> Result<void> {
            for (ChannelSettings& changed : settings.channels) {
                for (KeySettings& candidate : changed.keys) {
                    if (changed.id.text() == id && candidate.id.text() == key)
                        candidate.enabled = enabled;
                }
            }
            return {};
        });
    };
    if (const auto done = setEnabled(station(), false); !done) {
        showError(tr("The key could not be removed."), done.error());
        return;
    }
    Station* const owner = &station();
    const QPointer<ChannelsPage> page(this);
    //: an upstream key's label
    shell().offerUndo(
        tr("The key %1 is removed").arg(m_keys->rowAt(m_keysTable->currentIndex())->label),
        [owner, setEnabled] { (void)setEnabled(*owner, true); }, 10,
        [owner, page, id, key] {
            owner->removeKey(fromUtf8(nameOfChannel(owner->settings(), id)), KeyId(key),
                [page](Result<void> removed) {
                    if (page && !removed)
                        page->showError(
                            ChannelsPage::tr("The key could not be removed."), removed.error());
                });
        });
}

void ChannelsPage::fetchModels()
{
    const ChannelSettings* channel = chosen();
    if (!channel)
        return;
    m_fetch->setEnabled(false);
    const QPointer<ChannelsPage> page(this);
    const std::string id = m_chosen;
    const std::vector<std::string> had = channel->models;
    station().fetchModels(
        fromUtf8(channel->name), [page, id, had](Result<std::vector<std::string>> models) {
            if (!page)
                return;
            page->m_fetch->setEnabled(true);
            if (!models) {
                page->showError(
                    ChannelsPage::tr("The list of models could not be fetched."), models.error());
                return;
            }
            auto* dialog = new ModelsDialog(*models, had, page);
            connect(dialog, &ModelsDialog::chosen, page,
                [page, id](
                    const std::vector<std::string>& picked) { page->takeModels(id, picked); });
            dialog->open();
        });
}

void ChannelsPage::takeModels(const std::string& id, const std::vector<std::string>& models)
{
    m_testModel->clear();
    changeChannel(id, [&models](ChannelSettings& channel) { channel.models = models; });
}

void ChannelsPage::test()
{
    const ChannelSettings* channel = chosen();
    if (!channel || !m_testing.empty())
        return;
    m_testing = m_chosen;
    const QPointer<ChannelsPage> page(this);
    const std::string id = m_chosen;
    station().testChannel(fromUtf8(channel->name), m_testModel->currentText().trimmed(),
        [page, id](ChannelTest result) {
            if (!page)
                return;
            page->m_testing.clear();
            page->m_tests[id] = std::move(result);
            page->showDetail();
        });
    showDetail();
}

void ChannelsPage::showTest(const ChannelTest& result)
{
    if (result.ok) {
        //: a model, time to the first byte, whole time
        m_testState->setState(Tone::Good,
            tr("%1 answered: first byte after %2, done after %3")
                .arg(result.model, durationText(Micros(result.firstByte)),
                    durationText(Micros(result.total))));
        m_testDetail->setText(
            result.answer.isEmpty() ? tr("The answer held no text.") : result.answer);
        return;
    }
    //: an HTTP status
    m_testState->setState(Tone::Bad,
        result.status > 0 ? tr("Failed with status %1").arg(result.status) : tr("Failed"));
    m_testDetail->setText(result.error);
}

void ChannelsPage::move(int by)
{
    const int at = m_model->rowOf(m_chosen);
    const int other = at + by;
    if (at < 0 || other < 0 || other >= m_model->rowCount())
        return;
    // Priorities are numbered anew in the order shown, so that equal ones move too.
    std::vector<std::string> order;
    for (const ChannelRow& row : m_model->rows())
        order.push_back(row.id);
    std::swap(order[static_cast<std::size_t>(at)], order[static_cast<std::size_t>(other)]);
    const auto done = station().change([&order](Settings& settings) -> Result<void> {
        int priority = 10;
        for (const std::string& id : order) {
            for (ChannelSettings& channel : settings.channels) {
                if (channel.id.text() == id)
                    channel.priority = priority;
            }
            priority += 10;
        }
        return {};
    });
    if (!done)
        showError(tr("The order could not be changed."), done.error());
}

}
