#include "bridge/socket_name.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QStandardPaths>

#ifdef Q_OS_LINUX
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace waystation {

QString controlSocketName(const QString& dataDir)
{
    const QString folder = QDir(dataDir).absolutePath();
    const QByteArray hash
        = QCryptographicHash::hash(folder.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
    const QString hashed = QStringLiteral("waystation-") + QString::fromLatin1(hash);
#ifdef Q_OS_WIN
    return hashed;
#else
    constexpr qsizetype mostOctets = 100; // sun_path holds 104 to 108
    const QString direct = QDir(folder).filePath(QStringLiteral("control.sock"));
    if (QFile::encodeName(direct).size() <= mostOctets)
        return direct;
    QString runtime = QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation);
    if (runtime.isEmpty())
        runtime = QDir::tempPath();
    return QDir(runtime).filePath(hashed);
#endif
}

bool isSameUser(qintptr socket)
{
#ifdef Q_OS_LINUX
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(static_cast<int>(socket), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
        && peer.uid == ::geteuid();
#else
    Q_UNUSED(socket);
    return true;
#endif
}

}
