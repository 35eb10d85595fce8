#include "tools/interface_wrapper.hpp"

#include <fmt/format.h>

namespace cairn::component::tools {

using wit::Function;
using wit::TypeId;

void InterfaceWrapper::flush() {
  for (syntax::Declarator& declarator : std::exchange(outer_.declarators, {})) {
    if (auto* type = std::get_if<syntax::Type>(&declarator.what)) {
      writer_.add(syntax::Sort::type, std::move(*type));
    } else if (auto* import = std::get_if<syntax::ImportDecl>(&declarator.what)) {
      const syntax::Sort sort = import->desc.sort();
      writer_.add(sort, syntax::Import{std::move(import->name), import->desc});
    }
  }
}

uint32_t InterfaceWrapper::import_type(TypeId id, syntax::ExternDesc desc) {
  const std::string name = fmt::format("t{}", args_.size());
  const uint32_t index = outer_.types;
  declare(true, {name}, desc);
  args_.push_back({name, id});
  return index;
}

uint32_t InterfaceWrapper::type_index(TypeId id) {
  const wit::TypeDef& type = resolve_[id];
  if (type.name.empty()) return define_once({kind(type.kind)});
  const auto exported = exported_.find(id);
  if (exported != exported_.end()) return exported->second;
  const auto imported = imported_.find(id);
  if (imported != imported_.end()) return imported->second;
  uint32_t index = 0;
  if (const auto* alias = std::get_if<wit::Alias>(&type.kind)) {
    const syntax::ValType target = val_type(alias->type);
    index = target.is_index() ? target.index() : define({target.prim()});
  } else if (std::holds_alternative<wit::Resource>(type.kind)) {
    index = import_type(id, {syntax::ExternDesc::SubResource{}});
  } else {
    const uint32_t plain = define({kind(type.kind)});
    index = import_type(id, {syntax::ExternDesc::TypeEq{plain}});
  }
  imported_.emplace(id, index);
  return index;
}

/// What is exported is built of what is exported, so types are made once more; resource types and
/// those of other interfaces are the imported ones.
void InterfaceWrapper::export_type(TypeId id) {
  const wit::TypeDef& type = resolve_[id];
  uint32_t index = 0;
  if (const auto* alias = std::get_if<wit::Alias>(&type.kind)) {
    const syntax::ValType target = val_type(alias->type);
    index = target.is_index() ? target.index() : define({target.prim()});
  } else {
    const bool is_resource = std::holds_alternative<wit::Resource>(type.kind);
    index = is_resource ? imported_.at(id) : define({kind(type.kind)});
  }
  flush();
  syntax::ExternName name{.name = type.name};
  if (type.meta.external_id) {
    name.attributes.push_back({syntax::Attribute::Kind::external_id, *type.meta.external_id});
  }
  writer_.add(syntax::Sort::type,
              syntax::Export{std::move(name), {syntax::Sort::type, index}, std::nullopt});
  exported_.emplace(id, outer_.types++);
}

WrappedInterface InterfaceWrapper::wrap(wit::InterfaceId id) {
  const wit::Interface& interface = resolve_[id];
  for (const TypeId type : interface.types) type_index(type);
  for (const Function& function : interface.functions) {
    const uint32_t type = func_type(function);
    const std::string name = fmt::format("f{}", args_.size());
    declare(true, {name}, {syntax::ExternDesc::Func{type}});
    args_.push_back({name, &function});
  }
  flush();
  for (const TypeId type : interface.types) export_type(type);
  uint32_t index = 0;
  for (const Function& function : interface.functions) {
    const uint32_t type = func_type(function);
    flush();
    syntax::ExternName name{.name = function.name};
    if (function.meta.external_id) {
      name.attributes.push_back({syntax::Attribute::Kind::external_id, *function.meta.external_id});
    }
    writer_.add(syntax::Sort::func, syntax::Export{std::move(name),
                                                   {syntax::Sort::func, index++},
                                                   syntax::ExternDesc{syntax::FuncDesc{type}}});
  }
  return {writer_.take(), std::move(args_)};
}

}  // namespace cairn::component::tools
