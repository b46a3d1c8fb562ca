#pragma once

#include "chat/call.h"
#include "dialect/dialect.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waystation {

// Pictures made of words: OpenAI's family (/v1/images/generations), Gemini's own models (:generateContent, which answers
// with text and pictures) and Imagen (:predict).

/// A request for pictures. Views point into the received body or into `texts`.
struct PicturesCall
{
    RawText prompt;
    std::optional<std::int64_t> count;
    std::string_view size; // OpenAI: "1536x1024"; empty: not said
    std::string_view aspectRatio; // Imagen: "4:3"; empty: not said
    std::string_view format; // "png", "jpeg", "webp"; empty: not said
    bool wantsUrl = false; // OpenAI: pictures by address
    bool stream = false;
    std::vector<std::string_view> leftOut; // told as drop:<field>
    TextStore texts;
};

struct Picture
{
    std::string_view base64;
    std::string_view mime;
    RawText revisedPrompt; // what the model made of the prompt, where it tells
};

struct PicturesReply
{
    std::vector<Picture> pictures; // one or more
    std::string model; // as the upstream calls it; may be empty
    std::optional<Usage> usage;
    TextStore texts;
};

/// Errors: BadRequest; Unsupported with the field's name for pictures that are to be made of pictures.
Result<PicturesCall> readPicturesCall(const Address& address, std::string_view body);

/// What follows an upstream's base address: "/images/generations", or for Gemini the verb behind the model.
std::string picturesTail(DialectId dialect, std::string_view model);

/// For OpenaiChat, or for the verb that picturesTail says. `model` as the upstream calls it.
std::string writePicturesCall(DialectId dialect, const PicturesCall& call, std::string_view model, Losses& losses);

/// `body` outlives the reply. Errors: UpstreamRefused when the model made none and said why; BadReply; or the error that it
/// holds.
Result<PicturesReply> readPicturesReply(DialectId dialect, std::string_view body);

/// For OpenaiChat, or as :predict answers. `created` in seconds since 1970, UTC.
std::string writePicturesReply(DialectId dialect, const PicturesReply& reply, std::int64_t created);

/// The same as OpenAI's stream: an event for each picture.
std::string writePicturesEvents(const PicturesReply& reply, std::int64_t created);

}
