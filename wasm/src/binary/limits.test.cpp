// Every limit on modules is tested on both sides: the largest that is accepted, and one more. So
// are those on texts, where the text parser sees them first.

#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>
#include <cairn/wasm/validate.hpp>

#include "binary/module_testing.hpp"

namespace cairn::wasm {
namespace {

using namespace testing;

std::optional<ErrorKind> outcome(const Result<Module>& module, const ImplementationLimits& limits) {
  if (!module) return module.error().kind;
  TypeRegistry registry;
  const auto valid = validate(*module, registry, {}, limits);
  if (!valid) return valid.error().kind;
  return std::nullopt;
}

/// `outcome_of(n, limits)` must be good where the limit is n, and `limit` where it is n - 1.
template <class Limit, class OutcomeOf>
void expect_edge(Limit ImplementationLimits::* limit, Limit count, const OutcomeOf& outcome_of) {
  ImplementationLimits limits;
  limits.*limit = count;
  EXPECT_EQ(outcome_of(count, limits), std::nullopt);
  limits.*limit = count - 1;
  EXPECT_EQ(outcome_of(count, limits), ErrorKind::limit);
}

/// A limit on the binary module that `module(n)` makes.
template <class Limit, class MakeModule>
void expect_limit(Limit ImplementationLimits::* limit, const MakeModule& module,
                  std::type_identity_t<Limit> count = 3) {
  expect_edge(limit, count, [&](Limit n, const ImplementationLimits& limits) {
    return outcome(decode(module(n), {}, limits), limits);
  });
}

/// "(module " + `count` times `item` + ")", with {} in `item` replaced by the number of the copy.
/// The three are literals: only views of them are kept.
struct Repeated {
  std::string_view before, item, after;

  std::string operator()(uint64_t count) const {
    std::string text = fmt::format("(module {}", before);
    for (uint64_t i = 0; i < count; ++i) text += fmt::format(fmt::runtime(item), i);
    return fmt::format("{}{})", text, after);
  }
};

/// The same limit on a text and on the binary module that it stands for.
void expect_limit(uint32_t ImplementationLimits::* limit, const Repeated& text) {
  SCOPED_TRACE(text(3));
  expect_edge(limit, 3u, [&](uint32_t n, const ImplementationLimits& limits) {
    return outcome(parse_text(text(n), {}, nullptr, limits), limits);
  });
  expect_limit(
      limit,
      [&](uint32_t n) {
        const Result<Module> module = parse_text(text(n));
        EXPECT_TRUE(module) << module.error().to_string();
        return module ? encode(*module) : Bytes{};
      },
      3u);
}

TEST(Limits, OfModules) {
  using L = ImplementationLimits;
  expect_limit(
      &L::module_bytes, [](uint64_t size) { return module_of({custom("x", Bytes(size - 12))}); },
      20);
  expect_limit(&L::types, Repeated{"", "(type (func (param (ref null {}))))", ""});
  expect_limit(&L::rec_groups, Repeated{"", "(type (func))", ""});
  expect_limit(&L::rec_group_types, Repeated{"(rec ", "(type (func))", ")"});
  expect_limit(&L::functions, Repeated{"", "(func)", ""});
  expect_limit(&L::imports, Repeated{"", R"((import "" "" (func)))", ""});
  expect_limit(&L::exports, Repeated{"(func)", R"((export "{}" (func 0)))", ""});
  expect_limit(&L::globals, Repeated{"", "(global i32 (i32.const 0))", ""});
  expect_limit(&L::tags, Repeated{"", "(tag)", ""});
  expect_limit(&L::data_segments, Repeated{"", R"((data ""))", ""});
  expect_limit(&L::element_segments, Repeated{"", "(elem func)", ""});
  expect_limit(&L::element_segment_entries, Repeated{"(func) (elem func", " 0", ")"});
  expect_limit(&L::element_segment_entries, Repeated{"(elem funcref", "(ref.null func)", ")"});
  expect_limit(&L::tables, Repeated{"", "(table 0 funcref)", ""});
  expect_limit(&L::tables, Repeated{"", R"((import "" "" (table 0 funcref)))", ""});
  expect_limit(&L::tables, Repeated{R"((import "" "" (table 0 funcref))
                                       (import "" "" (table 0 funcref)))",
                                    "", "(table 0 funcref)"});
  expect_limit(&L::memories, Repeated{"", "(memory 0)", ""});
  expect_limit(&L::memories, Repeated{"", R"((import "" "" (memory 0)))", ""});
  expect_limit(&L::custom_sections, [](uint32_t count) {
    Bytes bytes = header;
    for (uint32_t i = 0; i < count; ++i) append(bytes, custom("x"));
    return bytes;
  });
  expect_limit(&L::name_bytes,
               [](uint32_t size) { return module_of({custom(std::string(size, 'x'))}); });
}

TEST(Limits, OfTypes) {
  using L = ImplementationLimits;
  expect_limit(&L::params, Repeated{"(type (func (param", " i32", ")))"});
  expect_limit(&L::results, Repeated{"(type (func (result", " i32", ")))"});
  expect_limit(&L::struct_fields, Repeated{"(type (struct", "(field i32)", "))"});
}

TEST(Limits, OfFunctions) {
  using L = ImplementationLimits;
  expect_limit(&L::function_bytes, [](uint32_t size) {
    Bytes body(size, 0x01);
    body.front() = 0x00;
    body.back() = 0x0B;
    return module_with_body(body);
  });
  expect_limit(&L::locals, Repeated{"(func", "(local i32)", ")"});
  // Parameters count as locals, which only validation can see.
  expect_limit(&L::locals, Repeated{"(func (param i32)", "", "(local i32 i32))"});
  expect_limit(&L::br_table_targets, Repeated{"(func (br_table", " 0", " 0 (i32.const 0)))"});
  expect_limit(
      &L::array_new_fixed_operands,
      Repeated{"(type (array i32)) (func (drop (array.new_fixed 0 3", "(i32.const 0)", ")))"});
  expect_limit(&L::block_nesting, Repeated{"(func ", "(block ", "))))"});
  expect_limit(&L::operand_stack, Repeated{"(func ", "(i32.const 0)", "drop drop drop)"});
  expect_limit(&L::operand_stack,
               Repeated{"(func (local i32) ", "local.get 0 ", "drop drop drop)"});
}

TEST(Limits, HaveTheValuesOfTheJavaScriptInterface) {
  const ImplementationLimits limits;
  EXPECT_EQ(limits.module_bytes, 1'073'741'824u);
  EXPECT_EQ(limits.types, 1'000'000u);
  EXPECT_EQ(limits.rec_groups, 1'000'000u);
  EXPECT_EQ(limits.rec_group_types, 1'000'000u);
  EXPECT_EQ(limits.subtype_depth, 63u);
  EXPECT_EQ(limits.functions, 1'000'000u);
  EXPECT_EQ(limits.imports, 1'000'000u);
  EXPECT_EQ(limits.exports, 1'000'000u);
  EXPECT_EQ(limits.globals, 1'000'000u);
  EXPECT_EQ(limits.tags, 1'000'000u);
  EXPECT_EQ(limits.data_segments, 100'000u);
  EXPECT_EQ(limits.tables, 100'000u);
  EXPECT_EQ(limits.table_size, 10'000'000u);
  EXPECT_EQ(limits.element_segment_entries, 10'000'000u);
  EXPECT_EQ(limits.memories, 100u);
  EXPECT_EQ(limits.memory32_bytes, 65'536u * uint64_t{65'536});
  EXPECT_EQ(limits.memory64_bytes, 262'144u * uint64_t{65'536});
  EXPECT_EQ(limits.params, 1'000u);
  EXPECT_EQ(limits.results, 1'000u);
  EXPECT_EQ(limits.function_bytes, 7'654'321u);
  EXPECT_EQ(limits.locals, 50'000u);
  EXPECT_EQ(limits.struct_fields, 10'000u);
  EXPECT_EQ(limits.array_new_fixed_operands, 10'000u);
}

}  // namespace
}  // namespace cairn::wasm
