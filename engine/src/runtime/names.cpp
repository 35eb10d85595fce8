/// The name section (spec: Appendix > Custom Sections): module and function names. And lines.

#include <algorithm>
#include <cairn/base/leb128.hpp>

#include "runtime/store_data.hpp"

namespace cairn::engine {
namespace {

class NameReader {
 public:
  explicit NameReader(ByteSpan bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  bool u32(uint32_t& out) { return read_u32(at_, end_, out) == LebStatus::ok; }
  bool byte(uint8_t& out) {
    if (at_end()) return false;
    out = *at_++;
    return true;
  }
  bool bytes(ByteSpan& out) {
    uint32_t size = 0;
    if (!u32(size) || size > static_cast<size_t>(end_ - at_)) return false;
    out = {at_, size};
    at_ += size;
    return true;
  }
  bool name(std::string_view& out) {
    ByteSpan span;
    if (!bytes(span)) return false;
    out = as_text(span);
    return true;
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

void read_function_names(ByteSpan bytes, std::vector<FunctionName>& out) {
  NameReader reader(bytes);
  uint32_t count = 0;
  if (!reader.u32(count)) return;
  FunctionName entry;
  for (uint32_t i = 0; i < count && reader.u32(entry.func_index) && reader.name(entry.name); ++i) {
    out.push_back(entry);
  }
}

void read_names(const wasm::Module& module, ModuleNames& out) {
  const auto section = std::ranges::find(module.customs, "name", &wasm::CustomSection::name);
  if (section == module.customs.end()) return;
  NameReader reader(section->payload);
  uint8_t id = 0;
  ByteSpan bytes;
  while (!reader.at_end() && reader.byte(id) && reader.bytes(bytes)) {
    if (id == 0) NameReader(bytes).name(out.module_name);
    if (id == 1) read_function_names(bytes, out.functions);
  }
  // The section has them in this order already; a search must not depend on that.
  if (!std::ranges::is_sorted(out.functions, {}, &FunctionName::func_index)) {
    std::ranges::sort(out.functions, {}, &FunctionName::func_index);
  }
}

}  // namespace

const ModuleNames& names_of(const ModuleState& module) {
  std::call_once(module.names.once, [&] { read_names(module.ast, module.names); });
  return module.names;
}

const wasm::DebugLines& debug_lines_of(const ModuleState& module) {
  std::call_once(module.debug_lines_once, [&] {
    module.debug_lines = wasm::DebugLines(module.ast, module.engine->settings.limits);
  });
  return module.debug_lines;
}

std::string_view function_name(const ModuleState& module, uint32_t func_index) {
  const std::vector<FunctionName>& functions = names_of(module).functions;
  const auto at = std::ranges::lower_bound(functions, func_index, {}, &FunctionName::func_index);
  return at != functions.end() && at->func_index == func_index ? at->name : std::string_view();
}

}  // namespace cairn::engine
