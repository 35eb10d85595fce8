#pragma once
/// Functions of the host that components import.

#include <cairn/base/result.hpp>
#include <cairn/component/host_context.hpp>
#include <cairn/component/value.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cairn::component {

namespace rt {
struct StoreState;
class HostCallSide;
}  // namespace rt

/// Completes a call of a host function that was suspended; once, from any thread. An error ends the
/// guest's call with it.
class HostCompletion {
 public:
  virtual ~HostCompletion() = default;
  virtual void complete(Result<std::optional<Value>> result) = 0;
  /// Keeps what the call waits for until it is complete, was cancelled by the guest or is gone with
  /// its store.
  void keep(std::shared_ptr<void> what) { kept_ = std::move(what); }

 protected:
  void let_go() { kept_.reset(); }

 private:
  std::shared_ptr<void> kept_;
};

/// A call of a host function.
class HostCall {
 public:
  HostCall(rt::StoreState& store, std::vector<Value> args, rt::HostCallSide& side)
      : store_(store), args_(std::move(args)), side_(side) {}
  const std::vector<Value>& args() const { return args_; }
  /// The store of the guest that calls.
  rt::StoreState& store() const { return store_; }
  const HostContext& context() const;
  /// Lets the guest wait until the completion is used. What the function returns counts no more,
  /// unless it is an error. The store keeps the completion; who does not share it may refer to it
  /// weakly, and so learns that the guest has cancelled the call.
  std::shared_ptr<HostCompletion> suspend();
  const std::shared_ptr<HostCompletion>& completion() const { return completion_; }
  bool suspended() const { return completion_ != nullptr; }

 private:
  rt::StoreState& store_;
  std::vector<Value> args_;
  rt::HostCallSide& side_;
  std::shared_ptr<HostCompletion> completion_;
};

/// Gives the result, if the type has one. An error ends the guest's call with it.
using HostFunction = std::function<Result<std::optional<Value>>(HostCall&)>;

}  // namespace cairn::component
