// Stack maps name no slot that a way to the instruction has not written.

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;

/// The label of the catch and the label behind it are one place. Only on the way through the first
/// does a reference lie above the number.
TEST(StackMaps, TheLastMapOfAnInstructionHolds) {
  Settings settings;
  settings.gc_stress = true;
  Engine engine(settings);
  const Module module = must(engine.load_text(R"((module
    (type $box (struct (field i64)))
    (tag $t (param i64))
    (func $scribble (result i64) (local i64 i64 i64 i64 i64 i64)
      (local.set 0 (i64.const 2)) (local.set 1 (i64.const 2)) (local.set 2 (i64.const 2))
      (local.set 3 (i64.const 2)) (local.set 4 (i64.const 2)) (local.set 5 (i64.const 2))
      (i64.add (local.get 0) (i64.add (local.get 3) (local.get 5))))
    (func (export "f") (param i32) (result i64)
      (drop (call $scribble))
      (block $out (result i64)
        (block $caught (result i64 exnref)
          (try_table (result i64) (catch_ref $t $caught)
            (if (local.get 0) (then (throw $t (i64.const 8))))
            (i64.const 7))
          (br $out))
        (drop))
      (struct.get $box 0 (struct.new $box))))
  )"));
  Store store(engine);
  const Instance instance = must(store.instantiate(module, {}));
  EXPECT_EQ(must(instance.func("f").invoke<int64_t>(store, int32_t{0})), 7);
  EXPECT_EQ(must(instance.func("f").invoke<int64_t>(store, int32_t{1})), 8);
}

}  // namespace
}  // namespace cairn::engine
