#pragma once
/// A call as a value: it runs in slices, can wait, and can be dropped at any point.

#include <cairn/engine/store.hpp>
#include <memory>
#include <optional>

namespace cairn::engine {

struct ExecutionData;

/// Belongs to its store, which must outlive it, and like that to one thread at a time.
class Execution {
 public:
  enum class State : uint8_t {
    ready,        ///< not started, or resumable after `out_of_fuel` or `interrupted`
    returned,     ///< `results` are there
    trapped,      ///< `error` says why; the store stays usable
    out_of_fuel,  ///< give the store fuel and resume
    interrupted,  ///< clear the store's interrupt and resume
    waiting,      ///< a host function suspended it; resume after its completion
  };

  /// Prepares a call. Wrong arguments: kind `usage`.
  static Result<Execution> start(Store& store, Func func, std::span<const Value> args);
  /// The same with the arguments' slots (see `HostCallback`), which nobody checks.
  static Result<Execution> start(Store& store, Func func, const uint64_t* args);
  /// Starts and resumes it, at once: `returned`, with the results in `slots`, or as `resume` says
  /// and with the execution in `stopped`; `ready` without one when there is no memory for it. The
  /// fastest way to call.
  static State run(Store& store, Func func, uint64_t* slots, std::optional<Execution>& stopped);
  Execution(Execution&&) noexcept;
  Execution& operator=(Execution&&) noexcept;
  ~Execution();

  /// Runs until the call ends or stops. With `fuel_max`, at most that much of the store's fuel is
  /// used in this slice (then `out_of_fuel`). `waiting` returns at once while the completion is
  /// missing.
  State resume(uint64_t fuel_max = UINT64_MAX);
  State state() const;
  /// After `returned`.
  std::vector<Value> results() const;
  /// The same as slots, valid as long as the execution.
  const uint64_t* result_slots() const;
  /// After `trapped`: a trap, a host function's error, or an exception that nothing caught.
  const Error& error() const;
  const TrapInfo& trap_info() const;
  /// Blocks until a `waiting` execution can be resumed.
  void wait();

  ExecutionData* data() const { return data_.get(); }

 private:
  struct Deleter {
    void operator()(ExecutionData* data) const;
  };
  explicit Execution(ExecutionData* data) : data_(data) {}
  std::unique_ptr<ExecutionData, Deleter> data_;
};

}  // namespace cairn::engine
