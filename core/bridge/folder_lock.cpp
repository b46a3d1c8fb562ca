#include "bridge/folder_lock.h"

#include <QDir>
#include <QFile>
#include <QLockFile>

#ifdef Q_OS_UNIX
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

namespace waystation {

FolderLock::FolderLock() = default;

FolderLock::~FolderLock()
{
    release();
}

#ifdef Q_OS_UNIX

Result<void> FolderLock::take(const QString& folder)
{
    release();
    const QByteArray path = QFile::encodeName(QDir(folder).filePath(QStringLiteral("lock")));
    int file = ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) // a folder on a read-only disk can still be held
        file = ::open(path.constData(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return Error{
            ErrorKind::Io, "cannot open " + path.toStdString() + ": " + std::strerror(errno)};
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        const int cause = errno;
        char holder[24] = {};
        const ssize_t size = ::read(file, holder, sizeof holder - 1);
        ::close(file);
        if (cause != EWOULDBLOCK)
            return Error{
                ErrorKind::Io, "cannot lock " + path.toStdString() + ": " + std::strerror(cause)};
        const int process = size > 0 ? std::atoi(holder) : 0;
        return Error{ErrorKind::Conflict,
            "another program holds the folder " + folder.toStdString()
                + (process > 0 ? " (process " + std::to_string(process) + ")" : std::string())};
    }
    const std::string process = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file, 0) == 0 && ::pwrite(file, process.data(), process.size(), 0) < 0)
        errno = 0; // the number is for people only
    m_file = file;
    return {};
}

void FolderLock::release()
{
    if (m_file >= 0)
        ::close(std::exchange(m_file, -1));
}

#else

Result<void> FolderLock::take(const QString& folder)
{
    release();
    auto lock = std::make_unique<QLockFile>(QDir(folder).filePath(QStringLiteral("lock")));
    lock->setStaleLockTime(0);
    if (!lock->tryLock(0)) {
        if (lock->error() == QLockFile::LockFailedError)
            return Error{
                ErrorKind::Conflict, "another program holds the folder " + folder.toStdString()};
        return Error{ErrorKind::Io, "cannot make a lock in " + folder.toStdString()};
    }
    m_lockFile = std::move(lock);
    return {};
}

void FolderLock::release()
{
    m_lockFile.reset();
}

#endif

}
