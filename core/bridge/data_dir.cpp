#include "bridge/station.h"

#include <QDir>
#include <QStandardPaths>

namespace waystation {

QString defaultDataDir()
{
    const QString chosen = qEnvironmentVariable("WAYSTATION_DATA_DIR");
    if (!chosen.isEmpty())
        return QDir(chosen).absolutePath();
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation)
        + QStringLiteral("/waystation");
}

}
