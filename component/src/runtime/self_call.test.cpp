// A component that calls itself: values are read from the memory that they are written to, and its
// `realloc` changes and moves that meanwhile.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <cairn/component/linker.hpp>
#include <cairn/engine/memory_provider.hpp>

namespace cairn::component {
namespace {

/// `one` and `second` pass a string, and two in a list, from 0x100 on; they give the first bytes
/// that arrive (of the list's second string). What `realloc` does first is left open.
std::string caller_of_itself(std::string_view from, std::string_view data, std::string_view count,
                             std::string_view to, std::string_view meanwhile) {
  return fmt::format(R"((component
    (core module $Callee
      (memory (export "mem") 1) (global $at (mut i32) (i32.const 0x400))
      (data (i32.const 0x100) "{1}")
      (data (i32.const 0x200) "\00\01\00\00{2}\00\01\00\00{2}")
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        {4}
        (if (local.get 0) (then (return (local.get 0))))
        (global.get $at)
        (global.set $at (i32.add (global.get $at) (i32.const 0x40))))
      (func (export "one") (param i32 i32) (result i64) (i64.load (local.get 0)))
      (func (export "second") (param i32 i32) (result i64)
        (i64.load (i32.load offset=8 (local.get 0)))))
    (core instance $callee (instantiate $Callee))
    (alias core export $callee "mem" (core memory $mem))
    (alias core export $callee "realloc" (core func $realloc))
    (func $one (param "s" string) (result u64) (canon lift (core func $callee "one")
      (memory $mem) (realloc $realloc) string-encoding={3}))
    (func $second (param "s" (list string)) (result u64) (canon lift
      (core func $callee "second") (memory $mem) (realloc $realloc) string-encoding={3}))
    (core func $one' (canon lower (func $one) (memory $mem) string-encoding={0}))
    (core func $second' (canon lower (func $second) (memory $mem) string-encoding={0}))
    (core module $Caller
      (import "" "mem" (memory 1))
      (import "" "one" (func $one (param i32 i32) (result i64)))
      (import "" "second" (func $second (param i32 i32) (result i64)))
      (func (export "one") (result i64)
        (call $one (i32.load (i32.const 0x200)) (i32.load (i32.const 0x204))))
      (func (export "second") (result i64) (call $second (i32.const 0x200) (i32.const 2))))
    (core instance $caller (instantiate $Caller (with "" (instance
      (export "mem" (memory $mem)) (export "one" (func $one'))
      (export "second" (func $second'))))))
    (func (export "one") (result u64) (canon lift (core func $caller "one")))
    (func (export "second") (result u64) (canon lift (core func $caller "second")))))",
                     from, data, count, to, meanwhile);
}

struct Encoded {
  const char* name;
  const char* data;   ///< "ab€c"
  const char* count;  ///< of code units, as the guest has it
  uint64_t bytes;
};
constexpr Encoded encodings[] = {
    {"utf8", R"(ab\e2\82\acc)", R"(\06\00\00\00)", 0x63ac82e26261},
    {"utf16", R"(a\00b\00\ac\20c\00)", R"(\04\00\00\00)", 0x006320ac00620061},
    {"latin1+utf16", R"(a\00b\00\ac\20c\00)", R"(\04\00\00\80)", 0x006320ac00620061},
};

class SelfCall : public testing::TestWithParam<engine::Dispatch> {
 protected:
  /// Without guard pages memory moves when it grows.
  void run(std::string_view meanwhile, std::string_view func) {
    for (const Encoded& from : encodings) {
      for (const Encoded& to : encodings) {
        for (const bool moves : {false, true}) {
          SCOPED_TRACE(fmt::format("{} to {}, moves: {}", from.name, to.name, moves));
          engine::Settings settings;
          settings.dispatch = GetParam();
          if (moves) settings.memory_provider = engine::make_budget_provider(uint64_t{64} << 20);
          engine::Engine engine(settings);
          const auto component = Component::load_text(
              engine, caller_of_itself(from.name, from.data, from.count, to.name, meanwhile));
          ASSERT_TRUE(component) << component.error().to_string();
          Store store(engine);
          const auto instance = ComponentLinker(engine).instantiate(store, *component);
          ASSERT_TRUE(instance) << instance.error().to_string();
          const auto result = instance->func(func).call(store, {});
          ASSERT_TRUE(result) << result.error().to_string();
          EXPECT_EQ(result->front(), Value::number(to.bytes));
        }
      }
    }
  }
};

TEST_P(SelfCall, StringsAreAsTheyWereChecked) {
  // Half of a surrogate pair at the end, and bytes that are no UTF-8.
  run("(i64.store (i32.const 0x100) (i64.const 0xd800d800d800d800))", "one");
}

TEST_P(SelfCall, MemoryMovesMeanwhile) {
  run("(drop (memory.grow (i32.const 7)))", "one");
  run("(drop (memory.grow (i32.const 7)))", "second");
}

INSTANTIATE_TEST_SUITE_P(BothShells, SelfCall,
                         testing::Values(engine::Dispatch::tail_call,
                                         engine::Dispatch::switch_loop),
                         [](const auto& info) {
                           return info.param == engine::Dispatch::tail_call ? "tail_calls"
                                                                            : "switch_loop";
                         });

}  // namespace
}  // namespace cairn::component
