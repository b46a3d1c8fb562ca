#include "settings/settings_file.h"

#include <QDate>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QSaveFile>

#include <nlohmann/json.hpp>

#if defined(Q_OS_UNIX)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace waystation {

namespace {

constexpr auto ownerFile = QFile::ReadOwner | QFile::WriteOwner;
constexpr auto ownerFolder = QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner;
constexpr qint64 largestFile = 32 << 20;
constexpr int copiesKept = 14;
const QString fileName = QStringLiteral("settings.json");

Error ioError(const QString& what, const QString& path, const QString& why)
{
    return {ErrorKind::Io,
        (what + QStringLiteral(" ") + path + QStringLiteral(": ") + why).toStdString()};
}

Result<std::string> contentOf(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return ioError(QStringLiteral("cannot read"), path, file.errorString());
    const QByteArray content = file.read(largestFile + 1);
    if (file.error() != QFile::NoError)
        return ioError(QStringLiteral("cannot read"), path, file.errorString());
    return content.toStdString();
}

/// The name of a replaced file is only safe once its folder is on the disk.
void syncFolder([[maybe_unused]] const QString& folder)
{
#if defined(Q_OS_UNIX)
    const int handle
        = ::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0)
        return;
    ::fsync(handle);
    ::close(handle);
#endif
}

Result<void> replaceFile(const QString& path, const std::string& content)
{
    QSaveFile file(path);
    file.setDirectWriteFallback(false);
    const auto size = static_cast<qint64>(content.size());
    // Unbuffered: with a buffer, QSaveFile of Qt 6.4 commits a file that a full disk cut short.
    if (!file.open(QIODevice::WriteOnly | QIODevice::Unbuffered) || !file.setPermissions(ownerFile)
        || file.write(content.data(), size) != size || !file.commit())
        return ioError(QStringLiteral("cannot write"), path, file.errorString());
    syncFolder(QFileInfo(path).absolutePath());
    return {};
}

Result<void> makeFolder(const QString& path)
{
    const QDir folder(path);
    if (!folder.exists() && !folder.mkpath(QStringLiteral(".")))
        return ioError(
            QStringLiteral("cannot make the folder"), path, QStringLiteral("the system refused"));
    QFile::setPermissions(path, ownerFolder);
    return {};
}

QDir copiesIn(const QString& folder)
{
    return QDir(folder + QStringLiteral("/backups"));
}

/// Names of daily copies, newest first.
QStringList copyNames(const QString& folder)
{
    static const QRegularExpression form(QStringLiteral("^settings-\\d{4}-\\d{2}-\\d{2}\\.json$"));
    return copiesIn(folder).entryList(QDir::Files, QDir::Name | QDir::Reversed).filter(form);
}

/// Like what is saved, for coming back to a day's end, and for a file that breaks.
Result<void> keepCopy(const QString& folder, const std::string& content)
{
    const QDir copies = copiesIn(folder);
    const auto made = makeFolder(copies.path());
    if (!made)
        return made.error();
    const QString today = QDate::currentDate().toString(Qt::ISODate);
    const auto written
        = replaceFile(copies.filePath(QStringLiteral("settings-%1.json").arg(today)), content);
    if (!written)
        return written.error();
    for (const QString& old : copyNames(folder).mid(copiesKept))
        QFile::remove(copies.filePath(old));
    return {};
}

/// What a save that was killed has left.
void removeLeftovers(const QString& folder)
{
    static const QRegularExpression form(
        QStringLiteral("^settings(-\\d{4}-\\d{2}-\\d{2})?\\.json\\.[A-Za-z]{6}$"));
    for (const QDir& place : {QDir(folder), copiesIn(folder)}) {
        for (const QString& name : place.entryList(QDir::Files | QDir::Hidden).filter(form))
            QFile::remove(place.filePath(name));
    }
}

/// A free name for the broken file, beside it.
QString asideName(const QString& folder)
{
    const QString stamp
        = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd-HHmmss"));
    QString name = QStringLiteral("settings-broken-%1.json").arg(stamp);
    for (int number = 2; QFile::exists(folder + QLatin1Char('/') + name); ++number)
        name = QStringLiteral("settings-broken-%1-%2.json").arg(stamp).arg(number);
    return name;
}

bool isNewerVersion(const QString& path)
{
    const auto content = contentOf(path);
    if (!content)
        return false;
    const nlohmann::json document = nlohmann::json::parse(*content, nullptr, false);
    if (!document.is_object())
        return false;
    const auto version = document.find("version");
    return version != document.end() && version->is_number_integer() && *version > settingsVersion;
}

}

SettingsFile::SettingsFile(QString folder)
    : m_folder(std::move(folder))
{
}

QString SettingsFile::path() const
{
    return m_folder + QLatin1Char('/') + fileName;
}

Result<Settings> SettingsFile::load()
{
    m_notice.clear();
    if (!QFile::exists(path()))
        return firstSettings();
    const auto content = contentOf(path());
    if (!content)
        return content.error();
    auto settings = settingsFromJson(*content);
    if (settings || settings.error().kind == ErrorKind::Conflict)
        return settings;

    for (const QString& name : copyNames(m_folder)) {
        const auto copy = contentOf(copiesIn(m_folder).filePath(name));
        if (!copy)
            continue;
        auto good = settingsFromJson(*copy);
        if (!good)
            continue;
        // The broken file stays until its copy is safe and the good one takes its place in one
        // step.
        const QString aside = asideName(m_folder);
        const auto kept = replaceFile(m_folder + QLatin1Char('/') + aside, *content);
        if (!kept)
            return kept.error();
        const auto replaced = replaceFile(path(), *copy);
        if (!replaced)
            return replaced.error();
        m_notice = QStringLiteral(
            "settings.json was damaged (%1). It is kept as %2, and the copy %3 is in use.")
                       .arg(QString::fromStdString(settings.error().message), aside, name);
        return good;
    }
    return settings;
}

Result<void> SettingsFile::save(const Settings& settings)
{
    const std::vector<Complaint> complaints = validate(settings);
    if (!complaints.empty())
        return Error{ErrorKind::Invalid,
            complaints.front().field + " " + complaints.front().message, complaints.front().field};
    if (QFile::exists(path()) && isNewerVersion(path()))
        return Error{ErrorKind::Conflict,
            "the settings were written by a newer version of this program; they are left as they "
            "are",
            "version"};
    const auto made = makeFolder(m_folder);
    if (!made)
        return made.error();
    removeLeftovers(m_folder);
    const std::string content = settingsToJson(settings);
    const auto written = replaceFile(path(), content);
    if (!written)
        return written.error();
    // A copy that fails loses nothing, and the next save tries again.
    const auto copied = keepCopy(m_folder, content);
    m_notice = copied ? QString()
                      : QStringLiteral("There is no copy of the settings of today: ")
            + QString::fromStdString(copied.error().message);
    return {};
}

}
