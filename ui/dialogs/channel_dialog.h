#pragma once

#include "bridge/station.h"
#include "provider/provider.h"
#include "ui/dialogs/form_dialog.h"

#include <map>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QSpinBox;

namespace waystation {

class ElidedLabel;
class SecretField;

/// One line a protocol: "Chat  https://api.example.com/v1/chat/completions", or what is wrong with
/// the address.
QStringList effectiveAddresses(const ChannelSettings& channel);
/// "name", or "name 2" and so on when it is taken.
QString freeChannelName(const Settings& settings, const QString& name);

/// Adds a channel (preset on the left, its form on the right) or edits one.
class ChannelDialog : public FormDialog
{
    Q_OBJECT
public:
    static ChannelDialog* add(Station& station, QWidget* parent);
    static ChannelDialog* edit(Station& station, const ChannelSettings& channel, QWidget* parent);
    /// A copy without keys: secrets are never copied.
    static ChannelDialog* duplicate(
        Station& station, const ChannelSettings& channel, QWidget* parent);

Q_SIGNALS:
    void saved(const QString& channelId);

protected:
    void act() override;

private:
    enum class Purpose { Add, Edit, Duplicate };
    ChannelDialog(Station& station, Purpose purpose, ChannelSettings channel, QWidget* parent);

    QWidget* makeProviders();
    QWidget* makeConnection();
    QWidget* makeModels();
    QWidget* makeOptions();
    void filterProviders(const QString& text);
    void useProvider(const Provider& provider);
    void showAddresses();
    void hintFromKey();
    void load();
    /// The form's values. Errors: Invalid, with what does not fit.
    Result<ChannelSettings> read() const;
    void storeKey();
    void finish();

    Station& m_station;
    Purpose m_purpose;
    ChannelSettings m_channel;
    QListWidget* m_providers = nullptr;
    QFormLayout* m_form = nullptr;
    QLabel* m_providerName;
    QLineEdit* m_name;
    QLineEdit* m_baseUrl;
    QLabel* m_addresses;
    QWidget* m_dialectBox;
    std::map<DialectId, QCheckBox*> m_dialects;
    SecretField* m_key;
    ElidedLabel* m_keyHint;
    QPlainTextEdit* m_models;
    QSpinBox* m_priority;
    QSpinBox* m_weight;
    QComboBox* m_proxyMode;
    QLineEdit* m_proxyUrl;
    QDoubleSpinBox* m_multiplier;
    QSpinBox* m_connectSeconds;
    QSpinBox* m_firstByteSeconds;
    QSpinBox* m_idleSeconds;
    QPlainTextEdit* m_headers;
    QLineEdit* m_tags;
    QLineEdit* m_quirks;
    QLineEdit* m_caFile;
    QString m_suggestedName;
    bool m_stored = false; // the channel exists; only its key is still to be stored
};

}
