#pragma once

#include "base/error.h"
#include "settings/settings.h"

#include <QString>

#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// A thing that does not fit, and where.
struct Complaint
{
    std::string field; // "channels[2].baseUrl"
    std::string message; // English
};

std::vector<Complaint> validate(const Settings& settings);

/// JSON, two spaces, fixed order of fields, ends with a line break. Holds no secret.
std::string settingsToJson(const Settings& settings);
/// Errors: Invalid (with the field), Conflict when `version` is newer than settingsVersion. Older
/// versions are upgraded step by step. Unknown fields are passed over.
Result<Settings> settingsFromJson(std::string_view json);

/// settings.json in a data folder: read, written atomically (mode 0600), a copy a day under
/// backups/ (14 kept).
class SettingsFile
{
public:
    explicit SettingsFile(QString folder);

    /// firstSettings() when there is no file. A file that is cut or broken is kept aside and the
    /// newest good copy is used; `notice()` then says so. Errors: Conflict (newer version), Io,
    /// Invalid (broken, no copy). What is read may still draw complaints from validate(). Nothing
    /// is written but after a broken file.
    Result<Settings> load();
    /// Errors: Invalid (does not validate), Conflict (the file there is of a newer version), Io.
    /// Nothing is written on an error.
    Result<void> save(const Settings& settings);

    const QString& notice() const { return m_notice; }

    QString path() const;

private:
    QString m_folder;
    QString m_notice;
};

}
