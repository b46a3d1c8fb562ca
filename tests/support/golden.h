#pragma once

#include <QDir>
#include <QFile>
#include <QStringList>

/// Golden folders: a case is a folder of files, what came out is compared with a file beside them.
/// A difference leaves `<file>.actual` there, to be read and, once it is right, renamed.
namespace golden {

/// The whole file; empty when there is none.
inline QByteArray read(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// "<group>/<case>" for every folder two levels under `root`, sorted.
inline QStringList casesUnder(const QString& root)
{
    QStringList cases;
    const QDir top(root);
    const QStringList groups = top.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    for (const QString& group : groups) {
        const QStringList names
            = QDir(top.filePath(group)).entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
        for (const QString& name : names)
            cases.append(group + QLatin1Char('/') + name);
    }
    return cases;
}

/// True when `actual` is what the file says, blanks at the end aside. Else `.actual` holds it.
inline bool matches(const QString& path, const QByteArray& actual)
{
    const QString beside = path + QStringLiteral(".actual");
    if (QFile::exists(path) && read(path).trimmed() == actual.trimmed()) {
        QFile::remove(beside);
        return true;
    }
    QFile file(beside);
    if (file.open(QIODevice::WriteOnly | QIODevice::Truncate)) {
        file.write(actual.trimmed());
        file.write("\n");
    }
    return false;
}

}
