#pragma once
/// WASI preview 1 (`wasi_snapshot_preview1`): what a command-line program sees of the world. A
/// program reaches nothing but what its `Preview1Config` hands in.

#include <cairn/base/clock.hpp>
#include <cairn/base/random.hpp>
#include <cairn/engine/linker.hpp>
#include <cairn/wasi/sandbox/handle.hpp>
#include <cairn/wasi/sandbox/waiter.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::wasi {

/// A directory that the guest finds open. They get the descriptors 3, 4 … in order.
struct Preopen {
  std::string guest_path;
  std::shared_ptr<Handle> directory;
  bool read_only = false;
};

struct Preview1Config {
  std::vector<std::string> args;  ///< args[0] is the program's name
  std::vector<std::string> env;   ///< "NAME=value"
  std::shared_ptr<Handle> standard_input, standard_output, standard_error;  ///< null: closed
  std::vector<Preopen> preopens;
  std::vector<std::shared_ptr<Handle>> sockets;  ///< descriptors behind the directories
  /// The injected world; outlives the context.
  Clock* clock = nullptr;
  Random* random = nullptr;
  Waiter* waiter = nullptr;
  /// Descriptors that the guest may have open at once; then `nfile`.
  uint32_t descriptors_max = 65'536;
};

struct Preview1State;

/// The world of one program. Its functions may be linked to several modules of one store.
class Preview1 {
 public:
  explicit Preview1(Preview1Config config);
  ~Preview1();

  /// Defines what `module` imports from `wasi_snapshot_preview1`; the functions keep the context
  /// alive. Unknown names stay undefined, so that linking reports them.
  void add_to(engine::Linker& linker, const engine::Module& module) const;
  /// Defines all functions.
  void add_to(engine::Linker& linker) const;

  /// What the program gave to `proc_exit`. It ends the execution with an error of kind `usage`, so
  /// a caller asks here first when a call has failed.
  std::optional<uint32_t> exit_code() const;

  const std::shared_ptr<Preview1State>& state() const { return state_; }

 private:
  std::shared_ptr<Preview1State> state_;
};

}  // namespace cairn::wasi
