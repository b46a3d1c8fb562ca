#pragma once

#include "bridge/station.h"
#include "ui/dialogs/form_dialog.h"

#include <vector>

class QCheckBox;

class QComboBox;
class QLabel;
class QLineEdit;
class QScrollArea;
class QSpinBox;
class QToolButton;
class QVBoxLayout;

namespace waystation {

/// Edits an alias: a name and its targets, in order, each a channel and a model.
class AliasDialog : public FormDialog
{
    Q_OBJECT
public:
    /// `alias` with an empty name: a new one.
    AliasDialog(Station& station, AliasSettings alias, QWidget* parent);

protected:
    void act() override;

private:
    struct TargetRow
    {
        QWidget* box;
        QComboBox* channel;
        QComboBox* model;
        QSpinBox* tier;
        QSpinBox* weight;
        QLabel* trouble;
    };

    void addTarget(const AliasTargetSettings& target);
    void removeTarget(QWidget* box);
    void fillModels(const TargetRow& row) const;
    void explain();
    AliasTargetSettings read(const TargetRow& row) const;

    Station& m_station;
    std::string m_oldName;
    QLineEdit* m_name;
    QVBoxLayout* m_targets;
    QCheckBox* m_rejects;
    QLabel* m_explanation;
    std::vector<TargetRow> m_rows;
    int m_made = 0;
};

}
