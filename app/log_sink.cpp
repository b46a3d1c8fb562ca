#include "app/log_sink.h"

#include "base/text.h"
#include "relay/redact.h"

#include <QDateTime>
#include <QDir>

#include <atomic>
#include <cstdio>

namespace waystation {

namespace {

std::atomic<LogSink*> current{nullptr};
QtMessageHandler previous = nullptr;

const char* levelOf(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg:
        return "debug";
    case QtInfoMsg:
        return "info";
    case QtWarningMsg:
        return "warning";
    case QtCriticalMsg:
        return "error";
    case QtFatalMsg:
        break;
    }
    return "fatal";
}

void takeMessage(QtMsgType type, const QMessageLogContext& context, const QString& message)
{
    if (LogSink* sink = current.load())
        sink->write(
            levelOf(type), QString::fromLatin1(context.category ? context.category : ""), message);
    if (type == QtWarningMsg || type == QtCriticalMsg || type == QtFatalMsg) {
        const std::string line = oneLine(scrubbedByShape(message.toStdString()), 2000);
        std::fprintf(stderr, "%s\n", line.c_str());
    }
}

}

LogSink::LogSink(const QString& folder)
    : m_folder(folder)
{
    open();
}

LogSink::~LogSink()
{
    LogSink* self = this;
    if (current.compare_exchange_strong(self, nullptr))
        qInstallMessageHandler(previous);
}

void LogSink::install()
{
    current = this;
    previous = qInstallMessageHandler(takeMessage);
}

void LogSink::open()
{
    QDir().mkpath(m_folder);
    m_file.setFileName(m_folder + QStringLiteral("/waystation.log"));
    if (m_file.open(QIODevice::Append))
        m_file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
}

void LogSink::rotate()
{
    m_file.close();
    const QString base = m_folder + QStringLiteral("/waystation.log");
    QFile::remove(QStringLiteral("%1.%2").arg(base).arg(mostFiles - 1));
    for (int i = mostFiles - 2; i >= 1; --i)
        QFile::rename(
            QStringLiteral("%1.%2").arg(base).arg(i), QStringLiteral("%1.%2").arg(base).arg(i + 1));
    QFile::rename(base, base + QStringLiteral(".1"));
    open();
}

void LogSink::write(const char* level, const QString& category, const QString& message)
{
    const std::string text = oneLine(scrubbedByShape(message.toStdString()), 4000);
    QByteArray line = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs).toLatin1() + ' '
        + level + ' ';
    if (!category.isEmpty() && category != QStringLiteral("default"))
        line += category.toUtf8() + ' ';
    line += QByteArray::fromStdString(text) + '\n';
    const QMutexLocker lock(&m_mutex);
    if (!m_file.isOpen())
        return;
    if (m_file.size() + line.size() > mostBytes)
        rotate();
    m_file.write(line);
    m_file.flush();
}

}
