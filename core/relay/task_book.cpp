#include "relay/task_book.h"

#include <utility>

namespace waystation {

namespace {

constexpr std::size_t mostIdOctets = 512;

}

void TaskBook::remember(TaskBinding binding)
{
    if (binding.taskId.empty() || binding.taskId.size() > mostIdOctets)
        return;
    const auto known = m_bindings.find(binding.taskId);
    if (known != m_bindings.end()) {
        known->second = std::move(binding);
        return;
    }
    while (m_order.size() >= mostTasks) {
        m_bindings.erase(m_order.front());
        m_order.pop_front();
    }
    m_order.push_back(binding.taskId);
    std::string id = binding.taskId;
    m_bindings.emplace(std::move(id), std::move(binding));
}

const TaskBinding* TaskBook::find(std::string_view taskId, TimePoint now) const
{
    const auto at = m_bindings.find(std::string(taskId));
    if (at == m_bindings.end() || now - at->second.made > longestAge)
        return nullptr;
    return &at->second;
}

}
