#pragma once

#include "base/bounded_queue.h"

#include <QObject>

#include <functional>

namespace waystation {

/// Letters for one thread: functions that it runs in the order of posting, from its event loop.
/// Everything a letter carries crosses under the queue's lock; Qt only carries the wake-up.
class Mailbox : public QObject
{
    Q_OBJECT
public:
    using Letter = std::function<void()>;

    explicit Mailbox(QObject* parent = nullptr);

    /// From any thread.
    void post(Letter letter);
    /// On the mailbox's thread: runs what waits.
    Q_INVOKABLE void drain();
    /// Forgets what waits.
    void discard();

private:
    BoundedQueue<Letter> m_letters{100'000};
};

}
