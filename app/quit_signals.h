#pragma once

#include <QObject>

namespace waystation {

/// Turns SIGTERM, SIGINT and SIGHUP into a signal of the event loop, so that a logout or Ctrl-C
/// quits in order. Does nothing where there are no such signals. One at a time.
class QuitSignals : public QObject
{
    Q_OBJECT
public:
    explicit QuitSignals(QObject* parent = nullptr);

Q_SIGNALS:
    void quitRequested();
};

}
