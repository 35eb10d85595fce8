#pragma once
/// The stacks of executions: reserved once, used again by later executions of the same size.

#include <cstdint>
#include <mutex>
#include <vector>

namespace cairn::engine {

struct Frame;

/// The value stack and the frame stack of an execution.
struct Stacks {
  uint64_t* slots = nullptr;
  uint64_t slot_count = 0;
  Frame* frames = nullptr;
  uint64_t frame_count = 0;
};

/// Thread-safe. Memory is committed by the system as it is touched.
class StackPool {
 public:
  StackPool() = default;
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;
  /// `slots` null when the system has no memory.
  Stacks take(uint64_t slot_count, uint64_t frame_count);
  void give_back(const Stacks& stacks);

 private:
  static constexpr size_t kept_max = 16;
  std::mutex mutex_;
  std::vector<Stacks> free_;
};

}  // namespace cairn::engine
