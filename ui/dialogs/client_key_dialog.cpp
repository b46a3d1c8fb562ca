#include "ui/dialogs/client_key_dialog.h"

#include "base/secret.h"
#include "ui/text/format.h"
#include "ui/widgets/build.h"
#include "ui/widgets/clipboard.h"

#include <QCheckBox>
#include <QDateEdit>
#include <QDateTime>
#include <QFormLayout>
#include <QLineEdit>
#include <QTimer>

namespace waystation {

QString firstCommand(const QString& address, const QString& key)
{
    return QStringLiteral(
        "curl %1/v1/chat/completions -H 'Authorization: Bearer %2' -H 'Content-Type: "
        "application/json' "
        "-d "
        "'{\"model\":\"practice-echo\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'")
        .arg(address, key);
}

ClientKeyDialog* ClientKeyDialog::create(Station& station, QWidget* parent)
{
    auto* dialog = new ClientKeyDialog(station, tr("Create client key"), parent);
    dialog->makeForm();
    dialog->open();
    return dialog;
}

ClientKeyDialog* ClientKeyDialog::rotate(Station& station, const QString& name, QWidget* parent)
{
    auto* dialog = new ClientKeyDialog(station, tr("Rotate client key"), parent);
    dialog->m_rotated = name;
    //: a client key's name
    QLabel* text = wrappedLabel(tr("%1 gets a new key. The old one stops working at once, so have "
                                   "the client's settings at hand.")
                                    .arg(name));
    column(dialog->m_form, 0, 0)->addWidget(text);
    dialog->actionButton()->setText(tr("&Rotate"));
    dialog->open();
    return dialog;
}

ClientKeyDialog* ClientKeyDialog::createFirst(Station& station, QWidget* parent)
{
    auto* dialog = new ClientKeyDialog(station, tr("Create client key"), parent);
    //: name of a client key made for trying in a terminal
    const QString base = tr("terminal");
    QString name = base;
    const auto isTaken = [&station](const QString& candidate) {
        const auto& clients = station.settings().clients;
        return std::any_of(clients.begin(), clients.end(),
            [&](const ClientSettings& client) { return client.name == toUtf8(candidate); });
    };
    for (int number = 2; isTaken(name); ++number)
        name = QStringLiteral("%1 %2").arg(base).arg(number);
    dialog->makeKey(toUtf8(name), {}, std::nullopt, false);
    if (!dialog->m_key.empty())
        copySecret(firstCommand(station.address(), fromUtf8(dialog->m_key)));
    dialog->open();
    return dialog;
}

ClientKeyDialog::ClientKeyDialog(Station& station, const QString& title, QWidget* parent)
    : FormDialog(title, tr("&Create key"), "clientKeyDialog", parent)
    , m_station(station)
    , m_form(new QWidget)
{
    setMinimumWidth(520);
    content()->addWidget(m_form);
}

ClientKeyDialog::~ClientKeyDialog()
{
    wipe(m_key);
}

void ClientKeyDialog::makeForm()
{
    QFormLayout* form = formLayout(m_form);
    form->setContentsMargins(0, 0, 0, 0);
    m_name = named(new QLineEdit, "clientName", tr("Name"));
    m_name->setPlaceholderText(tr("Which program will use it"));
    m_name->setMaxLength(60);
    form->addRow(tr("&Name"), m_name);
    m_models = named(new QLineEdit, "clientModels", tr("Allowed models"));
    m_models->setPlaceholderText(tr("All; or names with *, separated by commas"));
    form->addRow(tr("Allowed &models"), m_models);
    auto* line = row(8);
    m_ends = named(new QCheckBox(tr("&Expires on")), "clientExpires", tr("Expires"));
    m_expires = named(
        new QDateEdit(QDate::currentDate().addDays(90)), "clientExpiryDate", tr("Expiry date"));
    m_expires->setCalendarPopup(true);
    m_expires->setDisplayFormat(QStringLiteral("yyyy-MM-dd"));
    m_expires->setMinimumDate(QDate::currentDate().addDays(1));
    m_expires->setEnabled(false);
    line->addWidget(m_ends);
    line->addWidget(m_expires);
    line->addStretch(1);
    form->addRow(QString(), line);
    alignLabels(form);
    connect(m_ends, &QCheckBox::toggled, m_expires, &QWidget::setEnabled);
    connect(m_name, &QLineEdit::textChanged, this, [this] { clearProblem(); });
    m_name->setFocus();
}

void ClientKeyDialog::act()
{
    if (!m_key.empty()) {
        accept();
        return;
    }
    if (!m_rotated.isEmpty()) {
        makeKey(toUtf8(m_rotated), {}, std::nullopt, true);
        return;
    }
    const std::string name = toUtf8(m_name->text().trimmed());
    if (name.empty()) {
        showProblem(tr("Give the key a name."));
        return;
    }
    std::vector<std::string> models;
    for (const QString& model : m_models->text().split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        if (!model.trimmed().isEmpty())
            models.push_back(toUtf8(model.trimmed()));
    }
    std::optional<TimePoint> expires;
    if (m_ends->isChecked())
        // To the end of that day.
        expires = fromMicrosSinceEpoch(
            m_expires->date().addDays(1).startOfDay().toMSecsSinceEpoch() * 1000);
    makeKey(name, std::move(models), expires, false);
}

void ClientKeyDialog::makeKey(std::string name, std::vector<std::string> models,
    std::optional<TimePoint> expires, bool rotates)
{
    std::string made;
    const auto done = m_station.change([&](Settings& settings) -> Result<void> {
        auto client = rotates ? rotateClient(settings, name, wallNow())
                              : addClient(settings, name, models, expires, wallNow());
        if (!client)
            return client.error();
        wipe(made);
        made = client->key;
        wipe(client->key);
        return {};
    });
    if (!done) {
        wipe(made);
        showProblem(done.error());
        return;
    }
    m_key.swap(made);
    wipe(made);
    showKey();
}

void ClientKeyDialog::showKey()
{
    clearProblem();
    m_form->hide();
    setWindowTitle(tr("Your new client key"));
    content()->addWidget(
        wrappedLabel(tr("This key is shown only now; Waystation keeps nothing but its fingerprint. "
                        "Copy it to the client that will use it.")));
    auto* line = row(8);
    auto* key = named(new QLineEdit(fromUtf8(m_key)), "createdKey", tr("Client key"));
    key->setReadOnly(true);
    key->setFont(codeFont(key->font()));
    key->setCursorPosition(0);
    QPushButton* copy = pushButton(tr("C&opy key"), "copyKey", "copy", "primary");
    line->addWidget(key, 1);
    line->addWidget(copy);
    content()->addLayout(line);
    content()->addWidget(textLabel(tr("Try it in a terminal:"), "muted"));
    // Shown without the key, so that a screenshot of it gives nothing away; the button copies the
    // whole.
    QLabel* command
        = wrappedLabel(firstCommand(m_station.address(), QStringLiteral("ws-...")), "code");
    command->setFont(codeFont(command->font()));
    content()->addWidget(command);
    QPushButton* copyCommand
        = pushButton(tr("Copy the co&mmand with the key"), "copyCommand", "copy");
    content()->addWidget(copyCommand, 0, Qt::AlignLeft);
    content()->addWidget(wrappedLabel(
        tr("What is copied is taken back from the clipboard after a minute."), "muted"));
    actionButton()->setText(tr("&Done"));
    setRole(actionButton(), "");
    cancelButton()->hide();
    const auto confirm = [this](QPushButton* button) {
        const QString text = button->text();
        button->setText(tr("Copied"));
        QTimer::singleShot(1200, button, [button, text] { button->setText(text); });
    };
    connect(copy, &QPushButton::clicked, this, [this, copy, confirm] {
        copySecret(fromUtf8(m_key));
        confirm(copy);
    });
    connect(copyCommand, &QPushButton::clicked, this, [this, copyCommand, confirm] {
        copySecret(firstCommand(m_station.address(), fromUtf8(m_key)));
        confirm(copyCommand);
    });
    copy->setFocus();
    adjustSize();
}

void ClientKeyDialog::reject()
{
    // Esc after the key was made means that it was seen.
    m_key.empty() ? FormDialog::reject() : accept();
}

}
