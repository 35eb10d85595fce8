#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>

#include "binary/module_testing.hpp"

namespace cairn::wasm {
namespace {

using namespace testing;

std::string error_of(const Bytes& bytes, Features features = {}) {
  const Result<Module> module = decode(bytes, features);
  return module ? "" : module.error().to_string();
}

TEST(Decode, ReadsAnEmptyModule) {
  const Result<Module> module = decode(header);
  ASSERT_TRUE(module);
  EXPECT_TRUE(module->types.empty());
  EXPECT_TRUE(module->sections.empty());
}

TEST(Decode, ReportsABadHeader) {
  EXPECT_TRUE(error_of({}).starts_with("unexpected end: expected 00 61 73 6d"));
  EXPECT_TRUE(error_of({0x00, 0x61}).starts_with("unexpected end"));
  EXPECT_EQ(error_of({0x00, 0x61, 0x73, 0x6D}),
            "unexpected end: expected 01 00 00 00, found nothing (at offset 0x4)");
  EXPECT_TRUE(error_of({0x01, 0x61, 0x73, 0x6D, 1, 0, 0, 0}).starts_with("magic header not det"));
  EXPECT_EQ(
      error_of({0x00, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0}),
      "unknown binary version: expected 01 00 00 00, found 0d 00 01 00, a component (at offset "
      "0x4)");
}

TEST(Decode, ReportsSectionsOutOfOrder) {
  const Bytes type = section(SectionId::type, {0x00}), memory = section(SectionId::memory, {0x00}),
              tag = section(SectionId::tag, {0x00}), global = section(SectionId::global, {0x00});
  EXPECT_EQ(error_of(module_of({type, memory, tag, global})), "");
  EXPECT_TRUE(error_of(module_of({memory, type})).starts_with("unexpected content after last"));
  EXPECT_TRUE(error_of(module_of({type, type})).starts_with("unexpected content after last"));
  EXPECT_TRUE(error_of(module_of({global, tag})).starts_with("unexpected content after last"));
  EXPECT_EQ(error_of(module_of({Bytes{14, 0}})),
            "malformed section id: expected 0 to 13, found 14 (at offset 0x8)");
}

TEST(Decode, HoldsSectionSizesAgainstTheirContent) {
  EXPECT_TRUE(error_of(module_of({Bytes{1, 5, 0}})).starts_with("length out of bounds"));
  EXPECT_TRUE(error_of(module_of({section(SectionId::type, {0x00, 0x00})}))
                  .starts_with("section size mismatch: 1 bytes left in the type section"));
  EXPECT_TRUE(error_of(module_of({section(SectionId::type, {0x01, 0x60, 0x00})}))
                  .starts_with("unexpected end of section or function"));
}

TEST(Decode, NeverReservesMemoryForACountThatCannotBe) {
  const Bytes huge = {0xFF, 0xFF, 0xFF, 0xFF, 0x0F};
  for (const SectionId id :
       {SectionId::type, SectionId::import, SectionId::function, SectionId::table,
        SectionId::memory, SectionId::tag, SectionId::global, SectionId::export_,
        SectionId::element, SectionId::code, SectionId::data}) {
    EXPECT_TRUE(error_of(module_of({section(id, huge)})).starts_with("length out of bounds"))
        << static_cast<int>(id);
  }
  EXPECT_TRUE(error_of(module_of({section(SectionId::type, concat({{0x01, 0x60}, huge}))}))
                  .starts_with("length out of bounds"));
}

TEST(Decode, ReadsNamesAsUtf8) {
  const auto import_named = [](const Bytes& text) {
    return module_of(
        {section(SectionId::import, concat({{0x01}, sized(text), sized({}), {0x03, 0x7F, 0x00}}))});
  };
  EXPECT_EQ(error_of(import_named({0xCE, 0xBB})), "");
  EXPECT_EQ(error_of(import_named({'a', 0xFF})),
            "malformed UTF-8 encoding: expected the module name of an import, found 0xff (at "
            "offset 0xd)");
}

TEST(Decode, KeepsCustomSectionsInTheirPlaces) {
  const Bytes bytes = module_of(
      {custom("first", {1, 2}), section(SectionId::type, list_of(1, empty_func_type)),
       custom("second"), custom("third", {3}), section(SectionId::function, list_of(1, {0x00})),
       section(SectionId::code, list_of(1, {0x02, 0x00, 0x0B})), custom("last")});
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module) << module.error().to_string();
  ASSERT_EQ(module->customs.size(), 4u);
  EXPECT_EQ(module->customs[0].name, "first");
  EXPECT_EQ(module->customs[0].after, SectionId::custom);
  EXPECT_EQ(module->customs[0].offset, 16u);
  EXPECT_EQ(module->customs[1].after, SectionId::type);
  EXPECT_EQ(module->customs[2].after, SectionId::type);
  EXPECT_EQ(module->customs[3].after, SectionId::code);
  EXPECT_EQ(module->sections.size(), 7u);
  EXPECT_EQ(encode(*module), bytes);
}

TEST(Decode, ReportsAnUnnamedCustomSection) {
  EXPECT_TRUE(error_of(module_of({section(SectionId::custom, {})}))
                  .starts_with("unexpected end of section or function"));
}

TEST(Decode, HoldsTheCountsOfSectionsAgainstEachOther) {
  const Bytes types = section(SectionId::type, list_of(1, empty_func_type));
  EXPECT_TRUE(error_of(module_of({types, section(SectionId::function, list_of(1, {0x00}))}))
                  .starts_with("function and code section have inconsistent lengths"));
  EXPECT_TRUE(error_of(module_of({section(SectionId::data_count, {0x01})}))
                  .starts_with("data count and data section have inconsistent lengths"));
}

TEST(Decode, ReadsEveryFormOfLimits) {
  const auto memory = [](const Bytes& type) {
    return module_of({section(SectionId::memory, concat({{0x01}, type}))});
  };
  const Result<Module> shared = decode(memory({0x07, 0x01, 0x82, 0x01}));
  ASSERT_TRUE(shared);
  EXPECT_TRUE(shared->memories[0].shared);
  EXPECT_EQ(shared->memories[0].address, AddrType::i64);
  EXPECT_EQ(shared->memories[0].limits.max, 130u);
  const Result<Module> small_pages = decode(memory({0x08, 0x01, 0x00}));
  ASSERT_TRUE(small_pages);
  EXPECT_EQ(small_pages->memories[0].page_size_log2, 0);
  EXPECT_TRUE(error_of(memory({0x10, 0x00})).starts_with("malformed limits flags"));
  EXPECT_TRUE(error_of(memory({0x08, 0x00, 0x40})).starts_with("invalid custom page size"));
  const Features old = Features{}.with(Feature::memory64, false).with(Feature::threads, false);
  EXPECT_TRUE(error_of(memory({0x04, 0x00}), old).starts_with("malformed limits flags"));
  EXPECT_TRUE(error_of(memory({0x03, 0x00, 0x01}), old).starts_with("malformed limits flags"));
}

TEST(Decode, ReadsTypesOfItsFeaturesOnly) {
  const Bytes structure = module_of({section(SectionId::type, {0x01, 0x5F, 0x01, 0x78, 0x01})});
  EXPECT_EQ(error_of(structure), "");
  EXPECT_TRUE(error_of(structure, Features{}.with(Feature::gc, false))
                  .starts_with("malformed definition type"));
  const Bytes vector = module_of({section(SectionId::type, {0x01, 0x60, 0x01, 0x7B, 0x00})});
  EXPECT_TRUE(
      error_of(vector, Features{}.with(Feature::simd, false)).starts_with("malformed value type"));
  EXPECT_TRUE(error_of(module_of({section(SectionId::tag, {0x00})}),
                       Features{}.with(Feature::exceptions, false))
                  .starts_with("malformed section id"));
}

TEST(Decode, FindsTheEndOfNestedConstantExpressions) {
  // global i32 (block (result i32) i32.const 1 end)
  const Bytes bytes = module_of(
      {section(SectionId::global, {0x01, 0x7F, 0x00, 0x02, 0x7F, 0x41, 0x01, 0x0B, 0x0B})});
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module) << module.error().to_string();
  EXPECT_EQ(module->globals[0].init.code.size(), 6u);
  EXPECT_EQ(module->globals[0].init.offset, 13u);
}

TEST(Decode, SumsUpLocalsBeforeItJudges) {
  const Bytes most = {0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x7F};
  const Result<Module> many = decode(module_with_body(concat({{0x01}, most, {0x0B}})));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().kind, ErrorKind::limit);
  const Result<Module> beyond =
      decode(module_with_body(concat({{0x02}, most, {0x01, 0x7E, 0x0B}})));
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().kind, ErrorKind::malformed);
  EXPECT_TRUE(beyond.error().message.starts_with("too many locals"));
}

TEST(Equal, LooksThroughTheChoicesOfAnEncoder) {
  const auto with_body = [](const Bytes& body) { return *decode(module_with_body(body)); };
  const Module plain = with_body({0x01, 0x02, 0x7F, 0x41, 0x01, 0x1A, 0x0B});
  EXPECT_TRUE(
      equal(plain, with_body({0x02, 0x01, 0x7F, 0x01, 0x7F, 0x41, 0x81, 0x00, 0x1A, 0x0B})));
  EXPECT_FALSE(equal(plain, with_body({0x01, 0x02, 0x7F, 0x41, 0x02, 0x1A, 0x0B})));
  EXPECT_FALSE(equal(plain, with_body({0x01, 0x03, 0x7F, 0x41, 0x01, 0x1A, 0x0B})));
  EXPECT_FALSE(equal(plain, *decode(header)));
}

}  // namespace
}  // namespace cairn::wasm
