// What of the official suite the baseline compiler leaves to the interpreter.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cairn/base/files.hpp>
#include <cairn/engine/compiler.hpp>
#include <cairn/engine/wast.hpp>
#include <set>

#include "native/generator.hpp"
#include "native/image.hpp"

namespace cairn::engine {
namespace {

/// Counts the functions that are left out.
class Counter final : public CodeGenerator {
 public:
  Result<Bytes> generate(const ModuleState& module, const CodeRequest& request) override {
    left_out_ += request.functions.size();
    Bytes image = TRY(generator_->generate(module, request));
    const ImageParts parts = TRY(read_image(image));
    for (const ImageRange& range : parts.ranges)
      if (range.kind == ImageRange::Kind::function) --left_out_;
    return image;
  }
  uint64_t take() { return std::exchange(left_out_, 0); }

 private:
  const std::shared_ptr<CodeGenerator> generator_ = make_baseline_generator();
  uint64_t left_out_ = 0;
};

/// Scripts with structures, arrays, i31, casts, typed function references, atomics, wide
/// arithmetic or tail calls. The list may only shrink.
const std::set<std::string, std::less<>> left_out = {
    "array.wast",           "array_copy.wast",      "array_fill.wast",
    "array_init_data.wast", "array_init_elem.wast", "array_new_data.wast",
    "array_new_elem.wast",  "atomic.wast",          "br_on_cast.wast",
    "br_on_cast_fail.wast", "br_on_non_null.wast",  "br_on_null.wast",
    "call_ref.wast",        "extern.wast",          "i31.wast",
    "ref_as_non_null.wast", "ref_cast.wast",        "ref_eq.wast",
    "ref_test.wast",        "return_call.wast",     "return_call_indirect.wast",
    "return_call_ref.wast", "struct.wast",          "table_init.wast",
    "table_init64.wast",    "try_catch.wast",       "try_delegate.wast",
    "try_table.wast",       "type-subtyping.wast",  "unreached-valid.wast",
    "wide-arithmetic.wast",
};

TEST(BaselineCoverage, LeavesOutWhatIsListed) {
  const std::string suite = CAIRN_TESTSUITES "/wasm-core";
  RealFiles files;
  const auto counter = std::make_shared<Counter>();
  ScriptOptions options;
  options.settings.code_generator = counter;
  options.settings.tier = Tier::compile;
  for (const std::string folder : {"", "/legacy", "/proposals/threads",
                                   "/proposals/custom-page-sizes", "/proposals/wide-arithmetic"}) {
    const auto names = files.list_directory(suite + folder);
    if (!names) GTEST_SKIP() << "the official test suite is not at " << suite;
    for (const std::string& name : *names) {
      if (!name.ends_with(".wast")) continue;
      const std::string path = fmt::format("{}{}/{}", suite, folder, name);
      const auto bytes = files.read_file(path);
      ASSERT_TRUE(bytes);
      options.settings.features = features_for_script(path, wasm::Features());
      ASSERT_TRUE(run_script(std::string(as_text(*bytes)), options));
      EXPECT_EQ(counter->take() > 0, left_out.contains(name)) << path;
    }
  }
}

}  // namespace
}  // namespace cairn::engine
