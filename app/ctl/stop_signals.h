#pragma once

#include <QObject>

class QSocketNotifier;

namespace waystation::ctl {

/// SIGINT, SIGTERM and SIGHUP as a signal of Qt's; one object a program.
class StopSignals : public QObject
{
    Q_OBJECT
public:
    StopSignals();
    ~StopSignals() override;

Q_SIGNALS:
    void asked();

private:
    QSocketNotifier* m_notifier = nullptr;
};

}
