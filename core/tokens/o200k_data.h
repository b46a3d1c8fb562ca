#pragma once

#include <cstddef>

namespace waystation {

/// resources/tokenizer/o200k.zst, as the build put it into the program.
extern const unsigned char o200kData[];
extern const std::size_t o200kSize;

}
