#pragma once

#include "bridge/station.h"
#include "ui/dialogs/form_dialog.h"

class QLineEdit;

namespace waystation {

class SecretField;

/// Adds an upstream key to a channel, or replaces one.
class KeyDialog : public FormDialog
{
    Q_OBJECT
public:
    static KeyDialog* add(Station& station, const ChannelSettings& channel, QWidget* parent);
    static KeyDialog* replace(
        Station& station, const ChannelSettings& channel, const KeyId& key, QWidget* parent);

protected:
    void act() override;

private:
    KeyDialog(Station& station, const ChannelSettings& channel, const KeyId& key, QWidget* parent);
    void ended(const Result<void>& done);

    Station& m_station;
    QString m_channel;
    KeyId m_key; // empty: a new one
    QLineEdit* m_label;
    SecretField* m_secret;
};

}
