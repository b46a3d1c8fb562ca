#pragma once

#include "chat/call.h"
#include "dialect/dialect.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

// Vectors of texts, as OpenAI's family (/v1/embeddings) and Gemini (:embedContent, :batchEmbedContents) have them.

/// A request for vectors. Views point into the received body or into `texts`.
struct EmbeddingsCall
{
    std::vector<RawText> inputs; // one or more
    bool isBatch = true; // Gemini: false for :embedContent, which answers with one vector
    std::optional<std::int64_t> dimensions;
    bool wantsBase64 = false; // OpenAI: little-endian floats of 32 bits instead of a list of numbers
    std::vector<std::string_view> leftOut; // no other protocol has them; told as drop:<field>
    TextStore texts;
};

/// A vector in either of its forms; the other is empty.
struct Vector
{
    RawJson numbers; // a list
    std::string_view base64; // of little-endian floats
};

struct EmbeddingsReply
{
    std::vector<Vector> vectors; // in the order of the inputs
    std::string model; // as the upstream calls it; may be empty
    std::optional<Usage> usage;
    TextStore texts;
};

/// Errors: BadRequest; Unsupported with the field's name for what only one protocol can be asked (token ids, pictures).
Result<EmbeddingsCall> readEmbeddingsCall(const Address& address, std::string_view body);

/// For OpenaiChat, or for Gemini's :batchEmbedContents. `model` as the upstream calls it.
std::string writeEmbeddingsCall(DialectId dialect, const EmbeddingsCall& call, std::string_view model, Losses& losses);

/// `body` outlives the reply. Errors: BadReply, also when there are not `expected` vectors; or the error that it holds.
Result<EmbeddingsReply> readEmbeddingsReply(DialectId dialect, std::string_view body, std::size_t expected);

/// For the client that asked `call`. `model` is the one that it asked for; OpenAI's form always tells a usage.
/// Errors: BadReply for a vector that holds something else than numbers.
Result<std::string> writeEmbeddingsReply(
    DialectId dialect, const EmbeddingsReply& reply, const EmbeddingsCall& call, std::string_view model);

/// What an upstream of the OpenAI family answered to `callBody`, its vectors in the form that was asked for; all else stays
/// as it is. nullopt when there is nothing to change, or the answer cannot be read.
std::optional<std::string> withVectorsAsAsked(std::string_view callBody, std::string_view replyBody);

}
