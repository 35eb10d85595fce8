// Functions made to be hard on the translator: its time and memory stay proportional to their size.

#include "interp/testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;

class HostileFunctions : public testing::EachMode {
 protected:
  void run(const std::string& text, int32_t expected) {
    Engine engine(settings(true));
    Store store(engine);
    store.set_fuel(uint64_t{1} << 40);
    const Instance instance = testing::instantiate(store, text);
    EXPECT_EQ(must(instance.func("run").invoke<int32_t>(store)), expected);
  }
};

std::string times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST_P(HostileFunctions, ManyReferencesAcrossManyCalls) {
  run(R"((module (func $ref (result anyref) (ref.i31 (i32.const 7))) (func $nop)
    (func (export "run") (result i32) (local anyref))" +
          times(30'000, "(call $ref) (call $nop) (local.get 0)") +
          times(30'000, "(call $nop) (drop) (block) (drop)") + "(i32.const 5)))",
      5);
}

TEST_P(HostileFunctions, ManyBranchesWithManyValues) {
  run("(module (func (export \"run\") (result i32) (block (result" + times(1000, " i32") +
          ") (i32.const 9)" + times(1000, "(i32.const 3)") +
          times(20'000, "(br_if 0 (i32.const 0))") + "(br 0))" + times(999, "(i32.add)") + "))",
      3000);
}

TEST_P(HostileFunctions, ManyTablesInManyBlocks) {
  run("(module (func (export \"run\") (result i32)" + times(20'000, "(block ") +
          times(20'000, "(loop (block (br_table 0 1 (i32.const 0))))") + times(20'000, ")") +
          "(i32.const 6)))",
      6);
}

TEST_P(HostileFunctions, ManyHandlersAndManyThrows) {
  const std::string others = times(20'000, "(block (try_table (catch_all 0) (call $nop)))");
  run("(module (tag $t) (func $nop) (func (export \"run\") (result i32) (local $n i32)" + others +
          R"((loop $again
            (block $next (try_table (catch $t $next) (throw $t)))
            (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1)))
                                    (i32.const 20000)))))" +
          others + "(local.get $n)))",
      20'000);
}

TEST_P(HostileFunctions, ManyReturnsOfManyValues) {
  run("(module (func $f (result" + times(1000, " i64") + ")" + times(1000, "(i64.const 2)") +
          times(20'000, "(br_if 0 (i32.const 0))") +
          ") (func (export \"run\") (result i32) (call $f) (i32.wrap_i64) (return)))",
      2);
}

CAIRN_EACH_MODE(HostileFunctions);

}  // namespace
}  // namespace cairn::engine
