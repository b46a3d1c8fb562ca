#pragma once

#include <QObject>
#include <QTimer>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace waystation {

/// What a store keeps of its askers, whatever the kind of answer.
class AnyAnswer
{
public:
    virtual ~AnyAnswer() = default;
};

/// Carries one answer to its asker: the first one that comes, or `late` when none comes within the
/// limit. It comes from the event loop, never from inside the call that asked. Lives on the thread
/// of `context`; when the context goes first, no answer comes any more.
template <class Answer> class OneAnswer : public AnyAnswer
{
public:
    OneAnswer(QObject* context, std::chrono::milliseconds limit, Answer late,
        std::function<void(Answer)> done)
        : m_context(context)
        , m_done(std::move(done))
    {
        m_timer.setSingleShot(true);
        m_late = std::make_unique<Answer>(std::move(late));
        QObject::connect(&m_timer, &QTimer::timeout, context, [this] { give(std::move(*m_late)); });
        m_timer.start(limit);
    }

    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;

    /// Only the first counts.
    void give(Answer answer)
    {
        if (m_given)
            return;
        m_given = true;
        m_timer.stop();
        const auto kept = std::make_shared<Answer>(std::move(answer));
        QMetaObject::invokeMethod(
            m_context, [done = std::move(m_done), kept] { done(std::move(*kept)); },
            Qt::QueuedConnection);
    }

    bool isGiven() const { return m_given; }

private:
    QObject* m_context;
    QTimer m_timer;
    std::unique_ptr<Answer> m_late;
    std::function<void(Answer)> m_done;
    bool m_given = false;
};

}
