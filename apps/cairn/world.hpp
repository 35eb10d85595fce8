#pragma once
/// The outside world of one guest: the only place where clocks, randomness, streams, directories
/// and sockets of this machine are taken.

#include <cairn/base/clock.hpp>
#include <cairn/base/random.hpp>
#include <cairn/wasi/preview1.hpp>

#include <memory>

#include "run_options.hpp"

namespace cairn::cli {

class World {
 public:
  /// Opens what the options grant.
  static Result<std::unique_ptr<World>> open(const RunOptions& options);

  /// Hands the world to the functions that `module` imports.
  void add_to(engine::Linker& linker, const engine::Module& module) const;
  std::optional<uint32_t> exit_code() const { return context_->exit_code(); }
  /// Ends what the guest waits for. From any thread.
  void interrupt() { waiter_.interrupt(); }

 private:
  explicit World(bool interruptible) : waiter_(clock_, interruptible) {}

  RealClock clock_;
  RealRandom random_;
  wasi::RealWaiter waiter_;
  std::unique_ptr<wasi::Preview1> context_;
};

}  // namespace cairn::cli
