#pragma once
/// Calls that go on while the host does other things.

#include <cairn/component/instance.hpp>

#include <memory>
#include <optional>
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
  /// The same for who must not wait: lists of numbers in the result are raw values. When the
  /// function returns at once, which costs no more than `Func::call_raw`, the result, if there is
  /// one, is in `result`; otherwise the call goes on by `advance`. `args` need not outlive this.
  static Result<std::optional<PendingCall>> try_call(Store& store, const Func& func,
                                                     std::span<const Value> args, Value& result);
  enum class State : uint8_t {
    done,
    waiting,  ///< for the host
    paused,   ///< out of fuel or interrupted: `advance` lets it try again
  };
  /// Lets threads run as far as they can, without waiting for the host.
  Result<State> advance(Store& store);
  /// The same until the call is over: after its result, a guest may go on.
  Result<State> advance_to_end(Store& store);
  /// Of a call that is done, once; an empty value after a cancellation.
  Value take_result();
  /// Whether there is a result, or the call was cancelled.
  bool is_done() const;
  /// Whether the call is over: after its result, a guest may go on with what else it has to do.
  bool has_ended() const;
  /// Lets threads run until there is a result: no value, or one; none after a cancellation. When
  /// the store is out of fuel or interrupted (kind `limit`), it goes on there the next time.
  Result<std::vector<Value>> wait(Store& store);
  /// Lets threads run until the call is over, or none can run any more.
  Result<> wait_for_end(Store& store);
  /// Asks the guest to stop (CanonicalABI.md, `Task.request_cancellation`); once.
  Result<> cancel();

 private:
  PendingCall(std::shared_ptr<rt::ValueCaller> side, std::shared_ptr<rt::Task> task)
      : side_(std::move(side)), task_(std::move(task)) {}
  std::shared_ptr<rt::ValueCaller> side_;
  std::shared_ptr<rt::Task> task_;
};

}  // namespace cairn::component
