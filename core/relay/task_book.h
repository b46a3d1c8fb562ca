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

    std::size_t size() const { return m_bindings.size(); }

    static constexpr std::size_t mostTasks = 10'000;
    static constexpr std::chrono::hours longestAge{7 * 24};

private:
    std::unordered_map<std::string, TaskBinding> m_bindings;
    std::deque<std::string> m_order;
};

}
