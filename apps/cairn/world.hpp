#pragma once
/// The outside world of one guest: the only place where clocks, randomness, streams, directories
/// and sockets of this machine are taken.

#include <cairn/base/clock.hpp>
#include <cairn/base/event_loop.hpp>
#include <cairn/base/files.hpp>
#include <cairn/base/log.hpp>
#include <cairn/base/random.hpp>
#include <cairn/wasi/guest.hpp>
#include <cairn/wasi/preview1.hpp>
#include <cairn/wasi/tls.hpp>

#include <memory>

#include "run_options.hpp"

namespace cairn::cli {

/// Certificates of the system, where its distributions keep them, and of files that were named.
Result<std::string> read_roots(Files& files, const std::vector<std::string>& own);

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

/// The same for components, on one event loop.
class ComponentWorld {
 public:
  /// Opens what the options grant and makes it the world of the guests in the store.
  Result<> enter(component::Store& store, const RunOptions& options);

  /// The same in two steps, for many guests: each has a world of its own, of the same things.
  Result<> open(const RunOptions& options);
  std::shared_ptr<wasi::Guest> make_guest() const { return std::make_shared<wasi::Guest>(config_); }
  wasi::GuestConfig& config() { return config_; }
  EventLoop& loop() { return *loop_; }

  std::optional<uint32_t> exit_code() const { return guest_->exit_code(); }
  /// Waits until what the guest wrote to the standard streams is written.
  Result<> flush() { return guest_->flush(); }
  /// Ends what the guest waits for. From any thread.
  void interrupt() { loop_->interrupt(); }

 private:
  RealClock clock_;
  RealRandom random_;
  RealFiles files_;
  StderrLog log_{LogLevel::debug};
  std::unique_ptr<EventLoop> loop_ = make_event_loop(clock_);
  std::unique_ptr<wasi::Network> network_ = wasi::make_network(*loop_, files_, random_);
  std::unique_ptr<wasi::TlsContext> tls_;
  wasi::GuestConfig config_;
  std::shared_ptr<wasi::Guest> guest_;
};

}  // namespace cairn::cli
