#pragma once

#include <QFile>
#include <QMutex>
#include <QString>

namespace waystation {

/// Takes Qt's messages (any thread) into <folder>/waystation.log: one line a message, control
/// characters escaped, what looks like a key removed. At 2 MB the file becomes waystation.log.1 and
/// so on; four are kept. A folder that cannot be written costs the log, never the program.
class LogSink
{
public:
    explicit LogSink(const QString& folder);
    ~LogSink();
    LogSink(const LogSink&) = delete;
    LogSink& operator=(const LogSink&) = delete;

    /// One at a time receives the messages.
    void install();
    void write(const char* level, const QString& category, const QString& message);

    static constexpr qint64 mostBytes = 2 << 20;
    static constexpr int mostFiles = 4;

private:
    void open();
    void rotate();

    QString m_folder;
    QFile m_file;
    QMutex m_mutex;
};

}
