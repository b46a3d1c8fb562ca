#pragma once

#include "ui/pages/page.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace waystation {

class CopyLabel;
class StateLabel;

/// Everything that is set once. Applied at once; what does not fit is said beside it.
class SettingsPage : public Page
{
    Q_OBJECT
public:
    SettingsPage(Station& station, Shell& shell);

protected:
    void refresh() override;

private:
    QVBoxLayout* addCard(QVBoxLayout* into, const QString& title);
    void makeGeneral(QVBoxLayout* into);
    void makeRelay(QVBoxLayout* into);
    void makeSecrets(QVBoxLayout* into);
    void makeNetwork(QVBoxLayout* into);
    void makeStorage(QVBoxLayout* into);
    void makePrivacy(QVBoxLayout* into);
    void makeAbout(QVBoxLayout* into);
    /// Applies a change; on an error says so in `problem` and shows the settings again.
    void apply(QLabel* problem, const std::function<void(Settings&)>& change);
    void applyPort();
    void applyProxy();
    void showVault();
    void showStorage();
    void eraseCalls();

    QComboBox* m_language;
    QComboBox* m_theme;
    QCheckBox* m_startHidden;
    QLabel* m_generalProblem;
    StateLabel* m_relayState;
    CopyLabel* m_address;
    QSpinBox* m_port;
    QPushButton* m_applyPort;
    QLabel* m_relayProblem;
    StateLabel* m_vaultState;
    QLabel* m_vaultDetail;
    QPushButton* m_unlock;
    QComboBox* m_proxyMode;
    QLineEdit* m_proxyUrl;
    QLabel* m_proxyProblem;
    QSpinBox* m_retention;
    QSpinBox* m_mostMegabytes;
    QLabel* m_storageProblem;
    QLabel* m_storage;
    QLabel* m_notice;
};

}
