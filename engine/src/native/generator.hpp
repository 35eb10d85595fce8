#pragma once
/// Who turns functions of a module into machine code.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/engine/compiler.hpp>
#include <cairn/wasm/validate.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "native/cpu.hpp"

namespace cairn::engine {

struct EngineState;
struct ModuleState;

struct CodeRequest {
  using Level = CodeLevel;
  /// A loop that running code can enter: the function's frame is in slots, as the interpreter has
  /// it at the loop's head.
  struct Loop {
    uint32_t function = 0;  ///< defined index
    uint32_t offset = 0;    ///< of the `loop` instruction from the body's first byte
  };
  Level level = Level::full;
  std::vector<uint32_t> functions = {};  ///< defined indices; calls among them are direct
  std::vector<Loop> loops = {};
  CpuFeatures cpu = host_cpu();  ///< what the code may use
};

/// What is known of a module from before.
struct Recognized {
  std::string name = {};  ///< of the module and of all that code for it depends on, or empty
  /// Set where the module has been validated with the engine's features and limits.
  std::optional<wasm::BodyUse> use = std::nullopt;
};

class CodeGenerator {
 public:
  virtual ~CodeGenerator() = default;
  /// Looks a decoded module up among what is kept. Thread-safe.
  virtual Recognized recognize(const EngineState&, const wasm::Module&) { return {}; }
  /// A code image (native/image.hpp). Functions that cannot be compiled are left out. Thread-safe.
  virtual Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) = 0;
  /// The code of a request as text, but only these functions of it (none: all).
  virtual Result<std::string> print(const ModuleState&, const CodeRequest&,
                                    const std::vector<uint32_t>& /*shown*/, CodeText) {
    return fail(ErrorKind::unsupported, "there is no compiler");
  }
  /// Does it compile at all?
  virtual bool generates() const { return true; }
  /// Does it compile functions of this module?
  virtual bool compiles(const ModuleState&) const { return true; }
  /// Images that were made for the module before and are at hand. Thread-safe.
  virtual std::vector<Bytes> kept(const ModuleState&) { return {}; }
  /// Lets requests under way fail soon, where that is possible. From any thread.
  virtual void cancel() {}
};

}  // namespace cairn::engine
