#pragma once
/// `Engine` → `Module` → `Store` → `Instance` → `Func`: how a host runs WebAssembly.
///
/// An `Engine` holds settings, canonical types and the memory provider; it is thread-safe and
/// outlives what is made from it. A `Module` is immutable and shared between threads. A `Store` and
/// all that lives in it (instances, functions, memories, objects) belongs to one thread at a time.

#include <cairn/base/bytes.hpp>
#include <cairn/base/log.hpp>
#include <cairn/base/result.hpp>
#include <cairn/engine/memory_provider.hpp>
#include <cairn/wasm/features.hpp>
#include <cairn/wasm/limits.hpp>
#include <cairn/wasm/module.hpp>
#include <cairn/wasm/type_registry.hpp>
#include <memory>
#include <span>
#include <string_view>

namespace cairn::engine {

class CodeGenerator;
class CodeObserver;
struct ModuleState;
struct EngineState;

/// The interpreter's shell. Both run the same handlers.
enum class Dispatch : uint8_t {
  tail_call,    ///< each handler jumps to the next
  switch_loop,  ///< a loop calls them one by one: for sanitizers, and to check the first
};

/// How functions run.
enum class Tier : uint8_t {
  interpret,
  compile,    ///< all are compiled when their module is loaded
  automatic,  ///< those that are worth it are compiled while the others run
};

struct Settings {
  wasm::Features features = {};
  wasm::ImplementationLimits limits = {};
  Dispatch dispatch = Dispatch::tail_call;
  /// Count fuel. Executions then stop when their store's fuel is used up.
  bool fuel = false;
  /// Check for interruption at loop heads and calls.
  bool interruption = true;
  /// The deterministic profile: canonical NaNs, fixed results of relaxed SIMD, no threads.
  bool deterministic = false;
  /// Compiled code masks an index of a memory or a table that it has compared with the size, so
  /// that a processor which guesses the comparison's outcome reads nothing out of bounds meanwhile
  /// (Spectre, variant 1). Off: for programs that are trusted. Accesses that guard pages check are
  /// within their memory's reservation in any case.
  bool index_masks = true;
  /// Collect garbage at every allocation (tests).
  bool gc_stress = false;
  /// Translate every function as if its frame were too large for short operands (tests).
  bool far_frames = false;
  /// Null: the pooled provider.
  std::shared_ptr<MemoryProvider> memory_provider = nullptr;
  /// Who compiles functions. Null: nobody, everything is interpreted.
  std::shared_ptr<CodeGenerator> code_generator = nullptr;
  /// Who compiles what becomes hot before `code_generator` is asked for better code
  /// (`make_baseline_generator`). Null: nobody does.
  std::shared_ptr<CodeGenerator> baseline_generator = nullptr;
  /// Told of machine code as it comes and goes. Null: nobody is.
  std::shared_ptr<CodeObserver> code_observer = nullptr;
  /// Without meaning where nobody compiles. What a call does is the same in all tiers: its results,
  /// traps, fuel, and where it can stop.
  Tier tier = Tier::automatic;
  /// When code is compiled in the tier `automatic`: after so many entries of a function …
  uint32_t hot_entries = 500;
  /// … and rounds of a loop, which then goes on compiled at once.
  uint32_t hot_rounds = 5'000;
  /// After so many entries and rounds of loops of what `baseline_generator` has compiled, better
  /// code is wanted.
  uint32_t hot_compiled = 20'000;
  /// Whoever runs hot code waits until it is compiled, so that it does not depend on time in which
  /// tier a call runs (tests).
  bool tiering_waits = false;
  /// Told when functions could not be compiled, which are then interpreted. Null: nobody is.
  std::shared_ptr<Log> log = nullptr;
};

class Module;

class Engine {
 public:
  explicit Engine(Settings settings = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Decodes and validates a binary module.
  Result<Module> load(Bytes bytes);
  /// The same from the text format.
  Result<Module> load_text(std::string_view source);
  /// Takes a decoded module and validates it.
  Result<Module> load(wasm::Module module);

  const Settings& settings() const;
  wasm::TypeRegistry& types();
  const std::shared_ptr<EngineState>& state() const { return state_; }

 private:
  std::shared_ptr<EngineState> state_;
};

/// What a module needs from outside or offers.
struct ExternType {
  wasm::ExternKind kind = wasm::ExternKind::func;
  wasm::FuncType func = {};  ///< func and tag; canonical type ids inside
  wasm::TypeId func_id = 0;  ///< func and tag
  wasm::TableType table = {};
  wasm::MemoryType memory = {};
  wasm::GlobalType global = {};
};
struct ImportType {
  std::string_view module, name;
  ExternType type;
};
struct ExportType {
  std::string_view name;
  ExternType type;
};

/// A loaded module: a cheap handle, shared between threads.
class Module {
 public:
  const wasm::Module& ast() const;
  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  /// The name section's name of a function, or nothing.
  std::optional<std::string_view> function_name(uint32_t func_index) const;

  explicit Module(std::shared_ptr<const ModuleState> state) : state_(std::move(state)) {}
  const std::shared_ptr<const ModuleState>& state() const { return state_; }

 private:
  std::shared_ptr<const ModuleState> state_;
};

}  // namespace cairn::engine
