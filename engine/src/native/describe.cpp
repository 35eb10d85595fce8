#include "native/describe.hpp"

#include <fmt/format.h>

#include <map>

#include "native/code_image.hpp"

namespace cairn::engine {

namespace {

/// The names by which functions are exported, for those that have no other.
std::map<uint32_t, std::string_view> exported_names(const wasm::Module& module) {
  std::map<uint32_t, std::string_view> names;
  for (const wasm::Export& item : module.exports)
    if (item.kind == wasm::ExternKind::func) names.emplace(item.index, item.name);
  return names;
}

/// The function that a part of the code was made for; null for parts that come from no function.
const ImageFrame* function_of(const CodeImage& image, const ImageRange& range) {
  const ImageFrame* frame = nullptr;
  for (uint32_t at = range.begin; at < range.end() && frame == nullptr; ++at)
    frame = image.frame_at(image.address(at));
  while (frame != nullptr && image.caller(*frame) != nullptr) frame = image.caller(*frame);
  return frame;
}

}  // namespace

InstalledCode describe(const CodeImage& image, const ModuleState& module) {
  const std::map<uint32_t, std::string_view> exported = exported_names(module.ast);
  const auto name_of = [&](uint32_t defined_index) {
    const uint32_t index = module.ast.imported_functions + defined_index;
    if (const std::string_view name = function_name(module, index); !name.empty())
      return std::string(name);
    const auto found = exported.find(index);
    return found != exported.end() ? std::string(found->second) : fmt::format("func[{}]", index);
  };
  InstalledCode code = {.begin = image.begin(),
                        .size = static_cast<uint64_t>(image.end() - image.begin()),
                        .parts = {}};
  for (const ImageRange& range : image.ranges()) {
    std::string name;
    switch (range.kind) {
      case ImageRange::Kind::function: name = name_of(range.function); break;
      case ImageRange::Kind::loop:
        name = fmt::format("{} (loop at {:#x})", name_of(range.function), range.loop_offset);
        break;
      case ImageRange::Kind::inner: {
        const ImageFrame* const frame = function_of(image, range);
        name = frame != nullptr ? name_of(frame->function) : "inner";
        break;
      }
      default: name = "stub " + image.signature(range.signature);
    }
    code.parts.push_back({range.begin, range.size, std::move(name)});
  }
  return code;
}

}  // namespace cairn::engine
