#pragma once

#include "base/secret.h"

#include <QObject>
#include <QString>

namespace waystation {

void copyText(const QString& text);
/// Marked so that clipboard histories leave it out; taken back after a minute, and when the program
/// ends, unless something else was copied meanwhile.
void copySecret(const QString& text);
/// Takes back a secret that still lies there.
void clearCopiedSecret();

}
