#include "support/printers.h"
