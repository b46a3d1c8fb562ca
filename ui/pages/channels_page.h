#pragma once

#include "ui/models/channels_model.h"
#include "ui/pages/page.h"

#include <map>
#include <memory>

class QComboBox;
class QLabel;
class QLineEdit;
class QListView;
class QPushButton;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace waystation {

class ElidedLabel;
class StateLabel;

/// The upstream channels: a list, and everything about the chosen one.
class ChannelsPage : public Page
{
    Q_OBJECT
public:
    ChannelsPage(Station& station, Shell& shell);
    ~ChannelsPage() override;

    void primaryAction() override;
    void focusFilter() override;

protected:
    void refresh() override;

private:
    QWidget* makeList();
    QWidget* makeDetail();
    QWidget* makeHead();
    QWidget* makeAddressCard();
    QWidget* makeKeysCard();
    QWidget* makeModelsCard();
    QWidget* makeTestCard();

    const ChannelSettings* chosen() const;
    void choose(const std::string& id);
    void showList();
    void showDetail();
    void showKeys(const ChannelSettings& channel);
    void editChannel();
    void duplicateChannel();
    void toggleChannel();
    void deleteChannel();
    void addKey();
    void replaceKey();
    void removeKey();
    std::string chosenKey() const;
    void fetchModels();
    void takeModels(const std::string& id, const std::vector<std::string>& models);
    void test();
    void showTest(const ChannelTest& result);
    void move(int by);
    /// Changes one channel, telling of an error; false then.
    bool changeChannel(const std::string& id, const std::function<void(ChannelSettings&)>& change);

    std::unique_ptr<RowsModel<ChannelRow>> m_model;
    std::unique_ptr<RowsModel<KeyRow>> m_keys;
    QLineEdit* m_filter;
    QListView* m_list;
    QStackedWidget* m_right;
    ElidedLabel* m_name;
    StateLabel* m_state;
    QPushButton* m_toggle;
    QToolButton* m_up;
    QToolButton* m_down;
    QLabel* m_provider;
    QLabel* m_addresses;
    QLabel* m_options;
    QWidget* m_keysCard;
    QTableView* m_keysTable;
    QLabel* m_keysEmpty;
    QToolButton* m_replaceKey;
    QToolButton* m_removeKey;
    QLabel* m_modelsText;
    QPushButton* m_fetch;
    QPushButton* m_test;
    QComboBox* m_testModel;
    StateLabel* m_testState;
    QLabel* m_testDetail;

    std::string m_chosen;
    std::vector<std::string> m_leaving; // deleted, with the undo still on offer
    std::map<std::string, ChannelTest> m_tests;
    std::string m_testing;
    std::vector<ChannelStrip> m_strips;
    std::vector<SpeedRow> m_speeds;
};

}
