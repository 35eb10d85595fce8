#pragma once
/// Functions of the host that components import.

#include <cairn/base/result.hpp>
#include <cairn/component/value.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cairn::component {

/// Completes a call of a host function that was suspended; once, from any thread. An error ends the
/// guest's call with it.
class HostCompletion {
 public:
  virtual ~HostCompletion() = default;
  virtual void complete(Result<std::optional<Value>> result) = 0;
};

/// A call of a host function.
class HostCall {
 public:
  using MakeCompletion = std::function<std::shared_ptr<HostCompletion>()>;
  HostCall(std::vector<Value> args, MakeCompletion make)
      : args_(std::move(args)), make_(std::move(make)) {}
  const std::vector<Value>& args() const { return args_; }
  /// Lets the guest wait until the completion is used. What the function returns counts no more,
  /// unless it is an error.
  std::shared_ptr<HostCompletion> suspend();
  bool suspended() const { return completion_ != nullptr; }

 private:
  std::vector<Value> args_;
  MakeCompletion make_;
  std::shared_ptr<HostCompletion> completion_;
};

/// Gives the result, if the type has one. An error ends the guest's call with it.
using HostFunction = std::function<Result<std::optional<Value>>(HostCall&)>;

}  // namespace cairn::component
