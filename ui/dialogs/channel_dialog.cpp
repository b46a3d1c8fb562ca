#include "ui/dialogs/channel_dialog.h"

#include "ui/dialogs/vault_dialog.h"
#include "ui/text/error_text.h"
#include "ui/text/format.h"
#include "ui/theme/icons.h"
#include "ui/widgets/build.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/secret_field.h"
#include "ui/widgets/tone_delegate.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPointer>
#include <QScrollArea>
#include <QSpinBox>
#include <QTabWidget>

namespace waystation {

namespace {

QString tailOf(DialectId dialect)
{
    switch (dialect) {
    case DialectId::OpenaiChat:
        return QStringLiteral("/chat/completions");
    case DialectId::OpenaiResponses:
        return QStringLiteral("/responses");
    case DialectId::Anthropic:
        return QStringLiteral("/messages");
    case DialectId::Gemini:
        break;
    }
    return QStringLiteral("/models/\u2026:generateContent");
}

std::vector<DialectId> dialectsOf(const Provider& provider)
{
    std::vector<DialectId> dialects;
    for (const Endpoint& endpoint : provider.endpoints) {
        if (std::find(dialects.begin(), dialects.end(), endpoint.dialect) == dialects.end())
            dialects.push_back(endpoint.dialect);
    }
    return dialects;
}

std::vector<std::string> linesOf(const QString& text)
{
    std::vector<std::string> lines;
    for (const QString& line : text.split(QLatin1Char('\n'))) {
        const std::string entry = toUtf8(line.trimmed());
        if (!entry.empty() && std::find(lines.begin(), lines.end(), entry) == lines.end())
            lines.push_back(entry);
    }
    return lines;
}

QSpinBox* secondsBox(const char* objectName, const QString& accessibleName)
{
    auto* box = named(new QSpinBox, objectName, accessibleName);
    box->setRange(1, 86'400);
    //: unit behind a number: seconds
    box->setSuffix(ChannelDialog::tr(" s"));
    return box;
}

}

QStringList effectiveAddresses(const ChannelSettings& channel)
{
    const Provider* provider = findProvider(channel.provider);
    QStringList lines;
    if (!provider)
        return lines;
    for (const DialectId dialect :
        channel.dialects.empty() ? dialectsOf(*provider) : channel.dialects) {
        const auto base = effectiveBase(*provider, dialect, channel.baseUrl);
        if (base)
            lines << shortTextOf(dialect) + QStringLiteral("  ") + fromUtf8(toText(*base))
                    + tailOf(dialect);
        else
            lines << shortTextOf(dialect) + QStringLiteral("  ") + fromUtf8(base.error().message);
    }
    return lines;
}

QString freeChannelName(const Settings& settings, const QString& name)
{
    QString candidate = name;
    for (int number = 2; findChannel(settings, toUtf8(candidate)); ++number)
        candidate = QStringLiteral("%1 %2").arg(name).arg(number);
    return candidate;
}

ChannelDialog* ChannelDialog::add(Station& station, QWidget* parent)
{
    ChannelSettings fresh;
    fresh.priority = 0;
    auto* dialog = new ChannelDialog(station, Purpose::Add, std::move(fresh), parent);
    dialog->open();
    return dialog;
}

ChannelDialog* ChannelDialog::edit(
    Station& station, const ChannelSettings& channel, QWidget* parent)
{
    auto* dialog = new ChannelDialog(station, Purpose::Edit, channel, parent);
    dialog->open();
    return dialog;
}

ChannelDialog* ChannelDialog::duplicate(
    Station& station, const ChannelSettings& channel, QWidget* parent)
{
    ChannelSettings copy = channel;
    copy.id = ChannelId();
    copy.keys.clear();
    copy.priority = 0;
    copy.proxy.hasPassword = false;
    copy.name = toUtf8(freeChannelName(station.settings(), fromUtf8(channel.name)));
    auto* dialog = new ChannelDialog(station, Purpose::Duplicate, std::move(copy), parent);
    dialog->open();
    return dialog;
}

ChannelDialog::ChannelDialog(
    Station& station, Purpose purpose, ChannelSettings channel, QWidget* parent)
    : FormDialog(purpose == Purpose::Edit ? tr("Edit channel")
            : purpose == Purpose::Add     ? tr("Add channel")
                                          : tr("Duplicate channel"),
        purpose == Purpose::Edit ? tr("&Save") : tr("&Add channel"), "channelDialog", parent)
    , m_station(station)
    , m_purpose(purpose)
    , m_channel(std::move(channel))
{
    auto* columns = row(20);
    if (purpose == Purpose::Add)
        columns->addWidget(makeProviders());
    auto* tabs = named(new QTabWidget, "channelTabs", tr("Channel"));
    tabs->addTab(makeConnection(), tr("Connection"));
    tabs->addTab(makeModels(), tr("Models"));
    tabs->addTab(makeOptions(), tr("Options"));
    columns->addWidget(tabs, 1);
    content()->addLayout(columns, 1);
    resize(purpose == Purpose::Add ? 820 : 600, 540);
    load();
    if (purpose == Purpose::Add) {
        m_providers->setCurrentRow(0);
        findChild<QLineEdit*>(QStringLiteral("providerFilter"))->setFocus();
    } else {
        m_name->setFocus();
    }
}

QWidget* ChannelDialog::makeProviders()
{
    auto* box = new QWidget;
    box->setFixedWidth(220);
    QVBoxLayout* layout = column(box, 0, 8);
    auto* search = named(new QLineEdit, "providerFilter", tr("Search providers"));
    search->setPlaceholderText(tr("Search providers"));
    search->setClearButtonEnabled(true);
    search->addAction(lineIcon("search", IconTint::Muted), QLineEdit::LeadingPosition);
    layout->addWidget(search);
    m_providers = named(new QListWidget, "providerList", tr("Providers"));
    m_providers->setItemDelegate(new ToneDelegate(m_providers));
    m_providers->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    for (const Provider& provider : providers()) {
        auto* item = new QListWidgetItem(fromUtf8(provider.name), m_providers);
        item->setData(Qt::UserRole, fromUtf8(provider.id.text()));
    }
    layout->addWidget(m_providers, 1);
    connect(search, &QLineEdit::textChanged, this, &ChannelDialog::filterProviders);
    connect(m_providers, &QListWidget::currentItemChanged, this, [this](QListWidgetItem* item) {
        const Provider* provider = item
            ? findProvider(ProviderId(toUtf8(item->data(Qt::UserRole).toString())))
            : nullptr;
        if (provider)
            useProvider(*provider);
    });
    return box;
}

QWidget* ChannelDialog::makeConnection()
{
    auto* page = new QWidget;
    QVBoxLayout* layout = column(page, 0, 12);
    layout->setContentsMargins(0, 16, 0, 0);
    m_form = formLayout(nullptr);
    m_providerName = textLabel(QString());
    m_form->addRow(tr("Provider"), m_providerName);
    m_name = named(new QLineEdit, "channelName", tr("Name"));
    m_name->setMaxLength(60);
    m_form->addRow(tr("&Name"), m_name);
    m_baseUrl = named(new QLineEdit, "channelBaseUrl", tr("Base URL"));
    m_baseUrl->setMaxLength(2000);
    m_form->addRow(tr("&Base URL"), m_baseUrl);
    m_addresses = wrappedLabel(QString(), "muted");
    named(m_addresses, "effectiveAddresses", tr("Effective addresses"));
    m_form->addRow(tr("Calls go to"), m_addresses);
    m_dialectBox = new QWidget;
    auto* dialects = column(m_dialectBox, 0, 6);
    for (const DialectId dialect : allDialects) {
        auto* check = new QCheckBox(QString::fromLatin1(titleOf(dialect)));
        named(check, "", QString::fromLatin1(titleOf(dialect)));
        check->setObjectName(QStringLiteral("dialect_") + QString::fromLatin1(nameOf(dialect)));
        m_dialects[dialect] = check;
        dialects->addWidget(check);
        connect(check, &QCheckBox::toggled, this, &ChannelDialog::showAddresses);
    }
    m_form->addRow(tr("Protocols"), m_dialectBox);
    m_key = new SecretField("channelKey", tr("Upstream key"));
    m_keyHint = withRole(new ElidedLabel, "muted");
    if (m_purpose != Purpose::Edit) {
        m_form->addRow(tr("Upstream &key"), m_key);
        m_form->addRow(QString(), m_keyHint);
        connect(m_key, &SecretField::changed, this, &ChannelDialog::hintFromKey);
    } else {
        m_key->setParent(page);
        m_keyHint->setParent(page);
        m_key->hide();
        m_keyHint->hide();
    }
    alignLabels(m_form);
    layout->addLayout(m_form);
    layout->addStretch(1);
    connect(m_baseUrl, &QLineEdit::textChanged, this, &ChannelDialog::showAddresses);
    connect(m_name, &QLineEdit::textChanged, this, [this] { clearProblem(); });
    auto* area = named(new QScrollArea, "connectionScroll", tr("Connection"));
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidget(withRole(page, "clear"));
    return area;
}

QWidget* ChannelDialog::makeModels()
{
    auto* page = new QWidget;
    QVBoxLayout* layout = column(page, 0, 8);
    layout->setContentsMargins(0, 16, 0, 0);
    layout->addWidget(wrappedLabel(
        tr("One model name a line, as the upstream spells it. Leave this empty to pass any name "
           "on. Once the channel has its key, the list can be fetched on its page."),
        "muted"));
    m_models = named(new QPlainTextEdit, "channelModelList", tr("Models, one a line"));
    m_models->setTabChangesFocus(true);
    layout->addWidget(m_models, 1);
    return page;
}

QWidget* ChannelDialog::makeOptions()
{
    auto* page = withRole(new QWidget, "clear");
    QFormLayout* form = formLayout(page);
    form->setContentsMargins(0, 16, 8, 8);
    m_priority = named(new QSpinBox, "channelPriority", tr("Priority"));
    m_priority->setRange(0, 100'000);
    //: priority 0
    m_priority->setSpecialValueText(tr("last"));
    m_priority->setToolTip(tr("Lower is asked first"));
    form->addRow(tr("&Priority"), m_priority);
    m_weight = named(new QSpinBox, "channelWeight", tr("Weight"));
    m_weight->setRange(0, 1000);
    m_weight->setToolTip(tr("Share among channels of the same priority; 0 rests it"));
    form->addRow(tr("&Weight"), m_weight);
    m_multiplier = named(new QDoubleSpinBox, "channelMultiplier", tr("Price factor"));
    m_multiplier->setRange(0, 1000);
    m_multiplier->setDecimals(3);
    m_multiplier->setSingleStep(0.1);
    form->addRow(tr("Price &factor"), m_multiplier);
    m_proxyMode = named(new QComboBox, "channelProxyMode", tr("Proxy"));
    m_proxyMode->addItem(tr("As in the settings"), static_cast<int>(ProxyMode::Inherit));
    m_proxyMode->addItem(tr("None"), static_cast<int>(ProxyMode::None));
    m_proxyMode->addItem(tr("The system's"), static_cast<int>(ProxyMode::System));
    m_proxyMode->addItem(tr("This one:"), static_cast<int>(ProxyMode::Manual));
    form->addRow(tr("P&roxy"), m_proxyMode);
    m_proxyUrl = named(new QLineEdit, "channelProxyUrl", tr("Proxy address"));
    m_proxyUrl->setPlaceholderText(QStringLiteral("http://proxy.example.com:3128"));
    form->addRow(QString(), m_proxyUrl);
    m_connectSeconds = secondsBox("channelConnectSeconds", tr("Connect limit"));
    m_firstByteSeconds = secondsBox("channelFirstByteSeconds", tr("First byte limit"));
    m_idleSeconds = secondsBox("channelIdleSeconds", tr("Silence limit"));
    form->addRow(tr("Connect within"), m_connectSeconds);
    form->addRow(tr("First byte within"), m_firstByteSeconds);
    form->addRow(tr("Silent at most"), m_idleSeconds);
    m_headers = named(new QPlainTextEdit, "channelHeaders", tr("Extra headers"));
    m_headers->setTabChangesFocus(true);
    m_headers->setPlaceholderText(QStringLiteral("x-title: Waystation"));
    m_headers->setFixedHeight(72);
    form->addRow(tr("Extra &headers"), m_headers);
    form->addRow(QString(),
        wrappedLabel(tr("One a line, \"name: value\". They are kept in the settings file, so put "
                        "no secret here."),
            "muted"));
    m_tags = named(new QLineEdit, "channelTags", tr("Tags"));
    m_tags->setPlaceholderText(tr("separated by commas"));
    form->addRow(tr("&Tags"), m_tags);
    m_quirks = named(new QLineEdit, "channelQuirks", tr("Habits of the upstream"));
    m_quirks->setPlaceholderText(QStringLiteral("+old-max-tokens, -no-strict"));
    m_quirks->setToolTip(tr("What the address is known for is on by itself; +name switches a habit on, -name off. "
                            "\"waystationctl channel quirks\" lists them."));
    form->addRow(tr("Ha&bits"), m_quirks);
    m_caFile = named(new QLineEdit, "channelCaFile", tr("Certificate file"));
    m_caFile->setPlaceholderText(tr("PEM file to trust for this channel as well"));
    form->addRow(tr("&Certificates"), m_caFile);
    alignLabels(form);
    connect(m_proxyMode, &QComboBox::currentIndexChanged, this, [this] {
        m_proxyUrl->setEnabled(
            m_proxyMode->currentData().toInt() == static_cast<int>(ProxyMode::Manual));
    });
    auto* area = named(new QScrollArea, "optionsScroll", tr("Options"));
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidget(page);
    return area;
}

void ChannelDialog::filterProviders(const QString& text)
{
    QListWidgetItem* first = nullptr;
    for (int i = 0; i < m_providers->count(); ++i) {
        QListWidgetItem* item = m_providers->item(i);
        const bool fits = item->text().contains(text.trimmed(), Qt::CaseInsensitive);
        item->setHidden(!fits);
        if (fits && !first)
            first = item;
    }
    if (m_providers->currentItem() && m_providers->currentItem()->isHidden() && first)
        m_providers->setCurrentItem(first);
}

void ChannelDialog::useProvider(const Provider& provider)
{
    m_channel.provider = provider.id;
    m_providerName->setText(fromUtf8(provider.name));
    if (m_purpose == Purpose::Add
        && (m_name->text().isEmpty() || m_name->text() == m_suggestedName)) {
        m_suggestedName = freeChannelName(m_station.settings(),
            QString(fromUtf8(provider.name)).replace(QLatin1Char('/'), QLatin1Char('-')).left(56));
        m_name->setText(m_suggestedName);
    }
    const std::string own = provider.needsBaseUrl || provider.endpoints.empty()
        ? provider.exampleBaseUrl
        : provider.endpoints.front().base;
    m_baseUrl->setPlaceholderText(provider.isPractice ? QString() : fromUtf8(own));
    const std::vector<DialectId> dialects = dialectsOf(provider);
    for (const auto& [dialect, check] : m_dialects) {
        const bool has = std::find(dialects.begin(), dialects.end(), dialect) != dialects.end();
        const bool chosen = m_channel.dialects.empty()
            || std::find(m_channel.dialects.begin(), m_channel.dialects.end(), dialect)
                != m_channel.dialects.end();
        check->setVisible(has);
        const QSignalBlocker quiet(check);
        check->setChecked(has && (m_purpose == Purpose::Add || chosen));
    }
    const auto showRow = [this](QWidget* field, bool shown) {
        field->setVisible(shown);
        if (QWidget* label = m_form->labelForField(field))
            label->setVisible(shown);
    };
    showRow(m_baseUrl, !provider.isPractice);
    showRow(m_addresses, !provider.isPractice);
    showRow(m_dialectBox, !provider.isPractice && dialects.size() > 1);
    if (m_purpose != Purpose::Edit) {
        showRow(m_key, !provider.isPractice && (provider.needsKey || !provider.isLocal));
        showRow(m_keyHint, !provider.isPractice && (provider.needsKey || !provider.isLocal));
    }
    hintFromKey();
    showAddresses();
    clearProblem();
}

void ChannelDialog::showAddresses()
{
    ChannelSettings shown = m_channel;
    shown.baseUrl = toUtf8(m_baseUrl->text().trimmed());
    shown.dialects.clear();
    for (const auto& [dialect, check] : m_dialects) {
        if (check->isChecked())
            shown.dialects.push_back(dialect);
    }
    const Provider* provider = findProvider(m_channel.provider);
    if (provider && provider->needsBaseUrl && shown.baseUrl.empty()) {
        m_addresses->setText(tr("Enter the address of your server."));
        return;
    }
    // The address is shown as it will be kept: repaired.
    if (!shown.baseUrl.empty()) {
        const auto repaired = repairedBaseUrl(shown.baseUrl);
        if (!repaired) {
            m_addresses->setText(fromUtf8(repaired.error().message));
            return;
        }
        shown.baseUrl = toText(*repaired);
    }
    m_addresses->setText(effectiveAddresses(shown).join(QLatin1Char('\n')));
    clearProblem();
}

void ChannelDialog::hintFromKey()
{
    const Provider* provider = findProvider(m_channel.provider);
    QString hint;
    if (!m_key->isEmpty()) {
        std::string typed = m_key->edit()->text().trimmed().toStdString();
        const Provider* issuer = providerOfKey(typed);
        wipe(typed);
        if (issuer && provider && issuer->id != provider->id && !provider->needsBaseUrl)
            //: a provider's name
            hint = tr("This looks like a key of %1.").arg(fromUtf8(issuer->name));
    }
    if (hint.isEmpty() && provider && !provider->consoleUrl.empty())
        //: a web address
        hint = tr("Keys are made at %1").arg(fromUtf8(provider->consoleUrl));
    if (hint.isEmpty())
        //: where secrets are kept: "System keychain"
        hint = tr("It is stored in: %1").arg(textOf(m_station.vaultKind()));
    m_keyHint->setFullText(hint);
}

void ChannelDialog::load()
{
    m_name->setText(fromUtf8(m_channel.name));
    m_baseUrl->setText(fromUtf8(m_channel.baseUrl));
    QStringList lines;
    for (const std::string& model : m_channel.models)
        lines << fromUtf8(model);
    m_models->setPlainText(lines.join(QLatin1Char('\n')));
    m_priority->setValue(m_channel.priority);
    m_weight->setValue(m_channel.weight);
    m_multiplier->setValue(static_cast<double>(m_channel.multiplierThousandths) / 1000);
    m_proxyMode->setCurrentIndex(m_proxyMode->findData(static_cast<int>(m_channel.proxy.mode)));
    m_proxyUrl->setText(fromUtf8(m_channel.proxy.url));
    m_proxyUrl->setEnabled(m_channel.proxy.mode == ProxyMode::Manual);
    m_connectSeconds->setValue(static_cast<int>(m_channel.connectSeconds));
    m_firstByteSeconds->setValue(static_cast<int>(m_channel.firstByteSeconds));
    m_idleSeconds->setValue(static_cast<int>(m_channel.idleSeconds));
    QStringList headers;
    for (const auto& [name, value] : m_channel.extraHeaders)
        headers << fromUtf8(name) + QStringLiteral(": ") + fromUtf8(value);
    m_headers->setPlainText(headers.join(QLatin1Char('\n')));
    QStringList tags;
    for (const std::string& tag : m_channel.tags)
        tags << fromUtf8(tag);
    m_tags->setText(tags.join(QStringLiteral(", ")));
    QStringList quirks;
    for (const std::string& quirk : m_channel.quirks)
        quirks << fromUtf8(quirk);
    m_quirks->setText(quirks.join(QStringLiteral(", ")));
    m_caFile->setText(fromUtf8(m_channel.extraCaFile));
    if (const Provider* provider = findProvider(m_channel.provider))
        useProvider(*provider);
}

Result<ChannelSettings> ChannelDialog::read() const
{
    const auto invalid = [](const QString& text) {
        return Error{ErrorKind::Invalid, toUtf8(text)};
    };
    ChannelSettings channel = m_channel;
    const Provider* provider = findProvider(channel.provider);
    if (!provider)
        return invalid(tr("Choose a provider."));
    channel.name = toUtf8(m_name->text().trimmed());
    if (channel.name.empty())
        return invalid(tr("Give the channel a name."));
    channel.baseUrl = toUtf8(m_baseUrl->text().trimmed());
    if (provider->needsBaseUrl && channel.baseUrl.empty())
        return invalid(tr("This provider needs a base URL."));
    if (!channel.baseUrl.empty()) {
        const auto repaired = repairedBaseUrl(channel.baseUrl);
        if (!repaired)
            return repaired.error();
        channel.baseUrl = toText(*repaired);
    }
    channel.dialects.clear();
    const std::vector<DialectId> all = dialectsOf(*provider);
    for (const DialectId dialect : all) {
        if (m_dialects.at(dialect)->isChecked())
            channel.dialects.push_back(dialect);
    }
    if (channel.dialects.empty())
        return invalid(tr("Choose at least one protocol."));
    if (channel.dialects.size() == all.size())
        channel.dialects.clear();
    channel.models = linesOf(m_models->toPlainText());
    channel.priority = m_priority->value();
    channel.weight = m_weight->value();
    channel.multiplierThousandths = qRound64(m_multiplier->value() * 1000);
    channel.proxy.mode = static_cast<ProxyMode>(m_proxyMode->currentData().toInt());
    channel.proxy.url = toUtf8(m_proxyUrl->text().trimmed());
    channel.connectSeconds = m_connectSeconds->value();
    channel.firstByteSeconds = m_firstByteSeconds->value();
    channel.idleSeconds = m_idleSeconds->value();
    channel.extraHeaders.clear();
    for (const std::string& line : linesOf(m_headers->toPlainText())) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || colon == 0)
            //: a line of the extra headers
            return invalid(tr("\"%1\" is no header; write \"name: value\".").arg(fromUtf8(line)));
        channel.extraHeaders.emplace_back(toUtf8(fromUtf8(line.substr(0, colon)).trimmed()),
            toUtf8(fromUtf8(line.substr(colon + 1)).trimmed()));
    }
    channel.quirks = linesOf(QString(m_quirks->text()).replace(QLatin1Char(','), QLatin1Char('\n')));
    channel.tags = linesOf(QString(m_tags->text()).replace(QLatin1Char(','), QLatin1Char('\n')));
    channel.extraCaFile = toUtf8(m_caFile->text().trimmed());
    return channel;
}

void ChannelDialog::act()
{
    if (m_stored) {
        storeKey();
        return;
    }
    auto channel = read();
    if (!channel) {
        showProblem(channel.error().kind == ErrorKind::Invalid ? fromUtf8(channel.error().message)
                                                               : textOf(channel.error()));
        return;
    }
    ChannelId id = channel->id;
    const auto done = m_station.change([&](Settings& settings) -> Result<void> {
        if (m_purpose == Purpose::Edit)
            return waystation::editChannel(settings, *channel);
        const auto added = waystation::addChannel(settings, *channel);
        if (!added)
            return added.error();
        id = *added;
        return {};
    });
    if (!done) {
        showProblem(done.error());
        return;
    }
    m_channel = *channel;
    m_channel.id = id;
    m_stored = true;
    storeKey();
}

void ChannelDialog::storeKey()
{
    if (m_purpose == Purpose::Edit || m_key->isEmpty()) {
        finish();
        return;
    }
    setBusy(true);
    const QPointer<ChannelDialog> self(this);
    //: label of a channel's first key
    m_station.addKey(
        fromUtf8(m_channel.name), tr("key 1"), m_key->take(), [self](Result<KeyId> added) {
            if (!self)
                return;
            self->setBusy(false);
            if (added) {
                self->finish();
                return;
            }
            // The channel is there; only its key is missing, so the form shrinks to that.
            self->showProblem(tr("The channel was added, but its key could not be stored. Enter "
                                 "the key again, or cancel and add it later.")
                + QLatin1Char('\n') + textOf(added.error()));
            self->m_key->setFocus();
            if (added.error().kind == ErrorKind::KeyUnavailable)
                VaultDialog::help(self->m_station, self);
        });
}

void ChannelDialog::finish()
{
    Q_EMIT saved(fromUtf8(m_channel.id.text()));
    accept();
}

}
