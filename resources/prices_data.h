#pragma once

#include <string_view>

namespace waystation {

/// The price list that came with this build, for PriceTable::read. Lives as long as the program.
std::string_view builtInPrices();

}
