#pragma once

#include "chat/usage.h"
#include "dialect/json.h"

namespace waystation::openai {

/// The counts of a `usage` object as the OpenAI family and its many relatives write it (chat,
/// responses, embeddings, images, audio, rerank). nullopt when nothing is counted in it.
std::optional<Usage> usageFrom(const json::Maybe& usage);

/// The counts of a chat reply or chunk, wherever the vendor put them.
std::optional<Usage> usageOfChat(const json::Maybe& reply);

/// `service_tier` as Usage::tier: empty for the ordinary ones.
std::string tierFrom(std::string_view word);

/// The field at the first of the paths that is there and not 0; 0 when it is nowhere.
Tokens countAt(const json::Maybe& object,
    std::initializer_list<std::initializer_list<std::string_view>> paths);

}
