#pragma once

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waystation {

enum class BodyCoding { Identity, Gzip, Deflate, Zstd };

/// Reads a Content-Encoding value. Errors: Unsupported (answered with 415) for any other coding and
/// for a list.
Result<BodyCoding> bodyCodingFrom(std::string_view contentEncoding);

/// Undoes `coding`, with 64 octets of capacity behind the text. Errors: TooLarge when more than
/// `most` octets come out, or more than 1 MiB and 100 times what went in; BadRequest when the
/// octets are not whole or not of that coding.
Result<std::string> decodeBody(BodyCoding coding, std::string_view received, std::uint64_t most);

/// Capacity that every body has behind its end, for readers that look ahead.
constexpr std::size_t bodyPadding = 64;

}
