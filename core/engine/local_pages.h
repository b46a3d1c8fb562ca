#pragma once

#include "dialect/dialect.h"
#include "relay/route.h"

#include <optional>
#include <string>
#include <vector>

namespace waystation {

/// The list of models in the form that the client expects (clients.md rule 14): OpenAI's also carries an empty
/// `models` for Codex. Pure.
std::string modelListJson(DialectId form, const std::vector<ServedModel>& models);
/// One model of the list; nullopt when it is not on it.
std::optional<std::string> modelJson(DialectId form, const std::vector<ServedModel>& models, const std::string& name);

}
