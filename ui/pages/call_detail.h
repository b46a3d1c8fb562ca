#pragma once

#include "relay/call_record.h"

#include <QFrame>

class QLabel;
class QPushButton;
class QTabWidget;

namespace waystation {

class ElidedLabel;
class StateLabel;
class Timeline;

/// A call's facts as plain text, for a support person: nothing secret is in a record.
QString evidenceText(const CallRecord& record);

/// One call: where its time went, why its route, what it cost, what went wrong.
class CallDetail : public QFrame
{
    Q_OBJECT
public:
    explicit CallDetail(QWidget* parent = nullptr);
    void setRecord(const CallRecord& record);
    /// Another call was chosen and is on its way: nothing of the old one can be copied meanwhile.
    void awaitRecord();

Q_SIGNALS:
    void closeWanted();

private:
    void addTab(QWidget* content, const QString& title, const char* objectName);
    QLabel* textTab(const QString& title, const char* objectName);
    QString routeText() const;
    QString usageText() const;
    QString errorText() const;

    CallRecord m_record;
    ElidedLabel* m_title;
    StateLabel* m_state;
    QTabWidget* m_tabs;
    Timeline* m_timeline;
    QLabel* m_summary;
    QLabel* m_route;
    QLabel* m_usage;
    QLabel* m_error;
    QPushButton* m_copyId;
    QPushButton* m_copyEvidence;
};

}
