// Types and what imports and exports are; the inverse of read_types.cpp.

#include "codec/component_writer.hpp"
#include "codec/type_opcodes.hpp"

namespace cairn::component {

using namespace syntax;

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

void ComponentWriter::val_type(ValType type) {
  if (type.is_index()) {
    Bytes index;  // signed: the codes of types are negative
    append_signed_leb(index, type.index());
    bytes(index);
  } else {
    byte(static_cast<uint8_t>(type.prim()));
  }
}

void ComponentWriter::optional_val_type(const std::optional<ValType>& type) {
  byte(type ? 1 : 0);
  if (type) val_type(*type);
}

void ComponentWriter::result_list(const std::optional<ValType>& type) {
  byte(type ? 0 : 1);
  if (type) {
    val_type(*type);
  } else {
    byte(0);
  }
}

void ComponentWriter::labels(const std::vector<std::string>& list) {
  number(list.size());
  for (const std::string& label : list) name(label);
}

void ComponentWriter::labeled_types(const std::vector<LabeledType>& list) {
  number(list.size());
  for (const LabeledType& entry : list) {
    name(entry.label);
    val_type(entry.type);
  }
}

void ComponentWriter::type_definition(const Type& type) {
  const auto one = [this](uint8_t code, ValType element) {
    byte(code);
    val_type(element);
  };
  const auto maybe = [this](uint8_t code, const std::optional<ValType>& element) {
    byte(code);
    optional_val_type(element);
  };
  const auto handle = [this](uint8_t code, uint32_t resource) {
    byte(code);
    number(resource);
  };
  std::visit(Overloaded{
                 [&](PrimType prim) { byte(static_cast<uint8_t>(prim)); },
                 [&](const Record& record) {
                   byte(opcode::record);
                   labeled_types(record.fields);
                 },
                 [&](const Variant& variant) {
                   byte(opcode::variant);
                   number(variant.cases.size());
                   for (const Case& entry : variant.cases) {
                     name(entry.label);
                     optional_val_type(entry.type);
                     byte(0);
                   }
                 },
                 [&](const List& list) {
                   one(list.length ? opcode::fixed_list : opcode::list, list.element);
                   if (list.length) number(*list.length);
                 },
                 [&](const Tuple& tuple) {
                   byte(opcode::tuple);
                   number(tuple.types.size());
                   for (const ValType element : tuple.types) val_type(element);
                 },
                 [&](const Flags& flags) {
                   byte(opcode::flags);
                   labels(flags.labels);
                 },
                 [&](const Enum& cases) {
                   byte(opcode::enum_);
                   labels(cases.labels);
                 },
                 [&](const Option& option) { one(opcode::option, option.type); },
                 [&](const ResultType& result) {
                   maybe(opcode::result, result.ok);
                   optional_val_type(result.error);
                 },
                 [&](const Own& own) { handle(opcode::own, own.resource); },
                 [&](const Borrow& borrow) { handle(opcode::borrow, borrow.resource); },
                 [&](const Stream& stream) { maybe(opcode::stream, stream.type); },
                 [&](const Future& future) { maybe(opcode::future, future.type); },
                 [&](const Map& map) {
                   one(opcode::map, map.key);
                   val_type(map.value);
                 },
                 [&](const FuncType& func) {
                   byte(func.is_async ? opcode::async_func : opcode::func);
                   labeled_types(func.params);
                   result_list(func.result);
                 },
                 [&](const ComponentType& component) {
                   byte(opcode::component);
                   declarators(component.declarators);
                 },
                 [&](const InstanceType& instance) {
                   byte(opcode::instance);
                   declarators(instance.declarators);
                 },
                 [&](const ResourceType& resource) {
                   byte(opcode::resource);
                   TypeWriter::type(resource.rep);
                   byte(resource.dtor ? 1 : 0);
                   if (resource.dtor) number(*resource.dtor);
                 },
             },
             type.what);
}

void ComponentWriter::declarators(const std::vector<Declarator>& list) {
  number(list.size());
  for (const Declarator& declarator : list) {
    std::visit(Overloaded{
                   [&](const CoreType& type) {
                     byte(opcode::decl_core_type);
                     core_type(type);
                   },
                   [&](const Type& type) {
                     byte(opcode::decl_type);
                     type_definition(type);
                   },
                   [&](const Alias& of) {
                     byte(opcode::decl_alias);
                     alias(of);
                   },
                   [&](const ImportDecl& import) {
                     byte(opcode::decl_import);
                     extern_name(import.name);
                     extern_desc(import.desc);
                   },
                   [&](const ExportDecl& item) {
                     byte(opcode::decl_export);
                     extern_name(item.name);
                     extern_desc(item.desc);
                   },
               },
               declarator.what);
  }
}

void ComponentWriter::extern_desc(const ExternDesc& desc) {
  const auto index = [this](uint8_t code, uint32_t type) {
    byte(code);
    number(type);
  };
  std::visit(Overloaded{
                 [&](ExternDesc::CoreModule module) {
                   byte(0x00);
                   index(0x11, module.type);
                 },
                 [&](ExternDesc::Func func) { index(0x01, func.type); },
                 [&](ExternDesc::Component component) { index(0x04, component.type); },
                 [&](ExternDesc::Instance instance) { index(0x05, instance.type); },
                 [&](ExternDesc::ValueEq value) {
                   byte(0x02);
                   index(0x00, value.value);
                 },
                 [&](ExternDesc::Value value) {
                   byte(0x02);
                   byte(0x01);
                   val_type(value.type);
                 },
                 [&](ExternDesc::TypeEq type) {
                   byte(0x03);
                   index(0x00, type.type);
                 },
                 [&](ExternDesc::SubResource) {
                   byte(0x03);
                   byte(0x01);
                 },
             },
             desc.what);
}

// ---- Core types ------------------------------------------------------------------------------

void ComponentWriter::core_type(const CoreType& type) {
  if (const auto* module = std::get_if<CoreModuleType>(&type.what)) {
    byte(opcode::core_module_type);
    number(module->declarators.size());
    for (const CoreModuleDecl& decl : module->declarators) core_module_decl(decl);
    return;
  }
  const auto& group = std::get<CoreRecGroup>(type.what);
  if (group.explicit_rec) {
    byte(0x4E);
    number(group.types.size());
  } else if (!group.types.front().is_final) {
    byte(opcode::core_sub_prefix);
  }
  for (const wasm::SubType& sub : group.types) sub_type(sub);
}

void ComponentWriter::core_module_decl(const CoreModuleDecl& decl) {
  std::visit(Overloaded{
                 [&](const CoreImportDecl& import) {
                   byte(opcode::core_decl_import);
                   name(import.module);
                   name(import.name);
                   core_extern_desc(import.desc);
                 },
                 [&](const CoreType& type) {
                   byte(opcode::core_decl_type);
                   core_type(type);
                 },
                 [&](const CoreOuterAlias& outer) {
                   byte(opcode::core_decl_alias);
                   byte(0x10);
                   byte(0x01);
                   number(outer.count);
                   number(outer.index);
                 },
                 [&](const CoreExportDecl& item) {
                   byte(opcode::core_decl_export);
                   name(item.name);
                   core_extern_desc(item.desc);
                 },
             },
             decl.what);
}

void ComponentWriter::core_extern_desc(const CoreExternDesc& desc) {
  byte(static_cast<uint8_t>(desc.kind()));
  std::visit(Overloaded{
                 [&](uint32_t type) { number(type); },
                 [&](const wasm::TableType& type) { table_type(type); },
                 [&](const wasm::MemoryType& type) { memory_type(type); },
                 [&](const wasm::GlobalType& type) { global_type(type); },
                 [&](const wasm::TagType& type) { tag_type(type); },
             },
             desc.type);
}

}  // namespace cairn::component
