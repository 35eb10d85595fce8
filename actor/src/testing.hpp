#pragma once
/// Actors for tests, made of functions.

#include <cairn/actor/actor.hpp>
#include <cairn/actor/simulation.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cairn::actor::testing {

struct Hooks {
  using Hook = std::function<Result<Progress>(Context&)>;
  std::function<Result<Progress>(Context&, const Message&)> handle = nullptr;
  Hook pre_start = nullptr;
  Hook post_start = nullptr;
  Hook pre_stop = nullptr;
  Hook post_stop = nullptr;
  Hook on_restart = nullptr;
  Hook health_check = nullptr;
  Hook resume = nullptr;
  std::function<void()> cancel = nullptr;
  std::function<bool()> can_cancel = nullptr;
  std::function<Directive(const Error&)> on_error = nullptr;
  std::function<SupervisorSpec()> supervision = nullptr;
};

/// What has no function does nothing, well.
class Puppet final : public Actor {
 public:
  explicit Puppet(Hooks hooks) : hooks_(std::move(hooks)) {}

  Result<Progress> pre_start(Context& context) override { return call(hooks_.pre_start, context); }
  Result<Progress> post_start(Context& context) override {
    return call(hooks_.post_start, context);
  }
  Result<Progress> pre_stop(Context& context) override { return call(hooks_.pre_stop, context); }
  Result<Progress> post_stop(Context& context) override { return call(hooks_.post_stop, context); }
  Result<Progress> on_restart(Context& context, const Error&) override {
    return call(hooks_.on_restart, context);
  }
  Result<Progress> health_check(Context& context) override {
    return call(hooks_.health_check, context);
  }
  Result<Progress> resume(Context& context) override { return call(hooks_.resume, context); }
  void cancel(Context&) override {
    if (hooks_.cancel) hooks_.cancel();
  }
  bool can_cancel() const override { return !hooks_.can_cancel || hooks_.can_cancel(); }
  Result<Progress> handle_message(Context& context, const Message& message) override {
    return hooks_.handle ? hooks_.handle(context, message) : Progress::done;
  }
  Directive on_error(Context&, const Error& error) override {
    return hooks_.on_error ? hooks_.on_error(error) : Directive::restart;
  }
  SupervisorSpec supervision() override {
    return hooks_.supervision ? hooks_.supervision() : SupervisorSpec{};
  }

 private:
  static Result<Progress> call(const Hooks::Hook& hook, Context& context) {
    return hook ? hook(context) : Progress::done;
  }
  Hooks hooks_;
};

inline Factory puppet(Hooks hooks) {
  return [hooks = std::move(hooks)]() -> Result<std::unique_ptr<Actor>> {
    return std::make_unique<Puppet>(hooks);
  };
}

inline std::shared_ptr<const ActorSettings> with(
    const std::function<void(ActorSettings&)>& change) {
  ActorSettings settings;
  change(settings);
  return std::make_shared<const ActorSettings>(settings);
}

inline constexpr uint64_t ms = 1'000'000;

}  // namespace cairn::actor::testing
