#pragma once

#include "relay/call_record.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace waystation {

/// Which channel made a task. Keeps the newest 10,000, forgets after seven days.
class TaskBook
{
public:
    void remember(TaskBinding binding);
    const TaskBinding* find(std::string_view taskId, TimePoint now) const;

private:
    std::unordered_map<std::string, TaskBinding> m_bindings;
    std::deque<std::string> m_order;
};

}
