#include "ui/pages/settings_page.h"

#include "ui/dialogs/vault_dialog.h"
#include "ui/text/error_text.h"
#include "ui/text/format.h"
#include "ui/widgets/build.h"
#include "ui/widgets/copy_label.h"
#include "ui/widgets/state_label.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QMessageBox>
#include <QPointer>
#include <QScrollArea>
#include <QSpinBox>

namespace waystation {

namespace {

QLabel* problemLabel(const char* objectName)
{
    QLabel* label = wrappedLabel(QString(), "bad");
    label->setObjectName(QString::fromLatin1(objectName));
    label->hide();
    return label;
}

void showIn(QLabel* label, const QString& text)
{
    label->setText(text);
    label->setAccessibleName(text);
    label->setVisible(!text.isEmpty());
}

void choose(QComboBox* choice, const QVariant& value)
{
    const QSignalBlocker quiet(choice);
    choice->setCurrentIndex(std::max(0, choice->findData(value)));
}

void setValue(QSpinBox* box, int value)
{
    if (box->hasFocus())
        return; // somebody is typing there
    const QSignalBlocker quiet(box);
    box->setValue(value);
}

}

SettingsPage::SettingsPage(Station& station, Shell& shell)
    : Page(tr("Settings"), station, shell)
{
    auto* area = named(new QScrollArea, "settingsScroll", tr("Settings"));
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* inside = withRole(new QWidget, "clear");
    auto* around = new QHBoxLayout(inside);
    around->setContentsMargins(0, 0, 4, 0);
    auto* middle = new QWidget;
    middle->setMaximumWidth(760);
    QVBoxLayout* layout = column(middle, 0, 12);
    m_notice = problemLabel("settingsNotice");
    layout->addWidget(m_notice);
    makeGeneral(layout);
    makeRelay(layout);
    makeSecrets(layout);
    makeNetwork(layout);
    makeStorage(layout);
    makePrivacy(layout);
    makeAbout(layout);
    layout->addStretch(1);
    around->addWidget(middle, 1);
    around->addStretch(0);
    area->setWidget(inside);
    body()->addWidget(area, 1);
}

QVBoxLayout* SettingsPage::addCard(QVBoxLayout* into, const QString& title)
{
    QFrame* card = cardFrame();
    QVBoxLayout* layout = column(card, 16, 10);
    layout->addWidget(titleLabel(title, 1.05));
    into->addWidget(card);
    return layout;
}

void SettingsPage::makeGeneral(QVBoxLayout* into)
{
    QVBoxLayout* layout = addCard(into, tr("General"));
    QFormLayout* form = formLayout(nullptr);
    m_language = named(new QComboBox, "language", tr("Language"));
    m_language->addItem(tr("As the system"), QStringLiteral("system"));
    // Languages name themselves.
    m_language->addItem(QStringLiteral("English"), QStringLiteral("en"));
    m_language->addItem(QStringLiteral("\u7b80\u4f53\u4e2d\u6587"), QStringLiteral("zh_CN"));
    form->addRow(tr("&Language"), m_language);
    m_theme = named(new QComboBox, "theme", tr("Theme"));
    m_theme->addItem(tr("As the system"), QStringLiteral("system"));
    m_theme->addItem(tr("Light"), QStringLiteral("light"));
    m_theme->addItem(tr("Dark"), QStringLiteral("dark"));
    form->addRow(tr("&Theme"), m_theme);
    m_startHidden = named(new QCheckBox(tr("Start &hidden in the tray")), "startHidden",
        tr("Start hidden in the tray"));
    form->addRow(QString(), m_startHidden);
    alignLabels(form);
    layout->addLayout(form);
    m_generalProblem = problemLabel("generalProblem");
    layout->addWidget(m_generalProblem);
    connect(m_language, &QComboBox::currentIndexChanged, this, [this] {
        apply(m_generalProblem, [this](Settings& settings) {
            settings.language = toUtf8(m_language->currentData().toString());
        });
    });
    connect(m_theme, &QComboBox::currentIndexChanged, this, [this] {
        apply(m_generalProblem, [this](Settings& settings) {
            settings.theme = toUtf8(m_theme->currentData().toString());
        });
    });
    connect(m_startHidden, &QCheckBox::toggled, this, [this](bool hidden) {
        apply(m_generalProblem, [hidden](Settings& settings) { settings.startHidden = hidden; });
    });
}

void SettingsPage::makeRelay(QVBoxLayout* into)
{
    QVBoxLayout* layout = addCard(into, tr("Relay"));
    QFormLayout* form = formLayout(nullptr);
    m_relayState = named(new StateLabel, "relayStateLabel", tr("State"));
    form->addRow(tr("State"), m_relayState);
    m_address = new CopyLabel("relayAddress", tr("Address, copies when pressed"));
    auto* addressRow = row(0);
    addressRow->addWidget(m_address);
    addressRow->addStretch(1);
    form->addRow(tr("Address"), addressRow);
    m_port = named(new QSpinBox, "port", tr("Port"));
    m_port->setRange(1, 65535);
    m_port->setGroupSeparatorShown(false);
    m_port->setFixedWidth(110);
    m_applyPort = pushButton(tr("&Apply"), "applyPort");
    auto* portRow = row(8);
    portRow->addWidget(m_port);
    portRow->addWidget(m_applyPort);
    portRow->addStretch(1);
    QLabel* portLabel = textLabel(tr("&Port"));
    portLabel->setBuddy(m_port);
    form->addRow(portLabel, portRow);
    alignLabels(form);
    layout->addLayout(form);
    m_relayProblem = problemLabel("relayProblem");
    layout->addWidget(m_relayProblem);
    layout->addWidget(wrappedLabel(tr("Only programs on this computer can reach it. Running calls "
                                      "are finished before a new port is used."),
        "muted"));
    connect(m_applyPort, &QPushButton::clicked, this, &SettingsPage::applyPort);
    connect(m_port, &QSpinBox::valueChanged, this,
        [this](int port) { m_applyPort->setEnabled(port != station().settings().port); });
}

void SettingsPage::makeSecrets(QVBoxLayout* into)
{
    QVBoxLayout* layout = addCard(into, tr("Secrets"));
    m_vaultState = named(new StateLabel, "vaultState", tr("Vault"));
    layout->addWidget(m_vaultState);
    m_vaultDetail = wrappedLabel(QString(), "muted");
    layout->addWidget(m_vaultDetail);
    auto* buttons = row(8);
    m_unlock = pushButton(tr("&Unlock"), "unlockVault", "unlock");
    QPushButton* move = pushButton(tr("&Move secrets elsewhere"), "moveVault", "lock");
    buttons->addWidget(m_unlock);
    buttons->addWidget(move);
    buttons->addStretch(1);
    layout->addLayout(buttons);
    connect(
        m_unlock, &QPushButton::clicked, this, [this] { VaultDialog::unlock(station(), this); });
    connect(move, &QPushButton::clicked, this, [this] { VaultDialog::move(station(), this); });
}

void SettingsPage::makeNetwork(QVBoxLayout* into)
{
    QVBoxLayout* layout = addCard(into, tr("Network"));
    QFormLayout* form = formLayout(nullptr);
    m_proxyMode = named(new QComboBox, "proxyMode", tr("Proxy"));
    m_proxyMode->addItem(tr("The system's"), static_cast<int>(ProxyMode::System));
    m_proxyMode->addItem(tr("None"), static_cast<int>(ProxyMode::None));
    m_proxyMode->addItem(tr("This one:"), static_cast<int>(ProxyMode::Manual));
    form->addRow(tr("P&roxy"), m_proxyMode);
    m_proxyUrl = named(new QLineEdit, "proxyUrl", tr("Proxy address"));
    m_proxyUrl->setPlaceholderText(QStringLiteral("http://proxy.example.com:3128"));
    m_proxyUrl->setMaxLength(400);
    form->addRow(tr("Address"), m_proxyUrl);
    alignLabels(form);
    layout->addLayout(form);
    m_proxyProblem = problemLabel("proxyProblem");
    layout->addWidget(m_proxyProblem);
    connect(m_proxyMode, &QComboBox::currentIndexChanged, this, &SettingsPage::applyProxy);
    connect(m_proxyUrl, &QLineEdit::editingFinished, this, &SettingsPage::applyProxy);
}

void SettingsPage::makeStorage(QVBoxLayout* into)
{
    QVBoxLayout* layout = addCard(into, tr("Storage"));
    QFormLayout* form = formLayout(nullptr);
    m_retention = named(new QSpinBox, "retentionDays", tr("Keep calls for"));
    m_retention->setRange(1, 3650);
    //: unit behind a number
    m_retention->setSuffix(tr(" days"));
    m_retention->setFixedWidth(140);
    form->addRow(tr("&Keep calls for"), m_retention);
    m_mostMegabytes = named(new QSpinBox, "mostMegabytes", tr("At most"));
    m_mostMegabytes->setRange(16, 1'000'000);
    m_mostMegabytes->setSuffix(QStringLiteral(" MB"));
    m_mostMegabytes->setFixedWidth(140);
    form->addRow(tr("At &most"), m_mostMegabytes);
    alignLabels(form);
    layout->addLayout(form);
    m_storage = wrappedLabel(QString(), "muted");
    m_storage->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_storage);
    m_storageProblem = problemLabel("storageProblem");
    layout->addWidget(m_storageProblem);
    for (QSpinBox* box : {m_retention, m_mostMegabytes}) {
        box->setKeyboardTracking(false);
        connect(box, &QSpinBox::valueChanged, this, [this] {
            apply(m_storageProblem, [this](Settings& settings) {
                settings.retentionDays = m_retention->value();
                settings.maxLedgerMegabytes = m_mostMegabytes->value();
            });
        });
    }
}

void SettingsPage::makePrivacy(QVBoxLayout* into)
{
    QVBoxLayout* layout = addCard(into, tr("Privacy"));
    layout->addWidget(wrappedLabel(
        tr("Of each call Waystation keeps the time, the client's name, the models, counts, cost "
           "and what went wrong. Prompts, answers and keys are not kept."),
        "muted"));
    QPushButton* erase = pushButton(tr("&Erase all calls"), "eraseCalls", "trash", "danger");
    layout->addWidget(erase, 0, Qt::AlignLeft);
    connect(erase, &QPushButton::clicked, this, &SettingsPage::eraseCalls);
}

void SettingsPage::makeAbout(QVBoxLayout* into)
{
    QVBoxLayout* layout = addCard(into, tr("About"));
    //: the program's version
    layout->addWidget(wrappedLabel(tr("Waystation %1").arg(QStringLiteral(WAYSTATION_VERSION))));
    const PriceTable& prices = station().prices();
    //: a date, how many models are in the list
    layout->addWidget(
        wrappedLabel(tr("Price list of %1 with %2 models")
                         .arg(fromUtf8(prices.date()),
                             countText(static_cast<std::int64_t>(prices.modelCount()))),
            "muted"));
    QLabel* folder = wrappedLabel(tr("Data folder: %1").arg(station().dataDir()), "muted");
    folder->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    named(folder, "dataFolder", tr("Data folder"));
    layout->addWidget(folder);
}

void SettingsPage::apply(QLabel* problem, const std::function<void(Settings&)>& change)
{
    const auto done = station().change([&change](Settings& settings) -> Result<void> {
        change(settings);
        return {};
    });
    showIn(problem, done ? QString() : textOf(done.error()));
    if (!done)
        refreshNow();
}

void SettingsPage::applyPort()
{
    const auto done = station().setPort(static_cast<std::uint16_t>(m_port->value()));
    showIn(m_relayProblem, done ? QString() : textOf(done.error()));
    m_applyPort->setEnabled(m_port->value() != station().settings().port);
    m_port->clearFocus();
    refreshNow();
}

void SettingsPage::applyProxy()
{
    const auto mode = static_cast<ProxyMode>(m_proxyMode->currentData().toInt());
    const std::string url = toUtf8(m_proxyUrl->text().trimmed());
    m_proxyUrl->setEnabled(mode == ProxyMode::Manual);
    const ProxySettings& had = station().settings().proxy;
    if (mode == ProxyMode::Manual && url.empty()) {
        showIn(m_proxyProblem, tr("Enter the proxy's address."));
        m_proxyUrl->setFocus();
        return;
    }
    if (mode == had.mode && url == had.url)
        return;
    apply(m_proxyProblem, [mode, url](Settings& settings) {
        settings.proxy.mode = mode;
        settings.proxy.url = url;
    });
}

void SettingsPage::refresh()
{
    const Settings& settings = station().settings();
    showIn(m_notice, station().settingsNotice());
    choose(m_language, fromUtf8(settings.language));
    choose(m_theme, fromUtf8(settings.theme));
    {
        const QSignalBlocker quiet(m_startHidden);
        m_startHidden->setChecked(settings.startHidden);
    }
    const RelayState state = station().relayState();
    m_relayState->setState(toneOf(state), textOf(state));
    m_address->setCopyText(station().address());
    setValue(m_port, settings.port);
    m_applyPort->setEnabled(m_port->value() != settings.port);
    if (!m_proxyMode->hasFocus() && !m_proxyUrl->hasFocus()) {
        choose(m_proxyMode, static_cast<int>(settings.proxy.mode));
        m_proxyUrl->setText(fromUtf8(settings.proxy.url));
        m_proxyUrl->setEnabled(settings.proxy.mode == ProxyMode::Manual);
    }
    setValue(m_retention, settings.retentionDays);
    setValue(m_mostMegabytes,
        static_cast<int>(std::min<std::int64_t>(settings.maxLedgerMegabytes, 1'000'000)));
    showVault();
    showStorage();
}

void SettingsPage::showVault()
{
    const QPointer<SettingsPage> self(this);
    station().vaultStatus([self](VaultStatus status) {
        if (!self)
            return;
        const bool open = status.answer == VaultAnswer::Found;
        //: where secrets are kept, and its state
        self->m_vaultState->setState(open ? Tone::Good : Tone::Warn,
            tr("%1: %2").arg(textOf(status.kind), textOf(status.answer)));
        QStringList details;
        if (!status.backend.isEmpty() && status.kind == VaultKind::Keychain)
            details << status.backend;
        if (!status.detail.isEmpty())
            details << status.detail;
        self->m_vaultDetail->setText(details.join(QStringLiteral(" \u00b7 ")));
        self->m_vaultDetail->setVisible(!details.isEmpty());
        self->m_unlock->setVisible(status.answer == VaultAnswer::Locked
            || status.answer == VaultAnswer::Denied || status.answer == VaultAnswer::Slow);
    });
}

void SettingsPage::showStorage()
{
    station().ledger().figures(this, [this](LedgerFigures figures) {
        //: how many calls are kept, and how much room they take
        QString text = tr("%1 calls, %2").arg(countText(figures.rows), bytesText(figures.bytes));
        if (figures.oldest)
            //: date of the oldest call
            text += tr(", the oldest from %1").arg(dateText(*figures.oldest));
        if (!figures.path.empty())
            text += QLatin1Char('\n') + fromUtf8(figures.path);
        m_storage->setText(text);
        showIn(m_storageProblem, fromUtf8(figures.trouble));
    });
}

void SettingsPage::eraseCalls()
{
    auto* box = new QMessageBox(QMessageBox::Question, QStringLiteral("Waystation"),
        tr("Erase all calls and their sums? This cannot be undone."), QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("eraseBox"));
    box->setTextFormat(Qt::PlainText);
    QPushButton* erase = box->addButton(tr("&Erase"), QMessageBox::DestructiveRole);
    erase->setObjectName(QStringLiteral("confirmErase"));
    box->addButton(tr("&Cancel"), QMessageBox::RejectRole);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QPointer<SettingsPage> self(this);
    connect(erase, &QPushButton::clicked, this, [self] {
        self->station().ledger().eraseAll([self](Result<void> done) {
            if (!self)
                return;
            if (!done)
                self->showError(tr("The calls could not be erased."), done.error());
            self->refreshNow();
        });
    });
    box->open();
}

}
