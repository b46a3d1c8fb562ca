#pragma once

#include "vault/vault_file.h"

#include <optional>

namespace waystation {

/// {"secrets":{"<name>":"<base64>",...}} and nothing else. Written and read here rather than by a
/// JSON library, since a library leaves copies of the values behind in ordinary memory.
LockedOctets toLockedJson(const SecretMap& secrets);
/// nullopt when it is not exactly what toLockedJson() writes.
std::optional<SecretMap> fromLockedJson(const LockedOctets& json);

}
