#include <gtest/gtest.h>
#include <cairn/engine/compiler.hpp>

#include "native/sample_testing.hpp"

namespace cairn::engine {
namespace {

const CodeKey key = {
    .abi_version = 3, .layout = 0x1122334455667788, .fuel = true, .guarded_memories = true};

Bytes sample() { return CompiledFile::write(key, Bytes{1, 2, 3}, testing::sample_image()); }

TEST(CompiledFile, HoldsModuleCodeAndKey) {
  const Bytes bytes = sample();
  EXPECT_TRUE(CompiledFile::is_one(bytes));
  const Result<CompiledFile> file = CompiledFile::read(bytes);
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_EQ(file->key(), key);
  EXPECT_TRUE(std::ranges::equal(file->module(), Bytes{1, 2, 3}));
  EXPECT_TRUE(std::ranges::equal(file->code(), testing::sample_image()));
  EXPECT_EQ(CompiledFile::write(file->key(), file->module(), file->code()), bytes);
  const auto summary = file->summary();
  ASSERT_TRUE(summary) << summary.error().to_string();
  EXPECT_EQ(summary->functions, 1u);
  EXPECT_EQ(summary->code_bytes, 46u);
  EXPECT_EQ(summary->cpu, "");
}

TEST(CompiledFile, MayHaveNoCode) {
  const auto file = CompiledFile::read(CompiledFile::write({}, Bytes{1}, {}));
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_TRUE(file->code().empty());
  EXPECT_EQ(file->summary()->functions, 0u);
}

TEST(CompiledFile, RefusesWhatIsDamaged) {
  const Bytes bytes = sample();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto file = CompiledFile::read({bytes.begin(), bytes.begin() + static_cast<long>(size)});
    ASSERT_FALSE(file) << size;
    EXPECT_EQ(file.error().kind, ErrorKind::malformed) << size;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    Bytes damaged = bytes;
    damaged[at] ^= 0x10;
    EXPECT_FALSE(CompiledFile::read(damaged)) << at;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(CompiledFile::read(longer).error().message,
            "compiled module: " + std::to_string(longer.size()) + " bytes are there, " +
                std::to_string(bytes.size()) + " were written: the file is damaged");
}

TEST(CompiledFile, SaysWhatItExpected) {
  EXPECT_FALSE(CompiledFile::is_one({}));
  EXPECT_EQ(CompiledFile::read(Bytes{0, 'a', 's', 'm'}).error().message,
            "not a compiled module: it does not begin with \"cairnapp\"");
  Bytes other = sample();
  other[8] = 2;
  const auto file = CompiledFile::read(other);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, ErrorKind::unsupported);
  EXPECT_EQ(file.error().message,
            "compiled module of version 2, this Cairn reads version 1: compile it again");
}

}  // namespace
}  // namespace cairn::engine
