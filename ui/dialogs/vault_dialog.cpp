#include "ui/dialogs/vault_dialog.h"

#include "ui/text/error_text.h"
#include "ui/widgets/build.h"
#include "ui/widgets/secret_field.h"

#include <QComboBox>
#include <QFormLayout>
#include <QPointer>

namespace waystation {

VaultDialog* VaultDialog::unlock(Station& station, QWidget* parent)
{
    auto* dialog = new VaultDialog(station, Purpose::Unlock, parent);
    dialog->open();
    return dialog;
}

VaultDialog* VaultDialog::move(Station& station, QWidget* parent)
{
    auto* dialog = new VaultDialog(station, Purpose::Move, parent);
    dialog->open();
    return dialog;
}

void VaultDialog::help(Station& station, QWidget* parent)
{
    const QPointer<QWidget> owner(parent);
    station.vaultStatus([&station, owner](VaultStatus status) {
        if (!owner)
            return;
        if (status.answer == VaultAnswer::Locked || status.answer == VaultAnswer::Denied)
            unlock(station, owner);
        else if (status.answer != VaultAnswer::Found)
            move(station, owner);
    });
}

VaultDialog::VaultDialog(Station& station, Purpose purpose, QWidget* parent)
    : FormDialog(purpose == Purpose::Unlock ? tr("Unlock the vault") : tr("Where secrets are kept"),
        purpose == Purpose::Unlock ? tr("&Unlock") : tr("&Move secrets"),
        purpose == Purpose::Unlock ? "unlockDialog" : "moveVaultDialog", parent)
    , m_station(station)
    , m_purpose(purpose)
    , m_kind(named(new QComboBox, "vaultKind", tr("Where secrets are kept")))
    , m_passphrase(new SecretField("passphrase", tr("Passphrase")))
    , m_repeated(new SecretField("passphraseAgain", tr("Passphrase again")))
    , m_passphraseLabel(textLabel(tr("&Passphrase")))
    , m_repeatedLabel(textLabel(tr("&Again")))
    , m_explanation(wrappedLabel(QString(), "muted"))
{
    setMinimumWidth(460);
    content()->addWidget(m_explanation);
    QFormLayout* form = formLayout(nullptr);
    if (purpose == Purpose::Move) {
        for (const VaultKind kind : {VaultKind::Keychain, VaultKind::File}) {
            if (kind != station.vaultKind())
                m_kind->addItem(textOf(kind), static_cast<int>(kind));
        }
        form->addRow(tr("&Keep them in"), m_kind);
    } else {
        m_kind->setParent(this);
        m_kind->hide();
    }
    m_passphraseLabel->setBuddy(m_passphrase);
    m_repeatedLabel->setBuddy(m_repeated);
    form->addRow(m_passphraseLabel, m_passphrase);
    form->addRow(m_repeatedLabel, m_repeated);
    alignLabels(form);
    content()->addLayout(form);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &VaultDialog::adapt);
    connect(m_passphrase, &SecretField::changed, this, [this] { clearProblem(); });
    adapt();
}

VaultKind VaultDialog::chosenKind() const
{
    return m_purpose == Purpose::Unlock ? m_station.vaultKind()
                                        : static_cast<VaultKind>(m_kind->currentData().toInt());
}

void VaultDialog::adapt()
{
    const bool isFile = chosenKind() == VaultKind::File;
    const bool isNew = isFile && m_purpose == Purpose::Move;
    m_passphrase->setVisible(isFile);
    m_passphraseLabel->setVisible(isFile);
    m_repeated->setVisible(isNew);
    m_repeatedLabel->setVisible(isNew);
    if (m_purpose == Purpose::Unlock)
        m_explanation->setText(isFile
                ? tr("Upstream keys are in an encrypted file. Its passphrase opens them until "
                     "Waystation quits.")
                : tr("The system's keychain is locked. Your desktop will ask for its password."));
    else if (isFile)
        m_explanation->setText(
            tr("Secrets are copied into an encrypted file in the data folder, checked, and only "
               "then removed from where they are now. The passphrase cannot be recovered; it is "
               "asked for at each start."));
    else
        m_explanation->setText(tr("Secrets are copied into the system's keychain, checked, and "
                                  "only then removed from where they are now."));
    adjustSize();
}

void VaultDialog::act()
{
    const bool isFile = chosenKind() == VaultKind::File;
    Secret passphrase;
    if (isFile) {
        if (m_passphrase->isEmpty()) {
            showProblem(tr("Enter the passphrase."));
            return;
        }
        passphrase = m_passphrase->take();
        if (m_purpose == Purpose::Move) {
            const Secret again = m_repeated->take();
            if (!equalInConstantTime(passphrase.reveal(), again.reveal())) {
                showProblem(tr("The two passphrases differ. Enter both again."));
                return;
            }
        }
    }
    setBusy(true);
    const QPointer<VaultDialog> self(this);
    const auto done = [self](Result<void> result) {
        if (!self)
            return;
        self->setBusy(false);
        if (result)
            self->accept();
        else
            self->showProblem(result.error());
    };
    if (m_purpose == Purpose::Unlock)
        m_station.unlockVault(std::move(passphrase), done);
    else
        m_station.moveVault(chosenKind(), std::move(passphrase), done);
}

}
