#include <cairn/engine/linker.hpp>

#include "runtime/testing.hpp"

namespace cairn::engine {
namespace {

using testing::error_of;
using testing::load;
using testing::must;

constexpr std::string_view exporter = R"((module
  (type $f (func (param i32) (result i32)))
  (func (export "f") (type $f) (local.get 0))
  (table (export "table") 2 10 funcref)
  (table (export "table64") i64 2 10 funcref)
  (memory (export "memory") 1 3)
  (memory (export "memory64") i64 1 3)
  (memory (export "bytes") 10 (pagesize 1))
  (memory (export "shared") 1 3 shared)
  (global (export "const") i32 (i32.const 42))
  (global (export "const_ref") (ref null $f) (ref.null $f))
  (global (export "var") (mut i64) (i64.const 1))
  (tag (export "tag") (param i32))))";

struct Import {
  const char* name;
  const char* type;
};

class Linking : public ::testing::Test {
 protected:
  Linking() {
    linker_.define_instance("m", must(linker_.instantiate(store_, load(engine_, exporter))));
  }

  Result<Instance> link(const Import& import) {
    const std::string text =
        std::string("(module (import \"m\" \"") + import.name + "\" " + import.type + "))";
    return linker_.instantiate(store_, load(engine_, text));
  }

  Engine engine_;
  Store store_{engine_};
  Linker linker_{engine_};
};

TEST_F(Linking, AcceptsWhatMatches) {
  const Import imports[] = {
      {"f", "(func (param i32) (result i32))"},
      {"table", "(table 0 funcref)"},
      {"table", "(table 2 10 funcref)"},
      {"table", "(table 1 11 funcref)"},
      {"table64", "(table i64 2 10 funcref)"},
      {"memory", "(memory 0)"},
      {"memory", "(memory 1 3)"},
      {"memory", "(memory 1 4)"},
      {"memory64", "(memory i64 1)"},
      {"bytes", "(memory 9 (pagesize 1))"},
      {"shared", "(memory 1 3 shared)"},
      {"const", "(global i32)"},
      {"const_ref", "(global funcref)"},
      {"var", "(global (mut i64))"},
      {"tag", "(tag (param i32))"},
  };
  for (const Import& import : imports) {
    const auto instance = link(import);
    EXPECT_TRUE(instance) << import.name << " " << import.type << ": "
                          << instance.error().to_string();
  }
}

TEST_F(Linking, RefusesWhatDoesNotMatch) {
  const Import imports[] = {
      {"f", "(func (param i64) (result i32))"},
      {"f", "(func)"},
      {"f", "(global i32)"},
      {"f", "(tag (param i32))"},
      {"table", "(table 3 funcref)"},
      {"table", "(table 2 9 funcref)"},
      {"table", "(table 2 10 externref)"},
      {"table", "(table i64 2 10 funcref)"},
      {"table64", "(table 2 10 funcref)"},
      {"memory", "(memory 2)"},
      {"memory", "(memory 1 2)"},
      {"memory", "(memory i64 1 3)"},
      {"memory", "(memory 1 3 shared)"},
      {"memory", "(memory 1 (pagesize 1))"},
      {"memory", "(table 0 funcref)"},
      {"bytes", "(memory 0)"},
      {"bytes", "(memory 0 10 (pagesize 1))"},
      {"shared", "(memory 1 3)"},
      {"const", "(global i64)"},
      {"const", "(global (mut i32))"},
      {"const_ref", "(global (ref func))"},
      {"const_ref", "(global externref)"},
      {"var", "(global i64)"},
      {"var", "(global (mut i32))"},
      {"tag", "(tag)"},
      {"tag", "(tag (param i64))"},
  };
  for (const Import& import : imports) {
    const Error error = error_of(link(import));
    EXPECT_EQ(error.kind, ErrorKind::unlinkable) << import.name << " " << import.type;
    EXPECT_TRUE(error.message.starts_with("incompatible import type")) << error.message;
    EXPECT_EQ(error.path, std::string("m.") + import.name);
  }
}

TEST_F(Linking, NamesWhatIsMissing) {
  const Error error = error_of(link({"nothing", "(func (param i32 f64) (result externref))"}));
  EXPECT_EQ(error.kind, ErrorKind::unlinkable);
  EXPECT_EQ(error.message,
            "unknown import: \"m\" \"nothing\" is not there, expected func (param i32) (param f64) "
            "(result externref)");
}

TEST_F(Linking, SaysWhatWasExpectedAndFound) {
  EXPECT_EQ(error_of(link({"memory", "(memory 2 5)"})).message,
            "incompatible import type: \"m\" \"memory\" should be memory 2 5, found memory 1 3");
  EXPECT_EQ(error_of(link({"var", "(global f32)"})).message,
            "incompatible import type: \"m\" \"var\" should be global f32, found global (mut i64)");
}

TEST_F(Linking, SizesAreThoseOfTheMoment) {
  Memory memory;
  {
    const auto instance = must(store_.instantiate(load(engine_, exporter), {}));
    memory = instance.memory("memory");
    linker_.define("m", "memory", memory);
  }
  EXPECT_FALSE(link({"memory", "(memory 2)"}));
  EXPECT_EQ(memory.grow(store_, 1), 1u);
  EXPECT_TRUE(link({"memory", "(memory 2)"}));
}

TEST_F(Linking, ChecksImportsGivenInOrder) {
  const Module module = load(engine_, "(module (import \"a\" \"b\" (memory 1)))");
  EXPECT_EQ(error_of(store_.instantiate(module, {})).kind, ErrorKind::unlinkable);
  const Memory memory = must(store_.new_memory({.limits = {.min = 1, .max = {}}}));
  const Extern good[] = {memory};
  EXPECT_TRUE(store_.instantiate(module, good));
  const Global global = must(store_.new_global({.type = wasm::i32}, Value(1)));
  const Extern bad[] = {global};
  EXPECT_EQ(error_of(store_.instantiate(module, bad)).kind, ErrorKind::unlinkable);
}

TEST_F(Linking, HostFunctionsHaveTypes) {
  linker_.func("host", "typed",
               [](Caller&, int32_t, uint64_t, float, double, V128, Ref) -> int64_t { return 0; });
  linker_.func("host", "plain", [](Caller&) {});
  linker_.func("host", "failing",
               [](Caller&, int32_t a) -> Result<float> { return static_cast<float>(a); });
  linker_.define("host", "raw", {{wasm::i32}, {}},
                 [](void*, Caller&, uint64_t*) { return HostStatus::ok; });
  EXPECT_TRUE(linker_.prepare(load(engine_, R"((module
    (import "host" "typed" (func (param i32 i64 f32 f64 v128 externref) (result i64)))
    (import "host" "plain" (func))
    (import "host" "failing" (func (param i32) (result f32)))
    (import "host" "raw" (func (param i32)))))")));
  const Error error = error_of(
      linker_.prepare(load(engine_, "(module (import \"host\" \"plain\" (func (param i32))))")));
  EXPECT_EQ(error.message,
            "incompatible import type: \"host\" \"plain\" should be func (param i32), found func");
  EXPECT_FALSE(linker_.prepare(load(engine_, "(module (import \"host\" \"plain\" (memory 1)))")));
}

TEST_F(Linking, OnePreparedModuleServesManyStores) {
  linker_.func("host", "f", [](Caller&) {});
  const InstancePre pre = must(linker_.prepare(load(engine_, R"((module
    (import "host" "f" (func)) (memory (export "memory") 1) (export "f" (func 0))))")));
  for (int i = 0; i < 10; ++i) {
    Store store(engine_);
    const Instance a = must(pre.instantiate(store));
    const Instance b = must(pre.instantiate(store));
    EXPECT_NE(a.memory("memory").inst(), b.memory("memory").inst());
    EXPECT_TRUE(a.func("f"));
  }
}

TEST_F(Linking, ImportsStayInTheirStore) {
  const InstancePre pre = must(linker_.prepare(load(engine_, R"((module
    (import "m" "memory" (memory 1)) (import "m" "f" (func (param i32) (result i32)))))")));
  EXPECT_TRUE(pre.instantiate(store_));
  Store other(engine_);
  EXPECT_EQ(error_of(pre.instantiate(other)).kind, ErrorKind::usage);
}

TEST_F(Linking, TypesAreEqualAcrossModules) {
  // The same recursive group in another module is the same type; a different one is not.
  linker_.define_instance("types", must(linker_.instantiate(store_, load(engine_, R"((module
    (rec (type $a (sub (struct (field (ref null $b))))) (type $b (sub $a (struct (field (ref null $b))))))
    (func (export "f") (param (ref null $a)) (result (ref null $b)) (ref.null $b))))"))));
  EXPECT_TRUE(linker_.prepare(load(engine_, R"((module
    (type $unrelated (func))
    (rec (type $a (sub (struct (field (ref null $b))))) (type $b (sub $a (struct (field (ref null $b))))))
    (import "types" "f" (func (param (ref null $a)) (result (ref null $b))))))")));
  EXPECT_FALSE(linker_.prepare(load(engine_, R"((module
    (rec (type $a (sub (struct (field (ref null $a))))) (type $b (sub $a (struct (field (ref null $a))))))
    (import "types" "f" (func (param (ref null $a)) (result (ref null $b))))))")));
}

TEST_F(Linking, ModulesSayWhatTheyNeedAndOffer) {
  const Module module = load(engine_, exporter);
  EXPECT_TRUE(module.imports().empty());
  const auto exports = module.exports();
  ASSERT_EQ(exports.size(), 11u);
  EXPECT_EQ(exports[0].name, "f");
  EXPECT_EQ(exports[0].type.func.params, std::vector{wasm::i32});
  EXPECT_EQ(exports[3].type.memory.limits.max, 3u);
  const Module importer = load(engine_, "(module (import \"a\" \"b\" (global (mut f32))))");
  const auto imports = importer.imports();
  ASSERT_EQ(imports.size(), 1u);
  EXPECT_EQ(imports[0].module, "a");
  EXPECT_EQ(imports[0].name, "b");
  EXPECT_TRUE(imports[0].type.global.is_mutable);
}

}  // namespace
}  // namespace cairn::engine
