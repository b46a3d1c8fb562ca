#pragma once

#include "ui/models/calls_model.h"
#include "ui/pages/page.h"

#include <memory>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QTableView;

namespace waystation {

class CallDetail;

/// The log: every call, live, with its whole story.
class CallsPageView : public Page
{
    Q_OBJECT
public:
    CallsPageView(Station& station, Shell& shell);
    ~CallsPageView() override;

    void focusFilter() override;
    void escape() override;
    /// Shows the calls of another page's choice.
    void setFilter(const CallFilter& filter);

protected:
    void refresh() override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeFilters();
    CallFilter filter() const;
    void fillChoices();
    void reload();
    void follow();
    void fetchOlder();
    void showDetail();
    void closeDetail();
    bool isAtTop() const;
    void showFreeze();

    std::unique_ptr<CallsModel> m_model;
    QLineEdit* m_text;
    QComboBox* m_client;
    QComboBox* m_channel;
    QComboBox* m_period;
    QCheckBox* m_failed;
    QPushButton* m_newer;
    QPushButton* m_clear;
    QStackedWidget* m_stack;
    QSplitter* m_splitter;
    QTableView* m_table;
    CallDetail* m_detail;
    CallFilter m_given; // span from another page, while "chosen span" is picked
    CallId m_shown;
    int m_round = 0;
    bool m_loaded = false;
    bool m_following = false; // an answer is awaited
    bool m_hasNewer = false;
};

}
