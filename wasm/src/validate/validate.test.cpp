#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>
#include <cairn/wasm/validate.hpp>

#include "binary/module_testing.hpp"

namespace cairn::wasm {
namespace {

using namespace testing;

Result<> check(const Module& module, Features features = {}) {
  TypeRegistry registry;
  const auto valid = validate(module, registry, features);
  if (!valid) return std::unexpected(valid.error());
  return {};
}

/// The message for a module in text form, or nothing when it is valid.
std::string message(std::string_view text, Features features = {}) {
  const Result<Module> module = parse_text(text, features);
  if (!module) return "text: " + module.error().to_string();
  const Result<> valid = check(*module, features);
  return valid ? "" : valid.error().message;
}

Result<> check_bytes(const Bytes& bytes, Features features = {}) {
  return check(TRY(decode(bytes, features)), features);
}

TEST(Validate, SaysWhatWhereAndWhatWasExpected) {
  const Result<> result = check_bytes(module_with_body({0x00, 0x42, 0x01, 0x45, 0x1A, 0x0B}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::invalid);
  EXPECT_EQ(result.error().message,
            "type mismatch: expected i32, found i64 (in func 0, at i32.eqz)");
  EXPECT_EQ(result.error().offset, 25u);
  EXPECT_EQ(message("(type $s (struct)) (func (result (ref $s)) ref.null $s)"),
            "type mismatch: expected (ref 0), found (ref null 0) (in func 0, at end)");
  EXPECT_EQ(message("(func (br 1))"), "unknown label 1 (in func 0, at br)");
  EXPECT_EQ(message("(global i32 (i64.const 0))"),
            "type mismatch: expected i32, found i64 (in global 0, at end)");
  EXPECT_EQ(message(R"((import "" "" (func (type 3))))"), "unknown type 3 (in import 0)");
}

TEST(Validate, PrefersMalformedToInvalid) {
  // i32.eqz on nothing, then a byte that is no instruction.
  const Result<> result = check_bytes(module_with_body({0x00, 0x45, 0x1A, 0xFF, 0x0B}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::malformed);
}

TEST(Validate, ReportsBodiesThatBreakTheGrammar) {
  const auto kind = [](const Bytes& body) {
    const Result<> result = check_bytes(module_with_body(body));
    return result ? "" : std::string(to_string(result.error().kind)) + " " + result.error().message;
  };
  EXPECT_EQ(kind({0x00, 0x0B}), "");
  EXPECT_TRUE(kind({0x00}).starts_with("malformed unexpected end of section or function"));
  EXPECT_TRUE(kind({0x00, 0x01}).starts_with("malformed unexpected end of section or function"));
  EXPECT_TRUE(kind({0x00, 0x0B, 0x01}).starts_with("malformed END opcode expected"));
  EXPECT_TRUE(kind({0x00, 0x05, 0x0B}).starts_with("malformed END opcode expected"));
  EXPECT_TRUE(kind({0x00, 0x02, 0x40, 0x05, 0x0B, 0x0B}).starts_with("malformed END opcode"));
  EXPECT_TRUE(kind({0x00, 0xFC, 0x09, 0x00, 0x0B}).starts_with("malformed data count section"));
}

TEST(Validate, TypesUnreachableCode) {
  EXPECT_EQ(message("(func (result i32) unreachable i32.add)"), "");
  EXPECT_EQ(message("(func (result i32) unreachable (i64.const 1) i32.add)"),
            "type mismatch: expected i32, found i64 (in func 0, at i32.add)");
  EXPECT_EQ(message("(func (result i64) unreachable select)"), "");
  EXPECT_EQ(message("(func (result i32) unreachable ref.as_non_null ref.is_null)"), "");
  EXPECT_EQ(message("(func (result i32) unreachable ref.as_non_null)"),
            "type mismatch: expected i32, found (ref bot) (in func 0, at end)");
  EXPECT_EQ(message("(func (block unreachable br_on_null 0 ref.as_non_null drop))"), "");
  EXPECT_EQ(message("(func (result i32 i64) unreachable (br_table 0 0))"), "");
  EXPECT_EQ(message("(func (block (result i32) unreachable (br_if 0) i64.eqz) drop)"),
            "type mismatch: expected i64, found i32 (in func 0, at i64.eqz)");
}

TEST(Validate, TracksTheInitialisationOfLocals) {
  const std::string before = "(type $s (struct)) (func (param (ref $s)) (local $x (ref $s)) ";
  EXPECT_EQ(message(before + "(local.set $x (local.get 0)) (drop (local.get $x)))"), "");
  EXPECT_EQ(message(before + "(drop (local.get $x)))"),
            "uninitialized local 1 (in func 0, at local.get)");
  EXPECT_EQ(message(before + "(block (local.set $x (local.get 0))) (drop (local.get $x)))"),
            "uninitialized local 1 (in func 0, at local.get)");
  EXPECT_EQ(message(before + "(local.set $x (local.get 0)) (block (drop (local.get $x))))"), "");
  EXPECT_EQ(message(before + "(if (i32.const 0) (then (local.set $x (local.get 0)))"
                             "(else (drop (local.get $x)))))"),
            "uninitialized local 1 (in func 0, at local.get)");
  // What one function sets is unset in the next.
  EXPECT_EQ(message(before + "(local.set $x (local.get 0)))"
                             "(func (param (ref $s)) (local $x (ref $s)) (drop (local.get $x)))"),
            "uninitialized local 1 (in func 1, at local.get)");
}

TEST(Validate, FindsLocalsInLongDeclarations) {
  // More locals than are kept one by one, in groups of changing types.
  std::string text = "(func (result f64)";
  for (int i = 0; i < 1200; ++i) text += i % 2 ? "(local f64)" : "(local i64)";
  EXPECT_EQ(message(text + "(local.get 1199))"), "");
  EXPECT_EQ(message(text + "(local.get 1198))"),
            "type mismatch: expected f64, found i64 (in func 0, at end)");
  EXPECT_EQ(message(text + "(local.get 1200))"), "unknown local 1200 (in func 0, at local.get)");
  EXPECT_EQ(message(text + "(local.set 1198 (i64.const 0)) (local.tee 700 (i64.const 1)) drop "
                           "(local.get 601))"),
            "");
}

TEST(Validate, ReadsWholeMemoryImmediates) {
  EXPECT_EQ(message("(memory 1) (func (result i32) (i32.load offset=0xFFFFFFFF (i32.const 0)))"),
            "");
  EXPECT_TRUE(message("(memory 1) (func (result i32) (i32.load align=8 (i32.const 0)))")
                  .starts_with("alignment must not be larger than natural"));
  EXPECT_TRUE(message("(memory 1) (func (result i32) (i64.load (i64.const 0)))")
                  .starts_with("type mismatch"));
  EXPECT_TRUE(
      message("(func (result i32) (i32.load (i32.const 0)))").starts_with("unknown memory"));
  EXPECT_EQ(message("(memory i64 1) (func (result i64)"
                    "(i64.load offset=0x100000000 (i64.const 0)))"),
            "");
  EXPECT_EQ(message("(memory i64 1) (memory 1) (func (param i64 i32) (result i32)"
                    "(i32.store 0 (local.get 0) (local.get 1)) (i32.load 1 (local.get 1)))"),
            "");
  EXPECT_TRUE(message("(memory 1 1 shared) (func (result i32)"
                      "(i32.atomic.load align=2 (i32.const 0)))")
                  .starts_with("atomic alignment must be natural"));
}

TEST(Validate, AllowsOnlyConstantsInConstantExpressions) {
  EXPECT_EQ(message("(global i32 (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3))))"),
            "");
  EXPECT_TRUE(message("(global i32 (i32.clz (i32.const 1)))").starts_with("constant expression"));
  EXPECT_TRUE(message("(global i32 (i32.add (i32.const 1) (i32.const 2)))",
                      Features{}.with(Feature::extended_const, false))
                  .starts_with("constant expression required: i32.add needs the feature"));
  EXPECT_EQ(message("(global $a i32 (i32.const 1)) (global i32 (global.get $a))"), "");
  EXPECT_TRUE(message("(global $a (mut i32) (i32.const 1)) (global i32 (global.get $a))")
                  .starts_with("constant expression required: global 0 is mutable"));
  EXPECT_TRUE(message("(global i32 (global.get 1)) (global i32 (i32.const 1))")
                  .starts_with("unknown global 1"));
  EXPECT_EQ(message("(type $t (array i8)) (global (ref $t)"
                    "(array.new_fixed $t 2 (i32.const 1) (i32.const 2)))"),
            "");
  EXPECT_TRUE(message("(table 1 funcref (global.get 0)) (global funcref (ref.null func))")
                  .starts_with("unknown global 0"));
}

TEST(Validate, WantsFunctionReferencesDeclared) {
  EXPECT_TRUE(message("(func $f (drop (ref.func $f)))").starts_with("undeclared function ref"));
  EXPECT_EQ(message("(func $f (drop (ref.func $f))) (elem declare func $f)"), "");
  EXPECT_EQ(message(R"((func $f (export "f") (drop (ref.func $f))))"), "");
  EXPECT_EQ(message("(func $f (drop (ref.func $f))) (global funcref (ref.func $f))"), "");
}

TEST(Validate, HoldsOldModulesToOldRules) {
  EXPECT_TRUE(message("(memory 0) (memory 0)", Features{}.with(Feature::multi_memory, false))
                  .starts_with("multiple memories"));
  EXPECT_TRUE(message("(table 0 funcref) (table 0 funcref)",
                      Features{}.with(Feature::reference_types, false))
                  .starts_with("multiple tables"));
  EXPECT_TRUE(message(R"((import "" "" (global (mut i32))))",
                      Features{}.with(Feature::mutable_global, false))
                  .starts_with("mutable globals cannot be imported"));
  EXPECT_TRUE(
      message("(type (func (result i32 i32)))", Features{}.with(Feature::multi_value, false))
          .starts_with("invalid result arity"));
}

TEST(Validate, ChecksDefinitions) {
  EXPECT_TRUE(message("(memory 2 1)").starts_with("size minimum must not be greater"));
  EXPECT_TRUE(message("(memory 65537)").starts_with("memory size must be at most 65536 pages"));
  EXPECT_EQ(message("(memory 65536 65536)"), "");
  EXPECT_EQ(message("(memory i64 0x1000000000000)"), "");
  EXPECT_TRUE(message("(memory i64 0x1000000000001)").starts_with("memory size must be at most"));
  EXPECT_TRUE(message("(memory 1 shared)").starts_with("shared memory must have maximum"));
  EXPECT_TRUE(message("(table 0 (ref func))").starts_with("type mismatch: expected an init"));
  EXPECT_TRUE(message("(tag (result i32))").starts_with("non-empty tag result type"));
  EXPECT_TRUE(message(R"((func) (export "a" (func 0)) (export "a" (func 0)))")
                  .starts_with("duplicate export name"));
  EXPECT_TRUE(message("(func (param i32)) (start 0)").starts_with("start function"));
  EXPECT_TRUE(
      message("(table 1 externref) (elem (i32.const 0) func)").starts_with("type mismatch"));
}

TEST(Validate, NestsDeeplyWithoutNativeStack) {
  Bytes body = {0x00};
  constexpr int depth = 200'000;
  for (int i = 0; i < depth; ++i) append(body, Bytes{0x02, 0x40});
  body.insert(body.end(), depth + 1, 0x0B);
  EXPECT_TRUE(check_bytes(module_with_body(body)));
}

/// Long lists are compared at once, where they are as expected.
TEST(Validate, ChecksLongListsOfOperands) {
  const auto times = [](int count, std::string_view text) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  };
  const auto block = [&](std::string_view type, const std::string& body) {
    return message("(func (block (result" + times(12, fmt::format(" {}", type)) + ") " + body +
                   ")" + times(12, " drop") + ")");
  };
  const std::string numbers = times(11, "i32.const 0 "), one = "i32.const 0 ";
  const std::string table = one + "br_table 0 0 0", branch = one + "br_if 0 ";
  for (const std::string& leave : {table, branch, one + "drop "}) {
    EXPECT_EQ(block("i32", numbers + one + leave), "");
    EXPECT_EQ(block("i32", "unreachable " + numbers + leave), "");
    EXPECT_TRUE(block("i32", numbers + leave).contains("found nothing on the stack")) << leave;
    for (const std::string& wrong : {"i64.const 0 " + numbers, numbers + "i64.const 0 ",
                                     "unreachable i64.const 0 " + numbers}) {
      EXPECT_TRUE(block("i32", wrong + leave).starts_with("type mismatch: expected i32, found i64"))
          << wrong << leave;
    }
  }
  // What a branch leaves on the stack has the types of its label.
  const std::string nulls = times(12, "ref.null none ");
  EXPECT_EQ(block("anyref", nulls + branch), "");
  EXPECT_EQ(block("anyref", nulls + "drop ref.null i31 " + table), "");
  EXPECT_TRUE(block("anyref", nulls + branch + "ref.eq").starts_with("type mismatch"));
  EXPECT_EQ(block("anyref", nulls + "ref.eq drop unreachable"), "");
}

TEST(Validate, ChecksLegacyExceptionsBehindTheirFeature) {
  const Features legacy = Features{}.with(Feature::legacy_exceptions);
  // try (result i32) i32.const 1 catch_all i32.const 2 end drop
  const Bytes body = {0x00, 0x06, 0x7F, 0x41, 0x01, 0x19, 0x41, 0x02, 0x0B, 0x1A, 0x0B};
  EXPECT_TRUE(check_bytes(module_with_body(body), legacy));
  const Result<> off = check_bytes(module_with_body(body));
  ASSERT_FALSE(off);
  EXPECT_EQ(off.error().kind, ErrorKind::malformed);
  const Result<> rethrow = check_bytes(module_with_body({0x00, 0x09, 0x00, 0x0B}), legacy);
  ASSERT_FALSE(rethrow);
  EXPECT_TRUE(rethrow.error().message.starts_with("invalid rethrow label"));
}

// ---- Branch hints -----------------------------------------------------------------------------

Bytes with_hints(const Bytes& hints) {
  // i32.const 0, if end: the if is at byte 3 of the function's entry.
  return module_of(
      {section(SectionId::type, list_of(1, empty_func_type)),
       section(SectionId::function, list_of(1, {0x00})), custom("metadata.code.branch_hint", hints),
       section(SectionId::code, list_of(1, sized({0x00, 0x41, 0x00, 0x04, 0x40, 0x0B, 0x0B})))});
}

TEST(BranchHints, NameConditionalBranches) {
  const auto outcome = [](const Bytes& hints, Features features = {}) -> std::string {
    const Result<Module> module = decode(with_hints(hints));
    EXPECT_TRUE(module);
    EXPECT_TRUE(check(*module));
    const Result<> custom = validate_custom_sections(*module, features);
    return custom ? "" : std::string(to_string(custom.error().kind));
  };
  EXPECT_EQ(outcome({0x01, 0x00, 0x01, 0x03, 0x01, 0x01}), "");
  EXPECT_EQ(outcome({0x00}), "");
  EXPECT_EQ(outcome({0x01, 0x00, 0x01, 0x01, 0x01, 0x01}), "invalid");    // at i32.const
  EXPECT_EQ(outcome({0x01, 0x00, 0x01, 0x00, 0x01, 0x01}), "invalid");    // in the locals
  EXPECT_EQ(outcome({0x01, 0x00, 0x01, 0x70, 0x01, 0x01}), "invalid");    // beyond the end
  EXPECT_EQ(outcome({0x01, 0x07, 0x00}), "invalid");                      // no such function
  EXPECT_EQ(outcome({0x01, 0x00, 0x01, 0x03, 0x01, 0x02}), "malformed");  // neither 0 nor 1
  EXPECT_EQ(outcome({0x01, 0x00, 0x01, 0x03, 0x02, 0x01}), "malformed");  // not one byte
  EXPECT_EQ(outcome({0x01, 0x00, 0x01, 0x03}), "malformed");              // cut
  EXPECT_EQ(outcome({0x00, 0x00}), "malformed");                          // bytes left
  EXPECT_EQ(outcome({0x07}, Features{}.with(Feature::branch_hints, false)), "");
}

/// What `validate` says that bodies use: "tail", "exceptions", "tables", several or nothing.
std::string body_use(std::string_view text) {
  const Result<Module> module = parse_text(text, Features{}.with(Feature::legacy_exceptions, true));
  if (!module) return module.error().to_string();
  TypeRegistry registry;
  const auto valid = validate(*module, registry, Features{}.with(Feature::legacy_exceptions, true));
  if (!valid) return valid.error().to_string();
  return std::string(valid->use.tail_calls ? "tail" : "") +
         (valid->use.exceptions ? "exceptions" : "") + (valid->use.table_writes ? "tables" : "");
}

TEST(Validate, SaysWhatBodiesUse) {
  EXPECT_EQ(body_use("(func $f call $f) (tag $t)"), "");
  EXPECT_EQ(body_use("(func $f return_call $f)"), "tail");
  EXPECT_EQ(body_use("(table 1 funcref) (func (return_call_indirect (i32.const 0)))"), "tail");
  EXPECT_EQ(body_use("(type $t (func)) (func (return_call_ref $t (ref.null $t)))"), "tail");
  EXPECT_EQ(body_use("(func (unreachable) (throw_ref))"), "exceptions");
  EXPECT_EQ(body_use("(tag $t) (func (throw $t))"), "exceptions");
  EXPECT_EQ(body_use("(func $f try_table (return_call $f) end)"), "tailexceptions");
  EXPECT_EQ(body_use("(func try catch_all end)"), "exceptions");
  EXPECT_EQ(body_use("(table 1 funcref) (func (drop (table.get (i32.const 0))))"), "");
  EXPECT_EQ(body_use("(table 1 funcref) (elem (i32.const 0) func 0) (func)"), "");
  for (const std::string_view body : {"(table.set (i32.const 0) (ref.null func))",
                                      "(drop (table.grow (ref.null func) (i32.const 1)))",
                                      "(table.fill (i32.const 0) (ref.null func) (i32.const 1))",
                                      "(table.copy (i32.const 0) (i32.const 0) (i32.const 1))",
                                      "(table.init 0 (i32.const 0) (i32.const 0) (i32.const 1))"}) {
    EXPECT_EQ(body_use("(table 1 funcref) (elem func 0) (func " + std::string(body) + ")"),
              "tables");
  }
}

}  // namespace
}  // namespace cairn::wasm
