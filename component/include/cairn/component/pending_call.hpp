#pragma once
/// Calls that go on while the host does other things.

#include <cairn/component/instance.hpp>

#include <memory>
#include <vector>

namespace cairn::component {

namespace rt {
struct Task;
struct ValueCaller;
}  // namespace rt

/// A call that has been started. It makes progress whenever threads of its store run: in `wait`, in
/// other calls, in `Store::tick`.
class PendingCall {
 public:
  /// Runs the function until it returns or waits. Errors as those of `Func::call`.
  static Result<PendingCall> start(Store& store, const Func& func, std::vector<Value> args);
  /// Whether there is a result, or the call was cancelled.
  bool is_done() const;
  /// Lets threads run until then: no value, or one; none after a cancellation.
  Result<std::vector<Value>> wait(Store& store);
  /// Asks the guest to stop (CanonicalABI.md, `Task.request_cancellation`); once.
  Result<> cancel();

 private:
  PendingCall(std::shared_ptr<rt::ValueCaller> side, std::shared_ptr<rt::Task> task)
      : side_(std::move(side)), task_(std::move(task)) {}
  std::shared_ptr<rt::ValueCaller> side_;
  std::shared_ptr<rt::Task> task_;
};

}  // namespace cairn::component
