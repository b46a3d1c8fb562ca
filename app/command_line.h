#pragma once

#include "base/error.h"
#include "bridge/station.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace waystation {

struct CommandLine
{
    QString dataDir; // absolute
    std::optional<VaultKind> vault;
    std::optional<std::uint16_t> port;
    bool hidden = false;
    QString language; // empty: as the settings say
    bool wantsHelp = false;
    bool wantsVersion = false;
};

/// `arguments` with the program's name first. Errors: Invalid, with what does not fit (English).
Result<CommandLine> readCommandLine(const QStringList& arguments);
QString commandLineHelp();

}
