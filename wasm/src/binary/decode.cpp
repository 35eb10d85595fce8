// The frame of a binary module: header, order and sizes of its sections (spec: Binary Format >
// Modules). What a section holds is read in decode_*.cpp.

#include <fmt/format.h>
#include <cairn/wasm/binary.hpp>

#include <algorithm>
#include <array>

#include "binary/sections.hpp"

namespace cairn::wasm {

namespace {

constexpr std::array<uint8_t, 4> magic = {0x00, 0x61, 0x73, 0x6D};
constexpr std::array<uint8_t, 4> version = {0x01, 0x00, 0x00, 0x00};
constexpr std::array<uint8_t, 4> component_version = {0x0D, 0x00, 0x01, 0x00};

struct SectionRow {
  std::string_view name;
  uint8_t rank;  ///< place in the order of sections; ids are not in that order
  Feature feature;
  Result<> (*decode)(Reader&, Module&);
};

constexpr std::array<SectionRow, 14> section_rows = {{
    {"custom", 0, Feature::mvp, nullptr},
    {"type", 1, Feature::mvp, decode_types},
    {"import", 2, Feature::mvp, decode_imports},
    {"function", 3, Feature::mvp, decode_functions},
    {"table", 4, Feature::mvp, decode_tables},
    {"memory", 5, Feature::mvp, decode_memories},
    {"global", 7, Feature::mvp, decode_globals},
    {"export", 8, Feature::mvp, decode_exports},
    {"start", 9, Feature::mvp, decode_start},
    {"element", 10, Feature::mvp, decode_elems},
    {"code", 12, Feature::mvp, decode_code},
    {"data", 13, Feature::mvp, decode_datas},
    {"data count", 11, Feature::bulk_memory, decode_data_count},
    {"tag", 6, Feature::exceptions, decode_tags},
}};

class ModuleDecoder {
 public:
  ModuleDecoder(Bytes bytes, Features features, const ImplementationLimits& limits)
      : storage_(std::make_shared<const Bytes>(std::move(bytes))),
        in_(*storage_, 0, features, limits) {
    module_.storage = storage_;
  }

  Result<Module> run() {
    if (storage_->size() > in_.limits().module_bytes) {
      return over_limit(0, "bytes", storage_->size(), in_.limits().module_bytes);
    }
    TRY(header(magic, "magic header not detected"));
    TRY(header(version, "unknown binary version"));
    while (!in_.at_end()) TRY(section());
    TRY(check_counts());
    return std::move(module_);
  }

 private:
  Result<> header(const std::array<uint8_t, 4>& expected, std::string_view message) {
    if (in_.left() < expected.size()) {
      const std::string found = fmt::format("{:02x}", fmt::join(rest(), " "));
      return in_.malformed(fmt::format("unexpected end: expected {:02x}, found {}",
                                       fmt::join(expected, " "),
                                       found.empty() ? "nothing" : found));
    }
    const uint64_t at = in_.offset();
    const ByteSpan found = TRY(in_.bytes(expected.size(), "header"));
    if (!std::ranges::equal(found, expected)) {
      const bool component = std::ranges::equal(found, component_version);
      return fail_at(
          ErrorKind::malformed, at,
          fmt::format("{}: expected {:02x}, found {:02x}{}", message, fmt::join(expected, " "),
                      fmt::join(found, " "), component ? ", a component" : ""));
    }
    return {};
  }

  ByteSpan rest() const { return ByteSpan(*storage_).subspan(in_.offset()); }

  Result<> section() {
    const uint8_t id = TRY(in_.byte("a section id"));
    if (id >= section_rows.size() || !in_.has(section_rows[id].feature)) {
      return fail_at(ErrorKind::malformed, in_.offset() - 1,
                     fmt::format("malformed section id: expected 0 to 13, found {}", id));
    }
    const SectionRow& row = section_rows[id];
    const uint64_t id_offset = in_.offset() - 1;
    const uint32_t size = TRY(in_.u32("the size of a section"));
    const uint64_t offset = in_.offset();
    const ByteSpan bytes = TRY(in_.bytes(size, fmt::format("the {} section", row.name)));
    Reader content(bytes, offset, in_.features(), in_.limits());
    if (id == 0) return custom(content, size);

    if (row.rank <= last_rank_) {
      return fail_at(ErrorKind::malformed, id_offset,
                     fmt::format("unexpected content after last section: the {} section is "
                                 "repeated or out of order",
                                 row.name));
    }
    last_rank_ = row.rank;
    last_id_ = static_cast<SectionId>(id);
    module_.sections.push_back({last_id_, offset, size, {}});
    TRY(row.decode(content, module_));
    if (!content.at_end()) {
      return content.malformed(fmt::format("section size mismatch: {} bytes left in the {} section",
                                           content.left(), row.name));
    }
    return {};
  }

  Result<> custom(Reader& in, uint64_t size) {
    if (module_.customs.size() >= in.limits().custom_sections) {
      return over_limit(in.offset(), "custom sections", module_.customs.size() + 1,
                        in.limits().custom_sections);
    }
    const uint64_t offset = in.offset();
    CustomSection section;
    section.name = TRY(in.name("the name of a custom section"));
    section.offset = in.offset();
    section.payload = TRY(in.bytes(in.left(), "a custom section"));
    section.after = last_id_;
    module_.sections.push_back({SectionId::custom, offset, size, section.name});
    module_.customs.push_back(std::move(section));
    return {};
  }

  Result<> check_counts() const {
    if (module_.functions.size() != module_.code.size()) {
      return in_.malformed(fmt::format(
          "function and code section have inconsistent lengths: {} functions, {} bodies",
          module_.functions.size(), module_.code.size()));
    }
    if (module_.data_count && *module_.data_count != module_.datas.size()) {
      return in_.malformed(
          fmt::format("data count and data section have inconsistent lengths: {} announced, {} "
                      "found",
                      *module_.data_count, module_.datas.size()));
    }
    return {};
  }

  std::shared_ptr<const Bytes> storage_;
  Reader in_;
  Module module_;
  uint8_t last_rank_ = 0;
  SectionId last_id_ = SectionId::custom;
};

}  // namespace

Result<Module> decode(Bytes bytes, Features features, const ImplementationLimits& limits) {
  return ModuleDecoder(std::move(bytes), features, limits).run();
}

}  // namespace cairn::wasm
