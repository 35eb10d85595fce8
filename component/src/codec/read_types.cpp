// Types and what imports and exports are (Binary.md, "Type Definitions").

#include <fmt/format.h>

#include "binary/sections.hpp"
#include "codec/component_reader.hpp"
#include "codec/type_opcodes.hpp"

namespace cairn::component {

using namespace syntax;

namespace {

constexpr std::string_view defined_type = "component defined type";
constexpr std::string_view declaration = "component or instance type declaration";

}  // namespace

Result<> ComponentReader::check_depth(uint32_t depth) const {
  if (depth > component_limits().nesting) {
    return fail_at(ErrorKind::limit, offset(),
                   fmt::format("types and components nest too deeply: the limit is {} levels",
                               component_limits().nesting));
  }
  return {};
}

/// A type index, which is a signed number that is not negative; or one byte with the code of a
/// type, which is a negative one.
Result<uint32_t> ComponentReader::index_or_type_code(uint8_t& code) {
  code = 0;
  const uint8_t first = peek();
  if (first < 0x80) {
    TRY(byte("a value type"));
    if (first >= 0x40) code = first;
    return first;
  }
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < 35; shift += 7) {
    const uint8_t next = TRY(byte("a type index"));
    value |= uint64_t{next & 0x7Fu} << shift;
    if (next & 0x80) continue;
    const bool negative = (next & 0x40) != 0;
    if (negative || value > 0xFFFFFFFF) break;
    return static_cast<uint32_t>(value);
  }
  return malformed("integer too large: expected a type index");
}

Result<ValType> ComponentReader::component_val_type() {
  if (at_end()) return std::unexpected(byte("a value type").error());
  uint8_t code = 0;
  const uint32_t index = TRY(index_or_type_code(code));
  if (code == 0) return ValType::index(index);
  const bool known = is_prim_type(code) && (code != static_cast<uint8_t>(PrimType::error_context) ||
                                            has(Feature::error_context));
  if (!known) return bad_byte(code, "component value type");
  return ValType(static_cast<PrimType>(code));
}

Result<std::optional<ValType>> ComponentReader::optional_val_type() {
  if (!TRY(presence("optional component value type"))) return std::nullopt;
  return TRY(component_val_type());
}

Result<std::optional<ValType>> ComponentReader::result_list() {
  const uint8_t code = TRY(byte("component function results"));
  if (code == 0) return TRY(component_val_type());
  if (code != 1) return bad_byte(code, "component function results");
  const uint8_t number = TRY(byte("number of results"));
  if (number != 0) return bad_byte(number, "number of results");
  return std::nullopt;
}

Result<std::vector<std::string>> ComponentReader::labels(std::string_view what) {
  std::vector<std::string> list;
  const uint32_t number = TRY(count(what, component_limits().labels));
  for (uint32_t i = 0; i < number; ++i) list.push_back(TRY(name(what)));
  return list;
}

Result<std::vector<LabeledType>> ComponentReader::labeled_types(std::string_view what,
                                                                uint32_t limit) {
  std::vector<LabeledType> list;
  const uint32_t number = TRY(count(what, limit));
  for (uint32_t i = 0; i < number; ++i) {
    std::string label = TRY(name(what));
    list.push_back({std::move(label), TRY(component_val_type())});
  }
  return list;
}

Result<Variant> ComponentReader::variant() {
  Variant result;
  const uint32_t number = TRY(count("cases", component_limits().labels));
  for (uint32_t i = 0; i < number; ++i) {
    Case entry{.label = TRY(name("the name of a case")), .type = {}};
    entry.type = TRY(optional_val_type());
    const uint8_t zero = TRY(byte("zero byte"));
    if (zero != 0) return bad_byte(zero, "zero byte required");
    result.cases.push_back(std::move(entry));
  }
  return result;
}

Result<FuncType> ComponentReader::func_type(bool is_async) {
  FuncType type{.is_async = is_async,
                .params = TRY(labeled_types("parameters", component_limits().params))};
  type.result = TRY(result_list());
  return type;
}

Result<Type> ComponentReader::type(uint32_t depth) {
  TRY(check_depth(depth));
  const uint8_t code = TRY(byte(defined_type));
  switch (code) {
    case opcode::record:
      return Type{Record{TRY(labeled_types("fields", component_limits().labels))}};
    case opcode::variant: return Type{TRY(variant())};
    case opcode::list: return Type{List{TRY(component_val_type())}};
    case opcode::fixed_list: {
      if (!has(Feature::fixed_length_lists)) break;
      List list{TRY(component_val_type())};
      list.length = TRY(u32("the length of a list"));
      return Type{list};
    }
    case opcode::tuple: {
      Tuple tuple;
      const uint32_t number = TRY(count("types", component_limits().labels));
      for (uint32_t i = 0; i < number; ++i) tuple.types.push_back(TRY(component_val_type()));
      return Type{std::move(tuple)};
    }
    case opcode::flags: return Type{Flags{TRY(labels("flags"))}};
    case opcode::enum_: return Type{Enum{TRY(labels("cases"))}};
    case opcode::option: return Type{Option{TRY(component_val_type())}};
    case opcode::result: {
      ResultType result;
      result.ok = TRY(optional_val_type());
      result.error = TRY(optional_val_type());
      return Type{result};
    }
    case opcode::own: return Type{Own{TRY(u32("a type index"))}};
    case opcode::borrow: return Type{Borrow{TRY(u32("a type index"))}};
    case opcode::stream:
      if (!has(Feature::async)) break;
      return Type{Stream{TRY(optional_val_type())}};
    case opcode::future:
      if (!has(Feature::async)) break;
      return Type{Future{TRY(optional_val_type())}};
    case opcode::map: {
      if (!has(Feature::map)) break;
      const ValType key = TRY(component_val_type());
      return Type{Map{key, TRY(component_val_type())}};
    }
    case opcode::func: return Type{TRY(func_type(false))};
    case opcode::async_func:
      if (!has(Feature::async)) break;
      return Type{TRY(func_type(true))};
    case opcode::component: return Type{ComponentType{TRY(declarators(true, depth))}};
    case opcode::instance: return Type{InstanceType{TRY(declarators(false, depth))}};
    case opcode::resource: {
      ResourceType resource{.rep = TRY(val_type())};
      if (TRY(presence("optional destructor"))) resource.dtor = TRY(u32("a function index"));
      return Type{resource};
    }
    default:
      if (is_prim_type(code) &&
          (code != static_cast<uint8_t>(PrimType::error_context) || has(Feature::error_context))) {
        return Type{static_cast<PrimType>(code)};
      }
  }
  return bad_byte(code, defined_type);
}

Result<std::vector<Declarator>> ComponentReader::declarators(bool imports, uint32_t depth) {
  std::vector<Declarator> list;
  const uint32_t number = TRY(count("declarators", component_limits().declarators));
  for (uint32_t i = 0; i < number; ++i) list.push_back(TRY(declarator(imports, depth + 1)));
  return list;
}

Result<Declarator> ComponentReader::declarator(bool imports, uint32_t depth) {
  const Position at{offset()};
  const uint8_t code = TRY(byte(declaration));
  switch (code) {
    case opcode::decl_core_type: return Declarator{TRY(core_type(depth)), at};
    case opcode::decl_type: return Declarator{TRY(type(depth)), at};
    case opcode::decl_alias: return Declarator{TRY(alias()), at};
    case opcode::decl_import: {
      if (!imports) break;
      ExternName import_name = TRY(extern_name());
      return Declarator{ImportDecl{std::move(import_name), TRY(extern_desc())}, at};
    }
    case opcode::decl_export: {
      ExternName export_name = TRY(extern_name());
      return Declarator{ExportDecl{std::move(export_name), TRY(extern_desc())}, at};
    }
    default: break;
  }
  return bad_byte(code, declaration);
}

Result<ExternDesc> ComponentReader::extern_desc() {
  constexpr std::string_view kind = "component external kind";
  const uint8_t code = TRY(byte(kind));
  switch (code) {
    case 0x00: {
      const uint8_t core = TRY(byte(kind));
      if (core != 0x11) return bad_byte(core, kind);
      return ExternDesc{ExternDesc::CoreModule{TRY(u32("a core type index"))}};
    }
    case 0x01: return ExternDesc{ExternDesc::Func{TRY(u32("a type index"))}};
    case 0x02: {
      if (!has(Feature::values)) break;
      const uint8_t bound = TRY(byte("value bound"));
      if (bound == 0) return ExternDesc{ExternDesc::ValueEq{TRY(u32("a value index"))}};
      if (bound == 1) return ExternDesc{ExternDesc::Value{TRY(component_val_type())}};
      return bad_byte(bound, "value bound");
    }
    case 0x03: {
      const uint8_t bound = TRY(byte("type bound"));
      if (bound == 0) return ExternDesc{ExternDesc::TypeEq{TRY(u32("a type index"))}};
      if (bound == 1) return ExternDesc{ExternDesc::SubResource{}};
      return bad_byte(bound, "type bound");
    }
    case 0x04: return ExternDesc{ExternDesc::Component{TRY(u32("a type index"))}};
    case 0x05: return ExternDesc{ExternDesc::Instance{TRY(u32("a type index"))}};
    default: break;
  }
  return bad_byte(code, kind);
}

// ---- Core types ------------------------------------------------------------------------------

Result<CoreType> ComponentReader::core_type(uint32_t depth) {
  TRY(check_depth(depth));
  if (peek() == opcode::core_module_type) {
    TRY(byte("a core type"));
    return CoreType{TRY(core_module_type(depth + 1))};
  }
  if (peek() == opcode::core_sub_prefix) {
    TRY(byte("a core type"));
    const uint8_t sub = peek();
    if (sub != opcode::core_module_type) {
      TRY(byte("a subtype"));
      return bad_byte(sub, "a subtype that is not final");
    }
  }
  CoreRecGroup group;
  const wasm::RecGroup read = TRY(wasm::decode_rec_group(*this, group.types));
  group.explicit_rec = read.explicit_rec;
  return CoreType{std::move(group)};
}

Result<CoreModuleType> ComponentReader::core_module_type(uint32_t depth) {
  CoreModuleType type;
  const uint32_t number = TRY(count("declarators", component_limits().declarators));
  for (uint32_t i = 0; i < number; ++i) type.declarators.push_back(TRY(core_module_decl(depth)));
  return type;
}

Result<CoreModuleDecl> ComponentReader::core_module_decl(uint32_t depth) {
  const Position at{offset()};
  const uint8_t code = TRY(byte("type definition"));
  switch (code) {
    case opcode::core_decl_import: {
      CoreImportDecl import{.module = TRY(name("a module name")), .name = {}, .desc = {}};
      import.name = TRY(name("the name of an import"));
      import.desc = TRY(core_extern_desc());
      return CoreModuleDecl{std::move(import), at};
    }
    case opcode::core_decl_type: return CoreModuleDecl{TRY(core_type(depth)), at};
    case opcode::core_decl_alias: {
      const uint8_t kind = TRY(byte("outer alias kind"));
      if (kind != 0x10) return bad_byte(kind, "outer alias kind");
      const uint8_t target = TRY(byte("outer alias target"));
      if (target != 0x01) return bad_byte(target, "outer alias target");
      CoreOuterAlias outer{.count = TRY(u32("the number of scopes"))};
      outer.index = TRY(u32("a type index"));
      return CoreModuleDecl{outer, at};
    }
    case opcode::core_decl_export: {
      CoreExportDecl item{.name = TRY(name("the name of an export")), .desc = {}};
      item.desc = TRY(core_extern_desc());
      return CoreModuleDecl{std::move(item), at};
    }
    default: return bad_byte(code, "type definition");
  }
}

Result<CoreExternDesc> ComponentReader::core_extern_desc() {
  const uint8_t code = TRY(byte("external kind"));
  switch (code) {
    case 0: return CoreExternDesc{TRY(u32("a type index"))};
    case 1: return CoreExternDesc{TRY(table_type())};
    case 2: return CoreExternDesc{TRY(memory_type())};
    case 3: return CoreExternDesc{TRY(global_type())};
    case 4: return CoreExternDesc{TRY(tag_type())};
    default: return bad_byte(code, "external kind");
  }
}

}  // namespace cairn::component
