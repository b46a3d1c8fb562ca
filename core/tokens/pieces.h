#pragma once

#include "tokens/char_kinds.h"

#include <cstddef>
#include <string_view>

namespace waystation {

/// Where the piece of text that begins at `from` ends; tokens never cross the pieces. `text` is valid UTF-8 and `from` the
/// end of the piece before. The pieces are those of o200k_base's regular expression, in its order of preference:
///
///     word    [^\r\n\p{L}\p{N}]? [upper]* [lower]+ ('s|'t|'re|'ve|'m|'ll|'d in any case)?
///             [^\r\n\p{L}\p{N}]? [upper]+ [lower]* ('s|'t|'re|'ve|'m|'ll|'d in any case)?
///     number  \p{N}{1,3}
///     signs   ' '? [^\s\p{L}\p{N}]+ [\r\n/]*
///     space   \s*[\r\n]+ | \s+(?!\S) | \s+
///
/// where letters without case (Lm, Lo) and marks (M) are both upper and lower. No character is looked at more than three
/// times, whatever the text.
std::size_t pieceEnd(std::string_view text, std::size_t from, const CharKinds& kinds);

}
