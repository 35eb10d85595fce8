#pragma once
/// What WASI shows a guest of the world: nothing that the message, the state and the record do not
/// say. Its clocks show the moment when handling began, sleeping takes no time, random bytes follow
/// from a seed that is recorded, and what is written to the standard streams are lines of the log.
/// There are neither files nor sockets.

#include <cairn/base/event_loop.hpp>
#include <cairn/component/component.hpp>
#include <cairn/component/handle_image.hpp>
#include <cairn/component/instance.hpp>
#include <cairn/component/linker.hpp>

#include <memory>

namespace cairn::actor {

struct Session;

/// Does the component import any of it?
bool imports_wasi(const component::Component& component);
/// Error `unlinkable` for an import of WASI that actors do not have, with its name.
Result<> check_wasi_imports(const component::Component& component);
void add_wasi_imports(component::ComponentLinker& linker);

/// The world of one guest.
class WasiWorld {
 public:
  /// `session` says for which message the guest runs.
  explicit WasiWorld(std::shared_ptr<const Session> session);
  ~WasiWorld();
  WasiWorld(const WasiWorld&) = delete;
  WasiWorld& operator=(const WasiWorld&) = delete;

  /// Before anything runs in the store, which this outlives.
  void enter(component::Store& store);
  /// For a guest that waits, to the next moment that it waits for. False: to none.
  Result<bool> let_time_pass();
  bool has_exited() const;
  EventLoop& loop();
  /// For handles between two messages. A guest may write to its streams what it may at first.
  component::ObjectKeeper& keeper();
  /// A call is over, and so are lines that have no end.
  void end_lines();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace cairn::actor
