// Every limit on modules is tested on both sides: the largest that is accepted, and one more.

#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>
#include <cairn/wasm/validate.hpp>

#include "binary/module_testing.hpp"

namespace cairn::wasm {
namespace {

using namespace testing;

std::optional<ErrorKind> outcome(const Bytes& bytes, const ImplementationLimits& limits) {
  const Result<Module> module = decode(bytes, {}, limits);
  if (!module) return module.error().kind;
  TypeRegistry registry;
  const auto valid = validate(*module, registry, {}, limits);
  if (!valid) return valid.error().kind;
  return std::nullopt;
}

/// `module(n)` must be accepted where the limit is n, and refused where it is n - 1.
template <class Limit, class MakeModule>
void expect_limit(Limit ImplementationLimits::* limit, const MakeModule& module, Limit count = 3) {
  const Bytes bytes = module(count);
  ImplementationLimits limits;
  limits.*limit = count;
  EXPECT_EQ(outcome(bytes, limits), std::nullopt);
  limits.*limit = count - 1;
  EXPECT_EQ(outcome(bytes, limits), ErrorKind::limit);
}

Bytes from_text(const std::string& text) {
  const Result<Module> module = parse_text(text);
  EXPECT_TRUE(module) << module.error().to_string();
  return module ? encode(*module) : Bytes{};
}

/// "(module " + `count` times `item` + ")", with {} in `item` replaced by the number of the copy.
/// The three are literals: the function that is returned keeps views of them.
auto repeated(std::string_view before, std::string_view item, std::string_view after) {
  return [=](uint64_t count) {
    std::string text = fmt::format("(module {}", before);
    for (uint64_t i = 0; i < count; ++i) text += fmt::format(fmt::runtime(item), i);
    return from_text(fmt::format("{}{})", text, after));
  };
}

TEST(Limits, OfModules) {
  using L = ImplementationLimits;
  expect_limit<uint64_t>(
      &L::module_bytes, [](uint64_t size) { return module_of({custom("x", Bytes(size - 12))}); },
      20);
  expect_limit<uint32_t>(&L::types, repeated("", "(type (func (param (ref null {}))))", ""));
  expect_limit<uint32_t>(&L::rec_groups, repeated("", "(type (func))", ""));
  expect_limit<uint32_t>(&L::rec_group_types, repeated("(rec ", "(type (func))", ")"));
  expect_limit<uint32_t>(&L::functions, repeated("", "(func)", ""));
  expect_limit<uint32_t>(&L::imports, repeated("", R"((import "" "" (func)))", ""));
  expect_limit<uint32_t>(&L::exports, repeated("(func)", R"((export "{}" (func 0)))", ""));
  expect_limit<uint32_t>(&L::globals, repeated("", "(global i32 (i32.const 0))", ""));
  expect_limit<uint32_t>(&L::tags, repeated("", "(tag)", ""));
  expect_limit<uint32_t>(&L::data_segments, repeated("", R"((data ""))", ""));
  expect_limit<uint32_t>(&L::element_segments, repeated("", "(elem func)", ""));
  expect_limit<uint32_t>(&L::element_segment_entries, repeated("(func) (elem func", " 0", ")"));
  expect_limit<uint32_t>(&L::element_segment_entries,
                         repeated("(elem funcref", "(ref.null func)", ")"));
  expect_limit<uint32_t>(&L::tables, repeated("", "(table 0 funcref)", ""));
  expect_limit<uint32_t>(&L::tables, repeated("", R"((import "" "" (table 0 funcref)))", ""));
  const auto two_imported = repeated(R"((import "" "" (table 0 funcref))
                                        (import "" "" (table 0 funcref)))",
                                     "(table 0 funcref)", "");
  expect_limit<uint32_t>(&L::tables, [&](uint32_t count) { return two_imported(count - 2); });
  expect_limit<uint32_t>(&L::memories, repeated("", "(memory 0)", ""));
  expect_limit<uint32_t>(&L::memories, repeated("", R"((import "" "" (memory 0)))", ""));
  expect_limit<uint32_t>(&L::custom_sections, [](uint32_t count) {
    Bytes bytes = header;
    for (uint32_t i = 0; i < count; ++i) append(bytes, custom("x"));
    return bytes;
  });
  expect_limit<uint32_t>(&L::name_bytes,
                         [](uint32_t size) { return module_of({custom(std::string(size, 'x'))}); });
}

TEST(Limits, OfTypes) {
  using L = ImplementationLimits;
  expect_limit<uint32_t>(&L::params, repeated("(type (func (param", " i32", ")))"));
  expect_limit<uint32_t>(&L::results, repeated("(type (func (result", " i32", ")))"));
  expect_limit<uint32_t>(&L::struct_fields, repeated("(type (struct", "(field i32)", "))"));
}

TEST(Limits, OfFunctions) {
  using L = ImplementationLimits;
  expect_limit<uint32_t>(&L::function_bytes, [](uint32_t size) {
    Bytes body(size, 0x01);
    body.front() = 0x00;
    body.back() = 0x0B;
    return module_with_body(body);
  });
  expect_limit<uint32_t>(&L::locals, repeated("(func", "(local i32)", ")"));
  // Parameters count as locals, which only validation can see.
  expect_limit<uint32_t>(&L::locals, repeated("(func (param i32)", "", "(local i32 i32))"));
  expect_limit<uint32_t>(&L::br_table_targets,
                         repeated("(func (br_table", " 0", " 0 (i32.const 0)))"));
  expect_limit<uint32_t>(
      &L::array_new_fixed_operands,
      repeated("(type (array i32)) (func (drop (array.new_fixed 0 3", "(i32.const 0)", ")))"));
  expect_limit<uint32_t>(&L::block_nesting,
                         repeated("(func ", "(block ", std::string(3, ')') + ")"));
  expect_limit<uint32_t>(&L::operand_stack, repeated("(func ", "(i32.const 0)", "drop drop drop)"));
  expect_limit<uint32_t>(&L::operand_stack,
                         repeated("(func (local i32) ", "local.get 0 ", "drop drop drop)"));
}

TEST(Limits, HaveTheValuesOfTheJavaScriptInterface) {
  const ImplementationLimits limits;
  EXPECT_EQ(limits.types, 1'000'000u);
  EXPECT_EQ(limits.functions, 1'000'000u);
  EXPECT_EQ(limits.locals, 50'000u);
  EXPECT_EQ(limits.params, 1'000u);
  EXPECT_EQ(limits.function_bytes, 7'654'321u);
  EXPECT_EQ(limits.subtype_depth, 63u);
}

}  // namespace
}  // namespace cairn::wasm
