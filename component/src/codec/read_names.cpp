// Sorts, names, aliases and instances (Binary.md, "Instance Definitions", "Alias Definitions").

#include <fmt/format.h>

#include "codec/component_reader.hpp"
#include "codec/sort_codes.hpp"

namespace cairn::component {

using namespace syntax;

std::unexpected<Error> ComponentReader::bad_byte(uint8_t byte, std::string_view what) const {
  return fail_at(ErrorKind::malformed, offset() - 1,
                 fmt::format("invalid leading byte (0x{:x}) for {}", byte, what));
}

Result<bool> ComponentReader::presence(std::string_view what) {
  const uint8_t code = TRY(byte(what));
  if (code > 1) return bad_byte(code, what);
  return code == 1;
}

Result<bool> ComponentReader::flag(std::string_view what) {
  const uint8_t code = TRY(byte(what));
  if (code > 1) {
    return fail_at(
        ErrorKind::malformed, offset() - 1,
        fmt::format("invalid boolean value for {}: expected 0x00 or 0x01, found 0x{:02x}", what,
                    code));
  }
  return code == 1;
}

Result<Sort> ComponentReader::core_sort(std::string_view what) {
  const uint8_t code = TRY(byte(what));
  const std::optional<Sort> sort = core_sort_of(code);
  if (!sort) return bad_byte(code, what);
  return *sort;
}

Result<Sort> ComponentReader::sort(std::string_view what) {
  const uint8_t code = TRY(byte(what));
  if (code == 0) return core_sort(what);
  const std::optional<Sort> sort = sort_of(code);
  if (!sort || (*sort == Sort::value && !has(Feature::values))) return bad_byte(code, what);
  return *sort;
}

Result<SortIndex> ComponentReader::sort_index() {
  const Sort what = TRY(sort("component external kind"));
  return SortIndex{what, TRY(u32("an index"))};
}

Result<ExternName> ComponentReader::extern_name() {
  const uint8_t code = TRY(byte("component name"));
  if (code > 2 || (code == 2 && !has(Feature::attributes))) {
    return bad_byte(code, "component name");
  }
  ExternName result{.name = TRY(name("an import or export name"))};
  if (code < 2) return result;
  const uint32_t attributes = TRY(count("attributes", 100));
  for (uint32_t i = 0; i < attributes; ++i) {
    const uint8_t kind = TRY(byte("name option"));
    const bool known = kind == 1 ? has(Feature::canonical_names) : kind <= 2;
    if (!known) return bad_byte(kind, "name option");
    result.attributes.push_back({static_cast<Attribute::Kind>(kind), TRY(name("an attribute"))});
  }
  return result;
}

Result<Alias> ComponentReader::alias() {
  constexpr std::string_view outer_kind = "component outer alias kind";
  Alias alias;
  alias.sort = TRY(sort(outer_kind));
  const uint64_t sort_offset = offset() - 1;
  const uint8_t target = TRY(byte("alias"));
  if (target > 2) return bad_byte(target, "alias");
  if (target == 2) {
    if (!is_outer_sort(alias.sort)) {
      const bool core = is_core(alias.sort);
      const uint8_t code = core ? core_code_of(alias.sort) : code_of(alias.sort);
      return fail_at(ErrorKind::malformed, sort_offset,
                     fmt::format("invalid leading byte (0x{:x}) for {}", code, outer_kind));
    }
    Alias::Outer outer{.count = TRY(u32("the number of scopes"))};
    outer.index = TRY(u32("an index"));
    alias.target = outer;
    return alias;
  }
  const bool core_target = target == 1;
  const uint32_t from = TRY(u32("an instance index"));
  std::string export_name = TRY(name("the name of an export"));
  if (core_target) {
    alias.target = Alias::CoreExport{from, std::move(export_name)};
  } else {
    alias.target = Alias::Export{from, std::move(export_name)};
  }
  return alias;
}

// ---- Instances -------------------------------------------------------------------------------

Result<CoreInstance> ComponentReader::core_instance() {
  constexpr uint8_t instance_code = 0x12;
  const uint8_t code = TRY(byte("core instance"));
  if (code > 1) return bad_byte(code, "core instance");
  CoreInstance result;
  if (code == 1) {
    auto& exports = result.what.emplace<std::vector<CoreInlineExport>>();
    const uint32_t number = TRY(count("inline exports", component_limits().arguments));
    for (uint32_t i = 0; i < number; ++i) {
      CoreInlineExport entry{.name = TRY(name("the name of an export")), .item = {}};
      entry.item.sort = TRY(core_sort("core sort"));
      entry.item.index = TRY(u32("an index"));
      exports.push_back(std::move(entry));
    }
    return result;
  }
  auto& made = result.what.emplace<Instantiate>();
  made.target = TRY(u32("a module index"));
  const uint32_t number = TRY(count("arguments", component_limits().arguments));
  for (uint32_t i = 0; i < number; ++i) {
    Argument argument{.name = TRY(name("the name of an argument")),
                      .item = {.sort = Sort::core_instance, .index = 0}};
    const uint8_t kind = TRY(byte("instantiation arg kind"));
    if (kind != instance_code) return bad_byte(kind, "instantiation arg kind");
    argument.item.index = TRY(u32("an instance index"));
    made.args.push_back(std::move(argument));
  }
  return result;
}

Result<Instance> ComponentReader::instance() {
  const uint8_t code = TRY(byte("instance"));
  if (code > 1) return bad_byte(code, "instance");
  Instance result;
  if (code == 1) {
    auto& exports = result.what.emplace<std::vector<InlineExport>>();
    const uint32_t number = TRY(count("inline exports", component_limits().arguments));
    for (uint32_t i = 0; i < number; ++i) {
      InlineExport entry{.name = TRY(extern_name()), .item = {}};
      entry.item = TRY(sort_index());
      exports.push_back(std::move(entry));
    }
    return result;
  }
  auto& made = result.what.emplace<Instantiate>();
  made.target = TRY(u32("a component index"));
  const uint32_t number = TRY(count("arguments", component_limits().arguments));
  for (uint32_t i = 0; i < number; ++i) {
    Argument argument{.name = TRY(name("the name of an argument")), .item = {}};
    argument.item = TRY(sort_index());
    made.args.push_back(std::move(argument));
  }
  return result;
}

}  // namespace cairn::component
