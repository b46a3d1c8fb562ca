#pragma once

#include "bridge/station.h"
#include "ui/dialogs/form_dialog.h"

class QComboBox;
class QLabel;

namespace waystation {

class SecretField;

/// Unlocks the vault, or moves all secrets to another one.
class VaultDialog : public FormDialog
{
    Q_OBJECT
public:
    static VaultDialog* unlock(Station& station, QWidget* parent);
    static VaultDialog* move(Station& station, QWidget* parent);
    /// The one that fits what is wrong with the vault: unlocking, or another place.
    static void help(Station& station, QWidget* parent);

protected:
    void act() override;

private:
    enum class Purpose { Unlock, Move };
    VaultDialog(Station& station, Purpose purpose, QWidget* parent);
    VaultKind chosenKind() const;
    void adapt();

    Station& m_station;
    Purpose m_purpose;
    QComboBox* m_kind;
    SecretField* m_passphrase;
    SecretField* m_repeated;
    QLabel* m_passphraseLabel;
    QLabel* m_repeatedLabel;
    QLabel* m_explanation;
};

}
