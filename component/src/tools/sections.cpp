#include <fmt/format.h>
#include <cairn/base/leb128.hpp>
#include <cairn/component/binary.hpp>
#include <cairn/component/tools.hpp>

#include <array>
#include <optional>

namespace cairn::component::tools {
namespace {

constexpr size_t preamble_bytes = 8;

/// Reads numbers and texts; what is not there is nothing.
class Cursor {
 public:
  explicit Cursor(ByteSpan bytes) : bytes_(bytes) {}
  bool at_end() const { return at_ == bytes_.size(); }
  size_t offset() const { return at_; }

  std::optional<uint8_t> byte() {
    return at_ < bytes_.size() ? std::optional(bytes_[at_++]) : std::nullopt;
  }
  std::optional<uint32_t> number() {
    uint32_t value = 0;
    const uint8_t* cursor = bytes_.data() + at_;
    if (read_u32(cursor, bytes_.data() + bytes_.size(), value) != LebStatus::ok) return {};
    at_ = static_cast<size_t>(cursor - bytes_.data());
    return value;
  }
  std::optional<ByteSpan> bytes(size_t size) {
    if (bytes_.size() - at_ < size) return {};
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  std::optional<std::string> text() {
    const auto size = number();
    const auto content = size ? bytes(*size) : std::nullopt;
    return content ? std::optional<std::string>(as_text(*content)) : std::nullopt;
  }

 private:
  ByteSpan bytes_;
  size_t at_ = 0;
};

constexpr std::array<std::string_view, 14> core_words = {
    "custom", "type",  "import",  "function", "table", "memory",     "global",
    "export", "start", "element", "code",     "data",  "data count", "tag"};
constexpr std::array<std::string_view, 13> component_words = {
    "custom", "core module", "core instance", "core type", "component", "instance", "alias",
    "type",   "canon",       "start",         "import",    "export",    "value"};
enum ComponentId : uint8_t { custom = 0, core_module = 1, nested_component = 4, start = 9 };
enum CoreId : uint8_t { core_start = 8, core_data_count = 12 };

std::vector<ComponentSection> sections_of(ByteSpan bytes, uint64_t base, uint32_t depth);

ComponentSection section_of(uint8_t id, ByteSpan content, uint64_t offset, bool of_component,
                            uint32_t depth) {
  ComponentSection section{.kind = "unknown", .offset = offset, .size = content.size()};
  if (of_component && id < component_words.size()) section.kind = component_words[id];
  if (!of_component && id < core_words.size()) section.kind = core_words[id];
  Cursor cursor(content);
  if (id == custom) {
    section.kind = fmt::format("custom `{}`", cursor.text().value_or(""));
  } else if (of_component && (id == core_module || id == nested_component)) {
    section.inside = sections_of(content, offset, depth + 1);
  } else if (of_component ? id != start : id != core_start && id != core_data_count) {
    section.count = cursor.number().value_or(0);
  }
  return section;
}

std::vector<ComponentSection> sections_of(ByteSpan bytes, uint64_t base, uint32_t depth) {
  std::vector<ComponentSection> sections;
  Cursor cursor(bytes);
  if (depth > Limits{}.nesting || !cursor.bytes(preamble_bytes)) return sections;
  const bool of_component = is_component(bytes);
  while (const auto id = cursor.byte()) {
    const auto size = cursor.number();
    const uint64_t offset = base + cursor.offset();
    const auto content = size ? cursor.bytes(*size) : std::nullopt;
    if (!content) break;
    sections.push_back(section_of(*id, *content, offset, of_component, depth));
  }
  return sections;
}

}  // namespace

std::vector<ComponentSection> list_sections(ByteSpan component) {
  return sections_of(component, 0, 0);
}

std::vector<Producer> read_producers(ByteSpan payload) {
  std::vector<Producer> found;
  Cursor cursor(payload);
  for (uint32_t fields = cursor.number().value_or(0); fields != 0; --fields) {
    const auto field = cursor.text();
    const auto count = field ? cursor.number() : std::nullopt;
    if (!count) return {};
    for (uint32_t i = 0; i < *count; ++i) {
      const auto name = cursor.text();
      const auto version = name ? cursor.text() : std::nullopt;
      if (!version) return {};
      found.push_back({*field, *name, *version});
    }
  }
  return cursor.at_end() ? found : std::vector<Producer>();
}

}  // namespace cairn::component::tools
