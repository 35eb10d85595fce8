// Any WIT: bindings of its worlds for C and C++ are written, or refused with a reason, without a
// crash; they come out the same each time, and parentheses of all kinds are closed.

#include <cairn/base/result.hpp>
#include <cairn/component/tools.hpp>
#include <cairn/component/wit_text.hpp>

#include <algorithm>

using namespace cairn;
using namespace cairn::component;

namespace {

void check(const Result<std::vector<tools::SourceFile>>& files,
           const Result<std::vector<tools::SourceFile>>& again) {
  CAIRN_ASSERT(files.has_value() == again.has_value());
  if (!files) {
    CAIRN_ASSERT(!files.error().message.empty());
    return;
  }
  for (size_t i = 0; i < files->size(); ++i) {
    const std::string& text = (*files)[i].text;
    CAIRN_ASSERT(text == (*again)[i].text);
    // Documentation is the author's own text.
    if (text.find("///") != std::string::npos) continue;
    CAIRN_ASSERT(std::ranges::count(text, '{') == std::ranges::count(text, '}'));
    CAIRN_ASSERT(std::ranges::count(text, '(') == std::ranges::count(text, ')'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(as_text(ByteSpan(data, size)));
  wit::Sources sources;
  const auto loaded = wit::parse("fuzz.wit", text, {.gates = {.all_features = true}}, sources);
  if (!loaded) return 0;
  for (const auto& world : loaded->resolve[loaded->root].worlds) {
    check(tools::bind_c(loaded->resolve, world), tools::bind_c(loaded->resolve, world));
    check(tools::bind_cpp(loaded->resolve, world), tools::bind_cpp(loaded->resolve, world));
  }
  return 0;
}
