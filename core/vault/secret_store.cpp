#include "vault/secret_store.h"

namespace waystation {

const char* nameOf(VaultKind kind)
{
    switch (kind) {
    case VaultKind::Keychain:
        return "keychain";
    case VaultKind::File:
        return "file";
    case VaultKind::Environment:
        return "environment";
    case VaultKind::Memory:
        break;
    }
    return "memory";
}

std::optional<VaultKind> vaultKindFrom(std::string_view name)
{
    for (const VaultKind kind :
        {VaultKind::Keychain, VaultKind::File, VaultKind::Environment, VaultKind::Memory}) {
        if (name == nameOf(kind))
            return kind;
    }
    return std::nullopt;
}

const char* nameOf(VaultAnswer answer)
{
    switch (answer) {
    case VaultAnswer::Found:
        return "found";
    case VaultAnswer::Absent:
        return "absent";
    case VaultAnswer::Locked:
        return "locked";
    case VaultAnswer::Denied:
        return "denied";
    case VaultAnswer::Slow:
        return "slow";
    case VaultAnswer::Unavailable:
        return "unavailable";
    case VaultAnswer::Failed:
        break;
    }
    return "failed";
}

}
