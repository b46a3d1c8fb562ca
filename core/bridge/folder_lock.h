#pragma once

#include "base/error.h"

#include <QString>

#include <memory>

class QLockFile;

namespace waystation {

/// Keeps a data folder for one program. The system lets go when the holder ends, however it ends,
/// so the lock is never stale: the file `lock` may stay behind, it is the lock on it that counts.
class FolderLock
{
public:
    FolderLock();
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

    /// Errors: Conflict (another program holds it, named by its process id where known), Io.
    Result<void> take(const QString& folder);
    void release();

private:
    int m_file = -1;
    std::unique_ptr<QLockFile> m_lockFile; // where there is no flock
};

}
