#include "native/image.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "native/abi.hpp"
#include "native/code_image.hpp"

namespace cairn::engine {
namespace {

using Kind = ImageRange::Kind;

/// An image with a row in every table. Function 3 returns its argument plus one, in x86-64 code.
struct Sample {
  Bytes code = {0x48, 0x8d, 0x47, 0x01, 0xc3, 0xcc, 0xcc, 0xcc, 0,    0,    0,    0,    0,    0,
                0,    0,    0x90, 0xc3, 0xcc, 0xcc, 0x90, 0xc3, 0x90, 0xc3, 0x90, 0xc3, 0x90, 0xc3};
  ImageParts parts;
  Sample() {
    parts.signatures = {"il_d", "_"};
    parts.ranges = {{0, 5, Kind::function, 3, 0, 0}, {16, 2, Kind::loop, 3, 77, 0},
                    {20, 2, Kind::enter, 0, 0, 1},   {22, 2, Kind::leave, 0, 0, 1},
                    {24, 2, Kind::inner, 0, 0, 0},   {26, 2, Kind::enter, 0, 0, 0}};
    parts.frames = {{3, 10, ImageFrame::none}, {5, 2, 0}};
    parts.rows = {{0, 0}, {4, 1}, {5, ImageFrame::none}, {16, 0}};
    parts.imports = {{8, ImageImport::memmove_}};
    parts.level = CodeLevel::quick;
    parts.alignment = 16;
    parts.code = code;
  }
  Bytes write() const { return write_image(parts); }
};

void expect_refused(const ImageParts& parts, std::string_view message) {
  const Result<ImageParts> read = read_image(write_image(parts));
  ASSERT_FALSE(read) << message;
  EXPECT_EQ(read.error().kind, ErrorKind::malformed);
  EXPECT_EQ(read.error().message, message);
}

TEST(Image, ReadsWhatWasWritten) {
  const Sample sample;
  const Bytes bytes = sample.write();
  const Result<ImageParts> read = read_image(bytes);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->signatures, sample.parts.signatures);
  EXPECT_EQ(read->ranges, sample.parts.ranges);
  EXPECT_EQ(read->frames, sample.parts.frames);
  EXPECT_EQ(read->rows, sample.parts.rows);
  EXPECT_EQ(read->imports, sample.parts.imports);
  EXPECT_EQ(read->level, CodeLevel::quick);
  EXPECT_EQ(read->alignment, 16u);
  EXPECT_TRUE(std::ranges::equal(read->code, sample.code));
  EXPECT_EQ(write_image(*read), bytes);
}

TEST(Image, RefusesEveryPrefixAndMore) {
  Bytes bytes = Sample().write();
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read_image(ByteSpan(bytes).first(size))) << size;
  bytes.push_back(0);
  EXPECT_FALSE(read_image(bytes));
}

TEST(Image, RefusesOtherVersionsAndProcessors) {
  Bytes bytes = Sample().write();
  ++bytes[8];
  EXPECT_EQ(read_image(bytes).error().kind, ErrorKind::unsupported);
  bytes = Sample().write();
  ++bytes[12];
  EXPECT_EQ(read_image(bytes).error().message,
            fmt::format("code image of version 2.{}, this is 2.{}", native_abi_version + 1,
                        native_abi_version));
  Sample sample;
  sample.parts.cpu.bits = uint64_t{1} << 63;
  EXPECT_EQ(read_image(sample.write()).error().kind, ErrorKind::unsupported);
}

TEST(Image, RefusesRangesThatOverlapOrReachOut) {
  Sample sample;
  sample.parts.ranges[1].begin = 4;
  expect_refused(sample.parts, "code image: range 1 is wrong");
  sample = {};
  sample.parts.ranges[5].size = 3;
  expect_refused(sample.parts, "code image: range 5 is wrong");
  sample = {};
  sample.parts.ranges[0].size = 0;
  expect_refused(sample.parts, "code image: range 0 is wrong");
  sample = {};
  sample.parts.ranges[5].begin = UINT32_MAX;
  expect_refused(sample.parts, "code image: range 5 is wrong");
  sample = {};
  sample.parts.ranges[2].signature = 2;
  expect_refused(sample.parts, "code image: range 2 is wrong");
  sample = {};
  sample.parts.ranges[4].kind = Kind{static_cast<uint8_t>(Kind::inner) + 1};
  expect_refused(sample.parts, "code image: range 4 is wrong");
}

TEST(Image, RefusesWrongLines) {
  Sample sample;
  sample.parts.frames[1].caller = 1;
  expect_refused(sample.parts, "code image: frame 1 is wrong");
  sample = {};
  sample.parts.rows[1].begin = 0;
  expect_refused(sample.parts, "code image: line 1 is wrong");
  sample = {};
  sample.parts.rows[3].begin = 28;
  expect_refused(sample.parts, "code image: line 3 is wrong");
  sample = {};
  sample.parts.rows[0].frame = 2;
  expect_refused(sample.parts, "code image: line 0 is wrong");
}

TEST(Image, RefusesOtherWrongTables) {
  Sample sample;
  sample.parts.imports[0].at = 4;
  expect_refused(sample.parts, "code image: import 0 is wrong");
  sample = {};
  sample.parts.imports[0].at = 24;
  expect_refused(sample.parts, "code image: import 0 is wrong");
  sample = {};
  sample.parts.imports[0].import = ImageImport{200};
  expect_refused(sample.parts, "code image: import 0 is wrong");
  sample = {};
  sample.parts.signatures[1] = "il_d";
  expect_refused(sample.parts, "code image: a signature is there twice");
  sample = {};
  sample.parts.signatures[1] = "I";
  expect_refused(sample.parts, "code image: signature 1 is wrong");
  sample = {};
  sample.parts.alignment = 24;
  expect_refused(sample.parts, "code image: the alignment is no power of two up to 4096");
}

TEST(Image, EveryImportHasAnAddress) {
#define IMAGE_IMPORT(name)                   \
  ASSERT_TRUE(image_import(#name)) << #name; \
  EXPECT_NE(address_of(*image_import(#name)), nullptr);
#include "native/image_imports.def"
  EXPECT_FALSE(image_import("system"));
}

TEST(CodeImage, FindsEverything) {
  const auto loaded = CodeImage::load(Sample().write());
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  const CodeImage& image = **loaded;
  const uint8_t* const base = image.begin();
  EXPECT_EQ(image.function(3), base);
  EXPECT_EQ(image.function(0), nullptr);
  EXPECT_EQ(image.loop(3, 77), base + 16);
  EXPECT_EQ(image.loop(3, 76), nullptr);
  EXPECT_EQ(image.stub(ImageRange::Kind::enter, "_"), base + 20);
  EXPECT_EQ(image.stub(ImageRange::Kind::leave, "_"), base + 22);
  EXPECT_EQ(image.stub(ImageRange::Kind::enter, "il_d"), base + 26);
  EXPECT_EQ(image.stub(ImageRange::Kind::leave, "il_d"), nullptr);
  EXPECT_EQ(load_le<uint64_t>(base + 8),
            reinterpret_cast<uint64_t>(address_of(ImageImport::memmove_)));

  EXPECT_EQ(image.range_at(base + 4)->function, 3u);
  EXPECT_EQ(image.range_at(base + 5), nullptr);
  EXPECT_EQ(image.range_at(base + 27)->kind, Kind::enter);
  EXPECT_EQ(image.range_at(base + 28), nullptr);
  EXPECT_EQ(image.frame_at(base + 3)->offset, 10u);
  const ImageFrame* const inlined = image.frame_at(base + 4);
  ASSERT_NE(inlined, nullptr);
  EXPECT_EQ(inlined->function, 5u);
  EXPECT_EQ(image.caller(*inlined)->function, 3u);
  EXPECT_EQ(image.caller(*image.caller(*inlined)), nullptr);
  EXPECT_EQ(image.frame_at(base + 5), nullptr);
  EXPECT_EQ(image.frame_at(base - 1), nullptr);
}

#if defined(__x86_64__)
/// No word before the code of an image tells its type; UndefinedBehaviorSanitizer would look for
/// it.
[[clang::no_sanitize("function")]] uint64_t call(uintptr_t function, uint64_t argument) {
  return reinterpret_cast<uint64_t (*)(uint64_t)>(function)(argument);
}

TEST(CodeImage, RunsAndCannotBeWritten) {
  const auto loaded = CodeImage::load(Sample().write());
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  const auto address = reinterpret_cast<uintptr_t>((*loaded)->function(3));
  EXPECT_EQ(call(address, 41), 42u);
  EXPECT_DEATH(*reinterpret_cast<volatile uint8_t*>(address) = 0x90, "");
}
#endif

TEST(CodeImage, RefusesAnotherProcessorsCode) {
  const CpuFeatures missing{.bits = known_cpu_features().bits & ~host_cpu().bits};
  if (missing.bits == 0) GTEST_SKIP() << "this processor has all features";
  Sample sample;
  sample.parts.cpu = missing;
  const auto loaded = CodeImage::load(sample.write());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(loaded.error().message, "code image needs a processor with " + to_string(missing));
}

TEST(Cpu, NamesFeaturesAsLlvmDoes) {
  EXPECT_EQ(to_string({.bits = 0b101}), "sse3,ssse3");
  EXPECT_TRUE(llvm_features({.bits = 0b101}).starts_with("+sse3,-pclmul,+ssse3,-fma,"));
  EXPECT_TRUE(known_cpu_features().contains(host_cpu()));
}

}  // namespace
}  // namespace cairn::engine
