#pragma once
/// Orders things so that each comes after what it depends on.

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

namespace cairn::component::wit {

/// What was found: an order of all, or a cycle (each depends on the next, the last on the first).
struct TopologicalOrder {
  std::vector<uint32_t> order;
  std::vector<uint32_t> cycle;
};

/// `edges[i]` are what `i` depends on. Of those that could come next, the one with the smallest
/// index does, so what is ordered already stays as it is.
inline TopologicalOrder topological_order(const std::vector<std::vector<uint32_t>>& edges) {
  const auto count = static_cast<uint32_t>(edges.size());
  std::vector<std::vector<uint32_t>> dependents(count);
  std::vector<size_t> missing(count);
  for (uint32_t i = 0; i < count; ++i) {
    missing[i] = edges[i].size();
    for (const uint32_t on : edges[i]) dependents[on].push_back(i);
  }
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
  for (uint32_t i = 0; i < count; ++i) {
    if (missing[i] == 0) ready.push(i);
  }
  TopologicalOrder found;
  while (!ready.empty()) {
    const uint32_t next = ready.top();
    ready.pop();
    found.order.push_back(next);
    for (const uint32_t dependent : dependents[next]) {
      if (--missing[dependent] == 0) ready.push(dependent);
    }
  }
  if (found.order.size() == count) return found;
  // What is left has something left before it: walk until a place is seen twice.
  uint32_t at = 0;
  while (missing[at] == 0) ++at;
  std::vector<std::optional<size_t>> seen(count);
  std::vector<uint32_t> path;
  while (!seen[at]) {
    seen[at] = path.size();
    path.push_back(at);
    for (const uint32_t on : edges[at]) {
      if (missing[on] != 0) {
        at = on;
        break;
      }
    }
  }
  found.cycle.assign(path.begin() + static_cast<ptrdiff_t>(*seen[at]), path.end());
  return found;
}

}  // namespace cairn::component::wit
