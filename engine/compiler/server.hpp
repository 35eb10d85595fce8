#pragma once
/// What the process `cairn-compiler` does with the messages that it gets.

#include <cairn/base/log.hpp>
#include <cairn/engine/engine.hpp>
#include <map>
#include <optional>

#include "native/compiler_protocol.hpp"

namespace cairn::engine::compiler {

class Server {
 public:
  explicit Server(unsigned threads) : threads_(threads) {}

  /// Takes one message, any bytes, and gives the answer, if it is one that is answered.
  std::optional<Bytes> handle(ByteSpan message);

 private:
  Result<> load(ByteSpan message);
  /// The product that is asked for.
  Result<Bytes> make(ByteSpan message, Log& log);

  /// A module, or why it could not be loaded; requests for it are answered with that.
  struct Loaded {
    std::unique_ptr<Engine> engine;
    std::optional<Module> module;
    bool background = false;
  };
  const unsigned threads_;
  std::map<uint64_t, Loaded> modules_;
  std::optional<Error> load_error_;  ///< of the last module that could not be loaded
};

}  // namespace cairn::engine::compiler
