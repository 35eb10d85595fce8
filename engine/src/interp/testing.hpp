#pragma once
/// What the tests of executions share: the ways in which code can run, and programs that use every
/// kind of control flow.

#include <cairn/engine/execution.hpp>
#include <cairn/engine/linker.hpp>
#include <cairn/wasm/instruction.hpp>

#include "runtime/testing.hpp"

namespace cairn::engine::testing {

/// One way of running code. Results, traps and fuel are the same in all of them.
struct Mode {
  const char* name;
  Dispatch dispatch;
  bool guarded;      ///< memories with guard pages, or bounds checks
  bool far = false;  ///< every frame is treated as one that is too large for short operands
  /// Who compiles; null: nobody.
  std::shared_ptr<CodeGenerator> (*make_generator)() = nullptr;
  bool compiles = false;  ///< it does compile something: frames have the size that they need
  /// What else it wants; null: nothing.
  void (*adjust)(Settings&) = nullptr;
};
/// What the others are compared with.
inline constexpr Mode reference_mode = {"TailCallsGuarded", Dispatch::tail_call, true};
/// Those that the test binary is for: the interpreter's (modes.test.cpp), or the compiler's.
std::vector<Mode> modes();
inline std::string mode_name(const ::testing::TestParamInfo<Mode>& info) { return info.param.name; }
/// For listings of tests.
inline void PrintTo(const Mode& mode, std::ostream* out) { *out << mode.name; }

/// Settings with everything on that tests need; change them before an engine is made.
inline Settings settings_of(const Mode& mode, bool fuel = false) {
  Settings settings;
  settings.features = wasm::Features::all();
  settings.dispatch = mode.dispatch;
  settings.fuel = fuel;
  settings.far_frames = mode.far;
  settings.tier = Tier::compile;
  if (mode.make_generator != nullptr) settings.code_generator = mode.make_generator();
  if (mode.adjust != nullptr) mode.adjust(settings);
  if (!mode.guarded) settings.memory_provider = make_budget_provider(uint64_t{64} << 20);
  return settings;
}

class EachMode : public ::testing::TestWithParam<Mode> {
 protected:
  Settings settings(bool fuel = false) const { return settings_of(GetParam(), fuel); }
};
#define CAIRN_EACH_MODE(Suite)                                                                   \
  INSTANTIATE_TEST_SUITE_P(Modes, Suite, ::testing::ValuesIn(::cairn::engine::testing::modes()), \
                           ::cairn::engine::testing::mode_name)

/// A module whose export "run" takes an i32 and gives an i64. It may import "host" "next": i64 →
/// i64, which adds 1.
struct Program {
  const char* name;
  int32_t argument;
  int64_t result;
  const char* text;
};
/// Programs that together use calls of all kinds, tail calls, branches of all kinds, exceptions,
/// bulk memory, host calls and the collected heap.
std::span<const Program> programs();

/// Defines "host" "next" as a plain function.
inline void define_next(Linker& linker) {
  linker.func("host", "next", [](Caller&, int64_t value) -> int64_t { return value + 1; });
}

inline Execution start(Store& store, const Instance& instance, std::string_view name,
                       std::initializer_list<Value> args = {}) {
  return must(Execution::start(store, instance.func(name), std::span(args.begin(), args.size())));
}

}  // namespace cairn::engine::testing
