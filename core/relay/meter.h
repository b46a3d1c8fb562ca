#pragma once

#include "relay/call_record.h"
#include "relay/plan.h"

namespace waystation {

/// Fills cost, priceSource and costFormula of a record whose usage is known: vendor's word, the
/// user's override, the table, or unknown. Practice costs 0 from the table's word "free". A call
/// without usage that failed costs 0.
void priceRecord(CallRecord& record, const Plan& plan);

}
