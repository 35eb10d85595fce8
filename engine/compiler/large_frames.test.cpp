// Functions with large frames: the stack's end is found before anything is written beyond it.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/engine/compiler.hpp>
#include <cairn/engine/execution.hpp>

#include "compiler/llvm_generator.hpp"
#include "interp/testing.hpp"

namespace cairn::engine::compiler {
namespace {

using testing::must;

NoLog no_log;

std::string repeated(std::string_view text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

/// "run" calls itself or ends with the trap `unreachable`; each frame holds so many references, as
/// operands and in locals.
std::string text_of(size_t operands, size_t locals) {
  return fmt::format(R"((module (global $depth (mut i32) (i32.const 0))
    (func $run (export "run") (param externref i32) (local {})
      {}
      (if (local.get 1) (then (call $run (local.get 0) (local.get 1))))
      unreachable)
    (func (export "leaf") (param externref i32) (local {}) {} unreachable)
    (func (export "fine") (result i32) (i32.const 7))))",
                     repeated("externref ", locals), repeated("local.get 0 ", operands),
                     repeated("externref ", locals), repeated("local.get 0 ", operands));
}

Error error_of(Store& store, const Instance& instance, const char* name, bool again) {
  const Value args[] = {Value(Ref{0}, wasm::externref), Value(int32_t{again})};
  const auto result = instance.func(name).call(store, args);
  EXPECT_FALSE(result);
  return result ? Error{} : result.error();
}

void end_in_order(const Settings& settings, size_t operands, size_t locals) {
  Engine engine(settings);
  const Module module = must(engine.load_text(text_of(operands, locals)));
  // The frame ends in the stack, in what the runtime needs, in the guard, and beyond it.
  for (const uint64_t stack : {uint64_t{64} << 10, uint64_t{1} << 20, uint64_t{3} << 19,
                               uint64_t{2} << 20, uint64_t{9} << 20}) {
    Store store(engine, {.stack_bytes_max = stack});
    const Instance instance = must(store.instantiate(module, {}));
    EXPECT_EQ(error_of(store, instance, "run", true).message, "call stack exhausted") << stack;
    for (const char* const name : {"run", "leaf"}) {
      const std::string message = error_of(store, instance, name, false).message;
      EXPECT_TRUE(message == "call stack exhausted" || message == "unreachable") << message;
    }
    EXPECT_EQ(must(instance.func("fine").invoke<int32_t>(store)), 7);
  }
}

Settings settings_with(std::shared_ptr<CodeGenerator> generator) {
  Settings settings;
  settings.tier = Tier::compile;
  settings.code_generator = std::move(generator);
  return settings;
}

TEST(LargeFrames, EndInOrderOptimised) {
  // LLVM's time grows with the square.
  for (const size_t operands : {100, 3'000})
    end_in_order(settings_with(std::make_shared<LlvmGenerator>(host_cpu(), 1, no_log)), operands,
                 10);
}

TEST(LargeFrames, EndInOrderInBaselineCode) {
  for (const size_t operands : {100, 6'000, 45'000})
    end_in_order(settings_with(make_baseline_generator()), operands, 10);
}

}  // namespace
}  // namespace cairn::engine::compiler
