#pragma once

#include "ui/models/aliases_model.h"
#include "ui/pages/page.h"

#include <memory>

class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace waystation {

/// Every name that a client can ask for: aliases, and below what channels serve.
class ModelsPage : public Page
{
    Q_OBJECT
public:
    ModelsPage(Station& station, Shell& shell);
    ~ModelsPage() override;

    void primaryAction() override;
    void focusFilter() override;

protected:
    void refresh() override;

private:
    QWidget* makeAliases();
    QWidget* makeServed();
    std::optional<AliasSettings> chosen() const;
    void editAlias();
    void removeChosen();

    std::unique_ptr<RowsModel<AliasRow>> m_aliases;
    std::unique_ptr<RowsModel<ModelRow>> m_models;
    QTableView* m_aliasTable;
    QStackedWidget* m_aliasStack;
    QPushButton* m_edit;
    QPushButton* m_remove;
    QLineEdit* m_filter;
    QTableView* m_modelTable;
};

}
