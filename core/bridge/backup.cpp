#include "bridge/folder_lock.h"
#include "bridge/station_parts.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QPointer>
#include <QSaveFile>

namespace waystation {

namespace {

const QString settingsName = QStringLiteral("settings.json");
const QString ledgerName = QStringLiteral("ledger.sqlite");

Result<QByteArray> contentOf(const QString& path, qint64 most)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorKind::Io,
            "cannot read " + path.toStdString() + ": " + file.errorString().toStdString()};
    if (file.size() > most)
        return Error{
            ErrorKind::Invalid, path.toStdString() + " is too large to be what it should be"};
    return file.readAll();
}

Result<void> writePrivately(const QString& path, const QByteArray& content)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        return Error{ErrorKind::Io,
            "cannot write " + path.toStdString() + ": " + file.errorString().toStdString()};
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    if (!file.commit())
        return Error{ErrorKind::Io,
            "cannot write " + path.toStdString() + ": " + file.errorString().toStdString()};
    return {};
}

bool isDatabase(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) && file.read(16) == QByteArray("SQLite format 3\0", 16);
}

}

void Station::backupTo(const QString& folder, std::function<void(Result<void>)> done)
{
    Parts& parts = *m_parts;
    const QDir place(folder);
    if (QFileInfo(folder).exists() && (!QFileInfo(folder).isDir() || !place.isEmpty()))
        return done(Error{
            ErrorKind::Conflict, folder.toStdString() + " is there already; name a new folder"});
    if (!QDir().mkpath(folder))
        return done(Error{ErrorKind::Io, "cannot make the folder " + folder.toStdString()});
    QFile::setPermissions(folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    // The settings hold no secret, so that a copy holds none either.
    const auto settings = QByteArray::fromStdString(settingsToJson(parts.settings));
    if (const auto written = writePrivately(place.filePath(settingsName), settings); !written)
        return done(written);
    const QString rows = place.filePath(ledgerName);
    parts.ledger.flush([this, guard = QPointer(this), rows, done] {
        if (!guard)
            return;
        m_parts->ledger.backupTo(rows, [rows, done](Result<void> copied) {
            if (copied)
                QFile::setPermissions(rows, QFile::ReadOwner | QFile::WriteOwner);
            done(copied);
        });
    });
}

Result<QString> restoreBackup(const QString& folder, const QString& dataDir)
{
    const QDir from(folder);
    const QDir to(dataDir);
    if (!QFileInfo(from.filePath(settingsName)).isFile())
        return Error{ErrorKind::NotFound,
            "there is no backup in " + folder.toStdString() + " (no settings.json)"};
    constexpr qint64 mostSettings = 64 << 20;
    const auto settings = contentOf(from.filePath(settingsName), mostSettings);
    if (!settings)
        return settings.error();
    // All is checked before anything is moved.
    if (const auto read = settingsFromJson(settings->toStdString()); !read)
        return Error{
            read.error().kind, "the backup's settings cannot be used: " + read.error().message};
    const bool hasRows = QFileInfo(from.filePath(ledgerName)).isFile();
    if (hasRows && !isDatabase(from.filePath(ledgerName)))
        return Error{ErrorKind::Invalid, "the backup's ledger.sqlite is no database"};

    if (!QDir().mkpath(dataDir))
        return Error{ErrorKind::Io, "cannot make the folder " + dataDir.toStdString()};
    FolderLock lock;
    if (const auto taken = lock.take(dataDir); !taken)
        return taken.error();
    const QString fresh = to.filePath(ledgerName + QStringLiteral(".restoring"));
    QFile::remove(fresh);
    if (hasRows
        && (!QFile::copy(from.filePath(ledgerName), fresh)
            || !QFile::setPermissions(fresh, QFile::ReadOwner | QFile::WriteOwner))) {
        QFile::remove(fresh);
        return Error{ErrorKind::Io, "cannot copy the backup's rows to " + dataDir.toStdString()};
    }
    const QString stamp
        = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd-HHmmss-zzz"));
    const QString kept = to.filePath(QStringLiteral("before-restore-") + stamp);
    if (!QDir().mkpath(kept))
        return Error{ErrorKind::Io, "cannot make the folder " + kept.toStdString()};
    QFile::setPermissions(kept, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    for (const QString& name : {settingsName, ledgerName, ledgerName + QStringLiteral("-wal"),
             ledgerName + QStringLiteral("-shm")}) {
        const QString present = to.filePath(name);
        if (QFileInfo::exists(present) && !QFile::rename(present, QDir(kept).filePath(name)))
            return Error{ErrorKind::Io,
                "cannot move " + present.toStdString() + " aside; what was moved is in "
                    + kept.toStdString()};
    }
    if (hasRows && !QFile::rename(fresh, to.filePath(ledgerName)))
        return Error{ErrorKind::Io,
            "cannot put the rows in place; what was here is in " + kept.toStdString()};
    if (const auto written = writePrivately(to.filePath(settingsName), *settings); !written)
        return Error{
            ErrorKind::Io, written.error().message + "; what was here is in " + kept.toStdString()};
    return kept;
}

}
