#pragma once
/// Faults in guarded memory. While handlers run on a thread, a segmentation fault that comes from a
/// handler's code and lies in the reservation of the memory that it uses continues at the run's
/// exit as the trap "out of bounds memory access". Every other fault goes to whoever handled it
/// before.

#include "interp/execution_data.hpp"

namespace cairn::engine {

/// Installs the process's fault handler; once, from any thread.
void install_fault_handler();

namespace detail {
/// The thread's innermost execution while handlers or compiled code run.
extern constinit thread_local ExecutionData* running;
}  // namespace detail

/// Makes `ex` the thread's running execution for as long as it lives; scopes nest. Enough for those
/// on stacks of their own, which a fault ends there.
class RunningScope {
 public:
  explicit RunningScope(ExecutionData& ex) : outer_(detail::running) { detail::running = &ex; }
  ~RunningScope() { detail::running = outer_; }
  RunningScope(const RunningScope&) = delete;
  RunningScope& operator=(const RunningScope&) = delete;

 private:
  ExecutionData* outer_;
};

/// The same with the exit of a run on the host's stack.
class FaultScope {
 public:
  explicit FaultScope(ExecutionData& ex) : running_(ex), ex_(ex), outer_exit_(ex.fault_exit) {
    ex.fault_exit = &exit_;
  }
  ~FaultScope() { ex_.fault_exit = outer_exit_; }
  FaultScope(const FaultScope&) = delete;
  FaultScope& operator=(const FaultScope&) = delete;

 private:
  RunningScope running_;
  ExecutionData& ex_;
  std::jmp_buf exit_;
  std::jmp_buf* outer_exit_;
};

}  // namespace cairn::engine
