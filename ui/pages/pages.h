#pragma once

#include "ui/pages/page.h"

#include <memory>
#include <vector>

namespace waystation {

/// A page in the side bar.
struct PageEntry
{
    PageId id;
    const char* name; // for objectName: "overview"
    const char* icon;
    QString title;
    std::function<Page*(Station&, Shell&)> make;
};

/// THE LIST, in the order of the side bar, in the language in force.
std::vector<PageEntry> pages();

}
