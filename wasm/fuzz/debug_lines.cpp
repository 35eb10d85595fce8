// Any line table: it ends in lines or in none, and what is found lies in a file of the table.

#include <cairn/base/result.hpp>
#include <cairn/wasm/debug_lines.hpp>

using namespace cairn;
using namespace cairn::wasm;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The first bytes are the strings that the table may name.
  const size_t strings = size < 32 ? 0 : 32;
  const ByteSpan bytes(data, size);
  Module module;
  module.sections.push_back({.id = SectionId::code, .offset = 100, .size = 1'000, .name = {}});
  module.customs.push_back({.name = ".debug_line_str", .payload = bytes.first(strings)});
  module.customs.push_back({.name = ".debug_str", .payload = bytes.first(strings)});
  module.customs.push_back({.name = ".debug_line", .payload = bytes.subspan(strings)});
  ImplementationLimits limits;
  limits.debug_lines = 10'000;
  const DebugLines lines(module, limits);
  for (uint64_t offset = 0; offset < 1'200; ++offset) {
    const std::optional<SourceLine> found = lines.find(offset);
    CAIRN_ASSERT(!found || (found->line > 0 && offset >= 100));
  }
  return 0;
}
