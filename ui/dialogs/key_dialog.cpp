#include "ui/dialogs/key_dialog.h"

#include "provider/provider.h"
#include "ui/dialogs/vault_dialog.h"
#include "ui/text/error_text.h"
#include "ui/text/format.h"
#include "ui/widgets/build.h"
#include "ui/widgets/secret_field.h"

#include <QFormLayout>
#include <QLineEdit>
#include <QPointer>

namespace waystation {

KeyDialog* KeyDialog::add(Station& station, const ChannelSettings& channel, QWidget* parent)
{
    auto* dialog = new KeyDialog(station, channel, KeyId(), parent);
    dialog->open();
    return dialog;
}

KeyDialog* KeyDialog::replace(
    Station& station, const ChannelSettings& channel, const KeyId& key, QWidget* parent)
{
    auto* dialog = new KeyDialog(station, channel, key, parent);
    dialog->open();
    return dialog;
}

KeyDialog::KeyDialog(
    Station& station, const ChannelSettings& channel, const KeyId& key, QWidget* parent)
    : FormDialog(key.isEmpty() ? tr("Add upstream key") : tr("Replace upstream key"),
        key.isEmpty() ? tr("&Add key") : tr("&Replace"), "keyDialog", parent)
    , m_station(station)
    , m_channel(fromUtf8(channel.name))
    , m_key(key)
    , m_label(named(new QLineEdit, "keyLabel", tr("Label")))
    , m_secret(new SecretField("keySecret", tr("Key")))
{
    setMinimumWidth(440);
    QFormLayout* form = formLayout(nullptr);
    if (key.isEmpty()) {
        //: label of the nth key
        m_label->setText(tr("key %1").arg(channel.keys.size() + 1));
        m_label->setMaxLength(60);
        form->addRow(tr("&Label"), m_label);
    }
    form->addRow(tr("&Key"), m_secret);
    alignLabels(form);
    content()->addLayout(form);
    const Provider* provider = findProvider(channel.provider);
    if (provider && !provider->consoleUrl.empty())
        //: a web address
        content()->addWidget(
            wrappedLabel(tr("Keys are made at %1").arg(fromUtf8(provider->consoleUrl)), "muted"));
    //: where secrets are kept: "System keychain"
    content()->addWidget(
        wrappedLabel(tr("It is stored in: %1. It never appears in settings, logs or exports.")
                         .arg(textOf(station.vaultKind())),
            "muted"));
    connect(m_secret, &SecretField::changed, this, [this] {
        actionButton()->setEnabled(!m_secret->isEmpty());
        clearProblem();
    });
    actionButton()->setEnabled(false);
    m_secret->setFocus();
}

void KeyDialog::act()
{
    if (m_secret->isEmpty())
        return;
    setBusy(true);
    const QPointer<KeyDialog> self(this);
    if (m_key.isEmpty()) {
        m_station.addKey(
            m_channel, m_label->text().trimmed(), m_secret->take(), [self](Result<KeyId> added) {
                if (self)
                    self->ended(added ? Result<void>() : Result<void>(added.error()));
            });
    } else {
        m_station.replaceKey(m_channel, m_key, m_secret->take(), [self](Result<void> done) {
            if (self)
                self->ended(done);
        });
    }
}

void KeyDialog::ended(const Result<void>& done)
{
    setBusy(false);
    if (done) {
        accept();
        return;
    }
    showProblem(done.error());
    if (done.error().kind == ErrorKind::KeyUnavailable)
        VaultDialog::help(m_station, this);
}

}
