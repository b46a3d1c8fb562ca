#pragma once

#include "base/ids.h"
#include "dialect/target.h"
#include "provider/provider.h"

#include <string>
#include <string_view>
#include <vector>

namespace waystation {

/// A habit of a vendor that is no rule of its protocol, by name, so that people can switch it on or off for a channel.
struct Quirk
{
    const char* name; // "old-max-tokens"
    const char* about; // English, one line
    void (*apply)(Target& target);
};

/// THE LIST.
const std::vector<Quirk>& quirks();
const Quirk* findQuirk(std::string_view name);

/// The habits of a service's own address. `host` decides where it is known ("api.deepseek.com" behind a channel that is
/// only called OpenAI-compatible), else the provider.
std::vector<std::string_view> quirksOf(const Provider& provider, std::string_view host);

/// What a writer must know: protocol defaults, then the habits of the address, of the model's family, and last what the
/// user switched by hand ("+name", "-name"; "-name" keeps a habit of the address from being applied).
Target targetFor(const Provider& provider, std::string_view host, DialectId dialect, const ModelName& model,
    const std::vector<std::string>& choices);

/// What the name of a model tells about what it takes; behind a relay that is all there is to go by.
void applyModelHabits(Target& target, DialectId dialect);

/// Whose opaque state a model makes and takes back: "anthropic", "gemini", "openai:<host>", ...
std::string issuerOf(std::string_view host, std::string_view model);

}
