#pragma once

#include "base/bounded_queue.h"

#include <QObject>
#include <QThread>

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

/// A thread with an event loop. What it did is seen by whoever has called join().
class MailThread : public QThread
{
    Q_OBJECT
public:
    /// Waits for the end of a thread that was told to quit.
    void join();

protected:
    void run() override;

private:
    BoundedQueue<char> m_ended{1};
};

}
