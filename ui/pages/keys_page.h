#pragma once

#include "ui/models/clients_model.h"
#include "ui/pages/page.h"

#include <memory>

class QPushButton;
class QStackedWidget;
class QTableView;

namespace waystation {

/// The client keys: what programs present to Waystation.
class KeysPage : public Page
{
    Q_OBJECT
public:
    KeysPage(Station& station, Shell& shell);
    ~KeysPage() override;

    void primaryAction() override;

protected:
    void refresh() override;

private:
    QString chosen() const;
    void show(const std::vector<UsageRow>& usage);
    void rotate();
    void revoke();

    std::unique_ptr<RowsModel<ClientRow>> m_model;
    std::vector<UsageRow> m_usage;
    QStackedWidget* m_stack;
    QTableView* m_table;
    QPushButton* m_rotate;
    QPushButton* m_revoke;
};

}
