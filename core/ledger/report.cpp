#include "ledger/report.h"
