#pragma once

#include <QString>

namespace waystation {

/// The local socket of a data folder: in the folder, or, where that path is too long for a socket,
/// under a hashed name in the runtime folder. On Windows a pipe's name.
QString controlSocketName(const QString& dataDir);

/// True when the other end of that socket is a program of this user, or where the system does not
/// tell.
bool isSameUser(qintptr socket);

}
