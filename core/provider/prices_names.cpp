#include "provider/prices.h"

namespace waystation {

const char* nameOf(PriceSource source)
{
    switch (source) {
    case PriceSource::None:
        break;
    case PriceSource::Vendor:
        return "vendor";
    case PriceSource::Override:
        return "override";
    case PriceSource::Table:
        return "table";
    case PriceSource::Assumed:
        return "assumed";
    }
    return "none";
}

std::optional<PriceSource> priceSourceFrom(std::string_view name)
{
    for (const PriceSource source : {PriceSource::None, PriceSource::Vendor, PriceSource::Override, PriceSource::Table, PriceSource::Assumed}) {
        if (name == nameOf(source))
            return source;
    }
    return std::nullopt;
}

}
