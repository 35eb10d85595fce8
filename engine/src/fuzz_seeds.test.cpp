// Seeds of fuzz targets that hold forms of ours: kept as the engine writes them today, for an old
// form is refused by its version and leads the fuzzers nowhere. CAIRN_UPDATE_GOLDEN=1 in the
// environment writes them anew.

#include <gtest/gtest.h>
#include <cairn/wasm/binary.hpp>
#include <cairn/wasm/text.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "native/sample_testing.hpp"

namespace cairn::engine {
namespace {

using testing::must;

const std::string corpus = CAIRN_SOURCE_DIR "/engine/fuzz/corpus/";

std::string read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void expect_seed(const std::string& name, const Bytes& made) {
  if (std::getenv("CAIRN_UPDATE_GOLDEN")) {
    std::ofstream(corpus + name, std::ios::binary) << as_text(made);
  }
  EXPECT_EQ(read(corpus + name), as_text(made)) << name << ": CAIRN_UPDATE_GOLDEN=1 writes it anew";
}

TEST(FuzzSeeds, OfCompiledFilesAreOfToday) {
  const Bytes module = wasm::encode(must(wasm::parse_text(testing::sample_source)));
  const CodeKey key = {
      .abi_version = 1, .layout = 0x1122334455667788, .fuel = true, .guarded_memories = true};
  expect_seed("compiled_file/empty", CompiledFile::write({}, {}, {}));
  expect_seed("compiled_file/module-alone", CompiledFile::write({}, module, {}));
  expect_seed("compiled_file/module-and-code",
              CompiledFile::write(key, module, testing::sample_image()));
}

/// The fuzzers of images do not run the code.
TEST(FuzzSeeds, OfCodeImagesAreOfToday) {
  using Kind = ImageRange::Kind;
  expect_seed("code_image/empty", write_image({}));
  const Bytes code(32, 0x90);
  ImageParts parts;
  parts.signatures = {"il_d", "_"};
  parts.ranges = {{0, 5, Kind::function, 3, 0, 0},
                  {16, 2, Kind::loop, 3, 77, 0},
                  {20, 2, Kind::enter, 0, 0, 1},
                  {24, 2, Kind::inner, 0, 0, 0}};
  parts.alignment = 16;
  parts.code = code;
  expect_seed("code_image/no-lines", write_image(parts));
  parts.frames = {{3, 10, ImageFrame::none}, {5, 2, 0}};
  parts.rows = {{0, 0}, {4, 1}, {5, ImageFrame::none}, {16, 0}};
  parts.imports = {{8, ImageImport::memmove_}};
  expect_seed("code_image/all-tables", write_image(parts));
  EXPECT_TRUE(read_image(write_image(parts)));
}

}  // namespace
}  // namespace cairn::engine
