// The input is the body of a function inside a module that has something of everything, so that
// the fuzzer spends its time on instructions and not on sections.

#include <cairn/base/leb128.hpp>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include "validate/validate_module.hpp"

using namespace cairn;
using namespace cairn::wasm;

namespace {

constexpr std::string_view surroundings = R"(
  (type $f (func (param i32 i64 f32 f64) (result i32)))
  (rec (type $s (sub (struct (field (mut i32)) (field (ref null $a)))))
       (type $a (sub (array (mut (ref null $s))))))
  (type $t (sub $s (struct (field (mut i32)) (field (ref null $a)) (field i8))))
  (type $b (array (mut i8)))
  (type $v (func))
  (import "" "" (func $f (type $f)))
  (memory 1) (memory i64 1 2 shared)
  (table $t 1 funcref) (table i64 1 anyref)
  (global $g (mut i32) (i32.const 0)) (global anyref (ref.null any))
  (tag (param i32 i64)) (tag)
  (elem declare func $f) (elem anyref (ref.null any))
  (data "x") (data "y")
)";

/// The module, with one function whose body is to come: (i32, i64, f32, f64) -> i32. Made once.
Module& frame() {
  static Module module = [] {
    Result<Module> parsed = parse_text(surroundings);
    CAIRN_ASSERT(parsed.has_value());
    parsed->functions.push_back(0);
    parsed->data_count = 2;
    parsed->code.emplace_back().locals = {{2, i32},
                                          {1, ValType::ref(HeapType::index(1), true)},
                                          {1, v128},
                                          {1, ValType::ref(HeapType::index(2), false)}};
    return std::move(*parsed);
  }();
  return module;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Features features = Features::all();
  Module& module = frame();
  module.code.front().body = {.code = {data, size}, .offset = 0};
  static TypeRegistry registry;
  static const auto types = registry.add(module);  // keeps the types from run to run
  const ImplementationLimits limits;
  const auto quick = validate_module(module, registry, features, limits, QuickPath::on);
  const auto general = validate_module(module, registry, features, limits, QuickPath::off);
  CAIRN_ASSERT(quick.has_value() == general.has_value());
  if (!quick) {
    CAIRN_ASSERT(quick.error().message == general.error().message);
    CAIRN_ASSERT(quick.error().offset == general.error().offset);
    return 0;
  }
  const Result<Module> again = decode(encode(module), features);
  CAIRN_ASSERT(again.has_value() && equal(module, *again));
  CAIRN_ASSERT(validate(*again, registry, features, limits).has_value());
  return 0;
}
