#pragma once

#include "ui/dialogs/form_dialog.h"

#include <string>
#include <vector>

class QLabel;
class QLineEdit;
class QListWidget;

namespace waystation {

/// Chooses which of an upstream's models a channel serves.
class ModelsDialog : public FormDialog
{
    Q_OBJECT
public:
    ModelsDialog(const std::vector<std::string>& offered, const std::vector<std::string>& chosen,
        QWidget* parent);

Q_SIGNALS:
    /// Nothing chosen: any model.
    void chosen(const std::vector<std::string>& models);

protected:
    void act() override;

private:
    void filter(const QString& text);
    void checkShown(bool checked);
    void count();

    QLineEdit* m_filter;
    QListWidget* m_list;
    QLabel* m_count;
};

}
