#pragma once

#include "bridge/station.h"
#include "ui/dialogs/form_dialog.h"

class QCheckBox;
class QDateEdit;
class QLabel;
class QLineEdit;
class QPlainTextEdit;

namespace waystation {

/// The command that makes a first call, ready for a terminal.
QString firstCommand(const QString& address, const QString& key);

/// Creates a client key, or gives a known one a new secret; then shows the key, once.
class ClientKeyDialog : public FormDialog
{
    Q_OBJECT
public:
    static ClientKeyDialog* create(Station& station, QWidget* parent);
    static ClientKeyDialog* rotate(Station& station, const QString& name, QWidget* parent);
    /// Creates "terminal" (or "terminal 2") at once and copies the first command with it.
    static ClientKeyDialog* createFirst(Station& station, QWidget* parent);

    ~ClientKeyDialog() override;

    void reject() override;

protected:
    void act() override;

private:
    ClientKeyDialog(Station& station, const QString& title, QWidget* parent);
    void makeForm();
    void makeKey(std::string name, std::vector<std::string> models,
        std::optional<TimePoint> expires, bool rotates);
    void showKey();

    Station& m_station;
    QWidget* m_form;
    QLineEdit* m_name = nullptr;
    QLineEdit* m_models = nullptr;
    QCheckBox* m_ends = nullptr;
    QDateEdit* m_expires = nullptr;
    QString m_rotated; // the key to rotate; empty: a new one
    std::string m_key; // wiped at the end
};

}
