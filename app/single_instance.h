#pragma once

#include <QString>

namespace waystation {

/// What a start of the program finds.
enum class FirstOrSecond {
    First, // nobody holds the folder
    Raised, // another one runs and has come to the front
    HeldHeadless, // the folder is served without a window (waystationctl serve)
};

/// Asks the holder of `dataDir`, if there is one, to raise its window.
FirstOrSecond raiseRunning(const QString& dataDir);

}
