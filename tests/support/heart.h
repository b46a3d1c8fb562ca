#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace waystation {

/// Tells how long the event loop of its thread stood still, beyond what a busy machine makes any
/// thread wait: a second thread keeps the same beat and shows that.
class Heart
{
public:
    Heart()
    {
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer,
            [this] { m_longest = std::max(m_longest, m_gap.restart()); });
        m_gap.start();
        m_timer.start(beatMillis);
        m_control = std::thread([this] {
            QElapsedTimer gap;
            gap.start();
            while (!m_isOver) {
                std::this_thread::sleep_for(std::chrono::milliseconds(beatMillis));
                m_noise = std::max(m_noise.load(), gap.restart());
            }
        });
    }

    ~Heart()
    {
        m_isOver = true;
        m_control.join();
    }

    Heart(const Heart&) = delete;
    Heart& operator=(const Heart&) = delete;

    qint64 longestStop() const
    {
        return std::max<qint64>(0, std::max(m_longest, m_gap.elapsed()) - m_noise);
    }

private:
    static constexpr int beatMillis = 5;

    QTimer m_timer;
    QElapsedTimer m_gap;
    qint64 m_longest = 0;
    std::thread m_control;
    std::atomic<qint64> m_noise{0};
    std::atomic<bool> m_isOver{false};
};

}
